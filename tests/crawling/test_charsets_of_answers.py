"""Charset labels and encodings of a whole blog: whatever a server says, the core's decoder reads it, and Scrapy goes on."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from scrapy import Request
from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware
from scrapy.http import HtmlResponse, Response
from scrapy.utils.test import get_crawler

from newsarchive.core.encoding.charsets import whatwg_label
from newsarchive.crawling.responses import text_of
from newsarchive.middlewares import CharsetMiddleware, RefreshMiddleware
from tests.crawling.test_crawl import post, rows
from tests.support.serving import Answer, crawl, served

#: Labels that Python knows and the web does not.
NO_CHARSETS = (
    "rot13", "zip", "zlib", "base64", "hex", "bz2", "uu", "quopri", "idna", "punycode", "undefined", "unicode-escape",
    "raw_unicode_escape", "utf-7", "cp037", "cp500", "mbcs", "hz", "iso2022_kr", "ptcp154", "\x00", "…", "x" * 5000,
)  # fmt: skip
TEXT = "<html><head><meta charset={}></head><body><p>Un café à la gare.</p></body></html>"


@pytest.mark.parametrize("label", NO_CHARSETS)
def test_a_label_that_no_browser_knows_is_no_charset(label: str) -> None:
    assert whatwg_label(label) is None


@pytest.mark.slow
@pytest.mark.parametrize("label", NO_CHARSETS)
def test_scrapy_reads_a_page_whatever_its_label_says(label: str) -> None:
    request = Request("https://blog.example/")
    page = HtmlResponse(
        request.url,
        headers={"Content-Type": f"text/html; charset={label}".encode()},
        body=TEXT.format(label).encode(),
    )
    read = CharsetMiddleware().process_response(request, page)
    assert "café" in text_of(page)
    assert "café" in text_of(read)
    refresh = MetaRefreshMiddleware.from_crawler(get_crawler())
    assert refresh.process_response(request, read) is read  # it reads `response.text`


REFRESH = '<html><head>{}<meta http-equiv="ReFresh" content="0; url=/elsewhere/"></head></html>'


@pytest.mark.parametrize("before", ["", "<!--" + "é" * 4000 + "-->"])
@pytest.mark.parametrize("codec", ["utf-8", "cp1252", "shift_jis_2004", "utf-16-le"])
def test_a_refresh_is_followed_in_any_charset(codec: str, before: str) -> None:
    """Also at the end of the 4,096 characters that Scrapy looks through."""
    middleware = RefreshMiddleware.from_crawler(get_crawler())
    request = Request("https://blog.example/post/")
    page = HtmlResponse(request.url, body=REFRESH.format(before).encode(codec), encoding=codec)
    followed = middleware.process_response(request, page)
    assert isinstance(followed, Request)
    assert followed.url == "https://blog.example/elsewhere/"
    still = HtmlResponse(request.url, body=TEXT.format(codec).encode(codec), encoding=codec)
    assert middleware.process_response(request, still) is still


ROBOTS = "User-agent: *\nDisallow: /private/\nSitemap: https://blog.example/café.xml\n"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_robots_txt_becomes_utf_8(codec: str) -> None:
    request = Request("https://blog.example/robots.txt")
    read = CharsetMiddleware().process_response(request, Response(request.url, body=ROBOTS.encode(codec)))
    assert read.body.decode() == ROBOTS


@pytest.mark.slow
def test_a_blog_in_odd_charsets_is_crawled_whole(db: Path) -> None:
    """Front page, feed, sitemap, robots.txt and posts say `rot13` and the like; robots.txt is UTF-16, and compressed."""
    names = [f"/a-story-of-label-{number}/" for number in range(len(NO_CHARSETS))]
    html = {"Content-Type": "text/html; charset=rot13"}
    links = "".join(f"<h2><a href='{name}'>A story of a label</a></h2>" for name in names[2:])
    robots = gzip.compress(
        "User-agent: *\nDisallow: /a-story-forbidden/\nCrawl-delay: 0.01\n".encode("utf-16")
    )
    pages = {
        name: Answer(post(f"Label {number}"), headers={"Content-Type": f"text/html; charset={label[:40]}"})
        for number, (name, label) in enumerate(zip(names, NO_CHARSETS, strict=True))
        if label.isascii() and label.isprintable()
    }

    def table(home: str) -> dict[str, Answer | str]:
        feed = f"<?xml version='1.0' encoding='zlib'?><rss version='2.0'><channel><item><link>{home}{names[0]}</link></item></channel></rss>"
        sitemap = f"<?xml version='1.0' encoding='idna'?><urlset><url><loc>{home}{names[1]}</loc></url><url><loc>{home}/a-story-forbidden/</loc></url></urlset>"
        return {
            "/": Answer(f"<html><head><meta charset=base64></head><body><main>{links}</main></body></html>", headers=html),
            "/robots.txt": Answer(robots, headers={"Content-Type": "text/plain; charset=hex", "Content-Encoding": "gzip"}),
            "/feed/": Answer(feed, headers={"Content-Type": "application/rss+xml; charset=uu"}),
            "/sitemap.xml": Answer(sitemap, headers={"Content-Type": "application/xml; charset=quopri"}),
            "/a-story-forbidden/": post("Forbidden"),
            **pages,
        }  # fmt: skip

    with served(table) as site:
        done = crawl(f"url={site.home}/", db=db)
    assert "Traceback" not in done.stderr
    found = {headline for (headline,) in rows(db, "SELECT headline FROM articles")}
    assert found == {f"Label {names.index(name)}" for name in pages}, done.stderr
    assert "/a-story-forbidden/" not in site.paths()
