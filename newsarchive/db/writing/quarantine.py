"""Pages of low confidence: kept, shown to no reader until a person accepts them, never lost.

What readers see is decided here alone, by `visible`: searches, exports, figures, stories, lists and the pages of
`newsarchive web` ask it, and the views of the database say the same. Whoever names an article by its URL or id, or
asks for `hidden`, sees it all the same. A decision stays when a page is read again; a page that waits leaves by itself when it is read better.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from newsarchive.db.reading.articles import find
from newsarchive.db.readonly import File, Reader, Row, engine_of, reading
from newsarchive.exceptions import NoSuchArticle, UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from newsarchive.items import Quality

#: Expected F1 of the extraction below which a page waits. Of 219 article pages of a public set, 6 were
#: below, and among them all 3 whose text was wrong by more than a third.
DOUBT = 0.8

STATES = ("waiting", "accepted", "dropped")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A page in quarantine. `state` is `waiting`, `accepted` or `dropped`; `reason` says why."""

    id: int
    url: str
    headline: str
    site: str
    confidence: float
    flags: tuple[str, ...]
    state: str
    reason: str
    since: datetime
    decided_at: datetime | None
    word_count: int


def reason_of(quality: Quality) -> str:
    """Why a page waits, "" where it need not."""
    if quality.confidence >= DOUBT:
        return ""
    doubts = ", ".join(quality.flags)
    return f"confidence {quality.confidence:.2f}" + (f" ({doubts})" if doubts else "")


def note(connection: Connection, read: Sequence[tuple[int, Quality]], now: datetime) -> None:
    """Bring the quarantine to how articles (ids) were read now; what a person decided stays."""
    from sqlalchemy import bindparam, delete, update

    from newsarchive.db.bulk import execute_many
    from newsarchive.db.engine import insert_ignoring
    from newsarchive.db.models import Base, Quarantined

    reasons = {article_id: reason_of(quality) for article_id, quality in read}
    is_waiting = Quarantined.state == "waiting"
    for part in _parts([article_id for article_id, reason in reasons.items() if not reason]):
        connection.execute(delete(Quarantined).where(Quarantined.article_id.in_(part), is_waiting))
    doubted = [{"b_id": article_id, "reason": reason} for article_id, reason in reasons.items() if reason]
    new = [
        {"article_id": row["b_id"], "state": "waiting", "reason": row["reason"], "since": now}
        for row in doubted
    ]
    insert_ignoring(connection, Base.metadata.tables["quarantine"], new)
    again = update(Quarantined).where(Quarantined.article_id == bindparam("b_id"), is_waiting)
    execute_many(connection, again, doubted)


_LIST = """
    SELECT a.id, a.url, a.headline, s.domain AS site, a.quality, a.word_count,
           q.state, q.reason, q.since, q.decided_at
    FROM quarantine AS q JOIN articles AS a ON a.id = q.article_id JOIN sites AS s ON s.id = a.site_id
    WHERE q.state IN :states ORDER BY q.since DESC, a.id DESC
"""


def waiting(source: File | Engine, states: Iterable[str] = ("waiting",)) -> list[Waiting]:
    """What is in quarantine, the newest first."""
    with reading(source) as reader:
        return [_waiting(row) for row in reader.rows(_LIST, {"states": list(states)})]


def _waiting(row: Row) -> Waiting:
    quality = row.pop("quality")
    flags = tuple(quality.get("flags", ()))
    return Waiting(**row, confidence=float(quality.get("confidence", 1.0)), flags=flags)


def state_of(reader: Reader, article_id: int) -> tuple[str, str]:
    """State and reason of an article, "" for one that is not in quarantine."""
    query = "SELECT state, reason FROM quarantine WHERE article_id = :id"
    found = reader.tuples(query, {"id": article_id})
    return found[0] if found else ("", "")


def decide(
    source: File | Engine, url_or_id: str | int, state: str, reason: str = "", *, dry_run: bool = False
) -> Row:
    """Accept or drop an article; gives its id and headline. `dry_run` looks whether that can be, and writes nothing.

    Any article may be dropped. Raises `NoSuchArticle`, and `UsageError` where there is nothing to accept.
    """
    from newsarchive.db.engine import writing

    if state not in ("accepted", "dropped"):
        raise UsageError(f"state {state!r}: accepted or dropped")
    now = datetime.now(UTC)
    with writing(engine_of(source)) as connection:
        reader = Reader.of(connection)
        article_id = find(reader, url_or_id)
        if state == "accepted" and not state_of(reader, article_id)[0]:
            raise NoSuchArticle(
                f"article {url_or_id} is not in quarantine: see `newsarchive quarantine list`"
            )
        if not dry_run:
            _set(connection, {"article_id": article_id, "state": state, "reason": reason, "decided_at": now})
        return reader.rows("SELECT id, headline FROM articles WHERE id = :id", {"id": article_id})[0]


def _set(connection: Connection, row: dict[str, Any]) -> None:
    from sqlalchemy import insert, update

    from newsarchive.db.models import Quarantined

    own = Quarantined.article_id == row["article_id"]
    if not connection.execute(update(Quarantined).where(own).values(row)).rowcount:
        connection.execute(insert(Quarantined).values(row | {"since": row["decided_at"]}))


def _parts(values: Sequence[int], size: int = 500) -> Iterable[Sequence[int]]:
    return (values[at : at + size] for at in range(0, len(values), size))
