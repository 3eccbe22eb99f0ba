"""The words that the changes of a page bring forth: known words speak for a repair, unknown words prove nothing.

Where windows-1251 was read as windows-1252, `Ïðèâåò` becomes the known word `Привет`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import NamedTuple

from newsarchive.core.encoding.mojibake import RunReadings
from newsarchive.core.encoding.ngram_model import GramModel, camel_parts
from newsarchive.core.encoding.runs import Change, Runs, line_around, placed

#: Letters of a word. A shorter word may be known by accident and does not count.
MIN_KNOWN_LETTERS = 3
#: Letters before and behind a change that are read to find its word. A longer run of letters is no word.
MAX_WORD_LETTERS = 40

WORD = re.compile(r"[^\W\d_]+")


def by_line(changes: Iterable[Change], runs: Runs) -> Iterable[list[Change]]:
    """The changes of a page, those of each line together."""
    lines: dict[int, list[Change]] = {}
    for change in changes:
        lines.setdefault(bisect_right(runs.breaks, change.start), []).append(change)
    return lines.values()


def words_of(line: list[Change], text: str) -> Iterator[str]:
    """The words that the changes of one line are in, after them."""
    at = line_around(text, line[0].start)[0]
    end = line_around(text, line[-1].end)[1]
    changed, places = "", set[int]()
    for change in line:
        changed += text[at : change.start]
        places.update(range(len(changed), len(changed) + len(change.reading.after)))
        changed, at = changed + change.reading.after, change.end
    for match in WORD.finditer(changed + text[at:end]):
        if not places.isdisjoint(range(*match.span())):
            yield match[0]


class KnownBeforeAndAfter(NamedTuple):
    """How many changed words are better known before the changes than after them (`before`), and how many after them
    (`after`). A word counts by `_weight`."""

    before: int
    after: int


def known_before_and_after(lines: Iterable[list[Change]], text: str, grams: GramModel) -> KnownBeforeAndAfter:
    """The known words of changed lines: `След` is one before where the change makes `—лед` of it."""
    both = {pair for line in lines for pair in _chunks(line, text)}
    weighed = [(_weight(before, grams), _weight(after, grams)) for before, after in both]
    return KnownBeforeAndAfter(sum(a > b for a, b in weighed), sum(b > a for a, b in weighed))


def gain_of_words(line: list[Change], text: str, grams: GramModel) -> float:
    """How much likelier the words that the changes of a line touch are afterwards, in nats."""
    return sum(
        sum(map(grams.cost_of_word, WORD.findall(before))) - sum(map(grams.cost_of_word, WORD.findall(after)))
        for before, after in _chunks(line, text)
    )


def _chunks(line: list[Change], text: str) -> Iterator[tuple[str, str]]:
    """The words that changes touch, before and after. A word ends at an unchanged character that is no letter."""
    before = after = ""
    at = line[0].start
    for change in line:
        between = text[at : change.start]
        if between and not between.isalpha():
            yield before + _first_letters(between), after + _first_letters(between)
            between = _last_letters(between)
            before = after = ""
        elif not before:
            between = _last_letters(text[max(0, at - MAX_WORD_LETTERS) : at])
        before += between + text[change.start : change.end]
        after += between + change.reading.after
        at = change.end
    behind = _first_letters(text[at : at + MAX_WORD_LETTERS])
    yield before + behind, after + behind


def _first_letters(text: str) -> str:
    return "".join(takewhile(str.isalpha, text))


def _last_letters(text: str) -> str:
    return _first_letters(text[::-1])[::-1]


def _weight(chunk: str, grams: GramModel) -> int:
    """2 for one known word, 1 for known words with signs between them or in camel case, 0 for others."""
    parts = [part for word in WORD.findall(chunk) for part in _parts(word)]
    beyond_ascii = [part for part in parts if not part.isascii()]
    if max(map(len, beyond_ascii), default=0) < MIN_KNOWN_LETTERS or any(map(grams.unknown, beyond_ascii)):
        return 0
    return 2 if parts == [chunk] else 1


def _parts(word: str) -> list[str]:
    """The parts of a word in camel case. The word is whole where a part is a single letter, which damage makes too:
    `широкиЯ`."""
    parts = camel_parts(word)
    return parts if min(map(len, parts)) > 1 else [word]


def known_words(found: RunReadings, runs: Runs, grams: GramModel, min_letters: int = 1) -> tuple[int, int]:
    """(known, all): the number of words that these readings bring forth, with `min_letters` or more letters, at least
    one of them beyond ASCII."""
    lines = by_line(placed(found, runs), runs)
    words = {word for line in lines for word in words_of(line, runs.text) if len(word) >= min_letters}
    words = {word for word in words if not word.isascii()}
    return sum(map(grams.knows, words)), len(words)


def cost_of_words(found: RunReadings, runs: Runs, grams: GramModel, some: Iterable[str]) -> float:
    """The cost, in nats, of the words that the readings of some runs bring forth. Each run counts at its first place alone."""
    total = 0.0
    for run in some:
        at = runs.places[run][0]
        line = [Change(at + r.start, at + r.end, r) for r in found[run]]
        total += sum(grams.cost_of_word(word) for word in words_of(line, runs.text))
    return total
