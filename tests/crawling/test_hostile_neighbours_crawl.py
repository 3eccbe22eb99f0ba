"""A tag or header at which Scrapy or its libraries raise costs itself alone: the post with it is stored, and so is its neighbour."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from newsarchive import rules
from newsarchive.core.discovery.platforms import Source
from newsarchive.exceptions import SOME_FAILED, DatabaseUnavailable
from newsarchive.items import Link
from newsarchive.spiders.discovery import Finder, NamedLinks
from tests.crawling.test_crawl import STORY, front, post, rows
from tests.support.serving import HTML, Answer, crawl, served

DIGITS = "9" * 5000
#: Headers of a post, as a server may send them.
HEADERS: dict[str, dict[str, str]] = {
    "charset": {"Content-Type": 'text/html; charset="\xff\x00'.replace("\x00", "")},
    "charset-twice": {"Content-Type": "text/html; charset=utf-8; charset=rot13"},
    "etag": {"ETag": 'W/"\xe9\xff\x80"', "Last-Modified": "the day before yesterday"},
    "long-etag": {"ETag": f'"{"e" * 5000}"'},
    "last-modified": {"Last-Modified": "Mon, 31 Dec 9999 23:59:59 -1200"},
    "link": {"Link": f"<http://[::1>; rel=shortlink, <{DIGITS}>; rel=canonical, <;;;>"},
    "robots": {"X-Robots-Tag": f"{DIGITS}: , , unavailable_after: {DIGITS}"},
    "refresh": {"Refresh": "0; url=http://[::1"},
    "retry-after": {"Retry-After": DIGITS},
    "cookie": {"Set-Cookie": "\xff=;;;=; expires=Mon, 31 Dec 9999 23:59:59 -1200"},
    "location": {"Location": "http://[::1"},
    "disposition": {"Content-Disposition": 'attachment; filename="\xff'},
    "encoding": {"Content-Encoding": "identity, , x-nobody"},
    "date": {"Date": DIGITS, "Expires": DIGITS, "Age": DIGITS},
    "language": {"Content-Language": "\xff" * 300},
}
#: Tags in the head of a post.
TAGS = {
    "refresh-nowhere": '<meta http-equiv=refresh content="5; url=http://[::1">',
    "refresh-number": f'<meta http-equiv=refresh content="{DIGITS}; url=/elsewhere/">',
    "refresh-empty": '<meta http-equiv=refresh content=";;;">',
    "refresh-surrogate": '<meta http-equiv=refresh content="0; url=javascript:&#xD800;">',
    "base": '<base href="http://[::1">',
    "base-scheme": '<base href="data:,x">',
    "charset-tag": "<meta charset=rot13>",
    "charset-number": f"<meta charset={DIGITS}>",
    "content-type": '<meta http-equiv=content-type content="text/html; charset=idna">',
    "canonical": f'<link rel=canonical href="http://[::1"><link rel=next href="http://{DIGITS}/">',
    "policy": '<meta http-equiv=Content-Security-Policy content="\xff\'">',
}


def story(name: str) -> str:
    return post(f"A story of {name}", body=STORY.replace("bridge", f"quay of {name}"))


@pytest.mark.slow
def test_hostile_headers_and_tags_of_posts(db: Path) -> None:
    table: dict[str, Any] = {
        f"/header-{name}-of-a-story/": Answer(story(name), headers={"Content-Type": HTML} | headers)
        for name, headers in HEADERS.items()
    }
    table |= {
        f"/tag-{name}-of-a-story/": story(name).replace("<head>", f"<head>{tag}", 1)
        for name, tag in TAGS.items()
    }
    nowhere = "/redirected-nowhere-of-a-story/"
    home = front(*table, nowhere).replace("<head>", "<head>" + TAGS["base"] + TAGS["refresh-nowhere"])
    assert "<base " in home
    assert all("<head>" in text for text in table.values() if isinstance(text, str))
    redirect = Answer(status=302, headers={"Location": "http://[::1"})
    with served({"/": home, nowhere: redirect, **table}) as site:
        done = crawl(f"url={site.home}/", db=db)
        found = {
            url.removeprefix(site.home): rest
            for url, *rest in rows(db, "SELECT url, state, reason FROM urls")
        }
        assert {path: fate for path, fate in found.items() if fate != ["ok", ""]} == {
            nowhere: ["new", "bad address"]
        }
        assert "Traceback" not in done.stderr
        assert done.returncode == SOME_FAILED, done.stderr
        again = crawl(f"url={site.home}/", "recheck=1", db=db)
    assert f"{len(table)} unchanged" in again.stderr


def test_a_source_that_makes_the_core_raise_costs_itself(caplog: pytest.LogCaptureFixture) -> None:
    good = NamedLinks([Link("https://blog.example/2024/05/a-good-story/", "sitemap")])
    problems: list[tuple[str, ...]] = []
    finder = Finder(
        None,
        None,
        0,
        rules.default(),
        lambda: False,
        lambda *told: problems.append(told),  # type: ignore[arg-type]
    )
    failing: Exception = ValueError("of a kind that nobody expects")

    async def read(source: Source, *_: object) -> Any:
        if source.kind == "feed":
            raise failing
        yield good

    async def everything() -> list[NamedLinks]:
        sources = [
            Source("feed", "https://blog.example/feed/"),
            Source("sitemap", "https://blog.example/sitemap.xml"),
        ]
        return [
            batch for source in sources async for batch in finder._guarded(source, "https://blog.example/")
        ]

    finder._feed = finder._sitemap = read  # type: ignore[method-assign, assignment]
    with caplog.at_level(logging.INFO):
        assert asyncio.run(everything()) == [good]
    assert problems == [
        ("https://blog.example/feed/", "crashed",
         "it cannot be read (ValueError: of a kind that nobody expects); the other sources are asked"),
    ]  # fmt: skip
    assert "ValueError" in caplog.text
    failing = DatabaseUnavailable("gone")
    with pytest.raises(DatabaseUnavailable):
        asyncio.run(everything())
