"""Numbers about blocks: a matrix with one row a block, the input of the learned classifier.

What a box (an element) says is worked out once a box and handed down; what lies in a box is a
difference of prefix sums, because the blocks of a box are neighbours in document order.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsarchive.core.blocks import Box, RawBlock, Reading
from newsarchive.core.markup import HEADINGS

Matrix = NDArray[np.float32]
Array = NDArray[np.floating[Any]]

#: Hand-made groups: words of ids and classes that name a part of a page, in many themes alike.
GROUPS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "comments": r"comment|respond|disqus|repl(y|ies)|kommentar",
        "share": r"shar(e|ing)|social|addtoany|addthis|follow",
        "related": r"relat|recommend|more.?(stor|from|on|news)|read.?(next|more)|outbrain|taboola|popular|trend|similar|latest|also",
        "subscribe": r"subscri|newsletter|sign.?up|mailchimp|donat|paywall",
        "advert": r"advert|sponsor|promo|banner|\bads?\b|cta|callout|affiliate",
        "nav": r"\bnav|menu|crumb|pag(er|inat)|sidebar|widget|masthead|toc\b|table.of.contents|jump",
        "footer": r"foot|colophon|copyright|legal|disclaim",
        "bio": r"author|bio\b|about|contributor",
        "byline": r"byline|meta\b|\bdate|time|published|dateline",
        "tags": r"\btags?\b|categor|topic|keyword",
        "consent": r"cookie|consent|gdpr|modal|popup|overlay",
        "caption": r"caption|credit|gallery|slide|image|photo|figure",
        "header": r"head(er)?\b|title|hero|standfirst|deck\b|subtitle|summary|excerpt|dek\b",
        "card": r"card|teaser|tile|grid|carousel|listing|item\b",
        "content": r"content|article|post\b|entry|story|body|text|prose|rich.?text|single",
        "hidden": r"hidden|screen.?reader|sr.only|visually|print.only|skip",
        "faq": r"faq|accordion|question|toggle|collaps|tab\b",
        "quote": r"quot|pull|testimonial",
        "product": r"product|price|shop|buy|cart|review|rating",
        "note": r"note|ref(erence)?s?\b|cite|bibliograph|source",
    }.items()
}
_GROUP_BITS = {name: 1 << i for i, name in enumerate(GROUPS)}
#: Elements whose mere presence among the ancestors tells something.
ANCESTORS = ("article", "main", "aside", "nav", "footer", "header", "form", "figure", "ul", "ol", "table",
             "blockquote", "section", "dl", "details", "button", "p", "li", "td", "div")  # fmt: skip
_TAG_BITS = {tag: 1 << i for i, tag in enumerate(ANCESTORS)}
_KINDS = ("paragraph", "heading", "list_item", "quote", "code", "table", "caption", "embed")

_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\u0e00-\u0e7f]")
_STOP = re.compile(r"[.!?…。！？।؟](?=[\s\"'”’»)」』]|$)")
_WORD = re.compile(r"\w+")
_DIGIT = re.compile(r"\d")
_CAPITAL = re.compile(r"\b[^\W\d_a-z]")
_DATE = re.compile(r"\b(19|20)\d\d\b|\d{1,2}[./:-]\d{1,2}")
_SYMBOL = re.compile(r"[|©@»›→•·/#&+]|\.\.\.|https?:")
_PARTS = re.compile(r"[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]*")

#: How many class and id names of one element are read.
_MOST_NAMES = 12


_ANY_GROUP = re.compile("|".join(f"(?:{p.pattern})" for p in GROUPS.values()))
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NUMBERS = re.compile(r"[\d_-]+")


@lru_cache(maxsize=32_768)
def _name(name: str) -> tuple[tuple[str, ...], int]:
    """The words of one class name or id, and the groups that it names, as bits."""
    if len(name) > 60:
        return (), 0
    spelled = _CAMEL.sub("-", name).replace("_", "-").lower()
    bits = 0
    if _ANY_GROUP.search(spelled):
        bits = sum(bit for group, bit in _GROUP_BITS.items() if GROUPS[group].search(spelled))
    out = {_NUMBERS.sub("-", name.lower()).strip("-")}
    out.update(part.lower() for part in _PARTS.findall(name) if len(part) > 1)
    out.discard("")
    return tuple(out), bits


def tokens(tag: str, ident: str, names: str) -> list[str]:
    """The words of an element's tag, id and classes: each name whole and in its parts, sorted.

    >>> tokens("div", "", "entry-content postBody2")
    ['<div', 'body', 'content', 'entry', 'entry-content', 'post', 'postbody']
    """
    out = {"<" + tag}
    for name in _names(ident, names):
        out.update(_name(name)[0])
    return sorted(out)


def _names(ident: str, names: str) -> list[str]:
    return [*ident.split()[:1], *names.split()[:_MOST_NAMES]]


class Names:
    """What elements are worth by their tag, id and classes: a learned table, and the hand-made groups.

    Keeps what it has worked out, as pages of a site share their names.
    """

    def __init__(self, table: Mapping[str, float]) -> None:
        self.table = table
        self.known: dict[tuple[str, str, str], tuple[float, int]] = {}

    def facts(self, tag: str, ident: str, names: str) -> tuple[float, int]:
        """(learned score, bits of `GROUPS`); the score is a sum over the square root of the number of
        known words, so that a dozen utility classes do not shout down one telling name."""
        key = (tag, ident, names)
        found = self.known.get(key)
        if found is None:
            if len(self.known) > 50_000:
                self.known.clear()
            found = self.known[key] = self._facts(*key)
        return found

    def _facts(self, tag: str, ident: str, names: str) -> tuple[float, int]:
        table = self.table
        known = [table[t] for t in tokens(tag, ident, names) if t in table]
        bits = 0
        for name in _names(ident, names):
            bits |= _name(name)[1]
        return (sum(known) / len(known) ** 0.5 if known else 0.0), bits


class _BoxFacts:
    """Per box, in document order: its own token score and groups, and what its ancestors add."""

    def __init__(self, boxes: Sequence[Box], names: Names) -> None:
        n = len(boxes)
        self.parent = np.fromiter((b.parent.index if b.parent else -1 for b in boxes), np.int64, n)
        self.own, self.total, self.low, self.high, self.near = ([0.0] * n for _ in range(5))
        self.bits, self.tags, self.own_bits = ([0] * n for _ in range(3))
        for box in boxes:
            if box.last > box.first:
                self._add(box, *names.facts(box.tag, box.ident, box.classes))

    def _add(self, box: Box, own: float, bits: int) -> None:
        i = box.index
        self.own[i], self.own_bits[i] = own, bits
        tag = _TAG_BITS.get(box.tag, 0)
        if box.parent is None:
            self.total[i] = self.low[i] = self.high[i] = self.near[i] = own
            self.bits[i], self.tags[i] = bits, tag
            return
        up = box.parent.index
        self.total[i] = self.total[up] + own
        low, high = self.low[up], self.high[up]
        self.low[i], self.high[i] = own if own < low else low, own if own > high else high
        self.near[i] = 0.6 * self.near[up] + own
        # <body class="..."> names the whole page: it tells no block from another.
        self.bits[i] = 0 if box.tag == "body" else self.bits[up] | bits
        self.tags[i] = self.tags[up] | tag


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


def _ratio(a: Array, b: Array) -> Array:
    return a / np.maximum(b, 1.0)


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
    out["comma_rate"] = _ratio(out["commas"], weight)
    out["stop_rate"] = _ratio(out["stops"], out["words"])
    out["word_length"] = _ratio(weight, out["words"])
    at = np.fromiter((b.box.index for b in blocks), np.int64, n)
    facts = _BoxFacts(boxes, names)
    _place(out, blocks, facts, at, names.table)
    prose = weight * (1 - link) * (weight > 60) * (link < 0.5)
    _containers(out, boxes, facts, at, prose, weight, link)
    _signatures(out, blocks, weight, link)
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
    facts: _BoxFacts,
    at: NDArray[np.int64],
    table: Mapping[str, float],
) -> None:
    for name in ("own", "total", "low", "high", "near"):
        out["token_" + name] = np.array(getattr(facts, name))[at]
    bits, tags = np.array(facts.bits)[at], np.array(facts.tags)[at]
    for name, bit in _GROUP_BITS.items():
        out["in_" + name] = ((bits & bit) > 0).astype(np.float64)
    for name, bit in _TAG_BITS.items():
        out["under_" + name] = ((tags & bit) > 0).astype(np.float64)
    own = np.array(facts.own_bits)[at]
    counted = np.stack([((own & bit) > 0).astype(np.float64) for bit in _GROUP_BITS.values()])
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


def _containers(
    out: dict[str, Array],
    boxes: Sequence[Box],
    facts: _BoxFacts,
    at: NDArray[np.int64],
    prose: Array,
    weight: Array,
    link: Array,
) -> None:
    n = len(prose)
    first = np.minimum(np.fromiter((b.first for b in boxes), np.int64, len(boxes)), n)
    last = np.maximum(np.minimum(np.fromiter((b.last for b in boxes), np.int64, len(boxes)), n), first)

    def inside(values: Array) -> Array:
        sums = np.concatenate([[0.0], np.cumsum(values)])
        result: Array = sums[last] - sums[first]
        return result

    p, w, lw, count = inside(prose), inside(weight), inside(weight * link), (last - first).astype(np.float64)
    total = max(1.0, float(prose.sum()))
    good = prose * (out["token_near"] > -0.5)
    g = inside(good)
    parent = facts.parent
    up = at
    for name in ("box", "up1", "up2", "up3"):
        out[name + "_prose"] = p[up] / total
        out[name + "_link"] = _ratio(lw[up], w[up])
        out[name + "_mean"] = np.log1p(_ratio(w[up], count[up]))
        out[name + "_count"] = np.minimum(count[up], 200)
        up = np.maximum(parent[up], 0)
    for name, share, sums in (
        ("main90", 0.9, p),
        ("main60", 0.6, p),
        ("good75", 0.75, g),
        ("good40", 0.4, g),
    ):
        _main(out, name, _deepest(sums, share, boxes), first, last, n, p, parent, at)


def _deepest(sums: Array, share: float, boxes: Sequence[Box]) -> int:
    """The deepest box, by document order, that holds this share of all the text that `sums` counts."""
    enough = np.flatnonzero(sums >= share * sums.max())
    if not len(enough) or sums.max() <= 0:
        return 0
    return max(map(int, enough), key=lambda i: (boxes[i].depth, -i))


def _main(
    out: dict[str, Array],
    name: str,
    main: int,
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    n: int,
    prose: Array,
    parent: NDArray[np.int64],
    at: NDArray[np.int64],
) -> None:
    """Where each block stands to a main container: inside, how far down its blocks, and how much
    prose lies in the branch below the container that the block belongs to."""
    index = np.arange(n)
    start, end = int(first[main]), int(last[main])
    inside = (index >= start) & (index < end)
    out[name + "_in"] = inside.astype(np.float64)
    out[name + "_at"] = np.clip((index - start) / max(1, end - start), -1.0, 2.0)
    branch = at.copy()
    depth = np.zeros(n)
    for _ in range(130):
        climb = (branch > main) & (parent[branch] != main) & inside
        if not climb.any():
            break
        branch = np.where(climb, parent[branch], branch)
        depth += climb
    out[name + "_below"] = np.where(inside, depth, -1.0)
    out[name + "_branch"] = np.where(inside, prose[branch] / max(1.0, float(prose[main])), -1.0)


def _signatures(out: dict[str, Array], blocks: Sequence[RawBlock], weight: Array, link: Array) -> None:
    """Blocks with the same path are of a kind: cards, comments, menu entries, paragraphs."""
    ids: dict[str, int] = {}
    group = np.fromiter((ids.setdefault(b.path, len(ids)) for b in blocks), np.int64, len(blocks))
    count = np.bincount(group).astype(np.float64)
    out["same_count"] = np.minimum(count, 100)[group]
    out["same_mean"] = np.log1p(np.bincount(group, weight) / count)[group]
    out["same_link"] = (np.bincount(group, link) / count)[group]
    repeats = Counter(b.text for b in blocks)
    out["repeats"] = np.fromiter((min(repeats[b.text], 10) for b in blocks), np.float64, len(blocks))
    seen: Counter[str] = Counter()
    before = []
    for block in blocks:
        before.append(float(min(seen[block.text], 5)))
        seen[block.text] += 1
    out["repeats_before"] = np.array(before)


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
