"""News prose that nobody wrote: grammars of `prose/<language>.toml`, expanded with a seeded generator.

The sentences mean little, but they look like news to a program: names, numbers, quotations, accents, dashes.
Their vocabulary is wide enough that two posts never share a sentence, nor the form of one.
"""

from __future__ import annotations

import random
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "de", "fr", "id", "zh")

_SLOT = re.compile(r"\{(\w+)\}")

Grammar = dict[str, list[str]]


@dataclass(frozen=True)
class Story:
    """An article as its first publisher printed it: plain text, one string a paragraph."""

    language: str
    headline: str
    paragraphs: tuple[str, ...]
    author: str


@cache
def grammar(language: str) -> Grammar:
    """One language's lists. A list of words is written as one string; a hyphen in a place is a blank."""
    table = tomllib.loads((Path(__file__).parent / "prose" / f"{language}.toml").read_text(encoding="utf-8"))
    table.pop("join", None)
    lists = {name: value.split() if isinstance(value, str) else value for name, value in table.items()}
    lists["place"] = [place.replace("-", " ") for place in lists["place"]]
    if "body" in lists:
        lists["body"] = [body.replace("-", " ") for body in lists["body"]]
    return lists


def expand(rule: str, lists: Grammar, rng: random.Random) -> str:
    """Fill every slot of a rule. `{Noun}` begins with a capital; `{noun2}` is another draw from `noun`."""

    def fill(slot: re.Match[str]) -> str:
        name = slot.group(1)
        if name not in lists and name.rstrip("23456789") in lists:
            name = name.rstrip("23456789")
        if name in lists:
            return expand(rng.choice(lists[name]), lists, rng)
        lower = name[0].lower() + name[1:]
        text = expand("{" + lower + "}", lists, rng)
        return text if lower == name else text[:1].upper() + text[1:]

    return _SLOT.sub(fill, rule)


def story(language: str, rng: random.Random, paragraphs: tuple[int, int] = (5, 12)) -> Story:
    """A story of so many paragraphs."""
    lists = grammar(language)
    count = rng.randint(*paragraphs)
    return Story(
        language=language,
        headline=heading(language, rng),
        paragraphs=tuple(_an(expand("{paragraph}", lists, rng)) for _ in range(count)),
        author=expand("{surname}{first}" if language == "zh" else "{first} {surname}", lists, rng),
    )


def heading(language: str, rng: random.Random) -> str:
    """A line as it stands over a part of an article, or over another one."""
    return _capital(_an(expand("{headline}", grammar(language), rng)))


def sentence(language: str, rng: random.Random) -> str:
    return _capital(_an(expand("{sentence}", grammar(language), rng)))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _an(text: str) -> str:
    """English's `an` before a vowel; the other grammars have no lone `a` before a word."""
    return re.sub(r"\b([Aa]) (?=[aeiouAEIOU]\w|hono|hones)(?!one\b|uni[ofqv]|use|usu)", r"\1n ", text)
