"""Where the pages of a crawl are read: in worker processes, or in one thread of the crawl's own process.

A page is looked at for its spider (`core.discovery.page_kind`) and read for `pipelines.WorkersPipeline`; both come through
the `PageReader` of their crawl. A whole post is also read in the job that looks at it, and the result waits for the
pipeline. Neither blocks the reactor, and with worker processes neither can hang.

`articles_wanted` says who wants the articles of a crawl besides its archive. Where nobody does, worker processes hand over
only what is stored.

    scrapy crawl news -a url=https://blog.example                      # nobody
    scrapy crawl news -a url=https://blog.example -O articles.json     # Scrapy's feeds

Others that want them are a pipeline of another project behind ours, a listener to `item_scraped`, and a log formatter
of one's own. Any other listener is assumed to want them.
"""

from __future__ import annotations

import asyncio
import logging
import pickle
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any

from pydispatch.dispatcher import getAllReceivers, liveReceivers
from scrapy import signals

from newsarchive import plugins
from newsarchive import rules as rules_module
from newsarchive.config import AUTO
from newsarchive.core.discovery.page_kind import FirstLook
from newsarchive.core.site_template.model import Template
from newsarchive.core.urls import site_of
from newsarchive.db.writing.packed import PackedArticle, with_capture
from newsarchive.exceptions import NewsArchiveError, NotAnArticle
from newsarchive.items import Article, Capture, DropReason
from newsarchive.workers import worker
from newsarchive.workers.pool import Closed, Died, NotStarted, Shared, TooSlow, WorkerPool
from newsarchive.workers.pool import cores as cores
from newsarchive.workers.worker import MAX_PAGE_SECONDS, Look, Looked, PageJob, ReadPage

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings

logger = logging.getLogger(__name__)

#: Worker processes of `auto`, at most. A page takes the crawl's own process about half the time that it takes a worker,
#: so that more than three would wait for it. With two on two cores, 300 real pages took three quarters of the time that
#: they took with one.
MAX_AUTO_WORKERS = 3
#: Pages that were read and that no pipeline has asked for yet. A crawl has 8 under way. More wait only where another
#: project's pipeline holds pages back; then those that came first are forgotten, and are read again when they are asked
#: for.
MAX_PAGES_AHEAD = 32
#: The thread that reads pages where no worker process does. It is one thread, because several would only take turns,
#: and not the reactor's, which a large page would stop for a second.
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


class SiteTemplate:
    """The template of a site as it was loaded; `version` is another number after each loading."""

    _numbers = count(1)

    def __init__(self, template: Template) -> None:
        self.template, self.version = template, next(self._numbers)

    @cached_property
    def shared(self) -> Shared:
        """The template as a worker process is sent it."""
        packed = pickle.dumps(self.template, pickle.HIGHEST_PROTOCOL)
        return Shared(self.template.site, self.version, packed)


async def no_template(site: str) -> SiteTemplate | None:
    """The template of any site in a crawl that learns none."""
    return None


