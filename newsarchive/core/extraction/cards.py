"""Cards in the text that lead to another page of the site: a box of a line or two that is a link as a whole.

    <a href="/2025/03/ferry/"><div><span>READ</span> <span>The ferry is back</span></div></a>

Plug-ins for related posts put such a card between two paragraphs, in words that a site chooses and under names that are made for each card.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsarchive.core.html.boxes import RawBlock
from newsarchive.core.urls import parts_of, same_site

#: Characters of a card's line. A longer line is a paragraph around which a link was never closed.
MAX_CARD_CHARACTERS = 220
#: Characters of such a line that are link text, as a share of all.
MIN_LINKED_SHARE = 0.9
#: Words of a page's cards, as a share of the words of its article. From here on the article is a list of cards.
MIN_SHARE_OF_LIST = 0.25
_KINDS = frozenset(["paragraph", "heading"])
_FILE = re.compile(r"\.(?!html?$|php$|aspx?$|jsp$)\w{2,5}$", re.IGNORECASE)


def cards(blocks: Sequence[RawBlock], kept: Sequence[bool], url: str) -> set[int]:
    """The places of the lines of the article, told by `kept`, that are cards. `url` is the page's address. A heading alone is none: a
    text about five books links the heading above each."""
    found = {i for i, block in enumerate(blocks) if kept[i] and _is_card(block, url)}
    found = {i for i in found if blocks[i].kind != "heading" or not found.isdisjoint((i - 1, i + 1))}
    words = {i: block.text.count(" ") + 1 for i, block in enumerate(blocks) if kept[i]} if found else {}
    if sum(words[i] for i in found) >= MIN_SHARE_OF_LIST * sum(words.values()):
        return set()
    return found


def _is_card(block: RawBlock, url: str) -> bool:
    if not block.links or not block.wrap.startswith("/a") or block.kind not in _KINDS:
        return False
    if len(block.text) > MAX_CARD_CHARACTERS or block.link_chars < MIN_LINKED_SHARE * len(block.text):
        return False
    return all(is_other_page(href, url) for _, href in block.links)


def is_other_page(href: str, url: str) -> bool:
    """Whether an address is that of another page of the site, and no file."""
    there, here = parts_of(href), parts_of(url)
    path = there.path.rstrip("/")
    return same_site(href, url) and path not in ("", here.path.rstrip("/")) and not _FILE.search(path)
