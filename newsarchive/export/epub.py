"""An EPUB book, written chapter by chapter: each site is a part, and each article a chapter, by date."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from html import escape, unescape
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ebooklib import epub

from newsarchive.core.html.render import shown_html
from newsarchive.export.text import xml_text
from newsarchive.reprs import byline, counted, language_tag, origin_line
from newsarchive.times import written_day

if TYPE_CHECKING:
    from newsarchive.db.reading.articles import Stored

#: Sites that the title page names; an ellipsis stands for the others.
MAX_SITES_ON_TITLE_PAGE = 20

#: Languages that are written from right to left. A reading program knows the direction of no language by itself.
RIGHT_TO_LEFT = frozenset(("ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"))

_HREF = re.compile('href="([^"]*)"')


class _Chapter(epub.EpubHtml):  # type: ignore[misc]
    """A chapter whose text is in memory only while it is written. All chapters read on in one iterator `articles`, which
    gives the articles in the order of the contents."""

    def __init__(self, entry: _Entry, articles: Iterator[Stored]) -> None:
        super().__init__(
            uid=f"article-{entry.id}",
            file_name=f"article-{entry.id}.xhtml",
            title=entry.title,
            lang=entry.language,
            direction="rtl" if entry.language.partition("-")[0] in RIGHT_TO_LEFT else None,
        )
        self.entry, self.articles = entry, articles

    def get_content(self, default: Any = None) -> Any:
        article = next((one for one in self.articles if one.id == self.entry.id), None)
        # The article may have been removed from the archive after the contents were made.
        self.content = _text(article) if article else f"<p>{escape(self.entry.title)}</p>"
        try:
            return super().get_content()
        finally:
            self.content = ""


@dataclass(frozen=True, slots=True)
class _Entry:
    """An article in the table of contents; `month` is `2025-04`."""

    id: int
    site: str
    month: str
    title: str
    language: str


def write_epub(articles: Iterable[Stored], target: Path, title: str) -> int:
    """EPUB 3 with contents by site and month. `articles` are read twice: once for the contents, once for the texts."""
    entries = [_entry(article) for article in articles]
    again = iter(articles)
    chapters = [_Chapter(entry, again) for entry in entries]
    book = epub.EpubBook()
    book.set_identifier(f"urn:uuid:{uuid.uuid4()}")
    book.set_title(xml_text(title))
    languages = Counter(entry.language for entry in entries if entry.language)
    book.set_language(languages.most_common(1)[0][0] if languages else "en")
    front = epub.EpubHtml(uid="title", file_name="title.xhtml", title=xml_text(title), lang="en")
    sites = sorted({entry.site for entry in entries})
    names = ", ".join(sites[:MAX_SITES_ON_TITLE_PAGE]) or "no site"
    more = ", …" if len(sites) > MAX_SITES_ON_TITLE_PAGE else ""
    listed = escape(f"{counted(len(entries), 'article')} of {names}{more}")
    front.content = f"<h1>{escape(xml_text(title))}</h1><p>{listed}</p>"
    for chapter in [front, *chapters]:
        book.add_item(chapter)
    book.toc = list(_contents(chapters))
    book.spine = ["title", "nav", *chapters]
    book.add_item(epub.EpubNcx())
    book.add_item(epub.EpubNav())
    # Without this the library looks for page numbers of a printed edition, and reads every chapter again.
    writer = epub.EpubWriter(str(target), book, {"epub3_pages": False})
    writer.process()
    try:
        writer.write()
    except OSError:
        # Python would otherwise close the file as it ends, and print the error that this raises on a full disk.
        with suppress(OSError, AttributeError):
            writer.out.close()
        raise
    return len(entries)


def _entry(article: Stored) -> _Entry:
    day = f"{written_day(article.date_published, article.date_published_source)} ".lstrip()
    name = xml_text(f"{day}{article.headline or article.url}")
    return _Entry(article.id, article.site, day[:7] or "undated", name, language_tag(article.in_language))


def _contents(chapters: list[_Chapter]) -> Iterator[Any]:
    """A section for each site, with a section for each month."""
    for site, of_site in groupby(chapters, key=lambda c: c.entry.site):
        parts = []
        for month, of_month in groupby(of_site, key=lambda c: c.entry.month):
            own = list(of_month)
            parts.append((epub.Section(month, href=own[0].file_name), own))
        yield epub.Section(site, href=parts[0][1][0].file_name), parts


def _text(article: Stored) -> str:
    details = [byline(article), origin_line(article.origin)]
    lines = "".join(f"<p><em>{escape(line)}</em></p>" for line in details if line)
    link = f'<p><a href="{escape(_uri(article.url))}">{escape(article.url)}</a></p>'
    body = _HREF.sub(lambda found: f'href="{escape(_uri(unescape(found[1])))}"', shown_html(article))
    return xml_text(f"<h1>{escape(article.headline or article.url)}</h1>{lines}{body}{link}")


def _uri(url: str) -> str:
    """An address as RFC 3986 spells it: a browser forgives what an e-book reader does not."""
    before, mark, fragment = url.partition("#")
    return quote(before, safe=":/?@!$&'()*+,;=%~") + mark + quote(fragment, safe=":/?@!$&'()*+,;=%~")
