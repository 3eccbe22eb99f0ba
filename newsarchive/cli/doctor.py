"""`newsarchive doctor`: what is wrong with the archive, its WARC files, its sites and the settings, each with its remedy."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from newsarchive import config
from newsarchive.cli.opening import database_url, place, warc_folders
from newsarchive.cli.options import config_option, option, warc_option
from newsarchive.cli.output import echo, on_terminal, print_json, say
from newsarchive.cli.schedule import is_installed, lost_folders
from newsarchive.exceptions import (
    DATABASE_FAILED,
    FAULT,
    BadCertificate,
    Damaged,
    DatabaseError,
    FetchError,
    ForbiddenByRobots,
    UsageError,
)
from newsarchive.findings import Check, Finding, Severity, error, note, warning
from newsarchive.times import utc_now

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from newsarchive.cli.fetching import Fetcher
    from newsarchive.db.frontier.known_sites import KnownSite

#: Seconds in which a server must answer the handshake that shows its certificate.
MAX_TLS_SECONDS = 10
#: Days that a certificate is still good for. With fewer, its site is named.
MIN_CERTIFICATE_DAYS = 7
#: Colours of severities on a terminal.
COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "blue"}


@click.command(
    epilog="""\b
Examples:
  newsarchive doctor
  newsarchive doctor --fix --db news.db
  newsarchive doctor --all --live --json

\b
Exit codes: 0 nothing is wrong (notes do not count), 1 something is, 2 usage, 5 the archive cannot be opened."""
)
@click.option("--fix", is_flag=True, help="Mend what can be mended without a loss, and look again.")
@click.option(
    "--all", "every_record", is_flag=True, help="Read every WARC record; by default a hundred of them."
)
@click.option("--live", is_flag=True, help="Ask each followed site: robots.txt, certificate, moved host.")
@warc_option
@option("json", help="A JSON object for each finding, on standard output.")
@click.option(
    "--db", metavar="FILE|URL", help="The archive; by default newsarchive.db, or what your settings say."
)
@config_option
def doctor(
    fix: bool, every_record: bool, live: bool, folder: str | None, as_json: bool, db: str | None
) -> None:
    """Look for what is wrong with the archive, its raw bytes, its sites and their hubs, the settings and the clock.

    Each finding has a severity and a remedy, mostly a command to paste. Nothing is changed without --fix, and no site is asked
    without --live.
    """
    from newsarchive import doctor as checks
    from newsarchive.db.engine import open_to_check

    held, found = settings()
    url, folder = database_url(db or str(held["database"])), folder or str(held["warc"])
    try:
        engine = open_to_check(url)
    except DatabaseError as failed:
        crawl = f"newsarchive sites add https://blog.example{named(url)}"
        found.append(error(Check.OPENS, str(failed), f"correct --db, or begin an archive: {crawl}"))
    else:
        found += looked_at(engine, url, folder, every_record, live)
        folders = warc_folders(engine, url, folder, perhaps_damaged=True)
        fixes = checks.mend(engine, folders, found) if fix else []
        for one in fixes:
            say(f"done: {one.value}")
        if fixes:
            found = settings()[1] + looked_at(engine, url, folder, every_record, live)
    show(found, as_json)
    if any(finding.check is Check.OPENS for finding in found):
        raise SystemExit(DATABASE_FAILED)
    if any(finding.severity is not Severity.NOTE for finding in found):
        raise SystemExit(FAULT)
    say(f"nothing wrong with {place(url)}")


def looked_at(engine: Engine, url: str, folder: str, every_record: bool, live: bool) -> list[Finding]:
    """What is wrong with an archive that can be opened, and with what concerns its sites."""
    from newsarchive import doctor as checks
    from newsarchive.db.frontier.sites import Sites

    folders = warc_folders(engine, url, folder, perhaps_damaged=True)
    found = checks.check(engine, folders, every_record=every_record)
    with suppress(DatabaseError, Damaged):  # a finding says so already
        sites = [site for site in Sites(engine).all() if site.followed]
        same = named(url)
        found += [*contact(sites), *site_settings(sites, same), *schedule(sites, same)]
        found += [finding for site in sites if live for finding in asked(site, same)]
    return found


def named(url: str) -> str:
    """The option that names the archive in a command to paste; the settings, which may be wrong, are not asked."""
    return f" --db {shlex.quote(config.pasted(place(url)))}"


# -- the settings --------------------------------------------------------------------------------------------------------


def settings() -> tuple[config.Config, list[Finding]]:
    """The settings, and what is wrong with their file; the defaults where they cannot be read."""
    from newsarchive.cli import sitelist

    remedy = "newsarchive config --help"
    try:
        held = config.load()
        sitelist.of_tables(held.tables, str(held.file))
    except UsageError as failed:
        return config.defaults(), [error(Check.SETTINGS, str(failed), remedy)]
    return held, []


def contact(sites: Sequence[KnownSite]) -> Iterator[Finding]:
    """Whether the user agent says how a site's owner reaches us."""
    with suppress(UsageError):  # `settings` says so
        held = config.load()
        if sites and not held["contact"] and not held["crawl.user_agent"]:
            line, file = 'contact = "you@example.org"', shlex.quote(str(held.file or config.FILE_NAME))
            yield warning(
                Check.CONTACT,
                "the user agent names no contact: a site's owner cannot reach you, and may block you instead",
                # Behind a table of an existing file the line would be the table's.
                f"write at the top of {file}: {line}" if held.file else f"echo '{line}' > {file}",
            )


