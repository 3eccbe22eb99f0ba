"""Packed answers: each body is unpacked once, and one that breaks off is a failure."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest
from scrapy import Request
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest, NotConfigured, ResponseDataLossError
from scrapy.http import HtmlResponse, Response
from scrapy.utils.test import get_crawler

from newsarchive.crawling.failures import explain
from newsarchive.crawling.stats import FetchProblem
from newsarchive.middlewares import DecompressionMiddleware

PAGE = "<title>Fähre</title>" * 99
URL = "https://blog.example/"


def answer(body: bytes, coding: str) -> Response:
    return Response(
        URL, body=body, headers={"Content-Type": "text/html; charset=utf-8", "Content-Encoding": coding}
    )


def given(body: bytes, coding: str, limit: int = 10_000, **request: str) -> Response:
    middleware = DecompressionMiddleware.from_crawler(get_crawler(settings_dict={"DOWNLOAD_MAXSIZE": limit}))
    return middleware.process_response(Request(URL, **request), answer(body, coding))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("coding", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress), ("utf-8", bytes)],
)
def test_a_packed_page_is_unpacked_and_nothing_is_left_to_scrapy(
    coding: str, pack: Callable[[bytes], bytes]
) -> None:
    unpacked = given(pack(PAGE.encode()), coding)
    assert isinstance(unpacked, HtmlResponse)
    assert (unpacked.text, unpacked.encoding) == (PAGE, "utf-8")
    assert (
        HttpCompressionMiddleware.from_crawler(get_crawler()).process_response(Request(URL), unpacked)
        is unpacked
    )


@pytest.mark.parametrize(
    ("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress)]
)
def test_a_page_that_breaks_off_is_a_failure(coding: str, pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(ResponseDataLossError) as error:
        given(pack(PAGE.encode())[:-12], coding)
    assert explain(error.value)[0] == FetchProblem.CUT_SHORT


@pytest.mark.parametrize(
    ("given_range", "is_whole"),
    [
        ("bytes 0-499/500", True),
        ("bytes 0-499/5000", False),
        ("bytes 9-499/500", False),
        ("bytes 0-499/*", False),
        ("", False),
    ],
)
def test_a_part_that_nobody_asked_for_is_a_failure(given_range: str, is_whole: bool) -> None:
    middleware = DecompressionMiddleware.from_crawler(get_crawler())
    part = Response(URL, status=206, body=PAGE.encode(), headers={"Content-Range": given_range})
    if is_whole:
        assert middleware.process_response(Request(URL), part) is part
        return
    with pytest.raises(ResponseDataLossError) as error:
        middleware.process_response(Request(URL), part)
    assert explain(error.value)[0] == FetchProblem.CUT_SHORT


def test_a_page_that_is_too_long_is_told_as_such() -> None:
    with pytest.raises(IgnoreRequest) as error:
        given(gzip.compress(PAGE.encode()), "gzip", limit=1000)
    assert explain(error.value)[0] == FetchProblem.TOO_LARGE


def test_what_is_damaged_and_answers_without_a_body_are_left_to_scrapy() -> None:
    damaged = given(b"\x1f\x8b\x08\x00\xff\xff\xff\xff\xff\xff\xff\xff", "gzip")
    assert damaged.headers["Content-Encoding"] == b"gzip"
    assert given(b"", "gzip", method="HEAD").headers["Content-Encoding"] == b"gzip"


def test_a_project_that_wants_packed_bodies_gets_them() -> None:
    with pytest.raises(NotConfigured):
        DecompressionMiddleware.from_crawler(get_crawler(settings_dict={"COMPRESSION_ENABLED": False}))
