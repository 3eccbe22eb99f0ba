"""What commands print: rows and texts on standard output, messages on standard error.

    $ newsarchive quarantine list
    id  state    confidence  words  headline             address
    17  waiting        0.62    140  A list of links      https://blog.example/links/

On a terminal there are colours, tables, and texts wrapped between words; a text that is longer than the screen goes
through a pager (`paged`). Elsewhere each row and each paragraph is a line, for other programs, with tabs between cells.

An address is not broken, so that it can be copied. In a table it is the last column: where it is longer than the rest of the
line, the terminal wraps it without a line break, and where the other columns take most of the line, it gets a line of its own.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from shlex import quote
from typing import IO, TYPE_CHECKING, Any, TextIO

import click

from newsarchive import plainwords
from newsarchive.config import SQLITE_BEGINNING
from newsarchive.exceptions import STOPPED_BY_SIGTERM, OutputError, UsageError
from newsarchive.reprs import byline, counted, origin_line
from newsarchive.times import isoformat, utc_now

if TYPE_CHECKING:
    from rich.console import Console
    from sqlalchemy import Engine

    from newsarchive.db.reading.search import Filters
    from newsarchive.db.readonly import File
    from newsarchive.items import Article, Block, Edit, Origin, Rights

#: Width of running text on a terminal, in characters; on a wider terminal the rest of the line stays empty.
MAX_TEXT_COLUMNS = 88
#: Spaces between two columns of a table.
GAP = 2
#: Share of the terminal's width that all columns but the last take. Above it, an address that does not fit behind them
#: gets a line of its own.
MAX_SHARE_BEFORE_LAST = 0.6
#: Columns of the terminal that a cell of running text takes; a longer text ends in an ellipsis.
MAX_CELL_COLUMNS = 40
#: The key in `click.Context.meta` that says whether `-q` was given. All contexts of one call share `meta`.
QUIET = "newsarchive.quiet"
#: The key that says whether messages are JSON objects, a line each.
JSON_LINES = "newsarchive.json-lines"
#: Options of `less` that keep colours and the screen as they are. The user's own variable LESS takes precedence.
_LESS = "FRX"


def noted(key: str) -> Any:
    """What the options of this call have noted under a key of `click.Context.meta`, `None` for nothing."""
    context = click.get_current_context(silent=True)
    return context.meta.get(key) if context else None


def quiet() -> bool:
    """Whether the command was asked to print no messages but errors."""
    return bool(noted(QUIET))


def on_terminal() -> bool:
    """Whether standard output is a terminal. Only there the output has colours, wrapped lines and pictures."""
    return sys.stdout.isatty()


def console() -> Console:
    """Rich's standard output: with colours and wrapping on a terminal, with plain lines elsewhere; no colours with NO_COLOR."""
    return _console(soft_wrap=False)


def messages() -> Console:
    """Rich's standard error: with colours on a terminal only, and not with NO_COLOR."""
    return _console(stderr=True)


def _console(**given: Any) -> Console:
    """A console of Rich that prints no control character of a text; those of Rich itself pass.

    They are replaced before Rich breaks a text into lines: it takes them to have no width, and would cut as many letters off
    the line's end as it has signs in their places.
    """
    from rich.console import Console
    from rich.segment import Segment
    from rich.text import Text

    class Printing(Console):
        def on_broken_pipe(self) -> None:
            # Rich ends the program. A crawl whose messages nobody reads any more (`2>&1 | head`) has its work to finish.
            if not self.stderr:
                super().on_broken_pipe()
            self.quiet = True

        def render(self, renderable: Any, options: Any = None) -> Iterator[Segment]:
            if isinstance(renderable, Text):
                renderable = renderable.copy()
                renderable.plain = plainwords.printable(renderable.plain)
            for part in super().render(renderable, options):
                yield part if part.control else Segment(plainwords.printable(part.text), part.style)

    colours: Any = None if os.environ.get("NO_COLOR") else "auto"
    return Printing(highlight=False, color_system=colours, **given)


