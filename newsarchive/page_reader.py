"""Where the pages of a crawl are read: in worker processes, or in one thread of the crawl's own process.

A page is looked at by its spider (`core.discovery.first_look`) and read by `pipelines.WorkersPipeline`; both come through
the `PageReader` of their crawl. Neither blocks the reactor, and with worker processes neither can hang.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from newsarchive import plugins, worker_pool
from newsarchive import rules as rules_module
from newsarchive.config import AUTO
from newsarchive.core.discovery.first_look import FirstLook, LookAt, first_look
from newsarchive.exceptions import NewsArchiveError, NotAnArticle
from newsarchive.items import DropReason
from newsarchive.worker import MAX_PAGE_SECONDS
from newsarchive.worker_pool import Shared, WorkerPool

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

logger = logging.getLogger(__name__)

#: Worker processes of `auto`, at most. A page takes the crawl's own process about half the time that it takes a worker,
#: so that more than three would wait for it. With two on two cores, 300 real pages took three quarters of the time that
#: they took with one.
MAX_AUTO_WORKERS = 3
#: Reads pages where no worker process does: one after the other, since they would only take turns, and not in the
#: reactor, which one large page would stop for a second.
_reading = ThreadPoolExecutor(1, "newsarchive-reading")


async def in_reading_thread(read: Callable[..., Any], *arguments: Any) -> Any:
    """What `read` gives, called in the thread that reads the pages of this process. Raises as `PageReader.do` does."""
    try:
        return await asyncio.get_running_loop().run_in_executor(_reading, read, *arguments)
    except NewsArchiveError:
        raise
    except Exception as error:
        raise crashed(error) from error


def crashed(error: Exception) -> NotAnArticle:
    """The refusal of a page on which the core raised an error: the fault is ours, and costs this page alone."""
    logger.info("a page made the core raise an error", exc_info=error)
    return NotAnArticle(DropReason.CRASHED, " ".join(f"{type(error).__name__}: {error}".split()))


class PageReader:
    """Reads in up to `workers` processes, and without processes in a thread.

    A crawl that expects fewer than `first_page` pages begins in a thread, and goes on in processes after that many.
    """

    def __init__(
        self,
        folder: str = "",
        phrases: Sequence[str] = (),
        *,
        workers: int = 0,
        seconds: float = MAX_PAGE_SECONDS,
        first_page: int = 0,
        keep_readings: bool = False,
        expected: Callable[[], int] = int,
    ) -> None:
        self.rules, self.steps = rules_module.default(folder), plugins.steps(phrases)
        self.pool: WorkerPool | None = None
        if workers:
            arguments = (folder, tuple(phrases), keep_readings)
            self.pool = WorkerPool(workers, "newsarchive.worker:Worker", arguments, seconds)
        self.keep_readings = keep_readings
        #: Pages that were read, and those that this process reads at first where no more are `expected`.
        self.pages, self.first_page, self.expected = 0, first_page, expected
        #: Whether no process could be started.
        self.broken = False

    @property
    def has_processes(self) -> bool:
        """Whether worker processes read the next page."""
        if self.pool is None or self.broken:
            return False
        return max(self.pages, self.expected()) >= self.first_page

    async def look(self, page: LookAt) -> FirstLook:
        """What a page shows at first. Raises `NotAnArticle` as `do` does."""
        looked: FirstLook = await self.do(page, first_look, page, self.rules)
        return looked

    async def do(
        self, job: Any, alone: Callable[..., Any], *arguments: Any, shared: Shared | None = None
    ) -> Any:
        """What a worker process makes of a job, or where none is at work `alone(*arguments)`.

        Raises `NotAnArticle`, also for a page that is too slow, makes the core raise an error, or kills its process, and
        `worker_pool.Closed`.
        """
        if self.pool is None or not self.has_processes:
            return await in_reading_thread(alone, *arguments)
        try:
            return await asyncio.wrap_future(self.pool.submit(job, shared))
        except worker_pool.NotStarted as error:
            if not self.broken:
                logger.warning("%s; the crawl reads its pages itself, one after the other", error)
            self.broken = True
            return await in_reading_thread(alone, *arguments)
        except worker_pool.TooSlow as error:
            raise NotAnArticle(DropReason.TOO_SLOW, str(error)) from error
        except worker_pool.Died as error:
            raise NotAnArticle(DropReason.CRASHED, str(error)) from error
        except (NewsArchiveError, worker_pool.Closed):
            raise
        except Exception as error:
            raise crashed(error) from error

    async def close(self, seconds: float) -> None:
        """End all processes; those at work get `seconds` to finish."""
        if self.pool is not None:
            await asyncio.to_thread(self.pool.close, seconds)


_readers: WeakKeyDictionary[Crawler, PageReader] = WeakKeyDictionary()


def reader_of(crawler: Crawler) -> PageReader:
    """The reader of a crawl: the one that its `WorkersPipeline` made, else one without processes."""
    if crawler not in _readers:
        settings = crawler.settings
        folder, phrases = settings.get("NEWSARCHIVE_RULES") or "", settings.getlist("NEWSARCHIVE_STEPS")
        _readers[crawler] = PageReader(folder, phrases)
    return _readers[crawler]


def set_reader(crawler: Crawler, reader: PageReader) -> None:
    """Have a crawl's spider look at pages where its pipeline reads them."""
    _readers[crawler] = reader


def worker_count(settings: BaseSettings) -> int:
    """The worker processes that `NEWSARCHIVE_WORKERS` allows: a number, or for `auto` the cores, up to three.

    A machine of one core has none with `auto`: they would take turns with the crawl's own process.
    """
    wanted = settings.get("NEWSARCHIVE_WORKERS") or 0
    if wanted != AUTO:
        return int(wanted)
    return min(cores(), MAX_AUTO_WORKERS) if cores() > 1 else 0


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
