"""Parts the details beside a headline that stand in a row of elements with nothing between them.

Themes set a row apart by their style sheet alone, so its text reads "Galih Pratama3 November 2026120 views":

    <div class="flex gap-6"><span>Galih Pratama</span><span>3 November 2026</span><span>120 views</span></div>

React and Vue print pages in this way. `parted` gives such blocks a line for each element.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from selectolax.lexbor import LexborNode

from newsarchive.core.html.markup import fold, upwards
from newsarchive.core.metadata.elements import Mark
from newsarchive.items import Block

#: Elements around the headline whose other children are looked at; those further up hold the page.
MAX_STEPS = 4
#: Neighbours on each side of the headline, or of an element that holds it, that are looked at; later ones are not.
MAX_NEIGHBOURS = 8
#: Elements of such a neighbour that are looked at; later ones are not.
MAX_ELEMENTS = 60
#: Characters of a row; a longer text is prose.
MAX_ROW_CHARS = 400
#: Elements inside of one another that are parted; deeper ones are one text.
MAX_DEPTH = 12
#: Blocks on each side of the headline that are parted.
MAX_BLOCKS = 14
#: Elements whose text is one line by its nature.
_WHOLE = frozenset(("a", "abbr", "button", "code", "h1", "h2", "script", "style", "svg", "time"))
#: What shows that a text may be several details, so that its element is looked for: "Jane Doe3 May", "3 MayHarbour", "Jane DoePremium",
#: and any letter of a script without capitals. In alphabets where capitals and small letters alternate it also finds whole words.
_GLUED = re.compile(
    r"[^\W\d_](?=[\d#@])|\d(?=[^\W\d_])|[^\W\d_A-Z](?=[A-ZÀ-ÞĀ-ŽΑ-ΩЀ-Я])|[\u0590-\u0fff\u3040-\u9fff\uac00-\ud7a3]"
)
#: A time that themes write for programs, and hide: Avada prints one right before the day.
_FOR_PROGRAMS = re.compile(r"(?:19|20)\d\d-\d\d-\d\dT\d\d:\d\d\S*")
#: A time of day, which belongs to the day before it.
_TIME = re.compile(r"\d{1,2}[:.]\d\d(?!\d)")


def parted(blocks: Sequence[Block], at: int, headline: Mark | None) -> list[Block]:
    """The blocks, those of glued rows near the headline with a line for each element. `at` is the number of the headline's block."""
    out = list(blocks)
    near = range(max(0, at - MAX_BLOCKS), min(len(out), at + 1 + MAX_BLOCKS)) if headline and at >= 0 else ()
    glued = {
        out[i].text
        for i in near
        if i != at and len(out[i].text) <= MAX_ROW_CHARS and _GLUED.search(out[i].text)
    }
    rows: dict[str, str] = {}
    for node in beside(headline.node) if headline is not None and glued else ():
        for row in (row for small in _small(node, MAX_STEPS) for row in small.css("*")[:MAX_ELEMENTS]):
            text = fold(row.text(deep=True) or "") if row.tag not in _WHOLE else ""
            if text in glued and text not in rows:
                lines = (
                    line for line in map(fold, _lines(row, MAX_DEPTH)) if not _FOR_PROGRAMS.fullmatch(line)
                )
                rows[text] = "\n".join(filter(None, lines))
    for i in near:
        if i != at and (text := rows.get(out[i].text, "")):
            out[i] = replace(out[i], text=text)
    return out


def beside(heading: LexborNode, steps: int = MAX_STEPS, *, above: bool = False) -> Iterator[LexborNode]:
    """The neighbours of a heading, and of the elements that hold it, `steps` upwards and inside of the page's body; the closest first.
    With `above` only those before it."""
    for up in upwards(heading, steps + 1):
        if up.tag in ("body", "main", "html"):
            return
        for step in ("prev",) if above else ("prev", "next"):
            node, seen = getattr(up, step), 0
            while node is not None and seen < MAX_NEIGHBOURS:
                if (node.tag or "-")[0].isalpha():
                    seen += 1
                    yield node
                node = getattr(node, step)


def _small(node: LexborNode, depth: int) -> Iterator[LexborNode]:
    """An element that may be a row, or the first of those inside of it where it is longer."""
    if len(node.text(deep=True) or "") <= MAX_ROW_CHARS:
        yield node
        return
    child, seen = node.child, 0
    while depth and child is not None and seen < MAX_NEIGHBOURS:
        if (child.tag or "-")[0].isalpha():
            seen += 1
            yield from _small(child, depth - 1)
        child = child.next


def behind(node: LexborNode, steps: int) -> str:
    """The first line of text right behind an element, or behind one of the `steps` elements around it that begin with it; "" for none."""
    for up in upwards(node, steps + 1):
        after, seen = up.next, 0
        while after is not None and seen < MAX_NEIGHBOURS:
            text = (after.text(deep=True) or "").strip()
            if len(text) > MAX_ROW_CHARS:
                return ""
            if text:
                blocks = after.css("p,div,li,h3,h4,h5,h6") if after.tag != "-text" else []
                first = next(
                    (b for b in blocks if (b.text(deep=True) or "").strip() and not b.css("p,div,li")[1:]),
                    after,
                )
                lines = [text] if after.tag == "-text" else _lines(first, MAX_DEPTH)
                return next(filter(None, map(fold, lines)), "")
            after, seen = after.next, seen + 1
    return ""


def _lines(node: LexborNode, depth: int) -> list[str]:
    """The text of an element, parted where one element follows another with nothing between them."""
    out = [""]
    last: LexborNode | None = None
    for child in node.iter(include_text=True):
        if child.tag == "-text" or not (child.tag or "-")[0].isalpha():
            out[-1] += child.text(deep=False) or "" if child.tag == "-text" else ""
            last = None
            continue
        inner = (
            _lines(child, depth - 1) if depth and child.tag not in _WHOLE else [child.text(deep=True) or ""]
        )
        if last is not None and _is_border(out[-1], inner[0]):
            out.append("")
        out[-1] += (
            f" {inner[0]}"
            if last is not None and out[-1][-1:].isdigit() and _TIME.match(inner[0])
            else inner[0]
        )
        out += inner[1:]
        last = child if inner != [""] else last
    return out


def _is_border(before: str, after: str) -> bool:
    """Whether two texts with nothing between them are two details: a time of day belongs to its day, and a comma to what it ends."""
    is_apart = before[-1:].isalnum() and (after[:1].isalnum() or after[:1] in "#@(«“")
    return is_apart and not (_TIME.match(after) and before[-1:].isdigit())
