"""An article → leads: each place of the page that names a first publisher, before anything is decided.

The weights are of one piece alone; `origin` combines them. Order of trust: a sentence that says so,
a link that says so, an agency's dateline, a byline, the page's metadata, a copyright notice, "via".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from newsarchive.core.origin.attribution import Attribution, attributions_in
from newsarchive.core.origin.attribution_patterns import any_of, entries_of
from newsarchive.core.origin.credits import container, credit_lines, credits_picture
from newsarchive.core.origin.mentions import mention_in, not_hosts
from newsarchive.core.origin.notices import Copyright, copyright_of, dateline_of, signature_of
from newsarchive.core.origin.outlet_names import unlisted_names
from newsarchive.core.origin.publishers import by_host, by_name, key_of, listed
from newsarchive.core.origin.vocabulary import words_of
from newsarchive.core.text.records import fact_lines
from newsarchive.core.urls import registered_domain, same_site
from newsarchive.items import Article, Block, Candidate
from newsarchive.rules import Rules

#: How many body paragraphs are read at the head and at the foot of an article.
_HEAD, _FOOT = 3, 6
#: How many blocks after the body a notice may stand: farther away it is the site's, not the article's.
_AFTER = 30
#: Labels of notices, and the kinds of blocks that hold running text.
NOTICES = ("attribution", "copyright", "byline")
#: "Read the original article" is no text and yet a credit, where its link leads to another site.
MORE = "read more"
_TEXT = ("paragraph", "list_item", "quote")
#: An unlisted holder's notice within the article supports an origin and makes none.
IN_CONTENT = 0.45
#: "Source: …" with neither link nor domain nor a listed name may be a reference: less sure, not unsure.
_BARE_SOURCE = 0.6
#: "Credit: Ada Lowe" credits a person, or a picture's.
_ANYBODY = 0.2
#: A longer "byline", in characters, is the author's life: where else she writes is no origin.
_BYLINE = 100
_PICTURES = re.compile(r"\b(?:Images|Photos|Shutterstock|Unsplash|iStock)\b")
#: By how much a lead loses weight where it may speak of something else.
_HEARSAY = 0.5

_DOMAIN = re.compile(
    r"(?:https?://)?(?:www\.)?((?:[a-z0-9][\w-]*\.)+[a-z]{2,12})(?![\w-])(/[^\s)）\]]*)?", re.I
)
_ADDRESS = re.compile(r"https?://\S+", re.I)
_MARK = re.compile(r"©|ⓒ|\(c\)|copyright", re.I)
_NOTICE = re.compile(r"\W*(?:©|\(c\)|copyright)\W*(?:19|20)\d\d", re.I)
_BYLINE_PARTS = re.compile(r"[,|/;()（）•·–—]|\s-\s|\s(?:for|of)\s", re.I)

#: What a page's own description is worth, by the name of the field it offers.
METADATA = {
    "is_based_on": 0.9,
    "original_source": 0.9,
    "syndication_source": 0.9,
    "republication_pixel": 0.9,
    "source_organization": 0.85,
    "canonical_url": 0.75,
    "copyright_holder": 0.7,
    "credit_text": 0.7,
    "publisher": 0.6,
    "article_publisher": 0.4,
}


@dataclass(frozen=True, slots=True)
class Lead:
    """One piece of evidence: `text` as it stands, who it names, how far it is believed (0 to 1)."""

    kind: str
    text: str
    printed: str
    weight: float
    url: str = ""
    notice: Copyright | None = None


def leads_of(article: Article, rules: Rules) -> list[Lead]:
    """Every lead of an article, the blog's own name not yet taken out."""
    near = list(_near_body(article.blocks))
    lines = list(credit_lines(article.blocks, article, rules))
    found = list(
        _with_urls((lead for place in near for lead in _from_block(place, article.url, rules)), rules)
    )
    found = list(_without_references(found))
    found += [Lead("credit line", c.text, c.source, c.weight, c.url) for _, c in lines]
    body = [b for b in article.blocks if b.label in ("body", "attribution") and b.kind in _TEXT]
    found += _from_agency(body, rules)
    found += _from_authors(article, near, rules)
    return found + list(_from_metadata(article, rules))


def _with_urls(leads: Iterable[Lead], rules: Rules) -> Iterator[Lead]:
    """ "Republished from X. Read the original article: https://…": the address is that of X, unless one
    of the two is known to be another's."""
    named: Lead | None = None
    for lead in leads:
        if lead.kind == "attribution" and _ADDRESS.fullmatch(lead.printed):
            if named is not None and _may_own(named.printed, domain_in(lead.printed), rules):
                yield replace(lead, printed=named.printed, url=lead.url or lead.printed)
                continue
        elif lead.kind == "attribution":
            named = lead
        yield lead


