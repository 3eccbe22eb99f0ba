"""Which parts of a page tell of other posts: "More posts", related, latest, an archive.

A date or a name there is another post's. A theme that prints no date of its own post but a list of the newest ones
("Twenty Twenty-Five") would give every post the date of the newest. Such a list is known by its links: they lead to
other posts of the site, their texts are titles, and little else stands in the list. What holds the headline, and
what holds more text than titles, is the post itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from selectolax.lexbor import LexborNode

from newsarchive.core.discovery.links import address_score, index_reason
from newsarchive.core.metadata.claims import Claim
from newsarchive.core.urls import site_of, try_normalise, url_key
from newsarchive.items import Block
from newsarchive.rules import Rules

#: How many ancestors of an element are asked whether they are a list of other posts.
MAX_ANCESTORS = 10
#: How many ancestors of the headline are known to hold the post itself.
MAX_HEADLINE_ANCESTORS = 40
#: Longest text of a list of posts, in characters: above, the element holds a text and is not looked at.
MAX_LIST_LENGTH = 6000
#: Longest text of one item of such a list, a title with an excerpt, in characters.
MAX_ITEM_LENGTH = 1500
#: Most claims of other posts that are kept.
MAX_REFUSED = 20
#: Most links of one element that are looked at.
MAX_LINKS = 60
#: The share of an element's text that is titles of other posts, from which on it is a list of them.
MIN_TITLE_SHARE = 0.3
#: Fewest words of a title.
MIN_TITLE_WORDS = 3
#: Fewest words of a title that holds digits: a date has up to four, "Wednesday, the 5th of March 2025".
MIN_TITLE_WORDS_AMONG_NUMBERS = 5
#: Fewest letters of a title; in scripts without spaces they stand for the words.
MIN_TITLE_LETTERS = 8
#: An address with less than this score (`links.address_score`) is a section's or a person's as well as a post's.
MIN_ADDRESS_SCORE = 2.0
#: How much of a block its link must be, for the block to be a title.
MIN_LINK_SHARE = 0.6
#: How many blocks before and after the headline are looked at: no date and no name is read further away.
MAX_BLOCKS_BEFORE = 20
MAX_BLOCKS_AFTER = 330

#: Elements that are an item of a list, a list, and the page itself.
_ITEMS = ("li", "article")
_LISTS = ("ul", "ol")
_WHOLE = ("body", "html", "main")
_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
_NEIGHBOURS = frozenset(("next", "prev", "author", "tag", "category"))


#: A box of blocks: the path of the element, and the place of its first block.
_Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Box:
    """How many other posts a part of the page names, and whether that is what it is there for."""

    titles: int
    is_list: bool


class Others:
    """What one page lists of other posts. `own` are the addresses of the page itself."""

    def __init__(self, url: str, own: Iterable[str], rules: Rules) -> None:
        self._url, self._rules = url, rules
        self._site = site_of(url) if try_normalise(url) else ""
        addresses = (try_normalise(one, url) for one in (url, *own) if one)
        self._own = {url_key(one) for one in addresses if one}
        self._around: set[int] = set()
        self._links: dict[str, float] = {}
        self._boxes: dict[int, _Box] = {}
        #: Claims of elements that stand in such lists: kept as candidates that lost.
        self.refused: list[Claim] = []

    def stand(self, headline: LexborNode | None) -> None:
        """Learn where the headline stands: what holds it holds the post itself."""
        up = headline
        for _ in range(MAX_HEADLINE_ANCESTORS):
            if up is None:
                break
            self._around.add(up.mem_id)
            up = up.parent

    def holds(self, node: LexborNode) -> bool:
        """Whether an element stands in a list of other posts: the smallest box around it that names one decides.

        What stands there once beside several titles is the post's own: the date in a footer with links to the
        posts before and after it.
        """
        up = node.parent
        for _ in range(MAX_ANCESTORS):
            if up is None or up.tag in ("body", "html") or up.mem_id in self._around:
                return False
            box = self._boxes.get(up.mem_id)
            if box is None:
                box = self._boxes[up.mem_id] = self._box(up)
            if box.titles:
                return box.is_list and (box.titles == 1 or 2 * _alike(node, up) > box.titles)
            up = up.parent
        return False

    def refuse(self, claim: Claim) -> None:
        if len(self.refused) < MAX_REFUSED:
            self.refused.append(claim)

    def _box(self, node: LexborNode) -> _Box:
        length = len(" ".join((node.text(deep=True) or "").split()))
        if not 0 < length <= MAX_LIST_LENGTH:
            return _Box(0, False) if length == 0 else _Box(1, False)
        titles: dict[str, int] = {}
        heads = 0
        for link in node.css("a[href]")[:MAX_LINKS]:
            in_heading = _in_heading(link)
            if self._is_title(link, in_heading=in_heading):
                titles[link.attributes.get("href") or ""] = len(_text(link))
                heads += in_heading
        is_item = heads > 0 and node.tag in _ITEMS and length <= MAX_ITEM_LENGTH
        return _Box(len(titles), is_item or sum(titles.values()) >= MIN_TITLE_SHARE * length)

    def _is_title(self, link: LexborNode, *, in_heading: bool) -> bool:
        attributes = link.attributes
        if _NEIGHBOURS & set((attributes.get("rel") or "").lower().split()):
            return False
        return reads_as_title(_text(link)) and self._leads_to_other(attributes.get("href") or "", in_heading)

    def _leads_to_other(self, reference: str, in_heading: bool) -> bool:
        score = self._links.get(reference)
        if score is None:
            score = self._links[reference] = self._score(reference)
        return score >= 0 if in_heading else score >= MIN_ADDRESS_SCORE

    def _score(self, reference: str) -> float:
        """How much an address looks like another post's of this site, below 0 where it is none."""
        reference = reference.strip()
        is_whole = reference.startswith(("https://", "http://"))
        if not reference or (is_whole and not self._may_be_here(reference)):
            return -1.0
        # Without a base the same address is folded once for all pages of a site.
        url = try_normalise(reference) if is_whole else try_normalise(reference, self._url)
        if url is None or site_of(url) != self._site or url_key(url) in self._own:
            return -1.0
        return -1.0 if index_reason(url, self._rules) else address_score(url)

    def _may_be_here(self, address: str) -> bool:
        """A cheap look at an address's host: most links of a page lead to its own site or to a few others."""
        host = address.partition("://")[2][: len(self._site) + 8].lower()
        return host.removeprefix("www.").startswith(self._site) or not host.isascii()

    def without(self, blocks: Sequence[Block], at: int) -> list[Block]:
        """The blocks that do not stand in lists of other posts. `at` is the place of the headline, -1 for none."""
        start, end = max(0, at - MAX_BLOCKS_BEFORE), max(0, at) + MAX_BLOCKS_AFTER
        near = blocks[start:end]
        named = {
            i
            for i, block in enumerate(near)
            if block.links and i != at - start and self._names_another(block)
        }
        if not named:
            return list(blocks)
        held = set(_prefixes(blocks[at].path)) if at >= 0 else set()
        wanted = {prefix for i in named for prefix in _prefixes(near[i].path)[:-1]} - held
        boxes = _boxes(near, wanted)
        lists = _lists(near, named, boxes, anywhere=at >= 0)
        titles = Counter(box for i in named for box in boxes[i])
        alike = Counter(
            (box, block.path) for block, around in zip(near, boxes, strict=True) for box in around
        )

        def is_listed(block: Block, around: Sequence[_Place]) -> bool:
            """As in `holds` the smallest box that names another post decides."""
            box = next((one for one in reversed(around) if titles[one]), None)
            return box in lists and 2 * alike[box, block.path] > titles[box]

        kept = (b for b, around in zip(near, boxes, strict=True) if not is_listed(b, around))
        return [*blocks[:start], *kept, *blocks[end:]]

    def _names_another(self, block: Block) -> bool:
        """Whether a block is little more than the title of another post, linked to it."""
        heading = block.kind == "heading"
        return any(
            len(text) >= MIN_LINK_SHARE * len(block.text)
            and reads_as_title(text)
            and self._leads_to_other(url, heading)
            for text, url in block.links[:3]
        )


