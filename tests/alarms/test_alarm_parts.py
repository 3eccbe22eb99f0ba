"""Alarms of a part of a site: a section whose posts are not what they were, while the rest of the site is well."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newsarchive.core.alarms.judge import judge
from newsarchive.core.alarms.losses import Version, shrunk_at
from newsarchive.core.alarms.records import AlarmKind, History, Look, Problem, Reading, State
from newsarchive.core.alarms.witnesses import MORE_WITNESSES, WITNESSES, wanted
from newsarchive.db import engine as db
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.reading.alarms import history as history_of
from newsarchive.db.writing.store import Store
from newsarchive.items import Article, Author, DropReason
from tests.support.storage import START, make_article, open_archive

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: Posts of the blog, two a day, every tenth a review.
POSTS = 200
REVIEWS = "section Reviews"


def reading(number: int, **changes: object) -> Reading:
    at = NOW - (POSTS - number) * 12 * HOUR
    part = REVIEWS if number % 10 == 0 else f"section {number % 3}"
    one = Reading(number, at, at, at, 400 + number % 7 * 40, True, 0.95, f"text {number}", (part,))
    return one._replace(**changes)


def blog(*bad: int, **changes: object) -> History:
    """The posts with these numbers were read again, last of all, and are what the changes make of them."""
    readings = [reading(number) for number in range(POSTS) if number not in bad]
    readings += [
        reading(number, at=NOW - HOUR + place * HOUR / 99, **changes) for place, number in enumerate(bad)
    ]
    return History(
        readings,
        [Look(one.at, one.met, None, one.parts) for one in readings],
        met=readings[0].met,
    )


def among_others(history: History) -> History:
    """The same with a healthy post of another section after each that was read again, so that the site as a whole looks well."""
    readings = list(history.readings)
    others = [one for one in readings if one.parts != (REVIEWS,)][:30]
    rest = [one for one in readings if one not in others]
    mixed = [one._replace(at=NOW - 2 * HOUR) for one in others]
    old, late = rest[:-5], rest[-5:]
    ordered = old + [one for place, one in enumerate(mixed) if place < 25]
    for place, one in enumerate(late):
        ordered += [one, mixed[25 + place]._replace(at=one.at + timedelta(minutes=1))]
    return replace(history, readings=ordered)


REVIEWED = (10, 20, 30, 40, 50)
BROKEN: dict[AlarmKind, dict[str, object]] = {
    AlarmKind.NO_AUTHOR: {"has_author": False},
    AlarmKind.NO_DATE: {"published": None},
    AlarmKind.SHORTER: {"words": 30},
    AlarmKind.DOUBTFUL: {"confidence": 0.4},
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_section_that_breaks_is_told_although_the_site_is_well(kind: AlarmKind) -> None:
    given = among_others(blog(*REVIEWED, **BROKEN[kind]))
    (alarm,) = judge(given, NOW)
    assert (alarm.kind, alarm.touched) == (kind, REVIEWED)
    assert "UTC (section Reviews): 5 of the last 5" in alarm.sentence
    bare = [one._replace(parts=()) for one in given.readings]
    assert judge(replace(given, readings=bare), NOW) == []  # it is the section that tells


def test_two_posts_of_a_section_prove_nothing() -> None:
    assert judge(among_others(blog(10, 20, has_author=False)), NOW) == []


def test_a_section_that_never_had_authors_is_as_it_always_was() -> None:
    given = among_others(blog(*REVIEWED, has_author=False))
    unsigned = [one._replace(has_author=one.parts != (REVIEWS,)) for one in given.readings]
    assert judge(replace(given, readings=unsigned), NOW) == []


def test_pages_of_a_section_that_give_no_article() -> None:
    given = among_others(blog(*REVIEWED))
    looks = [
        Look(one.at, one.met, Problem.OTHER if one.id in REVIEWED else None, one.parts)
        for one in given.readings
    ]
    (alarm,) = judge(replace(given, looks=looks), NOW)
    assert alarm.kind == AlarmKind.NOT_STORED
    assert "(section Reviews)" in alarm.sentence


def test_an_alarm_of_a_section_stands_until_the_section_is_well() -> None:
    given = among_others(blog(*REVIEWED, has_author=False))
    (raised,) = judge(given, NOW)
    standing, told = {AlarmKind.NO_AUTHOR: raised.since}, {AlarmKind.NO_AUTHOR: REVIEWS}

    def after(number: int) -> tuple[State, str]:
        """How it is after the first reviews were read again, and after three posts of other sections."""
        again = [reading(one, at=NOW + HOUR) for one in REVIEWED[:number]]
        others = [reading(one, at=NOW + 2 * HOUR) for one in (191, 192, 193)]
        known = {one.id for one in (*again, *others)}
        readings = [*(one for one in given.readings if one.id not in known), *again, *others]
        (alarm,) = judge(
            replace(given, readings=readings, standing=standing, told_parts=told), NOW + 3 * HOUR
        )
        return alarm.state, alarm.sentence

    assert after(0)[0] is State.STANDS
    assert "(section Reviews)" in after(1)[1]
    assert [after(number)[0] for number in (1, 2, 3)] == [State.STANDS, State.CLEARED, State.CLEARED]


def test_where_a_witness_of_a_section_is_bad_the_next_come_from_it() -> None:
    given = among_others(blog(100, has_author=False))
    due = wanted(given, NOW)
    assert due.number == MORE_WITNESSES
    assert set(due.candidates[: due.number]) <= set(range(0, POSTS, 10)) - {100}


def test_the_witnesses_are_of_each_section_in_turn() -> None:
    given = blog()
    late = [one._replace(at=one.at - DAY) for one in given.readings]
    looks = [Look(one.at, one.met, None, one.parts) for one in late]
    due = wanted(replace(given, readings=late, looks=looks), NOW)
    assert due.number == WITNESSES
    sections = [late[number].parts for number in due.candidates[:4]]
    assert len(set(sections)) == 4


def read_again(lost: int, **changes: object) -> History:
    """A blog without sections, of which ninety old posts were read again of late; one in ten of the last `lost` tens lost something."""
    readings = [reading(number, parts=(), author_since=reading(number).met) for number in range(POSTS)]
    old, late = readings[90:], readings[:90]
    late = [one._replace(at=NOW - (90 - one.id) * 3 * HOUR) for one in late]
    late = [
        one._replace(author_since=one.at, **changes) if one.id % 10 == 9 and one.id >= 90 - lost * 10 else one
        for one in late
    ]
    return History([*old, *late], [Look(one.at, one.met, None) for one in (*old, *late)], met=readings[0].met)


def test_a_tenth_of_the_posts_that_lost_their_authors_is_told_without_a_section() -> None:
    given = read_again(6, has_author=False)
    (alarm,) = judge(given, NOW)
    assert (alarm.kind, alarm.touched) == (AlarmKind.NO_AUTHOR, (39, 49, 59, 69, 79, 89))
    assert "(posts that were read again): 6 of the last 51 posts have no author" in alarm.sentence
    assert judge(read_again(3, has_author=False), NOW) == []
    # Posts that never had an author are read again, and have none.
    never = [one._replace(author_since=one.met) for one in given.readings]
    assert judge(replace(given, readings=never), NOW) == []


def test_a_tenth_of_the_posts_that_were_cut_down_is_told_without_a_section() -> None:
    def cut_down(lost: int, *, is_change: bool = True) -> History:
        given = read_again(lost, words=30)
        return replace(
            given,
            readings=[
                one._replace(shrunk_at=one.at) if one.words == 30 and is_change else one
                for one in given.readings
            ],
        )

    (alarm,) = judge(cut_down(6), NOW)
    assert (alarm.kind, alarm.touched) == (AlarmKind.SHORTER, (39, 49, 59, 69, 79, 89))
    assert "(posts that were read again): 6 of the last 51 texts are below 260 words" in alarm.sentence
    assert judge(cut_down(3), NOW) == []
    assert judge(cut_down(6, is_change=False), NOW) == []  # short notes that are read again


@pytest.mark.parametrize("problem", [Problem.OTHER, Problem.SCRIPTS_ONLY])
def test_a_tenth_of_the_posts_that_give_no_article_any_more_is_told_without_a_section(
    problem: Problem,
) -> None:
    def emptied(lost: int, *, is_there: bool = True) -> History:
        given = read_again(0)
        last = given.looks[-lost * 10 :]
        bad = [one._replace(problem=problem, is_emptied=is_there) for one in last[9::10]]
        return replace(given, looks=[*(one for one in given.looks if one not in last[9::10]), *bad])

    given = emptied(6)
    (alarm,) = judge(replace(given, looks=sorted(given.looks)), NOW)
    assert alarm.kind == (AlarmKind.NOT_STORED if problem is Problem.OTHER else AlarmKind.SCRIPTS_ONLY)
    assert "(posts that were read again): 6 of the last 51" in alarm.sentence
    assert judge(replace(emptied(3), looks=sorted(emptied(3).looks)), NOW) == []
    gone = emptied(6, is_there=False)  # posts that were deleted
    assert judge(replace(gone, looks=sorted(gone.looks)), NOW) == []


@pytest.mark.parametrize(
    ("words", "of_publisher", "shrunk"),
    [
        ([400], [True], None),
        ([400, 40], [True, True], 1),
        ([400, 210], [True, True], None),  # more than half
        ([40, 400], [True, True], None),  # it grew
        ([400, 50, 44, 48], [True, True, True, True], 1),  # other lines beside the cut text
        ([400, 40], [True, False], None),  # the program reads it otherwise
        ([400, 40, 400, 30], [True, True, True, True], 3),  # cut down again
    ],
)
def test_when_a_text_was_cut_down(words: list[int], of_publisher: list[bool], shrunk: int | None) -> None:
    versions = [
        Version(START + day * DAY, *one) for day, one in enumerate(zip(words, of_publisher, strict=True))
    ]
    assert shrunk_at(versions[::-1]) == (None if shrunk is None else START + shrunk * DAY)


def test_what_posts_lost_stands_as_an_alarm_until_they_have_it_again() -> None:
    given = read_again(6, has_author=False)
    (raised,) = judge(given, NOW)
    standing = {AlarmKind.NO_AUTHOR: raised.since}
    told = {AlarmKind.NO_AUTHOR: "posts that were read again"}

    def after(number: int) -> State:
        well = {one.id for one in given.readings if not one.has_author and one.id < 30 + number * 10}
        readings = [one for one in given.readings if one.id not in well]
        readings += [
            one._replace(at=NOW + HOUR, has_author=True, author_since=NOW + HOUR)
            for one in given.readings
            if one.id in well
        ]
        found = replace(given, readings=readings, standing=standing, told_parts=told)
        (alarm,) = judge(found, NOW + 2 * HOUR)
        return alarm.state

    assert [after(number) for number in (0, 3, 4, 5, 6)] == [State.STANDS] * 3 + [State.CLEARED] * 2
    due = wanted(replace(given, standing=standing, told_parts=told), NOW + 9 * HOUR)
    assert list(due.candidates[:6]) == [39, 49, 59, 69, 79, 89]


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def test_an_archive_knows_the_sections_of_its_posts_and_what_they_were(database: str, tmp_path: Path) -> None:
    """A theme that breaks a section often takes its name away, too."""
    with open_archive(database, tmp_path) as engine:
        store, url = Store(engine), "https://blog.example/"
        site = Frontier(engine).open_site(url)
        own = {"authors": (Author("Ann Lee"),), "date_published": START, "body": "A review of a film."}
        for number, section in enumerate(["Reviews", "Reviews", ""]):
            place = f"https://blog.example/reviews/{number}/"
            store.ingest([make_article(number, url=place, article_section=section, **own)])
        store.ingest(
            [make_article(1, day=1, url="https://blog.example/reviews/1/", article_section="", **own)]
        )
        with db.reading(engine) as connection:
            known = history_of(connection, site, START + DAY)
    assert {one.id: one.parts for one in known.readings} == {
        1: ("section Reviews", "folder /reviews/"),
        2: ("section Reviews", "folder /reviews/"),
        3: ("folder /reviews/",),
    }


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def test_an_archive_knows_which_texts_were_cut_down_and_which_posts_give_none(
    database: str, tmp_path: Path
) -> None:
    def post(number: int, words: int, **changes: Any) -> Article:
        text = " ".join(f"word{place}" for place in range(words))
        return make_article(number, body=text, word_count=words, **changes)

    with open_archive(database, tmp_path) as engine:
        store, frontier = Store(engine), Frontier(engine, clock=lambda: START + 3 * DAY)
        site = frontier.open_site("https://blog.example/")
        for number in range(10):
            store.ingest([post(number, 20 if number == 9 else 300 + number)])
        for day in (1, 2):
            store.ingest([post(0, 30 + day, day=day), post(9, 18, day=day)])
        # A newer extractor reads the same bytes as a short text.
        page = b"<p>" + post(1, 301).article_body.encode() + b"</p>"
        store.ingest([post(1, 40, day=1, page=page, extractor_version=2)])
        for number, reason in ((2, DropReason.TOO_SHORT), (3, DropReason.PAYWALL)):
            frontier.settle(f"https://blog.example/post-{number}", "skipped", reason)
        with db.reading(engine) as connection:
            known = history_of(connection, site, START + 3 * DAY)
    assert {one.words: one.shrunk_at for one in known.readings if one.words < 100} == {
        32: START + DAY,
        18: None,
        40: None,
    }
    assert [(one.problem, one.is_emptied) for one in known.looks if one.problem] == [
        (Problem.OTHER, True),
        (Problem.OTHER, False),
    ]
