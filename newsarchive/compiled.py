"""Keeps what is compiled from text: regular expressions, TOML tables, and what `made` is told to keep.

The rules are some 140 TOML files and 4,000 regular expressions. To read the files takes 80 ms and to compile the
expressions of a first page takes 400 ms, with the same result in each process. So `regex`, `table` and `made` keep what they
give in a file, from which a later process takes it.

The file stands where Python keeps the bytecode of this module: in `__pycache__`, or below `PYTHONPYCACHEPREFIX`. What
holds for bytecode holds for it. It may be deleted at any time. It is not written where Python writes no bytecode
(`PYTHONDONTWRITEBYTECODE`), nor in a folder that this user may not write to. And it needs no trust of its own: who can
put a file there can put bytecode there, which Python runs without a question.

The file has 8 MB, and a page needs 3 MB of it. So a process reads the list of entries, which takes 1 ms, and then only
the entries that it needs. The file is not mapped into memory: where it is cut off, or replaced by another machine in a
shared folder, the system would end each process that looks at the lost part (SIGBUS). The modules of `core/text` compile
their few expressions themselves, because commands that only read an archive import them too.

An entry is found by a digest of its whole source: the text of a table, a pattern with its flags, or what `made` is given with
the sizes and times of the code that makes it. So no entry can be out of date. The file names the Python and the newsarchive
that wrote it, and check sums of the list and of each entry. What another Python or newsarchive wrote, or what is damaged,
counts as missing.
"""

from __future__ import annotations

import atexit
import marshal
import os
import re
import sys
import zlib
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import cache_from_source
from itertools import accumulate, pairwise
from pathlib import Path
from threading import Lock
from time import perf_counter
from types import ModuleType
from typing import Any, BinaryIO, NamedTuple

from newsarchive.version import VERSION

try:  # parts of CPython's `re`, whose names are no promise to us
    import _sre  # type: ignore[import-not-found]
    from re import _compiler, _parser  # type: ignore[attr-defined]
except ImportError:  # another interpreter, which compiles expressions in its own way: they are not kept
    _sre = None

#: Milliseconds of compiling after which a process writes what it has compiled; writing takes some 10 ms. After each
#: time the figure is doubled, so that a first crawl writes six times, not sixty.
FIRST_SAVE_MS = 10.0
#: Entries of the file, more than twice the 4,200 of the rules: tables that somebody edits all day leave their old
#: entries behind. Where there are more, the next process that writes keeps its new entries alone.
MAX_ENTRIES = 10_000

#: flags with those inside the pattern, code as bytes, number of groups, name of a group → its number
_Parts = tuple[int, bytes, int, dict[str, int]]
#: Type code of `array` for the words of an expression's code, of four bytes each.
_WORD = "I"


def _key(text: str, flags: int | None = None) -> bytes:
    """The key of a pattern with its flags; of the text of a TOML file without."""
    import hashlib  # takes 4 ms, which a command that needs no rules is spared

    return hashlib.blake2b(f"{flags} {text}".encode("utf-8", "surrogatepass"), digest_size=16).digest()


