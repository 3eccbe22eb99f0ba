"""Read the section and the tags of an article, and whether it is free → claims.

Breadcrumbs (schema.org BreadcrumbList, and lists whose class, id or label says so) end in the section: "Home › Harbour › Ferries".
Links with `rel=category` and `rel=tag` (microformats.org) name sections and tags. An element whose class says "paywall", or
names a box that keeps back the text, means that the article is not free.

A page that names its section nowhere else may stand in the menu of its site. WordPress marks the item of a menu that is a category of the
post with the class `current-post-parent`. On other sites the address tells it: `/gesellschaft/a-post-17` lies in the folder to which the
menu's "Gesellschaft" leads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsarchive.core.html.markup import upwards
from newsarchive.core.metadata.claims import GUESSES, Claim, Place, Source
from newsarchive.core.metadata.elements import TAG_BOXES, Mark, absolute, outer_element, text_of
from newsarchive.core.metadata.guessed_names import says_profile
from newsarchive.core.metadata.markup import MAX_BYLINE_CHARS
from newsarchive.core.metadata.other_posts import OtherPosts
from newsarchive.core.metadata.person_names import like_a_name
from newsarchive.core.metadata.publisher import title_parts
from newsarchive.core.metadata.standing import (
    MAX_ANCESTORS,
    ancestors_of,
    aside,
    in_masthead,
    is_near,
)
from newsarchive.core.text import dates
from newsarchive.core.text.normalise import key, without_accents
from newsarchive.core.text.patterns import words_of
from newsarchive.core.text.scripts import HAN_AND_KANA, HANGUL
from newsarchive.core.text.words import ends_sentence
from newsarchive.core.urls import is_category, is_tag, parts_of, same_site, site_of, unquoted
from newsarchive.items import Block, DecidedBy
from newsarchive.rules import Rules

#: Links to categories that may stand together beside a headline; more are a menu.
MAX_LINKED_CATEGORIES = 3
#: Links to tags in one list. More are a cloud of all tags of the site.
MAX_LINKED_TAGS = 20
#: Characters read of such a list. Of a longer one less than `MIN_SHARE_OF_TAGS` is tags.
MAX_LINKED_TAGS_CHARS = 400
#: Characters of a list that are tags, as a share of all. A text with fewer links to tags here and there.
MIN_SHARE_OF_TAGS = 0.6
#: The number of posts behind a tag in a cloud of all tags: "coffee 3", "Joe Biden (233)".
_COUNT = re.compile(r"\s\(?\d+(?: \w+)?\)?$")
#: The number of posts alone: "24", "(24)".
NUMBER = re.compile(r"\(?\d+\)?")
#: The class of one box of many, each of which holds a link.
_ITEM = re.compile(r"(?:^|[\s_-])(?:field_{0,2}-?|tags?_{0,2}-?)item(?:$|\s)")
#: Names of a link to a tag, or of the box around it, in a cloud of all tags ("tag-link-7" is WordPress's).
_CLOUD = re.compile(r"cloud|tag-link-|widget", re.IGNORECASE)
#: Links beside a link to a category, itself included: author, tags, comments. More are a menu, as of languages.
MAX_LINKS_BESIDE = 8
#: Characters of the name of a section or tag; a longer text is none.
MAX_SECTION_CHARS = 60
#: Breadcrumbs of a page that are looked at; later ones are not. 400 elements, nested around 70,000 links, took 40 s.
MAX_CRUMBS = 10
#: Links of a breadcrumb that are read; later ones are not.
MAX_CRUMB_LINKS = 100
#: Blocks of a page that are searched for paywalls; later ones are not read.
MAX_SEARCHED_BLOCKS = 1000
#: What themes print between the parts of a breadcrumb, also inside its links.
_SEPARATORS = " >›»/|→*"
#: Arrows between the steps of a breadcrumb. Bars and strokes stand between the items of menus, too.
_ARROWS = frozenset("»›>→❯▸►⟩＞")
#: Elements between a link to the home page and the row that it begins: `<li>`, `<span>`.
MAX_STEPS_TO_ROW = 3
#: Links of a breadcrumb; a row with more is a menu.
MAX_ROW_LINKS = 6
#: Characters of a breadcrumb, which may end in the headline; a longer text is none.
MAX_ROW_CHARS = 400
#: Parts of a `<title>` with headline, section and site.
TITLE_PARTS = 3
#: Links of a page among which one with the name of a section is looked for; later ones are not.
MAX_TITLE_LINKS = 200
#: Words of a section in `<title>`; a text with more is a motto.
MAX_TITLE_SECTION_WORDS = 3
#: Words of a sentence or title with a sign such as a colon; a text with fewer may be the name of a section ("News: Harbour").
MIN_SENTENCE_WORDS = 6
#: Signs that titles contain, and names of sections hardly ever.
_SENTENCE_SIGN = re.compile(r"[:!?\"“”„«»]")
_IN_QUOTES = re.compile(r"'[^']+'|\"[^\"]+\"")
_ADDRESS_OR_CODE = re.compile(r"://|[{}]")
#: A word of one character, in Chinese, Japanese and Korean.
_ONE_CHARACTER = re.compile(f"[{HAN_AND_KANA}{HANGUL}]")

#: Links of a page among which those of its menu are looked for; later ones are not. The menu of a page comes first, or last.
MAX_MENU_LINKS = 1500
#: Characters of the name of a section in a menu; a longer text is a headline.
MAX_MENU_NAME_CHARS = 40
#: Letters of a folder. Shorter ones ("de", "us") are languages and countries.
MIN_FOLDER_LETTERS = 3
#: The item of a menu that is a category of the post, in WordPress (`_wp_menu_item_classes_by_context`).
_CATEGORY_OF_POST = "li.menu-item-object-category.current-post-parent > a"
#: Classes and IDs of menus.
_MENU = re.compile(r"nav|menu|crumb")
#: Words that a folder may lack beside the text of its link, or the other way round: "Mind & Body" at /mind-and-body/.
_AND = frozenset(("and", "und", "et", "y", "e", "en", "og"))
_WORD = re.compile(r"[^\W_]+")
#: The page of an author.
_OF_AUTHOR = re.compile(r"/(?:by|bylines?|authors?|autor(?:es|i)?|auteurs?|writers?)/[^/]+/?$", re.IGNORECASE)
#: How addresses write the German letters that are no letters with an accent.
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def section_claims(
    marks: Sequence[Mark], title: str, headline: Mark | None, other_posts: OtherPosts, rules: Rules
) -> Iterator[Claim]:
    """The last link of each breadcrumb that is neither the page itself (its `title`) nor its author ("Home › Articles › Jane Doe"),
    the categories, and the tags of the post. Those in lists of other posts count only where no others stand on the page.

    WordPress themes made of blocks mark categories with `rel=tag`, too. WordPress's class or address tells them apart.
    """
    crumbs_left = MAX_CRUMBS
    first_group: LexborNode | None = None
    beside: list[Mark] = []
    of_others: list[Claim] = []
    has_category = False
    own = ancestors_of(headline)
    for mark in marks:
        rel = (mark.attributes.get("rel") or "").casefold().split()
        if "tag" in rel or "category" in rel:
            if aside(mark.node, near=True, own=own):
                beside.append(mark)
                continue
            group = mark.node.parent
            if "category" in rel or _is_category(mark, group):
                found = named_claim("article_section", text_of(mark.node), Place.CATEGORY)
                if other_posts.holds(mark.node):
                    of_others += found
                else:
                    has_category = True
                    yield from found
                continue
            if _OF_AUTHOR.search(parts_of(mark.attributes.get("href") or "").path):
                continue  # authors are terms of a taxonomy on some sites: `<a href="/by/jane-doe/" rel="tag">`
            first_group = group if first_group is None else first_group
            if group is None or _same_group(group, first_group):
                yield from named_claim("keywords", _without_count(mark.node), Place.TAG)
        elif crumbs_left and mark.is_breadcrumb:
            links = mark.node.css("a")[:MAX_CRUMB_LINKS]
            path = [text_of(a) for a in links if may_be_section(a, rules)]
            path = [text for text in path if text and key(text) != key(title)]
            crumbs_left -= 1
            yield from named_claim("article_section", path[-1] if path else "", Place.CRUMBS)
    if not has_category:
        yield from of_others
    if first_group is None:
        yield from _tags_beside(beside)


def crumbs_from_home(home: Iterable[LexborNode], title: str, rules: Rules) -> Iterator[Claim]:
    """The last link of the first breadcrumb that nothing calls so: a short row that begins with a link to the home page, with an arrow
    behind it, as the templates of DataLife Engine, DedeCMS and Discuz! have it: "Harbour Post » News » The ferry returns".

    `home` are the links to the home page. The row may end in the headline `title` or in a word for this page.
    """
    for link in home:
        row = link.parent
        for _ in range(MAX_STEPS_TO_ROW):
            if row is None or len(row.css("a")) > 1:
                break
            row = row.parent
        links = row.css("a")[: MAX_ROW_LINKS + 1] if row is not None else []
        if row is None or not 1 < len(links) <= MAX_ROW_LINKS or links[0].mem_id != link.mem_id:
            continue
        whole = text_of(row, MAX_ROW_CHARS)
        texts = [text_of(one) for one in links]
        behind_home = whole.partition(texts[0])[2].lstrip() if texts[0] else ""
        if behind_home[:1] not in _ARROWS or sum(whole.count(arrow) for arrow in _ARROWS) < len(links) - 1:
            continue
        # A section may have a host of its own: "Home > News" with the addresses harbour.example and news.harbour.example.
        of_home = parts_of(link.attributes.get("href") or "").hostname
        hosts = [parts_of(one.attributes.get("href") or "").hostname for one in links[1:]]
        path = [
            text
            for text, one, host in zip(texts[1:], links[1:], hosts, strict=True)
            if text
            and key(text) != key(title)
            and (may_be_section(one, rules) or host not in (None, of_home))
        ]
        if path:
            yield from named_claim("article_section", path[-1], Place.CRUMBS)
            return


def _without_count(link: LexborNode) -> str:
    """The text of a link to a tag, without the number of posts in an element of its own at the end: "ferry <span>24</span>"."""
    text = text_of(link, inline=link.css_first("sub") is not None)  # H<sub>2</sub>O
    last = outer_element(link, last=True)
    count = text_of(last) if last is not None else ""
    return text.removesuffix(count).rstrip() if NUMBER.fullmatch(count) else text


def _tags_beside(marks: Sequence[Mark]) -> Iterator[Claim]:
    """The tags of the post where they stand in a sidebar, as SPIP prints them: one list of few links with `rel=tag`, which are not
    the cloud of all tags. A cloud has sizes, numbers of posts, or classes that say so."""
    tags = [
        m
        for m in marks
        if "category" not in (m.attributes.get("rel") or "").casefold() and not _is_category(m, m.node.parent)
    ]
    if not 0 < len(tags) <= MAX_LINKED_TAGS:
        return
    lists = {_around(m.node).mem_id for m in tags}
    texts = [text_of(m.node, MAX_SECTION_CHARS) for m in tags]
    around = _around(tags[0].node)
    names = " ".join(
        f"{n.attributes.get('class') or ''} {n.attributes.get('id') or ''}"
        for n in (tags[0].node, around, around.parent)
        if n is not None
    )
    is_cloud = any("style" in m.attributes or "title" in m.attributes for m in tags) or _CLOUD.search(names)
    if len(lists) == 1 and not is_cloud and not any(map(_COUNT.search, texts)):
        for text in texts:
            yield from named_claim("keywords", text, Place.TAG)


def linked_categories(
    links: Sequence[Mark], headline: Mark | None, other_posts: OtherPosts
) -> Iterator[Claim]:
    """The categories that links beside the headline lead to, by their addresses: `<a href="/categories/Harbour/">Harbour</a>`.
    Breadcrumbs are believed more.

    `links` are those to categories. More than `MAX_LINKED_CATEGORIES` of them together are a menu, and one in a long text is a link
    of its author's.
    """
    if headline is None:
        return
    around = ancestors_of(headline)
    for group_links in _groups(links):
        node = group_links[0].node
        group = _around(node)
        if (
            len(group_links) <= MAX_LINKED_CATEGORIES
            and text_of(group, MAX_BYLINE_CHARS)
            and len(group.css("a")) <= MAX_LINKS_BESIDE
            and is_near(group_links[0], headline)
            and not (_is_aside(node) or in_masthead(node, around) or other_posts.holds(node))
        ):
            for link in group_links:
                yield from named_claim("article_section", text_of(link.node), Place.CATEGORY_LINK)
            return


def in_title(
    title: str, headline: str, site_names: Sequence[str], tree: LexborHTMLParser, rules: Rules
) -> Iterator[Claim]:
    """The section between headline and site in `<title>`: "The ferry returns | Harbour | Harbour Post", or the other way round. A link
    on the page must have its name, as in the menu; a person's name there is the author's."""
    parts = title_parts(title)
    names = {key(name) for name in site_names}
    ends = [key(part) for part in (parts[0], parts[-1])]
    is_told = key(headline) in ends and not names.isdisjoint(ends) and key(headline) not in names
    section = parts[1] if len(parts) == TITLE_PARTS and is_told else ""
    if 0 < len(section.split()) <= MAX_TITLE_SECTION_WORDS and not like_a_name(section, rules):
        links = tree.css("a[href]")[:MAX_TITLE_LINKS]
        if any(key(text_of(link)) == key(section) for link in links):
            yield from named_claim("article_section", section, Place.TITLE)


def linked_tags(
    links: Sequence[Mark], headline: Mark | None, other_posts: OtherPosts, url: str
) -> Iterator[Claim]:
    """The tags that a list of links leads to, by their addresses: `<a href="/tags/ferry/">ferry</a>`.

    `links` are those to tags of posts without `rel=tag`. The first list that holds little else is taken, or else
    the line with date and tags beside the headline; a cloud of all tags, with the number of posts behind each, is no list.
    """
    if headline is None:
        return
    own = (link for link in links if same_site(url, absolute(link.attributes.get("href") or "", url)))
    around = ancestors_of(headline)
    lists: list[Sequence[str]] = []
    lines: list[Sequence[str]] = []
    beside_others: list[Sequence[str]] = []
    for group in _groups(own):
        node = group[0].node
        texts = [text_of(link.node, MAX_SECTION_CHARS) for link in group]
        if len(group) > MAX_LINKED_TAGS or sum(_COUNT.search(text) is not None for text in texts) > 1:
            continue
        if aside(node, near=True) or in_masthead(node, around):
            continue
        whole = text_of(_around(node), MAX_LINKED_TAGS_CHARS)
        is_list = sum(map(len, texts)) >= MIN_SHARE_OF_TAGS * len(whole) > 0
        if other_posts.holds(node):
            article = next((up for up in upwards(node.parent, MAX_ANCESTORS) if up.tag == "article"), None)
            if is_list:
                is_own = article is not None and article.mem_id in around
                beside_others.append(texts if is_own else ())
        elif is_list:
            lists.append(texts)
        elif 0 < len(whole) <= MAX_BYLINE_CHARS and is_near(group[0], headline) and not ends_sentence(whole):
            lines.append(texts)
    # The only list may stand beside the posts before and after: in the foot of the Next.js blog with Tailwind.
    only = beside_others if len(beside_others) == 1 else []
    for text in (lists or lines or only or [()])[0]:
        yield from named_claim("keywords", text, Place.TAG_LINK)


#: Boxes for tags of a page that are looked at; from two on they belong to several posts.
MAX_TAG_BOXES = 10
#: Boxes that hold the tags of a post and nothing else.
_TAG_BOXES = f".md-tags,.{',.'.join(sorted(TAG_BOXES))}"


def printed_tags(tree: LexborHTMLParser, headline: Mark | None, other_posts: OtherPosts) -> Iterator[Claim]:
    """The tags of a post that are words without links, each in an element of its own in one box: `<nav class=md-tags>` of MkDocs
    Material, whose site has no page of tags.

    Earns nothing on 1,282 real pages, and all tags on a blog of that software.
    """
    boxes = tree.css(_TAG_BOXES)[:MAX_TAG_BOXES] if headline is not None else []
    if len(boxes) != 1 or boxes[0].css_first("a") is not None or other_posts.holds(boxes[0]):
        return
    texts = [text for text in (text_of(one, MAX_SECTION_CHARS) for one in boxes[0].iter()) if text]
    whole = text_of(boxes[0], MAX_LINKED_TAGS_CHARS)
    if len(texts) <= MAX_LINKED_TAGS and sum(map(len, texts)) >= MIN_SHARE_OF_TAGS * len(whole) > 0:
        for text in texts:
            yield from named_claim("keywords", text, Place.TAG_LINK)


def _is_aside(node: LexborNode) -> bool:
    """As `standing.aside`, but for the `<footer>` of a post, in which Pelican names its category."""
    if not aside(node):
        return False
    up: LexborNode | None = node
    while up is not None and up.tag not in ("footer", "nav", "aside"):
        up = up.parent
    return up is None or up.tag != "footer" or aside(node, near=True)


def _groups(links: Iterable[Mark]) -> list[list[Mark]]:
    """The links that stand together (`_around`)."""
    groups: dict[int, list[Mark]] = {}
    for link in links:
        groups.setdefault(_around(link.node).mem_id, []).append(link)
    return list(groups.values())


def _around(link: LexborNode) -> LexborNode:
    """The element that holds a link and those beside it: its parent or, for the item of a list (`<li>`, `<dd>`, `<div class=field-item>`
    of Drupal and Backdrop), the list."""
    parent = link.parent or link
    is_item = parent.tag in ("li", "dd") or _ITEM.search(parent.attributes.get("class") or "") is not None
    return parent.parent or parent if is_item else parent


def _is_category(mark: Mark, group: LexborNode | None) -> bool:
    if "articleSection" in mark.properties:  # Movable Type marks its categories with `rel=tag`, too
        return True
    names = (group.attributes.get("class") or "") if group is not None else ""
    address = mark.attributes.get("href") or ""
    return "taxonomy-category" in names or (is_category(address) and not is_tag(address))


def _same_group(group: LexborNode, other: LexborNode | None) -> bool:
    """Whether two tags belong to one post: their links share a parent or, as list items or in a `<span>` each, a grandparent. The
    tags of teasers do not."""
    if other is None or group.mem_id == other.mem_id:
        return True
    up, across = group.parent, other.parent
    if up is None or across is None or group.tag not in ("li", "span"):
        return False
    return up.mem_id == across.mem_id


def _is_word(text: str) -> bool:
    """Whether a text is longer than a letter: "책" (books) and "詩" (poems) are words of one character."""
    return len(text) > 1 or _ONE_CHARACTER.fullmatch(text) is not None


def named_claim(field: str, text: str, place: Place) -> Iterator[Claim]:
    text = text.strip(_SEPARATORS).lstrip("#")
    if _is_word(text) and len(text) <= MAX_SECTION_CHARS:
        yield Claim(field, text, Source(place))


def named(claims: Sequence[Claim], no_sections: Set[str], rules: Rules) -> list[Claim]:
    """The claims without those for a section that name none. `no_sections` are match keys (`normalise.key`) of such texts.
    Of a list of all categories and tags in one text the first that names a section is kept; of a list of two the one that another
    source names too: All in One SEO writes "Harbour, budget" for a category and a tag."""
    out: list[Claim] = []
    known = {key(c.value) for c in claims if c.field == "article_section"}
    for claim in claims:
        if claim.field != "article_section":
            out.append(claim)
            continue
        if _ADDRESS_OR_CODE.search(claim.value):
            continue
        # Tistory declares the section in quotation marks.
        value = claim.value[1:-1] if _IN_QUOTES.fullmatch(claim.value) else claim.value
        titled = title_parts(value)  # "Harbour – Harbour Post"
        is_before_site = len(titled) == 2 and key(titled[1]) in no_sections
        whole = _without_label(titled[0] if is_before_site else value, rules)
        parts = [part.strip() for part in _listed(whole)]
        if parts == [whole] and ", " in whole:
            parts = [part for part in whole.split(", ") if key(part) in known] or parts
        usable = (p for p in parts if key(p) not in no_sections and is_name(p) and not dates.month(p, rules))
        if name := next(usable, ""):
            out.append(claim if name == claim.value else replace(claim, value=name))
    return out


def _without_label(text: str, rules: Rules) -> str:
    """A section without the word for a section and a colon before it.

    >>> from newsarchive import rules
    >>> [_without_label(text, rules.default()) for text in ("Category: Harbour", "Kategorie: Hafen", "Harbour: Ferries")]
    ['Harbour', 'Hafen', 'Harbour: Ferries']
    """
    label, colon, rest = text.partition(":")
    is_label = colon and label.strip().casefold() in words_of(rules, "bylines", "section_label")
    return (rest.strip() or text) if is_label else text


def _listed(text: str) -> list[str]:
    """The names in a list with commas. Two names with a comma and a space between them are one: "Arts, Culture".

    >>> _listed("Travel,Posts"), _listed("How to, Sales, Ferries"), _listed("Arts, Culture")
    (['Travel', 'Posts'], ['How to', 'Sales', 'Ferries'], ['Arts, Culture'])
    """
    parts = re.split(r",\s*", text)
    return parts if len(parts) > 2 or re.search(r",\S", text) else [text]


def is_name(text: str) -> bool:
    """Whether a text can name a section: it has letters, is short, no address and no sentence. Of 1,282 pages one gave its
    own address, one a number of its path, one a paragraph, and two the title of a post.

    >>> [is_name(t) for t in ("Harbour", "18", "https://blog.example/a/", "The captain: I shall sail again", '{"name":"Harbour"')]
    [True, False, False, False, False]
    >>> is_name("책"), is_name("A")
    (True, False)
    """
    if (
        not _is_word(text)
        or len(text) > MAX_SECTION_CHARS
        or _ADDRESS_OR_CODE.search(text)
        or not any(map(str.isalpha, text))
    ):
        return False
    return len(text.split()) < MIN_SENTENCE_WORDS or _SENTENCE_SIGN.search(text) is None


def may_be_section(link: LexborNode, rules: Rules) -> bool:
    """Whether a link of a breadcrumb leads neither home nor, with the text of a name, below a folder of people: "/authors/jane-doe/"."""
    path = parts_of((link.attributes.get("href") or "").strip()[:500]).path
    folder = path.strip("/").rpartition("/")[0]
    is_person = bool(folder) and says_profile(f"/{folder}/", rules) and like_a_name(text_of(link), rules)
    return not is_person and path not in ("", "/", "index.html", "/index.html")


def in_menu(tree: LexborHTMLParser, url: str, claims: Iterable[Claim]) -> Iterator[Claim]:
    """The sections that the menu names: the categories of a post of WordPress, then the deepest folder of the page at `url`. Whom
    one of the `claims` names as author, and not by a guess, has a folder of their own: "Jane Doe" at /jane-doe/a-post/."""
    authors = [key(c.value) for c in claims if c.field == "authors" and c.source.place not in GUESSES]
    for name in _names_in_menu(tree, url):
        if not any(key(name) in author for author in authors):
            yield Claim("article_section", name, Source(Place.MENU))


def _names_in_menu(tree: LexborHTMLParser, url: str) -> Iterator[str]:
    for link in tree.css(_CATEGORY_OF_POST)[:MAX_MENU_LINKS]:
        if name := text_of(link, MAX_MENU_NAME_CHARS):
            yield name
    page = _path(url)
    if page.count("/") < 2:
        return
    folders = {folder for folder in page.split("/")[1:-1] if len(folder) >= MIN_FOLDER_LETTERS}
    found: list[tuple[int, str]] = []
    for link in tree.css("a[href]")[:MAX_MENU_LINKS] if folders else ():
        reference = (link.attributes.get("href") or "").strip()
        # Most links lead elsewhere by their last part, which is quickly told.
        last = reference.rstrip("/").rpartition("/")[2]
        if (last.casefold() not in folders and "%" not in last) or "?" in reference or "#" in reference:
            continue
        address = absolute(reference, url)
        folder = _path(address) if address else ""
        if folder.count("/") and page.startswith(f"{folder}/") and site_of(address) == site_of(url):
            name = text_of(link, MAX_MENU_NAME_CHARS)
            if is_named_like(name, folder) and _stands_in_menu(link):
                found.append((folder.count("/"), name))
    if found:
        yield max(found, key=lambda one: one[0])[1]


def _path(url: str) -> str:
    """The path of an address in small letters, without a slash at its end."""
    return unquoted(parts_of(url).path).casefold().rstrip("/")


def is_named_like(name: str, folder: str) -> bool:
    """Whether the text of a link is the name of the folder that it leads to.

    >>> pairs = (("Mind & Body", "/mind-and-body"), ("Märkte", "/news/maerkte"), ("All Cars", "/cars"), ("2008", "/2008"))
    >>> [is_named_like(*pair) for pair in pairs]
    [True, True, False, False]
    """
    last = folder.rpartition("/")[2]
    letters = _letters(last)
    if len(letters) < MIN_FOLDER_LETTERS or not letters.isalpha() or last[0] in "@~":
        return False
    folded = name.casefold()
    return letters in (_letters(folded), _letters(folded.translate(_GERMAN)))


def _letters(text: str) -> str:
    words = _WORD.findall(without_accents(text))
    return key("".join(word for word in words if word not in _AND))


def _stands_in_menu(link: LexborNode) -> bool:
    """Whether a link stands in a menu, a breadcrumb or the header of the site."""
    for up in upwards(link, MAX_ANCESTORS):
        names = f"{up.attributes.get('class') or ''} {up.attributes.get('id') or ''}".casefold()
        if up.tag in ("body", "html"):
            return False
        if up.tag in ("nav", "header") or _MENU.search(names):
            return True
    return False


def paywall_claims(blocks: Sequence[Block], rules: Rules) -> Iterator[Claim]:
    """A visible element whose class or id says "paywall", or is a known box that keeps back the rest of a text, means that the
    article is not free."""
    signs = ("paywall", *rules.discovery.get("pagekinds", {}).get("gates", ()))
    searched = blocks[:MAX_SEARCHED_BLOCKS]
    paths = "\n".join({b.path for b in searched})  # most pages have no such box
    if not any(sign in paths for sign in signs):
        return
    boxes = [b for b in searched if any(sign in b.path for sign in signs)]
    if any(len(b.text) > 20 and b.decided_by != DecidedBy.HIDDEN for b in boxes):
        yield Claim("is_accessible_for_free", "false", Source(Place.PAYWALL))
