"""What feeds, APIs and sitemaps say of posts, one record for each URL: the last word of the best source.

Where a feed gave a summary and the API gives the full text, the API's record replaces the feed's. What holds for all
posts of a site, its name and language, stands in the row of the site and is filled in on reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta, timezone
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Connection, Engine, delete, select

from newsarchive.core.urls import url_key
from newsarchive.db import bulk
from newsarchive.db.engine import reading
from newsarchive.db.models import ArticleRow, Revision, Site, SourceTextRow, Url
from newsarchive.db.values import storable
from newsarchive.items import DropReason, Excerpt, Place, SourceText

#: Fields that have the same name in a record and in its row.
FIELDS = (
    "source", "html", "is_full", "title", "author", "published", "updated",
    "authors", "keywords", "sections", "in_language", "image", "publisher", "post_id",
)  # fmt: skip
#: Fields that are lists of texts.
LIST_FIELDS = ("authors", "keywords", "sections")
#: Fields that are moments. The row has the site's offset from UTC beside each.
TIME_FIELDS = ("published", "updated")
#: Sources from the least to the most trusted, where both give full texts or both do not.
SOURCES_BY_TRUST = ("site", "sitemap", "feed", "wp-json")
#: The source of a record that has only what holds for the whole site.
SITE = "site"
#: Writes excerpts for good, each given with the URL of its post, and says where they lie.
Keep: TypeAlias = Callable[[Sequence[tuple[str, Excerpt]]], Sequence[Place]]
#: The columns that say where an excerpt lies.
PLACE_COLUMNS = ("warc_file", "warc_offset", "warc_length", "warc_digest")
#: A crawl asks this of each post; SQLAlchemy's own query took five times as long.
_OF_POST = """
    SELECT u.id, s.name, s.in_language, EXISTS (SELECT 1 FROM source_texts AS t WHERE t.url_id = u.id)
    FROM urls AS u LEFT JOIN sites AS s ON s.id = u.site_id WHERE u.url_key = :key
"""


def keep(
    connection: Connection,
    texts: Mapping[int, SourceText],
    urls: Mapping[int, str] = MappingProxyType({}),
    write: Keep | None = None,
) -> list[int]:
    """Keep texts by the id of their URL, where they differ from what is kept and are no worse; gives the ids of
    those that were replaced. `write` keeps the bytes that they were read from, also of a text that was kept without them.

    A source replaces its own record. Of two sources the one that gives full texts counts; where both or neither do, the
    more trusted one (`SOURCES_BY_TRUST`).
    """
    # Of withheld posts nothing is kept: a feed would bring the whole text back.
    query = select(Url.id).where(Url.reason == DropReason.WITHHELD)
    withheld = {url_id for (url_id,) in bulk.select_in(connection, query, Url.id, texts)}
    texts = {url_id: text for url_id, text in texts.items() if url_id not in withheld}
    held = _held(connection, texts)
    changed = {
        url_id: text
        for url_id, text in texts.items()
        if (old := held.get(url_id)) is None
        or (old != _stored(text) and (old.source == text.source or _rank(text) >= _rank(old)))
    }
    proved = {
        url_id: text
        for url_id, text in texts.items()
        if write
        and text.excerpt
        and (url_id in changed or (not (old := held[url_id]).place and old == _stored(text)))
    }
    places: dict[int, Place] = {}
    if write and proved:
        kept = write([(urls[url_id], text.excerpt) for url_id, text in proved.items() if text.excerpt])
        places = dict(zip(proved, kept, strict=True))
    new = changed | proved
    if new:
        connection.execute(delete(SourceTextRow).where(SourceTextRow.url_id.in_(new)))
    rows = [
        {"url_id": url_id} | _row(replace(text, place=places.get(url_id))) for url_id, text in new.items()
    ]
    bulk.insert_rows(connection, SourceTextRow, rows)
    return [url_id for url_id in changed if url_id in held]


def of_urls(connection: Connection, url_ids: Iterable[int]) -> dict[int, SourceText]:
    """What the sites say of these URLs, by id; URLs about which nothing is known are left out."""
    ids = list(url_ids)
    found = _held(connection, ids)
    query = (
        select(Url.id, Site.name, Site.in_language).join(Site, Site.id == Url.site_id).where(Url.id.in_(ids))
    )
    for url_id, name, language in connection.execute(query):
        if text := _completed(found.get(url_id), name, language):
            found[url_id] = text
    return found


def _completed(text: SourceText | None, name: str, language: str) -> SourceText | None:
    """What a site says of a post, with the name and the language of the site."""
    if not (name or language):
        return text
    text = text or SourceText(SITE, "")
    return replace(text, publisher=text.publisher or name, in_language=text.in_language or language)


def of(connection: Connection, url: str) -> SourceText | None:
    """What the site says of the post under this address, `None` where nothing is known."""
    for url_id, name, language, has_text in bulk.select_tuples(connection, _OF_POST, {"key": url_key(url)}):
        text = _held(connection, [url_id]).get(url_id) if has_text else None
        return _completed(text, name or "", language or "")
    return None


def of_page(asked: SourceText | None, answered: SourceText | None) -> SourceText | None:
    """What the site says of the post on a page, from what it says under the address that was asked for and under the one that
    answered. Of a post that moved the second counts: the old address keeps what was true before."""
    return answered if answered and answered.source != SITE else asked


def of_pages(connection: Connection, pages: Mapping[int, tuple[int, str, str]]) -> dict[int, SourceText]:
    """What the sites say of the posts on pages. Each page is given by a number of its own, with the id of the URL that was asked
    for, that URL, and the one that answered; pages about which nothing is known are left out."""
    moved = {page: url_key(answered) for page, (_, asked, answered) in pages.items() if answered != asked}
    query = select(Url.url_key, Url.id)
    id_of = dict(bulk.select_in(connection, query, Url.url_key, moved.values()))
    ids = {page: (url_id, id_of.get(moved.get(page, ""), url_id)) for page, (url_id, _, _) in pages.items()}
    texts = of_urls(connection, set(chain.from_iterable(ids.values())))
    found = {page: of_page(texts.get(asked), texts.get(answered)) for page, (asked, answered) in ids.items()}
    return {page: text for page, text in found.items() if text}


class Told(NamedTuple):
    """The key of an article's URL, the digest of the bytes that it was read from, and what the site says of its post."""

    url_key: str
    payload_digest: str
    text: SourceText | None


