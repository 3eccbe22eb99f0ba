"""How far a crawl is, how fast, and how long it takes yet: in words, and as a bar on a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

#: Gives how many posts are done with, and how many there are as far as is known by now.
Position = Callable[[], tuple[int, int]]


def duration(seconds: float) -> str:
    """A span of time for a person, rounded up.

    >>> duration(0.4), duration(59), duration(61), duration(3600), duration(9000)
    ('1 second', '59 seconds', '2 minutes', '1 hour', '2.5 hours')
    """
    if seconds >= 3600:
        number, unit = f"{seconds / 3600:.1f}".removesuffix(".0"), "hour"
    elif seconds >= 60:
        number, unit = str(-int(-seconds // 60)), "minute"
    else:
        number, unit = str(max(1, -int(-seconds // 1))), "second"
    return f"{number} {unit}" + ("" if number == "1" else "s")


def speed_words(speed: float) -> str:
    """Pages a second; a minute where they are fewer than one a second's tenth.

    >>> speed_words(12.34), speed_words(0.5), speed_words(0.05)
    ('12.3 pages a second', '0.5 pages a second', '3 pages a minute')
    """
    return f"{speed * 60:.0f} pages a minute" if speed < 0.1 else f"{speed:.1f} pages a second"


class Pace:
    """The mean speed since the start, in words. `clock` gives seconds."""

    def __init__(self, position: Position, clock: Callable[[], float] = time.monotonic) -> None:
        self.position, self.clock, self.started = position, clock, 0.0

    def start(self) -> None:
        self.started = self.clock()

    def words(self) -> str:
        """`120 of 400 posts, 1.0 pages a second, 5 minutes left`."""
        done, found = self.position()
        if not found:
            return "looking for posts"
        seconds = self.clock() - self.started
        speed = done / seconds if seconds > 0 else 0.0
        parts = [f"{done} of {found} posts"]
        if speed:
            parts.append(speed_words(speed))
            parts.append(f"{duration((found - done) / speed)} left" if done < found else "finishing")
        return ", ".join(parts)


#: Columns of a terminal below which the speed is written as `0.5/s`: with all words the bar itself needs the rest.
MIN_WORDY_COLUMNS = 70


class _Speed(ProgressColumn):
    def __init__(self, wordy: bool) -> None:
        super().__init__()
        self.wordy = wordy

    def render(self, task: Task) -> Text:
        if not task.speed:
            return Text("")
        return Text(speed_words(task.speed) if self.wordy else f"{task.speed:.1f}/s", no_wrap=True)


class _Left(ProgressColumn):
    def render(self, task: Task) -> Text:
        if not task.total:
            return Text("")
        if task.completed >= task.total:
            return Text("finishing", no_wrap=True)
        left = task.time_remaining
        return Text(f"{duration(left)} left" if left else "", no_wrap=True)


class Bar(Progress):
    """A bar that asks how far the crawl is each time it is drawn, and the page at hand below it."""

    def __init__(
        self,
        console: Console,
        position: Position,
        page: Callable[[], str],
        clock: Callable[[], float] | None = None,
    ) -> None:
        wordy = console.width >= MIN_WORDY_COLUMNS
        columns = (BarColumn(bar_width=None), TextColumn("{task.description}"), _Speed(wordy), _Left())
        self.position, self.page, self.screen = position, page, console
        super().__init__(
            *columns, console=console, transient=True, redirect_stdout=False, refresh_per_second=4, expand=True,
            get_time=clock,
        )  # fmt: skip
        self.add_task("looking for posts", total=None)

    def get_renderables(self) -> Iterable[RenderableType]:
        if self.tasks:  # while it is made it draws itself, without any
            done, found = self.position()
            words = f"{done} of {found} posts" if found else "looking for posts"
            self.update(self.tasks[0].id, completed=done, total=found or None, description=words)
        yield self.make_tasks_table(self.tasks)
        yield Text(shortened(self.page(), self.screen.width), style="dim", no_wrap=True, overflow="crop")


def shortened(address: str, width: int) -> str:
    """An address in one line of the screen: its end tells one post from another.

    >>> shortened("https://blog.example/2025/04/post/", 20)
    '…mple/2025/04/post/'
    """
    return address if len(address) < width else "…" + address[len(address) - width + 2 :]
