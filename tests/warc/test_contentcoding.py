"""Content codings: what servers send comes back, labels that lie are seen through, bombs are refused."""

from __future__ import annotations

import contextlib
import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsarchive.compression import zstd
from newsarchive.warc import contentcoding
from newsarchive.warc.contentcoding import STEP_BYTES, BodyTooLong, decoded, joined_chunks

pytestmark = pytest.mark.slow  # unpacks bombs

MAX_BYTES = 2**20
PAGE = "<!doctype html><title>Fähre</title><p>Die Nachtfähre kehrt zurück.</p>".encode() * 40


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


#: What a server sends → the value of its header and how the body is made.
SENT: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "capitals": ("GZip", gzip.compress),
    "two members": ("gzip", lambda data: gzip.compress(data[:99]) + gzip.compress(data[99:])),
    "rubbish behind gzip": ("gzip", lambda data: gzip.compress(data) + b"\r\n0\0"),
    "deflate of zlib": ("deflate", zlib.compress),
    "deflate without header": ("deflate", raw_deflate),
    "br": ("br", brotli.compress),
    "zstd": ("zstd", zstd.compress),
    "two frames": ("zstd", lambda data: zstd.compress(data[:99]) + zstd.compress(data[99:])),
    "chained": ("gzip, br", lambda data: brotli.compress(gzip.compress(data))),
    "chained thrice": ("deflate,zstd , gzip", lambda data: gzip.compress(zstd.compress(zlib.compress(data)))),
    "identity": ("identity", bytes),
    "no label": ("", bytes),
    "a charset as label": ("utf-8", bytes),
    "a charset beside a coding": ("utf-8, gzip", gzip.compress),
}
BOMBS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: brotli.compress(data, quality=1),
    "zstd": zstd.compress,
    "gzip, gzip": lambda data: gzip.compress(gzip.compress(data)),
}
CODINGS = ("gzip", "deflate", "br", "zstd")


def test_what_follows_a_member_is_not_copied_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    left = 0

    class Unpack:
        def __init__(self, wbits: int) -> None:
            self._own = zlib_decompressobj(wbits)

        def __getattr__(self, name: str) -> object:
            nonlocal left
            value = getattr(self._own, name)
            left += len(value) if name == "unused_data" else 0
            return value

    zlib_decompressobj = zlib.decompressobj
    monkeypatch.setattr(contentcoding.zlib, "decompressobj", Unpack)
    assert decoded(gzip.compress(b"") * 2000 + gzip.compress(PAGE), "gzip", MAX_BYTES) == PAGE
    assert left < 2001 * contentcoding.FED_BYTES < 2001 * 2000 * len(gzip.compress(b""))


def test_a_body_of_very_many_frames_is_damaged() -> None:
    frame = zstd.compress(b"")
    assert decoded(frame * 5000 + zstd.compress(PAGE), "zstd", MAX_BYTES) == PAGE
    with pytest.raises(ValueError, match="more than 10,000 frames"):
        decoded(frame * 10_001, "zstd", MAX_BYTES)


@pytest.mark.parametrize("sent", SENT)
def test_what_a_server_sends_is_read(sent: str) -> None:
    label, made = SENT[sent]
    for page in (PAGE, b"", PAGE * 500):
        assert decoded(made(page), label, 2**24) == page


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=4000), st.sampled_from(sorted(SENT)), st.integers(1, 40))
def test_any_body_comes_back(body: bytes, sent: str, repeat: int) -> None:
    label, made = SENT[sent]
    if label in ("utf-8", "utf-8, gzip") and any(byte < 0x20 for byte in body):
        return  # binary data under a label that is no coding is refused
    assert decoded(made(body * repeat), label, MAX_BYTES) == body * repeat


@pytest.mark.parametrize("label", [*CODINGS, "gzip, br", "br, gzip"])
@pytest.mark.parametrize(
    "body",
    [PAGE, b'{"a": 1}', b"\n<html>", b"<", "\ufeff<p>x".encode("utf-16"), "<p>Москва</p>".encode("koi8-r")],
    ids=["page", "JSON", "line end first", "one byte", "UTF-16", "KOI8-R"],
)
def test_text_that_does_not_have_its_label_s_coding_is_given_as_it_is(label: str, body: bytes) -> None:
    assert decoded(body, label, MAX_BYTES) == body


@pytest.mark.parametrize("label", ["compress", "exi", "dcz", "gzip, compress"])
def test_a_coding_that_is_not_known_is_named(label: str) -> None:
    with pytest.raises(ValueError, match=r"content coding '(compress|exi|dcz)' is not known"):
        decoded(b"\x1f\x9d\x90" + bytes(range(64)), label, MAX_BYTES)


@pytest.mark.parametrize("label", CODINGS)
def test_a_body_that_breaks_off_gives_what_came_before(label: str) -> None:
    page = b"".join(b"<p>%d</p>" % (n * n * 7919 % 100_003) for n in range(30_000))
    body = SENT[{"deflate": "deflate of zlib"}.get(label, label)][1](page)
    got = decoded(body[: len(body) // 2], label, 2**24)
    assert page.startswith(got)
    assert len(got) > 100_000


@pytest.mark.parametrize("label", CODINGS)
def test_noise_is_refused(label: str) -> None:
    noise = {"gzip": b"\x1f\x8b\x08\0", "zstd": b"\x28\xb5\x2f\xfd"}.get(
        label, b"\xff\xff"
    ) + b"\xfe\x07" * 40
    with pytest.raises(ValueError, match=f"content coding '{label}'"):
        decoded(noise, label, MAX_BYTES)


@pytest.mark.parametrize("label", BOMBS)
def test_a_bomb_is_refused_before_it_fills_the_memory(label: str) -> None:
    bomb = BOMBS[label](b"\0" * 2**24)
    tracemalloc.start()
    try:
        with pytest.raises(BodyTooLong, match="longer than 1048576 bytes"):
            decoded(bomb, label, MAX_BYTES)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * MAX_BYTES + 4 * STEP_BYTES


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=3000), st.sampled_from(sorted({label for label, _ in SENT.values()})))
def test_nothing_but_our_own_errors_comes_out(body: bytes, label: str) -> None:
    with contextlib.suppress(ValueError):
        assert len(decoded(body, label, MAX_BYTES)) <= MAX_BYTES


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=6))
def test_chunks_are_joined(parts: list[bytes]) -> None:
    sent = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    assert joined_chunks(sent + b"0\r\n\r\n") == b"".join(parts)
    assert joined_chunks(sent + b"0\r\nTrailer: x\r\n\r\n") == b"".join(parts)
    assert b"".join(parts).startswith(joined_chunks(sent[: len(sent) * 2 // 3]) or b"")


@pytest.mark.parametrize(
    ("body", "joined"),
    [
        (PAGE, PAGE),
        (b"", b""),
        (b"3;name=value\nabc\n0\n\n", b"abc"),
        (b"3 \r\nabc\r\n2\r\nde", b"abcde"),
        (b"3\r\nabc\r\nno chunk here", b"abc"),
        (b"add\r\n" + PAGE * 2, b"add\r\n" + PAGE * 2),
    ],
    ids=["no chunks", "empty", "line feeds alone", "cut short", "broken off", "a word of hexadecimal digits"],
)
def test_chunks_that_are_not_as_they_should(body: bytes, joined: bytes) -> None:
    assert joined_chunks(body) == joined
