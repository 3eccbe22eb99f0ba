"""Tells lists of other articles below a text by their build.

Example: "More from the harbour" above three titles and the site's footer. What a head opens is new on every page, so it
is known by its build, and by how often the head opens it. `boilerplate.cues.link_lists` finds the lists of one page by the
words of their heads; here no word is known, and the pages of the site must agree. A title states nothing: it has no full
stop, though it may ask or call.

`heads` gives what a site's pages teach: each short line that recurs is tried on each of its pages (`_opens`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set

from newsarchive.core.boilerplate.cues import MAX_LIST_LINES, MAX_TEASER_WORDS
from newsarchive.core.site_template.evidence import AGREEING_SHARE, MIN_ARTICLES, Finding, articles
from newsarchive.core.site_template.model import Entry
from newsarchive.core.site_template.observations import Line, Network, Observation

#: Words of the head of a list.
MAX_HEAD_WORDS = 12
#: Words of a title, on the average of a list; ingredients and tracks have fewer. German and Indonesian say in four words what
#: English says in six.
MIN_TITLE_WORDS = 3.5
#: Words of a title; a longer line without a full stop is a paragraph that lost its own.
MAX_TITLE_WORDS = 30
#: How a head or a title ends that is no statement and still ends like a sentence.
CALLING_ENDS = ("?", "!", "…", "...", "？", "！", "؟")
#: A price, a share, or a cell's edge, but not "12 March" or "7 strikers".
_MEASURE = re.compile(r"[$€£¥|%]|\d\s?(?:k?g|m?l|cm|mm|km|oz|lb|tsp|tbsp)\b")
#: Labels of the lines that end a republished article.
CREDITS = frozenset({"attribution", "copyright"})
#: Labels of the lines that may end a republished article.
CLOSING = CREDITS | {"repeated"}

#: For each page, the label of each line as far as is known: "" for the article's.
Labels = list[list[str]]


def heads(
    pages: Sequence[Observation],
    labels: Labels,
    often: set[int],
    entries: Mapping[int, Entry],
    shared: Network,
) -> dict[int, Entry]:
    """Keys and forms of lines that open a list of teasers on most of their pages, in three articles here and on other sites."""
    #: Key or form → the article (cluster) of each page that has it, and whether it opens a list of teasers there.
    tries: dict[int, list[tuple[str, bool]]] = defaultdict(list)
    samples: dict[int, str] = {}
    titles = {line.key for page in pages for line in page.lines if line.own}
    for page, flags in zip(pages, labels, strict=True):
        last = last_prose(page.lines, flags, often)
        for i, line in enumerate(page.lines):
            if not is_head(line) or often.isdisjoint((line.key, line.form)):
                continue
            opens = line.label == "body" and _opens(page, flags, i, titles, i > last)
            for key in filter(None, (line.key, line.form)):
                tries[key].append((page.cluster, opens))
                samples.setdefault(key, line.sample)
    found = {}
    for key, seen in tries.items():
        elsewhere = shared.keys.get(key)
        count = len({cluster for cluster, _ in seen} | (elsewhere.clusters if elsewhere else frozenset()))
        is_head_here = sum(opens for _, opens in seen) >= AGREEING_SHARE * len(seen)
        if count >= MIN_ARTICLES and is_head_here and not _is_dropped(entries.get(key)):
            finding = Finding("head", "related", f"opens a list of teasers in {articles(count)}")
            found[key] = Entry(key, finding, len(seen), count, samples[key])
    return found


def _is_dropped(entry: Entry | None) -> bool:
    return entry is not None and entry.finding.role == "drop"


def _opens(page: Observation, flags: Sequence[str], i: int, titles: set[int], below: bool) -> bool:
    """Whether a line opens a list of other articles on one page. The line names the article's origin, or half of the lines below
    are links or titles of the site's other pages, or a rule took them out, or they are as long as titles and touch an attribution."""

    def is_boilerplate(at: int) -> bool:
        return at >= len(flags) or bool(flags[at])

    lines = page.lines
    if not flags[i] and _is_known_list(lines, flags, i + 1, below):
        return True  # the page's own steps knew the list, not its head
    run = list_run(lines, i + 1, is_boilerplate)
    if not run:
        return False
    teasers = sum(lines[j].linked or lines[j].key in titles for j in run)
    end = run[-1] + 1
    touches = (end < len(flags) and flags[end] in CLOSING) or (i > 0 and flags[i - 1] in CREDITS)
    return lines[i].names_origin or 2 * teasers >= len(run) or (touches and are_titles(lines, run))


def _is_known_list(lines: Sequence[Line], flags: Sequence[str], at: int, below: bool) -> bool:
    """Whether a line that was taken out is a title: of a list, a link, or below the text one that recurs."""
    if at >= len(flags) or not flags[at] or states(lines[at]):
        return False
    return flags[at] == "related" or lines[at].linked or (below and flags[at] == "repeated")


# -- the build of lines ---------------------------------------------------------------------------------------------------


def states(line: Line) -> bool:
    """Whether a line is a statement: a sentence that neither asks nor calls."""
    return line.sentence and not line.sample.rstrip().endswith(CALLING_ENDS)


def is_head(line: Line) -> bool:
    """Whether a line may open a list: short, and no statement."""
    return line.words <= MAX_HEAD_WORDS and not (line.own or line.fixed or states(line))


def last_prose(lines: Sequence[Line], flags: Sequence[str], often: Set[int]) -> int:
    """The place of the last sentence that is this article's alone, -1 where it has none."""
    prose = (i for i in reversed(range(len(lines))) if not flags[i] and lines[i].is_prose)
    return next((i for i in prose if lines[i].is_body and lines[i].key not in often), -1)


def list_run(lines: Sequence[Line], start: int, is_boilerplate: Callable[[int], bool]) -> list[int]:
    """The lines of a list below a head: at most eight, mostly titles, up to boilerplate or the end."""
    run: list[int] = []
    for at in range(start, start + MAX_LIST_LINES + 1):
        if is_boilerplate(at):
            titles = sum(lines[i].linked or not lines[i].is_prose for i in run)
            return run if 2 * titles >= len(run) else []
        if lines[at].words > MAX_TEASER_WORDS or lines[at].fixed:
            return []
        run.append(at)
    return []


def are_titles(lines: Sequence[Line], run: Sequence[int]) -> bool:
    """Whether lines that touch an attribution are titles of other articles rather than the article's own list.

    The items of a list are built alike: they begin with the same words, or hold prices and measures, or cells.
    """
    found = [lines[i] for i in run]
    if any(x.fixed or x.own or x.is_prose or x.words > MAX_TITLE_WORDS for x in found):
        return False
    texts = [x.sample for x in found]
    starts = {tuple(text.lower().split(maxsplit=2)[:2]) for text in texts}
    counted = sum(bool(_MEASURE.search(text)) for text in texts)
    varied = (len(run) < 3 or 2 * len(starts) > len(run)) and 2 * counted <= len(run)
    long_enough = sum(x.words for x in found) >= MIN_TITLE_WORDS * len(run)
    return varied and long_enough and not any(map(states, found))
