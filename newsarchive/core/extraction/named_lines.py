"""Inline elements around a whole line that a platform's table names.

A plug-in may write its line without a box: `<p><span class="span-reading-time">Reading Time: 3 minutes</span></p>`. The path of the line
ends at the `<p>`, where no selector of a table sees the name. Where a table has a selector for such an element, the path goes on into it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from newsarchive.core.html.boxes import RawBlock
from newsarchive.rules import Rules

#: The classes and ids in the steps of a path.
_MARKS = re.compile(r"[.#][^.#/]+")


def path_of(block: RawBlock, rules: Rules) -> str:
    """The path of a block, with the inline elements around its text where a table of platforms names one of them."""
    if len(block.whole) > len(block.wrap):
        whole, begun = _named(rules)
        marks = _MARKS.findall(block.whole)  # most such elements have none: a <strong>, a link
        if marks and (not whole.isdisjoint(marks) or any(mark.startswith(begun) for mark in marks)):
            return block.box.path + block.whole
    return block.path


@lru_cache(maxsize=8)
def _named(rules: Rules) -> tuple[frozenset[str], tuple[str, ...]]:
    """The classes and ids of the tables' selectors as they stand in a path (`.rt-reading-time`): whole ones, and beginnings."""
    selectors = {
        selector
        for table in rules.platforms.values()
        for listed in table.get("select", {}).values()
        for selector in listed
        if selector.startswith((".", "#"))
    }
    begun = tuple(sorted(one[:-1] for one in selectors if one.endswith("*")))
    return frozenset(one for one in selectors if not one.endswith("*")), begun
