"""Judges blocks of several lines line by line.

Example: old layouts set paragraphs apart with `<br>` alone, so that one cell of a table holds a share row, a subscription
form and a notice as the lines of one block. Each line is a known phrase, and the block as a whole is not.

`opened` makes every line a block of its own for the passes of the boilerplate step. `closed` puts lines together again
where all lines of a block got one label, and lines of text that stood together, so that a poem or an address stays as
it was. Paragraphs stay apart.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby

from newsarchive.core.encoding.changes import original_of
from newsarchive.core.html.render import clean
from newsarchive.core.text.words import comparable_words, ends_sentence
from newsarchive.edits import Edit, unreplay
from newsarchive.items import Article, Block

#: Words of a sentence from which on a line is a paragraph: lines of verse and of addresses are shorter.
MIN_PARAGRAPH_WORDS = 20
#: Labels of blocks that are opened: the text, and what the classifier left out without a name for it.
_UNDECIDED = frozenset(["body", "other"])
#: What is never opened: the line breaks of code are its own, an embed has none.
_WHOLE = frozenset(["code", "embed"])
#: The path of a cell that is a block of its own. A row of facts is one block, whose path ends in `tr`.
_CELL = re.compile(r"(?:^|/)t[dh](?:[#.][^/]*)?$")
_BREAK = re.compile(r"\s*<br\s*/?>\s*", re.I)
_BLOCK = re.compile(r"blocks/(\d+)")


@dataclass(frozen=True, slots=True)
class Opened:
    """An article with a block for each line; `source` gives for each block the number of the block it was cut from."""

    article: Article
    source: tuple[int, ...]


def opened(article: Article) -> Opened | None:
    """The article with every undecided block of several lines cut into its lines, its edits moved along; `None` where no block
    can be cut."""
    several = [i for i, block in enumerate(article.blocks) if "\n" in block.text]
    edits = _by_block(article.edits) if several else {}
    cut = {i: lines for i in several if (lines := _lines(article.blocks[i], edits.get(i, [])))}
    if not cut:
        return None
    blocks: list[Block] = []
    source: list[int] = []
    moved: dict[int, list[Edit]] = {}
    for number, block in enumerate(article.blocks):
        for line, changes in cut.get(number) or ((block, edits.get(number)),):
            if changes:
                moved[len(blocks)] = changes
            source.append(number)
            blocks.append(line)
    return Opened(_with(article, blocks, moved), tuple(source))


def closed(before: Article, lines: Opened, judged: Sequence[Block]) -> Article:
    """The article `before` with the labels of its lines; a block that was not cut keeps the label that it had."""
    edits, of_lines = _by_block(before.edits), _by_block(lines.article.edits)
    blocks: list[Block] = []
    moved: dict[int, list[Edit]] = {}
    sizes = Counter(lines.source)
    for start, end in _runs(lines.source, judged):
        number = lines.source[start]
        if sizes[number] == end - start:
            if number in edits:
                moved[len(blocks)] = edits[number]
            block = before.blocks[number]
            if end - start > 1 and judged[start].label != block.label:
                line = judged[start]
                block = block.relabelled(line.label, line.rule, line.decided_by)
            blocks.append(block)
        else:
            offset, changes = 0, list[Edit]()  # edits count from the beginning of the first line
            for i in range(start, end):
                own = of_lines.get(i, [])
                changes += [replace(e, start=e.start + offset) for e in own]
                offset += len(unreplay(judged[i].text, own)) + 1
            moved[len(blocks)] = changes
            blocks.append(_joined(judged[start:end]))
    return _with(before, blocks, moved)


def _lines(block: Block, edits: Sequence[Edit]) -> list[tuple[Block, list[Edit]]]:
    """The lines of a block of several as blocks, each with its edits; none where it stays whole."""
    if block.label not in _UNDECIDED or block.kind in _WHOLE:
        return []
    if block.kind == "table":
        if not _CELL.search(block.path):
            return []
        block = replace(block, kind="paragraph")  # a cell of several lines is layout
    texts = block.text.split("\n")
    unrepaired = original_of(block.text, edits)
    original = unrepaired.split("\n") if unrepaired is not None else []
    if len(original) != len(texts) or any("\n" in e.before + e.after for e in edits) or not all(texts):
        return []
    pieces = _BREAK.split(block.html.removeprefix("<p>").removesuffix("</p>"))
    html = [clean(piece) for piece in pieces] if len(pieces) == len(texts) else [""] * len(texts)
    links = _links(block, texts)
    starts = [0, *accumulate(len(line) + 1 for line in original)]
    return [
        (
            replace(block, text=text, html=html[i], links=links[i]),
            [replace(e, start=e.start - starts[i]) for e in edits if starts[i] <= e.start < starts[i + 1]],
        )
        for i, text in enumerate(texts)
    ]


def _links(block: Block, texts: Sequence[str]) -> list[tuple[tuple[str, str], ...]]:
    """The links of each line, told by their texts, which follow each other as the lines do."""
    found: list[list[tuple[str, str]]] = [[] for _ in texts]
    at = 0
    for link in block.links:
        at = next((i for i in range(at, len(texts)) if link[0] in texts[i]), at)
        found[at].append(link)
    return [tuple(links) for links in found]


def _runs(source: Sequence[int], judged: Sequence[Block]) -> Iterator[tuple[int, int]]:
    """(start, end) of neighbouring lines that become one block again: all lines of a block, or some of its text."""
    for _, run in groupby(range(len(judged)), key=source.__getitem__):
        places = list(run)
        start, end = places[0], places[-1] + 1
        if all(_stay_together(judged[i], judged[i + 1]) for i in range(start, end - 1)):
            yield start, end
            continue
        for i in range(start, end):
            if i + 1 == end or judged[i].label != "body" or not _stay_together(judged[i], judged[i + 1]):
                yield start, i + 1
                start = i + 1


def _stay_together(above: Block, below: Block) -> bool:
    """Whether two lines of one block stay one block: judged alike, and not both of them paragraphs."""
    if above.label != below.label:
        return False
    return not (_is_paragraph(above.text) and _is_paragraph(below.text))


def _is_paragraph(text: str) -> bool:
    return ends_sentence(text) and comparable_words(text) >= MIN_PARAGRAPH_WORDS


def _joined(lines: Sequence[Block]) -> Block:
    """Neighbouring lines as one block."""
    first = lines[0]
    if len(lines) == 1:
        return first
    html = "<br>".join(line.html for line in lines) if all(line.html for line in lines) else ""
    links = tuple(link for line in lines for link in line.links)
    return replace(first, text="\n".join(line.text for line in lines), html=html, links=links)


def _by_block(edits: Sequence[Edit]) -> dict[int, list[Edit]]:
    """Number of a block → its edits."""
    found: dict[int, list[Edit]] = {}
    for edit in edits:
        if place := _BLOCK.fullmatch(edit.where):
            found.setdefault(int(place[1]), []).append(edit)
    return found


def _with(article: Article, blocks: Sequence[Block], edits: dict[int, list[Edit]]) -> Article:
    """The article with other blocks and their edits; those of other fields stay, in front."""
    others = [e for e in article.edits if not _BLOCK.fullmatch(e.where)]
    own = [replace(e, where=f"blocks/{i}") for i in sorted(edits) for e in edits[i]]
    return article.with_blocks(blocks, edits=(*others, *own))
