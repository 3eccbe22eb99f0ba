"""Lines whose place on the page tells what they are: captions, bylines and dates at the edges of a text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from newsarchive.core.metadata import dates, person_names
from newsarchive.core.text.lines import is_prose, is_quotation
from newsarchive.core.text.normalise import fold
from newsarchive.core.text.sentences import ends_sentence
from newsarchive.core.text.words import comparable_words
from newsarchive.items import Block
from newsarchive.rules import Rules

#: Longest line that is a byline or a date, in characters.
LINE = 90
#: A byline stands among so many lines of the body from its start: a heading, a lede, a picture's line come first.
START = 4
#: How many words may stand beside the date: "Last updated on", "at 09:27 am", the weekday.
BESIDE = 7
#: So much of a line without a word for "by" is names and a date; a job stands beside them at most.
TOLD = 0.5
#: Longest caption, in words, and the largest share of a text that captions are: a page of pictures tells its
#: story in them.
CAPTION, SHARE = 80, 0.25

#: The largest share of a text that posts of social networks are; one with more is about them.
EMBEDDED = 0.2
#: How the text begins that printers and makers of templates fill a place with, in any language.
FILLER = "lorem ipsum"

BYLINE = "byline: names who wrote it, at the edge of the text"
DATE = "date: says when it was published or changed, and no more"
WORDLESS = "other: no letter in it, at the edge of the text"
EMBED = "other: a post of a social network, which its script draws as it draws a picture"
FILLED = "other: fills a template until somebody writes"
IN_FIGURE = "caption: stands in a figure's caption, or in a box named so"

#: The innermost boxes of a caption. Ids are left out: headings take theirs from their text.
_CAPTION = re.compile(r"(?:^|/)figcaption(?=[#./]|$)|\.[\w-]*caption[\w-]*(?=[./]|$)")
#: The boxes that scripts of networks draw their posts in.
_NETWORK = re.compile(
    r"\.(?:twitter-(?:tweet|video)|instagram-media|fb-(?:post|video|xfbml)|tiktok-embed|bluesky-embed|mastodon-embed"
    r"|reddit-(?:embed|card)|text-post-media)"
)

Verdict = tuple[int, str, str]


def captions(blocks: Sequence[Block], body: Sequence[int]) -> list[int]:
    """The places of captions in a body, none where they are much of it."""
    found = [i for i in body if _is_caption(blocks[i])]
    words = sum(comparable_words(blocks[i].text) for i in found)
    if not found or words > SHARE * sum(comparable_words(blocks[i].text) for i in body):
        return []
    return found


def embeds(blocks: Sequence[Block], body: Sequence[int]) -> list[int]:
    """The places of a social network's posts in a body, none where much of it is told in them."""
    found = [i for i in body if _is_embedded(blocks[i].path)]
    words = sum(comparable_words(blocks[i].text) for i in found)
    if not found or words > EMBEDDED * sum(comparable_words(blocks[i].text) for i in body):
        return []
    return found


@lru_cache(maxsize=8192)
def _is_embedded(path: str) -> bool:
    """Whether a path leads through a box that the script of a network draws a post in."""
    return _NETWORK.search(path) is not None


def _is_caption(block: Block) -> bool:
    """Whether one of the two innermost boxes is a caption's; a table's belongs to the article."""
    if "caption" not in block.path or block.kind in ("table", "code"):
        return False
    inner = "/".join(block.path.split("/")[-2:])
    return _CAPTION.search(inner) is not None and comparable_words(block.text) <= CAPTION


def facts(
    blocks: Sequence[Block], body: Sequence[int], authors: Collection[str], rules: Rules
) -> Iterator[Verdict]:
    """(place, label, rule) of bylines and dates among the first lines of a body, or below its last prose."""
    last = max((at for at, i in enumerate(body) if is_prose(blocks[i])), default=len(body))
    for at, i in enumerate(body):
        block = blocks[i]
        if START <= at <= last or len(block.text) > LINE or block.kind in ("code", "table"):
            continue
        lines = [line for line in block.text.split("\n") if line.strip()]
        dated = [_is_date(line, rules) or _is_bare(line, block, rules) for line in lines]
        if all(dated):
            yield i, "date", DATE
        elif block.kind != "heading" and all(
            day or _is_byline(line, authors, rules) for line, day in zip(lines, dated, strict=True)
        ):
            yield i, "byline", BYLINE


def wordless(blocks: Sequence[Block], body: Sequence[int]) -> Iterator[int]:
    """The places of lines without any letter or digit before the first and behind the last that has one: "-", "* * *"."""
    for run in (body, body[::-1]):
        for i in run:
            if any(map(str.isalnum, blocks[i].text)):
                break
            if blocks[i].kind != "embed":
                yield i


def fillers(blocks: Sequence[Block], body: Sequence[int]) -> Iterator[int]:
    """The places of lines that only fill a template until somebody writes: "Lorem ipsum dolor sit amet …"."""
    for i in body:
        block = blocks[i]
        if block.kind not in ("code", "quote") and block.text[: len(FILLER)].lower() == FILLER:
            yield i


def _is_bare(line: str, block: Block, rules: Rules) -> bool:
    """Whether a line is a date and nothing else; in a list or under a heading it belongs to them."""
    return block.kind == "paragraph" and dates.date_text(line, rules) == line.strip(" .")


def _is_date(line: str, rules: Rules) -> bool:
    """Whether a line is a date with a word for publishing or changing before it.

    >>> from newsarchive import rules
    >>> [_is_date(t, rules.default()) for t in ("Last updated on 3 May 2024 at 09:27", "Built in May 2024")]
    [True, False]
    """
    found = dates.date_text(line, rules)
    return bool(found) and comparable_words(line.replace(found, " ")) <= BESIDE and dates.signs(line, rules)


def _is_byline(text: str, authors: Collection[str], rules: Rules) -> bool:
    """Whether a line opens as a byline does and goes on with what looks like names, or says little but the names of
    the authors that the page is known to have.

    >>> from newsarchive import rules
    >>> [_is_byline(t, ["Ann Roe"], rules.default()) for t in ("Ann Roe", "Von Jane Doe", "Jane Doe")]
    [True, True, False]
    """
    if ends_sentence(text) or is_quotation(text):
        return False
    table, folded = person_names.words(rules), text.casefold()
    opens = table.by.match(text)
    opened = opens is not None and fold(opens[0]) not in table.weak
    if not opened and not any(author.casefold() in folded for author in authors):
        return False  # cheaper than to read the names
    found = person_names.names(text, rules)
    known, like = set(found) <= set(authors), all(person_names.like_a_name(name, rules) for name in found)
    if not found or opened:
        return opened and bool(found) and (known or like)
    # The author may be a guess of the page's metadata, made of a heading.
    told = sum(map(len, found)) + len(dates.date_text(text, rules))
    return known and like and told >= TOLD * len(text)
