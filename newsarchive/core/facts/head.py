"""`<meta>`, `<link>`, `<title>` and `<html lang>` → claims.

Which name states which field is data: `data/metadata/names.toml`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from urllib.parse import urljoin

from newsarchive.core.facts.claims import Claim, plain
from newsarchive.core.facts.names import says_by
from newsarchive.core.facts.sources import Place, Source, source_of
from newsarchive.core.pages.elements import Attributes, Elements
from newsarchive.rules import Rules

#: Fields whose value is a URL, to be made absolute.
URLS = frozenset({"image", "canonical_url", "original_source", "syndication_source"})
_LINK, _MARKUP, _TITLE, _HTML = map(Source, (Place.LINK, Place.MARKUP, Place.TITLE, Place.HTML))
_LABEL = Source(Place.META_LABEL)


@lru_cache(maxsize=8)
def _names(rules: Rules) -> Mapping[str, tuple[str, Source]]:
    """Name in lower case → (field, source)."""
    table = rules.metadata.get("names", {})
    return {
        name.casefold(): (field, source_of(source))
        for field, names in table.items()
        for name, source in names.items()
    }


def claims(found: Elements, url: str, rules: Rules) -> list[Claim]:
    """What the page's head says."""
    out = [*_metas(found.metas, url, rules), *_labelled(found.metas, rules)]
    out += [Claim("canonical_url", absolute(reference, url), _LINK) for reference in found.canonical]
    out += [Claim("republication_pixel", absolute(source, url), _MARKUP) for source in found.pixels]
    out += [Claim("headline", found.title, _TITLE), Claim("in_language", found.language, _HTML)]
    return [claim for claim in out if claim.value]


def _metas(metas: list[Attributes], url: str, rules: Rules) -> Iterator[Claim]:
    names = _names(rules)
    for attributes in metas:
        for attribute in ("property", "name", "http-equiv"):
            known = names.get((attributes.get(attribute) or "").strip().casefold())
            if known is not None:
                yield from _meta(*known, attributes.get("content") or "", url)
                break


def _labelled(metas: list[Attributes], rules: Rules) -> Iterator[Claim]:
    """What cards for Twitter and Slack show under a word for "by": `twitter:label1`, `twitter:data1` (Yoast)."""
    named = ((a.get("name") or a.get("property") or "", a.get("content")) for a in metas)
    said = {name: plain(value) for name, value in named if name.startswith(("twitter:label", "twitter:data"))}
    for number in "12":
        if says_by(said.get(f"twitter:label{number}", ""), rules):
            yield Claim("authors", said.get(f"twitter:data{number}", ""), _LABEL)


def _meta(field: str, source: Source, content: str, url: str) -> Iterator[Claim]:
    text = plain(content)
    if field in URLS:
        yield Claim(field, absolute(text, url), source)
    elif field == "keywords" and source.place is not Place.OPEN_GRAPH:
        yield from (Claim(field, " ".join(word.split()), source) for word in text.split(",")[:100])
    else:
        yield Claim(field, text, source)


def absolute(reference: str, base: str) -> str:
    """A reference as an absolute http(s) URL, "" for anything else."""
    try:
        url = urljoin(base, reference.strip()) if reference.strip() else ""
    except ValueError:
        return ""
    return url if url[:8].casefold().startswith(("http://", "https://")) else ""
