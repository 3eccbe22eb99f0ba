"""The fields of an article: the name and type of each, wherever it is written.

`newsarchive export`, Scrapy's `-O`, `show --json`, `search --json` and `--csv`, data frames, the views of the
database, the web pages and the reference in the docs are made of `FIELDS` or checked against it:

    >>> [field.name for field in FIELDS if field.kind == "texts" and field.place == "everywhere"]
    ['authors', 'keywords']

Names are those of schema.org's NewsArticle in snake_case where it has one; a list is named in the plural. Times are
in UTC, and where text is written they are ISO 8601 with their offset (`2025-04-30T08:15:00+00:00`). In Python the
same values are attributes of `Article` and `Stored`, where an origin, an author or a picture is a record.
`python -m newsarchive.fields` prints the table of `docs/reference/columns.md`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from newsarchive.exceptions import NewsArchiveError, WrongType
from newsarchive.times import utc

if TYPE_CHECKING:
    from newsarchive.items import Article, Origin

#: How a value looks: `texts` is a list of texts, `records` a list of objects, a `moment` is a time in UTC, a `flag`
#: true, false or unknown. An empty value is `""`, `[]` or `None`.
Kind = Literal["text", "texts", "integer", "number", "moment", "flag", "records"]

#: Where a field stands. `everywhere`: each flat row, Scrapy's `-O` too. `archive`: each flat row of what is stored.
#: `search`: results of a search alone. `article`: the JSON of one article, read or stored. `stored`: the JSON of one
#: stored article.
Place = Literal["everywhere", "archive", "search", "article", "stored"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `path` leads to its value from an `Article` (`origin.domain`, `authors.name`); a result of a
    search has those with `is_in_hits`. `meaning` also says the unit."""

    name: str
    kind: Kind
    path: str
    meaning: str
    place: Place = "everywhere"
    is_in_hits: bool = False


