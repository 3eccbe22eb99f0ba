"""What is in force: `newsarchive config` and `newsarchive steps`.

`config` lists every setting with its value and the place that it comes from: `database  news.db  newsarchive.toml`; `steps` lists
the steps that every page goes through, and the project that each comes from.
"""

from __future__ import annotations

import click
from click.core import ParameterSource

from newsarchive import config as settings
from newsarchive.cli import output, sitelist
from newsarchive.cli.opening import steps_in_force
from newsarchive.cli.options import config_option, db_option, option, output_option
from newsarchive.cli.output import on_terminal, say
from newsarchive.reprs import counted


@click.command(
    epilog="""\b
Examples:
  newsarchive config
  newsarchive config --json --db news.db

\b
All settings can stand in a file newsarchive.toml; each line may be left out:
  database = "news.db"              # a file beside this one, or postgresql://…
  contact = "you@example.org"       # how a site's owner reaches you
  warc = "on"                       # raw bytes: on, off, or a folder
  rules = "rules"                   # a folder of your own rules
  [crawl]
  limit = 200                       # posts in one crawl
  delay = 2.0                       # seconds between two requests
  [[site]]
  url = "https://blog.example"      # followed by: newsarchive crawl --all"""
)
@option("json", help="A JSON object a line.")
@click.option("--db", metavar="FILE|URL", help="Show the settings that apply to this archive.")
@output_option
@config_option
@click.pass_context
def config(ctx: click.Context, as_json: bool, db: str | None) -> None:
    """Show every setting with its value and where it comes from: default, file, environment or option."""
    held = settings.load()
    if ctx.get_parameter_source("db") is ParameterSource.COMMANDLINE:
        held = held.with_option("database", db, "--db")
    listed = sitelist.of_tables(held.tables, str(held.file))
    rows = [
        (name, settings.shown(settings.without_secret(name, value)), source)
        for name, value, source in held.values.values()
    ]
    if as_json:
        for name, value, source in held.values.values():
            shown = settings.without_secret(name, value)
            output.print_json({"name": name, "value": shown, "source": source})
    elif on_terminal():
        output.print_table(("name", "source", "value"), [(name, source, text) for name, text, source in rows])
    else:
        for row in rows:
            click.echo("\t".join(row))
    if held.file is None:
        say(f"no file of settings: none is in this folder, nor in {settings.user_folder()}")
    elif listed.sites:
        say(f"{held.file} lists {counted(len(listed.sites), 'site')}: newsarchive crawl --all follows them")


@click.command(
    epilog="""\b
Examples:
  newsarchive steps
  NEWSARCHIVE_STEPS='shorten after chrome, without origin' newsarchive steps

\b
In newsarchive.toml, for every command:
  steps = ["shorten after chrome", "my-extractor instead of extract", "without origin"]

A name is an entry point of an installed project in the group newsarchive.steps, or module:function."""
)
@option("json", help="A JSON object a line.")
@output_option
@db_option
def steps(as_json: bool, db: str) -> None:
    """Show the steps that every page goes through, in their order, and who brings each of them.

    What installed projects offer besides, steps and export formats, is named on standard error. --db is accepted and
    not used.
    """
    from newsarchive import plugins

    held = steps_in_force().values()
    rows = [
        (step.name, step.takes.__name__, step.gives.__name__, step.source or "newsarchive") for step in held
    ]
    if as_json:
        for name, takes, gives, source in rows:
            output.print_json({"name": name, "takes": takes, "gives": gives, "source": source})
    else:
        output.print_rows(("step", "takes", "gives", "source"), rows)
    in_use = {source for *_, source in rows}
    for offer in plugins.offered():
        if offer.source not in in_use:
            how = "not in use, see --help" if offer.kind == "step" else f"--format {offer.name}"
            say(f"{offer.kind} {offer.name}: {offer.source} ({how})")
