"""The extractors that stand beside us, each as one function: (HTML text, URL) → `Extracted`."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Extracted:
    """What a tool made of a page; `None` where it has no such output, "" where it found nothing."""

    text: str = ""
    title: str | None = None
    date: str | None = None
    authors: tuple[str, ...] | None = None


Tool = Callable[[str, str], Extracted]


def trafilatura(html: str, url: str) -> Extracted:
    """trafilatura.bare_extraction with its defaults, metadata on, comments off."""
    from trafilatura import bare_extraction

    found = bare_extraction(html, url=url or None, with_metadata=True, include_comments=False)
    if found is None:
        return Extracted("", "", "", ())
    people = tuple(a for a in (found.author or "").split("; ") if a)
    return Extracted(found.text or "", found.title or "", (found.date or "")[:10], people)


def trafilatura_fast(html: str, url: str) -> Extracted:
    """trafilatura.bare_extraction without its second and third attempt, comments off: what is faster and often better."""
    from trafilatura import bare_extraction

    found = bare_extraction(html, url=url or None, with_metadata=True, include_comments=False, fast=True)
    return Extracted(found.text or "", found.title or "") if found else Extracted("", "")


def trafilatura_text(html: str, url: str) -> Extracted:
    """trafilatura.extract with its defaults, comments off: the text alone, no metadata."""
    from trafilatura import extract

    return Extracted(extract(html, url=url or None, include_comments=False) or "")


def resiliparse(html: str, url: str) -> Extracted:
    """resiliparse.extract_plain_text, main content only."""
    from resiliparse.extract.html2text import extract_plain_text

    return Extracted(extract_plain_text(html, main_content=True, alt_texts=False))


def newspaper4k(html: str, url: str) -> Extracted:
    """newspaper.Article.parse without a download: neither the page nor its pictures."""
    from newspaper import Article

    found = Article(url or "https://example.org/", fetch_images=False)
    found.download(input_html=html)
    found.parse()
    date = found.publish_date
    day = date.date().isoformat() if date and not isinstance(date, str) else str(date or "")[:10]
    return Extracted(found.text or "", found.title or "", day, tuple(found.authors))


def readability(html: str, url: str) -> Extracted:
    """readability-lxml's summary as text, and its short title."""
    from lxml.html import fromstring
    from readability import Document

    found = Document(html)
    summary = fromstring(found.summary())
    return Extracted("\n".join(summary.itertext()), found.short_title() or "")


PEERS: dict[str, tuple[str, Tool]] = {
    "trafilatura": ("trafilatura", trafilatura),
    "trafilatura (fast)": ("trafilatura", trafilatura_fast),
    "resiliparse": ("resiliparse", resiliparse),
    "newspaper4k": ("newspaper", newspaper4k),
    "readability": ("readability", readability),
}


def installed() -> dict[str, Tool]:
    """The peers that can be imported here."""
    return {name: tool for name, (module, tool) in PEERS.items() if importlib.util.find_spec(module)}
