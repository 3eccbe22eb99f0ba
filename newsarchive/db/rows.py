"""Records to rows and back: an `Article` to the columns of `articles`, its versions, `edits` and `article_origins`.

What people look for with SQL is in columns: the text of a dropped line, its kind and the rule that left it out. The rest is packed
into `article_revisions.markup`: the HTML of the text, and for each dropped line where it stood. A real page drops 160 lines. Their
paths, `html/body.home.blog/div#page.site/…/ul#menu/li`, are 100 KB, their links 10 KB, and its HTML is 15 KB: `pack_markup` makes
5 KB of all that.

Its format: the HTML, a zero byte, and a JSON list of `[paths, path, element, level, links]`. `paths` has each path once, the other
lists a value for each dropped line in its order: the number of its path, its element, its level and its links. The links are a URL
alone where the whole line is one link. All of it is compressed with the text of the article as dictionary, because the
HTML repeats that text.
"""

from __future__ import annotations

import array
import json
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from newsarchive.compression import compress, decompress
from newsarchive.core.encoding.changes import stored_edits
from newsarchive.core.text.lines import number
from newsarchive.core.urls import normalise, site_of, url_key
from newsarchive.db.query_language import is_unspaced
from newsarchive.db.values import decoded, storable
from newsarchive.exceptions import Damaged
from newsarchive.items import Article, Author, Block, Candidate, Edit, Evidence, Image, Origin, Quality

Row = dict[str, Any]
_Record = TypeVar("_Record", Candidate, Evidence, Quality)

#: Fields whose texts make a version. They are stored in the article's row and in its revisions.
VERSION_FIELDS = ("headline", "alternative_headline", "description", "article_body")

#: Types of the fields that a column of the table `articles` can hold as they are.
_PLAIN_TYPES = frozenset({"str", "int", "bool | None", "datetime | None"})
#: Fields of such a type that are written in a way of their own: as keys, as texts of versions, or with the capture.
_WRITTEN_OTHERWISE = {
    "url",
    "article_html",
    "charset_declared",
    "charset_used",
    "post_id",
    *VERSION_FIELDS,
} - {"headline"}
#: The bits of a line's number that come from its text.
TEXT_BITS = 2**48 - 1
#: Fields that have the same name and value in an article and in its row: a new field of `Article` is one, if its type is
#: plain, and needs a column of its name in `db/models/articles.py`.
PLAIN_FIELDS = [
    field.name
    for field in fields(Article)
    if field.type in _PLAIN_TYPES and field.name not in _WRITTEN_OTHERWISE
]
#: The columns of `articles` of which `article_values` makes fields.
ARTICLE_COLUMNS = tuple(
    dict.fromkeys(("url", *PLAIN_FIELDS, *VERSION_FIELDS, "quality", "damage", "candidates", "minhash"))
)
#: The columns of `article_origins` that are fields of an origin as they stand.
_ORIGIN_COLUMNS = (
    "url", "as_printed", "date", "confidence", "credit_text", "copyright_notice", "copyright_holder", "copyright_year",
    "license",
)  # fmt: skip
#: The columns of `edits` that are fields of an edit as they stand.
_EDIT_COLUMNS = ("step", "rule", "before", "after", "start", "evidence")
#: This many bytes at the end of a text are the dictionary. Deflate, which packed older archives, looks back no further.
MAX_DICTIONARY_BYTES = 32_768
Links = tuple[tuple[str, str], ...]


def keys(article: Article) -> tuple[str, str]:
    """The article's normalised URL, and that of its canonical URL.

    A canonical URL counts where it is on the page's own host and is not the home page, to which wrong themes point
    every post. A text that is no URL (`https://blog.example%2Fpost`) does not count.
    """
    key = url_key(article.url)
    if not article.canonical_url:
        return key, key
    try:
        canonical = urlsplit(article.canonical_url)
        own = canonical.scheme in ("http", "https") and site_of(article.canonical_url) == site_of(article.url)
        home = canonical.path in ("", "/") and not canonical.query
        return key, url_key(normalise(article.canonical_url)) if own and not home else key
    except ValueError:
        return key, key


def flat(record: Author | Candidate | Evidence | Image | Quality) -> Row:
    """A record of plain values as a row; `dataclasses.asdict` copies every value deeply, at ten times the cost."""
    kind: Any = type(record)
    return {name: getattr(record, name) for name in _field_names(kind)}


@cache
def _field_names(kind: Any) -> tuple[str, ...]:
    """The names of the fields of a record. They are remembered, because an article has 35 candidates, and asking each
    for its fields would take longer than reading them."""
    return tuple(field.name for field in fields(kind))


