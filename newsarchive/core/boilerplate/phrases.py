"""Compiles the tables of `data/phrases` and `data/platforms`: which lines and which elements of a page are boilerplate.

Example: `[line] share = ["share (?:this|on) {name}"]` in `phrases/en.toml` labels the line "Share on Facebook" as
`share`, and `[select] nav = [".site-header"]` in `platforms/wordpress.toml` labels each block inside
`<div class="site-header">` as `nav`.

A table, of a language or of a blog platform, may hold:

`[line]`     label → patterns of whole lines that are boilerplate wherever they stand
`[edge]`     label → patterns of lines that are boilerplate only where no prose of the article follows
`[closing]`  label → patterns of the last lines of a text, whole sentences among them
`[picture]`  label → patterns of short lines of a text that credit a picture or describe it
`[head]`     label → patterns of headings whose list below goes with them (`related`, `quote`)
`[select]`   label → `#id`, `.class` or `tag`; a `*` as the last character means "starts with"
`[promo]`    kind → the words that `cues.promo_lines` and `cues.sells` look for

A pattern is a regular expression. It must match the whole folded line (`normalise.fold`: lower case, straight quotes, no
bullets, no end mark); `{name}` stands for one to six words. All tables are asked for every page, because plug-ins
speak English on a German blog too, and whole lines of two languages seldom clash.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from newsarchive import compiled
from newsarchive.core.text.patterns import Literals, first_words, held, letter_of, letters, unfolded
from newsarchive.exceptions import BadRules
from newsarchive.items import LABELS, BlockVerdict, DecidedBy
from newsarchive.rules import Rules, strings

#: Characters of a folded line. A longer line is prose and is never looked up.
MAX_PHRASE_CHARACTERS = 300
#: Characters of a pattern that a rule text prints; the rest is cut off.
MAX_PRINTED_CHARACTERS = 60

#: What `{name}` stands for in a pattern: one to six words.
_NAME = r"[^\s]+(?: [^\s]+){0,5}"
#: The tag, the id and the classes of one element of a path: `div#main.post` → `div`, `#main`, `.post`.
_MARKS = re.compile(r"^[^#.]+|[#.][^#.]+")
_WORDS = re.compile(r"\w+")
_NO_LITERALS = Literals(())

Lookup = Callable[[str], BlockVerdict | None]
#: (pattern, its position among all patterns of its section, what it decides)
_Entry = tuple[str, int, BlockVerdict]


class PromoWords:
    """The words by which promos are known, of several kinds. They are looked for as whole words of a folded text.

    Most lines hold no word of a kind, and are told by their single words. Of patterns that begin with anything, such as
    `\\w*newsletters?`, the text is looked for that every match holds.
    """

    def __init__(self, texts: Mapping[str, Sequence[str]]) -> None:
        self.patterns = {
            kind: compiled.regex(rf"(?<!\w)(?:{'|'.join(own)})(?!\w)") for kind, own in texts.items()
        }
        kinds: dict[str, frozenset[str]] = {}
        self._others: dict[str, Literals | None] = {}
        for kind, own in texts.items():
            for word in frozenset().union(*(first_words(text) or () for text in own)):
                kinds[word] = kinds.get(word, frozenset()) | {kind}
            needed = [held(part) for text in own if first_words(text) is None for part in unfolded(text)]
            self._others[kind] = Literals(needed) if all(needed) else None
        known = frozenset(kinds)

        @lru_cache(maxsize=1024)  # a line is asked for one kind after the other
        def kinds_in(folded: str) -> frozenset[str]:
            return frozenset().union(*(kinds[word] for word in known.intersection(_WORDS.findall(folded))))

        self._kinds_in = kinds_in

    def holds(self, folded: str, kind: str) -> bool:
        """Whether a folded text holds a word of a kind."""
        return self._may_hold(folded, kind) and self.patterns[kind].search(folded) is not None

    def count(self, folded: str, kind: str) -> int:
        """How many different words of a kind a folded text holds."""
        return len(set(self.patterns[kind].findall(folded))) if self._may_hold(folded, kind) else 0

    def begins(self, folded: str, kind: str) -> bool:
        """Whether a folded text begins with a word of a kind."""
        return self._may_hold(folded, kind) and self.patterns[kind].match(folded) is not None

    def _may_hold(self, folded: str, kind: str) -> bool:
        if kind in self._kinds_in(folded):
            return True
        others = self._others.get(kind, _NO_LITERALS)
        return others is None or others.stand_in(folded)


@dataclass(frozen=True, eq=False)
class Phrases:
    """Compiled tables. A lookup gives the label and what decided it, `None` for an unknown text."""

    line: Lookup
    edge: Lookup
    closing: Lookup
    picture: Lookup
    head: Lookup
    #: Takes the path of a block instead of its text: "html/body/div#main.post/p".
    select: Lookup
    promo: PromoWords


@lru_cache(maxsize=8)
def phrases(rules: Rules) -> Phrases:
    """The phrases and platforms of `rules`, compiled once for each `Rules`. Raises `BadRules`."""
    return Phrases(
        line=_line_lookup(rules, "line"),
        edge=_line_lookup(rules, "edge"),
        closing=_line_lookup(rules, "closing"),
        picture=_line_lookup(rules, "picture"),
        head=_line_lookup(rules, "head"),
        select=_path_lookup(rules),
        promo=_promo_words(rules),
    )


def _entries(rules: Rules, section: str) -> Iterator[tuple[str, str, str]]:
    """(file, label, pattern) of one section of all tables, in the order of their names."""
    tables = [(name, "phrases", table) for name, table in rules.phrases.items()]
    tables += [(name, "platforms", table) for name, table in rules.platforms.items()]
    for name, folder, table in sorted(tables, key=lambda entry: entry[:2]):
        file, labels = f"{folder}/{name}.toml", table.get(section, {})
        if not isinstance(labels, dict):
            raise BadRules(file, section, "must be a table")
        for label in labels:
            if section != "promo" and (label not in LABELS or label == "body"):
                raise BadRules(file, f"{section}.{label}", f"not one of {', '.join(LABELS[1:])}")
            yield from ((file, label, text) for text in strings(file, labels, label))


def _compile(file: str, key: str, pattern: str) -> str:
    """A pattern as it goes into an alternation. Raises `BadRules`, naming the pattern that is wrong."""
    text = pattern.replace("{name}", _NAME)
    try:
        if compiled.regex(text).groups:
            raise BadRules(file, key, f"{pattern!r}: write groups as (?:…)")
    except re.error as error:
        raise BadRules(file, key, f"{pattern!r} is no regular expression: {error}") from error
    return text


def _line_lookup(rules: Rules, section: str) -> Lookup:
    """One lookup for all patterns of a section, with a memory for lines that repeat.

    Of the thousands of patterns a line is only held against those that can match it: patterns that begin with the
    letter that the line begins with, and patterns that need a text which the line holds.
    """
    by_sign: dict[str, list[_Entry]] = {}
    for position, (file, label, text) in enumerate(_entries(rules, section)):
        pattern = _compile(file, f"{section}.{label}", text)
        printed = text if len(text) <= MAX_PRINTED_CHARACTERS else text[: MAX_PRINTED_CHARACTERS - 1] + "…"
        verdict = BlockVerdict(label, f"{file}, [{section}] {label}: {printed}", DecidedBy.PHRASE)
        for sign in letters(pattern) or (held(pattern),):
            by_sign.setdefault(sign, []).append((pattern, position, verdict))
    tables = {sign: _Alternatives(entries) for sign, entries in by_sign.items()}
    by_letter = {sign: table for sign, table in tables.items() if len(sign) == 1}
    by_text = [(sign, table) for sign, table in tables.items() if len(sign) > 1]
    anywhere = [tables[""]] if "" in tables else []

    @lru_cache(maxsize=16384)
    def lookup(text: str) -> BlockVerdict | None:
        if not 0 < len(text) <= MAX_PHRASE_CHARACTERS:
            return None
        may_match = [by_letter[letter]] if (letter := letter_of(text)) in by_letter else []
        may_match += anywhere
        for needed, table in by_text:
            if needed in text:
                may_match.append(table)
        hits = [hit for table in may_match if (hit := table.first(text))]
        return min(hits)[1] if hits else None

    return lookup


class _Alternatives:
    """Patterns of which the first one that matches decides; compiled when the first line needs them."""

    def __init__(self, entries: Sequence[_Entry]) -> None:
        self.entries = entries

    @cached_property
    def any(self) -> re.Pattern[str]:
        """Tells whether one of the patterns matches: without groups, hence fast."""
        return compiled.regex("|".join(pattern for pattern, _, _ in self.entries))

    @cached_property
    def each(self) -> re.Pattern[str]:
        """Tells which pattern matches: a group for each, hence slow."""
        return compiled.regex("|".join(f"({pattern})" for pattern, _, _ in self.entries))

    def first(self, text: str) -> tuple[int, BlockVerdict] | None:
        """The position of the first pattern that matches, and what it decides."""
        if not self.any.fullmatch(text):
            return None
        hit = self.each.fullmatch(text)
        return self.entries[hit.lastindex - 1][1:] if hit and hit.lastindex else None


def _path_lookup(rules: Rules) -> Lookup:
    """Looks up the elements of a path, the outermost first. What a selector says of `html` and `body` never counts."""
    exact: dict[str, BlockVerdict] = {}
    prefix: dict[str, BlockVerdict] = {}
    for file, label, selector in _entries(rules, "select"):
        table = prefix if selector.endswith("*") else exact
        table[selector.rstrip("*")] = BlockVerdict(label, f"{file}, [select] {selector}", DecidedBy.SELECTOR)
    starts = tuple(prefix)

    @lru_cache(maxsize=16384)
    def element(text: str) -> BlockVerdict | None:
        if text.startswith(("html", "body")):
            return None
        for mark in _MARKS.findall(text):
            if mark in exact:
                return exact[mark]
            if starts and mark.startswith(starts):
                return next(verdict for start, verdict in prefix.items() if mark.startswith(start))
        return None

    @lru_cache(maxsize=16384)
    def lookup(path: str) -> BlockVerdict | None:
        for text in path.split("/"):  # a loop, because a broken page may nest thousands of elements
            if verdict := element(text):
                return verdict
        return None

    return lookup


def _promo_words(rules: Rules) -> PromoWords:
    texts: dict[str, list[str]] = {}
    for file, kind, text in _entries(rules, "promo"):
        texts.setdefault(kind, []).append(_compile(file, f"promo.{kind}", text))
    return PromoWords(texts)
