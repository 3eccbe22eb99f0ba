"""Which blocks of a page make up its article: the truth's text aligned with the page's blocks.

A block of four words or more counts by the share of its 4-gram shingles that the truth holds;
of two blocks that hold the same piece of the truth, the one in order with its neighbours wins.
A shorter block counts where the truth has it between the places of its neighbours.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHINGLE = 4
_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """Words as the scores count them."""
    return _WORD.findall(text.lower())


@dataclass
class _Match:
    block: int
    start: int
    end: int
    share: float
    weight: int


def labels(texts: Sequence[str], truth: str) -> list[float]:
    """The share of each block that belongs to the article, 0 to 1."""
    target = words(truth)
    index = defaultdict(list)
    for at in range(len(target) - SHINGLE + 1):
        index[tuple(target[at : at + SHINGLE])].append(at)
    tokens = [words(text) for text in texts]
    matches = [m for i, t in enumerate(tokens) if (m := _match(i, t, index)) is not None]
    chain = _in_order(matches)
    out = [0.0] * len(texts)
    covered = [False] * (len(target) + 1)
    for match in chain:
        out[match.block] = match.share
        covered[match.start : match.end] = [True] * (match.end - match.start)
    chained = {m.block for m in chain}
    for match in sorted((m for m in matches if m.block not in chained), key=lambda m: -m.weight):
        span = covered[match.start : match.end]
        if sum(span) < 0.5 * len(span):
            out[match.block] = match.share
            covered[match.start : match.end] = [True] * len(span)
    _short(out, tokens, chain, target)
    return out


def snippet_labels(
    texts: Sequence[str], kept: Sequence[str], dropped: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(1 for blocks with a snippet of the article, 0 for those with one of what must go; which of them are
    known). A snippet of the article that stands in several blocks speaks of none."""
    flat = [" ".join(t.split()) for t in texts]
    target, known = np.zeros(len(texts)), np.zeros(len(texts), bool)
    for snippet in dropped:
        known |= [" ".join(snippet.split()) in t for t in flat]
    for snippet in kept:
        places = [i for i, t in enumerate(flat) if " ".join(snippet.split()) in t]
        if len(places) == 1:
            known[places], target[places] = True, 1.0
    return target, known


def _match(block: int, tokens: list[str], index: dict[tuple[str, ...], list[int]]) -> _Match | None:
    if len(tokens) < SHINGLE:
        return None
    hit = [False] * len(tokens)
    starts: defaultdict[int, int] = defaultdict(int)
    for at in range(len(tokens) - SHINGLE + 1):
        for place in index.get(tuple(tokens[at : at + SHINGLE]), ())[:50]:
            hit[at : at + SHINGLE] = [True] * SHINGLE
            starts[max(0, place - at)] += 1
    share = sum(hit) / len(tokens)
    if share < 0.3:
        return None
    start = max(starts, key=lambda s: (starts[s], -s))
    return _Match(block, start, start + len(tokens), share, sum(hit))


def _in_order(matches: list[_Match]) -> list[_Match]:
    """The heaviest chain of matches whose places in the truth rise with the page."""
    best: list[tuple[int, int]] = []
    for i, match in enumerate(matches):
        before = max(
            ((best[j][0], j) for j in range(max(0, i - 400), i) if matches[j].start + 2 < match.start),
            default=(0, -1),
        )
        best.append((before[0] + match.weight, before[1]))
    at = max(range(len(best)), key=lambda i: best[i][0], default=-1)
    chain = []
    while at >= 0:
        chain.append(matches[at])
        at = best[at][1]
    return chain[::-1]


def _short(out: list[float], tokens: list[list[str]], chain: list[_Match], target: list[str]) -> None:
    if not chain:
        return
    good = [m for m in chain if m.share > 0.7]
    at = 0
    place = 0
    for i, token in enumerate(tokens):
        while at < len(good) and good[at].block <= i:
            place = good[at].end
            at += 1
        if 0 < len(token) < SHINGLE and out[i] == 0:
            low = max(0, place - 3) if at else max(0, good[0].start - 40) if good else 0
            high = good[at].start + 3 if at < len(good) else place + 60
            for start in range(low, min(high, len(target) - len(token) + 1)):
                if target[start : start + len(token)] == token:
                    out[i] = 1.0
                    place = start + len(token)
                    break
