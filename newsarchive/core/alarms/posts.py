"""What alarms ask of the posts of a site that were read, and of the looks that gave no article."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from math import exp, log

from newsarchive.core.alarms.named import MAX_DATE_DISTANCE
from newsarchive.core.alarms.questions import DAY, WINDOWS, Question
from newsarchive.core.alarms.records import AlarmKind, History, Problem, Reading
from newsarchive.core.alarms.statistics import middle

#: A text counts as much shorter below this share of the site's median length (0 to 1), and this many deviations below it.
MAX_SHORT_SHARE = 0.5
MIN_SHORT_DEVIATIONS = 2.5
#: Confidence of an extraction (0 to 1) below which it is doubtful; as for the quarantine.
MIN_CONFIDENCE = 0.8


def questions_of_posts(history: History) -> list[Question]:
    """What is asked of the posts of a site that were read."""
    read, looks = history.readings, history.looks
    limit, usual = short_text(read)

    def same_date(i: int) -> bool:
        one = read[i]
        if i == 0 or one.published is None or one.published != read[i - 1].published:
            return False
        # Where a blog gives days alone, all posts of one day have one date: that of the day on which a crawl met them.
        is_live = history.met is not None and one.met - history.met > DAY
        return not is_live or abs(one.published - one.met) > MAX_DATE_DISTANCE

    def failed(problem: Problem) -> Callable[[int], bool]:
        return lambda i: looks[i].problem is problem

    def emptied(i: int) -> datetime | None:
        return looks[i].at if looks[i].is_emptied else None

    return [
        Question(AlarmKind.NOT_STORED, looks, failed(Problem.OTHER), 0.3, asks_new=True, since=emptied),
        Question(AlarmKind.BLOCKED, looks, failed(Problem.BLOCKED), 0.1),
        Question(
            AlarmKind.SCRIPTS_ONLY, looks, failed(Problem.SCRIPTS_ONLY), 0.1, asks_new=True, since=emptied
        ),
        Question(
            AlarmKind.SHORTER,
            read,
            lambda i: read[i].words < limit,
            0.1,
            says={"limit": limit, "median": usual},
            since=lambda i: read[i].shrunk_at,
        ),
        Question(
            AlarmKind.NO_DATE,
            read,
            lambda i: read[i].published is None,
            0.02,
            asks_new=True,
            since=lambda i: read[i].date_since,
        ),
        Question(
            AlarmKind.NO_AUTHOR,
            read,
            lambda i: not read[i].has_author,
            0.02,
            asks_new=True,
            since=lambda i: read[i].author_since,
        ),
        Question(AlarmKind.ONE_DATE, read, same_date, 0.1),
        Question(AlarmKind.ONE_TEXT, read, lambda i: i > 0 and read[i].text == read[i - 1].text, 0.1),
        Question(AlarmKind.DOUBTFUL, read, lambda i: read[i].confidence < MIN_CONFIDENCE, 0.1),
    ]


def short_text(readings: Sequence[Reading]) -> tuple[int, int]:
    """The number of words below which a text is much shorter than this site's, and their median."""
    older = readings[: -WINDOWS[-1]] if len(readings) >= 3 * WINDOWS[-1] else readings[: len(readings) // 2]
    lengths = [log(one.words) for one in older if one.words]
    if not lengths:
        return 0, 0
    usual, spread = middle(lengths)
    below = max(-log(MAX_SHORT_SHARE), MIN_SHORT_DEVIATIONS * spread)
    return round(exp(usual - below)), round(exp(usual))
