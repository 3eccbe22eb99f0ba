"""Texts in two languages: what a translator wrote beside a sentence becomes a block of its own.

Until 2020 Google's page of a translation held each sentence twice, the original in an element that its style sheet hides:
`<span class="notranslate"><span class="google-src-text">Gute Nacht.</span> Good night.</span>`. A blog that copied it has no such style
sheet, and every sentence of its posts stands there in two languages. Immersive Translate, an extension of browsers, writes its
translation behind each paragraph, into that paragraph: `Gute Nacht.<font class="immersive-translate-target-wrapper"><br>Good night.`.

Here the one is put behind the block that holds it, so that a headline, a line and a repair of its encoding have one language each.
Which of the two is text is decided later (`[original]` in `data/phrases/translations.toml`); both are kept.
"""

from __future__ import annotations

from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsarchive.core.html.markup import BLOCKS, HEADINGS, upwards

#: The class of an original, which is put behind its block wherever that stands.
_ORIGINAL = "google-src-text"
#: The class of a translation, which is put behind a paragraph or a heading; elsewhere it stays in its block.
_TRANSLATION = "immersive-translate-target-wrapper"
_NAMES = (_ORIGINAL, _TRANSLATION)
_ANY = ", ".join(f".{name}" for name in _NAMES)
#: Elements that are moved; later ones stay in their sentences. The longest articles have 2,000 sentences.
MAX_MOVED_ELEMENTS = 5_000
#: Elements around such an element that are looked at for its block.
MAX_LEVELS = 30
#: Blocks in which nothing but items or cells may stand, and those: what is moved goes behind the whole list or table.
_INSIDE = frozenset(["li", "dt", "dd", "td", "th", "tr", "tbody", "thead", "tfoot", "caption", "summary", "option",
                     "legend", "figcaption"])  # fmt: skip
_PARAGRAPHS = frozenset(["p", *HEADINGS])


def part(tree: LexborHTMLParser) -> None:
    """Put the originals and the translations of a page's sentences into blocks of their own, one behind each block that holds any."""
    if tree.css_first(_ANY) is None:  # far cheaper than a search in the source
        return
    for name in _NAMES:
        behind: dict[int, tuple[LexborNode, list[LexborNode]]] = {}
        placed = ((node, _block_of(node, name)) for node in tree.css(f".{name}"))
        wanted = ((n, b) for n, b in placed if b is not None and (name == _ORIGINAL or b.tag in _PARAGRAPHS))
        for node, block in islice(wanted, MAX_MOVED_ELEMENTS):
            behind.setdefault(block.mem_id, (block, []))[1].append(node)
        for block, nodes in behind.values():
            box = tree.create_node("div")
            box.attrs["class"] = name
            for node in nodes:
                box.insert_child(node)  # inserts a copy
                box.insert_child(" ")
                node.decompose()
            block.insert_after(box)


def _block_of(node: LexborNode, name: str) -> LexborNode | None:
    """The block around an element; `None` for one in another element of the class, or in no block."""
    for around in upwards(node.parent, MAX_LEVELS):
        if around.tag in ("body", "html") or name in (around.attributes.get("class") or "").split():
            return None
        if around.tag in BLOCKS and around.tag not in _INSIDE:
            return around
    return None
