"""Reading the archive: one article, a search, figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from newsarchive.db import rows
from newsarchive.db.engine import reading
from newsarchive.db.history import Version, history, revision_texts
from newsarchive.db.lookup import find
from newsarchive.db.models import (
    ArticleAuthor,
    ArticleOrigin,
    ArticleRow,
    ArticleTerm,
    AuthorRow,
    BlockRow,
    EditRow,
    ImageRow,
    OriginRow,
    Revision,
    Site,
    Term,
)
from newsarchive.db.searching import Filters, Hit, count, matching, search
from newsarchive.db.statistics import Stats, stats
from newsarchive.items import Article, Author, Image

__all__ = [
    "Filters",
    "Hit",
    "Stats",
    "Stored",
    "Version",
    "articles",
    "count",
    "find",
    "get",
    "history",
    "revision_texts",
    "search",
    "stats",
]


@dataclass(frozen=True, slots=True)
class Stored(Article):
    """An article as the archive has it today.

    `blocks` are the dropped ones; edits of the text stand at `article_body`. `revisions` counts its
    versions, `gone_at` is when the page was found deleted.
    """

    id: int = 0
    site: str = ""
    revisions: int = 0
    revision: int = 0
    change_kind: str = ""
    first_seen_at: datetime | None = field(default=None)
    last_seen_at: datetime | None = field(default=None)
    gone_at: datetime | None = field(default=None)
    cluster_id: int | None = None
    payload_digest: str = ""


def get(engine: Engine, url_or_id: str | int) -> Stored:
    """The article with this URL (in any spelling, or canonical) or id.

    Raises `NoSuchArticle`, naming it, where there is none.
    """
    with reading(engine) as connection:
        article_id = find(connection, url_or_id)
        return _load(connection, [article_id])[0]


def articles(
    engine: Engine, words: str = "", filters: Filters | None = None, *, chunk: int = 200, **chosen: Any
) -> Iterator[Stored]:
    """Every article that matches (`searching.search`), by id, read in chunks: memory stays flat."""
    wanted, last = filters or Filters(**chosen), 0
    while True:
        with reading(engine) as connection:
            query = matching(connection, words, wanted, ArticleRow.id)
            query = query.where(ArticleRow.id > last).order_by(ArticleRow.id).limit(chunk)
            ids = list(connection.execute(query).scalars())
            found = _load(connection, ids)
        yield from found
        del found  # or two chunks would be held while the next is read
        if not ids:
            return
        last = ids[-1]


def _load(connection: Connection, ids: Sequence[int]) -> list[Stored]:
    """Articles with all that belongs to them, in six queries however many they are."""
    if not ids:
        return []
    count = select(func.count()).where(Revision.article_id == ArticleRow.id).scalar_subquery()
    query = (
        select(ArticleRow.__table__, Site.domain.label("site"), count.label("revisions"))
        .join(Site, Site.id == ArticleRow.site_id)
        .where(ArticleRow.id.in_(ids))
        .order_by(ArticleRow.id)
    )
    found = [dict(row._mapping) for row in connection.execute(query)]
    related = _related(connection, ids, [row["revision_id"] for row in found])
    return [_stored(row, related) for row in found]


def _related(
    connection: Connection, ids: Sequence[int], revision_ids: Sequence[int]
) -> dict[str, dict[int, Any]]:
    def grouped(query: Any, key: str) -> dict[int, list[Any]]:
        groups: dict[int, list[Any]] = {}
        for row in connection.execute(query):
            groups.setdefault(row._mapping[key], []).append(dict(row._mapping))
        return groups

    authors = select(AuthorRow.__table__, ArticleAuthor.article_id).join(ArticleAuthor)
    terms = select(Term.name, ArticleTerm.article_id).join(ArticleTerm).where(Term.kind == "keyword")
    origins = select(ArticleOrigin.__table__, OriginRow.name, OriginRow.domain).join(OriginRow)
    return {
        "revision": grouped(select(Revision.__table__).where(Revision.id.in_(revision_ids)), "article_id"),
        "authors": grouped(
            authors.where(ArticleAuthor.article_id.in_(ids)).order_by(ArticleAuthor.position), "article_id"
        ),
        "keywords": grouped(
            terms.where(ArticleTerm.article_id.in_(ids)).order_by(ArticleTerm.position), "article_id"
        ),
        "origin": grouped(origins.where(ArticleOrigin.article_id.in_(ids)), "article_id"),
        "image": grouped(select(ImageRow.__table__).where(ImageRow.article_id.in_(ids)), "article_id"),
        "blocks": grouped(
            select(BlockRow.__table__)
            .where(BlockRow.revision_id.in_(revision_ids))
            .order_by(BlockRow.position),
            "revision_id",
        ),
        "edits": grouped(
            select(EditRow.__table__).where(EditRow.revision_id.in_(revision_ids)).order_by(EditRow.position),
            "revision_id",
        ),
    }


def _stored(row: dict[str, Any], related: dict[str, dict[int, Any]]) -> Stored:
    article_id, revision_id = row["id"], row["revision_id"]
    revision = related["revision"][article_id][0]
    image = next(iter(related["image"].get(article_id, [])), None)
    origin = next(iter(related["origin"].get(article_id, [])), None)
    article = rows.article_from(
        row,
        revision,
        authors=[Author(a["name"], a["kind"], a["url"]) for a in related["authors"].get(article_id, [])],
        keywords=[term["name"] for term in related["keywords"].get(article_id, [])],
        image=Image(image["url"], image["caption"], image["credit"]) if image else None,
        origin=rows.origin_from(origin) if origin else None,
        dropped=tuple(rows.block_from(block) for block in related["blocks"].get(revision_id, [])),
        edits=tuple(rows.edit_from(edit) for edit in related["edits"].get(revision_id, [])),
    )
    own = {f.name: getattr(article, f.name) for f in fields(Article)}
    kept = ("id", "site", "revisions", "first_seen_at", "last_seen_at", "gone_at", "cluster_id")
    return Stored(
        **own,
        **{name: row[name] for name in kept},
        revision=revision["version"],
        change_kind=revision["change_kind"],
        payload_digest=revision["payload_digest"],
    )
