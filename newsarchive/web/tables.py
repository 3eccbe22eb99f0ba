"""Datasette over the archive's tables: read-only, our words beside them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsarchive.db.engine import connect_readonly
from newsarchive.web.metadata import NAME, about, in_order, metadata
from newsarchive.web.render import TEMPLATES, static

if TYPE_CHECKING:
    from datasette.app import Datasette

SETTINGS: dict[str, Any] = {
    "default_page_size": 50,
    "max_returned_rows": 2000,
    "sql_time_limit_ms": 3000,
    # Each suggestion reads the table once more; whoever wants a facet asks for it.
    "suggest_facets": False,
    "facet_time_limit_ms": 300,
    "allow_download": False,  # newsarchive backup makes a sound copy
    "default_cache_ttl": 0,  # a crawl may be writing
    "truncate_cells_html": 300,
}


def datasette(file: Path, columns: dict[str, list[str]]) -> Datasette:
    """Datasette over one archive, under `NAME`, its pages by our templates, which have no script."""
    from datasette.app import Datasette
    from datasette.database import Database

    # It would print all local variables for every page that is not there.
    sys.modules["datasette.handle_exception"].rich = None  # type: ignore[attr-defined]

    class ReadOnly(Database):  # type: ignore[misc]
        """Opened as the pages open it; nothing that Datasette or a plugin of it does can write."""

        def connect(self, write: bool = False) -> Any:
            connection = connect_readonly(file)
            self._all_file_connections.append(connection)
            return connection

    made = Datasette(files=[], metadata=metadata(columns), settings=SETTINGS, template_dir=str(TEMPLATES))
    made.remove_database("_memory")
    made.add_database(ReadOnly(made, path=str(file)), name=NAME)
    made.jinja_env.globals |= {"static": static, "about_table": about}
    made.jinja_env.filters["in_order"] = in_order
    return made
