"""The index of copies in the database: which articles may be copies of these.

Of identical texts (one `content_hash`) only the first is in the index, and a key takes no more than
`MAX_HOLDERS_PER_KEY` articles: a thousand equal error pages, or a phrase that opens every post of a blog,
cost no more than a few, and no answer grows with the archive. How it is stored: `bandpages`.

How the index of copies is stored: entries of eight bytes, a key and an article, in sorted arrays.

Keys fall anywhere: as rows, the entries of each batch would touch every page of a tree that grows with
the archive. So they go through three levels (a log-structured merge: O'Neil, Cheng, Gawlick, O'Neil, "The
log-structured merge-tree", 1996), and what a batch costs depends hardly on what came before it:

1. A few thousand at most are rows of `minhash_bands`: the batches of a crawl are small.
2. Runs, in `minhash_pages` with numbers below nought, the newest the lowest: each is one sorted array. A
   new one is merged with those before it that are not much larger, so that there are few.
3. Pages, numbered from one, into which `settle` merges all runs once they are many. A page holds all
   keys with the same leading bits, and these bits with a one before them are its number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from sqlalchemy import Connection, bindparam, delete, func, select

from newsarchive.core.near_duplicates.clustering import MAX_HOLDERS_PER_KEY, ranked
from newsarchive.core.near_duplicates.fingerprint import keys
from newsarchive.db import bulk
from newsarchive.db.models import ArticleRow, MinhashBand, MinhashPage
from newsarchive.db.rows import minhash_of

#: Rows from which they become a run.
MOST_ROWS = 4_000
#: Entries of runs from which they are merged into pages: those of 4,000 articles, and one more for so many
#: entries of the pages, all of which are written anew then.
MOST, EACH = 64_000, 24
#: Entries of a page at most on average (2 KB), and pages rewritten at a time, which bounds memory.
ENTRIES, TOGETHER = 256, 2048
#: A run takes in the one before it while that is at most so many times as long.
GROWTH = 2
KEY_BITS = 32

_ID = np.uint64(2**32 - 1)
_SHIFT = np.uint64(32)
#: Numbers in one `IN (…)`.
_NUMBERS = 1000
_GONE = delete(MinhashBand).where(
    MinhashBand.hash == bindparam("b_key"), MinhashBand.article_id == bindparam("b_id")
)
_PAGES = select(MinhashPage.page, MinhashPage.entries)


def entries_of(pairs: Iterable[Any]) -> Any:
    """Pairs of key and article as entries: an ascending array of unsigned 64-bit integers."""
    return np.sort(np.array([key << 32 | article for key, article in pairs], dtype=np.uint64))


def find(connection: Connection, keys: Any) -> Any:
    """The entries with one of these keys (an ascending array of different ones), ascending."""
    if not len(keys):
        return entries_of(())
    found = [_row_entries(connection, keys)]
    found += [_among(run, keys) for run in _runs(connection)]
    if depth := _depth(connection):
        pages = np.unique(keys >> np.uint64(KEY_BITS - depth)) + np.uint64(1 << depth)
        found.append(_among(_read(connection, pages.tolist()), keys))
    return np.sort(np.concatenate(found))


def add(connection: Connection, entries: Any) -> None:
    """Put new entries (an ascending array) into the index."""
    held = connection.execute(select(func.count()).select_from(MinhashBand)).scalar_one()
    if held + len(entries) < MOST_ROWS:
        bulk.insert_tuples(connection, MinhashBand, ("hash", "article_id"), _pairs(entries))
        return
    if held:
        entries = np.sort(np.concatenate((entries, _all_rows(connection))))
        connection.execute(delete(MinhashBand))
    _add_run(connection, entries)


def bandpages_forget(connection: Connection, gone: Any) -> None:
    """Take entries out of the index, those that it has not left aside."""
    bulk.execute_many(connection, _GONE, [{"b_key": key, "b_id": article} for key, article in _pairs(gone)])
    keys, depth = gone >> _SHIFT, _depth(connection)
    pages = [page for page, _ in _run_sizes(connection)]
    if depth:
        pages += np.unique((keys >> np.uint64(KEY_BITS - depth)) + np.uint64(1 << depth)).tolist()
    for part in bulk.parts(pages, _NUMBERS):
        held = connection.execute(_PAGES.where(MinhashPage.page.in_(part)))
        arrays = [(page, np.frombuffer(blob, dtype="<u8")) for page, blob in held]
        kept = [(page, entries[~np.isin(entries, gone)]) for page, entries in arrays]
        changed = [new for new, (_, old) in zip(kept, arrays, strict=True) if len(new[1]) < len(old)]
        connection.execute(delete(MinhashPage).where(MinhashPage.page.in_([page for page, _ in changed])))
        _write(connection, changed)


def settle(connection: Connection) -> None:
    """Merge the runs into pages, where they are many; the caller's transaction holds it."""
    runs, before = sum(size for _, size in _run_sizes(connection)), _depth(connection)
    pages = 1 << before if before else 0
    if runs < MOST + pages * ENTRIES // EACH:
        return
    size = select(func.sum(func.length(MinhashPage.entries))).where(MinhashPage.page > 0)
    settled = int(connection.execute(size).scalar() or 0) // 8
    depth = max(before or 1, ((settled + runs) // ENTRIES).bit_length())
    new = np.sort(np.concatenate(_runs(connection)), kind="stable")
    connection.execute(delete(MinhashPage).where(MinhashPage.page < 0))
    parts = max(0, depth - TOGETHER.bit_length() + 1)
    parts = min(parts, before) if before else parts
    starts = np.array([part << (64 - parts) for part in range(1 << parts)], dtype=np.uint64)
    for part, entries in enumerate(np.split(new, np.searchsorted(new, starts[1:]))):
        _merge(connection, entries, part, parts, before, depth)


def _merge(connection: Connection, entries: Any, part: int, parts: int, before: int, depth: int) -> None:
    """Write anew the pages of all keys whose first `parts` bits are `part`, with these entries."""
    low, high = part << (KEY_BITS - parts), (part + 1) << (KEY_BITS - parts)
    if before:
        old = f"page BETWEEN {_page(low, before)} AND {_page(high - 1, before)}"
        settled = np.frombuffer(b"".join(_select(connection, old)), dtype="<u8")
        entries = np.concatenate((settled, entries))
        connection.exec_driver_sql(f"DELETE FROM minhash_pages WHERE {old}")
    entries.sort(kind="stable")
    pages = range(_page(low, depth), _page(high - 1, depth) + 1)
    starts = (np.array(pages, dtype=np.uint64) - np.uint64(1 << depth)) << np.uint64(64 - depth)
    cuts = pairwise((*np.searchsorted(entries, starts).tolist(), len(entries)))
    _write(connection, [(page, entries[a:b]) for page, (a, b) in zip(pages, cuts, strict=True)])


def _add_run(connection: Connection, entries: Any) -> None:
    """Write a new run, and with it those before it that are not much larger."""
    taken, before = [], 0
    for page, size in _run_sizes(connection):
        if size > GROWTH * len(entries):
            before = page
            break
        taken.append(page)
        entries = np.concatenate((_read(connection, [page]), entries))
    if taken:
        connection.execute(delete(MinhashPage).where(MinhashPage.page.in_(taken)))
    entries.sort(kind="stable")
    _write(connection, [(before - 1, entries)])


def _run_sizes(connection: Connection) -> list[tuple[int, int]]:
    """Number and entries of each run, the newest first."""
    query = select(MinhashPage.page, func.length(MinhashPage.entries)).where(MinhashPage.page < 0)
    return [(page, size // 8) for page, size in connection.execute(query.order_by(MinhashPage.page))]


def _depth(connection: Connection) -> int:
    """How many bits of a key its page's number has, 0 where there are no pages."""
    last = connection.execute(select(func.max(MinhashPage.page))).scalar()
    return max(1, int(last or 0)).bit_length() - 1


def _page(key: int, depth: int) -> int:
    return (1 << depth) + (key >> (KEY_BITS - depth))


def _row_entries(connection: Connection, keys: Any) -> Any:
    """The entries among the rows that have one of these keys."""
    if len(keys) > MOST_ROWS:
        return _among(_all_rows(connection), keys)
    found: list[Any] = []
    for part in bulk.parts(keys.tolist(), _NUMBERS):
        rows = f"SELECT hash, article_id FROM minhash_bands WHERE hash IN ({_list(part)})"
        found += connection.exec_driver_sql(rows)
    return entries_of(found)


def _all_rows(connection: Connection) -> Any:
    return entries_of(connection.exec_driver_sql("SELECT hash, article_id FROM minhash_bands"))


def _among(entries: Any, keys: Any) -> Any:
    """Which of ascending entries have one of these keys."""
    first = keys << _SHIFT
    starts = np.searchsorted(entries, first)
    near = np.flatnonzero(starts < len(entries))
    near = near[entries[starts[near]] >> _SHIFT == keys[near]]
    ends = np.searchsorted(entries, first[near] | _ID, side="right")
    slices = [entries[a:b] for a, b in zip(starts[near].tolist(), ends.tolist(), strict=True)]
    return np.concatenate(slices) if slices else entries[:0]


def _read(connection: Connection, pages: Collection[int]) -> Any:
    """The entries of these pages, in the order of their numbers."""
    found: list[bytes] = []
    for part in bulk.parts(pages, _NUMBERS):
        found += _select(connection, f"page IN ({_list(part)})")
    return np.frombuffer(b"".join(found), dtype="<u8")


def _runs(connection: Connection) -> list[Any]:
    return [np.frombuffer(blob, dtype="<u8") for blob in _select(connection, "page < 0")]


def _select(connection: Connection, condition: str) -> Iterable[bytes]:
    query = f"SELECT entries FROM minhash_pages WHERE {condition} ORDER BY page"
    return connection.exec_driver_sql(query).scalars()


def _write(connection: Connection, pages: Iterable[tuple[int, Any]]) -> None:
    rows = [(page, entries.tobytes()) for page, entries in pages]
    bulk.insert_tuples(connection, MinhashPage, ("page", "entries"), rows)


def _pairs(entries: Any) -> list[tuple[int, int]]:
    return [(entry >> 32, entry & 0xFFFFFFFF) for entry in entries.tolist()]


def _list(numbers: Iterable[int]) -> str:
    # Integers as literals: to bind thousands of them costs more than to look them up.
    return ", ".join(map(str, map(int, numbers)))


Signatures = Mapping[int, Sequence[int]]


class Holders:
    """What the index knows of a few signatures, and of those that were added since it was asked."""

    def __init__(self, connection: Connection, signatures: Signatures) -> None:
        self.keys = {i: keys(signature) for i, signature in signatures.items()}
        every = [key for own in self.keys.values() for key in own]
        wanted, counts = np.unique(np.array(every, dtype=np.uint64), return_counts=True)
        self.found = find(connection, wanted)
        #: The holders of each key that more than one may have: most have none but the article itself.
        self.of: dict[int, list[int]] = {key: [] for key in wanted[counts > 1].tolist()}
        for entry in self.found.tolist():
            self.of.setdefault(entry >> 32, []).append(entry & 0xFFFFFFFF)

    def add(self, connection: Connection, ids: Iterable[int]) -> None:
        """Index these articles, whose signatures were given, by every key that still takes more."""
        new = []
        for i in ids:
            for key in self.keys[i]:
                held = self.of.get(key)
                if held is not None:
                    if len(held) >= MAX_HOLDERS_PER_KEY or i in held:
                        continue
                    held.append(i)
                new.append((key, i))
        add(connection, entries_of(new))

    def candidates(self, own: int) -> list[int]:
        """Those that share keys with an article, the most shared first, as many as are worth a proof."""
        held = [self.of[key] for key in self.keys[own] if key in self.of]
        return ranked(holder for holders in held for holder in holders if holder != own)


def twins(connection: Connection, hashes: set[str]) -> dict[str, tuple[int, int]]:
    """The first and the last article of each text."""
    if not hashes:
        return {}
    query = select(ArticleRow.content_hash, func.min(ArticleRow.id), func.max(ArticleRow.id)).group_by(
        ArticleRow.content_hash
    )
    found = connection.execute(query.where(ArticleRow.content_hash.in_(hashes)))
    return {content_hash: (first, last) for content_hash, first, last in found}


def forget(connection: Connection, signatures: Signatures) -> None:
    """Take articles out of the index, by the signatures that they were in it with."""
    if signatures:
        own = entries_of((key, i) for i, signature in signatures.items() for key in keys(signature))
        found = Holders(connection, signatures).found
        bandpages_forget(connection, found[np.isin(found, own)])  # none where they never were in the index


def heirs(connection: Connection, left: set[str]) -> Iterator[tuple[int, Sequence[int]]]:
    """The articles that are now the first with a text that another gave up, with their signatures."""
    if not left:
        return
    first = (
        select(func.min(ArticleRow.id))
        .where(ArticleRow.content_hash.in_(left))
        .group_by(ArticleRow.content_hash)
    )
    for i, raw in connection.execute(
        select(ArticleRow.id, ArticleRow.minhash).where(ArticleRow.id.in_(first))
    ):
        if raw:
            yield i, minhash_of(raw)
