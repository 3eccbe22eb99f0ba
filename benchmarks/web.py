"""The pages of `newsarchive web` on loopback, beside plain Datasette over the same file:
`python -m benchmarks.web [--articles 100000] [--folder DIR]`.

Builds an archive of synthetic articles (as `benchmarks.store` does, with one story of 40 copies), starts
both servers as a user would, and asks each page several times over one connection: milliseconds to the
last byte as the client sees them (the first answer, the fastest, the median, the 95th percentile), and CPU
milliseconds of the server. On a machine that has other work, believe the fastest and the CPU.

The numbers beside a search are remembered while the archive stays as it is. So that each search is a new one, its words are spelled
with other capitals each time, which the search does not care for; a search without words is asked for again up to another day.
"""

from __future__ import annotations

import argparse
import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from benchmarks.store import ORIGINS, SITES, START, Words, articles
from newsarchive.core.near_duplicates.fingerprint import fingerprint_step
from newsarchive.db.engine import open_engine
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.store import Store
from newsarchive.items import Article
from newsarchive.rules import default

COPIES = 40
SECONDS = 180


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--words", type=int, default=300, help="mean words of an article")
    parser.add_argument("--times", type=int, default=25, help="requests of each page")
    parser.add_argument("--folder", type=Path, help="where the archive goes; kept there, and used again")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = arguments.folder or Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        words = Words()
        path = built(place, words, arguments.articles, arguments.words)
        print(f"{arguments.articles:,} articles, {path.stat().st_size / 2**20:,.0f} MiB")
        print(f"{'':<46} {'first':>7} {'fastest':>7} {'median':>7} {'p95':>7} {'CPU':>7}   ms")
        with ours(path) as (port, pid):
            asked(port, pid, pages(words), arguments.times)
        with datasette(path) as (port, pid):
            asked(port, pid, theirs(words, path.stem), arguments.times)


def built(folder: Path, words: Words, count: int, length: int) -> Path:
    """The archive; one that an earlier run left whole in this folder is used again."""
    path = folder / f"web-{count}-{length}.db"
    if path.exists():
        return path
    part = path.with_suffix(".part")
    for old in folder.glob(part.name + "*"):
        old.unlink()
    engine = open_engine(str(part))
    upgrade(engine)
    store = Store(engine, clock=lambda: START)
    store.ingest(list(story(words)))
    for first in range(0, count, 500):
        store.ingest(list(articles(words, min(500, count - first), length, first)))
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    for old in folder.glob(part.name + "-*"):
        old.unlink()
    return part.rename(path)


def story(words: Words) -> Iterator[Article]:
    """One text on many blogs, each with a paragraph of its own."""
    (first,) = articles(Words(9), 1, 600)
    for number in range(COPIES):
        own = replace(first.blocks[0], text=f"Copy {number}. {words.text(20)}")
        copy = replace(first, url=f"https://copy{number}.example/a").with_blocks([*first.blocks, own])
        yield fingerprint_step(copy, default())


