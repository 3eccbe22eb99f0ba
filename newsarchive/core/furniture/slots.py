"""Places of a page that never hold the article: one line each, below the text, chrome on most pages.

What a theme prints there is new on every page ("filed under Economy at 5:07"), so no key and no form
knows it; and extraction, which sees one page at a time, takes some of them for the article's last lines.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from newsarchive.core.furniture.evidence import Finding, articles
from newsarchive.core.furniture.model import Entry
from newsarchive.core.furniture.sightings import Sighting
from newsarchive.core.text.line_keys import place_key

#: A slot is known by so many articles, on this part of which its line is chrome.
PAGES, CHROME = 5, 0.5
#: It holds no more lines than this, and stands above prose of another place on this part of its pages at most.
LINES, ABOVE = 2, 0.03


def slots(pages: Sequence[Sighting]) -> dict[int, Entry]:
    """Entries for places, by `place_key`. Where no page takes the line for the article's, none is needed."""
    seen: dict[str, list[tuple[Sighting, list[int]]]] = defaultdict(list)
    prose: dict[str, int] = {}
    mixed = _mixed(pages)
    for page in pages if mixed else ():
        held: dict[str, list[int]] = defaultdict(list)
        for i, line in enumerate(page.lines):
            if line.place in mixed and not line.own:
                held[line.place].append(i)
        for place, at in held.items():
            seen[place].append((page, at))
        if held:
            prose[page.url] = _last(page)
    found = {}
    for place, sightings in seen.items():
        if label := _label(place, sightings, prose):
            sample = sightings[0][0].lines[sightings[0][1][0]].sample
            count = len({page.cluster for page, _ in sightings})
            finding = Finding(
                "chrome", label, f"below the text of {articles(count)}, {label} on most of them"
            )
            found[place_key(place)] = Entry(place_key(place), finding, len(sightings), count, sample)
    return found


def _mixed(pages: Sequence[Sighting]) -> set[str]:
    """Places whose lines are chrome on most pages, but not on all."""
    total = Counter(line.place for page in pages for line in page.lines)
    body = Counter(line.place for page in pages for line in page.lines if line.label == "body")
    few = LINES * len(pages)
    return {
        place for place, count in body.items() if count <= (1 - CHROME) * total[place] and total[place] <= few
    }


def _last(page: Sighting) -> int:
    """The place of the last prose that has prose of the same place beside it on this page: the article's."""
    words: Counter[str] = Counter()
    for line in page.lines:
        if line.is_body and line.is_prose:
            words[line.place] += line.words
    main = words.most_common(1)[0][0] if words else ""
    return max(
        (i for i, x in enumerate(page.lines) if x.is_body and x.is_prose and x.place == main), default=-1
    )


def _label(place: str, seen: Sequence[tuple[Sighting, list[int]]], prose: dict[str, int]) -> str:
    """What a place holds on most pages, "" where it may hold a part of the article."""
    labels = Counter(page.lines[i].label for page, at in seen for i in at)
    total = sum(labels.values())
    body = labels.pop("body", 0)
    if not body or not labels or len({page.cluster for page, _ in seen}) < PAGES:
        return ""
    if body > (1 - CHROME) * total or any(len(at) > LINES for _, at in seen):
        return ""
    above = sum(min(at) < prose[page.url] for page, at in seen)
    return labels.most_common(1)[0][0] if above <= ABOVE * len(seen) else ""
