"""Where sentences end, in any script.

`ends_sentence` asks it of a line. `sentences` cuts a text into sentences; `statements` cuts finer, also where a bar or
a bullet parts what is said, but not behind an abbreviation. Damaged text, whose stops may be lost bytes, has rules of
its own beside its repair.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from newsarchive.core.text.scripts import THAI_AND_LAO, character_class

#: A line of Thai or Lao with more letters than these is a sentence: no full stop would say so.
STOPLESS = 80
_STOPLESS = re.compile(f"[{THAI_AND_LAO}]")
_LINE_END = re.compile(r"[.!?…。！？।؟۔։።][\"'”’»“)\]›」』]*$")
_HAN = character_class([(0x3400, 0x9FFF)])
#: Where a sentence ends. It begins with one set of characters, to which a search skips: three times as fast as
#: alternatives.
_SENTENCE_END = re.compile(
    r"[.!?…。！？\n](?:(?<=[.!?…])[\"”’»)\]]{0,2}\s+(?=[^\s\da-z])|(?<=[。！？])[」』”）]?|(?<=\n)\n*)"
)
#: What parts two statements. A name with a colon behind it begins one in Chinese.
_GAP = re.compile(
    rf"(?<=[.!?…])[\"”’»)\]]{{0,2}}\s+|(?<=[。！？])[」』）]?|\n+|\s[|•·]\s|(?<=[{_HAN}])\s+(?=[{_HAN}]{{2,5}}\s?[：:])"
)
#: What each gap holds, or touches.
_MAY_PART = re.compile(f"[.!?…。！？\n|•·{_HAN}]")
_ABBREVIATION = re.compile(r"\b(?:[A-Z]|St|Dr|Mr|Mrs|Ms|Prof|No|Jr|Sr|\d{1,2})\.$")
#: No abbreviation is longer, in characters: a sentence is searched from there.
_LONGEST = 8


def ends_sentence(text: str) -> bool:
    """Whether a text ends as a sentence does, in any of the scripts we know.

    Thai and Lao write no full stop: a line of theirs that is too long for a head ends one.

    >>> ends_sentence("“It rained.”"), ends_sentence("下雨了。"), ends_sentence("Recent Posts")
    (True, True, False)
    """
    tail = text[-24:]  # no text ends in so many quotation marks
    if not tail[-1:].isalnum() and _LINE_END.search(tail):
        return True
    return len(text) > STOPLESS and not tail.isascii() and len(_STOPLESS.findall(text)) > STOPLESS


@lru_cache(maxsize=4)  # one full text is compared with many copies
def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text, in their order.

    >>> sentences("It rained. Nobody came!\\n\\n下雨了。没有人来。")
    ('It rained.', 'Nobody came!', '下雨了。', '没有人来。')
    """
    ends = [end.end() for end in _SENTENCE_END.finditer(text)]
    parts = [text[at:end].strip() for at, end in pairwise((0, *ends, len(text)))]
    return tuple(filter(None, parts))


def statements(text: str) -> Iterator[str]:
    """The statements of a text, in their order: sentences, and what bars, bullets and line breaks part.

    >>> list(statements("By Dr. Ada Lund | The Heron\\nIt rained. Nobody came."))
    ['By Dr. Ada Lund', 'The Heron', 'It rained.', 'Nobody came.']
    """
    at = 0
    for gap in _GAP.finditer(text) if _MAY_PART.search(text) else ():
        part = text[at : gap.start()].strip()
        if not part or ("\n" not in gap[0] and _ABBREVIATION.search(part, max(0, len(part) - _LONGEST))):
            continue
        yield part
        at = gap.end()
    if part := text[at:].strip():
        yield part
