"""The pages of a WARC file: what `warc.reader.exchanges` finds, without revisit records and without the answers as they came."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from newsarchive.items import Capture
from newsarchive.warc.reader import Damage, exchanges


def captures_in(path: Path | str) -> Iterator[Capture | Damage]:
    for found in exchanges(path):
        if isinstance(found, Damage):
            yield found
        elif isinstance(found, tuple):
            yield found[0]
