"""Finds the places where bytes of damaged text were lost, and restores the characters that can be guessed.

A page whose `“` became `â€œ` may have `â€` in place of the closing mark, because the codec does not define the last byte.
`unexplained` finds such parts of sequences, which the changes of a page do not cover, and `with_lost` restores them. A
sentence with a loss that cannot be guessed stays exactly as it was published: nobody could tell a sentence that was
repaired by half from one that was written so.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property
from itertools import chain, islice, pairwise
from math import inf
from typing import NamedTuple

from newsarchive import compiled
from newsarchive.core.encoding.charsets import Charset, charset
from newsarchive.core.encoding.cjk_punctuation import truncated_punctuation
from newsarchive.core.encoding.lost_beam import Grams, Work
from newsarchive.core.encoding.lost_bytes import GIVEN_UP, MIN_RUN_NATS, Lossy, Mended, lossy
from newsarchive.core.encoding.ngram_model import UNPARTED_GRAM_LETTERS, GramModel, of_page
from newsarchive.core.encoding.pair_model import PairModel
from newsarchive.core.encoding.proof import MAX_WORD_LETTERS
from newsarchive.core.encoding.quotation_marks import truncated_marks
from newsarchive.core.encoding.runs import (
    Change,
    Repairs,
    Runs,
    is_inside,
    line_around,
    placed,
    start_of,
)
from newsarchive.core.text.scripts import kind, script

#: Places of a letter whose words are looked up; further ones are not.
MAX_ASKED_PLACES = 60
#: Letters on each side of a place that belong to its word; further ones do not.
MAX_SIDE_LETTERS = 30
#: Letters of a word that proves nothing by itself, so that its line is asked; a longer word is looked up.
MAX_SHORT_WORD_LETTERS = 2
#: Different letters of a script on a line. From this number on, the line is written in the script.
MIN_LINE_LETTERS = 5
#: Characters of damage at the end of a line that are looked at for a cut; a line with more stays as it is.
MAX_CUT_OFF_CHARACTERS = 1000


_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")


class Unexplained(NamedTuple):
    """The positions of a page where a sequence may have lost a byte, the characters that begin sequences on it (see
    `Explained.heads`), and those of the positions that `Explained.left` gives."""

    places: Sequence[int]
    heads: frozenset[str] = frozenset()
    left: Sequence[int] = ()


def unexplained(
    text: str,
    positions: Sequence[int],
    changes: Sequence[Change],
    charset: Charset,
    model: PairModel,
    grams: GramModel,
    letters: Mapping[str, int],
) -> Unexplained:
    """Where a page may have parts of sequences of a codec that its changes do not cover. `letters` are the numbers of its characters
    beyond ASCII."""
    page = Explained(text, changes, charset, grams)
    heads, left = frozenset(page.firsts), list[int]()
    if any(letters[lead] != page.firsts.get(lead, 0) for lead in leads_of(charset).intersection(letters)):
        heads, left = page.heads, page.left  # else all lead bytes of the page are in changes
    return Unexplained([*page.uncovered(positions, heads), *page.beside(model), *left], heads, left)


@cache
def leads_of(charset: Charset) -> frozenset[str]:
    """The characters that a codec makes of lead bytes."""
    return frozenset(chr(code) for code, byte in charset.inverse.items() if 0xC2 <= byte <= 0xF4)


class Explained:
    """A page with changes, in order, that one codec explains."""

    def __init__(self, text: str, changes: Sequence[Change], charset: Charset, grams: GramModel) -> None:
        self.text, self.changes, self.charset, self.grams = text, changes, charset, grams

    @cached_property
    def firsts(self) -> dict[str, int]:
        """The characters that begin sequences in the changes, each with its number there."""
        inside = Counter("".join([self.text[change.start : change.end] for change in self.changes]))
        return {lead: inside[lead] for lead in leads_of(self.charset).intersection(inside)}

    @cached_property
    def heads(self) -> frozenset[str]:
        """Those of these characters that are no letters of the page itself.

        In scripts without spaces a word with a lost byte looks like any other, so a letter of such a script counts only where
        the page kept undefined bytes.
        """
        heads = frozenset(self.firsts)
        doubtful = {c for c in heads if c.isalpha() and self.text.count(c) > self.firsts[c]}
        unparted = {c for c in doubtful if script(c) in UNPARTED_GRAM_LETTERS}
        if unparted and not self.keeps_undefined:
            doubtful -= unparted
        return heads - self.own_letters(doubtful, heads) if doubtful else heads

    @cached_property
    def keeps_undefined(self) -> bool:
        """Whether the changes have bytes that the codec does not define."""
        codes = self.charset.inverse.items()
        undefined = {code for code, byte in codes if byte in self.charset.undefined}
        return any(ord(char) in undefined for c in self.changes for char in self.text[c.start : c.end])

    @cached_property
    def after(self) -> tuple[str, str]:
        """The text after the changes, once with NUL in place of all changed characters, once with these characters."""
        blank, mended, at = [], [], 0
        for change in self.changes:
            stays = self.text[at : change.start]
            blank += [stays, "\0" * len(change.reading.after)]
            mended += [stays, change.reading.after]
            at = change.end
        return "".join([*blank, self.text[at:]]), "".join([*mended, self.text[at:]])

    def own_letters(self, letters: Iterable[str], heads: frozenset[str]) -> frozenset[str]:
        """The letters, among these, that unchanged words of the page have."""
        stays, mended = self.after
        lines = _LineScripts(stays, heads)
        own = set()
        for letter in letters:
            places = (match.start() for match in re.finditer(re.escape(letter), stays))
            words = {_word(mended, at): at for at in islice(places, MAX_ASKED_PLACES)}
            right = sum(_is_right(word, at, lines, self.grams) for word, at in words.items())
            if 2 * right > len(words):
                own.add(letter)
        return frozenset(own)

    def uncovered(self, positions: Sequence[int], heads: frozenset[str]) -> list[int]:
        """The positions, among these, that the changes do not cover and that may be parts of sequences."""
        text, byte_of = self.text, self.charset.inverse
        covered = [range(change.start - 1, change.end) for change in self.changes]
        if not (uncovered := sorted(set(positions).difference(*covered))):
            return uncovered
        around = {char for p in uncovered for char in text[p : p + 2]}
        parts = {char for char in around if 0x80 <= byte_of.get(ord(char), 0) <= 0xF4} - {"?"}
        if letters := {char for char in parts - heads if script(char)}:
            parts -= self.own_letters(letters, heads)
        parts.add("\ufffd")
        return [p for p in uncovered if not parts.isdisjoint(text[p : p + 2])]

    def beside(self, model: PairModel) -> Iterator[int]:
        """Lead bytes directly beside changes that clean text does not have there: those before a change have lost what followed
        them (`Ä` of `Đây` in `ÄÃ¢y`), and those behind a change show the sign of a lost byte."""
        text, leads, last = self.text, leads_of(self.charset), 0
        for start, end, reading in self.changes:
            before, behind = text[start - 1 : start], text[end : end + 1]
            if before in leads and start > last and not model.is_clean(before + reading.after[0]):
                yield start - 1
            is_lead = behind in leads and text[end + 1 : end + 2] in ("?", "\ufffd")
            if is_lead and not model.is_clean(reading.after[-1] + behind):
                yield end
            last = end

    @cached_property
    def left(self) -> list[int]:
        """The positions, on lines with changes, of lead bytes that are followed by too few continuation bytes."""
        text, changes, found = self.text, self.changes, []
        starts: frozenset[str] | None = None
        for match in _headed(self.charset.name).finditer(text):
            at, head, next_ = match.start(), match[0], text[match.end() : match.end() + 1]
            if starts is None:
                # `á»` of `á»‡` shows a cut sequence, though `á` is a letter.
                pairs = (pair for change in changes for pair in pairwise(text[change.start : change.end]))
                starts = frozenset("".join(pair) for pair in pairs if pair[0] in self.firsts)
            is_cut = head in self.heads or head + next_ in starts or _is_mark(next_, self.charset)
            if is_cut or (_LOST if head in self.firsts else _SURELY_LOST).match(text, at + 1):
                found.append(at)
        if not found:
            return found
        changed = bytearray(len(text))
        for change in changes:
            changed[change.start : change.end] = b"\1" * (change.end - change.start)
        on_changed_lines, end, is_changed = [], -1, False
        for at in (at for at in found if not changed[at]):
            if at > end:
                start, end = line_around(text, at)
                is_changed = b"\1" in changed[start:end]
            if is_changed:
                on_changed_lines.append(at)
        return on_changed_lines


def _word(text: str, at: int) -> str:
    """The letters and marks of one script around a place, up to `MAX_SIDE_LETTERS` on each side."""
    start, end, own = at, at, script(text[at])
    first, last = max(0, at - MAX_SIDE_LETTERS), min(len(text), at + MAX_SIDE_LETTERS)
    while start > first and script(text[start - 1]) == own:
        start -= 1
    while end < last and script(text[end]) == own:
        end += 1
    return text[start:end]


class _LineScripts:
    """How many different letters beyond ASCII of each script a line of a text has, `heads` apart. Each line is counted
    once, however often it is asked for."""

    def __init__(self, text: str, heads: frozenset[str]) -> None:
        self.text, self.heads = text, heads
        self._breaks = [match.start() for match in re.finditer("\n", text)]
        self._counts: dict[int, Counter[str]] = {}

    def letters(self, at: int) -> int:
        """The number for the line and the script of the letter at a place."""
        number = bisect_left(self._breaks, at)
        if number not in self._counts:
            first, last = line_around(self.text, at)
            chars = set(self.text[first:last]) - self.heads
            self._counts[number] = Counter(script(char) for char in chars if char > "\x7f")
        return self._counts[number][script(self.text[at])]


def _is_right(word: str, at: int, lines: _LineScripts, grams: GramModel) -> bool:
    """Whether a word is known, or, for a short word, whether its line is written in its script. In scripts with spaces between
    words, more than `MAX_WORD_LETTERS` letters are no word, and are not looked up."""
    if len(word) > MAX_WORD_LETTERS and script(word[0]) not in UNPARTED_GRAM_LETTERS:
        return False
    if len(word) > MAX_SHORT_WORD_LETTERS:
        return grams.knows(word)
    return lines.letters(at) >= MIN_LINE_LETTERS


def _is_mark(char: str, charset: Charset) -> bool:
    """Whether a character is a continuation byte and no letter, so that behind a lead byte it is part of a sequence."""
    return char > "\x7f" and not script(char) and 0x80 <= charset.inverse.get(ord(char), 0) < 0xC0


#: The rest of a sequence behind its lead byte, and a lost byte inside a word.
_LOST = re.compile(r"[^\x00-\x7f]{0,2}(?:\ufffd|\?(?=[^\x00-\x7f]))")
#: The same where nothing else says that the first byte is one.
_SURELY_LOST = re.compile(r"[^\x00-\x7f]{0,2}(?:\ufffd|\?(?=\w))")


@cache
def _headed(name: str) -> re.Pattern[str]:
    """Matches a lead byte of UTF-8, as a codec reads it, that is followed by too few continuation bytes."""
    inverse = charset(name).inverse.items()
    heads = [[chr(c) for c, b in inverse if low <= b < high] for low, high in _HEADS]
    tail = _class(chr(c) for c, b in inverse if 0x80 <= b < 0xC0)
    numbered = ((number, _class(head)) for number, head in enumerate(heads, 1) if head)
    parts = [f"(?<={head})(?!{tail}{{{number}}})" for number, head in numbered if head]
    # A search skips to the characters of a class at the start of a pattern.
    return compiled.regex(f"{_class(chain(*heads))}(?:{'|'.join(parts)})" if parts else r"(?!)")


_HEADS = ((0xC2, 0xE0), (0xE0, 0xF0), (0xF0, 0xF5))


def _class(chars: Iterable[str]) -> str:
    own = "".join(sorted(re.escape(c) for c in chars if c > "\x7f"))
    return f"[{own}]" if own else ""


#: The end of a sentence. A question mark does not end one here, because it may stand for a lost byte.
_END = re.compile(r"[.!][\"')\]]* |\n")
#: Letters of an abbreviation (`Mr.`); two damaged characters count as one letter. A full stop behind a longer word without
#: full stops inside ends a sentence.
MAX_ABBREVIATION_LETTERS = 4
#: Characters behind the last full stop of a line that belong to the sentence before it; a longer rest is a sentence of its
#: own. A damaged emoji has twelve.
MAX_TAIL_CHARACTERS = 16
#: Characters before a full stop that are searched for its word; text without spaces is one word.
MAX_WORD_CHARACTERS = 60
#: Kinds of marks in scripts without spaces between words.
UNPARTED_MARK_KINDS = ("cjk punctuation", "fullwidth")


def sentence_ends(text: str, changes: Sequence[Change]) -> Iterator[int]:
    """The positions where sentences end; in scripts without spaces between words, where lines end.

    `text.words.sentences` cuts undamaged text. Here a full stop may be part of the damage, and `?` may be a lost byte.
    """
    ends = {change.reading.after[-1] for change in changes}
    by_line = any(script(char) in UNPARTED_GRAM_LETTERS or kind(char) in UNPARTED_MARK_KINDS for char in ends)
    for match in _END.finditer(text):
        if match[0] == "\n" or not (by_line or _goes_on(text, match)):
            yield match.end()


def _goes_on(text: str, match: re.Match[str]) -> bool:
    """Whether a sentence goes on behind a full stop: the stop ends an abbreviation, or only a few characters follow it on
    the line."""
    last = re.split(r"\s", text[max(0, match.start() - MAX_WORD_CHARACTERS) : match.start()])[-1]
    word = last.rstrip(".!")
    letters = len(word) - sum(char > "\x7f" for char in word) / 2
    behind = match.end() + MAX_TAIL_CHARACTERS
    is_last = text.find("\n", match.end(), behind) >= 0 or len(text) < behind
    return letters <= MAX_ABBREVIATION_LETTERS or "." in word.strip(".") or is_last


#: Probability that some guess in a run is wrong. From this on the run is left as it is.
MAX_RISK = 0.15
#: Probability that some guess in a run is wrong. Below it the guesses count among the letters of the page.
MAX_SURE_RISK = 0.05
#: Probability that some guess in a run is wrong, before the letters of the page are known. Above it the run is read no further, because
#: the letters will not make it sure: of 4,000 runs that were read with them, none with more than 0.8 could be restored.
MAX_TEACHABLE_RISK = 1.5
#: Nats. The bonus of folded white space before any evidence: soft hyphens and undefined bytes are dropped less often.
FOLDED_NATS = 5.0
#: Nats. Where folded white space and dropped bytes gain about the same, with no more difference than this, the runs that they read
#: differently stay.
MAX_DOUBTFUL_NATS = 2.0
#: Share of the runs. With less, the runs are restored in vain (`MAX_VAIN_STEPS`).
MIN_GOOD_SHARE = 0.12
#: Passes, whose vain steps a sample may take before one of its runs is restored: 120,000 steps in the first pass. After them the page is
#: given up. Nearly all damaged pages need less than 3,000; of 79 longer ones one needs 89,400.
VAIN_SAMPLE_PASSES = 2
#: Runs that decide how the page spells lost bytes; further ones are not asked.
MAX_SAMPLE_RUNS = 12


def with_lost(
    text: str,
    changes: list[Change],
    rest: Unexplained,
    charset: Charset,
    model: PairModel,
    grams: GramModel,
    work: Work,
) -> Repairs:
    """The changes of a page together with those that restore characters with lost bytes, in the runs of what is unexplained.

    `charset` must be proved by other damage on the page: a single `×` may be anything. Guessing without such a proof made
    one in twelve of 396 real pages worse.
    """
    runs = Runs(text, are_joined=True)
    spaced = [change for change in changes if " " in text[change.start : change.end]]
    suspect = runs.suspect([*rest.places, *(change.start for change in spaced)])
    page, left = Explained(text, changes, charset, grams), set(rest.left)
    ways = lossy(text, _blank(page, rest.heads))
    marked = [replace(way, marks=_marks_of(page, way.spelling, runs)) for way in ways]
    own = of_page(page.after[1], grams)
    best, tried, gain = _best(marked, suspect[:MAX_SAMPLE_RUNS], model, own, work)
    if gain < MIN_RUN_NATS and not left and not any(m.is_given_up for m in tried.values()):
        return Repairs(changes)
    patience = work.patience
    mended = tried | dict(_mended(suspect[MAX_SAMPLE_RUNS:], best, model, own, work))
    taught = replace(best, letters=_letters(page, rest.heads, mended))
    risky = {run: m.risk for run, m in mended.items() if m.risk > MAX_SURE_RISK and not m.is_given_up}
    unsure = [run for run, risk in risky.items() if risk <= MAX_TEACHABLE_RISK]
    if work.patience < patience:  # what was in vain is not tried again
        unsure = [run for run in unsure if _is_good(mended[run], certain=False)]
    mended |= {run: taught.mended(run, model, own, work, MAX_RISK) for run in unsure}
    certain = set(runs.suspect(left if changes else rest.places))
    certain |= {run for run, m in mended.items() if m.is_given_up}
    good = {run: list(m.readings) for run, m in mended.items() if _is_good(m, run in certain)}
    guessed = placed(good, runs)
    certain |= {run for run in mended if not mended[run].readings and _begins(run, best, model)}
    broken = _broken({run: m for run, m in mended.items() if run not in good}, certain, runs, changes)
    kept = [c for c in changes if not is_inside(guessed, c.start, c.end)]
    if not best.spelling:  # a space that was read as a byte may be a space behind a dropped byte
        left |= {change.start for change in spaced}
        kept = [c for c in kept if c not in spaced]
    # Lead bytes may be left that are known as such by the guesses only.
    left.update(Explained(text, sorted([*kept, *guessed], key=start_of), charset, grams).left)
    broken += [place for place in left if not is_inside(guessed, place, place + 1)]
    return _whole(page, [*kept, *guessed], sorted(set(broken)))


def _blank(page: Explained, heads: frozenset[str]) -> Lossy:
    """The hypothesis with the letters and scripts of the page, without a spelling of lost bytes."""
    text, changes = page.text, page.changes
    letters = {c for c in set(page.after[0]) if c > "\x7f" and script(c)}
    inside = Counter(map(script, "".join([text[c.start : c.end] for c in changes])))
    everywhere = Counter[str]()
    for char, number in Counter(text).items():
        everywhere[script(char)] += number
    # The scripts of the restored characters, and those with more than two letters outside of the changes for each inside.
    scripts = {script(char) for c in changes for char in c.reading.after}
    scripts |= {name for name, number in everywhere.items() if number > 2 * inside[name]}
    own = page.own_letters(letters - heads, heads)
    return Lossy(page.charset, heads=heads, own=own, scripts=frozenset(scripts), kept=page.keeps_undefined)


def _best(
    ways: Sequence[Lossy], sample: Sequence[str], model: PairModel, grams: Grams, work: Work
) -> tuple[Lossy, dict[str, Mended], float]:
    """The spelling of lost bytes by which a sample of runs gains most, the restored runs, and the gain in nats.

    The shortest runs come first, in every spelling, so that it is soon known whether any can be restored.
    """
    before, good = work.left, 0
    # Several spellings are compared by what they gain in whole runs.
    max_risk = MAX_TEACHABLE_RISK if len(ways) == 1 else inf
    tried = [(way, dict.fromkeys(sample, GIVEN_UP)) for way in ways]  # in the order of the page
    for run in sorted(sample, key=len):
        for way, own in tried:
            work.is_vain |= before - work.left > VAIN_SAMPLE_PASSES * work.patience and not good
            own[run] = restored = way.mended(run, model, grams, work, max_risk)
            good += _is_good(restored, certain=False)
    gains = [sum(max(0.0, m.gain) for m in mended.values()) for _, mended in tried]
    weighed = [gain + FOLDED_NATS * way.is_folded for gain, way in zip(gains, ways, strict=True)]
    at = max(range(len(ways)), key=weighed.__getitem__)
    best, mended = tried[at]
    for (way, others), gained in zip(tried, weighed, strict=True):
        if way.is_folded != best.is_folded and gained > weighed[at] - MAX_DOUBTFUL_NATS:
            doubtful = [run for run, m in mended.items() if _afters(m) != _afters(others[run])]
            mended = mended | {run: replace(mended[run], risk=1.0) for run in doubtful}
    return best, mended, gains[at]


def _mended(
    runs: Sequence[str], best: Lossy, model: PairModel, grams: Grams, work: Work
) -> Iterator[tuple[str, Mended]]:
    """(run, the run restored), as long as enough of them are: noise looks like lost bytes, and takes as long."""
    before, good, is_vain = work.left, 0, False
    for number, run in enumerate(runs):
        if not is_vain and before - work.left > work.patience and good < MIN_GOOD_SHARE * number:
            is_vain = True
            work.patience //= 4
        if is_vain:
            yield run, GIVEN_UP
            continue
        mended = best.mended(run, model, grams, work, MAX_TEACHABLE_RISK)
        good += _is_good(mended, certain=False)
        yield run, mended


def _afters(mended: Mended) -> list[tuple[int, str]]:
    return [(r.start, r.after) for r in mended.readings]


def _is_good(mended: Mended, certain: bool) -> bool:
    """Whether the guesses for a run are made: all of it can be read, the risk is small, and the gain shows that bytes were
    lost, or that was certain before."""
    is_lossy = mended.gain >= MIN_RUN_NATS or (certain and mended.gain >= -MIN_RUN_NATS)
    return mended.is_whole and mended.risk < MAX_RISK and is_lossy


def _whole(page: Explained, repaired: Iterable[Change], broken: list[int]) -> Repairs:
    """The repairs of the sentences that they restore completely, and the damaged positions in the other sentences. A sentence
    that was cut off within a character is restored up to the word with it."""
    sentences = [0, *sentence_ends(page.text, page.changes), len(page.text) + 1]
    tails = _cut_off(page.text, broken, page.charset)
    lost = {bisect_right(sentences, place) for place in broken if place not in tails}
    whole = [c for c in repaired if bisect_right(sentences, c.start) not in lost]
    words = sorted(set(tails.values()))
    before = [bisect_left(words, (c.end,)) - 1 for c in whole]
    whole = [c for c, i in zip(whole, before, strict=True) if i < 0 or words[i][1] <= c.start]
    return Repairs(sorted(whole, key=start_of), broken)


def _cut_off(text: str, places: Iterable[int], charset: Charset) -> dict[int, tuple[int, int]]:
    """Those of these places, in order, from which on a line lacks nothing but the end of its last character, each with (start, end) of
    the last word. So end texts that a database or a summary cut off after a number of bytes."""
    found: dict[int, tuple[int, int]] = {}
    end, tail = -1, None
    for place in places:
        if place >= end:  # each line is read once, however many places it has
            start, end = line_around(text, place)
            tail = _tail_of(text, start, end, charset)
        if tail is not None and place >= tail[0]:
            found[place] = tail[1:]
    return found


def _tail_of(text: str, start: int, end: int, charset: Charset) -> tuple[int, int, int] | None:
    """Where the part of a line begins that lacks nothing but the end of its last character, and (start, end) of its last word; `None`
    for a line that does not end within a character."""
    end -= 3 * text.endswith("...", start, end)
    start = max(start, end - MAX_CUT_OFF_CHARACTERS)
    runs = list(_BEYOND_ASCII.finditer(text, start, end))
    if not runs or runs[-1].end() < end or _fault(runs[-1][0], charset) != "unexpected end of data":
        return None
    damaged = next((run for run in reversed(runs[:-1]) if _fault(run[0], charset)), None)
    return damaged.end() + 1 if damaged else start, runs[-1].start(), end


def _fault(text: str, charset: Charset) -> str:
    """Why the bytes of a text are no UTF-8, in Python's words; "" for UTF-8."""
    try:
        charset.to_bytes(text).decode()
    except UnicodeDecodeError as error:
        return error.reason
    return ""


