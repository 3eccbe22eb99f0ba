"""A site that breaks without an error: the crawl that sees it says so, in words, by its code and in the site's state."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest

from newsarchive.crawling.stats import Counts
from newsarchive.exceptions import ALL_FAILED
from newsarchive.extensions.alarms import breakage
from tests.crawling.test_crawl import STORY, front, post, rows
from tests.support.serving import Answer, crawl, served

STORIES = [f"/story-number-{number}-of-many/" for number in range(12)]


def head(title: str) -> str:
    return f"<html><head><title>{title}</title></head><body>"


#: What each post of a blog answers → what the crawl says of it. One page is whole: its site would seem well without it.
BROKEN: Mapping[str, tuple[Answer, str]] = {
    "a theme that needs scripts": (
        Answer(head("A blog") + "<noscript>Enable JavaScript</noscript><div id=root></div><script></script>"),
        "need scripts to be read (script only)",
    ),
    "a soft captcha under the title of the blog": (
        Answer(
            head("A blog")
            + "<p>Please verify you are human to go on.</p><div class='h-captcha'></div></body>"
        ),
        "the site blocks us (captcha)",
    ),
    "all posts 404": (Answer("not found", 404), "answered 404 or 410"),
    "an error page with status 200": (Answer(head("Page not found - A blog") + "<p>Sorry."), "an error page"),
    "a domain for sale": (
        Answer(
            head("Names")
            + "<h1>This domain is for sale</h1><p>Buy this domain from its owner, at the best price!"
        ),
        "offer the domain for sale (parked domain): the blog is gone; its articles stay in the archive",
    ),
    "a page to log in": (
        Answer(head("Log in - A blog") + "<form><input type=password></form>"),
        "are a page to log in",
    ),
    "one page for all posts": (
        Answer(post("Welcome", body=STORY)),
        "have one and the same headline and text",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(("answer", "says"), BROKEN.values(), ids=BROKEN)
def test_a_site_that_is_broken_is_told_by_code_word_and_state(db: Path, answer: Answer, says: str) -> None:
    with served({"/": front(*STORIES), **dict.fromkeys(STORIES, answer)}) as site:
        done = crawl(f"url={site.home}/", db=db)
    assert done.returncode == ALL_FAILED, done.stderr
    (error,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert says in error
    assert rows(db, "SELECT state FROM sites") == [("failing",)]
    if "headline and text" not in says:
        assert rows(db, "SELECT count(*) FROM articles") == [(0,)]


@pytest.mark.slow
def test_a_domain_for_sale_takes_no_text_from_the_posts_that_were_there(db: Path) -> None:
    """A blog died, and each of its posts got the text "This domain is for sale" as its newest version."""
    posts = {path: post(f"Story {number}") for number, path in enumerate(STORIES[:6])}
    parked = Answer(
        head("Names") + "<h1>This domain is for sale</h1><p>It may be yours tomorrow, at a good price."
    )
    with served({"/": front(*posts), **posts}) as site:
        crawl(f"url={site.home}/", db=db)
        texts = rows(db, "SELECT url, headline, article_body, gone_at FROM articles ORDER BY id")
        site.answers.update(dict.fromkeys(("/", *posts), parked))
        done = crawl(f"url={site.home}/", "recheck=1", db=db)
    assert len(texts) == 6
    assert done.returncode == ALL_FAILED, done.stderr
    assert rows(db, "SELECT url, headline, article_body, gone_at FROM articles ORDER BY id") == texts


def stats(**counts: int) -> Counts:
    return Counts(
        {"newsarchive/" + name.replace("__", "/").replace("_", " "): n for name, n in counts.items()}
    )


@pytest.mark.parametrize(
    ("counts", "texts", "says"),
    [
        (stats(new=40), {}, ""),
        (stats(new=8, dropped__script_only=32), {}, "32 of the 40 posts that were fetched need scripts"),
        (stats(new=9, dropped__script_only=31), {}, ""),  # a part of the site works
        (stats(dropped__script_only=4), {}, ""),  # too few to say
        (stats(missing=3, gone=3), {}, "all of the 6 posts that were fetched answered 404"),
        (stats(still_gone=30), {}, ""),  # known for long
        (stats(dropped__noarchive=30), {}, ""),
        (stats(dropped__index_page=6, dropped__too_short=3), {}, "none of the 9 posts"),
        (stats(dropped__index_page=6, skipped__not_due=80), {}, ""),  # the site's posts are in the archive
        (
            stats(new=6),
            {("A", "a"): 6},
            "all of the 6 posts that were fetched have one and the same headline and text",
        ),
        (stats(new=6), {("A", ""): 6}, ""),
        (stats(new=10), {("A", "a"): 7, ("B", "a"): 1, ("C", "c"): 2}, ""),
        (stats(), {}, ""),
    ],
)
def test_what_is_a_breakage(counts: Counts, texts: Mapping[tuple[str, str], int], says: str) -> None:
    found = breakage(counts, texts)
    assert found.startswith(says)
    assert bool(found) == bool(says)


def test_a_damaged_alarm_is_told_in_one_line(db: Path) -> None:
    with served({"/": front("/a-first-story/"), "/a-first-story/": post("A first story")}) as site:
        crawl(f"url={site.home}", db=db)
        with sqlite3.connect(db) as connection:
            connection.execute(
                "INSERT INTO alarms (site_id, kind, since, raised_at, is_settled, evidence)"
                " SELECT id, 'no authors', '2025-04-01T00:00:00+00:00', '2025-04-01T00:00:00+00:00', 0, '{' FROM sites"
            )
        done = crawl(f"url={site.home}", db=db)
    assert "the alarms could not be judged: a stored value of JSON is damaged: '{'" in done.stderr
    assert "Traceback" not in done.stderr
    assert rows(db, "SELECT count(*) FROM crawl_runs WHERE finish_reason = 'finished'") == [(2,)]
