"""Parquet, written by pyarrow in row groups."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from newsarchive.fields import FLAT, Kind, row

if TYPE_CHECKING:
    from newsarchive.db.reading.articles import Stored

#: Articles of one row group. They are in memory together; smaller groups make a larger file.
MAX_ROW_GROUP_ARTICLES = 500

_TYPES: dict[Kind, Any] = {
    "text": pa.string(),
    "texts": pa.list_(pa.string()),
    "integer": pa.int64(),
    "number": pa.float64(),
    "moment": pa.timestamp("us", tz="UTC"),
    "flag": pa.bool_(),
}
SCHEMA = pa.schema([(field.name, _TYPES[field.kind]) for field in FLAT])


def write_parquet(articles: Iterable[Stored], target: Path | IO[bytes], title: str) -> int:
    """Typed columns, times in UTC, compressed with Zstandard."""
    number, waiting = 0, iter(articles)
    with pq.ParquetWriter(target, SCHEMA, compression="zstd") as out:
        while rows := [row(article) for article in islice(waiting, MAX_ROW_GROUP_ARTICLES)]:
            out.write_table(pa.Table.from_pylist(rows, schema=SCHEMA))
            number += len(rows)
    return number
