"""What stands around the article: its path through the site, its tags, its picture → claims.

Breadcrumbs (schema.org BreadcrumbList, and lists that themes name so), links with `rel=category` and `rel=tag`
(microformats.org), `<figure>` with caption and credit, boxes that ask for a subscription.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from selectolax.lexbor import LexborNode

from newsarchive.core.metadata.claims import Claim
from newsarchive.core.metadata.elements import Mark, text_of
from newsarchive.core.metadata.markup import aside
from newsarchive.core.metadata.sources import Place, Source
from newsarchive.core.text.normalise import key
from newsarchive.core.urls import parts_of
from newsarchive.items import Block, DecidedBy

#: Longest name of a section or tag, and most figures looked at.
_LONGEST, _FIGURES = 60, 10
_CREDIT_CLASS = (
    '[class*="credit" i],[class*="copyright" i],[class*="photographer" i],[itemprop~="creditText"]'
)
#: "Photo: Jane Doe", "(Foto: dpa)", "© Jane Doe / Harbour Post" at the end of a caption; a sentence behind it is none.
_CREDIT = re.compile(
    r"(?:^|[\s(|.–-])((?:photos?|fotos?|images?|bild(?:er)?|pictures?|credits?|crédits?|photographs?|imagen|zdjęcie|фото|写真|图)"
    r"(?:credits?|nachweis| by| credit)?\s*[:：/]\s*|©\s*)((?:(?!(?<=\w{3})\. \w)[^()|\n]){2,80})\)?\s*$",
    re.IGNORECASE,
)
#: "Photo: Federal Archive, image 183-8100 (via Wikipedia), CC BY-SA": a credit however long, and no sentence behind it.
_OPENS = re.compile(
    r"(?:photos?|fotos?|bild(?:er)?|credits?|crédits?|фото|写真)(?:credits?|nachweis| by| credit)?\s*[:：]\s*((?:(?!(?<=\w{3})\. \w).){2,200})",
    re.IGNORECASE,
)
#: "Harbour Post / Jane Doe": a caption of names with strokes between them and nothing else.
_ONLY_CREDIT = re.compile(r"[A-ZÀ-Þ][^.!?,;:/]{1,30}(?: ?/ ?[A-ZÀ-Þ][^.!?,;:/]{1,30}){1,2}")
_LOGO = re.compile(
    r"(?<![a-z])logos?(?![a-z])|place-?holder|default[-_]?(?:image|img|social|share|og|thumb)|(?:^|[-_.])favicon",
    re.IGNORECASE,
)
#: Where WordPress keeps the posts of one category.
_CATEGORY = re.compile(r"/category/[^/?#]|[?&]cat=\d", re.IGNORECASE)
#: What captions hold, and alternative texts hardly.
_SENTENCE = re.compile(r"[.!?:()©]")
#: What pictures for sharing are named, and what else stands in such names.
_SHARING = frozenset(
    [
        "social",
        "share",
        "sharing",
        "og",
        "ogp",
        "ogimage",
        "opengraph",
        "facebook",
        "fb",
        "twitter",
        "fallback",
    ]
)
_CARD = frozenset(
    [
        "image",
        "img",
        "card",
        "wide",
        "default",
        "preview",
        "banner",
        "cover",
        "thumb",
        "thumbnail",
        "pic",
        "picture",
        "new",
        "generic",
        "media",
        "home",
        "homepage",
    ]
)
_SOURCES = ("src", "data-src", "data-lazy-src", "data-original")


def sections(marks: Sequence[Mark], title: str) -> Iterator[Claim]:
    """The last link of the breadcrumb that is not the page itself (its `title`), the first category, and all tags of the
    post itself.

    Themes made of blocks mark categories as tags, too: WordPress's own class or address tells them apart.
    """
    crumbs = False
    beside: LexborNode | None = None
    for mark in marks:
        rel = (mark.attributes.get("rel") or "").casefold().split()
        if "tag" in rel or "category" in rel:
            if aside(mark.node, near=True):
                continue
            group = mark.node.parent
            is_section = "category" in rel or _is_category(mark, group)
            field = "article_section" if is_section else "keywords"
            if field == "keywords" and beside is None:
                beside = group
            if field == "article_section" or group is None or _same_group(group, beside):
                yield from _named(field, text_of(mark.node), Place.CATEGORY if is_section else Place.TAG)
        elif not crumbs and "breadcrumb" in mark.names.casefold():
            path = [text_of(a) for a in mark.node.css("a") if not _leads_home(a)]
            path = [text for text in path if text and key(text) != key(title)]
            crumbs = bool(path)
            yield from _named("article_section", path[-1] if path else "", Place.CRUMBS)


def _is_category(mark: Mark, group: LexborNode | None) -> bool:
    names = (group.attributes.get("class") or "") if group is not None else ""
    return "taxonomy-category" in names or _CATEGORY.search(mark.attributes.get("href") or "") is not None


def _same_group(group: LexborNode, other: LexborNode | None) -> bool:
    """Tags of one post share a parent or, as list items, a grandparent; those of teasers do not."""
    if other is None or group.mem_id == other.mem_id:
        return True
    up, across = group.parent, other.parent
    return up is not None and across is not None and group.tag == "li" and up.mem_id == across.mem_id


def _named(field: str, text: str, place: Place) -> Iterator[Claim]:
    if 1 < len(text) <= _LONGEST:
        yield Claim(field, text.lstrip("#"), Source(place))


def _leads_home(link: LexborNode) -> bool:
    parts = parts_of((link.attributes.get("href") or "").strip()[:500])
    return parts.path in ("", "/", "index.html", "/index.html")


def pictures(marks: Sequence[Mark], main: Sequence[str]) -> Iterator[Claim]:
    """Picture, caption and credit of the figure that shows one of the `main` pictures, else of the first one.

    `main` are the addresses that the page's head gives; sizes of one picture differ in the end of its name.
    """
    figures = [m for m in marks if m.tag == "figure" and not aside(m.node, near=True)][:_FIGURES]
    names = {_stem(url) for url in main} - {""}
    same = [m for m in figures if names & {_stem(s) for s in _addresses(m.node)}]
    for mark in same[:1] or ([] if names else figures[:1]):
        addresses = _addresses(mark.node)
        if not addresses:
            continue
        yield Claim("image", addresses[0], Source(Place.FIGURE))
        caption = mark.node.css_first("figcaption")
        text = text_of(caption, 600) if caption is not None else ""
        credit, text = _credit(mark.node, text)
        yield Claim("image_caption", text, Source(Place.FIGURE))
        yield Claim("image_credit", credit, Source(Place.FIGURE))


def of_the_site(address: str, site: str = "") -> bool:
    """Whether a picture is the site's own, that every page without one shows: a logo, a placeholder, a card for sharing
    that names nothing but the `site` (the words of its host).

    >>> of_the_site("https://rust.example/og/rust-social-wide.jpg", "blog.rust.example")
    True
    >>> of_the_site("https://rust.example/og/ferry-social-wide.jpg", "blog.rust.example")
    False
    """
    name = address.split("?", 1)[0].rsplit("/", 1)[-1]
    if _LOGO.search(name):
        return True
    words = [w for w in re.split(r"[^a-z]+", name.rsplit(".", 1)[0].casefold()) if w]
    shared = "." in name and any(w in _SHARING for w in words)
    return shared and all(
        w in _SHARING or w in _CARD or len(w) == 1 or (len(w) > 2 and w in site) for w in words
    )


def is_caption(text: str, blocks: Sequence[Block]) -> bool:
    """Whether what JSON-LD gives as a caption is one: plugins write the alternative text there, which is a few words
    that readers do not see."""
    return bool(_SENTENCE.search(text)) or any(
        text in block.text for block in blocks[:1000] if "caption" in (block.kind, block.label)
    )


def _addresses(figure: LexborNode) -> list[str]:
    image = figure.css_first("img")
    values = [(image.attributes.get(name) or "").strip() for name in _SOURCES] if image is not None else []
    return [v for v in values if v and not v.startswith("data:")]


def _stem(url: str) -> str:
    """`/a/ferry-1024x768.jpg?w=3` and `/b/ferry-scaled.jpg` are both `ferry`.

    >>> _stem("https://blog.example/a/ferry-1024x768.jpg?w=3")
    'ferry'
    """
    name = url.split("?", 1)[0].rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return re.sub(r"-(?:\d+x\d+|scaled|e\d{8,})$", "", name)


def _credit(figure: LexborNode, caption: str) -> tuple[str, str]:
    """The credit and what is left of the caption."""
    marked = figure.css_first(_CREDIT_CLASS)
    found = text_of(marked) if marked is not None else ""
    if found:
        return _plain_credit(found), caption.removesuffix(found).rstrip(" |–-(")
    return split_credit(caption)


def split_credit(caption: str) -> tuple[str, str]:
    """The credit at the end of a caption, "" if there is none, and what is left of the caption.

    >>> split_credit("The ferry returns. Photo: Jane Doe")
    ('Jane Doe', 'The ferry returns.')
    >>> split_credit("Harbour Post / Jane Doe")
    ('Harbour Post / Jane Doe', '')
    """
    if _ONLY_CREDIT.fullmatch(caption):
        return caption, ""
    if match := _OPENS.fullmatch(caption):
        return _plain_credit(match[1]), ""
    match = _CREDIT.search(caption)
    if match is None:
        return "", caption
    return _plain_credit(match[2].strip(" .)")), caption[: match.start()].rstrip(" |–-(")


def _plain_credit(text: str) -> str:
    """A credit without its labels, of which there may be two: "© Foto: Jane Doe"."""
    for _ in range(2):
        if match := _CREDIT.fullmatch(text):
            text = match[2].strip(" .)")
    return text.strip(" ()")


def access(blocks: Sequence[Block]) -> Iterator[Claim]:
    """A box named for a paywall that readers see says that the article is not free."""
    boxes = [b for b in blocks[:1000] if "paywall" in b.path]
    if any(len(b.text) > 20 and b.decided_by != DecidedBy.HIDDEN for b in boxes):
        yield Claim("is_accessible_for_free", "false", Source(Place.PAYWALL))
