"""Who published an article first, from all leads on the page: the step, and how leads are weighed.

Leads to one publisher add up (noisy-or: 1 - Π(1 - w)); the heaviest wins, and the others stay in the
evidence. The blog itself is never its own origin; a blog's own post has none.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from newsarchive.core.metadata import dates
from newsarchive.core.origin.attribution import attribution_of
from newsarchive.core.origin.credits import own_names
from newsarchive.core.origin.evidence import IN_CONTENT, Lead, domain_in, host_in, leads_of
from newsarchive.core.origin.notices import copyright_of
from newsarchive.core.origin.publishers import Publisher, by_host, key_of, listed
from newsarchive.core.urls import same_site
from newsarchive.items import Article, Evidence, Origin
from newsarchive.rules import Rules

__all__ = ["attribution_of", "copyright_of", "origin_step"]

#: Below this a lead is hearsay and the article counts as the blog's own.
THRESHOLD = 0.5
#: A page that names more publishers than this in one way names none: a link list, or poison.
_MOST = 3

_BRACKET = re.compile(r"\s*[(（\[][^()（）\[\]]*[)）\]]?\s*$")
_LICENCE = re.compile(r"\bCC[ -](BY(?:-(?:NC|ND|SA))*|0)(?:[ -](\d\.\d))?", re.I)
_LICENCE_URL = re.compile(r"creativecommons\.org/licenses/([a-z-]+)(?:/(\d\.\d))?", re.I)


@dataclass(frozen=True, slots=True)
class _Named:
    """A lead with the publisher that it names."""

    lead: Lead
    name: str
    domain: str
    listed: bool


def origin_step(article: Article, rules: Rules) -> Article:
    """The article with its `origin` (`None` for the blog's own post) and, where linked, `is_based_on`."""
    own = own_names(article)
    named = [
        n for lead in leads_of(article, rules) if (n := _name(lead, rules)) and not _is_own(n, article, own)
    ]
    groups = _grouped(_without_poison(named))
    if not groups:
        return replace(article, origin=None)
    best = max(groups, key=_confidence)
    if _confidence(best) < THRESHOLD:
        return replace(article, origin=None)
    origin = _origin(best, [n for g in groups if g is not best for n in g], article, rules)
    return replace(article, origin=origin, is_based_on=article.is_based_on or origin.url)


def _is_own(named: _Named, article: Article, own: set[str]) -> bool:
    if named.domain and same_site(f"https://{named.domain}/", article.url):
        return True
    return key_of(named.name) in own or key_of(_bare(named.lead.printed)) in own


def _bare(printed: str) -> str:
    return _BRACKET.sub("", printed).strip()


def _name(lead: Lead, rules: Rules) -> _Named | None:
    """Whom a lead names: the listed publisher by name or domain, else the name as printed."""
    printed, domain = _bare(lead.printed), domain_in(lead.printed) or domain_in(lead.url)
    if not printed:
        return None
    # The whole host: asia.nikkei.com is a paper of its own, www.nikkei.com is not.
    host = by_host(_host_of(lead), rules) if domain else None
    found = listed(printed, rules) or host
    if host is not None and (domain_in(lead.printed) or key_of(_bare(host.name)) == key_of(printed)):
        found = host  # of two papers of one name ("El País"), the domain tells which
    if found is not None and _is_branch(printed, host_in(lead.printed), domain, found):
        return _Named(lead, printed, host_in(lead.printed), True)
    if found is not None:
        return _Named(lead, found.name, found.domain, True)
    is_url = bool(domain) and " " not in printed and printed.lower().startswith(("http", "www.", domain))
    return _Named(lead, domain if is_url else printed, domain, False)


def _host_of(lead: Lead) -> str:
    """The host that a lead prints, else that of its link; a lead made of a link alone prints its domain."""
    printed, linked = host_in(lead.printed), host_in(lead.url)
    return linked if linked.endswith(f".{printed}") or not printed else printed


def _is_branch(printed: str, host: str, domain: str, publisher: Publisher) -> bool:
    """Whether a longer name with a host of its own is printed: "Nikkei Asia (asia.nikkei.com)"."""
    own, whole = key_of(printed), key_of(publisher.name)
    return host != domain and whole in own and own != whole and key_of(host.removesuffix(domain)) in own


def _without_poison(named: Sequence[_Named]) -> list[_Named]:
    """Drop a kind of lead by which a page names publishers wholesale."""
    names: dict[str, set[str]] = defaultdict(set)
    for n in named:
        names[n.lead.kind].add(key_of(n.name))
    return [n for n in named if len(names[n.lead.kind]) <= _MOST]


def _grouped(named: Iterable[_Named]) -> list[list[_Named]]:
    groups: dict[str, list[_Named]] = {}
    for n in named:
        key = next((k for k, g in groups.items() if _same(g[0], n)), key_of(n.name))
        groups.setdefault(key, []).append(n)
    return list(groups.values())


def _same(a: _Named, b: _Named) -> bool:
    short, long = sorted((key_of(a.name), key_of(b.name)), key=len)
    firm = "copyright" in (a.lead.kind, b.lead.kind) and len(short) > 5 and long.startswith(short)
    return short == long or firm or (bool(a.domain) and a.domain == b.domain)


def _confidence(group: Sequence[_Named]) -> float:
    """Noisy-or over the kinds of evidence; the same sentence twice is one piece."""
    by_kind: dict[str, float] = {}
    for n in group:
        kind = (
            "copyright" if n.lead.kind == "copyright_holder" else n.lead.kind
        )  # the same notice, told twice
        by_kind[kind] = max(by_kind.get(kind, 0.0), n.lead.weight)
    return min(0.99, 1 - math.prod(1 - w for w in by_kind.values()))


def _origin(group: Sequence[_Named], others: Sequence[_Named], article: Article, rules: Rules) -> Origin:
    ranked = sorted(group, key=lambda n: (n.lead.kind == "copyright", -n.lead.weight))
    first = ranked[0]
    # The firm behind a paper often has another name: its notice stands in the article all the same.
    notices = [
        n for n in (*ranked, *others) if n.lead.notice and (n in ranked or n.lead.weight >= IN_CONTENT)
    ]
    notice = next((n.lead.notice for n in notices), None)
    credit = next((n.lead.text for n in ranked if n.lead.kind != "copyright"), "")
    domains = [n.domain for n in ranked if n.domain]
    return Origin(
        name=first.name,
        domain=next(iter(domains), ""),
        url=next((n.lead.url for n in ranked if n.lead.url), ""),
        as_printed=first.lead.printed,
        date=_date(credit, rules),
        credit_text=credit,
        copyright_notice=notice.notice if notice else "",
        copyright_holder=notice.holder if notice else "",
        copyright_year=notice.year if notice else None,
        license=_licence(article),
        confidence=round(_confidence(group), 3),
        evidence=tuple(Evidence(n.lead.kind, n.lead.text, n.lead.weight) for n in (*ranked, *others)),
    )


def _date(credit: str, rules: Rules) -> datetime | None:
    """When the original appeared, where the sentence that credits it says so."""
    return dates.parse(dates.date_text(credit, rules), rules)


def _licence(article: Article) -> str:
    """The Creative Commons licence that the notices near the article name, as `CC BY-ND 4.0`."""
    for block in (b for b in article.blocks if b.label in ("attribution", "copyright", "body")):
        places = [block.text[-400:], *(url for _, url in block.links)]
        for match in (m for p in places if (m := _LICENCE.search(p) or _LICENCE_URL.search(p))):
            return f"CC {match[1].upper()}" + (f" {match[2]}" if match[2] else "")
    return ""
