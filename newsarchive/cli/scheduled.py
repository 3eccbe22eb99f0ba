"""What crawls the followed sites on this machine: lines of crontab and units of systemd that name newsarchive.

A folder that was moved leaves a line behind that names the old one:

    17 * * * * cd /home/ann/news && .venv/bin/newsarchive crawl --all --quiet

`jobs` reads such lines and units, and `Job.missing` gives the paths in them that are not there: such a line crawls nothing.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from newsarchive import config
from newsarchive.cli.opening import database_url

#: Seconds that `crontab -l` may take.
CRONTAB_SECONDS = 5
#: Where files stand that cron reads beside the crontabs of users.
CRON_FOLDER = Path("/etc/cron.d")
#: Folders of the units of systemd: of the machine, and of this user.
UNIT_FOLDERS = (Path("/etc/systemd/system"), Path.home() / ".config/systemd/user")
#: What a line or unit that crawls has in it.
_CRAWLS = re.compile(r"newsarchive\b.*\bcrawl\b")
#: The program of such a line, where a path names it.
_PROGRAM = re.compile(r"/(?:newsarchive|python[\d.]*)$")
#: When a line of crontab runs: five fields, or a word such as `@hourly`. In `/etc/cron.d` the user follows.
_WHEN = re.compile(r"\s*(?:@\w+|(?:[^\s#=]+\s+){4}[^\s#=]+)\s+")
_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class Job:
    """A command that runs by itself. `place` is where it stands, `folder` the one in which it runs, "" for an unknown one."""

    place: str
    folder: str
    words: tuple[str, ...]

    def value(self, *names: str) -> str:
        """What an option (`--db FILE`) or a variable (`NAME=VALUE`) of this name has, "" for nothing."""
        for word, after in zip(self.words, (*self.words[1:], ""), strict=True):
            name, equals, value = word.partition("=")
            if name in names:
                return value if equals else after
        return ""

    @property
    def missing(self) -> list[str]:
        """The folder, program, archive and file of settings that it names and that are not there."""
        named = [self.folder, self.value("NEWSARCHIVE_CONFIG", "--config")]
        named += [word for word in self.words if "=" not in word and _PROGRAM.search(word)]
        db = self.value("--db", config.KEYS["database"].variable)
        if database_url(db).startswith(_SQLITE):
            named.append(database_url(db).removeprefix(_SQLITE).partition("?")[0])
        # What a shell would fill in is not known here.
        paths = [self._path(name) for name in named if name and not set(name) & set("$`*")]
        return list(dict.fromkeys(str(path) for path in paths if path and not path.exists()))

    def _path(self, name: str) -> Path | None:
        path = Path(name).expanduser()
        return path if path.is_absolute() else Path(self.folder, path) if self.folder else None


def jobs() -> list[Job]:
    """The lines of this user's crontab, the files in `/etc/cron.d` and the units of systemd that crawl by newsarchive."""
    found = list(_of_crontab("a line of crontab", crontab()))
    for path in sorted(CRON_FOLDER.glob("*")):
        found += _of_crontab(str(path), _text(path), has_user=True)
    for folder in UNIT_FOLDERS:
        for unit in sorted(folder.glob("*.service")):
            found += _of_unit(unit)
    return found


def are_named() -> bool:
    """Whether a timer or a file of cron has newsarchive in its name, whatever it runs."""
    return any(True for folder in UNIT_FOLDERS for _ in folder.glob("*newsarchive*.timer")) or any(
        True for _ in CRON_FOLDER.glob("*newsarchive*")
    )


def crontab() -> str:
    """The crontab of this user, "" where there is none."""
    if shutil.which("crontab") is None:
        return ""
    with suppress(OSError, subprocess.TimeoutExpired):
        return subprocess.run(
            ["crontab", "-l"], capture_output=True, text=True, timeout=CRONTAB_SECONDS, check=False
        ).stdout
    return ""


def _text(path: Path) -> str:
    with suppress(OSError):
        return path.read_text("utf-8", "replace")
    return ""


def _of_crontab(place: str, text: str, *, has_user: bool = False) -> Iterator[Job]:
    for line in text.splitlines():
        when = _WHEN.match(line)
        if not when or not _CRAWLS.search(line):
            continue
        command = line[when.end() :]
        if has_user:
            command = command.partition(" ")[2]
        # The first percent sign that is not escaped ends the command (crontab(5)).
        command = re.split(r"(?<!\\)%", command)[0].replace("\\%", "%")
        if words := _split(command):
            yield Job(place, _after(words, "cd"), tuple(words))


def _of_unit(path: Path) -> Iterator[Job]:
    """The service of a unit; one whose timer is not there runs by hand."""
    text = _text(path)
    if not _CRAWLS.search(text) or not path.with_suffix(".timer").exists():
        return
    folder, words = "", list[str]()
    for line in text.splitlines():
        name, _, value = line.partition("=")
        value = value.strip().replace("%%", "%")
        if name == "WorkingDirectory":
            folder = value
        elif name in ("Environment", "ExecStart"):
            words += _split(value.replace("$$", "$"))
    yield Job(f"the unit {path}", folder, tuple(words))


def _split(command: str) -> list[str]:
    with suppress(ValueError):  # a quote that nobody closed
        return shlex.split(command)
    return []


def _after(words: Sequence[str], word: str) -> str:
    """What stands behind the first of these words."""
    return next((after for one, after in pairwise(words) if one == word), "")
