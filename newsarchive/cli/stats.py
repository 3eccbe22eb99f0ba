"""`newsarchive stats`: counts what the archive holds, drawn as bars on a terminal, printed as rows elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import click

from newsarchive import plainwords
from newsarchive.cli.opening import open_reader
from newsarchive.cli.options import copies_option, db_option, hidden_option, option, output_option
from newsarchive.cli.output import at_most_one, console, on_terminal, print_json, print_records
from newsarchive.reprs import byte_size, counted
from newsarchive.times import months as months_between

if TYPE_CHECKING:
    from rich.text import Text

    from newsarchive.db.reading.statistics import Stats

#: Characters for the bar of a month, from no article to the greatest number.
_UNICODE_HEIGHTS = "·▁▂▃▄▅▆▇█"
#: The same for terminals that have no UTF-8.
_ASCII_HEIGHTS = ".:-=+*oO#"
#: Characters below a month for 1 to 9 days on which no crawl reached the site, for 10 to 19, and for more.
_UNICODE_GAPS = "░▒▓"
#: The same for terminals that have no UTF-8.
_ASCII_GAPS = "123"
#: The value of --copies → what stands behind the title of each count of articles.
_COUNTED = {"all": "", "first": " (first copies alone)", "none": " (the blogs' own alone)"}
#: Rows of one chart on a terminal; its last line says how many more there are. Other output has all rows.
_MAX_ROWS = 12


@click.command(
    epilog="""\b
