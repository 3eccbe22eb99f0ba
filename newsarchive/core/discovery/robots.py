"""What a site asks of archives: robots directives of a page, and the sitemaps that robots.txt names.

Sources: RFC 9309 (robots.txt), Google's robots meta and X-Robots-Tag specification (noarchive). Whether a
URL may be fetched at all is Scrapy's robots.txt middleware's to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from newsarchive.core.discovery.links import attributes
from newsarchive.core.html.parsing import parse
from newsarchive.core.urls import try_normalise

#: Directives that carry a value after a colon; any other word before a colon names a robot.
_WITH_VALUE = frozenset(("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"))

#: RFC 9309, 2.5: a crawler must read at least 500 KiB.
MAX_ROBOTS_TXT = 512_000

#: Sitemaps taken from one robots.txt.
MAX_SITEMAPS = 100


def noarchive(headers: Mapping[str, str], html_text: str, agent: str) -> str:
    """The place that forbids a copy (`X-Robots-Tag` or `<meta name=…>`), "" where none does.

    `headers` has lower-case names, `agent` is the product token of our user agent (`newsarchive`).
    """
    ours = agent.lower().partition("/")[0].strip()
    for robot, directive in _header_directives(headers.get("x-robots-tag", "")):
        if directive == "noarchive" and robot in ("", "*", ours):
            return "X-Robots-Tag"
    for name, directive in _meta_directives(html_text):
        if directive == "noarchive" and name in ("robots", ours):
            return f"<meta name={name}>"
    return ""


def robots_sitemaps(robots_txt: str, url: str) -> list[str]:
    """The sitemaps that a robots.txt names, absolute, each once; hostile addresses are left out."""
    lines = re.finditer(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", robots_txt[:MAX_ROBOTS_TXT], re.I | re.M)
    found = (try_normalise(match[1], url) for match in islice(lines, MAX_SITEMAPS))
    return list(dict.fromkeys(u for u in found if u))


def _header_directives(value: str) -> Iterator[tuple[str, str]]:
    robot = ""
    for part in value.lower().split(","):
        name, colon, rest = part.partition(":")
        if colon and name.strip() not in _WITH_VALUE:
            robot, part = name.strip(), rest
        yield robot, part.strip()


def _meta_directives(html_text: str) -> Iterator[tuple[str, str]]:
    for node in parse(html_text).css("meta[name][content]"):
        meta = attributes(node)
        for directive in re.split(r"[,\s]+", meta["content"].lower()):
            yield meta["name"].strip().lower(), directive
