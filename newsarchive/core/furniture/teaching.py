"""What a feed or an API teaches: where a post's full text is known, so is the article's element.

The page's block that holds the same text is the container; a line inside it that the full text lacks
is chrome by proof. Used on the posts that the feed lists, it serves the thousands it no longer does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from newsarchive.core.furniture.layouts import inside, nominee
from newsarchive.core.furniture.sightings import HELD, MISSING, Line, Sighting
from newsarchive.core.text.line_keys import line_key
from newsarchive.core.text.normalise import fold

#: The full text must hold this part of the prose in its container, or it is an excerpt.
FULL = 0.8
#: A line must be missing from so many full texts, and present in none.
PROOFS = 2


@dataclass(frozen=True, slots=True)
class Lessons:
    """What full texts proved: pages for each container, and the keys that are chrome."""

    containers: Mapping[str, int] = field(default_factory=dict)
    chrome: frozenset[int] = frozenset()


def taught(page: Sighting, texts: Sequence[str]) -> Sighting:
    """A page's record with what its full text proves, `texts` being the blocks of its feed or API entry.

    An excerpt proves nothing, nor does a text that is another article's.
    """
    keys, whole = {line_key(t) for t in texts}, " ".join(fold(t) for t in texts)
    held = {x.key for x in page.lines if x.key and (x.key in keys or _held(x.sample, whole))}
    container = nominee(page, {x.key for x in page.lines if x.key not in held})
    if not container or not _is_full(page, container, held):
        return page
    lines = tuple(x._replace(full=_full(x, container, held)) for x in page.lines)
    return replace(page, lines=lines, container=container)


def lessons(pages: Iterable[Sighting]) -> Lessons:
    """Join what the full texts of a site's pages proved."""
    containers: Counter[str] = Counter()
    missing: Counter[int] = Counter()
    present: set[int] = set()
    for page in pages:
        if page.container:
            containers[page.container] += 1
            present |= {x.key for x in page.lines if x.full == HELD}
            missing.update({x.key for x in page.lines if x.full == MISSING})
    proved = frozenset(k for k, n in missing.items() if n >= PROOFS and k not in present)
    return Lessons(dict(containers), proved)


def _full(line: Line, container: str, held: set[int]) -> int:
    if line.key in held:
        return HELD
    return MISSING if line.key and inside(line.place, container) and not line.fixed else 0


def _held(sample: str, whole: str) -> bool:
    """Whether the full text holds a line, by its first characters (feeds join and split blocks)."""
    return len(sample) > 20 and fold(sample) in whole


def _is_full(page: Sighting, container: str, held: set[int]) -> bool:
    """Whether the full text holds nearly all prose of its container: an excerpt holds its first lines."""
    prose = [line for line in page.lines if line.is_body and line.is_prose and inside(line.place, container)]
    words = sum(line.words for line in prose)
    return sum(line.words for line in prose if line.key in held) >= FULL * words > 0
