"""Articles as worker processes hand them to the writer: the archive is the same as from whole ones."""

from __future__ import annotations

import pickle
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from newsarchive import rules
from newsarchive.core.site_template.model import Template
from newsarchive.core.steps import STEPS
from newsarchive.db.engine import open_engine
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.packed import PackedArticle, head_of, packed, with_capture
from newsarchive.db.writing.store import Outcome, Store
from newsarchive.items import Article, Capture
from newsarchive.workers.worker import read
from tests.support.storage import START

#: A page with a line to drop, one to repair, and a byline.
PAGE = """<html lang="en"><head><title>A bridge</title></head><body><nav><a href="/">Home</a></nav><article><h1>A bridge</h1>
<p>By Ann Writer</p>{body}<p>It is a bridge for everyone, said Mayor JosÃ© PÃ©rez.</p>
<p>Share this:</p></article></body></html>""".replace(
    "{body}",
    "<p>The council agreed on Tuesday to repair the old bridge over the river before the next winter comes, at a"
    " cost of two million, and to close it to lorries until then.</p>" * 3,
)
TABLES = (
    "articles", "article_revisions", "lines", "block_labels", "dropped_lines", "edits", "article_authors",
    "page_sightings", "line_sightings", "captures", "urls",
)  # fmt: skip


def capture(body: str, days: int = 0) -> Capture:
    at = START.replace(day=1 + days)
    return Capture("https://blog.example/bridge/", body.encode(), at, "https://blog.example/bridge/")


def article(of: Capture) -> Article:
    return read(of, Template("blog.example"), rules.default(), STEPS)


def sent(of: Article) -> PackedArticle:
    """The article as it comes out of a worker process."""
    assert of.capture is not None
    there = pickle.dumps(with_capture(packed(of), None))
    done = with_capture(pickle.loads(there), of.capture)
    assert isinstance(done, PackedArticle)
    return done


def rows(file: Path, table: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(file) as connection:
        return sorted(connection.execute(f"SELECT * FROM {table}"), key=repr)


@pytest.fixture
def stores(tmp_path: Path) -> tuple[Store, Store]:
    engines = [open_engine(f"sqlite:///{tmp_path}/{name}.db") for name in ("whole", "packed")]
    for engine in engines:
        upgrade(engine)
    whole, apart = (Store(engine, clock=lambda: START) for engine in engines)
    return whole, apart


@pytest.mark.slow
def test_packed_articles_leave_the_archive_that_whole_ones_do(
    stores: tuple[Store, Store], tmp_path: Path
) -> None:
    first, edited = (
        article(capture(PAGE)),
        article(capture(PAGE.replace("two million", "three million"), days=1)),
    )
    assert first.edits
    assert first.dropped
    reread = replace(edited, headline="Another headline", blocks=edited.blocks[1:])
    whole, apart = stores
    steps = [([first], False), ([first], False), ([first, edited], False), ([reread], True)]
    for batch, again in steps:
        outcomes = whole.ingest(batch, reread=again)
        assert apart.ingest([sent(one) for one in batch], reread=again) == outcomes
    assert outcomes == [Outcome.UPDATED]
    for table in TABLES:
        assert rows(tmp_path / "packed.db", table) == rows(tmp_path / "whole.db", table) != [], table


def test_a_packed_article_is_small_and_looks_like_the_whole_one() -> None:
    whole = article(capture(PAGE))
    ready = packed(whole)
    assert repr(ready) == repr(whole)
    head = head_of(ready)
    assert (head.blocks, head.edits, head.article_html) == ((), (), "")
    assert head.seen is not None
    assert whole.seen is not None
    assert head.seen.misfit == whole.seen.misfit
    assert replace(whole, blocks=(), edits=(), article_html="") == head
    assert head_of(whole) is whole
