"""The counts of a crawl: which keys they have in Scrapy's stats, and what they add up to.

Spiders, middlewares and pipelines count under these keys, the progress display reads them, and the database stores
them with the run. Every key begins with `newsarchive/`. A count that has reasons names its reason, and perhaps a
detail:

    >>> key(Count.NOT_MODIFIED), key(Group.FAILED, "part of a post", "http 500")
    ('newsarchive/not modified', 'newsarchive/failed/part of a post: http 500')
    >>> counts = Counts({"newsarchive/new": 2, "newsarchive/dropped/too short": 3})
    >>> counts[Count.NEW], counts[Group.DROPPED], counts[Count.GONE]
    (2, 3, 0)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

#: Scrapy's own stats stand beside newsarchive's; this begins the keys of newsarchive's.
PREFIX = "newsarchive/"


class Count(StrEnum):
    """What became of posts. The first four are always in the summary, the others where there were any."""

    DISCOVERED = "discovered"
    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REREAD = "reread"
    #: An older capture of a stored article came in: it went into the history.
    EARLIER = "earlier"
    #: The site kept its page from us, and its feed or API gave the text. Without that text the post counts as failed.
    BLOCKED = "blocked"
    #: Answered 404 once; the next crawl asks again.
    MISSING = "missing"
    GONE = "gone"
    STILL_GONE = "still gone"
    #: Not asked for, because the crawl left the site, which answered no more, or was told to stop.
    WAITING = "waiting"
    NOT_MODIFIED = "not modified"
    #: The archive had the post at another address, which it has left. It is updated or unchanged besides.
    MOVED = "moved"
    RENDERED = "fetched with the browser"


class Group(StrEnum):
    """Outcomes that have reasons; each reason is a stat of its own."""

    FILLED = "filled"
    FAILED = "failed"
    DROPPED = "dropped"
    SKIPPED = "skipped"
    SOURCE_PROBLEMS = "source problems"


class SkipReason(StrEnum):
    """Why a post was not fetched. `LOOKED_AT_BEFORE` has a detail: what the page was then."""

    NOT_DUE = "not due"
    LOOKED_AT_BEFORE = "looked at before"
    DONE_BEFORE_THE_KILL = "done before the kill"
    #: A capture out of a WARC file that the archive holds already.
    STORED_BEFORE = "stored before"
    #: A record of a WARC file which says that a page was as before; the page stands in another record.
    REVISIT = "revisit record"
    BEFORE_SINCE = "before since"
    #: The path of the post begins as the setting `skip` says.
    SECTION = "section"
    OTHER_SITE = "other site"
    NO_PAGE = "no page"
    WITHHELD = "withheld"


class FetchProblem(StrEnum):
    """Why a request got no answer; reasons of `FAILED` and `SOURCE_PROBLEMS`. A status is counted as `http 503`."""

    UNKNOWN_HOST = "unknown host"
    CONNECTION_REFUSED = "connection refused"
    CONNECTION_FAILED = "connection failed"
    TIMEOUT = "timeout"
    CUT_SHORT = "cut short"
    TOO_LARGE = "too large"
    BAD_ADDRESS = "bad address"
    #: It leads into a private network that nobody opened (`private_networks.py`).
    PRIVATE_ADDRESS = "private address"
    BAD_CERTIFICATE = "bad certificate"
    #: Its host gave no other answer than to wait, for as long as a crawl waits.
    ASKED_TO_WAIT = "asked to wait"
    #: The proxy that the environment names could not be used.
    PROXY_FAILED = "proxy failed"


class Failure(StrEnum):
    """What made the whole run or a part of it fail; the stat's value is a sentence for a person."""

    SITE = "site_error"
    DATABASE = "database_error"
    SPIDER = "spider_error"
    #: Object storage takes no WARC files: they wait on this machine, and no post is lost.
    STORAGE = "storage_error"


