"""What each copy added, cut and altered against the fullest of its cluster: the rows of `copies`.

`record` runs in the transaction that changed the clusters. It compares what is new, and everything
only where the fullest is another now. A cluster of more than `MOST` articles keeps its fullest while
that has its text, and compares newcomers alone: no change costs more than `MOST` texts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select

from newsarchive.core.comparison import compare, sentences
from newsarchive.core.copies import Text, describe, kind_of, likeness, text_of
from newsarchive.db import bulk
from newsarchive.db.models import ArticleRow, CopyRow

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


def record(connection: Connection, clusters: Collection[int], changed: Collection[int]) -> None:
    """Bring the rows of these clusters to what they hold now; `changed` articles have a new text or place."""
    rows: list[dict[str, Any]] = []
    for cluster_id in sorted(clusters):
        members = _members(connection, cluster_id, changed)
        if len(members) > 1:
            rows += _Rows(connection, members, set(changed)).made()
    for part in bulk.parts({*changed, *(row["article_id"] for row in rows)}):
        connection.execute(delete(CopyRow).where(CopyRow.article_id.in_(part)))
    bulk.insert_rows(connection, CopyRow, rows)


def _members(connection: Connection, cluster_id: int, changed: Collection[int]) -> list[_Member]:
    """The first articles of a cluster, its fullest so far and the changed ones."""
    when = func.coalesce(ArticleRow.date_published, ArticleRow.first_seen_at)
    query = (
        select(ArticleRow.id, ArticleRow.content_hash, when, CopyRow.kind, CopyRow.fullest_id)
        .outerjoin(CopyRow, CopyRow.article_id == ArticleRow.id)
        .where(ArticleRow.cluster_id == cluster_id)
    )
    found = {row[0]: _Member(*row) for row in connection.execute(query.order_by(ArticleRow.id).limit(MOST))}
    if len(found) == MOST:
        wanted = {m.beside for m in found.values() if m.beside is not None} | set(changed)
        for part in bulk.parts(wanted - set(found)):
            rest = connection.execute(query.where(ArticleRow.id.in_(part)))
            found |= {row[0]: _Member(*row) for row in rest}
    return list(found.values())


class _Rows:
    """The rows that one cluster needs."""

    def __init__(self, connection: Connection, members: Sequence[_Member], changed: set[int]) -> None:
        self.members, self.changed = {m.id: m for m in members}, changed
        self.firsts: dict[str, int] = {}
        for member in members:  # equal texts are read and compared once
            self.firsts.setdefault(member.content_hash or str(member.id), member.id)
        self.connection = connection
        self.bodies: dict[int, str] = {}
        self.texts: dict[int, Text] = {}

    def made(self) -> list[dict[str, Any]]:
        stays = self._fullest_so_far()
        new = [m for m in self.members.values() if m.id in self.changed or m.beside is None]
        self._load([self._first(m.id) for m in new] + ([self._first(stays)] if stays else []))
        fullest = self._fullest(new, stays)
        if fullest != stays:
            new = list(self.members.values())
            self._load(self.firsts.values())
        made = {i: self._row(i, fullest) for i in {self._first(m.id) for m in new}}
        return [
            made[self._first(m.id)] | {"article_id": m.id} | ({"kind": "fullest"} if m.id == fullest else {})
            for m in new
        ]

    def _fullest_so_far(self) -> int | None:
        """The fullest that the rows name, where it is in the cluster still and has the same text."""
        named = {m.beside for m in self.members.values() if m.beside is not None and m.id not in self.changed}
        return next((i for i in named if i in self.members and i not in self.changed), None)

    def _fullest(self, new: Sequence[_Member], stays: int | None) -> int:
        """Only what is new can be fuller than what was the fullest; without that, all are looked at."""
        if stays is not None and len(self.members) >= MOST:
            return stays
        if stays is None:
            self._load(self.firsts.values())
        among = (
            self.members.values()
            if stays is None
            else {m.id: m for m in (*new, self.members[stays])}.values()
        )
        return describe([self._text(m) for m in among]).fullest

    def _text(self, member: _Member) -> Text:
        return Text(member.id, member.content_hash, self.texts[self._first(member.id)].shingles, member.date)

    def _first(self, article_id: int) -> int:
        return self.firsts[self.members[article_id].content_hash or str(article_id)]

    def _load(self, ids: Iterable[int]) -> None:
        for i, body in bodies(self.connection, set(ids) - set(self.bodies)).items():
            self.bodies[i], self.texts[i] = body, text_of(i, body, None, self.members[i].content_hash)

    def _row(self, i: int, fullest: int) -> dict[str, Any]:
        return row_of(self.texts[i], self.texts[self._first(fullest)], self.bodies) | {"fullest_id": fullest}


def row_of(copy: Text, full: Text, bodies: Mapping[int, str]) -> dict[str, Any]:
    """Kind, similarity and counts of a copy beside the fullest; of one text both are the same."""
    if copy.id == full.id:
        counts = {"kept": len(sentences(bodies[full.id])), "added": 0, "cut": 0, "altered": 0}
        return {"kind": "exact", "similarity": 1.0, **counts}
    counts = compare(bodies[full.id], bodies[copy.id]).counts
    return {"kind": kind_of(copy, full), "similarity": round(likeness(copy, full), 4), **counts}


def bodies(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    """The current texts of articles by id."""
    query = select(ArticleRow.id, ArticleRow.article_body)
    return {
        i: body or ""
        for part in bulk.parts(ids)
        for i, body in connection.execute(query.where(ArticleRow.id.in_(part)))
    }
