"""Where bytes may have been lost: parts of sequences of a codec that its changes do not account for.

`losses` fills what can be told.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, islice, pairwise

from newsarchive.core.charsets import Charset, charset
from newsarchive.core.repairs.grams import LENGTHS, GramModel
from newsarchive.core.repairs.pairs import PairModel
from newsarchive.core.repairs.runs import Change, is_inside
from newsarchive.core.text.scripts import script

#: So many places of a character are asked whether it is in known words, of no more letters to either side.
ASKED, LETTERS = 60, 30
#: A word of so many letters proves little by itself: a line with so many other letters of the script does.
SHORT, FEW = 2, 5


def torn(
    text: str,
    positions: Sequence[int],
    changes: Sequence[Change],
    charset: Charset,
    model: PairModel,
    grams: GramModel,
) -> list[int]:
    """Where a page may have parts of sequences of a codec that its changes do not account for."""
    firsts = firsts_of(text, changes, charset)
    heads = heads_of(text, changes, charset, firsts, grams)
    left = left_of(text, changes, charset, firsts, heads)
    return [
        *_uncovered(text, positions, changes, charset, heads, grams),
        *_behind(text, changes, charset, model),
        *left,
    ]


def _uncovered(
    text: str,
    positions: Sequence[int],
    changes: Sequence[Change],
    charset: Charset,
    heads: frozenset[str],
    grams: GramModel,
) -> list[int]:
    """Which of these places changes do not cover, and may be parts of sequences."""
    covered: set[int] = set()
    for change in changes:
        covered.update(range(change.start - 1, change.end))
    uncovered = [p for p in positions if p not in covered]
    if not uncovered:
        return uncovered
    around = {char for p in uncovered for char in text[p : p + 2]}
    parts = {char for char in around if 0x80 <= charset.inverse.get(ord(char), 0) <= 0xF4} - {"?"}
    letters = {char for char in parts - heads if script(char)}
    if letters:
        parts -= own_letters(text, changes, letters, heads, grams)
    parts.add("\ufffd")
    return [p for p in uncovered if not parts.isdisjoint(text[p : p + 2])]


def _behind(text: str, changes: Sequence[Change], charset: Charset, model: PairModel) -> Iterator[int]:
    """Where a first byte stands right behind a change, not as in clean text, and a lost byte behind it."""
    for change in changes:
        char = text[change.end : change.end + 1]
        is_first = char > "\x7f" and 0xC2 <= charset.inverse.get(ord(char), 0) <= 0xF4
        is_first = is_first and text[change.end + 1 : change.end + 2] in ("?", "\ufffd")
        if is_first and not model.is_seen(change.reading.after[-1] + char):
            yield change.end


def firsts_of(text: str, changes: Sequence[Change], charset: Charset) -> dict[str, int]:
    """The characters that begin sequences in the changes, and how often they stand there."""
    inside = Counter("".join([text[c.start : c.end] for c in changes]))
    return {c: number for c, number in inside.items() if 0xC2 <= charset.inverse.get(ord(c), 0) <= 0xF4}


def heads_of(
    text: str, changes: Sequence[Change], charset: Charset, firsts: Mapping[str, int], grams: GramModel
) -> frozenset[str]:
    """Those of the `firsts_of` that are no letters of the page's own. Where words are not parted, words with a lost
    byte cannot be told from others: there undefined bytes must have been kept."""
    heads = frozenset(firsts)
    doubtful = {c for c in heads if c.isalpha() and text.count(c) > firsts[c]}
    if any(script(c) in LENGTHS for c in doubtful) and not keeps_undefined(text, changes, charset):
        doubtful = {c for c in doubtful if script(c) not in LENGTHS}
    return heads - own_letters(text, changes, doubtful, heads, grams) if doubtful else heads


def own_letters(
    text: str, changes: Sequence[Change], letters: Iterable[str], heads: frozenset[str], grams: GramModel
) -> frozenset[str]:
    """Which of these letters the page has in words of its own, where nothing was changed."""
    stays, mended = unchanged(text, changes)
    own = set()
    for letter in letters:
        places = (m.start() for m in islice(re.finditer(re.escape(letter), stays), ASKED))
        words = {_word(mended, at): at for at in places}
        right = sum(_is_right(word, at, stays, heads, grams) for word, at in words.items())
        if 2 * right > len(words):
            own.add(letter)
    return frozenset(own)


def unchanged(text: str, changes: Sequence[Change]) -> tuple[str, str]:
    """The text after the changes, and the same with what was changed left blank, before that."""
    blank, mended, at = [], [], 0
    for change in changes:
        stays = text[at : change.start]
        blank += [stays, "\0" * len(change.reading.after)]
        mended += [stays, change.reading.after]
        at = change.end
    return "".join([*blank, text[at:]]), "".join([*mended, text[at:]])


def _word(text: str, at: int) -> str:
    """The letters and marks around a place, all of one script, up to so many."""
    start, end, own = at, at, script(text[at])
    while start > max(0, at - LETTERS) and script(text[start - 1]) == own:
        start -= 1
    while end < min(len(text), at + LETTERS) and script(text[end]) == own:
        end += 1
    return text[start:end]


def _is_right(word: str, at: int, text: str, heads: frozenset[str], grams: GramModel) -> bool:
    """Whether a word is known; of a short one, whether its line is written in that script."""
    if len(word) > SHORT:
        return grams.knows(word)
    first, last = text.rfind("\n", 0, at) + 1, text.find("\n", at)
    line = set(text[first : last if last >= 0 else None]) - heads
    own = script(text[at])
    return sum(char > "\x7f" and script(char) == own for char in line) >= FEW


def keeps_undefined(text: str, changes: Sequence[Change], charset: Charset) -> bool:
    """Whether bytes that the codec does not define are in the changes."""
    undefined = {c for c, byte in charset.inverse.items() if byte in charset.undefined}
    return any(ord(char) in undefined for c in changes for char in text[c.start : c.end])


def left_of(
    text: str, changes: Sequence[Change], charset: Charset, firsts: Mapping[str, int], heads: frozenset[str]
) -> list[int]:
    """Where, on a line with changes, one of their first bytes stands that too little follows."""
    found = []
    starts = _starts_of(text, changes, firsts)
    for match in _headed(charset.name).finditer(text):
        at, head, next_ = match.start(), match[0], text[match.end() : match.end() + 1]
        is_torn = head in heads or head + next_ in starts or _is_mark(next_, charset)
        is_torn = is_torn or bool((_LOST if head in firsts else _SURELY_LOST).match(text, at + 1))
        if is_torn and not is_inside(changes, at, at + 1):
            first, last = text.rfind("\n", 0, at) + 1, text.find("\n", at)
            if is_inside(changes, first, last if last >= 0 else len(text)):
                found.append(at)
    return found


def _is_mark(char: str, charset: Charset) -> bool:
    """Whether a character is a continuation byte and no letter: behind a first byte it is no sign of its own."""
    return char > "\x7f" and not script(char) and 0x80 <= charset.inverse.get(ord(char), 0) < 0xC0


def _starts_of(text: str, changes: Sequence[Change], firsts: Mapping[str, int]) -> frozenset[str]:
    """The first two characters of sequences in the changes: `á»` of `á»‡` is torn, though `á` is a letter."""
    pairs = {pair for c in changes for pair in pairwise(text[c.start : c.end]) if pair[0] in firsts}
    return frozenset("".join(pair) for pair in pairs)


#: What is left of a sequence behind its first byte, and a lost byte inside a word.
_LOST = re.compile(r"[^\x00-\x7f]{0,2}(?:\ufffd|\?(?=[^\x00-\x7f]))")
#: The same where nothing else says that the first byte is one.
_SURELY_LOST = re.compile(r"[^\x00-\x7f]{0,2}(?:\ufffd|\?(?=\w))")


@cache
def _headed(name: str) -> re.Pattern[str]:
    """First bytes of UTF-8 as a codec reads them, too few continuation bytes behind."""
    inverse = charset(name).inverse.items()
    heads = [[chr(c) for c, b in inverse if low <= b < high] for low, high in _HEADS]
    tail = _class(chr(c) for c, b in inverse if 0x80 <= b < 0xC0)
    numbered = ((number, _class(head)) for number, head in enumerate(heads, 1) if head)
    parts = [f"(?<={head})(?!{tail}{{{number}}})" for number, head in numbered if head]
    # A pattern that begins with a class skips to where one of it stands.
    return re.compile(f"{_class(chain(*heads))}(?:{'|'.join(parts)})" if parts else r"(?!)")


_HEADS = ((0xC2, 0xE0), (0xE0, 0xF0), (0xF0, 0xF5))


def _class(chars: Iterable[str]) -> str:
    own = "".join(sorted(re.escape(c) for c in chars if c > "\x7f"))
    return f"[{own}]" if own else ""
