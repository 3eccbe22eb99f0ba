"""Blogs whose posts have the permalinks of other sites: programs that collect the feeds of many blogs ("planets")."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path

import pytest
from scrapy import Request
from scrapy.http import Response

from newsarchive.core.discovery import wordpress
from newsarchive.crawling.failures import LeavesSite
from newsarchive.middlewares import STAY, AddressMiddleware
from tests.crawling.test_crawl import STORY, front, post, rows
from tests.support.serving import HTML, Answer, crawl, served

PAPER = "https://paper.example/2025/04/the-old-bridge-reopens-after-repairs/"
#: The sites of these tests are on loopback, and a redirect leads there too.
ALLOWED = "NEWSARCHIVE_ALLOW_PRIVATE=127.0.0.0/8"
API = wordpress.wp_posts_url("http://home/wp-json/").removeprefix("http://home")


def copy(home: str, number: int) -> str:
    """The page of a copy, as WordPress prints it: its own short address, and the canonical one of the original."""
    return (
        f"<html><head><title>Bridge {number} reopens after repairs</title><link rel=canonical href='{PAPER}{number}/'>"
        f"<link rel=shortlink href='{home}/?p={number}'></head><body><article><h1>Bridge {number} reopens after repairs</h1>"
        f"<div class=entry-content>{STORY}</div></article></body></html>"
    )


def planet(home: str) -> dict[str, Answer | str]:
    """Two posts that WordPress shows under their ids, and one that sends the reader to the original."""
    posts = [
        {
            "id": n,
            "link": f"{PAPER}{n}/",
            "type": "post",
            "status": "publish",
            "title": {"rendered": f"Bridge {n}"},
        }
        for n in (1, 2, 3)
    ]
    head = f'<head><link rel="https://api.w.org/" href="{home}/wp-json/">'
    away = Answer("", 301, {"Location": f"{PAPER}3/", "Content-Type": HTML})
    return {
        "/": front().replace("<head>", head),
        API: Answer(json.dumps(posts), headers={"Content-Type": "application/json", "X-WP-TotalPages": "1"}),
        "/?p=1": copy(home, 1),
        "/?p=2": copy(home, 2),
        "/?p=3": away,
    }


def test_copies_under_the_addresses_of_their_originals_are_stored_as_the_blogs_own_pages(db: Path) -> None:
    with served(planet) as site:
        done = crawl(f"url={site.home}/", db=db)
    assert done.returncode == 0, done.stderr
    found = rows(db, "SELECT url, is_based_on FROM articles ORDER BY url")
    assert found == [(f"{site.home}/?p={n}", f"{PAPER}{n}/") for n in (1, 2)]
    assert "1 skipped: other site" in done.stderr


def moved(home: str, paper: str) -> dict[str, Answer | str]:
    """The same blog without its API, each of whose posts sends the reader to the original."""
    away = {
        f"/?p={n}": Answer("", 301, {"Location": f"{paper}/{n}/", "Content-Type": HTML}) for n in (1, 2, 3)
    }
    return {"/": front(), **away}


def test_posts_that_an_earlier_crawl_left_stay_on_the_blogs_site_too(db: Path) -> None:
    """The first crawl stores one of three. The second finds no API, and asks for the other two."""
    originals = {f"/{n}/": copy("", n) for n in (1, 2, 3)}
    with served(planet) as site, served(originals, address="127.0.0.2") as paper:
        crawl(f"url={site.home}/", "limit=1", "-s", ALLOWED, db=db)
        [(stored,)] = rows(db, "SELECT url FROM articles")
        site.answers = {
            path: Answer(a) if isinstance(a, str) else a for path, a in moved(site.home, paper.home).items()
        }
        crawl(f"url={site.home}/", "-s", ALLOWED, db=db)
        with sqlite3.connect(db) as connection:
            connection.execute("UPDATE urls SET next_check_at = NULL")
        crawl(f"site={site.home}", "-s", ALLOWED, db=db, spider="recrawl")
        assert paper.seen == []
        assert {path for path in site.paths() if "?p=" in path} == {f"/?p={n}" for n in (1, 2, 3)}
    assert rows(db, "SELECT url FROM articles") == [(stored,)]
    states = rows(db, "SELECT state, reason FROM urls ORDER BY state")
    assert states == [("ok", "other site"), ("skipped", "other site"), ("skipped", "other site")]


@pytest.mark.parametrize("api", [True, False], ids=["in the API", "in the feed alone"])
def test_a_blog_with_plain_permalinks_may_move(db: Path, api: bool) -> None:
    """Its posts are its own, and are followed to its new address when they are asked for again."""
    links = [{"id": 1, "type": "post", "status": "publish", "title": {"rendered": "Bridge"}}]
    json_type = {"Content-Type": "application/json", "X-WP-TotalPages": "1"}

    def blog(home: str) -> dict[str, Answer | str]:
        listed = json.dumps([links[0] | {"link": f"{home}/?p=1"}])
        item = f"<item><title>Bridge</title><link>{home}/?p=1</link></item>"
        feed = f"<rss version='2.0'><channel><title>Blog</title>{item}</channel></rss>"
        head = f'<head><link rel="https://api.w.org/" href="{home}/wp-json/">'
        return {
            "/": front().replace("<head>", head) if api else front(feed="/feed/"),
            API: Answer(listed, headers=json_type),
            "/feed/": Answer(feed, headers={"Content-Type": "application/rss+xml"}),
            "/?p=1": post("The old bridge reopens after repairs"),
        }

    with (
        served(blog) as site,
        served({"/bridge/": post("The old bridge reopens after repairs")}, address="127.0.0.2") as new,
    ):
        crawl(f"url={site.home}/", "-s", ALLOWED, db=db)
        assert rows(db, "SELECT url FROM articles") == [(f"{site.home}/?p=1",)]
        site.answers["/?p=1"] = Answer("", 301, {"Location": f"{new.home}/bridge/", "Content-Type": HTML})
        with sqlite3.connect(db) as connection:
            connection.execute("UPDATE urls SET next_check_at = NULL")
        crawl(f"site={site.home}", "-s", ALLOWED, db=db, spider="recrawl")
        assert "/bridge/" in new.paths()


@pytest.mark.parametrize(
    ("url", "may"), [("https://blog.example/rice/", True), ("https://paper.example/rice/", False)]
)
def test_an_answer_from_another_site_is_refused_where_a_request_may_not_leave(url: str, may: bool) -> None:
    """A browser follows a script to another site without a request of ours."""
    request = Request("https://blog.example/?p=7", meta={STAY: "https://blog.example/?p=7"})
    response = Response(url)
    with contextlib.nullcontext() if may else pytest.raises(LeavesSite):
        assert AddressMiddleware().process_response(request, response) is response


@pytest.mark.parametrize("named", [True, False], ids=["the feed's address", "the front page"])
def test_a_planet_without_pages_of_its_own_is_told(db: Path, named: bool) -> None:
    items = f"<item><title>Bridge</title><link>{PAPER}</link></item><item><title>Ferry</title><link>https://heron.example/1</link></item>"
    feed = Answer(
        f"<rss version='2.0'><channel><title>Planet</title>{items}</channel></rss>",
        headers={"Content-Type": "application/rss+xml"},
    )
    with served({"/": front(feed="/feed/"), "/feed/": feed}) as site:
        done = crawl(f"url={site.home}/{'feed/' if named else ''}", db=db)
    assert done.returncode == 4
    assert "its feed lists posts of other sites alone (heron.example, paper.example)" in done.stderr
