"""`newsarchive coverage`: what each site's listings named day by day, what is stored of it, and where nothing was crawled.

The days of each site as a picture in SVG need no colour to be read. A day is a square: full where it is covered, half where
something is missing, a dot where the site had nothing new, and a cross where no crawl reached it. A square has a title, which a
browser shows.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import timedelta
from itertools import chain, groupby
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

import click

from newsarchive.cli import output
from newsarchive.cli.opening import open_reader
from newsarchive.cli.options import db_option, option, output_option
from newsarchive.cli.output import at_most_one, console, on_terminal, print_records, say

if TYPE_CHECKING:
    from newsarchive.db.reading.coverage import Day

#: What is counted of a day's posts.
_COUNTED = ("named", "stored", "refused", "missed")
#: State of a day → the character for it on a terminal with UTF-8, and the one on any other terminal.
_MARKS = {"covered": "█#", "incomplete": "▒!", "no news": "·.", "no crawl": " ?"}


@click.command(
    epilog="""\b
Examples:
  newsarchive coverage
  newsarchive coverage blog.example --since 2025-01-01
  newsarchive coverage --csv > coverage.csv
  newsarchive coverage --svg -o coverage.svg"""
)
@click.argument("site", required=False, default="", metavar="[SITE]")
@click.option(
    "--since", metavar="DAY", help="From this day (UTC); by default from the first crawl of each site."
)
@click.option("--until", metavar="DAY", help="Until this day; by default until today.")
@option("csv", help="A row for each site and day, with a line of names.")
@option("json", help="One JSON object a site and day.")
@click.option("--svg", "as_svg", is_flag=True, help="A picture of the days of each site, in SVG.")
@output_option
@db_option
def coverage(
    site: str, since: str | None, until: str | None, as_csv: bool, as_json: bool, as_svg: bool, db: str
) -> None:
    """What SITE's listings named on each day, what of it is stored, refused (with reasons) or missed, and the gaps.

    So "no news" and "no crawl" are told apart. A post counts on the day on which a listing named it first. Without SITE
    there is a line for each site; with one, for each of its days.
    """
    from newsarchive.db.reading.coverage import days
    from newsarchive.db.reading.search import day as day_of

    at_most_one("coverage", csv=as_csv, json=as_json, svg=as_svg)
    begin, end = day_of(since, "since"), day_of(until, "until")
    found = days(open_reader(db), site, since=begin, until=end)
    if (first := next(found, None)) is None:
        say(
            "nothing was crawled in these days, and only a crawl tells what a site listed (pages of WARC files do not): "
            "newsarchive crawl https://blog.example"
        )
        raise SystemExit(1)
    found = chain([first], found)
    if as_svg:
        click.echo(svg([*found]), nl=False)
    elif on_terminal() and not (as_csv or as_json):
        _draw([*found], with_days=bool(site))
    else:
        records = (  # JSON has a count for each reason instead of words
            {name: value for name, value in _row(day).items() if name != "reasons"}
            | {"refused": day.refused, "missed": day.missed}
            for day in found
        )
        print_records(records, [*_row(first)], map(_row, found), as_csv=as_csv, as_json=as_json)


def _row(day: Day) -> dict[str, object]:
    reasons = "; ".join(
        f"{number} {reason}" for reason, number in [*day.missed.items(), *day.refused.items()]
    )
    return {
        "site": day.site,
        "day": day.day.isoformat(),
        "state": day.state.value,
        "crawls": day.crawls,
        "failed_crawls": day.failed_crawls,
        "named": day.named,
        "stored": day.stored,
        "refused": sum(day.refused.values()),
        "missed": sum(day.missed.values()),
        "reasons": reasons,
    }


def _draw(found: Sequence[Day], with_days: bool) -> None:
    from rich.text import Text

    from newsarchive.db.reading.coverage import totals

    out = console()
    if with_days:
        (_, *names), rows = _row(found[0]), [list(_row(day).values())[1:] for day in found]
        output.print_table(
            [name.replace("_", " ") for name in names], rows, ("crawls", "failed crawls", *_COUNTED)
        )
    else:
        names = ["site", "days", *_COUNTED, "no crawl", "last crawl"]
        rows = [
            [one.site, one.days, one.named, one.stored, one.refused, one.missed, one.days_without_crawl, one.last_crawl or "never"]
            for one in totals(found)
        ]  # fmt: skip
        output.print_table(names, rows, names[1:-1])
    out.print()
    has_unicode = "utf" in (getattr(sys.stdout, "encoding", "") or "").lower()
    marks = {state: both[0 if has_unicode else 1] for state, both in _MARKS.items()}
    # A line for each site with a character for each of its last days.
    name = min(max(len(day.site) for day in found), max(8, out.width // 3))
    room = max(10, out.width - name - 3)
    days_in_all = (max(day.day for day in found) - min(day.day for day in found)).days + 1
    for site, days in groupby(found, lambda day: day.site):
        strip = "".join(marks[day.state.value] for day in list(days)[-room:])
        line = f"{site[:name]:{name}} |{strip:>{min(room, days_in_all)}}|"
        out.print(Text(line), overflow="ellipsis", no_wrap=True)
    legend = ", ".join(f"{mark!r} {state}" for state, mark in marks.items())
    out.print(Text(f"one character a day until {max(day.day for day in found)}: {legend}"))


#: Width and height of a day. It and the sizes below are in units of the picture.
DAY_SIZE = 10
#: Height of the line of a site.
LINE_HEIGHT = 16
#: Width of one character of a name; the names take that of the longest one.
CHARACTER_WIDTH = 7
#: Height of the head, which names the months.
HEAD_HEIGHT = 24


def svg(found: Sequence[Day]) -> str:
    """The picture as a document. Raises `ValueError` for no days."""
    if not found:
        raise ValueError("no days")
    first, last = min(day.day for day in found), max(day.day for day in found)
    sites = [(site, list(days)) for site, days in groupby(found, lambda day: day.site)]
    left = CHARACTER_WIDTH * max(len(site) for site, _ in sites) + DAY_SIZE
    width = left + DAY_SIZE * ((last - first).days + 2)
    height = HEAD_HEIGHT + LINE_HEIGHT * len(sites) + 2 * LINE_HEIGHT
    root = Element(
        "svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {max(width, 420)} {height}", role="img",
        attrib={"font-family": "sans-serif", "font-size": "11"},
    )  # fmt: skip
    SubElement(root, "title").text = f"What was crawled, {first} to {last}"
    SubElement(root, "rect", width="100%", height="100%", fill="#fff")
    # The first day, and the first of each month for whose name there is room behind the name before.
    months = [first]
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if day.day == 1 and (day - months[-1]).days * DAY_SIZE >= CHARACTER_WIDTH * 9:
            months.append(day)
    for day in months:
        x = left + DAY_SIZE * (day - first).days
        SubElement(root, "text", x=str(x), y=str(HEAD_HEIGHT - 10)).text = f"{day:%Y-%m}"
    for number, (site, days) in enumerate(sites):
        top = HEAD_HEIGHT + LINE_HEIGHT * number
        SubElement(root, "text", x="0", y=str(top + DAY_SIZE - 1)).text = site
        for one in days:
            group = SubElement(root, "g")
            said = f"{one.site}, {one.day}: {one.state}, {one.stored} of {one.named} posts"
            SubElement(group, "title").text = said
            _mark(group, one.state.value, left + DAY_SIZE * (one.day - first).days, top)
    x, top = 0, HEAD_HEIGHT + LINE_HEIGHT * len(sites) + DAY_SIZE
    for state in _MARKS:
        _mark(root, state, x, top)
        SubElement(root, "text", x=str(x + DAY_SIZE + 4), y=str(top + DAY_SIZE - 1)).text = state
        x += DAY_SIZE + 4 + CHARACTER_WIDTH * (len(state) + 2)
    return tostring(root, encoding="unicode") + "\n"


def _mark(parent: Element, state: str, x: int, y: int) -> None:
    size = DAY_SIZE - 2
    if state == "covered":
        SubElement(parent, "rect", x=str(x), y=str(y), width=str(size), height=str(size), fill="#1a6")
    elif state == "incomplete":
        half = str(size // 2)
        SubElement(parent, "rect", x=str(x), y=str(y + size // 2), width=str(size), height=half, fill="#b60")
    elif state == "no news":
        SubElement(parent, "circle", cx=str(x + size / 2), cy=str(y + size / 2), r="1.5", fill="#666")
    else:
        path = f"M{x} {y}l{size} {size}m0 -{size}l-{size} {size}"
        SubElement(parent, "path", d=path, stroke="#c22", fill="none")
