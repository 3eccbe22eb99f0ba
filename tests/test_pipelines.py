"""The Scrapy shell around the core: thin, in the order of the steps, and usable from other projects."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from itemadapter import ItemAdapter
from scrapy.settings import Settings
from scrapy.utils.test import get_crawler

from newsarchive import pipelines, rules
from newsarchive.addon import Addon, user_agent
from newsarchive.core import process
from newsarchive.items import Article, Capture

PAGE = (
    b"<html><head><title>A bridge</title></head><body><article><h1>A bridge</h1>"
    + b"<p>The council agreed on Tuesday to repair the old bridge over the river before the next winter comes, at a cost of two million.</p>"
    * 4
    + b"</article></body></html>"
)


#: What follows the steps.
AFTER = [pipelines.TemplatePipeline, pipelines.SincePipeline, pipelines.StorePipeline]


def test_the_pipelines_stand_in_the_order_of_the_steps() -> None:
    assert [cls.step for cls in pipelines.STEP_PIPELINES] == list(process.STEPS)
    settings = Settings({"NEWSARCHIVE_WORKERS": 0})
    Addon().update_settings(settings)
    chain = settings.getdict("ITEM_PIPELINES")
    ordered = sorted(chain, key=chain.__getitem__)
    assert ordered == [*pipelines.STEP_PIPELINES, *AFTER]


def test_with_workers_one_pipeline_runs_the_whole_chain() -> None:
    settings = Settings({"NEWSARCHIVE_WORKERS": 2})
    Addon().update_settings(settings)
    chain = settings.getdict("ITEM_PIPELINES")
    ordered = sorted(chain, key=chain.__getitem__)
    assert ordered == [pipelines.WorkersPipeline, *AFTER]


def test_a_project_that_places_a_pipeline_itself_keeps_its_place() -> None:
    settings = Settings({"ITEM_PIPELINES": {"newsarchive.pipelines.StorePipeline": 42}})
    Addon().update_settings(settings)
    assert 42 in settings.getdict("ITEM_PIPELINES").values()


def run_steps(capture: Capture) -> Article:
    crawler = get_crawler(settings_dict={"ADDONS": {}})
    item: object = capture
    for cls in pipelines.STEP_PIPELINES:
        item = cls.from_crawler(crawler).process_item(item)
    assert isinstance(item, Article)
    return item


def test_step_by_step_gives_what_one_call_gives() -> None:
    capture = Capture("https://blog.example/bridge/", PAGE)
    assert run_steps(capture) == process.article_from(capture, rules.default())


def test_a_worker_gives_what_one_call_gives() -> None:
    capture = Capture("https://blog.example/bridge/", PAGE)
    pipeline = pipelines.WorkersPipeline(1, "")
    try:
        assert asyncio.run(pipeline.process_item(capture)) == process.article_from(capture, rules.default())
        with pytest.raises(pipelines.Dropped, match=r"blog\.example/empty/: empty"):
            asyncio.run(pipeline.process_item(Capture("https://blog.example/empty/", b"")))
    finally:
        pipeline.close_spider()


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
    article = process.article_from(capture, rules.default())
    plain = process.article_from(Capture("https://blog.example/bridge/", PAGE), rules.default())
    assert [b.label for b in article.dropped if "Gazette" in b.text] == ["attribution"]
    assert "Gazette" not in article.article_body + article.article_html
    assert article.word_count == plain.word_count


def test_scrapys_feeds_get_times_with_their_zone() -> None:
    article = process.article_from(Capture("https://blog.example/bridge/", PAGE), rules.default())
    adapter = ItemAdapter(article)
    serializer = adapter.get_field_meta("date_published")["serializer"]
    assert serializer(datetime(2025, 4, 1, 8, tzinfo=UTC)) == "2025-04-01T08:00:00+00:00"
