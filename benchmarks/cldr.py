"""Whether dates are read as CLDR prints them in each of its languages: `python -m benchmarks.cldr [LANGUAGE...]`.

For each language 24 days are printed in three forms (full, long, medium) by Babel, two in each month, and read by the rules of the
language. Forms without letters, whose order nobody knows, are left out. A language that is named has its wrong dates printed.
"""

from __future__ import annotations

import argparse
from datetime import date

from babel import Locale, UnknownLocaleError, localedata
from babel.dates import format_date

from newsarchive import rules
from newsarchive.core.text import dates
from newsarchive.core.text.language import code

#: Days that are printed: one of one digit, and one that can be no month.
DAYS = [date(2024, month, day) for month in range(1, 13) for day in (5, 23)]
FORMS = ("full", "long", "medium")


def wrong(language: str) -> tuple[int, list[str]]:
    """How many dates were printed, and those that were not read as the day that they are."""
    known = dates.of_language(rules.default(), code(language))
    printed = [(day, format_date(day, form, locale=Locale.parse(language))) for form in FORMS for day in DAYS]
    with_letters = [(day, text) for day, text in printed if any(map(str.isalpha, text))]
    found = [(day, text, dates.parse(text, known)) for day, text in with_letters]
    return len(found), [text for day, text, read in found if read is None or read.date() != day]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE", help="only these: de, eu")
    asked = parser.parse_args().languages
    table = rules.default().metadata["months"]
    ours = {*table["months"], *table["own"]}
    whole, partly, counted = 0, [], 0
    for language in asked or sorted({name.partition("_")[0] for name in localedata.locale_identifiers()}):
        try:
            total, misread = wrong(language)
        except UnknownLocaleError:
            raise SystemExit(f"CLDR has no language {language!r}") from None
        counted += bool(total)
        whole += bool(total) and not misread
        if asked:
            print(f"{language}: {len(misread)} of {total} wrong", *misread, sep="\n  ")
        elif misread and code(language) in ours:
            partly.append(f"{language} {len(misread)}/{total}")
    print(f"{counted} languages, {whole} read whole; of ours not: {', '.join(partly) or 'none'}")


if __name__ == "__main__":
    main()
