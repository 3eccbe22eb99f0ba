"""The language of an article: what the page declares, checked against what the text is.

Many themes declare `lang="en-US"` whatever language the blog is written in, so that a German text under that tag must
come out as "de". The detector is py3langid (langid.py by Lui and Baldwin, ACL 2012, with faster tables). One page of
eight needs it; its tables, of 72 MB, are mapped from a file when it is first needed (`newsarchive.mapped`).
"""

from __future__ import annotations

import re
from array import array
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from newsarchive import mapped
from newsarchive.core.text.scripts import HAN_AND_KANA, HANGUL
from newsarchive.items import Article
from newsarchive.rules import Rules

#: Letters of a text, where a Chinese, Japanese or Korean character counts as four. A text with fewer says too little
#: about its language, and is not given to the detector.
MIN_LETTERS = 60
#: Characters of a text that the detector reads; what comes later in the text is not looked at.
MAX_SAMPLE_CHARACTERS = 1500
#: Characters of a text that are tried first. Where they agree with what the page declares, no more is read.
FIRST_SAMPLE_CHARACTERS = 300
#: A letter behind Latin Extended-B, where other scripts begin. Letters of Vietnamese stand there too, and are few in a text.
_OTHER_LETTER = re.compile(r"[^\W\d_\u0000-\u024f]")
#: Probability (0 to 1) that the detector gives its language. From here on it overrules what the page declares; below,
#: the page is believed.
MIN_OVERRULING_PROBABILITY = 0.95

#: Probability (0 to 1) that the detector gives the language that the page declares. Up to here that one is overruled although the
#: detector is unsure which of several others it is: Indonesian or Malay.
MAX_DECLARED_PROBABILITY = 1e-6

#: Different little words of the declared language. A text that holds four of them needs no detector, which takes longer
#: than everything else that is read of the page; a text that holds fewer is given to the detector.
MIN_LITTLE_WORDS = 4
_NO_LETTERS = re.compile(r"\W+")

_TAG = re.compile(r"^\s*([A-Za-z]{2,3})(?:[-_].*)?\s*$")
#: Characters that say as much as a syllable or a word does elsewhere.
_WIDE = re.compile(f"[{HAN_AND_KANA}{HANGUL}]")
#: The languages of the detector that are written in these. A Tibetan page may name a place in Chinese, too.
_WIDE_LANGUAGES = frozenset(("zh", "yue", "wuu", "ja", "ko"))
#: Codes that pages or the detector write for a language → the code that is stored for it: codes of countries, old codes, the codes
#: of three letters that BCP 47 leaves to languages without one of two. `und` and its like name no language.
_STORED_CODES = {
    written: stored
    for stored, codes in {
        "af": "afr", "am": "amh", "an": "arg", "ar": "ara", "as": "asm", "az": "aze", "ba": "bak", "be": "bel", "bg": "bul",
        "bn": "ben", "br": "bre", "bs": "bos", "ca": "cat", "cs": "cz ces cze", "cy": "cym wel", "da": "dk dan", "de": "deu ger",
        "dz": "dzo", "el": "gr ell gre", "en": "eng", "eo": "epo", "es": "sp spa", "et": "est", "eu": "eus baq", "fa": "fas per",
        "ff": "ful fuv", "fi": "fin", "fo": "fao", "fr": "fra fre", "fy": "fry", "ga": "gle", "gd": "gla", "gl": "glg",
        "gn": "grn gug", "gu": "guj", "ha": "hau", "he": "iw heb", "hi": "hin", "hr": "hrv", "ht": "hat", "hu": "hun",
        "hy": "hye arm", "id": "in ind", "ig": "ibo", "is": "isl ice", "it": "ita", "ja": "jp jpn", "jv": "jav", "ka": "kat geo",
        "ki": "kik", "kk": "kaz", "km": "khm", "kn": "kan", "ko": "kor", "ku": "kur", "ky": "kir", "la": "lat", "lb": "ltz", "lg": "lug",
        "ln": "lin", "lo": "lao", "lt": "lit", "lv": "lav", "mg": "mlg", "mk": "mkd mac", "ml": "mal", "mn": "mon", "mr": "mar",
        "ms": "msa may", "mt": "mlt", "my": "mya bur", "ne": "nep", "nl": "nld dut", "no": "nb nn nor nob nno", "oc": "oci",
        "om": "orm", "or": "ori", "pa": "pan", "pl": "pol", "ps": "pus", "pt": "por", "qu": "que", "ro": "mo ron rum", "ru": "rus",
        "rw": "kin", "sa": "san", "se": "sme", "si": "sin", "sk": "slk slo", "sl": "slv", "sn": "sna", "so": "som",
        "sq": "sqi alb", "sr": "srp", "st": "sot", "sv": "swe", "sw": "swa", "ta": "tam", "te": "tel", "tg": "tgk", "th": "tha",
        "tk": "tuk", "tl": "tgl fil", "tr": "tur", "tt": "tat", "ug": "uig", "uk": "ua ukr", "ur": "urd", "uz": "uzb uzs",
        "vi": "vn vie", "vo": "vol", "wa": "wln", "xh": "xho", "yi": "ji", "yo": "yor", "zh": "cn zho chi cmn", "zu": "zul",
        "": "und mul zxx mis",
    }.items()
    for written in codes.split()
}  # fmt: skip

