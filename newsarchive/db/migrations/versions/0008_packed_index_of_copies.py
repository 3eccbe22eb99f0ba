"""The index of copies in two parts, of which the older is packed.

It is made anew: its keys are of another scheme now. `newsarchive recluster` fills it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "minhash_pages",
        sa.Column("page", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("page", name="pk_minhash_pages"),
    )
    if op.get_bind().dialect.name == "postgresql":  # hashes do not compress: it need not try
        op.execute("ALTER TABLE minhash_pages ALTER COLUMN entries SET STORAGE EXTERNAL")
    op.execute("DELETE FROM minhash_bands")


def downgrade() -> None:
    op.drop_table("minhash_pages")
    op.execute("DELETE FROM minhash_bands")
