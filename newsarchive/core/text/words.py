"""How many words a text has, and where its sentences end, in any script, also without spaces between words.

There are two counts:

- `count_words` is the number that readers see. In Chinese and Japanese every character counts as a word, as in word
  processors and in WordPress: an essay of "800 words" has 800 characters.
- `comparable_words` measures how much a text says, so that one bound ("a heading has at most 8 words") holds in every
  language. Two Chinese or Japanese characters count as a word.

The same sentence in English and in Chinese:

>>> count_words("It rained in Beijing today."), count_words("今天北京下雨了。")
(5, 7)
>>> comparable_words("It rained in Beijing today."), comparable_words("今天北京下雨了。")
(5, 4)

`ends_sentence` asks whether a line is the end of a sentence. `sentences` cuts a text into sentences. `statements` cuts
finer, also where a bar or a bullet stands between two statements, but not behind an abbreviation. Damaged text, whose
full stops may be lost bytes, has rules of its own in the encoding package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import filterfalse, pairwise

from newsarchive.core.text.scripts import (
    HAN_AND_KANA_BLOCKS,
    SOUTHEAST_ASIAN_BLOCKS,
    THAI_AND_LAO_BLOCKS,
    WORD_MARKS,
    character_class,
    count_of,
)

_WORD = re.compile(rf"[\w{WORD_MARKS}]++(?:[’'.-][\w{WORD_MARKS}]++)*+")
_LETTER = re.compile(r"\w")
_UNSPACED_BLOCKS = (*SOUTHEAST_ASIAN_BLOCKS, *HAN_AND_KANA_BLOCKS)
_UNSPACED = f"[{character_class(_UNSPACED_BLOCKS)}]"
#: A search skips to one character, but not to a repetition (`[…]+`), which takes twice as long.
_UNSPACED_RUN = re.compile(f"{_UNSPACED}{_UNSPACED}*")


def count_words(text: str) -> int:
    """The number of words of a text, for readers.

    In Chinese and Japanese every character is a word. In Thai, Lao, Burmese and Khmer, which have spaces between
    clauses alone, 14 characters count as three words, as in Thai news.

    >>> count_words("Tokyo and Seoul"), count_words("今天下雨"), count_words("เรือเที่ยวสุดท้ายออกแล้ว")
    (3, 4, 6)
    """
    if text.isascii():
        return len(text.split())
    if _UNSPACED_RUN.search(text) is None:
        return _spaced_words(text)
    single, clauses = count_of(text, HAN_AND_KANA_BLOCKS), count_of(text, SOUTHEAST_ASIAN_BLOCKS)
    return single + -(-3 * clauses // 14) + _spaced_words(_UNSPACED_RUN.sub(" ", text))


def _spaced_words(text: str) -> int:
    """The number of pieces between spaces that hold a letter or a digit. Most are nothing else, which is quickly told."""
    pieces = text.split()
    others = [piece for piece in filterfalse(str.isalnum, pieces) if not piece[0].isalnum()]
    return len(pieces) - sum(_LETTER.search(piece) is None for piece in others)


@lru_cache(maxsize=16384)
def comparable_words(text: str) -> int:
    """The number of words of a text, for bounds. In scripts without spaces, two characters count as a word.

    >>> comparable_words("Tokyo and Seoul"), comparable_words("今天北京下雨了。"), comparable_words("सरकार की नई नीति")
    (3, 4, 4)
    """
    unspaced = 0 if text.isascii() else count_of(text, _UNSPACED_BLOCKS)
    if unspaced:
        text = _UNSPACED_RUN.sub(" ", text)
    return len(_WORD.findall(text)) + (unspaced + 1) // 2


_DIGIT = re.compile(r"\d")
_ASCII_DIGITS = b"0123456789"


@lru_cache(maxsize=16384)
def has_digit(text: str) -> bool:
    """Whether a text holds a digit of any script. Three of four lines of a page do not, and need no search for a date or a time.

    >>> has_digit("Read more"), has_digit("3 May"), has_digit("۳ مه")
    (False, True, True)
    """
    if not text.isascii():
        return _DIGIT.search(text) is not None
    plain = text.encode("ascii")
    return len(plain.translate(None, _ASCII_DIGITS)) < len(plain)


#: Letters of Thai or Lao, which write no full stop. A line with more of them is a sentence, a shorter one may be a
#: heading.
MAX_STOPLESS_LETTERS = 80
#: Characters at the end of a text that are searched for a full stop: enough for all quotation marks behind it.
_MAX_END_CHARACTERS = 24
#: What ends a sentence: before a space (of Latin script, Indic scripts, Arabic, Urdu, Armenian, Ethiopic, Tibetan), and without
#: one (of Chinese and Japanese, Burmese, Khmer).
_STOPS = ".!?…।॥؟۔։።།"
_WIDE_STOPS = "。！？။។"
STOPS = frozenset(_STOPS + _WIDE_STOPS)
_LINE_END = re.compile(rf"[{_STOPS}{_WIDE_STOPS}](?:\s?[»›]|[\"'”’“«‹)\]」』])*$")
_HAN = character_class([(0x3400, 0x9FFF)])
#: Where a sentence ends. The pattern begins with one set of characters, to which a search skips: that takes a third of
#: the time that alternatives take. French has a space before the mark that closes a quotation: "« Oui. » Elle part."
_SENTENCE_END = re.compile(
    rf"[{_STOPS}{_WIDE_STOPS}\n](?:(?<=[{_STOPS}])(?:[^\S\n]»(?=\s)|[\"”’»«)\]]{{0,2}})\s+(?=[^\s\da-z])(?!»[\s,.;:]|»\Z)|(?<=[{_WIDE_STOPS}])[」』”）]?|(?<=\n)\n*)"
)
#: Where a statement ends: the last character of the statement, where that is no space, and what parts it from the next one. In
#: Chinese, a name with a colon behind it begins the next one. The pattern begins with one set of characters, as above.
_STATEMENT_END = re.compile(
    rf"[{_STOPS}{_WIDE_STOPS}\s{_HAN}](?:(?<=[{_STOPS}])[\"”’»)\]]{{0,2}}\s+|(?<=[{_WIDE_STOPS}])[」』）]?"
    rf"|(?<=\n)\n*|(?<=\s)[|•·]\s|(?<=[{_HAN}])\s+(?=[{_HAN}]{{2,5}}\s?[：:]))"
)
#: Each match of `_STATEMENT_END` holds one of these characters or stands beside one.
_MAY_END_STATEMENT = re.compile(f"[{_STOPS}{_WIDE_STOPS}\n|•·{_HAN}]")
_ABBREVIATION = re.compile(r"\b(?:[A-Z]|St|Dr|Mr|Mrs|Ms|Prof|No|Jr|Sr|\d{1,2})\.$")
#: Characters at the end of a statement that are searched for an abbreviation: no abbreviation is longer than half of it.
_MAX_TAIL_CHARACTERS = 12


def ends_sentence(text: str) -> bool:
    """Whether a text ends as a sentence does: with a full stop of any script, and quotation marks behind it.

    Thai and Lao write no full stop: a line of theirs with more than 80 letters is taken for a sentence.

    >>> ends_sentence("“It rained.”"), ends_sentence("下雨了。"), ends_sentence("မိုးရွာသည်။"), ends_sentence("Recent Posts")
    (True, True, True, False)
    """
    last = text[-1:]
    if last in STOPS or (not last.isalnum() and _LINE_END.search(text, len(text) - _MAX_END_CHARACTERS)):
        return True
    return (
        len(text) > MAX_STOPLESS_LETTERS
        and not text[-_MAX_END_CHARACTERS:].isascii()
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
        last = end.start() + (not end[0][0].isspace())
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
