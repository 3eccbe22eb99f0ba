"""The likeliest way to read a run of characters with lost bytes: `ã€` was perhaps `。`.

Every way to read a run competes with the others, from where they part to where they come to the same (a beam search:
Lowerre 1976). A word is judged by its letter sequences (`ngram_model`) and by its pairs, everything else by its pairs
alone. `lost_bytes` says which sequences may start at each place.

The time is linear in the length of the run: at most `MAX_WAYS` ways are followed at a place, a way takes the same time
and memory to grow however long it is (`_Texts`), and a page has a bounded number of steps (`Work`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import heapify, heappop
from math import exp, inf
from operator import itemgetter
from typing import NamedTuple

from newsarchive.core.encoding.mojibake import SWITCH_NATS
from newsarchive.core.encoding.ngram_model import (
    GRAM_LETTERS,
    UNKNOWN_NATS,
    UNPARTED_GRAM_LETTERS,
    GramModel,
    LanguageGrams,
)
from newsarchive.core.encoding.pair_model import UNITS_PER_NAT, PairModel
from newsarchive.core.text.scripts import kind, script

#: Weight of a pair of characters in a word, where a sequence of letters has 1. Measured on clean text with holes.
PAIR_WEIGHT = 0.5
#: Ways to read a run that are followed at once; more expensive ones are dropped.
MAX_WAYS = 48
#: Nats. A way that costs more than this above the cheapest one is dropped.
MAX_EXTRA_NATS = 20.0
#: Steps (`Work`) for one page. After them nothing more is guessed on the page. A page of fifteen sentences takes 40,000;
#: 240,000 take about a second.
MAX_STEPS = 240_000
#: Steps that a pass takes for runs while too few of them are restored; after them it gives up the other runs. Later passes of the
#: page may take a quarter of them, and a quarter of that.
MAX_VAIN_STEPS = 60_000
#: Steps. The cost of finding the sequences that may start at a place, and of comparing the ways there.
STEPS_OF_A_PLACE = 10
#: Places of a run after which its steps are counted again. A run that would take more steps than are left, if the rest of
#: it is like what was read, is given up at once, so that the steps are left for others.
PLACES_BETWEEN_COUNTS = 400
#: Nats. The cost of a sequence of ASCII letters, which the model does not have.
ASCII_GRAM_NATS = 10.0
#: Nats. The cost of a guess beside a character that clean text does not have there.
UNSEEN_GUESS_NATS = 60.0
#: Full stops of Indic scripts: a space stands behind them.
INDIC_FULL_STOPS = frozenset("।॥")
#: The full stop that ends verses, which prose seldom has.
VERSE_END = "॥"
#: Nats by which another way to read a word costs more than the best. Its odds fall with the square of this difference (a
#: Gaussian), because sequences of letters overlap. Measured, as the next three, on pages with lost bytes.
WORD_SCALE_NATS = 2.8
#: The same where both ways have the same number of unknown sequences, so that one word may only be rarer.
EQUAL_WORD_SCALE_NATS = 3.7
#: Nats. The odds of other characters fall exponentially on this scale: pairs of characters say less than words.
SIGN_SCALE_NATS = 0.7
#: The same for quotation marks, because pairs do not say which of them a language uses.
QUOTE_SCALE_NATS = 2.0
#: Factor on the scales of words in scripts without spaces between words: the model has shorter sequences of their characters.
UNPARTED_SCALE_FACTOR = 2.0
#: Quotation marks.
QUOTES = frozenset("“”„‟‘’‚‛")

#: Vowel marks of Arabic and Hebrew, which lists of words leave out.
VOWELS = frozenset(map(chr, (*range(0x064B, 0x0653), 0x0670, *range(0x05B0, 0x05BD))))

#: The sequences of all languages, or of one.
Grams = GramModel | LanguageGrams

_ONE_SCRIPT = {"HIRAGANA": "CJK", "KATAKANA": "CJK"}


@dataclass(slots=True)
class Work:
    """The number of steps that are left for a page, all its passes together. In one step the cost of one more character is
    looked up for one way to read a run; finding what may start at a place counts as `STEPS_OF_A_PLACE`.

    `patience` is the number of steps that a pass may take while it restores too few runs. `is_vain` says that a sample of the runs
    took twice that number and none was restored, so that nothing more is tried on the page."""

    left: int = MAX_STEPS
    patience: int = MAX_VAIN_STEPS
    is_vain: bool = False

    def suffices(self, taken: int, done: int, places: int) -> bool:
        """Whether the steps that are left suffice for the rest of a run of `places` places, where the first `done` of them
        took `taken` steps."""
        most = taken / done if done else STEPS_OF_A_PLACE
        return self.left > most * (places - done - 1)


class Token(NamedTuple):
    """A sequence that may be restored: `run[start:end]` becomes `char`. Where bytes were lost, `guesses` are the characters that
    it may be, and `loss` is the cost of the loss in nats."""

    start: int
    end: int
    char: str
    guesses: tuple[str, ...] = ()
    loss: float = 0.0

    def moved(self, shift: int) -> Token:
        """The same sequence at another place, `shift` characters on."""
        return Token(self.start + shift, self.end + shift, self.char, self.guesses, self.loss)


#: The sequences that may start at a place, by their number of characters, the longest first. Each starts at 0, so that places which
#: look the same share them.
Starting = tuple[tuple[int, tuple[Token, ...]], ...]


@dataclass(frozen=True, slots=True)
class Spelled:
    """The likeliest way to read a run: its text between the first and the last character, the restored sequences, and the
    probability that some guess is wrong (a sum, which may exceed 1). `is_given_up` says that the work of the page was used
    up before the end of the run; then nothing is restored. A run that is too risky is restored as far as it was read."""

    text: str
    tokens: tuple[Token, ...]
    risk: float
    is_given_up: bool = False


class _Way(NamedTuple):
    """One way up to some place: what was read since all ways last came to the same, and what the costs of all that
    follows depend on.

    `text` is a node of `_Texts`. `word` is the end of the word so far, marked where the word begins. `inside` says
    whether the last character was read back, `guessed` whether it is a guess, `unknown` how many letter sequences the
    model does not have. `tokens` is the last sequence that was read back, with its place, and those before it, as a linked list.
    """

    cost: float
    last: str
    word: str = ""
    inside: bool = False
    text: int = 0
    tokens: _Tokens | None = None
    guessed: bool = False
    unknown: int = 0

    @property
    def state(self) -> tuple[str, str, bool, bool]:
        """The part of a way on which the costs of later characters depend."""
        length = traits_of(self.last).length
        word = self.word if len(self.word) > length else self.word[1 - length :]
        return self.last, word, self.inside, self.guessed


#: A sequence that was read back, its place, and those before it.
_Tokens = tuple[Token, int, "_Tokens | None"]


def _in_order(tokens: _Tokens | None) -> tuple[Token, ...]:
    found = []
    while tokens:
        token, at, tokens = tokens
        found.append(token.moved(at))
    return tuple(reversed(found))


class _Texts:
    """The texts of all ways, as a tree: a text is a node, and its characters are those from the root (0) to the node.

    Equal texts are the same node. So a way grows and is compared in the same time, however long it is.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], int] = {}
        self._before: list[tuple[int, str]] = [(0, "")]

    def grown(self, node: int, char: str) -> int:
        """The node of a text with one more character."""
        key = (node, char)
        if (known := self._known.get(key)) is None:
            known = self._known[key] = len(self._before)
            self._before.append(key)
        return known

    def text(self, node: int) -> str:
        """The text of a node."""
        chars = []
        while node:
            node, char = self._before[node]
            chars.append(char)
        return "".join(reversed(chars))


