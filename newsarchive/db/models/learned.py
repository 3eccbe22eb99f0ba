"""What was learned of a site from its own pages."""

from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from newsarchive.db.models.base import Base, cascade


class SiteBlock(Base):
    """The learned template of a site, as `core.template.Template.rows` has it; `version` is a layout's number."""

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
