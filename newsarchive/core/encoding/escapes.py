r"""Characters that readers see as escapes: `It\u2019s`, `Itu2019s`, `caf\xc3\xa9s`, `P=C5=99=C3=A1tel=C3=A9`, `It&#8217;s`.

Programs write such escapes for other programs: JSON and JavaScript write code units, Python and C the bytes of UTF-8,
e-mail writes these bytes in quoted-printable. A blog that takes the text without undoing them shows them to its readers.
WordPress takes away backslashes, so that `\u00f3` is left as `u00f3`.

An escape inside a word that is known once it is undone proves it, and so do `It\u2019s`, a quotation between `\u201c` and
`\u201d`, and five letters of one script side by side. Then all escapes of its kind on the page are undone. A page that speaks of
code or of encodings keeps them, and so does one that shows code, or a word with escapes near the same word without; in a
quotation nothing is proved.

Character references that were escaped twice (`AT&amp;T`) need no word that is known: a reference between two letters of a word proves
them, because who shows references on purpose parts them by spaces or quotation marks. A page keeps all of them where it shows markup,
or speaks of HTML or of encodings.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from html import unescape
from itertools import groupby, pairwise
from operator import attrgetter

from newsarchive.core.encoding.ngram_model import GramModel
from newsarchive.core.encoding.proof import WORD, with_rest_of_words
from newsarchive.core.encoding.shown import QUOTATION
from newsarchive.core.text.scripts import CJK_SCRIPTS, SCRIPTS, is_allowed, script
from newsarchive.edits import Edit

#: Letters of a word that proves an escape; a shorter one may be known by accident.
MIN_PROVED_LETTERS = 4
#: Letters of one script, other than Latin, that stand side by side. Fewer, in a word that is not known, are no proof.
MIN_SCRIPT_LETTERS = 5
#: Letters behind an apostrophe (`’s`, `’re`), or before it (`l’`, `qu’`); more on both sides are no elision.
MAX_ELIDED_LETTERS = 2
#: Characters to either side of an escape or a reference that are looked at for an address or code around it.
MAX_SIDE_CHARACTERS = 80

#: Words from one with escapes to the same without, where a text shows both on purpose.
MAX_WORDS_BETWEEN = 12
#: Signs around a word.
_AROUND_WORDS = ".,;:!?…()[]\"'“”„‘’«»—–-"

#: Code units of UTF-16 as JSON and JavaScript write them, and bytes. Python writes both.
_BACKSLASHED = re.compile(r"(?:\\u[0-9a-fA-F]{4})+|(?:\\x[89a-fA-F][0-9a-fA-F])+")
#: Bytes of quoted-printable, between which a line may end.
_QUOTED_PRINTABLE = re.compile(r"=[89A-F][0-9A-F](?:(?:=[\n ])?=[89A-F][0-9A-F])*")
#: Code units that have lost their backslashes, as programs write them, in small letters. No word has a digit behind `u`; without a
#: digit they stand side by side or apart from letters, because `subbed` is a word.
_UNSLASHED = re.compile(
    r"u(?=[0-9a-f]{4})(?<!\\u)"
    r"(?:.{4}(?:u[0-9a-f]{4})+|(?=[a-f]{0,3}[0-9]).{4}|(?<![A-Za-z]u).{4}(?![A-Za-z]))"
)
#: What quoted-printable has besides: a space at the end of a line, the sign of equality, and the break of a line that is too long.
_OTHER_PRINTABLE = re.compile(r"=(?:20(?=\n|\Z)|3D|\n)")
#: The same where HTML made spaces of the ends of lines.
_FOLDED_PRINTABLE = re.compile(r"=(?:20(?: |(?=\n|\Z))|3D|[\n ])")
_OTHERS = {"=20": " ", "=20 ": " ", "=3D": "=", "=\n": "", "= ": ""}
#: A word that such a break cuts, and a sign of equality that is none of quoted-printable, which writes `=3D`.
_CUT_WORD = re.compile(r"(?:[^\W\d_]|=[89A-F][0-9A-F])= (?:[^\W\d_]|=[89A-F][0-9A-F])")
_PLAIN_EQUALITY = re.compile(r"=(?![0-9A-F]{2}|\s|\Z)")
#: A code unit that may be a year: `u2019`.
_YEAR = re.compile(r"u20[0-9]{2}")
#: Signs of addresses and tags, and of any code.
_ADDRESS_SIGNS = frozenset("/@_=#")
_CODE_SIGNS = frozenset("/\\=?@_[]<>|#$%^~`+*")
#: What all escapes of a kind begin with, which is looked for first, and the name of the kind for `Edit.rule`.
_KINDS = {
    _BACKSLASHED: ("\\", "backslash escape"),
    _UNSLASHED: ("u", "backslash escape, backslash lost"),
    _QUOTED_PRINTABLE: ("=", "quoted-printable"),
}
#: Characters of ASCII that some programs write as escapes. Others, such as `<`, would be markup.
_PLAIN = frozenset("&'\"")
#: What a page has that shows escapes on purpose: code, markup, or words about them.
_SUBJECT = re.compile(
    r"[{}]|\\[\\nrtd\"']|[\"']\s*:\s*[\[\"']|\[[\"']|\w\([\"']|\w\(\)|==|=\s*[bru]?[\"']|(?:<|&lt;)[/!a-z]"
    r"|\b(?:unicode|utf-?\d+|ascii|ansi|iso-8859|latin-?1|json|javascript|python|perl|php|regex\w*|regular expressions?|mime"
    r"|quoted[- ]printable|escape (?:sequence|code|character)s?|unescap\w+|encod\w+|decod\w+|charsets?|character sets?"
    r"|code ?points?|hexadecimal|backslash\w*|mojibake|string literals?|source code"
    r"|zeichen(?:satz|kodierung|codierung|kette|folge)\w*|kodierung\w*|tekenreeks\w*|teckenkodning\w*"
    r"|cha[iî]nes? de caract[eè]res|jeux? de caract[eè]res|codifica(?:ción|ção|zione)|kódování|kodowani\w*"
    r"|кодировк\w*|юникод\w*|экранирова\w*|кодуванн\w*|юнікод\w*)\b"
    r"|编码|編碼|转义|轉義|乱码|亂碼|字符|字串|正则|正則"
    r"|文字コード|文字列|文字化け|エスケープ|エンコード|デコード|인코딩|유니코드|이스케이프|문자열",
    re.IGNORECASE,
)
#: A quotation between marks of its own.
_MARKED = re.compile(r"“\w[^“”\n]{2,}?[\w.,!?…]”")


_LETTERS_BEFORE = re.compile(r"[^\W\d_]+\Z")
#: What stands behind an apostrophe in English, where it cannot stand behind a name and a year: `liu2019b` is a source.
_ENGLISH = re.compile(r"(?:(?<=[A-Za-z]{2}n)[’']t|[’'](?:re|ve|ll)|(?<=[A-Za-z]{3})[’']s)(?!\w)")
#: A line of code that holds a string and nothing else.
_STRING = re.compile(r"\s*[bru]?([\"']).*\1[\s,;+)\]]*")


def escape_edits(texts: Sequence[str], grams: GramModel) -> dict[int, list[Edit]]:
    r"""Number of a text → its edits, for the texts of a page that shows escapes to its readers.

    All escapes of a kind are undone, or none of them.
    """
    page = "\n".join(texts)
    kinds = [kind for kind, (sign, _) in _KINDS.items() if sign in page and kind.search(page)]
    proven = {kind: found for kind in kinds if (found := _proven(kind, texts, grams))}
    # To look for the subject of a page takes far longer than to look for a proof.
    if not proven or _SUBJECT.search(page) or _shows_both(texts, kinds):
        return {}
    edits: dict[int, list[Edit]] = {}
    for kind, found in proven.items():
        for number, matches in found.items():
            edits.setdefault(number, []).extend(_edit(match, kind, undone(match)) for match in matches)
        if kind is _QUOTED_PRINTABLE:
            is_folded = bool(_CUT_WORD.search(page)) and not _PLAIN_EQUALITY.search(page)
            other = _FOLDED_PRINTABLE if is_folded else _OTHER_PRINTABLE
            for number in range(len(texts)) if is_folded else found:
                inside = {at for match in found.get(number, ()) for at in range(*match.span())}
                rest = [m for m in other.finditer(texts[number]) if m.start() not in inside]
                if rest:
                    edits.setdefault(number, []).extend(_edit(m, kind, _OTHERS[m[0]]) for m in rest)
    return {number: sorted(own, key=attrgetter("start")) for number, own in edits.items()}


def _proven(kind: re.Pattern[str], texts: Sequence[str], grams: GramModel) -> dict[int, list[re.Match[str]]]:
    """Number of a text → its escapes of a kind; none where nothing proves them, or where one of them comes to what a
    text does not have or programs do not write as escapes."""
    found: dict[int, list[re.Match[str]]] = {}
    for number, text in enumerate(texts):
        for match in kind.finditer(text):
            # `u2019` and the like may be years in addresses and tags: `#pemilu2019`.
            if _YEAR.fullmatch(match[0]) and not _ADDRESS_SIGNS.isdisjoint(_around(text, *match.span())):
                continue
            after = undone(match)
            if not after or not is_allowed(after) or any(c <= "\x7f" and c not in _PLAIN for c in after):
                return {}
            found.setdefault(number, []).append(match)
    return found if any(_is_proof(matches, grams) for matches in found.values()) else {}


def _shows_both(texts: Iterable[str], kinds: Iterable[re.Pattern[str]]) -> bool:
    r"""Whether a text has a word with escapes and, near it, the same word without: "In Java caf\u00e9 and café are the same"."""
    for text in texts:
        own = [kind for kind in kinds if kind.search(text)]
        words = [word.strip(_AROUND_WORDS) for word in text.split()] if own else []
        for kind in own:
            for at, word in enumerate(words):
                if not kind.search(word):
                    continue
                after = kind.sub(undone, word).strip(_AROUND_WORDS)
                near = words[max(0, at - MAX_WORDS_BETWEEN) : at + MAX_WORDS_BETWEEN + 1]
                if (
                    not after.isascii()
                    and len(after) > 1
                    and any(after == other.replace("'", "’") for other in near)
                ):
                    return True
    return False


def _edit(match: re.Match[str], kind: re.Pattern[str], after: str) -> Edit:
    return Edit("repair", _KINDS[kind][1], match[0], after, start=match.start())


def undone(match: re.Match[str]) -> str:
    r"""The characters that escapes side by side stand for; "" where they are none.

    >>> [undone(match) for match in _BACKSLASHED.finditer(r"\u00e9, \xc3\xa9, \xe9, \ud83d")]
    ['é', 'é', 'é', '']
    """
    is_code_unit = "u" in match[0]
    raw = bytes.fromhex(re.sub(r"[\\ux=\n ]", "", match[0]))
    try:
        return raw.decode("utf-16-be" if is_code_unit else "utf-8")
    except UnicodeDecodeError:
        # Python writes code points below 256 as if they were bytes.
        return "" if is_code_unit or match.re is _QUOTED_PRINTABLE else raw.decode("latin-1")


def _is_proof(matches: Sequence[re.Match[str]], grams: GramModel) -> bool:
    """Whether some of the escapes of a text make words or quotations, in no address, no code and no quotation."""
    text = matches[0].string
    quoted = list(_quoted(text))
    after, places = _undone_text(text, matches)
    marks = {place for match in _MARKED.finditer(after) for place in (match.start(), match.end() - 1)}
    for match, (start, end) in zip(matches, places, strict=True):
        number = bisect_left(quoted, (match.start(),)) - 1
        is_quoted = number >= 0 and quoted[number][1] > match.start()
        # What stands around may be an address, a path or code.
        if is_quoted or not _CODE_SIGNS.isdisjoint(_around(after, start, end)):
            continue
        if start in marks or _is_script(after[start:end]):
            return True
        if _is_elision(after, start) and (match.re is not _UNSLASHED or _ENGLISH.match(after, start)):
            return True
        first, last = with_rest_of_words(after, start, end)
        word = after[first:last]
        if (
            word.isalpha()
            and len(word) >= MIN_PROVED_LETTERS
            and grams.knows(word)
            and not grams.unknown(word)
        ):
            return True
    return False


def _quoted(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of the quotations of a text, and of its lines that are strings of code, in order."""
    start = 0
    for line in text.split("\n"):
        if _STRING.fullmatch(line):
            yield start, start + len(line)
        else:
            yield from (match.span() for match in QUOTATION.finditer(text, start, start + len(line)))
        start += len(line) + 1


