"""Copyright notices ("© 2025 The Heron Ltd") and the ways in which agencies sign a text ("LONDON (AP) —", "(AFP)").

A notice is read into mark, year and holder. An agency signs with a dateline that opens the text or with a signature that
ends it; both count for listed agencies alone.

Earns 15 points of origins on WordPress posts (`docs/benchmarks/ablation.md`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from newsarchive import compiled
from newsarchive.core.origin.attribution_patterns import any_of, entries_of
from newsarchive.core.origin.credits import credits_picture
from newsarchive.core.origin.publishers import by_host, is_agency, registry
from newsarchive.core.text.patterns import Literals
from newsarchive.items import Block
from newsarchive.rules import Rules

#: Characters of a notice; a longer line is prose about copyright.
MAX_LINE_CHARACTERS = 300
#: Characters of a line that reserves rights without a copyright mark; a longer one is prose.
_MAX_RIGHTS_CHARACTERS = 120
#: Characters of a holder in a line without "©", or with more sentences; a longer one is prose: "Copyright: parts of this text are taken
#: from …", "© PhotoA convoy reached the town. It brought rice …".
_MAX_HOLDER_CHARACTERS = 60
#: Characters of a line that is nothing but a dateline or a signature; it must have fewer.
_MAX_SIGNATURE_CHARACTERS = 40

_YEARS = r"(?:19|20)\d\d(?:\s*[-–—/,]\s*(?:(?:19|20)\d\d|\d\d))*"
#: A year, and the end of a range in two digits; `2024-12-31` is no range.
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)(?:[-–—/](\d\d)(?![-/]?\d))?")
_YEAR_RANGE = re.compile(rf"(?<!\d){_YEARS}(?!\d)")
_EDGE = " \t\n\"'“”‘’«»()（）[]【】*_–—-:：,，.。;；|•·/"
# A full stop inside the firm's name does not end it: "Dow Jones & Company, Inc."
_END = re.compile(
    r"[!?。\n|•;；]|(?<!\bPT)(?<!\bSt)\.(?=\s+(?!Ltd|Inc|LLC|Co\b|GmbH|Limited|plc)|$)|\s[–—-]\s"
    r"|\s(?:地址|邮编|郵編|电话|電話|传真|傳真|邮箱|信箱|技术支持|\w?ICP)"
)
_MARK = re.compile(r"©|ⓒ|\(c\)|copyright", re.I)
#: The end of a sentence, and five words of another one.
_GOES_ON = re.compile(r"[^\W\d_][.!?]\s+[^\W\d_]+(?:\s+\S+){4}")


@dataclass(frozen=True, slots=True)
class Copyright:
    """A copyright notice; `holder` is "" and `year` is `None` where the notice names none."""

    notice: str
    holder: str = ""
    year: int | None = None


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of all languages as patterns. A line without one of `any` is no notice."""

    any: Literals
    mark: re.Pattern[str]
    rights: re.Pattern[str]
    by: re.Pattern[str]


def copyright_of(text: str, rules: Rules) -> Copyright | None:
    """The copyright notice in a line that is one, `None` for any other line.

    The word "copyright" is no notice by itself ("Copyright law …"): it needs a sign, a year, a colon or the reservation
    of rights. Of several years the last is taken.

    >>> from newsarchive.rules import default
    >>> copyright_of("© 2019-2025 The Heron Ltd.", default())
    Copyright(notice='© 2019-2025 The Heron Ltd.', holder='The Heron Ltd', year=2025)
    >>> prose = "© PhotoA convoy of rice and oil has reached the town after more than twelve months. The army brought it there."
    >>> copyright_of(prose, default()) is None
    True
    >>> copyright_of("© 2024 Friends of the Old Ferry Boats and of the Museum of the Harbour. No part may be copied without leave.", default()).holder
    'Friends of the Old Ferry Boats and of the Museum of the Harbour'
    """
    line = text.strip()
    if not line or len(line) > MAX_LINE_CHARACTERS:
        return None
    words = _words(rules)
    if not words.any.stand_in(line.lower()):
        return None
    found = words.mark.search(line)
    # The sign may belong to a name in a sentence: "a costing tool CostIt© to calculate costs".
    if found and found[0] in ("©", "ⓒ"):
        before, behind = line[: found.start()][-1:], line[found.end() : found.end() + 2]
        if before.isalpha() and behind[:1] == " " and behind[1:].islower():
            return None
    if found is None and not (len(line) <= _MAX_RIGHTS_CHARACTERS and words.rights.search(line)):
        return None
    # The holder stands after the mark, or else before it ("Reuters © 2025").
    after, before = (line[found.end() :], line[: found.start()]) if found else (line, "")
    holder = _first_name(after, words) or _first_name(before, words)
    # Of `2019-25` the second year counts.
    years = [int(year[:2] + short if short > year[2:] else year) for year, short in _YEAR.findall(line)]
    is_prose = "\n" not in line and _GOES_ON.search(line) is not None
    is_notice = years or words.rights.search(line)
    if len(holder) > _MAX_HOLDER_CHARACTERS and ("©" not in line or (is_prose and not is_notice)):
        return None
    return Copyright(line, holder, years[-1] if years else None)


