"""Takes over what a fetch gave: when to look at a post again, and the validators that make that look conditional.

How soon that is depends on the post's age and on how often its site edits posts; an article that lacks a part is due at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from newsarchive.core.discovery.revisit import Outcome, Visits, next_check
from newsarchive.core.urls import url_key
from newsarchive.db import bulk
from newsarchive.db.frontier.edit_rates import EditRates
from newsarchive.db.models import Url, UrlPart
from newsarchive.items import Article, ChangeKind, QualityFlag, Validators

#: `Url.reason` of a post whose text a feed or an API gave begins so; `Url.filled_from`, the name of the source, follows.
FILLED = "text from "

_VISITS = """
    SELECT a.url_key, a.canonical_key, a.site_id, a.first_seen_at, a.date_published,
           (SELECT count(*) FROM article_revisions AS r WHERE r.article_id = a.id AND r.change_kind = :kind) AS changes
    FROM articles AS a WHERE a.url_key IN :keys OR a.canonical_key IN :keys ORDER BY a.id
"""
_FIRST_SEEN = "SELECT url_key, site_id, first_seen_at FROM urls WHERE url_key IN :keys"


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


def mark(connection: Connection, fetched: Iterable[Fetched], rates: EditRates) -> None:
    """Mark what was asked for and what answered as done, and set when to look again, by the `rates` of edits of the sites.

    Runs in the transaction that stores the articles."""
    rows: list[dict[str, Any]] = []
    parts: dict[str, Sequence[Validators]] = {}
    asked = [one for one in fetched if one.keys]
    known = visits(connection, [url_key(one.article.url) for one in asked], rates)
    for one in asked:
        first, *further = validators(one.article) or [Validators("")]
        values = {"state": "ok", "reason_detail": "", "last_checked_at": one.at}
        values |= {"etag": first.etag, "last_modified": first.last_modified}
        values |= _next_look(one, known)
        rows += [{"b_id": key, **values} for key in one.keys]
        parts |= dict.fromkeys(one.keys, further)
    bulk.update_rows(connection, Url, rows, by="url_key")
    for keys in bulk.parts(parts):
        query = "SELECT url_key, id FROM urls WHERE url_key IN :keys"
        here = dict(bulk.select_tuples(connection, query, {"keys": keys}))
        bulk.change(connection, "DELETE FROM url_parts WHERE url_id IN :ids", {"ids": [*here.values()]})
        bulk.insert_rows(connection, UrlPart, [
            {"url_id": url_id, "part": number, "url": one.url, "etag": one.etag, "last_modified": one.last_modified}
            for key, url_id in here.items() for number, one in enumerate(parts[key], 2)
        ])  # fmt: skip


def take_up(connection: Connection, read: Iterable[Fetched]) -> None:
    """Mark URLs that were skipped as done, and set when they are due, after their stored bytes were read again and gave
    an article."""
    values = {"state": "ok", "reason": "", "reason_detail": "", "fail_count": 0, "next_check_at": None}
    skipped = update(Url).where(Url.state == "skipped").values(values)
    bulk.change_in(connection, skipped, Url.url_key, (key for one in read for key in one.keys))


def validators(article: Article) -> list[Validators]:
    """The validators of every answer that the article was made of, its own first.

    Empty where one of the answers has no validators: then the server cannot say that nothing changed.
    """
    capture = article.capture
    if capture is None or capture.status != 200 or QualityFlag.PARTS_MISSING in article.quality.flags:
        return []
    found = [capture.validators, *(part.validators for part in capture.parts), *capture.data]
    return found if all(found) else []


def visits(connection: Connection, keys: Sequence[str], rates: EditRates) -> dict[str, Visits]:
    """What the archive knows of how the posts under these keys change. Of an address without an article of its own (a view of a
    post, for instance) only the age is known. Addresses that the archive does not know are left out."""
    found: dict[str, Visits] = {}
    for part in bulk.parts(set(keys)):
        values = {"keys": part, "kind": ChangeKind.PUBLISHER.value}
        for row in bulk.select_rows(connection, _VISITS, values):
            site = rates.of(connection, row["site_id"])
            seen = Visits(row["first_seen_at"], row["date_published"], row["changes"], site=site)
            for key in {row["url_key"], row["canonical_key"]}.intersection(part):
                found.setdefault(key, seen)
        if others := [key for key in part if key not in found]:
            for row in bulk.select_rows(connection, _FIRST_SEEN, {"keys": others}):
                found[row["url_key"]] = Visits(
                    row["first_seen_at"], site=rates.of(connection, row["site_id"])
                )
    return found


def _next_look(one: Fetched, known: Mapping[str, Visits]) -> dict[str, Any]:
    """When to look again, and what to remember until then. An article that lacks a part is due at once."""
    article, key = one.article, url_key(one.article.url)
    filled = {"filled_from": article.filled_from}
    if QualityFlag.PARTS_MISSING in article.quality.flags:
        due = {"next_check_at": one.at, "reason": QualityFlag.PARTS_MISSING.value, "fail_count": 1}
        return filled | due
    outcome: Outcome = "changed" if one.changed else "unchanged"
    seen = known.get(key, Visits(one.at))
    seen = replace(seen, published=seen.published or article.date_published)
    return filled | {
        "next_check_at": next_check(seen, one.at, outcome, key),
        "reason": f"{FILLED}{article.filled_from}" if article.filled_from else "",
        "fail_count": 0,
    }
