"""Finds what readers wrote below an article: from the heading of the comments on, or by the lines that sign a discussion.

Most comments are known by the names of their elements. Example of others: in an article of 2007, in the same element as its text, stand
"Great post!", "Posted by: Ann | 6 April 2007 at 13:11", "I beg to differ.", "Posted by: Ben | 6 April 2007 at 13:21". Every paragraph
looks like one of the article; what tells them is that at least three lines of one shape sign with a name and a time of day.
"""

from __future__ import annotations

import re
from bisect import bisect, bisect_left
from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate, pairwise

from newsarchive.core.boilerplate.phrases import Phrases
from newsarchive.core.text.normalise import fold
from newsarchive.core.text.words import comparable_words, has_digit
from newsarchive.items import Block, DecidedBy
from newsarchive.verdicts import BY_TABLE

#: Words of the heading above readers' comments; a longer heading belongs to the article.
MAX_COMMENTS_HEAD_WORDS = 12
#: Words of the article that must stand above what readers wrote; with fewer, the page is the discussion: a forum.
MIN_WORDS_ABOVE = 40
#: The same as a share of all words, above a heading that says no number: "Comments" may also open a part of the article.
MIN_SHARE_ABOVE_COMMENTS = 0.5
#: The same share where the heading counts the comments ("27 comments"), which are often longer than the post. It is 0.15 and 0.23 on
#: the two pages of 2,579 where no name of an element told such comments.
MIN_SHARE_ABOVE_COUNTED_COMMENTS = 0.15
#: Words of a heading that counts the comments; a longer one may be of the article: "10 comments on the budget".
MAX_COUNTING_WORDS = 3
#: Characters of a line that signs a post of a discussion; a longer line is text.
MAX_SIGNATURE_CHARACTERS = 160
#: Lines of one shape that sign. With fewer, a post may end in "Posted by Ann at 4:06 PM" and a guest's note in another.
MIN_SIGNATURES = 3
#: Different names among them. One name alone is the blog's own, below each of its posts.
MIN_SIGNERS = 2
#: The same share above the first signature. It is 0.28 to 0.6 on the pages where a discussion stood in the article's element.
MIN_SHARE_ABOVE = 0.15
#: The same above a head of comments with signatures below it. It is 0.1 on a post of 350 words with 2,700 words of comments.
MIN_SHARE_ABOVE_HEAD = 0.03
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


def comments_head(blocks: Sequence[Block], body: Sequence[int]) -> int | None:
    """The position of the heading below which the readers' comments stand, with most of the article above it, or a smaller part
    where the heading says how many comments there are.

    The tables must know the heading, for what a theme calls `comment…` may be a heading of the article. And it must be a
    heading, for "Leave a comment" is also a button that some platforms set inside a post.
    """
    marked = [i for i, b in enumerate(blocks) if b.label == "comments" and b.decided_by in BY_TABLE]
    heads = [i for i in marked if blocks[i].kind == "heading"]
    # The words of the body above each of its blocks, and of all of it; few pages have such a heading.
    above = list(accumulate((comparable_words(blocks[i].text) for i in body if heads), initial=0))
    for i in heads:
        text = blocks[i].text
        if (length := comparable_words(text)) <= MAX_COMMENTS_HEAD_WORDS:
            is_counted = length <= MAX_COUNTING_WORDS and any(map(str.isdecimal, text))
            share = MIN_SHARE_ABOVE_COUNTED_COMMENTS if is_counted else MIN_SHARE_ABOVE_COMMENTS
            if above[bisect_left(body, i)] >= max(MIN_WORDS_ABOVE, share * above[-1]):
                return i
    return None


def discussion(blocks: Sequence[Block], body: Sequence[int], words: Phrases) -> list[int]:
    """The blocks of the article that are a discussion below it: from the head of the comments, or from the first
    signature, to the end. None where too little of a text stands above.

    Where no head of comments stands above the first signature, the first post may be kept: its signature may stand below it.
    """
    signatures = _signatures(blocks, words)
    if not signatures:
        return []
    short = (i for i in range(signatures[0]) if comparable_words(blocks[i].text) <= MAX_HEAD_WORDS)
    known = ((i, words.known(fold(blocks[i].text)).values()) for i in short)
    heads = [i for i, found in known if any(verdict.label == "comments" for verdict in found)]
    counts = {i: comparable_words(blocks[i].text) for i in body}
    starts = [(signatures[0], MIN_SHARE_ABOVE)]
    for i in heads[-1:]:
        # "12 comments" in a line that is no heading may be the link to them from the top of a live blog, whose own parts are signed.
        may_link = bool(blocks[i].links) or any(map(str.isdecimal, blocks[i].text))
        is_link = may_link and blocks[i].kind != "heading"
        starts.insert(0, (i, MIN_SHARE_ABOVE if is_link else MIN_SHARE_ABOVE_HEAD))
    for start, share in starts:
        above = sum(count for i, count in counts.items() if i < start)
        if above >= max(MIN_WORDS_ABOVE, share * sum(counts.values())):
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
    for i in body[: bisect(body, marked[-1])]:
        comment, line = marked[bisect(marked, i)], blocks[i]
        around = blocks[comment].path.split("/")[:-2]  # "div.c/div/p.who" and "div.c/div/p.commentText"
        is_near = comment - i <= MAX_LINES_OF_COMMENT and line.path.split("/")[: len(around)] == around
        if is_near and comparable_words(line.text) <= MAX_LINE_WORDS:
            of_path[line.path].append(i)
    return sorted(i for found in of_path.values() if len(found) >= MIN_SIGNATURES for i in found)


def _signatures(blocks: Sequence[Block], words: Phrases) -> list[int]:
    """The places of the lines that sign, of all shapes that do: of such a shape there are enough lines with text between them,
    signed by several names. Lines below the excerpts of other blogs have no name."""
    shapes: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for i, block in enumerate(blocks):
        text = block.text
        if (
            len(text) <= MAX_SIGNATURE_CHARACTERS
            and has_digit(text)
            and _TIME.search(text)
            and (sign := words.signature(fold(text)))
        ):
            shapes[sign.label, _ID.sub("", block.path)].append(i)
    signatures: list[int] = []
    for (label, _), found in shapes.items():
        signers = {_NAME_END.split(fold(blocks[i].text))[0] for i in found}
        is_often = len(found) >= MIN_SIGNATURES and (len(signers) >= MIN_SIGNERS or label != "comments")
        if is_often and sum(after - before > 1 for before, after in pairwise(found)) >= len(found) // 2:
            signatures += found
    return sorted(signatures)