def begins_line(notice: Copyright, rules: Rules) -> bool:
    """Whether a notice begins its line, if only after holder and rights ("Reuters © 2025"), and is no picture's
    ("© dpa | Ada Lowe")."""
    before = _MARK.split(notice.notice, maxsplit=1)[0].replace(notice.holder, "")
    return len(_words(rules).rights.sub("", before).split()) < 3 and "|" not in notice.notice


def _first_name(side: str, words: _Words) -> str:
    if cut := words.rights.search(side):
        side = side[: cut.start()]
    side = " ".join(_YEAR_RANGE.sub(" ", side).split()).strip(_EDGE)
    if by := words.by.match(side):
        side = side[by.end() :]
    end = _END.search(side)
    return side[: end.start() if end else None].strip(_EDGE)


@lru_cache(maxsize=8)
def _words(rules: Rules) -> _Words:
    word = any_of(("copyright", *entries_of(rules, "copyright")))
    rights = entries_of(rules, "rights")
    reserved = any_of(rights)
    mark = (
        rf"(?:{word}\s*[:：]?\s*)?(?:©|ⓒ)(?:\s*{word}\b)?|{word}\s*\(c\)|{_YEARS}\s*\(c\)|\(c\)(?=[\s,]*{_YEARS})"
        rf"|^\W{{0,4}}{word}(?:(?=[\s,]*(?:by\s+)?{_YEARS})|\s*[:：])"
        rf"|^\W{{0,4}}{word}(?=.{{1,80}}{reserved})"
    )
    signs = ("©", "ⓒ", "(c)", "copyright")
    return _Words(
        Literals((*signs, *entries_of(rules, "copyright"), *rights)),
        compiled.regex(mark, re.I),
        compiled.regex(reserved, re.I),
        compiled.regex(any_of(entries_of(rules, "by")) + r"\s+", re.I),
    )


# How a text from an agency begins. The name counts for a listed agency alone.
_DATELINES = tuple(
    map(
        re.compile,
        (
            # LONDON (AP) — · PARIS, 3 mars (AFP) - · Madrid, 3 mar (EFE).- · ［東京　３日　ロイター］ -
            # MADRID, 3 May. (EUROPA PRESS) -
            r"^(?:[^\n(（\[［【.!?]|\.(?=\s?[(（])){0,60}[(（\[［【]\s*(?P<name>[^()（）\[\]［］【】\n]{2,50}?)\s*[)）\]］】]\.?\s*(?:[-–—:：•]|(?<=[】］\]]))",
            # नई दिल्ली, 3 मई (भाषा) · LISBOA, 3 mai (Lusa)
            r"^[^\n,(（.!?]{2,24},[^\n(（.!?]{0,14}\d[^\n(（.!?]{0,12}[(（](?P<name>[^()（）\n]{2,30})[)）](?=\s)",
            # WASHINGTON — (AP)
            r"^[^\n(（.!?a-z]{2,40}\s[-–—]\s?[(（](?P<name>[^()（）\n]{2,30})[)）](?=\s)",
            # 【AFP＝時事】 · （路透社北京3日电）
            r"^\s*[(（\[［【]\s*(?P<name>[^()（）\[\]［］【】\n\s=＝]{2,20}?)(?:[=＝][^】)）]{1,12})?\s*[)）\]］】]",
            # (서울=연합뉴스) · [서울=뉴시스]
            r"^\s*[(（\[［]\s*[^()（）\[\]［］\n=＝]{1,14}[=＝]\s*(?P<name>[^()（）\[\]［］\n]{2,14}?)\s*[)）\]］]",
            # 【ロンドン共同】 · 【ワシントン時事】
            r"^\s*【[\u30a0-\u30ff\u4e00-\u9fff]{1,12}?(?P<name>共同|時事|ロイター|AFP時事)】",
            # 新华社北京3月1日电 · 新华社北京3月1日电（记者张三）
            r"^\s*[（(]?(?P<name>[^\s，。]{2,10}?[社网網])[^\s，。（(]{0,14}[电電](?=[\s（）()：:])",
            # МОСКВА, 3 марта — РИА Новости. · МИНСК, 3 марта. /ТАСС/.
            r"^[^\n(]{2,50}?(?:\s[-–—]\s|/)(?P<name>[^-–—/.\n]{2,30}?)\s*[./]\.?(?=\s|$)",
            # AFP - · Reuters —
            r"^(?P<name>[^\n–—.,-]{2,24}?)\s[-–—]\s",
        ),
    )
)
#: Datelines of papers that sign as agencies do: "JAKARTA, KOMPAS.com -", "Liputan6.com, Jakarta -", "Москва. 3 мая. INTERFAX.RU -".
_SITE_DATELINE = re.compile(
    r"^(?:[^\n,.–—-]{2,30}[,.] (?:\d{1,2} \w{3,9}\. )?)?(?P<name>\w+\.(?:com|co|id|net|org|ru))(?:, [^\n,.–—-]{2,30})?\s*[-–—]\s",
    re.I,
)
#: The last words of a text: "(AFP)", "— AP", "/Reuters".
_SIGNATURE = re.compile(
    r"(?:[(（\[【]\s*(?P<in>[^()（）\[\]【】\n]{2,40}?)\s*[)）\]】]|[–—/]\s*(?P<after>[^\n–—/.]{2,40})|^(?:-\s?)?(?P<all>[^\s,.-][^\s,.]{1,11}))[\s.。–—-]*$"
)