FIELDS: tuple[Field, ...] = (
    Field("id", "integer", "id", "number of the article in this archive", "archive", True),
    Field("url", "text", "url", "address as it was asked for", is_in_hits=True),
    Field("canonical_url", "text", "canonical_url", "address that the page calls its own"),
    Field("headline", "text", "headline", "headline, without the name of the site", is_in_hits=True),
    Field("alternative_headline", "text", "alternative_headline", "the other headline that the page gives"),
    Field("description", "text", "description", "the page's own summary"),
    Field("authors", "texts", "authors.name", "names in the byline"),
    Field("publisher", "text", "publisher", "name of the site that was crawled"),
    Field(
        "date_published", "moment", "date_published", "when it was published; empty where nothing says it",
        is_in_hits=True,
    ),
    Field(
        "date_published_source", "text", "date_published_source",
        "where that date was found; it ends with ` (month)` where only the month is known, with ` (relative)` where it"
        " was counted from the fetch",
        is_in_hits=True,
    ),
    Field("date_modified", "moment", "date_modified", "when the page says that it was changed"),
    Field("date_modified_source", "text", "date_modified_source", "where that date was found"),
    Field("in_language", "text", "in_language", "language, a BCP 47 code", is_in_hits=True),
    Field("article_section", "text", "article_section", "section or category"),
    Field("keywords", "texts", "keywords", "tags"),
    Field("image", "text", "image.url", "address of the picture"),
    Field("is_based_on", "text", "is_based_on", "address of the work it is based on, where the page links it"),
    Field("is_accessible_for_free", "flag", "is_accessible_for_free", "false where the page says that it must be paid for", is_in_hits=True),
    Field("credit_text", "text", "origin.credit_text", "credit line as printed; it is no part of the text"),
    Field("copyright_notice", "text", "origin.copyright_notice", "copyright line as printed; it is no part of the text"),
    Field("copyright_holder", "text", "origin.copyright_holder", "holder that the copyright line names"),
    Field("copyright_year", "integer", "origin.copyright_year", "year that the copyright line names"),
    Field("license", "text", "origin.license", "licence that the page names, as `CC BY 4.0`"),
    Field("word_count", "integer", "word_count", "words of the text"),
    Field("article_body", "text", "article_body", "text of the article, paragraphs separated by blank lines"),
    Field("site", "text", "site", "domain of the site that was crawled", is_in_hits=True),
    Field("origin", "text", "origin.name", "name of the publisher it first appeared at; empty for a site's own post", is_in_hits=True),
    Field("origin_domain", "text", "origin.domain", "domain of that publisher"),
    Field("origin_url", "text", "origin.url", "address of the original, where the page gives it"),
    Field("origin_confidence", "number", "origin.confidence", "how sure the origin is, 0 to 1"),
    Field("confidence", "number", "quality.confidence", "how sure the extraction is, 0 to 1"),
    Field("repairs", "integer", "repairs", "repaired places, those of lines that were left out too"),
    Field("cluster_id", "integer", "cluster_id", "story: copies of one text share it", "archive"),
    Field("version", "integer", "version", "number of the version, from 1", "archive"),
    Field("first_seen_at", "moment", "first_seen_at", "when it was crawled first", "archive"),
    Field("last_seen_at", "moment", "last_seen_at", "when it was crawled last", "archive"),
    Field("gone_at", "moment", "gone_at", "when the page was found deleted; the text stays", "archive"),
    Field("corrected", "texts", "corrected", "fields that a person corrected by hand, as `authors`", "archive"),
    Field("snippet", "text", "snippet", "the found words in their place", "search", True),
    Field("score", "number", "score", "the higher the better the match; 0 in an order by date", "search", True),
    Field("date_published_raw", "text", "date_published_raw", "the date as the page prints it", "article"),
    Field("date_modified_raw", "text", "date_modified_raw", "the date of change as the page prints it", "article"),
    Field("in_language_source", "text", "in_language_source", "how the language was decided", "article"),
    Field("article_html", "text", "article_html", "the text as clean HTML", "article"),
    Field("author_details", "records", "authors", "`name`, `kind` (person, organisation, agency), `url`", "article"),
    Field("image_caption", "text", "image.caption", "caption of the picture", "article"),
    Field("image_credit", "text", "image.credit", "who made the picture", "article"),
    Field("origin_as_printed", "text", "origin.as_printed", "how the page itself spells the origin", "article"),
    Field("origin_date", "moment", "origin.date", "date of the original, as the credit prints it", "article"),
    Field("origin_evidence", "records", "origin.evidence", "`kind`, `text`, `weight` (0 to 1)", "article"),
    Field("completeness", "number", "quality.completeness", "how much of the article was found, 0 to 1", "article"),
    Field("flags", "texts", "quality.flags", "what casts doubt on the extraction", "article"),
    Field("damage", "texts", "damage", "damage of the encoding that could not be repaired", "article"),
    Field("blocks", "records", "blocks", "what the page holds (of a stored article: what was left out), with `label` and `rule`", "article"),
    Field("edits", "records", "edits", "repairs: `before`, `after`, `where`, `start` (in code points), `evidence` (in nats)", "article"),
    Field("candidates", "records", "candidates", "every value that the page offers for a field, and why one won", "article"),
    Field("content_hash", "text", "content_hash", "SHA-256 of the normalised text", "article"),
    Field("post_id", "text", "post_id", "the platform's own number of the post", "article"),
    Field("charset_declared", "text", "charset_declared", "charset that the page claims", "article"),
    Field("charset_used", "text", "charset_used", "charset that it was read in", "article"),
    Field("extractor_version", "integer", "extractor_version", "version of the extractor that read it", "article"),
    Field("versions", "integer", "versions", "how many versions are stored", "stored"),
    Field("change_kind", "text", "change_kind", "`new`, `publisher` (the page changed), `extractor` (the same page was read better) or `site` (more is known of the site, the page shows another text at each look, or steps of your own read it)", "stored"),
    Field("fetched_at", "moment", "fetched_at", "when the page that it was read from was fetched", "stored"),
    Field("payload_digest", "text", "payload_digest", "SHA-256 of the bytes that it was read from", "stored"),
    Field("original_id", "integer", "original_id", "the original's `id`, where the archive holds it too", "stored"),
    Field("original_url", "text", "original_url", "the original's `url`, where the archive holds it too", "stored"),
    Field("tdm_reservations", "texts", "rights.reservations", "places in which the site reserved text and data mining, when it was fetched last", "stored"),
    Field("licences", "texts", "rights.licences", "licences that the page names: `rel=license`, `Link`, JSON-LD", "stored"),
    Field("tdm", "texts", "rights.tdm", "what TDMRep says, with its place", "stored"),
    Field("content_usage", "texts", "rights.content_usage", "preferences of `Content-Usage` (IETF aipref), with their place", "stored"),
    Field("robots_directives", "texts", "rights.directives", "directives of `X-Robots-Tag` and the robots meta tag", "stored"),
    Field("refused_agents", "texts", "rights.refused_agents", "crawlers for mining and training that robots.txt keeps from the page", "stored"),
)  # fmt: skip

