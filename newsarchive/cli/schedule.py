"""`newsarchive schedule`: prints lines for cron or systemd that crawl the followed sites once an hour on this machine.

`is_installed` tells whether such a line stands there already, and `lost_folders` which of them would crawl in a folder that is not
there any more, because the archive has moved.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import click

from newsarchive import config
from newsarchive.cli.opening import database_source, database_url, require_archive
from newsarchive.cli.options import db_option, output_option
from newsarchive.cli.output import at_most_one, complain
from newsarchive.exceptions import UsageError

#: The variables that say by which proxy a crawl goes, in small letters or in capitals.
PROXIES = ("http_proxy", "https_proxy", "no_proxy")
#: The variables by which OpenSSL finds the certificates that it trusts, as behind a proxy that reads along.
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
#: Seconds that `crontab -l` may take.
CRONTAB_SECONDS = 5
#: Where files stand that cron reads beside the crontabs of users.
CRON_FOLDER = Path("/etc/cron.d")
#: Folders of the units of systemd: of the machine, and of this user.
UNIT_FOLDERS = (Path("/etc/systemd/system"), Path(os.path.expanduser("~/.config/systemd/user")))
#: A line of cron or of a unit that crawls; one behind `#` does nothing.
_CRAWLS = re.compile(r"^[^#\n]*newsarchive\b.*\bcrawl\b", re.MULTILINE)
#: The folder of such a line or unit, as `schedule` writes it; one that is written in another way is not looked for.
_FOLDER = re.compile(
    r"^(?:[^#\n]*?\bcd ('[^\n]*?'|\S+) &&.*newsarchive\b.*\bcrawl\b|WorkingDirectory=(.+)$)", re.MULTILINE
)


@click.command(
    epilog="""\b
Examples:
  (crontab -l; newsarchive schedule --cron --db news.db) | crontab -
  newsarchive schedule --systemd --db news.db"""
)
@click.option("--cron", "as_cron", is_flag=True, help="A line for crontab.")
@click.option("--systemd", "as_systemd", is_flag=True, help="A service and a timer of the user's systemd.")
@output_option
@db_option
@click.pass_context
def schedule(ctx: click.Context, /, as_cron: bool, as_systemd: bool, db: str) -> None:
    """Print lines for cron or systemd that crawl every followed site once an hour. Nothing is installed or changed.

    The crawls have the settings of this shell: those of newsarchive.toml, of the variables NEWSARCHIVE_…, and of those that
    name a proxy or a file of certificates. Each crawl finds new posts, and looks again at older ones for edits and deletions.
    It prints only what went wrong.
    """
    at_most_one("schedule", cron=as_cron, systemd=as_systemd)
    if not (as_cron or as_systemd):
        raise UsageError("schedule: give --cron or --systemd")
    require_archive(ctx, db)
    url, held = absolute(database_url(db)), variables()
    # The file of settings that `variables` names may name the archive too.
    is_in_file = database_source(ctx) == str(config.load().file)
    if not is_in_file and config.without_password(url) != url:
        held |= {config.KEYS["database"].variable: url}  # every user sees the options of a running command
        is_in_file = True
    line = command("" if is_in_file else url)
    click.echo(cron(url, line, held) if as_cron else systemd(url, line, held), nl=False)
    names = {key.variable: key.name for key in config.KEYS.values()}
    keys = {names.get(variable, variable): value for variable, value in held.items()}
    if secret := [name for name, value in keys.items() if _is_secret(name, value)]:
        place = f"a setting into {config.FILE_NAME}, which only you may read (chmod 600), a proxy into a line of crontab of its own"
        complain(
            f"these lines hold a secret ({', '.join(secret)}), which others can read in cron's log and mails or by systemctl show:"
            f" write {place} or a unit's EnvironmentFile, and print the lines again without it"
        )


def _is_secret(name: str, value: str) -> bool:
    if name.lower() in PROXIES and "://" not in value:
        value = f"http://{value}"  # which may be left out of a proxy's address
    return bool(config.without_secret(name, value) != value)


def variables() -> dict[str, str]:
    """The variables of this shell that a crawl heeds, which cron and systemd must set because they do not know them."""
    held = config.load()
    found = {config.FILE_VARIABLE: str(held.file.absolute())} if held.file else {}
    names = [key.variable for key in config.KEYS.values() if key.name != "database"]
    names += [*PROXIES, *(name.upper() for name in PROXIES), *CERTIFICATES]
    return found | {name: os.environ[name] for name in names if os.environ.get(name)}


def absolute(url: str) -> str:
    """The database URL with a full path, because cron starts in another folder."""
    prefix = "sqlite:///"
    name = url.removeprefix(prefix)
    return f"{prefix}{Path(name).absolute()}" if url.startswith(prefix) and name else url


def command(url: str) -> list[str]:
    """The command that crawls, with the full path of this Python, because cron has another PATH.

    `url` is the archive, "" where the settings name it.
    """
    # The path is not resolved: the Python of a virtual environment is a link, and finds its packages by the link's folder.
    words = [str(Path(sys.executable).absolute()), "-m", "newsarchive", "crawl", "--all", "--quiet"]
    return [*words, "--db", url] if url else words


def minute(url: str) -> int:
    """The minute of the hour at which an archive is crawled, from its URL: archives get different minutes."""
    return zlib.crc32(url.encode()) % 60


def cron(url: str, words: list[str], held: Mapping[str, str]) -> str:
    """A line for crontab, where a percent sign must be escaped because it ends the command (crontab(5))."""
    folder = shlex.quote(str(Path.cwd()))
    settings = [f"{name}={value}" for name, value in held.items()]
    run = shlex.join(["env", *settings, *words] if settings else words)
    line = f"cd {folder} && {run}".replace("%", "\\%")
    return f"{minute(url)} * * * * {line}\n"


def systemd(url: str, words: list[str], held: Mapping[str, str]) -> str:
    """A service and a timer (systemd.service(5), systemd.timer(5)), with comments that say where to put them."""
    line = " ".join(_quoted(word).replace("$", "$$") for word in words)
    settings = "".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in held.items())
    return f"""\
