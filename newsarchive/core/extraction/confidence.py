"""Says how sure an extraction is: first by the classifier alone, then with what the boilerplate step has found out.

The classifier doubts a post of six paragraphs above 400 comments: each comment might be a part of it, so that it expects an F1 of
0.55. A rule then recognises the comments by the list that they stand in, and nothing is left to doubt. The same holds for lines
that a table of phrases knows, and for an article that a page shows twice, once for each width of screen: the classifier gives
either copy an even chance, and one of them is the article for sure.

So the F1 to expect is worked out twice from the scores of the blocks, before and after, and what lies between the two is added
to what the classifier said. No other doubt is touched: what a guess by class names left out stays as likely as it was.

Earns that 4 of 12 right articles and 12 of 39 pages of snippets no longer wait in quarantine; one of these pages, of 96 words,
keeps two lines too many (`docs/benchmarks/article-text.md`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from newsarchive.core.extraction.classifier import Sheet, Verdict, probabilities, words_of
from newsarchive.core.extraction.page_type import MIN_ARTICLE_WORDS, taken, teasers, words_up_to
from newsarchive.core.text.words import ends_sentence
from newsarchive.items import Article, Block, DecidedBy, Quality, QualityFlag
from newsarchive.verdicts import DIFFERS_FROM, PROVED

#: Words of an article. One with at least four times `MIN_ARTICLE_WORDS` is not flagged as short.
MIN_UNFLAGGED_WORDS = 4 * MIN_ARTICLE_WORDS
#: Expected F1 of an extraction, 0 to 1. An extraction below it is flagged as doubtful, which is about one page in twenty.
MIN_EXPECTED_F1 = 0.8
#: Passes that prove a block to be no text, or to be the second copy of a text.
CERTAIN = PROVED | {DecidedBy.HEADLINE, DecidedBy.FILLER, DecidedBy.COMMENTS, DecidedBy.REPETITION}
#: Flags of a confidence that is not the classifier's alone: another text was compared or taken.
OF_OTHER_TEXTS = frozenset({*DIFFERS_FROM.values(), QualityFlag.FROM_JSON_LD})


def quality(sheet: Sheet, verdict: Verdict) -> Quality:
    """The quality of an extraction: `confidence` is the expected F1, `completeness` the share of the article's text that was
    kept, by the probabilities of the classifier. Each flag is a reason for quarantine."""
    kept = taken(sheet, verdict)
    flags: list[QualityFlag] = []
    if verdict.expected < MIN_EXPECTED_F1:
        flags.append(QualityFlag.THIN_MARGIN)
    if sheet.reading.truncated:
        flags.append(QualityFlag.PAGE_TOO_LONG)
    if kept and not any(ends_sentence(b.text) for b in kept[-4:]) and kept[-1].kind == "paragraph":
        flags.append(QualityFlag.NO_SENTENCE_END)
    if words_up_to(kept, MIN_UNFLAGGED_WORDS) < MIN_UNFLAGGED_WORDS:
        flags.append(QualityFlag.SHORT)
    if teasers(sheet, kept):
        flags.append(QualityFlag.OTHER_ARTICLES)
    chances = probabilities(verdict.margins)
    total = float(chances.sum())
    completeness = float(chances[verdict.keep].sum()) / total if total else 0.0
    return Quality(round(min(1.0, verdict.expected), 3), round(completeness, 3), tuple(flags))


def reconsidered(article: Article, before: Sequence[Block]) -> Article:
    """The article with the confidence that its blocks have after the passes of the boilerplate step; `before` are the blocks that
    extraction gave.

    Where all that extraction kept is boilerplate the confidence is 0. It stays where another text (a feed, an API) has changed
    it, and for a post on several pages, whose confidence is that of its weakest page.
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
                copies[block.text] = copies.get(block.text, 0.0) + _chance(block.score)
    taken = hits = possible = 0.0
    for block in blocks:
        is_text = block.label == "body"
        if certain and not is_text and (block.decided_by in CERTAIN or block.label == "comments"):
            continue
        words, chance = words_of(block.kind, len(block.text)), _chance(block.score)
        if is_text:
            chance = min(1.0, chance + copies.pop(block.text, 0.0))
            taken += words
            hits += words * chance
        possible += words * chance
    return 2 * hits / (taken + possible) if taken else 0.0


@lru_cache(maxsize=8192)  # scores have two decimals
def _chance(score: float | None) -> float:
    """The classifier's chance of a block with this score to be text."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score or 0.0))))


def _with_confidence(quality: Quality, confidence: float) -> Quality:
    """The quality with another confidence, and with the flag that belongs to it."""
    flags = [flag for flag in quality.flags if flag != QualityFlag.THIN_MARGIN]
    if confidence < MIN_EXPECTED_F1:
        flags.insert(0, QualityFlag.THIN_MARGIN)
    return replace(quality, confidence=round(confidence, 3), flags=tuple(flags))
