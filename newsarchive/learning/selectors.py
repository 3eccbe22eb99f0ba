"""Use case: the selectors of a site for other programs, from its stored pages (`core.site_template.portable`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsarchive.core.encoding.decoding import decode_step
from newsarchive.core.site_template.portable import Measured, Portable, Sample, crossed, learn, measured
from newsarchive.db import site_templates
from newsarchive.db.reading.articles import Selection
from newsarchive.db.reading.search import Filters
from newsarchive.db.readonly import engine_of
from newsarchive.db.writing import captures
from newsarchive.exceptions import DatabaseError
from newsarchive.items import Article
from newsarchive.warc.files import Folder
from newsarchive.workers.stored_pages import StoredPageReader, stored_capture

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from newsarchive.db.readonly import File


@dataclass(frozen=True, slots=True)
class SiteSelectors:
    """The selectors of a site, how well they do on the pages from which they were learned, and on other pages (`None`
    where there are too few); `urls` are some of the pages."""

    selectors: Portable
    seen: Measured
    unseen: Measured | None
    urls: tuple[str, ...]


def site_selectors(
    source: File | Engine,
    folder: Folder,
    site: str,
    *,
    limit: int,
    rules_folder: str | None = None,
    steps: Sequence[str] = (),
) -> tuple[SiteSelectors | None, int]:
    """The selectors that the newest `limit` stored pages of a site teach, `None` where the pages have no element in
    common; and the number of these pages."""
    reader = StoredPageReader(folder, rules_folder, steps)
    found = list(_samples(source, reader, site, limit))
    samples = [sample for _, sample in found]
    selectors = learn(samples)
    if selectors is None:
        return None, len(found)
    urls = tuple(url for url, _ in found[:3])
    return SiteSelectors(selectors, measured(samples, selectors), crossed(samples), urls), len(found)


def _samples(
    source: File | Engine, reader: StoredPageReader, site: str, limit: int
) -> Iterator[tuple[str, Sample]]:
    """The newest pages that show their whole article themselves, each with its article as it is read today."""
    engine = engine_of(source)
    template = site_templates.load(engine, site)
    left = limit
    for stored in Selection(source, "", Filters(site=site), order="date", limit=2 * limit):
        if not left:
            return
        # A post of several pages is left out.
        if (kept := next(captures.of_article(engine, stored.id), None)) and not kept.parts:
            article = reader.read(kept, template).article
            if isinstance(article, Article) and article.article_body and not article.filled_from:
                try:
                    page = decode_step(stored_capture(reader.folder, kept), reader.rules)
                except DatabaseError:
                    continue
                left -= 1
                yield kept.final_url or kept.url, Sample(page.text, article)
