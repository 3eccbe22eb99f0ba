"""Keeps what sites said of the use of their pages: each statement once, and which capture had which."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from sqlalchemy import Connection

from newsarchive.db import bulk
from newsarchive.db.models import CaptureRights, RightsRow
from newsarchive.rights import Rights


def record(connection: Connection, said: Iterable[tuple[int, Rights | None]]) -> None:
    """Keep the statements of captures, by their ids. One that says nothing has no row."""
    found = {capture_id: rights for capture_id, rights in said if rights}
    if not found:
        return
    rows = {digest(rights): rights for rights in found.values()}
    ids = bulk.ids_of(connection, RightsRow, ("digest",), [_row(key, rights) for key, rights in rows.items()])
    pairs = [(capture_id, ids[digest(rights),]) for capture_id, rights in found.items()]
    bulk.insert_tuples(connection, CaptureRights, ("capture_id", "rights_id"), pairs)


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
