r"""JSON may spell half of a character: `"\ud83d"` is the first half of an emoji whose second half was cut off.

Python reads it as a lone surrogate, which no file and no database can hold. Standing alone it becomes U+FFFD.
"""

from __future__ import annotations

import re

_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    r"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)


def whole_characters(json_text: str) -> str:
    r"""The JSON with `\ufffd` for each escape of half a character.

    >>> whole_characters(r'["\ud83d\ude00", "\ud83d", "\\ud83d"]')
    '["\\ud83d\\ude00", "\\ufffd", "\\\\ud83d"]'
    """
    if not _HALF.search(json_text):
        return json_text
    return _ESCAPE.sub(lambda match: match[1] or r"\ufffd", json_text)
