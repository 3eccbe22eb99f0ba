"""What a command costs before it answers: CPU time of a whole process, on a small SQLite archive.

    python -m benchmarks.startup            # every command that needs no network
    python -m benchmarks.startup --runs 9
    python -m benchmarks.startup --crawls   # crawls instead, beside one of Scrapy alone

Prints the median and the least of several runs in milliseconds, beside Python alone and click alone. Bytecode, and what
the rules compile to, are kept in a folder of their own, as an installed package has them.
CPU time (user and system of the child) does not count what other processes do meanwhile, but still
varies with the machine's load: compare within one run.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from newsarchive import demo, rules
from newsarchive.core import steps
from newsarchive.db.engine import open_engine
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.store import Store
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Article, Capture

#: The reach, in milliseconds.
REACH = 150

COMMANDS = (
    "--help",
    "search --help",
    "search ferry",
    "search --site blog.example --json",
    "show 1",
    "explain 1",
    "history 1",
    "diff 1",
    "stats",
    "export - --format csv",
    "quarantine list",
    "trace 1",
    "compare 1 2",
    "origins",
    "sites list",
    "sites template blog.example",
    "db current",
    "schedule --cron",
    "repair",
)
#: What `repair` reads: nothing to look at, nothing to repair, damage.
LINES = ("plain", "It’s “clean” – café", "It said โ€˜yesโ€™ to Trumpโ€™s tariffs")
_NO_ARCHIVE = ("--help", "search --help", "schedule --cron", "repair")


#: A spider that fetches one page and does nothing of its own.
BARE = """
import scrapy
class Bare(scrapy.Spider):
    name = "bare"
    custom_settings = {{"LOG_LEVEL": "ERROR"}}
    start_urls = ["{home}/"]
    def parse(self, response):
        yield {{"title": response.css("title::text").get()}}
"""
#: The bundled blog of three posts on loopback, without a delay, into a new archive with its WARC file.
CRAWL = (
    "-m",
    "scrapy",
    "crawl",
    "news",
    "-a",
    "url=demo",
    "-s",
    "DOWNLOAD_DELAY=0",
    "-s",
    "NEWSARCHIVE_TOUR=0",
)


def cpu(*words: str, line: str = LINES[0], folder: Path | None = None) -> float:
    """CPU time of one process that reads this line and runs in this folder, in milliseconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *words],
        input=line.encode() + b"\n",
        capture_output=True,
        timeout=60,
        check=False,
        cwd=folder,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def archive(file: Path) -> None:
    """The demo's articles."""
    engine = open_engine(str(file))
    upgrade(engine)
    Store(engine).ingest(list(articles()))
    engine.dispose()


def articles() -> list[Article]:
    found = []
    for path, (_, body) in demo.pages("https://blog.example").items():
        try:
            capture = Capture(f"https://blog.example{path}", body, datetime.now(UTC))
            found.append(steps.article_from(capture, rules.default()))
        except NotAnArticle:
            pass
    return found


def crawl(folder: Path, *, kept: bool = True) -> float:
    """CPU time of a crawl in a new folder; where nothing is kept, the rules are compiled as at a first crawl."""
    for entries in () if kept else folder.rglob("compiled.*.entries"):
        entries.unlink()
    new = folder / "crawl"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    (new / "scrapy.cfg").write_text("[settings]\ndefault = newsarchive.settings\n", encoding="utf-8")
    taken = cpu(*CRAWL, folder=new)
    assert list(new.rglob("*.warc.gz")), "nothing was fetched"
    return taken


def crawls(folder: Path, runs: int) -> None:
    """Print what crawls cost in CPU time and by the clock, each in turn, so that other work meets all of them."""
    with demo.served() as home:
        spider = folder / "bare.py"
        spider.write_text(BARE.format(home=home), encoding="utf-8")
        rows = {
            "Scrapy alone, one page": lambda: cpu("-m", "scrapy", "runspider", str(spider), folder=folder),
            "scrapy crawl, first time": lambda: crawl(folder, kept=False),
            "scrapy crawl, later": lambda: crawl(folder),
            "scrapy list": lambda: cpu("-m", "scrapy", "list", folder=folder / "crawl"),
        }
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in rows}
        for _ in range(runs + 1):
            for name, run in rows.items():
                began = time.perf_counter()
                found[name].append((run(), 1000 * (time.perf_counter() - began)))
    for name, times in found.items():
        taken, clock = (sorted(column)[:-1] for column in zip(*times, strict=True))
        print(
            f"{name:45} median {statistics.median(taken):5.0f}  least {taken[0]:5.0f} ms,"
            f" by the clock {statistics.median(clock):5.0f}  least {clock[0]:5.0f} ms"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--crawls", action="store_true", help="crawls instead of commands")
    options = parser.parse_args()
    runs = options.runs
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "bytecode")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        if options.crawls:
            crawls(Path(folder), runs)
            return
        file = Path(folder) / "newsarchive.db"
        archive(file)
        rows = [("python -c pass", ("-c", "pass")), ("python -c 'import click'", ("-c", "import click"))]
        for command in COMMANDS:
            db = () if command in _NO_ARCHIVE else ("--db", str(file))
            rows.append((f"newsarchive {command}", ("-m", "newsarchive", *command.split(), *db)))
        inputs = [(*row, LINES[0]) for row in rows]
        inputs += [
            (f"newsarchive repair: {line[:18]}…", ("-m", "newsarchive", "repair"), line) for line in LINES[1:]
        ]
        for name, words, line in inputs:
            times = sorted(cpu(*words, line=line) for _ in range(runs + 1))[:-1]  # the slowest filled caches
            mark = "" if statistics.median(times) <= REACH else f"  over {REACH}"
            print(f"{name:45} median {statistics.median(times):5.0f}  least {times[0]:5.0f} ms{mark}")


if __name__ == "__main__":
    main()
