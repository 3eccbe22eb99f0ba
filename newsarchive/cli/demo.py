"""`newsarchive demo`: crawls a bundled blog without network, and shows its posts before and after.

`tour` is what `scrapy crawl news -a url=demo` shows at its end.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from newsarchive import plainwords
from newsarchive.cli.opening import database_url, next_steps
from newsarchive.cli.options import config_option
from newsarchive.cli.output import MAX_TEXT_COLUMNS, account, complain, console, messages, quiet, say
from newsarchive.demo import ADDRESS, NAME
from newsarchive.reprs import byline, counted, origin_line
from newsarchive.spider_processes.processes import MAX_OWN_EXIT_CODE, SpiderProcesses
from newsarchive.times import isoformat

if TYPE_CHECKING:
    from rich.console import Console

    from newsarchive.db.reading.articles import Stored


@click.command(
    epilog="""\b
Examples:
  newsarchive demo
  newsarchive demo --db demo.db"""
)
@click.option(
    "--db", metavar="FILE|URL", help="Keep the articles here; by default they go when the demo ends."
)
@config_option
def demo(db: str | None) -> None:
    """Crawl a small bundled blog on this machine, offline, and print what the archive made of it."""
    with nullcontext() if db else TemporaryDirectory() as folder:
        target = database_url(db) if db else f"sqlite:///{Path(str(folder)) / 'demo.db'}"
        crawl(target)
        print_all(target)
    if db:
        say(whats_next(target, "on"))
    else:
        say("The archive of this demo is gone again. To keep one: newsarchive crawl demo")


def crawl(url: str) -> None:
    """Crawl the bundled blog into this database, with the same spider as any blog. Ends with its exit code where that fails."""
    from newsarchive.db.frontier import locks  # noqa: F401  (says so where the system has no locks of files)

    spiders = SpiderProcesses(url, shown=not quiet())
    with spiders.stopped_by_signals():
        # The raw pages of the demo go beside its database, not into your own folder.
        code = spiders.run("news", ["-a", f"url={NAME}", "-s", "NEWSARCHIVE_WARC=on"])
    if spiders.stopping:  # also where the crawl had begun: nobody waits for its articles
        say("stopped")
        sys.exit(MAX_OWN_EXIT_CODE + spiders.signals[-1])
    if code:
        complain(f"error: the demo's crawl ended with {code}; the lines above say why")
        sys.exit(code)


def print_all(url: str) -> None:
    """Print every article of the archive, oldest first."""
    out = console()
    for stored in articles(url):
        out.rule(style="dim")
        print_header(out, stored)
        out.print(account(stored.edits, stored.dropped), style="yellow", markup=False)
        out.print()
        out.print(stored.article_body, markup=False)
        out.print()


def articles(url: str) -> list[Stored]:
    """The demo blog's articles in an archive, oldest first."""
    from newsarchive.db.reading.articles import Selection
    from newsarchive.db.readonly import open_source

    found = [stored for stored in Selection(open_source(url)) if stored.url.startswith(f"{ADDRESS}/")]
    # Not by their ids: which post comes first from a busy machine is chance.
    return sorted(found, key=lambda stored: isoformat(stored.date_published) or "")


def tour(url: str, warc: str) -> None:
    """Print one post before and after on standard error, with what was left out and the commands that come next.

    Prints nothing where no post of the demo blog is in the archive.
    """
    out = messages()
    found = articles(url)
    if not found:  # Ctrl-C stopped the crawl before the first post
        return
    stored = max(found, key=lambda article: (bool(article.edits), len(article.dropped)))
    out.print()
    print_header(out, stored)
    before, after = damaged_sentence(stored)
    shown = (("As the blog has it:", before), ("As the archive has it:", after)) if before != after else ()
    for heading, text in shown:
        out.print()
        out.print(heading, style="bold")
        out.print(text, markup=False, width=min(out.width, MAX_TEXT_COLUMNS))
    out.print()
    out.print(f"Left out, {counted(len(stored.dropped), 'line')}, each with its reason:", style="bold")
    by_kind: dict[str, list[str]] = {}
    for block in stored.dropped:
        by_kind.setdefault(block.label, []).append(block.text)
    for kind, texts in by_kind.items():
        line = f"  {len(texts)} {plainwords.label(kind)}: {texts[0]}"
        out.print(line, style="dim", markup=False, overflow="ellipsis", no_wrap=True)
    out.print()
    out.print(whats_next(url, warc), markup=False, soft_wrap=True)


def whats_next(url: str, warc: str) -> str:
    """The text at the end of a demo: where the articles are, and which commands come next."""
    return next_steps(url, warc, word="ferry", first=1, blog="https://your-blog.example --limit 20")


def print_header(out: Console, stored: Stored) -> None:
    """Print the headline, the byline with its date, and who published the article first."""
    out.print(stored.headline, style="bold", markup=False)
    out.print(byline(stored), style="dim", markup=False)
    if line := origin_line(stored.origin):
        out.print(line, style="green", markup=False)


def damaged_sentence(stored: Stored) -> tuple[str, str]:
    """The paragraph with the most repairs, as the page has it and as it is stored."""
    from newsarchive.core.encoding.changes import BODY, paragraphs, pieces

    edits = [edit for edit in stored.edits if edit.where == BODY]
    found = paragraphs(pieces(stored.article_body, edits))
    most = max(found or [[]], key=lambda paragraph: sum(piece.edit is not None for piece in paragraph))
    before = "".join(piece.edit.before if piece.edit else piece.text for piece in most)
    return before, "".join(piece.edit.after if piece.edit else piece.text for piece in most)
