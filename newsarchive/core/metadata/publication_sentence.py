"""Reads the sentence that old themes print about a post's publication: "This entry was posted by Jane Doe on Monday, 14 December 2015
at 14:48 and is filed under General."

The words with which such a sentence begins, in several languages, are in `data/metadata/months.toml`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import takewhile

from newsarchive.core.metadata import byline_words, person_names
from newsarchive.core.text import dates
from newsarchive.rules import Rules

#: Characters of a sentence about the page's own publication; the rest is not read.
MAX_SENTENCE_CHARS = 240
_CLAUSE = re.compile(r"[.;](?=\s+\w{3})")


def read(text: str, rules: Rules) -> tuple[str, str]:
    """The date and the author in a sentence about the post's publication, each with the rest of the sentence; "" for what
    the sentence lacks, and for a text that begins in another way.

    >>> from newsarchive import rules
    >>> read("This entry was posted by Jane Doe on Monday, December 14th, 2015 at 2:48 pm and is filed …", rules.default())
    ('December 14th, 2015 at 2:48 pm and is filed …', 'Jane Doe')
    """
    if not text[:40].casefold().startswith(_openings(rules)):
        return "", ""
    sentence = _CLAUSE.split(text[:MAX_SENTENCE_CHARS].replace("\n", " "), 1)[0]
    found = dates.date_text(sentence, rules)
    if not found:
        sentence = text[:MAX_SENTENCE_CHARS].replace("\n", " ")  # the stop of "14. Dezember"
        found = dates.date_text(sentence, rules)
    at = sentence.find(found) if found else len(sentence)
    by = _by(rules).search(sentence)
    # The first words behind "by", up to a word in small letters that is no part of a name.
    particles, words = byline_words.words(rules).particles, sentence[by.end() :].split()[:6] if by else []
    name = takewhile(lambda word: not person_names.is_small(word[0]) or word in particles, words)
    return sentence[at:], " ".join(name)


@lru_cache(maxsize=8)
def _openings(rules: Rules) -> tuple[str, ...]:
    table = rules.metadata.get("months", {}).get("sentence", {})
    return tuple(table.get("openings", [])) or ("\0",)


@lru_cache(maxsize=8)
def _by(rules: Rules) -> re.Pattern[str]:
    """Matches a word for "by" in a sentence about publication."""
    words = rules.metadata.get("months", {}).get("sentence", {}).get("by", [])
    return re.compile(rf"(?<!\w)(?:{dates.any_of(words)})\s+(?=\S)")
