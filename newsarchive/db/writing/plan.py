"""What is to be done with one article: is it stored already, and what changed?

Changes of the fields that readers see and that are no part of a version's text: dates, authors, section …

A version (`article_revisions`) holds an article's texts. What else a reader sees stands in the article's own row and
its relations, which are written over; so each change of such a field is recorded with its kind, the value before and
the value after. Values are lists of text, empty for none, in one form for all fields:

    date_published  ["2025-04-03T08:15:00+00:00"]
    authors         ["Jane Doe", "dpa (agency)"]
    keywords        ["harbour", "rail"]
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from newsarchive.core.near_duplicates.fingerprint import likeness
from newsarchive.core.urls import site_of
from newsarchive.db import bulk, rows
from newsarchive.db.models import FieldChange as Row
from newsarchive.db.reading import articles
from newsarchive.db.readonly import Reader
from newsarchive.db.rows import VERSION_FIELDS
from newsarchive.db.values import storable, utc
from newsarchive.items import Article, Author, ChangeKind

Values = tuple[str, ...]

#: The fields, in the order in which they are shown.
FIELDS = (
    "authors", "date_published", "date_modified", "article_section", "keywords", "in_language", "publisher", "image",
    "origin", "canonical_url", "is_based_on", "is_accessible_for_free",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Move:
    """What became of one field."""

    field: str
    before: Values
    after: Values


@dataclass(frozen=True, slots=True)
class Moved:
    """The fields of an article that moved, and how that came about. `is_fresh` says that the run which reads it again
    is the one that stored it first: then nobody saw the values before."""

    article_id: int
    version: int
    kind: ChangeKind
    extractor_version: int
    seen_at: datetime
    moves: Sequence[Move]
    is_fresh: bool = False


def values(article: Article) -> dict[str, Values]:
    """Field → what a reader sees of it, as the archive keeps text."""
    return {name: tuple(map(storable, _written(getattr(article, name)))) for name in FIELDS}


def _written(value: Any) -> Iterable[str]:
    if value is None or value == "":
        return ()
    if isinstance(value, datetime):
        return (utc(value).isoformat(),)
    if isinstance(value, tuple):
        return dict.fromkeys(_author(one) if isinstance(one, Author) else str(one) for one in value)
    if isinstance(value, bool | str):
        return (str(value).lower() if isinstance(value, bool) else value,)
    names = (
        ("url", "caption", "credit") if hasattr(value, "caption") else ("name", "domain", "url", "license")
    )
    return (getattr(value, name) for name in names)


def _author(author: Author) -> str:
    return author.name if author.kind == "person" else f"{author.name} ({author.kind})"


def stored_values(connection: Connection, article_ids: Sequence[int]) -> dict[int, dict[str, Values]]:
    """The values of articles as they are stored, by id."""
    found = articles.load(Reader.of(connection), list(article_ids)) if article_ids else []
    return {article.id: values(article) for article in found}


def moves(before: Mapping[str, Values], after: Mapping[str, Values]) -> list[Move]:
    """The fields whose value is another."""
    return [Move(name, before[name], after[name]) for name in FIELDS if before[name] != after[name]]


def record(connection: Connection, moved: Iterable[Moved], run_id: int | None) -> None:
    """Keep what moved. What a run learns after it changed a field itself belongs to that change: the value between
    was never the publisher's word, and one that comes back leaves no trace."""
    changes = [one for one in moved if one.moves and not one.is_fresh]
    known = _of_run(connection, [one.article_id for one in changes], run_id)
    new = []
    for one in changes:
        for move in one.moves:
            earlier = (
                known.get((one.article_id, move.field)) if one.kind is not ChangeKind.PUBLISHER else None
            )
            if earlier is None:
                new.append(_row(one, move, run_id))
            elif tuple(earlier["value_before"]) == move.after:
                connection.execute(delete(Row).where(Row.id == earlier["id"]))
            else:
                connection.execute(
                    update(Row).where(Row.id == earlier["id"]).values(value_after=list(move.after))
                )
    bulk.insert_rows(connection, Row, new)


def _row(one: Moved, move: Move, run_id: int | None) -> dict[str, Any]:
    return {
        "article_id": one.article_id,
        "version": one.version,
        "run_id": run_id,
        "change_kind": one.kind,
        "extractor_version": one.extractor_version,
        "seen_at": one.seen_at,
        "field": move.field,
        "value_before": list(move.before),
        "value_after": list(move.after),
    }


def _of_run(connection: Connection, ids: Sequence[int], run_id: int | None) -> dict[tuple[int, str], Any]:
    """The newest change of each field of these articles that this run recorded."""
    if run_id is None or not ids:
        return {}
    columns = bulk.columns_of(Row, ("id", "article_id", "field", "value_before"))
    query = select(*columns).where(Row.article_id.in_(ids), Row.run_id == run_id).order_by(Row.id)
    return {(row.article_id, row.field): row._mapping for row in connection.execute(query)}


#: Hamming similarity of MinHash signatures from which two texts under one canonical URL are one article.
_SAME_TEXT = 0.5


