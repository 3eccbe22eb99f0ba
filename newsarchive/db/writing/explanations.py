"""The explanation of a text (dropped lines, repairs, candidates) as it is stored and as the page is read now. Where
both are equal, nothing is written.

Reading stored pages again with a new extractor leaves most of them as they are. Comparing an explanation takes a tenth
of the time of writing it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from newsarchive.db import bulk, rows
from newsarchive.items import Article

#: The columns of `_ARTICLES`, then the dropped lines and the edits of the version.
Explanation = tuple[Any, ...]

_ARTICLES = """
    SELECT a.id, a.canonical_key, a.content_hash, a.word_count, a.quality, a.damage, a.candidates, a.minhash, r.markup
    FROM articles AS a JOIN article_revisions AS r ON r.id = a.revision_id WHERE a.id IN :ids
"""
_DROPPED = """
    SELECT d.revision_id, d.position, b.kind, b.rule, l.text, d.score
    FROM dropped_lines AS d JOIN block_labels AS b ON b.id = d.label_id JOIN lines AS l ON l.hash = d.line_hash
    WHERE d.revision_id IN :ids ORDER BY d.revision_id, d.position
"""
_EDITS = """
    SELECT revision_id, position, step, rule, before, after, field, start, evidence
    FROM edits WHERE revision_id IN :ids ORDER BY revision_id, position
"""


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
        *_as_json(row["quality"], row["damage"], row["candidates"]),
        row["minhash"],
        details.markup,
        [(line.position, line.kind, line.rule, line.text, line.score) for line in details.dropped],
        [tuple(edit.values()) for edit in details.edits],
    )


def _as_json(*values: Any) -> Any:
    """The values as they come back from a column of JSON: a tuple is a list there."""
    return json.loads(json.dumps(values))
