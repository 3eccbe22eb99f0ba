"""Dropped lines, stored once: what is packed comes back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from newsarchive.db import rows, site_templates
from newsarchive.db.engine import reading
from newsarchive.db.rows import line_hash, pack_markup, unpack_markup
from newsarchive.db.values import storable
from newsarchive.db.writing.store import Store
from newsarchive.items import Block
from tests.support.storage import make_article

#: Texts as pages have them: NUL bytes and lone surrogates too.
TEXTS = st.text(st.characters(), max_size=12)
BLOCKS = st.builds(
    Block, TEXTS, kind=st.sampled_from(["paragraph", "heading", "list_item"]), label=st.just("nav"),
    path=TEXTS, level=st.integers(0, 6), links=st.lists(st.tuples(TEXTS, TEXTS), max_size=3).map(tuple),
)  # fmt: skip


@given(TEXTS, st.lists(BLOCKS, max_size=5), TEXTS)
def test_markup_comes_back(html: str, dropped: list[Block], body: str) -> None:
    kept = pack_markup(html, dropped, storable(body))
    found, spots = unpack_markup(kept, storable(body), [storable(block.text) for block in dropped])
    assert found == storable(html)
    assert [(spot.path, spot.kind, spot.level, spot.links) for spot in spots] == [
        (storable(block.path), block.kind, block.level, block.links) for block in dropped
    ]


def test_a_line_that_is_one_link_keeps_its_address_alone() -> None:
    linked = Block("Home page of us", label="nav", links=(("Home page of us", "https://a.example/"),))
    kept = pack_markup("", [linked] * 2, "")
    assert kept is not None
    assert len(kept) < len(pack_markup("", [replace(linked, text="Home page of ours")] * 2, "") or b"")
    assert unpack_markup(kept, "", [linked.text] * 2)[1][1].links == linked.links


def test_html_costs_little_beside_its_text() -> None:
    words = [f"{number * 2654435761 % 2**32:x}" for number in range(600)]
    body = "\n\n".join(" ".join(words[at : at + 15]) for at in range(0, 600, 15))
    html = "".join(f"<p>{line}</p>" for line in body.split("\n\n"))
    assert len(pack_markup(html, (), body) or b"") * 3 < len(pack_markup(html, (), "") or b"")


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
    assert len(site_templates.articles_with(engine, "blog.example", "About us")) == 5


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
    monkeypatch.setattr("newsarchive.db.rows._bits_of", rows._bits_of.__wrapped__)
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


def test_a_line_is_printed_by_the_texts_that_have_it_so(engine: Engine) -> None:
    bodies = ("Share 100% of it.", "SHARE 100% OF IT.", "Share 1000 of it.")
    Store(engine).ingest([make_article(n, body=f"A.\n\n{body}") for n, body in enumerate(bodies)])
    assert len(site_templates.articles_with(engine, "blog.example", bodies[0])) == 1
    assert site_templates.articles_with(engine, "blog.example", "no \0 line") == []
