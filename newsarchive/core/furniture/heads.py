"""Lines that open something: the head of a list of teasers, the head of a saying that changes.

What they open is new on every page, so it is known by its build and by how often the head opens it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from newsarchive.core.furniture.evidence import CLUSTERS, MOST, Finding, articles
from newsarchive.core.furniture.lists import (
    CREDITS,
    are_titles,
    inset_run,
    is_head,
    last_prose,
    list_run,
    reads_as_titles,
    saying,
    states,
)
from newsarchive.core.furniture.model import Entry
from newsarchive.core.furniture.sightings import Line, Network, Sighting

#: For each page, the label of each line as far as is known: "" for the article's.
Chrome = list[list[str]]

#: Labels of the lines that may end a republished article.
CLOSING = CREDITS | {"repeated"}
#: A site on which unknown heads open lists that lead to credits in so many articles, and in this part of those
#: that have a credit, has the habit: one more needs no repetition. A few are the articles' own lists.
HABIT, HABIT_SHARE = 4, 0.1
LABELS = {"head": "related", "inset": "related", "slot": "quote"}
NAMES = {"head": "list of teasers", "inset": "list of teasers inside the text", "slot": "saying"}

#: The article's cluster, what the line opened there, and whether prose stands above it.
Try = tuple[str, str, bool]


def heads(
    pages: Sequence[Sighting],
    chrome: Chrome,
    often: set[int],
    entries: Mapping[int, Entry],
    shared: Network,
) -> dict[int, Entry]:
    """Keys and forms of lines that open a list of teasers or a saying on most of their pages."""
    tries: dict[int, list[Try]] = defaultdict(list)
    samples: dict[int, str] = {}
    for line, one in _tries(pages, chrome, often):
        for key in (line.key, line.form) if line.form else (line.key,):
            tries[key].append(one)
            samples.setdefault(key, line.sample)
    total = len({page.cluster for page in pages})
    credited = {
        cluster for seen in tries.values() for cluster, opened, below in seen if _credited(opened, below)
    }
    closed = {page.cluster for page, flags in zip(pages, chrome, strict=True) if CREDITS.intersection(flags)}
    habit = len(credited) >= max(HABIT, HABIT_SHARE * len(closed))
    found = {}
    for key, seen in tries.items():
        elsewhere = shared.keys.get(key)
        count = len({cluster for cluster, _, _ in seen} | (elsewhere.clusters if elsewhere else frozenset()))
        if key and (role := _role(seen, count, total, habit)):
            finding = Finding(role, LABELS[role], f"opens a {NAMES[role]} in {articles(count)}")
            found[key] = Entry(key, finding, len(seen), count, samples[key])
    return {k: e for k, e in found.items() if k not in entries or entries[k].finding.role != "drop"}


def _tries(pages: Sequence[Sighting], chrome: Chrome, often: set[int]) -> Iterator[tuple[Line, Try]]:
    """Each short line that may open something: it recurs, or stands right below the text."""
    titles = {line.key for page in pages for line in page.lines if line.own}
    for page, flags in zip(pages, chrome, strict=True):
        last = last_prose(page.lines, flags, often)
        for i, line in enumerate(page.lines):
            recurs = line.key in often or line.form in often
            near = 0 <= last < i and (not flags[i - 1] or flags[i - 1] in CREDITS)
            if not (recurs or (near and line.label == "body")) or not is_head(line):
                continue
            if saying(page.lines, i + 1):
                yield line, (page.cluster, "slot", near)
            elif line.label == "body":
                yield line, (page.cluster, _opens(page, flags, i, titles, recurs, i > last), near)
            else:
                yield line, (page.cluster, "", near)


def _credited(opened: str, below: bool) -> bool:
    return below and opened == "credited"


def _role(seen: Sequence[Try], clusters: int, total: int, habit: bool) -> str:
    """What a line opens, by its tries: a key of `LABELS` or "". `clusters` are the articles, here and on other
    sites, that have the line.

    A list that is only shaped like teasers is believed on a tenth of the articles, one that is known to
    be of teasers on three, one that leads to an attribution at once where the site has the habit.
    """
    if habit and all(_credited(opened, below) for _, opened, below in seen):
        return "head"
    if clusters < CLUSTERS:
        return ""
    opened = Counter(kind for _, kind, _ in seen)
    if opened["slot"] >= MOST * len(seen):
        return "slot"
    known = opened["head"] + opened["credited"] + opened["inset"]
    enough = clusters >= max(5, total / 10)
    if known < MOST * len(seen) and not (enough and known + opened["shape"] >= MOST * len(seen)):
        return ""
    return "inset" if opened["inset"] else "head"


def _opens(page: Sighting, flags: Sequence[str], i: int, titles: set[int], recurs: bool, below: bool) -> str:
    """Which list a line opens on one page: `head`, `credited`, `inset`, `shape` or "".

    A list is known as one where its head names the article's origin, or half of its lines are links or
    titles of the site's other pages, or a rule took them out; `credited` where lines as long as titles touch an attribution; an `inset`
    has the text going on below it. A `shape` has the look alone: no items of a list, under no heading.
    Ingredients, tracks and references under a heading are the article's own.
    """

    def is_chrome(at: int) -> bool:
        return at >= len(flags) or bool(flags[at])

    lines = page.lines
    run = list_run(lines, i + 1, is_chrome)
    inset = [] if run else inset_run(lines, i + 1, is_chrome)
    if not flags[i] and not inset and _is_known_list(lines, flags, i + 1, below):
        return "head"  # the page's own steps knew the list, not its head
    teasers = sum(lines[j].linked or lines[j].key in titles for j in run or inset)
    if inset:
        return "inset" if 2 * teasers >= len(inset) else ""
    if not run:
        return ""
    if lines[i].names_origin or 2 * teasers >= len(run):
        return "head"
    return _looks_like(lines, flags, i, run, recurs)


def _is_known_list(lines: Sequence[Line], flags: Sequence[str], at: int, below: bool) -> bool:
    """Whether a line that was taken out is a title: of a list, a link, or below the text one that recurs."""
    if at >= len(flags) or not flags[at] or states(lines[at]):
        return False
    return flags[at] == "related" or lines[at].linked or (below and flags[at] == "repeated")


def _looks_like(lines: Sequence[Line], flags: Sequence[str], i: int, run: Sequence[int], recurs: bool) -> str:
    end = run[-1] + 1
    touches = (end < len(flags) and flags[end] in CLOSING) or (i > 0 and flags[i - 1] in CREDITS)
    if touches and (len(run) > 1 or recurs) and are_titles(lines, run):
        return "credited"
    plain = not lines[i].heading and not any(lines[j].item for j in run)
    return "shape" if plain and reads_as_titles(lines, run) else ""
