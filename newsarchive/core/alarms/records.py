"""What an archive knows of a site, as far as alarms ask it, and what an alarm is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from typing import NamedTuple

from newsarchive.core.alarms.listings import Listed, Listing


class AlarmKind(StrEnum):
    """What is wrong with a site that was crawled."""

    SILENT = "silent"
    FEWER_POSTS = "fewer posts"
    #: Posts that the site lists give no article.
    NOT_STORED = "posts not stored"
    BLOCKED = "blocked"
    SCRIPTS_ONLY = "scripts only"
    SHORTER = "shorter texts"
    NO_DATE = "no dates"
    NO_AUTHOR = "no authors"
    ONE_DATE = "one date"
    ONE_TEXT = "one text"
    DOUBTFUL = "doubtful texts"
    FROZEN_FEED = "frozen feed"
    #: Front page, feed or API names far fewer posts at a time than it did.
    FEWER_LISTED = "fewer posts listed"
    #: A cache gives an old front page.
    FROZEN_PAGE = "frozen front page"
    UNREACHABLE = "unreachable"


#: Alarms of looks at lists of posts.
LIST_ALARMS = frozenset((AlarmKind.FEWER_LISTED, AlarmKind.FROZEN_PAGE))
#: Kind → what it means, with the fields of the evidence.
SENTENCES: Mapping[AlarmKind, str] = {
    AlarmKind.SILENT: "no new post for {days} days, where spans as long had {least} to {most}",
    AlarmKind.FEWER_POSTS: "{posts} posts in {days} days, where spans as long had {least} to {most}",
    AlarmKind.NOT_STORED: "{bad} of the last {readings} posts gave no article",
    AlarmKind.BLOCKED: "{bad} of the last {readings} requests were blocked",
    AlarmKind.SCRIPTS_ONLY: "{bad} of the last {readings} pages hold no text until scripts have run",
    AlarmKind.SHORTER: "{bad} of the last {readings} texts are below {limit} words, where {median} are usual",
    AlarmKind.NO_DATE: "{bad} of the last {readings} posts have no date",
    AlarmKind.NO_AUTHOR: "{bad} of the last {readings} posts have no author",
    AlarmKind.ONE_DATE: "{bad} of the last {readings} posts have the date of the post before",
    AlarmKind.ONE_TEXT: "{bad} of the last {readings} posts have the text of the post before",
    AlarmKind.DOUBTFUL: "{bad} of the last {readings} texts are doubtful",
    AlarmKind.FROZEN_FEED: "the feed lacks {bad} of the last {readings} posts",
    AlarmKind.FEWER_LISTED: "at {bad} of the last {readings} looks a list of its posts named at most {limit}, where {median} are usual",
    AlarmKind.FROZEN_PAGE: "at {bad} of the last {readings} looks the front page had been the same for more than {hours} hours, "
    "twice as long as ever before",
    AlarmKind.UNREACHABLE: "{runs} crawls failed, and none succeeded",
}


#: What a frozen front page means where posts that other sources named tell it.
PAGE_WITHOUT_POSTS = "the front page has not changed since {bad} of the last {readings} posts came"
#: What a silence means that is told by the pauses before.
LONG_PAUSE = "no new post for {days} days, where the longest of {pauses} pauses was {longest} days"


#: The part of a site that alarms about posts which lost what they had name, in place of a section or a folder.
READ_AGAIN = "posts that were read again"


class Problem(StrEnum):
    """Why a look at a post gave no article, as far as alarms tell it apart."""

    BLOCKED = "blocked"
    SCRIPTS_ONLY = "scripts only"
    OTHER = "other"


class Reading(NamedTuple):
    """A stored post as it was last read, at `at`; a crawl met it first at `met`. `text` names its text or its cluster: equal
    for equal texts. `parts` are the parts of the site to which it belongs (`core.alarms.parts`). `author_since` is when its
    authors became what they are, or went missing, and `date_since` is the same of its date; `None` says: at the last reading. `shrunk_at` is
    when the publisher cut its text down (`core.alarms.losses`), `None` for a text that is not far shorter than it was."""

    id: int
    at: datetime
    met: datetime
    published: datetime | None
    words: int
    has_author: bool
    confidence: float
    text: str
    parts: tuple[str, ...] = ()
    author_since: datetime | None = None
    date_since: datetime | None = None
    shrunk_at: datetime | None = None


class Look(NamedTuple):
    """The last look at a post that the site lists, which a crawl met first at `met`; `problem` is `None` where it gave an
    article. `parts` as for a `Reading`. `is_emptied` says that the post gave an article before, and that its page is still there."""

    at: datetime
    met: datetime
    problem: Problem | None
    parts: tuple[str, ...] = ()
    is_emptied: bool = False


class Past(NamedTuple):
    """An alarm that was cleared; `settled` where it became the site's way."""

    kind: AlarmKind
    since: datetime
    cleared: datetime
    settled: bool


