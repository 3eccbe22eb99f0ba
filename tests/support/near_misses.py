"""Texts that a regular expression nearly matches: what it costs to find out that they do not match."""

from __future__ import annotations

import random
import re
import signal
from collections.abc import Iterable, Iterator
from re import _parser  # type: ignore[attr-defined]
from types import FrameType
from typing import Any

#: Characters of which each class takes one that it knows.
_LETTERS = "a A1-+.,:;/|\"'()[]@é中文ก_бا"
#: Texts that are made for each repetition: with each, the repeated part is chosen anew.
_TRIES = 6
#: What no pattern of a line ends with.
_END = "\x00"


class TooSlow(Exception):
    """A search took longer than it may."""


def near_misses(pattern: str, characters: int) -> Iterator[str]:
    """Texts of this length that begin as a match does, go on with one repeated part of the pattern, and end in another way.

    The parts are those that the pattern repeats without a small bound, because two ways to read such a part are 2^n ways to read n of
    them. The same pattern gives the same texts.
    """
    chance, tree = random.Random(pattern), _parser.parse(pattern)
    for _ in range(_TRIES):
        repeated: list[tuple[str, str]] = []
        whole = _text(tree, chance, repeated)
        for before, part in (*repeated, ("", whole), ("", whole + " ")):
            if part:
                yield (before + part * (characters // len(part) + 1))[: characters - 1] + _END


def slow_texts(pattern: str, texts: Iterable[str], seconds: float) -> list[str]:
    """Those of the texts for which `fullmatch` takes longer than these seconds of CPU."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlow

    expression, slow = re.compile(pattern), []
    before = signal.signal(signal.SIGVTALRM, stop)
    try:
        for text in texts:
            signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
            try:
                expression.fullmatch(text)
            except TooSlow:
                slow.append(text)
            finally:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    finally:
        signal.signal(signal.SIGVTALRM, before)
    return slow


def _text(tree: Any, chance: random.Random, repeated: list[tuple[str, str]] | None, before: str = "") -> str:
    """`before` with a text that the parsed pattern matches, apart from what it looks for around it. `repeated` gathers what stands
    before each repetition, with the repeated part."""
    text = before
    for kind, value in tree:
        match str(kind):
            case "LITERAL":
                text += chr(value)
            case "NOT_LITERAL":
                text += "b" if value == ord("a") else "a"
            case "ANY":
                text += chance.choice("a x,")
            case "IN":
                text += _letter(value, chance)
            case "BRANCH":
                text = _text(chance.choice(value[1]), chance, repeated, text)
            case "SUBPATTERN":
                text = _text(value[3], chance, repeated, text)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                least, most, part = value
                if repeated is not None and most > 3:
                    repeated.append((text, _text(part, chance, None)))
                for _ in range(min(max(least, chance.choice((0, 1, 2))), int(most), 50)):
                    text = _text(part, chance, repeated, text)
    return text


def _letter(parts: Any, chance: random.Random) -> str:
    """A character of a class."""
    source = re.compile("[" + "".join(map(_source, parts)) + "]")
    known = [letter for letter in _LETTERS if source.match(letter)]
    own = [
        chr(value) if str(kind) == "LITERAL" else chr(value[0])
        for kind, value in parts
        if str(kind) in ("LITERAL", "RANGE")
    ]
    return chance.choice(known or [letter for letter in own if source.match(letter)] or ["a"])


_CATEGORIES = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}


def _source(part: tuple[Any, Any]) -> str:
    kind, value = str(part[0]), part[1]
    if kind == "NEGATE":
        return "^"
    if kind == "LITERAL":
        return re.escape(chr(value))
    if kind == "RANGE":
        return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
    name = str(value).removeprefix("CATEGORY_")
    return _CATEGORIES[name] if name in _CATEGORIES else _CATEGORIES[name.removeprefix("NOT_")].upper()
