"""The pair model as arrays, for whole pages at once. What needs no more than a line does without: see `gate`."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from newsarchive.core.charsets import charsets
from newsarchive.core.repairs.gate import MINOR, facts_of
from newsarchive.core.repairs.pairs import SCALE, PairModel

#: Symbols are counted from 1 on here: 0 is a character not met so far.
_NEW = 0
_COMMON = ("", "LATIN")


class Arrays:
    """A pair model by code point and by pair.

    Symbols are numbered anew: `_NEW` is none, those from `foreign` on are letters of other scripts than Latin.
    `costs` and `unseen` hold a value for every two numbers, row after row; `scripts` the script of each, as a
    number, 0 for no letter; `_numbers` the number of each code point met.
    """

    def __init__(self, model: PairModel) -> None:
        facts, self.model = facts_of(model), model
        self._order = sorted(range(len(model.names)), key=lambda i: facts.scripts[i] not in _COMMON)
        self._number = {symbol: number for number, symbol in enumerate(self._order, 1)}
        self.foreign = 1 + sum(name in _COMMON for name in facts.scripts)
        self.size = size = 1 + len(self._order)
        costs = np.frombuffer(b"".join([model.costs[i] for i in self._order]), np.uint8)
        self.costs = np.zeros((size, size), np.uint8)
        self.costs[1:, 1:] = costs.reshape(size - 1, size - 1)[:, self._order]
        plain = np.array([False, *(facts.plain[i] for i in self._order)])
        limits = np.array([0.0, *(model.limits[i] for i in self._order)])
        self.unseen = (self.costs > limits) & ~(plain[:, None] & plain)
        self.unseen[_NEW] = self.unseen[:, _NEW] = True
        names = sorted(set(facts.scripts))  # "" is the first
        self.scripts = np.array([0, *(names.index(facts.scripts[i]) for i in self._order)], np.intp)
        self._numbers = np.zeros(0x110000, np.intp)  # pages of it that no text needs take no memory

    def symbols(self, text: str) -> Any:
        """The symbols of a text."""
        codes = _codes(text)
        found = self._numbers.take(codes)
        return found if np.count_nonzero(found) == len(found) else self._met(codes)

    def total(self, text: str) -> float:
        """See `PairModel.total`."""
        symbols = self.symbols(text)
        return float(self.costs.take(symbols[:-1] * self.size + symbols[1:]).sum()) / SCALE

    def totals(self, text: str, raw: bytes) -> list[float]:
        """What a text costs where its bytes are read with each of `charsets()`.

        `raw` has a byte for each character, 0x3F for one that is to stay as it is.
        """
        codes = np.frombuffer(raw, np.uint8)
        symbols = np.where(codes == 0x3F, self.symbols(text), self._decoded[:, codes])
        pairs = symbols[:, :-1] * self.size + symbols[:, 1:]
        return [float(cost) / SCALE for cost in self.costs.take(pairs).sum(1).tolist()]

    @cached_property
    def _decoded(self) -> Any:
        """Codec by byte → symbol."""
        return np.array([self.symbols("".join(codec.decoded)) for codec in charsets()])

    def suspects(self, text: str) -> list[int]:
        """See `gate.suspects`."""
        codes = _codes(text)
        symbols = self._numbers.take(codes)
        wrong = self.unseen.take(symbols[:-1] * self.size + symbols[1:])
        if np.count_nonzero(wrong) and np.count_nonzero(symbols) < len(symbols):
            symbols = self._met(codes)
            wrong = self.unseen.take(symbols[:-1] * self.size + symbols[1:])
        if symbols.max() >= self.foreign:
            scripts = self.scripts.take(symbols)
            counts = np.bincount(scripts).tolist()
            least = MINOR * sum(counts[1:])
            if any(0 < count < least for count in counts[1:]):
                minor = np.array([False, *(count < least for count in counts[1:])])
                wrong |= (minor.take(scripts) & (codes > 0x7F))[1:]
        return np.flatnonzero(wrong).tolist() if np.count_nonzero(wrong) else []

    def _met(self, codes: Any) -> Any:
        """The symbols of these code points, those not met so far among them."""
        for code in np.unique(codes[self._numbers.take(codes) == _NEW]).tolist():
            self._numbers[code] = self._number[self.model.symbols[chr(code)]]
        return self._numbers.take(codes)


@lru_cache(maxsize=4)
def arrays_of(model: PairModel) -> Arrays:
    """The arrays of a model, made once."""
    return Arrays(model)


def _codes(text: str) -> Any:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.int32)


def non_ascii(text: str) -> list[tuple[int, int]]:
    """Where the runs of characters beyond ASCII are. The text begins and ends with ASCII."""
    odd = _codes(text) > 0x7F
    edges = (np.flatnonzero(odd[1:] != odd[:-1]) + 1).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))
