"""The archive for programs that read it: `Archive`, records in, no SQL and no Scrapy.

from newsarchive import Archive

with Archive("newsarchive.db") as archive:
    for hit in archive.search("ferry OR harbour", site="blog.example", limit=5):
        print(hit.date_published, hit.headline, hit.snippet)
    article = archive.get("https://blog.example/2025/04/post/")
    for article in archive.articles(since="2025-01-01"):
        print(article.article_body)
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import time
from html import escape
from operator import index
from typing import TYPE_CHECKING, Any, Literal, Unpack

from newsarchive import citation, config
from newsarchive.db.query_language import MARKS, Marks
from newsarchive.db.reading import articles, search, statistics
from newsarchive.db.reading.articles import Selection, Stored, Version, citation_of, cited
from newsarchive.db.reading.coverage import days
from newsarchive.db.reading.search import (
    MAX_INTEGER,
    ORDERS,
    Day,
    FilterOptions,
    Hit,
    Paging,
    day,
    filters,
    moment_of,
    with_filters,
)
from newsarchive.db.reading.statistics import Stats
from newsarchive.db.readonly import File, open_source
from newsarchive.exceptions import UsageError, WrongType
from newsarchive.reprs import link, table_html
from newsarchive.times import written_day

if TYPE_CHECKING:
    from newsarchive.db.reading.coverage import Day as CoverageDay
    from newsarchive.db.reading.lineage import Copy, Trace
    from newsarchive.db.reading.publishers import Publisher, Republication
    from newsarchive.export import Frame

__all__ = ["Archive", "Hit", "Hits", "Marks", "Stats", "Stored", "Version"]


class Archive:
    """An archive to read from: an SQLite file, or a database URL.

    Without an argument it is the one that `NEWSARCHIVE_DATABASE_URL` or `newsarchive.toml` names. Raises `UsageError` for a
    URL that is not understood, `DatabaseUnavailable` where no archive is there. Nothing is ever written.
    """

    def __init__(self, database: str | os.PathLike[str] = "") -> None:
        if not isinstance(database, (str, os.PathLike)):
            raise WrongType("Archive(): database", database, "give a file name or a database URL")
        self._source = open_source(os.fspath(database) or config.load()["database"])

    def __repr__(self) -> str:
        if isinstance(self._source, File):
            return f"Archive({str(self._source.path)!r})"
        from newsarchive.db.engine import shown

        return f"Archive({shown(self._source)!r})"

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the database's connections back."""
        if not isinstance(self._source, File):
            self._source.dispose()

    @with_filters
    def search(
        self,
        words: str = "",
        *,
        order: Literal["rank", "date"] = "rank",
        limit: int = 20,
        offset: int = 0,
        marks: Marks = MARKS,
        **chosen: Unpack[FilterOptions],
    ) -> Hits:
        """The articles that match, best first (`order="date"`: newest first); found words are marked.

        `words` is in the language of the search (`newsarchive.db.query_language`); without any, all that the
        filters let through come, newest first. `site` is the domain of a site, `origin` a publisher's name or
        domain, `language` a code (`en` finds `en-GB` too), `author` a name in the byline; `since` and `until` bound
        the day of publication in UTC, each included, as `"2025-04-01"` or a date; `cluster` is the `cluster_id` of a
        story. Of each story, `copies="first"` lets only the first article through. `copies="none"` lets only the blogs'
        own articles through: no later copies, and nothing from another publisher. The `origin` "own" means articles
        that name no other publisher, "republished" articles that name one. Pages in quarantine and dropped ones come
        with `hidden` alone. Raises `UsageError` for a query, a filter or an order that cannot be read, naming it.
        """
        if not isinstance(marks, Marks):
            raise WrongType("marks", marks, "give newsarchive.archive.Marks('<b>', '</b>')")
        paging = Paging(order, _whole("limit", limit), _whole("offset", offset), marks)
        return Hits(search.search(self._source, _words(words), filters(**chosen), paging))

    @with_filters
    def count(self, words: str = "", **chosen: Unpack[FilterOptions]) -> int:
        """How many articles match, with the words and filters of `search`."""
        return search.count(self._source, _words(words), filters(**chosen))

    def get(self, url_or_id: str | int) -> Stored:
        """One article by its URL, in any spelling, its id, or the identifier of a citation, which names one of its versions.

        Raises `NoSuchArticle`, which is a `Withheld` for one that is withheld, and `UsageError` for an identifier that is not whole.
        """
        return cited(self._source, _which(url_or_id))

    def cite(
        self,
        url_or_id: str | int,
        form: Literal["text", "csl", "bibtex", "ris"] = "text",
        *,
        version: int | None = None,
    ) -> str:
        """How to cite an article: as a line of text, CSL-JSON, BibTeX or RIS, with an identifier that finds this version again.

        `version` is the number of a version of its text, by default the current one. Raises `NoSuchArticle`, and
        `UsageError` for an unknown form or a version that does not exist.
        """
        if form not in citation.FORMATS:
            raise UsageError(f"form {form!r}: one of {', '.join(citation.FORMATS)}")
        return citation.FORMATS[form](citation_of(self._source, _which(url_or_id), version))

    @with_filters
    def articles(
        self,
        words: str = "",
        *,
        order: Literal["id", "date", "site"] = "id",
        limit: int | None = None,
        **chosen: Unpack[FilterOptions],
    ) -> Iterator[Stored]:
        """Every article that matches, with the words and filters of `search`.

        They come in the order of ids, newest first (`order="date"`), or by site and day (`order="site"`), at most
        `limit`. Read a few hundred at a time: memory stays flat however many there are.
        """
        if order not in ORDERS:
            raise UsageError(f"order {order!r}: one of {', '.join(ORDERS)}")
        most = None if limit is None else _whole("limit", limit)
        return iter(Selection(self._source, _words(words), filters(**chosen), order=order, limit=most))

    @with_filters
    def dataframe(
        self,
        engine: Frame = "pandas",
        words: str = "",
        *,
        columns: Sequence[str] | None = None,
        **chosen: Unpack[FilterOptions],
    ) -> Any:
        """The articles that match as a `pandas.DataFrame`, a `polars.DataFrame` or a `pyarrow.Table`.

        A row an article, in the order of ids; `columns` are names of `newsarchive.fields`, all of them by default
        (without `article_body` it takes a fraction of the memory). Times are in UTC, lists stay lists, numbers that
        are not known are missing. Words and filters are those of `search`. Raises `UsageError` that names the extra
        where a library is missing: `newsarchive[pandas]`, `newsarchive[polars]`, `newsarchive[parquet]` for Arrow.
        """
        from newsarchive.export import require_engine

        require_engine(engine)
        from newsarchive.export import frames

        names = frames.check(columns)
        selected = Selection(self._source, _words(words), filters(**chosen))
        return frames.frame(self._source, selected.ids, engine, names)

    def revisions(self, url_or_id: str | int) -> list[Version]:
        """The versions of an article, oldest first. Raises `NoSuchArticle`."""
        return articles.history(self._source, _which(url_or_id))

    def copies(self, url_or_id: str | int, *, hidden: bool = False) -> tuple[Copy, ...]:
        """The article and every copy of its text, in the order of time; with `hidden` those in quarantine too.

        Raises `NoSuchArticle`.
        """
        return self.trace(url_or_id, hidden=hidden).copies

    def trace(self, url_or_id: str | int, *, hidden: bool = False) -> Trace:
        """The publisher that an article credits, with the evidence, and every copy of its text; with `hidden` those in quarantine
        too. Raises `NoSuchArticle`.
        """
        from newsarchive.db.reading import lineage

        return lineage.trace(self._source, _which(url_or_id), hidden=hidden)

    def publishers(
        self, *, site: str = "", since: Day | None = None, credited: bool = False, hidden: bool = False
    ) -> list[Publisher]:
        """The sites whose articles others republish, the one with most copies first: how many stories, in how many of them it
        was first, the quartiles of the hours until a copy followed, and what became of the headlines.

        Counted of the `republications` with the same arguments.
        """
        from newsarchive.db.reading.publishers import by_publisher

        return by_publisher(self.republications(site=site, since=since, credited=credited, hidden=hidden))

    def republications(
        self,
        publisher: str = "",
        *,
        site: str = "",
        since: Day | None = None,
        credited: bool = False,
        hidden: bool = False,
    ) -> list[Republication]:
        """Every copy whose original the archive holds too: its place among the copies, its delay, and both headlines.

        `publisher` is a part of the name or domain of the original's site, `site` the domain of a copy's site, `since` the
        first day of copies. With `credited`, copies are left out whose original is merely the earliest article of a
        story in which nobody is credited. Raises `UsageError` for a day that cannot be read.
        """
        from newsarchive.db.reading.publishers import republications

        if not isinstance(publisher, str):
            raise WrongType("publisher", publisher, "give a part of a publisher's name or domain, 'scmp.com'")
        own, moment = filters(site=site).site or "", moment_of(day(since, "since"), time.min)
        return republications(
            self._source, publisher, site=own, since=moment, credited=credited, hidden=hidden
        )

    def coverage(
        self, site: str = "", *, since: Day | None = None, until: Day | None = None
    ) -> list[CoverageDay]:
        """What the listings of a site, or of each site, named on each day (UTC), what of it is stored, refused and missed, and
        whether a crawl reached the site: `state` tells "no news" from "no crawl".

        From the first crawl until today, or between two days. Raises `NoSuchArticle` for a site that the archive does not
        know, `UsageError` for days that cannot be read.
        """
        begin, end = day(since, "since"), day(until, "until")
        return list(days(self._source, site, since=begin, until=end))

    def stats(self, *, hidden: bool = False, copies: Literal["all", "first", "none"] = "all") -> Stats:
        """What the archive holds, in figures; with `hidden` of what is in quarantine too, and of copied stories what `copies`
        says (see `search`). Raises `UsageError` for another word."""
        return statistics.stats(self._source, hidden=hidden, copies=filters(copies=copies).copies)


