"""One site is crawled by two spiders: what their exit codes mean for the site."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from newsarchive.cli import cli
from newsarchive.db.frontier.sites import Sites
from newsarchive.exceptions import ALL_FAILED, FAULT, SOME_FAILED, STOPPED_BY_SIGTERM, USAGE
from newsarchive.spider_processes.processes import SpiderProcesses
from newsarchive.spider_processes.site_crawl import CrawlOptions, Result, crawl_one


@pytest.mark.parametrize(
    ("code", "stopping", "state"),
    [(ALL_FAILED, False, "failing"), (STOPPED_BY_SIGTERM, True, "new"), (ALL_FAILED, True, "new")],
)
def test_a_crawl_that_was_stopped_says_nothing_of_its_site(
    sqlite: Engine, code: int, stopping: bool, state: str
) -> None:
    sites = Sites(sqlite)
    sites.follow("https://blog.example/", {})
    spiders = SimpleNamespace(stopping=stopping, run=lambda *_: code, killed={})
    [site] = sites.followed()
    result = crawl_one(sites, site, spiders, CrawlOptions({}))  # type: ignore[arg-type]
    assert result is not None
    assert result.code == code
    assert sites.followed()[0].state == state


def test_what_killed_a_spider_is_told_with_its_site(sqlite: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the system does where the machine has no memory left."""
    sites = Sites(sqlite)
    sites.follow("https://blog.example/", {})
    monkeypatch.setattr(SpiderProcesses, "_ended", lambda *_: -9)
    [site] = sites.followed()
    result = crawl_one(sites, site, SpiderProcesses(str(sqlite.url)), CrawlOptions({}))
    assert result is not None
    assert result.code == FAULT
    assert (
        result.problem
        == "https://blog.example/: its process was killed (SIGKILL): had the machine memory left?"
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("words", [["https://blog.example/"], ["news", "-a", "url=https://blog.example/"]])
def test_a_signal_that_comes_while_the_spider_starts_is_no_success(
    db: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], number: int, code: int
) -> None:
    """For some seconds the process of the spider loads its modules. Then it was ended, and the command ended with 0 and no word."""

    def ended(spiders: SpiderProcesses, *_: object) -> int:
        spiders.stop(number, None)
        return -signal.SIGTERM

    monkeypatch.setattr(SpiderProcesses, "_ended", ended)
    done = CliRunner().invoke(cli, ["crawl", *words, "--db", str(db)])
    assert (done.exit_code, done.stderr) == (code, "stopped\n")


@pytest.mark.parametrize("words", [["https://blog.example/"], ["news", "-a", "url=https://blog.example/"]])
def test_a_second_signal_gives_its_own_code(
    db: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    """The spider that it ends was at work, and the code was that of the first signal, as if nothing had been fetched."""

    def ended(spiders: SpiderProcesses, *_: object) -> int:
        spiders.stop(signal.SIGINT, None)
        spiders.stop(signal.SIGTERM, None)
        return -signal.SIGTERM

    monkeypatch.setattr(SpiderProcesses, "_ended", ended)
    assert CliRunner().invoke(cli, ["crawl", *words, "--db", str(db)]).exit_code == STOPPED_BY_SIGTERM


def test_a_spider_whose_log_lies_on_a_full_disk_does_not_fail() -> None:
    program = """
import sys
from newsarchive.spider_processes.parent import keep_messages
keep_messages()
sys.stderr.buffer.write(b"a message that Python still has to write when it ends")
"""
    buffered = os.environ | {"PYTHONUNBUFFERED": ""}
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, "-c", program], env=buffered, stderr=full, check=False)
    assert done.returncode == 0


def test_a_crawl_of_which_no_post_failed_tells_of_none() -> None:
    """A spider ends with 3 also where it could not write the file of metrics, and has said so."""
    result = Result("https://blog.example/")
    result.add(SOME_FAILED, {"new": "3"})
    assert result.problem == ""


@pytest.mark.slow
@pytest.mark.parametrize("megabytes", [300, 500])
def test_a_shell_with_too_little_memory_is_told_before_the_crawl(tmp_path: Path, megabytes: int) -> None:
    command = f"ulimit -v {megabytes * 1024}; exec '{sys.executable}' -m newsarchive crawl http://127.0.0.1:9/ --db '{tmp_path}/a.db'"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == USAGE
    [said] = done.stderr.splitlines()
    assert said.startswith(f"error: the limit of memory here is {megabytes} MB")
