"""Whole crawls over loopback, beside bare Scrapy and a naive archiver, in turn in one run.

    python -m benchmarks.crawl --pages ../shared/data/articles --posts 30 150 600
    python -m benchmarks.crawl --pages ../shared/data/articles --profile
    python -m benchmarks.crawl --pages ../shared/data/articles --posts 5000 --memory 500

The pages of a folder (`*.html.gz`) are served gzipped as the posts of one blog, with a feed and a sitemap; where there are
fewer than posts, they come again with the words of their texts in another order. Every contender
starts anew, finds the posts by the sitemap, and fetches them all: `bare` parses nothing; `naive` is what many write first,
trafilatura and ftfy in the callback and a commit each; `news-please` the same with its extractor. Each round runs all of
them one after the other; the table has the medians. Rates are wall-clock with start-up, so compare ratios within a
table. CPU is that of all processes of a crawl, memory the sum of their proportional set sizes (resident sizes where the
system knows no others), and the longest block is the longest time that the reactor answered nobody (`benchmarks.probe`).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from statistics import median

import psutil

from benchmarks.crawl_blog import made_pages, real_pages, served

ROOT = Path(__file__).parent.parent
#: Seconds between two looks at the memory and the CPU time of a crawl's processes. A look at the four processes of a crawl with two
#: workers takes 7 ms: ten looks a second took 3 % of two cores from it.
LOOK_SECONDS = 0.25
#: Seconds between two counts of what a crawl has stored.
COUNT_SECONDS = 1.0
#: Seconds after which a crawl has failed.
MAX_SECONDS = 3600

#: How a crawl of ours ends where some posts failed, such as a real page that shows a wall.
FAILED_POSTS = 3

SPIDER = """
import scrapy
from scrapy.utils.sitemap import Sitemap
{imports}
class Contender(scrapy.Spider):
    name = "contender"
    def __init__(self, url, db):
        super().__init__(); self.start_urls = [url + "sitemap.xml"]
        {opened}
    def parse(self, response):
        for entry in Sitemap(response.body):
            yield response.follow(entry["loc"], callback=self.post)
    def post(self, response):
        {stored}
        yield {{"url": response.url}}
"""
OPENED = """self.db = sqlite3.connect(db)
        self.db.execute("CREATE TABLE articles (url TEXT PRIMARY KEY, text TEXT)")"""
STORED = """self.db.execute("INSERT INTO articles VALUES (?, ?)", (response.url, text))
        self.db.commit()"""
SPIDERS = {
    "bare": SPIDER.format(imports="", opened="", stored=""),
    "naive": SPIDER.format(
        imports="import ftfy, sqlite3, trafilatura",
        opened=OPENED,
        stored=f"text = ftfy.fix_text(trafilatura.extract(response.text) or '')\n        {STORED}",
    ),
    "news-please": SPIDER.format(
        imports="import sqlite3\nfrom newsplease import NewsPlease",
        opened=OPENED,
        stored=f"text = NewsPlease.from_html(response.text, response.url, fetch_images=False).maintext\n        {STORED}",
    ),
}
BARE = "bare Scrapy"
NAIVE = "naive (trafilatura, ftfy, a commit each)"

FAST = ["DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=0", "CONCURRENT_REQUESTS_PER_DOMAIN=16", "LOG_LEVEL=ERROR"]
#: Settings with which the spiders of others run: Scrapy's defaults, where this project's are for its own spiders.
SCRAPYS_OWN = ["ADDONS={}", "CONCURRENT_ITEMS=100", "ROBOTSTXT_OBEY=0"]
#: Our contenders and their settings.
OURS = {
    "newsarchive": [],
    "newsarchive, 0 workers": ["NEWSARCHIVE_WORKERS=0"],
    "newsarchive, 1 worker": ["NEWSARCHIVE_WORKERS=1"],
    "newsarchive, 2 workers": ["NEWSARCHIVE_WORKERS=2"],
    "newsarchive, 0 workers, no learning": ["NEWSARCHIVE_WORKERS=0", "NEWSARCHIVE_LEARN=0"],
    # Without raw bytes nothing is learned, so that this differs from the one before by the raw bytes alone.
    "newsarchive, 0 workers, no learning, no WARC": ["NEWSARCHIVE_WORKERS=0", "NEWSARCHIVE_WARC=off"],
}


@dataclass(frozen=True)
class Contender:
    """A crawl: its name, the words of `scrapy`, the Python that runs it."""

    name: str
    words: Sequence[str]
    settings: Sequence[str]
    python: str = sys.executable


@dataclass(frozen=True)
class Figures:
    """What one crawl took: seconds, megabytes, articles; `parts` are seconds of CPU by package."""

    wall: float
    cpu: float
    main_cpu: float
    peak: float
    block: float
    stored: int
    size: float
    parts: dict[str, float] = field(default_factory=dict)


def contenders(url: str, folder: Path, news_please: str | None) -> Iterator[Contender]:
    """Every contender, its spider written into `folder`."""
    others = {BARE: ("bare", sys.executable)}
    if importlib.util.find_spec("trafilatura"):
        others[NAIVE] = ("naive", sys.executable)
    if news_please:
        others["news-please, a commit each"] = ("news-please", news_please)
    for name, (spider, python) in others.items():
        (folder / f"{spider}.py").write_text(SPIDERS[spider])
        words = ["runspider", f"{spider}.py", "-a", f"url={url}", "-a", "db=archive.db"]
        yield Contender(
            name, words, SCRAPYS_OWN if python == sys.executable else ["ROBOTSTXT_OBEY=0"], python
        )
    for name, settings in OURS.items():
        database = "NEWSARCHIVE_DATABASE_URL=sqlite:///archive.db"
        yield Contender(name, ["crawl", "news", "-a", f"url={url}"], [database, *settings])


def environment() -> dict[str, str]:
    """What the processes of a crawl find in their environment."""
    found = os.environ | {"PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1"}
    found.pop("PYTHONDONTWRITEBYTECODE", None)  # else each process compiles all modules anew
    return found


def run(one: Contender, folder: Path, profile: bool, memory: Memory | None = None) -> Figures:
    """One crawl in a new folder. Ends the benchmark with what the crawl said where it fails."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        here = Path(own)
        for file in folder.glob("*.py"):
            (here / file.name).write_text(file.read_text())
        if one.python == sys.executable:
            (here / "scrapy.cfg").write_text("[settings]\ndefault = newsarchive.settings\n")
        settings = [part for value in (*FAST, *one.settings) for part in ("-s", value)]
        flags = ["--profile"] if profile else []
        command = [one.python, "-m", "benchmarks.probe", "report.json", *flags, *one.words, *settings]
        started = time.perf_counter()
        with (here / "said").open("w") as said:
            process = psutil.Popen(command, env=environment(), cwd=here, stdout=said, stderr=said)
            look = partial(memory.note, here) if memory else lambda total, own: None
            peak, children = watch(process, started, look)
        wall = time.perf_counter() - started
        if process.returncode not in (0, FAILED_POSTS):
            sys.exit(f"{one.name} ended with {process.returncode}:\n{(here / 'said').read_text()[-3000:]}")
        report = json.loads((here / "report.json").read_text())
        stored, size = archive(here)
    cpu = report["cpu"]
    return Figures(wall, cpu + children, cpu, peak, report["longest_block"], stored, size, report["parts"])


