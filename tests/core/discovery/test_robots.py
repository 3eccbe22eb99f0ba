"""What a site asks of archives is heard: noarchive in headers and markup, for all robots or for ours."""

import pytest
from protego import Protego
from scrapy import Request
from scrapy.http import TextResponse

from newsarchive.core.discovery import rights
from newsarchive.middlewares import CharsetMiddleware


@pytest.mark.parametrize(
    ("header", "forbids"),
    [
        ("noarchive", True),
        ("NoIndex, NoArchive", True),
        ("newsarchive: noarchive", True),
        ("googlebot: noindex, newsarchive: noarchive", True),
        ("unavailable_after: 25 Jun 2030 15:00:00 PST, noarchive", True),
        ("unavailable_after: Tue, 25 Jun 2030 15:00:00 GMT, noarchive", True),
        ("max-snippet: 20, noarchive", True),
        ("googlebot: noindex\nnoarchive", True),
        ("noindex\ngooglebot: noarchive", False),
        ("googlebot: noarchive", False),
        ("googlebot: noindex, noarchive", False),
        ("noindex, nofollow", False),
        ("none", False),
        ("", False),
    ],
)
def test_header(header, forbids):
    assert rights.noarchive({"x-robots-tag": header}, "") == ("X-Robots-Tag" if forbids else "")


@pytest.mark.parametrize(
    ("page", "where"),
    [
        ("<meta name=robots content='noindex, noarchive'>", "<meta name=robots>"),
        ("<META CONTENT='NOARCHIVE' NAME='ROBOTS'>", "<meta name=robots>"),
        ("<meta name=newsarchive content=noarchive>", "<meta name=newsarchive>"),
        ("<meta name=googlebot content=noarchive>", ""),
        ("<meta name=robots content='index, follow, max-image-preview:large'>", ""),
        ("<meta name=description content='noarchive'>", ""),
        ("<p>noarchive</p>", ""),
        ("<!-- <meta name=robots content=noarchive> -->", ""),
    ],
)
def test_meta(page, where):
    assert rights.noarchive({}, page) == where


def test_sitemaps_of_robots_txt():
    text = "User-agent: *\nDisallow: /wp-admin/\n\nSitemap: https://blog.example/a.xml\r\n sitemap : /b.xml\nSITEMAP:https://blog.example/a.xml\n# Sitemap: /c.xml\nSitemap: file:///etc/passwd\nSitemap:\n"
    assert rights.robots_sitemaps(text, "https://blog.example/robots.txt") == [
        "https://blog.example/a.xml",
        "https://blog.example/b.xml",
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("User-agent: *\rDisallow:\rSitemap: {}\r", id="CR alone, as RFC 9309 allows"),
        pytest.param("Sitemap:\xa0{}", id="no-break space"),
        pytest.param("Site-map: {}", id="spelled with a hyphen"),
        pytest.param("Sitemaps: {}", id="plural"),
        pytest.param("User-agent: *\nSitemap {}", id="no colon"),
        pytest.param("\ufeffSitemap: {}", id="byte order mark"),
        pytest.param("Sitemap: <{}>", id="angle brackets"),
        pytest.param("Sitemap: {} # the only one", id="comment"),
        pytest.param("Sitemap:\nSitemap: file:///etc/passwd\nSitemap: {}", id="behind two that are none"),
    ],
)
def test_sitemaps_of_robots_txt_as_people_write_it(text):
    found = rights.robots_sitemaps(
        text.format("https://blog.example/a.xml"), "https://blog.example/robots.txt"
    )
    assert found == ["https://blog.example/a.xml"]


@pytest.mark.slow
def test_robots_txt_without_end_is_bounded():
    text = "".join(f"Sitemap: /{i}.xml\n" for i in range(1_000_000))
    assert len(rights.robots_sitemaps(text, "https://blog.example/robots.txt")) == rights.MAX_SITEMAPS


@pytest.mark.parametrize("value", ["", "<>", "''", "\ufeff", "\xa0"])
def test_a_sitemap_without_an_address_costs_itself_alone(value: str) -> None:
    text = f"Sitemap: {value}\nSitemap: /posts.xml\n"
    assert rights.robots_sitemaps(text, "https://blog.example/robots.txt") == [
        "https://blog.example/posts.xml"
    ]


@pytest.mark.parametrize(
    ("line", "may"),
    [
        ("User-agent: newsarchive/0.1", False),
        ("  User-Agent:  NewsArchive/1.0 # ours", False),
        ("user agent newsarchive", False),
        ("User-agent: newsarchive", False),
        ("User-agent: newsarchive (beta)", False),
        ("User-agent: otherbot/0.1", True),
        ("User-agent: news", True),
        ("User-agent: N/1.0", True),
        ("User-agent: news*", True),
        ("User-agent: newsarchive2", True),
        ("User-agent: archive", True),
        ("User-agent: *", False),
    ],
)
def test_only_our_whole_name_is_ours(line: str, may: bool) -> None:
    """RFC 9309, 2.2.1: a product token has no version and is compared whole. Protego alone took a rule for `newsarchive/0.1` for one about
    somebody else, and one for `news` for one about us."""
    robots = rights.for_protego(f"{line}\nDisallow: /2026/v1/\n")
    assert robots.endswith("Disallow: /2026/v1/\n")
    assert Protego.parse(robots).can_fetch("https://b.example/2026/v1/post", "newsarchive") is may


def test_what_another_may_is_not_what_we_may() -> None:
    robots = rights.for_protego("User-agent: *\nDisallow: /\n\nUser-agent: news\nAllow: /\n")
    assert not Protego.parse(robots).can_fetch("https://b.example/post", "newsarchive")


def test_a_crawl_hears_an_agent_with_a_version():
    request = Request("https://b.example/robots.txt")
    answer = TextResponse(request.url, body=b"User-agent: newsarchive/0.1\nDisallow: /", request=request)
    assert (
        CharsetMiddleware().process_response(request, answer).text == "User-agent: newsarchive\nDisallow: /"
    )
