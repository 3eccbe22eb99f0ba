"""Which hub a feed names, which messages are signed by it, and whether it announces every post."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from newsarchive.core.discovery.websub import (
    MAX_POST_AGE,
    NewPost,
    Offer,
    announced_in_a_row,
    is_signed,
    offer_of,
    was_announced,
)

URL = "https://blog.example/feed"
WANTED = Offer("https://hub.example/", URL)
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom">{}<entry><link rel="hub" href="https://evil.example/"/></entry></feed>'
LINKS = '<link rel="self" href="/feed"/><link rel="hub" href="https://hub.example/"/>'
RSS = '<?xml version="1.0"?><rss xmlns:atom="http://www.w3.org/2005/Atom"><channel><link>https://blog.example</link>{}</channel></rss>'


@pytest.mark.parametrize(
    ("headers", "body", "found"),
    [
        ({}, ATOM.format(LINKS), WANTED),
        ({}, RSS.format(LINKS.replace("<link", "<atom:link")), WANTED),
        ({"link": '<https://hub.example/>; rel="hub", <https://blog.example/feed>; rel="self"'}, "", WANTED),
        ({"link": "<https://hub.example/>; title=x; rel=HUB"}, ATOM.format(LINKS), WANTED),  # the page itself
        ({}, '{"version": "https://jsonfeed.org/version/1.1", "feed_url": "https://blog.example/feed",'
             ' "hubs": [{"type": "rssCloud", "url": "x"}, {"type": "WebSub", "url": "https://hub.example/"}]}', WANTED),
        ({}, ATOM.format(""), None),  # the link of a post is none of the feed's
        ({}, ATOM.format('<link rel="hub" href="javascript:alert(1)"/>'), None),
        ({}, ATOM.format(f'<link rel="hub" href="https://hub.example/{"a" * 3000}"/>'), None),
        ({}, "<html><p>no feed", None),
        ({}, '{"hubs": [{"type": "WebSub", "url": "https://hub.example/\\ud83d"}]}', Offer("https://hub.example/\ufffd", URL)),
        ({}, '{"hubs": 7}', None),
        ({}, "{" * 100_000, None),
        ({}, "", None),
    ],
)  # fmt: skip
def test_the_hub_of_a_feed(headers: dict[str, str], body: str, found: Offer | None) -> None:
    assert offer_of(URL, headers, body.encode()) == found


def test_addresses_that_are_too_long_for_a_row_are_no_hub() -> None:
    long = "ก" * 450
    feed = (
        f'<feed><link rel="hub" href="https://hub.example/{long}"/><link rel="self" href="/{long}"/></feed>'
    )
    assert offer_of(URL, {}, feed.encode()) is None


def test_what_is_no_address_is_no_hub() -> None:
    assert offer_of(URL, {"link": "<http://[>; rel=hub"}, b"") is None
    assert (
        offer_of(
            URL,
            {},
            b'<feed><link rel="hub" href="https://hub.example/"/><link rel="self" href="//[x"/></feed>',
        )
        is None
    )


def test_an_entity_is_not_read() -> None:
    body = b'<!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/passwd">]><feed><link rel="hub" href="https://hub.example/&x;"/></feed>'
    found = offer_of(URL, {}, body)
    assert found is None or "root" not in found.hub


@pytest.mark.parametrize("name", ["sha1", "sha256", "sha384", "sha512"])
def test_a_signature_is_of_the_whole_message_and_its_secret(name: str) -> None:
    made = f"{name}=" + hmac.new(b"key", b"news", getattr(hashlib, name)).hexdigest()
    assert is_signed("key", made, b"news")
    assert is_signed("key", made.upper(), b"news")
    for secret, header, body in (
        ("other", made, b"news"), ("key", made, b"new"), ("key", made[:-1], b"news"), ("key", "", b"news"), ("key", f"{name}=", b"news"),
        ("key", "md5=" + hmac.new(b"key", b"news", "md5").hexdigest(), b"news"), ("key", "sha256=äöü", b"news"),
    ):  # fmt: skip
        assert not is_signed(secret, header, body)


NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("published", "pushes", "announced"),
    [
        (None, [], False),
        (None, [-1], True),  # the push that brought the crawl
        (None, [14], True),  # a crawl by the clock was a little faster than the hub
        (None, [16], False),
        (None, [-60], False),  # the crawl before was already told of it
        (None, [-90], False),
        (-50, [-1], True),
        (-50, [11], False),  # a push of another post, more than an hour after this one was published
        (-90, [-1], True),  # the site says that it is older than the crawl before: its date tells nothing
        (30, [14], True),  # nor does one in the future
        (-50, [-90, -20, 40], True),
    ],
)
def test_a_push_announces_a_post_that_the_crawl_before_did_not_find(
    published: float | None, pushes: list[float], announced: bool
) -> None:
    post = NewPost(NOON, at(-60), None if published is None else at(published))
    assert was_announced(post, [at(push) for push in pushes]) is announced


def test_midnight_is_a_day_without_a_time() -> None:
    midnight = NOON.replace(hour=0)
    assert was_announced(NewPost(NOON, NOON - timedelta(days=1), midnight), [at(-1)])
    assert not was_announced(
        NewPost(NOON, NOON - timedelta(days=1), midnight + timedelta(seconds=1)), [at(-1)]
    )


def found(*minutes: float) -> list[NewPost]:
    """Posts that hourly crawls found at these minutes."""
    return [NewPost(at(minute), at(minute - 60)) for minute in minutes]


@pytest.mark.parametrize(
    ("posts", "pushes", "now", "number"),
    [
        ([], [], 0, 0),
        (found(-60, -120, -180), [-61, -121, -181], 0, 3),
        (found(-180, -60, -120), [-61, -121, -181], 0, 3),
        (found(-60, -120, -180), [-61, -181], 0, 1),  # a missed one ends the row
        (found(-60, -120, -180), [-121, -181], 0, 0),
        (found(-10, -120), [-121], 0, 1),  # the push of the newest may still come
        (found(-16, -120), [-121], 0, 0),
        (found(-60), [-61], MAX_POST_AGE / timedelta(minutes=1), 0),  # long ago
    ],
)
def test_the_newest_posts_tell_whether_a_hub_is_trusted(
    posts: list[NewPost], pushes: list[float], now: float, number: int
) -> None:
    assert announced_in_a_row(posts, [at(push) for push in pushes], at(now)) == number
