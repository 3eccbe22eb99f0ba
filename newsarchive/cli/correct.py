"""`newsarchive correct`: fields that a person knows better than the page says.

newsarchive correct 17 --author 'Jane Doe' --reason 'the printed edition names her'
newsarchive correct undo 17
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from newsarchive.cli import output
from newsarchive.cli.opening import open_archive, open_reader, rules_in_force
from newsarchive.cli.options import AddressGroup, Day, db_option, option, output_option
from newsarchive.cli.output import say
from newsarchive.exceptions import UsageError

if TYPE_CHECKING:
    from newsarchive.db.writing.corrections import Wanted
    from newsarchive.db.writing.field_changes import Change
    from newsarchive.items import Article, Origin

#: The name of an option → the field that it corrects.
FIELDS = {
    "author": "authors", "published": "date_published", "section": "article_section", "keyword": "keywords",
    "language": "in_language", "origin": "origin",
}  # fmt: skip


@click.group(
    cls=AddressGroup,
    epilog="""\b
Examples:
  newsarchive correct add 17 --author 'Jane Doe' --author 'dpa (agency)' --reason 'the printed edition names them'
  newsarchive correct add 17 --published 2009-04-30 --reason 'date of the printed edition' --by 'A. Editor'
  newsarchive correct add 17 --origin 'Harbour Gazette' --origin-url https://harbourgazette.example/ferry --reason 'clipping'
  newsarchive correct undo 17 author
  newsarchive correct list""",
)
def correct() -> None:
    """Correct fields of an article by hand: add, undo, list. Each takes --db.

    A correction stays when the page is read again, and the history has it. Texts and headlines are evidence: they are not corrected.
    """


@correct.command(
    "add", epilog="\b\nExample:\n  newsarchive correct add 17 --author 'Jane Doe' --reason 'printed edition'"
)
@click.argument("which", metavar="URL|ID")
@click.option(
    "--author",
    multiple=True,
    metavar="NAME",
    help="An author, may repeat; '' for none. 'dpa (agency)' is no person.",
)
@click.option("--published", metavar="DAY", type=Day(), help="When it was published; a time is taken too.")
@click.option("--section", metavar="TEXT", help="Its section; '' for none.")
@click.option("--keyword", multiple=True, metavar="TEXT", help="A tag, may repeat; '' for none.")
@click.option("--language", metavar="CODE", help="Its language, a BCP 47 code.")
@click.option("--origin", metavar="NAME", help="Who published it first; '' for a post of the blog's own.")
@click.option("--origin-url", metavar="URL", help="The address of the original.")
@click.option("--reason", required=True, metavar="TEXT", help="Why, for those who ask later.")
@click.option("--by", "decided_by", default="", metavar="NAME", help="Who says so.")
@option("dry_run")
@db_option
def add(which: str, reason: str, decided_by: str, dry_run: bool, db: str, **given: Any) -> None:
    """Correct fields of an article. What is not named stays as the page says it."""
    from newsarchive.db.writing.corrections import correct as corrected

    wanted = _wanted(given)
    _print(corrected(open_archive(db), which, wanted, reason, decided_by, dry_run=dry_run), dry_run)


@correct.command("undo", epilog="\b\nExample:\n  newsarchive correct undo 17 author")
@click.argument("which", metavar="URL|ID")
@click.argument("names", metavar="[FIELD]...", nargs=-1, type=click.Choice(list(FIELDS)))
@option("dry_run")
@db_option
def undo(which: str, names: tuple[str, ...], dry_run: bool, db: str) -> None:
    """Give fields back to what the page says; without FIELD all that were corrected."""
    from newsarchive.db.writing.corrections import undo as undone

    _print(undone(open_archive(db), which, [FIELDS[name] for name in names], dry_run=dry_run), dry_run)


@correct.command("list", epilog="Example: newsarchive correct list --all --json")
@click.option("--all", "everything", is_flag=True, help="Also those that were taken back or replaced.")
@option("json")
@output_option
@db_option
def list_corrections(everything: bool, as_json: bool, db: str) -> None:
    """What was corrected, the newest first: ID, day, field, what the page says, what holds, reason, who says so, address."""
    from newsarchive.db.reading.corrections import corrections

    found = corrections(open_reader(db), everything=everything)
    if as_json:
        output.print_json(*found)
    elif not found:
        say("nothing is corrected")
    else:
        names = ("id", "since", "field", "page", "corrected", "reason", "by", "address")
        rows = [
            (one.article_id, f"{one.made_at:%Y-%m-%d}", one.field + (" (undone)" if one.undone_at else ""),
             one.before or "-", one.after or "-", one.reason, one.decided_by or "-", one.url)
            for one in found
        ]  # fmt: skip
        output.print_rows(names, rows, ("id",))


def _print(changes: list[Change], dry_run: bool) -> None:
    for change in changes:
        output.echo(f"{change.field}\t{_words(change.before)}\t{_words(change.after)}")
    if not changes:
        say("the values are the same as before")
    if dry_run:
        say("nothing was written")


def _words(values: tuple[str, ...]) -> str:
    return ", ".join(value for value in values if value) or "-"


def _wanted(given: dict[str, Any]) -> Wanted:
    """What makes the values of the fields that options name. Raises `UsageError`."""
    from newsarchive.db.reading.earlier_fields import authors_of
    from newsarchive.db.writing.corrected import origin_value
    from newsarchive.db.writing.corrections import BY_HAND
    from newsarchive.reprs import language_tag

    wanted: dict[str, Callable[[Article], list[Any]]] = {}
    if given["author"]:
        names = authors_of([name.strip() for name in given["author"] if name.strip()])
        wanted["authors"] = lambda article: [[one.name, one.kind, one.url] for one in names]
    if (day := given["published"]) is not None:
        wanted["date_published"] = lambda article: [_moment(day), "", BY_HAND]
    if given["section"] is not None:
        wanted["article_section"] = lambda article: [given["section"].strip()]
    if given["keyword"]:
        wanted["keywords"] = lambda article: [word.strip() for word in given["keyword"] if word.strip()]
    if (language := given["language"]) is not None:
        if language_tag(language) != language:
            raise UsageError(f"--language {language!r}: give a BCP 47 code, as de or pt-BR")
        wanted["in_language"] = lambda article: [language, BY_HAND]
    if given["origin_url"] and not given["origin"]:
        raise UsageError("--origin-url needs --origin, the name of who published first")
    if given["origin"] is not None:
        wanted["origin"] = lambda article: origin_value(_origin(article.origin, **given))
    if not wanted:
        raise UsageError(f"correct: which field? Give one of {', '.join(f'--{name}' for name in FIELDS)}")
    return wanted


def _moment(day: datetime) -> str:
    return day.isoformat()


def _origin(read: Origin | None, origin: str, origin_url: str | None, **_: Any) -> Origin | None:
    """The origin that a person names. What the page prints of its own origin (credit and copyright lines) stays."""
    from newsarchive.core.origin.publishers import by_name
    from newsarchive.core.urls import check_start_url, site_of
    from newsarchive.items import Origin

    if not (name := origin.strip()):
        return None
    if read and read.name == name and not origin_url:
        return replace(read, confidence=1.0)
    url = check_start_url(origin_url) if origin_url else ""
    known = by_name(name, rules_in_force())
    domain = site_of(url) if url else known.domain if known else ""
    named = Origin(name, domain, url, confidence=1.0)
    return replace(read, name=name, domain=domain, url=url, confidence=1.0) if read else named