def echo(text: str) -> None:
    """Print a text for people on standard output, without control characters."""
    click.echo(plainwords.printable(text))


def say(message: str) -> None:
    """Print a message on standard error, unless `--quiet` is given."""
    if not quiet():
        _print(message, "INFO")


def complain(message: str) -> None:
    """Print an error on standard error, also with `--quiet`."""
    _print(message, "ERROR")


def _print(message: str, level: str) -> None:
    if json_lines():
        log_line(level, message=message.removeprefix("error: "))
    else:
        click.echo(plainwords.printable(message), err=True)


def write_json_lines(context: click.Context) -> None:
    """From now on the messages of this call are lines of JSON, as those of the spiders' log are."""
    context.meta[JSON_LINES] = True


def json_lines() -> bool:
    """Whether messages are lines of JSON."""
    return bool(noted(JSON_LINES))


def json_line(level: str, **fields: Any) -> str:
    """A message, or an event and what belongs to it, as one line of JSON."""
    line = {"time": isoformat(utc_now()), "level": level, **fields}
    return plainwords.printable(json.dumps(line, ensure_ascii=False, default=str))


def log_line(level: str, **fields: Any) -> None:
    """Print such a line on standard error."""
    click.echo(json_line(level, **fields), err=True)


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[..., None]]:
    """A progress bar on standard error where that is a terminal, else nothing. Call what it gives with the number done, the
    number of all, and perhaps a word that is shown after `what`."""
    from rich.progress import Progress

    console = messages()
    hidden = quiet() or not console.is_terminal
    with Progress(console=console, disable=hidden, transient=True) as progress:
        task = progress.add_task(what, total=None)

        def show(done: int, total: int, word: str = "") -> None:
            progress.update(task, completed=done, total=total, description=f"{what} {word}".strip())

        yield show


class _Shown(io.RawIOBase):
    """Takes UTF-8, and prints it on a terminal like other text: without control characters, each line with LF at its end."""

    def __init__(self) -> None:
        super().__init__()
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        text = self.decoder.decode(bytes(data)).replace("\r\n", "\n")
        click.echo(plainwords.printable(text), nl=False)
        return len(data)


def binary_stdout() -> IO[bytes]:
    """Standard output for what writes bytes: they go out as they are, but on a terminal as text."""
    sys.stdout.flush()
    return _Shown() if on_terminal() else sys.stdout.buffer  # type: ignore[return-value]


def print_bytes(data: bytes) -> None:
    """Print bytes on standard output as they are, but on a terminal: the lines of some formats end in CR and LF on every system."""
    out = binary_stdout()
    out.write(data)
    out.flush()


def print_json(*records: object, indent: int | None = None) -> None:
    """Print records as JSON on standard output, each on a line of its own where none is indented."""
    from newsarchive.export import to_json

    for record in records:
        click.echo(to_json(record, indent=indent))


def print_html(html: str) -> None:
    """Print HTML on standard output, for other programs as it is."""
    click.echo(plainwords.printable(html) if on_terminal() else html)


def at_most_one(command: str, **given: bool) -> None:
    """Raise `UsageError` where several of these options are given: `--csv and --json exclude one another; give one`."""
    if sum(given.values()) > 1:
        *others, last = (f"--{name}" for name in given)
        raise UsageError(f"{command}: {', '.join(others)} and {last} exclude one another; give one")


def print_records(
    records: Iterable[object],
    names: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    *,
    as_csv: bool,
    as_json: bool,
    with_bom: bool = False,
) -> None:
    """Print for other programs: the records as JSON, a line each; or their rows as CSV; or these with tabs between the cells."""
    if as_json:
        for record in records:  # there may be more than the memory holds
            print_json(record)
    elif as_csv:
        from newsarchive.export.text import write_rows

        out = binary_stdout()
        write_rows(names, rows, out, with_bom=with_bom, line_end="\n")
        out.flush()
    else:
        for row in rows:
            cells = (one.isoformat() if isinstance(one := row[name], datetime) else one for name in names)
            echo("\t".join(map(_plain, cells)))


