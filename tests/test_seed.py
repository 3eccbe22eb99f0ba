"""The post this project started from, end to end through `newsarchive.extract`.

Each layout is read as UTF-8, as UTF-8 that claims to be windows-874, and with no damage in it.
"""

from __future__ import annotations

from collections import Counter

import pytest

from newsarchive import extract
from newsarchive.items import Article
from tests.support import seedpages

TRUTH = seedpages.TRUTH
DROPPED = Counter((d["text"], d["kind"]) for d in TRUTH["dropped"])


def read(page: str, charset: str = "utf-8") -> Article:
    return extract(page.encode(), url=seedpages.URL, content_type=f"text/html; charset={charset}")


@pytest.fixture(scope="module", params=sorted(seedpages.SHAPES))
def page(request: pytest.FixtureRequest) -> str:
    return seedpages.SHAPES[request.param]()


@pytest.fixture(scope="module")
def article(page: str) -> Article:
    return read(page)


def body(article: Article) -> list[str]:
    return [b.text for b in article.blocks if b.label == "body"]


def dropped(article: Article) -> Counter[tuple[str, str]]:
    return Counter((b.text, b.label) for b in article.dropped)


def test_exactly_the_seven_paragraphs(article: Article) -> None:
    assert body(article) == TRUTH["paragraphs"]
    assert article.article_body == "\n\n".join(TRUTH["paragraphs"])


def test_all_other_lines_are_kept_with_their_kind(article: Article) -> None:
    assert DROPPED - dropped(article) == Counter()


def test_every_dropped_line_says_why(article: Article) -> None:
    assert [b.text for b in article.dropped if not b.rule] == []


def test_eleven_runs_are_repaired_and_recorded(article: Article) -> None:
    repairs = [e for e in article.edits if e.where.startswith("blocks/")]
    assert len(repairs) == TRUTH["repairs"]
    assert article.damage == ()


def test_the_origin(article: Article) -> None:
    origin, truth = article.origin, TRUTH["origin"]
    assert origin is not None
    assert (origin.name, origin.domain) == (truth["name"], truth["domain"])
    assert origin.copyright_notice == truth["copyright_notice"]
    assert origin.copyright_holder == truth["copyright_holder"]
    assert origin.copyright_year == truth["copyright_year"]


def test_a_false_charset_changes_nothing(page: str, article: Article) -> None:
    false = read(page.replace("utf-8", "windows-874").replace("UTF-8", "windows-874"), "windows-874")
    assert false.blocks == article.blocks
    assert false.charset_used == "utf-8"


def test_undamaged_text_stays_as_it_is(page: str) -> None:
    clean = read(seedpages.undamaged(page))
    assert clean.edits == ()
    assert body(clean) == TRUTH["paragraphs"]
    assert DROPPED - dropped(clean) == Counter()


def test_the_article_of_the_wordpress_page() -> None:
    article = read(seedpages.wordpress())
    assert article.headline == seedpages.TITLE
    assert article.in_language == TRUTH["language"]
    assert article.publisher == TRUTH["blog"]
    assert article.canonical_url == seedpages.URL
    assert article.date_published is not None
    assert article.date_published.date().isoformat() == "2025-04-01"


def test_the_layouts_hold_what_the_post_holds() -> None:
    for name, shape in seedpages.SHAPES.items():
        page = seedpages.undamaged(shape())
        missing = [line for line in seedpages.clean_lines() if line.replace("&", "&amp;") not in page]
        assert missing == [], name
