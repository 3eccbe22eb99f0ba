"""The explanation of a version: the lines that were left out, the repairs, and what its page offered for each field. It is
stored, replaced, and compared with the page as it is read now.

A menu of 80 lines stands on every page of a site. Its texts are rows of `lines` once, by their hash; a page adds 80 rows of
numbers to `dropped_lines`. A line that is there already is passed over.

Two texts with the same hash are told apart: the second takes the next free number. The author of a page could search
for such a pair, because 48 bits are few; without this, a reader would be shown another line than the one that was
dropped.

A hash begins with bits of the site's hash. So the lines of a page lie side by side, and a few pages of the file are
written and read for them. With a hash of the text alone each line lay elsewhere, and a commit wrote three times as many
bytes.

Reading stored pages again with a new extractor leaves most explanations as they are, and then nothing is written. Comparing
one takes a tenth of the time of writing it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, literal, select

from newsarchive.db import bulk, rows
from newsarchive.db.models import BlockLabel, DroppedLine, EditRow, Line
from newsarchive.items import Article

#: The columns of `_ARTICLES`, then the dropped lines and the edits of the version.
Explanation = tuple[Any, ...]

_COLUMNS = ("revision_id", "position", "label_id", "line_hash", "score")
_ARTICLES = """
    SELECT a.id, a.canonical_key, a.content_hash, a.word_count, a.quality, a.damage, a.candidates, a.minhash, r.markup
    FROM articles AS a JOIN article_revisions AS r ON r.id = a.revision_id WHERE a.id IN :ids
"""
_DROPPED = """
    SELECT d.revision_id, d.position, b.kind, b.rule, l.text, d.score
    FROM dropped_lines AS d JOIN block_labels AS b ON b.id = d.label_id JOIN "lines" AS l ON l.hash = d.line_hash
    WHERE d.revision_id IN :ids ORDER BY d.revision_id, d.position
"""
_EDITS = """
    SELECT revision_id, position, step, rule, before, after, field, start, evidence
    FROM edits WHERE revision_id IN :ids ORDER BY revision_id, position
"""


def keep(connection: Connection, versions: Sequence[tuple[int, rows.Details]]) -> None:
    """Store the dropped lines and the repairs of new versions, with their ids."""
    dropped = [(revision_id, line) for revision_id, details in versions for line in details.dropped]
    labels = {(line.kind, line.rule) for _, line in dropped}
    label_ids = bulk.ids_of(
        connection, BlockLabel, ("kind", "rule"), [{"kind": kind, "rule": rule} for kind, rule in labels]
    )
    keys = _keys(connection, {(line.hash, line.text) for _, line in dropped})
    made = [
        (revision_id, one.position, label_ids[one.kind, one.rule], keys[one.hash, one.text], one.score)
        for revision_id, one in dropped
    ]
    bulk.insert_tuples(connection, DroppedLine, _COLUMNS, made)
    edits = [
        {"revision_id": revision_id, **row} for revision_id, details in versions for row in details.edits
    ]
    bulk.insert_rows(connection, EditRow, edits)


def copy(connection: Connection, revision_id: int, other_id: int) -> None:
    """Explain another version as one is explained whose text it has."""
    for table in (DroppedLine, EditRow):
        own = [one for one in bulk.table_of(table).columns if one.name != "id"]
        values = [literal(other_id) if one.name == "revision_id" else one for one in own]
        stored = select(*values).where(table.revision_id == revision_id)
        connection.execute(insert(table).from_select([one.name for one in own], stored))


def forget(connection: Connection, revision_ids: Sequence[int]) -> None:
    """Remove what explains these versions, which are read again."""
    for table in (DroppedLine, EditRow):
        connection.execute(delete(table).where(table.revision_id.in_(revision_ids)))


def stored(connection: Connection, revision_ids: Mapping[int, int]) -> dict[int, Explanation]:
    """The explanations of articles by their ids; `revision_ids` gives the current version of each."""
    if not revision_ids:
        return {}
    dropped = _by_revision(connection, _DROPPED, revision_ids)
    edits = _by_revision(connection, _EDITS, revision_ids)
    return {
        article_id: (*columns, dropped[revision_ids[article_id]], edits[revision_ids[article_id]])
        for row in bulk.select_rows(connection, _ARTICLES, {"ids": list(revision_ids)})
        for article_id, *columns in [row.values()]
    }


def _by_revision(
    connection: Connection, query: str, revision_ids: Mapping[int, int]
) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for revision_id, *columns in bulk.select_tuples(connection, query, {"ids": list(revision_ids.values())}):
        found[revision_id].append(tuple(columns))
    return found


def of(article: Article, details: rows.Details) -> Explanation:
    """The explanation of an article as `stored` would give it."""
    row = rows.article_row(article)
    return (
        rows.keys(article)[1],
        row["content_hash"],
        row["word_count"],
        # As these come back from columns of JSON: a tuple is a list there.
        *json.loads(json.dumps([row["quality"], row["damage"], row["candidates"]])),
        row["minhash"],
        details.markup,
        [(line.position, line.kind, line.rule, line.text, line.score) for line in details.dropped],
        [tuple(edit.values()) for edit in details.edits],
    )


def _keys(connection: Connection, wanted: set[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """The key of each text, given with its hash: the hash, or the next number that no other text has. New texts are
    stored."""
    held = _texts(connection, [number for number, _ in wanted])
    keys, new = dict[tuple[int, str], int](), dict[int, str]()
    for number, text in sorted(wanted):
        key = number
        while (held.get(key) or new.get(key, text)) != text:
            key = rows.next_hash(key)
            held |= _texts(connection, [key])
        keys[number, text] = key
        if key not in held:
            new[key] = text
    bulk.insert_tuples(connection, Line, ("hash", "text"), sorted(new.items()))
    return keys


def _texts(connection: Connection, keys: Iterable[int]) -> dict[int, str]:
    """The texts that are stored under these keys."""
    query = 'SELECT hash, text FROM "lines" WHERE hash IN :keys'
    parts = (bulk.select_tuples(connection, query, {"keys": some}) for some in bulk.parts(set(keys)))
    return {key: text for part in parts for key, text in part}
