"""The part of an erasure that happens in the database: what `newsarchive withhold erase` takes out of the tables for good.

    begin      the texts go, the register has the digests, and the entry is `erasing`
    captures   where the raw bytes lie, so that the WARC files can be written anew (`newsarchive.erasing`)
    moved      other captures whose payload lay in a record that goes have it elsewhere now
    scrub      the files of the database keep nothing of what was deleted
    finish     no row names these bytes any more, and the entry is `erased`

Each of these functions is one transaction and may be called again, so that an erasure that was interrupted goes on
where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, delete, insert, select, update

from newsarchive.core.urls import site_of
from newsarchive.db import bulk, schema
from newsarchive.db.engine import reading, sqlite_file, translated, writing
from newsarchive.db.models import (
    ArticleAuthor,
    ArticleRow,
    ArticleTerm,
    AuthorRow,
    CaptureRow,
    Line,
    Revision,
    SealedText,
    SourceTextRow,
    Term,
    Url,
    Withholding,
)
from newsarchive.db.models.base import ERASED, values_once
from newsarchive.db.near_duplicates import clusters
from newsarchive.db.reading.hidden import Entry, standing
from newsarchive.db.rows import TEXT_BITS, line_hash, signature_of
from newsarchive.db.writing.sealed import forget_lines, seal, unpacked
from newsarchive.db.writing.withhold import Demand, entry_row, ids_of, tried, url_ids_of
from newsarchive.exceptions import DatabaseUnavailable
from newsarchive.items import Place
from newsarchive.times import utc_now

#: What an erased article has in place of what withholding leaves it.
_ERASED_ARTICLE = values_once(ERASED, ArticleRow)

#: Sites whose left-out lines one reading of all rows looks for.
MAX_SITES = 50


class Held(NamedTuple):
    """A capture whose bytes are kept: its id, the URL that answered, when, and the place of its record."""

    id: int
    url: str
    fetched_at: datetime
    place: Place


def begin(
    engine: Engine, which: Sequence[str | int], demand: Demand, *, dry_run: bool = False
) -> list[Entry]:
    """Take the texts of articles out of the tables, in one transaction. Gives their entries, which are `erasing` now.

    An article that is withheld has its entry already. An article that was erased before is erased again, with all that
    crawls have brought of it since.
    """
    said = demand.columns() | {"until": None, "state": "erasing"}
    columns = (ArticleRow.content_hash, ArticleRow.minhash, ArticleRow.url, ArticleRow.revision_id)
    names = ("url_id", "source", "warc_file", "warc_offset", "warc_length", "warc_digest")
    entries, lines = [], set[int]()
    with tried(engine, dry_run) as connection:
        for article_id in ids_of(connection, which, demand.copies):
            held = standing(connection, article_id)
            before = connection.execute(select(*columns).where(ArticleRow.id == article_id)).one()
            if held is None:
                row = entry_row(connection, article_id) | said | {"since": demand.at}
                sealed: Any = seal(connection, article_id, url_ids_of(connection, article_id), lines)
                connection.execute(insert(Withholding).values(row))
            else:
                connection.execute(update(Withholding).where(Withholding.id == held.id).values(said))
                own = SealedText.withholding_id == held.id
                sealed = connection.execute(select(SealedText.payload).where(own)).scalar()
                connection.execute(delete(SealedText).where(own))
            # Where the bytes of what feeds said lie is kept, without the words, until `finish`. What damaged rows raise is no closed
            # set; their texts go all the same. After an error PostgreSQL goes on behind a savepoint alone.
            with suppress(Exception), connection.begin_nested():
                found = unpacked(sealed or b"")["source_texts"]
                if places := [{name: one[name] for name in names} for one in found if one["warc_file"]]:
                    connection.execute(insert(SourceTextRow), places)
            # It leaves its story and the index of copies.
            connection.execute(update(ArticleRow).where(ArticleRow.id == article_id).values(_ERASED_ARTICLE))
            entry = clusters.Entry(article_id, "", "", (), before.content_hash, signature_of(before.minhash))
            clusters.assign(connection, [entry], demand.at)
            older = (Revision.article_id == article_id) & (Revision.id != before.revision_id)
            connection.execute(delete(Revision).where(older))
            current = update(Revision).where(Revision.id == before.revision_id)
            connection.execute(current.values(content_hash=""))
            made = standing(connection, article_id)
            assert made is not None
            entries.append(made)
        _forget(connection, {site_of(entry.url) for entry in entries}, lines)
    return entries


def url_ids(engine: Engine, entries: Iterable[Entry]) -> list[int]:
    """The ids of the URLs under which articles were fetched."""
    with reading(engine) as connection:
        return sorted({i for entry in entries for i in url_ids_of(connection, entry.article_id)})


def urls(engine: Engine, ids: Sequence[int]) -> set[str]:
    """The URLs with these ids, and those that answered for them."""
    with reading(engine) as connection:
        found = set(connection.execute(select(Url.url).where(Url.id.in_(ids))).scalars())
        answered = select(CaptureRow.final_url).where(CaptureRow.url_id.in_(ids), CaptureRow.final_url != "")
        return found | set(connection.execute(answered).scalars())


def captures(engine: Engine, ids: Sequence[int]) -> list[Held]:
    """The captures of these URLs, with those of further pages of their posts, whose bytes are kept."""
    with reading(engine) as connection:
        own = select(CaptureRow.id).where(CaptureRow.url_id.in_(ids))
        return _held(connection, CaptureRow.url_id.in_(ids) | CaptureRow.parent_id.in_(own))


def places_of_words(engine: Engine, ids: Sequence[int]) -> list[Place]:
    """Where the bytes of what feeds, APIs and sitemaps said of these URLs lie."""
    columns = (
        SourceTextRow.warc_file,
        SourceTextRow.warc_offset,
        SourceTextRow.warc_length,
        SourceTextRow.warc_digest,
    )
    with reading(engine) as connection:
        query = select(*columns).where(SourceTextRow.url_id.in_(ids), SourceTextRow.warc_file != "")
        return [
            Place(row.warc_file, row.warc_offset or 0, row.warc_length or 0, row.warc_digest)
            for row in connection.execute(query)
        ]


def sharing(engine: Engine, held: Sequence[Held]) -> list[Held]:
    """The other captures with the same payload as one of these: their records refer to a record that will be
    deleted."""
    digests = sorted({one.place.digest for one in held} - {""})
    own = {one.id for one in held}
    with reading(engine) as connection:
        found = _held(connection, CaptureRow.warc_digest.in_(digests)) if digests else []
    return [one for one in found if one.id not in own]


def moved(engine: Engine, places: Mapping[int, Place], held: Sequence[Held]) -> None:
    """Write where the bytes of other captures (by their ids) lie now, so that no capture refers to the deleted records
    any more."""
    with writing(engine) as connection:
        without_digest = update(CaptureRow).values(warc_digest="")
        bulk.change_in(connection, without_digest, CaptureRow.id, (one.id for one in held))
        for number, place in places.items():
            row = {"warc_file": place.file, "warc_offset": place.offset, "warc_length": place.length}
            connection.execute(update(CaptureRow).where(CaptureRow.id == number).values(row))


def finish(
    engine: Engine,
    entries: Sequence[Entry],
    held: Sequence[Held],
    ids: Sequence[int],
    now: datetime | None = None,
) -> None:
    """Write that captures have no bytes any more, nor what was said of the URLs with these ids, and that the articles are
    erased."""
    nothing = {"warc_file": "", "warc_offset": None, "warc_length": None, "warc_digest": ""}
    with writing(engine) as connection:
        bulk.change_in(
            connection, update(CaptureRow).values(nothing), CaptureRow.id, (one.id for one in held)
        )
        bulk.change_in(connection, delete(SourceTextRow), SourceTextRow.url_id, ids)
        ended = {"state": "erased", "ended_at": now or utc_now()}
        numbers = [entry.id for entry in entries]
        connection.execute(update(Withholding).where(Withholding.id.in_(numbers)).values(ended))


def scrub(engine: Engine) -> None:
    """Write the whole database (SQLite) or the tables concerned (PostgreSQL) anew, so that their files keep nothing of
    deleted rows.

    Raises `DatabaseUnavailable` where another program reads an SQLite archive: its log then cannot be emptied.
    """
    schema.compact(engine)
    if sqlite_file(engine) is None:
        schema.rewrite(engine)
        return
    with translated(engine), closing(engine.raw_connection()) as connection:
        busy, *_ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise DatabaseUnavailable(
            "another program reads the archive, so that its write-ahead log may still hold the text: end the program, and"
            " erase again"
        )


def _held(connection: Connection, condition: Any) -> list[Held]:
    columns: list[Any] = [CaptureRow.id, CaptureRow.final_url, Url.url, CaptureRow.fetched_at]
    columns += [CaptureRow.warc_file, CaptureRow.warc_offset, CaptureRow.warc_length, CaptureRow.warc_digest]
    has_place = (CaptureRow.warc_file != "") & CaptureRow.warc_offset.is_not(None)
    query = select(*columns).join(Url, Url.id == CaptureRow.url_id).where(condition, has_place)
    return [
        Held(row.id, row.final_url or row.url, row.fetched_at, Place(row.warc_file, row.warc_offset, row.warc_length, row.warc_digest))
        for row in connection.execute(query.order_by(CaptureRow.id))
    ]  # fmt: skip


def _forget(connection: Connection, sites: Iterable[str], lines: Iterable[int]) -> None:
    """Delete names and tags that nothing refers to any more, and such lines among those given and on these sites: an erased article
    may have been the only one with them, and an older reading of it may have left some."""
    connection.execute(delete(AuthorRow).where(AuthorRow.id.not_in(select(ArticleAuthor.author_id))))
    connection.execute(delete(Term).where(Term.id.not_in(select(ArticleTerm.term_id))))
    firsts = sorted({line_hash(site, "") & ~TEXT_BITS for site in sites})
    for some in bulk.parts(firsts, MAX_SITES):
        within = " OR ".join(f"{{0}} BETWEEN {first} AND {first + TEXT_BITS}" for first in some)
        used = bulk.select_tuples(
            connection, f"SELECT DISTINCT line_hash FROM dropped_lines WHERE {within.format('line_hash')}", {}
        )
        held = bulk.select_tuples(connection, f"SELECT hash FROM lines WHERE {within.format('hash')}", {})
        gone = {number for (number,) in held} - {number for (number,) in used}
        bulk.change_in(connection, delete(Line), Line.hash, gone)
    forget_lines(connection, (line for line in lines if line & ~TEXT_BITS not in firsts))
