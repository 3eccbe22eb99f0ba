"""The parts of the reference that are made from the code while the pages are built, so that they cannot drift.

A page of `docs/reference` says where such a part goes with a comment of its own line:

    <!-- generated: settings -->

Each part is a function that returns Markdown. `python docs/_ext/generated.py commands` prints one of them.
"""

from __future__ import annotations

import inspect
import logging
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from newsarchive import config, fields
from newsarchive import settings as scrapy_settings
from newsarchive.cli import COMMANDS, HEADINGS, cli
from newsarchive.web.datasette import queries as useful_queries

#: A comment that stands for a part, with the line behind it, which tells readers of pages that are not built where the part is.
PLACE = re.compile(r"^<!-- generated: (\w+) -->$(?:\n\*.+\*$)?", re.M)
#: The root of the repository, and its pages as these pages name them.
ROOT = Path(__file__).parent.parent.parent
PAGES = {
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CODE_OF_CONDUCT.md": "code-of-conduct.md",
}
#: A link to a folder, which forges show and built pages do not have: it becomes the folder's name.
FOLDER = re.compile(r"\[([^\]\n]+)\]\((?!https?:)[^)\s]*/\)")
#: What every command has; it is told once, at the beginning of the page.
COMMON = ("verbose", "quiet", "help", "file")


def commands() -> str:
    """Every command under its heading, with its usage, options and examples."""
    context = click.Context(cli, info_name="newsarchive")
    parts = []
    for heading, names in HEADINGS.items():
        parts.append(f"## {heading}")
        for name in names:
            command = cli.get_command(context, name)
            assert command is not None
            parts.extend(_command(command, click.Context(command, info_name=name, parent=context), "###"))
    return "\n\n".join(parts)


def options() -> set[tuple[str, str]]:
    """Every command with each of its options: `("crawl", "--limit")`, `("sites add", "--db")`."""
    found = {("", option) for option in (*_spellings(cli), "-h", "--help")}

    def walk(command: click.Command, name: str) -> None:
        found.add((name, "--help"))
        found.add((name, "-h"))
        found.update((name, option) for option in _spellings(command))
        if isinstance(command, click.Group):
            for child in command.list_commands(click.Context(command)):
                below = command.get_command(click.Context(command), child)
                assert below is not None
                walk(below, f"{name} {child}")

    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        walk(command, name)
    return found


def settings() -> str:
    """Every key of `newsarchive.toml` with its variable, its setting of Scrapy and its default."""
    lines = ["| key | variable, and setting for `-s` | default | meaning |", "|---|---|---|---|"]
    lines.append(f"| | `{config.FILE_VARIABLE}` | | the file itself |")
    for key in config.KEYS.values():
        known = [
            name
            for name in key.settings
            if hasattr(scrapy_settings, name) or not name.startswith("NEWSARCHIVE_")
        ]
        others = "".join(f"; `-s {name}`" for name in known if name != key.variable)
        alone = "" if known else " (a variable alone)"
        lines.append(
            f"| `{key.name}` | `{key.variable}`{others}{alone} | {_default(key.default)} | {_cell(key.meaning)} |"
        )
    return "\n".join(lines)


def columns() -> str:
    """Every field of an article."""
    return fields.table()


def queries() -> str:
    """The useful queries, as the page of the database in `newsarchive web` has them."""
    return "\n\n".join(
        f"{_sentence(query['label'])}{' ' + query['about'] if 'about' in query else ''}\n\n"
        f"```sql\n{readable(query)};\n```"
        for query in useful_queries()
    )


def spiders() -> str:
    """The arguments of each spider."""
    from newsarchive.commands.crawl import MEANINGS
    from newsarchive.spiders.news import NewsSpider
    from newsarchive.spiders.recrawl import RecrawlSpider
    from newsarchive.spiders.warc import WarcSpider

    lines = ["| spider | argument | meaning |", "|---|---|---|"]
    for spider in (NewsSpider, RecrawlSpider, WarcSpider):
        for name, value in spider.known_arguments.items():
            lines.append(
                f"| `{spider.name}` | `-a {name}={value}` | {_cell(MEANINGS[name])} |".replace("||", "|")
            )
    return "\n".join(lines)


def pipelines() -> str:
    """The pipelines that the add-on sets, in their order."""
    from scrapy.settings import BaseSettings

    from newsarchive.addon import STEP_PRIORITIES, Addon
    from newsarchive.core.steps import STEPS

    given = BaseSettings()
    Addon().update_settings(given)
    given["ITEM_PIPELINES"].update(STEP_PRIORITIES)
    lines = ["| priority | pipeline | what it does |", "|---|---|---|"]
    for pipeline, priority in sorted(given["ITEM_PIPELINES"].items(), key=lambda pair: pair[1]):
        told = STEPS[pipeline.step].run if hasattr(pipeline, "step") else pipeline
        first = (inspect.getdoc(told) or "").split("\n\n")[0]
        lines.append(f"| {priority} | `{pipeline.__name__}` | {_cell(_text(first))} |")
    return "\n".join(lines)


