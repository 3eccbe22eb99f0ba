"""Bad input to a crawl: one clear line that names it and the remedy, the right exit code, no lost row."""

from __future__ import annotations

import gzip
import os
import sqlite3
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import pytest
from scrapy.settings import Settings

from newsarchive import demo
from newsarchive.commands.crawl import check_options
from newsarchive.exceptions import SOME_FAILED, UsageError
from newsarchive.warc.writer import WarcWriter
from tests.crawling.test_crawl import front, post, rows
from tests.support import warm
from tests.support.serving import HTML, Answer, crawl, served

pytestmark = pytest.mark.slow  # crawls, servers or other processes

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "which blog? say it as: scrapy crawl news -a url=https://blog.example"),
        (["url=ftp://blog.example"], "ftp://blog.example"),
        (["url=not a url"], "not a url"),
        (["url=https://blog.example", "limit=many"], "limit='many' is no whole number from 1 to 1000000000"),
        (["url=https://blog.example", "limit=0"], "limit='0' is no whole number from 1 to 1000000000"),
        (["url=https://blog.example", "since=yesterday"], "since='yesterday' is no date"),
        (["url=https://blog.example", "sinse=2025-01-01"], "unknown argument 'sinse'"),
    ],
)
def test_a_bad_argument_is_named_before_anything_is_fetched(
    db: Path, arguments: list[str], says: str
) -> None:
    jobs = db.with_name("jobs")
    done = crawl(*arguments, "-s", f"JOBDIR={jobs}", db=db)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not db.exists()
    assert not jobs.exists()


HTTPX = '{"http": "scrapy.core.downloader.handlers._httpx.HttpxDownloadHandler"}'


@pytest.mark.parametrize(
    ("setting", "code", "says"),
    [
        ("TWISTED_REACTOR_ENABLED=0", 2, "nobody can see where Scrapy connects to"),
        ("TWISTED_REACTOR=twisted.internet.selectreactor.SelectReactor", 2, "the reactor of asyncio alone"),
        (f"DOWNLOAD_HANDLERS={HTTPX}", 2, "nobody can see where HttpxDownloadHandler connects to"),
        ('EXTENSIONS={"no.such.Extension": 1}', 1, "No module named 'no'"),
        ("NEWSARCHIVE_DATABASE=other.db", 2, "did you mean NEWSARCHIVE_DATABASE_URL?"),
        ("NEWSARCHIVE_DELAY=9", 2, "did you mean DOWNLOAD_DELAY?"),
        ("DOWNLOAD_TIMEOUT=fast", 2, "-s DOWNLOAD_TIMEOUT: 'fast' is no number"),
        ("CONCURRENT_ITEMS=1.5", 2, "-s CONCURRENT_ITEMS: '1.5' is no whole number"),
        ("LOG_LEVEL=debug", 2, "-L or LOG_LEVEL: 'debug' is none of CRITICAL"),
        ("COOKIES_ENABLED=perhaps", 2, "-s COOKIES_ENABLED: 'perhaps' is neither 1 nor 0"),
        ("RETRY_HTTP_CODES=500,abc", 2, "-s RETRY_HTTP_CODES: 'abc' is no HTTP status code"),
        ("JOBDIR=/dev/null/jobs", 2, "-s JOBDIR: the folder /dev/null/jobs cannot be made: Not a directory"),
        ("LOG_FILE=/no/such/crawl.log", 2, "--logfile or LOG_FILE: /no/such/crawl.log cannot be written"),
    ],
)
def test_a_setting_that_cannot_be_is_named_before_anything_is_fetched(
    db: Path, setting: str, code: int, says: str
) -> None:
    """The last line says what is wrong, not that Scrapy's crawler has no stats yet."""
    with demo.served() as home:
        done = crawl(f"url={home}/", "-s", f"JOBDIR={db.with_name('jobs')}", "-s", setting, db=db)
    assert done.returncode == code
    assert code == 1 or list(db.parent.iterdir()) == []
    assert says in done.stderr.splitlines()[-1]
    assert code == 1 or "Traceback" not in done.stderr


