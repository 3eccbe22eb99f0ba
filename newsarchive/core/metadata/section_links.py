"""Read the section of an article from a link beside its headline whose class says so → claims.

Newspapers and hosts print the section above the headline, with a link whose address tells nothing: `/harbour/`, `?rubrik=3`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

from newsarchive.core.metadata import sections
from newsarchive.core.metadata.claims import Claim, Place
from newsarchive.core.metadata.elements import Mark, absolute, text_of, upwards
from newsarchive.core.metadata.other_posts import OtherPosts
from newsarchive.core.metadata.person_names import like_a_name
from newsarchive.core.metadata.standing import ancestors_of, aside
from newsarchive.core.urls import same_site
from newsarchive.rules import Rules

#: Links of a page that are looked at; later ones are not.
MAX_LINKS = 20
#: Elements between such a link and one that holds the headline, too; a link further away is not beside it.
MAX_STEPS_TO_HEAD = 5
#: Links that may lead to the section of a post by their class or that of their box, and the words of such classes.
_MARKED_LINKS = ",".join(
    f'a[class*="{word}" i],[class*="{word}" i]>a'
    for word in ("section", "rubri", "categor", "article-tag", "primary-tag")
)
_SECTION_LINK = re.compile(
    r"(?:^|[\s_-])(?:section|rubri[ckq][a-z]{0,2}|categor(?:y|ie|ia)|(?:article|post|primary)[_-]tag)(?:[_-]{1,2}(?:link|name|tag|label|title))?(?:$|\s)",
    re.IGNORECASE,
)


def claims(
    tree: LexborHTMLParser, headline: Mark | None, other_posts: OtherPosts, url: str, rules: Rules
) -> Iterator[Claim]:
    """The section that a link beside the headline leads to, where the class of the link or of its box says so: `<a class="article-section-tag"
    href="/harbour/">`, `<div class="category"><a>`. Ghost prints the first tag of a post above its headline in this way. Several such links
    are a menu or the tags."""
    around = ancestors_of(headline)
    found: list[str] = []
    for link in tree.css(_MARKED_LINKS)[:MAX_LINKS] if around else ():
        names = f"{link.attributes.get('class') or ''} {(link.parent or link).attributes.get('class') or ''}"
        near = next((up for up in upwards(link.parent, MAX_STEPS_TO_HEAD) if up.mem_id in around), None)
        is_beside = near is not None and near.tag not in ("body", "html", "main")
        if not (is_beside and _SECTION_LINK.search(names) and sections.may_be_section(link, rules)):
            continue
        if not (
            same_site(url, absolute(link.attributes.get("href") or "", url))
            and not aside(link, near=True, own=around)
            and not other_posts.holds(link)
        ):
            continue
        found.append(text_of(link, sections.MAX_SECTION_CHARS))
    if (
        len(set(found)) == 1
        and 0 < len(found[0].split()) <= sections.MAX_TITLE_SECTION_WORDS
        and not like_a_name(found[0], rules)
    ):
        yield from sections.named_claim("article_section", found[0], Place.CATEGORY_LINK)
