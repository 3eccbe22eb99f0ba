"""A crawl keeps what the site says of the use of its pages, asks for nothing more, and leaves withheld posts alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner

from newsarchive import Archive
from newsarchive.cli import cli
from newsarchive.db.engine import open_engine, writing
from newsarchive.db.writing.withhold import Demand, withhold
from newsarchive.exceptions import Withheld
from newsarchive.spiders.news import NewsSpider
from tests.crawling.test_crawl import front, post
from tests.crawling.test_recrawl import due_now
from tests.support.serving import Answer, crawl, served

pytestmark = pytest.mark.slow  # crawls

ROBOTS = "User-agent: *\nAllow: /\nContent-Usage: search=y\n\nUser-agent: GPTBot\nDisallow: /a-second\n"
POSTS = ("/a-first-story/", "/a-second-story/", "/a-third-story/")


def blog() -> dict[str, Answer | str]:
    first = Answer(post("The first story"), headers={"Content-Type": "text/html", "TDM-Reservation": "1"})
    third = post("The third story").replace(
        "</body>", '<a rel="license" href="https://creativecommons.org/licenses/by/4.0/">CC BY</a></body>'
    )
    return {
        "/robots.txt": Answer(ROBOTS, headers={"Content-Type": "text/plain"}),
        "/": front(*POSTS),
        **dict(zip(POSTS, (first, post("The second story"), third), strict=True)),
    }


def test_a_crawl_keeps_what_was_said_of_each_page(db: Path) -> None:
    with served(blog()) as site:
        crawl(f"url={site.home}/", db=db)
        assert site.paths().count("/robots.txt") == 1
        with Archive(db) as archive:
            said = {one.url.removeprefix(site.home): one.rights for one in archive.articles()}
            assert [one.url.removeprefix(site.home) for one in archive.articles(rights="tdm")] == [POSTS[2]]
    first, second, third = (said[path] for path in POSTS)
    assert first is not None
    assert second is not None
    assert third is not None
    assert (first.tdm, first.content_usage) == (("header: 1",), ("robots.txt: search=y",))
    assert second.refused_agents == ("GPTBot",)
    assert third.licences == ("https://creativecommons.org/licenses/by/4.0/",)


def test_a_crawl_asks_for_tdmrep_json_once_where_it_is_told_to(db: Path) -> None:
    rules = '[{"location": "/a-second*", "tdm-reservation": 1, "tdm-policy": "https://p.example/"}]'
    path, kind = "/.well-known/tdmrep.json", {"Content-Type": "application/json"}
    with served({**blog(), path: Answer(rules, headers=kind)}) as site:
        crawl(f"url={site.home}/", "limit=1", db=db)
        assert path not in site.paths()
        crawl(f"url={site.home}/", "-s", "NEWSARCHIVE_TDMREP=1", db=db.with_name("other.db"))
        assert site.paths().count(path) == 1
        with Archive(db.with_name("other.db")) as archive:
            said = archive.get(f"{site.home}{POSTS[1]}").rights
    assert said is not None
    assert said.tdm == ("tdmrep.json: 1 https://p.example/",)


def test_a_site_without_tdmrep_json_is_crawled_as_ever(db: Path) -> None:
    with served(blog()) as site:
        crawl(f"url={site.home}/", "-s", "NEWSARCHIVE_TDMREP=1", db=db)
    with Archive(db) as archive:
        assert archive.count() == len(POSTS)


def test_reading_older_pages_again_fills_what_their_bytes_say(db: Path) -> None:
    with served(blog()) as site:
        crawl(f"url={site.home}/", db=db)
    engine = open_engine(str(db))
    with writing(engine) as connection:  # as an archive is that was made before these words were kept
        for table in ("capture_rights", "rights"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    again = ["reextract", "--only-older-than", "99", "--db", str(db)]
    assert "2 with words of their sites" in CliRunner().invoke(cli, [*again, "--dry-run"]).stderr
    with Archive(db) as archive:
        assert [one.rights for one in archive.articles()] == [None] * 3
    assert "2 with words of their sites" in CliRunner().invoke(cli, again).stderr
    with Archive(db) as archive:
        first, second, third = (archive.get(f"{site.home}{path}").rights for path in POSTS)
    assert first is not None
    assert third is not None
    # The robots.txt of the day is not in the bytes of a page.
    assert (first.tdm, second) == (("header: 1",), None)
    assert third.licences == ("https://creativecommons.org/licenses/by/4.0/",)
    assert "with words" not in CliRunner().invoke(cli, again).stderr


def test_reading_again_keeps_what_robots_txt_said(db: Path) -> None:
    with served(blog()) as site:
        crawl(f"url={site.home}/", db=db)
    with Archive(db) as archive:
        before = [one.rights for one in archive.articles()]
    CliRunner().invoke(cli, ["reextract", "--only-older-than", "99", "--db", str(db)])
    with Archive(db) as archive:
        assert [one.rights for one in archive.articles()] == before


def test_a_withheld_post_is_not_asked_for_again(db: Path) -> None:
    with served(blog()) as site:
        crawl(f"url={site.home}/", db=db)
        engine = open_engine(str(db))
        withhold(engine, [f"{site.home}{POSTS[1]}"], Demand("x"))
        engine.dispose()
        site.seen.clear()
        crawl(f"url={site.home}/", "recheck=1", db=db)
        assert POSTS[0] in site.paths()
        assert POSTS[1] not in site.paths()
    with Archive(db) as archive, pytest.raises(Withheld):
        archive.get(f"{site.home}{POSTS[1]}")


def test_a_post_that_is_given_up_takes_the_file_from_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    spider = NewsSpider(url="https://blog.example")
    spider.tdmrep = {}
    asked: list[str] = []

    async def slowly(url: str) -> str:
        asked.append(url)
        await asyncio.sleep(0.05)
        return "[]"

    monkeypatch.setattr(spider, "_text_of", slowly)

    async def run() -> None:
        posts = [
            asyncio.ensure_future(spider._ask_tdmrep("https://blog.example/tdmrep.json")) for _ in range(2)
        ]
        await asyncio.sleep(0.01)
        posts[0].cancel()
        await posts[1]

    asyncio.run(run())
    assert asked == ["https://blog.example/tdmrep.json"]
    assert spider.tdmrep["https://blog.example/tdmrep.json"].result() == "[]"


def test_a_post_that_its_list_names_by_another_address_is_reserved_kept_and_missed_as_any_other(
    db: Path, tmp_path: Path
) -> None:
    """Lists name `/?p=12`, which leads to the post: what is kept stands under the one, the article under the other."""
    short, whole, away = (
        "/short-address-of-the-story/",
        "/the-whole-address-of-the-story/",
        Answer("gone", 404),
    )
    led = Answer("", 301, {"Location": whole})
    told = Answer(post("The story"), headers={"Content-Type": "text/html", "TDM-Reservation": "1"})
    with served({"/": front(short), short: led, whole: told}) as site:
        crawl(f"url={site.home}/", db=db)
        with Archive(db) as archive:
            (article,) = archive.articles()
            assert article.url == f"{site.home}{whole}"
            assert article.rights is not None
            assert article.rights.tdm_reserved
            assert (archive.count(rights="tdm"), archive.stats().reserved) == (0, 1)
        package = tmp_path / "blog.wacz"
        made = CliRunner().invoke(cli, ["export", str(package), "--db", str(db)])
        assert (made.exit_code, "1 article" in made.stderr, "no bytes" in made.stderr) == (0, True, False)
        site.answers[whole] = away
        for _ in range(2):  # a 404 may be a slip, for half a day
            crawl(f"url={site.home}/", "recheck=1", db=db)
            due_now(db)
    with Archive(db) as archive:
        (article,) = archive.articles()
        assert article.gone_at is not None
