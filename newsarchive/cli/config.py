"""`newsarchive config`: every setting with its value and the place that it comes from: `database  news.db  newsarchive.toml`."""

from __future__ import annotations

import json

import click
from click.core import ParameterSource

from newsarchive import config as settings
from newsarchive.cli import sitelist
from newsarchive.cli.common import config_option, on_terminal, say
from newsarchive.cli.options import output_option


@click.command(
    epilog="""\b
Examples:
  newsarchive config
  newsarchive config --json --db news.db

\b
A file newsarchive.toml may say all of it (each line may be left out):
  database = "news.db"              # a file beside this one, or postgresql://…
  contact = "you@example.org"       # how a site's owner reaches you
  warc = "on"                       # raw bytes: on, off, or a folder
  rules = "rules"                   # a folder of rules over ours
  [crawl]
  limit = 200                       # posts in one crawl
  delay = 2.0                       # seconds between two requests
  [[site]]
  url = "https://blog.example"      # followed by: newsarchive crawl --all"""
)
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line.")
@click.option("--db", metavar="FILE|URL", help="Show what holds with this archive.")
@output_option
@config_option
@click.pass_context
def config(ctx: click.Context, as_json: bool, db: str | None) -> None:
    """Show every setting with its value and where it comes from: default, file, environment or option."""
    held = settings.load()
    if ctx.get_parameter_source("db") is ParameterSource.COMMANDLINE:
        held = held.with_option("database", db, "--db")
    listed = sitelist.of_tables(held.tables, str(held.file))
    if as_json:
        for name, value, source in held.values.values():
            shown = settings.without_password(value) if isinstance(value, str) else value
            click.echo(json.dumps({"name": name, "value": shown, "source": source}, ensure_ascii=False))
    elif on_terminal():
        show_table(held)
    else:
        for name, value, source in held.values.values():
            click.echo(f"{name}\t{settings.shown(value)}\t{source}")
    if held.file is None:
        say(f"no file of settings: none is in this folder, nor in {settings.user_folder()}")
    elif listed.sites:
        say(f"{held.file} lists {len(listed.sites)} sites: newsarchive crawl --all follows them")


def show_table(held: settings.Config) -> None:
    from newsarchive.cli import tables

    rows = [(name, source, settings.shown(value)) for name, value, source in held.values.values()]
    tables.show(("name", "source", "value"), rows)