def print_rows(header: Sequence[str], rows: Sequence[Sequence[object]], right: Sequence[str] = ()) -> None:
    """Print rows as a table on a terminal (`print_table`); elsewhere each is a line with tabs between its cells."""
    if on_terminal() and rows:
        print_table(header, rows, right)
    else:
        for row in rows:
            echo("\t".join(map(_plain, row)))


def print_table(
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    right: Sequence[str] = (),
    out: Console | None = None,
) -> None:
    """Print the table, on standard output where no other console is given, with its header in bold."""
    out = out or console()
    first, *rest = table_lines(header, rows, out.width, right)
    out.print(first, style="bold", markup=False, soft_wrap=True)
    for line in rest:
        out.print(line, markup=False, soft_wrap=True)


def table_lines(
    header: Sequence[str], rows: Iterable[Sequence[object]], width: int, right: Sequence[str] = ()
) -> Iterator[str]:
    """The lines of a table: the header, then each row in one line or two. `right` names the columns of numbers, which are
    aligned to the right."""
    from rich.cells import cell_len, set_cell_size  # imported here: output that is no terminal has no table

    cells = [[_cell(cell) for cell in row[:-1]] + [_plain(row[-1])] for row in rows]
    table = [list(header), *cells]
    widths = [max(cell_len(row[i]) for row in table) for i in range(len(header) - 1)]
    before = sum(widths) + GAP * len(widths)
    crowded = before > width * MAX_SHARE_BEFORE_LAST
    for number, row in enumerate(table):
        aligned = [
            " " * (columns - cell_len(cell)) + cell if head in right else set_cell_size(cell, columns)
            for head, cell, columns in zip(header, row, widths, strict=False)
        ]
        if number and crowded and before + cell_len(row[-1]) > width:
            yield (" " * GAP).join(aligned).rstrip()
            yield f"{' ' * GAP}{row[-1]}"
        else:
            yield (" " * GAP).join([*aligned, row[-1]]).rstrip()


def _plain(cell: object) -> str:
    return plainwords.printable(" ".join(str("" if cell is None else cell).split()))


def _cell(cell: object) -> str:
    from rich.cells import cell_len, set_cell_size

    text = _plain(cell)
    if "://" in text or cell_len(text) <= MAX_CELL_COLUMNS:
        return text
    return set_cell_size(text, MAX_CELL_COLUMNS - 1).rstrip() + "…"


def account(edits: tuple[Edit, ...], dropped: tuple[Block, ...]) -> str:
    """What newsarchive changed in an article, in one line: the number of repairs by codec, of dropped lines by kind."""
    repairs = [e for e in edits if e.step == "repair"]
    codecs = "; ".join(sorted({plainwords.codec(e.rule) for e in repairs}))
    repaired = f"{counted(len(repairs), 'repair')} ({codecs})" if repairs else "no repairs"
    if not dropped:
        return repaired
    kinds = Counter(plainwords.label(block.label) for block in dropped)
    by_kind = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    return f"{repaired}, {counted(len(dropped), 'line')} left out ({by_kind})"


def original_line(origin: Origin | None, url: str) -> str:
    """That the archive holds the article to which a credit links; "" where it holds none. A credit may name one publisher and
    link to the page of another: then it is not called the original."""
    from newsarchive.core.urls import same_site

    if not url:
        return ""
    if origin is not None and origin.domain and not same_site(f"https://{origin.domain}/", url):
        return f"The credit links to a page of another site, which is in the archive: {url}"
    return f"The original is in the archive: {url}"


