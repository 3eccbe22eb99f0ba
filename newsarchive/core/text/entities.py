"""Puts characters in the place of references to them (`&amp;`, `&#8217;`), also where a page writes `&#999…` with 5,000 digits."""

from __future__ import annotations

import html
import re

#: A reference to a character by a number that is longer than any character's. Python raises for 4,301 digits.
_TOO_LONG = re.compile(r"&#(?:[0-9]{20,}|[xX][0-9a-fA-F]{20,});?")


def unescape(text: str) -> str:
    """`html.unescape`, which never raises: a number without end is U+FFFD, as for a browser.

    >>> unescape("&lt;&#8217;&#" + "9" * 5000 + ";&gt;")
    '<\u2019\ufffd>'
    """
    return html.unescape(_TOO_LONG.sub("\ufffd", text) if "&#" in text else text)
