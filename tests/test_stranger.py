"""In another Scrapy project: the wheel in an environment of its own, `scrapy startproject`, a spider and a pipeline
of the project's own, Scrapy's feeds and commands, and a script."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from warcio.archiveiterator import ArchiveIterator

from tests.crawling.test_crawl import front, post, rows
from tests.support.installed import run_installed
from tests.support.serving import Answer, Site, served

pytestmark = pytest.mark.slow

SPIDERS = '''
import scrapy
from newsarchive.crawling.responses import capture_of


class Own(scrapy.Spider):
    """Yields a response, a capture, a dict and nothing of ours, by the page."""

    name = "own"

    def __init__(self, home="", **arguments):
        super().__init__(**arguments)
        self.start_urls = [home]

    def parse(self, response):
        if response.url.endswith("/"):
            if "story" not in response.url:
                yield from response.follow_all(css="h2 a")
            elif "capture" in response.url:
                yield capture_of(response)
            else:
                yield response
            yield {"seen": response.url, "size": len(response.body)}


class Dicts(scrapy.Spider):
    """Another spider of the project, which has nothing to do with the archive."""

    name = "dicts"

    def __init__(self, home="", **arguments):
        super().__init__(**arguments)
        self.start_urls = [home]

    def parse(self, response):
        yield {"seen": response.url}
'''

PIPELINE = '''
from dataclasses import replace
from newsarchive.items import Article


class Between:
    """The project's own pipeline, between two of ours; another that counts what passes at the end."""

    def process_item(self, item):
        if isinstance(item, Article):
            return replace(item, keywords=(*item.keywords, "by the project"))
        return item


class Last:
    def __init__(self, crawler):
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler):
        return cls(crawler)

    def process_item(self, item):
        self.crawler.stats.inc_value(f"last/{type(item).__name__}")
        return item
