"""Use case: learns a site's template from its own pages, and reads its articles again by it.

What learning needs was stored with the articles (`db/site_templates.py`). Only the pages that a new template changes are
read again, and nothing is fetched: what this process has read of them before is used
(`core/site_template/template.py`), otherwise the stored raw bytes. A changed text becomes a version of kind `site`; a
version that the learning crawl has just made is replaced. Importable without Scrapy; SQL stays in `db/`.
"""

from __future__ import annotations

import pickle
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from itertools import chain, count, islice
from typing import TYPE_CHECKING

from newsarchive import plugins
from newsarchive import rules as rules_module
from newsarchive.core.site_template import layouts
from newsarchive.core.site_template.learner import heads_of, learn, locks_of
from newsarchive.core.site_template.model import Template
from newsarchive.core.site_template.observations import WINDOW_PAGES, Network, Observation, Window, unpack
from newsarchive.core.site_template.template import difference, takes_otherwise, unpack_reading
from newsarchive.core.steps import STEPS, observed, templated
from newsarchive.core.text.lines import line_key
from newsarchive.db import site_templates
from newsarchive.db.frontier import source_texts
from newsarchive.db.kept_readings import KeptReadings, Reading
from newsarchive.db.rows import payload_digest
from newsarchive.db.site_templates import SiteWindows
from newsarchive.db.writing import captures
from newsarchive.db.writing.store import Outcome, Store
from newsarchive.exceptions import DatabaseError, UsageError
from newsarchive.items import Article, SourceText
from newsarchive.reextract import differs
from newsarchive.rules import Rules
from newsarchive.warc.files import Folder, folders
from newsarchive.workers.pool import Shared
from newsarchive.workers.stored_pages import StoredPages

if TYPE_CHECKING:
    from sqlalchemy import Engine

#: The smallest number of pages from which a site is learned.
MIN_PAGES = 3
#: Numbers of pages at which a new site is learned, and numbers of articles at which a line that a site's template does not take is
#: judged anew at the end of a crawl.
LEARNING_PAGES = (3, 5, 8, 13, 21, 34, 55, 89, 144, 377, 987)
#: Pages of a site from which on it is learned again when a share of them is new. One with fewer is learned at `LEARNING_PAGES`: with the
#: share, each page of one that comes in a WARC file of its own would have it learned, and what was stored before read again.
MIN_PAGES_FOR_SHARE = 21
#: Part of a site's pages that must be new since it was learned, for it to be learned again at the end of a crawl. To learn
#: it takes 2 to 3 ms for each of its pages, so that a new post costs some 30 ms on average. With less a site is learned
#: more often than it changes; with more it takes longer until a line goes that only many pages prove.
MIN_NEW_SHARE = 0.1
#: Before all pages.
EVER = datetime.min.replace(tzinfo=UTC)
#: Articles that are in memory at a time, and stored in one transaction, where a template changed them: half a megabyte
#: each. With more, the articles that the crawl itself stores wait longer.
MAX_ARTICLES_AT_A_TIME = 10
#: Gives each template a number, by which worker processes know whether they have it already.
_versions = count(1)
#: Times that a site is learned where another process learns it at the same time. Each time costs a second.
MAX_TRIES = 5
#: Other sites that are learned again after a crawl, for the lines that they share with the crawled one.
MAX_NEIGHBOURS = 30


@dataclass
class LearnedSite:
    """What learning did: pages known, entries of the template, pages read again, and the URLs of articles
    whose text or blocks changed; `failed` names captures that cannot be read."""

    site: str = ""
    pages: int = 0
    entries: int = 0
    reread: int = 0
    changed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


