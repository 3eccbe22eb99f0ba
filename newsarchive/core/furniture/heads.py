"""Lines that open something: the head of a list of teasers, the head of a saying that changes.

What they open is new on every page, so it is known by its build and by how often the head opens it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from newsarchive.core.furniture.evidence import CLUSTERS, MOST, Finding, articles
from newsarchive.core.furniture.sightings import Line, Sighting
from newsarchive.core.template import Entry, list_run, saying

#: For each page, the label of each line as far as is known: "" for the article's.
Chrome = list[list[str]]

#: Labels of the lines that end a republished article.
CREDITS = frozenset({"attribution", "copyright", "repeated"})
#: Titles have so many words each, on the average of a list; ingredients and tracks have fewer.
TITLE = 5
#: The longest head, in words.
LONGEST = 12
#: A site whose lists lead to attributions on so many articles has the habit: one more needs no repetition.
HABIT = 5
LABELS = {"head": "related", "slot": "quote"}
NAMES = {"head": "list of teasers", "slot": "saying"}

#: The article's cluster, what the line opened there, and whether prose stands above it.
Try = tuple[str, str, bool]


def heads(
    pages: Sequence[Sighting], chrome: Chrome, often: set[int], entries: Mapping[int, Entry]
) -> dict[int, Entry]:
    """Keys and forms of lines that open a list of teasers or a saying on most of their pages."""
    tries: dict[int, list[Try]] = defaultdict(list)
    samples: dict[int, str] = {}
    for line, one in _tries(pages, chrome, often):
        for key in (line.key, line.form) if line.form else (line.key,):
            tries[key].append(one)
            samples.setdefault(key, line.sample)
    total = len({page.cluster for page in pages})
    habit = len(
        {cluster for seen in tries.values() for cluster, opened, below in seen if _credited(opened, below)}
    )
    found = {}
    for key, seen in tries.items():
        if key and (role := _role(seen, total, habit)):
            count = len({cluster for cluster, _, _ in seen})
            finding = Finding(role, LABELS[role], f"opens a {NAMES[role]} in {articles(count)}")
            found[key] = Entry(key, finding, len(seen), count, samples[key])
    return {k: e for k, e in found.items() if k not in entries or entries[k].finding.role != "drop"}


def _tries(pages: Sequence[Sighting], chrome: Chrome, often: set[int]) -> Iterator[tuple[Line, Try]]:
    """Each short line that may open something: it recurs, or stands right below the text."""
    titles = {line.key for page in pages for line in page.lines if line.own}
    for page, flags in zip(pages, chrome, strict=True):
        for i, line in enumerate(page.lines):
            below = i > 0 and page.lines[i - 1].is_prose and not flags[i - 1]
            recurs = line.key in often or line.form in often
            if (recurs or below) and line.words <= LONGEST and not (line.sentence or line.own or line.fixed):
                yield line, (page.cluster, _opens(page, flags, i, titles), below)


def _credited(opened: str, below: bool) -> bool:
    return below and opened == "credited"


def _role(seen: Sequence[Try], total: int, habit: int) -> str:
    """What a line opens, by its tries: `head`, `slot` or "".

    A list that is only shaped like teasers is believed on a tenth of the articles, one that is known to
    be of teasers on three, one that leads to an attribution at once where the site has the habit.
    """
    clusters = {cluster for cluster, _, _ in seen}
    if habit >= HABIT and all(_credited(opened, below) for _, opened, below in seen):
        return "head"
    if len(clusters) < CLUSTERS:
        return ""
    opened = Counter(kind for _, kind, _ in seen)
    if opened["slot"] >= MOST * len(seen):
        return "slot"
    known = opened["head"] + opened["credited"]
    if known >= MOST * len(seen):
        return "head"
    enough = len(clusters) >= max(5, total / 10)
    return "head" if enough and known + opened["shape"] >= MOST * len(seen) else ""


def _opens(page: Sighting, flags: Sequence[str], i: int, titles: set[int]) -> str:
    """What a line opens on one page: `head`, `credited`, `slot`, `shape` or "".

    A list is known as one where its head names the article's origin, or half of its lines are links or
    titles of the site's other pages; `credited` where lines as long as titles lead to an attribution. A
    `shape` has the look alone: no items of a list, under no heading. Ingredients, tracks and references
    under a heading are the article's own.
    """
    if saying(page.lines, i + 1):
        return "slot"
    places = list_run(page.lines, i + 1, lambda j: j >= len(flags) or bool(flags[j]))
    if not places:
        return ""
    run = [page.lines[j] for j in places]
    teasers = sum(line.linked or line.key in titles for line in run)
    if page.lines[i].names_origin or 2 * teasers >= len(run):
        return "head"
    if any(x.sentence for x in run) or sum(x.words for x in run) < TITLE * len(run):
        return ""
    end = places[-1] + 1
    if len(run) > 1 and end < len(flags) and flags[end] in CREDITS:
        return "credited"
    return "shape" if not page.lines[i].heading and not any(x.item for x in run) else ""
