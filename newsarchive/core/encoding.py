"""Text as it was written: bytes decoded, mojibake repaired, every change accounted for.

`decode_step` and `repair_step` are the steps that `core.process` runs; `repair` and
`repair_texts` are the same on plain strings. Typography stays as published: nothing here
straightens quotes, changes widths or ligatures, or normalises.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from newsarchive.core.decoding import decode, decode_step
from newsarchive.core.pairs import model_of
from newsarchive.core.repairing import texts_of, with_texts
from newsarchive.core.vote import Change, changes_of
from newsarchive.items import Article, Edit, Repaired, replay
from newsarchive.rules import Rules

__all__ = ["decode", "decode_step", "repair", "repair_step", "repair_texts"]


def repair(text: str, rules: Rules) -> Repaired:
    """Repair the mojibake of one text. Clean text comes back as it is, without edits."""
    return repair_texts([text], rules)[0]


def repair_texts(texts: Sequence[str], rules: Rules) -> list[Repaired]:
    """Repair the texts of one page, which vote together on the codec it was read with.

    `Edit.start` counts from the start of each text; `Edit.where` is empty.
    """
    page = "\n".join(texts)
    edits: list[list[Edit]] = [[] for _ in texts]
    if not page.isascii() or "&" in page:
        starts = [0, *accumulate(len(text) + 1 for text in texts)]
        for change in changes_of(page, model_of(rules)):
            number = bisect_right(starts, change.start) - 1
            edits[number].append(_edit(page, change, starts[number]))
    return [Repaired(replay(t, es), tuple(es), damage_of(t)) for t, es in zip(texts, edits, strict=True)]


def repair_step(article: Article, rules: Rules) -> Article:
    """Repair headline, description, names, captions and blocks of an article, voting as one page."""
    texts = texts_of(article)
    repaired = repair_texts(list(texts.values()), rules)
    return with_texts(article, dict(zip(texts, repaired, strict=True)))


def _edit(page: str, change: Change, origin: int) -> Edit:
    reading = change.reading
    return Edit(
        step="repair",
        rule=reading.rule,
        before=page[change.start : change.end],
        after=reading.after,
        start=change.start - origin,
        evidence=round(reading.gain, 1),
    )


_REPLACED = "\ufffd"
#: Words of question marks, or question marks inside a word; not `What??`, not `page.php?id=1`.
_QUESTIONS = re.compile(r"(?<!\S)\?{2,}\S?(?:\s+\?{2,})+|[^\W\d_]\?{2,}[^\W\d_]")


def damage_of(text: str) -> tuple[str, ...]:
    """What is beyond repair in a text: see `Repaired.damage`."""
    found = []
    if _REPLACED in text:
        found.append("replacement characters")
    if "??" in text and _QUESTIONS.search(text):
        found.append("question marks")
    return tuple(found)