class Learner:
    """Learns sites of one archive. `folder` is where the raw bytes lie, one or several; `dry_run` writes nothing.

    `steps` are those of other projects, as the setting has them. `run_id` is the crawl that learns, `None` for none: a
    change of an article that this crawl has just stored makes no version. `readings` are the pages that this process
    has read, packed: a template is applied to them without reading the pages' bytes. `stored` reads all others, in this
    process by default.
    """

    def __init__(
        self,
        engine: Engine,
        folder: Folder,
        rules_folder: str | None = None,
        window: int = WINDOW_PAGES,
        dry_run: bool = False,
        run_id: int | None = None,
        steps: Sequence[str] = (),
        readings: KeptReadings | None = None,
        stored: StoredPages | None = None,
    ) -> None:
        self.run_id, self.readings = run_id, readings
        self.engine, self.folder, self.window, self.dry_run = engine, folders(folder), window, dry_run
        self.windows = SiteWindows(engine)
        self.rules: Rules = rules_module.default(rules_folder or "")
        self.steps = plugins.steps(steps)
        self.stored = stored or StoredPages(folder, rules_folder, steps)

    def learn(
        self,
        site: str,
        locks: Mapping[int, str] | None = None,
        *,
        going_on: bool = False,
        waiting: Sequence[Observation] = (),
    ) -> LearnedSite:
        """Learn from the newest pages of one site (its domain) and what other sites show of their lines; store
        what changes. Below three pages only locks count, which are those of the site by default.

        `going_on` says that more pages are to come: those beyond the window wait for the end of the crawl,
        which reads them again where it must and then forgets them. `waiting` are pages that teach as well and are not stored yet, and
        so do those of the site that wait in other crawls of the same worker. A template that was learned from them, and then
        again without them while they wait, would forget what they showed: what is stored by it would be read again.
        """
        for _ in range(MAX_TRIES):
            with suppress(site_templates.Outdated):
                return self._learn(site, locks, going_on, waiting)
        raise DatabaseError(
            f"{site}: others learn this site at the same time, over and over: try again later"
        )

    def learn_waiting(self, site: str, readings: Iterable[Reading]) -> tuple[LearnedSite, list[Article]]:
        """Learn a site from pages that were read without its template and wait to be stored, beside those that are stored; gives
        the articles of those that wait, in order, by the new template.

        So each is stored once. Each needs its record beside its reading.
        """
        read = [(unpack_reading(one.page), one.record) for one in readings]
        pages = [(article, unpack(record, article.url, site)) for article, record in read]
        summary = self.learn(site, going_on=True, waiting=[seen for _, seen in pages if seen])
        template = site_templates.load(self.engine, site)
        return summary, [
            templated(article, template, self.rules, self.steps, seen=seen) for article, seen in pages
        ]

    def _learn(
        self, site: str, locks: Mapping[int, str] | None, going_on: bool, waiting: Sequence[Observation]
    ) -> LearnedSite:
        """As `learn`. Raises `site_templates.Outdated` where another process has learned the site meanwhile."""
        summary = LearnedSite(site)
        # Pages without a record are read first. A dry run records them nowhere.
        fresh = self._record(site, summary)
        window = self.windows.window(site, self.window)
        for page in fresh if self.dry_run else ():
            window.add(page)
        # Pages that wait in other crawls of the same worker, and those that wait in this one.
        elsewhere = self.readings.waiting(site) if self.readings is not None else ()
        own, unstored = {page.url for page in waiting}, set[str]()
        others = (unpack(record, url, site) for url, record in elsewhere if url not in own)
        for page in (*filter(None, others), *waiting):
            if page.url not in window.pages:  # else another crawl has stored it meanwhile
                window.add(page)
                unstored.add(page.url)
        summary.pages = len(window.pages)
        known = site_templates.load(self.engine, site)
        if summary.pages < MIN_PAGES and not known.entries and not locks:
            return summary
        template = replace(learn(window, known=known, shared=self._shared(window), locks=locks), site=site)
        summary.entries = len(template.entries)
        if not self.dry_run:
            site_templates.save(self.engine, template, known=known)
        older = () if going_on else site_templates.pages(self.engine, site, window.pages)
        stored = [page for url, page in window.pages.items() if url not in unstored]
        unlike = (page for page in older if takes_otherwise(template, page))
        self.read_again(self._ids(chain(self._stale(stored, template), unlike)), template, summary)
        if not self.dry_run and summary.reread:
            site_templates.seen_now(self.engine, site)
        if not self.dry_run and not going_on:
            site_templates.prune(self.engine, site, self.window)
        return summary

    def learn_all(self, on_site: Callable[[LearnedSite], None] = lambda summary: None) -> list[LearnedSite]:
        """Learn every site; one after the other, so that the second sees what the first knows."""
        sites = site_templates.sites(self.engine)
        for site in sites if not self.dry_run else ():
            self._record(site, LearnedSite())
        done = []
        for site in sites:
            summary = self.learn(site)
            on_site(summary)
            done.append(summary)
        return done

    def learn_around(
        self, sites: Iterable[str], since: datetime = EVER, taught: Mapping[str, int] | None = None
    ) -> Iterator[LearnedSite]:
        """Learn sites that changed since a moment, then the others whose lines they hold: what was a line of one blog's
        may now be that of three. The nearest `MAX_NEIGHBOURS` are learned.

        Crawls come every hour and store one post, and learning looks at 500. So a site is left as it is until one of these
        is true: the crawl has brought it to 3, 5, 8, 13 or 21 pages, or a tenth of its pages is new where it has more; five new
        pages fit no layout, as after a redesign; a line that its template does not take has come to be in 3, 5, 8, … articles.
        `taught` has the pages of a site from which this crawl has learned it.
        Where it was learned from as many as the archive has, none counts as new. The summary of a site that is left has 0 pages.
        """
        changed = sorted(sites)
        near: Counter[str] = Counter()
        for site in changed:
            unsettled = site_templates.unsettled(self.engine, site, since, has_grown)
            is_left = site not in unsettled
            if is_left:
                new = site_templates.count_new(self.engine, site, since)
                # Articles that an older version stored have no record yet.
                has_enough_new = (
                    new.unfit >= layouts.MIN_PAGES or not new.known or is_due(new.known, new.came, new.pages)
                )
                is_left = (taught or {}).get(site, 0) >= new.known > 0 or not has_enough_new
            yield LearnedSite(site) if is_left else self.learn(site)
            near += unsettled
        others = [site for site, _ in near.most_common() if site not in changed]
        for site in others[:MAX_NEIGHBOURS]:
            yield self.learn(site)

    # -- pages -----------------------------------------------------------------------------------------

    def _record(self, site: str, summary: LearnedSite) -> list[Observation]:
        """Read and record the articles of a site that an older version stored, or another program."""
        ids = site_templates.unrecorded(self.engine, site, self.window)
        found = [observed(article, site, self.rules) for article in self._articles(reversed(ids), summary)]
        if found and not self.dry_run:
            known = site_templates.article_ids(self.engine, (page.url for page in found))
            site_templates.keep(self.engine, [(known[page.url], page) for page in found if page.url in known])
        return found

    def _articles(
        self, article_ids: Iterable[int], summary: LearnedSite, template: Template | None = None
    ) -> Iterator[Article]:
        """Articles read again from their newest captures, by a template or without any."""
        newest = (next(captures.of_article(self.engine, number), None) for number in article_ids)

        @cache
        def shared() -> Shared | None:
            packed = pickle.dumps(template, pickle.HIGHEST_PROTOCOL)
            return Shared(template.site, next(_versions), packed) if template is not None else None

        for page in self.stored.read((one for one in newest if one), lambda kept: shared()):
            summary.failed += [page.problem] if page.failure else []
            if page.dropped and template is not None and self.steps != STEPS:  # a step of another project
                summary.failed.append(f"{page.kept.url}: {page.dropped}")
            if isinstance(page.article, Article):
                yield page.article

    def _shared(self, window: Window) -> Network:
        pages = list(window.pages.values())
        keys: set[int] = set().union(*(page.keys for page in pages))
        heads = heads_of(site_templates.heads(self.engine, keys, but=next((p.site for p in pages), "")))
        return Network(site_templates.shared(self.engine, pages), heads)

    # -- applying the template again -------------------------------------------------------------------

    def _stale(self, pages: Iterable[Observation], template: Template) -> Iterator[Observation]:
        """The pages of a site that a template reads differently than the template with which they were read last.

        Only two kinds of pages are compared: those that are new since the site was last learned, and those with a line
        that this template judges differently than the template of that time.
        """
        known = self.windows.site(template.site)
        changed = difference(known.template, template) if known.template is not None else None
        agreeing = {}
        for page in pages:
            is_known = changed is not None and known.agreeing.get(page.url) is page
            if not (is_known and changed and not changed.concerns(page)) and takes_otherwise(template, page):
                yield page
            else:
                agreeing[page.url] = page
        if not self.dry_run:
            known.template, known.agreeing = template, agreeing

    def _ids(self, pages: Iterator[Observation]) -> Iterator[int]:
        """The ids of the articles of these pages, which are taken a few at a time."""
        while urls := [page.url for page in islice(pages, MAX_ARTICLES_AT_A_TIME)]:
            known = site_templates.article_ids(self.engine, urls)
            yield from (known[url] for url in dict.fromkeys(urls) if url in known)

    def read_again(self, article_ids: Iterable[int], template: Template, summary: LearnedSite) -> None:
        """Read articles again by a template, and store those that differ.

        A page that this process has read before is unpacked; the others are read from their stored bytes.
        """
        others: list[int] = []
        read = chain(self._unpacked(article_ids, template, others), self._articles(others, summary, template))
        while batch := list(islice(read, MAX_ARTICLES_AT_A_TIME)):
            summary.reread += len(batch)
            changed = [article for article in batch if differs(self.engine, article)]
            if self.dry_run:
                summary.changed += [article.url for article in changed]
                continue
            outcomes = zip(changed, Store(self.engine).ingest(changed, self.run_id, reread=True), strict=True)
            summary.changed += [article.url for article, came in outcomes if came is not Outcome.UNCHANGED]
            ids = site_templates.article_ids(self.engine, [article.url for article in batch])
            same = {ids[a.url]: (a.seen.verdict, a.seen.layout) for a in batch if a.seen and a.url in ids}
            site_templates.settle(self.engine, same)

    def _unpacked(
        self, article_ids: Iterable[int], template: Template, others: list[int]
    ) -> Iterator[Article]:
        """The articles by a template, made from what this process has read and kept, where feed and API still say the
        same of the post. The ids of all other articles go into `others`."""
        ids = iter(article_ids)
        # A step of another project may need the bytes, which a kept reading does not have.
        use_kept = self.readings is not None and self.steps == STEPS
        while batch := list(islice(ids, MAX_ARTICLES_AT_A_TIME)):
            told = source_texts.of_articles(self.engine, batch) if use_kept else {}
            for number in batch:
                kept = self._kept(told[number]) if number in told else None
                if kept is None:
                    others.append(number)
                    continue
                article, record = kept
                seen = unpack(record, article.url, template.site) if record else None
                yield templated(article, template, self.rules, self.steps, seen=seen)

    def _kept(self, told: source_texts.Told) -> tuple[Article, bytes] | None:
        """The article of a page and its packed record, if feed and API say no more than when it was read.

        Another crawl may have read a capture that is not the stored one.
        """
        assert self.readings is not None
        if (kept := self.readings.get(told.url_key)) is None:
            return None
        article = unpack_reading(kept.page)
        is_other = self.readings.is_shared and payload_digest(article) != told.payload_digest
        if article.capture is None or is_other:
            return None
        no_more = says_no_more(told.text, article.capture.source_text, article)
        return (article, kept.record) if no_more else None


