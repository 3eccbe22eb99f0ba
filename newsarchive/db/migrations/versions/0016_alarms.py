"""Alarms of sites that answer and are broken, and which article waits in quarantine for which alarm."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "alarms",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("site_id", sa.Integer(), sa.ForeignKey("sites.id", ondelete="CASCADE"), nullable=False),
        sa.Column("run_id", sa.Integer(), sa.ForeignKey("crawl_runs.id", ondelete="SET NULL")),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("raised_at", moment, nullable=False),
        sa.Column("cleared_at", moment),
        sa.Column("told_at", moment),
        sa.Column("is_settled", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("evidence", sa.JSON(), nullable=False),
    )
    op.create_index("ix_alarms_site_id_cleared_at", "alarms", ["site_id", "cleared_at"])
    op.create_index("ix_alarms_run_id", "alarms", ["run_id"])
    op.add_column("quarantine", sa.Column("alarm_id", sa.Integer()))
    op.create_index("ix_quarantine_alarm_id", "quarantine", ["alarm_id"])


def downgrade() -> None:
    op.drop_index("ix_quarantine_alarm_id", "quarantine")
    op.drop_column("quarantine", "alarm_id")
    op.drop_table("alarms")
