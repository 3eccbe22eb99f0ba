"""Who changed an article: its publisher, a better extractor, or what was learned of its site. Crawls over loopback."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from newsarchive.cli import cli
from tests.core.site_template.test_conventions import DAYS, Post, posts
from tests.crawling.test_crawl import rows
from tests.support.serving import Answer, Site, crawl, served
from tests.wordpress.blogs import Blog, Settings, insertion, opened, simple
from tests.wordpress.fixtures import require

pytestmark = pytest.mark.slow  # crawls, servers or other processes

#: Each page shows the newest posts with their dates, as WordPress' default theme does; the address has the post's own.
MORE = {
    "label": "crawled",
    "path": "/{y}/{m}/{d}/post-{n}/",
    "below": '<div class="wp-block-group"><h2>More posts</h2>{list}</div>',
    "posts": 12,
}
FIELDS = "SELECT a.url, f.change_kind, f.field, f.value_before, f.value_after FROM field_changes f JOIN articles a ON a.id = f.article_id ORDER BY f.id"
VERSIONS = "SELECT change_kind, count(*) FROM article_revisions GROUP BY 1 ORDER BY 1"
SEEN = "SELECT url, headline, date_published, article_section, in_language, article_body, description FROM articles ORDER BY url"


def answers(found: Sequence[Post]) -> dict[str, Answer]:
    paths = ["/" + one.url.split("/", 3)[3] for one in found]
    teasers = "".join(
        f'<article><h2><a href="{p}">A story of some length at {p}</a></h2></article>' for p in paths
    )
    front = f"<html><head><title>Weir</title></head><body><main>{teasers}</main></body></html>"
    return {"/": Answer(front)} | {p: Answer(one.html) for p, one in zip(paths, found, strict=True)}


@pytest.fixture
def site() -> Iterator[Site]:
    with served(lambda _: answers(posts(MORE))) as opened_site:
        yield opened_site


def days(db: Path) -> dict[str, str]:
    """The number of a post → its day in the archive."""
    found = rows(db, "SELECT url, date_published FROM articles")
    return {str(url).rstrip("/").rpartition("-")[2]: str(when)[:10] for url, when in found}


def test_untouched_posts_stay_as_they_are_when_a_new_one_comes(db: Path, site: Site) -> None:
    crawl(f"url={site.home}/", db=db)
    own = {str(number): day for number, day in enumerate(DAYS)}
    assert days(db) == own
    assert rows(db, VERSIONS) == [("new", 12)]
    before = rows(db, SEEN)
    site.answers |= answers(posts({**MORE, "posts": 13, "days": [*DAYS, "2026-01-05"]}))
    again = crawl(f"url={site.home}/", "recheck=1", db=db)
    assert "1 new, 0 updated, 12 unchanged" in again.stderr
    assert days(db) == own | {"12": "2026-01-05"}
    assert [row for row in rows(db, SEEN) if row in before] == before
    assert (rows(db, VERSIONS), rows(db, FIELDS)) == ([("new", 13)], [])


def age(db: Path, number: int, **columns: Any) -> None:
    """Make a stored post what another extractor had read of the same bytes."""
    given = {**columns, "record_hash": "", "extractor_version": 0}
    setting = ", ".join(f"{name} = :{name}" for name in given)
    with sqlite3.connect(db) as connection:
        connection.execute(f"UPDATE articles SET {setting} WHERE url LIKE '%post-{number}/'", given)


def kinds_of(db: Path, number: int) -> list[object]:
    query = "SELECT r.change_kind FROM article_revisions r JOIN articles a ON a.id = r.article_id"
    return [kind for (kind,) in rows(db, f"{query} WHERE a.url LIKE '%post-{number}/' ORDER BY r.version")]


def test_a_better_reading_of_an_untouched_post_is_not_the_publishers(db: Path, site: Site) -> None:
    """Though the page came with other bytes, and a new extractor reads it."""
    crawl(f"url={site.home}/", db=db)
    age(db, 3, headline="As it was read then")
    age(db, 4, article_section="As it was read then")
    age(db, 5, headline="As it was read then")
    more = answers(posts({**MORE, "posts": 13, "days": [*DAYS, "2026-01-05"]}))
    edited = next(path for path in more if path.endswith("post-5/"))
    more[edited] = Answer(
        str(more[edited].body).replace("</div>", "<p>Correction: it was a Monday.</p></div>", 1)
    )
    site.answers |= more
    again = crawl(f"url={site.home}/", "recheck=1", db=db)
    assert "1 new, 1 updated, 11 unchanged" in again.stderr
    assert [kinds_of(db, number) for number in (2, 3, 4, 5)] == [
        ["new"],
        ["new", "extractor"],
        ["new"],
        ["new", "extractor", "publisher"],
    ]
    [(url, *change)] = rows(db, FIELDS)
    assert str(url).endswith("post-4/")
    assert change == ["extractor", "article_section", '["As it was read then"]', "[]"]


def test_history_and_diff_show_the_change_of_a_field(db: Path, site: Site) -> None:
    crawl(f"url={site.home}/", db=db)
    path = next(path for path in site.answers if path.endswith("post-5/"))
    section = '<head><meta property="article:section" content="Harbours">'
    site.answers[path] = Answer(str(site.answers[path].body).replace("<head>", section))
    again = crawl(f"url={site.home}/", "recheck=1", db=db)
    assert "0 new, 1 updated, 11 unchanged" in again.stderr

    def say(*words: str) -> str:
        done = CliRunner().invoke(cli, [*words, site.home + path, "--db", str(db)])
        assert done.exit_code == 0, done.output
        return done.stdout

    first, second = say("history").splitlines()
    assert first.startswith("1*\t")
    assert second.endswith("\tpublisher\tarticle_section: none -> Harbours")
    assert "article_section: [-none-]{+Harbours+}" in say("diff")
    assert '"field": "article_section"' in say("history", "--json")


def fields(db: Path) -> Mapping[object, tuple[object, ...]]:
    authors = (
        "(SELECT group_concat(au.name) FROM article_authors aa JOIN authors au ON au.id = aa.author_id"
        " WHERE aa.article_id = a.id)"
    )
    query = f"SELECT a.id, a.headline, a.date_published, a.article_section, a.article_body, {authors} FROM articles a"
    return {number: values for number, *values in rows(db, query)}


def own_days(blog: Blog) -> dict[str, set[str]]:
    """The headline of a post → its day by the clock of the blog, which is seven hours ahead, and by UTC."""
    return {
        post.title.text: {f"{when:%Y-%m-%d}" for when in (post.date, post.date - timedelta(hours=7))}
        for post in blog.posts
    }


def test_a_wordpress_with_its_default_theme_keeps_its_dates_apart(db: Path) -> None:
    """No post carries the date of another where no API says its own; each begins with one version; a new post changes none
    without a trace. With its API the theme is one of those in `test_site_says`."""
    require()
    settings = Settings(permalinks="/%postname%/", rest=False)
    with opened(simple(posts=11, settings=settings), extras=False) as blog:
        crawl(f"url={blog.url}", db=db)
        assert rows(db, VERSIONS) == [("new", 11)]
        assert rows(db, FIELDS) == []
        own = own_days(blog)
        for headline, when in rows(db, "SELECT headline, date_published FROM articles"):
            assert when is None or str(when)[:10] in own[str(headline)]
        before = fields(db)
        new = simple(posts=12, seed=2).posts[-1]
        blog.wordpress.run([insertion(new)])
        again = crawl(f"url={blog.url}", "recheck=1", db=db)
    after = fields(db)
    moved = {number for number in before if before[number] != after[number]}
    recorded = {number for (number,) in rows(db, "SELECT article_id FROM field_changes")}
    recorded |= {n for (n,) in rows(db, "SELECT article_id FROM article_revisions WHERE version > 1")}
    assert moved <= recorded
    assert len(moved) <= 1, again.stderr