def plain_row(article: Article) -> Row:
    """The columns of `articles` that hold the article's own plain values."""
    return {name: getattr(article, name) for name in PLAIN_FIELDS} | {"headline": storable(article.headline)}


def article_row(article: Article) -> Row:
    """The columns of `articles` that the article itself decides, without its texts (`text_row`)."""
    return plain_row(article) | {
        "quality": flat(article.quality),
        "damage": list(article.damage),
        "candidates": [flat(candidate) for candidate in article.candidates],
        "minhash": stored_minhash(article.minhash),
    }


def payload_digest(article: Article) -> str:
    """The digest of all bytes that an article was made of: its pages, and the feed's text where it filled in."""
    capture = article.capture
    if capture is None:
        return ""
    digests = [capture.digest, *(part.digest for part in capture.parts)]
    if article.filled_from and capture.source_text:
        digests.append(_digest(capture.source_text.html))
    return digests[0] if len(digests) == 1 else _digest(" ".join(digests))


def _digest(text: str) -> str:
    import hashlib  # OpenSSL takes a while to load, and reading needs no digest

    return "sha256:" + hashlib.sha256(storable(text).encode()).hexdigest()


def revision_row(article: Article, seen_at: datetime) -> Row:
    """The columns of `article_revisions` that the article decides, without its `markup`."""
    row: Row = {name: storable(getattr(article, name)) for name in VERSION_FIELDS}
    return row | {
        "extractor_version": article.extractor_version,
        "seen_at": seen_at,
        "content_hash": article.content_hash,
        "payload_digest": payload_digest(article),
    }


def text_row(texts: Row) -> Row:
    """The columns of `articles` for the texts of its current revision."""
    own = {name: texts[name] for name in VERSION_FIELDS}
    return own | {"unspaced": is_unspaced(texts["article_body"] or texts["headline"])}


class DroppedLine(NamedTuple):
    """A line that a version leaves out, as `dropped_lines` stores it; `hash` is the number of its text."""

    position: int
    kind: str
    rule: str
    hash: int
    text: str
    score: float | None


class Details(NamedTuple):
    """What is stored of an article's blocks, edits and HTML: the column `markup` of its version, the lines that the
    version leaves out, and the rows of `edits` without its id."""

    markup: bytes | None
    dropped: list[DroppedLine]
    edits: list[Row]


def details(article: Article) -> Details:
    """What is stored of the many parts of an article. A process that reads pages works it out for the one that writes."""
    site = site_of(article.url)
    lines = (
        (at, block, storable(block.text)) for at, block in enumerate(article.blocks) if block.label != "body"
    )
    dropped = [
        DroppedLine(at, storable(block.label), storable(block.rule), line_hash(site, text), text, block.score)
        for at, block, text in lines
    ]
    edits = [
        {"position": position, "field": edit.where} | {name: getattr(edit, name) for name in _EDIT_COLUMNS}
        for position, edit in enumerate(stored_edits(article))
    ]
    markup = pack_markup(article.article_html, article.dropped, storable(article.article_body))
    return Details(markup, dropped, edits)


def line_hash(site: str, text: str) -> int:
    """The number of a line of a site (its domain) as `lines` has it: 16 bits of the site, 48 of the stored text.

    Among 100,000 texts of a site, the chance that any two share a number is 1 in 56,000; the second then has the
    `next_hash`.
    """
    return _bits_of(site) | (number(storable(text)) & TEXT_BITS)


@lru_cache(maxsize=64)
def _bits_of(site: str) -> int:
    return number(site) & ~TEXT_BITS


def next_hash(number: int) -> int:
    """The number that a text takes where another text has this one; the last number of a site is followed by its first."""
    return (number & ~TEXT_BITS) | ((number + 1) & TEXT_BITS)


def origin_row(origin: Origin) -> Row:
    """The columns of `article_origins` without its keys."""
    row = {name: getattr(origin, name) for name in _ORIGIN_COLUMNS}
    return row | {"evidence": [flat(evidence) for evidence in origin.evidence]}


def stored_minhash(signature: Sequence[int]) -> bytes | None:
    """A signature as `articles.minhash` holds it, `None` for an empty one."""
    return array.array("I", signature).tobytes() if signature else None


def minhash_of(stored: bytes | None) -> tuple[int, ...]:
    """The signature that `stored_minhash` packed. Raises `Damaged`."""
    return decoded("the value of minhash", lambda packed: tuple(array.array("I", packed or b"")), stored)


