"""The address that a saved page states of itself: the page has come as a file, and nobody says from where.

Without an address the links of a page lead nowhere, so that cards of other posts are not known as such and their authors
count as the page's own. Browsers and SingleFile write the address into a comment when they save a page; else the page's own
`<link rel="canonical">` or `og:url` states it.
"""

from __future__ import annotations

import re

from newsarchive.core.urls import try_normalise

#: Bytes at the beginning of a page in which its address is looked for; what follows is not read.
MAX_HEAD_BYTES = 300_000
#: "<!-- saved from url=(0028)https://blog.example/post/ -->" (Chromium, Internet Explorer) and SingleFile's "url: https://…".
_SAVED = re.compile(
    r"<!--\s{0,9}saved from url=\(\d{1,6}\)(https?://[^\s>]{1,2000})"
    r"|<!--\s{0,9}Page saved with SingleFile\s{1,9}url:\s{0,9}(https?://[^\s>]{1,2000})"
)
_TAG = re.compile(r"<(?:link|meta)\s[^>]{1,4000}>", re.IGNORECASE)
_CANONICAL = re.compile(
    r"""\srel\s{0,3}=\s{0,3}["']?canonical["'\s>/]|\s(?:property|name)\s{0,3}=\s{0,3}["']?og:url["'\s>/]""",
    re.IGNORECASE,
)
_VALUE = re.compile(r"""\s(?:href|content)\s{0,3}=\s{0,3}["']?(https?://[^"'\s>]{1,2000})""", re.IGNORECASE)


def own_address(body: bytes) -> str:
    """The absolute address that the bytes of a page state as the page's own, "" where they state none.

    >>> own_address(b'<link rel="canonical" href="https://blog.example/post/">')
    'https://blog.example/post/'
    >>> own_address(b'<link rel="stylesheet" href="https://blog.example/a.css">')
    ''
    """
    head = body[:MAX_HEAD_BYTES].decode("latin-1")  # addresses are ASCII, whatever the rest is
    if saved := _SAVED.search(head):
        return try_normalise(saved[1] or saved[2]) or ""
    stated = (_VALUE.search(tag) for tag in _TAG.findall(head) if _CANONICAL.search(tag))
    return next((url for match in stated if match and (url := try_normalise(match[1]))), "")
