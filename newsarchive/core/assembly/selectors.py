"""Follows a site's settings for where its text stands: `div.post` holds it, `aside#shop` is never part of it.

A selector is one compound of CSS, `tag#id.class.class`, and holds for everything inside the element.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from newsarchive.core.html.render import rendered
from newsarchive.items import Article, Block, DecidedBy, Selectors

SELECTOR = re.compile(r"(?=.)(?:[a-z][a-z0-9-]*)?(?:[#.][\w-]+)*", re.I)


def selected(article: Article, selectors: Selectors | None) -> Article:
    """The article with its blocks as the selectors have them; unchanged where the body's meet nothing: a site
    that was built anew keeps what the classifier finds."""
    if selectors is None:
        return article
    bodied = any(_inside(block.path, selectors.body) for block in article.blocks)
    blocks = [_judged(block, selectors, bodied) for block in article.blocks]
    return article if tuple(blocks) == article.blocks else rendered(article.with_blocks(blocks))


def _judged(block: Block, selectors: Selectors, bodied: bool) -> Block:
    if found := _inside(block.path, selectors.drop):
        return _other(block, f"the site's settings drop {found}")
    if not bodied:
        return block
    if found := _inside(block.path, selectors.body):
        if block.label in ("body", "title", "caption"):
            return block
        return block.relabelled("body", f"the site's settings: body {found}", DecidedBy.SETTING)
    return _other(block, "outside of the body of the site's settings")


def _other(block: Block, rule: str) -> Block:
    return block.relabelled("other", rule, DecidedBy.SETTING) if block.label == "body" else block


def _inside(path: str, selectors: Sequence[str]) -> str:
    """The first selector that meets an element on the path, "" for none."""
    steps = path.split("/")
    return next((s for s in selectors if any(_meets(step, s) for step in steps)), "")


@lru_cache(maxsize=4096)
def _meets(step: str, selector: str) -> bool:
    """Whether an element, `div#main.post.entry`, has the tag, id and classes that a selector names.

    >>> _meets("div#main.post.entry", ".post"), _meets("div.posts", ".post")
    (True, False)
    """
    wanted, held = _marks(selector), _marks(step)
    return wanted[0] in ("", held[0]) and wanted[1] <= held[1]


def _marks(text: str) -> tuple[str, frozenset[str]]:
    tag, *marks = re.split(r"(?=[#.])", text)
    return tag.lower(), frozenset(marks)
