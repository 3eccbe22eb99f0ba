"""Where sentences end."""

from __future__ import annotations

import re

from newsarchive.core.text.scripts import THAI_AND_LAO

#: A line of Thai or Lao with more letters than these is a sentence: no full stop would say so.
STOPLESS = 80
_STOPLESS = re.compile(f"[{THAI_AND_LAO}]")
_END = re.compile(r"[.!?…。！？।؟۔։።][\"'”’»“)\]›」』]*$")


def ends_sentence(text: str) -> bool:
    """Whether a text ends as a sentence does, in any of the scripts we know.

    Thai and Lao write no full stop: a line of theirs that is too long for a head ends one.

    >>> ends_sentence("“It rained.”"), ends_sentence("下雨了。"), ends_sentence("Recent Posts")
    (True, True, False)
    """
    tail = text[-24:]  # no text ends in so many quotation marks
    if not tail[-1:].isalnum() and _END.search(tail):
        return True
    return len(text) > STOPLESS and not tail.isascii() and len(_STOPLESS.findall(text)) > STOPLESS
