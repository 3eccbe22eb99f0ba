"""The views `first_copies` and `own_articles`. Views of articles are made anew behind the revisions (`db.views`)."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing here: an archive without this revision has yet to be given the views."""


def downgrade() -> None:
    for name in ("first_copies", "own_articles"):
        op.execute(f"DROP VIEW IF EXISTS {name}")
