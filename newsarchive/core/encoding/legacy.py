"""Legacy text read with another legacy codec: `Ïðèâåò` is `Привет`, windows-1251 read as windows-1252.

No byte pattern gives this away, as UTF-8's does, because every text can be read with every codec. So only a page that is
unlikely as a whole is asked, the gain must come from all of it, and each line must go along with the page.

Chinese, Japanese and Korean that was read with a single-byte codec is a case of its own: `ÖÐ¹úÐÂÎÅ` is `中国新闻`, GBK read as
Latin-1. Whole lines are read back, because half of a character may be a letter of ASCII (`¥x¥_` is `台北` in Big5). The bytes of most
Latin text can be read as some Chinese too, but make no pairs of characters that stand in words: of the sequences of letters
in right readings the model knows 36 to 50% (Korean 17%), of those in wrong ones 3% or less.

Latin text read with another codec for Latin script is told by its words alone: in `Eðer deðilse`, which is `Eğer değilse`, no two
characters look wrong, because the letters that come out belong to other languages. Most words that a codec would change are unknown as
they stand, and known once they are read with the right one. `may_be_sibling` finds the few texts with such words, and `sibling_changes`
the two codecs.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from codecs import getincrementaldecoder
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from heapq import merge
from itertools import islice, permutations
from math import log
from operator import itemgetter

from newsarchive.core.encoding.charsets import MULTI_BYTE, Charset, charset, charsets
from newsarchive.core.encoding.mojibake import Reading, RunReadings, lead_and_continuation_codecs
from newsarchive.core.encoding.ngram_model import UNKNOWN_NATS, GramModel, grams_of
from newsarchive.core.encoding.pair_model import PairModel, arrays_of
from newsarchive.core.encoding.proof import (
    MAX_WORD_LETTERS,
    SIGN_IN_WORD,
    WORD,
    by_line,
    gain_of_words,
    known_before_and_after,
    known_words,
    words_of,
)
from newsarchive.core.encoding.runs import NON_ASCII, Change, Runs, line_around, placed
from newsarchive.core.text.scripts import CJK_SCRIPTS, is_allowed, script

#: Characters of a text that a codec lacks, as a share of all, 0 to 1. Above, the codec did not make the text.
MAX_LACKING_SHARE = 0.4
#: Nats. The cost of a character that the codec lacks.
LACKING_NATS = 3.0
#: Nats. Pairs of codecs that cost at most this more than the likeliest are compared by the words that they make.
MAX_CLOSE_PAIR_NATS = 12.0
#: Known words as a share of all words, 0 to 1, in the lines that go along with a page. Below, the pair of codecs is wrong. Measured:
#: 0.48 and more in right readings of twelve words or more, 0.38 and less in wrong ones.
MIN_KNOWN_ALONG_SHARE = 0.4

_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
_NON_ASCII_WORD = re.compile(r"[^\W\d_A-Za-z]+")


@dataclass(frozen=True)
class Legacy:
    """The hypothesis that text in the codec `true` was read with the codec `wrong`."""

    true: Charset
    wrong: Charset

    def readings(self, runs: Iterable[str], model: PairModel) -> RunReadings:
        """Run → its readings: one for each stretch that the wrong codec has."""
        found: RunReadings = {}
        rule = f"{self.true.name} read as {self.wrong.name}"
        for run in dict.fromkeys(runs):
            for match in _BEYOND_ASCII.finditer(self.wrong.to_bytes(run)):
                start, end = match.span()
                after = self.true.to_text(match[0])
                if after != run[start:end] and "\ufffd" not in after:
                    reading = Reading(start, end, after, rule, model.gain(run, start, end, after))
                    found.setdefault(run, []).append(reading)
        return found


def likeliest_pairs(runs: list[str], model: PairModel) -> dict[Legacy, float]:
    """The pair of codecs that makes the runs likeliest, and others that cost at most `MAX_CLOSE_PAIR_NATS` more and come to another
    text, each with the cost of the runs in nats; none where the runs are likelier as they stand."""
    joined = "\n".join(runs)
    arrays = arrays_of(model)
    as_it_is = arrays.cost(joined)
    found: list[tuple[float, bytes, Legacy]] = []
    known: dict[bytes, list[float]] = {}
    for wrong in charsets():
        raw = wrong.to_bytes(joined)
        lacking = raw.count(b"?") - joined.count("?")
        if lacking > MAX_LACKING_SHARE * len(joined):
            continue
        costs = known[raw] = known.get(raw) or arrays.costs_by_codec(joined, raw)
        for true, cost in zip(charsets(), costs, strict=True):
            if true is not wrong and cost < as_it_is:
                found.append((cost + LACKING_NATS * lacking, raw, Legacy(true, wrong)))
    found.sort(key=itemgetter(0))
    close: dict[str, tuple[Legacy, float]] = {}
    for cost, raw, legacy in found:
        if cost > found[0][0] + MAX_CLOSE_PAIR_NATS:
            break
        close.setdefault(legacy.true.to_text(raw), (legacy, cost))
    return dict(close.values())


#: C1 controls: no text has them.
C1 = re.compile("[\x80-\x9f]")
#: How C1 controls came about where no other codec makes words of them (https://encoding.spec.whatwg.org/#names-and-labels).
CONTROLS = Legacy(charset("windows-1252"), charset("iso-8859-1"))


def changes_by_line(found: RunReadings, runs: Runs, wrong: Charset, grams: GramModel) -> list[Change]:
    """The changes of the lines that are legacy text: a line is wrong in each of its runs, or in none.

    The evidence of each change is what the changes of its line gain on average, in nats.
    """
    return [change for line in _lines_along(found, runs, wrong, grams) for change in line]


def is_of_the_page(
    found: RunReadings, runs: Runs, wrong: Charset, grams: GramModel, suspect: Iterable[str]
) -> bool:
    """Whether more than half of the lines with these suspicious runs go along with the page, and enough words of all lines that
    do are known afterwards. `found` are the readings of all runs.

    The few words of suspicious runs alone are known by chance in languages that the word lists lack, as Faroese.
    """
    along = _lines_along(found, runs, wrong, grams)
    numbers = {bisect_right(runs.breaks, line[0].start) for line in along}
    suspicious = {
        bisect_right(runs.breaks, at + 1) for run in suspect if run in found for at in runs.places[run]
    }
    if 2 * len(numbers & suspicious) <= len(suspicious):
        return False
    words = {word for line in along for word in words_of(line, runs.text) if len(word) >= MIN_WORD_LETTERS}
    words = {word for word in words if not word.isascii()}
    return sum(map(grams.knows, words)) >= MIN_KNOWN_ALONG_SHARE * len(words)


def _lines_along(found: RunReadings, runs: Runs, wrong: Charset, grams: GramModel) -> list[list[Change]]:
    """The changes of the lines that go along with the page, each with the evidence of its line."""
    text, lines = runs.text, []
    for line in by_line(placed(found, runs), runs):
        start, end = line_around(text, line[0].start)
        whole = text[start:end]
        # The codec has most characters of the line. A line with controls has too little else to tell.
        lacking = wrong.to_bytes(whole).count(b"?") - whole.count("?")
        if lacking > MAX_LACKING_SHARE * _beyond_ascii(whole) and not C1.search(whole):
            continue
        gain = sum(change.reading.gain for change in line)
        if gain <= 0:  # where letters by pairs lose, words count too
            gain += gain_of_words(line, text, grams)
        if gain > 0 and _goes_with_the_page(line, text, grams):
            evidence = gain / len(line)
            lines.append([c._replace(reading=c.reading._replace(gain=evidence)) for c in line])
    return lines


def _goes_with_the_page(line: list[Change], text: str, grams: GramModel) -> bool:
    """Whether a line goes along with the page. It must not lose as many known words as it gains, or more; where only
    punctuation changes, it must gain some."""
    known = known_before_and_after([line], text, grams)
    if known.before and known.before >= known.after:
        return False
    before = "".join(text[c.start : c.end] for c in line)
    if C1.search(before) or any(map(str.isalpha, before)):
        return True
    return any(len(word) > 2 and grams.knows(word) for word in words_of(line, text))


def are_controls(some: Collection[str]) -> bool:
    """Whether more than half of these runs have C1 controls: quotation marks and dashes of windows-1250 and similar
    codecs, read as the ISO codec of the same letters."""
    return 2 * sum(bool(C1.search(run)) for run in some) > len(some)


def are_only_controls(found: RunReadings, runs: Runs, grams: GramModel) -> bool:
    """Whether these readings change nothing but C1 controls, and make words of those that are letters: `cie\x9cniny`."""
    letters: RunReadings = {}
    for run, readings in found.items():
        for r in readings:
            both = zip(run[r.start : r.end], r.after, strict=True)
            if any(before != after and not C1.match(before) for before, after in both):
                return False
        if any(char.isalpha() for r in readings for char in r.after):
            letters[run] = readings
    known, words = known_words(letters, runs, grams, min_letters=3)
    return not letters or 0 < known >= words / 2


#: Letters of a word. A shorter word is not looked at.
MIN_WORD_LETTERS = 3

#: Multi-byte codecs that pages were written in: name → Python codec.
MULTI_BYTE_LEGACY = {**MULTI_BYTE, "euc-jp": "euc_jp"}
#: Share of characters beyond ASCII of a line that may prove a codec, words of ASCII left out. A line with less may only go along with
#: others.
MIN_DENSE_SHARE = 0.4
#: Characters beyond ASCII of such a line; a shorter line proves nothing.
MIN_DENSE_CHARACTERS = 6
#: Nats for each character beyond ASCII of these lines. Lines that cost less are right as they stand. Measured: 12 and more in such
#: legacy text, 9 or less in 99 of 100 clean pages.
MIN_DENSE_NATS = 6.0
#: Lines that prove a codec; further ones are not asked.
MAX_SAMPLE_LINES = 12
#: Characters of each of these lines; what follows is not asked.
MAX_SAMPLE_CHARACTERS = 200
#: Share of the sequences of letters (0 to 1) that the model knows in a right reading; a low one, as Korean has.
RIGHT_KNOWN_SHARE = 0.15
#: The same in a wrong reading of anything.
WRONG_KNOWN_SHARE = 0.01
#: Nats: log-likelihood ratio of right and wrong, by the known and unknown sequences of all lines. A codec with less is not believed.
MIN_PROOF_NATS = 6.0
#: Nats of proof where the page has other text of a script that the lines are then written in.
HOME_NATS = 3.0
#: Nats that a line gains by being read so; a line that gains less stays.
MIN_LINE_NATS = 8.0


@dataclass(frozen=True)
class MultiByteLegacy:
    """The hypothesis that text in the multi-byte codec `true` was read with the single-byte codec `wrong`."""

    true: str
    wrong: Charset

    def decoded(self, line: str) -> str:
        """A line as it was written; "" where that is no text of the codec, or nothing would change."""
        raw = self.wrong.to_bytes(line)
        if raw.count(b"?") != line.count("?"):
            return ""  # the codec does not have all of its characters
        try:
            text = raw.decode(MULTI_BYTE_LEGACY[self.true])
        except UnicodeDecodeError:
            return ""
        return text if text != line and is_allowed(text) else ""

    def readings(self, line: str, model: PairModel) -> list[Reading]:
        """The readings of a line: one for each stretch between characters that stay. None where the line gains too little."""
        if not (text := self.decoded(line)) or _is_utf8(self.wrong.to_bytes(line)):
            return []
        gain = model.cost(f"\n{line}\n") - model.cost(f"\n{text}\n")
        if gain < MIN_LINE_NATS:
            return []
        stretches = list(self._stretches(text))
        if stretches[-1][1] > len(line):
            return []
        evidence, rule = gain / len(stretches), f"{self.true} read as {self.wrong.name}"
        return [Reading(start, end, after, rule, evidence) for start, end, after in stretches]

    def _stretches(self, text: str) -> Iterator[tuple[int, int, str]]:
        """(start, end, text) of the parts of a decoded line that are not ASCII, by the places of the damaged line."""
        at, start, after = 0, 0, ""
        for char in text:
            if char < "\x80":
                if after:
                    yield start, at, after
                at, after = at + 1, ""
                start = at
            else:
                at, after = at + len(char.encode(MULTI_BYTE_LEGACY[self.true], "replace")), after + char
        if after:
            yield start, at, after


def multi_byte_legacy_changes(
    text: str, positions: Sequence[int], model: PairModel, grams: GramModel
) -> list[Change]:
    """The changes of the lines that are legacy text of one multi-byte codec; none where nothing proves such a codec.

    `positions` are the suspicious ones of the page. Lines without any are right.
    """
    lines = list(_suspicious_lines(text, positions))
    dense = (text[start : min(end, start + MAX_SAMPLE_CHARACTERS)] for start, end in lines)
    sample = list(islice(filter(_is_dense, dense), MAX_SAMPLE_LINES))
    if not sample or (legacy := _likeliest(sample, text, model, grams)) is None:
        return []
    return [
        Change(start + r.start, start + r.end, r)
        for start, end in lines
        for r in legacy.readings(text[start:end], model)
    ]


def may_prove_codec(text: str) -> bool:
    """Whether a text has a line that may prove a codec to `multi_byte_legacy_changes`. The words of ASCII in a line count here, and
    make it prove less. Most lines are told by their length in UTF-8, where each character beyond ASCII has two bytes at least."""
    for line in text.split("\n"):
        beginning = line[:MAX_SAMPLE_CHARACTERS]
        size = len(beginning)
        more = len(beginning.encode("utf-8", "surrogatepass")) - size
        if more < MIN_DENSE_CHARACTERS or more < MIN_DENSE_SHARE * size:
            continue
        if _beyond_ascii(beginning) >= MIN_DENSE_SHARE * size and _is_dense(beginning):
            return True
    return False


def _suspicious_lines(text: str, positions: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(start, end) of the lines that hold one of these positions, which are in order."""
    end = -1
    for position in positions:
        if position < end:
            continue
        at = position if text[position] != "\n" else position + 1
        if at > end:
            start, end = line_around(text, at)
            yield start, end


