"""Where a site's pages keep the article: the element that most pages agree on, one for each layout.

Every page puts forward the deepest element that holds nearly all its unique prose; five pages that
agree by three in five make a layout. Pages that disagree may make another one: a redesign is a
second layout, and old posts keep the first. Below five pages each page is left to extraction.

How long a site's articles are, and which one is so much shorter that it may have been read in part.

One more piece of evidence for an article's quality: the classifier may be sure of a caption that is all it
found, but not of a caption on a site that writes six hundred words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from statistics import median

from newsarchive.core.site_template.observations import Line, Sighting
from newsarchive.items import DIFFERS_FROM, Article, QualityFlag

#: A vote needs so many pages, and so large a part of them.
PAGES, AGREED = 5, 0.6
#: The element that a page puts forward holds this part of its unique prose.
HOLDS = 0.9
#: A page fits a layout whose element holds at least this part of its body's words.
FITS = 0.4
#: Layouts of one site; more are noise.
LAYOUTS = 8


@dataclass(frozen=True, slots=True)
class Layout:
    """A version of the site's template: its number in order of discovery, the signature of the element
    that holds the article, how many pages agreed, and the anchors (keys) around the article.

    `taught` is true where a feed's or an API's full text showed the element for certain.
    """

    number: int
    container: str
    pages: int = 0
    starts: frozenset[int] = frozenset()
    ends: frozenset[int] = frozenset()
    taught: bool = False


def inside(place: str, container: str) -> bool:
    """Whether a place lies in an element, by signature."""
    return place == container or place.startswith(container + "/")


def fits(lines: Sequence[Line], layout: Layout) -> bool:
    """Whether a page is of a layout: the element is there and holds enough of the article."""
    total = sum(line.words for line in lines if line.is_body)
    held = sum(line.words for line in lines if line.is_body and inside(line.place, layout.container))
    return held > 0 and held >= FITS * total


def nominee(page: Sighting, repeated: Set[int]) -> str:
    """The deepest element that holds nearly all unique prose of the page, "" where it has none.

    Two elements of one signature are told apart by the blocks between them: only the run with most
    prose counts, so a list of teasers in elements named like the article's does not vote.
    """
    prose = [line for line in page.lines if line.is_body and line.is_prose and line.key not in repeated]
    total = sum(line.words for line in prose)
    words: Counter[str] = Counter()
    for line in prose:
        steps = line.place.split("/")
        for depth in range(2, len(steps)):
            words["/".join(steps[:depth])] += line.words
    held = [place for place, count in words.items() if count >= HOLDS * total]
    return max(held, key=lambda place: place.count("/"), default="")


def layouts(
    pages: Sequence[Sighting],
    repeated: Set[int],
    known: Sequence[Layout] = (),
    taught: Mapping[str, int] | None = None,
) -> tuple[Layout, ...]:
    """The site's layouts, those already known first: they keep their numbers while a page may need them.

    `taught` maps containers that a full text proved to the pages that did so; two pages are enough.
    """
    found = {x.container: x for x in known}
    for container, count in sorted((taught or {}).items()):
        if count >= 2:
            _add(found, container, count, taught=True)
    left = [page for page in pages if not any(fits(page.lines, x) for x in found.values())]
    while len(left) >= PAGES and len(found) < LAYOUTS and (winner := _elected(left, repeated)):
        _add(found, *winner)
        left = [page for page in left if not fits(page.lines, found[winner[0]])]
    return tuple(_recounted(x, pages) for x in found.values())


def _elected(pages: Sequence[Sighting], repeated: Set[int]) -> tuple[str, int] | None:
    """The element that most of the pages that have it put forward, and by how many."""
    votes = Counter(vote for page in pages if (vote := nominee(page, repeated)))
    for container, count in votes.most_common(3):
        having = sum(any(inside(line.place, container) for line in page.lines) for page in pages)
        if having >= PAGES and count >= AGREED * having:
            return container, count
    return None


def _recounted(layout: Layout, pages: Sequence[Sighting]) -> Layout:
    """A layout with the pages of this window that fit it; one of an older window keeps its count."""
    return replace(layout, pages=sum(fits(page.lines, layout) for page in pages) or layout.pages)


def _add(found: dict[str, Layout], container: str, count: int, taught: bool = False) -> None:
    old = found.get(container)
    number = old.number if old else max((x.number for x in found.values()), default=0) + 1
    found[container] = Layout(number, container, count, taught=taught or (old.taught if old else False))


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
