"""What reading and writing WARC files share: the folders and names of the files, and an answer as it came.

A file is `newsarchive-news-20250430120000-00001-1a2b3c4d.warc.gz`, with `.open` at its end while it is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

#: The end of a file's name while the file is written.
OPEN = ".open"

#: Where WARC files are looked for: one folder or several. The first is the archive's own.
Folder = Path | str | Sequence[Path | str]


@dataclass(frozen=True, slots=True)
class Wire:
    """An answer as it came over the network: the body with its content codings, without its transfer coding."""

    status_line: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def default_folder(database_url: str) -> Path:
    """The folder of an archive's raw bytes unless a setting says otherwise.

    >>> str(default_folder("sqlite:///data/news.db")), str(default_folder("postgresql://server/news"))
    ('data/news-warc', 'newsarchive-warc')
    """
    path = database_url.partition("///")[2] if "://" in database_url else database_url
    if not path or not database_url.startswith(("sqlite", path)):
        return Path("newsarchive-warc")
    file = Path(path.partition("?")[0])
    return file.with_name(f"{file.stem}-warc")


def folders(folder: Folder) -> tuple[str, ...]:
    """The folders as texts, which can be sent to other processes."""
    return (str(folder),) if isinstance(folder, Path | str) else tuple(str(one) for one in folder)


def locate(folder: Folder, file: str) -> Path:
    """The path of a WARC file, written to its end or not; its place in the first folder where no folder has it."""
    paths = [Path(one) / name for one in folders(folder) for name in (file, file + OPEN)]
    return next((path for path in paths if path.exists()), paths[0])