def says_no_more(now: SourceText | None, then: SourceText | None, article: Article) -> bool:
    """Whether feed and API say nothing of a post that the reading of its page does not have already.

    The name and the language of a site become known with its first page (`sites.name`), so that the pages which were read before
    were read without them. Where the page itself states the same, it need not be read again: of a file of many sites, that is nearly
    all of its pages.
    """
    if now == then:
        return True
    now, then = (text or SourceText(source_texts.SITE, "") for text in (now, then))
    if replace(now, publisher=then.publisher, in_language=then.in_language) != then:
        return False
    return now.publisher in (then.publisher, article.publisher) and now.in_language in (
        then.in_language,
        article.in_language,
    )


def is_due(pages: int, came: int, new: int) -> bool:
    """Whether a site of this many pages is learned again: `came` of them with the last crawl, `new` since it was learned.

    Below `MIN_PAGES_FOR_SHARE` the crawl counts, because a page that waited for its site to be learned is stored after that and so
    counts among the new ones: a site whose pages come one by one would be learned with each.

    >>> is_due(2, 2, 2), is_due(4, 2, 4), is_due(4, 1, 4), is_due(20, 1, 9), is_due(30, 1, 2), is_due(30, 1, 3)
    (False, True, False, False, False, True)
    """
    if pages < MIN_PAGES_FOR_SHARE:
        return has_grown(pages - came, pages)
    return new >= MIN_NEW_SHARE * min(pages, WINDOW_PAGES)


