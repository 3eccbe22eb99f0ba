"""What each copy added, cut and altered against the fullest of its cluster: the rows of `copies`.

`record` runs in the transaction that changed the clusters. It compares what is new, and everything
only where the fullest is another now. A cluster of more than `MOST` articles keeps its fullest while
that has its text, and compares newcomers alone: no change costs more than `MOST` texts.

The original of an article, where the archive holds it too: found by the address that the credit links.

Whichever of the two comes first, the second finds the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

from newsarchive.core.near_duplicates.clustering import Text, beside, fullest_of, texts_of
from newsarchive.core.near_duplicates.comparison import compare
from newsarchive.core.text.sentences import sentences
from newsarchive.core.urls import url_key
from newsarchive.db import bulk
from newsarchive.db.models import ArticleOrigin, ArticleRow, Cluster, CopyRow
from newsarchive.exceptions import NewsArchiveError
from newsarchive.items import Origin

#: Articles of a cluster that are looked at to tell which is the fullest.
MOST = 200


@dataclass(frozen=True, slots=True)
class _Member:
    """An article of a cluster; `beside` is the fullest that its row is about, `None` without a row."""

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
    """Bring the rows of these clusters to what they hold now; `changed` articles have a new text or place.

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
    for part in bulk.parts({*changed, *(row["article_id"] for row in rows)}):
        connection.execute(delete(CopyRow).where(CopyRow.article_id.in_(part)))
    bulk.insert_rows(connection, CopyRow, rows)


def _members(
    connection: Connection, clusters: Collection[int], changed: Collection[int]
) -> Iterator[list[_Member]]:
    """The articles of each cluster; of a huge one the first, its fullest so far and the changed ones."""
    when = func.coalesce(ArticleRow.date_published, ArticleRow.first_seen_at)
    query = select(
        ArticleRow.id, ArticleRow.content_hash, when, CopyRow.kind, CopyRow.fullest_id, ArticleRow.cluster_id
    ).outerjoin(CopyRow, CopyRow.article_id == ArticleRow.id)
    huge: set[int] = set()
    small: defaultdict[int, list[_Member]] = defaultdict(list)
    for part in bulk.parts(clusters):
        sizes = select(Cluster.id).where(Cluster.id.in_(part), Cluster.size >= MOST)
        huge |= set(connection.execute(sizes).scalars())
        found = query.where(ArticleRow.cluster_id.in_(set(part) - huge)).order_by(ArticleRow.id)
        for row in connection.execute(found):
            small[row.cluster_id].append(_Member(*row[:-1]))
    yield from small.values()
    for cluster_id in sorted(huge):
        own = query.where(ArticleRow.cluster_id == cluster_id)
        rows = {r[0]: _Member(*r[:-1]) for r in connection.execute(own.order_by(ArticleRow.id).limit(MOST))}
        wanted = {m.beside for m in rows.values() if m.beside is not None} | set(changed)
        for part in bulk.parts(wanted - set(rows)):
            rest = connection.execute(own.where(ArticleRow.id.in_(part)))
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
        self.stays = self._fullest_so_far()
        self.new = [m for m in members if m.id in changed or m.beside is None]

    @property
    def wanted(self) -> Iterable[int]:
        """The articles whose texts are needed for sure."""
        if self.stays is None:
            return self.firsts.values()
        return [self._first(i) for i in (self.stays, *(m.id for m in self.new))]

    def made(self) -> list[dict[str, Any]]:
        self.known.read(self.wanted)
        fullest, new = self._fullest(), self.new
        if fullest != self.stays:
            new = list(self.members.values())
            self.known.read(self.firsts.values())
        made = {i: self._row(i, fullest) for i in {self._first(m.id) for m in new}}
        return [
            made[self._first(m.id)] | {"article_id": m.id} | ({"kind": "fullest"} if m.id == fullest else {})
            for m in new
        ]

    def _fullest_so_far(self) -> int | None:
        """The fullest that the rows name, where it is in the cluster still and has the same text."""
        named = {m.beside for m in self.members.values() if m.beside is not None and m.id not in self.changed}
        return next((i for i in named if i in self.members and i not in self.changed), None)

    def _fullest(self) -> int:
        """Only what is new can be fuller than what was the fullest; without that, all are looked at."""
        if self.stays is not None and len(self.members) >= MOST:
            return self.stays
        among = {m.id: m for m in self.new} if self.stays is not None else self.members
        if self.stays is not None:
            among[self.stays] = self.members[self.stays]
        return fullest_of([self._text(m) for m in among.values()]).id

    def _text(self, member: _Member) -> Text:
        shingles = self.known.texts[self._first(member.id)].shingles
        return Text(member.id, member.content_hash, shingles, member.date)

    def _first(self, article_id: int) -> int:
        return self.firsts[self.members[article_id].content_hash or str(article_id)]

    def _row(self, i: int, fullest: int) -> dict[str, Any]:
        first = self._first(fullest)
        copy, full = (self._text(self.members[n]) for n in (i, first))
        return row_of(copy, full, self.known.bodies) | {"fullest_id": fullest}


