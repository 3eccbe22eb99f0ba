"""Text that a page holds twice: for wide and for narrow screens, or once more below a fold.

Only whole runs count. A refrain, a row of a table or a line of code may well stand twice in an article.
"""

from __future__ import annotations

from collections.abc import Sequence

#: A run that goes out holds so many characters, and one block of at least this length.
RUN, PROSE = 300, 80


def repeated(texts: Sequence[str]) -> set[int]:
    """The places of blocks that lie in a run which stands on the page before, block by block the same.

    >>> first = ["A heading", "Prose of more than a line. " * 12]
    >>> repeated([*first, "Between the two", *first]), repeated(["no", "no", "no"])
    ({3, 4}, set())
    """
    first: dict[str, int] = {}
    twice = [i for i, text in enumerate(texts) if first.setdefault(text, i) != i]
    out: set[int] = set()
    at = 0
    while at < len(twice):
        run = _run(texts, first, twice[at])
        if sum(len(texts[i]) for i in run) >= RUN and max(len(texts[i]) for i in run) >= PROSE:
            out.update(run)
        while at < len(twice) and twice[at] <= run[-1]:
            at += 1
    return out


def _run(texts: Sequence[str], first: dict[str, int], start: int) -> range:
    """The blocks from `start` on that follow each other as they do where the first of them stands first."""
    source, end = first[texts[start]], start
    while end < len(texts) and source < start and texts[source] == texts[end]:
        source, end = source + 1, end + 1
    return range(start, end)
