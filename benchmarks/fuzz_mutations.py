"""Changes real input in the way that strangers, broken programs and broken wires do.

    mutant(seeds, random.Random("url/1/7"), max_bytes=65_536)

An input is cut into tokens (tags, entities, quoted strings, words, numbers, white space), and tokens are left out, doubled,
moved, nested, put in from another input, or written in another encoding. The same random state gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from random import Random

Tokens = list[bytes]

_TOKEN = re.compile(
    rb"<[^<>]{0,2000}>|&#?\w{1,10};|\"[^\"\n]{0,400}\"|%[0-9A-Fa-f]{2}|\d+|[A-Za-z]+|[\x80-\xff]+|\s+|.", re.S
)

#: Codecs in which text is written, or by which UTF-8 is read wrongly.
CODECS = (
    "utf-16", "utf-16-le", "utf-8-sig", "cp1252", "cp874", "cp1251", "gb18030", "big5", "shift_jis", "euc_jp",
    "euc_kr", "iso2022_jp", "koi8-r", "cp1256", "latin-1", "utf-7",
)  # fmt: skip

NUMBERS = (
    b"0", b"-1", b"1e999", b"NaN", b"2147483648", b"9999999999999999999999", b"0x7f000001", b"00", b"1.5", b"99999",
    b"\xd9\xa3", b"\xc2\xb2",
)  # fmt: skip

#: What has broken programs of this kind before: halves of characters, deep or open marks, odd labels, odd addresses.
FRAGMENTS = (
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"&#xD800;", b"&#55357;", b"&#0;", b"&#x110000;", b"&amp;amp;",
    b"\xe2\x80\xae", b"\xe2\x81\xa6", b"\xf3\xa0\x81\x81", b"\xef\xbf\xbd", b"\x1b[31m", b"\x85", b"\xa0", b"\xcc\x81" * 40,
    b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<!DOCTYPE x [<!ENTITY a 'aa'>]>", b"&a;", b"<?xml version='1.0' encoding='utf-7'?>",
    b"<svg>", b"<math>", b"<template>", b"<select><option>", b"<base href='//[::1'>", b"<plaintext>", b"<title>", b"<table><td>",
    b"<meta charset=rot13>", b"<script type='application/ld+json'>", b"</script>", b"<a href='http://[' rel=next>",
    b"http://[::1]:99999/", b"http://\xd0\xb6.example/", b"//", b"/../", b"?page=1", b"#", b"%00", b"%ff", b"%", b"javascript:",
    b"data:,", b"http://a@b:c@d/", b"xn--", b"xn--a", b".", b"..", b":", b"@", b"\\", b"\r\n\r\n", b"\r", b"\xe2\x80\xa8",
    b"{", b"[", b"null", b"true", b"\"", b"'", b"\\u0000", b"\\ud800", b"[[[[[[[[", b"{\"@graph\":[", b"{\"a\":",
    b"WARC/1.1\r\n", b"Content-Length: -1\r\n", b"Content-Length: 99999999999\r\n", b"Transfer-Encoding: chunked\r\n",
    b"Content-Encoding: br\r\n", b"\x1f\x8b\x08\0", b"AND", b"OR", b"NOT", b"(", b")", b"*", b"-", b"NEAR",
    b"a\xc3\x82b ", b"\xc3\xa2\xe2\x82\xac\xe2\x84\xa2", b"\xe0\xb9\x82\xe2\x82\xac\xe2\x84\xa2", b"\xc2\xab", b"\xc2\xbb", b"\xc2\xa9", b"J. ",
    b"2024-02-30", b"0000-00-00T00:00:00Z", b"31/12/99999", b"25:61", b"+99:99", b"Allow: /", b"Crawl-delay: inf\n",
)  # fmt: skip

#: Repetitions of one token or stretch, and bytes of them; the bound of the whole input cuts what is longer.
MAX_REPETITIONS = 50_000
MAX_REPEATED_BYTES = 500_000


def mutant(seeds: Sequence[bytes], rng: Random, max_bytes: int) -> bytes:
    """One of the seeds with one to some twenty changes, at most `max_bytes` bytes long; most are far shorter, so that many
    can be tried."""
    seed = rng.choice(seeds)[:max_bytes]
    max_bytes = min(max_bytes, len(seed) + (max_bytes >> rng.choice((0, 2, 4, 6, 8, 8))))
    tokens = list(tokens_of(seed)) or [b" "]
    for _ in range(1 + min(20, int(rng.expovariate(0.4)))):
        tokens = rng.choice(CHANGES)(tokens, seeds, rng) or [b" "]
        if sum(map(len, tokens)) > max_bytes:
            tokens = [b"".join(tokens)[:max_bytes]]
    return b"".join(tokens)


@lru_cache(maxsize=256)
def tokens_of(data: bytes) -> tuple[bytes, ...]:
    return tuple(_TOKEN.findall(data))


def _stretch(tokens: Tokens, rng: Random) -> slice:
    """Some tokens beside one another; short stretches are likelier."""
    start = rng.randrange(len(tokens))
    return slice(start, start + 1 + min(len(tokens), int(rng.paretovariate(0.7))))


def many(token: bytes, times: int) -> bytes:
    return token * min(times, MAX_REPETITIONS, 1 + MAX_REPEATED_BYTES // max(1, len(token)))


def left_out(tokens: Tokens, seeds: Sequence[bytes], rng: Random) -> Tokens:
    del tokens[_stretch(tokens, rng)]
    return tokens


def repeated(tokens: Tokens, seeds: Sequence[bytes], rng: Random) -> Tokens:
    part = _stretch(tokens, rng)
    tokens[part] = [many(b"".join(tokens[part]), 1 + int(rng.paretovariate(0.5)))]
    return tokens


def nested(tokens: Tokens, seeds: Sequence[bytes], rng: Random) -> Tokens:
    """Opening marks many times before what they open, closing marks behind it."""
    openings = [token for token in tokens if token[:1] in b'<([{"' and token[1:2] != b"/"]
    opening = rng.choice(openings or [b"("])
    times = int(rng.paretovariate(0.4))
    at = rng.randrange(len(tokens))
    tokens.insert(at, many(opening, times))
    if rng.random() < 0.5:
        name = re.match(rb"<(\w+)", opening)
        closing = (
            b"</" + name[1] + b">" if name else {b"(": b")", b"[": b"]", b"{": b"}"}.get(opening, opening)
        )
        tokens.append(many(closing, times))
    return tokens


def moved(tokens: Tokens, seeds: Sequence[bytes], rng: Random) -> Tokens:
    part = _stretch(tokens, rng)
    taken = tokens[part]
    del tokens[part]
    at = rng.randint(0, len(tokens))
    tokens[at:at] = taken
    return tokens


def put_in(tokens: Tokens, seeds: Sequence[bytes], rng: Random) -> Tokens:
    """A stretch of another input, or the rest of it."""
    other = tokens_of(rng.choice(seeds)[:65_536])
    if not other:
        return tokens
    at = rng.randint(0, len(tokens))
    tokens[at : at + rng.choice((0, 0, 1, 10))] = other[_stretch(list(other), rng)]
    return tokens


def fragment(tokens: Tokens, seeds: Sequence[bytes], rng: Random) -> Tokens:
    at = rng.randint(0, len(tokens))
    tokens[at : at + rng.choice((0, 1))] = [rng.choice(FRAGMENTS)]
    return tokens


def number(tokens: Tokens, seeds: Sequence[bytes], rng: Random) -> Tokens:
    numbers = [at for at, token in enumerate(tokens) if token.isdigit()]
    if numbers:
        tokens[rng.choice(numbers)] = rng.choice(NUMBERS)
    return tokens


def flipped(tokens: Tokens, seeds: Sequence[bytes], rng: Random) -> Tokens:
    at = rng.randrange(len(tokens))
    token = bytearray(tokens[at] or b" ")
    token[rng.randrange(len(token))] ^= 1 << rng.randrange(8)
    tokens[at] = bytes(token)
    return tokens


def cut(tokens: Tokens, seeds: Sequence[bytes], rng: Random) -> Tokens:
    return tokens[: rng.randint(1, len(tokens))]


def inside(tokens: Tokens, seeds: Sequence[bytes], rng: Random) -> Tokens:
    """A change within a token: the rest of a tag, a fragment among its attributes, a long run of one of its bytes."""
    at = rng.randrange(len(tokens))
    token = tokens[at]
    cut_at = rng.randint(0, len(token))
    new = rng.choice(
        (b"", rng.choice(FRAGMENTS), many(token[cut_at : cut_at + 1], int(rng.paretovariate(0.5))))
    )
    tokens[at] = token[:cut_at] + new + token[cut_at:]
    return tokens


def recoded(tokens: Tokens, seeds: Sequence[bytes], rng: Random) -> Tokens:
    """All of it, or a stretch, written in another encoding, or read wrongly once more."""
    part = slice(0, len(tokens)) if rng.random() < 0.3 else _stretch(tokens, rng)
    codec = rng.choice(CODECS)
    data = b"".join(tokens[part])
    wrong = data.decode(codec, "replace").encode("utf-8", "replace")
    tokens[part] = [wrong if rng.random() < 0.6 else data.decode("utf-8", "replace").encode(codec, "ignore")]
    return tokens


CHANGES: tuple[Callable[[Tokens, Sequence[bytes], Random], Tokens], ...] = (
    left_out, repeated, nested, moved, put_in, put_in, fragment, fragment, number, flipped, cut, inside, recoded,
)  # fmt: skip
