"""A folder to publish: every link leads to a page that is there, and nothing of a page runs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from itertools import accumulate
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import feedparser
import lxml.html
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from newsarchive.cli import cli
from newsarchive.core.html.render import rendered
from newsarchive.core.near_duplicates.fingerprint import fingerprint_step
from newsarchive.db.writing.store import Store
from newsarchive.export import htmlsite
from newsarchive.export.htmlsite import words_of
from newsarchive.items import Author
from newsarchive.rules import default
from tests.support.storage import START, make_article, open_archive

EVIL = '</title></script><script>alert(1)</script><img src=x onerror=alert(1)>" onclick="x'
CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("site")
    with open_archive("sqlite", folder) as engine:
        articles = [
            make_article(
                n, headline=f"Post {n}", body=f"Text {n}.", date_published=START + timedelta(days=20 * n)
            )
            for n in range(1, 6)
        ]
        articles += [
            make_article(
                6, headline=EVIL, body=EVIL, authors=(Author(EVIL),), publisher=EVIL, in_language='de" x="'
            ),
            make_article(
                7, url="https://other.example/a", headline="", body="No headline.", date_published=None
            ),
            make_article(8, url="https://third.example:8080/a", headline="Porto", body="A port."),
        ]
        Store(engine).ingest([rendered(fingerprint_step(article, default())) for article in articles])
        words = [
            "export",
            str(folder / "public"),
            "--format",
            "html",
            "--title",
            "A & <b>",
            "--db",
            str(engine.url),
        ]
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == 0, done.output
        yield folder / "public"


def pages(site: Path) -> dict[Path, lxml.html.HtmlElement]:
    return {path: lxml.html.fromstring(path.read_bytes()) for path in site.rglob("*.html")}


def test_every_link_leads_to_a_file_and_every_page_can_be_reached(site: Path) -> None:
    found = pages(site)
    reached, waiting = set(), [site / "index.html"]
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        for link in [*found[path].iter("a"), *found[path].iter("link")]:
            href = link.get("href", "")
            if urlsplit(href).scheme:
                continue
            assert not href.startswith("/"), href  # it may lie in any folder
            target = (path.parent / unquote(href)).resolve()
            assert target.is_file(), (path, href)
            if target.suffix == ".html":
                waiting.append(target)
    assert reached == set(found)
    assert len([path for path in reached if path.parent.name == "articles"]) == 8


def test_lists_count_and_order(site: Path) -> None:
    front = (site / "index.html").read_text()
    assert "8 articles of 3 sites" in front
    rows = pages(site)[site / "sites" / "blog.example.html"].xpath("//tr")
    assert [[cell.text_content() for cell in row] for row in rows] == [
        ["2025-07", "1"],
        ["2025-06", "1"],
        ["2025-05", "2"],
        ["2025-04", "2"],
    ]
    middle = pages(site)[site / "articles" / "3.html"]
    assert [a.get("href") for a in middle.xpath("//a[@rel='prev'] | //a[@rel='next']")] == [
        "2.html",
        "4.html",
    ]
    assert (site / "months" / "undated.html").exists()


def test_an_article_describes_itself(site: Path) -> None:
    (described,) = pages(site)[site / "articles" / "1.html"].xpath(
        "//script[@type='application/ld+json']/text()"
    )
    found = json.loads(described)
    assert (found["@type"], found["headline"], found["url"]) == (
        "NewsArticle",
        "Post 1",
        "https://blog.example/post-1",
    )


def test_nothing_of_a_page_runs(site: Path) -> None:
    for path, page in pages(site).items():
        for script in page.iter("script"):
            is_ours = path == site / "search.html" and script.get("src") == "search/search.js"
            assert is_ours or script.get("type") == "application/ld+json", path
        for element in page.iter():
            assert not [name for name in element.attrib if name.startswith("on")], path
        assert page.xpath("//meta[@http-equiv='Content-Security-Policy']")
    evil = pages(site)[site / "articles" / "6.html"]
    assert evil.xpath("//h1")[0].text_content() == EVIL
    assert json.loads(evil.xpath("//script/text()")[0])["headline"] == EVIL


def test_feeds_are_read(site: Path) -> None:
    assert len(json.loads((site / "feed.json").read_text())["items"]) == 8
    feed = feedparser.parse((site / "feed.atom").read_bytes())
    assert (feed.bozo, len(feed.entries), feed.feed.title) == (False, 8, "A & <b>")


def part(site: Path, name: str) -> Any:
    text = (site / "search" / f"{name}.js").read_text(encoding="utf-8")
    return json.loads(text.removeprefix(f'newsarchivePart("{name}",').removesuffix(");\n"))


def test_the_index_names_the_articles_of_each_word(site: Path) -> None:
    lines, words = part(site, "articles-0"), part(site, "words-0")
    assert part(site, "start")["parts"] == 1
    assert len(part(site, "start")["days"]) == len(lines) == 8

    def found(word: str) -> dict[str, bool]:
        codes = list(accumulate(words.get(word, [])))
        return {lines[code // 2][0]: bool(code % 2) for code in codes}

    assert found("porto") == {"articles/8.html": True}
    assert found("text") == {f"articles/{n}.html": False for n in range(1, 6)}
    assert lines[next(iter(accumulate(words["port"]))) // 2] == [
        "articles/8.html", "Porto", "third.example:8080", "2025-04-01",
    ]  # fmt: skip


@given(st.text())
def test_words_are_small_letters_without_marks_and_not_long(text: str) -> None:
    for word in words_of(text):
        assert 0 < len(word) <= htmlsite.MAX_WORD_CHARACTERS + 1
        assert not re.search(r"\s", word)


def test_a_word_of_very_many_articles_is_common_and_parts_stay_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(htmlsite, "MAX_WORD_ARTICLES", 3)
    monkeypatch.setattr(htmlsite, "PART_PAIRS", 5)
    monkeypatch.setattr(htmlsite, "MAX_WAITING_PAIRS", 4)
    monkeypatch.setattr(htmlsite, "PART_ARTICLES", 2)
    index = htmlsite.Index(tmp_path)
    for number in range(5):
        index.add(stored(number), f"articles/{number}.html")
    index.finish("x", has_atom=False)
    parts = [part(tmp_path, f"words-{n}") for n in range(part(tmp_path, "start")["parts"])]
    assert len(parts) == 4  # of 15 pairs
    every = {word: codes for words in parts for word, codes in words.items()}
    assert every["common"] == 0
    assert [list(accumulate(every[f"word{n}"])) for n in range(5)] == [[2 * n] for n in range(5)]
    assert all(htmlsite.hashed(word) % 4 == n for n, words in enumerate(parts) for word in words)
    assert [len(part(tmp_path, f"articles-{n}")) for n in range(3)] == [2, 2, 1]


def stored(number: int) -> Any:
    return SimpleNamespace(
        headline="", url=f"https://x.example/{number}", site="x.example", date_published=None,
        article_body=f"common word{number} other{number}",
    )  # fmt: skip


@pytest.fixture(scope="module")
def tab() -> Iterator[Any]:
    """A tab of Chromium, which takes a second of CPU time to start."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"], timeout=300_000
        )
        page = browser.new_page()
        page.set_default_timeout(300_000)
        yield page
        browser.close()


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="no chromium")
@pytest.mark.parametrize(
    ("words", "finds", "says"),
    [
        ("porto", ["Porto"], "1 article."),
        ("TEXT 3", ["Post 3"], "1 article."),
        ("text", ["Post 5", "Post 4", "Post 3", "Post 2", "Post 1"], "5 articles."),
        ("alert", [EVIL], "1 article."),
        ("zeppelin", [], "0 articles."),
        ("!", [], "Nothing to look for"),
    ],
)
def test_a_browser_searches_it_from_a_disk(
    tab: Any, site: Path, words: str, finds: list[str], says: str
) -> None:
    tab.goto(f"{(site / 'search.html').as_uri()}?q={quote(words)}")
    tab.wait_for_function("document.getElementById('more').onclick")  # all that it found is shown
    assert tab.locator("#found a").all_text_contents() == finds
    assert tab.locator("#said").text_content().startswith(says)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("node"), reason="no node")
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cn", "Co"]), max_size=60))
@settings(max_examples=20, deadline=None)
def test_the_script_makes_the_same_words(text: str) -> None:
    samples = [
        text,
        "Café NOËL",
        "最后一班渡轮 ferry2",
        "เรือเฟอร์รี่",
        "ΣΟΦΟΣ ßtraße İstanbul",
        "서울 뉴스",
        "العبارة",
    ]
    script = (htmlsite.TEMPLATES / "search.js").read_text(encoding="utf-8")
    function = re.search(r"function wordsOf.*?\n  }\n", script, re.DOTALL)
    assert function
    start = {"unspaced": f"{htmlsite.UNSPACED}{htmlsite.TIBETAN}", "word_characters": 40}
    code = f"{function[0]}\nconsole.log(JSON.stringify({json.dumps(samples)}.map((t) => wordsOf(t, {json.dumps(start)}))))"
    done = subprocess.run(["node", "-e", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [list(dict.fromkeys(words_of(sample))) for sample in samples]


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM, reason="no chromium")
def test_a_browser_opens_it_from_a_disk(tab: Any, site: Path) -> None:
    tab.goto((site / "articles" / "6.html").as_uri())
    assert "About this copy" in tab.content()
    assert "<script>alert" not in tab.content()
