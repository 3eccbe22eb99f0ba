"""Read the picture of an article, with its caption and its credit → claims.

`<figure>` holds the picture with caption and credit; WordPress's classic themes and SPIP print it elsewhere, and old blogs among the
paragraphs of the text. The head of a page may name a logo, a card for sharing or a counter of visits in its place: those are no
picture of an article.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsarchive.core.html.markup import upwards
from newsarchive.core.html.parsing import MAX_NESTED_TAGS
from newsarchive.core.metadata import captions
from newsarchive.core.metadata.claims import Claim, Place, Source
from newsarchive.core.metadata.elements import Mark, absolute, address_of, text_of
from newsarchive.core.metadata.other_posts import OtherPosts
from newsarchive.core.metadata.standing import ancestors_of, aside
from newsarchive.core.text.normalise import key
from newsarchive.core.text.patterns import words_of
from newsarchive.core.urls import parts_of, same_site
from newsarchive.items import Block, Candidate
from newsarchive.rules import Rules

#: Blocks of a page that are searched for captions; later ones are not read.
MAX_SEARCHED_BLOCKS = 1000
#: Figures of a page, and pictures of a figure, that are looked at; later ones are not.
MAX_FIGURES = 10
#: Characters of a set of sizes; the rest is not read.
MAX_SRCSET_CHARACTERS = 4000
_LOGO = re.compile(
    r"(?<![a-z])logos?(?![a-z])|place-?holder|default[-_]?(?:image|img|social|share|og|thumb)|(?:^|[-_.])favicon|apple-touch|android-chrome|"
    r"(?:^|[-_])default\d?\.\w+$|^(?:blank|spacer|pixel|trans|transparent|1x1|(?:pre|lazy)?load(?:er|ing)?|ajax-loader|clear|dot|grey|gray|no[-_]?(?:image|photo|pic|picture)|image[-_]?not[-_]?(?:found|available))\.\w+$",
    re.IGNORECASE,
)
#: An address that names more than a host, or one inside the site.
_WITH_PATH = re.compile(r"(?:https?:)?//[^/?]+[/?]+.|(?!(?:https?:)?//)", re.IGNORECASE)
#: A face, or the icon of a blog, which WordPress.com declares as the picture of a post without one; a picture of the theme (WordPress,
#: Drupal, Pelican), or one that its owner cut out for its header or icon ("cropped-harbour.png"); the sign of a licence, but no picture
#: of a post of Creative Commons' own.
_OF_SITE = re.compile(
    r"//(?:[\w-]+\.)?gravatar\.com/|//(?:i|mirrors)\.creativecommons\.org/|//(?:www\.)?creativecommons\.org/images/|/avatars?/|/wp-content/themes/|/wp-content/uploads/(?:[^/]+/)*cropped-[^/]*$|/themes/(?:custom|contrib)/|/theme(?:_static)?/",
    re.IGNORECASE,
)
#: The folder of logos, right above the picture: "images/logo", "og_image_logo". SPIP keeps the pictures of articles in one, too; a
#: site's logo has a word of its host in its name.
_LOGO_FOLDER = re.compile(r"(?<![a-z])logos?$", re.IGNORECASE)
#: A word in the name of a picture, with a number behind it: "default2". Digits before letters are part of a hash or a size.
_WORD_OF_NAME = re.compile(r"(?<![a-z0-9])([a-z]+)\d*(?![a-z0-9])")
#: The folder of one post: it ends in a number that is no year, or in a title ("/a-ferry-returns-home"). There "share.jpg" is
#: the post's picture.
_OF_POST = re.compile(r"(?<!\d)(?!(?:19|20)\d\d(?!\d))\d{4,}[^/]*$|/[^/]+-[^/-]+-[^/-]+-[^/-]+$")
_OPEN_GRAPH = re.compile(r"open-graph", re.IGNORECASE)
#: Letters of a word in the name of a picture for sharing. Shorter ones, such as a version or initials, say nothing of a post.
MIN_WORD_LETTERS = 3
#: Signs that captions contain, and alternative texts hardly ever.
_SENTENCE = re.compile(r"[.!?:()©]")
#: Words in the names of pictures for sharing.
_SHARING = frozenset((
    "social", "share", "sharing", "shareimage", "og", "ogp", "ogimage", "opengraph", "facebook", "fb", "twitter", "fallback",
    "subscribe",
))  # fmt: skip
#: Other words in the names of such pictures.
_CARD = frozenset((
    "image", "img", "card", "wide", "default", "preview", "banner", "cover", "thumb", "thumbnail", "pic", "picture",
    "new", "generic", "primary", "media", "home", "homepage", "graphic", "icon", "link", "photo", "site", "online", "standard", "unfurling",
))  # fmt: skip
#: Attributes of `<img>` that hold its address. Where a script loads the picture, `src` is a placeholder.
_SRC_NAMES = ("data-src", "data-lazy-src", "data-original", "src")
#: Attributes of `<img>` and `<source>` that hold addresses of one picture in several sizes.
_SRCSET_NAMES = ("data-srcset", "data-lazy-srcset", "srcset")
#: The elements of a figure that show a picture, in `<noscript>` also behind the placeholder of one that a script loads.
_SHOWN = "img,amp-img,picture source"
#: Pictures that are called a logo, or stand in what is called so. `custom-logo` is WordPress's. Without a link to a front page, the
#: logo may be what a post speaks of.
_SHOWN_LOGOS = 'a[href] img[alt="logo" i],a[href] img[class~="logo" i],img.custom-logo,a[class~="logo" i] img,[id="logo" i] img'
#: Links to the pictures that stand for the site in tabs and bookmarks. An icon without a size may be the post's picture (La Stampa).
_ICONS = (
    'link[rel~="icon" i][sizes],link[rel~="apple-touch-icon" i],link[rel~="apple-touch-icon-precomposed" i]'
)
#: What parts the addresses of such a set: "ferry-300.jpg 300w, ferry-600.jpg 600w". An address may hold commas itself.
_BETWEEN_SIZES = re.compile(r",\s+|(?<=\d[wx]),")
#: The width or density behind an address.
_SIZE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)[wx]")
#: Letters by which a paragraph of the text is found in the page; a shorter paragraph may stand on it twice.
MIN_PARAGRAPH_LETTERS = 40
#: Paragraphs of the text that are looked for; later ones are not.
MAX_TEXT_PARAGRAPHS = 40
#: Paragraphs of the page among which they are looked for; later ones are not.
MAX_PAGE_PARAGRAPHS = 400
#: Pictures that are looked at; later ones are not.
MAX_TEXT_PICTURES = 15
#: Pixels of a picture's width, where it is stated; a smaller one is a button or a face.
MIN_TEXT_PICTURE_WIDTH = 150
#: Pixels of its height, in the same way.
MIN_TEXT_PICTURE_HEIGHT = 100
#: Pictures that a program's templates mark as that of the post: WordPress's, and Drupal's and Backdrop's.
_FEATURED = "img.wp-post-image,.field-name-field-image img,.field--name-field-image img"
#: Elements between such a picture and one that holds its caption, too.
MAX_ELEMENTS_TO_CAPTION = 3
#: Paragraphs of such an element; with more it holds text.
MAX_PARAGRAPHS_OF_CAPTION = 2
#: Letters of a headline that the alternative text of a picture repeats; a shorter one may stand there by chance.
MIN_TITLE_LETTERS = 6
#: Characters of an alternative text that are read.
MAX_ALT_CHARS = 400
#: Nodes behind a headline among which a picture is looked for; later ones are not.
MAX_STEPS_BELOW_HEADING = 12
#: Pictures of a page among which that of the head, or of the headline, is looked for; later ones are not.
MAX_SHOWN_PICTURES = 60
#: Elements around a picture among which its caption is looked for; later ones are not.
MAX_CAPTION_BOXES = 20
#: Elements above a picture among which a link is looked for.
MAX_ELEMENTS_TO_LINK = 3
#: Elements around such a link among which the title of another post is looked for.
MAX_ELEMENTS_TO_TITLE = 2
#: Titles in such an element; later ones are not looked at.
MAX_TITLES = 10
_TITLES = "h1 a[href],h2 a[href],h3 a[href],h4 a[href],h5 a[href],h6 a[href]"
#: Signs of pictures that are none of the text: in their address, class and text.
_OUTSIDE_TEXT = re.compile(
    r"avatar|emoji|smil(?:e|ies|ey)|icon|logo|badge|button|banner|sprite|pixel|spacer|paywall|signature|author|profile|byline|"
    r"/(?:plugins|themes)/|(?:^|[/_.-])(?:ads?|adserver|share|rat(?:e|ing)\w*|stars?|more|print|heading)[/_.-]|\.svg$|(?:^|/)track(?:er|ing)?(?=[/.]|$)",
    re.IGNORECASE,
)
#: The box of a person, whose picture is a face.
_PERSON_BOX = re.compile(
    r"(?<![a-z])(?:authors?|by-?line|bio|avatar|profile|v-?card|reporter|writer)(?![a-z])", re.IGNORECASE
)
#: Elements around a picture of which one may be such a box.
MAX_STEPS_TO_PERSON = 2
_PIXELS = re.compile(r"\s*(\d{1,5})(?:px)?\s*")
#: Width or height in an inline style, in pixels or in heights of a line: "width:1px;height:1px" of a picture that counts readers.
_STYLED = {
    name: re.compile(rf"(?:^|;)\s*{name}\s*:\s*(\d{{1,5}})(?:\.\d+)?(px|r?em)", re.IGNORECASE)
    for name in ("width", "height")
}
#: Pixels of the height of a line (CSS `em`), as browsers set it.
EM_PIXELS = 16
#: The size in the name of a picture that WordPress made smaller: "ferry-108x70.jpg".
_SIZE_OF_NAME = re.compile(r"-(\d{2,4})x\d{2,4}(?=\.\w{3,4}$)")
#: Pixels of the width of a thumbnail.
MAX_THUMBNAIL_WIDTH = 300
_PICTURE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)$", re.IGNORECASE)


def heading_picture(heading: Mark | None) -> Iterator[Claim]:
    """The picture of an article that SPIP's templates print in the heading with the headline. Where the article has none, older
    versions print the picture of its section there, "rubon4.jpg", which is not taken."""
    if heading is None or heading.node.css_first(".spip_logo,.spip_logos") is None:
        return
    for address in _addresses(heading.node)[:1]:
        if not address.rpartition("/")[2].startswith("rubon"):
            yield Claim("image", address, Source(Place.FIGURE))


def featured_picture(
    tree: LexborHTMLParser, heading: Mark | None, other_posts: OtherPosts
) -> Iterator[Claim]:
    """The picture that WordPress's author set for the post, which classic themes print outside of a `<figure>`, or that of the field
    for pictures in Drupal and Backdrop. Pictures of other posts have the same class: they stand in links, in lists of posts, or in another `<article>` than the headline.

    Earns one picture on 1,282 real pages, and those of a blog with Understrap whose API is off.
    """
    if heading is None:
        return
    around = ancestors_of(heading)
    for image in tree.css(_FEATURED)[:MAX_FIGURES]:
        holders = upwards(image.parent, MAX_NESTED_TAGS)
        up = next(
            (
                up
                for up in holders
                if up.tag in ("article", "body") or (up.tag == "a" and not _shows_itself(up))
            ),
            None,
        )
        # Drupal 7 and Backdrop print the headline above the `<article>` that holds the whole post.
        is_own = up is not None and (
            up.mem_id in around or "view-mode-full" in (up.attributes.get("class") or "")
        )
        is_others = up is not None and (up.tag == "a" or (up.tag == "article" and not is_own))
        if not (is_others or aside(image, near=True) or other_posts.holds(image)):
            for address in picture_sources(image)[:1]:
                yield Claim("image", address, Source(Place.FIGURE))
            return


def _shows_itself(link: LexborNode) -> bool:
    """Whether a link leads to a picture: themes open the picture of the post in a window of its own."""
    return _PICTURE_FILE.search(parts_of(link.attributes.get("href") or "").path) is not None


def picture_claims(marks: Sequence[Mark], head_images: Sequence[str], url: str) -> Iterator[Claim]:
    """Picture, caption and credit of the figure that shows one of the head's pictures, else of the first figure that is no thumbnail of
    another post.

    `head_images` are addresses, `url` is the page's. The sizes of one picture differ in the end of its name. A figure that holds figures, as WordPress'
    galleries do, shows no picture by itself.
    """
    own = (m for m in marks if m.tag == "figure" and not aside(m.node, near=True))
    figures = list(islice((m for m in own if len(m.node.css("figure")) == 1), MAX_FIGURES))
    names = {_stem(url) for url in head_images} - {""}
    same = [m for m in figures if names & {_stem(s) for s in _addresses(m.node)}]
    first = [] if same or names else [next((m for m in figures if not _shows_another(m.node, url)), None)]
    for mark in filter(None, same[:1] or first):
        addresses = _addresses(mark.node)
        if not addresses:
            continue
        shown = next((a for a in addresses if _stem(a) in names), addresses[0])
        yield Claim("image", shown, Source(Place.FIGURE))
        yield from captions.of_figure(mark.node)


def caption_beside(tree: LexborHTMLParser, head_images: Sequence[str]) -> Iterator[Claim]:
    """Caption and credit of a picture of the head that stands in no `<figure>`: the text of a box beside it whose class says so, or of a
    `<figcaption>` there."""
    names = {_stem(one) for one in head_images} - {""}
    images = tree.css("img")[:MAX_SHOWN_PICTURES] if names else ()
    named = (i for i in images if any(name in (v or "") for v in i.attributes.values() for name in names))
    shown = (i for i in named if names & {_stem(a) for a in picture_sources(i)} and not aside(i, near=True))
    for image in islice(shown, MAX_FIGURES):
        for up in upwards(image.parent, MAX_ELEMENTS_TO_CAPTION):
            if up.tag in ("body", "figure"):
                break
            if len(up.css("img")) > 1 or len(up.css("p")) > MAX_PARAGRAPHS_OF_CAPTION:
                break
            for box in up.css("figcaption,[class]")[:MAX_CAPTION_BOXES]:
                if captions.is_caption_box(box) and text_of(box, captions.MAX_CAPTION_CHARS):
                    yield from captions.claims(box, up)
                    return


def first_in_text(
    tree: LexborHTMLParser, blocks: Sequence[Block], url: str, other_posts: OtherPosts
) -> Iterator[Claim]:
    """The first picture in the element that holds most paragraphs of the text, which are the `blocks` labelled `body`. Old blogs and
    small sites write `<p><img src="ferry.jpg"></p>` and nothing else. Buttons, faces and advertisements there are left out."""
    holder = _holder(tree, blocks, "paragraph") or _holder(tree, blocks, "paragraph", "list_item")
    return _first_of_text(holder.css("img") if holder is not None else (), url, other_posts)


def named_picture(tree: LexborHTMLParser, title: str, url: str, other_posts: OtherPosts) -> Iterator[Claim]:
    """The picture whose alternative text holds the headline `title`, as many templates write it: `<img alt="The ferry returns">`."""
    folded = key(title)
    for image in tree.css("img[alt]")[:MAX_SHOWN_PICTURES] if len(folded) >= MIN_TITLE_LETTERS else ():
        if folded not in key((image.attributes.get("alt") or "")[:MAX_ALT_CHARS]):
            continue
        addresses = picture_sources(image)
        size = _SIZE_OF_NAME.search(addresses[0]) if addresses else None
        if not addresses or (size is not None and int(size[1]) <= MAX_THUMBNAIL_WIDTH):
            continue
        if _is_of_text(image, addresses[0], url) and not other_posts.holds(image):
            yield Claim("image", addresses[0], Source(Place.FIGURE))
            return


def above_text(
    tree: LexborHTMLParser, blocks: Sequence[Block], heading: Mark | None, url: str, other_posts: OtherPosts
) -> Iterator[Claim]:
    """The picture of a post that its theme prints between headline and text, or right above the headline, outside of a `<figure>` and
    without a mark. It stands in the closest element that holds headline and text; where that is the whole page, none is taken, for its
    head has other pictures."""
    holder = _holder(tree, blocks, "paragraph")
    if heading is not None and holder is None:  # a text without paragraphs
        yield from _below_heading(heading, url, other_posts)
    own = ancestors_of(heading) if heading is not None and holder is not None else frozenset()
    both = next((up for up in upwards(holder, MAX_NESTED_TAGS) if up.mem_id in own), None)
    if heading is None or holder is None or both is None or both.tag in ("body", "html", "main"):
        return
    before: list[LexborNode] = []
    after: list[LexborNode] = []
    place = before
    for node in both.css(f"img,p,{heading.tag}")[:MAX_PAGE_PARAGRAPHS]:
        if node.mem_id == heading.node.mem_id:
            place = after
        elif node.tag == "img":
            place.append(node)
        elif node.parent is not None and node.parent.mem_id == holder.mem_id:
            break
    yield from _first_of_text([*after, *reversed(before)], url, other_posts)


def _first_of_text(images: Iterable[LexborNode], url: str, other_posts: OtherPosts) -> Iterator[Claim]:
    for image in islice(images, MAX_TEXT_PICTURES):
        addresses = picture_sources(image)
        if addresses and _is_of_text(image, addresses[0], url) and not other_posts.holds(image):
            yield Claim("image", addresses[0], Source(Place.FIGURE))
            return


def _below_heading(heading: Mark, url: str, other_posts: OtherPosts) -> Iterator[Claim]:
    """The first picture that stands behind the headline in the same box and holds no text."""
    after = heading.node.next
    for _ in range(MAX_STEPS_BELOW_HEADING):
        if after is None:
            return
        images = [after] if after.tag == "img" else after.css("img")[:1] if after.tag != "-text" else []
        if images and not (after.text(deep=True) or "").strip():
            addresses = picture_sources(images[0])
            if addresses and _is_of_text(images[0], addresses[0], url) and not other_posts.holds(images[0]):
                yield Claim("image", addresses[0], Source(Place.FIGURE))
            return
        after = after.next


def _holder(tree: LexborHTMLParser, blocks: Sequence[Block], *kinds: str) -> LexborNode | None:
    """The element that holds most of the blocks of these kinds; `None` where none holds two."""
    letters = MIN_PARAGRAPH_LETTERS
    texts = (key(b.text) for b in blocks if b.label == "body" and b.kind in kinds)
    wanted = set(islice((text[:letters] for text in texts if len(text) >= letters), MAX_TEXT_PARAGRAPHS))
    found: Counter[int] = Counter()
    holders: dict[int, LexborNode] = {}
    for paragraph in (
        tree.css("p,li" if "list_item" in kinds else "p")[:MAX_PAGE_PARAGRAPHS] if len(wanted) > 1 else ()
    ):
        parent = paragraph.parent
        if parent is not None and paragraph.tag == "li":
            parent = parent.parent
        if parent is not None and key(paragraph.text(deep=True)[: letters * 4])[:letters] in wanted:
            found[parent.mem_id] += 1
            holders[parent.mem_id] = parent
    best = found.most_common(1)
    return holders[best[0][0]] if best and best[0][1] > 1 else None


def _is_of_text(image: LexborNode, address: str, url: str) -> bool:
    attributes = image.attributes
    if address.casefold().endswith(".gif") and not _PIXELS.fullmatch(attributes.get("width") or ""):
        return False
    sizes = ("width", MIN_TEXT_PICTURE_WIDTH), ("height", MIN_TEXT_PICTURE_HEIGHT)
    if any(_pixels(image, name) < least for name, least in sizes):
        return False
    parts = parts_of(address)
    # A front page is no picture, nor is "https://heron.example/?republication-pixel=true&post=7".
    if not parts.path.strip("/") and (not parts.query or "republication-pixel" in parts.query):
        return False
    names = (address.split("?", 1)[0], attributes.get("class") or "", (attributes.get("alt") or "")[:40])
    if any(_OUTSIDE_TEXT.search(name) for name in names) or aside(image, near=True):
        return False
    boxes = (up.attributes.get("class") or "" for up in upwards(image.parent, MAX_STEPS_TO_PERSON))
    if any(map(_PERSON_BOX.search, boxes)):
        return False
    link = next((up for up in upwards(image.parent, MAX_ELEMENTS_TO_LINK) if up.tag == "a"), None)
    leads = address_of(link, url)
    if link is not None and leads and _is_teaser(link, leads, url):
        return False
    return not leads or same_site(leads, url) or _PICTURE_FILE.search(parts_of(leads).path) is not None


def _shows_another(figure: LexborNode, url: str) -> bool:
    """Whether a figure is the thumbnail of another post: a link around its picture, with the title of that post beside it."""
    link = figure.css_first("a[href]")
    leads = address_of(link, url)
    return link is not None and bool(leads) and _is_teaser(link, leads, url)


def _is_teaser(link: LexborNode, leads: str, url: str) -> bool:
    """Whether a picture's link leads to another page, to which a heading beside it leads too: the thumbnail of another post."""
    if parts_of(leads).path.rstrip("/") == parts_of(url).path.rstrip("/"):
        return False
    return any(
        address_of(title, url) == leads
        for up in upwards(link.parent, MAX_ELEMENTS_TO_TITLE)
        for title in up.css(_TITLES)[:MAX_TITLES]
    )


