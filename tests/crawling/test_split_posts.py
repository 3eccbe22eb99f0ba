"""Posts that are split over pages in WARC files of others, which may hold anything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsarchive.crawling import split_posts
from newsarchive.crawling.split_posts import SplitPosts
from newsarchive.items import Capture, Place

POST = "https://blog.example/ferry/"


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
    monkeypatch.setattr(split_posts, "MAX_WAITING", 5)
    copies = Copies()
    split = SplitPosts(copies)  # type: ignore[arg-type]
    assert sum(split.takes(copies.page(f"{POST}2/", f"<p>{number}</p>")) for number in range(9)) == 5
    assert len(list(split.whole())) == 5


def test_a_post_with_its_further_pages_is_no_longer_than_one_page_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(split_posts, "MAX_BODY_BYTES", 3500, raising=False)
    copies = Copies()
    split = SplitPosts(copies)  # type: ignore[arg-type]
    links = "".join(f'<a href="{number}/">{number}</a>' for number in range(2, 9))
    assert split.takes(copies.page(POST, links))
    for number in range(2, 9):
        assert split.takes(copies.page(f"{POST}{number}/", "a" * 1000))
    assert [len(page.parts) for page in split.whole()] == [3, 0, 0, 0, 0]
