"""Words and how frequent they are, for each language that the pair model learns."""

from __future__ import annotations

import gzip
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from newsarchive.core.text.scripts import script

#: A language's most frequent words, as many as tell something about its character pairs.
MOST = 80_000
#: How often a word of the list stands in lower case, capitalised, in capitals.
CASES = (0.80, 0.16, 0.04)
#: Written without spaces between words.
UNSPACED = {"ja", "zh", "zh-hant", "th"}

SCRIPTS = {
    "ar fa ur": "ARABIC",
    "bg mk ru uk sr": "CYRILLIC",
    "bn": "BENGALI",
    "el": "GREEK",
    "he": "HEBREW",
    "hi": "DEVANAGARI",
    "ja": "HIRAGANA KATAKANA CJK",
    "ko": "HANGUL",
    "ta": "TAMIL",
    "th": "THAI",
    "zh zh-hant": "CJK",
}

#: wordfreq folds case, so that ß and ς are gone from its lists; these bring ß back.
SHARP_S = """
groß große großen großer großes größer größte größten größe weiß weißen heißt heißen hieß ließ ließen
straße straßen außer außerdem außen draußen maß maße maßnahmen maßnahme schließen schließlich
abschließend ausschließlich spaß fuß füße fußball gruß grüße grüßen stoßen stößt anstoß verstoß verstößt
genießen genießt gießen schießen beißen süß süße blöß bloß floß fließen fließt dreißig gemäß mäßig
regelmäßig größtenteils begrüßt bußgeld preußen preußischen meißen reißen zerreißt daß muß mußte läßt
gewiß schluß fluß nuß kuß haß paß roß schoß schloß bewußt
"""

_CYRILLIC = dict(zip("abvgdđežzijklmnoprstćufhcčšy", "абвгдђежзијклмнопрстћуфхцчшу", strict=True))


@dataclass(frozen=True)
class Words:
    """The words of one language → their share of its text (sums to 1), cases not yet spread."""

    language: str
    shares: dict[str, float]

    def cased(self) -> Iterator[tuple[str, float]]:
        lower, title, upper = CASES
        for word, share in self.shares.items():
            big, capital = _upper(word, self.language), _capital(word, self.language)
            if big == word:
                yield word, share
                continue
            yield word, share * lower
            yield capital, share * title
            yield big, share * upper


def languages() -> Iterator[Words]:
    """All languages: wordfreq's 42, Serbian in Cyrillic, traditional Chinese, Thai."""
    import wordfreq

    for code in sorted(wordfreq.available_languages("best")):
        shares = _own_script(code, wordfreq.get_frequency_dict(code, "best"))
        yield _words(code, shares)
        if code == "sh":
            yield _words("sr", {_to_cyrillic(w): f for w, f in shares.items()})
        if code == "zh":
            to_traditional = str.maketrans(_simplified_to_traditional())
            yield _words("zh-hant", {w.translate(to_traditional): f for w, f in shares.items()})
    yield _words("th", _own_script("th", dict(_thai())))


def _words(code: str, shares: dict[str, float]) -> Words:
    counted = +Counter(_mend(code, shares))
    top = dict(counted.most_common(MOST))
    # Flattened, so that rare words and with them rare pairs count for something.
    flat = {w: f**0.85 for w, f in top.items()}
    total = sum(flat.values())
    return Words(code, {w: f / total for w, f in flat.items()})


def _mend(code: str, shares: dict[str, float]) -> dict[str, float]:
    """Undo what the lists' normalisation took from the language's spelling."""
    shares = {unicodedata.normalize("NFC", w): f for w, f in shares.items()}
    if code == "de":
        known = {w: shares.get(w.replace("ß", "ss"), 1e-5) for w in SHARP_S.split()}
        shares |= known
    if code == "el":
        shares = {(w[:-1] + "ς" if w.endswith("σ") and len(w) > 1 else w): f for w, f in shares.items()}
    if code == "ro":
        cedilla = str.maketrans("șț", "şţ")
        shares |= {w.translate(cedilla): f / 4 for w, f in shares.items() if w.translate(cedilla) != w}
    if code in ("fr", "it", "ca", "en"):
        shares |= {w.replace("'", "’"): f for w, f in shares.items() if "'" in w}
    return shares


def _own_script(code: str, shares: dict[str, float]) -> dict[str, float]:
    wanted = next((set(s.split()) for codes, s in SCRIPTS.items() if code in codes.split()), {"LATIN"})
    return {w: f for w, f in shares.items() if (own := {script(c) for c in w} - {""}) and own <= wanted}


def _upper(word: str, code: str) -> str:
    return (word.replace("i", "İ") if code == "tr" else word).upper()


def _capital(word: str, code: str) -> str:
    return _upper(word[0], code) + word[1:]


def _to_cyrillic(word: str) -> str:
    for latin, cyrillic in (("dž", "џ"), ("lj", "љ"), ("nj", "њ")):
        word = word.replace(latin, cyrillic)
    return "".join(_CYRILLIC.get(c, c) for c in word)


def _simplified_to_traditional() -> dict[int, str]:
    """The traditional character that most likely stands behind a simplified one.

    wordfreq ships the way from traditional to simplified; where several lead to one, the one in the
    Big5 level-1 set comes first.
    """
    import msgpack

    data = files("wordfreq").joinpath("data/_chinese_mapping.msgpack.gz").read_bytes()
    mapping = msgpack.loads(gzip.decompress(data), raw=False, strict_map_key=False)
    back: dict[int, str] = {}
    for code, simple in mapping.items():
        if len(simple) == 1 and (ord(simple) not in back or _level(chr(code)) < _level(back[ord(simple)])):
            back[ord(simple)] = chr(code)
    return back


def _level(char: str) -> bytes:
    """Big5 orders its level 1 (common characters) before level 2."""
    try:
        return char.encode("big5")
    except UnicodeEncodeError:
        return b"\xff\xff"


def _thai() -> Iterator[tuple[str, float]]:
    text = files("pythainlp").joinpath("corpus/tnc_freq.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        word, _, count = line.partition("\t")
        if count.strip().isdigit():
            yield word, float(count)
