"""Declarative shadow roots: what a component shows is read, and what no slot takes is not."""

from __future__ import annotations

from newsarchive import extract
from newsarchive.core.html.parsing import fresh

PARAGRAPHS = (
    "The council decided on Thursday that the old ferry will cross the harbour again, after nine years without one.",
    "The shipping company said the first boat would leave at dawn on the second of May, and that tickets cost the same.",
    "Half of the island came to the quay to see the first boat leave, and the school gave its pupils the morning off.",
)
TEXT = "".join(f"<p>{one}</p>" for one in PARAGRAPHS)
HEADLINE = "<h1>Ferry returns after nine years</h1>"


def body(html: str) -> str:
    found = fresh(f"<html><body>{html}</body></html>").body
    assert found is not None
    return found.text(separator="|")


def test_an_article_in_a_shadow_root_is_read() -> None:
    page = f"<x-article><template shadowrootmode='open'><article>{HEADLINE}{TEXT}</article></template></x-article>"
    article = extract(
        html=f"<title>Ferry returns after nine years</title>{page}", url="https://blog.example/1"
    )
    assert article.headline == "Ferry returns after nine years"
    assert article.article_body.split("\n\n") == list(PARAGRAPHS)


def test_children_stand_in_their_slots() -> None:
    root = "<template shadowrootmode=closed><b>1</b><slot></slot><b>3</b><slot name=end></slot></template>"
    assert body(f"<x-a>{root}<i slot=end>4</i><i>2</i></x-a>") == "1|2|3|4"


def test_a_root_within_a_root() -> None:
    inner = "<x-b><template shadowrootmode=open><b>1</b><slot></slot></template><i>2</i></x-b>"
    assert body(f"<x-a><template shadowrootmode=open>{inner}<b>3</b></template></x-a>") == "1|2|3"


def test_other_templates_stay_unread() -> None:
    assert (
        body("<template><b>1</b></template><template shadowrootmode=none><b>2</b></template><b>3</b>") == "3"
    )


def test_a_template_that_is_not_closed() -> None:
    assert body("<x-a><template shadowrootmode=open><b>1</b>") == "1"
