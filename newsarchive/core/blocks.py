"""One parse, one walk: the text of a page as blocks in reading order, each with its place.

`read_blocks` visits every node once. A block ends where a block-level element begins or ends, and
at a doubled `<br>`; what lies between is one run of text. Nothing visible is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsarchive.core.markup import (
    BLOCKS,
    BREAK,
    EMBEDS,
    HEADINGS,
    INLINE,
    SKIPPED,
    absolute,
    escape,
    fold,
    is_blank,
)
from newsarchive.items import BlockKind

#: A page may be hostile: what lies beyond is not read, and `Reading.truncated` says so.
MAX_BLOCKS = 20_000
MAX_NODES = 1_000_000
#: Deeper boxes are taken for their ancestor at this depth, so that paths stay short.
MAX_DEPTH = 120
#: More open inline elements than this add nothing to a text.
MAX_INLINE = 40

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
    blocks inside are those from `first` up to, not with, `last`. `hidden`: not on the screen until
    a script shows it."""

    __slots__ = ("_path", "classes", "depth", "first", "hidden", "ident", "index", "kind", "last", "level",
                 "parent", "tag")  # fmt: skip

    def __init__(self, tag: str, attributes: dict[str, str | None], parent: Box | None, index: int) -> None:
        self.tag, self.parent, self.index = tag, parent, index
        self.ident, self.classes = attributes.get("id") or "", attributes.get("class") or ""
        self.first = self.last = 0
        self._path = ""
        self.hidden = "hidden" in attributes or is_hidden(attributes.get("style"))
        kind = _KINDS.get(tag, "paragraph")
        if parent is None:
            self.depth = self.level = 0
        else:
            self.depth, self.level = parent.depth + 1, parent.level
            self.hidden = self.hidden or parent.hidden
            if kind == "paragraph" and parent.kind in _INHERITED:
                kind = parent.kind
        self.kind: BlockKind = kind
        if tag in ("ul", "ol"):
            self.level += 1

    @property
    def path(self) -> str:
        """The tag path with ids and classes: `html/body/div#main.post.entry`."""
        if not self._path:
            above = self.parent.path + "/" if self.parent else ""
            self._path = above + step(self.tag, self.ident, self.classes)
        return self._path


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


def read_blocks(tree: LexborHTMLParser, base_url: str) -> Reading:
    """All text blocks of a parsed page in document order. Links are made absolute with `base_url`,
    or with the page's own `<base href>`."""
    walker = _Walker(_base(tree, base_url))
    if tree.root is not None:
        walker.walk(tree.root)
    return Reading(walker.blocks, walker.boxes, walker.truncated)


def _base(tree: LexborHTMLParser, base_url: str) -> str:
    node = tree.css_first("base[href]")
    href = (node.attributes.get("href") or "") if node is not None else ""
    return absolute(base_url, href) or base_url


class _Inline:
    """An open inline element. `start` is where its text begins in the pieces of the current block."""

    __slots__ = ("attributes", "href", "mark", "start", "tag")

    def __init__(self, tag: str, attributes: dict[str, str | None], start: int, base: str) -> None:
        self.tag, self.attributes, self.start = tag, attributes, start
        self.href = absolute(base, attributes.get("href") or "") if tag == "a" else ""
        mark = INLINE.get(tag, "")
        if tag == "a":
            mark = f'a href="{escape(self.href).replace(chr(34), "&quot;")}"' if self.href else ""
        self.mark = mark


