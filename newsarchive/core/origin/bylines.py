"""The agencies and papers that a byline names: "Jane Doe, The Canadian Press", "Redazione ANSA", "Le Monde avec AFP".

The names of people are read from the same lines by `core/metadata/bylines.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from newsarchive import compiled
from newsarchive.core.metadata import byline_words
from newsarchive.core.metadata.person_names import paper_behind
from newsarchive.core.origin.attribution_patterns import any_of, entries_of
from newsarchive.core.origin.publishers import Publisher, by_name, folded_entries, is_agency, key_of
from newsarchive.rules import Rules

#: Characters of a byline that consists of an agency ("Da Redação, com Agência Brasil"). A longer line is a sentence.
MAX_AGENCY_BYLINE_CHARACTERS = 60
#: Words of a part beside the agency: the place, the desk, the signs of its writers. With more it is a sentence.
MAX_WORDS_BESIDE_AGENCY = 2

_PARTS = re.compile(r"[\n,|/;()（）•·–—]|\s-\s|\s(?:for|of)\s", re.I)
_AGENCY_PARTS = re.compile(r"[\n,|/;·•–—]|\s-\s")
_EDGE = " ()[]【】.:-"


def agency_alone(line: str, rules: Rules) -> str:
    """The agency that a short byline consists of, as printed, "" for any other line.

    >>> from newsarchive.rules import default
    >>> lines = ("Redazione ANSA", "Le Monde avec AFP", "dpa/lsw", "EFE | Madrid", "Reuters said so again on Friday")
    >>> [agency_alone(line, default()) for line in lines]
    ['ANSA', 'AFP', 'dpa', 'EFE', '']
    """
    if len(line) > MAX_AGENCY_BYLINE_CHARACTERS:
        return ""
    parts = [part for text in _AGENCY_PARTS.split(line) if (part := text.strip(_EDGE))]
    named = [(i, name) for i, part in enumerate(parts) if (name := _agency_in(part, rules))]
    if not named:
        return ""
    beside = (part for i, part in enumerate(parts) if i != named[0][0])
    return named[0][1] if all(len(part.split()) <= MAX_WORDS_BESIDE_AGENCY for part in beside) else ""


def _agency_in(part: str, rules: Rules) -> str:
    words = _words(rules)
    *before, last = words.joint.split(part)
    if any(len(text.split()) > MAX_WORDS_BESIDE_AGENCY for text in before):
        return ""
    bare = words.by.sub("", last.strip())
    names = (bare, words.last_role.sub("", bare), words.first_role.sub("", bare))
    return next((name for name in names if is_agency(name, rules)), "")


def publishers_in(byline: str, rules: Rules) -> Iterator[tuple[str, str, Publisher]]:
    """Each part of a byline that names a publisher, the name in it as printed, and the publisher. What any paper may have,
    a "National Desk", names none."""
    words = _words(rules)
    for part in dict.fromkeys((words.by.sub("", byline.strip()), *_PARTS.split(byline))):
        line = words.by.sub("", part.strip())
        if key_of(line) in folded_entries(rules, "own_desks"):
            continue
        job = words.last_role.sub("", line)
        # "Science Editor" is no editor of Science.
        if job != line and job.casefold() in byline_words.words(rules).beats:
            continue
        bare = words.before.sub("", words.first_role.sub("", job))
        printed = paper_behind(bare, rules) or bare
        if found := by_name(printed, rules):
            yield part, printed, found


class _Words(NamedTuple):
    """The words before a name, a job at its end or at its beginning, what joins a name to another, and what stands between an author
    and her paper ("Jane Doe, do G1")."""

    by: re.Pattern[str]
    last_role: re.Pattern[str]
    first_role: re.Pattern[str]
    joint: re.Pattern[str]
    before: re.Pattern[str]


@lru_cache(maxsize=8)
def _words(rules: Rules) -> _Words:
    lists = ("by", "roles", "joint", "before_paper")
    by, roles, joint, before = (any_of(entries_of(rules, key)) for key in lists)
    return _Words(
        compiled.regex(rf"^{by}[\s:：]+", re.I),
        compiled.regex(rf"[\s-]*{roles}\s*$", re.I),
        compiled.regex(rf"^{roles}\s+", re.I),
        compiled.regex(rf"(?:^|\s+){joint}\s+", re.I),
        compiled.regex(rf"^{before}\s+", re.I),
    )
