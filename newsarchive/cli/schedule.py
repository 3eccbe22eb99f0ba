"""`newsarchive schedule`: lines for cron or systemd that work on this machine."""

from __future__ import annotations

import shlex
import sys
import zlib
from pathlib import Path

import click

from newsarchive.cli.common import database_url, db_option
from newsarchive.exceptions import UsageError


@click.command(
    epilog="""\b
Examples:
  (crontab -l; newsarchive schedule --cron --db news.db) | crontab -
  newsarchive schedule --systemd --db news.db"""
)
@click.option("--cron", "kind", flag_value="cron", help="A line for crontab.")
@click.option("--systemd", "kind", flag_value="systemd", help="A service and a timer of the user's systemd.")
@db_option
def schedule(kind: str | None, db: str) -> None:
    """Print what makes this machine crawl every followed site once an hour. Nothing is changed."""
    if kind is None:
        raise UsageError("for what? say --cron or --systemd")
    url = absolute(database_url(db))
    click.echo(cron(url) if kind == "cron" else systemd(url), nl=False)


def absolute(url: str) -> str:
    """The database with its full path: cron starts elsewhere."""
    prefix = "sqlite:///"
    name = url.removeprefix(prefix)
    return f"{prefix}{Path(name).absolute()}" if url.startswith(prefix) and name else url


def words(url: str) -> list[str]:
    """The command with this very Python, whatever cron's PATH is."""
    # Not resolved: the Python of a virtual environment is a link, and knows its packages by its place.
    return [str(Path(sys.executable).absolute()), "-m", "newsarchive", "crawl", "--all", "--db", url]


def minute(url: str) -> int:
    """The same for each archive, another for each: not every crawl of the world at the full hour."""
    return zlib.crc32(url.encode()) % 60


def cron(url: str) -> str:
    """A crontab line; in crontab a percent sign ends the command, unless escaped (crontab(5))."""
    folder = shlex.quote(str(Path.cwd()))
    line = f"cd {folder} && {shlex.join(words(url))}".replace("%", "\\%")
    return f"{minute(url)} * * * * {line}\n"


def systemd(url: str) -> str:
    """Two units (systemd.service(5), systemd.timer(5)) with comments that say where they go."""
    line = " ".join(_quoted(word) for word in words(url))
    return f"""\
# ~/.config/systemd/user/newsarchive.service
[Unit]
Description=Crawl the sites of newsarchive

[Service]
Type=oneshot
WorkingDirectory={str(Path.cwd()).replace("%", "%%")}
ExecStart={line}
# 3: some sites failed, which the log tells; 75: the last crawl is still at work.
SuccessExitStatus=3 75
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
"""


def _quoted(word: str) -> str:
    """As systemd reads a word: % and $ doubled, quotes and backslashes escaped."""
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{text}"'