# ~/.config/systemd/user/newsarchive.service
[Unit]
Description=Crawl the sites of newsarchive

[Service]
Type=oneshot
WorkingDirectory={str(Path.cwd()).replace("%", "%%")}
{settings}ExecStart={line}
# 3: some sites failed, which the log tells; 75: the last crawl is still at work; 143: stopped before it began.
SuccessExitStatus=3 75 143
TimeoutStopSec=300

# ~/.config/systemd/user/newsarchive.timer
[Unit]
Description=Crawl the sites of newsarchive every hour

[Timer]
OnCalendar=*:{minute(url):02}
Persistent=true

[Install]
WantedBy=timers.target

# Then: systemctl --user daemon-reload && systemctl --user enable --now newsarchive.timer
# So that it runs while nobody is logged in, too: loginctl enable-linger
"""


def _quoted(word: str) -> str:
    """A word in systemd's quoting: percent signs are doubled, quotes and backslashes are escaped."""
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{text}"'


def is_installed() -> bool:
    """Whether a line of this user's crontab, a file of cron or a timer of systemd crawls, or has newsarchive in its name."""
    return any("newsarchive" in name or _CRAWLS.search(text) for name, text in _jobs())


def lost_folders() -> list[str]:
    """The folders in which lines or units would crawl, and that are not there."""
    found = []
    for _, text in _jobs():
        for changed, of_unit in _FOLDER.findall(text) if _CRAWLS.search(text) else ():
            with suppress(ValueError):  # a quote that nobody closed
                found += shlex.split(changed.replace("\\%", "%")) or [of_unit.strip().replace("%%", "%")]
    return [folder for folder in dict.fromkeys(found) if folder.startswith("/") and _is_missing(folder)]


def _is_missing(folder: str) -> bool:
    """Whether nothing is there. A folder into which this user may not look may hold anything."""
    try:
        os.stat(folder)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _jobs() -> Iterator[tuple[str, str]]:
    """The crontab of this user, the files of cron, and the services of timers: each its name and text."""
    yield "", crontab()
    timers = (timer for folder in UNIT_FOLDERS for timer in folder.glob("*.timer"))
    for file in [*CRON_FOLDER.glob("*"), *(timer.with_suffix(".service") for timer in timers)]:
        text = ""
        with suppress(OSError):  # a line of a unit that goes on in the next is one line here
            text = file.read_text("utf-8", "replace").replace("\\\n", " ")
        yield file.name, text


def crontab() -> str:
    """The crontab of this user, "" where there is none."""
    with suppress(OSError, subprocess.TimeoutExpired):
        return subprocess.run(
            ["crontab", "-l"], capture_output=True, text=True, timeout=CRONTAB_SECONDS, check=False
        ).stdout
    return ""
