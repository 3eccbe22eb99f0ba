"""Reads dates of other calendars: the Persian one, the Ethiopian one, the years of Japanese eras and those of the Republic of China.

    ۱۴ فروردین ۱۴۰۴       令和7年4月3日       民國114年4月3日       መጋቢት 25 ቀን 2017 ዓ.ም.

are all 3 April 2025. The Thai calendar differs by its years alone (`dates.BUDDHIST_YEARS`). The Islamic calendar is not read:
its months begin by the sight of the moon, on other days in other countries.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

_PERSIAN = {name: number for number, names in enumerate((
    "فروردین|فروردين|حمل", "اردیبهشت|ارديبهشت|ثور", "خرداد|جوزا", "تیر|تير|سرطان", "مرداد|امرداد|اسد", "شهریور|شهريور|سنبله",
    "مهر|میزان", "آبان|ابان|عقرب", "آذر|اذر|قوس", "دی|دي|جدی", "بهمن|دلو", "اسفند|حوت",
), 1) for name in names.split("|")}  # fmt: skip
_ETHIOPIAN = {name: number for number, names in enumerate((
    "መስከረም", "ጥቅምት", "ኅዳር|ህዳር|ሕዳር", "ታኅሣሥ|ታህሳስ|ታኅሳስ|ታሕሳስ", "ጥር", "የካቲት", "መጋቢት", "ሚያዝያ|ሚያዚያ", "ግንቦት", "ሰኔ", "ሐምሌ|ሀምሌ",
    "ነሐሴ|ነሃሴ|ነሀሴ", "ጳጉሜን|ጳጉሜ|ጷጉሜን",
), 1) for name in names.split("|")}  # fmt: skip
#: The days of a month in words, as Blogfa prints them: "بیست و دوم خرداد ۱۴۰۲".
_PERSIAN_DAYS = {name: number for number, name in enumerate((
    "یکم", "دوم", "سوم", "چهارم", "پنجم", "ششم", "هفتم", "هشتم", "نهم", "دهم", "یازدهم", "دوازدهم", "سیزدهم", "چهاردهم", "پانزدهم",
    "شانزدهم", "هفدهم", "هجدهم", "نوزدهم", "بیستم", "بیست و یکم", "بیست و دوم", "بیست و سوم", "بیست و چهارم", "بیست و پنجم",
    "بیست و ششم", "بیست و هفتم", "بیست و هشتم", "بیست و نهم", "سی ام", "سی و یکم",
), 1)} | {"سی‌ام": 30, "سیم": 30, "اول": 1}  # fmt: skip
#: The year before the first of an era.
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911}

_PERSIAN_DATE = re.compile(
    rf"(?:(?<!\d)(?P<d>\d{{1,2}})\s*(?:ام |م )?|(?P<w>{'|'.join(sorted(_PERSIAN_DAYS, key=len, reverse=True))}) )(?P<m>{'|'.join(_PERSIAN)})(?:\s?ماه)?[\s،,]*(?:سال )?(?P<y>1[34]\d\d)(?!\d)"
)
#: As JavaScript prints it: "۱۴۰۴ فروردین ۱۴, پنجشنبه".
_PERSIAN_YEAR_FIRST = re.compile(
    rf"(?<!\d)(?P<y>1[34]\d\d)\s+(?P<m>{'|'.join(_PERSIAN)})\s+(?P<d>\d{{1,2}})(?!\d)"
)
#: In numbers only as the year that is first: 1404/01/14.
_PERSIAN_NUMBERS = re.compile(r"(?<!\d)(?P<y>1(?:3[6-9]|4[01])\d)/(?P<m>\d{1,2})/(?P<d>\d{1,2})(?!\d)")
_ETHIOPIAN_DATE = re.compile(
    rf"(?P<m>{'|'.join(_ETHIOPIAN)})\s*(?:ወር )?(?P<d>\d{{1,2}})(?!\d)[\s,፣/]*(?:ቀን[\s,፣]*)?(?P<y>(?:19|20)\d\d)(?!\d)"
)
_ERA_DATE = re.compile(
    rf"(?P<era>{'|'.join(_ERAS)})\s*(?P<y>\d{{1,3}}|元)\s*年\s*(?:[(（][^()（）]{{1,12}}[)）]\s*)?(?P<m>\d{{1,2}})\s*月\s*(?P<d>\d{{1,2}})\s*日"
)
_ANY_WORD = re.compile("|".join([*_PERSIAN, *_ETHIOPIAN, *_ERAS]))
_DIGITS_OF_PERSIAN = re.compile("[۰-۹]")


class Found(NamedTuple):
    """A date of another calendar: where it stands in the text, and its day."""

    start: int
    end: int
    day: date


def find(text: str, in_digits: str) -> Found | None:
    """The first date of another calendar in a text; `in_digits` is the text with Western digits.

    >>> text = "令和7年4月3日"
    >>> find(text, text)
    Found(start=0, end=8, day=datetime.date(2025, 4, 3))
    """
    if text.isascii():
        return None
    found = []
    if _ANY_WORD.search(in_digits):
        patterns = (
            (_PERSIAN_DATE, _persian), (_PERSIAN_YEAR_FIRST, _persian), (_ETHIOPIAN_DATE, _ethiopian), (_ERA_DATE, _of_era),
        )  # fmt: skip
        found = [(match, read) for pattern, read in patterns if (match := pattern.search(in_digits))]
    if not found and _DIGITS_OF_PERSIAN.search(text) and (match := _PERSIAN_NUMBERS.search(in_digits)):
        found = [(match, _persian)]
    for match, read in sorted(found, key=lambda one: one[0].start()):
        try:
            return Found(match.start(), match.end(), read(match))
        except ValueError:  # no such day
            continue
    return None


def _persian(match: re.Match[str]) -> date:
    """The day of a date of the Solar Hijri calendar, by the rule of 33 years, which holds from 1799 to 2093."""
    year, month = int(match["y"]), _PERSIAN.get(match["m"]) or int(match["m"])
    word = match.groupdict().get("w")
    day = _PERSIAN_DAYS[word] if word else int(match["d"])
    if not (1 <= month <= 12 and 1 <= day <= (31 if month < 7 else 30)):
        raise ValueError(f"no day of the Persian calendar: {match[0]}")
    since = year + 1595
    days = 365 * since + since // 33 * 8 + (since % 33 + 3) // 4 + day
    days += 31 * (month - 1) if month < 7 else 30 * (month - 7) + 186
    return date.fromordinal(days - 355_668 - 365)


def _ethiopian(match: re.Match[str]) -> date:
    """The day of a date of the Ethiopian calendar: twelve months of 30 days, and a short one."""
    year, month, day = int(match["y"]), _ETHIOPIAN[match["m"]], int(match["d"])
    if not 1 <= day <= (30 if month < 13 else 6):
        raise ValueError(f"no day of the Ethiopian calendar: {match[0]}")
    return date.fromordinal(365 * (year - 1) + year // 4 + 30 * (month - 1) + day + 2795)


def _of_era(match: re.Match[str]) -> date:
    year = 1 if match["y"] == "元" else int(match["y"])
    return date(_ERAS[match["era"]] + year, int(match["m"]), int(match["d"]))
