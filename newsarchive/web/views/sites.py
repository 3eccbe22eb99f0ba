"""What the archive holds: the front page with the news, the list of sites, the page of each site, the health of the
sites, and the figures for a monitoring system."""

from __future__ import annotations

from datetime import UTC, datetime

from newsarchive.db import site_templates
from newsarchive.db.frontier import known_sites
from newsarchive.db.reading import browse, coverage, search
from newsarchive.db.reading import metrics as numbers
from newsarchive.db.reading.coverage import STRIP_DAYS, health
from newsarchive.db.reading.search import Filters, Paging
from newsarchive.db.readonly import reading
from newsarchive.web import chart
from newsarchive.web.answers import Answer, Content, Page, Request
from newsarchive.web.library import Library
from newsarchive.web.render import MARKS
from newsarchive.web.views.article import event
from newsarchive.web.views.search import form


def sites(library: Library, request: Request) -> Answer:
    """Every site with its articles, those with the most first; also those whose articles came without a crawl."""
    with reading(library.engine) as reader:
        known = known_sites.sites(reader)
    overview = library.overview.get(wait=2.0)
    named = {one.domain for one in known}
    others = overview.stats.sites.items() if overview else ()
    known += (
        known_sites.KnownSite(domain, "", articles=articles, state="not crawled")
        for domain, articles in others
        if domain not in named
    )
    known.sort(key=lambda one: (-one.articles, one.domain))
    return Page("sites.html", {"sites": known, "months": overview.stats.months if overview else {}}, known)


def well(library: Library, request: Request) -> Answer:
    """Every site, those with a problem first: since when it is crawled, when it is due, its last error, its last days."""
    found = health(library.engine, until=datetime.now(UTC).date())
    return Page("health.html", {"sites": found, "strip_days": STRIP_DAYS}, found)


def site(library: Library, request: Request) -> Answer:
    """One site: its articles by month, its newest ones, whom it republishes, its crawls, the lines that it repeats."""
    domain = request.parts["domain"].lower()
    figures = library.sites.get(domain, wait=5.0) or browse.site(library.engine, domain)
    spans = coverage.months(library.engine, domain, chart.periods(figures.months))
    learned = site_templates.load(library.engine, domain).rows()
    newest = search.search(library.engine, "", Filters(site=domain), Paging("date", 10, marks=MARKS))
    days = list(coverage.days(library.engine, domain))[-STRIP_DAYS:]
    shown = {
        "site": figures,
        "newest": newest,
        "spans": spans,
        "chart": chart.chart(spans),
        "measures": chart,
        "days": days,
        "learned": sorted(learned, key=lambda row: (row["role"], -row["pages"], row["fingerprint"])),
    }
    return Page("site.html", shown, figures)


#: Stories that the front page shows.
MAX_STORIES = 5
#: Articles that it shows.
MAX_ARTICLES = 8


def front(library: Library, request: Request) -> Answer:
    """Stories first, then articles, the newest first; beside them what was altered or vanished this week."""
    newest = search.search(library.engine, "", paging=Paging("date", MAX_ARTICLES, marks=MARKS))
    stories = browse.stories(library.engine, MAX_STORIES, are_recent=True)
    week = library.week.get()
    overview, weeks = library.overview.get(), library.weeks.get() or []
    shown = {
        "overview": overview,
        "newest": newest,
        "stories": stories,
        "week": week,
        "events": [event(library, one) for one in week.changes] if week else [],
        "weeks": weeks,
        "chart": chart.chart(weeks),
        "measures": chart,
        **form(library, {}),
    }
    record = {
        "counted": overview and overview.stats,
        "newest": newest,
        "stories": stories,
        "changes": week.changes if week else [],
        "weeks": weeks,
    }
    return Page("front.html", shown, record)


def metrics(library: Library, request: Request) -> Answer:
    return Content(numbers.text(library.engine), numbers.CONTENT_TYPE)
