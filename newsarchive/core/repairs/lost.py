"""UTF-8 read with a single-byte codec, some bytes of it lost on the way.

A byte that the codec does not define may be gone, or stand as U+FFFD or `?`; a no-break space may
have become a space, a soft hyphen be dropped. Where sequences begin and end is the cheapest way
through a run (`Lossy.tokens`); what was lost in them is guessed by `fills`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from newsarchive.core.charsets import Charset
from newsarchive.core.repairs.characters import is_allowed, kind
from newsarchive.core.repairs.fills import Place, filled
from newsarchive.core.repairs.grams import GramModel
from newsarchive.core.repairs.mojibake import Reading
from newsarchive.core.repairs.pairs import SCALE, PairModel
from newsarchive.core.repairs.pieces import SWITCH

#: Runs that may be damaged, with the rest of their words, joined over what a lost byte may have become.
JOINED = re.compile(r"(?<![A-Za-z])[A-Za-z]*(?:[^\x00-\x7f]++[? ]{0,2}[A-Za-z]*)++")
#: What stands for a lost byte: nothing, or one of these.
SPELLINGS = ("", "\ufffd", "?")
#: What one lost byte costs, in nats; one that can only have been one thing.
LOSS, PLAIN = 4.0, 1.0
#: What it costs to leave a character as it stands that begins sequences elsewhere on the page.
TORN = 6.0
#: More guesses than this for one character are none.
GUESSES = 160
#: So many ways are followed at each character.
WAYS = 24


@dataclass(frozen=True, slots=True)
class Token:
    """A sequence read back: `run[start:end]` is `char`; `guesses` are what else it may be."""

    start: int
    end: int
    char: str
    guesses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Path:
    cost: float
    symbol: int
    inside: bool
    tokens: tuple[Token, ...] = ()


@dataclass(frozen=True, slots=True)
class Mended:
    """A run after the guesses: its readings, what they gain, whether nothing doubtful is left."""

    readings: tuple[Reading, ...]
    gain: float
    is_whole: bool


@dataclass(frozen=True)
class Lossy:
    """The hypothesis that UTF-8 was read with a codec, and its undefined bytes lost.

    `spaces` says whether a space may have been a no-break space, `heads` which characters begin
    sequences on this page.
    """

    charset: Charset
    spelling: str
    spaces: bool = True
    heads: frozenset[str] = frozenset()

    def mended(self, run: str, model: PairModel, grams: GramModel) -> Mended:
        """A run, one character of context at either end, with everything read back that can be."""
        tokens = self.tokens(run, model)
        places: list[Place] = []
        at = 1
        for token in tokens:
            places += [(c,) for c in run[at : token.start]]
            others = (c for c in token.guesses if c != token.char)
            places.append((token.char, *others))
            at = token.end
        places += [(c,) for c in run[at:-1]]
        text, is_sure = filled(places, run[0], run[-1], model, grams)
        readings = tuple(self._readings(run, tokens, text, model))
        gain = model.of(run) - model.of(run[0] + text + run[-1]) - sum(map(_loss, tokens))
        return Mended(readings, gain, is_sure and not self._is_torn(run, tokens, text, model))

    def gain(self, run: str, model: PairModel) -> float:
        """What a run gains by this hypothesis, its guesses not yet judged."""
        out, at, lost = [], 0, 0.0
        for token in self.tokens(run, model):
            out += [run[at : token.start], token.char]
            at, lost = token.end, lost + _loss(token)
        return model.of(run) - model.of("".join([*out, run[at:]])) - lost

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
            gain = model.of(before + run[start:end] + behind) - model.of(before + after + behind)
            lost = sum(_loss(token) for token, _ in piece)
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
            if not model.is_seen(whole[i : i + 2]) and any(
                (o.guesses if o else self._is_part(c))
                for o, c in ((owners[i], whole[i]), (owners[i + 1], whole[i + 1]))
            ):
                return True
        return bool(tokens) and ("\ufffd" in text or self._has_heads(owners, whole))

    def _has_heads(self, owners: list[Token | None], whole: str) -> bool:
        return any(o is None and c in self.heads for o, c in zip(owners, whole, strict=True))

    def _is_part(self, char: str) -> bool:
        byte = self.charset.inverse.get(ord(char), 0) if char > "\x7f" else 0
        return 0x80 <= byte <= 0xF4

    def tokens(self, run: str, model: PairModel) -> tuple[Token, ...]:
        """The cheapest way through a run: each character as it stands, or a sequence read back."""
        raw = self.charset.to_bytes(run)
        ids = [model.symbols[c] for c in run]
        paths: list[dict[tuple[int, bool], _Path]] = [{} for _ in range(len(run) + 2)]
        paths[1] = {(ids[0], False): _Path(0, ids[0], False)}
        for at in range(1, len(run)):
            tokens = list(self._starting(run, raw, at)) if at < len(run) - 1 else []
            ways = list(paths[at].values())
            for path in sorted(ways, key=_cost)[:WAYS] if len(ways) > WAYS else ways:
                _extend(model, paths[at + 1], path, ids[at], None, TORN * (run[at] in self.heads))
                for token in (t for t in tokens if t.end < len(run)):
                    _extend(model, paths[token.end], path, model.symbols[token.char], token)
        ends = paths[len(run)].values()
        return min(ends, key=_cost).tokens if ends else ()

    def _starting(self, run: str, raw: bytes, at: int) -> Iterator[Token]:
        """The sequences that may start here."""
        byte = raw[at]
        if run[at] == self.spelling or (run[at] > "\x7f" and 0x80 <= byte < 0xC0 and not self.spelling):
            yield from self._headless(run, raw, at)
        if run[at] > "\x7f" and 0xC2 <= byte <= 0xF4:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            for end, choices in self._tails(run, raw, at + 1, length - 1):
                lost = any(len(c) > 1 or c[0] >= 256 for c in choices) or end - at < length
                yield from _decoded(at, end, [(byte,), *choices], lost)

    def _headless(self, run: str, raw: bytes, at: int) -> Iterator[Token]:
        """Sequences of two bytes of which the first was lost."""
        width = len(self.spelling)
        there = at + width
        if raw[there : there + 1] and 0x80 <= raw[there] < 0xC0 and run[there] > "\x7f":
            yield from _decoded(at, there + 1, [self._heads, (raw[there],)], True)

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
            yield 0, self._gone, True

    @cached_property
    def _lost(self) -> tuple[int, ...]:
        return tuple(b for b in sorted(self.charset.undefined) if b < 0xC0)

    @cached_property
    def _gone(self) -> tuple[int, ...]:
        return (*self._lost, *([0xAD] if self.charset.decoded[0xAD] == "\xad" else []))

    @cached_property
    def _heads(self) -> tuple[int, ...]:
        return tuple(b for b in sorted(self.charset.undefined) if 0xC2 <= b < 0xE0)


def _decoded(at: int, end: int, choices: list[tuple[int, ...]], lost: bool) -> Iterator[Token]:
    """One token for each character that the choices allow. A byte with 256 added was a space."""
    chars = []
    for sequence in _sequences(choices):
        try:
            char = bytes(b & 255 for b in sequence).decode()
        except UnicodeDecodeError:
            continue
        if is_allowed(char) and not (lost and kind(char) == "format" and char not in _JOINERS):
            chars.append(char)
    guesses = tuple(chars) if lost else ()
    for char in chars if len(chars) <= GUESSES else ():
        yield Token(at, end, char, guesses)


#: What is invisible and yet belongs to the spelling of Persian and Indic words.
_JOINERS = "\u200c\u200d"


def _sequences(choices: list[tuple[int, ...]]) -> Iterable[tuple[int, ...]]:
    number = 1
    for choice in choices:
        number *= len(choice)
    return product(*choices) if number <= 4 * GUESSES else ()


def _loss(token: Token) -> float:
    return 0.0 if not token.guesses else PLAIN if len(token.guesses) == 1 else LOSS


def _cost(path: _Path) -> float:
    return path.cost


def _extend(
    model: PairModel,
    ends: dict[tuple[int, bool], _Path],
    path: _Path,
    symbol: int,
    token: Token | None,
    extra: float = 0.0,
) -> None:
    cost = path.cost + extra + model.costs[path.symbol][symbol] / SCALE
    inside = token is not None
    cost += SWITCH * (inside != path.inside) / 2 + (_loss(token) if token else 0)
    if (known := ends.get((symbol, inside))) is None or cost < known.cost:
        ends[symbol, inside] = _Path(cost, symbol, inside, (*path.tokens, token) if token else path.tokens)


def lossy(text: str, charset: Charset, heads: frozenset[str]) -> list[Lossy]:
    """The hypotheses that a page gives cause for."""
    return [Lossy(charset, s, "\xa0" not in text, heads) for s in SPELLINGS if s in text]
