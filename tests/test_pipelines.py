"""The Scrapy shell around the core: thin, in the order of the steps, and usable from other projects."""

from __future__ import annotations

import asyncio
import gc
import pickle
import weakref
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import scrapy
from itemadapter import ItemAdapter
from scrapy import Request, exporters, signals
from scrapy.exceptions import DownloadTimeoutError
from scrapy.http import HtmlResponse
from scrapy.logformatter import LogFormatter
from scrapy.settings import SETTINGS_PRIORITIES, Settings
from scrapy.utils.misc import load_object
from scrapy.utils.test import get_crawler

from newsarchive import pipelines, rules
from newsarchive import settings as own
from newsarchive.addon import SWITCHED, Addon
from newsarchive.core import steps
from newsarchive.core.discovery.page_kind import FirstLook, LookAt, first_look
from newsarchive.core.site_template.evidence import Finding
from newsarchive.core.site_template.model import Entry, Template
from newsarchive.core.text.lines import line_key
from newsarchive.crawling import page_reader
from newsarchive.crawling.failures import Dropped, NoAddress
from newsarchive.crawling.page_reader import MAX_PAGES_AHEAD, articles_wanted
from newsarchive.crawling.responses import blog_of, capture_of
from newsarchive.crawling.stats import Count, Counts, Group, key
from newsarchive.db import site_templates
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.packed import head_of, with_capture
from newsarchive.exceptions import NotAnArticle, UsageError
from newsarchive.extensions import alarms
from newsarchive.extensions.progress import Outcomes
from newsarchive.items import Article, Capture, DropReason, Link, Page, Place, SourceText
from newsarchive.middlewares import (
    MAX_TIMED_OUT_REQUESTS_IN_A_ROW,
    DelayMiddleware,
    FailingSiteMiddleware,
)
from newsarchive.spiders.news import NewsSpider
from newsarchive.spiders.recrawl import RecrawlSpider
from newsarchive.spiders.warc import Arrival, WarcSpider
from newsarchive.version import user_agent
from newsarchive.warc.writer import WarcWriter
from newsarchive.workers import pool, worker
from newsarchive.workers.worker import PageJob, Worker

PAGE = (
    b"<html><head><title>A bridge</title></head><body><article><h1>A bridge</h1>"
    + b"<p>The council agreed on Tuesday to repair the old bridge over the river before the next winter comes, at a cost of two million.</p>"
    * 4
    + b"</article></body></html>"
)


#: What follows the steps.
AFTER = [pipelines.TemplatePipeline, pipelines.SincePipeline, pipelines.StorePipeline]


def test_the_pipelines_stand_in_the_order_of_the_steps() -> None:
    assert [cls.step for cls in pipelines.STEP_PIPELINES] == list(steps.STEPS)
    settings = Settings({"NEWSARCHIVE_WORKERS": 0, "ITEM_PIPELINES": {Foreign: 350}})
    Addon().update_settings(settings)
    chain = {load_object(one): place for one, place in settings.getdict("ITEM_PIPELINES").items()}
    ordered = [one for one in sorted(chain, key=chain.__getitem__) if one is not Foreign]
    assert ordered == [pipelines.CapturePipeline, *pipelines.STEP_PIPELINES, *AFTER]


class Foreign:
    """A pipeline of another project."""


#: (the setting, the project's own pipelines, whether one pipeline does all steps)
CHAINS = [
    (2, {}, True),
    ("2", {}, True),
    (2, {Foreign: 300}, True),
    ("auto", {}, True),
    (0, {}, True),
    ("0", {}, True),
    ("0", {Foreign: 300}, False),
    (0, {Foreign: 850}, True),
    ("auto", {Foreign: 20}, True),  # it sees captures either way
    ("auto", {Foreign: 100}, False),
    ("auto", {Foreign: 300}, False),
    ("auto", {Foreign: 799}, False),  # it sees articles before the site's template is applied
    ("auto", {Foreign: 850}, True),
    ("auto", {Foreign: 1000}, True),
    ("auto", {Foreign: None}, True),
    ("auto", {"newsarchive.pipelines.ExtractPipeline": None, Foreign: 1000}, False),
    ("auto", {"newsarchive.pipelines.OriginPipeline": 350}, False),
    ("auto", {"newsarchive.pipelines.StorePipeline": 700}, True),
]


@pytest.mark.parametrize(("workers", "own", "at_once"), CHAINS)
def test_one_pipeline_does_all_steps_or_one_does_each(
    workers: int | str, own: dict[type | str, int | None], at_once: bool
) -> None:
    settings = Settings({"NEWSARCHIVE_WORKERS": workers, "ITEM_PIPELINES": own})
    Addon().update_settings(settings)
    chain = {load_object(one): place for one, place in settings.getdict("ITEM_PIPELINES").items()}
    assert (pipelines.WorkersPipeline in chain) is at_once
    assert chain.keys().isdisjoint(pipelines.STEP_PIPELINES) is at_once
    if at_once:
        ours = [one for one in sorted(chain, key=lambda one: chain[one] or 0) if one is not Foreign]
        assert ours[:2] == [pipelines.CapturePipeline, pipelines.WorkersPipeline]


@pytest.mark.parametrize(
    ("setting", "cores", "expected"),
    [("auto", 1, 0), ("auto", 2, 2), ("auto", 3, 3), ("auto", 64, 3), (8, 2, 8), ("8", 2, 8), (0, 4, 0)],
)
def test_auto_is_as_many_processes_as_cores_up_to_three(
    setting: int | str, cores: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_reader, "cores", lambda: cores)
    assert page_reader.worker_count(Settings({"NEWSARCHIVE_WORKERS": setting})) == expected


def test_a_project_that_places_a_pipeline_itself_keeps_its_place() -> None:
    settings = Settings({"ITEM_PIPELINES": {"newsarchive.pipelines.StorePipeline": 42}})
    Addon().update_settings(settings)
    assert 42 in settings.getdict("ITEM_PIPELINES").values()


