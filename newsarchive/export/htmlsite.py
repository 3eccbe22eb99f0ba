"""A folder to publish as it is: the articles as pages, with lists by site and month, and feeds.

    index.html                  sites, months, the newest articles
    sites/blog.example.html     the months of a site
    sites/blog.example/2025-04.html   the articles of a site's month
    months/2025-04.html         the sites of a month
    articles/17.html            an article, with links to those before and after it
    search.html, search/        a search in the browser (`Index`)
    feed.json, feed.atom        the newest articles with their texts
    style.css

It works from any folder of a web server or from a disk. It needs no server of its own, and no scripts but for the
search. Articles must come in the order of site and day. Memory holds no more than the lines of one month's list and the
newest articles.

The search needs no server: its index lies in small files, and a script reads them.

    search.html            the page; without script it leads to the lists
    search/search.js       the script
    search/start.js        how many parts there are, and the day of each article
    search/words-7.js      the words of one part: for each the articles that have it
    search/articles-3.js   headline, site and day of a hundred articles

A page that was opened from a disk cannot read files by `fetch`, but it can load scripts from beside it. So each part is
a script that calls one function with JSON. A part has the words whose hashes have the same remainder. A search for
three words reads three parts and the articles that it shows.

The index is bounded: of an article its first `MAX_ARTICLE_WORDS` different words, and of a word that more than
`MAX_WORD_ARTICLES` articles have, only that it is common: it narrows no search. The pairs of word and article are sorted on disk, so
that memory stays flat.
"""

from __future__ import annotations

import heapq
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from itertools import groupby, islice, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from newsarchive.core.text.scripts import TIBETAN, UNSPACED
from newsarchive.export.files import Names, safe
from newsarchive.export.jsonfeed import write_jsonfeed
from newsarchive.export.pages import STYLE, TEMPLATES, article_page, page, style
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


#: The folder of the index, beside `search.html`.
FOLDER = "search"
SCRIPT = "search.js"
#: Different words of an article that are found, the first ones. A text of 2,000 words has about 800.
MAX_ARTICLE_WORDS = 1_000
#: Articles of a word. A word that more articles have is common, and narrows no search.
MAX_WORD_ARTICLES = 5_000
#: Characters of a word; the rest is cut.
MAX_WORD_CHARACTERS = 40
#: Files of pairs that are written before they are sorted, and the largest number of parts.
SPOOLS = 256
#: Pairs of a part, about 60 KB. With more pairs more parts are made.
PART_PAIRS = 20_000
#: Articles of a part.
PART_ARTICLES = 100
#: Pairs that are kept in memory before they are written.
MAX_WAITING_PAIRS = 200_000

_RUN = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(f"([{UNSPACED}{TIBETAN}]+)")
_EPOCH = date(1970, 1, 1).toordinal()


def words_of(text: str) -> Iterator[str]:
    """The words of a text as the index has them: in small letters, without marks; in scripts without spaces each two characters.
    The script makes the same of what is asked for.

    >>> list(words_of("Café NOËL, 渡轮公司"))
    ['cafe', 'noel', '渡轮', '轮公', '公司']
    """
    if not text.isascii():
        parted = unicodedata.normalize("NFD", text)
        text = "".join(c for c in parted if not unicodedata.category(c).startswith("M"))
    for run in _RUN.findall(text.lower()):
        if run.isascii():
            yield run[:MAX_WORD_CHARACTERS]
            continue
        for number, part in enumerate(_UNSPACED.split(run)):
            if number % 2 and len(part) > 1:
                yield from map("".join, pairwise(part))
            elif part:
                yield part[:MAX_WORD_CHARACTERS]


def hashed(word: str) -> int:
    """FNV-1a of 32 bits over UTF-8, by which a word finds its part."""
    found = 0x811C9DC5
    for byte in word.encode("utf-8", "replace"):
        found = (found ^ byte) * 0x01000193 & 0xFFFFFFFF
    return found


class Index:
    """Takes one article after the other, and writes the files at the end."""

    def __init__(self, target: Path) -> None:
        self.target = target / FOLDER
        self.target.mkdir()
        self._spool = TemporaryDirectory(prefix="newsarchive-search-")
        self._waiting: dict[int, list[str]] = defaultdict(list)
        self._number, self._pairs, self._in_memory = 0, 0, 0
        self._days: list[int | None] = []
        self._lines: list[list[str]] = []

    def add(self, article: Stored, href: str) -> None:
        """Take in an article and the way to its page from the search page."""
        in_headline = dict.fromkeys(words_of(article.headline))
        both = dict.fromkeys([*in_headline, *words_of(article.article_body)])
        words = list(islice(both, MAX_ARTICLE_WORDS))
        for word in words:
            # The last bit says that the headline has it.
            self._waiting[hashed(word) % SPOOLS].append(
                f"{word}\t{2 * self._number + (word in in_headline)}\n"
            )
        self._pairs += len(words)
        self._in_memory += len(words)
        if self._in_memory > MAX_WAITING_PAIRS:
            self._flush()
        published = written_day(article.date_published)
        self._days.append(date.fromisoformat(published).toordinal() - _EPOCH if published else None)
        self._lines.append([href, article.headline or article.url, article.site, published])
        self._number += 1
        if len(self._lines) == PART_ARTICLES:
            self._write_lines()

    def finish(self, title: str, *, has_atom: bool) -> None:
        """Write the parts of the index, the script and the page."""
        self._write_lines()
        self._flush()
        parts = 1
        while parts < SPOOLS and self._pairs > parts * PART_PAIRS:
            parts *= 2
        for part in range(parts):
            self._write_part(part, parts)
        self._spool.cleanup()
        start = {
            "parts": parts,
            "part_articles": PART_ARTICLES,
            "word_characters": MAX_WORD_CHARACTERS,
            "unspaced": f"{UNSPACED}{TIBETAN}",
            "days": self._days,
        }
        self._write("start", start)
        (self.target / SCRIPT).write_text((TEMPLATES / SCRIPT).read_text(encoding="utf-8"), encoding="utf-8")
        text = page("search.html", root="", style="", title=title, has_atom=has_atom, number=self._number)
        (self.target.parent / "search.html").write_text(text, encoding="utf-8", newline="\n")

    def _flush(self) -> None:
        for spool, lines in self._waiting.items():
            with (Path(self._spool.name) / str(spool)).open("a", encoding="utf-8", errors="replace") as file:
                file.writelines(lines)
        self._waiting.clear()
        self._in_memory = 0

    def _write_lines(self) -> None:
        if self._lines:
            self._write(f"articles-{(self._number - 1) // PART_ARTICLES}", self._lines)
            self._lines = []

    def _write_part(self, part: int, parts: int) -> None:
        found: dict[str, list[int]] = defaultdict(list)
        for spool in range(part, SPOOLS, parts):
            path = Path(self._spool.name) / str(spool)
            if path.exists():
                with path.open(encoding="utf-8", newline="\n") as lines:
                    for line in lines:
                        word, _, code = line.rstrip("\n").partition("\t")
                        found[word].append(int(code))
        self._write(
            f"words-{part}",
            {
                # The differences between one number and the next are shorter to write.
                word: [after - before for before, after in pairwise([0, *codes])]
                if len(codes) <= MAX_WORD_ARTICLES
                else 0
                for word, codes in sorted(found.items())
            },
        )

    def _write(self, name: str, value: object) -> None:
        told = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        # U+2028 and U+2029 end a line of older scripts.
        told = told.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        made = f'newsarchivePart("{name}",{told});\n'
        (self.target / f"{name}.js").write_text(made, encoding="utf-8", errors="replace", newline="\n")
