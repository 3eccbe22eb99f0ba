"""The learned template of each site, and what learning has seen of its pages.

A template (`core.site_template`) is stored in `site_blocks`, one row for each entry. Learning needs a record of each
page, and to know which articles hold a line (`core.site_template.observations`); `record` keeps both in the transaction
that stores a batch. The newest pages of a site are its window; `prune` removes older ones, so that the tables do not
grow with a site.

`SiteWindows` keeps the records of the sites that a process learns in memory, from one learning to the next. A site of 600 pages
is learned a dozen times in its first crawl, each time from all of its newest pages. Unpacking a record takes as long as
learning from it, so that only the records that are new since the last time are read and unpacked.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Engine,
    ScalarSelect,
    Select,
    bindparam,
    delete,
    exists,
    func,
    select,
    update,
)

from newsarchive.core.discovery.revisit import is_future
from newsarchive.core.site_template.model import Template, from_rows
from newsarchive.core.site_template.observations import (
    WINDOW_PAGES,
    Elsewhere,
    Line,
    Observation,
    Sighting,
    Window,
    digest,
    elsewhere,
    shareable,
    sighting,
    unpack,
)
from newsarchive.core.site_template.template import takes_otherwise
from newsarchive.core.urls import url_key
from newsarchive.db import bulk
from newsarchive.db.dialects import dialect_of
from newsarchive.db.engine import reading, writing
from newsarchive.db.frontier import known_sites
from newsarchive.db.models import ArticleRow, DroppedLine, LineSighting, PageSighting, Site, SiteBlock
from newsarchive.db.models.crawl import IS_HEAD
from newsarchive.db.readonly import Reader
from newsarchive.db.rows import line_hash
from newsarchive.db.values import moment, storable

#: All lines of this many newest pages of a site are kept, because a later page may repeat them. Of older pages, lines
#: that no other article has are removed.
MAX_FRESH_PAGES = 100

_ON_SEVERAL_SITES = """
    SELECT l.fingerprint FROM line_sightings AS l JOIN page_sightings AS p ON p.article_id = l.article_id
    WHERE l.fingerprint AMONG GROUP BY l.fingerprint HAVING min(p.site_id) <> max(p.site_id)
"""
# Those of one article alone, which are nearly all where pages have little in common, are left out.
_OWN_LINES = """
    SELECT DISTINCT l.fingerprint FROM line_sightings AS l JOIN page_sightings AS p ON p.article_id = l.article_id
    JOIN sites AS s ON s.id = p.site_id WHERE s.domain = :site AND p.seen_at >= :since AND EXISTS (
        SELECT 1 FROM line_sightings AS o WHERE o.fingerprint = l.fingerprint AND o.article_id <> l.article_id
    )
"""
_ARTICLES = """
    SELECT l.fingerprint, count(DISTINCT CASE WHEN p.seen_at < :since THEN coalesce(a.cluster_id, -a.id) END),
        count(DISTINCT coalesce(a.cluster_id, -a.id))
    FROM line_sightings AS l JOIN page_sightings AS p ON p.article_id = l.article_id
    JOIN articles AS a ON a.id = l.article_id WHERE l.fingerprint AMONG GROUP BY l.fingerprint
"""
_UNSETTLED = """
    SELECT DISTINCT l.fingerprint, s.domain FROM line_sightings AS l
    JOIN page_sightings AS p ON p.article_id = l.article_id JOIN sites AS s ON s.id = p.site_id
    WHERE l.fingerprint AMONG AND NOT EXISTS (
        SELECT 1 FROM site_blocks AS b WHERE b.site_id = p.site_id AND b.fingerprint = l.fingerprint AND b.role <> 'aside'
    )
"""
_LEARNED_AT = "SELECT max(b.last_seen_at) FROM site_blocks AS b JOIN sites AS s ON s.id = b.site_id WHERE s.domain = :site"
_COUNT = "SELECT count(*) FROM page_sightings AS p JOIN sites AS s ON s.id = p.site_id WHERE s.domain = :site"
_NEW = """
    SELECT count(*), count(CASE WHEN p.seen_at >= :since THEN 1 END),
        count(CASE WHEN p.seen_at >= :since AND p.layout = 0 THEN 1 END), count(CASE WHEN p.seen_at >= :came THEN 1 END)
    FROM page_sightings AS p JOIN sites AS s ON s.id = p.site_id WHERE s.domain = :site
