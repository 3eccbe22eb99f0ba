"""What the frontier remembers of a post that answered: when to look again, and what makes that look conditional."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from newsarchive.core.discovery.revisit import Outcome, Visits, next_check
from newsarchive.core.urls import url_key
from newsarchive.db import bulk
from newsarchive.db.models import ArticleRow, Revision, Url, UrlPart
from newsarchive.items import Article, ChangeKind, QualityFlag, Validators

#: `Url.reason` of a post whose text a feed or an API gave: these words, and the source's name (`Url.filled_from`).
FILLED = "text from "


@dataclass(frozen=True, slots=True)
class Fetched:
    """An article, when it was fetched, and whether its text changed."""

    article: Article
    at: datetime
    changed: bool

    @property
    def keys(self) -> list[str]:
        """The keys of what was asked for, what answered, and what the article is kept under."""
        capture = self.article.capture
        urls = (capture.url, capture.final_url, self.article.url) if capture else ()
        return list(dict.fromkeys(url_key(url) for url in urls if url))


def mark(connection: Connection, fetched: Iterable[Fetched]) -> None:
    """Within the transaction that stores them: what was asked for and what answered are done. Sets when to look
    again."""
    rows: list[dict[str, Any]] = []
    parts: dict[str, Sequence[Validators]] = {}
    for one in fetched:
        first, *further = validators(one.article) or [Validators("")]
        values = {"b_time": one.at, "b_etag": first.etag, "b_modified": first.last_modified}
        values |= _next_look(connection, one)
        rows += [{"b_key": key, **values} for key in one.keys]
        parts |= dict.fromkeys(one.keys, further)
    done = update(Url).where(Url.url_key == bindparam("b_key")).values(
        state="ok", reason=bindparam("b_reason"), reason_detail="", filled_from=bindparam("b_filled"), fail_count=bindparam("b_failures"),
        last_checked_at=bindparam("b_time"), next_check_at=bindparam("b_next"),
        etag=bindparam("b_etag"), last_modified=bindparam("b_modified"),
    )  # fmt: skip
    bulk.execute_many(connection, done, rows)
    _keep_parts(connection, parts)


def validators(article: Article) -> list[Validators]:
    """The validators of every answer that the article was made of, its own first; none at all where one has
    none: then nobody can say that nothing changed."""
    capture = article.capture
    if capture is None or capture.status != 200 or QualityFlag.PARTS_MISSING in article.quality.flags:
        return []
    found = [capture.validators, *(part.validators for part in capture.parts), *capture.data]
    return found if all(found) else []


def parts_of(connection: Connection, url: str) -> list[Validators]:
    """Those of the further answers, in order, of the post under this address."""
    columns = (UrlPart.url, UrlPart.etag, UrlPart.last_modified)
    query = select(*columns).join(Url, Url.id == UrlPart.url_id).where(Url.url_key == url_key(url))
    return [Validators(*row) for row in connection.execute(query.order_by(UrlPart.part))]


def visits(connection: Connection, key: str, now: datetime) -> Visits:
    """What the archive knows of how the post under this key changes."""
    row = connection.execute(_visits_query(), {"key": key}).first()
    return Visits(now) if row is None else Visits(row.first_seen_at, row.date_published, changes=row.changes)


@cache
def _visits_query() -> Any:
    """Built once: a crawl asks it of every article, and building costs more than the answer."""
    changes = select(func.count()).where(
        Revision.article_id == ArticleRow.id, Revision.change_kind == ChangeKind.PUBLISHER
    )
    query = select(
        ArticleRow.first_seen_at, ArticleRow.date_published, changes.scalar_subquery().label("changes")
    )
    return query.where(of_article(bindparam("key"))).order_by(ArticleRow.id).limit(1)


def of_article(key: Any) -> Any:
    return (ArticleRow.url_key == key) | (ArticleRow.canonical_key == key)


def _keep_parts(connection: Connection, parts: Mapping[str, Sequence[Validators]]) -> None:
    for keys in bulk.parts(parts):
        here = select(Url.id, Url.url_key).where(Url.url_key.in_(keys))
        connection.execute(delete(UrlPart).where(UrlPart.url_id.in_(select(here.subquery().c.id))))
        if any(parts[key] for key in keys):
            bulk.insert_rows(connection, UrlPart, [
                {"url_id": row.id, "part": number, "url": one.url, "etag": one.etag, "last_modified": one.last_modified}
                for row in connection.execute(here) for number, one in enumerate(parts[row.url_key], 2)
            ])  # fmt: skip


def _next_look(connection: Connection, one: Fetched) -> dict[str, Any]:
    """When to look again, and what to remember until then. An article that lacks a part is due at once."""
    article, key = one.article, url_key(one.article.url)
    filled = {"b_filled": article.filled_from}
    if QualityFlag.PARTS_MISSING in article.quality.flags:
        return {"b_next": one.at, "b_reason": QualityFlag.PARTS_MISSING.value, "b_failures": 1} | filled
    outcome: Outcome = "changed" if one.changed else "unchanged"
    return filled | {
        "b_next": next_check(visits(connection, key, one.at), one.at, outcome, key),
        "b_reason": f"{FILLED}{article.filled_from}" if article.filled_from else "",
        "b_failures": 0,
    }
