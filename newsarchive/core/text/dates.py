"""Reads dates in the forms that pages use: "2025-04-03T08:15:00Z", "3. April 2025", "2025年4月3日".

The forms are ISO 8601, RFC 5322, the output of C and Java, numbers, and month names of many languages
(`data/metadata/months.toml`). 03/04/2025 may be in March or in April: `date_orders` finds the order in which a page or
a region writes day and month. Dates of other calendars are read in `calendars`. `from_url` reads the day in an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from newsarchive import compiled
from newsarchive.core.text import calendars
from newsarchive.core.text.patterns import words_of
from newsarchive.core.text.scripts import western
from newsarchive.core.text.words import has_digit
from newsarchive.rules import Rules

#: Characters of a text that are read as a date; the rest is cut off.
MAX_DATE_CHARS = 80

#: Characters of a line beside its date; in a line with more, the date is ignored.
MAX_CHARS_BESIDE_DATE = 60
#: Characters before a date that may be its weekday and its time of day ("10:20:00 a.m. on Wednesday, ").
MAX_CHARS_BEFORE_DATE = 30

#: Words for the half of the day before a time ("오후 3:20", "PM 3:20", "दोपहर 3:20", "晚上8点20分").
_BEFORE = (
    r"오전|오후|새벽|아침|저녁|밤|上午|下午|午前|午後|凌晨|清晨|早上|早晨|中午|傍晚|晚上|深夜|(?<![^\W\d_])[ap]m|सुबह|पूर्वाह्न|दोपहर|अपराह्न|शाम|सायं|"
    "सकाळी|दुपारी|रात|সকাল|দুপুর|বিকাল|বিকেল|সন্ধ্যা|রাত|முற்பகல்|பிற்பகல்"
)
_HALF_BEFORE = rf"(?P<before>{_BEFORE}) ?"
#: Behind a time ("3:20 p. m.", "3:20 μ.μ.", "3:20 م", "3:20 CH"), also with the next word glued to "pm": "7:37 pmNo comments".
_HALF_BEHIND = (
    r"(?P<behind>pm|صباح|ظهر|عصر|مساء|بعد ?(?:از ?|ال)ظهر|صبح|شام|अपराह्न|पूर्वाह्न|এএম|পূর্বাহ্ন|পিএম|অপরাহ্ন|ጥዋት|ከሰዓት|"
    r"(?:[ap]\.? ?m|[πμ]\.? ?μ|[صم]|[قب]\.? ?ظ|د\.ن|ch)(?!\w))"
)
#: How words for the second half of the day begin.
_SECOND_HALF = ("p", "μ", "م", "오후", "저녁", "下", "午後", "中午", "傍晚", "பி", "ከ", "د", "दोपहर", "अपराह्न", "शाम", "सायं", "दुपारी", "দুপুর", "বিক", "সন্ধ্যা", "ظهر", "عصر",
                "ب", "شام", "পিএম", "অপরাহ্ন", "ch")  # fmt: skip

#: Words for noon. An hour before twelve at noon is of the forenoon: "11:30 ظهرا".
_NOON = ("ظهر", "दोपहर", "दुपारी", "দুপুর", "中午")
#: Words for night, which has hours of both halves: "晚上8点" is 20:00, "晚上12点" midnight, and "रात 1:20" 01:20.
_NIGHT = ("밤", "晚上", "深夜", "रात", "রাত")

ISO = re.compile(
    r"(?<!\d)(?P<y>(?:19|20)\d\d)[-/.] ?(?P<m>\d{1,2})[-/.] ?(?P<d>\d{1,2})(?!\d)"
    # A word of few letters may stand before the time: the day of the week ("Mon", "(月)"), or "at".
    rf"(?:(?:\.?[T ,]+(?:\(?(?!{_BEFORE})[^\W\d_]{{1,4}}\.?\)?[ ,]+)?| ?[|•·/] ?| [–—-] )(?:{_HALF_BEFORE})?"
    r"(?P<H>\d{1,2}):(?P<M>\d\d)(?::(?P<S>\d\d)(?:[.,]\d+)?)?"
    rf"\s*(?:{_HALF_BEHIND}|(?P<z>Z(?!\w)|(?:UTC|GMT)(?: ?[+-]\d\d?(?::?\d\d)?)?|[+-]\d\d(?::?\d\d)?))?)?",
    re.IGNORECASE,
)
_COMPACT = re.compile(
    r"^(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)(?:t?(?P<H>\d\d)(?P<M>\d\d)(?P<S>\d\d)?(?P<z>z|[+-]\d{4})?)?$"
)
_EASTERN = re.compile(
    r"((?:19|20)\d\d)\s*[年년]\s*(?:[(（][^()（）]{1,12}[)）]\s*)?(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]"
)
_EASTERN_MONTH = re.compile(r"((?:19|20)\d\d)\s*[年년]\s*(\d{1,2})\s*[月월](?!\s*\d)")
_VIETNAMESE = re.compile(r"(?<!\d)(\d{1,2}) (?:tháng|thg) (\d{1,2}),? (?:năm )?((?:19|20)\d\d)(?!\d)")
#: Years by which the Thai (Buddhist) calendar is ahead.
BUDDHIST_YEARS = 543
#: The output of C's `asctime`, Java's `Date.toString` and Twitter's API: "Fri Feb 18 10:27:24 2022", "Tue Jan 28 15:28:56 CET 2020".
_PRINTED_BY_CODE = re.compile(
    r"^[a-z]{3} (?P<m>[a-z]{3}) (?P<d>\d{1,2}) (?P<H>\d\d):(?P<M>\d\d):(?P<S>\d\d)(?: (?P<z>[a-z]{3,5}|[+-]\d{4}))? (?P<y>(?:19|20)\d\d)$"
)
#: The same with the weekday behind the day, as Pixnet prints it: "Mar 05 Sun 2023 09:11".
_WEEKDAY_INSIDE = re.compile(
    r"^(?P<m>[a-z]{3}) (?P<d>\d\d) (?:mon|tue|wed|thu|fri|sat|sun) (?P<y>(?:19|20)\d\d) ?(?P<H>\d\d):(?P<M>\d\d)$"
)
#: RFC 822, and RFC 850 with strokes, with a year of two digits: "Thu, 3 Apr 25 10:00:00 GMT".
_RFC_822 = re.compile(
    r"^(?:[a-z]{3,9},? ?)?(?P<d>\d{1,2})[ -](?P<m>[a-z]{3})[ -](?P<y>\d\d) (?P<H>\d\d):(?P<M>\d\d)(?::(?P<S>\d\d))?"
)
#: A date in numbers. The time may follow the year without a space: 28.09.1912:44.
NUMERIC = re.compile(
    r"(\d(?<!\d\d)\d?)([./-])\s?(\d{1,2})\2\s?((?:(?:19|20)\d\d|\d\d)(?=\d\d:\d\d(?!\d))|(?:(?:19|20|25)\d\d|\d\d)(?!\d))"
)
#: The first day of a span, before the last one; the number of an issue is none ("Issue 12 - 22 August 2012", "№ 12 - …").
_SPAN = re.compile(
    r"(?<![\w:.,/№°º])(?<![№°º] )(?<!(?:sue|no\.|nr\.|ol\.|abe|eft|ero|éro) )(?!0\b)(\d{1,2})\.?(?: ([^\W\d_]{3,12})\.?)? ?[-–—] ?$"
)
#: The beginnings of the English names of months, in order.
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
#: A time of day: no offset ("UTC-05:00"), but also one behind a dash at the date ("12.11.2012-15:03").
_CLOCK = re.compile(
    rf"(?:{_HALF_BEFORE})?(?<![\d.+])(?<![^\W\d]-)(?P<H>\d{{1,2}})"
    r"(?:(?::| ?h ?|[時时시点點] ?|\.(?=\d\d\s*(?:uhr|น|[ap]\.? ?m)))(?P<M>\d\d)(?::(?P<S>\d\d)(?:\.\d+)?)?"
    # An hour alone: "5 p.m.", "5 am ET", but German "3 am 4. Mai 2024".
    r"|(?= ?(?:p\.? ?m|a\. ?m|am(?= ?(?:$|[|,;)•·–—-]|on\b|[a-z]{1,3}t\b)))(?!\w)))"
    rf"(?: ?{_HALF_BEHIND})?(?!\d)"
)
#: A time of day with a dot, right behind a date: " kl. 9.45", " klo 9.45", ", 09.45 WIB". Elsewhere, and with other words behind it, it
#: may be a price or a share.
_DOTTED_CLOCK = re.compile(
    r"[\s,|•·–—-]*(?:(?P<word>kl\.?|klo|kello|klokk?[ae]n?|ore|pukul|um|kell) ?)?(?P<H>\d{1,2})\.(?P<M>\d\d)(?:\.(?P<S>\d\d))?"
    r"(?![\d%€$£]|[.,]\d)(?(word)|(?=\s*(?:$|[|,;()•·/–—-]|(?:wib|wita?|[ce]es?t|utc|gmt|h)\b)))"
)
#: The English weekdays, by which the order of day and month is known: "Monday, 11/05/2012" is in November.
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = rf"(?<![^\W\d_])({'|'.join(_WEEKDAYS)})(?:day|s|sday|nesday|r|rs|rsday|urday)?[.,]*\s+"
_WEEKDAY_BEFORE = re.compile(rf"{_WEEKDAY}$", re.IGNORECASE)
#: What belongs to a date and stands before it: "15:03 | 12.11.2012", "10:20 am on Monday, 11/12/2012".
_BEFORE_DATE = re.compile(
    rf"(?:(?<![\d:.,])\d{{1,2}}[:h]\d\d(?::\d\d)?(?:\s?(?:[ap]\.?m\.?|uhr|h))?(?:\s*[,|•·/–—-]\s*|\s+)(?:on )?)?(?:{_WEEKDAY})?$",
    re.IGNORECASE,
)
#: Hours and minutes ahead of UTC. "10:00-12:00" and "8:00 -9:30" are spans of time.
_OFFSET = re.compile(
    r"(?:[ ,(]*(?:utc|gmt) ?| (?=\+\d\d?:\d\d|-\d\d:\d\d|[+-]\d{4})|(?=[+-]\d{4}|\+\d\d:\d\d))([+-])(\d\d?)(?::?(\d\d))?(?!\d)"
)
#: What the next element says right behind a year, where a program wrote no space between two elements: "Mar 3, 20263 mins",
#: "3 March 20265 comments", "3 March 202610:20". A year of five or six digits behind a day and a month is none.
_GLUED = r"(?=\d{1,3} ?[^\W\d_]|\d\d:\d\d(?!\d))"
#: "10:33 PM IST": India's time, but on pages of Ireland and Israel (`at_place`). In small letters it is a German word.
_INDIAN_TIME = re.compile(r"(\d[:.]\d\d(?: ?[AaPp]\.?[Mm]\.?)?),? ?\(?IST\b\)?")
#: An offset of nothing, or what stands for it.
_AT_GREENWICH = re.compile(
    r"\d ?z(?!\w)|(?<![^\W\d_])(?:utc|gmt|wet)(?![^\W\d_])|(?<=\d) ?[+-]00(?::?00)?(?![\d-])"
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_EPOCH = re.compile(r"^1\d{9}(?:\d{3})?$")
#: A year of four digits, also of the Thai calendar.
_FULL_YEAR = re.compile(r"(?:19|20|25)\d\d")
#: Every date matches this: it has a full year, or numbers with a sign between them. A search skips to the first digit, which takes
#: a third of the time that alternatives take.
_MAY_BE_DATE = re.compile(r"\d(?:(?<=1)9\d\d|(?<=2)[05]\d\d|[./-] ?\d)")
_DIGITS = re.compile(r"\d")
_DAY = r"(\d{1,2})(?:st|nd|rd|th|er|º|ª|η|\.|y?ê|ی|ס?טן|-(?:a|е|го|ე))?"


def any_of(names: Iterable[str]) -> str:
    """A pattern that matches any of the names. They are grouped by their first letter, because regular expressions try all
    alternatives one after the other."""
    by_first: dict[str, list[str]] = {}
    for name in sorted(set(names) - {""}, key=lambda n: (-len(n), n)):
        by_first.setdefault(name[0], []).append(name[1:])
    groups = (f"{re.escape(c)}(?:{'|'.join(map(re.escape, rest))})" for c, rest in sorted(by_first.items()))
    return "|".join(groups) or "$^"


def of_language(rules: Rules, language: str) -> Rules:
    """The rules for texts in a language (a code as `language.code` gives it). They differ for languages in which a month has a name that
    means another month elsewhere, and for those that write the year first, also with two digits ("24.04.03").

    Earns nothing on 1,282 real pages; a test of a page in Croatian needs it
    (`docs/benchmarks/ablation.md`).
    """
    table = rules.metadata.get("months", {})
    differs = language in table.get("own", {}) or language in table.get("order", {}).get("year_first", ())
    return _with_own(rules, language) if differs else rules


def at_place(rules: Rules, place: str) -> Rules:
    """The rules for dates of a country (a code as "ie", in small letters), where the names of its time zones mean something else."""
    offset = rules.metadata.get("months", {}).get("ist", {}).get(place)
    return _with_ist(rules, offset) if offset else rules


@lru_cache(maxsize=8)
def _with_ist(rules: Rules, offset: str) -> Rules:
    months = {**rules.metadata["months"], "ist_here": offset}
    return replace(rules, metadata={**rules.metadata, "months": months})


def has_own(lines: Iterable[str], rules: Rules) -> bool:
    """Whether a line holds a date with a name of a month that languages do not agree on."""
    pattern = _own_names(rules)
    return any(pattern.search(_lower(line)) for line in lines if has_digit(line) and _FULL_YEAR.search(line))


@lru_cache(maxsize=8)
def _own_names(rules: Rules) -> re.Pattern[str]:
    own = rules.metadata.get("months", {}).get("own", {})
    names = any_of(name for rows in own.values() for row in rows for name in row)
    return compiled.regex(rf"\d[.\s]*(?<!\w)(?:{names})(?!\w)|(?<!\w)(?:{names})(?!\w)\.? \d")


@lru_cache(maxsize=8)
def _with_own(rules: Rules, language: str) -> Rules:
    """The rules with the names of months of one language last, because the last row with a name counts.

    The result is remembered: other caches have it as their key.
    """
    table = rules.metadata["months"]
    months = {**table["months"], f"{language} own": table["own"].get(language, [])}
    own = {**table, "months": months, "short_year_first": language in table["order"]["year_first"]}
    return replace(rules, metadata={**rules.metadata, "months": own})


def year_last(text: str, rules: Rules) -> datetime | None:
    """The date in a text, with its year of two digits last although the page's language writes it first: "31.12.24". `None` for other
    languages, where `parse` reads it so.

    >>> from newsarchive import rules
    >>> str(year_last("31.12.24", of_language(rules.default(), "ko")))[:10], year_last("31.12.24", rules.default())
    ('2024-12-31', None)
    """
    has_year_first = rules.metadata.get("months", {}).get("short_year_first")
    return parse(text, rules, year_first=False) if has_year_first else None


def parse(text: str, rules: Rules, *, day_first: bool = True, year_first: bool = True) -> datetime | None:
    """The date in a text as an aware `datetime`, `None` for a text without one.

    A given time zone is kept. A time without a zone is read as UTC, a date without a time as midnight UTC. `day_first` says
    whether 03/04/2025 is in April, `year_first` whether 24.04.03 is in 2024 where the language of the rules writes it so.
    """
    given = " ".join(text[:MAX_DATE_CHARS].split())
    if "IST" in given:
        ist = rules.metadata.get("months", {}).get("ist_here", "+0530")
        given = _INDIAN_TIME.sub(rf"\1 {ist}", given)
    text = western(given)
    if not _DIGITS.search(text):
        return None
    text = _lower(text)
    if match := ISO.search(text) or _COMPACT.match(text):
        dotted = None if match["H"] else _DOTTED_CLOCK.match(text, match.end())
        told = dotted or (match if match["H"] else _CLOCK.search(text[: match.start()]))
        return _build(match["y"], match["m"], match["d"], *_time(told, rules))
    if _EPOCH.match(text):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    if match := _EASTERN.search(text):
        return _build(match[1], match[2], match[3], *_clock_beside(match, rules))
    if other := calendars.find(given, text, rules):
        day, rest = other.day, f"{text[: other.start]} {text[other.end :]}"
        return _build(day.year, day.month, day.day, *_time(_CLOCK.search(rest), rules))
    if match := _VIETNAMESE.search(text):
        return _build(match[3], match[2], match[1], *_clock_beside(match, rules))
    return (
        _printed_by_code(text, rules) or _named(text, rules) or _numeric(text, rules, day_first, year_first)
    )


def _lower(text: str) -> str:
    """The text in lower case, with the same length: case folding would make two letters of `ß` and `İ`."""
    return text.lower() if text.isascii() else text.replace("İ", "i").lower()


def month(text: str, rules: Rules) -> tuple[datetime, str] | None:
    """The first day of the month that a text names ("June 2024", "2024年6月"), and the words that name it."""
    lower = _lower(western(text))
    if not _YEAR.search(lower):
        return None
    if match := _EASTERN_MONTH.search(lower):
        first = _build(match[1], match[2], 1)
    else:
        months, _, pattern = _prose(rules)
        match = pattern.search(lower)
        first = _build(match["y"], months[match["m"]], 1) if match else None
    return (first, match[0]) if first and match else None


#: A number that a slug begins with is no day: `/2025/03/11-ways-to-read/`.
_URL = re.compile(r"/((?:19|20)\d\d)(?:/(\d{1,2})[/-](\d{1,2})(?![\d-])|-(\d{1,2})[/-](\d{1,2})(?!\d))")
#: With sections between the year and the month: "/2010/POLITICS/08/13/" (CNN, 1998 to 2015).
_URL_WITH_SECTIONS = re.compile(r"/((?:19|20)\d\d)(?:/[A-Za-z][A-Za-z._-]*){1,2}/(\d\d)/(\d\d)(?=/|$)")
_URL_COMPACT = re.compile(r"[/_-]((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=[/_.-]|$)")
#: The beginning of a name, or a whole one, also of a language that begins it as English does: "/2010/MARKETS/08/" is a section.
_URL_NAMED = re.compile(
    r"/((?:19|20)\d\d)/(?:(jan)(?:uar[iy]?)?|(feb)(?:ruar[iy]?|rero|braio)?|(mar)(?:ch|s|ts|zo|co)?|(apr)(?:ile?)?|(may)o?|"
    r"(jun)(?:e|io?|ho)?|(jul)(?:y|io?|ho)?|(aug)(?:ust(?:i|us)?)?|(sep)(?:t|tember|tembre|tiembre)?|"
    r"(oct)(?:ober|obre|ubre)?|(nov)(?:ember|embr[eo]|iembre)?|(dec)(?:ember|embre)?)/(\d{1,2})(?=/|$)",
    re.IGNORECASE,
)


def from_url(url: str) -> datetime | None:
    """The day in a path, also with sections (`/2025/WORLD/04/03/`), as midnight UTC; `None` for a path without one."""
    if match := _URL_NAMED.search(url):
        year, name, day = filter(None, match.groups())
        parts = (int(year), MONTHS.index(name.lower()) + 1, int(day))
    elif match := _URL.search(url) or _URL_WITH_SECTIONS.search(url) or _URL_COMPACT.search(url):
        year, month, day = filter(None, match.groups())
        parts = (int(year), int(month), int(day))
    else:
        return None
    with suppress(ValueError):
        return datetime(*parts, tzinfo=UTC)
    return None


def has_time(when: datetime) -> bool:
    """Whether a time is not midnight: a date without a time of day is read as midnight."""
    return (when.hour, when.minute, when.second) != (0, 0, 0)


def names_zone(text: str, rules: Rules) -> bool:
    """Whether a date names its time zone: "10:00 EST", "08:15:00Z", seconds since 1970; a time without one is read as UTC.

    >>> from newsarchive import rules
    >>> [names_zone(text, rules.default()) for text in ("2025-04-03T10:00Z", "3 April 2025 10:00 GMT", "2025-04-03 10:00")]
    [True, True, False]
    """
    when, lower = parse(text, rules), _lower(" ".join(text[:MAX_DATE_CHARS].split()))
    at_greenwich = _EPOCH.match(lower) or _AT_GREENWICH.search(lower)
    return when is not None and bool(when.utcoffset() or at_greenwich)


@lru_cache(maxsize=1024)  # the same line is searched for a date, a name and a signature
def date_text(text: str, rules: Rules) -> str:
    """The part of a line that is its first date, "" for a line without a date."""
    if not has_digit(text):
        return ""
    in_digits = western(text)
    if other := calendars.find(text, in_digits, rules):
        return text[other.start : other.end]
    if not _MAY_BE_DATE.search(in_digits):
        return ""
    lower = _lower(in_digits)
    with_year = (ISO, _EASTERN, _VIETNAMESE, *_prose(rules)[1]) if _FULL_YEAR.search(lower) else ()
    found = [m for pattern in (*with_year, NUMERIC) if (m := pattern.search(lower))]
    if not found or len(lower) != len(text):
        return ""
    first = min(found, key=lambda m: (m.start(), -m.end()))
    return text[first.start() : first.end()]


def beginning(line: str, found: str) -> int:
    """Where the date `found` begins in a line, with the time of day and the English weekday before it."""
    at = line.index(found)
    before = _BEFORE_DATE.search(line[max(0, at - MAX_CHARS_BEFORE_DATE) : at])
    return at - len(before[0]) if before else at


def without_date(text: str, rules: Rules) -> list[str]:
    """The parts of a text before and after its first date; the whole text where a number stands right behind the date ("Mar 3, 20263
    mins"), since of such a line nobody knows where its other elements end."""
    found = date_text(text, rules)
    if found and text.partition(found)[2][:1].isdigit():
        return [text]
    return [part for part in text.split(found, 1) if part.strip()] if found else [text]


#: The time of day behind a date: " à 10h20", ", 10:20:00 Uhr", " - 10:20", " 10时20分".
TIME_BEHIND = re.compile(
    r"^(?:\s*[|•·–—-])?[\s,]*(?:(?:[^\W\d_]{1,3}\.?|a las)\s+)?\d{1,2}\s?[:.hH时時点點시]\s?\d{2}(?!\.?\d)(?::\d{2})?(?:\s?(?:uhr|h|[ap]m|分|分))?",
    re.IGNORECASE,
)


def with_a_date_each(text: str, rules: Rules) -> Iterator[str]:
    """The parts of a short text with two dates, each with what says of what it is the date: "Publié le 3 mai 2024 à 10h20, mis à jour le
    5 mai 2024". A word behind the second date that makes it the day of a change stands before it then ("2024年5月5日更新")."""
    first = date_text(text, rules)
    before, _, rest = text.partition(first) if first else (text, "", "")
    second = date_text(rest, rules) if rest else ""
    if not second or len(text) - len(first) - len(second) > MAX_CHARS_BESIDE_DATE:
        yield text
        return
    time = TIME_BEHIND.match(rest)
    cut = time.end() if time else 0
    behind = rest.partition(second)[2]
    changed = says("modified", behind, rules) and not says("modified", rest[: -len(behind)], rules)
    yield before + first + rest[:cut]
    yield f"{behind.strip()} {rest[cut:]}" if changed else rest[cut:].lstrip(" ),;|·•")


#: The beginning of the next detail behind a number, in a line without bars: up to three words and a colon.
_NEXT_LABEL = re.compile(r"(?<=\d)\s+(?=(?:[^\W\d_]{2,20} ){0,2}[^\W\d_]{3,20} ?: )")


def with_a_label_each(line: str) -> list[str]:
    """The details of a line that has a label before each and nothing between them.

    >>> with_a_label_each("Giriş Tarihi: 3 Mayıs 2024 10:12 Güncelleme: 4 Mayıs 2024 08:30 Okunma: 1234 Muhabir: Ayşe Yılmaz")
    ['Giriş Tarihi: 3 Mayıs 2024 10:12', 'Güncelleme: 4 Mayıs 2024 08:30', 'Okunma: 1234', 'Muhabir: Ayşe Yılmaz']
    >>> with_a_label_each("At 10 the captain said: we sail.")
    ['At 10 the captain said: we sail.']
    """
    if line.count(": ") < 2:
        return [line]
    details = _NEXT_LABEL.split(line)
    return details if all(detail[:1].isupper() for detail in details) else [line]


#: A time of day at the beginning, with what stands around it: ", 10:20 Uhr | ", "13h28 ".
_TIME_FIRST = re.compile(
    r"^[\W\d_]*(?:(?:h(?=\d)|(?:uhr|[ap]\.?m|hrs?|ч|h)\b|[时時分秒点點시분]+(?=[\W\d_]))[\W\d_]*)*",
    re.IGNORECASE,
)


def without_time(text: str) -> str:
    """A text without a time of day at its beginning, and without the signs and digits around that.

    >>> without_time(", 10:20 Uhr von Jane Doe"), without_time("13h28 | Source: AFP")
    ('von Jane Doe', 'Source: AFP')
    """
    return _TIME_FIRST.sub("", text)


def signs(text: str, rules: Rules) -> bool:
    """Whether a line begins with a word for publishing or for a change: "Posted on 3 May 2024"."""
    return says("published", text[:40], rules) or says("modified", text[:40], rules)


def says(what: str, line: str, rules: Rules) -> bool:
    """Whether a line has a word for publishing (`what` is "published") or for a change ("modified")."""
    return bool(line) and _words(what, rules).search(line.casefold()) is not None


@lru_cache(maxsize=8)
def _words(what: str, rules: Rules) -> re.Pattern[str]:
    """The words before a date of publication or of a change, anywhere in a line."""
    return compiled.regex(any_of(words_of(rules, "months", what)))


def _build(
    year: str | int, month: str | int, day: str | int,
    hour: str | int = 0, minute: str | int = 0, second: str | int = 0, zone: tzinfo = UTC,
) -> datetime | None:  # fmt: skip
    try:
        when = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=zone)
    except (ValueError, OverflowError):
        return None
    ahead = when.utcoffset() if isinstance(zone, ZoneInfo) else None
    return when if ahead is None else when.replace(tzinfo=timezone(ahead))


