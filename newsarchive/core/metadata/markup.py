"""Read headings, microdata, microformats and RDFa of the page → claims.

Themes of WordPress, Blogger, Ghost, Substack and Medium mark authors and dates by `rel=author`, by `<time>`, by the
classes of hAtom and h-entry (microformats.org), or by classes of their own: `<span class="post-author">Jane Doe</span>`.
Drupal states day and author in RDFa (W3C, RDFa Core 1.1) and often prints neither. Elements in comments, sidebars and teasers are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from functools import lru_cache

from selectolax.lexbor import LexborNode

from newsarchive.core.html.markup import upwards
from newsarchive.core.metadata.byline_words import words
from newsarchive.core.metadata.claims import (
    KEYWORD_SEPARATORS,
    MAX_KEYWORDS_CHARS,
    SECOND_HEADINGS,
    Claim,
    Place,
    Position,
    Source,
    keyword_list,
    plain,
)
from newsarchive.core.metadata.elements import Mark, outer_element, text_of
from newsarchive.core.metadata.guessed_names import says_profile
from newsarchive.core.metadata.heading_links import (
    TITLE_TAGS,
    has_headline,
    leads_away,
    leads_here,
    leads_home,
    leads_to_other_post,
    title_of_single_post,
)
from newsarchive.core.metadata.other_posts import OtherPosts
from newsarchive.core.metadata.person_names import EASTERN_NAME, clean, kind_of, like_a_name, with_spaces
from newsarchive.core.metadata.standing import MAX_ANCESTORS, ancestors_of, aside, in_masthead, nearest
from newsarchive.core.text.dates import parse, says, with_a_date_each
from newsarchive.core.urls import is_category
from newsarchive.rules import Rules

_HEADLINE_CLASS = re.compile(
    r"(?:entry|post|article|page|story|content|news|blog|single)[-_]*(?:main[-_]*)?(?:title|headline)|(?:^|\s)(?:headline|p-name)(?:\s|$)"
)
#: Classes of the element with the site's name, which themes print on every page.
_SITE_NAME_CLASS = re.compile(r"(?:site|blog)[-_]*(?:title|name)", re.IGNORECASE)
_AUTHOR_CLASS = re.compile("author|autor|byline|writer")
_NAME_CLASS = re.compile(
    r"(?:author|autor|byline|writer)s?(?:[-_]{1,2}(?:profile|info|card))?(?:__|--|[-_])?(?:name|link)|(?:^|\s)(?:author|p-author|fn)(?:\s|$)|vcard",
    re.IGNORECASE,
)
_NOT_AUTHOR_CLASS = re.compile(
    r"bio|avatar|image|photo|picture|social|desc|about|box|date|time|title|job|role|follow|email|info|thumb|img|categor",
    re.IGNORECASE,
)
#: Elements inside an element for authors that hold the categories of the post.
_CATEGORY = '[class*="categor" i],[rel~="category" i]'
_DATE_CLASS = re.compile("date(?<!update)(?<!candidate)(?<!validate)|datum|posted|publish|dt-")
#: Classes of the day on which somebody looked at a source, in a list of references (Wikipedia: `reference-accessdate`).
_LOOKED_AT_CLASS = re.compile("access-?date|retriev")
_MODIFIED_CLASS = re.compile("updat|modif|aktualis|last-?edit|revis")
#: hAtom's class of a change, and the classes of the day of a post that it goes with where a theme prints no other day: `<span
#: class="date updated">`.
_DATE_AND_UPDATED = frozenset(("updated", "date", "entry-date", "post-date"))
#: A day with its time of day, as scripts that print "2 hours ago" and hNews have it in `title`.
_WHOLE_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
#: RDFa properties that are days of publication or change: `dc:date dc:created`, `schema:datePublished`.
_RDFA_DATE = re.compile(
    r"(?:^|[\s:/])(?:date(?:created|published|modified)?|created|issued|modified)(?:\s|$)", re.IGNORECASE
)
#: RDFa properties that are the author: `schema:author`, `author`, `dc:creator`.
_RDFA_AUTHOR = re.compile(r"(?:^|[\s:/])(?:author|creator)(?:\s|$)", re.IGNORECASE)
#: Words of `rel` for the author, the second in RDFa.
_AUTHOR_RELATIONS = frozenset(["author", "schema:author"])
#: Microdata properties that are dates. Baidu's pages for authors call the time of publication `dateUpdate`.
_DATE_PROPERTIES = frozenset(["datePublished", "dateModified", "dateUpdate"])
#: Microdata property → field.
_PROPERTIES = {
    "dateUpdate": "date_published",
    "datePublished": "date_published",
    "dateModified": "date_modified",
    "articleSection": "article_section",
    "alternativeHeadline": "alternative_headline",
    "description": "description",
    "inLanguage": "in_language",
    "headline": "headline",
}
#: Elements inside a heading that hold the kicker, the line over the headline.
_KICKER_TAGS = frozenset(["small", "time", "sup"])
_HEADING_TAGS = frozenset(["h1", "h2", "h3", "div", "p", "span", "a"])
#: Types of items that a page describes besides its article: what is said of them is not said of it. Hexo's theme NexT describes
#: the site twice in each post, as its publisher and in its sidebar.
_OTHER_ITEMS = frozenset((
    "organization", "newsmediaorganization", "person", "website", "blog", "wpheader", "wpfooter", "wpsidebar",
    "sitenavigationelement", "imageobject", "videoobject", "audioobject", "comment", "usercomments", "product", "offer",
))  # fmt: skip
#: Properties that a list of other posts states for each post.
_PROPERTIES_OF_LISTS = frozenset(["datePublished", "dateModified", "author"])
#: Types whose `image` is a face or a logo: plug-ins for authors' boxes mark it.
_FACES = frozenset(["person", "organization", "newsmediaorganization"])
#: Properties whose value is an object, a list or a truth value.
_OBJECT_PROPERTIES = frozenset(["keywords", "image", "publisher", "isAccessibleForFree"])
#: Characters of an element for authors; a longer text is not read.
MAX_BYLINE_CHARS = 160
#: Elements in an element for authors whose texts are separated; later ones are not.
MAX_BYLINE_ELEMENTS = 20
#: Nodes before an element whose texts are read as one label; earlier ones are not.
MAX_NODES_BEFORE = 4
#: Characters of the label before a date; a longer text is no label.
MAX_LABEL_CHARS = 40
#: `<h2>` elements that are read; later ones are not. The first ones of a theme hold the names of the site and the post.
MAX_SECOND_HEADINGS = 8
#: Links in an element for keywords that are read apart; with more it is a cloud of all tags.
MAX_KEYWORD_LINKS = 30
_MICRODATA = Source(Place.MICRODATA)
#: The address of a page that collects posts.
_TOPIC = re.compile(r"/(?:topics?|sections?|channels?|tags?)/[^/?#]+/?$", re.IGNORECASE)
#: The part of a page that holds its comments, or the form for one.
_COMMENTS = re.compile(r"#(?:comment|respond)", re.IGNORECASE)
#: The sign of a link to the heading itself.
_PERMALINK = re.compile(r"(?:\s*[¶🔗]|\s#)$")


def headings(marks: Sequence[Mark], title: str, url: str, rules: Rules) -> Iterator[tuple[Claim, Mark]]:
    """The headings that may be the headline: each `<h1>`, each element marked as a title, and the first `<h2>`s. Links to the
    home page (`rel=home`) are among them: their text is the site's name, and so no headline. `url` is the page's address.

    The name of the page's only h-entry counts as a marked heading, whatever element it is, and so does the title of WordPress's one post.
    """
    seconds, is_titled = 0, None
    of_post = title_of_single_post(marks, url)
    of_entries = [mark.at for mark in marks if "p-name" in mark.names and _names_entry(mark)]
    for mark in marks:
        place = _heading_place(mark, url, rules)
        if mark is of_post or (place is Place.HEADLINE and of_entries == [mark.at]):
            place = Place.H1_MARKED
        seconds += place in SECOND_HEADINGS
        if place is None or (place in SECOND_HEADINGS and seconds > MAX_SECOND_HEADINGS):
            continue
        if mark.tag != "h1" and place is not Place.HOME and leads_to_other_post(mark.node, title, url):
            continue
        if mark.tag in TITLE_TAGS and leads_away(mark.node, title, url):
            is_titled = has_headline(marks, title) if is_titled is None else is_titled
            if is_titled:
                continue
        text = _PERMALINK.sub("", text_of(mark.node, inline=True))
        if text and (mark.tag == "h1" or mark is of_post):
            text = _without_category(_without_kicker(text, mark.node, rules), mark.node)
            text = _without_small_end(_without_details(text, mark.node), mark.node, title, rules)
        if text:
            yield Claim("headline", text, Source(Place.HOME if leads_home(mark.node, url) else place)), mark


def empty_heading(marks: Sequence[Mark], url: str, rules: Rules, *, marked: bool = False) -> Mark | None:
    """The first `<h1>`, or heading marked as a title, that is empty: in its place themes would print the headline of a post without one.
    With `marked`, an `<h1>` must be marked as a title, too: one with the site's logo is not."""
    empty = (m for m in marks if m.tag in TITLE_TAGS and not text_of(m.node))
    places = (Place.H1_MARKED, Place.H2_MARKED)
    return next(
        (m for m in empty if (m.tag == "h1" and not marked) or _heading_place(m, url, rules) in places), None
    )


