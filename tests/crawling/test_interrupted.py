"""Ctrl+C and SIGTERM at any moment: one line, no traceback, and the exit code that a shell gives for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from newsarchive.exceptions import STOPPED_BY_SIGTERM
from tests.crawling.test_crawl import front, post, rows
from tests.support import warm
from tests.support.serving import ROOT, Answer, crawl, served, started

pytestmark = pytest.mark.slow  # crawls, servers or other processes

#: Sends a signal to its own process when a module is loaded: as if a person had pressed Ctrl+C just then.
PROGRAM = """
import importlib.abc, os, runpy, signal, sys
number, when, sys.argv = int(sys.argv[1]), sys.argv[2], sys.argv[3:]

class Person(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == when:
            os.kill(os.getpid(), number)

sys.meta_path.insert(0, Person())
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def environment_of(db: Path) -> dict[str, str]:
    return os.environ | {
        "SCRAPY_SETTINGS_MODULE": "newsarchive.settings",
        "NEWSARCHIVE_DATABASE_URL": f"sqlite:///{db}",
        "PYTHONPATH": str(ROOT),
    }


def interrupted(
    when: str, *words: str, db: Path, by: int = signal.SIGINT
) -> subprocess.CompletedProcess[str]:
    environment = environment_of(db)
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(int(by)), when, *words],
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


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("click", "crawl demo"),
        ("newsarchive.cli.crawl", "crawl demo"),
        ("newsarchive.cli.articles", "search ferry"),
        ("newsarchive.db.schema", "db upgrade"),
    ],
)
def test_sigterm_while_a_command_is_still_loading(db: Path, when: str, words: str) -> None:
    done = interrupted(when, "newsarchive", *words.split(), db=db, by=signal.SIGTERM)
    assert (done.stderr, done.stdout) == ("stopped\n", "")
    assert done.returncode == STOPPED_BY_SIGTERM


@pytest.mark.parametrize(
    ("module", "cls", "method"),
    [
        ("newsarchive.extensions.template_learning", "TemplateLearning", "_learn_rest"),
        ("newsarchive.extensions.warc", "WarcExtension", "_settle"),
    ],
)
@pytest.mark.parametrize("number", [1, 2])
def test_while_a_crawl_ends_one_signal_lets_it_finish_and_a_second_one_does_not(
    db: Path, module: str, cls: str, method: str, number: int
) -> None:
    environment = warm.own_environment() | environment_of(db)
    words = ("tests.support.busy_at_the_end", module, cls, method)
    with warm.started(*words, environment=environment, cwd=str(db.parent)) as process:
        assert process.stdout.readline() == "busy\n"
        for _ in range(number):
            process.send_signal(signal.SIGTERM)
            time.sleep(1)  # two signals at the same moment would be one
        if number == 1:
            (db.parent / "go").touch()
        _, said = process.communicate(timeout=120)
    recorded = [reason for (reason,) in rows(db, "SELECT finish_reason FROM crawl_runs")]
    if number == 1:
        assert (process.returncode, recorded) == (0, ["finished"]), said
    else:
        assert (process.returncode, recorded) == (STOPPED_BY_SIGTERM, [""])
        assert said.endswith("stopped in the middle: the next crawl goes on from what was stored\n")


XML = {"Content-Type": "application/xml"}
NAMES = [f"/story-number-{number}-of-many/" for number in range(8)]


def blog_of_sitemaps(home: str) -> dict[str, Answer | str]:
    """A blog whose posts stand in eight sitemaps, one in each."""
    xmlns = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    listed = "".join(f"<sitemap><loc>{home}/post-sitemap{i}.xml</loc></sitemap>" for i in range(len(NAMES)))
    answers: dict[str, Answer | str] = {
        "/": front(NAMES[0]),
        "/robots.txt": Answer(f"Sitemap: {home}/index.xml\n", headers={"Content-Type": "text/plain"}),
        "/index.xml": Answer(f"<sitemapindex {xmlns}>{listed}</sitemapindex>", headers=XML),
    }
    for i, name in enumerate(NAMES):
        one = f"<urlset {xmlns}><url><loc>{home}{name}</loc></url></urlset>"
        answers |= {f"/post-sitemap{i}.xml": Answer(one, headers=XML), name: post(name)}
    return answers


@pytest.mark.parametrize(("blog", "at"), [("posts", NAMES[0]), ("sitemaps", "/post-sitemap0.xml")])
def test_a_crawl_that_is_told_to_stop_asks_for_nothing_more(db: Path, blog: str, at: str) -> None:
    """What waits for the delay of the site is left to the next crawl, which fetches it all."""
    table = blog_of_sitemaps if blog == "sitemaps" else {"/": front(*NAMES), **{n: post(n) for n in NAMES}}
    with served(table) as site:
        words = (f"url={site.home}/", *(["sources=archive"] if blog == "posts" else []))
        process = started(*words, "-s", "DOWNLOAD_DELAY=1", "-s", "AUTOTHROTTLE_ENABLED=0", db=db, fast=False)
        site.watch = lambda seen: process.send_signal(signal.SIGTERM) if seen.path == at else None
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
        assert site.paths().index(at) >= len(site.paths()) - 2  # one more may have been on its way
        site.watch = lambda seen: None
        assert crawl(*words, db=db).returncode == 0
    assert rows(db, "SELECT count(*) FROM articles") == [(len(NAMES),)]
