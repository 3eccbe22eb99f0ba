"""Sitemaps of every kind, and the ways they go wrong: bounded, counted, reported."""

import gzip
import time
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive import rules
from newsarchive.core.discovery import sitemaps
from newsarchive.items import Link

RULES = rules.default()
URL = "https://blog.example/sitemap.xml"
NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def urlset(*locs, extra=""):
    rows = "".join(f"<url><loc>{loc}</loc>{extra}</url>" for loc in locs)
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset {NS}>{rows}</urlset>'.encode()


def index(*locs):
    rows = "".join(f"<sitemap><loc>{loc}</loc></sitemap>" for loc in locs)
    return f'<?xml version="1.0" encoding="UTF-8"?><sitemapindex {NS}>{rows}</sitemapindex>'.encode()


def read(body, url=URL, **more):
    return sitemaps.parse_sitemap(body, url, RULES, **more)


def urls(links):
    return [link.url for link in links]


ROWS = urlset("https://blog.example/rice/", " /rain/\n")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (ROWS, "urlset"),
        (gzip.compress(ROWS, mtime=0), "urlset"),
        (gzip.compress(gzip.compress(ROWS, mtime=0), mtime=0), "urlset"),
        (gzip.compress(ROWS[:300], mtime=0) + gzip.compress(ROWS[300:], mtime=0) + b"more", "urlset"),
        (b"\xef\xbb\xbf\n" + ROWS, "urlset"),
        (ROWS.decode().replace("UTF-8", "UTF-16").encode("utf-16"), "urlset"),
        ("https://blog.example/rice/\nhttps://blog.example/rain/".encode("utf-16"), "text"),
        (ROWS.replace(NS.encode(), b""), "urlset"),
        (ROWS.replace(b"<urlset xmlns", b"<s:urlset xmlns:s").replace(b"</url", b"</s:url").replace(b"<url>", b"<s:url>")
         .replace(b"<loc", b"<s:loc").replace(b"</loc", b"</s:loc"), "urlset"),
        (b"<?xml version='1.0'?><?xml-stylesheet href='main-sitemap.xsl'?><!-- by a plug-in -->" + ROWS.partition(b"?>")[2], "urlset"),
        (b"https://blog.example/rice/\r\nhttps://blog.example/rain/\r\n", "text"),
        (b"<rss version='2.0'><channel><title>x</title><item><link>/rice/</link></item><item><link>/rain/</link></item></channel></rss>", "feed"),
    ],
    ids=["xml", "gzip", "gzip twice", "gzip in two parts", "byte order mark", "UTF-16", "text in UTF-16", "no namespace", "prefix", "stylesheet", "text", "feed"],
)  # fmt: skip
def test_every_kind_gives_the_same_addresses(body, kind):
    sitemap = read(body)
    assert (sitemap.kind, sitemap.problem) == (kind, "")
    assert urls(sitemap.links) == ["https://blog.example/rice/", "https://blog.example/rain/"]


