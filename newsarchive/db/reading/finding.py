"""The id of an article by its URL in any spelling, its id or the identifier of a citation, and what became of a URL without one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from newsarchive import citation
from newsarchive.core.urls import url_key
from newsarchive.db.reading import hidden
from newsarchive.db.readonly import Connected, Reader, Source, reading
from newsarchive.db.values import with_detail
from newsarchive.exceptions import NewsArchiveError, NoSuchArticle

_BY_KEY = "url_key = :value"
#: The address led to the article once: its post has moved, or a list named it as `/?p=12`.
_ONCE_AT = (
    "id IN (SELECT r.article_id FROM urls AS u JOIN captures AS c ON c.url_id = u.id"
    " JOIN article_revisions AS r ON r.capture_id = c.id WHERE u.url_key = :value)"
)
#: The same for an article that was erased. No version of it is left, but its addresses are marked with its id (`sealed.skipped`).
_ERASED_AT = (
    "id IN (SELECT w.article_id FROM urls AS u JOIN withholdings AS w ON u.reason_detail = 'article ' || CAST(w.article_id AS text)"
    " WHERE u.url_key = :value AND u.reason = 'withheld')"
)


def find(connection: Connected, url_or_id: str | int) -> int:
    """The id of an article, whichever of its versions an identifier names.

    Raises `NoSuchArticle`, and `Withheld` for one that is withheld.
    """
    name, reader = str(url_or_id).strip(), Reader.of(connection)
    if citation.is_identifier(name):
        name = citation.parse_identifier(name).url or name
    for condition, value in _lookups(name):
        query = f"SELECT id FROM articles WHERE {condition} ORDER BY id LIMIT 1"
        found = reader.value(query, {"value": value})
        if found is not None:
            hidden.refuse(reader, int(found))
            return int(found)
    raise NoSuchArticle(f"no article {name!r} in the archive: try `newsarchive search WORDS`")


def is_here(source: Source, url_or_id: str | int) -> bool:
    """Whether the archive holds an article that readers may name."""
    with reading(source) as reader:
        try:
            find(reader, url_or_id)
        except NoSuchArticle:
            return False
    return True


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a URL that gave no article: its `state` in the frontier, and the reason with a detail. `filled_from` is the
    source that gave the text of its article, "" for none."""

    state: str
    reason: str
    last_checked_at: datetime | None
    filled_from: str = ""


def fate(reader: Reader, url: str) -> Fate | None:
    """The state of a URL in the frontier, `None` for a URL that no crawl found."""
    for condition, value in _lookups(url):
        if condition == _BY_KEY:
            query = "SELECT state, reason, reason_detail, last_checked_at AS seen_at, filled_from FROM urls WHERE url_key = :value"
            for row in reader.rows(query, {"value": value}):
                reason = with_detail(row["reason"], row["reason_detail"])
                return Fate(row["state"], reason, row["seen_at"], row["filled_from"])
    return None


def _lookups(name: str) -> Iterator[tuple[str, Any]]:
    if name.isascii() and name.isdigit():
        if len(name) <= 9:  # ids are shorter; PostgreSQL refuses longer numbers
            yield "id = :value", int(name)
        return
    url = name if "://" in name else f"https://{name}"
    try:
        key = url_key(url)
    except (NewsArchiveError, ValueError):
        return
    yield _BY_KEY, key
    yield "canonical_key = :value", key
    yield _ONCE_AT, key
    yield _ERASED_AT, key
    if url.endswith("."):  # of the sentence, or of the bibliography, that it was copied from
        yield from _lookups(url.rstrip("."))
