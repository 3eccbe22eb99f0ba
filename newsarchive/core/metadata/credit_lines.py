"""The line that credits people: "Translated by Jane Doe", "Text: Ana García, fotos: Luis Ruiz", "翻译：王小明".

Such people are no papers from which the article comes. Without this the line stays in the text, and "Translated by Jane Doe" reads like
"Reprinted by The Heron". What makes it a line of a translator is a word of translations at its beginning, a name at its end, and
between the two a colon or a word such as "by": "Translation: we are doomed" goes on as prose does. The words are `[translation]` and
`[translated_by]` in `data/metadata/bylines.toml`. Lines that credit several people are parted in `credit_labels`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from newsarchive.core.metadata import credit_labels
from newsarchive.core.metadata.byline_words import words
from newsarchive.core.metadata.credit_labels import Role
from newsarchive.core.metadata.person_names import is_listed_paper, like_a_name, organisation
from newsarchive.core.text.scripts import has_unspaced, is_caseless
from newsarchive.rules import Rules

#: Characters of such a line; a longer one is prose.
MAX_LINE_CHARACTERS = 100
#: Words between the word of translations and "by": "Translated from the Brazilian Portuguese by".
MAX_WORDS_BETWEEN = 5
#: Words of a name in a script without capitals; a longer text is prose.
MAX_CASELESS_NAME_WORDS = 4
#: Characters of such a name.
MAX_CASELESS_NAME_CHARACTERS = 25
#: The same in a script without spaces: four of a Chinese or Japanese name, and more of a name from elsewhere.
MAX_UNSPACED_NAME_CHARACTERS = 12
#: People behind one label.
MAX_NAMES = 4

#: All roles of people in an article.
ROLES: tuple[Role, ...] = ("writing", "editing", "production", "pictures")

_COLON = re.compile(r"[^:：.。!?]{0,40}?\s*[:：]\s*")
_WORD = re.compile(r"\s*\S+")
#: What stands behind a Korean reporter's name.
_TITLE = re.compile(r"\s*(?:기자|記者|记者)$")
_AROUND = " \t\n.,;:：。()（）[]【】<>«»\"'“”*_-–—|/"
_SENTENCE = re.compile(r"[!?。！？،؛।;]|\d|[.:：]\s")


def people_in(line: str, rules: Rules, *, alone: Collection[Role] = ()) -> tuple[str, ...]:
    """The people whom a line credits as authors, translators, photographers or editors and says nothing else; none for any other line.
    For the roles in `alone` a label of one word is enough, for others it takes two: "Text and photos: Jane Doe".

    >>> from newsarchive import rules
    >>> people_in("Words by Jane Doe, photos by John Roe", rules.default())
    ('Jane Doe', 'John Roe')
    >>> people_in("Text: Reuters, photos: Harbour Post", rules.default())
    ()
    """
    if translator := translator_in(line, rules):
        return (translator,)
    found: list[str] = []
    parts = credit_labels.parts(line, rules)
    if not parts and alone:
        parts = tuple(part for part in credit_labels.parts(line, rules, alone=True) if part.role in alone)
    for part in parts:
        names = [
            _TITLE.sub("", name).strip(_AROUND)
            for name in words(rules).separators.split(credit_labels.PLACE.sub("", part.text))
        ]
        if len(names) > MAX_NAMES or not all(name and _may_be_person(name, rules) for name in names):
            return ()
        found += names
    return tuple(found)


@lru_cache(maxsize=4096)
def translator_in(line: str, rules: Rules) -> str:
    """The translator, or the translators, that a line credits and says nothing else; "" for any other line.

    >>> from newsarchive import rules
    >>> translator_in("Translated from the Spanish by Jane Doe", rules.default())
    'Jane Doe'
    >>> translator_in("Перевод: Анна Иванова", rules.default())
    'Анна Иванова'
    >>> translator_in("Translation: we are all doomed", rules.default())
    ''
    >>> translator_in("Translated by a machine that the town had bought", rules.default())
    ''
    """
    line = line.strip(_AROUND)
    if not line or len(line) > MAX_LINE_CHARACTERS:
        return ""
    table = words(rules)
    match = table.translation.match(line)
    if match is None:
        return ""
    rest, by = line[match.end() :], table.translated_by.match(line)
    if by and (name := _name(line[by.end() :], rules)):
        return name
    if (colon := _COLON.match(rest)) and (name := _name(rest[colon.end() :], rules)):
        return name
    at = 0
    for _ in range(MAX_WORDS_BETWEEN):
        if found := table.by.match(rest[at:]):
            return _name(rest[at + found.end() :], rules)
        if (word := _WORD.match(rest, at)) is None:
            return ""
        at = word.end()
    return ""


def _name(text: str, rules: Rules) -> str:
    """The text, where it is the name of one translator or of several, and of no listed paper."""
    text = text.strip(_AROUND)
    names = [name for name in words(rules).separators.split(text) if name]
    is_people = 0 < len(names) <= MAX_NAMES and all(_may_be_person(name, rules) for name in names)
    return text if is_people and not is_listed_paper(text, rules) else ""


def _may_be_person(name: str, rules: Rules) -> bool:
    if not is_caseless(name):
        return like_a_name(name, rules) and not organisation(name, rules)
    is_one_run = has_unspaced(name) and " " not in name
    most = MAX_UNSPACED_NAME_CHARACTERS if is_one_run else MAX_CASELESS_NAME_CHARACTERS
    is_short = 1 < len(name) <= most and len(name.split()) <= MAX_CASELESS_NAME_WORDS
    return is_short and not _SENTENCE.search(name)
