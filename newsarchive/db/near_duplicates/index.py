"""The index that finds near duplicates: which articles share a key of their signatures.

Every signature gives some 17 keys (`core.near_duplicates.fingerprint.keys`), and an entry of the index is one key with one
article. Of articles with the same text (the same `content_hash`) only the first is in the index, and a key takes no more than
`MAX_HOLDERS_PER_KEY` articles. So a thousand equal error pages, or a phrase that opens every post of a blog, cost no more than a
few articles, and no answer grows with the archive.

Keys fall anywhere: as rows, the entries of each batch would touch every page of a tree that grows with the archive. So
entries, eight bytes each, are kept in sorted arrays and go through three levels (a log-structured merge: O'Neil, Cheng,
Gawlick, O'Neil, "The log-structured merge-tree", 1996). What a batch costs hardly depends on what came before it:

1. Up to `MAX_ROWS` entries are rows of `minhash_bands`: the batches of a crawl are small.
2. Runs stand in `minhash_pages` under numbers below 0, the newest under the lowest: each is one sorted array. A new run
   is merged with those before it that are not much longer, so that there are few.
3. Pages are numbered from 1; `settle` merges all runs into them once they are many. A page holds all keys with the same
   leading bits, and its number is these bits after a 1.
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
from newsarchive.db.rows import signature_of

#: Entries that are rows. When a batch would bring the rows to this number, all of them become a run.
MAX_ROWS = 4_000
#: Entries of all runs together, about those of 4,000 articles. With fewer the runs are not merged into pages, even
#: where there are no pages yet.
MIN_SETTLED_ENTRIES = 64_000
#: For each so many entries in the pages, the runs must have one more entry before they are merged into the pages,
#: because merging writes every page anew.
PAGED_ENTRIES_PER_SETTLED = 24
#: Entries of a page, on average (2 KB). Above it the number of pages is doubled.
MAX_PAGE_ENTRIES = 256
#: Pages that are written anew at a time; bounds memory.
MAX_PAGES_IN_MEMORY = 2048
#: A run that is up to this many times as long as the new run after it is merged with the new one.
MAX_RUN_RATIO = 2
#: Numbers in one `IN (…)`; more are divided among several statements.
MAX_LISTED_NUMBERS = 1000
#: Bits of a key, and of the id of an article.
KEY_BITS = 32

_ARTICLE_BITS = np.uint64(2**32 - 1)
_SHIFT = np.uint64(KEY_BITS)
_DELETE_ROW = delete(MinhashBand).where(
    MinhashBand.hash == bindparam("b_key"), MinhashBand.article_id == bindparam("b_id")
)
_PAGES = select(MinhashPage.page, MinhashPage.entries)


def entries_of(pairs: Iterable[Any]) -> Any:
    """Pairs of key and article as entries: an ascending array of unsigned 64-bit integers."""
    return np.sort(np.array([key << 32 | article for key, article in pairs], dtype=np.uint64))


def find_entries(connection: Connection, keys: Any) -> Any:
    """The entries with one of these keys (an ascending array of different ones), ascending."""
    if not len(keys):
        return entries_of(())
    if len(keys) > MAX_ROWS:
        found = [_among(_all_rows(connection), keys)]
    else:
        rows: list[Any] = []
        for part in bulk.parts(keys.tolist(), MAX_LISTED_NUMBERS):
            query = f"SELECT hash, article_id FROM minhash_bands WHERE hash IN ({_list(part)})"
            rows += bulk.select_tuples(connection, query, {})
        found = [entries_of(rows)]
    found += [_among(run, keys) for run in _runs(connection)]
    if depth := _depth(connection):
        pages = np.unique(keys >> np.uint64(KEY_BITS - depth)) + np.uint64(1 << depth)
        found.append(_among(_read(connection, pages.tolist()), keys))
    return np.sort(np.concatenate(found))


def add_entries(connection: Connection, entries: Any) -> None:
    """Put new entries (an ascending array) into the index."""
    held = bulk.select_tuples(connection, "SELECT count(*) FROM minhash_bands", {})[0][0]
    if held + len(entries) < MAX_ROWS:
        bulk.insert_tuples(connection, MinhashBand, ("hash", "article_id"), _pairs(entries))
        return
    if held:
        entries = np.sort(np.concatenate((entries, _all_rows(connection))))
        connection.execute(delete(MinhashBand))
    # All of them become a run, merged with those before it that are not much longer.
    taken, before = [], 0
    for page, size in _run_sizes(connection):
        if size > MAX_RUN_RATIO * len(entries):
            before = page
            break
        taken.append(page)
        entries = np.concatenate((_read(connection, [page]), entries))
    if taken:
        connection.execute(delete(MinhashPage).where(MinhashPage.page.in_(taken)))
    entries.sort(kind="stable")
    _write(connection, [(before - 1, entries)])


def remove_entries(connection: Connection, gone: Any) -> None:
    """Take entries out of the index; entries that it does not have are passed over."""
    bulk.execute_many(
        connection, _DELETE_ROW, [{"b_key": key, "b_id": article} for key, article in _pairs(gone)]
    )
    keys, depth = gone >> _SHIFT, _depth(connection)
    pages = [page for page, _ in _run_sizes(connection)]
    if depth:
        pages += np.unique((keys >> np.uint64(KEY_BITS - depth)) + np.uint64(1 << depth)).tolist()
    for part in bulk.parts(pages, MAX_LISTED_NUMBERS):
        held = connection.execute(_PAGES.where(MinhashPage.page.in_(part)))
        arrays = [(page, np.frombuffer(blob, dtype="<u8")) for page, blob in held]
        kept = [(page, entries[~np.isin(entries, gone)]) for page, entries in arrays]
        changed = [new for new, (_, old) in zip(kept, arrays, strict=True) if len(new[1]) < len(old)]
        connection.execute(delete(MinhashPage).where(MinhashPage.page.in_([page for page, _ in changed])))
        _write(connection, changed)


def settle(connection: Connection) -> None:
    """Merge the runs into pages, where they are long enough, in the transaction of the caller."""
    runs, before = sum(size for _, size in _run_sizes(connection)), _depth(connection)
    pages = 1 << before if before else 0
    if runs < MIN_SETTLED_ENTRIES + pages * MAX_PAGE_ENTRIES // PAGED_ENTRIES_PER_SETTLED:
        return
    size = select(func.sum(func.length(MinhashPage.entries))).where(MinhashPage.page > 0)
    settled = int(connection.execute(size).scalar() or 0) // 8
    depth = max(before or 1, ((settled + runs) // MAX_PAGE_ENTRIES).bit_length())
    new = np.sort(np.concatenate(_runs(connection)), kind="stable")
    connection.execute(delete(MinhashPage).where(MinhashPage.page < 0))
    parts = max(0, depth - MAX_PAGES_IN_MEMORY.bit_length() + 1)
    parts = min(parts, before) if before else parts
    starts = np.array([part << (64 - parts) for part in range(1 << parts)], dtype=np.uint64)
    for part, entries in enumerate(np.split(new, np.searchsorted(new, starts[1:]))):
        _merge(connection, entries, part, parts, before, depth)


def _merge(connection: Connection, entries: Any, part: int, parts: int, before: int, depth: int) -> None:
    """Write the pages of all keys whose first `parts` bits are `part` anew, with these entries added."""
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


def _run_sizes(connection: Connection) -> list[tuple[int, int]]:
    """The number of each run and how many entries it has, the newest first."""
    query = "SELECT page, length(entries) FROM minhash_pages WHERE page < 0 ORDER BY page"
    return [(page, size // 8) for page, size in bulk.select_tuples(connection, query, {})]


def _depth(connection: Connection) -> int:
    """The leading bits of a key that the number of its page has, 0 where there are no pages."""
    ((last,),) = bulk.select_tuples(connection, "SELECT max(page) FROM minhash_pages", {})
    return max(1, int(last or 0)).bit_length() - 1


def _page(key: int, depth: int) -> int:
    return (1 << depth) + (key >> (KEY_BITS - depth))


def _all_rows(connection: Connection) -> Any:
    return entries_of(bulk.select_tuples(connection, "SELECT hash, article_id FROM minhash_bands", {}))


def _among(entries: Any, keys: Any) -> Any:
    """Which of ascending entries have one of these keys."""
    first = keys << _SHIFT
    starts = np.searchsorted(entries, first)
    near = np.flatnonzero(starts < len(entries))
    near = near[entries[starts[near]] >> _SHIFT == keys[near]]
    ends = np.searchsorted(entries, first[near] | _ARTICLE_BITS, side="right")
    slices = [entries[a:b] for a, b in zip(starts[near].tolist(), ends.tolist(), strict=True)]
    return np.concatenate(slices) if slices else entries[:0]


def _read(connection: Connection, pages: Collection[int]) -> Any:
    """The entries of these pages, in the order of their numbers."""
    found: list[bytes] = []
    for part in bulk.parts(pages, MAX_LISTED_NUMBERS):
        found += _select(connection, f"page IN ({_list(part)})")
    return np.frombuffer(b"".join(found), dtype="<u8")


def _runs(connection: Connection) -> list[Any]:
    return [np.frombuffer(blob, dtype="<u8") for blob in _select(connection, "page < 0")]


def _select(connection: Connection, condition: str) -> Iterable[bytes]:
    query = f"SELECT entries FROM minhash_pages WHERE {condition} ORDER BY page"
    return [entries for (entries,) in bulk.select_tuples(connection, query, {})]


def _write(connection: Connection, pages: Iterable[tuple[int, Any]]) -> None:
    rows = [(page, entries.tobytes()) for page, entries in pages]
    bulk.insert_tuples(connection, MinhashPage, ("page", "entries"), rows)


def _pairs(entries: Any) -> list[tuple[int, int]]:
    return [(entry >> 32, entry & 0xFFFFFFFF) for entry in entries.tolist()]


def _list(numbers: Iterable[int]) -> str:
    # Integers as literals: to bind thousands of them costs more than to look them up.
    return ", ".join(map(str, map(int, numbers)))


#: Signatures by the id of the article.
Signatures = Mapping[int, Sequence[int]]


class Holders:
    """The articles that hold the keys of some signatures, including the articles that `add` adds."""

    def __init__(self, connection: Connection, signatures: Signatures) -> None:
        self.keys = {i: keys(signature) for i, signature in signatures.items()}
        every = [key for own in self.keys.values() for key in own]
        wanted, counts = np.unique(np.array(every, dtype=np.uint64), return_counts=True)
        self.found = find_entries(connection, wanted)
        #: Key → the articles that hold it, for keys that more than one article may hold: most keys belong to one
        #: article only.
        self.of: dict[int, list[int]] = {key: [] for key in wanted[counts > 1].tolist()}
        for entry in self.found.tolist():
            self.of.setdefault(entry >> 32, []).append(entry & 0xFFFFFFFF)

    def add(self, connection: Connection, ids: Iterable[int]) -> None:
        """Index these articles, whose signatures were given, under each of their keys that fewer than
        `MAX_HOLDERS_PER_KEY` articles hold."""
        new = []
        for i in ids:
            for key in self.keys[i]:
                held = self.of.get(key)
                if held is not None:
                    if len(held) >= MAX_HOLDERS_PER_KEY or i in held:
                        continue
                    held.append(i)
                new.append((key, i))
        add_entries(connection, entries_of(new))

    def candidates(self, own: int) -> list[int]:
        """The articles that share keys with this one, the most keys first, no more than are worth a proof."""
        held = (self.of.get(key) for key in self.keys[own])
        others = ([holder for holder in holders if holder != own] for holders in held if holders)
        return ranked([holders for holders in others if holders])


def equal_texts(connection: Connection, hashes: set[str]) -> dict[str, tuple[int, int]]:
    """The first and the last article of each text (its `content_hash`)."""
    if not hashes:
        return {}
    query = "SELECT content_hash, min(id), max(id) FROM articles WHERE content_hash IN :hashes GROUP BY content_hash"
    found = bulk.select_tuples(connection, query, {"hashes": list(hashes)})
    return {content_hash: (first, last) for content_hash, first, last in found}


def remove(connection: Connection, signatures: Signatures) -> None:
    """Take articles out of the index; `signatures` are those by which they came into it."""
    if signatures:
        own = entries_of((key, i) for i, signature in signatures.items() for key in keys(signature))
        found = Holders(connection, signatures).found
        remove_entries(connection, found[np.isin(found, own)])  # empty where they never were in the index


def new_firsts(connection: Connection, left: set[str]) -> Iterator[tuple[int, Sequence[int]]]:
    """The articles that are now the first with a text (one of the hashes `left`) that the former first article no
    longer has."""
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
            yield i, signature_of(raw)
