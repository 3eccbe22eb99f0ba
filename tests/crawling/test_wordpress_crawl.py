"""Crawls of real blogs: WordPress as people set it up, Pelican, Hugo. All posts found and nothing else, then followed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from newsarchive.core.urls import url_key
from newsarchive.db.engine import open_existing
from newsarchive.reextract import reextract
from newsarchive.warc.files import default_folder
from tests.crawling.test_crawl import rows
from tests.crawling.test_recrawl import due_now
from tests.support.serving import crawl
from tests.support.static_blogs import StaticBlog, hugo, pelican
from tests.wordpress.blogs import Blog, Line, Plan, Settings, insertion, opened, simple
from tests.wordpress.fixtures import require

pytestmark = pytest.mark.slow  # crawls, servers or other processes

#: More than a page of posts and more than a feed's ten.
POSTS = 12
#: What has no ETag: WordPress' API under plain permalinks, a file of PHP that the page cache before it does not see, and
#: robots.txt, which each crawl asks for anew.
UNTAGGED = ("/index.php", "/robots.txt")

KINDS = {
    "rest api": Settings(page_cache=True),
    "no rest api, no sitemaps": Settings(rest=False, sitemaps=False, theme="broadsheet", page_cache=True),
    "feeds of excerpts": Settings(rest=False, excerpt_feeds=True, permalinks="/%postname%/", page_cache=True),
    "plain permalinks": Settings(permalinks="", sitemaps=False, page_cache=True),
}


def found(db: Path) -> set[str]:
    return {url_key(str(url)) for (url,) in rows(db, "SELECT url FROM articles")}


def keys(blog: Blog | StaticBlog) -> set[str]:
    return {url_key(post.url) for post in blog.posts}


def kinds(db: Path) -> list[tuple[object, ...]]:
    """The revisions that came of the blog itself: what a lesson took out of its posts is our reading of them."""
    query = "SELECT change_kind, count(*) FROM article_revisions WHERE change_kind NOT IN ('extractor', 'site') GROUP BY 1 ORDER BY 1"
    return rows(db, query)


def revisions(db: Path) -> list[tuple[object, ...]]:
    """All of them."""
    return rows(db, "SELECT article_id, version, change_kind FROM article_revisions ORDER BY 1, 2")


def whole(blog: Blog | StaticBlog, db: Path) -> bool:
    """Whether the archive has every paragraph of the posts that stand on several pages, in order."""
    bodies = {url_key(str(url)): body for url, body in rows(db, "SELECT url, article_body FROM articles")}
    return all(
        str(bodies[url_key(post.url)]).split("\n\n") == list(post.paragraphs)
        for post in blog.posts
        if post.pages > 1
    )


def answers(blog: Blog | StaticBlog) -> list[tuple[str, int]]:
    """What was asked of the blog, by its own log, and what it answered."""
    if isinstance(blog, StaticBlog):
        return list(blog.requests)
    return [(request.uri, request.status) for request in blog.wordpress.requests()]


def crawled(
    blog: Blog | StaticBlog, *arguments: str, db: Path, spider: str = "news"
) -> list[tuple[str, int]]:
    """Crawl; what was asked, and answered."""
    before = len(answers(blog))
    done = crawl(*arguments, db=db, spider=spider)
    assert done.returncode == 0, done.stderr
    return answers(blog)[before:]


def unchanged(asked: list[tuple[str, int]]) -> float:
    """The share of requests that the server answered with 304, of those to which it may."""
    may = [status for uri, status in asked if not uri.startswith(UNTAGGED)]
    return may.count(304) / len(may)


def follow(blog: Blog | StaticBlog, db: Path) -> None:
    """Crawl, crawl and recrawl while nothing changes, then edit one post and delete another, and look again."""
    crawled(blog, f"url={blog.url}", db=db)
    assert found(db) == keys(blog)
    assert kinds(db) == [("new", POSTS)]
    before = revisions(db)
    assert whole(blog, db)
    posts = keys(blog)
    asked = crawled(blog, f"url={blog.url}", db=db)
    assert not {url_key(urljoin(blog.url, uri)) for uri, _ in asked} & posts
    assert unchanged(asked) == 1, asked
    due_now(db)
    asked = crawled(blog, db=db, spider="recrawl")
    assert unchanged(asked) == 1, asked
    assert posts <= {url_key(urljoin(blog.url, uri)) for uri, _ in asked}
    assert revisions(db) == before
    edited, deleted = blog.posts[0], blog.posts[-1]
    blog.edit(edited, [*edited.lines, Line("Correction: the meeting was on a Thursday, not on a Tuesday.")])
    blog.delete(deleted)
    for _ in range(2):  # a 404 counts when it is seen twice
        due_now(db)
        crawled(blog, db=db, spider="recrawl")
    assert kinds(db) == [("new", POSTS), ("publisher", 1)]
    gone = rows(db, "SELECT url FROM articles WHERE gone_at IS NOT NULL")
    assert [url_key(str(url)) for (url,) in gone] == [url_key(deleted.url)]


def split_in_two(plan: Plan) -> Plan:
    """The second of its posts stands on two pages."""
    posts = [replace(post, pages=2) if number == 1 else post for number, post in enumerate(plan.posts)]
    return replace(plan, posts=tuple(posts))


@pytest.mark.parametrize("kind", KINDS)
def test_a_wordpress_blog_is_found_whole_and_followed(db: Path, kind: str) -> None:
    require()
    with opened(split_in_two(simple(posts=POSTS, settings=KINDS[kind]))) as blog:
        follow(blog, db)
        if kind == "rest api":
            again = reextract(
                open_existing(f"sqlite:///{db}"), default_folder(str(db)), only_older_than=10**9, workers=0
            )
            assert (again.updated, again.failed) == (0, [])
            assert whole(blog, db)


def test_a_daily_crawl_fetches_what_a_blog_says_is_new_or_edited_and_nothing_else(db: Path) -> None:
    require()
    settings = Settings(page_cache=True)
    with opened(split_in_two(simple(posts=4, settings=settings)), extras=False) as blog:
        crawled(blog, f"url={blog.url}", db=db)
        split = blog.posts[1]
        blog.edit(split, [*split.lines, Line("Correction: the meeting was on a Thursday, not on a Tuesday.")])
        asked = [uri for uri, _ in crawled(blog, f"url={blog.url}", db=db)]
        assert kinds(db) == [("new", 4), ("publisher", 1)]
        assert whole(blog, db)
        assert not any(urlsplit(post.url).path in asked for post in blog.posts if post.id != split.id)


def test_a_real_blogs_robots_txt_and_the_delays_are_kept(db: Path) -> None:
    """By the server's own log, in which a request stands when it comes in."""
    require()
    with opened(simple(posts=4, settings=Settings(page_cache=True)), extras=False) as blog:
        forbidden, *others = blog.posts
        path = urlsplit(forbidden.url).path
        blog.wordpress.change(robots=f"User-agent: *\nDisallow: {path}\nCrawl-delay: 1\n")
        blog.wordpress.forget_requests()
        crawl(f"url={blog.url}", db=db)
        said = blog.wordpress.requests()
        blog.wordpress.change(robots="User-agent: *\nDisallow:\n")
        blog.wordpress.forget_requests()
        due_now(db)
        crawl(f"url={blog.url}", "-s", "DOWNLOAD_DELAY=1", "-s", "AUTOTHROTTLE_ENABLED=0", db=db, fast=False)
        configured = blog.wordpress.requests()
    assert found(db) == {url_key(post.url) for post in blog.posts}
    assert path not in [request.uri for request in said]
    assert path in [request.uri for request in configured]
    for log, pages in ((said, others), (configured, blog.posts)):
        assert log[0].uri == "/robots.txt"
        assert {request.uri for request in log} >= {urlsplit(post.url).path for post in pages}
        # From the second on: the first two come before robots.txt was read. One that is late makes the next seem
        # early, so that the whole way is measured.
        times = [request.time for request in log[1:]]
        assert times[-1] - times[0] > 0.9 * (len(times) - 1)


