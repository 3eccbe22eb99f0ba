"""Records changes of the fields that are not part of a version's text: dates, authors, section and others.

A version (`article_revisions`) has the texts of an article. The article's other fields are stored in its row and in
related tables, where a new value replaces the old one. So each change of such a field is recorded with its kind and
both values. Values are lists of texts, empty for no value, in one form for all fields:

    date_published  ["2025-04-03T08:15:00+00:00"]
    authors         ["Jane Doe", "dpa (agency)"]
    keywords        ["harbour", "rail"]
    url             ["https://blog.example/2024/05/night-ferry/"]    of a post that moved (`newsarchive.db.writing.moved`)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from newsarchive.db import bulk
from newsarchive.db.models import FieldChange
from newsarchive.db.reading import articles
from newsarchive.db.values import storable
from newsarchive.items import Article, Author, ChangeKind
from newsarchive.times import utc

Values = tuple[str, ...]

#: The fields that are compared with each page, in the order in which they are shown.
FIELDS = (
    "authors", "date_published", "date_modified", "article_section", "keywords", "in_language", "publisher", "image",
    "origin", "canonical_url", "is_based_on", "is_accessible_for_free",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """A field with its values before and after a change."""

    field: str
    before: Values
    after: Values


@dataclass(frozen=True, slots=True)
class ArticleChanges:
    """The fields of an article that changed, and the cause.

    `is_fresh` says that the same run stored the article first, so that nobody has seen the earlier values.
    """

    article_id: int
    version: int
    kind: ChangeKind
    extractor_version: int
    seen_at: datetime
    changes: Sequence[Change]
    is_fresh: bool = False


def values(article: Article) -> dict[str, Values]:
    """Field → its values, as the archive stores texts."""
    return {name: tuple(map(storable, _written(getattr(article, name)))) for name in FIELDS}


def _written(value: Any) -> Iterable[str]:
    if value is None or value == "":
        return ()
    if isinstance(value, datetime):
        return (utc(value).isoformat(),)
    if isinstance(value, tuple):
        return dict.fromkeys(_author(one) if isinstance(one, Author) else str(one) for one in value)
    if isinstance(value, bool | str):
        return (str(value).lower() if isinstance(value, bool) else value,)
    names = (
        ("url", "caption", "credit") if hasattr(value, "caption") else ("name", "domain", "url", "license")
    )
    return (getattr(value, name) for name in names)


def _author(author: Author) -> str:
    return author.name if author.kind == "person" else f"{author.name} ({author.kind})"


def stored_values(connection: Connection, article_ids: Sequence[int]) -> dict[int, dict[str, Values]]:
    """Article id → the values of its fields, as they are stored."""
    found = articles.load(connection, list(article_ids), explained=False) if article_ids else []
    return {article.id: values(article) for article in found}


def changes(before: Mapping[str, Values], after: Mapping[str, Values]) -> list[Change]:
    """The fields whose values differ."""
    return [Change(name, before[name], after[name]) for name in FIELDS if before[name] != after[name]]


def record(connection: Connection, found: Iterable[ArticleChanges], run_id: int | None) -> None:
    """Record the changes. A second change of a field in one run is joined with the first, because the value between them was
    never the publisher's. Where the first value comes back, no change is left."""
    told = [one for one in found if one.changes and not one.is_fresh]
    known = _of_run(connection, [one.article_id for one in told], run_id)
    new = []
    for one in told:
        for change in one.changes:
            earlier = (
                known.get((one.article_id, change.field)) if one.kind is not ChangeKind.PUBLISHER else None
            )
            if earlier is None:
                row: dict[str, Any] = {"article_id": one.article_id, "version": one.version, "run_id": run_id}
                row |= {"change_kind": one.kind, "extractor_version": one.extractor_version}
                row |= {"seen_at": one.seen_at, "field": change.field}
                new.append(row | {"value_before": list(change.before), "value_after": list(change.after)})
            elif tuple(earlier["value_before"]) == change.after:
                connection.execute(delete(FieldChange).where(FieldChange.id == earlier["id"]))
            else:
                connection.execute(
                    update(FieldChange)
                    .where(FieldChange.id == earlier["id"])
                    .values(value_after=list(change.after))
                )
    bulk.insert_rows(connection, FieldChange, new)


def _of_run(connection: Connection, ids: Sequence[int], run_id: int | None) -> dict[tuple[int, str], Any]:
    """The newest change of each field of these articles that this run recorded."""
    if run_id is None or not ids:
        return {}
    columns = bulk.columns_of(FieldChange, ("id", "article_id", "field", "value_before"))
    query = (
        select(*columns)
        .where(FieldChange.article_id.in_(ids), FieldChange.run_id == run_id)
        .order_by(FieldChange.id)
    )
    return {(row.article_id, row.field): row._mapping for row in connection.execute(query)}