class _Traits(NamedTuple):
    """What a character is: its script where that makes words, the length of letter sequences in that script, its small
    letter, and whether it is a vowel mark."""

    own: str
    length: int
    small: str
    is_vowel: bool


@lru_cache(maxsize=1 << 14)
def traits_of(char: str) -> _Traits:
    own = script(char)
    length = UNPARTED_GRAM_LETTERS.get(own, GRAM_LETTERS)
    return _Traits(_ONE_SCRIPT.get(own, own), length, char.lower(), char in VOWELS)


def likeliest(
    run: str,
    starting: Callable[[int], Starting],
    standing: Callable[[str], float],
    model: PairModel,
    grams: Grams,
    work: Work,
    max_risk: float = inf,
) -> Spelled:
    """The likeliest way through a run, one character of context at either end, with the work that is left.

    `starting` gives the sequences that may start at a place, `standing` what it costs, in nats, that a
    character stays as it is. Once the probability that some guess is wrong is more than `max_risk`, the rest of the run stays.
    """
    speller, before = _Speller(model, grams, work), work.left
    arriving: dict[int, _Arrivals] = {}
    here = [_Way(0.0, run[0])]
    text, tokens, risk, furthest = "", list[Token](), 0.0, 1
    for at in range(1, len(run) - 1):
        is_counted = at % PLACES_BETWEEN_COUNTS == 1
        if work.left <= 0 or (is_counted and not work.suffices(before - work.left, at - 1, len(run) - 2)):
            return Spelled(run[1:-1], (), 1.0, is_given_up=True)
        work.left -= STEPS_OF_A_PLACE
        if arrived := arriving.pop(at, None):
            here = arrived.best(_least(arriving, at))
        sequences = starting(at)
        is_without_rival = furthest <= at and len(here) == 1
        if here and furthest <= at and (sequences or not is_without_rival) and _is_one_state(here):
            best = here[0]
            text += speller.texts.text(best.text)
            tokens += _in_order(best.tokens)
            risk += _doubt(here, speller.texts)
            if risk > max_risk:
                return Spelled(text + run[at:-1], tuple(tokens), risk)
            here = [_Way(0.0, best.last, best.word, best.inside, 0, None, best.guessed)]
            speller.texts = _Texts()
            is_without_rival = True
        if is_without_rival and not sequences:
            here = [speller.grown(here[0], run[at])]
        elif here:
            groups = _groups(here)
            for length, some in sequences:
                if (arrivals := arriving.get(at + length)) is None:
                    arrivals = arriving[at + length] = _Arrivals(speller)
                arrivals.add(here, groups, some, at, _least(arriving, at + length))
            if (arrivals := arriving.get(at + 1)) is None:
                arrivals = arriving[at + 1] = _Arrivals(speller)
            stays = _standing(run[at], standing(run[at]))
            arrivals.add(here, groups, stays, at, _least(arriving, at + 1), is_read=False)
        furthest = max(furthest, at + 1, at + sequences[0][0]) if sequences else max(furthest, at + 1)
    if last := arriving.get(len(run) - 1):
        here = last.best(inf)
    ends = _Arrivals(speller)
    ends.add(here, _groups(here), _standing(run[-1], 0.0), 0, inf, is_read=False)
    ways = ends.all()
    text += speller.texts.text(ways[0].text)[:-1]
    tokens += _in_order(ways[0].tokens)
    return Spelled(text, tuple(tokens), risk + _doubt(ways, speller.texts))


