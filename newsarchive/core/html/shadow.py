"""Opens declarative shadow roots: parts of a page that a browser shows, and a parser keeps out of its tree as templates.

    <x-article><template shadowrootmode="open"><h1>A ferry</h1><slot></slot></template><p>It returns.</p></x-article>

shows the headline above the paragraph (HTML Living Standard, 4.12.3; Lit and Stencil render components so on a server). The
template is opened in the text of the page, and the children of its element are moved to its slots in the tree.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

#: Shadow roots of a page whose slots are filled. In later ones the children of the element stand behind the root.
MAX_ROOTS = 500
#: Children of one element that are moved to a slot; later ones stay where they are.
MAX_CHILDREN = 1000
#: Stands for a root in the tree, until its slots are filled.
_ROOT = "newsarchive-shadow-root"
_TEMPLATE = re.compile(r"<(/?)template\b([^<>]*)>", re.IGNORECASE)
_MODE = re.compile(r"\bshadowrootmode\s*=\s*[\"']?(?:open|closed)\b", re.IGNORECASE)


def opened(text: str) -> str:
    """The text of a page with a `<div>` in the place of each declarative shadow root. Other templates stay.

    >>> opened('<x-a><template shadowrootmode="open"><p>A ferry</p></template></x-a>')
    '<x-a><div newsarchive-shadow-root><p>A ferry</p></div></x-a>'
    """
    out: list[str] = []
    are_roots: list[bool] = []
    at = 0
    for tag in _TEMPLATE.finditer(text):
        if not tag[1]:
            are_roots.append(_MODE.search(tag[2]) is not None)
        is_root = bool(are_roots) and (are_roots.pop() if tag[1] else are_roots[-1])
        if is_root:
            out += [text[at : tag.start()], "</div>" if tag[1] else f"<div {_ROOT}>"]
            at = tag.end()
    return "".join([*out, text[at:]])


def fill_slots(tree: LexborHTMLParser) -> None:
    """Move what stands behind each root in its element to the root's slots, by their names. What no slot takes is not shown."""
    for root in tree.css(f"[{_ROOT}]")[:MAX_ROOTS]:
        slots = {slot.attributes.get("name") or "": slot for slot in reversed(root.css("slot"))}
        for child in _behind(root):
            slot = slots.get(child.attributes.get("slot") or "" if child.tag != "-text" else "")
            if slot is not None:
                slot.insert_before(child)  # inserts a copy
                child.decompose()


def _behind(root: LexborNode) -> list[LexborNode]:
    children: list[LexborNode] = []
    child = root.next
    while child is not None and len(children) < MAX_CHILDREN:
        children.append(child)
        child = child.next
    return children
