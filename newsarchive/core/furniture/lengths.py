"""How long a site's articles are, and which one is so much shorter that it may have been read in part.

One more piece of evidence for an article's quality: the classifier may be sure of a caption that is all it
found, but not of a caption on a site that writes six hundred words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from newsarchive.core.furniture.sightings import Line, Sighting
from newsarchive.items import DIFFERS_FROM, Article, QualityFlag

#: So many articles say what is usual on a site.
FEWEST = 20
#: An article is far shorter where it has this part of the median's words, and fewer than this part of the others.
FAR, SHORT_ONES = 1 / 8, 0.05
#: A sign among others: it sends into quarantine what was doubted a little already.
DOUBT = 0.9
#: A length that moved by less is the same: a template is written anew only where something was learned.
STEADY = 0.1


@dataclass(frozen=True, slots=True)
class Usual:
    """The lengths of a site's articles in words: the median, and what all but one in twenty have; of so many pages."""

    pages: int
    words: int
    short: int


def usual(pages: Iterable[Sighting], known: Usual | None = None) -> Usual | None:
    """What is usual on these pages; what was known where they are too few, or say the same."""
    lengths = sorted(filter(None, (words_in(page.lines) for page in pages)))
    if len(lengths) < FEWEST:
        return known
    found = Usual(len(lengths), round(median(lengths)), lengths[int(SHORT_ONES * len(lengths))])
    return known if known and _alike(found, known) else found


def _alike(one: Usual, other: Usual) -> bool:
    pairs = ((one.words, other.words), (one.short, other.short))
    return all(abs(a - b) <= STEADY * b for a, b in pairs)


def words_in(lines: Sequence[Line]) -> int:
    """The words of a page's article, before its site's template was heard."""
    return sum(line.words for line in lines if line.is_body)


def is_far_shorter(lines: Sequence[Line], known: Usual | None) -> bool:
    """Whether a page's article is far shorter than the site's others."""
    if known is None:
        return False
    words = words_in(lines)
    return words < FAR * known.words and words < known.short


def doubted(article: Article, lines: Sequence[Line], known: Usual | None) -> Article:
    """The article with a quality that has heard how long the site's others are. One that its feed or API
    confirms, or gave, has been heard already."""
    quality = article.quality
    if QualityFlag.FAR_SHORTER in quality.flags or _is_confirmed(article) or not is_far_shorter(lines, known):
        return article
    confidence = round(DOUBT * quality.confidence, 3)
    flags = (*quality.flags, QualityFlag.FAR_SHORTER)
    return replace(article, quality=replace(quality, confidence=confidence, flags=flags))


def _is_confirmed(article: Article) -> bool:
    source = article.capture.source_text if article.capture else None
    if source is None or not source.is_full:
        return bool(article.filled_from)
    return not any(flag in article.quality.flags for flag in DIFFERS_FROM.values())
