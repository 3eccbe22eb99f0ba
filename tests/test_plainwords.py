"""A person reads plain words; whoever works on the rules asks for the rest with --debug."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from newsarchive import plainwords, rules
from newsarchive.cli import cli
from newsarchive.core.metadata.claims import Trait
from newsarchive.core.steps import article_from
from newsarchive.db.writing.store import Store
from newsarchive.items import LABELS, Capture, QualityFlag
from tests.support.storage import make_article, open_archive, rich_article
from tests.support.terminal import module, run

#: What only its makers understand: units of evidence, points, names of sources and files.
JARGON = re.compile(
    r"\bnats\b|points|[+-]\d\.\d|\bmarkup\b|json-ld|\bh1\b|chrome/|phrases/|platforms/|@\d+|article_body|\[select\]"
)

PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>A ferry returns | A Blog</title>
<meta property="og:title" content="A ferry returns"><meta property="article:published_time" content="2025-04-01T08:00:00Z">
<script type="application/ld+json">{"@type": "NewsArticle", "headline": "A ferry returns", "author": {"name": "Ann Lee"},
"datePublished": "2025-04-01"}</script></head><body class="wordpress"><nav class="site-header"><a href="/">Home</a></nav>
<article class="post"><h1 class="entry-title">A ferry returns</h1><p class="byline">By Ann Lee, April 1, 2025</p>%s
</article><div class="sharedaddy">Share this: <a href="/x">Facebook</a></div></body></html>""" % (
    "<p>The ferry left the harbour at noon, and the captain said that â€œnobodyâ€\x9d had waited for it.</p>"
    * 8
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    page = article_from(
        Capture("https://blog.example/2025/04/a-ferry-returns/", PAGE.encode()), rules.default("")
    )
    with open_archive("sqlite", tmp_path) as engine:
        store = Store(engine)
        store.ingest(
            [page, rich_article(), make_article(3, body="The ferry left.\n\nNobody waited.\n\n" * 4)]
        )
        store.ingest([make_article(3, body="The ferry stayed.\n\nNobody waited.\n\n" * 4, day=1)])
    return tmp_path


def shown(*words: str) -> str:
    done = CliRunner().invoke(cli, [*words, "--db", "archive.db"])
    assert done.exit_code == 0, done.output
    return done.output


def test_explain_says_it_in_plain_words_and_debug_shows_the_rest(folder: Path) -> None:
    plain, debug = shown("explain", "1"), shown("explain", "1", "--debug")
    assert JARGON.findall(plain) == []
    assert "author = Ann Lee (" in plain
    assert "the page's JSON-LD" in plain
    assert "'â€œ' → '“' (windows-1252)" in plain
    assert {"points", "nats"} <= set(JARGON.findall(debug))
    assert "to bring a line back" not in plain
    _, remedies = debug.split("to bring a line back")
    assert "phrases/en.toml: make the entry narrower in data/phrases/en.toml" in remedies
    assert "reextract --all --site SITE" in remedies


@pytest.mark.parametrize("command", ["show", "explain"])
def test_what_is_stored_stays_as_it_is(folder: Path, command: str) -> None:
    assert "points" in shown(command, "1", "--json")


@pytest.mark.slow
@pytest.mark.parametrize("words", [["show", "1"], ["stats"], ["show", "2"]])
def test_no_jargon_on_a_terminal(folder: Path, words: list[str]) -> None:
    seen = run(module("newsarchive", *words, "--db", "archive.db"), folder)
    assert seen.code == 0
    assert JARGON.findall(seen.screen) == []
    assert "undefined bytes" not in seen.screen


def test_every_source_that_a_table_weighs_has_words() -> None:
    tables = rules.default("").metadata
    names = {name for kind in ("trust", "points") for table in tables[kind].values() for name in table}
    named = names - set(map(str, Trait))  # a trait is in plain words already
    assert named >= {"markup life", "json-ld", "url"}
    assert [name for name in sorted(named) if plainwords.source(name) == name] == []
    assert set(plainwords.LABELS) <= set(LABELS)
    assert [flag for flag in QualityFlag if plainwords.flag(flag) == flag] == []


def test_a_word_that_nobody_translated_is_shown_as_it_is() -> None:
    assert plainwords.source("a plugin of one's own later") == "a plugin of one's own, further down"
    assert plainwords.reason("the site prints it on 40 of 41 pages") == "the site prints it on 40 of 41 pages"
    assert plainwords.rule("stands in a box named x", "nav") == "stands in a box named x"
    before_release = "chrome/en.toml, [line] nav: home"
    assert plainwords.rule(before_release, "nav") == "words known from pages in en"


PAGERS = {"PAGER": "sed s/^/PAGED:/"}


@pytest.mark.slow
def test_a_long_text_goes_through_the_pager(folder: Path) -> None:
    command = module("newsarchive", "explain", "1", "--db", "archive.db")
    paged = run(command, folder, rows=5, keyboard=True, **PAGERS)
    assert paged.code == 0
    assert "PAGED:" in paged.lines[0]
    assert "A ferry returns" in paged.lines[0]
    for words, more in (([*command, "--no-pager"], {"rows": 5}), (command, {"rows": 200})):
        assert "PAGED:" not in run(words, folder, keyboard=True, **more, **PAGERS).screen  # type: ignore[arg-type]
    elsewhere = run(command, folder, rows=5, keyboard=True, pipe=True, **PAGERS)
    assert elsewhere.stdout.startswith("A ferry returns\nhttps://blog.example/")
    assert elsewhere.raw == ""


@pytest.mark.slow
@pytest.mark.parametrize("words", [["show", "1"], ["diff", "3"], ["diff", "3", "--unified"]])
def test_show_and_diff_are_paged_too(folder: Path, words: list[str]) -> None:
    seen = run(module("newsarchive", *words, "--db", "archive.db"), folder, rows=5, keyboard=True, **PAGERS)
    assert seen.code == 0
    assert seen.lines[0].startswith("PAGED:")
