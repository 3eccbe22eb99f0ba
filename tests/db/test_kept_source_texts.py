"""What the archive keeps of the site's own words: on SQLite and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine, text

from newsarchive.db.engine import writing
from newsarchive.db.writing import captures
from newsarchive.items import Capture, Link, Place, SourceText
from tests.db.test_frontier import URL, Archive
from tests.support.storage import START, make_article

JAKARTA = timezone(timedelta(hours=7))
SAID = SourceText(
    "wp-json",
    "<p>The text.</p>",
    True,
    "A title",
    "Ann Lee, Bo",
    datetime(2025, 3, 1, 8, 15, tzinfo=JAKARTA),
    datetime(2025, 3, 2, 9, tzinfo=timezone(-timedelta(hours=3, minutes=30))),
    authors=("Ann Lee", "Bo"),
    keywords=("bees", "rail"),
    sections=("World",),
    in_language="en-GB",
    image="https://blog.example/a.jpg",
    publisher="Harbour Post",
    post_id="wordpress:7",
)


@pytest.fixture
def archive(engine: Engine) -> Archive:
    return Archive(engine)


def told(text: SourceText) -> Link:
    return Link(URL, text.source, text=text)


def test_all_that_was_said_comes_back(archive: Archive) -> None:
    archive.name(told(SAID))
    found = archive.frontier.source_text(URL)
    assert found == SAID
    assert found is not None
    assert found.published is not None
    assert found.published.isoformat() == "2025-03-01T08:15:00+07:00"
    assert found.updated is not None
    assert found.updated.isoformat() == "2025-03-02T09:00:00-03:30"


MOVED = "https://blog.example/new-slug"


@pytest.mark.parametrize(
    ("final_url", "of_new", "is_new"),
    [
        (MOVED, "wp-json", True),
        (MOVED, "", False),  # its site has a name, and says nothing of the new address
        ("https://blog.example/unknown", "wp-json", False),
        ("", "wp-json", False),
        (URL + "#comments", "wp-json", False),
    ],
)
def test_of_a_post_that_moved_the_new_address_tells_the_crawl_and_reextract(
    archive: Archive, final_url: str, of_new: str, is_new: bool
) -> None:
    archive.frontier.name_site(archive.site, "Harbour Post")
    new = replace(SAID, updated=datetime(2025, 4, 1, tzinfo=UTC))
    archive.name(told(SAID), Link(MOVED, "wp-json", text=new if of_new else None))
    place = Place("a.warc.gz", 0, 10, "sha1:x")
    capture = Capture(URL, b"<p>x</p>", START, final_url=final_url, place=place)
    archive.fetch(make_article(1, url=URL, capture=capture))
    [kept] = captures.kept(archive.engine)
    said = new if is_new else SAID
    assert (archive.frontier.source_text_of(capture), kept.source_text) == (said, said)


def test_what_no_database_takes_is_kept_as_it_can_be(archive: Archive) -> None:
    archive.name(told(replace(SAID, title="A\x00B", authors=("\ud800",), keywords=("x\x00",))))
    found = archive.frontier.source_text(URL)
    assert found is not None
    assert (found.title, found.authors, found.keywords) == ("A\ufffdB", ("\ufffd",), ("x\ufffd",))


def test_the_better_source_keeps_its_word(archive: Archive) -> None:
    sitemap = SourceText("sitemap", "", title="Another", published=START)
    feed = SourceText("feed", "<p>Short.</p>", title="A title", published=START)
    for said, kept in (
        (sitemap, sitemap),
        (feed, feed),
        (sitemap, feed),
        (SAID, SAID),
        (feed, SAID),
        (sitemap, SAID),
    ):
        archive.name(told(said))
        assert archive.frontier.source_text(URL) == kept
    changed = replace(SAID, keywords=("bees",))
    archive.name(told(changed))
    assert archive.frontier.source_text(URL) == changed


def test_what_holds_for_the_site_is_known_of_every_post(archive: Archive) -> None:
    archive.name(Link(URL, "sitemap"))
    assert archive.frontier.source_text(URL) is None
    archive.frontier.name_site(archive.site, "Harbour Post", "id")
    assert archive.frontier.source_text(URL) == SourceText(
        "site", "", publisher="Harbour Post", in_language="id"
    )
    archive.frontier.name_site(archive.site, "Another name", "en")
    assert archive.frontier.site_name(archive.site) == "Harbour Post"
    archive.name(told(replace(SAID, publisher="", in_language="")))
    found = archive.frontier.source_text(URL)
    assert found is not None
    assert (found.publisher, found.in_language, found.title) == ("Harbour Post", "id", "A title")


def test_reading_again_sees_what_the_crawl_saw(archive: Archive) -> None:
    archive.name(told(SAID))
    archive.frontier.name_site(archive.site, "Harbour Post")
    article = make_article(1, url=URL)
    capture = Capture(URL, b"<p>x</p>", START, place=Place("a.warc.gz", 0, 10, "sha1:x"))
    archive.fetch(replace(article, capture=capture))
    [kept] = captures.kept(archive.engine)
    assert kept.source_text == archive.frontier.source_text(URL) == SAID


def test_a_row_of_an_older_archive_is_read(archive: Archive) -> None:
    archive.name(Link(URL, "feed"))
    with writing(archive.engine) as connection:
        connection.execute(
            text(
                "INSERT INTO source_texts (url_id, source, is_full, title, author, published)"
                " SELECT id, 'feed', :no, 'A title', 'Ann Lee', :at FROM urls"
            ),
            {"no": False, "at": "2025-03-01 01:15:00.000000+00:00"},
        )
    found = archive.frontier.source_text(URL)
    assert found == SourceText(
        "feed", "", False, "A title", "Ann Lee", datetime(2025, 3, 1, 1, 15, tzinfo=UTC)
    )
