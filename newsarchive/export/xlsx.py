"""A workbook for Excel and LibreOffice: articles as rows, with types, and nothing in it that runs.

    articles    a row an article
    README      what was chosen, and what a reader must know
    columns     the meaning of each column
    cut         the cells that are shorter here than in the archive

The articles come first: pandas, readxl, csvkit and LibreOffice's converter read the first sheet unless they are told another.

Excel takes 32,767 UTF-16 units in a cell, and repairs a file that has more by throwing cells away; a longer text ends with a
mark here, and the sheet `cut` names it. Every text is written as text, whatever it begins with, and one that looks like a
formula stays text also when someone edits its cell (Excel's quote prefix). Times are Excel's own, in UTC.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from newsarchive.exceptions import OutputError
from newsarchive.export.text import SEPARATOR, joined, neutralised, xml_text
from newsarchive.fields import FLAT, row
from newsarchive.times import isoformat, utc
from newsarchive.version import VERSION

if TYPE_CHECKING:
    from newsarchive.db.reading.articles import Stored

#: The UTF-16 units that Excel takes in a cell. It throws a cell with more away.
MAX_CELL_UNITS = 32_767
#: The rows that Excel takes in a sheet, with the row of names.
MAX_ROWS = 1_048_576
#: At the end of a text that was cut.
CUT = " […]"
#: Earlier days are written as text: Excel's calendar begins in 1900, with a 29 February that did not exist.
_FIRST_DAY = datetime(1900, 3, 1, tzinfo=UTC)
#: Widths of columns in characters; others have that of their name.
_WIDTHS = {"url": 50, "headline": 60, "article_body": 80, "authors": 25, "site": 25}


def write_xlsx(articles: Iterable[Stored], target: Path, title: str, query: str = "") -> int:
    """The workbook; `query` says in words what was chosen, "" for everything.

    Raises `OutputError` for more articles than a sheet has rows.
    """
    options = {
        "constant_memory": True,
        "tmpdir": str(target.parent),
        "default_date_format": "yyyy-mm-dd hh:mm:ss",
    }
    # Not in a `with` block: it would write the workbook even where the articles could not be written.
    book = xlsxwriter.Workbook(str(target), options)
    book.set_properties({"title": xml_text(title), "comments": f"newsarchive {VERSION}"})
    sheets = {name: _Sheet(book, name) for name in ("articles", "README", "columns", "cut")}
    try:
        return _filled(book, sheets, articles, title, query)
    finally:
        for sheet in sheets.values():
            sheet.close()


def _filled(
    book: xlsxwriter.Workbook,
    sheets: Mapping[str, _Sheet],
    articles: Iterable[Stored],
    title: str,
    query: str,
) -> int:
    """Write all sheets and the workbook; gives the number of articles."""
    names, cut, number = [field.name for field in FLAT], sheets["cut"], 0
    sheets["articles"].head(names, _WIDTHS)
    cut.head(["id", "url", "column", "characters", "of them here"], {"url": 50})
    for number, article in enumerate(articles, 1):
        if number >= MAX_ROWS:
            raise OutputError(
                f"a sheet takes {MAX_ROWS - 1:,} articles: narrow the search, or choose parquet or csv"
            )
        values = row(article)
        for name, (whole, kept) in sheets["articles"].write([values[name] for name in names], names).items():
            cut.write([article.id, article.url, name, whole, kept])
    columns = sheets["columns"]
    columns.head(["name", "kind", "meaning"], {"meaning": 90})
    for field in FLAT:
        columns.write([field.name, field.kind, field.meaning])
    shorter = f"a cell of Excel takes {MAX_CELL_UNITS:,} characters: see the sheet cut"
    for line in (
        [title],
        ["articles", number],
        ["found by", query or "everything in the archive"],
        ["written by", f"newsarchive {VERSION}"],
        ["times", "UTC"],
        [
            "lists",
            f"in one cell, separated by “{SEPARATOR}”; a semicolon of a value has a backslash before it",
        ],
        ["cells cut", cut.at - 1, shorter if cut.at > 1 else ""],
    ):
        sheets["README"].write(line)
    try:
        book.close()
    except FileCreateError as error:  # the library's own, around the OSError
        raise OSError(*getattr(error.args[0], "args", error.args)) from error
    return number


class _Sheet:
    """A sheet that is written row by row; rows that are written are no longer in memory."""

    def __init__(self, book: xlsxwriter.Workbook, name: str) -> None:
        self.sheet, self.at = book.add_worksheet(name), 0
        self.bold = book.add_format({"bold": True})
        self.harmless = book.add_format({"quote_prefix": True})

    def head(self, names: list[str], widths: dict[str, int]) -> None:
        """The line of names, which stays in sight."""
        self.sheet.freeze_panes(1, 0)
        for column, name in enumerate(names):
            self.sheet.set_column(column, column, widths.get(name, max(len(name), 8) + 2))
            self.sheet.write_string(0, column, name, self.bold)
        self.at = 1

    def write(self, values: list[Any], names: list[str] | None = None) -> dict[str, tuple[int, int]]:
        """A row; gives the columns whose texts were cut: characters, and how many of them are left."""
        cut = {}
        for column, value in enumerate(values):
            if isinstance(value, str | list | tuple):
                text = joined(value) if not isinstance(value, str) else value
                kept = self._text(column, xml_text(text))
                if kept < len(text) and names is not None:
                    cut[names[column]] = (len(text), kept)
            elif isinstance(value, bool):
                self.sheet.write_boolean(self.at, column, value)
            elif isinstance(value, datetime) and utc(value) >= _FIRST_DAY:
                self.sheet.write_datetime(self.at, column, utc(value).replace(tzinfo=None))
            elif isinstance(value, datetime):
                self._text(column, isoformat(value) or "")
            elif isinstance(value, float) and not math.isfinite(value):
                self._text(column, str(value))
            elif value is not None:
                self.sheet.write_number(self.at, column, value)
        self.at += 1
        return cut

    def close(self) -> None:
        """Close the library's own file for the rows. Where the disk is full, Python would else say so at its end, below our message."""
        if (rows := getattr(self.sheet, "row_data_fh", None)) is not None:
            with suppress(OSError):
                rows.close()

    def _text(self, column: int, text: str) -> int:
        """Writes a text; gives the number of its characters that found room."""
        if not text:
            return 0
        shown, kept = fitting(text)
        format = self.harmless if neutralised(shown) != shown else None
        if shown.startswith("<r>") and shown.endswith("</r>"):
            # XlsxWriter takes such a text for markup of its own where rows do not stay in memory, and would write it as it is.
            self.sheet.write_rich_string(self.at, column, shown[:1], self.harmless, shown[1:])
        else:
            self.sheet.write_string(self.at, column, shown, format)
        return kept


def fitting(text: str) -> tuple[str, int]:
    """As much of a text as a cell takes, with a mark where it was cut; and how many of its characters that is.

    >>> fitting("short"), fitting("🙂" * 20_000)[1]
    (('short', 5), 16381)
    """
    units = text.encode("utf-16-le", "replace")
    if len(units) <= 2 * MAX_CELL_UNITS:
        return text, len(text)
    # "ignore" drops half a character at the end.
    head = units[: 2 * (MAX_CELL_UNITS - len(CUT))].decode("utf-16-le", "ignore")
    return head + CUT, len(head)
