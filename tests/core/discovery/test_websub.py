"""Which hub a feed names, and which messages are signed by it."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from newsarchive.core.discovery.websub import Offer, is_signed, offer_of

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
        ({}, '{"hubs": 7}', None),
        ({}, "{" * 100_000, None),
        ({}, "", None),
    ],
)  # fmt: skip
def test_the_hub_of_a_feed(headers: dict[str, str], body: str, found: Offer | None) -> None:
    assert offer_of(URL, headers, body.encode()) == found


def test_an_entity_is_not_read() -> None:
    body = b'<!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/passwd">]><feed><link rel="hub" href="https://hub.example/&x;"/></feed>'
    found = offer_of(URL, {}, body)
    assert found is None or "root" not in found.hub


@pytest.mark.parametrize("name", ["sha256", "sha384", "sha512"])
def test_a_signature_is_of_the_whole_message_and_its_secret(name: str) -> None:
    made = f"{name}=" + hmac.new(b"key", b"news", getattr(hashlib, name)).hexdigest()
    assert is_signed("key", made, b"news")
    assert is_signed("key", made.upper(), b"news")
    for secret, header, body in (
        ("other", made, b"news"), ("key", made, b"new"), ("key", made[:-1], b"news"), ("key", "", b"news"), ("key", f"{name}=", b"news"),
        ("key", "sha1=" + hmac.new(b"key", b"news", "sha1").hexdigest(), b"news"), ("key", "sha256=äöü", b"news"),
    ):  # fmt: skip
        assert not is_signed(secret, header, body)
