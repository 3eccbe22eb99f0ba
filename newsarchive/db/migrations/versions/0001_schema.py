"""The first release, from which the revisions begin.

Its revision is called 0025, because 25 revisions led to it before the release. It has nothing to do: new archives are made as
today's schema is (`newsarchive.db.schema`), and an archive of this revision was made by the version that had it.
"""

from __future__ import annotations

revision = "0025"
down_revision = None


def upgrade() -> None:
    """Nothing leads to the first revision."""
