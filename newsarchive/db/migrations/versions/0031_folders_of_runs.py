"""The folder of a run's WARC files is a column, and the ends of runs have an index.

Each crawl asked all runs for their folders, and each look of a monitoring system asked all of them for their ends.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"

#: Rows that one statement changes.
MAX_ROWS = 500
#: What arguments that name a folder have in their text. PostgreSQL takes no value out of JSON in which any text has a byte that is no
#: UTF-8, as the name of a file may have.
NAMES_FOLDER = '"warc_folder"'


def upgrade() -> None:
    with op.batch_alter_table("crawl_runs") as table:
        table.add_column(sa.Column("warc_folder", sa.Text(), server_default="", nullable=False))
    runs = sa.table("crawl_runs", sa.column("id"), sa.column("arguments"), sa.column("warc_folder"))
    for folder, ids in _folders(runs):
        op.execute(sa.update(runs).where(runs.c.id.in_(ids)).values(warc_folder=folder))
    has_folder = sa.text("warc_folder > ''")
    op.create_index(op.f("ix_crawl_runs_finished_at_spider"), "crawl_runs", ["finished_at", "spider"])
    op.create_index(
        "ix_crawl_runs_warc_folder", "crawl_runs", ["warc_folder", "id"],
        sqlite_where=has_folder, postgresql_where=has_folder,
    )  # fmt: skip


def _folders(runs: sa.TableClause) -> Iterator[tuple[str, list[int]]]:
    """The folders that runs name, as JSON, each with some of those runs."""
    said = sa.cast(runs.c.arguments, sa.Text)
    query = sa.select(runs.c.id, said).where(said.contains(NAMES_FOLDER)).order_by(runs.c.id)
    found: dict[str, list[int]] = {}
    for number, arguments in op.get_bind().execute(query):
        if folder := json.loads(arguments).get("warc_folder"):
            found.setdefault(json.dumps(str(folder)), []).append(number)
    for folder, ids in found.items():
        for at in range(0, len(ids), MAX_ROWS):
            yield folder, ids[at : at + MAX_ROWS]
