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
from newsarchive.collector import set_up_collector
from newsarchive.core.discovery.first_look import FirstLook, LookAt, first_look
from newsarchive.core.site_template.model import Template
from newsarchive.core.steps import Steps, article_from, templated
from newsarchive.db.writing.packed import PackedArticle, packed, with_capture
from newsarchive.items import Article, Capture
from newsarchive.rules import Rules

#: Pages of a crawl that its own process reads where the number of workers is `auto` and it knows of no more. A worker is
#: ready after 2 s of CPU time, in which a process reads 20 pages.
MIN_PAGES_FOR_WORKERS = 20
#: Seconds of CPU time of a page in a worker process, where `NEWSARCHIVE_PAGE_SECONDS` does not say otherwise. A usual page
#: takes .08, the largest real one that was seen 2.
MAX_PAGE_SECONDS = 10.0
#: Templates that a process keeps unpacked. A crawl has few sites at a time.
MAX_TEMPLATES = 64


class Job(NamedTuple):
    """A page to read. `packs` says that nobody but the writer wants the article: it then comes as the writer needs it."""

    capture: Capture
    packs: bool = False


class ReadPage(NamedTuple):
    """A page as a worker process sends it back: the article without its capture, whose bytes the caller has, and the fields
    of the capture to which the steps gave another value (`rights`)."""

    article: Article | PackedArticle
    changed: Mapping[str, Any]


class Worker:
    """Reads pages by the rules of a folder and the setting `steps`. Raises `BadRules` and `UsageError`.

    With `keep_readings` what each page alone was read as comes with its record, for a template that is learned later.
    """

    def __init__(self, rules_folder: str, phrases: Sequence[str], keep_readings: bool = False) -> None:
        self.rules, self.steps = rules.default(rules_folder), plugins.steps(phrases)
        self.keep_readings = keep_readings
        set_up_collector()

    def __call__(self, job: Job | LookAt, template: bytes | None) -> ReadPage | FirstLook:
        """The article of a capture by a pickled template, `None` for none. Raises `NotAnArticle`. Of a page to look at,
        what it shows at first."""
        if isinstance(job, LookAt):
            return first_look(job, self.rules)
        known = template_of(template) if template else None
        article = read(job.capture, known, self.rules, self.steps, self.keep_readings)
        ready = packed(article) if job.packs else article
        return ReadPage(with_capture(ready, None), _changes(job.capture, article.capture))


def _changes(before: Capture, after: Capture | None) -> dict[str, Any]:
    """The fields of a capture that the steps changed."""
    both = ((field.name, getattr(after, field.name, None)) for field in fields(before))
    return (
        {} if after is None else {name: value for name, value in both if value is not getattr(before, name)}
    )


@lru_cache(maxsize=MAX_TEMPLATES)
def template_of(packed: bytes) -> Template:
    """The template again. Equal bytes give the same object, which keeps what it has compiled."""
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
