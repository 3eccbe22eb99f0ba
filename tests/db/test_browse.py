"""What the pages of a site show, as the database counts it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import make_url

from newsarchive.db.engine import open_engine
from newsarchive.db.reading import browse
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.store import Store
from tests.support.storage import archive_url, make_article


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_months_are_those_of_utc_in_whatever_zone_the_server_stands(kind: str, tmp_path: Path) -> None:
    late = datetime(2025, 4, 30, 23, 30, tzinfo=UTC)
    with archive_url(kind, tmp_path) as url:
        if kind == "postgresql":
            zone = {"options": "-c timezone=Asia/Tokyo"}
            url = make_url(url).update_query_dict(zone).render_as_string(hide_password=False)
        engine = open_engine(url)
        upgrade(engine)
        Store(engine).ingest([make_article(1, date_published=late), make_article(2, date_published=None)])
        figures = browse.site(engine, "blog.example")
        assert (dict(figures.months), figures.undated) == ({"2025-04": 1}, 1)
        engine.dispose()
