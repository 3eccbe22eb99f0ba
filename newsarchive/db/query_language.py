"""The query language of the search, and the words that both full-text indexes see.

    red fox            both words, anywhere          "red fox"   the words side by side (also “red fox”, „red fox“, «red fox»)
    elect*             words that begin so           fox OR hen  either
    fox -red, fox NOT red   without a word           (a OR b) c  grouping

A run of Chinese, Japanese or Thai is looked for as it stands, inside the text, because no spaces part its words. `parse`
gives a tree; `fts5` and `tsquery` spell it for a database.

`tokenise` cuts and folds text as FTS5's `unicode61 remove_diacritics 2` does with letters, numbers and marks as token
characters (a test holds the two together), so that PostgreSQL can be given the same words. `snippet` marks in a text what a
query looks for.

A word is looked for in all ways in which it is written in its own language:

    αποκλειστικος   αποκλειστικός     capitals have no accent, and hurried writers leave it out
    елка            ёлка              the dots of ё are left out more often than not
    الأحزاب         الاحزاب           as are hamza, vowel signs and the stroke that stretches a word
    yılın           YILIN             a Turkish capital I is folded as that of other languages; in capitals either finds both
    خبرگزاری        خبرگزاري          Persian and Arabic keyboards have different letters for ye and kaf
    20              ২০  ٢٠  ۲۰  ２０  digits of the script
    ＮＡＴＯ         NATO              full-width letters

Nothing of it is in the index: a query asks for all spellings that may stand in a text. Letters with strokes (ł, ø, đ, ħ) are
not among them: they are letters of their own in the languages that have them, where for and før are two words, and
nearly every English word would get ten spellings more.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice, pairwise, product
from typing import NamedTuple

from newsarchive.core.text import scripts
from newsarchive.exceptions import UsageError

# -- spellings -----------------------------------------------------------------------------------------------------------

#: Spellings of one word, and of a phrase. Of more, the last ones are not looked for.
MAX_SPELLINGS = 32

#: Vowel signs and other marks that Arabic and Hebrew texts have or leave out, and the stroke that stretches an Arabic word.
_LEFT_OUT = re.compile(
    "[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]"
)
_ARABIC = re.compile("[\u0620-\u064a\u066e-\u06d3]")
_GREEK_VOWELS = dict(zip("αεηιουω", "άέήίόύώ", strict=True))
_WITHOUT_TONOS = str.maketrans("άέήίόύώΐΰ", "αεηιουωϊϋ")
_HAMZA = str.maketrans("أإآٱ", "اااا")
#: How the first letter of a word with a bare alef may be written, behind the article and small words that are one with it.
_FIRST_ALEF = re.compile("^([وفبكل]?(?:ال)?)ا(?!ل)")
#: The letters that Persian and Urdu keyboards have, and those of Arabic ones.
_PERSIAN = str.maketrans("يىك", "ییک")
_OF_ARABIC = str.maketrans("یک", "يك")
#: The digits of scripts in which news is printed, 0 to 9 each, Western ones first.
_DIGITS = ("0123456789", *("".join(chr(zero + n) for n in range(10)) for zero in (
    0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50, 0x1040, 0x17E0, 0xFF10,
)))  # fmt: skip
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_TO_FULL_WIDTH = {half: full for full, half in _FULL_WIDTH.items()}
#: Letters that Unicode keeps taken apart, and as one character in many texts: য় and য with a dot.
_AS_ONE = {
    unicodedata.normalize("NFD", letter): letter
    for letter in map(chr, (*range(0x0958, 0x0960), 0x09DC, 0x09DD, 0x09DF, *range(0x0A59, 0x0A5C), 0x0A5E, 0x0B5C, 0x0B5D))
}  # fmt: skip


@lru_cache(maxsize=4096)
def spellings_of_word(word: str) -> tuple[str, ...]:
    """The spellings of a folded word, itself first.

    >>> spellings_of_word("ferry"), spellings_of_word("ｎａｔｏ"), spellings_of_word("שָׁלוֹם")
    (('ferry',), ('ｎａｔｏ', 'nato'), ('שָׁלוֹם', 'שלום'))
    """
    if word.isascii() and not word.isdigit():
        return (word,)
    found = dict.fromkeys(form for one in _forms(word) for form in (one, *_accented(one)))
    found |= dict.fromkeys(other for one in [*found] for other in _arabic(one))
    return tuple(islice((one for one in found if one), MAX_SPELLINGS))


def spellings_of_phrase(words: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The spellings of words side by side, themselves first."""
    return tuple(islice(product(*map(spellings_of_word, words)), MAX_SPELLINGS))


