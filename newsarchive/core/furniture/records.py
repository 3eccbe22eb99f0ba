"""A page's record as bytes, and back: small, exact, the same for the same page.

JSON, deflated: tables of places and labels, then a row a line. A record of another format is no record.
"""

from __future__ import annotations

import json
import zlib
from functools import lru_cache
from operator import attrgetter
from typing import Any

from newsarchive.core.furniture.sightings import Line, Sighting
from newsarchive.core.metadata.conventions import NOTHING, Day, Names, Said, is_same
from newsarchive.core.text.line_keys import number

#: Changes with the format of the rows and with what fingerprints mean.
FORMAT = 1
#: In the order of `Line`'s fields.
_FLAGS = (
    "sentence", "heading", "item", "linked", "quotation", "names_origin", "mentions", "sells", "domain", "own",
    "fixed", "guess", "proved", "leads", "teases", "titled",
)  # fmt: skip
_switches = attrgetter(*_FLAGS)


def pack(page: Sighting) -> bytes:
    """The record of a page without its address, site and cluster: the archive has those."""
    places = list(dict.fromkeys(line.place for line in page.lines))
    labels = list(dict.fromkeys(line.label for line in page.lines))
    at = {text: i for i, text in enumerate(places)}, {text: i for i, text in enumerate(labels)}
    rows = [
        [
            x.key,
            x.form,
            x.start,
            at[0][x.place],
            at[1][x.label],
            x.words,
            _flags(_switches(x)),
            x.full,
            x.sample,
        ]
        for x in page.lines
    ]
    record = [FORMAT, page.origin, page.container, places, labels, rows, page.said]
    return zlib.compress(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode(), 3)


def unpack(data: bytes, url: str, site: str, cluster: str = "", **changes: Any) -> Sighting | None:
    """The page of a record; `None` where another version of this program wrote it."""
    record = json.loads(zlib.decompress(data))
    if record[0] != FORMAT:
        return None
    _, origin, container, places, labels, rows, *rest = record
    lines = tuple(_line(row, places, labels) for row in rows)
    said = _said(*rest[0]) if rest else NOTHING  # an older version kept nothing of the kind
    return Sighting(url, site, cluster or url, origin, lines, container, said=said, **changes)


def _said(days: list[list[Any]], names: list[list[Any]]) -> Said:
    return Said(tuple(Day(*day) for day in days), tuple(Names(source, tuple(n)) for source, n in names))


def digest(page: Sighting) -> int:
    """A number for what learning would miss: where the article's lines stand, and what they are.

    What changes around an article from day to day (teasers, counters, the dates of other posts) is left out.
    """
    facts = [(line.key, line.place) for line in page.lines if line.is_body]
    facts += _sources(page.said)
    return number(repr((FORMAT, facts, page.origin, page.container, page.verdict, page.layout)))


def _sources(said: Said) -> list[Any]:
    """Which sources name a day, whether it is the one that was decided, and who is named."""
    decided = said.decided_day
    days = {
        (day.source, decided is not None and is_same(day, decided), bool(day.swapped)) for day in said.days
    }
    return [*sorted(days), *said.names]


@lru_cache(maxsize=4096)
def _flags(switches: tuple[bool, ...]) -> int:
    return sum(1 << i for i, on in enumerate(switches) if on)


def _line(row: list[Any], places: list[str], labels: list[str]) -> Line:
    key, form, start, place, label, words, flags, full, sample = row
    return Line._make((key, form, places[place], labels[label], words, *_named(flags), start, full, sample))


@lru_cache(maxsize=4096)
def _named(flags: int) -> tuple[bool, ...]:
    return tuple(bool(flags >> i & 1) for i in range(len(_FLAGS)))
