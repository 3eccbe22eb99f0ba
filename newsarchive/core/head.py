"""`<meta>`, `<link>`, `<title>` and `<html lang>` → claims.

Which name states which field is data: `data/metadata/names.toml`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsarchive.core.claims import MOST, Claim, plain
from newsarchive.rules import Rules

#: Fields whose value is a URL, to be made absolute.
URLS = frozenset({"image", "canonical_url", "is_based_on"})


@lru_cache(maxsize=8)
def _names(rules: Rules) -> Mapping[str, tuple[str, str]]:
    """Name in lower case → (field, source)."""
    table = rules.metadata.get("names", {})
    return {
        name.casefold(): (field, source) for field, names in table.items() for name, source in names.items()
    }


def claims(tree: LexborHTMLParser, url: str, rules: Rules) -> list[Claim]:
    """What the page's head says; `<meta>` in the body counts too, unless it is microdata of a part."""
    out = [*_metas(tree, url, rules), *_links(tree, url)]
    title = tree.css_first("title")
    if title is not None:
        out.append(Claim("headline", plain(title.text(deep=True)), "title"))
    root = tree.css_first("html")
    if root is not None:
        attributes = root.attributes
        lang = attributes.get("lang") or attributes.get("xml:lang") or ""
        out.append(Claim("in_language", plain(lang), "html"))
    return [claim for claim in out if claim.value]


def _metas(tree: LexborHTMLParser, url: str, rules: Rules) -> Iterator[Claim]:
    names = _names(rules)
    for node in tree.css("meta")[:MOST]:
        attributes = node.attributes
        content = attributes.get("content")
        if not content:
            continue
        for attribute in ("property", "name", "http-equiv"):
            field, source = names.get((attributes.get(attribute) or "").strip().casefold(), ("", ""))
            if field:
                yield from _meta(field, source, content, url)
                break


def _meta(field: str, source: str, content: str, url: str) -> Iterator[Claim]:
    text = plain(content)
    if field in URLS:
        yield Claim(field, absolute(text, url), source)
    elif field == "keywords" and source != "open graph":
        yield from (Claim(field, " ".join(word.split()), source) for word in text.split(",")[:100])
    else:
        yield Claim(field, text, source)


def _links(tree: LexborHTMLParser, url: str) -> Iterator[Claim]:
    for node in tree.css('link[rel~="canonical" i]')[:3]:
        yield Claim("canonical_url", absolute(_href(node), url), "link")


def _href(node: LexborNode) -> str:
    return (node.attributes.get("href") or "").strip()


def absolute(reference: str, base: str) -> str:
    """A reference as an absolute http(s) URL, "" for anything else."""
    try:
        url = urljoin(base, reference.strip()) if reference.strip() else ""
    except ValueError:
        return ""
    return url if url[:8].casefold().startswith(("http://", "https://")) else ""
