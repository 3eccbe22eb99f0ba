"""A response of Scrapy's as the core sees it: a `Capture`, its decoded text, and whether the site keeps us out.

Here are also the headers of a conditional request, the spider and the blog of a crawl, and the rules and steps of its settings. Spiders,
middlewares, extensions and pipelines stand on this module, and it knows none of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from scrapy.http import Headers, Response, TextResponse
from scrapy.settings import BaseSettings

from newsarchive import plugins, rules
from newsarchive.core.discovery import page_kind
from newsarchive.core.discovery.shown import Shown
from newsarchive.core.encoding.decoding import Decoded, decode
from newsarchive.core.steps import Steps
from newsarchive.crawling.connections import TLS_VERIFIED
from newsarchive.items import Capture, Link, Validators, joined_headers
from newsarchive.rules import Rules

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from newsarchive.db.frontier.queue import Known, KnownSource

T = TypeVar("T")

#: Bytes of a feed or sitemap, characters of a page. A longer one is read in a thread, and downloads go on meanwhile: links take
#: up to 1.5 s a megabyte.
MAX_LENGTH_READ_AT_ONCE = 100_000


def header_lines(headers: Headers) -> list[tuple[str, str]]:
    """The lines of the head of a request or a response, as text in Latin-1."""
    return [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in headers.items()
        for value in values
    ]


def headers_of(response: Response) -> dict[str, str]:
    """The head of a response (`joined_headers`)."""
    return joined_headers(header_lines(response.headers))


def text_of(response: Response) -> str:
    """The text of a response as the core decodes it, "" for one that Scrapy does not take for text."""
    return decoded(response).text if isinstance(response, TextResponse) else ""


def decoded(response: Response) -> Decoded:
    """The text of any response as the core decodes it. Scrapy raises for charset labels that Python knows and the web
    does not (`rot13`), and reads UTF-8 with a few stray bytes otherwise."""
    return decode(response.body, headers_of(response).get("content-type"))


async def in_time(length: int, read: Callable[..., T], *arguments: Any) -> T:
    """What `read` gives for a document of this length, read in a thread where it is long."""
    if length > MAX_LENGTH_READ_AT_ONCE:
        return await asyncio.to_thread(read, *arguments)
    return read(*arguments)


def conditional(known: Known | KnownSource | Validators) -> dict[str, str]:
    """The headers that make a request conditional, where the server gave validators (RFC 9110, 13)."""
    validators = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in validators.items() if value}


def block_reason(response: Response, rules: Rules) -> str:
    """Why an answer means that the site keeps us out, "" where it does not."""
    page = Shown(text_of(response), response.url)
    return page_kind.block_reason(page, headers_of(response), response.status, rules)


def capture_of(response: Response, link: Link | None = None) -> Capture:
    """The record of one response; its `url` is what was asked for, before any redirect."""
    meta = response.request.meta if response.request else {}  # a response may be made by hand
    asked = meta.get("redirect_urls") or [response.url]
    return Capture(
        url=asked[0],
        body=response.body,
        fetched_at=datetime.now(UTC),
        final_url=response.url,
        status=response.status,
        headers=headers_of(response),
        discovered=link,
        tls_verified=meta.get(TLS_VERIFIED),
    )


def own_spider(crawler: Crawler) -> Any:
    """The spider of a crawl where it is one of newsarchive's; `None` where it is one of another project, whose `since`, `site` or
    `limit` may be anything."""
    return crawler.spider if getattr(crawler.spider, "is_archive_spider", False) else None


def blog_of(crawler: Crawler) -> str:
    """The address of the blog that a crawl is about; "" where it is about none."""
    return str(getattr(own_spider(crawler), "blog", ""))


def rules_of(settings: BaseSettings) -> Rules:
    """The rules of a crawl, read once for each folder. Raises `BadRules`."""
    return rules.default(settings.get("NEWSARCHIVE_RULES") or "")


def steps_of(settings: BaseSettings) -> Steps:
    """The steps of a crawl. Raises `UsageError`, which names a step of another project that cannot be used."""
    return plugins.steps(settings.getlist("NEWSARCHIVE_STEPS"))
