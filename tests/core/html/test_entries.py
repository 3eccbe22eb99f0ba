"""Which entries of a page of WordPress are other posts, and that the page's own is never one of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsarchive import rules
from newsarchive.core.html.entries import Entries
from newsarchive.core.steps import article_from
from newsarchive.items import Capture

HEADLINE = "The night ferry returns to the old harbour"
TEXT = "".join(
    "<p>The harbour council voted on Tuesday evening to reopen the night ferry between the islands and the mainland, said the "
    f"clerk of town number {number}, after almost four years without one.</p>"
    for number in range(6)
)
OWN = (
    f'<article class="%s"><h1>{HEADLINE}</h1><p class="byline">By Marta Oyelaran</p><time datetime="2025-03-29">29 March 2025</time>'
    f'<div class="entry-content">{TEXT}</div></article>'
)
OTHERS = "".join(
    f'<li class="post-{number} post type-post"><h3><a href="/{number}/">Another story of the coast</a></h3>'
    f'<time datetime="2024-01-{number}">{number} January 2024</time><p>The first words of that other story stand here.</p></li>'
    for number in (21, 22, 23)
)


@pytest.mark.parametrize("others", ["", OTHERS], ids=["alone", "above others"])
@pytest.mark.parametrize(
    ("around", "classes"),
    [
        ("%s", "post-7 post type-post"),
        ("%s", "post-8 post type-post"),  # a plugin shows the translation
        ("%s", "post-1 post-7 post type-post"),  # a theme numbers its columns
        ('<div class="post-9 type-post">%s</div>', "post-7 post type-post"),
        ('<div class="post-7 type-post"><div class="post-9 type-post">%s</div></div>', "entry"),
    ],
)
def test_the_pages_own_post_is_read_whatever_its_number(around: str, classes: str, others: str) -> None:
    page = (
        f'<html lang="en"><head><title>{HEADLINE} – The Tromsø Post</title></head><body class="single single-post postid-7">'
        f"<main>{around % (OWN % classes)}</main><ul>{others}</ul></body></html>"
    )
    capture = Capture(
        url="https://blog.example/ferry/",
        body=page.encode(),
        headers={"content-type": "text/html"},
        fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    article = article_from(capture, rules.default())
    assert article.headline == HEADLINE
    assert [author.name for author in article.authors] == ["Marta Oyelaran"]
    assert article.date_published is not None
    assert article.date_published.date().isoformat() == "2025-03-29"
    assert article.article_body.count("harbour council") == 6
    assert "other story" not in article.article_body


PAGE = "html/body.single.single-post.postid-7/main"


@pytest.mark.parametrize(
    ("steps", "others"),
    [
        (["article.post-7.type-post/p", "li.post-23.type-post/p"], {"23"}),
        (["p", "li.post-23.type-post/p", "li.post-24.type-post/p"], {"23", "24"}),
        (["p", "div.post-23.type-form/p"], set()),  # a form in the text
        (["p", "div.footnotes-post-23/p"], set()),
        (["article.post-7.type-post/li.post-23.type-post/p", "article.post-7.type-post/p"], {"23"}),
    ],
)
def test_entries_of_other_posts(steps: list[str], others: set[str]) -> None:
    assert Entries([(f"{PAGE}/{step}", False) for step in steps]).others == others


def test_a_page_without_a_number_has_no_entries() -> None:
    assert Entries([("html/body.home/li.post-23.type-post/p", False)]).others == frozenset()
    assert Entries([]).others == frozenset()
