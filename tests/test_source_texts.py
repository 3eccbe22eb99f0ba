"""What a feed or an API says of a post travels with its capture, from the crawl and from the archive."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from newsarchive import rules
from newsarchive.core.discovery import feeds
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.writing import captures
from newsarchive.db.writing.store import Store
from newsarchive.items import Link, Place, SourceText
from tests.support.storage import make_article, open_archive

URL = "https://blog.example/post-1"
EXCERPT = SourceText("feed", "<p>The first words …</p>")
FULL = SourceText("feed", "<p>The first words and all the others.</p>", True, "A title", "Ann Lee")
API = SourceText("wp-json", "<p>What the API says.</p>", True)

RSS = """<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<generator>https://wordpress.org/?v=6.8</generator><item><title>A title</title><link>https://blog.example/post-1</link>
<guid isPermaLink="false">https://blog.example/?p=12</guid><content:encoded>&lt;p&gt;All of it.&lt;/p&gt;</content:encoded>
</item></channel></rss>"""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ([EXCERPT, FULL], FULL),
        ([FULL, API], API),
        ([API, FULL], API),
        ([API, replace(API, html="<p>Edited.</p>")], replace(API, html="<p>Edited.</p>")),
        ([FULL, EXCERPT], EXCERPT),  # a site that cut its feed down: its own last word
        ([API, EXCERPT], API),
    ],
)
def test_the_last_word_of_the_best_source_is_kept(
    kind: str, told: list[SourceText], kept: SourceText, tmp_path: Path
) -> None:
    with open_archive(kind, tmp_path) as engine:
        frontier, run = Frontier(engine), Store(engine).start_run("news", {})
        site = frontier.open_site("https://blog.example/")
        for text in told:
            frontier.discover(site, run, [Link(URL, text.source, text=text)])
        assert frontier.source_text(URL) == kept
        frontier.discover(site, run, [Link(URL, "sitemap")])
        assert frontier.source_text(URL) == kept
        assert frontier.source_text("https://blog.example/another") is None


def test_it_comes_out_of_the_archive_with_the_capture(sqlite: Engine) -> None:
    frontier, store = Frontier(sqlite), Store(sqlite)
    run = store.start_run("news", {})
    frontier.discover(frontier.open_site("https://blog.example/"), run, [Link(URL, "feed", text=FULL)])
    article = make_article(1)
    assert article.capture is not None
    store.ingest([replace(article, capture=replace(article.capture, place=Place("a.warc.gz", 0, 9)))], run)
    assert [kept.source_text for kept in captures.kept(sqlite)] == [FULL]


def test_a_feeds_links_have_its_texts_and_the_platforms_ids() -> None:
    [link] = feeds.parse_feed(RSS.encode(), "https://blog.example/feed/", rules=rules.default()).links
    assert (link.post_id, link.text) == (
        "wordpress:12",
        SourceText("feed", "<p>All of it.</p>", True, "A title", post_id="wordpress:12"),
    )
