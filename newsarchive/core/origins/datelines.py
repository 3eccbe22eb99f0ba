"""How agencies sign: the dateline that opens a text, the signature that ends it. Only a listed agency is believed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsarchive.core.origins.credits import credits_picture
from newsarchive.core.origins.publishers import by_host, by_name
from newsarchive.items import Block
from newsarchive.rules import Rules

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
