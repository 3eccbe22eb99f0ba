"""`newsarchive learn` and `newsarchive sites template`: learn the lines that a site repeats on its pages, list and correct them.
`newsarchive sites selectors`: where a site keeps its articles, for feed readers and text services.

newsarchive learn blog.example
newsarchive sites template blog.example --keep "Letters from small harbours"
newsarchive sites selectors blog.example --format fivefilters > blog.example.txt
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from newsarchive import config
from newsarchive.cli import output
from newsarchive.cli.opening import (
    known_domain,
    known_site,
    open_archive,
    open_reader,
    reading_archive,
    warc_folders,
)
from newsarchive.cli.options import db_option, option, output_option, warc_option
from newsarchive.cli.output import complain, echo, say
from newsarchive.exceptions import SOME_FAILED, UsageError
from newsarchive.reprs import counted
from newsarchive.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsarchive.db.frontier.known_sites import KnownSite
    from newsarchive.learning.learner import LearnedSite, Learner

#: Articles that a locked line stands in. From this number on, the command asks before it reads them again: a mistyped line
#: would make a new version of each.
MIN_ARTICLES_TO_ASK = 10


@click.command(
    epilog="""\b
Examples:
  newsarchive learn blog.example --dry-run
  newsarchive learn --all"""
)
@click.argument("site", metavar="[SITE]", required=False)
@click.option("--all", "everything", is_flag=True, help="Every site, each also by what other sites show.")
@option("dry_run")
@warc_option
@option("workers")
@db_option
def learn(
    site: str | None, everything: bool, dry_run: bool, folder: str | None, workers: int, db: str
) -> None:
    """Learn the lines that a site repeats on its newest stored pages, and take them out of its articles.

    Nothing is fetched; a changed text is a new version of kind `site`. Prints the URLs of articles
    that change, a line each. A crawl does this at its end. Ends with 3 where pages could not be read.
    """
    if bool(site) == everything:
        raise UsageError("which site? name one, or say --all")
    with _learner(folder, db, dry_run, workers) as learner:
        if site:
            done = [learner.learn(known_domain(db, site))]
            show(done[0])
        else:
            done = learner.learn_all(on_site=show)
    failed = sum(len(one.failed) for one in done)
    if failed:
        complain(f"{failed} pages could not be read, and their articles are as they were")
        raise SystemExit(SOME_FAILED)


@click.command(
    epilog="""\b
