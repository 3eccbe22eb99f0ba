"""UTF-8 read with a single-byte codec, with bytes of it lost on the way: `ã€` was perhaps `。`.

A byte that the codec does not define may be gone, or stand as U+FFFD or `?`. A no-break space may have become a space, a
soft hyphen may be dropped. `Lossy` says which sequences may start at each place of a run. `likeliest` says which of them
did, what was lost in them, and how sure that is: every way to read a run competes with the others, from where they part
to where they come to the same (a beam search: Lowerre 1976). A word is judged by its letter sequences (`ngram_model`) and
by its pairs, everything else by its pairs alone. `lost_search` finds the runs.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from math import exp, inf, log

from newsarchive.core.encoding.charsets import Charset
from newsarchive.core.encoding.mojibake import SWITCH_NATS, Reading
from newsarchive.core.encoding.ngram_model import GRAM_LETTERS, UNKNOWN_NATS, UNPARTED_GRAM_LETTERS, GramModel
from newsarchive.core.encoding.pair_model import UNITS_PER_NAT, PairModel
from newsarchive.core.encoding.quotation_marks import SPELLINGS
from newsarchive.core.text.scripts import is_allowed, kind, script

#: What a pair counts in a word, against a sequence of letters (measured on clean text with holes).
PAIR_WEIGHT = 0.5
#: In ways: no more ways to read a run are followed at once.
MAX_WAYS = 48
#: In nats: a way that costs this much more than the best is not followed.
MAX_EXTRA_NATS = 20.0
#: In nats: what a sequence of ASCII letters costs. The model holds none of them.
ASCII_GRAM_NATS = 10.0
#: In nats: what a guess costs next to a character that clean text does not have there.
UNSEEN_GUESS_NATS = 60.0
#: Full stops of Indic scripts: a space stands behind them.
INDIC_FULL_STOPS = frozenset("।॥")
#: The full stop that ends verses. It is hardly ever what prose lost.
VERSE_END = "॥"
#: In nats: how much dearer than the best another way to read a word must be to be clearly wrong. The doubt falls little at
#: first and then much (a Gaussian), because sequences of letters overlap. Measured, as the next three, on pages with
#: lost bytes.
WORD_SCALE_NATS = 2.8
#: The same where both ways have the same number of unknown sequences: one may just be rarer.
EQUAL_WORD_SCALE_NATS = 3.7
#: In nats: the doubt of other characters falls exponentially on this scale, because pairs say less than is known.
SIGN_SCALE_NATS = 0.7
#: The same for quotation marks: pairs do not say which of them a language has.
QUOTE_SCALE_NATS = 2.0
#: By this factor the scales of words are longer in scripts that do not part words: shorter sequences are known of them.
UNPARTED_SCALE_FACTOR = 2.0
#: Quotation marks.
QUOTES = frozenset("“”„‟‘’‚‛")

#: Vowel marks of Arabic and Hebrew, which lists of words leave out.
VOWELS = frozenset(map(chr, (*range(0x064B, 0x0653), 0x0670, *range(0x05B0, 0x05BD))))

_ONE_SCRIPT = {"HIRAGANA": "CJK", "KATAKANA": "CJK"}


@dataclass(frozen=True, slots=True)
class Token:
    """A sequence read back: `run[start:end]` is `char`; `guesses` are what it may be where bytes were
    lost, which costs `loss`, in nats."""

    start: int
    end: int
    char: str
    guesses: tuple[str, ...] = ()
    loss: float = 0.0


@dataclass(frozen=True, slots=True)
class Spelled:
    """The likeliest way to read a run: what it comes to between its first and last character, the
    sequences read back, and how likely some guess is wrong, 0 to 1 (a sum: it may be more)."""

    text: str
    tokens: tuple[Token, ...]
    risk: float


@dataclass(frozen=True, slots=True)
class _Way:
    """One way up to some place: `text` and `tokens` since the ways last came to the same, `word` as far
    as it counts for what follows, marked where it begins; whether the last character is a guess; how many
    sequences of letters are `unknown`."""

    cost: float
    last: str
    word: str = ""
    inside: bool = False
    text: str = ""
    tokens: tuple[Token, ...] = ()
    guessed: bool = False
    unknown: int = 0

    @property
    def state(self) -> tuple[str, str, bool, bool]:
        """What the cost of all that follows depends on."""
        return self.last, self.word[1 - _length(self.last) :], self.inside, self.guessed


def likeliest(
    run: str,
    starting: Callable[[int], Iterable[Token]],
    standing: Callable[[str], float],
    model: PairModel,
    grams: GramModel,
) -> Spelled:
    """The likeliest way through a run, one character of context at either end.

    `starting` gives the sequences that may start at a place, `standing` what it costs, in nats, that a
    character stays as it is.
    """
    speller = _Speller(model, grams)
    ways: list[list[_Way]] = [[] for _ in run]
    ways[1] = [_Way(0.0, run[0])]
    text, tokens, risk, furthest = "", tuple[Token, ...](), 0.0, 1
    for at in range(1, len(run) - 1):
        here = _kept(ways[at], _least(ways[at + 1 : at + 5]))
        if here and furthest <= at and len({way.state for way in here}) == 1:
            text, tokens, risk = text + here[0].text, tokens + here[0].tokens, risk + _doubt(here)
            here = [replace(here[0], cost=0.0, text="", tokens=(), unknown=0)]
        for token in starting(at):
            if token.end < len(run):
                furthest = max(furthest, token.end)
                ways[token.end] += [speller.read(way, token) for way in here]
        furthest = max(furthest, at + 1)
        ways[at + 1] += [speller.kept(way, run[at], standing(run[at])) for way in here]
    ends = sorted((speller.kept(way, run[-1], 0.0) for way in _kept(ways[-1], inf)), key=_cost)
    best = ends[0]
    return Spelled(text + best.text[:-1], tokens + best.tokens, risk + _doubt(ends))


def _kept(ways: list[_Way], ahead: float) -> list[_Way]:
    """The best ways, one for each text; none that is dearer than what is further `ahead` already."""
    if not ways:
        return ways
    ways.sort(key=_cost)
    most = min(ways[0].cost, ahead) + MAX_EXTRA_NATS
    kept: dict[tuple[str, bool], _Way] = {}
    for way in ways:
        if way.cost > most or len(kept) == MAX_WAYS:
            break
        kept.setdefault((way.text, way.inside), way)
    return list(kept.values())


def _least(ahead: Iterable[list[_Way]]) -> float:
    return min((way.cost for ways in ahead for way in ways), default=inf)


def _doubt(ways: Sequence[_Way]) -> float:
    """How likely another way than the first is right, going by the costs."""
    best = ways[0]
    rest = sum(_odds(best, way) for way in ways if way.text != best.text)
    return rest / (1 + rest)


def _odds(best: _Way, way: _Way) -> float:
    dearer = way.cost - best.cost
    differing = {c for pair in zip(best.text, way.text, strict=False) if pair[0] != pair[1] for c in pair}
    if any(map(script, differing)) or len(best.text) != len(way.text):
        scale = WORD_SCALE_NATS if way.unknown > best.unknown else EQUAL_WORD_SCALE_NATS
        scale *= (
            UNPARTED_SCALE_FACTOR if any(script(char) in UNPARTED_GRAM_LETTERS for char in differing) else 1.0
        )
        return exp(-((dearer / scale) ** 2))
    return exp(-dearer / (QUOTE_SCALE_NATS if all(map(_is_mark, differing)) else SIGN_SCALE_NATS))


def _is_mark(char: str) -> bool:
    """Whether this is a quotation mark, or punctuation of Chinese and Japanese, of which any may stand anywhere."""
    return char in QUOTES or kind(char) in ("cjk punctuation", "fullwidth")


def _cost(way: _Way) -> float:
    return way.cost


@dataclass(frozen=True, slots=True)
class _Speller:
    """Adds characters to ways, at their cost."""

    model: PairModel
    grams: GramModel

    def kept(self, way: _Way, char: str, extra: float) -> _Way:
        """The way, with a character as it stands."""
        return self._grown(way, char, extra + SWITCH_NATS / 2 * way.inside, False, way.tokens)

    def read(self, way: _Way, token: Token) -> _Way:
        """The way, with a sequence read back."""
        extra = token.loss + SWITCH_NATS / 2 * (not way.inside)
        return self._grown(way, token.char, extra, True, (*way.tokens, token))

    def _grown(self, way: _Way, char: str, extra: float, inside: bool, tokens: tuple[Token, ...]) -> _Way:
        own, before, unknown = _word(char), _word(way.last), way.unknown
        symbol = self.model.symbols[char]
        dear = self.model.costs[self.model.symbols[way.last]][symbol]
        pair, is_clean = dear / UNITS_PER_NAT, dear <= self.model.limits[symbol]
        cost = (
            way.cost
            + extra
            + (PAIR_WEIGHT if (own and before in (own, "")) or (before and not own) else 1.0) * pair
        )
        guessed = inside and bool(tokens[-1].guesses)
        if (guessed or way.guessed) and (
            not is_clean or (way.last in INDIC_FULL_STOPS and own) or char == VERSE_END
        ):
            cost += UNSEEN_GUESS_NATS
        length = _length(char)
        start = "" if length < GRAM_LETTERS else "^"
        word = ""
        if own and char in VOWELS:
            word = way.word
        elif own:
            word = (way.word if own == before else start) + char.lower()
            gram = self._gram(word[-length:]) if len(word) >= length else 0.0
            cost, unknown = cost + gram, unknown + (gram >= UNKNOWN_NATS)
        if before and own != before:
            gram = self._ending(way)
            cost, unknown = cost + gram, unknown + (gram >= UNKNOWN_NATS)
        return _Way(cost, char, word[-length:], inside, way.text + char, tokens, guessed, unknown)

    def _ending(self, way: _Way) -> float:
        """What the last sequence of a word costs."""
        length = _length(way.last)
        if length == GRAM_LETTERS:
            return self._gram((way.word + "$")[-length:])
        return self._gram(way.word) if len(way.word) < length else 0.0

    def _gram(self, gram: str) -> float:
        return ASCII_GRAM_NATS if gram.isascii() else self.grams.cost(gram)


def _word(char: str) -> str:
    own = script(char)
    return _ONE_SCRIPT.get(own, own)


def _length(char: str) -> int:
    return UNPARTED_GRAM_LETTERS.get(script(char), GRAM_LETTERS)


#: Runs that may be damaged, with the rest of their words, joined over what a lost byte may have become.
JOINED = re.compile(r"(?<![A-Za-z])[A-Za-z]*(?:[^\x00-\x7f]++[? ]{0,2}[A-Za-z]*)++")
#: In nats: what a sequence with a lost byte costs that may be several characters.
LOST_BYTE_NATS = 4.0
#: In nats: what a sequence with a lost byte costs that can be only one character.
CERTAIN_BYTE_NATS = 1.0
#: In nats: what a letter costs of a script that the page does not have.
STRANGE_SCRIPT_NATS = 6.0
#: In nats: what it costs that a byte is gone where the next one could stand for it.
ORPHAN_NATS = 40.0
#: In nats: what it costs that a space was a byte behind a lost one, where that joins what may be two words.
JOINING_NATS = 6.0
#: What it counts that another guess stands elsewhere on the page more often, for each nat of the ratio.
RARE_LETTER_WEIGHT = 2.5
#: In nats: the most that this counts.
MAX_RARE_LETTER_NATS = 9.0
#: As a logarithm: letters of one language are this much rarer than others. For Latin it does not count, because what
#: Latin adds to a to z is all rare.
USUAL_LOG_RATIO = 1.5
#: In nats: what it costs that a mark is another than `quotation_marks` says.
OTHER_MARK_NATS = 30.0
#: In nats: what it costs to leave a character as it stands that begins sequences elsewhere on the page.
STANDING_LEAD_NATS = 6.0
#: Kinds of pictures and parts of drawings. Any may stand anywhere, so that a lost one is never guessed.
PICTURES = frozenset(["arrow", "technical", "box", "block element", "geometric", "dingbat"])
#: In characters: a place with more guesses than this gets none.
MAX_GUESSES = 160


@dataclass(frozen=True, slots=True)
class Mended:
    """A run after the guesses: its readings, what they gain, whether no part of a sequence is left, how
    likely a guess is wrong, 0 to 1, and the guesses."""

    readings: tuple[Reading, ...]
    gain: float
    is_whole: bool
    risk: float
    guesses: str


@dataclass(frozen=True, eq=False)
class Lossy:
    """The hypothesis that UTF-8 was read with a codec, and its undefined bytes lost.

    `spaces` says whether a space may have been a no-break space, `hyphens` whether soft hyphens may be gone, `heads` which characters begin
    sequences on this page, `own` which letters it has in words of its own, `scripts` which scripts it has,
    `kept` whether undefined bytes of it stand there, spelled in another way: then they are not lost,
    `letters` how often each letter stands on the page, in either case, where that is sure, `marks` which
    mark is torn at a place of a run, as far as that can be told, "" for none that the codec loses.
    """

    charset: Charset
    spelling: str = ""
    spaces: bool = True
    hyphens: bool = True
    heads: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    scripts: frozenset[str] = frozenset()
    kept: bool = False
    letters: Counter[str] = field(default_factory=Counter)
    marks: Mapping[tuple[str, int], str] = field(default_factory=dict)

    def mended(self, run: str, model: PairModel, grams: GramModel) -> Mended:
        """A run, one character of context at either end, with everything read back that can be."""
        raw = self.charset.to_bytes(run)
        spelled = likeliest(
            run,
            lambda at: self._starting(run, raw, at),
            lambda c: STANDING_LEAD_NATS * (c in self.heads),
            model,
            grams,
        )
        tokens, text = spelled.tokens, spelled.text
        readings = tuple(self._readings(run, tokens, text, model))
        gain = model.cost(run) - model.cost(run[0] + text + run[-1]) - sum(t.loss for t in tokens)
        guesses = "".join(t.char for t in tokens if len(t.guesses) > 1)
        is_whole = not (self._is_torn(run, tokens, text, model) or _is_guesswork(text, tokens))
        return Mended(readings, gain, is_whole, spelled.risk, guesses)

    def _readings(
        self, run: str, tokens: tuple[Token, ...], text: str, model: PairModel
    ) -> Iterator[Reading]:
        """The readings of tokens that follow each other, as one. `text` is the run after the guesses."""
        shift = 1  # where in the run the next place of `text` stands, less that place
        pieces: list[list[tuple[Token, str]]] = []
        for token in tokens:
            char = text[token.start - shift]
            shift += token.end - token.start - 1
            if pieces and pieces[-1][-1][0].end == token.start:
                pieces[-1].append((token, char))
            else:
                pieces.append([(token, char)])
        for piece in pieces:
            start, end = piece[0][0].start, piece[-1][0].end
            after = "".join(char for _, char in piece)
            before, behind = run[start - 1], run[end : end + 1] or " "
            gain = model.cost(before + run[start:end] + behind) - model.cost(before + after + behind)
            lost = sum(t.loss for t, _ in piece)
            rule = self.charset.variant(run[start:end]) + (", bytes lost" if lost else "")
            yield Reading(start, end, after, rule, gain - lost)

    def _is_torn(self, run: str, tokens: tuple[Token, ...], text: str, model: PairModel) -> bool:
        """Whether a part of a sequence is left, or a guess made a pair that clean text does not have."""
        if not is_allowed(text.replace("\ufffd", "")):
            return True
        owners: list[Token | None] = [None]
        at = 1
        for token in tokens:
            owners += [None] * (token.start - at) + [token]
            at = token.end
        owners += [None] * (len(run) - at)
        whole = run[0] + text + run[-1]
        for i in range(len(whole) - 1):
            if not model.is_clean(whole[i : i + 2]) and any(
                (o.guesses if o else self._is_part(c))
                for o, c in ((owners[i], whole[i]), (owners[i + 1], whole[i + 1]))
            ):
                return True
        return bool(tokens) and ("\ufffd" in text or self._has_heads(owners, whole))

    def _has_heads(self, owners: list[Token | None], whole: str) -> bool:
        return any(o is None and c in self.heads for o, c in zip(owners, whole, strict=True))

    def _is_part(self, char: str) -> bool:
        byte = self.charset.inverse.get(ord(char), 0) if char > "\x7f" and char not in self.own else 0
        return 0x80 <= byte <= 0xF4

    def _starting(self, run: str, raw: bytes, at: int) -> Iterator[Token]:
        """The sequences that may start here."""
        byte = raw[at]
        if run[at] == self.spelling or (run[at] > "\x7f" and 0x80 <= byte < 0xC0 and not self.spelling):
            yield from self._headless(run, raw, at)
        if run[at] > "\x7f" and 0xC2 <= byte <= 0xF4:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            for end, choices in self._tails(run, raw, at + 1, length - 1):
                lost = any(len(c) > 1 or c[0] >= 256 for c in choices) or end - at < length
                yield from self._decoded(run, raw, at, end, [(byte,), *choices], lost)

    def _headless(self, run: str, raw: bytes, at: int) -> Iterator[Token]:
        """Sequences of two bytes of which the first was lost."""
        width = len(self.spelling)
        there = at + width
        if raw[there : there + 1] and 0x80 <= raw[there] < 0xC0 and run[there] > "\x7f":
            yield from self._decoded(run, raw, at, there + 1, [self._heads, (raw[there],)], True)

    def _tails(self, run: str, raw: bytes, at: int, left: int) -> Iterator[tuple[int, list[tuple[int, ...]]]]:
        """(end, choices) of what may follow a first byte; of bytes that are gone at most one a sequence."""
        if not left:
            yield at, []
            return
        for width, choice, gone in self._next(run, raw, at):
            if gone:
                rest = raw[at : at + left - 1]
                if len(rest) == left - 1 and all(0x80 <= b < 0xC0 for b in rest):
                    yield at + left - 1, [choice, *((b,) for b in rest)]
                continue
            for end, choices in self._tails(run, raw, at + width, left - 1):
                yield end, [choice, *choices]

    def _next(self, run: str, raw: bytes, at: int) -> Iterator[tuple[int, tuple[int, ...], bool]]:
        """(characters, bytes that they may have been, whether it is gone) of one continuation byte."""
        char = run[at : at + 1]
        if not char:
            return
        if 0x80 <= raw[at] < 0xC0 and char > "\x7f":
            yield 1, (raw[at],), False
        elif char == self.spelling and self._lost:
            yield 1, self._lost, False
        elif char == " " and self.spaces and self.charset.decoded[0xA0] == "\xa0":
            yield 1, (0xA0 + 256,), False
        if not self.spelling and self._gone:
            # A no-break space at the end of a text is stripped with other space.
            yield 0, (*self._gone, 0xA0) if char == "\n" else self._gone, True

    def _continues(self, run: str, raw: bytes, at: int) -> bool:
        """Whether a continuation byte stands here: behind a whole sequence there is none."""
        char = run[at : at + 1]
        return char > "\x7f" and 0x80 <= raw[at] < 0xC0 and char not in self.own

    def _decoded(
        self, run: str, raw: bytes, at: int, end: int, choices: list[tuple[int, ...]], lost: bool
    ) -> Iterator[Token]:
        """One token for each character that the choices allow. A byte with 256 added was a space."""
        chars = []
        for sequence in _sequences(choices):
            try:
                char = bytes(b & 255 for b in sequence).decode()
            except UnicodeDecodeError:
                continue
            if is_allowed(char) and not (lost and kind(char) == "format" and char not in _JOINERS):
                chars.append(char)
        if lost and len(chars) > 1:
            chars = [char for char in chars if kind(char) not in PICTURES]
        guesses = tuple(chars) if lost else ()
        loss = 0.0 if not lost else CERTAIN_BYTE_NATS if len(chars) == 1 else LOST_BYTE_NATS
        loss += ORPHAN_NATS * (lost and self._continues(run, raw, end))
        loss += JOINING_NATS * (not self.spelling and run[end - 1] == " " and run[end : end + 1].isalpha())
        if lost and (mark := self.marks.get((run, at))) is not None:
            if not mark:
                return  # none that can stand here
            # Where else it may begin or end is another matter.
            yield from (Token(at, end, char, (), loss + OTHER_MARK_NATS * (char != mark)) for char in chars)
            return
        for char in chars if len(chars) <= MAX_GUESSES else ():
            unlikely = self._unlikely(char, guesses) if lost else 0.0
            yield Token(at, end, char, guesses, loss + unlikely)

    def _unlikely(self, char: str, guesses: tuple[str, ...]) -> float:
        """What speaks against a guess, in nats, going by what else is on the page."""
        own = script(char)
        if not own:
            return 0.0
        most = max(self.letters[other.lower()] for other in guesses)
        rarer = log((most + 0.5) / (self.letters[char.lower()] + 0.5)) - USUAL_LOG_RATIO * (own != "LATIN")
        return min(MAX_RARE_LETTER_NATS, RARE_LETTER_WEIGHT * max(0.0, rarer)) + STRANGE_SCRIPT_NATS * (
            own not in self.scripts
        )

    @cached_property
    def _lost(self) -> tuple[int, ...]:
        return () if self.kept else tuple(b for b in sorted(self.charset.undefined) if b < 0xC0)

    @cached_property
    def _gone(self) -> tuple[int, ...]:
        return (*self._lost, *([0xAD] if self.hyphens and self.charset.decoded[0xAD] == "\xad" else []))

    @cached_property
    def _heads(self) -> tuple[int, ...]:
        return tuple(b for b in sorted(self.charset.undefined) if 0xC2 <= b < 0xE0)


def _is_guesswork(text: str, tokens: Iterable[Token]) -> bool:
    """Whether half of a word's letters and more are guesses, and not one alone. `text` is the run after the guesses."""
    shift = 1
    guessed: Counter[int] = Counter()
    words = [(m.start(), m.end()) for m in _WORD.finditer(text)]
    for token in tokens:
        at = token.start - shift
        shift += token.end - token.start - 1
        word = bisect_right(words, (at, len(text))) - 1
        if len(token.guesses) > 1 and word >= 0 and script(token.char) not in ("", *UNPARTED_GRAM_LETTERS):
            guessed[word] += 1
    return any(number > 1 and 2 * number >= words[w][1] - words[w][0] for w, number in guessed.items())


_WORD = re.compile("[^\x00-\x40\\s“”„‘’«»…–—]+")

#: What is invisible and yet belongs to the spelling of Persian and Indic words.
_JOINERS = "\u200c\u200d"


def _sequences(choices: list[tuple[int, ...]]) -> Iterable[tuple[int, ...]]:
    number = 1
    for choice in choices:
        number *= len(choice)
    return product(*choices) if number <= 4 * MAX_GUESSES else ()


def lossy(text: str, blank: Lossy) -> Iterator[Lossy]:
    """The hypotheses that a page gives cause for, made from one without its spelling."""
    for spelling in SPELLINGS:
        if spelling in text:
            yield replace(blank, spelling=spelling, spaces="\xa0" not in text, hyphens="\xad" not in text)
