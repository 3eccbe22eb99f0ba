"""What a page says of its article in a sentence of its own.

Many content systems fill the description with the first lines of the text, cut off where the space ends: that says
nothing that the text does not, and where a site sets marks for machines before its posts ("Verification:
a0d6e82a7952e405"), these stand in it, too. Such a repeat is refused, such a mark is cut out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from newsarchive.core.facts.claims import Claim
from newsarchive.core.text.normalise import key
from newsarchive.items import Block, Candidate

#: Letters that a description must share with the text to be its repeat: below it, both may open with the same phrase.
MIN_REPEATED_LETTERS = 40
#: Letters that may stand before the repeat in a paragraph: a place, an agency, a date.
MAX_LETTERS_BEFORE = 60
#: Paragraphs of the text that a description is looked for in; a byline or a heading may come before the first sentence.
MAX_PARAGRAPHS = 4
#: Letters of the text that are compared, at most.
MAX_COMPARED_LETTERS = 4000
#: Letters of a description without its mark that still say something.
MIN_LETTERS = 20

#: A label and a machine's mark: a hash, a UUID, or what search engines give out to verify a site.
_MARK = re.compile(
    r"(?:(?<!\w)[^\W\d_]+(?:[ _-][^\W\d_]+){0,3})?\s?[:=#]\s?"
    r"(?P<mark>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8,64}|[A-Za-z0-9_-]{30,}={0,2})(?![\w=])",
    re.IGNORECASE,
)
#: The signs of a text that goes on.
_CUT = re.compile(r"\s*(?:\[?\(?(?:…|\.{2,})\)?\]?)\s*$")


def own(
    claims: Sequence[Claim], headline: str, blocks: Sequence[Block]
) -> tuple[list[Claim], list[Candidate]]:
    """The claims that say something of their own, without marks for machines, and those refused.

    `blocks` labelled `body` are the text, as far as it is known.
    """
    paragraphs = _paragraphs(blocks) if claims else []
    kept, refused = [], []
    for claim in claims:
        text = without_marks(claim.value)
        if text != claim.value and len(key(text)) < MIN_LETTERS:
            refused.append(claim.candidate(reason="a mark for machines"))
        elif _repeats(text, headline, paragraphs):
            refused.append(claim.candidate(reason="the beginning of the text"))
        else:
            kept.append(claim if text == claim.value else replace(claim, value=text))
    return kept, refused


def without_marks(text: str) -> str:
    """A text without labels and their machine's marks.

    >>> without_marks("Verification: a0d6e82a7952e405 The ferry returns."), without_marks("Room: 20250401")
    ('The ferry returns.', 'Room: 20250401')
    """
    if ":" not in text and "=" not in text and "#" not in text:
        return text
    cut = _MARK.sub(lambda m: " " if _is_mark(m["mark"]) else m[0], text)
    return " ".join(cut.split()) if cut != text else text


def _is_mark(text: str) -> bool:
    return any(map(str.isdigit, text)) and any(map(str.isalpha, text))


def _paragraphs(blocks: Sequence[Block]) -> list[str]:
    """The first paragraphs of the text, folded, each with what follows it."""
    body = (b.text for b in blocks if b.label == "body")
    texts = [key(text) for text in islice(body, MAX_PARAGRAPHS * 4)]
    return ["".join(texts[i:])[:MAX_COMPARED_LETTERS] for i in range(min(MAX_PARAGRAPHS, len(texts)))]


def _repeats(text: str, headline: str, paragraphs: Sequence[str]) -> bool:
    """Whether a description is the beginning of a paragraph, its last word apart, which may be cut off."""
    whole = _CUT.sub("", text)
    folded = key(whole).removeprefix(key(headline))
    compared = folded[: len(folded) - len(key(whole.rsplit(" ", 1)[-1]))] or folded
    if len(compared) < MIN_REPEATED_LETTERS:
        return False
    return any(0 <= p.find(compared) <= MAX_LETTERS_BEFORE for p in paragraphs)