def print_article(article: Article, *, pager: bool = False) -> None:
    """Print an article on standard output (a long one through the `pager`), and `account` on standard error."""
    details = [byline(article), article.url]
    moved_from = getattr(article, "moved_from", "")  # only a stored article has it, and the next two
    details += [f"read at {moved_from}, which the post has left"] if moved_from else []
    original = getattr(article, "original_url", "")
    details += [origin_line(article.origin), original_line(article.origin, original)]
    details += [use_line(getattr(article, "rights", None)), *dates(article), free_line(article)]
    with paged(pager):
        print_wrapped(article.headline, [line for line in details if line], article.article_body)
    say(account(article.edits, article.dropped))


def free_line(article: Article) -> str:
    """That the article must be paid for, and may therefore be cut off; "" where the site does not say so."""
    return plainwords.NOT_FREE if article.is_accessible_for_free is False else ""


#: Directives all of whose words allow everything, or tell search engines how large a preview may be: nearly every page of WordPress
#: has `meta robots: max-image-preview:large`.
_PERMITTING = re.compile(
    r"[\w -]+:(?: (?:all|follow|index|max-(?:image-preview|snippet|video-preview):[^\s,]*|large|standard|-?\d+),?)+"
)


def use_line(rights: Rights | None) -> str:
    """What the site said of the use of a page, in one line; "" where it said nothing, or of previews alone."""
    if not rights:
        return ""
    found = [f"licence {named}" for named in rights.licences]
    found += [f"TDMRep {said}" for said in rights.tdm]
    found += [f"Content-Usage {said}" for said in rights.content_usage]
    found += [said for said in rights.directives if not _PERMITTING.fullmatch(said)]
    found += [f"robots.txt keeps out {', '.join(rights.refused_agents)}"] if rights.refused_agents else []
    return f"Its site says of its use: {'; '.join(found)}" if found else ""


def print_wrapped(headline: str, details: list[str], body: str) -> None:
    """Print lines of at most `MAX_TEXT_COLUMNS` on a terminal; elsewhere each paragraph is one line, for other programs."""
    if not on_terminal():
        echo("\n".join([headline, *details, "", body]))
        return
    out = console()
    width = min(out.width, MAX_TEXT_COLUMNS)
    out.print(headline, style="bold", markup=False, width=width)
    for line in details:
        print_line(out, line, style="dim", width=width)
    out.print()
    out.print(body, markup=False, width=width)