def site_settings(sites: Sequence[KnownSite], same: str) -> Iterator[Finding]:
    """Settings of sites in the archive that this version does not know, or cannot use. `same` are the options that name the archive
    in a command, as for the next two."""
    from newsarchive.cli import sitelist
    from newsarchive.db.frontier.known_sites import BEFORE, LISTED

    for site in sites:
        own = {name: value for name, value in site.config.items() if name not in ("follow", LISTED, BEFORE)}
        try:
            sitelist.checked(own, site.home_url)
        except UsageError as failed:
            yield warning(
                Check.SETTINGS,
                str(failed),
                f"newsarchive sites export -o sites.toml{same}; then correct the file, and: newsarchive sites import sites.toml{same}",
            )


def schedule(sites: Sequence[KnownSite], same: str) -> Iterator[Finding]:
    """Whether something crawls the followed sites: a line of crontab, a timer of systemd, or whatever crawled them lately. What would
    crawl in a folder that is not there is told in any case."""
    for folder in lost_folders():
        yield warning(
            Check.SCHEDULE,
            f"a line of crontab or a timer crawls nothing: it names a folder that is not there: {folder}",
            f"delete it (crontab -e); in the new place: (crontab -l; newsarchive schedule --cron{same}) | crontab -",
        )
    recently = utc_now() - timedelta(hours=25)
    if not sites or any(site.last_success_at and site.last_success_at > recently for site in sites):
        return
    if not is_installed():
        yield note(
            Check.SCHEDULE,
            "nothing crawls the followed sites by itself: no line of crontab and no timer of systemd names newsarchive",
            f"(crontab -l; newsarchive schedule --cron{same}) | crontab -",
        )


# -- the network: with --live alone ---------------------------------------------------------------------------------------


def asked(site: KnownSite, same: str) -> Iterator[Finding]:
    """What a followed site answers now: its robots.txt, its front page, its certificate."""
    from newsarchive.cli.fetching import Fetcher
    from newsarchive.core.urls import site_of

    home = site.home_url
    fetcher = Fetcher(
        user_agent=str(site.settings.get("user_agent", "")),
        named=[home],
        verify_certificates=site.settings.get("verify_certificates") is not False,
    )
    try:
        answer = fetcher.get(home)
    except ForbiddenByRobots as failed:
        yield warning(
            Check.SITE_ROBOTS,
            str(failed),
            f"ask its owner, or: newsarchive sites pause {shlex.quote(home)}{same}",
        )
        return
    except BadCertificate as failed:
        yield warning(
            Check.SITE_CERTIFICATE, str(failed), "tell its owner, or take its pages all the same, as it says"
        )
        return
    except FetchError as failed:
        yield warning(Check.SITE_ANSWERS, str(failed), f"newsarchive crawl {shlex.quote(home)}{same}")
        return
    if site_of(answer.base_url) != site.domain:
        yield warning(
            Check.SITE_MOVED,
            f"{home} leads to {answer.base_url}: it moved",
            f"newsarchive sites add {shlex.quote(answer.base_url)}{same} && newsarchive sites pause {shlex.quote(home)}{same}",
        )
    ends = certificate_end(answer.base_url, fetcher)
    if ends is not None and ends - utc_now() < timedelta(days=MIN_CERTIFICATE_DAYS):
        yield warning(
            Check.SITE_CERTIFICATE,
            f"{home}: its certificate is good until {ends:%Y-%m-%d} only",
            "tell its owner",
        )


def certificate_end(url: str, fetcher: Fetcher) -> datetime | None:
    """Until when the certificate of a host is good; `None` without TLS, or where it is not checked or does not say."""
    import ssl

    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        return None
    try:
        with (
            fetcher.connect((parts.hostname, parts.port or 443), MAX_TLS_SECONDS) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname) as secure,
        ):
            ends = (secure.getpeercert() or {}).get("notAfter")
    except (OSError, FetchError):  # the front page was fetched a moment ago: it says more than this would
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(ends)), UTC) if ends else None


# -- printing ------------------------------------------------------------------------------------------------------------


def show(found: Sequence[Finding], as_json: bool) -> None:
    """Print the findings, the gravest first: a line and a remedy each, or a JSON object each."""
    order = list(Severity)
    found = sorted(found, key=lambda one: order.index(one.severity))
    if as_json:
        print_json(*found)
        return
    for finding in found:
        mark = f"{finding.severity}:"
        click.echo(
            click.style(mark, fg=COLOURS[finding.severity], bold=True) if on_terminal() else mark, nl=False
        )
        echo(f" {finding.message}")
        if finding.remedy:
            echo(f"  → {finding.remedy}")
