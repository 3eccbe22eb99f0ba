"""Read the section and the tags of an article from lines that name them with a label → claims.

Hosts of blogs and many content management systems mark neither by `rel` nor by a class that says so: "Category: Harbour | Views: 12 |
Tags: ferry, night" (uCoz), `<dt>タグ :</dt><dd>` (livedoor Blog), "#ferry #night" (Naver, note). These lines are read where nothing else
on the page names a section or tags.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set

from newsarchive.core.metadata.claims import KEYWORD_SEPARATORS, Claim, Place, Source
from newsarchive.core.metadata.person_names import SEGMENT
from newsarchive.core.text.patterns import words_of
from newsarchive.items import Block
from newsarchive.rules import Rules

#: Characters of a block that names a section or tags; a longer one is prose.
MAX_DETAIL_CHARS = 300
#: Characters of a paragraph of the text. Lines between two of them belong to the text.
MIN_PARAGRAPH_CHARS = 120
#: Blocks before the headline that are read; earlier ones belong to the rest of the page.
MAX_BLOCKS_BEFORE = 4
#: Blocks behind the text that are read; later ones belong to the rest of the page.
MAX_BLOCKS_BEHIND = 20
#: Words between two bullets; a part with as many is a button and no tag.
MIN_WORDS_OF_BUTTON = 3
#: Tags of one list; a longer list is a cloud of all tags of the site.
MAX_LISTED_TAGS = 20
#: Tags of a box without a label; more are a list of all topics of the site.
MAX_BOXED_TAGS = 10
#: Sections that stand behind one label; more are a list of all sections of the site.
MAX_LISTED_SECTIONS = 2
#: Characters of a tag or the name of a section; a longer text is none.
MAX_NAME_CHARS = 40
#: Tags as social networks write them. A colour ("#ff8800") and a number ("#1") are none.
_HASHTAGS = re.compile(r"(?:[#＃] ?[^\s#＃,;:.!?]{1,40}[\s,]*){1,20}")
_HASHTAG = re.compile(r"[#＃] ?([^\s#＃,;:.!?]*[^\W\d_][^\s#＃,;:.!?]*)")
#: Characters of the end of a path that are searched for the names of boxes.
MAX_PATH_CHARS = 120
#: What stands between a label and what it names.
_COLON = re.compile(r"\s*[:：]\s*")
#: The number of posts behind the name of a section, in a list of all of them: "Harbour (12)", "Harbour [12]".
_COUNTED = re.compile(r"[(\[（]\d+[)\]）]\s*$")
#: The same in an element of its own without a space, in a cloud of tags: "ferry12".
_COUNTED_TAG = re.compile(r"[^\W\d_]\d+$")
#: Signs that end a sentence or lead on to what stands behind; no tag ends in one.
_NO_END = tuple("?!？！:：")
#: Parts of the names of boxes for sections and tags. A label without a colon counts in such a box alone, and none counts in a menu.
_BOX = re.compile(r"tag|keyword|topic|theme|categor|kategor|rubri", re.IGNORECASE)
#: Parts of the names of boxes for tags, as words: "tag" of "article__tag-list", and not of "tagline".
_TAG_BOX = re.compile(
    r"(?<![a-z])(?:tags?|keywords?|topics|quarto-category)(?![a-z])|taglist|post-?tags",
    re.IGNORECASE,
)
#: Spaces of a line with a full stop that is a sentence; with fewer it may be an abbreviation: "St. Louis, Mo."
MIN_SPACES_OF_SENTENCE = 2
#: Characters of a block in such a box that are links, as a share of all; with fewer it is a line of text.
MIN_LINK_SHARE = 0.7
_MENU = re.compile(r"menu|(?:^|/)nav(?=[./#]|$)|crumb", re.IGNORECASE)
#: Labels of blocks that are no part of the post.
_ELSEWHERE = frozenset(("comments", "promo", "advert", "related"))


def claims(blocks: Sequence[Block], headline: int, fields: set[str], rules: Rules) -> Iterator[Claim]:
    """The first section and the first list of tags that lines around the article name, for those of the two `fields`
    "article_section" and "keywords" that are wanted.

    `headline` is the number of the block with the headline, -1 for none.
    """
    labels = {
        field: words_of(rules, "bylines", table)
        for field, table in (("article_section", "section_label"), ("keywords", "tag_label"))
        if field in fields
    }
    nobody = words_of(rules, "bylines", "no_section")
    around = _around(blocks, headline) if labels else []
    for at in range(len(around)):
        if not labels:
            return
        found = _labelled(around, at, labels)
        if "keywords" in labels and not found and (tags := _hashtags(around, at) or _boxed(around, at)):
            found = [("keywords", tags)]
        for field, names in found:
            own = [name for name in names if name.casefold() not in nobody]
            if own and field in labels:
                del labels[field]
                yield from (Claim(field, name, Source(Place.LABELLED)) for name in own)


def _labelled(
    around: Sequence[Block], at: int, labels: Mapping[str, Set[str]]
) -> list[tuple[str, list[str]]]:
    """Fields, and the names that a block gives for them behind labels: in its own lines, or in the blocks behind it."""
    block = around[at]
    if _MENU.search(block.path[-MAX_PATH_CHARS:]):
        return []
    out: list[tuple[str, list[str]]] = []
    for line in block.text.split("\n"):
        segments = [segment.strip() for segment in SEGMENT.split(line)]
        for number, segment in enumerate(segments):
            label, colon, rest = _parted(segment)
            field = next((name for name, words in labels.items() if label.casefold() in words), "")
            if not field:
                continue
            if rest:
                names = _named(rest, block)
                if field == "keywords" and len(names) == 1 and "|" not in line:
                    names += _between_bullets(segments[number + 1 :])
            elif segment == block.text.strip() and (block.kind != "heading" or _says_tags(block)):
                names = _behind(around, at, is_bare=not colon)
            else:
                continue
            is_list = len(names) <= (MAX_LISTED_TAGS if field == "keywords" else MAX_LISTED_SECTIONS)
            out += [(field, names)] if names and is_list else []
    return out


def _between_bullets(segments: Sequence[str]) -> list[str]:
    """The further tags of "tags: ferry • night • harbour"; none where one of the parts has a label, a number or three words, as "3
    comments" and "Leave a comment" have."""
    may_be_tags = all(
        0 < len(part.split()) < MIN_WORDS_OF_BUTTON
        and not any(map(str.isdigit, part))
        and not _COLON.search(part)
        for part in segments
    )
    return list(segments) if may_be_tags else []


