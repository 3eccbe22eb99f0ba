"""What a site gives at other addresses tells whether a page that takes much from a stored article is an edit of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.blogs import sentence
from newsarchive.cli import cli
from newsarchive.db.engine import open_engine
from newsarchive.exceptions import ALL_FAILED
from newsarchive.reextract import reextract
from newsarchive.warc.files import default_folder
from tests.crawling.test_crawl import front, post, rows
from tests.support.serving import Answer, crawl, served

pytestmark = pytest.mark.slow  # crawls

PATHS = [f"/2024/05/story-number-{number}-of-many/" for number in range(6)]
TEXTS = "SELECT url, headline, article_body, gone_at FROM articles ORDER BY url"
VERSIONS = "SELECT change_kind, count(*) FROM article_revisions GROUP BY 1 ORDER BY 1"
WHY = "SELECT reason, count(*) FROM urls GROUP BY 1 ORDER BY 1"


def body(seed: int, before: str = "") -> str:
    dice = random.Random(seed)
    return (
        f"{before}<p>" + "</p><p>".join(" ".join(sentence(dice) for _ in range(3)) for _ in range(5)) + "</p>"
    )


def blog(first_seed: int = 0) -> dict[str, Answer]:
    posts = {
        path: Answer(post(f"Story {number}", body=body(first_seed + number)))
        for number, path in enumerate(PATHS)
    }
    return {"/": Answer(front(*PATHS)), **posts}


SHOP = Answer(post("The best shop of the year", body=body(900)))


def spun(path: str) -> Answer:
    """The same text, with the words of the address in its headline and its first line."""
    words = " ".join(path.strip("/").rpartition("/")[2].split("-"))
    return Answer(
        post(f"All about {words}", body=body(900, f"<p>Here is all about {words}, as you asked.</p>"))
    )


class Everywhere(dict[str, Answer]):
    """Answers, and what each other address gives."""

    def __init__(self, answers: Mapping[str, Answer], other: Callable[[str], Answer]) -> None:
        super().__init__(answers)
        self.other = other

    def get(self, path: str, default: Answer | None = None) -> Answer | None:  # type: ignore[override]
        return self[path] if path in self else self.other(path)


#: What became of the blog.
GONE: Mapping[str, dict[str, Answer]] = {
    "a shop at every address": Everywhere({}, lambda _: SHOP),
    "a shop that repeats the address": Everywhere({}, spun),
    "a new blog, and a shop at the old addresses": Everywhere(
        {"/": Answer(front("/loans/"))}, lambda _: SHOP
    ),
    "one text for all posts alone": {"/": Answer(front(*PATHS)), **dict.fromkeys(PATHS, SHOP)},
}


@pytest.mark.parametrize("after", GONE.values(), ids=GONE)
def test_one_page_for_all_takes_no_text_from_the_posts_that_were_there(
    db: Path, after: dict[str, Answer]
) -> None:
    with served(blog()) as site:
        crawl(f"url={site.home}/", db=db)
        texts = rows(db, TEXTS)
        asked = len(site.seen)
        site.answers = after
        done = crawl(f"url={site.home}/", "recheck=1", db=db)
        assert len(texts) == 6, done.stderr
        assert [row for row in rows(db, TEXTS) if row in texts] == texts, done.stderr
        assert "6 dropped: one page for all" in done.stderr
        assert done.returncode == ALL_FAILED, done.stderr
        assert "have one text that other addresses give too (one page for all)" in done.stderr
        strange = [one for one in site.seen[asked:] if "/newsarchive-" in one.path]
        assert len(strange) == 1
        assert rows(db, "SELECT refused, count(*) FROM captures WHERE refused <> '' GROUP BY 1") == [
            ("one page for all", 6)
        ]

        # Reading the stored bytes again comes to the same result.
        engine = open_engine(f"sqlite:///{db}")
        reextract(engine, default_folder(f"sqlite:///{db}"), only_older_than=10**9, workers=0)
        engine.dispose()
        assert [row for row in rows(db, TEXTS) if row in texts] == texts

        # The blog comes back, and one of its posts was edited meanwhile.
        site.answers = blog() | {
            PATHS[0]: Answer(post("Story 0", body=body(0, "<p>Corrected on Monday.</p>")))
        }
        done = crawl(f"url={site.home}/", "recheck=1", db=db)
    assert "1 updated" in done.stderr
    changed = [row for row in texts if row not in rows(db, TEXTS)]
    assert [str(row[0]) for row in changed] == [f"{site.home}{PATHS[0]}"]


def test_a_deleted_post_that_answers_as_any_address_without_a_post_keeps_its_text(db: Path) -> None:
    """A soft 404: status 200, and a text that no phrase knows."""
    lost = Answer(post("A blog of the coast", body=body(901)))
    with served(blog()) as site:
        crawl(f"url={site.home}/", db=db)
        texts = rows(db, TEXTS)
        site.answers = Everywhere(blog() | {PATHS[2]: lost}, lambda _: lost)
        done = crawl(f"url={site.home}/", "recheck=1", db=db)
    assert rows(db, TEXTS) == texts
    assert rows(db, WHY) == [("", 5), ("one page for all", 1)]
    assert "5 unchanged" in done.stderr


@pytest.mark.parametrize("number", [1, 6])
def test_posts_that_their_publisher_wrote_anew_are_edits(db: Path, number: int) -> None:
    with served(blog()) as site:
        crawl(f"url={site.home}/", db=db)
        anew = blog(first_seed=100)
        site.answers.update({path: anew[path] for path in PATHS[:number]})
        done = crawl(f"url={site.home}/", "recheck=1", db=db)
        asked = [request.path for request in site.seen].count(PATHS[-1])
    assert f"{number} updated" in done.stderr
    assert rows(db, VERSIONS) == [("new", 6), ("publisher", number)]
    assert asked <= 3


def test_a_post_of_which_something_is_left_asks_the_site_nothing(db: Path) -> None:
    with served(blog()) as site:
        crawl(f"url={site.home}/", db=db)
        site.answers[PATHS[0]] = Answer(post("Story 0", body=body(0, body(77))))
        asked = len(site.seen)
        crawl(f"url={site.home}/", "recheck=1", db=db)
        paths = site.paths()[asked:]
    assert rows(db, VERSIONS) == [("new", 6), ("publisher", 1)]
    assert not [path for path in paths if "/newsarchive-" in path]


def beginnings(paths: list[str], after: str = "") -> dict[str, Answer]:
    return {
        path: Answer(post(f"Story {number}", body=body(number).partition("</p>")[0] + "</p>" + after))
        for number, path in enumerate(PATHS)
        if path in paths
    }


@pytest.mark.parametrize(
    "after", ["", "<p>You are welcome to read the whole text as soon as you are one of us.</p>"]
)
def test_posts_that_are_all_cut_to_their_beginnings_keep_their_texts(db: Path, after: str) -> None:
    with served(blog()) as site:
        crawl(f"url={site.home}/", db=db)
        texts = rows(db, TEXTS)
        site.answers.update(beginnings(PATHS, after))
        done = crawl(f"url={site.home}/", "recheck=1", db=db)
        assert rows(db, TEXTS) == texts, done.stderr
        assert "6 dropped: cut short" in done.stderr
        assert done.returncode == ALL_FAILED
        assert "have less than half of the text that they had (cut short)" in done.stderr
        explained = (
            CliRunner().invoke(cli, ["explain", f"{site.home}{PATHS[0]}", "--db", f"sqlite:///{db}"]).output
        )
        assert "made no version: cut short (other posts are cut too: " in explained
        site.answers = blog()
        crawl(f"url={site.home}/", "recheck=1", db=db)
    assert rows(db, VERSIONS) == [("new", 6)]
    assert rows(db, WHY) == [("", 6)]


@pytest.mark.parametrize("number", [1, 2])
def test_a_post_that_its_publisher_cut_is_an_edit(db: Path, number: int) -> None:
    with served(blog()) as site:
        crawl(f"url={site.home}/", db=db)
        site.answers.update(beginnings(PATHS[:number]))
        crawl(f"url={site.home}/", "recheck=1", db=db)
    assert rows(db, VERSIONS) == [("new", 6), ("publisher", number)]
