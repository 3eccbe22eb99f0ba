"""Tells where an element stands: near the headline, in the page's header, or in comments, sidebars and teasers.

A date below the headline is the post's; a date in a list of other posts or in the site's header is not. Places are told by
the elements around one, and by the classes that themes give them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from functools import lru_cache

from selectolax.lexbor import LexborNode

from newsarchive.core.html.markup import upwards
from newsarchive.core.metadata.elements import Mark
from newsarchive.core.text.patterns import whole
from newsarchive.items import Block

#: Classes of comments, sidebars, lists of other posts and citations of one (`h-cite`, microformats.org). The patterns of classes are
#: for lower case and begin with a letter: a search skips to this letter, which it cannot where case does not matter or where a
#: look-behind comes first. Elementor calls each piece of a page a widget. Drupal calls a post on the front page "node-promoted"; K2 and Telegram call the foot of a post so.
_ASIDE_CLASS = re.compile(
    r"comment|respond|sidebar|side-bar|footer(?<!header-footer)(?<!post-footer)(?<!entry-footer)(?<!article-footer)(?<!tags-footer)"
    r"(?<!itemcontentfooter)(?<!message_footer)|widget(?<!elementor-widget)|related|recommend|popular|trending|teaser|latest|recent|more-|promo(?!ted)|newsletter|menu|read-?next|carousel|see-?also|repl(?:y|ies)|blogroll|h-cite|"
    rf"copyright|disqus|{whole('nav')}"
)
_ASIDE_TAGS = ("footer", "nav", "aside")
#: The beginning of the classes of author and date in blogs of MkDocs Material, which has them in a sidebar.
_IN_SIDEBAR = "md-post__"
#: What the lists inside that sidebar are called, as the menus are.
_IN_MENU_OF_SIDEBAR = "md-nav"
#: Blogger calls the list that holds the post itself a widget, as it calls what stands in the sidebar: `<div class="widget Blog">`.
_POSTS_OF_BLOGGER = re.compile(r"(?:^|\s)widget\s+Blog(?:\s|$)")
#: Classes of the foot of the post itself, where Blogger and WordPress themes put author and date.
#: The class of a `<footer>` that says so once more.
_FOOT_WORD = re.compile(r"(?<![\w-])[\w-]*foot(?:er)?(?![\w-])", re.IGNORECASE)
_POST_FOOT = re.compile(r"(?:post|entry|article)-(?:footer|meta)", re.IGNORECASE)
#: The type of an item of schema.org that is an article.
_ARTICLE_ITEM = re.compile(r"schema\.org/(?:\w*Article|\w*Posting)\s*$")
#: Elements whose foot a `<footer>` in them may be.
_SECTIONS = frozenset(("article", "aside", "nav", "section", "blockquote", "figure", "main", "body"))
#: The path of the outermost `<header>`.
_HEADER = re.compile(r"(?:.*?/)??header(?:[.#][^/]*)?(?=/|$)")
#: The path of the outermost `<article>`.
_ARTICLE_ELEMENT = re.compile(r"(?:.*?/)??article(?:[.#][^/]*)?(?=/|$)")
#: Ancestors of an element that tell where it stands; those further up are not asked.
MAX_ANCESTORS = 12
#: Marks after the headline that count as near it; later ones are elsewhere.
MAX_NEAR_MARKS_AFTER = 25
#: Marks before the headline that count as near it; earlier ones are elsewhere.
MAX_NEAR_MARKS_BEFORE = 8
#: Marks after the headline that are looked at at all.
MAX_MARKS_AFTER = 100
#: Marks before the headline that are looked at at all.
MAX_MARKS_BEFORE = 30


def ancestors_of(headline: Mark | None) -> frozenset[int]:
    """The IDs (`mem_id`) of the elements that hold the headline."""
    parent = headline.node.parent if headline is not None else None
    return frozenset(up.mem_id for up in upwards(parent, MAX_ANCESTORS * 2))


def in_masthead(node: LexborNode, headline_ancestors: frozenset[int]) -> bool:
    """Whether a node stands in a header that does not hold the headline: there newspapers print today's date."""
    for up in upwards(node.parent, MAX_ANCESTORS):
        if up.mem_id in headline_ancestors:
            return False
        if up.tag == "header":
            return True
    return False


