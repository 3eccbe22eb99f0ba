"""An archive that is made of the WARC files of another one says the same as that one, in every column."""

from __future__ import annotations

import io
import random
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tests.crawling.test_crawl import STORY, front, post, rows
from tests.support.serving import Answer, crawl, served

pytestmark = pytest.mark.slow  # crawls, servers or other processes

#: Columns that name a row of another table → what that row is called, whatever its number is.
NAMES = {
    "article_id": "SELECT id, url_key FROM articles",
    "fullest_id": "SELECT id, url_key FROM articles",
    "original_id": "SELECT id, url_key FROM articles",
    "revision_id": "SELECT r.id, url_key || version FROM article_revisions r JOIN articles a ON a.id = article_id",
    "url_id": "SELECT id, url_key FROM urls",
    "site_id": "SELECT id, domain FROM sites",
    "author_id": "SELECT id, name FROM authors",
    "term_id": "SELECT id, kind || name FROM terms",
    "origin_id": "SELECT id, name || domain FROM origins",
    "capture_id": "SELECT c.id, url_key || fetched_at || part FROM captures c JOIN urls u ON u.id = url_id",
    "parent_id": "SELECT c.id, url_key || fetched_at FROM captures c JOIN urls u ON u.id = url_id",
    "label_id": "SELECT id, kind || rule FROM block_labels",
    "rights_id": "SELECT id, digest FROM rights",
    "cluster_id": "SELECT cluster_id, min(url_key) FROM articles GROUP BY cluster_id",
}
TABLES = (
    "articles", "article_revisions", "article_authors", "article_origins", "article_terms", "images", "dropped_lines",
    "edits", "field_changes", "copies", "captures", "capture_rights", "url_parts", "minhash_bands", "line_sightings",
)  # fmt: skip
#: Numbers of rows, and where the bytes lie in another file; the number of another run.
OWN = frozenset(("id", "run_id", "warc_file", "warc_offset", "warc_length"))


def said(db: Path, table: str) -> Counter[tuple[tuple[str, Any], ...]]:
    """The rows of a table without what is only true in their own archive."""
    with sqlite3.connect(db) as connection:
        names = {column: dict(connection.execute(query).fetchall()) for column, query in NAMES.items()}
        cursor = connection.execute(f"SELECT * FROM {table}")
        columns = [column[0] for column in cursor.description]
        return Counter(
            tuple(
                (column, names[column].get(value) if column in names else value)
                for column, value in zip(columns, row, strict=True)
                if column not in OWN
            )
            for row in cursor
        )


def differences(one: Path, other: Path) -> dict[str, list[Any]]:
    """Table → some rows of it that only one of two archives has."""
    found = {}
    for table in TABLES:
        here, there = said(one, table), said(other, table)
        if more := [*(here - there), *(there - here)]:
            found[table] = more[:4]
    return found


def story(number: int, more: str = "") -> str:
    draw = random.Random(number)
    words = (
        "harbour",
        "council",
        "bridge",
        "ferry",
        "market",
        "orchard",
        "library",
        "storm",
        "bakery",
        "mill",
        "winter",
    )
    return "".join(
        f"<p>On {draw.choice(('Monday', 'Friday'))} the {' and the '.join(draw.sample(words, 7))} of the "
        f"{draw.choice(words)} were told of number {draw.randrange(10**6)}, and nobody who was asked knew why.</p>"
        for _ in range(6)
    ) + more  # fmt: skip


def part_links(*urls: str) -> str:
    return '<p class="page-links">Pages: ' + " ".join(f'<a href="{url}">{url}</a>' for url in urls) + "</p>"


def block_theme(body: str) -> str:
    """A post of WordPress' classic editor in a theme of blocks, which links no further pages."""
    page = post("Of the quiet mill", body=f'<div class="wp-block-post-content">{body}</div>')
    return page.replace("<body>", '<body class="single single-post postid-9">')


def blog(home: str) -> dict[str, str | Answer]:
    """Thirty-four posts: two of them are copies of others, and four are split over pages, each in another way."""
    posts = {f"/2025/03/story-{n}/": post(f"Story {n}", body=story(n)) for n in range(28)}
    posts["/2025/04/copy-of-3/"] = post("Told again", body=story(3))
    posts["/2025/04/copy-of-4/"] = post("Told shorter", body=story(4).partition("</p>")[2])
    all_linked = part_links("/2025/05/long/2/", "/2025/05/long/3/")
    parts = {
        "/2025/05/long/": post("A long story", body=story(101) + all_linked),
        "/2025/05/long/2/": post("A long story", body=story(102) + all_linked),
        "/2025/05/long/3/": post("A long story", body="<p>It ends here.</p>" + all_linked),
        "/2025/05/next/": post("Step by step", body=story(111) + part_links("2/")),
        "/2025/05/next/2/": post("Step by step", body=story(112) + part_links("../3/")),
        "/2025/05/next/3/": post("Step by step", body=story(113)),
        "/story.php?id=7": post("By number", body=story(121) + part_links("/story.php?id=7&amp;page=2")),
        "/story.php?id=7&page=2": post("By number", body=story(122)),
        "/2025/05/hidden/": block_theme(story(131)),
        "/2025/05/hidden/2/": block_theme(story(132)),
    }
    listed = [*posts, "/2025/05/long/", "/2025/05/next/", "/story.php?id=7", "/2025/05/hidden/"]
    return {"/": front(*listed), **posts, **parts}


