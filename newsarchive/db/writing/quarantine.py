"""Pages whose extraction is doubtful are kept, and hidden from readers until a person accepts them.

A gallery of pictures may be read with a confidence of 0.41: it is stored like any article and waits in the table
`quarantine`. A page that waits leaves the table by itself when it is read better; one that waits for an alarm of its
site (`newsarchive.db.writing.alarms`), when a crawl finds it as it should be. A person's decision stays, however
often the page is read again. What readers see follows from the table by `newsarchive.db.conditions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, Row, bindparam, insert, select, update

from newsarchive.db import bulk
from newsarchive.db.engine import writing
from newsarchive.db.models import ArticleRow, Quarantined
from newsarchive.db.reading.finding import find
from newsarchive.db.reading.hidden import state_of
from newsarchive.exceptions import NoSuchArticle, UsageError
from newsarchive.items import Quality

#: Expected F1 of the extraction (0 to 1). A page below it waits, a page at or above it is shown at once. Of 219 article
#: pages of a public set 6 were below, and among these were all 3 whose text was wrong by more than a third.
MIN_CONFIDENCE = 0.8

_READ_BETTER = "DELETE FROM quarantine WHERE state = 'waiting' AND alarm_id IS NULL AND article_id IN :ids"
_WAITING = update(Quarantined).where(
    Quarantined.article_id == bindparam("b_id"), Quarantined.state == "waiting"
)


def reason_of(quality: Quality) -> str | None:
    """Why a page waits, `None` for a page that need not.

    >>> reason_of(Quality(0.41, 0.6, ("thin margin",))), reason_of(Quality(0.97))
    ('confidence 0.41 (thin margin)', None)
    """
    if quality.confidence >= MIN_CONFIDENCE:
        return None
    doubts = ", ".join(quality.flags)
    return f"confidence {quality.confidence:.2f}" + (f" ({doubts})" if doubts else "")


def note(connection: Connection, read: Sequence[tuple[int, Quality]], now: datetime) -> None:
    """Update the quarantine after articles (by their ids) were read again. What a person decided stays."""
    reasons = {article_id: reason_of(quality) for article_id, quality in read}
    better = [article_id for article_id, reason in reasons.items() if reason is None]
    for part in bulk.parts(better):
        bulk.change(connection, _READ_BETTER, {"ids": part})
    doubted = [{"b_id": i, "reason": reason} for i, reason in reasons.items() if reason is not None]
    new = [
        {"article_id": row["b_id"], "state": "waiting", "reason": row["reason"], "since": now}
        for row in doubted
    ]
    bulk.insert_new_rows(connection, Quarantined, new)
    bulk.execute_many(connection, _WAITING, doubted)


def decide(
    engine: Engine, url_or_id: str | int, state: str, reason: str = "", *, dry_run: bool = False
) -> Row[int, str]:
    """Accept or drop an article; gives its `id` and `headline`. With `dry_run` nothing is written.

    Any article may be dropped. Raises `NoSuchArticle` where the archive or, for "accepted", the quarantine does not
    have it, and `UsageError` for another state than "accepted" and "dropped".
    """
    if state not in ("accepted", "dropped"):
        raise UsageError(f"state {state!r}: accepted or dropped")
    now = datetime.now(UTC)
    with writing(engine) as connection:
        article_id = find(connection, url_or_id)
        if state == "accepted" and not state_of(connection, article_id)[0]:
            raise NoSuchArticle(
                f"article {url_or_id} is not in quarantine: see `newsarchive quarantine list`"
            )
        if not dry_run:
            row = {"article_id": article_id, "state": state, "reason": reason, "decided_at": now}
            own = Quarantined.article_id == article_id
            if not connection.execute(update(Quarantined).where(own).values(row)).rowcount:
                connection.execute(insert(Quarantined).values(row | {"since": now}))
        query = select(ArticleRow.id, ArticleRow.headline).where(ArticleRow.id == article_id)
        return connection.execute(query).one()
