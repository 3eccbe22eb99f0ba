"""The versions of an article."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select

from newsarchive.db.engine import reading
from newsarchive.db.lookup import find
from newsarchive.db.models import ArticleRow, Revision
from newsarchive.exceptions import UsageError


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
    alternative_headline: str
    description: str
    article_body: str
    content_hash: str
    payload_digest: str
    current: bool


def history(engine: Engine, url_or_id: str | int) -> list[Version]:
    """Every version of an article, in the order they were stored.

    Raises `NoSuchArticle`.
    """
    names = [name for name in Version.__dataclass_fields__ if name != "current"]
    columns = [getattr(Revision, name) for name in names]
    current = ArticleRow.article_body.label("current_body")
    with reading(engine) as connection:
        article_id = find(connection, url_or_id)
        query = (
            select(*columns, (Revision.id == ArticleRow.revision_id).label("current"), current)
            .join(ArticleRow, ArticleRow.id == Revision.article_id)
            .where(Revision.article_id == article_id)
            .order_by(Revision.version)
        )
        return [_version(dict(row._mapping)) for row in connection.execute(query)]


def _version(row: dict[str, Any]) -> Version:
    body = row.pop("current_body")
    return Version(**row | ({"article_body": body} if row["current"] else {}))


def revision_texts(
    engine: Engine, url_or_id: str | int, first: int | None = None, second: int | None = None
) -> tuple[Version, Version]:
    """Two versions to compare: those named, else the last two (one version is compared with itself).

    Raises `NoSuchArticle`, and `UsageError` for a version that there is not.
    """
    versions = {version.version: version for version in history(engine, url_or_id)}
    last = max(versions)
    second = last if second is None else second
    first = (
        max((number for number in versions if number < second), default=second) if first is None else first
    )
    for number in (first, second):
        if number not in versions:
            raise UsageError(f"no version {number} of {url_or_id}: there are {', '.join(map(str, versions))}")
    return versions[first], versions[second]
