"""JSON Lines and CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from newsarchive.export import to_json
from newsarchive.formats.rows import FIELDS, row

if TYPE_CHECKING:
    from newsarchive.db.query import Stored

#: Between the names of a list in a CSV cell.
SEPARATOR = "; "


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


def write_csv(articles: Iterable[Stored], target: Path | IO[bytes], title: str) -> int:
    """A line of names, a row an article (RFC 4180, UTF-8); lists in one cell, times in ISO 8601."""
    number = 0
    with opened(target) as out:
        rows = csv.writer(_Encoded(out))
        rows.writerow(FIELDS)
        for article in articles:
            number += 1
            rows.writerow([_cell(value) for value in row(article).values()])
    return number


class _Encoded:
    """Text to bytes; `io.TextIOWrapper` would close a stream that is not ours."""

    def __init__(self, out: IO[bytes]) -> None:
        self.out = out

    def write(self, text: str) -> int:
        return self.out.write(text.encode())


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return SEPARATOR.join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else value