def _clock_beside(match: re.Match[str], rules: Rules) -> tuple[int, int, int, tzinfo]:
    """The first time of day behind a date, else the first one before it, and its zone; midnight UTC where there is none."""
    # The day itself stands behind `before`: in "3 am 4. Mai 2024" the German "am" ends no line.
    behind, before = match.string[match.end() :], f"{match.string[: match.start()]}{match[0][0]}"
    found = _CLOCK.search(behind) or _CLOCK.search(before) or _DOTTED_CLOCK.match(behind)
    return _time(found, rules)


def _time(match: re.Match[str] | None, rules: Rules) -> tuple[int, int, int, tzinfo]:
    """The time of day of a match (`H`, `M`, `S`, the half of the day) and its zone, which is `z` or stands behind the match;
    midnight UTC where there is none."""
    part = match.groupdict() if match else {}
    hour, minute, second = (int(part.get(name) or 0) for name in "HMS")
    if match is None or part["H"] is None or hour > 23 or minute > 59 or second > 59:
        return 0, 0, 0, UTC
    half = part.get("before") or part.get("behind")
    if half and hour <= 12 and not (hour in (10, 11) and half.startswith(_NOON)):
        is_late = half.startswith(_SECOND_HALF) or (half.startswith(_NIGHT) and hour % 12 > 4)
        hour = hour % 12 + 12 * is_late
    zone = part.get("z") or match.string[match.end() :]
    zone = zone.removeprefix("." if half else "")  # "1:45 p.m. EST"
    zone = f"utc{zone}" if part.get("z") and zone[0] in "+-" else zone
    return hour, minute, second, _zone(zone, rules, of_half_days=bool(half))