def _is_dense(line: str) -> bool:
    """Whether a line may prove a codec: much of it is beyond ASCII, but for words of ASCII, with a letter, and single-byte codecs have
    all of it."""
    parts = [part for part in line.split(" ") if not part.isascii()]
    if _beyond_ascii(line) < max(MIN_DENSE_CHARACTERS, MIN_DENSE_SHARE * sum(map(len, parts))):
        return False
    chars = {char for char in set(line) if char > "\x7f"}
    return any(map(str.isalpha, chars)) and lead_and_continuation_codecs().keys() >= chars


def _beyond_ascii(text: str) -> int:
    """The number of characters of a text beyond ASCII."""
    return len(text) - len(text.encode("ascii", "ignore"))


def _is_utf8(raw: bytes) -> bool:
    """Whether bytes are UTF-8, so that they are no legacy text."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _likeliest(
    sample: Sequence[str], page: str, model: PairModel, grams: GramModel
) -> MultiByteLegacy | None:
    """The codecs that make these lines of a page likeliest, if words prove them and most of the lines are text in them; `None` for
    others, and where a line is UTF-8."""
    found: list[tuple[float, str, MultiByteLegacy]] = []
    known = set[tuple[bytes, ...]]()
    costs = [model.cost(f"\n{line}\n") for line in sample]
    if sum(costs) < MIN_DENSE_NATS * sum(map(_beyond_ascii, sample)):
        return None
    having = [_codecs_having(line) for line in sample]
    for number, wrong in enumerate(charsets()):
        raws = tuple(
            wrong.to_bytes(line) if bits >> number & 1 else b""
            for line, bits in zip(sample, having, strict=True)
        )
        if raws in known or not any(raws):
            continue
        known.add(raws)
        if any(raw and _is_utf8(raw) for raw in raws):
            return None
        for true in MULTI_BYTE_LEGACY:
            texts = [_beginning(raw, true) for raw in raws]
            if 2 * sum(map(bool, texts)) <= sum(map(bool, raws)):
                continue
            both = zip(costs, texts, strict=True)
            gain = sum(cost - model.cost(f"\n{text}\n") for cost, text in both if text)
            if gain > 0:
                found.append((gain, "\n".join(texts), MultiByteLegacy(true, wrong)))
    if not found:
        return None
    _, text, legacy = max(found, key=itemgetter(0))
    home = CJK_SCRIPTS.intersection(map(script, set(page)))
    return legacy if _proof(text, home, grams) >= MIN_PROOF_NATS else None


@cache
def _codecs_with() -> dict[str, int]:
    """Character beyond ASCII → the codecs that have it, a bit each, in the order of `charsets()`."""
    codecs: dict[str, int] = {}
    for number, codec in enumerate(charsets()):
        for code, byte in codec.inverse.items():
            codecs[chr(code)] = codecs.get(chr(code), 0) | (byte >= 0x80) << number
    return codecs


def _codecs_having(line: str) -> int:
    """The codecs that have all characters of a line, a bit each, in the order of `charsets()`."""
    codecs, bits = _codecs_with(), (1 << len(charsets())) - 1
    for char in set(line):
        if char > "\x7f":
            bits &= codecs.get(char, 0)
    return bits


def _beginning(raw: bytes, true: str) -> str:
    """Bytes in a multi-byte codec as text, a half character at the end left out; "" where they are no such text."""
    try:
        text = getincrementaldecoder(MULTI_BYTE_LEGACY[true])().decode(raw)
    except UnicodeDecodeError:
        return ""
    return text if is_allowed(text) else ""


def _proof(text: str, home: Collection[str], grams: GramModel) -> float:
    """How much likelier the sequences of Chinese, Japanese and Korean letters in a text are in right readings than in wrong ones,
    as a log-likelihood ratio in nats."""
    words = [
        word for word in _NON_ASCII_WORD.findall(text) if len(word) > 1 and script(word[0]) in CJK_SCRIPTS
    ]
    found = [gram for word in words for gram in grams_of(word)]
    known = sum(grams.cost(gram) < UNKNOWN_NATS for gram in found)
    right, wrong = RIGHT_KNOWN_SHARE, WRONG_KNOWN_SHARE
    proof = known * log(right / wrong) + (len(found) - known) * log((1 - right) / (1 - wrong))
    return proof + HOME_NATS * any(script(word[0]) in home for word in words)


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