def spellings_of_string(text: str) -> tuple[str, ...]:
    """The spellings of a string in a script without spaces, itself first.

    >>> spellings_of_string("１２月"), spellings_of_string("12月"), spellings_of_string("新聞")
    (('１２月', '12月'), ('12月', '１２月'), ('新聞',))
    """
    composed = unicodedata.normalize("NFC", text)
    return tuple(
        dict.fromkeys((text, composed, composed.translate(_FULL_WIDTH), composed.translate(_TO_FULL_WIDTH)))
    )


def _forms(word: str) -> Iterator[str]:
    """The word in other forms of the same characters, in other digits, and without what is left out."""
    yield word
    composed = unicodedata.normalize("NFC", word).translate(_FULL_WIDTH)
    yield composed
    joined = composed
    for apart, letter in _AS_ONE.items():
        joined = joined.replace(apart, letter)
    yield joined
    yield _LEFT_OUT.sub("", composed)
    if any(map(str.isdecimal, composed)):
        western = "".join(str(unicodedata.decimal(c, c)) for c in composed)
        yield western
        if western.isdigit():
            yield from (western.translate(str.maketrans(_DIGITS[0], digits)) for digits in _DIGITS[1:])


def _accented(word: str) -> Iterator[str]:
    """A Greek word without its accent, or one spelling for each vowel that may have it; a Russian word with and without ё; a
    Turkish word as its capitals are folded."""
    if "ı" in word:
        yield word.replace("ı", "i")
    plain = word.translate(_WITHOUT_TONOS)
    if plain != word:
        yield plain
    else:
        for at, letter in enumerate(word):
            if letter in _GREEK_VOWELS:
                yield word[:at] + _GREEK_VOWELS[letter] + word[at + 1 :]
    if "ё" in word:
        yield word.replace("ё", "е")
    else:
        yield from (word[:at] + "ё" + word[at + 1 :] for at, letter in enumerate(word) if letter == "е")


def _arabic(word: str) -> Iterator[str]:
    """A word in Arabic script with the letters of other keyboards, and with and without hamza."""
    if not _ARABIC.search(word):
        return
    bare = word.translate(_HAMZA)
    first = [_FIRST_ALEF.sub(rf"\1{alef}", bare) for alef in "أإآ"] if bare == word else []
    ends = (
        [bare[:-1] + {"ة": "ه", "ه": "ة", "ي": "ى", "ى": "ي"}[bare[-1]]] if bare[-1:] in tuple("ةهيى") else []
    )
    for one in (word, bare, *first, *ends):
        yield one
        yield one.translate(_PERSIAN)
        yield one.translate(_OF_ARABIC)


# -- words ---------------------------------------------------------------------------------------------------------------

#: Scripts without spaces between words, and Tibetan, which marks the ends of syllables only.
UNSPACED = re.compile(f"[{scripts.UNSPACED}{scripts.TIBETAN}]")

_ASCII_WORD = re.compile(r"[A-Za-z0-9]+")


class Token(NamedTuple):
    """A folded word and where it stands in the text, in code points."""

    text: str
    start: int
    end: int


def tokenise(text: str) -> Iterator[Token]:
    """The words of a text, folded: lower case, Latin letters without diacritics.

    >>> [token.text for token in tokenise("Café-Noël, 3 a.m.")]
    ['cafe', 'noel', '3', 'a', 'm']
    """
    for match in _pattern(text).finditer(text):
        yield Token(fold(match[0]), match.start(), match.end())


def words_of(text: str) -> list[str]:
    """The words as `tokenise` gives them, without their places, in half of the time.

    >>> words_of("Café-Noël, 3 a.m.")
    ['cafe', 'noel', '3', 'a', 'm']
    """
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    return list(map(fold, _pattern(text).findall(text)))


def _pattern(text: str) -> re.Pattern[str]:
    return _ASCII_WORD if text.isascii() else _word("".join(sorted(filter(_is_mark, set(text)))))


@lru_cache(maxsize=16_384)
def fold(word: str) -> str:
    """A word as the index keeps it."""
    return word.lower() if word.isascii() else "".join(map(_fold_character, word))


def is_unspaced(text: str) -> bool:
    """Whether the text has a script that is written without spaces, in more than a stray name.

    >>> is_unspaced("台灣新聞"), is_unspaced("Xi Jinping (习近平) spoke in Beijing on the state of affairs")
    (True, False)
    """
    if text.isascii():
        return False
    return 10 * scripts.count_of(text, (*scripts.UNSPACED_BLOCKS, *scripts.TIBETAN_BLOCKS)) > len(text)