def _zone(text: str, rules: Rules, *, of_half_days: bool = False) -> tzinfo:
    """The time zone that a text begins with: an offset ("gmt+2", "+0200"), a name ("cest"), or a zone with summer time ("et")
    behind a time of day that has its half (`of_half_days`): "à 10h20 et" is French. UTC where it has none, or where the
    machine has no data of zones."""
    if match := _OFFSET.match(text):
        hours, minutes = int(match[2]), int(match[3] or 0)
        if hours > 14 or minutes not in (0, 30, 45):
            return UTC
        ahead = 60 * hours + minutes
        return timezone(timedelta(minutes=-ahead if match[1] == "-" else ahead))
    name = text.strip(" ,(").partition(" ")[0].strip(".,)]|")
    table = rules.metadata.get("months", {})
    if of_half_days and (place := table.get("zones_of_places", {}).get(name)):
        with suppress(ZoneInfoNotFoundError, OSError):
            return ZoneInfo(place)
    ahead = table.get("zones", {}).get(name, 0)  # in minutes
    return timezone(timedelta(minutes=ahead)) if ahead else UTC


def _printed_by_code(text: str, rules: Rules) -> datetime | None:
    """Earns zone and seconds on 3 of 1,282 real pages, the day of none (`docs/benchmarks/ablation.md`)."""
    match = _PRINTED_BY_CODE.match(text) or _RFC_822.match(text) or _WEEKDAY_INSIDE.match(text)
    if match is None or match["m"] not in MONTHS:
        return None
    month = MONTHS.index(match["m"]) + 1
    return _build(_full_year(int(match["y"])), month, match["d"], *_time(match, rules))


