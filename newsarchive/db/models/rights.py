"""What sites said of the use of their pages, each statement once: and which capture had which: those of a site refer
to the same few rows."""

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from newsarchive.db.models.base import Base, cascade


class RightsRow(Base):
    """A statement of rights as `core.discovery.rights.Rights` has it; captures refer to it (`capture_rights`).

    `digest` is that of the statement, by which it is found again. `tdm_reserved` says whether text and data mining was
    reserved, empty where nothing was said of it; `licence` is the first licence that the page names, "" for none.
    """

    __tablename__ = "rights"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    tdm_reserved: Mapped[bool | None]
    licence: Mapped[str] = mapped_column(default="")
    statement: Mapped[dict[str, Any]] = mapped_column(default=dict)


class CaptureRights(Base):
    """What the site said of the use of a page when it was fetched. A capture of which nothing was said has no row."""

    __tablename__ = "capture_rights"

    capture_id: Mapped[int] = cascade("captures.id", primary_key=True)
    rights_id: Mapped[int] = cascade("rights.id", index=True)
