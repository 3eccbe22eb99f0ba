"""The pages in quarantine, and the state of one article: what `newsarchive quarantine list` and `show` tell.

`newsarchive.db.writing.quarantine` decides which pages these are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from newsarchive.db.conditions import visible
from newsarchive.db.readonly import Connected, Reader, Source, reading
from newsarchive.db.values import moment

#: What an article in quarantine may be: a page waits, then a person accepts or drops it.
STATES = ("waiting", "accepted", "dropped")

_LIST = f"""
    SELECT a.id, a.url, a.headline, s.domain AS site, a.quality, a.word_count,
           q.state, q.reason, q.since, q.decided_at
    FROM quarantine AS q JOIN articles AS a ON a.id = q.article_id JOIN sites AS s ON s.id = a.site_id
    WHERE q.state IN :states AND {visible("a.id", hidden=True)} ORDER BY q.since DESC, a.id DESC
"""
_HIDDEN_BY = """
    SELECT count(*) FROM quarantine AS q JOIN articles AS a ON a.id = q.article_id
    WHERE q.state = 'waiting' AND q.alarm_id IS NULL
          AND q.since >= (SELECT r.started_at FROM crawl_runs AS r WHERE r.id = :run)
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A page in quarantine. `state` is one of `STATES`; `reason` says why the page waits, or what the person said."""

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


def waiting(source: Source, states: Iterable[str] = ("waiting",)) -> list[Waiting]:
    """The pages in quarantine that are in one of these states, the newest first."""
    found = []
    with reading(source) as reader:
        for row in reader.rows(_LIST, {"states": list(states)}):
            quality = row.pop("quality")
            row |= {name: moment(row[name]) for name in ("since", "decided_at")}
            flags = tuple(quality.get("flags", ()))
            found.append(Waiting(**row, confidence=float(quality.get("confidence", 1.0)), flags=flags))
    return found


def hidden_by(connection: Connected, run_id: int, site_id: int | None = None) -> int:
    """The number of articles, of one site or of all, that came into quarantine for their low confidence since this run
    began, and that wait there still.

    Articles that an alarm holds back are not counted: the alarm's own sentence tells of them.
    """
    query = _HIDDEN_BY + ("" if site_id is None else " AND a.site_id = :site_id")
    [(number,)] = Reader.of(connection).tuples(query, {"run": run_id, "site_id": site_id})
    return int(number)


def state_of(connection: Connected, article_id: int) -> tuple[str, str]:
    """State and reason of an article; both are "" for an article that is not in quarantine."""
    query = "SELECT state, reason FROM quarantine WHERE article_id = :id"
    found = Reader.of(connection).tuples(query, {"id": article_id})
    return found[0] if found else ("", "")
