"""What publishers changed after they published, and what they took away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from newsarchive.core.text.diff import Change, word_diff
from newsarchive.db.reading import articles
from newsarchive.db.reading.changes import Happened, Happening, changes
from newsarchive.exceptions import UsageError
from newsarchive.web.answers import Answer, Page, Request, day_of
from newsarchive.web.library import Library
from newsarchive.web.views.article import difference
from newsarchive.web.views.search import address, leaf, page_number

#: Events on one page.
EVENTS_PER_PAGE = 30


@dataclass(frozen=True, slots=True)
class Event:
    """An event as the page shows it. Where a text was edited, `headline` has the changes of the headline's words, `counts`
    how many paragraphs were changed in each way, and `fields` the names of other fields that changed at the same time."""

    happened: Happened
    headline: tuple[Change, ...] = ()
    counts: Mapping[str, int] | None = None
    fields: tuple[str, ...] = ()


def listed(library: Library, request: Request) -> Answer:
    """The events of a site, or of all, between two days, the newest first."""
    asked = request.asked
    kind, number = asked.get("kind", ""), page_number(asked.get("page", ""))
    if kind and kind not in set(Happening):
        raise UsageError(f"kind {kind!r}: one of {', '.join(Happening)}")
    narrowed: dict[str, Any] = {
        "site": asked.get("site", ""),
        "since": day_of(asked, "since"),
        "until": day_of(asked, "until"),
    }
    kinds = (Happening(kind),) if kind else tuple(Happening)
    found = changes(
        library.engine,
        kinds=kinds,
        **narrowed,
        limit=EVENTS_PER_PAGE + 1,
        offset=(number - 1) * EVENTS_PER_PAGE,
    )
    shown = [event(library, one) for one in found[:EVENTS_PER_PAGE]]
    values = {
        "asked": {name: asked.get(name, "") for name in ("site", "since", "until", "kind")},
        "days": [
            (day, list(those)) for day, those in groupby(shown, lambda one: one.happened.seen_at.date())
        ],
        "counts": library.change_counts.get(tuple(narrowed.values()), wait=0.5) or {},
        "number": number,
        "kinds": [(name, address("/changes", asked, {"kind": name})) for name in ("", *Happening)],
        "previous": leaf("/changes", asked, number - 1) if number > 1 else "",
        "next": leaf("/changes", asked, number + 1) if len(found) > EVENTS_PER_PAGE else "",
    }
    return Page("changes.html", values, [one.happened for one in shown])


def event(library: Library, one: Happened) -> Event:
    """An event with what changed in the text."""
    if one.kind is not Happening.EDITED:
        return Event(one)
    versions = articles.history(library.engine, one.id)
    old, new = articles.two_of(versions, one.id, one.version - 1, one.version)
    found = difference((old.headline, old.article_body), (new.headline, new.article_body))
    moved = old.headline != new.headline
    headline = tuple(word_diff(old.headline, new.headline)) if moved else ()
    return Event(
        one,
        headline,
        found.counts,
        tuple(field.field for field in new.fields if field.seen_at == new.seen_at),
    )
