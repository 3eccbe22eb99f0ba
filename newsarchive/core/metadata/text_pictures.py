"""Finds the first picture among the paragraphs of the text → claim, for a page whose picture neither its head nor a figure names.

Old blogs and small sites write `<p><img src="ferry.jpg"></p>` and nothing else. The element that holds most paragraphs of the text holds
its pictures too; buttons, faces and advertisements there are left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsarchive.core.metadata.claims import Claim, Place, Source
from newsarchive.core.metadata.elements import absolute, upwards
from newsarchive.core.metadata.other_posts import OtherPosts
from newsarchive.core.metadata.pictures import picture_sources
from newsarchive.core.metadata.standing import aside
from newsarchive.core.text.normalise import key
from newsarchive.core.urls import parts_of, same_site
from newsarchive.items import Block

#: Letters by which a paragraph of the text is found in the page; a shorter paragraph may stand on it twice.
MIN_LETTERS = 40
#: Paragraphs of the text that are looked for; later ones are not.
MAX_PARAGRAPHS = 40
#: Paragraphs of the page among which they are looked for; later ones are not.
MAX_SEARCHED = 400
#: Pictures that are looked at; later ones are not.
MAX_PICTURES = 15
#: Pixels of a picture's width, where it is stated; a smaller one is a button or a face.
MIN_WIDTH = 150
#: Pixels of its height, in the same way.
MIN_HEIGHT = 100
#: Elements above a picture among which a link is looked for.
MAX_ELEMENTS_TO_LINK = 3
#: Signs of pictures that are none of the text: in their address, class and text.
_OTHER = re.compile(
    r"avatar|emoji|smil(?:e|ies|ey)|icon|logo|badge|button|banner|sprite|pixel|spacer|paywall|signature|author|profile|byline|"
    r"/(?:plugins|themes)/|(?:^|[/_.-])(?:ads?|adserver|share|rat(?:e|ing)\w*|stars?|more|print|heading)[/_.-]|\.svg$",
    re.IGNORECASE,
)
_PIXELS = re.compile(r"\s*(\d{1,5})(?:px)?\s*")
_PICTURE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)$", re.IGNORECASE)


def first_in_text(
    tree: LexborHTMLParser, blocks: Sequence[Block], url: str, other_posts: OtherPosts
) -> Iterator[Claim]:
    """The first picture in the element that holds most paragraphs of the text, which are the `blocks` labelled `body`."""
    holder = _holder(tree, blocks)
    for image in holder.css("img")[:MAX_PICTURES] if holder is not None else ():
        addresses = picture_sources(image)
        if addresses and _is_of_text(image, addresses[0], url) and not other_posts.holds(image):
            yield Claim("image", addresses[0], Source(Place.FIGURE))
            return


def _holder(tree: LexborHTMLParser, blocks: Sequence[Block]) -> LexborNode | None:
    texts = (key(b.text) for b in blocks if b.label == "body" and b.kind == "paragraph")
    beginnings = [text[:MIN_LETTERS] for text in texts if len(text) >= MIN_LETTERS][:MAX_PARAGRAPHS]
    wanted = set(beginnings)
    found: Counter[int] = Counter()
    holders: dict[int, LexborNode] = {}
    for paragraph in tree.css("p")[:MAX_SEARCHED] if len(wanted) > 1 else ():
        parent = paragraph.parent
        if parent is not None and key(paragraph.text(deep=True)[: MIN_LETTERS * 4])[:MIN_LETTERS] in wanted:
            found[parent.mem_id] += 1
            holders[parent.mem_id] = parent
    best = found.most_common(1)
    return holders[best[0][0]] if best and best[0][1] > 1 else None


def _is_of_text(image: LexborNode, address: str, url: str) -> bool:
    attributes = image.attributes
    if address.casefold().endswith(".gif") and not _PIXELS.fullmatch(attributes.get("width") or ""):
        return False
    for name, least in (("width", MIN_WIDTH), ("height", MIN_HEIGHT)):
        stated = _PIXELS.fullmatch(attributes.get(name) or "")
        if stated and int(stated[1]) < least:
            return False
    names = (address.split("?", 1)[0], attributes.get("class") or "", (attributes.get("alt") or "")[:40])
    if any(_OTHER.search(name) for name in names) or aside(image, near=True):
        return False
    link = next((up for up in upwards(image.parent, MAX_ELEMENTS_TO_LINK) if up.tag == "a"), None)
    leads = absolute(link.attributes.get("href") or "", url) if link is not None else ""
    return not leads or same_site(leads, url) or _PICTURE_FILE.search(parts_of(leads).path) is not None
