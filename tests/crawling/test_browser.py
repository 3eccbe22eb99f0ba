"""Pages that hold nothing without JavaScript: counted, and fetched with Chromium where the extra is there."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import shutil
import socket
from pathlib import Path
from unittest.mock import AsyncMock

import pytest
from scrapy.settings import Settings

from newsarchive.crawling import browser
from newsarchive.exceptions import UsageError
from tests.crawling.test_crawl import STORY, front, post, rows
from tests.crawling.test_recrawl import due_now
from tests.support.serving import HTML, Answer, crawl, served

pytestmark = pytest.mark.slow  # crawls, servers or other processes

APP = """<html lang="en"><head><title>A story told by a script</title></head><body><div id="root"></div>
<noscript>You need JavaScript.</noscript><script>
fetch("/story.json").then(r => r.json()).then(story => {
  document.getElementById("root").innerHTML = "<article><h1>" + document.title + "</h1>" + story.html + "</article>" });
</script></body></html>"""


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    browser.check(Settings({"NEWSARCHIVE_BROWSER": "off"}))
    with pytest.raises(UsageError, match=r"pip install 'newsarchive\[browser\]'"):
        browser.check(Settings({"NEWSARCHIVE_BROWSER": "on"}))


def test_the_proxy_of_the_browser_tries_each_address_of_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host has an address of IPv6 that the machine cannot reach, and one of IPv4."""

    async def connected(*permitted: str) -> bool:
        server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.2", 0)
        port = server.sockets[0].getsockname()[1]
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in ("127.0.0.1", "127.0.0.2")
        ]
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", AsyncMock(return_value=found))
        proxy = browser.BrowserProxy(lambda host, port, address: address in permitted)
        streams = await proxy._connect("blog.example", port)
        proxy.close()
        server.close()
        if streams is not None:
            streams[1].close()
        return streams is not None

    assert asyncio.run(connected("127.0.0.1", "127.0.0.2"))
    assert not asyncio.run(connected())
    with pytest.raises(ConnectionRefusedError):
        asyncio.run(connected("127.0.0.1"))


def require_browser() -> None:
    if importlib.util.find_spec("scrapy_playwright") is None:
        pytest.skip("no scrapy-playwright: pip install 'newsarchive[browser]'")
    if not any(map(shutil.which, browser.PROGRAM_NAMES)):
        pytest.skip("no Chromium: run `bash .ci/services chromium` as root")


def test_only_pages_left_to_a_script_go_through_chromium(db: Path) -> None:
    require_browser()
    story = Answer(json.dumps({"html": STORY}), headers={"Content-Type": "application/json"})
    pages = {"/a-story-by-a-script/": APP, "/a-plain-story/": post("Plain")}
    with served({"/": front(*pages), **pages, "/story.json": story}) as site:
        done = crawl(f"url={site.home}/", db=db)
        assert "dropped: script only" in done.stderr
        assert "/story.json" not in site.paths()
        rows(db, "UPDATE urls SET next_check_at = NULL")
        site.seen.clear()
        done = crawl(f"url={site.home}/", "-s", "NEWSARCHIVE_BROWSER=on", db=db, timeout=180)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    assert "1 fetched with the browser" in done.stderr
    assert rows(db, "SELECT headline FROM articles ORDER BY id") == [
        ("Plain",),
        ("A story told by a script",),
    ]
    assert "agreed to pay for the repair" in str(rows(db, "SELECT article_body FROM articles")[1])
    drawn = [request for request in site.seen if "Mozilla" in request.headers.get("User-Agent", "")]
    assert drawn == []  # the browser says who we are, too
    assert [p for p in site.paths() if p == "/a-plain-story/"] == ["/a-plain-story/"]


def test_what_a_script_drew_is_drawn_again_when_what_it_fetched_is_another(db: Path) -> None:
    require_browser()

    def told(text: str, tag: str) -> Answer:
        headers = {"Content-Type": "application/json", "ETag": tag}
        return Answer(json.dumps({"html": STORY + text}), headers=headers)

    page = Answer(APP, headers={"Content-Type": HTML, "ETag": '"page"'})
    table = {
        "/": front("/a-story-by-a-script/"),
        "/a-story-by-a-script/": page,
        "/story.json": told("", '"one"'),
    }
    on = ("-s", "NEWSARCHIVE_BROWSER=on")
    with served(table) as site:
        crawl(f"url={site.home}/", *on, db=db, timeout=180)
        due_now(db)
        same = crawl(*on, spider="recrawl", db=db, timeout=180)
        asked = [(r.path, r.status) for r in site.seen[-2:]]
        site.answers["/story.json"] = told("<p>Correction: it was in June, not in May.</p>", '"two"')
        due_now(db)
        edited = crawl(*on, spider="recrawl", db=db, timeout=180)
    assert "1 not modified" in same.stderr
    assert asked == [("/a-story-by-a-script/", 304), ("/story.json", 304)]
    assert "1 fetched with the browser" in edited.stderr
    assert "Correction" in str(rows(db, "SELECT article_body FROM articles"))


def test_the_browser_is_not_led_into_a_private_network(db: Path) -> None:
    """The post's script asks for a server that nobody opened, by its address, by a redirect and in a frame."""
    require_browser()
    with served({"/secret.json": Answer(json.dumps({"html": "secret"}))}) as other:
        asks = "".join(
            f'fetch("{url}").catch(() => 0);' for url in (f"{other.home}/secret.json", "/redirect.json")
        )
        page = APP.replace("<script>", f'<iframe src="{other.home}/frame"></iframe><script>{asks}', 1)
        story = Answer(json.dumps({"html": STORY}), headers={"Content-Type": "application/json"})
        redirect = Answer(status=302, headers={"Location": f"{other.home}/redirected.json"})
        table = {
            "/": front("/a-story-by-a-script/"),
            "/a-story-by-a-script/": page,
            "/story.json": story,
            "/redirect.json": redirect,
        }
        with served(table) as site:
            done = crawl(f"url={site.home}/", "-s", "NEWSARCHIVE_BROWSER=on", db=db, timeout=300)
    assert {"/story.json", "/redirect.json"} <= set(site.paths()), done.stderr
    assert rows(db, "SELECT headline FROM articles") == [("A story told by a script",)]
    assert other.paths() == []
