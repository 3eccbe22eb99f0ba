"""Build the models that encoding repair judges by: `python -m training.encoding`.

This is the pair model; `encoding_grams.py` makes that of letter sequences from the same words.

Sources, both redistributable (newsarchive/data/models/ENCODING-LICENSE.txt says so in full):
wordfreq's word lists (Robyn Speer, CC BY-SA 4.0; `pip install wordfreq`) for 42 languages, and
PyThaiNLP's word frequencies from the Thai National Corpus (CC0; `pip install pythainlp`).
Serbian in Cyrillic and Chinese in traditional characters are written from the lists of
Serbo-Croatian and Chinese. How words meet punctuation is no list's knowledge:
`encoding_patterns.py` says it by hand.

Layout of the file: `PAIR1`, the length of the header (uint32, little-endian), the header (JSON,
deflated: `symbols`, `members` of the symbols that are groups, and the class model), then a zlib
stream of n × n bytes: by how many eighths of a nat (modulo 256) −log P(column | row) differs from
what the class model says.
"""

from __future__ import annotations

import json
import struct
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from newsarchive.core.encoding.ngram_model import LANGUAGES_FILE
from newsarchive.core.encoding.ngram_model import MODEL_FILE as GRAM_MODEL_FILE
from newsarchive.core.encoding.pair_model import MAGIC, MODEL_FILE, UNITS_PER_NAT, Backing
from newsarchive.core.text.scripts import FORBIDDEN, kind
from training.encoding_grams import count_grams, count_languages, packed
from training.encoding_patterns import LATIN, WORD, patterns_of
from training.encoding_words import Words, languages

OUT = Path(__file__).parents[1] / "newsarchive" / "data" / "models" / MODEL_FILE

#: How many words of each language the counts stand for: what smoothing is weighed against.
WORDS = 300_000
#: A character has a symbol of its own from this many occurrences on.
OWN = 3.0
#: Han and Hangul have too many characters: those are grouped by how frequent they are.
GROUPS = {"CJK Lo": 14, "HANGUL Lo": 8}
#: Kinds that never get symbols of their own: their members are alike, or must not be brought forth.
GROUPED = {"digit", "emoji", "flag", "skin tone", *FORBIDDEN}
#: The weight of the class model, in pairs.
BACKING = 20.0
#: A kind after a kind that was never seen so: this share of all.
STRANGE = 2e-4

Counts = Counter[tuple[str, str]]


def main() -> None:
    lists = list(languages())
    grams = packed(count_grams(lists))
    (OUT.parent / GRAM_MODEL_FILE).write_bytes(grams)
    print(f"{GRAM_MODEL_FILE}: {len(grams):,} bytes", file=sys.stderr)
    single = packed(count_languages(lists))
    (OUT.parent / LANGUAGES_FILE).write_bytes(single)
    print(f"{LANGUAGES_FILE}: {len(single):,} bytes", file=sys.stderr)
    counts = count_pairs(lists)
    symbols, members = choose_symbols(counts)
    tables = costs_of(counts, symbols, members)
    header = zlib.compress(json.dumps({"symbols": symbols, "members": members, **tables[0]}).encode(), 9)
    data = MAGIC + struct.pack("<I", len(header)) + header + zlib.compress(tables[1].tobytes(), 9)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_bytes(data)
    print(f"{OUT.name}: {len(symbols)} symbols, {len(data):,} bytes", file=sys.stderr)


def count_pairs(lists: Iterable[Words]) -> Counts:
    """Expected counts of character pairs in an equal share of text of every language."""
    counts: Counts = Counter()
    latin = None
    spread: list[tuple[str, Counter[str], Counter[str]]] = []
    for words in lists:
        first, last = Counter[str](), Counter[str]()
        for word, share in words.cased():
            for pair in pairwise(word):
                counts[pair] += share * WORDS
            first[word[0]] += share
            last[word[-1]] += share
        spread.append((words.language, first, last))
        latin = (first, last) if words.language == "en" else latin
    for language, first, last in spread:
        add_patterns(counts, language, {WORD: (first, last), LATIN: latin})
    add_ascii(counts)
    return counts


def add_patterns(counts: Counts, language: str, ends: dict[str, Any]) -> None:
    """Count what the hand-written patterns say, with the language's first and last letters."""
    for pattern, weight in patterns_of(language).items():
        for left, right in pairwise(pattern):
            lasts = ends[left][1] if left in ends else {left: 1.0}
            firsts = ends[right][0] if right in ends else {right: 1.0}
            # Two words side by side: the frequent ends say enough (Han counts by group anyway).
            most = 500 if len(firsts) > 1 < len(lasts) else 4000
            top_lasts, top_firsts = _top(lasts, most), _top(firsts, most)
            for a, p in top_lasts:
                for b, q in top_firsts:
                    counts[a, b] += p * q * weight * WORDS / 1500


def _top(shares: Any, most: int) -> list[tuple[str, float]]:
    return Counter(shares).most_common(most)