def _undone_text(text: str, matches: Iterable[re.Match[str]]) -> tuple[str, list[tuple[int, int]]]:
    """A text with its escapes undone, and where each of them stands in it."""
    out, places, at, length = [], [], 0, 0
    for match in matches:
        after = undone(match)
        out += [text[at : match.start()], after]
        start = length + match.start() - at
        length, at = start + len(after), match.end()
        places.append((start, length))
    return "".join([*out, text[at:]]), places


def _is_elision(text: str, at: int) -> bool:
    """Whether the apostrophe of a word stands at a place, one part of the word being short: `It’s`, `l’été`."""
    if text[at] not in "’'":
        return False
    before = _LETTERS_BEFORE.search(text, max(0, at - MAX_SIDE_CHARACTERS), at)
    behind = WORD.match(text, at + 1)
    if not before or not behind:
        return False
    return min(len(before[0]), len(behind[0])) <= MAX_ELIDED_LETTERS


def _is_script(text: str) -> bool:
    """Whether a text has letters of one script other than Latin side by side, and no list of characters in the order of their codes."""
    for name, group in groupby(text, _script):
        letters = list(group) if name in _SCRIPTS else []
        is_list = all(late >= early for early, late in pairwise(letters))
        if len(letters) >= MIN_SCRIPT_LETTERS and not is_list:
            return True
    return False