def is_beside_text(heading: Mark) -> bool:
    """Whether a heading stands in `<nav>` or `<aside>`, as "Post navigation" and the titles of widgets do."""
    return any(up.tag in ("nav", "aside") for up in upwards(heading.node.parent, MAX_ANCESTORS))


def _without_kicker(text: str, heading: LexborNode, rules: Rules) -> str:
    """A headline without its kicker, a line over it in the same heading: "Tunisia" over "A new government".

    Earns 1.4 points of titles on pages in several languages: 9 of 491 change (`docs/benchmarks/ablation.md`).
    """
    first = outer_element(heading)
    if first is not None and first.tag in ("a", "span") and text_of(first, inline=True) == text:
        first = outer_element(first)  # the whole heading is a link
    if first is None or not (
        first.tag in _KICKER_TAGS or kicker_class(rules).search(first.attributes.get("class") or "")
    ):
        return text
    kicker = text_of(first, inline=True)
    rest = text[len(kicker) :].lstrip(" :–—|/·»-\u00a0") if kicker and text.startswith(kicker) else ""
    return rest if " " in rest else text


def _without_category(text: str, heading: LexborNode) -> str:
    """A headline without a link to its category or its comments behind it, in the same heading: "The ferry returns <a
    href=/topics/harbour/>", "The ferry returns <a href=#comments>3 comments</a>"."""
    links = heading.css("a[href]")[-1:]
    address = (links[0].attributes.get("href") or "")[:500] if links else ""
    is_behind = is_category(address) or _TOPIC.search(address) or _COMMENTS.search(address)
    name = text_of(links[0], inline=True) if is_behind else ""
    rest = text.removesuffix(name).rstrip(" |/·–—\u00a0") if name else text
    return rest if " " in rest else text


