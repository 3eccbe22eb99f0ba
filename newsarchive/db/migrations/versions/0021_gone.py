"""An index of the articles that vanished: the page of changes lists them, and looked through all articles to find them."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql(
        "CREATE INDEX ix_articles_gone_at ON articles (gone_at) WHERE gone_at IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_index("ix_articles_gone_at", "articles")