def _boxes(blocks: Sequence[Block], wanted: Set[str]) -> list[list[_Place]]:
    """The boxes of the paths `wanted` that each block stands in, from the outermost: blocks that follow each other
    below one path stand in one box, or in neighbours of a kind."""
    known: dict[str, list[str]] = {}
    last: dict[str, int] = {}
    first: dict[str, int] = {}
    out: list[list[_Place]] = []
    before = None
    for i, block in enumerate(blocks):
        path = block.path
        around = known.get(path)
        if around is None:
            around = known[path] = [prefix for prefix in _prefixes(path) if prefix in wanted]
        for prefix in around:
            if last.get(prefix) != i - 1:
                first[prefix] = i
            last[prefix] = i
        out.append(out[-1] if path == before else [(prefix, first[prefix]) for prefix in around])
        before = path
    return out


def _lists(
    blocks: Sequence[Block], named: Set[int], boxes: Sequence[Sequence[_Place]], *, anywhere: bool
) -> frozenset[_Place]:
    """The boxes that hold little but titles: those of the blocks at the places `named`.

    Without `anywhere`, where no headline tells the post from what is around it, nothing but lists and their items.
    """
    length: Counter[_Place] = Counter()
    titles: Counter[_Place] = Counter()
    heads: Counter[_Place] = Counter()
    for i, (block, around) in enumerate(zip(blocks, boxes, strict=True)):
        characters = len(block.text)
        for box in around:
            length[box] += characters
        for box in around if i in named else ():
            titles[box] += characters
            heads[box] += block.kind == "heading" and _tag(box[0]) in _ITEMS
    short = {box for box, count in heads.items() if count and length[box] <= MAX_ITEM_LENGTH * count}
    full = {box for box in titles if titles[box] >= MIN_TITLE_SHARE * length[box]}
    return frozenset(
        box
        for box in short | full
        if _tag(box[0]) not in _WHOLE and (anywhere or _tag(box[0]) in (*_ITEMS, *_LISTS))
    )


