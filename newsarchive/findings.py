"""What is wrong with an archive, its files or its settings: `Finding`, as `newsarchive doctor` and `db check` print it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a finding is. A note asks for nothing: the archive works."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Check(StrEnum):
    """What was looked at."""

    OPENS = "opens"
    WRITABLE = "writable"
    SCHEMA = "schema"
    INTEGRITY = "integrity"
    INDEXES = "indexes"
    REFERENCES = "references"
    FULL_TEXT = "full text"
    ROWS = "rows"
    VALUES = "values"
    VIEWS = "views"
    COPIES = "copies"
    DISK_SPACE = "disk space"
    WAL = "wal"
    WARC_FILES = "warc files"
    WARC_RECORDS = "warc records"
    WARC_OPEN = "warc open files"
    WARC_WAITING = "warc waiting files"
    WITHHELD = "withheld"
    SITE_FAILING = "site failing"
    SITE_NOT_CRAWLED = "site not crawled"
    SITE_ROBOTS = "site robots"
    SITE_MOVED = "site moved"
    SITE_ANSWERS = "site answers"
    SITE_CERTIFICATE = "site certificate"
    SITE_HUB = "site hub"
    SETTINGS = "settings"
    CONTACT = "contact"
    SCHEDULE = "schedule"
    CLOCK = "clock"


class Fix(StrEnum):
    """What can be mended without a loss, whatever else is wrong."""

    REBUILD_FULL_TEXT = "rebuild the full-text index"
    REBUILD_INDEXES = "rebuild the indexes"
    REMAKE_VIEWS = "make the views anew"
    CHECKPOINT = "move the write-ahead log into the archive"
    NAME_WARC_FILES = "give WARC files their final names"
    MOVE_WARC_FILES = "move WARC files into object storage"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `remedy` is a command to paste, or a sentence where no command helps; `fix` is what mends it."""

    check: Check
    severity: Severity
    message: str
    remedy: str = ""
    fix: Fix | None = None

    def __str__(self) -> str:
        return self.message


def error(check: Check, message: str, remedy: str = "", fix: Fix | None = None) -> Finding:
    return Finding(check, Severity.ERROR, message, remedy, fix)


def warning(check: Check, message: str, remedy: str = "", fix: Fix | None = None) -> Finding:
    return Finding(check, Severity.WARNING, message, remedy, fix)


def note(check: Check, message: str, remedy: str = "") -> Finding:
    return Finding(check, Severity.NOTE, message, remedy)
