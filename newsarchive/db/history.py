"""The versions of an article."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from newsarchive.db.direct import File, Row, reading
from newsarchive.db.lookup import find
from newsarchive.db.values import inflate
from newsarchive.exceptions import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an article's text, as it was read from the page.

    `change_kind` is `new`, `publisher` (the page changed) or `extractor` (we read it better);
    `seen_at` is when it was first seen so. `current` marks the one that is shown.
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


_VERSIONS = """
    SELECT r.version, r.change_kind, r.extractor_version, r.seen_at, r.headline, r.alternative_headline,
           r.description, r.article_body, r.content_hash, r.payload_digest,
           r.id = a.revision_id AS current, a.article_body AS current_body
    FROM article_revisions AS r JOIN articles AS a ON a.id = r.article_id
    WHERE r.article_id = :id ORDER BY r.version
"""


def history(source: File | Engine, url_or_id: str | int) -> list[Version]:
    """Every version of an article, in the order they were stored.

    Raises `NoSuchArticle`.
    """
    with reading(source) as reader:
        return [_version(row) for row in reader.rows(_VERSIONS, {"id": find(reader, url_or_id)})]


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
    versions = {version.version: version for version in history(source, url_or_id)}
    last = max(versions)
    second = last if second is None else second
    first = (
        max((number for number in versions if number < second), default=second) if first is None else first
    )
    for number in (first, second):
        if number not in versions:
            raise UsageError(f"no version {number} of {url_or_id}: there are {', '.join(map(str, versions))}")
    return versions[first], versions[second]
