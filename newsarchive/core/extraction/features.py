"""Numbers about blocks: one row a block, the input of the learned classifier.

What a box (an element) says is worked out once a box and handed down (`boxes`), and so is what it
holds (`containers`); here is what a block says itself, and where on the page it stands.

What else a block's containers hold, and how it stands to the page's main container.

What lies in a box is a difference of prefix sums, because the blocks of a box are neighbours in
document order.

What the text of blocks looks like: counts of signs, for all blocks of a page at once.

The first letters of all blocks are laid end to end as one array of code points; a table says of each
what kind of sign it is, and sums between the blocks' offsets are their counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsarchive.core.extraction.class_names import GROUP_BITS, TAG_BITS, BoxFacts, Names
from newsarchive.core.html.blocks import Box, RawBlock, Reading
from newsarchive.core.text.scripts import HAN_AND_KANA_BLOCKS


def ratio(a: Array, b: Array) -> Array:
    """a / b, where b is at least 1."""
    return a / np.maximum(b, 1.0)


def containers(
    out: dict[str, Array],
    boxes: Sequence[Box],
    parent: NDArray[np.int64],
    at: NDArray[np.int64],
    prose: Array,
    weight: Array,
    link: Array,
) -> None:
    n = len(prose)
    first = np.minimum(np.array([b.first for b in boxes], np.int64), n)
    last = np.maximum(np.minimum(np.array([b.last for b in boxes], np.int64), n), first)

    sums = np.zeros((4, n + 1))
    np.cumsum([prose, weight, weight * link, prose * (out["token_near"] > -0.5)], axis=1, out=sums[:, 1:])
    p, w, lw, g = sums[:, last] - sums[:, first]
    held = (last - first).astype(np.float64)
    total = max(1.0, float(prose.sum()))
    shares, links = p / total, ratio(lw, w)
    means, counts = np.log1p(ratio(w, held)), np.minimum(held, 200)
    up = at
    for name in ("box", "up1", "up2", "up3"):
        out[name + "_prose"], out[name + "_link"] = shares[up], links[up]
        out[name + "_mean"], out[name + "_count"] = means[up], counts[up]
        up = np.maximum(parent[up], 0)
    depths = np.array([b.depth for b in boxes], np.int64)
    known: dict[int, tuple[Array, ...]] = {}
    for name, share, counted in _MAINS:
        main = _deepest(p if counted == "prose" else g, share, depths)
        if main not in known:
            known[main] = _main(main, first, last, n, p, parent, at)
        for part, values in zip(("_in", "_at", "_below", "_branch"), known[main], strict=True):
            out[name + part] = values


#: The main containers: a name, and the share of the text that the container must hold, of all prose or
#: of prose in boxes of good names.
_MAINS = (
    ("main90", 0.9, "prose"),
    ("main60", 0.6, "prose"),
    ("good75", 0.75, "good"),
    ("good40", 0.4, "good"),
)


def _deepest(sums: Array, share: float, depths: NDArray[np.int64]) -> int:
    """The deepest box, by document order, that holds this share of all the text that `sums` counts."""
    most = float(sums.max())
    enough = np.flatnonzero(sums >= share * most)
    if not len(enough) or most <= 0:
        return 0
    return int(enough[np.argmax(depths[enough])])


def _main(
    main: int,
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    n: int,
    prose: Array,
    parent: NDArray[np.int64],
    at: NDArray[np.int64],
) -> tuple[Array, Array, Array, Array]:
    """Where each block stands to a main container: whether inside, how far through it, how far down, and
    how much prose lies in the branch below the container that the block belongs to."""
    index = np.arange(n)
    start, end = int(first[main]), int(last[main])
    inside = (index >= start) & (index < end)
    place = np.minimum(np.maximum((index - start) / max(1, end - start), -1.0), 2.0)
    below, share = np.full(n, -1.0), np.full(n, -1.0)
    branch, depth = _branches(main, parent, at[start:end])
    below[start:end] = depth
    share[start:end] = prose[branch] / max(1.0, float(prose[main]))
    return inside.astype(np.float64), place, below, share


def _branches(
    main: int, parent: NDArray[np.int64], at: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For boxes inside the container: the child of the container that each lies in, and how far below."""
    branch, depth = at.copy(), np.zeros(len(at), np.int64)
    for _ in range(130):
        up = parent.take(branch)
        climb = (branch > main) & (up != main)
        if not np.count_nonzero(climb):
            break
        np.copyto(branch, up, where=climb)
        depth += climb
    return branch, depth


def signatures(out: dict[str, Array], blocks: Sequence[RawBlock], weight: Array, link: Array) -> None:
    """Blocks with the same path, ids aside, are of a kind: cards, comments, menu entries, paragraphs."""
    ids: dict[tuple[int, str], int] = {}
    group = np.array([ids.setdefault((b.box.shape, b.wrap), len(ids)) for b in blocks], np.int64)
    count = np.bincount(group).astype(np.float64)
    out["same_count"] = np.minimum(count, 100)[group]
    out["same_mean"] = np.log1p(np.bincount(group, weight) / count)[group]
    out["same_link"] = (np.bincount(group, link) / count)[group]
    seen: dict[str, int] = {}
    before = []
    for block in blocks:
        times = seen[block.text] = seen.get(block.text, -1) + 1
        before.append(times)
    out["repeats"] = np.minimum(np.array([seen[b.text] + 1 for b in blocks], np.float64), 10)
    out["repeats_before"] = np.minimum(np.array(before, np.float64), 5)


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
_SPACE, _COMMA, _STOP, _AFTER, _WIDE, _LINE, _SHAPES_WORD, _CAPITAL = (1 << i for i in range(8))
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
            signs[code] |= _SHAPES_WORD
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


