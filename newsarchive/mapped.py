"""Keeps large tables in a file that processes map into their memory instead of reading it.

    held = tables("languages", model_file, load)     # load() gives {"moves": array, ...}, and is called once a machine
    held.parts["moves"].cast("I")[7]
    held.release()

A model that a library unpacks takes half a second and 72 MB in each process that asks it. Of a file that is mapped, all
processes share one copy, which the system keeps in its cache of files and drops where memory is short.

The file stands where Python keeps the bytecode of this module, and is trusted as bytecode is (see `compiled`). It may be
deleted at any time. Where none can be written, each process loads the tables for itself. Standard library only.
"""

from __future__ import annotations

import json
import mmap
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from newsarchive.compiled import bytecode_file, replacing

#: A table begins at a multiple of this many bytes, so that a processor reads any number in it at once.
ALIGNED_BYTES = 64


class Tables:
    """Tables by their names, each as a `memoryview` of bytes."""

    def __init__(self, parts: Mapping[str, memoryview], mapping: mmap.mmap | None = None) -> None:
        self.parts, self._mapping = parts, mapping

    def release(self) -> None:
        """Take the file out of this process's memory until it is read again, which takes 0.2 ms for 70 MB that the
        system's cache still has. Without it a process comes to hold the whole file: the system maps the neighbours of
        what is read."""
        if self._mapping is not None and hasattr(mmap, "MADV_DONTNEED"):  # not on Windows
            self._mapping.madvise(mmap.MADV_DONTNEED)


def tables(
    name: str, source: Path, make: Callable[[], Mapping[str, Any]], folder: Path | None = None
) -> Tables:
    """The tables that `make` gives, from a file once they were written. Any object with a buffer is a table.

    They are made anew where the file `source` has another size or time than when they were made. `folder` is where they
    are kept, by default beside this module's bytecode. Raises what `make` raises.
    """
    if folder is None:
        if (file := bytecode_file(".tables")) is None:
            return _in_memory(make())
        folder = file.parent
    told = source.stat()
    # Whole seconds, because archives of files keep no fractions of them.
    about = json.dumps([sys.byteorder, told.st_size, int(told.st_mtime)])
    path = folder / f"{name}.tables"
    if (found := _mapped(path, about)) is not None:
        return found
    made = make()
    if not sys.dont_write_bytecode:
        _write(path, about, made)
    return _mapped(path, about) or _in_memory(made)


def _in_memory(made: Mapping[str, Any]) -> Tables:
    return Tables({name: memoryview(table).cast("B") for name, table in made.items()})


def _mapped(path: Path, about: str) -> Tables | None:
    """The tables of a file; `None` where there is none, or it is of another source, or was cut short."""
    with suppress(OSError, ValueError, KeyError, TypeError), path.open("rb") as file:
        head = json.loads(file.readline())
        if head["about"] != about or path.stat().st_size != head["bytes"]:
            return None
        mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        whole = memoryview(mapping)
        return Tables({name: whole[start:end] for name, (start, end) in head["parts"].items()}, mapping)
    return None


def _write(path: Path, about: str, made: Mapping[str, Any]) -> None:
    """Write tables behind a line of JSON that says where each begins and ends. A folder that cannot be written is left."""
    views = {name: memoryview(table).cast("B") for name, table in made.items()}
    room = ALIGNED_BYTES * (4 + len(about) // ALIGNED_BYTES + 2 * len(views))
    places, end = {}, room
    for name, view in views.items():
        start = -(-end // ALIGNED_BYTES) * ALIGNED_BYTES
        places[name] = start, (end := start + view.nbytes)
    head = json.dumps({"about": about, "bytes": end, "parts": places}).encode() + b"\n"
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(head)
            for name, view in views.items():
                file.seek(places[name][0])
                file.write(view)
