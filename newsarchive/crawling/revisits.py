"""Revisit records of foreign WARC files: on that day the page had the bytes of an earlier record, which are not written again.

They are the only witness of a page that was edited and then set back, because a crawler that leaves out what it has writes the third
answer so:

    1 May  response  A        2 May  response  B        3 May  revisit of 1 May

So the records wait until the pages are in the archive's own files, and each becomes a capture of its day, with the bytes from there.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine

from newsarchive.core.urls import url_key
from newsarchive.db.writing.captures import places_of
from newsarchive.exceptions import DatabaseUnavailable
from newsarchive.items import Capture, Place
from newsarchive.warc import reader
from newsarchive.warc.files import Wire, locate
from newsarchive.warc.object_storage import ObjectFile

#: Revisit records that wait at a time, about 2 KB each. With more, those whose pages are there are read before the file goes on.
MAX_WAITING = 20_000
#: Pages whose places are kept, some 300 bytes each; older ones are asked of the database.
MAX_PLACES = 50_000
_HEX_DIGEST = re.compile(r"sha1:([0-9a-fA-F]{40})")


class Revisits:
    """Revisit records until their pages are read, and where those pages lie. `folders` are the archive's own, none where it keeps
    no bytes."""

    def __init__(self, folders: Sequence[str], engine: Engine | None) -> None:
        self.folders, self.engine = folders, engine
        self.waiting: list[reader.Revisit] = []
        #: Key of an address, with the digest or the moment that its record names → the place of the copy.
        self.places: dict[tuple[str, str], Place] = {}
        #: Digest of the bytes, as this archive computes it → the first place with them.
        self.bytes_at: dict[str, Place] = {}

    def remember(self, capture: Capture, copy: Place | None, shown_at: str = "") -> None:
        """Keep where a page of a foreign file lies now, under the address that its record has: where a web archive showed it, that is
        the address there."""
        if copy is None or capture.place is None:
            return
        page = url_key(shown_at or capture.url)
        if capture.place.digest:
            self.places[page, capture.place.digest] = copy
        if capture.fetched_at is not None:
            self.places[page, capture.fetched_at.isoformat()] = copy
        self.bytes_at.setdefault(copy.digest, copy)
        while len(self.places) > 2 * MAX_PLACES:
            del self.places[next(iter(self.places))]
        while len(self.bytes_at) > MAX_PLACES:
            del self.bytes_at[next(iter(self.bytes_at))]

    def taken(self) -> Iterator[tuple[reader.Revisit, tuple[Capture, Wire] | None]]:
        """The records that wait, each with the page as it was on its day; `None` where its bytes are not in the archive."""
        waiting, self.waiting = self.waiting, []
        digests = {_own_digest(revisit.digest) for revisit in waiting} - {""}
        stored = places_of(self.engine, digests) if self.engine is not None and self.folders else {}
        for revisit in waiting:
            place = self._copied(revisit) or stored.get(_own_digest(revisit.digest))
            yield revisit, self._page(revisit, place) if place and self.folders else None

    def _copied(self, revisit: reader.Revisit) -> Place | None:
        page = url_key(revisit.refers_to)
        moment = revisit.refers_to_moment.isoformat() if revisit.refers_to_moment else ""
        return self.places.get((page, revisit.digest)) or self.places.get((page, moment))

    def page_at(self, place: Place) -> tuple[Capture, Wire]:
        """The page at a place of the archive's own files. Raises `DatabaseUnavailable` where it cannot be read."""
        return reader.read_exchange(self.folders, place.file, place.offset, self._resolve)

    def _page(self, revisit: reader.Revisit, place: Place) -> tuple[Capture, Wire] | None:
        try:
            page, wire = self.page_at(place)
        except DatabaseUnavailable:
            return None
        if revisit.answer is None:
            if wire.shown_at:  # that a web archive's page was as before says nothing of the page's own day
                return None
            page = replace(
                page, url=revisit.url, final_url=revisit.url, fetched_at=revisit.moment, place=None
            )
        else:  # the second answer was more than "not modified", and may tell where and when a web archive found the page
            head, told = revisit.answer
            page = replace(head, body=page.body)
            wire = replace(told, body=wire.body)
        return page, replace(wire, member=b"")

    def _resolve(self, digest: str, *_: str) -> tuple[Path | ObjectFile, int] | None:
        place = self.bytes_at.get(digest)
        if place is None and self.engine is not None:
            place = places_of(self.engine, {digest}).get(digest)
        return (locate(self.folders, place.file), place.offset) if place else None


def _own_digest(named: str) -> str:
    """A digest as this archive writes it; some programs write SHA-1 in hexadecimal digits.

    >>> _own_digest("sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709")
    'sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ'
    """
    found = _HEX_DIGEST.fullmatch(named)
    return "sha1:" + base64.b32encode(bytes.fromhex(found[1])).decode() if found else named
