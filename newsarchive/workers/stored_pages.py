"""Reads stored pages again from their raw bytes, in worker processes or in this one, and fetches nothing.

    with StoredPages("news-warc", workers=2) as pages:
        for page in pages.read(captures, template_of):      # in the order of the captures
            print(page.article or page.dropped or page.problem)

Re-extraction, learning and a crawl that compares old bytes with new ones all read stored pages here. A page that takes too
long, or kills two processes, is a failure of its own and costs no other page. Importable without Scrapy and SQLAlchemy: a
worker process needs neither.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain, islice
from typing import NamedTuple, Self

from newsarchive import plugins, rules
from newsarchive.core import steps as core_steps
from newsarchive.core.assembly.post import FILLABLE
from newsarchive.core.discovery.page_kind import page_kind
from newsarchive.core.discovery.shown import Shown
from newsarchive.core.encoding.decoding import decode_step
from newsarchive.core.extraction.agreement import usable
from newsarchive.core.site_template.model import Template
from newsarchive.core.steps import Steps
from newsarchive.db.writing.packed import PackedArticle, packed, with_capture
from newsarchive.exceptions import DatabaseError, NotAnArticle, StepFailed
from newsarchive.items import Article, Capture, Kept
from newsarchive.warc import reader
from newsarchive.warc.files import Folder, folders, locate
from newsarchive.workers.collector import set_up_collector
from newsarchive.workers.pool import Closed, Died, NotStarted, Shared, TooSlow, WorkerPool
from newsarchive.workers.worker import MAX_PAGE_SECONDS, MIN_PAGES_FOR_WORKERS, template_of

logger = logging.getLogger(__name__)

#: Pages that are handed out for each process before their results are taken. With fewer, the processes wait while fifty
#: articles are written. A result that waits takes 100 KB.
MAX_PAGES_AHEAD = 16


class ReadFailure(StrEnum):
    """Why a stored page could not be read."""

    #: Its bytes are not where the archive says, or are damaged.
    NO_BYTES = "raw bytes missing or damaged"
    #: It took longer than a page may take.
    TOO_SLOW = "too slow"
    #: Two processes died in reading it.
    CRASHED = "crashed"
    #: A step of another project raised an error on it.
    STEP_FAILED = "step failed"
    #: A step of newsarchive raised an error on it.
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class StoredPage:
    """The result of reading a capture: an article, or `dropped` (an `items.DropReason`) where it holds none, or a
    `failure` with the `problem` in words."""

    kept: Kept
    article: Article | PackedArticle | None = None
    dropped: str = ""
    failure: ReadFailure | None = None
    problem: str = ""


class _StoredJob(NamedTuple):
    """A capture to read. `packs` says that nobody but the writer wants the article: it then comes as the writer needs it."""

    kept: Kept
    packs: bool


class StoredPageReader:
    """Reads one page after the other by the rules of a folder and the setting `steps`. Raises `BadRules` and `UsageError`."""

    def __init__(
        self, folder: Folder, rules_folder: str | None = None, steps: Sequence[str] | Steps = ()
    ) -> None:
        self.folder, self.rules = folders(folder), rules.default(rules_folder or "")
        self.steps: Steps = plugins.steps(steps) if isinstance(steps, Sequence) else steps

    def __call__(self, job: _StoredJob, template: bytes | None) -> StoredPage:
        """What a worker process does with a job and a pickled template."""
        return self.read(job.kept, template_of(template) if template else None, job.packs)

    def read(self, kept: Kept, template: Template | None = None, packs: bool = False) -> StoredPage:
        """The page of a capture by the template of its site, or by none. It has no bytes any more. Raises nothing."""
        try:
            capture = stored_capture(self.folder, kept)
            if kept.was_refused:  # as the spider judges: the steps would read a list or an imprint as a text
                text = decode_step(capture, self.rules).text
                kind = page_kind(Shown(text, capture.base_url), self.rules)
                stands_in = kind.reason in FILLABLE and usable(capture.source_text)
                if kind.reason and not stands_in:
                    return StoredPage(kept, dropped=kind.reason)
            article = core_steps.article_from(capture, self.rules, self.steps)
            if template is not None:
                article = core_steps.templated(article, template, self.rules, self.steps)
            ready = packed(article) if packs else article
        except DatabaseError as error:
            return StoredPage(kept, failure=ReadFailure.NO_BYTES, problem=str(error))
        except StepFailed as error:  # the page is not at fault: it is read again when the step is repaired
            return StoredPage(kept, failure=ReadFailure.STEP_FAILED, problem=f"{kept.url}: {error}")
        except NotAnArticle as error:
            return StoredPage(kept, dropped=error.reason)
        except Exception as error:  # one page that the core cannot take costs no other page
            return _broken(kept, error)
        return StoredPage(kept, with_capture(ready, article.capture and article.capture.without_body()))


def in_process(folder: Folder, rules_folder: str | None, steps: Sequence[str]) -> StoredPageReader:
    """The reader of a worker process, whose garbage collector is set up for pages."""
    set_up_collector()
    return StoredPageReader(folder, rules_folder, steps)


class StoredPages:
    """Reads stored pages in up to `workers` processes; with 0, or where none can be started, in this process.

    `seconds` is the CPU time that a page may take in a worker process.
    """

    def __init__(
        self,
        folder: Folder,
        rules_folder: str | None = None,
        steps: Sequence[str] = (),
        *,
        workers: int = 0,
        seconds: float = MAX_PAGE_SECONDS,
    ) -> None:
        self.alone = StoredPageReader(folder, rules_folder, steps)
        self.ahead = MAX_PAGES_AHEAD * workers
        self.pool: WorkerPool | None = None
        if workers:
            arguments = (folders(folder), rules_folder, tuple(steps))
            self.pool = WorkerPool(workers, "newsarchive.workers.stored_pages:in_process", arguments, seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End all processes. Pages that are being read are given up."""
        if self.pool is not None:
            self.pool.close(0)

    def read(
        self,
        captures: Iterable[Kept],
        template: Callable[[Kept], Shared | None] = lambda kept: None,
        *,
        packs: bool = False,
    ) -> Iterator[StoredPage]:
        """The page of each capture, in their order, by the pickled template of its site, or by none.

        Fewer than `MIN_PAGES_FOR_WORKERS` are read in this process, unless others run already.
        """
        rest = iter(captures)
        first = list(islice(rest, MIN_PAGES_FOR_WORKERS))
        jobs = ((_StoredJob(kept, packs), template(kept)) for kept in chain(first, rest))
        is_short = len(first) < MIN_PAGES_FOR_WORKERS
        if self.pool is None or (is_short and not self.pool.processes()):
            yield from (self.alone(job, shared and shared.value) for job, shared in jobs)
            return
        waiting: deque[tuple[_StoredJob, Shared | None, Future[StoredPage] | None]] = deque()
        while True:
            for job, shared in islice(jobs, self.ahead - len(waiting)):
                waiting.append((job, shared, self.pool.submit(job, shared) if self.pool else None))
            if not waiting:
                return
            yield self._result(*waiting.popleft())

    def _result(
        self, job: _StoredJob, shared: Shared | None, future: Future[StoredPage] | None
    ) -> StoredPage:
        kept = job.kept
        try:
            return future.result() if future is not None else self.alone(job, shared and shared.value)
        except TooSlow as error:
            return StoredPage(kept, failure=ReadFailure.TOO_SLOW, problem=f"{kept.url}: {error}")
        except Died as error:
            return StoredPage(kept, failure=ReadFailure.CRASHED, problem=f"{kept.url}: {error}")
        except (NotStarted, Closed) as error:
            if self.pool is not None:
                logger.warning("%s; this process reads its pages itself, one after the other", error)
                self.close()
                self.pool = None
            return self.alone(job, shared and shared.value)
        except Exception as error:  # its answer cannot be sent
            return _broken(kept, error)


def _broken(kept: Kept, error: Exception) -> StoredPage:
    return StoredPage(kept, failure=ReadFailure.ERROR, problem=f"{kept.url}: {type(error).__name__}: {error}")


def stored_capture(folder: Folder, kept: Kept) -> Capture:
    """The capture as the crawl had it: under the URL that was asked for, with its parts and its source's text.

    Raises `DatabaseError` where its bytes are not there, or are damaged.
    """
    payload = (locate(folder, kept.payload.file), kept.payload.offset)
    place = kept.place
    read = reader.read_capture(folder, place.file, place.offset, lambda *_: payload, place.digest)
    return replace(
        read,
        url=kept.url,
        final_url=kept.final_url,
        fetched_at=kept.fetched_at,
        place=kept.place,
        source_text=kept.source_text,
        selectors=kept.selectors,
        parts=tuple(stored_capture(folder, part) for part in kept.parts),
    )
