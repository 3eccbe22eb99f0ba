"""Questions of accordions, which read like links or buttons, belong to the answers below them."""

from __future__ import annotations

import pytest

from newsarchive import rules
from newsarchive.core.boilerplate.step import boilerplate_step
from newsarchive.items import Article, Block, DecidedBy

RULES = rules.load()
PROSE = "The council of the harbour town voted on Tuesday to keep the night ferry for another three years."
ANSWER = "It carries about forty people on an ordinary weekday, most of them nurses and bakers."


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("div.vc_tta-accordion/div.vc_tta-panel/div.vc_tta-panel-heading/h4", "div.vc_tta-accordion/div.vc_tta-panel/div.vc_tta-panel-body/p"),
        ("div.elementor-toggle-item/div#elementor-tab-title-1", "div.elementor-toggle-item/div#elementor-tab-content-1/p"),
        ("div.fl-accordion-item/div.fl-accordion-button", "div.fl-accordion-item/div.fl-accordion-content/p"),
        ("details/summary", "details/p"),
        ("div.faq/div.q/button", "div.faq/div.a/p"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("label", "decided_by"), [("nav", DecidedBy.MARKUP), ("other", DecidedBy.MODEL)])
def test_a_question_goes_with_its_answer(
    question: str, answer: str, label: str, decided_by: DecidedBy
) -> None:
    page = "html/body/div.entry-content/"
    blocks = (
        Block(PROSE, path=f"{page}p"),
        Block("Who runs it?", label=label, rule="a guess", decided_by=decided_by, path=page + question),
        Block(ANSWER, path=page + answer),
    )
    done = boilerplate_step(Article("https://heron.example/1", blocks=blocks), RULES)
    assert [b.label for b in done.blocks] == ["body", "body", "body"]


@pytest.mark.parametrize(
    ("above", "below"),
    [
        # Above the first question, not above an answer.
        ("div.accordion/div.buttons", "div.accordion/div.item/h3.question"),
        # The accordion ends above.
        ("div.menu/div.accordion/a", "div.menu/p"),
        # In no accordion: the class of <body> speaks of no part of the page.
        ("div.box/h4", "div.box/p"),
    ],
)
def test_another_line_stays_out(above: str, below: str) -> None:
    page = "html/body.has-accordion/div.entry-content/"
    blocks = (
        Block(PROSE, path=f"{page}p"),
        Block("Expand all", label="other", rule="a guess", decided_by=DecidedBy.MODEL, path=page + above),
        Block(ANSWER, path=page + below),
    )
    done = boilerplate_step(Article("https://heron.example/1", blocks=blocks), RULES)
    assert [b.label for b in done.blocks] == ["body", "other", "body"]


def test_a_question_whose_answer_is_no_text_stays_out() -> None:
    item = "html/body/div.entry-content/div.accordion-item"
    blocks = (
        Block(PROSE, path="html/body/div.entry-content/p"),
        Block("Who runs it?", label="nav", rule="a guess", decided_by=DecidedBy.MARKUP, path=f"{item}/h3"),
        Block(ANSWER, label="other", rule="a guess", decided_by=DecidedBy.MODEL, path=f"{item}/div/p"),
    )
    done = boilerplate_step(Article("https://heron.example/1", blocks=blocks), RULES)
    assert [b.label for b in done.blocks] == ["body", "nav", "other"]
