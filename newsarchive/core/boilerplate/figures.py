"""Tells lines that stand where pictures do: their captions, and posts of social networks, which scripts draw as they draw pictures.

Each function takes all blocks of a page and `body`, the positions of the article's blocks, and gives positions. Where what it finds is
much of a text, the text tells its story in it, and it finds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsarchive.core.html.markup import in_embedded_post
from newsarchive.core.text.lines import is_prose
from newsarchive.core.text.words import comparable_words
from newsarchive.items import Block, BlockVerdict, DecidedBy

#: Words of a caption; a longer block is text.
MAX_CAPTION_WORDS = 80
#: Part of a text's words that captions may have; a page of pictures, with a larger part, tells its story in them.
MAX_CAPTION_SHARE = 0.25
#: Part of them that the only caption may have, where it stands above a sentence of the text: short news has one long caption.
MAX_SHARE_OF_ONE_CAPTION = 0.5
#: Part of a text's words that posts of social networks may have; a text with a larger part is about them.
MAX_EMBEDDED_SHARE = 0.2

EMBED = BlockVerdict(
    "other",
    "other: a post of a social network, which its script draws as it draws a picture",
    DecidedBy.FILLER,
)
IN_FIGURE = BlockVerdict(
    "caption", "caption: stands in a figure's caption, or in a box named so", DecidedBy.FIELD
)

#: The line below a post: "— Jane Doe (@janedoe) May 3, 2024".
_SIGNED_POST = re.compile(
    r"(?:[—–-] ?)?[^(@\n]{1,80}\(@\w{1,30}\),? (?:[^\W\d]+\.? \d{1,2},?|\d{1,2}\.? (?:de )?[^\W\d]+\.?,?) (?:de )?\d{4}(?: [гр]\.)?"
    r"|(?:[—–-] ?)?[^(@\n]{1,80}\(@\w{1,30}\),? \d{4}(?:年|년) ?\d{1,2}(?:月|월) ?\d{1,2}(?:日|일)"
)
#: The innermost elements of a caption. Ids count of plain boxes alone: headings take theirs from their text, and so does the box of a
#: section about "captions".
_CAPTION = re.compile(
    r"(?:^|/)figcaption(?=[#./]|$)|\.[\w-]*[Cc]aption[\w-]*(?=[./]|$)"
    r"|(?:^|/)(?:div|p|span)#[\w-]*[Cc]aption(?!s)[\w-]*(?=[./]|$)"
    r"|\.(?:photo|image|img|pic|picture)[_-]?(?:[Cc]ap|[Dd]esc|[Dd]escription|[Ii]nfo)(?=[./]|$)"
)
#: The caption of a table, which belongs to the article.
_OF_TABLE = re.compile(r"(?:^|/)caption(?:[.#][^/]*)?$")
#: The signs by which a caption points at its picture.
_ARROWS = ("▲", "▼", "△", "▽")
#: A caption that does, and ends with whose picture it is: "▲▼大橋今天通車。（圖／海港網）", "▲ 새 다리. ⓒ항구일보". Without that it may
#: be an item of a list.
_ARROWED = re.compile(
    r"[▲▼△▽]{1,3} ?.{2,150}(?:[（(\[](?=[^）)\]]*(?:[圖图照攝摄©ⓒ]|사진|제공|写真|撮影))[^）)\]]{1,50}[）)\]]|[©ⓒ].{1,30}|사진 ?[=/].{1,40})[。.]?"
)


def captions(blocks: Sequence[Block], body: Sequence[int]) -> list[int]:
    """The blocks of a body one of whose two innermost elements is a caption's, or that point at their picture, none where they are
    much of it. The caption of a table belongs to the article."""
    found = []
    for i in body:
        block = blocks[i]
        if block.text.startswith(_ARROWS):
            if _ARROWED.fullmatch(block.text):
                found.append(i)
            continue
        path = block.path
        # A search with an expression would take 1 ms a page.
        may_hold = "cap" in path or "Cap" in path or "photo" in path or "image" in path or "img" in path
        if (may_hold or "pic" in path) and block.kind not in ("table", "code"):
            inner = "/".join(path.rsplit("/", 2)[-2:])
            repeats_alt = block.kind == "caption" and not _OF_TABLE.search(inner)
            is_short = comparable_words(block.text) <= MAX_CAPTION_WORDS
            if (repeats_alt or _CAPTION.search(inner)) and is_short and not _belongs_to_text(blocks, i):
                found.append(i)
    is_lead = len(found) == 1 and found == [*body[:1]] and any(is_prose(blocks[i]) for i in body[1:])
    return _minor(blocks, body, found, MAX_SHARE_OF_ONE_CAPTION if is_lead else MAX_CAPTION_SHARE)


def _belongs_to_text(blocks: Sequence[Block], i: int) -> bool:
    """Whether the caption of a figure says whose words the quotation in it is, or what its table shows."""
    before, figure = blocks[i - 1].path if i else "", blocks[i].path.rpartition("/figcaption")[0]
    return bool(figure) and before.startswith((f"{figure}/blockquote", f"{figure}/table"))


def embeds(blocks: Sequence[Block], body: Sequence[int]) -> list[int]:
    """The posts of social networks in a body, and the lines that sign them, none where much of it is told in them."""
    found = [i for i in body if in_embedded_post(blocks[i].path) or signs_post(blocks[i].text)]
    return _minor(blocks, body, found, MAX_EMBEDDED_SHARE)


def signs_post(text: str) -> bool:
    """Whether a line says whose post stands above it, and its day.

    >>> [signs_post(t) for t in ("— Jane Doe (@janedoe) May 3, 2024", "Jane Doe (@janedoe) wrote on May 3, 2024 that the old bridge stays.")]
    [True, False]
    """
    return "(@" in text and _SIGNED_POST.fullmatch(text) is not None


def _minor(blocks: Sequence[Block], body: Sequence[int], found: list[int], max_share: float) -> list[int]:
    """The blocks that were found, none where they hold more than `max_share` of the body's words."""
    words = sum(comparable_words(blocks[i].text) for i in found)
    if not found or words > max_share * sum(comparable_words(blocks[i].text) for i in body):
        return []
    return found
