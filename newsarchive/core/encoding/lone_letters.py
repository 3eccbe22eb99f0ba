"""Repairs single letters of UTF-8 that were read with windows-1252, where the form of the place alone proves the damage.

`HÔTEL` comes as `HÃ”TEL`, `TGFβ` as `TGFÎ²`. Where nothing else on a page proves the codec, the module `proof` lets no single
character count, because both characters may be right: the quotation mark in `AMANHÃ”` may close a quotation. But no language sets a
quotation mark inside a word, and none sets a superscript, a fraction or a sign of currency behind `Î`. So a place of one of
these forms counts, unless the text speaks for the other reading: a quotation that the mark could open or close.

The second half of `í` is a soft hyphen, which programs drop: `María` comes as `MarÃa`. No word has the capital `Ã` behind a
small letter, unless someone missed the shift key (`nÃo`), and then the same word with `ã` is known. The second half of `à` is a
no-break space, which programs make a plain one: `ngày` comes as `ngÃ y`. It stands inside of a word where that is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsarchive.core.encoding.charsets import charset
from newsarchive.core.encoding.mojibake import Reading
from newsarchive.core.encoding.ngram_model import GramModel
from newsarchive.core.encoding.pair_model import PairModel
from newsarchive.core.encoding.runs import Change

RULE = "windows-1252"
#: Characters of a line to either side of a mark in which a quotation is looked for that it may open or close.
MAX_QUOTED_CHARACTERS = 400

# Each pattern begins with the characters that it looks for: such a search takes a tenth of the time of others.
#: Capitals whose second half is a quotation mark (`Ô`, `Ó`): inside a word of capitals, or as the first letter of a word.
_QUOTED_CAPITAL = re.compile(r"Ã[“”](?:(?<=[A-ZÀ-ÖØ-Þ]Ã[“”])(?=[A-ZÀ-ÖØ-Þ])|(?<![^\W_]Ã[“”])(?=[^\W\d_]))")
#: `Ö` as the first letter of a word: `Ã` is no word that a dash could stand behind.
_DASHED_CAPITAL = re.compile(r"Ã–(?<![^\W_]Ã–)(?=[^\W\d_]{2})")
#: Greek letters whose second half is a sign that stands behind no letter, or before none.
_GREEK = re.compile(r"Î[±²³´µ¶·¸¹º¼½¾¿©£¦¨]")
#: `í`, with its soft hyphen or without: behind a letter and before a small one, or at the end of a word, behind a small one.
_SOFT = re.compile(
    r"Ã\xad?(?:(?<=[A-Za-z]Ã)|(?<=[A-Za-z]Ã\xad))(?:(?=[a-z])|(?<=[a-z]Ã)(?!\w)|(?<=[a-z]Ã\xad)(?!\w))"
)
#: `à` inside of a word, a space for its no-break space: `ngÃ y`.
_FOLDED = re.compile(r"Ã (?<=[a-z]Ã )(?=[^\W\d_])")
#: Words that were made small after they were damaged, as tags are: `educaã§ã£o` is `educação`. At the end of a word only signs that
#: stand behind no word.
_SMALL_WORD = re.compile(
    r"(?<![a-z])[a-z]{1,40}(?:ã[¡-¿\xad][a-z]{0,40}){1,6}(?:(?<=[a-z])|(?<=ã[¡¢£¤¥§©¬±µ¶¼\xad]))(?!\w)"
)
_SMALL = re.compile(r"ã([¡-¿\xad])")
_FORMS_WITHOUT_SMALL = (_QUOTED_CAPITAL, _DASHED_CAPITAL, _GREEK, _SOFT, _FOLDED)
_FORMS = (*_FORMS_WITHOUT_SMALL, _SMALL_WORD)
_WORD = re.compile(r"[^\W\d_]+")


def may_be_lone_letter(text: str) -> bool:
    """Whether a text has a place of one of these forms. Most texts have none of `Ã`, `Î` and `ã`."""
    may_be_small = "ã" in text and _SMALL.search(text)
    forms = _FORMS if may_be_small else _FORMS_WITHOUT_SMALL if "Ã" in text or "Î" in text else ()
    return any(pattern.search(text) for pattern in forms)


def lone_letter_changes(text: str, model: PairModel, grams: GramModel) -> Iterator[Change]:
    """The repairs of single letters of a text, in order. A Latin letter is repaired only where the model knows all sequences of
    letters of the word that it makes.

    This is meant for texts in which no other damage was found. Where a whole text was read with a wrong codec, its many places
    decide together.
    """
    if not may_be_lone_letter(text):
        return
    places = [match for pattern in _FORMS for match in pattern.finditer(text)]
    for match in sorted(places, key=re.Match.start):
        start, end = match.span()
        # Beside another letter beyond ASCII it is not alone, and other codecs may explain both.
        is_beside = text[start - 1 : start] > "\x7f" or text[end : end + 1] > "\x7f"
        if is_beside or _may_be_quotation(text, match):
            continue
        if match.re is _SMALL_WORD:
            yield from _small_changes(match, model, grams)
            continue
        is_soft = match.re is _SOFT
        after = "í" if is_soft else charset(RULE).to_bytes(match[0].replace(" ", "\xa0")).decode()
        if after < "\u0370" and not _is_word(text, start, end, after, grams):
            continue
        if is_soft and any(_is_word(text, start, end, other, grams) for other in "ãàÃ"):
            continue
        gain = model.gain(text, start, end, after)
        rule = f"{RULE}, bytes lost" if match[0] in ("Ã", "Ã ") else RULE
        yield Change(start, end, Reading(0, end - start, after, rule, gain))


def _small_changes(match: re.Match[str], model: PairModel, grams: GramModel) -> Iterator[Change]:
    """The repairs of a word that was made small after it was damaged, if the word that comes out is known, and not the one that
    stands before the signs."""
    word = _SMALL.sub(_small_letter, match[0])
    before = match[0][: match[0].index("ã") + 1]
    if grams.unknown(word) or (len(before) > 2 and not grams.unknown(before)):
        return
    for damage in _SMALL.finditer(match.string, *match.span()):
        start, end = damage.span()
        after = _small_letter(damage)
        yield Change(start, end, Reading(0, 2, after, RULE, model.gain(match.string, start, end, after)))


def _small_letter(damage: re.Match[str]) -> str:
    return charset(RULE).to_bytes(f"Ã{damage[1]}").decode()


def _may_be_quotation(text: str, match: re.Match[str]) -> bool:
    """Whether the second character is a quotation mark that has a partner: an opening mark before it, or a closing one behind
    it."""
    mark = match[0][-1]
    if mark == "”":
        before = text[max(0, match.start() - MAX_QUOTED_CHARACTERS) : match.start()]
        return any(opening in before for opening in '“„"”')
    if mark == "“":
        behind = text[match.end() : match.end() + MAX_QUOTED_CHARACTERS]
        return any(closing in behind for closing in '”"“') or "„" in text[: match.start()]
    return False


def _is_word(text: str, start: int, end: int, after: str, grams: GramModel) -> bool:
    """Whether the repair makes a word whose sequences of letters beyond ASCII the model has, all of them."""
    line = text[max(0, start - 40) : start] + after + text[end : end + 40]
    at = min(start, 40)
    word = next((m[0] for m in _WORD.finditer(line) if m.start() <= at < m.end()), "")
    return bool(word) and not grams.unknown(word)
