"""An article → leads: each place of the page that names a first publisher, before anything is decided.

The weights are of one piece alone; `origin` combines them. Order of trust: a sentence that says so,
a link that says so, an agency's dateline, a byline, the page's metadata, a copyright notice, "via".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsarchive.core.attribution import Attribution, attributions_in
from newsarchive.core.copyright import Copyright, copyright_of
from newsarchive.core.publishers import by_name
from newsarchive.core.urls import registered_domain, same_site
from newsarchive.items import Article, Block
from newsarchive.rules import Rules

#: How many body paragraphs are read at the head and at the foot of an article.
_HEAD, _FOOT = 3, 6
#: How many blocks after the body a notice may stand: farther away it is the site's, not the article's.
_AFTER = 30

_DOMAIN = re.compile(
    r"(?:https?://)?(?:www\.)?((?:[a-z0-9][\w-]*\.)+[a-z]{2,12})(?![\w-])(/[^\s)）\]]*)?", re.I
)
#: "LONDON (AP) —", "PARIS, 3 mars (AFP) -", "[東京 3日 ロイター] -", "(Reuters) -" at the head of a text.
_DATELINE = re.compile(
    r"^[^\n(（\[［【]{0,60}[(（\[［【]\s*(?P<name>[^()（）\[\]［］【】\n]{2,50}?)\s*[)）\]］】]\s*(?P<dash>[-–—:：•]|$)?"
)
#: "(AFP)", "— AP", "/Reuters" as the last words of a text.
_SIGNATURE = re.compile(
    r"(?:[(（\[]\s*(?P<in>[^()（）\[\]\n]{2,40}?)\s*[)）\]]|[–—/]\s*(?P<after>[^\n–—/.]{2,40}))[\s.。]*$"
)

#: What a page's own description is worth, by the name of the field it offers.
METADATA = {
    "is_based_on": 0.9,
    "original_source": 0.9,
    "syndication_source": 0.9,
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
    found = [lead for block in near for lead in _from_block(block, rules)]
    body = [b for b in article.blocks if b.label == "body" and b.kind != "heading"]
    found += _from_dateline(body, rules)
    found += _from_authors(article, near, rules)
    return found + list(_from_metadata(article, rules))


def _near_body(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """The blocks that can speak of the article: its head and foot, and notices close to it."""
    body = [i for i, b in enumerate(blocks) if b.label == "body"]
    if not body:
        yield from (b for b in blocks[:_AFTER] if b.label in ("attribution", "copyright", "byline"))
        return
    edges = {*body[:_HEAD], *body[-_FOOT:]}
    for i, block in enumerate(blocks[: body[-1] + _AFTER]):
        if i > body[-1] and block.label == "comments":
            return
        if i in edges or (block.label in ("attribution", "copyright", "byline") and i > body[0] - _AFTER):
            yield block


def _from_block(block: Block, rules: Rules) -> Iterator[Lead]:
    for found in attributions_in(block.text, rules):
        yield Lead(found.kind, found.text, found.source, found.weight, _link(block, found))
    if block.label in ("copyright", "body", "attribution") and (notice := copyright_of(block.text, rules)):
        listed = by_name(notice.holder, rules) is not None
        yield Lead("copyright", notice.notice, notice.holder, 0.8 if listed else 0.55, notice=notice)


def _link(block: Block, found: Attribution) -> str:
    """The link of an attribution that leads to the original: the one on the source's name, else the first."""
    links = [(text, url) for text, url in block.links if "creativecommons.org" not in url]
    named = [url for text, url in links if text and (text in found.source or found.source in text)]
    deep = [url for _, url in links if url.rstrip("/").count("/") > 2]
    return next(iter([*(u for u in deep if u in named), *deep, *named, *(u for _, u in links)]), "")


def _from_dateline(body: list[Block], rules: Rules) -> Iterator[Lead]:
    for block in body[:2]:
        match = _DATELINE.match(block.text)
        if match and (match["dash"] or match.start("name") < 4) and (name := _agency(match["name"], rules)):
            yield Lead("dateline", match[0].strip(), name, 0.85)
            break
    for block in body[-2:]:
        match = _SIGNATURE.search(block.text[-60:])
        if match and (name := _agency(match["in"] or match["after"], rules)):
            yield Lead("credit", match[0].strip(), name, 0.8)


def _agency(text: str, rules: Rules) -> str:
    """The agency named in a dateline, "" where it names none: "Reuters", "AP/dpa", "東京 3日 ロイター"."""
    for part in [text, *re.split(r"[/,;|·]|\s(?=\S+$)", text)]:
        found = by_name(part, rules)
        if found is not None and found.kind == "agency":
            return part.strip()
    return ""


def _from_authors(article: Article, near: list[Block], rules: Rules) -> Iterator[Lead]:
    names = [a.name for a in article.authors] + [b.text for b in near if b.label == "byline"]
    for name in names:
        for part in re.split(r"[,|/;()（）•·–—]|\s[-]\s|\b(?:for|of)\b", name[:200]):
            found = by_name(
                re.sub(
                    r"^\s*(?:by|von|par|por|di|door|oleh)\s+|\s+(?:staff|reporter|correspondent)s?\s*$",
                    "",
                    part,
                    flags=re.I,
                ),
                rules,
            )
            if found is not None:
                yield Lead("byline", name, part.strip(), 0.8 if found.kind == "agency" else 0.6)


def _from_metadata(article: Article, rules: Rules) -> Iterator[Lead]:
    for candidate in article.candidates:
        weight, value = METADATA.get(candidate.field, 0.0), candidate.value
        if not weight or not value:
            continue
        if "://" in value:
            if not same_site(value, article.url):
                yield Lead(candidate.field, value, domain_in(value), weight, value)
        elif candidate.field not in ("publisher", "article_publisher") or by_name(value, rules):
            yield Lead(candidate.field, value, value, weight)


def domain_in(text: str) -> str:
    """The registered domain written in a text, "" where there is none."""
    if not (match := _DOMAIN.search(text)):
        return ""
    try:
        return registered_domain("https://" + match[1].lower())
    except ValueError:
        return ""
