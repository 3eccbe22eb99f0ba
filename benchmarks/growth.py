"""How time and memory grow with the size of an answer: `python -m benchmarks.growth [--only WORD] [--doors NAMES] [--size BYTES]`.

Every door of newsarchive through which an answer of a site comes in is tried with every shape of `growth_shapes`, at n, 2n and
4n bytes, each in a process of its own:

- `post`: what a crawl does with the page of a post: a first look, the steps of the core, the site's template with a record for
  learning, and storing the article;
- `list`: what a crawl asks of a front page or an archive page;
- `feed`, `sitemap`, `api`, `robots`: the answers that list posts;
- `repair`: `newsarchive.repair` of a text, in characters.

Nothing may take more than `MAX_SECONDS` of CPU time and `MAX_MEGABYTES` of memory at 4n bytes (5 MB), nor grow far faster than the
answer. The exit code is 1 where something does, and where something else than `NotAnArticle` is raised.

With `--bytes 64000` each text is repaired at that size alone, and so are six languages in every damage of `damaged_texts`, or,
with `--random 400`, that number of texts of random shapes. The exit code is 1 where a text takes longer than
`MAX_REPAIR_SECONDS`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import multiprocessing.connection
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

import newsarchive
from benchmarks import growth_shapes as made
from benchmarks.fuzz_targets import URL, run_feed, run_listing, run_robots, run_sitemap, run_wordpress
from benchmarks.growth_random import random_text
from newsarchive import rules
from newsarchive.core.discovery.page_kind import LookAt, first_look
from newsarchive.core.discovery.rights import MAX_ROBOTS_TXT_CHARACTERS
from newsarchive.core.encoding.decoding import decode
from newsarchive.core.site_template.model import Template
from newsarchive.core.steps import article_from, templated
from newsarchive.db.engine import open_engine
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.store import Store
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Capture

#: In bytes: the largest of the three sizes of an answer.
PAGE_BYTES = 5_000_000
#: In characters: the largest of the three sizes of a text for `repair`.
TEXT_CHARACTERS = 32_000
#: In seconds of CPU time and in MB of memory: more than this for an answer of the largest size is too much.
MAX_SECONDS = 2.0
MAX_MEGABYTES = 500
#: In seconds of CPU: a process that takes longer is ended.
MAX_CPU_SECONDS = 20
#: In MB of address space: a process that asks for more gets a `MemoryError`.
MAX_ADDRESS_SPACE_MEGABYTES = 4_000
#: Time at 4n by time at n: linear growth gives 4, quadratic 16. More than this is too much.
MAX_TIME_RATIO = 9.0
#: In seconds: what takes less than this at 4n is fast enough, however it grows.
MIN_TOLD_SECONDS = 0.5

#: In seconds of CPU: a text of `--bytes` that takes longer is told.
MAX_REPAIR_SECONDS = 1.0

NOW = datetime(2026, 1, 1, tzinfo=UTC)

#: What reads an answer; it tells the end of each of its stages.
Door = Callable[[bytes, Callable[[str], None]], None]


class Measured(NamedTuple):
    """CPU time in seconds, additional peak memory in MB, the seconds of each stage, and what went wrong, "" for nothing."""

    seconds: float
    megabytes: float
    stages: tuple[tuple[str, float], ...] = ()
    problem: str = ""


class _Archive:
    """An archive of one article, as a file that each process copies: an open database must not be shared."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="newsarchive-growth-")
        self.file = Path(self.folder.name) / "archive.db"
        self.opened().ingest([newsarchive.extract(made.PAGES["sentences"](9000), url=URL)])
        self.store.engine.dispose()

    def opened(self) -> Store:
        engine = open_engine(f"sqlite:///{self.file}")
        upgrade(engine)
        self.store = Store(engine)
        return self.store

    def copy(self) -> None:
        """Work on with a copy of the file."""
        self.file = shutil.copy(self.file, Path(self.folder.name) / f"{os.getpid()}.db")
        self.opened()

    def remove(self) -> None:
        self.store.engine.dispose()
        for path in Path(self.folder.name).glob(f"{os.getpid()}.db*"):
            path.unlink()


@cache
def _archive() -> _Archive:
    return _Archive()


def _post(body: bytes, done: Callable[[str], None]) -> None:
    table = rules.default()
    look = first_look(LookAt(decode(body, "text/html").text, URL, {}, 200), table)
    done("look")
    if look.block:
        return
    try:
        article = article_from(Capture(URL, body, NOW), table)
        done("read")
        article = templated(article, Template("blog.example"), table, keep_reading=True)
        done("learn")
    except NotAnArticle:
        done("refuse")
        return
    _archive().store.ingest([article])
    done("store")


def _robots(body: bytes, done: Callable[[str], None]) -> None:
    # The crawl cuts the file to the same length.
    run_robots(decode(body, "text/plain").text[:MAX_ROBOTS_TXT_CHARACTERS].encode("utf-8", "replace"))


def _door(run: Callable[[bytes], None]) -> Door:
    return lambda body, done: run(body)


def _repair(text: bytes, done: Callable[[str], None]) -> None:
    newsarchive.repair(text.decode())


#: Door → what reads, the shapes, and the largest size.
DOORS: dict[str, tuple[Door, made.Shapes, int]] = {
    "post": (_post, made.PAGES, PAGE_BYTES),
    "list": (_door(run_listing), made.PAGES, PAGE_BYTES),
    "feed": (_door(run_feed), made.FEEDS, PAGE_BYTES),
    "sitemap": (_door(run_sitemap), made.SITEMAPS, PAGE_BYTES),
    "api": (_door(run_wordpress), made.APIS, PAGE_BYTES),
    "robots": (_robots, made.ROBOTS, PAGE_BYTES),
    "repair": (
        _repair,
        {name: lambda size, make=make: make(size).encode() for name, make in made.TEXTS.items()},  # type: ignore[misc]
        TEXT_CHARACTERS,
    ),
}


