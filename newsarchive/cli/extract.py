"""The commands that need no archive: `newsarchive extract page.html` extracts one article, `newsarchive repair` mends a text."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from newsarchive import plainwords
from newsarchive.cli.opening import rules_in_force, steps_in_force
from newsarchive.cli.options import db_option, option, output_option, robots_option
from newsarchive.cli.output import print_article, print_bytes, print_json, say
from newsarchive.exceptions import FetchError, UsageError
from newsarchive.items import Capture
from newsarchive.reprs import counted
from newsarchive.times import isoformat


@click.command(
    epilog="""\b
Examples:
  newsarchive extract https://blog.example/2025/04/post/
  newsarchive extract page.html --url https://blog.example/post/ --json
  curl -s https://blog.example/post/ | newsarchive extract -"""
)
@click.argument("source", metavar="FILE|URL|-")
@click.option(
    "--url",
    default="",
    help="The address a file came from, for its links and metadata; by default what the page states.",
)
@option("json", help="Everything as one JSON object, with blocks and edits.")
@robots_option
@output_option
@db_option
def extract(source: str, url: str, as_json: bool, ignore_robots: bool, db: str) -> None:
    """Extract the article from a FILE, a URL or standard input (-), and print it.

    A FILE is a page of HTML, or one that a browser saved with its pictures (.mhtml, .webarchive).
    A URL is fetched as a crawl would: robots.txt is obeyed, and NEWSARCHIVE_CONTACT stands in the user agent.
    A page of the Wayback Machine, or of another web archive with such addresses, is read as the page that it was.
    Nothing is stored; --db is accepted and not used.
    """
    from newsarchive.core import steps as process

    rules, steps = rules_in_force(), steps_in_force()
    article = process.article_from(read_capture(source, url, ignore_robots), rules, steps)
    if as_json:
        print_json(article, indent=2)
    else:
        print_article(article)


def read_capture(source: str, url: str = "", ignore_robots: bool = False) -> Capture:
    """The page that SOURCE names: a web page, a file or standard input ("-"). The address of a file is `url`, else what
    a browser wrote into the file or the page itself states.

    Raises `FetchError` or `UsageError` that names the source.
    """
    from newsarchive.core.html.saved_page import raw_replay, replayed_page, saved_page, stated_page

    if source.lower().startswith(("http://", "https://")):
        from newsarchive.cli.fetching import Fetcher

        raw = raw_replay(source)
        capture = Fetcher(ignore_robots=ignore_robots, named=[raw]).get(raw)
        replayed = replayed_page(capture.body, capture.final_url or raw)
        if replayed is None:
            return capture
        say(f"a web archive holds this page as of {isoformat(replayed.saved_at)}")
        return replace(
            capture,
            url=replayed.url,
            final_url=replayed.url,
            body=replayed.body,
            fetched_at=replayed.saved_at,
        )
    body, here = _bytes_of(source)
    saved = saved_page(body) or stated_page(body)
    stated = saved.url or stated_page(saved.body).url
    for address in (url, stated):  # a page out of a web archive may be given with the address that it had
        if replayed := replayed_page(saved.body, address):
            saved = replayed._replace(content_type=saved.content_type)
            url = replayed.url if address == url else url or replayed.url
            break
    return Capture(
        url=url or stated or here,
        body=saved.body,
        fetched_at=saved.saved_at,
        headers={"content-type": saved.content_type} if saved.content_type else {},
    )


def _bytes_of(source: str) -> tuple[bytes, str]:
    """The bytes of a file or of standard input, and the address of that place."""
    if source == "-":
        return sys.stdin.buffer.read(), "about:stdin"
    path = Path(source)
    try:
        return path.read_bytes(), path.resolve().as_uri()
    except FileNotFoundError:
        raise UsageError(
            f"{source}: no such file; for a web page give the address with http:// or https://"
        ) from None
    except OSError as error:
        raise FetchError(f"{source}: cannot be read: {error.strerror}") from error


@click.command(
    epilog="""\b
Examples:
  echo 'Trumpโ€™s return' | newsarchive repair
  newsarchive repair --explain < post.txt > mended.txt"""
)
@click.option("--explain", is_flag=True, help="Tell on stderr what was repaired, and why.")
@click.option("--debug", is_flag=True, help="With --explain: how the evidence counts.")
@output_option
@db_option
def repair(explain: bool, debug: bool, db: str) -> None:
    """Repair mojibake: standard input (UTF-8) to standard output, all else untouched.

    --db is accepted and not used.
    """
    from newsarchive import repair as repair_text

    raw = sys.stdin.buffer.read()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"standard input is not UTF-8 (byte {error.start}): convert it first, e.g. with iconv"
        ) from None
    result = repair_text(text)
    print_bytes(result.text.encode())
    if explain:
        for edit in result.edits:
            why = f", {edit.evidence:.1f} nats" if edit.evidence is not None else ""
            rule = f"{edit.rule}{why}" if debug else plainwords.codec(edit.rule)
            say(f"{edit.start}: {edit.before!r} → {edit.after!r} ({rule})")
        for damage in result.damage:
            say(f"left alone: {damage}")
        say(counted(len(result.edits), "repair"))