def _full_year(year: int) -> int:
    """A year of which only the last two digits may be given: 25 is 2025, and 94 is 1994."""
    return year + 2000 * (year < 70) + 1900 * (70 <= year < 100)


def _named(text: str, rules: Rules) -> datetime | None:
    """`April 3, 2025`, `3. April 2025`, `3 de abril de 2025`, `2025. április 3.`"""
    months, patterns, _ = _prose(rules)
    matches = [m for p in patterns if (m := p.search(text))]
    if not matches:
        return None
    match = min(matches, key=lambda m: m.start())
    part = match.groupdict()
    # The last day of a span, as of an event, is no date: "10 - 22 August 2012", "28 July – 3 August 2012".
    is_day_first = "d" in part and match.start("d") == match.start()
    first = _SPAN.search(text[: match.start()]) if is_day_first else None
    if first and (first[2] in months if first[2] else int(first[1]) < int(part["d"])):
        return None
    year = int(part["y"])
    year -= BUDDHIST_YEARS * (year > 2400)
    clock = _clock_beside(match, rules)
    return _build(year, months[part["m"]], part["d"], *clock)


def _numeric(text: str, rules: Rules, day_first: bool, year_first: bool) -> datetime | None:
    match = NUMERIC.search(text)
    if not match:
        return None
    if len(match[4]) == 2 and year_first and rules.metadata.get("months", {}).get("short_year_first"):
        clock = _clock_beside(match, rules)
        if found := _build(_full_year(int(match[1])), match[3], match[4], *clock):
            return found
    told = order_in(match)
    month, day = match[1], match[3]
    if not told.month_first if told and not told.open else day_first:
        month, day = day, month
    return _build(_year(match), month, day, *_clock_beside(match, rules))


