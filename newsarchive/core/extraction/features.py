"""Numbers about the blocks of a page: the input of the learned classifier, a row for each block.

A block of 300 letters with five commas and no links, in `<div class="entry-content">`, is likely a part of the article;
a linked line of three words in `<aside>` is not. Numbers are of four sorts: the names of the elements around a block
(worked out once for each element, see `class_names`), what its containers hold and how it stands to the page's main
container, where on the page it stands, and what its text looks like.

What a container holds is a difference of prefix sums, because its blocks are neighbours in document order. What a text
looks like is counted for all blocks at once: their first letters are laid end to end as one array of code points, a
table says of each what kind of sign it is, and sums between the blocks' offsets are their counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsarchive.core.extraction.class_names import GROUP_BITS, TAG_BITS, BoxNames, Names
from newsarchive.core.html.boxes import Box, RawBlock, Reading
from newsarchive.core.text.scripts import HAN_AND_KANA_BLOCKS
from newsarchive.core.text.words import STOPS

Array = NDArray[np.floating[Any]]

_WORD = re.compile(r"\w+")
_NOT_WORD = re.compile(r"\W+")
#: Features by the names of the boxes around a block: of the scores, of the groups, and of the elements.
_TOKENS = tuple("token_" + name for name in ("own", "total", "low", "high", "near"))
_IN = tuple("in_" + name for name in GROUP_BITS)
_UNDER = tuple("under_" + name for name in TAG_BITS)
_GROUP_BITS = np.array(list(GROUP_BITS.values()))[:, None]
_TAG_BITS = np.array(list(TAG_BITS.values()))[:, None]
#: The main containers: the name of each, and the share that it holds of all prose, or of prose in boxes of good names.
_MAINS = (
    ("main90", 0.9, "prose"),
    ("main60", 0.6, "prose"),
    ("good75", 0.75, "good"),
    ("good40", 0.4, "good"),
)
#: Characters at the beginning of a block in which signs are counted: the rest of a long paragraph is alike.
SAMPLE_CHARACTERS = 240
#: Weight of a block. With more, and few links, it is prose.
MAX_LINE_WEIGHT = 60
#: Characters of a JSON-LD `articleBody` without signs. A shorter one is not compared with the blocks.
MIN_DECLARED_CHARACTERS = 300
#: Characters by which a block is looked for in the `articleBody`.
DECLARED_SAMPLE_CHARACTERS = 80
#: Boxes between a block and a main container that are climbed; more than a page can have (`html.blocks.MAX_BOX_DEPTH`).
MAX_CLIMBED_BOXES = 130
#: Kinds of blocks → their number in the model.
KINDS = {
    kind: place
    for place, kind in enumerate(
        ("paragraph", "heading", "list_item", "quote", "code", "table", "caption", "embed")
    )
}

#: Han, kana, Hangul and Thai: a character counts as 2.5 Latin letters. The model was trained so.
_WIDE_BLOCKS = (*HAN_AND_KANA_BLOCKS, (0xAC00, 0xD7AF), (0x0E00, 0x0E7F))
#: Signs that may stand behind them.
_CLOSING = "\"'”’»)」』"
#: The last characters of a block that ends with a sentence.
_ENDS = STOPS.union('”"’')
# Kinds of characters, as bits. `_AFTER` must be one bit above `_STOP`, and `_CAPITAL` one above `_IN_WORD`, because
# `_counts` shifts one over the other.
#: A space.
_SPACE = 1 << 0
#: A comma.
_COMMA = 1 << 1
#: A sign that ends a sentence.
_STOP = 1 << 2
#: White space, or a sign that may stand behind the end of a sentence.
_AFTER = 1 << 3
#: A character of `_WIDE_BLOCKS`.
_WIDE = 1 << 4
#: A line feed.
_LINE = 1 << 5
#: A letter, a digit or an underscore.
_IN_WORD = 1 << 6
#: A letter other than a to z.
_CAPITAL = 1 << 7
#: The kinds that are counted, in the order of their counts.
_COUNTED = (_SPACE, _COMMA, _LINE, _WIDE, _STOP, _CAPITAL)
#: Bits of a count in a sum of all counts: the first letters of a block hold fewer than 1024 of any kind.
_BITS_PER_COUNT = 10
#: The bits of one count.
_COUNT_MASK = np.uint64(1023)
#: Stands between blocks, where it ends a sentence as the end of a text does.
_GAP = "\n"


def features(reading: Reading, names: Names, title: str = "", declared: str = "") -> dict[str, Array]:
    """The features of a page: {name → an array with a number for each block}.

    `names` gives the worth of ids and classes. `title` is the text of the page's `<title>`, and `declared` the
    `articleBody` of its JSON-LD.
    """
    blocks, boxes = reading.blocks, reading.boxes
    n = len(blocks)
    out, stops = _texts(blocks)
    weight, link = out["weight"], out["link_density"]
    out["stop_rate"] = ratio(stops, out["words"])
    out["word_length"] = ratio(weight, out["words"])
    at = np.array([b.box.index for b in blocks], np.int64)
    named = BoxNames(boxes, names)
    out.update(zip(_TOKENS, named.scores[:, at], strict=True))
    out.update(zip(_IN, (named.bits[at] & _GROUP_BITS > 0).astype(np.float64), strict=True))
    out.update(zip(_UNDER, (named.tags[at] & _TAG_BITS > 0).astype(np.float64), strict=True))
    prose = weight * (1 - link) * (weight > MAX_LINE_WEIGHT) * (link < 0.5)
    _containers(out, boxes, named.parent, at, prose)
    _same_shape(out, blocks)
    _neighbours(out, prose)
    _title(out, blocks, title)
    out["declared"] = _declared(blocks, declared)
    out["page_weight"] = np.full(n, np.log1p(weight.sum()))
    out["page_prose"] = np.full(n, prose.sum() / max(1.0, weight.sum()))
    out["page_blocks"] = np.full(n, float(n))
    return out


def ratio(a: Array, b: Array) -> Array:
    """a / b, where b is at least 1."""
    return a / np.maximum(b, 1.0)


def _same_shape(out: dict[str, Array], blocks: Sequence[RawBlock]) -> None:
    """Add what blocks of the same shape have in common, which are cards, comments, entries of a menu or paragraphs, and
    how often the page holds a block's text."""
    ids: dict[tuple[int, str], int] = {}
    group = np.array([ids.setdefault((b.box.shape, b.wrap), len(ids)) for b in blocks], np.int64)
    count = np.bincount(group).astype(np.float64)
    out["same_count"] = np.minimum(count, 100)[group]
    out["same_mean"] = np.log1p(np.bincount(group, out["weight"]) / count)[group]
    out["same_link"] = (np.bincount(group, out["link_density"]) / count)[group]
    seen: dict[str, int] = {}
    before = []
    for block in blocks:
        times = seen[block.text] = seen.get(block.text, -1) + 1
        before.append(times)
    out["repeats"] = np.minimum(np.array([seen[b.text] + 1 for b in blocks], np.float64), 10)
    out["repeats_before"] = np.minimum(np.array(before, np.float64), 5)


