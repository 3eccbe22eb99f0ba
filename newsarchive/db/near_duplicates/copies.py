"""What each copy added, cut and altered against the fullest article of its cluster: the rows of `copies`; and the
original of an article, where the archive holds it too.

A blog that leaves out the last two paragraphs of an article of 30 sentences has `kept` 26 and `cut` 4. `record` runs in
the transaction that changed the clusters. It compares the new articles, and all articles only where another one has
become the fullest. A cluster of `MAX_FULLEST_CANDIDATES` articles or more keeps its fullest article as long as that has
the same text, and compares only new articles, so that no change costs more than that many texts.

An original is found by the address that the credit links. A post that says "First published at https://paper.example/ferry" is
linked to the article at that address. Whichever of the two comes first, the second finds the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from newsarchive.core.near_duplicates.clustering import Text, beside, fullest_of, texts_of
from newsarchive.core.near_duplicates.comparison import compare
from newsarchive.core.text.words import sentences
from newsarchive.core.urls import url_key
from newsarchive.db import bulk
from newsarchive.db.models import ArticleOrigin, ArticleRow, Cluster, CopyRow
from newsarchive.exceptions import NewsArchiveError
from newsarchive.items import Origin

#: Articles of a cluster that are compared to find the fullest one. A cluster with this number of articles or more keeps its
#: fullest article while that has the same text.
MAX_FULLEST_CANDIDATES = 200


@dataclass(frozen=True, slots=True)
class _Member:
    """An article of a cluster; `beside` is the fullest article that its row names, `None` without a row."""

    id: int
    content_hash: str
    date: datetime
    kind: str | None
    beside: int | None


def record(
    connection: Connection,
    clusters: Collection[int],
    changed: Collection[int],
    bodies: Mapping[int, str] | None = None,
    texts: Mapping[int, Text] | None = None,
) -> None:
    """Bring the rows of these clusters up to date; `changed` articles have a new text or another cluster.

    `bodies` and `texts` are those that the caller has read already.
    """
    known = _Known(connection, dict(bodies or {}), dict(texts or {}))
    works = [
        _Rows(members, set(changed), known)
        for members in _members(connection, clusters, changed)
        if len(members) > 1
    ]
    known.read(i for work in works for i in work.wanted)
    rows = [row for work in works for row in work.made()]
    stale = {*changed, *(row["article_id"] for row in rows)}
    for part in bulk.parts(stale):
        bulk.change(connection, "DELETE FROM copies WHERE article_id IN :ids", {"ids": part})
    bulk.insert_rows(connection, CopyRow, rows)


def _members(
    connection: Connection, clusters: Collection[int], changed: Collection[int]
) -> Iterator[list[_Member]]:
    """The articles of each cluster; of a huge cluster the first ones, its fullest so far and the changed ones."""
    when = func.coalesce(ArticleRow.date_published, ArticleRow.first_seen_at)
    query = select(
        ArticleRow.id, ArticleRow.content_hash, when, CopyRow.kind, CopyRow.fullest_id, ArticleRow.cluster_id
    ).outerjoin(CopyRow, CopyRow.article_id == ArticleRow.id)
    huge: set[int] = set()
    small: defaultdict[int, list[_Member]] = defaultdict(list)
    for part in bulk.parts(clusters):
        sizes = select(Cluster.id).where(Cluster.id.in_(part), Cluster.size >= MAX_FULLEST_CANDIDATES)
        huge |= set(connection.execute(sizes).scalars())
        found = query.where(ArticleRow.cluster_id.in_(set(part) - huge)).order_by(ArticleRow.id)
        for row in connection.execute(found):
            small[row.cluster_id].append(_Member(*row[:-1]))
    yield from small.values()
    for cluster_id in sorted(huge):
        own = query.where(ArticleRow.cluster_id == cluster_id)
        rows = {
            r[0]: _Member(*r[:-1])
            for r in connection.execute(own.order_by(ArticleRow.id).limit(MAX_FULLEST_CANDIDATES))
        }
        wanted = {m.beside for m in rows.values() if m.beside is not None} | set(changed)
        rest = bulk.select_in(connection, own, ArticleRow.id, wanted - set(rows))
        rows |= {r[0]: _Member(*r[:-1]) for r in rest}
        yield list(rows.values())


class _Known:
    """Bodies and shingles by article, each read once."""

    def __init__(self, connection: Connection, bodies: dict[int, str], texts: dict[int, Text]) -> None:
        self.connection, self.bodies, self.texts = connection, bodies, texts

    def read(self, ids: Iterable[int]) -> None:
        wanted = set(ids)
        self.bodies |= bodies(self.connection, wanted - set(self.bodies))
        self.texts |= texts_of({i: self.bodies.get(i, "") for i in sorted(wanted - set(self.texts))})


class _Rows:
    """The rows that one cluster needs."""

    def __init__(self, members: Sequence[_Member], changed: set[int], known: _Known) -> None:
        self.members, self.changed, self.known = {m.id: m for m in members}, changed, known
        self.firsts: dict[str, int] = {}
        for member in members:  # equal texts are read and compared once
            self.firsts.setdefault(member.content_hash or str(member.id), member.id)
        named = {m.beside for m in members if m.beside is not None and m.id not in changed}
        #: The fullest article that the rows name, where it is still in the cluster and has the same text.
        self.stays = next((i for i in named if i in self.members and i not in changed), None)
        self.new = [m for m in members if m.id in changed or m.beside is None]

    @property
    def wanted(self) -> Iterable[int]:
        """The articles whose texts are needed in any case."""
        if self.stays is None:
            return self.firsts.values()
        return [self._first(i) for i in (self.stays, *(m.id for m in self.new))]

    def made(self) -> list[dict[str, Any]]:
        self.known.read(self.wanted)
        fullest, new = self._fullest(), self.new
        if fullest != self.stays:
            new = list(self.members.values())
            self.known.read(self.firsts.values())
        full = self._text(self.members[self._first(fullest)])
        made = {
            i: row_of(self._text(self.members[i]), full, self.known.bodies) | {"fullest_id": fullest}
            for i in {self._first(m.id) for m in new}
        }
        return [
            made[self._first(m.id)] | {"article_id": m.id} | ({"kind": "fullest"} if m.id == fullest else {})
            for m in new
        ]

    def _fullest(self) -> int:
        """The fullest article. Only a new article can be fuller than the fullest so far; where there is none so far,
        all are compared."""
        if self.stays is not None and len(self.members) >= MAX_FULLEST_CANDIDATES:
            return self.stays
        if self.stays is None:
            among = self.members
        else:
            among = {m.id: m for m in self.new} | {self.stays: self.members[self.stays]}
        return fullest_of([self._text(m) for m in among.values()]).id

    def _text(self, member: _Member) -> Text:
        shingles = self.known.texts[self._first(member.id)].shingles
        return Text(member.id, member.content_hash, shingles, member.date)

    def _first(self, article_id: int) -> int:
        return self.firsts[self.members[article_id].content_hash or str(article_id)]


def row_of(copy: Text, full: Text, bodies: Mapping[int, str]) -> dict[str, Any]:
    """Kind, similarity and counts of a copy beside the fullest article, which may be the copy itself."""
    if copy.id == full.id:
        counts = {"kept": len(sentences(bodies[full.id])), "added": 0, "cut": 0, "altered": 0}
        return {"kind": "exact", "similarity": 1.0, **counts}
    counts = compare(bodies[full.id], bodies[copy.id]).counts
    kind, similarity = beside(copy, full)
    return {"kind": kind, "similarity": round(similarity, 4), **counts}


def bodies(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    """The current texts of articles by id."""
    if not ids:  # the commonest case: building a query would take most of its time
        return {}
    query = select(ArticleRow.id, ArticleRow.article_body)
    return {i: body or "" for i, body in bulk.select_in(connection, query, ArticleRow.id, ids)}


_ORIGINALS = """
    SELECT id, url_key, canonical_key FROM articles WHERE url_key IN :keys OR canonical_key IN :keys ORDER BY id
