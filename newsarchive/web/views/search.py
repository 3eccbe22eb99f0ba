"""The search: ranked results with their counts by site, publisher and so on, and the same for other programs."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any
from urllib.parse import urlencode

from newsarchive.citation import is_identifier
from newsarchive.db.query_language import NO_MARKS
from newsarchive.db.reading import articles
from newsarchive.db.reading.articles import Selection, cited
from newsarchive.db.reading.finding import find
from newsarchive.db.reading.search import Filters, Hit, Paging, filters
from newsarchive.db.reading.search import search as run_search
from newsarchive.db.reading.statistics import Facets
from newsarchive.db.readonly import reading
from newsarchive.exceptions import NoSuchArticle, UsageError, Withheld
from newsarchive.export import to_json
from newsarchive.export.text import write_rows
from newsarchive.web.answers import FEED_SECONDS, Answer, Content, Elsewhere, Page, Request, day_of
from newsarchive.web.library import Library
from newsarchive.web.render import MARKS

#: Results on one page of the search.
RESULTS_PER_PAGE = 20
#: Pages of results of one search; a larger number is refused.
MAX_RESULT_PAGES = 500
#: Results of a search that another program gets as CSV or JSON.
MAX_DOWNLOADED = 1_000
#: Items of the feed of a search, the newest ones.
MAX_FEED_ITEMS = 50
#: Values of a facet beside the results, the most frequent ones.
MAX_FACET_VALUES = 8


def search(library: Library, request: Request) -> Answer:
    """Ranked results; a URL or an identifier in the box opens its article."""
    asked = request.asked
    words = asked.get("q", "")
    if is_identifier(words):
        named = cited(library.engine, words)
        if named.version == articles.get(library.engine, named.id).version:
            return Elsewhere(f"/article/{named.id}")
        return Elsewhere(f"/article/{named.id}/diff?from={named.version}")  # what changed since
    if "://" in words:
        try:
            with reading(library.engine) as connection:
                return Elsewhere(f"/article/{find(connection, words)}")
        except Withheld:
            raise
        except NoSuchArticle:
            pass  # it may stand in the texts
    # Browsers send every field of the form: the address to share is without the empty ones.
    if "" in request.query.values():
        return Elsewhere(address("/search", asked, {"page": asked.get("page", "")}))
    hits: list[Hit] = []
    spread: Facets | None = None
    problem, number = "", 1
    try:
        number = page_number(asked.get("page", ""))
        hits, spread = _searched(library, words, asked, RESULTS_PER_PAGE, (number - 1) * RESULTS_PER_PAGE)
    except UsageError as error:
        problem = str(error).removeprefix("search: ")
    more = spread is not None and spread.total > number * RESULTS_PER_PAGE and number < MAX_RESULT_PAGES
    shown = {
        "hits": hits,
        "spread": spread,
        "problem": problem,
        "number": number,
        "first": (number - 1) * RESULTS_PER_PAGE + 1,
        "previous": leaf("/search", asked, number - 1) if number > 1 else "",
        "beginning": leaf("/search", asked, 1),
        "next": leaf("/search", asked, number + 1) if more else "",
        "facets": _facets(asked, spread) if spread else [],
        # The filters in words, each with the search without it.
        "chips": [
            (text.format(asked[name]), address("/search", {k: v for k, v in asked.items() if k != name}))
            for name, text in _CHIPS.items()
            if asked.get(name)
        ],
        "numbers": address(f"/search.{_NUMBERS}", asked),
        "downloads": [(name, address(f"/search.{ending}", asked)) for name, ending in _DOWNLOADS],
        **form(library, asked),
    }
    return Page("search.html", shown, status=400 if problem else 200)


#: Where a search can be had for another program: its name, and the ending of its address.
_DOWNLOADS = (("CSV", "csv"), ("JSON", "json"), ("JSON Feed", "feed.json"))
#: The ending of the address of its numbers, as JSON.
_NUMBERS = "facets.json"


def found(library: Library, request: Request) -> Answer:
    """The results of a search for other programs: the first `MAX_DOWNLOADED` in the order of the search, the newest
    ones as a feed, or the counts alone."""
    asked = request.asked
    words, ending = asked.get("q", ""), request.parts["form"]
    if ending == _NUMBERS:
        _, spread = _searched(library, words, asked, 1, 0)
        return Content(to_json(spread, indent=1), "application/json; charset=utf-8")
    if ending not in {ending for _, ending in _DOWNLOADS}:
        raise NoSuchArticle(f"a search is no {ending!r}: csv, json, feed.json or facets.json")
    if ending == "feed.json":
        from newsarchive.export.jsonfeed import write_jsonfeed

        newest = Selection(library.engine, words, _narrowed(asked), order="date", limit=MAX_FEED_ITEMS)
        feed = io.BytesIO()
        addresses = {
            name: f"{library.base_url}{address(path, asked)}"
            for name, path in (("home_page_url", "/search"), ("feed_url", "/search.feed.json"))
            if library.base_url
        }
        write_jsonfeed(newest, feed, f"newsarchive: {words}" if words else "newsarchive", addresses)
        return Content(feed.getvalue(), "application/feed+json; charset=utf-8", seconds=FEED_SECONDS)
    paging = Paging(asked.get("order") or "rank", MAX_DOWNLOADED, marks=NO_MARKS)
    hits = run_search(library.engine, words, _narrowed(asked), paging)
    if ending == "json":
        return Content(to_json(hits, indent=1), "application/json; charset=utf-8")
    table = io.BytesIO()
    write_rows([one.name for one in fields(Hit)], map(asdict, hits), table, with_bom=False, line_end="\r\n")
    return Content(table.getvalue(), "text/csv; charset=utf-8")


#: What the numbers of copies count, in words; the keys are those of `Facets.copies`.
_COPIES = {"first": "the first copy alone", "none": "only what is the blog’s own"}


def _facets(asked: Mapping[str, str], spread: Facets) -> list[tuple[str, list[tuple[str, int, str]], int]]:
    """The title of each facet; its largest values, each with its number and the search for it alone; and how many
    values are left out."""
    months = dict(sorted(spread.months.items(), key=lambda month: -month[1]))
    shown = []
    for title, name, counts in (
        ("Site", "site", spread.sites),
        ("First published by", "origin", spread.origins),
        ("Language", "language", spread.languages),
        ("Month", "month", months),
    ):
        filters_of = ("since", "until") if name == "month" else (name,)
        rows = [
            (value, number, address("/search", asked, dict.fromkeys(filters_of, value)))
            for value, number in list(counts.items())[:MAX_FACET_VALUES]
        ]
        if len(counts) > 1:
            shown.append((title, rows, max(0, len(counts) - len(rows))))
    counted = sum(spread.sites.values())
    copies = [
        (_COPIES[kind], number, address("/search", asked, {"copies": kind}))
        for kind, number in spread.copies.items()
        if 0 < number < counted
    ]
    if copies and not asked.get("copies"):
        shown.insert(2, ("Copied stories", copies, 0))
    return shown


#: The filters of the form, each in the words of the chip that takes it off.
_CHIPS = {
    "site": "site {}", "origin": "first published by {}", "language": "language {}", "author": "author {}",
    "since": "from {}", "until": "until {}", "copies": "copies: {}", "rights": "not reserved from text and data mining", "hidden": "with those in quarantine",
}  # fmt: skip


def _narrowed(asked: Mapping[str, str]) -> Filters:
    chosen: dict[str, Any] = {name: asked.get(name, "") for name in _CHIPS}
    chosen |= {name: day_of(asked, name) for name in ("since", "until")}
    return filters(**chosen | {"hidden": chosen["hidden"] == "1"})


def _searched(
    library: Library, words: str, asked: Mapping[str, str], limit: int, offset: int
) -> tuple[list[Hit], Facets]:
    paging = Paging(asked.get("order") or "rank", limit, offset, MARKS)
    return library.search(words, _narrowed(asked), paging)


def form(library: Library, asked: Mapping[str, str]) -> dict[str, Any]:
    """What the search form needs: what was asked for, and what can be chosen from."""
    overview = library.overview.get(wait=0.2)
    given = {name: asked.get(name, "") for name in ("q", *_CHIPS, "order")}
    return {
        "asked": given,
        "narrowed": any(value for name, value in given.items() if name not in ("q", "order")),
        "sites": sorted(overview.stats.sites) if overview else [],
        "languages": [code for code in overview.stats.languages if code] if overview else [],
        "origins": [name for name in list(overview.stats.origins)[:200] if name] if overview else [],
    }


def page_number(given: str) -> int:
    if not given:
        return 1
    if not (given.isascii() and given.isdigit() and len(given) < 10 and 1 <= int(given) <= MAX_RESULT_PAGES):
        raise UsageError(
            f"page: {given[:20]!r} is none of 1 to {MAX_RESULT_PAGES}; narrow the search instead"
        )
    return int(given)


def leaf(path: str, asked: Mapping[str, str], number: int) -> str:
    """The address of another page of what was asked for."""
    return address(path, asked, {"page": str(number) if number > 1 else ""})


def address(path: str, asked: Mapping[str, str], more: Mapping[str, str] | None = None) -> str:
    """The address of what was asked for, from its first page unless `more` names another."""
    kept = {name: value for name, value in {**asked, "page": "", **(more or {})}.items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path
