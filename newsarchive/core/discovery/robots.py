"""What a site asks of archives (`<meta name=robots content=noarchive>`), and the sitemaps that its robots.txt names.

Sources: RFC 9309 (robots.txt), Google's specification of the robots meta tag and X-Robots-Tag (noarchive). Scrapy's
middleware for robots.txt decides whether a URL may be fetched at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from newsarchive.core.discovery.links import attributes
from newsarchive.core.html.parsing import parse
from newsarchive.core.urls import try_normalise
from newsarchive.version import NAME

#: Directives that carry a value after a colon; any other word before a colon names a robot.
_VALUE_DIRECTIVES = frozenset(("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"))

#: Characters of a robots.txt; the rest is not read. A crawler must read at least 500 KiB (RFC 9309, 2.5).
MAX_ROBOTS_TXT_CHARACTERS = 512_000

#: Sitemaps that are taken from one robots.txt; further ones are left out.
MAX_SITEMAPS = 100


def noarchive(headers: Mapping[str, str], html_text: str) -> str:
    """The place that forbids a copy (`X-Robots-Tag` or `<meta name=…>`), "" where copies are allowed.

    `headers` has lower-case names.
    """
    for robot, directive in _header_directives(headers.get("x-robots-tag", "")):
        if directive == "noarchive" and robot in ("", "*", NAME):
            return "X-Robots-Tag"
    for name, directive in _meta_directives(html_text):
        if directive == "noarchive" and name in ("robots", NAME):
            return f"<meta name={name}>"
    return ""


def robots_sitemaps(robots_txt: str, url: str) -> list[str]:
    """The sitemaps that a robots.txt names, absolute, each once; hostile addresses are left out.

    Protego reads what Google tolerates too: `Site-map:`, a missing colon, CR alone at the end of a line.
    """
    from protego import Protego

    # Protego would compile all rules besides, which takes half a second for 500 KB.
    lines = (
        line for line in robots_txt[:MAX_ROBOTS_TXT_CHARACTERS].splitlines() if "site" in line.casefold()
    )
    named = Protego.parse("\n".join(line.lstrip("\ufeff\u200b") for line in lines)).sitemaps
    given = (value.split()[0].strip("<>\"'\ufeff") for value in islice(named, MAX_SITEMAPS))
    found = (try_normalise(address, url) for address in given if address)
    return list(dict.fromkeys(u for u in found if u))


def _header_directives(value: str) -> Iterator[tuple[str, str]]:
    robot = ""
    for part in value.lower().split(","):
        name, colon, rest = part.partition(":")
        if colon and name.strip() not in _VALUE_DIRECTIVES:
            robot, part = name.strip(), rest
        yield robot, part.strip()


def _meta_directives(html_text: str) -> Iterator[tuple[str, str]]:
    for node in parse(html_text).css("meta[name][content]"):
        meta = attributes(node)
        for directive in re.split(r"[,\s]+", meta["content"].lower()):
            yield meta["name"].strip().lower(), directive