class PageReader:
    """Reads in up to `workers` processes, and without processes in a thread.

    A crawl that expects fewer than `first_page` pages begins in a thread, and goes on in processes after that many.
    `reads_ahead` says that a pipeline will ask for the posts that are looked at, `template` gives what is known of a site,
    `packs` says that articles go to nobody but the writer, and `refused` gives the kinds of pages that are no articles
    where the spider does not look at its pages (`worker.PageJob`).
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
        reads_ahead: bool = False,
        expected: Callable[[], int] = int,
        template: Callable[[str], Awaitable[SiteTemplate | None]] = no_template,
        packs: Callable[[], bool] = bool,
        refused: Callable[[], frozenset[DropReason]] = frozenset,
    ) -> None:
        self.rules, self.steps = rules_module.default(folder), plugins.steps(phrases)
        self.pool: WorkerPool | None = None
        if workers:
            arguments = (folder, tuple(phrases), keep_readings)
            self.pool = WorkerPool(workers, "newsarchive.workers.worker:Worker", arguments, seconds)
        self.keep_readings, self.reads_ahead = keep_readings, reads_ahead
        self.template, self.packs, self.refused = template, packs, refused
        #: Pages that were read, and those that this process reads at first where no more are `expected`.
        self.pages, self.first_page, self.expected = 0, first_page, expected
        #: Whether no process could be started.
        self.broken = False
        #: URL → a capture as it was looked at, and what it was read as then
        self.ahead: OrderedDict[str, tuple[Capture, ReadPage | NotAnArticle]] = OrderedDict()

    @property
    def has_processes(self) -> bool:
        """Whether worker processes read the next page."""
        if self.pool is None or self.broken:
            return False
        return max(self.pages, self.expected()) >= self.first_page

    async def look(
        self, capture: Capture, *, asks: bool = True, overruled: frozenset[str] = frozenset()
    ) -> FirstLook:
        """What a page shows at first, asked as `worker.Look` says. Raises `NotAnArticle` as `do` does."""
        looked: Looked = await self.do(Look(capture, asks, overruled, self.reads_ahead, self.packs()))
        if looked.read is not None:
            self.ahead[capture.url] = capture, looked.read
            if len(self.ahead) > MAX_PAGES_AHEAD:
                self.ahead.popitem(last=False)
        return looked.look

    async def read(self, capture: Capture) -> Article | PackedArticle:
        """The article of a page. Raises `NotAnArticle`, and as `do` does.

        The result from when it was looked at counts, unless another project has changed the capture since.
        """
        try:
            before, page = self.ahead.pop(capture.url, (None, None))
            if page is None or replace(capture, place=None) != before:
                page = await self.do(PageJob(capture, self.packs(), self.refused()))
        finally:
            self.pages += 1
        if isinstance(page, NotAnArticle):
            raise page
        capture = replace(capture, **page.changed)
        if isinstance(page.article, PackedArticle) and capture.place is not None:
            capture = capture.without_body()  # the writer needs the place of the bytes alone
        return with_capture(page.article, capture)

    async def do(self, job: PageJob | Look) -> Any:
        """What a worker process makes of a job, or where none is at work a thread: see `worker.done`.

        Raises `NotAnArticle`, also for a page that is too slow, makes the core raise an error, or kills its process, and
        `Closed`.
        """
        template = await self.template(site_of(job.capture.url))
        known = template.template if template else None
        alone = (worker.done, job, known, self.rules, self.steps, self.keep_readings)
        if self.pool is None or not self.has_processes:
            return await in_reading_thread(*alone)
        shared = template.shared if template else None
        try:
            return await asyncio.wrap_future(self.pool.submit(job, shared))
        except NotStarted as error:
            if not self.broken:
                logger.warning("%s; the crawl reads its pages itself, one after the other", error)
            self.broken = True
            return await in_reading_thread(*alone)
        except TooSlow as error:
            raise NotAnArticle(DropReason.TOO_SLOW, str(error)) from error
        except Died as error:
            raise NotAnArticle(DropReason.CRASHED, str(error)) from error
        except (NewsArchiveError, Closed):
            raise
        except Exception as error:
            raise crashed(error) from error

    async def close(self, seconds: float) -> None:
        """End all processes; those at work get `seconds` to finish."""
        if self.pool is not None:
            await asyncio.to_thread(self.pool.close, seconds)


#: The attribute of a crawler that holds its reader. The reader knows its crawl in turn, so a table of all readers would keep each
#: crawl that a program has made.
_READER = "newsarchive_reader"


def reader_of(crawler: Crawler) -> PageReader:
    """The reader of a crawl: the one that its `WorkersPipeline` made, else one without processes."""
    if not hasattr(crawler, _READER):
        settings = crawler.settings
        folder, phrases = settings.get("NEWSARCHIVE_RULES") or "", settings.getlist("NEWSARCHIVE_STEPS")
        set_reader(crawler, PageReader(folder, phrases))
    reader: PageReader = getattr(crawler, _READER)
    return reader


def set_reader(crawler: Crawler, reader: PageReader) -> None:
    """Have a crawl's spider look at pages where its pipeline reads them."""
    setattr(crawler, _READER, reader)


def worker_count(settings: BaseSettings) -> int:
    """The number of worker processes that `NEWSARCHIVE_WORKERS` allows; for `auto` it is the number of cores, up to
    three.

    With `auto`, a machine with one core has no worker process: it would only take turns with the crawl's own process.
    """
    wanted = settings.get("NEWSARCHIVE_WORKERS") or 0
    if wanted != AUTO:
        return int(wanted)
    return min(cores(), MAX_AUTO_WORKERS) if cores() > 1 else 0


#: Modules that listen to `item_scraped` and need no more of an item than a packed article has.
COUNTING = frozenset(
    [
        "scrapy.extensions.corestats",
        "scrapy.extensions.closespider",
        "newsarchive.middlewares",
        "newsarchive.extensions.alarms",
        "newsarchive.spiders.warc",
    ]
)
#: The module of Scrapy's own log formatter. It prints an item by its `repr`, which a packed article has like an
#: article.
PLAIN_LOG = "scrapy.logformatter"


def articles_wanted(crawler: Crawler, behind: Iterable[object], own: Iterable[type]) -> bool:
    """Whether anybody but the writer wants the articles: one of the pipelines `behind` that is not among our `own`, or
    anyone else. Ask only when all components of the crawl exist."""
    if any(type(pipeline) not in own for pipeline in behind):
        return True
    for listener in liveReceivers(getAllReceivers(crawler.signals.sender, signals.item_scraped)):
        owner = getattr(listener, "__self__", None)  # of a method
        if (listener if owner is None else type(owner)).__module__ not in COUNTING:
            return True
    return type(crawler.logformatter).__module__ != PLAIN_LOG
