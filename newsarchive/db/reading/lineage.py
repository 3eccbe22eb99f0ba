"""Reads where articles come from: `trace(source, 17)` gives the origin and every copy of article 17, `origins(source)` counts
which site republishes which publisher.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from newsarchive.core.near_duplicates.comparison import Comparison, compare
from newsarchive.core.text.normalise import key
from newsarchive.core.text.words import sentences
from newsarchive.core.urls import domain_of
from newsarchive.db.conditions import exact_date, unseen, visible
from newsarchive.db.reading.articles import Stored, cited, get
from newsarchive.db.readonly import Reader, Row, Source, reading
from newsarchive.exceptions import NoSuchArticle
from newsarchive.items import Origin
from newsarchive.times import utc

#: A trace has this many copies, the earliest ones, and the fullest. Further copies are only counted: a cluster may hold
#: thousands of equal texts.
MAX_COPIES = 200
#: A trace shows the changes of this many copies, the earliest ones, sentence by sentence. Of later copies it has only
#: the counts.
MAX_COMPARED_COPIES = 50
#: A feed may name a post some hours after its date: it is cached, or the post waited for somebody to release it.
MAX_LATE = timedelta(days=1)
COUNTS = ("kept", "added", "cut", "altered")


@dataclass(frozen=True, slots=True)
class Copy:
    """One article of a cluster, compared with the fullest article of the cluster.

    `similarity` is the overlap of shingles (0 to 1). `kind` is `fullest`, `exact`, `edited` or `truncated`. `published`
    is the printed date, or the time of the first crawl where the page prints none. `counts` are the numbers of
    sentences kept, added, cut and altered; `changes` has their texts, or is `None` after the first
    `MAX_COMPARED_COPIES`. `edits` says how often its site changed the text since the first crawl: texts are compared as they
    are today, so that an edit of the original looks like a change that a copy made. `absent_at` is when the feed that named it first
    was read for the last time without it, where it is dated more than `MAX_LATE` before that: then its date may be false.
    """

    id: int
    url: str
    site: str
    headline: str
    published: datetime
    kind: str
    similarity: float
    counts: dict[str, int]
    changes: Comparison | None = field(repr=False)
    edits: int = 0
    absent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ParaphraseLink:
    """An article outside the cluster that may be a paraphrase, which is less certain than a copy. `shared` are the names and
    numbers that both texts have."""

    id: int
    url: str
    site: str
    headline: str
    published: datetime
    score: float
    shared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """An article, the publisher that it credits, and all copies of its text in the order of time.

    `origin` is the origin that the article names, otherwise the most certain one that a copy names; `origin_from` is
    the address of the article that names it. `original_url` is the original that the credit links, where the archive
    holds it. `size` is the number of articles in the cluster, `copies` are the earliest `MAX_COPIES` of them, the fullest and
    the article itself. `paraphrases` are links that `newsarchive recluster --paraphrases` stored, those with the highest
    score first.
    """

    id: int
    url: str
    headline: str
    origin: Origin | None
    origin_from: str
    original_id: int | None
    original_url: str
    cluster_id: int | None
    size: int
    earliest: int
    fullest: int
    copies: tuple[Copy, ...]
    paraphrases: tuple[ParaphraseLink, ...]


@dataclass(frozen=True, slots=True)
class Republished:
    """The number of articles of a publisher that a site republishes. `delay_hours` is the median time after the original,
    `None` where no date of an original is known."""

    site: str
    origin: str
    origin_domain: str
    articles: int
    delay_hours: float | None
    first: datetime
    last: datetime


def trace(source: Source, url_or_id: str | int, *, hidden: bool = False) -> Trace:
    """The origin and the copies of an article. With `hidden` the copies that readers do not see are included; the article
    itself may always be hidden. Raises `NoSuchArticle`."""
    article = get(source, url_or_id)
    with reading(source) as reader:
        rows, size = _cluster(reader, article.id, article.cluster_id, hidden)
        compared_rows = _comparisons(reader, rows, hidden)
        in_time = sorted(rows, key=lambda i: (rows[i]["published"], i))
        any_row = next(iter(compared_rows.values()))
        full = next((r for r in compared_rows.values() if r["kind"] == "fullest"), any_row)["fullest_id"]
        texts = _bodies(reader, {*in_time[:MAX_COMPARED_COPIES], full})
        paraphrases = _paraphrases(reader, list(rows), hidden)
        absences = reader.rows(_ABSENT, {"ids": list(rows), **_PARTS_OF_RUNS})
    absent = {one["id"]: one["seen_at"] for one in absences}
    copies = []
    for i in in_time:
        row, stored, absent_at = rows[i], compared_rows.get(i), absent.get(i)
        changed = compare(texts[full], texts[i]) if i in texts else None
        if stored is None:  # the fullest article left the cluster after this one came
            stored = dict.fromkeys(COUNTS, 0) | {"kind": "edited", "similarity": 0.0}
            stored |= changed.counts if changed else {}
        if absent_at is not None and row["published"] + MAX_LATE >= absent_at:
            absent_at = None
        copies.append(Copy(
            row["id"], row["url"], row["site"], row["headline"], row["published"], stored["kind"],
            round(stored["similarity"], 3), {name: stored[name] for name in COUNTS}, changed, row["edits"], absent_at,
        ))  # fmt: skip
    named_by = _named_by(source, article, [c.id for c in copies])
    return Trace(
        article.id, article.url, article.headline,
        named_by.origin if named_by else None, named_by.url if named_by else "",
        named_by.original_id if named_by else None, named_by.original_url if named_by else "",
        article.cluster_id, size, copies[0].id, full, tuple(copies), paraphrases,
    )  # fmt: skip


def story(source: Source, cluster_id: int) -> Trace:
    """The trace of the first article of a cluster. Raises `NoSuchArticle`."""
    first = f"SELECT min(id) FROM articles AS a WHERE cluster_id = :id AND {visible('a.id')}"
    with reading(source) as reader:
        found = reader.value(first, {"id": cluster_id})
    if found is None:
        raise NoSuchArticle(
            f"no story {cluster_id} in the archive: its articles are no copies of one another any more"
        )
    return trace(source, found)


def compared(source: Source, full: str | int, copy: str | int) -> Comparison:
    """The sentences that `copy` added, cut and altered, compared with `full`; an identifier names a version of a text.

    Raises as `cited` does.
    """
    return compare(cited(source, full).article_body, cited(source, copy).article_body)


def _published(alias: str) -> str:
    """The SQL of the time at which an article appeared: the date that it prints, or the time of the first crawl."""
    return f"coalesce({exact_date(alias)}, {alias}.first_seen_at)"


_ROWS = f"""
    SELECT a.id, a.url, a.headline, a.content_hash, {_published("a")} AS published,
           s.domain AS site,
           (SELECT count(*) FROM article_revisions AS r WHERE r.article_id = a.id AND r.change_kind = 'publisher') AS edits
    FROM articles AS a JOIN sites AS s ON s.id = a.site_id
