"""`newsarchive publishers`: who publishes first, how long after it the copies follow, and what became of the headlines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from newsarchive.cli import output
from newsarchive.cli.opening import open_reader
from newsarchive.cli.options import (
    Day,
    csv_option,
    db_option,
    hidden_option,
    json_option,
    limit_option,
    output_option,
)
from newsarchive.cli.output import at_most_one, echo, on_terminal, print_records, say
from newsarchive.reprs import counted

if TYPE_CHECKING:
    from newsarchive.db.reading.publishers import Publisher, Republication

Row = dict[str, Any]

#: Stands behind the name of a copy's site where no article of the story credits anybody.
_GUESS = " (nobody is credited; merely later)"
#: The columns of the table of copies.
_COPIES = (
    "publisher_site", "publisher", "original_published", "original_headline", "place", "site", "published",
    "delay_hours", "is_to_the_day", "headline_change", "headline", "known_by",
    "original_id", "copy_id", "original_url", "copy_url",
)  # fmt: skip


@click.command(
    epilog="""\b
Examples:
  newsarchive publishers                        # a line for each publisher
  newsarchive publishers paper.example          # each copy of its articles: order, delay, both headlines
  newsarchive publishers --every-copy --csv > copies.csv
  newsarchive publishers --credited --json      # without stories in which nobody is credited"""
)
@click.argument("publisher", required=False, default="", metavar="[PUBLISHER]")
@click.option("--every-copy", is_flag=True, help="A row for each copy of every publisher.")
@click.option("--site", default="", metavar="DOMAIN", help="Only copies on this site.")
@click.option("--since", type=Day(), help="Only copies published since this day (UTC).")
@click.option(
    "--credited", is_flag=True, help="Leave out stories whose original is only known by being the earliest."
)
@csv_option
@json_option
@limit_option
@hidden_option
@output_option
@db_option
def publishers(
    publisher: str,
    every_copy: bool,
    site: str,
    since: datetime | None,
    credited: bool,
    as_csv: bool,
    as_json: bool,
    limit: int | None,
    hidden: bool,
    db: str,
) -> None:
    """Who publishes first, how many hours later the copies follow (quartiles), and what became of the headlines
    (the same, edited, new).

    Counts the stories whose original the archive holds beside a copy on another site. Without PUBLISHER there is
    a row for each publisher. With PUBLISHER, a part of a name or domain, there is a row for each copy of its articles.
    """
    from newsarchive.db.reading.publishers import by_publisher, republications

    at_most_one("publishers", csv=as_csv, json=as_json)
    found = republications(
        open_reader(db), publisher, site=site, credited=credited, hidden=hidden,
        since=since,
    )  # fmt: skip
    if not found:
        say(
            "no copy with its original in the archive; `newsarchive origins` counts credits alone"
            + (f" (asked for {publisher!r})" if publisher else "")
        )
        raise SystemExit(1)
    if publisher or every_copy:
        copies = found[:limit]
        if on_terminal() and not (as_csv or as_json):
            for line in _stories(copies):
                echo(line)
        else:
            rows = ({name: getattr(one, name) for name in _COPIES} for one in copies)
            print_records(copies, _COPIES, rows, as_csv=as_csv, as_json=as_json)
        return
    those = by_publisher(found)[:limit]
    if on_terminal() and not (as_csv or as_json):
        _draw(those)
    else:
        table = list(map(_row_of_publisher, those))
        print_records(those, list(table[0]), table, as_csv=as_csv, as_json=as_json)


def _row_of_publisher(one: Publisher) -> Row:
    delays = one.delays
    return {
        **{name: getattr(one, name) for name in ("site", "publisher", "stories", "copies", "credited")},
        "copying_sites": len(one.sites),
        "dated_stories": one.dated_stories,
        "first_in": one.first_in,
        "timed_copies": delays.copies if delays else 0,
        "lower_quartile_hours": delays.lower if delays else None,
        "median_hours": delays.median if delays else None,
        "upper_quartile_hours": delays.upper if delays else None,
        **{f"headlines_{change.value}": number for change, number in one.headlines.items()},
    }


def _draw(found: Sequence[Publisher]) -> None:
    names = ("stories", "copies", "sites", "first in", "hours", "quartiles", "same", "edited", "new")
    rows = [
        (
            one.stories,
            one.copies,
            len(one.sites),
            f"{one.first_in} of {one.dated_stories}",
            _hours(one.delays.median) if one.delays else "?",
            f"{_hours(one.delays.lower)} to {_hours(one.delays.upper)}" if one.delays else "?",
            *one.headlines.values(),
            f"{one.publisher} ({one.site})" if one.publisher else one.site,
        )
        for one in found
    ]
    output.print_table((*names, "published first by"), rows, names)


def _hours(delay: float) -> str:
    """Hours, from a hundred on without a fraction: the table is as wide as a terminal."""
    return f"{delay:.0f}" if abs(delay) >= 100 else f"{delay:g}"


def _stories(found: Sequence[Republication]) -> Iterator[str]:
    """A line for each original, and below it one for each of its copies."""
    for _, copies in groupby(found, lambda one: one.original_id):
        for number, one in enumerate(copies):
            if not number:
                yield f"{_day(one.original_published)}  {one.publisher_site}  {one.original_headline}"
                yield f"    {one.original_url}"
            headline = "the same headline" if one.headline_change == "same" else one.headline
            yield f"  {one.place}. {_later(one)}, {one.site}{_GUESS if one.known_by == 'earliest' else ''}: {headline}"
            yield f"    {one.copy_url}"


def _day(moment: datetime | None) -> str:
    return moment.date().isoformat() if moment else "no date   "


def _later(one: Republication) -> str:
    if one.delay_hours is None:
        return "no date to compare"
    if one.is_to_the_day:
        days = round(one.delay_hours / 24)
        if not days:
            return "on the same day"
        return f"{counted(abs(days), 'day')} {'later' if days > 0 else 'earlier'}"
    return f"{abs(one.delay_hours):g} hours {'later' if one.delay_hours >= 0 else 'earlier'}"
