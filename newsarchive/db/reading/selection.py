"""Every article that matches, in flat memory, however many there are: what exports and `Archive.articles` read."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from newsarchive.db.reading.articles import Stored, load
from newsarchive.db.reading.search import Filters, ids
from newsarchive.db.readonly import File, reading

if TYPE_CHECKING:
    from sqlalchemy import Engine


class Selection:
    """The articles that match (`search.search`), in one of `search.ORDERS`; may be read again.

    Their ids are found at once (8 bytes each), and the articles are read in chunks: so memory stays flat, and no
    transaction stays open while the caller works. An article that is removed meanwhile is left out.
    """

    def __init__(
        self,
        source: File | Engine,
        words: str = "",
        filters: Filters | None = None,
        *,
        order: str = "id",
        limit: int | None = None,
        chunk: int = 200,
    ) -> None:
        self.source, self.chunk = source, chunk
        with reading(source) as reader:
            self.ids = array("q", ids(reader, words, filters or Filters(), order, limit))

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Stored]:
        for at in range(0, len(self.ids), self.chunk):
            with reading(self.source) as reader:
                loaded = load(reader, self.ids[at : at + self.chunk].tolist())
            yield from loaded
            del loaded  # otherwise two chunks would be in memory while the next is read


def articles(
    source: File | Engine,
    words: str = "",
    filters: Filters | None = None,
    *,
    order: str = "id",
    limit: int | None = None,
    chunk: int = 200,
    **chosen: Any,
) -> Iterator[Stored]:
    """Every article that matches, in one of `search.ORDERS`, in flat memory (see `Selection`)."""
    wanted = filters or Filters(**chosen)
    return iter(Selection(source, words, wanted, order=order, limit=limit, chunk=chunk))
