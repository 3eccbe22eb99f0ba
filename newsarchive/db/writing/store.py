"""Writes articles in batches, each in one transaction, and finds stored articles by their normalised URLs.

    store = Store(open_engine(url))
    run = store.start_run("news", {"site": "blog.example"})
    outcomes = store.ingest(articles, run)

An unchanged article gets a new `last_seen_at` and nothing else. A changed text gets another version, a change of another
field a record in `field_changes`.

`Writer` commits articles in a thread of its own, so that the reactor never waits. Its `submit` gives a future that is done
when the article is committed: a finished future survives `kill -9`.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import Engine, insert, update

from newsarchive.core.urls import site_of
from newsarchive.db.archive_state import crawled_site, has_reached, named_folder
from newsarchive.db.engine import reading, writing
from newsarchive.db.frontier.edit_rates import EditRates
from newsarchive.db.models import CrawlRun
from newsarchive.db.rows import VERSION_FIELDS, keys
from newsarchive.db.writing.captures import record
from newsarchive.db.writing.ingest import Batch, ReadAgain, Renew, Storing
from newsarchive.db.writing.packed import PackedArticle, head_of
from newsarchive.db.writing.withhold import lift_due
from newsarchive.exceptions import DatabaseError
from newsarchive.items import Article, Capture
from newsarchive.times import utc_now
from newsarchive.version import VERSION


class Outcome(Enum):
    """What storing an article did."""

    NEW = "new"
    UPDATED = "updated"
    #: The publisher changed nothing, but the page is read in another way now.
    REREAD = "reread"
    UNCHANGED = "unchanged"
    #: The capture is older than what is stored: it has its place in the history now, and the present text stays.
    EARLIER = "earlier"
    #: The article is withheld, and nothing of it was stored.
    WITHHELD = "withheld"


class Reread(NamedTuple):
    """What reading a stored page again changes: its outcome, the text as it was before ("" for a new article), and the
    fields besides the text that differ."""

    outcome: Outcome
    body_before: str
    fields: tuple[str, ...]


class Store:
    """Stores what a crawl brings. Every method is one transaction and raises `DatabaseError`; a failed transaction
    changes nothing.

    `clock` gives the time of an article without a capture. `again` reads the stored bytes of an article, by its id,
    where another extractor read them before, or where the site's template was learned since. `renew` reads an article
    with the template that its site has at the time of storing. `from_files` says that pages were not fetched now: their days alone
    say which of two is the newer one.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], datetime] = utc_now,
        again: ReadAgain | None = None,
        renew: Renew | None = None,
        *,
        from_files: bool = False,
    ) -> None:
        self.engine, self.clock, self.again, self.renew = engine, clock, again, renew
        self.from_files = from_files
        self.rates = EditRates()

    def start_run(self, spider: str, arguments: Mapping[str, Any]) -> int:
        """Record that a crawl begins, and give the run's id. Withheld articles whose day has come are shown again."""
        lift_due(self.engine, self.clock())
        row = {
            "spider": spider,
            "arguments": _jsonable(arguments),
            "started_at": self.clock(),
            "version": VERSION,
            "site": crawled_site(arguments),
            "warc_folder": named_folder(arguments),
        }
        with writing(self.engine) as connection:
            run_id = connection.execute(insert(CrawlRun).values(row).returning(CrawlRun.id)).scalar_one()
        return int(run_id)

    def finish_run(self, run_id: int, finish_reason: str, stats: Mapping[str, Any]) -> None:
        """Record how a crawl ended."""
        row = {
            "finished_at": self.clock(),
            "finish_reason": finish_reason,
            "stats": _jsonable(stats),
            "reached": has_reached(stats),
        }
        with writing(self.engine) as connection:
            connection.execute(update(CrawlRun).where(CrawlRun.id == run_id).values(row))

    def ingest(
        self,
        articles: Sequence[Article | PackedArticle],
        run_id: int | None = None,
        *,
        captures: Sequence[Capture] = (),
        reread: bool = False,
    ) -> list[Outcome]:
        """Store articles in one transaction; gives an outcome for each, in order.

        `captures` are captures without an article. They are logged, so that a better extractor can read them again. `reread`
        says that the articles come from stored bytes: then the publisher caused no change, and no capture is added. With a
        `run_id`, a version of this run is replaced instead of superseded.
        """
        outcomes: list[Outcome] = []
        with writing(self.engine) as connection:
            for batch in _distinct(articles):
                how = Storing(
                    run_id, self.clock(), reread, self.again, self.renew, self.from_files, self.rates
                )
                outcomes += (Outcome(plan.outcome) for plan in Batch(connection, batch, how).store())
            fetched = [(capture, None, capture.fetched_at or self.clock()) for capture in captures]
            record(connection, fetched, run_id)
        return outcomes

    def reread(self, articles: Sequence[Article | PackedArticle], *, dry_run: bool = False) -> list[Reread]:
        """Store articles that were read again from stored bytes, in one transaction; gives what that changes, in order.

        With `dry_run` it only compares and writes nothing.
        """
        found: list[Reread] = []
        with reading(self.engine) if dry_run else writing(self.engine) as connection:
            for batch in _distinct(articles):
                work = Batch(connection, batch, Storing(None, self.clock(), reread=True))
                for plan in work.compare() if dry_run else work.store():
                    if plan.is_outlived:
                        found.append(Reread(Outcome.UNCHANGED, plan.article.article_body, ()))
                        continue
                    stored = plan.stored or {}
                    texts = [name for name in VERSION_FIELDS if stored and plan.texts[name] != stored[name]]
                    fields = [name for name in texts if name != "article_body"]
                    fields += [change.field for change in plan.changes]
                    body_before = stored.get("article_body", "")
                    found.append(Reread(Outcome(plan.outcome), body_before, tuple(fields)))
        return found


