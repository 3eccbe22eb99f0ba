"""A step, an extractor and an export format of one's own for newsarchive; see README.md beside this file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from lxml import html

from newsarchive.core.steps import STEPS
from newsarchive.exceptions import NotAnArticle
from newsarchive.export import Format
from newsarchive.items import Article, Block, Page
from newsarchive.rules import Rules


def shout(article: Article, rules: Rules) -> Article:
    """A step: the first paragraph of the article in capitals.

    A step returns a new record, for records are frozen. It gives blocks to `with_blocks`, which keeps the text in step with
    them. What the text loses is not deleted: its block gets a label other than `body`, and a rule that says why.
    """
    blocks = list(article.blocks)
    for number, block in enumerate(blocks):
        if block.label == "body":
            blocks[number] = replace(block, text=block.text.upper(), html="")
            break
    return article.with_blocks(blocks)


def paragraphs(page: Page, rules: Rules) -> Article:
    """An extractor: every `<p>` below `<article>` is the text, the first `<h1>` the headline.

    URL, bytes and character sets are filled in from the page. A page without an article is refused with one of the words
    of `newsarchive.items.DropReason`.
    """
    tree = html.document_fromstring(page.text or "<html></html>")
    texts = [" ".join(p.text_content().split()) for p in tree.xpath("//article//p")]
    if not any(texts):
        raise NotAnArticle("no text", "no <p> below <article>")
    headline = " ".join(tree.xpath("string(//h1)").split())
    blocks = [Block(text, rule="a paragraph of <article>") for text in texts if text]
    return Article(url="", headline=headline).with_blocks(blocks)


def own_text(page: Page, rules: Rules) -> Article:
    """An extractor whose text is that of `paragraphs`. Headline, authors, dates and the rest are what newsarchive reads."""
    return STEPS["extract"](page, rules).with_blocks(paragraphs(page, rules).blocks)


def write_headlines(articles: Iterable[Article], target: Path, title: str) -> int:
    """An export format: one headline a line. Returns the number of articles."""
    number = 0
    with Path(target).open("w", encoding="utf-8") as file:
        file.write(f"{title}\n")
        for article in articles:
            file.write(f"{article.headline}\n")
            number += 1
    return number


HEADLINES = Format(suffixes=(".headlines",), kind="file", write=write_headlines)
