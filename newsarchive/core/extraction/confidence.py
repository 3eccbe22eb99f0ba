"""How sure an extraction is once the boilerplate step has judged the lines that the classifier doubted.

The classifier doubts a post of six paragraphs above 400 comments: each comment might be a part of it, so that it expects an F1 of
0.55. A rule then recognises the comments by the list that they stand in, and nothing is left to doubt. The same holds for lines that a
table of phrases knows, and for an article that a page shows twice, once for each width of screen: the classifier gives either copy
an even chance, and one of them is the article for sure.

So the F1 to expect is worked out twice from the scores of the blocks, before and after, and what lies between the two is added to what
the classifier said. No other doubt is touched: what a guess by class names left out stays as likely as it was.

Earns that 4 of 12 right articles and 12 of 39 pages of snippets no longer wait in quarantine; one of these pages, of 96 words,
keeps two lines too many (`docs/benchmarks/article-text.md`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from newsarchive.core.extraction.classifier import words_of
from newsarchive.core.extraction.page_type import MIN_EXPECTED_F1
from newsarchive.items import Article, Block, DecidedBy, Quality, QualityFlag
from newsarchive.verdicts import DIFFERS_FROM, PROVED

#: Passes that prove a block to be no text.
CERTAIN = PROVED | {DecidedBy.HEADLINE, DecidedBy.FILLER, DecidedBy.COMMENTS}
#: Flags of a confidence that is not the classifier's alone: another text was compared or taken.
OF_OTHER_TEXTS = frozenset({*DIFFERS_FROM.values(), QualityFlag.FROM_JSON_LD})


def reconsidered(article: Article, before: Sequence[Block]) -> Article:
    """The article with the confidence that its blocks have after the passes of the boilerplate step; `before` are the blocks that
    extraction gave.

    Where all that extraction kept is boilerplate the confidence is 0. It stays where another text (a feed, an API) has changed it, and for a post on several pages, whose confidence is
    that of its weakest page.
    """
    quality = article.quality
    is_split = article.capture is not None and bool(article.capture.parts)
    if is_split or article.filled_from or not OF_OTHER_TEXTS.isdisjoint(quality.flags):
        return article
    if not any(block.label == "body" for block in article.blocks):
        flags = tuple(dict.fromkeys((*quality.flags, QualityFlag.SHORT)))
        return replace(article, quality=_with_confidence(replace(quality, flags=flags), 0.0))
    known = expected_f1(article.blocks, certain=True) - expected_f1(before)
    if not known:
        return article
    return replace(article, quality=_with_confidence(quality, min(1.0, max(0.0, quality.confidence + known))))


def expected_f1(blocks: Iterable[Block], *, certain: bool = False) -> float:
    """The F1 to expect of the blocks that are text, 0 to 1. With `certain`, a block that was proved to be no text has no chance to be
    text, and a second copy adds its chance to that of the first.

    >>> post, comment = Block("The ferry runs.", score=1.0), Block("At last!", label="comments", score=0.0)
    >>> known = comment.relabelled("comments", "", DecidedBy.SELECTOR)
    >>> round(expected_f1([post, comment]), 2), round(expected_f1([post, known], certain=True), 2)
    (0.71, 0.84)
    """
    blocks = [b for b in blocks if b.score is not None]
    copies: dict[str, float] = {}
    if certain:
        for block in blocks:
            if block.decided_by == DecidedBy.REPETITION:
                copies[block.text] = copies.get(block.text, 0.0) + _chance(block)
    taken = hits = possible = 0.0
    for block in blocks:
        is_text = block.label == "body"
        if certain and not is_text and _is_certain(block):
            continue
        words, chance = words_of(block.kind, len(block.text)), _chance(block)
        if is_text:
            chance = min(1.0, chance + copies.pop(block.text, 0.0))
            taken += words
            hits += words * chance
        possible += words * chance
    return 2 * hits / (taken + possible) if taken else 0.0


def _is_certain(block: Block) -> bool:
    """Whether a block is no text for certain: a pass proved it, it is a second copy, or it stands in a box of comments."""
    proved = block.decided_by in CERTAIN or block.decided_by == DecidedBy.REPETITION
    return proved or block.label == "comments"


def _chance(block: Block) -> float:
    """The classifier's chance of a block to be text."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, block.score or 0.0))))


def _with_confidence(quality: Quality, confidence: float) -> Quality:
    """The quality with another confidence, and with the flag that belongs to it."""
    flags = [flag for flag in quality.flags if flag != QualityFlag.THIN_MARGIN]
    if confidence < MIN_EXPECTED_F1:
        flags.insert(0, QualityFlag.THIN_MARGIN)
    return replace(quality, confidence=round(confidence, 3), flags=tuple(flags))
