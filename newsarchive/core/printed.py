"""Dates and bylines in plain text around the headline, where no markup tells what they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from newsarchive.core import authors, dates
from newsarchive.core.claims import Claim, key
from newsarchive.items import Block
from newsarchive.rules import Rules

#: How many blocks after and before the headline are read, and how many from the end of the page.
_AFTER, _BEFORE, _END = 12, 6, 60
#: Longest line that is a byline or a date line, and how much of it may be other than the date, in characters.
_LONGEST, _BESIDE = 160, 60
#: Blocks that are known to be about something else.
_ELSEWHERE = frozenset(["comments", "related", "footer", "nav", "share", "consent"])


def claims(blocks: Sequence[Block], headline: str, rules: Rules) -> list[Claim]:
    """What the lines after the headline say, then those before it; without any date, signed lines elsewhere."""
    at = _place(blocks, headline)
    out: list[Claim] = []
    out += _read(blocks[at + 1 : at + 1 + _AFTER], "", rules)
    out += _read(blocks[max(0, at - _BEFORE) : max(0, at)], " above", rules)
    if not any(c.field == "date_published" for c in out):
        signed = (b for b in blocks[at + 1 + _AFTER :] if b.label not in _ELSEWHERE and len(b.text) < 100)
        out += [c for c in _read(list(signed)[-_END:], " below", rules) if c.field != "authors"][:3]
    return out


def _place(blocks: Sequence[Block], headline: str) -> int:
    """The block that shows the headline, else the first heading, else -1."""
    folded = key(headline)
    same = [i for i, b in enumerate(blocks[:2000]) if len(b.text) <= 400 and key(b.text) == folded]
    headings = [i for i in same if blocks[i].kind == "heading"]
    return next(
        iter([*headings, *same]), next((i for i, b in enumerate(blocks[:2000]) if b.kind == "heading"), -1)
    )


def _read(blocks: Sequence[Block], where: str, rules: Rules) -> Iterator[Claim]:
    """One claim for each short line that holds a date or opens like a byline."""
    before, dated = "", False
    for line in (line for b in blocks for line in b.text.split("\n")):
        if len(line) > _LONGEST:
            continue
        found = dates.date_text(line, rules)
        if found and len(line) - len(found) <= _BESIDE:
            start = line.index(found)
            if dates.says_modified(line[:start] or before, rules):
                yield Claim("date_modified", line[start:], "markup text" + where)
            else:
                yield Claim("date_published", line[start:], "markup text" + (" later" if dated else where))
                dated = True
        if authors.words(rules).by.match(line) and len(line) <= 100:
            yield Claim("authors", line, "markup text" + where)
        before = line