def _least(arriving: Mapping[int, _Arrivals], place: int) -> float:
    """What the best way costs that is further than a place already, in nats. A way to the place that is much dearer is dropped there."""
    return min([ways.least for end, ways in arriving.items() if end > place], default=inf)


def _is_one_state(ways: Sequence[_Way]) -> bool:
    """Whether the costs of later characters are the same for all these ways."""
    if len(ways) == 1:
        return True
    first = ways[0].state
    return all(way.state == first for way in ways)


class _Speller:
    """Adds characters to ways, at their cost."""

    def __init__(self, model: PairModel, grams: Grams, work: Work) -> None:
        self.model, self.grams, self.work, self.texts = model, grams, work, _Texts()
        self.signs = _signs_of(model)

    def grown(self, way: _Way, char: str) -> _Way:
        """A way without rival, with a character as it stands. It costs nothing, because costs tell rivals apart."""
        word = _kept(_word(way.word, way.last, char), traits_of(char).length, self.grams)
        return _Way(0.0, char, word, False, self.texts.grown(way.text, char), way.tokens)


class _Signs(dict[str, tuple[str, int, float]]):
    """Character → what its pairs are judged by: its script where that makes words, its symbol, and the most that a pair which ends in it
    costs in clean text. A character that is not remembered by the model is worked out anew each time."""

    def __init__(self, model: PairModel) -> None:
        super().__init__()
        self.model = model

    def __missing__(self, char: str) -> tuple[str, int, float]:
        symbol = self.model.symbols[char]
        sign = traits_of(char).own, symbol, self.model.limits[symbol]
        if char in self.model.symbols:
            self[char] = sign
        return sign


_signs_of = lru_cache(maxsize=4)(_Signs)