def _without_details(text: str, heading: LexborNode) -> str:
    """A headline without the author and the day behind it in the same heading, in elements whose classes say so: "The ferry returns <span
    class=author>Jane Doe</span> <span class=date>3 May</span>" (Edicy)."""
    last, first = heading.last_child, heading.child
    while last is not None and first is not None and last.mem_id != first.mem_id:
        if last.tag != "-text":
            names = last.attributes.get("class") or ""
            if _author_class(names) is None and not _says_date(names):
                break
            text = text.removesuffix(text_of(last, inline=True)).rstrip(" |/·–—\u00a0") or text
        elif (last.text(deep=False) or "").strip():
            break
        last = last.prev
    return text


def _without_small_end(text: str, heading: LexborNode, title: str, rules: Rules) -> str:
    """A headline without what stands smaller behind it in the same heading: "The ferry returns <small>2 May</small>" (Bootstrap), "The
    ferry returns<br><span>2 May Source: Harbour Post</span>" (PHPCMS), "The ferry returns <em>2 May 2024</em>", a day alone.

    It is kept where `title`, the text of `<title>`, has it too, and where it goes on a word: "F<small>ERRY</small>", "CO<small>2</small>".
    """
    ends = heading.css("small,br + span,em")[-1:]
    end = text_of(ends[0], inline=True) if ends else ""
    before = ends[0].prev if ends else None
    goes_on = before is not None and before.tag == "-text" and (before.text(deep=False) or "")[-1:].isalnum()
    if not end or goes_on or text in title:
        return text
    rest = text.removesuffix(end).rstrip(" |/·–—\u00a0")
    is_apart = ends[0].tag == "small" or (
        rest in title and (ends[0].tag == "span" or parse(end, rules) is not None)
    )
    return rest if rest and is_apart else text


