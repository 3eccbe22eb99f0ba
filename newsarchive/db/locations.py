"""Where an archive is, before anything of it is opened. Without SQLAlchemy, whose import takes longer than most commands."""

from __future__ import annotations

from pathlib import Path

from newsarchive import config
from newsarchive.exceptions import DatabaseUnavailable


def default_url() -> str:
    """What `NEWSARCHIVE_DATABASE_URL` or `newsarchive.toml` says, else a file in the working directory.

    Raises `UsageError` where the settings are not understood.
    """
    url: str = config.load()["database"]
    return url


def require_file(path: Path) -> None:
    """Raise `DatabaseUnavailable` where no file is at this path: SQLite would make an empty one."""
    if not path.exists():
        raise DatabaseUnavailable(f"{path}: no archive there; a crawl creates it, or: newsarchive db upgrade")
