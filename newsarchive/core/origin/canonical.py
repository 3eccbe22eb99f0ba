"""Whether a canonical address on another site is that of the original, or of the same page under the site's other name.

FeedWordPress, Distributor and Newspack Network give each copy the canonical address of its original. A site that was
renamed, or whose new version stands on a host for tests, has canonical addresses on another site too, and so has a page
that a web archive keeps. None of these has an original elsewhere.
"""

from __future__ import annotations

import re

from newsarchive.core.metadata.claims import Place
from newsarchive.core.origin.attribution_patterns import entries_of
from newsarchive.core.origin.publishers import key_of
from newsarchive.core.urls import parts_of, registered_domain, same_site, try_normalise, url_key
from newsarchive.items import Article, Candidate
from newsarchive.rules import Rules

#: Letters of a name that shows two hosts to be alike where one holds it; a shorter one may be part of any name.
MIN_NAME_LETTERS = 5
#: The ends of files that servers give for pages: `bridge.html` and `bridge/` may be one page.
_FILE_END = re.compile(r"\.(?:html?|php\d?|aspx?|jsp|cfm)$", re.IGNORECASE)
#: The year, the month and perhaps the day of a post, as folders of its address.
_DAY = re.compile(r"/((?:19|20)\d\d)/(\d\d?)(?:/(\d\d?))?(?=/)")
#: An address in the path of another, as web archives and caches have it.
_ADDRESS_IN_PATH = re.compile(r"/https?:/", re.IGNORECASE)


def is_of_original(candidate: Candidate, article: Article) -> bool:
    """Whether `<link rel=canonical>` leads to the original on another site, as programs that republish posts write it.

    It leads to the same page under the site's other name where both hosts have a name in common, or where both paths end
    alike and the page states no address of its own (`og:url`). Copies keep the end of the path as often as renamed sites
    do, but they state their own address, or stand in the folder of another day.
    """
    if candidate.source != Place.LINK or try_normalise(candidate.value) is None:
        return False
    if not parts_of(candidate.value).path.strip("/") or _share_name(candidate.value, article):
        return False
    stated = (c for c in article.candidates if c.field == "canonical_url" and c.source != Place.LINK)
    if any(same_site(c.value, article.url) for c in stated if "://" in c.value):
        return True
    return not _may_be_same_page(article.url, candidate.value)


def is_of_web_archive(url: str, rules: Rules) -> bool:
    """Whether an address is that of a page which a web archive keeps."""
    parts = parts_of(url)
    host = f".{parts.hostname}"
    kept = any(host.endswith(f".{archive}") for archive in entries_of(rules, "web_archives"))
    return kept or _ADDRESS_IN_PATH.search(parts.path) is not None


def _share_name(url: str, article: Article) -> bool:
    """Whether the name of one site stands in the host, or in the publisher, of the other: `harbour-post.example` and
    `harbourpostonline.example`, "Harbour Post" and `harbourpost.example`. Hyphens do not count."""
    here, there, publisher = _name(article.url), _name(url), key_of(article.publisher)
    pairs = [(there, [*_labels(article.url), publisher]), (here, _labels(url)), (publisher, _labels(url))]
    return any(_stands_in(name, labels) for name, labels in pairs if name)


def _stands_in(name: str, labels: list[str]) -> bool:
    return name in labels or (len(name) >= MIN_NAME_LETTERS and any(name in label for label in labels))


def _labels(url: str) -> list[str]:
    """The labels of a host, without hyphens."""
    return (parts_of(url).hostname or "").replace("-", "").split(".")


def _name(url: str) -> str:
    """The name by which a site is registered, without hyphens; "" for an address that cannot be read."""
    readable = try_normalise(url)
    return registered_domain(readable).partition(".")[0].replace("-", "") if readable else ""


def _may_be_same_page(a: str, b: str) -> bool:
    """Whether two paths end alike, and name no two days: `/2025/04/bridge.html` and `/bridge/`."""
    here, there = _path(a), _path(b)
    if not here or here.rpartition("/")[2] != there.rpartition("/")[2]:
        return False
    days = _DAY.search(here), _DAY.search(there)
    pairs = zip(days[0].groups(), days[1].groups(), strict=True) if days[0] and days[1] else ()
    return all(int(x) == int(y) for x, y in pairs if x and y)


def _path(url: str) -> str:
    """The path of a page without what servers add to it; "" for a front page, `/?p=12` and what cannot be read."""
    readable = try_normalise(url)
    whole = url_key(readable).partition("?")[0] if readable else ""
    return _FILE_END.sub("", f"/{whole.partition('/')[2]}").casefold().rstrip("/")
