"""Names in a line that no table lists: «Озёрные заметки», "in The Heron", 湖畔新聞.

A name is recognised by quotation marks or by its capitals. In scripts without capitals it is the rest of a line without the
words of credits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from newsarchive import compiled
from newsarchive.core.origin.attribution_patterns import not_names
from newsarchive.core.origin.vocabulary import Word, vocabulary
from newsarchive.core.text.scripts import is_caseless
from newsarchive.rules import Rules

#: Words of a name. A quotation with more is none; a run of capitals may have two more, for joining words.
_MAX_NAME_WORDS = 6
#: Words of a quoted name that begins without a capital; a longer quotation is speech.
_MAX_CASELESS_NAME_WORDS = 4
#: Characters of a name that is one word of a script without capitals; a longer one is a sentence.
_MAX_UNSPACED_NAME_CHARACTERS = 14

_QUOTED = compiled.regex(
    r"«\s*([^«»]{2,60}?)\s*»|“([^“”]{2,60})”|„([^„“”]{2,60})[“”]|《([^《》]{2,30})》|「([^「」]{2,30})」|『([^『』]{2,30})』"
    r"|‘([^‘’]{2,40})’(?![^\W\uac00-\ud7a3\u3040-\u9fff])|\"([^\"]{2,60})\"|【([^【】]{2,30})】"
)
_BRACKETS = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")
#: What stands between the words of one name.
_JOINT = re.compile(r"[ \u00a0]|['’ʼ.&-]|\.? & |\. ")
#: Small words inside a name: "Corriere della Sera".
_JOINERS = frozenset((
    "of", "the", "and", "de", "la", "las", "los", "le", "les", "du", "des", "del", "della", "delle", "dei", "di",
    "da", "do", "dos", "das", "van", "von", "der", "den", "d", "l", "y", "e", "&", "i", "og", "och",
))  # fmt: skip
#: Articles that may begin a name: "The Heron", "El País".
_ARTICLES = frozenset((
    "The", "El", "La", "Los", "Las", "Le", "Les", "L", "Die", "Der", "Das", "Il", "Lo", "De", "Het", "Os", "As",
    "O", "A",
))  # fmt: skip
_SENTENCE_START = re.compile(r"(?:^|[.!?…:]\s|\n)\W*$")


@dataclass(frozen=True, slots=True)
class Name:
    """A name between `start` and `end` of its line.

    `mark` says how it was recognised: `quoted`, `capital` or `rest`. `press` says that it has a word of papers' names,
    `opens` that its only sign is a capital at the start of a sentence.
    """

    text: str
    start: int
    end: int
    mark: str
    press: bool = False
    opens: bool = False


def unlisted_names(line: str, words: Sequence[Word], rules: Rules) -> tuple[Name, ...]:
    """The names of a line, of the surest kind alone.

    Quoted names are the most certain. Of the others, names with a word of papers' names are more certain, and names whose
    only sign is the capital of a sentence less.
    """
    found = [n for n in _quoted(line, words, rules) if _may_name(n.text, rules)]
    if not found:
        runs = (*_capital(line, words), *_rest(line, words, rules))
        found = [n for n in runs if _may_name(n.text, rules)]
    sure = [n for n in found if n.press] or [n for n in found if not n.opens] or found
    return tuple(dict.fromkeys(sure))


def _quoted(line: str, words: Sequence[Word], rules: Rules) -> Iterator[Name]:
    for match in _QUOTED.finditer(line):
        group = match.lastindex or 0
        text, start, end = _BRACKETS.sub("", match[group]).strip(), match.start(group), match.end(group)
        inside = [w for w in words if start <= w.start < end]
        is_name = inside and (inside[0].is_capital or is_caseless(text))
        most = _MAX_NAME_WORDS if inside and inside[0].is_capital else _MAX_CASELESS_NAME_WORDS
        if is_name and len(inside) <= most and not re.search(r"[.!?。！？,，]$", text):
            yield Name(text, start, end, "quoted", _is_press(inside))


def _capital(line: str, words: Sequence[Word]) -> Iterator[Name]:
    """Runs of capitalised words, without words of credits at their ends."""
    for run in _runs(line, words):
        run = _trimmed(line, run)
        if not run or not run[0].text[0].isupper() or len(run) > _MAX_NAME_WORDS + 2:
            continue
        opens = len(run) == 1 and bool(_SENTENCE_START.search(line[: run[0].start]))
        press = _is_press(run) or _is_titled(line, run)
        yield Name(line[run[0].start : run[-1].end], run[0].start, run[-1].end, "capital", press, opens)


def _runs(line: str, words: Sequence[Word]) -> Iterator[list[Word]]:
    run: list[Word] = []
    for i, word in enumerate(words):
        joined = bool(run) and bool(_JOINT.fullmatch(line[run[-1].end : word.start]))
        joins = word.text in _JOINERS and any(w.is_capital for w in words[i + 1 : i + 3])
        if run and not (joined and (word.is_capital or joins)):
            yield run
            run = []
        if word.is_capital or (run and joins):
            run.append(word)
    if run:
        yield run


def _trimmed(line: str, run: list[Word]) -> list[Word]:
    """A run without words of credits and of grammar at its ends. An article that belongs to the name stays."""
    starts = bool(_SENTENCE_START.search(line[: run[0].start]))
    while run and (not run[-1].is_capital or (starts and _is_of_credit(run[-1]))):
        run = run[:-1]
    while run and _is_of_credit(run[0]):
        if run[0].text in _ARTICLES and len(run) > 1 and run[1].is_capital:
            break
        run = run[1:]
    german = starts and run and run[0].text in ("Das", "Die", "Der", "De")
    return run[1:] if german else run


def _is_titled(line: str, run: Sequence[Word]) -> bool:
    """Whether a name inside a sentence has an article with a capital, as papers have: "in The Heron"."""
    inside = not _SENTENCE_START.search(line[: run[0].start])
    return inside and run[0].text in _ARTICLES and len(run) > 1 and len(run[0].text) > 1


def _is_of_credit(word: Word) -> bool:
    groups = word.groups
    return "press" not in groups and bool(groups)


def _rest(line: str, words: Sequence[Word], rules: Rules) -> Iterator[Name]:
    """In scripts without capitals: runs of words that no table knows, with words of papers' names among them."""
    run: list[Word] = []
    for word in words:
        fits = is_caseless(word.text) and not word.text[0].isdigit()
        fits = fits and ("press" in word.groups or not word.groups)
        if run and not (fits and line[run[-1].end : word.start].strip() == ""):
            yield from _named(line, run, rules)
            run = []
        if fits:
            run.append(word)
    if run:
        yield from _named(line, run, rules)


def _named(line: str, run: list[Word], rules: Rules) -> Iterator[Name]:
    known, start = vocabulary(rules), run[0].start
    text = known.without_particle(line[start : run[-1].end])
    # whether a table holds each word itself, and not only its ending
    is_listed = all(w.groups and (w.text in known.whole or w.text in known.runs) for w in run)
    is_long = len(run) > _MAX_NAME_WORDS or (len(run) == 1 and len(text) > _MAX_UNSPACED_NAME_CHARACTERS)
    if not is_listed and not is_long and len(text) > 1:
        yield Name(text, start, start + len(text), "rest", _is_press(run))


def _is_press(words: Sequence[Word]) -> bool:
    return any("press" in w.groups for w in words)


def _may_name(text: str, rules: Rules) -> bool:
    """Whether a text can be a name. A month, a language and "Facebook" cannot."""
    return len(text) > 1 and not not_names(rules).match(text) and any(map(str.isalpha, text))