@lru_cache(maxsize=8)
def kicker_class(rules: Rules) -> re.Pattern[str]:
    """The classes of kickers, from `data/metadata/boxes.toml`."""
    table = rules.metadata.get("boxes", {}).get("kicker", {})
    words = (rf"(?:^|[\s_-]){word}(?:[\s_-]|$)" for word in table.get("words", []))
    return re.compile("|".join([*table.get("parts", []), *words]) or r"(?!)", re.IGNORECASE)


def _heading_place(mark: Mark, url: str, rules: Rules) -> Place | None:
    if mark.tag == "a" and "home" in (mark.attributes.get("rel") or "").casefold().split():
        return Place.HOME
    if mark.tag not in _HEADING_TAGS:
        return None
    if mark.names and _SITE_NAME_CLASS.search(mark.names) and leads_home(mark.node, url):
        return Place.HOME
    marked = "headline" in mark.properties or (mark.names != "" and _says_headline(mark.names))
    if mark.tag not in TITLE_TAGS and "p-name" in mark.names and not _names_entry(mark):
        return None
    # TypePad and Movable Type
    marked = marked or (mark.tag in ("h2", "h3") and "entry-header" in mark.names.split())
    marked = marked or (mark.tag in TITLE_TAGS and leads_here(mark.node, url, rules))
    if mark.tag == "h1":
        return Place.H1_MARKED if marked else Place.H1
    if mark.tag == "h2":
        return Place.H2_MARKED if marked else Place.H2
    return Place.HEADLINE if marked else None


def _names_entry(mark: Mark) -> bool:
    """Whether an element of the class `p-name` (h-entry) names the post: not its author, a post that it answers, or the whole of a
    note, whose text is its name."""
    around = ((up.attributes.get("class") or "").split() for up in upwards(mark.node.parent, MAX_ANCESTORS))
    roots = (name for names in around for name in names if name.startswith("h-"))
    return next(roots, "") == "h-entry" and not {"e-content", "h-card", "h-cite"} & set(mark.names.split())


@lru_cache(maxsize=2048)
def _says_headline(names: str) -> bool:
    return bool(_HEADLINE_CLASS.search(names.lower()))


def stated(mark: Mark, rules: Rules) -> str:
    """The value of a mark: the `title` of an `<abbr>`, of a `value-title` inside it, or of any element with a whole time there,
    where it is a date, else the mark's content. Source: the value class pattern of microformats.org. Blogger writes "8:30 AM" with the whole time as
    `title`."""
    has_whole_time = _WHOLE_TIME.match(mark.attributes.get("title") or "")
    node: LexborNode | None = mark.node if mark.tag == "abbr" or has_whole_time else None
    if node is None and (mark.names or mark.properties):
        node = mark.node.css_first("abbr[title],.value-title[title]")
    title = plain(node.attributes.get("title")) if node is not None else ""
    is_silent = not (mark.attributes.get("content") or mark.attributes.get("datetime"))
    return title if title and is_silent and parse(title, rules) else mark.content


def microdata(marks: Sequence[Mark], rules: Rules, other_posts: OtherPosts) -> Iterator[Claim]:
    """Properties of an article in microdata (HTML Living Standard, 5), without those of other posts.

    Of several articles on a page only the first one's authors and description count: a list of teasers states them for each.
    """
    first_item: int | None = None
    described: LexborNode | None = None
    for mark in marks:
        for name in mark.properties:
            if name in _PROPERTIES_OF_LISTS and other_posts.holds(mark.node):
                continue
            if name in ("description", "image"):
                of_item = _item(mark.node)
                # The type of the item without its vocabulary: "organization".
                kind = (of_item.attributes.get("itemtype") or "") if of_item is not None else ""
                if kind.rstrip("/").rpartition("/")[2].casefold() in (
                    _FACES if name == "image" else _OTHER_ITEMS
                ):
                    continue
                if name == "description":
                    described = described or of_item
                    # The next posts below describe themselves: "You may also enjoy" (Minimal Mistakes).
                    if of_item is not None and described is not None and of_item.mem_id != described.mem_id:
                        continue
            if name in _PROPERTIES and not aside(mark.node):
                value = stated(mark, rules) if name in _DATE_PROPERTIES else mark.content
                yield Claim(_PROPERTIES[name], value, _MICRODATA)
            elif name == "author" and not aside(mark.node):
                found_item = _item(mark.node)
                item = found_item.mem_id if found_item is not None else 0
                first_item = item if first_item is None else first_item
                if item != first_item:
                    continue
                inner = _inside(mark, '[itemprop~="name"]') or mark
                yield Claim("authors", inner.content, _MICRODATA, url=mark.attributes.get("href") or "")
            elif name in _OBJECT_PROPERTIES and not aside(mark.node):
                yield from _object_claims(mark, name)


