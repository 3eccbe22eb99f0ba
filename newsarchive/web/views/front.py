"""The front page: what is new, what was altered or vanished, and a year at a glance. And the figures for a monitoring system."""

from __future__ import annotations

from newsarchive import metrics as numbers
from newsarchive.db.reading import browse, query
from newsarchive.web import chart
from newsarchive.web.answers import Answer, Content, Page, Request
from newsarchive.web.library import Library
from newsarchive.web.render import MARKS
from newsarchive.web.views.changes import events
from newsarchive.web.views.search import form

#: Stories that the front page shows.
MAX_STORIES = 5
#: Articles that it shows.
MAX_ARTICLES = 8


def front(library: Library, request: Request) -> Answer:
    """Stories first, then articles, the newest first; beside them what was altered or vanished this week."""
    newest = query.search(library.engine, "", paging=query.Paging("date", MAX_ARTICLES, marks=MARKS))
    stories = browse.recent_stories(library.engine, MAX_STORIES)
    week = library.week.get()
    overview, weeks = library.overview.get(), library.weeks.get() or []
    shown = {
        "overview": overview,
        "newest": newest,
        "stories": stories,
        "week": week,
        "events": events(library, week.changes) if week else [],
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
