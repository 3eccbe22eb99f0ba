"""Decides what must be written for one article: whether it is stored already, and what changed.

A page that comes again with other words adds a version. With the same words and another date it changes a field. With the
same bytes it was only seen once more.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, cast

from newsarchive.core.near_duplicates.fingerprint import likeness
from newsarchive.core.urls import site_of, url_key
from newsarchive.db import rows
from newsarchive.db.reading.replaced import MIN_SAME
from newsarchive.db.rows import VERSION_FIELDS
from newsarchive.db.values import storable
from newsarchive.db.writing.corrected import with_values
from newsarchive.db.writing.field_changes import Change
from newsarchive.db.writing.moved import are_days_apart
from newsarchive.db.writing.packed import PackedArticle, head_of
from newsarchive.items import Article, ChangeKind

#: The longest time from the fetch of a page until a crawl stores it; seconds are usual. A page that was fetched earlier
#: comes from a file.
MAX_TIME_TO_STORE = timedelta(minutes=15)


@dataclass
class Plan:
    """What must be written for one article. `packed` is the article as a worker process prepared it, if one did.

    `stored` is its row with `payload_digest`, `version`, `run_id` and `capture_id` of its current version. `reread` says
    that stored bytes are read again, in the crawl `run_id`. `changes` are those of fields besides the texts. `is_explained` says
    that the explanation of the text is stored as it is.
    """

    article: Article
    key: str
    canonical_key: str
    seen_at: datetime
    stored: dict[str, Any] | None = None
    article_id: int = 0
    revision_id: int = 0
    capture_id: int | None = None
    texts: dict[str, Any] = field(default_factory=dict)
    digest: str = ""
    reread: bool = False
    run_id: int | None = None
    version: int = 1
    changes: list[Change] = field(default_factory=list)
    packed: PackedArticle | None = None
    is_explained: bool = False
    #: Whether the post has left the address at which these bytes were read (`moved.once_at`).
    has_left: bool = False
    #: Whether this page is another view of the stored post (`ingest`). It changes nothing.
    is_view: bool = False
    #: The id of the withheld article, of which only the fetch is stored; `None` for an article that is not withheld.
    withheld_id: int | None = None
    #: Whether the text is another one at every look, which is no edit of the publisher (`restless`).
    is_restless: bool = False
    #: The values of fields that a person corrected, which every reading of the page gets.
    corrected: dict[str, Any] = field(default_factory=dict)
    #: The time by the clock of this machine; `None` for a page out of a file.
    now: datetime | None = None

    def __post_init__(self) -> None:
        self.article = with_values(self.article, self.corrected)
        self.texts = rows.revision_row(self.article, self.seen_at)
        self.digest = record_hash(self.article)

    @cached_property
    def details(self) -> rows.Details:
        """What is stored of the article's blocks, edits and HTML."""
        return self.packed.details if self.packed else rows.details(self.article)

    @property
    def is_new(self) -> bool:
        return self.stored is None

    @property
    def is_fetched_now(self) -> bool:
        """Whether a crawl fetched the page a moment ago; otherwise it comes from a file."""
        return self.now is not None and abs(self.now - self.seen_at) <= MAX_TIME_TO_STORE

    @property
    def is_late(self) -> bool:
        """Whether the capture is older than the stored one. It then has its place in the history and changes nothing else.

        A page that was fetched a moment ago is the newest, whatever the stored times say: then one of the clocks was
        wrong.
        """
        return (
            self.stored is not None
            and not self.is_fetched_now
            and self.seen_at < self.stored["last_seen_at"]
            and not self.reread
        )

    @property
    def is_outlived(self) -> bool:
        """Whether the stored bytes that are read again are older than what the article has now, a text or another field. So are
        the newest bytes of an address that the post has left. They change nothing."""
        if self.stored is None or not self.reread:
            return False
        if self.has_left:
            return True
        moments: list[datetime | None] = [self.stored["seen_at"], self.stored["last"]]
        return any(moment is not None and self.seen_at < moment for moment in moments)

    @property
    def gone_at(self) -> datetime | None:
        """When the page was found deleted, where that was after this capture."""
        gone_at = self.stored["gone_at"] if self.stored else None
        return gone_at if gone_at is not None and gone_at > self.seen_at else None

    @property
    def speaks_for_another(self) -> bool:
        """Whether this page names another address as the post's own, and differs from the stored post, which was read neither
        here nor where the server was asked.

        A view for printing does so, and so may a hostile page. What was read at an address is believed as long as that
        answers. Otherwise the two pages would replace each other in turns, and each turn would look like an edit.
        """
        stored = self.stored
        if (
            stored is None
            or self.canonical_key in (self.key, *self.asked_keys)
            or stored["gone_at"] is not None
        ):
            return False
        return self.is_elsewhere and (self.text_changed or self.record_changed)

    @property
    def is_aside(self) -> bool:
        """Whether this page changes nothing of the stored post."""
        return self.is_view or self.speaks_for_another or self.is_outlived

    @property
    def is_elsewhere(self) -> bool:
        """Whether the stored article has another address, its text was read neither here nor where the server was asked, and
        the page is no stored one that is read again."""
        return self.stored is not None and self.is_read_elsewhere(self.stored)

    def is_read_elsewhere(self, stored: dict[str, Any]) -> bool:
        """What `is_elsewhere` says of any stored article."""
        read_at = url_key(stored["read_at"]) if stored["read_at"] else stored["url_key"]
        return not self.reread and {self.key, *self.asked_keys}.isdisjoint((stored["url_key"], read_at))

    @property
    def text_changed(self) -> bool:
        """Whether a text differs, so that a version is added. A change of the markup alone adds none."""
        return self.stored is None or any(self.texts[name] != self.stored[name] for name in VERSION_FIELDS)

    @property
    def record_changed(self) -> bool:
        return self.stored is None or self.digest != self.stored["record_hash"]

    @property
    def same_bytes(self) -> bool:
        digest = self.texts["payload_digest"]
        return self.stored is not None and digest != "" and digest == self.stored["payload_digest"]

    @property
    def read_from(self) -> int | None:
        """The capture that a new version is read from: the one of this crawl, or that of the current version where its bytes are
        read again."""
        if self.capture_id is None and self.stored is not None and self.same_bytes:
            return cast("int | None", self.stored["capture_id"])
        return self.capture_id

    @property
    def change_kind(self) -> ChangeKind:
        """The cause of a change: with the same bytes it cannot be the publisher, with the same extractor it cannot be
        the extractor."""
        if self.stored is None:
            return ChangeKind.NEW
        if not (self.same_bytes or self.reread):
            return ChangeKind.PUBLISHER
        same = self.article.extractor_version == self.stored["extractor_version"]
        return ChangeKind.SITE if same else ChangeKind.EXTRACTOR

    @property
    def version_kind(self) -> ChangeKind:
        """The cause of a new version. A restless text is no edit, though a field may be edited at the same look."""
        return ChangeKind.SITE if self.is_restless else self.change_kind

    @property
    def is_publishers(self) -> bool:
        """Whether the publisher caused the change, and not the way in which the page is read or shown."""
        return self.version_kind in (ChangeKind.NEW, ChangeKind.PUBLISHER)

    @property
    def seems_edited(self) -> bool:
        """Whether the page came with other bytes, and something differs from what is stored of the article."""
        if self.stored is None or self.same_bytes or self.reread:
            return False
        return self.text_changed or self.record_changed

    @property
    def is_outdated(self) -> bool:
        """Whether the page came with other bytes, and another extractor read the stored ones. Then the cause of a
        change is not clear."""
        stored = self.stored or {}
        return self.seems_edited and self.article.extractor_version != stored.get("extractor_version")

    def take(self, given: Article | PackedArticle) -> None:
        """Replace the article by another reading of the same page."""
        self.article, self.packed = head_of(given), given if isinstance(given, PackedArticle) else None
        self.__dict__.pop("details", None)
        self.__post_init__()

    def hold(self, values: dict[str, Any]) -> None:
        """Give the article these values of fields that a person corrected, and all other readings of it too."""
        if values:
            self.corrected = values
            self.__post_init__()

    @property
    def is_of_this_run(self) -> bool:
        """Whether stored bytes are read again by the crawl that made the current version."""
        made = self.stored["run_id"] if self.stored else None
        return self.reread and self.run_id is not None and made == self.run_id

    @property
    def adds_version(self) -> bool:
        """Whether a version is added. A crawl that reads its own version again replaces it, because nobody has seen it."""
        return self.text_changed and not self.is_of_this_run

    @property
    def is_fresh(self) -> bool:
        """Whether the crawl that reads the article again is the one that stored it first."""
        return self.is_of_this_run and self.stored is not None and self.stored["version"] == 1

    @property
    def explained_anew(self) -> bool:
        """Whether the explanation must be written, though the text is the same."""
        return self.read_anew and not self.is_explained

    @property
    def read_anew(self) -> bool:
        """Whether another extractor read the same text from the same bytes, so that only its explanation may differ."""
        if self.stored is None or self.text_changed:
            return False
        other = self.article.extractor_version != self.stored["extractor_version"]
        return self.reread or (self.same_bytes and other)

    @property
    def asked_keys(self) -> list[str]:
        """The keys of the URL that was asked for and of the one that answered."""
        capture = self.article.capture
        return [url_key(url) for url in (capture.url, capture.final_url) if url] if capture else []

    @property
    def outcome(self) -> str:
        if self.withheld_id is not None:
            return "withheld"
        if self.stored is None:
            return "new"
        if self.is_aside:
            return "unchanged"
        if self.is_late:
            return "earlier"
        # Another source or confidence of the same value is no difference that a reader would see.
        if not self.text_changed and not self.changes:
            return "unchanged"
        is_edit = self.is_publishers or (self.change_kind is ChangeKind.PUBLISHER and bool(self.changes))
        return "updated" if self.reread or is_edit else "reread"


