"""What a page's source says of a post outside of its elements: in a description for TrackBack, and in the script of WeChat's pages.

Movable Type, TypePad and many themes of WordPress wrote title and day of a post in RDF beside it, mostly in a comment of the page's
source, by which other blogs found the address for their pings (TrackBack Technical Specification 1.2, 2004). On a page of one post it
names the title even where `<title>` and the first heading name the blog alone. A description with a title that the page does not show
is not of this post: it may be an example in a text about TrackBack, or have the blog's name for a post without a title.

A post of a WeChat account (mp.weixin.qq.com) has the platform's name (微信公众平台) as its `og:site_name`, and a script writes the day
when the page is shown: "昨天" (yesterday) is all that a saved page has. The account's name and the time stand in variables of that
script.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice

from newsarchive.core.metadata.claims import Claim, Place, Source, plain
from newsarchive.core.text.normalise import key
from newsarchive.items import Candidate

#: Characters of a description that are read; a longer one is cut off.
MAX_DESCRIPTION_CHARS = 6000
#: Descriptions of a page that are read. More are those of a list of posts.
MAX_DESCRIPTIONS = 10
#: Characters of a title; a longer text is none.
MAX_TITLE_CHARS = 300
_BEGIN = "<rdf:Description"
_PROPERTY = re.compile(r"""\b(dc:title|dc:date|dc:identifier|trackback:ping)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ADDRESS = re.compile(r"\s*https?://\S+\s*", re.IGNORECASE)
_DUBLIN_CORE = Source(Place.META_DC)
#: Why the description's title is the headline, and another text is none.
REASON = "the title in the description for TrackBack"
#: The element that holds the text of a post of WeChat, and no other page's.
_WECHAT_TEXT = 'id="js_content"'
_WECHAT_TIME = re.compile(r"\bvar (?:ct|oriCreateTime) = [\"'](1\d{9})[\"']")
_WECHAT_ACCOUNT = re.compile(r"\bvar nickname = (?:htmlDecode\()?\"([^\"\\<>]{1,60})\"")


def trackback_claims(page: str, title: str, lines: Iterable[str]) -> Iterator[Claim]:
    """The claims for headline and day of publication, where the page's source describes one post whose title `<title>` holds or
    one of the `lines` is. Of several posts none is told from the others, and a description that gives a post no address is another
    kind of RDF.

    >>> page = '<!-- <rdf:RDF><rdf:Description trackback:ping="/tb/5" dc:title="Fish &amp;amp; chips" /></rdf:RDF> -->'
    >>> [claim.value for claim in trackback_claims(page, "Harbour Notes", ["Fish & chips"])], [*trackback_claims(page, "Harbour Notes", [])]
    (['Fish & chips'], [])
    """
    described = list(islice(_descriptions(page), MAX_DESCRIPTIONS))
    if len({one.get("dc:identifier") or one.get("trackback:ping") for one in described}) != 1:
        return
    found = described[0]
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


def _descriptions(page: str) -> Iterator[dict[str, str]]:
    """The properties of each description. A theme may print that of one post twice, above and below its text."""
    begin = page.find(_BEGIN)
    while begin >= 0:
        text = page[begin : begin + MAX_DESCRIPTION_CHARS].partition("</rdf:RDF")[0]
        yield {m[1]: plain(m[2] or m[3]) for m in _PROPERTY.finditer(text)}
        begin = page.find(_BEGIN, begin + 1)


def with_trackback_title(
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


def wechat_account(page: str) -> Iterator[Claim]:
    """The claim that the account of WeChat published the post; none for a page of another site.

    >>> [c.value for c in wechat_account('<div id="js_content">…</div><script>var nickname = "海港生活";</script>')]
    ['海港生活']
    """
    found = _WECHAT_ACCOUNT.search(page) if _WECHAT_TEXT in page else None
    if found and (name := plain(found[1])):
        yield Claim("publisher", name, Source(Place.SCRIPT))


def wechat_time(page: str) -> Iterator[tuple[Claim, datetime]]:
    """The time of publication of a post of WeChat, with its claim; none for a page of another site.

    >>> [str(when) for _, when in wechat_time('<div id="js_content">…</div><script>var ct = "1581517074";</script>')]
    ['2020-02-12 14:17:54+00:00']
    """
    found = _WECHAT_TIME.search(page) if _WECHAT_TEXT in page else None
    if found:
        when = datetime.fromtimestamp(int(found[1]), UTC)
        yield Claim("date_published", found[1], Source(Place.SCRIPT)), when
