"""Full-text search: FTS5 kept by triggers on SQLite, a tsvector with GIN on PostgreSQL.

The FTS5 tables hold only their index (external content): the text stands once, in its revision.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Connection, exc

from newsarchive.db import fulltext

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXTS = """
CREATE VIEW article_texts AS
SELECT a.id AS id, r.headline AS headline, r.article_body AS article_body
FROM articles AS a JOIN article_revisions AS r ON r.id = a.revision_id
"""

# The body is the first column: FTS5 spends two bytes a word and article on each later one.
# Marks belong to words: without Mn and Mc a Hindi or Thai word falls apart at its vowel signs.
SQLITE = [
    TEXTS,
    """
    CREATE VIRTUAL TABLE article_search USING fts5(
        article_body, headline, content='article_texts', content_rowid='id',
        tokenize="unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'")
    """,
    """
    CREATE VIRTUAL TABLE article_trigrams USING fts5(
        article_body, headline, content='article_texts', content_rowid='id', tokenize='trigram')
    """,
]

# FTS5 takes an entry out only when told the text that went in: the old revision still has it.
FORGET = """
    INSERT INTO {table}({table}, rowid, headline, article_body)
    SELECT 'delete', OLD.id, headline, article_body FROM article_revisions WHERE id = OLD.revision_id{only};
"""
LEARN = """
    INSERT INTO {table}(rowid, headline, article_body)
    SELECT NEW.id, headline, article_body FROM article_revisions WHERE id = NEW.revision_id{only};
"""
INDEXES = [{"table": "article_search", "only": ""}, {"table": "article_trigrams", "only": " AND unspaced"}]

POSTGRESQL = [
    TEXTS,
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
    CREATE INDEX ix_article_revisions_trigrams ON article_revisions
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
    SELECT a.id, r.headline, r.article_body
    FROM articles AS a JOIN article_revisions AS r ON r.id = a.revision_id WHERE r.unspaced
    """,
]


def _fill(connection: Connection) -> None:
    """PostgreSQL gets its words from the code, so what is stored already goes through it."""
    texts = connection.exec_driver_sql("SELECT id AS article_id, headline, article_body FROM article_texts")
    for part in texts.mappings().partitions(500):
        fulltext.index(connection, [dict(row) for row in part])


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _run([f"DROP TRIGGER articles_search_{event}" for event in ("insert", "update", "delete")])
        op.execute("DROP TABLE article_trigrams")
    op.execute("DROP TABLE article_search")
    op.execute("DROP VIEW article_texts")


def triggers() -> list[str]:
    forget = "".join(FORGET.format(**index) for index in INDEXES)
    learn = "".join(LEARN.format(**index) for index in INDEXES)
    return [
        # An article gets its revision by UPDATE: its revision refers to it, so it comes first.
        "CREATE TRIGGER articles_search_insert BEFORE INSERT ON articles WHEN NEW.revision_id IS NOT NULL"
        " BEGIN SELECT RAISE(ABORT, 'set revision_id by UPDATE, after the revision is there'); END",
        "CREATE TRIGGER articles_search_update AFTER UPDATE OF revision_id ON articles"
        f" WHEN OLD.revision_id IS NOT NEW.revision_id BEGIN {forget} {learn} END",
        f"CREATE TRIGGER articles_search_delete BEFORE DELETE ON articles BEGIN {forget} END",
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
