"""The tables of `data/attribution`, read as phrases with regular expressions.

A pattern is a row of words as a reader would say them, `this <work> <first> appeared <on> <source>`:

- `<name>` stands for any entry of that name in the table's `[words]`, `<name?>` for one of them or for nothing;
- `<source>` stands for the publisher's name, `<any>` for up to 200 characters (a title, as in WordPress's
  "The post … appeared first on …");
- `:` stands for a colon of any width or a dash, `,` for a comma;
- any other word stands for itself, in upper or lower case.

Patterns are listed in `[[phrase]]` groups with their `kind` and `weight`. A group may set three switches:

- `whole = true`: little may follow the name;
- `alone = true`: the sentence must fill most of its paragraph, because inside prose it could be a tale;
- `listed = true`: the name must be that of a listed publisher.

A table may set `spaces = false` (Chinese, Japanese, Thai), which lets words stand without white space between them.
It may also hold these lists:

- `lead`: what may stand before the name ("the website of"); `stops`: what ends it ("under licence"); `buttons`: words of
  the page that may stand behind it ("report");
- `not_names`: first words of texts that are no names ("June"); `notes`: "Editor's note" and the like;
- `copyright`, `rights`: words of a copyright notice; `by`, `roles`: words of a byline;
- `company`: words of a firm's name; `endings`: case endings of names;
- `pictures`: how a line begins that credits a picture;
- `page_words`: names of papers that are also words of any page ("Print"); alone in a byline they name none;
- `people_labels`: labels that credit people as often as papers; `link_labels`: the whole text of a link to the original;
- `not_hosts`: domains that are no papers; `[stems]`: words of credit lines, see `vocabulary.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from newsarchive import compiled
from newsarchive.core.text.patterns import Literals
from newsarchive.core.text.scripts import UNSPACED
from newsarchive.exceptions import BadRules
from newsarchive.rules import Rules, Table, strings

#: Vowel signs of Arabic and the stroke that stretches a word: the same word is written with and without them.
VOWEL_MARKS = re.compile("[\u064b-\u0652\u0640]")
_FLAGS = re.I | re.S
#: Places of a phrase for which a line must hold a word before its regular expression is tried. More places would rule out few
#: further lines.
MAX_NEEDED_PLACES = 2
_ANY = r".{1,200}?"
_NAMED = "(?P<source>"
_SOURCE = _NAMED + r".{2,160})"
_SOURCE_INSIDE = _NAMED + r".{2,90}?)"
_COLON = r"\s*(?:[:：﹕|–—]|\s-\s)\s*"


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
    language: str
    spaces: bool
    whole: bool
    alone: bool
    listed: bool
    stops: re.Pattern[str] | None
    lead: re.Pattern[str] | None
    behind: re.Pattern[str] | None

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """Compiled at its first use: a run needs few of the hundreds, and to compile all takes half a second."""
        return compiled.regex(self.expression, _FLAGS)


@dataclass(frozen=True, eq=False)
class Family:
    """Phrases of one language that begin alike: one expression for all of them is tried before each by itself, on the
    few lines that hold the words without which none of them matches."""

    phrases: tuple[Phrase, ...]

    @cached_property
    def needed(self) -> list[tuple[Literals, list[list[Literals]]]]:
        """The words that a line must hold for a phrase to match: pairs of (common words, lists of further words).

        A line that matches holds, in lower case, one of the common words of some pair, and one word of each entry in one of that
        pair's lists. The list is empty where some phrase needs no word. Words that many phrases need are looked for once.
        """
        rarest = (needed_words(phrase)[:MAX_NEEDED_PLACES] for phrase in self.phrases)
        each = dict.fromkeys(tuple(tuple(sorted(words)) for words in places) for places in rarest)
        common = Counter(words for places in each for words in places)
        groups: dict[tuple[str, ...], list[list[Literals]]] = {}
        for places in each:
            if not places:  # a phrase without a word of its own
                return []
            shared = max(places, key=common.__getitem__)
            rest = [Literals(words) for words in places if words != shared]
            groups.setdefault(shared, []).append(rest)
        return [(Literals(words), lists) for words, lists in groups.items()]

    def may_match(self, lower: str) -> bool:
        """Whether a phrase may match a line, which is given in lower case."""
        if not self.needed:
            return True
        for shared, lists in self.needed:
            if shared.stand_in(lower):
                for rest in lists:
                    if all(words.stand_in(lower) for words in rest):
                        return True
        return False

    @cached_property
    def any(self) -> re.Pattern[str]:
        """Matches where one of the phrases does."""
        return compiled.regex("|".join(p.expression.replace(_NAMED, "(?:") for p in self.phrases), _FLAGS)


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
                language,
                spaces,
                bool(group.get("whole")),
                bool(group.get("alone")),
                bool(group.get("listed")),
                stops,
                lead,
                behind,
            )


def entries_of(rules: Rules, key: str) -> tuple[str, ...]:
    """The entries of a list (`by`, `company`, …) in the tables of all languages."""
    tables = rules.attribution.items()
    return tuple(entry for language, t in tables for entry in strings(f"attribution/{language}.toml", t, key))


@lru_cache(maxsize=8)
def not_names(rules: Rules) -> re.Pattern[str]:
    """Matches a text that begins with a word of `not_names`: "June 2024", "Facebook"."""
    words = entries_of(rules, "not_names")
    return compiled.regex(rf"{any_of(words)}(?:(?!\w)|(?<=[{UNSPACED}]))" if words else r"(?!)", re.I)


def first_words(phrase: Phrase) -> set[str]:
    """The words, in lower case, that a matching line can begin with; none for a phrase that begins with the name."""
    found: set[str] = set()
    for token in phrase.pattern.split():
        name = re.fullmatch(r"<(\w+)(\??)>", token)
        if name is None:
            entries: Sequence[str] = [token]
        elif name[1] in ("source", "any"):
            return set()
        else:
            entries = phrase.words[name[1]]
        found |= {m[0].casefold() for e in entries if (m := re.search(r"\w+", e))}
        if name is None or not name[2]:
            return found
    return found


def needed_words(phrase: Phrase) -> list[set[str]]:
    """The words for each place of a phrase that must be filled, in lower case or as written: a matching line has one of each set.
    The sets with the longest words come first, because long words are the rarest in other lines."""
    found: list[set[str]] = []
    for token in phrase.pattern.split():
        name = re.fullmatch(r"<(\w+)(\??)>", token)
        if token in (":", ",") or (name and (name[2] or name[1] in ("source", "any"))):
            continue
        entries = phrase.words[name[1]] if name else [token]
        words = {max(re.findall(r"\w+", entry), key=len, default="") for entry in entries}
        if all(words):
            found.append(words)
    return sorted(found, key=lambda words: -min(map(len, words)))


def regex_of(pattern: str, words: Mapping[str, tuple[str, ...]], spaces: bool = True) -> str:
    """The regular expression of a pattern, as text. Raises `KeyError` for a `<name>` that `words` lacks.

    >>> bool(re.match(regex_of("via : <source>", {}), "Via: Reuters", re.I))
    True
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
    """A group that matches any of the entries, the longest first."""
    return "(?:" + "|".join(literal(e) for e in sorted(entries, key=len, reverse=True)) + ")"


def literal(text: str) -> str:
    """An expression for the text itself, with any white space for its own and any apostrophe for its own."""
    folded = r"\s+".join(re.escape(word) for word in text.split())
    return re.sub(r"['’]", "['’ʼ]", folded)
