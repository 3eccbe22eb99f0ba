"""The commands about copies: `trace` and `compare` one article, `origins` of a whole archive, `publishers` of what is republished and
how late, `recluster` to find copies anew.

newsarchive trace 17        # who published it first, and every copy with what it left out
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from textwrap import fill
from typing import TYPE_CHECKING, Any

import click

from newsarchive import config, export
from newsarchive.cli import output
from newsarchive.cli.extract import short
from newsarchive.cli.opening import open_archive, open_reader
from newsarchive.cli.options import Day, db_option, hidden_option, option, output_option, range_option
from newsarchive.reprs import counted, origin_line
from newsarchive.times import written_day

if TYPE_CHECKING:
    from newsarchive.db.reading.lineage import Copy, Trace
    from newsarchive.db.reading.publishers import Publisher, Republication

#: Sentences that a copy cut, and that it added, in the tree; further ones are left out. `compare` prints all of them.
_MAX_SHOWN_SENTENCES = 2
#: Characters of a text in the tree; a longer one ends in an ellipsis.
_MAX_SHOWN_CHARACTERS = 100
#: Columns that the branches of the tree take before a text.
_TREE_COLUMNS = 12
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
  newsarchive trace https://blog.example/2025/04/post/
  newsarchive trace 17 --dot | dot -Tsvg > story.svg"""
)
@click.argument("which", metavar="URL|ID")
@option("json", help="Everything as one JSON object.")
@click.option("--dot", "as_dot", is_flag=True, help="The graph in the language of Graphviz.")
@hidden_option
@output_option
@db_option
def trace(which: str, as_json: bool, as_dot: bool, hidden: bool, db: str) -> None:
    """Where an article comes from, with the evidence, and every copy of it in the order of time.

    Each copy has its site, its likeness to the fullest one, what kind of copy it is (exact, edited,
    truncated) and what it dropped. Texts are compared as they are today: `newsarchive history` tells whether one was
    edited since, `compare` takes an earlier version. Times are UTC.
    """
    from newsarchive.db.reading import lineage
    from newsarchive.fields import origin_row

    output.at_most_one("trace", json=as_json, dot=as_dot)
    found = lineage.trace(open_reader(db), which, hidden=hidden)
    if as_json:
        # The origin has the names of `fields`, as in the output of every other command.
        named = export.plain(found) | export.plain(origin_row(found.origin))
        output.print_json(named, indent=2)
    elif as_dot:
        output.echo("\n".join(dot(found)))
    else:
        _print_tree(found)


def _print_tree(found: Trace) -> None:
    from rich.text import Text
    from rich.tree import Tree

    addresses = [found.url, found.original_url, *(copy.url for copy in found.copies)]
    addresses += [link.url for link in found.paraphrases]
    out, needed = output.console(), max(map(len, addresses)) + _TREE_COLUMNS
    room = max(_TREE_COLUMNS, out.width - _TREE_COLUMNS) if needed > out.width else 0
    # Rich cuts lines that are wider than the terminal. So it is told a greater width, the terminal wraps addresses, and
    # other texts are wrapped here.
    out.width = max(out.width, needed)

    def leaf(text: str, style: str = "") -> Text:
        if room:
            text = fill(text, room, break_long_words=False, break_on_hyphens=False)
        return Text(text, style=style)

    tree = Tree(leaf(found.headline or found.url, "bold"))
    source = tree.add(
        leaf(origin_line(found.origin) or "No other publisher is named: the blog's own, as far as it says")
    )
    if line := output.original_line(found.origin, found.original_url):
        source.add(leaf(line))
    if found.origin:
        if found.origin_from != found.url:
            source.add(leaf(f"named by the copy at {found.origin_from}"))
        for piece in found.origin.evidence:
            source.add(leaf(f"{piece.kind} ({piece.weight:.2f}): {short(piece.text, _MAX_SHOWN_CHARACTERS)}"))
    said = "No copy of it is in the archive"
    if found.size > 1:
        said = f"{counted(found.size, 'article')} with this text, the earliest first, by the dates that they state (UTC)"
    if (rest := found.size - len(found.copies)) > 0:
        said += f"; {rest} more not shown"
    copies = tree.add(leaf(said))
    for copy in found.copies:
        node = copies.add(leaf(_line(copy, found)))
        node.add(Text(copy.url, style="dim"))
        changed = copy.changes
        for mark, sentences in (("-", changed.cut), ("+", changed.added)) if changed else ():
            for sentence in sentences[:_MAX_SHOWN_SENTENCES]:
                node.add(leaf(f"{mark} {short(sentence, _MAX_SHOWN_CHARACTERS)}"))
    if found.paraphrases:
        spun = tree.add(leaf("Perhaps the same in other words (less sure than a copy)"))
        for link in found.paraphrases:
            told = (
                f"{link.published:%Y-%m-%d %H:%M}",
                link.site,
                f"score {link.score:.2f}",
                short(link.headline, _MAX_SHOWN_CHARACTERS),
            )
            node = spun.add(leaf(" · ".join(filter(None, told))))  # a post may have no headline
            node.add(Text(link.url, style="dim"))
            node.add(leaf(f"shares: {short('; '.join(link.shared), _MAX_SHOWN_CHARACTERS)}"))
    out.print(tree)


