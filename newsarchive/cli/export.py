"""`newsarchive export`: writes articles in a format of another program: `newsarchive export articles.csv --since 2025-01-01`."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from newsarchive.cli.common import db_option, open_reader, say
from newsarchive.cli.narrowing import chosen, filter_options, say_nothing_found
from newsarchive.cli.options import dry_run_option, option
from newsarchive.exceptions import OutputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsarchive.db.reading.query import Selection


def _completed(begun: str) -> list[str]:
    """The formats whose names begin with `begun`, with those of other projects."""
    from newsarchive.export import names

    return [name for name in names() if name.startswith(begun)]


@click.command(
    epilog="""\b
Examples:
  newsarchive export articles.csv --site blog.example
  newsarchive export 2025.epub --since 2025-01-01 --until 2025-12-31 --title 'The year 2025'
  newsarchive export ferries.db ferry OR harbour
  newsarchive export - --format jsonl --language en | jq .headline"""
)
@click.argument("file", metavar="[FILE|-]", type=click.Path(allow_dash=True), required=False)
@click.argument("words", nargs=-1)
@click.option(
    "--format",
    "name",
    metavar="FORMAT",
    shell_complete=lambda context, option, begun: _completed(begun),
    help="jsonl, csv, parquet, sqlite, atom, epub, markdown or tei, or another project's; by default what FILE ends with.",
)
@filter_options
@option("output", help="The same as FILE; all words are then what to look for.")
@option("limit", help="At most this many; of atom the newest.")
@click.option(
    "--title", default="newsarchive", show_default=True, help="The title of a feed, book or corpus."
)
@click.option(
    "--bom/--no-bom",
    default=None,
    help="Of csv: whether the mark by which Excel knows UTF-8 goes first; by default in a file, not on standard output.",
)
@click.option("--overwrite", is_flag=True, help="Replace FILE where it exists.")
@dry_run_option
@db_option
def export(
    file: str | None, words: tuple[str, ...], output: str | None, name: str | None, limit: int | None, title: str, bom: bool | None,
    overwrite: bool, dry_run: bool, db: str, **options: Any,
) -> None:  # fmt: skip
    """Write the articles that WORDS and filters find to FILE; all of them without any.

    FILE gets its name when it is whole. "-" is standard output, for jsonl, csv, atom and tei.
    """
    from newsarchive import export as formats
    from newsarchive.db.reading.query import Selection

    if output:
        file, words = output, tuple(word for word in (file, *words) if word)
    if not file:
        raise UsageError("export: into which file? newsarchive export articles.csv, or -o articles.csv")
    if name:
        formats.form(name)
    if file == "-" and not name:
        raise UsageError("export to standard output needs --format: jsonl, csv, atom or tei")
    form = name or formats.format_of(file)
    if bom is not None and form != "csv":
        raise UsageError(f"--bom and --no-bom are for csv; {form} has no such mark")
    wanted, asked, source = chosen(options), " ".join(words), open_reader(db)
    write = _writer(form, title, bom)
    selected = Selection(source, asked, wanted, order=formats.form(form).order, limit=limit)
    if not selected:
        say_nothing_found(source, asked, wanted)
        raise SystemExit(1)
    if dry_run:
        say(f"would write {len(selected)} articles as {form} to {'standard output' if file == '-' else file}")
    elif file == "-":
        _to_stdout(form, write, selected)
    else:
        _to_file(Path(file), write, selected, overwrite)


def _writer(form: str, title: str, bom: bool | None) -> Callable[[Selection, Path | IO[bytes]], int]:
    """The function that writes a selection in this format. Raises `UsageError` for a missing library, before anything is
    read."""
    if form == "sqlite":
        return _write_subset
    from newsarchive.export import writer

    write = writer(form)
    if form == "csv" and bom is not None:
        from functools import partial

        write = partial(write, with_bom=bom)
    return lambda articles, target: write(articles, target, title)


def _write_subset(articles: Selection, target: Path | IO[bytes]) -> int:
    from newsarchive.db.readonly import engine_of
    from newsarchive.db.subset import write_subset

    assert isinstance(target, Path)
    return write_subset(engine_of(articles.source), articles.ids, target)


def _to_stdout(form: str, write: Callable[[Selection, IO[bytes]], int], articles: Selection) -> None:
    import sys

    from newsarchive import export as formats

    if (kind := formats.form(form).kind) != "stream":
        raise UsageError(f"{form} needs a {kind}: name one instead of -")
    write(articles, sys.stdout.buffer)
    sys.stdout.buffer.flush()


def _to_file(
    target: Path, write: Callable[[Selection, Path], int], articles: Selection, overwrite: bool
) -> None:
    from newsarchive.cli.db import progress_bar
    from newsarchive.db.readonly import File
    from newsarchive.export import check_target, write_whole

    if isinstance(articles.source, File) and target.exists() and target.samefile(articles.source.path):
        raise OutputError(f"{target} is the archive itself: name another file")
    check_target(target, overwrite)
    with progress_bar("exporting") as show:
        number = write_whole(target, lambda part: write(_WithProgress(articles, show), part))  # type: ignore[arg-type]
    say(f"{target}: {number} articles")


class _WithProgress:
    """A selection that shows a progress bar while it is read."""

    def __init__(self, articles: Selection, show: Callable[[int, int, str], None]) -> None:
        self.articles, self.show = articles, show

    def __getattr__(self, name: str) -> Any:
        return getattr(self.articles, name)

    def __len__(self) -> int:
        return len(self.articles)

    def __iter__(self) -> Any:
        for number, article in enumerate(self.articles, 1):
            self.show(number, len(self.articles), "")
            yield article