def test_a_status_code_that_is_no_list_is_named() -> None:
    with pytest.raises(
        UsageError, match=r"RETRY_HTTP_CODES = 500: is no list of HTTP status codes; write \[500, 502\]"
    ):
        check_options(Settings({"RETRY_HTTP_CODES": 500}))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["-O", "out.docx"], "Unrecognized output format 'docx'"),
        (["-a", "limit"], "use -a NAME=VALUE"),
        (["--pidfile", "/no/such/pid"], "--pidfile /no/such/pid: No such file"),
    ],
)
def test_an_option_that_scrapy_refuses_is_told_in_one_line(db: Path, words: list[str], says: str) -> None:
    """Scrapy also prints how `scrapy crawl` is called, to those who called `newsarchive crawl`."""
    done = crawl("url=https://blog.example", *words, db=db, fast=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["-a", "site=nowhere.example"], "error: https://nowhere.example/: no such site in the archive"),
        (["--dry-run"], "unknown argument 'dry_run'; recrawl knows"),
        (["--since", "2025"], "unknown argument 'since'; recrawl knows"),
    ],
)
def test_a_recrawl_by_our_command_hears_all_of_its_arguments(db: Path, words: list[str], says: str) -> None:
    """It looked at all sites, and fetched, where one site or a dry run was asked for."""
    command = [sys.executable, "-m", "newsarchive", "crawl", "recrawl", *words, "--db", str(db)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode in (2, 4)
    assert says in done.stderr


@pytest.mark.parametrize("spider", ["news", "recrawl", "warc"])
def test_a_disk_that_is_full_when_the_archive_is_opened_ends_the_crawl_before_a_request(
    db: Path, spider: str
) -> None:
    """The command had looked at the archive a moment ago, and had found nothing wrong."""
    environment = warm.own_environment() | {
        "SCRAPY_SETTINGS_MODULE": "newsarchive.settings",
        "NEWSARCHIVE_DATABASE_URL": f"sqlite:///{db}",
    }
    writer, html = WarcWriter(db.parent / "foreign", "pages"), [("Content-Type", "text/html")]
    writer.write_response("https://blog.example/a/", "HTTP/1.1 200 OK", html, post("A story").encode())
    writer.close()
    with served({"/": front("/a-story-of-many/"), "/a-story-of-many/": post("A story")}) as site:
        given = {"news": [f"url={site.home}/"], "warc": [f"path={db.parent}/foreign/*"], "recrawl": []}[
            spider
        ]
        words = ["crawl", spider, *(word for one in given for word in ("-a", one))]
        done = warm.run(
            "tests.support.full_disk", *words, environment=environment, cwd=str(db.parent), timeout=300
        )
        assert "/a-story-of-many/" not in site.paths()
    assert done.returncode == 5, done.stderr
    assert "the disk is full; free some space and run again" in done.stderr
    assert "Traceback" not in done.stderr
    assert rows(db, "SELECT count(*) FROM crawl_runs") == [(0,)]
    assert rows(db, "SELECT count(*) FROM articles") == [(0,)]


def test_an_unknown_spider_is_named_with_those_that_exist(db: Path) -> None:
    done = crawl("url=https://blog.example", spider="nwes", db=db)
    assert done.returncode == 2
    assert "no spider is called 'nwes'; there are: news" in done.stderr


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://no-such-host.invalid/", "no such host"),
        ("http://127.0.0.1:{closed}/", "refused the connection"),
    ],
    ids=["no such host", "closed port"],
)
def test_a_host_that_does_not_answer(db: Path, closed_port: int, url: str, says: str) -> None:
    url = url.format(closed=closed_port)
    done = crawl(f"url={url}", db=db)
    assert done.returncode == 4
    assert f"error: {url}: " in done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert " ERROR" not in done.stderr  # robots.txt of the same host: it is told once