@lru_cache(maxsize=4096)
def _is_mark(character: str) -> bool:
    if "\u0300" <= character < "\U00020000":
        return unicodedata.category(character) in ("Mn", "Mc", "Co")
    return "\U000e0100" <= character <= "\U000e01ef"


@lru_cache(maxsize=256)
def _word(marks: str) -> re.Pattern[str]:
    return re.compile(rf"(?:[^\W_]|[{marks}])+" if marks else r"[^\W_]+")


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    low = character.casefold()  # the final sigma and the long s too, as FTS5 has it
    low = low if len(low) == 1 else character.lower()
    bare = "".join(c for c in unicodedata.normalize("NFD", low) if not "\u0300" <= c <= "\u0331")
    if not bare:
        return ""  # a combining mark by itself
    return bare if bare.isascii() else low


# -- queries -------------------------------------------------------------------------------------------------------------

#: Characters of a word in PostgreSQL's index, which has no longer ones: the server takes 2,046 bytes, also in a query.
MAX_WORD_CHARACTERS = 255
#: Words and operators of a query. A longer query is refused: parsing it would recurse too deeply, here and in the database.
MAX_PARTS = 200


@dataclass(frozen=True)
class Words:
    """Folded words side by side; with `prefix` the last one may go on. `others` are other spellings of them."""

    words: tuple[str, ...]
    prefix: bool = False
    others: tuple[tuple[str, ...], ...] = ()

    @property
    def spellings(self) -> tuple[tuple[str, ...], ...]:
        return self.words, *self.others


@dataclass(frozen=True)
class Run:
    """A string inside the text, for scripts without spaces. Texts in other scripts have it as `words`; `None`: as words that
    begin with it."""

    text: str
    words: Words | None = None


@dataclass(frozen=True)
class And:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Or:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Not:
    part: Node


Node = Words | Run | And | Or | Not

#: A phrase between the quotes that phones and word processors type. They are no quotes where a word goes on behind them
#: (`“so”-called`), nor where the second one is missing: pasted texts have all of that.
_TYPOGRAPHIC = r"""(?:[“„”][^\w“„”"]*\w[^“„”"]*[“”]|«[^\w«»"]*\w[^«»"]*»)\*?(?=[\s).,;:!?…]|$)"""
_LEXER = re.compile(
    rf"""\s*(?:(?P<phrase>"[^"]*"\*?|{_TYPOGRAPHIC})|(?P<mark>[()])|(?P<minus>-(?=[^\s)]))|(?P<word>[^\s()"]+)|(?P<bad>"))"""
)

#: What may stand alone in a quotation. Signs that other programs take for operators (`&`, `|`, `*`, `+`) are none of them.
_STRAY_MARKS = frozenset(",.;:!?…·-–—―/'“”„‘’«»‹›")
#: The tokens that leave out what follows them.
_NEGATIONS = (("minus", "-"), ("word", "NOT"))


def parse(query: str) -> Node:
    """The tree of a query.

    Raises `UsageError` that names what is wrong: a quote or parenthesis left open, an operator with
    nothing beside it, nothing to look for.
    """
    found = [(str(match.lastgroup), match[str(match.lastgroup)]) for match in _LEXER.finditer(query.strip())]
    if ("bad", '"') in found:
        raise UsageError('search: a " without its partner')
    # Commas, dashes and the like that stand alone, as in a quotation that was pasted, name nothing. One stays for the message about it,
    # where nothing else was typed and behind a NOT, which would leave out the next word.
    kept = [
        token
        for before, token in pairwise([("", ""), *found])
        if token[0] != "word" or before in _NEGATIONS or set(token[1]) - _STRAY_MARKS
    ]
    tokens = kept if any(kind in ("word", "phrase") for kind, _ in kept) else found
    if not tokens:
        raise UsageError("search: nothing to look for; type one word or more")
    if len(tokens) > MAX_PARTS:
        raise UsageError(f"search: more than {MAX_PARTS} words and operators")
    parser = _Parser(tokens)
    tree = parser.either()
    if parser.at < len(tokens):
        raise UsageError("search: a ) without its (")
    _require_something(tree)
    return tree


def positive(node: Node) -> Iterator[Words | Run]:
    """The leaves that a found text has: what a snippet shows."""
    if isinstance(node, Words | Run):
        yield node
    elif isinstance(node, And | Or):
        for part in node.parts:
            yield from positive(part)


