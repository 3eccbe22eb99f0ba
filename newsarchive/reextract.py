"""Reading stored pages again with the extractor of today, without the network; and copying an archive."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from itertools import islice

from sqlalchemy import Engine

from newsarchive import rules
from newsarchive.config import file_of
from newsarchive.core import steps as core_steps
from newsarchive.core.site_template.model import Template
from newsarchive.core.site_template.observations import Observation, Sighting, unpack
from newsarchive.core.site_template.template import takes_otherwise, unpack_reading
from newsarchive.core.steps import STEPS, Steps
from newsarchive.core.text.diff import lost_and_gained
from newsarchive.core.urls import site_of
from newsarchive.db import archive_state, copying, schema, site_templates
from newsarchive.db.engine import open_engine
from newsarchive.db.reading.articles import get
from newsarchive.db.rows import VERSION_FIELDS
from newsarchive.db.schema import upgrade
from newsarchive.db.values import storable
from newsarchive.db.writing import captures, field_changes
from newsarchive.db.writing.ingest import Renew
from newsarchive.db.writing.packed import PackedArticle, head_of, packed
from newsarchive.db.writing.store import Outcome, Store
from newsarchive.exceptions import NoSuchArticle
from newsarchive.items import Article, Kept
from newsarchive.rules import Rules
from newsarchive.version import EXTRACTOR_VERSION
from newsarchive.warc.files import Folder, default_folder, folders
from newsarchive.workers.pool import Shared
from newsarchive.workers.stored_pages import StoredPage, StoredPageReader, StoredPages, stored_capture
from newsarchive.workers.worker import MAX_PAGE_SECONDS, MAX_TEMPLATES

#: Captures that are written, and remembered as read, in one transaction.
BATCH_CAPTURES = 50


@dataclass(frozen=True, slots=True)
class Change:
    """What reading one capture again changed: words that went and came, fields that differ."""

    url: str
    outcome: Outcome
    lost: Counter[str] = field(default_factory=Counter)
    gained: Counter[str] = field(default_factory=Counter)
    fields: tuple[str, ...] = ()


@dataclass
class ReextractSummary:
    """What a re-extraction did. `no_article` counts reasons, `failed` has the captures that cannot be read, `rights` counts the
    captures whose sites are now known to have said more about their use."""

    captures: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    withheld: int = 0
    no_article: Counter[str] = field(default_factory=Counter)
    failed: list[StoredPage] = field(default_factory=list)
    lost: int = 0
    gained: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    rights: int = 0

    def add(self, change: Change) -> None:
        name = change.outcome.value
        setattr(self, name, getattr(self, name) + 1)
        self.lost += change.lost.total()
        self.gained += change.gained.total()
        self.fields.update(change.fields)


def reextract(
    engine: Engine,
    warc_folder: Folder,
    *,
    site: str | None = None,
    since: datetime | None = None,
    ids: tuple[int, int] | None = None,
    only_older_than: int | None = EXTRACTOR_VERSION,
    dry_run: bool = False,
    workers: int = 1,
    page_seconds: float = MAX_PAGE_SECONDS,
    rules_folder: str | None = None,
    steps: Sequence[str] = (),
    progress: Callable[[int, int], None] = lambda done, total: None,
    on_change: Callable[[Change], None] = lambda change: None,
) -> ReextractSummary:
    """Run the pure core again over the newest stored capture of each page.

    Reads the captures that an extractor older than `only_older_than` read last (all with `None`), so that a run that was broken off goes
    on where it was. Up to `workers` processes read, where a page may take `page_seconds` of CPU time; with 0 this
    process does. `ids` are the first and the last capture, for a part of the work. `dry_run` reports and writes
    nothing. `steps` are the steps of other projects, as in the setting. A changed text becomes an `extractor` revision.
    Captures that cannot be read are named in the summary and left as they are.
    """
    chosen = captures.Chosen(site, since, only_older_than, ids and ids[1])
    begin = ids[0] - 1 if ids else 0
    total = captures.count_kept(engine, chosen, after=begin)
    summary, store = ReextractSummary(), Store(engine)

    def kept() -> Iterator[Kept]:
        after = begin
        while some := captures.kept(engine, chosen, after=after, limit=BATCH_CAPTURES):
            yield from some
            after = some[-1].id

    @lru_cache(maxsize=MAX_TEMPLATES)
    def template(site: str) -> Shared:
        # Without the template of its site, reading a page again would bring its boilerplate back.
        return Shared(site, 1, pickle.dumps(site_templates.load(engine, site), pickle.HIGHEST_PROTOCOL))

    with StoredPages(warc_folder, rules_folder, steps, workers=workers, seconds=page_seconds) as pages:
        read = pages.read(kept(), lambda one: template(_site(one)), packs=True)
        while batch := list(islice(read, BATCH_CAPTURES)):
            for change in _store(store, batch, summary, dry_run):
                summary.add(change)
                if change.outcome is not Outcome.UNCHANGED:
                    on_change(change)
            summary.captures += len(batch)
            progress(summary.captures, total)
    return summary


def _store(
    store: Store, batch: Sequence[StoredPage], summary: ReextractSummary, dry_run: bool
) -> Iterator[Change]:
    """Write what was read and remember that it was; gives what changed."""
    summary.failed += [page for page in batch if page.failure]
    summary.no_article.update(page.dropped for page in batch if page.dropped)
    articles = [page.article for page in batch if page.article]
    stored = store.reread(articles, dry_run=dry_run)
    said = {page.kept.id: head_of(page.article).capture for page in batch if page.article}
    of_use = {id_: capture.rights for id_, capture in said.items() if capture}
    summary.rights += captures.add_rights(store.engine, of_use, dry_run=dry_run)
    if not dry_run:
        captures.mark_read(
            store.engine, [page.kept.id for page in batch if not page.failure], EXTRACTOR_VERSION
        )
    for article, reread in zip(map(head_of, articles), stored, strict=True):
        lost, gained = Counter[str](), Counter[str]()
        if reread.body_before != article.article_body:
            lost, gained = lost_and_gained(reread.body_before, article.article_body)
        yield Change(article.url, reread.outcome, lost, gained, reread.fields)


def raw_folders(engine: Engine, first: Folder) -> tuple[str, ...]:
    """Where the WARC files of an archive may lie: in the folders that are given, and in those that its runs name."""
    return folders([*folders(first), *archive_state.known_folders(engine)])


def read_again(
    engine: Engine,
    warc_folder: Folder,
    url_or_id: str | int,
    tables: rules.Rules | None = None,
    steps: Steps = STEPS,
) -> Article:
    """One article from its newest stored capture, not written. Raises `NoSuchArticle`, `NotAnArticle`."""
    stored = get(engine, url_or_id)
    for kept in captures.of_article(engine, stored.id):
        return core_steps.article_from(stored_capture(warc_folder, kept), tables or rules.default(), steps)
    raise NoSuchArticle(f"no capture of {stored.url} is kept: it was crawled with NEWSARCHIVE_WARC off")


def stored_reading(
    engine: Engine, warc_folder: Folder, rules_folder: str | None = None, steps: Sequence[str] = ()
) -> Callable[[int], Article | None]:
    """A function that gives an article, by its id, as its stored bytes are read today, with all that is known of its
    site; it gives `None` for bytes that are not kept or cannot be read. It writes nothing and raises nothing."""
    reader = StoredPageReader(warc_folder, rules_folder, steps)

    def again(article_id: int) -> Article | None:
        kept = next(captures.of_article(engine, article_id), None)
        if kept is None:
            return None
        article = reader.read(kept, site_templates.load(engine, _site(kept))).article
        return article if isinstance(article, Article) else None

    return again


def renewing(rules: Rules, steps: Steps = STEPS) -> Renew:
    """A function that applies another template of its site to an article that was read a moment ago.

    The function gives `None` where the new template reads the page as the old one did, and where the reading of the
    page without a template was not kept.
    """

    def renew(given: Article | PackedArticle, template: Template) -> Article | PackedArticle | None:
        article = head_of(given)
        seen = article.seen
        if not isinstance(seen, (Observation, Sighting)) or not seen.reading or steps != STEPS:
            return None
        page = (
            seen
            if isinstance(seen, Observation)
            else unpack(seen.record, article.url, seen.site, verdict=seen.verdict, layout=seen.layout)
        )
        if page is None or not takes_otherwise(template, page):
            return None
        alone = replace(unpack_reading(seen.reading), capture=article.capture)
        done = core_steps.templated(alone, template, rules, steps, keep_reading=True, seen=page)
        return packed(done) if isinstance(given, PackedArticle) else done

    return renew


def _site(kept: Kept) -> str:
    """The site whose template holds for a page."""
    return site_of(kept.final_url or kept.url)


def copy(source: str, target: str, progress: copying.Progress = lambda *_: None) -> dict[str, int]:
    """Copy an archive into another database, creating its schema; gives rows by table.

    The raw bytes stay where they are, and the copy remembers where that is. Resumable: call it again to go on. Raises
    `UsageError` where the target holds another archive.
    """
    from_engine, to_engine = open_engine(source), open_engine(target)
    schema.require_current(from_engine)
    upgrade(to_engine)
    counts = copying.copy(from_engine, to_engine, progress)
    beside = default_folder(source)
    # Beside a server's archive is the folder in which a command is called, or what a setting names from tomorrow on.
    if beside.is_dir() and not (file_of(target) and beside.absolute() == default_folder(target).absolute()):
        archive_state.remember_folders(to_engine, [beside])
    return counts


def differs(engine: Engine, article: Article) -> bool:
    """Whether an article differs from the stored one in its texts, in what was left out of them, or in a field that
    readers see.

    False for an article that is not stored, or whose page is gone: to read it again must not bring it back.
    """
    try:
        stored = get(engine, article.url, explained=False)
    except NoSuchArticle:
        return False
    if stored.gone_at is not None:
        return False
    if any(getattr(stored, name) != storable(getattr(article, name)) for name in VERSION_FIELDS):
        return True
    changed = field_changes.changes(field_changes.values(stored), field_changes.values(article))
    if any(change.field not in stored.corrected for change in changed):
        return True
    return _left_out(get(engine, article.url)) != _left_out(article)


def _left_out(article: Article) -> list[tuple[str, str]]:
    return [(block.label, storable(block.text)) for block in article.dropped]
