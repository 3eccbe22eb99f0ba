"""How likely a text is, in nats, whatever its language, judged by pairs of characters: `â€™` is far less likely than `’`.

The model gives log P(next | this) for some two thousand characters. The kind of a character (`core.text.scripts.kind`)
backs pairs and characters that the word lists never showed (interpolation with a class model: Brown et al. 1992,
"Class-based n-gram models"). The file is built by `python -m training.encoding`, which describes its layout, and read
by `PairModel.load`.

`suspects` tells at little cost where a text may be damaged: it looks up every pair among those that clean text has. A
page is looked up as arrays (`PairArrays`). A line is looked up run by run, because to load numpy takes a tenth of a
second, and to repair a line should not.
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
from typing import Any, cast

from newsarchive.core.encoding.charsets import charsets
from newsarchive.core.text.scripts import SCRIPTS, kind, script
from newsarchive.rules import Rules

#: The model's key in `Rules.models`.
MODEL_FILE = "encoding.bin"
#: The first bytes of a model file.
MAGIC = b"PAIR1"
#: Costs are stored in eighths of a nat, one byte each: the dearest pair costs 31.9 nats.
UNITS_PER_NAT = 8.0
#: Nats. Clean text has the pairs that cost this or less, and none that costs more.
MAX_CLEAN_PAIR_NATS = 11.0
#: Nats. The bound of clean text for a pair that ends in a character of `_LARGE_KINDS`.
MAX_CLEAN_LARGE_KIND_NATS = 14.5
#: Beginnings of the symbols of Han, Hangul and emoji, which have more characters than word lists can show pairs of.
_LARGE_KINDS = ("[CJK Lo ", "[HANGUL Lo ", "[emoji]")
#: Characters of a text. Numpy sums the costs of the pairs of a text of this length or longer, plain Python those of a shorter
#: one. Below 70 characters plain Python takes less time.
MIN_NUMPY_CHARACTERS = 100
#: A script with less than this share of a page's letters may be mojibake as a whole.
MIN_SCRIPT_SHARE = 0.3
#: Characters whose symbol is remembered, over all pages together; a site in Chinese has some 8,000. The symbol of a further
#: character is worked out each time that it comes: noise may hold a million different characters, and each remembered one takes
#: 100 bytes until the process ends.
MAX_REMEMBERED_CHARACTERS = 1 << 15
#: Characters of a text. A shorter text is a line, and its suspects are looked up without numpy.
MIN_PAGE_CHARACTERS = 240


@dataclass(frozen=True, eq=False)
class PairModel:
    """Costs of character pairs.

    `names` are the symbols: a character, or a kind in brackets for all characters that have no symbol of their own.
    `costs[a][b]` is −log P(b | a) in eighths of a nat, by symbol. `symbols` gives the symbol of a character.
    """

    names: tuple[str, ...]
    costs: _Costs = field(repr=False)
    symbols: dict[str, int] = field(repr=False)

    @classmethod
    def load(cls, data: bytes) -> PairModel:
        """Read a model file. Raises `ValueError` for bytes that are no pair model."""
        if not data.startswith(MAGIC):
            raise ValueError("not a pair model: build one with `python -m training.encoding`")
        (head,) = struct.unpack_from("<I", data, len(MAGIC))
        at = len(MAGIC) + 4
        header = json.loads(zlib.decompress(data[at : at + head]))
        names = tuple(header["symbols"])
        backing = Backing(*(header[name] for name in ("class", "between", "into", "out_of")))
        costs = _Costs(backing, zlib.decompress(data[at + head :]))
        return cls(names, costs, _Symbols(names, header["members"]))

    def cost(self, text: str) -> float:
        """−log P(text after its first character), in nats."""
        if len(text) >= MIN_NUMPY_CHARACTERS:
            return arrays_of(self).cost(text)
        symbols, costs = self.symbols, self.costs
        total, row = 0, costs[symbols[text[0]]]
        for char in text[1:]:
            now = symbols[char]
            total += row[now]
            row = costs[now]
        return total / UNITS_PER_NAT

    def gain(self, text: str, start: int, end: int, after: str) -> float:
        """How much likelier a text is with `after` in place of `text[start:end]`, in nats."""
        before, behind = text[start - 1 : start] or "\n", text[end : end + 1] or "\n"
        return self.cost(before + text[start:end] + behind) - self.cost(before + after + behind)

    @cached_property
    def limits(self) -> tuple[float, ...]:
        """By symbol: the most that a pair of clean text which ends in it may cost, in the units of `costs`."""
        return tuple(
            (MAX_CLEAN_LARGE_KIND_NATS if name.startswith(_LARGE_KINDS) else MAX_CLEAN_PAIR_NATS)
            * UNITS_PER_NAT
            for name in self.names
        )

    @cached_property
    def plain(self) -> tuple[bool, ...]:
        """By symbol: whether it is plain, so that any other plain one may stand beside it."""
        return tuple((n.isascii() and len(n) == 1) or n == "[digit]" for n in self.names)

    @cached_property
    def scripts(self) -> tuple[str, ...]:
        """By symbol: its script, "" for no script that pages are written in."""
        return tuple(map(_script, self.names))

    def is_clean(self, text: str) -> bool:
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
    """Character → symbol, worked out at first sight for a character without a symbol of its own."""

    def __init__(self, names: tuple[str, ...], members: dict[str, str]) -> None:
        super().__init__({n: i for i, n in enumerate(names) if len(n) == 1})
        for i, name in enumerate(names):
            self.update(dict.fromkeys(members.get(name, ""), i))
        self.kinds = {n[1:-1]: i for i, n in enumerate(names) if len(n) > 1}

    def __missing__(self, char: str) -> int:
        symbol = self.kinds.get(kind(char), self.kinds["other"])
        if len(self) < MAX_REMEMBERED_CHARACTERS:
            self[char] = symbol
        return symbol


class Backing:
    """What every pair costs by the classes of its two symbols alone, in eighths of a nat, at most 255.

    `classes` is the class of each symbol, and `between[a][b]` the cost of class b after class a. `into` is the cost of each
    symbol within its class. `out_of` is a further cost of each first symbol: that its pair is none of those that the word
    lists showed.
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
        number, more = self.classes[symbol], self.out_of[symbol]
        if number not in self._after:
            after = self.between[number]
            costs = zip(self.classes, self.into, strict=True)
            self._after[number] = bytes([min(255, after[c] + own) for c, own in costs])
        return self._after[number].translate(bytes(range(more, 256)) + b"\xff" * more)


