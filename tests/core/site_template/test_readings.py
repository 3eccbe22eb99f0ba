"""A page's reading, packed and unpacked, is the article that it was; a template applied to it gives the same text."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.blogs import sentence
from newsarchive import rules
from newsarchive.core.site_template.evidence import Finding
from newsarchive.core.site_template.model import Entry, Template
from newsarchive.core.site_template.observations import Observation, pack, unpack
from newsarchive.core.site_template.template import pack_reading, unpack_reading
from newsarchive.core.steps import article_from, templated
from newsarchive.core.text.lines import line_key
from newsarchive.items import Article, Author, Block, Capture, Origin, SourceText

RULES = rules.default()
PROMO = "The Otter Sheet lives on coffee and on what its patrons drop into the brass tin by the door."
URL = "https://heron.example/2025/04/01/weir/"


def page(title: str = "A weir is mended") -> bytes:
    dice = random.Random(4)
    prose = "".join(f"<p>{sentence(dice)} <em>{sentence(dice)}</em></p>" for _ in range(6))
    return (
        f'<html lang="en"><head><title>{title}</title></head><body><article><h1>{title}</h1>'
        f'<p class="byline">By Ada Lund</p>{prose}<p>{PROMO}</p></article></body></html>'
    ).encode()


def capture() -> Capture:
    told = SourceText(
        "feed", "<p>It is mended.</p>", author="Ada Lund", published=datetime(2025, 4, 1, tzinfo=UTC)
    )
    part = Capture(f"{URL}2/", page("A weir is mended, page 2"))
    return Capture(URL, page(), datetime(2025, 4, 2, tzinfo=UTC), URL, source_text=told, parts=(part,))


def test_a_reading_is_the_article_without_its_bytes() -> None:
    article = article_from(capture(), RULES)
    unpacked = unpack_reading(pack_reading(article))
    assert article.capture is not None
    assert unpacked == replace(article, capture=article.capture.without_body())
    assert unpacked.capture is not None
    assert unpacked.capture.body == unpacked.capture.parts[0].body == b""
    assert unpacked.capture.digest == article.capture.digest
    assert unpacked.capture.parts[0].digest == article.capture.parts[0].digest


@pytest.mark.parametrize("with_record", [False, True])
def test_a_template_applied_to_a_reading_gives_what_it_gives_of_the_page(with_record: bool) -> None:
    promo = Entry(line_key(PROMO), Finding("chrome", "promo", "it repeats"), pages=9, clusters=9)
    template = Template("heron.example", {promo.key: promo})
    article = article_from(capture(), RULES)
    assert PROMO in article.article_body
    expected = templated(article, template, RULES)
    packed = templated(article, Template("heron.example"), RULES, keep_reading=True).seen
    assert isinstance(packed, Observation)
    known = unpack(pack(packed), URL, "heron.example") if with_record else None
    done = templated(unpack_reading(packed.reading), template, RULES, seen=known)
    assert PROMO not in done.article_body
    assert replace(done, capture=None) == replace(expected, capture=None)
    assert done.seen == expected.seen


blocks = st.builds(
    Block,
    text=st.text(max_size=40),
    kind=st.sampled_from(["paragraph", "heading", "list_item", "code"]),
    label=st.sampled_from(["body", "share", "other"]),
    rule=st.text(max_size=9),
    score=st.none() | st.floats(allow_nan=False),
    path=st.text(max_size=20),
    level=st.integers(0, 6),
    links=st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=2).map(tuple),
    html=st.text(max_size=20),
)
articles = st.builds(
    Article,
    url=st.text(max_size=20),
    headline=st.text(max_size=20),
    authors=st.lists(st.builds(Author, st.text(max_size=9)), max_size=2).map(tuple),
    date_published=st.none() | st.datetimes(timezones=st.just(UTC)),
    origin=st.none() | st.builds(Origin, st.text(max_size=9)),
    minhash=st.lists(st.integers(0, 2**32 - 1), max_size=3).map(tuple),
    blocks=st.lists(blocks, max_size=4).map(tuple),
)


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(articles)
def test_any_article_comes_back(article: Article) -> None:
    assert unpack_reading(pack_reading(article)) == article
