"""Pages of servers' errors are refused by their titles; short posts whose headlines hold the same words are kept."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive import rules
from newsarchive.core.discovery.page_kind import error_title, page_kind
from newsarchive.core.discovery.shown import Shown
from newsarchive.core.html.parsing import parse
from newsarchive.core.steps import article_from
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Capture

RULES = rules.default()
CASES = json.loads(
    (Path(__file__).parents[2] / "cases/extraction/error-titles.json").read_text(encoding="utf-8")
)
URL = "https://blog.example/2025/11/17/a-post"
#: Some 60 words: enough for an article, and fewer than outweigh a title.
SHORT = (
    "<p>The harbour council met on Tuesday evening and heard the report of its engineers about the pier.</p>"
    "<p>They said that the work would take until spring and cost the town more than it has put aside.</p>"
    "<p>A vote is due next week, after the fishermen and the ferry company have had their say as well.</p>"
)


def page(case):
    head = f"<head><title>{case['title']}</title>{case.get('head', '')}</head>"
    return (
        f"<!DOCTYPE html><html>{head}<body><article><h1>{case['title']}</h1>{SHORT}</article></body></html>"
    )


@pytest.mark.parametrize("case", [pytest.param(c, id=c["label"]) for c in CASES])
def test_a_page_is_told_by_its_title_for_an_error_or_an_article(case):
    if case["error"]:
        with pytest.raises(NotAnArticle) as refused:
            article_from(Capture(URL, page(case).encode()), RULES)
        assert refused.value.reason == "error page"
    else:
        article = article_from(Capture(URL, page(case).encode()), RULES)
        assert article.article_body.startswith("The harbour council met")


@pytest.mark.parametrize("case", [pytest.param(c, id=c["label"]) for c in CASES])
def test_the_spider_tells_the_same(case):
    found = page_kind(Shown(page(case), URL), RULES)
    assert found.reason == ("error page" if case["error"] else ""), found.detail


@given(st.text(max_size=300))
def test_any_title_is_read(title):
    told = error_title([title], parse(""), RULES)
    assert told == "" or len(told) <= 120


@given(st.sampled_from([c["title"] for c in CASES if c["error"]]), st.sampled_from(["ferry", "Hafen", "村"]))
def test_one_word_of_a_story_makes_a_headline(title, word):
    """The word must stand in the part that would be an error: the site's name is another part."""
    assert (
        error_title(
            [f"{word} {part}" for part in [title.split(" – ")[0].split(" | ")[-1].split(" - ")[0]]],
            parse(""),
            RULES,
        )
        == ""
    )
