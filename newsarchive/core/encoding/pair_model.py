"""A character-pair language model: how likely is this text, in nats, whatever its language?

log P(next | this) for some two thousand characters, with the kind of a character
(`characters.kind`) as backing for pairs and for characters that the word lists never showed
(interpolation with a class model: Brown et al. 1992, "Class-based n-gram models"). The file is
built by `python -m training.encoding`; its layout is described there and read by `PairModel.load`.

Where a page may be damaged: what lets clean text through, at little cost.

Every pair of characters is looked up among those that clean text has: of a page as arrays, of a line
run by run, so that to repair a line takes no numpy, which needs a tenth of a second to load.

The pair model as arrays, for whole pages at once. What needs no more than a line does without: see `gate`.
"""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from newsarchive.core.encoding.charsets import charsets
from newsarchive.core.text.scripts import SCRIPTS, kind, script
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


#: A script that makes up less of the page's letters than this may be mojibake as a whole.
MINOR = 0.3
#: A text of fewer characters is a line.
LINE = 240

#: What is not plain: any two others may meet, in addresses, code, typing errors.
_ODD = re.compile(r"[^\n\t -~]+")
_NO_LETTERS = bytes(b for b in range(256) if not (b < 128 and chr(b).isalpha()))


def suspects(model: PairModel, text: str) -> Sequence[int]:
    """Where a page may be damaged: positions of pairs that clean text does not have, and of letters
    of a script that makes up little of the page. Empty for a clean page."""
    if text.isascii():
        return []
    if len(text) < LINE:
        return _by_runs(model, text)

    return arrays_of(model).suspects(text)


def _by_runs(model: PairModel, text: str) -> list[int]:
    runs = [match.span() for match in _ODD.finditer(text)]
    found = []
    for start, end in runs:
        first = start - 1 if start else 0
        if places := _unseen_in(model, text[first : end + 1]):
            found += [first + place for place in places]
    odd = "".join([text[start:end] for start, end in runs])
    if minor := _minor(model, text, odd):
        of_minor = (i - 1 for start, end in runs for i in range(start, end) if text[i] in minor)
        found = sorted({*found, *of_minor} - {-1})
    return found


def _minor(model: PairModel, text: str, odd: str) -> set[str]:
    """The letters of scripts that make up little of a page: `odd` is all in it that is not plain."""
    names = facts_of(model).scripts
    scripts = {char: name for char in set(odd) if (name := names[model.symbols[char]])}
    if {"LATIN"}.issuperset(scripts.values()):
        return set()
    raw = text.encode("utf-8", "surrogatepass")
    counts = Counter({"LATIN": len(raw.translate(None, _NO_LETTERS))})
    for char, number in Counter(odd).items():
        if char in scripts:
            counts[scripts[char]] += number
    least = MINOR * counts.total()
    return {char for char, name in scripts.items() if counts[name] < least}


@lru_cache(maxsize=1 << 13)
def _unseen_in(model: PairModel, run: str) -> tuple[int, ...]:
    """Where the pairs of a run are that clean text does not have."""
    facts, costs, limits = facts_of(model), model.costs, model.limits
    ids = [model.symbols[c] for c in run]
    return tuple(
        at
        for at, (a, b) in enumerate(pairwise(ids))
        if costs[a][b] > limits[b] and not (facts.plain[a] and facts.plain[b])
    )


@dataclass(frozen=True, eq=False)
class Facts:
    """By symbol: whether it is plain; its script, or "" for none that pages are written in."""

    plain: tuple[bool, ...]
    scripts: tuple[str, ...]


@lru_cache(maxsize=4)
def facts_of(model: PairModel) -> Facts:
    return Facts(
        plain=tuple((n.isascii() and len(n) == 1) or n == "[digit]" for n in model.names),
        scripts=tuple(map(_script, model.names)),
    )


def _script(name: str) -> str:
    own = script(name) if len(name) == 1 else name[1:-1].split(" ")[0]
    # Japanese is written in three scripts at once.
    return "CJK" if own in ("HIRAGANA", "KATAKANA") else own if own in SCRIPTS else ""


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
