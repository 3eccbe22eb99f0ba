"""Which parts of a page tell of other posts: "More posts", related, latest, an archive.

A date or a name there is another post's. A theme that prints no date of its own post but a list of the newest ones
("Twenty Twenty-Five") would give every post the date of the newest. Such a list is known by its links: they lead to
other posts of the site, their texts are titles, and little else stands in the list. What holds the headline, and
what holds more text than titles, is the post itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

from selectolax.lexbor import LexborNode

from newsarchive.core.facts.claims import Claim
from newsarchive.core.sources.links import address_score, index_reason
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
#: Fewest words of a title; scripts without spaces: fewest characters.
MIN_TITLE_WORDS, MIN_TITLE_CHARACTERS = 3, 8
#: An address with less than this score (`links.address_score`) is a section's or a person's as well as a post's.
MIN_ADDRESS_SCORE = 2.0
#: How much of a block its link must be, for the block to be a title.
MIN_LINK_SHARE = 0.6
#: Most blocks of a page that are looked at.
MAX_BLOCKS = 3000

_ITEMS = ("li", "article")
_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
_NEIGHBOURS = frozenset(("next", "prev", "author", "tag", "category"))


class Others:
    """What one page lists of other posts. `own` are the addresses of the page itself."""

    def __init__(self, url: str, own: Iterable[str], rules: Rules) -> None:
        self._url, self._site, self._rules = url, site_of(url), rules
        self._own = {url_key(one) for one in (url, *own) if one}
        self._around: set[int] = set()
        self._links: dict[str, float] = {}
        self._lists: dict[int, bool] = {}
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
        """Whether an element stands in a list of other posts."""
        up = node.parent
        for _ in range(MAX_ANCESTORS):
            if up is None or up.tag in ("body", "html") or up.mem_id in self._around:
                return False
            found = self._lists.get(up.mem_id)
            if found is None:
                found = self._lists[up.mem_id] = self._is_list(up)
            if found:
                return True
            up = up.parent
        return False

    def refuse(self, claim: Claim) -> None:
        if len(self.refused) < MAX_REFUSED:
            self.refused.append(claim)

    def _is_list(self, node: LexborNode) -> bool:
        length = len(" ".join((node.text(deep=True) or "").split()))
        if not 0 < length <= MAX_LIST_LENGTH:
            return False
        titles = heads = 0
        for link in node.css("a[href]")[:MAX_LINKS]:
            in_heading = _in_heading(link)
            if self._is_title(link, in_heading=in_heading):
                titles += len(_text(link))
                heads += in_heading
        if titles >= MIN_TITLE_SHARE * length:
            return True
        return heads > 0 and node.tag in _ITEMS and length <= MAX_ITEM_LENGTH

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
        url = try_normalise(reference.strip(), self._url) if reference.strip() else None
        if url is None or site_of(url) != self._site or url_key(url) in self._own:
            return -1.0
        return -1.0 if index_reason(url, self._rules) else address_score(url)

    def without(self, blocks: Sequence[Block], at: int) -> list[Block]:
        """The blocks that do not stand in lists of other posts. `at` is the place of the headline, -1 for none."""
        looked_at = blocks[:MAX_BLOCKS]
        named = [i for i, block in enumerate(looked_at) if i != at and self._names_another(block)]
        if not named:
            return list(blocks)
        held = set(_prefixes(blocks[at].path)) if at >= 0 else set()
        wanted = {prefix for i in named for prefix in _prefixes(blocks[i].path)[:-1]} - held
        length: dict[str, int] = defaultdict(int)
        titles: dict[str, int] = defaultdict(int)
        heads: set[str] = set()
        for block in looked_at:
            for prefix in wanted.intersection(_prefixes(block.path)):
                length[prefix] += len(block.text)
        for i in named:
            for prefix in wanted.intersection(_prefixes(blocks[i].path)):
                titles[prefix] += len(blocks[i].text)
                if blocks[i].kind == "heading":
                    heads.add(prefix)
        lists = {
            prefix
            for prefix in wanted
            if (at >= 0 or _tag(prefix) in (*_ITEMS, "ul", "ol"))
            and _tag(prefix) not in ("body", "html", "main")
            and (
                titles[prefix] >= MIN_TITLE_SHARE * length[prefix]
                or (
                    prefix in heads
                    and _tag(prefix) in _ITEMS
                    and length[prefix] <= MAX_ITEM_LENGTH * len(named)
                )
            )
        }
        return [block for block in blocks if not lists.intersection(_prefixes(block.path))]

    def _names_another(self, block: Block) -> bool:
        """Whether a block is little more than the title of another post, linked to it."""
        heading = block.kind == "heading"
        return any(
            len(text) >= MIN_LINK_SHARE * len(block.text)
            and reads_as_title(text)
            and self._leads_to_other(url, heading)
            for text, url in block.links[:3]
        )


@lru_cache(maxsize=4096)
def reads_as_title(text: str) -> bool:
    """Whether the text of a link is long enough for a title, and no date, name of a person or "Read more"."""
    words = text.split()
    if text.isascii() or len(words) >= MIN_TITLE_WORDS:
        return len(words) >= MIN_TITLE_WORDS and sum(map(str.isalpha, text)) >= MIN_TITLE_CHARACTERS
    return sum(map(str.isalpha, text)) >= MIN_TITLE_CHARACTERS and not any(map(str.isupper, text))


@lru_cache(maxsize=1024)
def _prefixes(path: str) -> tuple[str, ...]:
    """The paths of an element's ancestors from the outermost, and its own: text may stand in a box by itself.

    >>> _prefixes("html/body/div")
    ('html', 'html/body', 'html/body/div')
    """
    parts = path.split("/")
    return tuple("/".join(parts[:end]) for end in range(1, len(parts) + 1))


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
