"""Counts the matches of a search by site, publisher, language, month and kind of copy.

    spread = facets(source, "ferry")
    print(spread.total, spread.sites)

Most of the cost of a search is to find the matches of a phrase of common words. Where an exact total would need a second look
through the whole index, the total is only a lower bound: "10,000 or more".
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from newsarchive.db.conditions import Copies, first_of_story
from newsarchive.db.query_language import And, Node, Not, Or, Words
from newsarchive.db.reading.search import JOINED, Filters, Query, tree_of
from newsarchive.db.readonly import Source, reading

#: This many matches, the newest ones, are counted by site, publisher and so on. The number is limited because the
#: article of each match is read: twice as many take 40 ms more.
MAX_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Facets:
    """The matches of a search, counted. Each mapping goes from a value to its number of articles, the largest number first; months
    are in order.

    `total` is the number of all matches where `is_exact` is true, else there are that number or more. The mappings count all matches
    where `are_whole` is true, else the newest `MAX_COUNTED`. `copies` says how many articles are the first of their story, and how
    many are the blogs' own.
    """

    total: int
    is_exact: bool
    sites: dict[str, int]
    origins: dict[str, int]
    languages: dict[str, int]
    months: dict[str, int]
    copies: dict[str, int]
    are_whole: bool


#: Articles by site, publisher, language, month, whether they are the first of their story, and whether they name no other publisher.
_COUNTED = f"""
    SELECT s.domain, o.name, a.in_language, {{month}}, CASE WHEN {first_of_story("a")} THEN 1 ELSE 0 END,
           CASE WHEN ao.article_id IS NULL THEN 1 ELSE 0 END, count(*)
    FROM ({{matches}}) AS newest JOIN articles AS a ON a.id = newest.id {JOINED} GROUP BY 1, 2, 3, 4, 5, 6
"""


def facets(source: Source, words: str = "", filters: Filters | None = None) -> Facets:
    """The matches, counted. Raises `UsageError` as `search` does."""
    tree, wanted = tree_of(words), filters or Filters()
    named: tuple[Counter[str], ...] = (Counter(), Counter(), Counter(), Counter())
    total, copies = 0, {Copies.FIRST.value: 0, Copies.NONE.value: 0}
    with reading(source) as reader:
        query = Query(reader, wanted)
        tree = query.inside(tree)
        month, matches = reader.dialect.month("a.date_published"), query.newest(tree, MAX_COUNTED)
        counted = _COUNTED.format(month=month, matches=matches)
        for *names, is_first, is_own, number in reader.tuples(counted, query.values):
            total += number
            copies[Copies.FIRST.value] += number * is_first
            copies[Copies.NONE.value] += number * is_first * is_own
            for counts, name in zip(named, names, strict=True):
                if name:
                    counts[name] += number
        is_exact = total < MAX_COUNTED
        if not is_exact and _is_cheap(tree):
            query = Query(reader, wanted)
            total, is_exact = int(reader.value(query.count(tree), query.values)), True
    sites, origins, languages, months = named
    return Facets(
        total,
        is_exact,
        dict(sites.most_common()),
        dict(origins.most_common()),
        dict(languages.most_common()),
        dict(sorted(months.items())),
        copies,
        is_exact and total <= MAX_COUNTED,
    )


def _is_cheap(tree: Node | None) -> bool:
    """Whether the full-text index can count the matches by itself: a phrase needs the places of its words in each text."""
    if isinstance(tree, And | Or):
        return all(map(_is_cheap, tree.parts))
    if isinstance(tree, Not):
        return _is_cheap(tree.part)
    return tree is None or (isinstance(tree, Words) and len(tree.words) == 1)
