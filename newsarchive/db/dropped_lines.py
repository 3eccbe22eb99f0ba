"""The lines that versions left out, in the tables that hold each text once.

A menu of 80 lines stands on every page of a site. Its texts are rows of `lines` once, by their hash; a page adds 80 rows of
numbers to `dropped_lines`. The hash needs no look-up before it is written, and a line that is there already is passed
over.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete

from newsarchive.core.text.line_keys import number
from newsarchive.db import bulk
from newsarchive.db.models import BlockLabel, DroppedLine, Line
from newsarchive.db.values import storable
from newsarchive.items import Article

COLUMNS = ("revision_id", "position", "label_id", "line_hash", "score")


def line_hash(text: str) -> int:
    """The number of a line as `lines` has it: that of its stored text.

    It has 64 bits: among a hundred million texts, the chance that any two share a number is 1 in 3,700.
    """
    return number(storable(text))


def keep(connection: Connection, versions: Sequence[tuple[int, Article]]) -> None:
    """Store what articles left out, with the ids of their new versions."""
    dropped = [
        (revision_id, position, block)
        for revision_id, article in versions
        for position, block in enumerate(article.blocks)
        if block.label != "body"
    ]
    texts = {text: line_hash(text) for text in {block.text for _, _, block in dropped}}
    labels = {(block.label, block.rule) for _, _, block in dropped}
    ids = bulk.ids_of(
        connection, BlockLabel, ("kind", "rule"), [{"kind": kind, "rule": rule} for kind, rule in labels]
    )
    label_ids = {label: ids[storable(label[0]), storable(label[1])] for label in labels}
    bulk.insert_new_tuples(
        connection, Line, ("hash", "text"), sorted((number, storable(text)) for text, number in texts.items())
    )
    bulk.insert_tuples(
        connection,
        DroppedLine,
        COLUMNS,
        [
            (revision_id, position, label_ids[block.label, block.rule], texts[block.text], block.score)
            for revision_id, position, block in dropped
        ],
    )


def forget(connection: Connection, revision_ids: Sequence[int]) -> None:
    """Remove what these versions left out: they are read again."""
    connection.execute(delete(DroppedLine).where(DroppedLine.revision_id.in_(revision_ids)))