def _without_references(leads: Sequence[Lead]) -> Iterator[Lead]:
    """Several "Source: …" that no link, address or table speaks for are those of figures."""
    bare = {lead.text for lead in leads if lead.kind == "source" and lead.weight == _BARE_SOURCE}
    for lead in leads:
        is_reference = len(bare) > 1 and lead.text in bare
        yield replace(lead, weight=IN_CONTENT) if is_reference else lead


def _may_own(name: str, domain: str, rules: Rules) -> bool:
    known, host = listed(name, rules), by_host(domain, rules)
    return known is host if known else host is None and not domain_in(name)


@dataclass(frozen=True, slots=True)
class _Place:
    """A block that can speak of the article: `inside` where paragraphs go before it and follow,
    `in_content` where it stands in the element that holds the body."""

    block: Block
    inside: bool
    in_content: bool


def _near_body(blocks: tuple[Block, ...]) -> Iterator[_Place]:
    """The head and foot of the body, and the notices close to it."""
    body = [i for i, b in enumerate(blocks) if b.label == "body"] or [0]
    edges = {*body[:_HEAD], *body[-_FOOT:]}
    content = container([blocks[i].path for i in body if i < len(blocks)])
    facts = fact_lines(blocks)
    for i, block in enumerate(blocks[: body[-1] + _AFTER]):
        if i > body[-1] and block.label == "comments":
            return
        if i in facts:
            continue
        notice = (block.label in NOTICES or (block.label == MORE and block.links)) and i > body[0] - _AFTER
        if block.kind != "caption" and (notice or (i in edges and block.label == "body")):
            in_content = i <= body[-1] or bool(content and block.path.rpartition("/")[0] == content)
            yield _Place(block, body[0] < i < body[max(-2, -len(body))], in_content)


def _from_block(place: _Place, url: str, rules: Rules) -> Iterator[Lead]:
    block = place.block
    if credits_picture(block.text, rules) or (block.label == MORE and not original_link(block, url)):
        return
    # "© 2025 The Fen. Distributed by …": whose it is stands first.
    for found in () if _NOTICE.match(block.text) else attributions_in(block.text, rules):
        found = _better_named(found, block, url, rules)
        hearsay = place.inside and found.kind != "attribution"  # the source of a figure or a quotation
        weight = found.weight * (_HEARSAY if hearsay else 1)
        link = original_link(block, url, found.source)
        if found.kind == "source" and not listed(found.source, rules):
            if _is_anybodys(found, rules):
                weight = min(weight, _ANYBODY)
            elif not (link or domain_in(found.text)):
                weight = min(weight, _BARE_SOURCE)
        yield Lead(found.kind, found.text, found.source, weight, link)
    if is_link_label(block.text, rules) and (link := original_link(block, url)):
        yield Lead("link", f"{block.text} → {link}", domain_in(link), 0.85, link)
    if block.label in ("copyright", "body", "attribution") and (notice := copyright_of(block.text, rules)):
        known = place.in_content and _opens(notice, rules) and listed(_firm(notice.holder), rules)
        weight = 0.8 if known else IN_CONTENT if place.in_content else 0.3
        yield Lead("copyright", notice.notice, _firm(notice.holder), weight, notice=notice)


def _opens(notice: Copyright, rules: Rules) -> bool:
    """Whether a notice stands at the head of its line, but for holder and rights ("Reuters © 2025"); and is no
    picture's ("© dpa | Ada Lowe")."""
    before = _MARK.split(notice.notice, maxsplit=1)[0].replace(notice.holder, "")
    before = re.sub(any_of(entries_of(rules, "rights") or ("all rights reserved",)), "", before, flags=re.I)
    return len(before.split()) < 3 and "|" not in notice.notice


def _firm(holder: str) -> str:
    """The holder without a bracket, or a message's number behind a comma: "dpa-infocom, dpa:250303-99"."""
    return re.sub(r"\s+\(.*|,\s*\w+:\d.*", "", holder)


def _is_anybodys(found: Attribution, rules: Rules) -> bool:
    """Whether a label that credits people too ("Credit:", "Posted by:") stands before a name that no paper's word is in."""
    label = key_of(found.text.partition(found.source)[0])
    if _PICTURES.search(found.source) or credits_picture(found.source, rules):
        return True
    if label not in _people_labels(rules) or domain_in(found.source):
        return False
    return not any(name.press for name in unlisted_names(found.source, words_of(found.source, rules), rules))


@lru_cache(maxsize=8)
def _people_labels(rules: Rules) -> frozenset[str]:
    return frozenset(key_of(label) for label in entries_of(rules, "people_labels"))


