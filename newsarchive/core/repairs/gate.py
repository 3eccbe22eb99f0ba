"""Where a page may be damaged: what lets clean text through, at little cost.

Every pair of characters is looked up among those that clean text has: of a page as arrays, of a line
run by run, so that to repair a line takes no numpy, which needs a tenth of a second to load.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from newsarchive.core.repairs.pairs import PairModel
from newsarchive.core.text.scripts import SCRIPTS, script

#: A script that makes up less of the page's letters than this may be mojibake as a whole.
MINOR = 0.3
#: A text of fewer characters is a line.
LINE = 240

#: What is not plain: any two others may meet, in addresses, code, typing errors.
_ODD = re.compile(r"[^\n\t -~]+")
_NO_LETTERS = bytes(b for b in range(256) if not (b < 128 and chr(b).isalpha()))


def suspects(model: PairModel, text: str) -> Sequence[int]:
    """Where a page may be damaged: positions of pairs that clean text does not have, and of letters
    of a script that makes up little of the page. Empty for a clean page."""
    if text.isascii():
        return []
    if len(text) < LINE:
        return _by_runs(model, text)
    from newsarchive.core.repairs.arrays import arrays_of

    return arrays_of(model).suspects(text)


def _by_runs(model: PairModel, text: str) -> list[int]:
    runs = [match.span() for match in _ODD.finditer(text)]
    found = []
    for start, end in runs:
        first = start - 1 if start else 0
        if places := _unseen_in(model, text[first : end + 1]):
            found += [first + place for place in places]
    odd = "".join([text[start:end] for start, end in runs])
    if minor := _minor(model, text, odd):
        of_minor = (i - 1 for start, end in runs for i in range(start, end) if text[i] in minor)
        found = sorted({*found, *of_minor} - {-1})
    return found


def _minor(model: PairModel, text: str, odd: str) -> set[str]:
    """The letters of scripts that make up little of a page: `odd` is all in it that is not plain."""
    names = facts_of(model).scripts
    scripts = {char: name for char in set(odd) if (name := names[model.symbols[char]])}
    if {"LATIN"}.issuperset(scripts.values()):
        return set()
    raw = text.encode("utf-8", "surrogatepass")
    counts = Counter({"LATIN": len(raw.translate(None, _NO_LETTERS))})
    for char, number in Counter(odd).items():
        if char in scripts:
            counts[scripts[char]] += number
    least = MINOR * counts.total()
    return {char for char, name in scripts.items() if counts[name] < least}


@lru_cache(maxsize=1 << 13)
def _unseen_in(model: PairModel, run: str) -> tuple[int, ...]:
    """Where the pairs of a run are that clean text does not have."""
    facts, costs, limits = facts_of(model), model.costs, model.limits
    ids = [model.symbols[c] for c in run]
    return tuple(
        at
        for at, (a, b) in enumerate(pairwise(ids))
        if costs[a][b] > limits[b] and not (facts.plain[a] and facts.plain[b])
    )


@dataclass(frozen=True, eq=False)
class Facts:
    """By symbol: whether it is plain; its script, or "" for none that pages are written in."""

    plain: tuple[bool, ...]
    scripts: tuple[str, ...]


@lru_cache(maxsize=4)
def facts_of(model: PairModel) -> Facts:
    return Facts(
        plain=tuple((n.isascii() and len(n) == 1) or n == "[digit]" for n in model.names),
        scripts=tuple(map(_script, model.names)),
    )


def _script(name: str) -> str:
    own = script(name) if len(name) == 1 else name[1:-1].split(" ")[0]
    # Japanese is written in three scripts at once.
    return "CJK" if own in ("HIRAGANA", "KATAKANA") else own if own in SCRIPTS else ""
