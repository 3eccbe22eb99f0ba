"""One of many processes that write into an archive, all of them copies of one story.

python -m tests.support.story_writer write sqlite:///archive.db 3       # as the fourth blog; prints how many articles it wrote
python -m tests.support.story_writer compare sqlite:///archive.db 25    # compares those from this id on; prints how many
"""

from __future__ import annotations

import sys
from pathlib import Path

from newsarchive.db.engine import open_engine
from newsarchive.db.near_duplicates.rebuild import recluster_range
from newsarchive.db.writing.store import Store
from newsarchive.learning.learner import Learner
from tests.support.storage import make_article

#: Articles that a process writes, and those that one compares.
ARTICLES, COMPARED = 12, 24
SENTENCES = [
    f"The council of the old harbour town met for the {n}th time and spoke of {word} until late in the evening."
    for n, word in enumerate(
        [
            "bridges",
            "ferries",
            "schools",
            "budgets",
            "winters",
            "rivers",
            "storms",
            "markets",
            "railways",
            "libraries",
        ]
    )
]


def body(number: int, place: int) -> str:
    """One story, with a line of its own in every copy."""
    return "\n\n".join(
        [" ".join(SENTENCES), f"Republished by blog {number} as number {place} of its reports."]
    )


def write(url: str, number: int) -> int:
    """Store copies of one story as a blog, in small batches, and learn the blog in between; then half of them again, edited."""
    engine = open_engine(url)
    store, site = Store(engine), f"blog-{number}.example"
    made = [
        make_article(
            place, url=f"https://{site}/post-{place}", body=body(number, place), headline=f"Post {place}"
        )
        for place in range(ARTICLES)
    ]
    run = store.start_run("news", {"url": site})
    for at in range(0, ARTICLES, 3):
        store.ingest(made[at : at + 3], run)
        Learner(engine, str(Path("/nowhere"))).learn(site, going_on=True)
    edited = [
        make_article(
            place, url=one.url, body=f"{one.article_body}\n\nCorrected.", headline=one.headline, day=1
        )
        for place, one in enumerate(made[::2])
    ]
    store.ingest(edited, store.start_run("recrawl", {"site": site}))
    store.finish_run(run, "finished", {})
    engine.dispose()
    return len(made)


def compare(url: str, first: int) -> int:
    engine = open_engine(url)
    done = recluster_range(engine, first, first + COMPARED - 1)
    engine.dispose()
    return done


if __name__ == "__main__":
    task = {"write": write, "compare": compare}[sys.argv[1]]
    sys.stdout.write(f"{task(sys.argv[2], int(sys.argv[3]))}\n")
