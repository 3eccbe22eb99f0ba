"""Where sentences end, in any script: "It rained. 下雨了。" is two sentences.

`ends_sentence` asks whether a line is the end of a sentence. `sentences` cuts a text into sentences. `statements` cuts
finer, also where a bar or a bullet stands between two statements, but not behind an abbreviation. Damaged text, whose
full stops may be lost bytes, has rules of its own in the encoding package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from newsarchive.core.text.scripts import THAI_AND_LAO_BLOCKS, character_class, count_of

#: Letters of Thai or Lao, which write no full stop. A line with more of them is a sentence, a shorter one may be a
#: heading.
MAX_STOPLESS_LETTERS = 80
_STOPS = frozenset(".!?…。！？।؟۔։።")
_LINE_END = re.compile(r"[.!?…。！？।؟۔։።][\"'”’»“)\]›」』]*$")
_HAN = character_class([(0x3400, 0x9FFF)])
#: Where a sentence ends. The pattern begins with one set of characters, to which a search skips: that takes a third of
#: the time that alternatives take.
_SENTENCE_END = re.compile(
    r"[.!?…。！？\n](?:(?<=[.!?…])[\"”’»)\]]{0,2}\s+(?=[^\s\da-z])|(?<=[。！？])[」』”）]?|(?<=\n)\n*)"
)
#: Where a statement ends. In Chinese, a name with a colon behind it begins the next one.
_STATEMENT_END = re.compile(
    rf"(?<=[.!?…])[\"”’»)\]]{{0,2}}\s+|(?<=[。！？])[」』）]?|\n+|\s[|•·]\s|(?<=[{_HAN}])\s+(?=[{_HAN}]{{2,5}}\s?[：:])"
)
#: Each match of `_STATEMENT_END` holds one of these characters or stands beside one.
_MAY_END_STATEMENT = re.compile(f"[.!?…。！？\n|•·{_HAN}]")
_ABBREVIATION = re.compile(r"\b(?:[A-Z]|St|Dr|Mr|Mrs|Ms|Prof|No|Jr|Sr|\d{1,2})\.$")
#: Characters at the end of a statement that are searched for an abbreviation: no abbreviation is longer than half of it.
_MAX_TAIL_CHARACTERS = 12


def ends_sentence(text: str) -> bool:
    """Whether a text ends as a sentence does: with a full stop of any script, and quotation marks behind it.

    Thai and Lao write no full stop: a line of theirs with more than 80 letters is taken for a sentence.

    >>> ends_sentence("“It rained.”"), ends_sentence("下雨了。"), ends_sentence("Recent Posts")
    (True, True, False)
    """
    last, tail = text[-1:], text[-24:]  # no text ends in more quotation marks than that
    if last in _STOPS or (not last.isalnum() and _LINE_END.search(tail)):
        return True
    return (
        len(text) > MAX_STOPLESS_LETTERS
        and not tail.isascii()
        and count_of(text, THAI_AND_LAO_BLOCKS) > MAX_STOPLESS_LETTERS
    )


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
    """The statements of a text in their order. A statement ends with a sentence, at a bar, a bullet or a line break.

    >>> list(statements("By Dr. Ada Lund | The Heron\\nIt rained. Nobody came."))
    ['By Dr. Ada Lund', 'The Heron', 'It rained.', 'Nobody came.']
    """
    at = 0
    for end in _STATEMENT_END.finditer(text) if _MAY_END_STATEMENT.search(text) else ():
        last = end.start()
        while at < last and text[at].isspace():
            at += 1
        if at == last:
            continue
        # The whole statement is cut out once: it may hold thousands of abbreviations.
        if "\n" not in end[0] and _ABBREVIATION.search(
            text[max(at, last - _MAX_TAIL_CHARACTERS) : last].rstrip()
        ):
            continue
        yield text[at:last].rstrip()
        at = end.end()
    if part := text[at:].strip():
        yield part
