"""The publishers: whom the blogs of the archive republish, how late, and under which headlines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from newsarchive.core.text.diff import word_diff
from newsarchive.db.reading import query
from newsarchive.db.reading.lineage import Republished, origins
from newsarchive.db.reading.publishers import HeadlineChange, republications
from newsarchive.exceptions import NoSuchArticle
from newsarchive.web.answers import Answer, Page, Request
from newsarchive.web.library import Library
from newsarchive.web.render import MARKS

#: Rows of the list.
MAX_PUBLISHERS = 300
#: Changed headlines of one publisher.
MAX_HEADLINES = 30


@dataclass(frozen=True, slots=True)
class Credited:
    """A publisher that articles of the archive credit. `rows` say which site does how often, and how long after the original."""

    name: str
    domain: str
    articles: int
    rows: tuple[Republished, ...]
    first: datetime
    last: datetime


def publishers(library: Library, request: Request) -> Answer:
    """Every publisher that is credited, the one with most articles first."""
    found = _credited(library)
    return Page("publishers.html", {"publishers": found[:MAX_PUBLISHERS], "total": len(found)}, found)


def _credited(library: Library) -> list[Credited]:
    rows = library.credits.get(wait=10.0)
    return credited(origins(library.engine) if rows is None else rows)


def credited(rows: Iterable[Republished]) -> list[Credited]:
    """Which site republishes whom, gathered by publisher."""
    groups: defaultdict[tuple[str, str], list[Republished]] = defaultdict(list)
    for row in rows:
        groups[row.origin, row.origin_domain].append(row)
    found = [
        Credited(
            name, domain, sum(row.articles for row in own), tuple(own),
            min(row.first for row in own), max(row.last for row in own),
        )
        for (name, domain), own in groups.items()
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one.articles, one.name))


def publisher(library: Library, request: Request) -> Answer:
    """One publisher: who takes its articles, how late, what becomes of the headlines, and the newest of them."""
    name = request.query.get("name", "").strip()
    found = [one for one in _credited(library) if name and name in (one.name, one.domain)]
    if not found:
        raise NoSuchArticle(f"no publisher {name!r} is credited in this archive")
    one = found[0]
    held = library.pairs.get(wait=10.0)
    held = republications(library.engine) if held is None else held
    pairs = [pair for pair in held if one.domain and pair.publisher_site == one.domain]
    changed = [pair for pair in pairs if pair.headline_change is not HeadlineChange.SAME]
    newest = query.search(
        library.engine,
        "",
        query.Filters(origin=one.domain or one.name),
        query.Paging("date", 10, marks=MARKS),
    )
    shown = {
        "publisher": one,
        "pairs": pairs,
        "changed": changed[:MAX_HEADLINES],
        "left_out": max(0, len(changed) - MAX_HEADLINES),
        "newest": newest,
        "diff": word_diff,
    }
    return Page("publisher.html", shown, {"publisher": one, "republications": pairs})
