"""What the text of blocks looks like: counts of signs, for all blocks of a page at once.

The first letters of all blocks are laid end to end as one array of code points; a table says of each
what kind of sign it is, and sums between the blocks' offsets are their counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsarchive.core.pages.blocks import RawBlock

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

#: Scripts whose words have no spaces between them: a character counts for 2.5 Latin letters.
_UNSPACED = ((0x3040, 0x30FF), (0x3400, 0x9FFF), (0xAC00, 0xD7AF), (0xF900, 0xFAFF), (0x0E00, 0x0E7F))
_STOPS, _CLOSING = ".!?…。！？।؟", "\"'”’»)」』"
_ENDS = frozenset('.!?…。！？”"’।؟')
_SPACE, _COMMA, _STOP, _AFTER, _WIDE, _LINE, _WORD, _CAPITAL = (1 << i for i in range(8))
#: Stands between blocks, and ends a sentence as the end of a text does.
_GAP = "\n"


@cache
def _signs() -> NDArray[np.uint8]:
    """Code point → its kinds, as bits. What lies beyond the first plane counts as no sign."""
    signs = np.zeros(0x10000, np.uint8)
    for low, high in _UNSPACED:
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
    rest = [i for i, is_long in enumerate(long.tolist()) if is_long]
    for i in rest:
        counts[:4, i] = _long(texts[i])
    spaces, commas, lines, wide, stops, capitals = counts
    rows = [
        (b.link_chars, KINDS[b.kind], b.level, b.box.depth, b.box.hidden, t[-1] in _ENDS, t[0].isupper() - t[0].islower())
        for b, t in zip(blocks, texts, strict=True)
    ]  # fmt: skip
    links, kind, level, depth, hidden, ends, case = np.array(rows, np.float64).T
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


def _counts(texts: Sequence[str], lengths: Array) -> Array:
    """Per block, within its first letters: spaces, commas, line breaks, wide letters, ends of sentences,
    capitals (letters but a to z) that begin a word."""
    joined = _GAP.join([t if len(t) <= HEAD else t[:HEAD] for t in texts]) + _GAP
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    signs = _signs()[np.minimum(codes, 0xFFFF)]
    word = signs & _WORD
    ends, begins = np.zeros(len(signs), bool), np.zeros(len(signs), bool)
    ends[:-1] = (signs[:-1] & _STOP > 0) & (signs[1:] & _AFTER > 0)
    begins[1:] = (signs[1:] & _CAPITAL > 0) & (word[:-1] == 0)
    begins[0] = signs[0] & _CAPITAL > 0
    widths = np.minimum(lengths, HEAD).astype(np.int64) + len(_GAP)
    last = np.cumsum(widths) - 1
    marks = [signs & bit > 0 for bit in (_SPACE, _COMMA, _LINE, _WIDE)]
    sums = np.cumsum(np.array([*marks, ends, begins]), axis=1, dtype=np.int32)[:, last]
    out = np.diff(sums, prepend=0).astype(np.float64)
    out[2] -= 1  # the gap
    return out


def _long(text: str) -> tuple[int, int, int, int]:
    """Spaces, commas, line breaks and wide letters of a whole text."""
    commas, lines = text.count(","), text.count("\n")
    if text.isascii():
        return text.count(" "), commas, lines, 0
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    wide = int(np.count_nonzero(_signs()[np.minimum(codes, 0xFFFF)] & _WIDE))
    return text.count(" "), commas + text.count("，") + text.count("、"), lines, wide