@dataclass
class Plan:
    """What is to be done with one article.

    `stored` is its row with `payload_digest`, `version` and `run_id` of its revision; `reread` says that stored bytes
    are read again, `run_id` in which crawl. `moves` are the fields beside the texts that change.
    """

    article: Article
    key: str
    canonical_key: str
    seen_at: datetime
    stored: dict[str, Any] | None = None
    article_id: int = 0
    revision_id: int = 0
    capture_id: int | None = None
    texts: dict[str, Any] = field(default_factory=dict)
    digest: str = ""
    reread: bool = False
    in_history: bool = False
    run_id: int | None = None
    version: int = 1
    moves: list[Move] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.texts = rows.revision_row(self.article, self.seen_at)
        self.digest = record_hash(self.article)

    @property
    def is_new(self) -> bool:
        return self.stored is None

    @property
    def is_late(self) -> bool:
        """An older capture than what is stored: it adds to the history and changes nothing else."""
        return (
            self.stored is not None
            and self.seen_at < self.stored["last_seen_at"]
            and not self.same_bytes
            and not self.reread
        )

    @property
    def text_changed(self) -> bool:
        """A new revision is made where a text differs. Markup follows from the same words."""
        return self.stored is None or any(self.texts[name] != self.stored[name] for name in VERSION_FIELDS)

    @property
    def record_changed(self) -> bool:
        return self.stored is None or self.digest != self.stored["record_hash"]

    @property
    def same_bytes(self) -> bool:
        digest = self.texts["payload_digest"]
        return self.stored is not None and digest != "" and digest == self.stored["payload_digest"]

    @property
    def change_kind(self) -> ChangeKind:
        """The publisher cannot have changed what has the same bytes, nor can an extractor that is the same."""
        if self.stored is None:
            return ChangeKind.NEW
        if not (self.same_bytes or self.reread):
            return ChangeKind.PUBLISHER
        same = self.article.extractor_version == self.stored["extractor_version"]
        return ChangeKind.SITE if same else ChangeKind.EXTRACTOR

    @property
    def is_publishers(self) -> bool:
        """Whether what changes came of the publisher, not of our reading."""
        return self.change_kind in (ChangeKind.NEW, ChangeKind.PUBLISHER)

    @property
    def is_outdated(self) -> bool:
        """Whether other bytes came for an article that another extractor read: who changed what is in doubt."""
        if self.stored is None or self.same_bytes or self.reread or self.is_late:
            return False
        other = self.article.extractor_version != self.stored["extractor_version"]
        return other and (self.text_changed or self.record_changed)

    @property
    def is_of_this_run(self) -> bool:
        """Whether the bytes are read again by the crawl that made the version which is the current one."""
        made = self.stored["run_id"] if self.stored else None
        return self.reread and self.run_id is not None and made == self.run_id

    @property
    def adds_version(self) -> bool:
        """What a crawl learns replaces the version that it has just made: no reader has seen that one."""
        return self.text_changed and not self.is_of_this_run

    @property
    def is_fresh(self) -> bool:
        """Whether the crawl that reads the article again is the one that stored it first."""
        return self.is_of_this_run and self.stored is not None and self.stored["version"] == 1

    @property
    def has_changed(self) -> bool:
        """Whether a reader would see that the article is not as it was. Which source a value came from, how sure we
        are of it and the like are no change."""
        return self.text_changed or bool(self.moves)

    @property
    def explained_anew(self) -> bool:
        """The same text from the same bytes by another extractor: only its explanation may differ."""
        if self.stored is None or self.text_changed:
            return False
        other = self.article.extractor_version != self.stored["extractor_version"]
        return self.reread or (self.same_bytes and other)

    @property
    def outcome(self) -> str:
        if self.stored is None:
            return "new"
        if self.is_late:
            return "unchanged" if self.in_history else "updated"
        if not self.has_changed:
            return "unchanged"
        return "updated" if self.reread or self.is_publishers else "reread"


def record_hash(article: Article) -> str:
    """A digest of everything that is kept of an article but explanations and scores: where it is the same, nothing
    needs to be written."""
    row = rows.plain_row(article)
    for name in ("content_hash", "extractor_version", "word_count"):
        del row[name]
    row |= {name: storable(getattr(article, name)) for name in VERSION_FIELDS}
    row["authors"] = [rows.flat(author) for author in article.authors]
    row["keywords"] = article.keywords
    row["image"] = rows.flat(article.image) if article.image else None
    row["origin"] = rows.origin_row(article.origin) if article.origin else None
    if article.origin:
        row["origin"] |= {"name": article.origin.name, "domain": article.origin.domain}
    return hashlib.sha256(json.dumps(row, sort_keys=True, default=str).encode()).hexdigest()[:32]


def seen_at(article: Article, now: datetime) -> datetime:
    return (article.capture.fetched_at if article.capture else None) or now


def match(plan: Plan, found: list[dict[str, Any]], taken: set[int]) -> dict[str, Any] | None:
    """The stored article that this one is: by its URL, else by the platform's id of the post with the same
    date or text (two blogs on one host both have a post 12), else by a canonical URL with the same text."""
    free = [row for row in found if row["id"] not in taken]
    for row in free:
        if row["url_key"] == plan.key:
            return row
    for row in free:
        if _same_post(plan.article, row):
            return row
    for row in free:
        related = (
            plan.canonical_key in (row["url_key"], row["canonical_key"]) or plan.key == row["canonical_key"]
        )
        if related and _same_text(plan.article, row):
            return row
    return None


def _same_post(article: Article, row: dict[str, Any]) -> bool:
    if (
        not article.post_id
        or article.post_id != row["post_id"]
        or site_of(row["url"]) != site_of(article.url)
    ):
        return False
    dated = article.date_published is not None and article.date_published == row["date_published"]
    return dated or _same_text(article, row)


def _same_text(article: Article, row: dict[str, Any]) -> bool:
    """Themes that get the canonical URL wrong must not fold different posts into one."""
    if article.headline == row["headline"] or article.content_hash == row["content_hash"] != "":
        return True
    return likeness(rows.minhash_of(row["minhash"]), article.minhash) >= _SAME_TEXT