def _line(copy: Copy, found: Trace) -> str:
    marks = [name for name, i in (("earliest", found.earliest), ("this one", found.id)) if copy.id == i]
    counts = ", ".join(f"{n} {what}" for what, n in copy.counts.items() if n and what != "kept")
    parts = [f"{copy.published:%Y-%m-%d %H:%M}", copy.site, f"{copy.similarity:.0%}", copy.kind, *marks]
    parts += [f"sentences: {counts}"] if counts else []
    parts += [f"edited {counted(copy.edits, 'time')} by its site since the first crawl"] if copy.edits else []
    if copy.absent_at:
        parts.append(f"not in its feed on {copy.absent_at:%Y-%m-%d %H:%M}: its date may be false")
    return " · ".join(parts)


def dot(found: Trace) -> Iterator[str]:
    """The lines of a trace as a Graphviz graph. Edges lead from the origin to the earliest copy and from that to the other
    copies; dashed edges lead to possible paraphrases."""
    yield "digraph trace {"
    yield "  rankdir=LR; node [shape=box];"
    shown = {copy.id for copy in found.copies}
    if found.origin:
        yield f"  origin [label={_quoted(found.origin.name)}, shape=ellipse];"
        first = found.original_id if found.original_id in shown else found.earliest
        yield f'  origin -> a{first} [label="{found.origin.confidence:.2f}"];'
    for copy in found.copies:
        style = ", style=bold" if copy.id == found.id else ""
        counts = [f"{n} {what}" for what, n in copy.counts.items() if n and what != "kept"]
        label = "\n".join([copy.site, f"{copy.published:%Y-%m-%d %H:%M}", copy.kind, *counts])
        yield f"  a{copy.id} [label={_quoted(label)}, URL={_quoted(copy.url)}{style}];"
    for copy in found.copies:
        if copy.id != found.earliest:
            yield f'  a{found.earliest} -> a{copy.id} [label="{copy.similarity:.2f}"];'
    for link in found.paraphrases:
        label = f"{link.site}\n{link.published:%Y-%m-%d %H:%M}\nparaphrase?"
        yield f"  a{link.id} [label={_quoted(label)}, URL={_quoted(link.url)}, style=dashed];"
        yield f'  a{found.id} -> a{link.id} [label="{link.score:.2f}", style=dashed, dir=none];'
    yield "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


