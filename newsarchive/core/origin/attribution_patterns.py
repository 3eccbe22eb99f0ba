"""The tables of `data/attribution`: their phrases as regular expressions, and their words, each with what it may say in
a credit line.

The pattern `this <work> <first> appeared <on> <source>` matches "This article first appeared on The Heron". `newsarchive/data/README.md`
says what a table may hold.

A credit is often in another language than the article, so a line is compared with the words of all languages; those count that know
most of its words.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import takewhile

from newsarchive import compiled
from newsarchive.core.text.scripts import HANGUL, UNSPACED, has_unspaced
from newsarchive.exceptions import BadRules
from newsarchive.rules import Rules, Table, strings

#: Vowel signs of Arabic and the stroke that stretches a word: the same word is written with and without them.
VOWEL_MARKS = re.compile("[\u064b-\u0652\u0640]")
_FLAGS = re.I | re.S
_ANY = r".{1,200}?"
_SOURCE = r"(?P<source>.{2,160})"
_SOURCE_INSIDE = r"(?P<source>.{2,90}?)"
_WORDS = re.compile(r"\w+")
#: Colons of all widths, those of Armenian, Khmer and Amharic, and the sign that Hindi writes for one: "स्रोतः".
_COLON = r"\s*(?:[:：﹕|–—՝៖፦ः]|\s-\s)\s*"


@dataclass(frozen=True, eq=False)
class Phrase:
    """One pattern of a table, with what its table and its group say of it.

    `expression` is the source of its regular expression.
    """

    pattern: str
    words: Mapping[str, tuple[str, ...]]
    expression: str
    kind: str
    weight: float
    spaces: bool
    whole: bool
    alone: bool
    listed: bool
    headline: bool
    stops: re.Pattern[str] | None
    lead: re.Pattern[str] | None
    behind: re.Pattern[str] | None

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """Compiled at its first use: a run needs few of the hundreds, and to compile all takes half a second."""
        return compiled.regex(self.expression, _FLAGS)


def phrases_of(language: str, table: Table) -> Iterator[Phrase]:
    """The phrases of one table. Raises `BadRules` for a pattern with a name that `[words]` lacks."""
    file = f"attribution/{language}.toml"
    spaces = bool(table.get("spaces", True))
    words = {name: strings(file, table["words"], name) for name in table.get("words", {})}
    # Case matters in both: "Le" may be the first word of a name, "le" ends one; "the Guardian" loses its article,
    # "The Conversation" keeps it.
    stops = lead = behind = None
    if entries := strings(file, table, "stops"):
        stops = compiled.regex(rf"[\s,]{any_of(entries)}(?!\w)" if spaces else any_of(entries))
    if entries := strings(file, table, "lead"):
        after = r"(?:\s+|(?<=['’]))[«“„\"]?" if spaces else r"\s*"
        lead = compiled.regex(rf"(?:{any_of(entries)}{after})+")
    if entries := strings(file, table, "buttons"):
        labels = any_of(strings(file, table, "stops") or entries)
        behind = compiled.regex(rf"(?:\s+{any_of(entries)})+\W*$|(?<=\w)\s*{labels}\s*[:：].*", re.S)
    for group in table.get("phrase", []):
        for pattern in strings(file, group, "patterns"):
            if "<source>" not in pattern.split():
                raise BadRules(file, f"phrase: {pattern}", "no word of it is <source>")
            try:
                expression = regex_of(pattern, words, spaces)
            except KeyError as missing:
                raise BadRules(file, f"phrase: {pattern}", f"no entry in [words]: {missing}") from None
            yield Phrase(
                pattern,
                words,
                expression,
                str(group.get("kind", "attribution")),
                float(group.get("weight", 0.9)),
                spaces,
                bool(group.get("whole")),
                bool(group.get("alone")),
                bool(group.get("listed")),
                bool(group.get("headline")),
                stops,
                lead,
                behind,
            )


@lru_cache(maxsize=128)  # a list of the tables each, asked for by every page
def entries_of(rules: Rules, key: str) -> tuple[str, ...]:
    """The entries of a list (`by`, `company`, …) in the tables of all languages."""
    tables = rules.attribution.items()
    return tuple(entry for language, t in tables for entry in strings(f"attribution/{language}.toml", t, key))


@lru_cache(maxsize=8)
def not_names(rules: Rules) -> re.Pattern[str]:
    """Matches a text that begins with a word of `not_names`: "June 2024", "Facebook"."""
    return compiled.regex(rf"{any_of(entries_of(rules, 'not_names'))}(?:(?!\w)|(?<=[{UNSPACED}]))", re.I)


def folded(text: str) -> str:
    r"""Spell a text so that `str.casefold` makes the same words of all texts that a phrase matches. Its length stays.

    The apostrophe U+02BC is a letter to `\w`. The Turkish ı and İ are an i to `re.IGNORECASE`, and not to `str.casefold`.

    >>> folded("lʼarticle"), folded("KAYNAĞI").casefold() == folded("kaynağı").casefold()
    ("l'article", True)
    """
    return text if text.isascii() else text.replace("ʼ", "'").replace("ı", "i").replace("İ", "i")


def beginnings(phrase: Phrase) -> set[tuple[str, ...]]:
    """The words, `folded` and in lower case, that a matching line can begin with: two, or one where anything may follow it. None for
    a phrase that begins with the name."""
    found: set[tuple[str, ...]] = set()
    open_ends: set[tuple[str, ...]] = {()}
    for token in takewhile(lambda token: token not in ("<source>", "<any>"), phrase.pattern.split()):
        name = re.fullmatch(r"<(\w+)(\??)>", token)
        entries = phrase.words[name[1]] if name else (token,)
        words = [tuple(map(str.casefold, _WORDS.findall(folded(entry)))) for entry in entries]
        longer = {(*end, *more)[:2] for end in open_ends for more in words}
        found |= {end for end in longer if len(end) == 2}
        open_ends = {end for end in longer if len(end) < 2} | (open_ends if name and name[2] else set())
    return set() if () in open_ends else found | open_ends


def regex_of(pattern: str, words: Mapping[str, tuple[str, ...]], spaces: bool = True) -> str:
    """The regular expression of a pattern, as text. Raises `KeyError` for a `<name>` that `words` lacks.

    >>> bool(re.match(regex_of("via : <source>", {}), "Via: Reuters", re.I))
    True
    >>> optional = re.compile(regex_of("<first?> in <source>", {"first": ("first", "originally")}))
    >>> [bool(optional.fullmatch(text)) for text in ("first in Le Monde", "in Le Monde", "last in Le Monde")]
    [True, True, False]
    """
    tokens = pattern.split()
    gap = r"(?:\s+|(?<=['’ʼ]))" if spaces else r"\s*"  # "l'article" has no space
    out = ""
    for i, token in enumerate(tokens):
        glued = not out or bool({":", ","} & {token, tokens[i - 1]})
        last = i == len(tokens) - 1
        if (name := re.fullmatch(r"<(\w+)\?>", token)) and not out:
            out += f"(?:{any_of(words[name[1]])}{gap})?"
            tokens[i] = ":"  # the gap is inside the group, so that the next token needs none
        else:
            out += _token(token, words, "" if glued else gap, last)
    return out


def _token(token: str, words: Mapping[str, tuple[str, ...]], gap: str, last: bool) -> str:
    if token == ":":
        return _COLON
    if token == ",":
        return r"\s*[,，]\s*"
    if token == "<source>":
        return gap + (_SOURCE if last else _SOURCE_INSIDE)
    if token == "<any>":
        return gap + _ANY
    name = re.fullmatch(r"<(\w+)(\??)>", token)
    if name is None:
        return gap + literal(token)
    choice = gap + any_of(words[name[1]])
    return f"(?:{choice})?" if name[2] else choice


@lru_cache(maxsize=1024)  # hundreds of phrases share a few lists of words
def any_of(entries: tuple[str, ...]) -> str:
    """A group that matches any of the entries, the longest first; of none it matches nothing."""
    longest_first = sorted(entries, key=len, reverse=True)
    return f"(?:{'|'.join(map(literal, longest_first))})" if entries else r"(?!)"


def literal(text: str) -> str:
    """An expression for the text itself, with any white space for its own and any apostrophe for its own."""
    folded = r"\s+".join(re.escape(word) for word in text.split())
    return re.sub(r"['’]", "['’ʼ]", folded)


#: Groups that speak for a credit.
FOR = ("this", "work", "publish", "first", "take", "grace", "thanks", "from", "read", "place")
#: Groups that speak against one.
AGAINST = ("say", "life", "ask", "fiction", "another", "imprint")
GROUPS = frozenset((*FOR, *AGAINST, "at", "small", "press", "particles"))
#: Characters of the beginning or end of a word; shorter entries are not found.
_MIN_STEM_CHARACTERS = 2
#: Characters of the beginning or end of a word, or of a run; longer entries are not found.
_MAX_STEM_CHARACTERS = 16

#: Marks inside words of Arabic and Indian scripts, which Python's `\w` leaves out.
_MARK = r"[\u0610-\u061a\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963]"
_WORD = compiled.regex(rf"[{UNSPACED}]+|(?:[^\W_{UNSPACED}]|{_MARK})+(?:-(?:[^\W_{UNSPACED}]|{_MARK})+)*")
_HANGUL = re.compile(f"[{HANGUL}]")

_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Word:
    """A word between `start` and `end` of its line; `groups` is empty for a word that no table knows."""

    text: str
    start: int
    end: int
    groups: frozenset[str] = _NOTHING

    @property
    def is_capital(self) -> bool:
        """Whether it begins with a capital or a digit, in an alphabet that has capitals."""
        return self.text[0].isupper() or self.text[0].isdigit()


#: The groups of a word by language.
Groups = Mapping[str, frozenset[str]]


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The tables of all languages: whole words, beginnings, ends, and runs of characters (of any language)."""

    whole: Mapping[str, Groups]
    begins: Mapping[str, Groups]
    ends: Mapping[str, Groups]
    runs: Mapping[str, frozenset[str]]
    particles: tuple[str, ...]

    def without_particle(self, text: str) -> str:
        """A Korean word without the particle that is glued to it."""
        if not text or not _HANGUL.match(text[-1]):
            return text
        ending = next((p for p in self.particles if text.endswith(p) and len(text) - len(p) > 1), "")
        return text[: -len(ending)] if ending else text