def print_line(out: Console, line: str, style: str = "", width: int | None = None) -> None:
    """Print a line, wrapped between words; what goes on below begins where the line begins. A line with an address is not
    wrapped here: the terminal wraps it without a line break, so that the address can be copied."""
    from rich.text import Text

    if "://" in line:
        out.print(line, style=style, markup=False, soft_wrap=True)
        return
    words, room = line.lstrip(" "), width or out.width
    before = " " * min(len(line) - len(words), room // 2)  # without room Rich would drop the words
    for part in Text(plainwords.printable(words)).wrap(out, room - len(before)):
        out.print(before + part.plain.rstrip(), style=style, markup=False, soft_wrap=True)


def dates(article: Article) -> list[str]:
    """A line with the known dates of an article: when it was modified, found deleted and last seen; `[]` for none."""
    moments = {
        "modified": article.date_modified,
        "gone since": getattr(article, "gone_at", None),
        "last seen": getattr(article, "last_seen_at", None),
    }
    known = [f"{what} {when:%Y-%m-%d}" for what, when in moments.items() if when]
    return [" · ".join(known)] if known else []


def in_words(words: str, wanted: Filters) -> str:
    """A search as it is typed: `ferry --site blog.example --hidden`; "" for everything."""
    narrowed = [
        f"--{option}" if value is True else f"--{option} {quote(str(value))}"
        for option, values in ((name.replace("_", "-"), value) for name, value in asdict(wanted).items())
        for value in (values if isinstance(values, tuple) else (values,))
        if value not in ("", None, False, "all", "any")
    ]
    return " ".join([*([words] if words else []), *narrowed])


#: What makes a query more than words all of which must stand in an article (`db.query_language`).
_PHRASE_OR_CHOICE = re.compile(r"[\"“”„«»]|\bOR\b")


def say_nothing_found(source: File | Engine, words: str, wanted: Filters) -> None:
    """Say that nothing was found, and why: hidden articles, an empty archive, an unknown site, or the filters."""
    from newsarchive.core.urls import domain_of
    from newsarchive.db.reading.search import count
    from newsarchive.db.reading.statistics import site_names

    sites = site_names(source, hidden=wanted.hidden)
    asked = domain_of(wanted.site or "")
    unseen = 0 if wanted.hidden else count(source, words, replace(wanted, hidden=True))
    if unseen:
        say(f"nothing found but {unseen} in quarantine: give --hidden, or see `newsarchive quarantine list`")
    elif problem := no_such_site(asked, sites):
        say(problem)
    else:
        hint = ""
        if "://" in words:
            hint = "; an address chooses its article behind --article"
        elif wanted.language and not re.match(r"[A-Za-z]{2,3}(-|$)", wanted.language):
            hint = "; --language takes a code: en, de, zh"
        elif " " in words and not _PHRASE_OR_CHOICE.search(words):
            hint = "; all of the words must stand in an article: try fewer, or OR between them"
        say(f"nothing found for: {in_words(words, wanted) or 'anything'}{hint}")


def no_such_site(asked: str, sites: Sequence[str]) -> str:
    """What to say where the archive has no site, or not the one that was `asked` for ("" for any); "" where it has."""
    if not sites:
        return "the archive is empty; a crawl fills it: newsarchive crawl https://blog.example"
    if not asked or asked in sites:
        return ""
    known = ", ".join(sites[:5]) + (", …" if len(sites) > 5 else "")
    return f"no site {asked} in the archive: there are {known}"


class _BufferedTerminal(io.StringIO):
    """Keeps what is written, and says that it is a terminal, so that the output has the same colours as there."""

    def __init__(self, terminal: TextIO) -> None:
        super().__init__()
        self.terminal = terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self.terminal.encoding

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return self.terminal.fileno()


@contextmanager
def paged(wanted: bool = True) -> Iterator[None]:
    """Send what is printed inside the `with` block through the pager where it is longer than the screen."""
    terminal = sys.stdout
    if not wanted or not on_terminal() or not sys.stdin.isatty():
        yield
        return
    sys.stdout = held = _BufferedTerminal(terminal)
    try:
        yield
    finally:
        sys.stdout = terminal
        text = held.getvalue()
        if text.count("\n") < shutil.get_terminal_size().lines:
            click.echo(text, nl=False, color=True)
        else:
            os.environ.setdefault("LESS", _LESS)
            click.echo_via_pager(text.removesuffix("\n"), color=not os.environ.get("NO_COLOR"))


@contextmanager
def stdout_into(target: Path) -> Iterator[None]:
    """Write standard output to this file inside the `with` block.

    An existing file is replaced at the end, unless an error is raised or SIGTERM comes. A database is never replaced, and a
    device or a pipe is written to as it is. Raises `OutputError` for a database, and where the file cannot be written.
    """
    if target.is_file():  # a link stays a link, also /dev/stdout where a shell led it into a file
        target = target.resolve()
    is_special = target.exists() and not (target.is_file() or target.is_dir())
    part = target if is_special else target.parent / f"{target.name}.part"
    try:
        if target.exists() and not is_special:
            with target.open("rb") as old:
                if old.read(len(SQLITE_BEGINNING)) == SQLITE_BEGINNING:
                    raise OutputError(
                        f"{target} is a database, perhaps the archive itself: name another file"
                    )
        stream = part.open("w", encoding="utf-8", errors="replace", newline="\n")
    except OSError as error:
        raise OutputError(f"{target} cannot be written: {error.strerror}; name another file") from error
    is_whole = False
    try:
        with stream, redirect_stdout(stream):
            yield
        is_whole = True
    except SystemExit as end:
        is_whole = end.code != STOPPED_BY_SIGTERM
        raise
    finally:
        if is_special:
            pass
        elif is_whole:
            os.replace(part, target)
        else:
            part.unlink()
