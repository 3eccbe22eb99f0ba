"""What a message tells people to type can be typed."""

from __future__ import annotations

import ast
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
import pytest

from newsarchive import cli
from tests.cli.test_cli import run
from tests.support.storage import make_article, open_archive

pytestmark = pytest.mark.slow  # runs commands

PACKAGE = Path(cli.__file__).parent.parent

#: Words behind the program's name that are no command: the description of a timer, "a newer newsarchive than this".
NO_COMMANDS = {"every hour", "than this"}


def named() -> Iterator[tuple[str, str, str]]:
    """Each command that a text of the package names: file, first word, second word."""
    for file in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
                for found in re.finditer(r"\bnewsarchive ([a-z]+)(?: ([a-z]+))?", node.value):
                    if found[0].removeprefix("newsarchive ") not in NO_COMMANDS:
                        yield file.name, found[1], found[2] or ""


def test_every_command_that_a_message_names_exists() -> None:
    context = click.Context(cli.cli)
    wrong, count = [], 0
    for file, first, second in named():
        count += 1
        command = cli.cli.get_command(context, first)
        if command is None or (isinstance(command, click.Group) and second not in command.commands):
            wrong.append(f"{file}: newsarchive {first} {second}")
    assert wrong == []
    assert count > 50


def test_the_remedy_for_a_broken_index_mends_it(tmp_path: Path) -> None:
    from newsarchive.db.writing.store import Store

    with open_archive("sqlite", tmp_path) as engine:
        Store(engine).ingest([make_article(1, body="The night ferry returns.")])
    db = tmp_path / "archive.db"
    with closing(sqlite3.connect(db)) as connection:
        connection.execute("INSERT INTO article_search(article_search) VALUES ('delete-all')")
        connection.commit()
    assert run("search", "ferry", "--db", str(db)).returncode == 1
    broken = run("db", "check", "--db", str(db))
    assert broken.returncode == 1
    remedy = broken.stdout.partition("→ newsarchive ")[2].splitlines()[0].split()
    assert run(*remedy, "--db", str(db)).returncode == 0
    assert run("db", "check", "--db", str(db)).returncode == 0
    assert "Post 1" in run("search", "ferry", "--db", str(db)).stdout
