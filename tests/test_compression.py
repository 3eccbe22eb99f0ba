"""What is packed comes back, also what an older version deflated."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.compression import compress, decompress, zstd


@given(st.binary(), st.binary(max_size=40))
def test_what_is_packed_comes_back(data: bytes, dictionary: bytes) -> None:
    assert decompress(compress(data, dictionary=dictionary), dictionary) == data


@given(st.binary(), st.binary(max_size=40))
def test_what_an_older_version_deflated_is_read(data: bytes, dictionary: bytes) -> None:
    work = zlib.compressobj(6, zdict=dictionary)
    assert decompress(work.compress(data) + work.flush(), dictionary) == data
    assert decompress(zlib.compress(data, 6)) == data


@pytest.mark.parametrize("pack", [compress, zlib.compress])
def test_a_value_that_breaks_off_is_no_shorter_value(pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises((zlib.error, zstd.ZstdError)):
        decompress(pack(b"The ferry left the town." * 9)[:-6])
