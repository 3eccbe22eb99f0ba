"""Crawls of real blogs: WordPress as people set it up, Pelican, Hugo. All posts found and nothing else, then followed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from newsarchive.archive import reextract
from newsarchive.core.urls import url_key
from newsarchive.db.engine import open_existing
from newsarchive.warc import default_folder
from tests.serving import crawl
from tests.static_blogs import StaticBlog, hugo, pelican
from tests.test_crawl import rows
from tests.test_recrawl import due_now
from tests.wordpress.blogs import Blog, Line, Settings, opened, simple
from tests.wordpress.fixtures import require

#: More than a page of posts and more than a feed's ten.
POSTS = 12

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
    return rows(db, "SELECT change_kind, count(*) FROM article_revisions GROUP BY change_kind ORDER BY 1")


def whole(blog: Blog | StaticBlog, db: Path) -> bool:
    """Whether the archive has every paragraph of the post that stands on several pages, in order."""
    [split] = [post for post in blog.posts if post.pages > 1]
    bodies = {url_key(str(url)): body for url, body in rows(db, "SELECT url, article_body FROM articles")}
    return str(bodies[url_key(split.url)]).split("\n\n") == list(split.paragraphs)


def follow(blog: Blog | StaticBlog, db: Path) -> None:
    """Crawl twice, then edit one post and delete another, and look again."""
    split = sum(post.pages > 1 for post in blog.posts)
    done = crawl(f"url={blog.url}", db=db)
    assert done.returncode == 0, done.stderr
    assert found(db) == keys(blog)
    assert kinds(db) == [("new", POSTS)]
    assert not split or whole(blog, db)
    done = crawl(f"url={blog.url}", db=db)
    assert kinds(db) == [("new", POSTS)]
    assert f"{POSTS - split} not modified" in done.stderr
    edited, deleted = blog.posts[0], blog.posts[-1]
    blog.edit(edited, [*edited.lines, Line("Correction: the meeting was on a Thursday, not on a Tuesday.")])
    blog.delete(deleted)
    for _ in range(2):  # a 404 counts when it is seen twice
        due_now(db)
        done = crawl(spider="recrawl", db=db)
        assert done.returncode == 0, done.stderr
    assert kinds(db) == [("new", POSTS), ("publisher", 1)]
    gone = rows(db, "SELECT url FROM articles WHERE gone_at IS NOT NULL")
    assert [url_key(str(url)) for (url,) in gone] == [url_key(deleted.url)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_wordpress_blog_is_found_whole_and_followed(db: Path, kind: str) -> None:
    require()
    plan = simple(posts=POSTS, settings=KINDS[kind])
    posts = [replace(post, pages=2) if number == 1 else post for number, post in enumerate(plan.posts)]
    with opened(replace(plan, posts=tuple(posts))) as blog:
        follow(blog, db)
        if kind == "rest api":
            again = reextract(
                open_existing(f"sqlite:///{db}"), default_folder(str(db)), only_older_than=10**9, workers=0
            )
            assert (again.updated, again.failed) == (0, [])
            assert whole(blog, db)


@pytest.mark.parametrize("maker", [pelican, hugo], ids=["pelican", "hugo"])
def test_a_static_blog_is_found_whole_and_followed(
    db: Path, maker: Callable[..., AbstractContextManager[StaticBlog]]
) -> None:
    with maker(simple(posts=POSTS).posts) as blog:
        follow(blog, db)