def _better_named(found: Attribution, block: Block, url: str, rules: Rules) -> Attribution:
    """An attribution with the name of the one paper that its line names by address, link or a paper's word."""
    if found.text != block.text.strip() or domain_in(found.source) or listed(found.source, rules):
        return found
    paper = mention_in(block.text, block.links, url, rules)
    if paper is not None and any(found.source in text for text, _ in block.links):
        paper = None
    if paper is None or not (paper.domain or paper.press) or paper.name == paper.domain:
        return found
    if (
        not paper.domain and found.source in paper.name
    ):  # what a table takes for "the newspaper" before the name
        return found
    return replace(found, source=paper.printed)


def original_link(block: Block, url: str, source: str = "") -> str:
    """The link of an attribution that leads to another site: a deep one, on the source's name, if there is."""
    links = [(text, link) for text, link in block.links if _leads_away(link, url)]
    named = [link for text, link in links if text and source and (text in source or source in text)]
    deep = [link for _, link in links if len(link.rstrip("/").split("/", 3)) > 3]
    return next(iter([*(u for u in deep if u in named), *deep, *named, *(u for _, u in links)]), "")


def _leads_away(link: str, url: str) -> bool:
    return "://" in link and "creativecommons.org" not in link and not same_site(link, url)


def is_link_label(text: str, rules: Rules) -> bool:
    """Whether a whole line only says "Source", "Read the original article" and the like."""
    return len(text) < 60 and key_of(text) in _link_labels(rules)


@lru_cache(maxsize=8)
def _link_labels(rules: Rules) -> frozenset[str]:
    return frozenset(key_of(label) for label in entries_of(rules, "link_labels"))


def _from_agency(body: Sequence[Block], rules: Rules) -> Iterator[Lead]:
    line, name = dateline_of(body, rules)
    if name:
        yield Lead("dateline", line, name, 0.87)
        return
    line, name = signature_of(body, rules)
    if name:
        yield Lead("credit", line, name, 0.8)


def _from_authors(article: Article, near: list[_Place], rules: Rules) -> Iterator[Lead]:
    bylines = [p.block.text for p in near if p.block.label == "byline" and len(p.block.text) <= _BYLINE]
    names = [a.name for a in article.authors] + bylines
    by, roles = _byline_words(rules)
    for name in (n for n in dict.fromkeys(names) if not credits_picture(n, rules)):
        for part in _BYLINE_PARTS.split(name[:200]):
            printed = roles.sub("", by.sub("", part.strip()))
            if found := by_name(printed, rules):
                yield Lead("byline", name, printed, 0.8 if found.kind == "agency" else 0.6)


@lru_cache(maxsize=8)
def _byline_words(rules: Rules) -> tuple[re.Pattern[str], re.Pattern[str]]:
    by, roles = entries_of(rules, "by"), entries_of(rules, "roles")
    return (
        re.compile(rf"^{any_of(by)}[\s:：]+" if by else r"(?!)", re.I),
        re.compile(rf"[\s-]*{any_of(roles)}\s*$" if roles else r"(?!)", re.I),
    )


def _from_metadata(article: Article, rules: Rules) -> Iterator[Lead]:
    for candidate in article.candidates:
        weight, value = METADATA.get(candidate.field, 0.0), candidate.value
        if not weight or not value:
            continue
        if value.startswith(("https://", "http://")):
            yield from _from_url(candidate, article.url, weight, rules)
        else:
            notice = copyright_of(value, rules)
            name = notice.holder if notice else value
            if listed(name, rules):
                yield Lead(candidate.field, value, name, weight)
            elif candidate.field not in ("publisher", "article_publisher"):  # most sites name themselves here
                yield Lead(candidate.field, value, name, weight * _HEARSAY)


def _from_url(candidate: Candidate, url: str, weight: float, rules: Rules) -> Iterator[Lead]:
    """A URL of another site names it. A canonical URL on an unlisted host may be the blog's other address."""
    value = candidate.value
    domain = domain_in(value)
    if same_site(value, url) or not domain or domain in not_hosts(rules):
        return
    if candidate.field in ("publisher", "article_publisher"):  # https://www.facebook.com/theguardian
        slug = value.rstrip("/").rpartition("/")[2]
        if by_name(slug, rules):
            yield Lead(candidate.field, value, slug, weight)
        return
    hearsay = candidate.field == "canonical_url" and by_host(domain, rules) is None
    page = "" if candidate.field == "republication_pixel" else value  # it counts readers, nobody can read it
    yield Lead(candidate.field, value, domain, weight * (_HEARSAY if hearsay else 1), page)


def domain_in(text: str) -> str:
    """The registered domain written in a text, "" where there is none."""
    if not (match := _DOMAIN.search(text)):
        return ""
    try:
        return registered_domain("https://" + match[1].lower())
    except ValueError:
        return ""


def host_in(text: str) -> str:
    """The whole host written in a text, without "www."; "" where there is none."""
    match = _DOMAIN.search(text)
    return match[1].lower() if match else ""
