"""One line of text → the attribution that it is.

Phrases stand in `data/attribution/<lang>.toml`. The chrome step labels blocks by them, the origin
step reads the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from newsarchive.core.attribution_patterns import any_of, regex_of
from newsarchive.exceptions import BadRules
from newsarchive.rules import Rules, Table, strings

#: A longer line is prose, whatever it says: it is read by sentence, and is no attribution itself.
LINE = 400

# What may stand before the phrase: brackets, quotes, dashes, list marks, arrows, emoji.
_LEAD = r"[\W_]{0,6}"
_SENTENCE = re.compile(r"(?<=[.!?…。！？])[\"”’»)\]]?\s+|(?<=[。！？])|\n+|\s[|•·]\s")
_DOMAIN = r"(?:https?://)?(?:www\.)?[a-z0-9][\w-]*(?:\.[\w-]+)*\.[a-z]{2,12}"
_DOMAIN_FIRST = re.compile(rf"{_DOMAIN}(?![\w-])(?:/\S*)?", re.I)
_IN_BRACKETS = re.compile(rf"\s*[(（\[]\s*(?:{_DOMAIN})(?:/[^\s)）\]]*)?\s*[)）\]]", re.I)
# A full stop ends the name unless it stands in one: "Salon.com", "U.S. News".
_END = re.compile(
    r"[!?。！？;；|•\n]|(?<!\b[A-Z])(?<!\bSt)(?<!\bDr)(?<!\bMr)\.(?=\s|$|[\"”»)])|,|，|、|\s[–—-]\s|[:：]\s"
)
_DATE = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\d[:.]\d\d")
_EDGE = " \t\n\"'“”‘’«»„‹›《》「」『』【】<>()（）[]*_–—-:：,，.。!|•·→►▶"


@dataclass(frozen=True, slots=True)
class Attribution:
    """What an attribution says: the sentence, the source as printed, and how far to believe it.

    `kind` is the table's word (`attribution`, `source`, `via`, `permission`); `weight` is from 0 to 1.
    """

    text: str
    source: str
    kind: str
    weight: float
    language: str


@dataclass(frozen=True)
class _Phrase:
    regex: re.Pattern[str]
    kind: str
    weight: float
    language: str
    stops: re.Pattern[str] | None
    lead: re.Pattern[str] | None


def attribution_of(text: str, rules: Rules) -> Attribution | None:
    """The attribution that a line is, `None` where the line is anything else.

    Prose with an attribution somewhere in it is not one: see `attributions_in`.
    """
    line = text.strip()
    if not line or len(line) > LINE:
        return None
    first = next(iter(_sentences(line)), "")
    return _match(first, rules) or (_match(line, rules) if first != line else None)


def attributions_in(text: str, rules: Rules) -> tuple[Attribution, ...]:
    """Every attribution among the sentences of a text, in their order."""
    found = (_match(sentence, rules) for sentence in _sentences(text))
    return tuple(a for a in found if a is not None)


def _sentences(text: str) -> Iterator[str]:
    at = 0
    for gap in _SENTENCE.finditer(text):
        if part := text[at : gap.start()].strip():
            # "Dr. X", "U.S. News": an abbreviation does not end a sentence.
            if re.search(r"\b(?:[A-Z]|St|Dr|Mr|Mrs)\.$", part) and "\n" not in gap[0]:
                continue
            yield part
        at = gap.end()
    if part := text[at:].strip():
        yield part


def _match(sentence: str, rules: Rules) -> Attribution | None:
    if len(sentence) > LINE:
        return None
    for phrase in _phrases(rules):
        if (match := phrase.regex.match(sentence)) and (source := _source(match["source"], phrase)):
            return Attribution(sentence, source, phrase.kind, phrase.weight, phrase.language)
    return None


def _source(rest: str, phrase: _Phrase) -> str:
    """The publisher as printed at the head of the rest of a sentence, "" where no name stands there."""
    rest = rest.strip(_EDGE.replace("(", "").replace("（", ""))
    if phrase.lead and (lead := phrase.lead.match(rest)):
        rest = rest[lead.end() :]
    rest = rest.lstrip(_EDGE)
    if domain := _DOMAIN_FIRST.match(rest):
        return domain[0].rstrip("/.")
    ends = [m.start() for p in (_END, phrase.stops, _IN_BRACKETS) if p and (m := p.search(rest))]
    name = rest[: min(ends, default=len(rest))].strip(_EDGE)
    if not _is_name(name):
        return ""
    at = rest.find(name) + len(name)
    site = _IN_BRACKETS.match(rest, at)
    return name + (" " + site[0].strip() if site else "")


def _is_name(name: str) -> bool:
    """A name is short, is no date, and its words have capitals (where the script knows them)."""
    words = name.split()
    if not 2 <= len(name) <= 70 or len(words) > 9 or _DATE.search(name):
        return False
    small = [w for w in words if w[0].islower() and len(w) > 3]
    return _is_capital(words[0]) or (any(map(_is_capital, words)) and not small)


def _is_capital(word: str) -> bool:
    first = next((c for c in word if c.isalnum()), "")
    return bool(first) and not first.islower()


@lru_cache(maxsize=8)
def _phrases(rules: Rules) -> tuple[_Phrase, ...]:
    found = [p for language, table in rules.attribution.items() for p in _compile(language, table)]
    return tuple(sorted(found, key=lambda p: -p.weight))


def _compile(language: str, table: Table) -> Iterator[_Phrase]:
    file, spaces = f"attribution/{language}.toml", bool(table.get("spaces", True))
    words = {name: strings(file, table["words"], name) for name in table.get("words", {})}
    stops = _edge(strings(file, table, "stops"), r"(?:^|\s|,)", spaces)
    lead = _edge(strings(file, table, "lead"), "", spaces, repeat="+")
    note = _edge(strings(file, table, "notes"), "", spaces)
    before = _LEAD + (rf"(?:{note.pattern}\W{{1,4}})?" if note else "")
    for group in table.get("phrase", []):
        for pattern in strings(file, group, "patterns"):
            try:
                body = regex_of(pattern, words, spaces)
            except KeyError as missing:
                raise BadRules(file, f"phrase: {pattern}", f"no such entry in [words]: {missing}") from None
            yield _Phrase(
                re.compile(before + body, re.I | re.S),
                group.get("kind", "attribution"),
                float(group.get("weight", 0.9)),
                language,
                stops,
                lead,
            )


def _edge(entries: tuple[str, ...], before: str, spaces: bool, repeat: str = "") -> re.Pattern[str] | None:
    """Entries as one pattern; where the language has spaces they match whole words only."""
    if not entries:
        return None
    after = r"(?:\s+|(?<=['’]))" if repeat and spaces else (r"(?!\w)" if spaces else "")
    return re.compile(rf"{before}(?:{any_of(entries)}{after}){repeat}", re.I)
