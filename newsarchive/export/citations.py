"""Bibliographies: a citation for each article, as CSL-JSON, BibTeX or RIS (`newsarchive.citation`)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING

from newsarchive.citation import bibtex, csl, of, ris
from newsarchive.export.text import write_each

if TYPE_CHECKING:
    from newsarchive.db.reading.articles import Stored


def write_csl(articles: Iterable[Stored], target: Path | IO[bytes], title: str) -> int:
    """A CSL-JSON document: a list with an item a line."""

    def item(article: Stored) -> str:
        return "\n" + json.dumps(csl(of(article)), ensure_ascii=False)

    return write_each(articles, target, item, before="[", between=",", after="\n]\n")


def write_bibtex(articles: Iterable[Stored], target: Path | IO[bytes], title: str) -> int:
    """An entry for each article, with an empty line between two."""
    return write_each(articles, target, lambda article: bibtex(of(article)) + "\n")


def write_ris(articles: Iterable[Stored], target: Path | IO[bytes], title: str) -> int:
    """A record for each article, with an empty line between two."""
    return write_each(articles, target, lambda article: ris(of(article)) + "\r\n")
