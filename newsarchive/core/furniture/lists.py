"""Lists of other articles, by their build: under a head, inside the text, beside a credit.

Nothing here knows a word. A title states nothing: it has no full stop, though it may ask or call.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence, Set

from newsarchive.core.furniture.sightings import SENTENCE, Line

#: A list has at most so many lines, each of at most so many words; a longer one is content.
RUN, TEASER = 8, 45
#: The longest saying and the longest head, in words.
SAYING, HEAD = 90, 12
#: Titles have so many words each, on the average of a list; ingredients and tracks have fewer. What touches
#: an attribution may be shorter: German and Indonesian say in four words what English says in six.
TITLE, SHORT_TITLE = 5, 3.5
#: No title has more words: a longer line without a full stop is a paragraph that lost its own.
LONGEST_TITLE = 30
#: How a head or a title ends that is no statement and still ends like a sentence.
CALLS = ("?", "!", "…", "...", "？", "！", "؟")
#: A price, a share, or a cell's edge; "12 March" and "7 strikers" are none.
_MEASURE = re.compile(r"[$€£¥|%]|\d\s?(?:k?g|m?l|cm|mm|km|oz|lb|tsp|tbsp)\b")
CLOSING_QUOTES = ("”", "“", "’", "»", "«", '"', "'", "」", "』", "》")
#: Labels of the lines that end a republished article, and of those that may stand above a list of its publisher.
CREDITS = frozenset({"attribution", "copyright"})
OPENING = CREDITS | {"related", "read more", "repeated"}


def states(line: Line) -> bool:
    """Whether a line is a statement: a sentence that neither asks nor calls."""
    return line.sentence and not line.sample.rstrip().endswith(CALLS)


def is_head(line: Line) -> bool:
    """Whether a line may open a list: short, and no statement."""
    return line.words <= HEAD and not (line.own or line.fixed or states(line))


def last_prose(lines: Sequence[Line], flags: Sequence[str], often: Set[int]) -> int:
    """The place of the last sentence that is this article's alone, -1 where it has none."""
    prose = (i for i in reversed(range(len(lines))) if not flags[i] and lines[i].is_prose)
    return next((i for i in prose if lines[i].is_body and lines[i].key not in often), -1)


def list_run(lines: Sequence[Line], start: int, is_chrome: Callable[[int], bool]) -> list[int]:
    """The lines of a list below a head: at most eight, mostly titles, up to chrome or the end."""
    run: list[int] = []
    for at in range(start, start + RUN + 1):
        if is_chrome(at):
            titles = sum(lines[i].linked or not lines[i].is_prose for i in run)
            return run if 2 * titles >= len(run) else []
        if lines[at].words > TEASER or lines[at].fixed:
            return []
        run.append(at)
    return []


def inset_run(lines: Sequence[Line], start: int, is_chrome: Callable[[int], bool]) -> list[int]:
    """The lines of a list below a head inside the text: at most eight of one build, all titles, up to prose.

    Links among them may be known as chrome: extraction takes one for the article's and the next for a menu's.
    """
    run: list[int] = []
    for at in range(start, min(start + RUN + 1, len(lines))):
        line = lines[at]
        alike = line.place == lines[start].place and line.item == lines[start].item
        ends = is_chrome(at) and not line.linked
        if ends or line.fixed or line.own or states(line) or line.words > TEASER or not alike:
            return run
        run.append(at)
    return []


def reads_as_titles(lines: Sequence[Line], run: Sequence[int], words: float = TITLE) -> bool:
    """Whether lines are as long as titles and state nothing."""
    return not any(states(lines[i]) for i in run) and sum(lines[i].words for i in run) >= words * len(run)


def are_titles(lines: Sequence[Line], run: Sequence[int]) -> bool:
    """Whether lines that touch an attribution are titles of other articles rather than the article's own list.

    The items of a list are built alike: they begin with the same words, or hold prices and measures, or cells.
    """
    if any(
        lines[i].fixed or lines[i].own or lines[i].is_prose or lines[i].words > LONGEST_TITLE for i in run
    ):
        return False
    texts = [lines[i].sample for i in run]
    starts = {tuple(text.lower().split(maxsplit=2)[:2]) for text in texts}
    counted = sum(bool(_MEASURE.search(text)) for text in texts)
    varied = (len(run) < 3 or 2 * len(starts) > len(run)) and 2 * counted <= len(run)
    return varied and reads_as_titles(lines, run, SHORT_TITLE)


def beside_credits(lines: Sequence[Line], labels: Sequence[str], last: int) -> Iterator[list[int]]:
    """Titles below the text that touch a credit and have no text of the article on their other side.

    `labels` are "" for the article's lines; `last` is the place of its last prose.
    """
    start = last + 1
    for at in range(start, len(lines) + 1):
        if at < len(lines) and not labels[at]:
            continue
        run = range(start, at)
        above = labels[start - 1] if start > last + 1 else ""
        below = labels[at] if at < len(labels) else "end"
        closed = (below in CREDITS and above in OPENING) or (above in CREDITS and len(run) > 1)
        if closed and 0 < len(run) <= RUN + 1 and are_titles(lines, run):
            yield list(run)
        start = at + 1


def saying(lines: Sequence[Line], start: int) -> list[int]:
    """The quotation below a slot's head, with the short line that names its author, if there is one."""
    if start >= len(lines) or not _is_saying(lines[start]):
        return []
    named = start + 1
    if named < len(lines) and lines[named].words <= SENTENCE and not lines[named].sentence:
        return [start, named]
    return [start]


def _is_saying(line: Line) -> bool:
    """A quotation from end to end; a title may open with one."""
    whole = line.sentence or line.words > HEAD or line.sample.rstrip().endswith(CLOSING_QUOTES)
    return line.quotation and line.words <= SAYING and whole
