"""Spun copies: articles that share rare names, numbers and quotations, and more runs of words than a common matter gives.

"Envoy Cho Tae-yul spoke for 250 firms" and "On behalf of 250 firms, Cho Tae-yul said" share two marks. That is a
second, weaker kind of link than `clustering.Link`: it is reported apart and never joins clusters, because two reporters
at one press conference share names and quotations too. It is off unless asked for, since no set of real spun copies has
shown its precision to be 0.95 (`benchmarks/duplicates.py --spun`).

Marks are weighted by their rarity among the articles compared (inverse document frequency, Spärck Jones 1972), which gives
the cosine of the two sets of marks. People who rewrite a text keep a tenth to a half of its runs of three words, and a text on
computing has hardly a name, so that the share of the shorter text's shingles that the longer one holds tells more than
marks do. Both are taken for independent evidence, the marks for half as much: 1 − (1 − containment)(1 − cosine / 2).
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from newsarchive.core.near_duplicates.clustering import shared_hashes, text_of
from newsarchive.core.text.normalise import normalise

#: Score of two articles, 0 to 1. From here on they are reported. Two halves of one article, and reports on one matter, have
#: less than 0.24 in 98 of 100 cases; people's rewriting has 0.2 to 0.7 (`benchmarks/rewriting.py --people`).
MIN_SCORE = 0.3
#: What the marks count beside the shingles, whose weight is 1.
_WEIGHT_OF_MARKS = 0.5
#: Rare marks that two articles share. With fewer they are not compared.
MIN_SHARED_MARKS = 6
#: One shingle in this number, chosen by its hash, is compared to find candidates.
_SHINGLES_PER_SAMPLE = 4
#: Rare shingles of the sample that two articles share. With fewer, and few marks, they are not compared: two of the
#: sample are about eight runs of three words.
MIN_SHARED_SAMPLES = 2
#: Articles with a mark, or with a shingle. A mark in more articles is no evidence, and would make every pair a candidate.
_MAX_ARTICLES_PER_MARK = 50
#: Articles that `stream` holds at once. Where more appear within the window, a shorter window is compared.
MAX_HELD_ARTICLES = 20_000
#: Marks that are read of one article; later ones are left out.
_MAX_MARKS_PER_ARTICLE = 400
#: Marks of a pair that are reported, the rarest first.
_MAX_REPORTED_MARKS = 20

_NAME = re.compile(r"(?<![.!?…\"“‘(]\s)(?<!^)\b[^\W\d_a-z][\w’'-]+(?:\s+[^\W\d_a-z][\w’'-]+){0,3}")
_NUMBER = re.compile(r"\d[\d.,]*\d|\d{2,}")
_QUOTE = re.compile(r"[“„«「『\"]([^“”„«»「」『』\"\n]{12,300})[”“»」』\"]")


@dataclass(frozen=True, slots=True)
class Marked:
    """An article by its marks (see `marks`) and by its shingles, as `clustering.Text` has them; `None` for marks alone."""

    id: int
    marks: frozenset[str]
    date: datetime | None = None
    shingles: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Paraphrase:
    """Two articles that may tell one text in other words; `score` is from 0 to 1, `shared` are their rarest marks."""

    a: int
    b: int
    score: float
    shared: tuple[str, ...]


def marks(text: str) -> frozenset[str]:
    """The names, numbers and quotations of a text.

    Names are runs of capitalised words within a sentence, so that scripts without capitals give numbers and quotations
    alone. A quotation gives each of its runs of four words.

    >>> sorted(marks("On Monday the envoy Cho Tae-yul spoke of “a lasting and open trade” for 250 firms."))
    ['"a lasting and open', '"lasting and open trade', '250', 'cho tae yul', 'monday']
    """
    found = [normalise(m[0]) for m in _NAME.finditer(text)]
    found += [m[0].strip(".,") for m in _NUMBER.finditer(text)]
    for quote in _QUOTE.finditer(text):
        words = normalise(quote[1]).split()
        found += ['"' + " ".join(words[i : i + 4]) for i in range(max(1, len(words) - 3))]
    return frozenset([mark for mark in dict.fromkeys(found) if len(mark) > 1][:_MAX_MARKS_PER_ARTICLE])


def marked(id: int, body: str, date: datetime | None = None) -> Marked:
    """An article as it is compared."""
    return Marked(id, marks(body), date, text_of(id, body).shingles)


def paraphrases(
    articles: Sequence[Marked], *, window: timedelta = timedelta(days=14), threshold: float = MIN_SCORE
) -> list[Paraphrase]:
    """Pairs of articles within `window` of each other that share rare marks or shingles, the highest score first.

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
        lengths = length[first] * length[second]
        cosine = sum(weight[m] ** 2 for m in shared) / lengths if lengths else 0.0
        # The share of the shorter text's shingles that the longer one holds.
        held = 0.0
        if a.shingles is not None and b.shingles is not None and len(a.shingles) and len(b.shingles):
            held = shared_hashes(a.shingles, b.shingles) / min(len(a.shingles), len(b.shingles))
        score = round(1 - (1 - held) * (1 - _WEIGHT_OF_MARKS * cosine), 4)
        if score >= threshold:
            rarest = sorted(shared, key=lambda mark: (frequency[mark], mark))[:_MAX_REPORTED_MARKS]
            found.append(Paraphrase(first, second, score, tuple(rarest)))
    return sorted(found, key=lambda p: (-p.score, p.a, p.b))


