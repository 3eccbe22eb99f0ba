"""`newsarchive sites template SITE --keep LINE` asks before it rewrites many articles, and leaves no holes in the file."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import Engine

from newsarchive.db import schema
from newsarchive.db.engine import open_engine, writing
from newsarchive.db.schema import upgrade
from newsarchive.learning.learner import Learner
from tests.learning.test_learning_archive import CHIPS, blog
from tests.support import warm
from tests.support.archives import crawled, lines
from tests.support.storage import open_archive

pytestmark = pytest.mark.slow  # crawls


def learned(folder: Path, pages: int) -> Path:
    """An archive of a blog whose furniture is known."""
    db = folder / "archive.db"
    engine = open_engine(str(db))
    upgrade(engine)
    crawled(engine, folder / "archive-warc", blog("heron", range(pages), tail=CHIPS))
    Learner(engine, folder / "archive-warc").learn("heron.example")
    engine.dispose()
    return db


def keep(db: Path, *options: str, answer: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The command, at a terminal where there is an answer to give."""
    words = ("sites", "template", "heron.example", "--keep", CHIPS[0], *options, "--db", str(db))
    ours, theirs = pty.openpty()
    try:
        os.write(ours, answer)
        streams = (theirs if answer else None, None, None)
        environment = warm.own_environment()
        return warm.ended(
            warm.started("newsarchive", *words, environment=environment, streams=streams, text=False)
        )
    finally:
        os.close(ours)
        os.close(theirs)


def holding(db: Path) -> int:
    """How many articles hold the line."""
    engine = open_engine(str(db))
    found = sum(CHIPS[0] in text for text in lines(engine).values())
    engine.dispose()
    return found


def test_many_articles_are_rewritten_after_a_yes_alone(tmp_path: Path) -> None:
    db = learned(tmp_path, 12)
    nobody = keep(db)
    assert (nobody.returncode, holding(db)) == (2, 0)
    assert b"12 articles of heron.example print it" in nobody.stderr
    assert b"say --yes" in nobody.stderr
    refused = keep(db, answer=b"n\n")
    assert (refused.returncode, holding(db)) == (1, 0)
    assert b"12 articles of heron.example print it" in refused.stderr
    assert b"nothing was changed" in refused.stderr
    assert refused.stdout == b""
    agreed = keep(db, answer=b"y\n")
    assert (agreed.returncode, holding(db)) == (0, 12)
    assert len(agreed.stdout.splitlines()) == 12


def test_a_few_articles_are_rewritten_without_a_question(tmp_path: Path) -> None:
    db = learned(tmp_path, 6)
    assert (keep(db).returncode, holding(db)) == (0, 6)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_space_is_given_back_where_there_is_much(tmp_path: Path, kind: str) -> None:
    def fill(engine: Engine, size: int) -> None:
        with writing(engine) as connection:
            connection.exec_driver_sql("CREATE TABLE filling (text TEXT)")
            for _ in range(size):
                connection.exec_driver_sql(f"INSERT INTO filling VALUES ('{'x' * 20_000}')")
        with writing(engine) as connection:
            connection.exec_driver_sql("DROP TABLE filling")

    with open_archive(kind, tmp_path) as engine:
        fill(engine, 1)
        assert schema.give_back(engine) == 0
        fill(engine, 100)
        assert (schema.give_back(engine) > 1_500_000) == (kind == "sqlite")
        assert schema.give_back(engine) == 0
