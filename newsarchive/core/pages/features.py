"""Numbers about blocks: one row a block, the input of the learned classifier.

What a box (an element) says is worked out once a box and handed down (`boxes`), and so is what it
holds (`containers`); here is what a block says itself, and where on the page it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsarchive.core.html.blocks import RawBlock, Reading
from newsarchive.core.pages.boxes import GROUP_BITS, TAG_BITS, BoxFacts, Names
from newsarchive.core.pages.containers import containers, ratio, signatures
from newsarchive.core.pages.shapes import KINDS, shapes

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
