"""Discovery against real blogs: every way alone finds every post, and nothing that is none.

WordPress is Debian's package, Pelican and Hugo make the static blogs; each skips where it is not installed.
"""

import urllib.error
import urllib.request
from collections import deque

import pytest

from newsarchive import rules
from newsarchive.core.discovery import feeds, links, pagination, platforms, sitemaps, wordpress
from newsarchive.core.discovery.page_kind import page_kind
from newsarchive.core.discovery.rights import robots_sitemaps
from newsarchive.core.discovery.shown import Shown
from newsarchive.core.urls import url_key
from tests.support.static_blogs import hugo, pelican
from tests.wordpress.blogs import simple
from tests.wordpress.fixtures import four_blogs

pytestmark = pytest.mark.slow  # crawls, servers or other processes

__all__ = ["four_blogs"]

RULES = rules.default()
MOST_PAGES = 200


def fetch(url):
    """(status, headers with lower-case names, body)."""
    try:
        with urllib.request.urlopen(url, timeout=60) as response:
            return response.status, {k.lower(): v for k, v in response.headers.items()}, response.read()
    except urllib.error.HTTPError as error:
        return error.code, {}, b""


def by_api(home, headers, url):
    root = wordpress.api_root(home, headers, url) or wordpress.usual_api_root(url)
    for page in range(1, MOST_PAGES):
        address = wordpress.wp_posts_url(root, page, per_page=5)
        _, answered, body = fetch(address)
        posts = wordpress.parse_wp_posts(body, address, answered, url)
        yield from posts.links
        if posts.problem or posts.is_last:
            return


def by_feed(home, headers, url):
    for source in platforms.sources(home, headers, url, RULES):
        address = source.url
        seen, given = set(), set()
        while source.kind == "feed" and len(seen) < MOST_PAGES and address not in seen:
            seen.add(address)
            status, answered, body = fetch(address)
            feed = feeds.parse_feed(body, address, answered.get("content-type"), url, RULES)
            links = {link.url for link in feed.links}
            # A file is the same whichever of its pages is asked for.
            if status != 200 or links <= given or feed.is_comments:
                break
            given |= links
            yield from feed.links
            address = feed.next or wordpress.next_feed_page(address)
        if seen and source.announced:
            return


def by_sitemap(home, headers, url):
    waiting = deque(s.url for s in platforms.sources(home, headers, url, RULES) if s.kind == "sitemap")
    _, _, robots = fetch(url + "robots.txt")
    waiting.extendleft(robots_sitemaps(robots.decode(), url))
    seen = set()
    while waiting and len(seen) < MOST_PAGES:
        address = waiting.popleft()
        if (key := url_key(address)) not in seen:
            seen.add(key)
            sitemap = sitemaps.parse_sitemap(fetch(address)[2], address, RULES)
            waiting.extend(link.url for link in sitemap.sitemaps)
            yield from sitemap.links


def by_pages(home, headers, url):
    pages = 0
    while url and pages < MOST_PAGES:
        yield from links.post_links(home, url, RULES)
        url = pagination.pagination(home, url, RULES)
        pages += 1
        if url:
            home = fetch(url)[2].decode()


def found_by(way, url):
    """The keys of what one way finds from the front page alone."""
    _, headers, body = fetch(url)
    return {url_key(link.url) for link in way(body.decode(), headers, url)}


def keys(posts):
    return {url_key(post.url) for post in posts}


def has(way, settings):
    return {by_api: settings.rest, by_feed: settings.feeds, by_sitemap: settings.sitemaps, by_pages: True}[
        way
    ]


@pytest.mark.parametrize("way", [by_api, by_feed, by_sitemap, by_pages])
def test_every_way_alone_finds_every_post_of_a_wordpress(way, four_blogs):
    blogs = [blog for blog in four_blogs if has(way, blog.plan.settings)]
    assert len(blogs) >= 2
    for blog in blogs:
        # Only the API says that a post asks for a password: elsewhere its page does.
        locked = [] if way is by_api else [post for post in blog.others if post.password]
        assert found_by(way, blog.url) == keys(blog.posts) | keys(locked)


def test_an_api_that_is_switched_off_says_so(four_blogs):
    for blog in four_blogs:
        if not blog.plan.settings.rest:
            address = wordpress.wp_posts_url(wordpress.usual_api_root(blog.url))
            _, headers, body = fetch(address)
            assert wordpress.parse_wp_posts(body, address, headers).problem


def test_the_api_gives_text_dates_authors_and_terms(four_blogs):
    blog = four_blogs[0]
    address = wordpress.wp_posts_url(blog.url + "wp-json/")
    entries = {e.id: e for e in wordpress.parse_wp_posts(fetch(address)[2], address).entries}
    for post in blog.posts:
        entry = entries[f"wordpress:{post.id}"]
        assert entry.said.author == post.author
        assert set(entry.said.sections) == set(post.categories)
        assert set(entry.said.keywords) == set(post.tags)
        assert entry.said.is_full
        assert abs((entry.said.published.replace(tzinfo=None) - post.date).total_seconds()) <= 14 * 3600


def test_a_post_is_known_by_its_id_and_its_parts_are_found(four_blogs):
    split = 0
    for blog in four_blogs:
        for post in blog.posts:
            _, headers, body = fetch(post.url)
            assert wordpress.post_id(body.decode(), headers) == f"wordpress:{post.id}"
            parts = pagination.page_parts(body.decode(), post.url)
            # Debian's themes made of blocks print no links to the parts; then none can be found.
            shown = "post-page-numbers" in body.decode()
            assert len(parts) == (post.pages - 1 if shown else 0)
            assert all(fetch(part)[0] == 200 for part in parts)
            split += post.pages > 1
    assert split


def test_wordpress_is_recognised_and_its_sources_are_in_order(four_blogs):
    for blog in four_blogs:
        _, headers, body = fetch(blog.url)
        assert platforms.detect_platform(body.decode(), headers, blog.url, RULES) == "wordpress"
        first, second, *_ = platforms.sources(body.decode(), headers, blog.url, RULES)
        assert (first.kind, second.kind) == ("wp-json", "feed")


@pytest.mark.parametrize(
    ("maker", "ways"),
    [(pelican, [by_pages]), (hugo, [by_sitemap, by_feed, by_pages])],
    ids=["Pelican", "Hugo"],
)
def test_every_post_of_a_static_blog_is_found(maker, ways):
    with maker(simple(posts=13).posts) as blog:
        for way in ways:
            assert found_by(way, blog.url) == keys(blog.posts), way.__name__


def test_the_feed_of_a_static_blog_holds_its_newest_posts():
    with pelican(simple(posts=13).posts) as blog:
        assert found_by(by_feed, blog.url) <= keys(blog.posts)
        assert len(found_by(by_feed, blog.url)) == 10


def test_posts_are_told_from_all_else_that_a_wordpress_serves(four_blogs):
    for blog in four_blogs:
        for post in blog.posts:
            assert page_kind(Shown(fetch(post.url)[2].decode(), post.url), RULES).reason == ""
        for other in blog.others:
            status, _, body = fetch(other.url)
            if status == 200:
                assert page_kind(Shown(body.decode(), other.url), RULES).reason in (
                    "static page",
                    "protected",
                )
        archives = pagination.archive_links(fetch(blog.posts[0].url)[2].decode(), blog.posts[0].url, RULES)
        for url in [blog.url, blog.url + "?s=the", blog.url + "?author=1", blog.url + "?m=2024", *archives]:
            status, _, body = fetch(url)
            assert status != 200 or page_kind(Shown(body.decode(), url), RULES).reason == "index page", url