EMPTY_FEED = '<rss version="2.0"><channel><title>The Heron</title><link>/</link></channel></rss>'


def test_a_new_blog_with_an_empty_feed_is_told_so(db: Path) -> None:
    page = "<head><title>The Heron</title><link rel=alternate type=application/rss+xml href=/feed/></head><p>Coming soon."
    feed = Answer(EMPTY_FEED, headers={"Content-Type": "application/rss+xml"})
    with served({"/": Answer(page), "/feed/": feed}) as site:
        done = crawl(f"url={site.home}/", db=db)
    assert done.returncode == 4
    assert f"its feed has no posts yet ({site.home}/feed/): crawl it again when there are some" in done.stderr


@pytest.mark.parametrize(
    ("home", "says"),
    [
        (Answer("gone", 404), "answered 404: there is no such page"),
        (Answer("no", 403), "answered 403: the site blocks us"),
        (
            Answer("<html><body><p>Hello, this is a page and no blog.</p></body></html>"),
            "no feed and no links to posts",
        ),
        (Answer(PNG, headers={"Content-Type": "image/png"}), "no feed and no links to posts"),
        (Answer(b""), "no feed and no links to posts"),
        (Answer(EMPTY_FEED, headers={"Content-Type": "application/rss+xml"}), "its feed has no posts yet"),
    ],
)
def test_a_front_page_that_is_no_blog(db: Path, home: Answer, says: str) -> None:
    with served({"/": home}) as site:
        done = crawl(f"url={site.home}/", db=db)
    assert done.returncode == 4
    assert f"error: {site.home}/: " in done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


