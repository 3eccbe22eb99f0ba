"""Reading clusters: the copies of an article in time, and who is republished by whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from newsarchive.core.near_duplicates.comparison import Comparison, compare
from newsarchive.core.text.sentences import sentences
from newsarchive.db.hidden import HIDDEN, visible
from newsarchive.db.reading.articles import Stored, find, get
from newsarchive.db.readonly import File, Reader, Row, reading
from newsarchive.db.values import utc
from newsarchive.exceptions import NoSuchArticle
from newsarchive.items import Origin

if TYPE_CHECKING:
    from sqlalchemy import Engine

#: Copies in one trace, the earliest; further ones are counted alone. A cluster may hold thousands of equal texts.
MAX_COPIES = 200
#: Copies, the earliest, for which a trace has the text of what was changed.
MAX_COMPARED_COPIES = 50
COUNTS = ("kept", "added", "cut", "altered")


@dataclass(frozen=True, slots=True)
class Copy:
    """One article of a cluster beside its fullest. `similarity` is the overlap of shingles (0 to 1),
    `kind` is `fullest`, `exact`, `edited` or `truncated`; `published` is the first seen where unprinted.
    `counts` are the sentences kept, added, cut and altered; `changes` has their text, `None` for a copy
    after the first `MAX_COMPARED_COPIES`."""

    id: int
    url: str
    site: str
    headline: str
    published: datetime
    kind: str
    similarity: float
    counts: dict[str, int]
    changes: Comparison | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Spun:
    """An article that may tell the same in other words: no copy of the cluster, and less sure."""

    id: int
    url: str
    site: str
    headline: str
    published: datetime
    score: float
    shared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """An article, whom it credits, and all copies of its text in the order of time.

    `origin` is the article's own, else the surest that one of its copies names (at `origin_from`).
    `original_url` is the original that the credit links, where the archive holds it.
    `size` counts the cluster; `copies` are its earliest `MAX_COPIES`, the article's own among them.
    `paraphrases` are links that `newsarchive recluster --paraphrases` stored, the best first.
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
    paraphrases: tuple[Spun, ...]


@dataclass(frozen=True, slots=True)
class Republished:
    """How often a site republishes a publisher, and how many hours after it (median; `None` unknown)."""

    site: str
    origin: str
    origin_domain: str
    articles: int
    delay_hours: float | None
    first: datetime
    last: datetime


def trace(source: File | Engine, url_or_id: str | int, *, hidden: bool = False) -> Trace:
    """The origin and the copies of an article; with `hidden` those too that readers do not see, which the article
    itself may be. Raises `NoSuchArticle`."""
    article = get(source, url_or_id)
    with reading(source) as reader:
        rows, size = _cluster(reader, article.id, article.cluster_id, hidden)
        beside = _beside(reader, rows, hidden)
        shown = sorted(rows, key=lambda i: (rows[i]["published"], i))[:MAX_COMPARED_COPIES]
        full = next((r for r in beside.values() if r["kind"] == "fullest"), next(iter(beside.values())))[
            "fullest_id"
        ]
        texts = _bodies(reader, {*shown, full})
        spun = _paraphrases(reader, list(rows), hidden)
    copies = tuple(
        _copy(rows[i], beside.get(i), compare(texts[full], texts[i]) if i in texts else None)
        for i in sorted(rows, key=lambda i: (rows[i]["published"], i))
    )
    named_by = _named_by(source, article, [c.id for c in copies])
    return Trace(
        article.id, article.url, article.headline,
        named_by.origin if named_by else None, named_by.url if named_by else "",
        named_by.original_id if named_by else None, named_by.original_url if named_by else "",
        article.cluster_id, size, copies[0].id, full, copies, spun,
    )  # fmt: skip


def story(source: File | Engine, cluster_id: int) -> Trace:
    """A whole cluster: the trace of its first article. Raises `NoSuchArticle`."""
    first = f"SELECT min(id) FROM articles AS a WHERE cluster_id = :id AND {visible('a.id')}"
    with reading(source) as reader:
        found = reader.value(first, {"id": cluster_id})
    if found is None:
        raise NoSuchArticle(
            f"no story {cluster_id} in the archive: its articles are no copies of one another any more"
        )
    return trace(source, found)


def compared(source: File | Engine, full: str | int, copy: str | int) -> Comparison:
    """What `copy` added, cut and altered against `full`. Raises `NoSuchArticle`."""
    with reading(source) as reader:
        a, b = find(reader, full), find(reader, copy)
        texts = _bodies(reader, {a, b})
    return compare(texts[a], texts[b])


def _published(alias: str) -> str:
    """SQL for when an article appeared: the first seen where no day is printed. A date that is known to the month
    stands for its first day, and would make a copy look like the first."""
    known = f"replace({alias}.date_published_source, '(month)', '') = {alias}.date_published_source"
    return f"coalesce(CASE WHEN {known} THEN {alias}.date_published END, {alias}.first_seen_at)"


_ROWS = f"""
    SELECT a.id, a.url, a.headline, a.content_hash, {_published("a")} AS published,
           s.domain AS site
    FROM articles AS a JOIN sites AS s ON s.id = a.site_id
"""


def _cluster(
    reader: Reader, article_id: int, cluster_id: int | None, hidden: bool
) -> tuple[dict[int, Row], int]:
    """The rows of a cluster's earliest articles and of this one, by id, and how many it holds."""
    found = {row["id"]: row for row in reader.rows(f"{_ROWS} WHERE a.id = :id", {"id": article_id})}
    if cluster_id is None:
        return found, 1
    mine = f"a.cluster_id = :id AND (a.id = :own OR {visible('a.id', hidden)})"
    values = {"id": cluster_id, "own": article_id}
    mates = f"{_ROWS} WHERE {mine} ORDER BY published, a.id LIMIT {MAX_COPIES}"
    found |= {row["id"]: row for row in reader.rows(mates, values)}
    return found, int(reader.value(f"SELECT count(*) FROM articles AS a WHERE {mine}", values))


