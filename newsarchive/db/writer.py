"""The one writer: a thread that commits articles in batches, so that the reactor never waits.

`submit` gives a future that is done when the article is committed: what it acknowledged survives
`kill -9`.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from newsarchive.db.store import Outcome, Store
from newsarchive.exceptions import DatabaseError
from newsarchive.items import Article, Capture

_Waiting = tuple[Article | Capture, "Future[Any]"]


class Writer:
    """Commits submitted articles in one thread, `batch` at a time or after `max_age` seconds.

    `submit` waits while the queue is full, which slows the crawl to the pace of the disk. An article
    that cannot be stored fails its own future alone. After a `DatabaseError` (a full disk, a lost
    server) `failed` holds it and every later future fails with it.
    """

    def __init__(
        self,
        store: Store,
        run_id: int | None = None,
        batch: int = 50,
        max_age: float = 1.0,
        queue_size: int = 1000,
    ) -> None:
        self.store, self.run_id, self.batch, self.max_age = store, run_id, batch, max_age
        self.failed: DatabaseError | None = None
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(queue_size)
        self._closed = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="newsarchive-writer", daemon=True)
        self._thread.start()

    def submit(self, article: Article) -> Future[Outcome]:
        """Queue an article; the future is done when it is committed. Raises where the writer is closed."""
        future: Future[Outcome] = Future()
        self._put(article, future)
        return future

    def submit_capture(self, capture: Capture) -> Future[None]:
        """Queue a capture that no article came of; the future is done when it is logged."""
        future: Future[None] = Future()
        self._put(capture, future)
        return future

    def _put(self, record: Article | Capture, future: Future[Any]) -> None:
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
            try:
                item = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
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
            articles = [record for record, _ in waiting if isinstance(record, Article)]
            captures = [record for record, _ in waiting if isinstance(record, Capture)]
            outcomes = iter(self.store.ingest(articles, self.run_id, captures=captures))
        except DatabaseError as error:
            self.failed = error
            _fail(waiting, error)
        except Exception as error:
            # One bad row rolls the batch back: each by itself, only the bad one is lost.
            if len(waiting) == 1:
                _fail(waiting, error)
            else:
                for one in waiting:
                    self._commit([one])
        else:
            for record, future in waiting:
                future.set_result(next(outcomes) if isinstance(record, Article) else None)


def _fail(waiting: Sequence[_Waiting], error: Exception) -> None:
    for _, future in waiting:
        future.set_exception(error)
