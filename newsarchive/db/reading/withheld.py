"""The register of what the archive withholds: which article, why, since when, until when, and the digests of its texts.

A reader who names a withheld article is told so, with the reason; a list, a search or an export does not have it. The register
also has what was shown again and what was erased. `newsarchive.db.writing.withhold` writes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from newsarchive.db.readonly import Connected, Reader, Row, Source, reading
from newsarchive.exceptions import Withheld

#: What an entry of the register may be. An erasure that was begun and broken off is `erasing`.
STATES = ("withheld", "lifted", "erasing", "erased")
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
    """An entry of the register. `state` is one of `STATES`; `until` is when it is to be shown again, `None` for no such day;
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

    def version_of(self, digest: str) -> WithheldVersion | None:
        """The version whose identifier has this digest, `None` where none has."""
        return next((one for one in self.versions if one.identifier.endswith(digest)), None)


def entries(source: Source, states: Sequence[str] = STATES) -> list[Entry]:
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
