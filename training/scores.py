"""How extraction is scored: as WCXB (words) and as Zyte's article extraction benchmark (shingles) do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable

_WORD = re.compile(r"\w+")
SHINGLE = 4


def word_f1(text: str, truth: str) -> float:
    """F1 of two multisets of words.

    >>> word_f1("one two two", "two two three")
    0.6666666666666666
    """
    return _f1(_WORD.findall(text.lower()), _WORD.findall(truth.lower()))


def shingle_f1(text: str, truth: str) -> float:
    """F1 of two multisets of 4-gram shingles; of the whole text where it is shorter."""
    return _f1(_shingles(text), _shingles(truth))


def _shingles(text: str) -> list[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return [tuple(words[i : i + SHINGLE]) for i in range(max(1, len(words) - SHINGLE + 1))] if words else []


def _f1(ours: Iterable[Hashable], theirs: Iterable[Hashable]) -> float:
    a, b = Counter(ours), Counter(theirs)
    if not a and not b:
        return 1.0
    return 2 * (a & b).total() / max(1, a.total() + b.total())
