"""Learns which picture, description, keywords and author are the site's, from the records of its pages
(`core/metadata/conventions.py`).

A picture or a description that many posts share belongs to none of them, and neither do keywords that nearly all share: many
sites write the same into the head of each page. An author whom nearly all share is the site's where other people sign the posts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from newsarchive.core.metadata.conventions import Convention, Conventions, Kind
from newsarchive.core.site_template.observations import Observation
from newsarchive.core.text.lines import number

#: The role of a row that holds a convention.
ROLE = "convention"
#: Posts that must show a convention: below it anything may be chance.
MIN_POSTS = 5
#: Part of the posts with a picture, or with a description, that must have the same one, where it is the site's.
SUMMARY_SHARE = 0.2
#: Part of the posts with keywords that must have the same ones, where they are the site's.
KEYWORDS_SHARE = 0.8
#: Part of the posts with one author that must have the same one, where it is the site's.
AUTHOR_SHARE = 0.8
#: Part of those posts that somebody else must sign.
SIGNED_SHARE = 0.5
#: Different people who must sign them: one other name may be the author's own in another spelling.
MIN_SIGNING = 2

#: Kind → the field of a page's record, in words what posts share, and the part of the posts that must share it.
_SHARED = {
    Kind.SITES_PICTURE: ("picture", "this picture", SUMMARY_SHARE),
    Kind.SITES_DESCRIPTION: ("description", "this description", SUMMARY_SHARE),
    Kind.SITES_KEYWORDS: ("keywords", "these keywords", KEYWORDS_SHARE),
    Kind.SITES_AUTHOR: ("author", "this author", AUTHOR_SHARE),
}


def conventions_of(pages: Sequence[Observation], known: Conventions | None = None) -> Conventions:
    """The conventions that pages show; those known before where no page has a record of what it says."""
    if known and not any(any(page.said) for page in pages):
        return known
    return Conventions(tuple(sorted(_found(pages), key=lambda c: c.name)))


def _found(pages: Sequence[Observation]) -> Iterator[Convention]:
    """What many posts share. Versions and copies of one post count as one."""
    for kind, (field, shared, share) in _SHARED.items():
        posts: dict[str, set[str]] = defaultdict(set)
        for page in pages:
            if value := getattr(page.said, field):
                posts[value].add(page.cluster)
        total = sum(map(len, posts.values()))
        for value, sharing in posts.items():
            if len(sharing) < max(MIN_POSTS, share * total):
                continue
            if kind is not Kind.SITES_AUTHOR or _is_signed_by_others(value, len(sharing), pages):
                reason = f"the site's, not the post's: {len(sharing)} of {total} posts have {shared}"
                yield Convention(kind, value, len(sharing), total - len(sharing), reason)


def _is_signed_by_others(author: str, posts: int, pages: Sequence[Observation]) -> bool:
    """Whether the posts with an author are signed by several other people."""
    signed = {
        page.cluster: page.said.signed for page in pages if page.said.author == author and page.said.signed
    }
    return len(signed) >= SIGNED_SHARE * posts and len(set(signed.values())) >= MIN_SIGNING


# -- as rows ---------------------------------------------------------------------------------------


def rows(conventions: Conventions) -> list[dict[str, Any]]:
    """Conventions as rows of the table that holds what was learned of a site."""
    return [
        {
            "fingerprint": number(c.name),
            "role": ROLE,
            "label": str(c.kind),
            "reason": c.reason,
            "pages": c.pages,
            "clusters": c.against,
            "sample": c.value,
            "first": "",
            "version": 0,
        }
        for c in conventions.known
    ]


def from_rows(found: Iterable[Mapping[str, Any]]) -> Conventions:
    """The conventions that `rows` wrote. Older versions wrote kinds that nothing is learned of any more: these are left out."""
    known = (
        Convention(Kind(r["label"]), r["sample"], r["pages"], r["clusters"], r["reason"])
        for r in found
        if r["label"] in set(Kind)
    )
    return Conventions(tuple(sorted(known, key=lambda c: c.name)))
