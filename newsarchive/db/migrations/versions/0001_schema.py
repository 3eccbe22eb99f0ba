"""The schema of the first release: tables, full-text search, views.

Its revision is called 0025, because 25 revisions led to it before the release: an archive that took them all has this schema.
The statements are written out here and not taken from the models, which change with later revisions. So nothing in this file
is ever changed. The views of articles are not here: `newsarchive.db.views` makes them after each upgrade.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Connection, exc

revision = "0025"
down_revision = None


def upgrade() -> None:
    create_tables()
    dialect = op.get_bind().dialect.name
    if dialect == "sqlite":
        run(SQLITE + triggers())
    else:
        run(POSTGRESQL)
        try_trigrams(op.get_bind())
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS {query}")


# -- tables ------------------------------------------------------------------------------------


def columns(kind: Any, *names: str, nullable: bool = False, **options: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=nullable, **options) for name in names]


text = partial(columns, sa.Text())
integer = partial(columns, sa.Integer())
big = partial(columns, sa.BigInteger())
real = partial(columns, sa.Double())
boolean = partial(columns, sa.Boolean())
binary = partial(columns, sa.LargeBinary())
json = partial(columns, sa.JSON())
moment = partial(columns, sa.DateTime(timezone=True))
primary, unique = sa.PrimaryKeyConstraint, sa.UniqueConstraint


def owned(column: str, table: str) -> sa.ForeignKeyConstraint:
    """The row goes when what it refers to goes."""
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], ondelete="CASCADE")


def linked(column: str, table: str) -> sa.ForeignKeyConstraint:
    """The row stays, without the reference."""
    return sa.ForeignKeyConstraint([column], [f"{table}.id"], ondelete="SET NULL")


def table(name: str, *parts: list[sa.Column[Any]] | sa.Constraint, **options: Any) -> None:
    elements: list[Any] = []
    for part in parts:
        elements += part if isinstance(part, list) else [part]
    op.create_table(name, *elements, **options)


def indexes(table: str, *of_columns: str) -> None:
    """An index for each of these, which are one column or several with a blank between."""
    for columns in map(str.split, of_columns):
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)


def create_tables() -> None:
    table("authors", integer("id"), text("name", "kind", "url"), primary("id"), unique("name", "kind"))
    table("clusters", integer("id"), moment("created_at"), integer("size"), primary("id"))
    table(
        "crawl_runs", integer("id"), text("spider"), json("arguments"), moment("started_at"),
        moment("finished_at", nullable=True), text("finish_reason"), json("stats"), text("version"),
        text("site", server_default=""), boolean("reached", server_default=sa.false()), primary("id"),
    )  # fmt: skip
    indexes("crawl_runs", "spider site started_at reached")
    table("origins", integer("id"), text("name", "domain"), primary("id"), unique("name", "domain"))
    indexes("origins", "domain")

    table(
        "sites", integer("id"), text("domain", "name", "home_url", "platform", "in_language"), json("config"),
        text("state"), moment("last_success_at", nullable=True), primary("id"), unique("domain"),
    )  # fmt: skip
    table("terms", integer("id"), text("kind", "name"), primary("id"), unique("kind", "name"))
    table(
        "articles", integer("id"), text("url", "url_key", "canonical_url", "canonical_key"),
        integer("site_id"), integer("revision_id", nullable=True), text("headline"),
        moment("date_published", nullable=True), text("date_published_raw", "date_published_source"),
        moment("date_modified", nullable=True),
        text("date_modified_raw", "date_modified_source", "in_language", "in_language_source", "article_section", "publisher", "is_based_on"),
        boolean("is_accessible_for_free", nullable=True), integer("word_count"),
        json("quality", "damage"), text("content_hash", "record_hash"),
        binary("minhash", nullable=True), integer("extractor_version"),
        moment("first_seen_at", "last_seen_at"), moment("gone_at", nullable=True),
        integer("cluster_id", nullable=True), boolean("unspaced"),
        text("alternative_headline", "description", "article_body"), text("post_id", server_default=""),
        binary("candidates", nullable=True), linked("cluster_id", "clusters"), owned("site_id", "sites"), primary("id"), unique("url_key"),
    )  # fmt: skip
    indexes(
        "articles", "canonical_key", "content_hash", "date_published", "extractor_version", "in_language",
        "last_seen_at", "revision_id", "site_id date_published", "post_id", "site_id last_seen_at",
    )  # fmt: skip
    run([
        f"CREATE INDEX ix_articles_long_unspaced ON articles (id) WHERE unspaced AND {LONG.format(row='')}",
        "CREATE INDEX ix_articles_gone_at ON articles (gone_at) WHERE gone_at IS NOT NULL",
        # Finds the first copy of a story without reading its articles.
        "CREATE INDEX ix_articles_story ON articles (cluster_id, date_published, first_seen_at)",
    ])  # fmt: skip

    table(
        "site_blocks", integer("site_id"), big("fingerprint", autoincrement=False), text("role"),
        integer("version", autoincrement=False), text("label", "reason"), integer("pages", "clusters"),
        text("first"), moment("first_seen_at", "last_seen_at"), text("sample"),
        boolean("is_proved", server_default=sa.false()), owned("site_id", "sites"),
        primary("site_id", "fingerprint", "role", "version"), sqlite_with_rowid=False,
    )  # fmt: skip
    indexes("site_blocks", "site_id last_seen_at")
    table(
        "sources", integer("id", "site_id"), text("kind", "url", "etag", "last_modified"),
        moment("last_checked_at", nullable=True), integer("fail_count"), owned("site_id", "sites"),
        primary("id"), unique("site_id", "url"),
    )  # fmt: skip
    table(
        "urls", integer("id"), text("url", "url_key"), integer("site_id", nullable=True),
        moment("first_seen_at"), moment("last_checked_at", "next_check_at", nullable=True),
        text("etag", "last_modified", "state", "reason"), integer("fail_count"),
        moment("lastmod", nullable=True), text("reason_detail", "filled_from", server_default=""),
        moment("published", nullable=True), linked("site_id", "sites"), primary("id"), unique("url_key"),
    )  # fmt: skip
    indexes("urls", "next_check_at", "site_id")

    table(
        "article_authors", integer("article_id", "position", "author_id"), owned("article_id", "articles"),
        owned("author_id", "authors"), primary("article_id", "position"),
    )  # fmt: skip
    indexes("article_authors", "author_id")

    table(
        "article_origins", integer("article_id", "origin_id"), integer("original_id", nullable=True),
        text("url", "as_printed"), moment("date", nullable=True), real("confidence"), json("evidence"),
        text("credit_text", "copyright_notice", "copyright_holder"), integer("copyright_year", nullable=True),
        text("license"), text("original_key", server_default=""), owned("article_id", "articles"),
        owned("origin_id", "origins"), linked("original_id", "articles"), primary("article_id"),
    )  # fmt: skip
    indexes("article_origins", "origin_id", "original_id", "original_key")

    table(
        "article_terms", integer("article_id", "term_id", "position"), owned("article_id", "articles"),
        owned("term_id", "terms"), primary("article_id", "term_id"),
    )  # fmt: skip
    indexes("article_terms", "term_id")

    table(
        "captures", integer("id", "url_id"), integer("run_id", nullable=True), moment("fetched_at"),
        text("final_url"), integer("status"),
        text("content_type", "charset_declared", "charset_used", "payload_digest", "warc_file"),
        big("warc_offset", "warc_length", nullable=True), text("warc_digest", server_default=""),
        integer("extractor_version", server_default="0"), integer("parent_id", nullable=True),
        integer("part", server_default="1"), boolean("tls_verified", nullable=True),
        linked("run_id", "crawl_runs"), owned("url_id", "urls"), primary("id"),
    )  # fmt: skip
    indexes(
        "captures", "payload_digest", "run_id", "url_id fetched_at", "warc_file warc_offset", "warc_digest",
        "parent_id",
    )  # fmt: skip

    table(
        "discoveries", integer("id", "url_id"), integer("source_id", nullable=True), integer("run_id"),
        text("kind"), owned("run_id", "crawl_runs"), linked("source_id", "sources"), owned("url_id", "urls"),
        primary("id"), unique("url_id", "run_id", "kind"),
    )  # fmt: skip
    indexes("discoveries", "run_id", "source_id")

    table(
        "images", integer("article_id", "position"), text("url", "caption", "credit"),
        owned("article_id", "articles"), primary("article_id", "position"),
    )  # fmt: skip
    table(
        "minhash_bands", big("hash", autoincrement=False), integer("article_id", autoincrement=False),
        primary("hash", "article_id"), sqlite_with_rowid=False,
    )  # fmt: skip
    table("minhash_pages", big("page", autoincrement=False), binary("entries"), primary("page"))
    if op.get_bind().dialect.name == "postgresql":  # hashes do not compress: it need not try
        op.execute("ALTER TABLE minhash_pages ALTER COLUMN entries SET STORAGE EXTERNAL")

    table(
        "article_revisions", integer("id", "article_id"), integer("capture_id", nullable=True),
        integer("version"), text("change_kind"), integer("extractor_version"), moment("seen_at"),
        text("payload_digest", "content_hash", "headline", "alternative_headline", "description"),
        binary("article_body", nullable=True), integer("run_id", nullable=True),
        binary("markup", nullable=True), owned("article_id", "articles"), linked("capture_id", "captures"), primary("id"),
        unique("article_id", "version"),
    )  # fmt: skip
    indexes("article_revisions", "capture_id")

    table("lines", big("hash", autoincrement=False), text("text"), primary("hash"), sqlite_with_rowid=False)
    table("block_labels", integer("id"), text("kind", "rule"), primary("id"), unique("kind", "rule"))
    table(
        "dropped_lines", integer("revision_id"), integer("position", autoincrement=False), integer("label_id"),
        big("line_hash"), real("score", nullable=True), owned("revision_id", "article_revisions"),
        sa.ForeignKeyConstraint(["label_id"], ["block_labels.id"]),
        sa.ForeignKeyConstraint(["line_hash"], ["lines.hash"]), primary("revision_id", "position"),
        sqlite_with_rowid=False,
    )  # fmt: skip

    table(
        "edits", integer("id", "revision_id", "position"), text("step", "rule", "before", "after", "field"),
        integer("start"), real("evidence", nullable=True), owned("revision_id", "article_revisions"),
        primary("id"), unique("revision_id", "position"),
    )  # fmt: skip
    indexes("edits", "rule")

    table(
        "field_changes", integer("id", "article_id", "version"), integer("run_id", nullable=True),
        text("change_kind"), integer("extractor_version"), moment("seen_at"), text("field"),
        json("value_before", "value_after"), owned("article_id", "articles"), primary("id"),
    )  # fmt: skip
    indexes("field_changes", "article_id")

    table(
        "source_texts", integer("url_id"), text("source", "title", "author"), boolean("is_full"),
        moment("published", "updated", nullable=True), binary("html", nullable=True),
        integer("published_offset", "updated_offset", nullable=True),
        json("authors", "keywords", "sections", server_default="[]"),
        text("in_language", "image", "publisher", "post_id", server_default=""), owned("url_id", "urls"),
        primary("url_id"),
    )  # fmt: skip
    table(
        "url_parts", integer("url_id", "part"), text("url", "etag", "last_modified"), owned("url_id", "urls"),
        primary("url_id", "part"),
    )  # fmt: skip
    table("crawl_defaults", text("scope"), json("config"), primary("scope"))
    table(
        "quarantine", integer("article_id"), text("state", "reason"), moment("since"),
        moment("decided_at", nullable=True), integer("alarm_id", nullable=True),
        owned("article_id", "articles"), primary("article_id"),
    )  # fmt: skip
    indexes("quarantine", "alarm_id")

    table(
        "copies", integer("article_id", autoincrement=False), integer("fullest_id"), text("kind"),
        real("similarity"), integer("kept", "added", "cut", "altered"), owned("article_id", "articles"),
        owned("fullest_id", "articles"), primary("article_id"),
    )  # fmt: skip
    indexes("copies", "fullest_id")

    table(
        "paraphrases", integer("a_id", "b_id", autoincrement=False), real("score"), json("shared"),
        owned("a_id", "articles"), owned("b_id", "articles"), primary("a_id", "b_id"),
    )  # fmt: skip
    indexes("paraphrases", "b_id")

    table(
        "page_sightings", integer("article_id", "site_id"), moment("seen_at"), big("digest", "verdict"),
        integer("layout"), text("origin"), binary("record"), owned("article_id", "articles"),
        owned("site_id", "sites"), primary("article_id"),
    )  # fmt: skip
    indexes("page_sightings", "site_id seen_at")

    table(
        "line_sightings", big("fingerprint", autoincrement=False), integer("article_id"), boolean("is_named"),
        owned("article_id", "articles"), primary("fingerprint", "article_id"), sqlite_with_rowid=False,
    )  # fmt: skip
    indexes("line_sightings", "article_id")

    table(
        "alarms", integer("id", "site_id"), integer("run_id", nullable=True), text("kind"),
        moment("since", "raised_at"), moment("cleared_at", "told_at", nullable=True),
        boolean("is_settled", server_default=sa.false()), json("evidence"), owned("site_id", "sites"),
        linked("run_id", "crawl_runs"), primary("id"),
    )  # fmt: skip
    indexes("alarms", "site_id cleared_at", "run_id")
    table(
        "withholdings", integer("id", "article_id"),
        text("url", "url_key", "canonical_key", "post_id", "site", "state", "reason", "decided_by"),
        moment("since"), moment("until", "ended_at", nullable=True), json("versions"), primary("id"),
    )  # fmt: skip
    indexes("withholdings", "article_id", "url_key", "site state")
    table(
        "sealed_texts", integer("withholding_id", autoincrement=False), binary("payload"),
        primary("withholding_id"),
    )  # fmt: skip
    table(
        "rights", integer("id"), text("digest"), boolean("tdm_reserved", nullable=True), text("licence"),
        json("statement"), primary("id"), unique("digest"),
    )  # fmt: skip
    table(
        "capture_rights", integer("capture_id", "rights_id"), owned("capture_id", "captures"),
        owned("rights_id", "rights"), primary("capture_id"),
    )  # fmt: skip
    indexes("capture_rights", "rights_id")
    table(
        "listing_looks", integer("id", "source_id"), moment("first_at", "last_at"), integer("looks", "posts"),
        text("digest"), owned("source_id", "sources"), primary("id"),
    )  # fmt: skip
    indexes("listing_looks", "source_id")
    table(
        "hub_subscriptions", integer("id", "site_id"), text("hub", "topic", "state"),
        moment("verified_since", "lease_until", "relied_until", nullable=True), moment("seen_at"),
        integer("announced", server_default="0"), text("problem", server_default=""),
        owned("site_id", "sites"), primary("id"), unique("site_id", "hub", "topic"),
    )  # fmt: skip
    table("hub_pushes", integer("id", "site_id"), moment("at"), owned("site_id", "sites"), primary("id"))
    indexes("hub_pushes", "site_id at")


# -- full-text search ---------------------------------------------------------------------------
# FTS5 kept by triggers on SQLite, a tsvector with a GIN index on PostgreSQL. The FTS5 tables hold only their index
# (external content): the text stands once, in `articles`.

# The body is the first column: FTS5 spends two bytes a word and article on each later one.
# Marks belong to words: without Mn and Mc a Hindi or Thai word falls apart at its vowel signs.
SQLITE = [
    """
    CREATE VIRTUAL TABLE article_search USING fts5(
        article_body, headline, content='articles', content_rowid='id',
        tokenize="unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'")
    """,
    """
    CREATE VIRTUAL TABLE article_trigrams USING fts5(
        article_body, headline, content='articles', content_rowid='id', tokenize='trigram')
    """,
]

# FTS5 takes an entry out only when told the text that went in.
FORGET = """
    INSERT INTO {table}({table}, rowid, headline, article_body)
    SELECT 'delete', OLD.id, OLD.headline, OLD.article_body WHERE {old};
