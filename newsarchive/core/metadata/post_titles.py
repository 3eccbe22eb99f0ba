"""The title of the one post of a page that WordPress made, where a theme prints it as `<h2>` below the name of the site.

    <body class="single single-post"><h1><a href="/">Harbour Post</a></h1><div class="post-5 post hentry"><h2>The ferry is back</h2><p>…

The title in the head may be another one, which the author wrote for search engines. WordPress says on `<body>` that the page is that of a
single post, and on an element which part of it is the post.
"""

from __future__ import annotations

from collections.abc import Sequence

from selectolax.lexbor import LexborNode

from newsarchive.core.metadata.elements import Mark, text_of, upwards
from newsarchive.core.metadata.heading_links import TITLE_TAGS, leads_home

#: Elements between a post and its title.
MAX_STEPS_TO_POST = 4
#: Elements between a post and `<body>`.
MAX_STEPS_TO_BODY = 40
#: Elements before a title that are looked at, such as links to the posts before and after; a post with more begins otherwise.
MAX_BEFORE = 8


def title_of_single_post(marks: Sequence[Mark], url: str) -> Mark | None:
    """The `<h2>` or `<h3>` with which the only post of the page at `url` begins; `None` where an `<h1>` is more than a link to the home
    page, where a paragraph stands above the heading, and on pages of several posts."""
    headings = [mark for mark in marks if mark.tag in TITLE_TAGS]
    if any(mark.tag == "h1" and text_of(mark.node) and not leads_home(mark.node, url) for mark in headings):
        return None
    found = [(post, mark) for mark in headings if (post := _post_around(mark.node)) is not None]
    if len({post.mem_id for post, _ in found}) != 1:
        return None
    post, first = found[0]
    return first if _is_on_page_of_post(post) and _begins(post, first.node) else None


def _post_around(heading: LexborNode) -> LexborNode | None:
    around = upwards(heading.parent, MAX_STEPS_TO_POST)
    return next((up for up in around if "hentry" in (up.attributes.get("class") or "").split()), None)


def _is_on_page_of_post(post: LexborNode) -> bool:
    body = next((up for up in upwards(post.parent, MAX_STEPS_TO_BODY) if up.tag == "body"), None)
    return body is not None and "single" in (body.attributes.get("class") or "").split()


def _begins(post: LexborNode, heading: LexborNode) -> bool:
    """Whether no paragraph of a post stands before a heading."""
    node: LexborNode | None = heading
    while node is not None and node.mem_id != post.mem_id:
        before = node.prev
        for _ in range(MAX_BEFORE):
            if before is None:
                break
            if before.tag == "p" or (before.tag != "-text" and before.css_first("p") is not None):
                return False
            before = before.prev
        if before is not None:
            return False
        node = node.parent
    return node is not None
