"""Where a site's pages keep the article: the element that most pages agree on, one for each layout.

Every page puts forward the deepest element that holds nearly all its unique prose; five pages that
agree by three in five make a layout. Pages that disagree may make another one: a redesign is a
second layout, and old posts keep the first. Below five pages each page is left to extraction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from newsarchive.core.sightings import Line, Sighting

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
    found = {layout.container: layout for layout in known}
    left = list(pages)
    for container, count in sorted((taught or {}).items()):
        if count >= 2:
            _add(found, container, count, taught=True)
            left = [p for p in left if not fits(p.lines, found[container])]
    while len(left) >= PAGES and len(found) < LAYOUTS:
        votes = Counter(vote for page in left if (vote := nominee(page, repeated)))
        container, count = votes.most_common(1)[0] if votes else ("", 0)
        if not container or count < max(PAGES * AGREED, AGREED * len(left)):
            break
        _add(found, container, count)
        fit = [p for p in left if fits(p.lines, found[container])]
        left = [p for p in left if p not in fit] if fit else []
    return tuple(found.values())


def _add(found: dict[str, Layout], container: str, count: int, taught: bool = False) -> None:
    old = found.get(container)
    number = old.number if old else max((x.number for x in found.values()), default=0) + 1
    found[container] = Layout(number, container, count, taught=taught or (old.taught if old else False))
