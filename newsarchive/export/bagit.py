"""A bag for the repository of a library: pages, texts and their meaning in one folder, with a digest of each file.

    data/articles.jsonl       an article a line, with the columns of every export
    data/columns.csv          what each column is
    data/pages.wacz           the stored pages (`newsarchive.export.wacz`); missing where no bytes are kept
    bag-info.txt              what was chosen, when the bag was made and by which version; and what its sender says of it
    manifest-sha512.txt       the digests of the files below data/
    tagmanifest-sha512.txt    the digests of the other files

Format: BagIt 1.0 (RFC 8493). Repositories (Archivematica, DSpace, Zenodo's curators) read `bag-info.txt` for who sent it;
`--info` puts such lines there.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from newsarchive.exceptions import OutputError, UsageError
from newsarchive.export.text import write_jsonl
from newsarchive.export.wacz import Captures, Left, write_wacz
from newsarchive.fields import FLAT
from newsarchive.reprs import byte_size, counted, one_line
from newsarchive.version import EXTRACTOR_VERSION, VERSION
from newsarchive.warc.files import Folder

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    from newsarchive.db.reading.articles import Stored

#: The digest that RFC 8493 asks programs that make bags for.
ALGORITHM = "sha512"
#: The lines of `bag-info.txt` that are counted or measured, and cannot be given.
_OWN = ("Bagging-Date", "Bag-Size", "Payload-Oxum", "Bag-Software-Agent")


def info_lines(given: Sequence[str]) -> list[tuple[str, str]]:
    """Lines for `bag-info.txt` out of `NAME=VALUE`, which may repeat. Raises `UsageError`."""
    found = []
    for text in given:
        name, mark, value = text.partition("=")
        name, value = one_line(name), one_line(value)
        if not (mark and name and value) or ":" in name:
            raise UsageError(f"--info {text!r}: give NAME=VALUE, as 'Source-Organization=State Library'")
        if name.lower() in map(str.lower, _OWN):
            raise UsageError(f"--info {name}: the bag says this itself; it is one of {', '.join(_OWN)}")
        found.append((name, value))
    return found


def write_bagit(
    articles: Iterable[Stored],
    target: Path,
    title: str,
    query: str = "",
    *,
    captures: Captures,
    warc: Folder,
    left: Left,
    key: EllipticCurvePrivateKey | None = None,
    info: Sequence[tuple[str, str]] = (),
) -> int:
    """The folder. `articles` are read twice: for the texts, and for the pages. The rest is as for `write_wacz`; `info` has more
    lines for `bag-info.txt`.

    Raises `OutputError` where pages are kept and none can be read.
    """
    payload = target / "data"
    payload.mkdir(parents=True)
    number = write_jsonl(articles, payload / "articles.jsonl", title)
    _write_columns(payload / "columns.csv")
    pages = payload / "pages.wacz"
    try:
        write_wacz(articles, pages, title, query, captures=captures, warc=warc, left=left, key=key)
    except OutputError:
        if left.damaged:
            raise
        pages.unlink()  # the bytes of none of the articles are kept
    files = sorted(payload.iterdir())
    _write(target / "bagit.txt", [("BagIt-Version", "1.0"), ("Tag-File-Character-Encoding", "UTF-8")])
    _write(target / "bag-info.txt", [*_described(title, query, number, files), *info])
    _write_manifest(target, f"manifest-{ALGORITHM}.txt", files)
    tags = sorted(path for path in target.iterdir() if path.is_file())
    _write_manifest(target, f"tagmanifest-{ALGORITHM}.txt", tags)
    return number


def _described(title: str, query: str, number: int, files: Sequence[Path]) -> list[tuple[str, str]]:
    sizes = [path.stat().st_size for path in files]
    chosen = f", those found by: {query}" if query else ""
    told = f"{one_line(title)}: {counted(number, 'article')} that blogs published or republished{one_line(chosen)}"
    return [
        ("External-Description", told),
        ("Bagging-Date", datetime.now(UTC).date().isoformat()),
        ("Bag-Size", byte_size(sum(sizes))),
        ("Payload-Oxum", f"{sum(sizes)}.{len(sizes)}"),
        ("Bag-Software-Agent", f"newsarchive {VERSION} (extractor {EXTRACTOR_VERSION})"),
    ]


def _write_columns(path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        lines = csv.writer(out)
        lines.writerow(("name", "type", "meaning"))
        lines.writerows((field.name, field.kind, field.meaning) for field in FLAT)


def _write_manifest(bag: Path, name: str, files: Iterable[Path]) -> None:
    lines = []
    for path in files:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, ALGORITHM).hexdigest()
        lines.append(f"{digest}  {path.relative_to(bag).as_posix()}\n")
    (bag / name).write_text("".join(lines), encoding="utf-8", newline="\n")


def _write(path: Path, lines: Iterable[tuple[str, str]]) -> None:
    text = "".join(f"{name}: {value}\n" for name, value in lines)
    path.write_text(text, encoding="utf-8", errors="replace", newline="\n")
