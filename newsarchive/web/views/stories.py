"""Who took a text from whom: the stories (texts that stand on several pages), and the publishers that blogs
republish."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from newsarchive.core.text.diff import word_diff
from newsarchive.db.reading import browse, lineage, search
from newsarchive.db.reading.lineage import Republished, origins
from newsarchive.db.reading.publishers import HeadlineChange, republications
from newsarchive.db.reading.search import Filters, Paging
from newsarchive.exceptions import NoSuchArticle, UsageError
from newsarchive.web.answers import Answer, Page, Request
from newsarchive.web.chart import AXIS_HEIGHT, LINE_HEIGHT, WIDTH, picture
from newsarchive.web.library import Library
from newsarchive.web.render import MARKS

#: Stories in the list of stories.
MAX_STORIES = 100
#: Sentences of each kind that the story page shows of one copy.
MAX_SHOWN_SENTENCES = 12


def stories(library: Library, request: Request) -> Answer:
    """The stories with the most copies, or those to which a copy was added last."""
    order = request.query.get("order", "") or "copies"
    if order not in ("copies", "new"):
        raise UsageError(f"order {order[:20]!r}: copies or new")
    found = browse.stories(library.engine, MAX_STORIES, are_recent=order == "new")
    return Page("stories.html", {"stories": found, "order": order}, found)


def story(library: Library, request: Request) -> Answer:
    """Every copy of one text: who had it when, from whom, under which headline, and what each changed."""
    given = request.parts["id"]
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise NoSuchArticle(f"no story {given} in the archive")
    trace = lineage.story(library.engine, int(given))
    fullest = next(copy for copy in trace.copies if copy.id == trace.fullest)
    first = trace.copies[0]
    headlines: dict[str, list[lineage.Copy]] = {}
    for copy in trace.copies:
        headlines.setdefault(copy.headline, []).append(copy)
    shown = {
        "trace": trace,
        "fullest": fullest,
        "first": first,
        "most": MAX_SHOWN_SENTENCES,
        "diff": word_diff,
        "headlines": [(word_diff(first.headline, text), copies) for text, copies in headlines.items()],
        "picture": picture(trace, browse.credits_of(library.engine, [copy.id for copy in trace.copies])),
        "size": {"width": WIDTH, "line": LINE_HEIGHT, "head": AXIS_HEIGHT},
    }
    return Page("story.html", shown, trace)


#: Rows of the list.
MAX_PUBLISHERS = 300
#: Changed headlines of one publisher.
MAX_HEADLINES = 30


@dataclass(frozen=True, slots=True)
class Credited:
    """A publisher that articles of the archive credit. `rows` say which site credits it, how often, and how long after
    the original."""

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
    """One publisher: who republishes its articles, how late, what becomes of the headlines, and the newest copies."""
    name = request.query.get("name", "").strip()
    found = [one for one in _credited(library) if name and name in (one.name, one.domain)]
    if not found:
        raise NoSuchArticle(f"no publisher {name!r} is credited in this archive")
    one = found[0]
    held = library.pairs.get(wait=10.0)
    held = republications(library.engine) if held is None else held
    pairs = [pair for pair in held if one.domain and pair.publisher_site == one.domain]
    changed = [pair for pair in pairs if pair.headline_change is not HeadlineChange.SAME]
    newest = search.search(
        library.engine, "", Filters(origin=one.domain or one.name), Paging("date", 10, marks=MARKS)
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
