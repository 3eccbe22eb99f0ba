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
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
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
    pages that got a record of their own. `backups` are copies of the archive beside it, which still hold the texts. `wrong` are
    places (without lengths) that captures of the articles name, and at which another record stands, or none: nothing there
    was erased. `unread` are damaged parts of files, none of which the archive has as a record of the articles: they stay."""

    entries: list[Entry]
    records: int = 0
    moved: int = 0
    backups: list[Path] = field(default_factory=list)
    wrong: list[Place] = field(default_factory=list)
    unread: list[Place] = field(default_factory=list)


def erase(
    engine: Engine,
    folder: Folder,
    which: Sequence[str | int],
    demand: Demand,
    progress: Progress = lambda done, total: None,
) -> Erased:
    """Erase articles for good. Raises `NoSuchArticle`, and `DatabaseUnavailable` where a file cannot be written or a live crawl
    writes to one; before the first step nothing is changed then. It is raised at the end, too, where a WARC file that holds
    records of the articles is in none of the folders, or is so damaged that nobody can tell where the record ends: the texts are
    gone, and the entries stay `erasing`."""
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
    named: dict[str, dict[int, set[tuple[str, str]]]] = defaultdict(lambda: defaultdict(set))
    for url, place in [(one.url, one.place) for one in [*held, *others]]:
        named[place.file][place.offset].add((url, place.digest))
    addresses = database.urls(engine, ids)
    kept = {(place.file, place.offset) for place in places.values()}
    words = database.places_of_words(engine, ids)
    #: File → places of records of the articles, as the archive has them, with the address.
    known: dict[str, list[tuple[Place, str]]] = defaultdict(list)
    for place, url in [*((one.place, one.url) for one in [*held, *others]), *((one, "") for one in words)]:
        known[place.file].append((place, url))
    records, wrong, unread, stuck = 0, list[Place](), list[Place](), list[Place]()
    for done, path in enumerate(paths, 1):
        name = path.name.removesuffix(OPEN)
        # A record of these addresses that no capture names is one that a killed crawl wrote: it goes too.
        torn: list[eraser.Damaged] = []
        found = eraser.answers(path, addresses, named[name], damaged=torn)
        gone = {(record.offset, record.length) for record in found if (name, record.offset) not in kept}
        lost = set[eraser.Damaged]()
        left = list[Place]()
        for part in torn:
            own, is_stuck = _own_in(part, known[name], addresses)
            lost |= own
            if is_stuck or not own:
                (stuck if is_stuck else left).append(Place(name, part.offset, part.length))
        # What is left of a record whose end is damaged goes with it.
        unread += [
            one for one in left if not any(it.offset < one.offset < it.offset + it.length for it in lost)
        ]
        there = {place[0] for place in (*gone, *lost)} | {record.offset for record in found}
        wrong += [Place(name, offset, 0) for offset in sorted(named[name].keys() - there)]
        records += eraser.erase(path, gone, demand.at, damaged=lost)
        progress(done, len(paths))
    database.scrub(engine)
    files = known.keys()
    if missing := sorted(files - {path.name.removesuffix(OPEN) for path in paths}):
        raise DatabaseUnavailable(
            "the texts are erased, but not the raw bytes, for there is no "
            + ", no ".join(missing)
            + ": erase again with --warc and the folder that holds it"
        )
    if stuck:
        parts = ", ".join(f"{one.file} at {one.offset} ({one.length} bytes)" for one in stuck)
        raise DatabaseUnavailable(
            f"the texts are erased, but not all raw bytes, for these parts are damaged and hold a record of theirs: {parts}: put"
            " a whole copy of the file in its place, or delete the file, and erase again"
        )
    database.finish(engine, entries, held, ids, utc_now())
    archive = sqlite_file(engine)
    # Copies of an SQLite archive beside it, which an upgrade made.
    backups = sorted(archive.parent.glob(f"{escape(archive.name)}.before-*.bak")) if archive else []
    return Erased(entries, records, len(places), backups, wrong, unread)


def _own_in(
    part: eraser.Damaged, known: Sequence[tuple[Place, str]], addresses: Collection[str]
) -> tuple[set[eraser.Damaged], bool]:
    """The records of the articles that lie in a damaged part of a file, by the places that the archive has; and whether there is one of
    which it does not know the end."""
    end = part.offset + part.length
    inside = [(place, url) for place, url in known if part.offset <= place.offset < end]
    own = {
        eraser.Damaged(place.offset, place.length, url)
        for place, url in inside
        if place.length
        and place.offset + place.length <= end
        and not (place.offset == part.offset and part.url not in ("", url))
    }
    offsets = {one.offset for one in own}
    is_stuck = len({place.offset for place, _ in inside}) > len(offsets) or (
        part.url in addresses and part.offset not in offsets
    )
    return own, is_stuck


def _moved(
    folder: Folder, held: Sequence[database.Held], others: Sequence[database.Held]
) -> dict[int, Place]:
    """New records for the captures of other pages that have the same payload; gives their places by the captures' ids.

    The first of each payload gets the whole answer, the next ones refer to it.
    """
    if not others:
        return {}
    places_of: dict[str, list[Place]] = defaultdict(list)
    for one in sorted([*held, *others]):
        places_of[one.place.digest].append(one.place)
    writer = WarcWriter(written_in(folder), "newsarchive-moved")
    places = {}
    try:
        for one in others:
            own = wire_at(folder, one.place)
            body = own.body or _payload(folder, places_of[one.place.digest])
            wire = Wire(own.status_line, own.headers, body)
            places[one.id] = writer.write_copy(one.url, wire, one.fetched_at, one.place.file)
        writer.sync()
    finally:
        writer.close()
    return places


def _payload(folder: Folder, places: Sequence[Place]) -> bytes:
    """What the records at these places have as their body, revisits apart. Where the places are wrong, all files are looked through
    for a record with the digest. Raises `DatabaseUnavailable` where there is none: the bytes of another page would be lost."""
    wrong: DatabaseUnavailable | None = None
    for place in places:
        try:
            if body := wire_at(folder, place).body:
                return body
        except DatabaseUnavailable as error:
            wrong = error
    digest = places[0].digest
    for path in all_files(folder):
        name = path.name.removesuffix(OPEN)
        for record in eraser.answers(path, (), digest=digest) if wrong else ():
            with suppress(DatabaseUnavailable):
                if body := wire_at(folder, Place(name, record.offset, record.length, digest)).body:
                    return body
    if wrong:
        raise wrong
    return b""
