"""A table elsewhere that is kept up to date by `record_hash`, as the guide shows it."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Engine

from newsarchive.core.urls import url_key
from newsarchive.db.reading.replaced import Text
from newsarchive.db.writing.moved import Former, follow
from newsarchive.db.writing.store import Store
from newsarchive.db.writing.withhold import Demand, withhold
from newsarchive.items import Author
from tests.support.storage import START, make_article, open_archive

GUIDE = (Path(__file__).parents[2] / "docs" / "how-to" / "query.md").read_text("utf-8")
[SCRIPT] = re.findall(r"sqlite3 mine\.db <<'SQL'\n(.*?)SQL\n", GUIDE, re.S)
ATTACH, CREATE, DELETE, INSERT = (part.strip() for part in SCRIPT.split(";")[:4])


def kept_up(folder: Path) -> dict[int, str]:
    """The texts of the table, after the script of the guide ran once more on an SQLite file."""
    mine = sqlite3.connect(f"file:{folder / 'mine.db'}", uri=True)
    try:
        mine.executescript(SCRIPT.replace("file:newsarchive.db", f"file:{folder / 'archive.db'}"))
        return dict(mine.execute("SELECT id, article_body FROM mine"))
    finally:
        mine.close()


def test_what_is_new_changed_or_gone_is_so_in_a_table_elsewhere(tmp_path: Path) -> None:
    with open_archive("sqlite", tmp_path) as engine:
        store = Store(engine)
        run = store.start_run("news", {})
        store.ingest([make_article(number, body=f"Text {number}.") for number in (1, 2, 3)], run)
        assert kept_up(tmp_path) == {1: "Text 1.", 2: "Text 2.", 3: "Text 3."}
        store.ingest([make_article(1, body="Edited.", day=1)])
        withhold(engine, [2], Demand("a court order"))
        # What a crawl learns of a site replaces the text of the version that it made, which keeps its number.
        store.ingest([make_article(3, body="Read better.")], run, reread=True)
        store.ingest([make_article(4, body="Text 4.")])
        assert kept_up(tmp_path) == {1: "Edited.", 3: "Read better.", 4: "Text 4."}


def test_an_author_alone_gives_another_record_hash_and_one_more_look_does_not(sqlite: Engine) -> None:
    store = Store(sqlite)

    def record_hash() -> str:
        with sqlite.connect() as connection:
            return str(connection.exec_driver_sql("SELECT record_hash FROM current_articles").scalar())

    store.ingest([make_article(1)])
    first = record_hash()
    store.ingest([make_article(1, day=1)])
    assert record_hash() == first
    store.ingest([make_article(1, day=2, authors=(Author("Ann Lee"),))])
    assert record_hash() != first


def test_a_post_that_moves_has_its_new_address_in_a_table_elsewhere(tmp_path: Path) -> None:
    with open_archive("sqlite", tmp_path) as engine:
        Store(engine).ingest([make_article(1)])
        kept_up(tmp_path)
        old, new = "https://blog.example/post-1", "https://blog.example/moved"
        former = Former(1, old, url_key(old), Text("", "", ()), True, True, START)
        follow(engine, former, make_article(1, url=new), START)
        kept_up(tmp_path)
        with sqlite3.connect(tmp_path / "mine.db") as mine:
            assert mine.execute("SELECT url FROM mine").fetchall() == [(new,)]


@pytest.mark.slow
def test_the_statements_are_the_same_on_postgresql(tmp_path: Path) -> None:
    with open_archive("postgresql", tmp_path) as engine, engine.connect() as mine:

        def looked() -> list[str]:
            for statement in (DELETE, INSERT):
                mine.exec_driver_sql(statement.replace("news.", ""))
            texts = mine.exec_driver_sql("SELECT article_body FROM mine ORDER BY id").scalars().all()
            mine.commit()
            return list(texts)

        mine.exec_driver_sql(CREATE.replace("CREATE TABLE", "CREATE TEMPORARY TABLE"))
        store = Store(engine)
        store.ingest([make_article(number, body=f"Text {number}.") for number in (1, 2)])
        assert looked() == ["Text 1.", "Text 2."]
        store.ingest([make_article(2, body="Edited.", day=1)])
        assert looked() == ["Text 1.", "Edited."]
