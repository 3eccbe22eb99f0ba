"""An answer 451 says who keeps a page back (RFC 7725), and so does what a person reads of it."""

from __future__ import annotations

import pytest
from scrapy.http import TextResponse
from scrapy.spidermiddlewares.httperror import HttpError

from newsarchive.crawling.failures import explain

PAGE = "https://blog.example/2024/05/night-ferry/"
#: The Link header → who blocks the page, "" for nobody.
LINKS = {
    '<https://court.example/orders/12>; rel="blocked-by"': "https://court.example/orders/12",
    '</feed/>; rel="alternate", <https://isp.example/>; rel=blocked-by': "https://isp.example/",
    "</legal/>; rel='blocked-by'": "https://blog.example/legal/",
    "<https://isp.example/\x1b]0;x\x07>; rel=blocked-by": "https://isp.example/%1B%5D0;x%07",
    "<javascript:alert(1)>; rel=blocked-by": "",
    '<https://court.example/>; rel="describedby blocked-by"': "https://court.example/",
    '<https://court.example/>; rel="not-blocked-by"': "",
    '<https://court.example/>; rel="blocked-by-robots"': "",
    "<https://next.example/>; rel=next": "",
    "": "",
}


@pytest.mark.parametrize("link", LINKS)
def test_who_keeps_a_page_back_is_named(link: str) -> None:
    response = TextResponse(PAGE, status=451, headers={"Link": link})
    word, sentence = explain(HttpError(response))
    assert word == "http 451"
    assert "for legal reasons" in sentence
    assert sentence.partition("; it is blocked by ")[2] == LINKS[link]
