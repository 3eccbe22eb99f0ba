"""No table changes: the views, which are made anew after the revisions, have `record_hash` since."""

from __future__ import annotations

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Nothing is to be done here."""