"""

#: When the feed that named an article first was read for the last time without it. A feed has the newest posts, so a post
#: with an older date that appears in it was published later than it says. An archive page or a sitemap tells no such thing. A look
#: records the first page of a feed alone, so it counts only where a crawl read the whole feed at that time. A crawl that ended at a
#: limit or a bound did not, and one with `skip` left posts out.
_ABSENT = """
    SELECT a.id, max(l.last_at) AS seen_at FROM articles AS a JOIN urls AS u ON u.url_key = a.url_key
    JOIN discoveries AS d ON d.url_id = u.id AND d.kind = 'feed' JOIN crawl_runs AS r ON r.id = d.run_id
    JOIN listing_looks AS l ON l.source_id = d.source_id AND l.last_at < r.started_at
    WHERE a.id IN :ids AND NOT EXISTS (SELECT 1 FROM discoveries AS e WHERE e.url_id = d.url_id AND e.run_id < d.run_id)
    AND EXISTS (
        SELECT 1 FROM crawl_runs AS w WHERE w.spider = r.spider AND w.site = r.site AND w.id < r.id AND w.reached
        AND w.started_at <= l.last_at AND w.finished_at >= l.first_at
        AND CAST(w.arguments AS TEXT) NOT LIKE :limit AND CAST(w.stats AS TEXT) NOT LIKE :bound
        AND (CAST(w.arguments AS TEXT) NOT LIKE :skip OR CAST(w.arguments AS TEXT) = CAST(r.arguments AS TEXT))
    )
    GROUP BY a.id
