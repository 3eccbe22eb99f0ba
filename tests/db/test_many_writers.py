"""Eight processes write into one archive on PostgreSQL: nothing is lost, nothing doubled, and none waits for ever."""

from __future__ import annotations

from collections import Counter
from multiprocessing import get_context
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from newsarchive.core.site_template.evidence import Finding
from newsarchive.core.site_template.model import Entry, Template
from newsarchive.core.text.line_keys import line_key
from newsarchive.db import site_templates
from newsarchive.db.checks import database
from newsarchive.db.engine import open_engine, reading
from newsarchive.db.models import ArticleRow
from newsarchive.db.near_duplicates.rebuild import recluster_range
from newsarchive.db.writing.store import Store
from newsarchive.learning import Learner
from tests.storage import make_article, open_archive, postgresql_url

pytestmark = pytest.mark.slow  # eight processes

WRITERS, ARTICLES = 8, 12
#: Seconds that all writers together may take; 40 on two cores.
MAX_WAIT_SECONDS = 600
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
    done = recluster_range(engine, first, first + 23)
    engine.dispose()
    return done


def test_eight_writers_on_one_story() -> None:
    with postgresql_url() as url:
        from newsarchive.db.schema import upgrade

        engine = open_engine(url)
        upgrade(engine)
        # At the end of the block this pool kills its processes: two that wait for each other do not hold up the tests.
        with get_context("spawn").Pool(WRITERS) as pool:
            written = pool.starmap_async(write, [(url, number) for number in range(WRITERS)])
            done = written.get(MAX_WAIT_SECONDS)
            assert sum(done) == WRITERS * ARTICLES
            one_cluster(engine)
            ranges = [(url, first) for first in range(1, WRITERS * ARTICLES, 24)]
            compared = pool.starmap_async(compare, ranges).get(MAX_WAIT_SECONDS)
        assert sum(compared) == WRITERS * ARTICLES
        one_cluster(engine)
        engine.dispose()


def one_cluster(engine: Engine) -> None:
    with reading(engine) as connection:
        columns = (ArticleRow.url, ArticleRow.cluster_id, ArticleRow.article_body)
        rows = connection.execute(select(*columns)).all()
    assert max(Counter(row.url for row in rows).values()) == 1
    assert len(rows) == WRITERS * ARTICLES
    assert len({row.cluster_id for row in rows}) == 1
    assert sum(row.article_body.endswith("Corrected.") for row in rows) == WRITERS * ARTICLES // 2
    assert database(engine) == []


def test_a_template_that_was_learned_from_an_older_one_does_not_replace_what_came_between(
    tmp_path: Path,
) -> None:
    with open_archive("postgresql", tmp_path) as engine:
        store = Store(engine)
        store.ingest([make_article(n, body=body(n, n)) for n in range(4)])
        old = site_templates.load(engine, "blog.example")
        key = line_key("Letters from small harbours")
        site_templates.save(
            engine, Template("blog.example", {key: Entry(key, Finding("keep", "", "by hand"))})
        )
        with pytest.raises(site_templates.Outdated):
            site_templates.save(engine, Template("blog.example"), known=old)
        assert site_templates.load(engine, "blog.example").entries.keys() == {key}
