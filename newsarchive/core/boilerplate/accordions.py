"""Finds the questions of accordions: the lines that a reader clicks to see what stands below them.

A block editor writes `<div class="accordion-item"><h3><a href="#1">Who pays?</a></h3><div><p>The town does.</p></div></div>`.
The answer reads like text. The question is a link and little else, or a button, and reads like a menu.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from newsarchive.items import Block, DecidedBy

#: Characters of a question; a longer line is none.
MAX_QUESTION_CHARACTERS = 200
#: What an accordion, or one of its parts, is called in a class or an id; and the element that is one.
_ACCORDION = re.compile(r"(?:^|[#._-])(?:accordion|toggle|collaps|faq|spoiler)|^details", re.IGNORECASE)
#: What the part of an accordion is called, or made of, that a reader clicks.
_CLICKED = re.compile(r"question|title|button|label|head", re.IGNORECASE)
#: Labels of lines that are links or controls, or of which nothing is known.
_UNSURE = frozenset({"nav", "form", "other"})
#: What guesses at such lines; everything else has proved what it says.
_GUESSES = frozenset({DecidedBy.MODEL, DecidedBy.MARKUP})

QUESTION = "the question of an accordion whose answer is text"


def questions(blocks: Sequence[Block]) -> Iterator[int]:
    """The positions of dropped lines right above a block of the article, in one accordion with it.

    Gives 44 questions back on 17 of 2,579 real pages; all 22 on the nine pages that were looked at are questions or titles.

    >>> item = "html/body/div.accordion-item"
    >>> asked = Block("Who pays?", "heading", "nav", "links and little else", path=f"{item}/h3", decided_by=DecidedBy.MARKUP)
    >>> list(questions([asked, Block("The town pays.", path=f"{item}/div.accordion-body/p")]))
    [0]
    """
    for i, (line, below) in enumerate(pairwise(blocks)):
        if (
            below.label == "body"
            and below.kind != "heading"
            and line.label in _UNSURE
            and line.decided_by in _GUESSES
            and line.kind in ("heading", "paragraph")
            and len(line.text) <= MAX_QUESTION_CHARACTERS
            and _in_one_accordion(line.path, below.path)
        ):
            yield i


def _in_one_accordion(question: str, answer: str) -> bool:
    """Whether an element around both paths is called an accordion, and nothing further around the answer is a question: "Expand
    all" stands above the first question."""
    steps, others = question.split("/"), answer.split("/")
    shared = 0
    while shared < min(len(steps), len(others)) and steps[shared] == others[shared]:
        shared += 1
    return any(map(_ACCORDION.search, steps[2:shared])) and not any(map(_CLICKED.search, others[shared:]))
