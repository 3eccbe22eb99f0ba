"""Encoding damage as blogs do it: UTF-8 read with a single-byte code page, here and there in a text."""

from __future__ import annotations

import random
import re

_RUN = re.compile(r"[^\x00-\x7f]+")


def damage(text: str, codec: str, share: float, rng: random.Random) -> tuple[str, int]:
    """Read about `share` of the runs of non-ASCII characters wrongly: the text, and how many runs that were.

    A byte that the code page leaves undefined is read as windows-1252, and what that leaves undefined as
    Latin-1, as browsers do.
    """
    count = 0

    def broken(run: re.Match[str]) -> str:
        nonlocal count
        if rng.random() >= share:
            return run.group()
        count += 1
        return "".join(_character(byte, codec) for byte in run.group().encode())

    return _RUN.sub(broken, text), count


def _character(byte: int, codec: str) -> str:
    for name in (codec, "windows-1252"):
        try:
            return bytes([byte]).decode(name)
        except UnicodeDecodeError:
            continue
    return chr(byte)
