"""The settled part of the index of copies: pages of sorted entries.

New entries are rows of `minhash_bands`, whose keys fall anywhere: when they no longer fit a database's
cache, each would cost a page read and a page written. So once they are many, `settle` merges them, in
the order of their keys, into `minhash_pages`: eight bytes each, a third of a row, and every page is
written once for thousands of articles (a log-structured merge of two levels: O'Neil, Cheng, Gawlick,
O'Neil, "The log-structured merge-tree", 1996).

A page holds all keys with the same leading bits, and these bits with a one before them are its number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from sqlalchemy import Connection, bindparam, delete, func, select, update

from newsarchive.db import bulk
from newsarchive.db.models import MinhashBand, MinhashPage

#: Rows from which they are moved, those of 5,000 articles; and one more for so many entries of the pages,
#: all of which are written anew then.
MOST_ROWS, EACH = 64_000, 32
#: Entries of a page at most on average (4 KB), and pages rewritten at a time, which bounds memory.
ENTRIES, TOGETHER = 512, 1024
KEY_BITS = 32
#: Rows that are counted; as keys are spread evenly, the last of them tells how many there are.
COUNTED = 500

_ID = np.uint64(2**32 - 1)
_SHIFT = np.uint64(32)


def find(connection: Connection, keys: Collection[int]) -> Iterator[tuple[int, int]]:
    """Key and article of each entry with one of these keys."""
    depth = _depth(connection)
    if depth is None or not keys:
        return
    wanted = np.array(sorted(keys), dtype=np.uint64) << _SHIFT
    entries = _read(connection, {_page(key, depth) for key in keys})
    starts, ends = np.searchsorted(entries, wanted), np.searchsorted(entries, wanted | _ID, side="right")
    for place in np.flatnonzero(ends > starts).tolist():
        for entry in entries[starts[place] : ends[place]].tolist():
            yield entry >> 32, entry & 0xFFFFFFFF


def forget(connection: Connection, article_id: int, keys: Iterable[int]) -> None:
    """Take an article out of the pages of its keys."""
    depth = _depth(connection)
    if depth is None:
        return
    gone = np.array([key << 32 | article_id for key in keys], dtype=np.uint64)
    change = update(MinhashPage).where(MinhashPage.page == bindparam("b_page"))
    for page in {_page(int(entry) >> 32, depth) for entry in gone}:
        entries = _read(connection, {page})
        kept = entries[~np.isin(entries, gone)]
        if len(kept) < len(entries):
            values = {"b_page": page, "b_entries": kept.tobytes()}
            connection.execute(change.values(entries=bindparam("b_entries")), values)


def settle(connection: Connection) -> None:
    """Move the rows into pages, where they are many; the caller's transaction holds it."""
    rows, before = _row_count(connection), _depth(connection)
    pages = 0 if before is None else 1 << before
    if rows < MOST_ROWS + pages * ENTRIES // EACH:
        return
    held = connection.execute(select(func.sum(func.length(MinhashPage.entries)))).scalar()
    depth = max(before or 1, ((int(held or 0) // 8 + rows) // ENTRIES).bit_length())
    parts = max(0, depth - TOGETHER.bit_length() + 1)
    parts = parts if before is None else min(parts, before)
    for part in range(1 << parts):
        _merge(connection, part, parts, before, depth)
    connection.execute(delete(MinhashBand))


def _merge(connection: Connection, part: int, parts: int, before: int | None, depth: int) -> None:
    """Write anew the pages of all keys whose first `parts` bits are `part`."""
    low, high = part << (KEY_BITS - parts), (part + 1) << (KEY_BITS - parts)
    new = select(MinhashBand.hash, MinhashBand.article_id).where(
        MinhashBand.hash >= low, MinhashBand.hash < high
    )
    entries = np.array([key << 32 | article for key, article in connection.execute(new)], dtype=np.uint64)
    if before is not None:
        first, last = _page(low, before), _page(high - 1, before)
        entries = np.concatenate((_read(connection, range(first, last + 1)), entries))
        connection.execute(delete(MinhashPage).where(MinhashPage.page.between(first, last)))
    entries.sort(kind="stable")
    pages = range(_page(low, depth), _page(high - 1, depth) + 1)
    starts = (np.array(pages, dtype=np.uint64) - np.uint64(1 << depth)) << np.uint64(64 - depth)
    cuts = [*np.searchsorted(entries, starts).tolist(), len(entries)]
    rows = [
        {"page": page, "entries": entries[start:end].tobytes()}
        for page, (start, end) in zip(pages, pairwise(cuts), strict=True)
    ]
    bulk.insert_rows(connection, MinhashPage, rows)


def _row_count(connection: Connection) -> int:
    """About how many rows there are, without a look at them all."""
    ordered = select(MinhashBand.hash).order_by(MinhashBand.hash).offset(COUNTED - 1).limit(1)
    last = connection.execute(ordered).scalar()
    return 0 if last is None else (COUNTED << KEY_BITS) // max(1, int(last))


def _depth(connection: Connection) -> int | None:
    """How many bits of a key its page's number has, `None` where there are no pages."""
    last = connection.execute(select(func.max(MinhashPage.page))).scalar()
    return None if last is None else int(last).bit_length() - 1


def _page(key: int, depth: int) -> int:
    return (1 << depth) + (key >> (KEY_BITS - depth))


def _read(connection: Connection, pages: Collection[int]) -> Any:
    """The entries of these pages, ascending."""
    found: list[bytes] = []
    for part in bulk.parts(pages, 1000):
        numbers = ", ".join(map(str, part))
        found += connection.exec_driver_sql(
            f"SELECT entries FROM minhash_pages WHERE page IN ({numbers}) ORDER BY page"
        ).scalars()
    return np.frombuffer(b"".join(found), dtype="<u8")
