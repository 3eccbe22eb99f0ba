"""The pages: each is a function of the archive and a request. SQL is in `db/`, HTML in `templates/`.

`ROUTES` gives the address of each. A page whose `Way` has a record can be read as JSON under its address with `.json`
added (`/index.json` for the front page).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from newsarchive.web.answers import Answer, Request
from newsarchive.web.library import Library
from newsarchive.web.views import article, judging, search, sites, stories

View = Callable[[Library, Request], Answer]


@dataclass(frozen=True, slots=True)
class Way:
    """A view and its address. `is_settled`: the answer follows from the archive alone, not from the day nor from counts that
    are made in the background. `has_record`: it is a page with JSON beside it. `is_form`: it takes a form."""

    path: str
    view: View
    is_settled: bool = True
    has_record: bool = True
    is_form: bool = False


ROUTES = (
    Way("/", sites.front, is_settled=False),
    Way("/search", search.search, is_settled=False, has_record=False),
    Way("/search.{form}", search.found, has_record=False),
    Way("/article/{id}", article.article),
    Way("/article/{id}/cite.{form}", article.cite, has_record=False),
    Way("/article/{id}/download.{form}", article.download, has_record=False),
    Way("/article/{id}/diff", article.diff),
    Way("/compare/{full}/{copy}", article.compare),
    Way("/stories", stories.stories),
    Way("/story/{id}", stories.story),
    Way("/sites", sites.sites, is_settled=False),
    Way("/site/{domain}", sites.site, is_settled=False),
    Way("/publishers", stories.publishers, is_settled=False),
    Way("/publisher", stories.publisher, is_settled=False),
    Way("/changes", article.changes, is_settled=False),
    Way("/health", sites.well, is_settled=False),
    Way("/withheld", judging.register),
    Way("/withheld.csv", judging.as_csv, has_record=False),
    Way("/quarantine", judging.waiting, is_settled=False),
    Way("/quarantine/{id}", judging.decide, has_record=False, is_form=True),
    Way("/metrics", sites.metrics, is_settled=False, has_record=False),
)
