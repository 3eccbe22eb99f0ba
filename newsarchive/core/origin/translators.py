"""The page behind an address of a translator: blogs credit `https://heron-example.translate.goog/1?_x_tr_tl=de`, and mean
`https://heron.example/1`.

Whoever copies a page that Google, Yandex or Bing shows in another language has its address in the bar of the browser, and the links of
the copied text lead through the translator as well. Read as they stand, all these articles first appeared on `google.com`. A
translator's address names the page in one of three ways: as the host, with a hyphen for each dot and two for a hyphen; as an address in
a parameter (`u=https%3A%2F%2Fheron.example%2F1`); or in the path (`/proxy_u/en-ru.ru.0cf7/https/heron.example/1`). The hosts are
`translators` in `data/attribution/translations.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode

from newsarchive import compiled
from newsarchive.core.origin.attribution_patterns import entries_of
from newsarchive.core.urls import parts_of, try_normalise
from newsarchive.items import Block
from newsarchive.rules import Rules

#: The domain below which Google shows each page under a host of its own.
_BELOW = ".translate.goog"
#: What Google adds to the parameters of a page: the languages, and by which way it was asked.
_ADDED = "_x_tr_"
#: Its parameter that says that the page has no certificate: `_x_tr_sch=http`.
_SCHEME = "_x_tr_sch"
#: One hyphen stands for a dot, two stand for a hyphen.
_HYPHENS = re.compile("--?")
#: An address in the path, with its scheme as a folder or as it is.
_IN_PATH = re.compile(r"/(https?)(?::/)?/([^/].*)")


def original_address(url: str, rules: Rules) -> str:
    """The address of the page that a translator shows under `url`; `url` itself where that is no address of a translator.

    >>> from newsarchive.rules import default
    >>> original_address("https://my--heron-example.translate.goog/1?p=2&_x_tr_sl=en&_x_tr_tl=de", default())
    'https://my-heron.example/1?p=2'
    >>> original_address("https://translate.google.com/translate?sl=en&tl=de&u=https%3A%2F%2Fheron.example%2F1", default())
    'https://heron.example/1'
    >>> original_address("https://translated.turbopages.org/proxy_u/en-ru.ru.0cf7/https/heron.example/1?p=2", default())
    'https://heron.example/1?p=2'
    >>> original_address("https://translate.google.com/?sl=en", default())
    'https://translate.google.com/?sl=en'
    """
    may_be_below, is_host = _BELOW in url, _hosts(rules).match(url)
    if not may_be_below and not is_host:
        return url
    parts = parts_of(url)
    host = parts.hostname or ""
    if host.endswith(_BELOW):
        own = parse_qsl(parts.query, keep_blank_values=True)
        scheme = dict(own).get(_SCHEME) or "https"
        query = urlencode([pair for pair in own if not pair[0].startswith(_ADDED)], errors="replace")
        named = _HYPHENS.sub(lambda found: "." if found[0] == "-" else "-", host.removesuffix(_BELOW))
        return _readable(f"{scheme}://{named}{parts.path}{'?' if query else ''}{query}", url)
    if not is_host:  # the address of another site, with that of a translated page among its parameters
        return url
    named = next(
        (value for _, value in parse_qsl(parts.query) if value.startswith(("https://", "http://"))), ""
    )
    if not named and (found := _IN_PATH.search(parts.path)):
        named = f"{found[1]}://{found[2]}{'?' if parts.query else ''}{parts.query}"
    return _readable(named, url)


def _readable(address: str, otherwise: str) -> str:
    return try_normalise(address) or otherwise if address else otherwise


@lru_cache(maxsize=8)
def _hosts(rules: Rules) -> re.Pattern[str]:
    """Matches an address whose host is that of a translator. An entry with a dot at its end is a host in any country."""
    names = "|".join(
        re.escape(host) + (r"[a-z.]{2,7}" if host.endswith(".") else "")
        for host in entries_of(rules, "translators")
    )
    return compiled.regex(rf"https?://(?:www\.)?(?:{names or '(?!)'})/")


def with_original_links(blocks: Sequence[Block], rules: Rules) -> tuple[Block, ...]:
    """The blocks, with the page behind each link that leads through a translator. Most pages have no such link."""
    addresses = "\n".join([url for block in blocks for _, url in block.links])
    if _BELOW not in addresses and not _hosts(rules).search(addresses):
        return tuple(blocks)
    return tuple(_with_original_links(block, rules) if block.links else block for block in blocks)


def _with_original_links(block: Block, rules: Rules) -> Block:
    links = tuple((text, original_address(url, rules)) for text, url in block.links)
    return block if links == tuple(block.links) else replace(block, links=links)
