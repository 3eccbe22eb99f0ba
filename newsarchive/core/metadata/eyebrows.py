"""Read section and tags from the lines and links right above and below a headline → claims.

Papers print the section over the headline: `<div class="vignette"><a href="/news/harbour/">Harbour</a></div>`. What such a line is called
differs from program to program, so two other signs tell it: the link has the name of the folder that it leads to, or the same words
stand in the menu of the site. Several links of one folder are topics: `<a href="/topics/ferry">ferry</a><a href="/topics/night">night</a>`.

`marked_section` reads a link whose class says that it leads to the section, whatever its address tells: `/harbour/`, `?rubrik=3`. `chip` and
`printed_categories` read words without a link: in a small box right above the headline, in a box of a class that says so, behind an icon.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsarchive.core.html.markup import upwards
from newsarchive.core.metadata import rows, sections
from newsarchive.core.metadata.claims import Claim, Place, Source
from newsarchive.core.metadata.elements import Mark, absolute, address_of, text_of
from newsarchive.core.metadata.guessed_names import says_profile
from newsarchive.core.metadata.markup import kicker_class
from newsarchive.core.metadata.other_posts import OtherPosts
from newsarchive.core.metadata.person_names import like_a_name
from newsarchive.core.metadata.sections import MAX_SECTION_CHARS, MAX_TITLE_SECTION_WORDS, is_named_like
from newsarchive.core.metadata.standing import MAX_ANCESTORS, ancestors_of, aside, stands_in_masthead
from newsarchive.core.text import dates
from newsarchive.core.text.normalise import key
from newsarchive.core.text.patterns import words_of
from newsarchive.core.urls import is_tag, parts_of, same_site, unquoted
from newsarchive.items import Block
from newsarchive.rules import Rules

#: Blocks before the headline that are read; earlier ones belong to the page.
MAX_BLOCKS_BEFORE = 3
#: Blocks behind the headline that are read, up to the first paragraph of the text.
MAX_BLOCKS_BEHIND = 4
#: Characters of a line of details; a longer block is text.
MAX_LINE_CHARS = 160
#: Links of a block that are read; with more it is a menu.
MAX_LINKS = 6
#: Blocks of a page whose words may be those of a menu; later ones are not read.
MAX_MENU_BLOCKS = 400
#: Elements around the headline, its own included, that may not hold such a line: the line stands in a box with it.
MAX_STEPS_TO_BOX = 3
#: Elements of the path of the smallest box that may hold both: `html/body/div`.
MIN_STEPS_OF_BOX = 3
#: Folders of the address of a section; a deeper one is that of a post.
MAX_FOLDERS = 3
#: Parts of the path of a menu, and of other places whose links name no section of the post.
_MENU = re.compile(
    r"(?:^|/)nav(?=[./#]|$)|menu|navi?(?:gation|bar)?(?![a-z])|crumb|sidebar|widget|footer", re.IGNORECASE
)
#: Labels of blocks that are about other pages, or that lead elsewhere.
_ELSEWHERE = frozenset(("related", "comments", "share", "promo", "advert", "consent", "form"))
#: The folder of the topics of posts: "/topics/ferry".
_TOPICS = re.compile(
    r"/(?:topics?|temas?|themen?|themes?|sujets?|subjects?|argoment[oi]|t)/[^/?#]+/?$", re.IGNORECASE
)
#: The beginning of the path of a header of the page.
_HEADER = "html/body/header"
#: A value of an address that names what it leads to: `?rubric=Harbour`.
_VALUE = re.compile(r"[?&][\w-]{1,20}=([^&#]{2,60})")


def section(
    blocks: Sequence[Block], headline: int, url: str, people: Set[str], rules: Rules
) -> Iterator[Claim]:
    """The section that one line beside the headline names, none where several do.

    `headline` is the number of its block, `url` the address of the page, `people` are match keys of the authors.
    """
    found: dict[str, str] = {}
    for block, is_above in _beside(blocks, headline):
        linked = [(text, to) for text, to in _links(block, url) if not _is_person(text, to, people, rules)]
        is_detail = is_above or bool(dates.date_text(block.text, rules)) or len(linked) < len(block.links)
        if len(linked) == 1 and is_detail:
            text, address = linked[0]
            if _may_be_section(text) and _leads_to_section(text, address, url):
                found.setdefault(key(text), text)
        elif (
            is_above
            and not block.links
            and _may_be_section(block.text)
            and key(block.text) in _menu_words(blocks)
        ):
            found.setdefault(key(block.text), block.text)
    for text in found.values() if len(found) == 1 else ():
        yield Claim("article_section", text, Source(Place.LABELLED))


def topics(blocks: Sequence[Block], headline: int, url: str) -> Iterator[Claim]:
    """The tags that a line beside the headline links to in one folder of topics: two at least."""
    for block, _ in _beside(blocks, headline):
        found = [
            text
            for text, address in _links(block, url)
            if _TOPICS.search(address) and 1 < len(text) <= MAX_SECTION_CHARS
        ]
        if len(found) > 1:
            yield from (Claim("keywords", text.lstrip("#"), Source(Place.LABELLED)) for text in found)
            return


def _beside(blocks: Sequence[Block], headline: int) -> Iterator[tuple[Block, bool]]:
    """The short blocks right above and below the headline, without those of menus and of the text, each with whether it stands above."""
    if headline < 0:
        return
    title = blocks[headline]
    steps = title.path.split("/")
    box = "/".join(steps[: max(MIN_STEPS_OF_BOX, len(steps) - MAX_STEPS_TO_BOX)]) + "/"
    before = blocks[max(0, headline - MAX_BLOCKS_BEFORE) : headline]
    behind = blocks[headline + 1 : headline + 1 + MAX_BLOCKS_BEHIND]
    for block, is_above in (*((b, True) for b in reversed(before)), *((b, False) for b in behind)):
        if block.label == "body" and len(block.text) > MAX_LINE_CHARS:
            return
        is_line = len(block.text) <= MAX_LINE_CHARS and len(block.links) <= MAX_LINKS
        is_beside = f"{block.path}/".startswith(box) and block.label not in _ELSEWHERE
        if is_line and is_beside and not (_MENU.search(block.path) or stands_in_masthead(block, title)):
            yield block, is_above


def _links(block: Block, url: str) -> Iterator[tuple[str, str]]:
    """The links of a block to pages of the site below its front page: their texts and addresses."""
    for text, reference in block.links[:MAX_LINKS]:
        address = absolute(reference, url)
        parts = parts_of(address)
        if parts.hostname and (parts.path.strip("/") or parts.query) and same_site(url, address):
            yield text.strip().lstrip("#"), address


def _is_person(text: str, address: str, people: Set[str], rules: Rules) -> bool:
    return key(text) in people or says_profile(address.casefold(), rules) or like_a_name(text, rules)


def _may_be_section(text: str) -> bool:
    is_short = 0 < len(text.split()) <= MAX_TITLE_SECTION_WORDS and 1 < len(text) <= MAX_SECTION_CHARS
    return is_short and not any(map(str.isdigit, text)) and ":" not in text


def _leads_to_section(text: str, address: str, url: str) -> bool:
    """Whether a link has the name of the folder, or of the value, that it leads to, and the page lies in no folder of that name alone."""
    parts = parts_of(address)
    if (value := _VALUE.search(address)) is not None:
        return key(unquoted(value[1]).replace("+", " ")) == key(text)
    folder = re.sub(r"/index\.\w{3,5}$", "", unquoted(parts.path).casefold().rstrip("/"))
    return (
        0 < folder.count("/") <= MAX_FOLDERS
        and is_named_like(text, folder)
        and folder != parts_of(url).path.rstrip("/")
    )


def _menu_words(blocks: Sequence[Block]) -> set[str]:
    """Match keys of the links of menus."""
    return {
        key(text)
        for block in blocks[:MAX_MENU_BLOCKS]
        if block.links and (_MENU.search(block.path) or block.path.startswith(_HEADER))
        for text, _ in block.links
        if 1 < len(text.strip()) <= MAX_SECTION_CHARS
    }


#: Links of a page that are looked at; later ones are not.
MAX_MARKED_LINKS = 20
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


def marked_section(
    tree: LexborHTMLParser, headline: Mark | None, other_posts: OtherPosts, url: str, rules: Rules
) -> Iterator[Claim]:
    """The section that a link beside the headline leads to, where the class of the link or of its box says so: `<a class="article-section-tag"
    href="/harbour/">`, `<div class="category"><a>`. Ghost prints the first tag of a post above its headline in this way. Several such links
    are a menu or the tags."""
    around = ancestors_of(headline)
    found: list[str] = []
    for link in tree.css(_MARKED_LINKS)[:MAX_MARKED_LINKS] if around else ():
        names = f"{link.attributes.get('class') or ''} {(link.parent or link).attributes.get('class') or ''}"
        near = next((up for up in upwards(link.parent, MAX_STEPS_TO_HEAD) if up.mem_id in around), None)
        is_beside = near is not None and near.tag not in ("body", "html", "main")
        if not (is_beside and _SECTION_LINK.search(names) and sections.may_be_section(link, rules)):
            continue
        if not (
            same_site(url, address_of(link, url))
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


#: Elements that hold the headline whose neighbours may be such a box.
MAX_STEPS_TO_CHIP = 2
#: Elements above the headline that are looked at; later ones are not.
MAX_CHIPS = 40
#: Characters of a row above the headline; a longer one is a menu or prose.
MAX_ABOVE_CHARS = 120
#: The look of a small box in the classes of Tailwind CSS. Pages made with it call nothing by its name.
_LOOK = re.compile(
    r"(?:^|\s)(?:uppercase|rounded-full|tracking-wid\w+)(?:\s|$)|(?=.*(?:^|\s)rounded(?:-\w+)?(?:\s|$))(?=.*(?:^|\s)(?:bg|px)-)"
)
#: Icons of other details, and of distinctions.
_OTHER_ICON = re.compile(
    r"star|fire|bolt|crown|lock|clock|calendar|user|eye|comment|arrow|chevron|share|play|thumb", re.IGNORECASE
)
_NO_CHIPS = frozenset(("button", "time", "h1", "h2", "h3", "script", "style", "label", "option"))


def chip(headline: Mark | None, other_posts: OtherPosts, url: str, rules: Rules) -> Iterator[Claim]:
    """The section in a small box right above the headline: `<span class="badge">Harbour</span>`, none where several boxes may be it. The
    class of the box, or of the one around it, calls it a kicker or has the look of one. A link there leads to no tag, person or other site."""
    called: dict[str, str] = {}
    looking: dict[str, str] = {}
    calls, own = kicker_class(rules), ancestors_of(headline)
    nobody = words_of(rules, "bylines", "no_section")
    above = rows.beside(headline.node, MAX_STEPS_TO_CHIP, above=True) if headline is not None else ()
    for node in above:
        if node.tag in _PAGE_PARTS or not text_of(node, MAX_ABOVE_CHARS):
            continue
        for box in (node, *node.css("*")[:MAX_CHIPS]):
            text = text_of(box, MAX_SECTION_CHARS) if _is_leaf(box) else ""
            if not _may_be_section(text) or text.casefold() in nobody or like_a_name(text, rules):
                continue
            names = box.attributes.get("class") or ""
            around = box.parent if box.mem_id != node.mem_id else None
            of_both = f"{names} {(around.attributes.get('class') or '') if around is not None else ''}"
            if not (calls.search(of_both) or _LOOK.search(names)):
                continue
            if _leads_elsewhere(box, url, rules) or aside(box, near=True, own=own) or other_posts.holds(box):
                continue
            (called if calls.search(of_both) else looking)[key(text)] = text
    texts = list((called or looking).values())
    for text in texts if len(texts) == 1 else ():
        yield from sections.named_claim("article_section", text, Place.LABELLED)


#: Elements of a page that hold its menus.
_PAGE_PARTS = frozenset(("nav", "aside", "form", "header", "script", "style"))


def _is_leaf(box: LexborNode) -> bool:
    """Whether an element has text and no element with text, and no icon of another detail."""
    if box.tag in _NO_CHIPS:
        return False
    inner = box.css("*")[1:MAX_CHIPS]
    icons = " ".join(
        f"{one.attributes.get('class') or ''} {one.attributes.get('data-lucide') or ''}" for one in inner
    )
    return not any((one.text(deep=True) or "").strip() for one in inner) and not _OTHER_ICON.search(icons)


def _leads_elsewhere(box: LexborNode, url: str, rules: Rules) -> bool:
    """Whether a box is a link, or stands in one, to a tag, a person, the front page or another site."""
    link = next((up for up in upwards(box, MAX_STEPS_TO_CHIP + 1) if up.tag == "a"), None)
    address = (link.attributes.get("href") or "").strip() if link is not None else ""
    if not address or address.startswith(("#", "javascript:")):
        return False
    leads = absolute(address, url)
    is_deep = parts_of(leads).path.strip("/") != "" or parts_of(leads).query != ""
    return (
        not is_deep or is_tag(address) or not same_site(url, leads) or says_profile(address.casefold(), rules)
    )


#: Boxes that may hold the category of a post without a link. Quarto and microformats (`p-category`) call topics so.
_CATEGORY_WORDS = ",".join(
    f'[class*="{word}" i]' for word in ("categor", "kategor", "rubri", "-cat", "folder")
)
#: Their names: "post-category", "berita-kategori"; and an icon whose next text may be the category.
_CATEGORY_NAME = re.compile(
    r"(?:\S+[_-])?(?:categor(?:y|ies|ie|ia|ias)|kategori[ea]?|rubri(?:k|ka|c|ca|que|ek)|(?:post|article|entry|news)-cats?)",
    re.IGNORECASE,
)
_FOLDER_ICON = re.compile(r"(?:\S+-)?folder(?:-\w+)*", re.IGNORECASE)
#: Such boxes of a page that are looked at; later ones are not.
MAX_CATEGORY_BOXES = 20
#: Elements between such a box and one that holds the headline, too; a box further away is not beside it.
MAX_STEPS_TO_CATEGORY = 3


def printed_categories(
    tree: LexborHTMLParser, headline: Mark | None, other_posts: OtherPosts
) -> Iterator[Claim]:
    """The category of a post that is words without a link beside the headline, in a box whose class says so, or behind the icon of a folder:
    `<span class="news-list-category">Harbour</span>` (TYPO3), `<i class="fa fa-folder"></i> Harbour`."""
    around = ancestors_of(headline)
    boxes = filter(_says_category, tree.css(_CATEGORY_WORDS) if around else ())
    for box in islice(boxes, MAX_CATEGORY_BOXES):
        is_icon = _is_folder_icon(box)
        near = next((up for up in upwards(box.parent, MAX_STEPS_TO_CATEGORY) if up.mem_id in around), None)
        if near is None or near.tag in ("body", "html", "main"):
            continue
        text = rows.behind(box, 1) if is_icon else _only_text(box)
        if not 1 < len(text) <= MAX_SECTION_CHARS or sections.NUMBER.search(text):  # a day, or "5 min read"
            continue
        is_linked = any(up.tag == "a" for up in upwards(box.parent, MAX_ANCESTORS))
        if not (
            is_linked or text.endswith(":") or aside(box, near=True, own=around) or other_posts.holds(box)
        ):
            yield from sections.named_claim("article_section", text, Place.CATEGORY_LINK)
            return


#: Classes of topics, which Quarto and microformats call categories.
_OF_OTHERS = frozenset(("p-category", "quarto-category"))


def _says_category(box: LexborNode) -> bool:
    """Whether a class of an element calls it a category, or the icon of one."""
    names = (box.attributes.get("class") or "").split()
    is_named = any(map(_CATEGORY_NAME.fullmatch, names)) and not _OF_OTHERS.intersection(names)
    return is_named or _is_folder_icon(box)


def _is_folder_icon(box: LexborNode) -> bool:
    names = (box.attributes.get("class") or "").split()
    return any(map(_FOLDER_ICON.fullmatch, names)) and not (box.text(deep=True) or "").strip()


def _only_text(box: LexborNode) -> str:
    """The text of a box that holds nothing else, or one element with it: `<span class="post-categories"><span>Harbour</span></span>`."""
    inner = box.child
    if inner is not None and inner.next is None and inner.tag == "span":
        inner = inner.child
    is_text = inner is not None and inner.tag == "-text" and inner.next is None
    return text_of(box, MAX_SECTION_CHARS) if is_text else ""
