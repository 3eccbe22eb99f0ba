"""The tables of `data/attribution` → phrases, each with its regular expression.

A table holds `[words]` (name → entries), `[[phrase]]` groups (`patterns`, `kind`, `weight`), and lists:
`lead` (what may stand before the name: "the website of"), `stops` (what ends it: "under licence"),
`not_names` (first words of what is no name: "June"),
`notes` ("Editor's note"), `copyright` and `rights` (words of a notice), `by` and `roles` (of a byline),
`company` (of a firm's name), `pictures` (a line that begins so credits a picture), `people_labels` (a label that credits
people as often as papers), `not_hosts` (sites that are no papers), `[stems]` (see `vocabulary.py`), `link_labels` (the whole text of a link to the original), `endings` (of
inflected names).

A group may say `whole = true`: little may follow the name; `alone = true`: the sentence must be most of
its paragraph, for in prose it could be a tale; `listed = true`: only a listed publisher is believed.

A pattern is a row of words as a reader would say them, `this <work> <first> appeared <on> <source>`:

- `<name>` is any entry of the table's `[words]` of that name, `<name?>` the same or nothing;
- `<source>` is the publisher, `<any>` up to 200 characters (a title, as in WordPress's
  "The post … appeared first on …");
- `:` is a colon of any width or a dash, `,` a comma;
- anything else is itself, without regard to case.

`spaces = false` in a table (Chinese, Japanese, Thai) lets the words stand without white space.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from newsarchive.exceptions import BadRules
from newsarchive.rules import Rules, Table, strings

FLAGS = re.I | re.S
_ANY = r".{1,200}?"
_NAMED = "(?P<source>"
_SOURCE = _NAMED + r".{2,160})"
_SOURCE_INSIDE = _NAMED + r".{2,90}?)"
_COLON = r"\s*(?:[:：﹕|–—]|\s-\s)\s*"


@dataclass(frozen=True, eq=False)
class Phrase:
    """One pattern of a table. `expression` is the source of its regular expression; `stops` and `lead` are
    its language's."""

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

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """Compiled at its first use: a run meets a few of the hundreds, and compiling all takes half a second."""
        return re.compile(self.expression, FLAGS)


@dataclass(frozen=True, eq=False)
class Family:
    """Phrases of one language that begin alike, asked all at once before each by itself."""

    phrases: tuple[Phrase, ...]

    @cached_property
    def any(self) -> re.Pattern[str]:
        """Matches where any of the phrases does."""
        return re.compile("|".join(p.expression.replace(_NAMED, "(?:") for p in self.phrases), FLAGS)


def phrases_of(language: str, table: Table) -> Iterator[Phrase]:
    """The phrases of one table. Raises `BadRules` for a pattern that names no entry of `[words]`."""
    file, spaces = f"attribution/{language}.toml", bool(table.get("spaces", True))
    words = {name: strings(file, table["words"], name) for name in table.get("words", {})}
    stops, lead = _stops(strings(file, table, "stops"), spaces), _lead(strings(file, table, "lead"), spaces)
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
            )


def every(rules: Rules, key: str) -> tuple[str, ...]:
    """The entries of a list (`by`, `company`, …) in the tables of all languages."""
    tables = rules.attribution.items()
    return tuple(entry for language, t in tables for entry in strings(f"attribution/{language}.toml", t, key))


def first_words(phrase: Phrase) -> set[str]:
    """The words a line can begin with to match, lower case; empty where it begins with the source."""
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


def needed_words(phrase: Phrase) -> set[str]:
    """One word of each wording of a part that a line must hold to match; empty where no part must be held."""
    for token in phrase.pattern.split():
        name = re.fullmatch(r"<(\w+)(\??)>", token)
        if token == ":" or (name and (name[2] or name[1] in ("source", "any"))):
            continue
        entries = phrase.words[name[1]] if name else [token]
        return {max(re.findall(r"\w+", entry), key=len, default="") for entry in entries} - {""}
    return set()


def regex_of(pattern: str, words: Mapping[str, Sequence[str]], spaces: bool = True) -> str:
    """One pattern as the source of a regular expression.

    Raises `KeyError` for a `<name>` that `words` does not hold.

    >>> bool(re.match(regex_of("via : <source>", {}), "Via: Reuters", re.I))
    True
    """
    tokens = pattern.split()
    gap = r"(?:\s+|(?<=['’ʼ]))" if spaces else r"\s*"  # "l'article" has no space to show
    out = ""
    for i, token in enumerate(tokens):
        glued = not out or bool({":", ","} & {token, tokens[i - 1]})
        last = i == len(tokens) - 1
        if (name := re.fullmatch(r"<(\w+)\?>", token)) and not out:
            out += f"(?:{any_of(words[name[1]])}{gap})?"
            tokens[i] = ":"  # the gap is taken: what follows is glued
        else:
            out += _token(token, words, "" if glued else gap, last)
    return out


def _token(token: str, words: Mapping[str, Sequence[str]], gap: str, last: bool) -> str:
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


def any_of(entries: Sequence[str]) -> str:
    """A group that matches any of the entries, the longest first."""
    return _any_of(tuple(entries))


@lru_cache(maxsize=1024)  # hundreds of phrases share a few lists of words
def _any_of(entries: tuple[str, ...]) -> str:
    return "(?:" + "|".join(literal(e) for e in sorted(entries, key=len, reverse=True)) + ")"


def literal(text: str) -> str:
    """The text itself; its white space may be any white space, its apostrophe any apostrophe."""
    folded = r"\s+".join(re.escape(word) for word in text.split())
    return re.sub(r"['’]", "['’ʼ]", folded)


def _stops(entries: Sequence[str], spaces: bool) -> re.Pattern[str] | None:
    """Case matters: "Le" may be a name's first word, "le" ends it."""
    if not entries:
        return None
    return re.compile(rf"[\s,]{any_of(entries)}(?!\w)" if spaces else any_of(entries))


def _lead(entries: Sequence[str], spaces: bool) -> re.Pattern[str] | None:
    """Case matters: "the Guardian" loses its article, "The Conversation" is a name."""
    if not entries:
        return None
    after = r"(?:\s+|(?<=['’]))[«“„\"]?" if spaces else r"\s*"
    return re.compile(rf"(?:{any_of(entries)}{after})+")
