"""Long texts in scripts without spaces are looked through in a search, and no longer stand in SQLite's index of trigrams.

The index takes 2 to 3 µs for each of a million different trigrams, so that one page of random Thai or Han took 3 s to store.
The few long texts are found by an index of their own, for which a search costs nothing where there are none.
"""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

LONG = "length({row}article_body) > 200000"
FORGET = """
    INSERT INTO {table}({table}, rowid, headline, article_body)
    SELECT 'delete', OLD.id, OLD.headline, OLD.article_body WHERE {old};
"""
LEARN = """
    INSERT INTO {table}(rowid, headline, article_body)
    SELECT NEW.id, NEW.headline, NEW.article_body WHERE {new};
"""
COLUMNS = ("headline", "article_body", "unspaced")


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        f"CREATE INDEX ix_articles_long_unspaced ON articles (id) WHERE unspaced AND {LONG.format(row='')}"
    )
    if op.get_bind().dialect.name == "sqlite":
        _run(
            "INSERT INTO article_trigrams(article_trigrams, rowid, headline, article_body)"
            f" SELECT 'delete', id, headline, article_body FROM articles WHERE unspaced AND {LONG.format(row='')}"
        )
        _make_triggers(" AND NOT " + LONG)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _run(
            "INSERT INTO article_trigrams(rowid, headline, article_body)"
            f" SELECT id, headline, article_body FROM articles WHERE unspaced AND {LONG.format(row='')}"
        )
        _make_triggers("")
    op.drop_index("ix_articles_long_unspaced", "articles")


def _make_triggers(also: str) -> None:
    """Make the triggers that fill both indexes; `also` is a further condition for the trigrams of a row."""
    old, new = (f"{row}.unspaced{also.format(row=f'{row}.')}" for row in ("OLD", "NEW"))
    indexes = [
        {"table": "article_search", "old": "TRUE", "new": "TRUE"},
        {"table": "article_trigrams", "old": old, "new": new},
    ]
    forget = "".join(FORGET.format(**index) for index in indexes)
    learn = "".join(LEARN.format(**index) for index in indexes)
    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in COLUMNS)
    _run(
        *(f"DROP TRIGGER articles_search_{event}" for event in ("insert", "update", "delete")),
        f"CREATE TRIGGER articles_search_insert AFTER INSERT ON articles BEGIN {learn} END",
        f"CREATE TRIGGER articles_search_update AFTER UPDATE OF {', '.join(COLUMNS)} ON articles"
        f" WHEN {changed} BEGIN {forget} {learn} END",
        f"CREATE TRIGGER articles_search_delete AFTER DELETE ON articles BEGIN {forget} END",
    )


def _run(*statements: str) -> None:
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)
