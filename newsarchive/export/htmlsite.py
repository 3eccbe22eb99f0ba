"""A folder to publish as it is: the articles as pages, with lists by site and month, and feeds.

    index.html                  sites, months, the newest articles
    sites/blog.example.html     the months of a site
    sites/blog.example/2025-04.html   the articles of a site's month
    months/2025-04.html         the sites of a month
    articles/17.html            an article, with links to those before and after it
    search.html, search/        a search in the browser (`newsarchive.export.sitesearch`)
    feed.json, feed.atom        the newest articles with their texts
    style.css

It works from any folder of a web server or from a disk. It needs no server of its own, and no scripts but for the
search. Articles must come in the order of site and day. Memory holds no more than the lines of one month's list and the
newest articles.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from newsarchive.export.files import Names, safe
from newsarchive.export.jsonfeed import write_jsonfeed
from newsarchive.export.pages import STYLE, article_page, page, style
from newsarchive.export.sitesearch import Index
from newsarchive.times import written_day

if TYPE_CHECKING:
    from newsarchive.db.reading.articles import Stored

#: Articles on the first page and in the feeds, the newest; readers of feeds ask for a few dozen.
MAX_NEWEST_ARTICLES = 50
#: The name of the list with the articles whose pages print no date.
UNDATED = "undated"


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a list of articles: the address of the article's page, its headline, its day, and who wrote it."""

    href: str
    headline: str
    day: str
    byline: str = ""


@dataclass(frozen=True, slots=True)
class _Back:
    """The list that an article stands in."""

    href: str
    name: str


def write_html(articles: Iterable[Stored], target: Path, title: str, query: str = "") -> int:
    """Write the folder `target`; gives the number of articles. `articles` must come in the order of site and day. `query` says in
    words which articles were chosen."""
    for folder in (target, target / "articles", target / "sites", target / "months"):
        folder.mkdir()
    has_atom = find_spec("feedgenerator") is not None
    site = _Site(target, title, query, has_atom)
    neighbours = _neighbours(articles)
    for (name, month), some in groupby(
        neighbours, key=lambda three: (three[1].site, written_day(three[1].date_published)[:7] or UNDATED)
    ):
        site.month_of_site(name, month, some)
    site.lists()
    site.index.finish(title, has_atom=has_atom)
    (target / STYLE).write_text(style(), encoding="utf-8")
    write_jsonfeed(site.newest, target / "feed.json", title)
    if has_atom:
        from newsarchive.export.atom import write_atom

        write_atom(site.newest, target / "feed.atom", title)
    return site.number


def _neighbours(articles: Iterable[Stored]) -> Iterator[tuple[Stored | None, Stored, Stored | None]]:
    """Each article with those of the same site before and after it."""
    before: Stored | None = None
    here: Stored | None = None
    for after in articles:
        if here is not None:
            yield before, here, after if after.site == here.site else None
        before = here if here is not None and here.site == after.site else None
        here = after
    if here is not None:
        yield before, here, None


class _Site:
    """Writes the pages of the folder."""

    def __init__(self, target: Path, title: str, query: str, has_atom: bool) -> None:
        self.target, self.title, self.query, self.has_atom = target, title, query, has_atom
        self.names, self.folders = Names(), dict[str, str]()
        self.index, self.number = Index(target), 0
        #: Site → month → number of articles.
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        #: A heap of the newest articles: day, id, and the article itself.
        self.heap: list[tuple[str, int, Stored]] = []

    @property
    def newest(self) -> list[Stored]:
        """The newest articles, in order."""
        return [article for *_, article in sorted(self.heap, key=lambda one: one[:2], reverse=True)]

    def folder(self, site: str) -> str:
        """The name of a site's folder and page."""
        if site not in self.folders:
            self.folders[site] = self.names.free(safe(site), "", len(self.folders) + 1)
        return self.folders[site]

    def month_of_site(
        self, site: str, month: str, some: Iterable[tuple[Stored | None, Stored, Stored | None]]
    ) -> None:
        """Write the pages of a site's month, and its list."""
        place, name, lines = f"sites/{self.folder(site)}/{month}.html", f"{site}, {month}", []
        back = _Back(f"../{place}", name)
        for before, article, after in some:
            self.number += 1
            self.counts[site][month] += 1
            heapq.heappush(self.heap, (written_day(article.date_published), article.id, article))
            if len(self.heap) > MAX_NEWEST_ARTICLES:
                heapq.heappop(self.heap)
            text = article_page(
                article,
                root="../",
                back=back,
                earlier=before and _line(before, ""),
                later=after and _line(after, ""),
                title=self.title,
                has_atom=self.has_atom,
            )
            self._write(f"articles/{article.id}.html", text)
            self.index.add(article, f"articles/{article.id}.html")
            byline = ", ".join(author.name for author in article.authors)
            lines.append(_line(article, "../../articles/", byline))
        (self.target / "sites" / self.folder(site)).mkdir(exist_ok=True)
        self._list(place, "../../", name, lines=lines, up=_Back(f"../{self.folder(site)}.html", site))

    def lists(self) -> None:
        """The first page, a page for each site and one for each month."""
        months: dict[str, Counter[str]] = defaultdict(Counter)
        for site, of_month in self.counts.items():
            for month, number in of_month.items():
                months[month][site] = number
            rows = [
                (f"{self.folder(site)}/{month}.html", month, of_month[month])
                for month in sorted(of_month, reverse=True)
            ]
            self._list(f"sites/{self.folder(site)}.html", "../", site, rows=rows)
        for month, of_site in months.items():
            rows = [
                (f"../sites/{self.folder(site)}/{month}.html", site, of_site[site])
                for site in sorted(of_site)
            ]
            self._list(f"months/{month}.html", "../", month, rows=rows)
        text = page(
            "front.html",
            root="", style="", title=self.title, has_atom=self.has_atom, query=self.query, number=self.number,
            sites=[(f"sites/{self.folder(site)}.html", site, own.total()) for site, own in sorted(self.counts.items())],
            months=[(f"months/{month}.html", month, own.total()) for month, own in sorted(months.items(), reverse=True)],
            lines=[_line(article, "articles/", article.site) for article in self.newest],
        )  # fmt: skip
        self._write("index.html", text)

    def _list(
        self, path: str, root: str, name: str, *,
        lines: list[_Line] | None = None, rows: list[tuple[str, str, int]] | None = None, up: _Back | None = None,
    ) -> None:  # fmt: skip
        text = page(
            "list.html",
            root=root, style="", title=self.title, has_atom=self.has_atom, name=name, lines=lines or [], rows=rows or [], up=up,
        )  # fmt: skip
        self._write(path, text)

    def _write(self, path: str, text: str) -> None:
        (self.target / path).write_text(text, encoding="utf-8", errors="replace", newline="\n")


def _line(article: Stored, folder: str, said: str = "") -> _Line:
    return _Line(
        f"{folder}{article.id}.html",
        article.headline or article.url,
        written_day(article.date_published),
        said,
    )