def licences() -> str:
    """The licences of the packages that newsarchive needs."""
    sys.path.insert(0, str(Path(__file__).parent))
    from licences import markdown

    return markdown()


def contributing() -> str:
    """The page of that name at the root of the repository, where forges look for it."""
    return _from_root("CONTRIBUTING.md")


def security() -> str:
    """The page of that name at the root of the repository."""
    return _from_root("SECURITY.md")


def conduct() -> str:
    """The code of conduct at the root of the repository."""
    return _from_root("CODE_OF_CONDUCT.md")


def changelog() -> str:
    """The changelog at the root of the repository."""
    return _from_root("CHANGELOG.md")


def readable(query: dict[str, Any]) -> str:
    """A query's SQL with its examples in place of its fields."""
    sql: str = query["sql"]
    for name, value in query.get("example", {}).items():
        sql = sql.replace(f":{name}", f"'{value}'")
    return sql


PARTS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "settings": settings,
    "columns": columns,
    "queries": queries,
    "spiders": spiders,
    "pipelines": pipelines,
    "licences": licences,
    "contributing": contributing,
    "security": security,
    "conduct": conduct,
    "changelog": changelog,
}


def filled(text: str) -> str:
    """A page with its parts in their places. Raises `KeyError` for a part that does not exist."""
    return PLACE.sub(lambda found: PARTS[found[1]](), text)


def as_rst(lines: list[str]) -> list[str]:
    """A docstring as reStructuredText: ours are plain text, with code in single backticks and indented examples.

    Autodoc reads docstrings as reStructuredText, where a star or an underscore may be markup and an indented block
    is a quotation.
    """
    result: list[str] = []
    for block in re.split(r"\n[ \t]*\n", "\n".join(lines).strip("\n")):
        if block.startswith((" ", "\t", ">>>")):
            result += ["::", "", *(f"    {line}" for line in inspect.cleandoc(block).splitlines())]
        else:
            result += [_escaped(line) for line in block.splitlines()]
        result.append("")
    return result


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this once, before it reads a page."""
    logging.getLogger("alembic").setLevel(logging.WARNING)  # autodoc loads it, and it tells of every plugin
    app.connect("source-read", _fill)
    app.connect("autodoc-process-docstring", _plain)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _from_root(name: str) -> str:
    """A page at the root, with its links as they are from `docs/`."""
    text = (ROOT / name).read_text("utf-8").replace("](docs/", "](")
    for there, here in PAGES.items():
        text = text.replace(f"]({there}", f"]({here}")
    return text


def _fill(app: Any, name: str, source: list[str]) -> None:
    source[0] = FOLDER.sub(r"`\1`", filled(source[0]))


def _plain(app: Any, what: str, name: str, thing: object, settings: object, lines: list[str]) -> None:
    lines[:] = as_rst(lines)


def _command(command: click.Command, context: click.Context, level: str) -> Iterator[str]:
    yield f"{level} `{context.command_path}`"
    yield f"```text\n{' '.join(command.get_usage(context).split()).removeprefix('Usage: ')}\n```"
    yield from (_text(part) for part in _paragraphs(command.help or ""))
    rows = [_option(parameter, context) for parameter in command.params if _is_shown(parameter)]
    if rows:
        yield "\n".join(["| option | meaning |", "|---|---|", *rows])
    if command.epilog:
        yield f"```text\n{_unmarked(command.epilog)}\n```"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from _command(child, click.Context(child, info_name=name, parent=context), level + "#")


def _is_shown(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option) and not parameter.hidden and parameter.name not in COMMON


def _option(option: click.Parameter, context: click.Context) -> str:
    found = option.get_help_record(context)
    assert found is not None
    return f"| `{found[0]}` | {_cell(_text(found[1]))} |"


def _spellings(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            yield from (*parameter.opts, *parameter.secondary_opts)


def _paragraphs(text: str) -> list[str]:
    return [part for part in re.split(r"\n\s*\n", _unmarked(text)) if part.strip()]


def _unmarked(text: str) -> str:
    """Without the sign by which Click keeps lines as they stand."""
    return inspect.cleandoc(text.replace("\b\n", "\n").replace("\f", "")).strip("\n")


def _text(text: str) -> str:
    """A text in which nothing but backticks is markup."""
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(
        piece if piece.startswith("`") else re.sub(r"([*_<>|\[\]])", r"\\\1", piece) for piece in pieces
    )


def _cell(text: str) -> str:
    return " ".join(text.replace(r"\|", "|").replace("|", r"\|").split())


def _default(value: Any) -> str:
    if value in (None, "", []):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else str(value).removeprefix('sqlite:///')}`"


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _escaped(line: str) -> str:
    pieces = re.split(r"(`[^`]*`)", line)
    return "".join(
        f"`{piece}`" if piece.startswith("`") else re.sub(r"([*|\\]|_(?!\w))", r"\\\1", piece)
        for piece in pieces
    )


if __name__ == "__main__":
    print("\n\n".join(PARTS[name]() for name in sys.argv[1:] or PARTS))  # noqa: T201
