"""What changed between two texts, word by word: "The red fox" and "The brown fox" differ in "red" and "brown".

Paragraphs are matched first, then words within the paragraphs that changed, so that a long article costs no more than
its changes. The matching is difflib's: the gestalt pattern matching of Ratcliff and Obershelp (1988).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from html import escape
from typing import Literal

#: Words, spaces and signs on either side of a changed stretch. Up to here they are matched one by one, which takes time
#: in the product of both numbers; a longer stretch is given as deleted and inserted whole.
MAX_MATCHED_PIECES = 4000

_PIECES = re.compile(r"\w+(?:['’]\w+)*|\s+|[^\w\s]")
_WORDS = re.compile(r"\w+(?:['’]\w+)*")


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch of text in both texts (`equal`), in the new one alone (`insert`) or in the old one alone (`delete`)."""

    kind: Literal["equal", "insert", "delete"]
    text: str


def word_diff(old: str, new: str) -> list[Change]:
    """The changes that turn `old` into `new`, in reading order; a deletion stands before what replaces it.

    >>> [(change.kind, change.text) for change in word_diff("The red fox.", "The brown fox!")]
    [('equal', 'The '), ('delete', 'red'), ('insert', 'brown'), ('equal', ' fox'), ('delete', '.'), ('insert', '!')]
    """
    changes: list[Change] = []
    for before, after in _stretches(_paragraphs(old), _paragraphs(new)):
        if before == after:
            changes.append(Change("equal", before))
        else:
            changes += _changed_words(before, after)
    return _joined(changes)


def unified(old: str, new: str, from_name: str = "old", to_name: str = "new") -> str:
    """The changes as a unified diff that compares line by line. `from_name` and `to_name` stand in its header."""
    lines = unified_diff(old.splitlines(), new.splitlines(), from_name, to_name, lineterm="")
    return "\n".join(lines)


def to_html(changes: Iterable[Change]) -> str:
    """The changes as HTML: a `<p>` for each paragraph, with `<ins>` and `<del>` around what changed."""
    tags = {"equal": "{}", "insert": "<ins>{}</ins>", "delete": "<del>{}</del>"}
    paragraphs = [""]
    for change in changes:
        for number, piece in enumerate(re.split(r"\n\n+", change.text)):
            if number:
                paragraphs.append("")
            if piece:
                paragraphs[-1] += tags[change.kind].format(escape(piece).replace("\n", "<br>"))
    return "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs if paragraph)


def lost_and_gained(old: str, new: str) -> tuple[Counter[str], Counter[str]]:
    """Two counts of words: those that the new text lacks, and those that the old text lacked.

    >>> lost_and_gained("a rose, a rose", "a rose")
    (Counter({'a': 1, 'rose': 1}), Counter())
    """
    before, after = Counter(_WORDS.findall(old)), Counter(_WORDS.findall(new))
    return before - after, after - before


def _paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, each with the blank lines behind it; joined, they are the text again."""
    return re.findall(r"(?s).+?(?:\n\n+|\Z)", text)


def _stretches(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        before, after = old[a:b], new[c:d]
        if tag == "replace" and len(before) == len(after):
            yield from zip(before, after, strict=True)
        else:
            yield "".join(before), "".join(after)


def _changed_words(old: str, new: str) -> Iterator[Change]:
    before, after = _PIECES.findall(old), _PIECES.findall(new)
    if max(len(before), len(after)) > MAX_MATCHED_PIECES:
        yield Change("delete", old)
        yield Change("insert", new)
        return
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Change("equal", "".join(before[a:b]))
        else:
            yield Change("delete", "".join(before[a:b]))
            yield Change("insert", "".join(after[c:d]))


def _joined(changes: Iterable[Change]) -> list[Change]:
    """The changes without empty ones, where neighbours of the same kind are one change."""
    joined: list[Change] = []
    for change in changes:
        if not change.text:
            continue
        if joined and joined[-1].kind == change.kind:
            joined[-1] = Change(change.kind, joined[-1].text + change.text)
        else:
            joined.append(change)
    return joined
