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
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from newsarchive.db import query
from newsarchive.db.direct import File, default_url, open_source
from newsarchive.db.filters import Day, filters
from newsarchive.db.query import Hit, Stats, Stored, Version
from newsarchive.db.snippet import MARKS, Marks

if TYPE_CHECKING:
    from newsarchive.db.tracing import Copy

__all__ = ["Archive", "Hit", "Marks", "Stats", "Stored", "Version"]


class Archive:
    """An archive to read from: an SQLite file, or a database URL.

    Without an argument it is the one that `NEWSARCHIVE_DATABASE_URL` or `newsarchive.toml` names. Raises `UsageError` for a
    URL that is not understood, `DatabaseUnavailable` where no archive is there. Nothing is ever written.
    """

    def __init__(self, database: str | os.PathLike[str] = "") -> None:
        self._source = open_source(os.fspath(database) or default_url())

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the database's connections back."""
        if not isinstance(self._source, File):
            self._source.dispose()

    def search(
        self,
        words: str = "",
        *,
        site: str = "",
        origin: str = "",
        language: str = "",
        author: str = "",
        since: Day | None = None,
        until: Day | None = None,
        cluster: int | None = None,
        hidden: bool = False,
        order: str = "rank",
        limit: int = 20,
        offset: int = 0,
        marks: Marks = MARKS,
    ) -> list[Hit]:
        """The articles that match, best first (`order="date"`: newest first); found words are marked.

        `words` is in the language of the search (`newsarchive.db.search`); without any, all that the
        filters let through come, newest first. `origin` is a publisher's name or domain, `language` a
        code (`en` finds `en-GB` too), `since` and `until` bound the day of publication, each included.
        Pages in quarantine and dropped ones come with `hidden` alone. Raises `UsageError` for a query, a day or an order that cannot be read.
        """
        chosen = filters(site, origin, language, author, since, until, cluster, hidden)
        return query.search(
            self._source, words, filters=chosen, order=order, limit=limit, offset=offset, marks=marks
        )

    def count(self, words: str = "", **chosen: Any) -> int:
        """How many articles match, with the filters of `search`."""
        return query.count(self._source, words, filters(**chosen))

    def get(self, url_or_id: str | int) -> Stored:
        """One article by its URL, in any spelling, or its id. Raises `NoSuchArticle`."""
        return query.get(self._source, url_or_id)

    def articles(self, words: str = "", **chosen: Any) -> Iterator[Stored]:
        """Every article, in the order of ids, with the words and filters of `search`.

        Read a few hundred at a time: memory stays flat however many there are.
        """
        return query.articles(self._source, words, filters(**chosen))

    def revisions(self, url_or_id: str | int) -> list[Version]:
        """The versions of an article, oldest first. Raises `NoSuchArticle`."""
        return query.history(self._source, url_or_id)

    def copies(self, url_or_id: str | int) -> tuple[Copy, ...]:
        """The article and every copy of its text, in the order of time. Raises `NoSuchArticle`."""
        from newsarchive.db import tracing

        return tracing.trace(self._source, url_or_id).copies

    def stats(self) -> Stats:
        """What the archive holds, in figures."""
        return query.stats(self._source)
