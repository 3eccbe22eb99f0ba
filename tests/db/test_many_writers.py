"""Eight processes write into one archive on PostgreSQL: nothing is lost, nothing doubled, and none waits for ever."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from newsarchive.core.site_template.evidence import Finding
from newsarchive.core.site_template.model import Entry, Template
from newsarchive.core.text.lines import line_key
from newsarchive.db import site_templates
from newsarchive.db.checks import database
from newsarchive.db.engine import open_engine, reading
from newsarchive.db.models import ArticleRow
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.store import Store
from tests.support import warm
from tests.support.storage import make_article, open_archive, postgresql_url
from tests.support.story_writer import ARTICLES, COMPARED, body

pytestmark = pytest.mark.slow  # eight processes

WRITERS = 8
#: Seconds that all writers together may take; 40 on two cores.
MAX_WAIT_SECONDS = 600


def results(processes: list[subprocess.Popen[str]]) -> list[int]:
    """What each of them prints. At the end all are killed: two that wait for each other do not hold up the tests."""
    try:
        done = [warm.ended(process, timeout=MAX_WAIT_SECONDS) for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert not any(one.returncode for one in done), [one.stderr for one in done]
    return [int(one.stdout) for one in done]


def started(task: str, url: str, numbers: Iterable[int]) -> list[subprocess.Popen[str]]:
    environment = warm.own_environment()
    return [
        warm.started("tests.support.story_writer", task, url, str(n), environment=environment)
        for n in numbers
    ]


def test_eight_writers_on_one_story() -> None:
    with postgresql_url() as url:
        engine = open_engine(url)
        upgrade(engine)
        assert results(started("write", url, range(WRITERS))) == [ARTICLES] * WRITERS
        one_cluster(engine)
        compared = results(started("compare", url, range(1, WRITERS * ARTICLES, COMPARED)))
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
