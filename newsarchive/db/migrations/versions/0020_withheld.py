"""The register of what is withheld, the texts that are sealed meanwhile, and what sites say of the use of their pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "withholdings",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("canonical_key", sa.Text(), nullable=False),
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("until", moment),
        sa.Column("ended_at", moment),
        sa.Column("versions", sa.JSON(), nullable=False),
    )
    op.create_index("ix_withholdings_article_id", "withholdings", ["article_id"])
    op.create_index("ix_withholdings_url_key", "withholdings", ["url_key"])
    op.create_index("ix_withholdings_site_state", "withholdings", ["site", "state"])
    op.create_table(
        "sealed_texts",
        sa.Column("withholding_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "rights",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("tdm_reserved", sa.Boolean()),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("statement", sa.JSON(), nullable=False),
        sa.UniqueConstraint("digest", name="uq_rights_digest"),
    )
    op.create_table(
        "capture_rights",
        sa.Column(
            "capture_id", sa.Integer(), sa.ForeignKey("captures.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("rights_id", sa.Integer(), sa.ForeignKey("rights.id", ondelete="CASCADE"), nullable=False),
    )
    op.create_index("ix_capture_rights_rights_id", "capture_rights", ["rights_id"])


def downgrade() -> None:
    for name in ("withheld", "current_articles", "first_copies", "own_articles", "hidden_articles"):
        op.execute(f"DROP VIEW IF EXISTS {name}")
    for name in ("capture_rights", "rights", "sealed_texts", "withholdings"):
        op.drop_table(name)
