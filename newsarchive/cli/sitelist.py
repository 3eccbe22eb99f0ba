"""Reads and writes lists of sites: TOML and CSV with their settings, and OPML, which feed readers export. Reads plain lists of
addresses too.

[[site]]
url = "https://blog.example"
interval = 6
"""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from newsarchive import config
from newsarchive.core.assembly.selectors import SELECTOR
from newsarchive.core.discovery.broken_xml import with_known_references
from newsarchive.core.encoding.decoding import decode
from newsarchive.core.urls import check_blog
from newsarchive.exceptions import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from newsarchive.config import Config
    from newsarchive.db.frontier.known_sites import KnownSite

_number = config.any_number(0, 10**6 - 1)
_selectors = config.each(SELECTOR, "selector such as div.promo, .promo or #promo")
#: A cell in quotation marks, and the blanks behind it.
_QUOTED_CELL = re.compile(r'((?:^|(?<=[,;\t]))"(?:[^"]|"")*+") *(?=[,;\t\r\n])', re.MULTILINE)
#: setting → what reads its value
SETTINGS: Mapping[str, config.Reader] = {
    "since": config.as_day,
    "limit": config.whole_number(1, 10**9),
    "interval": _number,
    "looks_a_day": _number,
    "delay": _number,
    "user_agent": config.as_text,
    "sources": config.as_sources,
    "skip": config.as_paths,
    "drop": _selectors,
    "body": _selectors,
    "verify_certificates": config.switch,
}


@dataclass(frozen=True, slots=True)
class SiteList:
    """The sites of a file as (address, settings). `defaults` has the settings of many sites by scope: `global` or a platform."""

    sites: list[tuple[str, dict[str, Any]]]
    defaults: dict[str, dict[str, Any]] = field(default_factory=dict)


