"""The words that changes of a page bring forth: known ones speak for a repair, unknown ones prove nothing."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from newsarchive.core.repairs.grams import GramModel
from newsarchive.core.repairs.mojibake import Found
from newsarchive.core.repairs.runs import Change, Runs, placed

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


def known_words(found: Found, runs: Runs, grams: GramModel, least: int = 1) -> tuple[int, int]:
    """How many words of `least` letters and more, not of ASCII alone, these readings bring forth: known
    ones, all."""
    lines = lines_of(placed(found, runs), runs)
    words = {word for line in lines for word in words_of(line, runs.text[1:]) if len(word) >= least}
    words = {word for word in words if not word.isascii()}
    return sum(map(grams.knows, words)), len(words)


def is_known(run: str, runs: Runs, grams: GramModel) -> bool:
    """Whether the word that a run stands in, at its first place, is a known one as it is."""
    text = runs.text
    start = runs.places[run][0] + 2
    end = start + len(run) - 2
    while text[start - 1].isalpha():
        start -= 1
    while text[end].isalpha():
        end += 1
    return text[start:end].isalpha() and grams.knows(text[start:end])


def cost_of_words(found: Found, runs: Runs, grams: GramModel, some: Iterable[str]) -> float:
    """What the words cost that the readings of some runs bring forth, each run at its first place."""
    total = 0.0
    for run in some:
        at = runs.places[run][0]
        line = [Change(at + r.start, at + r.end, r) for r in found[run]]
        total += sum(grams.of(word) for word in words_of(line, runs.text[1:]))
    return total
