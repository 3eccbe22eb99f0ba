"""The command line: `newsarchive search ferry` prints articles, `newsarchive crawl https://blog.example` crawls a blog.

The module of a subcommand is imported when the command runs. Rows go to standard output, messages to standard error. Exit
codes: 0 fine, 1 nothing found or not done, 2 usage, 5 the database failed, 130 stopped by Ctrl+C, 143 stopped by SIGTERM.
"""

from __future__ import annotations

import importlib
import logging
import os
import platform
import sys
import threading
from typing import TYPE_CHECKING, Any, NoReturn

import click

from newsarchive.cli.options import loudness
from newsarchive.exceptions import (
    FAULT,
    STOPPED_BY_CTRL_C,
    Damaged,
    DatabaseError,
    NewsArchiveError,
    NoSuchArticle,
    UsageError,
)
from newsarchive.plainwords import PrintableRecord
from newsarchive.spider_processes.parent import end_at_sigterm, keep_messages, stop_with_parent
from newsarchive.version import EXTRACTOR_VERSION, VERSION

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

#: The headings of `newsarchive --help`, each with its commands in the order in which a person meets them: subcommand → (its
#: module, its line in the help). The line stands here so that the help needs no import of the module.
HEADINGS = {
    "Crawl": {
        "crawl": ("crawl", "Crawl a blog by its address, or the followed sites."),
        "sites": ("sites", "The sites that are followed: add, list, pause, remove and more."),
        "schedule": ("schedule", "Print lines for cron or systemd that crawl every hour."),
        "websub": ("websub", "Crawl a site as soon as a hub says that its feed has news."),
        "demo": ("demo", "Crawl a small bundled blog, offline, and print its articles."),
    },
    "Read": {
        "search": ("articles", "Find articles by words, site, origin, author, day, language."),
        "show": ("articles", "Print one stored article."),
        "stats": ("stats", "What the archive holds, as a picture."),
        "web": ("web", "Read the archive in a browser."),
        "mcp": ("web", "Serve the archive to an agent (Model Context Protocol)."),
        "export": ("export", "Write articles as CSV, JSON, Parquet, SQLite, EPUB and more."),
        "cite": ("articles", "How to cite an article, with a permanent identifier."),
        "history": ("articles", "The versions of an article."),
        "diff": ("articles", "What changed between two versions of an article."),
        "changes": ("articles", "What publishers edited or took away, between two days."),
        "explain": ("extract", "Why an article reads as it does."),
    },
    "Find copies": {
        "trace": ("copies", "Where an article comes from, and every copy of it."),
        "compare": ("copies", "What one article added, cut and altered against another."),
        "origins": ("copies", "Who is republished by whom, how often and how late."),
        "publishers": ("copies", "Who publishes first, and how late the copies follow."),
        "recluster": ("copies", "Find the copies in the whole archive anew."),
    },
    "Look after the archive": {
        "doctor": ("doctor", "What is wrong with archive, raw bytes, sites and settings."),
        "coverage": ("coverage", "What was crawled on each day, what is stored, and the gaps."),
        "quarantine": ("hidden", "Pages of low confidence: list, show, accept, drop."),
        "correct": ("correct", "Correct author, date, origin and more of an article by hand."),
        "withhold": ("hidden", "Take an article down: add, lift, erase, list, register."),
        "learn": ("learn", "Learn what a site prints on all pages, and take it out."),
        "reextract": ("db", "Read the stored bytes again with today's extractor."),
        "backup": ("db", "Copy an SQLite archive while crawls go on."),
        "db": ("db", "The database: upgrade, current, check, rebuild, vacuum, copy."),
        "config": ("config", "Every setting with its value, and where that was said."),
        "steps": ("config", "The steps that every page goes through, and who brings each."),
    },
    "Many machines": {
        "worker": ("cluster", "Many machines: do jobs from the queue on this one."),
        "cluster": ("cluster", "Many machines: the queue of their jobs."),
    },
    "Tools": {
        "extract": ("extract", "Extract the article from a file, a URL or standard input."),
        "repair": ("extract", "Repair mojibake: standard input to standard output."),
        "check": ("export", "Whether a WACZ file, dataset or bag is whole, unchanged, signed."),
    },
}
COMMANDS = {name: found for group in HEADINGS.values() for name, found in group.items()}
#: Similarity (difflib's ratio, 0 to 1) of a mistyped word and a command. Commands below it are not suggested: `serch` and
#: `search` have 0.91, `list` and `stats` 0.44.
MIN_LIKENESS = 0.6