BAD_PAGES = {
    "/a-story-about-the-index/": Answer(front(*[f"/story-number-{i}-of-the-year/" for i in range(40)])),
    "/a-story-about-the-login/": Answer('<html><head><title>Log in</title></head><body><form action="/login"><label>User</label><input name=u>'
                      '<label>Password</label><input type=password name=p><button>Log in</button></form></body></html>'),
    "/a-story-about-the-empty/": Answer(b""),
    "/a-story-about-the-pdf/": Answer(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n", headers={"Content-Type": "application/pdf"}),
    "/a-story-about-the-image/": Answer(PNG),
    "/a-story-about-the-movie/": Answer(b"\0\0\0\x18ftypmp42" + bytes(range(256)), headers={"Content-Type": "video/mp4"}),
    "/a-story-about-the-rights/": Answer(b"\0\0\0\x18ftypmp42" + bytes(range(256)),
                                         headers={"Content-Type": "video/mp4", "X-Robots-Tag": "noarchive"}),
    "/a-story-about-the-gone/": Answer("not here", 404),
    "/a-story-about-the-broken/": Answer("oops", 500),
}  # fmt: skip


def test_pages_that_are_no_articles_are_counted_by_reason_and_the_crawl_goes_on(db: Path) -> None:
    names = [*BAD_PAGES, "/a-good-story/"]
    with served({"/": front(*names), **BAD_PAGES, "/a-good-story/": post("A good post")}) as site:
        done = crawl(f"url={site.home}/", db=db)
    assert done.returncode == 3
    assert set(names) <= set(site.paths())
    assert rows(db, "SELECT headline FROM articles") == [("A good post",)]
    assert "1 missing" in done.stderr
    assert "failed: http 500" in done.stderr
    assert "7 dropped" in done.stderr
    assert "1 dropped: noarchive" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_site_that_means_ill_is_bounded_and_the_rest_of_the_crawl_goes_on(db: Path) -> None:
    """Sitemaps in a ring and one too large, a calendar without end, hostile feed links, loops, drips and bombs."""
    bomb = gzip.compress(b"<p>" + b"\0" * (20 * 2**20))
    xml = {"Content-Type": "application/xml"}
    calendar = [f"/calendar/{month}/" for month in range(1, 400)]

    def table(home: str) -> dict[str, Answer | str]:
        ring = f"<sitemapindex><sitemap><loc>{home}/{{}}</loc></sitemap><sitemap><loc>{home}/huge.xml</loc></sitemap></sitemapindex>"
        links = "".join(
            f"<item><title>x</title><link>{url}</link></item>"
            for url in (
                "javascript:alert(1)",
                "file:///etc/passwd",
                "https://evil.example/a",
                "/relative-story-of-a-day/",
            )
        )
        older = {
            page: front("/a-good-story/").replace("</main>", f'</main><a rel="next" href="{after}">Older</a>')
            for page, after in pairwise(calendar)
        }
        loop = {"Location": f"{home}/a-story-that-turns-in-circles/"}
        names = (
            "/a-good-story/",
            "/a-story-that-turns-in-circles/",
            "/a-story-that-drips-on/",
            "/a-story-that-blows-up/",
        )
        return {
            "/": front(*names, feed="/feed/").replace(
                "</main>", '</main><a rel="next" href="/calendar/1/">Older</a>'
            ),
            "/robots.txt": Answer(f"Sitemap: {home}/one.xml", headers={"Content-Type": "text/plain"}),
            "/one.xml": Answer(ring.format("two.xml"), headers=xml),
            "/two.xml": Answer(ring.format("one.xml"), headers=xml),
            "/huge.xml": Answer(b"<urlset>" + b" " * (50 * 2**20), headers=xml),
            "/feed/": Answer(f'<rss version="2.0"><channel>{links}</channel></rss>', headers=xml),
            "/relative-story-of-a-day/": post("Relative"),
            "/a-good-story/": post("A good post"),
            "/a-story-that-turns-in-circles/": Answer(status=302, headers=loop),
            "/a-story-that-drips-on/": Answer(post("Drip"), drip=0.5),
            "/a-story-that-blows-up/": Answer(
                bomb, headers={"Content-Type": HTML, "Content-Encoding": "gzip"}
            ),
            **older,
        }

    with served(table) as site:
        # Reading 50 MB takes a slow machine a while, in which good answers wait too.
        done = crawl(f"url={site.home}/", "-s", "DOWNLOAD_TIMEOUT=15", db=db, timeout=300)
        asked = site.paths()
    assert done.returncode == 3, done.stderr
    assert rows(db, "SELECT headline FROM articles ORDER BY headline") == [("A good post",), ("Relative",)]
    assert max(asked.count(f"/{name}.xml") for name in ("one", "two", "huge")) == 1
    assert 1 < sum(path in calendar for path in asked) < 20
    for reason in ("redirect loop", "timeout", "too large"):
        assert f"failed: {reason}" in done.stderr
    assert "source problems" in done.stderr
    assert "evil.example" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "location",
    ["https://share.example/?t=" + "%E0%B8%81" * 290, "/" + "%E4%B8%AD" * 290, "http://" + "a" * 64 + ".example/a/", "http://" + "a." * 200],
    ids=["longer than 2,600 characters", "longer, on this site", "a label of 64 letters", "a host of 400 characters"],
)  # fmt: skip
def test_a_redirect_to_an_address_that_no_row_can_hold(db: Path, location: str) -> None:
    redirect = Answer(status=302, headers={"Location": location})
    names = ("/a-story-that-leads-away/", "/a-good-story/")
    table = {
        "/": front(*names, feed="/feed/"),
        names[0]: redirect,
        names[1]: post("A good post"),
        "/feed/": redirect,
    }
    with served({**table, location: post("Long")}) as site:
        done = crawl(f"url={site.home}/", db=db)
    assert done.returncode == 3
    assert rows(db, "SELECT headline FROM articles") == [("A good post",)]
    assert "failed: bad address" in done.stderr
    assert "that is not valid, or longer than 2600 characters" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_feed_that_is_not_well_formed_still_gives_its_posts(db: Path) -> None:
    feed = '<rss version="2.0"><channel><item><title>A & B</title><link>{home}/one/</link></item><item><title>cut'
    with served(lambda home: {
        "/": front(feed="/feed/"),
        "/feed/": Answer(feed.format(home=home), headers={"Content-Type": "application/rss+xml"}),
        "/one/": post("One"),
    }) as site:  # fmt: skip
        done = crawl(f"url={site.home}/", db=db)
    assert done.returncode == 0
    assert rows(db, "SELECT headline FROM articles") == [("One",)]
    assert f"source {site.home}/feed/" in done.stderr
    assert "source problems: not well formed" in done.stderr


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    done = crawl("url=https://blog.example", db=f"sqlite:///{tmp_path}/nowhere/archive.db")
    assert done.returncode == 5
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_database_that_cannot_be_written(tmp_path: Path) -> None:
    target = tmp_path / "archive.db"
    target.touch(mode=0o400)
    done = crawl("url=https://blog.example", db=target)
    assert done.returncode == 5
    assert "archive.db" in done.stderr


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    target = tmp_path / "notes.db"
    target.write_text("these are my notes, not a database\n" * 100)
    done = crawl("url=https://blog.example", db=target)
    assert done.returncode == 5
    assert "notes.db" in done.stderr
    assert "Traceback" not in done.stderr
    assert target.read_text().startswith("these are my notes")


