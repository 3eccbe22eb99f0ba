"""Alembic's entry: runs the migrations on the connection that `schema.py` hands over."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from newsarchive.db.dialects import FULL_TEXT_TABLES
from newsarchive.db.models import Base


def _rendered(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """How a new revision writes a type of ours: as the type of SQLAlchemy that it stands on, because ours may change later."""
    return f"sa.{item.impl!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    render_item=_rendered,
    # SQLite's DDL is transactional once the driver leaves BEGIN to us (engine.py).
    transactional_ddl=True,
    # The full-text tables differ by database and have no models.
    include_name=lambda name, kind, parents: not str(name).startswith(FULL_TEXT_TABLES),
)
with context.begin_transaction():
    context.run_migrations()
