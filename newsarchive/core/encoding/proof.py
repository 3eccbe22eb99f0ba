"""What a reading must show besides its gain, before it counts for a codec or changes anything.

Any text can be read as something else, and two letters side by side may well be UTF-8 for another letter: `№Ф` is `ܔ`,
read as x-mac-cyrillic. A page that is right as it stands has many such places: camel case, numbers of registration,
menus without spaces. So words are asked, and single characters prove nothing:

- A word that is known as it stands is no damage (`аВ` in `ПолитикаВ`).
- Damage befalls words, not letters in the middle of a word. Where letters beside a reading stay as they are, their
  word must be known better than before.
- Letters of a script that the page is not written in come as words, and digits of such a script come with letters. A
  single one that two bytes make is refused, whatever it gains. Others are refused where nothing else on the page
  proves the codec.
- Where nothing else proves the codec, a letter that is a word by itself is an accident, unless Latin has that word
  (`à`). So is one character made of the page's own script (`名` in `更名/过户`, `Β΄`).
- A reading that gains little must make a known word, or be a sign that is proven elsewhere on the page.

Of the words that the changes of a page bring forth, known ones speak for a repair, and unknown ones prove nothing. Where
windows-1251 was read as windows-1252, `Ïðèâåò` becomes the known word `Привет`.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise, takewhile
from typing import NamedTuple

from newsarchive.core.encoding.mojibake import Reading, RunReadings
from newsarchive.core.encoding.ngram_model import (
    UNKNOWN_NATS,
    UNPARTED_GRAM_LETTERS,
    GramModel,
    camel_parts,
)
from newsarchive.core.encoding.pair_model import PairModel
from newsarchive.core.encoding.runs import Change, Runs, line_around, placed, start_of
from newsarchive.core.text.scripts import CJK_SCRIPTS, script

#: Letters of a word. A shorter word may be known by accident and does not count.
MIN_KNOWN_LETTERS = 3
#: Letters before and behind a change that are read to find its word. A longer run of letters is no word.
MAX_WORD_LETTERS = 40

WORD = re.compile(r"[^\W\d_]+")

#: Words with a capital among small letters as a share of the words that a codec brings forth. Above, another codec damaged the page.
MAX_INNER_CAPITALS_SHARE = 0.2
#: A Latin capital beyond ASCII among small letters. In Irish the name behind the letter that grammar puts before it keeps its capital:
#: `na hÉireann`, `an tÚdarás`.
_CAPITALS = "".join(c for c in map(chr, range(0xC0, 0x250)) if c.isupper())
_INNER_CAPITAL = re.compile(rf"(?<=[a-zß-öø-ÿ])(?!(?<=\A[hnt])[ÁÉÍÓÚ])[{_CAPITALS}](?=[a-zß-öø-ÿ])")
CAPITAL_LETTERS = frozenset(_CAPITALS)
#: Capital beyond ASCII → its small letter. The small letter of `İ` is two characters, and begins with `i`.
_SMALL = {ord(c): c.lower()[0] for c in _CAPITALS}


def by_line(changes: Iterable[Change], runs: Runs) -> Iterable[list[Change]]:
    """The changes of a page, those of each line together."""
    lines: dict[int, list[Change]] = {}
    for change in changes:
        lines.setdefault(bisect_right(runs.breaks, change.start), []).append(change)
    return lines.values()


def words_of(line: list[Change], text: str) -> Iterator[str]:
    """The words that the changes of one line are in, after them."""
    at = line_around(text, line[0].start)[0]
    end = line_around(text, line[-1].end)[1]
    changed, places = "", set[int]()
    for change in line:
        changed += text[at : change.start]
        places.update(range(len(changed), len(changed) + len(change.reading.after)))
        changed, at = changed + change.reading.after, change.end
    for match in WORD.finditer(changed + text[at:end]):
        if not places.isdisjoint(range(*match.span())):
            yield match[0]


class KnownBeforeAndAfter(NamedTuple):
    """How many changed words are better known before the changes than after them (`before`), and how many after them
    (`after`). A word counts by `_weight`."""

    before: int
    after: int


def known_before_and_after(lines: Iterable[list[Change]], text: str, grams: GramModel) -> KnownBeforeAndAfter:
    """The known words of changed lines: `След` is one before where the change makes `—лед` of it."""
    both = {pair for line in lines for pair in _chunks(line, text)}
    weighed = [(_weight(before, grams), _weight(after, grams)) for before, after in both]
    return KnownBeforeAndAfter(sum(a > b for a, b in weighed), sum(b > a for a, b in weighed))


def gain_of_words(line: list[Change], text: str, grams: GramModel) -> float:
    """How much likelier the words that the changes of a line touch are afterwards, in nats."""
    return sum(
        sum(map(grams.cost_of_word, WORD.findall(before))) - sum(map(grams.cost_of_word, WORD.findall(after)))
        for before, after in _chunks(line, text)
    )


def _chunks(line: list[Change], text: str) -> Iterator[tuple[str, str]]:
    """The words that changes touch, before and after. A word ends at an unchanged character that is no letter."""
    before = after = ""
    at = line[0].start
    for change in line:
        between = text[at : change.start]
        if between and not between.isalpha():
            yield before + _first_letters(between), after + _first_letters(between)
            between = _last_letters(between)
            before = after = ""
        elif not before:
            between = _last_letters(text[max(0, at - MAX_WORD_LETTERS) : at])
        before += between + text[change.start : change.end]
        after += between + change.reading.after
        at = change.end
    behind = _first_letters(text[at : at + MAX_WORD_LETTERS])
    yield before + behind, after + behind


def _first_letters(text: str) -> str:
    return "".join(takewhile(str.isalpha, text))


def _last_letters(text: str) -> str:
    return _first_letters(text[::-1])[::-1]


def _weight(chunk: str, grams: GramModel) -> int:
    """2 for one known word, 1 for known words with signs between them or in camel case, 0 for others."""
    parts: list[str] = []
    for word in WORD.findall(chunk):
        own = camel_parts(word)
        # A part of a single letter is made by damage too: `широкиЯ`.
        parts += own if min(map(len, own)) > 1 else [word]
    beyond_ascii = [part for part in parts if not part.isascii()]
    if max(map(len, beyond_ascii), default=0) < MIN_KNOWN_LETTERS or any(map(grams.unknown, beyond_ascii)):
        return 0
    return 2 if parts == [chunk] else 1


def known_words(found: RunReadings, runs: Runs, grams: GramModel, min_letters: int = 1) -> tuple[int, int]:
    """(known, all): the number of words that these readings bring forth, with `min_letters` or more letters, at least
    one of them beyond ASCII."""
    lines = by_line(placed(found, runs), runs)
    words = {word for line in lines for word in words_of(line, runs.text) if len(word) >= min_letters}
    words = {word for word in words if not word.isascii()}
    return sum(map(grams.knows, words)), len(words)


def makes_inner_capitals(found: RunReadings, runs: Runs, grams: GramModel) -> bool:
    """Whether many of the words that these readings bring forth have a capital among small letters, as `vollstÀndig` and `modÚles` have.
    Then the text was read with a codec that is not known here, whose bytes for the small letters this codec reads as others.

    Words that stand without a space between them are right: the parts of `StartseiteÜber` are known.
    """
    # What stays as it is, such as the `Ã` of `erÅ‘sÃtÃ©s`, says nothing of the codec. To leave it out takes longer.
    if CAPITAL_LETTERS.isdisjoint("".join([r.after for rs in found.values() for r in rs])):
        return False
    lines = list(by_line(placed(found, runs), runs))
    return _have_inner_capitals(lines, runs.text, grams) and _have_inner_capitals(
        lines, runs.text.translate(_SMALL), grams
    )


def _have_inner_capitals(lines: Iterable[list[Change]], text: str, grams: GramModel) -> bool:
    words = [word for line in lines for word in words_of(line, text)]
    false = [
        word
        for word in words
        if _INNER_CAPITAL.search(word)
        and not all(part.isascii() or grams.knows(part) for part in camel_parts(word))
    ]
    return len(false) > MAX_INNER_CAPITALS_SHARE * len(words)


def cost_of_words(found: RunReadings, runs: Runs, grams: GramModel, some: Iterable[str]) -> float:
    """The cost, in nats, of the words that the readings of some runs bring forth. Each run counts at its first place alone."""
    total = 0.0
    for run in some:
        at = runs.places[run][0]
        line = [Change(at + r.start, at + r.end, r) for r in found[run]]
        total += sum(grams.cost_of_word(word) for word in words_of(line, runs.text))
    return total


#: A sign between letters that stands in no word.
SIGN_IN_WORD = re.compile(r"(?<=[^\W\d_])[^\w\s'’.,:/@&-](?=[^\W\d_])")


def cost_of_text(text: str, grams: GramModel) -> float:
    """The cost of the different words of a text, in nats. A sign between letters costs as much as an unknown sequence of letters."""
    words = sum(map(grams.cost_of_word, set(WORD.findall(text))))
    return words + UNKNOWN_NATS * len(SIGN_IN_WORD.findall(text))


#: Letters of a word that counts as known where it stands; letters of damage may happen to be a shorter word. A word without
#: capitals inside may have one letter less.
MIN_STANDING_WORD_LETTERS = 4
#: Nats. A reading of a believed codec that gains less must make a known word, or be a sign that is proved elsewhere on the page. Of
#: 67,000 right readings, 27 gained less than 10.
MIN_SURE_NATS = 9.0
#: Letters of a script as a share of the page's letters, without those that are read otherwise. Above, the page is written in the
#: script; below, the script may be that of a name, or of the menu of languages.
MIN_HOME_SHARE = 0.05
#: Different Latin letters, capital or not, that no language has whose words the model has seen. A page with that many is written in
#: another language, as `ĝ`, `ĥ` and `ŝ` are Esperanto; fewer may be accidents.
MIN_RARE_LETTERS = 3
#: Characters that a multi-byte codec makes of a word by accident. A reading with more of them is none.
MAX_ACCIDENTAL_CHARACTERS = 2
#: Letters on either side of a reading that are read to find the word that it cuts. Text without spaces is one word, and to look
#: through all of it for each reading takes time in the square of its length.
MAX_REST_LETTERS = 60
#: Scripts that are met on any page: Greek in formulas.
SCRIPTS_OF_ANY_PAGE = frozenset(("GREEK",))
#: Scripts whose words prove nothing: they are not parted by spaces, or most of their letters are ASCII, which no codec
#: damages.
UNCUT_SCRIPTS = frozenset(("", "LATIN", *UNPARTED_GRAM_LETTERS))
#: Scripts that one Japanese word may have letters of.
_JAPANESE = frozenset(("CJK", "HIRAGANA", "KATAKANA"))
#: A Greek or Cyrillic letter, and what stands behind letters in formulas, in quotation marks and at the end of a sentence.
_LETTER_AND_MARK = re.compile("[\u0370-\u052f][²³¹…–—’”›»“‘]")
#: Code points: the punctuation in this range belongs to single scripts, from Armenian to Vedic.
_PUNCTUATION_OF_SCRIPTS = range(0x0530, 0x1D00)


class Proof:
    """What the words of a page say of the readings of its runs."""

    def __init__(self, runs: Runs, grams: GramModel, model: PairModel) -> None:
        self.runs, self.grams, self.model = runs, grams, model
        self._known: dict[str, list[tuple[int, int]]] = {}

    def of_words(self, found: RunReadings) -> RunReadings:
        """The readings that no word speaks against. Runs without readings are left out."""
        kept: RunReadings = {}
        for run, readings in found.items():
            good = readings
            for start, end, *_ in readings:
                # A reading stands beside something beyond ASCII, or changes letters whose words can be known.
                if run[start - 1] > "\x7f" or run[end : end + 1] > "\x7f" or has_words(run[start:end]):
                    good = [r for r in readings if not _mixes_scripts(run, r) and not self._is_known(run, r)]
                    good = [r for r in good if not _is_cut(run, r, good) or self._is_better_known(run, r)]
                    break
            if good:
                kept[run] = good
        return kept

    def _is_known(self, run: str, reading: Reading) -> bool:
        """Whether a reading changes a word that is known as it stands."""
        if not has_words(run[reading.start : reading.end]):
            return False
        if run not in self._known:
            self._known[run] = list(self._known_words(run))
        known = self._known[run]
        number = bisect_left(known, (reading.end,)) - 1
        return number >= 0 and known[number][1] > reading.start

    def _known_words(self, run: str) -> Iterator[tuple[int, int]]:
        """(start, end), counted from the start of the run, of the words that the run is a part of and that are known
        as they stand."""
        at, text = self.runs.places[run][0] + 1, self.runs.framed
        for match in WORD.finditer(text, *with_rest_of_words(text, at + 1, at + len(run) - 1)):
            parts = [] if script(match[0][0]) in UNCUT_SCRIPTS else camel_parts(match[0])
            if any(map(self.grams.unknown, parts)):
                continue
            start = match.start() - at
            least = MIN_STANDING_WORD_LETTERS - match[0][1:].islower()
            for part in parts:
                if len(part) >= least:
                    yield start, start + len(part)
                start += len(part)

    def _is_better_known(self, run: str, reading: Reading) -> bool:
        """Whether the words around a reading are known better once it is made. Where signs come out, the letters
        behind a word may be part of the damage: `сферыВ»` is no camel case."""
        before, after = self._words_around(run, reading)
        if not any(map(str.isalpha, reading.after)):
            return self._unknown(after, False) <= self._unknown(before, False)
        if any(map(self.grams.knows, WORD.findall(before))):
            return False
        # A word with a letter less has one unknown sequence less, whatever its letters are.
        fewer = max(1, len(before) - len(after)) + 1
        return self._unknown(after, True) + fewer <= self._unknown(before, True)

    def enough(self, found: RunReadings) -> RunReadings:
        """The readings of a codec that gain enough. Runs without readings are left out."""
        if all(r.gain >= MIN_SURE_NATS for rs in found.values() for r in rs):
            return dict(found)
        sure = {
            (run[r.start : r.end], r.after)
            for run, rs in found.items()
            for r in rs
            if r.gain >= MIN_SURE_NATS
        }
        good = {run: [r for r in rs if self._is_enough(run, r, sure)] for run, rs in found.items()}
        return {run: rs for run, rs in good.items() if rs}

    def _is_enough(self, run: str, reading: Reading, sure: Collection[tuple[str, str]]) -> bool:
        if reading.gain >= MIN_SURE_NATS or reading.gain <= 0:
            return reading.gain > 0
        if any(map(str.isalpha, reading.after)):
            if _is_cut(run, reading, [reading]):
                return False
            return any(map(self.grams.knows, WORD.findall(self._words_around(run, reading)[1])))
        return (run[reading.start : reading.end], reading.after) in sure

    def _words_around(self, run: str, reading: Reading) -> tuple[str, str]:
        """The text of a reading with the rest of the words that it cuts, before and after the reading is made."""
        at, text = self.runs.places[run][0] + 1, self.runs.framed
        first, last = at + reading.start, at + reading.end
        start, end = with_rest_of_words(text, first, last)
        return text[start:end], text[start:first] + reading.after + text[last:end]

    def _unknown(self, text: str, is_camel: bool) -> int:
        words = WORD.findall(text)
        parts = [part for word in words for part in camel_parts(word)] if is_camel else words
        return sum(map(self.grams.unknown, parts))

    def of_page(self, found: RunReadings, is_multi_byte: bool) -> RunReadings:
        """The readings of a codec without the single characters that prove nothing. Runs without readings are left
        out."""
        some = [
            (run, r)
            for run, readings in found.items()
            for r in readings
            if may_be_doubtful(run[r.start : r.end], r.after, is_multi_byte)
        ]
        if not some:
            return found
        home, kept = self._home(
            found, {name for run, r in some for name in writings(run[r.start : r.end] + r.after)}
        )
        strange = {(run, r) for run, r in some if not writings(r.after) <= SCRIPTS_OF_ANY_PAGE | home}
        if strange:
            words = frozenset[str]().union(*(_scripts_of_words(r.after) for rs in found.values() for r in rs))
            strange = {
                (run, r) for run, r in strange if not writings(r.after) <= SCRIPTS_OF_ANY_PAGE | home | words
            }
        lone = {(run, r) for run, r in some if self._is_letter_of_no_word(run, r, kept)}
        if len({r.after.lower() for _, r in lone if self._is_rare(r.after)}) >= MIN_RARE_LETTERS:
            lone = {(run, r) for run, r in lone if not self._is_rare(r.after)}
        drawn = {(run, r) for run, r in some if is_drawn(run[r.start : r.end], r.after, self.model)}
        doubtful = strange | lone | drawn | _own(some, home, is_multi_byte)
        if is_multi_byte:
            doubtful |= _words_apart(some, found, kept)
            unproven = doubtful.union(filter(_is_lone_letter, some))
            if all((run, r) in unproven for run, readings in found.items() for r in readings):
                return {}
        if not doubtful:
            return found
        sure = ((run, r) for run, readings in found.items() for r in readings if r.gain >= MIN_SURE_NATS)
        if any(reading not in doubtful for reading in sure):
            doubtful = {(run, r) for run, r in strange if _utf8_length(r.after) == 2}
        rest = {run: [r for r in readings if (run, r) not in doubtful] for run, readings in found.items()}
        return {run: readings for run, readings in rest.items() if readings}

    def _home(self, found: RunReadings, names: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
        """The scripts among these that the page is written in, apart from what the readings change, and those most of whose
        letters the readings keep."""
        scripts = self.runs.foreign
        least = MIN_HOME_SHARE * (len(self.runs.framed) - 2)
        counts = {name: scripts[name] for name in names if scripts[name]}
        for run, readings in found.items() if counts else ():
            for r in readings:
                for name, number in _scripts_in(run[r.start : r.end]):
                    if name in counts:
                        counts[name] -= number * len(self.runs.places[run])
        home = frozenset(name for name, number in counts.items() if number > least)
        return home, frozenset(name for name, number in counts.items() if 2 * number > scripts[name])

    def _is_rare(self, letter: str) -> bool:
        """Whether a letter is Latin, and no language has it whose words the model has seen."""
        return script(letter) == "LATIN" and len(self.model.names[self.model.symbols[letter]]) > 1

    def _is_letter_of_no_word(self, run: str, reading: Reading, kept: frozenset[str]) -> bool:
        """Whether a reading is one letter that is no word by itself, or that no language has, or that is made of letters which
        others of the page show to be right: `Γ…` in `Α, Β, Γ…` is no `Å`. Nor does a Greek or Cyrillic letter prove anything that
        stands apart with a mark behind it: the square `Γ²` is no `ò`, and `“Ξ”` is no `“Δ`."""
        after = reading.after
        if len(after) > 1 or not after.isalpha():
            return False
        if len(self.model.names[self.model.symbols[after]]) > 1 and writings(after) <= SCRIPTS_OF_ANY_PAGE:
            return True
        is_kept = not kept.isdisjoint(writings(run[reading.start : reading.end]))
        is_apart = not (run[reading.start - 1].isalpha() or run[reading.end : reading.end + 1].isalpha())
        if is_apart and _LETTER_AND_MARK.fullmatch(run, reading.start, reading.end):
            return True
        if writings(after) == SCRIPTS_OF_ANY_PAGE:
            return is_kept
        return is_apart and (is_kept or bool(writings(after)) or not self.grams.knows(after))


def is_drawn(before: str, after: str, model: PairModel) -> bool:
    """Whether signs alone, or one letter and a sign, come to characters that are rare in every language: `╚╝╔╗` is no `ȼɻ`,
    but drawn, and `Λ²` is no `˲`."""
    is_sign = not any(map(str.isalpha, before)) or (len(after) == 1 and not after.isalpha())
    return is_sign and all(len(model.names[model.symbols[char]]) > 1 for char in after)


@lru_cache(maxsize=1 << 13)
def may_be_doubtful(before: str, after: str, is_multi_byte: bool) -> bool:
    """Whether a reading is one letter, or has letters that not every page has, or is a single character that proves
    nothing, or is made of signs alone, or of few characters of a multi-byte codec."""
    is_letter = len(after) == 1 and after.isalpha()
    is_short = is_multi_byte and len(after) <= MAX_ACCIDENTAL_CHARACTERS
    return (
        is_letter
        or is_short
        or not writings(after) <= SCRIPTS_OF_ANY_PAGE
        or not any(map(str.isalpha, before))
        or _is_single(before, after, is_multi_byte)
    )


def _is_single(before: str, after: str, is_multi_byte: bool) -> bool:
    """Whether one character is made of letters. In a multi-byte codec it is any character but those of three bytes; in
    a single-byte codec it is a sign of two bytes."""
    if len(after) > 1 or not writings(before):
        return False
    return _utf8_length(after) != 3 if is_multi_byte else len(before) == 2 and not after.isalpha()


def _own(
    some: list[tuple[str, Reading]], home: frozenset[str], is_multi_byte: bool
) -> set[tuple[str, Reading]]:
    """The readings among these that make one character of characters of the page's own script. In a single-byte codec
    they count only where all come to the same character (`Β΄`)."""
    own = {
        (run, r)
        for run, r in some
        if _is_single(run[r.start : r.end], r.after, is_multi_byte)
        and not writings(run[r.start : r.end]).isdisjoint(home)
    }
    return own if is_multi_byte or len({r.after for _, r in own}) == 1 else set()


def _words_apart(
    some: list[tuple[str, Reading]], found: RunReadings, kept: frozenset[str]
) -> set[tuple[str, Reading]]:
    """The readings among these, in a multi-byte codec, that make a character or two of two bytes, or one and a character of ASCII, out
    of Chinese, Japanese or Korean letters which stand in no word of another script, where most letters of their script or one beside
    them stay: `屑屑` is no `мм`, `路肩` no `·肩`, `豐本` no `沖{`. Damage of other languages stands in their words: `caf茅`,
    `it窶冱`."""
    return {
        (run, r)
        for run, r in some
        if len(r.after) <= MAX_ACCIDENTAL_CHARACTERS
        and (max(map(_utf8_length, r.after)) == 2 or _ends_in_ascii(r.after))
        and not _is_in_word(run, r)
        and (not writings(run[r.start : r.end]).isdisjoint(kept) or _has_kept_neighbour(run, r, found[run]))
    }


def _is_lone_letter(place: tuple[str, Reading]) -> bool:
    """Whether one Chinese or Korean character that stands alone, or is repeated, makes one letter as often, or two make two of a script
    other than Latin, or one and a character of ASCII. They may stand so on any page: `脷 (lì)` is no `Ú (lì)`, `讚讚讚` no `דדד`,
    `袪袪` no `РР`, and `豐本` no `沖{`. Where other readings show the codec they are damage as those are: `Ela 茅 de Bel茅m`."""
    run, (start, end, after, *_) = place
    is_one = len(after) == end - start and len(set(after)) == len(set(run[start:end])) == 1
    is_pair = len(after) == end - start == MAX_ACCIDENTAL_CHARACTERS and bool(writings(after))
    is_letters = (is_one or is_pair) and after.isalpha()
    is_half = end - start == MAX_ACCIDENTAL_CHARACTERS and _ends_in_ascii(after)
    is_apart = not (run[start - 1].isalpha() or run[end : end + 1].isalpha())
    return (is_letters or is_half) and is_apart


def _ends_in_ascii(text: str) -> bool:
    """Whether a text of two characters is one beyond ASCII and one of ASCII: a codec of two bytes a character takes a byte of the
    text behind a character of three bytes."""
    return len(text) == 2 and text[0] > "\x7f" >= text[1]


def _utf8_length(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def with_rest_of_words(text: str, start: int, end: int) -> tuple[int, int]:
    """(start, end) of a part of a text with the rest of the words that it cuts."""
    first, last = max(0, start - MAX_REST_LETTERS), min(len(text), end + MAX_REST_LETTERS)
    while start > first and text[start].isalpha() and text[start - 1].isalpha():
        start -= 1
    while end < last and text[end - 1].isalpha() and text[end].isalpha():
        end += 1
    return start, end


@lru_cache(maxsize=1 << 13)
def has_words(text: str) -> bool:
    """Whether a text has letters of scripts that part their words, other than Latin."""
    return not UNCUT_SCRIPTS.issuperset(map(script, text))


def _is_cut(run: str, reading: Reading, others: list[Reading]) -> bool:
    """Whether a letter beyond ASCII stays as it is beside a reading, in one word with a letter that is changed."""
    for inner, outer in ((reading.start, reading.start - 1), (reading.end - 1, reading.end)):
        beside = run[outer : outer + 1]
        own = script(beside) if beside > "\x7f" else ""
        is_word = own == script(run[inner]) and own not in UNCUT_SCRIPTS
        if is_word and not _covers(others, outer):
            return True
    return False


def _is_in_word(run: str, reading: Reading) -> bool:
    """Whether a reading touches a letter that is not Chinese, Japanese or Korean."""
    sides = (run[reading.start - 1], run[reading.end : reading.end + 1])
    return any(char.isalpha() and script(char) not in CJK_SCRIPTS for char in sides)


def _has_kept_neighbour(run: str, reading: Reading, others: list[Reading]) -> bool:
    """Whether a Chinese, Japanese or Korean letter stays as it is beside a reading of letters of the same script."""
    sides = ((reading.start - 1, reading.start), (reading.end, reading.end - 1))
    return any(
        script(run[outer : outer + 1]) == script(run[inner]) in CJK_SCRIPTS and not _covers(others, outer)
        for outer, inner in sides
    )


def _covers(readings: Sequence[Reading], at: int) -> bool:
    """Whether one of these readings, which are in order, changes the character at a place."""
    number = bisect_right(readings, at, key=start_of) - 1
    return number >= 0 and readings[number].end > at


def _mixes_scripts(run: str, reading: Reading) -> bool:
    """Whether letters of a word become letters of another script than the rest of the word: `ة‹` is `ɋ`, read as
    windows-1256."""
    first, last = run[reading.start - 1], run[reading.end : reading.end + 1] or " "
    edges = ((first, run[reading.start], reading.after[0]), (last, run[reading.end - 1], reading.after[-1]))
    return any(
        char > "\x7f"
        and script(char) not in ("", script(after))
        and script(char) == script(before)
        and script(after)
        for char, before, after in edges
    )


@lru_cache(maxsize=1 << 13)
def writings(text: str) -> frozenset[str]:
    """The scripts of the letters and digits of a text, without Latin. Signs such as `µ` and `𝕏` count as the letter
    that they come from."""
    return frozenset(filter(None, map(_writing, text)))


@lru_cache(maxsize=1 << 13)
def _scripts_in(text: str) -> tuple[tuple[str, int], ...]:
    """How many characters of each script a text has."""
    return tuple(Counter(map(script, text)).items())


@lru_cache(maxsize=1 << 13)
def _scripts_of_words(text: str) -> frozenset[str]:
    """The scripts that have two letters side by side in a text. A Japanese word may have letters of three scripts: `見る`."""
    pairs = ((script(a), script(b)) for a, b in pairwise(text) if a.isalpha())
    return frozenset(
        name for a, b in pairs if a and (a == b or _JAPANESE.issuperset((a, b))) for name in (a, b)
    )


@lru_cache(maxsize=1 << 14)
def _writing(char: str) -> str:
    """The script of a letter, digit, mark or punctuation beyond ASCII; "" for Latin, for signs, and for ASCII."""
    category = unicodedata.category(char)
    if char < "\x80" or (category[0] not in "LMP" and category != "Nd"):
        return ""
    plain = unicodedata.normalize("NFKC", char)[0]
    own = script(plain)
    if (
        plain.isascii()
        or own == "LATIN"
        or (category[0] == "P" and ord(plain) not in _PUNCTUATION_OF_SCRIPTS)
    ):
        return ""
    if own not in ("", "other"):
        return own
    # The name of a digit, mark or punctuation of a script begins with the script's.
    name = unicodedata.name(plain, "").split(" ")[0]
    return {"COMBINING": "", "VARIATION": "", "ARABIC-INDIC": "ARABIC", "EXTENDED": "ARABIC"}.get(name, name)
