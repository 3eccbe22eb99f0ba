"""The stories: texts that stand on several pages."""

from __future__ import annotations

from newsarchive.core.text.diff import word_diff
from newsarchive.db.reading import browse, lineage
from newsarchive.exceptions import NoSuchArticle, UsageError
from newsarchive.web.answers import Answer, Page, Request
from newsarchive.web.library import Library
from newsarchive.web.picture import HEAD, LINE, NAMES, WIDTH, picture

#: Stories in the list of stories.
MAX_STORIES = 100
#: Sentences of each kind that the story page shows of one copy.
MAX_SHOWN_SENTENCES = 12


def stories(library: Library, request: Request) -> Answer:
    """The stories with the most copies, or those to which a copy was added last."""
    order = request.query.get("order", "") or "copies"
    if order not in ("copies", "new"):
        raise UsageError(f"order {order[:20]!r}: copies or new")
    listed = browse.stories if order == "copies" else browse.recent_stories
    found = listed(library.engine, MAX_STORIES)
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
        "size": {"width": WIDTH, "line": LINE, "head": HEAD, "names": NAMES},
    }
    return Page("story.html", shown, trace)
