"""A JSON Feed with the whole texts (jsonfeed.org, version 1.1), written item by item."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from newsarchive.core.html.render import shown_html
from newsarchive.export.text import write_each
from newsarchive.reprs import language_tag
from newsarchive.times import isoformat

if TYPE_CHECKING:
    from newsarchive.db.reading.articles import Stored

VERSION = "https://jsonfeed.org/version/1.1"
#: What an item has besides what the format knows, under a name of our own, as the format asks.
OWN = "_newsarchive"


def write_jsonfeed(
    articles: Iterable[Stored],
    target: Path | IO[bytes],
    title: str,
    addresses: Mapping[str, str] | None = None,
) -> int:
    """Newest first; an item's id is the article's URL. `addresses` are `home_page_url` and `feed_url` of a feed that has them."""
    named = {"version": VERSION, "title": title, **(addresses or {})}
    head = json.dumps(named, ensure_ascii=False)[:-1] + ', "items": ['

    def written(article: Stored) -> str:
        return "\n" + json.dumps(item(article), ensure_ascii=False)

    return write_each(articles, target, written, before=head, between=",", after="\n]}\n")


def item(article: Stored) -> dict[str, Any]:
    """An item of the feed; what is not known is left out."""
    origin = article.origin
    content = (
        {"content_html": shown_html(article)}
        if article.article_html
        else {"content_text": article.article_body}
    )
    found: dict[str, Any] = {
        "id": article.url,
        "url": article.url,
        "external_url": (origin.url if origin else "") or article.is_based_on,
        "title": article.headline,
        "summary": article.description,
        "image": article.image.url if article.image else "",
        "date_published": isoformat(article.date_published),
        "date_modified": isoformat(article.date_modified),
        "authors": [{"name": one.name} | ({"url": one.url} if one.url else {}) for one in article.authors],
        "tags": list(article.keywords),
        "language": language_tag(article.in_language),
    }
    own = {
        "site": article.site,
        "origin": origin.name if origin else "",
        "first_seen_at": isoformat(article.first_seen_at),
        "gone_at": isoformat(article.gone_at),
    }
    return {name: value for name, value in (found | content).items() if value} | {
        OWN: {name: value for name, value in own.items() if value}
    }
