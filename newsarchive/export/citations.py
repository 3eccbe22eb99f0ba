"""Bibliographies: a citation for each article, as CSL-JSON, BibTeX or RIS (`newsarchive.citation`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING

from newsarchive import citation
from newsarchive.export.text import opened

if TYPE_CHECKING:
    from newsarchive.citation import Citation
    from newsarchive.db.reading.articles import Stored


def write_csl(articles: Iterable[Stored], target: Path | IO[bytes], title: str) -> int:
    """A CSL-JSON document: a list with an item a line."""
    number = 0
    with opened(target) as out:
        out.write(b"[")
        for number, article in enumerate(articles, 1):
            item = json.dumps(citation.csl(citation.of(article)), ensure_ascii=False)
            out.write((",\n" if number > 1 else "\n").encode() + item.encode("utf-8", "replace"))
        out.write(b"\n]\n")
    return number


def write_bibtex(articles: Iterable[Stored], target: Path | IO[bytes], title: str) -> int:
    """An entry for each article, with an empty line between two."""
    return _records(articles, target, citation.bibtex, "\n")


def write_ris(articles: Iterable[Stored], target: Path | IO[bytes], title: str) -> int:
    """A record for each article, with an empty line between two."""
    return _records(articles, target, citation.ris, "\r\n")


def _records(
    articles: Iterable[Stored], target: Path | IO[bytes], written: Callable[[Citation], str], line_end: str
) -> int:
    number = 0
    with opened(target) as out:
        for article in articles:
            out.write((written(citation.of(article)) + line_end).encode("utf-8", "replace"))
            number += 1
    return number
