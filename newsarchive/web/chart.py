"""The pictures of the web pages in SVG, drawn with attributes alone, because the page's policy allows no inline style.

`chart` draws articles over time as bars. In a month without a bar nobody may have written, or nobody may have looked: a cross
below the axis marks a stretch without a crawl, and the time before the first crawl is hatched.

`picture` draws a story: a line for each copy, its dot at the time at which it appeared, and an arrow from where it was taken:

    The Island Paper   ■
    paper.example      ●─────┐
    blog.example             ○─┐      solid: the copy credits it
    mirror.example             ┊ ○    dashed: the same text, later, and nobody is credited

A credit is evidence. A dashed arrow says only which copy was there first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from newsarchive.db.reading.coverage import Seen, Span
from newsarchive.reprs import cut
from newsarchive.times import months as months_between

if TYPE_CHECKING:
    from newsarchive.db.reading.browse import Credit
    from newsarchive.db.reading.lineage import Copy, Trace

#: Months from the first to the last. With more, each bar is a year: thinner bars cannot be read.
MAX_MONTHS = 60
#: Width of the chart, in units of the picture.
WIDTH = 720.0
#: Height of the chart and of its largest bar, in units of the picture.
HEIGHT = 110.0
#: The gap between two bars, as a part of the width of one bar with its gap.
GAP = 0.2
#: The largest width of a bar, in units of the picture: where there are few bars, they would be wider without it.
MAX_BAR_WIDTH = 60.0
#: Height of the bar of a single article, so that it can be seen beside a bar of thousands.
MIN_BAR_HEIGHT = 2.0
#: Labels below the chart; with more bars, every second or third … is labelled.
MAX_LABELS = 10


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, in units of the picture. `label` is a month, a year or the first day of a week; it is written below a `marked` bar,
    and on a narrow screen below one that is not `minor` as well. `middle` is the middle of the bar."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    label: str
    count: int
    seen: str
    marked: bool
    minor: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars, the largest number, and the width of what lies before the first crawl."""

    bars: tuple[Bar, ...]
    largest: int
    unseen: float
    has_gaps: bool


def periods(months: Mapping[str, int]) -> dict[str, int]:
    """Every month from the first to the last, also without an article; years for more than `MAX_MONTHS`.

    Keys are `YYYY-MM`; others are left out.

    >>> periods({"2024-11": 2, "2025-01": 1})
    {'2024-11': 2, '2024-12': 0, '2025-01': 1}
    """
    known = {key: n for key, n in months.items() if len(key) == 7 and key[:4].isdigit() and key[5:].isdigit()}
    if not known:
        return {}
    first, last = min(known), max(known)
    every = list(months_between(first, last))
    if len(every) <= MAX_MONTHS:
        return {key: known.get(key, 0) for key in every}
    years = range(int(first[:4]), int(last[:4]) + 1)
    return {f"{year:04}": sum(n for key, n in known.items() if key[:4] == f"{year:04}") for year in years}


def chart(spans: Sequence[Span]) -> Chart:
    """The bars of a chart `WIDTH` by `HEIGHT`, the largest as high as the chart."""
    step = WIDTH / max(1, len(spans))
    width = min(step * (1 - GAP), MAX_BAR_WIDTH)
    largest = max((span.articles for span in spans), default=0)
    every = -(-len(spans) // MAX_LABELS)
    bars = []
    for number, span in enumerate(spans):
        height = max(HEIGHT * span.articles / largest, MIN_BAR_HEIGHT) if span.articles else 0.0
        x = number * step + (step - width) / 2
        bars.append(
            Bar(
                round(x, 1), round(HEIGHT - height, 1), round(width, 1), round(height, 1), round(x + width / 2, 1),
                span.label, span.articles, span.seen.value,
                marked=number % every == 0, minor=number % (3 * every) != 0,
            )
        )  # fmt: skip
    before = sum(span.seen is Seen.BEFORE for span in spans)
    has_gaps = any(span.seen is Seen.NO_CRAWL for span in spans)
    return Chart(tuple(bars), largest, round(before * step, 1), has_gaps)


#: Number of copies that a picture shows, the earliest ones.
MAX_LINES = 24
#: Width of the picture. It and the sizes below are in the units of the picture.
STORY_WIDTH = 720
#: Height of the line of one copy.
LINE_HEIGHT = 26
#: Height of the time axis above the copies.
AXIS_HEIGHT = 30
#: Width of the names at the left.
NAMES_WIDTH = 210
#: Width of the free margin at the right.
RIGHT_MARGIN = 40
#: Characters of a name; a longer one is cut.
MAX_NAME_CHARACTERS = 28
#: Number of marks on the axis of time, the first and the last moment among them.
TICKS = 5


@dataclass(frozen=True, slots=True)
class Node:
    """A copy, or (`is_outside`) a publisher whose original the archive does not hold. `x` and `y` are where its dot stands."""

    name: str
    x: float
    y: float
    at: datetime | None
    id: int = 0
    is_fullest: bool = False
    is_outside: bool = False


@dataclass(frozen=True, slots=True)
class Arrow:
    """From a source to a copy; a `credited` one is named by the copy itself."""

    path: str
    credited: bool
    title: str


@dataclass(frozen=True, slots=True)
class Picture:
    """The parts of the picture; `ticks` are places on the axis with what is written there."""

    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]
    ticks: tuple[tuple[float, str], ...]
    height: int
    left_out: int


