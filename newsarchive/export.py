"""Articles in the form that other programs read: plain dictionaries with schema.org names, JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

#: Fields of a record that hold bytes or numbers for machines only.
PRIVATE = frozenset({"capture", "minhash", "html"})


def plain(value: Any) -> Any:
    """A record as JSON types: dataclasses become objects, times ISO 8601 strings, tuples lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value) if f.name not in PRIVATE}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def to_json(record: Any, *, indent: int | None = None) -> str:
    """One record as JSON text, letters of every script as they are."""
    return json.dumps(plain(record), ensure_ascii=False, indent=indent)
