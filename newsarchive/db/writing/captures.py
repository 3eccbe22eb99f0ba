"""Writes and reads the log of fetches: which URL was fetched when, where its raw bytes lie in a WARC file, and what the site
said then about the use of the page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Select, and_, delete, func, or_, select, update

from newsarchive.core.discovery.pagination import posts_of_part
from newsarchive.core.urls import domain_of, site_of, url_key
from newsarchive.db import bulk
from newsarchive.db.engine import reading, writing
from newsarchive.db.frontier import known_sites, source_texts
from newsarchive.db.models import ArticleRow, CaptureRights, CaptureRow, Revision, RightsRow, Site, Url
from newsarchive.items import Article, Capture, DropReason, Kept, Place, Rights, SourceText, rights_from
from newsarchive.times import utc

#: Reasons for which a crawl refuses a page, although the extraction would find a text on it.
REFUSED_BY_LOOK = frozenset(
    (DropReason.INDEX_PAGE, DropReason.STATIC_PAGE, DropReason.POST_PART, DropReason.PROTECTED, DropReason.ERROR_PAGE,
     DropReason.LOGIN_PAGE, DropReason.CONSENT_PAGE, DropReason.PAYWALL, DropReason.SCRIPT_ONLY, DropReason.NOT_HTML,
     DropReason.PARKED_DOMAIN, DropReason.DISCUSSION, DropReason.PRODUCT, DropReason.EVENT, DropReason.JOB_OFFER,
     DropReason.REFERENCE_PAGE, DropReason.PROFILE, DropReason.MEDIA)
)  # fmt: skip


def record(
    connection: Connection, fetched: Sequence[tuple[Capture, Article | None, datetime]], run_id: int | None
) -> list[int]:
    """Log captures, each with its article if it has one; gives the ids of the captures in order."""
    sites = {site_of(capture.url) for capture, _, _ in fetched}
    site_ids = bulk.ids_of(connection, Site, ("domain",), [{"domain": domain} for domain in sites])
    urls = [
        {
            "url": capture.url,
            "url_key": url_key(capture.url),
            "site_id": site_ids[site_of(capture.url),],
            "first_seen_at": at,
            "state": "ok",
        }
        for capture, _, at in fetched
    ]
    ids = bulk.ids_of(connection, Url, ("url_key",), urls)
    rows = [
        _row(capture, article) | {"url_id": ids[url["url_key"],], "run_id": run_id, "fetched_at": at}
        for url, (capture, article, at) in zip(urls, fetched, strict=True)
    ]
    heads = bulk.insert_returning_ids(connection, CaptureRow, rows)
    parts = [
        _row(part, article)
        | {"url_id": row["url_id"], "run_id": run_id, "fetched_at": part.fetched_at or at}
        | {"parent_id": head, "part": number}
        for head, row, (capture, article, at) in zip(heads, rows, fetched, strict=True)
        for number, part in enumerate(capture.parts, 2)
    ]
    bulk.insert_rows(connection, CaptureRow, parts)
    said = [(head, capture.rights) for head, (capture, _, _) in zip(heads, fetched, strict=True)]
    _record_rights(connection, said)
    return heads


def _row(capture: Capture, article: Article | None) -> bulk.Row:
    place = capture.place
    return {
        "final_url": capture.base_url,
        "status": capture.status,
        "content_type": capture.content_type or "",
        "charset_declared": article.charset_declared if article else "",
        "charset_used": article.charset_used if article else "",
        "extractor_version": article.extractor_version if article else 0,
        "payload_digest": capture.digest,
        "warc_file": place.file if place else "",
        "warc_offset": place.offset if place else None,
        "warc_length": place.length if place else None,
        "warc_digest": place.digest if place else "",
        "tls_verified": capture.tls_verified,
        "refused": capture.refused,
    }


class First(NamedTuple):
    """The capture that first held a payload, and the WARC file in which it lies."""

    url: str
    fetched_at: datetime
    file: str


def originals_of(engine: Engine, digests: Iterable[str]) -> dict[str, First]:
    """The captures that first held these payloads, by their digests, where the archive holds them."""
    with reading(engine) as connection:
        rows = _first_rows(connection, digests)
    return {key: First(r["final_url"], r["fetched_at"], r["warc_file"]) for key, r in rows.items()}


def places_of(engine: Engine, digests: Iterable[str]) -> dict[str, Place]:
    """The place of the record that holds each of these payloads, by its digest, where the archive has one."""
    with reading(engine) as connection:
        return _originals(connection, digests)


def stored_before(engine: Engine, fetched: Sequence[Capture]) -> list[tuple[int, str]]:
    """Those of these captures that the archive holds: position in `fetched` → the WARC file with its bytes.

    Two captures are the same where address, time and bytes are equal. The archive may hold a page as a further page of a post.
    """
    times = {at: url_key(one.url) for at, one in enumerate(fetched) if one.fetched_at is not None}
    own: list[Any] = [CaptureRow.fetched_at, CaptureRow.payload_digest, CaptureRow.warc_file]
    query = (
        select(Url.url_key, *own).join(Url, Url.id == CaptureRow.url_id).where(CaptureRow.parent_id.is_(None))
    )
    parts = select(CaptureRow.final_url, *own).where(CaptureRow.parent_id.is_not(None))
    digests = {fetched[at].digest for at in times if posts_of_part(fetched[at].url)}
    known: dict[tuple[str, datetime], dict[str, str]] = {}
    with reading(engine) as connection:
        pages = bulk.select_in(connection, query, Url.url_key, times.values())
        further = bulk.select_in(connection, parts, CaptureRow.payload_digest, digests)
        for key, row in chain(
            ((row.url_key, row) for row in pages), ((url_key(row.final_url), row) for row in further)
        ):
            known.setdefault((key, utc(row.fetched_at)), {})[row.payload_digest] = row.warc_file
    found = []
    for at, key in times.items():
        one = fetched[at]
        files = known.get((key, utc(one.fetched_at))) if one.fetched_at else None
        if files and one.digest in files:
            found.append((at, files[one.digest]))
    return found


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which captures are read again: those of one `site`, fetched `since` a time, last read by an extractor `older_than` a
    version, with an id up to `until`; `None` for all of them."""

    site: str | None = None
    since: datetime | None = None
    older_than: int | None = None
    until: int | None = None