def _around(blocks: Sequence[Block], headline: int) -> list[Block]:
    """The short blocks above the text, from the headline on, and below it; none of a page without a text."""
    body = [at for at, block in enumerate(blocks) if block.label == "body"]
    if not body:
        return []
    paragraphs = [at for at in body if len(blocks[at].text) >= MIN_PARAGRAPH_CHARS] or body
    first = max(0, (headline if headline >= 0 else body[0]) - MAX_BLOCKS_BEFORE)
    outside = [*blocks[first : paragraphs[0]], *blocks[paragraphs[-1] + 1 : body[-1] + 1 + MAX_BLOCKS_BEHIND]]
    counts = Counter(block.text for block in blocks)  # what stands twice belongs to the page
    return [
        block
        for block in outside
        if len(block.text) <= MAX_DETAIL_CHARS and block.label not in _ELSEWHERE and counts[block.text] == 1
    ]


def _parted(segment: str) -> tuple[str, str, str]:
    """Label, colon and rest of a part of a line; all of it is the label where it has no colon."""
    colon = _COLON.search(segment)
    if colon is None:
        return segment.strip(), "", ""
    return segment[: colon.start()].strip(), colon[0], segment[colon.end() :].strip()


def _named(rest: str, block: Block) -> list[str]:
    """The names behind a label: the texts of the links there, or else the parts between commas."""
    linked = [text.strip() for text, _ in block.links if text.strip() and text.strip() in rest]
    hashtags = _HASHTAG.findall(rest) if _HASHTAGS.fullmatch(rest) else []
    names = linked or hashtags or [part.strip(" .") for part in KEYWORD_SEPARATORS.split(rest)]
    names = [name.lstrip("#＃").strip() for name in names]
    return list(dict.fromkeys(names)) if _are_tags(names) else []


