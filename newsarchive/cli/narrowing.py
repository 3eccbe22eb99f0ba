"""The filters of searches and exports as options: `--site blog.example --since 2025-01-01`, the same in every command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from shlex import quote
from typing import TYPE_CHECKING, Any, TypeVar

import click

from newsarchive.cli.common import say

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from newsarchive.db.reading.search import Filters
    from newsarchive.db.readonly import File

F = TypeVar("F", bound=Callable[..., Any])

#: `--hidden`: articles that readers do not see by default.
hidden_option = click.option(
    "--hidden", is_flag=True, help="Include articles in quarantine and dropped ones."
)

#: `--copies`: which articles of a story count.
copies_option = click.option(
    "--copies",
    type=click.Choice(["all", "first", "none"]),
    default="all",
    show_default=True,
    help="all: every article; first: of each story only the first one; none: only the blog's own, no copies and nothing republished.",
)

#: `--rights`: whether what sites reserved counts.
rights_option = click.option(
    "--rights",
    type=click.Choice(["any", "tdm"]),
    default="any",
    show_default=True,
    help="any: every article; tdm: without those that their sites reserve from text and data mining.",
)

_OPTIONS = (
    click.option("--site", default="", metavar="DOMAIN", help="Only articles of this site."),
    click.option(
        "--origin",
        default="",
        metavar="NAME|DOMAIN",
        help="Only what this publisher published first; a part of the name is enough. `own`: only what names no other publisher;"
        " `republished`: only what names one.",
    ),
    click.option("--language", default="", metavar="CODE", help="Only in this language; en finds en-GB too."),
    click.option(
        "--author", default="", metavar="NAME", help="Only with this name in the byline; a part is enough."
    ),
    click.option("--since", metavar="DAY", help="Only published on this day (UTC) or later."),
    click.option("--until", metavar="DAY", help="Only published on this day or before."),
    click.option("--cluster", type=int, metavar="ID", help="Only copies of one story."),
    copies_option,
    rights_option,
    hidden_option,
)


def filter_options(command: F) -> F:
    """Give a command the filters; they arrive as keyword arguments, for `chosen`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def chosen(options: dict[str, Any]) -> Filters:
    """The filters of a command's options. Raises `UsageError` for a day that cannot be read."""
    from newsarchive.db.reading.search import filters

    return filters(**options)


def say_nothing_found(source: File | Engine, words: str, wanted: Filters) -> None:
    """Say that nothing was found, and why: hidden articles, an empty archive, an unknown site, or the filters."""
    from newsarchive.db.reading.search import count
    from newsarchive.db.reading.statistics import site_names

    sites = site_names(source, hidden=wanted.hidden)
    asked = (wanted.site or "").lower().removeprefix("www.")
    unseen = 0 if wanted.hidden else count(source, words, replace(wanted, hidden=True))
    if unseen:
        say(f"nothing found but {unseen} in quarantine: give --hidden, or see `newsarchive quarantine list`")
    elif not sites:
        say("the archive is empty; a crawl fills it: newsarchive crawl https://blog.example")
    elif asked and asked not in sites:
        known = ", ".join(sites[:5]) + (", …" if len(sites) > 5 else "")
        say(f"no site {wanted.site} in the archive: there are {known}")
    else:
        say(f"nothing found for: {in_words(words, wanted) or 'anything'}")


def say_reserved(source: File | Engine, words: str, wanted: Filters) -> None:
    """Say how many articles were left out because their sites reserve text and data mining."""
    from newsarchive.db.reading.search import count

    if wanted.rights == "tdm":
        left_out = count(source, words, replace(wanted, rights="any")) - count(source, words, wanted)
        say(f"{left_out} left out: their sites reserve text and data mining")


def in_words(words: str, wanted: Filters) -> str:
    """A search as it is typed: `ferry --site blog.example --hidden`; "" for everything."""
    narrowed = [
        f"--{option}" if value is True else f"--{option} {quote(str(value))}"
        for option, value in ((name.replace("_", "-"), value) for name, value in asdict(wanted).items())
        if value not in ("", None, False, "all", "any")
    ]
    return " ".join([*([words] if words else []), *narrowed])
