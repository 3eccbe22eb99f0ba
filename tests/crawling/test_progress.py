"""What a person sees while a crawl goes on, and at its end."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console
from scrapy.exceptions import NotConfigured
from scrapy.settings import Settings

from newsarchive.cli.crawl import SiteProgress
from newsarchive.cli.output import messages
from newsarchive.extensions import progress as extensions
from newsarchive.extensions.progress import Pace
from newsarchive.extensions.progress_bar import Bar
from newsarchive.spiders.base import ArchiveSpider
from tests.crawling.test_crawl_sites import blog, front
from tests.support.serving import FAST, crawl, served
from tests.support.terminal import module, run

pytestmark = pytest.mark.slow  # crawls on a terminal

URL = "https://blog.example/2025/04/a-ferry-that-returns/"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Posts:
    def __init__(self) -> None:
        self.done, self.found = 0, 0

    def __call__(self) -> tuple[int, int]:
        return self.done, self.found


def test_the_pace_in_words() -> None:
    posts, clock = Posts(), Clock()
    pace = Pace(posts, clock)
    pace.start()
    assert pace.words() == "looking for posts"
    posts.found = 40
    assert pace.words() == "0 of 40 posts"
    posts.done, clock.now = 10, 110.0
    assert pace.words() == "10 of 40 posts, 1.0 pages a second, 30 seconds left"
    clock.now += 1000
    assert pace.words() == "10 of 40 posts, 1 pages a minute, 51 minutes left"
    posts.done = 40
    assert pace.words().endswith("finishing")


@pytest.mark.parametrize("width", [30, 45, 57, 80, 200])
def test_the_bar_shows_pace_rest_and_page_in_two_lines(width: int) -> None:
    posts, clock, out = Posts(), Clock(), io.StringIO()
    console = Console(file=out, force_terminal=True, width=width, color_system=None)
    pace = Pace(posts, clock)
    bar = Bar(console, pace, lambda: URL)
    pace.start()
    posts.found = 40
    for done in range(11):
        posts.done, clock.now = done, clock.now + 2
        shown = list(bar.get_renderables())
    out.seek(0)
    out.truncate()
    for line in shown:
        console.print(line)
    first, second = out.getvalue().splitlines()
    assert first.startswith("━")
    assert first.endswith("2 minutes left" if width >= 45 else "10 of 40 posts")
    if width >= 80:
        assert "0.5 pages a second" in first
        assert second.strip() == URL
    assert second.strip().endswith("ferry-that-returns/")
    assert max(len(first), len(second)) <= width


class Watched(ArchiveSpider):
    """A spider of ours, as far as the display asks."""

    name = "news"
    url = "https://blog.example/"
    limit: int | None = None
    dry_run = False


def crawler(stats: dict[str, int], **settings: Any) -> Any:
    return SimpleNamespace(
        stats=SimpleNamespace(get_stats=lambda: stats),
        settings=Settings(settings),
        spider=Watched(),
        signals=SimpleNamespace(connect=lambda *_: None),
    )


def test_without_a_terminal_it_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    stats = {"newsarchive/discovered": 30, "newsarchive/new": 10, "newsarchive/skipped/not due": 5}
    progress = extensions.Progress.from_crawler(crawler(stats))
    progress.pace.clock = clock = Clock()
    progress.pace.start()
    progress.at(SimpleNamespace(url=URL))  # type: ignore[arg-type]
    clock.now += 10
    progress.tell()
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"https://blog.example/: 10 of 25 posts, 1.0 pages a second, 15 seconds left, at {URL}\n"
    assert not progress.watched
    assert extensions.SECONDS_BETWEEN_LINES == 60


def test_in_a_log_of_json_it_is_a_record(capsys: pytest.CaptureFixture[str]) -> None:
    stats = {"newsarchive/discovered": 30, "newsarchive/new": 10}
    progress = extensions.Progress.from_crawler(crawler(stats, NEWSARCHIVE_LOG_FORMAT="json"))
    progress.at(SimpleNamespace(url=URL))  # type: ignore[arg-type]
    progress.tell()
    said = json.loads(capsys.readouterr().err)
    assert said | {"time": ""} == {
        "time": "", "level": "INFO", "event": "progress", "site": "https://blog.example/", "done": 10, "found": 30, "at": URL,
    }  # fmt: skip


def test_the_limit_is_the_end_of_the_bar() -> None:
    found = crawler({"newsarchive/discovered": 300, "newsarchive/new": 10})
    found.spider.limit = 20
    assert extensions.Progress.from_crawler(found).position() == (10, 20)


def test_of_a_file_nobody_knows_how_much_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    found = crawler({"newsarchive/discovered": 132, "newsarchive/new": 100})
    found.spider.all_read = False
    progress = extensions.Progress.from_crawler(found)
    progress.pace.clock = clock = Clock()
    progress.pace.start()
    clock.now += 10
    assert progress.pace.words() == "100 posts, 10.0 pages a second"
    found.spider.all_read = True
    assert progress.pace.words() == "100 of 132 posts, 10.0 pages a second, 4 seconds left"


def test_a_page_that_waits_until_its_site_is_learned_is_read() -> None:
    """A file of a thousand sites has one page of each, and stores them at its end: hours seemed to be left."""
    stats = {"newsarchive/discovered": 1000, "newsarchive/new": 2, "newsarchive/awaiting template": 498}
    assert extensions.Progress.from_crawler(crawler(stats)).position() == (500, 1000)


def test_quiet_shows_nothing() -> None:
    for extension in (extensions.Progress, extensions.Summary):
        with pytest.raises(NotConfigured):
            extension.from_crawler(crawler({}, NEWSARCHIVE_QUIET="1"))


@pytest.mark.parametrize("columns", [50, 80])
def test_a_crawl_on_a_terminal(tmp_path: Path, columns: int) -> None:
    with served(blog("a-first", "a-second")) as site:
        command = module("scrapy", "crawl", "news", "-a", f"url={site.home}", *FAST)
        seen = run(
            command, tmp_path, columns=columns, pipe=True, SCRAPY_SETTINGS_MODULE="newsarchive.settings"
        )
        again = run(module("newsarchive", "crawl", site.home, "-q", *FAST), tmp_path, columns=columns)
        colourless = run(
            module("newsarchive", "crawl", site.home, "-a", "recheck=1", "--db", "other.db", *FAST), tmp_path, NO_COLOR="1"
        )  # fmt: skip
    assert seen.code == 0
    assert seen.stdout == ""
    assert "━" in seen.screen
    assert " of 2 posts" in seen.screen
    assert f"{site.home}/" in seen.lines  # not broken, whatever the width
    assert [line.split() for line in seen.lines if "posts found" in line] == [["2", "posts", "found"]]
    end = seen.screen[seen.screen.index("The articles are in newsarchive.db.") :]
    assert "newsarchive-warc" in end
    assert "\n  newsarchive search WORDS\n  newsarchive export articles.csv\n" in end
    assert again.raw == ""
    assert "newsarchive export articles.csv --db other.db" in colourless.screen
    assert not any(code in colourless.raw for code in ("\x1b[1m", "\x1b[2m", "\x1b[3", "\x1b[9"))


def test_elsewhere_a_crawl_ends_with_one_line_and_where_the_articles_are(tmp_path: Path) -> None:
    with served(blog("a-first", "a-second")) as site:
        done = crawl(f"url={site.home}", db=tmp_path / "newsarchive.db")
        listed = crawl(f"url={site.home}", "dry_run=1", db=tmp_path / "newsarchive.db")
    assert done.stdout == ""
    first, *rest = done.stderr.splitlines()
    assert first == f"{site.home}/: 2 discovered, 2 new, 0 updated, 0 unchanged"
    assert rest[0].startswith("The articles are in ")
    assert "The articles are" not in listed.stderr


def test_articles_that_no_reader_sees_are_told(tmp_path: Path) -> None:
    sentence = "The town will close its last lighthouse in March, and nobody has asked the pilots. "
    doubtful = f"<html><title>Oil</title><body><h1>Lamp oil and lamps</h1><div><p>{sentence}</p></div><div>"
    doubtful += "".join(f"<div><h3>A story {n}</h3><p>{sentence}</p></div>" for n in range(3))
    doubtful += "</div><ul>" + "".join(f"<li>The price of lamp oil {n}</li>" for n in range(30)) + "</ul>"
    pages = blog("a-first") | {"/": front("/a-first-story/", "/lamp-oil/"), "/lamp-oil/": doubtful}
    with served(pages) as site:
        done = crawl(f"url={site.home}", db=tmp_path / "newsarchive.db")
    assert done.stderr.splitlines()[:2] == [
        f"{site.home}/: 2 discovered, 2 new, 0 updated, 0 unchanged",
        "note: 1 article of low confidence waits in quarantine, hidden from readers: see `newsarchive quarantine list`",
    ]


@pytest.mark.parametrize("columns", [50, 80])
def test_several_sites_have_a_bar_and_a_table(tmp_path: Path, columns: int) -> None:
    with served(blog("a-first")) as one, served(blog("a-second")) as other:
        homes = [one.home, other.home.replace("127.0.0.1", "localhost")]  # two hosts, so that none waits
        command = module("newsarchive", "crawl", *homes, *FAST)
        seen = run(command, tmp_path, columns=columns, pipe=True)
        quiet = run([*command, "--quiet"], tmp_path, columns=columns, pipe=True)
    assert seen.code == 0
    assert seen.stdout == ""
    assert "crawling" in seen.screen
    head = next(line for line in seen.lines if "discovered" in line)
    assert head.split() == ["discovered", "new", "updated", "unchanged", "gone", "dropped", "failed", "site"]
    for home in homes:
        assert any(home in line.split()[-1:] or f"{home}/" in line.split()[-1:] for line in seen.lines)
    assert "newsarchive export articles.csv" in seen.screen
    assert (quiet.raw, quiet.stdout) == ("", "")


def test_several_sites_elsewhere_have_one_line_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    progress = SiteProgress(3, silent=False)
    progress.end()
    progress.print_line(running=True)
    progress.print_line(running=False)
    SiteProgress(3, silent=True).print_line(running=True)
    assert capsys.readouterr() == ("", "1 of 3 sites crawled\n")


def test_messages_that_nobody_reads_end_no_program() -> None:
    """Rich ends a program whose standard error is a closed pipe; in a crawl that left the engine waiting for ever."""
    reader, writer = os.pipe()
    os.close(reader)
    console = messages()
    with contextlib.suppress(BrokenPipeError), open(writer, "w") as closed:  # as it closes, it flushes
        console.file = closed
        console.print("12 discovered")
        console.print("again")


def test_a_crawl_without_a_terminal_imports_no_rich() -> None:
    load = "import sys, newsarchive.commands.crawl, newsarchive.pipelines, newsarchive.extensions.progress"
    subprocess.run([sys.executable, "-c", f"{load}; assert 'rich' not in sys.modules"], check=True)