Examples:
  newsarchive stats --db newsarchive.db
  newsarchive stats --copies first
  newsarchive stats --csv -o counts.csv
  newsarchive stats --json"""
)
@option("csv", help="A row for each count, with a line of names.")
@option("json", help="Everything as one JSON object.")
@copies_option
@hidden_option
@output_option
@db_option
def stats(as_csv: bool, as_json: bool, copies: str, hidden: bool, db: str) -> None:
    """What the archive holds: articles a month by site, languages, origins, repairs, left out lines, alarms, disk.

    Charts on a terminal; elsewhere a row for each count: what is counted, its name, the number, with tabs between them.
    Below the articles of a month stand the days on which no crawl reached the site, so that a month without news is not taken
    for a month without crawls. Articles in quarantine are counted on a line of their own, and in the other counts only with
    --hidden. --copies narrows the counts of articles; versions, repairs, left out lines and disk are always counted for all.
    """
    from newsarchive.db.conditions import Copies
    from newsarchive.db.reading.statistics import stats as count

    at_most_one("stats", csv=as_csv, json=as_json)
    found = count(open_reader(db), hidden=hidden, copies=Copies(copies))
    if as_json:
        print_json(found, indent=2)
    elif on_terminal() and not as_csv:
        draw(found)
    else:
        names = ("counted", "name", "number")
        table = (dict(zip(names, row, strict=True)) for row in rows(found))
        print_records((), names, table, as_csv=as_csv, as_json=False)


def rows(found: Stats) -> Iterator[tuple[str, str, int]]:
    """Every count as (what is counted, name, number)."""
    yield f"archive{_COUNTED[found.copies]}", "articles", found.articles
    yield "archive", "revisions", found.revisions
    yield "archive", "sites", len(found.sites)
    yield "archive", "deleted since", found.gone
    yield "archive", "in quarantine", found.quarantined
    yield "archive", "withheld", found.withheld
    yield f"archive{_COUNTED[found.copies]}", "reserved from text and data mining", found.reserved
    yield "disk, in bytes", "database", found.disk
    yield "disk, in bytes", "raw captures", found.warc
    for title, counts in _tables(found).items():
        yield from ((title, name, number) for name, number in counts.items())
    title = f"articles a month{_COUNTED[found.copies]}"
    for site in sorted({*found.months, *found.days_without_crawl}):
        gaps = found.days_without_crawl.get(site, {})
        months = {**dict.fromkeys(gaps, 0), **found.months.get(site, {})}
        yield from ((title, f"{site} {month}", months[month]) for month in sorted(months))
        yield from (("days without a crawl", f"{site} {month}", days) for month, days in gaps.items())


def _tables(found: Stats) -> dict[str, Mapping[str, int]]:
    which = _COUNTED[found.copies]
    return {
        f"articles by site{which}": found.sites,
        f"articles by language{which}": found.languages,
        f"articles by origin{which}": found.origins,
        f"articles by licence{which}": found.licences,
        "repairs by codec": found.repairs,
        "lines left out by kind": found.dropped,
        "sites with an alarm by kind": found.alarms,
    }


def draw(found: Stats) -> None:
    """Print the totals, a row of months for each site, and a bar for each count."""
    from rich.text import Text

    out = console()
    has_unicode = "utf" in (getattr(sys.stdout, "encoding", "") or "").lower()
    heights = _UNICODE_HEIGHTS if has_unicode else _ASCII_HEIGHTS
    which = _COUNTED[found.copies]
    totals = [
        f"{counted(found.articles, 'article')} of {counted(len(found.sites), 'site')}{which}",
        counted(found.revisions, "version"),
        *([f"{found.gone:,} deleted since"] if found.gone else []),
        f"database {byte_size(found.disk)}",
        f"raw captures {byte_size(found.warc)}",
    ]
    out.print(Text(", ".join(totals)))
    if found.quarantined:
        out.print(
            Text(f"{found.quarantined:,} in quarantine, hidden from readers: newsarchive quarantine list")
        )
    if found.withheld:
        out.print(Text(f"{found.withheld:,} withheld or erased: newsarchive withhold list"))
    for line in _calendar(found, out.width, heights):
        out.print(line, overflow="ellipsis", no_wrap=True)
    tables = _tables(found)
    repairs, dropped = tables.pop("repairs by codec"), tables.pop("lines left out by kind")
    tables |= {
        "repairs by the encoding that was misread": plainwords.counted(
            repairs, map(plainwords.codec, repairs)
        ),
        "lines left out by kind": plainwords.counted(dropped, map(plainwords.label, dropped)),
    }
    for title, counts in tables.items():
        if not counts:
            continue
        out.print(Text(f"\n{title}", style="bold"))
        shown = list(counts.items())[:_MAX_ROWS]
        name = min(max(len(label or "unknown") for label, _ in shown), max(8, out.width // 3))
        room, top = max(4, out.width - name - 12), max(counts.values())
        for label, number in shown:
            bar = heights[-1] * max(1, round(room * number / top))
            line = Text.assemble(f"{(label or 'unknown')[:name]:{name}} ", (bar, "green"), f" {number:,}")
            out.print(line, overflow="ellipsis", no_wrap=True)
        if len(counts) > len(shown):
            more = Text(f"and {len(counts) - len(shown)} more", style="dim")
            out.print(more, overflow="ellipsis", no_wrap=True)


def _calendar(found: Stats, width: int, heights: str) -> Iterator[Text]:
    """A line for each site, with one character for each month. Where days had no crawl, a second line below marks the months.
    All sites have the same months and the same scale."""
    from rich.text import Text

    months, gaps = found.months, found.days_without_crawl
    if not months:
        return
    largest = sorted(months, key=lambda site: -sum(months[site].values()))[:_MAX_ROWS]
    name = min(max(map(len, largest)), max(8, width // 3))
    known = [month for counts in (*months.values(), *gaps.values()) for month in counts]
    every = list(months_between(min(known), max(known)))
    shown = every[-max(6, width - name - 12) :]
    top = max(1, *(max(counts.values()) for counts in months.values()))
    which = _COUNTED[found.copies]
    yield Text(f"\narticles a month{which}, {shown[0]} to {shown[-1]}, at most {top:,}", style="bold")
    marks, has_gaps = _ASCII_GAPS if heights.isascii() else _UNICODE_GAPS, False
    for site in largest:
        counts = months[site]
        line = "".join(_height(counts.get(month, 0), top, heights) for month in shown)
        total = sum(counts.get(month, 0) for month in shown)
        yield Text.assemble(f"{site[:name]:{name}} ", (line, "green"), f" {total:,}")
        missed = [gaps.get(site, {}).get(month, 0) for month in shown]
        if any(missed):
            has_gaps = True
            below = "".join(marks[min(days // 10, 2)] if days else " " for days in missed)
            yield Text.assemble(f"{'':{name}} ", (below, "red"), f" {sum(missed):,} days without a crawl")
    if has_gaps:
        few, some, many = tuple(marks)
        yield Text(
            f"days of a month without a crawl: {few} fewer than 10, {some} fewer than 20, {many} 20 and more",
            style="dim",
        )
    if len(months) > len(largest):
        yield Text(f"and {len(months) - len(largest)} sites more", style="dim")


def _height(number: int, top: int, heights: str) -> str:
    """The character for a number of articles: the lowest bar for 1, the first character for 0."""
    return heights[-(-number * (len(heights) - 1) // top)]