'''

SETTINGS = """
ADDONS = {"newsarchive.addon.Addon": 500}
SPIDER_MODULES = ["shop.spiders", "newsarchive.spiders"]
ITEM_PIPELINES = {"shop.pipelines.Between": 350, "shop.pipelines.Last": 1000}
DOWNLOAD_DELAY = 0
AUTOTHROTTLE_ENABLED = False
NEWSARCHIVE_CONTACT = "shop@example.org"
"""

SCRIPT = """
import datetime
import sys
from scrapy.crawler import CrawlerProcess
from scrapy.utils.project import get_project_settings

process = CrawlerProcess(get_project_settings())
process.crawl("news", url=sys.argv[1], limit=2, since=datetime.date(2025, 1, 31), recheck=False, sources=["archive"])
process.start()
"""


@pytest.fixture(scope="module")
def started_project(bin_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as `scrapy startproject` makes it, with the add-on, a spider and a pipeline."""
    folder = tmp_path_factory.mktemp("project")
    assert run(bin_folder, "-m", "scrapy", "startproject", "shop", folder=folder).returncode == 0
    made = folder / "shop"
    (made / "shop" / "spiders" / "own.py").write_text(SPIDERS)
    (made / "shop" / "pipelines.py").write_text(PIPELINE)
    with (made / "shop" / "settings.py").open("a") as settings:
        settings.write(SETTINGS)
    (made / "script.py").write_text(SCRIPT)
    (folder / "where.py").write_text("import newsarchive; print(newsarchive.__file__)")
    for words in (["-m", "where"], ["where.py"]):
        assert str(bin_folder.parent) in run(bin_folder, *words, folder=folder).stdout
    return made


@pytest.fixture
def project(started_project: Path, tmp_path: Path) -> Path:
    """A copy of the project, in which nothing was crawled."""
    return shutil.copytree(started_project, tmp_path / "shop")


def run(bin_folder: Path, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return run_installed(bin_folder / "python", *words, folder=folder)


def scrapy(bin_folder: Path, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    done = run(bin_folder, "-m", "scrapy", *words, folder=folder)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done


def blog() -> dict[str, Answer | str]:
    paths = {
        "/a-story-of-bridges/": "2025-03-01", "/a-capture-story/": "2025-02-01", "/an-older-story/": "2024-01-01"
    }  # fmt: skip
    posts: dict[str, Answer | str] = {
        path: post(f"Headline of {path}", date=f"{day}T08:00:00Z") for path, day in paths.items()
    }
    return {**posts, "/": front(*posts)}


def stored(folder: Path) -> set[str]:
    return {str(headline) for (headline,) in rows(folder / "newsarchive.db", "SELECT headline FROM articles")}


HEADLINES = {
    f"Headline of {path}" for path in ("/a-story-of-bridges/", "/a-capture-story/", "/an-older-story/")
}


#: Arguments of the project's spider that have the names of attributes of ours.
THEIR_OWN = [
    word
    for name in (
        "since",
        "site",
        "url",
        "limit",
        "asked",
        "room",
        "frontier",
        "arguments",
        "site_id",
        "dry_run",
    )
    for word in ("-a", f"{name}=2024-06-01")
]


def test_a_project_of_a_stranger_fills_the_archive_and_its_own_feeds(bin_folder: Path, project: Path) -> None:
    with served(blog()) as site:
        feeds = [word for name in ("out.json", "out.csv", "out.xml") for word in ("-O", name)]
        done = scrapy(
            bin_folder, "crawl", "own", "-a", f"home={site.home}/", *THEIR_OWN, *feeds, folder=project
        )
        agents = {request.headers["User-Agent"] for request in site.seen}
    assert stored(project) == HEADLINES
    assert len(agents) == 1
    assert agents.pop().endswith("(+shop@example.org)")
    # The project's own items pass untouched, and its pipelines see ours.
    written = json.loads((project / "out.json").read_text("utf-8"))
    dicts = [item for item in written if "seen" in item]
    articles = [item for item in written if "headline" in item]
    assert len(dicts) == 4
    assert all(set(item) == {"seen", "size"} for item in dicts)
    assert {item["headline"] for item in articles} == HEADLINES
    assert all("by the project" in item["keywords"] for item in articles)
    assert not {"capture", "blocks", "minhash", "seen"} & set(articles[0])
    assert "'last/Article': 3" in done.stderr
    assert "'last/dict': 4" in done.stderr
    with (project / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {"b'", "Capture("}.isdisjoint(file.read())
    items = ElementTree.parse(project / "out.xml").getroot()
    assert {item.findtext("headline") for item in items if item.find("headline") is not None} == HEADLINES
    # Raw bytes are kept of what was yielded either way, and of nothing else; both can be read again.
    places = rows(project / "newsarchive.db", "SELECT warc_file <> '', warc_length > 0 FROM captures")
    assert places == [(1, 1)] * 3
    rows(project / "newsarchive.db", "UPDATE captures SET extractor_version = 0")
    again = run(bin_folder, "-m", "newsarchive", "reextract", "--db", "newsarchive.db", folder=project)
    assert "3 read" in again.stderr, again.stderr
    assert "failed" not in again.stderr.replace("0 failed", "")


def test_a_page_that_a_strangers_spider_finds_unchanged_is_not_kept_twice(
    bin_folder: Path, project: Path
) -> None:
    with served(blog()) as site:
        for _ in range(2):
            scrapy(bin_folder, "crawl", "own", "-a", f"home={site.home}/", folder=project)
    kinds = [
        record.rec_type
        for path in sorted((project / "newsarchive-warc").glob("*.warc.gz"))
        for record in ArchiveIterator(path.open("rb"))
        if record.rec_type != "request"
        and "story" in (record.rec_headers.get_header("WARC-Target-URI") or "")
    ]
    assert kinds == ["response"] * 3 + ["revisit"] * 3


def test_csv_of_articles_alone_has_a_column_a_field(bin_folder: Path, project: Path) -> None:
    with served(blog()) as site:
        scrapy(bin_folder, "crawl", "news", "-a", f"url={site.home}/", "-O", "out.csv", folder=project)
    with (project / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.DictReader(file))
    assert {row["headline"] for row in found} == HEADLINES
    assert all(row["article_body"] and row["url"] for row in found)


def test_scrapy_parse_shows_items_without_bytes(bin_folder: Path, project: Path) -> None:
    with served(blog()) as site:
        for path in ("/a-story-of-bridges/", "/a-capture-story/"):
            words = ("parse", "--spider", "own", "--nocolour", "-a", f"home={site.home}/", site.home + path)
            shown = scrapy(bin_folder, *words, folder=project).stdout
            assert f"'url': '{site.home}{path}'" in shown
            assert "'size_bytes': " in shown
            assert "town council" not in shown
        assert not (project / "newsarchive.db").exists()
        scrapy(bin_folder, *words, "--pipelines", folder=project)
    assert stored(project) == {"Headline of /a-capture-story/"}


def test_scrapy_parse_of_our_spider_comes_to_its_end(bin_folder: Path, project: Path) -> None:
    """It keeps the items from the pipelines, which say otherwise that a post is done."""
    posts = {f"/story-{number}/": post(f"Story {number}") for number in range(12)}
    words = ("--spider", "news", "-c", "parse_home", "-d", "2", "--nocolour")
    with served({**posts, "/": front(*posts)}) as site:
        home = f"{site.home}/"
        shown = scrapy(bin_folder, "parse", *words, "-a", f"url={home}", home, folder=project).stdout
    assert shown.count("'size_bytes'") == len(posts)


def test_a_spider_that_has_nothing_to_do_with_the_archive(bin_folder: Path, project: Path) -> None:
    with served(blog()) as site:
        done = scrapy(
            bin_folder, "crawl", "dicts", "-a", f"home={site.home}/", "-O", "out.jsonl", folder=project
        )
        assert json.loads((project / "out.jsonl").read_text()) == {"seen": f"{site.home}/"}
    assert "discovered" not in done.stderr
    assert not (project / "newsarchive.db").exists()


def test_a_script_with_real_numbers_dates_and_switches(bin_folder: Path, project: Path) -> None:
    with served(blog()) as site:
        done = run(bin_folder, "script.py", f"{site.home}/", folder=project)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        assert robots_first(site)
    assert stored(project) == HEADLINES - {"Headline of /an-older-story/"}
    with sqlite3.connect(project / "newsarchive.db") as connection:
        ((arguments,),) = connection.execute("SELECT arguments FROM crawl_runs").fetchall()
    said = json.loads(arguments)
    assert (said["limit"], said["since"], said["recheck"]) == ("2", "2025-01-31", "0")


def robots_first(site: Site) -> bool:
    return site.paths()[0] == "/robots.txt"


def test_settings_of_the_project_stand(bin_folder: Path, project: Path) -> None:
    """So does Scrapy's own pipeline of files, which sets a field `files` on each item that can have one."""
    with (project / "shop" / "settings.py").open("a") as settings:
        settings.write(
            '\nNEWSARCHIVE_DATABASE_URL = "sqlite:///shop.db"\nNEWSARCHIVE_WARC = "off"\nUSER_AGENT = "shop/1"\n'
            'ITEM_PIPELINES["scrapy.pipelines.files.FilesPipeline"] = 1\nFILES_STORE = "files"\n'
        )
    with served(blog()) as site:
        scrapy(bin_folder, "crawl", "own", "-a", f"home={site.home}/", folder=project)
        assert {request.headers["User-Agent"] for request in site.seen} == {"shop/1"}
    assert not list(project.glob("*warc*"))
    assert not (project / "newsarchive.db").exists()
    assert rows(project / "shop.db", "SELECT count(*) FROM articles") == [(3,)]


def test_our_command_in_a_project_ends_with_our_exit_codes(bin_folder: Path, project: Path) -> None:
    """The settings of the project and of the spider count for its checks, too."""
    with (project / "shop" / "settings.py").open("a") as settings:
        settings.write('\nCOMMANDS_MODULE = "newsarchive.commands"\nNEWSARCHIVE_METRICS = "metrics.prom"\n')
    spider = project / "shop" / "spiders" / "own.py"
    elsewhere = '    name = "own"\n    custom_settings = {"NEWSARCHIVE_DATABASE_URL": "own.db"}\n'
    spider.write_text(SPIDERS.replace('    name = "own"\n', elsewhere))
    with served(blog()) as site:
        home = f"home={site.home}/"
        scrapy(bin_folder, "crawl", "dicts", "-a", home, folder=project)
        assert not list(project.glob("*.db"))
        scrapy(bin_folder, "crawl", "own", "-a", home, folder=project)
        assert rows(project / "own.db", "SELECT count(*) FROM articles") == [(3,)]
        scrapy(bin_folder, "crawl", "news", "-a", f"url={site.home}/", folder=project)
    assert stored(project) == HEADLINES
    assert (project / "metrics.prom").exists()
    done = run(bin_folder, "-m", "scrapy", "crawl", "news", "-a", "url=http://127.0.0.1:9/", folder=project)
    assert done.returncode == 4, done.stderr
    for words in (["news", "-a", "limit=2"], ["own", "-s", "NEWSARCHIVE_WORKERS=many"]):
        wrong = run(bin_folder, "-m", "scrapy", "crawl", *words, folder=project)
        assert (wrong.returncode, "Traceback" in wrong.stderr) == (2, False), wrong.stderr


def test_the_bounds_in_the_settings_hold_in_a_script_too(bin_folder: Path, project: Path) -> None:
    """What the call itself says stands over them."""
    (project / "newsarchive.toml").write_text('[crawl]\nlimit = 2\nsources = ["archive"]\n')
    script = """
import sys
from scrapy.crawler import CrawlerProcess
from scrapy.utils.project import get_project_settings

process = CrawlerProcess(get_project_settings())
process.crawl("news", url=sys.argv[1], sources="feed,archive")
process.start()
"""
    (project / "script.py").write_text(script)
    with served(blog()) as site:
        done = run(bin_folder, "script.py", f"{site.home}/", folder=project)
        assert done.returncode == 0, done.stderr
    assert len(stored(project)) == 2
    ((arguments,),) = rows(project / "newsarchive.db", "SELECT arguments FROM crawl_runs")
    assert (json.loads(arguments)["limit"], json.loads(arguments)["sources"]) == ("2", "feed,archive")


@pytest.mark.parametrize("reactor", ["twisted.internet.selectreactor.SelectReactor", ""])
def test_another_reactor_is_refused_with_the_remedy(bin_folder: Path, project: Path, reactor: str) -> None:
    with (project / "shop" / "settings.py").open("a") as settings:
        settings.write(f"\nTWISTED_REACTOR = {reactor!r}\n")
    # `-mscrapy` is a program of its own: Twisted says what failed as Python takes everything apart, and a fork does not.
    words = ("-mscrapy", "crawl", "own", "-a", "home=http://127.0.0.1:9/")
    done = run(bin_folder, *words, folder=project)
    assert done.returncode != 0
    assert "the add-on works with the reactor of asyncio alone" in done.stderr
    assert "no running event loop" not in done.stderr


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("NEWSARCHIVE_WORKERS=many", "NEWSARCHIVE_WORKERS: 'many' is no whole number"),
        ("NEWSARCHIVE_WORKES=1", "did you mean NEWSARCHIVE_WORKERS?"),
        ("NEWSARCHIVE_RULES=/nowhere", "/nowhere: no such folder"),
    ],
)
def test_a_wrong_setting_is_a_sentence_and_no_traceback(
    bin_folder: Path, project: Path, setting: str, says: str
) -> None:
    words = ("-mscrapy", "crawl", "own", "-a", "home=http://127.0.0.1:9/", "-s", setting)
    done = run(bin_folder, *words, folder=project)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "newsarchive: the crawl cannot begin: " in done.stderr
    assert says in done.stderr


def test_without_a_reactor_nothing_leads_into_private_networks(bin_folder: Path, project: Path) -> None:
    """Scrapy's other way to make connections cannot be watched: our spiders refuse it."""
    with (project / "shop" / "settings.py").open("a") as settings:
        settings.write("\nTWISTED_REACTOR_ENABLED = False\n")
    words = ("-m", "scrapy", "crawl", "news", "-a", "url=http://127.0.0.1:9/")
    refused = run(bin_folder, *words, folder=project)
    assert refused.returncode != 0
    assert "nobody can see where Scrapy connects to" in refused.stderr
    assert "NEWSARCHIVE_ALLOW_PRIVATE = all" in refused.stderr
    assert not list(project.glob("*-warc"))
