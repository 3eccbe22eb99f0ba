r"""JSON as strangers write it: one value that Python cannot read must not cost the others beside it.

`"\ud83d"` is the first half of an emoji whose second half was cut off. Python reads it as a lone surrogate, which no file and
no database can hold. A number of 5,000 digits and a list in a thousand lists make Python's reader raise, and all that stands
beside them is lost. Templates that people edit by hand leave comments, quotation marks within a string, a comma too many or too few, or
a bracket too few; `repaired` mends those where nothing can be read without.
"""

from __future__ import annotations

import json
import re
from typing import Any

#: Digits of a whole number; one with more is read as a text. Python reads 4,300.
MAX_DIGITS = 1000
#: Levels of lists and objects; what is nested deeper is read as null. Python 3.11 reads about 1,000.
MAX_LEVELS = 100

_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    r"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
_STRING_OR_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)


def loads(json_text: str) -> Any:
    """The value of a JSON text, whose strings may hold raw line breaks. Raises `ValueError`.

    >>> loads('{"id": 12, "other": ' + "9" * 5000 + ', "deep": ' + "[" * 100_000 + "]" * 100_000 + "}")["id"]
    12
    """
    text = whole_characters(json_text)
    try:
        return DECODER.decode(text)
    except RecursionError:
        pass
    try:
        return DECODER.decode(_shallow(text))
    except RecursionError as error:
        raise ValueError("nested too deep") from error


#: Reads one value, as `loads` does, of a text that is made of `whole_characters`. Raises `RecursionError` too.
DECODER = json.JSONDecoder(
    strict=False, parse_int=lambda digits: int(digits) if len(digits) <= MAX_DIGITS else digits
)


def _shallow(text: str) -> str:
    """The text with null for each list and object that is nested deeper than `MAX_LEVELS`."""
    out, level, at, cut = [], 0, 0, 0
    for match in _STRING_OR_BRACKET.finditer(text):
        if match[0] in "[{":
            level += 1
            if level == MAX_LEVELS + 1:
                cut = match.start()
        elif match[0] in "]}":
            if level == MAX_LEVELS + 1:
                out += [text[at:cut], "null"]
                at = match.end()
            level -= 1
    return "".join([*out, text[at:]])


def whole_characters(json_text: str) -> str:
    r"""The JSON with `\ufffd` for each escape of half a character.

    >>> whole_characters(r'["\ud83d\ude00", "\ud83d", "\\ud83d"]')
    '["\\ud83d\\ude00", "\\ufffd", "\\\\ud83d"]'
    """
    if not _HALF.search(json_text):
        return json_text
    return _ESCAPE.sub(lambda match: match[1] or r"\ufffd", json_text)


#: Characters of a JSON text. A longer text is not mended: each character takes a microsecond.
MAX_MENDED_CHARACTERS = 300_000
#: Characters of white space that may stand between a quotation mark and the sign (`:`, `,`, a bracket) that shows that it ends its
#: string. Behind more, the mark counts as a part of the string.
_MAX_SPACE = 100
_ENDS_STRING = rf"(?=\s{{0,{_MAX_SPACE}}}(?:[:}}\]]|//|(?<=\n)[ \t]{{0,{_MAX_SPACE}}}\"@?\w{{1,40}}\"\s?:|,\s{{0,{_MAX_SPACE}}}(?:[\"'{{\[\d}}\]/,-]|true|false|null|\w{{1,40}}\s?:|$)|$))"
#: A comment; a string in double quotation marks, which may hold such marks itself; the same in single ones; a bracket; a comma;
#: a colon; a name, a number or words without quotation marks.
_PART = re.compile(
    r"(?P<comment>//[^\n]*+|/\*(?:.*?\*/|.*))"
    rf'|"(?P<double>(?:[^"\\]|\\(?:.|\Z)|"(?!{_ENDS_STRING}))*+)(?:"|\Z)'
    rf"|'(?P<single>(?:[^'\\]|\\(?:.|\Z)|'(?!{_ENDS_STRING}))*+)(?:'|\Z)"
    r"|(?P<open>[{\[])|(?P<close>[}\]])|(?P<comma>,)|(?P<colon>:)|(?P<word>[^\s\"'{}\[\],:][^\"'{}\[\],:\n]*+)",
    re.DOTALL,
)
_LITERAL = re.compile(r"true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
#: An escape of JSON, kept as group 1, or a backslash that begins none.
_BACKSLASH = re.compile(r"(\\[\"\\/bfnrt]|\\u[0-9a-fA-F]{4})|\\u?")
#: A quotation mark with the backslashes before it. It is looked for where a run of backslashes begins: from each of them, a run of
#: 32,000 took 8 s.
_QUOTE = re.compile(r"(?<!\\)((?:\\\\)*+)\\?\"")


def repaired(json_text: str) -> str:
    r"""JSON without comments, with quotation marks escaped within strings and set around names, commas between values and only
    there, and all brackets closed. What it makes of a text that is no JSON may be none either.

    >>> repaired('{"a": "She said "no" to it", b: \'c\', // why\n "d": [1,,2,], "e": John Doe')
    '{"a":"She said \\"no\\" to it","b":"c","d":[1,2],"e":"John Doe"}'
    >>> repaired('{"a": "She said "no" to it"\n "b": {"c": 1} "d": 2}')
    '{"a":"She said \\"no\\" to it","b":{"c":1},"d":2}'
    """
    if len(json_text) > MAX_MENDED_CHARACTERS:
        return json_text
    out: list[str] = []
    closing: list[str] = []
    comma = False
    for part in _PART.finditer(json_text):
        kind, text = part.lastgroup, part[part.lastindex or 0]
        if kind == "comma":
            comma = bool(out) and out[-1] not in ("[", "{")
            continue
        if kind == "comment" or (kind == "close" and not closing):
            continue
        # Two values without a comma between them are two.
        comma = comma or (kind not in ("colon", "close") and bool(out) and out[-1] not in ("[", "{", ":"))
        out += "," * (comma and kind != "close")
        comma = False
        if kind == "open":
            closing.append("]" if text == "[" else "}")
        elif kind == "close":
            text = closing.pop()
        elif kind == "word":
            text = text.rstrip()
            text = text if _LITERAL.fullmatch(text) else f'"{_escaped(text)}"'
        elif kind != "colon":
            text = f'"{_escaped(text)}"'
        out.append(text)
    return "".join([*out, *reversed(closing)])


def _escaped(text: str) -> str:
    """The contents of a string with each quotation mark escaped, and no other escape than JSON has."""
    return _QUOTE.sub(r'\1\\"', _BACKSLASH.sub(r"\1", text))
