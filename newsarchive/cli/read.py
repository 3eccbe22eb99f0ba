"""`newsarchive show`, `search` and `stats`: what is stored."""

from __future__ import annotations

from typing import Any

import click

from newsarchive.cli.common import console, db_option, open_reader, print_article, say


@click.command(
    epilog="""\b
Examples:
  newsarchive show https://blog.example/2025/04/post/
  newsarchive show 17 --json"""
)
@click.argument("which", metavar="URL|ID")
@click.option("--json", "as_json", is_flag=True, help="The whole record as one JSON object.")
@db_option
def show(which: str, as_json: bool, db: str) -> None:
    """Print the stored article with this URL or ID."""
    from newsarchive import export
    from newsarchive.db import query

    article = query.get(open_reader(db), which)
    if as_json:
        click.echo(export.to_json(article, indent=2))
    else:
        print_article(article)


@click.command(
    epilog="""\b
Examples:
  newsarchive search ferry harbour
  newsarchive search '"free trade" OR tariff*' --limit 50 | head"""
)
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many rows.")
@db_option
def search(words: tuple[str, ...], limit: int, db: str) -> None:
    """Find articles by their WORDS: "a phrase", begin*, OR, NOT. One row each: ID, day, headline, URL."""
    from newsarchive.db import query

    hits = query.search(open_reader(db), " ".join(words), limit=limit)
    if not hits:
        say(f"nothing found for: {' '.join(words)}")
        raise SystemExit(1)
    for hit in hits:
        day = hit.date_published.date().isoformat() if hit.date_published else "-"
        click.echo(f"{hit.id}\t{day}\t{hit.headline}\t{hit.url}")


@click.command(
    epilog="""\b
Example:
  newsarchive stats --db newsarchive.db"""
)
@db_option
def stats(db: str) -> None:
    """What the archive holds: articles by site and language, repairs, dropped lines, origins."""
    from newsarchive.db import query

    found = query.stats(open_reader(db))
    print_counts(
        "archive", {"articles": found.articles, "revisions": found.revisions, "sites": len(found.sites)}
    )
    print_counts("disk, in bytes", {"database": found.disk, "raw captures": found.warc})
    for title, counts in (
        ("articles by site", found.sites),
        ("articles by language", found.languages),
        ("articles by origin", found.origins),
        ("repairs by codec", found.repairs),
        ("lines left out by kind", found.dropped),
    ):
        print_counts(title, counts)


def print_counts(title: str, counts: Any) -> None:
    """A small table on a terminal, tab-separated rows elsewhere."""
    out = console()
    if not out.is_terminal:
        for name, n in counts.items():
            click.echo(f"{title}\t{name}\t{n}")
        return
    from rich.table import Table

    table = Table(title=title, title_justify="left", show_header=False, min_width=len(title) + 4)
    table.add_column()
    table.add_column(justify="right")
    for name, n in counts.items():
        table.add_row(str(name), str(n))
    if counts:
        out.print(table)
