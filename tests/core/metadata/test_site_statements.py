"""What the site's API, feed and sitemap say of a post, against what its page says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from newsarchive import rules
from newsarchive.core.metadata.site_statements import site_name
from newsarchive.core.metadata.step import read_metadata
from newsarchive.items import Capture, Page, SourceText
from tests.core.metadata.test_metadata import FETCHED, URL, cases, shown
from tests.core.metadata.test_others import linked

TIMES = ("published", "updated")


def text_of(said: dict[str, Any]) -> SourceText:
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in said.items()}
    values |= {name: datetime.fromisoformat(values[name]) for name in TIMES if name in values}
    return SourceText(**{"html": "", **values})


def read(case: dict[str, Any], text: SourceText | None) -> dict[str, Any]:
    html, url = "".join(case["html"]), case.get("url", URL)
    capture = Capture(url, html.encode(), FETCHED, case.get("final_url", ""), source_text=text)
    return read_metadata(LexborHTMLParser(html), Page(capture, html), linked(html), rules.default())


@pytest.mark.parametrize("case", cases("site-statements"))
def test_what_the_site_says(case: dict[str, Any]) -> None:
    found = read(case, text_of(case["site_says"]))
    got = shown(found)
    assert {name: got.get(name) for name in case["expect"]} == case["expect"]
    for field, (value, source) in case.get("lost", {}).items():
        assert (value, source, False) in [
            (c.value, c.source, c.chosen) for c in found["candidates"] if c.field == field
        ]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Harbour Post", "Harbour Post"),
        ("Harbour Post &raquo; Feed", "Harbour Post"),
        ("Harbour Post RSS Feed", "Harbour Post"),
        ("Harbour Post (RSS)", "Harbour Post"),
        ("Posts on Harbour Post", "Harbour Post"),
        ("Recent Content on Harbour Post", "Harbour Post"),
        ("Harbour Post - Latest news", "Harbour Post"),
        ("Hacker News", "Hacker News"),
        ("The Feed", "The Feed"),
        ("The Daily Articles", "The Daily Articles"),
        ("港の新聞", "港の新聞"),
        ("RSS", ""),
        ("Home", ""),
        ("»", ""),
        ("", ""),
        (
            "A title that is a whole sentence about what the paper is and wants to be for all of its readers",
            "",
        ),
    ],
)
def test_the_name_of_a_site(title: str, name: str) -> None:
    assert site_name(title, rules.default()) == name


words = st.text(max_size=30)
times = st.none() | st.datetimes(min_value=datetime(1900, 1, 1)).map(
    lambda t: t.replace(tzinfo=FETCHED.tzinfo)
)
said = st.builds(
    SourceText,
    st.sampled_from(["wp-json", "feed", "sitemap", "site", "hearsay"]),
    words, st.booleans(), words, words, times, times,
    *(st.lists(words, max_size=4).map(tuple) for _ in range(3)),
    words, words, words, words,
)  # fmt: skip


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(said)
def test_whatever_a_site_says_the_page_is_read(text: SourceText) -> None:
    case = {
        "html": ["<h1>A post of its own</h1><time datetime='2024-03-02'>2 March 2024</time><p>Long text.</p>"]
    }
    found = read(case, text)
    assert found["headline"]
    assert found["date_published"]
