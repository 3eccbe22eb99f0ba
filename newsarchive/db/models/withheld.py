"""What the archive withholds: the register, and the texts that are sealed while they are withheld.

Neither table has a foreign key: the register outlives what it speaks of.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from newsarchive.db.models.base import Base


class Withholding(Base):
    """An entry of the register: an article that is or was withheld, why, and since when.

    `state` is `withheld`, `lifted`, `erasing` (an erasure that was begun) or `erased`. `until` is the moment from which it is
    to be shown again, empty for none; `ended_at` is when it was lifted or erased. `decided_by` is who asked or decided, "" where
    nobody said. `versions` has an object for each version that was withheld: its `version`, `seen_at`, `identifier`
    (`newsarchive.identifiers`), `content_hash` and `payload_digest`. The keys are those of the article.
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
