"""Sentences that say where a text first appeared: "This article first appeared in The Heron."

The phrases stand in `data/attribution/<lang>.toml` (`attribution_patterns` describes their form). The boilerplate
step labels blocks by them, and the origin step reads the publisher's name. Every line is compared with the phrases
of all languages, because blogs quote in the language of the publisher as often as in their own.

    >>> from newsarchive.rules import default
    >>> attribution_of("This article first appeared in The Guardian.", default()).source
    'The Guardian'
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from newsarchive import compiled
from newsarchive.core.metadata.credit_lines import ROLES, people_in
from newsarchive.core.metadata.person_names import SEGMENT
from newsarchive.core.origin import attribution_patterns
from newsarchive.core.origin.attribution_patterns import (
    VOWEL_MARKS,
    Phrase,
    any_of,
    beginnings,
    entries_of,
    folded,
    not_names,
    phrases_of,
    words_of,
)
from newsarchive.core.origin.mentions import is_press
from newsarchive.core.origin.publishers import by_host, by_name, listed, longest_name
from newsarchive.core.text import dates
from newsarchive.core.text.patterns import Literals, needed
from newsarchive.core.text.scripts import is_caseless
from newsarchive.core.text.words import statements
from newsarchive.rules import Rules

#: Characters. A longer line is prose: its sentences may be attributions, the line itself is none.
MAX_LINE_CHARACTERS = 400
#: Characters after the name of a `whole` phrase ("Source: Reuters, 3 March"). With more, the phrase does not match.
_MAX_REST_CHARACTERS = 80
#: Characters of a line of details, as a day, a time, an author and a source; a longer line is prose.
MAX_DETAILS_CHARACTERS = 160
#: Words after "Source:". Up to here they may be one name that holds a preposition ("Gazeta da Lagoa"); a longer text
#: ends at the first word that ends names.
_MAX_LABELLED_NAME_WORDS = 5
#: Share of its text that an `alone` phrase must fill. Below it, "The article first appeared …" is part of a tale.
_MIN_ALONE_SHARE = 0.4
#: Characters of a name in a script with spaces; a longer text is no name.
_MAX_NAME_CHARACTERS = 70
#: Characters of a name in a script without spaces; a longer text is no name.
_MAX_UNSPACED_NAME_CHARACTERS = 24
#: Words of a name in an alphabet with capitals; a longer text is no name.
_MAX_NAME_WORDS = 9
#: Words of a name in a script without capitals, where no capital tells a name from prose.
_MAX_CASELESS_NAME_WORDS = 5

#: Signs around a detail: "EFE / 3 May 2024", "(Reuters) 3 May 2024".
_AROUND_DETAIL = " \u00a0,;:/()[]-–—"
_LEAD = re.compile(r"[\W_]{0,6}")
_WORD = re.compile(r"\w+")
_ARTICLE = re.compile(r"(?<=[^\W\d_]\s)(?:The|El|La|Los|Las|Le|Les|Die|Der|Das|Il|Lo|De|Het|Os|As)\s+$")
_DOMAIN = r"(?:https?://)?(?:www\.)?[a-z0-9][\w-]*(?:\.[\w-]+)*\.[a-z]{2,12}"
_DOMAIN_FIRST = re.compile(rf"{_DOMAIN}(?![\w-])(?:/[^\s)）\]]*)?", re.I)
_IN_BRACKETS = re.compile(rf"\s*[(（\[]\s*(?:{_DOMAIN})(?:/[^\s)）\]]*)?\s*[)）\]]", re.I)
# A full stop ends the name, except one inside it: "Salon.com", "U.S. News".
_END = re.compile(
    r"[!?。！？।۔;；|•\n(（\[【]|(?<!\b[A-Z])(?<!\bSt)(?<!\bDr)(?<!\bMr)\.(?=\s|$|[\"”»)])"
    r"|,(?!\s?Inc)|，|、|،|؛|\s[–—-]\s|[:：]\s|[»”』」》](?=\S)"
)
#: Signs that end headlines, and no names.
_CALLS = ("!", "?", "！", "？")
_EDGE = " \t\n\"'“”‘’«»„‹›《》「」『』【】<>()（）[]*_–—-:：,，、،.。।۔!|•·→►▶"
_DATE = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\d[:.]\d\d")


@dataclass(frozen=True, slots=True)
class Attribution:
    """What an attribution says: its sentence (`text`), and the publisher's name as printed (`source`).

    `kind` is the table's word (`attribution`, `source`, `via`, `credit`), `weight` how far the phrase is believed, from
    0 to 1.
    """

    text: str
    source: str
    kind: str
    weight: float


#: Phrases that a line may begin with, the heaviest first.
_Bucket = tuple[Phrase, ...]


@dataclass(frozen=True)
class _PhraseIndex:
    """All phrases, the heaviest first, by the first two words of a line, or by its first character in scripts without spaces.
    Behind some first words anything may follow: `by_words` has their phrases by that word alone too.

    The phrases in `source_first` begin with the publisher's name. Each is tried only on a line that holds one of the words
    beside it, where these are known; `source_first_words` are all of these words. `note` matches an "Editor's note:" before
    the phrase, which begins with one of `note_words` or with a sign.
    """

    by_words: Mapping[tuple[str, ...], _Bucket]
    first_words: frozenset[tuple[str, ...]]
    by_character: Mapping[str, _Bucket]
    source_first: tuple[tuple[Literals | None, Phrase], ...]
    source_first_words: Literals
    note: re.Pattern[str]
    note_words: frozenset[str]

    def buckets(self, line: str) -> list[tuple[int, _Bucket]]:
        """The phrases that a line may begin with, each with the place where they would begin: after signs at its start,
        and after a note. Few lines have any."""
        line = folded(line)
        lower, named = _lower(line), []
        if self.source_first_words.stand_in(lower):
            named = [tuple(p for words, p in self.source_first if words is None or words.stand_in(lower))]
        start = 0 if line[:1].isalnum() else _LEAD.match(line).end()  # type: ignore[union-attr]
        word = _WORD.match(line, start)
        found = [(start, bucket) for bucket in (*self._by(line, word), *named)]
        may_be_note = not word or word[0].casefold() in self.note_words
        if may_be_note and (note := self.note.match(line, start)):
            start = note.end()
            found += [(start, bucket) for bucket in (*self._by(line, _WORD.match(line, start)), *named)]
        return found

    def _by(self, line: str, word: re.Match[str] | None) -> list[_Bucket]:
        """The phrases that may begin with this word of a line and the next one."""
        if not word:
            return []
        first, of_character = (word[0].casefold(),), self.by_character.get(word[0][0])
        of_words = self.by_words.get(first)
        if first in self.first_words and (second := _WORD.search(line, word.end())):
            of_words = self.by_words.get((*first, second[0].casefold()), of_words)
        return [bucket for bucket in (of_words, of_character) if bucket]


def _lower(text: str) -> str:
    """A text in small letters, the Turkish ones with a dot: in capitals "ı" and "i" are one letter for expressions."""
    return text.lower().replace("ı", "i")


def attribution_of(text: str, rules: Rules, *, quotes: bool = False) -> Attribution | None:
    """The attribution in a line that is one from its first word on, `None` for any other line.

    Prose with an attribution somewhere inside is none; `attributions_in` finds that. `quotes` says that the line quoted the
    page's headline, which was taken out of it (`backlinks.without_headline`).
    """
    line = text.strip()
    if not line or len(line) > MAX_LINE_CHARACTERS:
        return None
    # Few lines begin as some phrase does. What the first sentence begins with is the same.
    if not _phrase_index(rules).buckets(_without_vowel_marks(line)):
        return _behind_date(line, rules)
    first = next(iter(statements(line)), "")
    share = len(first) / len(line)
    found = _match(first, share, rules, quotes)
    if found is None and first != line:
        found = _match(line, 1.0, rules, quotes)
    if found and _is_person_in(line, found.source, rules):
        return None  # "Text: Jane Doe, fot. John Roe" has a stop in its middle
    return found or _behind_date(line, rules)


def _behind_date(line: str, rules: Rules) -> Attribution | None:
    """The attribution behind the day in a line of details: "3 May 2024, 10:20 | Source: Reuters", "2024-05-03 来源：新华网". Its text is
    that of the detail alone, since the day is the page's own and not the first publisher's."""
    for piece in details_beside_date(line, rules)[1]:
        if found := _match(piece, 1.0, rules):
            return found
    return None


def details_beside_date(line: str, rules: Rules) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a line of details says before its day, and what behind it and its time. Both are `()` for prose and for lines without a
    day.

    >>> from newsarchive.rules import default
    >>> details_beside_date("Harbour | 3 May 2024, 10:20 Source: Reuters | By Jane Doe", default())
    (('Harbour',), ('Source: Reuters', 'By Jane Doe'))
    """
    day = dates.date_text(line, rules) if len(line) <= MAX_DETAILS_CHARACTERS else ""
    if not day:
        return (), ()
    before, _, behind = line.partition(day)
    return _details(before), _details(dates.without_time(behind))