def _inside(mark: Mark, selector: str) -> Mark | None:
    """The first element in a mark that a selector finds."""
    node = mark.node.css_first(selector)
    return Mark(node, "", node.attributes, 0) if node is not None else None


def _item(node: LexborNode) -> LexborNode | None:
    """The element of the microdata item that a property belongs to."""
    return next((up for up in upwards(node.parent, MAX_ANCESTORS * 2) if "itemscope" in up.attributes), None)


def _object_claims(mark: Mark, name: str) -> Iterator[Claim]:
    """The claims of a property whose value is an object, a list or a truth value."""
    if name == "keywords":
        links = mark.node.css("a[href]")  # with many of them, a cloud of all tags
        texts = [text_of(link, inline=True) for link in links] if len(links) <= MAX_KEYWORD_LINKS else []
        listed = texts if len(texts) > 1 else _lines_of_keywords(mark)
        yield from (Claim(name, word, _MICRODATA) for text in listed for word in keyword_list(text))
    elif name == "image":
        inner = _inside(mark, '[itemprop~="url"],img')
        yield Claim("image", mark.address or (inner.address if inner else ""), _MICRODATA)
    elif name == "publisher":
        inner = _inside(mark, '[itemprop~="name"]')
        yield Claim(name, inner.content if inner else "", _MICRODATA)
    else:
        yield Claim("is_accessible_for_free", mark.content or mark.address, _MICRODATA)


def _lines_of_keywords(mark: Mark) -> list[str]:
    """The lines of keywords without links and without a sign between them, as TYPO3's news print them, each in a line of the source; else
    the whole of the element."""
    lines = [line.strip() for line in (mark.node.text(deep=True) or "")[:MAX_KEYWORDS_CHARS].splitlines()]
    found = [line for line in lines if line]
    is_list = len(found) > 1 and mark.node.child is not None and mark.node.child.next is None
    return found if is_list and not any(KEYWORD_SEPARATORS.search(line) for line in found) else [mark.content]


def dates(
    marks: Sequence[Mark], headline: Mark | None, rules: Rules, other_posts: OtherPosts
) -> Iterator[Claim]:
    """Dates that are marked as such, without those of other posts. Their sources tell the first date near the headline
    from later ones and from those elsewhere."""
    seen: set[Place] = set()
    ancestors = ancestors_of(headline)
    for mark, near in nearest(marks, headline):
        place = _date_place(mark)
        if place is None:
            continue
        value = stated(mark, rules) or plain(mark.attributes.get("title"))
        if not 4 <= len(value) <= 80 or not any(map(str.isdigit, value)):
            continue
        if aside(mark.node, near=near, own=ancestors):
            continue
        if other_posts.holds(mark.node, itself=True):
            other_posts.refuse(Claim("date_published", value, Source(place)))
            continue
        near = near and not (
            headline is not None and mark.at < headline.at and in_masthead(mark.node, ancestors)
        )
        # A post without a title has no headline near the block in which WordPress prints its day.
        near = near or (
            headline is None
            and any(
                "wp-block-post-date" in (up.attributes.get("class") or "").split()
                for up in upwards(mark.node, 2)
            )
        )
        # The short text right before the date, such as "Published" in a `<span>`.
        texts = (text[:MAX_LABEL_CHARS].strip() for text in _texts_before(mark.node, 2))
        label = next(filter(None, texts), "")
        label = label if len(label) < MAX_LABEL_CHARS else ""
        parts = list(with_a_date_each(value, rules))
        of_change = [says("modified", part, rules) for part in parts]
        # A list of other posts states no change, and an event has two days, too.
        is_own = len(parts) > 1 and any(of_change)
        if len(parts) == 1:
            is_both = {"updated"} < set(mark.names.split()) & _DATE_AND_UPDATED and not _has_own_day(
                marks, headline, ancestors, other_posts
            )
            of_change = [
                of_change[0] or (_is_modified(mark) and not is_both) or says("modified", label, rules)
            ]
        published = place
        if is_own or says("published", label, rules):
            published = Place.TIME_LABELLED if place is Place.TIME else Place.DATE_LABELLED
        for part, is_change in zip(parts, of_change, strict=True):
            if is_change:
                yield Claim("date_modified", part, Source(place))
                continue
            position = Position.LATER if published in seen else Position.NEAR
            seen.add(published)
            source = Source(published, position if near or is_own else Position.ELSEWHERE)
            yield Claim("date_published", part, source)


