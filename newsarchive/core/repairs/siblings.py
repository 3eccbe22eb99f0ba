"""Legacy text read with a codec of the same family: `erdõ` is `erdő`, windows-1250 read as windows-1252.

What comes out are letters that other languages have, so that no two characters look wrong. Only words
tell: most are no words as they stand, and are words once they are read with the right codec.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice, permutations

from newsarchive.core.charsets import charset
from newsarchive.core.repairs.grams import GramModel
from newsarchive.core.repairs.legacy import Legacy
from newsarchive.core.repairs.lines import by_line
from newsarchive.core.repairs.pairs import PairModel
from newsarchive.core.repairs.runs import Change, Runs

#: The codecs of the family: Latin script, their letters at the same places.
FAMILY = ("windows-1250", "iso-8859-2", "windows-1252", "windows-1254", "windows-1257")
#: Letters that frequent ones of a language come out as in some other codec of the family, and those that stand
#: beside them where they are right: in Portuguese and French, in Polish.
LETTERS = {"õ": "ãç", "û": "çèê", "ń": "łę", "ŕ": "", "ĺ": "", "ľ": ""}
#: A word has so many letters at the least; so many different ones are looked at.
LEAST, MOST = 3, 40
#: Text in which so many words with these letters are known is right.
RIGHT = 2
#: So many words must change; of these at most the one share is known as they stand, at least the other afterwards.
FEWEST, BEFORE, AFTER = 3, 0.25, 0.6

_LETTER = re.compile(f"[{''.join(LETTERS)}]")
_WORD = re.compile(r"[^\W\d_]+")


def may_be_sibling(text: str, grams: GramModel) -> bool:
    """Whether a page has such letters, and words with them that are not known."""
    if not any(a in text and not any(b in text for b in right) for a, right in LETTERS.items()):
        return False
    known, seen = 0, set[str]()
    for word in islice(_words(text, _LETTER), MOST):
        if word not in seen:
            seen.add(word)
            known += grams.knows(word)
            if known >= RIGHT:
                return False
    return len(seen) >= FEWEST


def sibling_changes(text: str, model: PairModel, grams: GramModel) -> Sequence[Change]:
    """The changes that make words of what a page has; none where no two codecs of the family do.

    The evidence of each is what a word gains on average, in nats.
    """
    gains = {legacy: _gain(legacy, text, grams) for legacy in _pairs()}
    best = max(gains, key=lambda legacy: gains[legacy])
    if not gains[best]:
        return ()
    runs = Runs(text)
    changes = by_line(best.readings(list(runs.places), model), runs, best.wrong, grams)
    return [c._replace(reading=c.reading._replace(gain=gains[best])) for c in changes]


def _gain(legacy: Legacy, text: str, grams: GramModel) -> float:
    """How much likelier each word is afterwards, in nats; 0 where that is no proof."""
    letters, table = _table(legacy)
    words = list(dict.fromkeys(islice(_words(text, letters), MOST)))
    if len(words) < FEWEST or sum(map(grams.knows, words)) > BEFORE * len(words):
        return 0.0
    right = [word.translate(table) for word in words]
    if sum(map(grams.knows, right)) < AFTER * len(words):
        return 0.0
    return max(0.0, sum(map(grams.of, words)) - sum(map(grams.of, right))) / len(words)


def _words(text: str, letters: re.Pattern[str]) -> Iterator[str]:
    """The words of a text that hold one of these letters."""
    end = 0
    for match in letters.finditer(text):
        start = match.start()
        if start < end:
            continue
        while start and text[start - 1].isalpha():
            start -= 1
        found = _WORD.match(text, start)
        end = found.end() if found else start + 1
        if end - start >= LEAST:
            yield text[start:end]


@cache
def _pairs() -> tuple[Legacy, ...]:
    return tuple(Legacy(charset(true), charset(wrong)) for true, wrong in permutations(FAMILY, 2))


@cache
def _table(legacy: Legacy) -> tuple[re.Pattern[str], dict[int, str]]:
    """The letters that come out otherwise with the right codec, and what each is then."""
    both = zip(legacy.wrong.decoded[0x80:], legacy.true.decoded[0x80:], strict=True)
    table = {ord(w): t for w, t in both if w != t and w.isalpha() and t.isalpha()}
    return re.compile(f"[{''.join(map(chr, table))}]"), table