"""
#: The credits of these originals that are not linked yet. The plus keeps SQLite from reading all unlinked credits.
_WAITING = """
    SELECT article_id, original_key FROM article_origins WHERE original_key IN :keys AND +original_id IS NULL
"""
_SET = update(ArticleOrigin).where(ArticleOrigin.article_id == bindparam("b_id"))


def key_of(origin: Origin | None, is_based_on: str = "") -> str:
    """The normalised address of an article's original, "" where none is linked."""
    for url in (origin.url if origin else "", is_based_on):
        if url:
            try:
                return url_key(url)
            except (NewsArchiveError, ValueError):  # a credit may link anything
                continue
    return ""


def link(connection: Connection, wanted: Mapping[int, str], held: Mapping[int, Sequence[str]]) -> None:
    """Store the originals of articles.

    `wanted` has the key of its original for each article that credits one, `held` the keys by which each article
    that came in may be an original itself.
    """
    own: dict[str, int] = {}
    canonical: dict[str, int] = {}
    for part in bulk.parts({key for key in wanted.values() if key}):
        for i, key, other in bulk.select_tuples(connection, _ORIGINALS, {"keys": part}):
            own.setdefault(key, i)
            canonical.setdefault(other, i)
    found = canonical | own  # the first article of each key
    pairs = {i: found[key] for i, key in wanted.items() if found.get(key, i) != i}
    mine = {key: i for i, keys in held.items() for key in keys}
    for part in bulk.parts(mine):
        for i, key in bulk.select_tuples(connection, _WAITING, {"keys": part}):
            if mine[key] != i:
                pairs.setdefault(i, mine[key])
    bulk.execute_many(connection, _SET, [{"b_id": i, "original_id": of} for i, of in pairs.items()])


def link_stored(connection: Connection, ids: Sequence[int]) -> None:
    """Link stored articles again, and store the keys of credits that an older version stored without them."""
    query = (
        select(
            ArticleRow.id, ArticleRow.url_key, ArticleRow.canonical_key, ArticleRow.is_based_on,
            ArticleOrigin.url, ArticleOrigin.original_key,
        )
        .outerjoin(ArticleOrigin, ArticleOrigin.article_id == ArticleRow.id)
        .where(ArticleRow.id.in_(ids))
    )  # fmt: skip
    wanted, held = {}, {}
    for i, own, canonical, based_on, url, key in connection.execute(query):
        held[i] = (own, canonical)
        if url is not None:
            wanted[i] = key or key_of(Origin("", url=url), based_on)
    bulk.execute_many(
        connection, _SET, [{"b_id": i, "original_key": key} for i, key in wanted.items() if key]
    )
    link(connection, wanted, held)