@lru_cache(maxsize=4096)
def words_of(line: str, rules: Rules) -> tuple[Word, ...]:
    """The words of a line in their order. Runs in scripts without spaces are cut into the words that a table knows."""
    known = vocabulary(rules)
    matches = list(_WORD.finditer(line))
    groups = [{} if has_unspaced(m[0][:1]) else _groups_of(m[0], known) for m in matches]
    counts = Counter(language for found in groups for language in found)
    most = max(counts.values(), default=0)
    spoken = {language for language, count in counts.items() if count == most}
    words: list[Word] = []
    for match, found in zip(matches, groups, strict=True):
        if has_unspaced(match[0][:1]):
            words += _cut(match[0], match.start(), known)
        else:
            of_word = frozenset().union(*(g for language, g in found.items() if language in spoken))
            words.append(Word(match[0], match.start(), match.end(), of_word))
    return tuple(words)


@lru_cache(maxsize=16_384)  # a few thousand words make up most of all lines
def _groups_of(word: str, known: Vocabulary) -> dict[str, frozenset[str]]:
    """The groups of a word in a script with spaces, by language."""
    folded = word.casefold() if word.isascii() else VOWEL_MARKS.sub("", word.casefold())
    found = dict(known.whole.get(folded, {}))
    sizes = range(_MIN_STEM_CHARACTERS, min(_MAX_STEM_CHARACTERS, len(folded)) + 1)
    tables = [t for n in sizes if (t := known.begins.get(folded[:n]))]
    tables += [t for n in sizes if n < len(folded) and (t := known.ends.get(folded[-n:]))]
    for table in tables:
        for language, groups in table.items():
            found[language] = found.get(language, _NOTHING) | groups
    if found or (bare := known.without_particle(word)) == word:
        return found
    return _groups_of(bare, known)


