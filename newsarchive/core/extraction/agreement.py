"""Whether the text of a page is the one that the site's own feed, API or sitemap gives for it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from newsarchive.core.text.normalise import fold, unescape
from newsarchive.core.text.scripts import UNSPACED
from newsarchive.core.text.words import comparable_words
from newsarchive.items import Article, SourceText
from newsarchive.verdicts import DIFFERS_FROM, QualityFlag

#: Words of a text that stands in for a page; a shorter one is an excerpt or a caption.
MIN_SOURCE_WORDS = 40
#: F1 over words from which on two texts are one.
MIN_SAME_F1 = 0.9
#: F1 over words below which two texts are not one.
MIN_SIMILAR_F1 = 0.7

_CUT = re.compile(
    r"(?:\[\s*(?:…|\.\.\.)\s*\]|…|\.\.\.|(?:read|continue|view) (?:more|reading|post|full)[^.]{0,80})\W*$",
    re.I,
)
_TOKEN = re.compile(rf"[{UNSPACED}]|\w+")


def usable(text: SourceText | None) -> bool:
    """Whether a source gave the whole of a post: from a field for full texts, not cut off, not a caption."""
    if text is None or not text.is_full:
        return False
    plain = " ".join(re.sub(r"<[^<>]*>", " ", text.html).split())
    return comparable_words(plain) >= MIN_SOURCE_WORDS and not _CUT.search(unescape(plain)[-120:])


def tokens(texts: Iterable[str]) -> Iterable[str]:
    """The words of texts, folded; characters in scripts without spaces."""
    return (word for text in texts for word in _TOKEN.findall(fold(text)))


_DIFFERENCES = frozenset(DIFFERS_FROM.values())
#: Flags that a text loses when its source confirms it.
DOUBTS = frozenset((QualityFlag.THIN_MARGIN, QualityFlag.NO_SENTENCE_END, QualityFlag.SHORT))


def weighed(article: Article, text: SourceText | None) -> Article:
    """The article with a quality that takes its source into account. An article that was filled from the source stays as it is:
    its text agrees with itself."""
    if text is None or article.filled_from or not usable(text):
        return article
    plain = unescape(re.sub(r"<[^<>]*>", " ", text.html))
    theirs, ours = Counter(tokens([plain])), Counter(tokens([article.article_body]))
    both = (theirs & ours).total()
    # The share of the source's words that the article has, and of the article's that the source has.
    found, held = both / max(1, theirs.total()), both / max(1, ours.total())
    f1 = 2 * found * held / max(1e-9, found + held)
    old = article.quality
    if f1 >= MIN_SAME_F1:
        flags = tuple(f for f in old.flags if f not in DOUBTS)
        confidence = max(old.confidence, round(f1, 3))
    else:
        # A feed may hold only the first page of a post that is split over several.
        is_split = article.capture is not None and bool(article.capture.parts)
        differs = f1 < MIN_SIMILAR_F1 and not (found >= MIN_SAME_F1 and is_split)
        flags = (*old.flags, DIFFERS_FROM[text.source]) if differs else old.flags
        confidence = min(old.confidence, round(f1, 3)) if differs else old.confidence
    new = replace(old, confidence=confidence, completeness=round(found, 3), flags=flags)
    return replace(article, quality=new)


def heard_again(article: Article) -> Article:
    """The article without the flag that its text differs from its source's where that is no longer so: a list of other posts, which
    the source does not have, stood in the text until the boilerplate step took it out."""
    flags = article.quality.flags
    if article.capture is None or _DIFFERENCES.isdisjoint(flags):
        return article
    without = replace(article.quality, flags=tuple(f for f in flags if f not in _DIFFERENCES))
    again = weighed(replace(article, quality=without), article.capture.source_text)
    return again if again.quality.confidence >= MIN_SAME_F1 else article