"""
LEARN = """
    INSERT INTO {table}(rowid, headline, article_body)
    SELECT NEW.id, NEW.headline, NEW.article_body WHERE {new};
"""
# A million different trigrams take 3 s to index, so that long texts without spaces are looked through at each search instead.
LONG = "length({row}article_body) > 200000"
INDEXES = [
    {"table": "article_search", "old": "TRUE", "new": "TRUE"},
    {
        "table": "article_trigrams",
        "old": f"OLD.unspaced AND NOT {LONG.format(row='OLD.')}",
        "new": f"NEW.unspaced AND NOT {LONG.format(row='NEW.')}",
    },
]
INDEXED = ("headline", "article_body", "unspaced")

POSTGRESQL = [
    """
    CREATE TABLE article_search (
        article_id integer PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
        document tsvector NOT NULL)
    """,
    "CREATE INDEX ix_article_search_document ON article_search USING gin (document)",
]

TRIGRAMS = [
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    """
    CREATE INDEX ix_articles_trigrams ON articles
    USING gin (article_body gin_trgm_ops) WHERE unspaced
    """,
]


def triggers() -> list[str]:
    forget = "".join(FORGET.format(**index) for index in INDEXES)
    learn = "".join(LEARN.format(**index) for index in INDEXES)
    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in INDEXED)
    return [
        f"CREATE TRIGGER articles_search_insert AFTER INSERT ON articles BEGIN {learn} END",
        f"CREATE TRIGGER articles_search_update AFTER UPDATE OF {', '.join(INDEXED)} ON articles"
        f" WHEN {changed} BEGIN {forget} {learn} END",
        f"CREATE TRIGGER articles_search_delete AFTER DELETE ON articles BEGIN {forget} END",
    ]


def try_trigrams(connection: Connection) -> None:
    """Where the server lacks pg_trgm or forbids it, search scans the texts without spaces instead."""
    try:
        with connection.begin_nested():
            run(TRIGRAMS)
    except exc.DBAPIError:
        pass


def run(statements: list[str]) -> None:
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)


# -- views --------------------------------------------------------------------------------------

HIDDEN = "SELECT article_id FROM quarantine WHERE state <> 'accepted'"

VIEWS = {
    "reposts": f"""
        SELECT a.id, s.domain AS site, a.url, a.headline, a.date_published,
               o.name AS origin, o.domain AS origin_domain, ao.url AS origin_url,
               ao.as_printed AS origin_as_printed, ao.date AS origin_date, ao.confidence AS origin_confidence,
               ao.credit_text, ao.copyright_notice, ao.copyright_holder, ao.copyright_year, ao.license,
               ao.original_id
        FROM article_origins AS ao
        JOIN articles AS a ON a.id = ao.article_id
        JOIN sites AS s ON s.id = a.site_id
        JOIN origins AS o ON o.id = ao.origin_id
        WHERE a.id NOT IN ({HIDDEN})""",
    "edits_made": f"""
        SELECT a.id, s.domain AS site, a.url, a.headline, e.step, e.rule, e.before, e.after, e.field, e.start,
               e.evidence
        FROM edits AS e
        JOIN articles AS a ON a.revision_id = e.revision_id
        JOIN sites AS s ON s.id = a.site_id
        WHERE a.id NOT IN ({HIDDEN})""",
    "blocks": """
        SELECT d.revision_id, d.position, b.kind, b.rule, l.text, d.score
        FROM dropped_lines AS d
        JOIN block_labels AS b ON b.id = d.label_id
        JOIN lines AS l ON l.hash = d.line_hash""",
    "dropped_text": f"""
        SELECT a.id, s.domain AS site, a.url, a.headline, b.position, b.kind, b.rule, b.text
        FROM blocks AS b
        JOIN articles AS a ON a.revision_id = b.revision_id
        JOIN sites AS s ON s.id = a.site_id
        WHERE a.id NOT IN ({HIDDEN})""",
}