def _neighbours(out: dict[str, Array], prose: Array) -> None:
    """Add the lengths and links of the two blocks before and behind, the prose around, and the place on the page."""
    n = len(prose)
    text, dense = np.zeros((2, n + 4))
    text[2:-2], dense[2:-2] = np.log1p(out["weight"]), out["link_density"]
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


def _declared(blocks: Sequence[RawBlock], declared: str) -> Array:
    """For each block 1 where JSON-LD's `articleBody` holds its first 80 letters, 0 where it does not, and -1 where the
    page gives no `articleBody` of some length."""
    body = _NOT_WORD.sub("", declared.lower())
    if len(body) < MIN_DECLARED_CHARACTERS:
        return np.full(len(blocks), -1.0)
    samples = (_NOT_WORD.sub("", b.text[:120].lower())[:DECLARED_SAMPLE_CHARACTERS] for b in blocks)
    return np.array([float(sample in body) for sample in samples])


def _title(out: dict[str, Array], blocks: Sequence[RawBlock], title: str) -> None:
    """Add the distance of each block from the last heading above and from the headline. That is the heading that shares
    most words with `<title>`, or else the first `h1`."""
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


def _containers(
    out: dict[str, Array],
    boxes: Sequence[Box],
    parent: NDArray[np.int64],
    at: NDArray[np.int64],
    prose: Array,
) -> None:
    """Add what the box of each block and the three boxes around it hold, and how the block stands to the main
    containers.

    `parent` gives the place of the box around each box, `at` the place of each block's box.
    """
    n, weight = len(prose), out["weight"]
    first = np.minimum(np.array([b.first for b in boxes], np.int64), n)
    last = np.maximum(np.minimum(np.array([b.last for b in boxes], np.int64), n), first)

    sums = np.zeros((4, n + 1))
    counted = [prose, weight, weight * out["link_density"], prose * (out["token_near"] > -0.5)]
    np.cumsum(counted, axis=1, out=sums[:, 1:])
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

    index = np.arange(n)

    def stands_to(main: int) -> tuple[Array, Array, Array, Array]:
        """How each block stands to a main container: whether it is inside, its place from the container's beginning (0)
        to its end (1), how many boxes lie between, and the share of the prose in the child of the container that it
        lies in."""
        start, end = int(first[main]), int(last[main])
        inside = (index >= start) & (index < end)
        place = np.minimum(np.maximum((index - start) / max(1, end - start), -1.0), 2.0)
        below, share = np.full(n, -1.0), np.full(n, -1.0)
        branch, depth = _branches(main, parent, at[start:end])
        below[start:end] = depth
        share[start:end] = p[branch] / max(1.0, float(p[main]))
        return inside.astype(np.float64), place, below, share

    depths = np.array([b.depth for b in boxes], np.int64)
    known: dict[int, tuple[Array, ...]] = {}
    for name, share, counted_as in _MAINS:
        # The deepest box that holds at least this share; the first of several.
        held_by = p if counted_as == "prose" else g
        most = float(np.max(held_by))
        enough = np.flatnonzero(held_by >= share * most)
        main = int(enough[np.argmax(depths[enough])]) if len(enough) and most > 0 else 0
        if main not in known:
            known[main] = stands_to(main)
        for part, values in zip(("_in", "_at", "_below", "_branch"), known[main], strict=True):
            out[name + part] = values


