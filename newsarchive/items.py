"""The records that all packages share: frozen dataclasses.

A page travels as `Capture` (the bytes as received), `Page` (the decoded text) and `Article` (what is kept). A step never
changes a record. It returns another one, and says what it did in `edits` or in the `label`, `decided_by` and `rule` of a
`Block`. Fields of `Article` are named after schema.org's NewsArticle, in snake_case.

Times are timezone-aware; `fetched_at` is in UTC. An empty value is `""`, `()` or `None`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Literal, Protocol

from newsarchive import reprs

# The words and the edits that records hold are imported from here too, as documents tell users of the library.
from newsarchive.edits import Edit as Edit
from newsarchive.edits import Repaired as Repaired
from newsarchive.edits import replay as replay
from newsarchive.edits import unreplay as unreplay
from newsarchive.exceptions import WrongType
from newsarchive.times import isoformat, utc
from newsarchive.verdicts import LABELS as LABELS
from newsarchive.verdicts import BlockVerdict as BlockVerdict
from newsarchive.verdicts import ChangeKind as ChangeKind
from newsarchive.verdicts import DecidedBy as DecidedBy
from newsarchive.verdicts import DropReason as DropReason
from newsarchive.verdicts import QualityFlag as QualityFlag

#: What a block is in the structure of its page.
BlockKind = Literal["paragraph", "heading", "list_item", "quote", "code", "table", "caption", "embed"]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What a feed, an API or a sitemap answered, without what it says of other posts (`core.discovery.excerpts`).

    `source` is the `source` of a `SourceText`, `url` the address of the document, `content_type` the header of its answer. `own`
    are the bytes of the post, `head` those before the first post of the document, `tail` those behind the last. `digest` is that of
    the whole document without its content coding, "" where it is not known, `fetched_at` is `None` for a moment ago. `copied_from`
    names the WARC file of others that it was read from.
    """

    source: str
    url: str
    content_type: str = ""
    head: bytes = field(default=b"", repr=False)
    own: bytes = field(default=b"", repr=False)
    tail: bytes = field(default=b"", repr=False)
    digest: str = ""
    fetched_at: datetime | None = None
    copied_from: str = ""

    @property
    def body(self) -> bytes:
        """A document of the same kind that holds the one post."""
        return self.head + self.own + self.tail


@dataclass(frozen=True, slots=True)
class Place:
    """Where a response lies in a WARC file: name without folder, offset and length in bytes.

    `digest` is the record's payload digest: of the body as it came from the wire.
    """

    file: str
    offset: int
    length: int
    digest: str = ""


@dataclass(frozen=True, slots=True)
class SourceText:
    """What a feed, an API or a sitemap says of one post: the site's own words, without the page around them.

    `source` is `feed`, `wp-json`, `sitemap` or `site` (nothing but what holds for all its posts). `html` is the
    text as written there, links relative to the post; `is_full` is true where it stood in a field for full texts
    (`content:encoded`, `atom:content`, `content.rendered`), which a site may still fill with an excerpt.

    Times have the site's own offset where the source tells it, else they are UTC. `author` is the byline in one
    line, `authors` each name by itself; without `authors`, `author` is whom the source names for all its posts.
    `keywords` are the tags, `sections` the categories where the source tells them from tags. `image` is the address
    of the main picture, `publisher` the site's name, `post_id` the platform's id of the post (`wordpress:12`).

    `excerpt` are the bytes from which this was read a moment ago; of what the archive holds, `place` says where they are kept.
    """

    source: str
    html: str = field(repr=False)
    is_full: bool = False
    title: str = ""
    author: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    authors: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    in_language: str = ""
    image: str = ""
    publisher: str = ""
    post_id: str = ""
    excerpt: Excerpt | None = field(default=None, repr=False, compare=False)
    place: Place | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Link:
    """A URL that a source lists.

    `source` is `feed`, `sitemap`, `wp-json`, `archive page`, `home page`, `fresh home page`, `fresh feed` or `link`; `lastmod`
    is the source's own word on when the page changed (for a feed: updated, else published). `post_id` is
    the platform's id of the post (`wordpress:12`), `text` what the source says of it.
    """

    url: str
    source: str
    title: str = ""
    lastmod: datetime | None = None
    published: datetime | None = None
    post_id: str = ""
    text: SourceText | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Validators:
    """What makes the next request of `url` conditional (RFC 9110, 8.8): the server's own words, "" for none."""

    url: str
    etag: str = ""
    last_modified: str = ""

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)