@lru_cache(maxsize=1 << 14)
def _word_of(grams: Grams, before: str, last: str, char: str) -> tuple[str, float, int]:
    """The end of a word with one more character, what the letter sequences cost that end there or before, in nats, and how
    many of these the model does not have. The word and the character before are given."""
    now, then = traits_of(char), traits_of(last)
    word, cost, unknown = _word(before, last, char), 0.0, 0
    if len(word) >= now.length and not now.is_vowel:
        cost = _gram(grams, word[-now.length :])
        unknown += cost >= UNKNOWN_NATS
    if then.own and now.own != then.own:
        # The last sequence of the word before has its end, or is shorter than others in a script without spaces.
        ending = 0.0
        if then.length == GRAM_LETTERS:
            ending = _gram(grams, (before + "$")[-GRAM_LETTERS:])
            whole = grams.cost_of_whole(before)
            cost, unknown = cost + whole, unknown + (whole >= UNKNOWN_NATS)
        elif len(before) < then.length:
            ending = _gram(grams, before)
        cost, unknown = cost + ending, unknown + (ending >= UNKNOWN_NATS)
    return _kept(word, now.length, grams), cost, unknown


def _kept(word: str, length: int, grams: Grams) -> str:
    """The end of a word that later costs depend on: its last letters, or all of it where words are looked up as a whole."""
    return word[-max(length, grams.whole_letters if length == GRAM_LETTERS else 0) :]


def _gram(grams: Grams, gram: str) -> float:
    return ASCII_GRAM_NATS if gram.isascii() else grams.cost(gram)


def _word(before: str, last: str, char: str) -> str:
    """The end of a word, whose last character is given, with one more character; "" for a character of no word."""
    now = traits_of(char)
    if not now.own or now.is_vowel:
        return before if now.own else ""
    if now.own == traits_of(last).own:
        return before + now.small
    return now.small if now.length < GRAM_LETTERS else "^" + now.small


class _Group(NamedTuple):
    """Ways to which one more character costs the same by its pair: (number, way), the cheapest first."""

    last: str
    inside: bool
    guessed: bool
    ways: list[tuple[int, _Way]]


def _groups(ways: Sequence[_Way]) -> list[_Group]:
    """The groups of ways that are given in order, the cheapest first."""
    if len(ways) == 1:  # at most places
        way = ways[0]
        return [_Group(way.last, way.inside, way.guessed, [(0, way)])]
    found: dict[tuple[str, bool, bool], _Group] = {}
    for number, way in enumerate(ways):
        key = way.last, way.inside, way.guessed
        if (group := found.get(key)) is None:
            group = found[key] = _Group(*key, [])
        group.ways.append((number, way))
    return list(found.values())


#: A way with one more character, not yet weighed by its words: what it costs by pairs, a number that tells it from
#: others, the way, the sequence that is read back, its place, and whether it is one; else its character stands as it is.
_Step = tuple[float, int, _Way, Token, int, bool]


@lru_cache(maxsize=1 << 12)
def _standing(char: str, cost: float) -> tuple[Token]:
    """A character that stands as it is, as if it were a sequence that is read back."""
    return (Token(0, 1, char, (), cost),)


