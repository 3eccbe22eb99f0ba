"""What a site says of the use of its pages stands in the file before the pages that it counts for."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from scrapy import Request
from scrapy.http import TextResponse

from newsarchive.extensions.warc import KEEP, WarcExtension
from newsarchive.warc.writer import WarcWriter
from tests.support.waiting import wait_for

HOME = "https://heron.example"


def test_a_page_of_another_thread_waits_for_the_files_of_its_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crawler = SimpleNamespace(spider=None, stats=SimpleNamespace(set_value=dict[str, str]().__setitem__))
    extension = WarcExtension(crawler, (str(tmp_path),))  # type: ignore[arg-type]
    written: list[str] = []
    may_go_on = threading.Event()
    write = WarcWriter.write_response

    def slowly(writer: WarcWriter, url: str, *arguments: object, **more: object) -> object:
        if url.endswith("robots.txt"):
            assert may_go_on.wait(30)
        written.append(url)
        return write(writer, url, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(WarcWriter, "write_response", slowly)
    robots = Request(f"{HOME}/robots.txt")
    extension.downloaded(
        TextResponse(robots.url, body=b"User-agent: GPTBot\nDisallow: /", request=robots), robots
    )
    threads = []
    for path in ("/a", "/b"):
        request = Request(HOME + path, meta={KEEP: True})
        response = TextResponse(request.url, body=b"<p>Text.</p>", request=request)
        extension.downloaded(response, request)
        threads.append(threading.Thread(target=extension.keep, args=(response, None)))
        threads[-1].start()
        wait_for(lambda: not extension.site_files)  # the first thread has taken them
    threads[1].join(0.5)
    assert written == []
    may_go_on.set()
    for thread in threads:
        thread.join(30)
    assert written[0] == robots.url
    assert sorted(written[1:]) == [f"{HOME}/a", f"{HOME}/b"]
