"""What the text of blocks looks like: counts of signs, for all blocks of a page at once.

The first letters of all blocks are laid end to end as one array of code points; a table says of each
what kind of sign it is, and sums between the blocks' offsets are their counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsarchive.core.html.blocks import RawBlock
from newsarchive.core.text.scripts import HAN_AND_KANA_BLOCKS

Array = NDArray[np.floating[Any]]

#: Signs are looked for in so many first letters of a block: the rest of a long paragraph is alike.
HEAD = 240
KINDS = {
    kind: place
    for place, kind in enumerate(
        ("paragraph", "heading", "list_item", "quote", "code", "table", "caption", "embed")
    )
}
NAMES = ("weight", "words", "commas", "ends_stop", "case", "capitals", "lines", "link_density", "kind", "level",
         "depth", "hidden")  # fmt: skip

#: A character of these counts for 2.5 Latin letters: Han, kana, Hangul and Thai. The model was trained with them.
_WIDE_BLOCKS = (*HAN_AND_KANA_BLOCKS, (0xAC00, 0xD7AF), (0x0E00, 0x0E7F))
_STOPS, _CLOSING = ".!?…。！？।؟", "\"'”’»)」』"
_ENDS = frozenset('.!?…。！？”"’।؟')
#: `_AFTER` is one place above `_STOP` and `_CAPITAL` above `_WORD`, which `_counts` compares.
_SPACE, _COMMA, _STOP, _AFTER, _WIDE, _LINE, _WORD, _CAPITAL = (1 << i for i in range(8))
_COUNTED = (_SPACE, _COMMA, _LINE, _WIDE, _STOP, _CAPITAL)
#: Bits of a count: no block's first letters hold as many of anything.
_BITS, _LANE = 10, np.uint64(1023)
#: Stands between blocks, and ends a sentence as the end of a text does.
_GAP = "\n"


@cache
def _signs() -> NDArray[np.uint8]:
    """Code point → its kinds, as bits. What lies beyond the first plane counts as no sign."""
    signs = np.zeros(0x10000, np.uint8)
    for low, high in _WIDE_BLOCKS:
        signs[low : high + 1] |= _WIDE
    for code in range(0x10000):
        char = chr(code)
        if char.isalnum() or char == "_":
            signs[code] |= _WORD
            if char != "_" and not char.isdecimal() and not "a" <= char <= "z":
                signs[code] |= _CAPITAL
        elif char.isspace():
            signs[code] |= _AFTER
    for chars, bit in ((" ", _SPACE), (",，、", _COMMA), (_STOPS, _STOP), (_CLOSING, _AFTER), ("\n", _LINE)):
        for char in chars:
            signs[ord(char)] |= bit
    return signs


def shapes(blocks: Sequence[RawBlock]) -> tuple[dict[str, Array], Array]:
    """({name of `NAMES` → one number a block}, ends of sentences in each block)."""
    texts = [b.text for b in blocks]
    lengths = np.array([len(t) for t in texts], np.float64)
    counts = _counts(texts, lengths)
    long = lengths > HEAD
    rest = np.flatnonzero(long)
    if len(rest):
        counts[:4, rest] = _whole([texts[i] for i in rest.tolist()])
    spaces, commas, lines, wide, stops, capitals = counts
    links, level, kind, depth, hidden, ends, case = _columns(blocks)
    out = {
        "weight": lengths + 1.5 * wide,
        "words": spaces + 1,
        "commas": commas,
        "ends_stop": ends,
        "case": case,
        "capitals": np.where(long, 0.02, capitals / lengths),
        "lines": lines,
        "link_density": np.minimum(links / lengths, 1.0),
        "kind": kind,
        "level": level,
        "depth": depth,
        "hidden": hidden,
    }
    return out, np.where(long, stops * lengths / HEAD, stops)


def _columns(blocks: Sequence[RawBlock]) -> Array:
    """Per block: letters in links, level, kind, depth and hiddenness of its box, whether it ends a sentence,
    and whether it begins with a capital (1) or a small letter (-1)."""
    rows = [
        (b.link_chars, b.level, KINDS[b.kind], b.box.depth, b.box.hidden, b.text[-1] in _ENDS,
         (first := b.text[0]).isupper() - first.islower())
        for b in blocks
    ]  # fmt: skip
    return np.fromiter(chain.from_iterable(rows), np.float64, 7 * len(rows)).reshape(-1, 7).T


def _counts(texts: Sequence[str], lengths: Array) -> Array:
    """Per block, within its first letters: spaces, commas, line breaks, wide letters, ends of sentences,
    capitals (letters but a to z) that begin a word."""
    signs = _signs_of(_GAP.join([t if len(t) <= HEAD else t[:HEAD] for t in texts]) + _GAP)
    counted = signs & (_SPACE | _COMMA | _LINE | _WIDE)
    counted[:-1] |= signs[:-1] & signs[1:] >> 1 & _STOP  # with an `_AFTER` behind it
    counted[1:] |= signs[1:] & ~(signs[:-1] << 1) & _CAPITAL  # without a `_WORD` before it
    counted[0] |= signs[0] & _CAPITAL
    sums = np.add.reduceat(_lanes().take(counted), _starts(np.minimum(lengths, HEAD)))
    out = np.array([sums >> np.uint64(_BITS * i) & _LANE for i in range(6)], np.float64)
    out[2] -= 1  # the gap
    return out


def _whole(texts: Sequence[str]) -> Array:
    """Spaces, commas, line breaks and wide letters of whole texts."""
    rows = [(t.count(" "), t.count(",") + t.count("，") + t.count("、"), t.count("\n")) for t in texts]
    wide = np.zeros(len(texts))
    odd = [i for i, t in enumerate(texts) if not t.isascii()]
    if odd:
        signs = _signs_of(_GAP.join([texts[i] for i in odd]) + _GAP)
        lengths = np.array([len(texts[i]) for i in odd], np.float64)
        wide[odd] = np.add.reduceat((signs & _WIDE > 0).view(np.uint8), _starts(lengths), dtype=np.int64)
    return np.vstack([np.array(rows, np.float64).T, wide])


def _signs_of(text: str) -> NDArray[np.uint8]:
    units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), np.uint16)
    if len(units) == len(text):  # nothing beyond the first plane
        return _signs().take(units)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return _signs().take(np.minimum(codes, 0xFFFF))


def _starts(lengths: Array) -> NDArray[np.int64]:
    """Where texts of these lengths begin, laid end to end with a gap behind each."""
    ends = np.cumsum(lengths.astype(np.int64) + len(_GAP))
    return np.concatenate([[0], ends[:-1]])


@cache
def _lanes() -> NDArray[np.uint64]:
    """A character's kinds → a number with one count for each, so that one sum counts them all."""
    kinds = np.arange(256)
    lanes = [(kinds & bit > 0) * np.uint64(1 << _BITS * i) for i, bit in enumerate(_COUNTED)]
    packed: NDArray[np.uint64] = np.sum(lanes, axis=0, dtype=np.uint64)
    return packed
