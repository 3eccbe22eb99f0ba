"""Articles out of the archive, with all that belongs to them, and their versions.

    get        an article as it is today
    cited      the version that a citation names: nwa:1:txt:6b0a…;url=https://blog.example/post/
    history    the versions of an article, with the changes of fields that no version holds
    Selection  every article that matches a search, in flat memory: what exports read
    columns    whole columns, without a record for each article: what a data frame is made of

`columns` reads the views with the flat row of an article (`current_articles`, `hidden_articles`), and its values come as
the driver gives them: SQLite has lists as JSON texts, moments as texts in UTC, flags as numbers.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from newsarchive import citation
from newsarchive.db import rows
from newsarchive.db.conditions import SAID_OF, visible
from newsarchive.db.reading import search
from newsarchive.db.reading.earlier_fields import at_version
from newsarchive.db.reading.finding import find
from newsarchive.db.reading.hidden import Entry, WithheldVersion
from newsarchive.db.readonly import Connected, Reader, Row, Source, reading
from newsarchive.db.rows import unpack_markup
from newsarchive.db.values import decoded, unpack_text
from newsarchive.exceptions import Damaged, NoSuchArticle, UsageError, Withheld
from newsarchive.items import Article, Author, Image, Place, Rights, rights_from


@dataclass(frozen=True, slots=True, repr=False)
class Stored(Article):
    """An article as the archive has it today.

    `blocks` are the dropped ones; edits of the text stand at `article_body`. `version` is the number of the
    version that it shows, `versions` how many there are, `fetched_at` is when the page that
    it was read from was fetched, `gone_at` when it was found deleted. `original_url` is where its original stands in
    the archive, "" where it holds none. `moved_from` is the address at which this version was read, where the post has moved to
    `url` since; "" otherwise. `rights` is what the site said of the use of the page when it was fetched last.
    `said_by` is the feed, API or sitemap that said something of the post (`SourceText.source`), "" for none, and `said_in` where its
    bytes are kept. `corrected` names the fields that a person corrected.
    """

    id: int = 0
    site: str = ""
    version: int = 0
    versions: int = 0
    change_kind: str = ""
    fetched_at: datetime | None = field(default=None)
    first_seen_at: datetime | None = field(default=None)
    last_seen_at: datetime | None = field(default=None)
    gone_at: datetime | None = field(default=None)
    cluster_id: int | None = None
    payload_digest: str = ""
    original_id: int | None = None
    original_url: str = ""
    moved_from: str = ""
    rights: Rights | None = None
    said_by: str = ""
    said_in: Place | None = None
    corrected: tuple[str, ...] = ()


def get(
    source: Source, url_or_id: str | int, version: int | None = None, *, explained: bool = True
) -> Stored:
    """The article with this URL (in any spelling, or the canonical one) or id; with `version` it has the text of that
    version.

    Fields without versions (authors, dates, section, origin …) are as its publisher had them then (`earlier_fields`). `explained` is
    as for `load`.
    Raises `NoSuchArticle`, which names what was asked for, where there is no article, and `UsageError` where it has no
    such version.
    """
    with reading(source) as reader:
        found = load(reader, [find(reader, url_or_id)], version, explained=explained)
        if version is not None and found and version < found[0].versions:
            found = [at_version(reader, found[0])]
    if not found:
        raise UsageError(f"no version {version} of {url_or_id}: `newsarchive history {url_or_id}` lists them")
    return found[0]


# Each column by its name, so that the database names the one that an archive of an older version lacks.
_COLUMNS = f"""
    {", ".join(f"a.{name}" for name in rows.ARTICLE_COLUMNS)},
    a.id, a.post_id, a.revision_id, a.first_seen_at, a.last_seen_at, a.gone_at, a.cluster_id,
    s.domain AS site, r.markup, r.version, r.change_kind, r.payload_digest,
    coalesce(c.fetched_at, r.seen_at) AS fetched_at,
    coalesce(c.charset_declared, '') AS charset_declared, coalesce(c.charset_used, '') AS charset_used,
    (SELECT count(*) FROM article_revisions AS every WHERE every.article_id = a.id) AS versions
