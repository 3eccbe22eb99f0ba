"""Numbers about blocks: one row a block, the input of the learned classifier.

What a box (an element) says is worked out once a box and handed down (`boxes`), and so is what it
holds (`containers`); here is what a block says itself, and where on the page it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsarchive.core.blocks import RawBlock, Reading
from newsarchive.core.boxes import GROUP_BITS, TAG_BITS, BoxFacts, Names, tokens
from newsarchive.core.containers import containers, ratio, signatures
from newsarchive.core.markup import HEADINGS

Array = NDArray[np.floating[Any]]

_KINDS = ("paragraph", "heading", "list_item", "quote", "code", "table", "caption", "embed")

_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\u0e00-\u0e7f]")
_STOP = re.compile(r"[.!?…。！？।؟](?=[\s\"'”’»)」』]|$)")
_WORD = re.compile(r"\w+")
_DIGIT = re.compile(r"\d")
_CAPITAL = re.compile(r"\b[^\W\d_a-z]")
_DATE = re.compile(r"\b(19|20)\d\d\b|\d{1,2}[./:-]\d{1,2}")
_SYMBOL = re.compile(r"[|©@»›→•·/#&+]|\.\.\.|https?:")


def _shape(text: str) -> tuple[float, ...]:
    """What a block's own text looks like; the first number is its length in Latin-letter units, a
    Chinese or Japanese character counted for 2.5."""
    n = len(text)
    weight = n if text.isascii() else n + 1.5 * len(_CJK.findall(text))
    stops = len(_STOP.findall(text))
    first = text[0]
    return (
        weight,
        text.count(" ") + 1.0,
        text.count(",") + text.count("，") + text.count("、"),
        stops,
        float(text[-1] in '.!?…。！？”"’।؟'),
        float(first.isupper()) - float(first.islower()) * 1.0,
        len(_DIGIT.findall(text)) / n,
        len(_CAPITAL.findall(text)) / n if n < 400 else 0.02,
        float(n < 200 and _DATE.search(text) is not None),
        float(len(_SYMBOL.findall(text))) if n < 400 else 0.0,
        float(text[-1] == ":"),
        float(text.count("\n")),
    )


_SHAPE_NAMES = ("weight", "words", "commas", "stops", "ends_stop", "case", "digits", "capitals", "date",
                "symbols", "colon", "lines")  # fmt: skip


def features(reading: Reading, names: Names, title: str = "", declared: str = "") -> dict[str, Array]:
    """Feature name → one number a block. `names` weighs ids and classes,
    `title` is the text of the page's `<title>`, `declared` the article text that it gives in JSON-LD."""
    blocks, boxes = reading.blocks, reading.boxes
    n = len(blocks)
    out: dict[str, Array] = {}
    shape = np.array([_shape(b.text) for b in blocks], np.float64)
    for i, name in enumerate(_SHAPE_NAMES):
        out[name] = shape[:, i]
    weight = out["weight"]
    link = np.minimum(np.fromiter((b.link_chars / max(1, len(b.text)) for b in blocks), np.float64, n), 1.0)
    out["link_density"] = link
    out["links"] = np.fromiter((len(b.links) for b in blocks), np.float64, n)
    out["kind"] = np.fromiter((_KINDS.index(b.kind) for b in blocks), np.float64, n)
    out["level"] = np.fromiter((b.level for b in blocks), np.float64, n)
    out["after_break"] = np.fromiter((b.after_break for b in blocks), np.float64, n)
    out["comma_rate"] = ratio(out["commas"], weight)
    out["stop_rate"] = ratio(out["stops"], out["words"])
    out["word_length"] = ratio(weight, out["words"])
    at = np.fromiter((b.box.index for b in blocks), np.int64, n)
    facts = BoxFacts(boxes, names)
    _place(out, blocks, facts, at, names.table)
    prose = weight * (1 - link) * (weight > 60) * (link < 0.5)
    containers(out, boxes, facts.parent, at, prose, weight, link)
    signatures(out, blocks, weight, link)
    _neighbours(out, weight, link, prose)
    _title(out, blocks, title)
    out["declared"] = _declared(blocks, declared)
    out["hidden"] = np.fromiter((b.box.hidden for b in blocks), np.float64, n)
    out["page_weight"] = np.full(n, np.log1p(weight.sum()))
    out["page_prose"] = np.full(n, prose.sum() / max(1.0, weight.sum()))
    out["page_blocks"] = np.full(n, float(n))
    return out


