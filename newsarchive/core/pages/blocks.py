"""The text of a page as blocks in reading order, each with the boxes that it stands in.

`walking.read_blocks` makes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from newsarchive.core.pages.markup import HEADINGS
from newsarchive.items import BlockKind

_INHERITED: frozenset[str] = frozenset(["list_item", "quote", "caption", "code"])
_KINDS: dict[str, BlockKind] = {
    **dict.fromkeys(HEADINGS, "heading"),
    **dict.fromkeys(["li", "dt", "dd"], "list_item"),
    **dict.fromkeys(["pre", "listing", "xmp", "plaintext"], "code"),
    **dict.fromkeys(["td", "th"], "table"),
    **dict.fromkeys(["figcaption", "caption"], "caption"),
    "blockquote": "quote",
}


class Box:
    """A block-level element on the way to some text. `index` counts boxes in document order; the
    blocks inside are those from `first` up to, not with, `last`. `path` is the tag path with ids and
    classes, `html/body/div#main.post.entry`; boxes with one `kin` have the same path but for ids.
    `hidden`: not on the screen until a script shows it."""

    __slots__ = ("classes", "depth", "first", "hidden", "ident", "index", "kin", "kind", "last", "level",
                 "parent", "path", "tag")  # fmt: skip

    def __init__(
        self, tag: str, attributes: dict[str, str | None], parent: Box | None, index: int, first: int
    ) -> None:
        self.tag, self.parent, self.index = tag, parent, index
        self.first, self.last = first, 0
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
            own = step(tag, self.ident, self.classes)
            if ("style" in attributes or "hidden" in attributes) and is_hidden(attributes):
                self.hidden = True
        self.path: str = f"{parent.path}/{own}" if parent is not None else own
        self.kin: int = hash((parent.kin if parent is not None else 0, tag, self.classes))
        if tag == "ul" or tag == "ol":
            self.level += 1


@lru_cache(maxsize=16_384)
def step(tag: str, ident: str, classes: str) -> str:
    """One step of a path: `div#main.post.entry`."""
    name = f"{tag}#{ident.strip()}" if ident else tag
    return ".".join([name, *classes.split()]) if classes else name


@dataclass(slots=True)
class RawBlock:
    """A block before it is judged. `link_chars` counts the characters inside anchors, `wrap` is the
    path of inline elements around the whole text (`/a.more/span`), `after_break` tells that a
    doubled `<br>` parted it from the block before."""

    text: str
    box: Box
    kind: BlockKind
    level: int = 0
    links: list[tuple[str, str]] = field(default_factory=list)
    link_chars: int = 0
    html: str = ""
    wrap: str = ""
    after_break: bool = False

    @property
    def path(self) -> str:
        return self.box.path + self.wrap


@dataclass(slots=True)
class Reading:
    """What a walk gives: blocks, the boxes around them, and whether the page was too long."""

    blocks: list[RawBlock]
    boxes: list[Box]
    truncated: bool = False


def is_hidden(attributes: dict[str, str | None]) -> bool:
    """Whether an element is off the screen, by `hidden` or by its style."""
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    return style is not None and "none" in style and "display:none" in style.replace(" ", "").lower()
