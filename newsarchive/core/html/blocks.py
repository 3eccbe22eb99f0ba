"""One walk over a parsed page: every node is visited once, and its text goes into blocks.

A block ends where a block-level element begins or ends, and at a doubled `<br>`; what lies between
is one run of text. Nothing visible is left out.

The text of a page as blocks in reading order, each with the boxes that it stands in.

`walking.read_blocks` makes them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsarchive.core.html.markup import (
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


#: A page may be hostile: what lies beyond is not read, and `Reading.truncated` says so.
MAX_BLOCKS = 20_000
MAX_NODES = 1_000_000
#: Deeper boxes are taken for their ancestor at this depth, so that paths stay short.
MAX_DEPTH = 120
#: More open inline elements than this add nothing to a text.
MAX_INLINE = 40


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


_NO_MARKS = ("", "")
_MARKS = {tag: (f"<{written}>", f"</{written}>") for tag, written in INLINE.items() if tag != "a"}


class _Inline:
    """An open inline element. `start` is where its text begins in the pieces of the current block;
    `mark` and `close` are the tags that it is written with, "" for none."""

    __slots__ = ("attributes", "close", "href", "mark", "start", "tag")

    def __init__(self, tag: str, attributes: dict[str, str | None], start: int, base: str) -> None:
        self.tag, self.attributes, self.start = tag, attributes, start
        self.href = ""
        if tag != "a":
            self.mark, self.close = _MARKS.get(tag, _NO_MARKS)
        elif href := absolute(base, attributes.get("href") or ""):
            self.href = href
            self.mark, self.close = f'<a href="{_quoted(href)}">', "</a>"
        else:
            self.mark = self.close = ""


class _Walker:
    """The state of a walk: the current block's pieces of text, and the elements that are open."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.blocks: list[RawBlock] = []
        self.boxes: list[Box] = []
        self.truncated = False
        self.open: list[Box | _Inline | None] = []
        self.inline: list[_Inline] = []
        self.box: Box | None = None
        self.pieces: list[str] = []
        self.marks: list[tuple[int, str]] = []
        self.links: list[tuple[str, str]] = []
        self.around: list[_Inline] = []
        self.link_chars = self.common = 0
        self.broken = False
        self.after_break = False

    def walk(self, root: LexborNode) -> None:
        """Depth first, without recursion: pages may nest 100,000 deep."""
        node, opened, blocks, pieces = root, self.open, self.blocks, self.pieces
        enter, other = _ENTER.get, _Walker._other
        for _ in range(MAX_NODES):
            tag = node.tag or "-"
            if tag == "-text":
                text = node.text_content
                if text and (pieces or not text.isspace()):
                    self.add(text)
            elif (child := enter(tag, other)(self, node, tag)) is not None:
                node = child
                continue
            while not opened or (after := node.next) is None:
                up = node.parent
                if not opened or up is None:
                    return self._end()
                element = opened.pop()
                if isinstance(element, _Inline):
                    self._leave_inline(element)
                elif element is not None and not pieces and not self.marks and element.tag != "tr":
                    element.last, self.box = len(blocks), element.parent or element  # nothing to flush
                else:
                    self._leave_box(element)
                node = up
            node = after
            if len(blocks) > MAX_BLOCKS:
                break
        self.truncated = True
        return self._end()

    def _end(self) -> None:
        self.flush()
        for element in self.open:
            if isinstance(element, Box):
                element.last = len(self.blocks)

    def _skip(self, node: LexborNode, tag: str) -> LexborNode | None:
        """Nothing in here is text."""

    def _noscript(self, node: LexborNode, tag: str) -> LexborNode | None:
        """What shows without scripts is text where a script would only set a template in its place, as
        posts of Blogger are served; elsewhere it asks for scripts, or counts visits."""
        before = node.prev
        while before is not None and before.tag == "-text":
            before = before.prev
        if before is None or before.tag != "script" or before.attributes.get("type") != "text/template":
            return None
        return self._box(node, tag)

    def _rule(self, node: LexborNode, tag: str) -> LexborNode | None:
        self.flush()
        return None

    def _other(self, node: LexborNode, tag: str) -> LexborNode | None:
        """An element that no table names: one with a hyphen is a custom one, taken for a box."""
        if tag[0] in "-!?":
            return None
        if "-" in tag and (self.box is None or self.box.tag != "p"):
            return self._box(node, tag)
        return self._flows(node, tag)

    def _flows(self, node: LexborNode, tag: str) -> LexborNode | None:
        """An inline element; the walk goes down into it unless it is empty or off the screen."""
        child = node.first_child
        if child is None:
            return None
        if len(self.inline) >= MAX_INLINE:
            self.open.append(None)
            return child
        attributes, start = node.attributes, len(self.pieces)
        if attributes and ("style" in attributes or "hidden" in attributes) and is_hidden(attributes):
            return None
        inline = _Inline(tag, attributes, start, self.base)
        self.inline.append(inline)
        self.open.append(inline)
        if inline.mark:
            self.marks.append((start, inline.mark))
        return child

    def _box(self, node: LexborNode, tag: str) -> LexborNode | None:
        """A block-level element; an empty one ends the block before it all the same."""
        if self.pieces or self.inline or self.marks:
            self.flush()
        child = node.first_child
        if child is None:
            return None
        box, boxes = self.box, self.boxes
        if box is None or box.depth < MAX_DEPTH:
            self.box = box = Box(tag, node.attributes, box, len(boxes), len(self.blocks))
            boxes.append(box)
            self.open.append(box)
        else:
            self.open.append(None)
        return child

    def _leave_box(self, element: Box | None) -> None:
        """A block-level element ends, or one that counted for nothing."""
        if self.pieces or self.inline or self.marks:
            self.flush()
        if element is not None:
            if element.tag == "tr":
                self._join_cells(element)
            element.last = len(self.blocks)
            self.box = element.parent or self.box

    def _leave_inline(self, element: _Inline) -> None:
        self.inline.pop()
        if self.common > (depth := len(self.inline)):
            self.common = depth
        if element.tag == "a":
            self._link(element)
        if element.close:
            self.marks.append((len(self.pieces), element.close))

    def _link(self, element: _Inline) -> None:
        pieces, start = self.pieces, element.start
        text = (pieces[start] if len(pieces) == start + 1 else "".join(pieces[start:])).strip()
        if text:
            self.link_chars += len(text)
            if element.href:
                self.links.append((fold(text), element.href))

    def add(self, text: str) -> None:
        """Text of the current block, or its first text that is more than white space."""
        if not self.pieces and self.inline:
            self.around = list(self.inline)
            self.common = len(self.inline)
        self.pieces.append(text)
        if self.broken and not text.isspace():
            self.broken = False

    def _line_break(self, node: LexborNode, tag: str) -> LexborNode | None:
        """One `<br>` breaks the line, a second one ends the block."""
        if self.broken:
            self.flush()
            self.after_break = True
        elif self.pieces:
            self.pieces.append(BREAK)
            self.broken = True
        return None

    def _start_block(self) -> None:
        self.pieces.clear()
        self.links = []
        self.link_chars = self.common = 0
        self.broken = False
        if self.inline:
            self.marks = [(0, e.mark) for e in self.inline if e.mark]
            for element in self.inline:
                element.start = 0
        elif self.marks:
            self.marks = []

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
        box = self.box or _NOWHERE
        pieces, kind = self.pieces, box.kind
        joined = pieces[0] if len(pieces) == 1 else "".join(pieces)
        text = joined.replace(BREAK, "\n").strip("\n").rstrip() if kind == "code" else fold(joined)
        if is_blank(text):
            return
        level = 0
        if kind == "heading":
            level = HEADINGS.get(box.tag, 0)
        elif kind == "list_item":
            level = box.level
        wrap = "".join(["/" + _step_of(e) for e in self.around[: self.common]]) if self.common else ""
        html = self._marked(kind, text == joined) if self.marks else escape(text)
        if not self.marks and kind != "code" and "\n" in html:
            html = html.replace("\n", "<br>")
        after, self.after_break = self.after_break, False
        self.blocks.append(RawBlock(text, box, kind, level, self.links, self.link_chars, html, wrap, after))

    def _marked(self, kind: str, is_folded: bool) -> str:
        """The pieces with the inline mark-up that is kept, every element closed; `is_folded` where they hold no
        white space to fold."""
        out, at, pieces = [], 0, self.pieces
        for where, mark in self.marks:
            if where > at:
                out.append(escape(pieces[at] if where == at + 1 else "".join(pieces[at:where])))
                at = where
            out.append(mark)
        if at < len(pieces):
            out.append(escape("".join(pieces[at:])))
        if self.inline:
            out += [e.close for e in reversed(self.inline) if e.close]
        joined = "".join(out)
        if kind == "code":
            return joined.replace(BREAK, "\n").strip("\n")
        return joined if is_folded else fold(joined).replace("\n", "<br>")

    def _embed(self, node: LexborNode, tag: str) -> LexborNode | None:
        attributes = node.attributes
        source = absolute(self.base, attributes.get("src") or attributes.get("data-src") or "")
        if source and not is_hidden(attributes):
            self.flush()
            links = [(fold(attributes.get("title") or ""), source)]
            box = self.box or _NOWHERE
            self.blocks.append(RawBlock(source, box, "embed", 0, links, len(source), "", "/" + tag))
        return None

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


#: Where text stands that is in no box; a parsed page has none.
_NOWHERE = Box("", {}, None, -1, 0)

_ENTER: dict[str, Callable[[_Walker, LexborNode, str], LexborNode | None]] = {
    **dict.fromkeys(INLINE, _Walker._flows),
    **dict.fromkeys(BLOCKS, _Walker._box),
    **dict.fromkeys(EMBEDS, _Walker._embed),
    **dict.fromkeys(SKIPPED, _Walker._skip),
    "noscript": _Walker._noscript,
    "br": _Walker._line_break,
    "hr": _Walker._rule,
    "span": _Walker._flows,
}


def _quoted(href: str) -> str:
    """An address as the value of an attribute."""
    return fold(escape(href)).replace('"', "&quot;")


def _step_of(inline: _Inline) -> str:
    return step(inline.tag, inline.attributes.get("id") or "", inline.attributes.get("class") or "")
