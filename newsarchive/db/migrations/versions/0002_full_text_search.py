"""Full-text search: FTS5 kept by triggers on SQLite, a tsvector with GIN on PostgreSQL.

The FTS5 tables hold only their index (external content): the text stands once, in `articles`.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Connection, exc

from newsarchive.db import fulltext

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

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
INDEXES = [
    {"table": "article_search", "old": "TRUE", "new": "TRUE"},
    {"table": "article_trigrams", "old": "OLD.unspaced", "new": "NEW.unspaced"},
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


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _run(SQLITE + triggers() + FILL)
    else:
        _run(POSTGRESQL)
        _try_trigrams(op.get_bind())
        _fill(op.get_bind())


FILL = [
    "INSERT INTO article_search(article_search) VALUES ('rebuild')",
    """
    INSERT INTO article_trigrams(rowid, headline, article_body)
    SELECT id, headline, article_body FROM articles WHERE unspaced
    """,
]


def _fill(connection: Connection) -> None:
    """PostgreSQL gets its words from the code, so what is stored already goes through it."""
    texts = connection.exec_driver_sql("SELECT id AS article_id, headline, article_body FROM articles")
    for part in texts.mappings().partitions(500):
        fulltext.index(connection, [dict(row) for row in part])


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _run([f"DROP TRIGGER articles_search_{event}" for event in ("insert", "update", "delete")])
        op.execute("DROP TABLE article_trigrams")
    else:
        op.execute("DROP INDEX IF EXISTS ix_articles_trigrams")
    op.execute("DROP TABLE article_search")


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


def _run(statements: list[str]) -> None:
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)


def _try_trigrams(connection: Connection) -> None:
    """Where the server lacks pg_trgm or forbids it, search scans the texts without spaces instead."""
    try:
        with connection.begin_nested():
            _run(TRIGRAMS)
    except exc.DBAPIError:
        pass
