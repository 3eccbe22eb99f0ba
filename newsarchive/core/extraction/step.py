"""The article of a page: every block of text in reading order, and the blocks of the story labelled `body`.

A page with a headline, three paragraphs and "You might also like" gives five blocks; the first is labelled `title`, the
last `related`. The page is parsed once and its blocks are read (`html.blocks`), described by numbers (`features`) and
scored by a forest of trees, which decides for the page as a whole (`classifier`). What the mark-up shows to be wrong in that choice is
corrected (`markup_rules`), and a text that stands on the page twice is kept once (`repeats`). A block that is not kept gets a label
(`labels`) and stays beside the article. A page without an article is refused (`page_type`); of all others `confidence` says how sure
their text is.
"""

from __future__ import annotations

from itertools import takewhile

import numpy as np

from newsarchive.core.extraction.classifier import Sheet, Verdict, entries_of, judge, model_of, sheet_of
from newsarchive.core.extraction.confidence import quality
from newsarchive.core.extraction.labels import REPEATS_TITLE, Namer, is_headline, path_of
from newsarchive.core.extraction.markup_rules import (
    HEAD,
    MACHINE_SUMMARY,
    heads_of_links,
    shown_to_be_none,
    whole_lists,
    with_sources,
)
from newsarchive.core.extraction.page_type import refuse, refuse_empty, refuse_text
from newsarchive.core.extraction.repeats import without_repeats
from newsarchive.core.metadata.step import read_metadata
from newsarchive.core.text.words import count_words
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Article, Block, BlockVerdict, DecidedBy, DropReason, Page, Quality, QualityFlag
from newsarchive.rules import Rules
from newsarchive.version import EXTRACTOR_VERSION

#: Characters of a kept block. From here on it is a paragraph and begins the text; a shorter block above it may be a
#: date or the headline, and a shorter line with a colon may announce what follows.
MIN_PARAGRAPH_CHARACTERS = 80
#: Headings at the end of a text, one below the other. From here on they are a list: ten games, say.
MIN_HEADINGS_OF_LIST = 3
#: Reasons for which a page is refused although it may hold an article in JSON-LD.
REASONS_FOR_JSON_LD = (DropReason.NO_TEXT, DropReason.TOO_SHORT, DropReason.SCRIPT_ONLY)
#: Words of a JSON-LD `articleBody`. A shorter one is no article.
MIN_DECLARED_WORDS = 60
#: Length of the JSON-LD `articleBody` by that of the text that the page shows. Above, the page shows a beginning.
MAX_DECLARED_RATIO = 4
DECLARED = "the page shows next to nothing, or a beginning: its JSON-LD articleBody"
SHOWS_BEGINNING = "the page shows no more than a beginning: the article stands in its JSON-LD"
BEGINNING = BlockVerdict("other", SHOWS_BEGINNING, DecidedBy.SOURCE_TEXT)
KEPT = BlockVerdict("body", "the classifier and its neighbours", DecidedBy.MODEL)


def extract_step(page: Page, rules: Rules) -> Article:
    """A page as an `Article` with every block of the page and the page's own metadata.

    Its HTML is left to the boilerplate step, the last step to change blocks, so that it is rendered once.
    Raises `NotAnArticle` for index, log-in and error pages, and for pages without readable text.
    """
    refuse_text(page.text)
    sheet = sheet_of(page.text, page.capture.base_url)
    blocks, found = _judged(sheet, rules)
    if rules.standfirst == "text":
        blocks = [
            b.relabelled("body", f"{b.rule}; a standfirst is text by setting", DecidedBy.SETTING)
            if b.label == "description"
            else b
            for b in blocks
        ]
    return article_of(page, found).with_blocks(blocks, **read_metadata(sheet.tree, page, blocks, rules))


def article_of(page: Page, found: Quality) -> Article:
    """The article of a page, yet without blocks and metadata."""
    return Article(
        url=page.capture.base_url,
        quality=found,
        charset_declared=page.charset_declared,
        charset_used=page.charset_used,
        extractor_version=EXTRACTOR_VERSION,
        capture=page.capture,
    )


def _judged(sheet: Sheet, rules: Rules) -> tuple[list[Block], Quality]:
    """Labelled blocks, and how far to trust them. Where a page shows next to nothing until a script has run or a reader
    has paid, the text of its JSON-LD is the article."""
    try:
        refuse_empty(sheet)
        verdict = judge(sheet, model_of(rules))
        refuse(sheet, verdict, rules)
    except NotAnArticle as refusal:
        if refusal.reason not in REASONS_FOR_JSON_LD or not (declared := _declared(sheet)):
            raise
        return declared, Quality(flags=(QualityFlag.FROM_JSON_LD,))
    blocks = labelled(sheet, verdict, rules)
    visible = sum(len(b.text) for b in blocks if b.label == "body")
    if len(sheet.declared) > MAX_DECLARED_RATIO * visible and (declared := _declared(sheet)):
        rest = [b.relabelled(*BEGINNING) if b.label == "body" else b for b in blocks]
        return [*declared, *rest], Quality(flags=(QualityFlag.FROM_JSON_LD,))
    return blocks, quality(sheet, verdict)


