"""Pages that are kept from readers until a person has looked."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from newsarchive.db.models.base import Base, cascade


class Quarantined(Base):
    """An article of low confidence, or one that a person dropped. `state` is `waiting`, `accepted` or `dropped`.

    Readers see those that are not here, and the accepted ones. `reason` is why it waits, or what the
    person said; `decided_at` is when, empty while it waits.
    """

    __tablename__ = "quarantine"

    article_id: Mapped[int] = cascade("articles.id", primary_key=True)
    state: Mapped[str] = mapped_column(default="waiting")
    reason: Mapped[str] = mapped_column(default="")
    since: Mapped[datetime]
    decided_at: Mapped[datetime | None]
