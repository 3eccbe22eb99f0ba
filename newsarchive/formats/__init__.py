"""Articles in the formats of other programs. Each module is imported when its format is asked for.

    writer("csv")(Selection(open_source("newsarchive.db")), Path("articles.csv"), "My archive")

A format is a function `write_NAME(articles, target, title) -> number of articles`; it takes articles one
by one and forgets them. `write_whole` keeps what is made under another name until it is whole.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from newsarchive.exceptions import OutputError, UsageError


@dataclass(frozen=True, slots=True)
class Format:
    """Where a format is written and how it is asked for; `sqlite` has no module: see `db/subset.py`.

    `suffixes` are the file names that stand for it, `order` is one of `searching.ORDERS`. `extra` names
    the optional dependency, `needs` the module that it brings. `kind` is `stream` (may go to standard
    output), `file` (needs a place to go back to) or `folder`.
    """

    module: str
    suffixes: tuple[str, ...]
    kind: str = "stream"
    order: str = "id"
    extra: str = ""
    needs: str = ""


FORMATS = {
    "jsonl": Format("text", (".jsonl", ".ndjson")),
    "csv": Format("text", (".csv",)),
    "parquet": Format("parquet", (".parquet",), "file", extra="parquet", needs="pyarrow"),
    "sqlite": Format("", (".db", ".sqlite", ".sqlite3"), "file"),
    "atom": Format("atom", (".atom", ".xml"), order="date", extra="atom", needs="feedgenerator"),
    "epub": Format("epub", (".epub",), "file", order="site", extra="epub", needs="ebooklib"),
    "markdown": Format("markdown", (".md",), "folder", extra="markdown", needs="yaml"),
    "tei": Format("tei", (".tei", ".tei.xml")),
}

#: Writes articles to a file, a folder or an open stream; gives how many. That of CSV takes `with_bom` too.
Writer = Callable[..., int]


def format_of(target: str) -> str:
    """The format that a file name stands for; a name that ends with / is a Markdown folder.

    >>> format_of("a/b.csv"), format_of("corpus.TEI.xml"), format_of("posts/")
    ('csv', 'tei', 'markdown')
    """
    name = target.lower()
    endings = sorted(((s, key) for key, f in FORMATS.items() for s in f.suffixes), key=lambda p: -len(p[0]))
    for suffix, key in endings:
        if name.endswith(suffix):
            return key
    if name.endswith(("/", os.sep)):
        return "markdown"
    raise UsageError(f"{target}: no format has this ending; give one with --format: {', '.join(FORMATS)}")


def writer(name: str) -> Writer:
    """The function that writes a format. Raises `UsageError` that names the extra where it is missing."""
    form = FORMATS[name]
    if form.needs:
        try:
            importlib.import_module(form.needs)
        except ModuleNotFoundError as error:
            raise UsageError(f"{name} needs {form.needs}: pip install 'newsarchive[{form.extra}]'") from error
    found: Writer = getattr(importlib.import_module(f"newsarchive.formats.{form.module}"), f"write_{name}")
    return found


def check_target(target: Path, overwrite: bool) -> None:
    """Raises `OutputError` where something stands there already or nothing can be made there."""
    if not target.absolute().parent.is_dir():
        raise OutputError(f"{target}: there is no folder {target.parent}; create it first")
    if target.exists() and not overwrite:
        raise OutputError(f"{target} exists already: name another, or replace it with --overwrite")
    if not os.access(target.absolute().parent, os.W_OK):
        raise OutputError(f"{target} cannot be written: no permission in {target.absolute().parent}")


def write_whole(target: Path, make: Callable[[Path], int]) -> int:
    """Make a file or folder under another name beside it, and move it when it is whole.

    Raises `OutputError` where it cannot be written; what stood there before then stands there still.
    """
    import shutil
    import tempfile

    try:
        work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.absolute().parent))
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror}") from error
    try:
        part = work / target.name
        number = make(part)
        if target.is_dir() and not target.is_symlink():
            target.rename(work / f"{target.name}.before")
        part.replace(target)
        return number
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
