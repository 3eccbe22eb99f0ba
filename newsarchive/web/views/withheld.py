"""The register of what the archive withholds, to read and as CSV. It has addresses, reasons and digests, and no text."""

from __future__ import annotations

from newsarchive.db.reading.withheld import entries
from newsarchive.export.register import csv
from newsarchive.web.answers import Answer, Content, Page, Request
from newsarchive.web.library import Library

#: Entries of the page, the newest ones; the CSV has all.
MAX_ENTRIES = 500


def register(library: Library, request: Request) -> Answer:
    """What is withheld, was shown again, or was erased, and why."""
    found = entries(library.engine)
    return Page("withheld.html", {"entries": found[:MAX_ENTRIES], "total": len(found)}, found)


def as_csv(library: Library, request: Request) -> Answer:
    """The whole register for another program."""
    return Content(csv(entries(library.engine)), "text/csv; charset=utf-8", "register.csv")
