"""Reads a post as a whole: its first page, the further pages that it is split over, and its feed's or API's text.

`decode_step` and `extract_step` are the steps that `core.steps.STEPS` runs.

Every page of a post that is split (`<!--nextpage-->`) is read by itself. A line that all pages have is the site's, not
the post's: a post does not say a paragraph twice at the turn of a page.

The text of a post's feed or API is taken where the page has less; never where the page has all of it. Example: a teaser
page ends in "Read more", and the site's feed gives the whole post. So do walls of consent or payment, pages that a
script fills, and answers that keep us out. What the page holds stays beside the article, and a `Candidate` for
`article_body` says which source gave the text and why.

`weighed` compares the two readings of one post, which were made apart. Where they agree, a thin margin of the classifier is
no reason to doubt; where they differ, no margin makes up for it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape

from newsarchive.core.assembly.selectors import selected
from newsarchive.core.discovery import rights
from newsarchive.core.discovery.pagination import page_parts
from newsarchive.core.discovery.wordpress import post_id
from newsarchive.core.encoding import decoding
from newsarchive.core.extraction import step
from newsarchive.core.extraction.agreement import tokens, usable, weighed
from newsarchive.core.html.blocks import read_blocks
from newsarchive.core.html.parsing import parse
from newsarchive.core.html.render import rendered
from newsarchive.core.metadata.step import read_metadata
from newsarchive.core.text.lines import signature
from newsarchive.core.text.normalise import fold
from newsarchive.core.text.words import comparable_words
from newsarchive.core.urls import same_site, try_normalise
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import (
    Article,
    Block,
    BlockVerdict,
    Candidate,
    Capture,
    DecidedBy,
    DropReason,
    Page,
    Quality,
    QualityFlag,
    Rights,
    SourceText,
)
from newsarchive.rules import Rules

#: Why a page holds no article although its post is there.
FILLABLE = frozenset(
    (DropReason.EMPTY, DropReason.NO_TEXT, DropReason.TOO_SHORT, DropReason.SCRIPT_ONLY, DropReason.LOGIN_PAGE,
     DropReason.CONSENT_PAGE, DropReason.PAYWALL, DropReason.INDEX_PAGE, DropReason.HTTP_STATUS)
)  # fmt: skip
#: Part of a paragraph's words that the page must hold for the paragraph to be on it.
MIN_HELD_SHARE = 0.8
#: Words that the page must lack to be filled.
MIN_MISSING_WORDS = 40
#: Part of the source's words that the page must lack to be filled.
MIN_MISSING_SHARE = 0.2
#: Part of the source's words from which on a page that lacks them has another text altogether, however long.
MIN_OTHER_TEXT_SHARE = 0.8


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
    return rendered(step.article_of(page, Quality()).with_blocks(blocks, **found))


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


#: Part of the first page's words that lines which all pages have may make up; with more they are the text.
MAX_COMMON_SHARE = 0.5
#: How an address asks for the second page, without which there are no others; a digit may be written as `%32`.
_SECOND = re.compile("page=0?[2%]")
#: These flags are true of a page, and not of the post.
_OF_ONE_PAGE = frozenset((QualityFlag.SHORT, QualityFlag.NO_SENTENCE_END))


@dataclass(frozen=True, slots=True)
class Part:
    """One further page as read: its blocks, labelled, and how far its reading can be trusted."""

    blocks: tuple[Block, ...]
    quality: Quality


def joined(article: Article, parts: Sequence[Part]) -> Article:
    """The first page's article with the text of the others behind its own.

    A page without a word of its own (the same page under another address) adds nothing. Their other blocks
    stand at the end, each line once.
    """
    if not parts:
        return article
    held = {_key(block) for block in article.blocks}
    pages = [
        part
        for part in parts
        if any(block.label in ("body", "other") and _key(block) not in held for block in part.blocks)
    ]
    if not pages:
        return article
    common = _common_lines(article, pages)
    repeated = BlockVerdict("repeated", "stands on every page of the post", DecidedBy.REPETITION)
    blocks = [
        block.relabelled(*repeated) if block.label == "body" and _key(block) in common else block
        for block in article.blocks
    ]
    seen = {_key(block) for block in blocks}
    places = {signature(block.path) for block in article.blocks if block.label == "body"}
    rest: list[Block] = []
    for page in pages:
        at = max((i for i, block in enumerate(blocks) if block.label == "body"), default=len(blocks) - 1) + 1
        fresh = [_placed(block, places) for block in page.blocks if _key(block) not in seen]
        blocks[at:at] = [block for block in fresh if block.label == "body"]
        rest += [block for block in fresh if block.label != "body"]
        seen |= {_key(block) for block in fresh}
    return rendered(replace(article, quality=_quality(article, pages)).with_blocks([*blocks, *rest]))


def is_incomplete(pages: Sequence[Page]) -> bool:
    """Whether the first or the last of these pages links to a part that is not among them."""
    first, last = pages[0], pages[-1]
    home = first.capture.base_url
    slug = home.partition("?")[0].rstrip("/").rpartition("/")[2]
    # Nearly no page names a part at all. One that was not fetched from an address (a file, a text by hand) has none.
    names_part = (
        "page=" in first.text and _SECOND.search(first.text) is not None
    ) or f"{slug}/2" in first.text
    if not names_part or try_normalise(home) is None:
        return False
    more = page_parts(last.text, last.capture.base_url, home)
    return bool(more) or len(page_parts(first.text, home)) >= len(pages)


def flagged(article: Article) -> Article:
    """The article, flagged since a part of it could not be had."""
    quality = article.quality
    flags = tuple(dict.fromkeys((*quality.flags, QualityFlag.PARTS_MISSING)))
    return replace(article, quality=replace(quality, flags=flags))


def _common_lines(article: Article, pages: Sequence[Part]) -> set[str]:
    """The lines of the first page's text that every other page has too."""
    common = {_key(block) for block in article.blocks if block.label == "body"}
    for page in pages:
        common &= {_key(block) for block in page.blocks}
    body = [block for block in article.blocks if block.label == "body"]
    words = sum(comparable_words(block.text) for block in body)
    shared = sum(comparable_words(block.text) for block in body if _key(block) in common)
    return common if shared <= MAX_COMMON_SHARE * words else set()


