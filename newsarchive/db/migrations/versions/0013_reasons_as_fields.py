"""What code decides by stands in columns of its own, and reasons are words for people.

Before, a URL that a crawl with `since` left out had the day of its post inside its reason, one whose text a feed or
an API gave was known by how its reason began, and a layout that a full text had proved by a word in its reason.
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from newsarchive.db.types import UTCDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BEFORE_SINCE = "before since"
NOARCHIVE = "noarchive"
FILLED = "text from "
#: The reason of a layout that a feed's or an API's full text proved.
PROVED = "a feed or an API gave its text"

URLS = sa.table(
    "urls",
    sa.column("id", sa.Integer()),
    sa.column("reason", sa.Text()),
    sa.column("reason_detail", sa.Text()),
    sa.column("filled_from", sa.Text()),
    sa.column("published", UTCDateTime()),
)
LAYOUTS = sa.table(
    "site_blocks",
    sa.column("role", sa.Text()),
    sa.column("reason", sa.Text()),
    sa.column("is_proved", sa.Boolean()),
)


def upgrade() -> None:
    for name in ("reason_detail", "filled_from"):
        op.add_column("urls", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("urls", sa.Column("published", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "site_blocks", sa.Column("is_proved", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    connection = op.get_bind()
    filled = sa.func.substr(URLS.c.reason, len(FILLED) + 1)
    connection.execute(sa.update(URLS).where(URLS.c.reason.startswith(FILLED)).values(filled_from=filled))
    proved = (LAYOUTS.c.role == "container") & (LAYOUTS.c.reason == PROVED)
    connection.execute(sa.update(LAYOUTS).where(proved).values(is_proved=True))
    for word in (BEFORE_SINCE, NOARCHIVE):
        begins = sa.select(URLS.c.id, URLS.c.reason).where(URLS.c.reason.startswith(f"{word} ("))
        found = [
            (row.id, row.reason.removeprefix(f"{word} (").removesuffix(")"))
            for row in connection.execute(begins)
        ]
        change = sa.update(URLS).where(URLS.c.id == sa.bindparam("b_id")).values(
            reason=word, reason_detail=sa.bindparam("b_detail"), published=sa.bindparam("b_published")
        )  # fmt: skip
        rows = [
            {
                "b_id": url_id,
                "b_detail": detail,
                "b_published": _day(detail) if word == BEFORE_SINCE else None,
            }
            for url_id, detail in found
        ]
        if rows:
            connection.execute(change, rows)


def downgrade() -> None:
    with_detail = URLS.c.reason.concat(" (").concat(URLS.c.reason_detail).concat(")")
    op.get_bind().execute(sa.update(URLS).where(URLS.c.reason_detail != "").values(reason=with_detail))
    op.drop_column("site_blocks", "is_proved")
    for name in ("published", "filled_from", "reason_detail"):
        op.drop_column("urls", name)


def _day(text: str) -> datetime | None:
    """The moment that a reason names, `None` where it names none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
