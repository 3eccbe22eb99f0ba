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
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from newsarchive.core.text.patterns import held, letter_of, letters
from newsarchive.exceptions import BadRules
from newsarchive.items import LABELS, BlockVerdict, DecidedBy
from newsarchive.rules import Rules, Table, strings

#: Longest line, in characters, that a phrase can be: prose is never looked up.
LONGEST = 300
_NAME = r"[^\s]+(?: [^\s]+){0,5}"

#: The tag, the id and the classes of a step of a path.
_MARKS = re.compile(r"^[^#.]+|[#.][^#.]+")

Lookup = Callable[[str], BlockVerdict | None]
#: A pattern, its place among all of its section, and what it decides.
_Part = tuple[str, int, BlockVerdict]


@dataclass(frozen=True, eq=False)
class Phrases:
    """Compiled tables. Each lookup gives a verdict with its label and what decided it, or `None`."""

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
    """One lookup for all patterns of a section, with a memory for repeated lines. Those are tried that begin as a
    line does, or of which it holds a text."""
    by_sign: dict[str, list[_Part]] = {}
    for place, (file, label, text) in enumerate(_entries(rules, section)):
        part = _compile(file, f"{section}.{label}", text)
        rule = f"{file}, [{section}] {label}: {_short(text)}"
        verdict = BlockVerdict(label, rule, DecidedBy.PHRASE)
        for sign in letters(part) or (held(part),):
            by_sign.setdefault(sign, []).append((part, place, verdict))
    tables = {sign: _Alternatives(parts) for sign, parts in by_sign.items()}
    texts, anywhere = [sign for sign in tables if len(sign) > 1], [sign for sign in tables if not sign]

    @lru_cache(maxsize=16384)
    def lookup(text: str) -> BlockVerdict | None:
        if not 0 < len(text) <= LONGEST:
            return None
        signs = [letter_of(text), *anywhere]
        for sign in texts:
            if sign in text:
                signs.append(sign)
        hits = [hit for sign in signs if sign in tables and (hit := tables[sign].first(text))]
        return min(hits)[1] if hits else None

    return lookup


class _Alternatives:
    """Patterns with their places in the tables, of which the first that matches decides; compiled once a line needs them."""

    def __init__(self, parts: Sequence[_Part]) -> None:
        self.parts = parts

    @cached_property
    def any(self) -> re.Pattern[str]:
        return re.compile("|".join(part for part, _, _ in self.parts))

    @cached_property
    def each(self) -> re.Pattern[str]:
        """With groups, which tell which one it was, and take longer."""
        return re.compile("|".join(f"({part})" for part, _, _ in self.parts))

    def first(self, text: str) -> tuple[int, BlockVerdict] | None:
        """The place of the first pattern that matches, and what it decides."""
        if not self.any.fullmatch(text):
            return None
        hit = self.each.fullmatch(text)
        return self.parts[hit.lastindex - 1][1:] if hit and hit.lastindex else None


def _short(pattern: str) -> str:
    """A pattern as a rule shows it: its first characters name it well enough."""
    return pattern if len(pattern) <= 60 else pattern[:59] + "…"


def _selectors(rules: Rules) -> Lookup:
    """Looks the segments of a tag path up, the outermost first (html and body never count)."""
    exact: dict[str, BlockVerdict] = {}
    prefix: dict[str, BlockVerdict] = {}
    for file, label, selector in _entries(rules, "select"):
        table = prefix if selector.endswith("*") else exact
        table[selector.rstrip("*")] = BlockVerdict(label, f"{file}, [select] {selector}", DecidedBy.SELECTOR)
    starts = tuple(prefix)

    @lru_cache(maxsize=16384)
    def segment(text: str) -> BlockVerdict | None:
        for token in _MARKS.findall(text):
            if token in exact:
                return exact[token]
            if starts and token.startswith(starts):
                return next(v for k, v in prefix.items() if token.startswith(k))
        return None

    @lru_cache(maxsize=16384)
    def lookup(path: str) -> BlockVerdict | None:
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