class _Walker:
    def __init__(self, base: str) -> None:
        self.base = base
        self.blocks: list[RawBlock] = []
        self.boxes: list[Box] = []
        self.truncated = False
        self.open: list[Box | _Inline | None] = []
        self.inline: list[_Inline] = []
        self.box = Box("", {}, None, -1)
        self.pieces: list[str] = []
        self.marks: list[tuple[int, str]] = []
        self.links: list[tuple[str, str]] = []
        self.around: list[_Inline] = []
        self.link_chars = self.common = 0
        self.broken = False
        self.after_break = False

    def walk(self, root: LexborNode) -> None:
        """Depth first, without recursion: pages may nest 100,000 deep."""
        node: LexborNode | None = root
        left = MAX_NODES
        while node is not None:
            left -= 1
            tag, child = node.tag or "-", None
            if tag == "-text":
                self.add(node.text_content or "")
            elif tag not in SKIPPED and tag[0] not in "-!?":
                child = self.enter(node, tag)
            if child is not None:
                node = child
                continue
            while (after := node.next) is None or not self.open:
                if not self.open or (node := node.parent) is None:
                    return self._end()
                self.leave()
            node = after
            if left < 0 or len(self.blocks) > MAX_BLOCKS:
                self.truncated = True
                return self._end()
        return None

    def _end(self) -> None:
        self.flush()
        for element in self.open:
            if isinstance(element, Box):
                element.last = len(self.blocks)

    def enter(self, node: LexborNode, tag: str) -> LexborNode | None:
        """Take an element in; return its first child where the walk must go down."""
        if tag in BLOCKS or ("-" in tag and self.box.tag != "p"):
            return self._enter_box(node, tag)
        if tag == "br":
            self.line_break()
        elif tag == "hr":
            self.flush()
        elif tag in EMBEDS:
            self._embed(node)
        elif (child := node.first_child) is not None and len(self.inline) < MAX_INLINE:
            attributes = node.attributes
            if "hidden" in attributes or is_hidden(attributes.get("style")):
                return None
            inline = _Inline(tag, attributes, len(self.pieces), self.base)
            self.inline.append(inline)
            self.open.append(inline)
            if inline.mark:
                self.marks.append((len(self.pieces), f"<{inline.mark}>"))
            return child
        elif child is not None:
            self.open.append(None)
            return child
        return None

    def _enter_box(self, node: LexborNode, tag: str) -> LexborNode | None:
        self.flush()
        child = node.first_child
        if child is None:
            return None
        if self.box.depth < MAX_DEPTH:
            attributes = node.attributes
            self.box = Box(tag, attributes, self.box if self.box.tag else None, len(self.boxes))
            self.box.first = len(self.blocks)
            self.boxes.append(self.box)
            self.open.append(self.box)
        else:
            self.open.append(None)
        return child

    def leave(self) -> None:
        """An element ends."""
        element = self.open.pop()
        if isinstance(element, _Inline):
            self._leave_inline(element)
            return
        self.flush()
        if element is not None:
            if element.tag == "tr":
                self._join_cells(element)
            element.last = len(self.blocks)
            self.box = element.parent or self.box

    def _leave_inline(self, element: _Inline) -> None:
        self.inline.pop()
        self.common = min(self.common, len(self.inline))
        if element.tag == "a":
            self._link(element)
        if element.mark:
            self.marks.append((len(self.pieces), f"</{element.mark.partition(' ')[0]}>"))

    def _link(self, element: _Inline) -> None:
        text = "".join(self.pieces[element.start :]).strip()
        if text:
            self.link_chars += len(text)
            if element.href:
                self.links.append((fold(text), element.href))

    def add(self, text: str) -> None:
        """Text of the current block."""
        pieces = self.pieces
        if not pieces:
            if text.isspace() or not text:
                return
            if self.inline:
                self.around = list(self.inline)
                self.common = len(self.inline)
        elif self.common and len(self.inline) < self.common and not text.isspace():
            self.common = len(self.inline)
        pieces.append(text)
        if self.broken and not text.isspace():
            self.broken = False

    def line_break(self) -> None:
        """One `<br>` breaks the line, a second one ends the block."""
        if self.broken:
            self.flush()
            self.after_break = True
        elif self.pieces:
            self.pieces.append(BREAK)
            self.broken = True

    def _start_block(self) -> None:
        self.pieces, self.links, self.around = [], [], []
        self.marks = [(0, f"<{e.mark}>") for e in self.inline if e.mark]
        self.link_chars = self.common = 0
        self.broken = False
        for element in self.inline:
            element.start = 0

    def flush(self) -> None:
        """End the current block, if there is text in it."""
        if self.pieces:
            for element in self.inline:
                if element.tag == "a":
                    self._link(element)
            self._close_block()
            self._start_block()
        elif self.inline or self.marks:
            self._start_block()

    def _close_block(self) -> None:
        joined, kind = "".join(self.pieces), self.box.kind
        text = joined.replace(BREAK, "\n").strip("\n").rstrip() if kind == "code" else fold(joined)
        if is_blank(text):
            return
        level = HEADINGS.get(self.box.tag, 0) if kind == "heading" else self.box.level * (kind == "list_item")
        wrap = "".join("/" + _step_of(e) for e in self.around[: self.common])
        block = RawBlock(text, self.box, kind, level, self.links, self.link_chars, self._html(text), wrap)
        block.after_break, self.after_break = self.after_break, False
        self.blocks.append(block)

    def _html(self, text: str) -> str:
        """The pieces with the inline mark-up that is kept, every element closed."""
        if not self.marks:
            return escape(text).replace("\n", "<br>") if self.box.kind != "code" else escape(text)
        out, at = [], 0
        for where, mark in self.marks:
            out += [escape("".join(self.pieces[at:where])), mark]
            at = where
        out.append(escape("".join(self.pieces[at:])))
        out += [f"</{e.mark.partition(' ')[0]}>" for e in reversed(self.inline) if e.mark]
        joined = "".join(out)
        if self.box.kind == "code":
            return joined.replace(BREAK, "\n").strip("\n")
        return fold(joined).replace("\n", "<br>")

    def _embed(self, node: LexborNode) -> None:
        attributes = node.attributes
        source = absolute(self.base, attributes.get("src") or attributes.get("data-src") or "")
        if not source or is_hidden(attributes.get("style")):
            return
        self.flush()
        title = fold(attributes.get("title") or "")
        block = RawBlock(
            source, self.box, "embed", 0, [(title, source)], len(source), "", "/" + (node.tag or "")
        )
        self.blocks.append(block)

    def _join_cells(self, row: Box) -> None:
        """The cells of a data row become one block, `1889 | Eiffel Tower`; rows whose cells hold
        paragraphs or several lines are layout and stay as they are."""
        cells = self.blocks[row.first :]
        if len(cells) < 2 or len({id(c.box) for c in cells}) < len(cells):
            return
        if any(
            c.kind != "table" or c.box.parent is not row or "\n" in c.text or len(c.text) > 300 for c in cells
        ):
            return
        joined = RawBlock(" | ".join(c.text for c in cells), row, "table")
        joined.html = "".join(f"<{c.box.tag}>{c.html}</{c.box.tag}>" for c in cells)
        joined.links = [link for c in cells for link in c.links]
        joined.link_chars = sum(c.link_chars for c in cells)
        self.blocks[row.first :] = [joined]


def _step_of(inline: _Inline) -> str:
    return step(inline.tag, inline.attributes.get("id") or "", inline.attributes.get("class") or "")


def is_hidden(style: str | None) -> bool:
    """Whether a `style` attribute takes the element off the screen."""
    if not style or "none" not in style:
        return False
    return "display:none" in style.replace(" ", "").lower()
