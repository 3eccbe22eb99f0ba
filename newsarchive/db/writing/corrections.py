"""Fields that a person corrects: `newsarchive correct 17 --author 'Jane Doe' --reason 'the printed edition names her'`.

A page names no author, or the wrong one, and no table can mend that. The corrected value is stored in the field's place, and
the table `corrections` has both: the value, and what the page says. Every new reading of the page gets the value too
(`corrected`), and `undo` gives back what the page says by then. Texts and headlines are evidence, and are not corrected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, update

from newsarchive.db import rows
from newsarchive.db.engine import writing
from newsarchive.db.models import ArticleRow, CorrectionRow
from newsarchive.db.reading import articles
from newsarchive.db.reading.finding import find
from newsarchive.db.writing import field_changes
from newsarchive.db.writing.corrected import FORMS, standing
from newsarchive.db.writing.ingest import Batch, Storing
from newsarchive.exceptions import NoSuchArticle, UsageError
from newsarchive.items import Article, ChangeKind
from newsarchive.reprs import one_line
from newsarchive.times import utc_now

#: What is stored as the source of a date or a language that a person gave.
BY_HAND = "correction"

#: Field → what makes of an article the value that it is to have, as `FORMS` stores it.
Wanted = Mapping[str, Callable[[Article], Any]]


def correct(
    engine: Engine,
    which: str | int,
    wanted: Wanted,
    reason: str,
    decided_by: str = "",
    *,
    dry_run: bool = False,
    now: datetime | None = None,
) -> list[field_changes.Change]:
    """Correct fields of an article, in one transaction; gives what changed. A second correction of a field replaces the first.

    Raises `NoSuchArticle`, `Withheld` and `UsageError` (no reason, or nothing to correct).
    """
    said = one_line(reason)
    if not said:
        raise UsageError("correct: --reason is empty: say why, for those who ask later")
    now = now or utc_now()
    with writing(engine) as connection:
        article = _load(connection, which)
        held = standing(connection, [article.id]).get(article.id, {})
        corrected: Article = article
        for name, make in wanted.items():
            value, form = make(article), FORMS[name]
            read = held[name]["value_before"] if name in held else form.of(article)
            corrected = form.into(corrected, value)
            _end(connection, article.id, [name], now)
            row = {
                "article_id": article.id,
                "field": name,
                "value_after": value,
                "value_before": read,
                "reason": said,
            }
            row |= {"decided_by": one_line(decided_by), "made_at": now}
            connection.execute(insert(CorrectionRow).values(row))
        found = _write(connection, article, corrected, now)
        if dry_run:
            connection.rollback()
    return found


def undo(
    engine: Engine,
    which: str | int,
    names: Iterable[str] = (),
    *,
    dry_run: bool = False,
    now: datetime | None = None,
) -> list[field_changes.Change]:
    """Give fields of an article back to what its page says, all that were corrected without `names`; gives what changed.

    Raises `NoSuchArticle` for an article, or a field of it, that nobody corrected, and `Withheld`.
    """
    now = now or utc_now()
    with writing(engine) as connection:
        article = _load(connection, which)
        held = standing(connection, [article.id]).get(article.id, {})
        chosen = list(names) or list(held)
        if missing := [name for name in chosen if name not in held] or ([] if chosen else ["any field"]):
            raise NoSuchArticle(
                f"nobody corrected {missing[0]} of article {which}: see `newsarchive correct list`"
            )
        restored: Article = article
        for name in chosen:
            restored = FORMS[name].into(restored, held[name]["value_before"])
        _end(connection, article.id, chosen, now)
        found = _write(connection, article, restored, now)
        if dry_run:
            connection.rollback()
    return found


def _load(connection: Connection, which: str | int) -> articles.Stored:
    return articles.load(connection, [find(connection, which)])[0]


def _end(connection: Connection, article_id: int, names: Sequence[str], now: datetime) -> None:
    own = (CorrectionRow.article_id == article_id) & CorrectionRow.undone_at.is_(None)
    named = own & CorrectionRow.field.in_(names)
    connection.execute(update(CorrectionRow).where(named).values(undone_at=now))


def _write(
    connection: Connection, before: articles.Stored, after: Article, now: datetime
) -> list[field_changes.Change]:
    """Write the fields, and their change into the history."""
    changes = field_changes.changes(field_changes.values(before), field_changes.values(after))
    Batch(connection, [], Storing(None, now)).write_fields(before.id, after, now)
    row = rows.article_row(after)
    names = (
        "date_published",
        "date_published_raw",
        "date_published_source",
        "article_section",
        "in_language",
    )
    own = {name: row[name] for name in (*names, "in_language_source")}
    connection.execute(update(ArticleRow).where(ArticleRow.id == before.id).values(own))
    kind, version = ChangeKind.CORRECTION, before.extractor_version
    told = field_changes.ArticleChanges(before.id, before.version, kind, version, now, changes)
    field_changes.record(connection, [told], None)
    return changes