def test_news_extension_gives_title_and_date_and_images_are_no_pages():
    body = urlset(
        "/rice/",
        extra="""<lastmod>2024-09-03</lastmod>
        <i:image xmlns:i="http://www.google.com/schemas/sitemap-image/1.1"><i:loc>https://blog.example/r.jpg</i:loc></i:image>
        <n:news xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"><n:publication><n:name>B</n:name></n:publication>
        <n:publication_date>2024-09-02T10:00:00+07:00</n:publication_date><n:title>Rice &amp; rain</n:title>
        <n:keywords>harvest, Mekong delta,,harvest</n:keywords></n:news>""",
    )
    (link,) = read(body).links
    assert link.text.keywords == ("harvest", "Mekong delta")
    assert (link.url, link.title, link.source) == ("https://blog.example/rice/", "Rice & rain", "sitemap")
    assert link.published == datetime(2024, 9, 2, 3, tzinfo=UTC)
    assert link.lastmod == datetime(2024, 9, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024", datetime(2024, 1, 1, tzinfo=UTC)),
        ("2024-09", datetime(2024, 9, 1, tzinfo=UTC)),
        ("2024-09-02", datetime(2024, 9, 2, tzinfo=UTC)),
        ("2024-09-02T10:00+07:00", datetime(2024, 9, 2, 3, tzinfo=UTC)),
        (" 2024-09-02T10:00:00.5Z\n", datetime(2024, 9, 2, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("2024-09-02 10:00:00 +0000", datetime(2024, 9, 2, 10, tzinfo=UTC)),
        ("2024-09-02 10:00:00 UTC", datetime(2024, 9, 2, 10, tzinfo=UTC)),
        ("2024/9/2", datetime(2024, 9, 2, tzinfo=UTC)),
        ("Mon, 02 Sep 2024 10:00:00 +0700", datetime(2024, 9, 2, 3, tzinfo=UTC)),
        ("Mon, 02 Sep 2024 10:00:00 GMT+0700 (WIB)", datetime(2024, 9, 2, 3, tzinfo=UTC)),
        ("September 2, 2024 10:00 PM", datetime(2024, 9, 2, 22, tzinfo=UTC)),
        ("02/09/2024", None),
        ("2024-09-02 10:00", datetime(2024, 9, 2, 10, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_as_sitemaps_write_them(text, time):
    assert sitemaps.parse_time(text, RULES) == time


def test_an_index_puts_posts_first_and_leaves_out_what_lists_no_posts():
    base = "https://blog.example/wp-sitemap"
    body = index(
        f"{base}-posts-page-1.xml", f"{base}-taxonomies-category-1.xml", f"{base}-taxonomies-post_tag-1.xml",
        f"{base}-users-1.xml", "/other.xml?page=2", f"{base}-posts-post-1.xml", f"{base}-posts-post-2.xml",
    )  # fmt: skip
    sitemap = read(body, f"{base}.xml")
    assert sitemap.links == ()
    assert urls(sitemap.sitemaps) == [
        f"{base}-posts-post-1.xml",
        f"{base}-posts-post-2.xml",
        "https://blog.example/other.xml?page=2",
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("post-sitemap.xml", "posts"), ("post-sitemap12.xml", "posts"), ("sitemap-posts.xml", "posts"), ("news-sitemap.xml", "posts"),
        ("sitemap-pt-post-p1-2024-09.xml", "posts"), ("wp-sitemap-posts-story-1.xml", "posts"), ("posts-sitemap.xml", "posts"),
        ("wp-sitemap-posts-tribe_events-1.xml", "pages"), ("job_listing-sitemap.xml", "pages"), ("wp-sitemap-posts-sfwd-courses-2.xml", "pages"),
        ("product-sitemap3.xml", "pages"), ("wp-sitemap-posts-press-release-1.xml", "posts"), ("special-events-news-sitemap.xml", "posts"),
        ("page-sitemap.xml", "pages"), ("sitemap-pages.xml", "pages"), ("sitemap-pt-page-2024-09.xml", "pages"),
        ("category-sitemap.xml", "categories"), ("post_tag-sitemap.xml", "categories"), ("sitemap-tags.xml", "categories"),
        ("author-sitemap.xml", "authors"), ("sitemap-authors.xml", "authors"), ("attachment-sitemap1.xml", "media"),
        ("sitemap.xml", ""), ("sitemap_index.xml", ""), ("sitemap-1.xml", ""), ("sitemap-2024-09.xml", ""),
    ],
)  # fmt: skip
def test_the_name_of_a_sitemap_says_what_it_lists(name, content):
    assert sitemaps.sitemap_content(f"https://blog.example/{name}", RULES) == content


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("wp-sitemap-posts-news-1.xml", True), ("wp-sitemap-posts-press-release-2.xml", True), ("wp-sitemap-posts-sala_prensa-1.xml", False),
        ("press_release-sitemap.xml", True), ("comunicados-sitemap2.xml", True), ("pressemitteilung-sitemap.xml", True),
        ("interview-sitemap1.xml.gz", True), ("sitemap-pt-press-p1-2024-05.xml", True), ("sitemap-pt-opinion-2024-05.xml", True),
        ("wp-sitemap-posts-post-1.xml", False), ("post-sitemap3.xml", False), ("posts-sitemap.xml", False),  # the API has them
        ("page-sitemap.xml", False), ("product-sitemap.xml", False), ("wp-sitemap-posts-event-1.xml", False), ("team-sitemap.xml", False),
        ("category-sitemap.xml", False), ("news_category-sitemap.xml", False), ("news-author-sitemap.xml", False),
        ("sitemap_index.xml", False), ("wp-sitemap.xml", False), ("sitemap-1.xml", False), ("sitemap-2024-09.xml", False),
        ("newspaper-sitemap.xml", False), ("partner-sitemap.xml", False),
    ],
)  # fmt: skip
def test_the_name_of_a_sitemap_says_whether_it_lists_news_beside_the_posts(name, expected):
    assert sitemaps.is_news_type(f"https://blog.example/{name}", RULES) is expected


def test_hostile_foreign_and_other_addresses_are_left_out():
    body = urlset(
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://evil.example/",
        "/tag/rice/",
        "/",
        "",
        "/2024/09/",
        "/r.jpg",
        "/rice/",
        "/rice",
    )
    sitemap = read(body)
    assert urls(sitemap.links) == ["https://blog.example/rice/"]


def test_a_list_of_posts_is_believed():
    assert urls(read(urlset("/press/", "/about/", "/"), "https://blog.example/post-sitemap.xml").links) == [
        "https://blog.example/press/",
        "https://blog.example/about/",
    ]


def test_a_sitemap_that_lies_elsewhere_speaks_for_its_site():
    assert read(urlset("https://blog.example/a"), "https://cdn.example/s.xml").links == ()
    assert urls(
        read(
            urlset("https://blog.example/a"), "https://cdn.example/s.xml", site_url="https://blog.example/"
        ).links
    )


def test_a_sitemap_that_lists_itself():
    sitemap = read(index(URL, "http://www.blog.example/sitemap.xml", "/sitemap.xml#x", "/b.xml"))
    assert urls(sitemap.sitemaps) == ["https://blog.example/b.xml"]


@pytest.mark.parametrize(
    ("body", "problem", "count"),
    [
        (ROWS[:-9], "not well formed", 2),
        (urlset("/a?x=1&y=2"), "", 1),
        (urlset("/a") + b"<!-- trailing --> junk", "not well formed", 1),
        (b"Notice: Undefined variable\n" + urlset("/a"), "not well formed", 1),
        (b"", "", 0),
        (b"<!DOCTYPE html><html><body>404</body></html>", "no sitemap", 0),
        (gzip.compress(ROWS, mtime=0)[:-20], "not well formed: gzip ends early", None),
        (b"\x1f\x8bnonsense", "not well formed: gzip", 0),
        (b"\x00\x01\x02", "", 0),
    ],
)  # fmt: skip
def test_a_broken_sitemap_is_read_as_far_as_it_goes(body, problem, count):
    sitemap = read(body)
    assert sitemap.problem.startswith(problem)
    assert bool(sitemap.problem) == bool(problem)
    assert count is None or len(sitemap.links) == count


def test_an_address_with_a_bare_ampersand_stays_whole():
    assert urls(read(urlset("/a?x=1&y=2&amp;z=3")).links) == ["https://blog.example/a?x=1&y=2&z=3"]


@pytest.mark.slow
def test_a_gzip_bomb_ends_at_the_limit():
    body = gzip.compress(gzip.compress(b" " * 200_000_000))
    tracemalloc.start()
    sitemap = read(body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sitemap.problem.startswith("longer than")
    assert peak < 4 * sitemaps.MAX_SITEMAP_BYTES


def test_entities_are_neither_multiplied_nor_fetched(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("/secret")
    bomb = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
    doctype = f'<!DOCTYPE urlset [<!ENTITY a0 "ha">{bomb}<!ENTITY f SYSTEM "file://{secret}">]>'.encode()
    body = urlset("/&a11;", "/&f;", "/rice/").replace(b"<urlset", doctype + b"<urlset")
    sitemap = read(body)
    assert len(repr(sitemap.links)) < 1000
    assert "secret" not in repr(sitemap.links)


@pytest.mark.slow
def test_fifty_megabytes_and_too_many_addresses_are_cut_and_said():
    body = urlset(*(f"https://blog.example/{'x' * 30}/post-number-{i}/" for i in range(600_000)))
    assert len(body) > 40_000_000
    started = time.process_time()
    sitemap = read(body)
    assert time.process_time() - started < 30
    assert len(sitemap.links) == sitemaps.MAX_SITEMAP_URLS
    assert sitemap.problem == "more than 50000 addresses: cut"


broken = st.one_of(
    st.binary(max_size=200),
    st.builds(
        lambda cut, noise: ROWS[:cut] + noise + ROWS[cut + len(noise) :],
        st.integers(0, 300),
        st.binary(max_size=20),
    ),
    st.binary(max_size=100).map(gzip.compress),
)


@given(broken)
def test_no_bytes_make_it_raise(body):
    for link in read(body).links:
        assert (
            link.url.startswith("https://blog.example/")
            or "www." in link.url
            or link.url.startswith("http://blog.example/")
        )


def test_what_a_news_sitemap_says_of_a_post():
    news = (
        "<lastmod>2024-09-03</lastmod><n:news xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'><n:publication>"
        "<n:name>Harbour Post</n:name><n:language>en</n:language></n:publication>"
        "<n:publication_date>2024-09-02T10:00:00+07:00</n:publication_date><n:title>Rice</n:title></n:news>"
        "<i:image xmlns:i='http://www.google.com/schemas/sitemap-image/1.1'><i:loc>/rice.jpg</i:loc></i:image>"
    )
    (link,) = read(urlset("https://blog.example/rice/", extra=news)).links
    text = link.text
    assert (text.source, text.html, text.title, text.publisher, text.in_language, text.image) == (
        "sitemap",
        "",
        "Rice",
        "Harbour Post",
        "en",
        "https://blog.example/rice.jpg",
    )
    assert text.published.isoformat() == "2024-09-02T10:00:00+07:00"
    assert text.updated == datetime(2024, 9, 3, tzinfo=UTC)


def test_a_title_with_names_of_characters_that_are_htmls():
    body = urlset(
        "https://blog.example/rice/",
        extra="<n:news xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'><n:title>Rice &ndash; rain &amp; caf&eacute;s</n:title></n:news>",
    )
    (link,) = read(body).links
    assert (link.title, read(body).problem) == ("Rice – rain & cafés", "")


def test_a_sitemap_of_addresses_says_nothing_of_posts():
    (link,) = read(urlset("https://blog.example/rice/", extra="<lastmod>2024-09-03</lastmod>")).links
    assert (link.text, link.lastmod) == (None, datetime(2024, 9, 3, tzinfo=UTC))


@pytest.mark.parametrize(
    "body",
    [
        f"<urlset {NS}><url><loc>https://blog.example/rice/</loc><loc>https://blog.example/rain/</loc></url></urlset>",
        f"<urlset {NS}><url><loc><url>https://blog.example/rice/</url></loc></url><url><loc>/rain/</loc></url></urlset>",
        f"<urlset {NS}><url><loc>https://blog.example/rice/</loc><url><loc>https://blog.example/rain/</loc></urlset>",
        f"<urlset {NS}><url><loc>https://blog.example/rice/</url><url><loc>https://blog.example/rain/</loc></url></urlset>",
        "https://blog.example/rice/\rhttps://blog.example/rain/\r",
    ],
    ids=["two addresses in a row", "a row in the address", "rows not closed", "address not closed", "text with CR alone"],
)  # fmt: skip
def test_addresses_in_rows_that_are_wrong(body):
    assert urls(read(body.encode()).links) == ["https://blog.example/rice/", "https://blog.example/rain/"]


@pytest.mark.parametrize(
    "body",
    [
        "<sitemapindex><sitemap><loc>{}</loc></sitemap><sitemap><loc>{}</loc></sitemap></sitemapindex>",
        f"<sitemapindex {NS}><sitemap><loc>{{}}</loc><loc>{{}}</loc></sitemap></sitemapindex>",
        f"<sitemapindex {NS}><sitemap><loc>{{}}</loc></sitemap><sitemap><loc>{{}}</loc>",
        f"<sitemapindex {NS}><sitemap><loc>{{}}</loc><sitemap><loc>{{}}</loc></sitemapindex>",
    ],
    ids=["no namespace", "two addresses in a row", "not closed", "rows not closed"],
)
def test_an_index_that_is_wrong_names_all_its_sitemaps(body):
    named = ["https://blog.example/sitemap-1.xml", "https://blog.example/sitemap-2.xml"]
    assert urls(read(body.format(*named).encode()).sitemaps) == named


@pytest.mark.parametrize(
    ("loc", "url"),
    [
        ("www.blog.example/rice/", "https://www.blog.example/rice/"),
        ("https://blog.example/rice/?a=1&amp;amp;b=2", "https://blog.example/rice/?a=1&b=2"),
        ("https://blog.example/rice/?a=1&test;=2", "https://blog.example/rice/?a=1&test;=2"),
        ("https://blog.example/caf&eacute;/", "https://blog.example/caf%C3%A9/"),
    ],
)
def test_addresses_as_people_write_them(loc, url):
    assert urls(read(urlset(loc)).links) == [url]


@pytest.mark.parametrize(
    ("seconds_ago", "kept"),
    [
        ((1, 1, 2, 9000), {9000}),
        ((1, 2, 9000), {1, 2, 9000}),
        ((1, 1, 1, 9000, 9001, 9002), {1, 9000, 9001, 9002}),
        ((9000, 9000, 9000), {9000}),
    ],
    ids=["most are the present", "two posts are new", "half of them", "a rebuilt site"],
)
def test_a_time_of_change_that_is_the_present_says_nothing(seconds_ago, kept):
    now = datetime(2025, 6, 1, 12, tzinfo=UTC)
    links = [
        Link(f"https://blog.example/{i}/", "sitemap", lastmod=now - timedelta(seconds=seconds))
        for i, seconds in enumerate(seconds_ago)
    ]
    got = sitemaps.without_present(links, now)
    assert urls(got) == urls(links)
    assert {(now - link.lastmod).seconds for link in got if link.lastmod} == kept
