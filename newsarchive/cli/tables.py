"""Rows for a person: a header, columns that are aligned, and addresses that can be copied.

    id  state    confidence  words  headline             address
    17  waiting        0.62    140  A list of links      https://blog.example/links/

An address stands last in its row and is neither broken nor cut: where it is longer than the rest of the line, the terminal
wraps it, which puts no line break into what is copied. Where the other columns leave it no room it gets a line of its own.
Programs get no table: they read rows with tabs between the cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

if TYPE_CHECKING:
    from rich.console import Console

#: Columns of the terminal between two columns of a table.
GAP = 2
#: Share of the terminal that all columns but the last may take before the last gets a line of its own.
MAX_SHARE_BEFORE_LAST = 0.6
#: Widest cell of running text, in columns of the terminal, that is shown whole; a longer one ends in an ellipsis.
MAX_TEXT_COLUMNS = 40


def lines(
    heads: Sequence[str], rows: Iterable[Sequence[object]], width: int, right: Sequence[str] = ()
) -> Iterator[str]:
    """The header, then a row in one line or two. The last column is an address or ends the line anyway; `right` names
    the columns of numbers."""
    cells = [[_cell(cell) for cell in row[:-1]] + [_plain(row[-1])] for row in rows]
    table = [list(heads), *cells]
    widths = [max(cell_len(row[i]) for row in table) for i in range(len(heads) - 1)]
    before = sum(widths) + GAP * len(widths)
    crowded = before > width * MAX_SHARE_BEFORE_LAST
    for number, row in enumerate(table):
        aligned = [
            " " * (columns - cell_len(cell)) + cell if head in right else set_cell_size(cell, columns)
            for head, cell, columns in zip(heads, row, widths, strict=False)
        ]
        if number and crowded and before + cell_len(row[-1]) > width:
            yield (" " * GAP).join(aligned).rstrip()
            yield f"{' ' * GAP}{row[-1]}"
        else:
            yield (" " * GAP).join([*aligned, row[-1]]).rstrip()


def show(
    heads: Sequence[str],
    rows: Iterable[Sequence[object]],
    right: Sequence[str] = (),
    out: Console | None = None,
) -> None:
    """Print the table on the terminal (standard output if no other is given); the header stands out."""
    from newsarchive.cli.common import console

    out = out or console()
    first, *rest = lines(heads, rows, out.width, right)
    out.print(first, style="bold", markup=False, soft_wrap=True)
    for line in rest:
        out.print(line, markup=False, soft_wrap=True)


def _plain(cell: object) -> str:
    return " ".join(str("" if cell is None else cell).split())


def _cell(cell: object) -> str:
    text = _plain(cell)
    if "://" in text or cell_len(text) <= MAX_TEXT_COLUMNS:
        return text
    return set_cell_size(text, MAX_TEXT_COLUMNS - 1).rstrip() + "…"