def _marks_of(page: Explained, spelling: str, runs: Runs) -> dict[tuple[str, int], str]:
    """(run, position in it) → the truncated mark there, where it is the same at all places of the run."""

    def language() -> str:
        from newsarchive.core.text.language import detect  # its tables take half a second to load

        return detect(page.after[1])[0]

    found = truncated_marks(page.text, page.changes, page.charset, spelling, language)
    found |= truncated_punctuation(page.text, page.changes, page.charset, spelling)
    marks: dict[tuple[str, int], set[str]] = {}
    for start, run in runs.spans if found else ():
        for at in range(1, len(run) - 1):
            if start + at in found:
                marks.setdefault((run, at), set()).add(found[start + at])
    return {place: chars.pop() for place, chars in marks.items() if len(chars) == 1}


def _broken(mended: dict[str, Mended], certain: set[str], runs: Runs, changes: Sequence[Change]) -> list[int]:
    """The positions of damaged runs that cannot be restored; `certain` are runs that are known to be damaged."""
    places = []
    for run, result in mended.items():
        for place in runs.places[run]:
            damaged = run in certain or (result.readings and result.gain >= MIN_RUN_NATS)
            if damaged or (not result.is_whole and is_inside(changes, place, place + len(run))):
                places.append(place + 1)
    return sorted(places)


