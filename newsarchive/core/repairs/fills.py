"""Which letters were lost: the likeliest way to read a run, and how sure that is.

Every way to read a run competes with the others, from where they part to where they come to the same:
where sequences begin and end, and what was lost in them (a beam search: Lowerre 1976). A word is judged
by the letter sequences that its language is made of (`grams`) and by its pairs; what is no word by its
pairs alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import exp, inf

from newsarchive.core.repairs.grams import LENGTH, LENGTHS, UNKNOWN, GramModel
from newsarchive.core.repairs.pairs import SCALE, PairModel
from newsarchive.core.repairs.pieces import SWITCH
from newsarchive.core.text.scripts import kind, script

#: What a pair counts, in a word, against a sequence of letters (measured on clean text with holes).
PAIRS = 0.5
#: So many ways are followed at once, that cost no more than this beyond the best, in nats.
BEAM, WINDOW = 48, 20.0
#: A sequence of ASCII letters, of which the model holds none, costs this, in nats.
PLAIN_GRAM = 10.0
#: A guess next to a character that clean text does not have there costs so much more, in nats.
NOWHERE = 60.0
#: Full stops of Indic scripts: behind them there is a space.
DANDAS = frozenset("।॥")
#: The one that ends verses: in prose it is hardly ever what was lost.
VERSE = "॥"
#: What a cost says of a way to read, in nats dearer than the best (measured on pages with lost bytes): in
#: words, whose sequences of letters overlap, little at first and then much; where there are none, pairs
#: say less than is known; but not which quotation marks a language has.
WORDED, BARE, QUOTED = 2.8, 0.7, 2.0
#: The first where both ways have the same number of sequences that nobody knows: one may just be rarer.
RARER = 3.7
#: Both count so much more in scripts that do not part words, of which shorter sequences are known.
UNPARTED = 2.0
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
    most = min(ways[0].cost, ahead) + WINDOW
    kept: dict[tuple[str, bool], _Way] = {}
    for way in ways:
        if way.cost > most or len(kept) == BEAM:
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
        scale = WORDED if way.unknown > best.unknown else RARER
        scale *= UNPARTED if any(script(char) in LENGTHS for char in differing) else 1.0
        return exp(-((dearer / scale) ** 2))
    return exp(-dearer / (QUOTED if all(map(_is_mark, differing)) else BARE))


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
        return self._grown(way, char, extra + SWITCH / 2 * way.inside, False, way.tokens)

    def read(self, way: _Way, token: Token) -> _Way:
        """The way, with a sequence read back."""
        extra = token.loss + SWITCH / 2 * (not way.inside)
        return self._grown(way, token.char, extra, True, (*way.tokens, token))

    def _grown(self, way: _Way, char: str, extra: float, inside: bool, tokens: tuple[Token, ...]) -> _Way:
        own, before, unknown = _word(char), _word(way.last), way.unknown
        symbol = self.model.symbols[char]
        dear = self.model.costs[self.model.symbols[way.last]][symbol]
        pair, is_seen = dear / SCALE, dear <= self.model.limits[symbol]
        cost = (
            way.cost
            + extra
            + (PAIRS if (own and before in (own, "")) or (before and not own) else 1.0) * pair
        )
        guessed = inside and bool(tokens[-1].guesses)
        if (guessed or way.guessed) and (not is_seen or (way.last in DANDAS and own) or char == VERSE):
            cost += NOWHERE
        length = _length(char)
        start = "" if length < LENGTH else "^"
        word = ""
        if own and char in VOWELS:
            word = way.word
        elif own:
            word = (way.word if own == before else start) + char.lower()
            gram = self._gram(word[-length:]) if len(word) >= length else 0.0
            cost, unknown = cost + gram, unknown + (gram >= UNKNOWN)
        if before and own != before:
            gram = self._ending(way)
            cost, unknown = cost + gram, unknown + (gram >= UNKNOWN)
        return _Way(cost, char, word[-length:], inside, way.text + char, tokens, guessed, unknown)

    def _ending(self, way: _Way) -> float:
        """What the last sequence of a word costs."""
        length = _length(way.last)
        if length == LENGTH:
            return self._gram((way.word + "$")[-length:])
        return self._gram(way.word) if len(way.word) < length else 0.0

    def _gram(self, gram: str) -> float:
        return PLAIN_GRAM if gram.isascii() else self.grams.cost(gram)


def _word(char: str) -> str:
    own = script(char)
    return _ONE_SCRIPT.get(own, own)


def _length(char: str) -> int:
    return LENGTHS.get(script(char), LENGTH)