class LazyGroup(click.Group):
    """A group of commands that imports the module of a subcommand only when the subcommand runs: the start stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"newsarchive.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest similar commands for a mistyped name. Click's own suggestions know only commands that are imported."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            from difflib import get_close_matches

            near = get_close_matches(name.lower(), COMMANDS, cutoff=MIN_LIKENESS)
            offer = f" Did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"No such command {name!r}.{offer}", ctx)
        return super().resolve_command(ctx, args)

    def make_context(self, *arguments: Any, **extra: Any) -> click.Context:
        """Read the command line. A Ctrl+C meanwhile ends as one in the middle of the command does."""
        try:
            return super().make_context(*arguments, **extra)
        except KeyboardInterrupt:
            _end_stopped()

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. An error becomes one line on standard error and an exit code."""
        try:
            return super().invoke(ctx)
        except NewsArchiveError as error:
            from newsarchive.cli.output import complain

            complain(f"error: {error}")
            ctx.exit(exit_code(error))
        except click.Abort as abort:  # the end of the input at a question, or Ctrl+C
            click.echo(err=True)  # the question stands in the same line
            if isinstance(abort.__context__, KeyboardInterrupt):
                _end_stopped()
            click.echo(
                "error: nobody answered the question; --yes answers one of yes or no beforehand", err=True
            )
            ctx.exit(1)
        except KeyboardInterrupt:
            _end_stopped()
        except BrokenPipeError:
            # The reader of a pipe has closed it (`| head`): that is no error.
            _forget_stdout()
            ctx.exit(0)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands whose names begin with `incomplete`. Nothing is imported, because a person waits at the Tab key."""
        from click.shell_completion import CompletionItem

        own = [CompletionItem(name, help=text) for name, (_, text) in sorted(COMMANDS.items())]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [item for item in own if item.value.startswith(incomplete)] + options

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Print the commands under their headings; the descriptions of all headings begin in the same column."""
        width = max(map(len, COMMANDS))
        for heading, commands in HEADINGS.items():
            with formatter.section(heading):
                formatter.write_dl([(f"{name:{width}}", line) for name, (_, line) in commands.items()])


@click.command(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Examples:
  newsarchive crawl https://blog.example --limit 20
  newsarchive search "free trade"
  newsarchive export articles.csv

newsarchive COMMAND --help says more of a command, with examples.""",
)
@click.version_option(
    VERSION,
    message=f"newsarchive {VERSION} (extractor {EXTRACTOR_VERSION}, Python {platform.python_version()})",
)
@click.option(
    "--config", "file", metavar="FILE", help="Settings in place of newsarchive.toml, for any command."
)
@loudness
@click.pass_context
def cli(ctx: click.Context, file: str | None) -> None:
    """Crawl blogs that republish news into an archive of clean articles, and read it."""
    from newsarchive import config
    from newsarchive.cli.options import use_config
    from newsarchive.cli.output import complain

    use_config(ctx, file)
    for name, problem in config.unknown(os.environ).items():
        complain(f"environment {name}: {problem}")


def exit_code(error: NewsArchiveError) -> int:
    """The exit code of an error."""
    if isinstance(error, UsageError):
        return 2
    return 5 if isinstance(error, DatabaseError | Damaged) and not isinstance(error, NoSuchArticle) else 1


def main(args: list[str] | None = None) -> Any:
    """Run the command, and exit."""
    keep_messages()
    # A terminal or a pipe in another encoding must not turn a headline into a traceback.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    logging.setLogRecordFactory(PrintableRecord)  # libraries log what strangers wrote
    if threading.current_thread() is threading.main_thread():
        end_at_sigterm()
    stop_with_parent()
    if "_NEWSARCHIVE_COMPLETE" in os.environ:
        from newsarchive.cli import completion

        completion.register()
    try:
        return cli.main(args=args, prog_name="newsarchive")
    except OSError as error:  # a full or read-only disk, under a file or under standard output
        _end_for(error)
    finally:
        try:
            sys.stdout.flush()
        except BrokenPipeError:  # otherwise Python reports the closed pipe while it ends
            _forget_stdout()
        except OSError as error:
            _end_for(error)


def _end_for(error: OSError) -> NoReturn:
    """Say what could not be read or written, and exit. A write to standard output names no file."""
    _forget_stdout()
    click.echo(f"error: {error.filename or 'standard output'}: {error.strerror or error}", err=True)
    sys.exit(FAULT)


def _end_stopped() -> NoReturn:
    click.echo("stopped", err=True)
    sys.exit(STOPPED_BY_CTRL_C)


def _forget_stdout() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
