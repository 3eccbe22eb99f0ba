"""What a worker process does with a page: the steps of the core and the site's template, from bytes to an article.

Importable without Scrapy: a process that loads Scrapy starts twice as slowly and takes 40 MB more.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any, NamedTuple

from newsarchive import plugins, rules
from newsarchive.core.assembly.post import FILLABLE
from newsarchive.core.discovery.page_kind import (
    OVERRULED_KINDS,
    POSTS_ALONE_SOURCES,
    FirstLook,
    LookAt,
    first_look,
    page_kind,
)
from newsarchive.core.discovery.shown import Shown
from newsarchive.core.encoding.decoding import decode
from newsarchive.core.extraction.agreement import usable
from newsarchive.core.site_template.model import Template
from newsarchive.core.steps import Steps, article_from, templated
from newsarchive.db.writing.packed import PackedArticle, packed, with_capture
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Article, Capture, DropReason
from newsarchive.rules import Rules
from newsarchive.workers.collector import MIN_NEW_OBJECTS_OF_READERS, set_up_collector

#: Where the number of workers is `auto`, a crawl's own process reads its pages as long as no more than this number are
#: known. A worker is ready after 2 s of CPU time, in which a process reads 20 pages.
MIN_PAGES_FOR_WORKERS = 20
#: Seconds of CPU time of a page in a worker process, where `NEWSARCHIVE_PAGE_SECONDS` does not say otherwise. A usual
#: page takes 0.08 s, the largest real one so far 2 s.
MAX_PAGE_SECONDS = 10.0
#: Templates that a process keeps unpacked. A crawl has few sites at a time.
MAX_TEMPLATES = 64


class PageJob(NamedTuple):
    """A page to read. `packs` says that nobody but the writer wants the article: it then comes as the writer needs it.
    `refused` are the kinds of pages that are no articles by their look; only a page at which nobody looked before has any.
    """

    capture: Capture
    packs: bool = False
    refused: frozenset[DropReason] = frozenset()


class Look(NamedTuple):
    """A page to look at, and to read at once where it is a whole post: if one process looked at it and another read it,
    it would be decoded and parsed twice.

    `asks` says that a page which forbids copies is left alone. `overruled` are the kinds of pages that a post may look
    like. Without `reads` nothing is read. `packs` as in `PageJob`.
    """

    capture: Capture
    asks: bool = True
    overruled: frozenset[str] = frozenset()
    reads: bool = False
    packs: bool = False


class ReadPage(NamedTuple):
    """A page that was read: the article without its capture, whose bytes the caller has, and the fields of the capture to
    which the steps gave another value (`rights`)."""

    article: Article | PackedArticle
    changed: Mapping[str, Any]


class Looked(NamedTuple):
    """What a page shows at first, and its reading or the reason why it is no article; `None` where it was not read."""

    look: FirstLook
    read: ReadPage | NotAnArticle | None = None


class Worker:
    """Reads pages by the rules of a folder and the setting `steps`. Raises `BadRules` and `UsageError`.

    With `keep_readings`, the reading of each page without a template is given with its record, for a template that is
    learned later.
    """

    def __init__(self, rules_folder: str, phrases: Sequence[str], keep_readings: bool = False) -> None:
        self.rules, self.steps = rules.default(rules_folder), plugins.steps(phrases)
        self.keep_readings = keep_readings
        set_up_collector(MIN_NEW_OBJECTS_OF_READERS)

    def __call__(self, job: PageJob | Look, template: bytes | None) -> ReadPage | Looked:
        """As `done`, by a pickled template, `None` for none."""
        known = template_of(template) if template else None
        return done(job, known, self.rules, self.steps, self.keep_readings)


def done(
    job: PageJob | Look, template: Template | None, rules: Rules, steps: Steps, keep_reading: bool = False
) -> ReadPage | Looked:
    """The page of a `PageJob`, or what a `Look` shows. Raises `NotAnArticle` for a `PageJob`."""
    if isinstance(job, PageJob):
        if job.refused and job.capture.status == 200:  # of another answer the steps judge
            text = decode(job.capture.body, job.capture.content_type).text
            kind, discovered = page_kind(Shown(text, job.capture.base_url), rules), job.capture.discovered
            # A page is a post all the same because of who names it, or because its feed or API gives the text that it lacks.
            is_named = discovered is not None and discovered.source in POSTS_ALONE_SOURCES
            stands_in = kind.reason in FILLABLE and usable(job.capture.source_text)
            is_post = stands_in or (is_named and kind.reason in OVERRULED_KINDS)
            if kind.reason in job.refused and not is_post:
                raise NotAnArticle(kind.reason, kind.detail)
        article = read(job.capture, template, rules, steps, keep_reading)
        ready = packed(article) if job.packs else article
        after = article.capture
        values = {field.name: getattr(after, field.name) for field in fields(job.capture)} if after else {}
        changed = {name: value for name, value in values.items() if value is not getattr(job.capture, name)}
        return ReadPage(with_capture(ready, None), changed)
    capture = job.capture
    text = decode(capture.body, capture.content_type).text
    look = first_look(LookAt(text, capture.base_url, capture.headers, capture.status, job.asks), rules)
    other = look.kind.reason and look.kind.reason not in job.overruled
    if not job.reads or other or look.block or look.forbidden or look.parts or look.unlinked:
        return Looked(look)
    try:
        page = done(PageJob(capture, job.packs), template, rules, steps, keep_reading)
    except NotAnArticle as error:  # the frames of the exception hold the page's tree
        return Looked(look, error.with_traceback(None))
    assert isinstance(page, ReadPage)
    return Looked(look, page)


@lru_cache(maxsize=MAX_TEMPLATES)
def template_of(packed: bytes) -> Template:
    """The template from its pickled bytes. Equal bytes give the same object, which keeps what it has compiled."""
    template: Template = pickle.loads(packed)
    return template


def read(
    capture: Capture, template: Template | None, rules: Rules, steps: Steps, keep_reading: bool = False
) -> Article:
    """The article of a capture, as the site's template has it where one is given. Raises `NotAnArticle`."""
    article = article_from(capture, rules, steps)
    if template is None:
        return article
    return templated(article, template, rules, steps, keep_reading=keep_reading)
