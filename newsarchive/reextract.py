"""Reading stored pages again with the extractor of today, without the network; and copying an archive."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import Engine

from newsarchive import plugins, rules
from newsarchive.collector import set_up_collector
from newsarchive.core import steps as core_steps
from newsarchive.core.site_template.model import Template
from newsarchive.core.steps import STEPS, Steps
from newsarchive.core.text.diff import lost_and_gained
from newsarchive.core.urls import site_of
from newsarchive.db import archive_state, readonly, schema, site_templates, transfer
from newsarchive.db.engine import open_engine, shown
from newsarchive.db.reading import query
from newsarchive.db.reading.query import Stored
from newsarchive.db.schema import upgrade
from newsarchive.db.values import storable
from newsarchive.db.writing import captures, field_changes
from newsarchive.db.writing.captures import Kept
from newsarchive.db.writing.store import Outcome, Store
from newsarchive.exceptions import (
    DatabaseError,
    DatabaseUnavailable,
    NoSuchArticle,
    NotAnArticle,
    StepFailed,
)
from newsarchive.items import Article, Capture
from newsarchive.rules import Rules
from newsarchive.version import EXTRACTOR_VERSION
from newsarchive.warc import reader
from newsarchive.warc.files import Folder, default_folder, folders, locate

#: Captures that are written, and remembered as read, in one transaction.
BATCH = 50

#: Fields whose change is reported by name; the text by its words.
_FIELDS = [
    "headline",
    "description",
    "authors",
    "date_published",
    "date_modified",
    "in_language",
    "article_section",
    "keywords",
    "image",
    "publisher",
    "canonical_url",
    "is_based_on",
    "origin",
]


@dataclass(frozen=True, slots=True)
class Change:
    """What reading one capture again changed: words that went and came, fields that differ."""

    url: str
    outcome: Outcome
    lost: Counter[str] = field(default_factory=Counter)
    gained: Counter[str] = field(default_factory=Counter)
    fields: tuple[str, ...] = ()


@dataclass
class Summary:
    """What a re-extraction did. `no_article` counts reasons, `failed` names captures that cannot be read."""

    captures: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    no_article: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    lost: int = 0
    gained: int = 0
    fields: Counter[str] = field(default_factory=Counter)

    def add(self, change: Change) -> None:
        name = change.outcome.value
        setattr(self, name, getattr(self, name) + 1)
        self.lost += change.lost.total()
        self.gained += change.gained.total()
        self.fields.update(change.fields)


@dataclass(frozen=True, slots=True)
class _Read:
    """What a worker made of one capture: an article, or the reason why not."""

    kept: Kept
    article: Article | None = None
    reason: str = ""
    error: str = ""


def reextract(
    engine: Engine,
    warc_folder: Folder,
    *,
    site: str | None = None,
    since: datetime | None = None,
    only_older_than: int = EXTRACTOR_VERSION,
    dry_run: bool = False,
    workers: int = 1,
    rules_folder: str | None = None,
    steps: Sequence[str] = (),
    progress: Callable[[int, int], None] = lambda done, total: None,
    on_change: Callable[[Change], None] = lambda change: None,
) -> Summary:
    """Run the pure core again over the newest stored capture of each page.

    Reads the captures that an extractor older than `only_older_than` read last, so that a run that was broken off goes
    on where it was. `workers` processes read; with 0 this process does. `dry_run` reports and writes nothing. `steps`
    are those of other projects, as the setting has them. A changed text becomes an `extractor` revision. Captures that
    cannot be read are named in the summary and left as they are.
    """
    chosen = {"site": site, "since": since, "older_than": only_older_than}
    total = captures.count_kept(engine, **chosen)  # type: ignore[arg-type]
    summary, store, places = Summary(), Store(engine), folders(warc_folder)
    learned = _Templates(engine, rules.default(rules_folder or ""), plugins.steps(steps))
    with _pool(workers, rules_folder, steps) as pool:
        after = 0
        while batch := captures.kept(engine, after=after, limit=BATCH, **chosen):  # type: ignore[arg-type]
            after = batch[-1].id
            read = _map(pool, [(places, kept) for kept in batch], workers)
            done = [learned.apply(one) for one in read]
            for change in _apply(store, done, summary, dry_run):
                summary.add(change)
                if change.outcome is not Outcome.UNCHANGED:
                    on_change(change)
            summary.captures += len(batch)
            progress(summary.captures, total)
    return summary


def raw_folders(engine: Engine, first: Path | str) -> tuple[str, ...]:
    """Where the WARC files of an archive may lie: in the folder that is given, and in those that its runs name."""
    return folders([first, *archive_state.known_folders(engine)])


def read_again(
    engine: Engine,
    warc_folder: Folder,
    url_or_id: str | int,
    tables: rules.Rules | None = None,
    steps: Steps = STEPS,
) -> Article:
    """One article from its newest stored capture, not written. Raises `NoSuchArticle`, `NotAnArticle`."""
    stored = query.get(engine, url_or_id)
    for kept in captures.of_article(engine, stored.id):
        return core_steps.article_from(stored_capture(warc_folder, kept), tables or rules.default(), steps)
    raise NoSuchArticle(f"no capture of {stored.url} is kept: it was crawled with NEWSARCHIVE_WARC off")


def stored_reading(
    engine: Engine, warc_folder: Folder, rules_folder: str | None = None, steps: Sequence[str] = ()
) -> Callable[[int], Article | None]:
    """What gives an article, by its id, as its stored bytes are read today, with all that is known of its site; `None`
    for bytes that are not kept or cannot be read. Writes nothing, raises nothing."""
    tables, own = rules.default(rules_folder or ""), plugins.steps(steps)

    def again(article_id: int) -> Article | None:
        found = islice(captures.of_article(engine, article_id), 1)
        article = next(articles_of(warc_folder, found, tables, [], own), None)
        if article is None:
            return None
        try:
            return core_steps.templated(
                article, site_templates.load(engine, site_of(article.url)), tables, own
            )
        except NotAnArticle:
            return None

    return again


def copy(source: str, target: str, progress: transfer.Progress = transfer.silent) -> dict[str, int]:
    """Copy an archive into another database, creating its schema; gives rows by table.

    The raw bytes stay where they are, and the copy remembers where that is. Resumable: call it again to go on. Raises `UsageError` where the target holds another archive.
    """
    from_engine, to_engine = open_engine(source), open_engine(target)
    if schema.current(from_engine) != readonly.head():
        raise DatabaseUnavailable(f"{shown(from_engine)} holds an old archive; first: newsarchive db upgrade")
    upgrade(to_engine)
    counts = transfer.copy(from_engine, to_engine, progress)
    beside = default_folder(source)
    if beside.is_dir() and beside.absolute() != default_folder(target).absolute():
        archive_state.remember_folders(to_engine, [beside])
    return counts


def backup(engine: Engine, target: Path | str) -> None:
    """Copy an SQLite archive into another file while crawls go on (SQLite's online backup)."""
    schema.backup(engine, Path(target))


# -- the work of re-extraction ---------------------------------------------------------------------

_rules: rules.Rules | None = None
_steps: Steps = STEPS


def _load(folder: str | None, steps: Sequence[str]) -> None:
    """The tables and steps of one process, read once."""
    global _rules, _steps
    _rules = rules.load(folder) if folder else rules.default()
    _steps = plugins.steps(steps)


def _start_worker(folder: str | None, steps: Sequence[str]) -> None:
    """Ctrl+C reaches every process of a terminal; the first one ends the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _load(folder, steps)
    set_up_collector()


@contextmanager
def _pool(workers: int, rules_folder: str | None, steps: Sequence[str]) -> Iterator[Executor]:
    pool: Executor
    loaded = (rules_folder, steps)
    if workers:
        pool = ProcessPoolExecutor(workers, initializer=_start_worker, initargs=loaded)
    else:
        pool = ThreadPoolExecutor(1, initializer=_load, initargs=loaded)
    try:
        yield pool
    finally:  # after an error or Ctrl+C what waits is not begun any more
        pool.shutdown(cancel_futures=True)


def _map(pool: Executor, jobs: Sequence[tuple[Folder, Kept]], workers: int) -> Iterator[_Read]:
    """Results in order, with a few jobs a worker waiting: an article may be megabytes."""
    waiting: list[Future[_Read]] = []
    left = iter(jobs)
    while True:
        waiting += [pool.submit(_read, *job) for job in islice(left, 4 * max(1, workers) - len(waiting))]
        if not waiting:
            return
        yield waiting.pop(0).result()


def articles_of(
    folder: Folder, kept: Iterable[Kept], rules: Rules, failed: list[str], steps: Steps = STEPS
) -> Iterator[Article]:
    """The articles of captures, read again one by one; names those that cannot be read in `failed`."""
    for one in kept:
        read = _read(folder, one, rules, steps)
        failed += [read.error] if read.error else []
        if read.article:
            yield read.article


def differs(engine: Engine, article: Article) -> bool:
    """Whether an article's text, what was left out of it or a field that readers see is not as stored; never for one
    that is not stored, or found deleted: reading again must not bring it back."""
    stored = _stored(engine, article)
    if stored is None or stored.gone_at is not None:
        return False
    if stored.article_body != article.article_body or _left_out(stored) != _left_out(article):
        return True
    return bool(field_changes.moves(field_changes.values(stored), field_changes.values(article)))


def _left_out(article: Article) -> list[tuple[str, str]]:
    return [(block.label, storable(block.text)) for block in article.dropped]


def _read(folder: Folder, kept: Kept, tables: Rules | None = None, steps: Steps | None = None) -> _Read:
    """One capture through the core, in a worker; never raises."""
    try:
        capture = stored_capture(folder, kept)
    except DatabaseError as error:
        return _Read(kept, error=str(error))
    try:
        article = core_steps.article_from(capture, tables or _rules or rules.default(), steps or _steps)
    except (
        StepFailed
    ) as error:  # it is not the page that is at fault: it is read again when the step is repaired
        return _Read(kept, error=f"{kept.url}: {error}")
    except NotAnArticle as error:
        return _Read(kept, reason=error.reason)
    except Exception as error:  # a fault of ours: the other captures are read
        return _Read(kept, error=f"{kept.url}: {type(error).__name__}: {error}")
    return _Read(kept, article)


def stored_capture(folder: Folder, kept: Kept) -> Capture:
    """The capture as the crawl had it: under the URL that was asked for, with its parts and its source's text."""
    payload = (locate(folder, kept.payload.file), kept.payload.offset)
    read = reader.read_capture(folder, kept.place.file, kept.place.offset, lambda *_: payload)
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


@dataclass
class _Templates:
    """What was learned of each site: without it, reading again would put its boilerplate back."""

    engine: Engine
    rules: rules.Rules
    steps: Steps
    known: dict[str, Template] = field(default_factory=dict)

    def apply(self, read: _Read) -> _Read:
        if read.article is None:
            return read
        site = site_of(read.article.url)
        if site not in self.known:
            self.known[site] = site_templates.load(self.engine, site)
        try:
            done = core_steps.templated(read.article, self.known[site], self.rules, self.steps)
        except StepFailed as error:
            return _Read(read.kept, error=f"{read.kept.url}: {error}")
        except NotAnArticle as error:
            return _Read(read.kept, reason=error.reason)
        return replace(read, article=done)


def _apply(store: Store, done: Sequence[_Read], summary: Summary, dry_run: bool) -> Iterator[Change]:
    """Write what was read and remember that it was; gives what changed."""
    summary.failed += [read.error for read in done if read.error]
    summary.no_article.update(read.reason for read in done if read.reason)
    articles = [read.article for read in done if read.article]
    before = [_stored(store.engine, article) for article in articles]
    if dry_run:
        outcomes = [_outcome(old, new) for old, new in zip(before, articles, strict=True)]
    else:
        outcomes = store.ingest(articles, reread=True)
        read_ids = [read.kept.id for read in done if not read.error]
        captures.mark_read(store.engine, read_ids, EXTRACTOR_VERSION)
    for old, new, outcome in zip(before, articles, outcomes, strict=True):
        yield _change(old, new, outcome)


def _stored(engine: Engine, article: Article) -> Stored | None:
    try:
        return query.get(engine, article.url)
    except NoSuchArticle:
        return None


def _change(old: Stored | None, new: Article, outcome: Outcome) -> Change:
    lost, gained = lost_and_gained(old.article_body if old else "", new.article_body)
    return Change(new.url, outcome, lost, gained, _differing(old, new) if old else ())


def _outcome(old: Stored | None, new: Article) -> Outcome:
    if old is None:
        return Outcome.NEW
    changed = old.article_body != new.article_body or _differing(old, new)
    return Outcome.UPDATED if changed else Outcome.UNCHANGED


def _differing(old: Stored, new: Article) -> tuple[str, ...]:
    return tuple(name for name in _FIELDS if getattr(old, name) != getattr(new, name))