def has_grown(before: int, now: int) -> bool:
    """Whether a number has reached one of `LEARNING_PAGES`.

    >>> has_grown(2, 3), has_grown(3, 4), has_grown(4, 9)
    (True, False, True)
    """
    return bisect(LEARNING_PAGES, now) > bisect(LEARNING_PAGES, before)


def articles_to_read(learner: Learner, site: str, lines: Iterable[str]) -> set[int]:
    """The articles that print one of these lines: locking it reads them again.

    Raises `UsageError` where no known page of the site holds such a line.
    """
    window = learner.windows.window(site, learner.window)
    known = {line.key for page in window.pages.values() for line in page.lines}
    known |= set(site_templates.load(learner.engine, site).entries)
    found: set[int] = set()
    for line in lines:
        articles = site_templates.articles_with(learner.engine, site, line)
        if not articles and line_key(line) not in known:
            raise UsageError(
                f"{site}: no stored page prints the line {line!r}; give it whole, as it is printed"
            )
        found.update(articles)
    return found


def lock(learner: Learner, site: str, locks: Mapping[str, str]) -> LearnedSite:
    """Lock lines of a site by hand, each `keep`, `drop` or "" to unlock, and read again what they touch.

    Raises `UsageError` where no known page of the site holds such a line.
    """
    touched = articles_to_read(learner, site, locks)
    window = learner.windows.window(site, learner.window)
    found: dict[int, str] = locks_of(site_templates.load(learner.engine, site))
    for text, role in locks.items():
        found.pop(line_key(text), None)
        found |= {line_key(text): role} if role else {}
    summary = learner.learn(site, found)
    known_ids = set(site_templates.article_ids(learner.engine, window.pages).values())
    learner.read_again(sorted(touched - known_ids), site_templates.load(learner.engine, site), summary)
    return summary
