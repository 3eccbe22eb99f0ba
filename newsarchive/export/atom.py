"""An Atom feed with the whole texts (RFC 4287), written entry by entry."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from feedgenerator import Atom1Feed

from newsarchive.core.html.markup import escape
from newsarchive.core.html.render import shown_html
from newsarchive.export.text import opened, xml_text

if TYPE_CHECKING:
    from newsarchive.db.reading.articles import Stored

#: The `id` of the feed: an archive has no address that could be it.
FEED_ID = "urn:newsarchive:articles"


class _Streamed(Atom1Feed):  # type: ignore[misc]
    """The library's feed, with one entry in memory at a time."""

    def __init__(self, articles: Iterable[Stored], updated: datetime, title: str) -> None:
        super().__init__(title=title, link="", description="", feed_guid=FEED_ID)
        self.articles, self.updated, self.number = articles, updated, 0

    def latest_post_date(self) -> datetime:
        return self.updated

    def add_root_elements(self, handler: Any) -> None:
        feed = self.feed
        handler.addQuickElement("title", feed["title"])
        handler.addQuickElement("id", feed["id"])
        handler.addQuickElement("updated", self.updated.isoformat())
        handler.addQuickElement("generator", "newsarchive")

    def add_item_elements(self, handler: Any, item: Any) -> None:
        super().add_item_elements(handler, item)
        for name in item["authors"]:  # the library knows one author
            handler.startElement("author", {})
            handler.addQuickElement("name", name)
            handler.endElement("author")

    def write_items(self, handler: Any) -> None:
        for article in self.articles:
            rights = article.origin.copyright_notice if article.origin else ""
            names = [author.name for author in article.authors] or [article.publisher or article.site]
            self.add_item(
                title=xml_text(article.headline or article.url),
                link=article.url,
                unique_id=xml_text(article.url),
                description=xml_text(escape(article.description)) or None,
                content=xml_text(shown_html(article)),
                authors=[xml_text(name) for name in names],
                pubdate=article.date_published,
                updateddate=_updated(article),
                categories=[xml_text(word) for word in article.keywords],
                item_copyright=xml_text(rights) or None,
            )
            super().write_items(handler)
            self.items.clear()
            self.number += 1


def write_atom(articles: Iterable[Stored], target: Path | IO[bytes], title: str) -> int:
    """Newest first; the entry's id is the article's URL, its content the article's HTML."""
    waiting = iter(articles)
    first = next(waiting, None)
    updated = _updated(first) if first else datetime.now(UTC)
    feed = _Streamed(chain([first] if first else [], waiting), updated, xml_text(title))
    with opened(target) as out:
        feed.write(out, "utf-8")
    return feed.number


def _updated(article: Stored) -> datetime:
    moments = [article.date_modified, article.date_published, article.first_seen_at]
    return next((moment for moment in moments if moment), datetime.now(UTC))
