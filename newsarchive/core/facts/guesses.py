"""Whether a line that looks like a name may be one.

Capitals make no name: "Gesponserte Inhalte", "Launch Gallery", a label of the sidebar look like one. A guess is refused
where it stands in a row of buttons, a menu, a caption or a list of tags; where it is the text of a link that leads to
no page about a person; and where the same text is such a link, or a label, elsewhere on the page. Silence is right
where nothing is sure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import unquote

from newsarchive.core.text.normalise import key, without_accents
from newsarchive.items import Block
from newsarchive.rules import Rules

#: Labels of blocks that hold no byline. "nav" and "other" are left out: of twenty right guesses on half A's pages twelve
#: stand in lists of small facts that are labelled so; "advert" and "author bio" hold some, too.
_NO_BYLINES = frozenset(
    ["share", "subscribe", "related", "promo", "comments", "caption", "footer", "consent", "form", "tags"]
)
#: Labels of blocks whose whole text is a label of the page where it stands there twice.
_OF_PAGE = _NO_BYLINES | {"nav", "advert"}
#: Parts of a block's path that are looked at, from its end: classes further up are of the page.
MAX_PATH_PARTS = 4
#: Blocks of a page that are searched for links and labels of the same text.
MAX_BLOCKS = 3000
#: Letters of a host's part that is a name: "com" and "net" are shorter than most.
MIN_LETTERS_IN_HOST = 5


def possible(name: str, block: Block, blocks: Sequence[Block], rules: Rules) -> bool:
    """Whether the guess `name`, read in `block`, may be an author; `blocks` are all of the page."""
    if block.label in _NO_BYLINES or block.kind == "caption" or _in_no_place(block.path, rules):
        return False
    if "©" in block.text:
        return False
    named = [address for text, address in block.links if _same(text, name)]
    if named:
        return any(leads_to_person(address, name, rules) for address in named)
    return not _is_label(name, block, blocks, rules)


def leads_to_person(address: str, name: str, rules: Rules) -> bool:
    """Whether an address is that of a page about a person: by its words ("/author/"), or since its last part or its
    host is the name. A tag of the name is none.

    >>> from newsarchive import rules
    >>> [leads_to_person(a, "Jane Doe-Roe", rules.default()) for a in (
    ...     "https://blog.example/author/17", "https://doe-roe.example/", "https://blog.example/jane-doe-roe-1234",
    ...     "https://blog.example/tag/jane-doe-roe", "https://blog.example/jane-doe-roe-wins-award")]
    [True, True, True, False, False]
    """
    whole = without_accents(unquote(address.split("//", 1)[-1]).casefold())
    if _profiles(rules).search(whole) or "/@" in whole:
        return True
    host, _, path = whole.partition("/")
    last = path.split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1].removesuffix(".html").removesuffix(".htm")
    words = [w for w in re.split(r"[\W_]+", last) if w and not w.isdigit() and w not in host]
    letters = key(without_accents(name))
    if words:
        return not _collections(rules).search(path) and all(word in letters for word in words)
    return not path and any(
        len(part) >= MIN_LETTERS_IN_HOST and key(part) in letters for part in host.split(".")
    )


def _same(text: str, name: str) -> bool:
    one, other = key(text), key(name)
    return bool(one) and (one == other or other in one)


def _is_label(name: str, block: Block, blocks: Sequence[Block], rules: Rules) -> bool:
    """Whether the text of a guess is a link to another kind of page elsewhere, or stands twice as a label. In comments
    authors answer, their names linked to anything."""
    seen = 0
    for other in blocks[:MAX_BLOCKS]:
        if name not in other.text or other.label == "comments":
            continue
        for text, address in other.links:
            if text.strip() == name and not leads_to_person(address, name, rules):
                return True
        seen += other is not block and other.label in _OF_PAGE and other.text.strip() == name
    return seen > 1


@lru_cache(maxsize=2048)
def _in_no_place(path: str, rules: Rules) -> bool:
    """Whether the innermost elements of a path are called a place for no names."""
    tail = "/".join(path.casefold().split("/")[-MAX_PATH_PARTS:])
    return _places(rules).search(tail) is not None


@lru_cache(maxsize=8)
def _places(rules: Rules) -> re.Pattern[str]:
    return _any_word(rules, "place")


@lru_cache(maxsize=8)
def _profiles(rules: Rules) -> re.Pattern[str]:
    return _any_word(rules, "profile")


@lru_cache(maxsize=8)
def _collections(rules: Rules) -> re.Pattern[str]:
    return _any_word(rules, "collection")


def _any_word(rules: Rules, table: str) -> re.Pattern[str]:
    words = rules.metadata.get("nobody", {}).get(table, {}).get("words", [])
    either = "|".join(map(re.escape, words)) or "$^"
    return re.compile(rf"(?<![^\W_])(?:{either})(?![^\W_])")
