"""What reading and writing WARC files share: the folders and names of the files, and an answer as it came.

A file is `newsarchive-news-20250430120000123-00001-1a2b3c4d.warc.gz`, with `.open` at its end while it is written. Its folder is one
of this machine, or an address of object storage (`s3://bucket/prefix`). There a file is written in a folder of this machine, the
staging folder, and moved up when it is finished (`newsarchive.warc.writer`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from newsarchive import config

if TYPE_CHECKING:
    from newsarchive.warc.object_storage import ObjectFile

#: The end of a file's name while the file is written.
OPEN = ".open"

#: Where WARC files are looked for: one folder or several. The first is the archive's own.
Folder = Path | str | Sequence[Path | str]


@dataclass(frozen=True, slots=True)
class Wire:
    """An answer as it came over the network: the body with its content codings, without its transfer coding. `member` is its record
    in a foreign WARC file, where that can be copied as it lies there (`copied`). A `resource` is a file that somebody
    put into a WARC file without a server's answer: it gets a status line from us, and its only header is the media
    type. `shown_at` is the address under which a web archive showed the page, "" for a page that came from its own server."""

    status_line: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    member: bytes = b""
    kind: Literal["response", "resource"] = "response"
    shown_at: str = ""


def default_folder(database_url: str) -> Path:
    """The folder of an archive's raw bytes unless a setting says otherwise.

    >>> str(default_folder("sqlite:///data/news.db")), str(default_folder("postgresql://server/news"))
    ('data/news-warc', 'newsarchive-warc')
    >>> str(default_folder("sqlite:///what's new?/news.db"))
    "what's new?/news-warc"
    """
    name = config.file_of(database_url)
    return Path(name).with_name(f"{Path(name).stem}-warc") if name else Path("newsarchive-warc")


def is_address(folder: Path | str) -> bool:
    """Whether a folder lies in object storage.

    >>> is_address("s3://bucket/news"), is_address("/srv/news-warc")
    (True, False)
    """
    return isinstance(folder, str) and "://" in folder


def own_folders(setting: str, database_url: str, staging: str = "") -> tuple[str, ...]:
    """The folders of an archive's own files by the setting `warc`: the one that it names, or the one beside the database. With an
    address, the staging folder of this machine is the second, and what the folder beside the database holds stays readable.

    `staging` is the setting for it. In it each address has a folder of its own, so that files for one address are never
    moved to another.

    >>> own_folders("on", "sqlite:///data/news.db")
    ('data/news-warc',)
    >>> own_folders("s3://bucket/news", "postgresql://server/news")
    ('s3://bucket/news', 'newsarchive-warc-staging/s3-bucket-news', 'newsarchive-warc')
    """
    beside = default_folder(database_url)
    if setting in ("on", "off"):
        return (str(beside),)
    if not is_address(setting):
        return (setting,)
    address = setting.rstrip("/")
    parent = Path(staging) if staging else beside.with_name(f"{beside.name}-staging")
    return (address, str(parent / re.sub(r"[^\w.-]+", "-", address)), str(beside))


def folders(folder: Folder) -> tuple[str, ...]:
    """The folders as texts, which can be sent to other processes, each once."""
    if isinstance(folder, Path | str):
        return (str(folder),)
    return tuple(dict.fromkeys(str(one) for one in folder))


def written_in(folder: Folder) -> Path:
    """The folder of this machine in which files are written: the archive's own, or the staging folder of an address."""
    return next(Path(one) for one in folders(folder) if not is_address(one))


def moved_to(folder: Folder) -> str:
    """The address to which files are moved when they are finished; "" where they stay on this machine."""
    first = folders(folder)[0]
    return first if is_address(first) else ""


def locate(folder: Folder, file: str) -> Path | ObjectFile:
    """The path of a WARC file, finished or not. Where no folder has it, its path in the first folder.

    A name has no folders: in an archive that somebody else made, `../../secret.html` must lead nowhere.
    Folders of this machine are searched first, because that costs no request. Raises `DatabaseUnavailable` where a
    storage does not answer, and `UsageError` where no library for it is installed.
    """
    found: list[Path | ObjectFile] = []
    file, places = file.rpartition("/")[2], folders(folder)
    for one in [one for one in places if not is_address(one)]:
        found += [Path(one) / name for name in (file, file + OPEN)]
    addresses = [one for one in places if is_address(one)]
    # A pipe under such a name, in an archive that somebody else made, would be waited for for ever.
    if there := next((path for path in found if path.is_file()), None):
        return there
    if not addresses:
        return found[0]
    from newsarchive.warc.object_storage import ObjectFile

    stored = [ObjectFile(one, file) for one in addresses]
    return next((one for one in stored if one.exists()), stored[0] if is_address(places[0]) else found[0])


def all_files(folder: Folder) -> list[Path | ObjectFile]:
    """All WARC files of an archive's folders, in order. Raises as `locate` does."""
    found: list[Path | ObjectFile] = []
    for one in folders(folder):
        if not is_address(one):
            named = {*Path(one).glob("*.warc.gz"), *Path(one).glob(f"*.warc.gz{OPEN}")}
            found += sorted(path for path in named if path.is_file())
        else:
            from newsarchive.warc.object_storage import files_in

            found += files_in(one)
    return found


def length_of(file: Path | ObjectFile) -> int:
    """The bytes of a file. Raises `FileNotFoundError`."""
    if isinstance(file, Path):
        return file.stat().st_size
    length = file.length()
    if length is None:
        raise FileNotFoundError(str(file))
    return length