def test_a_project_that_takes_a_pipeline_out_has_it_out() -> None:
    settings = Settings({"ITEM_PIPELINES": {"newsarchive.pipelines.StorePipeline": None}})
    Addon().update_settings(settings)
    chain = {load_object(cls): place for cls, place in settings.getdict("ITEM_PIPELINES").items()}
    assert chain[pipelines.StorePipeline] is None


def test_the_add_on_sets_what_is_ours_and_what_a_project_set_stands() -> None:
    settings = Settings({"NEWSARCHIVE_WARC": "off"})
    Addon().update_settings(settings)
    names = [name for name in dir(own) if name.startswith("NEWSARCHIVE_") and name != "NEWSARCHIVE_WARC"]
    assert len(names) > 5
    assert {name: settings[name] for name in names} == {name: getattr(own, name) for name in names}
    assert settings["NEWSARCHIVE_WARC"] == "off"
    for name in ("DOWNLOAD_DELAY", "ROBOTSTXT_USER_AGENT", "SPIDER_MODULES", "LOG_LEVEL"):
        assert settings[name] == Settings()[name], name  # the project's other spiders are no concern of ours


@pytest.mark.parametrize(("spider", "obeys"), [(NewsSpider, True), (scrapy.Spider, False)])
def test_the_spiders_of_another_project_keep_their_pace(spider: type[scrapy.Spider], obeys: bool) -> None:
    """A `Retry-After` of five minutes would hold up a spider that has nothing to do with the archive."""
    settings = Settings()
    Addon(spider).update_settings(settings)
    placed = {load_object(one) for one in settings.getdict("DOWNLOADER_MIDDLEWARES")}
    assert (DelayMiddleware in placed) is obeys


def test_a_host_that_another_project_s_spider_waited_for_in_vain_is_asked_again() -> None:
    crawler = get_crawler()
    crawler.spider = scrapy.Spider("foreign")
    middleware = FailingSiteMiddleware(crawler)
    request = Request("https://blog.example/bridge/")
    for _ in range(MAX_TIMED_OUT_REQUESTS_IN_A_ROW):
        middleware.process_exception(request, DownloadTimeoutError())
    middleware.process_request(request)
    assert "dont_retry" not in request.meta


def test_one_late_post_after_two_that_failed_otherwise_does_not_end_the_crawl_of_a_site() -> None:
    crawler = get_crawler()
    crawler.spider = NewsSpider(url="https://blog.example")
    middleware = FailingSiteMiddleware(crawler)
    link = Link("https://blog.example/bridge/", "feed")
    request = Request(link.url, cb_kwargs={"link": link})
    for _ in range(2):
        middleware.process_response(request, HtmlResponse(link.url, status=500))
    middleware.process_exception(request, DownloadTimeoutError())
    assert not middleware.has_left(link.url)


#: (setting as Python gives it, value, what holds)
READ = [
    ("NEWSARCHIVE_WARC", True, "on"),
    ("NEWSARCHIVE_WARC", False, "off"),
    ("NEWSARCHIVE_WARC", 0, "off"),
    ("NEWSARCHIVE_WARC", "ON", "on"),
    ("NEWSARCHIVE_WARC", Path("/srv/raw"), "/srv/raw"),
    ("NEWSARCHIVE_WARC", None, ""),
    ("NEWSARCHIVE_DATABASE_URL", Path("/srv/news.db"), "sqlite:////srv/news.db"),
    ("NEWSARCHIVE_DATABASE_URL", "news.db", "sqlite:///news.db"),
    ("NEWSARCHIVE_DATABASE_URL", None, "sqlite:///newsarchive.db"),
    ("NEWSARCHIVE_WORKERS", "2", 2),
    ("NEWSARCHIVE_WORKERS", None, "auto"),
    ("NEWSARCHIVE_MAX_CRAWL_DELAY", "7", 7.0),
    ("NEWSARCHIVE_MAX_CRAWL_DELAY", "", 120.0),
    ("NEWSARCHIVE_SINCE", date(2025, 1, 31), "2025-01-31"),
    ("NEWSARCHIVE_SINCE", "2025-01", "2025-01"),
    ("NEWSARCHIVE_SOURCES", ("feed", "sitemap"), ["feed", "sitemap"]),
    ("NEWSARCHIVE_STEPS", None, []),
    ("NEWSARCHIVE_LEARN", 1, True),
    ("NEWSARCHIVE_ALLOW_PRIVATE", "10.1.0.0/16, intranet.example", ["10.1.0.0/16", "intranet.example"]),
]


@pytest.mark.parametrize(("name", "value", "held"), READ)
@pytest.mark.parametrize("priority", ["addon", "project", "spider", "cmdline"])
def test_a_setting_of_a_project_has_the_type_of_its_key(
    name: str, value: object, held: object, priority: str
) -> None:
    settings = Settings()
    settings.set(name, value, priority)
    Addon().update_settings(settings)
    assert settings[name] == held
    assert settings.getpriority(name) == SETTINGS_PRIORITIES[priority]


def test_a_project_may_name_the_file_of_settings(tmp_path: Path) -> None:
    """What the project sets itself stands over the file."""
    file = tmp_path / "news.toml"
    file.write_text(
        'database = "news.db"\nwarc = "on"\n[crawl]\ndelay = 7.0\nlimit = 3\nuser_agent = "me/1"\n'
    )
    settings = Settings({"NEWSARCHIVE_CONFIG": str(file), "NEWSARCHIVE_WARC": False})
    NewsSpider.update_settings(settings)
    Addon(NewsSpider).update_settings(settings)
    names = (
        "NEWSARCHIVE_DATABASE_URL",
        "NEWSARCHIVE_WARC",
        "DOWNLOAD_DELAY",
        "NEWSARCHIVE_LIMIT",
        "USER_AGENT",
    )
    assert [settings[name] for name in names] == [f"sqlite:///{tmp_path / 'news.db'}", "off", 7.0, 3, "me/1"]
    settings = Settings({"NEWSARCHIVE_CONFIG": str(tmp_path / "missing.toml")})
    with pytest.raises(UsageError, match=r"missing\.toml: no such file"):
        Addon().update_settings(settings)


