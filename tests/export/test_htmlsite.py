"""A folder to publish: every link leads to a page that is there, and nothing of a page runs."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import feedparser
import lxml.html
import pytest
from click.testing import CliRunner

from newsarchive.cli import cli
from newsarchive.core.html.render import rendered
from newsarchive.core.near_duplicates.fingerprint import fingerprint_step
from newsarchive.db.writing.store import Store
from newsarchive.items import Author
from newsarchive.rules import default
from tests.storage import START, make_article, open_archive

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
            assert script.get("type") == "application/ld+json", path
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


@pytest.mark.skipif(not CHROMIUM, reason="no chromium")
def test_a_browser_opens_it_from_a_disk(site: Path) -> None:
    words = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--dump-dom",
        (site / "articles" / "6.html").as_uri(),
    ]
    done = subprocess.run([str(CHROMIUM), *words], capture_output=True, text=True, timeout=120, check=True)
    assert "About this copy" in done.stdout
    assert "<script>alert" not in done.stdout
