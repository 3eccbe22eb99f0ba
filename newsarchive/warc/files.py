"""Where WARC files lie and how they are called, and an answer as it came: what writing and reading them share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

#: What the name of a file ends with while it is written.
OPEN = ".open"

#: Where WARC files are looked for: a folder, or several, of which the first is the archive's own.
Folder = Path | str | Sequence[Path | str]


@dataclass(frozen=True, slots=True)
class Wire:
    """An answer as it came: the body has its content codings, but no transfer coding."""

    status_line: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def default_folder(database_url: str) -> Path:
    """Where an archive's raw bytes lie unless a setting says otherwise: `NAME-warc` beside the SQLite
    file `NAME.db`, `newsarchive-warc` in the working directory for a database server."""
    path = database_url.partition("///")[2] if "://" in database_url else database_url
    if not path or not database_url.startswith(("sqlite", path)):
        return Path("newsarchive-warc")
    file = Path(path.partition("?")[0])
    return file.with_name(f"{file.stem}-warc")


def folders(folder: Folder) -> tuple[str, ...]:
    """The folders that are meant, as texts, which travel to other processes."""
    return (str(folder),) if isinstance(folder, Path | str) else tuple(str(one) for one in folder)


def locate(folder: Folder, file: str) -> Path:
    """The path of a WARC file, whether it is still being written or not; in the first folder where it is in none."""
    paths = [Path(one) / name for one in folders(folder) for name in (file, file + OPEN)]
    return next((path for path in paths if path.exists()), paths[0])
