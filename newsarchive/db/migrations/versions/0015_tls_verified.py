"""`captures.tls_verified`: whether the server's certificate was checked; empty for captures that are older."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("captures", sa.Column("tls_verified", sa.Boolean()))


def downgrade() -> None:
    op.drop_column("captures", "tls_verified")
