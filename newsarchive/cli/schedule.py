"""`newsarchive schedule`: lines for cron or systemd that work on this machine."""

from __future__ import annotations

import os
import shlex
import sys
import zlib
from pathlib import Path

import click

from newsarchive import config
from newsarchive.cli.common import database_source, database_url, db_option, require_archive
from newsarchive.cli.options import output_option
from newsarchive.exceptions import UsageError


@click.command(
    epilog="""\b
Examples:
  (crontab -l; newsarchive schedule --cron --db news.db) | crontab -
  newsarchive schedule --systemd --db news.db"""
)
@click.option("--cron", "kind", flag_value="cron", help="A line for crontab.")
@click.option("--systemd", "kind", flag_value="systemd", help="A service and a timer of the user's systemd.")
@output_option
@db_option
@click.pass_context
def schedule(ctx: click.Context, /, kind: str | None, db: str) -> None:
    """Print what makes this machine crawl every followed site once an hour. Nothing is changed.

    What holds here (newsarchive.toml, variables NEWSARCHIVE_…) holds there too. Each run finds new posts and looks
    again at those that are due, so that edits and deletions are met; it prints only what went wrong.
    """
    if kind is None:
        raise UsageError("for what? say --cron or --systemd")
    require_archive(ctx, db)
    url = absolute(database_url(db))
    named = database_source(ctx) == str(config.load().file)  # the file that is carried over names the archive
    line = words("" if named else url)
    click.echo(cron(url, line) if kind == "cron" else systemd(url, line), nl=False)


def carried() -> dict[str, str]:
    """The variables that hold here, to be set there: cron and systemd know nothing of a shell's."""
    held = config.load()
    found = {config.FILE_VARIABLE: str(held.file.absolute())} if held.file else {}
    variables = [key.variable for key in config.KEYS.values() if key.name != "database"]
    return found | {name: os.environ[name] for name in variables if os.environ.get(name)}


def absolute(url: str) -> str:
    """The database with its full path: cron starts elsewhere."""
    prefix = "sqlite:///"
    name = url.removeprefix(prefix)
    return f"{prefix}{Path(name).absolute()}" if url.startswith(prefix) and name else url


def words(url: str) -> list[str]:
    """The command with this very Python, whatever cron's PATH is; for no URL the settings name the archive."""
    # Not resolved: the Python of a virtual environment is a link, and knows its packages by its place.
    command = [str(Path(sys.executable).absolute()), "-m", "newsarchive", "crawl", "--all", "--quiet"]
    return [*command, "--db", url] if url else command


def minute(url: str) -> int:
    """The same for each archive, another for each: not every crawl of the world at the full hour."""
    return zlib.crc32(url.encode()) % 60


def cron(url: str, command: list[str]) -> str:
    """A crontab line; in crontab a percent sign ends the command, unless escaped (crontab(5))."""
    folder = shlex.quote(str(Path.cwd()))
    variables = [f"{name}={value}" for name, value in carried().items()]
    run = shlex.join(["env", *variables, *command] if variables else command)
    line = f"cd {folder} && {run}".replace("%", "\\%")
    return f"{minute(url)} * * * * {line}\n"


def systemd(url: str, command: list[str]) -> str:
    """Two units (systemd.service(5), systemd.timer(5)) with comments that say where they go."""
    line = " ".join(_quoted(word).replace("$", "$$") for word in command)
    variables = "".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in carried().items())
    return f"""\
# ~/.config/systemd/user/newsarchive.service
[Unit]
Description=Crawl the sites of newsarchive

[Service]
Type=oneshot
WorkingDirectory={str(Path.cwd()).replace("%", "%%")}
{variables}ExecStart={line}
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
    """As systemd reads a word: percent signs doubled, quotes and backslashes escaped."""
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{text}"'
