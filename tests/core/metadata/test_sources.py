"""Sources of claims: their spelling, and that nothing is decided by it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from newsarchive import rules
from newsarchive.core.html.blocks import read_blocks
from newsarchive.core.metadata import claims
from newsarchive.core.metadata.claims import Place, Position, Qualifier, Source, source_of
from newsarchive.core.metadata.step import read_metadata
from newsarchive.items import Block, Capture, Page, SourceText

PAGE = """<html lang="en"><head><title>The mill closes - Harbour Post</title>
<meta property="og:title" content="The old mill closes in June"><meta property="og:site_name" content="Harbour Post">
<meta property="article:published_time" content="2025-04-03T10:00:00Z"><meta name="author" content="Jane Doe">
<meta property="article:modified_time" content="2025-04-05T10:00:00Z"><meta name="keywords" content="mill, town">
<script type="application/ld+json">{"@type": "NewsArticle", "headline": "The mill closes", "datePublished":
"2025-04-03T10:00:00Z", "author": {"@type": "Person", "name": "Jane Doe"}}</script></head><body><main><article>
<h1>The mill closes</h1><p class="byline">By Jane Doe</p><time>3 April 2025</time><time>12 March 2019</time>
<p>The council said on Thursday that the old mill would close in June, after two hundred years.</p>
<p>Posted on 25 December 2005</p></article></main></body></html>"""


def _read(html: str) -> dict[str, Any]:
    told = SourceText("feed", "", title="The mill closes", author="Jane Doe", keywords=("mill",))
    page = Page(Capture("https://blog.example/a-post/", html.encode(), source_text=told), html)
    tree = LexborHTMLParser(html)
    raw = read_blocks(tree, page.capture.url).blocks
    blocks = [Block(b.text, b.kind, path=b.path, links=tuple(b.links)) for b in raw]
    return read_metadata(tree, page, blocks, rules.default())


def _decided(found: dict[str, Any]) -> dict[str, Any]:
    """The values that were decided, and which candidates won; without the sources as they are spelled."""
    values = {
        name: value for name, value in found.items() if not name.endswith("_source") and name != "candidates"
    }
    return values | {"won": [(c.field, c.value, c.chosen) for c in found["candidates"]]}


def test_no_decision_depends_on_how_a_source_is_spelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables have been read; from then on, nothing may ask how a source is spelled."""
    before = _read(PAGE)
    monkeypatch.setattr(Source, "__str__", lambda self: "in other words")
    after = _read(PAGE)
    assert {c.source for c in after["candidates"]} == {"in other words"}
    assert {c.source for c in before["candidates"]} >= {"json-ld", "feed", "markup h1", "markup time later"}
    assert _decided(after) == _decided(before)


@given(st.sampled_from(sorted(claims._by_name())))
def test_a_spelling_is_read_back(name: str) -> None:
    assert str(source_of(name)) == name


@given(st.text(), st.sampled_from(Qualifier))
def test_a_source_of_a_users_own_table_keeps_name_and_qualifier(name: str, qualifier: Qualifier) -> None:
    spelled = str(Source(Place.OTHER, qualifier=qualifier, other=name))
    assert str(source_of(spelled)) == spelled


def test_position_and_qualifier_are_told_apart() -> None:
    assert source_of("markup time later") == Source(Place.TIME, Position.LATER)
    assert source_of("feed (later)") == Source(Place.FEED, qualifier=Qualifier.AFTER_DECLARED)
    assert source_of("markup alone above") == Source(Place.ALONE, Position.ABOVE)
    assert source_of("markup text alone") == Source(Place.TEXT, Position.ALONE)
