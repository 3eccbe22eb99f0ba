"""Finds a discussion below an article that no name of an element tells from it, by the lines that sign its posts.

Example: an article of 2007 in `<div class="content">`, and in the same element, paragraph by paragraph, "Great post!",
"Posted by: Ann | 6 April 2007 at 13:11", "I beg to differ.", "Posted by: Ben | 6 April 2007 at 13:21". Every paragraph looks
like one of the article; what tells them is that three lines or more of one shape sign with a name and a time of day.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from newsarchive.core.boilerplate.phrases import Phrases
from newsarchive.core.text.normalise import fold
from newsarchive.core.text.words import comparable_words
from newsarchive.items import Block, DecidedBy

#: Characters of a line that signs a post of a discussion; a longer line is text.
MAX_SIGNATURE_CHARACTERS = 160
#: Lines of one shape that sign. With fewer, a post may end in "Posted by Ann at 4:06 PM" and a guest's note in another.
MIN_SIGNATURES = 3
#: Different names among them. One name alone is the blog's own, below each of its posts.
MIN_SIGNERS = 2
#: Words of the article that must stand above a discussion; with fewer, the page is the discussion: a forum.
MIN_WORDS_ABOVE = 40
#: The same as a share of all words. It is 0.28 to 0.6 on the pages where a discussion stood in the article's element, 0.1 on one whose
#: truth counts the discussion.
MIN_SHARE_ABOVE = 0.15
#: Words of the head of a discussion; a longer line that a table knows asks for comments or counts links.
MAX_HEAD_WORDS = 4

#: Lines before a comment that are its number, its author and its day.
MAX_LINES_OF_COMMENT = 3
#: Words of such a line.
MAX_LINE_WORDS = 12

#: An id in a path: a theme numbers its comments by ids.
_ID = re.compile(r"#[^./]*")
#: A time of day, which every signature has.
_TIME = re.compile(r"\d ?[:.h] ?\d\d")
#: What ends the name in a signature.
_NAME_END = re.compile(r"[|@–—]|\b(?:on|at|am|um|le|à|el|em|il|op)\b")


def discussion(blocks: Sequence[Block], body: Sequence[int], words: Phrases) -> list[int]:
    """The blocks of the article that are a discussion below it: from the head of the comments, or from the first
    signature, to the end. None where too little of a text stands above.

    Where no head of comments stands above the first signature, the first post may be kept: its signature may stand below it.
    """
    signatures = _signatures(blocks, words)
    if not signatures:
        return []
    heads = [i for i in range(signatures[0]) if _is_head(blocks[i], words)]
    counts = {i: comparable_words(blocks[i].text) for i in body}
    enough = max(MIN_WORDS_ABOVE, MIN_SHARE_ABOVE * sum(counts.values()))
    for start in (*heads[-1:], signatures[0]):
        if sum(count for i, count in counts.items() if i < start) >= enough:
            return [i for i in body if i >= start]
    return []


def heads_of_comments(blocks: Sequence[Block], body: Sequence[int]) -> list[int]:
    """The short lines of the article that stand in the elements of comments which the markup marks: "#12", "Ann - 6 April 2007".

    At least `MIN_SIGNATURES` lines of one path do, each up to `MAX_LINES_OF_COMMENT` blocks before its comment.
    """
    marked = [i for i, b in enumerate(blocks) if b.label == "comments" and b.decided_by is DecidedBy.MARKUP]
    if len(marked) < MIN_SIGNATURES:
        return []
    of_path: defaultdict[str, list[int]] = defaultdict(list)
    for i in body:
        after = marked[bisect(marked, i) :][:1]
        near = bool(after) and after[0] - i <= MAX_LINES_OF_COMMENT
        if (
            near
            and comparable_words(blocks[i].text) <= MAX_LINE_WORDS
            and _in_one(blocks[i], blocks[after[0]])
        ):
            of_path[blocks[i].path].append(i)
    return sorted(i for found in of_path.values() if len(found) >= MIN_SIGNATURES for i in found)


def _in_one(line: Block, comment: Block) -> bool:
    """Whether a line stands in the element around a comment: "div.c/div/p.who" and "div.c/div/p.commentText"."""
    around = comment.path.split("/")[:-2]
    return line.path.split("/")[: len(around)] == around


def _signatures(blocks: Sequence[Block], words: Phrases) -> list[int]:
    """The places of the lines of one shape that sign, of the shape with the most; empty where they are too few, are signed
    by one name, or have no text between them."""
    shapes: defaultdict[str, list[int]] = defaultdict(list)
    for i, block in enumerate(blocks):
        text = block.text
        if len(text) <= MAX_SIGNATURE_CHARACTERS and _TIME.search(text) and words.signature(fold(text)):
            shapes[_ID.sub("", block.path)].append(i)
    found = max(shapes.values(), key=len, default=[])
    signers = {_NAME_END.split(fold(blocks[i].text))[0] for i in found}
    if len(found) < MIN_SIGNATURES or len(signers) < MIN_SIGNERS:
        return []
    apart = sum(after - before > 1 for before, after in pairwise(found))
    return found if apart >= len(found) // 2 else []


def _is_head(block: Block, words: Phrases) -> bool:
    """Whether the tables know a short line as the head of comments: "Comments", "12 comments"."""
    if not block.text or comparable_words(block.text) > MAX_HEAD_WORDS:
        return False
    return any(verdict.label == "comments" for verdict in words.known(fold(block.text)).values())
