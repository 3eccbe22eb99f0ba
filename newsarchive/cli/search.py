"""`newsarchive search`: articles by their words, and by what is known of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from newsarchive.cli.common import console, db_option, on_terminal, open_reader, say
from newsarchive.cli.narrowing import chosen, filter_options, say_nothing_found
from newsarchive.cli.options import option, output_option
from newsarchive.exceptions import UsageError

if TYPE_CHECKING:
    from rich.text import Text

    from newsarchive.db.reading.search import Hit

#: What stands around a found word before it is coloured; no text has them (Unicode's private use).
_START, _END = "\ue000", "\ue001"


@click.command(
    epilog="""\b
Examples:
  newsarchive search ferry harbour
  newsarchive search '"free trade" OR tariff*' --since 2025-01-01 --language en --page 2
  newsarchive search --site blog.example --order date --csv --bom > articles.csv"""
)
@click.argument("words", nargs=-1)
@filter_options
@click.option(
    "--order",
    type=click.Choice(["rank", "date"]),
    default="rank",
    show_default=True,
    help="Best or newest first.",
)
@option("limit", default=20, show_default=True, help="At most this many rows.")
@click.option("--offset", type=click.IntRange(0), default=0, help="Leave out this many rows first.")
@click.option("--page", type=click.IntRange(1), help="The second, third, … LIMIT rows.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a row.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV with a line of names.")
@click.option("--bom", is_flag=True, help="With --csv: the mark by which Excel knows UTF-8 goes first.")
@output_option
@db_option
def search(
    words: tuple[str, ...], order: str, limit: int, offset: int, page: int | None,
    as_json: bool, as_csv: bool, bom: bool, db: str, **options: Any,
) -> None:  # fmt: skip
    """Find articles by their WORDS: "a phrase", begin*, OR, NOT. Without any, all that pass the filters.

    A row has ID, day, headline and URL, with tabs between them; on a terminal the found words in their place.
    """
    from newsarchive.db.reading.search import MARKS, Marks
    from newsarchive.db.reading.search import search as find

    wanted, asked = chosen(options), " ".join(words)
    if not asked and not wanted.any:
        raise UsageError("search: nothing to look for; type words, or a filter such as --site (see --help)")
    if page and offset:
        raise UsageError("search: --page and --offset both say where to begin; give one")
    if bom and not as_csv:
        raise UsageError("search: --bom is the mark of a CSV file; give --csv too")
    begin = (page - 1) * limit if page else offset
    coloured = on_terminal() and not as_json and not as_csv
    source = open_reader(db)
    marks = Marks(_START, _END) if coloured else MARKS
    hits = find(source, asked, filters=wanted, order=order, limit=limit, offset=begin, marks=marks)
    if not hits and not begin:
        say_nothing_found(source, asked, wanted)
        raise SystemExit(1)
    _print(hits, as_json, as_csv, bom, coloured)
    if begin or len(hits) == limit:
        from newsarchive.db.reading.search import count

        _say_more(len(hits), begin, limit, count(source, asked, wanted))


def _say_more(shown: int, begin: int, limit: int, total: int) -> None:
    """Which of how many were shown, and how to see the next."""
    if not shown:
        say(f"no more: there are {total}")
        raise SystemExit(1)
    left = total - begin - shown
    onward = f"--page {begin // limit + 2}" if begin % limit == 0 else f"--offset {begin + shown}"
    more = f"; {left} more: {onward}" if left > 0 else ""
    if begin or left > 0:
        say(f"{begin + 1} to {begin + shown} of {total}{more}")


def _print(hits: list[Hit], as_json: bool, as_csv: bool, bom: bool, coloured: bool) -> None:
    if as_json:
        from newsarchive import export

        for hit in hits:
            click.echo(export.to_json(hit))
    elif as_csv:
        _print_csv(hits, bom)
    elif coloured:
        _print_coloured(hits)
    else:
        for hit in hits:
            click.echo(f"{hit.id}\t{_day(hit)}\t{hit.headline}\t{hit.url}")


def _print_csv(hits: Iterable[Hit], with_bom: bool) -> None:
    import sys
    from dataclasses import asdict, fields

    from newsarchive.db.reading.search import Hit
    from newsarchive.export.text import write_rows

    names = [field.name for field in fields(Hit)]
    out = sys.stdout.buffer
    write_rows(names, map(asdict, hits), out, with_bom=with_bom, line_end="\n")
    out.flush()


def _print_coloured(hits: Iterable[Hit]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    out = console()
    for hit in hits:
        parts = [str(hit.id), _day(hit), hit.site, hit.origin and f"from {hit.origin}", hit.in_language]
        out.print(Text(hit.headline or hit.url, style="bold"))
        out.print(Text(" · ".join(part for part in parts if part), style="cyan"))
        out.print(Text(hit.url, style="dim"), soft_wrap=True)
        out.print(Padding(_snippet(hit.snippet, bool(out.color_system)), (0, 0, 1, 2)))


def _snippet(marked: str, colours: bool) -> Text:
    """The snippet with its found words in colour, or between asterisks where there are no colours."""
    from rich.text import Text

    if not colours:
        return Text(marked.replace(_START, "**").replace(_END, "**"))
    text = Text()
    for i, piece in enumerate(marked.split(_START)):
        found, end, rest = piece.partition(_END) if i else ("", "", piece)
        text.append(found if end else "", style="bold yellow")
        text.append(rest if end or not i else piece)
    return text


def _day(hit: Hit) -> str:
    return hit.date_published.date().isoformat() if hit.date_published else "-"
