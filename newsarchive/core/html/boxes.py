"""What a page is read as: blocks of text (`RawBlock`), and the elements in which they stand (`Box`). `blocks` does the reading."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache

from newsarchive.core.html.markup import HEADINGS, MAX_TABLE_BOXES, is_cell
from newsarchive.items import BlockKind

#: Kinds that a paragraph inside an element of that kind has too.
_INHERITED: frozenset[str] = frozenset(["list_item", "quote", "caption", "code"])
#: Elements → the kind of the blocks that stand in them; in any other element blocks are paragraphs.
_KINDS: dict[str, BlockKind] = {
    **dict.fromkeys(HEADINGS, "heading"),
    **dict.fromkeys(["li", "dt", "dd"], "list_item"),
    **dict.fromkeys(["pre", "listing", "xmp", "plaintext"], "code"),
    **dict.fromkeys(["td", "th"], "table"),
    **dict.fromkeys(["figcaption", "caption"], "caption"),
    "blockquote": "quote",
}
#: Characters of a path. Where an id or classes would make it longer, the element stands in it by its tag alone, because
#: every box inside has the whole path: an id of 500 KB around 20,000 paragraphs took 7 GB. The longest classes of 1,300
#: real pages have 7,433 characters.
MAX_PATH_CHARACTERS = 16_000
#: Elements that are a row of a table.
ROWS = frozenset(["tr"])
#: Elements that are a table.
TABLES = frozenset(["table"])


class Box:
    """A block-level element with text in it.

    `index` counts boxes in document order. `blocks[first:last]` are the blocks inside. `path` is the tag path with ids
    and classes, `html/body/div#main.post.entry`. `shape` is a hash of the tags and classes along the path, without
    ids, so that boxes which a page builds alike have the same one. `depth` counts the boxes around this one, `level` the lists. A `hidden` box is not on
    the screen until a script shows it. One that `asks` has a field for an e-mail address in it, and in no box inside.
    """

    __slots__ = ("asks", "classes", "depth", "first", "hidden", "ident", "index", "kind", "last", "level", "parent", "path",
                 "shape", "tag")  # fmt: skip

    def __init__(
        self, tag: str, attributes: dict[str, str | None], parent: Box | None, index: int, first: int
    ) -> None:
        self.tag, self.parent, self.index = tag, parent, index
        self.first, self.last = first, 0
        self.asks = False
        kind = _KINDS.get(tag, "paragraph")
        if parent is None:
            self.depth = self.level = 0
            self.hidden = False
        else:
            self.depth, self.level, self.hidden = parent.depth + 1, parent.level, parent.hidden
            if kind == "paragraph" and parent.kind in _INHERITED:
                kind = parent.kind
        self.kind: BlockKind = kind
        self.ident = self.classes = ""
        own = tag
        if attributes:
            self.ident, self.classes = attributes.get("id") or "", attributes.get("class") or ""
            own = path_step(tag, self.ident, self.classes)
            if ("style" in attributes or "hidden" in attributes) and is_hidden(attributes):
                self.hidden = True
        if len(own) + (len(parent.path) if parent is not None else 0) > MAX_PATH_CHARACTERS:
            own = tag
        self.path: str = f"{parent.path}/{own}" if parent is not None else own
        self.shape: int = hash((parent.shape if parent is not None else 0, tag, self.classes))
        if tag == "ul" or tag == "ol":
            self.level += 1


@lru_cache(maxsize=16_384)
def path_step(tag: str, ident: str, classes: str) -> str:
    """An element as a step of a tag path: `div#main.post.entry`. A stroke in a name (`w-1/2`) becomes `|`, as it parts the steps."""
    name = f"{tag}#{ident.strip()}" if ident else tag
    return (".".join([name, *classes.split()]) if classes else name).replace("/", "|")


def within(box: Box | None, tags: Collection[str]) -> Box | None:
    """The box itself or the nearest one around it with one of these tags."""
    while box is not None and box.tag not in tags:
        box = box.parent
    return box


@dataclass(slots=True)
class RawBlock:
    """A block before it is classified.

    `level` is a heading's (1 to 6) or the depth of a list item (from 1). `links` are (anchor text, absolute URL).
    `link_chars` counts the characters inside anchors, `inner_chars` those of links to a place on the same page. `wrap`
    is the path of the inline elements around the whole text, `/a.more/span`; `whole` has those as well that close before
    the block ends, and is empty where there are none. `after_break` says that a doubled `<br>` stands between this block
    and the block before.
    """

    text: str
    box: Box
    kind: BlockKind
    level: int = 0
    links: list[tuple[str, str]] = field(default_factory=list)
    link_chars: int = 0
    html: str = ""
    wrap: str = ""
    after_break: bool = False
    whole: str = ""
    inner_chars: int = 0

    @property
    def path(self) -> str:
        return self.box.path + self.wrap

    @property
    def level_or_row(self) -> int:
        """For a row or a cell of a table the number of its row, by which `same_table` tells tables apart; otherwise `level`."""
        if self.kind != "table" and not is_cell(self.html):
            return self.level
        row = within(self.box, ROWS)
        table = within(row, TABLES)
        if row is None or table is None:
            return self.box.index * MAX_TABLE_BOXES
        return table.index * MAX_TABLE_BOXES + min(row.index - table.index, MAX_TABLE_BOXES - 1)


@dataclass(slots=True)
class Reading:
    """The blocks of a page and the boxes around them; `truncated` says that the page was too long to be read whole."""

    blocks: list[RawBlock]
    boxes: list[Box]
    truncated: bool = False


def is_hidden(attributes: dict[str, str | None]) -> bool:
    """Whether the attribute `hidden` or the style of an element keeps it off the screen."""
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    return style is not None and "none" in style and "display:none" in style.replace(" ", "").lower()
