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
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from newsarchive.core.repairs.characters import SCRIPTS, kind, script
from newsarchive.rules import Rules

MODEL = "encoding.bin"
MAGIC = b"PAIR1"

#: Costs are stored in eighths of a nat, in one byte: 31.9 nats is the dearest pair.
SCALE = 8.0
#: A pair that costs more than this, in nats, has not been seen in clean text.
UNSEEN = 11.0

#: The same for Han and Hangul, of which there are too many for each pair to be known.
UNSEEN_MANY = 14.5


@dataclass(frozen=True, eq=False)
class PairModel:
    """Costs of character pairs.

    `names` are the symbols: a character, or a kind in brackets for all that have no symbol of
    their own. `cost[a * len(names) + b]` is −log P(b | a) in eighths of a nat.
    """

    names: tuple[str, ...]
    cost: bytes = field(repr=False)
    symbols: dict[str, int] = field(repr=False)
    size: int

    @classmethod
    def load(cls, data: bytes) -> PairModel:
        """Read a model file. Raises `ValueError` for bytes that are none."""
        if not data.startswith(MAGIC):
            raise ValueError("not a pair model: build one with `python -m training.encoding`")
        (head,) = struct.unpack_from("<I", data, len(MAGIC))
        at = len(MAGIC) + 4
        header = json.loads(zlib.decompress(data[at : at + head]))
        names = tuple(header["symbols"])
        backing = backing_costs(*(header[name] for name in ("class", "between", "into", "out_of")))
        delta = np.frombuffer(zlib.decompress(data[at + head :]), np.uint8).reshape(backing.shape)
        cost = (backing.astype(np.uint8) + delta).tobytes()
        return cls(names, cost, _Symbols(names, header["members"]), len(names))

    def of(self, text: str) -> float:
        """−log P(text after its first character), in nats."""
        symbols, cost, size = self.symbols, self.cost, self.size
        total, before = 0, symbols[text[0]]
        for char in text[1:]:
            now = symbols[char]
            total += cost[before * size + now]
            before = now
        return total / SCALE

    def total(self, text: str) -> float:
        """The same as `of`, for long texts."""
        symbols = symbols_of(self, text)
        return float(_lookup(self).cost[symbols[:-1] * self.size + symbols[1:]].sum()) / SCALE

    def dearest(self, text: str) -> float:
        """The cost of the least likely pair of a text, in nats."""
        symbols, cost, size = self.symbols, self.cost, self.size
        ids = [symbols[c] for c in text]
        return max((cost[a * size + b] for a, b in pairwise(ids)), default=0) / SCALE


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


def backing_costs(classes: Any, between: Any, into: Any, out_of: Any) -> Any:
    """What the class model says of every two symbols, in eighths of a nat, 255 at most."""
    of = np.asarray(classes)
    costs = np.asarray(between)[of][:, of] + np.asarray(into) + np.asarray(out_of)[:, None]
    return np.clip(costs, 0, 255)


@lru_cache(maxsize=4)
def model_of(rules: Rules) -> PairModel:
    """The pair model of these rules. Raises `ValueError` where they hold none."""
    return PairModel.load(rules.models.get(MODEL, b""))


#: A script that makes up less of the page's letters than this may be mojibake as a whole.
MINOR = 0.3


def suspects(model: PairModel, text: str) -> Sequence[int]:
    """Where a page may be damaged: positions of pairs that clean text does not have, and of letters
    of a script that makes up little of the page. Empty for a clean page."""
    if text.isascii():
        return []
    tables = _lookup(model)
    symbols = symbols_of(model, text)
    wrong = tables.unseen.take(symbols[:-1] * model.size + symbols[1:])
    counts = np.bincount(symbols, minlength=model.size)
    by_script = np.add.reduceat(counts[tables.by_script], tables.borders)
    minor = (by_script > 0) & (by_script < MINOR * by_script.sum())
    if np.count_nonzero(minor):
        wrong |= (np.append(minor, False)[tables.scripts[symbols]] & (_codes(text) > 0x7F))[1:]
    return np.flatnonzero(wrong).tolist() if np.count_nonzero(wrong) else []


def symbols_of(model: PairModel, text: str) -> Any:
    """The symbols of a text, as an array."""
    return _lookup(model).symbols.take(_codes(text), mode="clip")


def _codes(text: str) -> Any:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.int32)


@dataclass(frozen=True, eq=False)
class _Lookup:
    """The model as arrays, for whole pages at once: by code point, by pair, by symbol.

    `by_script` orders the symbols by their scripts, and `borders` says where in it each one starts.
    """

    symbols: Any
    cost: Any
    unseen: Any
    scripts: Any
    by_script: Any
    borders: Any


@lru_cache(maxsize=4)
def _lookup(model: PairModel) -> _Lookup:
    symbols = np.fromiter((model.symbols[chr(c)] for c in range(0x20000)), np.intp, 0x20000)
    cost = np.frombuffer(model.cost, np.uint8).reshape(model.size, model.size)
    many = np.array([name.startswith(("[CJK Lo ", "[HANGUL Lo ")) for name in model.names])
    limit = np.where(many, UNSEEN_MANY, UNSEEN) * SCALE
    plain = np.array([(name.isascii() and len(name) == 1) or name == "[digit]" for name in model.names])
    unseen = (cost > limit) & ~(plain[:, None] & plain)
    return _Lookup(symbols, cost.ravel(), unseen.ravel(), *_scripts(model))


def _scripts(model: PairModel) -> tuple[Any, Any, Any]:
    """Symbol → number of its script; the symbols by script; where each script starts.

    Characters of no script are left out of the second.
    """
    names = [script(n) if len(n) == 1 else n[1:-1].split(" ")[0] for n in model.names]
    # Japanese is written in three scripts at once.
    names = ["CJK" if n in ("HIRAGANA", "KATAKANA") else n for n in names]
    own = sorted(set(names) & set(SCRIPTS))
    numbers = np.array([own.index(n) if n in own else len(own) for n in names])
    order = np.argsort(numbers, kind="stable")
    order = order[: np.count_nonzero(numbers < len(own))]
    borders = np.searchsorted(numbers[order], np.arange(len(own)))
    return numbers, order, borders
