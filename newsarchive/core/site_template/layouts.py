"""Finds the element in which a site's pages keep the article, one for each layout.

Every page nominates the deepest element that holds nearly all of its unique prose: `html/body/main/article.post`. Where five
pages have an element and three in five of them nominate it, it makes a layout. Pages that disagree may make another one: a
redesign is a second layout, and old posts keep the first. Below five pages each page is left to extraction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from newsarchive.core.site_template.observations import Observation

#: Pages that must have an element before it can become the container of a layout.
MIN_PAGES = 5
#: Part of the pages with an element that must nominate it.
MIN_NOMINATING_SHARE = 0.6
#: Candidates that are looked at, those that most pages nominate.
MAX_CANDIDATES = 3
#: Part of a page's unique prose that the element that it nominates holds.
MIN_PROSE_SHARE = 0.9
#: Part of its body's words that a layout's element must hold for a page to fit the layout.
MIN_FITTING_SHARE = 0.4
#: Layouts of one site; more are noise.
MAX_LAYOUTS = 8
#: Pages whose full text must prove an element.
MIN_PROVING_PAGES = 2


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


def fits(words: Mapping[str, int], layout: Layout) -> bool:
    """Whether a page is of a layout: the element is there and holds enough of the article.

    `words` are those of the article's lines on the page, by place (`Observation.words_by_place`).
    """
    held = sum(count for place, count in words.items() if inside(place, layout.container))
    return held > 0 and held >= MIN_FITTING_SHARE * sum(words.values())


def nominee(page: Observation, repeated: Set[int]) -> str:
    """The deepest element that holds nearly all unique prose of the page, "" where it has none.

    Two elements of one signature are told apart by the blocks between them: only the run with most
    prose counts, so a list of teasers in elements named like the article's does not vote.
    """
    by_place: Counter[str] = Counter()
    for line in (page.lines[i] for i in page.prose):
        if line.key not in repeated:
            by_place[line.place] += line.words
    words: Counter[str] = Counter()
    for place, count in by_place.items():
        steps = place.split("/")
        for depth in range(2, len(steps)):
            words["/".join(steps[:depth])] += count
    total = by_place.total()
    held = [place for place, count in words.items() if count >= MIN_PROSE_SHARE * total]
    return max(held, key=lambda place: place.count("/"), default="")


def layouts(
    pages: Sequence[Observation],
    repeated: Set[int],
    known: Sequence[Layout] = (),
    taught: Mapping[str, int] | None = None,
) -> tuple[Layout, ...]:
    """The site's layouts, those already known first: they keep their numbers while a page may need them.

    `taught` maps containers that a full text proved to the pages that did so; two pages are enough.
    """
    found = {x.container: x for x in known}
    for container, count in sorted((taught or {}).items()):
        if count >= MIN_PROVING_PAGES:
            _add(found, container, count, taught=True)
    left = [page for page in pages if not any(fits(page.words_by_place, x) for x in found.values())]
    while len(left) >= MIN_PAGES and len(found) < MAX_LAYOUTS:
        # The element that most of the pages that have it put forward.
        votes = Counter(vote for page in left if (vote := nominee(page, repeated)))
        for container, count in votes.most_common(MAX_CANDIDATES):
            having = sum(any(inside(place, container) for place in page.places) for page in left)
            if having >= MIN_PAGES and count >= MIN_NOMINATING_SHARE * having:
                break
        else:
            break
        _add(found, container, count)
        left = [page for page in left if not fits(page.words_by_place, found[container])]
    # The pages of this window that fit a layout; one of an older window keeps its count.
    counts = {x: sum(fits(page.words_by_place, x) for page in pages) for x in found.values()}
    return tuple(replace(x, pages=count or x.pages) for x, count in counts.items())


def _add(found: dict[str, Layout], container: str, count: int, taught: bool = False) -> None:
    old = found.get(container)
    number = old.number if old else max((x.number for x in found.values()), default=0) + 1
    found[container] = Layout(number, container, count, taught=taught or (old.taught if old else False))
