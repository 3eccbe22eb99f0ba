"""The values of fields that a person corrected (`newsarchive.db.writing.corrections`), and how they are put into a reading of the page.

A correction is stored beside what the page says: `{"field": "authors", "value_before": [], "value_after": [["Jane Doe", "person", ""]]}`.
Whenever the page is read again, by a crawl or by `reextract`, the value is put into the new reading before it is compared with
what is stored, and what the page says now is kept beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from newsarchive.db import bulk, rows
from newsarchive.db.models import CorrectionRow
from newsarchive.items import Article, Author, Origin
from newsarchive.times import utc


@dataclass(frozen=True, slots=True)
class _Form:
    """How a field is stored, as a list for JSON: out of an article, and into one."""

    of: Callable[[Article], list[Any]]
    into: Callable[[Article, Sequence[Any]], Article]


def _origin(values: Sequence[Mapping[str, Any]]) -> Origin | None:
    if not values:
        return None
    value = values[0]
    date = value["date"] and datetime.fromisoformat(value["date"])
    return rows.origin_from(dict(value) | {"date": date})


def origin_value(origin: Origin | None) -> list[dict[str, Any]]:
    """An origin as `FORMS` has it."""
    if origin is None:
        return []
    date = utc(origin.date).isoformat() if origin.date else None
    evidence = [asdict(one) for one in origin.evidence]
    named = {"name": origin.name, "domain": origin.domain}
    return [named | rows.origin_row(origin) | {"date": date, "evidence": evidence}]


def _dated(article: Article, value: Sequence[str]) -> Article:
    moment, raw, source = value
    at = datetime.fromisoformat(moment) if moment else None
    return replace(article, date_published=at, date_published_raw=raw, date_published_source=source)


def _date_value(article: Article) -> list[str]:
    moment = utc(article.date_published).isoformat() if article.date_published else ""
    return [moment, article.date_published_raw, article.date_published_source]


#: The fields that can be corrected.
FORMS: Mapping[str, _Form] = {
    "authors": _Form(
        lambda article: [[one.name, one.kind, one.url] for one in article.authors],
        lambda article, value: replace(article, authors=tuple(Author(*one) for one in value)),
    ),
    "date_published": _Form(_date_value, _dated),
    "article_section": _Form(
        lambda article: [article.article_section],
        lambda article, value: replace(article, article_section=value[0]),
    ),
    "keywords": _Form(
        lambda article: list(article.keywords),
        lambda article, value: replace(article, keywords=tuple(value)),
    ),
    "in_language": _Form(
        lambda article: [article.in_language, article.in_language_source],
        lambda article, value: replace(article, in_language=value[0], in_language_source=value[1]),
    ),
    "origin": _Form(
        lambda article: origin_value(article.origin),
        lambda article, value: replace(article, origin=_origin(value)),
    ),
}


def with_values(article: Article, values: Mapping[str, Any]) -> Article:
    """The article with these values of `FORMS`."""
    for name, value in values.items():
        article = FORMS[name].into(article, value)
    return article


#: The corrections that hold. In plain SQL, because every commit of a crawl asks, and nearly none finds anything.
_STANDING = """
    SELECT id, article_id, field, value_before, value_after FROM corrections WHERE article_id IN :ids AND undone_at IS NULL ORDER BY id
"""


def standing(connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, bulk.Row]]:
    """Article id → field → its correction."""
    found: dict[int, dict[str, bulk.Row]] = {}
    for part in bulk.parts(set(ids)):
        for row in bulk.select_rows(connection, _STANDING, {"ids": part}):
            found.setdefault(row["article_id"], {})[row["field"]] = row
    return found


def note_readings(connection: Connection, found: Iterable[tuple[bulk.Row, Article]]) -> None:
    """Keep what pages say now, of corrections and the new readings of their pages."""
    for row, article in found:
        read = FORMS[row["field"]].of(article)
        if read != row["value_before"]:
            ours = update(CorrectionRow).where(CorrectionRow.id == row["id"])
            connection.execute(ours.values(value_before=read))
