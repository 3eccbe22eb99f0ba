"""The TOML and model files of `newsarchive/data` as `Rules`, the one argument by which data reaches the pure core.

A folder of the user's own (`NEWSARCHIVE_RULES`) may add files or replace them: its `attribution/de.toml` takes the place
of ours. `config` says where standfirsts go. Every error names file and key.
"""

from __future__ import annotations

from collections.abc import Mapping
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


def default(folder: str = "") -> Rules:
    """The shipped rules, with those of `folder` over them if one is named; read once a process."""
    return _once(folder)


@cache  # not on `default`, where `default()` and `default("")` would be two, each with compiled forms of its own
def _once(folder: str) -> Rules:
    return load(folder or None)


@cache
def models_alone() -> Rules:
    """The shipped models without the tables, which take ten times as long to read."""
    return Rules(models=_models())


@cache
def _models() -> Mapping[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted((DATA / "models").glob("*")) if p.is_file()}


@cache
def with_standfirst(value: str) -> Rules:
    """The shipped rules with another place for standfirsts, read once a process; "" leaves the place as it is set.

    Raises `BadRules` for a word that is not one of `STANDFIRSTS`.
    """
    if not value:
        return default()
    if value not in STANDFIRSTS:
        raise BadRules("standfirst", value, f"must be one of {', '.join(STANDFIRSTS)}")
    return replace(default(), standfirst=value)


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
    return {path.stem: read(path) for folder in folders for path in sorted((folder / name).glob("*.toml"))}


def _list(path: Path, table: Table, key: str) -> list[Table]:
    rows = table.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadRules(str(path), key, f"must be tables written as [[{key}]]")
    return rows
