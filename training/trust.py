"""Learn `newsarchive/data/metadata/points.toml`, the table of trust for headline, authors and date_published.

    python -m training.trust ../shared/data > points.toml && mv points.toml newsarchive/data/metadata/

The table in place is read meanwhile (it decides the headline that dates and names are looked for around), so that the
command never writes into it.

Reads `FOLDER/*/truth.jsonl` with `pages/ID.html.gz` beside it. Only pages of half A (a hash of the registered
domain, `benchmarks.metadata.half`) are seen, so that the other half can be reported. A conditional logit
(McFadden 1974): a page chooses among its options and "does not say", which has 0 points. A ridge penalty draws a
source to a point or half of one and a trait to none, so that what the data hardly shows stays a weak witness; plain gradient
steps, no randomness.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.metadata import Row, author_set, exact, half, read_page, rows
from newsarchive import rules
from newsarchive.core.metadata import authors, headline, publication_date
from newsarchive.core.metadata.claims import (
    DECLARING,
    GUESSES,
    Place,
    Position,
    Qualifier,
    Source,
    Trait,
    Voice,
)
from newsarchive.core.metadata.site_statements import BESIDE_PAGE
from newsarchive.core.metadata.step import Gathered, gather
from newsarchive.items import Block

STEPS, RATE = 3000, 0.5
#: What a source is taken to be worth before any data is seen, in points, and how hard that draws. Authors have twice the
#: sources of the others, each on fewer pages: five folds by site agree best there with more of both (sets right out of
#: fold: .839 against .827 with 0.5 and 0.3; headlines .871 against .869 with 0.6).
PRIOR = {"headline": 0.5, "authors": 1.0, "date_published": 0.5}
RIDGE = {"headline": 0.3, "authors": 1.0, "date_published": 0.3}
#: Dates that stand behind a word for publishing.
LABELLED = frozenset((Place.TIME_LABELLED, Place.DATE_LABELLED))
#: What they are taken to be worth before any data is seen: few pages have one, and it means what it says.
FIRST_LABELLED = 1.5
#: And for a name with a legal form: of half A's authors none has one, though eight pages offer one. And for the people of a
#: site, one by one: no page of half A has them, three of the world's pages that were read do.
FIRM, STAFF = -3.0, -6.0
#: And for the site's name as author, where JSON-LD alone has it and it is no person's: so it stands on six pages of half A, of six
#: sites, and is right on none.
HOUSE = -2.0
#: And for one of several guesses: since menus are refused (`person_names.may_be_author`), half A shows few of them.
SEVERAL = -1.5
#: Voices that have their points though no page of half A has them.
UNSEEN = {"authors": (Trait.STAFF,)}
#: Sources of names that were guessed from their looks: worth nothing before any data is seen. Few are left since guesses
#: in menus and rows of buttons are refused (`person_names.may_be_author`), and a point each would make authors of what is left there.
WORTHLESS = GUESSES - {Place.LIFE}
#: Sources that are never held against a value, however often another one is beside them: what they say was meant.
STRONG, LEAST = DECLARING | {Place.TITLE, Place.URL}, 0.1
#: Traits that never speak for a value. A printed date that is known as that of a change is meant as one.
AGAINST = (Trait.DAY_OF_CHANGE,)
HEADER = """\
# Written by `python -m training.trust`; see there. Points (log-odds) of each source and trait, added up for each value
# that a page offers; the value with the most wins if it has more than 0.
"""

#: (voices of each option, index of the right one or the number of options for "does not say")
Choice = tuple[list[list[Voice]], int]


def main(folder: str) -> None:
    choices: dict[str, list[Choice]] = {"headline": [], "authors": [], "date_published": []}
    for row in rows(Path(folder)):
        if half(row.url) == "A":
            for field, choice in _choices(row):
                choices[field].append(choice)
    print(HEADER)
    for field, learned in choices.items():
        print(f"[{field}] # learned on {len(learned)} pages")
        points_of = fit(learned, PRIOR[field], RIDGE[field], UNSEEN.get(field, ()))
        for name, points in sorted(points_of.items(), key=lambda item: -item[1]):
            print(f'"{name}" = {points:.2f}')
        print()


def _choices(row: Row) -> Iterator[tuple[str, Choice]]:
    page, tree, blocks = read_page(row)
    found = gather(tree, page, blocks, rules.default())
    full = row.folder == "articles"  # only there an empty field says that the page names none
    if row.title:
        offered, _ = headline.options(found.of("headline"), found.site_names, found.sections)
        values = [exact(o.claims[0].value) for o in offered]
        yield from _one("headline", [o.voices for o in offered], values, exact(row.title), False)
    yield from _one("authors", *_author_options(found, blocks), author_set(row.authors), full)
    read, _ = publication_date.read_claims(
        found.of("date_published") + publication_date.changes(found.of("date_modified")),
        page.capture.fetched_at,
        rules.default(),
        month_first=True,
    )
    days = publication_date.options(read, rules.default())
    values = [read[o.claims[0]].date().isoformat() for o in days]
    yield from _one("date_published", [o.voices for o in days], values, row.date[:10], full)


def _author_options(found: Gathered, blocks: Sequence[Block]) -> tuple[list[list[Voice]], list[Any]]:
    named, _ = authors.read_claims(found.of("authors"), found.sections, rules.default())
    lists = authors.options(named, found.site_names, blocks, rules.default())
    return [o.voices for o, _ in lists], [author_set(a.name for a in names) for _, names in lists]


def _one(
    field: str, voices: list[list[Voice]], values: list[Any], truth: Any, full: bool
) -> Iterator[tuple[str, Choice]]:
    if not voices:
        return
    if truth and truth in values:
        yield field, (voices, values.index(truth))
    elif not truth and full:
        yield field, (voices, len(voices))


def fit(
    choices: list[Choice], worth: float, ridge: float, unseen: Sequence[Voice] = ()
) -> dict[Voice, float]:
    """Voice → points, by penalised maximum likelihood; `unseen` voices keep what they are taken to be worth."""
    names = sorted({v for options, _ in choices for o in options for v in o} | set(unseen), key=str)
    index = {name: i for i, name in enumerate(names)}
    tables = []
    for options, right in choices:
        table = np.zeros((len(options) + 1, len(names)))
        for row, voices in enumerate(options):
            table[row, [index[v] for v in voices]] = 1
        tables.append((table, right))
    sources = [name if isinstance(name, Source) else None for name in names]
    changed = np.array([s is not None and s.qualifier is Qualifier.MODIFIED for s in sources])
    prior = np.array([worth * (s is not None and s.place not in BESIDE_PAGE) for s in sources]) * ~changed
    prior[[s is not None and s.place in WORTHLESS for s in sources]] = 0
    near = [s is not None and s.position is Position.NEAR for s in sources]
    labelled = [s is not None and s.place in LABELLED for s in sources]
    prior[np.array(near) & np.array(labelled)] = FIRST_LABELLED
    prior[[name == Trait.FIRM for name in names]] = FIRM
    prior[[name == Trait.STAFF for name in names]] = STAFF
    prior[[name == Trait.HOUSE_ALONE for name in names]] = HOUSE
    prior[[name == Trait.ONE_OF_GUESSES for name in names]] = SEVERAL
    floor = np.where([s is not None and s.place in STRONG for s in sources], LEAST, -np.inf)
    floor[changed] = -np.inf
    ceiling = np.where([name in AGAINST for name in names], 0, np.inf)
    weights = prior.copy()
    for step in range(STEPS):
        slope = -ridge * (weights - prior)
        for table, right in tables:
            share = np.exp(table @ weights - (table @ weights).max())
            slope += table[right] - (share / share.sum()) @ table
        weights += RATE / (1 + step / 300) * slope / len(tables) * 4
        weights = np.clip(weights, floor, ceiling)
    return dict(zip(names, weights.round(2).tolist(), strict=True))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "../shared/data")
