"""What one line of a page looks like: prose or not, linked or not, opened by a quotation mark, naming a source.

Nothing here knows a phrase or a language; the tables of `data/phrases` do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from newsarchive.core.text.normalise import fold
from newsarchive.core.text.sentences import ends_sentence
from newsarchive.core.text.words import comparable_words
from newsarchive.items import Block

#: The label of a domain: "heron" of www.heron.co.uk.
_LABEL = re.compile(r"(?:www\.)?([\w-]{4,})\.[a-z]{2,}")
_OPENING = tuple("\"'“‘«„「『‹»")


def is_prose(block: Block, words: int = 12) -> bool:
    """Whether a block reads as a sentence of at least `words` words, and is no heading."""
    return block.kind != "heading" and ends_sentence(block.text) and comparable_words(block.text) >= words


def is_linked(block: Block) -> bool:
    """Whether the block's whole text, or all but a few characters, is link text."""
    if not block.links:
        return False
    return sum(len(text) for text, _ in block.links) >= 0.8 * len(block.text)


def is_quotation(text: str) -> bool:
    """Whether a line opens with a quotation mark, as a quoted saying does."""
    return text.lstrip().startswith(_OPENING)


def names_one(folded: str, names: Iterable[str]) -> bool:
    """Whether a folded line holds one of the names; a domain's label also meets the words it was made of.

    >>> names_one("read more from the guardian", ["theguardian"]), names_one("read more", ["theguardian"])
    (True, False)
    """
    squeezed = folded.replace(" ", "")
    return any(name in folded or name in squeezed for name in names)


def source_names(*texts: str) -> tuple[str, ...]:
    """Folded names of a source: those given, and the label of each domain among them; short ones left out."""
    labels = [label for text in texts for label in _LABEL.findall(text.lower())]
    return tuple(name for text in (*texts, *labels) if len(name := fold(text)) > 3)
