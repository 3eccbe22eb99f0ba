"""Tells what a page shows anew at each look from what its author edits.

A counter of readers within the text, "updated 5 minutes ago", a teaser that takes turns with others, two wordings of a headline
of which each reader gets one: the text is another one at every look, and nobody edited it. Such a change has the cause `site`
(`items.ChangeKind`). So it is no edit of the publisher and brings no look sooner, and it makes a version at most every
`MIN_VERSION_AGE`. There are two ways to know it:

- The text takes turns: it is that of an earlier version again, and so was the one before it.
- A place is restless: at three looks one after the other the same place between the same lines had other lines and none
  of those before, and nothing else had changed. Who adds to a text leaves what stood there, and who corrects it says so (`date_modified`),
  or stops after a while.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, select

from newsarchive.db import bulk, rows
from newsarchive.db.models import Revision
from newsarchive.db.rows import VERSION_FIELDS
from newsarchive.db.writing.plan import Plan
from newsarchive.items import ChangeKind

#: Time from the first of the versions that are compared until now. Changes within less may be those of one busy day.
MIN_TIME = timedelta(days=1)
#: Age of a version from which a restless text makes another one. Until then the stored text stays; so a text that has come to rest
#: is stored after this time at the latest.
MIN_VERSION_AGE = timedelta(days=7)
#: Share of the lines of a text (0 to 1) that must have stayed all the time. With fewer it is another text, or a ticker.
MIN_STEADY_SHARE = 0.5
#: Versions before a new text that are compared with it.
COMPARED = 3

#: How often a page was looked at since a capture of it.
_LOOKS = """
    SELECT count(*) FROM captures AS c JOIN captures AS first ON first.url_id = c.url_id
    WHERE first.id = :first AND c.part = 1 AND c.fetched_at > first.fetched_at
"""
#: The columns of versions by which texts are told apart, without reading them.
_SAME = ("content_hash", "headline", "alternative_headline", "description")
Row = Mapping[str, Any]


def settle(connection: Connection, plans: Sequence[Plan]) -> None:
    """Mark the plans whose texts are restless. One whose newest version is too young for another keeps the stored texts.

    Captures out of files are left: they come once, and make the same history in whatever order they are read.
    """
    doubtful = [plan for plan in plans if plan.is_fetched_now and plan.seems_edited and plan.text_changed]
    for plan in doubtful:
        stored = plan.stored
        if stored is None or stored["version"] < COMPARED:
            continue
        versions = _versions(connection, plan, stored)
        newest = versions[-COMPARED:]
        was_restless = any(
            _is_from_a_look(one, before) for before, one in pairwise(versions[-COMPARED - 1 :])
        )
        if not (_takes_turns(versions, plan) or _is_restless(connection, newest, plan, known=was_restless)):
            continue
        plan.is_restless = True
        if was_restless and plan.seen_at - stored["seen_at"] < MIN_VERSION_AGE:
            texts = {name: stored[name] for name in VERSION_FIELDS}
            minhash = rows.signature_of(stored["minhash"])
            plan.take(replace(plan.article, **texts, content_hash=stored["content_hash"], minhash=minhash))


def _versions(connection: Connection, plan: Plan, stored: Row) -> Sequence[Row]:
    """The versions of the article, the current one last, each with its texts where they are compared."""
    names = ("version", "change_kind", "capture_id", "seen_at", *_SAME)
    query = select(*bulk.columns_of(Revision, names)).where(Revision.article_id == plan.article_id)
    versions = [dict(row) for row in connection.execute(query.order_by(Revision.version)).mappings()]
    bodies = select(Revision.version, Revision.article_body).where(
        Revision.article_id == plan.article_id, Revision.version > stored["version"] - COMPARED
    )
    held = {row.version: row.article_body for row in connection.execute(bodies)}
    for row in versions:
        row["article_body"] = held.get(row["version"]) or ""
    versions[-1] |= {name: stored[name] for name in VERSION_FIELDS}
    return versions


def _is_from_a_look(row: Row, before: Row) -> bool:
    """Whether a version with the cause `site` came with other bytes: then this module gave it the cause."""
    return bool(row["change_kind"] == ChangeKind.SITE and row["capture_id"] != before["capture_id"])


def _takes_turns(versions: Sequence[Row], plan: Plan) -> bool:
    """Whether the new text and the current one were both there before."""
    *earlier, current = ([row[name] for name in _SAME] for row in versions)
    return current in earlier and [plan.texts[name] for name in _SAME] in earlier


def _is_restless(connection: Connection, versions: Sequence[Row], plan: Plan, *, known: bool) -> bool:
    """Whether each of these versions and the new text differ at one place, and the new text differs from the last nowhere else. Unless
    this is `known` of the article, each of its last looks must have found another text."""
    stored, first = plan.stored or {}, versions[0]
    modified = plan.article.date_modified
    if modified is not None and modified != stored.get("date_modified"):
        return False
    texts = [_lines(row) for row in (*versions, plan.texts)]
    steady = set(texts[0]).intersection(*texts[1:])
    if len(steady) < MIN_STEADY_SHARE * max(map(len, texts)):
        return False
    orders = {tuple(line for line in text if line in steady) for text in texts}
    if len(orders) > 1:
        return False
    found = [_between(text, steady) for text in texts]
    *before, new = [
        {place for place, lines in enumerate(one) if lines != other[place]} for one, other in pairwise(found)
    ]
    places = new.intersection(*before)
    if not places or new - set().union(*before):
        return False
    kept = (one[place] & other[place] for one, other in pairwise(found) for place in new)
    if any(kept):  # what stood there is still there, with something added
        return False
    if known:
        return True
    if plan.seen_at - first["seen_at"] < MIN_TIME or first["capture_id"] is None:
        return False
    ((looks,),) = bulk.select_tuples(connection, _LOOKS, {"first": first["capture_id"]})
    return bool(looks == len(versions) - 1)


def _lines(row: Row) -> list[tuple[str, str]]:
    """The texts of a version as lines, each with the name of its field."""
    return [(name, line) for name in VERSION_FIELDS for line in row[name].split("\n") if line]


def _between(lines: Sequence[tuple[str, str]], steady: set[tuple[str, str]]) -> list[set[tuple[str, str]]]:
    """What stands before each steady line, and behind the last one."""
    found: list[set[tuple[str, str]]] = [set()]
    for line in lines:
        if line in steady:
            found.append(set())
        else:
            found[-1].add(line)
    return found
