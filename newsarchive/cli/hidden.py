"""`newsarchive quarantine` and `newsarchive withhold`: what readers do not see, and who decides it.

`quarantine` lists pages of low confidence, and lets a person accept or drop them. `withhold` takes articles down, shows them again,
and prints the register of what is withheld.

newsarchive quarantine accept 17 18
newsarchive withhold https://blog.example/2025/04/post/ --reason 'the family asks' --until 2030-01-01
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from shlex import quote
from typing import TYPE_CHECKING, Any, TypeVar

import click

from newsarchive.cli import output
from newsarchive.cli.opening import open_archive, open_reader, warc_folders
from newsarchive.cli.options import AddressGroup, Day, Group, db_option, option, output_option, warc_option
from newsarchive.cli.output import complain, echo, on_terminal, print_article, print_bytes, progress_bar, say
from newsarchive.exceptions import NoSuchArticle, UsageError

if TYPE_CHECKING:
    from newsarchive.db.reading.hidden import Entry


@click.group(
    cls=Group,
    epilog="""\b
Examples:
  newsarchive quarantine list
  newsarchive quarantine show 17
  newsarchive quarantine accept 17 18
  newsarchive quarantine drop 19 --reason 'a list of links'""",
)
def quarantine() -> None:
    """Pages that were kept but may not be articles: list, show, accept, drop. Each takes --db.

    Nothing that reads the archive shows or counts them until they are accepted, unless it is given --hidden, or
    the URL or ID of one: searches, exports, figures, stories, `newsarchive web` and the views are alike.
    """


@quarantine.command("list", epilog="Example: newsarchive quarantine list --all --json")
@click.option("--all", "everything", is_flag=True, help="Also the pages that were accepted or dropped.")
@option("json")
@option("limit")
@output_option
@db_option
def list_waiting(everything: bool, as_json: bool, limit: int | None, db: str) -> None:
    """What waits, the newest first: ID, state, confidence, words, headline, URL, reason."""
    from newsarchive.db.reading.hidden import QUARANTINE_STATES, waiting

    found = waiting(open_reader(db), QUARANTINE_STATES if everything else ("waiting",))
    if not found:
        say("nothing is in quarantine")
    elif as_json:
        output.print_json(*found[:limit])
    else:
        # A terminal shows no reason: `quarantine show` has it.
        end = -1 if on_terminal() else None
        header = ("id", "state", "confidence", "words", "headline", "address")
        rows = [
            (one.id, one.state, f"{one.confidence:.2f}", one.word_count, one.headline or ("" if end is None else "(no headline)"), one.url, one.reason)[:end]
            for one in found[:limit]
        ]  # fmt: skip
        output.print_rows(header, rows, ("id", "confidence", "words"))
        if on_terminal():
            say("newsarchive quarantine show ID says why a page waits")


@quarantine.command("show", epilog="Example: newsarchive quarantine show 17")
@click.argument("which", metavar="URL|ID")
@output_option
@db_option
def show(which: str, db: str) -> None:
    """Why a page waits, and its text as it would be read; `newsarchive explain` says more."""
    from newsarchive.db.reading import articles
    from newsarchive.db.reading.hidden import state_of
    from newsarchive.db.readonly import reading

    source = open_reader(db)
    article = articles.get(source, which)
    with reading(source) as reader:
        state, reason = state_of(reader, article.id)
    if not state:
        raise NoSuchArticle(f"article {which} is not in quarantine: see `newsarchive show {article.id}`")
    print_article(article)
    say(f"{state}: {reason or 'no reason given'}")


@quarantine.command("accept", epilog="Example: newsarchive quarantine accept 17 18")
@click.argument("which", metavar="URL|ID...", nargs=-1, required=True)
@click.option("--reason", default="", metavar="TEXT", help="What to remember of the decision.")
@option("dry_run")
@db_option
def accept(which: tuple[str, ...], reason: str, dry_run: bool, db: str) -> None:
    """Make these pages articles for readers; it stays so when they are read again."""
    _decide(which, "accepted", reason, dry_run, db)


@quarantine.command("drop", epilog="Example: newsarchive quarantine drop 19 --reason 'a list of links'")
@click.argument("which", metavar="URL|ID...", nargs=-1, required=True)
@click.option("--reason", required=True, metavar="TEXT", help="Why, for those who ask later.")
@option("dry_run")
@db_option
def drop(which: tuple[str, ...], reason: str, dry_run: bool, db: str) -> None:
    """Hide these articles from readers. Nothing is deleted: `accept` brings them back."""
    _decide(which, "dropped", reason, dry_run, db)


def _decide(which: tuple[str, ...], state: str, reason: str, dry_run: bool, db: str) -> None:
    from newsarchive.db.writing.quarantine import decide

    engine = open_archive(db)
    for one in which:
        row = decide(engine, one, state, reason, dry_run=dry_run)
        echo(f"{row.id}\t{state}\t{row.headline}")
    if dry_run:
        say("nothing was written")


F = TypeVar("F", bound=Callable[..., Any])


def _demand(command: F) -> F:
    """Which articles are meant, why, who said so, and whether their copies are too: the same for `add` and `erase`."""
    for one in (
        click.option("--copies", is_flag=True, help="Its copies on other blogs too."),
        click.option(
            "--by", "decided_by", default="", metavar="NAME", help="Who asked or decided, for the register."
        ),
        click.option("--reason", required=True, metavar="TEXT", help="Why, for the public register."),
        click.argument("which", metavar="URL|ID...", nargs=-1, required=True),
    ):
        command = one(command)
    return command


@click.group(
    cls=AddressGroup,
    epilog="""\b
