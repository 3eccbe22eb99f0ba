"""The days of each site as a picture in SVG, which needs no colour to be read: `svg(days)`.

A day is a square: full where it is covered, half where something is missing, a dot where the site had nothing new, and a
cross where no crawl reached it. A square has a title, which a browser shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

if TYPE_CHECKING:
    from newsarchive.db.reading.coverage import Day

#: Width and height of a day, in units of the picture.
DAY = 10
#: Height of the line of a site.
LINE = 16
#: Width of the names, for each character of the longest.
CHARACTER = 7
#: Height of the head, which names the months.
HEAD = 24
#: The meaning of each form, in the order of the legend.
STATES = ("covered", "incomplete", "no news", "no crawl")


def svg(found: Sequence[Day]) -> str:
    """The picture as a document. Raises `ValueError` for no days."""
    if not found:
        raise ValueError("no days")
    first, last = min(day.day for day in found), max(day.day for day in found)
    sites = [(site, list(days)) for site, days in groupby(found, lambda day: day.site)]
    left = CHARACTER * max(len(site) for site, _ in sites) + DAY
    width = left + DAY * ((last - first).days + 2)
    height = HEAD + LINE * len(sites) + 2 * LINE
    root = Element(
        "svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {max(width, 420)} {height}", role="img",
        attrib={"font-family": "sans-serif", "font-size": "11"},
    )  # fmt: skip
    SubElement(root, "title").text = f"What was crawled, {first} to {last}"
    SubElement(root, "rect", width="100%", height="100%", fill="#fff")
    for day in _months(first, last):
        x = left + DAY * (day - first).days
        SubElement(root, "text", x=str(x), y=str(HEAD - 10)).text = f"{day:%Y-%m}"
    for number, (site, days) in enumerate(sites):
        top = HEAD + LINE * number
        SubElement(root, "text", x="0", y=str(top + DAY - 1)).text = site
        for one in days:
            group = SubElement(root, "g")
            SubElement(
                group, "title"
            ).text = f"{one.site}, {one.day}: {one.state}, {one.stored} of {one.named} posts"
            _mark(group, one.state.value, left + DAY * (one.day - first).days, top)
    x, top = 0, HEAD + LINE * len(sites) + DAY
    for state in STATES:
        _mark(root, state, x, top)
        SubElement(root, "text", x=str(x + DAY + 4), y=str(top + DAY - 1)).text = state
        x += DAY + 4 + CHARACTER * (len(state) + 2)
    return tostring(root, encoding="unicode") + "\n"


def _months(first: date, last: date) -> list[date]:
    """The first day, and the first of each month that begins at least three months after the one before with a name."""
    found = [first]
    for number in range((last - first).days + 1):
        day = date.fromordinal(first.toordinal() + number)
        if day.day == 1 and (day - found[-1]).days * DAY >= CHARACTER * 9:
            found.append(day)
    return found


def _mark(parent: Element, state: str, x: int, y: int) -> None:
    size = DAY - 2
    if state == "covered":
        SubElement(parent, "rect", x=str(x), y=str(y), width=str(size), height=str(size), fill="#1a6")
    elif state == "incomplete":
        SubElement(
            parent,
            "rect",
            x=str(x),
            y=str(y + size // 2),
            width=str(size),
            height=str(size // 2),
            fill="#b60",
        )
    elif state == "no news":
        SubElement(parent, "circle", cx=str(x + size / 2), cy=str(y + size / 2), r="1.5", fill="#666")
    else:
        path = f"M{x} {y}l{size} {size}m0 -{size}l-{size} {size}"
        SubElement(parent, "path", d=path, stroke="#c22", fill="none")
