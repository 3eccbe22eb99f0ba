"""Phrase patterns of the attribution tables → regular expressions.

A pattern is a row of words as a reader would say them, `this <work> <first> appeared <on> <source>`:

- `<name>` is any entry of the table's `[words]` of that name, `<name?>` the same or nothing;
- `<source>` is the publisher, `<any>` up to 200 characters (a title, as in WordPress's
  "The post … appeared first on …");
- `:` is a colon of any width or a dash;
- anything else is itself, without regard to case.

`spaces = false` in a table (Chinese, Japanese, Thai) lets the words stand without white space.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_ANY = r".{1,200}?"
_SOURCE = r"(?P<source>.{2,160})"
_SOURCE_INSIDE = r"(?P<source>.{2,90}?)"
_COLON = r"\s*[:：﹕|–—]\s*"


def regex_of(pattern: str, words: Mapping[str, Sequence[str]], spaces: bool = True) -> str:
    """One pattern as the source of a regular expression.

    Raises `KeyError` for a `<name>` that `words` does not hold.

    >>> bool(re.match(regex_of("via : <source>", {}), "Via: Reuters", re.I))
    True
    """
    tokens = pattern.split()
    gap = r"\s+" if spaces else r"\s*"
    out = ""
    for i, token in enumerate(tokens):
        glued = not out or ":" in (token, tokens[i - 1])
        last = i == len(tokens) - 1
        if (name := re.fullmatch(r"<(\w+)\?>", token)) and not out:
            out += f"(?:{any_of(words[name[1]])}{gap})?"
            tokens[i] = ":"  # the gap is taken: what follows is glued
        else:
            out += _token(token, words, "" if glued else gap, last)
    return out


def _token(token: str, words: Mapping[str, Sequence[str]], gap: str, last: bool) -> str:
    if token == ":":
        return _COLON
    if token == "<source>":
        return gap + (_SOURCE if last else _SOURCE_INSIDE)
    if token == "<any>":
        return gap + _ANY
    name = re.fullmatch(r"<(\w+)(\??)>", token)
    if name is None:
        return gap + literal(token)
    choice = gap + any_of(words[name[1]])
    return f"(?:{choice})?" if name[2] else choice


def any_of(entries: Sequence[str]) -> str:
    """A group that matches any of the entries, the longest first."""
    return "(?:" + "|".join(literal(e) for e in sorted(entries, key=len, reverse=True)) + ")"


def literal(text: str) -> str:
    """The text itself; its white space may be any white space, its apostrophe any apostrophe."""
    folded = r"\s+".join(re.escape(word) for word in text.split())
    return re.sub(r"['’]", "['’ʼ]", folded)
