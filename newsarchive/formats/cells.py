"""The cells of a CSV file: what opens right in a spreadsheet, runs no formula there, and can be read back.

A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a line break for a formula (OWASP, "CSV
injection"): a headline `=HYPERLINK(…)` would be run on the machine of whoever opens the file. Such a text gets an
apostrophe in front, and so does one that has apostrophes there already, so that it can be taken back:

    >>> neutralised("=1+1"), neutralised("'=1"), neutralised("'tis"), neutralised("a = b")
    ("'=1+1", "''=1", "'tis", 'a = b')
    >>> restored("'=1+1"), restored("''=1"), restored("'tis"), restored("a = b")
    ('=1+1', "'=1", "'tis", 'a = b')

Numbers stay numbers: only texts are touched.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from newsarchive.times import isoformat

#: Between the names of a list in one cell.
SEPARATOR = "; "

#: What tells a spreadsheet that a file is UTF-8; without it Excel reads the letters of every script but ours wrong.
BOM = "\ufeff"

# The full-width signs are read as formulas where Excel runs in Chinese, Japanese or Korean.
_FORMULA = "[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_BEGINS_FORMULA = re.compile(f"'*{_FORMULA}")
_NEUTRALISED = re.compile(f"'+{_FORMULA}")


def neutralised(text: str) -> str:
    """The text as no spreadsheet takes it for a formula."""
    return f"'{text}" if _BEGINS_FORMULA.match(text) else text


def restored(cell: str) -> str:
    """The text that `neutralised` was given."""
    return cell[1:] if _NEUTRALISED.match(cell) else cell


def cell(value: Any) -> Any:
    """A value as CSV holds it: lists in one cell, times in ISO 8601, flags as `true` and `false`."""
    if isinstance(value, (list, tuple)):
        return neutralised(SEPARATOR.join(map(str, value)))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return isoformat(value)
    return neutralised(value) if isinstance(value, str) else value