def dateline_of(body: Sequence[Block], rules: Rules) -> tuple[str, str]:
    """The dateline in an article's paragraphs and its agency, two empty strings without one."""
    last = [b for b in body[-1:] if len(b.text) < _MAX_SIGNATURE_CHARACTERS]
    for block in (*body[:2], *last):
        if not credits_picture(block.text, rules) and (name := _dateline_agency(block.text, rules)):
            return block.text[:80], name
    return "", ""


def signature_of(body: Sequence[Block], rules: Rules) -> tuple[str, str]:
    """The signature at an article's end and its agency, two empty strings without one."""
    for block in body[-2:]:
        if name := ended_by(block.text, rules):
            return block.text[:80], name
    for block in (b for b in body[-2:] if not credits_picture(b.text, rules)):
        match = _SIGNATURE.search(block.text[-60:])
        if match and (name := _signer(match, rules)):
            return match[0].strip(), name
    return "", ""


def signed_by(text: str, rules: Rules) -> str:
    """The agency of a line that is nothing but its signature ("EFE", "(共同)", "(ANSA) - ROMA, 3 MAR"), "" for others."""
    if name := ended_by(text, rules):
        return name
    if len(text) >= _MAX_SIGNATURE_CHARACTERS or credits_picture(text, rules):
        return ""
    match = _SIGNATURE.match(text.strip())
    return (_signer(match, rules) if match else "") or _dateline_agency(text, rules)


def ended_by(text: str, rules: Rules) -> str:
    """The agency of a line with which it ends its texts: "(Reporting by Jane Doe; Editing by John Roe)" is Reuters'."""
    if len(text) > MAX_LINE_CHARACTERS:
        return ""
    line = text.strip(" ()[].").lower()
    return next((publisher.name for end, publisher in registry(rules).ends if end.fullmatch(line)), "")


def _signer(match: re.Match[str], rules: Rules) -> str:
    return _agency(match["in"] or match["after"] or match["all"], rules)


def _dateline_agency(text: str, rules: Rules) -> str:
    """The agency that a dateline names, or the paper that signs like an agency; "" without one."""
    for pattern in _DATELINES:
        match = pattern.match(text)
        if match and (name := _agency(match["name"], rules)):
            return name
    site = _SITE_DATELINE.match(text)
    return site["name"] if site and by_host(site["name"], rules) else ""


def _agency(text: str, rules: Rules) -> str:
    """The agency in a text of a dateline ("Reuters", "AP/dpa", "東京 3日 ロイター"), "" without one."""
    signs = registry(rules).by_sign
    for part in [text, *re.split(r"[/,;|·]|\s(?=\S+$)", text)]:
        if found := signs.get(part.strip()):
            return found.name
        if is_agency(part, rules):
            return part.strip()
    return ""