def add_ascii(counts: Counts) -> None:
    """Any two ASCII characters may meet: in addresses, code, typing errors."""
    printable = [chr(c) for c in range(0x20, 0x7F)] + ["\n", "\t"]
    for a in printable:
        for b in printable:
            counts[a, b] += 4.0


def choose_symbols(counts: Counts) -> tuple[list[str], dict[str, str]]:
    """The symbols of the model: single characters first, then groups and kinds."""
    occurrences = Counter[str]()
    for (_, b), n in counts.items():
        occurrences[b] += n
    own = [c for c, n in occurrences.items() if n >= OWN and kind(c) not in GROUPED and kind(c) not in GROUPS]
    members: dict[str, str] = {}
    for name, steps in GROUPS.items():
        members |= _by_frequency(name, steps, occurrences)
    kinds = sorted({kind(chr(c)) for c in range(sys.maxunicode + 1)} | {"other"})
    return [*sorted(own), *members, *(f"[{k}]" for k in kinds)], members


def _by_frequency(name: str, steps: int, occurrences: Counter[str]) -> dict[str, str]:
    groups: dict[int, list[str]] = defaultdict(list)
    ordered = [c for c, _ in occurrences.most_common() if kind(c) == name]
    top = occurrences[ordered[0]]
    for char in ordered:
        step = int(np.log(top / occurrences[char]) / np.log(2.2))
        groups[min(step, steps - 1)].append(char)
    return {f"[{name} {step}]": "".join(sorted(chars)) for step, chars in sorted(groups.items())}


def costs_of(counts: Counts, symbols: list[str], members: dict[str, str]) -> tuple[dict[str, Any], Any]:
    """−log P(b | a) for every two symbols, b as one character of its symbol: see `_packed`."""
    index = {
        c: i for i, name in enumerate(symbols) for c in members.get(name, name if len(name) == 1 else "")
    }
    kinds = {name[1:-1]: i for i, name in enumerate(symbols) if len(name) > 1 and name not in members}
    of = defaultdict(
        lambda: kinds["other"], {c: index.get(c, kinds[kind(c)]) for pair in counts for c in pair}
    )
    n = len(symbols)
    pairs = np.zeros((n, n))
    for (a, b), count in counts.items():
        pairs[of[a], of[b]] += count
    classes = sorted({_class(s) for s in symbols})
    belongs = np.array([classes.index(_class(s)) for s in symbols])
    return _packed(pairs, belongs, len(classes), _sizes(symbols, members, index))


def _packed(pairs: Any, belongs: Any, size: int, sizes: Any) -> tuple[dict[str, Any], Any]:
    """The class model, and for each two symbols what their cost adds to what that model says."""
    after, within = _class_model(pairs, belongs, size)
    rows = pairs.sum(1) + BACKING
    between = _eighths(after)
    into, out_of = _eighths(within / sizes), _eighths(BACKING / rows)
    table = {"class": belongs, "between": between, "into": into, "out_of": out_of}
    backing = BACKING * after[belongs][:, belongs] * within
    cost = _eighths((pairs + backing) / rows[:, None] / sizes)
    lists = {name: values.tolist() for name, values in table.items()}
    classes = Backing(*lists.values())
    from_classes = np.array([list(classes.row(symbol)) for symbol in range(len(belongs))])
    delta = np.where(pairs > 0, np.minimum(cost, 255) - from_classes, 0).astype(np.uint8)
    return lists, delta


def _eighths(probability: Any) -> Any:
    return np.round(-np.log(probability) * UNITS_PER_NAT).astype(np.int32)


def _class(symbol: str) -> str:
    """The class that backs a symbol: its kind, ASCII and other Latin letters apart."""
    if len(symbol) == 1:
        return kind(symbol) + (" ascii" if symbol.isascii() else "")
    name = symbol[1:-1]
    return next((g for g in GROUPS if name.startswith(g)), name)


def _class_model(pairs: Any, belongs: Any, size: int) -> tuple[Any, Any]:
    """P(class of b | class of a), and P(b | class of b)."""
    member = np.zeros((len(belongs), size))
    member[np.arange(len(belongs)), belongs] = 1
    between = member.T @ pairs @ member
    overall = between.sum(0) + 30.0
    overall /= overall.sum()
    after = (between + 200 * overall) / (between.sum(1, keepdims=True) + 200)
    after = (1 - STRANGE) * after + STRANGE * overall
    seen = pairs.sum(0) + 0.3
    return after, seen / (member @ (member.T @ seen))


def _sizes(symbols: list[str], members: dict[str, str], index: dict[str, int]) -> Any:
    """How many characters share each symbol."""
    rest = Counter(kind(chr(c)) for c in range(sys.maxunicode + 1) if chr(c) not in index)
    sizes = [
        1 if len(s) == 1 else len(members[s]) if s in members else max(1, rest[s[1:-1]]) for s in symbols
    ]
    return np.array(sizes)


if __name__ == "__main__":
    main()
