"""Many words → one pattern that tries each letter once, not each word: a cheap look before a dear one."""

from __future__ import annotations

import re
from collections.abc import Iterable


def any_literal(words: Iterable[str]) -> str:
    """The source of a pattern that matches any of the words; one that never matches for none.

    A word that begins with another is left out: what finds the shorter one need not look for the longer.

    >>> any_literal(["share", "shop", "shopping", "sign"])
    's(?:h(?:are|op)|ign)'
    """
    found = sorted({w for w in words if w})
    short = [w for i, w in enumerate(found) if not any(w.startswith(v) for v in found[max(0, i - 50) : i])]
    return _branches(short) if short else r"(?!)"


def _branches(words: list[str]) -> str:
    heads = sorted({w[:1] for w in words})
    if heads == [""]:
        return ""
    parts = [re.escape(h) + _branches([w[1:] for w in words if w[:1] == h]) for h in heads]
    return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"


def whole(word: str) -> str:
    """The source of a pattern for a word that stands by itself. It begins with the word's first letter, to which a
    search skips in C; it cannot where `\\b` comes first.

    >>> whole("nav")
    'nav\\\\b(?<=\\\\bnav)'
    """
    return rf"{word}\b(?<=\b{word})"


class Literals:
    """A few words to look for in lower-case text; in ASCII text only those that can stand there.

    >>> Literals(["copyright", "版权"]).stand_in("版权所有"), Literals(["copyright"]).stand_in("all rights")
    (True, False)
    """

    def __init__(self, words: Iterable[str]) -> None:
        found = tuple(dict.fromkeys(w.lower() for w in words if w))
        # A word that holds another need not be looked for.
        self.words = tuple(w for w in found if not any(v in w and v != w for v in found))
        self.plain = tuple(w for w in self.words if w.isascii())

    def stand_in(self, text: str) -> bool:
        """Whether any of the words stands in the text, whole or as a part of a longer one."""
        for word in self.plain if text.isascii() else self.words:  # noqa: SIM110 - `any` takes twice the time
            if word in text:
                return True
        return False
