"""A piece of a text around what was searched for, the same on every database."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from newsarchive.db.search import Run, Words
from newsarchive.db.tokens import Token, tokenise

#: How much of the text around the first good place is shown, in code points.
WIDTH = 240


class Marks(NamedTuple):
    """What stands before and after a found word."""

    start: str = "**"
    end: str = "**"


MARKS = Marks()


def snippet(text: str, leaves: Iterable[Words | Run], marks: Marks = MARKS, width: int = WIDTH) -> str:
    """The part of the text with the most of what was searched for, on one line, found words marked.

    Gives the beginning of the text where nothing of the query stands in it (it was in the headline).
    """
    found = sorted(_places(text, list(leaves)))
    start, end = _window(text, found, width)
    out, at = [], start
    for left, right in found:
        if left >= at and right <= end:
            out += [text[at:left], marks.start, text[left:right], marks.end]
            at = right
    out.append(text[at:end])
    whole = re.sub(r"\s+", " ", "".join(out)).strip()
    return ("…" if start else "") + whole + ("…" if end < len(text) else "")


def _places(text: str, leaves: list[Words | Run]) -> set[tuple[int, int]]:
    tokens = list(tokenise(text))
    places: set[tuple[int, int]] = set()
    for leaf in leaves:
        if isinstance(leaf, Run):
            places |= {match.span() for match in re.finditer(re.escape(leaf.text), text, re.I)}
        else:
            places |= set(_phrases(tokens, leaf))
    return places


def _phrases(tokens: list[Token], leaf: Words) -> Iterable[tuple[int, int]]:
    size = len(leaf.words)
    for i in range(len(tokens) - size + 1):
        run = tokens[i : i + size]
        last = run[-1].text.startswith(leaf.words[-1]) if leaf.prefix else run[-1].text == leaf.words[-1]
        if last and all(token.text == word for token, word in zip(run[:-1], leaf.words, strict=False)):
            yield run[0].start, run[-1].end


def _window(text: str, found: list[tuple[int, int]], width: int) -> tuple[int, int]:
    """The stretch of about `width` that holds most of what was found, from word to word."""
    if not found:
        return 0, _at_word(text, min(width, len(text)), -1)
    best = max(
        found, key=lambda place: sum(place[0] <= left < place[0] + width * 3 // 4 for left, _ in found)
    )
    start = max(0, best[0] - width // 4)
    start = _at_word(text, start, 1) if start else 0
    start = min(start, best[0])
    end = max(min(len(text), start + width), best[1])
    return start, max(_at_word(text, end, -1), best[1])


def _at_word(text: str, at: int, step: int) -> int:
    """The nearest white space in one direction, within 20 code points."""
    if at >= len(text):
        return len(text)
    for i in range(at, max(0, min(len(text), at + 20 * step)), step):
        if text[i].isspace():
            return i
    return at
