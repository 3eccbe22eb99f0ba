"""The tables of `data/chrome`, compiled: which lines and which places of a page are furniture.

A table (a language, or a blogging platform) may hold:

`[line]`     label → patterns of whole lines that are furniture wherever they stand
`[edge]`     label → patterns that are furniture only where no prose of the article follows
`[closing]`  label → patterns of the last lines of a text, whole sentences among them
`[picture]`  label → patterns of short lines of a text that credit a picture or describe it
`[head]`     label → patterns of headings whose list below goes with them (`related`, `quote`)
`[select]`   label → `#id`, `.class`, `tag`, with `*` as a last character for "starts with"
`[promo]`    the word lists of `cues.promo_lines` and `cues.sells`

Patterns are regular expressions over the folded line (`lines.fold`: lower case, straight quotes, no
bullets, no end mark) and must match all of it; `{name}` stands for one to six words. All tables are
asked for every page: plug-ins speak English on a German blog, and whole lines seldom clash.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from newsarchive.exceptions import BadRules
from newsarchive.items import LABELS
from newsarchive.rules import Rules, Table, strings

#: Longest line, in characters, that a phrase can be: prose is never looked up.
LONGEST = 300
_NAME = r"[^\s]+(?: [^\s]+){0,5}"

Verdict = tuple[str, str]
Lookup = Callable[[str], Verdict | None]


@dataclass(frozen=True, eq=False)
class Phrases:
    """Compiled tables. Each lookup gives (label, what decided it in words), or `None`."""

    line: Lookup
    edge: Lookup
    closing: Lookup
    picture: Lookup
    head: Lookup
    select: Lookup
    promo: Mapping[str, re.Pattern[str]] = field(default_factory=dict)


@lru_cache(maxsize=8)
def phrases(rules: Rules) -> Phrases:
    """The tables of `rules.chrome`, compiled once for each `Rules`. Raises `BadRules`."""
    return Phrases(
        line=_lines(rules, "line"),
        edge=_lines(rules, "edge"),
        closing=_lines(rules, "closing"),
        picture=_lines(rules, "picture"),
        head=_lines(rules, "head"),
        select=_selectors(rules),
        promo=_promo(rules),
    )


def _entries(rules: Rules, section: str) -> Iterable[tuple[str, str, str]]:
    """(file, label, pattern) of one section of all tables."""
    for name, table in sorted(rules.chrome.items()):
        file, part = f"chrome/{name}.toml", table.get(section, {})
        if not isinstance(part, dict):
            raise BadRules(file, section, "must be a table")
        for label in part:
            yield from ((file, label, text) for text in _strings(file, part, section, label))


def _strings(file: str, part: Table, section: str, label: str) -> tuple[str, ...]:
    if section != "promo" and (label not in LABELS or label == "body"):
        raise BadRules(file, f"{section}.{label}", f"not one of {', '.join(LABELS[1:])}")
    return strings(file, part, label)


def _compile(file: str, key: str, pattern: str) -> str:
    """A pattern as it goes into the alternation; says which one is wrong."""
    text = pattern.replace("{name}", _NAME)
    try:
        if re.compile(text).groups:
            raise BadRules(file, key, f"{pattern!r}: write groups as (?:…)")
    except re.error as error:
        raise BadRules(file, key, f"{pattern!r} is no regular expression: {error}") from error
    return text


def _lines(rules: Rules, section: str) -> Lookup:
    """One lookup for all patterns of a section: an alternation, with a memory for repeated lines."""
    found = list(_entries(rules, section))
    if not found:
        return lambda text: None
    parts = [_compile(file, f"{section}.{label}", text) for file, label, text in found]
    pattern = re.compile("|".join(f"({part})" for part in parts))
    # Without groups an alternative that begins with another letter is passed over at once.
    any_of_them = re.compile("|".join(parts))

    @lru_cache(maxsize=16384)
    def lookup(text: str) -> Verdict | None:
        known = 0 < len(text) <= LONGEST and any_of_them.fullmatch(text)
        hit = pattern.fullmatch(text) if known else None
        if hit is None or hit.lastindex is None:
            return None
        file, label, phrase = found[hit.lastindex - 1]
        return label, f"{file}, [{section}] {label}: {_short(phrase)}"

    return lookup


def _short(pattern: str) -> str:
    """A pattern as a rule shows it: its first characters name it well enough."""
    return pattern if len(pattern) <= 60 else pattern[:59] + "…"


def _selectors(rules: Rules) -> Lookup:
    """Looks the segments of a tag path up, the outermost first (html and body never count)."""
    exact: dict[str, Verdict] = {}
    prefix: dict[str, Verdict] = {}
    for file, label, selector in _entries(rules, "select"):
        table = prefix if selector.endswith("*") else exact
        table[selector.rstrip("*")] = (label, f"{file}, [select] {selector}")
    starts = tuple(prefix)

    @lru_cache(maxsize=16384)
    def segment(text: str) -> Verdict | None:
        for token in re.findall(r"^[^#.]+|[#.][^#.]+", text):
            if token in exact:
                return exact[token]
            if starts and token.startswith(starts):
                return next(v for k, v in prefix.items() if token.startswith(k))
        return None

    @lru_cache(maxsize=16384)
    def lookup(path: str) -> Verdict | None:
        above, _, part = path.rpartition("/")  # boxes share most of their path with their neighbours
        if above and (verdict := lookup(above)):
            return verdict
        return None if part.startswith(("html", "body")) else segment(part)

    return lookup


def _promo(rules: Rules) -> dict[str, re.Pattern[str]]:
    """kind of promo word → one pattern that finds any of them as whole words."""
    words: dict[str, list[str]] = {}
    for file, kind, text in _entries(rules, "promo"):
        words.setdefault(kind, []).append(_compile(file, f"promo.{kind}", text))
    return {kind: re.compile(r"(?<!\w)(?:" + "|".join(texts) + r")(?!\w)") for kind, texts in words.items()}
