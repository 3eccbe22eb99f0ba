"""Inline elements around a whole line that a platform's table names.

A plug-in may write its line without a box: `<p><span class="span-reading-time">Reading Time: 3 minutes</span></p>`. The path of the line
ends at the `<p>`, where no selector of a table sees the name. Where a table has a selector for such an element, the path goes on into it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from newsarchive.core.html.boxes import RawBlock
from newsarchive.rules import Rules


def path_of(block: RawBlock, rules: Rules) -> str:
    """The path of a block, with the inline elements around its text where a table of platforms names one of them."""
    path = block.path
    if len(block.whole) > len(block.wrap) and _named(rules).search(block.whole):
        return block.box.path + block.whole
    return path


@lru_cache(maxsize=8)
def _named(rules: Rules) -> re.Pattern[str]:
    """What finds a class or id of the tables' selectors in the steps of a path: `/span.rt-reading-time`."""
    selectors = {
        selector
        for table in rules.platforms.values()
        for listed in table.get("select", {}).values()
        for selector in listed
        if selector.startswith((".", "#"))
    }
    whole = [re.escape(one) for one in sorted(selectors) if not one.endswith("*")]
    begun = [re.escape(one[:-1]) for one in sorted(selectors) if one.endswith("*")]
    return re.compile("|".join(["(?:" + "|".join(whole) + r")(?![\w-])", *begun]))
