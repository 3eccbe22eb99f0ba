"""The article of a page: every text block in reading order, those of the story labelled `body`.

One parse, one walk (`blocks`), features (`features`), a forest of trees (`trees`), a decision for the
page (`decision`); what is not kept gets a name (`naming`) and stays beside the article. What holds
no article is refused (`pagetype`).
"""

from __future__ import annotations

from itertools import takewhile

import numpy as np

from newsarchive.core.extraction.classifier import (
    Model,
    Sheet,
    Verdict,
    judge,
    matrix,
    model_of,
    sheet_of,
    spoken,
)
from newsarchive.core.extraction.labels import Namer, is_headline, repeated
from newsarchive.core.extraction.page_type import quality, refuse, refuse_empty, refuse_text
from newsarchive.core.metadata.step import read_metadata
from newsarchive.core.text.words import count_words
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Article, Block, BlockVerdict, DecidedBy, Page, Quality, QualityFlag
from newsarchive.rules import Rules
from newsarchive.version import EXTRACTOR_VERSION

#: A kept block of so many characters begins the text; shorter ones above it may be date or headline.
PARAGRAPH = 80
#: Headings at the end of a text, one below the other, from which on they are a list: ten games, say.
MIN_HEADINGS_OF_LIST = 3
#: Why a page shows no article although it may hold one for scripts, and so many words make it one.
UNSHOWN = ("no text", "too short", "script only")
DECLARED_WORDS = 60
#: So many times the text that a page shows, its JSON-LD holds where only the beginning is shown.
DECLARED_TIMES = 4
DECLARED = "the page shows next to nothing, or a beginning: its JSON-LD articleBody"
BEGINNING = BlockVerdict(
    "other",
    "the page shows no more than a beginning: the article stands in its JSON-LD",
    DecidedBy.SOURCE_TEXT,
)
KEPT = BlockVerdict("body", "the classifier and its neighbours", DecidedBy.MODEL)


def extract_step(page: Page, rules: Rules) -> Article:
    """`Page` -> `Article` with every block of the page and the page's own metadata.

    Its HTML is left to the chrome step, the last one to change blocks, so that it is rendered once.
    Raises `NotAnArticle` for index, log-in and error pages, and for pages without readable text.
    """
    refuse_text(page.text)
    sheet = sheet_of(page.text, page.capture.base_url)
    blocks, found = _judged(sheet, rules)
    if rules.standfirst == "text":
        blocks = [_taken_in(block) for block in blocks]
    return Article(
        url=page.capture.base_url,
        quality=found,
        charset_declared=page.charset_declared,
        charset_used=page.charset_used,
        extractor_version=EXTRACTOR_VERSION,
        capture=page.capture,
    ).with_blocks(blocks, **read_metadata(sheet.tree, page, blocks, rules))


def _judged(sheet: Sheet, rules: Rules) -> tuple[list[Block], Quality]:
    """Labelled blocks and how far to trust them. Where a page shows next to nothing until a script has run,
    or until a reader has paid, the text that it gives in JSON-LD is the article."""
    try:
        refuse_empty(sheet)
        verdict = judge(sheet, model_of(rules))
        refuse(sheet, verdict, rules)
    except NotAnArticle as refusal:
        if refusal.reason not in UNSHOWN or not (declared := _declared(sheet)):
            raise
        return declared, Quality(flags=(QualityFlag.FROM_JSON_LD,))
    blocks = labelled(sheet, verdict, rules)
    shown = sum(len(b.text) for b in blocks if b.label == "body")
    if len(sheet.declared) > DECLARED_TIMES * shown and (declared := _declared(sheet)):
        rest = [b.relabelled(*BEGINNING) if b.label == "body" else b for b in blocks]
        return [*declared, *rest], Quality(flags=(QualityFlag.FROM_JSON_LD,))
    return blocks, quality(sheet, verdict)


def _declared(sheet: Sheet) -> list[Block]:
    """The article that JSON-LD gives, a line a block; none where it is too short to be one."""
    lines = [" ".join(line.split()) for line in sheet.declared.splitlines()]
    blocks = [Block(line, rule=DECLARED, decided_by=DecidedBy.SOURCE_TEXT) for line in lines if line]
    return blocks if sum(count_words(b.text) for b in blocks) >= DECLARED_WORDS else []


def read(page: Page, rules: Rules) -> tuple[Sheet, Verdict]:
    """Parse and judge a page. Raises `NotAnArticle` where it has no text."""
    sheet = sheet_of(page.text, page.capture.base_url)
    refuse_empty(sheet)
    return sheet, judge(sheet, model_of(rules))


def labelled(sheet: Sheet, verdict: Verdict, rules: Rules) -> list[Block]:
    """All blocks of the page: `body` where the verdict keeps them, with a named reason elsewhere."""
    namer = Namer(" ".join(sheet.title.split()), rules)
    out = []
    at_top, titled, below = True, False, False
    margins = np.round(verdict.margins, 2).tolist()
    for raw, keep, score in zip(sheet.reading.blocks, verdict.keep.tolist(), margins, strict=True):
        said = KEPT
        if not keep:
            said = (namer.standfirst(raw, below) if at_top and titled else None) or namer.name(raw)
        elif at_top and len(raw.text) < PARAGRAPH:
            said = namer.above(raw) or KEPT
        elif at_top:
            at_top = False
        below = said.label == "title" or is_headline(raw)
        titled = titled or below
        out.append(Block(raw.text, raw.kind, *said, score, raw.path, raw.level, tuple(raw.links), raw.html))
    return _without_dangling(_without_repeats(out))


def _taken_in(block: Block) -> Block:
    """A standfirst as text, for those whose convention that is."""
    if block.label != "description":
        return block
    return block.relabelled("body", f"{block.rule}; a standfirst is text by setting", DecidedBy.SETTING)


def _without_repeats(blocks: list[Block]) -> list[Block]:
    """The article once, where the page holds it or a good part of it twice."""
    places = [i for i, b in enumerate(blocks) if b.label == "body" and b.kind != "code"]
    for at in repeated([blocks[i].text for i in places]):
        i = places[at]
        rule = "stands in the article before, with its neighbours"
        blocks[i] = blocks[i].relabelled("repeated", rule, DecidedBy.REPETITION)
    return blocks


def _without_dangling(blocks: list[Block]) -> list[Block]:
    """A heading, or a line that ends in a colon, announces something: at the very end it announced
    what was dropped, "You might also like:". Headings in a row announce nothing, they are a list."""
    places = [i for i, b in enumerate(blocks) if b.label == "body"]
    last = list(takewhile(lambda i: blocks[i].kind == "heading", reversed(places)))
    above = {blocks[i].text for i in places[: len(places) - len(last)]}
    if sum(blocks[i].text not in above for i in last) >= MIN_HEADINGS_OF_LIST:  # else a table of contents
        return blocks
    for i in reversed(places):
        block = blocks[i]
        if block.kind != "heading" and not (block.text.endswith(":") and len(block.text) < PARAGRAPH):
            break
        blocks[i] = block.relabelled("other", "nothing that it announces follows", DecidedBy.NEIGHBOURS)
    return blocks


def explain(page: Page, rules: Rules, top: int = 3) -> list[tuple[Block, str]]:
    """Every block with the strongest reasons for its score in words: `+2.1 the names of its boxes, …`."""
    sheet, verdict = read(page, rules)
    model: Model = model_of(rules)
    rows, _ = matrix(sheet, model.names, model.forest.names)
    blocks = labelled(sheet, verdict, rules)
    return [(b, spoken(model.forest.parts(row), top)) for b, row in zip(blocks, rows, strict=True)]