Array = NDArray[np.floating[Any]]

_WORD = re.compile(r"\w+")


def features(reading: Reading, names: Names, title: str = "", declared: str = "") -> dict[str, Array]:
    """Feature name → one number a block. `names` weighs ids and classes,
    `title` is the text of the page's `<title>`, `declared` the article text that it gives in JSON-LD."""
    blocks, boxes = reading.blocks, reading.boxes
    n = len(blocks)
    out, stops = shapes(blocks)
    weight, link = out["weight"], out["link_density"]
    out["stop_rate"] = ratio(stops, out["words"])
    out["word_length"] = ratio(weight, out["words"])
    at = np.array([b.box.index for b in blocks], np.int64)
    facts = BoxFacts(boxes, names)
    _place(out, facts, at)
    prose = weight * (1 - link) * (weight > 60) * (link < 0.5)
    containers(out, boxes, facts.parent, at, prose, weight, link)
    signatures(out, blocks, weight, link)
    _neighbours(out, weight, link, prose)
    _title(out, blocks, title)
    out["declared"] = _declared(blocks, declared)
    out["page_weight"] = np.full(n, np.log1p(weight.sum()))
    out["page_prose"] = np.full(n, prose.sum() / max(1.0, weight.sum()))
    out["page_blocks"] = np.full(n, float(n))
    return out


def _place(out: dict[str, Array], facts: BoxFacts, at: NDArray[np.int64]) -> None:
    out.update(zip(_TOKENS, facts.scores[:, at], strict=True))
    bits, tags = facts.bits[at], facts.tags[at]
    out.update(zip(_IN, (bits & _GROUP_BITS > 0).astype(np.float64), strict=True))
    out.update(zip(_UNDER, (tags & _TAG_BITS > 0).astype(np.float64), strict=True))


_TOKENS = tuple("token_" + name for name in ("own", "total", "low", "high", "near"))
_IN, _UNDER = tuple("in_" + name for name in GROUP_BITS), tuple("under_" + name for name in TAG_BITS)
_GROUP_BITS = np.array(list(GROUP_BITS.values()))[:, None]
_TAG_BITS = np.array(list(TAG_BITS.values()))[:, None]


def _neighbours(out: dict[str, Array], weight: Array, link: Array, prose: Array) -> None:
    n = len(weight)
    text, dense = np.zeros((2, n + 4))
    text[2:-2], dense[2:-2] = np.log1p(weight), link
    for shift in (-2, -1, 1, 2):
        out[f"weight{shift:+d}"] = text[2 + shift : 2 + shift + n]
        out[f"link{shift:+d}"] = dense[2 + shift : 2 + shift + n]
    sums = np.concatenate([[0.0], np.cumsum(prose)])
    index = np.arange(n)
    total = max(1.0, float(prose.sum()))
    for reach in (4, 12):
        low, high = np.maximum(index - reach, 0), np.minimum(index + reach + 1, n)
        out[f"prose_{reach}"] = np.log1p((sums[high] - sums[low]) / (high - low))
    out["prose_before"] = sums[:-1] / total
    out["position"] = index / n
    out["index"] = np.minimum(index, 500).astype(np.float64)


_NOT_WORD = re.compile(r"\W+")


def _declared(blocks: Sequence[RawBlock], declared: str) -> Array:
    """1 where JSON-LD's `articleBody` holds the block's text (its first 80 letters), 0 where not, -1
    where the page declares none that is worth the name."""
    body = _NOT_WORD.sub("", declared.lower())
    if len(body) < 300:
        return np.full(len(blocks), -1.0)
    return np.array([float(_NOT_WORD.sub("", b.text[:120].lower())[:80] in body) for b in blocks])


def _title(out: dict[str, Array], blocks: Sequence[RawBlock], title: str) -> None:
    """Distance from the headline, the heading that shares most words with `<title>` (a first `h1` else),
    and from the last heading above."""
    wanted = set(_WORD.findall(title.lower()))
    best, best_score = -1, 0.0
    likeness = np.zeros(len(blocks))
    heading = np.zeros(len(blocks), np.int64)
    headings = [i for i, block in enumerate(blocks) if block.kind == "heading"]
    heading[headings] = headings
    for i in sorted({*headings, *(i for i, block in enumerate(blocks[:30]) if len(block.text) < 200)}):
        block = blocks[i]
        words = set(_WORD.findall(block.text.lower()))
        shared = len(words & wanted)
        like = likeness[i] = shared / max(1, len(words) + len(wanted) - shared)
        first = block.box.tag == "h1"
        score = like + 0.3 * first + 0.1 * (block.kind == "heading")
        if score > best_score + 0.05 and (first or like > 0.3):
            best, best_score = i, score
    index = np.arange(len(blocks))
    above = np.maximum.accumulate(heading)
    out["title_like"] = likeness
    out["from_title"] = np.minimum(np.maximum(index - best, -100), 300).astype(np.float64)
    out["has_title"] = np.full(len(blocks), best_score)
    out["since_heading"] = np.minimum(index - above, 50).astype(np.float64)
    out["under_level"] = out["level"][above] * (out["kind"][above] == KINDS["heading"])
