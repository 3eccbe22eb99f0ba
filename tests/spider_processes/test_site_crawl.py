"""One site is crawled by two spiders: what their exit codes mean for the site."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sqlalchemy import Engine

from newsarchive.db.frontier.sites import Sites
from newsarchive.exceptions import ALL_FAILED, FAULT, STOPPED_BY_SIGTERM
from newsarchive.spider_processes.processes import SpiderProcesses
from newsarchive.spider_processes.site_crawl import CrawlOptions, crawl_one


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
