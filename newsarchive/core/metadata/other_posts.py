"""Find the parts of a page that tell of other posts: "More posts", "Related", "Latest", an archive.

A date or a name there belongs to another post. A theme that shows no date of its own post but a list of the newest
posts (WordPress's "Twenty Twenty-Five") would give every post the date of the newest post. Such a list is known by its
links: they lead to other posts of the site, their texts are titles, and little else stands in the list. An element
that holds the headline, or more text than titles, is part of the post itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import lru_cache
from itertools import chain, takewhile

from selectolax.lexbor import LexborNode

from newsarchive.core.discovery.links import address_score, index_reason
from newsarchive.core.html.entries import Entries
from newsarchive.core.html.markup import upwards
from newsarchive.core.metadata.claims import Claim
from newsarchive.core.urls import site_of, try_normalise, url_key
from newsarchive.items import Block
from newsarchive.rules import Rules

#: Ancestors of an element that are asked whether they are a list of other posts; those further up are not.
MAX_ANCESTORS = 10
#: Ancestors of the headline that are known to hold the post itself; those further up are not.
MAX_HEADLINE_ANCESTORS = 40
#: Characters of a list of posts. An element with more holds a text, and is no list.
MAX_LIST_CHARS = 6000
#: Characters of text, with its white space, of a list of posts; an element with more is not folded.
MAX_RAW_LIST_CHARS = 60_000
#: Characters that are read of one page to find lists of posts, with their white space; an element counts as 100. Once they are
#: read, no further element is a list: 400 marks, nested around a text of 5 MB, took 40 s.
MAX_READ_CHARS = 20_000_000
#: Characters that an element counts as.
CHARS_OF_ELEMENT = 100
#: Characters of a block's path times its steps. A block with more stands in no list: a class of 7,000 slashes took 12 s.
MAX_PATH_WORK = 500_000
#: Characters of one item of such a list, a title with an excerpt. An element with more is no item.
MAX_ITEM_CHARS = 1500
#: Headings of other posts, each with a day and an excerpt, in one box or in neighbours of one path. From this number on they are a
#: list, whatever its elements are.
MIN_ALIKE_ITEMS = 3
#: Elements between an item of such a list and what it holds.
MAX_WRAPPERS = 2
#: Claims of other posts that are kept as refused candidates; further ones are dropped.
MAX_REFUSED = 20
#: Links of one element that are looked at; later ones are not.
MAX_LINKS = 60
#: Share of an element's text that is titles of other posts. From this share on, the element is a list of them.
MIN_TITLE_SHARE = 0.3
#: Words of a title; a text with fewer is none.
MIN_TITLE_WORDS = 3
#: Words without digits of a title that has digits, too. A date has up to four: "Wednesday, the 5th of March 2025".
MIN_TITLE_WORDS_AMONG_NUMBERS = 5
#: Letters of a title; a text with fewer is none. In scripts without spaces, letters are counted instead of words.
MIN_TITLE_LETTERS = 8
#: Score of a post's address (`links.address_score`). An address with less may be that of a section or a person.
MIN_ADDRESS_SCORE = 2.0
#: Score of the address of the page itself.
OWN_PAGE = -2.0
#: Share of a block's text that is its link. From this share on, the block is a title.
MIN_LINK_SHARE = 0.6
#: Links of one block that may be a title; later ones are not looked at.
MAX_BLOCK_LINKS = 3
#: Blocks before the headline that are looked at. No date and no name is read further away.
MAX_BLOCKS_BEFORE = 20
#: Blocks after the headline that are looked at.
MAX_BLOCKS_AFTER = 330

#: Elements that are an item of a list.
_ITEMS = ("li", "article")
#: Elements that are a list.
_LISTS = ("ul", "ol")
#: Elements that hold the whole page or article.
_WHOLE = ("body", "html", "main")
_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
#: Relations of links that are not to a post of a list, and classes of those to a person (microformats.org).
_NO_TITLE_RELATIONS = frozenset(("next", "prev", "author", "tag", "category"))
_PERSON_CLASSES = frozenset(("fn", "p-author", "author", "vcard", "h-card"))
#: A step in the path of a block that stands in a citation of another post (microformats.org): a note that the post answers.
_CITED = re.compile(r"\.h-cite(?![^./])")


#: An element that holds blocks: its path, and the index of its first block.
_Container = tuple[str, int]
#: How many other posts an element names, and whether it is a list of them.
_Titles = tuple[int, bool]


class OtherPosts:
    """The lists of other posts on one page. `own` are the addresses of the page itself, `entries` its entries of posts."""

    def __init__(self, url: str, own: Iterable[str], entries: Entries, rules: Rules) -> None:
        self._url, self._rules = url, rules
        self.entries = entries
        self._site = site_of(url) if try_normalise(url) else ""
        addresses = (try_normalise(one, url) for one in (url, *own) if one)
        self._own = {url_key(one) for one in addresses if one}
        self._headline_ancestors: set[int] = set()
        self._scores: dict[str, float] = {}
        self._titles: dict[int, _Titles] = {}
        #: Element and tag → (class, relation) → how many elements with that tag below it have them.
        self._alike: dict[tuple[int, str], Counter[tuple[str | None, str | None]]] = {}
        self._read_chars = 0
        #: Claims of elements in such lists. They are kept as candidates that lost.
        self.refused: list[Claim] = []

    def set_headline(self, headline: LexborNode | None) -> None:
        """Learn where the headline stands: its ancestors hold the post itself, and are no list of other posts."""
        self._headline_ancestors.update(up.mem_id for up in upwards(headline, MAX_HEADLINE_ANCESTORS))

    def holds(self, node: LexborNode, *, itself: bool = False) -> bool:
        """Whether an element stands in a list of other posts; with `itself` also whether it is an item of one, since themes
        give the classes of a date to whole items. The closest element around it that names another post decides.

        An element that stands there once beside several titles belongs to the post itself: the date in a footer that
        also links to the posts before and after it. So does one beside a title that links to this very page, which a
        list of the newest posts has too.
        """
        if self.entries.holds(node):
            return True
        for up in upwards(node if itself else node.parent, MAX_ANCESTORS):
            if up.tag in ("body", "html") or up.mem_id in self._headline_ancestors:
                return False
            if up.mem_id not in self._titles:
                self._titles[up.mem_id] = self._titles_in(up)
            count, is_list = self._titles[up.mem_id]
            if count:
                return is_list and (count == 1 or 2 * self._similar_count(node, up) > count)
        return False

    def refuse(self, claim: Claim) -> None:
        """Keep a claim of another post, which is not used."""
        if len(self.refused) < MAX_REFUSED:
            self.refused.append(claim)

    def _similar_count(self, node: LexborNode, ancestor: LexborNode) -> int:
        """The elements below `ancestor` with the tag, classes and relation of `node`, itself included."""
        tag = node.tag or "*"
        alike = self._alike.get((ancestor.mem_id, tag))
        if alike is None:
            found = (one.attributes for one in self._all(ancestor, tag))
            alike = Counter((one.get("class"), one.get("rel")) for one in found)
            self._alike[ancestor.mem_id, tag] = alike
        return alike[node.attributes.get("class"), node.attributes.get("rel")]

    def _all(self, node: LexborNode, selector: str) -> list[LexborNode]:
        """The elements below a node; none once too much is read."""
        found = node.css(selector) if self._read_chars <= MAX_READ_CHARS else []
        self._read_chars += CHARS_OF_ELEMENT * len(found)
        return found

    def _titles_in(self, node: LexborNode) -> _Titles:
        if self._read_chars > MAX_READ_CHARS:
            return (1, False)
        raw = node.text(deep=True) or ""
        self._read_chars += len(raw)
        if len(raw) > MAX_RAW_LIST_CHARS:
            return (1, False)
        length = len(" ".join(raw.split()))
        if not 0 < length <= MAX_LIST_CHARS:
            return (1 if length else 0), False
        titles: dict[str, int] = {}
        headings = 0
        links = self._all(node, "a[href]")[:MAX_LINKS]
        for link in links:
            around = any(up.tag in _HEADINGS for up in upwards(link.parent, 3))
            in_heading = around or link.css_first(",".join(_HEADINGS)) is not None
            if self._is_title(link, in_heading=in_heading):
                titles[link.attributes.get("href") or ""] = len(_text(link))
                headings += in_heading
        # An item of a list, or a wrapper inside one that does not hold the headline.
        item = next((up for up in upwards(node, MAX_WRAPPERS + 1) if up.tag in _ITEMS), None)
        is_inside = item is not None and item.mem_id not in self._headline_ancestors
        is_item = headings > 0 and length <= MAX_ITEM_CHARS and is_inside
        is_own = not titles and any(
            "#" not in href and reads_as_title(_text(link)) and self._score_of(href) == OWN_PAGE
            for link, href in ((link, link.attributes.get("href") or "") for link in links)
        )
        return len(titles) or is_own, is_item or sum(titles.values()) >= MIN_TITLE_SHARE * length

    def _is_title(self, link: LexborNode, *, in_heading: bool) -> bool:
        attributes = link.attributes
        if _NO_TITLE_RELATIONS & set((attributes.get("rel") or "").lower().split()):
            return False
        if _PERSON_CLASSES & set((attributes.get("class") or "").lower().split()):
            return False
        return reads_as_title(_text(link)) and self._leads_to_other(attributes.get("href") or "", in_heading)

    def _leads_to_other(self, reference: str, in_heading: bool) -> bool:
        score = self._score_of(reference)
        return score >= 0 if in_heading else score >= MIN_ADDRESS_SCORE

    def _score_of(self, reference: str) -> float:
        if reference not in self._scores:
            self._scores[reference] = self._score(reference)
        return self._scores[reference]

    def _score(self, reference: str) -> float:
        """How much an address looks like that of another post of this site; below 0 where it is none, `OWN_PAGE` where it is
        that of this page."""
        reference = reference.strip()
        absolute = reference.startswith(("https://", "http://"))
        host = reference.partition("://")[2][: len(self._site) + 8].lower()
        may_be_of_site = host.removeprefix("www.").startswith(self._site) or not host.isascii()
        if not reference or (absolute and not may_be_of_site):  # which spares most normalising
            return -1.0
        # Without a base, normalising is cached for all pages of a site.
        url = try_normalise(reference) if absolute else try_normalise(reference, self._url)
        if url is None or site_of(url) != self._site:
            return -1.0
        if url_key(url) in self._own:
            return OWN_PAGE
        return -1.0 if index_reason(url, self._rules) else address_score(url)

    def without(self, blocks: Sequence[Block], at: int) -> list[Block]:
        """The blocks that do not stand in lists or citations of other posts. `at` is the index of the headline, -1 for none."""
        others = [
            bool(self.entries.other(block.path)) or _CITED.search(block.path) is not None for block in blocks
        ]
        if any(others):
            at = -1 if at >= 0 and others[at] else at - sum(others[: max(0, at)])
            blocks = [block for block, other in zip(blocks, others, strict=True) if not other]
        start, end = max(0, at - MAX_BLOCKS_BEFORE), max(0, at) + MAX_BLOCKS_AFTER
        near = blocks[start:end]
        linked = (i for i, block in enumerate(near) if block.links and i != at - start)
        named = {i for i in linked if self._names_another(near[i])}
        if not named:
            return list(blocks)
        wanted: set[str] = set()
        for path in {near[i].path for i in named}:
            # The title may stand right in the item: `<li><a>The ferry returns</a><p>3 May</p></li>` (Jetpack).
            item = [path] if _tag(path) in _ITEMS else []
            wanted.update(takewhile(lambda up: up not in wanted, chain(item, _ancestors(path))))
        if at >= 0:
            wanted.difference_update((blocks[at].path, *_ancestors(blocks[at].path)))
        containers = _containers(near, wanted)
        titles = Counter(one for i in named for one in containers[i])
        lists = _lists(near, named, containers, titles, anywhere=at >= 0)
        # As in `holds`, the smallest container that names another post decides.
        closest = [next((one for one in reversed(around) if one in titles), None) for around in containers]
        asked = lists.intersection(closest)
        similar = Counter(
            (one, b.path)
            for b, around in zip(near, containers, strict=True)
            for one in around
            if one in asked
        )
        kept = (
            block
            for block, one in zip(near, closest, strict=True)
            if one not in asked or 2 * similar[one, block.path] <= titles[one]
        )
        return [*blocks[:start], *kept, *blocks[end:]]

    def _names_another(self, block: Block) -> bool:
        """Whether a block is little more than a link to another post, whose text is a title."""
        heading, shortest = block.kind == "heading", MIN_LINK_SHARE * len(block.text)
        titles = (link for link in block.links[:MAX_BLOCK_LINKS] if len(link[0]) >= shortest)
        return any(reads_as_title(text) and self._leads_to_other(url, heading) for text, url in titles)


def _containers(blocks: Sequence[Block], wanted: Set[str]) -> list[list[_Container]]:
    """The containers with a path in `wanted` that each block stands in, from the outermost. Blocks that follow each
    other below one path stand in one container, or in neighbours of the same kind."""
    known: dict[str, list[str]] = {}
    last: dict[str, int] = {}
    first: dict[str, int] = {}
    out: list[list[_Container]] = []
    before = None
    for i, block in enumerate(blocks):
        path = block.path
        new = list(takewhile(lambda up: up not in known, chain([path], _ancestors(path))))
        for prefix in reversed(new):
            around = known.get(prefix.rpartition("/")[0], [])
            known[prefix] = [*around, prefix] if prefix in wanted else around
        around = known[path]
        for prefix in around:
            if last.get(prefix) != i - 1:
                first[prefix] = i
            last[prefix] = i
        out.append(out[-1] if path == before else [(prefix, first[prefix]) for prefix in around])
        before = path
    return out


def _lists(
    blocks: Sequence[Block],
    named: Set[int],
    containers: Sequence[Sequence[_Container]],
    titles: Mapping[_Container, int],
    *,
    anywhere: bool,
) -> frozenset[_Container]:
    """The containers that hold little but titles. The blocks at the indexes `named` are titles, which the containers in `titles` hold.

    Without `anywhere`, only list elements and their items count: where no headline is known, nothing else tells the
    post from other posts.
    """
    length = dict.fromkeys(titles, 0)
    title_length = dict.fromkeys(titles, 0)
    headings: Counter[_Container] = Counter()
    headed: Counter[_Container] = Counter()
    for i, (block, around) in enumerate(zip(blocks, containers, strict=True)):
        characters = len(block.text)
        for one in around:
            if one in titles:
                length[one] += characters
        for at, one in enumerate(around) if i in named else ():
            title_length[one] += characters
            wrapped = around[max(0, at - MAX_WRAPPERS) : at + 1]
            headings[one] += block.kind == "heading" and any(_tag(up[0]) in _ITEMS for up in wrapped)
            headed[one] += block.kind == "heading"
    items = {one for one, count in headings.items() if count and length[one] <= MAX_ITEM_CHARS * count}
    several = (one for one, n in headed.items() if n >= MIN_ALIKE_ITEMS and length[one] <= MAX_ITEM_CHARS * n)
    items.update(several if anywhere else ())
    full = {one for one in title_length if title_length[one] >= MIN_TITLE_SHARE * length[one]}
    found = frozenset(one for one in items | full if _tag(one[0]) not in _WHOLE)
    if anywhere:
        return found
    return frozenset(one for one in found if one in items or _tag(one[0]) in (*_ITEMS, *_LISTS))


@lru_cache(maxsize=4096)
def reads_as_title(text: str) -> bool:
    """Whether the text of a link is long enough for a title. A date, a person's name and "Read more" are too short."""
    pieces = text.split()
    if len(pieces) < MIN_TITLE_WORDS and text.isascii():
        return False
    words = [word for word in pieces if any(map(str.isalpha, word)) and not any(map(str.isdigit, word))]
    letters = sum(map(str.isalpha, text))
    if len(words) < MIN_TITLE_WORDS and not text.isascii() and not any(map(str.isupper, text)):
        return letters >= MIN_TITLE_LETTERS
    fewest = MIN_TITLE_WORDS_AMONG_NUMBERS if any(map(str.isdigit, text)) else MIN_TITLE_WORDS
    return len(words) >= fewest and letters >= MIN_TITLE_LETTERS


def _ancestors(path: str) -> Iterator[str]:
    """The paths of an element's ancestors, the closest first; none where they are too long.

    >>> list(_ancestors("html/body/div"))
    ['html/body', 'html']
    """
    if len(path) * path.count("/") <= MAX_PATH_WORK:
        while path := path.rpartition("/")[0]:
            yield path


def _tag(path: str) -> str:
    """The tag of the innermost element of a path."""
    return path.rpartition("/")[2].partition(".")[0].partition("#")[0]


def _text(node: LexborNode) -> str:
    """The text of a node with white space folded."""
    return " ".join((node.text(deep=True) or "").split())
