"""Left-out lines without two references that are checked row by row, and an index of the heads of lists.

A page leaves out 150 lines. PostgreSQL looked for the label and the text of each, which had just been found or written in the
same transaction: 2 ms of CPU a page. The heads of lists of all sites are asked for whenever a site is learned; without an index
all entries of all templates were read for it.
"""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _make_anew()
    else:
        for reference in ("label_id_block_labels", "line_hash_lines"):
            op.execute(f"ALTER TABLE dropped_lines DROP CONSTRAINT fk_dropped_lines_{reference}")
    op.execute(
        "CREATE INDEX ix_site_blocks_heads ON site_blocks (fingerprint) WHERE role IN ('head', 'inset')"
    )


def _make_anew() -> None:
    """SQLite drops no constraint. The views go meanwhile: one that reads a missing table keeps others from being renamed."""
    found = "SELECT name, sql FROM sqlite_master WHERE type = 'view' ORDER BY rowid"
    views = [(name, sql) for name, sql in op.get_bind().exec_driver_sql(found)]
    for name, _ in views:
        op.execute(f"DROP VIEW {name}")
    for statement in LINES:
        op.execute(statement)
    for _, sql in views:
        op.get_bind().exec_driver_sql(sql)


LINES = (
    """
    CREATE TABLE new_dropped_lines (
        revision_id INTEGER NOT NULL,
        position INTEGER NOT NULL,
        label_id INTEGER NOT NULL,
        line_hash BIGINT NOT NULL,
        score DOUBLE,
        CONSTRAINT pk_dropped_lines PRIMARY KEY (revision_id, position),
        CONSTRAINT fk_dropped_lines_revision_id_article_revisions
            FOREIGN KEY(revision_id) REFERENCES article_revisions (id) ON DELETE CASCADE
    ) WITHOUT ROWID
    """,
    "INSERT INTO new_dropped_lines SELECT revision_id, position, label_id, line_hash, score FROM dropped_lines",
    "DROP TABLE dropped_lines",
    "ALTER TABLE new_dropped_lines RENAME TO dropped_lines",
)
