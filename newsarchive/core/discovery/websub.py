"""WebSub (https://www.w3.org/TR/websub/): which hub announces new posts of a feed, whether a message comes from the hub, and
whether the hub announces every post.

<link rel="hub" href="https://hub.example/"/>
<link rel="self" href="https://blog.example/feed"/>
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urljoin

from lxml import etree  # type: ignore[import-untyped]

from newsarchive.core.discovery.links import link_header
from newsarchive.core.text.tolerant_json import loads

#: Algorithms of signatures that are believed: all of the standard (section 7). Google's hub, which announces the posts of
#: Blogger, signs by SHA-1 alone, as its published source says. That two messages of one SHA-1 can be made forges no HMAC
#: (RFC 6194, 3.3).
_DIGESTS = ("sha1", "sha256", "sha384", "sha512")
#: Bytes of the addresses of a hub and its feed together. They are the key of a row, and an index of PostgreSQL takes no longer ones
#: (`MAX_URL_CHARACTERS`).
MAX_OFFER_BYTES = 2_600
#: New posts in a row that a hub must have announced before it is trusted. With more, trust comes later. With fewer, a
#: hub that announces only two posts of three is trusted by chance more often: once in three times with three posts,
#: once in eight with five.
MIN_ANNOUNCED_POSTS = 5
#: Time after a crawl found a post in which its push still counts, because hubs tell some minutes after the post stands in the feed.
MAX_PUSH_DELAY = timedelta(minutes=15)
#: Time from a post's publication to its push. A later push does not count: it was for another post, or an hourly crawl is faster.
MAX_ANNOUNCEMENT_DELAY = timedelta(hours=1)
#: Age of the posts by which a hub is judged. Older posts tell nothing of the hub of today.
MAX_POST_AGE = timedelta(days=30)


class Offer(NamedTuple):
    """The hub of a feed, and the feed's address as the hub knows it."""

    hub: str
    topic: str


def offer_of(url: str, headers: Mapping[str, str], body: bytes) -> Offer | None:
    """What a feed that was fetched from `url` offers: by its header `Link`, else by its own links; `None` for no hub.

    >>> offer_of("https://a.example/feed", {"link": '</hub>; rel="hub", </feed?x>; rel=self'}, b"")
    Offer(hub='https://a.example/hub', topic='https://a.example/feed?x')
    """
    found: dict[str, str] = {}
    for address, relations in link_header(headers.get("link", "")):
        for word in relations.lower().split():
            found.setdefault(word, address)
    if "hub" not in found:
        body = body.removeprefix(b"\xef\xbb\xbf").lstrip()
        found = _in_json(body) if body[:1] == b"{" else _in_xml(body)
    if "hub" not in found:
        return None
    try:
        offer = Offer(*(urljoin(url, found.get(rel, "")) for rel in ("hub", "self")))
    except ValueError:  # no address: `http://[`
        return None
    fits = len("".join(offer).encode("utf-8", "replace")) <= MAX_OFFER_BYTES
    return offer if fits and all(one.startswith(("http://", "https://")) for one in offer) else None


class NewPost(NamedTuple):
    """A post that a crawl found. `named_at` is when a feed or another list of its site named it for the first time,
    `looked_before` when the last crawl began that did not find it, `published` its date, `None` where it is not known. Times
    are timezone-aware."""

    named_at: datetime
    looked_before: datetime
    published: datetime | None = None


def was_announced(post: NewPost, pushes: Iterable[datetime]) -> bool:
    """Whether a push announced a post in time: after the crawl that did not find it yet, and at most `MAX_PUSH_DELAY` after
    it was found and `MAX_ANNOUNCEMENT_DELAY` after it was published.

    A later push was for another post, although this one stands in the feed as well. A date from before that crawl sets no
    bound, nor does one at midnight sharp, which may be a day without a time.
    """
    latest, published = post.named_at + MAX_PUSH_DELAY, post.published
    is_exact = published is not None and (published.hour, published.minute, published.second) != (0, 0, 0)
    if published is not None and is_exact and post.looked_before < published <= post.named_at:
        latest = min(latest, published + MAX_ANNOUNCEMENT_DELAY)
    return any(post.looked_before < at <= latest for at in pushes)


def announced_in_a_row(posts: Iterable[NewPost], pushes: Sequence[datetime], now: datetime) -> int:
    """The number of posts that were announced by pushes, counted from the newest back to the first post that no push announced.

    A post whose push may still come neither counts nor ends the count. Posts older than `MAX_POST_AGE` do not count.
    """
    number = 0
    for post in sorted(posts, reverse=True, key=lambda post: post.named_at):
        if post.named_at < now - MAX_POST_AGE:
            break
        if was_announced(post, pushes):
            number += 1
        elif post.named_at <= now - MAX_PUSH_DELAY:
            break
    return number


def _in_xml(body: bytes) -> dict[str, str]:
    """The links of the feed itself, not those of its posts."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return {}
    found: dict[str, str] = {}
    for head in (root, *root.findall("{*}channel")) if root is not None else ():
        for link in head.findall("{*}link"):
            for word in (link.get("rel") or "").lower().split():
                if address := link.get("href"):
                    found.setdefault(word, address)
    return found


def _in_json(body: bytes) -> dict[str, str]:
    """JSON Feed 1.1: `hubs` and `feed_url`."""
    try:
        feed = loads(body.decode(errors="replace"))
    except ValueError:
        return {}
    hubs = feed.get("hubs") if isinstance(feed, dict) else None
    for hub in hubs if isinstance(hubs, list) else []:
        if isinstance(hub, dict) and str(hub.get("type", "")).lower() == "websub" and hub.get("url"):
            return {"hub": str(hub["url"]), "self": str(feed.get("feed_url") or "")}
    return {}


def is_signed(secret: str, header: str, body: bytes) -> bool:
    """Whether the header `X-Hub-Signature` of a message was made with the secret.

    >>> is_signed("key", "sha256=" + hmac.new(b"key", b"news", "sha256").hexdigest(), b"news"), is_signed("key", "", b"news")
    (True, False)
    """
    name, _, given = header.strip().partition("=")
    if name.lower() not in _DIGESTS:
        return False
    made = hmac.new(secret.encode(), body, name.lower()).hexdigest()
    return hmac.compare_digest(made.encode(), given.strip().lower().encode())
