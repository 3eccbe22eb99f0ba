"""Reads a post as a whole: its first page, the further pages that it is split over, and its feed's or API's text.

`decode_step` and `extract_step` are the steps that `core.steps.STEPS` runs.

Every page of a post that is split (`<!--nextpage-->`) is read by itself. A line that all pages have is the site's, not the post's: a post does not say a paragraph twice
at the turn of a page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from newsarchive.core.assembly.feed_text import FILLABLE, filled, in_place_of, usable, weighed
from newsarchive.core.assembly.selectors import selected
from newsarchive.core.discovery import rights
from newsarchive.core.discovery.pagination import page_parts
from newsarchive.core.discovery.wordpress import post_id
from newsarchive.core.encoding import decoding
from newsarchive.core.extraction import step
from newsarchive.core.extraction.page_type import quality
from newsarchive.core.html.render import rendered
from newsarchive.core.text.line_keys import signature
from newsarchive.core.text.normalise import fold
from newsarchive.core.text.words import comparable_words
from newsarchive.core.urls import try_normalise
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import (
    Article,
    Block,
    BlockVerdict,
    Capture,
    DecidedBy,
    DropReason,
    Page,
    Quality,
    QualityFlag,
    Rights,
)
from newsarchive.rules import Rules

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
    pages = [part for part in parts if _new(part, article)]
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
    names_part = _SECOND.search(first.text) is not None or f"{slug}/2" in first.text
    if not names_part or try_normalise(home) is None:
        return False
    more = page_parts(last.text, last.capture.base_url, home)
    return bool(more) or len(page_parts(first.text, home)) >= len(pages)


def flagged(article: Article) -> Article:
    """The article, flagged since a part of it could not be had."""
    quality = article.quality
    flags = tuple(dict.fromkeys((*quality.flags, QualityFlag.PARTS_MISSING)))
    return replace(article, quality=replace(quality, flags=flags))


def _new(part: Part, article: Article) -> bool:
    held = {_key(block) for block in article.blocks}
    return any(block.label in ("body", "other") and _key(block) not in held for block in part.blocks)


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

    An article that lacks a page that its own pages announce is flagged `parts missing`. Raises
    `NotAnArticle` like `extraction.extract_step`.
    """
    capture = page.capture
    try:
        if capture.status >= 400:  # the words of an error are the server's
            raise NotAnArticle(DropReason.HTTP_STATUS, f"the server answered {capture.status}")
        article = selected(_of_all_pages(page, rules), capture.selectors)
    except NotAnArticle as refusal:
        standing_in = in_place_of(page, refusal, rules)
        if standing_in is None:
            raise  # kept in a variable, it would hold its frames and they it, with the page's tree among them
        article = standing_in
    else:
        article = filled(page, article)
    # What the answer and the page say of their use is kept beside what the files of the site say.
    said = rights.of_answer(capture.headers, page.text, capture.base_url, rules)
    identity = (capture.discovered.post_id if capture.discovered else "") or post_id(
        page.text, capture.headers
    )
    capture = replace(capture, rights=(capture.rights or Rights()) + said)
    return replace(weighed(article, capture.source_text), post_id=identity, capture=capture)


def _of_all_pages(page: Page, rules: Rules) -> Article:
    article = step.extract_step(page, rules)
    pages, parts = [page], []
    for capture in page.capture.parts:
        try:
            further = decoding.decode_step(capture, rules)
            # A further page may be short: it need not be an article by itself.
            sheet, verdict = step.read(further, rules)
            parts.append(Part(tuple(step.labelled(sheet, verdict, rules)), quality(sheet, verdict)))
        except NotAnArticle:
            return flagged(joined(article, parts))
        pages.append(further)
    whole = joined(article, parts)
    return flagged(whole) if is_incomplete(pages) else whole
