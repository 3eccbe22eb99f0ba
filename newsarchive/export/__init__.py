"""Articles in the formats of other programs, and records as plain dictionaries and JSON.

    writer("csv")(Selection(open_source("newsarchive.db")), Path("articles.csv"), "My archive")

A format is a function `write_NAME(articles, target, title)` that returns the number of articles. It takes them one by one
and keeps none. The module of a format is imported when the format is asked for. `write_whole` keeps an unfinished file
under another name.

`FORMATS` are newsarchive's own. Another project offers one as an entry point of the group `newsarchive.export`: its name
is the format's, its object a `Format` with the function `write`. A name in `FORMATS` takes precedence.
"""

from __future__ import annotations

import importlib
import json
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from functools import wraps
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from newsarchive.exceptions import DatabaseError, NewsArchiveError, OutputError, UsageError
from newsarchive.reprs import what_was_raised, why_not_written

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint, EntryPoints

#: Fields of a record that are not exported: they hold bytes, or values for the program alone.
PRIVATE = frozenset({"capture", "seen", "minhash", "html", "decided_by"})


def plain(value: Any) -> Any:
    """A record as JSON types: dataclasses become objects, times ISO 8601 texts in UTC, days `2025-04-30`,
    tuples lists.

    An article becomes its flat row and, under names of their own, its details (`fields.record`).
    """
    # Imported late: loading the records takes time, and a byline needs none.
    from newsarchive.fields import record
    from newsarchive.items import Article
    from newsarchive.times import isoformat

    def of(value: Any) -> Any:
        if isinstance(value, Article):
            return of(record(value))
        if is_dataclass(value) and not isinstance(value, type):
            return {f.name: of(getattr(value, f.name)) for f in fields(value) if f.name not in PRIVATE}
        if isinstance(value, datetime):
            return isoformat(value)
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, Mapping):
            return {str(key): of(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [of(item) for item in value]
        return value

    return of(value)


#: Control characters and overrides of direction that `json` writes as they are, and a terminal may obey.
_UNSEEN = re.compile("[\x7f-\x9f\u202d\u202e]")


def to_json(record: Any, *, indent: int | None = None) -> str:
    """One record as JSON text; letters of every script are not escaped, control characters are."""
    text = json.dumps(plain(record), ensure_ascii=False, indent=indent)
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


#: The group of entry points under which other projects offer formats.
FORMAT_GROUP = "newsarchive.export"
#: Writes articles to a file, a folder or an open stream, and returns their number. The CSV writer also takes `with_bom`.
Writer = Callable[..., int]


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its module, and how it is asked for.

    `suffixes` are the ends of file names that mean the format; `order` is an order of the search. `extra` names the
    optional dependency, `needs` the module that it installs. `kind` is `stream` (may go to standard output), `file`
    (needs a file in which it can seek) or `folder`. A format of another project has no module, but the function `write`;
    `sqlite` has neither (see `db/copying.py`).
    """

    module: str = ""
    suffixes: tuple[str, ...] = ()
    kind: str = "stream"
    order: str = "id"
    extra: str = ""
    needs: str = ""
    write: Writer | None = None


FORMATS = {
    "jsonl": Format("text", (".jsonl", ".ndjson")),
    "csv": Format("text", (".csv",)),
    "xlsx": Format("xlsx", (".xlsx",), "file", extra="xlsx", needs="xlsxwriter"),
    "parquet": Format("frames", (".parquet",), "file", extra="parquet", needs="pyarrow"),
    "dataset": Format("frames", (), "folder", extra="parquet", needs="pyarrow"),
    "sqlite": Format("", (".db", ".sqlite", ".sqlite3"), "file"),
    "atom": Format("atom", (".atom", ".xml"), order="date", extra="atom", needs="feedgenerator"),
    "jsonfeed": Format("jsonfeed", (".feed.json",), order="date"),
    "epub": Format("epub", (".epub",), "file", order="site", extra="epub", needs="ebooklib"),
    "markdown": Format("markdown", (".md",), "folder", extra="markdown", needs="yaml"),
    "html": Format("htmlsite", (), "folder", order="site", extra="html", needs="jinja2"),
    "wacz": Format("wacz", (".wacz",), "file"),
    "bagit": Format("bagit", (), "folder"),
    "tei": Format("tei", (".tei", ".tei.xml")),
    "csl": Format("text", (".csl.json",), order="date"),
    "bibtex": Format("text", (".bib",), order="date"),
    "ris": Format("text", (".ris",), order="date"),
}


def own_formats() -> EntryPoints:
    """The formats that installed projects offer; their code is not imported."""
    return metadata.entry_points(group=FORMAT_GROUP)


def names() -> list[str]:
    """Every format that can be asked for."""
    return list(dict.fromkeys([*FORMATS, *sorted(own_formats().names)]))


def form(name: str) -> Format:
    """A format by its name. Raises `UsageError` for an unknown name, and for another project's format that is broken."""
    if name in FORMATS:
        return FORMATS[name]
    found = list(own_formats().select(name=name))
    if not found:
        raise UsageError(f"format {name!r}: one of {', '.join(names())}")
    if len(found) > 1:
        both = " and ".join(source_of(point) for point in found)
        raise UsageError(f"format {name!r}: {both} both offer it: uninstall one of them")
    return _loaded(found[0])


#: Where a format may write, and the orders of articles that it may ask for.
KINDS = ("stream", "file", "folder")
ORDERS = ("id", "date", "site")


def _loaded(point: EntryPoint) -> Format:
    remedy = "repair, reinstall or uninstall it"
    try:
        made = point.load()
    except (Exception, SystemExit) as error:  # a script that was meant to be called, and not imported
        raise UsageError(
            f"format {point.name!r}: {source_of(point)} cannot be loaded: {type(error).__name__}: {error}; {remedy}"
        ) from error
    if not isinstance(made, Format) or not callable(made.write):
        raise UsageError(
            f"format {point.name!r}: {source_of(point)} is no newsarchive.export.Format with a function `write`; {remedy}"
        )
    wrong = [
        f"{name} is {value!r}, not one of {', '.join(known)}"
        for name, value, known in (("kind", made.kind, KINDS), ("order", made.order, ORDERS))
        if value not in known
    ]
    # A text would be read letter by letter, and its last letter would be an ending.
    if not isinstance(made.suffixes, tuple | list) or not all(
        isinstance(one, str) and one.startswith(".") and one == one.lower() for one in made.suffixes
    ):
        wrong = [
            f"suffixes is {made.suffixes!r}, not a tuple of endings in small letters, as ('.headlines',)"
        ]
    if wrong:
        raise UsageError(f"format {point.name!r}: {source_of(point)}: {wrong[0]}; {remedy}")
    return replace(made, write=_named(made.write, point))


def _named(write: Writer, point: EntryPoint) -> Writer:
    """The writer of another project, which fails with a message that names the project and the line."""

    @wraps(write)
    def named(articles: Any, target: Any, title: str, **more: Any) -> int:
        try:
            number = write(articles, target, title, **more)
        except (NewsArchiveError, OSError):
            raise
        except (Exception, SystemExit) as error:
            raise OutputError(
                f"format {point.name!r}: {source_of(point)} failed: {what_was_raised(error, write)}"
            ) from error
        problem = ""
        if not isinstance(number, int):
            problem = f"returned {type(number).__name__}, not the number of articles"
        elif isinstance(target, Path) and not target.exists():
            problem = "wrote no file"
        if problem:
            raise OutputError(f"format {point.name!r}: {source_of(point)} {problem}")
        return number

    return named


def source_of(point: EntryPoint) -> str:
    """The object and the project of an entry point: "own_step:shorten (own-step 1.0)"."""
    return f"{point.value} ({point.dist.name} {point.dist.version})" if point.dist else point.value


def format_of(target: str) -> str:
    """The format that a file name means; a name that ends with / is a Markdown folder. Raises `UsageError`.

    >>> format_of("a/b.csv"), format_of("corpus.TEI.xml"), format_of("posts/")
    ('csv', 'tei', 'markdown')
    """
    name = target.lower()
    if found := _ending(name, FORMATS):
        return found
    if name.endswith(("/", os.sep)):
        return "markdown"
    sound, broken = {}, ""
    for point in own_formats():
        try:
            sound[point.name] = _loaded(point)
        except UsageError as error:  # it may be another project's format that is asked for
            broken += f"; {error}"
    if found := _ending(name, sound):
        return found
    raise UsageError(
        f"{target}: no format has this ending; give one with --format: {', '.join(names())}{broken}"
    )


def _ending(name: str, formats: Mapping[str, Format]) -> str:
    """The format with the longest suffix at the end of a file name, "" where no suffix fits."""
    fitting = [(len(s), key) for key, made in formats.items() for s in made.suffixes if name.endswith(s)]
    return max(fitting, default=(0, ""))[1]


def writer(name: str) -> Writer:
    """The function that writes a format. Raises `UsageError` that names the extra where it is missing."""
    wanted = form(name)
    if wanted.write is not None:
        return wanted.write
    if wanted.needs:
        _require(wanted.needs, name, wanted.extra)
    found: Writer = getattr(importlib.import_module(f"newsarchive.export.{wanted.module}"), f"write_{name}")
    return found


Frame = Literal["pandas", "polars", "arrow"]

#: Kind of data frame → the modules that it needs, and the extra that installs them.
ENGINES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "pandas": (("pandas", "pyarrow"), "pandas"),
    "polars": (("polars", "pyarrow"), "polars"),
    "arrow": (("pyarrow",), "parquet"),
}


def require_engine(engine: str) -> None:
    """Raises `UsageError` for an unknown kind of data frame, and for a missing library, naming its extra. `export.frames` itself needs
    such a library."""
    if engine not in ENGINES:
        raise UsageError(f"dataframe(): engine {engine!r}: one of {', '.join(ENGINES)}")
    modules, extra = ENGINES[engine]
    for module in modules:
        _require(module, f"dataframe(engine={engine!r})", extra)


def _require(module: str, what: str, extra: str) -> None:
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise UsageError(f"{what} needs {module}: pip install 'newsarchive[{extra}]'") from error


def check_target(target: Path, overwrite: bool) -> None:
    """Raises `OutputError` where something stands there already or nothing can be made there."""
    if not target.absolute().parent.is_dir():
        raise OutputError(f"{target}: there is no folder {target.parent}; create it first")
    if target.exists() and not (target.is_file() or target.is_dir()):
        raise OutputError(f"{target} is no file and no folder: name one, or - for standard output")
    if target.exists() and not overwrite:
        raise OutputError(f"{target} exists already: name another, or replace it with --overwrite")
    if not os.access(target.absolute().parent, os.W_OK):
        raise OutputError(f"{target} cannot be written: no permission in {target.absolute().parent}")


def _put(made: Path, target: Path, aside: Path) -> None:
    """Move a file or folder to the target. A folder that stands there goes `aside`, and comes back where that fails."""
    stands = target.is_dir() and not target.is_symlink()
    if stands:
        target.rename(aside)
    try:
        made.replace(target)
    except BaseException:
        if stands:
            aside.rename(target)
        raise


def write_whole(target: Path, make: Callable[[Path], int]) -> int:
    """Make a file or folder under another name beside the target, and rename it when it is whole.

    Raises `OutputError` where it cannot be written; what was at the target before is then still there.
    """
    import shutil
    import tempfile

    try:
        work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.absolute().parent))
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {why_not_written(error)}") from error
    try:
        part = work / target.name
        number = make(part)
        _put(part, target, work / f"{target.name}.before")
        return number
    except DatabaseError as error:
        if str(part) not in str(error):
            raise
        raise OutputError(str(error).replace(str(part), str(target))) from error  # the target is a database
    except OSError as error:
        # The space of half-made files is given back before they are deleted: libraries that have them open still write their last
        # bytes when Python closes them, and on a full disk would print a traceback of their own.
        for path in work.rglob("*"):
            with suppress(OSError):
                if path.is_file():
                    os.truncate(path, 0)
        raise OutputError(f"{target} cannot be written: {why_not_written(error)}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
