"""The pages: each is a function of the archive and a request. SQL is in `db/`, HTML in `templates/`."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from newsarchive import metrics as numbers
from newsarchive.core.text.diff import word_diff
from newsarchive.db import site_templates
from newsarchive.db.reading import browse, lineage, quarantine, query
from newsarchive.db.readonly import reading
from newsarchive.exceptions import NoSuchArticle, UsageError
from newsarchive.web import chart, render
from newsarchive.web.cache import BackgroundCache
from newsarchive.web.render import MARKS, page

if TYPE_CHECKING:
    from sqlalchemy import Engine

#: Results on one page of the search.
RESULTS_PER_PAGE = 20
#: Pages of results of one search; a larger number is refused.
MAX_RESULT_PAGES = 500
#: Names of a byline that are shown at once; the reader unfolds the rest.
MAX_SHOWN_NAMES = 12
#: Sentences of each kind that the story page shows of one copy.
MAX_SHOWN_SENTENCES = 12


@dataclass(frozen=True, slots=True)
class Request:
    """What a page may know of a request: the parts of its path, and its query, the last value of each name."""

    path: str
    parts: tuple[str, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Response:
    """A page, HTML unless it says otherwise, or a redirection where `location` is given."""

    body: str = ""
    status: int = 200
    location: str = ""
    content_type: str = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Overview:
    """What the archive holds, and when that was counted."""

    stats: query.Stats
    stories: list[browse.Story]
    counted_at: datetime


class Library:
    """An archive to read from, and the counts over it that are not made for every page."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.overview: BackgroundCache[Overview] = BackgroundCache(self._overview)
        self.sites: BackgroundCache[browse.SiteFigures | None] = BackgroundCache(self._site)

    def _overview(self, _: Hashable) -> Overview:
        counted = query.stats(self.engine)
        return Overview(counted, browse.stories(self.engine), datetime.now(UTC))

    def _site(self, domain: Hashable) -> browse.SiteFigures:
        return browse.site(self.engine, str(domain))


def metrics(library: Library, request: Request) -> Response:
    return Response(numbers.text(library.engine), content_type=numbers.CONTENT_TYPE)


# -- the front page and the search -----------------------------------------------------------------


def front(library: Library, request: Request) -> Response:
    newest = query.search(library.engine, "", order="date", limit=10, marks=MARKS)
    return Response(page("front.html", overview=library.overview.get(), newest=newest, **_form(library, {})))


def search(library: Library, request: Request) -> Response:
    """Ranked results; a URL in the box opens its article."""
    asked = {name: value.strip() for name, value in request.query.items()}
    words = asked.get("q", "")
    if "://" in words and (found := _by_url(library, words)):
        return Response(status=303, location=f"/article/{found}")
    hits: list[query.Hit] = []
    problem, number = "", 1
    try:
        number = _page_number(asked.get("page", ""))
        hits = _hits(library, words, asked, number)
    except UsageError as error:
        problem = str(error).removeprefix("search: ")
    more = len(hits) > RESULTS_PER_PAGE and number < MAX_RESULT_PAGES
    shown = page(
        "search.html",
        hits=hits[:RESULTS_PER_PAGE],
        problem=problem,
        number=number,
        first=(number - 1) * RESULTS_PER_PAGE + 1,
        previous=_leaf(asked, number - 1) if number > 1 else "",
        next=_leaf(asked, number + 1) if more else "",
        **_form(library, asked),
    )
    return Response(shown, status=400 if problem else 200)


def _hits(library: Library, words: str, asked: Mapping[str, str], number: int) -> list[query.Hit]:
    """The results of one page and one more, which tells whether there is another page."""
    filters = query.Filters(
        site=asked.get("site", ""),
        origin=asked.get("origin", ""),
        language=asked.get("language", ""),
        author=asked.get("author", ""),
        since=_day(asked, "since"),
        until=_day(asked, "until"),
        hidden=asked.get("hidden", "") == "1",
    )
    return query.search(
        library.engine,
        words,
        filters=filters,
        order=asked.get("order") or "rank",
        limit=RESULTS_PER_PAGE + 1,
        offset=(number - 1) * RESULTS_PER_PAGE,
        marks=MARKS,
    )


def _form(library: Library, asked: Mapping[str, str]) -> dict[str, Any]:
    """What the search form needs: what was asked for, and what can be chosen from."""
    overview = library.overview.get(wait=0.2)
    names = ("q", "site", "origin", "language", "author", "since", "until", "order", "hidden")
    given = {name: asked.get(name, "") for name in names}
    return {
        "asked": given,
        "narrowed": any(value for name, value in given.items() if name not in ("q", "order")),
        "sites": sorted(overview.stats.sites) if overview else [],
        "languages": [code for code in overview.stats.languages if code] if overview else [],
        "origins": [name for name in list(overview.stats.origins)[:200] if name] if overview else [],
    }