def _has_own_day(
    marks: Sequence[Mark], headline: Mark | None, ancestors: Set[int], other_posts: OtherPosts
) -> bool:
    """Whether a day near the headline is marked, and not as that of a change."""
    days = (
        m
        for m, near in nearest(marks, headline)
        if near and _date_place(m) is not None and not _is_modified(m)
    )
    return any(not aside(m.node, near=True, own=ancestors) and not other_posts.holds(m.node) for m in days)


def _texts_before(node: LexborNode, most: int) -> Iterator[str]:
    """The texts of the nodes right before a node in the same element, the closest first."""
    before = node.prev
    for _ in range(most):
        if before is None:
            return
        yield before.text(deep=True) or ""
        before = before.prev


def _date_place(mark: Mark) -> Place | None:
    if mark.tag == "time" or _RDFA_DATE.search(mark.attributes.get("property") or ""):
        return Place.TIME
    if mark.tag == "abbr":
        return Place.TIME if re.search(r"published|updated|date|timeago", mark.names) else None
    return Place.DATE if mark.names and mark.tag != "h1" and _says_date(mark.names) else None


@lru_cache(maxsize=2048)
def _says_date(names: str) -> bool:
    names = names.lower()
    return bool(_DATE_CLASS.search(names) or _MODIFIED_CLASS.search(names)) and not _LOOKED_AT_CLASS.search(
        names
    )


def _is_modified(mark: Mark) -> bool:
    names = f"{mark.names} {mark.attributes.get('itemprop') or ''} {mark.attributes.get('property') or ''}".lower()
    if "publish" in names or "created" in names:
        return False
    parent = mark.node.parent
    around = (parent.attributes.get("class") or "")[:200].lower() if parent is not None else ""
    return bool(_MODIFIED_CLASS.search(names) or _MODIFIED_CLASS.search(around))


def authors(
    marks: Sequence[Mark], headline: Mark | None, rules: Rules, other_posts: OtherPosts
) -> Iterator[Claim]:
    """Authors that are marked as such, those nearest to the headline first, without those of other posts."""
    ancestors = ancestors_of(headline)
    for mark, near in nearest(marks, headline):
        place = _author_place(mark)
        if place is None or aside(mark.node, near=near, own=ancestors) or other_posts.holds(mark.node):
            continue
        # Frameworks put comments into the text before: `Edited<!-- --> by`.
        before = "".join(reversed(list(_texts_before(mark.node, MAX_NODES_BEFORE))))[-MAX_LABEL_CHARS:]
        if words(rules).helped.find(before) or words(rules).before_translator.search(before):
            continue
        if name := _names_in(mark.node, rules):
            source = Source(place, Position.NEAR if near else Position.ELSEWHERE)
            yield Claim("authors", name, source, url=mark.attributes.get("href") or "")


