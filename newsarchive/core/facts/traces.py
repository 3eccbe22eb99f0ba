"""A date for a page that states none: what it keeps in scripts, counts from now, or tells by the month.

Each is weaker than any date that a page states, so that they are asked in order, and only where nothing else was
found; the source says which it was. One that is qualified by `MONTH` stands for the first day of that month.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice, takewhile

from newsarchive.core.facts import dates
from newsarchive.core.facts.claims import Claim, plain
from newsarchive.core.facts.sources import Place, Position, Qualifier, Source
from newsarchive.items import Block
from newsarchive.rules import Rules

#: What some stems have in common, and the stems.
Stems = tuple[str, tuple[str, ...]]
#: A claim with the time that it stands for.
Trace = tuple[Claim, datetime]

#: As much of a page as is searched for what its scripts keep, in characters, and most values read there.
_SEARCHED, _MOST = 1_500_000, 200
#: How far from the headline a script may keep the date that belongs to it, in characters.
_APART = 3000
#: Longest line that is counted from now; and how much a line that names a month may hold beside it, in characters.
_LINE, _BESIDE = 40, 24
#: How many blocks after and before the headline are read.
_AFTER, BEFORE, _BELOW = 8, 3, 300
#: Positions of marked times that may be those of other posts.
_FAR = frozenset((Position.ELSEWHERE, Position.LATER))
#: What a time of day, or a count of hours or minutes, looks like: other texts are known to the day.
_CLOCK = re.compile(
    r"\d\s*[:h]\s*\d\d|\d\s?(?:m|h|uhr|stund|or[ae]|uur|godz|tim|tunti|час|годин|хвил|saat|jam|时|小时|時間|分|시간)",
    re.IGNORECASE,
)
#: The rest of a name, and its value in whatever quotes.
_QUOTE = r"(?:\\{0,3}[\"']|&quot;|&#34;)"
_VALUE = re.compile(
    rf"[A-Za-z]+(?:[_-][A-Za-z]+){{0,4}}{_QUOTE}?\s?[:=,]\s?(?:{_QUOTE}([^\"'\\<>{{}}&]{{2,40}})|(1\d{{9,12}})(?!\d))"
)
#: As much of a page around a stem as may hold the rest of the name, in characters.
_BEFORE_STEM, _BEHIND_STEM = 12, 28
_IN_PICTURE = re.compile(r"/((?:19|20)\d\d)[/-](\d\d)[/-](\d\d)[/_-]")
_IN_ADDRESS = re.compile(r"/((?:19|20)\d\d)/(0?[1-9]|1[0-2])(?=/[^/\d][^/]*)")


def find(
    page: str,
    title: str,
    claims: Sequence[Claim],
    blocks: Sequence[Block],
    url: str,
    now: datetime | None,
    rules: Rules,
) -> Iterator[Trace]:
    """Traces of the day of publication, the surest first.

    `page` is the page as text, `claims` are those for the date that could not be read, `blocks` start near the
    headline `title`, `now` is when the page was fetched: without it nothing is counted from it.
    """
    yield from in_state(page, title, rules)
    if now is not None:
        yield from counted(claims, blocks[: BEFORE + _AFTER], now, rules)
    yield from months(blocks[:_BELOW], rules)
    if match := _IN_ADDRESS.search(url):
        yield (
            Claim("date_published", match[0], Source(Place.URL, qualifier=Qualifier.MONTH)),
            datetime(int(match[1]), int(match[2]), 1, tzinfo=UTC),
        )
    for claim in claims:
        match = _IN_PICTURE.search(claim.value) if claim.field == "image" else None
        if match and (day := dates.parse("-".join(match.groups()), rules)) is not None:
            yield Claim("date_published", claim.value, Source(Place.IMAGE)), day


def in_state(page: str, title: str, rules: Rules) -> Iterator[Trace]:
    """The time of publication in what scripts and `data-` attributes keep; of several days that by the headline.

    Where several are kept and none of them by the headline, none is taken.
    """
    page = page[:_SEARCHED]
    for kind in ("dates", "later"):
        kept = _kept(page, kind, rules)
        read = [(at, value, when) for at, value in kept if (when := dates.parse(value, rules)) is not None]
        if len({when.date() for _, _, when in read}) > 1:
            places = list(islice(_places(title, page), _MOST)) if title else []
            apart = [min((abs(at - place) for place in places), default=_APART) for at, _, _ in read]
            read = [read[apart.index(min(apart))]] if min(apart) < _APART else []
        if read:
            _, value, when = read[0]
            yield Claim("date_published", value, Source(Place.SCRIPT)), when
            return


def authors_in_state(page: str, rules: Rules) -> Iterator[Claim]:
    """The author's name in what scripts and `data-` attributes keep, where they give one name only."""
    found = {plain(value) for _, value in _kept(page[:_SEARCHED], "authors", rules)}
    if len(found) == 1:
        yield Claim("authors", found.pop(), Source(Place.SCRIPT))


