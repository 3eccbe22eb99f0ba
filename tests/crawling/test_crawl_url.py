"""`newsarchive crawl URL`, and what `newsarchive schedule` prints for cron and systemd."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from newsarchive import demo
from newsarchive.cli import cli
from newsarchive.cli.demo import damaged_sentence
from newsarchive.db.reading.articles import Selection
from newsarchive.db.readonly import open_source
from newsarchive.spider_processes.processes import SpiderProcesses
from tests.crawling.test_crawl import front, rows
from tests.crawling.test_crawl_sites import as_cron_reads_it, blog, follow
from tests.support import warm
from tests.support.serving import FAST, Answer, served
from tests.test_config import environment, run, scrapy

pytestmark = pytest.mark.slow  # crawls, servers or other processes

#: All posts are due again, and the sites too.
DUE = "UPDATE urls SET next_check_at = '2020-01-01 00:00:00.000000'; UPDATE sites SET last_success_at = '2020-01-01 00:00:00.000000'"


def make_due(db: Path) -> None:
    import sqlite3

    with sqlite3.connect(db) as connection:
        connection.executescript(DUE)


def test_a_blog_is_crawled_by_its_address_and_its_deletions_are_found(tmp_path: Path) -> None:
    db = tmp_path / "newsarchive.db"
    with served(blog("a-first", "a-second")) as site:
        first = run("crawl", site.home, *FAST, folder=tmp_path)
        assert first.returncode == 0, first.stderr
        assert "2 discovered, 2 new" in first.stderr
        assert rows(db, "SELECT DISTINCT spider FROM crawl_runs") == [("news",)]  # nothing was due again
        # The front page names it no more, and it is gone.
        site.answers["/"] = Answer(front("/a-second-story/"))
        site.answers["/a-first-story/"] = Answer("gone", 410)
        make_due(db)
        again = run("crawl", site.home, *FAST, folder=tmp_path)
    assert again.returncode == 0, again.stderr
    assert rows(db, "SELECT url FROM articles WHERE gone_at IS NOT NULL") == [
        (f"{site.home}/a-first-story/",)
    ]


def test_the_address_of_a_feed_is_enough(tmp_path: Path) -> None:
    """Its posts are taken although the front page names none of them."""
    paths = ("/a-first-story/", "/a-second-story/")
    items = "".join(f"<item><title>Story</title><link>{path}</link></item>" for path in paths)
    rss = f'<rss version="2.0"><channel><title>Blog</title>{items}</channel></rss>'
    with served(blog("a-first", "a-second")) as site:
        site.answers["/"] = Answer("<html><p>Welcome</p></html>")
        site.answers["/feed/"] = Answer(rss, headers={"Content-Type": "application/rss+xml"})
        done = run("crawl", f"{site.home}/feed/", *FAST, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2 discovered, 2 new" in done.stderr
    assert rows(tmp_path / "newsarchive.db", "SELECT url FROM articles ORDER BY url") == [
        (f"{site.home}{path}",) for path in paths
    ]


def test_a_followed_site_keeps_its_settings_and_options_stand_over_them(tmp_path: Path) -> None:
    db = tmp_path / "newsarchive.db"
    with served(blog("a-first", "a-second", "a-third")) as site:
        follow(db, f"{site.home}/", limit=1, user_agent="paper-bot/1")
        done = run("crawl", site.home, "--limit", "2", folder=tmp_path)
        assert done.returncode == 0, done.stderr
        assert {request.headers["User-Agent"] for request in site.seen} == {"paper-bot/1"}
    assert rows(db, "SELECT count(*) FROM articles") == [(2,)]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("https://blog.example", "--since", "yesterday"),
            "since='yesterday' is no date: write it as 2025-01-31",
        ),
        (("https://blog.example", "--limit", "many"), "limit='many' is no whole number from 1 to 1000000000"),
        (("https://blog.example", "--limit", "0"), "limit"),
        (
            ("https://blog.example", "--sources", "rss"),
            "sources='rss' holds 'rss', which is no source of posts",
        ),
        (("https://blog.example", "-a", "limit"), "-a limit: write it as NAME=VALUE"),
        (("https://blog.example", "-a", "limt=3"), "unknown argument 'limt'"),
        (("https://blog.example", "-s", "DOWNLOAD_DELAY"), "-s DOWNLOAD_DELAY: write it as NAME=VALUE"),
        (("https://a.example", "https://b.example", "-O", "x.csv"), "-o and -O take one blog"),
        (("--all", "-o", "x.csv"), "-o and -O take one blog"),
        (("news", "https://blog.example", "--all"), "which sites?"),
        (("pages.warc.gz",), "its pages are read by: newsarchive crawl warc -a path=pages.warc.gz"),
        (("not a host",), "give a web address, for example https://blog.example"),
    ],
)
def test_wrong_usage_says_what_to_type_and_fetches_nothing(
    words: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    (tmp_path / "pages.warc.gz").write_bytes(b"")
    done = run("crawl", *words, folder=tmp_path)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_no_address_leaves_no_archive_behind(tmp_path: Path) -> None:
    assert run("crawl", "https://blog.example", "foo", folder=tmp_path).returncode == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("quiet", [(), ("--quiet",)])
def test_a_blog_that_cannot_be_crawled_ends_with_4(quiet: tuple[str, ...], tmp_path: Path) -> None:
    with served({"/": "<html><body>nothing here</body></html>"}) as site:
        done = run("crawl", site.home, *FAST, *quiet, folder=tmp_path)
    assert done.returncode == 4
    assert done.stderr.count("no feed and no links to posts were found there") == 1


def test_a_blog_that_moved_to_another_host_is_told_with_its_address(tmp_path: Path) -> None:
    with demo.served() as home, served({"/": Answer(b"", 301, {"Location": home})}) as old:
        done = run("crawl", old.home, *FAST, "-s", "NEWSARCHIVE_ALLOW_PRIVATE=127.0.0.1", folder=tmp_path)
    assert done.returncode == 4
    assert f"it leads to another site, {home}: if the blog moved there" in done.stderr
    assert f"newsarchive sites add {home}\n" in done.stderr


def test_the_address_of_a_post_crawls_its_blog_and_says_so(tmp_path: Path) -> None:
    with served(blog("a-first", "a-second") | {"/": front("/a-first-story/", "/a-second-story/")}) as site:
        link = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
        paths = ("/a-first-story/", "/a-second-story/")
        items = "".join(f"<item><title>Story</title><link>{site.home}{path}</link></item>" for path in paths)
        site.answers["/feed.xml"] = Answer(
            f'<rss version="2.0"><channel><title>Blog</title>{items}</channel></rss>',
            headers={"Content-Type": "application/rss+xml"},
        )
        page = site.answers["/a-first-story/"].body
        assert isinstance(page, str)
        site.answers["/a-first-story/"] = Answer(page.replace("<head>", f"<head>{link}"))
        told = f"{site.home}/a-first-story/ is a post"
        crawled = run("crawl", f"{site.home}/a-first-story/", *FAST, folder=tmp_path)
        listed = run("sites", "list", folder=tmp_path)
        whole = run("crawl", f"{site.home}/", *FAST, folder=tmp_path)
        followed = run("sites", "add", f"{site.home}/a-first-story/", "--yes", folder=tmp_path)
    assert crawled.stderr.count(told) == 1
    assert f"by its front page, such as {site.home}/\n" in crawled.stderr
    assert "2 new" in crawled.stderr
    assert listed.stdout.startswith(f"{site.home}/\tby hand\t")
    assert (whole.returncode, "is a post" in whole.stderr) == (0, False)
    assert (followed.returncode, told in followed.stderr) == (2, True)
    assert f"newsarchive sites add {site.home}/\n" in followed.stderr


def test_quiet_prints_nothing_where_all_went_well(tmp_path: Path) -> None:
    with demo.served() as home:
        done = run("crawl", home, *FAST, "--quiet", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert rows(tmp_path / "newsarchive.db", "SELECT count(*) FROM articles") == [(3,)]


@pytest.mark.parametrize("command", [("crawl", "--all"), ("schedule", "--cron"), ("schedule", "--systemd")])
def test_a_slip_in_the_name_of_the_archive_makes_no_new_one(command: tuple[str, ...], tmp_path: Path) -> None:
    done = run(*command, "--db", "nwes.db", folder=tmp_path)
    assert (done.returncode, done.stdout) == (5, "")
    assert "nwes.db: no archive there: correct --db, or follow a site first" in done.stderr
    # Not even where the settings list sites: who says --db means an archive that is there.
    (tmp_path / "newsarchive.toml").write_text('[[site]]\nurl = "blog.example"\n')
    assert run(*command, "--db", "nwes.db", folder=tmp_path).returncode == 5
    assert [path.name for path in tmp_path.iterdir()] == ["newsarchive.toml"]


def test_what_holds_in_the_shell_holds_for_cron_too_and_deletions_are_found(tmp_path: Path) -> None:
    db = tmp_path / "new's 100%.db"
    with served(blog("a-first", "a-second")) as site:
        follow(db, f"{site.home}/")
        printed = run(
            "schedule", "--cron", "--db", db.name, folder=tmp_path,
            NEWSARCHIVE_CONTACT="me & you@example.org", NEWSARCHIVE_WARC="raw bytes",
        )  # fmt: skip
        assert printed.returncode == 0, printed.stderr
        line = as_cron_reads_it(printed.stdout.strip().split(" ", 5)[5])

        def as_cron() -> tuple[int, str, str]:
            bare = {
                "PATH": "/usr/bin:/bin",
                "PYTHONPATH": environment(tmp_path)["PYTHONPATH"],
                "NO_PROXY": "127.0.0.1",
                **warm.BYTECODE,
            }
            done = subprocess.run(line, shell=True, cwd="/", env=bare, capture_output=True, text=True, timeout=300, check=False)  # fmt: skip
            return done.returncode, done.stdout, done.stderr

        first = run("crawl", "--all", "--quiet", "--db", db.name, folder=tmp_path)
        assert first.returncode == 0, first.stderr
        site.seen.clear()
        make_due(db)
        site.answers["/"] = Answer(front("/a-second-story/"))
        site.answers["/a-first-story/"] = Answer("gone", 410)
        assert as_cron() == (0, "", "")
        assert {"me & you@example.org" in request.headers["User-Agent"] for request in site.seen} == {True}
        assert list((tmp_path / "raw bytes").glob("*.warc.gz"))
        asked = len(site.seen)
        assert as_cron() == (0, "", "")  # nothing is due: nothing is asked, and nothing mailed
        assert len(site.seen) == asked
    assert rows(db, "SELECT url FROM articles WHERE gone_at IS NOT NULL") == [
        (f"{site.home}/a-first-story/",)
    ]


def test_the_file_of_settings_is_carried_over_and_names_the_archive(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('database = "news.db"\n[[site]]\nurl = "blog.example"\n')
    printed = run("schedule", "--cron", "--config", "mine.toml", folder=tmp_path)
    words = shlex.split(printed.stdout)
    assert f"NEWSARCHIVE_CONFIG={tmp_path / 'mine.toml'}" in words
    assert "--db" not in words
    units = run(
        "schedule", "--systemd", "--config", "mine.toml", folder=tmp_path, NEWSARCHIVE_CONTACT='a "50%" $x'
    )
    assert f'Environment="NEWSARCHIVE_CONFIG={tmp_path / "mine.toml"}"\n' in units.stdout
    assert 'Environment="NEWSARCHIVE_CONTACT=a \\"50%%\\" $x"\n' in units.stdout


def test_the_bundled_blog_through_scrapy_shows_before_and_after(tmp_path: Path) -> None:
    done = scrapy("news", "-a", "url=demo", folder=tmp_path, http_proxy="http://127.0.0.1:9", no_proxy="*")
    assert done.returncode == 0, done.stderr
    before, after = done.stderr.split("As the blog has it:")[1].split("As the archive has it:")
    assert "โ€œWe heard the horn" in before
    assert "“We heard the horn" in after
    assert "self-promotion: Are you looking for more from the coast?" in after
    assert "The articles are in newsarchive.db." in after
    db = tmp_path / "newsarchive.db"
    urls = [str(url) for (url,) in rows(db, "SELECT url FROM articles")]
    assert len(urls) == 3
    assert all(url.startswith(f"{demo.ADDRESS}/2025/") for url in urls)
    again = run("crawl", "demo", "-a", "recheck=1", folder=tmp_path)  # the same blog, at the same address
    assert again.returncode == 0, again.stderr
    assert rows(db, "SELECT count(*) FROM articles") == [(3,)]
    # What it names as the next commands works as it stands there.
    commands = [
        line.split() for line in done.stderr.split("What to type next:")[1].splitlines() if line.strip()
    ]
    assert [words[:2] for words in commands] == [
        ["newsarchive", name] for name in ("search", "show", "export", "crawl")
    ]
    for words in commands[:-1]:
        assert run(*words[1:], folder=tmp_path).returncode == 0, words
    assert (tmp_path / "articles.csv").read_bytes()


def test_a_part_of_the_bundled_blog_is_shown_too(tmp_path: Path) -> None:
    newest = ("-a", "sources=feed", "-a", "since=2025-04-24")  # which needs no repair
    done = run("crawl", "demo", *newest, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "The articles are in newsarchive.db." in done.stderr
    assert "Traceback" not in done.stderr


def test_the_bundled_blog_leaves_other_data_alone(tmp_path: Path) -> None:
    (tmp_path / "newsarchive.toml").write_text('warc = "mine"\n[crawl]\nlimit = 1\nsince = 2025-04-24\n')
    done = run("demo", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("By Ayu Lestari") == 3
    assert [path.name for path in tmp_path.iterdir()] == ["newsarchive.toml"]
    kept = run("demo", "--db", "kept.db", folder=tmp_path)
    assert "newsarchive search ferry --db kept.db" in kept.stderr
    [ferry] = [a for a in Selection(open_source(str(tmp_path / "kept.db"))) if "ferry" in a.url]
    before, after = damaged_sentence(ferry)
    assert before != after
    assert after in ferry.article_body


def test_a_dry_run_lists_into_a_feed_and_asks_for_no_post(tmp_path: Path) -> None:
    with served(blog("a-first", "a-second")) as site:
        done = run("crawl", site.home, *FAST, "--dry-run", "-O", "named.jsonl", folder=tmp_path)
        assert done.returncode == 0, done.stderr
        assert not any("story" in path for path in site.paths())
    named = [json.loads(line)["url"] for line in (tmp_path / "named.jsonl").read_text("utf-8").splitlines()]
    assert sorted(named) == [f"{site.home}/a-first-story/", f"{site.home}/a-second-story/"]
    assert [path.name for path in tmp_path.iterdir()] == ["named.jsonl"]


def test_a_post_that_fails_is_no_failed_site(tmp_path: Path) -> None:
    """Whatever exit code the spider gives for it: the site's other posts are looked at again, and it is not failing."""
    from newsarchive.cli.crawl import exit_code
    from newsarchive.exceptions import SOME_FAILED
    from newsarchive.spider_processes.site_crawl import Result

    some, none = Result("https://a.example"), Result("https://b.example")
    some.add(SOME_FAILED, {"failed/http 500": "2", "new": "5"})
    assert (some.failed, exit_code([some]), exit_code([some, none])) == (False, SOME_FAILED, SOME_FAILED)
    assert some.problem == "https://a.example: 2 posts could not be fetched; the next crawl asks again"
    some.add(1, {"spider_error": "KeyError: 'x'"})  # a fault in a spider is graver
    assert (some.failed, some.code, some.problem) == (True, 1, "KeyError: 'x'")
    broken = Result("https://c.example")
    broken.add(4, {})
    assert [exit_code([broken]), exit_code([broken, none]), exit_code([none])] == [4, 3, 0]
    refused = Result("https://d.example")
    refused.add(4, {"failed/too large": "6", "failed/timeout": "1"})
    assert refused.problem == (
        "https://d.example: none of its posts could be fetched (too large, timeout); the next crawl asks again"
    )
    full = Result("https://e.example")
    full.add(5, {})
    assert full.problem == "https://e.example: the archive could not be written: newsarchive doctor says why"
    broken.add(5, {"database_error": "the disk is full"})
    assert (exit_code([broken, none]), broken.problem) == (5, "the disk is full")


def test_a_demo_that_is_stopped_while_it_crawls_prints_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The crawl stores what it has and ends well; the command goes on to nothing."""

    def stopped(self: SpiderProcesses, *_: object) -> int:
        self.has_worked = True
        self.signals.append(signal.SIGINT)
        return 0

    monkeypatch.setattr(SpiderProcesses, "run", stopped)
    done = CliRunner().invoke(cli, ["demo", "--db", str(tmp_path / "kept.db")])
    assert (done.exit_code, done.stdout, done.stderr) == (130, "", "stopped\n")
