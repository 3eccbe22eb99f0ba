"""Moves finished WARC files of this machine up into object storage.

    move_up(Path("news-warc-staging/s3-bucket-news"), "s3://bucket/news")

A file is written in the staging folder and fsynced there as in any folder. When it is full, or when its crawl ends, it
is sent up under the same name. It is deleted here only when the storage has as many bytes, so its records can be read
from one of the two at any moment. A process that is killed in between leaves the file where it was, and the next crawl,
the worker or `newsarchive doctor --fix` moves it; a file that was sent up already, but not deleted, is not sent again.

The lock of a file that is written (`writer.hold`) also keeps two processes from moving one file.
"""

from __future__ import annotations

import os
from pathlib import Path

from newsarchive.exceptions import DatabaseUnavailable
from newsarchive.warc.files import Folder, moved_to, written_in
from newsarchive.warc.object_storage import ObjectFile, try_again
from newsarchive.warc.writer import hold, recover, sync_folder


def waiting(folder: Path) -> list[Path]:
    """The finished files in a staging folder that no process is moving, oldest name first."""
    found = []
    for path in sorted(folder.glob("*.warc.gz")):
        try:
            with path.open("r+b") as file:
                if hold(file):
                    found.append(path)
        except OSError:
            continue  # it was moved just now
    return found


def move_up(folder: Path, address: str) -> list[str]:
    """Move every finished file of a staging folder to an address; gives their names. A file that another process is
    moving is left to that process.

    Raises `DatabaseUnavailable`, which says how many files wait, at the first that cannot be moved: all of them stay here.
    """
    moved = []
    try_again(address)
    for path in sorted(folder.glob("*.warc.gz")):
        try:
            with path.open("r+b") as file:
                if hold(file) and path.exists():
                    target = ObjectFile(address, path.name)
                    if target.length() != path.stat().st_size:
                        target.put(path)
                    os.unlink(path)
                    sync_folder(path.parent)
                    moved.append(path.name)
        except FileNotFoundError:
            continue  # another process has moved it
        except DatabaseUnavailable as error:
            left = len(list(folder.glob("*.warc.gz")))
            raise DatabaseUnavailable(
                f"{error}. Nothing is lost: {left} WARC files wait in {folder}, and are moved by the next crawl,"
                " or by: newsarchive doctor --fix"
            ) from error
    return moved


def settle(folder: Folder) -> list[str]:
    """Name the files that killed processes left open, and move up what is finished, where an archive has an address. Raises as
    `move_up` does."""
    address, staging = moved_to(folder), written_in(folder)
    if not address or not staging.is_dir():
        return []
    recover(staging)
    return move_up(staging, address)