class _Costs(dict[int, bytes]):
    """Symbol → the costs of each symbol after it. A row is worked out at first sight, because a text needs few.

    `deltas` has a byte for each pair, row after row, which is added to what `backing` says of the pair, modulo 256.
    """

    def __init__(self, backing: Backing, deltas: bytes) -> None:
        super().__init__()
        self.backing, self.deltas, self.size = backing, deltas, len(backing.classes)
        self.even = int.from_bytes(b"\xff\x00" * (self.size // 2 + 1), "little")
        self._table: Any = None

    def __missing__(self, symbol: int) -> bytes:
        if self._table is not None:
            known: bytes = self._table[symbol].tobytes()
            self[symbol] = known
            return known
        at, even, odd = symbol * self.size, self.even, self.even << 8
        a = int.from_bytes(self.backing.row(symbol), "little")
        b = int.from_bytes(self.deltas[at : at + self.size], "little")
        # Every other byte at a time, so that the byte between has room for the carry.
        both = ((a & even) + (b & even)) & even | ((a & odd) + (b & odd)) & odd
        self[symbol] = row = both.to_bytes(self.size + 3, "little")[: self.size]
        return row

    def table(self) -> Any:
        """All rows at once: a numpy array (uint8) of shape (symbols, symbols). Rows that are asked for later are
        copied out of it."""
        import numpy as np

        backing, shape = self.backing, (self.size, self.size)
        classes = np.array(backing.classes)
        of_classes = np.array(backing.between, np.uint16)[:, classes] + np.array(backing.into, np.uint16)
        out_of = np.array(backing.out_of, np.uint16)[:, None]
        backed = np.minimum(np.minimum(of_classes, 255)[classes] + out_of, 255).astype(np.uint8)
        self._table = backed + np.frombuffer(self.deltas, np.uint8, self.size**2).reshape(shape)
        return self._table


def model_of(rules: Rules) -> PairModel:
    """The pair model of these rules. Raises `ValueError` where they hold none."""
    return _loaded(rules.models.get(MODEL_FILE, b""))


_loaded = lru_cache(maxsize=4)(PairModel.load)


#: Characters that are not plain. Any two plain ones may meet: in addresses, code, typing errors.
_NOT_PLAIN = re.compile(r"[^\n\t -~]+")
_NO_LETTERS = bytes(b for b in range(256) if not (b < 128 and chr(b).isalpha()))


def suspects(model: PairModel, text: str) -> Sequence[int]:
    """Where a text may be damaged: the positions of pairs that clean text does not have, and of letters of a script
    that has less than `MIN_SCRIPT_SHARE` of the text's letters. Empty for a clean text."""
    if text.isascii():
        return []
    return _by_runs(model, text) if len(text) < MIN_PAGE_CHARACTERS else arrays_of(model).suspects(text)


def _by_runs(model: PairModel, text: str) -> list[int]:
    spans = [match.span() for match in _NOT_PLAIN.finditer(text)]
    found = []
    for start, end in spans:
        first = start - 1 if start else 0
        if places := unclean_pairs(model, text[first : end + 1]):
            found += [first + place for place in places]
    not_plain = "".join([text[start:end] for start, end in spans])
    if minor := _letters_of_minor_scripts(model, text, not_plain):
        of_minor = (i - 1 for start, end in spans for i in range(start, end) if text[i] in minor)
        found = sorted({*found, *of_minor} - {-1})
    return found


def _letters_of_minor_scripts(model: PairModel, text: str, not_plain: str) -> set[str]:
    """The letters of scripts below `MIN_SCRIPT_SHARE`; `not_plain` holds all characters that are not plain."""
    names, symbols = model.scripts, model.symbols
    scripts = {char: name for char in set(not_plain) if (name := names[symbols[char]])}
    if {"LATIN"}.issuperset(scripts.values()):
        return set()
    raw = text.encode("utf-8", "surrogatepass")
    counts = Counter({"LATIN": len(raw.translate(None, _NO_LETTERS))})
    for char, number in Counter(not_plain).items():
        if char in scripts:
            counts[scripts[char]] += number
    least = MIN_SCRIPT_SHARE * counts.total()
    return {char for char, name in scripts.items() if counts[name] < least}


@lru_cache(maxsize=1 << 13)
def unclean_pairs(model: PairModel, run: str) -> tuple[int, ...]:
    """The positions in a run of characters at which a pair begins that clean text does not have."""
    plain, costs, limits = model.plain, model.costs, model.limits
    ids = [model.symbols[c] for c in run]
    return tuple(
        at
        for at, (a, b) in enumerate(pairwise(ids))
        if costs[a][b] > limits[b] and not (plain[a] and plain[b])
    )


def _script(name: str) -> str:
    own = script(name) if len(name) == 1 else name[1:-1].split(" ")[0]
    # Japanese is written in three scripts at once.
    return "CJK" if own in ("HIRAGANA", "KATAKANA") else own if own in SCRIPTS else ""


#: Symbols are numbered from 1 on in `PairArrays`: 0 is a character not met so far.
_NEW = 0
#: Bits of `PairArrays.flags`: clean text does not have the pair.
_UNCLEAN = 1
#: A character of the pair was not met so far.
_UNMET = 2
#: The second character is a letter of another script than Latin.
_FOREIGN = 4
#: The scripts that are not looked at: no script, and Latin.
_COMMON_SCRIPTS = ("", "LATIN")


class PairArrays:
    """A pair model by code point and by pair, for whole pages at once.

    Symbols are numbered anew: `_NEW` is no symbol. `costs` and `flags` (`_UNCLEAN`, `_UNMET`, `_FOREIGN`) are uint8 and
    have shape (symbols + 1, symbols + 1): one look at a pair tells all that a clean page is asked. `scripts` holds the
    script of each symbol, as a number, 0 for no letter and the last one for letters of ASCII, which are no damage;
    `_numbers` the symbol of each code point met so far.
    """

    def __init__(self, model: PairModel) -> None:
        import numpy as np

        self.model = model
        self.size = size = 1 + len(model.names)
        self.costs = np.zeros((size, size), np.uint8)
        self.costs[1:, 1:] = model.costs.table()
        plain = np.array([False, *model.plain])
        unclean = (self.costs > np.array([0.0, *model.limits])) & ~(plain[:, None] & plain)
        foreign = np.array([False, *(name not in _COMMON_SCRIPTS for name in model.scripts)])
        self.flags = _UNCLEAN * unclean.astype(np.uint8) + _FOREIGN * foreign.astype(np.uint8)
        self.flags[_NEW] = self.flags[:, _NEW] = _UNMET
        names = sorted(set(model.scripts))  # "" is the first
        self._latin, self._ascii = names.index("LATIN"), len(names)
        numbers = [
            self._ascii if own == "LATIN" and name.isascii() and len(name) == 1 else names.index(own)
            for name, own in zip(model.names, model.scripts, strict=True)
        ]
        self.scripts = np.array([0, *numbers], np.intp)
        self._numbers = np.zeros(0x110000, np.intp)  # its pages that no text needs take no memory

    def symbols(self, text: str) -> Any:
        """The symbols of a text, one for each character."""
        import numpy as np

        codes = _codes(text)
        found = self._numbers.take(codes)
        return found if np.count_nonzero(found) == len(found) else self._met(codes)

    def cost(self, text: str) -> float:
        """See `PairModel.cost`."""
        symbols = self.symbols(text)
        return float(self.costs.take(symbols[:-1] * self.size + symbols[1:]).sum()) / UNITS_PER_NAT

    def costs_by_codec(self, text: str, raw: bytes) -> list[float]:
        """What a text costs where its bytes are read with each of `charsets()`, in nats.

        `raw` has a byte for each character, 0x3F for a character that is to stay as it is.
        """
        import numpy as np

        codes = np.frombuffer(raw, np.uint8)
        symbols = np.where(codes == 0x3F, self.symbols(text), self._decoded[:, codes])
        pairs = symbols[:, :-1] * self.size + symbols[:, 1:]
        return [float(cost) / UNITS_PER_NAT for cost in self.costs.take(pairs).sum(1).tolist()]

    @cached_property
    def _decoded(self) -> Any:
        """Symbols, shape (codecs, 256)."""
        import numpy as np

        return np.array([self.symbols("".join(codec.decoded)) for codec in charsets()])

    def suspects(self, text: str) -> list[int]:
        """See `suspects`."""
        import numpy as np

        codes, either = _codes(text), cast(Any, np.bitwise_or)
        symbols = self._numbers.take(codes)
        flags = self.flags.take(symbols[:-1] * self.size + symbols[1:])
        met = either.reduce(flags)
        if met & _UNMET:
            symbols = self._met(codes)
            flags = self.flags.take(symbols[:-1] * self.size + symbols[1:])
            met = either.reduce(flags)
        if met & _FOREIGN:
            scripts = self.scripts.take(symbols)
            counts = np.bincount(scripts, minlength=self._ascii + 1).tolist()
            counts[self._latin] += counts.pop()
            least = MIN_SCRIPT_SHARE * sum(counts[1:])
            minor = [_UNCLEAN * (0 < count < least) for count in counts]
            if _UNCLEAN in minor[1:]:
                met |= _UNCLEAN
                flags |= np.array([0, *minor[1:], 0], np.uint8).take(scripts)[1:]
        places: list[int] = (flags & _UNCLEAN).view(np.bool_).nonzero()[0].tolist() if met & _UNCLEAN else []
        return places

    def _met(self, codes: Any) -> Any:
        """The symbols of these code points; those not met so far are numbered first."""
        import numpy as np

        for code in np.unique(codes[self._numbers.take(codes) == _NEW]).tolist():
            self._numbers[code] = self.model.symbols[chr(code)] + 1
        return self._numbers.take(codes)


#: The arrays of a model, made once.
arrays_of = lru_cache(maxsize=4)(PairArrays)


def _codes(text: str) -> Any:
    import numpy as np

    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.int32)
