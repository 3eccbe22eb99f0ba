"""The lines that versions left out, in the tables that hold each text once.

A menu of 80 lines stands on every page of a site. Its texts are rows of `lines` once, by their hash; a page adds 80 rows of
numbers to `dropped_lines`. The hash needs no look-up before it is written, and a line that is there already is passed
over.

A hash begins with that of the site: so the lines of a page lie side by side, and are written and read as a few pages of the
file. With a hash of the text alone each line lay elsewhere, and a commit wrote three times the bytes.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete

from newsarchive.db import bulk, models
from newsarchive.db.models import BlockLabel, Line
from newsarchive.db.rows import DroppedLine

COLUMNS = ("revision_id", "position", "label_id", "line_hash", "score")


def keep(connection: Connection, versions: Sequence[tuple[int, Sequence[DroppedLine]]]) -> None:
    """Store the lines that versions leave out, with the ids of the new versions."""
    dropped = [(revision_id, line) for revision_id, lines in versions for line in lines]
    labels = {(line.kind, line.rule) for _, line in dropped}
    label_ids = bulk.ids_of(
        connection, BlockLabel, ("kind", "rule"), [{"kind": kind, "rule": rule} for kind, rule in labels]
    )
    bulk.insert_new_tuples(
        connection, Line, ("hash", "text"), sorted({(line.hash, line.text) for _, line in dropped})
    )
    bulk.insert_tuples(
        connection,
        models.DroppedLine,
        COLUMNS,
        [
            (revision_id, line.position, label_ids[line.kind, line.rule], line.hash, line.score)
            for revision_id, line in dropped
        ],
    )


def forget(connection: Connection, revision_ids: Sequence[int]) -> None:
    """Remove what these versions left out: they are read again."""
    connection.execute(delete(models.DroppedLine).where(models.DroppedLine.revision_id.in_(revision_ids)))