#: (setting, value that is not understood, what the message says)
MISTAKEN = [
    ("NEWSARCHIVE_WORKERS", "many", "'many' is no whole number from 0 to 256"),
    ("NEWSARCHIVE_WORKERS", 2.5, "2.5 is no whole number from 0 to 256"),
    ("NEWSARCHIVE_WARC", 3, "3 is no text"),
    ("NEWSARCHIVE_WARC", "s3://", "is no address of object storage"),
    ("NEWSARCHIVE_DATABASE_URL", ["news.db"], "is no text"),
    ("NEWSARCHIVE_STEPS", 5, "5 is no list of words"),
    ("NEWSARCHIVE_ALLOW_PRIVATE", "300.0.0.0/8", "cannot be used"),
    ("NEWSARCHIVE_SINCE", "soon", "'soon' is no date"),
    ("NEWSARCHIVE_DATABASE", "news.db", "did you mean NEWSARCHIVE_DATABASE_URL?"),
]


@pytest.mark.parametrize(("name", "value", "says"), MISTAKEN)
def test_a_setting_of_a_project_that_is_not_understood_is_named(name: str, value: object, says: str) -> None:
    for priority, named in (("project", f"the setting {name}: "), ("cmdline", f"-s {name}: ")):
        settings = Settings()
        settings.set(name, value, priority)
        with pytest.raises(UsageError) as raised:
            Addon().update_settings(settings)
        assert str(raised.value).startswith(named)
        assert says in str(raised.value)


@pytest.mark.parametrize(("switch", "components", "path"), SWITCHED)
def test_what_a_setting_turns_off_is_not_even_imported(switch: str, components: str, path: str) -> None:
    for value in (True, False):
        settings = Settings({switch: value})
        Addon().update_settings(settings)
        assert (path in settings.getdict(components)) == value


def test_our_spiders_are_polite_in_any_project_that_does_not_say_otherwise() -> None:
    settings = Settings({"DOWNLOAD_DELAY": 7})
    NewsSpider.update_settings(settings)
    assert settings["DOWNLOAD_DELAY"] == 7
    assert settings["ROBOTSTXT_OBEY"] is True
    assert settings["CONCURRENT_REQUESTS_PER_DOMAIN"] == 1


class Declared(scrapy.Item):
    title = scrapy.Field()


@dataclass
class Plain:
    title: str


@pytest.mark.parametrize(
    "item",
    [{"title": "A"}, Declared(title="A"), Plain("A"), "a text", 17],
    ids=lambda item: type(item).__name__,
)
@pytest.mark.parametrize(
    "cls", [pipelines.CapturePipeline, *pipelines.STEP_PIPELINES, *AFTER, pipelines.WorkersPipeline]
)
def test_what_is_no_capture_passes_untouched(cls: type, item: object, tmp_path: Path) -> None:
    crawler = get_crawler(
        settings_dict={
            "ADDONS": {"newsarchive.addon.Addon": 500},
            "NEWSARCHIVE_WORKERS": 1,
            "NEWSARCHIVE_DATABASE_URL": f"sqlite:///{tmp_path}/archive.db",
        }
    )
    pipeline = cls.from_crawler(crawler)  # type: ignore[attr-defined]
    before = copy(item)
    passed = pipeline.process_item(item)
    assert (asyncio.run(passed) if asyncio.iscoroutine(passed) else passed) is item
    assert item == before
    assert not (tmp_path / "archive.db").exists()


