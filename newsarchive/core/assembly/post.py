"""Reads a post as a whole: its first page, the further pages that it is split over, and its feed's or API's text.

`decode_step` and `extract_step` are the steps that `core.steps.STEPS` runs.
"""

from __future__ import annotations

from dataclasses import replace

from newsarchive.core.assembly.feed_text import FILLABLE, filled, in_place_of, usable, weighed
from newsarchive.core.assembly.multipage import Part, flagged, is_incomplete, joined
from newsarchive.core.assembly.selectors import selected
from newsarchive.core.discovery import rights
from newsarchive.core.discovery.wordpress import post_id
from newsarchive.core.encoding import decoding
from newsarchive.core.extraction import step
from newsarchive.core.extraction.page_type import quality
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Article, Capture, DropReason, Page, Rights
from newsarchive.rules import Rules


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
