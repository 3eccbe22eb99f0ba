"""A character-pair language model: how likely is this text, in nats, whatever its language?

log P(next | this) for some two thousand characters, with the kind of a character
(`characters.kind`) as backing for pairs and for characters that the word lists never showed
(interpolation with a class model: Brown et al. 1992, "Class-based n-gram models"). The file is
built by `python -m training.encoding`; its layout is described there and read by `PairModel.load`.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from newsarchive.core.text.scripts import kind
from newsarchive.rules import Rules

MODEL = "encoding.bin"
MAGIC = b"PAIR1"

#: Costs are stored in eighths of a nat, in one byte: 31.9 nats is the dearest pair.
SCALE = 8.0
#: A pair that costs more than this, in nats, has not been seen in clean text; one that ends in one of so many
#: characters that not each pair can be known, than that.
UNSEEN, UNSEEN_MANY = 11.0, 14.5
#: The symbols of those: Han, Hangul, emoji.
_MANY = ("[CJK Lo ", "[HANGUL Lo ", "[emoji]")
#: From so many characters on, the costs of a text are summed by numpy.
LONG = 400


@dataclass(frozen=True, eq=False)
class PairModel:
    """Costs of character pairs.

    `names` are the symbols: a character, or a kind in brackets for all that have no symbol of
    their own. `costs[a][b]` is −log P(b | a) in eighths of a nat, by symbol.
    """

    names: tuple[str, ...]
    costs: dict[int, bytes] = field(repr=False)
    symbols: dict[str, int] = field(repr=False)

    @classmethod
    def load(cls, data: bytes) -> PairModel:
        """Read a model file. Raises `ValueError` for bytes that are none."""
        if not data.startswith(MAGIC):
            raise ValueError("not a pair model: build one with `python -m training.encoding`")
        (head,) = struct.unpack_from("<I", data, len(MAGIC))
        at = len(MAGIC) + 4
        header = json.loads(zlib.decompress(data[at : at + head]))
        names = tuple(header["symbols"])
        backing = Backing(*(header[name] for name in ("class", "between", "into", "out_of")))
        costs = _Costs(backing, zlib.decompress(data[at + head :]))
        return cls(names, costs, _Symbols(names, header["members"]))

    def of(self, text: str) -> float:
        """−log P(text after its first character), in nats."""
        symbols, costs = self.symbols, self.costs
        total, row = 0, costs[symbols[text[0]]]
        for char in text[1:]:
            now = symbols[char]
            total += row[now]
            row = costs[now]
        return total / SCALE

    def total(self, text: str) -> float:
        """The same as `of`, for long texts too."""
        if len(text) < LONG:
            return self.of(text)
        from newsarchive.core.repairs.arrays import arrays_of

        return arrays_of(self).total(text)

    @cached_property
    def limits(self) -> tuple[float, ...]:
        """By symbol: the dearest that a pair may be which ends in it and is in clean text, in the units of `costs`."""
        return tuple((UNSEEN_MANY if n.startswith(_MANY) else UNSEEN) * SCALE for n in self.names)

    def is_seen(self, text: str) -> bool:
        """Whether clean text has every pair of this text."""
        symbols, costs, limits = self.symbols, self.costs, self.limits
        row = costs[symbols[text[0]]]
        for char in text[1:]:
            now = symbols[char]
            if row[now] > limits[now]:
                return False
            row = costs[now]
        return True


class _Symbols(dict[str, int]):
    """Character → symbol, worked out at first sight for a character without one of its own."""

    def __init__(self, names: tuple[str, ...], members: dict[str, str]) -> None:
        super().__init__({n: i for i, n in enumerate(names) if len(n) == 1})
        for i, name in enumerate(names):
            self.update(dict.fromkeys(members.get(name, ""), i))
        self.kinds = {n[1:-1]: i for i, n in enumerate(names) if len(n) > 1}

    def __missing__(self, char: str) -> int:
        self[char] = symbol = self.kinds.get(kind(char), self.kinds["other"])
        return symbol


class Backing:
    """What the class model says of every two symbols, in eighths of a nat, 255 at most.

    `classes` is the class of each symbol, `between` the costs of one class after another, `into` what
    each symbol costs in its class, `out_of` what it costs that a symbol's own pairs are left.
    """

    def __init__(
        self,
        classes: Sequence[int],
        between: Sequence[Sequence[int]],
        into: Sequence[int],
        out_of: Sequence[int],
    ) -> None:
        self.classes, self.between, self.into, self.out_of = classes, between, into, out_of
        self._after: dict[int, bytes] = {}

    def row(self, symbol: int) -> bytes:
        """The costs of each symbol after this one."""
        more = self.out_of[symbol]
        return self._of_class(self.classes[symbol]).translate(bytes(range(more, 256)) + b"\xff" * more)

    def _of_class(self, number: int) -> bytes:
        if number not in self._after:
            after = self.between[number]
            costs = zip(self.classes, self.into, strict=True)
            self._after[number] = bytes([min(255, after[c] + own) for c, own in costs])
        return self._after[number]


class _Costs(dict[int, bytes]):
    """Symbol → the costs of each symbol after it, worked out at first sight: a text needs few of them.

    `deltas` is what is added to the backing, modulo 256, row after row.
    """

    def __init__(self, backing: Backing, deltas: bytes) -> None:
        super().__init__()
        self.backing, self.deltas, self.size = backing, deltas, len(backing.classes)
        self.even = int.from_bytes(b"\xff\x00" * (self.size // 2 + 1), "little")

    def __missing__(self, symbol: int) -> bytes:
        at, even, odd = symbol * self.size, self.even, self.even << 8
        a = int.from_bytes(self.backing.row(symbol), "little")
        b = int.from_bytes(self.deltas[at : at + self.size], "little")
        # Every other byte, so that each has room for what it carries over.
        both = ((a & even) + (b & even)) & even | ((a & odd) + (b & odd)) & odd
        self[symbol] = row = both.to_bytes(self.size + 3, "little")[: self.size]
        return row


def model_of(rules: Rules) -> PairModel:
    """The pair model of these rules. Raises `ValueError` where they hold none."""
    return _loaded(rules.models.get(MODEL, b""))


@lru_cache(maxsize=4)
def _loaded(data: bytes) -> PairModel:
    return PairModel.load(data)
