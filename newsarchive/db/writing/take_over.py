"""Takes the register of another archive over: `newsarchive withhold import other.db`, before or after its WARC files are read in.

What the other archive withholds or has erased, this one must not show either. An article that is here is withheld. Of one that is
not here, the register gets the entry with its digests, and the archive a shell without texts, as a withheld article has: then
no crawl and no WARC file brings it in, and a citation is still answered. When it is lifted, the shell goes, because there is
no text to put back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Engine, insert, select, update

from newsarchive.db import bulk, fulltext
from newsarchive.db.engine import reading
from newsarchive.db.models import ArticleRow, Revision, SealedText, Site, Url, Withholding
from newsarchive.db.reading.finding import find
from newsarchive.db.reading.hidden import ERASED, STANDING, Entry, standing
from newsarchive.db.writing.sealed import ELSEWHERE, forget_lines, seal, skipped
from newsarchive.db.writing.withhold import entry_row, tried, url_ids_of
from newsarchive.exceptions import NoSuchArticle, Withheld
from newsarchive.times import utc_now

#: What the shell of an article has of its own here. Its other columns are those of the shell in the other archive.
_OWN = frozenset({"id", "site_id", "revision_id", "capture_id", "run_id", "article_id", "cluster_id"})


class Taken(StrEnum):
    """What became of an entry of the other register."""

    #: The article is here; it was shown until now.
    WITHHELD = "withheld"
    #: The same, and the other archive has erased it: here its text and its raw bytes are still to be erased.
    TO_ERASE = "withheld; erased there"
    #: The article is not here, and is kept out from now on.
    KEPT_OUT = "kept out"
    #: This archive withholds it already, or has erased it.
    KNOWN = "known"
    #: This archive has shown it again after the other one withheld it.
    LIFTED = "shown again here"
    #: The day on which the other archive is to show it again has come.
    OVER = "over"


@dataclass(frozen=True, slots=True)
class TakenOver:
    """An entry of the other register, and the one that this register has of the article now, if it has one."""

    taken: Taken
    url: str
    entry: Entry | None


def take_over(engine: Engine, other: Engine, *, dry_run: bool = False) -> list[TakenOver]:
    """Take over what the register of `other` keeps from readers, in one transaction; gives an entry each, the oldest first.

    Both must have this version's schema. Called again, it takes over only what is new.
    """
    now, lines = utc_now(), set[int]()
    with tried(engine, dry_run) as connection, reading(other) as theirs:
        done = [_one(connection, theirs, row, now, lines) for row in _standing(theirs)]
        forget_lines(connection, lines)
    return done


def _standing(theirs: Connection) -> Iterator[bulk.Row]:
    query = select(*bulk.columns_of(Withholding)).where(Withholding.state.in_(STANDING))
    for row in theirs.execute(query.order_by(Withholding.since, Withholding.id)).mappings():
        yield dict(row)


def _one(
    connection: Connection, theirs: Connection, row: bulk.Row, now: datetime, lines: set[int]
) -> TakenOver:
    url, is_erased = row["url"], row["state"] in ERASED
    try:
        article_id = find(connection, url)
    except Withheld as known:
        return TakenOver(Taken.KNOWN, url, known.entry)
    except NoSuchArticle:
        article_id = 0
    if row["until"] is not None and row["until"] <= now:
        return TakenOver(Taken.OVER, url, None)
    if _was_lifted(connection, row):
        return TakenOver(Taken.LIFTED, url, None)
    said = {name: row[name] for name in ("reason", "decided_by", "until")}
    if article_id:
        own = entry_row(connection, article_id) | said | {"state": "withheld", "since": now}
        number = _added(connection, own)
        payload = seal(connection, article_id, url_ids_of(connection, article_id), lines)
        taken = Taken.TO_ERASE if is_erased else Taken.WITHHELD
    else:
        article_id = _write_shell(connection, theirs, row)
        state = "erased" if is_erased else "withheld"
        names = ("url", "url_key", "canonical_key", "post_id", "site", "since", "ended_at", "versions")
        own = said | {name: row[name] for name in names} | {"article_id": article_id, "state": state}
        number = _added(connection, own)
        payload, taken = ELSEWHERE, Taken.KEPT_OUT
    if not (is_erased and taken is Taken.KEPT_OUT):
        connection.execute(insert(SealedText).values(withholding_id=number, payload=payload))
    return TakenOver(taken, url, standing(connection, article_id))


def _added(connection: Connection, row: bulk.Row) -> int:
    return int(connection.execute(insert(Withholding).values(row).returning(Withholding.id)).scalar_one())


def _was_lifted(connection: Connection, row: bulk.Row) -> bool:
    """Whether this archive has shown the article again since the other one withheld it."""
    own = select(Withholding.id).where(
        Withholding.url_key == row["url_key"],
        Withholding.state == "lifted",
        Withholding.ended_at > row["since"],
    )
    return connection.execute(own.limit(1)).first() is not None


def _write_shell(connection: Connection, theirs: Connection, row: bulk.Row) -> int:
    """A copy of the other archive's shell, with its emptied versions, and the addresses that it keeps crawls from. Gives its id."""
    site_id = bulk.ids_of(connection, Site, ("domain",), [{"domain": row["site"], "name": ""}])[
        (row["site"],)
    ]
    (article_id,) = bulk.new_ids(connection, ArticleRow, 1)
    shell = _copied(theirs, ArticleRow, ArticleRow.id == row["article_id"])
    versions = _copied(theirs, Revision, Revision.article_id == row["article_id"])
    ids = bulk.new_ids(connection, Revision, len(versions))
    current = max(zip((one["version"] for one in versions), ids, strict=True), default=(0, None))[1]
    own = {"id": article_id, "site_id": site_id, "revision_id": current, "cluster_id": None}
    bulk.insert_rows(connection, ArticleRow, [one | own for one in shell])
    empty = {"article_id": article_id, "capture_id": None, "run_id": None}
    bulk.insert_rows(
        connection, Revision, [one | empty | {"id": i} for one, i in zip(versions, ids, strict=True)]
    )
    fulltext.index(connection, [{"article_id": article_id, "headline": "", "article_body": ""}])
    of_article = Url.reason_detail == skipped(row["article_id"])["reason_detail"]
    named = theirs.execute(
        select(Url.url, Url.url_key, Url.first_seen_at).where(
            (Url.url_key == row["url_key"]) | ((Url.reason == skipped(0)["reason"]) & of_article)
        )
    )
    urls = {one["url_key"]: dict(one) | {"site_id": site_id} for one in named.mappings()}
    first = {"url": row["url"], "url_key": row["url_key"], "site_id": site_id, "first_seen_at": row["since"]}
    urls.setdefault(row["url_key"], first)
    bulk.insert_new_rows(connection, Url, list(urls.values()))
    connection.execute(update(Url).where(Url.url_key.in_(list(urls))).values(skipped(article_id)))
    return article_id


def _copied(theirs: Connection, model: type[ArticleRow | Revision], condition: object) -> list[bulk.Row]:
    columns = [column for column in bulk.columns_of(model) if column.name not in _OWN]
    return [dict(one) for one in theirs.execute(select(*columns).where(condition)).mappings()]  # type: ignore[arg-type]
