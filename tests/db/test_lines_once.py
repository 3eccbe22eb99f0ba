"""Dropped lines, stored once: what is packed comes back, and archives of before revision 0014 give the same answers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, inspect, text

from newsarchive import Archive
from newsarchive.db import checks, readonly, schema, site_templates
from newsarchive.db.engine import open_engine, reading
from newsarchive.db.markup import packed, unpacked
from newsarchive.db.rows import line_hash
from newsarchive.db.values import storable
from newsarchive.db.writing.store import Store
from newsarchive.exceptions import DatabaseError
from newsarchive.items import Article, Block, Candidate
from tests.storage import START, archive_url, make_article, open_archive, rich_article

#: Texts as pages have them: NUL bytes and lone surrogates too.
TEXTS = st.text(st.characters(), max_size=12)
BLOCKS = st.builds(
    Block, TEXTS, kind=st.sampled_from(["paragraph", "heading", "list_item"]), label=st.just("nav"),
    path=TEXTS, level=st.integers(0, 6), links=st.lists(st.tuples(TEXTS, TEXTS), max_size=3).map(tuple),
)  # fmt: skip


@given(TEXTS, st.lists(BLOCKS, max_size=5), TEXTS)
def test_markup_comes_back(html: str, dropped: list[Block], body: str) -> None:
    kept = packed(html, dropped, storable(body))
    found, spots = unpacked(kept, storable(body), [storable(block.text) for block in dropped])
    assert found == storable(html)
    assert [(spot.path, spot.kind, spot.level, spot.links) for spot in spots] == [
        (storable(block.path), block.kind, block.level, block.links) for block in dropped
    ]


def test_a_line_that_is_one_link_keeps_its_address_alone() -> None:
    linked = Block("Home page of us", label="nav", links=(("Home page of us", "https://a.example/"),))
    kept = packed("", [linked] * 2, "")
    assert kept is not None
    assert len(kept) < len(packed("", [replace(linked, text="Home page of ours")] * 2, "") or b"")
    assert unpacked(kept, "", [linked.text] * 2)[1][1].links == linked.links


def test_html_costs_little_beside_its_text() -> None:
    words = [f"{number * 2654435761 % 2**32:x}" for number in range(600)]
    body = "\n\n".join(" ".join(words[at : at + 15]) for at in range(0, 600, 15))
    html = "".join(f"<p>{line}</p>" for line in body.split("\n\n"))
    assert len(packed(html, (), body) or b"") * 3 < len(packed(html, (), "") or b"")


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with open_archive(request.param, tmp_path) as opened:
        yield opened


def menu(*more: Block) -> tuple[Block, ...]:
    """The blocks of a page of one site: a menu, a text, a footer."""
    home = Block(
        "Home",
        "list_item",
        "nav",
        "menu",
        path="html/body/nav/ul/li",
        level=1,
        links=(("Home", "https://a.example/"),),
    )
    return (
        home,
        Block("About us", label="nav", rule="menu"),
        *more,
        Block("© A Blog", label="copyright", rule="phrase"),
    )


def test_a_text_is_stored_once_and_each_page_says_why_it_went(engine: Engine) -> None:
    articles = [make_article(n, blocks=menu(Block(f"Text {n}."))) for n in range(5)]
    Store(engine).ingest(articles[:3])
    Store(engine).ingest(articles[3:])
    with reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM lines")).scalar() == 3
        assert connection.execute(text("SELECT count(*) FROM block_labels")).scalar() == 2
        query = (
            "SELECT position, kind, rule, text FROM dropped_text WHERE url LIKE '%post-4' ORDER BY position"
        )
        assert list(map(tuple, connection.execute(text(query)))) == [
            (0, "nav", "menu", "Home"), (1, "nav", "menu", "About us"), (3, "copyright", "phrase", "© A Blog"),
        ]  # fmt: skip
        query = "SELECT count(*) FROM dropped_text WHERE text = 'About us'"
        assert connection.execute(text(query)).scalar() == 5
    assert len(site_templates.printing(engine, "blog.example", "About us")) == 5


def test_a_page_that_is_read_again_has_its_new_lines_alone(engine: Engine) -> None:
    first = make_article(1, blocks=menu(Block("Text.")))
    Store(engine).ingest([first])
    again = replace(
        first, extractor_version=2, blocks=(Block("Text."), Block("Tip jar", label="promo", rule="asks"))
    )
    Store(engine).ingest([again], reread=True)
    with reading(engine) as connection:
        found = connection.execute(text("SELECT position, kind, text FROM blocks"))
        assert list(map(tuple, found)) == [(1, "promo", "Tip jar")]


def test_texts_of_one_hash_are_told_apart(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three texts, the hashes of all of which end with the last number of the site: the keys go on with its first."""
    monkeypatch.setattr("newsarchive.db.rows.number", lambda text: 7 << 48 | (1 << 48) - 1)
    texts = ["Home", "About us", "© A Blog"]
    blocks = tuple(Block(one, label="nav", rule="menu") for one in texts)
    Store(engine).ingest([make_article(1, blocks=blocks[:1]), make_article(2, blocks=blocks)])
    Store(engine).ingest([make_article(3, blocks=blocks[::-1])])
    with reading(engine) as connection:
        query = "SELECT text FROM dropped_text WHERE url LIKE :url ORDER BY position"
        for number, expected in (1, texts[:1]), (2, texts), (3, texts[::-1]):
            found = connection.execute(text(query), {"url": f"%post-{number}"}).scalars()
            assert list(found) == expected
        keys = connection.execute(text("SELECT hash FROM lines ORDER BY hash")).scalars()
        assert list(keys) == [7 << 48, (7 << 48) + 1, (7 << 48 | (1 << 48) - 1)]


