"""What is remembered of single characters is bounded, and forgetting changes no answer."""

from __future__ import annotations

import pytest

from newsarchive import rules
from newsarchive.core.encoding.charsets import MULTI_BYTE
from newsarchive.core.encoding.mojibake import _Codec
from newsarchive.core.encoding.pair_model import (
    MAX_REMEMBERED_CHARACTERS,
    MODEL_FILE,
    PairModel,
)

#: More characters than are remembered: two planes, without surrogates.
CHARACTERS = [chr(code) for code in (*range(0xA0, 0xD800), *range(0x10000, 0x18000))]


@pytest.mark.slow
def test_symbols_of_more_characters_are_worked_out_each_time() -> None:
    symbols = PairModel.load(rules.default().models[MODEL_FILE]).symbols
    first = [symbols[char] for char in CHARACTERS]
    assert len(CHARACTERS) > MAX_REMEMBERED_CHARACTERS >= len(symbols)
    assert [symbols[char] for char in CHARACTERS] == first
    fresh = PairModel.load(rules.default().models[MODEL_FILE]).symbols
    assert [fresh[char] for char in reversed(CHARACTERS)] == first[::-1]


@pytest.mark.slow
def test_bytes_of_more_characters_are_worked_out_each_time() -> None:
    for name in MULTI_BYTE:
        codec, other = _Codec(name), _Codec(name)
        first = [codec[char] for char in CHARACTERS]
        assert len(codec) <= MAX_REMEMBERED_CHARACTERS < len(CHARACTERS)
        assert [other[char] for char in reversed(CHARACTERS)] == first[::-1]