def _details(text: str) -> tuple[str, ...]:
    return tuple(piece for part in SEGMENT.split(text) if (piece := part.strip(_AROUND_DETAIL)))


def attributions_in(text: str, rules: Rules, *, quotes: bool = False) -> tuple[Attribution, ...]:
    """All sentences of a text that are attributions, in their order. Where none is, a line of details that names its source first:
    "Source: Reuters Author: Jane Doe". `quotes` is that of `attribution_of`."""
    length = max(1, len(text.strip()))
    found = [_match(sentence, len(sentence) / length, rules, quotes) for sentence in statements(text)]
    # "Text: Jane Doe, fot. John Roe" is more than one sentence here.
    found = [a for a in found if a and not _is_person_in(text, a.source, rules)]
    if not any(found):
        line = attribution_of(text, rules)
        found = [line if line and line.kind == "source" else _behind_date(text.strip(), rules)]
    return tuple(a for a in found if a is not None)


def _without_vowel_marks(text: str) -> str:
    return text if text.isascii() else VOWEL_MARKS.sub("", text)


@lru_cache(maxsize=2048)  # the boilerplate step and the origin step ask for the same sentences
def _match(sentence: str, share: float, rules: Rules, quotes: bool = False) -> Attribution | None:
    """The heaviest phrase that a sentence begins with; `share` is the part of its text that the sentence fills, `quotes` that of
    `attribution_of`."""
    if len(sentence) > MAX_LINE_CHARACTERS:
        return None
    line = _without_vowel_marks(sentence)
    for start, bucket in _phrase_index(rules).buckets(line):
        for phrase in bucket:
            if phrase.headline and not quotes:
                continue
            match = phrase.regex.match(line, start)
            if match is None or (phrase.alone and share < _MIN_ALONE_SHARE):
                continue
            # The name gets back the article that a phrase took for its own: "en La Voz" is "en" and "La Voz".
            article = _ARTICLE.search(line, 0, match.start("source"))
            rest = (article[0] if article else "") + match["source"]
            if source := _source(rest, phrase, rules):
                if _is_person_in(sentence, source, rules):
                    return None
                return Attribution(sentence, source, phrase.kind, phrase.weight)
    return None


