"""Where a date stands in a text: in a line of its own, in a dateline, in a sentence that tells of publishing, in prose.

A line that is little more than a date is the day of the post. A dateline ("SIOUX FALLS, S.D. (AP), 11/07/2025 –")
is the day on which the report was written, often by another paper; what stands before the date is a place and nobody's
name. Old themes say it in a sentence: "This entry was posted by Jane Doe on Monday, 14 December 2015 at 14:48 and is
filed under General." Any other sentence may name any day.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import takewhile

from newsarchive.core.facts import dates, names
from newsarchive.rules import Rules

#: Words beside the date in a line of its own: above, the line is a sentence ("By Craig Randall , Alli Miles , Eszter
#: Horanyi on March 12, 2026" has 10, and opens with a word for "by").
MAX_WORDS_BESIDE_DATE = 6
#: Characters of a block that may hold a byline and a date; a longer one is a paragraph.
MAX_LINE_CHARS = 160
#: Characters of a sentence that tells of publishing before its date and the name.
MAX_SENTENCE_CHARS = 240
#: Capitals of a place, with its region in short: "SIOUX FALLS, S.D.", "NEW YORK, N.Y. (Reuters)".
_PLACE = re.compile(
    r"\W{0,3}[A-ZÀ-ÞА-Я][A-ZÀ-ÞА-Я.'’-]+(?:[ /-][A-ZÀ-ÞА-Я.'’-]+){0,4}"
    r"(?P<region>, ?(?:[A-Z]{1,2}|(?:[A-Z][a-z]{0,5}\.){1,3}))?(?:\s*\([^()]{2,30}\))?\s?[,–—-]?\s*(?:on\s+)?$"
)
#: What parts the date of a dateline from the report.
_REPORT = re.compile(r"\s*(?:[–—/(]|-{1,2}\s|:\s)")
_CLAUSE = re.compile(r"[.;](?=\s+\w{3})")


def is_dateline(line: str, found: str, block: str, rules: Rules) -> bool:
    """Whether the date `found` in a line belongs to a dateline: capitals of a place before it, and a region or the
    beginning of the report behind it in the `block` that holds the line.

    >>> from newsarchive import rules
    >>> [is_dateline(t, "May 3, 2024", t, rules.default()) for t in (
    ...     "SIOUX FALLS, S.D. May 3, 2024", "LONDON, May 3, 2024 /PRNewswire/ -- A", "NEWS, May 3, 2024")]
    [True, True, False]
    """
    at = line.find(found)
    match = _PLACE.match(line[:at]) if found and at > 2 else None
    if match is None or dates.signs(line[:at], rules) or names.words(rules).by.match(line):
        return False
    first = re.split(r"\W", line.strip(), maxsplit=1)[0].casefold()
    if first in names.words(rules).weekdays:
        return False
    behind = block[block.find(found) + len(found) :]
    return match["region"] is not None or _REPORT.match(behind) is not None


def in_prose(line: str, found: str, block: str, rules: Rules) -> bool:
    """Whether the date `found` stands in running text, where it may be a day of anything."""
    if dates.signs(line, rules) or names.words(rules).by.match(line):
        return False
    beside = len(line.replace(found, " ", 1).split())
    whole = line.strip() == found or block[:MAX_LINE_CHARS].split("\n", 1)[0].strip() == line.strip()
    return beside > MAX_WORDS_BESIDE_DATE or (len(block) > MAX_LINE_CHARS and not whole)


def told(text: str, rules: Rules) -> tuple[str, str]:
    """The part of a sentence about the post's publication that names its date, and the part behind its word for "by";
    "" for what it does not tell, and for a text that opens in another way.

    >>> from newsarchive import rules
    >>> told("This entry was posted by Jane Doe on Monday, December 14th, 2015 at 2:48 pm and is filed …", rules.default())
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
    return sentence[at:], _capitalised(sentence[by.end() :], rules) if by else ""


def _capitalised(text: str, rules: Rules) -> str:
    """The words that a text opens with, up to the first one in small letters that is no part of a name."""
    particles = names.words(rules).particles
    return " ".join(
        takewhile(lambda word: not names.is_small(word[0]) or word in particles, text.split()[:6])
    )


@lru_cache(maxsize=8)
def _openings(rules: Rules) -> tuple[str, ...]:
    table = rules.metadata.get("months", {}).get("sentence", {})
    return tuple(table.get("openings", [])) or ("\0",)


@lru_cache(maxsize=8)
def _by(rules: Rules) -> re.Pattern[str]:
    """The words for "by" inside such a sentence."""
    words = rules.metadata.get("months", {}).get("sentence", {}).get("by", [])
    return re.compile(rf"(?<!\w)(?:{dates.any_of(words)})\s+(?=\S)")