def _year(match: re.Match[str]) -> int:
    """The year of a date in numbers."""
    year = _full_year(int(match[4]))
    return year - BUDDHIST_YEARS * (year > 2400)


@lru_cache(maxsize=8)
def _prose(rules: Rules) -> tuple[Mapping[str, int], tuple[re.Pattern[str], ...], re.Pattern[str]]:
    """Month name → number, the orders of a date in prose (the last is Latvian, Kazakh and Kyrgyz), and a month with its year."""
    months: dict[str, int] = {}
    for rows in rules.metadata.get("months", {}).get("months", {}).values():
        for number, names in enumerate(rows, 1):
            months.update((name, number) for name in names)
    # A name that begins with a digit stands behind none: "11月 2024" has no day.
    m = rf"(?!(?<=\d)\d)(?P<m>{any_of(months)})(?!\w)\.?"
    y, d = rf"(?P<y>(?:19|20|25)\d\d)(?:(?!\d)|{_GLUED})", _DAY.replace("(", "(?P<d>", 1)
    gap = r"\s*+(?:de |del |of |ng |d['’]|ta['’] |ខែ |[,،]|-|/)?+\s*+"
    dated = (
        compiled.regex(rf"(?<!\w){m}{gap}(?<!\d){d}(?!\d)[\s,،፣၊.-]*(?:de |del )?{y}"),
        compiled.regex(rf"(?<!\d){d}{gap}{m}(?:/\w{{3,12}})?[\s,،./'-]*(?:de |del |ឆ្នាំ ?|[คพ]\.ศ\. ?)?{y}"),
        compiled.regex(
            rf"(?<!\d){y}(?:e?ko|\(e\)ko| ?թ\.|\.| ?ခုနှစ်၊?| ?ခု၊?| оны|-يىلى?)?(?: m\.)?[\s,-]*{m}(?: මස)?[\s-]*{d}(?!\d)"
        ),
        compiled.regex(rf"(?<!\d){y}(?:\. gada|[ -]?ж\.,?| жылғы) {d}[\s-]*{m}"),
    )
    return (
        months,
        dated,
        compiled.regex(rf"(?<!\w)(?<!\d[ .]){m}\s*+(?:de |del |of |,|/)?+\s*+(?P<y>(?:19|20)\d\d)(?!\d)"),
    )


