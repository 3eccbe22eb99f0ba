"""Whether any of many words or patterns stands in a text, without a search for each of them.

Hundreds of phrases are looked for in every line of a page. "Read more" can match none that begins with another letter
than "r", so that most of them need no search: `letters` tells which characters a match of a regular expression can
begin with, `first_words` which words, `held` which text a match must hold, and `needed` a set of texts one of
which it must hold.
They understand the regular expressions that the tables of phrases use; of any other they say that it may begin with
anything. `any_literal` and `Literals` look for any of many words, and `words_of` reads lists of words from the tables of metadata.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TypeVar

from newsarchive.rules import Rules

E = TypeVar("E")

#: Stands for a digit of any script.
DIGIT = "0"
#: Words that a match of a pattern may begin with. With more, they count as unknown.
MAX_FIRST_WORDS = 200
_SPECIAL = frozenset(".^$*+?{}[]|()")
_REPEATS = frozenset("*+?{")
_ESCAPE_OR_CLASS = r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]"
_TOKEN = re.compile(rf"{_ESCAPE_OR_CLASS}|\{{[\d,]+\}}|.", re.DOTALL)
#: What decides where groups and alternatives end: brackets and bars, but for those in an escape or a class.
_STRUCTURE = re.compile(rf"{_ESCAPE_OR_CLASS}|[()|]", re.DOTALL)


#: Letters and digits of other scripts than Latin: from Greek on, but for punctuation, signs and arrows.
_OTHER_SCRIPT = re.compile("[\u0370-\u1fff\u2c00-\U0010ffff]")


def script_group(text: str) -> int:
    """0 for a text in ASCII, 2 for one with a letter of another script than Latin, and 1 for any other.

    A text holds no text of a higher number.

    >>> script_group("read more"), script_group("réservés ©"), script_group("版权")
    (0, 1, 2)
    """
    return 0 if text.isascii() else 2 if _OTHER_SCRIPT.search(text) else 1


def by_script(entries: Iterable[E], text_of: Callable[[E], str]) -> tuple[tuple[E, ...], ...]:
    """By the `script_group` of a text, the entries whose own text it may hold."""
    found = [(script_group(text_of(entry)), entry) for entry in entries]
    return tuple(tuple(entry for own, entry in found if own <= most) for most in range(3))


#: For `bytes.translate`: every byte that is no letter, digit or underscore of ASCII becomes a space.
_SIGNS_AS_SPACES = re.sub(rb"\W", b" ", bytes(range(256)))
_WORDS = re.compile(r"\w+")


def words_in(text: str) -> list[str]:
    """The runs of letters, digits and underscores in a text. To cut a text in ASCII takes half the time of a search for them.

    >>> words_in("don't miss: 3 ferries"), words_in("« déjà vu »")
    (['don', 't', 'miss', '3', 'ferries'], ['déjà', 'vu'])
    """
    if text.isascii():
        return text.encode("ascii").translate(_SIGNS_AS_SPACES).decode("ascii").split()
    return _WORDS.findall(text)


def letter_of(line: str) -> str:
    """The character that a line begins with, `DIGIT` for any digit."""
    return DIGIT if line[:1].isdecimal() else line[:1]


def letters(pattern: str) -> frozenset[str] | None:
    """The characters that a match of the pattern can begin with; `None` where they are not known.

    >>> sorted(letters("(?:read|see) more|(?:all )?news"))
    ['a', 'n', 'r', 's']
    >>> letters(".{1,20} is on")
    """
    found = frozenset(map(_letter, unfolded(pattern)))
    return None if "" in found else found


def held(pattern: str) -> str:
    """The longest text that stands in every match of a pattern; "" where none is known, or a single character of ASCII, which
    most lines hold.

    >>> held("(?:.{1,60} )?please do {0,2}not(?: copy)?"), held(".{0,20}a ?b"), held(".{0,20}图 ?:.*")
    ('please do', '', '图')
    """
    if len(_alternatives(pattern)) > 1:
        return ""
    runs = [""]
    for token, end, depth in _tokens(pattern):
        if depth or token[0] in _SPECIAL or token[0] == "\\" or pattern[end : end + 1] in _REPEATS:
            runs.append("")
        else:
            runs[-1] += token
    longest = max(runs, key=len)
    return longest if len(longest) > 1 or not longest.isascii() else ""


def needed(pattern: str) -> frozenset[str]:
    """A set of texts such that every match of a pattern holds at least one; empty where they are not known.

    >>> sorted(needed(".{0,40}(?:in the press|as reported)(?: by .*)?")), sorted(needed("(?:buy|.*) here|see (?:us|.*)"))
    (['as reported', 'in the press'], [' here', 'see '])
    """
    parts = _alternatives(pattern)
    if len(parts) > 1:
        each = [needed(part) for part in parts]
        return frozenset().union(*each) if all(each) else frozenset()
    best, opens = frozenset(filter(None, [held(pattern)])), 0
    for token, end, depth in _tokens(pattern, _STRUCTURE):
        if token == "(" and depth == 1:
            opens = end
        elif token == ")" and depth == 0 and _stands_once(pattern[end : end + 2]):
            inside = pattern[opens : end - 1]
            found = needed(inside[2:]) if inside.startswith("?:") else frozenset()
            best = max(best, found, key=lambda texts: min(map(len, texts), default=0))
    return best


def _stands_once(behind: str) -> bool:
    """Whether a group stands in each match at least once, by the two characters behind it in the pattern.

    >>> [_stands_once(behind) for behind in ("", "ab", "+", "{1", "{0", "{,", "?", "*")]
    [True, True, True, True, False, False, False, False]
    """
    return (
        behind[:1] not in _REPEATS or behind[0] == "+" or (behind[0] == "{" and behind[1:] not in ("0", ","))
    )


def first_words(pattern: str) -> frozenset[str] | None:
    """The words that a match of the pattern can begin with; `None` where they are not known, or too many.

    >>> sorted(first_words("(?:find|get) (?:us|them) here|e-?mail|analy(?:s|z)es?"))
    ['analyse', 'analyses', 'analyze', 'analyzes', 'e', 'email', 'find', 'get']
    """
    found: set[str] = set()
    todo = [("", part) for part in _alternatives(pattern)]
    while todo and len(found) + len(todo) <= MAX_FIRST_WORDS:
        word, rest = todo.pop()
        end = _end_of_first(rest)
        first, repeat = rest[:end], rest[end : end + 1]
        behind = rest[end + (repeat == "?") :]
        if not rest:
            found.add(word)
        elif (first.isalnum() or first == "_") and (repeat == "?" or repeat not in _REPEATS):
            todo.append((word + first, behind))
        elif first.startswith("(?:") and (repeat == "?" or repeat not in _REPEATS):
            todo += [(word, inner + behind) for inner in _alternatives(first[3:-1])]
        elif first[0] in _SPECIAL or first[0] in "\\[" or (repeat in _REPEATS and repeat != "?"):
            return None
        else:  # a sign, which ends the word
            found.add(word)
        if rest and repeat == "?":
            todo.append((word, behind))
    return None if todo or "" in found else frozenset(found)


def _letter(part: str) -> str:
    """The character that a match of a part of a pattern begins with; "" where it is not known."""
    end = _end_of_first(part)
    first, is_certain = part[:end], part[end : end + 1] not in _REPEATS - {"+"}
    if not is_certain or first in _SPECIAL or first[:1] in ("[", "("):
        return ""
    if first[:1] != "\\":
        return letter_of(first)
    return DIGIT if first == "\\d" else "" if first[1:].isalnum() else first[1:]


@lru_cache(maxsize=4096)
def unfolded(pattern: str) -> tuple[str, ...]:
    """A pattern as its alternatives. Groups and optional letters at the beginning of each are written out.

    >>> unfolded("(?:read|see) more|(?:all )?news|e?-mail")
    ('read more', 'see more', 'all news', 'news', 'e-mail', '-mail')
    """
    return tuple(dict.fromkeys(piece for part in _alternatives(pattern) for piece in _opened(part)))


def _opened(part: str) -> Iterator[str]:
    """The alternatives of one part of a pattern."""
    end = _end_of_first(part)
    first, repeat, rest = part[:end], part[end : end + 1], part[end + 1 :]
    is_group = first.startswith("(?:")
    if repeat == "?" and rest[:1] not in _REPEATS and (is_group or _letter(first)):
        yield from unfolded(first + rest)
        yield from unfolded(rest)
    elif is_group and repeat not in _REPEATS:
        for inner in _alternatives(first[3:-1]):
            yield from unfolded(inner + repeat + rest)
    else:
        yield part


def _end_of_first(part: str) -> int:
    """Where the first letter, escape, class or group of a part of a pattern ends."""
    tokens = _tokens(part, _STRUCTURE if part.startswith("(") else _TOKEN)
    return next((end for _, end, depth in tokens if depth == 0), len(part))


def _alternatives(pattern: str) -> list[str]:
    """The parts of a pattern between bars that stand in no group."""
    if "|" not in pattern:
        return [pattern]
    out, start = [], 0
    for token, end, depth in _tokens(pattern, _STRUCTURE):
        if depth == 0 and token == "|":
            out.append(pattern[start : end - 1])
            start = end
    return [*out, pattern[start:]]


def _tokens(pattern: str, kind: re.Pattern[str] = _TOKEN) -> Iterator[tuple[str, int, int]]:
    """Each token of this kind, where it ends, and how many groups are open there."""
    depth = 0
    for token in kind.finditer(pattern):
        depth += (token[0] == "(") - (token[0] == ")")
        yield token[0], token.end(), depth


@lru_cache(maxsize=128)
def words_of(rules: Rules, file: str, table: str) -> frozenset[str]:
    """The words of a table of `data/metadata/<file>.toml`, of all its lists."""
    lists = rules.metadata.get(file, {}).get(table, {}).values()
    return frozenset(word for words in lists for word in words)


def any_literal(words: Iterable[str]) -> str:
    """The source of a pattern that matches any of the words; without words, of a pattern that never matches.

    A word that begins with another word is left out, because a search finds the shorter word in it anyway.

    >>> any_literal(["share", "shop", "shopping", "sign"])
    's(?:h(?:are|op)|ign)'
    """
    found = sorted({w for w in words if w})
    short = [w for i, w in enumerate(found) if not any(w.startswith(v) for v in found[max(0, i - 50) : i])]
    return _branches(short) if short else r"(?!)"


def _branches(words: list[str]) -> str:
    """The source of a pattern for words none of which begins with another, with common beginnings written once."""
    heads = sorted({w[:1] for w in words})
    if heads == [""]:
        return ""
    parts = [re.escape(h) + _branches([w[1:] for w in words if w[:1] == h]) for h in heads]
    return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"


def whole(word: str) -> str:
    """The source of a pattern for a word that stands by itself.

    It begins with the word's first letter, because Python's search skips quickly to a letter but not to `\\b`.

    >>> whole("nav")
    'nav\\\\b(?<=\\\\bnav)'
    """
    return rf"{word}\b(?<=\b{word})"


class Literals:
    """A few words to look for in lower-case text. Most of them are of other scripts than a text, which is not searched for those.

    >>> Literals(["copyright", "版权"]).stand_in("版权所有"), Literals(["copyright"]).stand_in("all rights")
    (True, False)
    """

    def __init__(self, words: Iterable[str]) -> None:
        found = tuple(dict.fromkeys(w.lower() for w in words if w))
        # A word that holds another word need not be looked for.
        self.words = by_script((w for w in found if not any(v in w and v != w for v in found)), str)
        self.plain = self.words[0]

    def stand_in(self, text: str) -> bool:
        """Whether any of the words stands in the text, by itself or inside a longer word."""
        words = self.plain if text.isascii() else self.words[script_group(text)]
        for word in words:  # noqa: SIM110 - `any` takes twice the time
            if word in text:
                return True
        return False
