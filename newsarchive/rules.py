"""TOML and model files → `Rules`, the one argument through which data reaches the pure core.

The files lie in `newsarchive/data`; a directory of the user's own may add to them or replace them
file by file (`NEWSARCHIVE_RULES`); where standfirsts go, `config` says. Every error names file and key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from newsarchive import config
from newsarchive.config import STANDFIRSTS
from newsarchive.exceptions import BadRules

DATA = Path(__file__).parent / "data"

Table = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Rules:
    """All data that the core works with. Compared by identity, so compiled forms can be cached.

    `chrome` and `attribution` map a language code to the parsed table of `<lang>.toml` (chrome also
    holds platform names: `wordpress`, …); `sites` maps a domain to its table; `publishers` holds one
    table a publisher; `models` maps a file name below `data/models` to its bytes; `discovery` holds the
    tables that find posts (`links`, `platforms`); `metadata` those that read a page's own description
    (`trust`, `names`, `bylines`, `boxes`, `months`). `standfirst` says where the sentence between headline and text
    goes: `description` keeps it beside the article, `text` begins the article with it.
    """

    chrome: Mapping[str, Table] = field(default_factory=dict)
    attribution: Mapping[str, Table] = field(default_factory=dict)
    sites: Mapping[str, Table] = field(default_factory=dict)
    publishers: tuple[Table, ...] = ()
    models: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    discovery: Mapping[str, Table] = field(default_factory=dict)
    metadata: Mapping[str, Table] = field(default_factory=dict)
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
        if path.is_file():
            publishers += _list(path, read(path), "publisher")
    return Rules(
        chrome=_tables(folders, "chrome"),
        attribution=_tables(folders, "attribution"),
        sites=_tables(folders, "sites"),
        publishers=tuple(publishers),
        models=_models(),
        discovery=_tables(folders, "discovery"),
        metadata=_tables(folders, "metadata"),
        standfirst=config.load()["standfirst"],
    )


def standfirst_of(value: str) -> str:
    """One of `STANDFIRSTS`, the first for "". Raises `BadRules` for any other word."""
    if value not in ("", *STANDFIRSTS):
        raise BadRules("standfirst", value, f"must be one of {', '.join(STANDFIRSTS)}")
    return value or STANDFIRSTS[0]


def default(folder: str = "") -> Rules:
    """The shipped rules, with those of `folder` over them if one is named; read once a process."""
    return _once(folder)


@cache  # of `default()` and `default("")` it would keep two, each with compiled forms of its own
def _once(folder: str) -> Rules:
    return load(folder or None)


@cache
def models_alone() -> Rules:
    """The shipped models without the tables, for what asks for no more: tables take ten times as long to read."""
    return Rules(models=_models())


@cache
def _models() -> Mapping[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted((DATA / "models").glob("*")) if p.is_file()}


@cache
def with_standfirst(value: str) -> Rules:
    """The shipped rules with another place for standfirsts; "" leaves it as it is set. Kept, since compiled
    forms hang on it."""
    return replace(default(), standfirst=standfirst_of(value)) if value else default()


def read(path: Path) -> Table:
    """One TOML file. Raises `BadRules` with the line where it is not TOML, or cannot be read."""
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadRules(str(path), "", f"not valid TOML: {error}") from error
    except OSError as error:
        raise BadRules(str(path), "", f"cannot be read: {error.strerror}") from error


def strings(file: str, table: Table, key: str) -> tuple[str, ...]:
    """The list of strings under `key`, `()` where it is absent. Raises `BadRules` for anything else."""
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise BadRules(file, key, f"must be a list of strings, not {value!r}")
    return tuple(value)


def _tables(folders: list[Path], name: str) -> dict[str, Table]:
    return {path.stem: read(path) for path in _files(folders, name)}


def _files(folders: list[Path], name: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((folder / name).glob("*.toml"))


def _list(path: Path, table: Table, key: str) -> list[Table]:
    rows = table.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadRules(str(path), key, f"must be tables written as [[{key}]]")
    return rows
