"""Corrects the classifier where the mark-up shows what a line is, whatever it says: cards, offers, credits, lists of links, summaries by
machines, footnotes, sources of quotations.

The classifier judges each line by numbers, and may keep "The ferry is back" in the middle of another article. The mark-up shows that
it is a card: a link to another page of the site, and nothing else. Houses and plug-ins choose such words and names as they like, and
no table holds them all; what they build is the same everywhere.

`shown_to_be_none` gives what leaves the text, `heads_of_links` the lines above lists of links, `whole_lists` keeps footnotes
together, and `with_sources` keeps who is quoted with the quotation, and a table with its caption. In all of them `kept` says of each
block whether the article has it, and `url` is the page's address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from newsarchive.core.extraction.class_names import telling
from newsarchive.core.extraction.labels import own_label
from newsarchive.core.html.boxes import Box, RawBlock, Reading, within
from newsarchive.core.text.normalise import key
from newsarchive.core.text.words import ends_sentence
from newsarchive.core.urls import parts_of, same_site
from newsarchive.items import BlockVerdict, DecidedBy
from newsarchive.rules import Rules

#: Characters of a card's line. A longer line is a paragraph around which a link was never closed.
MAX_CARD_CHARACTERS = 220
#: Characters of such a line that are link text, as a share of all.
MIN_LINKED_SHARE = 0.9
#: Words of a page's cards, as a share of the words of its article. From here on the article is a list of cards.
MIN_SHARE_OF_LIST = 0.25
#: Words of all that stands in a box with a field for an e-mail address. With more, the box holds other things than an offer.
MAX_OFFER_WORDS = 60
#: Such boxes of a page; later ones are not looked at.
MAX_OFFERS = 20
#: Words of the credit of a picture. A longer line in its box is a paragraph around which an element was never closed.
MAX_CREDIT_WORDS = 14
#: Neighbouring blocks that are links into the page. With fewer, one may be the question of an accordion, above its answer.
MIN_ENTRIES = 2
#: Characters of such a block that are text of these links, as a share of all. Above, it says nothing else: "1. Where it began".
MIN_INNER_SHARE = 0.7
#: Characters of the line above a table of contents, which has no digits. A longer one is no title of it.
MAX_TITLE_CHARACTERS = 40
#: Characters of a line of the article. A longer one is no heading.
MAX_HEADING_CHARACTERS = 200
#: Lines below the head of a box of links. With fewer, the box may be a line of the text with a link below it.
MIN_LINKS = 3
#: Words of such a head; a longer line is a sentence.
MAX_HEAD_WORDS = 12
#: Words of a line below a quotation that says where it is from. A longer one is a sentence of the text.
MAX_SOURCE_WORDS = 20

CARD = BlockVerdict("related", "a card that leads to another page of the site", DecidedBy.MARKUP)
OFFER = BlockVerdict(
    "subscribe", "stands in a small box with a field for an e-mail address", DecidedBy.MARKUP
)
CREDIT = BlockVerdict("caption", "stands in a box named as a picture's credit", DecidedBy.MARKUP)
CONTENTS = BlockVerdict("nav", "a list of links into the page itself", DecidedBy.MARKUP)
HEAD = BlockVerdict("nav", "the head of a box of links", DecidedBy.NEIGHBOURS)
MACHINE_SUMMARY = BlockVerdict(
    "other", "stands in a box named as a summary that a machine wrote", DecidedBy.MARKUP
)

#: What a card or the head of a box of links is; a cell of a table belongs to its row.
_LINES = frozenset(("paragraph", "heading"))
#: What the first line below a head is: an item of a list, or the title of a post. In a row of a table of products built of `<div>` the
#: prices are links too.
_FIRST_KINDS = frozenset(("list_item", "heading"))
#: Labels of the lines below it: links, and the headline of the page itself, which a list of posts may hold.
_BELOW = frozenset(("nav", "related", "title"))
#: Kinds of blocks that are no entry of a table of contents.
_NO_ENTRIES = frozenset(("heading", "caption", "code", "embed"))
_FILE = re.compile(r"\.(?!html?$|php$|aspx?$|jsp$)\w{2,5}$", re.IGNORECASE)
_CREDIT = re.compile(
    r"(?:^|[\s_.-])(?:media|photo|image|img|picture|pic|video)[_-]{0,2}(?:credits?|source|desc(?:r|ription)?|caption)(?![a-z])",
    re.IGNORECASE,
)
#: Names of boxes with a summary that a machine wrote: `ai-summary`, `article-ai-summary__text`, `articleAiSummary`, and those of
#: Hexo's theme AnZhiYu.
_MACHINE_SUMMARY = re.compile(
    r"(?i:(?:^|[\s_-])ai[_-]{0,2}(?:generated[_-]{0,2})?summar(?:y|ies)(?![a-z]))|(?:^|[a-z\s_-])(?:ai|Ai|AI)Summar(?:y|ies)(?![a-z])"
    r"|(?:^|\s)post-ai-description(?:\s|$)"
)
#: How a line begins that says where the quotation above it is from.
_SOURCE = re.compile(r"(?:[—―–]|--)\s?\w")
#: The mark of a note, as it stands in the text of a block.
_NOTE_MARK = re.compile(r"\[\d{1,3}\]")


def shown_to_be_none(
    reading: Reading, kept: Sequence[bool], url: str, rules: Rules
) -> dict[int, BlockVerdict]:
    """Place of a block → what the mark-up shows it to be, where that is no text."""
    blocks = reading.blocks
    found = dict.fromkeys(offers(blocks, reading.boxes, kept), OFFER)
    found |= dict.fromkeys(cards(blocks, kept, url), CARD)
    found |= dict.fromkeys(picture_credits(blocks, kept), CREDIT)
    found |= dict.fromkeys(machine_summaries(blocks, reading.boxes, kept), MACHINE_SUMMARY)
    found |= rows_of_buttons(blocks, kept, rules)
    return found | dict.fromkeys(contents(blocks, kept, url), CONTENTS)


def cards(blocks: Sequence[RawBlock], kept: Sequence[bool], url: str) -> set[int]:
    """The places of lines that are links to other pages of the site as a whole. Plug-ins for related posts put such a card between two
    paragraphs:

        <a href="/2025/03/ferry/"><div><span>READ</span> <span>The ferry is back</span></div></a>

    A heading alone is none: a text about five books links the heading above each.
    """
    found = {i for i, block in enumerate(blocks) if kept[i] and _is_card(block, url)}
    found = {i for i in found if blocks[i].kind != "heading" or not found.isdisjoint((i - 1, i + 1))}
    words = {i: _words(block) for i, block in enumerate(blocks) if kept[i]} if found else {}
    if sum(words[i] for i in found) >= MIN_SHARE_OF_LIST * sum(words.values()):
        return set()
    return found


def _is_card(block: RawBlock, url: str) -> bool:
    if not block.links or not block.wrap.startswith("/a") or block.kind not in _LINES:
        return False
    if len(block.text) > MAX_CARD_CHARACTERS or block.link_chars < MIN_LINKED_SHARE * len(block.text):
        return False
    return all(is_other_page(href, url) for _, href in block.links)


def is_other_page(href: str, url: str) -> bool:
    """Whether an address is that of another page of the site, and no file."""
    there, here = parts_of(href), parts_of(url)
    path = there.path.rstrip("/")
    return same_site(href, url) and path not in ("", here.path.rstrip("/")) and not _FILE.search(path)


def offers(blocks: Sequence[RawBlock], boxes: Sequence[Box], kept: Sequence[bool]) -> set[int]:
    """The places of the blocks that stand in a small box with a field for an e-mail address:

        <div><h3>Liked this story?</h3><p>Our letter comes each Friday.</p><form><input type="email"><button>Go</button></form></div>

    A box with half of the article's words is the article's own.
    """
    found: set[int] = set()
    asking = [one for one in boxes if one.asks][:MAX_OFFERS]
    all_words = sum(_words(block) for block, keep in zip(blocks, kept, strict=True) if keep) if asking else 0
    for box in asking:
        around: Box | None = box
        while around is not None and around.last - around.first <= MAX_OFFER_WORDS:
            inside = range(around.first, around.last)
            words = sum(_words(blocks[i]) for i in inside)
            if words > MAX_OFFER_WORDS or 2 * sum(_words(blocks[i]) for i in inside if kept[i]) > all_words:
                break
            found.update(inside)
            around = around.parent
    return found


def _words(block: RawBlock) -> int:
    return block.text.count(" ") + 1


def picture_credits(blocks: Sequence[RawBlock], kept: Sequence[bool]) -> set[int]:
    """The places of lines whose own box is named as the credit or the caption of a picture. Plug-ins print a photographer's name below a picture, in no
    `<figcaption>` where the theme has none, and there it reads like the author's:

        <img src="ferry.jpg"><span class="media-credit">Ann Roe | Heron Post</span>
    """
    return {
        i
        for i, block in enumerate(blocks)
        if kept[i] and _CREDIT.search(block.box.classes + block.wrap) and _words(block) <= MAX_CREDIT_WORDS
    }


def machine_summaries(blocks: Sequence[RawBlock], boxes: Sequence[Box], kept: Sequence[bool]) -> set[int]:
    """The places of lines in a box that is named as a summary by a machine. It stands above a text, or in it, and says the same once more
    in words that its author did not write:

        <div class="ai-summary"><h4>Quick take</h4><ul><li>The ferry is back.</li> … </ul></div>

    A box with half of the article's words is the article.
    """
    found: set[int] = set()
    named = [box for box in boxes if box.last > box.first and _is_machine_summary(box)]
    all_words = sum(_words(block) for block, keep in zip(blocks, kept, strict=True) if keep) if named else 0
    for box in named:
        inside = range(box.first, box.last)
        if 2 * sum(_words(blocks[i]) for i in inside if kept[i]) < all_words:
            found.update(inside)
    return found


def _is_machine_summary(box: Box) -> bool:
    names = f"{box.ident} {box.classes}"
    if "ai" not in names and "AI" not in names and "Ai" not in names:  # cheaper than to look
        return False
    return _MACHINE_SUMMARY.search(f"{box.ident} {' '.join(telling(box.classes))}") is not None


def contents(blocks: Sequence[RawBlock], kept: Sequence[bool], url: str) -> set[int]:
    """The places of the entries of tables of contents, and of the line above one that stands with it in a box of their own:

        In this article          <p><strong>In this article</strong></p>
        Where it began           <li><a href="#began">Where it began</a></li>
        What followed            <li><a href="https://blog.example/ferry/#followed">What followed</a></li>

    At least half of the entries must stand below in the article once more, as its headings: a list that leads to parts of the page with
    other names is none.
    """
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
    last_place: Mapping[str, int] = {
        key(block.text): i
        for i, block in enumerate(blocks)
        if kept[i] and len(block.text) <= MAX_HEADING_CHARACTERS
    }
    found: set[int] = set()
    for run in runs:
        if 2 * sum(last_place.get(key(blocks[i].text), -1) > run[-1] for i in run) >= len(run):
            found.update(run)
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


def _is_title(blocks: Sequence[RawBlock], i: int, found: set[int], kept: Sequence[bool]) -> bool:
    """Whether a line stands in one box with the entries below it and with no other text of the article."""
    if len(blocks[i].text) > MAX_TITLE_CHARACTERS or any(map(str.isdigit, blocks[i].text)):
        return False
    box: Box | None = blocks[i].box
    while box is not None and box.last <= i + 1:
        box = box.parent
    around = range(box.first, box.last) if box is not None else ()
    return all(at == i or at in found or not kept[at] for at in around)


def heads_of_links(blocks: Sequence[RawBlock], said: Sequence[BlockVerdict]) -> list[int]:
    """The places of the lines labelled `body` by `said` that begin a box whose other lines were all left out as links:

    <div><p>Life at the harbour:</p><ul><li><a href="/1/">The ferry is back</a></li> … </ul></div>
    """
    found = []
    for i, block in enumerate(blocks[:-MIN_LINKS]):
        if said[i].label != "body" or said[i + 1].label not in _BELOW:
            continue
        if block.link_chars or block.kind not in _LINES or blocks[i + 1].kind not in _FIRST_KINDS:
            continue
        around = block.box.parent
        inside = range(i + 1, around.last) if around is not None and around.first == i else range(0)
        is_head = _words(block) <= MAX_HEAD_WORDS and not ends_sentence(block.text.rstrip(":"))
        if is_head and len(inside) >= MIN_LINKS and all(said[j].label in _BELOW for j in inside):
            found.append(i)
    return found


def whole_lists(blocks: Sequence[RawBlock], kept: Sequence[bool]) -> list[bool]:
    """Which blocks are kept, with all footnotes of a list where some are, or where the list follows on the last line of a text that has
    marks of notes. Of two notes of a few words the classifier may take one for text and the other for none:

        <p>The keel broke.<sup>1</sup></p><ol class="footnotes"><li>The lowest beam.</li></ol>
    """
    out = list(kept)
    paths = {i: block.path for i, block in enumerate(blocks) if block.kind == "list_item"}
    notes = {i: path for i, path in paths.items() if "ootnote" in path}
    if not notes:
        return out
    lists = {path.rpartition("/")[0] for i, path in notes.items() if out[i]}
    first = next(iter(notes))
    text = [i for i, keep in enumerate(out) if keep]
    if text and text[-1] == first - 1 and any(_NOTE_MARK.search(blocks[i].text) for i in text):
        lists.add(notes[first].rpartition("/")[0])
    for i, path in notes.items():
        out[i] = out[i] or path.rpartition("/")[0] in lists
    return out


def with_sources(blocks: Sequence[RawBlock], kept: Sequence[bool]) -> list[bool]:
    """Which blocks are kept, with the line below a kept quotation that says whose words it has. Papers write it into a footer of the
    quotation or a caption of the figure around it, or behind a dash into a paragraph below (HTML Living Standard, 4.4.4). The classifier
    takes it for a footer of the page, for the caption of a picture, or for a line of links:

        <blockquote><p>The keel broke.</p><footer>Ann Roe, harbour master</footer></blockquote>
        <blockquote><p>The keel broke.</p></blockquote><p>— Ann Roe, <a href="/keels">On keels</a></p>

    The caption of a table that is kept is text, too.
    """
    out = list(kept)
    for i, block in enumerate(blocks[1:], 1):
        above = blocks[i - 1]
        if out[i] or not out[i - 1] or block.box.hidden or _words(block) > MAX_SOURCE_WORDS:
            continue
        quoted = within(above.box, ("blockquote",) if above.kind != "table" else ("table",))
        own = within(block.box, ("footer",) if block.kind != "caption" else ("figcaption",))
        if quoted is None:
            continue
        if own is not None:
            out[i] = own.parent is quoted or (
                own.parent is quoted.parent and own.parent is not None and own.parent.tag == "figure"
            )
        elif block.kind == "paragraph" and above.kind == "quote":
            out[i] = block.box.parent is quoted.parent and _SOURCE.match(block.text) is not None
    return out


#: Characters of a paragraph; such items stand below the last one.
MIN_PARAGRAPH_CHARACTERS = 80
#: Words of such an item; a longer one is text.
MAX_ITEM_WORDS = 3
#: Boxes from an item outwards whose names are read: the item, its list, and the box of the list.
MAX_BOXES = 3
#: Labels of boxes in which nothing but buttons and tags stands.
_LABELS = frozenset(("share", "tags"))
#: Elements that hold texts; WordPress writes a post's tags into the class of its `<article>`.
_TEXTS = frozenset(("article", "main", "section", "body"))


def rows_of_buttons(
    blocks: Sequence[RawBlock], kept: Sequence[bool], rules: Rules
) -> Mapping[int, BlockVerdict]:
    """The places of such items among the blocks that are `kept`, each with its label and the reason."""
    found = {}
    prose = [i for i, block in enumerate(blocks) if kept[i] and len(block.text) >= MIN_PARAGRAPH_CHARACTERS]
    below = prose[-1] if prose else len(blocks)
    for i, block in enumerate(blocks):
        if (
            i < below
            or not kept[i]
            or block.kind != "list_item"
            or len(block.text.split()) > MAX_ITEM_WORDS
            or ends_sentence(block.text)
        ):
            continue
        box: Box | None = block.box
        for _ in range(MAX_BOXES):
            if box is None or box.tag in _TEXTS:
                break
            named = own_label(box.tag, box.ident, box.classes, rules)
            if named and named[0] in _LABELS and "categor" not in named[1]:
                found[i] = BlockVerdict(*named, DecidedBy.MARKUP)
            if named:
                break
            box = box.parent
    return found
