"""`newsarchive export`: writes articles in a format of another program: `newsarchive export articles.csv --since 2025-01-01`.

`newsarchive check` says whether such a package is whole, unchanged, and signed: `newsarchive check blog.wacz`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsarchive import export as formats
from newsarchive.cli.opening import open_reader, warc_folders
from newsarchive.cli.options import chosen, db_option, filter_options, option
from newsarchive.cli.output import (
    binary_stdout,
    complain,
    echo,
    in_words,
    progress_bar,
    say,
    say_nothing_found,
)
from newsarchive.exceptions import SOME_FAILED, OutputError, UsageError
from newsarchive.export import check_target, names, write_whole, writer
from newsarchive.reprs import counted

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from newsarchive.db.reading.articles import Selection
    from newsarchive.db.reading.search import Filters
    from newsarchive.db.readonly import File
    from newsarchive.export.files import Template
    from newsarchive.export.wacz import Left

#: Records that cannot be read and are named one by one.
MAX_DAMAGED = 10

#: The formats that can go to standard output.
_STREAMS = ", ".join(name for name, form in formats.FORMATS.items() if form.kind == "stream")

#: The formats that hold the pages as they were received.
_WITH_BYTES = ("wacz", "bagit")

#: Writes a selection in one format, and gives the number of articles written.
_Write = Callable[..., int]


@click.command(
    epilog="""\b
