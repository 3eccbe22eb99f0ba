"""The words of bylines and of what is nobody's name, compiled: `data/metadata/bylines.toml`, `data/metadata/nobody.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from newsarchive.core.facts import dates
from newsarchive.core.text.normalise import key
from newsarchive.rules import Rules

_TOKEN = re.compile(r"\S+")
_STOPS = ".,:;：!?()[]|•·"
_STOP = re.compile("[" + re.escape(_STOPS) + "]")
#: Bylines in scripts without spaces: 記者王小明, 김철수 기자. "記者会" is a press conference.
_BEFORE_HAN = r"(?:记者|記者|撰文|作者)(?=(?![会會])[\u4e00-\u9fff·]{2,4}(?:\W|$))"


@lru_cache(maxsize=1024)
def _tokens(text: str) -> frozenset[str]:
    """The words of a text, stops off, lower case: the same line is looked through for many phrases."""
    return frozenset(_STOP.sub(" ", text.casefold()).split())


class Phrases:
    """Phrases of whole words, looked for in a text from left to right; case does not matter."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_first: dict[str, list[list[str]]] = {}
        for phrase in sorted(phrases, key=len, reverse=True):
            first, *rest = phrase.split()
            self._by_first.setdefault(first, []).append(rest)

    def find(self, text: str) -> tuple[int, int] | None:
        """Start and end of the first phrase, its colon included; of several the longest."""
        if self._by_first.keys().isdisjoint(_tokens(text)):
            return None
        tokens = [(m.group().casefold(), m.start(), m.end()) for m in _TOKEN.finditer(text)]
        for i, (token, start, end) in enumerate(tokens):
            for rest in self._by_first.get(token.strip(_STOPS), ()):
                following = tokens[i + 1 : i + 1 + len(rest)]
                if [t.strip(_STOPS) for t, _, _ in following] == rest:
                    return start, following[-1][2] if following else end
        return None


@dataclass(frozen=True, eq=False)
class Words:
    """bylines.toml and nobody.toml, compiled."""

    by: re.Pattern[str]
    parting: re.Pattern[str]
    signed: Phrases
    end: Phrases
    role: Phrases
    person: Phrases
    weekdays: frozenset[str]
    weak: frozenset[str]
    particles: frozenset[str]
    labels: frozenset[str]
    surnames: frozenset[str]
    life: frozenset[str]
    never: frozenset[str]
    agency: frozenset[str]
    organisation: frozenset[str]
    legal: frozenset[str]
    boxes: tuple[str, ...]
    first: frozenset[str]
    anywhere: frozenset[str]
    services: frozenset[str]
    pictures: Phrases


@lru_cache(maxsize=8)
def words(rules: Rules) -> Words:
    """The tables of bylines.toml and nobody.toml, compiled."""
    table = {**rules.metadata.get("nobody", {}), **rules.metadata.get("bylines", {})}

    def listed(name: str) -> list[str]:
        return [w for row in table.get(name, {}).values() for w in row]

    both = dates.any_of(listed("and"))
    return Words(
        by=re.compile(
            rf"^\W*(?:(?:{dates.any_of(listed('by'))})(?!\w)\s*[:：/／՝＝・]?\s*|{_BEFORE_HAN}|(?-i:(?:[Ww]ritten |[Pp]osted )?[Bb]y(?=[A-Z])))",
            re.IGNORECASE,
        ),
        parting=re.compile(rf"\s*[,;/／、，；]\s*(?:(?:{both})\s+)?|\s+(?:{both})\s+"),
        signed=Phrases(listed("signed")),
        end=Phrases(listed("end")),
        role=Phrases(listed("role")),
        person=Phrases(listed("person")),
        weekdays=frozenset(listed("weekday")),
        weak=frozenset(listed("weak")),
        particles=frozenset(listed("particle")),
        labels=frozenset(listed("label")),
        surnames=frozenset(listed("surname")),
        life=frozenset(listed("life")),
        never=frozenset(map(key, listed("never"))),
        agency=frozenset(map(key, listed("agency"))),
        organisation=frozenset(listed("organisation")),
        legal=frozenset(listed("legal")),
        boxes=tuple(listed("box")),
        first=frozenset(listed("first")),
        anywhere=frozenset(listed("anywhere")),
        services=frozenset(listed("service")),
        pictures=Phrases(listed("picture")),
    )
