"""An index for the newest readings of a site: alarms ask for them at the end of each crawl."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_articles_site_id_last_seen_at", "articles", ["site_id", "last_seen_at"])


def downgrade() -> None:
    op.drop_index("ix_articles_site_id_last_seen_at", "articles")
