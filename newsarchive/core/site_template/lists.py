"""Tells lists of other articles by their build: below a head, or inside the text.

Example: "More from the harbour" above three titles and the site's footer. What a head opens is new on every page, so it
is known by its build, and by how often the head opens it. `boilerplate.cues.link_lists` finds the lists of one page by the
words of their heads; here no word is known, and the pages of the site must agree. A title states nothing: it has no full
stop, though it may ask or call.

`heads` gives what a site's pages teach: each short line is tried on each page (`_tries`), `_opens` says which list it opens there, and
`_role` whether it does so on enough of the pages.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set

from newsarchive.core.boilerplate.cues import MAX_LIST_LINES, MAX_TEASER_WORDS
from newsarchive.core.site_template.evidence import AGREEING_SHARE, MIN_ARTICLES, Finding, articles
from newsarchive.core.site_template.model import Entry
from newsarchive.core.site_template.observations import Line, Network, Observation

#: Words of the head of a list.
MAX_HEAD_WORDS = 12
#: Words of a title, on the average of a list; ingredients and tracks have fewer.
MIN_TITLE_WORDS = 5
#: The same in a list that touches an attribution: German and Indonesian say in four words what English says in six.
MIN_SHORT_TITLE_WORDS = 3.5
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
#: Articles in which unknown heads open lists that lead to credits, from which on this is the site's habit and one more
#: such head needs no repetition. Fewer may be the articles' own lists.
MIN_HABIT_ARTICLES = 4
#: Share of the articles with a credit (0 to 1) that must have such a list for the habit.
MIN_HABIT_SHARE = 0.1
#: Articles that a head must be on where its lists are only shaped like teasers.
MIN_SHAPED_ARTICLES = 5
#: Share of the site's articles (0 to 1) that it must be on too.
MIN_SHAPED_SHARE = 0.1
#: Role of a learned head → what it opens, in words.
NAMES = {"head": "list of teasers", "inset": "list of teasers inside the text"}

#: For each page, the label of each line as far as is known: "" for the article's.
Labels = list[list[str]]
#: The article's cluster, what the line opened there, and whether prose stands above it.
Try = tuple[str, str, bool]


def heads(
    pages: Sequence[Observation],
    labels: Labels,
    often: set[int],
    entries: Mapping[int, Entry],
    shared: Network,
) -> dict[int, Entry]:
    """Keys and forms of lines that open a list of teasers on most of their pages."""
    tries: dict[int, list[Try]] = defaultdict(list)
    samples: dict[int, str] = {}
    for line, one in _tries(pages, labels, often):
        for key in (line.key, line.form) if line.form else (line.key,):
            tries[key].append(one)
            samples.setdefault(key, line.sample)
    total = len({page.cluster for page in pages})
    every = (one for seen in tries.values() for one in seen)
    credited = {cluster for cluster, opened, is_below in every if is_below and opened == "credited"}
    closed = {page.cluster for page, flags in zip(pages, labels, strict=True) if CREDITS.intersection(flags)}
    habit = len(credited) >= max(MIN_HABIT_ARTICLES, MIN_HABIT_SHARE * len(closed))
    found = {}
    for key, seen in tries.items():
        elsewhere = shared.keys.get(key)
        count = len({cluster for cluster, _, _ in seen} | (elsewhere.clusters if elsewhere else frozenset()))
        if key and (role := _role(seen, count, total, habit)):
            finding = Finding(role, "related", f"opens a {NAMES[role]} in {articles(count)}")
            found[key] = Entry(key, finding, len(seen), count, samples[key])
    return {k: e for k, e in found.items() if k not in entries or entries[k].finding.role != "drop"}


def _tries(pages: Sequence[Observation], labels: Labels, often: set[int]) -> Iterator[tuple[Line, Try]]:
    """Each short line that may open something: it recurs, or stands right below the text."""
    titles = {line.key for page in pages for line in page.lines if line.own}
    for page, flags in zip(pages, labels, strict=True):
        last = last_prose(page.lines, flags, often)
        for i, line in enumerate(page.lines):
            recurs = line.key in often or line.form in often
            if not recurs and (line.label != "body" or not 0 <= last < i):
                continue
            near = 0 <= last < i and (not flags[i - 1] or flags[i - 1] in CREDITS)
            if not (recurs or near) or line.own or line.fixed or states(line) or line.words > MAX_HEAD_WORDS:
                continue
            opened = _opens(page, flags, i, titles, recurs, i > last) if line.label == "body" else ""
            yield line, (page.cluster, opened, near)


def _role(seen: Sequence[Try], clusters: int, total: int, habit: bool) -> str:
    """What a line opens, by its tries: a key of `NAMES` or "". `clusters` is the number of articles, here and on other
    sites, that have the line.

    How many articles must have it depends on its lists:

    - One is enough where each list leads to an attribution, and that is the site's habit.
    - Three are enough where the lists are known to be of teasers.
    - A tenth of the articles is needed where the lists are only shaped like teasers.
    """
    if habit and all(is_below and opened == "credited" for _, opened, is_below in seen):
        return "head"
    if clusters < MIN_ARTICLES:
        return ""
    opened = Counter(kind for _, kind, _ in seen)
    known, agreeing = opened["head"] + opened["credited"] + opened["inset"], AGREEING_SHARE * len(seen)
    enough = clusters >= max(MIN_SHAPED_ARTICLES, MIN_SHAPED_SHARE * total)
    if known < agreeing and not (enough and known + opened["shape"] >= agreeing):
        return ""
    return "inset" if opened["inset"] else "head"


def _opens(
    page: Observation, flags: Sequence[str], i: int, titles: set[int], recurs: bool, below: bool
) -> str:
    """Which list a line opens on one page:

    - `head`: a list of teasers. The line names the article's origin, or half of the lines below are links or titles of the
      site's other pages, or a rule took them out.
    - `credited`: lines as long as titles, which touch an attribution.
    - `inset`: the same as `head` inside the text, which goes on below it.
    - `shape`: lines that only look like teasers. They are no items of a list and stand under no heading, because ingredients,
      tracks and references under a heading are the article's own.
    - "": none of these.
    """

    def is_boilerplate(at: int) -> bool:
        return at >= len(flags) or bool(flags[at])

    lines = page.lines
    run = list_run(lines, i + 1, is_boilerplate)
    inset = [] if run else inset_run(lines, i + 1, is_boilerplate)
    taken = flags[i + 1] if i + 1 < len(flags) and not states(lines[i + 1]) else ""
    is_title = taken == "related" or (below and taken == "repeated") or (taken and lines[i + 1].linked)
    if not flags[i] and not inset and is_title:
        return "head"  # the page's own steps knew the list by its first title, not its head
    teasers = sum(lines[j].linked or lines[j].key in titles for j in run or inset)
    if inset:
        return "inset" if 2 * teasers >= len(inset) else ""
    if not run:
        return ""
    if lines[i].names_origin or 2 * teasers >= len(run):
        return "head"
    end = run[-1] + 1
    touches = (end < len(flags) and flags[end] in CLOSING) or (i > 0 and flags[i - 1] in CREDITS)
    if touches and (len(run) > 1 or recurs) and are_titles(lines, run):
        return "credited"
    plain = not lines[i].heading and not any(lines[j].item for j in run)
    return "shape" if plain and reads_as_titles(lines, run) else ""


# -- the build of lines ---------------------------------------------------------------------------------------------------


def states(line: Line) -> bool:
    """Whether a line is a statement: a sentence that neither asks nor calls."""
    return line.sentence and not line.sample.rstrip().endswith(CALLING_ENDS)


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


def inset_run(lines: Sequence[Line], start: int, is_boilerplate: Callable[[int], bool]) -> list[int]:
    """The lines of a list below a head inside the text: at most eight of one build, all titles, up to prose.

    Links among them may be known as boilerplate: extraction takes one for the article's and the next for a menu's.
    """
    run: list[int] = []
    for at in range(start, min(start + MAX_LIST_LINES + 1, len(lines))):
        line = lines[at]
        alike = line.place == lines[start].place and line.item == lines[start].item
        ends = is_boilerplate(at) and not line.linked
        if ends or line.fixed or line.own or states(line) or line.words > MAX_TEASER_WORDS or not alike:
            return run
        run.append(at)
    return []


def reads_as_titles(lines: Sequence[Line], run: Sequence[int], words: float = MIN_TITLE_WORDS) -> bool:
    """Whether lines are as long as titles and state nothing."""
    return not any(states(lines[i]) for i in run) and sum(lines[i].words for i in run) >= words * len(run)


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
    return varied and reads_as_titles(lines, run, MIN_SHORT_TITLE_WORDS)
