"""Lines in the text that stand in a box which is named as the credit of a picture.

    <div class="media-credit-container"><img src="ferry.jpg"><span class="media-credit">Ann Roe | Heron Post</span></div>

Plug-ins print the name of a photographer below each picture, in no `<figcaption>` where the theme has none. As a line of the text such
a name reads like the author's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from newsarchive.core.html.boxes import RawBlock

#: Words of a credit. A longer line in such a box is a paragraph around which an element was never closed.
MAX_CREDIT_WORDS = 14
_CREDIT = re.compile(
    r"(?:^|[\s_-])(?:media|photo|image|img|picture|pic)[_-]?credits?(?![a-z])", re.IGNORECASE
)


def picture_credits(blocks: Sequence[RawBlock], kept: Sequence[bool]) -> set[int]:
    """The places of the lines of the article, told by `kept`, whose own box is named as a picture's credit."""
    return {
        i
        for i, block in enumerate(blocks)
        if kept[i]
        and "redit" in block.box.classes
        and _CREDIT.search(block.box.classes)
        and block.text.count(" ") < MAX_CREDIT_WORDS
    }