Examples:
  newsarchive export articles.csv --site blog.example
  newsarchive export 2025.epub --since 2025-01-01 --until 2025-12-31 --title 'The year 2025'
  newsarchive export ferries.db ferry OR harbour
  newsarchive export blog.wacz --site blog.example --sign key.pem
  newsarchive export -o '{site}/{date}-{slug}.md' --language en
  newsarchive export - --format jsonl --language en | jq .headline"""
)
@click.argument("file", metavar="[FILE|-]", type=click.Path(allow_dash=True), required=False)
@click.argument("words", nargs=-1)
@click.option(
    "--format",
    "name",
    metavar="FORMAT",
    shell_complete=lambda context, option, begun: [name for name in names() if name.startswith(begun)],
    help=f"{', '.join(formats.FORMATS)}, or another project's; by default what FILE ends with. On standard output: {_STREAMS}.",
)
@filter_options
@option("output", help="The same as FILE; every argument is then a word to look for.")
@option("limit", help="At most this many; of feeds the newest.")
@click.option(
    "--title", default="newsarchive", show_default=True, help="The title of a feed, book or corpus."
)
@click.option(
    "--bom/--no-bom",
    default=None,
    help="Of csv: whether it begins with the mark (BOM) by which Excel recognises UTF-8; by default in a file, not on standard output.",
)
@click.option(
    "--sign",
    metavar="FILE",
    help="Of wacz and bagit: sign the pages with this private key (PEM, ECDSA P-384).",
)
@click.option(
    "--warc",
    "folder",
    metavar="FOLDER",
    help="Of wacz and bagit: where the raw bytes lie; by default beside the database.",
)
@click.option(
    "--info",
    metavar="NAME=VALUE",
    multiple=True,
    help="Of bagit: a line of bag-info.txt, as 'Source-Organization=State Library'; may repeat.",
)
@click.option("--overwrite", is_flag=True, help="Replace FILE where it exists.")
@option("dry_run")
@db_option
def export(
    file: str | None, words: tuple[str, ...], output: str | None, name: str | None, limit: int | None, title: str, bom: bool | None,
    sign: str | None, folder: str | None, info: tuple[str, ...], overwrite: bool, dry_run: bool, db: str, **options: Any,
) -> None:  # fmt: skip
    """Write the articles that WORDS and filters find to FILE; all of them without any.

    FILE appears under its name when it is complete. A name with fields in braces makes one file for each article: .md, .txt,
    .html or .json. "-" is standard output, and needs --format.
    """
    from newsarchive.db.reading.articles import Selection
    from newsarchive.export import files

    if output:
        file, words = output, tuple(word for word in (file, *words) if word)
    if not file:
        raise UsageError("export: into which file? newsarchive export articles.csv, or -o articles.csv")
    template = files.parse(file)
    form = files.format_of(template, name) if template else _form(file, name)
    if bom is not None and form != "csv":
        raise UsageError(f"--bom and --no-bom are for csv; {form} has no such mark")
    if (sign or folder) and form not in _WITH_BYTES:
        raise UsageError(
            f"--sign and --warc are for {' and '.join(_WITH_BYTES)}; {form} has neither a signature nor raw bytes"
        )
    if info and form != "bagit":
        raise UsageError(f"--info is for bagit; {form} has no bag-info.txt")
    wanted, asked, source = chosen(options), " ".join(words), open_reader(db)
    if template:
        write: _Write = partial(
            files.write_files, template=template, made=files.document(form), overwrite=overwrite
        )
    else:
        write = _writer(form, title, bom, in_words(asked, wanted))
    left = None
    if form in _WITH_BYTES:
        if form == "bagit":
            from newsarchive.export.bagit import info_lines

            write = partial(write, info=info_lines(info))
        write, left = _with_bytes(write, db, folder, sign)
    order = "id" if template else formats.form(form).order
    selected = Selection(source, asked, wanted, order=order, limit=limit)
    if not selected:
        say_nothing_found(source, asked, wanted)
        raise SystemExit(1)
    _say_reserved(source, asked, wanted)
    if dry_run:
        _say_what(selected, form, file, template)
    elif template:
        with progress_bar("exporting") as show:
            number = write(_WithProgress(selected, show))
        folder_name = "this folder" if template.root == Path() else template.root
        say(f"{folder_name}: {counted(number, 'file')}")
    elif file != "-":
        _to_file(Path(file), write, selected, overwrite)
        if left is not None:
            _say_left(left)
    elif (kind := formats.form(form).kind) != "stream":
        raise UsageError(f"{form} needs a {kind}: name one instead of -")
    else:
        out = binary_stdout()
        write(selected, out)
        out.flush()


def _say_reserved(source: File | Engine, words: str, wanted: Filters) -> None:
    """Say how many articles were left out because their sites reserve text and data mining."""
    from newsarchive.db.reading.search import count

    if wanted.rights == "tdm":
        left_out = count(source, words, replace(wanted, rights="any")) - count(source, words, wanted)
        say(f"{left_out} left out: their sites reserve text and data mining")


def _form(file: str, name: str | None) -> str:
    """The format of a file: that of `--format`, or what its name ends with. Raises `UsageError`."""
    if name:
        formats.form(name)
        return name
    if file == "-":
        raise UsageError(f"export to standard output needs --format: {_STREAMS}")
    return formats.format_of(file)


def _say_what(selected: Selection, form: str, file: str, template: Template | None) -> None:
    """Say what would be written, and where."""
    if template:
        first = template.path(next(iter(selected))) + template.ending
        say(f"would write {counted(len(selected), 'file')} below {template.root}, the first as {first}")
    else:
        where = "standard output" if file == "-" else file
        say(f"would write {counted(len(selected), 'article')} as {form} to {where}")


def _writer(form: str, title: str, bom: bool | None, query: str) -> _Write:
    """The function that writes a selection in this format. Raises `UsageError` for a missing library, before anything is
    read."""
    if form == "sqlite":
        from newsarchive.db.copying import write_subset
        from newsarchive.db.readonly import engine_of

        return lambda articles, target: write_subset(engine_of(articles.source), articles.ids, target)
    write = writer(form)
    if form == "csv" and bom is not None:
        write = partial(write, with_bom=bom)
    if form in ("bagit", "dataset", "html", "wacz", "xlsx"):
        write = partial(write, query=query)
    return lambda articles, target, **more: write(articles, target, title, **more)


def _with_bytes(write: _Write, db: str, folder: str | None, sign: str | None) -> tuple[_Write, Left]:
    """The function that writes a package with the bytes of the articles, and what takes note of all that the package lacks.

    The key is read, and its password asked for, before anything else is. Settings and folders of WARC files are looked at when
    the package is written: a dry run needs none.
    """
    from newsarchive.db.readonly import engine_of
    from newsarchive.db.writing.captures import of_articles
    from newsarchive.export.wacz import Left

    key, left = None, Left()
    if sign is not None:
        from newsarchive.export.signing import private_key

        key = private_key(sign, lambda: str(click.prompt("Password of the key", hide_input=True, err=True)))

    def write_package(articles: Selection, target: Path) -> int:
        engine = engine_of(articles.source)
        folders, captures = warc_folders(engine, db, folder), partial(of_articles, engine)
        return write(articles, target, captures=captures, warc=folders, key=key, left=left)

    return write_package, left


def _say_left(left: Left) -> None:
    """Say what a package does not hold. Ends with 3 where stored bytes could not be read."""
    if left.without:
        say(
            f"without {counted(left.without, 'article')} whose bytes are not kept: other formats have the text"
        )
    for problem in left.damaged[:MAX_DAMAGED]:
        complain(problem)
    if (more := len(left.damaged) - MAX_DAMAGED) > 0:
        complain(f"and {more} more")
    if left.damaged:
        raise SystemExit(SOME_FAILED)


def _to_file(target: Path, write: _Write, articles: Selection, overwrite: bool) -> None:
    from newsarchive.db.readonly import File

    if isinstance(articles.source, File) and target.exists() and target.samefile(articles.source.path):
        raise OutputError(f"{target} is the archive itself: name another file")
    check_target(target, overwrite)
    with progress_bar("exporting") as show:
        number = write_whole(target, lambda part: write(_WithProgress(articles, show), part))
    say(f"{target}: {counted(number, 'article')}")


class _WithProgress:
    """A selection that shows a progress bar while it is read."""

    def __init__(self, articles: Selection, show: Callable[..., None]) -> None:
        self.articles, self.show = articles, show

    def __getattr__(self, name: str) -> Any:
        return getattr(self.articles, name)

    def __len__(self) -> int:
        return len(self.articles)

    def __iter__(self) -> Any:
        for number, article in enumerate(self.articles, 1):
            self.show(number, len(self.articles), "")
            yield article


@click.command(
    epilog="""\b
Examples:
  newsarchive check blog.wacz
  newsarchive check blog.wacz --key public.pem
  newsarchive check dataset/
  newsarchive check bag/"""
)
@click.argument("target", metavar="FILE.wacz|FOLDER", type=click.Path(path_type=Path))
@click.option("--key", metavar="FILE", help="The public key (PEM) that must have signed it.")
@db_option
def check(target: Path, key: str | None, db: str) -> None:
    """Whether a WACZ file, or the folder of a dataset or a bag, is whole and as it was made, and whose key signed it.

    Prints what is wrong, a line each, and ends with 1. --db is accepted and not used.
    """
    from newsarchive.export.checking import check as checked

    public = b""
    if key is not None:
        from newsarchive.export.signing import encoded, public_key

        public = encoded(public_key(key))
    found = checked(target, public)
    for problem in found.problems:
        echo(f"{target}: {problem}")
    for note in found.notes:
        say(f"{target}: {note}")
    if found.problems:
        raise SystemExit(1)
    records = f" and {found.records:,} WARC records" if found.records else ""
    say(f"{target}: nothing wrong with {counted(found.files, 'file')}{records}")
