"""`newsarchive crawl`, `sites` and `schedule`: many sites, one command for cron."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import AbstractContextManager, ExitStack
from getpass import getuser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, make_url, update

from newsarchive.cli import crawl, sitelist
from newsarchive.core.discovery.wordpress import wp_posts_url
from newsarchive.db.engine import open_engine, writing
from newsarchive.db.frontier.locks import crawl_lock, shared_crawl_lock, site_lock
from newsarchive.db.frontier.sites import Sites
from newsarchive.db.models import Site as SiteRow
from newsarchive.db.schema import upgrade
from newsarchive.spider_processes.site_crawl import CrawlOptions, Result
from newsarchive.times import utc_now
from tests.core.assembly.test_whole_posts import feed
from tests.crawling.test_crawl import STORY, front, post, rows
from tests.support import serving, warm
from tests.support.serving import ROOT, Answer, Site, served
from tests.support.storage import open_archive, postgresql_url
from tests.support.waiting import MAX_WAIT_SECONDS, wait_for

pytestmark = pytest.mark.slow  # crawls, servers or other processes

FAST = {"delay": 0.01}


def command(*words: str, db: Path | str) -> tuple[list[str], dict[str, str]]:
    """The command as a shell would run it."""
    environment = os.environ | {"NO_PROXY": "127.0.0.1", "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    return [sys.executable, "-m", "newsarchive", *words, "--db", str(db)], environment


def run(*words: str, db: Path | str, given: str = "") -> subprocess.CompletedProcess[str]:
    line, environment = command(*words, db=db)
    return warm.run(*line[2:], environment=environment, given=given)


def follow(db: Path, *homes: str, **settings: object) -> None:
    engine = open_engine(f"sqlite:///{db}")
    upgrade(engine)
    for home in homes:
        Sites(engine).follow(home, FAST | settings)
    engine.dispose()


def blog(*names: str) -> dict[str, Answer | str]:
    return {"/": front(*(f"/{n}-story/" for n in names))} | {f"/{n}-story/": post(n) for n in names}


def test_due_sites_are_crawled_with_their_settings_and_not_again_before_their_time(db: Path) -> None:
    with served(blog("a-first", "a-second")) as one, served(blog("a-third")) as two:
        follow(db, f"{one.home}/", limit=1, user_agent="paper-bot/1")
        follow(db, f"{two.home}/")
        done = run("crawl", "--all", "--json", db=db)
        assert done.returncode == 0, done.stderr
        found = {r["site"]: r for r in map(json.loads, done.stdout.splitlines())}
        assert {site: r["new"] for site, r in found.items()} == {f"{one.home}/": 1, f"{two.home}/": 1}
        assert {request.headers["User-Agent"] for request in one.seen} == {"paper-bot/1"}
        again = run("crawl", "--all", db=db)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


@pytest.mark.parametrize(("sites", "forks"), [(2, False), (3, True)])
def test_spiders_of_several_sites_are_forks_of_one_process(
    sites: int, forks: bool, db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow(db, *(f"https://{number}.example/" for number in range(sites)))
    servers = []

    def crawled(*given: Any, **more: bool) -> list[Result]:
        servers.append(given[3].server)
        return []

    monkeypatch.setattr(crawl, "crawl_all", crawled)
    engine = open_engine(f"sqlite:///{db}")
    with pytest.raises(SystemExit):
        crawl.run(engine, f"sqlite:///{db}", (), CrawlOptions({}), 2, False)
    engine.dispose()
    assert [server is not None for server in servers] == [forks]


def test_a_site_of_three_that_is_crawled_by_forks(db: Path) -> None:
    with served(blog("a-first")) as one, served(blog("a-second")) as two, served({"/": "nothing"}) as none:
        follow(db, f"{one.home}/", f"{two.home}/", f"{none.home}/")
        done = run("crawl", "--all", "--json", db=db)
    found = {r["site"]: r for r in map(json.loads, done.stdout.splitlines())}
    codes = {site: (r["new"], r["exit_code"]) for site, r in found.items()}
    assert codes == {f"{one.home}/": (1, 0), f"{two.home}/": (1, 0), f"{none.home}/": (0, 4)}
    assert found[f"{none.home}/"]["error"].startswith(
        f"{none.home}/: no feed and no links to posts were found"
    )
    assert done.returncode == 3, done.stderr


def test_a_section_is_left_out_by_the_beginning_of_its_paths(db: Path) -> None:
    pages = {"/": front("/news/a-first-story/", "/podcast/a-second-story/", "/podcasters-meet-story/")}
    posts = {
        path: post(path.strip("/").rpartition("/")[2][:8])
        for path in ("/news/a-first-story/", "/podcast/a-second-story/", "/podcasters-meet-story/")
    }
    with served(pages | posts) as site:
        follow(db, f"{site.home}/", skip=["/podcast/"])
        done = run("crawl", "--all", db=db)
        alone = run("crawl", site.home, "-a", "skip=/news/,/podcast", db=db)
    assert done.returncode == 0, done.stderr
    assert "2 new" in done.stderr
    stored = {url.removeprefix(site.home) for (url,) in rows(db, "SELECT url FROM articles")}
    assert stored == {"/news/a-first-story/", "/podcasters-meet-story/"}
    # A site all of whose posts are left out is no failure.
    assert (alone.returncode, "3 skipped: section" in alone.stderr) == (0, True), alone.stderr


@pytest.mark.parametrize(("broken", "code"), [(("one",), 3), (("one", "two"), 4)])
def test_exit_codes_tell_cron_how_many_sites_failed(db: Path, broken: tuple[str, ...], code: int) -> None:
    empty = {"/": "<html><body>nothing here</body></html>"}
    table = {name: empty if name in broken else blog("a-first") for name in ("one", "two")}
    with served(table["one"]) as one, served(table["two"]) as two:
        follow(db, f"{one.home}/", f"{two.home}/")
        done = run("crawl", one.home, two.home, db=db)
    assert done.returncode == code, done.stderr
    assert f"{two.home}/: {0 if code == 4 else 1} discovered" in done.stderr
    assert f"error: {one.home}/: no feed and no links to posts were found there" in done.stderr
    why = "no feed and no links to posts were found there: give the front page of a blog"
    assert re.search(
        rf"^state: failing at [\d: -]+ UTC: {why}", run("sites", "show", one.home, db=db).stdout, re.M
    )
    assert f"{one.home}/: its last crawl failed (never with success): {why}" in run("doctor", db=db).stdout
    states = dict(rows(db, "SELECT home_url, state FROM sites"))
    assert states[f"{one.home}/"] == "failing"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "which sites? give the address of a blog, name followed sites, or say: newsarchive crawl --all"),
        (("--all", "blog.example"), "which sites?"),
        (("--all",), "no site is followed yet: newsarchive sites add https://blog.example --db {db}"),
        (("ftp://blog.example",), "'ftp://blog.example' cannot be crawled"),
    ],
)
def test_wrong_usage_says_what_to_type(db: Path, words: tuple[str, ...], says: str) -> None:
    follow(db)
    done = run("crawl", *words, db=db)
    assert done.returncode == 2
    assert says.format(db=db) in done.stderr


def test_a_dry_run_with_no_site_due_ends_well(db: Path) -> None:
    follow(db, "http://blog.example/")
    engine = open_engine(f"sqlite:///{db}")
    with writing(engine) as connection:
        connection.execute(update(SiteRow).values(last_success_at=utc_now()))
    engine.dispose()
    done = run("crawl", "--all", "--dry-run", db=db)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_database_that_cannot_be_opened_ends_with_5(tmp_path: Path) -> None:
    done = run("crawl", "blog.example", "paper.example", db=tmp_path / "nowhere" / "news.db")
    assert done.returncode == 5
    assert "create it first" in done.stderr


def test_one_crawl_of_an_sqlite_archive_at_a_time(sqlite: Engine) -> None:
    with crawl_lock(sqlite) as first, crawl_lock(sqlite) as second:
        assert (first, second) == (True, False)
    with crawl_lock(sqlite) as later:
        assert later


def test_one_crawl_of_a_site_at_a_time_on_a_server(tmp_path: Path) -> None:
    with open_archive("postgresql", tmp_path) as engine:
        with crawl_lock(engine) as first, crawl_lock(engine) as second:
            assert (first, second) == (True, True)
        with site_lock(engine, "a.example") as one, site_lock(engine, "a.example") as again:
            assert (bool(one), bool(again)) == (True, False)
            with site_lock(engine, "b.example") as other:
                assert other
        with site_lock(engine, "a.example") as later:
            assert later
            assert not later.is_lost()
        assert not later.is_lost()  # given back


def test_a_lock_whose_session_the_server_ended_is_lost(tmp_path: Path) -> None:
    with open_archive("postgresql", tmp_path) as engine:
        with site_lock(engine, "a.example") as lock:
            assert lock.connection is not None
            number = lock.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            with writing(engine) as connection:
                connection.exec_driver_sql(f"SELECT pg_terminate_backend({number}, 60000)")
            assert lock.is_lost()
        with site_lock(engine, "a.example") as again:
            assert again


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_spider_holds_the_lock_of_its_command_longer_than_a_command_that_is_killed(
    kind: str, tmp_path: Path
) -> None:
    def taken(engine: Engine) -> AbstractContextManager[object]:
        return crawl_lock(engine) if kind == "sqlite" else site_lock(engine, "a.example")

    with open_archive(kind, tmp_path) as engine:
        with ExitStack() as spider:
            with taken(engine) as command:
                spider.enter_context(shared_crawl_lock(engine, "a.example"))
                assert command
            with taken(engine) as second:
                assert not second
        with taken(engine) as later:
            assert later


def test_while_one_site_is_crawled_on_a_server_another_can_be_and_the_same_not() -> None:
    with postgresql_url() as url, served(blog("a-first")) as one, served(blog("b-first")) as two:
        engine = open_engine(url)
        with site_lock(engine, one.home.removeprefix("http://")) as crawled:
            assert crawled
            refused = run("crawl", f"{one.home}/", db=url)
            other = run("crawl", f"{two.home}/", "--json", *serving.FAST, db=url)
        later = run("crawl", f"{one.home}/", "--json", *serving.FAST, db=url)
        engine.dispose()
    assert refused.returncode == 75, refused.stderr
    assert f"{one.home}/: another crawl of this site is running" in refused.stderr
    assert (other.returncode, json.loads(other.stdout)["new"]) == (0, 1)
    assert (later.returncode, json.loads(later.stdout)["new"]) == (0, 1)


MANY = {f"/story-number-{i}-of-many/": Answer(post(f"Story {i}"), wait=0.3) for i in range(40)}


def crawl_all_until(site: Site, count: int, db: Path) -> subprocess.Popen[str]:
    """`newsarchive crawl --all`, when it has asked for so many posts."""
    follow(db, f"{site.home}/")
    line, environment = command("crawl", "--all", db=db)
    process: subprocess.Popen[str] = warm.started(*line[2:], environment=environment)
    wait_for(lambda: posts_asked(site) >= count or process.poll() is not None)
    assert process.poll() is None
    return process


def posts_asked(site: Site) -> int:
    return sum(path in MANY for path in site.paths())


def is_free(db: Path) -> bool:
    with crawl_lock(open_engine(f"sqlite:///{db}")) as alone:
        return alone


def test_spiders_do_not_outlive_a_command_that_is_killed(db: Path) -> None:
    with served({"/": front(*MANY), **MANY}) as site:
        process = crawl_all_until(site, 3, db)
        process.kill()
        process.wait(timeout=MAX_WAIT_SECONDS)
        assert not is_free(db)  # the spider still commits what it fetched
        wait_for(lambda: is_free(db))
        process.communicate(timeout=MAX_WAIT_SECONDS)
        fetched = posts_asked(site)
    assert fetched < len(MANY)
    assert rows(db, "SELECT count(*) FROM articles") == [(fetched,)]
    assert rows(db, "SELECT finish_reason FROM crawl_runs") == [("shutdown",)]


def test_a_second_sigterm_ends_a_crawl_in_the_middle_and_is_no_success(db: Path) -> None:
    with served({"/": front(*MANY), **MANY}) as site:
        process = crawl_all_until(site, 3, db)
        process.send_signal(signal.SIGTERM)
        # Two signals that come before the command runs again count as one; what is in flight takes five seconds.
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=MAX_WAIT_SECONDS)
    assert process.returncode == 143, said


@pytest.mark.parametrize("which", ["--all", "http://127.0.0.2:9/"], ids=["followed", "by hand"])
def test_a_second_run_ends_at_once_with_75(db: Path, which: str) -> None:
    follow(db, "http://127.0.0.1:9/")
    with crawl_lock(open_engine(f"sqlite:///{db}")):
        done = run("crawl", which, db=db)
    assert (done.returncode, done.stdout) == (75, "")
    assert "another crawl of this database is running" in done.stderr


def test_sigterm_finishes_what_is_in_flight_commits_and_ends_with_0(db: Path) -> None:
    with served({"/": front(*MANY), **MANY}) as site:
        process = crawl_all_until(site, 3, db)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=MAX_WAIT_SECONDS)
        fetched = posts_asked(site)
    assert process.returncode == 0, said
    assert rows(db, "SELECT count(*) FROM articles") == [(fetched,)]
    assert 3 <= fetched < 40
    assert rows(db, "SELECT finish_reason FROM crawl_runs") == [("shutdown",)]


def test_a_site_is_previewed_before_it_is_followed(db: Path) -> None:
    with served(blog("a-first", "a-second", "a-third", "a-fourth")) as site:
        refused = run("sites", "add", site.home, db=db, given="n\n")
        assert refused.returncode == 1
        assert not db.exists()
        added = run("sites", "add", site.home, "--delay", "0.01", "--limit", "2", "--yes", db=db)
    assert added.returncode == 0, added.stderr
    assert added.stdout.count("The town council met on Tuesday") == 3
    assert f"{site.home}/\tfollowed\tnew\tnever\t0 articles" in run("sites", "list", db=db).stdout
    shown = run("sites", "show", site.home, db=db).stdout
    assert "limit: 2\n" in shown
    assert "delay: 0.01\n" in shown


def test_a_preview_shows_the_newest_posts(db: Path) -> None:
    posts = {f"/story-{n}/": post(f"Story {n}", date=f"2025-03-{n + 1:02}T08:00:00+00:00") for n in range(9)}
    items = "".join(
        f"<item><title>Story</title><link>/story-{n}/</link><pubDate>0{n + 1} Mar 2025 08:00:00 +0000</pubDate></item>"
        for n in reversed(range(9))
    )
    feed = f'<rss version="2.0"><channel><title>Blog</title>{items}</channel></rss>'
    with served({"/": front(*posts, feed="/feed/"), "/feed/": Answer(feed), **posts}) as site:
        shown = run("sites", "add", site.home, "--yes", "--dry-run", db=db).stdout
    assert [n for n in range(9) if f"Story {n}\n" in shown] == [6, 7, 8]


def test_a_preview_asks_the_api_and_a_sitemap_too(db: Path) -> None:
    posts = {f"/story-{n}/": post(f"Story {n}") for n in range(3)}
    with served({"/": '<html><link rel="https://api.w.org/" href="/wp-json/"></html>', **posts}) as site:
        listed = [
            {"link": f"{site.home}{path}", "date_gmt": "2025-03-01T08:00:00", "title": {"rendered": "Story"}}
            for path in posts
        ]
        api = wp_posts_url(f"{site.home}/wp-json/", page=1, embed=False).removeprefix(site.home)
        site.answers[api] = Answer(json.dumps(listed), headers={"Content-Type": "application/json"})
        by_api = run("sites", "add", site.home, "--yes", "--dry-run", db=db).stdout
        del site.answers[api]
        urls = "".join(f"<url><loc>{site.home}{path}</loc></url>" for path in posts)
        site.answers["/sitemap.xml"] = Answer(f"<urlset>{urls}</urlset>")
        by_sitemap = run("sites", "add", site.home, "--yes", "--dry-run", db=db).stdout
    for kind, shown in (("wp-json", by_api), ("sitemap", by_sitemap)):
        assert re.search(rf"^{kind}: .* \(3 posts named\)$", shown, re.M), shown
        assert all(f"Story {n}\n" in shown for n in range(3))


def test_a_site_without_posts_is_not_followed(db: Path) -> None:
    with served({"/": "<html><body>nothing here</body></html>"}) as site:
        done = run("sites", "add", site.home, "--yes", db=db)
    assert (done.returncode, db.exists()) == (2, False)
    assert "no post could be read there" in done.stderr


def test_paused_and_removed_sites_are_not_crawled(db: Path) -> None:
    home = "http://127.0.0.1:9/"
    follow(db, home)
    assert run("sites", "pause", home, db=db).stderr == f"paused: {home}\n"
    assert run("crawl", "--all", db=db).stderr == ""
    assert run("sites", "resume", home, db=db).stderr == f"followed: {home}\n"
    assert [site.domain for site in Sites(open_engine(f"sqlite:///{db}")).due()] == ["127.0.0.1:9"]
    assert run("sites", "remove", home, db=db).stderr == f"followed no longer: {home}; kept: 0 articles\n"
    assert "no site is followed yet" in run("crawl", "--all", db=db).stderr


OPML = """<?xml version="1.0"?><opml version="2.0"><body><outline text="News">
<outline type="rss" text="A" xmlUrl="https://one.example/feed/" htmlUrl="https://one.example/"/>
<outline type="rss" text="B" xmlUrl="https://two.example/rss.xml"/></outline></body></opml>"""


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        (
            "a.opml",
            OPML,
            [
                "url,since,limit,interval,looks_a_day,delay,user_agent,sources,skip,drop,body,verify_certificates",
                "https://one.example/,,,,,,,,,,,",
            ],
        ),
        (
            "a.toml",
            '[[site]]\nurl = "one.example"\nlimit = 5\nsince = "2025-01-31"\nsources = ["feed", "sitemap"]\n',
            ['https://one.example/,2025-01-31,5,,,,,"feed,sitemap",,,,'],
        ),
        ("a.csv", "url,looks_a_day\nhttps://one.example/,200\n", ["https://one.example/,,,,200.0,,,,,,,"]),
        ("a.csv", "url,delay\nhttps://one.example/,2.5\n", ["https://one.example/,,,,,2.5,,,,,,"]),
        (
            "a.csv",
            'url,skip\n"https://one.example/" ,"/a/,\n/b/"  \n',
            ['https://one.example/,,,,,,,,"/a/,/b/",,,'],
        ),
        ("a.csv", "url,since\nhttps://one.example/,2025-01\n", ["https://one.example/,2025-01,,,,,,,,,,"]),
    ],
)
def test_lists_of_sites_come_in_and_go_out(db: Path, name: str, text: str, lines: list[str]) -> None:
    file = db.with_name(name)
    file.write_text(text)
    done = run("sites", "import", str(file), db=db)
    assert done.returncode == 0, done.stderr
    out = run("sites", "export", "--format", "csv", db=db).stdout
    assert set(lines) <= set(out.splitlines())
    again = db.with_name("again.toml")
    again.write_text(run("sites", "export", db=db).stdout)
    other = db.with_name("other.db")
    assert run("sites", "import", str(again), db=other).returncode == 0
    assert run("sites", "export", "--format", "csv", db=other).stdout == out


NEVER_CLOSED = "a quotation mark is opened and never closed"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.toml", '[[site]]\nurl = "one.example"\nlimt = 5\n', "site 1: unknown setting 'limt'"),
        ("a.toml", '[[site]]\nurl = "one.example"\nlimit = "many"\n', "limit='many'"),
        (
            "a.toml",
            "[[site]\n",
            "this is no TOML; `newsarchive sites export` prints a list as it must be written",
        ),
        ("a.toml", "[globl]\nlimit = 5\n", "unknown table 'globl'"),
        (
            "a.toml",
            '[[site]]\nurl = "https://a.example"\nskip = ["podcast"]\n',
            "skip=['podcast'] holds 'podcast', which is no beginning of a path such as /podcast/",
        ),
        (
            "a.toml",
            '[platform.wordpress]\nsources = ["rss"]\n',
            "wordpress: sources=['rss'] holds 'rss', which is no source of posts",
        ),
        (
            "a.toml",
            '[global]\ndrop = ["div > p"]\n',
            "global: drop=['div > p'] holds 'div > p', which is no selector",
        ),
        ("a.toml", "a = " + "[" * 5000, "a.toml: "),
        ("a.csv", "address\nhttps://one.example\n", "one of them url"),
        ("a.csv", 'url,limit\n"https://one.example,5\nhttps://two.example,5\n', f"line 2: {NEVER_CLOSED}"),
        ("a.csv", 'url,limit\n"https://one.example,5\n"https://two.example",5\n', f"line 2: {NEVER_CLOSED}"),
        ("a.csv", 'url,limit\n\nhttps://one.example,5\nhttps://two.example,"5', f"line 4: {NEVER_CLOSED}"),
        ("a.csv", '"url,limit\nhttps://one.example,5\n', f"line 1: {NEVER_CLOSED}"),
        (
            "a.csv",
            'url,limit\n\n"https://one.example"/a,5\n',
            "line 3: text stands behind a closing quotation",
        ),
        ("a.csv", 'url,limit\nhttps://one.example,"5"x', "line 2: text stands behind a closing quotation"),
        ("a.csv", "url,limit\nhttps://one.example," + "5" * 2**18, "line 2: "),
        ("a.opml", "<opml><body>", "this is no XML; export the list once more from your feed reader"),
        ("a.opml", '<!DOCTYPE x [<!ENTITY a "b">]><opml/>', "a document type is declared"),
        (
            "a.toml",
            '[[site]]\nurl = "file:///etc/passwd"\n',
            "a.toml: site 1: 'file:///etc/passwd' cannot be crawled",
        ),
        ("a.txt", "https://one.example\nnot a host\n", "for example https://blog.example"),
        ("a.json", "[]", "not a .toml, .csv, .txt or .opml file"),
    ],
)
def test_a_list_with_a_mistake_is_named_and_changes_nothing(
    db: Path, name: str, text: str, says: str
) -> None:
    file = db.with_name(name)
    file.write_text(text)
    done = run("sites", "import", str(file), db=db)
    assert (done.returncode, db.exists()) == (2, False)
    assert says in done.stderr


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_list_as_a_spreadsheet_saves_it(tmp_path: Path, charset: str, mark: str) -> None:
    """In countries with decimal commas, Excel parts columns by semicolons; its "Unicode text" is UTF-16 with tabs."""
    file = tmp_path / "a.csv"
    rows = [
        ("URL", "interval", "user_agent"),
        ("https://one.example", "6", "café/1"),
        ("https://two.example", "", ""),
    ]
    file.write_bytes("".join(mark.join(row) + "\r\n" for row in rows).encode(charset))
    first = ("https://one.example/", {"interval": 6, "user_agent": "café/1"})
    assert sitelist.read(file).sites == [first, ("https://two.example/", {})]


def test_a_plain_list_of_addresses(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(
        b"\xef\xbb\xbfone.example\r\n\r\n# no longer: https://old.example\r\n https://two.example/ \r\n"
    )
    assert [url for url, _ in sitelist.read(file).sites] == ["https://one.example/", "https://two.example/"]


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_a_list_of_a_feed_reader_in_any_charset_and_spelling(tmp_path: Path, charset: str) -> None:
    """Old feed readers exported ISO 8859-1, `xmlURL` and addresses with a bare `&`."""
    declared = charset.removesuffix("-sig")
    outlines = '<outline text="Caf\xe9" xmlURL="https://one.example/rss?a=1&b=2&nbsp;" HTMLURL="https://one.example/caf\xe9/"/>'
    file = tmp_path / "a.opml"
    file.write_bytes(
        f"<?xml version='1.0' encoding='{declared}'?><opml><body>{outlines}</body></opml>".encode(charset)
    )
    assert sitelist.read(file).sites == [("https://one.example/caf%C3%A9/", {})]


LEVELS = """
[global]
limit = 1
user_agent = "everyone/1"
delay = 0.01

