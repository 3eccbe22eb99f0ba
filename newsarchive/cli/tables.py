"""Prints rows as a table on a terminal, with addresses that can be copied:

    id  state    confidence  words  headline             address
    17  waiting        0.62    140  A list of links      https://blog.example/links/

The address is the last column and is neither broken nor cut. Where it is longer than the rest of the line, the terminal
wraps it, so that a copy has no line break. Where the other columns take most of the line, it gets a line of its own.
Output that is no terminal has rows with tabs instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from newsarchive.cli.common import console, echo, on_terminal

if TYPE_CHECKING:
    from rich.console import Console

#: Spaces between two columns of a table.
GAP = 2
#: Share of the terminal's width that all columns but the last take. Above it, an address that does not fit behind them
#: gets a line of its own.
MAX_SHARE_BEFORE_LAST = 0.6
#: Columns of the terminal that a cell of running text takes; a longer text ends in an ellipsis.
MAX_CELL_COLUMNS = 40


def lines(
    header: Sequence[str], rows: Iterable[Sequence[object]], width: int, right: Sequence[str] = ()
) -> Iterator[str]:
    """The lines of a table: the header, then each row in one line or two. `right` names the columns of numbers, which are
    aligned to the right."""
    from rich.cells import cell_len, set_cell_size  # imported here: output that is no terminal has no table

    cells = [[_cell(cell) for cell in row[:-1]] + [_plain(row[-1])] for row in rows]
    table = [list(header), *cells]
    widths = [max(cell_len(row[i]) for row in table) for i in range(len(header) - 1)]
    before = sum(widths) + GAP * len(widths)
    crowded = before > width * MAX_SHARE_BEFORE_LAST
    for number, row in enumerate(table):
        aligned = [
            " " * (columns - cell_len(cell)) + cell if head in right else set_cell_size(cell, columns)
            for head, cell, columns in zip(header, row, widths, strict=False)
        ]
        if number and crowded and before + cell_len(row[-1]) > width:
            yield (" " * GAP).join(aligned).rstrip()
            yield f"{' ' * GAP}{row[-1]}"
        else:
            yield (" " * GAP).join([*aligned, row[-1]]).rstrip()


def print_rows(header: Sequence[str], rows: Sequence[Sequence[object]], right: Sequence[str] = ()) -> None:
    """Print rows as a table on a terminal (`show`); elsewhere each is a line with tabs between its cells."""
    if on_terminal() and rows:
        show(header, rows, right)
    else:
        for row in rows:
            echo("\t".join(map(str, row)))


def show(
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    right: Sequence[str] = (),
    out: Console | None = None,
) -> None:
    """Print the table, on standard output where no other console is given, with its header in bold."""
    out = out or console()
    first, *rest = lines(header, rows, out.width, right)
    out.print(first, style="bold", markup=False, soft_wrap=True)
    for line in rest:
        out.print(line, markup=False, soft_wrap=True)


def _plain(cell: object) -> str:
    return " ".join(str("" if cell is None else cell).split())


def _cell(cell: object) -> str:
    from rich.cells import cell_len, set_cell_size

    text = _plain(cell)
    if "://" in text or cell_len(text) <= MAX_CELL_COLUMNS:
        return text
    return set_cell_size(text, MAX_CELL_COLUMNS - 1).rstrip() + "…"
