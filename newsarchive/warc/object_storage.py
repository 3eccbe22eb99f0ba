"""WARC files in object storage: `s3://bucket/prefix` and whatever else fsspec reaches, file by file, read by range requests.

    file = ObjectFile("s3://bucket/news", "newsarchive-news-20250430120000123-00001-1a2b3c4d.warc.gz")
    with file.open() as stream:
        stream.seek(48_213)                 # one request for the bytes from here

An `ObjectFile` has as much of `pathlib.Path` as readers of WARC files need. A request that fails is tried again a few times; then
`StorageAway` names the address, what the storage said and the remedy, and for half a minute nobody waits for that storage
again. The files of an archive do not change once they are there, so that the length of each is asked for once.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

from newsarchive.exceptions import DatabaseUnavailable, StorageAway, UsageError

T = TypeVar("T")

#: Bytes that one request of a reader asks for. Most records of a page are shorter. With fsspec's default of 5 MB, fifty
#: pages would be fetched to read one.
READ_BYTES = 2**18
#: Bytes that one request asks for where a whole file is read.
WHOLE_FILE_BYTES = 2**23
#: How S3's library sends a file: bytes of one part, and parts that are under way, all of which are in memory. By itself it sends
#: ten parts of 50 MB. A file of 600 MB took 1,018 MB of memory that way, and takes 81 MB this way, in 12 and 11 s (Ceph).
_S3_PARTS = {"chunksize": 2**23, "max_concurrency": 4}
#: Tries of a request. The library of a storage tries again too, a few times within each.
MAX_TRIES = 4
#: Seconds before the second try; each further one waits four times as long (0.5, 2 and 8 s).
FIRST_WAIT_SECONDS = 0.5
#: Seconds for which a storage that failed all tries is not asked again: otherwise a run over 100,000 records would wait
#: for each.
MAX_SECONDS_DOWN = 30.0
#: Lengths of files that a process remembers, 100 bytes each.
MAX_REMEMBERED_LENGTHS = 100_000
#: Options for each back end that takes them. A cached listing would hide files that other machines add.
_OPTIONS = {"use_listings_cache": False}
#: Protocols of S3.
_S3 = frozenset({"s3", "s3a"})
#: Protocols under which a file is replaced in one step. Elsewhere it is written under another name first, and renamed.
_ATOMIC = _S3 | frozenset({"gs", "gcs", "az", "abfs", "abfss", "oss", "memory"})
#: The end of that other name.
PART = ".part"

#: Folder → the time until which it is not asked, and the sentence that says why.
_down: dict[str, tuple[float, str]] = {}
#: Address of a file → its length in bytes.
_lengths: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class ObjectFile:
    """A file below an address. Its methods raise `StorageAway` where the storage does not answer."""

    folder: str
    name: str

    def __str__(self) -> str:
        return f"{self.folder}/{self.name}"

    @property
    def parent(self) -> str:
        return self.folder

    def exists(self) -> bool:
        """Whether the file is there; asks at most once for a file that is."""
        return self.length() is not None

    is_file = exists

    def length(self) -> int | None:
        """Its bytes, `None` where it is not there."""
        address = str(self)
        if address not in _lengths:
            try:
                info = _asked(self.folder, lambda fs, path: fs.info(f"{path}/{self.name}"))
            except FileNotFoundError:
                return None
            _remember(address, int(info["size"]))
        return _lengths[address]

    def open(self, mode: str = "rb", buffering: int = READ_BYTES) -> BinaryIO:
        """The file for reading; each request asks for `buffering` bytes. Raises `FileNotFoundError`."""
        if mode != "rb":
            raise ValueError(f"a file in object storage is read as bytes, not opened as {mode!r}")
        length = self.length()
        if length is None:
            raise FileNotFoundError(str(self))
        return cast("BinaryIO", io.BufferedReader(_Ranges(self, length), buffering))

    def bytes_between(self, start: int, end: int) -> bytes:
        """The bytes from `start` up to `end`. Raises `FileNotFoundError`."""
        try:
            return bytes(
                _asked(self.folder, lambda fs, path: fs.cat_file(f"{path}/{self.name}", start=start, end=end))
            )
        except FileNotFoundError:
            _lengths.pop(str(self), None)
            raise

    def put(self, local: Path) -> None:
        """Write the file, or replace it, by a file of this machine: it is there whole, or as it was before."""
        protocol = self.folder.partition("://")[0]
        atomic = protocol in _ATOMIC
        parts = _S3_PARTS if protocol in _S3 else {}

        def written(fs: Any, path: str) -> None:
            target = f"{path}/{self.name}"
            if atomic:
                # Such a storage has no folders, and a bucket that does not exist is a mistake in the address.
                fs.put_file(str(local), target, **parts)
                return
            fs.makedirs(path, exist_ok=True)
            fs.put_file(str(local), target + PART)
            fs.mv(target + PART, target)

        _lengths.pop(str(self), None)
        try:
            _asked(self.folder, written)
        except FileNotFoundError as error:
            raise StorageAway(f"{self.folder}: there is no such bucket or folder: {error}") from error
        if (there := self.length()) != (sent := local.stat().st_size):
            raise DatabaseUnavailable(f"{self} holds {there} bytes after {sent} were written to it")


class _Ranges(io.RawIOBase):
    """Reads by ranges. `io.BufferedReader` says how many bytes."""

    def __init__(self, file: ObjectFile, length: int) -> None:
        self.file, self.bytes, self.at = file, length, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.bytes}[whence]
        self.at = max(0, base + offset)
        return self.at

    def tell(self) -> int:
        return self.at

    def readinto(self, buffer: Any) -> int:
        end = min(self.at + len(buffer), self.bytes)
        if self.at >= end:
            return 0
        found = self.file.bytes_between(self.at, end)
        buffer[: len(found)] = found
        self.at += len(found)
        return len(found)


def files_in(folder: str) -> Iterator[ObjectFile]:
    """The WARC files below an address, by name. Remembers their lengths, so that no further request asks for them."""
    try:
        listed = _asked(folder, lambda fs, path: fs.ls(path, detail=True))
    except FileNotFoundError:
        listed = []
    for entry in sorted(listed, key=lambda entry: str(entry["name"])):
        name = str(entry["name"]).rpartition("/")[2]
        if entry.get("type") == "file" and name.endswith(".warc.gz"):
            file = ObjectFile(folder, name)
            _remember(str(file), int(entry["size"]))
            yield file


def require(folder: str) -> None:
    """Raise `UsageError` where no library for this kind of address is installed. Asks nothing of the network."""
    _file_system(folder)


def try_again(folder: str) -> None:
    """Ask this storage at the next request, although it failed a moment ago."""
    _down.pop(folder, None)


def _remember(address: str, length: int) -> None:
    if len(_lengths) >= MAX_REMEMBERED_LENGTHS:
        _lengths.clear()
    _lengths[address] = length


@lru_cache(maxsize=16)
def _file_system(folder: str) -> tuple[Any, str]:
    """fsspec's file system for an address, and the address as a path in it."""
    packages = "'newsarchive[s3]'" if folder.partition("://")[0] in _S3 else "fsspec"
    try:
        import fsspec

        fs, path = fsspec.url_to_fs(folder, **_OPTIONS)
    except ImportError as error:  # fsspec says which package its back end needs
        raise UsageError(
            f"{folder} needs a library that is not installed ({error}): pip install {packages}"
        ) from None
    except ValueError as error:
        raise UsageError(
            f"{folder}: {error}; name a folder, or an address such as s3://bucket/prefix"
        ) from None
    return fs, str(path).rstrip("/")


def _asked(folder: str, ask: Callable[[Any, str], T]) -> T:
    """What the storage answers, after a few tries. Raises `FileNotFoundError`, and `StorageAway` for all else."""
    until, why = _down.get(folder, (0.0, ""))
    if time.monotonic() < until:
        raise StorageAway(why)
    fs, path = _file_system(folder)
    for attempt in range(1, MAX_TRIES + 1):
        try:
            return ask(fs, path)
        except FileNotFoundError:
            raise
        except Exception as error:  # each back end has errors of its own
            words = " ".join(str(error).split())[:300] or type(error).__name__
            if isinstance(error, PermissionError):
                raise StorageAway(
                    f"{folder}: the storage refuses: {words}; check the credentials and the rights on the bucket"
                ) from error
            if attempt == MAX_TRIES:
                sentence = (
                    f"{folder}: the storage does not answer as it should, after {attempt} tries: {words}; check the address, the"
                    " network and the credentials, and do it again"
                )
                _down[folder] = (time.monotonic() + MAX_SECONDS_DOWN, sentence)
                raise StorageAway(sentence) from error
            time.sleep(FIRST_WAIT_SECONDS * 4 ** (attempt - 1))
    raise AssertionError("the last try returns or raises")