def _place(
    out: dict[str, Array],
    blocks: Sequence[RawBlock],
    facts: BoxFacts,
    at: NDArray[np.int64],
    table: Mapping[str, float],
) -> None:
    for name in ("own", "total", "low", "high", "near"):
        out["token_" + name] = np.array(getattr(facts, name))[at]
    bits, tags = np.array(facts.bits)[at], np.array(facts.tags)[at]
    for name, bit in GROUP_BITS.items():
        out["in_" + name] = ((bits & bit) > 0).astype(np.float64)
    for name, bit in TAG_BITS.items():
        out["under_" + name] = ((tags & bit) > 0).astype(np.float64)
    own = np.array(facts.own_bits)[at]
    counted = np.stack([((own & bit) > 0).astype(np.float64) for bit in GROUP_BITS.values()])
    out["own_groups"] = counted.sum(axis=0)
    wraps = [_wrap_facts(b.wrap, table) if b.wrap else (0.0, 0.0, 0.0) for b in blocks]
    out["wrap_token"], out["wrap_link"], out["wrap_bold"] = np.array(wraps, np.float64).T
    out["depth"] = np.fromiter((b.box.depth for b in blocks), np.float64, len(blocks))


@lru_cache(maxsize=4096)
def _wrap_names(wrap: str) -> tuple[str, ...]:
    out: list[str] = []
    for part in wrap.split("/")[1:]:
        tag, _, names = part.partition(".")
        tag, _, ident = tag.partition("#")
        out += tokens(tag, ident, names.replace(".", " "))
    return tuple(out)


def _wrap_facts(wrap: str, table: Mapping[str, float]) -> tuple[float, float, float]:
    names = _wrap_names(wrap)
    return (
        sum(table.get(t, 0.0) for t in names),
        float("<a" in names or "<button" in names),
        float("<strong" in names or "<b" in names or "<em" in names or "<i" in names),
    )


def _neighbours(out: dict[str, Array], weight: Array, link: Array, prose: Array) -> None:
    n = len(weight)
    text, dense = np.pad(np.log1p(weight), 2), np.pad(link, 2)
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
    """Distance from the headline: the heading that shares most words with `<title>`, a first `h1` else."""
    wanted = set(_WORD.findall(title.lower()))
    best, best_score = -1, 0.0
    likeness = [0.0] * len(blocks)
    last_heading = 0
    since, under = [], []
    level = 0.0
    for i, block in enumerate(blocks):
        if block.kind == "heading":
            last_heading, level = i, float(block.level)
        since.append(min(i - last_heading, 50))
        under.append(level)
        if block.box.tag in HEADINGS or (i < 30 and len(block.text) < 200):
            words = set(_WORD.findall(block.text.lower()))
            likeness[i] = len(words & wanted) / max(1, len(words | wanted))
            score = likeness[i] + 0.3 * (block.box.tag == "h1") + 0.1 * (block.kind == "heading")
            if score > best_score + 0.05 and (likeness[i] > 0.3 or block.box.tag == "h1"):
                best, best_score = i, score
    out["title_like"] = np.array(likeness)
    out["from_title"] = np.clip(np.arange(len(blocks)) - best, -100, 300).astype(np.float64)
    out["has_title"] = np.full(len(blocks), best_score)
    out["since_heading"], out["under_level"] = np.array(since, np.float64), np.array(under)