def _names_in(node: LexborNode, rules: Rules) -> str:
    """The text of an element for authors, with a comma between links or list items that are a name each. Where it has names in
    `<strong>`, or one element of the class `name`, it is these: the rest is a job, or a badge such as "Lv3"."""
    text = text_of(node, MAX_BYLINE_CHARS)
    for category in node.css(_CATEGORY)[:MAX_BYLINE_ELEMENTS] if text else ():
        text = text.replace(text_of(category, MAX_BYLINE_CHARS), " ", 1).strip()
    inner = node.css(".name") if text else []
    if len(inner) == 1 and inner[0].mem_id != node.mem_id:
        name = text_of(inner[0], MAX_BYLINE_CHARS)
        if name and clean(name, rules) == name:
            return name
    if name := _linked_name(node, text, rules):
        return name
    if name := _name_in_heading(node, text, rules):
        return name
    links = [text_of(child, MAX_BYLINE_CHARS) for child in node.css("a[href]")[:MAX_BYLINE_ELEMENTS]]
    people = [name for name in links if like_a_name(name, rules) or kind_of(name, "", rules) != "person"]
    if 0 < len(people) < len(links) and text == " ".join(links):
        return "; ".join(people)  # the other links lead to a section or an account
    strong = [text_of(child, MAX_BYLINE_CHARS) for child in node.css("strong,b")[:MAX_BYLINE_ELEMENTS]]
    if text and strong and all(name[:1].isupper() and clean(name, rules) == name for name in strong):
        return "; ".join(strong)  # the rest is a job
    if not text:
        unseen = node.css_first('meta[property="name"][content]')  # RDFa
        return plain(unseen.attributes.get("content")) if unseen is not None else ""
    pieces = [text_of(child, MAX_BYLINE_CHARS) for child in node.css("a,li,span")[:MAX_BYLINE_ELEMENTS]]
    return with_spaces(text, [p for p in pieces if p != text], rules) if pieces else text


def _name_in_heading(node: LexborNode, text: str, rules: Rules) -> str:
    """The only heading that is a name in an element for authors with more text: boxes below the text have the author's name in a heading
    between a label and a life; else ""."""
    headings = [text_of(h, MAX_BYLINE_CHARS) for h in node.css("h2,h3,h4,h5,h6")[:MAX_BYLINE_ELEMENTS]]
    people = [h for h in headings if h != text and (like_a_name(h, rules) or EASTERN_NAME.fullmatch(h))]
    return people[0] if len(people) == 1 and clean(people[0], rules) == people[0] else ""


def _linked_name(node: LexborNode, text: str, rules: Rules) -> str:
    """The text of the only link to a person's page with which an element for authors ends: what stands before it says "by" in the
    language of the site; else ""."""
    links = node.css("a[href]")[: MAX_BYLINE_ELEMENTS + 1] if text else []
    if len(links) != 1 or links[0].mem_id == node.mem_id:
        return ""
    link, name = links[0], text_of(links[0], MAX_BYLINE_CHARS)
    is_profile = "author" in (link.attributes.get("rel") or "").casefold().split()
    is_profile = is_profile or says_profile((link.attributes.get("href") or "").casefold(), rules)
    is_end = is_profile and text != name and text.endswith(name) and len(text) <= len(name) + MAX_LABEL_CHARS
    return name if is_end and clean(name, rules) == name else ""


def _author_place(mark: Mark) -> Place | None:
    relations = (mark.attributes.get("rel") or "").casefold().split()
    if not _AUTHOR_RELATIONS.isdisjoint(relations):
        return None if "author" not in relations and _of_picture(mark.node) else Place.REL
    if "sioc:UserAccount" in (mark.attributes.get("typeof") or ""):
        # Drupal's "Who is online" is a list of accounts.
        is_listed = any(up.tag == "li" for up in upwards(mark.node, MAX_ANCESTORS))
        return None if is_listed else Place.BYLINE
    if _RDFA_AUTHOR.search(mark.attributes.get("property") or ""):
        return None if _of_picture(mark.node) else Place.AUTHOR
    if not mark.names or "author" in mark.properties:
        return None
    return _author_class(mark.names)


def _of_picture(node: LexborNode) -> bool:
    """Whether a property is that of a picture: it stands in a `<figure>`, or in what RDFa says is an image (`typeof="foaf:Image"`)."""
    around = upwards(node.parent, MAX_ANCESTORS)
    return any(
        up.tag == "figure" or "image" in (up.attributes.get("typeof") or "").casefold() for up in around
    )


@lru_cache(maxsize=2048)
def _author_class(names: str) -> Place | None:
    if not _AUTHOR_CLASS.search(names.lower()):
        return None
    if _NAME_CLASS.search(names):
        return Place.AUTHOR
    return None if _NOT_AUTHOR_CLASS.search(names) else Place.BYLINE
