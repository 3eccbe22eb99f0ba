"""Where the bytes lie from which was read what a feed, an API or a sitemap says of a post."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    with op.batch_alter_table("source_texts") as table:
        table.add_column(sa.Column("warc_file", sa.Text(), server_default="", nullable=False))
        table.add_column(sa.Column("warc_offset", sa.BigInteger(), server_default="0", nullable=False))
        table.add_column(sa.Column("warc_length", sa.BigInteger(), server_default="0", nullable=False))
        table.add_column(sa.Column("warc_digest", sa.Text(), server_default="", nullable=False))
