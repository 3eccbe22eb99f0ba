"""`newsarchive cite`: how to cite an article, as a line of text or for a reference manager.

newsarchive cite https://blog.example/2025/04/post/ --format bibtex
"""

from __future__ import annotations

import sys

import click

from newsarchive.cli.common import db_option, echo, open_reader
from newsarchive.cli.options import output_option


@click.command(
    epilog="""\b
Examples:
  newsarchive cite https://blog.example/2025/04/post/
  newsarchive cite 17 --version 1 --format csl > post.json
  newsarchive cite 'nwa:1:txt:6b0a…;url=https://blog.example/2025/04/post/'"""
)
@click.argument("which", metavar="URL|ID|IDENTIFIER")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "csl", "bibtex", "ris"]),
    default="text",
    show_default=True,
    help="A line of text, or CSL-JSON, BibTeX or RIS for a reference manager.",
)
@click.option(
    "--version", type=click.IntRange(1), help="This version of its text; by default the current one."
)
@output_option
@db_option
def cite(which: str, form: str, version: int | None, db: str) -> None:
    """How to cite an article: authors, headline, site, both dates, the original, the time of capture, an identifier, and
    the digest of the bytes.

    The identifier is computed from headline and text and names this version for ever: `newsarchive cite IDENTIFIER` and
    `newsarchive show IDENTIFIER` find it again, also when the page was changed since or is read otherwise.
    """
    from newsarchive import citation
    from newsarchive.db.reading.cited import citation_of

    made = citation.FORMATS[form](citation_of(open_reader(db), which, version))
    if form == "ris":  # its lines end in CR and LF, on every system
        sys.stdout.flush()
        sys.stdout.buffer.write(made.encode())
        sys.stdout.buffer.flush()
    elif form == "csl":
        click.echo(made)
    else:
        echo(made.rstrip("\n"))
