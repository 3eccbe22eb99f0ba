"""Tables on a terminal: a header, aligned columns, addresses that can be copied; elsewhere a line a row."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from newsarchive.cli import output
from newsarchive.db.frontier.sites import Sites
from newsarchive.db.writing.quarantine import decide
from newsarchive.db.writing.store import Store
from tests.support.storage import make_article, open_archive, rich_article
from tests.support.terminal import module, run

LONG = "https://blog.example/2025/04/" + "a-very-long-name-of-a-post-" * 4 + "end/"
HEADS = ("id", "words", "headline", "address")


def test_columns_are_aligned_whatever_the_script() -> None:
    rows = [(7, 1200, "台灣新聞", "https://a.example/"), (1234, 9, "A ferry\treturns", "https://b.example/")]
    head, first, second = output.table_lines(HEADS, rows, 100, ("id", "words"))
    assert second == "1234      9  A ferry returns  https://b.example/"
    assert [cell_len(line[: line.index(last)]) for line, last in
            ((head, "address"), (first, "https"), (second, "https"))] == [30, 30, 30]  # fmt: skip


@pytest.mark.parametrize("width", [8, 40, 80, 200])
def test_an_address_is_whole_and_in_one_line(width: int) -> None:
    shown = list(output.table_lines(HEADS, [(1, 2, "headline " * 30, LONG), (2, 3, "", "")], width, ("id",)))
    assert next(line.strip() for line in shown if "https" in line).endswith(LONG)
    assert all(cell_len(line) <= max(width, 80) for line in shown if LONG not in line)


def test_no_rows_are_a_header() -> None:
    assert list(output.table_lines(HEADS, [], 80)) == ["id  words  headline  address"]


def test_a_row_elsewhere_is_one_line_with_a_tab_between_its_cells(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_rows(HEADS, [(7, None, "A ferry\treturns\nat night", "https://a.example/")])
    assert capsys.readouterr().out == "7\t\tA ferry returns at night\thttps://a.example/\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tables")
    with open_archive("sqlite", made) as engine:
        Store(engine).ingest([rich_article(), make_article(2, url=LONG, body="The ferry came back.")])
        Sites(engine).follow("https://blog.example", {})
        decide(engine, 2, "dropped", "a list")
    return made


COMMANDS = {
    "sites list": "last crawled",
    "origins": "hours later",
    "history 1": "headline, or what changed",
    "quarantine list --all": "confidence",
    "config": "source",
}


@pytest.mark.slow
@pytest.mark.parametrize("columns", [50, 80])
@pytest.mark.parametrize("words", COMMANDS)
def test_a_header_on_a_terminal_and_none_elsewhere(folder: Path, words: str, columns: int) -> None:
    command = module("newsarchive", *words.split(), "--db", "archive.db")
    seen = run(command, folder, columns=columns)
    assert COMMANDS[words] in seen.lines[0]
    piped = run(command, folder, columns=columns, pipe=True).stdout
    assert COMMANDS[words] not in piped.splitlines()[0]
    assert "\t" in piped.splitlines()[0]


@pytest.mark.slow
@pytest.mark.parametrize("columns", [50, 80])
@pytest.mark.parametrize(
    "words", ["quarantine list --all", "search --hidden --site blog.example", "show 2", "explain 2", "trace 2 --hidden"]
)  # fmt: skip
def test_an_address_is_not_broken_on_a_terminal(folder: Path, words: str, columns: int) -> None:
    seen = run(module("newsarchive", *words.split(), "--db", "archive.db"), folder, columns=columns)
    assert seen.code == 0
    assert LONG in seen.screen


def test_a_line_goes_on_where_it_began_and_an_address_is_not_broken(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = output.console()
    for line in ("\nhead", "  " + "words " * 8, f"  {LONG}", " " * 30 + "deep words"):
        output.print_line(out, line, width=24)
    wrapped = "  words words words\n" * 2 + "  words words\n"
    assert capsys.readouterr().out == f"\nhead\n{wrapped}  {LONG}\n{' ' * 12}deep words\n"
