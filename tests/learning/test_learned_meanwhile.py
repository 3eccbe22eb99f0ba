"""A site is learned while its pages are under way: what was learned between two readings is never an edit of the publisher's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from newsarchive.core.site_template.learner import learn
from newsarchive.core.site_template.model import Template
from newsarchive.core.steps import article_from, templated
from newsarchive.db import site_templates
from newsarchive.db.engine import reading
from newsarchive.db.models import ArticleRow
from newsarchive.db.writing.packed import PackedArticle, packed
from newsarchive.db.writing.store import Store
from newsarchive.items import Article, Capture
from newsarchive.learning.learner import Learner
from newsarchive.reextract import renewing, stored_reading
from tests.learning.test_learning_archive import CHIPS, blog
from tests.support.archives import RULES, crawled
from tests.support.storage import START, open_archive

pytestmark = pytest.mark.slow  # stores and learns sites

SITE = "heron.example"
URL = f"https://{SITE}/0/"
PAGES = blog("heron", range(10), tail=CHIPS)
#: The page of `URL` as it is served a day later, with other bytes and the same words, and with a correction.
UNTOUCHED = PAGES[URL].replace("<head>", "<head><!-- served by machine 2 -->")
EDITED = UNTOUCHED.replace(
    "<p>", "<p>Correction: it was a Monday, and not the Tuesday of this report.</p><p>", 1
)


@pytest.fixture(params=["sqlite", "postgresql"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with open_archive(request.param, tmp_path) as opened:
        crawled(opened, tmp_path / "warc", PAGES)
        yield opened


def read(page: str, template: Template) -> Article:
    capture = Capture(URL, page.encode(), START + timedelta(days=1), URL)
    return templated(article_from(capture, RULES), template, RULES, keep_reading=True)


def stored(archive: Engine, folder: Path, given: Article | PackedArticle) -> tuple[list[str], str]:
    """The kinds of the versions of an article once this reading is stored, and its text."""
    store = Store(archive, again=stored_reading(archive, folder / "warc"), renew=renewing(RULES))
    store.ingest([given], store.start_run("news", {}))
    with reading(archive) as connection:
        query = "SELECT r.change_kind FROM article_revisions r JOIN articles a ON a.id = r.article_id"
        kinds = connection.execute(text(f"{query} WHERE a.url = :url ORDER BY r.version"), {"url": URL})
        body = connection.execute(select(ArticleRow.article_body).where(ArticleRow.url == URL)).scalar_one()
        return list(kinds.scalars()), body


@pytest.mark.parametrize(
    ("page", "kinds"),
    [(UNTOUCHED, ["new", "site"]), (EDITED, ["new", "site", "publisher"])],
    ids=["untouched", "edited"],
)
@pytest.mark.parametrize("whole", [True, False], ids=["article", "packed"])
def test_a_page_that_was_read_before_its_site_was_learned(
    archive: Engine, tmp_path: Path, page: str, kinds: list[str], whole: bool
) -> None:
    under_way = read(page, site_templates.load(archive, SITE))
    assert CHIPS[0] in under_way.article_body
    assert Learner(archive, tmp_path / "warc").learn(SITE).reread == 10
    found, body = stored(archive, tmp_path, under_way if whole else packed(under_way))
    assert (found, CHIPS[0] in body, "Correction:" in body) == (kinds, False, page is EDITED)


@pytest.mark.parametrize(
    ("page", "kinds"),
    [(UNTOUCHED, ["new", "site"]), (EDITED, ["new", "site", "publisher"])],
    ids=["untouched", "edited"],
)
def test_a_stored_page_that_is_yet_to_be_read_by_what_was_learned(
    archive: Engine, tmp_path: Path, page: str, kinds: list[str]
) -> None:
    """Learning saves the template, and then reads the pages again one after the other."""
    teacher = Learner(archive, tmp_path / "warc", dry_run=True)
    window = teacher.windows.window(SITE)
    site_templates.save(archive, learn(window, shared=teacher._shared(window)))
    found, body = stored(archive, tmp_path, read(page, site_templates.load(archive, SITE)))
    assert (found, CHIPS[0] in body, "Correction:" in body) == (kinds, False, page is EDITED)
