"""How far the text of a page agrees with what the site's feed or API says of the same post.

Two readings of one text, made apart: where they agree, a thin margin of the classifier is no reason to
doubt; where they differ, no margin makes up for it.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from dataclasses import replace

from newsarchive.core.posts.filling import tokens, usable
from newsarchive.items import DIFFERS_FROM, Article, QualityFlag, SourceText

#: F1 over words from which two texts are one, and below which they are not.
SAME, OTHER = 0.9, 0.7
#: What a text that its source confirms need not be doubted for.
DOUBTS = frozenset((QualityFlag.THIN_MARGIN, QualityFlag.NO_SENTENCE_END, QualityFlag.SHORT))


def agreement(article: Article, text: SourceText) -> tuple[float, float]:
    """(share of the source's words that the article has, share of the article's that the source has)."""
    plain = html.unescape(re.sub(r"<[^<>]*>", " ", text.html))
    theirs, ours = Counter(tokens([plain])), Counter(tokens([article.article_body]))
    both = (theirs & ours).total()
    return both / max(1, theirs.total()), both / max(1, ours.total())


def weighed(article: Article, text: SourceText | None) -> Article:
    """The article with a quality that has heard its source. One filled from the source says nothing anew."""
    if text is None or article.filled_from or not usable(text):
        return article
    found, held = agreement(article, text)
    f1 = 2 * found * held / max(1e-9, found + held)
    old = article.quality
    if f1 >= SAME:
        flags = tuple(f for f in old.flags if f not in DOUBTS)
        confidence = max(old.confidence, round(f1, 3))
    else:
        differs = f1 < OTHER and not (found >= SAME and _is_split(article))
        flags = (*old.flags, DIFFERS_FROM[text.source]) if differs else old.flags
        confidence = min(old.confidence, round(f1, 3)) if differs else old.confidence
    return replace(
        article, quality=replace(old, confidence=confidence, completeness=round(found, 3), flags=flags)
    )


def _is_split(article: Article) -> bool:
    """Whether the post stands on several pages: a feed may hold the first of them."""
    return article.capture is not None and bool(article.capture.parts)
