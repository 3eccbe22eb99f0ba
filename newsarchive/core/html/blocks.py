"""A parsed page as blocks of text in reading order, each with the elements that it stands in.

`<div><p>One</p>Two<br><br>Three</div>` has three blocks. A block ends where a block-level element begins or ends, and
at a doubled `<br>`; the text in between is one block. No visible text is left out. `read_blocks` visits every node of
the tree once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsarchive.core.html.boxes import Box, RawBlock, Reading, is_hidden, path_step, within
from newsarchive.core.html.markup import (
    BACK_LINK,
    BLOCKS,
    BREAK,
    CELL_SEPARATOR,
    EMBEDS,
    HEADINGS,
    INLINE,
    NOTE_ADDRESS,
    NOTE_BEHIND_STOP,
    NOTE_IN_LINE,
    NOTE_NUMBER,
    SELF_LINK,
    SKIPPED,
    absolute,
    escape,
    fold,
    is_blank,
)
from newsarchive.core.html.parsing import base_of
from newsarchive.core.text.scripts import has_unspaced

#: Blocks and line breaks of a page, four times as many as the largest of 2,600 real pages has. Later ones are not read, and
#: `Reading.truncated` says so. As many take up to 2 s of CPU time.
MAX_BLOCKS = 10_000
#: Characters of text of a page, more than most novels have. Later ones are not read, and `Reading.truncated` says so.
MAX_TEXT_CHARACTERS = 1_000_000
#: Nodes of a page. Later ones are not read, and `Reading.truncated` says so.
MAX_NODES = 1_000_000
#: Boxes around a box. A deeper one is taken for its ancestor at this depth, so that paths stay short.
MAX_BOX_DEPTH = 120
#: Inline elements that are open at once. The text of a deeper one is kept, its mark-up and its link are not.
MAX_OPEN_INLINE_ELEMENTS = 40
#: Characters of a cell of a table. A row with a longer cell is layout, and its cells stay blocks of their own.
MAX_CELL_CHARACTERS = 300
#: Boxes between a row and the text of a cell. Where there are more, as around a table in a table, the row is layout.
MAX_CELL_DEPTH = 8
#: Columns or rows that a cell may span; a greater number is not kept.
MAX_SPAN_CELLS = 100
#: Characters of the `alt` of a picture that the line behind it repeats as a caption; with fewer both may be the name and the job of
#: who is on it. In a script without spaces a name is shorter.
MIN_CAPTION_CHARACTERS = 48
MIN_UNSPACED_CAPTION_CHARACTERS = 15
_CELLS = frozenset(["td", "th"])
_NUMBER = re.compile("[0-9]{1,3}")
_ITEMS = frozenset(["li", "dt", "dd"])


def read_blocks(tree: LexborHTMLParser, base_url: str) -> Reading:
    """All text blocks of a parsed page in document order.

    Links are made absolute with the page's own `<base href>`, or else with `base_url`.
    """
    walker = _Walker(base_of(tree, base_url))
    if tree.root is not None:
        walker.walk(tree.root)
    return Reading(walker.blocks, walker.boxes, walker.truncated)


#: The start and end tags of an element that is left out of `Block.html`.
_NO_TAGS = ("", "")
#: Inline elements → the start and end tags that they have in `Block.html`.
_TAGS = {tag: (f"<{written}>", f"</{written}>") for tag, written in INLINE.items() if tag != "a"}


class _Inline:
    """An open inline element. `start` is the place where its text begins in the pieces of the current block; `open_tag`
    and `close_tag` are its tags in `Block.html`, "" for none."""

    __slots__ = ("attributes", "close_tag", "href", "open_tag", "start", "tag")

    def __init__(self, tag: str, attributes: dict[str, str | None], start: int, base: str) -> None:
        self.tag, self.attributes, self.start = tag, attributes, start
        self.href = ""
        if tag != "a":
            self.open_tag, self.close_tag = _TAGS.get(tag, _NO_TAGS)
        elif href := absolute(base, attributes.get("href") or ""):
            self.href = href
            quoted = fold(escape(href)).replace('"', "&quot;")
            self.open_tag, self.close_tag = f'<a href="{quoted}">', "</a>"
        else:
            self.open_tag = self.close_tag = ""


def _steps(elements: list[_Inline]) -> str:
    """Inline elements as steps of a path: `/a.more/span`."""
    steps = ""
    for element in elements:
        attributes = element.attributes
        steps += "/" + path_step(element.tag, attributes.get("id") or "", attributes.get("class") or "")
    return steps


def _is_note(tag: str, attributes: dict[str, str | None], is_bound: bool) -> bool:
    """Whether an inline element is a note that a reader sees only by pointing at a word or a mark. A `<sup>` is the mark. One that
    `is_bound` stands right behind a word, or with it in another element."""
    if tag == "sup" or attributes.get("role") == "tooltip":
        return tag != "sup"
    named = NOTE_IN_LINE.search(attributes.get("class") or "")
    return named is not None and (is_bound or not named["or_term"])


def _repeats(text: str, alt: str) -> bool:
    """Whether a line below a picture is its caption: the same long text as its `alt` has."""
    return (
        text[:8] == alt[:8]
        and fold(alt) == text
        and (len(text) >= MIN_CAPTION_CHARACTERS or has_unspaced(text))
    )


class _Walker:
    """The walk over a tree: the pieces of the current block's text, its links, its tags (`marks`: the place of each
    among the pieces, and the tag) and the elements that are open."""

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
        self.whole: list[_Inline] = []
        self.notes: list[tuple[str, str]] = []
        self.link_chars = self.inner_chars = self.common = self.characters = self.breaks = 0
        self.after_line_break = False
        self.after_break = False
        self.alt = ""

    def walk(self, root: LexborNode) -> None:
        """Visit every node below `root`, depth first and without recursion: a page may have 100,000 nested elements."""
        node, opened, blocks, pieces = root, self.open, self.blocks, self.pieces
        enter, unknown = _ENTER.get, _Walker._enter_unknown
        for _ in range(MAX_NODES):
            tag = node.tag or "-"
            if tag == "-text":
                text = node.text_content
                if text and (pieces or not text.isspace()):
                    self.characters += len(text)
                    if self.characters > MAX_TEXT_CHARACTERS:
                        self.add(text[: MAX_TEXT_CHARACTERS - self.characters])
                        break
                    self.add(text)
            elif (child := enter(tag, unknown)(self, node, tag)) is not None:
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
                    element.last, self.box = len(blocks), element.parent or element  # no text to end
                else:
                    self._leave_box(element, up)
                node = up
            node = after
            if len(blocks) + self.breaks > MAX_BLOCKS:
                break
        self.truncated = True
        return self._end()

    def _end(self) -> None:
        self.end_block()
        for element in self.open:
            if isinstance(element, Box):
                element.last = len(self.blocks)

    def _skip(self, node: LexborNode, tag: str) -> LexborNode | None:
        """No text of the page stands in this element."""

    def _note_field(self, node: LexborNode, tag: str) -> LexborNode | None:
        """A field of a form has no text, but the box around one for an e-mail address asks for it."""
        if self.box is not None and (node.attributes.get("type") or "").casefold() == "email":
            self.box.asks = True
        return None

    def _enter_noscript(self, node: LexborNode, tag: str) -> LexborNode | None:
        """The content of `<noscript>` is text where a script would only set a template in its place, as in posts that
        Blogger serves. Elsewhere it asks for scripts or counts visits."""
        before = node.prev
        while before is not None and before.tag == "-text":
            before = before.prev
        if before is None or before.tag != "script" or before.attributes.get("type") != "text/template":
            return None
        return self._enter_box(node, tag)

    def _pass_image(self, node: LexborNode, tag: str) -> LexborNode | None:
        """A picture parts the words on its sides: "water<img>wheel". One that stands for a letter, which its `alt` has, does not, nor
        one between digits, nor one in a script without spaces, where a picture may be a character."""
        after, before = node.next, self.pieces[-1][-1:] if self.pieces else ""
        behind = (after.text_content or "")[:1] if after is not None and after.tag == "-text" else ""
        alt = (node.attributes.get("alt") or "").strip()
        is_letter = len(alt) == 1
        self.alt = alt if len(alt) >= MIN_UNSPACED_CAPTION_CHARACTERS else ""
        around = before + behind
        if (
            len(around) > 1
            and around.isalnum()
            and not (is_letter or around.isdigit() or has_unspaced(around))
        ):
            self.add(" ")
        return None

    def _end_at_rule(self, node: LexborNode, tag: str) -> LexborNode | None:
        self.end_block()
        return None

    def _enter_unknown(self, node: LexborNode, tag: str) -> LexborNode | None:
        """An element that no table names. A custom element, which has a hyphen in its name, is taken for a box."""
        if tag[0] in "-!?":
            return None
        if "-" in tag and (self.box is None or self.box.tag != "p"):
            return self._enter_box(node, tag)
        return self._enter_inline(node, tag)

    def _enter_inline(self, node: LexborNode, tag: str) -> LexborNode | None:
        """An inline element. The walk goes down into it unless it is empty or off the screen."""
        child = node.first_child
        if child is None:
            return None
        if len(self.inline) >= MAX_OPEN_INLINE_ELEMENTS:
            self.open.append(None)
            return child
        attributes, start = node.attributes, len(self.pieces)
        if attributes and ("style" in attributes or "hidden" in attributes) and is_hidden(attributes):
            return None
        if (
            attributes
            and self.pieces
            and _is_note(tag, attributes, bool(self.inline) or not self.pieces[-1][-1:].isspace())
            and self._set_aside(node, tag, attributes)
        ):
            return None
        if tag == "a" and "#" in (attributes.get("href") or ""):
            in_heading = self.box is not None and self.box.kind == "heading"
            sign = SELF_LINK if in_heading else BACK_LINK if self.pieces else None
            if sign and sign.fullmatch((node.text(deep=True) or "").strip()):
                return None
        inline = _Inline(tag, attributes, start, self.base)
        self.inline.append(inline)
        self.open.append(inline)
        if inline.open_tag:
            self.marks.append((start, inline.open_tag))
        return child

    def _set_aside(self, node: LexborNode, tag: str, attributes: dict[str, str | None]) -> bool:
        """Keep a note inside of a line for a block of its own behind the line, which would else be "the keel[1]The lowest beam. of the
        ship". Cells of a table and lines of code keep it."""
        if self.box is None or self.box.kind in ("code", "table"):
            return False
        text = node.text(deep=True) or ""
        self.characters += len(text)
        step = path_step(tag, attributes.get("id") or "", attributes.get("class") or "")
        self.notes.append((fold(text), step))
        return True

    def _enter_time(self, node: LexborNode, tag: str) -> LexborNode | None:
        """A day or time. A space parts it from a day that stands right before it: WordPress's themes print the day of publication and
        that of the last change without a space, and hide the second by their style sheet."""
        before = node.prev
        if before is not None and before.tag == "time" and self.pieces and self.pieces[-1][-1:].strip():
            self.add(" ")
        return self._enter_inline(node, tag)

    def _enter_label(self, node: LexborNode, tag: str) -> LexborNode | None:
        """The label of a list to choose from, "Choose a language". It is a block of its own, in the box of the list."""
        after = node.next
        while after is not None and after.tag == "-text" and (after.text_content or "").isspace():
            after = after.next
        beside = (after, *node.iter())  # a label may hold its list
        is_of_list = any(one is not None and one.tag == "select" for one in beside)
        return self._enter_box(node, "select") if is_of_list else self._enter_inline(node, tag)

    def _enter_box(self, node: LexborNode, tag: str) -> LexborNode | None:
        """A block-level element. An empty one ends the block before it too."""
        if self.pieces or self.inline or self.marks:
            self.end_block()
        child = node.first_child
        if child is None:
            return None
        box, boxes = self.box, self.boxes
        if box is None or box.depth < MAX_BOX_DEPTH:
            self.box = box = Box(tag, node.attributes, box, len(boxes), len(self.blocks))
            boxes.append(box)
            self.open.append(box)
        else:
            self.open.append(None)
        return child

    def _leave_box(self, element: Box | None, node: LexborNode) -> None:
        """The end of a block-level element, or of an element that lay too deep to count."""
        if self.pieces or self.inline or self.marks:
            self.end_block()
        if element is not None:
            if element.tag == "tr":
                self._join_cells(element, node)
            element.last = len(self.blocks)
            self.box = element.parent or self.box

    def _leave_inline(self, element: _Inline) -> None:
        self.inline.pop()
        if self.common > (depth := len(self.inline)):
            self.common = depth
        if element.tag == "a":
            self._link(element)
        if element.tag in ("a", "sup") and self._marks_note(element):
            self.pieces[element.start] = "[" + self.pieces[element.start].lstrip()
            self.pieces[-1] = self.pieces[-1].rstrip() + "]"
        if element.close_tag:
            self.marks.append((len(self.pieces), element.close_tag))

    def _link(self, element: _Inline) -> None:
        """Note the link of an anchor that ends, or whose block ends."""
        pieces, start = self.pieces, element.start
        text = (pieces[start] if len(pieces) == start + 1 else "".join(pieces[start:])).strip()
        if text:
            self.link_chars += len(text)
            if element.href:
                self.links.append((fold(text), element.href))
            elif (to := element.attributes.get("href") or "").startswith("#") and len(to) > 1:
                self.inner_chars += len(text)

    def _marks_note(self, element: _Inline) -> bool:
        """Whether a `<sup>` or a link is the mark of a footnote, which is set in brackets: "Rust<sup>1</sup>" would be the word "Rust1"."""
        pieces, start = self.pieces, element.start
        before = pieces[start - 1][-1:] if 0 < start < len(pieces) <= start + 3 else ""
        if not before or not NOTE_NUMBER.fullmatch(before + "".join(pieces[start:])):
            return False
        around = [element, *(e for e in self.inline[-1:] if e.tag == "sup" or e.start == start)]
        addresses = [e.attributes.get("href") or "" for e in around if e.tag == "a"]
        if all(e.tag != "sup" for e in around):
            return not before.isspace() and any(map(NOTE_ADDRESS.search, addresses))
        behind_stop = NOTE_BEHIND_STOP.search(pieces[start - 1][-5:] + "".join(pieces[start:]))
        return bool(behind_stop) or any("#" in one or one.startswith("javascript:") for one in addresses)

    def add(self, text: str) -> None:
        """Add text to the current block."""
        if not self.pieces:
            self.whole = list(self.inline)
            if self.inline:
                self.around = list(self.inline)
                self.common = len(self.inline)
        elif self.whole and not text.isspace():
            whole, inline = self.whole, self.inline
            while whole and (len(inline) < len(whole) or inline[len(whole) - 1] is not whole[-1]):
                whole.pop()
        self.pieces.append(text)
        if self.after_line_break and not text.isspace():
            self.after_line_break = False

    def _line_break(self, node: LexborNode, tag: str) -> LexborNode | None:
        """A `<br>` is a line break, and a second one ends the block."""
        if self.after_line_break:
            self.end_block()
            self.after_break = True
        elif self.pieces:
            self.pieces.append(BREAK)
            self.breaks += 1
            self.after_line_break = True
        return None

    def _start_block(self) -> None:
        self.pieces.clear()
        self.links = []
        self.notes = []
        self.link_chars = self.inner_chars = self.common = 0
        self.after_line_break = False
        if self.inline:
            self.marks = [(0, e.open_tag) for e in self.inline if e.open_tag]
            for element in self.inline:
                element.start = 0
        elif self.marks:
            self.marks = []

    def end_block(self) -> None:
        """End the current block, if it has text."""
        if self.pieces:
            # Around a table a parser leaves links in links. A reader follows the innermost: with all 40, 250 KB were 400,000 links.
            if (link := next((e for e in reversed(self.inline) if e.tag == "a"), None)) is not None:
                self._link(link)
            self._close_block()
            for text, step in self.notes:
                if not is_blank(text):
                    note = RawBlock(
                        text, self.box or _NOWHERE, "paragraph", html=escape(text), wrap=f"/{step}"
                    )
                    self.blocks.append(note)
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
        alt, self.alt = self.alt, ""
        if alt and kind == "paragraph" and _repeats(text, alt) and self.link_chars < len(text):
            kind = "caption"
        wrap = _steps(self.around[: self.common])
        html = self._marked(kind, text == joined) if self.marks else escape(text)
        if not self.marks and kind != "code" and "\n" in html:
            html = html.replace("\n", "<br>")
        if kind == "list_item" and self._goes_on(box):
            html = f"<p>{html}</p>"
        after, self.after_break = self.after_break, False
        # "T" and "<p>he ferry", a drop cap: one capital in the element around this block, or in one of its own before it
        before = self.blocks[-1] if self.blocks else None
        is_capital = before and len(before.text) == 1 and before.text.isupper() and text[0].islower()
        if before and is_capital and (box.parent is before.box or _INITIAL.search(before.box.classes)):
            before.text, before.html = before.text + text, before.html + html
            before.links, before.link_chars = before.links + self.links, before.link_chars + self.link_chars
            return
        self.blocks.append(RawBlock(text, box, kind, level, self.links, self.link_chars, html, wrap, after))
        if len(self.whole) > self.common or self.inner_chars:
            self.blocks[-1].whole, self.blocks[-1].inner_chars = _steps(self.whole), self.inner_chars

    def _goes_on(self, box: Box) -> bool:
        """Whether a list item has a block already: the next one is a paragraph of the same item, and no item of its own."""
        item = within(box, _ITEMS)
        blocks = self.blocks
        return (
            item is not None and item.first < len(blocks) and within(blocks[item.first].box, _ITEMS) is item
        )

    def _marked(self, kind: str, is_folded: bool) -> str:
        """The text as HTML with the inline mark-up that is kept, every element closed. `is_folded` says that it has no
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
            out += [e.close_tag for e in reversed(self.inline) if e.close_tag]
        joined = "".join(out)
        if kind == "code":
            return joined.replace(BREAK, "\n").strip("\n")
        return joined if is_folded else fold(joined).replace("\n", "<br>")

    def _add_embed(self, node: LexborNode, tag: str) -> LexborNode | None:
        attributes = node.attributes
        source = absolute(self.base, attributes.get("src") or attributes.get("data-src") or "")
        if source and not is_hidden(attributes) and not _BUTTON.search(source):
            self.end_block()
            links = [(fold(attributes.get("title") or ""), source)]
            box = self.box or _NOWHERE
            self.blocks.append(RawBlock(source, box, "embed", 0, links, len(source), "", "/" + tag))
        return None

    def _join_cells(self, row: Box, node: LexborNode) -> None:
        """Make the cells of a row of data one block, `1889 | Eiffel Tower`. Where cells hold a paragraph or line breaks they
        stay blocks of their own, and are one row in the HTML. A row with several paragraphs in a cell or long text is layout.

        The HTML has the empty cells too, without which a number would stand below another head; the text has those before the last
        cell with text.
        """
        cells = self.blocks[row.first :]
        if not cells or any(len(c.text) > MAX_CELL_CHARACTERS for c in cells):
            return
        held: dict[int, RawBlock] = {}
        for block in cells:
            cell: Box | None = block.box if block.box.depth - row.depth <= MAX_CELL_DEPTH else None
            while cell is not None and cell.parent is not row:
                cell = cell.parent
            if cell is None or cell.tag not in _CELLS:
                return
            if cell.index in held or block.kind not in ("table", "paragraph"):
                return
            held[cell.index] = block
        written = list(self._cells(row, node, held))
        if len(cells) == 1:  # a paragraph in a cell is layout, and a plain cell without others needs no mark
            plain = [(f"<td>{cells[0].html}</td>", cells[0])]
            if cells[0].box.parent is row and written != plain:
                self._mark_cells(cells, written)
            return
        if any("\n" in c.text or c.box.parent is not row for c in cells):
            self._mark_cells(cells, written)
            return
        joined = RawBlock(_row_text(node, written), row, "table")
        joined.html = "".join(html for html, _ in written)
        joined.links = [link for c in cells for link in c.links]
        joined.link_chars = sum(c.link_chars for c in cells)
        self.blocks[row.first :] = [joined]

    def _mark_cells(self, cells: list[RawBlock], written: list[tuple[str, RawBlock | None]]) -> None:
        """Give blocks that stay apart their cells in the HTML, with the empty cells before them and behind the last."""
        before = ""
        for html, block in written:
            before += html
            if block is not None:
                block.html, before = before, ""
        cells[-1].html += before

    def _cells(
        self, row: Box, node: LexborNode, held: Mapping[int, RawBlock]
    ) -> Iterator[tuple[str, RawBlock | None]]:
        """The cells of a row as HTML, each with its block. An element without content has no box."""
        boxes = (box for box in self.boxes[row.index + 1 :] if box.parent is row and box.tag in _CELLS)
        child = node.first_child
        while child is not None:
            if child.tag in _CELLS:
                box = next(boxes, None) if child.first_child is not None else None
                block = held.get(box.index) if box is not None else None
                spans = ""
                for name in ("colspan", "rowspan"):
                    number = _NUMBER.fullmatch(child.attributes.get(name) or "")
                    if number and 1 < int(number[0]) <= MAX_SPAN_CELLS:
                        spans += f' {name}="{int(number[0])}"'
                yield f"<{child.tag}{spans}>{block.html if block else ''}</{child.tag}>", block
            child = child.next


def _row_text(node: LexborNode, written: list[tuple[str, RawBlock | None]]) -> str:
    """The text of a row of data, `Heron | | 5` where the second of three cells is empty. A cell with a picture is none, and one before
    all others only where the row is a head: rows of old layouts begin with empty cells."""
    texts: list[str] = []
    cells = (child for child in node.iter() if child.tag in _CELLS)
    is_head = node.css_first("th") is not None
    for cell, (_, block) in zip(cells, written, strict=True):
        if block is not None:
            texts.append(block.text)
        elif (texts or is_head) and cell.css_first("img, svg, input") is None:
            texts.append("")
    while not texts[-1]:
        texts.pop()
    return CELL_SEPARATOR.join(texts).replace("  ", " ").strip()


#: Classes of an element that holds the first letter of a text.
_INITIAL = re.compile(r"first-?letter|drop-?cap|initial", re.IGNORECASE)
#: Frames that hold a button or a counter of a network, and nothing to read: `facebook.com/plugins/like.php?href=…`, whose
#: address has 40 words.
_BUTTON = re.compile(
    r"facebook\.com/(?:[^/?#]+/)?plugins/(?:like|share|follow|subscribe|recommend|fan|facepile|send|activity|page\.php)"
    r"|platform\.twitter\.com/widgets/(?:tweet_button|follow_button|hub)|twitter\.com/.*?(?:tweet|follow)_button"
    r"|plusone|linkedin\.com/(?:[^/?#]+/)?(?:plugins|countserv)|tweetmeme\.com|stumbleupon\.com/badge|reddit\.com/static/button"
    r"|digg\.com/tools/diggthis|flattr\.com/button",
    re.I,
)

#: The box of text that stands in no element, which a parsed page does not have.
_NOWHERE = Box("", {}, None, -1, 0)

#: Elements → the method that enters them.
_ENTER: dict[str, Callable[[_Walker, LexborNode, str], LexborNode | None]] = {
    **dict.fromkeys(INLINE, _Walker._enter_inline),
    **dict.fromkeys(BLOCKS, _Walker._enter_box),
    **dict.fromkeys(EMBEDS, _Walker._add_embed),
    **dict.fromkeys(SKIPPED, _Walker._skip),
    "noscript": _Walker._enter_noscript,
    "br": _Walker._line_break,
    "hr": _Walker._end_at_rule,
    "input": _Walker._note_field,
    "img": _Walker._pass_image,
    "label": _Walker._enter_label,
    "span": _Walker._enter_inline,
    "time": _Walker._enter_time,
}
