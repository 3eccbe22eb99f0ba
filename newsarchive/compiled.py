"""Keeps what the standard library compiles from text: regular expressions and TOML tables.

The rules are some 70 TOML files and 2,200 regular expressions. To read the files takes 80 ms and to compile the
expressions takes 600 ms, with the same result in each process. So `regex` and `table` keep what they give in a file,
from which a later process takes it.

The file stands where Python keeps the bytecode of this module: in `__pycache__`, or below `PYTHONPYCACHEPREFIX`. What
holds for bytecode holds for it. It may be deleted at any time. It is not written where Python writes no bytecode
(`PYTHONDONTWRITEBYTECODE`), nor in a folder that this user may not write to. And it needs no trust of its own: who can
put a file there can put bytecode there, which Python runs without a question.

To read the file takes 12 ms. The modules of `core/text`, which are also imported by commands that only read an archive,
compile their few expressions themselves.

An entry is found by its whole source, the text of a table or a pattern with its flags, so that no entry can be out of
date. The file names the Python and the newsarchive that wrote it, and a check sum. A file that another Python or
newsarchive wrote, or that is damaged, counts as empty.
"""

from __future__ import annotations

import atexit
import marshal
import os
import re
import sys
import zlib
from array import array
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import cache_from_source
from pathlib import Path
from threading import Lock
from time import perf_counter
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
#: Entries of the file, by far more than the 2,300 of the rules: tables that somebody edits all day leave their old
#: entries behind. Where there are more, the next process that writes keeps its new entries alone.
MAX_ENTRIES = 10_000

#: flags with those inside the pattern, code as bytes, number of groups, name of a group → its number
_Parts = tuple[int, bytes, int, dict[str, int]]
#: Type code of `array` for the words of an expression's code, of four bytes each.
_WORD = "I"


class _Entries(NamedTuple):
    """What the file holds."""

    #: (pattern, flags) → what `_sre.compile` makes the expression of
    expressions: dict[tuple[str, int], _Parts]
    #: the text of a TOML file → its table, written by `marshal`
    tables: dict[str, bytes]

    def number(self) -> int:
        return len(self.expressions) + len(self.tables)


class Store:
    """The entries of one file, which is read when the first is asked for.

    `path` is `None` where nothing can be kept. Threads may share a store, and processes a file.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._held: _Entries | None = None
        self._new = _Entries({}, {})
        self._unsaved_ms = 0.0
        self._next_save_ms = FIRST_SAVE_MS
        self._lock = Lock()

    def regex(self, pattern: str, flags: int = 0) -> re.Pattern[str]:
        """As `re.compile`. Raises `re.error` for what is no expression."""
        key = pattern, int(flags)
        held = self._entries()
        if parts := held.expressions.get(key):
            # `_sre` raises these for code that is not sound: the expression is then compiled again.
            with suppress(RuntimeError, TypeError, ValueError, OverflowError):
                return _assembled(pattern, parts)
        began = perf_counter()
        if self.path is None or (parts := _parts(pattern, int(flags))) is None:
            return re.compile(pattern, flags)
        found = _assembled(pattern, parts)
        held.expressions[key] = self._new.expressions[key] = parts
        self._count(began)
        return found

    def table(self, text: str) -> dict[str, Any]:
        """As `tomllib.loads`, a new dictionary each time. Raises `tomllib.TOMLDecodeError`."""
        held = self._entries()
        if packed := held.tables.get(text):
            return marshal.loads(packed)  # type: ignore[no-any-return]
        import tomllib

        began = perf_counter()
        found = tomllib.loads(text)
        with suppress(ValueError):  # of `marshal`, where the table holds a date or a time
            held.tables[text] = self._new.tables[text] = marshal.dumps(found)
            self._count(began)
        return found

    def save(self) -> None:
        """Write what is new beside what the file holds by now. A file that cannot be written is left as it is."""
        with self._lock:
            new, self._new, self._unsaved_ms = self._new, _Entries({}, {}), 0.0
            if self.path is None or sys.dont_write_bytecode or not new.number():
                return
            there = _read(self.path)
            if there.number() + new.number() > MAX_ENTRIES:
                there = _Entries({}, {})
            _write(self.path, _Entries(there.expressions | new.expressions, there.tables | new.tables))

    def save_rest(self) -> None:
        """At a process's end: write what is new, unless to compile it again takes less time than to write it."""
        if self._unsaved_ms >= FIRST_SAVE_MS:
            self.save()

    def _entries(self) -> _Entries:
        if self._held is None:
            self._held = _read(self.path) if self.path else _Entries({}, {})
        return self._held

    def _count(self, began: float) -> None:
        self._unsaved_ms += 1000 * (perf_counter() - began)
        if self._unsaved_ms >= self._next_save_ms:
            self._next_save_ms *= 2
            self.save()


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
#: Behind the head, the check sum (CRC-32) of the rest, in bytes.
_CHECK_BYTES = 4


def _read(path: Path) -> _Entries:
    """The entries of a file; none where it is absent, unreadable, damaged or written by another Python."""
    with suppress(OSError):
        held = path.read_bytes()
        body = memoryview(held)[len(_HEAD) + _CHECK_BYTES :]
        if held.startswith(_HEAD + zlib.crc32(body).to_bytes(_CHECK_BYTES)):
            return _Entries(*marshal.loads(body))
    return _Entries({}, {})


def _write(path: Path, entries: _Entries) -> None:
    body = marshal.dumps(tuple(entries))
    with suppress(OSError), replacing(path) as file:
        file.write(_HEAD + zlib.crc32(body).to_bytes(_CHECK_BYTES) + body)


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
