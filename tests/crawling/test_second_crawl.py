"""Crawls of a blog that did not change: what is asked is asked conditionally, and nothing is asked in vain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsarchive.core.discovery.wordpress import wp_posts_url, wp_root_url
from tests.core.assembly.test_whole_posts import feed
from tests.crawling.test_backdated import feed as paged_feed
from tests.crawling.test_crawl import STORY, front, post, rows
from tests.crawling.test_recrawl import due_now
from tests.support.serving import Answer, Site, crawl, served

pytestmark = pytest.mark.slow  # crawls, servers or other processes

QUERY = (
    "/wp-json/wp/v2/posts?page={}&per_page=100&"
    + wp_posts_url("http://x/wp-json/").partition("per_page=100&")[2]
)
#: The root of the API, asked for the site's name.
ROOT = "/wp-json/?" + wp_root_url("http://x/wp-json/").partition("?")[2]
POSTS = [f"/story-number-{number}-of-many/" for number in range(15)]
PAGE = '<html><body class="page"><article><h1>About us</h1><p>We are a paper.</p></article></body></html>'
#: What is no post, although pages link to it as if it were.
REFUSED = "/a-page-that-is-no-story/"


def tagged(site: Site) -> None:
    """Give every page an ETag of its bytes."""
    for answer in site.answers.values():
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        if answer.status == 200:
            answer.headers = {**answer.headers, "ETag": f'"{hashlib.md5(body).hexdigest()}"'}


def rest_api(home: str) -> dict[str, Answer | str]:
    found = [
        {"id": n, "link": home + path, "type": "post", "status": "publish", "title": {"rendered": path},
         "content": {"rendered": ""}} for n, path in enumerate(POSTS, 1)
    ]  # fmt: skip
    headers = {"Content-Type": "application/json", "X-WP-TotalPages": "2"}
    pages = {
        QUERY.format(n): Answer(json.dumps(found[at : at + 8]), headers=headers) for n, at in ((1, 0), (2, 8))
    }
    head = '<head><link rel="https://api.w.org/" href="/wp-json/">'
    root = {ROOT: Answer('{"name": "Harbour Post"}', headers=headers)}
    return {"/": front(POSTS[0], REFUSED).replace("<head>", head), **root, **pages}


def sitemaps(home: str) -> dict[str, Answer | str]:
    xml = {"Content-Type": "application/xml"}
    urls = "".join(f"<url><loc>{home}{path}</loc></url>" for path in POSTS)
    index = f"<sitemapindex><sitemap><loc>{home}/posts-1.xml</loc></sitemap></sitemapindex>"
    return {
        "/": front(POSTS[0], REFUSED, feed="/feed/"),
        "/feed/": feed(home, POSTS[0], "bridges"),
        "/robots.txt": Answer(f"Sitemap: {home}/map.xml", headers={"Content-Type": "text/plain"}),
        "/map.xml": Answer(index, headers=xml),
        "/posts-1.xml": Answer(f"<urlset>{urls}</urlset>", headers=xml),
    }


def archives(home: str) -> dict[str, Answer | str]:
    older = '<a rel="next" href="/page/2/">Older posts</a>'
    return {
        "/": front(*POSTS[:8], REFUSED).replace("</main>", f"</main>{older}"),
        "/page/2/": front(*POSTS[8:]),
    }


def unchanged(site: Site, *arguments: str, db: Path, spider: str = "news") -> list[str]:
    """Crawl once more; the paths that were asked for, nine in ten of them answered with 304."""
    site.seen.clear()
    done = crawl(*arguments, db=db, spider=spider)
    assert done.returncode == 0, done.stderr
    asked = [(request.path, request.status) for request in site.seen]
    assert sum(status == 304 for _, status in asked) >= 0.9 * len(asked), asked
    return [path for path, _ in asked]


def test_a_feed_whose_last_page_is_empty_counts_as_read(db: Path) -> None:
    with served({"/": front(POSTS[0], feed="/feed/"), POSTS[0]: post(POSTS[0])}) as site:
        site.answers["/feed/"] = paged_feed(site.home, POSTS[0], following="/feed/2/")
        site.answers["/feed/2/"] = paged_feed(site.home)
        tagged(site)
        for _ in range(2):
            assert crawl(f"url={site.home}/", db=db).returncode == 0
    assert [request.status for request in site.seen if request.path == "/feed/"] == [200, 304]


@pytest.mark.parametrize("blog", [rest_api, sitemaps, archives])
def test_what_did_not_change_is_answered_with_304_and_news_is_found(
    db: Path, blog: Callable[[str], Mapping[str, Answer | str]]
) -> None:
    with served(lambda home: {**{p: post(p) for p in POSTS}, REFUSED: PAGE, **blog(home)}) as site:
        tagged(site)
        done = crawl(f"url={site.home}/", db=db)
        assert done.returncode == 0, done.stderr
        assert rows(db, "SELECT count(*) FROM articles") == [(len(POSTS),)]
        assert REFUSED in site.paths()
        site.seen.clear()
        done = crawl(f"url={site.home}/", db=db)
        assert f"{len(POSTS)} skipped: not due" in done.stderr
        assert not {*POSTS, REFUSED} & set(site.paths())
        assert [r.path for r in site.seen if r.status != 304] == ["/robots.txt"]
        asked = unchanged(site, f"url={site.home}/", "recheck=1", db=db)
        assert set(POSTS) <= set(asked)
        assert REFUSED not in asked
        due_now(db)
        assert set(POSTS) <= set(unchanged(site, db=db, spider="recrawl"))
        assert rows(db, "SELECT count(*) FROM article_revisions") == [(len(POSTS),)]
        site.answers["/news-of-the-day-at-last/"] = Answer(post("News"))
        site.answers["/"] = Answer(
            str(site.answers["/"].body).replace(
                "<main>",
                "<main><article><h2><a href='/news-of-the-day-at-last/'>News of the day at last</a></h2></article>",
            )
        )
        assert "1 new" in crawl(f"url={site.home}/", db=db).stderr


def test_an_edit_that_a_listing_announces_is_fetched_and_nothing_else(db: Path) -> None:
    def listed(home: str, edited: str) -> Answer:
        days = dict.fromkeys(POSTS, "2025-03-01T08:00:00Z") | {POSTS[7]: edited}
        urls = "".join(f"<url><loc>{home}{p}</loc><lastmod>{day}</lastmod></url>" for p, day in days.items())
        return Answer(f"<urlset>{urls}</urlset>", headers={"Content-Type": "application/xml"})

    with served(lambda home: {**{p: post(p) for p in POSTS}, **sitemaps(home)}) as site:
        site.answers["/posts-1.xml"] = listed(site.home, "2025-03-01T08:00:00Z")
        crawl(f"url={site.home}/", db=db)
        # The listing gives a time before the last look by our clock.
        site.answers["/posts-1.xml"] = listed(site.home, "2025-03-02T08:00:00Z")
        site.answers[POSTS[7]] = Answer(
            post(POSTS[7], body=STORY + "<p>Correction: it was in June, not in May.</p>")
        )
        site.seen.clear()
        dry = crawl(f"url={site.home}/", "dry_run=1", db=db)
        done = crawl(f"url={site.home}/", db=db)
    assert "1 updated" in done.stderr
    assert [path for path in site.paths() if path in POSTS] == [POSTS[7]]
    assert [line.split("\t")[0] for line in dry.stdout.splitlines()] == [site.home + POSTS[7]]


def test_a_sitemap_that_gives_the_present_for_each_post_announces_no_edit(db: Path) -> None:
    """Otherwise all posts are asked for at each crawl."""

    def listed(home: str) -> Answer:
        now = datetime.now(UTC).isoformat()
        urls = "".join(f"<url><loc>{home}{p}</loc><lastmod>{now}</lastmod></url>" for p in POSTS)
        return Answer(f"<urlset>{urls}</urlset>", headers={"Content-Type": "application/xml"})

    with served(lambda home: {**{p: post(p) for p in POSTS}, **sitemaps(home)}) as site:
        site.answers["/posts-1.xml"] = listed(site.home)
        crawl(f"url={site.home}/", db=db)
        site.seen.clear()
        site.answers["/posts-1.xml"] = listed(site.home)
        crawl(f"url={site.home}/", db=db)
    assert "/posts-1.xml" in site.paths()
    assert not set(POSTS) & set(site.paths())