def measured(door: Door, shape: Callable[[int], bytes], size: int) -> Measured:
    """One shape at one size, in a process of its own."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_measure, args=(there, door, shape, size))
    process.start()
    there.close()
    try:
        return here.recv()  # type: ignore[no-any-return]
    except EOFError:
        return Measured(MAX_CPU_SECONDS, 0.0, problem="ended by its limits")
    finally:
        process.join()


def _measure(
    there: multiprocessing.connection.Connection, door: Door, shape: Callable[[int], bytes], size: int
) -> None:
    body = shape(size)
    _archive().copy()
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (spent + MAX_CPU_SECONDS,) * 2)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_ADDRESS_SPACE_MEGABYTES << 20,) * 2)
    stages: list[tuple[str, float]] = []
    start, problem = time.process_time(), ""

    def done(stage: str) -> None:
        stages.append((stage, time.process_time() - start - sum(seconds for _, seconds in stages)))

    try:
        door(body, done)
    except Exception as error:  # whatever it is, the table shows it
        problem = f"{type(error).__name__}: {str(error)[:60]}"
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _archive().remove()
    there.send(Measured(seconds, max(0, peak - used.ru_maxrss) / 1024, tuple(stages), problem))


def problem_of(found: list[Measured]) -> str:
    """What is wrong with a shape, "" for nothing."""
    if problems := [m.problem for m in found if m.problem]:
        return problems[0]
    first, last = found[0], found[-1]
    if last.seconds > MAX_SECONDS:
        return f"more than {MAX_SECONDS:g} s"
    if last.megabytes > MAX_MEGABYTES:
        return f"more than {MAX_MEGABYTES} MB"
    if last.seconds > MIN_TOLD_SECONDS and last.seconds > MAX_TIME_RATIO * first.seconds:
        return f"time grows {last.seconds / first.seconds:.0f} times"
    return ""


def _warm_up() -> None:
    """Load models and tables once, before the processes are made."""
    _archive().opened()
    for door, shapes, size in DOORS.values():
        for shape in list(shapes.values())[:3]:
            door(shape(size // 1000), lambda stage: None)
    _post(made.PAGES["sentences"](9000), lambda stage: None)
    _post(made.PAGES["script: Russian"](9000), lambda stage: None)
    _post(made.PAGES["elements: damaged paragraphs"](9000), lambda stage: None)
    _archive().store.engine.dispose()


def _repair_texts_of(size: int, only: str, number_at_random: int) -> int:
    """Print what texts of a size in bytes take, those of a random shape where their number is given; 1 where one takes too long,
    else 0."""
    wrong = 0
    print("| text | characters | seconds | |\n|---|---|---|---|")
    shapes = dict(map(random_text, range(number_at_random))) or {**made.TEXTS, **made.damaged_texts()}
    for name, shape in shapes.items():
        if only not in name:
            continue
        text = shape(size).encode("utf-8", "surrogatepass")[:size].decode("utf-8", "ignore")
        found = measured(_repair, lambda _, text=text: text.encode(), size)  # type: ignore[misc]
        problem = found.problem or ("too slow" if found.seconds > MAX_REPAIR_SECONDS else "")
        wrong += bool(problem)
        print(f"| {name} | {len(text):,} | {found.seconds:.2f} | {problem} |", flush=True)
    return 1 if wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="shapes whose name holds this")
    parser.add_argument("--doors", default=",".join(DOORS), help=f"of {', '.join(DOORS)}, between commas")
    parser.add_argument("--size", type=int, default=0, help="bytes of the largest size")
    parser.add_argument("--bytes", type=int, default=0, help="repair texts of this size alone")
    parser.add_argument(
        "--random", type=int, default=0, help="with --bytes: this number of texts of random shapes"
    )
    parser.add_argument(
        "--part", default="1/1", help="1/2: the first half of the shapes, for two processes at a time"
    )
    parser.add_argument("--largest-only", action="store_true", help="do not measure n and 2n")
    options = parser.parse_args()
    if unknown := [name for name in options.doors.split(",") if name not in DOORS]:
        parser.error(f"--doors: {', '.join(unknown)}: there is only {', '.join(DOORS)}")
    _warm_up()
    if options.bytes:
        return _repair_texts_of(options.bytes, options.only, options.random)
    wrong = 0
    part, parts = map(int, options.part.split("/"))
    print(
        "| door | shape | bytes | seconds at n, 2n, 4n | MB at 4n | stages at 4n | |\n|---|---|---|---|---|---|---|"
    )
    chosen = [
        (name, shape)
        for name in options.doors.split(",")
        for shape in DOORS[name][1]
        if options.only in shape
    ]
    for name, shape in chosen[part - 1 :: parts]:
        door, shapes, largest = DOORS[name]
        largest = options.size or largest
        sizes = [largest] if options.largest_only else [largest // 4, largest // 2, largest]
        found: list[Measured] = []
        for size in sizes:
            found.append(measured(door, shapes[shape], size))
            if found[-1].problem:
                break
        problem = problem_of(found)
        wrong += bool(problem)
        last = found[-1]
        stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in last.stages)
        times = " / ".join(f"{m.seconds:.2f}" for m in found)
        written = shape.replace("|", "\\|")
        print(
            f"| {name} | `{written}` | {size:,} | {times} | {last.megabytes:.0f} | {stages} | {problem} |",
            flush=True,
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
