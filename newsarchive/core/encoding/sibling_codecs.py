"""Latin text read with another codec for Latin script, told by its words: `Eðer deðilse` is `Eğer değilse`, windows-1254 read as
windows-1252.

The letters that come out belong to other languages, so that no two characters look wrong, or a text is too short for pairs of
characters to tell. Only words tell: most of those that a codec would change are unknown as they stand, and known once they are read
with the right codec. `may_be_sibling` finds the few texts with such words, and `sibling_changes` the two codecs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from heapq import merge
from itertools import islice, permutations

from newsarchive.core.encoding.charsets import charset
from newsarchive.core.encoding.legacy import MIN_WORD_LETTERS, Legacy, changes_by_line
from newsarchive.core.encoding.ngram_model import GramModel
from newsarchive.core.encoding.pair_model import PairModel
from newsarchive.core.encoding.proof import MAX_WORD_LETTERS, SIGN_IN_WORD, WORD
from newsarchive.core.encoding.runs import NON_ASCII, Change, Runs

#: Codecs for Latin script. Where two pairs of them explain a text equally well, the one that comes first is taken.
FAMILY = (
    "windows-1252", "windows-1250", "windows-1254", "windows-1257", "iso-8859-2", "macintosh", "cp850", "cp852", "cp437"
)  # fmt: skip
#: Letters that frequent letters become in another codec of the family: `ő` becomes `õ`, and `ğ` becomes `ð`.
TELLING_LETTERS = "õûńŕĺľðýþøùèìêëàæœ"
#: Words with these letters or at suspicious positions that are known. A text with that many is right as it stands, unless most are
#: unknown.
MIN_RIGHT_WORDS = 2
#: Different words that are looked at; later ones are not.
MAX_SIBLING_WORDS = 40
#: The first of these words, which show whether the text may be damaged.
MAX_SAMPLE_WORDS = 12
#: Known words as a share of the first words beyond ASCII. Above, the text is right as it stands.
MAX_KNOWN_SHARE = 0.7
#: Different words that change. Fewer prove nothing.
MIN_CHANGED_WORDS = 2
#: Known words as a share of the words to change, before the change. Above, the text is right as it stands.
MAX_KNOWN_BEFORE_SHARE = 0.25
#: The same after the change. Below, the pair of codecs is wrong.
MIN_KNOWN_AFTER_SHARE = 0.6
#: Nats that all words together gain. Of 40,000 right messages in 112 languages four gain 14 to 16, and no other more than 12.
MIN_GAIN_NATS = 20.0
#: Nats that a word gains on average. Two pages of such messages, in Friulian, gain 5.4 and 6.1; damaged ones mostly 8.5 and more.
MIN_WORD_GAIN_NATS = 7.5

_TELLING_LETTER = re.compile(f"[{TELLING_LETTERS}{TELLING_LETTERS.upper()}]")
#: Quotation marks and dashes around a word. In other codecs of the family they are letters.
_MARKS = "“”„‘’‚«»‹›–—…"


def may_be_sibling(text: str, grams: GramModel, positions: Sequence[int]) -> bool:
    """Whether a page has unknown words with telling letters, or at these suspicious positions."""
    is_telling = any(letter in text for letter in TELLING_LETTERS)
    if not positions and not is_telling:
        return False
    suspicious = (at if text[at] > "\x7f" else at + 1 for at in positions)
    telling = (match.start() for match in _TELLING_LETTER.finditer(text)) if is_telling else ()
    known = unknown = 0
    for word in _words_at(text, merge(suspicious, telling)):
        if _is_right(word, grams):
            known += 1
            if known >= MIN_RIGHT_WORDS and known > unknown:
                return False
        else:
            unknown += 1
    return unknown >= MIN_CHANGED_WORDS


def sibling_changes(text: str, model: PairModel, grams: GramModel) -> Sequence[Change]:
    """The changes by the two codecs of the family that make words of what a page has; none where no two do.

    The evidence of each change is what all words of the page gain, in nats.
    """
    every = _words_at(text, (at for match in NON_ASCII.finditer(text) for at in range(*match.span())))
    words = list(islice(every, MAX_SAMPLE_WORDS))
    if sum(_is_right(word, grams) for word in words) > MAX_KNOWN_SHARE * len(words):
        return ()
    before = " ".join((*words, *every))
    best, most = None, 0.0
    chars = "".join(sorted(set(before)))
    tried = {chars}
    for legacy, table in _tables():
        after = chars.translate(table)
        if after not in tried and (gain := _gain(before, before.translate(table), grams)) > most:
            best, most = legacy, gain
        tried.add(after)
    if best is None:
        return ()
    runs = Runs(text)
    changes = changes_by_line(best.readings(list(runs.places), model), runs, best.wrong, grams)
    return [c._replace(reading=c.reading._replace(gain=most)) for c in changes]


def _is_right(word: str, grams: GramModel) -> bool:
    plain = word.strip(_MARKS)
    return not plain or grams.knows(plain)


def _words_at(text: str, places: Iterable[int]) -> Iterator[str]:
    """The different words at these places, which are in order, with the signs in them that a codec makes of letters."""
    end, size, seen, chars = 0, len(text), set[str](), _characters()
    for place in places:
        if place < end:
            continue
        start, end = place, place
        first, last = max(0, start - MAX_WORD_LETTERS), min(size, start + MAX_WORD_LETTERS)
        while start > first and text[start - 1] in chars:
            start -= 1
        while end < last and text[end] in chars:
            end += 1
        word = text[start:end]
        if len(word) >= MIN_WORD_LETTERS and not word.isascii() and word.lower() not in seen:
            seen.add(word.lower())
            yield word
            if len(seen) >= MAX_SIBLING_WORDS:
                return


def _gain(before: str, after: str, grams: GramModel) -> float:
    """How much likelier the words of a text are once it is read otherwise, in nats; 0 where that is no proof."""
    words = [(before[match.start() : match.end()], match[0]) for match in WORD.finditer(after)]
    words = [both for both in words if both[0] != both[1] and len(both[1]) >= MIN_WORD_LETTERS]
    if len(words) < MIN_CHANGED_WORDS or SIGN_IN_WORD.search(after):
        return 0.0
    if sum(grams.knows(word) for word, _ in words) > MAX_KNOWN_BEFORE_SHARE * len(words):
        return 0.0
    if sum(grams.knows(word) for _, word in words) < MIN_KNOWN_AFTER_SHARE * len(words):
        return 0.0
    gain = sum(grams.cost_of_word(a) - grams.cost_of_word(b) for a, b in words)
    return gain if gain >= max(MIN_GAIN_NATS, MIN_WORD_GAIN_NATS * len(words)) else 0.0


@cache
def _tables() -> list[tuple[Legacy, dict[int, str]]]:
    """Each pair of codecs of the family, with the characters that the right one reads otherwise, and what they become."""
    pairs = [Legacy(charset(true), charset(wrong)) for true, wrong in permutations(FAMILY, 2)]
    return [(legacy, _table(legacy)) for legacy in pairs]


def _table(legacy: Legacy) -> dict[int, str]:
    both = ((code, legacy.true.decoded[byte]) for code, byte in legacy.wrong.inverse.items())
    return {code: after for code, after in both if chr(code) != after != "\ufffd"}


@cache
def _characters() -> frozenset[str]:
    """The letters of words in Latin script, and what other codecs of the family make of them."""
    letters = {chr(code) for _, table in _tables() for code, after in table.items() if after.isalpha()}
    return frozenset(
        {*map(chr, range(ord("a"), ord("z") + 1)), *map(chr, range(ord("A"), ord("Z") + 1)), *letters}
    )