def _begins(run: str, lossy: Lossy, model: PairModel) -> bool:
    """Whether a sequence begins in a run: with two characters that clean text does not have side by side, or with a letter
    of a script that the page does not have."""
    raw = lossy.charset.to_bytes(run)
    firsts = [at for at in range(1, len(run) - 1) if run[at] > "\x7f" and 0xC2 <= raw[at] <= 0xF4]
    places = (at for at in firsts if run[at + 1] > "\x7f" and 0x80 <= raw[at + 1] < 0xC0)
    return any(script(run[at]) not in ("", "LATIN", *lossy.scripts) for at in firsts) or any(
        not model.is_clean(run[at : at + 2]) for at in places
    )


def _letters(page: Explained, heads: frozenset[str], mended: dict[str, Mended]) -> Counter[str]:
    """The number of each letter on the page, in lower case, after the changes and the certain guesses."""
    letters = Counter(page.text.lower())
    letters -= Counter("".join([page.text[c.start : c.end] for c in page.changes]).lower())
    letters += Counter("".join([c.reading.after for c in page.changes]).lower())
    letters += Counter("".join([m.guesses for m in mended.values() if m.risk < MAX_SURE_RISK]).lower())
    return Counter({char: n for char, n in letters.items() if char not in heads and script(char)})
