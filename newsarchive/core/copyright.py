"""One line of text → the copyright notice that it is: mark, year, holder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from newsarchive.core.attribution_patterns import any_of
from newsarchive.rules import Rules, strings

#: A longer line is prose about copyright, not a notice.
LINE = 300

_YEARS = r"(?:19|20)\d\d(?:\s*[-–—/,]\s*(?:(?:19|20)\d\d|\d\d))*"
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_SIGN = r"(?:©|ⓒ|\(c\)|&copy;)"
_EDGE = " \t\n\"'“”‘’«»()（）[]【】*_–—-:：,，.。;；|•·/"
# A full stop that is part of the firm's name does not end it: "Dow Jones & Company, Inc."
_END = re.compile(r"[!?。\n|•;；]|\.(?=\s+(?!Ltd|Inc|LLC|Co\b|GmbH|Limited|plc)|$)|\s[–—-]\s")
_BY = re.compile(r"^(?:by|von|par|por|di|da|door|oleh|de)\s+", re.I)


@dataclass(frozen=True, slots=True)
class Copyright:
    """A copyright notice; `holder` is "" and `year` is `None` where the notice has none."""

    notice: str
    holder: str = ""
    year: int | None = None


def copyright_of(text: str, rules: Rules) -> Copyright | None:
    """The copyright notice that a line is, `None` where the line is anything else.

    The word alone makes no notice ("Copyright law …"): a sign, a year, a colon or the reservation
    of rights must stand with it. Of several years the last is taken.
    """
    line = text.strip()
    if not line or len(line) > LINE:
        return None
    mark, rights = _patterns(rules)
    found = mark.search(line)
    reserved = rights.search(line) if rights else None
    if found is None and not (reserved and len(line) <= 120):
        return None
    years = _YEAR.findall(line)
    return Copyright(line, _holder(line, found, rights), int(years[-1]) if years else None)


def _holder(line: str, mark: re.Match[str] | None, rights: re.Pattern[str] | None) -> str:
    after = line[mark.end() :] if mark else line
    for side in (after, line[: mark.start()] if mark else ""):
        if rights and (cut := rights.search(side)):
            side = side[: cut.start()]
        side = re.sub(rf"(?<!\d){_YEARS}(?!\d)", " ", side).strip(_EDGE)
        side = _BY.sub("", re.sub(r"\s+", " ", side))
        if end := _END.search(side):
            side = side[: end.start()]
        if name := side.strip(_EDGE):
            return name
    return ""


@lru_cache(maxsize=8)
def _patterns(rules: Rules) -> tuple[re.Pattern[str], re.Pattern[str] | None]:
    tables = rules.attribution.items()
    words = [w for lang, t in tables for w in strings(f"attribution/{lang}.toml", t, "copyright")]
    rights = [w for lang, t in tables for w in strings(f"attribution/{lang}.toml", t, "rights")]
    word = any_of(["copyright", *words])
    mark = (
        rf"(?:{word}\s*)?(?:©|ⓒ)|{word}\s*\(c\)|\(c\)(?=[\s,]*{_YEARS})"
        rf"|^\W{{0,4}}{word}(?:(?=[\s,]*(?:by\s+)?{_YEARS})|\s*[:：])"
        rf"|^\W{{0,4}}{word}(?=.{{1,80}}{any_of(rights or ['all rights reserved'])})"
    )
    return re.compile(mark, re.I), re.compile(any_of(rights), re.I) if rights else None
