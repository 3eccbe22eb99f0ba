"""What was learned of a site from its own pages: its template, and what learning has seen."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary, false, text
from sqlalchemy.orm import Mapped, mapped_column

from newsarchive.db.models.base import Base, cascade

#: The entries that the other sites are asked for, spelled as in their index: a database uses it where a query has the same words.
IS_HEAD = text("role IN ('head', 'inset')")


class SiteBlock(Base):
    """An entry of a site's template, as `core.site_template.model.Template.rows` gives it.

    `version` is the number of a layout; `is_proved` is true for a layout that the full text of a feed or an API proved.
    """

    __tablename__ = "site_blocks"
    __table_args__ = (
        Index(None, "site_id", "last_seen_at"),
        Index("ix_site_blocks_heads", "fingerprint", sqlite_where=IS_HEAD, postgresql_where=IS_HEAD),
        {"sqlite_with_rowid": False},
    )

    site_id: Mapped[int] = cascade("sites.id", primary_key=True)
    fingerprint: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    role: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=0)
    label: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    pages: Mapped[int] = mapped_column(default=0)
    clusters: Mapped[int] = mapped_column(default=0)
    first: Mapped[str] = mapped_column(default="")
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    sample: Mapped[str] = mapped_column(default="")
    is_proved: Mapped[bool] = mapped_column(default=False, server_default=false())


class PageSighting(Base):
    """What learning needs to know of an article's page; `core.site_template.observations` packs it into `record`.

    `digest` is that of the record. `verdict` is the number of what the template made of the page when it was read last,
    `layout` the number of the layout that the page fitted then.
    """

    __tablename__ = "page_sightings"
    __table_args__ = (Index(None, "site_id", "seen_at"),)

    article_id: Mapped[int] = cascade("articles.id", primary_key=True)
    site_id: Mapped[int] = cascade("sites.id")
    seen_at: Mapped[datetime]
    digest: Mapped[int] = mapped_column(BigInteger)
    verdict: Mapped[int] = mapped_column(BigInteger, default=0)
    layout: Mapped[int] = mapped_column(default=0)
    origin: Mapped[str] = mapped_column(default="")
    record: Mapped[bytes] = mapped_column(LargeBinary)


class LineSighting(Base):
    """An article that holds a line, or a line of a form: so the pages of one site find those of another.

    `is_named` says that the line holds the name of the article's origin.
    """

    __tablename__ = "line_sightings"
    __table_args__ = (Index(None, "article_id"), {"sqlite_with_rowid": False})

    fingerprint: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    article_id: Mapped[int] = cascade("articles.id", primary_key=True)
    is_named: Mapped[bool] = mapped_column(default=False)