def pages(words: Words) -> dict[str, str]:
    rare, common = words.words[-200], words.words[5]
    phrase = f'"{words.words[0]} {words.words[1]}"'
    site, origin = f"site{SITES // 2}.example", f"publisher{ORIGINS // 2}.example"
    number = COPIES + 1 + SITES // 2
    march = {"since": "2015-03-01", "until": "2015-03-31"}

    def search(**values: str) -> str:
        return "/search?" + urlencode(values)

    return {
        "newsarchive: a rare word": search(q=rare),
        "newsarchive: a common word": search(q=common),
        "newsarchive: a common word, page 20": search(q=common, page="20"),
        "newsarchive: two common words": search(q=f"{words.words[0]} {words.words[1]}"),
        "newsarchive: a beginning of common words": search(q=f"{words.words[0][:2]}*"),
        "newsarchive: a phrase of common words": search(q=phrase),
        "newsarchive: the phrase, of one site": search(q=phrase, site=site),
        "newsarchive: the phrase, first copies alone": search(q=phrase, copies="first"),
        "newsarchive: a common word, of one site": search(q=common, site=site),
        "newsarchive: a common word, a site and a month": search(q=common, site=site, **march),
        "newsarchive: a common word, of one publisher": search(q=common, origin=origin),
        "newsarchive: a common word, in one year": search(q=common, since="2015-01-01", until="2015-12-31"),
        "newsarchive: no word": search(until="2030-01-01"),
        "newsarchive: no word, of one site": search(site=site, until="2030-01-01"),
        "newsarchive: no word, of one publisher": search(origin=origin, until="2030-01-01"),
        "newsarchive: no word, one language": search(language="en", until="2030-01-01"),
        "newsarchive: no word, not reserved from mining": search(rights="tdm", until="2030-01-01"),
        "newsarchive: the numbers of a common word": "/search.facets.json?" + urlencode({"q": common}),
        "newsarchive: the front page": "/",
        "newsarchive: an article": f"/article/{number}",
        "newsarchive: a site": f"/site/{site}",
        f"newsarchive: a story of {COPIES} copies": "/story/1",
        "newsarchive: stories": "/stories",
        "newsarchive: sites": "/sites",
        "newsarchive: health": "/health",
        "newsarchive: publishers": "/publishers",
        "newsarchive: a publisher": f"/publisher?name={origin}",
        "newsarchive: changes": "/changes",
        "newsarchive: the feed of a common word": "/search.feed.json?" + urlencode({"q": common}),
        "newsarchive: the table articles": "/archive/articles",
    }


def theirs(words: Words, database: str) -> dict[str, str]:
    rare, common = words.words[-200], words.words[5]
    phrase = f'"{words.words[0]} {words.words[1]}"'
    return {
        f"datasette: {name}": f"/{database}/articles?" + urlencode({"_search": query})
        for name, query in (
            ("a rare word", rare),
            ("a common word", common),
            ("a phrase of common words", phrase),
        )
    } | {"datasette: the table articles": f"/{database}/articles"}


@contextmanager
def ours(path: Path) -> Iterator[tuple[int, int]]:
    command = [sys.executable, "-m", "newsarchive", "web", "--db", str(path), "--port", str(free())]
    with running(command) as found:
        yield found


@contextmanager
def datasette(path: Path) -> Iterator[tuple[int, int]]:
    command = [sys.executable, "-m", "datasette", str(path), "--port", str(free())]
    with running(command) as found:
        yield found


def free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def running(command: list[str]) -> Iterator[tuple[int, int]]:
    """A server's port and process, from when it answers."""
    port = int(command[-1])
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        time.sleep(10)  # what it does at its start is no part of a page
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(SECONDS)


def asked(port: int, pid: int, paths: dict[str, str], times: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    for name, path in paths.items():
        took, before = [], 0.0
        for number in range(times + 1):
            if number == 1:
                before = cpu(pid)
            start = time.perf_counter()
            connection.request("GET", anew(path, number))
            answer = connection.getresponse()
            answer.read()
            took.append(1000 * (time.perf_counter() - start))
            assert answer.status == 200, (path, answer.status)
        used = 1000 * (cpu(pid) - before) / times
        warm = sorted(took[1:])
        p95 = warm[min(len(warm) - 1, int(0.95 * len(warm)))]
        print(
            f"{name:<46} {took[0]:>7.1f} {warm[0]:>7.1f} {statistics.median(warm):>7.1f} {p95:>7.1f} {used:>7.1f}",
            flush=True,
        )


def anew(path: str, number: int) -> str:
    """The address of the same search, spelled in another way for each number."""
    at, _, query = path.partition("?")
    values = dict(parse_qsl(query))
    if not at.startswith("/search") or not values:
        return path
    if "q" in values:
        letters = iter(f"{number:b}"[::-1])
        values["q"] = "".join(
            c.upper() if c.isalpha() and next(letters, "0") == "1" else c for c in values["q"]
        )
    else:
        values["until"] = f"20{30 + number}-01-01"
    return f"{at}?{urlencode(values)}"


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has used (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
