"""The picture of a story: who stands where, which arrow is a credit, and what is left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsarchive.db.reading.browse import Credit
from newsarchive.db.reading.lineage import Copy, Trace
from newsarchive.web.chart import (
    AXIS_HEIGHT,
    LINE_HEIGHT,
    MAX_LINES,
    MAX_NAME_CHARACTERS,
    NAMES_WIDTH,
    RIGHT_MARGIN,
    TICKS,
    WIDTH,
    picture,
)

START = datetime(2025, 4, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def copy(number: int, site: str, at: datetime) -> Copy:
    return Copy(number, f"https://{site}/{number}", site, "Ferry returns", at, "exact", 1.0, {}, None)


def trace(*copies: Copy, fullest: int = 1) -> Trace:
    first = copies[0]
    return Trace(
        first.id,
        first.url,
        "Ferry returns",
        None,
        "",
        None,
        "",
        1,
        len(copies),
        first.id,
        fullest,
        copies,
        (),
    )


def three() -> Trace:
    return trace(
        copy(1, "paper.example", START),
        copy(2, "blog.example", START + 12 * HOUR),
        copy(3, "mirror.example", START + 24 * HOUR),
        fullest=2,
    )


def test_copies_stand_below_each_other_at_their_times() -> None:
    drawn = picture(three(), {})
    assert [(node.name, node.id, node.is_fullest) for node in drawn.nodes] == [
        ("paper.example", 1, False), ("blog.example", 2, True), ("mirror.example", 3, False),
    ]  # fmt: skip
    left, middle, right = (node.x for node in drawn.nodes)
    assert left == NAMES_WIDTH + 10
    assert right == WIDTH - RIGHT_MARGIN
    assert middle == pytest.approx((left + right) / 2, abs=0.1)
    assert [node.y for node in drawn.nodes] == [AXIS_HEIGHT + LINE_HEIGHT * (n + 0.5) for n in range(3)]
    assert drawn.height > drawn.nodes[-1].y + LINE_HEIGHT / 2


def test_who_credits_nobody_has_the_text_of_the_earliest_copy() -> None:
    drawn = picture(three(), {})
    assert [(arrow.credited, arrow.title) for arrow in drawn.arrows] == [
        (False, f"{site} has the text of the earliest copy, without a credit: paper.example")
        for site in ("blog.example", "mirror.example")
    ]


def test_a_credit_leads_from_the_original_that_the_archive_holds() -> None:
    drawn = picture(three(), {3: Credit("The Blog", "blog.example", 2)})
    assert [(arrow.credited, arrow.title) for arrow in drawn.arrows] == [
        (False, "blog.example has the text of the earliest copy, without a credit: paper.example"),
        (True, "mirror.example credits blog.example"),
    ]
    assert not any(node.is_outside for node in drawn.nodes)
    blog, mirror = drawn.nodes[1:]
    path = drawn.arrows[1].path
    assert path.startswith(f"M{blog.x} {blog.y}C")
    assert path.endswith(f"{mirror.y} {mirror.x - 6} {mirror.y}")


def test_a_credit_of_a_site_among_the_copies_leads_from_its_copy() -> None:
    """Its link leads to no article of the archive, but its domain is that of a copy."""
    drawn = picture(three(), {3: Credit("The Paper", "paper.example", None)})
    assert drawn.arrows[1].title == "mirror.example credits paper.example"
    assert len(drawn.nodes) == 3


def test_a_publisher_that_the_archive_does_not_hold_stands_above_the_copies_once() -> None:
    island = Credit("The Island Paper", "island.example", None)
    drawn = picture(three(), {2: island, 3: island})
    outside, *copies = drawn.nodes
    assert (outside.name, outside.is_outside, outside.at, outside.id) == ("The Island Paper", True, None, 0)
    assert outside.x < copies[0].x
    assert [node.y for node in drawn.nodes] == sorted(node.y for node in drawn.nodes)
    assert [arrow.title for arrow in drawn.arrows if arrow.credited] == [
        "blog.example credits The Island Paper",
        "mirror.example credits The Island Paper",
    ]


def test_a_copy_that_credits_its_own_site_is_no_source_of_itself() -> None:
    drawn = picture(three(), {1: Credit("The Paper", "paper.example", 1)})
    assert not any(arrow.title.startswith("paper.example") for arrow in drawn.arrows)


def test_of_many_copies_the_earliest_are_shown_and_the_others_counted() -> None:
    copies = [copy(n, f"site{n}.example", START + n * HOUR) for n in range(1, MAX_LINES + 6)]
    drawn = picture(trace(*copies), {})
    assert [node.id for node in drawn.nodes] == [one.id for one in copies[:MAX_LINES]]
    assert drawn.left_out == 5
    assert picture(three(), {}).left_out == 0


def test_a_long_name_is_cut_and_still_credited() -> None:
    long = "a-very-long-name-of-a-site-that-copies.example"
    drawn = picture(
        trace(copy(1, long, START), copy(2, "blog.example", START + HOUR)), {2: Credit("A Site", long, None)}
    )
    name = drawn.nodes[0].name
    assert len(name) == MAX_NAME_CHARACTERS
    assert name.endswith("…")
    assert drawn.arrows[0].title == f"blog.example credits {name}"


@pytest.mark.parametrize(
    ("span", "first", "last"),
    [
        (timedelta(hours=24), "04-01 08:00", "04-02 08:00"),
        (timedelta(days=30), "2025-04-01", "2025-05-01"),
        (timedelta(0), "04-01 08:00", "04-01 08:01"),
    ],
    ids=["a day", "a month", "one moment"],
)
def test_the_axis_tells_hours_of_a_short_story_and_days_of_a_long_one(
    span: timedelta, first: str, last: str
) -> None:
    drawn = picture(trace(copy(1, "a.example", START), copy(2, "b.example", START + span)), {})
    assert len(drawn.ticks) == TICKS
    assert (drawn.ticks[0][1], drawn.ticks[-1][1]) == (first, last)
    assert [x for x, _ in drawn.ticks] == sorted(x for x, _ in drawn.ticks)