Examples:
  newsarchive sites template blog.example
  newsarchive sites template blog.example --keep 'Letters from small harbours'"""
)
@click.argument("site", metavar="SITE")
@click.option("--keep", metavar="LINE", multiple=True, help="This line is the article's, wherever it stands.")
@click.option("--drop", metavar="LINE", multiple=True, help="This line is boilerplate, wherever it stands.")
@click.option(
    "--unlock",
    metavar="LINE",
    multiple=True,
    help="Undo --keep and --drop: what the pages show decides on this line.",
)
@click.option(
    "--yes", is_flag=True, help="Read again however many articles hold the line, without a question."
)
@warc_option
@option("dry_run")
@output_option
@db_option
def template(
    site: str,
    keep: tuple[str, ...],
    drop: tuple[str, ...],
    unlock: tuple[str, ...],
    yes: bool,
    folder: str | None,
    dry_run: bool,
    db: str,
) -> None:
    """What was learned of a site, a line each: role, label, pages, articles, version, sample, reason.

    Roles: `chrome` goes, `head` and `inset` take what they open, `aside` stays and is flagged; `container` is the element of
    the article, `start` and `end` frame it, a version for each design; `convention` is a picture, a description, keywords or
    an author that it gives to many posts; `keep` and `drop` are locked by hand. With
    --keep, --drop or --unlock the articles that hold the line are read again from their stored bytes, and the URLs of those
    that change are printed; where there are ten or more, you are asked first. Ends with 1 where nothing was learned, or the
    answer was no.
    """
    locks = dict.fromkeys(keep, "keep") | dict.fromkeys(drop, "drop") | dict.fromkeys(unlock, "")
    if len(locks) < len(keep) + len(drop) + len(unlock):
        raise UsageError("a line can be locked in one way only: it is named twice")
    if locks:
        with _learner(folder, db) as learner:
            _lock_lines(learner, known_domain(db, site), locks, yes, dry_run)
        return
    from newsarchive.db.frontier import known_sites

    domain = known_domain(db, site)
    with reading_archive(db) as reader:
        found = known_sites.learned(reader, domain)
    samples = {row["fingerprint"]: row["sample"] for row in found if row["sample"]}
    printed = []
    for row in sorted(found, key=lambda row: (row["role"], -row["pages"], row["fingerprint"])):
        row["sample"] = row["sample"] or samples.get(row["fingerprint"], "") or row["first"]
        cells = (row[name] for name in ("role", "label", "pages", "clusters", "version", "sample", "reason"))
        printed.append([" ".join(str(cell).split()) for cell in cells])
    header = ("role", "label", "pages", "articles", "version", "line", "reason")
    output.print_rows(header, printed, ("pages", "articles", "version"))
    if not found:
        say(f"{domain}: nothing was learned yet; newsarchive learn {domain}")
        raise SystemExit(1)


@contextmanager
def _learner(folder: str | None, db: str, dry_run: bool = False, workers: int = 0) -> Iterator[Learner]:
    from newsarchive.learning.learner import Learner
    from newsarchive.workers.stored_pages import StoredPages

    engine, held = open_archive(db), config.load()
    folders, rules, steps = warc_folders(engine, db, folder), held["rules"], held["steps"]
    seconds = held["crawl.page_seconds"]
    with StoredPages(folders, rules, steps, workers=workers, seconds=seconds) as stored:
        yield Learner(engine, folders, rules, dry_run=dry_run, steps=steps, stored=stored)


def _lock_lines(learner: Learner, site: str, locks: dict[str, str], yes: bool, dry_run: bool) -> None:
    from newsarchive.db import schema
    from newsarchive.learning.learner import articles_to_read, lock

    number = len(articles_to_read(learner, site, locks))
    if dry_run:
        say(f"{site}: would lock {counted(len(locks), 'line')}, and read {counted(number, 'article')} again that print them; "
            "nothing was written")  # fmt: skip
        return
    if number >= MIN_ARTICLES_TO_ASK and not yes:
        what = (
            f"{number} articles of {site} print it and are read again; each that changes gets a new version."
        )
        if not sys.stdin.isatty():
            raise UsageError(f"{what} Nobody can be asked here: say --yes")
        if not click.confirm(f"{what} Go on?", err=True):
            say("nothing was changed")
            raise SystemExit(1)
    show(lock(learner, site, locks))
    if freed := schema.give_back(learner.engine):
        say(f"{freed:,} bytes given back to the disk")


def show(summary: LearnedSite) -> None:
    """Print the articles that change on standard output, and the counts on standard error."""
    for url in summary.changed:
        click.echo(url)
    for failure in summary.failed:
        complain(f"cannot be read: {failure}")
    say(
        f"{summary.site}: {counted(summary.pages, 'page')} known, {counted(summary.entries, 'line')} learned, {summary.reread} read again, "
        f"{counted(len(summary.changed), 'article')} changed"
    )


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
    from newsarchive.core.site_template import portable
    from newsarchive.db.frontier import known_sites
    from newsarchive.db.readonly import engine_of, reading
    from newsarchive.learning.selectors import site_selectors

    source, domain = open_reader(db), known_domain(db, site)
    with reading(source) as connection:
        feeds = known_sites.feeds(connection, domain)
    if form == "opml" and not feeds:
        raise UsageError(f"{domain}: no feed of it is known: use --format freshrss")
    folders = warc_folders(engine_of(source), db, folder)
    held = config.load()
    made, number = site_selectors(
        source, folders, domain, limit=pages, rules_folder=held["rules"], steps=held["steps"]
    )
    if made is None:
        if number < portable.MIN_PAGES:
            raise UsageError(
                f"{domain}: {number} stored pages can be read, and {portable.MIN_PAGES} are needed: crawl more of it"
            )
        say(f"{domain}: the articles of {number} stored pages stand in no element that they have in common")
        raise SystemExit(1)
    seen, unseen = made.seen, made.unseen
    said = [
        f"on {seen.pages} stored pages these selectors keep {_share(seen.recall)} of the text;"
        f" {_share(seen.precision)} of what they give is text",
        "there are too few pages to measure it on others than they were learned from"
        if unseen is None
        else f"learned from the one half and measured on the other: {_share(unseen.recall)} and {_share(unseen.precision)}",
    ]
    content, removed = portable.freshrss(made.selectors)
    if form == "fivefilters":
        remarks = [f"{domain}, made by newsarchive {VERSION}", *said]
        click.echo(portable.fivefilters(made.selectors, remarks, made.urls), nl=False)
    elif form == "opml":
        click.echo(_opml(known_site(db, site), feeds[0], content, removed, said), nl=False)
    else:
        echo(f"Article CSS selector on original website: {content}")
        echo(f"CSS selector of the elements to remove: {removed}")
    for line in said:
        say(line)


def _share(value: float) -> str:
    """A share in percent, as `97 %`; it is never rounded up to 100 %."""
    return f"{int(value * 100)} %"


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