#: Scripts that some page is written in, without Latin, whose letters stand in lists of accents.
_SCRIPTS = frozenset(SCRIPTS) - {"LATIN"}


def _script(char: str) -> str:
    """The script of a character. Japanese is written in three scripts at once."""
    own = script(char)
    return "CJK" if own in CJK_SCRIPTS else own


def _around(text: str, start: int, end: int) -> str:
    """What stands around a place, up to the next white space."""
    before = text[max(0, start - MAX_SIDE_CHARACTERS) : start]
    behind = text[end : end + MAX_SIDE_CHARACTERS]
    around = before[len(before.rstrip()) :] or (before.split() or [""])[-1]
    return around + (behind[: len(behind) - len(behind.lstrip())] or (behind.split() or [""])[0])


# -- references ------------------------------------------------------------------------------------------------------------

RULE_OF_REFERENCES = "character reference"
#: A reference, also where its `&` was escaped once more.
_REFERENCE = re.compile(r"&(?:amp;)*((?:#[xX][0-9a-fA-F]{2,6}|#[0-9]{2,7}|[A-Za-z][A-Za-z0-9]{1,30});)")
#: What a page has that shows references on purpose: markup, or words about it.
_SUBJECT_OF_REFERENCES = re.compile(
    r"(?:<|&(?:amp;)*(?:lt|#0*60|#x0*3c);)[/!a-z]|\b(?:x?html5?|xml|character references?|unicode|utf-?8|ascii|encoding)\b",
    re.IGNORECASE,
)


def reference_edits(texts: Sequence[str]) -> dict[int, list[Edit]]:
    """Number of a text → its edits, for the texts of a page whose references were escaped twice."""
    found: dict[int, list[re.Match[str]]] = {}
    for number, text in enumerate(texts):
        for match in _REFERENCE.finditer(text) if "&" in text else ():
            char = _character(match)
            # A character that can be seen, or a no-break space.
            if len(char) == 1 and (char.isprintable() or char == "\xa0"):
                found.setdefault(number, []).append(match)
    if not any(_is_in_word(match) for matches in found.values() for match in matches):
        return {}
    if any(_SUBJECT_OF_REFERENCES.search(text) for text in texts):
        return {}
    return {
        number: edits for number, matches in found.items() if (edits := _resolved(texts[number], matches))
    }


def _resolved(text: str, matches: Sequence[re.Match[str]]) -> list[Edit]:
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
            RULE_OF_REFERENCES,
            match[0],
            _character(match) if start <= match.start() < end else "",
            start=match.start(),
        )
        for match in (matches if start < end else ())
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