@click.command(
    epilog="""\b
Examples:
  newsarchive compare https://paper.example/full/ https://blog.example/copy/
  newsarchive compare "$(newsarchive cite 17 --version 1 | grep -o 'nwa:.*')" 42"""
)
@click.argument("full", metavar="URL|ID|IDENTIFIER")
@click.argument("copy", metavar="URL|ID|IDENTIFIER")
@option("json", help="Everything as one JSON object.")
@output_option
@db_option
def compare(full: str, copy: str, as_json: bool, db: str) -> None:
    """What the second article added (+), cut (-) and altered (~) against the first, sentence by sentence.

    Both are compared as they are today; the identifier of a citation (`newsarchive cite`) names an earlier version: what
    a publisher edited later is no change of the copy.
    """
    from newsarchive.db.reading import lineage

    found = lineage.compared(open_reader(db), full, copy)
    if as_json:
        output.print_json(found, indent=2)
        return
    for sentence in found.cut:
        output.echo(f"- {sentence}")
    for sentence in found.added:
        output.echo(f"+ {sentence}")
    for before, after in found.altered:
        output.echo(f"~ {before}")
        output.echo(f"  {after}")
    output.say(", ".join(f"{n} {what}" for what, n in found.counts.items()))


def _unknown(db: str, site: str, hidden: bool) -> str:
    """What to say where the archive does not know the site that was asked for; "" where it does."""
    from newsarchive.core.urls import domain_of
    from newsarchive.db.reading.statistics import site_names

    return output.no_such_site(domain_of(site), site_names(open_reader(db), hidden=hidden))


@click.command(
    epilog="""\b
Examples:
  newsarchive origins
  newsarchive origins --site blog.example --since 2025-01-01"""
)
@click.option("--site", help="Only what this site republishes.")
@click.option("--since", type=Day(), help="Only articles published since this day (UTC).")
@option("json")
@option("limit")
@hidden_option
@output_option
@db_option
def origins(
    site: str | None, since: datetime | None, as_json: bool, limit: int | None, hidden: bool, db: str
) -> None:
    """Who is republished by whom, how often, and how many hours after the original (median).

    A row: articles, site, publisher, its domain, hours ("?" where no date of an original is known).
    """
    from newsarchive.db.reading import lineage

    found = lineage.origins(open_reader(db), site=site, since=since, hidden=hidden)
    if not found:
        output.say(_unknown(db, site or "", hidden) or "no article names another publisher")
        raise SystemExit(1)
    if as_json:
        output.print_json(*found[:limit])
        return
    rows = [
        (one.articles, one.site, one.origin, one.origin_domain, "?" if one.delay_hours is None else f"{one.delay_hours:g}")
        for one in found[:limit]
    ]  # fmt: skip
    if output.on_terminal():
        header = ("articles", "hours later", "site", "first published by")
        table = [
            (articles, hours, on, f"{name} ({domain})" if domain else name)
            for articles, on, name, domain, hours in rows
        ]
        output.print_table(header, table, header[:2])
    else:
        output.print_rows((), rows)


@click.command(
    epilog="""\b
Examples:
  newsarchive recluster
  newsarchive recluster --afresh --db postgresql://localhost/news
  newsarchive recluster --paraphrases 0.7"""
)
@range_option("--articles", "Only articles with these ids: a part of the work, for one of many machines.")
@click.option("--afresh", is_flag=True, help="Begin anew, where an earlier run was stopped.")
@click.option(
    "--paraphrases",
    metavar="SCORE",
    type=click.FloatRange(0.3, 1.0),
    default=lambda: config.load()["paraphrases"],
    show_default="what your settings say",
    help="Also link what may be the same in other words, from this score on (0.3 to 1); off by default.",
)
@option("dry_run")
@db_option
def recluster(
    articles: tuple[int, int] | None, afresh: bool, paraphrases: float | None, dry_run: bool, db: str
) -> None:
    """Find the copies in the whole archive anew; call it again to go on after a stop.

    Needed where an earlier version filled the archive, which found no copies or fewer of them.
    """
    from newsarchive.db.near_duplicates import rebuild

    engine = open_archive(db)
    if articles is not None:
        number = rebuild.recluster_range(engine, *articles, dry_run=dry_run)
        output.say(
            f"would compare {counted(number, 'article')}; nothing was written"
            if dry_run
            else f"{counted(number, 'article')} compared"
        )
        return
    goes_on = paraphrases is not None and not afresh and rebuild.is_stopped(engine, paraphrases)
    if dry_run:
        from newsarchive.db.reading.search import Filters, count

        number = count(open_reader(db), "", Filters(hidden=True))
        if not goes_on:
            output.say(f"would compare {counted(number, 'article')}; nothing was written")
        if paraphrases is not None:
            output.say(f"would look for paraphrases among {counted(number, 'article')}; nothing was written")
        return
    if not goes_on:
        with output.progress_bar("comparing") as show:
            done = rebuild.recluster(engine, afresh=afresh, progress=show)
        output.say(f"{counted(done, 'article')} compared")
    if paraphrases is not None:
        with output.progress_bar("looking for paraphrases") as show:
            links = rebuild.relink(engine, paraphrases, show, afresh=afresh)
        output.say(f"{links} links between articles that may say the same in other words")


