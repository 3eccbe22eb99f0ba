"""A site that claims another's articles as its own changes nothing of them: whatever its pages, feed, sitemap and API say, and
also once the articles are deleted where they were published."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from newsarchive.core.discovery import wordpress
from tests.crawling.test_crawl import STORY, front, post
from tests.support.serving import HTML, Answer, crawl, served

pytestmark = pytest.mark.slow  # crawls and servers

#: Both sites are on loopback, and redirects lead from one to the other.
ALLOWED = "NEWSARCHIVE_ALLOW_PRIVATE=127.0.0.0/8"
API = wordpress.wp_posts_url("http://home/wp-json/").removeprefix("http://home")
NAMES = ("bridge", "quay", "market", "school", "harbour", "library")
FALSE = STORY.replace("agreed to pay for the repair of", "has secretly sold").replace("bridge", "town hall")


def title(name: str) -> str:
    return f"The old {name} reopens after repairs"


def paper() -> dict[str, Answer | str]:
    """A site with six articles."""
    pages: dict[str, Answer | str] = {
        f"/2025/03/the-old-{name}/": post(title(name), body=STORY.replace("bridge", name)) for name in NAMES
    }
    return {"/": front(*pages), **pages}


def mallory(home: str, victim: str) -> dict[str, Answer | str]:
    """A site that claims each of them in every way: in its pages, feed, sitemap and API, and by redirects."""
    theirs = [f"{victim}/2025/03/the-old-{name}/" for name in NAMES]
    claims = [
        '<link rel="canonical" href="{}"><meta property="og:url" content="{}">',
        '<script type="application/ld+json">{{"@type":"NewsArticle","@id":"{}","url":"{}","mainEntityOfPage":"{}"}}</script>',
        '<base href="{}"><link rel="canonical" href="">',
        '<link rel="shortlink" href="{}"><link rel="prev" href="{}"><link rel="amphtml" href="{}">',
    ]
    pages: dict[str, Answer | str] = {}
    for name, url, claim in zip(NAMES, theirs, claims, strict=False):
        page = post(title(name), body=FALSE.replace("bridge", name))
        pages[f"/2025/03/the-old-{name}/"] = page.replace("<head>", "<head>" + claim.format(*[url] * 3))
    by_header = Answer(
        post(title("harbour"), body=FALSE),
        headers={
            "Content-Type": HTML,
            "Link": f'<{theirs[4]}>; rel="canonical", <{theirs[4]}>; rel="shortlink"',
        },
    )
    pages["/2025/03/the-old-harbour/"] = by_header
    pages["/2025/03/the-old-library/"] = Answer("", 301, {"Location": theirs[5], "Content-Type": HTML})
    items = "".join(
        f"<item><title>False {at}</title><link>{url}</link><guid isPermaLink='true'>{url}</guid>"
        f"<pubDate>Mon, 01 Jan 2001 00:00:00 GMT</pubDate><content:encoded><![CDATA[{FALSE}]]></content:encoded></item>"
        for at, url in enumerate([*theirs, *(f"{home}{path}" for path in pages)])
    )
    feed = (
        "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel><title>The paper</title>"
        f"<link>{victim}/</link>{items}</channel></rss>"
    )
    posts = [
        {"id": at, "link": url, "guid": {"rendered": url}, "type": "post", "status": "publish",
         "date_gmt": "2001-01-01T00:00:00", "modified_gmt": "2031-01-01T00:00:00", "title": {"rendered": f"False {at}"},
         "content": {"rendered": FALSE}}
        for at, url in enumerate([*theirs, *(f"{home}{path}" for path in pages)], 1)
    ]  # fmt: skip
    rows = "".join(f"<url><loc>{url}</loc><lastmod>2031-01-01</lastmod></url>" for url in theirs)
    xml, plain = {"Content-Type": "application/xml"}, {"Content-Type": "text/plain"}
    head = f'<head><link rel="https://api.w.org/" href="{home}/wp-json/"><base href="{victim}/">'
    return {
        "/": front(*(f"{home}{path}" for path in pages), *theirs, feed=f"{home}/feed/").replace("<head>", head),
        "/robots.txt": Answer(f"Sitemap: {home}/sitemap.xml\nSitemap: {victim}/sitemap.xml", headers=plain),
        "/feed/": Answer(feed, headers={"Content-Type": "application/rss+xml"}),
        "/sitemap.xml": Answer(f"<urlset>{rows}</urlset>", headers=xml),
        API: Answer(json.dumps(posts), headers={"Content-Type": "application/json", "X-WP-TotalPages": "1"}),
        **pages,
    }  # fmt: skip


#: All that the archive holds of a site, but what a fetch by another way may add: captures, and when a post was seen.
HELD = (
    "SELECT url, url_key, canonical_key, headline, article_body, date_published, date_modified, gone_at, post_id, first_seen_at FROM articles",
    "SELECT a.url, r.version, r.headline, r.change_kind FROM article_revisions AS r JOIN articles AS a ON a.id = r.article_id",
    "SELECT a.url, f.field, f.value_after FROM field_changes AS f JOIN articles AS a ON a.id = f.article_id",
    "SELECT u.url, t.title, t.html FROM source_texts AS t JOIN urls AS u ON u.id = t.url_id",
    "SELECT u.url, u.state, u.reason, s.domain FROM urls AS u JOIN sites AS s ON s.id = u.site_id",
    "SELECT home_url, name, in_language FROM sites",
)


def held(db: Path, site: str) -> list[list[tuple[object, ...]]]:
    with sqlite3.connect(db) as connection:
        return [
            sorted((row for row in connection.execute(sql) if str(row[0]).startswith(site)), key=repr)
            for sql in HELD
        ]


@pytest.mark.parametrize("status", [200, 410], ids=["the articles are there", "the articles are deleted"])
def test_a_site_that_claims_anothers_articles_changes_nothing_of_them(db: Path, status: int) -> None:
    with (
        served(paper()) as theirs,
        served(lambda home: mallory(home, theirs.home), address="127.0.0.2") as site,
    ):
        crawl(f"url={theirs.home}/", "-s", ALLOWED, db=db)
        if status == 410:
            gone = {path: Answer("gone", 410) for path in theirs.answers if path != "/"}
            theirs.answers.update(gone)
            crawl(f"url={theirs.home}/", "recheck=1", "-s", ALLOWED, db=db)
        before = held(db, theirs.home)
        assert [row[7] is not None for row in before[0]] == [status == 410] * len(NAMES)
        for _ in range(2):
            done = crawl(f"url={site.home}/", "recheck=1", "-s", ALLOWED, db=db)
            assert "Traceback" not in done.stderr
        assert held(db, theirs.home) == before
        # What the other site says itself is kept as its own.
        assert {row[0] for row in held(db, site.home)[0]} >= {
            f"{site.home}/2025/03/the-old-{name}/" for name in NAMES[:4]
        }
        again = crawl(f"url={theirs.home}/", "recheck=1", "-s", ALLOWED, db=db)
    assert " 0 new, 0 updated" in again.stderr
    assert held(db, theirs.home) == before
