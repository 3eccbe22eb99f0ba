"""The first schema: every table but those of the full-text search."""

from __future__ import annotations

from functools import partial
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _column(kind: Any, name: str, nullable: bool = False, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=nullable, **options)


text = partial(_column, sa.Text())
integer = partial(_column, sa.Integer())
big = partial(_column, sa.BigInteger())
real = partial(_column, sa.Double())
boolean = partial(_column, sa.Boolean())
binary = partial(_column, sa.LargeBinary())
json = partial(_column, sa.JSON())
moment = partial(_column, sa.DateTime(timezone=True))


def owned(column: str, table: str) -> sa.ForeignKeyConstraint:
    """The row goes when what it refers to goes."""
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], ondelete="CASCADE")


def linked(column: str, table: str) -> sa.ForeignKeyConstraint:
    """The row stays, without the reference."""
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], ondelete="SET NULL")


table = op.create_table


TABLES = (
    "authors",
    "clusters",
    "crawl_runs",
    "origins",
    "sites",
    "terms",
    "articles",
    "site_blocks",
    "sources",
    "urls",
    "article_authors",
    "article_origins",
    "article_terms",
    "captures",
    "discoveries",
    "images",
    "minhash_bands",
    "article_revisions",
    "blocks",
    "edits",
)


def upgrade() -> None:
    table(
        "authors",
        integer("id"),
        text("name"),
        text("kind"),
        text("url"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", "kind"),
    )
    table("clusters", integer("id"), moment("created_at"), integer("size"), sa.PrimaryKeyConstraint("id"))
    table(
        "crawl_runs",
        integer("id"),
        text("spider"),
        json("arguments"),
        moment("started_at"),
        moment("finished_at", nullable=True),
        text("finish_reason"),
        json("stats"),
        text("version"),
        sa.PrimaryKeyConstraint("id"),
    )
    table(
        "origins",
        integer("id"),
        text("name"),
        text("domain"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", "domain"),
    )
    op.create_index("ix_origins_domain", "origins", ["domain"])

    table(
        "sites",
        integer("id"),
        text("domain"),
        text("name"),
        text("home_url"),
        text("platform"),
        text("in_language"),
        json("config"),
        text("state"),
        moment("last_success_at", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("domain"),
    )
    table(
        "terms",
        integer("id"),
        text("kind"),
        text("name"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "name"),
    )
    table(
        "articles",
        integer("id"),
        text("url"),
        text("url_key"),
        text("canonical_url"),
        text("canonical_key"),
        integer("site_id"),
        integer("revision_id", nullable=True),
        text("headline"),
        moment("date_published", nullable=True),
        text("date_published_raw"),
        text("date_published_source"),
        moment("date_modified", nullable=True),
        text("date_modified_raw"),
        text("date_modified_source"),
        text("in_language"),
        text("in_language_source"),
        text("article_section"),
        text("publisher"),
        text("is_based_on"),
        boolean("is_accessible_for_free", nullable=True),
        integer("word_count"),
        json("quality"),
        json("damage"),
        json("candidates"),
        text("content_hash"),
        text("record_hash"),
        binary("minhash", nullable=True),
        integer("extractor_version"),
        moment("first_seen_at"),
        moment("last_seen_at"),
        moment("gone_at", nullable=True),
        integer("cluster_id", nullable=True),
        boolean("unspaced"),
        text("alternative_headline"),
        text("description"),
        text("article_body"),
        linked("cluster_id", "clusters"),
        owned("site_id", "sites"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("url_key"),
    )
    op.create_index("ix_articles_canonical_key", "articles", ["canonical_key"])
    op.create_index("ix_articles_cluster_id", "articles", ["cluster_id"])
    op.create_index("ix_articles_content_hash", "articles", ["content_hash"])
    op.create_index("ix_articles_date_published", "articles", ["date_published"])
    op.create_index("ix_articles_extractor_version", "articles", ["extractor_version"])
    op.create_index("ix_articles_in_language", "articles", ["in_language"])
    op.create_index("ix_articles_last_seen_at", "articles", ["last_seen_at"])
    op.create_index("ix_articles_revision_id", "articles", ["revision_id"])
    op.create_index("ix_articles_site_id_date_published", "articles", ["site_id", "date_published"])

    table(
        "site_blocks",
        integer("site_id"),
        big("fingerprint", autoincrement=False),
        text("role"),
        integer("version", autoincrement=False),
        text("label"),
        text("reason"),
        integer("pages"),
        integer("clusters"),
        text("first"),
        moment("first_seen_at"),
        moment("last_seen_at"),
        text("sample"),
        owned("site_id", "sites"),
        sa.PrimaryKeyConstraint("site_id", "fingerprint", "role", "version"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_site_blocks_site_id_last_seen_at", "site_blocks", ["site_id", "last_seen_at"])
    table(
        "sources",
        integer("id"),
        integer("site_id"),
        text("kind"),
        text("url"),
        text("etag"),
        text("last_modified"),
        moment("last_checked_at", nullable=True),
        integer("fail_count"),
        owned("site_id", "sites"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("site_id", "url"),
    )
    table(
        "urls",
        integer("id"),
        text("url"),
        text("url_key"),
        integer("site_id", nullable=True),
        moment("first_seen_at"),
        moment("last_checked_at", nullable=True),
        moment("next_check_at", nullable=True),
        text("etag"),
        text("last_modified"),
        text("state"),
        text("reason"),
        integer("fail_count"),
        linked("site_id", "sites"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("url_key"),
    )
    op.create_index("ix_urls_next_check_at", "urls", ["next_check_at"])
    op.create_index("ix_urls_site_id", "urls", ["site_id"])

    table(
        "article_authors",
        integer("article_id"),
        integer("position"),
        integer("author_id"),
        owned("article_id", "articles"),
        owned("author_id", "authors"),
        sa.PrimaryKeyConstraint("article_id", "position"),
    )
    op.create_index("ix_article_authors_author_id", "article_authors", ["author_id"])

    table(
        "article_origins",
        integer("article_id"),
        integer("origin_id"),
        integer("original_id", nullable=True),
        text("url"),
        text("as_printed"),
        moment("date", nullable=True),
        real("confidence"),
        json("evidence"),
        text("credit_text"),
        text("copyright_notice"),
        text("copyright_holder"),
        integer("copyright_year", nullable=True),
        text("licence"),
        owned("article_id", "articles"),
        owned("origin_id", "origins"),
        linked("original_id", "articles"),
        sa.PrimaryKeyConstraint("article_id"),
    )
    op.create_index("ix_article_origins_origin_id", "article_origins", ["origin_id"])
    op.create_index("ix_article_origins_original_id", "article_origins", ["original_id"])

    table(
        "article_terms",
        integer("article_id"),
        integer("term_id"),
        integer("position"),
        owned("article_id", "articles"),
        owned("term_id", "terms"),
        sa.PrimaryKeyConstraint("article_id", "term_id"),
    )
    op.create_index("ix_article_terms_term_id", "article_terms", ["term_id"])

    table(
        "captures",
        integer("id"),
        integer("url_id"),
        integer("run_id", nullable=True),
        moment("fetched_at"),
        text("final_url"),
        integer("status"),
        text("content_type"),
        text("charset_declared"),
        text("charset_used"),
        text("payload_digest"),
        text("warc_file"),
        big("warc_offset", nullable=True),
        big("warc_length", nullable=True),
        linked("run_id", "crawl_runs"),
        owned("url_id", "urls"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_captures_payload_digest", "captures", ["payload_digest"])
    op.create_index("ix_captures_run_id", "captures", ["run_id"])
    op.create_index("ix_captures_url_id_fetched_at", "captures", ["url_id", "fetched_at"])
    op.create_index("ix_captures_warc_file_warc_offset", "captures", ["warc_file", "warc_offset"])

    table(
        "discoveries",
        integer("id"),
        integer("url_id"),
        integer("source_id", nullable=True),
        integer("run_id"),
        text("kind"),
        owned("run_id", "crawl_runs"),
        linked("source_id", "sources"),
        owned("url_id", "urls"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("url_id", "run_id", "kind"),
    )
    op.create_index("ix_discoveries_run_id", "discoveries", ["run_id"])

    table(
        "images",
        integer("article_id"),
        integer("position"),
        text("url"),
        text("caption"),
        text("credit"),
        owned("article_id", "articles"),
        sa.PrimaryKeyConstraint("article_id", "position"),
    )
    table(
        "minhash_bands",
        integer("band", autoincrement=False),
        big("hash", autoincrement=False),
        integer("article_id"),
        owned("article_id", "articles"),
        sa.PrimaryKeyConstraint("band", "hash", "article_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_minhash_bands_article_id", "minhash_bands", ["article_id"])

    table(
        "article_revisions",
        integer("id"),
        integer("article_id"),
        integer("capture_id", nullable=True),
        integer("version"),
        text("change_kind"),
        integer("extractor_version"),
        moment("seen_at"),
        text("payload_digest"),
        text("content_hash"),
        text("headline"),
        text("alternative_headline"),
        text("description"),
        binary("article_body", nullable=True),
        binary("article_html", nullable=True),
        owned("article_id", "articles"),
        linked("capture_id", "captures"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("article_id", "version"),
    )
    op.create_index("ix_article_revisions_capture_id", "article_revisions", ["capture_id"])

    table(
        "blocks",
        integer("id"),
        integer("revision_id"),
        integer("position"),
        text("kind"),
        text("rule"),
        text("text"),
        text("element"),
        integer("level"),
        real("score", nullable=True),
        text("path"),
        json("links"),
        owned("revision_id", "article_revisions"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("revision_id", "position"),
    )
    op.create_index("ix_blocks_kind", "blocks", ["kind"])

    table(
        "edits",
        integer("id"),
        integer("revision_id"),
        integer("position"),
        text("step"),
        text("rule"),
        text("before"),
        text("after"),
        text("field"),
        integer("start"),
        real("evidence", nullable=True),
        owned("revision_id", "article_revisions"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("revision_id", "position"),
    )
    op.create_index("ix_edits_rule", "edits", ["rule"])


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