def _by_url(library: Library, url: str) -> int | None:
    try:
        with reading(library.engine) as connection:
            return query.find(connection, url)
    except NoSuchArticle:
        return None


def _day(asked: Mapping[str, str], name: str) -> date | None:
    given = asked.get(name, "")
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise UsageError(f"{name}: {given!r} is no day; write it as 2025-01-31") from None


def _page_number(given: str) -> int:
    if not given:
        return 1
    if not (given.isascii() and given.isdigit() and 1 <= int(given[:9]) <= MAX_RESULT_PAGES):
        raise UsageError(
            f"page: {given[:20]!r} is none of 1 to {MAX_RESULT_PAGES}; narrow the search instead"
        )
    return int(given)


def _leaf(asked: Mapping[str, str], number: int) -> str:
    kept = {name: value for name, value in asked.items() if value and name != "page"}
    return "/search?" + urlencode(kept | ({"page": str(number)} if number > 1 else {}))


# -- one article -----------------------------------------------------------------------------------


def article(library: Library, request: Request) -> Response:
    stored = query.get(library.engine, request.parts[0])
    cluster = stored.cluster_id
    copies = browse.mates(library.engine, cluster, stored.id) if cluster is not None else []
    versions = query.history(library.engine, stored.id)
    changed = len(versions) > 1 or any(version.fields for version in versions)
    edited = {
        name: render.marked(getattr(stored, name), stored.edits, name) for name in ("headline", "description")
    }
    found = render.repairs({name: getattr(stored, name) for name in (*edited, "article_body")}, stored.edits)
    kinds: dict[str, int] = {}
    for block in stored.dropped:
        kinds[block.label] = kinds.get(block.label, 0) + 1
    with reading(library.engine) as reader:
        state, reason = quarantine.state_of(reader, stored.id)
    return Response(
        page(
            "article.html",
            article=stored,
            state=state,
            reason=reason,
            names=MAX_SHOWN_NAMES,
            edited=edited,
            lines=render.lines(
                stored.article_body, stored.edits, stored.dropped, browse.places(library.engine, stored.id)
            ),
            repairs=found,
            kinds=sorted(kinds.items(), key=lambda kind: (-kind[1], kind[0])),
            versions=versions if changed else [],
            copies=copies,
        )
    )


def diff(library: Library, request: Request) -> Response:
    """What changed between two versions; the last two unless named."""
    stored = query.get(library.engine, request.parts[0])
    numbers = [_version(request.query.get(name, "")) for name in ("from", "to")]
    old, new = query.revision_texts(library.engine, stored.id, *numbers)
    versions = query.history(library.engine, stored.id)
    changes = word_diff(*(f"{v.headline}\n\n{v.article_body}" for v in (old, new)))
    return Response(page("diff.html", article=stored, old=old, new=new, versions=versions, changes=changes))


def compare(library: Library, request: Request) -> Response:
    """Two articles side by side, word by word."""
    full, copy = (query.get(library.engine, part) for part in request.parts)
    changes = word_diff(*(f"{a.headline}\n\n{a.article_body}" for a in (full, copy)))
    return Response(page("compare.html", full=full, copy=copy, changes=changes))


def _version(given: str) -> int | None:
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 7):
        raise UsageError(f"{given[:20]!r} is no number of a version")
    return int(given)


# -- sites and stories -----------------------------------------------------------------------------


def site(library: Library, request: Request) -> Response:
    domain = request.parts[0].lower()
    figures = library.sites.get(domain, wait=5.0) or browse.site(library.engine, domain)
    counts = chart.periods(figures.months)
    learned = site_templates.load(library.engine, domain).rows()
    shown = page(
        "site.html",
        site=figures,
        newest=query.search(library.engine, "", site=domain, order="date", limit=10, marks=MARKS),
        counts=counts,
        bars=chart.bars(counts),
        chart=chart,
        learned=sorted(learned, key=lambda row: (row["role"], -row["pages"], row["fingerprint"])),
    )
    return Response(shown)


def story(library: Library, request: Request) -> Response:
    given = request.parts[0]
    if len(given) > 9:
        raise NoSuchArticle(f"no story {given} in the archive")
    trace = lineage.story(library.engine, int(given))
    fullest = next(copy for copy in trace.copies if copy.id == trace.fullest)
    shown = page(
        "story.html",
        trace=trace,
        fullest=fullest,
        first=trace.copies[0],
        most=MAX_SHOWN_SENTENCES,
        diff=word_diff,
    )
    return Response(shown)
