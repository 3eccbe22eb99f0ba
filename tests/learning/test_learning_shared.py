"""Learning in crawls that one worker runs at the same time: they share what they have read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from newsarchive.core.site_template.observations import pack
from newsarchive.core.site_template.template import pack_reading
from newsarchive.core.steps import article_from, observed
from newsarchive.core.urls import site_of, url_key
from newsarchive.db import site_templates
from newsarchive.db.engine import reading
from newsarchive.db.kept_readings import KeptReadings, Reading
from newsarchive.db.writing.store import Store
from newsarchive.items import Capture
from newsarchive.learning.learner import Learner
from tests.learning.test_learning_archive import CHIPS, blog, clean
from tests.support.archives import RULES, crawled, lines
from tests.support.storage import START, open_archive

pytestmark = pytest.mark.slow  # stores and learns sites

#: A picture and a description that every post has.
OF_THE_SITE = (
    '<meta property="og:image" content="https://heron.example/2026/harbour-at-dawn.jpg">'
    '<meta name="description" content="All that two people of the harbour have seen since they moved there in spring.">'
)


@pytest.fixture(params=["sqlite", "postgresql"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with open_archive(request.param, tmp_path) as opened:
        yield opened


def test_pages_that_wait_in_two_crawls_of_one_worker_teach_both(archive: Engine, tmp_path: Path) -> None:
    """Two WARC files with half of a site each: neither crawl has stored a page when both learn it, and no page changes afterwards."""
    pages = blog("heron", range(8), tail=CHIPS)
    halves = [dict(list(pages.items())[:4]), dict(list(pages.items())[4:])]
    crawls = [KeptReadings(file=str(tmp_path / "readings.db")) for _ in halves]
    own = [
        [waiting(url, page, kept) for url, page in half.items()]
        for half, kept in zip(halves, crawls, strict=True)
    ]
    learners = [Learner(archive, tmp_path, readings=kept) for kept in crawls]
    articles_of = [
        learner.learn_waiting("heron.example", mine)[1] for learner, mine in zip(learners, own, strict=True)
    ]
    templates = site_templates.load(archive, "heron.example")
    assert max(entry.pages for entry in templates.entries.values()) == 8
    store = Store(archive)
    run = store.start_run("warc", {})
    for found, kept in zip(articles_of, crawls, strict=True):
        store.ingest(found, run)
        for article in found:
            kept.end_wait(url_key(article.url))
    assert clean(lines(archive))
    for learner in learners:
        done = learner.learn("heron.example")
        assert (done.pages, done.reread, done.failed) == (8, 0, [])


def test_a_site_that_is_learned_while_another_crawl_s_pages_wait_does_not_forget_what_they_showed(
    archive: Engine, tmp_path: Path
) -> None:
    """Each crawl learns with the pages of both that wait, stores its own, and may learn the site again before the other's are
    stored (`LEARNING_PAGES`, `MISFIT_STEPS`, the end of the crawl). The picture and the description that all eight posts share are the
    site's; four posts alone do not prove it. No page is stored a second time."""
    pages = {
        url: page.replace("<head>", f"<head>{OF_THE_SITE}")
        for url, page in blog("heron", range(8), tail=CHIPS).items()
    }
    halves = [dict(list(pages.items())[:4]), dict(list(pages.items())[4:])]
    crawls = [KeptReadings(file=str(tmp_path / "readings.db")) for _ in halves]
    own = [[waiting(*page, kept) for page in half.items()] for half, kept in zip(halves, crawls, strict=True)]
    store = Store(archive)
    for mine, kept in zip(own, crawls, strict=True):
        run = store.start_run("warc", {})
        learner = Learner(archive, tmp_path, readings=kept, run_id=run)
        _, articles = learner.learn_waiting("heron.example", mine)
        assert [(article.image, article.description) for article in articles] == [(None, "")] * 4
        store.ingest(articles, run)
        for one in mine:
            kept.end_wait(one.url_key)
            kept.keep(one)
        for going_on in (True, False):
            done = learner.learn("heron.example", going_on=going_on)
            assert (done.pages, done.reread, done.changed) == (8, 0, [])
    with reading(archive) as connection:
        kinds = connection.execute(text("SELECT version, change_kind FROM article_revisions")).all()
        fields = connection.execute(text("SELECT field FROM field_changes")).all()
    assert ([tuple(kind) for kind in kinds], fields) == ([(1, "new")] * 8, [])


def waiting(url: str, page: str, kept: KeptReadings) -> Reading:
    """The reading of a page that waits for the template of its site."""
    article = article_from(Capture(url, page.encode(), START, url), RULES)
    seen = observed(article, site_of(url), RULES)
    one = Reading(url_key(url), pack_reading(article), pack(seen))
    kept.wait(one, article.url, site_of(url))
    return one


def test_what_another_crawl_read_of_other_bytes_is_not_taken(archive: Engine, tmp_path: Path) -> None:
    """It has read a capture of the post that it has not stored."""
    pages = blog("heron", range(10), tail=CHIPS)
    readings = KeptReadings(file=str(tmp_path / "readings.db"))
    crawled(archive, tmp_path, pages, readings=readings)
    for url, page in pages.items():
        waiting(url, page.replace("the", "some other"), readings)
        readings.end_wait(url_key(url))
    done = Learner(archive, tmp_path, readings=readings).learn("heron.example")
    assert (done.reread, done.failed) == (10, [])
    assert clean(lines(archive))
