"""The words of a line, each with what it may say in a credit line: "reprinted" says that a text was taken over.

The words are listed by group under `[stems]` in `data/attribution/<lang>.toml`. An entry is a whole word; with `*` at its
end it is the beginning of words, with `-` at its start the end of words (`-kurier`). In scripts without spaces an entry
is a run of characters. A credit is often in another language than the article, so a line is compared with all of
them; the languages that know most of its words count. The groups that speak for a credit are

`this` (the piece at hand), `work` (article, lines), `publish` (appeared, ran), `first`, `take` (reprinted, translated,
seen), `grace` (permission, courtesy, rights), `thanks`, `from` (source, provenance), `read` (read the whole), `place` (site, paper),
`at` (what stands before a name), `small` (words that say nothing) and `press` (words of papers' names). Against a
credit speak `say` (told, according), `life` (of an author), `ask` (follow, subscribe), `fiction` (novel, film),
`another` (the text answers or expands another one) and `imprint` (the site's registration, its editor). `particles` are
endings of names in Korean.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from newsarchive import compiled
from newsarchive.core.origin.attribution_patterns import VOWEL_MARKS
from newsarchive.core.text.scripts import HANGUL, UNSPACED
from newsarchive.exceptions import BadRules
from newsarchive.rules import Rules, strings

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
_IS_UNSPACED = re.compile(rf"[{UNSPACED}]")
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

    def groups(self, word: str) -> dict[str, frozenset[str]]:
        """The groups of a word in a script with spaces, by language."""
        folded = word.casefold() if word.isascii() else VOWEL_MARKS.sub("", word.casefold())
        found = dict(self.whole.get(folded, {}))
        sizes = range(_MIN_STEM_CHARACTERS, min(_MAX_STEM_CHARACTERS, len(folded)) + 1)
        tables = [t for n in sizes if (t := self.begins.get(folded[:n]))]
        tables += [t for n in sizes if n < len(folded) and (t := self.ends.get(folded[-n:]))]
        for table in tables:
            for language, groups in table.items():
                found[language] = found.get(language, _NOTHING) | groups
        return found or (self.groups(bare) if (bare := self.without_particle(word)) != word else found)

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
    groups = [{} if _IS_UNSPACED.match(m[0]) else _groups_of(m[0], known) for m in matches]
    counts = Counter(language for found in groups for language in found)
    most = max(counts.values(), default=0)
    spoken = {language for language, count in counts.items() if count == most}
    words: list[Word] = []
    for match, found in zip(matches, groups, strict=True):
        if _IS_UNSPACED.match(match[0]):
            words += _cut(match[0], match.start(), known)
        else:
            of_word = frozenset().union(*(g for language, g in found.items() if language in spoken))
            words.append(Word(match[0], match.start(), match.end(), of_word))
    return tuple(words)


@lru_cache(maxsize=16_384)  # a few thousand words make up most of all lines
def _groups_of(word: str, known: Vocabulary) -> dict[str, frozenset[str]]:
    return known.groups(word)


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
            for kind, word in map(_kind, entries):
                languages = tables[kind].setdefault(word, {})
                languages[language] = languages.get(language, _NOTHING) | {group}
    runs = {word: frozenset().union(*languages.values()) for word, languages in tables["runs"].items()}
    longest_first = tuple(sorted(particles, key=len, reverse=True))
    return Vocabulary(tables["whole"], tables["begins"], tables["ends"], runs, longest_first)


def _kind(entry: str) -> tuple[str, str]:
    """The table of an entry, and the word in it: the part after an apostrophe, because lines are cut there too."""
    word = re.split("['’ʼ]", entry.casefold())[-1]
    if _IS_UNSPACED.match(word):
        return "runs", word
    if word.endswith("*"):
        return "begins", word[:-1]
    return ("ends", word[1:]) if word.startswith("-") else ("whole", word)
