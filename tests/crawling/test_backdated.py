"""A post that appears in a feed with a date of long ago: the feed was read before, and did not name it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsarchive.db.reading import lineage
from newsarchive.db.readonly import File
from tests.cli.test_cli import run
from tests.crawling.test_crawl import front, post
from tests.support.serving import HTML, Answer, crawl, served

pytestmark = pytest.mark.slow  # crawls of a served blog

#: What each post says of its day.
DATED = {
    "/first/": "2025-03-01T08:00:00+00:00",
    "/dated-back/": "2025-02-01T08:00:00+00:00",
    "/found-on-the-front-page/": "2025-01-01T08:00:00+00:00",
    "/new/": datetime.now(UTC).isoformat(),
}


def feed(home: str, *paths: str, following: str = "") -> Answer:
    items = "".join(f"<item><title>Post {path}</title><link>{home}{path}</link></item>" for path in paths)
    if following:
        items += f'<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="next" href="{home}{following}"/>'
    xml = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Blog</title>{items}</channel></rss>'
    return Answer(xml.encode(), headers={"Content-Type": "application/rss+xml"})


def test_its_trace_says_when_the_feed_did_not_name_it_yet(db: Path) -> None:
    posts = {path: post(f"Post {path}", date=day) for path, day in DATED.items()}
    with served({"/": front("/first/", feed="/feed/"), **posts}) as site:
        site.answers["/feed/"] = feed(site.home, "/first/")
        assert crawl(f"url={site.home}/", db=db).returncode == 0
        site.answers["/feed/"] = feed(site.home, "/new/", "/dated-back/", "/first/")
        page = front("/new/", "/found-on-the-front-page/", "/first/", feed="/feed/")
        site.answers["/"] = Answer(page, headers={"Content-Type": HTML})
        assert crawl(f"url={site.home}/", db=db).returncode == 0
        absent = {}
        for path in DATED:
            found = lineage.trace(File(db), f"{site.home}{path}")
            absent |= {copy.url.removeprefix(site.home): copy.absent_at for copy in found.copies}
        told = run("trace", f"{site.home}/dated-back/", "--db", str(db)).stdout
    assert [path for path, at in absent.items() if at is not None] == ["/dated-back/"]
    day = f"{absent['/dated-back/']:%Y-%m-%d %H:%M}"
    assert f"not in its feed on {day}: its date may be false" in re.sub(r"[│├└─\s]+", " ", told)


@pytest.mark.parametrize(
    ("first", "told"),
    [
        (["limit=1"], False),
        (["-s", "NEWSARCHIVE_MAX_POSTS=1"], False),
        (["skip=/old/"], False),
        ([], True),
    ],
    ids=["a limit", "a bound", "posts left out", "the whole feed"],
)
def test_a_post_of_a_page_that_no_crawl_has_read_yet_is_not_accused(
    first: list[str], told: bool, db: Path
) -> None:
    """The first crawl reads a feed's first page; the old post stands on the second. In the last case it came onto that page later."""
    days = {"/a/": "2025-03-03", "/b/": "2025-03-02", "/c/": "2025-03-01", "/old/": "2025-02-01"}
    posts = {path: post(f"Post {path}", date=f"{day}T08:00:00+00:00") for path, day in days.items()}
    with served({"/": front("/a/", feed="/feed/"), **posts}) as site:
        site.answers["/feed/"] = feed(site.home, "/a/", "/b/", following="/feed/2/")
        site.answers["/feed/2/"] = feed(site.home, "/c/", *([] if told else ["/old/"]))
        assert crawl(f"url={site.home}/", *first, db=db).returncode == 0
        site.answers["/feed/2/"] = feed(site.home, "/c/", "/old/")
        site.answers["/feed/"] = feed(site.home, "/a/", following="/feed/2/")
        assert crawl(f"url={site.home}/", db=db).returncode == 0
        found = lineage.trace(File(db), f"{site.home}/old/")
    assert {copy.url.removeprefix(site.home) for copy in found.copies if copy.absent_at} == (
        {"/old/"} if told else set()
    )
