"""Tables of contents: lists whose items are links to places on the page itself.

    In this article          <p><strong>In this article</strong></p>
    Where it began           <li><a href="#began">Where it began</a></li>
    What followed            <li><a href="https://blog.example/ferry/#followed">What followed</a></li>

Each of a dozen plug-ins names the box around such a list in its own way. What the links say is the same everywhere: the items are the
headings of the text, which stand in it already. A list that leads to parts of the page with other names is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from newsarchive.core.html.boxes import Box, RawBlock
from newsarchive.core.text.normalise import key

#: Neighbouring blocks that are links into the page. With fewer, one may be the question of an accordion, above its answer.
MIN_ENTRIES = 2
#: Characters of such a block that are text of these links, as a share of all. Above, it says nothing else: "1. Where it began".
MIN_INNER_SHARE = 0.7
#: Characters of the line above a table of contents, which has no digits. A longer one is no title of it.
MAX_TITLE_CHARACTERS = 40
#: Characters of a line of the article. A longer one is no heading.
MAX_HEADING_CHARACTERS = 200
#: Kinds of blocks that are no entry of a table of contents.
_NO_ENTRIES = frozenset(["heading", "caption", "code", "embed"])


def contents(blocks: Sequence[RawBlock], kept: Sequence[bool], url: str) -> set[int]:
    """The places of the entries of tables of contents, and of the line above one that stands with it in a box of their own. `kept` says
    which blocks are taken for the article, `url` is the page's address."""
    page = url.partition("#")[0]
    runs: list[list[int]] = []
    run: list[int] = []
    for i in range(len(blocks) + 1):
        if i < len(blocks) and _leads_into_page(blocks[i], page):
            run.append(i)
        elif run:
            if len(run) >= MIN_ENTRIES:
                runs.append(run)
            run = []
    if not runs:
        return set()
    # Where each line of the article stands last.
    last = {
        key(block.text): i
        for i, block in enumerate(blocks)
        if kept[i] and len(block.text) <= MAX_HEADING_CHARACTERS
    }
    found = {at for run in runs if _stands_below(blocks, run, last) for at in run}
    titles = {i - 1 for i in found if i and i - 1 not in found}
    return found | {i for i in titles if kept[i] and _is_title(blocks, i, found, kept)}


def _leads_into_page(block: RawBlock, page: str) -> bool:
    if not block.link_chars or block.kind in _NO_ENTRIES:
        return False
    inner = block.inner_chars
    for text, href in block.links:
        address, _, fragment = href.partition("#")
        inner += len(text) if fragment and address == page else 0
    return inner > MIN_INNER_SHARE * len(block.text)


def _stands_below(blocks: Sequence[RawBlock], run: Sequence[int], last: Mapping[str, int]) -> bool:
    """Whether half of the entries or more stand below in the article once more, as its headings. `last` is where each line of the
    article stands last, by its match key."""
    return 2 * sum(last.get(key(blocks[i].text), -1) > run[-1] for i in run) >= len(run)


def _is_title(blocks: Sequence[RawBlock], i: int, found: set[int], kept: Sequence[bool]) -> bool:
    """Whether a line stands in one box with the entries below it and with no other text of the article."""
    if len(blocks[i].text) > MAX_TITLE_CHARACTERS or any(map(str.isdigit, blocks[i].text)):
        return False
    box: Box | None = blocks[i].box
    while box is not None and box.last <= i + 1:
        box = box.parent
    around = range(box.first, box.last) if box is not None else ()
    return all(at == i or at in found or not kept[at] for at in around)