#: Codes of two letters of languages that the detector does not know. A page that declares one of them, or a code of three letters
#: that it does not know, is believed where the text does not show another language by its little words or its script:
#: the detector takes Tigrinya for Amharic and Upper Sorbian for Polish, and is sure of it.
_UNKNOWN_TO_DETECTOR = {
    code
    for codes in (
        "aa ab ae ak av ay bi bm bo ce ch co cr cu cv dv ee fj gv ho hz ia ie ii ik io iu kg kj kl kr ks kv kw li lu mh mi na nd",
        "ng nr nv ny oj os pi rm rn sc sd sg sh sm ss su ti tn to ts tw ty ve wo yi za",
    )
    for code in codes.split()
}


def code(declared: str) -> str:
    """The primary subtag of a language tag (BCP 47) in lower case; "" where `declared` is no language tag.

    >>> code("en-US"), code("pt_BR"), code("ger"), code("kik"), code("cn"), code("und"), code("English")
    ('en', 'pt', 'de', 'ki', 'zh', '', '')
    """
    match = _TAG.match(declared[:40])
    found = match[1].lower() if match else ""
    return _STORED_CODES.get(found, found)


def finish_language(text: str, declared: str, rules: Rules) -> tuple[str, str]:
    """The language of `text` as a two- or three-letter code, and the source of that answer.

    `declared` is the language tag that the page gives, "" for none. The source is `declared and detected` where the
    page and the text agree, `detected` where the text overrules the page or the page declares nothing, `declared` where
    the text is too short, the detector is unsure or it does not know that language, and "" (with the code "") where nothing
    is known.
    """
    said, text = code(declared), _main_part(text)
    if confirms(text[:FIRST_SAMPLE_CHARACTERS], said, rules):
        return said, "declared and detected"
    found, sure = detect(text[:FIRST_SAMPLE_CHARACTERS])
    if found != said:
        found, sure = detect(text)
    if not found:
        return said, "declared" if said else ""
    if found == said:
        return said, "declared and detected"
    unsure = sure < MIN_OVERRULING_PROBABILITY
    if said and ((unsure and _is_likely(said, text)) or not _is_overruled(said, found, text, rules)):
        return said, "declared"
    return found, "detected"


def _main_part(text: str) -> str:
    """The text without a beginning in letters of another kind than most of it: a translator left the first sentences in English, and a
    Russian article goes on from there."""
    first, most = text[:FIRST_SAMPLE_CHARACTERS], text[: 2 * MAX_SAMPLE_CHARACTERS]
    if len(text) < 2 * FIRST_SAMPLE_CHARACTERS or most.isascii() or not _OTHER_LETTER.search(most):
        return text
    return text[FIRST_SAMPLE_CHARACTERS:] if _is_latin(first) != _is_latin(most) else text


def _is_latin(text: str) -> bool:
    """Whether most letters of a text are Latin; a Chinese, Japanese or Korean one counts as four."""
    wide = 3 * len(_WIDE.findall(text))
    return 2 * (len(_OTHER_LETTER.findall(text)) + wide) < sum(map(str.isalpha, text)) + wide


