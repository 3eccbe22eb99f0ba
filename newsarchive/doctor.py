"""What is wrong with an archive: its database, its WARC files, its sites and the clock; and mending what can be mended.

    for finding in check(open_existing(url), [warc_folder]):
        print(finding.severity, finding.message, finding.remedy)

Each check is a function that gives findings, and asks nothing of the network. Those of the database stand in
`newsarchive.db.checks`; `newsarchive doctor` adds those of the settings.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Engine

from newsarchive.core.urls import site_of
from newsarchive.db import checks
from newsarchive.db.checks import guarded
from newsarchive.db.engine import command, is_writable, reading, shown
from newsarchive.db.frontier import known_sites
from newsarchive.db.frontier.hubs import MAX_RELIANCE, State, subscriptions
from newsarchive.db.frontier.known_sites import KnownSite
from newsarchive.db.reading.coverage import STRIP_DAYS, Failure, failures
from newsarchive.db.reading.hidden import due, entries
from newsarchive.db.readonly import Reader
from newsarchive.exceptions import DatabaseUnavailable
from newsarchive.findings import Check, Finding, Fix, error, warning
from newsarchive.reprs import counted
from newsarchive.times import utc_now
from newsarchive.warc.files import OPEN, all_files, is_address, length_of, locate, moved_to, written_in
from newsarchive.warc.reader import verify
from newsarchive.warc.writer import is_held, recover, settle, waiting

#: Records of pages, and as many of what sources said of posts, that are read unless all are asked for.
SAMPLED_RECORDS = 100
#: Free bytes of a disk. With less, the next crawls may fill it.
MIN_FREE_BYTES = 2**30
#: A followed site whose last success is longer ago than this may be gone: to follow it no longer is then named as a remedy.
MIN_TIME_GONE = timedelta(days=7)
#: This many newest captures of a site tell whether it has moved to another host.
NEWEST_CAPTURES = 20
#: A fetch may seem to lie this far in the future, because the clocks of two machines differ.
MAX_CLOCK_DIFFERENCE = timedelta(minutes=10)
#: A server of WebSub whose last sign of life is older than this was given up, and is not reported any more.
MAX_TOLD_SILENCE = timedelta(days=30)
#: Findings of one kind that are named; further ones are counted.
MAX_NAMED = 10


def check(
    engine: Engine, folders: Sequence[Path | str], *, every_record: bool = False, now: datetime | None = None
) -> list[Finding]:
    """All checks of an archive. `folders` are those of its WARC files; the first is its own.

    Reads the whole database, and about `SAMPLED_RECORDS` WARC records of each kind or every one.
    """
    now = now or utc_now()
    found = checks.database(engine)
    if any(finding.check is Check.OPENS for finding in found):
        return found
    found += list(writable(engine)) or raw_bytes_writable(written_in(folders))
    found += disk_space([path for path in (checks.folder(engine), written_in(folders)) if path])
    if any(finding.check is Check.SCHEMA for finding in found):
        return found  # what its tables hold is asked by the version that made them
    found += guarded(Check.WARC_FILES, lambda it: warc_files(it, folders), engine)
    found += warc_open(engine, written_in(folders))
    found += warc_waiting(engine, folders)
    found += guarded(Check.WARC_RECORDS, lambda it: warc_records(it, folders, every_record), engine)
    found += guarded(Check.WITHHELD, lambda it: withheld_due(it, now), engine)
    found += guarded(Check.SITE_FAILING, lambda it: sites(it, now), engine)
    found += guarded(Check.SITE_HUB, lambda it: hubs(it, now), engine)
    found += guarded(Check.CLOCK, lambda it: clock(it, now), engine)
    return list({finding.message: finding for finding in reversed(found)}.values())[::-1]


def withheld_due(engine: Engine, now: datetime) -> Iterator[Finding]:
    """Withheld articles whose day has come (the next crawl shows them, if there is one), and erasures that were broken off."""
    for entry in entries(engine, ("erasing",)):
        yield error(
            Check.WITHHELD,
            f"{entry.url}: its erasure was broken off, and its bytes may still be in the archive",
            command(engine, f"withhold erase {entry.article_id} --reason {shlex.quote(entry.reason)} --yes"),
        )
    if found := due(engine, now):
        named = ", ".join(entry.url for entry in found[:MAX_NAMED])
        yield warning(
            Check.WITHHELD,
            f"{len(found)} withheld until a day that has come, and not shown again yet: {named}",
            command(engine, "withhold lift --due"),
        )


def check_storage(engine: Engine, folders: Sequence[Path | str]) -> list[Finding]:
    """The checks of the database, and whether the WARC files that it names are there: those of `newsarchive db check`."""
    found = checks.database(engine)
    if any(finding.check in (Check.OPENS, Check.SCHEMA) for finding in found):
        return found
    return found + guarded(Check.WARC_FILES, lambda it: warc_files(it, folders), engine)


def writable(engine: Engine) -> Iterator[Finding]:
    if not is_writable(engine):
        yield warning(
            Check.WRITABLE,
            f"{shown(engine)} cannot be written, so no crawl can store anything: the disk is read-only, or the file is not yours",
            f"ls -l {shlex.quote(shown(engine))}; findmnt -T {shlex.quote(shown(engine))}",
        )


def raw_bytes_writable(folder: Path) -> list[Finding]:
    """Whether WARC files can be written, there or where the folder will be made."""
    path = folder.absolute()
    # What lies in a folder that is closed to this user counts as not there, and the folder is named.
    there = next(one for one in (path, *path.parents) if os.path.exists(one))
    if os.access(there, os.W_OK):
        return []
    quoted = shlex.quote(str(there))
    return [
        warning(
            Check.WRITABLE,
            f"no WARC file can be written in {folder}, so no crawl can store anything: the disk is read-only, or the folder is not yours",
            f"ls -ld {quoted}; findmnt -T {quoted}",
        )
    ]


def disk_space(folders: Iterable[Path]) -> Iterator[Finding]:
    for folder in dict.fromkeys(path.absolute() for path in folders):
        there = next(path for path in (folder, *folder.parents) if path.exists())
        free = shutil.disk_usage(there).free
        if free < MIN_FREE_BYTES:
            yield warning(
                Check.DISK_SPACE,
                f"the disk of {folder} has {free // 2**20:,} MB left",
                f"free some space: du -sh {shlex.quote(str(there))}/*",
            )


def warc_files(engine: Engine, folders: Sequence[Path | str]) -> Iterator[Finding]:
    """Whether the files that captures name are there, and long enough."""
    missing, short = [], []
    if stored := [one for one in folders if is_address(one)]:
        all_files([str(one) for one in stored])  # one listing instead of a request for each file
    for kept in (all_kept := checks.kept_files(engine)):
        path = locate(folders, kept.name)
        if not path.is_file():
            missing.append(kept)
        elif (size := length_of(path)) < kept.bytes:
            short.append(f"{path} has {size:,} bytes, and the archive knows of {kept.bytes:,}: it was cut")
    own = folders[0]
    if missing:
        captures, said = sum(kept.captures for kept in missing), sum(kept.said for kept in missing)
        posts = f", and the words of a feed or an API on {counted(said, 'post')}" if said else ""
        named = ", ".join(kept.name for kept in missing[:3]) + (", …" if len(missing) > 3 else "")
        yield error(
            Check.WARC_FILES,
            f"missing from {own}: {counted(len(missing), 'WARC file')} ({named}); {counted(captures, 'capture')} lost their raw bytes{posts};"
            " the articles keep their texts",
            f"put the files back into {own}, or name their folder in the setting warc: newsarchive config --help"
            + (
                "; a file that another machine wrote may wait there: newsarchive doctor --fix on that machine"
                if is_address(own)
                else "; an archive that was exported has none itself: give --warc and the folder of the one that it comes from"
                if len(missing) == len(all_kept)
                else ""
            ),
        )
    for sentence in short[:MAX_NAMED]:
        yield error(Check.WARC_FILES, sentence, "put a whole copy of the file in its place")


def warc_open(engine: Engine, folder: Path) -> Iterator[Finding]:
    """Files that killed crawls left open. They are read as others are, and the next crawl gives them their names."""
    if left := [path for path in sorted(folder.glob("*.warc.gz" + OPEN)) if not is_held(path)]:
        yield warning(
            Check.WARC_OPEN,
            f"{len(left)} WARC files in {folder} were left open by crawls that were killed; their whole records are good",
            command(engine, "doctor --fix"),
            Fix.NAME_WARC_FILES,
        )


def warc_waiting(engine: Engine, folders: Sequence[Path | str]) -> Iterator[Finding]:
    """Finished files of this machine that object storage does not have yet. They are read as others are."""
    address, staging = moved_to(folders), written_in(folders)
    if address and (left := waiting(staging)):
        yield warning(
            Check.WARC_WAITING,
            f"{len(left)} WARC files ({sum(map(length_of, left)) // 2**20:,} MB) wait in {staging} to be moved to {address}",
            command(engine, "doctor --fix"),
            Fix.MOVE_WARC_FILES,
        )


def warc_records(
    engine: Engine, folders: Sequence[Path | str], every_record: bool = False
) -> Iterator[Finding]:
    """Whether the records of captures and of what sources said can be read, and hold the bytes that came."""
    problems = []
    for kept in checks.kept_records(engine, None if every_record else SAMPLED_RECORDS):
        if not locate(folders, kept.file).is_file():
            continue  # `warc_files` says so
        try:
            verify(folders, kept.file, kept.offset, kept.digest)
        except DatabaseUnavailable as failed:
            problems.append(str(failed))
    for problem in problems[:MAX_NAMED]:
        yield error(Check.WARC_RECORDS, problem, "restore the file from a copy")
    if len(problems) > MAX_NAMED:
        yield error(
            Check.WARC_RECORDS,
            f"{len(problems) - MAX_NAMED} more records cannot be read",
            "restore the files from a copy",
        )


def sites(engine: Engine, now: datetime) -> Iterator[Finding]:
    """Followed sites that fail, were not crawled for long, forbid what we ask for, or moved to another host."""
    with reading(engine) as connection:
        followed = [site for site in known_sites.sites(connection) if site.followed]
        failed = failures(Reader.of(connection), now - timedelta(days=STRIP_DAYS))
    facts, led = checks.site_facts(engine, NEWEST_CAPTURES), checks.led_elsewhere(engine)
    homes = {site.home_url for site in followed}
    for site in followed:
        if site.state not in ("ok", "new") and (home := led.get(site.home_url)):
            yield warning(
                Check.SITE_MOVED,
                f"{site.home_url}: its last crawl was led to another site, {home}, so the blog may have moved there",
                follow_there(engine, site, "" if home in homes else home),
            )
            continue
        yield from _crawled(engine, site, now, failed.get(site.domain))
        known = facts.get(site.domain)
        if known is None:
            continue
        if known.urls == known.forbidden:
            yield warning(
                Check.SITE_ROBOTS,
                f"{site.home_url}: robots.txt forbids all of its {known.urls} known posts",
                f"ask its owner, or: {command(engine, f'sites pause {shlex.quote(site.home_url)}')}",
            )
        elsewhere = {urlsplit(url).netloc for url in known.newest if site_of(url) != site.domain}
        if known.newest and all(site_of(url) != site.domain for url in known.newest):
            host = min(elsewhere)
            yield warning(
                Check.SITE_MOVED,
                f"{site.home_url}: its newest {len(known.newest)} posts were answered by {host}: it moved",
                follow_there(engine, site, f"https://{host}/"),
            )


def follow_there(engine: Engine, site: KnownSite, home: str) -> str:
    """The commands that follow a blog at another address, "" where it is followed there already, and at its old one no longer."""
    pause = command(engine, f"sites pause {shlex.quote(site.home_url)}")
    return f"{command(engine, f'sites add {shlex.quote(home)}')} && {pause}" if home else pause


def _crawled(engine: Engine, site: KnownSite, now: datetime, failure: Failure | None) -> Iterator[Finding]:
    again = command(engine, f"crawl {shlex.quote(site.home_url)} -v")
    last = (
        f"last success {site.last_success_at:%Y-%m-%d %H:%M}"
        if site.last_success_at
        else "never with success"
    )
    if site.state not in ("ok", "new"):
        why = f": {failure.error.removeprefix(f'{site.home_url}: ')}" if failure else ""
        if at := site.rests_until(now):
            why += f"; crawls of all sites ask it again at {at:%Y-%m-%d %H:%M} UTC, the command below at once"
        if site.last_success_at and now - site.last_success_at > MIN_TIME_GONE:
            pause = command(engine, f"sites pause {shlex.quote(site.home_url)}")
            again += f"; if the blog is gone, follow it no longer (its articles stay): {pause}"
        yield warning(Check.SITE_FAILING, f"{site.home_url}: its last crawl failed ({last}){why}", again)
    elif site.is_left_alone(now):
        yield warning(Check.SITE_NOT_CRAWLED, f"{site.home_url}: not crawled for long ({last})", again)


def hubs(engine: Engine, now: datetime) -> Iterator[Finding]:
    """Hubs of WebSub that refuse or fail, leases that ran out, and a server that gives no sign of life. A server that
    was given up a month ago is not reported any more."""
    with reading(engine) as connection:
        known = subscriptions(connection)
    seen = max((one.seen_at for one in known if one.seen_at), default=None)
    if seen is None or now - seen > MAX_TOLD_SILENCE:
        return
    if now - seen > MAX_RELIANCE:
        yield warning(
            Check.SITE_HUB,
            f"the server of WebSub gave no sign of life since {seen:%Y-%m-%d %H:%M} UTC: no push is heard, and sites are asked by the clock",
            "newsarchive websub serve --help",
        )
        return
    for one in known:
        if one.state == State.REFUSED:
            what = f"refuses the feed {one.topic} ({one.problem})"
        elif one.problem:
            what = f"fails for the feed {one.topic} ({one.problem})"
        elif one.state == State.VERIFIED and (one.lease_until is None or one.lease_until <= now):
            what = f"pushes the feed {one.topic} no longer: its lease ran out"
        else:
            continue
        yield warning(
            Check.SITE_HUB,
            f"{one.site}: its hub {one.hub} {what}; it is asked again each day, and the site is crawled by the clock",
            "see whether the address of --base-url can be reached from outside",
        )


def clock(engine: Engine, now: datetime) -> Iterator[Finding]:
    last = checks.last_fetch(engine)
    if last and last > now + MAX_CLOCK_DIFFERENCE:
        yield warning(
            Check.CLOCK,
            f"the last fetch was at {last:%Y-%m-%d %H:%M} UTC, and it is {now:%Y-%m-%d %H:%M} now: the clock is wrong, or was",
            "timedatectl set-ntp true",
        )


def mend(engine: Engine, folders: Sequence[Path | str], findings: Iterable[Finding]) -> list[Fix]:
    """Mend what can be mended without a loss; gives what was done. Raises `DatabaseError`."""
    wanted = list(dict.fromkeys(finding.fix for finding in findings if finding.fix))
    for fix in wanted:
        if fix is Fix.NAME_WARC_FILES:
            recover(written_in(folders))
        elif fix is Fix.MOVE_WARC_FILES:
            settle(folders)
        else:
            checks.mend(engine, fix)
    return wanted
