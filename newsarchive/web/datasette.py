"""Datasette over the archive's tables, read-only, with descriptions of tables, columns and queries.

The descriptions are in `tables.toml`, the queries in `queries.toml`.
"""

from __future__ import annotations

import csv
import sys
import tomllib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsarchive.db.engine import connect_readonly
from newsarchive.export.text import cell
from newsarchive.fields import FIELDS
from newsarchive.web.render import TEMPLATES, Frame, static

if TYPE_CHECKING:
    from datasette.app import Datasette

HERE = Path(__file__).parent

#: The database's name in addresses, whatever its file is called: /archive/current_articles.
NAME = "archive"


@lru_cache(maxsize=1)
def tables() -> dict[str, Any]:
    """`tables.toml`: `columns` for all tables, `tables` by name."""
    return tomllib.loads((HERE / "tables.toml").read_text("utf-8"))


@lru_cache(maxsize=1)
def queries() -> list[dict[str, Any]]:
    """`queries.toml`: name, label, SQL and, where it has fields, examples of their values."""
    found: list[dict[str, Any]] = tomllib.loads((HERE / "queries.toml").read_text("utf-8"))["query"]
    return found


def described(table: str) -> dict[str, str]:
    """The descriptions of a table's or view's columns. For each column its own description counts, otherwise the one
    for all tables, otherwise the meaning of the field."""
    own: dict[str, str] = tables()["tables"].get(table, {}).get("columns", {})
    return {**_of_fields(), **tables()["columns"], **own}


@lru_cache(maxsize=1)
def _of_fields() -> dict[str, str]:
    """What `newsarchive.fields` says of each field, as a sentence."""
    said = {field: field.meaning.replace("`", "") for field in FIELDS}
    utc = {field: ", UTC" if field.kind == "moment" else "" for field in FIELDS}
    return {field.name: f"{text[:1].upper()}{text[1:]}{utc[field]}." for field, text in said.items()}


def metadata(columns: dict[str, list[str]]) -> dict[str, Any]:
    """What Datasette shows beside the data; `columns` are those of the database's tables and views."""
    shown: dict[str, Any] = {}
    for name, there in columns.items():
        known, meanings = tables()["tables"].get(name, {}), described(name)
        said: dict[str, Any] = {"columns": {c: meanings[c] for c in there if c in meanings}}
        for ours, theirs in (("about", "description"), ("facets", "facets"), ("label", "label_column"), ("units", "units"), ("hidden", "hidden")):  # fmt: skip
            if ours in known:
                said[theirs] = known[ours]
        if sort := known.get("sort"):
            said["sort_desc" if sort.startswith("-") else "sort"] = sort.lstrip("-")
        shown[name] = said
    asked: dict[str, Any] = {}
    for query in queries():
        example = ", ".join(f"{name}: {value}" for name, value in query.get("example", {}).items())
        words = [query.get("about", ""), f"For example {example}." if example else ""]
        title = query["label"][:1].upper() + query["label"][1:]
        asked[query["name"]] = {
            "sql": query["sql"],
            "title": title,
            "description": " ".join(filter(None, words)),
        }
    return {
        "title": "newsarchive",
        "databases": {
            NAME: {
                "description": "The tables of the archive, as they are. Times are UTC.",
                "tables": shown,
                "queries": asked,
            }
        },
    }


def about(table: str) -> str:
    """What a table holds, in one line; "" for a table that is not newsarchive's."""
    said: str = tables()["tables"].get(table, {}).get("about", "")
    return said


def in_order(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Tables in the order of `tables.toml`, others after them."""
    order = list(tables()["tables"])
    return sorted(found, key=lambda t: order.index(t["name"]) if t["name"] in order else len(order))


class SafeCsv:
    """Stands for the module `csv` in Datasette: the cells are those of `newsarchive export`."""

    def __init__(self, out: Any) -> None:
        self.rows = csv.writer(out)

    def writerow(self, values: Iterable[Any]) -> Any:
        return self.rows.writerow([cell(value) for value in values])

    writer: Any  # the function of the module: a new writer


SafeCsv.writer = SafeCsv

#: Datasette's settings.
SETTINGS: dict[str, Any] = {
    "default_page_size": 50,
    "max_returned_rows": 2000,
    "sql_time_limit_ms": 3000,
    # Each suggestion would read the table once more; a reader who wants a facet can ask for it.
    "suggest_facets": False,
    "facet_time_limit_ms": 300,
    "allow_download": False,  # newsarchive backup makes a sound copy
    "default_cache_ttl": 0,  # a crawl may be writing
    "truncate_cells_html": 300,
}


def datasette(file: Path, columns: dict[str, list[str]], frame: Frame, *, sql: bool = False) -> Datasette:
    """Datasette over one archive, under `NAME`, its pages by our templates, which have no script.

    With `sql` a request may bring SQL of its own; without, it asks the useful queries and filters tables.
    """
    from datasette.app import Datasette
    from datasette.database import Database

    # Without this Datasette prints all local variables for every page that does not exist.
    sys.modules["datasette.handle_exception"].rich = None  # type: ignore[attr-defined]

    # Datasette has no setting for how a cell of its CSV is written, and would write texts that a spreadsheet takes for
    # formulas.
    sys.modules["datasette.views.base"].csv = SafeCsv  # type: ignore[attr-defined]

    class ReadOnly(Database):  # type: ignore[misc]
        """A database that is opened read-only, so that neither Datasette nor a plugin can write."""

        def connect(self, write: bool = False) -> Any:
            connection = connect_readonly(file, limited=True)
            self._all_file_connections.append(connection)
            return connection

    made = Datasette(
        files=[],
        metadata=metadata(columns),
        settings=SETTINGS | {"default_allow_sql": sql, "base_url": f"{frame.root}/"},
        template_dir=str(TEMPLATES),
    )
    made.remove_database("_memory")
    made.add_database(ReadOnly(made, path=str(file)), name=NAME)
    made.jinja_env.globals |= {"static": static, "about_table": about, "frame": frame, "at": frame.root}
    made.jinja_env.filters["in_order"] = in_order
    return made