#: The fields of a flat row, in the order of its columns.
FLAT: tuple[Field, ...] = tuple(field for field in FIELDS if field.place in ("everywhere", "archive"))

#: The fields that are known when a page is crawled: the columns of Scrapy's `-O`.
CRAWLED: tuple[Field, ...] = tuple(field for field in FIELDS if field.place == "everywhere")

_NOWHERE = object()


def row(article: Article) -> dict[str, Any]:
    """The flat row of an article; one that is not stored lacks the fields of the archive.

    Texts, lists of texts, numbers and times in UTC; an empty value is `""`, `[]` or `None`.
    `newsarchive.export.plain` makes JSON types of them.
    """
    return dict(_values(_article(article), FLAT))


def record(article: Article) -> dict[str, Any]:
    """Everything of an article: its flat row, then its details under names of their own.

    The values of `records` are the dataclasses; `newsarchive.export.plain` makes JSON types of all.
    """
    return dict(_values(_article(article), (field for field in FIELDS if field.place != "search")))


def _article(given: Article) -> Article:
    from newsarchive.items import Article

    if not isinstance(given, Article):
        raise WrongType("article", given, "give an article, as extract() and Archive.get() return it")
    return given


def value(article: Article, field: Field) -> Any:
    """One field of an article. Raises `KeyError` for a field that only stored articles have."""
    found = _follow(article, field.path)
    if found is _NOWHERE:
        raise KeyError(field.name)
    if found is None:
        return _empty(field.kind)
    if field.kind in ("texts", "records"):
        return list(found)
    return utc(found) if field.kind == "moment" else found


def origin_row(origin: Origin | None) -> dict[str, Any]:
    """The fields of an origin, as an article's row and details have them."""
    ours = [field for field in FIELDS if field.path.startswith("origin.")]
    values = {field: getattr(origin, field.path.removeprefix("origin."), None) for field in ours}
    return {
        field.name: _empty(field.kind) if found is None else list(found) if field.kind == "records" else found
        for field, found in values.items()
    }


def table() -> str:
    """The table of the reference, in Markdown."""
    lines = ["| field | type | is | in Python | stands in |", "|---|---|---|---|---|"]
    for field in FIELDS:
        attribute = field.path.replace("authors.name", "authors[…].name")
        more = ", results of a search" if field.is_in_hits and field.place != "search" else ""
        lines.append(
            f"| `{field.name}` | {_KINDS[field.kind]} | {field.meaning} | `{attribute}` | {_PLACES[field.place]}{more} |"
        )
    return "\n".join(lines)


_KINDS: dict[Kind, str] = {
    "text": "text",
    "texts": "list of texts",
    "integer": "integer",
    "number": "number",
    "moment": "time, UTC",
    "flag": "true, false or empty",
    "records": "list of objects",
}
_PLACES: dict[Place, str] = {
    "everywhere": "every row",
    "archive": "every row, but `-O`",
    "search": "results of a search",
    "article": "JSON of one article",
    "stored": "JSON of one stored article",
}


def _values(article: Article, wanted: Any) -> Iterator[tuple[str, Any]]:
    for field in wanted:
        try:
            yield field.name, value(article, field)
        except KeyError:
            continue


def _empty(kind: Kind) -> Any:
    return [] if kind in ("texts", "records") else "" if kind == "text" else None


def _follow(article: Any, path: str) -> Any:
    """The value at the end of a path: for a list, the attribute of each record; `None` where a record on the way is
    missing."""
    if path == "site" and not hasattr(article, "site"):  # a page that is not stored; a file has no domain
        from newsarchive.core.urls import site_of

        try:
            return site_of(article.url)
        except (NewsArchiveError, ValueError):
            return ""
    found = article
    for name in path.split("."):
        if isinstance(found, tuple):
            return [getattr(one, name) for one in found]
        if found is None:
            return None
        found = getattr(found, name, _NOWHERE)
        if found is _NOWHERE:
            return _NOWHERE
    return found


if __name__ == "__main__":
    print(table())  # noqa: T201
