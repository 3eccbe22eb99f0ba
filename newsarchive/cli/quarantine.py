"""`newsarchive quarantine`: lists pages of low confidence, and lets a person accept or drop them."""

from __future__ import annotations

import click

from newsarchive.cli import output
from newsarchive.cli.opening import open_archive, open_reader
from newsarchive.cli.options import Group, db_option, dry_run_option, json_option, limit_option, output_option
from newsarchive.cli.output import echo, on_terminal, print_article, say
from newsarchive.exceptions import NoSuchArticle


@click.group(
    cls=Group,
    epilog="""\b
Examples:
  newsarchive quarantine list
  newsarchive quarantine show 17
  newsarchive quarantine accept 17 18
  newsarchive quarantine drop 19 --reason 'a list of links'""",
)
def quarantine() -> None:
    """Pages that were kept but may not be articles: list, show, accept, drop. Each takes --db.

    Nothing that reads the archive shows or counts them until they are accepted, unless it is given --hidden, or
    the URL or ID of one: searches, exports, figures, stories, `newsarchive web` and the views are alike.
    """


@quarantine.command("list", epilog="Example: newsarchive quarantine list --all --json")
@click.option("--all", "everything", is_flag=True, help="Also the pages that were accepted or dropped.")
@json_option
@limit_option
@output_option
@db_option
def list_(everything: bool, as_json: bool, limit: int | None, db: str) -> None:
    """What waits, the newest first: ID, state, confidence, words, headline, URL, reason."""
    from newsarchive.db.reading.quarantine import STATES, waiting

    found = waiting(open_reader(db), STATES if everything else ("waiting",))
    if not found:
        say("nothing is in quarantine")
    elif as_json:
        output.print_json(*found[:limit])
    else:
        # A terminal shows no reason: `quarantine show` has it.
        end = -1 if on_terminal() else None
        header = ("id", "state", "confidence", "words", "headline", "address")
        rows = [
            (one.id, one.state, f"{one.confidence:.2f}", one.word_count, one.headline or ("" if end is None else "(no headline)"), one.url, one.reason)[:end]
            for one in found[:limit]
        ]  # fmt: skip
        output.print_rows(header, rows, ("id", "confidence", "words"))
        if on_terminal():
            say("newsarchive quarantine show ID says why a page waits")


@quarantine.command("show", epilog="Example: newsarchive quarantine show 17")
@click.argument("which", metavar="URL|ID")
@output_option
@db_option
def show(which: str, db: str) -> None:
    """Why a page waits, and its text as it would be read; `newsarchive explain` says more."""
    from newsarchive.db.reading import articles
    from newsarchive.db.reading.quarantine import state_of
    from newsarchive.db.readonly import reading

    source = open_reader(db)
    article = articles.get(source, which)
    with reading(source) as reader:
        state, reason = state_of(reader, article.id)
    if not state:
        raise NoSuchArticle(f"article {which} is not in quarantine: see `newsarchive show {article.id}`")
    print_article(article)
    say(f"{state}: {reason or 'no reason given'}")


@quarantine.command("accept", epilog="Example: newsarchive quarantine accept 17 18")
@click.argument("which", metavar="URL|ID...", nargs=-1, required=True)
@click.option("--reason", default="", metavar="TEXT", help="What to remember of the decision.")
@dry_run_option
@db_option
def accept(which: tuple[str, ...], reason: str, dry_run: bool, db: str) -> None:
    """Make these pages articles for readers; it stays so when they are read again."""
    _decide(which, "accepted", reason, dry_run, db)


@quarantine.command("drop", epilog="Example: newsarchive quarantine drop 19 --reason 'a list of links'")
@click.argument("which", metavar="URL|ID...", nargs=-1, required=True)
@click.option("--reason", required=True, metavar="TEXT", help="Why, for those who ask later.")
@dry_run_option
@db_option
def drop(which: tuple[str, ...], reason: str, dry_run: bool, db: str) -> None:
    """Hide these articles from readers. Nothing is deleted: `accept` brings them back."""
    _decide(which, "dropped", reason, dry_run, db)


def _decide(which: tuple[str, ...], state: str, reason: str, dry_run: bool, db: str) -> None:
    from newsarchive.db.writing.quarantine import decide

    engine = open_archive(db)
    for one in which:
        row = decide(engine, one, state, reason, dry_run=dry_run)
        echo(f"{row.id}\t{state}\t{row.headline}")
    if dry_run:
        say("nothing was written")
