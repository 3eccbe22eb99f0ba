"""The versions of the package and of its extractor, and the user agent by which servers and robots.txt know us."""

from __future__ import annotations

VERSION = "0.1.0"

#: Raised once for each release in which the same bytes may give another text or other metadata. By it an archive knows
#: which of its revisions an older extractor made.
EXTRACTOR_VERSION = 29

#: The product token of the user agent, for which robots.txt may have a group (RFC 9309, 2.2.1).
NAME = "newsarchive"


def user_agent(contact: str) -> str:
    """The user agent: the program, and how to reach the person who runs the crawl (RFC 9110, 10.1.5).

    >>> user_agent("you@example.org").endswith(" (+you@example.org)")
    True
    """
    return f"{NAME}/{VERSION} (+{contact})" if contact else f"{NAME}/{VERSION} (no contact given)"
