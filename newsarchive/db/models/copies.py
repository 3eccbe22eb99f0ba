"""Who published first and who copied: origins, clusters of near duplicates, and the index that finds them."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from newsarchive.db.models.base import Base, cascade, set_null


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