def test_a_database_from_a_newer_version(db: Path) -> None:
    with served({"/": front("/one/"), "/one/": post("One")}) as site:
        crawl(f"url={site.home}/", db=db)
        with sqlite3.connect(db) as connection:
            connection.execute("UPDATE alembic_version SET version_num = 'ffff00000000'")
        done = crawl(f"url={site.home}/", db=db)
    assert done.returncode == 5
    assert "newer" in done.stderr
    assert rows(db, "SELECT headline FROM articles") == [("One",)]


def test_a_post_with_a_long_address_is_fetched(db: Path) -> None:
    """Scrapy leaves out addresses of 2,084 characters and more without a word: 280 Thai letters have 2,520."""
    address = f"/{quote('ก' * 280)}/"
    with served(
        {"/": front("/a-first-story/", address), "/a-first-story/": post("First"), address: post("Long")}
    ) as site:
        done = crawl(f"url={site.home}/", db=db)
    assert "2 discovered, 2 new" in done.stderr
    assert rows(db, "SELECT state, count(*) FROM urls GROUP BY state") == [("ok", 2)]


def test_a_crawl_that_takes_too_much_memory_is_no_success(db: Path) -> None:
    with demo.served() as home:
        done = crawl(f"url={home}/", "-s", "MEMUSAGE_LIMIT_MB=10", db=db)
    assert "Memory usage exceeded 10MiB" in done.stderr
    assert done.returncode == SOME_FAILED


def test_a_site_that_redirects_in_circles_may_want_cookies(db: Path) -> None:
    with served({"/": Answer(status=302, headers={"Location": "/"})}) as site:
        done = crawl(f"url={site.home}/", db=db)
    assert f"error: {site.home}/: it redirects over and over: it may want cookies" in done.stderr
    assert done.returncode == 4


def test_a_title_of_several_lines_makes_one_row_of_a_dry_run(db: Path) -> None:
    """A program that reads the rows would else take a line of a stranger for one of them."""
    false = "https://false.example/a-story/\tfeed\tA false row"
    feed = (
        "<rss version='2.0'><channel><title>A blog</title><item><title>The ferry&#10;"
        + false
        + "&#13;</title>"
        "<link>{home}/the-ferry/</link></item></channel></rss>"
    )

    def blog(home: str) -> dict[str, Answer | str]:
        rss = Answer(feed.replace("{home}", home), headers={"Content-Type": "application/rss+xml"})
        return {"/": front(feed="/feed/"), "/feed/": rss}

    with served(blog) as site:
        done = crawl(f"url={site.home}/", "dry_run=1", db=db)
    [row] = [line for line in done.stdout.splitlines() if line]
    assert row.split("\t")[:2] == [f"{site.home}/the-ferry/", "feed"]
    assert len(row.split("\t")) == 3