"""
_UNRECORDED = """
    SELECT a.id FROM articles AS a JOIN sites AS s ON s.id = a.site_id
    WHERE s.domain = :site AND NOT EXISTS (SELECT 1 FROM page_sightings AS p WHERE p.article_id = a.id)
    ORDER BY a.id DESC LIMIT :limit
"""
_OTHERS = """
    SELECT site_id FROM page_sightings WHERE site_id NOT IN (SELECT id FROM sites WHERE domain IN :sites) LIMIT 1
"""
#: Keys in one query, 20 characters each. With more, the database holds more rows at a time.
MAX_KEYS = 5000


def load(engine: Engine, site: str) -> Template:
    """The template of a site (its domain); an empty one where nothing was learned yet."""
    with reading(engine) as connection:
        return held(connection, site)


def held(connection: Connection, site: str) -> Template:
    """The template of a site as `load` gives it, inside a transaction."""
    return from_rows(site, known_sites.learned(connection, site))


class Outdated(Exception):
    """Another process saved the site's template meanwhile."""


def save(engine: Engine, template: Template, *, known: Template | None = None) -> bool:
    """Replace a site's template in one transaction; gives whether anything differs from before.

    An entry that was there keeps its `first_seen_at`. `known` is the template that this one was learned from: raises
    `Outdated` where another process has saved a template since, because its entries, and what people locked in it,
    would be lost.
    """
    at = datetime.now(UTC)
    new = template.rows()
    wanted = {_key(row): row for row in new}
    with reading(engine) as connection:  # mostly nothing changed, and then no other writer has to wait
        if _learned(known_sites.learned(connection, template.site)) == wanted:
            return False
    with writing(engine) as connection:
        before = {_key(row): row for row in known_sites.learned(connection, template.site)}
        stored = _learned(before.values())
        if stored == wanted:
            return False
        # Read as `known` was: entries of a kind that only older versions wrote are in neither, and go.
        read = from_rows(template.site, before.values()).rows()
        if known is not None and {_key(row): row for row in known.rows()} != {_key(row): row for row in read}:
            raise Outdated(template.site)
        site_id = bulk.ids_of(connection, Site, ("domain",), [{"domain": template.site}])[template.site,]
        connection.execute(delete(SiteBlock).where(SiteBlock.site_id == site_id))
        rows = [
            row
            | {
                "site_id": site_id,
                "first_seen_at": before.get(_key(row), {}).get("first_seen_at", at),
                "last_seen_at": at,
            }
            for row in new
        ]
        bulk.insert_rows(connection, SiteBlock, rows)
    return True


def seen_now(engine: Engine, site: str) -> None:
    """Note that all pages of a site that are recorded by now were read by its template (`count_new`)."""
    with writing(engine) as connection:
        statement = update(SiteBlock).where(SiteBlock.site_id == _id_of(site))
        connection.execute(statement.values(last_seen_at=datetime.now(UTC)))


