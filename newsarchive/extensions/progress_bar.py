"""The bar that a crawl draws on a terminal. It needs Rich, which no other crawl imports."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column
from rich.text import Text

if TYPE_CHECKING:
    from newsarchive.extensions.progress import Pace

#: Columns of the terminal that the bar takes at least, with the gap behind it. Where the words leave fewer, they are shortened.
MIN_BAR_COLUMNS = 8


class Bar(Progress):
    """A bar with the words of `pace`, and the address of the last request below. It asks `pace` and `page` each time it is drawn."""

    def __init__(self, console: Console, pace: Pace, page: Callable[[], str]) -> None:
        words = TextColumn("{task.description}", table_column=Column(no_wrap=True))
        self.pace, self.page, self.screen = pace, page, console
        super().__init__(
            BarColumn(bar_width=None), words,
            console=console, transient=True, redirect_stdout=False, refresh_per_second=4, expand=True,
        )  # fmt: skip
        self.add_task("looking for posts", total=None)

    def get_renderables(self) -> Iterable[RenderableType]:
        if self.tasks:  # `__init__` draws the bar before it has a task
            done, found = self.pace.position()
            words = self.pace.words(self.screen.width - MIN_BAR_COLUMNS)
            self.update(self.tasks[0].id, completed=done, total=found or None, description=words)
        yield self.make_tasks_table(self.tasks)
        yield Text(shortened(self.page(), self.screen.width), style="dim", no_wrap=True, overflow="crop")


def shortened(address: str, width: int) -> str:
    """An address in one line of the screen, cut at its start: the end tells one post from another.

    >>> shortened("https://blog.example/2025/04/post/", 20)
    '…mple/2025/04/post/'
    """
    return address if len(address) < width else "…" + address[len(address) - width + 2 :]
