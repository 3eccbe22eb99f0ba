"""`newsarchive demo`: a newcomer's first minute, offline."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from newsarchive.cli.common import account, byline, console, database_url, origin_line, say
from newsarchive.exceptions import NewsArchiveError

TIMEOUT = 120  # seconds; the crawl takes about two


@click.command(
    epilog="""\b
Examples:
  newsarchive demo
  newsarchive demo --db demo.db && sqlite3 demo.db 'SELECT headline FROM articles'"""
)
@click.option(
    "--db", metavar="FILE|URL", help="Keep the articles here; by default they go when the demo ends."
)
def demo(db: str | None) -> None:
    """Serve a small bundled blog on 127.0.0.1, crawl it, and print what the archive made of it."""
    from newsarchive.demo import served

    with nullcontext() if db else TemporaryDirectory() as folder, served() as home:
        target = database_url(db) if db else f"sqlite:///{Path(str(folder)) / 'demo.db'}"
        say(f"A blog that copies news is now at {home}/. Crawling it:")
        crawl(home, target)
        print_all(target)


def crawl(home: str, url: str) -> None:
    """Run the real spider in a process of its own, at loopback's speed. Raises `NewsArchiveError`."""
    command = [sys.executable, "-m", "scrapy", "crawl", "news", "-a", f"url={home}/"]
    command += ["-s", "DOWNLOAD_DELAY=0", "-s", "AUTOTHROTTLE_ENABLED=0"]
    environment = os.environ | {
        "SCRAPY_SETTINGS_MODULE": "newsarchive.settings",
        "NEWSARCHIVE_DATABASE_URL": url,
        "NO_PROXY": "127.0.0.1",
    }
    done = subprocess.run(command, env=environment, timeout=TIMEOUT, check=False)
    if done.returncode:
        raise NewsArchiveError(f"the demo's crawl ended with {done.returncode}; the lines above say why")


def print_all(url: str) -> None:
    """Every article of the archive, oldest first."""
    from newsarchive.db import query
    from newsarchive.db.engine import open_existing

    out = console()
    engine = open_existing(url)
    for stored in query.articles(engine):
        out.rule(style="dim")
        out.print(stored.headline, style="bold", markup=False)
        out.print(byline(stored.authors, stored.date_published, stored.publisher), style="dim", markup=False)
        if line := origin_line(stored.origin):
            out.print(line, style="green", markup=False)
        out.print(account(stored.edits, stored.dropped), style="yellow", markup=False)
        out.print()
        out.print(stored.article_body, markup=False)
        out.print()
    engine.dispose()
