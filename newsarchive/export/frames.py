"""The archive as a table: a data frame (pandas, polars or an Arrow table), built column by column; Parquet; and a dataset, which is a
folder to hand over, described for people and for programs, with checksums.

Types are the same in all of them: texts, integers that may be missing, numbers, times in UTC, lists of texts. Parquet is written by
pyarrow in row groups. A dataset has

    articles.parquet    a row an article
    datapackage.json    a Frictionless Data Package (version 2): columns with types and meanings, size, SHA-256
    croissant.json      the same as Croissant 1.0 (MLCommons), which data set search engines and loaders read
    README.md           what was chosen, how many articles of which sites and days, by which versions it was made, and what each column is

Nothing in a dataset tells when it was made: of one archive, one query and one version of the programs come the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from newsarchive.exceptions import UsageError, WrongType
from newsarchive.fields import FLAT, Kind, row
from newsarchive.times import utc
from newsarchive.version import EXTRACTOR_VERSION, VERSION

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


#: The kind of a field → its type in a Data Package (Table Schema).
_TABLE_SCHEMA: dict[Kind, str] = {
    "text": "string", "texts": "array", "integer": "integer", "number": "number", "moment": "datetime", "flag": "boolean",
}  # fmt: skip
#: The kind of a field → its type in Croissant.
_CROISSANT: dict[Kind, str] = {
    "text": "sc:Text", "texts": "sc:Text", "integer": "sc:Integer", "number": "sc:Float", "moment": "sc:DateTime",
    "flag": "sc:Boolean",
}  # fmt: skip
#: Sites that the README names, those with the most articles.
MAX_NAMED_SITES = 50
_DATA = "articles.parquet"


class _Counted:
    """Articles, counted while they are taken one by one."""

    def __init__(self, articles: Iterable[Stored]) -> None:
        self.articles = articles
        self.sites: Counter[str] = Counter()
        self.languages: Counter[str] = Counter()
        self.days: list[str] = []
        self.last_seen = ""

    def __iter__(self) -> Iterator[Stored]:
        for article in self.articles:
            self.sites[article.site] += 1
            self.languages[article.in_language or "unknown"] += 1
            if article.date_published:
                day = utc(article.date_published).date().isoformat()
                self.days = [min([*self.days, day]), max([*self.days, day])]
            if article.last_seen_at:
                self.last_seen = max(self.last_seen, utc(article.last_seen_at).isoformat())
            yield article


def write_dataset(articles: Iterable[Stored], target: Path, title: str, query: str = "") -> int:
    """The folder; `query` says in words what was chosen, "" for everything."""
    target.mkdir()
    counted = _Counted(articles)
    number = write_parquet(counted, target / _DATA, title)
    data = target / _DATA
    with data.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = data.stat().st_size
    _write(target / "datapackage.json", _json(data_package(title, query, number, size, digest)))
    _write(target / "croissant.json", _json(croissant(title, query, digest)))
    _write(target / "README.md", _readme(title, query, number, size, digest, counted))
    return number


def data_package(title: str, query: str, number: int, size: int, digest: str) -> dict[str, Any]:
    """The description of the folder as datapackage.org asks."""
    columns = [
        {"name": field.name, "type": _TABLE_SCHEMA[field.kind], "description": field.meaning}
        for field in FLAT
    ]
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "newsarchive-articles",
        "title": title,
        "description": _description(query),
        "resources": [
            {
                "name": "articles",
                "type": "table",
                "path": _DATA,
                "format": "parquet",
                "mediatype": "application/vnd.apache.parquet",
                "bytes": size,
                "hash": f"sha256:{digest}",
                "rowcount": number,
                "schema": {"fields": columns, "primaryKey": ["id"]},
            }
        ],
    }


def croissant(title: str, query: str, digest: str) -> dict[str, Any]:
    """The description of the folder as Croissant 1.0."""
    columns = [
        {
            "@type": "cr:Field",
            "@id": f"articles/{field.name}",
            "name": field.name,
            "description": field.meaning,
            "dataType": _CROISSANT[field.kind],
            **({"repeated": True} if field.kind == "texts" else {}),
            "source": {"fileObject": {"@id": _DATA}, "extract": {"column": field.name}},
        }
        for field in FLAT
    ]
    return {
        "@context": {
            "@language": "en",
            "@vocab": "https://schema.org/",
            "sc": "https://schema.org/",
            "cr": "http://mlcommons.org/croissant/",
            "dct": "http://purl.org/dc/terms/",
            "conformsTo": "dct:conformsTo",
            "column": "cr:column",
            "data": {"@id": "cr:data", "@type": "@json"},
            "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
            "extract": "cr:extract",
            "field": "cr:field",
            "fileObject": "cr:fileObject",
            "recordSet": "cr:recordSet",
            "repeated": "cr:repeated",
            "source": "cr:source",
        },
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": title,
        "description": _description(query),
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": _DATA,
                "name": _DATA,
                "contentUrl": _DATA,
                "encodingFormat": "application/x-parquet",  # as Croissant's loader calls it
                "sha256": digest,
            }
        ],
        "recordSet": [{"@type": "cr:RecordSet", "@id": "articles", "name": "articles", "field": columns}],
    }


def _description(query: str) -> str:
    chosen = f", those found by: {query}" if query else ""
    return f"Articles that blogs published or republished, as archived by newsarchive{chosen}"


def _readme(title: str, query: str, number: int, size: int, digest: str, counted: _Counted) -> str:
    sites = counted.sites.most_common(MAX_NAMED_SITES)
    more = len(counted.sites) - len(sites)
    rows = [
        # Hugging Face's library takes all files of a folder for data that are not named so.
        *("---", "configs:", "- config_name: default", f"  data_files: {_DATA}", "---"),
        f"# {' '.join(title.split())}",
        "",
        f"{_description(query)}.",
        "",
        f"- {number:,} articles of {len(counted.sites):,} {'site' if len(counted.sites) == 1 else 'sites'}"
        + (f", published from {counted.days[0]} to {counted.days[1]} (UTC)" if counted.days else ""),
        f"- chosen by: `newsarchive export FOLDER --format dataset{' ' + query if query else ''}`",
        f"- state of the archive: last crawled {counted.last_seen or 'never'}",
        f"- made by newsarchive {VERSION} (extractor {EXTRACTOR_VERSION}), pyarrow {pa.__version__}, Python {platform.python_version()}",
        f"- `{_DATA}`: {size:,} bytes, SHA-256 {digest}",
        "",
        "The last table, `datapackage.json` and `croissant.json` describe the columns. The texts are their authors' and publishers'; what the pages say of",
        "their licence stands in the columns `license`, `copyright_notice` and `credit_text`.",
        "",
        "| site | articles |",
        "|---|---|",
        *(f"| {site} | {articles:,} |" for site, articles in sites),
        *([f"| and {more:,} more | |"] if more else []),
        "",
        "| language | articles |",
        "|---|---|",
        *(f"| {language} | {articles:,} |" for language, articles in counted.languages.most_common()),
        "",
        "| column | type | meaning |",
        "|---|---|---|",
        *(f"| `{field.name}` | {SCHEMA.field(field.name).type} | {field.meaning} |" for field in FLAT),
        "",
    ]
    return "\n".join(rows)


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", errors="replace", newline="\n")