def has_run(node: Node) -> bool:
    """Whether anything in the tree is looked for as a string."""
    if isinstance(node, And | Or):
        return any(has_run(part) for part in node.parts)
    return has_run(node.part) if isinstance(node, Not) else isinstance(node, Run)


def inside(node: Node) -> Node:
    """The tree with its words looked for inside texts without spaces too: the word "Slate" stands in 對Slate解釋說.

    >>> inside(parse("fox"))
    Run(text='fox', words=Words(words=('fox',), prefix=False, others=()))
    """
    if isinstance(node, Words):
        runs = tuple(Run(" ".join(words), node) for words in node.spellings)
        return runs[0] if len(runs) == 1 else Or(runs)
    if isinstance(node, Not):
        return Not(inside(node.part))
    return replace(node, parts=tuple(map(inside, node.parts))) if isinstance(node, And | Or) else node


def fts5(node: Node) -> str:
    """The tree in the language of SQLite's FTS5; it must have no `Run`.

    >>> fts5(parse('"red fox" OR hen* -barn'))
    '("red fox") OR (("hen" *) NOT ("barn"))'
    """
    if isinstance(node, Words):
        return " OR ".join('"' + " ".join(words) + '"' + " *" * node.prefix for words in node.spellings)
    if isinstance(node, Or):
        return " OR ".join(f"({fts5(part)})" for part in node.parts)
    if isinstance(node, And):
        wanted = [f"({fts5(part)})" for part in node.parts if not isinstance(part, Not)]
        return " AND ".join(wanted) + "".join(
            f" NOT ({fts5(p.part)})" for p in node.parts if isinstance(p, Not)
        )
    raise TypeError(f"no FTS5 for {node!r}")


def tsquery(node: Node) -> str:
    """The tree in the language of PostgreSQL's `tsquery`; it must have no `Run`.

    >>> tsquery(parse('"red fox" OR hen* -barn'))
    "('red' <-> 'fox') | (('hen':*) & !('barn'))"
    """
    if isinstance(node, Words):
        last = len(node.words) - 1
        most = MAX_WORD_CHARACTERS + 1  # a longer word is cut, and found in no text
        phrases = (
            " <-> ".join(
                f"'{w[:most]}'" + (":*" if node.prefix and i == last else "") for i, w in enumerate(words)
            )
            for words in node.spellings
        )
        return " | ".join(f"({phrase})" for phrase in phrases) if node.others else next(phrases)
    if isinstance(node, Or):
        return " | ".join(f"({tsquery(part)})" for part in node.parts)
    if isinstance(node, And):
        return " & ".join(tsquery(p) if isinstance(p, Not) else f"({tsquery(p)})" for p in node.parts)
    if isinstance(node, Not):
        return f"!({tsquery(node.part)})"
    raise TypeError(f"no tsquery for {node!r}")


