"""`crawl_runs.site` and `crawl_runs.reached`, with an index: which site a run crawled, and whether it reached it.

The days on which a site was crawled were read from the arguments and figures of every run: with 200,000 runs that took seconds.
The index of stories has the times by which the first copy of each is found, so that no article need be read for it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from newsarchive.db.crawled import crawled_site, has_reached

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

INDEX = "ix_crawl_runs_spider_site_started_at_reached"
#: Runs that are read and written at once.
BATCH = 5_000


def upgrade() -> None:
    op.add_column("crawl_runs", sa.Column("site", sa.Text(), nullable=False, server_default=""))
    op.add_column("crawl_runs", sa.Column("reached", sa.Boolean(), nullable=False, server_default=sa.false()))
    _fill()
    op.create_index(INDEX, "crawl_runs", ["spider", "site", "started_at", "reached"])
    op.drop_index("ix_articles_cluster_id", "articles")
    op.create_index("ix_articles_story", "articles", ["cluster_id", "date_published", "first_seen_at"])


def downgrade() -> None:
    op.drop_index("ix_articles_story", "articles")
    op.create_index("ix_articles_cluster_id", "articles", ["cluster_id"])
    op.drop_index(INDEX, "crawl_runs")
    op.drop_column("crawl_runs", "reached")
    op.drop_column("crawl_runs", "site")


def _fill() -> None:
    runs = sa.table(
        "crawl_runs",
        sa.column("id", sa.Integer), sa.column("spider", sa.Text), sa.column("arguments", sa.JSON), sa.column("stats", sa.JSON),
        sa.column("finished_at", sa.Text), sa.column("site", sa.Text), sa.column("reached", sa.Boolean),
    )  # fmt: skip
    bind, last = op.get_bind(), 0
    found = sa.select(
        runs.c.id, runs.c.arguments, runs.c.stats, runs.c.finished_at.is_not(None).label("ended")
    )
    put = (
        runs.update().where(runs.c.id == sa.bindparam("run"))
        .values(site=sa.bindparam("named"), reached=sa.bindparam("well"))
    )  # fmt: skip
    while rows := bind.execute(found.where(runs.c.id > last).order_by(runs.c.id).limit(BATCH)).all():
        last = rows[-1].id
        changed = [
            {"run": row.id, "named": site, "well": row.ended and has_reached(row.stats or {})}
            for row in rows
            if (site := crawled_site(row.arguments or {}))
        ]
        if changed:
            bind.execute(put, changed)