def checked(settings: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The settings with values of their types, without empty ones. Raises `UsageError` that names the key and `where`."""
    found: dict[str, Any] = {}
    for key, value in settings.items():
        if value in (None, ""):
            continue
        if key not in SETTINGS:
            raise UsageError(f"{where}: unknown setting {key!r}; there are {', '.join(SETTINGS)}")
        try:
            found[key] = SETTINGS[key](value.strip() if isinstance(value, str) else value, Path())
        except ValueError as error:
            raise UsageError(f"{where}: {key}={value!r} {error}") from None
    return found


def read(path: Path) -> SiteList:
    """The sites of a file. Raises `UsageError` that names the file and the mistake."""
    readers = {".csv": _csv, ".txt": _lines, ".opml": _opml, ".xml": _opml}
    if path.suffix.lower() not in (".toml", *readers):
        raise UsageError(f"{path}: not a .toml, .csv, .txt or .opml file")
    try:
        # Spreadsheets write UTF-16 and Windows' own encodings too.
        text = decode(path.read_bytes(), None).text
        if path.suffix.lower() == ".toml":
            return of_tables(tomllib.loads(text), str(path))
        found = readers[path.suffix.lower()](text)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"{path}: {error}: this is no TOML; `newsarchive sites export` prints a list as it must be written"
        ) from error
    except ElementTree.ParseError as error:
        raise UsageError(
            f"{path}: {error}: this is no XML; export the list once more from your feed reader"
        ) from error
    # A value that is nested a thousand deep is a RecursionError.
    except (ValueError, csv.Error, RecursionError) as error:
        raise UsageError(f"{path}: {error}") from error
    return SiteList(_checked_sites(found, str(path)))


def of_tables(tables: Mapping[str, Any], file: str) -> SiteList:
    """The sites of the TOML tables `[[site]]`, `[global]` and `[platform.NAME]`.

    Raises `UsageError` that names the file and the mistake.
    """
    if unknown := set(tables) - {"site", "global", "platform"}:
        raise UsageError(
            f"{file}: unknown table {min(unknown)!r}; there are [global], [platform.NAME] and [[site]]"
        )
    scopes = {"global": tables["global"]} if "global" in tables else {}
    platforms = tables.get("platform", {})
    scopes |= platforms if isinstance(platforms, dict) else {"platform": platforms}
    if not all(isinstance(scope, dict) for scope in scopes.values()):
        raise UsageError(f"{file}: settings of a platform are written as a table, [platform.wordpress]")
    sites = tables.get("site", [])
    if not isinstance(sites, list) or not all(isinstance(site, dict) for site in sites):
        raise UsageError(f"{file}: sites are written as [[site]] tables, each with a url")
    return SiteList(
        _checked_sites(sites, file),
        {scope: checked(settings, f"{file}: {scope}") for scope, settings in scopes.items()},
    )


def _checked_sites(found: Iterable[Mapping[str, Any]], file: str) -> list[tuple[str, dict[str, Any]]]:
    """The sites as (address, settings). Raises `UsageError` that names the file and the site."""
    sites = []
    for number, site in enumerate(found, 1):
        where = f"{file}: site {number}"
        if not site.get("url"):
            raise UsageError(f"{where}: no url")
        settings = {key: value for key, value in site.items() if key != "url"}
        try:
            url = check_blog(str(site["url"]), "")
        except UsageError as error:
            raise UsageError(f"{where}: {error}") from None
        sites.append((url, checked(settings, where)))
    return sites


def _csv(text: str) -> list[dict[str, Any]]:
    """The rows of a table. Where a comma parts the digits of a number, spreadsheets part the columns by semicolons.

    Raises `ValueError` that names the line where quotation marks are no pairs, and says what to write.
    """
    head, _, table = text.partition("\n")
    names, mark = head.strip().lower(), max(",;\t", key=head.count)
    # Hand-written lists have blanks between a closing quotation mark and the comma. The line break at the end lets a cell that is
    # never closed go on beyond its line, wherever it stands.
    text = _QUOTED_CELL.sub(r"\1", f"{names}\n{table}\n\n")
    # Strict: otherwise a quotation mark without its partner makes all rows behind it one address.
    reader = csv.reader(io.StringIO(text), delimiter=mark, strict=True)
    rows: list[list[str]] = []
    line = 0
    try:
        for row in reader:
            rows.append(row)
            line = reader.line_num
    except csv.Error as error:
        fault, first = str(error), line + 1  # of the row that cannot be read
        if reader.line_num > first:
            fault = "a quotation mark is opened and never closed: close it, or remove it"
        elif '"' in text.split("\n")[first - 1]:
            fault = 'text stands behind a closing quotation mark: close it at the end of the cell, and write one inside the cell twice, ""'
        raise ValueError(f"line {first}: {fault}") from error
    columns, *cells = rows
    if "url" not in columns:
        raise ValueError("the first line must name the columns, one of them url")
    return [dict(zip(columns, row, strict=False)) for row in cells if row]


def _lines(text: str) -> list[dict[str, Any]]:
    """An address a line, with comments that begin with `#`."""
    lines = (line.strip() for line in text.splitlines())
    return [{"url": line} for line in lines if line and not line.startswith("#")]


def _opml(text: str) -> list[dict[str, Any]]:
    """The sites of an OPML file: of each feed the address of its site, else its own. Entities are not expanded. Feed readers write
    the names of attributes in small and capital letters, and some a bare `&`."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("a document type is declared: OPML needs none")
    root = ElementTree.fromstring(with_known_references(text.encode(errors="replace")).decode())
    outlines = [{name.lower(): value for name, value in o.attrib.items()} for o in root.iter("outline")]
    return [{"url": o.get("htmlurl") or o["xmlurl"]} for o in outlines if o.get("xmlurl")]


def follow_listed(engine: Engine, held: Config) -> None:
    """Follow the sites that the file of settings lists, with their settings.

    Raises `UsageError` for a mistake in the file; then nothing is changed.
    """
    from newsarchive.db.frontier.sites import Sites

    file = str(held.file.absolute()) if held.file else ""
    listed = of_tables(held.tables, file)
    Sites(engine).keep_listed(file, listed.sites, listed.defaults)


def as_toml(sites: Iterable[KnownSite], defaults: Mapping[str, Mapping[str, Any]]) -> str:
    """The text of a .toml file that `read` reads."""
    tables = [
        ("[global]" if scope == "global" else f"[platform.{_toml(scope)}]", settings_alone(config))
        for scope, config in sorted(defaults.items(), key=lambda item: (item[0] != "global", item[0]))
    ]
    tables += [("[[site]]", record(site)) for site in sites]
    return "\n".join(
        f"{head}\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in table.items())
        for head, table in tables
    )


def _toml(value: Any) -> str:
    """A value as TOML. JSON would do but for two things: TOML takes no halves of a character, and no DEL as it is."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def as_csv(sites: Iterable[KnownSite]) -> str:
    """The text of a .csv file that `read` reads."""
    out = io.StringIO()
    writer = csv.DictWriter(out, ["url", *SETTINGS], lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {key: ",".join(value) if isinstance(value, list) else value for key, value in record(site).items()}
        for site in sites
    )
    return out.getvalue()


def record(site: KnownSite) -> dict[str, Any]:
    return {"url": site.home_url} | settings_alone(site.config)


def settings_alone(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings without two entries that the archive keeps among them: `follow`, and which file lists the site."""
    return {key: config[key] for key in SETTINGS if key in config}