"""
#: The columns that a version has of its own. The text of the current version is stored in the article's row.
_OF_VERSION = {
    "revision_id": "id",
    "headline": "headline",
    "alternative_headline": "alternative_headline",
    "description": "description",
    "content_hash": "content_hash",
    "extractor_version": "extractor_version",
    "article_body": "article_body",
}
_ARTICLES = """
    SELECT {columns}
    FROM articles AS a
    JOIN sites AS s ON s.id = a.site_id
    JOIN article_revisions AS r ON {shown}
    LEFT JOIN captures AS c ON c.id = r.capture_id
    WHERE a.id IN :ids AND {seen}
"""
_CURRENT = _ARTICLES.format(columns=_COLUMNS, shown="r.id = a.revision_id", seen=visible("a.id", hidden=True))
_NUMBERED = _ARTICLES.format(
    columns=", ".join([_COLUMNS, *(f"r.{name} AS own_{name}" for name in _OF_VERSION.values())]),
    shown="r.article_id = a.id AND r.version = :version",
    seen=visible("a.id", hidden=True),
)

#: What belongs to an article: name → its query.
_OF_ARTICLE = {
    "authors": "SELECT aa.article_id, au.name, au.kind, aa.url FROM article_authors AS aa"
    " JOIN authors AS au ON au.id = aa.author_id WHERE aa.article_id IN :ids ORDER BY aa.position",
    "keywords": "SELECT t.name, at.article_id FROM article_terms AS at JOIN terms AS t ON t.id = at.term_id"
    " WHERE t.kind = 'keyword' AND at.article_id IN :ids ORDER BY at.position",
    "origin": "SELECT ao.article_id, o.name, o.domain, ao.url, ao.as_printed, ao.date, ao.confidence,"
    " ao.evidence AS origin_evidence, ao.credit_text, ao.copyright_notice, ao.copyright_holder,"
    " ao.copyright_year, ao.license, original.id AS original_id, original.url AS original_url"
    " FROM article_origins AS ao JOIN origins AS o ON o.id = ao.origin_id"
    f" LEFT JOIN articles AS original ON original.id = ao.original_id AND {visible('original.id')} WHERE ao.article_id IN :ids",
    "rights": f"{SAID_OF} ORDER BY x.id",
    "moves": "SELECT article_id, seen_at, value_before FROM field_changes"
    " WHERE field = 'url' AND article_id IN :ids ORDER BY seen_at, id",
    "corrected": "SELECT DISTINCT article_id, field FROM corrections WHERE undone_at IS NULL AND article_id IN :ids ORDER BY field",
    "image": "SELECT * FROM images WHERE article_id IN :ids ORDER BY position",
}
#: What tells how the text came about, which is most of an article's rows. The first is by the article, the others by the version.
_SAID = (
    "SELECT a.id AS article_id, t.source, t.warc_file, t.warc_offset, t.warc_length, t.warc_digest FROM articles AS a"
    " JOIN urls AS u ON u.url_key = a.url_key JOIN source_texts AS t ON t.url_id = u.id WHERE a.id IN :ids"
)
_OF_REVISION = {
    "blocks": "SELECT * FROM blocks WHERE revision_id IN :ids ORDER BY position",
    "edits": "SELECT * FROM edits WHERE revision_id IN :ids ORDER BY position",
}
#: The columns of an article, its version and its capture that become fields of `Stored` unchanged.
_OF_STORED = (
    "id", "post_id", "site", "version", "versions", "first_seen_at", "last_seen_at", "gone_at", "cluster_id",
    "change_kind", "fetched_at", "payload_digest", "charset_declared", "charset_used",
)  # fmt: skip


def load(
    connection: Connected, wanted: Sequence[int], version: int | None = None, *, explained: bool = True
) -> list[Stored]:
    """Articles with all that belongs to them, in the order of their ids in `wanted`, by eleven queries in all.

    With `version` they have the text, repairs and dropped lines of that version, and articles without it are left out.
    Without `explained` they have neither repairs nor dropped lines nor HTML, and are read in a quarter of the time.
    """
    reader = Reader.of(connection)
    query, values = (_CURRENT, {}) if version is None else (_NUMBERED, {"version": version})
    found = {row["id"]: row for row in reader.rows(query, {"ids": wanted, **values})} if wanted else {}
    for row in found.values() if version is not None else ():
        own = {name: row.pop(f"own_{column}") for name, column in _OF_VERSION.items()}
        if own["revision_id"] != row["revision_id"]:
            row |= own | {"article_body": _text(own["article_body"])}
    if not found:
        return []
    related = {name: _gathered(reader, sql, "article_id", wanted) for name, sql in _OF_ARTICLE.items()}
    if explained:
        revisions = [row["revision_id"] for row in found.values()]
        related["said"] = _gathered(reader, _SAID, "article_id", wanted)
        related |= {
            name: _gathered(reader, sql, "revision_id", revisions) for name, sql in _OF_REVISION.items()
        }
    stored = []
    for row in (found[i] for i in wanted if i in found):
        try:
            stored.append(_stored(row, related))
        except Damaged as error:
            raise Damaged(f"article {row['id']} ({row['url']}): {error}") from error
    return stored


def _text(stored: bytes | None) -> str:
    return decoded("the value of article_body", unpack_text, stored)


def _gathered(reader: Reader, sql: str, key: str, ids: Sequence[int]) -> dict[int, list[Row]]:
    groups: dict[int, list[Row]] = {}
    for row in reader.rows(sql, {"ids": ids}):
        groups.setdefault(row[key], []).append(row)
    return groups


def _stored(row: Row, related: dict[str, dict[int, list[Row]]]) -> Stored:
    article_id, revision_id = row["id"], row["revision_id"]
    image = next(iter(related["image"].get(article_id, [])), None)
    origin = next(iter(related["origin"].get(article_id, [])), None)
    said = next(iter(related.get("said", {}).get(article_id, [])), None)
    told = [
        decoded("the value of statement", rights_from, one["statement"]) or Rights()
        for one in related["rights"].get(article_id, [])
    ]
    moves = related["moves"].get(article_id, [])
    dropped = related.get("blocks", {}).get(revision_id, [])
    markup = row["markup"] if "blocks" in related else None
    html, spots = unpack_markup(markup, row["article_body"], [block["text"] for block in dropped])
    return Stored(
        **rows.article_values(row),
        **{name: row[name] for name in _OF_STORED},
        article_html=html,
        authors=tuple(Author(a["name"], a["kind"], a["url"]) for a in related["authors"].get(article_id, [])),
        keywords=tuple(term["name"] for term in related["keywords"].get(article_id, [])),
        image=Image(image["url"], image["caption"], image["credit"]) if image else None,
        origin=rows.origin_from(origin | {"evidence": origin["origin_evidence"]}) if origin else None,
        blocks=tuple(map(rows.block_from, dropped, spots)),
        edits=tuple(map(rows.edit_from, related.get("edits", {}).get(revision_id, []))),
        original_id=origin["original_id"] if origin else None,
        original_url=(origin["original_url"] or "") if origin else "",
        moved_from=next((one["value_before"][0] for one in moves if one["seen_at"] > row["fetched_at"]), ""),
        rights=sum(told, Rights()) or None,
        said_by=said["source"] if said else "",
        said_in=Place(said["warc_file"], said["warc_offset"], said["warc_length"], said["warc_digest"])
        if said and said["warc_file"]
        else None,
        corrected=tuple(one["field"] for one in related["corrected"].get(article_id, [])),
    )


@dataclass(frozen=True, slots=True)
class ChangedField:
    """A field besides headline and text got another value: a date, the authors, the section, the summary …

    `version` is the version with which the change came, or which was the current one then. `value_before` and
    `value_after` are lists of text, empty for none.
    """

    field: str
    version: int
    change_kind: str
    extractor_version: int
    seen_at: datetime
    value_before: tuple[str, ...]
    value_after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an article's text, as it was read from the page.

    `change_kind` is one of `items.ChangeKind`; `seen_at` is when it was first seen so. `current` marks the one that is
    shown. `fields` are the changes of other fields that came with this version or while it was the current one.
    """

    version: int
    change_kind: str
    extractor_version: int
    seen_at: datetime
    headline: str
    alternative_headline: str = field(repr=False)
    description: str = field(repr=False)
    article_body: str = field(repr=False)
    content_hash: str = field(repr=False)
    payload_digest: str = field(repr=False)
    current: bool
    fields: tuple[ChangedField, ...] = field(default=(), repr=False)