class _File:
    """A file that stays open for its parts to be read. Raises `OSError` where it cannot be opened."""

    def __init__(self, path: Path) -> None:
        self._number = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))

    def __del__(self, close: Callable[[int], None] = os.close) -> None:
        if hasattr(self, "_number"):
            close(self._number)  # at the end of Python, `os` may be gone already

    def part(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`; fewer or none where the file has lost them."""
        with suppress(OSError):
            # A damaged `end` would make room for bytes that are not there.
            end = max(start, min(end, os.fstat(self._number).st_size))
            if hasattr(os, "pread"):  # not on Windows
                return os.pread(self._number, end - start, start)
            os.lseek(self._number, start, os.SEEK_SET)
            return os.read(self._number, end - start)
        return b""


class _Entries(NamedTuple):
    """The entries of a file: each is what `marshal` makes of the parts of an expression or of a table, behind its check sum."""

    #: Key → where its entry begins and ends in the file.
    places: dict[bytes, tuple[int, int]]
    file: _File | None = None

    def get(self, key: bytes) -> bytes:
        """An entry; nothing where there is none, or a damaged one."""
        if self.file is None or key not in self.places:
            return b""
        entry = self.file.part(*self.places[key])
        return entry if _is_sound(entry) else b""

    def sound(self) -> dict[bytes, bytes]:
        """All entries that are not damaged."""
        return {key: entry for key in self.places if (entry := self.get(key))}


class Store:
    """The entries of one file, which is read when the first is asked for.

    `path` is `None` where nothing can be kept. Threads may share a store, and processes a file.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._held: _Entries | None = None
        #: What this process has compiled itself, and how many of these it has written.
        self._new: dict[bytes, bytes] = {}
        self._written = 0
        self._unsaved_ms = 0.0
        self._next_save_ms = FIRST_SAVE_MS
        self._lock = Lock()

    def regex(self, pattern: str, flags: int = 0) -> re.Pattern[str]:
        """As `re.compile`. Raises `re.error` for what is no expression."""
        key = _key(pattern, int(flags))
        if parts := self._known(key):
            # `_sre` raises these for code that is not sound: the expression is then compiled again.
            with suppress(RuntimeError, TypeError, ValueError, OverflowError):
                return _assembled(pattern, parts)
        began = perf_counter()
        if self.path is None or (parts := _parts(pattern, int(flags))) is None:
            return re.compile(pattern, flags)
        found = _assembled(pattern, parts)
        self._new[key] = _checked(marshal.dumps(parts))
        self._count(began)
        return found

    def table(self, text: str) -> dict[str, Any]:
        """As `tomllib.loads`, a new dictionary each time. Raises `tomllib.TOMLDecodeError`."""
        key = _key(text)
        if found := self._known(key):
            return found  # type: ignore[no-any-return]
        import tomllib

        began = perf_counter()
        found = tomllib.loads(text)
        with suppress(ValueError):  # of `marshal`, where the table holds a date or a time
            self._new[key] = _checked(marshal.dumps(found))
            self._count(began)
        return found

    def made(self, source: str, make: Callable[[], Any], *code: ModuleType) -> Any:
        """What `make` makes of `source`, kept where `marshal` knows it: tuples, texts, numbers and frozen sets. `make` is asked again
        when the source is another, or a file of the modules `code`, whose functions it calls. What it raises goes through."""
        key = _key(f"{[_state(module) for module in code]} {source}")
        if (found := self._known(key)) is None:
            began = perf_counter()
            found = make()
            with suppress(ValueError):  # of `marshal`, which does not know it
                self._new[key] = _checked(marshal.dumps(found))
                self._count(began)
        return found

    def save(self) -> None:
        """Write what is new beside what the file holds by now. A file that cannot be written is left as it is."""
        with self._lock:
            new, self._unsaved_ms = dict(self._new), 0.0
            if self.path is None or sys.dont_write_bytecode or len(new) == self._written:
                return
            self._written, self._held = len(new), None  # Windows replaces no file that is open
            held = _read(self.path).sound() | new
            _write(self.path, held if len(held) <= MAX_ENTRIES else new)

    def save_rest(self) -> None:
        """At a process's end: write what is new, unless to compile it again takes less time than to write it."""
        if self._unsaved_ms >= FIRST_SAVE_MS:
            self.save()

    def _known(self, key: bytes) -> Any:
        """The parts of an expression, or a table, that this process has compiled or the file holds; `None` for others."""
        if (held := self._held) is None:
            held = self._held = _read(self.path) if self.path else _Entries({})
        entry = self._new.get(key) or held.get(key)
        return marshal.loads(entry[_CHECK_BYTES:]) if entry else None

    def _count(self, began: float) -> None:
        self._unsaved_ms += 1000 * (perf_counter() - began)
        if self._unsaved_ms >= self._next_save_ms:
            self._next_save_ms *= 2
            self.save()


def _state(module: ModuleType) -> tuple[int, int]:
    """The size and the time of a module's file, in bytes and nanoseconds; zeros for a module without one, as in a program that is packed
    with its Python: with another newsarchive the whole file of entries is another."""
    try:
        state = os.stat(module.__file__ or "")
    except (OSError, AttributeError):
        return 0, 0
    return state.st_size, state.st_mtime_ns


def _parts(pattern: str, flags: int) -> _Parts | None:
    """What `re.compile` hands to `_sre.compile`; `None` where this Python's `re` is built in another way."""
    try:
        tree = _parser.parse(pattern, int(flags))
        state = tree.state
        code = array(_WORD, _compiler._code(tree, int(flags))).tobytes()
        return int(flags) | state.flags, code, state.groups - 1, dict(state.groupdict)
    except (AttributeError, TypeError, NameError):
        return None


def _assembled(pattern: str, parts: _Parts) -> re.Pattern[str]:
    flags, code, groups, numbers = parts
    names: list[str | None] = [None] * (groups + 1)
    for name, number in numbers.items():
        names[number] = name
    words = array(_WORD, code).tolist()
    return _sre.compile(pattern, flags, words, groups, numbers, tuple(names))  # type: ignore[no-any-return]


#: Begins the file: the Python and the newsarchive whose entries this process can use.
_HEAD = f"newsarchive {VERSION}, Python {sys.version}, sre {_sre and _sre.MAGIC}: ".encode()
#: A check sum (CRC-32) and, in front of the list of entries, the length of the list, in bytes.
_CHECK_BYTES = _LENGTH_BYTES = 4


def _checked(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(_CHECK_BYTES) + data


def _is_sound(checked: bytes) -> bool:
    return len(checked) > _CHECK_BYTES and checked == _checked(checked[_CHECK_BYTES:])


def _read(path: Path) -> _Entries:
    """The entries of a file; none where it is absent, unreadable or written by another Python, or its list is damaged."""
    at = len(_HEAD) + _LENGTH_BYTES
    with suppress(OSError):
        head = (file := _File(path)).part(0, at)
        begin = at + int.from_bytes(head[len(_HEAD) :])
        if head[: len(_HEAD)] == _HEAD and _is_sound(places := file.part(at, begin)):
            found = marshal.loads(places[_CHECK_BYTES:])
            return _Entries({key: (begin + start, begin + end) for key, (start, end) in found.items()}, file)
    return _Entries({})


def _write(path: Path, entries: dict[bytes, bytes]) -> None:
    """Write the entries, each behind its check sum, behind the list of their places."""
    ends = [0, *accumulate(map(len, entries.values()))]
    places = _checked(marshal.dumps(dict(zip(entries, pairwise(ends), strict=True))))
    with suppress(OSError), replacing(path) as file:
        file.write(_HEAD + len(places).to_bytes(_LENGTH_BYTES) + places)
        file.writelines(entries.values())


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` once it is written: who reads `path` meanwhile finds the old bytes or the new ones, and
    always all of them. Raises `OSError`."""
    # A process of another container may have the same number.
    part = path.with_name(f"{path.name}.{os.getpid()}-{os.urandom(4).hex()}.part")
    try:
        with part.open("xb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def bytecode_file(ending: str) -> Path | None:
    """A file with this ending beside the bytecode of this module; `None` for a Python that keeps no bytecode."""
    try:
        return Path(cache_from_source(__file__)).with_suffix(ending)
    except NotImplementedError:
        return None


_store = Store(bytecode_file(".entries"))
atexit.register(_store.save_rest)

regex = _store.regex
table = _store.table
made = _store.made