@pytest.mark.parametrize(
    ("stored", "refused", "says"),
    [(0, 0, "3 pages reached no archive"), (1, 1, "1 page reached no archive"), (2, 1, ""), (3, 0, "")],
)
@pytest.mark.parametrize("store", [True, False])
def test_pages_that_a_pipeline_of_the_project_swallowed_are_told(
    stored: int, refused: int, says: str, store: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A pipeline that forgot `return item` cost every article, and the crawl ended as if all were well."""
    crawler = get_crawler(settings_dict={"ADDONS": {"newsarchive.addon.Addon": 500}})
    made = alarms.LostPages.from_crawler(crawler)
    crawler.get_item_pipeline = lambda cls: cls if store else None
    crawler.stats.inc_value(key(Count.DISCOVERED), 3)
    crawler.stats.inc_value(key(Count.NEW), stored)
    for item in [{"title": "A"}, *[scrapy.http.Response("https://blog.example/a")] * refused]:
        crawler.signals.send_catch_log(signals.item_dropped, item=item)
    for item in [None] * (3 - stored - refused):
        crawler.signals.send_catch_log(signals.item_scraped, item=item)
    made.closed()
    assert made.refused == refused
    assert (says in caplog.text) if says and store else "reached no archive" not in caplog.text


def test_a_page_is_no_lost_one_that_was_dropped_under_the_name_of_another_item_or_that_nobody_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A pipeline of the project makes captures of its own items, and `scrapy parse` sends no signals."""
    crawler = get_crawler(settings_dict={"ADDONS": {"newsarchive.addon.Addon": 500}})
    made = alarms.LostPages.from_crawler(crawler)
    crawler.get_item_pipeline = lambda cls: cls
    crawler.stats.inc_value(key(Count.DISCOVERED))
    made.closed()  # as after `scrapy parse`
    dropped = Dropped(Capture("https://blog.example/a", b""), NotAnArticle(DropReason.EMPTY, "empty"))
    crawler.signals.send_catch_log(signals.item_scraped, item={"title": "A"})
    crawler.signals.send_catch_log(signals.item_dropped, item={"html": ""}, exception=dropped)
    made.closed()
    assert "reached no archive" not in caplog.text


@pytest.mark.slow
def test_a_crawl_that_is_over_leaves_nothing_in_memory() -> None:
    """A server makes one crawl after the other in its process."""
    crawler = get_crawler(settings_dict={"ADDONS": {"newsarchive.addon.Addon": 500}})
    pipelines.WorkersPipeline.from_crawler(crawler)
    spider = NewsSpider(url="https://blog.example")
    spider.frontier = None
    assert spider._selectors("blog.example") is None
    over = weakref.ref(crawler), weakref.ref(spider)
    del crawler, spider
    gc.collect()
    assert [one() for one in over] == [None, None]


@pytest.mark.parametrize("with_request", [True, False])
def test_a_response_is_taken_as_a_capture(with_request: bool) -> None:
    asked = Request("https://blog.example/old/", meta={"redirect_urls": ["https://blog.example/old/"]})
    response = HtmlResponse(
        "https://blog.example/bridge/",
        body=PAGE,
        headers={"ETag": '"1"'},
        request=asked if with_request else None,
    )
    crawler = get_crawler(settings_dict={"ADDONS": {"newsarchive.addon.Addon": 500}})
    crawler.spider = NewsSpider(url="https://blog.example")
    capture = asyncio.run(pipelines.CapturePipeline(crawler).process_item(response))
    assert isinstance(capture, Capture)
    assert (capture.body, capture.status, capture.headers) == (PAGE, 200, {"etag": '"1"'})
    assert capture.url == ("https://blog.example/old/" if with_request else response.url)
    assert capture.final_url == response.url
    assert run_steps(capture).headline == "A bridge"


@pytest.mark.parametrize(
    ("spider", "blog"),
    [
        (NewsSpider(url="https://blog.example"), "https://blog.example/"),
        (RecrawlSpider(site="blog.example"), "https://blog.example/"),
        (RecrawlSpider(), ""),
        (WarcSpider(path=__file__, site="blog.example"), ""),
        (scrapy.Spider("of a stranger", site="My Site", url=["https://blog.example/"]), ""),
    ],
)
def test_only_a_spider_of_one_blog_has_a_blog(spider: scrapy.Spider, blog: str) -> None:
    crawler = get_crawler()
    crawler.spider = spider
    assert blog_of(crawler) == blog


@pytest.mark.parametrize(
    "address", ["file:///tmp/saved.html", "data:text/html,Hello", "", "https://not a host/"]
)
def test_a_page_without_an_address_on_the_web_fails_with_the_remedy(address: str) -> None:
    crawler = get_crawler(settings_dict={"ADDONS": {"newsarchive.addon.Addon": 500}})
    crawler.spider = scrapy.Spider("of a stranger")
    outcomes = Outcomes.from_crawler(crawler)
    with pytest.raises(NoAddress, match=r"is no address of a page .*response\.replace\(url=") as caught:
        asyncio.run(pipelines.CapturePipeline(crawler).process_item(HtmlResponse(address, body=PAGE)))
    outcomes.item_dropped(caught.value)
    assert Counts(crawler.stats.get_stats()).reasons[Group.FAILED] == {"bad address": 1}


@pytest.mark.parametrize("honours", [True, False])
def test_a_strangers_spider_keeps_no_page_that_forbids_copies_unless_its_project_says_so(
    honours: bool,
) -> None:
    crawler = get_crawler(settings_dict={"NEWSARCHIVE_HONOUR_NOARCHIVE": honours})
    crawler.spider = scrapy.Spider("of a stranger")
    crawler.get_item_pipeline = crawler.get_extension = lambda cls: None  # it stores nothing
    capture = Capture(
        "https://blog.example/a/", PAGE.replace(b"<head>", b"<head><meta name=robots content=noarchive>")
    )
    assert b"noarchive" in capture.body
    work = pipelines.CapturePipeline(crawler).process_item(capture)
    if not honours:
        assert asyncio.run(work) == capture
        return
    with pytest.raises(Dropped) as dropped:
        asyncio.run(work)
    assert (dropped.value.reason, dropped.value.url) == (DropReason.NOARCHIVE, capture.url)


@pytest.mark.parametrize(
    "exporter",
    [exporters.JsonItemExporter, exporters.JsonLinesItemExporter, exporters.CsvItemExporter, exporters.XmlItemExporter,
     exporters.PprintItemExporter, exporters.PickleItemExporter],
)  # fmt: skip
def test_an_article_is_exported_without_bytes_where_no_fields_are_set(exporter: type) -> None:
    article = run_steps(Capture("https://blog.example/bridge/", PAGE))
    assert article.capture is not None
    out = BytesIO()
    writer = exporter(out)
    writer.start_exporting()
    writer.export_item(article)
    writer.finish_exporting()
    said = out.getvalue()
    assert b"A bridge" in said
    assert b"The council agreed" in said
    for internal in (b"minhash", b"blocks", b"capture", b"<html>", b"b'"):
        assert internal not in said


def test_what_a_person_sees_of_what_was_received_has_no_bytes() -> None:
    capture = Capture("https://blog.example/bridge/", PAGE)
    page = steps.STEPS["decode"](capture, rules.default())
    for record in (capture, page, HtmlResponse("https://blog.example/bridge/", body=PAGE)):
        shown = ItemAdapter(record).asdict()
        assert shown["url"] == "https://blog.example/bridge/"
        assert shown["size_bytes"] == len(PAGE)
        assert not any(isinstance(value, bytes) for value in shown.values())
        with pytest.raises(TypeError, match="as it was received"):
            ItemAdapter(record)["url"] = "https://other.example"


@pytest.mark.parametrize(
    ("arguments", "accepted"),
    [
        ({"limit": 2, "since": date(2025, 1, 31)}, {"limit": 2, "since": datetime(2025, 1, 31, tzinfo=UTC)}),
        ({"limit": "2", "since": "2025-01-31"}, {"limit": 2, "since": datetime(2025, 1, 31, tzinfo=UTC)}),
        ({"since": "2025-02"}, {"since": datetime(2025, 2, 1, tzinfo=UTC)}),
        ({"since": "2025"}, {"since": datetime(2025, 1, 1, tzinfo=UTC)}),
        ({"since": datetime(2025, 1, 31, 8, tzinfo=UTC)}, {"since": datetime(2025, 1, 31, 8, tzinfo=UTC)}),
        ({"limit": None, "since": None, "dry_run": None}, {"limit": None, "since": None, "dry_run": False}),
        ({"recheck": True, "dry_run": False}, {"recheck": True, "dry_run": False}),
        ({"sources": ["feed", "sitemap"]}, {"sources": frozenset({"feed", "sitemap"})}),
    ],
)
def test_arguments_come_from_python_as_from_a_command_line(
    arguments: dict[str, object], accepted: dict[str, object]
) -> None:
    spider = NewsSpider(url="https://blog.example", **arguments)
    assert {name: getattr(spider, name) for name in accepted} == accepted
    assert all(isinstance(value, str) for value in spider.arguments.values())


@pytest.mark.parametrize(
    "arguments", [{"limit": 0}, {"limit": True, "recheck": 2}, {"limit": 1.5}, {"since": 20250}, {"url": ""}]
)
def test_arguments_of_the_wrong_kind_are_named(arguments: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        NewsSpider(**{"url": "https://blog.example", **arguments})


def test_a_note_of_the_program_that_starts_spiders_is_no_argument() -> None:
    """Scrapyd gives every spider the number of its job."""
    spider = NewsSpider(url="https://blog.example", _job="73cd3f2a")

    assert spider.arguments == {"url": "https://blog.example"}
    checked = NewsSpider.check({"url": "https://blog.example", "_job": "73cd3f2a"})
    assert checked["url"] == "https://blog.example/"
    assert spider._job == "73cd3f2a"  # type: ignore[attr-defined]


def run_steps(capture: Capture) -> Article:
    crawler = get_crawler(settings_dict={"ADDONS": {}})
    item: object = capture
    for cls in pipelines.STEP_PIPELINES:
        item = asyncio.run(cls.from_crawler(crawler).process_item(item))
    assert isinstance(item, Article)
    return item


def test_step_by_step_gives_what_one_call_gives() -> None:
    capture = Capture("https://blog.example/bridge/", PAGE)
    assert run_steps(capture) == steps.article_from(capture, rules.default())


@contextmanager
def workers(count: int, **options: Any) -> Iterator[pipelines.WorkersPipeline]:
    pipeline = pipelines.WorkersPipeline(count, **options)
    try:
        yield pipeline
    finally:
        asyncio.run(pipeline.close_spider())
        assert pipeline.reader.pool is None or pipeline.reader.pool.processes() == []


@pytest.mark.slow
@pytest.mark.parametrize(("count", "first_page"), [(1, 0), (1, 1), (0, 0)])
def test_a_worker_gives_what_one_call_gives(count: int, first_page: int) -> None:
    capture = Capture("https://blog.example/bridge/", PAGE)
    with workers(count, first_page=first_page) as pipeline:
        assert asyncio.run(pipeline.process_item(capture)) == steps.article_from(capture, rules.default())
        assert bool(pipeline.reader.pool and pipeline.reader.pool.processes()) is (first_page < count)
        with pytest.raises(pipelines.Dropped, match=r"blog\.example/empty/: empty"):
            asyncio.run(pipeline.process_item(Capture("https://blog.example/empty/", b"")))


@pytest.mark.slow
def test_a_worker_applies_the_template_that_the_crawl_has(tmp_path: Path) -> None:
    line = "Follow the Harbour Gazette for the news of every day from the islands and the coast"
    body = PAGE.replace(b"</article>", f"<p>{line}.</p></article>".encode())
    capture = Capture("https://blog.example/bridge/", body)
    crawler = get_crawler(
        settings_dict={
            "ADDONS": {"newsarchive.addon.Addon": 500},
            "NEWSARCHIVE_WORKERS": 1,
            "NEWSARCHIVE_DATABASE_URL": f"sqlite:///{tmp_path}/archive.db",
        }
    )
    templates = pipelines.TemplatePipeline.from_crawler(crawler)
    crawler.get_item_pipeline = lambda cls: templates if cls is pipelines.TemplatePipeline else None  # type: ignore[method-assign]
    pipeline = pipelines.WorkersPipeline.from_crawler(crawler)
    pipeline.hands_over = True

    async def run() -> tuple[Article, Article]:
        before = await pipeline.process_item(capture)
        upgrade(templates.engine)
        finding = Finding("drop", "promo", "locked by hand")
        key = line_key(f"{line}.")
        site_templates.save(templates.engine, Template("blog.example", {key: Entry(key, finding)}))
        templates.forget("blog.example")
        after = await pipeline.process_item(capture)
        assert await templates.process_item(after) is after  # it is applied once
        await pipeline.close_spider()
        return before, after

    before, after = asyncio.run(run())
    assert line in before.article_body
    assert line not in after.article_body
    assert before.seen is not None
    assert after.capture is not None
    # What the site said of its use was read from the page.
    assert replace(after.capture, rights=None) == capture


@pytest.mark.parametrize("packs", [True, False], ids=["for the writer", "whole"])
def test_a_worker_sends_back_neither_the_page_nor_what_its_feed_says(packs: bool) -> None:
    said = SourceText("feed", f"<p>{'The ferry came back. ' * 5000}</p>")
    page = PAGE.replace(
        b"<head>", b'<head><meta name="robots" content="noai"><script>' + b"//x\n" * 25_000 + b"</script>"
    )
    capture = Capture("https://blog.example/bridge/", page, source_text=said)
    answer = Worker("", ())(PageJob(capture, packs), None)
    assert isinstance(answer, worker.ReadPage)
    assert list(answer.changed) == ["rights"]
    bare = Worker("", ())(PageJob(replace(capture, body=PAGE, source_text=None), packs), None)
    # The page has 100 KB more, and so has the feed's text.
    assert len(pickle.dumps(answer)) < len(pickle.dumps(bare)) + 2_000
    with workers(1) as pipeline:
        pipeline.hands_over = not packs
        read = head_of(asyncio.run(pipeline.process_item(capture)))
    assert read.capture is not None
    assert read.capture.rights is not None
    assert replace(read.capture, rights=None) == capture


@pytest.mark.parametrize("packs", [False, True])
def test_the_bytes_of_a_page_that_lies_in_a_warc_file_are_let_go_once_it_is_read(packs: bool) -> None:
    """Where somebody besides the writer wants the article it keeps them."""
    capture = Capture("https://blog.example/bridge/", PAGE, place=Place("a.warc.gz", 0, 10))
    with workers(1) as pipeline:
        pipeline.hands_over = not packs
        read = head_of(asyncio.run(pipeline.process_item(capture)))
    assert read.capture is not None
    assert read.capture.body == (b"" if packs else PAGE)
    assert read.capture.digest == capture.digest


def test_a_page_of_a_warc_file_is_held_by_nobody_but_the_pipeline_that_has_it() -> None:
    capture = Capture("https://blog.example/bridge/", PAGE, place=Place("a.warc.gz", 0, 10))
    arrival = Arrival(capture)
    crawler = get_crawler(settings_dict={"ADDONS": {"newsarchive.addon.Addon": 500}})
    crawler.spider = WarcSpider(path="*")
    assert asyncio.run(pipelines.CapturePipeline(crawler).process_item(arrival)) is capture
    with pytest.raises(AssertionError, match="taken before"):
        arrival.take()


@pytest.mark.parametrize("first", [pipelines.CapturePipeline, pipelines.ExtractPipeline])
def test_a_project_without_the_first_pipeline_gets_the_captures_themselves(
    first: type, tmp_path: Path
) -> None:
    writer = WarcWriter(tmp_path, "foreign")
    writer.write_response(
        "https://blog.example/bridge/",
        "HTTP/1.1 200 OK",
        [("Content-Type", "text/html")],
        PAGE,
        fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    writer.close()
    crawler = get_crawler(WarcSpider, {"NEWSARCHIVE_WARC": "", "TELNETCONSOLE_ENABLED": False})
    spider = WarcSpider.from_crawler(crawler, path=str(tmp_path / "*.warc.gz"))
    crawler.spider = spider
    chain = SimpleNamespace(itemproc=SimpleNamespace(middlewares=[object.__new__(first)]), slot=None)
    crawler.engine = SimpleNamespace(scraper=chain, needs_backout=lambda: False, _slot=None)  # type: ignore[assignment]

    async def found() -> list[Any]:
        items = []
        async for item in spider.start():
            items.append(item)
            spider.room.release()
        return items

    [item] = asyncio.run(found())
    assert type(item) is (Arrival if first is pipelines.CapturePipeline else Capture)


class Listener:
    """An extension of another project."""

    def heard(self, item: object) -> None: ...


class OwnLog(LogFormatter):
    """A log formatter of another project."""


def heard(item: object) -> None: ...


class OwnStore(pipelines.StorePipeline):
    """Ours, changed by another project."""


LISTENER = Listener()


@pytest.mark.parametrize(
    ("settings", "behind", "listener", "wanted"),
    [
        ({}, [], None, False),
        ({"CLOSESPIDER_ITEMCOUNT": 5}, [], None, False),
        ({"FEEDS": {"{folder}/articles.json": {"format": "json"}}}, [], None, True),
        ({}, [Foreign()], None, True),
        ({}, ["own store"], None, True),
        ({}, [], LISTENER.heard, True),
        ({}, [], heard, True),
        ({"LOG_FORMATTER": OwnLog}, [], None, True),
    ],
    ids=["nobody", "count", "feed", "pipeline", "changed pipeline", "extension", "function", "log"],
)
def test_who_wants_articles_besides_the_archive(
    settings: dict[str, Any], behind: list[Any], listener: Any, wanted: bool, tmp_path: Path
) -> None:
    if "FEEDS" in settings:
        settings = {"FEEDS": {name.format(folder=tmp_path): how for name, how in settings["FEEDS"].items()}}
    database = f"sqlite:///{tmp_path}/archive.db"
    addon = {"ADDONS": {"newsarchive.addon.Addon": 500}, "NEWSARCHIVE_DATABASE_URL": database}
    crawler = get_crawler(settings_dict=addon | settings)
    if listener is not None:
        crawler.signals.connect(listener, signals.item_scraped)
    ours = [cls.from_crawler(crawler) for cls in AFTER]
    others = [OwnStore(crawler) if one == "own store" else one for one in behind]
    assert articles_wanted(crawler, [*ours, *others], pipelines.WITHOUT_ARTICLES) is wanted


@pytest.mark.slow
def test_a_page_that_takes_too_long_is_refused_and_its_neighbours_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pool, "CLOCK_FACTOR", 1000)  # however busy the machine
    slow = ["tests.support.pool_jobs:spinning after decode"]
    other = Capture("https://blog.example/bridge/", PAGE)
    with workers(1, phrases=slow, seconds=3.0) as pipeline:
        with pytest.raises(pipelines.Dropped, match="too slow: more than 3 seconds of CPU time") as caught:
            asyncio.run(pipeline.process_item(Capture("https://blog.example/spin/", PAGE)))
        assert caught.value.reason == DropReason.TOO_SLOW
        assert caught.value.capture is not None  # what is kept of it
        assert asyncio.run(pipeline.process_item(other)).headline == "A bridge"


def test_a_page_that_kills_two_processes_is_refused_and_its_neighbours_are_read() -> None:
    deadly = ["tests.support.pool_jobs:dying after decode"]
    with workers(1, phrases=deadly) as pipeline:
        with pytest.raises(
            pipelines.Dropped, match=r"crashed: .* died 2 times, at last by SIGKILL"
        ) as caught:
            asyncio.run(pipeline.process_item(Capture("https://blog.example/die/", PAGE)))
        assert caught.value.reason == DropReason.CRASHED
        assert asyncio.run(pipeline.process_item(Capture("https://blog.example/bridge/", PAGE)))


class Raises:
    """A worker in which the core raises an error at one page."""

    def __init__(self, *arguments: object) -> None:
        self.read = Worker(*arguments)  # type: ignore[arg-type]

    def __call__(self, job: PageJob, template: bytes | None) -> Any:
        if "/raises/" in job.capture.url:
            raise RecursionError("maximum recursion depth exceeded")
        return self.read(job, template)


@pytest.mark.slow
@pytest.mark.parametrize("count", [0, 1])
def test_a_page_at_which_the_core_raises_is_refused_and_its_neighbours_are_read(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = worker.read

    def raises(capture: Capture, *arguments: Any) -> Article:
        if "/raises/" in capture.url:
            raise RecursionError("maximum recursion depth exceeded")
        return read(capture, *arguments)

    monkeypatch.setattr(worker, "read", raises)
    with workers(count) as pipeline:
        if pipeline.reader.pool is not None:
            pipeline.reader.pool.factory = "tests.test_pipelines:Raises"
        with pytest.raises(pipelines.Dropped, match="crashed: RecursionError: maximum recursion") as caught:
            asyncio.run(pipeline.process_item(Capture("https://blog.example/raises/", PAGE)))
        assert (caught.value.reason, caught.value.capture is None) == (DropReason.CRASHED, False)
        assert asyncio.run(pipeline.process_item(Capture("https://blog.example/bridge/", PAGE)))


@pytest.mark.parametrize(
    "pipeline",
    [
        pipelines.ExtractPipeline(rules.default()),
        pipelines.TemplatePipeline(rules.default(), "sqlite:///none.db"),
    ],
    ids=["step", "template"],
)
def test_a_step_that_raises_in_its_own_pipeline_costs_its_page_alone(
    pipeline: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)

    def raises(*arguments: Any, **options: Any) -> None:
        raise ValueError("no such thing")

    monkeypatch.setattr(steps, "templated", raises)
    monkeypatch.setattr(pipelines.ExtractPipeline, "run", raises)
    capture = Capture("https://blog.example/bridge/", PAGE)
    item = (
        Article(capture.url, capture=capture) if "Template" in type(pipeline).__name__ else Page(capture, "")
    )
    with pytest.raises(pipelines.Dropped, match="crashed: ValueError: no such thing"):
        asyncio.run(pipeline.process_item(item))


@pytest.mark.parametrize("packs", [True, False], ids=["for the writer", "whole"])
def test_an_article_that_the_database_refuses_costs_its_page_alone(packs: bool) -> None:
    class Refusing:
        def submit(self, item: object) -> Future[object]:
            refused: Future[object] = Future()
            refused.set_exception(ValueError("no room for this"))
            return refused

    async def by_template(item: object) -> object:
        return item

    capture = Capture("https://blog.example/bridge/", PAGE)
    answer = worker.done(PageJob(capture, packs), None, rules.default(), steps.STEPS)
    assert isinstance(answer, worker.ReadPage)
    pipeline = pipelines.StorePipeline(get_crawler())
    pipeline.writer = Refusing()  # type: ignore[assignment]
    pipeline.learning = SimpleNamespace(by_template=by_template, written=lambda article: None)  # type: ignore[assignment]
    with pytest.raises(pipelines.Dropped, match="crashed: ValueError: no room for this") as caught:
        asyncio.run(pipeline.process_item(with_capture(answer.article, capture)))
    assert (caught.value.url, caught.value.reason) == (capture.url, DropReason.CRASHED)


def test_what_is_our_fault_counts_as_failed() -> None:
    crawler = get_crawler()
    outcomes = Outcomes.from_crawler(crawler)
    for reason in DropReason:
        capture = Capture("https://blog.example/bridge/", PAGE)
        outcomes.item_dropped(pipelines.Dropped(capture, NotAnArticle(reason)))
    assert Counts(crawler.stats.get_stats()).reasons[Group.FAILED] == {"crashed": 1, "too slow": 1}


PARTS = PAGE.replace(b"</article>", b'</article><p class="post-page-numbers"><a href="/bridge/2/">2</a></p>')
REFUSED = b"<html><head><title>Search</title></head><body><p>Nothing was found.</p></body></html>"
LOOKED_AT = {
    "whole": Capture("https://blog.example/bridge/", PAGE),
    "in parts": Capture("https://blog.example/bridge/", PARTS),
    "forbidden": Capture("https://blog.example/bridge/", PAGE, headers={"x-robots-tag": "noarchive"}),
    "empty": Capture("https://blog.example/bridge/", b""),
    "nothing to read": Capture("https://blog.example/bridge/", REFUSED),
}


def look_at(capture: Capture) -> FirstLook:
    text = capture.body.decode()
    return first_look(LookAt(text, capture.base_url, capture.headers, capture.status), rules.default())


@pytest.mark.parametrize("count", [0, 1])
@pytest.mark.parametrize("capture", LOOKED_AT.values(), ids=LOOKED_AT)
def test_a_page_is_looked_at_where_it_is_read(capture: Capture, count: int) -> None:
    with workers(count) as pipeline:
        assert asyncio.run(pipeline.reader.look(capture)) == look_at(capture)


def outcome(pipeline: pipelines.WorkersPipeline, capture: Capture) -> Article | str:
    """What the pipeline makes of a capture: an article, or why it was dropped."""
    try:
        found: Article = asyncio.run(pipeline.process_item(capture))
    except pipelines.Dropped as error:
        return str(error)
    return found


@pytest.mark.parametrize("count", [0, 1])
@pytest.mark.parametrize("capture", LOOKED_AT.values(), ids=LOOKED_AT)
def test_a_page_that_was_looked_at_gives_what_it_gives_without(capture: Capture, count: int) -> None:
    stored = replace(capture, place=Place("a.warc.gz", 0, 10, "sha256:0"))
    with workers(count) as pipeline:
        expected = outcome(pipeline, stored)
        asyncio.run(pipeline.reader.look(capture))
        assert outcome(pipeline, stored) == expected
        assert not pipeline.reader.ahead


def reads_of(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The bodies that are read from now on."""
    read, bodies = worker.read, list[bytes]()

    def noted(capture: Capture, *arguments: Any) -> Article:
        bodies.append(capture.body)
        return read(capture, *arguments)

    monkeypatch.setattr(worker, "read", noted)
    return bodies


def test_a_whole_post_is_read_once_with_its_look(monkeypatch: pytest.MonkeyPatch) -> None:
    capture, bodies = LOOKED_AT["whole"], reads_of(monkeypatch)
    with workers(0) as pipeline:
        asyncio.run(pipeline.reader.look(capture))
        assert bodies == [PAGE]
        assert outcome(pipeline, replace(capture, place=Place("a.warc.gz", 0, 10, "sha256:0")))
        assert bodies == [PAGE]
        assert pipeline.reader.pages == 1


def test_a_post_in_parts_is_not_read_before_they_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = reads_of(monkeypatch)
    with workers(0) as pipeline:
        assert asyncio.run(pipeline.reader.look(LOOKED_AT["in parts"])).parts
    assert bodies == []


def test_a_page_that_another_project_changed_since_its_look_is_read_again() -> None:
    capture, changed = LOOKED_AT["whole"], PAGE.replace(b"A bridge", b"A ferry")
    with workers(0) as pipeline:
        asyncio.run(pipeline.reader.look(capture))
        found = outcome(pipeline, replace(capture, body=changed))
    assert isinstance(found, Article)
    assert found.headline == "A ferry"


@pytest.mark.slow
def test_pages_that_no_pipeline_asks_for_are_forgotten() -> None:
    with workers(0) as pipeline:
        for number in range(MAX_PAGES_AHEAD + 3):
            asyncio.run(pipeline.reader.look(Capture(f"https://blog.example/bridge-{number}/", PAGE)))
        assert next(iter(pipeline.reader.ahead)) == "https://blog.example/bridge-3/"
        assert len(pipeline.reader.ahead) == MAX_PAGES_AHEAD


@pytest.mark.slow
def test_a_page_that_hangs_at_the_first_look_is_refused_by_its_spider() -> None:
    crawler = get_crawler(settings_dict={"ADDONS": {"newsarchive.addon.Addon": 500}})
    spider = NewsSpider.from_crawler(crawler, url="https://blog.example")
    pipeline = pipelines.WorkersPipeline(1, crawler=crawler, seconds=1.0)
    assert pipeline.reader.pool is not None
    pipeline.reader.pool.factory = "tests.support.pool_jobs:Spins"
    pipeline.hands_over = True
    crawler.get_item_pipeline = lambda cls: None  # type: ignore[method-assign]
    dropped: list[tuple[object, object]] = []
    crawler.signals.connect(
        lambda item, exception: dropped.append((item, exception)), signals.item_dropped, weak=False
    )
    response = HtmlResponse("https://blog.example/bridge/", body=PAGE)
    capture = capture_of(response)

    async def known(response: object, link: object) -> Capture:
        return capture

    async def run() -> list[object]:
        try:
            return [one async for one in spider.outcome(response, Link(response.url, "feed"))]
        finally:
            await pipeline.reader.close(1)

    crawler.get_downloader_middleware = lambda cls: None  # type: ignore[method-assign]
    spider.known = known  # type: ignore[method-assign]
    crawler.get_extension = lambda cls: None  # type: ignore[method-assign]
    assert asyncio.run(run()) == []
    ((item, error),) = dropped
    assert item is capture
    assert isinstance(error, pipelines.Dropped)
    assert (error.reason, error.capture) == (DropReason.TOO_SLOW, capture)


def test_where_no_process_starts_the_crawl_reads_its_pages_itself(caplog: pytest.LogCaptureFixture) -> None:
    with workers(1) as pipeline:
        assert pipeline.reader.pool is not None
        pipeline.reader.pool.factory = "no.such.module:Worker"
        for _ in range(2):
            article = asyncio.run(pipeline.process_item(Capture("https://blog.example/bridge/", PAGE)))
            assert article.headline == "A bridge"
    assert [record.message for record in caplog.records if "itself" in record.message] == [
        "a worker process cannot start: ModuleNotFoundError: No module named 'no'; the crawl reads its pages itself, one"
        " after the other"
    ]


def test_a_page_that_is_no_article_is_dropped_with_its_reason_and_url() -> None:
    with pytest.raises(pipelines.Dropped, match=r"blog\.example/empty/") as caught:
        run_steps(Capture("https://blog.example/empty/", b""))
    assert caught.value.reason == "empty"


@pytest.mark.parametrize(
    ("contact", "agent"),
    [("you@example.org", "(+you@example.org)"), ("", "(no contact given)")],
)
def test_the_user_agent_says_who_we_are(contact: str, agent: str) -> None:
    assert user_agent(contact).startswith("newsarchive/")
    assert user_agent(contact).endswith(agent)
    settings = Settings({"USER_AGENT": "mine/1.0"})
    Addon().update_settings(settings)
    assert settings["USER_AGENT"] == "mine/1.0"


def test_what_is_dropped_is_in_neither_text_nor_html_nor_count() -> None:
    promo = b"<p>This article originally appeared on the Harbour Gazette (www.harbourgazette.example).</p>"
    capture = Capture("https://blog.example/bridge/", PAGE.replace(b"</article>", promo + b"</article>"))
    article = steps.article_from(capture, rules.default())
    plain = steps.article_from(Capture("https://blog.example/bridge/", PAGE), rules.default())
    assert [b.label for b in article.dropped if "Gazette" in b.text] == ["attribution"]
    assert "Gazette" not in article.article_body + article.article_html
    assert article.word_count == plain.word_count


def test_scrapys_feeds_get_times_with_their_zone() -> None:
    article = steps.article_from(Capture("https://blog.example/bridge/", PAGE), rules.default())
    adapter = ItemAdapter(article)
    serializer = adapter.get_field_meta("date_published")["serializer"]
    assert serializer(datetime(2025, 4, 1, 8, tzinfo=UTC)) == "2025-04-01T08:00:00+00:00"