def _alike(node: LexborNode, box: LexborNode) -> int:
    """How many elements of a box are marked up as this one, itself included."""
    names, rel = node.attributes.get("class"), node.attributes.get("rel")
    same = (one.attributes for one in box.css(node.tag or "*"))
    return sum(one.get("class") == names and one.get("rel") == rel for one in same)


@lru_cache(maxsize=4096)
def reads_as_title(text: str) -> bool:
    """Whether the text of a link is long enough for a title, and no date, name of a person or "Read more"."""
    words = [word for word in text.split() if any(map(str.isalpha, word)) and not any(map(str.isdigit, word))]
    letters = sum(map(str.isalpha, text))
    if len(words) < MIN_TITLE_WORDS and not text.isascii() and not any(map(str.isupper, text)):
        return letters >= MIN_TITLE_LETTERS
    fewest = MIN_TITLE_WORDS_AMONG_NUMBERS if any(map(str.isdigit, text)) else MIN_TITLE_WORDS
    return len(words) >= fewest and letters >= MIN_TITLE_LETTERS


def _prefixes(path: str) -> list[str]:
    """The paths of an element's ancestors from the outermost, and its own: text may stand in a box by itself.

    >>> _prefixes("html/body/div")
    ['html', 'html/body', 'html/body/div']
    """
    out, at = [], path.find("/")
    while at >= 0:
        out.append(path[:at])
        at = path.find("/", at + 1)
    return [*out, path]


def _tag(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0].partition("#")[0]


def _text(node: LexborNode) -> str:
    return " ".join((node.text(deep=True) or "").split())


def _in_heading(link: LexborNode) -> bool:
    up = link.parent
    for _ in range(3):
        if up is None:
            break
        if up.tag in _HEADINGS:
            return True
        up = up.parent
    return link.css_first(",".join(_HEADINGS)) is not None