def _pixels(image: LexborNode, name: str) -> float:
    """The `width` or `height` that an image states, in its attribute or its style; infinite where it states none."""
    attributes = image.attributes
    if stated := _PIXELS.fullmatch(attributes.get(name) or ""):
        return int(stated[1])
    if styled := _STYLED[name].search(attributes.get("style") or ""):
        return int(styled[1]) * (1 if styled[2].casefold() == "px" else EM_PIXELS)
    return math.inf


def without_logos(
    claims: Sequence[Claim], tree: LexborHTMLParser, url: str
) -> tuple[list[Claim], list[Candidate]]:
    """The claims without a picture that the page shows as its site's logo (a linked `<img alt="logo">`, `<a class="logo"><img>`) or names as its
    icon (`<link rel=apple-touch-icon>`), and these as refused candidates. Sites declare their logo for each post without a picture. `url` is the
    page's address."""
    images = [c for c in claims if c.field == "image" and c.value]
    shown = tree.css(_SHOWN_LOGOS)[:MAX_FIGURES] if images else []
    logos = {absolute(address, url) for image in shown for address in picture_sources(image)}
    icons = tree.css(_ICONS)[:MAX_FIGURES] if images else []
    logos |= {address_of(link, url) for link in icons}
    logos.add(url)  # an empty address, which a web archive wrote out
    of_site = [c for c in images if absolute(c.value, url) in logos]
    kept = [c for c in claims if c not in of_site]
    return kept, [c.candidate(reason="the site's own picture") for c in of_site]


