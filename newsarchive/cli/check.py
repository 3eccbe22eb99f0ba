"""`newsarchive check`: whether a package that was handed over is whole, unchanged, and signed: `newsarchive check blog.wacz`."""

from __future__ import annotations

from pathlib import Path

import click

from newsarchive.cli.common import db_option, echo, say


@click.command(
    epilog="""\b
Examples:
  newsarchive check blog.wacz
  newsarchive check blog.wacz --key public.pem
  newsarchive check dataset/"""
)
@click.argument("target", metavar="FILE.wacz|FOLDER", type=click.Path(path_type=Path))
@click.option("--key", metavar="FILE", help="The public key (PEM) that must have signed it.")
@db_option
def check(target: Path, key: str | None, db: str) -> None:
    """Whether a WACZ file, or the folder of a dataset, is whole and as it was made, and whose key signed it.

    Prints what is wrong, a line each, and ends with 1; prints nothing where all is well. --db is accepted and not used.
    """
    from newsarchive.export.checking import check as checked

    public = b""
    if key is not None:
        from newsarchive.export.signing import encoded, public_key

        public = encoded(public_key(key))
    found = checked(target, public)
    for problem in found.problems:
        echo(f"{target}: {problem}")
    for note in found.notes:
        say(f"{target}: {note}")
    if found.problems:
        raise SystemExit(1)
    records = f" and {found.records:,} WARC records" if found.records else ""
    say(f"{target}: nothing wrong with {found.files:,} files{records}")
