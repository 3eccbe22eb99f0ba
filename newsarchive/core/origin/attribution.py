"""One line of text → the attribution that it is.

Phrases stand in `data/attribution/<lang>.toml`. The chrome step labels blocks by them, the origin
step reads the source. All languages are asked for every line: blogs quote their sources in the
language of the source as often as in their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from newsarchive.core.origin.attribution_patterns import (
    Family,
    Phrase,
    any_of,
    every,
    first_words,
    needed_words,
    phrases_of,
)
from newsarchive.core.origin.publishers import by_name, longest_name
from newsarchive.core.text.patterns import Literals
from newsarchive.core.text.scripts import UNSPACED, is_caseless
from newsarchive.core.text.sentences import statements
from newsarchive.rules import Rules

#: A longer line is prose, whatever it says: it is read by sentence, and is no attribution itself.
LINE = 400
#: What may follow the name of a `whole` phrase ("Source: Reuters, 3 March"), in characters.
_REST = 80
#: After "Source:" so many words may be one name, even with a preposition in it ("Gazeta da Lagoa").
_SHORT = 5
#: What share of its text an `alone` phrase must fill ("The article first appeared …" in prose is a tale).
_SHARE = 0.4

_LEAD = re.compile(r"[\W_]{0,6}")
_WORD = re.compile(r"\w+")
_ARTICLE = re.compile(r"(?<=[^\W\d_]\s)(?:The|El|La|Los|Las|Le|Les|Die|Der|Das|Il|Lo|De|Het|Os|As)\s+$")
_TASHKEEL = re.compile("[\u064b-\u0652\u0640]")
_DOMAIN = r"(?:https?://)?(?:www\.)?[a-z0-9][\w-]*(?:\.[\w-]+)*\.[a-z]{2,12}"
_DOMAIN_FIRST = re.compile(rf"{_DOMAIN}(?![\w-])(?:/[^\s)）\]]*)?", re.I)
_IN_BRACKETS = re.compile(rf"\s*[(（\[]\s*(?:{_DOMAIN})(?:/[^\s)）\]]*)?\s*[)）\]]", re.I)
# A full stop ends the name unless it stands in one: "Salon.com", "U.S. News".
_END = re.compile(
    r"[!?。！？;；|•\n(（\[【]|(?<!\b[A-Z])(?<!\bSt)(?<!\bDr)(?<!\bMr)\.(?=\s|$|[\"”»)])"
    r"|,(?!\s?Inc)|，|、|،|؛|\s[–—-]\s|[:：]\s|[»”』」》](?=\S)"
)
_EDGE = " \t\n\"'“”‘’«»„‹›《》「」『』【】<>()（）[]*_–—-:：,，、،.。!|•·→►▶"
_DATE = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\d[:.]\d\d")


@dataclass(frozen=True, slots=True)
class Attribution:
    """What an attribution says: the sentence, the source as printed, and how far to believe it.

    `kind` is the table's word (`attribution`, `source`, `via`, `credit`); `weight` is from 0 to 1.
    """

    text: str
    source: str
    kind: str
    weight: float
    language: str


@dataclass(frozen=True, eq=False)
class _Bucket:
    """Phrases in order of weight, and the families that they are of."""

    phrases: tuple[Phrase, ...]
    families: tuple[Family, ...]

    def matching(self, line: str, start: int) -> Iterator[tuple[Phrase, re.Match[str]]]:
        """Those that match a line from `start` on; nearly no line is let through by the families."""
        if any(family.any.match(line, start) for family in self.families):
            for phrase in self.phrases:
                if match := phrase.regex.match(line, start):
                    yield phrase, match


@dataclass(frozen=True)
class _Book:
    """All phrases, found by the first word (or character) of a line; `others` begin with the source, and are
    asked only where a line holds what `other` looks for."""

    by_word: Mapping[str, _Bucket]
    by_character: Mapping[str, _Bucket]
    others: _Bucket
    other: Literals
    note: re.Pattern[str] | None


def attribution_of(text: str, rules: Rules) -> Attribution | None:
    """The attribution that a line is, `None` where the line is anything else.

    Prose with an attribution somewhere in it is not one: see `attributions_in`.
    """
    line = text.strip()
    if not line or len(line) > LINE:
        return None
    first = next(iter(statements(line)), "")
    share = len(first) / len(line)
    return _match(first, share, rules) or (_match(line, 1.0, rules) if first != line else None)


def attributions_in(text: str, rules: Rules) -> tuple[Attribution, ...]:
    """Every attribution among the sentences of a text, in their order."""
    length = max(1, len(text.strip()))
    found = (_match(sentence, len(sentence) / length, rules) for sentence in statements(text))
    return tuple(a for a in found if a is not None)


def _match(sentence: str, share: float, rules: Rules) -> Attribution | None:
    """The heaviest phrase that a sentence begins with; `share` is how much of its text it fills."""
    if len(sentence) > LINE:
        return None
    book = _book(rules)
    line = sentence if sentence.isascii() else _TASHKEEL.sub("", sentence)
    starts = [_LEAD.match(line).end()]  # type: ignore[union-attr]
    if book.note and (note := book.note.match(line, starts[0])):
        starts.append(note.end())
    for start in starts:
        for bucket in _buckets(line, start, book):
            for phrase, match in bucket.matching(line, start):
                if phrase.alone and share < _SHARE:
                    continue
                if source := _source(_whole_name(line, match), phrase, rules):
                    return Attribution(sentence, source, phrase.kind, phrase.weight, phrase.language)
    return None


def _whole_name(line: str, match: re.Match[str]) -> str:
    """The source with the article that a phrase took for its own: "en La Voz", not "en la" and "Voz"."""
    article = _ARTICLE.search(line, 0, match.start("source"))
    return (article[0] if article else "") + match["source"]


def _buckets(line: str, start: int, book: _Book) -> Iterator[_Bucket]:
    word = _WORD.match(line, start)
    if word:
        if bucket := book.by_word.get(word[0].casefold()):
            yield bucket
        if bucket := book.by_character.get(word[0][0]):
            yield bucket
    if book.other.stand_in(line.lower()):
        yield book.others


def _source(rest: str, phrase: Phrase, rules: Rules) -> str:
    """The publisher as printed at the head of the rest of a sentence, "" where no name stands there."""
    rest = rest.lstrip(_EDGE)
    if phrase.lead and (lead := phrase.lead.match(rest)):
        rest = rest[lead.end() :].lstrip(_EDGE)
    if (domain := _DOMAIN_FIRST.match(rest)) and not phrase.listed:
        if _not_names(rules).match(domain[0]):
            return ""
        return "" if _too_long(rest[domain.end() :], phrase) else domain[0].rstrip("/.")
    name = longest_name(rest, rules, phrase.stops) or _unlisted_name(rest, phrase, rules)
    if not name or (phrase.listed and by_name(name, rules) is None):
        return ""
    at = rest.find(name) + len(name)
    site = _IN_BRACKETS.match(rest, at)
    if _too_long(rest[site.end() if site else at :], phrase):
        return ""
    return name + (" " + site[0].strip() if site else "")


def _unlisted_name(rest: str, phrase: Phrase, rules: Rules) -> str:
    """A name as far as punctuation goes, or as far as a word that ends names in this language."""
    end = _END.search(rest)
    name = rest[: end.start() if end else None].strip(_EDGE)
    if not (phrase.whole and len(name.split()) <= _SHORT and _is_name(name, phrase.spaces)):
        stop = phrase.stops.search(name) if phrase.stops else None
        name = name[: stop.start() if stop else None].strip(_EDGE)
    return name if _is_name(name, phrase.spaces) and not _not_names(rules).match(name) else ""


@lru_cache(maxsize=8)
def _not_names(rules: Rules) -> re.Pattern[str]:
    words = every(rules, "not_names")
    return re.compile(rf"{any_of(words)}(?:(?!\w)|(?<=[{UNSPACED}]))" if words else r"(?!)", re.I)


def _too_long(rest: str, phrase: Phrase) -> bool:
    return phrase.whole and len(rest.strip(_EDGE)) > _REST


def _is_name(name: str, spaces: bool) -> bool:
    """A name is short, is no date, and its words have capitals (where the script knows them)."""
    words = name.split()
    if not 2 <= len(name) <= (70 if spaces else 24) or len(words) > 9 or _DATE.search(name):
        return False
    if not any(map(str.isalpha, name)):
        return False
    if is_caseless(name):
        return len(words) <= 5
    small = [w for w in words if w[0].islower() and len(w) > 3]
    return (_is_capital(words[0]) and len(small) < 2) or (any(map(_is_capital, words)) and not small)


def _is_capital(word: str) -> bool:
    first = next((c for c in word if c.isalnum()), "")
    return bool(first) and not first.islower()


@lru_cache(maxsize=8)
def _book(rules: Rules) -> _Book:
    words: dict[str, list[Phrase]] = {}
    characters: dict[str, list[Phrase]] = {}
    others: list[Phrase] = []
    tables = rules.attribution.items()
    by_beginning: dict[tuple[str, frozenset[str]], list[Phrase]] = {}
    for phrase in sorted((p for lang, t in tables for p in phrases_of(lang, t)), key=lambda p: -p.weight):
        index = words if phrase.spaces else characters
        firsts = first_words(phrase)
        by_beginning.setdefault((phrase.language, frozenset(firsts)), []).append(phrase)
        for first in firsts:
            index.setdefault(first if phrase.spaces else first[0], []).append(phrase)
        if not firsts:
            others.append(phrase)
    families = [Family(tuple(phrases)) for phrases in by_beginning.values()]
    family_of = {phrase: family for family in families for phrase in family.phrases}
    notes = every(rules, "notes")
    note = re.compile(any_of(notes) + r"\s*[:：.)\]–—-]\W{0,4}", re.I) if notes else None
    needed = [needed_words(phrase) for phrase in others]
    other = Literals(sorted(set().union(*needed)) if all(needed) else [" "])
    return _Book(
        {word: _bucket(phrases, family_of) for word, phrases in words.items()},
        {character: _bucket(phrases, family_of) for character, phrases in characters.items()},
        _bucket(others, family_of),
        other,
        note,
    )


def _bucket(phrases: Iterable[Phrase], family_of: Mapping[Phrase, Family]) -> _Bucket:
    once = tuple(dict.fromkeys(phrases))
    return _Bucket(once, tuple(dict.fromkeys(family_of[phrase] for phrase in once)))
