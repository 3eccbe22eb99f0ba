"""`newsarchive explain`: why an article reads as it does."""

from __future__ import annotations

from collections.abc import Iterator

import click

from newsarchive.cli.common import db_option, open_reader, origin_line
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Article, Block


@click.command(
    epilog="""\b
Examples:
  newsarchive explain https://blog.example/2025/04/post/ --live
  newsarchive explain page.html --url https://blog.example/post/
  newsarchive explain 17"""
)
@click.argument("source", metavar="URL|ID|FILE|-")
@click.option("--live", is_flag=True, help="Fetch the URL now instead of reading it from the archive.")
@click.option("--url", default="", help="The address a file came from.")
@click.option("--json", "as_json", is_flag=True, help="Everything as one JSON object.")
@db_option
def explain(source: str, live: bool, url: str, as_json: bool, db: str) -> None:
    """Say what was kept, what was left out and by which rule, what was repaired, and why each field won.

    SOURCE is an article of the archive (URL or ID), a file, or with --live a page on the web.
    """
    from newsarchive import export

    try:
        article = find(source, live, url, db)
    except NotAnArticle as error:
        click.echo(f"no article: {error}")
        raise SystemExit(1) from error
    click.echo(export.to_json(article, indent=2) if as_json else "\n".join(lines(article)))


def find(source: str, live: bool, url: str, db: str) -> Article:
    """The article that SOURCE names. What is stored holds its dropped blocks; a page read now holds all."""
    from pathlib import Path

    if live or source == "-" or Path(source).is_file():
        from newsarchive import rules
        from newsarchive.cli.pages import read_capture
        from newsarchive.core import process

        return process.article_from(read_capture(source, url), rules.default())
    from newsarchive.db import query

    return query.get(open_reader(db), source)


def lines(article: Article) -> Iterator[str]:
    """The account, section by section."""
    yield article.headline
    yield article.url
    yield f"bytes: declared {article.charset_declared or 'nothing'}, read as {article.charset_used or 'unknown'}"
    quality = article.quality
    doubts = f" ({', '.join(quality.flags)})" if quality.flags else ""
    yield f"confidence {quality.confidence:.2f}, completeness {quality.completeness:.2f}{doubts}"
    yield from section("where each field comes from", _candidates(article))
    yield from section("who published first", _origin(article))
    yield from section("what was repaired", _edits(article))
    yield from section("what could not be repaired", iter(article.damage))
    yield from section("kept", _blocks(article, body=True))
    yield from section("left out", _blocks(article, body=False))


def section(title: str, rows: Iterator[str]) -> Iterator[str]:
    """A heading and its rows; nothing where there are none."""
    found = list(rows)
    if found:
        yield f"\n{title}:"
        yield from (f"  {row}" for row in found)


def _candidates(article: Article) -> Iterator[str]:
    for candidate in sorted(article.candidates, key=lambda c: (c.field, not c.chosen)):
        mark = "→" if candidate.chosen else " "
        why = f": {candidate.reason}" if candidate.reason else ""
        yield f"{mark} {candidate.field} = {short(candidate.value)} ({candidate.source}{why})"


def _origin(article: Article) -> Iterator[str]:
    if article.origin is None:
        yield "this site itself, as far as the page tells"
        return
    yield origin_line(article.origin)
    for piece in article.origin.evidence:
        yield f"{piece.weight:.2f} {piece.kind}: {short(piece.text)}"


def _edits(article: Article) -> Iterator[str]:
    for edit in article.edits:
        why = f", {edit.evidence:.1f} nats" if edit.evidence is not None else ""
        yield f"{edit.where}@{edit.start}: {edit.before!r} → {edit.after!r} ({edit.rule}{why})"


def _blocks(article: Article, *, body: bool) -> Iterator[str]:
    for block in article.blocks:
        if (block.label == "body") == body:
            yield _block(block)


def _block(block: Block) -> str:
    score = f" {block.score:+.1f}" if block.score is not None else ""
    label = "" if block.label == "body" else f"{block.label}: "
    return f"[{label}{block.rule}{score}] {short(block.text)}"


def short(text: str, length: int = 90) -> str:
    """The beginning of a text, in one line."""
    folded = " ".join(text.split())
    return folded if len(folded) <= length else folded[: length - 1] + "…"
