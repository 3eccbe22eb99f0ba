"""An article, its citations and files, what changed in it, two articles side by side, and what publishers changed or took away of all
articles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby, zip_longest
from typing import Any

from newsarchive import citation
from newsarchive.core.text.diff import Change, Fate, Paragraph, lost_and_gained, paragraph_diff, word_diff
from newsarchive.db.reading import articles, browse, hidden
from newsarchive.db.reading.articles import citation_of
from newsarchive.db.reading.changes import Happened, Happening
from newsarchive.db.reading.changes import changes as happenings
from newsarchive.db.readonly import reading
from newsarchive.exceptions import NoSuchArticle, UsageError
from newsarchive.export import to_json
from newsarchive.web import render
from newsarchive.web.answers import Answer, Content, Page, Request, day_of
from newsarchive.web.library import Library
from newsarchive.web.views.search import address, leaf, page_number

#: Names of a byline that are shown at once; the reader unfolds the rest.
MAX_SHOWN_NAMES = 12
#: From this number of equal paragraphs in a row on, they are folded.
MIN_FOLDED_PARAGRAPHS = 2


def article(library: Library, request: Request) -> Answer:
    """The page of an article: its text, beside it where it comes from, and below what was left out, repaired and
    read."""
    stored = library.article(request.parts["id"])
    cluster = stored.cluster_id
    copies = browse.mates(library.engine, cluster, stored.id) if cluster is not None else []
    versions = articles.history(library.engine, stored.id)
    changed = len(versions) > 1 or any(version.fields for version in versions)
    edited = {
        name: render.marked(getattr(stored, name), stored.edits, name) for name in ("headline", "description")
    }
    found = render.repairs({name: getattr(stored, name) for name in (*edited, "article_body")}, stored.edits)
    with reading(library.engine) as reader:
        state, reason = hidden.state_of(reader, stored.id)
    before, after = browse.beside(library.engine, stored.id)
    counts = Counter(block.label for block in stored.dropped)
    shown = {
        "article": stored,
        "state": state,
        "reason": reason,
        "names": MAX_SHOWN_NAMES,
        "edited": edited,
        "lines": render.lines(
            stored.article_body, stored.edits, stored.dropped, browse.places(library.engine, stored.id)
        ),
        "repairs": found,
        "groups": [
            (kind, [block for block in stored.dropped if block.label == kind])
            for kind, _ in counts.most_common()
        ],
        "versions": versions if changed else [],
        "copies": copies,
        "before": before,
        "after": after,
        "citation": citation.line(citation.of(stored)),
        "described": citation.jsonld(stored),
    }
    return Page("article.html", shown, stored)


#: The types of the citations that a page gives, by the ending of its address.
_CITATIONS = {
    "bib": ("bibtex", "application/x-bibtex; charset=utf-8"),
    "ris": ("ris", "application/x-research-info-systems; charset=utf-8"),
    "csl.json": ("csl", "application/vnd.citationstyles.csl+json; charset=utf-8"),
}


def cite(library: Library, request: Request) -> Answer:
    """The citation of an article for a reference manager."""
    if request.parts["form"] not in _CITATIONS:
        raise NoSuchArticle(f"no citation {request.parts['form']!r}: one of {', '.join(_CITATIONS)}")
    form, content_type = _CITATIONS[request.parts["form"]]
    written = citation.FORMATS[form](citation_of(library.engine, request.parts["id"]))
    return Content(written, content_type)


def download(library: Library, request: Request) -> Answer:
    """The article as a file: its text, Markdown with the facts in front, or the whole record."""
    stored, form = library.article(request.parts["id"]), request.parts["form"]
    if form == "txt":
        text = f"{stored.headline}\n{stored.url}\n\n{stored.article_body}\n"
        return Content(text, "text/plain; charset=utf-8", f"article-{stored.id}.txt")
    if form == "md":
        from newsarchive.export.markdown import document

        return Content(document(stored), "text/markdown; charset=utf-8", f"article-{stored.id}.md")
    if form == "json":
        content = to_json(stored, indent=1)
        return Content(content, "application/json; charset=utf-8", f"article-{stored.id}.json")
    raise NoSuchArticle(f"no download {form!r}: txt, md or json")


# -- what changed ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """Two texts beside one another: the headlines, the paragraphs, and numbers: `counts` of paragraphs by their fates,
    `words_gone` and `words_new` of headline and text."""

    headline: tuple[Change, ...]
    paragraphs: tuple[Paragraph, ...]
    counts: dict[str, int]
    words_gone: int
    words_new: int

    @property
    def has_other_headline(self) -> bool:
        return any(change.kind != "equal" for change in self.headline)

    @property
    def is_equal(self) -> bool:
        return not self.has_other_headline and all(one.fate is Fate.EQUAL for one in self.paragraphs)

    def runs(self) -> Iterator[tuple[str, list[tuple[Paragraph | None, Paragraph | None]]]]:
        """The rows of the page, left and right, in runs: of "equal" paragraphs, of "changed" ones, and "other": what is gone
        beside what is new in the same place."""
        paired = {Fate.EQUAL: "equal", Fate.CHANGED: "changed"}
        for kind, found in groupby(self.paragraphs, lambda one: paired.get(one.fate, "other")):
            own = list(found)
            if kind != "other":
                yield kind, [(one, one) for one in own]
            else:
                gone, come = ([one for one in own if one.fate is fate] for fate in (Fate.GONE, Fate.NEW))
                yield kind, list(zip_longest(gone, come))


def difference(old: tuple[str, str], new: tuple[str, str]) -> Difference:
    """The difference of two articles, each a headline and a text."""
    paragraphs = paragraph_diff(old[1], new[1])
    fates = Counter(one.fate for one in paragraphs)
    moved = [lost_and_gained(before, after) for before, after in zip(old, new, strict=True)]
    return Difference(
        tuple(word_diff(old[0], new[0])),
        tuple(paragraphs),
        {fate.value: fates[fate] for fate in Fate},
        sum(gone.total() for gone, _ in moved),
        sum(come.total() for _, come in moved),
    )


def diff(library: Library, request: Request) -> Answer:
    """What changed between two versions; the last two unless named."""
    stored = library.article(request.parts["id"])
    numbers = [_version(request.query.get(name, "")) for name in ("from", "to")]
    versions = articles.history(library.engine, stored.id)
    old, new = articles.two_of(versions, stored.id, *numbers)
    found = difference((old.headline, old.article_body), (new.headline, new.article_body))
    shown = {
        "article": stored,
        "old": old,
        "new": new,
        "versions": versions,
        "difference": found,
        "fields": articles.fields_between(old, new, versions),
        "folded": MIN_FOLDED_PARAGRAPHS,
        "whole": request.query.get("whole") == "1",
    }
    bare = [replace(version, article_body="") for version in (old, new)]
    return Page("diff.html", shown, {"from": bare[0], "to": bare[1], "difference": found})


def compare(library: Library, request: Request) -> Answer:
    """Two articles side by side, paragraph by paragraph."""
    full, copy = (library.article(request.parts[name]) for name in ("full", "copy"))
    found = difference((full.headline, full.article_body), (copy.headline, copy.article_body))
    shown = {
        "full": full,
        "copy": copy,
        "difference": found,
        "folded": MIN_FOLDED_PARAGRAPHS,
        "whole": request.query.get("whole") == "1",
    }
    return Page("compare.html", shown, {"full": full.url, "copy": copy.url, "difference": found})


def _version(given: str) -> int | None:
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 7):
        raise UsageError(f"{given[:20]!r} is no number of a version")
    return int(given)


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


def changes(library: Library, request: Request) -> Answer:
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
    found = happenings(
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