def _is_person_in(line: str, source: str, rules: Rules) -> bool:
    """Whether a source is a person whom a line credits and no paper: "Translated by Jane Doe" tells of no republication, and "Text: Jane
    Doe" of no source."""
    return any(
        (source in name or name in source) and not _may_be_paper(name, rules)
        for name in people_in(line, rules, alone=ROLES)
    )


def _may_be_paper(name: str, rules: Rules) -> bool:
    return listed(name, rules) is not None or is_press(words_of(name, rules))


def _source(rest: str, phrase: Phrase, rules: Rules) -> str:
    """The publisher's name that the rest of a sentence begins with, as printed; "" where it begins with no name."""
    rest = rest.lstrip(_EDGE)
    if phrase.lead and (lead := phrase.lead.match(rest)):
        rest = rest[lead.end() :].lstrip(_EDGE)
    if phrase.behind:
        rest = phrase.behind.sub("", rest)
    if (domain := _DOMAIN_FIRST.match(rest)) and not phrase.listed:
        name, _, last = domain[0].rpartition(".")
        # A listed name and the next sentence: "Source: Reuters.Photo by Ada Lowe".
        is_glued = last.istitle() and by_host(domain[0], rules) is None and by_name(name, rules) is not None
        is_site = not not_names(rules).match(domain[0]) and not _too_long(rest[domain.end() :], phrase)
        if not is_glued:
            return domain[0].rstrip("/.") if is_site else ""
    name = longest_name(rest, rules, phrase.stops) or _unlisted_name(rest, phrase, rules)
    if name.islower() and not_names(rules).match(name):  # "a wire agency feed" is not The Wire's
        return ""
    if not name or (phrase.listed and by_name(name, rules) is None):
        return ""
    at = rest.find(name) + len(name)
    site = _IN_BRACKETS.match(rest, at)
    if _too_long(rest[site.end() if site else at :], phrase):
        return ""
    return name + (" " + site[0].strip() if site else "")


