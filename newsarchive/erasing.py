"""Erases articles for good: their texts, their versions and their raw bytes. The register keeps that they were, and their digests.

    erase(engine, [folder], [17], Demand("a court order"))

The steps are in an order in which nothing else can be lost, and nothing is forgotten, whenever the process is killed:

    1  the database: the texts go, the entry is `erasing`
    2  captures of other pages whose payload lies in a record that goes get a record of their own, and the database names it
    3  each WARC file is written anew with tombstones, and takes its name in one step (`newsarchive.warc.eraser`)
    4  the database is written anew, so that its files keep no deleted row
    5  the entry is `erased`

Called again, it goes on with what is left. What lies elsewhere is not reached: backups, exports, replicas, and the sectors of a
disk on which a file once lay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from glob import escape
from pathlib import Path

from sqlalchemy import Engine

from newsarchive.db.engine import sqlite_file
from newsarchive.db.reading.hidden import Entry
from newsarchive.db.writing import erase as database
from newsarchive.db.writing.withhold import Demand
from newsarchive.exceptions import DatabaseUnavailable
from newsarchive.items import Place
from newsarchive.times import utc_now
from newsarchive.warc import eraser
from newsarchive.warc.files import OPEN, Folder, Wire, all_files, folders, is_address, written_in
from newsarchive.warc.reader import wire_at
from newsarchive.warc.writer import WarcWriter, recover, settle

#: Called with the number of WARC files that were looked through, and of all.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did: the entries of the register, the number of records that are tombstones now, and of captures of other
    pages that got a record of their own. `backups` are copies of the archive beside it, which still hold the texts."""

    entries: list[Entry]
    records: int = 0
    moved: int = 0
    backups: list[Path] = field(default_factory=list)


def erase(
    engine: Engine,
    folder: Folder,
    which: Sequence[str | int],
    demand: Demand,
    progress: Progress = lambda done, total: None,
) -> Erased:
    """Erase articles for good. Raises `NoSuchArticle`, and `DatabaseUnavailable` where a file cannot be written or a live crawl
    writes to one; before the first step nothing is changed then. It is raised at the end, too, where a WARC file that holds
    records of the articles is in none of the folders: the texts are gone, and the entries stay `erasing`."""
    for one in folders(folder):
        if not is_address(one) and Path(one).is_dir():
            recover(one)
    settle(folder)
    paths = all_files(folder)
    eraser.require_free(paths)
    entries = database.begin(engine, which, demand)
    ids = database.url_ids(engine, entries)
    held = database.captures(engine, ids)
    others = database.sharing(engine, held)
    places = _moved(folder, held, others)
    settle(folder)
    database.moved(engine, places, held)
    gone: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for capture in [*held, *others]:
        gone[capture.place.file].add((capture.place.offset, capture.place.length))
    addresses = database.urls(engine, ids)
    kept = {(place.file, place.offset) for place in places.values()}
    records = 0
    for done, path in enumerate(paths, 1):
        name = path.name.removesuffix(OPEN)
        # A record that no capture names is one that a killed crawl wrote: it goes too.
        strays = {
            (r.offset, r.length) for r in eraser.answers(path, addresses) if (name, r.offset) not in kept
        }
        records += eraser.erase(path, gone[name] | strays, demand.at)
        progress(done, len(paths))
    database.scrub(engine)
    named = gone.keys() | database.files_of_words(engine, ids)
    if missing := sorted(named - {path.name.removesuffix(OPEN) for path in paths}):
        raise DatabaseUnavailable(
            "the texts are erased, but not the raw bytes, for there is no "
            + ", no ".join(missing)
            + ": erase again with --warc and the folder that holds it"
        )
    database.finish(engine, entries, held, ids, utc_now())
    archive = sqlite_file(engine)
    # Copies of an SQLite archive beside it, which an upgrade made.
    backups = sorted(archive.parent.glob(f"{escape(archive.name)}.before-*.bak")) if archive else []
    return Erased(entries, records, len(places), backups)


def _moved(
    folder: Folder, held: Sequence[database.Held], others: Sequence[database.Held]
) -> dict[int, Place]:
    """New records for the captures of other pages that have the same payload; gives their places by the captures' ids.

    The first of each payload gets the whole answer, the next ones refer to it.
    """
    if not others:
        return {}
    first = {one.place.digest: one.place for one in sorted([*held, *others], reverse=True)}
    writer = WarcWriter(written_in(folder), "newsarchive-moved")
    places = {}
    try:
        for one in others:
            own = wire_at(folder, one.place)
            whole = wire_at(folder, first[one.place.digest])
            wire = Wire(own.status_line, own.headers, whole.body)
            places[one.id] = writer.write_copy(one.url, wire, one.fetched_at, one.place.file)
        writer.sync()
    finally:
        writer.close()
    return places
