"""`newsarchive changes`: what publishers edited, took away or changed in date and authors, for all articles, between two days."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from newsarchive.cli import output
from newsarchive.cli.opening import open_reader
from newsarchive.cli.options import csv_option, db_option, option, output_option
from newsarchive.cli.output import at_most_one, on_terminal, print_records, say
from newsarchive.times import isoformat

if TYPE_CHECKING:
    from newsarchive.db.reading.changes import Happened

#: The columns of the table of changes.
_NAMES = ("seen_at", "last_seen_before", "kind", "id", "version", "site", "headline", "what", "url")
#: The words for `--kind`, as `db.reading.changes.Happening` has them.
KINDS = ("edited", "vanished", "details")


@click.command(
    epilog="""\b
Examples:
  newsarchive changes --since 2025-05-01 --until 2025-05-07
  newsarchive changes blog.example --kind vanished
  newsarchive changes --csv > changes.csv"""
)
@click.argument("site", required=False, default="", metavar="[SITE]")
@click.option("--since", metavar="DAY", help="Only what a crawl saw on this day (UTC) or later.")
@click.option("--until", metavar="DAY", help="Only what a crawl saw on this day or before.")
@click.option(
    "--kind",
    "kinds",
    type=click.Choice(KINDS),
    multiple=True,
    help="Only this: edited (text or headline), vanished (the page was deleted) or details (date, authors or another field);"
    " give it again for a second kind.",
)
@option("limit", help="At most this many; by default all.")
@csv_option
@option("json", help="One JSON object a change.")
@output_option
@db_option
def changes(
    site: str,
    since: str | None,
    until: str | None,
    kinds: tuple[str, ...],
    limit: int | None,
    as_csv: bool,
    as_json: bool,
    db: str,
) -> None:
    """What publishers changed after publication, of all articles or those of SITE, the newest first.

    A change happened between two moments (UTC): a crawl saw the page for the last time as it was before, and then changed. What
    newsarchive reads better is no such change. `newsarchive diff ID` shows the words of an edit.
    """
    from newsarchive.db.reading import changes as reading
    from newsarchive.db.reading.search import day as day_of
    from newsarchive.db.reading.statistics import site_names

    at_most_one("changes", csv=as_csv, json=as_json)
    source, domain = open_reader(db), site.lower().removeprefix("www.")
    found = reading.changes(
        source,
        kinds=[reading.Happening(kind) for kind in dict.fromkeys(kinds or KINDS)],
        site=domain,
        since=day_of(since, "since"),
        until=day_of(until, "until"),
        limit=limit,
    )
    if not found:
        unknown = output.no_such_site(domain, site_names(source, hidden=True))
        say(unknown or "no change was seen" + (" in these days" if since or until else ""))
        raise SystemExit(1)
    if as_csv or as_json:
        table = (dict(zip(_NAMES, row, strict=True)) for row in _rows(found))
        print_records(found, _NAMES, table, as_csv=as_csv, as_json=as_json)
    else:
        # A terminal shows what changed whole, as the last column; the address stands in `newsarchive show ID`.
        shown, arrow = (-1, "→") if on_terminal() else (len(_NAMES), "->")
        header = [name.replace("_", " ") for name in _NAMES[:shown]]
        output.print_rows(header, [row[:shown] for row in _rows(found, arrow)], ("id", "version"))


def _rows(found: list[Happened], arrow: str = "->") -> Iterator[tuple[object, ...]]:
    for one in found:
        what = ""
        if one.field:
            what = f"{one.field}: {'; '.join(one.before) or '-'} {arrow} {'; '.join(one.after) or '-'}"
        elif one.headline_before and one.headline_before != one.headline:
            what = f"headline: {one.headline_before} {arrow} {one.headline}"
        moments = isoformat(one.seen_at), isoformat(one.last_seen_before) if one.last_seen_before else ""
        yield (*moments, one.kind.value, one.id, one.version or "", one.site, one.headline, what, one.url)
