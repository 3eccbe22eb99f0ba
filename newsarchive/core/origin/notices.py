"""One line of text → the copyright notice that it is: mark, year, holder.

How agencies sign: the dateline that opens a text, the signature that ends it. Only a listed agency is believed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from newsarchive.core.origin.attribution_patterns import any_of, entries_of
from newsarchive.core.origin.credits import credits_picture
from newsarchive.core.origin.publishers import by_host, by_name
from newsarchive.core.text.patterns import Literals
from newsarchive.items import Block
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
    word = any_of(("copyright", *entries_of(rules, "copyright")))
    rights, by = entries_of(rules, "rights"), entries_of(rules, "by")
    reserved = any_of(rights or ("all rights reserved",))
    mark = (
        rf"(?:{word}\s*)?(?:©|ⓒ)(?:\s*{word}\b)?|{word}\s*\(c\)|{_YEARS}\s*\(c\)|\(c\)(?=[\s,]*{_YEARS})"
        rf"|^\W{{0,4}}{word}(?:(?=[\s,]*(?:by\s+)?{_YEARS})|\s*[:：])"
        rf"|^\W{{0,4}}{word}(?=.{{1,80}}{reserved})"
    )
    signs = ("©", "ⓒ", "(c)", "copyright")
    return _Words(
        Literals((*signs, *entries_of(rules, "copyright"), *rights)),
        re.compile(mark, re.I),
        re.compile(any_of(rights), re.I) if rights else None,
        re.compile(any_of(by) + r"\s+", re.I) if by else None,
    )


#: A line of fewer characters may be a dateline and nothing else.
_SIGN = 40
# How a text opens that comes from an agency; only a listed agency is believed.
_DATELINES = tuple(
    map(
        re.compile,
        (
            # LONDON (AP) — · PARIS, 3 mars (AFP) - · Madrid, 3 mar (EFE).- · ［東京　３日　ロイター］ -
            r"^[^\n(（\[［【.!?]{0,60}[(（\[［【]\s*(?P<name>[^()（）\[\]［］【】\n]{2,50}?)\s*[)）\]］】]\.?\s*(?:[-–—:：•]|(?<=[】］\]]))",
            # 【AFP＝時事】 · （路透社北京3日电）
            r"^\s*[(（\[［【]\s*(?P<name>[^()（）\[\]［］【】\n\s=＝]{2,20}?)(?:[=＝][^】)）]{1,12})?\s*[)）\]］】]",
            # 新华社北京3月1日电
            r"^\s*[（(]?(?P<name>[^\s，。]{2,10}?[社网網])[^\s，。]{0,14}[电電](?=[\s）)])",
            # МОСКВА, 3 марта — РИА Новости. · МИНСК, 3 марта. /ТАСС/.
            r"^[^\n(]{2,50}?(?:\s[-–—]\s|/)(?P<name>[^-–—/.\n]{2,30}?)\s*[./](?=\s|$)",
            # AFP - · Reuters —
            r"^(?P<name>[^\n–—.,-]{2,24}?)\s[-–—]\s",
        ),
    )
)
#: "JAKARTA, KOMPAS.com -", "Liputan6.com, Jakarta -": papers that sign as agencies do.
_SITE_DATELINE = re.compile(
    r"^(?:[^\n,.–—-]{2,30}, )?(?P<name>\w+\.(?:com|co|id|net|org))(?:, [^\n,.–—-]{2,30})?\s*[-–—]\s", re.I
)
#: "(AFP)", "— AP", "/Reuters" as the last words of a text.
_SIGNATURE = re.compile(
    r"(?:[(（\[【]\s*(?P<in>[^()（）\[\]【】\n]{2,40}?)\s*[)）\]】]|[–—/]\s*(?P<after>[^\n–—/.]{2,40})|^(?P<all>[^\s,.]{2,12}))[\s.。–—-]*$"
)


def dateline_of(body: Sequence[Block], rules: Rules) -> tuple[str, str]:
    """(line, agency) of the dateline of an article's paragraphs, two empty strings without one."""
    last = [b for b in body[-1:] if len(b.text) < _SIGN]
    for block in (*body[:2], *last):
        if name := _dateline_agency(block.text, rules):
            return block.text[:80], name
    return "", ""


def signature_of(body: Sequence[Block], rules: Rules) -> tuple[str, str]:
    """(words, agency) of the signature that ends an article, two empty strings without one."""
    for block in (b for b in body[-2:] if not credits_picture(b.text, rules)):
        match = _SIGNATURE.search(block.text[-60:])
        if match and (name := _signer(match, rules)):
            return match[0].strip(), name
    return "", ""


def signed_by(text: str, rules: Rules) -> str:
    """The agency of a line that is its signature and nothing else: "EFE", "(共同)", "(ANSA) - ROMA, 3 MAR"; or ""."""
    if len(text) >= _SIGN or credits_picture(text, rules):
        return ""
    match = _SIGNATURE.match(text.strip())
    return (_signer(match, rules) if match else "") or _dateline_agency(text, rules)


def _signer(match: re.Match[str], rules: Rules) -> str:
    return _agency(match["in"] or match["after"] or match["all"], rules)


def _dateline_agency(text: str, rules: Rules) -> str:
    """The agency of a dateline, or the paper that signs as an agency does; "" without one."""
    for pattern in _DATELINES:
        match = pattern.match(text)
        if match and (name := _agency(match["name"], rules)):
            return name
    site = _SITE_DATELINE.match(text)
    return site["name"] if site and by_host(site["name"], rules) else ""


def _agency(text: str, rules: Rules) -> str:
    """The agency named in a dateline, "" where it names none: "Reuters", "AP/dpa", "東京 3日 ロイター"."""
    for part in [text, *re.split(r"[/,;|·]|\s(?=\S+$)", text)]:
        found = by_name(part, rules)
        if found is not None and found.kind == "agency":
            return part.strip()
    return ""