def _branches(
    main: int, parent: NDArray[np.int64], at: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For boxes inside a container: the child of the container that each lies in, and how many boxes it lies below
    it."""
    branch, depth = at.copy(), np.zeros(len(at), np.int64)
    for _ in range(MAX_CLIMBED_BOXES):
        up = parent.take(branch)
        climb = (branch > main) & (up != main)
        if not np.count_nonzero(climb):
            break
        np.copyto(branch, up, where=climb)
        depth += climb
    return branch, depth


@cache
def _signs() -> NDArray[np.uint8]:
    """A table from code points of the first plane to their kinds, as bits; other code points are no signs."""
    signs = np.zeros(0x10000, np.uint8)
    for low, high in _WIDE_BLOCKS:
        signs[low : high + 1] |= _WIDE
    # By runs of like characters, which takes a fiftieth of the time of each.
    plane = "".join(map(chr, range(0x10000)))
    for pattern, bits in ((r"\w+", _IN_WORD), (r"[^\W\d_a-z]+", _CAPITAL), (r"\s+", _AFTER)):
        for run in re.finditer(pattern, plane):
            signs[run.start() : run.end()] |= bits
    for chars, bit in ((" ", _SPACE), (",，、", _COMMA), (STOPS, _STOP), (_CLOSING, _AFTER), ("\n", _LINE)):
        for char in chars:
            signs[ord(char)] |= bit
    return signs


def _texts(blocks: Sequence[RawBlock]) -> tuple[dict[str, Array], Array]:
    """({feature → a number for each block}, the ends of sentences in each block), by the texts of the blocks."""
    texts = [b.text for b in blocks]
    lengths = np.array([len(t) for t in texts], np.float64)
    counts = _counts(texts, lengths)
    long = lengths > SAMPLE_CHARACTERS
    rest = np.flatnonzero(long)
    if len(rest):
        counts[:4, rest] = _counts_of_whole([texts[i] for i in rest.tolist()])
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
    return out, np.where(long, stops * lengths / SAMPLE_CHARACTERS, stops)


def _columns(blocks: Sequence[RawBlock]) -> Array:
    """Seven rows with a number for each block: its characters in links, its level, its kind, the depth of its box,
    whether that is hidden, whether the block ends a sentence, and whether it begins with a capital (1) or a small
    letter (-1)."""
    rows = [
        (b.link_chars, b.level, KINDS[b.kind], b.box.depth, b.box.hidden, b.text[-1] in _ENDS,
         (first := b.text[0]).isupper() - first.islower())
        for b in blocks
    ]  # fmt: skip
    return np.fromiter(chain.from_iterable(rows), np.float64, 7 * len(rows)).reshape(-1, 7).T


def _counts(texts: Sequence[str], lengths: Array) -> Array:
    """Six rows with a number for each block, counted in its first letters: spaces, commas, line breaks, wide letters,
    ends of sentences, and capitals (all letters but a to z) that begin a word."""
    samples = [t if len(t) <= SAMPLE_CHARACTERS else t[:SAMPLE_CHARACTERS] for t in texts]
    signs = _signs_of(_GAP.join(samples) + _GAP)
    counted = signs & (_SPACE | _COMMA | _LINE | _WIDE)
    counted[:-1] |= signs[:-1] & signs[1:] >> 1 & _STOP  # with an `_AFTER` behind it
    counted[1:] |= signs[1:] & ~(signs[:-1] << 1) & _CAPITAL  # without an `_IN_WORD` before it
    counted[0] |= signs[0] & _CAPITAL
    sums = np.add.reduceat(_lanes().take(counted), _starts(np.minimum(lengths, SAMPLE_CHARACTERS)))
    out = np.array([sums >> np.uint64(_BITS_PER_COUNT * i) & _COUNT_MASK for i in range(6)], np.float64)
    out[2] -= 1  # the gap
    return out


def _counts_of_whole(texts: Sequence[str]) -> Array:
    """Four rows with a number for each text: spaces, commas, line breaks and wide letters in the whole of it."""
    rows = [(t.count(" "), t.count(",") + t.count("，") + t.count("、"), t.count("\n")) for t in texts]
    wide = np.zeros(len(texts))
    not_ascii = [i for i, t in enumerate(texts) if not t.isascii()]
    if not_ascii:
        signs = _signs_of(_GAP.join([texts[i] for i in not_ascii]) + _GAP)
        lengths = np.array([len(texts[i]) for i in not_ascii], np.float64)
        is_wide = (signs & _WIDE > 0).view(np.uint8)
        wide[not_ascii] = np.add.reduceat(is_wide, _starts(lengths), dtype=np.int64)
    return np.vstack([np.array(rows, np.float64).T, wide])


def _signs_of(text: str) -> NDArray[np.uint8]:
    """The kinds of each character of a text, as bits."""
    units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), np.uint16)
    if len(units) == len(text):  # nothing beyond the first plane
        return _signs().take(units)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return _signs().take(np.minimum(codes, 0xFFFF))


def _starts(lengths: Array) -> NDArray[np.int64]:
    """Where texts of these lengths begin when they are laid end to end with a gap behind each."""
    ends = np.cumsum(lengths.astype(np.int64) + len(_GAP))
    return np.concatenate([[0], ends[:-1]])


@cache
def _lanes() -> NDArray[np.uint64]:
    """A table from the kinds of a character to a number that holds a count of each kind: one sum counts them all."""
    kinds = np.arange(256)
    lanes = [(kinds & bit > 0) * np.uint64(1 << _BITS_PER_COUNT * i) for i, bit in enumerate(_COUNTED)]
    packed: NDArray[np.uint64] = np.sum(lanes, axis=0, dtype=np.uint64)
    return packed