def test_lines_that_no_database_takes_have_one_hash_with_what_is_stored(engine: Engine) -> None:
    odd = "a\x00b\ud800"
    Store(engine).ingest([make_article(1, blocks=(Block("Text."), Block(odd, label="nav")))])
    with reading(engine) as connection:
        kept = connection.execute(text("SELECT hash, text FROM lines")).one()
    assert tuple(kept) == (line_hash("blog.example", odd), storable(odd))
    assert kept.hash == line_hash("blog.example", kept.text)


def test_lines_of_a_site_lie_side_by_side() -> None:
    numbers = {site: [line_hash(site, f"line {n}") for n in range(50)] for site in ("a.example", "b.example")}
    (low, high) = sorted(numbers.values())
    assert -(2**63) <= min(low) <= max(low) < min(high) <= max(high) < 2**63


# -- archives of before ----------------------------------------------------------------------------


def articles() -> list[Article]:
    """Articles that have something in every column that moves, and articles that have nothing there."""
    won = Candidate("headline", "Post “1”", "json-ld", chosen=True, reason="said first")
    many = [
        make_article(n, blocks=menu(Block(f"Text {n}.")), article_html=f"<p>Text {n}.</p>")
        for n in range(10, 17)
    ]
    return [
        rich_article(),
        make_article(1, blocks=(Block("One."),)),
        make_article(2, blocks=menu(Block("Two.")), candidates=(won, replace(won, chosen=False)), article_html="<p>Two.</p>"),
        make_article(3, blocks=menu(Block("今天在台北")), in_language="zh", article_html="<p>今天在台北</p>"),
        *many,
    ]  # fmt: skip


def fill(engine: Engine) -> None:
    store = Store(engine, clock=lambda: START)
    store.ingest(articles())
    changed = make_article(
        2, blocks=menu(Block("Two, and more.")), article_html="<p>Two, and more.</p>", day=1
    )
    store.ingest([changed])


