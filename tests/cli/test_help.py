"""How a person finds a command and its options: help in groups, near misses, arguments of the spiders."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner
from scrapy.spiderloader import get_spider_loader
from scrapy.utils.project import get_project_settings

from newsarchive.cli import COMMANDS, HEADINGS, cli
from newsarchive.commands.crawl import MEANINGS, arguments_of

#: The width of a terminal as it comes.
COLUMNS = 80


def test_each_command_stands_under_one_heading_in_one_line() -> None:
    shown = CliRunner().invoke(cli, ["--help"], terminal_width=COLUMNS).output
    assert sorted(name for names in HEADINGS.values() for name in names) == sorted(COMMANDS)
    places = [shown.index(f"\n{heading}:\n") for heading in HEADINGS]
    assert places == sorted(places)
    lines = [line.strip() for line in shown.splitlines()]
    for name, (_, words) in COMMANDS.items():
        assert f"{name:{max(map(len, COMMANDS))}}  {words}" in lines, name
    assert shown.index("Examples:") > places[-1]


@pytest.mark.parametrize("group", ["sites", "quarantine", "withhold", "db", "cluster", "websub"])
def test_the_help_of_a_group_cuts_no_sentence_off(group: str) -> None:
    shown = CliRunner().invoke(cli, [group, "--help"], terminal_width=COLUMNS).output
    assert "..." not in shown.partition("Commands:")[2]


@pytest.mark.slow
def test_each_example_stands_in_one_line_as_it_is_pasted() -> None:
    def commands(command: click.Command, words: list[str]) -> Iterator[tuple[list[str], click.Command]]:
        yield words, command
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                one = command.get_command(context, name)
                assert one is not None
                yield from commands(one, [*words, name])

    for words, command in commands(cli, []):
        examples = [line for line in (command.epilog or "").splitlines() if "newsarchive " in line]
        shown = CliRunner().invoke(cli, [*words, "--help"], terminal_width=COLUMNS).output.splitlines()
        lost = [line for line in examples if not any(one.strip() == line.strip() for one in shown)]
        assert [line for line in lost if "Example" in line or line.startswith("  ")] == [], words
        # A line that zsh, the shell of macOS, reads: it takes the words of a comment for arguments.
        assert [line for line in examples if line.startswith("  newsarchive ") and " # " in line] == [], words


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["serch", "ferry"], "Did you mean search?"),
        (["SEARCH", "ferry"], "Did you mean search?"),
        (["explian"], "Did you mean explain?"),
        (["exprt"], "Did you mean export?"),
        (["sites", "lst"], "Did you mean 'list'?"),
        (["search", "--limt", "3"], "--limit"),
        (["crawl", "--dryrun"], "--dry-run"),
    ],
)
def test_a_mistyped_word_is_answered_with_the_right_one(words: list[str], says: str) -> None:
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 2
    assert says in done.output


def test_what_is_like_no_command_is_answered_with_none() -> None:
    done = CliRunner().invoke(cli, ["zzz"])
    assert done.exit_code == 2
    assert "Did you mean" not in done.output


def test_the_help_of_scrapy_crawl_names_every_argument() -> None:
    loader = get_spider_loader(get_project_settings())
    shown = "\n".join(arguments_of(loader))
    for name in loader.list():
        section = shown.split(f"scrapy crawl {name}\n")[1].split("\n\n")[0]
        for argument, what in getattr(loader.load(name), "known_arguments", {}).items():
            assert f"-a {argument}={what}" in section
            assert MEANINGS[argument] in section
    assert max(map(len, shown.splitlines())) <= 100