def _cut(run: str, start: int, known: Vocabulary) -> Iterator[Word]:
    """The known words in a run of characters, the longest first, and what is left between them."""
    at = rest = 0
    while at < len(run):
        sizes = range(min(_MAX_STEM_CHARACTERS, len(run) - at), 0, -1)
        size = next((n for n in sizes if run[at : at + n] in known.runs), 0)
        if size and rest < at:
            yield Word(run[rest:at], start + rest, start + at)
        if size:
            yield Word(run[at : at + size], start + at, start + at + size, known.runs[run[at : at + size]])
        at += size or 1
        rest = at if size else rest
    if rest < len(run):
        yield Word(run[rest:], start + rest, start + len(run))


@lru_cache(maxsize=8)
def vocabulary(rules: Rules) -> Vocabulary:
    """The `[stems]` of all languages. Raises `BadRules` for an unknown group."""
    tables: dict[str, dict[str, dict[str, frozenset[str]]]] = defaultdict(dict)
    particles: list[str] = []
    for language, table in rules.attribution.items():
        file, stems = f"attribution/{language}.toml", table.get("stems", {})
        for group in stems:
            if group not in GROUPS:
                raise BadRules(file, f"stems.{group}", f"not one of {', '.join(sorted(GROUPS))}")
            entries = strings(file, stems, group)
            if group == "particles":
                particles += entries
            for entry in entries:
                # The part after an apostrophe, because lines are cut there too.
                word = re.split("['’ʼ]", entry.casefold())[-1]
                kind = "ends" if word.startswith("-") else "whole"
                kind = "runs" if has_unspaced(word[:1]) else "begins" if word.endswith("*") else kind
                word = word[:-1] if kind == "begins" else word[1:] if kind == "ends" else word
                languages = tables[kind].setdefault(word, {})
                languages[language] = languages.get(language, _NOTHING) | {group}
    runs = {word: frozenset().union(*languages.values()) for word, languages in tables["runs"].items()}
    longest_first = tuple(sorted(particles, key=len, reverse=True))
    return Vocabulary(tables["whole"], tables["begins"], tables["ends"], runs, longest_first)