@dataclass
class Memory:
    """The most megabytes of all processes of a crawl, and of its own one, while each `step` articles were stored."""

    step: int
    peaks: dict[int, tuple[float, float]] = field(default_factory=dict)
    #: articles that were stored at the last count, and when that was
    stored: int = 0
    counted_at: float = 0.0

    def note(self, folder: Path, total: float, own: float) -> None:
        if time.perf_counter() - self.counted_at > COUNT_SECONDS:
            with suppress(sqlite3.Error):  # the tables are not there yet, or are being written
                self.stored, _ = archive(folder)
            self.counted_at = time.perf_counter()
        before = self.peaks.get(self.stored // self.step, (0.0, 0.0))
        self.peaks[self.stored // self.step] = max(total, before[0]), max(own, before[1])

    def table(self) -> str:
        """What was noted, as a table in Markdown."""
        lines = ["| articles | peak MB | of it main |", "|---|--:|--:|"]
        for number, (total, own) in sorted(self.peaks.items()):
            span = f"{number * self.step:,} to {(number + 1) * self.step - 1:,}"
            lines.append(f"| {span} | {total:.0f} | {own:.0f} |")
        return "\n".join(lines)


def watch(process: psutil.Popen, started: float, look: Callable[[float, float], None]) -> tuple[float, float]:
    """Follow a crawl to its end: the most megabytes of all its processes, and the CPU seconds of those that it started. `look` is
    given the megabytes of all processes, and of the crawl's own one, at each look."""
    peak, spent = 0.0, dict[int, float]()
    while process.poll() is None:
        if time.perf_counter() - started > MAX_SECONDS:
            process.kill()
            sys.exit(f"a crawl took more than {MAX_SECONDS} seconds")
        total = own = 0.0
        try:
            for one in (process, *process.children(recursive=True)):
                used = one.memory_full_info()
                total += getattr(used, "pss", used.rss) / 1e6
                own = own or total  # the first is the crawl's own
                if one.pid != process.pid:
                    times = one.cpu_times()
                    spent[one.pid] = times.user + times.system
        except psutil.Error:  # a process that ended while we looked
            continue
        finally:
            time.sleep(LOOK_SECONDS)
        peak = max(peak, total)
        look(total, own)
    return peak, sum(spent.values())


def archive(folder: Path) -> tuple[int, float]:
    """Articles in the archive of a crawl, and its megabytes without the raw bytes; zeros where there is none."""
    file = folder / "archive.db"
    if not file.exists():
        return 0, 0.0
    with closing(sqlite3.connect(file)) as database:
        (count,) = database.execute("SELECT count(*) FROM articles").fetchone()
    return count, file.stat().st_size / 1e6


def table(results: dict[str, list[Figures]], posts: int) -> str:
    """The medians of all rounds as a table in Markdown."""
    medians = {
        name: Figures(*(median(getattr(one, f.name) for one in runs) for f in fields(Figures)[:-1]))
        for name, runs in results.items()
    }
    bare, naive = medians[BARE].wall, medians[NAIVE].wall if NAIVE in medians else None
    lines = [
        "| crawl | pages/s | of bare Scrapy | of naive | CPU s | of it main | peak MB | longest block, ms | stored | archive MB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, it in medians.items():
        of_naive = f"{naive / it.wall:.2f}" if naive else ""
        lines.append(
            f"| {name} | {posts / it.wall:.1f} | {bare / it.wall:.3f} | {of_naive} | {it.cpu:.1f} | {it.main_cpu:.1f} "
            f"| {it.peak:.0f} | {it.block * 1000:.0f} | {it.stored:.0f} | {it.size:.1f} |"
        )
    return "\n".join(lines)


def profile_table(it: Figures, posts: int) -> str:
    """Milliseconds of CPU a page by package, the largest first; what is under a tenth of a millisecond is left out."""
    lines = ["| part | ms a page |", "|---|--:|"]
    for part, seconds in sorted(it.parts.items(), key=lambda item: -item[1]):
        if seconds / posts >= 0.0001:
            lines.append(f"| {part} | {seconds / posts * 1000:.1f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--pages",
        type=Path,
        nargs="+",
        metavar="FOLDER",
        help="folders with pages, *.html.gz (default: made pages, small and alike)",
    )
    parser.add_argument(
        "--posts",
        type=int,
        nargs="+",
        default=[300],
        help="posts of the blog; one table for each number (default: 300)",
    )
    parser.add_argument(
        "--rounds", type=int, default=3, help="rounds; the table has the medians (default: 3)"
    )
    parser.add_argument(
        "--only",
        nargs="+",
        metavar="WORD",
        help="contenders whose name has one of these words, besides bare Scrapy",
    )
    parser.add_argument(
        "--news-please",
        metavar="PYTHON",
        help="the Python of an environment with news-please, which wants libraries of its own",
    )
    parser.add_argument(
        "--profile", action="store_true", help="one crawl without workers, and where its CPU time goes"
    )
    parser.add_argument(
        "--memory",
        type=int,
        metavar="N",
        help="one crawl with the workers of `auto`, and the most memory while each N articles were stored",
    )
    options = parser.parse_args()
    for posts in options.posts:
        pages = real_pages(options.pages, posts) if options.pages else made_pages(posts)
        if not pages:
            parser.error(f"{', '.join(map(str, options.pages))}: no pages (*.html.gz)")
        with served(pages) as url, tempfile.TemporaryDirectory() as folder:
            measure(url, Path(folder), posts, options)


def measure(url: str, folder: Path, posts: int, options: argparse.Namespace) -> None:
    """Print one table of a blog."""
    chosen = list(contenders(url, folder, options.news_please))
    if options.profile:
        found = next(one for one in chosen if one.name == "newsarchive, 0 workers")
        print(f"\n{posts} posts, {found.name}\n\n{profile_table(run(found, folder, True), posts)}")
        return
    if options.memory:
        found, memory = next(one for one in chosen if one.name == "newsarchive"), Memory(options.memory)
        try:
            done = run(found, folder, False, memory)
            print(f"\n{posts} posts, {found.name}: {done.stored} stored, {done.cpu:.0f} s of CPU")
        finally:  # also of a crawl that was broken off
            print(f"\n{memory.table()}")
        return
    if options.only:
        chosen = [one for one in chosen if one.name == BARE or any(word in one.name for word in options.only)]
    # As at an installation: else the first crawl of a fresh checkout compiles modules and patterns for all others.
    subprocess.run([sys.executable, "-m", "newsarchive.workers.preload"], env=environment(), check=True)
    results: dict[str, list[Figures]] = {one.name: [] for one in chosen}
    for number in range(options.rounds):
        for one in chosen:
            results[one.name].append(run(one, folder, False))
            wall = results[one.name][-1].wall
            print(f"round {number + 1} of {options.rounds}: {one.name}: {wall:.1f} s", file=sys.stderr)
    print(f"\n{posts} posts, medians of {options.rounds} rounds\n\n{table(results, posts)}")


if __name__ == "__main__":
    main()