def _placed(block: Block, places: set[str]) -> Block:
    """A line of a further page that nothing speaks against, where the first page has its text, is text too:
    the last page may have one sentence, too little to be known by."""
    if block.label != "other" or signature(block.path) not in places:
        return block
    return block.relabelled("body", "stands where the first page has its text", DecidedBy.NEIGHBOURS)


def _quality(article: Article, pages: Sequence[Part]) -> Quality:
    """That of the weakest page."""
    all_of_them = [article.quality, *(page.quality for page in pages)]
    flags = [flag for quality in all_of_them for flag in quality.flags if flag not in _OF_ONE_PAGE]
    ends = [flag for flag in all_of_them[-1].flags if flag == QualityFlag.NO_SENTENCE_END]
    return Quality(
        min(quality.confidence for quality in all_of_them),
        min(quality.completeness for quality in all_of_them),
        tuple(dict.fromkeys([*flags, *ends])),
    )


def _key(block: Block) -> str:
    return fold(block.text)


def decode_step(capture: Capture, rules: Rules) -> Page:
    """Decode the first page. What is no text at all may yet have one in the site's feed.

    Raises `NotAnArticle` like `decoding.decode_step`.
    """
    try:
        return decoding.decode_step(capture, rules)
    except NotAnArticle as error:
        if error.reason in FILLABLE and usable(capture.source_text):
            return Page(capture, "")
        raise


def extract_step(page: Page, rules: Rules) -> Article:
    """The article of a post, from all its pages, filled in where they have less than the site itself says.

    Where the address leads to another site, the article is that site's. A feed gives the text, day and id of its own posts and of nobody
    else's, so its text fills nothing in; it stands in for a wall there, as the article of the address that was asked for. An article
    that lacks a page that its own pages announce is flagged `parts missing`. Raises `NotAnArticle` like `extraction.extract_step`.
    """
    capture = page.capture
    here = page
    if not same_site(capture.url, capture.base_url):
        link = capture.discovered and replace(capture.discovered, post_id="")
        here = replace(page, capture=replace(capture, source_text=None, discovered=link))
    try:
        if capture.status >= 400:  # the words of an error are the server's
            raise NotAnArticle(DropReason.HTTP_STATUS, f"the server answered {capture.status}")
        article = selected(_of_all_pages(here, rules), capture.selectors)
    except NotAnArticle as refusal:
        standing_in = in_place_of(page, refusal, rules)
        if standing_in is None:
            raise  # kept in a variable, it would hold its frames and they it, with the page's tree among them
        article = standing_in if here is page else replace(standing_in, url=capture.url)
    else:
        article, capture = filled(here, article), here.capture
    # What the answer and the page say of their use is kept beside what the files of the site say.
    said = rights.of_answer(capture.headers, page.text, capture.base_url, rules)
    # A list that did not change since an earlier crawl names addresses alone; what it said of a post then is still known.
    identity = (
        (capture.discovered.post_id if capture.discovered else "")
        or post_id(page.text, capture.headers)
        or (capture.source_text.post_id if capture.source_text else "")
    )
    capture = replace(capture, rights=(capture.rights or Rights()) + said)
    return replace(weighed(article, capture.source_text), post_id=identity, capture=capture)


def _of_all_pages(page: Page, rules: Rules) -> Article:
    article = step.extract_step(page, rules)
    pages, parts = [page], []
    for capture in page.capture.parts:
        try:
            further = decoding.decode_step(capture, rules)
            blocks, found = step.further_page(further, rules)
            parts.append(Part(tuple(blocks), found))
        except NotAnArticle:
            return flagged(joined(article, parts))
        pages.append(further)
    whole = joined(article, parts)
    return flagged(whole) if is_incomplete(pages) else whole
