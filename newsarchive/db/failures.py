"""What a database driver says, as our errors: each names the archive and the remedy.

SQLite's "database or disk is full" becomes "news.db cannot be written: the disk is full; free some space and run again".
"""

from __future__ import annotations

import os
import re
import shlex
import sqlite3
from pathlib import Path

from newsarchive.config import pasted
from newsarchive.exceptions import DatabaseAway, DatabaseError, DatabaseUnavailable

#: Seconds that a connection waits for the lock of another one; after them the write fails.
BUSY_SECONDS = 60

#: Of an archive that lacks a column. A server that runs on while its archive is upgraded misses one as well.
_OTHER_VERSION = "holds an archive of another version: start again what ran on during an upgrade, or else: newsarchive db upgrade"
#: Pattern of what SQLite or PostgreSQL says → what to do about it. The first match counts.
_REMEDIES = (
    ("unable to open database file", "cannot be opened: does its folder exist, and may you write there?"),
    (
        "readonly database",
        "cannot be written: check the permissions of the file, of its folder, and of its -wal and -shm",
    ),
    ("read-only", "cannot be written: the disk or file is read-only"),
    ("file is not a database", "is not an SQLite database: name another file"),
    ("malformed", "is damaged: restore a backup, or try sqlite3's .recover"),
    ("disk is full", "cannot be written: the disk is full; free some space and run again"),
    ("no space left", "cannot be written: the disk is full; free some space and run again"),
    # SQLite needs some kilobytes beside a file in WAL mode even to read it.
    ("sqlite_ioerr_shmsize", "cannot be read: the disk is full; free some space and run again"),
    (
        "disk i/o error",
        "cannot be written or read: the disk reports an error; is it full, on a network drive, or formatted for files of 4 GB at most (FAT)?",
    ),
    ("is locked", f"was locked for {BUSY_SECONDS} seconds by another process: wait for it, or stop it"),
    ("no such table: (main.)?article_(search|trigrams)", "lacks its full-text index: newsarchive db rebuild"),
    ("no such table", "holds no archive, or an old one: newsarchive db upgrade"),
    ("no such column", _OTHER_VERSION),
    (r"database .* does not exist", "does not exist: createdb, then: newsarchive db upgrade"),
    ("authentication failed", "refuses this user or password"),
    ("no password supplied", "asks for a password: write it into ~/.pgpass, or give it in PGPASSWORD"),
)

#: PostgreSQL's code of what cannot be dropped. The detail of the error names what depends on it.
_DEPENDED_ON = "2BP01"
#: How PostgreSQL's code of an error begins (SQLSTATE) → what to do about it. Its words are in the language of the server.
_STATES = {
    _DEPENDED_ON: "has views or tables of yours that depend on its own, which an upgrade makes anew: drop them, and make "
    "them again after newsarchive db upgrade",
    "25006": "takes no changes, as a standby server does: name the primary server",
    "42501": "refuses this to its user: GRANT it, or name the user who owns the tables",
    "42703": _OTHER_VERSION,
    "42P01": "holds no archive, or an old one: newsarchive db upgrade",
    "53100": "cannot be written: the disk is full; free some space and run again",
    "57014": "broke a query off after the time that its statement_timeout allows: raise it for this user",
}
#: The same for a server that may answer again in a moment, by the code and by what is said where there is no connection yet.
_AWAY_STATES = {
    "57P": "broke off the connection: was PostgreSQL stopped or started again? Run again when it answers",
    "53300": "has too many connections: raise max_connections, or run fewer crawls side by side",
}
_AWAY = (
    ("connection refused|timeout expired", "does not answer: is PostgreSQL running there?"),
    ("too many (clients|connections)|connection slots|no more connections", _AWAY_STATES["53300"]),
    (
        "terminating connection|server closed the connection|shutting down|starting up|recovery mode|connection is (lost|closed)",
        _AWAY_STATES["57P"],
    ),
)


def explained(name: str, error: Exception, password: str | None = None) -> DatabaseError:
    """Our error for what a driver raised. `name` is how messages call the archive; the password is starred out."""
    orig = getattr(error, "orig", None) or error
    cause, state = str(orig).strip(), getattr(orig, "sqlstate", "")
    first = cause.splitlines()[0] if cause else type(error).__name__
    if password:
        # As a word alone: the password "postgres" of a server for trials would blank half of "postgresql". A sign at its
        # end is no part of a word, whatever stands beside it.
        before, after = (
            r"(?<!\w)" * bool(re.match(r"\w", password)),
            r"(?!\w)" * bool(re.search(r"\w\Z", password)),
        )
        first = re.sub(f"{before}{re.escape(password)}{after}", "***", first)
    kind, remedy = _remedy(f"{cause} {getattr(orig, 'sqlite_errorname', '')}".lower(), state)
    if kind is not None:
        of_archive = (
            f" --db {shlex.quote(pasted(name))}" if remedy.endswith(("db upgrade", "db rebuild")) else ""
        )
        detail = (
            getattr(getattr(orig, "diag", None), "message_detail", None) if state == _DEPENDED_ON else None
        )
        # It has a line for each view.
        return kind(
            f"{name} {remedy}{of_archive}" + (f" ({'; '.join(detail.splitlines())})" if detail else "")
        )
    # A server that lets nobody in says why in its own language, and the driver gives no code of it.
    is_out = state is None and any(one.__name__ == "OperationalError" for one in type(orig).__mro__)
    return (DatabaseAway if is_out else DatabaseError)(f"{name}: {first}")


def _remedy(said: str, state: str | None) -> tuple[type[DatabaseError] | None, str]:
    """What to do about an error, by its code and its words in lower case; `None` for one that is not known."""
    for states, kind in ((_STATES, DatabaseUnavailable), (_AWAY_STATES, DatabaseAway)):
        for begins, remedy in states.items():
            if state and state.startswith(begins):
                return kind, remedy
    for remedies, kind in ((_REMEDIES, DatabaseUnavailable), (_AWAY, DatabaseAway)):
        for pattern, remedy in remedies:
            if re.search(pattern, said):
                return kind, remedy
    return None, ""


def require_file(path: Path) -> None:
    """Raise `DatabaseUnavailable` where no file is at this path: SQLite would make an empty one."""
    if not path.exists():
        raise DatabaseUnavailable(
            f"{path}: no archive there: change to the folder that has it, or name it with --db; a first crawl makes one"
        )


def is_frozen(path: Path, error: sqlite3.Error) -> bool:
    """Whether a file that could not be opened lies on a read-only disk, and can be read as one that nobody changes.

    A file in WAL mode needs another one beside it even to be read. Where commits lie in a `-wal` beside it, they would be
    missed that way.
    """
    wal = path.with_name(path.name + "-wal")
    unread = wal.exists() and wal.stat().st_size > 0
    is_refused = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CANTOPEN
    return is_refused and not unread and not os.access(path.parent, os.W_OK)
