"""The lines at the edges of an article, and the credits among them, for the chrome step and for the origin step alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from newsarchive.core.metadata.sources import Place
from newsarchive.core.origins.attribution import attribution_of
from newsarchive.core.origins.credits import Credit, Surroundings, credit_of, words_of_address
from newsarchive.core.origins.publishers import key_of
from newsarchive.core.text.lines import is_prose
from newsarchive.core.text.words import comparable_words
from newsarchive.core.urls import same_site
from newsarchive.items import PROVED, Article, Block, DecidedBy
from newsarchive.rules import Rules

#: A paragraph of so many words is the article's text: a credit stands before the first or after the last of them.
PROSE = 25
#: How many lines are read before the text and after it, and how far notices and heads stand from what they belong to.
HEAD, FOOT, NEAR = 4, 10, 6
#: A longer notice, in characters, names more than a holder.
_NOTICE = 120
#: Labels that a credit may still have: the article's own, and extraction's guesses inside the article's element.
_OPEN = frozenset({"body", "attribution"})
_GUESSED = frozenset({"other", "footer", "related", "nav"})
_KINDS = frozenset({"paragraph", "list_item", "quote", "heading"})


def credit_lines(blocks: Sequence[Block], page: Article, rules: Rules) -> Iterator[tuple[int, Credit]]:
    """Place → credit, for the lines that no known phrase meets. `blocks` are the page's, with their labels so far."""
    own = own_names(page)
    title = words_of_address(page.url) | words_of_address("://x/" + page.headline)
    for i in edge_lines(blocks):
        block = blocks[i]
        if attribution_of(block.text, rules):
            continue
        credit = credit_of(block, _surroundings(blocks, i, page.url, title), rules)
        if credit and not _is_own(credit, page.url, own):
            yield i, credit


def edge_lines(blocks: Sequence[Block]) -> list[int]:
    """The places of lines that stand before the first or after the last paragraph of the text."""
    body = [i for i, b in enumerate(blocks) if b.label == "body"]
    if not body:
        return []
    prose = [i for i in body if is_prose(blocks[i], PROSE)] or [body[len(body) // 2]]
    content = container([blocks[i].path for i in body])
    first, last = prose[0], prose[-1]
    places = [*range(max(0, first - HEAD), first + 1), *range(last, min(len(blocks), last + FOOT + 1))]
    return [i for i in dict.fromkeys(places) if _is_open(blocks[i], content)]


def container(paths: Sequence[str]) -> str:
    """The element that holds most paragraphs of the body, "" where that is the whole page."""
    parents = Counter(path.rpartition("/")[0] for path in paths)
    parent = parents.most_common(1)[0][0] if parents else ""
    return parent if parent.count("/") > 1 else ""


def _is_open(block: Block, content: str) -> bool:
    if block.kind not in _KINDS or not 0 < comparable_words(block.text) < 2 * PROSE:
        return False
    inside = bool(content) and block.path.rpartition("/")[0] == content
    guessed = block.label in _GUESSED and block.decided_by not in PROVED
    return block.label in _OPEN or (guessed and inside)


def _surroundings(blocks: Sequence[Block], at: int, url: str, title: frozenset[str]) -> Surroundings:
    """What notices and the heads of lists beside a line say, in the element that holds it: they name the paper that
    the article came from. Those of the page name the blog."""
    block = blocks[at]
    parent = block.path.rpartition("/")[0]
    around = (*blocks[max(0, at - NEAR) : at], *blocks[at + 1 : at + NEAR])
    near = [b for b in around if b.path.rpartition("/")[0] == parent]
    heads = [b for b in near if b.label in ("related", "read more") and not b.links]
    notices = [b for b in near if b.label == "copyright"]
    texts = {key_of(b.text) for b in (*heads, *notices) if len(b.text) < _NOTICE}
    taught = block.label == "attribution" and block.decided_by == DecidedBy.TEMPLATE
    return Surroundings(url, frozenset(texts - {""}), taught, title)


def own_names(page: Article) -> set[str]:
    """What the blog calls itself, folded. A JSON-LD publisher is not asked: copies name the original there."""
    names = [c.value for c in page.candidates if c.field == "publisher" and c.source != Place.JSON_LD]
    host = page.url.partition("://")[2].partition("/")[0].removeprefix("www.").partition(".")[0]
    return {key_of(n) for n in (*names, page.publisher, host) if n} - {""}


def _is_own(credit: Credit, url: str, own: set[str]) -> bool:
    if credit.domain and same_site(f"https://{credit.domain}/", url):
        return True
    return key_of(credit.source) in own