@pytest.mark.parametrize("maker", [pelican, hugo], ids=["pelican", "hugo"])
def test_a_static_blog_is_found_whole_and_followed(
    db: Path, maker: Callable[..., AbstractContextManager[StaticBlog]]
) -> None:
    with maker(simple(posts=POSTS).posts) as blog:
        follow(blog, db)


@pytest.mark.parametrize("permalinks", ["", "/%year%/%monthnum%/%postname%/"], ids=["plain", "pretty"])
def test_a_split_post_of_the_classic_editor_is_whole_in_a_theme_that_links_no_parts(
    db: Path, permalinks: str
) -> None:
    """Themes made of blocks print the links to a post's parts for posts of the block editor only."""
    require()
    settings = Settings(rest=False, sitemaps=False, permalinks=permalinks)
    blog_plan = replace(split_in_two(simple(posts=4, settings=settings)), editor="classic")
    with opened(blog_plan, extras=False) as blog:
        crawled(blog, f"url={blog.url}", db=db)
        assert whole(blog, db)


#: A plug-in that brings types of entries which the API does not list: two kinds of news, and products.
TYPES = """<?php
add_action('init', function () {
    foreach (['news', 'press-release', 'product'] as $type) {
        register_post_type($type, ['public' => true, 'label' => ucfirst($type), 'has_archive' => true, 'show_in_rest' => false]);
    }
    if (!get_option('types_known')) {
        flush_rewrite_rules(false);
        update_option('types_known', '1');
    }
});
"""


