"""Parts a line that credits several people into what each of them did: "Text: Jane Doe, photos: John Roe".

Who took the pictures, edited or translated an article is not its author, and a person is no paper. Such a line is found by its labels: a
word for a part in the work, or several that are joined ("Words and pictures"), with a colon or a word such as "by" behind it. The
words are `data/metadata/credit_lines.toml`, and those of translators are in `data/metadata/bylines.toml`. Whether the texts between the
labels are names is judged in `credit_lines`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from newsarchive import compiled
from newsarchive.core.metadata.byline_words import words
from newsarchive.core.text import dates
from newsarchive.rules import Rules

#: Characters of a line that credits people; a longer one is prose.
MAX_CREDIT_CHARACTERS = 200
#: Labels of one line; a line with more is a list of the crew of a film.
MAX_LABELS = 8
#: Words that one label joins: "Text, Fotos und Video".
MAX_JOINED = 4

#: Where a reporter was, up to the next name: "Jane Doe in Dublin and John Roe in Salvo, North Carolina".
PLACE = re.compile(
    r"\s+in\s+[^\W\d_a-z][\w.'’-]*(?:\s+[^\W\d_a-z][\w.'’-]*)*"
    r"(?:,\s+[^\W\d_a-z][\w.'’-]*(?:\s+[^\W\d_a-z][\w.'’-]*)?(?=\s*(?:[;,.]|$)|\s+and\s))?"
)

_EDGE = " \t\n\u3000.,;:：|｜/／、，；،؛·•–—-()（）[]【】*_"

Role = Literal["writing", "editing", "production", "pictures"]


class Part(NamedTuple):
    """What stands behind one label. Of a label that joins several words the first of these `role`s counts: `writing`, `editing` (with
    translations), `production`, `pictures`."""

    role: Role
    text: str


@lru_cache(maxsize=4096)
def parts(line: str, rules: Rules, *, alone: bool = False) -> tuple[Part, ...]:
    """The parts of a line that begins with a label and has two labels, or one that joins two words; none for any other line. With
    `alone` one label of one word is enough: "Text: Jane Doe".

    >>> from newsarchive import rules
    >>> [tuple(part) for part in parts("Text: Jane Doe / Fotos: John Roe", rules.default())]
    [('writing', 'Jane Doe'), ('pictures', 'John Roe')]
    >>> [tuple(part) for part in parts("Von Jane Doe (Text) und John Roe (Fotos)", rules.default())]
    [('writing', 'Jane Doe'), ('pictures', 'John Roe')]
    >>> [tuple(part) for part in parts("Written and edited by Jane Doe", rules.default())]
    [('writing', 'Jane Doe')]
    >>> parts("Text: the ferry is late", rules.default())
    ()
    """
    if len(line) > MAX_CREDIT_CHARACTERS:
        return ()
    labels = _labels(rules)
    if labels.any_sign.search(line) is None:
        return ()
    line = line.strip(_EDGE + "“”\"'«»")
    if ("(" in line or "（" in line) and (bracketed := _bracketed(line, labels, rules)):
        return bracketed
    begins_with_label = labels.label.match(line) is not None
    by = None if begins_with_label else words(rules).by.match(line)
    if by is None and not begins_with_label:
        return ()
    found = list(labels.label.finditer(line))[: MAX_LABELS + 1]
    if not 0 < len(found) <= MAX_LABELS:
        return ()
    starts: list[tuple[int, Role]] = []
    if by:  # "Reviewed by Jane Doe — Written by John Roe"
        starts.append((by.end(), "editing" if words(rules).helped.find(by[0]) else "writing"))
    starts += [(match.end(), labels.role_of(match["roles"])) for match in found]
    if len(starts) == 1 and not alone and not labels.joined.fullmatch(found[0]["roles"]):
        return ()
    ends = [*(match.start() for match in found[0 if by else 1 :]), len(line)]
    texts = [line[at:end].strip(_EDGE) for (at, _), end in zip(starts, ends, strict=True)]
    found_parts = tuple(Part(role, text) for (_, role), text in zip(starts, texts, strict=True))
    return found_parts if all(texts) else ()


def writers(line: str, rules: Rules) -> str | None:
    """The names of those who wrote, with commas between, where a line has labels of that kind: "" where it names only others. `None` for
    any other line.

    >>> from newsarchive import rules
    >>> writers("Text: Jane Doe / Fotos: John Roe", rules.default())
    'Jane Doe'
    >>> writers("Writing by Jane Doe in Salvo, North Carolina and Ann Poe in Dublin; Editing by John Roe", rules.default())
    'Jane Doe and Ann Poe'
    """
    found = parts(line, rules)
    return ", ".join(PLACE.sub("", part.text) for part in found if part.role == "writing") if found else None


def _bracketed(line: str, labels: _Labels, rules: Rules) -> tuple[Part, ...]:
    """The parts of a line whose labels stand in brackets behind the names. Where nobody is said to have written, the editors count as
    those who did."""
    is_open = sum(map(line.count, "(（")) > sum(map(line.count, ")）"))  # its end was stripped
    found = list(labels.bracket.finditer(line + ")" if is_open else line))
    if len(found) < 2:
        return ()
    by = words(rules).by.match(line)
    at, out = by.end() if by else 0, []
    for match in found:
        text = words(rules).separators.sub(", ", " " + line[at : match.start()] + " ")
        out.append(Part(labels.role_of(match["roles"]), text.strip(_EDGE)))
        at = match.end()
    if line[at:].strip(_EDGE) or not all(part.text for part in out):
        return ()
    if all(part.role != "writing" for part in out):
        # "Jane Doe (Redaktion), John Roe (Fotos)" names her desk.
        out = [
            part._replace(role="writing") if labels.desk.fullmatch(match["roles"]) else part
            for part, match in zip(out, found, strict=True)
        ]
    return tuple(out)


class _Labels:
    """The words of `credit_lines.toml` as expressions."""

    def __init__(self, rules: Rules) -> None:
        table = rules.metadata.get("credit_lines", {})
        of_translators = rules.metadata.get("bylines", {})

        def listed(name: str, of: Mapping[str, Any] = table) -> frozenset[str]:
            return frozenset(word for row in of.get(name, {}).values() for word in row)

        translation = {
            word.rstrip(":")
            for word in listed("translation", of_translators) | listed("translated_by", of_translators)
        }
        role = dates.any_of(
            listed("writing") | listed("pictures") | listed("editing") | listed("production") | translation
        )
        both = dates.any_of(listed("and", of_translators) | listed("and"))
        by = dates.any_of(listed("by"))
        # Arabic and Hebrew write "and" as the first letter of the next word.
        joint = rf"(?:\s*[&+·・/／、,–-]\s*|\s+(?:{both})\s+|\s+[וو])"
        joined = rf"(?:{role})(?:{joint}(?:{role})){{0,{MAX_JOINED - 1}}}"
        sign = r"\s*[:：/／|｜=]\s*"
        # "Translated from the Spanish by"
        between = rf"(?:\s+[^\s:：.]+){{0,4}}?\s+(?:{by})\s+"
        # "글 김민수, 사진 이영희": Korean writes no sign between the word and a name of three syllables.
        korean = r"(?<=[가-힣])\s+(?=[가-힣]{3}(?:\s기자)?(?:\s*[,·]|\s+[가-힣]{1,2}\s+[가-힣]{3}|$))"
        self.label = compiled.regex(
            rf"(?<![^\W_])(?P<roles>{joined})(?![^\W_])(?:{sign}|\s+(?:{by})(?:{sign}|\s+)|(?<=\.)\s+|{between}|{korean})",
            re.IGNORECASE,
        )
        self.joined = compiled.regex(rf"(?:{role}){joint}.*", re.IGNORECASE | re.DOTALL)
        self.bracket = compiled.regex(rf"[(（]\s*(?P<roles>{joined})\s*[)）]", re.IGNORECASE)
        #: What is a desk, too, where it stands in brackets behind a name.
        self.desk = compiled.regex(dates.any_of(listed("editing")), re.IGNORECASE)
        # A word of a label, which may hold what joins two of them: "fact-checking", "mise en page".
        self._word = compiled.regex(role, re.IGNORECASE)
        kinds: tuple[tuple[Role, frozenset[str]], ...] = (
            ("writing", listed("writing")),
            ("editing", listed("editing") | translation),
            ("production", listed("production")),
            ("pictures", listed("pictures")),
        )
        self._kinds = tuple(
            (kind, compiled.regex(dates.any_of(found), re.IGNORECASE)) for kind, found in kinds
        )
        # A line without any of these is no credit line; most lines have none.
        self.any_sign = compiled.regex(
            rf"[:：/／|｜=(（]|\s(?:{by})\s|^[가-힣]{{1,2}}\s[가-힣]{{3}}", re.IGNORECASE
        )

    def role_of(self, label: str) -> Role:
        found = self._word.findall(label)
        return next(kind for kind, known in self._kinds if any(map(known.fullmatch, found)))


_labels = lru_cache(maxsize=8)(_Labels)
