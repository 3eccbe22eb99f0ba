"""One line of text → the copyright notice that it is: mark, year, holder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from newsarchive.core.origins.attribution_patterns import any_of, every
from newsarchive.core.text.patterns import Literals
from newsarchive.rules import Rules

#: A longer line is prose about copyright, not a notice.
LINE = 300
#: A longer "holder" after the bare word is prose: "Copyright: parts of this text are taken from …".
_LONGEST = 60

_YEARS = r"(?:19|20)\d\d(?:\s*[-–—/,]\s*(?:(?:19|20)\d\d|\d\d))*"
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_YEAR_RANGE = re.compile(rf"(?<!\d){_YEARS}(?!\d)")
_EDGE = " \t\n\"'“”‘’«»()（）[]【】*_–—-:：,，.。;；|•·/"
# A full stop that is part of the firm's name does not end it: "Dow Jones & Company, Inc."
_END = re.compile(
    r"[!?。\n|•;；]|(?<!\bPT)(?<!\bSt)\.(?=\s+(?!Ltd|Inc|LLC|Co\b|GmbH|Limited|plc)|$)|\s[–—-]\s"
)


@dataclass(frozen=True, slots=True)
class Copyright:
    """A copyright notice; `holder` is "" and `year` is `None` where the notice has none."""

    notice: str
    holder: str = ""
    year: int | None = None


@dataclass(frozen=True, slots=True)
class _Words:
    """The tables' words of all languages as patterns; a line without one of `any` need not be searched."""

    any: Literals
    mark: re.Pattern[str]
    rights: re.Pattern[str] | None
    by: re.Pattern[str] | None


def copyright_of(text: str, rules: Rules) -> Copyright | None:
    """The copyright notice that a line is, `None` where the line is anything else.

    The word alone makes no notice ("Copyright law …"): a sign, a year, a colon or the reservation
    of rights must stand with it. Of several years the last is taken.
    """
    line = text.strip()
    if not line or len(line) > LINE:
        return None
    words = _words(rules)
    if not words.any.stand_in(line.lower()):
        return None
    found = words.mark.search(line)
    if found is None and not (len(line) <= 120 and words.rights and words.rights.search(line)):
        return None
    holder = _holder(line, found, words)
    if len(holder) > _LONGEST and "©" not in line:
        return None
    years = _YEAR.findall(line)
    return Copyright(line, holder, int(years[-1]) if years else None)


def _holder(line: str, mark: re.Match[str] | None, words: _Words) -> str:
    """Who holds the right: after the mark, or before it ("Reuters © 2025")."""
    after, before = (line[mark.end() :], line[: mark.start()]) if mark else (line, "")
    return _first_name(after, words) or _first_name(before, words)


def _first_name(side: str, words: _Words) -> str:
    if words.rights and (cut := words.rights.search(side)):
        side = side[: cut.start()]
    side = " ".join(_YEAR_RANGE.sub(" ", side).split()).strip(_EDGE)
    if words.by and (by := words.by.match(side)):
        side = side[by.end() :]
    end = _END.search(side)
    return side[: end.start() if end else None].strip(_EDGE)


@lru_cache(maxsize=8)
def _words(rules: Rules) -> _Words:
    word = any_of(["copyright", *every(rules, "copyright")])
    rights, by = every(rules, "rights"), every(rules, "by")
    reserved = any_of(rights or ["all rights reserved"])
    mark = (
        rf"(?:{word}\s*)?(?:©|ⓒ)(?:\s*{word}\b)?|{word}\s*\(c\)|{_YEARS}\s*\(c\)|\(c\)(?=[\s,]*{_YEARS})"
        rf"|^\W{{0,4}}{word}(?:(?=[\s,]*(?:by\s+)?{_YEARS})|\s*[:：])"
        rf"|^\W{{0,4}}{word}(?=.{{1,80}}{reserved})"
    )
    signs = ("©", "ⓒ", "(c)", "copyright")
    return _Words(
        Literals((*signs, *every(rules, "copyright"), *rights)),
        re.compile(mark, re.I),
        re.compile(any_of(rights), re.I) if rights else None,
        re.compile(any_of(by) + r"\s+", re.I) if by else None,
    )