def answers(url: str) -> dict[str, Any]:
    with Archive(url) as archive:
        found = {one.url: one for one in archive.articles(hidden=True)}
        versions = {address: archive.revisions(address) for address in found}
        return {"articles": found, "versions": versions, "stats": replace(archive.stats(), disk=0)}


OLD = """SELECT a.url, r.version, b.position, b.kind, b.rule, b.text, b.element, b.level, b.score, b.path
    FROM blocks AS b JOIN article_revisions AS r ON r.id = b.revision_id JOIN articles AS a ON a.id = r.article_id
    ORDER BY a.url, r.version, b.position"""
VIEW = "SELECT id, site, url, headline, position, kind, rule, text FROM dropped_text ORDER BY id, position"


def rows(engine: Engine, sql: str) -> list[tuple[Any, ...]]:
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def go_back(engine: Engine) -> None:
    with schema._without_foreign_keys(engine) as connection:
        command.downgrade(schema._config(connection), "0013")


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An archive of revision 0013."""
    with archive_url(request.param, tmp_path) as url:
        opened = open_engine(url)
        schema.upgrade(opened)
        fill(opened)
        go_back(opened)
        yield opened
        opened.dispose()


def url_of(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


@pytest.mark.slow
def test_an_archive_of_before_has_what_its_articles_left_out(old: Engine) -> None:
    given = {one.url: one for one in articles()}
    found = [row for row in rows(old, OLD) if row[1] == 1]
    assert found == [
        (url, 1, at, b.label, b.rule, b.text, b.kind, b.level, b.score, b.path)
        for url, one in sorted(given.items())
        for at, b in enumerate(one.blocks)
        if b.label != "body"
    ]


def with_small_batches(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """From here on an archive of four articles is large, and moves three at a time."""
    shutil.copytree(readonly.MIGRATIONS, folder / "migrations")
    file = folder / "migrations" / "versions" / "0014_lines_once.py"
    script = file.read_text(encoding="utf-8")
    for before, after in (("MAX_BATCH_ARTICLES = 200", "MAX_BATCH_ARTICLES = 3"), ("= 2_000", "= 3")):
        assert script.count(before) == 1
        script = script.replace(before, after)
    file.write_text(script, encoding="utf-8")
    monkeypatch.setattr(readonly, "MIGRATIONS", folder / "migrations")


@pytest.mark.slow
@pytest.mark.parametrize("is_large", [False, True])
def test_the_same_answers_after_the_move(
    old: Engine, is_large: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before, seen = rows(old, VIEW), []
    (tmp_path / "new").mkdir()
    with open_archive("sqlite", tmp_path / "new") as fresh:
        fill(fresh)
        wanted = answers(url_of(fresh))
    if is_large:
        with_small_batches(monkeypatch, tmp_path)
    schema.upgrade(old, lambda done, total: seen.append((done, total)))
    assert seen == ([(3, 11), (6, 11), (9, 11), (11, 11)] if is_large else [])
    assert rows(old, VIEW) == before
    assert answers(url_of(old)) == wanted
    assert checks.database(old) == []


class Stopped(Exception):
    """Somebody pressed Ctrl-C."""


@pytest.mark.slow
def test_a_move_that_is_broken_off_goes_on(
    old: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with_small_batches(monkeypatch, tmp_path)
    before = rows(old, VIEW)

    def stop(done: int, total: int) -> None:
        if done > 3:
            raise Stopped

    with pytest.raises(Stopped):
        schema.upgrade(old, stop)
    assert schema.current(old) == "0013"
    with Archive(url_of(old)) as archive, pytest.raises(DatabaseError, match="newsarchive db upgrade"):
        list(archive.articles())
    seen = []
    schema.upgrade(old, lambda done, total: seen.append(done))
    assert seen == [9, 11]
    assert rows(old, VIEW) == before
    assert not [name for name in inspect(old).get_table_names() if "0013" in name or "0014" in name]
