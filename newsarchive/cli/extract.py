"""Commands about one page: `newsarchive extract page.html` extracts its article, and `newsarchive explain 17` says what was kept, dropped
and repaired in an article, and which source each field comes from. `newsarchive repair` mends a text.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from newsarchive import plainwords
from newsarchive.cli.opening import (
    open_archive,
    open_reader,
    reading_archive,
    rules_in_force,
    steps_in_force,
    warc_folders,
)
from newsarchive.cli.options import db_option, option, output_option, pager_option, robots_option
from newsarchive.cli.output import (
    console,
    echo,
    free_line,
    on_terminal,
    paged,
    print_article,
    print_bytes,
    print_json,
    print_line,
    say,
)
from newsarchive.exceptions import FetchError, NoSuchArticle, NotAnArticle, UsageError
from newsarchive.items import Article, Capture
from newsarchive.reprs import counted, cut, origin_line
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
    article = read_now(source, url, ignore_robots)
    if as_json:
        print_json(article, indent=2)
    else:
        print_article(article)


def read_now(source: str, url: str, ignore_robots: bool) -> Article:
    """The article of the page that SOURCE names, with all its blocks. Raises as `read_capture` does, and `NotAnArticle`."""
    from newsarchive.core import steps as process

    rules, steps = rules_in_force(), steps_in_force()
    return process.article_from(read_capture(source, url, ignore_robots), rules, steps)


def read_capture(source: str, url: str, ignore_robots: bool) -> Capture:
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


@click.command(
    epilog="""\b
