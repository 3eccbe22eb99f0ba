"""TEI P5: one corpus, a header and a text for each article (https://tei-c.org/guidelines/p5/)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from lxml import etree  # type: ignore[import-untyped]
from lxml.builder import ElementMaker  # type: ignore[import-untyped]

from newsarchive.export.text import opened
from newsarchive.export.text import xml_text as t
from newsarchive.reprs import language_tag
from newsarchive.times import is_day_known, isoformat, written_day

if TYPE_CHECKING:
    from newsarchive.db.reading.articles import Stored

NAMESPACE = "http://www.tei-c.org/ns/1.0"
_XML = "{http://www.w3.org/XML/1998/namespace}"

E = ElementMaker(namespace=NAMESPACE, nsmap={None: NAMESPACE})


def write_tei(articles: Iterable[Stored], target: Path | IO[bytes], title: str) -> int:
    """A `teiCorpus`, streamed: a `TEI` for each article, a `p` for each paragraph."""
    number = 0
    with opened(target) as out, etree.xmlfile(out, encoding="utf-8") as xml:
        xml.write_declaration()
        with xml.element(f"{{{NAMESPACE}}}teiCorpus", nsmap={None: NAMESPACE}):
            xml.write(_header(title, "", [E.p("Compiled by newsarchive.")]), "\n")
            for article in articles:
                number += 1
                xml.write(document(article), "\n")
    return number


def document(article: Stored) -> Any:
    """The `TEI` element of one article."""
    body = E.body(E.head(t(article.headline)), *(E.p(t(p)) for p in article.article_body.split("\n\n") if p))
    text = E.text(body)
    if article.in_language:
        text.set(f"{_XML}lang", language_tag(article.in_language))
    when = isoformat(article.date_published) or ""
    if not is_day_known(article.date_published_source):
        when = written_day(article.date_published, article.date_published_source)
    license = (article.origin.license or article.origin.copyright_notice) if article.origin else ""
    header = _header(
        article.headline, when, [_source(article)],
        [author.name for author in article.authors], article.site, license,
    )  # fmt: skip
    if article.keywords:
        terms = E.keywords(*(E.term(t(word)) for word in article.keywords))
        header.append(E.profileDesc(E.textClass(terms)))
    whole: Any = E.TEI(header, text)
    whole.set(f"{_XML}id", f"article-{article.id}")
    return whole


def _header(
    title: str, when: str, source: list[Any], authors: list[str] | None = None,
    publisher: str = "", license: str = "",
) -> Any:  # fmt: skip
    named = E.titleStmt(E.title(t(title)), *(E.author(t(name)) for name in authors or []))
    published = [E.publisher(t(publisher or "newsarchive"))]
    published += [E.date(t(when), when=t(when))] if when else []
    published += [E.availability(E.licence(t(license)))] if license else []
    header: Any = E.teiHeader(E.fileDesc(named, E.publicationStmt(*published), E.sourceDesc(*source)))
    return header


def _source(article: Stored) -> Any:
    """The `bibl` element: the page itself, and who published it first."""
    page = [E.title(t(article.headline)), E.publisher(t(article.publisher or article.site))]
    page.append(E.ptr(target=t(article.url)))
    if article.origin:
        page.append(E.note(t(f"First published by {article.origin.name}"), type="origin"))
    found: Any = E.bibl(*page)
    return found
