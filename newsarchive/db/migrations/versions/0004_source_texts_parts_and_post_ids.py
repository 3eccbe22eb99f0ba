"""What sources say of a post; the parts of a split one; the platform's id of it; settings of many sites."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "source_texts",
        sa.Column("url_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("source", "title", "author")),
        sa.Column("is_full", sa.Boolean(), nullable=False),
        sa.Column("published", MOMENT, nullable=True),
        sa.Column("updated", MOMENT, nullable=True),
        sa.Column("html", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["url_id"], ["urls.id"], "fk_source_texts_url_id_urls", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("url_id", name="pk_source_texts"),
    )
    op.create_table(
        "crawl_defaults",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name="pk_crawl_defaults"),
    )
    op.add_column("captures", sa.Column("parent_id", sa.Integer(), nullable=True))
    op.add_column("captures", sa.Column("part", sa.Integer(), nullable=False, server_default="1"))
    op.create_index("ix_captures_parent_id", "captures", ["parent_id"])
    op.add_column("articles", sa.Column("post_id", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_articles_post_id", "articles", ["post_id"])


def downgrade() -> None:
    op.drop_index("ix_articles_post_id", "articles")
    op.drop_column("articles", "post_id")
    op.drop_index("ix_captures_parent_id", "captures")
    for column in ("parent_id", "part"):
        op.drop_column("captures", column)
    op.drop_table("crawl_defaults")
    op.drop_table("source_texts")
