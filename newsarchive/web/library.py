"""What every page has at hand: the archive's engine, counts that are made in the background, and the options of the server."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from newsarchive.db.reading import (
    articles,
    browse,
    changes,
    coverage,
    lineage,
    publishers,
    search,
    statistics,
)
from newsarchive.db.reading.articles import Stored
from newsarchive.db.reading.changes import Happened, Happening
from newsarchive.db.reading.search import Filters, Hit, Paging
from newsarchive.db.reading.statistics import Facets, Stats
from newsarchive.db.readonly import reading
from newsarchive.exceptions import Damaged, DatabaseError, NoSuchArticle
from newsarchive.web.render import Frame

if TYPE_CHECKING:
    from sqlalchemy import Engine

#: For this many seconds after a change, a further change may not show in the times of the archive's files. So long the
#: archive does not count as unchanged.
SETTLING_SECONDS = 2.0
#: Age in days up to which a change counts as new on the front page.
NEW_DAYS = 7
#: Changes that the front page shows.
MAX_NEW_CHANGES = 8
#: The counts of this many searches, the last ones, are remembered.
MAX_SPREADS = 200


@dataclass(frozen=True, slots=True)
class Overview:
    """What the archive holds, and when that was counted."""

    stats: Stats
    stories: list[browse.Story]
    counted_at: datetime


@dataclass(frozen=True, slots=True)
class Week:
    """The newest changes since a day, and how many there are of each kind."""

    since: date
    changes: list[Happened]
    counts: dict[Happening, int]


@dataclass(frozen=True, slots=True)
class State:
    """A state of the archive: a text that differs after each commit, and when this server met it."""

    key: str
    met_at: datetime


class Library:
    """An archive to read from, and the counts over it that are made in the background.

    `base_url` is the public address of the front page without its last slash, "" where it is not known. A reader who
    gives the `token` may judge what is in quarantine; with "" nobody may. Every reader is asked for the `password`,
    unless it is "".
    """

    def __init__(
        self,
        engine: Engine,
        frame: Frame = Frame(),  # noqa: B008 - frozen
        *,
        base_url: str = "",
        password: str = "",
        token: str = "",
    ) -> None:
        self.engine, self.frame = engine, frame
        self.base_url, self.password, self.token = base_url, password, token
        self.overview: BackgroundCache[Overview] = BackgroundCache(
            lambda _: Overview(statistics.stats(engine), browse.stories(engine), datetime.now(UTC))
        )
        self.sites: BackgroundCache[browse.SiteFigures | None] = BackgroundCache(
            lambda domain: browse.site(engine, str(domain))
        )
        self.weeks: BackgroundCache[list[coverage.Span]] = BackgroundCache(
            lambda _: coverage.weeks(engine, until=datetime.now(UTC).date())
        )
        self.week: BackgroundCache[Week] = BackgroundCache(self._week)
        self.change_counts: BackgroundCache[dict[Happening, int]] = BackgroundCache(self._change_counts)
        self.pairs: BackgroundCache[list[publishers.Republication]] = BackgroundCache(
            lambda _: publishers.republications(engine)
        )
        self.credits: BackgroundCache[list[lineage.Republished]] = BackgroundCache(
            lambda _: lineage.origins(engine)
        )
        self._state: State | None = None
        self._lock = Lock()
        self._spreads: dict[tuple[str, str, Filters], Facets] = {}

    def article(self, which: str | int) -> Stored:
        """The one place where a page gets an article. Raises `NoSuchArticle`."""
        return articles.get(self.engine, which)

    def search(self, words: str, narrowed: Filters, paging: Paging) -> tuple[list[Hit], Facets]:
        """A page of results, and the counts of all matches, which are remembered until the archive changes."""
        state = self.state()
        key = (state.key if state else "", words, narrowed)
        with self._lock:
            known = self._spreads.get(key) if state else None
        hits = search.search(self.engine, words, narrowed, paging)
        if known:
            return hits, known
        spread = statistics.facets(self.engine, words, narrowed)
        if state:
            with self._lock:
                self._spreads[key] = spread
                while len(self._spreads) > MAX_SPREADS:
                    self._spreads.pop(next(iter(self._spreads)))
        return hits, spread

    def state(self) -> State | None:
        """The state of the archive; `None` where it changed so recently that a further change might not show."""
        with reading(self.engine) as reader:
            key, changed_at = reader.dialect.state(reader)
        with self._lock:
            if self._state is None or self._state.key != key:
                self._state = State(key, datetime.now(UTC))
            known = self._state
        age = time.time() - max(changed_at, known.met_at.timestamp())
        return known if age > SETTLING_SECONDS else None

    def _week(self, _: Hashable) -> Week:
        since = datetime.now(UTC).date() - timedelta(days=NEW_DAYS)
        found = changes.changes(self.engine, since=since, limit=MAX_NEW_CHANGES)
        return Week(since, found, changes.counts(self.engine, since=since) if found else {})

    def _change_counts(self, key: Hashable) -> dict[Happening, int]:
        site, since, until = cast("tuple[str, date | None, date | None]", key)
        return changes.counts(self.engine, site=site, since=since, until=until)


T = TypeVar("T")

log = logging.getLogger(__name__)

#: Seconds for which a value is given without being made again.
MIN_AGE_SECONDS = 30.0
#: The same as a multiple of the seconds that it took to make the value; the longer of the two counts. So counting takes
#: a twentieth of one core at most, however large the archive is.
MIN_AGE_IN_COSTS = 20.0
#: Values that are kept, one for each site; with more, the value that was asked for longest ago is dropped.
MAX_VALUES = 500


@dataclass
class _Entry(Generic[T]):
    value: T | None = None
    made_at: float = 0.0
    cost: float = 0.0
    running: bool = False
    done: threading.Event = field(default_factory=threading.Event)

    def is_old(self, now: float) -> bool:
        return now - self.made_at > max(MIN_AGE_SECONDS, MIN_AGE_IN_COSTS * self.cost)


class BackgroundCache(Generic[T]):
    """Values by key, each made by `make(key)` in a thread; readers get the last value at once."""

    def __init__(self, make: Callable[[Hashable], T], clock: Callable[[], float] = time.monotonic) -> None:
        self._make, self._clock = make, clock
        self._entries: dict[Hashable, _Entry[T]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable = None, wait: float = 1.0) -> T | None:
        """The value, an old one while a new one is made; `None` where the first takes longer than `wait` seconds.

        A `DatabaseError` or `Damaged` of `make` is logged, and the next call tries again.
        """
        with self._lock:
            entry = self._entries.pop(key, None) or _Entry()
            self._entries[key] = entry  # the newest last
            while len(self._entries) > MAX_VALUES:
                self._entries.pop(next(iter(self._entries)))
            start = not entry.running and (entry.value is None or entry.is_old(self._clock()))
            if start:
                entry.running = True
                entry.done = threading.Event()
        if start:
            threading.Thread(target=self._fill, args=(key, entry), daemon=True).start()
        if entry.value is None:
            entry.done.wait(wait)
        return entry.value

    def _fill(self, key: Hashable, entry: _Entry[T]) -> None:
        before = self._clock()
        try:
            entry.value = self._make(key)
        except NoSuchArticle:
            pass  # a reader typed the name of a site that is not here, which the page says
        except (DatabaseError, Damaged) as error:
            log.warning("%s", error)
        finally:
            entry.made_at = self._clock()
            entry.cost = entry.made_at - before
            entry.running = False
            entry.done.set()
