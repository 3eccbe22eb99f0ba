"""Writing articles: one transaction a batch, everything found again by its normalised URL.

    store = Store(open_engine(url))
    run = store.start_run("news", {"site": "blog.example"})
    outcomes = store.ingest(articles, run)

What is unchanged gets a new `last_seen_at` and nothing else; a changed text gets another revision, a change of
another field a record of its own (`fieldchanges`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from sqlalchemy import Engine, insert, update

from newsarchive.core.urls import site_of
from newsarchive.db.captures import record
from newsarchive.db.engine import writing
from newsarchive.db.ingest import Batch, ReadAgain
from newsarchive.db.models import CrawlRun
from newsarchive.db.rows import keys
from newsarchive.items import Article, Capture
from newsarchive.version import VERSION


class Outcome(Enum):
    """What became of an article in the archive."""

    NEW = "new"
    UPDATED = "updated"
    #: A page that came again, whose publisher changed nothing: it is our reading that is another.
    REREAD = "reread"
    UNCHANGED = "unchanged"


def _now() -> datetime:
    return datetime.now(UTC)


class Store:
    """The archive as a crawl writes to it.

    `clock` gives the time of an article that has no capture, `again` reads the stored bytes of an article, by its id,
    for one that another extractor read. Every method is one transaction and
    raises `DatabaseError`; nothing of a failed one is kept.
    """

    def __init__(
        self, engine: Engine, clock: Callable[[], datetime] = _now, again: ReadAgain | None = None
    ) -> None:
        self.engine, self.clock, self.again = engine, clock, again

    def start_run(self, spider: str, arguments: Mapping[str, Any]) -> int:
        """Record that a crawl begins; gives the run's id."""
        row = {
            "spider": spider,
            "arguments": _jsonable(arguments),
            "started_at": self.clock(),
            "version": VERSION,
        }
        with writing(self.engine) as connection:
            run_id = connection.execute(insert(CrawlRun).values(row).returning(CrawlRun.id)).scalar_one()
        return int(run_id)

    def finish_run(self, run_id: int, finish_reason: str, stats: Mapping[str, Any]) -> None:
        """Record how a crawl ended."""
        row = {"finished_at": self.clock(), "finish_reason": finish_reason, "stats": _jsonable(stats)}
        with writing(self.engine) as connection:
            connection.execute(update(CrawlRun).where(CrawlRun.id == run_id).values(row))

    def ingest(
        self,
        articles: Sequence[Article],
        run_id: int | None = None,
        *,
        captures: Sequence[Capture] = (),
        reread: bool = False,
    ) -> list[Outcome]:
        """Store articles in one transaction; gives an outcome for each, in order.

        `captures` are those that no article came of: they are logged, so that a better extractor
        can read them again. `reread` says that they come from stored bytes: a change is then no publisher's, and no
        capture is added; with a `run_id`, a version that this run made is replaced instead of superseded.
        """
        outcomes: list[Outcome] = []
        with writing(self.engine) as connection:
            for batch in _distinct(articles):
                work = Batch(connection, batch, run_id, self.clock(), reread, self.again)
                outcomes += map(Outcome, work.store())
            fetched = [(capture, None, capture.fetched_at or self.clock()) for capture in captures]
            record(connection, fetched, run_id)
        return outcomes


def _distinct(articles: Sequence[Article]) -> Iterator[list[Article]]:
    """Cut a sequence where a page comes again, so that the second sees what the first stored."""
    batch: list[Article] = []
    seen: set[str] = set()
    for article in articles:
        own = {*keys(article), f"{site_of(article.url)} {article.post_id or article.url}"}
        if own & seen:
            yield batch
            batch, seen = [], set()
        batch.append(article)
        seen |= own
    if batch:
        yield batch


def _jsonable(values: Mapping[str, Any]) -> dict[str, Any]:
    plain = (str, int, float, bool, type(None))
    return {str(key): value if isinstance(value, plain) else str(value) for key, value in values.items()}
