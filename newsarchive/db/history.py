"""The versions of an article, and the changes of fields that no version holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from newsarchive.db.direct import File, Row, reading
from newsarchive.db.lookup import find
from newsarchive.db.values import inflate
from newsarchive.exceptions import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True, slots=True)
class Moved:
    """A field that no version holds got another value: a date, the authors, the section …

    `version` is the version with which the change came, or which was the current one then. `value_before` and
    `value_after` are lists of text, empty for none.
    """

    field: str
    version: int
    change_kind: str
    extractor_version: int
    seen_at: datetime
    value_before: tuple[str, ...]
    value_after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an article's text, as it was read from the page.

    `change_kind` is one of `items.ChangeKind`; `seen_at` is when it was first seen so. `current` marks the one that is
    shown. `fields` are the changes of other fields that came with this version or while it was the current one.
    """

    version: int
    change_kind: str
    extractor_version: int
    seen_at: datetime
    headline: str
    alternative_headline: str = field(repr=False)
    description: str = field(repr=False)
    article_body: str = field(repr=False)
    content_hash: str = field(repr=False)
    payload_digest: str = field(repr=False)
    current: bool
    fields: tuple[Moved, ...] = field(default=(), repr=False)


_VERSIONS = """
    SELECT r.version, r.change_kind, r.extractor_version, r.seen_at, r.headline, r.alternative_headline,
           r.description, r.article_body, r.content_hash, r.payload_digest,
           r.id = a.revision_id AS current, a.article_body AS current_body
    FROM article_revisions AS r JOIN articles AS a ON a.id = r.article_id
    WHERE r.article_id = :id ORDER BY r.version
"""

_MOVED = """
    SELECT field, version, change_kind, extractor_version, seen_at, value_before, value_after
    FROM field_changes WHERE article_id = :id ORDER BY id
"""


def history(source: File | Engine, url_or_id: str | int) -> list[Version]:
    """Every version of an article, in the order they were stored.

    Raises `NoSuchArticle`.
    """
    with reading(source) as reader:
        wanted = {"id": find(reader, url_or_id)}
        moved = [_moved(row) for row in reader.rows(_MOVED, wanted)]
        versions = [_version(row) for row in reader.rows(_VERSIONS, wanted)]
    return [
        replace(version, fields=tuple(one for one in moved if one.version == version.version))
        for version in versions
    ]


def fields_between(first: Version, second: Version, versions: Sequence[Version]) -> list[Moved]:
    """The changes of fields from one version to another: those that came with later versions and while each was the
    current one. Of a version beside itself, all that came while it was."""
    return [
        one
        for version in versions
        if first.version <= version.version <= second.version
        for one in version.fields
        if version is not first or first is second or one.seen_at > first.seen_at
    ]


def _moved(row: Row) -> Moved:
    lists = {name: tuple(row[name]) for name in ("value_before", "value_after")}
    return Moved(**{**row, **lists})


def _version(row: Row) -> Version:
    """The current version's text stands in its article, that of the others is deflated."""
    current, stored = row.pop("current_body"), row.pop("article_body")
    return Version(**row, article_body=current if row["current"] else inflate(stored))


def revision_texts(
    source: File | Engine, url_or_id: str | int, first: int | None = None, second: int | None = None
) -> tuple[Version, Version]:
    """Two versions to compare: those named, else the last two (one version is compared with itself).

    Raises `NoSuchArticle`, and `UsageError` for a version that there is not.
    """
    return two_of(history(source, url_or_id), url_or_id, first, second)


def two_of(
    found: Sequence[Version], url_or_id: str | int, first: int | None = None, second: int | None = None
) -> tuple[Version, Version]:
    """Two of the versions of an article, as `revision_texts` chooses them. Raises `UsageError`."""
    versions = {version.version: version for version in found}
    last = max(versions)
    second = last if second is None else second
    first = (
        max((number for number in versions if number < second), default=second) if first is None else first
    )
    for number in (first, second):
        if number not in versions:
            raise UsageError(f"no version {number} of {url_or_id}: there are {', '.join(map(str, versions))}")
    return versions[first], versions[second]