@dataclass(frozen=True, slots=True)
class History:
    """What an archive knows of a site. Readings, looks and listed posts are in order of time, the oldest first.

    `listed` are the posts that a feed should name, `on_page` those that the front page should.

    `days` are the numbers of posts that came in each 24 hours, counted back from now, `quarters` those of each 6 hours, and
    `last_post` is when the newest came. `listings` are the lists of the site. `standing` are the alarms that stand,
    `told_parts` the part of the site that each is about, where it is about one. `met` is when the archive met the site: what
    was so before is no change. `failed_runs` are the crawls after the last success that could not be made, `failing_since` is when
    the first of them began, and `is_blocked` says whether one of them was kept out.
    """

    readings: Sequence[Reading] = ()
    looks: Sequence[Look] = ()
    listed: Sequence[Listed] = ()
    days: Sequence[int] = ()
    last_post: datetime | None = None
    failing_since: datetime | None = None
    failed_runs: int = 0
    is_blocked: bool = False
    standing: Mapping[AlarmKind, datetime] = field(default_factory=dict)
    told_parts: Mapping[AlarmKind, str] = field(default_factory=dict)
    past: Sequence[Past] = ()
    met: datetime | None = None
    quarters: Sequence[int] = ()
    listings: Sequence[Listing] = ()
    on_page: Sequence[Listed] = ()


class State(Enum):
    """What becomes of an alarm."""

    STANDS = "stands"
    #: The site is as before.
    CLEARED = "cleared"
    #: It stood for `MAX_ALARM_AGE`: the site is no longer as it was before.
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm, and the numbers behind it. `touched` are the articles that it is about, `well` those read since then of
    which it does not hold."""

    kind: AlarmKind
    since: datetime
    evidence: Mapping[str, float | str]
    touched: tuple[int, ...] = ()
    well: tuple[int, ...] = ()
    state: State = State.STANDS

    @property
    def bad_share(self) -> float:
        """The share of bad ones among what was read since, 0 where nothing was: the posts of an alarm may have been erased."""
        return float(self.evidence.get("bad", 0)) / (float(self.evidence.get("readings", 0)) or 1.0)

    @property
    def sentence(self) -> str:
        return sentence(self.kind, self.since, self.evidence)


def sentence(kind: AlarmKind, since: datetime, evidence: Mapping[str, float | str]) -> str:
    """An alarm in words: `no authors since 2026-11-25 09:00 UTC: 4 of the last 4 posts have no author`."""
    words = SENTENCES[kind]
    if kind is AlarmKind.FROZEN_PAGE and "hours" not in evidence:
        words = PAGE_WITHOUT_POSTS
    elif "longest" in evidence:
        words = LONG_PAUSE
    where = f" ({evidence['part']})" if "part" in evidence else ""
    return f"{kind} since {since:%Y-%m-%d %H:%M} UTC{where}: {words.format(**evidence)}"
