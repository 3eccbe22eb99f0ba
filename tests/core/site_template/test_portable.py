"""Selectors for other programs: right on pages that taught nothing, and honest where pages have nothing in common."""

from __future__ import annotations

from typing import Any

import pytest

from newsarchive.core.site_template import portable
from newsarchive.core.site_template.portable import Portable, Sample, crossed, fivefilters, learn, measured
from newsarchive.items import Article, Block

PROSE = (
    "The ferry sailed again on day {} after four years, and people came out of their houses to hear the horn."
)


def sample(
    number: int, body: str = "div.post-{n}.post.entry", promo: str = "div.share.x{n}", headline: str = ""
) -> Sample:
    """A page with a menu, a headline, an article, a promo inside it, and a footer."""
    body, promo = body.replace("{n}", str(1000 + number)), promo.replace("{n}", str(7000 + number))
    prose, more = (
        PROSE.format(number),
        f"It was seen by {number} thousand people, said the tourist board of the islands.",
    )
    headline = headline or f"Ferry number {number}"
    page = f"""<!DOCTYPE html><html><body><ul class="menu"><li>Home</li></ul><h1 class="title">{headline}</h1>
        {opened(body)}<p>{prose}</p>{opened(promo)}Share this on your favourite network</div><p>{more}</p>
        <script>var a = "not text";</script></div><footer>All rights reserved by nobody</footer></body></html>"""
    blocks = [
        Block("Home", label="nav", path="html/body/ul.menu/li"),
        Block(headline, label="title", path="html/body/h1.title"),
        Block(prose, path=f"html/body/{body}/p"),
        Block("Share this on your favourite network", label="share", path=f"html/body/{body}/{promo}"),
        Block(more, path=f"html/body/{body}/p"),
        Block("All rights reserved by nobody", label="copyright", path="html/body/footer"),
    ]
    return Sample(page, Article(f"https://blog.example/{number}", headline=headline).with_blocks(blocks))


def opened(step: str) -> str:
    tag, *classes = step.split(".")
    name = f'id="{tag.partition("#")[2]}" ' if "#" in tag else ""
    return f'<{tag.partition("#")[0]} {name}class="{" ".join(classes)}">'


def test_the_element_its_promo_and_the_headline_are_found() -> None:
    samples = [sample(number) for number in range(6)]
    found = learn(samples)
    assert found == Portable(("div.post",), ("div.share",), "h1")
    assert measured(samples, found) == portable.Measured(6, 1, 1, 1)
    unseen = crossed(samples)
    assert unseen is not None
    assert (unseen.pages, unseen.f1) == (6, pytest.approx(1))


def test_a_redesign_is_a_second_selector() -> None:
    old = [sample(number, "td#story.old{n}", promo="div.tools") for number in range(5)]
    found = learn([*[sample(number) for number in range(6)], *old])
    assert found is not None
    assert set(found.body) == {"div.post", "td#story"}
    assert set(found.strip) == {"div.share", "div.tools"}


def test_what_holds_a_part_of_an_article_on_one_page_is_never_stripped() -> None:
    samples = [sample(number) for number in range(5)]
    told = sample(9)
    told = Sample(
        "<div class='post'><div class='share'>Share this on your favourite network</div></div>",
        told.article.with_blocks(
            [Block(b.text, path=b.path) if b.label == "share" else b for b in told.article.blocks]
        ),
    )
    found = learn([*samples, told])
    assert found is not None
    assert found.strip == ()


#: What no selector may be made of: numbers of posts, names that a program gave, what CSS would read otherwise.
MADE = [
    "div.post-1234",
    "div.css-1q2w3e4r",
    "div.sm:w-full",
    "div.7col",
    "div.--x",
    "p",
    "div",
    "div.a/b",
    "div.x{n}y.{n}",
]


@pytest.mark.parametrize("step", MADE)
def test_names_that_a_program_gave_are_no_selectors(step: str) -> None:
    assert list(portable._names(step)) == []


def test_pages_that_have_no_element_in_common_have_no_selectors() -> None:
    assert learn([sample(number, f"div.{letter}") for number, letter in enumerate("abcdef")]) is None
    assert learn([sample(1), sample(2)]) is None
    assert crossed([sample(number) for number in range(4)]) is None


def test_a_page_that_nests_wrongly_is_measured_as_it_is() -> None:
    broken = Sample("<p class=post>x<div>y</b></p>\x00<!-- ", sample(1).article)
    assert measured([broken], Portable(("div.post",))).f1 == 0
    assert Sample("", sample(1).article).text(Portable(("p",))) == {}


def test_fivefilters_gets_xpath() -> None:
    text = fivefilters(
        Portable(("div.post",), ("div#x",), "h1"), ["blog.example"], ["https://blog.example/1"]
    )
    lines = dict(line.split(": ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert lines["title"] == "//h1"
    assert lines["strip"] == "//div[@id = 'x']"
    assert "' post '" in lines["body"]
    assert lines["test_url"] == "https://blog.example/1"
    document: Any = sample(1).document
    assert len(document.xpath(lines["body"])) == 1