def _distinct(articles: Sequence[Article | PackedArticle]) -> Iterator[list[Article | PackedArticle]]:
    """Cut a sequence wherever a page occurs again, so that its first article is stored before the second is compared
    with it."""
    batch: list[Article | PackedArticle] = []
    seen: set[str] = set()
    for given in articles:
        article = head_of(given)
        own = {*keys(article), f"{site_of(article.url)} {article.post_id or article.url}"}
        if own & seen:
            yield batch
            batch, seen = [], set()
        batch.append(given)
        seen |= own
    if batch:
        yield batch


def _jsonable(values: Mapping[str, Any]) -> dict[str, Any]:
    plain = (str, int, float, bool, type(None))
    return {str(key): value if isinstance(value, plain) else str(value) for key, value in values.items()}


_Waiting = tuple[Article | PackedArticle | Capture, "Future[Any]"]


class Writer:
    """Commits submitted articles in a thread of its own: all that wait, up to `batch`, as soon as `enough` wait or the
    first has waited `max_age` seconds.

    `submit` waits while the queue is full, so that the crawl goes no faster than the disk. An article that cannot be stored
    fails only its own future. After a `DatabaseError` (a full disk, a lost server) `failed` has the error, and every
    later future fails with it. `sync` is called before each commit: it writes the bytes of the pages to the disk,
    because a commit that survives a power cut must not name bytes that were lost.
    """

    def __init__(
        self,
        store: Store,
        run_id: int | None = None,
        batch: int = 50,
        max_age: float = 1.0,
        queue_size: int = 1000,
        enough: int | None = None,
        sync: Callable[[], None] = lambda: None,
    ) -> None:
        self.store, self.run_id, self.batch, self.max_age = store, run_id, batch, max_age
        self.enough = enough or batch
        self.sync = sync
        self.failed: DatabaseError | None = None
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(queue_size)
        self._closed = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="newsarchive-writer", daemon=True)
        self._thread.start()

    def submit(self, article: Article | PackedArticle) -> Future[Outcome]:
        """Queue an article; the future is done when it is committed. Raises where the writer is closed."""
        future: Future[Outcome] = Future()
        self._put(article, future)
        return future

    def submit_capture(self, capture: Capture) -> Future[None]:
        """Queue a capture without an article; the future is done when it is logged."""
        future: Future[None] = Future()
        self._put(capture, future)
        return future

    def _put(self, record: Article | PackedArticle | Capture, future: Future[Any]) -> None:
        with self._lock:
            if self._closed:
                raise DatabaseError("the writer is closed: this page was not stored")
            self._queue.put((record, future))

    def close(self) -> None:
        """Commit what waits and end the thread. Closing twice does nothing."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        going = True
        while going:
            waiting, going = self._gather()
            waiting = [(a, f) for a, f in waiting if f.set_running_or_notify_cancel()]
            if waiting:
                self._commit(waiting)

    def _gather(self) -> tuple[list[_Waiting], bool]:
        """The next batch, and whether there may be another."""
        first = self._queue.get()
        if first is None:
            return [], False
        waiting = [first]
        deadline = time.monotonic() + self.max_age
        while len(waiting) < self.batch:
            left = deadline - time.monotonic() if len(waiting) < self.enough else 0.0
            try:
                item = self._queue.get(timeout=max(0.0, left))
            except queue.Empty:
                break
            if item is None:
                return waiting, False
            waiting.append(item)
        return waiting, True

    def _commit(self, waiting: Sequence[_Waiting]) -> None:
        if self.failed is not None:
            _fail(waiting, self.failed)
            return
        try:
            articles = [record for record, _ in waiting if not isinstance(record, Capture)]
            captures = [record for record, _ in waiting if isinstance(record, Capture)]
            self.sync()
            outcomes = iter(self.store.ingest(articles, self.run_id, captures=captures))
        except DatabaseError as error:
            self.failed = error
            _fail(waiting, error)
        except Exception as error:
            # One bad row rolls the whole batch back. Stored one by one, only the bad row is lost.
            if len(waiting) == 1:
                _fail(waiting, error)
            else:
                for one in waiting:
                    self._commit([one])
        else:
            for record, future in waiting:
                future.set_result(None if isinstance(record, Capture) else next(outcomes))


def _fail(waiting: Sequence[_Waiting], error: Exception) -> None:
    for _, future in waiting:
        future.set_exception(error)
