"""Titles of servers' errors: "404 Not Found", "Seite nicht gefunden – A blog".

A headline may hold the same words ("S&P 500 closes at record high", "Missing girl not found after search"), so
words alone prove nothing. A title is an error's where one of its parts is made of nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from newsarchive.core.text.scripts import UNSPACED
from newsarchive.rules import Rules, strings

_FILE = "data/discovery/pagekinds.toml"
_TABLE = "error_titles"

#: Characters of a title's part. A server's error is short; a longer part is a sentence of somebody's.
MAX_PART_CHARACTERS = 120

#: Where the name of the site is set off from what the page is called.
_SEPARATORS = re.compile(r"\s+[-–—:·•«»‹›~/]+\s+|\s*[|｜]\s*|\s*:\s+|[_＿]")
#: Scripts that are written with spaces: a phrase in them begins and ends with a word.
_SPACED_LETTER = re.compile(rf"[^\W\d_{UNSPACED}]|\d")
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "＇": "'"})
_ARTICLE_TYPE = re.compile(r'"@type"\s*:\s*\[?\s*"(?:\w*Article|BlogPosting|Report)"')


def error_title(titles: Iterable[str], tree: LexborHTMLParser, rules: Rules) -> str:
    """The part of one of a page's titles that is a server's error, "" where none is.

    `titles` are the `<title>` and the first headings. A part without a number and without a word for the page
    ("Forbidden") counts only where `tree`, the parsed page, does not declare an article.
    """
    table = _compiled(rules)
    for title in titles:
        for part in _SEPARATORS.split(" ".join(title.split()).translate(_APOSTROPHES)):
            if not table.is_error(part):
                continue
            if table.names_page(part) or not declares_article(tree):
                return part
    return ""


def declares_article(tree: LexborHTMLParser) -> bool:
    """Whether a page's head, structured data or WordPress' body class calls it one article."""
    if tree.css_first(
        'meta[property="og:type"][content="article"], meta[property="article:published_time"], body.single'
    ):
        return True
    scripts = tree.css('script[type="application/ld+json"]')
    return any(_ARTICLE_TYPE.search(script.text(deep=True)[:200_000]) for script in scripts)


class _Words:
    """`[error_titles]` of `pagekinds.toml`, compiled."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        numbers, subjects, signals, fillers = (
            [word.casefold() for word in strings(f"{_FILE} [{_TABLE}]", table, name)]
            for name in ("numbers", "subjects", "signals", "fillers")
        )
        every = _alternatives([*numbers, *subjects, *signals, *fillers])
        self.whole = re.compile(rf"[\W_]*(?:{every}[\W_]*)+")
        self.telling = re.compile(_alternatives([*numbers, *signals]))
        self.page = re.compile(_alternatives([*numbers, *subjects]))

    def is_error(self, part: str) -> bool:
        """Whether a part holds nothing but the words of errors, a telling one among them."""
        text = part.casefold().strip()
        if not text or len(text) > MAX_PART_CHARACTERS:
            return False
        return self.telling.search(text) is not None and self.whole.fullmatch(text) is not None

    def names_page(self, part: str) -> bool:
        """Whether a part says that it speaks of a page or gives an error's number."""
        return self.page.search(part.casefold()) is not None


def _alternatives(words: Iterable[str]) -> str:
    """A group of words and phrases, the longest first, each a whole word where its script has spaces."""
    ordered = sorted(set(words), key=lambda word: (-len(word), word))
    return f"(?:{'|'.join(map(_whole_word, ordered)) or '(?!)'})"


def _whole_word(word: str) -> str:
    before = r"(?<!\w)" if _SPACED_LETTER.match(word[0]) else ""
    after = r"(?!\w)" if _SPACED_LETTER.match(word[-1]) else ""
    return before + re.escape(word) + after


@lru_cache(maxsize=4)
def _compiled(rules: Rules) -> _Words:
    return _Words(rules.discovery.get("pagekinds", {}).get(_TABLE, {}))
