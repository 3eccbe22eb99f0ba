"""Read what a blog says of a post for TrackBack: title and day in RDF, mostly in a comment of the page's source.

Movable Type, TypePad and many themes of WordPress wrote such a description beside each post, by which other blogs found
the address for their pings (TrackBack Technical Specification 1.2, 2004). On a page of one post it names the title even
where `<title>` and the first heading name the blog alone. A description with a title that the page does not show is not
of this post: it may be an example in a text about TrackBack, or have the blog's name for a post without a title.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from newsarchive.core.metadata.claims import Claim, Place, Source, plain
from newsarchive.core.text.normalise import key
from newsarchive.items import Candidate

#: Characters of a description that are read; a longer one is cut off.
MAX_DESCRIPTION_CHARS = 6000
#: Characters of a title; a longer text is none.
MAX_TITLE_CHARS = 300
_BEGIN = "<rdf:Description"
_PROPERTY = re.compile(r"""\b(dc:title|dc:date|dc:identifier|trackback:ping)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ADDRESS = re.compile(r"\s*https?://\S+\s*", re.IGNORECASE)
_DUBLIN_CORE = Source(Place.META_DC)
#: Why the description's title is the headline, and another text is none.
REASON = "the title in the description for TrackBack"


def claims(page: str, title: str, lines: Iterable[str]) -> Iterator[Claim]:
    """The claims for headline and day of publication, where the page's source describes one post whose title `<title>` holds or
    one of the `lines` is. Of several posts none is told from the others, and a description that gives a post no address is another
    kind of RDF.

    >>> page = '<!-- <rdf:RDF><rdf:Description trackback:ping="/tb/5" dc:title="Fish &amp;amp; chips" /></rdf:RDF> -->'
    >>> [claim.value for claim in claims(page, "Harbour Notes", ["Fish & chips"])], [*claims(page, "Harbour Notes", [])]
    (['Fish & chips'], [])
    """
    begin = page.find(_BEGIN)
    if begin < 0 or page.find(_BEGIN, begin + 1) >= 0:
        return
    text = page[begin : begin + MAX_DESCRIPTION_CHARS].partition("</rdf:RDF")[0]
    found = {m[1]: plain(m[2] or m[3]) for m in _PROPERTY.finditer(text)}
    told = found.get("dc:title", "")
    if {"dc:identifier", "trackback:ping"}.isdisjoint(found) or not key(told):
        return
    if len(told) > MAX_TITLE_CHARS or _ADDRESS.fullmatch(told):
        return
    if key(told) not in key(title) and all(key(line) != key(told) for line in lines):
        return
    yield Claim("headline", told, _DUBLIN_CORE)
    if day := found.get("dc:date"):
        yield Claim("date_published", day, Source(Place.TIME))


def correct(
    title: str, candidates: Sequence[Candidate], headlines: Sequence[Claim], described: Sequence[Claim]
) -> tuple[str, list[Candidate]]:
    """The described title where `title`, which the claims for the `headlines` gave, is another, else `title`; and the candidates after
    that. A heading that says the same gives the spelling."""
    told = next((c for c in described if c.field == "headline"), None)
    if told is None or key(told.value) == key(title):
        return title, list(candidates)
    spelled = next((c.value for c in headlines if key(c.value) == key(told.value)), told.value)
    refused = [replace(one, chosen=False, reason=REASON) if one.chosen else one for one in candidates]
    return spelled, [*refused, replace(told, value=spelled).candidate(chosen=True, reason=REASON)]
