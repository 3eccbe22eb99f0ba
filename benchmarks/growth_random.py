"""Texts of random shapes for `benchmarks.growth --bytes 64000 --random 400`: they show what no list of known shapes has."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

from benchmarks.growth_shapes import (
    ARABIC,
    CHINESE,
    DAMAGED,
    HINDI,
    JAPANESE,
    KOREAN,
    RUSSIAN,
    THAI,
    VIETNAMESE,
    noise_of,
    repeated,
)
from newsarchive.core.encoding.charsets import SINGLE_BYTE

#: The first and the last code point of characters that random texts are made of, or of what is read with a wrong codec there.
_BLOCKS = (
    (0xA0, 0xFF), (0xC0, 0x17F), (0x400, 0x45F), (0x590, 0x5FF), (0x600, 0x6FF), (0x900, 0xFFF), (0xE01, 0xE5B),
    (0x2000, 0x206F), (0x3000, 0x30FF), (0x4E00, 0x4FFF), (0xAC00, 0xACFF), (0x1F300, 0x1F3FF),
)  # fmt: skip
#: What stands between them, and how often: such a separator for each character, up to thirty for ten.
_SEPARATORS = ("", " ", " \n", "\n", "?", "\ufffd", " ?", "\n\ufffd", "a? ")
_LANGUAGES = (CHINESE, RUSSIAN, VIETNAMESE, THAI, JAPANESE, ARABIC, HINDI, KOREAN, DAMAGED)


def random_text(number: int) -> tuple[str, Callable[[int], str]]:
    """The name and the shape of a text for `repair`, both chosen at random and always the same for a number: characters of one
    block, UTF-8 of one block or pieces of two languages read with a wrong codec, or one language with changes everywhere."""
    chance = random.Random(number)
    kind = chance.choice(("characters", "sequences", "sequences", "two languages", "fuzzed"))
    codec, other = chance.choices(list(SINGLE_BYTE), k=2)
    first, last = chance.choice(_BLOCKS)
    undefined = chance.choice(("", "?", "\ufffd"))
    between, often = chance.choice(_SEPARATORS), chance.choice((1, 3, 8, 30))
    read = {wrong: _read_with(wrong, undefined) for wrong in (codec, other)}
    parts, name = [""], f"random {number}: {kind}"
    if kind == "characters":
        parts = [chr(chance.randint(first, last)) for _ in range(chance.choice((2, 5, 20, 100)))]
    elif kind == "sequences":
        parts, name = [read[codec](chr(code)) for code in range(first, last + 1)], f"{name}, {codec}"
    elif kind == "two languages":
        both = zip((codec, other), chance.sample(_LANGUAGES, 2), strict=True)
        damaged = [read[wrong](text) for wrong, text in both]
        parts = [text[at : at + 3] for text in damaged for at in range(0, len(text), 3)]
        name = f"{name}, {codec} and {other}"
    else:
        text, rate, by = (
            read[codec](chance.choice(_LANGUAGES)),
            chance.choice((5, 10, 50, 200)),
            chance.choice("?\ufffd \n"),
        )
        return f"{name}, {codec}", lambda size: _changed(repeated(text, size), rate, by)
    parts = [*parts, *between * max(1, len(parts) * often // 10)]
    return name, partial(noise_of, tuple(parts))


def _read_with(codec: str, undefined: str) -> Callable[[str], str]:
    return lambda text: text.encode().decode(SINGLE_BYTE[codec], "replace").replace("\ufffd", undefined)


def _changed(text: str, rate: int, by: str) -> str:
    """A text with every character at a multiple of `rate` replaced."""
    chars = list(text)
    chars[::rate] = by * len(chars[::rate])
    return "".join(chars)
