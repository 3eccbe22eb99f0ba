"""In which run a version was made, and changes of fields that are no part of a version's text."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("article_revisions", sa.Column("run_id", sa.Integer(), nullable=True))
    op.create_table(
        "field_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("change_kind", sa.Text(), nullable=False),
        sa.Column("extractor_version", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value_before", sa.JSON(), nullable=False),
        sa.Column("value_after", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], "fk_field_changes_article_id_articles", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_field_changes"),
    )
    op.create_index("ix_field_changes_article_id", "field_changes", ["article_id"])


def downgrade() -> None:
    op.drop_table("field_changes")
    op.drop_column("article_revisions", "run_id")