@dataclass(frozen=True, slots=True)
class Selectors:
    """A site's settings on its pages: what is never article, what alone is; see `core.assembly.post`."""

    drop: tuple[str, ...] = ()
    body: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rights:
    """What a site said of the use of a page when it was fetched, as it was said; () where nothing was (`core.discovery.rights`).

    `refused_agents` are crawlers for mining and training that robots.txt keeps from this page. `directives` are those of
    `X-Robots-Tag` and `<meta name=robots>`, each with its place: "X-Robots-Tag: noai". `tdm` is what TDMRep says: "header: 1
    https://paper.example/policy". `content_usage` are preferences of IETF aipref: "robots.txt: train-ai=n". `licences` are URLs or
    names of licences. `reservations` are the places that reserve text and data mining: "TDMRep header".
    """

    refused_agents: tuple[str, ...] = ()
    directives: tuple[str, ...] = ()
    tdm: tuple[str, ...] = ()
    content_usage: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    reservations: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything was said."""
        return self != Rights()

    def __add__(self, other: Rights) -> Rights:
        """What both say, each word once."""
        both = {
            field.name: tuple(dict.fromkeys(getattr(self, field.name) + getattr(other, field.name)))
            for field in fields(self)
        }
        return Rights(**both)

    @property
    def tdm_reserved(self) -> bool | None:
        """Whether text and data mining is reserved: by any of the places, for a reservation must not be overlooked. `None` where
        nothing was said of it."""
        if self.reservations:
            return True
        return False if self.tdm or self.content_usage else None

    def as_json(self) -> dict[str, Any]:
        """The record without what is empty."""
        return {name: list(value) for name, value in asdict(self).items() if value}


def rights_from(stored: Mapping[str, Any] | None) -> Rights | None:
    """The record of `as_json`; `None` for nothing."""
    return Rights(**{name: tuple(value) for name, value in stored.items()}) if stored else None


def joined_headers(lines: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The lines of a head by their names in lower case. Repeated lines are joined with ", " (RFC 9110, 5.2), but those of
    `X-Robots-Tag` with a line break: a robot that one of them names is not meant by the next.

    >>> joined_headers([("Vary", "Accept"), ("vary", "Cookie")])
    {'vary': 'Accept, Cookie'}
    >>> joined_headers([("X-Robots-Tag", "otherbot: noindex"), ("X-Robots-Tag", "noarchive")])["x-robots-tag"].splitlines()
    ['otherbot: noindex', 'noarchive']
    """
    values: dict[str, list[str]] = {}
    for name, value in lines:
        values.setdefault(name.lower(), []).append(value)
    return {
        name: ("\n" if name == "x-robots-tag" else ", ").join(several) for name, several in values.items()
    }


@dataclass(frozen=True, slots=True)
class Capture:
    """One HTTP response as received, transfer and content encodings removed.

    `headers` has lower-case names and joined lines (`joined_headers`). A `fetched_at` without a zone is
    taken for UTC. `url` is what was asked for, `final_url` what answered after redirects. `place` says where its
    bytes are kept, `None` where they are not. `source_text` is what the site itself says of the same post, in a feed, an
    API or a sitemap; it is no part of the answer, but travels with it from the crawl and from the archive. `parts` are
    the answers with the further pages of a post that is split (`<!--nextpage-->`), in order. `data` is what a page
    drawn by a script fetched besides, `selectors` the settings of its site. `body_digest` is the digest of a body that
    was taken off (`without_body`), "" where `body` is at hand. `tls_verified` says whether the server's certificate was
    checked, `None` for an answer without TLS and for one of which that is not known. `rights` is what the site says of its use.
    `refused` is why its text is no version of the post (`DropReason.ONE_PAGE_FOR_ALL` or `CUT_SHORT`), "" for all others.

    Raises `WrongType` for a `url` that is no text and a `body` that is no bytes.
    """

    url: str
    body: bytes = field(repr=False)
    fetched_at: datetime | None = None
    final_url: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    discovered: Link | None = None
    place: Place | None = None
    source_text: SourceText | None = field(default=None, repr=False)
    parts: tuple[Capture, ...] = field(default=(), repr=False)
    data: tuple[Validators, ...] = ()
    selectors: Selectors | None = None
    body_digest: str = ""
    tls_verified: bool | None = None
    rights: Rights | None = field(default=None, repr=False)
    refused: str = ""

    def __repr__(self) -> str:
        size = len(self.body)
        return reprs.line("Capture", self.url, status=self.status, bytes=size, fetched_at=self.fetched_at)

    def __post_init__(self) -> None:
        for name, value, wanted in (("url", self.url, str), ("body", self.body, bytes)):
            if not isinstance(value, wanted):
                raise WrongType(f"Capture: {name}", value, f"give it as {wanted.__name__}")
        if self.fetched_at is not None and self.fetched_at.tzinfo is None:
            object.__setattr__(self, "fetched_at", utc(self.fetched_at))

    @property
    def content_type(self) -> str | None:
        """The Content-Type header, `None` where the server sent none."""
        return self.headers.get("content-type")

    @property
    def digest(self) -> str:
        """The payload digest as WARC writes it, with SHA-256: `sha256:` and hex digits."""
        if self.body_digest:
            return self.body_digest
        import hashlib  # OpenSSL takes a while to load, and most readers need no digest

        return "sha256:" + hashlib.sha256(self.body).hexdigest()

    def without_body(self) -> Capture:
        """This capture and its parts without their bytes, but with their digests."""
        parts = tuple(part.without_body() for part in self.parts)
        return replace(self, body=b"", parts=parts, body_digest=self.digest)

    @property
    def base_url(self) -> str:
        return self.final_url or self.url

    @property
    def validators(self) -> Validators:
        """Those of this answer."""
        told = (self.headers.get(name, "") for name in ("etag", "last-modified"))
        return Validators(self.base_url, *told)


