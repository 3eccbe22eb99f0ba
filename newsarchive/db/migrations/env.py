"""Alembic's entry: runs the migrations on the connection that `schema.py` hands over."""

from __future__ import annotations

from alembic import context

from newsarchive.db.dialects import FULL_TEXT_TABLES
from newsarchive.db.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    # SQLite's DDL is transactional once the driver leaves BEGIN to us (engine.py).
    transactional_ddl=True,
    # The full-text tables differ by database and have no models.
    include_name=lambda name, kind, parents: not str(name).startswith(FULL_TEXT_TABLES),
)
with context.begin_transaction():
    context.run_migrations()
