"""Edits of blocks as edits of the article's text, so that the stored body can be taken back.

Steps speak of `blocks/N`; the archive keeps one body text. `body_edits` moves the edits of blocks
that stayed in the article to where they stand in `article_body` before any repair:
`unreplay(article.article_body, body edits)` gives the body as the page had it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from newsarchive.items import Article, Edit, unreplay

#: What `Article.with_blocks` puts between two blocks.
SEPARATOR = "\n\n"

BODY = "article_body"


def body_edits(article: Article) -> tuple[Edit, ...]:
    """All edits of an article; those of body blocks with `where="article_body"`.

    Edits of dropped blocks keep `blocks/N`, N being the block's place on the page, and so do edits
    that no longer fit their block, since nothing that a step did is forgotten.
    """
    by_block: dict[str, list[Edit]] = defaultdict(list)
    for edit in article.edits:
        by_block[edit.where].append(edit)
    moved: list[Edit] = []
    at = 0  # where the block starts in the unrepaired body
    for number, block in enumerate(article.blocks):
        if block.label != "body":
            continue
        edits = by_block.get(f"blocks/{number}", [])
        original = _original(block.text, edits)
        if original is not None:
            moved += [replace(edit, where=BODY, start=edit.start + at) for edit in edits]
            by_block.pop(f"blocks/{number}", None)
        at += len(block.text if original is None else original) + len(SEPARATOR)
    left = [edit for edit in article.edits if edit.where in by_block]
    return (*moved, *left)


def unrepaired_body(article_body: str, edits: tuple[Edit, ...]) -> str:
    """The body before its repairs.

    Raises `ValueError` where the edits do not belong to this text.
    """
    return unreplay(article_body, [edit for edit in edits if edit.where == BODY])


def _original(text: str, edits: list[Edit]) -> str | None:
    try:
        return unreplay(text, edits)
    except ValueError:
        return None
