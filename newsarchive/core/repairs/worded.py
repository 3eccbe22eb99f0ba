"""The words that changes of a page bring forth: known ones speak for a repair, unknown ones prove nothing."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import NamedTuple

from newsarchive.core.repairs.grams import GramModel, camel_parts
from newsarchive.core.repairs.mojibake import Found
from newsarchive.core.repairs.runs import Change, Runs, placed

#: A word of fewer letters may be known by accident.
LEAST = 3
#: Letters before and behind a change that are looked at: longer words are none.
LONGEST = 40

_WORD = re.compile(r"[^\W\d_]+")


def lines_of(changes: Iterable[Change], runs: Runs) -> Iterable[list[Change]]:
    """The changes of a page, those of each line together."""
    lines: dict[int, list[Change]] = {}
    for change in changes:
        lines.setdefault(bisect_right(runs.breaks, change.start), []).append(change)
    return lines.values()


def words_of(line: list[Change], text: str) -> Iterator[str]:
    """The words that the changes of one line are in, after them."""
    start, end = text.rfind("\n", 0, line[0].start) + 1, text.find("\n", line[-1].end)
    mended, places, at = "", set[int](), start
    for change in line:
        mended += text[at : change.start]
        places.update(range(len(mended), len(mended) + len(change.reading.after)))
        mended, at = mended + change.reading.after, change.end
    for match in _WORD.finditer(mended + text[at:end]):
        if not places.isdisjoint(range(*match.span())):
            yield match[0]


class Words(NamedTuple):
    """How many of the words that changes touch are known in all their sequences, and whole, on one side alone:
    as they stand, and as they come."""

    stand: int
    come: int


def compared(lines: Iterable[list[Change]], text: str, grams: GramModel) -> Words:
    """The words of changed lines before and after: `След` stands where the change makes `—лед` of it."""
    both = {pair for line in lines for pair in _chunks(line, text)}
    weighed = [(_weight(before, grams), _weight(after, grams)) for before, after in both]
    return Words(sum(a > b for a, b in weighed), sum(b > a for a, b in weighed))


def gain_of_words(line: list[Change], text: str, grams: GramModel) -> float:
    """By how much the words that the changes of a line touch are likelier afterwards, in nats."""
    both = [[sum(map(grams.of, _WORD.findall(chunk))) for chunk in chunks] for chunks in _chunks(line, text)]
    return sum(before - after for before, after in both)


def _chunks(line: list[Change], text: str) -> Iterator[tuple[str, str]]:
    """What changes touch, before and after, out to where something stays that is no letter."""
    before = after = ""
    at = line[0].start
    for change in line:
        between = text[at : change.start]
        if between and not between.isalpha():
            yield before + _letters_of(between), after + _letters_of(between)
            between = _letters_of(between[::-1])[::-1]
            before = after = ""
        elif not before:
            between = _letters_of(text[:at][-LONGEST:][::-1])[::-1]
        before += between + text[change.start : change.end]
        after += between + change.reading.after
        at = change.end
    behind = _letters_of(text[at : at + LONGEST])
    yield before + behind, after + behind


def _letters_of(text: str) -> str:
    """The letters that a text begins with."""
    return "".join(takewhile(str.isalpha, text))


def _weight(chunk: str, grams: GramModel) -> int:
    """2 for one known word, 1 for known words with signs between them or in camel case, 0 for others."""
    parts = [part for word in _WORD.findall(chunk) for part in _parts(word)]
    told = [part for part in parts if not part.isascii()]
    if max(map(len, told), default=0) < LEAST or any(map(grams.unknown, told)):
        return 0
    return 2 if parts == [chunk] else 1


def _parts(word: str) -> list[str]:
    """The parts of a word in camel case; none where one is a single letter, which damage makes too: `широкиЯ`."""
    parts = camel_parts(word)
    return parts if min(map(len, parts)) > 1 else [word]


def known_words(found: Found, runs: Runs, grams: GramModel, least: int = 1) -> tuple[int, int]:
    """How many words of `least` letters and more, not of ASCII alone, these readings bring forth: known
    ones, all."""
    lines = lines_of(placed(found, runs), runs)
    words = {word for line in lines for word in words_of(line, runs.text[1:]) if len(word) >= least}
    words = {word for word in words if not word.isascii()}
    return sum(map(grams.knows, words)), len(words)


def cost_of_words(found: Found, runs: Runs, grams: GramModel, some: Iterable[str]) -> float:
    """What the words cost that the readings of some runs bring forth, each run at its first place."""
    total = 0.0
    for run in some:
        at = runs.places[run][0]
        line = [Change(at + r.start, at + r.end, r) for r in found[run]]
        total += sum(grams.of(word) for word in words_of(line, runs.text[1:]))
    return total
