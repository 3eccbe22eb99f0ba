"""The language of an article: what the page declares, checked against what the text is.

py3langid (Lui and Baldwin's langid.py, ACL 2012, with faster tables) is loaded at the first use only.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from newsarchive.core.text.scripts import HAN_AND_KANA, HANGUL

#: Shorter texts, in letters, say too little about their language.
SHORTEST = 60
#: As much text as is looked at, in characters.
LONGEST = 1500
#: Enough to confirm what the page declares.
FIRST = 300
#: How sure the detector must be to overrule the page.
SURE = 0.95

#: Little words that no neighbouring language shares. A page whose text holds `_FEWEST` of those of the language that
#: it declares needs no detector, which costs more than all else that is read of the page.
_WORDS = {
    code: frozenset(words.split())
    for code, words in {
        "en": "the and that with from this have has their which were been would they about of to is",
        "de": "und nicht eine auch wird sich ist dass einem einer sind mit auf für das",
        "fr": "les une est dans qui pour pas sur avec été cette plus sont aux",
        "es": "los las una por con del para más pero fue está según también",
        "pt": "não uma com dos das para mais são foi também pelo pela seu",
        "it": "della che gli sono nel più anche delle alla dei ha nella",
        "nl": "het een van niet zijn voor ook naar maar bij wordt deze",
        "pl": "nie się jest oraz przez dla który że które jak tym",
        "tr": "bir ve için bu ile olarak daha çok olan",
        "hu": "az és hogy nem egy is meg volt",
        "fi": "ja että on oli ei myös kun ovat mutta",
        "vi": "của và là các những được người trong",
    }.items()
}
_FEWEST = 4
_SPLIT = re.compile(r"\W+")

_TAG = re.compile(r"^\s*([A-Za-z]{2,3})(?:[-_].*)?\s*$")
#: Letters that say as much as a syllable or a word.
_WIDE = re.compile(f"[{HAN_AND_KANA}{HANGUL}]")
#: Codes that pages and the detector write for the same language.
_SAME = {
    "iw": "he",
    "in": "id",
    "ji": "yi",
    "nb": "no",
    "nn": "no",
    "cz": "cs",
    "jp": "ja",
    "gr": "el",
    "ua": "uk",
    "mo": "ro",
}


def code(declared: str) -> str:
    """The primary subtag of a language tag (BCP 47), lower case; "" where it is none.

    >>> code("en-US"), code("pt_BR"), code("English")
    ('en', 'pt', '')
    """
    match = _TAG.match(declared[:40])
    found = match[1].lower() if match else ""
    return _SAME.get(found, found)


def finish_language(text: str, declared: str) -> tuple[str, str]:
    """The language of `text` as a two-letter code, and where that comes from.

    The source is `declared and detected` where both agree, `detected` where the text overrules the
    page or the page is silent, `declared` where the text is too short or the detector unsure, "" (with
    the code "") where nothing is known.
    """
    said = code(declared)
    if confirms(text[:FIRST], said):
        return said, "declared and detected"
    found, sure = detect(text[:FIRST])
    if found != said:
        found, sure = detect(text)
    if not found:
        return said, "declared" if said else ""
    if found == said:
        return said, "declared and detected"
    if said and sure < SURE:
        return said, "declared"
    return found, "detected"


def confirms(text: str, said: str) -> bool:
    """Whether the little words of a text show that it is in the language `said`.

    >>> confirms("The ferry that left the town was late, and they had to wait with the others.", "en")
    True
    """
    words = _WORDS.get(said)
    return words is not None and len(words.intersection(_SPLIT.split(text.casefold()))) >= _FEWEST


def detect(text: str) -> tuple[str, float]:
    """The likeliest language and its probability; `("", 0.0)` for a text too short to tell."""
    sample = text[:LONGEST]
    letters = sum(map(str.isalpha, sample)) + 3 * len(_WIDE.findall(sample))
    if letters < SHORTEST:
        return "", 0.0
    found, probability = _identifier().classify(sample)
    return _SAME.get(found, found), float(probability)


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
