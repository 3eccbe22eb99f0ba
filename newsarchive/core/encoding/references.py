"""Character references that were escaped twice, so that readers see them: `It&#8217;s`, `AT&amp;T`.

A reference between two letters of a word proves it: who shows references on purpose parts them by spaces or quotation marks.
Then all references of the page are resolved. A page that speaks of HTML or of encodings keeps them, and so does one that
shows markup.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape

from newsarchive.edits import Edit

RULE = "character reference"
#: Characters to either side of a reference that are looked at for an address around it.
MAX_SIDE_CHARACTERS = 80
#: A reference, also where its `&` was escaped once more.
_REFERENCE = re.compile(r"&(?:amp;)*((?:#[xX][0-9a-fA-F]{2,6}|#[0-9]{2,7}|[A-Za-z][A-Za-z0-9]{1,30});)")
#: What a page has that shows references on purpose: markup, or words about it.
_SUBJECT = re.compile(
    r"(?:<|&(?:amp;)*(?:lt|#0*60|#x0*3c);)[/!a-z]|\b(?:x?html5?|xml|character references?|unicode|utf-?8|ascii|encoding)\b",
    re.IGNORECASE,
)


def reference_edits(texts: Sequence[str]) -> dict[int, list[Edit]]:
    """Number of a text → its edits, for the texts of a page whose references were escaped twice."""
    found = {
        number: matches for number, text in enumerate(texts) if "&" in text and (matches := _known(text))
    }
    if not any(_is_in_word(match) for matches in found.values() for match in matches):
        return {}
    if any(_SUBJECT.search(text) for text in texts):
        return {}
    return {number: edits for number, matches in found.items() if (edits := _edits(texts[number], matches))}


def _edits(text: str, matches: Sequence[re.Match[str]]) -> list[Edit]:
    """The edits of a text. No-break spaces at its beginning and end go; a text that has nothing else stays."""
    start, end = 0, len(text)
    for match in matches:
        if _character(match) != "\xa0" or text[start : match.start()].strip():
            break
        start = match.end()
    for match in reversed(matches):
        if _character(match) != "\xa0" or text[match.end() : end].strip():
            break
        end = match.start()
    return [
        Edit(
            "repair",
            RULE,
            match[0],
            _character(match) if start <= match.start() < end else "",
            start=match.start(),
        )
        for match in (matches if start < end else ())
    ]


def _known(text: str) -> list[re.Match[str]]:
    """The references of a text to characters that can be seen, or to a no-break space."""
    return [
        match
        for match in _REFERENCE.finditer(text)
        if len(char := _character(match)) == 1 and (char.isprintable() or char == "\xa0")
    ]


def _character(match: re.Match[str]) -> str:
    return unescape(f"&{match[1]}")


def _is_in_word(match: re.Match[str]) -> bool:
    """Whether a reference stands between two letters, and in no address."""
    text, (start, end) = match.string, match.span()
    if not (text[start - 1 : start].isalpha() and text[end : end + 1].isalpha()):
        return False
    before = text[max(0, start - MAX_SIDE_CHARACTERS) : start].split()[-1]
    behind = text[end : end + MAX_SIDE_CHARACTERS].split()[0]
    return not any(char in before + behind for char in "/=?@")
