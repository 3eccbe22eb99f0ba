"""Reads the tables and models of `newsarchive/data` into `Rules`, the one argument by which data reaches the pure core.

A user's own folder (`NEWSARCHIVE_RULES`) has the same folders inside: its `phrases/de.toml` replaces ours, and its
`phrases/xx.toml` is added. `newsarchive/data/README.md` says what each table holds. Every error names the file and the
key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from newsarchive import compiled, config
from newsarchive.config import STANDFIRSTS
from newsarchive.exceptions import BadRules, UsageError

DATA = Path(__file__).parent / "data"
#: What is wrong where the package is run from an archive, as the eggs of `scrapyd-deploy` are. Folders inside one look
#: empty, so that all tables would be missing without a word.
NO_FOLDER = (
    "tables are read as files, and in an egg or a zip file there are none: install the package with pip"
)

Table = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Rules:
    """All data that the core works with. Compared by identity, so that compiled forms can be cached.

    A field that maps names to tables holds the folder of its name: `phrases["en"]` is `phrases/en.toml`.
    """

    #: Lines that are no part of an article, by language, and three tables for all languages.
    phrases: Mapping[str, Table] = field(default_factory=dict)
    #: Elements that hold no part of an article, by the software of the blog: `wordpress`, `ghost`.
    platforms: Mapping[str, Table] = field(default_factory=dict)
    #: Lines that say where an article appeared first, by language.
    attribution: Mapping[str, Table] = field(default_factory=dict)
    #: One table for each publisher.
    publishers: tuple[Table, ...] = ()
    #: The bytes of each file below `models/`, by its name.
    models: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    #: How posts are found: `links`, `pagekinds`, `platforms`.
    discovery: Mapping[str, Table] = field(default_factory=dict)
    #: How a page's headline, authors and dates are read and weighed: `trust`, `names`, `bylines`, `months`.
    metadata: Mapping[str, Table] = field(default_factory=dict)
    #: Where the sentence between headline and text goes: `description` keeps it beside the article, `text` begins the
    #: article with it.
    standfirst: str = STANDFIRSTS[0]


def load(folder: Path | str | None = None) -> Rules:
    """Read the shipped rules, and those of `folder` over them.

    Raises `BadRules`, naming file and key, for what cannot be read or is not understood.
    """
    folders = [DATA]
    if folder is not None:
        if not Path(folder).is_dir():
            raise BadRules(str(folder), "", "no such folder: set NEWSARCHIVE_RULES to a folder of TOML files")
        folders.append(Path(folder))
    publishers: list[Table] = []
    for path in (f / "publishers.toml" for f in folders):
        rows = read(path).get("publisher", []) if path.is_file() else []
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise BadRules(str(path), "publisher", "must be tables written as [[publisher]]")
        publishers += rows
    return Rules(
        phrases=_tables(folders, "phrases"),
        platforms=_tables(folders, "platforms"),
        attribution=_tables(folders, "attribution"),
        publishers=tuple(publishers),
        models=_models(),
        discovery=_tables(folders, "discovery"),
        metadata=_tables(folders, "metadata"),
        standfirst=config.load()["standfirst"],
    )


def default(folder: str = "") -> Rules:
    """The shipped rules, with those of `folder` over them if one is named; read once in a process."""
    return _once(folder)


@cache  # not on `default`: there `default()` and `default("")` would be two entries, each with its own compiled forms
def _once(folder: str) -> Rules:
    return load(folder or None)


def forget() -> None:
    """Have the rules read anew: a setting that they hold may have changed."""
    _once.cache_clear()


@cache
def models_alone() -> Rules:
    """The shipped models without the tables, which take ten times as long to read."""
    return Rules(models=_models())


@cache
def _models() -> Mapping[str, bytes]:
    if not DATA.is_dir():
        raise BadRules(str(DATA), "", NO_FOLDER)
    return {p.name: p.read_bytes() for p in sorted((DATA / "models").glob("*")) if p.is_file()}


@cache
def with_standfirst(value: str) -> Rules:
    """The shipped rules with another place for standfirsts, read once a process; "" leaves the place as it is set.

    Raises `UsageError` for a word that is not one of `STANDFIRSTS`.
    """
    if not value:
        return default()
    if value not in STANDFIRSTS:
        raise UsageError(f"extract(): standfirst {value!r}: one of {', '.join(STANDFIRSTS)}")
    return replace(default(), standfirst=value)


def read(path: Path) -> Table:
    """One TOML file. Raises `BadRules` with the line where it is not TOML, or cannot be read."""
    try:
        return compiled.table(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BadRules(str(path), "", f"not valid TOML: {error}") from error
    except NotADirectoryError as error:
        raise BadRules(str(path), "", NO_FOLDER) from error
    except OSError as error:
        raise BadRules(str(path), "", f"cannot be read: {error.strerror}") from error


def strings(file: str, table: Table, key: str) -> tuple[str, ...]:
    """The list of strings under `key`, `()` where it is absent. Raises `BadRules` for anything else."""
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise BadRules(file, key, f"must be a list of strings, not {value!r}")
    return tuple(value)


def _tables(folders: list[Path], name: str) -> dict[str, Table]:
    """The tables below `name` in all folders, by the name of their file; those of a later folder win."""
    paths = [path for folder in folders for path in sorted((folder / name).glob("*.toml"))]
    return {path.stem: read(path) for path in paths}
