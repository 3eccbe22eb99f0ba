"""What a listing says of a post's last change, and the validators of every answer that a post is made of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("urls", sa.Column("lastmod", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_discoveries_source_id", "discoveries", ["source_id"])
    op.create_table(
        "url_parts",
        sa.Column("url_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("last_modified", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["url_id"], ["urls.id"], "fk_url_parts_url_id_urls", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("url_id", "part", name="pk_url_parts"),
    )


def downgrade() -> None:
    op.drop_table("url_parts")
    op.drop_index("ix_discoveries_source_id", "discoveries")
    op.drop_column("urls", "lastmod")
