"""The errors that newsarchive raises on purpose, and the exit codes of its commands.

NewsArchiveError
├── UsageError            an argument is wrong; the message names it and what to type instead
│   ├── WrongType         an argument has the wrong type (a TypeError as well)
│   └── BadRules          a rule file is wrong; the message names file and key
├── OutputError           a file cannot be written; the message names it and the remedy
├── Damaged               a stored value is not as the program writes it; the message names its column
├── FetchError            a URL gave no usable response
│   ├── ForbiddenByRobots     the site's robots.txt forbids us to ask for it
│   ├── BadCertificate        the certificate of its server is not valid
│   └── PrivateAddress        it leads into a private network that nobody opened
├── NotAnArticle          the page is no article; `reason` is a stable, countable word
│   └── StepFailed            a step of another project failed on the page
└── DatabaseError         the archive cannot be used as asked
    ├── DatabaseTooNew    written by a newer newsarchive
    ├── DatabaseUnavailable   cannot be opened, read or written
    │   ├── DatabaseAway          its server does not answer, or broke off: it may be back in a moment
    │   └── StorageAway           the object storage of the raw bytes does not answer, or refuses
    ├── DamagedText       what an article consists of cannot be unpacked
    └── NoSuchArticle     nothing stored under that URL or id
        └── Withheld      it is stored, or was, and is withheld; `entry` is its entry in the register

`scrapy crawl` and the command `newsarchive` share the exit codes. A run in which something failed never ends with 0.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any


class NewsArchiveError(Exception):
    """The root: `except NewsArchiveError` catches what newsarchive raises on purpose."""


class UsageError(NewsArchiveError):
    """An argument is wrong. The message names the argument and the remedy."""


class WrongType(UsageError, TypeError):
    """An argument has the wrong type. The message names the argument, what was given, and what to pass."""

    def __init__(self, argument: str, given: object, wanted: str) -> None:
        text = " ".join(repr(given)[:1000].split())
        text = text if len(text) <= 60 else text[:59] + "…"
        super().__init__(f"{argument} is {type(given).__name__} {text}: {wanted}")

    def __reduce__(self) -> tuple[Callable[[str], WrongType], tuple[str]]:
        return _wrong_type, (str(self),)  # without what was given: an open file goes to no other process


def _wrong_type(message: str) -> WrongType:
    error = WrongType.__new__(WrongType)
    error.args = (message,)
    return error


class BadRules(UsageError):
    """A TOML rule file is wrong."""

    def __init__(self, file: str, key: str, problem: str) -> None:
        self.file, self.key, self.problem = file, key, problem
        super().__init__(f"{file}: {key}: {problem}" if key else f"{file}: {problem}")

    def __reduce__(self) -> tuple[type[BadRules], tuple[str, str, str]]:
        return BadRules, (self.file, self.key, self.problem)


class OutputError(NewsArchiveError):
    """A file or folder cannot be written. The message names it and the remedy."""


class Damaged(NewsArchiveError):
    """A stored value is not as the program writes it, after damage or a change by hand. The message names its column.

    It is no `DatabaseError`, because the database works: a crawl that meets such a value loses one post and goes on.
    """


class FetchError(NewsArchiveError):
    """A URL gave no usable response. The message names the URL and the cause."""


class ForbiddenByRobots(FetchError):
    """The site's robots.txt forbids us to ask for a URL."""


class BadCertificate(FetchError):
    """The certificate of a server is not valid. The message names the cause and the remedy."""


class PrivateAddress(FetchError):
    """A URL leads into a private network that the user has not opened. The message names host, address and setting."""


class NotAnArticle(NewsArchiveError):
    """A page holds no article.

    `reason` is an `items.DropReason`, so that runs can count it; `detail` says more
    to a person.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}" if detail else reason)

    def __reduce__(self) -> tuple[type[NotAnArticle], tuple[str, str]]:
        return NotAnArticle, (self.reason, self.detail)


class StepFailed(NotAnArticle):
    """A step that another project brings failed on one page. The crawl goes on, and the page is dropped."""

    def __init__(self, step: str, problem: str) -> None:
        self.step, self.problem = step, problem
        super().__init__("step failed", f"{step}: {problem}")

    def __reduce__(self) -> tuple[type[StepFailed], tuple[str, str]]:
        return StepFailed, (self.step, self.problem)


class DatabaseError(NewsArchiveError):
    """The archive cannot be used as asked."""


class DatabaseTooNew(DatabaseError):
    """The database was written by a newer newsarchive than this one."""


class DatabaseUnavailable(DatabaseError):
    """The database cannot be opened, read or written."""


class DatabaseAway(DatabaseUnavailable):
    """The server of the database does not answer, or broke off the connection. It may be back in a moment, as after a restart."""


class StorageAway(DatabaseUnavailable):
    """The object storage with the raw bytes does not answer, or refuses. The database is not concerned."""


class DamagedText(DatabaseError):
    """What an article consists of cannot be unpacked. The message names the article and the remedy."""


class NoSuchArticle(DatabaseError):
    """Nothing is stored under that URL or id."""


class Withheld(NoSuchArticle):
    """An article is withheld, or was erased. `entry` is its `db.reading.hidden.Entry` in the register."""

    def __init__(self, entry: Any) -> None:
        self.entry = entry
        super().__init__(entry.sentence)

    def __reduce__(self) -> tuple[type[Withheld], tuple[Any]]:
        return Withheld, (self.entry,)


#: A fault in the program, or nothing found.
FAULT = 1
#: Wrong usage: nothing was done.
USAGE = 2
#: The work was done in part: some sites failed, some posts could not be fetched and wait for the next crawl, or an alarm
#: says that what a site gave is not what it gave before.
SOME_FAILED = 3
#: The site, or every site, could not be crawled.
ALL_FAILED = 4
#: The database, or a value in it, could not be read or written.
DATABASE_FAILED = 5
#: Another crawl of the followed sites is running (`EX_TEMPFAIL` of sysexits.h).
LOCKED = 75
#: Ctrl+C before the crawl began, as shells count it.
STOPPED_BY_CTRL_C = 128 + signal.SIGINT
#: SIGTERM before the crawl began.
STOPPED_BY_SIGTERM = 128 + signal.SIGTERM