def _bodies(reader: Reader, ids: Iterable[int]) -> dict[int, str]:
    """The current texts of articles by id."""
    query = "SELECT id, article_body FROM articles WHERE id IN :ids"
    return {i: body or "" for i, body in reader.tuples(query, {"ids": sorted(ids)})}


def _beside(reader: Reader, rows: Mapping[int, Row], hidden: bool) -> dict[int, Row]:
    """The stored row of each copy; made here for an archive whose version stored none, and where the fullest copy
    is one that readers do not see."""
    stored = reader.rows("SELECT * FROM copies WHERE article_id IN :ids", {"ids": list(rows)})
    fullest = {row["fullest_id"] for row in stored} - set(rows)
    unseen = f"SELECT 1 FROM ({HIDDEN}) AS h WHERE article_id IN :ids"
    if stored and (hidden or not fullest or reader.value(unseen, {"ids": list(fullest)}) is None):
        return {row["article_id"]: row for row in stored}
    if len(rows) == 1:
        return {i: dict.fromkeys(COUNTS, 0) | _alone(reader, i) for i in rows}
    from newsarchive.core.near_duplicates.clustering import describe, text_of
    from newsarchive.db.near_duplicates.copies import row_of

    bodies = _bodies(reader, rows)
    texts = {i: text_of(i, bodies[i], row["published"], row["content_hash"]) for i, row in rows.items()}
    full = describe(list(texts.values())).fullest
    made = {i: row_of(text, texts[full], bodies) | {"fullest_id": full} for i, text in texts.items()}
    made[full]["kind"] = "fullest"
    return made


def _alone(reader: Reader, article_id: int) -> Row:
    """The row of an article that nobody copied."""
    kept = len(sentences(_bodies(reader, [article_id])[article_id]))
    return {"kind": "fullest", "similarity": 1.0, "kept": kept, "fullest_id": article_id}


def _copy(row: Row, beside: Row | None, changed: Comparison | None) -> Copy:
    """`beside` is missing for what joined a cluster that lost its fullest since."""
    if beside is None:
        beside = dict.fromkeys(COUNTS, 0) | {"kind": "edited", "similarity": 0.0}
        beside |= changed.counts if changed else {}
    return Copy(
        row["id"], row["url"], row["site"], row["headline"], row["published"],
        beside["kind"], round(beside["similarity"], 3), {name: beside[name] for name in COUNTS}, changed,
    )  # fmt: skip


def _paraphrases(reader: Reader, ids: Sequence[int], hidden: bool) -> tuple[Spun, ...]:
    """The stored links between these articles and others, the best first."""
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
        Spun(i, row["url"], row["site"], row["headline"], row["published"], score, tuple(shared))
        for i, (score, shared) in best.items()
        for row in ([rows[i]] if i in rows else [])
    )


def _named_by(source: File | Engine, article: Stored, copies: Sequence[int]) -> Stored | None:
    """The article itself where it credits somebody, else the copy that does so most surely."""
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
    source: File | Engine, *, site: str | None = None, since: datetime | None = None, hidden: bool = False
) -> list[Republished]:
    """Who is republished by whom, the most often first; with `hidden` by what readers do not see too.

    The delay is counted from the original where the archive holds it (by the address that the credit
    links, else the earliest article of the cluster on the publisher's own site), else from the date
    that the credit prints.
    """
    values = {"site": site} | ({"since": utc(since)} if since else {})
    found: dict[tuple[str, str, str], list[tuple[datetime, datetime | None]]] = defaultdict(list)
    with reading(source) as reader:
        originals = _originals(reader, hidden)
        seen = {"seen": visible("a.id", hidden), "seen_original": visible("original.id", hidden)}
        for row in reader.rows(_CREDITS.format(**seen) + (_SINCE if since else ""), values):
            first = row["first"] or originals.get((row["cluster_id"], row["domain"])) or row["date"]
            found[row["site"], row["name"], row["domain"]].append((row["published"], first))
    counted = [_republished(key, dates) for key, dates in found.items()]
    return sorted(counted, key=lambda r: (-r.articles, r.site, r.origin))


_ORIGINALS = f"""
    SELECT a.cluster_id, s.domain, min({_published("a")}) AS first
    FROM articles AS a JOIN sites AS s ON s.id = a.site_id
    WHERE a.cluster_id IS NOT NULL AND s.domain IN (SELECT domain FROM origins) AND {{seen}}
    GROUP BY a.cluster_id, s.domain
"""


def _originals(reader: Reader, hidden: bool) -> dict[tuple[int | None, str], datetime]:
    """When the first article of a cluster appeared on a site that is a listed origin."""
    rows = reader.rows(_ORIGINALS.format(seen=visible("a.id", hidden)))
    return {(row["cluster_id"], row["domain"]): row["first"] for row in rows}


def _republished(key: tuple[str, str, str], dates: list[tuple[datetime, datetime | None]]) -> Republished:
    from statistics import median  # `trace` starts sooner without it

    delays = [(published - first) / timedelta(hours=1) for published, first in dates if first]
    kept = [delay for delay in delays if delay >= 0]
    moments = [published for published, _ in dates]
    return Republished(*key, len(dates), round(median(kept), 1) if kept else None, min(moments), max(moments))