def test_an_archive_that_is_made_of_anothers_warc_files_is_equal_in_every_column(
    db: Path, tmp_path: Path
) -> None:
    rebuilt = tmp_path / "rebuilt.db"
    with served(blog) as site:
        assert crawl(f"url={site.home}/", db=db).returncode == 0
        for number in (1, 3, 5):
            site.answers[f"/2025/03/story-{number}/"] = Answer(
                post(f"Story {number}", body=story(number, "<p>The mayor added a word on this later in the week.</p>"))
            )  # fmt: skip
        site.answers["/2025/05/next/3/"] = Answer(post("Step by step", body=story(114)))
        site.answers["/2025/03/story-9/"] = Answer("gone", 410)
        assert crawl(f"url={site.home}/", "recheck=1", db=db).returncode == 0
    assert rows(db, "SELECT max(part), count(*) FROM captures WHERE part > 1 GROUP BY url_id ORDER BY 1") == [
        (2, 2), (2, 2), (3, 4), (3, 4),
    ]  # fmt: skip
    files = f"path={tmp_path}/{db.stem}-warc/*.warc.gz"
    told = crawl(files, spider="warc", db=rebuilt).stderr
    assert "67 discovered, 34 new" in told, told
    rows(db, "UPDATE articles SET gone_at = NULL")  # an answer that a post is gone is not kept
    assert differences(db, rebuilt) == {}
    again = crawl(files, spider="warc", db=rebuilt).stderr
    assert "0 discovered, 0 new, 0 updated" in again, again


@pytest.mark.parametrize("order", ["parts last", "parts first"])
def test_pages_of_a_split_post_are_joined_in_any_order(order: str, db: Path, tmp_path: Path) -> None:
    """As wget and Browsertrix write them: the further pages come after their post. What belongs to no post is one itself."""
    pages = {
        path: page
        for path, page in blog("").items()
        if path.startswith(("/2025/05/long", "/2025/05/next", "/story"))
    }
    pages["/archives/12/"] = post("Number twelve", body=story(141) + part_links("/archives/12/2/"))
    pages["/archives/12/2/"] = post("Number twelve", body=story(142))
    pages["/notes/2/"] = post("A second note", body=STORY)
    ordered = list(pages.items()) if order == "parts last" else list(pages.items())[::-1]
    with (tmp_path / "blog.warc.gz").open("wb") as out:
        writer = WARCWriter(out)
        for path, page in ordered:
            head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
            url, stream = f"http://blog.example{path}", io.BytesIO(str(page).encode())
            writer.write_record(writer.create_warc_record(url, "response", stream, http_headers=head))
    crawl(f"path={tmp_path / 'blog.warc.gz'}", spider="warc", db=db)
    counts = dict(rows(db, "SELECT replace(url, 'http://blog.example', ''), count(*) FROM captures c "
                           "JOIN urls u ON u.id = c.url_id GROUP BY url_id"))  # fmt: skip
    assert counts == {
        "/2025/05/long/": 3, "/2025/05/next/": 3, "/story.php?id=7": 2, "/archives/12/": 2, "/notes/2/": 1,
    }  # fmt: skip
    assert rows(db, "SELECT count(*) FROM articles WHERE quality LIKE '%parts missing%'") == [(0,)]


def test_a_withheld_post_does_not_come_back_by_its_further_pages(db: Path, tmp_path: Path) -> None:
    with served(blog) as site:
        crawl(f"url={site.home}/", db=db)
    (file,) = (tmp_path / f"{db.stem}-warc").glob("*.warc.gz")
    rows(db, "UPDATE urls SET state = 'skipped', reason = 'withheld' WHERE url LIKE '%/long/'")
    rows(db, "DELETE FROM captures WHERE url_id = (SELECT id FROM urls WHERE url LIKE '%/long/')")
    rows(db, "DELETE FROM articles WHERE url LIKE '%/long/'")
    told = crawl(f"path={file}", spider="warc", db=db).stderr
    assert "3 skipped: withheld" in told, told
    own = sorted((tmp_path / f"{db.stem}-warc").glob("newsarchive-warc-*"))
    for path in own:
        with path.open("rb") as stream:
            urls = [
                record.rec_headers.get_header("WARC-Target-URI") or "" for record in ArchiveIterator(stream)
            ]
        assert not [url for url in urls if "/long/" in url]