def picture(trace: Trace, credits: Mapping[int, Credit]) -> Picture:
    """The picture of a story; `credits` says by the id of a copy which publisher it names."""
    copies = trace.copies[:MAX_LINES]
    held = {copy.id for copy in copies}
    # The publishers that are credited and not among the copies.
    sites = {copy.site for copy in copies}
    named = [credits[copy.id] for copy in copies if copy.id in credits]
    away = [one.name for one in named if one.original_id not in held and one.domain not in sites]
    outside = list(dict.fromkeys(away))
    first, last = copies[0].published, max(copy.published for copy in copies)
    span = max(last - first, timedelta(minutes=1))

    def place(at: datetime) -> float:
        room = STORY_WIDTH - NAMES_WIDTH - RIGHT_MARGIN - 10
        return round(NAMES_WIDTH + 10 + room * ((at - first) / span), 1)

    def height(number: int) -> float:
        return AXIS_HEIGHT + LINE_HEIGHT * number + LINE_HEIGHT / 2

    nodes = [
        Node(cut(name, MAX_NAME_CHARACTERS), place(first) - 14, height(number), None, is_outside=True)
        for number, name in enumerate(outside)
    ]
    by_name = dict(zip(outside, nodes, strict=True))
    for number, copy in enumerate(copies, len(nodes)):
        at, is_fullest = copy.published, copy.id == trace.fullest
        name = cut(copy.site, MAX_NAME_CHARACTERS)
        nodes.append(Node(name, place(at), height(number), at, copy.id, is_fullest))
    by_id = {node.id: node for node in nodes if node.id}
    found = (_arrow(copy, credits.get(copy.id), by_id, by_name, copies[0]) for copy in copies)
    form = "%m-%d %H:%M" if span < timedelta(days=5) else "%Y-%m-%d"
    times = [first + span * k / (TICKS - 1) for k in range(TICKS)]
    ticks = tuple((place(at), at.strftime(form)) for at in times)
    below = AXIS_HEIGHT + LINE_HEIGHT * len(nodes) + 8
    return Picture(tuple(nodes), tuple(filter(None, found)), ticks, below, len(trace.copies) - len(copies))


def _arrow(
    copy: Copy, credit: Credit | None, by_id: Mapping[int, Node], by_name: Mapping[str, Node], earliest: Copy
) -> Arrow | None:
    to = by_id[copy.id]
    source: Node | None = None
    if credit:
        source = by_id.get(credit.original_id or 0) or by_name.get(credit.name)
        if source is None:
            name = cut(credit.domain, MAX_NAME_CHARACTERS)
            source = next((node for node in by_id.values() if node.name == name and node is not to), None)
    credited = source is not None and source is not to
    if not credited:
        source = by_id[earliest.id]
    if source is None or source is to:
        return None
    bend = (source.x + to.x) / 2 if abs(source.x - to.x) > 40 else min(source.x, to.x) - 18
    path = f"M{source.x} {source.y}C{round(bend, 1)} {source.y} {round(bend, 1)} {to.y} {round(to.x - 6, 1)} {to.y}"
    how = "credits" if credited else "has the text of the earliest copy, without a credit:"
    return Arrow(path, credited, f"{copy.site} {how} {source.name}")
