"""What each copy did to its text, links between paraphrases, originals found by their address.

The index of copies is made anew: its keys are of another scheme now. `newsarchive recluster` fills it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _article(column: str, table: str, *, key: bool = False) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    fk = sa.ForeignKeyConstraint(
        [column], ["articles.id"], name=f"fk_{table}_{column}_articles", ondelete="CASCADE"
    )
    return sa.Column(column, sa.Integer(), nullable=False, autoincrement=False if key else "auto"), fk


def upgrade() -> None:
    op.create_table(
        "copies",
        *_article("article_id", "copies", key=True),
        *_article("fullest_id", "copies"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("similarity", sa.Double(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("kept", "added", "cut", "altered")),
        sa.PrimaryKeyConstraint("article_id", name="pk_copies"),
    )
    op.create_index("ix_copies_fullest_id", "copies", ["fullest_id"])
    op.create_table(
        "paraphrases",
        *_article("a_id", "paraphrases", key=True),
        *_article("b_id", "paraphrases", key=True),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("shared", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("a_id", "b_id", name="pk_paraphrases"),
    )
    op.create_index("ix_paraphrases_b_id", "paraphrases", ["b_id"])
    op.add_column("article_origins", sa.Column("original_key", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_article_origins_original_key", "article_origins", ["original_key"])
    _bands()


def _bands() -> None:
    op.drop_table("minhash_bands")
    op.create_table(
        "minhash_bands",
        sa.Column("hash", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("article_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("hash", "article_id", name="pk_minhash_bands"),
        sqlite_with_rowid=False,
    )


def _old_bands() -> None:
    op.drop_table("minhash_bands")
    op.create_table(
        "minhash_bands",
        sa.Column("band", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("hash", sa.BigInteger(), nullable=False, autoincrement=False),
        *_article("article_id", "minhash_bands", key=True),
        sa.PrimaryKeyConstraint("band", "hash", "article_id", name="pk_minhash_bands"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_minhash_bands_article_id", "minhash_bands", ["article_id"])


def downgrade() -> None:
    _old_bands()
    op.drop_index("ix_article_origins_original_key", "article_origins")
    op.drop_column("article_origins", "original_key")
    op.drop_table("paraphrases")
    op.drop_table("copies")