Examples:
  newsarchive withhold add https://blog.example/2025/04/post/ --reason 'the family asks'
  newsarchive withhold add 17 --reason 'court order 5 O 12/26' --until 2027-01-01 --copies
  newsarchive withhold lift 17
  newsarchive withhold register --format csv > register.csv""",
)
def withhold() -> None:
    """Take articles down: add, lift, erase, list, register, import. Each takes --db.

    The text of a withheld article is nowhere: no search, list, export, page or agent has it, and no crawl brings it back. Its
    address, the reason and the digests of its versions stay in the register. Nothing is lost: `lift` brings it back.
    """


@withhold.command(
    "add",
    epilog="\b\nExample:\n  newsarchive withhold add 17 --reason 'the family asks' --until 2030-01-01",
)
@_demand
@click.option("--until", type=Day(), help="Show it again from this day on (UTC): the next crawl does.")
@option("dry_run")
@db_option
def add(
    which: tuple[str, ...],
    reason: str,
    decided_by: str,
    until: datetime | None,
    copies: bool,
    dry_run: bool,
    db: str,
) -> None:
    """Withhold these articles. One that is withheld already gets the new reason and end."""
    from newsarchive.db.writing.withhold import Demand
    from newsarchive.db.writing.withhold import withhold as take_down

    demand = Demand(reason, decided_by, until, copies)
    _print(take_down(open_archive(db), which, demand, dry_run=dry_run))
    if dry_run:
        say("nothing was written")


@withhold.command("lift", epilog="Example: newsarchive withhold lift --due")
@click.argument("which", metavar="[URL|ID]...", nargs=-1)
@click.option("--due", is_flag=True, help="Every article whose day (--until) has come.")
@option("dry_run")
@db_option
def lift(which: tuple[str, ...], due: bool, dry_run: bool, db: str) -> None:
    """Show these articles again, as they were."""
    from newsarchive.db.reading.finding import is_here
    from newsarchive.db.reading.hidden import due as found_due
    from newsarchive.db.writing.withhold import lift as show_again
    from newsarchive.times import utc_now

    if bool(which) == due:
        raise UsageError("withhold lift: name articles, or give --due")
    engine = open_archive(db)
    named = [entry.article_id for entry in found_due(engine, utc_now())] if due else list(which)
    found = show_again(engine, named, dry_run=dry_run)
    for entry in found:
        echo(f"{entry.article_id}\tshown again\t{entry.url}")
        if not dry_run and not is_here(engine, entry.url):
            say(
                f"{entry.url}: its text is not in this archive: crawl it, or read in the WARC files that hold it"
            )
    if due and not found:
        say("no article is due")
    if dry_run:
        say("nothing was written")


@withhold.command(
    "erase",
    epilog="\b\nExample:\n  newsarchive withhold erase 17 --reason 'court order 5 O 12/26' --yes",
)
@_demand
@click.option("--yes", is_flag=True, help="Erase. Without it the command only says what would be erased.")
@warc_option
@db_option
def erase(
    which: tuple[str, ...], reason: str, decided_by: str, copies: bool, yes: bool, folder: str | None, db: str
) -> None:
    """Erase these articles for good: texts, versions and raw bytes. The register keeps their addresses and digests.

    Nothing brings them back. Backups, exports and copies of the archive are not reached: delete those yourself. The whole
    database is written anew, and every WARC file is looked through, so that a large archive takes minutes; call it again to go
    on with an erasure that was broken off.
    """
    from newsarchive import erasing
    from newsarchive.db.writing.erase import begin
    from newsarchive.db.writing.withhold import Demand

    engine, demand = open_archive(db), Demand(reason, decided_by, copies=copies)
    if not yes:
        for entry in begin(engine, which, demand, dry_run=True):
            echo(f"{entry.article_id}\twould be erased, versions: {len(entry.versions)}\t{entry.url}")
        raise UsageError("withhold erase: nothing was erased; give --yes, and they are gone for good")
    with progress_bar("erasing") as show:
        done = erasing.erase(engine, warc_folders(engine, db, folder), which, demand, show)
    for entry in done.entries:
        echo(f"{entry.article_id}\terased\t{entry.url}")
    say(
        f"records of WARC files that are gone: {done.records}"
        + (f"; of other pages that were moved: {done.moved}" if done.moved else "")
    )
    say(
        "not reached: backups, exports and copies of the archive, and what the disk keeps of files that were written anew"
    )
    for path in done.backups:
        say(f"a backup that still holds them: {path}")
    for place in done.wrong:
        say(
            f"{place.file} has no record of theirs at {place.offset}, where the archive says that one is: what stands there was left"
        )
    for place in done.unread:
        say(
            f"{place.file} is damaged at {place.offset}: {place.length} bytes cannot be read and were left; the archive has no record of"
            " theirs there"
        )


@withhold.command("list", epilog="Example: newsarchive withhold list --all")
@click.option("--all", "everything", is_flag=True, help="Also the articles that are shown again.")
@output_option
@db_option
def list_withheld(everything: bool, db: str) -> None:
    """What is withheld, the newest first: ID, state, since, until, URL, reason."""
    from newsarchive.db.reading.hidden import REGISTER_STATES, STANDING, entries

    found = entries(open_reader(db), REGISTER_STATES if everything else STANDING)
    if not found:
        say("nothing is withheld")
    _print(found)


@withhold.command("register", epilog="Example: newsarchive withhold register --format html -o register.html")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "html", "json"]),
    default="csv",
    show_default=True,
    help="As CSV, as a page of HTML, or as JSON.",
)
@output_option
@db_option
def register(form: str, db: str) -> None:
    """The whole register to publish, with the digests of every version: what is withheld, was shown again, or was erased."""
    from newsarchive.db.reading.hidden import entries
    from newsarchive.export.register import FORMATS

    print_bytes(FORMATS[form](entries(open_reader(db))).encode())  # the lines of CSV end in CR and LF


@withhold.command(
    "import",
    epilog="\b\nExample:\n  newsarchive withhold import other.db\n  newsarchive crawl warc -a path='other-warc/*.warc.gz'",
)
@click.argument("other", metavar="FILE|URL")
@option("dry_run")
@db_option
def take_over(other: str, dry_run: bool, db: str) -> None:
    """Take the register of another archive over, before its WARC files are read in.

    What OTHER, an archive, withholds or has erased is withheld here too. What is not here is kept out: no crawl and no WARC file brings
    it in. An article that this archive has shown again since stays as it is.
    """
    from newsarchive.db.schema import require_current
    from newsarchive.db.writing.take_over import Taken
    from newsarchive.db.writing.take_over import take_over as taken_over

    engine, theirs = open_archive(db), open_archive(other)
    if engine.url == theirs.url:
        raise UsageError("withhold import: both are the same archive")
    for archive in (engine, theirs):
        require_current(archive)
    done = taken_over(engine, theirs, dry_run=dry_run)
    _print(one.entry for one in done if one.entry and one.taken is not Taken.KNOWN)
    counts = Counter(one.taken for one in done)
    parts = [f"{counts[taken]} {taken.value}" for taken in Taken if counts[taken]]
    say(", ".join(parts) or "the other archive withholds nothing")
    for one in done:
        if one.taken is Taken.TO_ERASE and one.entry:
            complain(
                f"{one.url} was erased there, and its text and raw bytes are still here:"
                f" newsarchive withhold erase {one.entry.article_id} --reason {quote(one.entry.reason)} --yes"
            )
    if dry_run:
        say("nothing was written")


def _print(entries: Iterable[Entry]) -> None:
    names = ("id", "state", "since", "until", "address", "reason")
    rows = [
        (
            one.article_id,
            one.state,
            f"{one.since:%Y-%m-%d}",
            f"{one.until:%Y-%m-%d}" if one.until else "-",
            one.url,
            one.reason,
        )
        for one in entries
    ]
    output.print_rows(names, rows, ("id",))