def row_of(copy: Text, full: Text, bodies: Mapping[int, str]) -> dict[str, Any]:
    """Kind, similarity and counts of a copy beside the fullest; of one text both are the same."""
    if copy.id == full.id:
        counts = {"kept": len(sentences(bodies[full.id])), "added": 0, "cut": 0, "altered": 0}
        return {"kind": "exact", "similarity": 1.0, **counts}
    counts = compare(bodies[full.id], bodies[copy.id]).counts
    kind, similarity = beside(copy, full)
    return {"kind": kind, "similarity": round(similarity, 4), **counts}


def bodies(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    """The current texts of articles by id."""
    if not ids:  # asked for most often: to make a query takes longer than all else here
        return {}
    query = select(ArticleRow.id, ArticleRow.article_body)
    return {
        i: body or ""
        for part in bulk.parts(ids)
        for i, body in connection.execute(query.where(ArticleRow.id.in_(part)))
    }


_SET = (
    update(ArticleOrigin)
    .where(ArticleOrigin.article_id == bindparam("b_id"))
    .values(original_id=bindparam("b_original"))
)


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
    """Store what original belongs to whom.

    `wanted` are the keys of the originals of articles by id, `held` the keys by which articles that came
    in may be an original themselves.
    """
    found = _originals(connection, {key for key in wanted.values() if key})
    pairs = {i: found[key] for i, key in wanted.items() if found.get(key, i) != i}
    mine = {key: i for i, keys in held.items() for key in keys}
    waiting = select(ArticleOrigin.article_id, ArticleOrigin.original_key).where(
        ArticleOrigin.original_id.is_(None)
    )
    for part in bulk.parts(mine):
        for i, key in connection.execute(waiting.where(ArticleOrigin.original_key.in_(part))):
            if mine[key] != i:
                pairs.setdefault(i, mine[key])
    bulk.execute_many(connection, _SET, [{"b_id": i, "b_original": of} for i, of in pairs.items()])


def _originals(connection: Connection, keys: set[str]) -> dict[str, int]:
    """The first article of each key, by its own URL before its canonical one."""
    own: dict[str, int] = {}
    canonical: dict[str, int] = {}
    columns = (ArticleRow.id, ArticleRow.url_key, ArticleRow.canonical_key)
    for part in bulk.parts(keys):
        query = select(*columns).where(or_(ArticleRow.url_key.in_(part), ArticleRow.canonical_key.in_(part)))
        for i, key, other in connection.execute(query.order_by(ArticleRow.id)):
            own.setdefault(key, i)
            canonical.setdefault(other, i)
    return canonical | own


def fill(connection: Connection, ids: Sequence[int]) -> None:
    """Do the same for stored articles, whose credits an older version stored without their keys."""
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
    keyed = update(ArticleOrigin).where(ArticleOrigin.article_id == bindparam("b_id"))
    bulk.execute_many(
        connection,
        keyed.values(original_key=bindparam("b_key")),
        [{"b_id": i, "b_key": key} for i, key in wanted.items() if key],
    )
    link(connection, wanted, held)