def without_thumbnails(claims: Sequence[Claim]) -> list[Claim]:
    """The claims without thumbnails of a picture that the page declares in its full size as well. Themes print one above what a
    plugin prints."""
    whole = {c.value for c in claims if c.field == "image"}
    return [c for c in claims if c.field != "image" or not _is_thumbnail(c.value, whole)]


def _is_thumbnail(address: str, whole: Collection[str]) -> bool:
    size = _SIZE_OF_NAME.search(address)
    return (
        size is not None
        and int(size[1]) <= MAX_THUMBNAIL_WIDTH
        and address[: size.start()] + address[size.end() :] in whole
    )


def counts_visits(address: str, rules: Rules) -> bool:
    """Whether an address is that of a picture which counts visits; plugins take the first picture of a page for that of the post."""
    host = f".{parts_of(address).hostname or ''}"
    return host.endswith(tuple(f".{name}" for name in words_of(rules, "nobody", "counter")))


def is_sites_own_picture(address: str, host: str) -> bool:
    """Whether a picture is the site's, which stands on every page without a picture: a logo, an avatar, a placeholder, a picture
    of its theme, a card for sharing whose name has no words but those of the site's `host`. An address without a path shows no picture at all.

    >>> is_sites_own_picture("https://rust.example/og/rust-social-wide.jpg", "blog.rust.example")
    True
    >>> is_sites_own_picture("https://rust.example/og/ferry-social-wide.jpg", "blog.rust.example")
    False
    >>> is_sites_own_picture("https://cdn.example/f/https%3A%2F%2Fa.example%2Fsubscribe-card.jpg%3Fv%3D6", "a.example")
    True
    """
    if not _WITH_PATH.match(address) or _OF_SITE.search(address.split("?", 1)[0]):
        return True
    folder, _, name = unquote(address.split("?", 1)[0]).split("?", 1)[0].rpartition("/")
    name = _OPEN_GRAPH.sub("opengraph", name)
    if _LOGO.search(name) or folder.casefold().endswith(("/placeholder", "/placeholders")):
        return True
    words = [m[1] for m in _WORD_OF_NAME.finditer(name.rsplit(".", 1)[0].casefold())]
    if _LOGO_FOLDER.search(folder) and any(len(w) >= MIN_WORD_LETTERS and w in host for w in words):
        return True
    for_sharing = "." in name and any(w in _SHARING for w in words) and not _OF_POST.search(folder)
    return for_sharing and all(
        w in _SHARING or w in _CARD or len(w) < MIN_WORD_LETTERS or w in host for w in words
    )


