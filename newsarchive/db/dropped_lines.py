"""Stores the lines that were dropped from versions, each text only once.

A menu of 80 lines stands on every page of a site. Its texts are rows of `lines` once, by their hash; a page adds 80 rows of
numbers to `dropped_lines`. A line that is there already is passed over.

Two texts with the same hash are told apart: the second takes the next free number. The author of a page could search
for such a pair, because 48 bits are few; without this, a reader would be shown another line than the one that was
dropped.

A hash begins with bits of the site's hash. So the lines of a page lie side by side, and a few pages of the file are
written and read for them. With a hash of the text alone each line lay elsewhere, and a commit wrote three times as many
bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete

from newsarchive.db import bulk, models
from newsarchive.db.models import BlockLabel, Line
from newsarchive.db.rows import DroppedLine, next_hash

COLUMNS = ("revision_id", "position", "label_id", "line_hash", "score")


def keep(connection: Connection, versions: Sequence[tuple[int, Sequence[DroppedLine]]]) -> None:
    """Store the lines that versions leave out, with the ids of the new versions."""
    dropped = [(revision_id, line) for revision_id, lines in versions for line in lines]
    labels = {(line.kind, line.rule) for _, line in dropped}
    label_ids = bulk.ids_of(
        connection, BlockLabel, ("kind", "rule"), [{"kind": kind, "rule": rule} for kind, rule in labels]
    )
    keys = _keys(connection, {(line.hash, line.text) for _, line in dropped})
    bulk.insert_tuples(
        connection,
        models.DroppedLine,
        COLUMNS,
        [
            (
                revision_id,
                line.position,
                label_ids[line.kind, line.rule],
                keys[line.hash, line.text],
                line.score,
            )
            for revision_id, line in dropped
        ],
    )


def _keys(connection: Connection, wanted: set[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """The key of each text, given with its hash: the hash, or the next number that no other text has. New texts are
    stored."""
    held = _texts(connection, [number for number, _ in wanted])
    keys, new = dict[tuple[int, str], int](), dict[int, str]()
    for number, text in sorted(wanted):
        key = number
        while (held.get(key) or new.get(key, text)) != text:
            key = next_hash(key)
            held |= _texts(connection, [key])
        keys[number, text] = key
        if key not in held:
            new[key] = text
    bulk.insert_tuples(connection, Line, ("hash", "text"), sorted(new.items()))
    return keys


def _texts(connection: Connection, keys: Iterable[int]) -> dict[int, str]:
    """The texts that are stored under these keys."""
    query = "SELECT hash, text FROM lines WHERE hash IN :keys"
    parts = (bulk.select_tuples(connection, query, {"keys": part}) for part in bulk.parts(set(keys)))
    return {key: text for rows in parts for key, text in rows}


def forget(connection: Connection, revision_ids: Sequence[int]) -> None:
    """Remove the dropped lines of these versions, which are read again."""
    connection.execute(delete(models.DroppedLine).where(models.DroppedLine.revision_id.in_(revision_ids)))
