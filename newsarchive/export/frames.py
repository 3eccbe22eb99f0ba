"""The archive as a data frame: pandas, polars or an Arrow table, built column by column; and Parquet.

Types are the same in both: texts, integers that may be missing, numbers, times in UTC, lists of texts. Parquet is written by
pyarrow in row groups.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from newsarchive.exceptions import UsageError, WrongType
from newsarchive.fields import FLAT, Kind, row

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from newsarchive.db.reading.articles import Stored
    from newsarchive.db.readonly import File

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


def write_parquet(articles: Iterable[Stored], target: Path, title: str) -> int:
    """Typed columns, times in UTC, compressed with Zstandard."""
    number, waiting = 0, iter(articles)
    with pq.ParquetWriter(target, SCHEMA, compression="zstd") as out:
        while rows := [row(article) for article in islice(waiting, MAX_ROW_GROUP_ARTICLES)]:
            out.write_table(pa.Table.from_pylist(rows, schema=SCHEMA))
            number += len(rows)
    return number


_KINDS: dict[str, Kind] = {field.name: field.kind for field in FLAT}


def check(columns: Sequence[str] | None) -> list[str]:
    """The names of the columns of a frame, by default all. Raises `UsageError` for an unknown one, `WrongType` for columns in one
    text."""
    if isinstance(columns, str):
        raise WrongType("dataframe(): columns", columns, f"give a list of names, columns=[{columns!r}]")
    names = list(_KINDS) if columns is None else list(dict.fromkeys(columns))
    if unknown := [name for name in names if name not in _KINDS]:
        raise UsageError(f"dataframe(): no column {unknown[0]!r}: there are {', '.join(_KINDS)}")
    return names


def frame(source: File | Engine, ids: Sequence[int], engine: str, names: Sequence[str]) -> Any:
    """The articles of these ids, in their order, as a frame; `check` gives the names of the columns, and `export.require_engine` asked for the
    libraries."""
    from newsarchive.db.reading.articles import columns

    schema = pa.schema([SCHEMA.field(name) for name in names])
    batches = [
        pa.record_batch(
            [_array(found[name], schema.field(name).type, _KINDS[name]) for name in names], schema
        )
        for found in columns(source, ids, names)
    ]
    table = pa.Table.from_batches(batches, schema)
    if engine == "arrow":
        return table
    if engine == "polars":
        import polars

        return polars.from_arrow(table)
    import pandas  # type: ignore[import-untyped]

    # The types of pandas that have missing values.
    types = {
        pa.int64(): pandas.Int64Dtype(),
        pa.bool_(): pandas.BooleanDtype(),
        pa.string(): pandas.StringDtype("pyarrow"),
    }
    return table.to_pandas(types_mapper=types.get)


def _array(values: Sequence[Any], kind_of_arrow: Any, kind: Kind) -> Any:
    """A column as an Arrow array. SQLite gives times and lists as text and flags as integers, PostgreSQL does not."""
    import pyarrow.compute as pc

    first = next((value for value in values if value is not None), None)
    if kind == "moment" and isinstance(first, str):
        return pc.cast(pa.array(values, pa.string()), kind_of_arrow)
    if kind == "texts" and isinstance(first, str):
        values = [json.loads(value) for value in values]
    if kind == "flag" and not isinstance(first, bool):
        return pc.cast(pa.array(values, pa.int8()), pa.bool_())
    return pa.array(values, kind_of_arrow)