def kept(engine: Engine, chosen: Chosen = Chosen(), *, after: int = 0, limit: int = 200) -> list[Kept]:
    """The newest kept capture of each URL with an id above `after`, in the order of ids."""
    with reading(engine) as connection:
        query = _newest(chosen, after).order_by(CaptureRow.id)
        return _records(connection, connection.execute(query.limit(limit)).all())


def count_kept(engine: Engine, chosen: Chosen = Chosen(), *, after: int = 0) -> int:
    """The number of captures that `kept` gives in all."""
    with reading(engine) as connection:
        inner = _newest(chosen, after).subquery()
        return int(connection.execute(select(func.count()).select_from(inner)).scalar_one())


def mark_read(engine: Engine, capture_ids: Sequence[int], extractor_version: int) -> None:
    """Record that an extractor has read these captures, with or without an article."""
    with writing(engine) as connection:
        read = update(CaptureRow).where(CaptureRow.id.in_(capture_ids))
        connection.execute(read.values(extractor_version=extractor_version))


def add_rights(engine: Engine, said: Mapping[int, Rights | None], *, dry_run: bool = False) -> int:
    """Add what pages that were read again say about the use of their text to what is known of their captures. Gives the
    number of captures of which more is known now. With `dry_run` it only counts."""
    wanted = [capture_id for capture_id, rights in said.items() if rights]
    ids = select(CaptureRow.id).where(CaptureRow.id.in_(wanted))
    query = (
        select(CaptureRights.capture_id, RightsRow.statement)
        .join(RightsRow, RightsRow.id == CaptureRights.rights_id).where(CaptureRights.capture_id.in_(wanted))
    )  # fmt: skip
    with reading(engine) if dry_run else writing(engine) as connection:
        there = set(connection.execute(ids).scalars())
        known = {row.capture_id: rights_from(row.statement) or Rights() for row in connection.execute(query)}
        # What was known stays: the robots.txt of the day of the fetch cannot be read again from the bytes of a page.
        both = {i: known.get(i, Rights()) + rights for i, rights in said.items() if rights and i in there}
        more = {i: rights for i, rights in both.items() if rights != known.get(i)}
        if more and not dry_run:
            connection.execute(delete(CaptureRights).where(CaptureRights.capture_id.in_(list(more))))
            _record_rights(connection, more.items())
        return len(more)


