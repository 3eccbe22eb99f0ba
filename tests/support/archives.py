"""Archives as a crawl leaves them, raw bytes and all, without a crawl: for the tests of learning."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, select

from newsarchive import rules
from newsarchive.core.site_template.observations import Observation, pack
from newsarchive.core.steps import article_from, templated
from newsarchive.core.urls import site_of, url_key
from newsarchive.db import site_templates
from newsarchive.db.engine import reading
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.kept_readings import KeptReadings, Reading
from newsarchive.db.models import ArticleRow
from newsarchive.db.writing.store import Store
from newsarchive.items import Capture, Link, SourceText
from newsarchive.warc.writer import WarcWriter
from tests.support.storage import START

RULES = rules.default()


def crawled(
    engine: Engine,
    folder: Path,
    pages: Mapping[str, str],
    texts: Mapping[str, str] | None = None,
    day: int = 0,
    readings: KeptReadings | None = None,
) -> None:
    """Store pages by URL as the pipelines do; `texts` are the full texts that a feed gives for some. `readings` keep what
    each page alone was read as.
    """
    store, frontier = Store(engine), Frontier(engine)
    run = store.start_run("news", {})
    for url, text in (texts or {}).items():
        link = Link(url, "feed", text=SourceText("feed", text, is_full=True))
        frontier.discover(frontier.open_site(url), run, [link])
    writer = WarcWriter(folder, "test")
    for number, (url, page) in enumerate(pages.items()):
        body, at = page.encode(), START + timedelta(days=day, minutes=number)
        headers = {"content-type": "text/html; charset=utf-8"}
        place = writer.write_response(url, "HTTP/1.1 200 OK", list(headers.items()), body, fetched_at=at)
        capture = Capture(
            url, body, at, url, headers=headers, place=place, source_text=frontier.source_text(url)
        )
        article = article_from(capture, RULES)
        template, keep = site_templates.load(engine, site_of(url)), readings is not None
        done = templated(article, template, RULES, keep_reading=keep)
        store.ingest([done], run)
        if readings is not None and isinstance(done.seen, Observation):
            readings.keep(Reading(url_key(url), done.seen.reading, pack(done.seen)))
    writer.close()


def lines(engine: Engine) -> dict[str, list[str]]:
    """URL → the paragraphs that are stored as the article."""
    with reading(engine) as connection:
        found = connection.execute(select(ArticleRow.url, ArticleRow.article_body))
        return {url: body.split("\n\n") for url, body in found}