[platform.wordpress]
limit = 2
drop = [".poll"]

[[site]]
url = "{one}"

[[site]]
url = "{two}"
sources = ["feed"]
user_agent = "own/1"
"""


def test_settings_at_three_levels_each_over_the_one_before(db: Path) -> None:
    poll = '<p class="poll">Which of the two bridges of our town would you rather have closed to lorries next year?</p>'
    pages = {f"/{n}-story/": post(n, body=STORY + poll) for n in ("a-first", "a-second", "a-third")}
    with served({"/": front(*pages), **pages}) as one, served({"/": front(*pages), **pages}) as two:
        two.answers["/feed/"] = feed(two.home, "/a-third-story/", "bridges")
        file = db.with_name("sites.toml")
        file.write_text(LEVELS.format(one=one.home, two=two.home))
        assert run("sites", "import", str(file), db=db).returncode == 0
        # Which platform it is, the first look at a site tells.
        rows(db, f"UPDATE sites SET platform = 'wordpress' WHERE home_url = '{one.home}/'")
        done = run("crawl", "--all", db=db)
        assert done.returncode == 0, done.stderr
        agents = [{r.headers["User-Agent"] for r in site.seen} for site in (one, two)]
        assert agents == [{"everyone/1"}, {"own/1"}]
        found = rows(db, "SELECT url FROM articles ORDER BY id")
    # The platform's limit over the global one; the site's own sources, and the global limit.
    assert [str(url).startswith(one.home) for (url,) in found].count(True) == 2
    assert [url for (url,) in found if str(url).startswith(two.home)] == [f"{two.home}/a-third-story/"]
    dropped = rows(
        db,
        f"SELECT DISTINCT rule FROM dropped_text WHERE text LIKE '%lorries next%' AND url LIKE '{one.home}%'",
    )
    assert dropped == [("the site's settings drop .poll",)]


def test_each_line_of_a_json_log_is_json(db: Path) -> None:
    with served(blog("a-first")) as one, served({"/": Answer("", 500)}) as two:
        follow(db, f"{one.home}/", f"{two.home}/")
        done = run("crawl", "--all", "--log-format", "json", db=db)
        assert done.returncode == 3
        lines = [json.loads(line) for line in done.stderr.splitlines()]
        told = {line["site"]: line["stats"]["new"] for line in lines if line.get("event") == "summary"}
        assert told == {f"{one.home}/": 1, f"{two.home}/": 0}
        said = [line["message"] for line in lines if line["level"] == "ERROR"]
        assert said == [f"{two.home}/: the server answered 500: the server failed: try again later"]
    done = run("crawl", "--all", "--quiet", "--log-format", "json", db=db.with_name("no.db"))
    assert [json.loads(line)["level"] for line in done.stderr.splitlines()] == ["ERROR"]


def as_cron_reads_it(text: str) -> str:
    """The command of a crontab line: up to the first percent sign that is not escaped (crontab(5))."""
    return re.split(r"(?<!\\)%", text)[0].replace("\\%", "%")


def test_the_printed_cron_line_is_a_command_that_runs(db: Path) -> None:
    follow(db)
    line = run("schedule", "--cron", db=db).stdout.strip()
    *when, text = line.split(" ", 5)
    assert when[1:] == ["*"] * 4
    assert 0 <= int(when[0]) < 60
    # As cron runs it: another folder, next to no environment.
    done = subprocess.run(
        as_cron_reads_it(text), shell=True, cwd="/", env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **warm.BYTECODE},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert (done.returncode, "no site is followed yet" in done.stderr) == (2, True), done.stderr


def test_the_password_of_a_database_is_no_option_of_the_printed_command_and_is_warned_of() -> None:
    with postgresql_url() as url:
        upgrade(engine := open_engine(url))
        engine.dispose()
        named = make_url(url)
        user = named.username or getuser()
        secret = named.set(username=user, password=named.password or "s3c%ret")
        for kind in ("--cron", "--systemd"):
            done = run("schedule", kind, db=secret.render_as_string(hide_password=False))
            assert "these lines hold a secret (database)" in done.stderr
            assert "NEWSARCHIVE_DATABASE_URL=postgresql" in done.stdout
            assert "--db" not in done.stdout


def test_the_printed_systemd_units_are_well_formed(db: Path) -> None:
    follow(db)
    text = run("schedule", "--systemd", db=db).stdout
    [start] = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    assert f'"sqlite:///{db}"' in start
    assert start.startswith(f'ExecStart="{Path(sys.executable).absolute()}"')
    assert run("schedule", db=db).returncode == 2
    if (verify := shutil.which("systemd-analyze")) is None:
        pytest.skip("no systemd-analyze here")
    service, timer = text.split("# ~/.config/systemd/user/newsarchive.timer\n")
    for name, unit in (("service", service), ("timer", timer)):
        db.with_name(f"newsarchive.{name}").write_text(unit)
    units = [str(db.with_name(f"newsarchive.{name}")) for name in ("service", "timer")]
    checked = subprocess.run(
        [verify, "verify", "--man=no", *units], capture_output=True, text=True, timeout=300, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")
