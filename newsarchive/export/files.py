"""One file an article, by a template of names: `newsarchive export -o '{site}/{date}-{slug}.md'`.

The files are first made in a temporary folder, and moved to their places when all of them are whole. A run that is broken off
leaves nothing behind, and no file that was there before is replaced without `overwrite`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from newsarchive.exceptions import OutputError, UsageError
from newsarchive.export import to_json, writer
from newsarchive.export.filenames import Names, Template

if TYPE_CHECKING:
    from newsarchive.db.reading.articles import Stored

#: Makes the text of an article's file.
Document = Callable[["Stored"], str]


@dataclass(frozen=True, slots=True)
class Kind:
    """A format that writes one file for each article. `endings` of a file's name mean this format; `like` is the format in
    `newsarchive.export` whose library it needs, "" for none."""

    endings: tuple[str, ...]
    like: str = ""


KINDS = {
    "markdown": Kind((".md", ".markdown"), "markdown"),
    "text": Kind((".txt",)),
    "html": Kind((".html", ".htm"), "html"),
    "json": Kind((".json",)),
}


def kind_of(template: Template, name: str | None) -> str:
    """The format of a template's files: that of `--format`, or what the name ends with. Raises `UsageError`."""
    by_ending = next((kind for kind, made in KINDS.items() if template.ending.lower() in made.endings), "")
    if name in KINDS or (name is None and by_ending):
        return name or by_ending
    wanted = (
        f"{name} writes all articles into one place"
        if name
        else f"no format by article ends with {template.ending!r}"
    )
    endings = ", ".join(ending for made in KINDS.values() for ending in made.endings)
    raise UsageError(f"{wanted}: a name with {{…}} is for one file an article, and ends with {endings}")


def document(kind: str) -> Document:
    """What makes the files of a format. Raises `UsageError` that names the extra where a library is missing."""
    if like := KINDS[kind].like:
        writer(like)
    if kind == "markdown":
        from newsarchive.export.markdown import document as markdown

        return markdown
    if kind == "html":
        from newsarchive.export.pages import single

        return single
    return _text if kind == "text" else lambda article: to_json(article, indent=2) + "\n"


def _text(article: Stored) -> str:
    return f"{article.headline}\n\n{article.article_body}\n"


def write_files(
    articles: Iterable[Stored], template: Template, made: Document, *, overwrite: bool = False
) -> int:
    """Write a file for each article; gives their number.

    Raises `OutputError` where one cannot be written, or is there already without `overwrite`; then none is moved to its place.
    """
    root = template.root
    if not root.absolute().parent.is_dir():
        raise OutputError(f"{root}: there is no folder {root.absolute().parent}; create it first")
    names, number = Names(), 0
    try:
        root.mkdir(exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".newsarchive.", dir=root))
    except OSError as error:
        raise OutputError(f"{root} cannot be written: {error.strerror}") from error
    try:
        for article in articles:
            number += 1
            path = work / names.free(template.path(article), template.ending, article.id)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made(article), encoding="utf-8", errors="replace", newline="\n")
        _move(work, root, overwrite)
        return number
    except OSError as error:
        raise OutputError(f"{root} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _move(work: Path, root: Path, overwrite: bool) -> None:
    for folder, _, files in os.walk(work):
        below = root / Path(folder).relative_to(work)
        if below.is_symlink() or (below.exists() and not below.is_dir()):
            raise OutputError(f"{below} is in the way: it is no folder")
        for name in files:
            place = below / name
            if place.is_dir() or (place.exists() and not overwrite):
                raise OutputError(
                    f"{place} exists already: choose another folder, or replace files with --overwrite"
                )
    for folder, _, files in os.walk(work):
        below = root / Path(folder).relative_to(work)
        below.mkdir(exist_ok=True)
        for name in files:
            (Path(folder) / name).replace(below / name)
