"""UTF-8 read with a single-byte codec, some bytes of it lost on the way.

A byte that the codec does not define may be gone, or stand as U+FFFD or `?`; a no-break space may
have become a space, a soft hyphen be dropped. What was there is guessed from its neighbours, and
only where one guess is much likelier than the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from newsarchive.core.characters import is_allowed, kind
from newsarchive.core.charsets import Charset, charsets
from newsarchive.core.mojibake import Found, Reading
from newsarchive.core.pairs import SCALE, PairModel
from newsarchive.core.pieces import SWITCH

#: Runs that may be damaged, joined over what a lost byte may have become.
JOINED = re.compile(r"[^\x00-\x7f]+(?:[? ][^\x00-\x7f]+)*[? ]?")
#: What stands for a lost byte: nothing, or one of these.
SPELLINGS = ("", "\ufffd", "?")
#: What one lost byte costs, in nats.
LOSS = 4.0
#: By how much the best guess must be likelier than the next, in nats.
MARGIN = 0.7


@dataclass(frozen=True, slots=True)
class _Token:
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
    tokens: tuple[_Token, ...] = ()


@dataclass(frozen=True)
class Lossy:
    """The hypothesis that UTF-8 was read with a codec, and its undefined bytes lost."""

    charset: Charset
    spelling: str

    def readings(self, runs: Iterable[str], model: PairModel) -> Found:
        """Run → its readings, for runs with one character of context at either end."""
        return {run: found for run in runs if (found := list(self._of(run, model)))}

    def _of(self, run: str, model: PairModel) -> Iterator[Reading]:
        tokens = [t for t in self._cheapest(run, model) if t]
        sure = [t for i, t in enumerate(tokens) if _is_sure(model, run, tokens, i)]
        for piece in _joined(sure):
            start, end = piece[0].start, piece[-1].end
            after = "".join(t.char for t in piece)
            before, behind = run[start - 1], run[end : end + 1] or " "
            gain = model.of(before + run[start:end] + behind) - model.of(before + after + behind)
            lost = sum(bool(t.guesses) for t in piece)
            if is_allowed(after):
                rule = self.charset.variant(run[start:end]) + (", bytes lost" if lost else "")
                yield Reading(start, end, after, rule, gain - LOSS * lost)

    def _cheapest(self, run: str, model: PairModel) -> tuple[_Token, ...]:
        """The cheapest way through a run: each character as it stands, or a sequence read back."""
        raw = self.charset.to_bytes(run)
        ids = [model.symbols[c] for c in run]
        paths: list[dict[tuple[int, bool], _Path]] = [{} for _ in range(len(run) + 2)]
        paths[1] = {(ids[0], False): _Path(0, ids[0], False)}
        for at in range(1, len(run)):
            tokens = list(self._tokens(run, raw, at)) if at < len(run) - 1 else []
            for path in sorted(paths[at].values(), key=lambda p: p.cost)[:24]:
                _extend(model, paths[at + 1], path, ids[at], None)
                for token in (t for t in tokens if t.end < len(run)):
                    _extend(model, paths[token.end], path, model.symbols[token.char], token)
        ends = paths[len(run)].values()
        return min(ends, key=lambda p: p.cost).tokens if ends else ()

    def _tokens(self, run: str, raw: bytes, at: int) -> Iterator[_Token]:
        """The sequences that may start here, at most one byte of each lost."""
        lead = raw[at]
        if not 0xC2 <= lead <= 0xF4 or run[at] < "\x80":
            return
        length = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
        for place in range(1, length + 1):
            head = raw[at : at + place]
            if any(not 0x80 <= b < 0xC0 for b in head[1:]):
                return
            if place == length:
                yield from _decoded([(head, at + length)], at)
            else:
                yield from self._lossy(run, raw, at, length, place)

    def _lossy(self, run: str, raw: bytes, at: int, length: int, place: int) -> Iterator[_Token]:
        """Sequences with byte number `place` lost; of each spelling one can only be the guess."""
        there = at + place
        for width, fills in self._fills(run[there : there + 1]):
            tail = raw[there + width : there + width + length - place - 1]
            if len(tail) == length - place - 1 and all(0x80 <= b < 0xC0 for b in tail):
                heads = [(raw[at:there] + bytes([f]) + tail, there + width + len(tail)) for f in fills]
                yield from _decoded(heads, at, lossy=True)

    def _fills(self, char: str) -> Iterator[tuple[int, list[int]]]:
        """How many characters stand for the lost byte, and which bytes it may have been."""
        unknown = [b for b in sorted(self.charset.undefined) if b < 0xC0]
        if self.spelling == "":
            yield 0, [*unknown, *([0xAD] if self.charset.decoded[0xAD] == "\xad" else [])]
        elif char == self.spelling:
            yield 1, unknown
        if char == " " and self.charset.decoded[0xA0] == "\xa0":
            yield 1, [0xA0]


def _decoded(sequences: list[tuple[bytes, int]], at: int, lossy: bool = False) -> Iterator[_Token]:
    chars = []
    for sequence, end in sequences:
        try:
            chars.append((sequence.decode(), end))
        except UnicodeDecodeError:
            continue
    guesses = tuple(c for c, _ in chars) if lossy else ()
    for char, end in chars:
        if is_allowed(char) and not (lossy and kind(char) == "format"):
            yield _Token(at, end, char, guesses)


def _extend(
    model: PairModel, ends: dict[tuple[int, bool], _Path], path: _Path, symbol: int, token: _Token | None
) -> None:
    cost = path.cost + model.cost[path.symbol * model.size + symbol] / SCALE
    inside = token is not None
    cost += SWITCH * (inside != path.inside) / 2 + (LOSS if token and token.guesses else 0)
    if (known := ends.get((symbol, inside))) is None or cost < known.cost:
        ends[symbol, inside] = _Path(cost, symbol, inside, (*path.tokens, token) if token else path.tokens)


def _is_sure(model: PairModel, run: str, tokens: list[_Token], number: int) -> bool:
    """Whether what is lost here can only have been one thing, going by its neighbours."""
    token = tokens[number]
    if len(token.guesses) < 2:
        return True
    before = run[token.start - 1]
    if number and tokens[number - 1].end == token.start:
        before = tokens[number - 1].char
    after = run[token.end : token.end + 1] or " "
    if number + 1 < len(tokens) and tokens[number + 1].start == token.end:
        after = tokens[number + 1].char
    costs = sorted(model.of(before + guess + after) for guess in token.guesses)
    return costs[1] - costs[0] >= MARGIN


def _joined(tokens: list[_Token]) -> list[list[_Token]]:
    """Tokens that follow each other, as one."""
    pieces: list[list[_Token]] = []
    for token in tokens:
        if pieces and pieces[-1][-1].end == token.start:
            pieces[-1].append(token)
        else:
            pieces.append([token])
    return pieces


def lossy(text: str, names: set[str]) -> list[Lossy]:
    """The hypotheses that a page gives cause for: of the named codecs."""
    spellings = [s for s in SPELLINGS if s in text]
    wanted = [c for c in charsets() if c.name in names]
    return [Lossy(c, s) for c in wanted for s in spellings]