class _Arrivals:
    """The ways that arrive at one place of a run.

    A character costs what its pair and its letter sequences cost. The pair is looked up for all ways, and letter
    sequences, which are dear to look up, only for those that may be among the best by their pairs. `least` is what
    the best way costs, in nats.
    """

    def __init__(self, speller: _Speller) -> None:
        self.speller, self.least = speller, inf
        self._steps: list[_Step] = []
        self._weighed: list[tuple[float, int, _Way]] = []
        self._number = 0

    def add(
        self,
        all_ways: Sequence[_Way],
        groups: Sequence[_Group],
        tokens: Sequence[Token],
        at: int,
        ahead: float,
        *,
        is_read: bool = True,
    ) -> None:
        """All ways to a place, parted in groups, on which one of these sequences is read back, or, where it is not read, its character
        stands as it is. `ahead` is what the best way costs that is further than these already."""
        speller, steps, first, number_of_ways = self.speller, self._steps, self._number, len(all_ways)
        speller.work.left -= number_of_ways * len(tokens)
        most, cheapest = min(self.least, ahead) + MAX_EXTRA_NATS, all_ways[0].cost
        signs, costs = speller.signs, speller.model.costs
        for token in tokens:
            _, _, char, guesses, extra = token
            if cheapest + extra <= most:
                own, symbol, limit = signs[char]
                inside, outside = extra, extra + SWITCH_NATS / 2
                if not is_read:
                    inside, outside = outside, inside
                for last, is_inside, is_guessed, ways in groups:
                    before, last_symbol, _ = signs[last]
                    dear = costs[last_symbol][symbol]
                    is_word = own == before if own and before else own != before
                    by_switch = inside if is_inside else outside
                    by_pair = (PAIR_WEIGHT if is_word else 1.0) * (dear / UNITS_PER_NAT)
                    unseen = 0.0
                    if (guesses or is_guessed) and (
                        dear > limit or char == VERSE_END or (own and last in INDIC_FULL_STOPS)
                    ):
                        unseen = UNSEEN_GUESS_NATS
                    for number, way in ways:
                        cost = way[0] + by_switch + by_pair + unseen
                        if cost > most:
                            break
                        steps.append((cost, first + number, way, token, at, is_read))
            first += number_of_ways
        self._number = first
        # Weigh ways until the best is known.
        if len(steps) > 1:
            heapify(steps)
        while steps and steps[0][0] < self.least:
            self._weigh(heappop(steps))

    def best(self, ahead: float) -> list[_Way]:
        """The best ways, one for each text, in order; none that is much dearer than what is further `ahead` already."""
        most = min(self.least, ahead) + MAX_EXTRA_NATS
        if not self._steps and len(self._weighed) == 1:  # at most places
            cost, _, way = self._weighed[0]
            return [way] if cost <= most else []
        if len(self._steps) + len(self._weighed) <= MAX_WAYS:
            while self._steps and self._steps[0][0] <= most:
                self._weigh(heappop(self._steps))
        else:
            self._weigh_best(most)
        self._weighed.sort(key=itemgetter(0, 1))
        kept: dict[tuple[int, bool], _Way] = {}
        for cost, _, way in self._weighed:
            if cost > most or len(kept) == MAX_WAYS:
                break
            kept.setdefault((way.text, way.inside), way)
        return list(kept.values())

    def _weigh_best(self, most: float) -> None:
        """Weigh the ways that may be among the best and cost at most `most` nats by their pairs."""
        costs: dict[tuple[int, bool], float] = {}
        for cost, _, way in self._weighed:
            costs[way.text, way.inside] = min(cost, costs.get((way.text, way.inside), inf))
        while self._steps and self._steps[0][0] <= most:
            way = self._weigh(heappop(self._steps))
            costs[way.text, way.inside] = min(way.cost, costs.get((way.text, way.inside), inf))
            if len(costs) >= MAX_WAYS and len(self._weighed) % 8 == 0:
                most = min(most, sorted(costs.values())[MAX_WAYS - 1])

    def all(self) -> list[_Way]:
        """All ways, in order."""
        while self._steps:
            self._weigh(heappop(self._steps))
        return [way for _, _, way in sorted(self._weighed, key=itemgetter(0, 1))]

    def _weigh(self, step: _Step) -> _Way:
        by_pairs, number, way, token, at, is_read = step
        _, last, before, _, node, tokens, _, known_unknown = way
        _, _, char, guesses, _ = token
        speller = self.speller
        word, by_words, unknown = _word_of(speller.grams, before, last, char)
        cost, text = by_pairs + by_words, speller.texts.grown(node, char)
        if is_read:
            tokens = (token, at, tokens)
        # The constructor of a named tuple takes three times as long.
        grown = _new(_Way, (cost, char, word, is_read, text, tokens, bool(guesses), known_unknown + unknown))
        self._weighed.append((cost, number, grown))
        if cost < self.least:
            self.least = cost
        return grown


_new = tuple.__new__


def _doubt(ways: Sequence[_Way], texts: _Texts) -> float:
    """How likely another way than the first is right, going by the costs."""
    if len(ways) == 1:
        return 0.0
    best = ways[0]
    text = texts.text(best.text)
    rest = sum(_odds(best, way, text, texts.text(way.text)) for way in ways if way.text != best.text)
    return rest / (1 + rest)


def _odds(best: _Way, way: _Way, text: str, other: str) -> float:
    dearer = way.cost - best.cost
    differing = {c for pair in zip(text, other, strict=False) if pair[0] != pair[1] for c in pair}
    if any(map(script, differing)) or len(text) != len(other):
        scale = WORD_SCALE_NATS if way.unknown > best.unknown else EQUAL_WORD_SCALE_NATS
        scale *= (
            UNPARTED_SCALE_FACTOR if any(script(char) in UNPARTED_GRAM_LETTERS for char in differing) else 1.0
        )
        return exp(-((dearer / scale) ** 2))
    return exp(-dearer / (QUOTE_SCALE_NATS if all(map(_is_mark, differing)) else SIGN_SCALE_NATS))


def _is_mark(char: str) -> bool:
    """Whether this is a quotation mark, or Chinese or Japanese punctuation. Either may stand anywhere."""
    return char in QUOTES or kind(char) in ("cjk punctuation", "fullwidth")
