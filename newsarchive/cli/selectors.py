"""`newsarchive sites selectors`: where a site keeps its articles, for feed readers and text services.

newsarchive sites selectors blog.example --format fivefilters > blog.example.txt
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from newsarchive.cli.opening import open_reader, rules_folder, steps_setting
from newsarchive.cli.options import db_option, output_option, warc_option
from newsarchive.cli.output import echo, say
from newsarchive.exceptions import UsageError
from newsarchive.version import VERSION

if TYPE_CHECKING:
    from newsarchive.db.frontier.known_sites import KnownSite
    from newsarchive.learning.selectors import SiteSelectors


@click.command(
    epilog="""\b
Examples:
  newsarchive sites selectors blog.example
  newsarchive sites selectors blog.example --format opml -o blog.opml
  newsarchive sites selectors blog.example --format fivefilters -o blog.example.txt"""
)
@click.argument("site")
@click.option(
    "--format",
    "form",
    type=click.Choice(["freshrss", "opml", "fivefilters"]),
    default="freshrss",
    show_default=True,
    help="The two fields of a feed in FreshRSS, a file that FreshRSS imports, or a site config of Full-Text RSS.",
)
@click.option(
    "--pages",
    type=click.IntRange(3),
    default=20,
    show_default=True,
    help="At most this many of the newest pages.",
)
@warc_option
@output_option
@db_option
def selectors(site: str, form: str, pages: int, folder: str | None, db: str) -> None:
    """Where a site keeps its articles, as selectors for feed readers and text services, learned from its stored pages.

    The archive knows more of a site than selectors can say, so it is measured how much of its texts they keep, on the pages that
    they were learned from and on pages that taught them nothing. Ends with 1 where the pages have no element in common.
    """
    from newsarchive.cli.doctor import warc_folders
    from newsarchive.core.site_template import portable
    from newsarchive.core.urls import check_start_url
    from newsarchive.db.frontier import known_sites
    from newsarchive.db.readonly import engine_of, reading
    from newsarchive.learning.selectors import site_selectors

    source = open_reader(db)
    with reading(source) as connection:
        found = known_sites.site(connection, check_start_url(site, "SITE"))
        feeds = known_sites.feeds(connection, found.domain) if found else []
    if found is None:
        raise UsageError(f"{site}: no such site; newsarchive sites list shows those there are")
    if form == "opml" and not feeds:
        raise UsageError(f"{found.domain}: no feed of it is known: use --format freshrss")
    folders = warc_folders(engine_of(source), db, folder)
    made, number = site_selectors(
        source, folders, found.domain, limit=pages, rules_folder=rules_folder(), steps=steps_setting()
    )
    if made is None:
        if number < portable.MIN_PAGES:
            raise UsageError(
                f"{found.domain}: {number} stored pages can be read, and {portable.MIN_PAGES} are needed: crawl more of it"
            )
        say(
            f"{found.domain}: the articles of {number} stored pages stand in no element that they have in common"
        )
        raise SystemExit(1)
    said = _figures(made)
    content, removed = portable.freshrss(made.selectors)
    if form == "fivefilters":
        remarks = [f"{found.domain}, made by newsarchive {VERSION}", *said]
        click.echo(portable.fivefilters(made.selectors, remarks, made.urls), nl=False)
    elif form == "opml":
        click.echo(_opml(found, feeds[0], content, removed, said), nl=False)
    else:
        echo(f"Article CSS selector on original website: {content}")
        echo(f"CSS selector of the elements to remove: {removed}")
    for line in said:
        say(line)


def _figures(made: SiteSelectors) -> list[str]:
    """How much of the texts the selectors keep, in words."""
    seen, unseen = made.seen, made.unseen
    said = [
        f"on {seen.pages} stored pages these selectors keep {_share(seen.recall)} of the text;"
        f" {_share(seen.precision)} of what they give is text"
    ]
    if unseen is None:
        return [*said, "there are too few pages to measure it on others than they were learned from"]
    return [
        *said,
        f"learned from the one half and measured on the other: {_share(unseen.recall)} and {_share(unseen.precision)}",
    ]


def _share(value: float) -> str:
    """A share with two digits, as `.97`; it is never rounded up to 1."""
    return "1" if value == 1 else f"{int(value * 100) / 100:.2f}".lstrip("0")


def _opml(site: KnownSite, feed: str, content: str, removed: str, said: list[str]) -> str:
    """A subscription list (OPML 2.0) with FreshRSS's own attributes, which its import reads."""
    from xml.etree import ElementTree

    name = "{https://freshrss.org/opml}"
    ElementTree.register_namespace("frss", name.strip("{}"))
    opml = ElementTree.Element("opml", version="2.0")
    head = ElementTree.SubElement(opml, "head")
    ElementTree.SubElement(head, "title").text = f"{site.domain}: {'; '.join(said)}"
    outline = {"type": "rss", "text": site.name or site.domain, "xmlUrl": feed, "htmlUrl": site.home_url}
    own = {f"{name}cssFullContent": content} | ({f"{name}cssFullContentFilter": removed} if removed else {})
    ElementTree.SubElement(ElementTree.SubElement(opml, "body"), "outline", outline | own)
    ElementTree.indent(opml)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(opml, encoding="unicode") + "\n"
