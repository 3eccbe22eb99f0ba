"""JSON Lines and CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from newsarchive.export import to_json
from newsarchive.fields import FLAT, row
from newsarchive.formats.cells import BOM, cell

if TYPE_CHECKING:
    from newsarchive.db.reading.query import Stored


@contextmanager
def opened(target: Path | IO[bytes]) -> Iterator[IO[bytes]]:
    """A file to write bytes to; a stream stays open for who gave it."""
    if isinstance(target, Path):
        with target.open("wb") as out:
            yield out
    else:
        yield target


def write_jsonl(articles: Iterable[Stored], target: Path | IO[bytes], title: str) -> int:
    """A JSON object a line, in UTF-8."""
    number = 0
    with opened(target) as out:
        for article in articles:
            number += 1
            out.write(to_json(row(article)).encode() + b"\n")
    return number


def write_csv(
    articles: Iterable[Stored], target: Path | IO[bytes], title: str, *, with_bom: bool | None = None
) -> int:
    """A line of names, a row an article; see `write_rows`. A file begins with a byte order mark, a stream does
    not, unless `with_bom` says otherwise."""
    bom = isinstance(target, Path) if with_bom is None else with_bom
    with opened(target) as out:
        return write_rows([field.name for field in FLAT], map(row, articles), out, with_bom=bom)


def write_rows(
    names: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    out: IO[bytes],
    *,
    with_bom: bool = False,
    line_end: str = "\r\n",
) -> int:
    """CSV (RFC 4180) in UTF-8: a line of names, then the rows, their cells as `cells.cell` has them; gives how many."""
    number = 0
    encoded = _Encoded(out)
    if with_bom:
        encoded.write(BOM)
    lines = csv.writer(encoded, lineterminator=line_end)
    lines.writerow(names)
    for one in rows:
        number += 1
        lines.writerow([cell(one[name]) for name in names])
    return number


class _Encoded:
    """Text to bytes; `io.TextIOWrapper` would close a stream that is not ours."""

    def __init__(self, out: IO[bytes]) -> None:
        self.out = out

    def write(self, text: str) -> int:
        return self.out.write(text.encode())
