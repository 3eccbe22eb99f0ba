"""Pages may write anything where an address belongs, and a page may come from no address at all."""

from __future__ import annotations

import pytest

from newsarchive import rules
from newsarchive.core.steps import article_from
from newsarchive.items import Capture

PROSE = (
    "<p>"
    + "The ferry left the harbour at noon, and the crew said that repairs had taken all night. " * 5
    + "</p>"
)
PAGE = """<html><head><title>Ferry leaves harbour - Example</title><base href="{base}">
<link rel="canonical" href="{url}"><link rel="license" href="{url}"><link rel="alternate" hreflang="de" href="{url}">
<meta property="og:url" content="{url}"><meta property="og:image" content="{url}">
<meta name="syndication-source" content="{url}"><meta property="article:publisher" content="{url}">
<script type="application/ld+json">{{"@type":"NewsArticle","headline":"Ferry leaves harbour","url":"{url}",
"mainEntityOfPage":{{"@id":"{url}"}},"image":"{url}","author":{{"@type":"Person","name":"Ann Lee","url":"{url}"}},
"isBasedOn":"{url}","license":"{url}"}}</script><script type="application/ld+json">{{"@type":"BreadcrumbList",
"itemListElement":[{{"position":1,"item":{{"@id":"{url}","name":"News"}}}},{{"position":2,"name":"Ferries","item":"{url}"}}]}}
</script></head><body><a href="{url}">Home</a>
<nav class="breadcrumb"><a href="{url}">News</a></nav><article><h1>Ferry leaves harbour</h1>
<a rel="author" href="{url}">By Ann Lee</a><a rel="tag" href="{url}">ferries</a>
<figure><img src="{url}" srcset="{url} 2x"><figcaption>A <a href="{url}">ferry</a></figcaption></figure>{prose}
<p>More <a href="{url}">here</a><iframe src="{url}"></iframe></p>{prose}
<p>This article originally appeared on <a href="{url}">The Example Times</a>.</p><p>Source: {url}</p></article>
<a href="{url}?page=2">2</a></body></html>"""

ADDRESSES = [
    "", "page.html", "/folder/page.html", "file:///folder/page.html", "recall::blog.example-page.html",
    "https://", "//[", "http://[::1", "http://[#x", "http://[v1.x]/", "http://a:b@[", "http://localhost:99999/x",
    "https://blog.example:port/x", "http://exa mple/", "http://a..b/", "http://%zz/", "http://\x00/",
    "http://" + "a" * 300 + ".com/", "https://xn--/", "https://例え.テスト/x", "http://１２７.0.0.1/", "?", "#",
    "javascript:alert(1)", "mailto:a@blog.example", "data:text/html,x", "ht!tp://x",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("base", [False, True])
@pytest.mark.parametrize("own", [False, True])
def test_no_address_costs_an_article(address: str, base: bool, own: bool) -> None:
    html = PAGE.format(url=address, base=address if base else "", prose=PROSE)
    url = address if own else "https://blog.example/post/"
    article = article_from(Capture(url, html.encode()), rules.default())
    assert article.article_body.startswith("The ferry left the harbour")
    assert article.headline == "Ferry leaves harbour"