def signature_of(stored: bytes | None) -> tuple[int, ...]:
    """A stored signature to compare others with, empty for a damaged one: one damaged row must keep no other article from being
    stored, and none from being erased."""
    try:
        return minhash_of(stored)
    except Damaged:
        return ()


def article_values(row: Row) -> Row:
    """The fields of an article that its row of `articles` holds by itself. Raises `Damaged`."""
    return {name: row[name] for name in ARTICLE_COLUMNS} | {
        "quality": quality_from(row["quality"]),
        "damage": decoded("the value of damage", tuple, row["damage"]),
        "candidates": records_from(Candidate, "candidates", row["candidates"]),
        "minhash": minhash_of(row["minhash"]),
    }


def quality_from(stored: Any) -> Quality:
    """The record of quality that a mapping describes. Raises `Damaged` for another value.

    >>> quality_from({"confidence": 0.5, "mood": "good"})
    Traceback (most recent call last):
    newsarchive.exceptions.Damaged: the value of quality is damaged: it has the unknown key 'mood'
    """
    [found] = records_from(Quality, "quality", [stored])
    return replace(found, flags=decoded("the value of quality", tuple, found.flags))


def records_from(kind: type[_Record], column: str, stored: Any) -> tuple[_Record, ...]:
    """The records that a column holds as a list of mappings. Raises `Damaged` for another value."""
    return decoded(
        f"the value of {column}", lambda values: tuple(_record(kind, column, one) for one in values), stored
    )


def _record(kind: Any, column: str, stored: dict[str, Any]) -> Any:
    try:
        return kind(**stored)
    except TypeError:
        if isinstance(stored, dict) and (unknown := sorted(stored.keys() - _field_names(kind))):
            raise Damaged(
                f"the value of {column} is damaged: it has the unknown key {unknown[0]!r}"
            ) from None
        raise


def block_from(row: Row, spot: Spot) -> Block:
    """A dropped block from its row of the view `blocks` and its spot."""
    own = {name: row[name] for name in ("text", "rule", "score")}
    return Block(label=row["kind"], **own, **spot._asdict())


def edit_from(row: Row) -> Edit:
    return Edit(where=row["field"], **{name: row[name] for name in _EDIT_COLUMNS})


def origin_from(row: Row) -> Origin:
    """An origin from its row of `article_origins` joined with name and domain."""
    evidence = records_from(Evidence, "evidence", row["evidence"])
    return Origin(**{name: row[name] for name in ("name", "domain", *_ORIGIN_COLUMNS)}, evidence=evidence)


class Spot(NamedTuple):
    """Where a dropped line stood, with `path`, `kind`, `level` and `links` as in `items.Block`."""

    path: str
    kind: Any
    level: int
    links: Links


def pack_markup(html: str, dropped: Sequence[Block], body: str) -> bytes | None:
    """The markup of a version with this text (`body`); `None` where there is none."""
    if not html and not dropped:
        return None
    numbers: dict[str, int] = {}
    path = [numbers.setdefault(block.path, len(numbers)) for block in dropped]
    lists = (
        [storable(one) for one in numbers],
        path,
        [block.kind for block in dropped],
        [block.level for block in dropped],
        [_links(block) for block in dropped],
    )
    text = json.dumps(lists, ensure_ascii=False, separators=(",", ":"))
    data = storable(html).encode() + b"\0" + text.encode("utf-8", "surrogatepass")
    return compress(data, dictionary=_dictionary(body))


def unpack_markup(stored: bytes | None, body: str, dropped: Sequence[str]) -> tuple[str, list[Spot]]:
    """The HTML of a version and the spots of its dropped lines, from its text and theirs, as they are stored. Raises `Damaged`."""
    if stored is None:
        return "", []
    return decoded("the value of markup", lambda packed: _markup(packed, body, dropped), stored)


def _markup(stored: bytes, body: str, dropped: Sequence[str]) -> tuple[str, list[Spot]]:
    html, _, lists = decompress(stored, _dictionary(body)).partition(b"\0")
    paths, *columns = json.loads(lists.decode("utf-8", "surrogatepass"))
    spots = [
        Spot(
            paths[path],
            kind,
            level,
            ((line, links),) if isinstance(links, str) else tuple((text, url) for text, url in links),
        )
        for path, kind, level, links, line in zip(*columns, dropped, strict=True)
    ]
    return html.decode(), spots


def _dictionary(body: str) -> bytes:
    return body.encode()[-MAX_DICTIONARY_BYTES:]


def _links(block: Block) -> Any:
    """The links of a line: the URL alone where the whole line is one link, as most lines of a menu are."""
    if len(block.links) == 1 and block.links[0][0] == block.text == storable(block.text):
        return block.links[0][1]
    return block.links
