"""The words of bylines, compiled for searching: `words(rules)` gives the lists of `data/metadata/bylines.toml` and
`data/metadata/nobody.toml` as patterns and as phrases of whole words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from newsarchive import compiled
from newsarchive.core.text import dates
from newsarchive.core.text.normalise import key
from newsarchive.rules import Rules

_TOKEN = re.compile(r"\S+")
_STOPS = ".,:;：!?()[]|•·"
_STOP = re.compile("[" + re.escape(_STOPS) + "]")
#: Bylines in scripts without spaces: 記者王小明, 김철수 기자. "記者会" is a press conference.
_BEFORE_HAN = r"(?:记者|記者|撰文|作者)(?=(?![会會])[\u4e00-\u9fff·]{2,4}(?:\W|$))"


@lru_cache(maxsize=1024)
def _tokens(text: str) -> frozenset[str]:
    """The words of a text in lower case, without punctuation. They are remembered, because one line is searched for the
    phrases of several tables."""
    return frozenset(_STOP.sub(" ", text.casefold()).split())


class Phrases:
    """Finds phrases of whole words in a text, in upper or lower case."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_first: dict[str, list[list[str]]] = {}
        for phrase in sorted(phrases, key=len, reverse=True):
            first, *rest = phrase.casefold().split()  # of Greek words in "ς" too
            self._by_first.setdefault(first, []).append(rest)

    def find(self, text: str) -> tuple[int, int] | None:
        """Start and end of the first phrase in a text, with a colon after it; `None` for a text without one. Of several
        phrases at one place the longest is taken."""
        if self._by_first.keys().isdisjoint(_tokens(text)):
            return None
        tokens = [(m.group().casefold(), m.start(), m.end()) for m in _TOKEN.finditer(text)]
        for i, (token, start, end) in enumerate(tokens):
            for rest in self._by_first.get(token.strip(_STOPS), ()):
                following = tokens[i + 1 : i + 1 + len(rest)]
                if [t.strip(_STOPS) for t, _, _ in following] == rest:
                    return start, following[-1][2] if following else end
        return None


class Words:
    """The words of `bylines.toml` and `nobody.toml`, which describe each list. `separators` matches between two names."""

    def __init__(self, rules: Rules) -> None:
        table = {**rules.metadata.get("nobody", {}), **rules.metadata.get("bylines", {})}

        def listed(name: str) -> frozenset[str]:
            return frozenset(w for row in table.get(name, {}).values() for w in row)

        both, editions = dates.any_of(listed("and")), dates.any_of(listed("editions"))
        self.by = compiled.regex(
            rf"^\W*(?:(?:{dates.any_of(listed('by'))})(?!\w|['’]s\b|,)\s*[:：/／՝＝・៖፡፦]?\s*|{_BEFORE_HAN}|(?-i:(?:[Ww]ritten |[Pp]osted )?[Bb]y(?=[A-Z])))",
            re.IGNORECASE,
        )
        self.separators = compiled.regex(
            rf"\s*[,;/／、，；]\s*(?:(?:{both})\s+)?|\s+(?:{both})(?!\s+(?i:{editions})(?!\w))\s+"
        )
        self.signed = Phrases(listed("signed"))
        self.end = Phrases(listed("end") | listed("translated_by"))
        self.helped = Phrases(listed("helped") | listed("translated_by"))
        translation = dates.any_of(listed("translation"))
        self.translation = compiled.regex(rf"\W*(?:{translation})(?!\w)", re.IGNORECASE)
        # Behind a headline such as "Lost in Translation" stands the author.
        self.before_translator = compiled.regex(
            rf"(?:(?:\A|[|/•·,;]\s*)(?:{translation})|(?<!\w)(?:{translation})\s*[:：])\s*\Z", re.IGNORECASE
        )
        by_them = dates.any_of(listed("translated_by"))
        self.translated_by = compiled.regex(rf"\W*(?:{by_them})(?!\w)", re.IGNORECASE)
        # "Jane Doe, translator" has a job, and "Translators Without Borders" is a firm.
        is_label = rf"(?<=\.)|[^:：]*(?:[:：]|(?<!\w)(?:{dates.any_of(listed('by'))})(?!\w))"
        self.labelled_translator = compiled.regex(
            rf"\W*(?:(?:{by_them})(?!\w)|(?:{translation})(?!\w)(?:{is_label}))", re.IGNORECASE
        )
        self.behind_author = compiled.regex(
            rf"(?<=\w)\W+(?:(?:{by_them})(?!\w)|(?:{translation})\s*[:：]).*", re.IGNORECASE | re.DOTALL
        )
        self.role = Phrases(listed("role"))
        self.before_job = listed("before_job")
        self.trade = Phrases(listed("trade"))
        self.person = Phrases(listed("person"))
        self.pictures = Phrases(listed("picture"))
        self.weekdays = listed("weekday")
        self.short_weekdays = listed("short_weekday")
        self.before_dates = listed("before_date")
        self.weak = listed("weak")
        self.particles = listed("particle")
        self.labels = listed("label")
        # What else a line of details names with a colon behind it.
        details = listed("section_label") | listed("tag_label") | listed("detail")
        stated = rules.metadata.get("months", {}).get("published", {}).values()
        self.details = details | {word.rstrip(":") for row in stated for word in row}
        self.given_months = listed("given_month")
        self.surnames = listed("surname")
        self.life = listed("life")
        self.contact = frozenset(map(key, listed("contact")))
        #: Headings of boxes in a sidebar, and of menus.
        self.widgets = frozenset(map(key, listed("widget")))
        self.never = frozenset(map(key, listed("never"))) | self.widgets
        self.agency = frozenset(map(key, listed("agency")))
        # The names of two or more words that papers and agencies are listed with, with and without "The".
        listed_names = (n for p in rules.publishers for n in (p.get("name", ""), *p.get("aliases", ())))
        forms = (form for name in listed_names for form in (name, name.removeprefix("The ")))
        self.papers = frozenset(key(form) for form in forms if " " in form)
        self.before_paper = listed("before_paper")
        self.organisation = listed("organisation")
        self.legal = listed("legal")
        self.boxes = listed("box")
        self.first = listed("first")
        self.anywhere = listed("anywhere")
        self.beats = listed("beat")
        self.services = listed("service")
        self.is_now = listed("is_now")
        self.tells_job = listed("tells_job")
        self.jobs = listed("job")


#: The words of the rules, compiled once.
words = lru_cache(maxsize=8)(Words)
