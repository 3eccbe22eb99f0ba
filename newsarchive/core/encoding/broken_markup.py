r"""Markup that a translator took for text and broke: `& quot;`, `& # 39;`, `</ p>`, `< strong >`, `[19459002]`.

A program that has a post translated sends its HTML along. What comes back has spaces in its character references and tags, so that no
browser knows them, and readers see them in the sentence. Other programs put a number for each tag, from 19459001 on, and put the tags
back afterwards; where the translator moved or changed a number it stays. ("[ad_1]" and "[ad_2]", which the same programs leave where an
advertisement was to stand, are shortcodes: `core/text/shortcodes.py`.)

References become their characters, tags and numbers go. A page keeps all of them where it shows code or speaks of HTML.

    He said & quot; no & quot; and left.</ p>  →  He said "no" and left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import unescape

from newsarchive.edits import Edit

RULE_OF_REFERENCES = "broken character reference"
RULE_OF_TAGS = "broken tag"
RULE_OF_NUMBERS = "number in place of a tag"
#: What a page with a broken reference holds, and one with a broken tag, each behind its first sign; and the beginnings of numbers.
_SIGNS_OF_REFERENCES = ("& ", " ;", "amp; ")
_SIGNS_OF_TAGS = ("< ", "</ ", "<!")
_NUMBERS = ("19459", "19659")
#: Different numbers of tags on a page. One alone may be the number of a publication, as PubMed gives them.
MIN_NUMBERS = 2
#: The last three digits of such a number, which counts the tags of a post; a greater one is no count.
MAX_COUNT = 400

#: A reference with a space behind `&`, within `#39`, or before its semicolon. "Fish &amp; chips" has none.
_REFERENCE = re.compile(
    r" ?&(?:(?=[^;]{0,14} )\s?(?:amp\s?;\s?)*|(?:amp;)++ )(#\s?\d{2,5}|[A-Za-z]{2,8})\s?; ?", re.IGNORECASE
)
#: What may break in a post: the references that programs for writing make.
_NAMES = frozenset((
    "quot", "nbsp", "amp", "lt", "gt", "apos", "ldquo", "rdquo", "lsquo", "rsquo", "bdquo", "sbquo", "laquo", "raquo", "lsaquo", "rsaquo",
    "ndash", "mdash", "hellip", "bull", "middot", "copy", "reg", "trade", "euro", "pound", "deg", "times", "iexcl", "iquest",
))  # fmt: skip
#: References that are words as well: "the dollar & euro; the pound". One of them proves nothing.
_WORDS = frozenset(["bull", "copy", "euro", "pound", "reg", "times", "trade"])
_TAGS = "p|br|b|i|u|em|strong|div|span|h[1-6]|ul|ol|li|a|blockquote|font|center|figure|figcaption|table|tbody|tr|td|th|small|sup|sub|hr|pre"
_ATTRIBUTES = r"(?:\s+[\w-]+\s?=\s?[\"“”'«»][^\"“”'«»<>]{0,300}[\"“”'«»])*"
#: A tag with a space behind its first sign or behind its stroke; a comment of WordPress's editor.
_TAG = re.compile(
    rf"(?: ?<(?:\s+/?\s?|/\s+)(?:{_TAGS}){_ATTRIBUTES}\s?/?\s?>| ?<\s?!\s?[-–—]{{1,2}}\s?/?\s?wp\s?:[^<>]{{0,200}}[-–—]\s?>)+ ?",
    re.IGNORECASE,
)
#: A tag of one letter that opens something, without attributes: "where x < p > y" may speak of numbers, and "< b >" of a key.
_LETTER = re.compile(r"(?:\s*<\s*[a-z]\s*>)+\s*", re.IGNORECASE)
_NUMBER = re.compile(r" ?[\[(（【]\s?(19[46]59)(\d{3})\s?[\])）】](?: ?[\[(（【]\s?\1\d{3}\s?[\])）】])* ?")
#: What a page has that shows markup on purpose.
_SUBJECT = re.compile(
    r"\b(?:x?html5?|xml|css|php|javascript|markup|hypertext|tags?|entit(?:y|ies)|character references?|unicode|utf-?8|ascii|balises?"
    r"|etiquetas?|auszeichnungssprache)\b|[{}]|\w\(\)|тег(?:и|ов|а)?\b|标签|標籤|タグ|태그",
    re.IGNORECASE,
)
#: What opens a quotation, as a sign of a question does in Spanish: a space stands before it.
_OPENS = "“„«‹‘‚¡¿"
#: What closes a quotation: a space stands behind it.
_CLOSES = "”»›’"
#: What opens a quotation and closes it, in turn.
_BOTH = "\"'"
#: What stands beside an apostrophe in one word: "it's", "don't", "l'été".
_BEFORE_ELISION = re.compile(r"(?<!\w)(?:[dlcjmnstLDCJMNST]|[Qq]u)\Z")
_BEHIND_ELISION = re.compile(r"(?:s|t|re|ve|ll|d|m)\b")


def may_be_broken(page: str) -> bool:
    """Whether the text of a page may hold any of them. One character is found a hundred times as fast as several."""
    return (
        ("&" in page and any(sign in page for sign in _SIGNS_OF_REFERENCES))
        or ("<" in page and any(sign in page for sign in _SIGNS_OF_TAGS))
        or (any(sign in page for sign in "[(（【") and any(number in page for number in _NUMBERS))
    )


def broken_markup_edits(texts: Sequence[str]) -> dict[int, list[Edit]]:
    """Number of a text → the edits that mend it, for the texts of a page whose markup a translator broke."""
    numbers = {
        m[0].strip()
        for text in texts
        if any(number in text for number in _NUMBERS)
        for m in _NUMBER.finditer(text)
        if int(m[2]) <= MAX_COUNT
    }
    has_numbers = len(numbers) >= MIN_NUMBERS
    found = {
        number: edits
        for number, text in enumerate(texts)
        if (has_numbers or "<" in text or "&" in text) and (edits := list(_edits(text, has_numbers)))
    }
    is_proved = any(_is_proof(edit) for edits in found.values() for edit in edits)
    if not is_proved or any(_SUBJECT.search(text) for text in texts):
        return {}
    return found


def _is_proof(edit: Edit) -> bool:
    """Whether markup is broken here for sure; what may be a word or a letter of the text is so only on a page with a sure one."""
    if edit.rule == RULE_OF_REFERENCES:
        return not _WORDS.intersection(re.findall(r"[a-z]{2,}", edit.before.lower()))
    return not _LETTER.fullmatch(edit.before)


def _edits(text: str, has_numbers: bool) -> Iterator[Edit]:
    matches = [(m, RULE_OF_TAGS) for m in _TAG.finditer(text)] if "<" in text else []
    if has_numbers:
        matches += [(m, RULE_OF_NUMBERS) for m in _NUMBER.finditer(text) if int(m[2]) <= MAX_COUNT]
    if "&" in text:
        matches += [(m, RULE_OF_REFERENCES) for m in _REFERENCE.finditer(text) if _character(m)]
    end, opened = 0, False
    for match, rule in sorted(matches, key=lambda pair: pair[0].start()):
        if match.start() < end:
            continue
        end = match.end()
        after = _between(match)
        if rule is RULE_OF_REFERENCES:
            after, opened = _written(match, opened)
        yield Edit("repair", rule, match[0], after, start=match.start())


def _character(match: re.Match[str]) -> str:
    """The character for which a reference stands; "" where it is none that programs for writing make."""
    name = match[1].replace(" ", "").lower()
    char = unescape(f"&{name};") if name[0] == "#" or name in _NAMES else ""
    return char if len(char) == 1 and (char.isprintable() or char == "\xa0") else ""


def _between(match: re.Match[str]) -> str:
    """What stays between the texts beside something that goes: a space, none at an edge or before a stop."""
    text, (start, end) = match.string, match.span()
    before, behind = text[max(0, start - 1) : start], text[end : end + 1]
    is_edge = before in ("", "\n", " ") or behind in ("", "\n", " ")
    is_word = behind in tuple(".,;:!?)”»’") or (
        match.re is _NUMBER and not match[0].startswith(" ") and not match[0].endswith(" ")
    )
    return "" if is_edge or (is_word and not (before in ".!?" and behind.isalpha())) else " "


def _written(match: re.Match[str], opened: bool) -> tuple[str, bool]:
    """A reference as its character, with the spaces that belong there, and whether a quotation is open behind it."""
    char, text, (start, end) = _character(match), match.string, match.span()
    before, behind = match[0][0] == " ", match[0][-1] == " "
    if char in _BOTH or char == "’":
        is_elided = _BEFORE_ELISION.search(text, max(0, start - 3), start) or _BEHIND_ELISION.match(text, end)
        if char in "'’" and is_elided and start:
            return char, opened
        opens, closes = not opened, opened or char == "’"
        opened = not opened if char in _BOTH else opened
    else:
        opens, closes = char in _OPENS, char in _CLOSES
    if char == "\xa0":
        at_edge = start == 0 or end == len(text)
        return "" if at_edge else " ", opened
    if closes and (char in _CLOSES or not opens):
        return char + " " * behind, opened
    if opens:
        return " " * before + char, opened
    return " " * before + char + " " * behind, opened