class Hits(list[Hit]):
    """Results of a search: a list, which a notebook shows as a table."""

    def _repr_html_(self) -> str:
        rows = (
            (
                written_day(hit.date_published, hit.date_published_source),
                escape(hit.site),
                link(hit.url, hit.headline),
                escape(hit.origin),
                escape(hit.snippet),
            )
            for hit in self
        )
        return table_html(("published", "site", "headline", "origin", "found"), rows)


def _which(url_or_id: object) -> str | int:
    if isinstance(url_or_id, str):
        return url_or_id
    if isinstance(url_or_id, bool) or not hasattr(url_or_id, "__index__"):
        raise WrongType("url_or_id", url_or_id, "give the URL of an article, or its id")
    return index(url_or_id)


def _words(words: object) -> str:
    if not isinstance(words, str):
        raise WrongType("words", words, "give the words to look for as text, 'ferry OR harbour'")
    return words


def _whole(name: str, number: object) -> int:
    """A number of rows, at most what a database counts to. Raises `UsageError` for one below nought, `WrongType` for none."""
    if isinstance(number, bool) or not hasattr(number, "__index__"):
        raise WrongType(name, number, "give a whole number of articles")
    if (rows := index(number)) < 0:
        raise UsageError(f"{name} {rows}: give 0 or more")
    return min(rows, MAX_INTEGER)
