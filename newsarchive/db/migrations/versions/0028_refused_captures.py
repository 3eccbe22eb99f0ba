"""Why a text that was read on a page did not become a version of its article."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    with op.batch_alter_table("captures") as table:
        table.add_column(sa.Column("refused", sa.Text(), server_default="", nullable=False))
