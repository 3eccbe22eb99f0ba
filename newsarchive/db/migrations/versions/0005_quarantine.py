"""Pages of low confidence wait for a person; those of an older archive too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)

#: What `db.quarantine.DOUBT` was when this was written.
DOUBT = 0.8


def upgrade() -> None:
    op.create_table(
        "quarantine",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], "fk_quarantine_article_id_articles", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", name="pk_quarantine"),
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    confidence = (
        "json_extract(quality, '$.confidence')"
        if sqlite
        else "CAST(quality ->> 'confidence' AS double precision)"
    )
    op.execute(
        "INSERT INTO quarantine (article_id, state, reason, since)"
        f" SELECT id, 'waiting', 'low confidence', first_seen_at FROM articles WHERE {confidence} < {DOUBT}"
    )


def downgrade() -> None:
    op.drop_table("quarantine")
