"""Use case: learn a site's furniture from its own pages, and read its articles again by it.

The pages come from the stored raw bytes, so nothing is fetched. A changed text becomes an `extractor`
revision. Importable without Scrapy; SQL stays in `db/`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from newsarchive import rules as rules_module
from newsarchive.archive import BATCH, articles_of, differs
from newsarchive.core.learning import heads_of, learn
from newsarchive.core.process import templated
from newsarchive.core.sightings import Network, Window, network, sighting
from newsarchive.db import captures, templates
from newsarchive.db.store import Outcome, Store
from newsarchive.items import Article
from newsarchive.rules import Rules

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from newsarchive.db.captures import Kept

#: Fewer pages of a site teach nothing.
FEWEST = 3
#: The newest pages of a site that are compared with one another.
WINDOW = 500


@dataclass
class Summary:
    """What learning did: pages read, entries of the template, articles whose text or blocks changed.

    `changed` are the URLs of those articles; `failed` names captures that cannot be read.
    """

    site: str = ""
    pages: int = 0
    entries: int = 0
    changed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def learn_site(
    engine: Engine,
    warc_folder: Path | str,
    site: str,
    *,
    rules_folder: str | None = None,
    window: int = WINDOW,
    dry_run: bool = False,
    shared: Network | None = None,
) -> Summary:
    """Learn from the newest `window` kept captures of one site (its domain), and store what changes.

    `shared` is what the sites together show (`learn_all`); without it, what other sites' templates know.
    Below three pages nothing is done. `dry_run` reports and writes nothing. A window is held in memory.
    """
    rules = rules_module.load(rules_folder) if rules_folder else rules_module.default()
    summary = Summary(site)
    articles = list(_articles(engine, warc_folder, site, window, rules, summary))
    if len(articles) < FEWEST:
        return summary
    known = templates.load(engine, site)
    if shared is None:
        shared = Network(heads=heads_of(templates.heads(engine, but=site)))
    template = learn(_window(engine, site, articles, rules, window), known=known, shared=shared)
    summary.entries = len(template.entries)
    if not dry_run:
        templates.save(engine, template)
    _reread(engine, [templated(a, template, rules) for a in articles], summary, dry_run)
    return summary


def learn_all(
    engine: Engine,
    warc_folder: Path | str,
    *,
    rules_folder: str | None = None,
    window: int = WINDOW,
    dry_run: bool = False,
    on_site: Callable[[Summary], None] = lambda summary: None,
) -> list[Summary]:
    """Learn every site, each with what the windows of all sites together show."""
    rules = rules_module.load(rules_folder) if rules_folder else rules_module.default()
    names = templates.sites(engine)
    windows = [
        _window(engine, name, _articles(engine, warc_folder, name, window, rules, Summary()), rules, window)
        for name in names
    ]
    shared = network(windows, heads_of(templates.heads(engine)))
    del windows
    done = []
    for name in names:
        summary = learn_site(
            engine,
            warc_folder,
            name,
            rules_folder=rules_folder,
            window=window,
            dry_run=dry_run,
            shared=shared,
        )
        on_site(summary)
        done.append(summary)
    return done


def _window(
    engine: Engine, site: str, articles: Iterator[Article] | list[Article], rules: Rules, size: int
) -> Window:
    """The records of a site's pages, oldest first; copies of one article count as one."""
    pages = [sighting(article, rules, site=site) for article in articles]
    copies = templates.clusters(engine, (page.url for page in pages))
    return Window((replace(page, cluster=copies.get(page.url, page.cluster)) for page in pages), size)


def _articles(
    engine: Engine, folder: Path | str, site: str, window: int, rules: Rules, summary: Summary
) -> Iterator[Article]:
    """The articles of the newest captures, read again without any template."""
    for article in articles_of(str(folder), _newest(engine, site, window), rules, summary.failed):
        summary.pages += 1
        yield article


def _newest(engine: Engine, site: str, window: int) -> deque[Kept]:
    found: deque[Kept] = deque(maxlen=window)
    after = 0
    while batch := captures.kept(engine, site=site, after=after):
        after = batch[-1].id
        found.extend(batch)
    return found


def _reread(engine: Engine, articles: list[Article], summary: Summary, dry_run: bool) -> None:
    """Store those articles whose blocks differ from what is stored."""
    changed = [article for article in articles if differs(engine, article)]
    store = Store(engine)
    for start in range(0, len(changed), BATCH):
        batch = changed[start : start + BATCH]
        if dry_run:
            summary.changed += [article.url for article in batch]
            continue
        outcomes = store.ingest(batch, reread=True)
        summary.changed += [
            a.url for a, outcome in zip(batch, outcomes, strict=True) if outcome is not Outcome.UNCHANGED
        ]
