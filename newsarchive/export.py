"""Records as other programs and people read them: plain dictionaries, JSON, a byline in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from newsarchive.reprs import byline as byline
from newsarchive.reprs import origin_line as origin_line

#: Fields of a record that hold bytes, or numbers and words for machines only.
PRIVATE = frozenset({"capture", "seen", "minhash", "html", "decided_by"})


def plain(value: Any) -> Any:
    """A record as JSON types: dataclasses become objects, times ISO 8601 texts in UTC, tuples lists.

    An article becomes its flat row and, under names of their own, its details (`fields.record`).
    """
    from newsarchive.fields import record  # the records take their time to load, and a byline needs none
    from newsarchive.items import Article
    from newsarchive.times import isoformat

    def of(value: Any) -> Any:
        if isinstance(value, Article):
            return of(record(value))
        if is_dataclass(value) and not isinstance(value, type):
            return {f.name: of(getattr(value, f.name)) for f in fields(value) if f.name not in PRIVATE}
        if isinstance(value, datetime):
            return isoformat(value)
        if isinstance(value, Mapping):
            return {str(key): of(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [of(item) for item in value]
        return value

    return of(value)


def to_json(record: Any, *, indent: int | None = None) -> str:
    """One record as JSON text, letters of every script as they are."""
    return json.dumps(plain(record), ensure_ascii=False, indent=indent)
