"""The tables of the archive, as typed SQLAlchemy models.

`articles` says what an article is today, its text included, in plain columns for whoever asks with
`sqlite3`. `article_revisions` has every version. A body stands once: that of the current revision
(`articles.revision_id`) in its article, that of any other in the revision, deflated. `blocks` and `edits` explain a revision: what was left out, what was repaired.

The full-text tables are not here: they differ by database (see `fulltext.py`).

No `from __future__ import annotations` here: SQLAlchemy would evaluate each annotation again as a
string, which costs a cold start 40 ms.
"""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from newsarchive.db.types import Compressed, SafeText, UTCDateTime

#: Every constraint has a name, so that a later migration can drop it on any database.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: SafeText(),
        datetime: UTCDateTime(),
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


def _cascade(column: str, **options: Any) -> Any:
    return mapped_column(ForeignKey(column, ondelete="CASCADE"), **options)


def _set_null(column: str, **options: Any) -> Any:
    return mapped_column(ForeignKey(column, ondelete="SET NULL"), **options)


class Site(Base):
    """A blog or paper that is crawled. `state` is `new`, `ok`, `failing`, `broken` or `gone`."""

    __tablename__ = "sites"

    id: Mapped[int] = mapped_column(primary_key=True)
    domain: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(default="")
    home_url: Mapped[str] = mapped_column(default="")
    platform: Mapped[str] = mapped_column(default="")
    in_language: Mapped[str] = mapped_column(default="")
    config: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default="new")
    last_success_at: Mapped[datetime | None]


class Source(Base):
    """Where a site tells of its posts. `kind` is `feed`, `sitemap`, `wp-json`, `archive page`."""

    __tablename__ = "sources"
    __table_args__ = (UniqueConstraint("site_id", "url"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = _cascade("sites.id")
    kind: Mapped[str]
    url: Mapped[str]
    etag: Mapped[str] = mapped_column(default="")
    last_modified: Mapped[str] = mapped_column(default="")
    last_checked_at: Mapped[datetime | None]
    fail_count: Mapped[int] = mapped_column(default=0)


class Url(Base):
    """The frontier: every URL that is known. `state` is `new`, `ok`, `gone`, `blocked` or `skipped`.

    `reason` says why it is blocked, skipped or failed last; `fail_count` counts failures in a row.
    `last_checked_at` is when it was last asked for and an answer was stored.
    """

    __tablename__ = "urls"

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str]
    url_key: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int | None] = _set_null("sites.id", index=True)
    first_seen_at: Mapped[datetime]
    last_checked_at: Mapped[datetime | None]
    next_check_at: Mapped[datetime | None] = mapped_column(index=True)
    etag: Mapped[str] = mapped_column(default="")
    last_modified: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="new")
    reason: Mapped[str] = mapped_column(default="")
    fail_count: Mapped[int] = mapped_column(default=0)


class CrawlRun(Base):
    """One run of a spider. `finished_at` stays empty where the process was killed."""

    __tablename__ = "crawl_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    spider: Mapped[str]
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    finish_reason: Mapped[str] = mapped_column(default="")
    stats: Mapped[dict[str, Any]] = mapped_column(default=dict)
    version: Mapped[str] = mapped_column(default="")


