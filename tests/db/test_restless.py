"""Texts that are another one at every look are no edits; what an author changes is one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine

from newsarchive.core.near_duplicates.fingerprint import fingerprint_step
from newsarchive.db.reading import articles
from newsarchive.db.reading.changes import changes
from newsarchive.db.writing.restless import MIN_VERSION_AGE
from newsarchive.db.writing.store import Outcome, Store
from newsarchive.extensions import notes
from newsarchive.items import Author, Capture
from newsarchive.rules import default
from tests.support.storage import START, make_article

NEW, UPDATED, UNCHANGED, REREAD = Outcome.NEW, Outcome.UPDATED, Outcome.UNCHANGED, Outcome.REREAD
DAY = timedelta(days=1)
PARAGRAPHS = [f"The {word} of the harbour was repaired, and it took {word} months." for word in ("first", "second", "third", "fourth")]  # fmt: skip


@dataclass
class Blog:
    """One post, which is looked at once a day; its `text` is what stands between its paragraphs."""

    engine: Engine
    days: int = 0
    page: bytes = b""

    def look(
        self, *lines: str, headline: str = "The ferry", author: str = "", modified: datetime | None = None, days: int = 1,
        run: int | None = None, again: bool = False,
    ) -> Outcome:  # fmt: skip
        """Look after some `days`, or in the same crawl (`run`) read the page of the last look `again`."""
        self.days += 0 if again else days
        at = START + self.days * DAY
        body = "\n\n".join([*PARAGRAPHS[:2], *lines, *PARAGRAPHS[2:]])
        made = replace(make_article(1, body=body), headline=headline, date_modified=modified)
        made = replace(made, authors=(Author(author),) if author else ())
        if not again:  # never the same bytes
            self.page = f"{headline} {body} {author} {modified} {self.days}".encode()
        made = replace(fingerprint_step(made, default()), capture=Capture(made.url, self.page, at, made.url))
        [outcome] = Store(self.engine, clock=lambda: at).ingest([made], run, reread=again)
        return outcome

    @property
    def kinds(self) -> list[str]:
        return [one.change_kind for one in articles.history(self.engine, 1)]

    @property
    def stored(self) -> articles.StoredArticle:
        return articles.get(self.engine, 1)


@pytest.fixture
def blog(engine: Engine) -> Blog:
    return Blog(engine)


@pytest.mark.parametrize(
    "line",
    ["This story has been read {} times so far.", "{}", "{} of the crew\n\nand {} of the guests are here."],
    ids=["a sentence", "a number alone", "two lines"],
)
def test_a_counter_is_no_edit_from_the_third_look_on(blog: Blog, line: str) -> None:
    found = [blog.look(line.format(number, number)) for number in range(100, 110)]
    assert found == [NEW, UPDATED, UPDATED, REREAD, *[UNCHANGED] * 6]
    assert blog.kinds == ["new", "publisher", "publisher", "site"]
    assert len([*changes(blog.engine)]) == 2
    assert blog.stored.last_seen_at == START + 10 * DAY


def test_what_is_shown_at_last_is_stored_when_the_version_is_old(blog: Blog) -> None:
    for number in range(100, 110):
        blog.look(f"Read {number} times, by people of all kinds.")
    later = MIN_VERSION_AGE // DAY
    assert blog.look("Read 999 times, by people of all kinds.", days=later) is REREAD
    assert "Read 999 times" in blog.stored.article_body
    assert blog.kinds == ["new", "publisher", "publisher", "site", "site"]


def test_two_headlines_that_take_turns_are_no_edits(blog: Blog) -> None:
    found = [blog.look(headline=("The ferry", "A ferry that sails")[look % 2]) for look in range(10)]
    assert found == [NEW, UPDATED, UPDATED, REREAD, *[UNCHANGED] * 6]
    # They take turns within one day too, and in no order.
    assert blog.kinds == ["new", "publisher", "publisher", "site"]


def test_texts_that_take_turns_in_no_order_are_no_edits(blog: Blog) -> None:
    teasers = "Win a ticket for the opera.", "The paper costs less than coffee.", "Our walks along the coast."
    found = [blog.look(teasers[int(digit)]) for digit in "0112200210212"]
    assert found.count(UPDATED) <= 3
    assert found[-4:] == [UNCHANGED] * 4


def test_an_edit_elsewhere_is_told_beside_a_counter(blog: Blog) -> None:
    for number in range(100, 106):
        blog.look(f"Read {number} times, by people of all kinds.")
    assert blog.look("Read 107 times, by people of all kinds.", headline="The ferry sinks") is UPDATED
    assert blog.stored.headline == "The ferry sinks"
    assert blog.kinds[-1] == "publisher"
    assert blog.look("Read 108 times, by people of all kinds.", headline="The ferry sinks") is UNCHANGED


def test_another_author_is_told_beside_a_counter(blog: Blog) -> None:
    for number in range(100, 106):
        blog.look(f"Read {number} times, by people of all kinds.")
    assert blog.look("Read 107 times, by people of all kinds.", author="Jane Doe") is UPDATED
    assert [author.name for author in blog.stored.authors] == ["Jane Doe"]
    assert blog.kinds == ["new", "publisher", "publisher", "site"]
    assert blog.look("Read 108 times, by people of all kinds.", author="Jane Doe") is UNCHANGED


def test_an_author_who_adds_lines_edits(blog: Blog) -> None:
    lines = [f"Day {day}: the crew of the {day}. ship was saved." for day in range(1, 3)]
    assert [blog.look(*lines[:number]) for number in range(3)] == [NEW, UPDATED, UPDATED]
    ticker = [f"Hour {hour}: the crew of the {hour}. ship was saved." for hour in range(9)]
    assert {blog.look(*ticker[hour : hour + 2]) for hour in range(1, 8)} == {UPDATED}


def test_an_author_who_corrects_a_number_and_says_so_edits(blog: Blog) -> None:
    said = [blog.look(f"{number} people died.", modified=START + number * DAY) for number in range(1, 7)]
    assert said == [NEW, *[UPDATED] * 5]


def test_a_number_that_is_not_another_one_at_each_look_is_edited(blog: Blog) -> None:
    seldom = [blog.look(f"{number // 2} people were saved.") for number in range(20, 32)]
    assert seldom == [NEW, UNCHANGED, *[UPDATED, UNCHANGED] * 5]


def test_changes_within_a_day_are_edits(engine: Engine) -> None:
    blog = Blog(engine)
    assert [blog.look(f"{number} people died.", days=0) for number in range(5)][1:] == [UPDATED] * 4


def test_a_text_that_is_set_back_is_an_edit(blog: Blog) -> None:
    assert [blog.look(word) for word in ("It sails.", "It does not sail.", "It sails.")] == [
        NEW,
        UPDATED,
        UPDATED,
    ]


def test_a_restless_version_that_its_crawl_reads_again_stays_one(blog: Blog) -> None:
    """The crawl learns meanwhile that a line goes on every page of the site."""
    for number in range(100, 103):
        blog.look(f"Read {number} times, by people of all kinds.")
    run = Store(blog.engine).start_run("news", {})
    assert blog.look("Read 103 times, by people of all kinds.", "Follow us.", run=run) is REREAD
    blog.look("Read 103 times, by people of all kinds.", run=run, again=True)
    assert blog.kinds == ["new", "publisher", "publisher", "site"]
    assert "Follow us." not in blog.stored.article_body


def test_the_summary_of_a_crawl_says_so(blog: Blog) -> None:
    for number in range(100, 103):
        blog.look(f"Read {number} times, by people of all kinds.")
    stats: dict[str, str] = {}
    crawler = SimpleNamespace(
        spider=SimpleNamespace(is_archive_spider=True, site_id=1),
        stats=SimpleNamespace(set_value=stats.__setitem__),
    )
    for number in range(103, 106):
        run = Store(blog.engine, clock=lambda: START + blog.days * DAY).start_run("news", {})
        blog.look(f"Read {number} times, by people of all kinds.", run=run)
        notes.look(crawler, blog.engine, run)
    [said] = stats.values()
    assert said == (
        "1 post shows another text at each look (a counter, a teaser), which is no edit, and makes a version at most every 7 days:"
        " see `newsarchive history 1`"
    )
    later = Store(blog.engine, clock=lambda: START + (blog.days + 1) * DAY).start_run("news", {})
    stats.clear()
    notes.look(crawler, blog.engine, later)  # it saw no post
    assert stats == {}
