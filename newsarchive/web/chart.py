"""Articles over time as bars in SVG, drawn with attributes alone: the page's policy allows no inline style.

In a month without a bar nobody may have written, or nobody may have looked: a cross below the axis marks a stretch
without a crawl, and the time before the first crawl is hatched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsarchive.db.reading.coverage import Seen, Span
from newsarchive.times import months as months_between

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
