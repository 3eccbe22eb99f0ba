"""The articles of each month as bars in SVG, drawn with attributes alone: the page's policy allows no inline style."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from newsarchive.times import months as months_between

#: Months from the first to the last. With more, each bar is a year: thinner bars cannot be read.
MAX_MONTHS = 60
#: Width of the chart, in units of the picture.
WIDTH = 720.0
#: Height of the chart and of its largest bar, in units of the picture.
HEIGHT = 160.0
#: The gap between two bars, as a part of the width of one bar with its gap.
GAP = 0.2
#: Width of a bar, in units of the picture; few bars would be wider.
MAX_BAR_WIDTH = 60.0
#: Labels below the chart; with more bars, every second or third … is labelled.
MAX_LABELS = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, in units of the picture. `label` is a month or a year; it is written below a `marked` bar, and on a
    narrow screen below one that is not `minor` as well."""

    x: float
    y: float
    width: float
    height: float
    label: str
    count: int
    marked: bool
    minor: bool


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


def bars(counts: Mapping[str, int]) -> list[Bar]:
    """The bars of a chart `WIDTH` by `HEIGHT`, the largest as high as the chart."""
    if not counts:
        return []
    step = WIDTH / len(counts)
    width = min(step * (1 - GAP), MAX_BAR_WIDTH)
    largest = max(max(counts.values()), 1)
    every = -(-len(counts) // MAX_LABELS)
    found = []
    for number, (label, count) in enumerate(counts.items()):
        height = round(HEIGHT * count / largest, 1)
        x = round(number * step + (step - width) / 2, 1)
        found.append(
            Bar(
                x,
                HEIGHT - height,
                round(width, 1),
                height,
                label,
                count,
                number % every == 0,
                number % (3 * every) != 0,
            )
        )
    return found
