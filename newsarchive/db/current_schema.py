"""Makes a new SQLite archive by one script: today's schema, which the revisions lead to.

Alembic takes 150 ms to import itself and to run all revisions on an empty file; the script takes 10 ms. It is the file
`migrations/current.sqlite.sql`, which also shows the whole schema to whoever wants to read it. It is made from the
revisions and never edited:

    python -m newsarchive.db.schema

A test compares the two. The script names its revision: where a revision was added and the script was not made anew, new
archives are made by the revisions, as those on PostgreSQL are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection

from newsarchive.db import readonly
from newsarchive.db.dialects import FULL_TEXT_TABLES

#: Below the folder of the migrations.
SCRIPT = "current.sqlite.sql"
_HEAD = "-- The schema of revision {}. Made by `python -m newsarchive.db.schema`; never edit it.\n\n"


def create(connection: Connection) -> bool:
    """Make the tables of an empty SQLite archive within the transaction; false where the script is not of today."""
    path = readonly.MIGRATIONS / SCRIPT
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if not text.startswith(_HEAD.format(readonly.head())):
        return False
    for statement in statements(text):
        connection.exec_driver_sql(statement)
    return True


def statements(script: str) -> Iterator[str]:
    """The statements of a script. Those of a trigger have semicolons inside, so that each ends with its line."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement.strip()
            statement = ""


def script_of(file: Path) -> str:
    """The script that makes an archive like this one, which holds nothing but its revision."""
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
            " ORDER BY instr('table index view trigger', type), rowid"
        )
        made = [sql for name, sql in rows if not _is_part_of_index(name)]
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    made.append(f"INSERT INTO alembic_version VALUES ('{revision}')")
    return _HEAD.format(revision) + ";\n\n".join(made) + ";\n"


def _is_part_of_index(name: str) -> bool:
    """Whether FTS5 makes this table by itself, beside the one that the schema names."""
    return name.startswith(tuple(f"{table}_" for table in FULL_TEXT_TABLES))
