"""A bar a month as SVG, drawn with attributes alone: the page's policy allows no inline style."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: Above this the bars are years: thinner ones cannot be read.
MOST_MONTHS = 60
WIDTH, HEIGHT, GAP = 720.0, 160.0, 0.2


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar in the units of the picture; `label` is a month or a year, written below it
    where `marked`; on a narrow screen only where it is not `minor` too."""

    x: float
    y: float
    width: float
    height: float
    label: str
    count: int
    marked: bool
    minor: bool


def periods(months: Mapping[str, int]) -> dict[str, int]:
    """Every month from the first to the last, those without an article too; years where they are many.

    Keys are `YYYY-MM`; others are left out.

    >>> periods({"2024-11": 2, "2025-01": 1})
    {'2024-11': 2, '2024-12': 0, '2025-01': 1}
    """
    known = {key: n for key, n in months.items() if len(key) == 7 and key[:4].isdigit() and key[5:].isdigit()}
    if not known:
        return {}
    first, last = (_number(key) for key in (min(known), max(known)))
    if last - first < MOST_MONTHS:
        return {(key := _key(number)): known.get(key, 0) for number in range(first, last + 1)}
    years = range(first // 12, last // 12 + 1)
    return {f"{year:04}": sum(n for key, n in known.items() if key[:4] == f"{year:04}") for year in years}


def bars(counts: Mapping[str, int]) -> list[Bar]:
    """The bars of a chart `WIDTH` by `HEIGHT`, the largest as high as the chart."""
    if not counts:
        return []
    step = WIDTH / len(counts)
    width = min(step * (1 - GAP), 60.0)
    largest = max(max(counts.values()), 1)
    every = -(-len(counts) // 12)
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


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:]) - 1


def _key(number: int) -> str:
    return f"{number // 12:04}-{number % 12 + 1:02}"
