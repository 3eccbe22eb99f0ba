"""The usual length of a site's articles, as evidence about one of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from newsarchive.core.site_template.layouts import Usual, doubted, is_far_shorter, usual
from newsarchive.core.site_template.model import Template, from_rows
from newsarchive.core.site_template.observations import Line, Observation
from newsarchive.db import site_templates
from newsarchive.db.engine import reading
from newsarchive.db.models import ArticleRow
from newsarchive.items import Article, Block, Candidate, Capture, Quality, QualityFlag, SourceText
from newsarchive.learning.learner import Learner
from tests.learning.test_learning_archive import blog, html, prose
from tests.support.archives import crawled
from tests.support.storage import open_archive

KNOWN = Usual(pages=40, words=600, short=300)


def page(words: int, number: int = 0) -> Observation:
    lines = (Line(1, 0, "p", "body", words), Line(2, 0, "p", "footer", 900))
    return Observation(f"https://heron.example/{number}/", "heron.example", "", lines=lines)


def test_the_median_and_what_all_but_one_in_twenty_have() -> None:
    found = usual(page(words, words) for words in range(100, 140))
    assert found == Usual(pages=40, words=120, short=102)


def test_few_articles_say_nothing_and_a_little_more_is_the_same() -> None:
    assert usual([page(600)] * 19) is None
    assert usual([page(600)] * 19, KNOWN) is KNOWN
    assert usual([page(620)] * 19 + [page(310)] * 2, KNOWN) is KNOWN
    assert usual([page(900)] * 20, KNOWN) == Usual(20, 900, 900)


@pytest.mark.parametrize(
    ("words", "known", "far"),
    [
        (40, KNOWN, True),
        (80, KNOWN, False),  # no eighth of the median
        (40, Usual(40, 600, 30), False),  # one in twenty is as short
        (40, None, False),
        (0, KNOWN, True),
    ],
)
def test_far_shorter_is_an_eighth_and_rarer_than_one_in_twenty(
    words: int, known: Usual | None, far: bool
) -> None:
    assert is_far_shorter(page(words).lines, known) is far


def article(**more: Any) -> Article:
    return replace(
        Article(url="https://heron.example/1/", quality=Quality(0.87, 0.9)).with_blocks([Block("Short.")]),
        **more,
    )


def source(html: str = "<p>Short.</p>", full: bool = True) -> Capture:
    at = datetime(2025, 4, 1, tzinfo=UTC)
    return Capture("https://heron.example/1/", b"", at, source_text=SourceText("feed", html, is_full=full))


def test_it_is_one_sign_among_others() -> None:
    done = doubted(article(), page(40).lines, KNOWN)
    assert (done.quality.confidence, done.quality.flags) == (0.783, (QualityFlag.FAR_SHORTER,))
    assert doubted(done, page(40).lines, KNOWN) == done
    assert doubted(article(), page(400).lines, KNOWN) == article()


@pytest.mark.parametrize(
    ("heard", "flagged"),
    [
        ({"capture": source()}, False),
        ({"capture": source(full=False)}, True),
        ({"capture": source(), "quality": Quality(0.87, 0.9, ("differs from the feed",))}, True),
        ({"candidates": (Candidate("article_body", "Short.", "feed", chosen=True),)}, False),
    ],
)
def test_what_its_feed_confirms_or_gave_is_not_doubted_again(heard: dict[str, Any], flagged: bool) -> None:
    assert (
        QualityFlag.FAR_SHORTER in doubted(article(**heard), page(40).lines, KNOWN).quality.flags
    ) is flagged


def test_a_template_keeps_it_in_its_rows() -> None:
    template = Template("heron.example", usual=KNOWN)
    assert from_rows("heron.example", reversed(template.rows())) == template
    assert from_rows("heron.example", []).usual is None


@pytest.mark.slow
def test_an_archive_doubts_the_page_of_which_a_caption_was_read(tmp_path: Path) -> None:
    caption = "The weir at noon, seen from the old bridge by the mill on a dry day."
    with open_archive("sqlite", tmp_path) as engine:
        crawled(engine, tmp_path, blog("heron", range(25)))
        Learner(engine, tmp_path).learn("heron.example")
        known = site_templates.load(engine, "heron.example").usual
        assert known is not None
        assert known.pages == 25
        assert known.words == pytest.approx(len(" ".join(prose(1)).split()), rel=0.3)
        crawled(engine, tmp_path, {"https://heron.example/99/": html(99, [caption])}, day=1)
        with reading(engine) as connection:
            rows = connection.execute(select(ArticleRow.url, ArticleRow.quality)).all()
    assert [url for url, quality in rows if QualityFlag.FAR_SHORTER in quality["flags"]] == [
        "https://heron.example/99/"
    ]