@dataclass(frozen=True, slots=True)
class Stretch:
    """What `stream` found in a stretch of time. To go on after it, begin with the article `again`; the articles from
    `again` up to, but not with, `next` were compared with each other. Both are `None` after the last stretch."""

    links: list[Paraphrase]
    again: int | None = None
    next: int | None = None


def stream(
    articles: Iterable[Marked],
    *,
    before: int = 0,
    window: timedelta = timedelta(days=14),
    threshold: float = MIN_SCORE,
) -> Iterator[Stretch]:
    """The paraphrases among any number of articles that come in the order of their dates, each pair once.

    Memory holds the articles of twice the window, and `MAX_HELD_ARTICLES` at most. Rarity is judged among the articles
    that are held. The first `before` articles count as compared with each other, which serves to go on after a
    `Stretch`.
    """
    held: list[Marked] = []
    for article in articles:
        full = len(held) >= MAX_HELD_ARTICLES
        if full or (held and _apart(held[0], article) > 2 * window):
            found = _fresh(held, before, window, threshold)
            held = held[len(held) // 2 :] if full else [a for a in held if _apart(a, article) <= window]
            before = len(held)
            yield Stretch(found, (held or [article])[0].id, article.id)
        held.append(article)
    yield Stretch(_fresh(held, before, window, threshold))


def _fresh(held: list[Marked], before: int, window: timedelta, threshold: float) -> list[Paraphrase]:
    """The paraphrases among the articles held, without those among the first `before`, which were compared already."""
    known = {a.id for a in held[:before]}
    found = paraphrases(held, window=window, threshold=threshold)
    return [link for link in found if link.a not in known or link.b not in known]


def _apart(a: Marked, b: Marked) -> timedelta:
    return abs(b.date - a.date) if a.date and b.date else timedelta(0)


def _candidates(articles: Sequence[Marked], frequency: Mapping[str, int]) -> list[tuple[int, int]]:
    """Pairs of articles that share at least `MIN_SHARED_MARKS` rare marks or `MIN_SHARED_SAMPLES` rare shingles of the sample."""
    holders: defaultdict[str, list[int]] = defaultdict(list)
    sampled: defaultdict[int, list[int]] = defaultdict(list)
    for article in articles:
        for mark in article.marks:
            if 1 < frequency[mark] <= _MAX_ARTICLES_PER_MARK:
                holders[mark].append(article.id)
        if article.shingles is not None:
            for shingle in article.shingles[article.shingles % _SHINGLES_PER_SAMPLE == 0].tolist():
                sampled[shingle].append(article.id)
    found = {pair for pair, count in _pairs(holders.values()).items() if count >= MIN_SHARED_MARKS}
    rare = (ids for ids in sampled.values() if 1 < len(ids) <= _MAX_ARTICLES_PER_MARK)
    found |= {pair for pair, count in _pairs(rare).items() if count >= MIN_SHARED_SAMPLES}
    return sorted(found)


def _pairs(holders: Iterable[Sequence[int]]) -> Counter[tuple[int, int]]:
    """How often two articles are among the holders of one thing."""
    return Counter(pair for ids in holders for pair in combinations(sorted(ids), 2))
