"""Keeps once what a page says twice: a text for wide and for narrow screens, an excerpt above the text, a pull quote in it.

What goes is labelled `repeated` and stays beside the article. A refrain, a row of a table or a line of code may well stand twice in an
article, so lines that are alike count only as whole runs, or in a box whose name says what it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsarchive.core.text.normalise import normalise
from newsarchive.items import Block, DecidedBy

#: Characters of a run of blocks that stands on the page twice. A shorter one is kept twice.
MIN_REPEATED_CHARACTERS = 300
#: Characters of the longest block of such a run. A run with shorter blocks alone is kept twice.
MIN_REPEATED_PROSE_CHARACTERS = 80
#: Pull quotes of a page; later ones are not looked for in the text.
MAX_PULL_QUOTES = 50
#: What themes and block editors name the box of a pull quote.
_PULL_QUOTE = re.compile(r"[Pp]ull[-_]?[Qq]uote")
#: What an excerpt ends in where it is cut off.
_CUT_OFF = ("...", "…", "[…]", "[...]")
#: A label before an excerpt: "Summary: ", "摘要: ".
_LABEL_BEFORE = re.compile(r"[^\W\d_]{2,14}\s?[:：]\s*")
#: Letters and digits of an excerpt; a shorter one may be a line of verse or a call that the text takes up.
MIN_EXCERPT_CHARS = 20
#: Blocks below an excerpt in which its words are looked for.
MAX_EXCERPT_BLOCKS = 3


def without_repeats(blocks: list[Block]) -> list[Block]:
    """The blocks with what stands in the article again labelled `repeated`."""

    def label(places: Sequence[int], rule: str) -> None:
        for i in places:
            blocks[i] = blocks[i].relabelled("repeated", rule, DecidedBy.REPETITION)

    places = [i for i, b in enumerate(blocks) if b.label == "body" and b.kind != "code"]
    twice = [places[at] for at in repeated([blocks[i].text for i in places])]
    label(twice, "stands in the article before, with its neighbours")
    label(_own_excerpt(blocks), "an excerpt: the text below begins with these words")
    label(_pull_quotes(blocks), "a pull quote: the text says it too")
    return blocks


def repeated(texts: Sequence[str]) -> set[int]:
    """The places of the blocks of every run that stands on the page a second time, block by block the same.

    Earns 0.06 to 0.08 points of F1 on real pages: 14 of 1,282 hold their text twice (`docs/benchmarks/ablation.md`).

    >>> first = ["A heading", "Prose of more than a line. " * 12]
    >>> repeated([*first, "Between the two", *first]), repeated(["no", "no", "no"])
    ({3, 4}, set())
    """
    first: dict[str, int] = {}
    twice = [i for i, text in enumerate(texts) if first.setdefault(text, i) != i]
    out: set[int] = set()
    at = 0
    while at < len(twice):
        start = end = twice[at]
        source = first[texts[start]]
        while end < len(texts) and source < start and texts[source] == texts[end]:
            source, end = source + 1, end + 1
        lengths = [len(text) for text in texts[start:end]]
        if sum(lengths) >= MIN_REPEATED_CHARACTERS and max(lengths) >= MIN_REPEATED_PROSE_CHARACTERS:
            out.update(range(start, end))
        while at < len(twice) and twice[at] < end:
            at += 1
    return out


def _own_excerpt(blocks: list[Block]) -> list[int]:
    """The first block of the text, where it is cut off and the text below begins with its words: Discuz! prints "摘要: The mill closes
    after forty ..." above the text, with a label or without one."""
    body = [i for i, b in enumerate(blocks) if b.label == "body"]
    ends = [mark for mark in _CUT_OFF if body and blocks[body[0]].text.rstrip().endswith(mark)]
    if not ends or len(body) < 2:
        return []
    excerpt = blocks[body[0]].text.rstrip().removesuffix(ends[0])
    text = normalise("\n".join(blocks[i].text for i in body[1 : 1 + MAX_EXCERPT_BLOCKS]))
    forms = (excerpt, _LABEL_BEFORE.sub("", excerpt, count=1))
    folded = (normalise(form) for form in forms)
    return body[:1] if any(len(f) >= MIN_EXCERPT_CHARS and text.startswith(f) for f in folded) else []


def _pull_quotes(blocks: list[Block]) -> list[int]:
    """The blocks of boxes that are named as pull quotes, and whose words stand in the rest of the text, each with the name of
    who says it, which stands right below in the box around.

    Takes seven lines out on 4 of 2,579 real pages whose truth has them once, and five on 4 whose truth has them twice.
    """
    paths = {b.path for b in blocks if b.label == "body"}  # most paragraphs stand in one box
    if not (boxes := set(filter(_PULL_QUOTE.search, paths))):
        return []
    places = [i for i, b in enumerate(blocks) if b.label == "body" and b.path in boxes]
    rest = (b.text for b in blocks if b.label == "body" and b.path not in boxes)
    text = normalise("\n".join(rest))
    found = [i for i in places[:MAX_PULL_QUOTES] if normalise(blocks[i].text) in text]
    speakers = [
        i + 1 for i in found if i + 1 in places and blocks[i].path.startswith(blocks[i + 1].path + "/")
    ]
    return sorted({*found, *speakers})
