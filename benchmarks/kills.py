"""`kill -9` at random moments of a crawl: what is lost, what is doubled, what is fetched again.

    python -m benchmarks.kills --posts 200 --kills 20

A real WordPress blog is crawled; the process is killed after a random number of posts fetched and started again with
the same command, until the last run ends by itself. The server's own log says what was fetched. Beside us, in the
same run and under kills drawn in the same way, stands a bare Scrapy spider that resumes with JOBDIR.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from benchmarks import crawling
from benchmarks.blog_scores import table
from tests.wordpress.blogs import Blog, Settings, opened, simple
from tests.wordpress.server import missing

#: What most projects do: follow every link to a post, remember with JOBDIR.
BARE = """
import scrapy
class Bare(scrapy.Spider):
    name = "bare"
    custom_settings = {"TELNETCONSOLE_ENABLED": False}
    def __init__(self, url): super().__init__(); self.start_urls = [url]
    def parse(self, response):
        yield from response.follow_all(css="h2 a", callback=self.post)
        yield from response.follow_all(css="a.wp-block-query-pagination-next")
    def post(self, response): yield {"url": response.url}
"""

Start = Callable[[], "subprocess.Popen[str]"]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--posts", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3600, help="the longest that one run may take")
    options = parser.parse_args()
    if why := missing():
        print(f"no WordPress here: {why}", file=sys.stderr)
        return 2
    rows = [["", "posts", "kills", "lost", "doubled", "fetched again", "other requests", "seconds"]]
    settings = Settings(page_cache=True, posts_per_page=20)
    with tempfile.TemporaryDirectory() as name, opened(simple(options.posts, settings=settings)) as blog:
        folder = Path(name)
        rows.append(measured("newsarchive", blog, ours(blog, folder), lambda: stored(folder), options))
        rows.append(measured("Scrapy, JOBDIR", blog, bare(blog, folder), lambda: written(folder), options))
    print(table(rows))
    return 0


def ours(blog: Blog, folder: Path) -> Start:
    return lambda: crawling.start(folder / "archive.db", "news", f"url={blog.url}")


def stored(folder: Path) -> list[str]:
    """The URLs of our articles."""
    from newsarchive.db.engine import open_existing
    from newsarchive.db.reading.articles import Selection

    engine = open_existing(f"sqlite:///{folder / 'archive.db'}")
    found = [article.url for article in Selection(engine)]
    engine.dispose()
    return found


def bare(blog: Blog, folder: Path) -> Start:
    spider = folder / "bare.py"
    spider.write_text(BARE)
    command = [sys.executable, "-m", "scrapy", "runspider", str(spider), "-a", f"url={blog.url}"]
    command += ["-s", "JOBDIR=job", "-o", "items.jsonl", "-L", "ERROR"]
    return lambda: subprocess.Popen(
        command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def written(folder: Path) -> list[str]:
    """The URLs that the bare spider wrote; a line that a kill cut short is no item."""
    found = []
    for line in (folder / "items.jsonl").read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line)["url"])
        except ValueError:
            continue
    return found


def measured(
    name: str, blog: Blog, start: Start, archived: Callable[[], list[str]], options: argparse.Namespace
) -> list[str]:
    wanted = {post.url for post in blog.posts}
    blog.wordpress.forget_requests()
    began, rng = time.monotonic(), random.Random(options.seed)
    # Kills fall evenly over the crawl: as many fetched posts between two as leave some for the last run.
    between = max(1, 2 * options.posts // (options.kills + 2))
    kills = 0
    for _ in range(options.kills):
        if not killed(start(), blog, rng.randint(0, between), rng.random() * 0.2, options.seconds):
            break
        kills += 1
    finish(name, start(), options.seconds)
    found = Counter(url for url in archived() if url in wanted)
    fetched = Counter(url for url in fetched_posts(blog) if url in wanted)
    again = sum(count - 1 for count in fetched.values())
    doubled = sum(count - 1 for count in found.values())
    lost = len(wanted - set(found))
    others = len(blog.wordpress.requests()) - sum(fetched.values())
    figures = [options.posts, kills, lost, doubled, again, others]
    return [name, *map(str, figures), f"{time.monotonic() - began:.0f}"]


def fetched_posts(blog: Blog) -> list[str]:
    """What the blog served with its text: 200, not 304."""
    base = blog.url.rstrip("/")
    return [base + one.uri for one in blog.wordpress.requests() if one.status == 200]


def killed(process: subprocess.Popen[str], blog: Blog, posts: int, pause: float, seconds: float) -> bool:
    """Kill a crawl once it has fetched so many posts, and a moment more. False where it ended by itself."""
    before, deadline = len(fetched_posts(blog)), time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        if len(fetched_posts(blog)) - before > posts:
            break
        time.sleep(0.02)
    time.sleep(pause)
    by_itself = process.poll() is not None
    process.kill()
    process.communicate()
    return not by_itself


def finish(name: str, process: subprocess.Popen[str], seconds: float) -> None:
    try:
        _, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        sys.exit(f"{name}: the last run did not end")
    if process.returncode != 0:
        sys.exit(f"{name}: the last run ended with {process.returncode}:\n{errors[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())
