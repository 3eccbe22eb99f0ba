"""Takes the text of a post's feed or API where the page has less; never where the page has all of it.

Example: a teaser page ends in "Read more", and the site's feed gives the whole post. So do walls of consent or payment, pages
that a script fills, and answers that keep us out. What the page holds stays beside the article, and a `Candidate` for
`article_body` says which source gave the text and why.

`weighed` compares the two readings of one post, which were made apart. Where they agree, a thin margin of the classifier is
no reason to doubt; where they differ, no margin makes up for it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from html import escape

from newsarchive.core.html.blocks import read_blocks
from newsarchive.core.html.parsing import parse
from newsarchive.core.html.render import rendered
from newsarchive.core.metadata.step import read_metadata
from newsarchive.core.text.normalise import fold, unescape
from newsarchive.core.text.scripts import UNSPACED
from newsarchive.core.text.words import comparable_words
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import (
    DIFFERS_FROM,
    Article,
    Block,
    BlockVerdict,
    Candidate,
    DecidedBy,
    DropReason,
    Page,
    Quality,
    QualityFlag,
    SourceText,
)
from newsarchive.rules import Rules
from newsarchive.version import EXTRACTOR_VERSION

#: Why a page holds no article although its post is there.
FILLABLE = frozenset(
    (DropReason.EMPTY, DropReason.NO_TEXT, DropReason.TOO_SHORT, DropReason.SCRIPT_ONLY, DropReason.LOGIN_PAGE,
     DropReason.CONSENT_PAGE, DropReason.PAYWALL, DropReason.INDEX_PAGE, DropReason.HTTP_STATUS)
)  # fmt: skip
#: Words of a text that stands in for a page; a shorter one is an excerpt or a caption.
MIN_SOURCE_WORDS = 40
#: Part of a paragraph's words that the page must hold for the paragraph to be on it.
MIN_HELD_SHARE = 0.8
#: Words that the page must lack to be filled.
MIN_MISSING_WORDS = 40
#: Part of the source's words that the page must lack to be filled.
MIN_MISSING_SHARE = 0.2
#: Part of the source's words from which on a page that lacks them has another text altogether, however long.
MIN_OTHER_TEXT_SHARE = 0.8
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


def in_place_of(page: Page, refusal: NotAnArticle, rules: Rules) -> Article | None:
    """An article of nothing but what the post's feed or API says, with its headline, author and date, for a page that was
    refused; `None` where that is no stand-in."""
    text = page.capture.source_text
    if text is None or refusal.reason not in FILLABLE or not usable(text):
        return None
    title = escape(text.title, quote=False)
    # The entry as a page of its own, for the readers of metadata; what else it says they read from itself.
    stand_in = replace(
        page,
        text=f"<html><head><title>{title}</title></head>"
        f"<body><article><h1>{title}</h1>{text.html}</article></body></html>",
    )
    blocks = _blocks(page, text)
    found = read_metadata(parse(stand_in.text), stand_in, blocks, rules)
    found["candidates"] = (*found.get("candidates", ()), _candidate(text, blocks, f"the page: {refusal}"))
    article = Article(
        url=page.capture.base_url,
        quality=Quality(),
        charset_declared=page.charset_declared,
        charset_used=page.charset_used,
        extractor_version=EXTRACTOR_VERSION,
        capture=page.capture,
    )
    return rendered(article.with_blocks(blocks, **found))


def filled(page: Page, article: Article) -> Article:
    """The article of a page, its text that of its post's feed or API where the page has less."""
    text = page.capture.source_text
    if text is None or not usable(text):
        return article
    own = _blocks(page, text)
    if not (why := _lacks(article, own)):
        return article
    said = BlockVerdict("other", f"the {text.source} has the whole text", DecidedBy.SOURCE_TEXT)
    shown = [block.relabelled(*said) if block.label == "body" else block for block in article.blocks]
    first = next((i for i, block in enumerate(article.blocks) if block.label == "body"), len(shown))
    candidate = _candidate(text, own, why)
    done = replace(article, candidates=(*article.candidates, candidate))
    return rendered(done.with_blocks([*shown[:first], *own, *shown[first:]]))


def _lacks(article: Article, own: Sequence[Block]) -> str:
    """How much of a source's text the page does not show anywhere, "" where it shows it."""
    left = Counter(tokens(block.text for block in article.blocks))
    total = missing = 0
    for block in own:
        words = Counter(tokens([block.text]))
        held = words & left
        left -= held  # a word of the page answers for one word of the text
        total += words.total()
        missing += 0 if held.total() >= MIN_HELD_SHARE * words.total() else words.total() - held.total()
    if missing < MIN_MISSING_WORDS or missing < MIN_MISSING_SHARE * total:
        return ""
    body = sum(1 for _ in tokens([article.article_body]))
    if missing < MIN_OTHER_TEXT_SHARE * total and body >= total:
        return ""
    return f"the page lacks {missing} of its {total} words"


def tokens(texts: Iterable[str]) -> Iterable[str]:
    """The words of texts, folded; characters in scripts without spaces."""
    return (word for text in texts for word in _TOKEN.findall(fold(text)))


def _blocks(page: Page, text: SourceText) -> list[Block]:
    """A source's text as blocks: all of them article, until the boilerplate step has looked at them."""
    tree = parse(f"<html><body><article>{text.html}</article></body></html>")
    said = BlockVerdict("body", f"the full text of the {text.source}", DecidedBy.SOURCE_TEXT)
    return [
        Block(raw.text, raw.kind, *said, None, raw.path, raw.level_or_row, tuple(raw.links), raw.html)
        for raw in read_blocks(tree, page.capture.base_url).blocks
    ]


def _candidate(text: SourceText, blocks: Sequence[Block], why: str) -> Candidate:
    words = sum(comparable_words(block.text) for block in blocks)
    return Candidate("article_body", f"{words} words", text.source, chosen=True, reason=why)


#: Flags that a text loses when its source confirms it.
DOUBTS = frozenset((QualityFlag.THIN_MARGIN, QualityFlag.NO_SENTENCE_END, QualityFlag.SHORT))


def agreement(article: Article, text: SourceText) -> tuple[float, float]:
    """(share of the source's words that the article has, share of the article's that the source has)."""
    plain = unescape(re.sub(r"<[^<>]*>", " ", text.html))
    theirs, ours = Counter(tokens([plain])), Counter(tokens([article.article_body]))
    both = (theirs & ours).total()
    return both / max(1, theirs.total()), both / max(1, ours.total())


def weighed(article: Article, text: SourceText | None) -> Article:
    """The article with a quality that takes its source into account. An article that was filled from the source stays as it is:
    its text agrees with itself."""
    if text is None or article.filled_from or not usable(text):
        return article
    found, held = agreement(article, text)
    f1 = 2 * found * held / max(1e-9, found + held)
    old = article.quality
    if f1 >= MIN_SAME_F1:
        flags = tuple(f for f in old.flags if f not in DOUBTS)
        confidence = max(old.confidence, round(f1, 3))
    else:
        is_split = article.capture is not None and bool(article.capture.parts)
        # A feed may hold only the first page of a post that is split over several.
        differs = f1 < MIN_SIMILAR_F1 and not (found >= MIN_SAME_F1 and is_split)
        flags = (*old.flags, DIFFERS_FROM[text.source]) if differs else old.flags
        confidence = min(old.confidence, round(f1, 3)) if differs else old.confidence
    new = replace(old, confidence=confidence, completeness=round(found, 3), flags=flags)
    return replace(article, quality=new)
