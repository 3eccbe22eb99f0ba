"""Which software made a site (WordPress, Blogger, Ghost), and where that software lists the site's posts.

Signs and places stand in `data/discovery/platforms.toml`. The platform decides the order in which sources are tried. A
site of an unknown platform is tried at the usual places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from newsarchive.core.discovery.feeds import announced_feeds, usual_feeds
from newsarchive.core.discovery.links import attributes
from newsarchive.core.discovery.wordpress import api_root, usual_api_root
from newsarchive.core.html.parsing import base_of, parse
from newsarchive.core.urls import folder_of, site_of, try_normalise, url_key
from newsarchive.rules import Rules, strings

_FILE = "data/discovery/platforms.toml"

#: Characters at the start of a page that are searched for a platform's marks.
_MAX_HEAD_CHARACTERS = 300_000
#: Front pages of other languages that are looked at; further ones are left out. Publishers have up to 24, and plug-ins that translate a
#: site by machine name more than a hundred.
MAX_LANGUAGES = 24
#: Points of a platform by its host, headers and marks (`_score`); with fewer the platform is unknown.
_MIN_PLATFORM_POINTS = 2


@dataclass(frozen=True, slots=True)
class Source:
    """A place that may list a site's posts.

    `kind` is `wp-json` (url: the API's root), `feed`, `sitemap` or `archive page`; `announced` is true
    where the page itself names it, false for a usual place that has to be tried.
    """

    kind: str
    url: str
    announced: bool = False


@dataclass(frozen=True, slots=True)
class _Platform:
    """One `[[platform]]` of the table, its patterns compiled."""

    name: str
    generator: re.Pattern[str]
    hosts: tuple[str, ...]
    headers: Mapping[str, str]
    marks: tuple[str, ...]
    feeds: tuple[str, ...]
    sitemaps: tuple[str, ...]


def detect_platform(html_text: str, headers: Mapping[str, str], url: str, rules: Rules) -> str:
    """The platform's name (`wordpress`, `blogger`, `ghost`, …), "" for an unknown one.

    `<meta name=generator>` decides where it names one. Otherwise host, headers and marks in the page add up, and the
    platform with most points is taken. `headers` has lower-case names.
    """
    platforms = _platforms(rules)
    generators = [n.attributes.get("content") or "" for n in parse(html_text).css("meta[name=generator i]")]
    for platform in platforms:
        if any(platform.generator.search(g) for g in generators):
            return platform.name
    host, head = urlsplit(url).hostname or "", html_text[:_MAX_HEAD_CHARACTERS]
    scores = {p.name: _score(p, host, headers, head) for p in platforms}
    best = max(scores, key=scores.__getitem__, default="")
    return best if scores.get(best, 0) >= _MIN_PLATFORM_POINTS else ""


def sources(html_text: str, headers: Mapping[str, str], base_url: str, rules: Rules) -> list[Source]:
    """The places to look for a site's posts, each once, in the order in which to try them.

    First come the places that the page announces, then those that its platform usually has, then the usual places of all
    platforms. Feeds of comments and of single posts are left out. robots.txt (`robots.robots_sitemaps`) may name further
    sitemaps.
    """
    name = detect_platform(html_text, headers, base_url, rules)
    platform = next((p for p in _platforms(rules) if p.name == name), None)
    found: dict[tuple[str, str], Source] = {}
    for source in _sources(html_text, headers, base_url, platform, rules):
        found.setdefault((source.kind, url_key(source.url)), source)
    return list(found.values())


def languages(html_text: str, base_url: str) -> list[str]:
    """The front pages of a site in its other languages that its front page names (`<link rel=alternate hreflang=fr>`), each once.

    Those of other hosts are left out: a site is a host.
    """
    tree = parse(html_text)
    base, site = base_of(tree, base_url), site_of(base_url)
    found: dict[str, str] = {url_key(base_url): ""}
    for node in tree.css("link[hreflang][href]"):
        link = attributes(node)
        is_page = "html" in link.get("type", "html").lower()  # feeds have languages, too
        is_other = is_page and "alternate" in link.get("rel", "").lower().split()
        url = try_normalise(link["href"], base) if is_other else None
        if url and site_of(url) == site:
            found.setdefault(url_key(url), url)
        if len(found) > MAX_LANGUAGES:
            break
    return [url for url in found.values() if url]


def _sources(
    html_text: str, headers: Mapping[str, str], base_url: str, platform: _Platform | None, rules: Rules
) -> Iterator[Source]:
    if root := api_root(html_text, headers, base_url):
        yield Source("wp-json", root, announced=True)
    elif platform and platform.name == "wordpress":
        yield Source("wp-json", usual_api_root(base_url))
    feeds = announced_feeds(html_text, base_url, rules)
    announced = [url for url, is_comments in feeds.items() if not is_comments]
    yield from (Source("feed", url, announced=True) for url in announced)
    if platform:
        yield from _places("feed", platform.feeds, base_url)
        yield from _places("sitemap", platform.sitemaps, base_url)
    # Feeds come first: what a feed says of a post counts only where it is known before the post is read.
    if not announced:
        yield from (Source("feed", url) for url in usual_feeds(base_url, rules))
    usual = strings(_FILE, rules.discovery.get("platforms", {}), "usual_sitemaps")
    yield from _places("sitemap", usual, base_url)


def _places(kind: str, paths: tuple[str, ...], base_url: str) -> Iterator[Source]:
    """The paths below the start URL and at the root; `{first}` is the first segment of the start URL's path."""
    below = folder_of(base_url)
    first = urlsplit(base_url).path.strip("/").partition("/")[0]
    for path in paths:
        if "{first}" in path:
            roots = [path.replace("{first}", first)] if first else []
        else:
            roots = [path] if path.startswith("/") else [path, f"/{path}"]
        for root in roots:
            if url := try_normalise(root, below):
                yield Source(kind, url)


def _score(platform: _Platform, host: str, headers: Mapping[str, str], head: str) -> int:
    """Two points for a host or header of the platform, one for each mark in the page."""
    is_hosted = any(host == h or host.endswith(f".{h}") for h in platform.hosts)
    says_so = any(re.search(p, headers.get(name, ""), re.I) for name, p in platform.headers.items())
    return 2 * is_hosted + 2 * says_so + sum(mark in head for mark in platform.marks)


@lru_cache(maxsize=4)
def _platforms(rules: Rules) -> tuple[_Platform, ...]:
    return tuple(
        _Platform(
            name=str(table["name"]),
            generator=re.compile(table.get("generator") or "(?!)", re.I),
            headers=table.get("headers", {}),
            **{key: strings(_FILE, table, key) for key in ("hosts", "marks", "feeds", "sitemaps")},
        )
        for table in rules.discovery.get("platforms", {}).get("platform", [])
    )
