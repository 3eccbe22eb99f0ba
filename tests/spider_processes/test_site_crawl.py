"""One site is crawled by two spiders: what their exit codes mean for the site."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sqlalchemy import Engine

from newsarchive.db.frontier.sites import Sites
from newsarchive.exceptions import ALL_FAILED, STOPPED_BY_SIGTERM
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
    spiders = SimpleNamespace(stopping=stopping, run=lambda *_: code)
    [site] = sites.followed()
    result = crawl_one(sites, site, spiders, CrawlOptions({}))  # type: ignore[arg-type]
    assert result is not None
    assert result.code == code
    assert sites.followed()[0].state == state