def record_hash(article: Article) -> str:
    """A digest of all that is stored of an article, without explanations and scores. Where it is the same, nothing needs to
    be written."""
    row = rows.plain_row(article)
    for name in ("content_hash", "extractor_version", "word_count"):
        del row[name]
    row |= {name: storable(getattr(article, name)) for name in VERSION_FIELDS}
    row["authors"] = [rows.flat(author) for author in article.authors]
    row["keywords"] = article.keywords
    row["image"] = rows.flat(article.image) if article.image else None
    row["origin"] = rows.origin_row(article.origin) if article.origin else None
    if article.origin:
        row["origin"] |= {"name": article.origin.name, "domain": article.origin.domain}
    return hashlib.sha256(json.dumps(row, sort_keys=True, default=str).encode()).hexdigest()[:32]


def seen_at(article: Article, now: datetime) -> datetime:
    return (article.capture.fetched_at if article.capture else None) or now


def match(plan: Plan, found: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The stored article of the same post, `None` for a new post.

    It has the same URL; or the same id of the platform with the same text, because two blogs on one host both have a post
    12, and translations of a post have one id and one date (with another text and another day it is another post: each new
    blog of a network has a post 1, "Hello world!"); or the same canonical URL with the same text. An article that
    was read elsewhere and names this URL is the same only where nothing differs: a page of a stranger may name any URL, and
    the post itself must not look like an edit of that page. A page that names a deleted post as its own needs more than the
    headline: on a host with many authors anybody may name it, and what they wrote must not replace it.
    """
    for row in found:
        if row["url_key"] == plan.key:
            return row
    post, site = plan.article.post_id, site_of(plan.article.url)
    for row in found:
        if post and post == row["post_id"] and site == site_of(row["url"]) and _same_text(plan.article, row):
            days_apart = are_days_apart(plan.article.date_published, row["date_published"])
            if not (days_apart and plan.is_read_elsewhere(row) and _other_text(plan.article, row)):
                return row
    for row in found:
        if (
            plan.canonical_key not in (row["url_key"], row["canonical_key"])
            and plan.key != row["canonical_key"]
        ):
            continue
        names_this = plan.key == row["canonical_key"] and row["url_key"] not in plan.asked_keys
        if plan.reread or not names_this:
            replaces = row["gone_at"] is not None and plan.is_read_elsewhere(row)
            if _same_text(plan.article, row) and not (replaces and _other_text(plan.article, row)):
                return row
        elif plan.digest == row["record_hash"]:
            return row
    return None


def _same_text(article: Article, row: dict[str, Any]) -> bool:
    """Whether two texts are alike: some themes give different posts one canonical URL, and these must stay apart. One headline in two
    languages ("Kyoto 2025") is that of a translation."""
    languages = {article.in_language, row["in_language"]} - {""}
    if article.headline == row["headline"] and len(languages) < 2:
        return True
    if article.content_hash == row["content_hash"] != "":
        return True
    return likeness(rows.signature_of(row["minhash"]), article.minhash) >= MIN_SAME


def _other_text(article: Article, row: dict[str, Any]) -> bool:
    """Whether two texts are long enough to be compared, and differ."""
    known = rows.signature_of(row["minhash"])
    is_one = article.content_hash == row["content_hash"] != "" or likeness(known, article.minhash) >= MIN_SAME
    return bool(known and article.minhash) and not is_one
