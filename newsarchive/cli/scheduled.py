"""What crawls the followed sites on this machine: lines of crontab and units of systemd that name newsarchive.

A folder that was moved leaves a line behind that names the old one:

    17 * * * * cd /home/ann/news && .venv/bin/newsarchive crawl --all --quiet

`jobs` reads such lines and units, and `Job.missing` gives the paths in them that are not there: such a line crawls nothing.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
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
#: What a shell would fill in: what it stands for is not known here.
_OPEN = re.compile(r"[$`*?]")
#: What systemd fills in (systemd.unit(5), "Specifiers"), and the two signs for a percent sign.
_SPECIFIER = re.compile("%(.)")
#: What divides the commands of a line.
_BETWEEN_COMMANDS = re.compile(r"[;&|()]+")
#: What the name of a file follows into which a command writes, or from which it reads.
_REDIRECTION = re.compile(r"[<>&|]*[<>][<>&|]*")
#: What may stand before the program in `ExecStart` (systemd.service(5)).
_EXEC_PREFIXES = "@-:+!|"
_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class Job:
    """A command that runs by itself. `place` is where it stands, `folder` the absolute path of the one in which it runs, "" for an
    unknown one."""

    place: str
    folder: str
    words: tuple[str, ...]
    #: Whether it runs as this user, so that `~` is this user's folder.
    is_own: bool = True
    #: Whether it is a line of this user's crontab, which `crontab -e` opens.
    in_crontab: bool = False

    def value(self, *names: str) -> str:
        """What an option (`--db FILE`) or a variable (`NAME=VALUE`) of this name has, "" for nothing."""
        for word, after in zip(self.words, [*self.words[1:], ""], strict=False):
            name, equals, value = word.partition("=")
            if name in names:
                return value if equals else after
        return ""

    @property
    def missing(self) -> list[str]:
        """The folder, program, archive and file of settings that it names and that are not there."""
        named = [self.folder, self.value("NEWSARCHIVE_CONFIG", "--config")]
        named += [word for word in self.words if "=" not in word and _PROGRAM.search(word)]
        paths = [self._path(name) for name in named]
        url = database_url(self.value("--db", config.KEYS["database"].variable))
        if url.startswith(_SQLITE):
            file = self._path(url.removeprefix(_SQLITE).partition("?")[0])
            # A crawl of one site makes an archive that is not there.
            paths.append(file if "--all" in self.words else file and file.parent)
        return list(dict.fromkeys(str(path) for path in paths if path and _is_missing(path)))

    def _path(self, name: str) -> Path | None:
        found = _absolute(name, self.folder, is_own=self.is_own)
        return Path(found) if found else None


def _absolute(name: str, folder: str, *, is_own: bool) -> str:
    """The path that a name has in a folder, "" where it is not known."""
    if not name or _OPEN.search(name) or (name.startswith("~") and not is_own):
        return ""
    path = os.path.join(folder, os.path.expanduser(name))
    return os.path.normpath(path) if os.path.isabs(path) else ""


def _is_missing(path: Path) -> bool:
    """Whether nothing is there. A folder into which this user may not look may hold anything."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def jobs() -> list[Job]:
    """The lines of this user's crontab, the files in `/etc/cron.d` and the units of systemd that crawl by newsarchive."""
    found = [replace(job, in_crontab=True) for job in _of_crontab("a line of crontab", crontab())]
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
            command = "".join(command.split(maxsplit=1)[1:])
        # The first percent sign that is not escaped ends the command (crontab(5)).
        command = re.split(r"(?<!\\)%", command)[0].replace("\\%", "%")
        yield from _of_line(place, command, is_own=not has_user)


def _of_line(place: str, line: str, *, is_own: bool) -> Iterator[Job]:
    """The commands of a line that crawl, each in the folder to which the commands before it have changed."""
    folder, before = "", list[str]()
    for words in _commands(line):
        if words[0] == "cd":
            folder = _absolute(words[-1], folder, is_own=is_own) if len(words) > 1 else ""
        elif _CRAWLS.search(" ".join(words)):
            yield Job(place, folder, (*before, *words), is_own)
        elif words[0] == "export":
            before += words[1:]


def _commands(line: str) -> Iterator[list[str]]:
    """The words of each command of a line, without the files into which it writes."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    found, is_file = list[list[str]]([[]]), False
    with suppress(ValueError):  # a quote that nobody closed
        for word in lexer:
            if _REDIRECTION.fullmatch(word):
                is_file = True
            elif _BETWEEN_COMMANDS.fullmatch(word):
                found.append([])
            elif is_file:
                is_file = False
            else:
                found[-1].append(word)
        yield from filter(None, found)


def _of_unit(path: Path) -> Iterator[Job]:
    """The service of a unit; one whose timer is not there runs by hand."""
    text = re.sub(r"\\\n", " ", _text(path))
    if not _CRAWLS.search(text) or not path.with_suffix(".timer").exists():
        return
    is_own = Path.home() in path.parents
    known = {"%": "%"} | ({"h": str(Path.home())} if is_own else {})
    folder, words = "", list[str]()
    for line in text.splitlines():
        name, _, value = line.partition("=")
        name = name.strip()
        value = _SPECIFIER.sub(lambda found: known.get(found[1], "$"), value.strip())
        if name == "WorkingDirectory":
            folder = "" if value.startswith("-") else _absolute(value, "", is_own=is_own)
        elif name == "Environment":
            words += _split(value)
        elif name == "ExecStart":
            words += _split(value.lstrip(_EXEC_PREFIXES))
    yield Job(f"the unit {path}", folder, tuple(words), is_own)


def _split(command: str) -> list[str]:
    with suppress(ValueError):  # a quote that nobody closed
        return shlex.split(command)
    return []