def of_articles(engine: Engine, article_ids: Iterable[int]) -> dict[int, Told]:
    """What the site says of the post of each of these articles, by the article's id."""
    found: dict[int, Told] = {}
    columns = ArticleRow.id, ArticleRow.url_key, Revision.payload_digest, Url.id.label("url_id")
    query = select(*columns).join(Revision, Revision.id == ArticleRow.revision_id)
    query = query.outerjoin(Url, Url.url_key == ArticleRow.url_key)
    with reading(engine) as connection:
        for part in bulk.parts(article_ids):
            rows = connection.execute(query.where(ArticleRow.id.in_(part))).all()
            texts = of_urls(connection, [row.url_id for row in rows if row.url_id is not None])
            found |= {row.id: Told(row.url_key, row.payload_digest, texts.get(row.url_id)) for row in rows}
    return found


def _held(connection: Connection, url_ids: Iterable[int]) -> dict[int, SourceText]:
    columns = bulk.columns_of(
        SourceTextRow, ("url_id", *FIELDS, "published_offset", "updated_offset", *PLACE_COLUMNS)
    )
    query = select(*columns).where(SourceTextRow.url_id.in_(list(url_ids)))
    found = {}
    for row in connection.execute(query).mappings():
        values = {name: row[name] for name in FIELDS}
        values |= {name: tuple(str(one) for one in values[name] or ()) for name in LIST_FIELDS}
        for name in TIME_FIELDS:
            minutes = row[f"{name}_offset"]
            if values[name] is not None and minutes is not None and abs(minutes) < 24 * 60:
                values[name] = values[name].astimezone(timezone(timedelta(minutes=minutes)))
        place = Place(*(row[name] for name in PLACE_COLUMNS)) if row["warc_file"] else None
        found[row["url_id"]] = SourceText(**values, place=place)
    return found


def _row(text: SourceText) -> dict[str, Any]:
    row = {name: getattr(text, name) for name in FIELDS}
    row |= {name: [storable(one) for one in row[name]] for name in LIST_FIELDS}
    for (
        name
    ) in TIME_FIELDS:  # minutes that the clock is ahead of UTC, `None` where it shows UTC or is unknown
        ahead = row[name].utcoffset() if row[name] is not None else None
        row[f"{name}_offset"] = int(ahead.total_seconds()) // 60 or None if ahead is not None else None
    place = text.place or Place("", 0, 0)
    return row | dict(zip(PLACE_COLUMNS, (place.file, place.offset, place.length, place.digest), strict=True))


def _stored(text: SourceText) -> SourceText:
    """The record as the database gives it back."""
    values: dict[str, Any] = {name: getattr(text, name) for name in FIELDS}
    for name, value in values.items():
        if isinstance(value, str):
            values[name] = storable(value)
        elif isinstance(value, tuple):
            values[name] = tuple(map(storable, value))
    return SourceText(**values)


def _rank(text: SourceText) -> tuple[bool, int]:
    return text.is_full, SOURCES_BY_TRUST.index(text.source) if text.source in SOURCES_BY_TRUST else 0
