"""Blogs whose posts have the permalinks of other sites: programs that collect the feeds of many blogs ("planets")."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from newsarchive.core.discovery import wordpress
from tests.crawling.test_crawl import STORY, front, rows
from tests.support.serving import HTML, Answer, crawl, served

PAPER = "https://paper.example/2025/04/the-old-bridge-reopens-after-repairs/"
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
