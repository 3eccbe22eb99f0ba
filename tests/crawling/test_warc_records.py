"""Records that wait for others, in WARC files of other people, which may hold anything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsarchive import rules
from newsarchive.crawling import warc_records
from newsarchive.crawling.warc_records import SiteFiles, SplitPosts
from newsarchive.items import Capture, Place
from newsarchive.warc.files import Wire

POST = "https://blog.example/ferry/"
ROBOTS = b"User-agent: GPTBot\nDisallow: /\n"


class Copies:
    """The archive's own copies of pages, by the numbers of their places."""

    def __init__(self) -> None:
        self.pages: list[Capture] = []

    def page_at(self, place: Place) -> tuple[Capture, None]:
        return self.pages[place.offset], None

    def page(self, url: str, body: str) -> Capture:
        """A page that was captured a minute after the one before, and is kept."""
        at = len(self.pages)
        fetched = datetime(2025, 3, 1, tzinfo=UTC) + timedelta(minutes=at)
        place = Place("a.warc.gz", at, 100)
        self.pages.append(
            Capture(url, body.encode(), fetched, url, 200, {"content-type": "text/html"}, place=place)
        )
        return self.pages[at]


def test_many_captures_of_one_further_page_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warc_records, "MAX_WAITING_PARTS", 5)
    copies = Copies()
    split = SplitPosts(copies)  # type: ignore[arg-type]
    assert sum(split.takes(copies.page(f"{POST}2/", f"<p>{number}</p>")) for number in range(9)) == 5
    assert len(list(split.whole())) == 5


def test_a_post_with_its_further_pages_is_no_longer_than_one_page_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(warc_records, "MAX_BODY_BYTES", 3500)
    copies = Copies()
    split = SplitPosts(copies)  # type: ignore[arg-type]
    links = "".join(f'<a href="{number}/">{number}</a>' for number in range(2, 9))
    assert split.takes(copies.page(POST, links))
    for number in range(2, 9):
        assert split.takes(copies.page(f"{POST}{number}/", "a" * 1000))
    assert [len(page.parts) for page in split.whole()] == [3, 0, 0, 0, 0]


def test_files_of_sites_that_no_page_follows_do_not_fill_the_memory() -> None:
    files, wire = SiteFiles(rules.default()), Wire("HTTP/1.1 200 OK", (), ROBOTS)
    robots = Capture("https://blog.example/robots.txt", ROBOTS)
    for number in range(200):
        assert files.take(robots, wire, f"{number}.warc.gz")
    page = files.known(Capture("https://blog.example/post", b""))
    assert page.rights
    assert page.rights.refused_agents == ("GPTBot",)
    copied = [file for _, _, file in files.not_copied(page)]
    assert copied == [f"{number}.warc.gz" for number in range(100, 200)]
    assert files.not_copied(page) == []
