"""Articles, their versions, what explains them, and who published first and who copied.

`articles` says what an article is today, its text included, in plain columns for queries with `sqlite3`.
`article_revisions` has every version of its texts, `field_changes` every change of another field. A body is stored
once: the current version's in its article, that of any other version in `article_revisions`, packed. `quarantine` has
the articles that readers do not see until a person has looked. `withholdings` is the register of what is withheld, and
`sealed_texts` has the texts meanwhile; neither has a foreign key, because the register outlives what it speaks of.

`dropped_lines` and `edits` explain a version: what was left out, what was repaired. A menu stands on every page of a
site, so a dropped line is a row of three numbers: `lines` has each text of a site once, `block_labels` each kind with its rule.
The view `blocks` puts them together. Where a line stood in its page, its links and the HTML of the text are packed
into `article_revisions.markup` (`db.rows`).

`article_origins` says which publisher an article names, `clusters` and `copies` which articles are near duplicates of one
another, and `minhash_bands` and `minhash_pages` are the index that finds them.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from newsarchive.db.models.base import (
    ERASED,
    WITHHELD,
    Base,
    Compressed,
    CompressedJson,
    cascade,
    set_null,
    unchecked,
)

#: The rows whose text SQLite's index of trigrams does not hold (`dialects.MAX_TRIGRAM_TEXT_CHARACTERS`).
_LONG_UNSPACED = text("unspaced AND length(article_body) > 200000")

#: The articles that were found deleted on their site.
_GONE = text("gone_at IS NOT NULL")


class ArticleRow(Base):
    """The current state of an article, with its text; names are schema.org's.

    `url_key` and `canonical_key` are normalised URLs, `post_id` is the platform's id of the post on its site: each
    finds the article again. `record_hash` is a digest of everything that a reader would see change. `unspaced` is true
    where the text has a script written without spaces (Chinese, Thai, …). The body is one of the last columns, so that
    a query of the columns before it does not read through it.
    """

    __tablename__ = "articles"
    __table_args__ = (
        Index(None, "site_id", "date_published"),
        Index(None, "date_published"),
        # Finds the first copy of each story.
        Index("ix_articles_story", "cluster_id", "date_published", "first_seen_at"),
        Index(
            "ix_articles_long_unspaced", "id", sqlite_where=_LONG_UNSPACED, postgresql_where=_LONG_UNSPACED
        ),
        Index("ix_articles_gone_at", "gone_at", sqlite_where=_GONE, postgresql_where=_GONE),
        Index(None, "site_id", "last_seen_at"),  # the newest readings of a site, by which alarms are judged
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str]
    url_key: Mapped[str] = mapped_column(unique=True)
    canonical_url: Mapped[str] = mapped_column(default="")
    canonical_key: Mapped[str] = mapped_column(index=True)
    site_id: Mapped[int] = cascade("sites.id")
    # No foreign key: `article_revisions` points back at this table.
    revision_id: Mapped[int | None] = mapped_column(index=True)
    headline: Mapped[str] = mapped_column(info={WITHHELD: ""})
    date_published: Mapped[datetime | None]
    date_published_raw: Mapped[str] = mapped_column(default="", info={WITHHELD: ""})
    date_published_source: Mapped[str] = mapped_column(default="")
    date_modified: Mapped[datetime | None]
    date_modified_raw: Mapped[str] = mapped_column(default="", info={WITHHELD: ""})
    date_modified_source: Mapped[str] = mapped_column(default="")
    in_language: Mapped[str] = mapped_column(default="", index=True)
    in_language_source: Mapped[str] = mapped_column(default="")
    article_section: Mapped[str] = mapped_column(default="", info={WITHHELD: ""})
    publisher: Mapped[str] = mapped_column(default="")
    is_based_on: Mapped[str] = mapped_column(default="", info={WITHHELD: ""})
    is_accessible_for_free: Mapped[bool | None]
    word_count: Mapped[int] = mapped_column(default=0, info={ERASED: 0})
    quality: Mapped[dict[str, Any]] = mapped_column(default=dict)
    damage: Mapped[list[Any]] = mapped_column(default=list, info={WITHHELD: []})
    content_hash: Mapped[str] = mapped_column(default="", index=True, info={ERASED: ""})
    record_hash: Mapped[str] = mapped_column(default="", info={ERASED: ""})
    minhash: Mapped[bytes | None] = mapped_column(LargeBinary, info={ERASED: None})
    extractor_version: Mapped[int] = mapped_column(default=0, index=True)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime] = mapped_column(index=True)
    gone_at: Mapped[datetime | None]
    cluster_id: Mapped[int | None] = set_null("clusters.id")
    unspaced: Mapped[bool] = mapped_column(default=False)
    alternative_headline: Mapped[str] = mapped_column(default="", info={WITHHELD: ""})
    description: Mapped[str] = mapped_column(default="", info={WITHHELD: ""})
    article_body: Mapped[str] = mapped_column(default="", info={WITHHELD: ""})
    post_id: Mapped[str] = mapped_column(default="", server_default="", index=True)
    candidates: Mapped[list[Any]] = mapped_column(CompressedJson, nullable=True, info={WITHHELD: None})


class Revision(Base):
    """One version of an article's text; versions are only ever added.

    `change_kind` is one of `items.ChangeKind`. `article_body` is empty while the version is the current one, whose text its
    article holds. `markup` is the HTML of the text and more, as `db.rows` packs it with that text. `run_id` is the crawl that
    made the version, empty where no crawl did: what that crawl learns of the site replaces the version, while a later crawl
    adds another.
    """

    __tablename__ = "article_revisions"
    __table_args__ = (UniqueConstraint("article_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = cascade("articles.id")
    capture_id: Mapped[int | None] = set_null("captures.id", index=True)
    version: Mapped[int]
    change_kind: Mapped[str]
    extractor_version: Mapped[int]
    seen_at: Mapped[datetime]
    payload_digest: Mapped[str] = mapped_column(default="")
    content_hash: Mapped[str] = mapped_column(default="")
    headline: Mapped[str] = mapped_column(info={WITHHELD: ""})
    alternative_headline: Mapped[str] = mapped_column(default="", info={WITHHELD: ""})
    description: Mapped[str] = mapped_column(default="", info={WITHHELD: ""})
    article_body: Mapped[str] = mapped_column(Compressed, nullable=True, info={WITHHELD: None})
    run_id: Mapped[int | None]  # no foreign key: a version outlives the record of its run
    markup: Mapped[bytes | None] = mapped_column(LargeBinary, info={WITHHELD: None})


class FieldChange(Base):
    """A change of a field that a version does not hold; its values are lists of text (`db.writing.field_changes`).

    `version` is the version with which the change came, or which was the current one then.
    """

    __tablename__ = "field_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = cascade("articles.id", index=True)
    version: Mapped[int]
    run_id: Mapped[int | None]
    change_kind: Mapped[str]
    extractor_version: Mapped[int]
    seen_at: Mapped[datetime]
    field: Mapped[str]
    value_before: Mapped[list[Any]]
    value_after: Mapped[list[Any]]


class CorrectionRow(Base):
    """A field that a person corrected. `db.writing.corrected.FORMS` says how values are written.

    `value_before` is what the page says, as it was read last, and `value_after` what the person gave. `undone_at` is when the correction was taken back or replaced, empty while
    it holds.
    """

    __tablename__ = "corrections"

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = cascade("articles.id", index=True)
    field: Mapped[str]
    value_before: Mapped[list[Any]]
    value_after: Mapped[list[Any]]
    reason: Mapped[str]
    decided_by: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class Line(Base):
    """The text of lines that were left out, each text of a site once. `hash` is its number (`db.writing.explanations`).

    A text stays when the last version that left it out is read again and keeps it: to look for such texts costs more
    than they do.
    """

    __tablename__ = "lines"
    __table_args__ = ({"sqlite_with_rowid": False},)

    hash: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    text: Mapped[str]


class BlockLabel(Base):
    """What a dropped line is (`kind`, its label) and why it was left out (`rule`), each pair once."""

    __tablename__ = "block_labels"
    __table_args__ = (UniqueConstraint("kind", "rule"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    rule: Mapped[str]


class DroppedLine(Base):
    """A line that was left out of a version; the view `blocks` shows it with its text, kind and rule.

    `position` counts all blocks of the page, so that dropped text can be put back in its place. `score` is the margin of
    the classifier, empty where a rule decided. To check its label and its text again took PostgreSQL 2 ms a page.
    """

    __tablename__ = "dropped_lines"
    __table_args__ = ({"sqlite_with_rowid": False},)

    revision_id: Mapped[int] = cascade("article_revisions.id", primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    label_id: Mapped[int] = unchecked("block_labels.id")
    line_hash: Mapped[int] = unchecked("lines.hash", BigInteger)
    score: Mapped[float | None]


class EditRow(Base):
    """A repair: `before` stood at `start` of the text that `field` names, `after` stands there now.

    An article has some 2,000 of them at most, and one for each text: where it had more, those that stood nearest to each
    other are one (`core.encoding.changes.stored_edits`).
    """

    __tablename__ = "edits"
    __table_args__ = (UniqueConstraint("revision_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int] = cascade("article_revisions.id")
    position: Mapped[int]
    step: Mapped[str]
    rule: Mapped[str] = mapped_column(index=True)
    before: Mapped[str]
    after: Mapped[str]
    field: Mapped[str] = mapped_column(default="")
    start: Mapped[int]
    evidence: Mapped[float | None]


class Quarantined(Base):
    """An article of low confidence, or an article that a person dropped. `state` is `waiting`, `accepted` or `dropped`.

    Readers see the articles that have no row here and those that were accepted. `reason` is why an article waits, or
    what the person said; `decided_at` is when the person decided, empty while the article waits. `alarm_id` is the alarm
    for which it waits, empty where its own confidence is low.
    """

    __tablename__ = "quarantine"

    article_id: Mapped[int] = cascade("articles.id", primary_key=True)
    state: Mapped[str] = mapped_column(default="waiting")
    reason: Mapped[str] = mapped_column(default="")
    since: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    #: No foreign key, because a decision outlives the record of its alarm.
    alarm_id: Mapped[int | None] = mapped_column(index=True)


class Withholding(Base):
    """An entry of the register: an article that is or was withheld, why, and since when.

    `state` is `withheld`, `lifted`, `erasing` (an erasure that was begun) or `erased`. `until` is the moment from which it is
    to be shown again, empty for none; `ended_at` is when it was lifted or erased. `decided_by` is who asked or decided, "" where
    nobody said. `versions` has an object for each version that was withheld: its `version`, `seen_at`, `identifier`
    (`newsarchive.citation`), `content_hash`, `payload_digest`, and the address `moved_from` at which it was read, where the post
    moved since. The keys are those of the article.
    """

    __tablename__ = "withholdings"
    __table_args__ = (Index(None, "site", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(index=True)
    url: Mapped[str]
    url_key: Mapped[str] = mapped_column(index=True)
    canonical_key: Mapped[str] = mapped_column(default="")
    post_id: Mapped[str] = mapped_column(default="")
    site: Mapped[str]
    state: Mapped[str] = mapped_column(default="withheld")
    reason: Mapped[str]
    decided_by: Mapped[str] = mapped_column(default="")
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    versions: Mapped[list[Any]] = mapped_column(default=list)


class SealedText(Base):
    """The rows of a withheld article, packed as `db.writing.sealed` does; they come back when it is lifted."""

    __tablename__ = "sealed_texts"

    withholding_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    payload: Mapped[bytes] = mapped_column(LargeBinary)


class AuthorRow(Base):
    """A name in a byline. `kind` is `person`, `organisation` or `agency`."""

    __tablename__ = "authors"
    __table_args__ = (UniqueConstraint("name", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default="person")


class ArticleAuthor(Base):
    """An author of an article. `url` is the page of the author that the article links, "" where it links none: two sites have an
    "Editorial Staff", each with a page of its own."""

    __tablename__ = "article_authors"

    article_id: Mapped[int] = cascade("articles.id", primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = cascade("authors.id", index=True)
    url: Mapped[str] = mapped_column(default="", server_default="")


class Term(Base):
    """A category, tag or keyword. `kind` is `keyword` or `section`."""

    __tablename__ = "terms"
    __table_args__ = (UniqueConstraint("kind", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]


class ArticleTerm(Base):
    __tablename__ = "article_terms"

    article_id: Mapped[int] = cascade("articles.id", primary_key=True)
    term_id: Mapped[int] = cascade("terms.id", primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)


class ImageRow(Base):
    """A picture of an article, with caption and credit."""

    __tablename__ = "images"

    article_id: Mapped[int] = cascade("articles.id", primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str]
    caption: Mapped[str] = mapped_column(default="")
    credit: Mapped[str] = mapped_column(default="")


class Cluster(Base):
    """Near duplicates over all sites; `size` counts its articles."""

    __tablename__ = "clusters"

    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    size: Mapped[int] = mapped_column(default=1)


class OriginRow(Base):
    """A publisher that others republish."""

    __tablename__ = "origins"
    __table_args__ = (UniqueConstraint("name", "domain"), Index(None, "domain"))

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    domain: Mapped[str] = mapped_column(default="")


class ArticleOrigin(Base):
    """Where an article first appeared, and how we know."""

    __tablename__ = "article_origins"

    article_id: Mapped[int] = cascade("articles.id", primary_key=True)
    origin_id: Mapped[int] = cascade("origins.id", index=True)
    #: The original, where the archive holds it.
    original_id: Mapped[int | None] = set_null("articles.id", index=True)
    url: Mapped[str] = mapped_column(default="")
    original_key: Mapped[str] = mapped_column(default="", server_default="", index=True)  # `url`, normalised
    as_printed: Mapped[str] = mapped_column(default="")
    date: Mapped[datetime | None]
    confidence: Mapped[float] = mapped_column(default=0.0)
    evidence: Mapped[list[Any]] = mapped_column(default=list)
    credit_text: Mapped[str] = mapped_column(default="")
    copyright_notice: Mapped[str] = mapped_column(default="")
    copyright_holder: Mapped[str] = mapped_column(default="")
    copyright_year: Mapped[int | None]
    license: Mapped[str] = mapped_column(default="")


class CopyRow(Base):
    """How an article of a cluster differs from the fullest article of the cluster, which has a row of its own too.

    `kind` is `fullest`, `exact`, `edited` or `truncated`, `similarity` the overlap of shingles (0 to 1). `kept`,
    `added`, `cut` and `altered` count sentences.
    """

    __tablename__ = "copies"

    article_id: Mapped[int] = cascade("articles.id", primary_key=True)
    fullest_id: Mapped[int] = cascade("articles.id", index=True)
    kind: Mapped[str]
    similarity: Mapped[float]
    kept: Mapped[int]
    added: Mapped[int]
    cut: Mapped[int]
    altered: Mapped[int]


class ParaphraseRow(Base):
    """Two articles that may tell the same in other words: `score` from 0 to 1, `shared` their rarest common marks.

    `a_id` is the smaller id.
    """

    __tablename__ = "paraphrases"
    __table_args__ = (Index(None, "b_id"),)

    a_id: Mapped[int] = cascade("articles.id", primary_key=True)
    b_id: Mapped[int] = cascade("articles.id", primary_key=True)
    score: Mapped[float]
    shared: Mapped[list[Any]] = mapped_column(default=list)


class MinhashBand(Base):
    """The index of near duplicates: articles that share a key of their signatures are candidates for one cluster.

    The table has neither a foreign key nor an index by article: they would double its size and the time of its writing.
    An article's keys follow from its signature.
    """

    __tablename__ = "minhash_bands"
    __table_args__ = ({"sqlite_with_rowid": False},)

    hash: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    article_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class MinhashPage(Base):
    """All of that index except its newest rows, packed: `entries` are ascending 64-bit integers, a key and an article
    each. A page below 0 is a run that no page has taken in yet (`db.near_duplicates.index`)."""

    __tablename__ = "minhash_pages"

    page: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entries: Mapped[bytes] = mapped_column(LargeBinary)
