"""A blog in several languages: each language has a front page of its own, and what that page leads to is found."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from newsarchive.core.discovery.wordpress import wp_posts_url
from tests.crawling.test_crawl import post, rows
from tests.support.serving import Answer, crawl, served

pytestmark = pytest.mark.slow  # crawls, servers or other processes

#: front page → the code of its language, and the names of its posts
LANGUAGES = {
    "/": ("en", "the-night-ferry", "the-old-pier"),
    "/fr/": ("fr", "le-bac-de-nuit", "le-vieux-quai"),
    "/de/": ("de", "das-nachtboot", "der-alte-steg"),
}
POSTS = {
    f"{home}{name}/": post(name, date=f"2025-03-{day + 3 * at:02}T08:00:00+00:00")
    for at, (home, (_, *names)) in enumerate(LANGUAGES.items())
    for day, name in ((1, names[0]), (15, names[1]))
}


def front_page(home: str, *names: str, head: str = "") -> str:
    """A front page that names those of all languages, these posts, and older ones."""
    others = "".join(
        f'<link rel="alternate" hreflang="{code}" href="{at}">' for at, (code, *_) in LANGUAGES.items()
    )
    teasers = "".join(f'<article><h2><a href="{home}{n}/">{n} and more</a></h2></article>' for n in names)
    return f'{others}<title>Blog</title>{head}{teasers}<a class="next" href="{home}page/2/">Older posts</a>'


def listed(home: str) -> Answer:
    """What an API says that lists the posts of one language."""
    said = [
        {"id": number, "link": f"{home}{name}/", "title": {"rendered": name}}
        for number, name in enumerate(LANGUAGES[home][1:], 10 * list(LANGUAGES).index(home) + 1)
    ]
    return Answer(json.dumps(said), headers={"Content-Type": "application/json"})


def found(db: Path, home: str) -> set[str]:
    return {str(url).removeprefix(home) for (url,) in rows(db, "SELECT url FROM articles")}


def test_an_api_that_lists_the_posts_of_one_language_is_asked_for_each(db: Path) -> None:
    def answers(at: str) -> dict[str, Answer | str]:
        table: dict[str, Answer | str] = dict(POSTS)
        for home in LANGUAGES:
            root = f"{home}wp-json/"
            table[home] = front_page(home, head=f'<link rel="https://api.w.org/" href="{root}">')
            table[wp_posts_url(at + root).removeprefix(at)] = listed(home)
        return table

    with served(answers) as site:
        crawl(f"url={site.home}/", db=db)
    assert found(db, site.home) == set(POSTS)


def test_a_language_costs_a_crawl_its_front_page_and_one_feed(db: Path) -> None:
    """A theme may announce a feed of each category on every page; and a front page may lead to another site."""
    table: dict[str, Answer | str] = dict(POSTS)
    for home, (_, *names) in LANGUAGES.items():
        feeds = "".join(
            f'<link rel="alternate" type="application/rss+xml" href="{home}{n}/">'
            for n in ("feed", "news/feed")
        )
        items = "".join(f"<item><link>{home}{name}/</link><title>{name}</title></item>" for name in names)
        table[home] = front_page(home, head=feeds)
        table[f"{home}feed/"] = f'<rss version="2.0"><channel><title>Blog</title>{items}</channel></rss>'
    with served({"/": "<title>Blog</title>"}) as other, served(table) as site:
        site.answers["/de/"] = Answer("", 302, {"Location": f"{other.home}/"})
        crawl(f"url={site.home}/", db=db)
        asked = {path.partition("?")[0] for path in site.paths() if "feed" in path}
    assert found(db, site.home) == {path for path in POSTS if not path.startswith("/de/")}
    assert asked == {"/feed/", "/fr/feed/"}
    assert not {"/feed/", "/wp-json/"} & set(other.paths())


def test_the_older_pages_of_each_language_are_read(db: Path) -> None:
    table = dict(POSTS)
    for home, (_, newest, older) in LANGUAGES.items():
        table |= {home: front_page(home, newest), f"{home}page/2/": front_page(home, older)}
    with served(table) as site:
        crawl(f"url={site.home}/", db=db)
    assert found(db, site.home) == set(POSTS)


def test_a_language_rests_after_its_lists_were_read(db: Path) -> None:
    """Hourly crawls ask the lists of the main language; a new post that only another language names is found six hours later."""
    table = dict(POSTS)
    for home, (_, *names) in LANGUAGES.items():
        items = "".join(f"<item><link>{home}{name}/</link><title>{name}</title></item>" for name in names)
        feed = f'<link rel="alternate" type="application/rss+xml" href="{home}feed/">'
        table[home] = front_page(home, head=feed)
        table[f"{home}feed/"] = f'<rss version="2.0"><channel><title>Blog</title>{items}</channel></rss>'
    with served(table) as site:
        crawl(f"url={site.home}/", db=db)
        before = len(site.paths())
        crawl(f"url={site.home}/", db=db)
        assert not {"/fr/", "/de/", "/fr/feed/", "/de/feed/"} & set(site.paths()[before:])
        with sqlite3.connect(db) as connection:
            connection.execute(
                "UPDATE sources SET last_checked_at = '2025-03-01 08:00:00' WHERE kind = 'language page'"
            )
        before = len(site.paths())
        crawl(f"url={site.home}/", db=db)
        assert {"/fr/", "/de/", "/fr/feed/", "/de/feed/"} <= set(site.paths()[before:])
    assert found(db, site.home) == set(POSTS)


def test_a_language_whose_lists_a_limit_left_unread_is_asked_by_the_next_crawl(db: Path) -> None:
    table = dict(POSTS)
    for home, (_, newest, older) in LANGUAGES.items():
        table |= {home: front_page(home, newest), f"{home}page/2/": front_page(home, older)}
    with served(table) as site:
        crawl(f"url={site.home}/", "limit=1", db=db)
        crawl(f"url={site.home}/", db=db)
    assert found(db, site.home) == set(POSTS)


@pytest.mark.parametrize("moved", ["/fr/", "/"])
def test_a_language_without_a_feed_is_asked_although_the_front_page_did_not_change(
    db: Path, moved: str
) -> None:
    """Its new posts stand on its own front page alone."""
    new = f"{moved}quatre-bacs-neufs/"
    table: dict[str, Answer | str] = {
        **POSTS,
        new: post("quatre-bacs-neufs", date="2025-04-02T08:00:00+00:00"),
    }
    for home, (_, *names) in LANGUAGES.items():
        table[home] = Answer(front_page(home, *names), headers={"ETag": f'"{home} one"'})
    with served(table) as site:
        crawl(f"url={site.home}/", db=db)
        assert found(db, site.home) == set(POSTS)
        changed = front_page(moved, *LANGUAGES[moved][1:], "quatre-bacs-neufs")
        site.answers[moved] = Answer(changed, headers={"ETag": '"two"'})
        rest(db)
        before = len(site.seen)
        crawl(f"url={site.home}/", db=db)
        asked = {seen.path: seen.status for seen in site.seen[before:]}
        assert {path: asked[path] for path in LANGUAGES} == {
            path: 200 if path == moved or moved == "/" else 304 for path in LANGUAGES
        }
        assert found(db, site.home) == {*POSTS, new}
        before = len(site.seen)
        crawl(f"url={site.home}/", db=db)  # they rest again
        assert not {"/fr/", "/de/"} & {seen.path for seen in site.seen[before:]}


def rest(db: Path) -> None:
    """Have the languages be due."""
    with sqlite3.connect(db) as connection:
        connection.execute(
            "UPDATE sources SET last_checked_at = '2025-03-01 08:00:00' WHERE kind = 'language page'"
        )