@dataclass(frozen=True, slots=True)
class Kept:
    """A capture whose raw bytes are kept. `payload` is the place of its body, which for a revisit is that of an earlier
    capture.

    `source_text` is the post as a feed or an API describes it, `parts` are the further pages of a split post, `selectors`
    are those in the settings of its site. `was_refused` says that the last crawl saw at a first look that its page is no
    article: a list of posts, a static page, a login.
    """

    id: int
    url: str
    final_url: str
    fetched_at: datetime
    place: Place
    payload: Place
    source_text: SourceText | None = None
    parts: tuple[Kept, ...] = ()
    selectors: Selectors | None = None
    was_refused: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A decoded document: text as the browser would read it, and how that was decided.

    `charset_declared` is what the page or its headers claim ("" for none), `charset_used` a
    Python codec name.
    """

    capture: Capture
    text: str = field(repr=False)
    charset_declared: str = ""
    charset_used: str = "utf-8"

    def __repr__(self) -> str:
        return reprs.line("Page", self.capture.url, characters=len(self.text), charset_used=self.charset_used)


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph-level run of the page.

    `text` has its white space folded (except in `code`), a line break where the page has `<br>`.
    `label` is one of `LABELS`, `decided_by` the pass that gave it. `rule` says why to people; no code decides by its
    wording. `score` is the extractor's margin (above 0 is body), `None` where a rule decided. `path` is the tag path with
    ids and classes, `html/body/div#main/article.post/p`. `level` is a heading's level (1 to 6), a list item's depth
    (from 1), or of a table's cells a number of their row. `links` are pairs of anchor text and absolute URL. `html` is safe
    inline HTML, the cells of a table (`<td>`), or a further paragraph of a list item (`<p>`).
    """

    text: str
    kind: BlockKind = "paragraph"
    label: str = "body"
    rule: str = ""
    decided_by: DecidedBy = DecidedBy.NOTHING
    score: float | None = None
    path: str = ""
    level: int = 0
    links: tuple[tuple[str, str], ...] = ()
    html: str = field(default="", repr=False)

    def __init__(
        self,
        text: str,
        kind: BlockKind = "paragraph",
        label: str = "body",
        rule: str = "",
        decided_by: DecidedBy = DecidedBy.NOTHING,
        score: float | None = None,
        path: str = "",
        level: int = 0,
        links: tuple[tuple[str, str], ...] = (),
        html: str = "",
    ) -> None:
        """A page has hundreds of blocks: set slot by slot they take half the time of a frozen dataclass's own
        `__init__`."""
        _set_text(self, text)
        _set_kind(self, kind)
        _set_label(self, label)
        _set_rule(self, rule)
        _set_decided_by(self, decided_by)
        _set_score(self, score)
        _set_path(self, path)
        _set_level(self, level)
        _set_links(self, links)
        _set_html(self, html)

    def __repr__(self) -> str:
        return reprs.line("Block", self.text, kind=self.kind, label=self.label, rule=self.rule)

    def relabelled(self, label: str, rule: str, decided_by: DecidedBy) -> Block:
        """This block under another label: `dataclasses.replace` takes twice as long."""
        return Block(
            self.text, self.kind, label, rule, decided_by,
            self.score, self.path, self.level, self.links, self.html,
        )  # fmt: skip


