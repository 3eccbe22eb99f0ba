"""The first look at the page of a post, before anything is kept of it: may we have it, is it a post, is it whole?

    first_look(LookAt(html, "https://blog.example/post/", {}, 200), rules).parts    # ("https://blog.example/post/2/",)

All signs are read in one go, so that a worker process can do it: a page may hang the parser.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from newsarchive.core.discovery.page_kind import Kind, Shown, block_of, kind_of
from newsarchive.core.discovery.pagination import page_parts, unlinked_part
from newsarchive.core.discovery.robots import noarchive
from newsarchive.rules import Rules


class LookAt(NamedTuple):
    """A page: its text, the address and the status that answered, and the headers by lower-case name. `asks` says that
    a page which forbids copies is left alone."""

    text: str
    url: str
    headers: Mapping[str, str]
    status: int
    asks: bool = True


class FirstLook(NamedTuple):
    """What the first look found."""

    #: Why the site keeps us out, "" where it does not.
    block: str = ""
    #: The place that forbids copies, "" where they are allowed.
    forbidden: str = ""
    #: What the page is, if it is no article.
    kind: Kind = Kind()
    #: The addresses of the post's further pages.
    parts: tuple[str, ...] = ()
    #: The address of a second page that the first one does not link, "" for none.
    unlinked: str = ""


def first_look(page: LookAt, rules: Rules) -> FirstLook:
    """What a page shows at first. Of one that we may not have, nothing further is read."""
    text, url = page.text, page.url
    shown = Shown(text, url)
    block = block_of(shown, page.headers, page.status, rules)
    forbidden = noarchive(page.headers, text) if page.asks else ""
    if block or forbidden:
        return FirstLook(block, forbidden)
    parts = tuple(page_parts(text, url, url)) if text else ()
    return FirstLook(
        kind=kind_of(shown, rules), parts=parts, unlinked="" if parts else unlinked_part(text, url)
    )
