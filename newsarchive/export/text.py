"""JSON Lines, CSV and bibliographies, and the text that a spreadsheet or an XML file can hold.

A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a line break for a formula (OWASP, "CSV
injection"): a headline `=HYPERLINK(…)` would run on the machine of the person who opens the file. Such a text gets an
apostrophe in front. A text that begins with apostrophes and then such a character gets one more, so that reading can
undo it:

    >>> neutralised("=1+1"), neutralised("'=1"), neutralised("'tis"), neutralised("a = b")
    ("'=1+1", "''=1", "'tis", 'a = b')
    >>> restored("'=1+1"), restored("''=1"), restored("'tis"), restored("a = b")
    ('=1+1', "'=1", "'tis", 'a = b')

Numbers are not texts and stay as they are.
"""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from newsarchive import citation
from newsarchive.export import to_json
from newsarchive.fields import FLAT, row
from newsarchive.times import isoformat

if TYPE_CHECKING:
    from newsarchive.db.reading.articles import Stored

#: Between the values of a list in one cell.
SEPARATOR = "; "
# In a value, what could be taken for the separator, or for the backslash that marks such a semicolon.
_UNCLEAR = re.compile(r"(?<!\\)(?:(\\*+);(?= |\Z)|(\\++)\Z)")
_MARKED = re.compile(r"(?<!\\)(\\++)(;(?= |\Z)|\Z)")

#: Byte order mark, by which Excel takes a file for UTF-8; without it Excel misreads every letter outside ASCII.
BOM = "\ufeff"

# Excel in Chinese, Japanese or Korean takes full-width signs for formulas too. Some spreadsheets drop spaces and
# invisible characters before a sign.
_FORMULA = "[\\s\0\u200b-\u200f\u2060\ufeff]*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_BEGINS_FORMULA = re.compile(f"'*{_FORMULA}")
_NEUTRALISED = re.compile(f"'+{_FORMULA}")


def neutralised(text: str) -> str:
    """The text in a form that no spreadsheet takes for a formula."""
    return f"'{text}" if _BEGINS_FORMULA.match(text) else text


def restored(cell: str) -> str:
    """The text that `neutralised` was given."""
    return cell[1:] if _NEUTRALISED.match(cell) else cell


def joined(values: Iterable[Any]) -> str:
    """A list in one cell. A semicolon that stands in a value before a space or at its end gets a backslash, so that
    `listed` can tell it from those between two values. Backslashes before it, or at the end of a value, are doubled.

    >>> joined(["Ann Lee", "Old Port; Harbour"])
    'Ann Lee; Old Port\\\\; Harbour'
    """
    return SEPARATOR.join(
        _UNCLEAR.sub(lambda found: found[2] * 2 if found[2] else f"{found[1] * 2}\\;", str(value))
        for value in values
    )


def listed(cell: str) -> list[str]:
    """The list that `joined` was given; none for an empty cell.

    >>> listed("Ann Lee; Old Port\\\\; Harbour")
    ['Ann Lee', 'Old Port; Harbour']
    """
    values: list[list[str]] = []
    is_open = False
    for part in cell.split(SEPARATOR) if cell else ():
        if is_open:
            values[-1].append(part)
        else:
            values.append([part])
        # An odd number of backslashes marks the semicolon that follows.
        is_open = (len(part) - len(part.rstrip("\\"))) % 2 == 1
    return [
        _MARKED.sub(lambda found: "\\" * (len(found[1]) // 2) + found[2], SEPARATOR.join(parts))
        for parts in values
    ]


def cell(value: Any) -> Any:
    """A value as CSV holds it: lists in one cell, times in ISO 8601, flags as `true` and `false`."""
    if isinstance(value, (list, tuple)):
        return neutralised(joined(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return isoformat(value)
    return neutralised(value) if isinstance(value, str) else value


@contextmanager
def opened(target: Path | IO[bytes]) -> Iterator[IO[bytes]]:
    """A file to write bytes to; a stream that is given stays open."""
    if isinstance(target, Path):
        with target.open("wb") as out:
            yield out
    else:
        yield target


def write_each(
    articles: Iterable[Stored],
    target: Path | IO[bytes],
    written: Callable[[Stored], str],
    *,
    before: str = "",
    between: str = "",
    after: str = "",
) -> int:
    """Write the text of each article in UTF-8, with texts before, between and after them. Returns the number of articles."""
    number = 0
    with opened(target) as out:
        out.write(before.encode("utf-8", "replace"))
        for number, article in enumerate(articles, 1):
            text = (between if number > 1 else "") + written(article)
            out.write(text.encode("utf-8", "replace"))
        out.write(after.encode())
    return number


def write_jsonl(articles: Iterable[Stored], target: Path | IO[bytes], title: str) -> int:
    """One JSON object a line, in UTF-8."""
    return write_each(articles, target, lambda article: to_json(row(article)) + "\n")


def write_csl(articles: Iterable[Stored], target: Path | IO[bytes], title: str) -> int:
    """A bibliography in CSL-JSON: a list with an item a line."""

    def item(article: Stored) -> str:
        return "\n" + json.dumps(citation.csl(citation.of(article)), ensure_ascii=False)

    return write_each(articles, target, item, before="[", between=",", after="\n]\n")


def write_bibtex(articles: Iterable[Stored], target: Path | IO[bytes], title: str) -> int:
    """A bibliography in BibTeX: an entry for each article, with an empty line between two."""
    return write_each(articles, target, lambda article: citation.bibtex(citation.of(article)) + "\n")


def write_ris(articles: Iterable[Stored], target: Path | IO[bytes], title: str) -> int:
    """A bibliography in RIS: a record for each article, with an empty line between two."""
    return write_each(articles, target, lambda article: citation.ris(citation.of(article)) + "\r\n")


def write_csv(
    articles: Iterable[Stored], target: Path | IO[bytes], title: str, *, with_bom: bool | None = None
) -> int:
    """A line of names and a row for each article (see `write_rows`). Unless `with_bom` says otherwise, a file begins
    with a byte order mark and a stream does not."""
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
    """CSV (RFC 4180) in UTF-8: a line of names, then the rows with cells as `cell` makes them. Returns their number."""
    number = 0
    encoded = codecs.getwriter("utf-8")(out)  # `io.TextIOWrapper` would close the stream
    if with_bom:
        encoded.write(BOM)
    lines = csv.writer(encoded, lineterminator=line_end)
    lines.writerow(names)
    for one in rows:
        number += 1
        lines.writerow([cell(one[name]) for name in names])
    return number


_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """The text with the control characters that XML forbids as U+FFFD.

    >>> xml_text("a\\x0bb")
    'a\ufffdb'
    """
    return _FORBIDDEN.sub("\ufffd", text)
