"""Where sentences end in damaged text: of a sentence all is repaired, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from newsarchive.core.repairs.grams import LENGTHS
from newsarchive.core.repairs.runs import Change
from newsarchive.core.text.scripts import kind, script

#: Where a sentence may end. A lost byte may be spelled `?`, so that this is no end.
_END = re.compile(r"[.!][\"')\]]* |\n")
#: A word of so many letters, two characters each where they are damaged, may be an abbreviation: `Mr.`; so is one with
#: full stops inside.
ABBREVIATED = 4
#: What is so short behind the last full stop of a line belongs to the sentence: an emoji is twelve characters.
TAIL = 16
#: So far back a word is looked at: text without spaces is one.
LONGEST_WORD = 60
#: Marks of scripts that do not part words.
UNPARTED = ("cjk punctuation", "fullwidth")


def sentence_ends(text: str, changes: Sequence[Change]) -> Iterator[int]:
    """Where sentences end; in scripts that do not part words, lines."""
    ends = {change.reading.after[-1] for change in changes}
    by_line = any(script(char) in LENGTHS or kind(char) in UNPARTED for char in ends)
    for match in _END.finditer(text):
        if match[0] == "\n" or not (by_line or _goes_on(text, match)):
            yield match.end()


def _goes_on(text: str, match: re.Match[str]) -> bool:
    """Whether a full stop ends an abbreviation, or all but the last few characters of its line."""
    last = re.split(r"\s", text[max(0, match.start() - LONGEST_WORD) : match.start()])[-1]
    word = last.rstrip(".!")
    letters = len(word) - sum(char > "\x7f" for char in word) / 2
    behind = match.end() + TAIL
    is_last = text.find("\n", match.end(), behind) >= 0 or len(text) < behind
    return letters <= ABBREVIATED or "." in word.strip(".") or is_last