"""
#: How the arguments of a crawl with a limit or with posts left out are told, and the figures of one that came to a bound.
_PARTS_OF_RUNS = {"limit": '%"limit"%', "skip": '%"skip"%', "bound": '%"bound/%'}


def _cluster(
    reader: Reader, article_id: int, cluster_id: int | None, hidden: bool
) -> tuple[dict[int, Row], int]:
    """The rows of a cluster's earliest articles, of its fullest and of this article, by id, and the number of its articles."""
    found = {row["id"]: row for row in reader.rows(f"{_ROWS} WHERE a.id = :id", {"id": article_id})}
    if cluster_id is None:
        return found, 1
    mine = f"a.cluster_id = :id AND (a.id = :own OR {visible('a.id', hidden)})"
    values = {"id": cluster_id, "own": article_id}
    earliest = f"{_ROWS} WHERE {mine} ORDER BY published, a.id LIMIT {MAX_COPIES}"
    fullest = f"{_ROWS} WHERE {mine} AND a.id = (SELECT fullest_id FROM copies WHERE article_id = :own)"
    found |= {row["id"]: row for query in (earliest, fullest) for row in reader.rows(query, values)}
    return found, int(reader.value(f"SELECT count(*) FROM articles AS a WHERE {mine}", values))


def _bodies(reader: Reader, ids: Iterable[int]) -> dict[int, str]:
    """The current texts of articles by id."""
    query = "SELECT id, article_body FROM articles WHERE id IN :ids"
    return {i: body or "" for i, body in reader.tuples(query, {"ids": sorted(ids)})}


def _comparisons(reader: Reader, rows: Mapping[int, Row], hidden: bool) -> dict[int, Row]:
    """The row of the table `copies` for each article: what it changed, compared with the fullest article.

    The rows are computed here where the archive has none (an older version of this program stored none), and where the
    fullest article is hidden from readers.
    """
    stored = reader.rows("SELECT * FROM copies WHERE article_id IN :ids", {"ids": list(rows)})
    fullest = {row["fullest_id"] for row in stored} - set(rows)
    away = f"SELECT 1 FROM ({unseen(hidden)}) AS h WHERE article_id IN :ids"
    if stored and (not fullest or reader.value(away, {"ids": list(fullest)}) is None):
        return {row["article_id"]: row for row in stored}
    if len(rows) == 1:  # an article without copies is its own fullest one
        alone = {"kind": "fullest", "similarity": 1.0}
        return {
            i: dict.fromkeys(COUNTS, 0) | alone | {"kept": len(sentences(body)), "fullest_id": i}
            for i, body in _bodies(reader, rows).items()
        }
    from newsarchive.core.near_duplicates.clustering import fullest_of, text_of
    from newsarchive.db.near_duplicates.copies import row_of

    bodies = _bodies(reader, rows)
    texts = {i: text_of(i, bodies[i], row["published"], row["content_hash"]) for i, row in rows.items()}
    full = fullest_of(texts.values()).id
    made = {i: row_of(text, texts[full], bodies) | {"fullest_id": full} for i, text in texts.items()}
    made[full]["kind"] = "fullest"
    return made


def _paraphrases(reader: Reader, ids: Sequence[int], hidden: bool) -> tuple[ParaphraseLink, ...]:
    """The stored links between these articles and others, those with the highest score first."""
    links = reader.rows(
        "SELECT a_id, b_id, score, shared FROM paraphrases WHERE a_id IN :ids OR b_id IN :ids"
        f" ORDER BY score DESC, a_id, b_id LIMIT {MAX_COPIES}",
        {"ids": ids},
    )
    best: dict[int, tuple[float, list[str]]] = {}
    for row in links:
        for other in {row["a_id"], row["b_id"]} - set(ids):
            best.setdefault(other, (row["score"], row["shared"]))
    seen = visible("a.id", hidden)
    found = reader.rows(f"{_ROWS} WHERE a.id IN :ids AND {seen}", {"ids": list(best)}) if best else []
    rows = {row["id"]: row for row in found}
    return tuple(
        ParaphraseLink(i, row["url"], row["site"], row["headline"], row["published"], score, tuple(shared))
        for i, (score, shared) in best.items()
        for row in ([rows[i]] if i in rows else [])
    )


def _named_by(source: Source, article: Stored, copies: Sequence[int]) -> Stored | None:
    """The article itself where it names an origin, else the copy that names one with the highest confidence."""
    if article.origin:
        return article
    surest = """
        SELECT article_id FROM article_origins WHERE article_id IN :ids
        ORDER BY confidence DESC, article_id LIMIT 1
    """
    with reading(source) as reader:
        best = reader.value(surest, {"ids": copies})
    return None if best is None else get(source, best)