@dataclass(frozen=True, slots=True)
class Order:
    """The order of day and month in a date in numbers. `sign` is the character between them. `open` says that both orders
    are possible (03/04/2025); `month_first` is then False."""

    sign: str
    open: bool
    month_first: bool


def order(text: str) -> Order | None:
    """The order in a text's date in numbers; `None` for a date in another form, for 05/05/2025, and for no date.

    >>> order("13/04/2025"), order("03.04.25"), order("2025-04-03")
    (Order(sign='/', open=False, month_first=False), Order(sign='.', open=True, month_first=False), None)
    >>> order("Mon, 11/12/2012 - 15:03")
    Order(sign='/', open=False, month_first=True)
    """
    text = western(text)
    match = None if ISO.search(text) else NUMERIC.search(text)
    return order_in(match) if match else None


def order_in(match: re.Match[str]) -> Order | None:
    """The order in a match of `NUMERIC`; `None` where both numbers are the same, or neither order gives a day."""
    first, second = int(match[1]), int(match[3])
    if first == second or min(first, second) > 12 or 0 in (first, second):
        return None
    told = second > 12 if max(first, second) > 12 else _month_first_by_weekday(match)
    return Order(match[2], told is None, told is True)


def _month_first_by_weekday(match: re.Match[str]) -> bool | None:
    """Whether the month comes first, by the weekday before a date in numbers; `None` where that tells nothing."""
    weekday = _WEEKDAY_BEFORE.search(
        match.string[max(0, match.start() - MAX_CHARS_BEFORE_DATE) : match.start()]
    )
    if weekday is None:
        return None
    stated, year = _WEEKDAYS.index(weekday[1].lower()), _year(match)
    month_first, day_first = (
        date(year, int(month), int(day)).weekday() == stated
        for month, day in ((match[1], match[3]), (match[3], match[1]))
    )
    return month_first if month_first != day_first else None