def _kept(page: str, kind: str, rules: Rules) -> list[tuple[int, str]]:
    """Place and value of `"publishDate": "2025-04-03"`, `data-publish-date="2025-04-03"`, `publishDate=1743674000`."""
    stems, names = _names(kind, rules)
    places = sorted(at for start, ends in stems for at in _places(start, page) if page.startswith(ends, at))
    keys = (names.search(page, max(0, at - _BEFORE_STEM), at + _BEHIND_STEM) for at in places)
    values = (_VALUE.match(page, key.start()) for key in keys if key)
    return list({m.start(): (m.start(), m[1] or m[2]) for m in values if m}.values())[:_MOST]


def _places(text: str, page: str) -> Iterator[int]:
    at = page.find(text)
    while at >= 0:
        yield at
        at = page.find(text, at + len(text))


@lru_cache(maxsize=8)
def _names(kind: str, rules: Rules) -> tuple[list[Stems], re.Pattern[str]]:
    """What is looked for first, since that is fast, and the names in full."""
    table = rules.metadata.get("traces", {}).get("state", {}).get(kind, {})
    either = "|".join(name.replace("_", "[_-]?") for name in table.get("names", [])) or "$^"
    return _stems(table.get("stems", [])), re.compile(
        rf"(?<!last)(?<!last[_-])(?<!re)(?<!un)(?:{either})", re.IGNORECASE
    )


def _stems(stems: Sequence[str]) -> list[Stems]:
    """Stems by what they begin with: each search through a page takes its time, and a beginning needs one.

    >>> _stems(["ublish", "ub-dat", "reated"])
    [('ub', ('ublish', 'ub-dat')), ('reated', ('reated',))]
    """
    by_beginning: dict[str, list[str]] = {}
    for stem in stems:
        by_beginning.setdefault(stem[:2], []).append(stem)
    return [(_shared(min(alike), max(alike)), tuple(alike)) for alike in by_beginning.values()]


def _shared(one: str, other: str) -> str:
    """What two words begin with alike; of the first and the last of some in order, what all of them do."""
    return "".join(a for a, b in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def counted(claims: Sequence[Claim], blocks: Sequence[Block], now: datetime, rules: Rules) -> Iterator[Trace]:
    """Times counted from now: marked as a date, or in a line of their own ("3 hours ago", "gestern, 14:30 Uhr")."""
    for claim in claims:
        near = claim.field == "date_published" and claim.source.position not in _FAR
        if near and (when := counted_from(claim.value, now, rules)) is not None:
            yield Claim("date_published", claim.value, claim.source.qualified(Qualifier.RELATIVE)), when
    for line in (line for block in blocks for line in block.text[:400].split("\n")):
        if any(map(str.isdigit, line)) and (when := counted_from(line, now, rules)) is not None:
            yield Claim("date_published", line, Source(Place.TEXT, qualifier=Qualifier.RELATIVE)), when


def counted_from(text: str, now: datetime, rules: Rules) -> datetime | None:
    """What a text like "3 hours ago" means, counted from `now`; `None` for another text and for a change.

    Midnight UTC where the text names a day only. More than a year ago is too vague for a day.
    """
    folded = text.casefold()
    if len(text) > _LINE or dates.says_modified(text, rules):
        return None
    languages = [code for code, words in _relative(rules).items() if any(word in folded for word in words)]
    said = folded
    for word in rules.metadata.get("months", {}).get("published", {}).get("words", []):
        said = said.replace(word, " ")
    found = _dateparser(said.strip(" :,.|·•-–"), languages[:4], now) if languages else None
    if found is None or not now - timedelta(days=366) < found <= now:
        return None
    return found.replace(second=0, microsecond=0) if _CLOCK.search(folded) else _midnight(found)


def _midnight(when: datetime) -> datetime:
    return when.replace(hour=0, minute=0, second=0, microsecond=0)


@lru_cache(maxsize=8)
def _relative(rules: Rules) -> dict[str, list[str]]:
    """Language → the words of times counted from now."""
    return {code: list(words) for code, words in rules.metadata.get("traces", {}).get("relative", {}).items()}


def _dateparser(text: str, languages: list[str], now: datetime) -> datetime | None:
    import dateparser

    settings = {
        "PARSERS": ["relative-time"],
        "RELATIVE_BASE": now.astimezone(UTC).replace(tzinfo=None),
        "RETURN_AS_TIMEZONE_AWARE": True,
        "TIMEZONE": "UTC",
    }
    try:
        found: datetime | None = dateparser.parse(text, languages=languages, settings=settings)
    except Exception:  # dateparser raises whatever its regular expressions and tables stumble on
        return None
    return found


def months(blocks: Sequence[Block], rules: Rules) -> Iterator[Trace]:
    """A month in a line with nothing else near the headline, or behind a word for publishing anywhere below."""
    for i, block in enumerate(blocks):
        for line in block.text.split("\n") if len(block.text) <= 400 else ():
            found = dates.month(line, rules) if len(line) <= 80 else None
            if found is None or len(line) - len(found[1]) > _BESIDE:
                continue
            alone = i < BEFORE + _AFTER and len(line) - len(found[1]) <= 3
            if alone or dates.signs(line, rules):
                yield Claim("date_published", line, Source(Place.TEXT, qualifier=Qualifier.MONTH)), found[0]
