"""An article as one row: the fields of every flat export, named as schema.org does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from newsarchive.db.query import Stored
    from newsarchive.items import Origin


class Field(NamedTuple):
    """A field of a row. `kind` is `text`, `texts`, `integer`, `number`, `moment` or `flag`."""

    kind: str
    value: Callable[[Stored], Any]


def _of_origin(name: str, empty: Any = "") -> Callable[[Stored], Any]:
    def value(article: Stored) -> Any:
        origin: Origin | None = article.origin
        return getattr(origin, name) if origin else empty

    return value


def _attribute(name: str) -> Callable[[Stored], Any]:
    return lambda article: getattr(article, name)


#: The fields in their order. Those of schema.org's NewsArticle first, in snake_case; after `site` our own.
FIELDS: dict[str, Field] = {
    "identifier": Field("integer", _attribute("id")),
    "url": Field("text", _attribute("url")),
    "headline": Field("text", _attribute("headline")),
    "alternative_headline": Field("text", _attribute("alternative_headline")),
    "description": Field("text", _attribute("description")),
    "author": Field("texts", lambda a: [author.name for author in a.authors]),
    "publisher": Field("text", _attribute("publisher")),
    "date_published": Field("moment", _attribute("date_published")),
    "date_modified": Field("moment", _attribute("date_modified")),
    "in_language": Field("text", _attribute("in_language")),
    "article_section": Field("text", _attribute("article_section")),
    "keywords": Field("texts", lambda a: list(a.keywords)),
    "image": Field("text", lambda a: a.image.url if a.image else ""),
    "is_based_on": Field("text", _attribute("is_based_on")),
    "is_accessible_for_free": Field("flag", _attribute("is_accessible_for_free")),
    "credit_text": Field("text", _of_origin("credit_text")),
    "copyright_notice": Field("text", _of_origin("copyright_notice")),
    "copyright_holder": Field("text", _of_origin("copyright_holder")),
    "copyright_year": Field("integer", _of_origin("copyright_year", None)),
    "license": Field("text", _of_origin("licence")),
    "word_count": Field("integer", _attribute("word_count")),
    "article_body": Field("text", _attribute("article_body")),
    "site": Field("text", _attribute("site")),
    "origin": Field("text", _of_origin("name")),
    "origin_domain": Field("text", _of_origin("domain")),
    "origin_url": Field("text", _of_origin("url")),
    "origin_confidence": Field("number", _of_origin("confidence", None)),
    "confidence": Field("number", lambda a: a.quality.confidence),
    "repairs": Field("integer", lambda a: sum(edit.step == "repair" for edit in a.edits)),
    "cluster": Field("integer", _attribute("cluster_id")),
    "version": Field("integer", _attribute("revision")),
    "first_seen_at": Field("moment", _attribute("first_seen_at")),
    "last_seen_at": Field("moment", _attribute("last_seen_at")),
    "gone_at": Field("moment", _attribute("gone_at")),
}


def row(article: Stored) -> dict[str, Any]:
    """The fields of an article; an empty value is `""`, `[]` or `None`."""
    return {name: field.value(article) for name, field in FIELDS.items()}
