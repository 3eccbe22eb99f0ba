"""Compiles the tables of `data/phrases` and `data/platforms`: which lines and which elements of a page are boilerplate.

Example: `[line] share = ["share (?:this|on) {name}"]` in `phrases/en.toml` labels the line "Share on Facebook" as
`share`, and `[select] nav = [".site-header"]` in `platforms/wordpress.toml` labels each block inside
`<div class="site-header">` as `nav`.

`newsarchive/data/README.md` says what a table may hold. A pattern must match the whole folded line (`normalise.fold`). All tables are
asked for every page, because plug-ins speak English on a German blog too, and whole lines of two languages seldom clash.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import itemgetter

from newsarchive import compiled
from newsarchive.core.text import caches, patterns
from newsarchive.exceptions import BadRules
from newsarchive.items import LABELS, BlockVerdict, DecidedBy
from newsarchive.rules import Rules, Table, strings

#: Characters of a folded line. A longer line is prose and is never looked up.
MAX_PHRASE_CHARACTERS = 300
#: Characters of a pattern that a rule text prints; the rest is cut off.
MAX_PRINTED_CHARACTERS = 60

#: What `{name}` stands for in a pattern: one to six words.
_NAME = r"[^\s]+(?: [^\s]+){0,5}"
#: The tag, the id and the classes of one element of a path: `div#main.post` → `div`, `#main`, `.post`.
_MARKS = re.compile(r"^[^#.]+|[#.][^#.]+")
_WORDS = re.compile(r"\w+")

#: What case folding leaves of a Turkish capital: "İLGİLİ" becomes "ilgili" with this dot above each "i".
_DOT = "i\u0307"

Lookup = Callable[[str], BlockVerdict | None]
#: Section → its verdict on a line; a section that does not know the line is left out.
Verdicts = Mapping[str, BlockVerdict]
_NO_VERDICTS: Verdicts = {}
_NO_KINDS: frozenset[str] = frozenset()
#: The sections that are asked for every line of a page.
EVERY_LINE = ("line", "edge", "head")
#: The sections that a table may have.
SECTIONS = (*EVERY_LINE, "opening", "closing", "picture", "signature", "select", "original", "promo")
#: Folder → those that only its tables may have besides; `core.discovery.page_kind` reads them.
OWN_SECTIONS = {"phrases": (), "platforms": ("body_classes",)}
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
        words, others = compiled.made(
            repr(texts), lambda: _words_and_others(texts), sys.modules[__name__], patterns
        )
        kinds = dict(words)
        known, ascii_others = frozenset(kinds), [pair for pair in others if pair[0].isascii()]

        @caches.noted
        @lru_cache(maxsize=1024)  # a line is asked for one kind after the other
        def kinds_in(folded: str) -> frozenset[str]:
            found = [kind for text, kind in (ascii_others if folded.isascii() else others) if text in folded]
            words = known.intersection(patterns.words_in(folded))
            return frozenset(found).union(*[kinds[word] for word in words]) if found or words else _NO_KINDS

        #: The kinds that a folded text may hold words of; it holds none of another kind.
        self.kinds_in = kinds_in

    def holds(self, folded: str, *kinds: str) -> bool:
        """Whether a folded text holds a word of each of these kinds."""
        may_hold = self.kinds_in(folded)
        return may_hold.issuperset(kinds) and all(self.patterns[kind].search(folded) for kind in kinds)

    def count(self, folded: str, kind: str) -> int:
        """How many different words of a kind a folded text holds."""
        return len(set(self.patterns[kind].findall(folded))) if kind in self.kinds_in(folded) else 0

    def begins(self, folded: str, kind: str) -> bool:
        """Whether a folded text begins with a word of a kind."""
        return kind in self.kinds_in(folded) and self.patterns[kind].match(folded) is not None

    def ends(self, folded: str, kind: str) -> bool:
        """Whether a folded text ends with a word of a kind: in Turkish and Hindi the verb stands last."""
        if kind not in self.kinds_in(folded):
            return False
        return any(found.end() == len(folded) for found in self.patterns[kind].finditer(folded))


def _words_and_others(
    texts: Mapping[str, Sequence[str]],
) -> tuple[tuple[tuple[str, frozenset[str]], ...], tuple[tuple[str, str], ...]]:
    """The words with which matches of patterns begin, each with its kinds, and for all other patterns the texts that a match of them
    holds, each with its kind."""
    kinds: dict[str, frozenset[str]] = {}
    others: list[tuple[str, str]] = []
    for kind, own in texts.items():
        for word in frozenset().union(*(patterns.first_words(text) or () for text in own)):
            kinds[word] = kinds.get(word, frozenset()) | {kind}
        parts = [
            patterns.held(part)
            for text in own
            if patterns.first_words(text) is None
            for part in patterns.unfolded(text)
        ]
        others += [(part, kind) for part in (dict.fromkeys(parts) if all(parts) else [""])]
    return tuple(kinds.items()), tuple(others)


@dataclass(frozen=True, eq=False)
class Phrases:
    """Compiled tables. A lookup gives the label and what decided it, `None` for an unknown text.

    `known` gives what the sections `EVERY_LINE` say of a folded line.
    """

    known: Callable[[str], Verdicts]
    opening: Lookup
    closing: Lookup
    picture: Lookup
    signature: Lookup
    #: Takes the path of a block instead of its text: "html/body/div#main.post/p".
    select: Lookup
    #: The same, for the sections `[original]`.
    original: Lookup
    promo: PromoWords


@lru_cache(maxsize=8)
def phrases(rules: Rules) -> Phrases:
    """The phrases and platforms of `rules`, compiled once for each `Rules`. Raises `BadRules`."""
    for file, folder, table in _tables(rules):
        known = SECTIONS + OWN_SECTIONS[folder]
        if unknown := table.keys() - set(known):
            raise BadRules(file, min(unknown), f"no section; there are {', '.join(known)}")
    promo: dict[str, list[str]] = {}
    for file, kind, text in _entries(rules, "promo"):
        promo.setdefault(kind, []).append(_compile(file, f"promo.{kind}", text))
    return Phrases(
        known=_line_lookup(rules, *EVERY_LINE),
        opening=_section_lookup(rules, "opening"),
        closing=_section_lookup(rules, "closing"),
        picture=_section_lookup(rules, "picture"),
        signature=_section_lookup(rules, "signature"),
        select=_path_lookup(rules, "select"),
        original=_path_lookup(rules, "original"),
        promo=PromoWords(promo),
    )


def _tables(rules: Rules) -> Iterator[tuple[str, str, Table]]:
    """(file, folder, table) of every table, in the order of their names."""
    tables = [(name, "phrases", table) for name, table in rules.phrases.items()]
    tables += [(name, "platforms", table) for name, table in rules.platforms.items()]
    for name, folder, table in sorted(tables, key=lambda entry: entry[:2]):
        yield f"{folder}/{name}.toml", folder, table


def _entries(rules: Rules, section: str) -> Iterator[tuple[str, str, str]]:
    """(file, label, pattern) of one section of all tables, in the order of their names."""
    for file, _, table in _tables(rules):
        labels = table.get(section, {})
        if not isinstance(labels, dict):
            raise BadRules(file, section, "must be a table")
        for label in labels:
            if section != "promo" and (label not in LABELS or (label == "body" and section != "select")):
                raise BadRules(file, f"{section}.{label}", f"not one of {', '.join(LABELS[1:])}")
            yield from ((file, label, text) for text in strings(file, labels, label))


def _compile(file: str, key: str, pattern: str) -> str:
    """A pattern as it goes into an alternation, with its letters folded as those of a line are: Thai "ำ" and Armenian "և" become two.
    Raises `BadRules`, naming the pattern that is wrong."""
    text = pattern.replace("{name}", _NAME)
    if not unicodedata.is_normalized("NFKC", text):
        text = "".join(unicodedata.normalize("NFKC", c).lower() if c.isalpha() else c for c in text)
    try:
        if compiled.regex(text).groups:
            raise BadRules(file, key, f"{pattern!r}: write groups as (?:…)")
    except re.error as error:
        raise BadRules(file, key, f"{pattern!r} is no regular expression: {error}") from error
    return text


def _line_lookup(rules: Rules, *sections: str) -> Callable[[str], Verdicts]:
    """One lookup for all patterns of some sections, with a memory for lines that repeat.

    There are thousands of patterns. A line is compared with few of them: with those that can begin with its first word or its first
    letter, and with those that need a text that the line holds.
    """
    entries = [
        (section, n, *entry) for section in sections for n, entry in enumerate(_entries(rules, section))
    ]
    compiled_entries = compiled.made(
        repr([(file, section, label, text) for section, _, file, label, text in entries]),
        lambda: tuple(
            _signed(_compile(file, f"{section}.{label}", text)) for section, _, file, label, text in entries
        ),
        sys.modules[__name__],
        patterns,
    )
    tables: tuple[dict[str, _Alternatives], ...] = ({}, {}, {})
    for (section, position, file, label, text), (pattern, kind, signs) in zip(
        entries, compiled_entries, strict=True
    ):
        is_long = len(text) > MAX_PRINTED_CHARACTERS
        printed = text[: MAX_PRINTED_CHARACTERS - 1] + "…" if is_long else text
        verdict = BlockVerdict(label, f"{file}, [{section}] {label}: {printed}", DecidedBy.PHRASE)
        for sign in signs:
            tables[kind].setdefault(sign, _Alternatives()).add(section, (pattern, position, verdict))
    by_word, by_letter, by_text = tables
    texts = patterns.by_script(by_text.items(), itemgetter(0))

    @caches.noted
    @lru_cache(maxsize=16384)
    def lookup(text: str) -> Verdicts:
        if not 0 < len(text) <= MAX_PHRASE_CHARACTERS:
            return _NO_VERDICTS
        if _DOT in text:
            text = text.replace(_DOT, "i")
        word = _WORDS.match(text)
        may_match = [by_word[word[0]]] if word and word[0] in by_word else []
        if (letter := patterns.letter_of(text)) in by_letter:
            may_match.append(by_letter[letter])
        for sign, table in texts[patterns.script_group(text)]:
            if sign in text:
                may_match.append(table)
        # For each section the verdict of the first of its patterns that matches.
        hits: dict[str, tuple[int, BlockVerdict]] = {}
        for alternatives in may_match:
            for section, hit in alternatives.first(text):
                if section not in hits or hit < hits[section]:
                    hits[section] = hit
        return {section: verdict for section, (_, verdict) in hits.items()} if hits else _NO_VERDICTS

    return lookup


def _signed(pattern: str) -> tuple[str, int, tuple[str, ...]]:
    """A pattern with the signs of lines that it may match, and their kind: 0 for first words, 1 for first letters, 2 for texts that the
    line holds."""
    for kind, signs in enumerate((patterns.first_words, patterns.letters)):
        if found := signs(pattern):
            return pattern, kind, tuple(found)
    return pattern, 2, tuple(patterns.needed(pattern) or ("",))


def _section_lookup(rules: Rules, section: str) -> Lookup:
    """The lookup for the patterns of one section."""
    known = _line_lookup(rules, section)
    return lambda text: known(text).get(section)


class _Alternatives:
    """Patterns in order, by section: the first of a section that matches decides. They are compiled when the first line needs
    them."""

    def __init__(self) -> None:
        self.sections: dict[str, list[_Entry]] = {}

    def add(self, section: str, entry: _Entry) -> None:
        self.sections.setdefault(section, []).append(entry)

    @cached_property
    def any(self) -> re.Pattern[str]:
        """Tells whether one of the patterns of any section matches: without groups, hence fast."""
        return compiled.regex("|".join(text for entries in self.sections.values() for text, _, _ in entries))

    @cached_property
    def each(self) -> Mapping[str, re.Pattern[str]]:
        """Tells of each section which pattern matches: a group for each, hence slow."""
        return {
            section: compiled.regex("|".join(f"({text})" for text, _, _ in entries))
            for section, entries in self.sections.items()
        }

    def first(self, text: str) -> Iterator[tuple[str, tuple[int, BlockVerdict]]]:
        """Of each section with a pattern that matches: the section, the position of the first such pattern, and what it decides."""
        if not self.any.fullmatch(text):
            return
        for section, pattern in self.each.items():
            hit = pattern.fullmatch(text)
            if hit and hit.lastindex:
                yield section, self.sections[section][hit.lastindex - 1][1:]


def _path_lookup(rules: Rules, section: str) -> Lookup:
    """Looks up the elements of a path in one section, the outermost first. What a selector says of `html` and `body` never counts."""
    exact: dict[str, BlockVerdict] = {}
    prefix: dict[str, BlockVerdict] = {}
    several: dict[frozenset[str], BlockVerdict] = {}
    for file, label, selector in _entries(rules, section):
        verdict = BlockVerdict(label, f"{file}, [{section}] {selector}", DecidedBy.SELECTOR)
        if len(wanted := _MARKS.findall(selector)) > 1:
            several[frozenset(wanted)] = verdict
        else:
            (prefix if selector.endswith("*") else exact)[selector.rstrip("*")] = verdict
    begins, of_several = compiled.regex(patterns.any_literal(prefix)), frozenset().union(*several)

    @caches.noted
    @lru_cache(maxsize=16384)
    def element(text: str) -> BlockVerdict | None:
        if text.startswith(("html", "body")):
            return None
        marks = _MARKS.findall(text)
        if not of_several.isdisjoint(marks):
            for wanted, verdict in several.items():
                if wanted.issubset(marks):
                    return verdict
        for mark in marks:
            if mark in exact:
                return exact[mark]
            if begins.match(mark):
                return next(verdict for start, verdict in prefix.items() if mark.startswith(start))
        return None

    @caches.noted
    @lru_cache(maxsize=16384)
    def lookup(path: str) -> BlockVerdict | None:
        return next(filter(None, map(element, path.split("/"))), None)

    return lookup
