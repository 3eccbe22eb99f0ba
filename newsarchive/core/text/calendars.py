"""Reads dates of other calendars: the Persian one, the Ethiopian one, Nepal's, the years of Japanese eras and those of the Republic of
China.

    ۱۴ فروردین ۱۴۰۴       令和7年4月3日       民國114年4月3日       መጋቢት 25 ቀን 2017 ዓ.ም.       २०८१ चैत २१ गते

are all 3 April 2025. The Thai calendar differs by its years alone (`dates.BUDDHIST_YEARS`). The names of months
and days are data (`data/metadata/calendars.toml`). The Islamic calendar is not read:
its months begin by the sight of the moon, on other days in other countries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from newsarchive import compiled
from newsarchive.rules import Rules

#: The first year of the next table, and its first day.
_FIRST_NEPALI_YEAR = 2055
_FIRST_NEPALI_DAY = date(1998, 4, 14)
#: The lengths of the months of each year less 29 days. An office of the state sets them, so no rule gives later years: the packages
#: nepali-datetime 1.0.8, nepali 1.2 and bsad-converter 1.1 agree up to 2083 (in 2062 two of the three), and no further.
_NEPALI_MONTHS = (
    "223222101011", "223231101011", "232321110012", "132321110102", "223222101011", "223321101011", "232321110012", "132322010102",
    "223222101011", "223321101011", "232321110012", "222322011002", "223222101011", "223321101011", "232321110012", "222322011011",
    "223222101011", "232321101011", "232321110012", "222322101011", "223222101011", "232321110011", "232321110102", "222322101011",
    "223222101011", "232321110011", "232321110102", "223222101011", "223222101011",
)  # fmt: skip
#: The year before the first of an era.
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911}

_PERSIAN_DIGITS = re.compile("[۰-۹]")
#: Persian in numbers, only with the year first: 1404/01/14.
_PERSIAN_NUMBERS = re.compile(r"(?<!\d)(?P<y>1(?:3[6-9]|4[01])\d)/(?P<m>\d{1,2})/(?P<d>\d{1,2})(?!\d)")


class Found(NamedTuple):
    """A date of another calendar: where it stands in the text, and its day."""

    start: int
    end: int
    day: date


def find(text: str, in_digits: str, rules: Rules) -> Found | None:
    """The first date of another calendar in a text; `in_digits` is the text with Western digits.

    >>> from newsarchive import rules
    >>> text = "令和7年4月3日"
    >>> find(text, text, rules.default())
    Found(start=0, end=8, day=datetime.date(2025, 4, 3))
    """
    if text.isascii():
        return None
    names = _names(rules)
    found = []
    if names.any_word.search(in_digits):
        found = [(match, read) for pattern, read in names.readers if (match := pattern.search(in_digits))]
    if not found and _PERSIAN_DIGITS.search(text) and (match := _PERSIAN_NUMBERS.search(in_digits)):
        found = [(match, _persian)]
    for match, read in sorted(found, key=lambda one: one[0].start()):
        try:
            return Found(match.start(), match.end(), read(match, names))
        except ValueError:  # no such day
            continue
    return None


class _Names:
    """The names of months and days in `data/metadata/calendars.toml` with their numbers, and the patterns of dates that hold them."""

    def __init__(self, table: Mapping[str, Sequence[Sequence[str]]]) -> None:
        names = ("persian", "persian_days", "ethiopian", "nepali")
        self.persian, self.persian_days, self.ethiopian, self.nepali = (
            _numbers(table.get(n, ())) for n in names
        )
        months = (self.persian, self.ethiopian, self.nepali)
        persian, ethiopian, nepali = (f"(?P<m>{_any(names)})" for names in months)
        self.any_word = compiled.regex(_any([*chain(*months), *_ERAS]))
        forms = (
            (rf"(?:(?<!\d)(?P<d>\d{{1,2}})\s*(?:ام |م )?|(?P<w>{_any(self.persian_days)}) ){persian}(?:\s?ماه)?[\s،,]*(?:سال )?(?P<y>1[34]\d\d)(?!\d)", _persian),
            # As JavaScript prints it: "۱۴۰۴ فروردین ۱۴, پنجشنبه".
            (rf"(?<!\d)(?P<y>1[34]\d\d)\s+{persian}\s+(?P<d>\d{{1,2}})(?!\d)", _persian),
            (rf"{ethiopian}\s*(?:ወር )?(?P<d>\d{{1,2}})(?!\d)[\s,፣/]*(?:ቀን[\s,፣]*)?(?P<y>(?:19|20)\d\d)(?!\d)", _ethiopian),
            (rf"(?P<era>{'|'.join(_ERAS)})\s*(?P<y>\d{{1,3}}|元)\s*年\s*(?:[(（][^()（）]{{1,12}}[)）]\s*)?(?P<m>\d{{1,2}})\s*月\s*(?P<d>\d{{1,2}})\s*日", _of_era),
            (rf"(?<!\d)(?P<y>20[5-8]\d)(?: साल)?[\s,]+{nepali}\s+(?P<d>\d{{1,2}})(?: गते)?(?!\d)", _nepali),
            (rf"(?<!\d)(?P<d>\d{{1,2}})(?: गते)?[\s,]+{nepali}[\s,]+(?P<y>20[5-8]\d)(?!\d)", _nepali),
            (rf"{nepali}\s+(?P<d>\d{{1,2}})(?: गते)?[\s,]+(?P<y>20[5-8]\d)(?!\d)", _nepali),
        )  # fmt: skip
        self.readers = [(compiled.regex(pattern), read) for pattern, read in forms]


@lru_cache(maxsize=8)
def _names(rules: Rules) -> _Names:
    return _Names(rules.metadata.get("calendars", {}))


def _numbers(rows: Sequence[Sequence[str]]) -> dict[str, int]:
    """Each spelling in a table's rows, with the number of its row from 1 on."""
    return {name: number for number, names in enumerate(rows, 1) for name in names}


