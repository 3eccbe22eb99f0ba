"""A crawl in small, which stores articles and fetches none, as a process.

python -m tests.support.small_crawl sqlite:///archive.db blog.example 150     # prints the number of each committed article
"""

from __future__ import annotations

import sys
from concurrent.futures import Future
from typing import Any

from newsarchive.db.engine import open_engine
from newsarchive.db.writing.store import Store, Writer
from tests.support.storage import make_article

#: Articles that are under way at a time.
BATCH = 7
MAX_WAIT_SECONDS = 120


def main(url: str, blog: str, count: int) -> None:
    store = Store(open_engine(url))
    writer = Writer(store, store.start_run("news", {"site": blog}), batch=BATCH, max_age=0.01)
    waiting: list[tuple[int, Future[Any]]] = []
    for number in range(count):
        text = f"Text {number} of {blog}. " * 20
        waiting.append(
            (number, writer.submit(make_article(number, url=f"https://{blog}/post-{number}", body=text)))
        )
        if len(waiting) == BATCH:
            say(waiting)
            waiting = []
    say(waiting)
    writer.close()


def say(waiting: list[tuple[int, Future[Any]]]) -> None:
    """Print the numbers of articles as each of them is committed."""
    for number, future in waiting:
        future.result(MAX_WAIT_SECONDS)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
