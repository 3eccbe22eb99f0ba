"""Shell completion where click's own falls short: in fish, its script cuts a description off at the first comma."""

from __future__ import annotations

from click.shell_completion import FishComplete, add_completion_class


class Fish(FishComplete):
    """Fish, whose script takes a completion apart at its first comma alone: `plain,sites The sites: add, list, pause`."""

    name = "fish"
    source_template = FishComplete.source_template.replace('string split ","', 'string split --max 1 ","')


def register() -> None:
    """Use these classes in place of click's."""
    add_completion_class(Fish)
