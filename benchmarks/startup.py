"""What a command costs before it answers: CPU time of a whole process, on a small SQLite archive.

    python -m benchmarks.startup            # every command that needs no network
    python -m benchmarks.startup --runs 9

Prints the median and the least of several runs in milliseconds, beside Python alone and click alone.
CPU time (user and system of the child) does not count what other processes do meanwhile, but still
varies with the machine's load: compare within one run.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
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


def cpu(*words: str, line: str = LINES[0]) -> float:
    """CPU time of one process that reads this line, in milliseconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *words], input=line.encode() + b"\n", capture_output=True, timeout=60, check=False
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


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
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
