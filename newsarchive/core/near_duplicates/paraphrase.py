"""Spun copies: articles that share their rare names, numbers and quotations though not their words.

A second, weaker kind of link than `copies.Link`, reported apart and never used to join clusters: two
reporters at one press conference share names and quotations too. It is off unless asked for, since no
set of real spun copies has shown its precision to be .95 (see `benchmarks/duplicates.py --spun`).

Marks are weighted by their rarity among the articles compared (inverse document frequency, Spärck
Jones 1972); the score is the cosine of the two sets of marks.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

from newsarchive.core.text.normalise import normalise

#: Cosine from which two articles are reported, and how many rare marks they must share.
THRESHOLD = 0.4
FEWEST = 6
#: A mark in more articles than this is no evidence, and would make every pair a candidate.
_COMMON = 50
#: Articles that `stream` holds at most.
MOST_HELD = 20_000
#: Marks read of one article.
_MOST = 400

_NAME = re.compile(r"(?<![.!?…\"“‘(]\s)(?<!^)\b[^\W\d_a-z][\w’'-]+(?:\s+[^\W\d_a-z][\w’'-]+){0,3}")
_NUMBER = re.compile(r"\d[\d.,]*\d|\d{2,}")
_QUOTE = re.compile(r"[“„«「『\"]([^“”„«»「」『』\"\n]{12,300})[”“»」』\"]")


@dataclass(frozen=True, slots=True)
class Marked:
    """An article by its marks: see `marks`."""

    id: int
    marks: frozenset[str]
    date: datetime | None = None


@dataclass(frozen=True, slots=True)
class Paraphrase:
    """Two articles that may tell one text in other words: `score` from 0 to 1, and the rare marks shared."""

    a: int
    b: int
    score: float
    shared: tuple[str, ...]


def marks(text: str) -> frozenset[str]:
    """The names, numbers and quotations of a text.

    Names are runs of capitals within a sentence, so scripts without capitals give numbers and
    quotations alone. A quotation gives each of its runs of four words.

    >>> sorted(marks("On Monday the envoy Cho Tae-yul spoke of “a lasting and open trade” for 250 firms."))
    ['"a lasting and open', '"lasting and open trade', '250', 'cho tae yul', 'monday']
    """
    found = [normalise(m[0]) for m in _NAME.finditer(text)]
    found += [m[0].strip(".,") for m in _NUMBER.finditer(text)]
    for quote in _QUOTE.finditer(text):
        words = normalise(quote[1]).split()
        found += ['"' + " ".join(words[i : i + 4]) for i in range(max(1, len(words) - 3))]
    return frozenset([mark for mark in dict.fromkeys(found) if len(mark) > 1][:_MOST])


def paraphrases(
    articles: Sequence[Marked], *, window: timedelta = timedelta(days=14), threshold: float = THRESHOLD
) -> list[Paraphrase]:
    """Pairs within `window` of each other that share their rare marks, the best first.

    An article without a date may be of any day.
    """
    frequency = Counter(mark for article in articles for mark in article.marks)
    weight = {mark: math.log(1 + len(articles) / n) for mark, n in frequency.items()}
    length = {a.id: math.sqrt(sum(weight[m] ** 2 for m in a.marks)) for a in articles}
    by_id = {a.id: a for a in articles}
    found = []
    for first, second in _candidates(articles, frequency):
        a, b = by_id[first], by_id[second]
        if a.date and b.date and abs(a.date - b.date) > window:
            continue
        shared = a.marks & b.marks
        score = round(sum(weight[m] ** 2 for m in shared) / (length[first] * length[second]), 4)
        if score >= threshold:
            found.append(Paraphrase(first, second, score, _rarest(shared, frequency)))
    return sorted(found, key=lambda p: (-p.score, p.a, p.b))


@dataclass(frozen=True, slots=True)
class Stretch:
    """What `stream` found in a stretch of time. `again` and `next` are the articles from which it goes on:
    those from `again` to before `next` were compared with each other; `None` after the last stretch."""

    links: list[Paraphrase]
    again: int | None = None
    next: int | None = None


def stream(
    articles: Iterable[Marked],
    *,
    before: int = 0,
    window: timedelta = timedelta(days=14),
    threshold: float = THRESHOLD,
) -> Iterator[Stretch]:
    """The same for any number of articles that come in the order of their dates, each pair once.

    Memory holds twice the window, and `MOST_HELD` articles at most: where more appear in that time, a
    shorter window is compared. Rarity is judged among those that are compared. The first `before` articles
    are taken as compared with each other: so one goes on after a `Stretch`.
    """
    held: list[Marked] = []
    for article in articles:
        full = len(held) >= MOST_HELD
        if full or (held and _apart(held[0], article) > 2 * window):
            found = _fresh(held, before, window, threshold)
            held = held[len(held) // 2 :] if full else [a for a in held if _apart(a, article) <= window]
            before = len(held)
            yield Stretch(found, (held or [article])[0].id, article.id)
        held.append(article)
    yield Stretch(_fresh(held, before, window, threshold))


def _fresh(held: list[Marked], before: int, window: timedelta, threshold: float) -> list[Paraphrase]:
    """The links that are not between the first `before`, which were compared already."""
    known = {a.id for a in held[:before]}
    found = paraphrases(held, window=window, threshold=threshold)
    return [link for link in found if link.a not in known or link.b not in known]


def _apart(a: Marked, b: Marked) -> timedelta:
    return abs(b.date - a.date) if a.date and b.date else timedelta(0)


def _candidates(articles: Iterable[Marked], frequency: Mapping[str, int]) -> Iterator[tuple[int, int]]:
    """Pairs that share enough rare marks."""
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for article in articles:
        for mark in article.marks:
            if 1 < frequency[mark] <= _COMMON:
                holders[mark].append(article.id)
    shared = Counter(pair for ids in holders.values() for pair in combinations(sorted(ids), 2))
    return (pair for pair, count in shared.items() if count >= FEWEST)


def _rarest(shared: Iterable[str], frequency: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(sorted(shared, key=lambda m: (frequency[m], m))[:20])
