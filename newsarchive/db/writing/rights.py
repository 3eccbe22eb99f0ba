"""Keeps what sites said about the use of their pages. Each statement is stored once; each capture refers to its
statement."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, delete, select

from newsarchive.db import bulk
from newsarchive.db.models import CaptureRights, CaptureRow, RightsRow
from newsarchive.items import Rights, rights_from


def record(connection: Connection, said: Iterable[tuple[int, Rights | None]]) -> None:
    """Keep the statements of captures, by their ids. A capture that says nothing has no row."""
    found = {capture_id: rights for capture_id, rights in said if rights}
    if not found:
        return
    rows = {digest(rights): rights for rights in found.values()}
    ids = bulk.ids_of(connection, RightsRow, ("digest",), [_row(key, rights) for key, rights in rows.items()])
    pairs = [(capture_id, ids[digest(rights),]) for capture_id, rights in found.items()]
    bulk.insert_tuples(connection, CaptureRights, ("capture_id", "rights_id"), pairs)


def gained(connection: Connection, said: Mapping[int, Rights | None]) -> dict[int, Rights]:
    """The captures of which `said` tells something new, each with all that is then known of it.

    What was known stays: the robots.txt of the day of the fetch cannot be read again from the bytes of a page.
    """
    wanted = [capture_id for capture_id, rights in said.items() if rights]
    there = set(connection.execute(select(CaptureRow.id).where(CaptureRow.id.in_(wanted))).scalars())
    known = _known(connection, wanted)
    both = {id_: known.get(id_, Rights()) + rights for id_, rights in said.items() if rights and id_ in there}
    return {id_: rights for id_, rights in both.items() if rights != known.get(id_)}


def add(connection: Connection, said: Mapping[int, Rights | None]) -> int:
    """Add to what is known of captures. Gives the number of captures of which more is known now."""
    more = gained(connection, said)
    if more:
        connection.execute(delete(CaptureRights).where(CaptureRights.capture_id.in_(list(more))))
        record(connection, more.items())
    return len(more)


def _known(connection: Connection, captures: Sequence[int]) -> dict[int, Rights]:
    query = (
        select(CaptureRights.capture_id, RightsRow.statement)
        .join(RightsRow, RightsRow.id == CaptureRights.rights_id).where(CaptureRights.capture_id.in_(captures))
    )  # fmt: skip
    found = ((row.capture_id, rights_from(row.statement)) for row in connection.execute(query))
    return {capture_id: rights for capture_id, rights in found if rights}


def digest(rights: Rights) -> str:
    """The digest of a statement, by which it is found again."""
    return hashlib.sha256(json.dumps(rights.as_json(), sort_keys=True).encode()).hexdigest()[:32]


def _row(key: str, rights: Rights) -> bulk.Row:
    return {
        "digest": key,
        "tdm_reserved": rights.tdm_reserved,
        "licence": rights.licences[0] if rights.licences else "",
        "statement": rights.as_json(),
    }