def _unlisted_name(rest: str, phrase: Phrase, rules: Rules) -> str:
    """The text up to punctuation, or up to a word that ends names in this language, where it looks like a name."""
    end = _END.search(rest)
    if end and phrase.whole and end[0] in _CALLS:
        return ""  # "原文：磨坊关闭！" quotes a headline
    name = rest[: end.start() if end else None].strip(_EDGE)
    if not (phrase.whole and len(name.split()) <= _MAX_LABELLED_NAME_WORDS and _is_name(name, phrase.spaces)):
        stop = phrase.stops.search(name) if phrase.stops else None
        name = name[: stop.start() if stop else None].strip(_EDGE)
    return name if _is_name(name, phrase.spaces) and not not_names(rules).match(name) else ""


def _too_long(rest: str, phrase: Phrase) -> bool:
    return phrase.whole and len(rest.strip(_EDGE)) > _MAX_REST_CHARACTERS


def _is_name(name: str, spaces: bool) -> bool:
    """Whether a text is short, is no date, and has capitals where its script knows them."""
    words = name.split()
    longest = _MAX_NAME_CHARACTERS if spaces else _MAX_UNSPACED_NAME_CHARACTERS
    if not 2 <= len(name) <= longest or len(words) > _MAX_NAME_WORDS or _DATE.search(name):
        return False
    if not any(map(str.isalpha, name)):
        return False
    if is_caseless(name):
        return len(words) <= _MAX_CASELESS_NAME_WORDS
    small = [w for w in words if w[0].islower() and len(w) > 3]
    return (_is_capital(words[0]) and len(small) < 2) or (any(map(_is_capital, words)) and not small)


def _is_capital(word: str) -> bool:
    first = next((c for c in word if c.isalnum()), "")
    return bool(first) and not first.islower()


@lru_cache(maxsize=8)
def _phrase_index(rules: Rules) -> _PhraseIndex:
    phrases = [p for language, table in rules.attribution.items() for p in phrases_of(language, table)]
    phrases.sort(key=lambda phrase: -phrase.weight)
    begun = list(
        zip(
            phrases,
            compiled.made(
                repr(rules.attribution),
                lambda: tuple(frozenset(beginnings(p)) for p in phrases),
                attribution_patterns,
            ),
            strict=True,
        )
    )
    longer: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for pair in (pair for phrase, begins in begun if phrase.spaces for pair in begins if len(pair) > 1):
        longer.setdefault(pair[:1], set()).add(pair)
    words: dict[tuple[str, ...], list[Phrase]] = {}
    characters: dict[str, list[Phrase]] = {}
    for phrase, begins in begun:
        if phrase.spaces:
            for beginning in begins.union(*(longer.get(one, ()) for one in begins)):
                words.setdefault(beginning, []).append(phrase)
        else:
            for character in {beginning[0][0] for beginning in begins}:
                characters.setdefault(character, []).append(phrase)
    source_first = [phrase for phrase, begins in begun if not begins]
    notes = entries_of(rules, "notes")
    note = compiled.regex(any_of(notes) + r"\s*[:：.)\]–—-]\W{0,4}", re.I)
    of_names = [needed(phrase.expression) for phrase in source_first]
    return _PhraseIndex(
        {beginning: tuple(found) for beginning, found in words.items()},
        frozenset(longer),
        {character: tuple(found) for character, found in characters.items()},
        tuple(
            (Literals(map(_lower, sorted(needs))) if needs else None, phrase)
            for needs, phrase in zip(of_names, source_first, strict=True)
        ),
        Literals(map(_lower, sorted(frozenset().union(*of_names)))) if all(of_names) else Literals([" "]),
        note,
        frozenset(word[0].casefold() for entry in notes if (word := _WORD.search(folded(entry)))),
    )
