"""Questions of accordions, which read like links or buttons, belong to the answers below them."""

from __future__ import annotations

import pytest

from newsarchive import rules
from newsarchive.core.boilerplate.step import boilerplate_step
from newsarchive.items import Article, Block, DecidedBy

RULES = rules.load()
PROSE = "The council of the harbour town voted on Tuesday to keep the night ferry for another three years."
ANSWER = "It carries about forty people on an ordinary weekday, most of them nurses and bakers."


PAGE = "html/body.has-accordion/div.entry-content/"


def labels(question: Block, answer: Block) -> list[str]:
    blocks = (Block(PROSE, path=f"{PAGE}p"), question, answer)
    done = boilerplate_step(Article("https://heron.example/1", blocks=blocks), RULES)
    return [block.label for block in done.blocks]


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
    asked = Block("Who runs it?", label=label, rule="a guess", decided_by=decided_by, path=PAGE + question)
    assert labels(asked, Block(ANSWER, path=PAGE + answer)) == ["body", "body", "body"]


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
    other = Block("Expand all", label="other", rule="a guess", decided_by=DecidedBy.MODEL, path=PAGE + above)
    assert labels(other, Block(ANSWER, path=PAGE + below)) == ["body", "other", "body"]


def test_a_question_whose_answer_is_no_text_stays_out() -> None:
    item = f"{PAGE}div.accordion-item"
    asked = Block("Who runs it?", label="nav", rule="a guess", decided_by=DecidedBy.MARKUP, path=f"{item}/h3")
    answer = Block(ANSWER, label="other", rule="a guess", decided_by=DecidedBy.MODEL, path=f"{item}/div/p")
    assert labels(asked, answer) == ["body", "nav", "other"]
