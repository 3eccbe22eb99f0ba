"""Ctrl+C at any moment: one line, no traceback, and the exit code that a shell gives for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.serving import ROOT

pytestmark = pytest.mark.slow  # crawls, servers or other processes

#: Sends a Ctrl+C to its own process when a module is loaded or a function called: as if a person had done so just then.
PROGRAM = """
import importlib.abc, os, runpy, signal, sys
when, sys.argv = sys.argv[1], sys.argv[2:]

class Person(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == when:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Person())
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def interrupted(when: str, *words: str, db: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "SCRAPY_SETTINGS_MODULE": "newsarchive.settings",
        "NEWSARCHIVE_DATABASE_URL": f"sqlite:///{db}",
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, when, *words],
        env=environment, capture_output=True, text=True, timeout=300, check=False, cwd=db.parent,
    )  # fmt: skip


CRAWL = ("scrapy", "crawl", "news", "-a", "url=http://127.0.0.1:9/")


@pytest.mark.parametrize(
    "when",
    [
        "newsarchive.commands.crawl",
        "newsarchive.spiders.base",
        "newsarchive.core.encoding.step",
        "newsarchive.pipelines",
        "newsarchive.db.schema",
        "newsarchive.extensions.progress",
    ],
)
def test_a_crawl_that_is_still_loading(db: Path, when: str) -> None:
    done = interrupted(when, *CRAWL, db=db)
    assert (done.stderr, done.stdout) == ("stopped\n", "")
    assert done.returncode in (-2, 130)
    assert not list(db.parent.glob("*-wal"))


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("click", "search ferry"),
        ("newsarchive.cli.articles", "search ferry"),
        ("newsarchive.db.readonly", "stats"),
        ("sqlalchemy", "recluster"),
        ("newsarchive.db.schema", "db upgrade"),
        ("newsarchive.learning.learner", "learn --all"),
        ("newsarchive.db.engine", "reextract"),
    ],
)
def test_a_command_that_is_still_loading(db: Path, when: str, words: str) -> None:
    done = interrupted(when, "newsarchive", *words.split(), db=db)
    assert (done.stderr, done.stdout) == ("stopped\n", "")
    assert done.returncode in (-2, 130)
