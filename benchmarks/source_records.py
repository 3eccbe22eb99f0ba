"""What it costs to keep what feeds and APIs said of posts: bytes of WARC files and CPU time a post, of whole documents and of excerpts.

    python -m benchmarks.source_records --pages ../shared/data/articles

A blog of real pages (half A alone) publishes one post an hour, and its feed or API is read each hour. Its feed has the newest thirty
posts, whole or with a summary of fifty words; the first page of its API the newest hundred, as WordPress gives them with names embedded.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from time import process_time

from benchmarks.metadata import half
from newsarchive import extract, rules
from newsarchive.core.discovery import feeds, wordpress
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Article, Link
from newsarchive.warc.writer import WarcWriter

SITE = "https://blog.example"
#: Posts that a feed and a page of an API name.
POSTS_OF_FEED, POSTS_OF_API = 30, 100
#: Words of a summary.
SUMMARY_WORDS = 50
BEGIN = datetime(2025, 3, 1, tzinfo=UTC)


def articles(folder: Path, number: int) -> list[tuple[Article, bytes]]:
    """Articles with their pages as they came, gzipped."""
    found: list[tuple[Article, bytes]] = []
    for line in (folder / "truth.jsonl").read_text().strip().split("\n"):
        truth = json.loads(line)
        path = folder / "pages" / f"{truth['id']}.html.gz"
        if len(found) < number and half(truth["url"]) == "A" and path.exists():
            page = gzip.decompress(path.read_bytes())
            try:
                found.append((extract(page, url=truth["url"]), gzip.compress(page, mtime=0)))
            except NotAnArticle:
                continue
    return found


def feed(posts: Sequence[tuple[int, Article]], whole: bool) -> bytes:
    """RSS as WordPress writes it."""
    items = []
    for n, post in posts:
        text = post.article_html if whole else escape(" ".join(post.article_body.split()[:SUMMARY_WORDS]))
        tag = "content:encoded" if whole else "description"
        names = "".join(f"<category><![CDATA[{word}]]></category>" for word in post.keywords)
        items.append(
            f"<item>\n<title>{escape(post.headline)}</title>\n<link>{SITE}/{n}/</link>\n"
            f"<dc:creator><![CDATA[{', '.join(a.name for a in post.authors)}]]></dc:creator>\n"
            f"<pubDate>{BEGIN + timedelta(hours=n):%a, %d %b %Y %H:%M:%S +0000}</pubDate>\n{names}\n"
            f'<guid isPermaLink="false">{SITE}/?p={n}</guid>\n<{tag}><![CDATA[{text}]]></{tag}>\n</item>\n'
        )
    head = (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>The Mill</title><link>https://blog.example</link>'
        f"<lastBuildDate>{posts[0][0]}</lastBuildDate><language>en-GB</language><generator>https://wordpress.org/?v=6.5</generator>"
    )
    return (head + "".join(items) + "</channel></rss>").encode()


def api(posts: Sequence[tuple[int, Article]]) -> bytes:
    """Rows with the fields that a crawl asks for."""
    rows = [
        {"id": n, "date": (at := f"{BEGIN + timedelta(hours=n):%Y-%m-%dT%H:%M:%S}"), "date_gmt": at, "modified": at, "modified_gmt": at,
         "link": f"{SITE}/{n}/", "type": "post", "status": "publish", "title": {"rendered": post.headline}, "author": 3,
         "content": {"rendered": post.article_html, "protected": False}, "featured_media": 9, "excerpt": {"rendered": post.description},
         "_links": {name: [{"href": f"{SITE}/wp-json/wp/v2/{name}/{n}"}] for name in ("self", "author", "replies", "wp:term")},
         "_embedded": {"author": [{"id": 3, "name": ", ".join(a.name for a in post.authors), "link": f"{SITE}/author/3/"}],
                       "wp:term": [[{"taxonomy": "post_tag", "name": word, "link": f"{SITE}/tag/{word}/"} for word in post.keywords]]}}
        for n, post in posts
    ]  # fmt: skip
    return json.dumps(rows).encode()


def kept(
    document: Callable[[int], bytes], parse: Callable[[bytes], Sequence[Link]], hours: Sequence[int]
) -> tuple[int, int, float]:
    """Bytes of all whole documents, bytes of the excerpts of posts that are new, and CPU seconds to write these."""
    with tempfile.TemporaryDirectory() as folder:
        whole, parts = WarcWriter(f"{folder}/whole"), WarcWriter(f"{folder}/parts")
        seen: set[str] = set()
        bytes_whole, bytes_parts, seconds = 0, 0, 0.0
        for hour in hours:
            body = document(hour)
            lines = [("Content-Type", "application/rss+xml"), ("Content-Encoding", "gzip")]
            bytes_whole += whole.write_response(
                f"{SITE}/feed/", "HTTP/1.1 200 OK", lines, gzip.compress(body, mtime=0)
            ).length
            for link in parse(body):
                if link.url not in seen and link.text and link.text.excerpt:
                    begin = process_time()
                    bytes_parts += parts.write_excerpt(link.url, link.text.excerpt).length
                    seconds += process_time() - begin
                    seen.add(link.url)
        return bytes_whole, bytes_parts, seconds


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=Path, required=True)
    parser.add_argument("--posts", type=int, default=300)
    options = parser.parse_args()
    posts = articles(options.pages, options.posts)
    numbered = [(n, article) for n, (article, _) in enumerate(posts, 1)]
    pages = sum(len(page) for _, page in posts) / len(posts)
    print(f"{len(posts)} posts, {pages / 1000:.1f} KB a page, gzipped")
    print("source, whole documents KB a post, excerpts KB a post, of the page, CPU ms to write an excerpt")

    def newest(number: int, hour: int) -> list[tuple[int, Article]]:
        return numbered[max(0, hour - number) : hour][::-1]

    def of_feed(body: bytes) -> Sequence[Link]:
        return feeds.parse_feed(body, f"{SITE}/feed/", "application/rss+xml", rules=rules.default()).links

    def of_api(body: bytes) -> Sequence[Link]:
        return wordpress.parse_wp_posts(body, f"{SITE}/wp-json/wp/v2/posts").links

    hours = range(1, len(posts) + 1)
    for name, document, parse in (
        ("feed of whole posts", lambda hour: feed(newest(POSTS_OF_FEED, hour), True), of_feed),
        ("feed of summaries", lambda hour: feed(newest(POSTS_OF_FEED, hour), False), of_feed),
        ("API of WordPress", lambda hour: api(newest(POSTS_OF_API, hour)), of_api),
    ):
        whole, parts, seconds = kept(document, parse, hours)
        number = len(posts)
        share = parts / number / pages
        print(
            f"{name}, {whole / number / 1000:.1f}, {parts / number / 1000:.1f}, {share:.0%}, {seconds / number * 1000:.2f}"
        )


if __name__ == "__main__":
    main()