def _any(names: Iterable[str]) -> str:
    """The source of a pattern for any of the names, of two with the same beginning for the longer one."""
    return "|".join(sorted(names, key=len, reverse=True)) or "(?!)"


def _persian(match: re.Match[str], names: _Names) -> date:
    """The day of a date of the Solar Hijri calendar, by the rule of 33 years, which holds from 1799 to 2093."""
    year, month = int(match["y"]), names.persian.get(match["m"]) or int(match["m"])
    word = match.groupdict().get("w")
    day = names.persian_days[word] if word else int(match["d"])
    if not (1 <= month <= 12 and 1 <= day <= (31 if month < 7 else 30)):
        raise ValueError(f"no day of the Persian calendar: {match[0]}")
    since = year + 1595
    days = 365 * since + since // 33 * 8 + (since % 33 + 3) // 4 + day
    days += 31 * (month - 1) if month < 7 else 30 * (month - 7) + 186
    return date.fromordinal(days - 355_668 - 365)


def _ethiopian(match: re.Match[str], names: _Names) -> date:
    """The day of a date of the Ethiopian calendar: twelve months of 30 days, and a short one."""
    year, month, day = int(match["y"]), names.ethiopian[match["m"]], int(match["d"])
    if not 1 <= day <= (30 if month < 13 else 6):
        raise ValueError(f"no day of the Ethiopian calendar: {match[0]}")
    return date.fromordinal(365 * (year - 1) + year // 4 + 30 * (month - 1) + day + 2795)


def _nepali(match: re.Match[str], names: _Names) -> date:
    """The day of a date of Bikram Sambat."""
    year, month, day = int(match["y"]) - _FIRST_NEPALI_YEAR, names.nepali[match["m"]], int(match["d"])
    if not 0 <= year < len(_NEPALI_MONTHS) or not 1 <= day <= 29 + int(_NEPALI_MONTHS[year][month - 1]):
        raise ValueError(f"no day of the Nepali calendar that is known: {match[0]}")
    months = "".join(_NEPALI_MONTHS[:year]) + _NEPALI_MONTHS[year][: month - 1]
    return _FIRST_NEPALI_DAY + timedelta(days=29 * len(months) + sum(map(int, months)) + day - 1)


def _of_era(match: re.Match[str], _: _Names) -> date:
    year = 1 if match["y"] == "元" else int(match["y"])
    return date(_ERAS[match["era"]] + year, int(match["m"]), int(match["d"]))
