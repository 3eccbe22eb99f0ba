"""Reads the posts of WeChat accounts (mp.weixin.qq.com).

Their `og:site_name` is the platform's name (微信公众平台) on every page, and a script writes the day when the page is shown:
"昨天" (yesterday) is all that a saved page has. The account's name and the time stand in variables of a script.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from newsarchive.core.metadata.claims import Claim, Place, Source, plain

#: The element that holds the text of such a post, and no other page's.
_TEXT = 'id="js_content"'
_TIME = re.compile(r"\bvar (?:ct|oriCreateTime) = [\"'](1\d{9})[\"']")
_ACCOUNT = re.compile(r"\bvar nickname = (?:htmlDecode\()?\"([^\"\\<>]{1,60})\"")


def account(page: str) -> Iterator[Claim]:
    """The claim that the account published the post; none for a page of another site.

    >>> [c.value for c in account('<div id="js_content">…</div><script>var nickname = "海港生活";</script>')]
    ['海港生活']
    """
    found = _ACCOUNT.search(page) if _TEXT in page else None
    if found and (name := plain(found[1])):
        yield Claim("publisher", name, Source(Place.SCRIPT))


def published(page: str) -> Iterator[tuple[Claim, datetime]]:
    """The time of publication with its claim; none for a page of another site.

    >>> [str(when) for _, when in published('<div id="js_content">…</div><script>var ct = "1581517074";</script>')]
    ['2020-02-12 14:17:54+00:00']
    """
    found = _TIME.search(page) if _TEXT in page else None
    if found:
        when = datetime.fromtimestamp(int(found[1]), UTC)
        yield Claim("date_published", found[1], Source(Place.SCRIPT)), when