_VERSIONS = """
    SELECT r.version, r.change_kind, r.extractor_version, r.seen_at, r.headline, r.alternative_headline,
           r.description, r.article_body, r.content_hash, r.payload_digest,
           r.id = a.revision_id AS current, a.article_body AS current_body
    FROM article_revisions AS r JOIN articles AS a ON a.id = r.article_id
    WHERE r.article_id = :id ORDER BY r.version
"""

_CHANGED_FIELDS = """
    SELECT field, version, change_kind, extractor_version, seen_at, value_before, value_after
    FROM field_changes WHERE article_id = :id ORDER BY version, seen_at, id
"""


def history(source: Source, url_or_id: str | int) -> list[Version]:
    """Every version of an article, in the order of the days on which the blog had it so.

    Raises `NoSuchArticle`.
    """
    with reading(source) as reader:
        article_id, lists = find(reader, url_or_id), ("value_before", "value_after")
        versions = texts_of(reader, article_id)
        changed = [
            ChangedField(**row | {name: tuple(row[name]) for name in lists})
            for row in reader.rows(_CHANGED_FIELDS, {"id": article_id})
        ]
    for before, after in pairwise(versions):
        changed += [
            ChangedField(
                name, after.version, after.change_kind, after.extractor_version, after.seen_at, old, new
            )
            for name in ("alternative_headline", "description")
            if (old := _listed(getattr(before, name))) != (new := _listed(getattr(after, name)))
        ]
    return [
        replace(version, fields=tuple(one for one in changed if one.version == version.version))
        for version in versions
    ]


