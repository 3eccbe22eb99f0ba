"""Pages a second of a whole crawl over loopback, beside bare Scrapy and a naive archiver, in one run.

    python -m benchmarks.crawl --pages 1000

`bare` fetches and parses nothing. `naive` is the loop that many write first: trafilatura in the
callback, one commit for each item. Rates are wall-clock; compare the ratios, machines are noisy. CPU is that of
the crawl's own processes, which other work on the machine changes less.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from newsarchive import demo

WORDS = [
    "council",
    "river",
    "bridge",
    "harbour",
    "budget",
    "minister",
    "report",
    "market",
    "winter",
    "school",
    "hospital",
    "growers",
    "ferry",
    "railway",
    "engineers",
    "committee",
    "residents",
    "festival",
    "company",
    "election",
    "research",
    "library",
    "museum",
]

BARE = """
import scrapy
class Bare(scrapy.Spider):
    name = "bare"
    def __init__(self, url): super().__init__(); self.start_urls = [url]
    def parse(self, response):
        yield from response.follow_all(css="h2 a", callback=self.post)
    def post(self, response): yield {"url": response.url}
"""

NAIVE = """
import scrapy, sqlite3, trafilatura
class Naive(scrapy.Spider):
    name = "naive"
    def __init__(self, url, db):
        super().__init__(); self.start_urls = [url]; self.db = sqlite3.connect(db)
        self.db.execute("CREATE TABLE articles (url TEXT PRIMARY KEY, text TEXT)")
    def parse(self, response):
        yield from response.follow_all(css="h2 a", callback=self.post)
    def post(self, response):
        self.db.execute("INSERT INTO articles VALUES (?, ?)", (response.url, trafilatura.extract(response.text)))
        self.db.commit()
        yield {"url": response.url}
"""


def sentence(chance: random.Random) -> str:
    words = [chance.choice(WORDS) for _ in range(chance.randint(9, 22))]
    return f"The {' '.join(words)}’s {chance.choice(WORDS)}."


def blog(home: str, pages: int) -> dict[str, tuple[str, bytes]]:
    """A front page that links to every post, and the posts, in the demo's theme, each text its own."""
    chance = random.Random(20250329)
    found: dict[str, tuple[str, bytes]] = {}
    site = {"site": "Bench", "tagline": "many posts", "home": home}
    teasers = []
    for number in range(pages):
        post = {
            "slug": f"post-{number}", "title": f"Post {number}: {sentence(chance)[:60]}", "author": "A. Writer",
            "date": "2025-03-29T07:15:00+00:00", "section": "World", "promo": [], "related": ["Related Articles"],
            "paragraphs": [" ".join(sentence(chance) for _ in range(5)) for _ in range(10)],
            "attribution": "This article originally appeared on the Harbour Gazette (www.harbourgazette.example).",
            "copyright": "Copyright © 2025. Harbour Gazette Publishing Ltd. All rights reserved.",
        }  # fmt: skip
        path = demo.path_of(post)
        found[path] = demo.html("post.html", site | demo.fields(post, home), demo.content(post))
        teasers.append(f'<article><h2><a href="{path}">{post["title"]}</a></h2></article>')
    found["/"] = demo.html("home.html", site, "".join(teasers))
    return found


def serve(pages: int, port: multiprocessing.Queue[int]) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            kind, body = table.get(self.path, ("", b""))
            self.send_response(200 if kind else 404)
            self.send_header("Content-Type", kind or "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    table = blog(f"http://127.0.0.1:{server.server_port}", pages)
    port.put(server.server_port)
    server.serve_forever()


@contextmanager
def served(pages: int) -> Iterator[str]:
    port: multiprocessing.Queue[int] = multiprocessing.Queue()
    process = multiprocessing.Process(target=serve, args=(pages, port), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{port.get(timeout=120)}/"
    finally:
        process.terminate()
        process.join()


FAST = ["DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=0", "CONCURRENT_REQUESTS_PER_DOMAIN=16", "LOG_LEVEL=ERROR",
        "ROBOTSTXT_OBEY=0"]  # fmt: skip
#: The others run with Scrapy's defaults where this project's settings are for its own spiders.
SCRAPYS_OWN = ["-s", "ADDONS={}", "-s", "CONCURRENT_ITEMS=100"]


def run(words: list[str], folder: Path) -> tuple[float, float]:
    """Wall-clock and CPU seconds that one crawl takes, start-up included."""
    settings = [part for value in FAST for part in ("-s", value)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent), "NO_PROXY": "127.0.0.1"}
    started, before = time.perf_counter(), _cpu()
    done = subprocess.run([sys.executable, "-m", "scrapy", *words, *settings], env=environment, cwd=folder,
                          capture_output=True, text=True, timeout=600, check=False)  # fmt: skip
    if done.returncode:
        sys.exit(done.stderr)
    return time.perf_counter() - started, _cpu() - before


def _cpu() -> float:
    """CPU seconds of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def contenders(url: str, folder: Path) -> Iterator[tuple[str, list[str]]]:
    (folder / "bare.py").write_text(BARE)
    (folder / "naive.py").write_text(NAIVE)
    (folder / "scrapy.cfg").write_text("[settings]\ndefault = newsarchive.settings\n")
    for repeat in "ab":
        yield "bare Scrapy", ["runspider", "bare.py", "-a", f"url={url}", *SCRAPYS_OWN]
        yield (
            "newsarchive",
            ["crawl", "news", "-a", f"url={url}", "-s", f"NEWSARCHIVE_DATABASE_URL=sqlite:///{repeat}0.db"],
        )
        yield "newsarchive, 2 workers", [
            "crawl", "news", "-a", f"url={url}", "-s", f"NEWSARCHIVE_DATABASE_URL=sqlite:///{repeat}2.db",
            "-s", "NEWSARCHIVE_WORKERS=2",
        ]  # fmt: skip
        yield "naive (trafilatura, a commit each)", [
            "runspider", "naive.py", "-a", f"url={url}", "-a", f"db={repeat}n.db", *SCRAPYS_OWN,
        ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=500, help="posts on the blog (default 500)")
    pages = parser.parse_args().pages
    best: dict[str, tuple[float, float]] = {}
    with served(pages) as url, tempfile.TemporaryDirectory() as folder:
        for name, words in contenders(url, Path(folder)):
            (wall, cpu), (least, least_cpu) = run(words, Path(folder)), best.get(name, (1e9, 1e9))
            best[name] = min(wall, least), min(cpu, least_cpu)
    bare, bare_cpu = best["bare Scrapy"]
    print(f"{pages} pages, best of two runs, start-up included\n")
    print(f"| {'crawl':36} | pages/s | of bare |  CPU s | of bare |")
    print(f"|{'-' * 38}|--------:|--------:|-------:|--------:|")
    for name, (seconds, cpu) in best.items():
        rates = f"{pages / seconds:7.1f} | {bare / seconds:7.2f} | {cpu:6.1f} | {cpu / bare_cpu:7.1f}"
        print(f"| {name:36} | {rates} |")


if __name__ == "__main__":
    main()