def _record_rights(connection: Connection, said: Iterable[tuple[int, Rights | None]]) -> None:
    """Keep what sites said about the use of captures, by their ids. Each statement is stored once, by its digest. A
    capture that says nothing has no row."""
    found = {capture_id: rights for capture_id, rights in said if rights}
    if not found:
        return
    rows = [
        {
            "digest": _digest(rights),
            "tdm_reserved": rights.tdm_reserved,
            "licence": rights.licences[0] if rights.licences else "",
            "statement": rights.as_json(),
        }
        for rights in found.values()
    ]
    ids = bulk.ids_of(connection, RightsRow, ("digest",), rows)
    pairs = [(capture_id, ids[_digest(rights),]) for capture_id, rights in found.items()]
    bulk.insert_tuples(connection, CaptureRights, ("capture_id", "rights_id"), pairs)


def _digest(rights: Rights) -> str:
    return hashlib.sha256(json.dumps(rights.as_json(), sort_keys=True).encode()).hexdigest()[:32]


def of_article(engine: Engine, article_id: int) -> Iterator[Kept]:
    """The kept captures of an article's URL, newest first."""
    yield from of_articles(engine, [article_id]).get(article_id, ())


def of_articles(engine: Engine, article_ids: Sequence[int]) -> dict[int, list[Kept]]:
    """Article → the kept captures of its page, newest first; an article without any is left out.

    These are the captures of its address and of other addresses that led to it (`/?p=12`), as its versions show.
    """
    with reading(engine) as connection:
        # In two steps: with one join, SQLite would read every capture that has no parent.
        own = select(Url.id, ArticleRow.id).join(ArticleRow, ArticleRow.url_key == Url.url_key)
        known = connection.execute(own.where(ArticleRow.id.in_(article_ids)))
        article_of = {row[0]: row[1] for row in known}
        led = (
            select(CaptureRow.url_id, CaptureRow.final_url, Revision.article_id)
            .join(Revision, Revision.capture_id == CaptureRow.id)
            .where(Revision.article_id.in_(article_ids), CaptureRow.url_id.not_in(list(article_of)))
        )
        led_to = {(url_id, final_url): article for url_id, final_url, article in connection.execute(led)}
        query = _heads().where(CaptureRow.url_id.in_([*article_of, *{url_id for url_id, _ in led_to}]))
        newest = query.order_by(CaptureRow.fetched_at.desc(), CaptureRow.id.desc())
        holders = [
            (article, row)
            for row in connection.execute(newest)
            if (article := article_of.get(row.url_id) or led_to.get((row.url_id, row.final_url)))
        ]
        found: dict[int, list[Kept]] = {}
        kept = _records(connection, [row for _, row in holders])
        for (article, _), one in zip(holders, kept, strict=True):
            found.setdefault(article, []).append(one)
    return found


def _records(connection: Connection, rows: Sequence[Any]) -> list[Kept]:
    """The captures of rows of `_heads`, with their further parts and the descriptions of their posts by sources."""
    further = _kept().where(CaptureRow.parent_id.in_([row.id for row in rows])).order_by(CaptureRow.part)
    parts = connection.execute(further).all()
    firsts = _originals(connection, {row.warc_digest for row in [*rows, *parts]})
    pages = {row.id: (row.url_id, row.url, row.final_url or row.url) for row in rows}
    texts = source_texts.of_pages(connection, pages)
    of_head: dict[int, list[Kept]] = {}
    for part in parts:
        of_head.setdefault(part.parent_id, []).append(_record(part, firsts, None))
    chosen = known_sites.selectors(connection, {row.url for row in rows})
    return [
        replace(
            _record(row, firsts, texts.get(row.id), of_head.get(row.id, ())),
            selectors=chosen.get(site_of(row.url)),
        )
        for row in rows
    ]