class Detail(StrEnum):
    """Stats that the summary does not show."""

    #: The value under each site is a sentence for a person: why the crawl left the site.
    SITE_LEFT = "site_left"
    #: The value under each subject is a sentence for a person: what a bound of ours cut off.
    BOUND = "bound"
    #: The value under each subject is a sentence for a person, as how many of the articles that were read wait in quarantine.
    NOTE = "note"
    #: The value under each kind of alarm (`core.alarms.records.AlarmKind`) is a sentence for a person.
    ALARM = "alarm"
    ALARM_CLEARED = "alarm cleared"
    #: Alarms that could not be judged or sent, each with a sentence.
    ALARM_PROBLEM = "alarm problem"
    #: Pages that are read and wait until their site is learned; they are stored then.
    AWAITING_TEMPLATE = "awaiting template"
    LEARNED = "learned"
    LEARNING_FAILED = "learning_failed"
    PARTS_NOT_MODIFIED = "parts not modified"
    WAITED = "waited"


Name = Count | Group | Failure | Detail

#: Counts that the summary shows even where they are 0, in the order in which a page passes through them.
ALWAYS_SHOWN = (Count.DISCOVERED, Count.NEW, Count.UPDATED, Count.UNCHANGED)
#: What this crawl found out about a post by fetching it.
FETCHED = (
    Count.NEW, Count.UPDATED, Count.UNCHANGED, Count.REREAD, Count.EARLIER, Count.MISSING, Count.GONE, Count.STILL_GONE,
    Group.DROPPED,
)  # fmt: skip
#: Posts that this crawl found to be articles.
HELD = (Count.NEW, Count.UPDATED, Count.UNCHANGED, Count.REREAD, Count.EARLIER)
#: What became of a post that this crawl is done with.
DONE = (*FETCHED, Group.FAILED)
#: Skipped because the archive holds the post.
SKIPPED_AS_STORED = frozenset(
    (SkipReason.NOT_DUE, SkipReason.DONE_BEFORE_THE_KILL, SkipReason.STORED_BEFORE, SkipReason.REVISIT)
)
#: Skipped because an earlier crawl looked at the post, whatever came of it.
SKIPPED_AS_KNOWN = SKIPPED_AS_STORED | {SkipReason.LOOKED_AT_BEFORE}


def key(name: Name, reason: str = "", detail: str = "") -> str:
    """The key of a stat: `newsarchive/NAME`, `newsarchive/NAME/REASON` or `newsarchive/NAME/REASON: DETAIL`."""
    return PREFIX + name + (f"/{reason}" if reason else "") + (f": {detail}" if detail else "")


class Counts:
    """The counts in a crawl's stats: `counts[Count.NEW]`, `counts[Group.FAILED]` (the sum over its reasons)."""

    def __init__(self, stats: Mapping[str, Any]) -> None:
        self.totals: dict[Count | Group, int] = {count: int(stats.get(key(count), 0)) for count in Count}
        #: group → reason with its detail → number
        self.reasons: dict[Group, dict[str, int]] = {}
        for group in Group:
            prefix = f"{PREFIX}{group}/"
            self.reasons[group] = {
                k.removeprefix(prefix): stats[k] for k in sorted(stats) if k.startswith(prefix)
            }
            self.totals[group] = sum(self.reasons[group].values())

    def __getitem__(self, name: Count | Group) -> int:
        return self.totals[name]

    def rows(self) -> Iterator[tuple[Count | Group, str, int]]:
        """Name, reason ("" for a total) and number, in the order of the summary; zeros only where always shown."""
        for name, total in self.totals.items():
            if total or name in ALWAYS_SHOWN:
                yield name, "", total
            if isinstance(name, Group):
                yield from ((name, reason, number) for reason, number in self.reasons[name].items() if number)

    def skipped(self, reasons: frozenset[SkipReason]) -> int:
        """The number of posts that were skipped for one of these reasons, whatever the detail."""
        return sum(
            n for reason, n in self.reasons[Group.SKIPPED].items() if reason.partition(": ")[0] in reasons
        )


def sentences(stats: Mapping[str, Any], detail: Detail) -> dict[str, str]:
    """The stats of a detail: each name under it → the sentence."""
    prefix = f"{PREFIX}{detail}/"
    return {k.removeprefix(prefix): str(stats[k]) for k in sorted(stats) if k.startswith(prefix)}