def is_caption(text: str, blocks: Sequence[Block]) -> bool:
    """Whether the caption in JSON-LD is one. Some plugins write the alternative text there, which is a few words that
    readers do not see."""
    return bool(_SENTENCE.search(text)) or any(
        text in block.text for block in blocks[:MAX_SEARCHED_BLOCKS] if "caption" in (block.kind, block.label)
    )


def _addresses(figure: LexborNode) -> list[str]:
    """The addresses of the pictures of a figure, in its order, without placeholders."""
    shown = figure.css(_SHOWN)[:MAX_FIGURES]
    return [address for image in shown for address in picture_sources(image)]


def picture_sources(image: LexborNode) -> list[str]:
    """The addresses of an `<img>` or `<source>`, without placeholders."""
    attributes = image.attributes  # a new dictionary at each look
    values = [(attributes.get(name) or "").strip() for name in _SRC_NAMES]
    values += [_largest(attributes.get(name) or "") for name in _SRCSET_NAMES]
    return [v for v in values if v and not v.startswith("data:") and not _LOGO.search(v.rpartition("/")[2])]


def _largest(sizes: str) -> str:
    """The address of the largest picture in a `srcset`; "" for none.

    >>> _largest("/ferry-300.jpg 300w, /ferry-1024.jpg 1024w")
    '/ferry-1024.jpg'
    """
    found = []
    for part in _BETWEEN_SIZES.split(sizes[:MAX_SRCSET_CHARACTERS]):
        address, *rest = part.strip(" ,").split() or [""]
        told = _SIZE.match(rest[0]) if rest else None
        found.append((float(told[1]) if told else 1.0, address))
    return max(found, key=itemgetter(0))[1]


def _stem(url: str) -> str:
    """The name of a picture without its size: "/a/ferry-1024x768.jpg?w=3" and "/b/ferry-scaled.jpg" are both "ferry".

    >>> _stem("https://blog.example/a/ferry-1024x768.jpg?w=3")
    'ferry'
    """
    name = url.split("?", 1)[0].rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return re.sub(r"-(?:\d+x\d+|scaled|e\d{8,})$", "", name)
