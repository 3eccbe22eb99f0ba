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

from newsarchive.core.text.line_keys import number
from newsarchive.core.urls import site_of
from newsarchive.db import bulk
from newsarchive.db.models import BlockLabel, DroppedLine, Line
from newsarchive.db.values import storable
from newsarchive.items import Article

#: The bits of a line's number that come from its text.
TEXT_BITS = 2**48 - 1
COLUMNS = ("revision_id", "position", "label_id", "line_hash", "score")


def line_hash(site: str, text: str) -> int:
    """The number of a line of a site (its domain) as `lines` has it: 16 bits of the site, 48 of the stored text.

    Among 100,000 texts of a site, the chance that any two share a number is 1 in 56,000.
    """
    return (number(site) & ~TEXT_BITS) | (number(storable(text)) & TEXT_BITS)


def keep(connection: Connection, versions: Sequence[tuple[int, Article]]) -> None:
    """Store what articles left out, with the ids of their new versions."""
    dropped = [
        (revision_id, position, site, block)
        for revision_id, article in versions
        for site in [site_of(article.url)]
        for position, block in enumerate(article.blocks)
        if block.label != "body"
    ]
    hashes = {line: line_hash(*line) for line in {(site, block.text) for _, _, site, block in dropped}}
    lines = {line: storable(text) for (_, text), line in hashes.items()}
    bulk.insert_new_tuples(connection, Line, ("hash", "text"), sorted(lines.items()))
    labels = {(storable(block.label), storable(block.rule)) for *_, block in dropped}
    named = [{"kind": kind, "rule": rule} for kind, rule in labels]
    label_ids = bulk.ids_of(connection, BlockLabel, ("kind", "rule"), named)
    rows = [
        (
            revision_id,
            position,
            label_ids[storable(block.label), storable(block.rule)],
            hashes[site, block.text],
            block.score,
        )
        for revision_id, position, site, block in dropped
    ]
    bulk.insert_tuples(connection, DroppedLine, COLUMNS, rows)


def forget(connection: Connection, revision_ids: Sequence[int]) -> None:
    """Remove what these versions left out: they are read again."""
    connection.execute(delete(DroppedLine).where(DroppedLine.revision_id.in_(revision_ids)))
