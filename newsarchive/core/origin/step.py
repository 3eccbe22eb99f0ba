"""Who published an article first, decided from all leads on its page.

A post that opens with "LONDON (AP) —" and ends with "© 2025 AP" has two leads to one publisher. Their weights add up by
noisy-or, 1 - Π(1 - w) (Pearl, Probabilistic Reasoning in Intelligent Systems, 1988). The publisher with the highest sum
wins, and the other leads are kept as evidence. The blog itself is never the origin: a blog's own post has none.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from newsarchive.core.metadata.guessed_names import says_profile
from newsarchive.core.metadata.person_names import is_credit, like_a_name, organisation
from newsarchive.core.origin.attribution_patterns import words_of
from newsarchive.core.origin.credits import READ_MORE, own_names
from newsarchive.core.origin.evidence import NOTICE_IN_CONTENT_WEIGHT, Lead, domain_in, host_in, leads_of
from newsarchive.core.origin.mentions import is_press, not_hosts
from newsarchive.core.origin.publishers import by_host, folded_entries, key_of, listed
from newsarchive.core.origin.translators import original_address
from newsarchive.core.text import dates
from newsarchive.core.urls import parts_of, same_site
from newsarchive.items import Article, Author, Evidence, Origin, Quality, QualityFlag
from newsarchive.rules import Rules

#: Confidence of an origin, 0 to 1. With less, the leads are hearsay and the article counts as the blog's own.
MIN_CONFIDENCE = 0.5
#: Publishers that leads of one kind name. With more, leads of that kind are a list of links or poison, and are dropped.
_MAX_PUBLISHERS_OF_KIND = 3
#: Characters at the end of a block that are searched for the name of a licence.
_MAX_LICENCE_CHARACTERS = 400

#: Letters of a word by which a paper calls itself; with fewer it may be the end of any name.
MIN_SHORT_NAME_LETTERS = 4
#: Kinds of leads whose address is the original's own page; that of others may be an author's or a notice's.
_KINDS_OF_ADDRESSES = (
    "is_based_on",
    "original_source",
    "syndication_source",
    "republication_pixel",
    "canonical_url",
    "link",
)
#: Letters of a domain's first label that a name must hold to be the paper's; a shorter label may be part of any name.
MIN_LABEL_LETTERS = 5
_ARTICLE = re.compile(r"^the\s+", re.I)
#: The part of a page to which an address leads; "#!/ferry" is a page of a site that scripts make.
_FRAGMENT = re.compile(r"#(?!!).*")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_BRACKET = re.compile(r"\s*[(（\[][^()（）\[\]]*[)）\]]?\s*$")
_LICENCE = re.compile(r"\bCC[ -](BY(?:-(?:NC|ND|SA))*|0)(?:[ -](\d\.\d))?(?![a-z]|-(?!li[csz]))", re.I)
_LICENCE_URL = re.compile(r"creativecommons\.org/licenses/([a-z-]+)(?:/(\d\.\d))?", re.I)


@dataclass(frozen=True, slots=True)
class _NamedLead:
    """A lead with the publisher that it names."""

    lead: Lead
    name: str
    domain: str


def origin_step(article: Article, rules: Rules) -> Article:
    """The article with its `origin` (`None` for the blog's own post), and with `is_based_on` where the page links it."""
    own = own_names(article, rules)
    named = (found for lead in leads_of(article, rules) if (found := _name(lead, rules)))
    groups = _grouped(_without_poison([n for n in named if not _is_own(n, article, own)]))
    best = max(groups, key=_confidence, default=None)
    if best is None or _confidence(best) < MIN_CONFIDENCE:
        return replace(article, origin=None)
    origin = _origin(best, [n for g in groups if g is not best for n in g], article, rules)
    papers = [a for a in article.authors if not _may_be_person(a.name, rules)]
    origin = _named_by_author(origin, papers)
    origin = _named_by_lines(origin, article, rules)
    authors = _without_papers(article.authors, papers, origin)
    quality = _of_excerpt(article, origin)
    based_on = original_address(article.is_based_on, rules) or origin.url
    return replace(article, origin=origin, authors=authors, quality=quality, is_based_on=based_on)


def _of_excerpt(article: Article, origin: Origin) -> Quality:
    """The quality of the article, with a flag where a line such as "Read more" leads to the original."""
    rest = (link for b in article.blocks if b.label == READ_MORE for _, link in b.links)
    flags = article.quality.flags
    if not origin.url or origin.url not in rest or QualityFlag.EXCERPT in flags:
        return article.quality
    return replace(article.quality, flags=(*flags, QualityFlag.EXCERPT))


def _may_be_person(name: str, rules: Rules) -> bool:
    """Whether a name reads like a person's and not like a paper's: a writer's own site has her name, and so does its domain. Pages
    declare papers as persons too, so their word is not asked."""
    is_paper = is_press(words_of(name, rules)) or organisation(name, rules)
    return like_a_name(name, rules) and not is_paper and listed(name, rules) is None


def _named_by_author(origin: Origin, authors: Sequence[Author]) -> Origin:
    """The origin that is known by its domain alone, with the paper's name that stands in the place of the author: "The Heron" for
    heron.example. Distributor prints a copy so."""
    label = key_of(origin.domain.partition(".")[0]) if origin.name == origin.domain else ""
    named = (a.name for a in authors if len(label) >= MIN_LABEL_LETTERS and label in key_of(a.name))
    name = next(named, "")
    return replace(origin, name=name) if name else origin


def _named_by_lines(origin: Origin, article: Article, rules: Rules) -> Origin:
    """The origin that is known by its domain alone, or by a person, with the words of its evidence, of a byline or of a link there that
    spell the domain: "Reposted by Jane Roe (Lantern Weekly)" for lanternweekly.example, or "Source: The mill closes – Lantern Weekly"."""
    label = key_of(origin.domain.partition(".")[0])
    is_person = label not in key_of(origin.name) and _may_be_person(origin.name, rules)
    if len(label) < MIN_LABEL_LETTERS or not (origin.name == origin.domain or is_person):
        return origin
    lines = [e.text for e in origin.evidence if e.kind not in _KINDS_OF_ADDRESSES]
    lines += [b.text for b in article.blocks if b.label in ("byline", "attribution")]
    links = (link for b in article.blocks for link in b.links)
    lines += [text for text, url in links if same_site(url, f"https://{origin.domain}/")]
    name = next(filter(None, (_spelling(line, label) for line in lines)), "")
    return replace(origin, name=name) if name else origin


def _spelling(line: str, label: str) -> str:
    """The words of a line that spell the first label of a domain, perhaps behind "The"; "" where none do.

    >>> _spelling("Reposted by Jane Roe (The Lantern Weekly)", "lanternweekly"), _spelling("See lanternweekly.example", "lanternweekly")
    ('The Lantern Weekly', '')
    """
    words = list(_WORD.finditer(line))
    for i, first in enumerate(words):
        made = ""
        for last in words[i:]:
            made += key_of(last[0])
            if made.removeprefix("the") == label or made == label:
                name = line[first.start() : last.end()]
                return name if name[0].isupper() and not line[last.end() :].startswith(".") else ""
            if not label.startswith(made.removeprefix("the")) and made != "the":
                break
    return ""


def _without_papers(
    authors: tuple[Author, ...], papers: Sequence[Author], origin: Origin
) -> tuple[Author, ...]:
    """The authors without the paper that published first, which stands beside its writer: "by Jane Doe, The Heron". Where it stands
    alone, as programs that republish posts print it, it is an organisation."""
    names = {key_of(origin.name), key_of(_bare(origin.as_printed))}
    papers = [a for a in papers if a.kind != "agency" and key_of(a.name) in names]
    others = tuple(a for a in authors if a not in papers)
    return others or tuple(replace(a, kind="organisation") for a in papers)


def _is_own(named: _NamedLead, article: Article, own: set[str]) -> bool:
    if named.domain and same_site(f"https://{named.domain}/", article.url):
        return True
    printed = _bare(named.lead.printed)
    if key_of(named.name) in own or key_of(printed) in own:
        return True
    # A byline may name the page's own paper by its last word: "For the Tribune" in the Great Falls Tribune.
    short = _ARTICLE.sub("", printed)
    is_word = len(key_of(short)) >= MIN_SHORT_NAME_LETTERS and " " not in short
    return named.lead.kind == "byline" and is_word and any(name.endswith(key_of(short)) for name in own)


def _bare(printed: str) -> str:
    return _BRACKET.sub("", printed).strip()


def _name(lead: Lead, rules: Rules) -> _NamedLead | None:
    """The lead with its publisher: the listed one of its name or domain, else the name as printed."""
    printed, domain = _bare(lead.printed), domain_in(lead.printed) or domain_in(lead.url)
    if not printed:
        return None
    if key_of(printed) in folded_entries(rules, "link_words"):  # "Source: Click here"
        printed = domain
        if not domain:
            return None
    # The whole host is looked up: asia.nikkei.com is a paper of its own, www.nikkei.com is not.
    # A lead that is only a link prints its domain.
    host_printed, linked = host_in(lead.printed), host_in(lead.url)
    is_linked = not host_printed or linked.endswith(f".{host_printed}")
    host = by_host(linked if is_linked else host_printed, rules) if domain else None
    found = listed(printed, rules) or host
    if host is not None and (domain_in(lead.printed) or key_of(_bare(host.name)) == key_of(printed)):
        found = host  # the domain tells apart two papers of one name ("El País")
    if found is not None:
        own, whole = key_of(printed), key_of(found.name)
        # A branch has a longer name than the publisher, and a host of its own: "Reuters Graphics (graphics.reuters.com)".
        is_branch = host_printed != domain and whole in own and own != whole
        if is_branch and key_of(host_printed.removesuffix(domain)) in own:
            return _NamedLead(lead, printed, host_printed)
        return _NamedLead(lead, found.name, found.domain)
    is_url = bool(domain) and " " not in printed and printed.lower().startswith(("http", "www.", domain))
    is_host = is_url or (" " not in printed and bool(host_in(printed)))  # "fed.brid.gy"
    if is_host and domain in not_hosts(rules):
        return None  # "Source: bit.ly/3xYz", a shortened link or a social network
    if is_credit(printed, rules):
        return None  # "Source: Getty", where the picture is from
    return _NamedLead(lead, domain if is_url else printed, domain)


def _without_poison(named: Sequence[_NamedLead]) -> list[_NamedLead]:
    """The leads without those of a kind that names more than `_MAX_PUBLISHERS_OF_KIND` publishers."""
    names: dict[str, set[str]] = defaultdict(set)
    for n in named:
        names[n.lead.kind].add(key_of(n.name))
    return [n for n in named if len(names[n.lead.kind]) <= _MAX_PUBLISHERS_OF_KIND]


def _grouped(named: Iterable[_NamedLead]) -> list[list[_NamedLead]]:
    groups: list[list[_NamedLead]] = []
    for n in named:
        same = (g for g in groups if _same(g[0], n))
        if (group := next(same, None)) is not None:
            group.append(n)
        else:
            groups.append([n])
    return groups


def _same(a: _NamedLead, b: _NamedLead) -> bool:
    short, long = sorted((key_of(a.name), key_of(b.name)), key=len)
    firm = "copyright" in (a.lead.kind, b.lead.kind) and len(short) > 5 and long.startswith(short)
    if bool(a.domain) != bool(
        b.domain
    ):  # "Harbour Gazette" in one line, a link to harbourgazette.example in another
        label, name = key_of((a.domain or b.domain).partition(".")[0]), key_of(b.name if a.domain else a.name)
        firm = firm or (len(label) >= MIN_LABEL_LETTERS and label in (name, name.removeprefix("the")))
    return short == long or firm or (bool(a.domain) and a.domain == b.domain)


def _confidence(group: Sequence[_NamedLead]) -> float:
    """The noisy-or of the heaviest lead of each kind: a sentence that stands on the page twice counts once."""
    by_kind: dict[str, float] = {}
    for n in group:
        # The copyright holder in the metadata is the notice of the text again.
        kind = "copyright" if n.lead.kind == "copyright_holder" else n.lead.kind
        by_kind[kind] = max(by_kind.get(kind, 0.0), n.lead.weight)
    return min(0.99, 1 - math.prod(1 - w for w in by_kind.values()))


def _original_address(ranked: Sequence[_NamedLead], rules: Rules) -> str:
    """The address of the original: of the first lead that has one, but a page that another lead gives as the original beats the
    front page that a credit links, and an author's page is nobody's original."""
    urls = [_FRAGMENT.sub("", n.lead.url) for n in ranked if n.lead.url]
    urls = [url for url in urls if not says_profile(parts_of(url).path, rules)] or urls
    if not urls or _is_page(urls[0]):
        return next(iter(urls), "")
    pages = (
        _FRAGMENT.sub("", n.lead.url)
        for n in ranked
        if n.lead.kind in _KINDS_OF_ADDRESSES and _is_page(n.lead.url)
    )
    return next(pages, urls[0])


def _is_page(url: str) -> bool:
    parts = parts_of(url)
    return parts.path.strip("/") != "" or parts.query != ""


def _origin(
    group: Sequence[_NamedLead], others: Sequence[_NamedLead], article: Article, rules: Rules
) -> Origin:
    ranked = sorted(group, key=lambda n: (n.lead.kind == "copyright", -n.lead.weight))
    first = ranked[0]
    # The firm behind a paper often has another name. A notice with it in the article is the paper's all the same.
    in_content = (n for n in others if n.lead.weight >= NOTICE_IN_CONTENT_WEIGHT)
    notice = next((n.lead.notice for n in (*ranked, *in_content) if n.lead.notice), None)
    credit = next((n.lead.text for n in ranked if n.lead.kind != "copyright"), "")
    # A line that stands on the page again is told once, with its first weight.
    told: dict[tuple[str, str], Evidence] = {}
    for n in (*ranked, *others):
        told.setdefault((n.lead.kind, n.lead.text), Evidence(n.lead.kind, n.lead.text, n.lead.weight))
    return Origin(
        name=first.name,
        domain=next((n.domain for n in ranked if n.domain), ""),
        url=_original_address(ranked, rules),
        as_printed=first.lead.printed,
        date=dates.parse(dates.date_text(credit, rules), rules)
        or _date_in_byline(first.name, article, rules),
        credit_text=credit,
        copyright_notice=notice.notice if notice else "",
        copyright_holder=notice.holder if notice else "",
        copyright_year=notice.year if notice else None,
        license=_licence(article),
        confidence=round(_confidence(group), 3),
        evidence=tuple(told.values()),
    )


def _date_in_byline(name: str, article: Article, rules: Rules) -> datetime | None:
    """The day beside a byline that names the original's paper, where it lies before the copy's own: republish buttons hand out
    "by Jane Doe, The Heron" with the day of the original below."""
    if article.date_published is None:
        return None
    for block in article.blocks:
        if block.label == "byline" and key_of(name) in key_of(block.text):
            day = dates.parse(dates.date_text(block.text, rules), rules)
            if day is not None and day.date() < article.date_published.date():
                return day
    return None


def _licence(article: Article) -> str:
    """The Creative Commons licence that the article or a notice names, as `CC BY-ND 4.0`; "" without one."""
    for block in (b for b in article.blocks if b.label in ("attribution", "copyright", "body")):
        for text in (block.text[-_MAX_LICENCE_CHARACTERS:], *(url for _, url in block.links)):
            if match := _LICENCE.search(text) or _LICENCE_URL.search(text):
                return f"CC {match[1].upper()}" + (f" {match[2]}" if match[2] else "")
    return ""