class Discovery(Base):
    """Which source named which URL in which run."""

    __tablename__ = "discoveries"
    __table_args__ = (UniqueConstraint("url_id", "run_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    url_id: Mapped[int] = _cascade("urls.id")
    source_id: Mapped[int | None] = _set_null("sources.id")
    run_id: Mapped[int] = _cascade("crawl_runs.id", index=True)
    kind: Mapped[str]


class CaptureRow(Base):
    """One fetch of a URL, and where its bytes lie in a WARC file (empty where none was written).

    `payload_digest` is of the decoded body, `warc_digest` of the body as it came from the wire.
    `extractor_version` is that of the last extractor that read it, 0 for none.
    """

    __tablename__ = "captures"
    __table_args__ = (
        Index(None, "warc_file", "warc_offset"),
        Index(None, "url_id", "fetched_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    url_id: Mapped[int] = _cascade("urls.id")
    run_id: Mapped[int | None] = _set_null("crawl_runs.id", index=True)
    fetched_at: Mapped[datetime]
    final_url: Mapped[str] = mapped_column(default="")
    status: Mapped[int]
    content_type: Mapped[str] = mapped_column(default="")
    charset_declared: Mapped[str] = mapped_column(default="")
    charset_used: Mapped[str] = mapped_column(default="")
    payload_digest: Mapped[str] = mapped_column(default="", index=True)
    warc_file: Mapped[str] = mapped_column(default="")
    warc_offset: Mapped[int | None] = mapped_column(BigInteger)
    warc_length: Mapped[int | None] = mapped_column(BigInteger)
    warc_digest: Mapped[str] = mapped_column(default="", server_default="", index=True)
    extractor_version: Mapped[int] = mapped_column(default=0, server_default="0")


class Cluster(Base):
    """Near-duplicates over all sites; `size` counts its articles."""

    __tablename__ = "clusters"

    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    size: Mapped[int] = mapped_column(default=1)


class ArticleRow(Base):
    """The current state of an article, with its text; names are schema.org's.

    `url_key` and `canonical_key` are normalised URLs: either finds the article again. `record_hash`
    sums up everything that a reader would see change. `unspaced` is true where the text has a script
    written without spaces (Chinese, Thai, …). The body is the last column: a query of the others does
    not read through it.
    """

    __tablename__ = "articles"
    __table_args__ = (Index(None, "site_id", "date_published"), Index(None, "date_published"))

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str]
    url_key: Mapped[str] = mapped_column(unique=True)
    canonical_url: Mapped[str] = mapped_column(default="")
    canonical_key: Mapped[str] = mapped_column(index=True)
    site_id: Mapped[int] = _cascade("sites.id")
    revision_id: Mapped[int | None] = mapped_column(
        index=True
    )  # unconstrained: the tables point at each other
    headline: Mapped[str]
    date_published: Mapped[datetime | None]
    date_published_raw: Mapped[str] = mapped_column(default="")
    date_published_source: Mapped[str] = mapped_column(default="")
    date_modified: Mapped[datetime | None]
    date_modified_raw: Mapped[str] = mapped_column(default="")
    date_modified_source: Mapped[str] = mapped_column(default="")
    in_language: Mapped[str] = mapped_column(default="", index=True)
    in_language_source: Mapped[str] = mapped_column(default="")
    article_section: Mapped[str] = mapped_column(default="")
    publisher: Mapped[str] = mapped_column(default="")
    is_based_on: Mapped[str] = mapped_column(default="")
    is_accessible_for_free: Mapped[bool | None]
    word_count: Mapped[int] = mapped_column(default=0)
    quality: Mapped[dict[str, Any]] = mapped_column(default=dict)
    damage: Mapped[list[Any]] = mapped_column(default=list)
    candidates: Mapped[list[Any]] = mapped_column(default=list)
    content_hash: Mapped[str] = mapped_column(default="", index=True)
    record_hash: Mapped[str] = mapped_column(default="")
    minhash: Mapped[bytes | None] = mapped_column(LargeBinary)
    extractor_version: Mapped[int] = mapped_column(default=0, index=True)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime] = mapped_column(index=True)
    gone_at: Mapped[datetime | None]
    cluster_id: Mapped[int | None] = _set_null("clusters.id", index=True)
    unspaced: Mapped[bool] = mapped_column(default=False)
    alternative_headline: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")
    article_body: Mapped[str] = mapped_column(default="")


class Revision(Base):
    """One version of an article's text; versions are only ever added.

    `change_kind` is `new`, `publisher` (the page changed) or `extractor` (we read it better).
    `article_body` is empty while the version is the current one: then its article holds the text.
    """

    __tablename__ = "article_revisions"
    __table_args__ = (UniqueConstraint("article_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = _cascade("articles.id")
    capture_id: Mapped[int | None] = _set_null("captures.id", index=True)
    version: Mapped[int]
    change_kind: Mapped[str]
    extractor_version: Mapped[int]
    seen_at: Mapped[datetime]
    payload_digest: Mapped[str] = mapped_column(default="")
    content_hash: Mapped[str] = mapped_column(default="")
    headline: Mapped[str]
    alternative_headline: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")
    article_body: Mapped[str] = mapped_column(Compressed, nullable=True)
    article_html: Mapped[str] = mapped_column(Compressed, nullable=True)


class BlockRow(Base):
    """A block that was left out of a revision: `kind` is its label, `rule` says why.

    `position` counts all blocks of the page, so that dropped text can be put back in its place.
    """

    __tablename__ = "blocks"
    __table_args__ = (UniqueConstraint("revision_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int] = _cascade("article_revisions.id")
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(index=True)
    rule: Mapped[str] = mapped_column(default="")
    text: Mapped[str]
    element: Mapped[str] = mapped_column(default="paragraph")
    level: Mapped[int] = mapped_column(default=0)
    score: Mapped[float | None]
    path: Mapped[str] = mapped_column(default="")
    links: Mapped[list[Any]] = mapped_column(default=list)


class EditRow(Base):
    """A repair: `before` stood at `start` of the text that `field` names, `after` stands there now."""

    __tablename__ = "edits"
    __table_args__ = (UniqueConstraint("revision_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int] = _cascade("article_revisions.id")
    position: Mapped[int]
    step: Mapped[str]
    rule: Mapped[str] = mapped_column(index=True)
    before: Mapped[str]
    after: Mapped[str]
    field: Mapped[str] = mapped_column(default="")
    start: Mapped[int]
    evidence: Mapped[float | None]


class AuthorRow(Base):
    """A name in a byline. `kind` is `person`, `organisation` or `agency`."""

    __tablename__ = "authors"
    __table_args__ = (UniqueConstraint("name", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default="person")
    url: Mapped[str] = mapped_column(default="")


class ArticleAuthor(Base):
    __tablename__ = "article_authors"

    article_id: Mapped[int] = _cascade("articles.id", primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = _cascade("authors.id", index=True)


class OriginRow(Base):
    """A publisher that others republish."""

    __tablename__ = "origins"
    __table_args__ = (UniqueConstraint("name", "domain"), Index(None, "domain"))

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    domain: Mapped[str] = mapped_column(default="")


class ArticleOrigin(Base):
    """Where an article first appeared, and how we know."""

    __tablename__ = "article_origins"

    article_id: Mapped[int] = _cascade("articles.id", primary_key=True)
    origin_id: Mapped[int] = _cascade("origins.id", index=True)
    original_id: Mapped[int | None] = _set_null("articles.id", index=True)  # where we hold the original too
    url: Mapped[str] = mapped_column(default="")
    as_printed: Mapped[str] = mapped_column(default="")
    date: Mapped[datetime | None]
    confidence: Mapped[float] = mapped_column(default=0.0)
    evidence: Mapped[list[Any]] = mapped_column(default=list)
    credit_text: Mapped[str] = mapped_column(default="")
    copyright_notice: Mapped[str] = mapped_column(default="")
    copyright_holder: Mapped[str] = mapped_column(default="")
    copyright_year: Mapped[int | None]
    licence: Mapped[str] = mapped_column(default="")


class MinhashBand(Base):
    """The LSH index: articles that share a band hash are candidates for one cluster."""

    __tablename__ = "minhash_bands"
    __table_args__ = (Index(None, "article_id"), {"sqlite_with_rowid": False})

    band: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    article_id: Mapped[int] = _cascade("articles.id", primary_key=True)


class SiteBlock(Base):
    """The learned template of a site, as `core.template.Template.rows` has it; `version` is a layout's number."""

    __tablename__ = "site_blocks"
    __table_args__ = (Index(None, "site_id", "last_seen_at"), {"sqlite_with_rowid": False})

    site_id: Mapped[int] = _cascade("sites.id", primary_key=True)
    fingerprint: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    role: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=0)
    label: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    pages: Mapped[int] = mapped_column(default=0)
    clusters: Mapped[int] = mapped_column(default=0)
    first: Mapped[str] = mapped_column(default="")
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    sample: Mapped[str] = mapped_column(default="")


class Term(Base):
    """A category, tag or keyword. `kind` is `keyword` or `section`."""

    __tablename__ = "terms"
    __table_args__ = (UniqueConstraint("kind", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]


class ArticleTerm(Base):
    __tablename__ = "article_terms"

    article_id: Mapped[int] = _cascade("articles.id", primary_key=True)
    term_id: Mapped[int] = _cascade("terms.id", primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)


class ImageRow(Base):
    """A picture of an article, with caption and credit."""

    __tablename__ = "images"

    article_id: Mapped[int] = _cascade("articles.id", primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str]
    caption: Mapped[str] = mapped_column(default="")
    credit: Mapped[str] = mapped_column(default="")
