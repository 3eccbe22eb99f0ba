"""A second crawl of a blog that did not change: conditional requests for everything, and nothing asked in vain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.serving import Answer, Site, crawl, served
from tests.test_crawl import front, post, rows
from tests.test_whole_posts import feed

QUERY = (
    "/wp-json/wp/v2/posts?page={}&per_page=100&_fields=id,date_gmt,modified_gmt,link,title,content,excerpt,author,"
    "status,type,_links,_embedded&_embed=author,wp:term"
)
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
    return {"/": front(POSTS[0], REFUSED).replace("<head>", head), **pages}


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


def asked(site: Site) -> tuple[int, int]:
    """Requests, and those that were answered with 304."""
    return len(site.seen), sum(request.status == 304 for request in site.seen)


@pytest.mark.parametrize("blog", [rest_api, sitemaps, archives])
def test_nine_in_ten_requests_are_answered_with_304_and_news_is_found(
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
        assert done.returncode == 0, done.stderr
        requests, unchanged = asked(site)
        assert unchanged >= 0.9 * requests, [(r.path, r.status) for r in site.seen]
        assert set(POSTS) <= set(site.paths())
        assert REFUSED not in site.paths()
        assert f"{len(POSTS)} unchanged" in done.stderr
        assert rows(db, "SELECT count(*) FROM article_revisions") == [(len(POSTS),)]
        site.answers["/news-of-the-day-at-last/"] = Answer(post("News"))
        site.answers["/"] = Answer(
            str(site.answers["/"].body).replace(
                "<main>",
                "<main><article><h2><a href='/news-of-the-day-at-last/'>News of the day at last</a></h2></article>",
            )
        )
        assert "1 new" in crawl(f"url={site.home}/", db=db).stderr
