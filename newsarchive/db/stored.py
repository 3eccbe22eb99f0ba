"""Articles out of the archive, with all that belongs to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from newsarchive.db import rows
from newsarchive.db.direct import File, Reader, Row, reading
from newsarchive.db.hidden import visible
from newsarchive.db.lookup import find
from newsarchive.db.values import inflate
from newsarchive.items import Article, Author, Image

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True, slots=True, repr=False)
class Stored(Article):
    """An article as the archive has it today.

    `blocks` are the dropped ones; edits of the text stand at `article_body`. `version` is the number of the
    version that it shows, `versions` how many there are, `gone_at` is when the page was found deleted. `original_url` is where its original stands in
    the archive, "" where it holds none.
    """

    id: int = 0
    site: str = ""
    version: int = 0
    versions: int = 0
    change_kind: str = ""
    first_seen_at: datetime | None = field(default=None)
    last_seen_at: datetime | None = field(default=None)
    gone_at: datetime | None = field(default=None)
    cluster_id: int | None = None
    payload_digest: str = ""
    original_id: int | None = None
    original_url: str = ""


def get(source: File | Engine, url_or_id: str | int) -> Stored:
    """The article with this URL (in any spelling, or canonical) or id.

    Raises `NoSuchArticle`, naming it, where there is none.
    """
    with reading(source) as reader:
        return load(reader, [find(reader, url_or_id)])[0]


_ARTICLES = """
    SELECT a.*, s.domain AS site, r.article_html, r.version, r.change_kind, r.payload_digest,
           coalesce(c.charset_declared, '') AS charset_declared, coalesce(c.charset_used, '') AS charset_used,
           (SELECT count(*) FROM article_revisions AS every WHERE every.article_id = a.id) AS versions
    FROM articles AS a
    JOIN sites AS s ON s.id = a.site_id
    JOIN article_revisions AS r ON r.id = a.revision_id
    LEFT JOIN captures AS c ON c.id = r.capture_id
    WHERE a.id IN :ids
"""

#: What belongs to an article: a query, by which column its rows are gathered.
_RELATED = {
    "authors": (
        "SELECT aa.article_id, au.name, au.kind, au.url FROM article_authors AS aa"
        " JOIN authors AS au ON au.id = aa.author_id WHERE aa.article_id IN :ids ORDER BY aa.position",
        "article_id",
    ),
    "keywords": (
        "SELECT t.name, at.article_id FROM article_terms AS at JOIN terms AS t ON t.id = at.term_id"
        " WHERE t.kind = 'keyword' AND at.article_id IN :ids ORDER BY at.position",
        "article_id",
    ),
    "origin": (
        "SELECT ao.article_id, o.name, o.domain, ao.url, ao.as_printed, ao.date, ao.confidence,"
        " ao.evidence AS origin_evidence, ao.credit_text, ao.copyright_notice, ao.copyright_holder,"
        " ao.copyright_year, ao.license, original.id AS original_id, original.url AS original_url"
        " FROM article_origins AS ao JOIN origins AS o ON o.id = ao.origin_id"
        f" LEFT JOIN articles AS original ON original.id = ao.original_id AND {visible('original.id')} WHERE ao.article_id IN :ids",
        "article_id",
    ),
    "image": ("SELECT * FROM images WHERE article_id IN :ids ORDER BY position", "article_id"),
    "blocks": ("SELECT * FROM blocks WHERE revision_id IN :revisions ORDER BY position", "revision_id"),
    "edits": ("SELECT * FROM edits WHERE revision_id IN :revisions ORDER BY position", "revision_id"),
}


def load(reader: Reader, wanted: Sequence[int]) -> list[Stored]:
    """Articles with all that belongs to them, in seven queries however many they are, in their order."""
    found = {row["id"]: row for row in reader.rows(_ARTICLES, {"ids": wanted})} if wanted else {}
    if not found:
        return []
    keys = {"ids": wanted, "revisions": [row["revision_id"] for row in found.values()]}
    related = {name: _gathered(reader, *what, keys) for name, what in _RELATED.items()}
    return [_stored(found[i], related) for i in wanted if i in found]


def _gathered(reader: Reader, sql: str, key: str, values: dict[str, Any]) -> dict[int, list[Row]]:
    groups: dict[int, list[Row]] = {}
    for row in reader.rows(sql, values):
        groups.setdefault(row[key], []).append(row)
    return groups


def _stored(row: Row, related: dict[str, dict[int, list[Row]]]) -> Stored:
    article_id, revision_id = row["id"], row["revision_id"]
    image = next(iter(related["image"].get(article_id, [])), None)
    origin = next(iter(related["origin"].get(article_id, [])), None)
    article = rows.article_from(
        row,
        {"article_html": inflate(row["article_html"])},
        authors=[Author(a["name"], a["kind"], a["url"]) for a in related["authors"].get(article_id, [])],
        keywords=[term["name"] for term in related["keywords"].get(article_id, [])],
        image=Image(image["url"], image["caption"], image["credit"]) if image else None,
        origin=rows.origin_from(origin | {"evidence": origin["origin_evidence"]}) if origin else None,
        dropped=tuple(rows.block_from(block) for block in related["blocks"].get(revision_id, [])),
        edits=tuple(rows.edit_from(edit) for edit in related["edits"].get(revision_id, [])),
    )
    own = {f.name: getattr(article, f.name) for f in fields(Article)}
    own |= {name: row[name] for name in ("charset_declared", "charset_used")}
    kept = [
        "id",
        "site",
        "version",
        "versions",
        "first_seen_at",
        "last_seen_at",
        "gone_at",
        "cluster_id",
        "change_kind",
        "payload_digest",
    ]
    return Stored(
        **own,
        **{name: row[name] for name in kept},
        original_id=origin["original_id"] if origin else None,
        original_url=(origin["original_url"] or "") if origin else "",
    )
