"""What was learned of a site from its own pages."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary, false
from sqlalchemy.orm import Mapped, mapped_column

from newsarchive.db.models.base import Base, cascade


class SiteBlock(Base):
    """The learned template of a site, as `core.site_template.template.Template.rows` has it; `version` is a layout's number.

    `is_proved` is true for a layout that a feed's or an API's full text proved."""

    __tablename__ = "site_blocks"
    __table_args__ = (Index(None, "site_id", "last_seen_at"), {"sqlite_with_rowid": False})

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
    """What learning needs to know of an article's page: `core/site_template/observations.py` packs it into `record`.

    `digest` is that of the record, `verdict` the number of what the template made of the page when it was read
    last, `layout` the version of the site's template that it fitted then.
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
    """Which articles hold a line, or a line of a form: how one site's pages find another's.

    `is_named` says that the line holds the name of the article's origin.
    """

    __tablename__ = "line_sightings"
    __table_args__ = (Index(None, "article_id"), {"sqlite_with_rowid": False})

    fingerprint: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    article_id: Mapped[int] = cascade("articles.id", primary_key=True)
    is_named: Mapped[bool] = mapped_column(default=False)
