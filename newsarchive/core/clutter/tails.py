"""The tail that a republished article brings along, told by its build instead of its words.

A short head with a name, a few titles, and a line with the same name again: the list is the source's
other articles and the line says so ("Out of the same oven, Mare News" … "Baked first at Mare News").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from newsarchive.core.clutter.cues import RUN, is_teaser
from newsarchive.core.text.line_keys import names_in
from newsarchive.core.text.lines import is_linked, is_prose, names_one
from newsarchive.core.text.normalise import fold
from newsarchive.core.text.sentences import ends_sentence
from newsarchive.core.text.words import comparable_words
from newsarchive.items import Block

#: The longest head and the longest closing line, in words.
HEAD, CLOSING = 10, 45
#: Below the closing line there is no more prose of so many words.
PROSE = 20

Tail = tuple[list[int], list[int]]


def named_tails(blocks: Sequence[Block], labels: Sequence[str]) -> Iterator[Tail]:
    """Tails as (head and its list, closing lines), by place, for pages whose text ends above them."""
    prose = [i for i, b in enumerate(blocks) if labels[i] == "body" and is_prose(b, PROSE)]
    for i in range(prose[-1] + 1 if prose else len(blocks), len(blocks)):
        if labels[i] not in ("body", "related", "attribution"):
            continue
        names = _names(blocks[i])
        if _tail(blocks, i, names):  # to look for the names in the whole text takes its time
            told = [fold(b.text) for b, label in zip(blocks[:i], labels, strict=False) if label == "body"]
            names = tuple(name for name in names if not _is_spoken_of(name, told))
            if (tail := _tail(blocks, i, names)) and not _is_record(blocks, labels, tail, names):
                yield tail


def _tail(blocks: Sequence[Block], head: int, names: Sequence[str]) -> Tail | None:
    """The tail that a head with these names opens."""
    run = _run(blocks, head + 1, names) if names else []
    closing = _closing(blocks, head + 1 + len(run), names) if run else []
    return ([head, *run], closing) if closing else None


def _is_record(blocks: Sequence[Block], labels: Sequence[str], tail: Tail, names: Sequence[str]) -> bool:
    """Whether other lines of the text hold the name as well: then it is a fact of each record of a list ("Platform:
    PC"), and no source that head and closing line name."""
    inside = {*tail[0], *tail[1]}
    others = (
        b for i, b in enumerate(blocks) if i not in inside and labels[i] == "body" and not is_prose(b, PROSE)
    )
    return any(_holds(block, names) for block in others)


def _is_spoken_of(name: str, told: Sequence[str]) -> bool:
    """Whether the article above has every word of it: then it is no name of a source, but German's nouns."""
    return all(any(word in text for text in told) for word in name.split())


def _names(block: Block) -> tuple[str, ...]:
    """The names that a head holds, folded and with no article before them; none where it is no head."""
    if comparable_words(block.text) > HEAD or ends_sentence(block.text) or is_linked(block):
        return ()
    found = (fold(name).removeprefix("the ") for name in names_in(block.text))
    return tuple(name for name in found if len(name) > 3)


def _run(blocks: Sequence[Block], start: int, names: Sequence[str]) -> list[int]:
    """The titles from `start` up to a line with one of the names; none where it is no list."""
    for at in range(start, min(start + RUN + 1, len(blocks))):
        if at > start and _holds(blocks[at], names):
            run = list(range(start, at))
            return run if not any(is_prose(blocks[j]) for j in run) else []
        if not is_teaser(blocks[at]):
            return []
    return []


def _closing(blocks: Sequence[Block], start: int, names: Sequence[str]) -> list[int]:
    """The lines from `start` on that hold one of the names: an attribution, then a notice."""
    found = []
    for at in range(start, min(start + 3, len(blocks))):
        if not _holds(blocks[at], names):
            break
        found.append(at)
    return found


def _holds(block: Block, names: Sequence[str]) -> bool:
    return comparable_words(block.text) <= CLOSING and names_one(fold(block.text), names)
