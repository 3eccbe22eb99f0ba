"""Legacy text read with another legacy codec: `Ïðèâåò` is `Привет`, windows-1251 read as windows-1252.

No byte pattern gives this away, as UTF-8's does: every text can be read with every codec. So only
a page that is unlikely as a whole is asked, and the gain must come from all of it.

Which lines of a page go with it, where legacy text was read with another legacy codec.

Legacy text read with a codec of the same family: `erdõ` is `erdő`, windows-1250 read as windows-1252.

What comes out are letters that other languages have, so that no two characters look wrong. Only words
tell: most are no words as they stand, and are words once they are read with the right codec.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice, permutations

from newsarchive.core.encoding.charsets import Charset, charset, charsets
from newsarchive.core.encoding.mojibake import Found, Reading
from newsarchive.core.encoding.ngram_model import (
    GramModel,
    compared,
    gain_of_words,
    known_words,
    lines_of,
    words_of,
)
from newsarchive.core.encoding.pair_model import PairModel
from newsarchive.core.encoding.runs import Change, Runs, placed

#: A codec that lacks so many of the characters did not make them.
FOREIGN = 0.4
#: What each of those few costs, in nats.
LACKS = 3.0

_MAPPED = re.compile(rb"[\x80-\xff]+")


@dataclass(frozen=True)
class Legacy:
    """The hypothesis that text in the codec `true` was read with the codec `wrong`."""

    true: Charset
    wrong: Charset

    def readings(self, runs: Iterable[str], model: PairModel) -> Found:
        """Run → its readings, all that the wrong codec has taken as one."""
        return {run: found for run in runs if (found := list(self._of(run, model)))}

    def _of(self, run: str, model: PairModel) -> Iterator[Reading]:
        raw = self.wrong.to_bytes(run)
        for match in _MAPPED.finditer(raw):
            start, end = match.span()
            after = "".join(map(self.true.decoded.__getitem__, match[0]))
            if after != run[start:end] and "\ufffd" not in after:
                before, behind = run[start - 1], run[end : end + 1] or " "
                gain = model.of(before + run[start:end] + behind) - model.of(before + after + behind)
                yield Reading(start, end, after, f"{self.true.name} read as {self.wrong.name}", gain)


def likeliest(runs: list[str], model: PairModel) -> Legacy | None:
    """The pair of codecs that makes the runs likeliest; `None` where none does."""
    from newsarchive.core.encoding.pair_model import arrays_of

    joined = "\n".join(runs)
    arrays = arrays_of(model)
    as_it_is = arrays.total(joined)
    best, least = None, float("inf")
    known: dict[bytes, list[float]] = {}
    for wrong in charsets():
        raw = wrong.to_bytes(joined)
        lacks = raw.count(b"?") - joined.count("?")
        if lacks > FOREIGN * len(joined):
            continue
        costs = known[raw] = known.get(raw) or arrays.totals(joined, raw)
        for true, cost in zip(charsets(), costs, strict=True):
            if true is not wrong and cost < as_it_is and cost + LACKS * lacks < least:
                best, least = Legacy(true, wrong), cost + LACKS * lacks
    return best


#: No text has these.
C1 = re.compile("[\x80-\x9f]")
#: What they are where no other codec makes words of them (https://encoding.spec.whatwg.org/#names-and-labels).
CONTROLS = Legacy(charset("windows-1252"), charset("iso-8859-1"))


def by_line(found: Found, runs: Runs, wrong: Charset, grams: GramModel) -> list[Change]:
    """Legacy text is wrong line by line, in each of its runs or in none; the evidence of each is that of its line."""
    text = runs.text[1:]
    changes: list[Change] = []
    for line in lines_of(placed(found, runs), runs):
        if not _is_in(wrong, line[0].start, text) or (evidence := _evidence(line, text, grams)) <= 0:
            continue
        if _goes_with_the_page(line, text, grams):
            changes += [c._replace(reading=c.reading._replace(gain=evidence)) for c in line]
    return changes


def _evidence(line: list[Change], text: str, grams: GramModel) -> float:
    """What a change of a line gains on average, in nats; where letters by pairs lose, words count too."""
    total = sum(change.reading.gain for change in line)
    if total <= 0:
        total += gain_of_words(line, text, grams)
    return total / len(line)


def _is_in(codec: Charset, at: int, text: str) -> bool:
    """Whether a codec has most characters of the line at some place; of one with controls others say too little."""
    line = text[text.rfind("\n", 0, at) + 1 : text.find("\n", at)]
    if C1.search(line):
        return True
    beyond = sum(char > "\x7f" for char in line)
    return codec.to_bytes(line).count(b"?") - line.count("?") <= FOREIGN * beyond


def _goes_with_the_page(line: list[Change], text: str, grams: GramModel) -> bool:
    """Whether a line goes with the page: it must not take more known words than it brings forth, and one with
    punctuation alone at stake must bring forth some."""
    words = compared([line], text, grams)
    if words.stand and words.stand >= words.come:
        return False
    before = "".join(text[c.start : c.end] for c in line)
    is_sure = C1.search(before) or any(map(str.isalpha, before))
    return bool(is_sure) or any(len(word) > 2 and grams.knows(word) for word in words_of(line, text))


def are_controls(some: Collection[str]) -> bool:
    """Whether most runs have C1 controls, which no text has: quotation marks and dashes of windows-1250 and its
    like, read as the ISO codec of the same letters."""
    return 2 * sum(bool(C1.search(run)) for run in some) > len(some)


def are_only_controls(found: Found, runs: Runs, grams: GramModel) -> bool:
    """Whether these readings change nothing but C1 controls, and make words of those that are letters: `cie\x9cniny`."""
    letters: Found = {}
    for run, readings in found.items():
        for r in readings:
            both = zip(run[r.start : r.end], r.after, strict=True)
            if any(before != after and not C1.match(before) for before, after in both):
                return False
        if any(char.isalpha() for r in readings for char in r.after):
            letters[run] = readings
    known, words = known_words(letters, runs, grams, least=3)
    return not letters or 0 < known >= words / 2


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
