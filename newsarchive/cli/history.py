"""`newsarchive history` and `newsarchive diff`: the versions of an article, and what changed between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from newsarchive.cli.common import COLUMN, console, db_option, on_terminal, open_reader
from newsarchive.cli.options import output_option
from newsarchive.cli.paging import paged, pager_option

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from newsarchive.core.text.diff import Change
    from newsarchive.db.reading.articles import Version


@click.command(
    epilog="""\b
Example:
  newsarchive history https://blog.example/2025/04/post/"""
)
@click.argument("which", metavar="URL|ID")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a version, with its text.")
@output_option
@db_option
def history(which: str, as_json: bool, db: str) -> None:
    """The versions of an article: number, when first seen, what changed it, headline.

    `publisher` means that the page changed, `extractor` that another version of newsarchive reads the same page
    otherwise, `site` that more was learned of the site. A change of a field that is no part of the text (a date, the
    authors, the section) has a line of its own below the version that was current then.
    """
    from newsarchive import export
    from newsarchive.db.reading.articles import history as versions

    found = versions(open_reader(db), which)
    if on_terminal() and not as_json:
        from newsarchive.cli import tables

        tables.show(("version", "seen", "changed by", "headline, or what changed"), _history_rows(found))
        return
    for version in found:
        if as_json:
            click.echo(export.to_json(version))
        else:
            mark = "*" if version.current else ""
            click.echo(
                f"{version.version}{mark}\t{version.seen_at:%Y-%m-%d %H:%M}\t{version.change_kind}\t{version.headline}"
            )
            for moved in version.fields:
                click.echo(
                    f"{version.version}{mark}\t{moved.seen_at:%Y-%m-%d %H:%M}\t{moved.change_kind}\t{moved.field}:"
                    f" {_plain(moved.value_before)} -> {_plain(moved.value_after)}"
                )


def _history_rows(found: Iterable[Version]) -> Iterator[tuple[str, str, str, str]]:
    """A row for each version, and one for each change of a field while it was current."""
    for version in found:
        number = f"{version.version}{'*' if version.current else ''}"
        yield number, f"{version.seen_at:%Y-%m-%d %H:%M}", version.change_kind, version.headline
        for moved in version.fields:
            change = f"{moved.field}: {_plain(moved.value_before)} → {_plain(moved.value_after)}"
            yield number, f"{moved.seen_at:%Y-%m-%d %H:%M}", moved.change_kind, change


@click.command(
    epilog="""\b
Examples:
  newsarchive diff https://blog.example/2025/04/post/
  newsarchive diff 17 1 3 --unified"""
)
@click.argument("which", metavar="URL|ID")
@click.argument("first", metavar="[VERSION", type=click.IntRange(1), required=False)
@click.argument("second", metavar="VERSION]", type=click.IntRange(1), required=False)
@click.option("--html", "as_html", is_flag=True, help="As HTML with <ins> and <del>.")
@click.option("--unified", "as_unified", is_flag=True, help="As a unified diff, a paragraph a line.")
@pager_option
@output_option
@db_option
def diff(
    which: str,
    first: int | None,
    second: int | None,
    as_html: bool,
    as_unified: bool,
    pager: bool,
    db: str,
) -> None:
    """What changed between two versions of an article, word by word; the last two unless named.

    First come the fields that are no part of the text (dates, authors, section …), a line each.
    """
    from newsarchive.core.text import diff as differ
    from newsarchive.db.reading.articles import fields_between, two_of
    from newsarchive.db.reading.articles import history as versions

    found = versions(open_reader(db), which)
    old, new = two_of(found, which, first, second)
    moved = fields_between(old, new, found)
    before = _lines((one.field, one.value_before) for one in moved) + f"{old.headline}\n\n{old.article_body}"
    after = _lines((one.field, one.value_after) for one in moved) + f"{new.headline}\n\n{new.article_body}"
    if as_unified:
        with paged(pager):
            click.echo(differ.unified(before, after, f"version {old.version}", f"version {new.version}"))
    elif as_html:
        click.echo(differ.to_html(differ.word_diff(before, after)))
    else:
        with paged(pager):
            print_words(differ.word_diff(before, after))


def _lines(fields: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Fields with their values, a line each, parted from the text that follows."""
    lines = [f"{name}: {_plain(values)}\n" for name, values in fields]
    return "".join([*lines, "\n"]) if lines else ""


def _plain(values: Sequence[str]) -> str:
    """The value of a field in a line."""
    return " ".join("; ".join(values).split()) or "none"


def print_words(changes: list[Change]) -> None:
    """Red and green on a terminal; `[-old-]{+new+}` elsewhere, as `wdiff` writes it."""
    if not on_terminal():
        marks = {"insert": "{{+{}+}}", "delete": "[-{}-]", "equal": "{}"}
        click.echo("".join(marks[change.kind].format(change.text) for change in changes))
        return
    from rich.text import Text

    styles = {"insert": "green", "delete": "red strike", "equal": ""}
    out = console()
    out.print(
        Text.assemble(*((change.text, styles[change.kind]) for change in changes)),
        width=min(out.width, COLUMN),
    )