class _Parser:
    """Recursive descent: `either` is parts with OR between, `both` parts side by side."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens, self.at, self.depth = tokens, 0, 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def either(self) -> Node:
        parts = [self.both()]
        while self.peek() == ("word", "OR"):
            self.at += 1
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def both(self) -> Node:
        parts: list[Node] = []
        while (kind := self.peek()) not in (("word", "OR"), ("mark", ")"), ("end", "")):
            if kind == ("word", "AND"):
                self.at += 1
                if not parts or self.peek() in (("word", "OR"), ("word", "AND"), ("mark", ")"), ("end", "")):
                    raise UsageError("search: AND needs a word on both sides")
                continue
            parts.append(self.one())
        if not parts:
            raise UsageError(
                'search: OR and parentheses need words beside them; for the word itself type "or"'
            )
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def one(self) -> Node:
        kind, text = self.peek()
        self.at += 1
        if kind == "minus" or (kind, text) == ("word", "NOT"):
            if self.peek() in (("end", ""), ("mark", ")"), ("word", "OR"), ("word", "AND")):
                raise UsageError("search: NOT needs a word after it")
            return Not(self.one())
        if (kind, text) != ("mark", "("):
            return _leaf(text)
        inner = self.either()
        if self.peek() != ("mark", ")"):
            raise UsageError("search: a ( without its )")
        self.at += 1
        return inner


def _leaf(text: str) -> Node:
    prefix = text.endswith("*")
    bare = text.rstrip("*").strip('"“”„«»').strip()
    if UNSPACED.search(bare):
        runs = tuple(map(Run, spellings_of_string(bare)))
        return runs[0] if len(runs) == 1 else Or(runs)
    words = tuple(token.text for token in tokenise(bare))
    if not words:
        raise UsageError(f"search: no word in {text!r}")
    others = spellings_of_phrase(words)[1:]
    if "I" in bare and bare.isupper():  # capitals of a Turkish text, where I is ı
        others += (tuple(token.text for token in tokenise(bare.replace("I", "ı"))),)
    return Words(words, prefix, others)


def _require_something(node: Node) -> None:
    """Every alternative must name something to find: "all but X" would read the whole archive."""
    if isinstance(node, Not) or (isinstance(node, And) and all(isinstance(p, Not) for p in node.parts)):
        raise UsageError("search: only words to leave out; name one to look for")
    for part in node.parts if isinstance(node, And | Or) else ():
        is_left_out = isinstance(node, And) and isinstance(part, Not)
        _require_something(part.part if is_left_out else part)  # type: ignore[union-attr]


# -- snippets ------------------------------------------------------------------------------------------------------------

#: Code points of a snippet; a longer text is cut at white space near there.
MAX_SNIPPET_CHARACTERS = 240


class Marks(NamedTuple):
    """What stands before and after a found word."""

    start: str = "**"
    end: str = "**"


MARKS = Marks()
#: For a program that wants the found words as they stand.
NO_MARKS = Marks("", "")


def snippet(
    text: str, leaves: Iterable[Words | Run], marks: Marks = MARKS, width: int = MAX_SNIPPET_CHARACTERS
) -> str:
    """The part of the text with the most of what was searched for, on one line, found words marked.

    Gives the beginning of the text where nothing of the query stands in it (it was in the headline).
    """
    found = sorted(_places(text, list(leaves)))
    start, end = _window(text, found, width)
    out, at = [], start
    for left, right in found:
        if left >= at and right <= end:
            out += [text[at:left], marks.start, text[left:right], marks.end]
            at = right
    out.append(text[at:end])
    whole = re.sub(r"\s+", " ", "".join(out)).strip()
    return ("…" if start else "") + whole + ("…" if end < len(text) else "")


def _places(text: str, leaves: list[Words | Run]) -> set[tuple[int, int]]:
    """Where the text has what is looked for. The words are compared without their places, which only the found ones need."""
    places: set[tuple[int, int]] = set()
    found: list[tuple[int, int]] = []
    words = words_of(text) if any(isinstance(leaf, Words) for leaf in leaves) else []
    for leaf in leaves:
        if isinstance(leaf, Run):
            places |= {match.span() for match in re.finditer(re.escape(leaf.text), text, re.I)}
        else:
            found += _phrases(words, leaf)
    if found:
        last = max(end for _, end in found)
        spans = [match.span() for match in islice(_pattern(text).finditer(text), last)]
        places |= {(spans[first][0], spans[end - 1][1]) for first, end in found}
    return places


def _phrases(words: list[str], leaf: Words) -> Iterator[tuple[int, int]]:
    """Where the words of a text have those of a phrase side by side: the numbers of the first word and of the one behind the last."""
    for *whole, last in leaf.spellings:
        for first in _first_places(words, whole[0] if whole else last, begins=leaf.prefix and not whole):
            end = first + len(whole) + 1
            if end > len(words) or words[first : end - 1] != whole:
                continue
            if words[end - 1].startswith(last) if leaf.prefix else words[end - 1] == last:
                yield first, end


def _first_places(words: list[str], word: str, *, begins: bool) -> Iterator[int]:
    """The numbers of the words that are this one, or begin with it."""
    if begins:
        yield from (number for number, one in enumerate(words) if one.startswith(word))
        return
    number = -1
    for _ in range(words.count(word)):
        number = words.index(word, number + 1)
        yield number


def _window(text: str, found: list[tuple[int, int]], width: int) -> tuple[int, int]:
    """The stretch of about `width` that holds most of what was found, from word to word."""
    if not found:
        return 0, _at_word(text, min(width, len(text)), -1)
    begins = [left for left, _ in found]  # in their order
    best = max(
        found,
        key=lambda place: bisect_left(begins, place[0] + width * 3 // 4) - bisect_left(begins, place[0]),
    )
    start = max(0, best[0] - width // 4)
    start = _at_word(text, start, 1) if start else 0
    start = min(start, best[0])
    end = max(min(len(text), start + width), best[1])
    return start, max(_at_word(text, end, -1), best[1])


def _at_word(text: str, at: int, step: int) -> int:
    """The nearest white space in one direction, within 20 code points."""
    if at >= len(text):
        return len(text)
    for i in range(at, max(0, min(len(text), at + 20 * step)), step):
        if text[i].isspace():
            return i
    return at