def stands_in_masthead(block: Block, headline: Block) -> bool:
    """Whether a block stands in a `<header>` without the headline. Papers print today's date there. The header of the `<article>` that
    holds the headline is its own."""
    header, article = _HEADER.match(block.path), _ARTICLE_ELEMENT.match(block.path)
    own = article if article and header and article.end() < header.end() else header
    return own is not None and not f"{headline.path}/".startswith(f"{own[0]}/")


def is_near(mark: Mark, headline: Mark) -> bool:
    """Whether a mark counts as near the headline, before or after it."""
    return headline.at - MAX_NEAR_MARKS_BEFORE <= mark.at <= headline.at + MAX_NEAR_MARKS_AFTER


def nearest(marks: Sequence[Mark], headline: Mark | None) -> Iterator[tuple[Mark, bool]]:
    """Marks with whether each is near the headline: those near after it, those near before it, then those elsewhere."""
    if headline is None:
        yield from ((mark, False) for mark in marks[:MAX_MARKS_AFTER])
        return
    at = headline.at + 1
    yield from ((mark, True) for mark in marks[at : at + MAX_NEAR_MARKS_AFTER])
    yield from ((mark, True) for mark in reversed(marks[max(0, at - MAX_NEAR_MARKS_BEFORE) : at - 1]))
    yield from ((mark, False) for mark in marks[at + MAX_NEAR_MARKS_AFTER : at + MAX_MARKS_AFTER])
    yield from (
        (mark, False) for mark in marks[max(0, at - MAX_MARKS_BEFORE) : max(0, at - MAX_NEAR_MARKS_BEFORE)]
    )


@lru_cache(maxsize=4096)
def _says_aside(names: str) -> bool:
    return bool(_ASIDE_CLASS.search(names.lower())) and not _POSTS_OF_BLOGGER.search(names)


def _is_foot_of_article(node: LexborNode) -> bool:
    """Whether a node is the `<footer>` of an `<article>`, which says who wrote it and when (HTML Living Standard, 4.3.8), also in a box of
    its head (Movable Type), or what TYPO3's news have in its place: `<div class="footer">` right in an item that is an article,
    between headline and text."""
    parent = node.parent
    if parent is None:
        return False
    if node.tag == "footer":
        return next((up.tag for up in upwards(parent, MAX_ANCESTORS) if up.tag in _SECTIONS), "") == "article"
    is_foot = (node.attributes.get("class") or "").split() == ["footer"]
    return is_foot and _ARTICLE_ITEM.search(parent.attributes.get("itemtype") or "") is not None


def aside(node: LexborNode, *, near: bool = False, own: Set[int] = frozenset()) -> bool:
    """Whether a node stands in comments, a sidebar, a footer or a list of teasers.

    Near the headline (`near`) only classes and IDs tell it, not tags: themes wrap the date below a headline in
    `<aside>`. The elements that hold the headline (`own`, see `ancestors_of`) are the post, whatever their classes say of its
    layout: "has-sidebar", "header-footer-group". A foot right in the `<article>` of the headline is the post's own, whatever it is
    called: "meta-footer", "card-footer".
    """
    is_aside = is_foot = False
    for up in upwards(node, MAX_ANCESTORS):
        if up.mem_id in own:
            return is_aside or (is_foot and up.tag != "article")
        attributes = up.attributes
        if up.tag == "article" and "comment" in (attributes.get("class") or "").split():
            continue  # a comment below others in a box for comments (Drupal), or else a post of the section "comment"
        if up.tag in ("body", "html", "article", "main"):
            return is_aside or is_foot
        names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}" if attributes else " "
        if _IN_SIDEBAR in names:
            return False
        if up.tag == "footer" and _is_foot_of_article(up):
            names = _FOOT_WORD.sub("", names)  # Kirby's "note-footer" says no more than the element
        says_aside = names.strip() != "" and _says_aside(names)
        says_aside = says_aside and not (up.tag == "div" and _is_foot_of_article(up))
        if own and says_aside and not _says_aside(_FOOT_WORD.sub("", names)):
            is_foot, says_aside = True, False
        if says_aside or (
            not near
            and up.tag in _ASIDE_TAGS
            and not _POST_FOOT.search(names)
            and not _is_foot_of_article(up)
        ):
            is_aside = True
            if _IN_MENU_OF_SIDEBAR not in names:
                return True
    return is_aside or is_foot