def _learned(rows: Iterable[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Stored entries by their keys, without their times."""
    return {_key(row): {name: row[name] for name in known_sites.LEARNED} for row in rows}


def heads(engine: Engine, keys: Set[int], but: str = "") -> list[Template]:
    """The entries with these keys that other sites than `but` learned as heads of lists, each as a template."""
    others = IS_HEAD, SiteBlock.site_id != _id_of(but)
    query = (
        select(Site.domain, *(getattr(SiteBlock, name) for name in known_sites.LEARNED))
        .join(Site, Site.id == SiteBlock.site_id)
        .where(*others)
        .order_by(Site.domain, SiteBlock.fingerprint)
    )
    with reading(engine) as connection:
        known = connection.execute(select(SiteBlock.fingerprint).distinct().where(*others)).scalars()
        rows = bulk.select_in(connection, query, SiteBlock.fingerprint, keys & set(known))
        found = [dict(row._mapping) for row in rows]
    return [from_rows(row["domain"], [row]) for row in found]


def _id_of(site: str) -> ScalarSelect[Any]:
    """The id of a site, 0 for none."""
    return select(func.coalesce(func.max(Site.id), 0)).where(Site.domain == site).scalar_subquery()


def sites(engine: Engine) -> list[str]:
    """The domains of all sites that hold an article, in alphabetical order."""
    with reading(engine) as connection:
        holding = select(ArticleRow.site_id).distinct()
        query = select(Site.domain).where(Site.id.in_(holding)).order_by(Site.domain)
        return list(connection.execute(query).scalars())


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["fingerprint"], row["role"], row["version"]


def record(
    connection: Connection,
    seen: Sequence[tuple[int, Observation | Sighting]],
    at: datetime,
    *,
    may_hold_lines: bool = False,
) -> None:
    """Keep the records of articles. A record that tells nothing new is not written.

    `may_hold_lines` says that articles without a record may still have lines, because somebody deleted only their
    records.
    """
    if not seen:
        return
    query = "SELECT article_id, digest FROM page_sightings WHERE article_id IN :ids"
    digests = dict(bulk.select_tuples(connection, query, {"ids": [article_id for article_id, _ in seen]}))
    fresh = [
        (article_id, page if isinstance(page, Sighting) else sighting(page))
        for article_id, page in seen
        if digests.get(article_id) != (page.digest if isinstance(page, Sighting) else digest(page))
    ]
    if not fresh:
        return
    ids = [article_id for article_id, _ in fresh]
    sites = bulk.ids_of(connection, Site, ("domain",), [{"domain": page.site} for _, page in fresh])
    for table in (PageSighting, LineSighting) if digests or may_hold_lines else ():
        connection.execute(delete(table).where(table.article_id.in_(ids)))
    rows = [
        {"article_id": article_id, "site_id": sites[page.site,], "seen_at": at}
        | {name: getattr(page, name) for name in ("digest", "verdict", "layout", "origin", "record")}
        for article_id, page in fresh
    ]
    bulk.insert_rows(connection, PageSighting, rows)
    lines = [(key, article_id, named) for article_id, page in fresh for key, named in page.lines.items()]
    bulk.insert_tuples(connection, LineSighting, ("fingerprint", "article_id", "is_named"), lines)


def keep(engine: Engine, seen: Sequence[tuple[int, Observation]]) -> None:
    """Keep the records of articles that are stored already."""
    with writing(engine) as connection:
        record(connection, seen, datetime.now(UTC), may_hold_lines=True)


def newest(connection: Connection, site: str, size: int) -> Sequence[Any]:
    """The rows of the newest pages of a site, newest first, without their records: these columns change with each
    reading."""
    columns: list[Any] = [PageSighting.article_id, PageSighting.seen_at, PageSighting.digest]
    columns += [PageSighting.verdict, PageSighting.layout, ArticleRow.url, ArticleRow.cluster_id]
    query = _of_site(select(*columns), site).join(ArticleRow, ArticleRow.id == PageSighting.article_id)
    order = PageSighting.seen_at.desc(), PageSighting.article_id.desc()
    return connection.execute(query.order_by(*order).limit(size)).all()


def pages(engine: Engine, site: str, but: Container[str] = ()) -> Iterator[Observation]:
    """The pages of a site that have a record, in chunks; also those beyond its window that are not pruned yet. Pages at
    the URLs `but` are left out.

    The record of a page that is left out is not unpacked, because unpacking takes 2 ms.
    """
    last = 0
    query = _records(site).order_by(PageSighting.article_id).limit(bulk.MAX_VALUES)
    while True:
        with reading(engine) as connection:
            rows = connection.execute(query.where(PageSighting.article_id > last)).all()
        if not rows:
            return
        last = rows[-1].article_id
        for row in rows:
            page = unpacked(row, row.record, site) if row.url not in but else None
            if page is not None:
                yield page


def _records(site: str) -> Select[Any]:
    columns: list[Any] = [PageSighting.article_id, PageSighting.record, PageSighting.verdict]
    columns += [PageSighting.layout, ArticleRow.url, ArticleRow.cluster_id]
    query = _of_site(select(*columns), site)
    return query.join(ArticleRow, ArticleRow.id == PageSighting.article_id)


def unpacked(row: Any, record: bytes, site: str) -> Observation | None:
    """The page of a row and its record; `None` where another version of this program wrote the record."""
    cluster = _cluster(row.cluster_id, row.url)
    return unpack(record, row.url, site, cluster, verdict=row.verdict, layout=row.layout)


def taken_otherwise(connection: Connection, article_ids: Iterable[int], template: Template) -> set[int]:
    """Those of these articles of a site whose pages the template reads differently than when they were read last."""
    query = _records(template.site).where(PageSighting.article_id.in_(list(article_ids)))
    rows = connection.execute(query).all()
    pages = {row.article_id: unpacked(row, row.record, template.site) for row in rows}
    return {number for number, page in pages.items() if page is not None and takes_otherwise(template, page)}


def _cluster(number: int | None, url: str) -> str:
    return f"cluster {number}" if number is not None else url


def _of_site(query: Select[Any], site: str) -> Select[Any]:
    return query.join(Site, Site.id == PageSighting.site_id).where(Site.domain == site)


def count(engine: Engine, site: str) -> int:
    """How many pages of a site have a record."""
    with reading(engine) as connection:
        return int(Reader.of(connection).value(_COUNT, {"site": site}))


class NewPages(NamedTuple):
    """How many `pages` of a site were recorded since it was learned, how many of these fit no layout, how many of its
    pages have a record, and how many `came` since a crawl began."""

    pages: int
    unfit: int
    known: int
    came: int


def count_new(engine: Engine, site: str, since: datetime) -> NewPages:
    """The pages of a site that are new since it was learned last, or since a moment before that, and those that came since that
    moment. All are new where nothing was learned yet, or by a clock that was ahead."""
    with reading(engine) as connection:
        reader = Reader.of(connection)
        learned_at = moment(reader.value(_LEARNED_AT, {"site": site}))
        if learned_at is None or is_future(learned_at, datetime.now(UTC)):
            learned_at = datetime.min.replace(tzinfo=UTC)
        values = {"site": site, "since": min(since, learned_at), "came": since}
        [(known, pages, unfit, came)] = reader.tuples(_NEW, values)
    return NewPages(pages, unfit, known, came)


def unrecorded(engine: Engine, site: str, limit: int = WINDOW_PAGES) -> list[int]:
    """The newest articles of a site that have no record: stored by a crawl that kept none."""
    with reading(engine) as connection:
        rows = bulk.select_tuples(connection, _UNRECORDED, {"site": site, "limit": limit})
    return [article_id for (article_id,) in rows]


def article_ids(engine: Engine, urls: Iterable[str]) -> dict[str, int]:
    """URL → id of the articles at these addresses."""
    query = "SELECT url, id FROM articles WHERE url_key IN :keys"  # there is no index of `url`
    found: dict[str, int] = {}
    with reading(engine) as connection:
        for keys in bulk.parts({url_key(url) for url in urls}):
            found |= dict(bulk.select_tuples(connection, query, {"keys": keys}))
    return found


def articles_with(engine: Engine, site: str, line: str) -> list[int]:
    """The articles of a site that print a line, in their text or in what was left out of it."""
    body = ArticleRow.article_body  # LIKE would have upper and lower case alike on SQLite alone
    left_out = exists().where(
        DroppedLine.revision_id == ArticleRow.revision_id, DroppedLine.line_hash == line_hash(site, line)
    )
    query = (
        select(ArticleRow.id)
        .join(Site, Site.id == ArticleRow.site_id)
        .where(Site.domain == site, (func.replace(body, storable(line), "") != body) | left_out)
    )
    with reading(engine) as connection:
        return list(connection.execute(query).scalars())


def settle(engine: Engine, verdicts: Mapping[int, tuple[int, int]]) -> None:
    """Store the verdict and the layout of pages that were read again and gave the stored text."""
    rows = [{"b_id": i, "verdict": verdict, "layout": layout} for i, (verdict, layout) in verdicts.items()]
    if not rows:
        return
    with writing(engine) as connection:
        statement = update(PageSighting).where(PageSighting.article_id == bindparam("b_id"))
        bulk.execute_many(connection, statement, rows)


# -- other sites ----------------------------------------------------------------------------------


def shared(engine: Engine, pages: Iterable[Observation]) -> dict[int, Elsewhere]:
    """What other sites show about the lines on these pages of one site."""
    pages = list(pages)
    found: dict[int, list[Observation]] = defaultdict(list)
    named: dict[int, set[str]] = defaultdict(set)
    if not pages:
        return {}
    with reading(engine) as connection:
        if not bulk.select_tuples(connection, _OTHERS, {"sites": list({page.site for page in pages})}):
            return {}  # no other site has pages with a record
        keys = sorted({key for page in pages for key in shareable(page)})
        on_several_sites = sorted(key for (key,) in _of_lines(connection, _ON_SEVERAL_SITES, keys))
        columns: list[Any] = [LineSighting.fingerprint, LineSighting.is_named, ArticleRow.url]
        columns += [ArticleRow.cluster_id, PageSighting.origin, Site.domain]
        query = (
            select(*columns)
            .join(PageSighting, PageSighting.article_id == LineSighting.article_id)
            .join(ArticleRow, ArticleRow.id == LineSighting.article_id)
            .join(Site, Site.id == PageSighting.site_id)
        )
        for chunk in bulk.chunks(on_several_sites):
            for row in connection.execute(query.where(LineSighting.fingerprint.in_(chunk))):
                page = Observation(row.url, row.domain, _cluster(row.cluster_id, row.url), row.origin)
                found[row.fingerprint].append(page)
                if row.is_named:
                    named[row.fingerprint].add(page.cluster)
        copies = _copies(connection, {page.cluster for pages in found.values() for page in pages})
    return {key: elsewhere(holding, copies, named[key]) for key, holding in found.items()}


def _of_lines(connection: Connection, query: str, keys: list[int], **values: Any) -> list[tuple[Any, ...]]:
    """The rows of a query about lines; its `AMONG` stands for the condition that a line is one of these."""

    def bind(part: Any) -> str:
        values["keys"] = part
        return ":keys"

    found = []
    for part in bulk.chunks(keys, MAX_KEYS):
        asked = query.replace("AMONG", dialect_of(connection).among(part, bind))
        found += bulk.select_tuples(connection, asked, values)
    return found


def _copies(connection: Connection, names: Iterable[str]) -> dict[str, list[Observation]]:
    """The pages of each cluster of copies, and a page alone for what is no cluster."""
    found: dict[str, list[Observation]] = defaultdict(list)
    numbers = []
    for name in names:
        if name.startswith("cluster "):
            numbers.append(int(name.removeprefix("cluster ")))
        else:
            found[name].append(Observation(name, "", name))
    for chunk in bulk.chunks(numbers):
        query = (
            select(ArticleRow.url, ArticleRow.cluster_id)
            .join(PageSighting, PageSighting.article_id == ArticleRow.id)
            .where(ArticleRow.cluster_id.in_(chunk))
        )
        for url, number in connection.execute(query):
            found[_cluster(number, url)].append(Observation(url, "", _cluster(number, url)))
    return found


def unsettled(
    engine: Engine, site: str, since: datetime, has_grown: Callable[[int, int], bool]
) -> Counter[str]:
    """Site → how many lines it holds that its template does not take yet, and that have more articles since a moment by this
    site's pages. `has_grown` tells, by the number of articles before and now, whether that may prove anything; a line of one
    article proves nothing."""
    with reading(engine) as connection:
        own = [key for (key,) in bulk.select_tuples(connection, _OWN_LINES, {"site": site, "since": since})]
        counted = _of_lines(connection, _ARTICLES, own, since=since)
        grown = [key for key, before, now in counted if has_grown(before, now)]
        return Counter(domain for _, domain in _of_lines(connection, _UNSETTLED, grown))


def prune(engine: Engine, site: str, size: int = WINDOW_PAGES) -> None:
    """Remove pages beyond the window, and lines that only one page beyond the first `MAX_FRESH_PAGES` holds."""
    if count(engine, site) <= min(size, MAX_FRESH_PAGES):
        return  # so it is for most sites, and no other writer has to wait
    newest = _of_site(select(PageSighting.article_id), site).order_by(
        PageSighting.seen_at.desc(), PageSighting.article_id.desc()
    )
    with writing(engine) as connection:
        ids = list(connection.execute(newest).scalars())
        for chunk in bulk.chunks(ids[size:]):
            for table in (PageSighting, LineSighting):
                connection.execute(delete(table).where(table.article_id.in_(chunk)))
        other = LineSighting.__table__.alias("other")
        again = exists().where(
            other.c.fingerprint == LineSighting.fingerprint, other.c.article_id != LineSighting.article_id
        )
        for chunk in bulk.chunks(ids[MAX_FRESH_PAGES:size]):
            connection.execute(delete(LineSighting).where(LineSighting.article_id.in_(chunk), ~again))


#: Lines of all records that stay in memory: 600 bytes each, so 70 MB where no two are alike; a line that several pages
#: of a site share is held once. Where there are more, the sites that were learned longest ago leave memory and are
#: unpacked again when they are needed. The site that is being learned stays, however many it has.
MAX_LINES = 120_000

#: What changes whenever the record of an article does.
Stamp = tuple[datetime, int]


@dataclass
class SiteInMemory:
    """A site in memory: its records by article, each with its stamp, `None` for one that cannot be read.

    `agreeing` are the records, by URL, that `template` reads in the same way as the template with which their pages
    were read last.
    """

    records: dict[int, tuple[Stamp, Observation | None]] = field(default_factory=dict)
    template: Template | None = None
    agreeing: dict[str, Observation] = field(default_factory=dict)
    #: Its different lines, each by itself, so that equal lines of its pages are one object.
    shared: dict[Line, Line] = field(default_factory=dict)

    def sharing(self, page: Observation | None) -> Observation | None:
        """The page; its lines that other pages have as well are the same objects as theirs."""
        if page is None:
            return None
        return replace(page, lines=tuple([self.shared.setdefault(line, line) for line in page.lines]))

    def keep(self, articles: Container[int]) -> None:
        """Forget the records of all other articles, whose pages have left the window, and the lines that only they
        hold."""
        kept = {number: record for number, record in self.records.items() if number in articles}
        if len(kept) == len(self.records):
            return
        pages = [page for _, page in kept.values() if page is not None]
        urls = {page.url for page in pages}
        self.records, self.shared = kept, {line: line for page in pages for line in page.lines}
        self.agreeing = {url: page for url, page in self.agreeing.items() if url in urls}

    @property
    def lines(self) -> int:
        return sum(len(page.lines) for _, page in self.records.values() if page is not None)


class SiteWindows:
    """The windows of an archive's sites, for one thread at a time."""

    def __init__(self, engine: Engine, max_lines: int = MAX_LINES) -> None:
        self.engine, self.max_lines = engine, max_lines
        self.sites: OrderedDict[str, SiteInMemory] = OrderedDict()

    def site(self, domain: str) -> SiteInMemory:
        """What is in memory of a site; empty for a new site."""
        known = self.sites.setdefault(domain, SiteInMemory())
        self.sites.move_to_end(domain)
        return known

    def window(self, domain: str, size: int = WINDOW_PAGES) -> Window:
        """The newest pages of a site (its domain), oldest first; copies of one article count as one.

        A page whose row is as it was is the same object as before.
        """
        known = self.site(domain)
        snapshot = self.engine.execution_options(**dialect_of(self.engine).snapshot_options)
        with reading(snapshot) as connection:  # an article may be withheld meanwhile
            rows = newest(connection, domain, size)
            stamps = {row.article_id: (row.seen_at, row.digest) for row in rows}
            known.keep(stamps)  # before further records are unpacked
            stale = [
                i for i, stamp in stamps.items() if i not in known.records or known.records[i][0] != stamp
            ]
            query = select(PageSighting.article_id, PageSighting.record)
            packed = dict(bulk.select_in(connection, query, PageSighting.article_id, stale))
        records: dict[int, tuple[Stamp, Observation | None]] = {}
        for row in reversed(rows):
            stamp = stamps[row.article_id]
            if row.article_id in packed:
                page = known.sharing(unpacked(row, packed[row.article_id], domain))
            else:
                page = known.records[row.article_id][1]
                if page is not None:  # its record is the same; its row may have other values
                    page = page.with_verdict(_cluster(row.cluster_id, row.url), row.verdict, row.layout)
            records[row.article_id] = stamp, page
        known.records = records
        lines = {domain: one.lines for domain, one in self.sites.items()}
        while sum(lines.values()) > self.max_lines and len(self.sites) > 1:
            oldest, _ = self.sites.popitem(last=False)
            del lines[oldest]
        return Window((page for _, page in records.values() if page is not None), size)