(
    _set_text, _set_kind, _set_label, _set_rule, _set_decided_by, _set_score, _set_path, _set_level, _set_links, _set_html,
) = (Block.__dict__[one.name].__set__ for one in fields(Block))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote it. `kind` is `person`, `organisation` or `agency`."""

    name: str
    kind: str = "person"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of the article; `url` is absolute."""

    url: str
    caption: str = ""
    credit: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One value that the page offers for a metadata field, with where it stands.

    `source` is `json-ld`, `microdata`, `open graph`, `meta`, `markup`, `url`, `feed` …; `chosen`
    is true for the one that won, and `reason` says why a value won or was refused.
    """

    field: str
    value: str
    source: str
    chosen: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A piece of evidence for an origin: its kind, the text it was read from, its weight (0 to 1)."""

    kind: str
    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an article first appeared.

    `as_printed` keeps the blog's own spelling; `confidence` runs from 0 to 1.
    """

    name: str
    domain: str = ""
    url: str = ""
    as_printed: str = ""
    date: datetime | None = None
    credit_text: str = ""
    copyright_notice: str = ""
    copyright_holder: str = ""
    copyright_year: int | None = None
    license: str = ""
    confidence: float = 0.0
    evidence: tuple[Evidence, ...] = ()

    def __repr__(self) -> str:
        return reprs.line("Origin", self.name, domain=self.domain, url=self.url, confidence=self.confidence)


@dataclass(frozen=True, slots=True)
class Quality:
    """How far the extraction can be trusted, each from 0 to 1, and what casts doubt on it (see `QualityFlag`)."""

    confidence: float = 1.0
    completeness: float = 1.0
    flags: tuple[str, ...] = ()


class PageRecord(Protocol):
    """What the steps after the site's template need of a page's record for learning.

    `core.site_template.observations.Observation` is such a record, with the page's lines.
    """

    @property
    def verdict(self) -> int:
        """The number of what the template made of the page, 0 for nothing."""

    @property
    def layout(self) -> int:
        """The version of the template that the page fits, 0 for none."""

    @property
    def misfit(self) -> bool:
        """Whether no layout fits the page as it should."""


_time: dict[str, Any] = {"serializer": isoformat}


@dataclass(frozen=True, slots=True)
class Article:
    """What is kept of a page: schema.org NewsArticle in snake_case, and how it came about.

    `article_body` is the text of the blocks labelled `body`, separated by blank lines; change blocks
    only through `with_blocks`, which keeps the two together. `date_published` is what was decided,
    `date_published_raw` what the page printed, `date_published_source` where. `publisher` is the
    name of the site that was crawled, `origin` who published first. `content_hash` is a SHA-256 of
    the normalised text; `minhash` is the MinHash signature (Broder 1997), 32-bit unsigned integers.
    `post_id` is the platform's id of the post (`wordpress:12`), "" where none is told.
    """

    url: str
    canonical_url: str = ""
    headline: str = ""
    alternative_headline: str = ""
    description: str = ""
    authors: tuple[Author, ...] = ()
    date_published: datetime | None = field(default=None, metadata=_time)
    date_published_raw: str = ""
    date_published_source: str = ""
    date_modified: datetime | None = field(default=None, metadata=_time)
    date_modified_raw: str = ""
    date_modified_source: str = ""
    in_language: str = ""
    in_language_source: str = ""
    article_section: str = ""
    keywords: tuple[str, ...] = ()
    image: Image | None = None
    publisher: str = ""
    is_based_on: str = ""
    is_accessible_for_free: bool | None = None
    article_body: str = ""
    article_html: str = field(default="", repr=False)
    word_count: int = 0
    origin: Origin | None = None
    quality: Quality = field(default_factory=Quality)
    blocks: tuple[Block, ...] = field(default=(), repr=False)
    edits: tuple[Edit, ...] = field(default=(), repr=False)
    damage: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = field(default=(), repr=False)
    content_hash: str = ""
    minhash: tuple[int, ...] = field(default=(), repr=False)
    charset_declared: str = ""
    charset_used: str = ""
    extractor_version: int = 0
    post_id: str = ""
    capture: Capture | None = field(default=None, repr=False)
    #: The page's record for learning, where the site's template was asked.
    seen: PageRecord | None = field(default=None, repr=False, compare=False)

    _repr_html_ = reprs.article_html  # in a notebook

    def __repr__(self) -> str:
        return reprs.line(
            type(self).__name__, self.headline, self.url,
            id=getattr(self, "id", None),  # of one that is stored
            date_published=self.date_published,
            word_count=self.word_count,
            origin=self.origin.name if self.origin else "",
        )  # fmt: skip

    def with_blocks(self, blocks: Iterable[Block], **changes: Any) -> Article:
        """This article with other blocks, and the body text that follows from them."""
        kept = tuple(blocks)
        body = "\n\n".join(b.text for b in kept if b.label == "body")
        return replace(self, blocks=kept, article_body=body, **changes)

    @property
    def filled_from(self) -> str:
        """The source that gave the text where the page had less: `feed` or `wp-json`, "" for the page itself."""
        given = (c.source for c in self.candidates if c.field == "article_body" and c.chosen)
        return next(given, "")

    @property
    def repairs(self) -> int:
        """How many places were repaired, in dropped lines too."""
        return sum(edit.step == "repair" for edit in self.edits)

    @property
    def dropped(self) -> tuple[Block, ...]:
        """The blocks that are not part of the article."""
        return tuple(b for b in self.blocks if b.label != "body")