def _declared(sheet: Sheet) -> list[Block]:
    """The article of the page's JSON-LD, a block for each line; none where it is too short to be an article."""
    lines = [" ".join(line.split()) for line in sheet.declared.splitlines()]
    blocks = [Block(line, rule=DECLARED, decided_by=DecidedBy.SOURCE_TEXT) for line in lines if line]
    return blocks if sum(count_words(b.text) for b in blocks) >= MIN_DECLARED_WORDS else []


def further_page(page: Page, rules: Rules) -> tuple[list[Block], Quality]:
    """Labelled blocks of a further page of an article, and how far to trust them. It may be short, because it need not be an article
    by itself. Raises `NotAnArticle` where it has no text."""
    sheet = sheet_of(page.text, page.capture.base_url)
    refuse_empty(sheet)
    verdict = judge(sheet, model_of(rules))
    return labelled(sheet, verdict, rules), quality(sheet, verdict)


def labelled(sheet: Sheet, verdict: Verdict, rules: Rules) -> list[Block]:
    """All blocks of the page: `body` where the verdict keeps them, with another label and its reason elsewhere."""
    namer = Namer(" ".join(sheet.title.split()), rules, len(sheet.reading.blocks), entries_of(sheet.reading))
    said_of: list[BlockVerdict] = []
    at_top, titled, below = True, False, False
    margins = np.round(verdict.margins, 2).tolist()
    kept = with_sources(sheet.reading.blocks, whole_lists(sheet.reading.blocks, verdict.keep.tolist()))
    shown = shown_to_be_none(sheet.reading, kept, sheet.url, rules)
    for i, (raw, keep) in enumerate(zip(sheet.reading.blocks, kept, strict=True)):
        said = KEPT
        if shown.get(i) is MACHINE_SUMMARY:
            said = MACHINE_SUMMARY
        # An address is no text, whatever stands around it, nor is the label of a list to choose from.
        elif not keep or raw.kind == "embed" or raw.box.tag == "select":
            said = (namer.standfirst(raw, below) if at_top and titled else None) or namer.name(raw)
        elif i in shown:
            said = shown[i]
        elif at_top and namer.is_head_with_details(raw.text):
            said = REPEATS_TITLE
        elif at_top and len(raw.text) < MIN_PARAGRAPH_CHARACTERS:
            said = namer.above(raw) or KEPT
        elif at_top:
            at_top = False
        below = said.label == "title" or is_headline(raw)
        titled = titled or below
        said_of.append(said)
    for i in heads_of_links(sheet.reading.blocks, said_of):
        said_of[i] = HEAD
    out = [
        Block(
            raw.text,
            raw.kind,
            *said,
            score,
            path_of(raw, rules),
            raw.level_or_row,
            tuple(raw.links),
            raw.html,
        )
        for raw, said, score in zip(sheet.reading.blocks, said_of, margins, strict=True)
    ]
    return _without_dangling(without_repeats(out))


def _without_dangling(blocks: list[Block]) -> list[Block]:
    """The blocks without headings, and lines that end in a colon, at the very end of the text: they announced what was
    dropped, "You might also like:". Three headings in a row announce nothing, they are a list, and the first block of all is the text.

    Earns 0.2 points of boilerplate dropped on real pages, and costs as much of the text kept on half of them: 25 of 427
    change (`docs/benchmarks/ablation.md`).
    """
    places = [i for i, b in enumerate(blocks) if b.label == "body"]
    last = list(takewhile(lambda i: blocks[i].kind == "heading", reversed(places)))
    above = {blocks[i].text for i in places[: len(places) - len(last)]}
    if sum(blocks[i].text not in above for i in last) >= MIN_HEADINGS_OF_LIST:  # else a table of contents
        return blocks
    blocks = list(blocks)  # a copy, by which `benchmarks.ablation` sees what changes
    for i in reversed(places[1:]):
        block = blocks[i]
        announces = block.text.endswith(":") and len(block.text) < MIN_PARAGRAPH_CHARACTERS
        if block.kind != "heading" and not announces:
            break
        blocks[i] = block.relabelled("other", "nothing that it announces follows", DecidedBy.NEIGHBOURS)
    return blocks