def test_news_that_is_no_post_is_found_although_the_api_leaves_it_out(db: Path) -> None:
    """The sitemaps name it. They are read once a day, and so is what an earlier crawl did not know of."""
    require()
    made = simple(posts=9, settings=Settings(page_cache=True))
    kinds = ["post", "post", "post", "news", "news", "news", "press-release", "product", "product"]
    typed = [replace(post, kind=kind) for post, kind in zip(made.posts, kinds, strict=True)]
    with opened(replace(made, posts=()), extras=False) as blog:
        (blog.wordpress.docroot / "wp-content/mu-plugins/types.php").write_text(TYPES)
        answers = blog.wordpress.run([insertion(post) for post in typed])
        addresses = {url_key(answer["url"]): post.kind for answer, post in zip(answers, typed, strict=True)}
        asked = crawled(blog, f"url={blog.url}", db=db)
        assert sorted(addresses[key] for key in found(db)) == ["news"] * 3 + ["post"] * 3 + ["press-release"]
        maps = [uri for uri, _ in asked if "sitemap" in uri]
        assert [urlsplit(uri).path for uri in maps] == [
            "/wp-sitemap.xml", "/wp-sitemap-posts-news-1.xml", "/wp-sitemap-posts-press-release-1.xml",
        ]  # fmt: skip
        assert not any(addresses.get(url_key(urljoin(blog.url, uri))) == "product" for uri, _ in asked)
        late = replace(typed[3], slug="a-late-notice", title=Line("A late notice of the harbour master"))
        (answer,) = blog.wordpress.run([insertion(late)])
        asked = crawled(blog, f"url={blog.url}", "sources=sitemap,wp-json", db=db)
        assert not any("sitemap" in uri for uri, _ in asked)
        with sqlite3.connect(db) as connection:
            connection.execute(
                "UPDATE sources SET last_checked_at = datetime(last_checked_at, '-25 hours') WHERE kind LIKE 'sitemap%'"
            )
        crawled(blog, f"url={blog.url}", "sources=sitemap,wp-json", db=db)
        assert url_key(answer["url"]) in found(db)
