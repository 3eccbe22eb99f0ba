"""Subscriptions at hubs and the pushes that they brought: a site whose hub announces every post is asked less often."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "hub_subscriptions",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("site_id", sa.Integer(), sa.ForeignKey("sites.id", ondelete="CASCADE"), nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("verified_since", moment),
        sa.Column("lease_until", moment),
        sa.Column("relied_until", moment),
        sa.Column("seen_at", moment, nullable=False),
        sa.Column("announced", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("problem", sa.Text(), nullable=False, server_default=""),
        sa.UniqueConstraint("site_id", "hub", "topic"),
    )
    op.create_table(
        "hub_pushes",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("site_id", sa.Integer(), sa.ForeignKey("sites.id", ondelete="CASCADE"), nullable=False),
        sa.Column("at", moment, nullable=False),
    )
    op.create_index("ix_hub_pushes_site_id_at", "hub_pushes", ["site_id", "at"])


def downgrade() -> None:
    op.drop_table("hub_pushes")
    op.drop_table("hub_subscriptions")
