"""No line of a stranger makes a pattern of a phrase table take long."""

from __future__ import annotations

import time

import pytest

from newsarchive import extract, rules
from newsarchive.core.boilerplate import phrases
from newsarchive.core.boilerplate.phrases import MAX_PHRASE_CHARACTERS
from tests.support.near_misses import near_misses, slow_texts

RULES = rules.default()
#: In seconds of CPU for one pattern and one line. The slowest takes a twentieth.
MAX_SECONDS = 0.1
SECTIONS = [section for section in phrases.SECTIONS if section not in ("select", "original", "promo")]


@pytest.mark.slow
@pytest.mark.parametrize("section", SECTIONS)
def test_a_line_that_nearly_matches_is_told_soon(section: str) -> None:
    """ "Text size a a a a …" of 60 letters took longer than the world is old."""
    slow = {
        (file, label, text): line[:60]
        for file, label, text in phrases._entries(RULES, section)
        for expression in [phrases._compile(file, label, text)]
        for line in slow_texts(expression, near_misses(expression, MAX_PHRASE_CHARACTERS), MAX_SECONDS)
    }
    assert slow == {}


@pytest.mark.slow
def test_a_pattern_with_two_ways_to_read_its_repeated_part_is_found() -> None:
    assert slow_texts("size(?: ?a{1,3})+", near_misses("size(?: ?a{1,3})+", 300), MAX_SECONDS)
    assert not slow_texts("size(?: ?a)+", near_misses("size(?: ?a)+", 300), MAX_SECONDS)


@pytest.mark.parametrize(
    "line", ["Text size " + "a " * 25 + "b", "Schriftgröße " + "a" * 40 + "b", "文丨AA" * 30 + "!"]
)
def test_a_page_with_such_a_line_is_read(line: str) -> None:
    body = "<p>The ministers agreed on Tuesday to continue their talks.</p>" * 5
    page = f"<html><body><article><h1>A headline</h1>{body}<p>{line}</p>{body}</article></body></html>"
    began = time.process_time()
    assert (
        "continue their talks"
        in extract(html=page, url="https://blog.example/2024/05/one-post/").article_body
    )
    assert time.process_time() - began < 5