_CREDITS = f"""
    SELECT s.domain AS site, o.name, o.domain, a.cluster_id, ao.date,
           {_published("a")} AS published,
           {_published("original")} AS first
    FROM article_origins AS ao
    JOIN articles AS a ON a.id = ao.article_id
    JOIN origins AS o ON o.id = ao.origin_id
    JOIN sites AS s ON s.id = a.site_id
    LEFT JOIN articles AS original ON original.id = ao.original_id AND {{seen_original}}
    WHERE s.domain = coalesce(:site, s.domain) AND {{seen}}
"""
_SINCE = f" AND {_published('a')} >= :since"


def origins(
    source: Source, *, site: str | None = None, since: datetime | None = None, hidden: bool = False
) -> list[Republished]:
    """Which site republishes which publisher, the most frequent pair first; with `hidden` in hidden articles too.

    The delay is measured from the original where the archive holds it: the article that the credit links, else the earliest
    article of the cluster on the publisher's own site, or, where no domain of the publisher is known, under its name. Otherwise it
    is measured from the date that the credit prints.

    Credits with and without a domain are of one publisher where all domains that the archive knows of its name are one; so are `The
    Harbour Gazette` and `Harbour Gazette` of one domain. The publisher has the name that most of these credits give.
    """
    values = {"site": domain_of(site) if site else None} | ({"since": utc(since)} if since else {})
    found: dict[tuple[str, str, str], list[tuple[datetime, datetime | None]]] = defaultdict(list)
    spellings: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    with reading(source) as reader:
        seen = {"seen": visible("a.id", hidden), "seen_original": visible("original.id", hidden)}
        named = reader.rows(_NAMED_ORIGINALS.format(**seen))
        on_site = reader.rows(_ORIGINALS.format(**seen))
        originals = {(row["cluster_id"], paper_key(row["publisher"])): row["first"] for row in named}
        originals |= {(row["cluster_id"], row["domain"]): row["first"] for row in on_site}
        known: dict[str, set[str]] = defaultdict(set)
        for row in reader.rows(_DOMAINS):
            known[paper_key(row["name"])].add(row["domain"])
        for row in reader.rows(_CREDITS.format(**seen) + (_SINCE if since else ""), values):
            paper, cluster = paper_key(row["name"]), row["cluster_id"]
            only = next(iter(known[paper])) if len(known[paper]) == 1 else ""
            domain = row["domain"] or only
            original = originals.get((cluster, domain)) or originals.get((cluster, paper))
            found[row["site"], paper, domain].append(
                (row["published"], row["first"] or original or row["date"])
            )
            spellings[paper, domain][row["name"]] += 1
    counted = [
        _republished((site, spellings[paper, domain].most_common(1)[0][0], domain), dates)
        for (site, paper, domain), dates in found.items()
    ]
    return sorted(counted, key=lambda r: (-r.articles, r.site, r.origin, r.origin_domain))


_DOMAINS = "SELECT name, domain FROM origins WHERE domain <> ''"
_ORIGINALS = f"""
    SELECT a.cluster_id, s.domain, min({_published("a")}) AS first
    FROM articles AS a JOIN sites AS s ON s.id = a.site_id
    WHERE a.cluster_id IS NOT NULL AND s.domain IN (SELECT domain FROM origins) AND {{seen}}
    GROUP BY a.cluster_id, s.domain
"""
#: The articles of clusters in which a publisher without a known domain is credited, and that credit nobody themselves.
_NAMED_ORIGINALS = f"""
    SELECT a.cluster_id, a.publisher, {_published("a")} AS first FROM articles AS a
    WHERE a.publisher <> '' AND NOT EXISTS (SELECT 1 FROM article_origins AS own WHERE own.article_id = a.id) AND {{seen}}
    AND a.cluster_id IN (
        SELECT c.cluster_id FROM article_origins AS ao JOIN origins AS o ON o.id = ao.origin_id AND o.domain = ''
        JOIN articles AS c ON c.id = ao.article_id)
    ORDER BY first DESC
"""


def paper_key(name: str) -> str:
    """The name of a paper for comparison: `The Harbour Gazette` is `Harbour Gazette`."""
    return key(name).removeprefix("the")


def _republished(pair: tuple[str, str, str], dates: list[tuple[datetime, datetime | None]]) -> Republished:
    from statistics import median  # imported here because the import is slow, and `trace` does not need it

    delays = [(published - first) / timedelta(hours=1) for published, first in dates if first]
    kept = [delay for delay in delays if delay >= 0]
    moments = [published for published, _ in dates]
    return Republished(
        *pair, len(dates), round(median(kept), 1) if kept else None, min(moments), max(moments)
    )