def _is_overruled(said: str, found: str, text: str, rules: Rules) -> bool:
    """Whether the detector may overrule `said`: it knows that language, or the text shows the language that was `found`."""
    is_known = said in _detector().languages if len(said) > 2 else said not in _UNKNOWN_TO_DETECTOR
    sample = text[:MAX_SAMPLE_CHARACTERS]
    return (
        is_known
        or confirms(sample, found, rules)
        or (found in _WIDE_LANGUAGES and bool(_WIDE.search(sample)))
    )


def _is_likely(said: str, text: str) -> bool:
    """Whether the detector thinks that a text may be in the language `said`."""
    detector = _detector()
    ranked = detector.identifier.rank(text[:MAX_SAMPLE_CHARACTERS])
    detector.tables.release()
    found = (float(probability) for name, probability in ranked if _STORED_CODES.get(name, name) == said)
    return sum(found) > MAX_DECLARED_PROBABILITY or said not in detector.languages


def with_language(article: Article, rules: Rules) -> Article:
    """The article with the language of its present text, which may have changed since the page was read."""
    declared = next((c.value for c in article.candidates if c.field == "in_language" and c.chosen), "")
    found, source = finish_language(article.article_body, declared, rules)
    return replace(article, in_language=found, in_language_source=source)


def begins_alike(article: Article, before: Article) -> bool:
    """Whether two texts of an article have the same beginning, by which the language is told."""
    first = FIRST_SAMPLE_CHARACTERS
    return article.article_body[:first] == before.article_body[:first]


@lru_cache(maxsize=8)
def _little_words(rules: Rules) -> dict[str, frozenset[str]]:
    table = rules.metadata.get("languages", {}).get("little_words", {})
    return {language: frozenset(words) for language, words in table.items()}


def confirms(text: str, said: str, rules: Rules) -> bool:
    """Whether a text holds enough little words of the language `said` to be in that language.

    >>> from newsarchive import rules
    >>> confirms("The ferry that left the town was late, and they had to wait with the others.", "en", rules.default())
    True
    """
    words = _little_words(rules).get(said)
    if words is None:
        return False
    return len(words.intersection(_NO_LETTERS.split(text.casefold()))) >= MIN_LITTLE_WORDS


def detect(text: str) -> tuple[str, float]:
    """The likeliest language of a text and its probability, 0 to 1; `("", 0.0)` where the text is too short to tell."""
    sample = text[:MAX_SAMPLE_CHARACTERS]
    letters = sum(map(str.isalpha, sample)) + 3 * len(_WIDE.findall(sample))
    if letters < MIN_LETTERS:
        return "", 0.0
    detector = _detector()
    found, probability = detector.identifier.classify(sample)
    detector.tables.release()
    return _STORED_CODES.get(found, found), float(probability)


class _Detector(NamedTuple):
    """py3langid's detector, and the tables in which it looks things up."""

    identifier: Any
    tables: mapped.Tables
    languages: frozenset[str]


@lru_cache(maxsize=1)
def _detector() -> _Detector:
    import numpy as np
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier

    tables = mapped.tables("py3langid", MODEL_DIR / MODEL_FILE, _model)
    parts = tables.parts
    languages = bytes(parts["languages"]).decode("ascii").split()
    worths = np.frombuffer(parts["worths"], np.float16).reshape(-1, len(languages))
    priors = np.frombuffer(parts["priors"], np.float32)
    moves, rows, features = parts["moves"].cast("I"), parts["rows"].cast("I"), parts["features"].cast("i")
    identifier = LanguageIdentifier(worths, priors, languages, moves, features, norm_probs=True, tk_row=rows)
    # As a list, its 104,000 numbers are 4 MB of objects, which a worker process copies as it counts who uses them.
    identifier._rowbase = array("I", identifier._rowbase)
    return _Detector(identifier, tables, frozenset(languages))


def _model() -> dict[str, Any]:
    """py3langid's model, unpacked: of each feature its worth for each language, and the automaton that finds features."""
    import numpy as np
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    model = LanguageIdentifier.from_model_file(MODEL_FILE)
    return {
        "languages": " ".join(model.nb_classes).encode("ascii"),
        "worths": np.ascontiguousarray(model.nb_ptc, np.float16),
        "priors": np.ascontiguousarray(model.nb_pc, np.float32),
        "moves": np.asarray(model.tk_nextmove, np.uint32),
        "rows": np.asarray(model.tk_row, np.uint32),
        "features": np.asarray(model.tk_output, np.int32),
    }