def _record(row: Any, firsts: dict[str, Place], text: SourceText | None, parts: Sequence[Kept] = ()) -> Kept:
    place = Place(row.warc_file, row.warc_offset, row.warc_length, row.warc_digest)
    payload = firsts.get(row.warc_digest, place)
    refused = row.reason in REFUSED_BY_LOOK
    own = (row.id, row.url, row.final_url, row.fetched_at, place, payload)
    return Kept(*own, text, tuple(parts), was_refused=refused)


def _kept() -> Select[Any]:
    """The query of captures whose bytes are kept. Left out are those of withheld posts, and refused ones, which show something else
    than their post."""
    columns: list[Any] = [CaptureRow.id, Url.url, CaptureRow.final_url, CaptureRow.fetched_at]
    columns += [CaptureRow.url_id, CaptureRow.parent_id, Url.reason]
    columns += [CaptureRow.warc_file, CaptureRow.warc_offset, CaptureRow.warc_length, CaptureRow.warc_digest]
    kept = (CaptureRow.warc_file != "", CaptureRow.refused == "", Url.reason != DropReason.WITHHELD)
    return select(*columns).join(Url, Url.id == CaptureRow.url_id).where(*kept)


def _heads() -> Select[Any]:
    """The query of kept captures without those of further parts of posts."""
    return _kept().where(CaptureRow.parent_id.is_(None))


def _newest(chosen: Chosen, after: int) -> Select[Any]:
    newer = CaptureRow.__table__.alias("newer")
    later = and_(
        newer.c.url_id == CaptureRow.url_id,
        or_(
            newer.c.fetched_at > CaptureRow.fetched_at,
            and_(newer.c.fetched_at == CaptureRow.fetched_at, newer.c.id > CaptureRow.id),
        ),
        newer.c.warc_file != "",
        newer.c.refused == "",
        newer.c.parent_id.is_(None),
    )
    query = _heads().where(~select(newer.c.id).where(later).exists(), CaptureRow.id > after)
    if chosen.site is not None:
        query = query.join(Site, Site.id == Url.site_id).where(Site.domain == domain_of(chosen.site))
    if chosen.since is not None:
        query = query.where(CaptureRow.fetched_at >= utc(chosen.since))
    if chosen.older_than is not None:
        query = query.where(CaptureRow.extractor_version < chosen.older_than)
    return query if chosen.until is None else query.where(CaptureRow.id <= chosen.until)


def _originals(connection: Connection, digests: Iterable[str]) -> dict[str, Place]:
    """The place where each payload was written first; later captures with the same payload are revisits."""
    rows = _first_rows(connection, digests)
    return {
        key: Place(row["warc_file"], row["warc_offset"], row["warc_length"], key) for key, row in rows.items()
    }


#: The capture whose record has the bytes, for each of some payloads. Captures are stored in another order than their bytes are written,
#: because a page waits for the template of its site, or is read by another process. So the first capture tells the file, and the
#: lowest offset in that file is the record with the bytes.
#: In plain SQL, because a crawl asks for each page before its bytes are written: SQLAlchemy took 2 ms for the same.
_FIRST = """
    SELECT captures.warc_digest, final_url, fetched_at, captures.warc_file, warc_offset, warc_length FROM captures JOIN (
        SELECT warc_digest, warc_file, min(id) AS first, min(warc_offset) AS lowest FROM captures
        WHERE warc_digest IN :digests AND warc_file <> '' GROUP BY warc_digest, warc_file
    ) AS held ON captures.warc_digest = held.warc_digest AND captures.warc_file = held.warc_file AND warc_offset = lowest
    ORDER BY first
"""


def _first_rows(connection: Connection, digests: Iterable[str]) -> dict[str, bulk.Row]:
    """The rows of `_FIRST` by their payloads, for each that the archive holds."""
    found: dict[str, bulk.Row] = {}
    for some in bulk.parts(set(digests)):
        for row in bulk.select_rows(connection, _FIRST, {"digests": some}):
            found.setdefault(row["warc_digest"], row)
    return found