def texts_of(reader: Reader, article_id: int) -> list[Version]:
    """Every version of the article with this id, in the order of `history`, also of an article that is withheld. Changes of fields are
    not read: their `fields` are empty."""
    versions = []
    for row in reader.rows(_VERSIONS, {"id": article_id}):
        # The text of the current version stands in the article's row, that of an earlier one in its own row, packed.
        current, stored = row.pop("current_body"), row.pop("article_body")
        versions.append(Version(**row, article_body=current if row["current"] else _text(stored)))
    return versions


def _listed(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def fields_between(first: Version, second: Version, versions: Sequence[Version]) -> list[ChangedField]:
    """The changes of fields from one version to another: those that came with the later versions, or while one of them
    was current. For a version compared with itself, all changes that came while it was current."""
    return [
        one
        for version in versions
        if first.version <= version.version <= second.version
        for one in version.fields
        if version is not first or first is second or one.seen_at > first.seen_at
    ]


def two_of(
    found: Sequence[Version], url_or_id: str | int, first: int | None = None, second: int | None = None
) -> tuple[Version, Version]:
    """Two versions to compare: those named, else the last two (one version is compared with itself). Raises `UsageError` for a version
    that does not exist."""
    versions = {version.version: version for version in found}
    last = max(versions)
    second = last if second is None else second
    first = (
        max((number for number in versions if number < second), default=second) if first is None else first
    )
    for number in (first, second):
        if number not in versions:
            raise UsageError(
                f"no version {number} of {url_or_id}: `newsarchive history {url_or_id}` lists them"
            )
    return versions[first], versions[second]


#: Articles that are read at a time. The texts of one chunk are in memory twice.
MAX_CHUNK_ARTICLES = 2_000


def columns(source: Source, ids: Sequence[int], names: Sequence[str]) -> Iterator[dict[str, Sequence[Any]]]:
    """The columns `names` of the flat rows of articles, a chunk of ids at a time, each chunk in the order of ids.

    An article that is removed meanwhile is left out. The names must be those of `fields.FLAT`.
    """
    wanted = ", ".join(["id", *names])
    views = ("current_articles", "hidden_articles")
    query = " UNION ALL ".join(f"SELECT {wanted} FROM {view} WHERE id IN :ids" for view in views)
    for at in range(0, len(ids), MAX_CHUNK_ARTICLES):
        with reading(source) as reader:
            rows = reader.tuples(query, {"ids": list(ids[at : at + MAX_CHUNK_ARTICLES])})
        rows.sort(key=lambda row: int(row[0]))
        found = list(zip(*rows, strict=True)) or [()] * (len(names) + 1)
        yield dict(zip(names, found[1:], strict=True))


def cited(source: Source, which: str | int, version: int | None = None) -> Stored:
    """The article as the version that is cited has it.

    `which` is the address of an article, its id, or an identifier (`newsarchive.citation`), which names the version
    itself. Raises `NoSuchArticle` where the archive has no such article or no such version any more, `UsageError` for an
    identifier that is no whole one, and `Withheld` where the article is withheld or was erased.
    """
    if not citation.is_identifier(str(which)):
        return get(source, which, version)
    if version is not None:
        raise UsageError("an identifier names its version itself: leave out --version")
    wanted = citation.parse_identifier(str(which))
    if not wanted.url:
        raise UsageError(
            f"{which}: this identifier has no address to look it up by: add ;url= and the address of the article"
        )
    try:
        article = get(source, wanted.url)
    except Withheld as refusal:
        _withheld_version(refusal.entry, wanted)
        raise
    if citation.identifier(article.headline, article.article_body).digest == wanted.digest:
        return article
    versions = history(source, article.id)
    for one in versions:
        if citation.identifier(one.headline, one.article_body).digest == wanted.digest:
            return get(source, article.id, one.version)
    held = ", ".join(f"{one.version} of {one.seen_at:%Y-%m-%d}" for one in versions)
    raise NoSuchArticle(
        f"the version that {which} names is not in the archive any more; of {article.url} it has {len(versions)}: {held}"
    )


def citation_of(source: Source, which: str | int, version: int | None = None) -> citation.Citation:
    """The citation of what `cited` finds. Of what is withheld or was erased it has the identifier and the digests, and says so.

    Raises as `cited` does, but for `Withheld`.
    """
    try:
        return citation.of(cited(source, which, version))
    except Withheld as refusal:
        entry: Entry = refusal.entry
        wanted = citation.parse_identifier(str(which)) if citation.is_identifier(str(which)) else None
        return citation.of_withheld(entry, _withheld_version(entry, wanted, version))


def _withheld_version(
    entry: Entry, wanted: citation.Identifier | None, number: int | None = None
) -> WithheldVersion:
    """The version of a withheld article that is asked for: the named one, otherwise the newest."""
    if wanted is not None:
        found = next((one for one in entry.versions if one.identifier.endswith(wanted.digest)), None)
        if found is None:
            raise NoSuchArticle(
                f"{entry.sentence}; {wanted} names none of its {len(entry.versions)} versions"
            )
        return found
    named = [one for one in entry.versions if number in (None, one.version)]
    if not named:
        raise UsageError(f"no version {number} of {entry.url}: the register has {len(entry.versions)}")
    return named[-1]


class Selection:
    """The articles that match (`search.search`), in one of `search.ORDERS`; may be read again.

    Their ids are found at once (8 bytes each), and the articles are read in chunks: so memory stays flat, and no
    transaction stays open while the caller works. An article that is removed meanwhile is left out.
    """

    def __init__(
        self,
        source: Source,
        words: str = "",
        filters: search.Filters | None = None,
        *,
        order: str = "id",
        limit: int | None = None,
        chunk: int = 200,
    ) -> None:
        self.source, self.chunk = source, chunk
        with reading(source) as reader:
            self.ids = array("q", search.ids(reader, words, filters or search.Filters(), order, limit))

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Stored]:
        for at in range(0, len(self.ids), self.chunk):
            with reading(self.source) as reader:
                loaded = load(reader, self.ids[at : at + self.chunk].tolist())
            yield from loaded
            del loaded  # otherwise two chunks would be in memory while the next is read