Examples:
  newsarchive explain https://blog.example/2025/04/post/ --live
  newsarchive explain page.html --url https://blog.example/post/
  newsarchive explain 17 --again"""
)
@click.argument("source", metavar="URL|ID|FILE|-")
@click.option("--live", is_flag=True, help="Fetch the URL now instead of reading it from the archive.")
@click.option(
    "--again", is_flag=True, help="Read the stored bytes again; shows the scores of the kept lines too."
)
@click.option("--url", default="", help="The address a file came from; by default what the page states.")
@option("json", help="Everything as one JSON object.")
@robots_option
@click.option(
    "--debug",
    is_flag=True,
    help="Points, evidence and rules as they are stored, a rule of a table with its file and entry; and what would bring a"
    " line back.",
)
@pager_option
@output_option
@db_option
def explain(
    source: str,
    live: bool,
    again: bool,
    url: str,
    as_json: bool,
    ignore_robots: bool,
    debug: bool,
    pager: bool,
    db: str,
) -> None:
    """Say what was kept, what was left out and by which rule, what was repaired, and why each field won.

    Reads an article of the archive (URL or ID), a file, or with --live a page on the web, which is fetched as
    a crawl would: robots.txt is obeyed, and NEWSARCHIVE_CONTACT stands in the user agent. A URL that a crawl saw
    and made no article of is explained too.
    """
    from newsarchive.db.reading.finding import fate

    try:
        article = find(source, live, again, url, db, ignore_robots)
    except NotAnArticle as error:
        echo(f"no article: {error}")
        raise SystemExit(1) from error
    if as_json:
        print_json(article, indent=2)
        return
    look = ""
    if getattr(article, "versions", 0):  # a stored article
        with reading_archive(db) as reader:
            known = fate(reader, article.url)
        if known and known.reason and not known.filled_from and known.last_checked_at:
            look = f"the look of {known.last_checked_at:%Y-%m-%d} made no version: {known.reason}"
    if on_terminal():
        with paged(pager):
            out = console()
            for number, line in enumerate(lines(article, debug=debug, look=look)):
                heading = number == 0 or line.startswith("\n")
                print_line(out, line, style="bold" if heading else "")
    else:
        echo("\n".join(lines(article, debug=debug, look=look)))


def find(source: str, live: bool, again: bool, url: str, db: str, ignore_robots: bool = False) -> Article:
    """The article that SOURCE names. A stored article has its dropped blocks only; one that is extracted now has all."""
    if live and not source.lower().startswith(("http://", "https://")):
        raise UsageError(f"--live fetches a page: give its address, not {source!r}")
    if live or source == "-" or Path(source).is_file():
        return read_now(source, url, ignore_robots)
    if again:
        from newsarchive import reextract

        engine = open_archive(db)
        folders = warc_folders(engine, db)
        return reextract.read_again(engine, folders, source, rules_in_force(), steps_in_force())
    from newsarchive.db.reading import articles
    from newsarchive.db.reading.finding import fate
    from newsarchive.db.readonly import reading

    archive = open_reader(db)
    try:
        return articles.cited(archive, source)
    except NoSuchArticle:
        with reading(archive) as reader:
            known = fate(reader, source)
        if known:
            when = f", looked at {known.last_checked_at:%Y-%m-%d}" if known.last_checked_at else ""
            raise NotAnArticle(
                known.reason or known.state, f"the crawl has it as {known.state!r}{when}"
            ) from None
        if source.startswith(("http://", "https://")):
            raise NoSuchArticle(
                f"no article {source!r} in the archive: --live fetches and explains it"
            ) from None
        if not source.isdecimal():
            raise NoSuchArticle(f"no article {source!r} in the archive, and no such file") from None
        raise


def lines(article: Article, *, debug: bool = False, look: str = "") -> Iterator[str]:
    """The explanation, section by section. With `debug` points, evidence and rules are shown as they are stored. `look` says what
    the last look at a stored article found, where that made no version."""
    yield article.headline
    yield article.url
    yield f"bytes: declared {article.charset_declared or 'nothing'}, read as {article.charset_used or 'unknown'}"
    if versions := getattr(article, "versions", 0):
        kind = getattr(article, "change_kind", "")
        yield f"version {getattr(article, 'version', 1)} of {versions} ({kind}), read by extractor {article.extractor_version}"
    if gone := getattr(article, "gone_at", None):
        yield f"found deleted on {gone:%Y-%m-%d}"
    if look:
        yield look
    if line := free_line(article):
        yield line
    quality = article.quality
    flags = quality.flags if debug else map(plainwords.flag, quality.flags)
    doubts = f" ({', '.join(flags)})" if quality.flags else ""
    yield f"confidence {quality.confidence:.2f}, completeness {quality.completeness:.2f}{doubts}"
    yield from section("where each field comes from", _candidates(article, debug))
    yield from section("who published first", _origin(article))
    more = " (by which codec, how much likelier)" if debug else " (and the encoding it was misread in)"
    yield from section(f"what was repaired{more}", _edits(article, debug))
    yield from section("what could not be repaired", iter(article.damage))
    yield from section("kept", _kept(article, debug))
    yield from section("left out", _blocks(article, debug, body=False))
    if debug:
        yield from section("to bring a line back (files are below newsarchive/)", _remedies(article))


def section(title: str, rows: Iterator[str]) -> Iterator[str]:
    """The lines of a section: a heading and its rows, or nothing for no rows."""
    found = list(rows)
    if found:
        yield f"\n{title}:"
        yield from (f"  {row}" for row in found)


def _candidates(article: Article, debug: bool) -> Iterator[str]:
    """A line for each value that was offered for a field. An author whose byline holds more than the name says what is stored."""
    names = [author.name for author in article.authors]
    for candidate in sorted(article.candidates, key=lambda c: (c.field, not c.chosen)):
        mark = "→" if candidate.chosen else " "
        because, field, source = candidate.reason, candidate.field, candidate.source
        if not debug:
            because, field = plainwords.reason(because), plainwords.field(field)
            source = plainwords.source(source)
        why = f": {because}" if because else ""
        if candidate.field == "authors" and candidate.chosen and names and candidate.value not in names:
            why += f"; stored as {', '.join(names)}"
        yield f"{mark} {field} = {short(candidate.value)} ({source}{why})"
    if place := getattr(article, "said_in", None):
        by = plainwords.source(getattr(article, "said_by", ""))
        yield f"  what {by} said last is kept in {place.file}, at byte {place.offset}"


def _origin(article: Article) -> Iterator[str]:
    if article.origin is None:
        yield "this site itself, as far as the page tells"
        return
    yield origin_line(article.origin)
    for piece in article.origin.evidence:
        yield f"{piece.weight:.2f} {piece.kind}: {short(piece.text)}"


def _edits(article: Article, debug: bool) -> Iterator[str]:
    for edit in article.edits:
        if debug:
            why = f", {edit.evidence:.1f} nats" if edit.evidence is not None else ""
            yield f"{edit.where}@{edit.start}: {edit.before!r} → {edit.after!r} ({edit.rule}{why})"
        else:
            yield f"{edit.before!r} → {edit.after!r} ({plainwords.codec(edit.rule)})"


def _kept(article: Article, debug: bool) -> Iterator[str]:
    """The kept blocks, each with the rule that kept it. A stored article has only its paragraphs; --again extracts it anew."""
    if any(block.label == "body" for block in article.blocks):
        yield from _blocks(article, debug, body=True)
    elif article.article_body:
        yield from (short(paragraph) for paragraph in article.article_body.split("\n\n"))


def _blocks(article: Article, debug: bool, *, body: bool) -> Iterator[str]:
    for block in article.blocks:
        if (block.label == "body") != body:
            continue
        if debug:
            score = f" {block.score:+.1f}" if block.score is not None else ""
            label = "" if body else f"{block.label}: "
            yield f"[{label}{block.rule}{score}] {short(block.text)}"
        else:
            label = "" if body else plainwords.label(block.label)
            why = ": ".join(filter(None, (label, plainwords.rule(block.rule, block.label))))
            yield f"{short(block.text)} [{why}]" if why else short(block.text)


def _remedies(article: Article) -> Iterator[str]:
    """Where each rule is corrected by which a line was left out, and what corrects this site alone."""
    found = dict.fromkeys(plainwords.remedy(block.rule) for block in article.dropped)
    yield from filter(None, found)
    if found:
        yield "on this site alone: its settings `body` and `drop`, then `newsarchive reextract --all --site SITE`"


def short(text: str, length: int = 90) -> str:
    """A text in one line of at most `length` characters. An address is never cut."""
    is_address = text.strip().startswith(("http://", "https://")) and len(text.split()) == 1
    return text.strip() if is_address else cut(text, length)
