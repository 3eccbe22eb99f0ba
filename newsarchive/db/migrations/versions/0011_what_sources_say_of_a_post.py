"""What sources say of a post besides its text: names, tags, sections, language, picture, offsets of its times."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

#: Columns of `source_texts` that this revision adds, by what they hold.
OFFSETS = ("published_offset", "updated_offset")
LISTS = ("authors", "keywords", "sections")
TEXTS = ("in_language", "image", "publisher", "post_id")


def upgrade() -> None:
    for name in OFFSETS:
        op.add_column("source_texts", sa.Column(name, sa.Integer(), nullable=True))
    for name in LISTS:
        op.add_column("source_texts", sa.Column(name, sa.JSON(), nullable=False, server_default="[]"))
    for name in TEXTS:
        op.add_column("source_texts", sa.Column(name, sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    for name in (*TEXTS, *LISTS, *OFFSETS):
        op.drop_column("source_texts", name)