@click.command(
    epilog="""\b
Examples:
  newsarchive publishers
  newsarchive publishers paper.example
  newsarchive publishers --every-copy --csv > copies.csv
  newsarchive publishers --credited --json"""
)
@click.argument("publisher", required=False, default="", metavar="[PUBLISHER]")
@click.option("--every-copy", is_flag=True, help="A row for each copy of every publisher.")
@click.option("--site", default="", metavar="DOMAIN", help="Only copies on this site.")
@click.option("--since", type=Day(), help="Only copies published since this day (UTC).")
@click.option(
    "--credited", is_flag=True, help="Leave out stories whose original is only known by being the earliest."
)
@option("csv")
@option("json")
@option("limit")
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

    output.at_most_one("publishers", csv=as_csv, json=as_json)
    found = republications(
        open_reader(db), publisher, site=site, credited=credited, hidden=hidden,
        since=since,
    )  # fmt: skip
    if not found:
        output.say(
            _unknown(db, site, hidden)
            or "no copy with its original in the archive; `newsarchive origins` counts credits alone"
            + (f" (asked for {publisher!r})" if publisher else "")
        )
        raise SystemExit(1)
    if publisher or every_copy:
        copies = found[:limit]
        if output.on_terminal() and not (as_csv or as_json):
            _print_stories(copies)
        else:
            rows = ({name: getattr(one, name) for name in _COPIES} for one in copies)
            output.print_records(copies, _COPIES, rows, as_csv=as_csv, as_json=as_json)
        return
    those = by_publisher(found)[:limit]
    if not output.on_terminal() or as_csv or as_json:
        table = list(map(_row_of_publisher, those))
        output.print_records(those, list(table[0]), table, as_csv=as_csv, as_json=as_json)
        return
    names = ("stories", "copies", "sites", "first in", "hours", "quartiles", "same", "edited", "new")
    drawn = [
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
        for one in those
    ]
    output.print_table((*names, "published first by"), drawn, names)


def _row_of_publisher(one: Publisher) -> dict[str, Any]:
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


def _hours(delay: float) -> str:
    """Hours, from a hundred on without a fraction: the table is as wide as a terminal."""
    return f"{delay:.0f}" if abs(delay) >= 100 else f"{delay:g}"


def _print_stories(found: Sequence[Republication]) -> None:
    """Print a line for each original, and below it one for each of its copies."""
    for _, copies in groupby(found, lambda one: one.original_id):
        for number, one in enumerate(copies):
            if not number:
                day = written_day(one.original_published) or "no date   "
                output.echo(f"{day}  {one.publisher_site}  {one.original_headline}")
                output.echo(f"    {one.original_url}")
            headline = "the same headline" if one.headline_change == "same" else one.headline
            guess = _GUESS if one.known_by == "earliest" else ""
            output.echo(f"  {one.place}. {_later(one)}, {one.site}{guess}: {headline}")
            output.echo(f"    {one.copy_url}")


def _later(one: Republication) -> str:
    if one.delay_hours is None:
        return "no date to compare"
    if one.is_to_the_day:
        days = round(one.delay_hours / 24)
        if not days:
            return "on the same day"
        return f"{counted(abs(days), 'day')} {'later' if days > 0 else 'earlier'}"
    hours = abs(one.delay_hours)
    return f"{hours:g} hour{'s' * (hours != 1)} {'later' if one.delay_hours >= 0 else 'earlier'}"