def _are_tags(names: Sequence[str]) -> bool:
    """Whether these may be the tags of a post: no questions, no sentences ("No topics found."), and none with the number of its posts."""
    is_cloud = len(names) > 1 and all(map(_COUNTED_TAG.search, names))
    return not is_cloud and all(
        0 < len(name) <= MAX_NAME_CHARS
        and not (_COUNTED.search(name) or name.endswith(_NO_END))
        and not (name.endswith(".") and name.count(" ") >= MIN_SPACES_OF_SENTENCE)
        for name in names
    )


def _behind(around: Sequence[Block], at: int, *, is_bare: bool) -> list[str]:
    """The names in the blocks behind a label that is a block of its own: in the same list or box, and each a link where the label has
    no colon (`is_bare`)."""
    box = around[at].path.rpartition("/")[0]
    names: list[str] = []
    if is_bare and not _BOX.search(around[at].path[-MAX_PATH_CHARS:]):
        return names
    for block in around[at + 1 : at + 2 + MAX_LISTED_TAGS]:
        is_linked = bool(block.links)
        if not f"{block.path}/".startswith(f"{box}/") or (is_bare and not is_linked):
            break
        found = _named(block.text, block)
        if not found:
            break
        names += found
        if not is_linked:
            break
    return names


def _says_tags(block: Block) -> bool:
    """Whether a block stands in a box for tags, by the names of its own elements."""
    return block.label == "tags" and _TAG_BOX.search(block.path[-MAX_PATH_CHARS:]) is not None


def _boxed(around: Sequence[Block], at: int) -> list[str]:
    """The tags of a row of blocks in one box for tags that holds nothing but links, or a short text each: `<div class="article__tags">`,
    `<div class="quarto-category">`. The box is told by the names that also keep it out of the text."""
    first = around[at]
    if not _says_tags(first) or first.kind == "heading" or _MENU.search(first.path[-MAX_PATH_CHARS:]):
        return []
    box = first.path.rpartition("/")[0]
    before = around[at - 1] if at else None
    if (
        before is not None
        and before.kind != "heading"
        and before.path.rpartition("/")[0] == box
        and _says_tags(before)
    ):
        return []  # the row began before
    names: list[str] = []
    folders = set()
    for block in around[at : at + MAX_BOXED_TAGS + 1]:
        if not _says_tags(block) or block.path.rpartition("/")[0] != box:
            break
        linked = [text.strip() for text, _ in block.links if text.strip()]
        if linked and len("".join(linked)) < MIN_LINK_SHARE * len(block.text):
            return []
        found = linked or [block.text.strip()]
        names += [name.lstrip("#＃").strip(" ,") for name in found]
        folders |= {address.partition("?")[0].rstrip("/").rpartition("/")[0] for _, address in block.links}
    # Buttons lead elsewhere: "Tweet".
    is_list = 1 < len(names) <= MAX_BOXED_TAGS and len(folders) < 2 and _are_tags(names)
    return list(dict.fromkeys(names)) if is_list else []


def _hashtags(around: Sequence[Block], at: int) -> list[str]:
    """The tags of a row of blocks that hold nothing but hashtags, two at least: one alone is a call."""
    names: list[str] = []
    for block in around[at : at + MAX_LISTED_TAGS]:
        if block.text[:1] not in "#＃" or not _HASHTAGS.fullmatch(block.text):
            break
        names += _HASHTAG.findall(block.text)
    return list(dict.fromkeys(names)) if 1 < len(names) <= MAX_LISTED_TAGS else []
