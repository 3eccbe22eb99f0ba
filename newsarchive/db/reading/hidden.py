"""What readers do not see: the pages in quarantine, and the register of what is withheld.

`newsarchive.db.writing.quarantine` decides which pages are in quarantine. A list, a search or an export does not have them, and a reader
who names one sees it.

The register says which article is withheld, why, since when, until when, and has the digests of its texts. A reader who names a
withheld article is told so, with the reason. The register also has what was shown again and what was erased.
`newsarchive.db.writing.withhold` writes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from newsarchive.db.conditions import visible
from newsarchive.db.readonly import Connected, Reader, Row, Source, reading
from newsarchive.db.values import moment
from newsarchive.exceptions import Withheld

#: What an article in quarantine may be: a page waits, then a person accepts or drops it.
QUARANTINE_STATES = ("waiting", "accepted", "dropped")

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
    """A page in quarantine. `state` is one of `QUARANTINE_STATES`; `reason` says why the page waits, or what the person said."""

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


#: What an entry of the register may be. An erasure that was begun and broken off is `erasing`.
REGISTER_STATES = ("withheld", "lifted", "erasing", "erased")
#: The states of articles that nobody sees.
STANDING = ("withheld", "erasing", "erased")
#: The states of articles whose texts are gone for good.
ERASED = ("erasing", "erased")

_COLUMNS = "id, article_id, url, site, state, reason, decided_by, since, until, ended_at, versions"


@dataclass(frozen=True, slots=True)
class WithheldVersion:
    """A version of a text that is withheld. `identifier` names it for ever (`newsarchive.citation`); the digests are those of
    the text and of the page. `moved_from` is the address at which it was read, where the post moved to another later."""

    version: int
    seen_at: str
    identifier: str
    content_hash: str
    payload_digest: str
    moved_from: str = ""

    @property
    def qualified(self) -> str:
        """The identifier, with the address at which the version was read where that is not the article's."""
        return self.identifier + (f";url={self.moved_from}" if self.moved_from else "")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the register. `state` is one of `REGISTER_STATES`; `until` is when it is to be shown again, `None` for no such day;
    `ended_at` is when it was shown again or erased. `decided_by` is who asked or decided, "" where nobody said."""

    id: int
    article_id: int
    url: str
    site: str
    state: str
    reason: str
    decided_by: str
    since: datetime
    until: datetime | None
    ended_at: datetime | None
    versions: tuple[WithheldVersion, ...] = field(default=(), repr=False)

    @property
    def is_erased(self) -> bool:
        return self.state in ERASED

    @property
    def sentence(self) -> str:
        """What a reader is told who asks for the article."""
        return f"{self.url}: {self.said[:1].lower()}{self.said[1:]}"

    @property
    def said(self) -> str:
        """Since when it cannot be read, and why: "Withheld since 2026-11-27: the family asks"."""
        if self.is_erased:
            return f"Erased from the archive on {self.ended_at or self.since:%Y-%m-%d}: {self.reason}"
        ending = f" until {self.until:%Y-%m-%d}" if self.until else ""
        return f"Withheld since {self.since:%Y-%m-%d}{ending}: {self.reason}"


def entries(source: Source, states: Sequence[str] = REGISTER_STATES) -> list[Entry]:
    """The entries of the register that are in one of these states, the newest first."""
    query = f"SELECT {_COLUMNS} FROM withholdings WHERE state IN :states ORDER BY since DESC, id DESC"
    with reading(source) as reader:
        return [_entry(row) for row in reader.rows(query, {"states": list(states)})]


def standing(connection: Connected, article_id: int) -> Entry | None:
    """The entry by which an article is withheld, `None` where it is not."""
    query = (
        f"SELECT {_COLUMNS} FROM withholdings WHERE article_id = :id AND state IN :states ORDER BY id DESC"
    )
    for row in Reader.of(connection).rows(query, {"id": article_id, "states": list(STANDING)}):
        return _entry(row)
    return None


def refuse(connection: Connected, article_id: int) -> None:
    """Raise `Withheld` where an article is withheld."""
    if entry := standing(connection, article_id):
        raise Withheld(entry)


def due(source: Source, now: datetime) -> list[Entry]:
    """The entries whose last day is past and that nobody has lifted yet."""
    return [one for one in entries(source, ("withheld",)) if one.until is not None and one.until <= now]


def _entry(row: Row) -> Entry:
    versions: list[dict[str, Any]] = row.pop("versions")
    return Entry(**row, versions=tuple(WithheldVersion(**one) for one in versions))
