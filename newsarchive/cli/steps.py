"""`newsarchive steps`: lists the steps that every page goes through, and the project that each comes from."""

from __future__ import annotations

import json

import click

from newsarchive.cli.common import db_option, on_terminal, say, steps_in_force
from newsarchive.cli.options import output_option


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
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line.")
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
            said = {"name": name, "takes": takes, "gives": gives, "source": source}
            click.echo(json.dumps(said, ensure_ascii=False))
    elif on_terminal():
        from newsarchive.cli import tables

        tables.show(("step", "takes", "gives", "source"), rows)
    else:
        for row in rows:
            click.echo("\t".join(row))
    in_use = {source for *_, source in rows}
    for offer in plugins.offered():
        if offer.source not in in_use:
            how = "not in use, see --help" if offer.kind == "step" else f"--format {offer.name}"
            say(f"{offer.kind} {offer.name}: {offer.source} ({how})")
