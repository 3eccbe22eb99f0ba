"""Workbooks, read by another library: every cell as it was, and nothing in it that a spreadsheet would run."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.cli import cli
from newsarchive.core.html.render import rendered
from newsarchive.core.near_duplicates.fingerprint import fingerprint_step
from newsarchive.db.writing.store import Store
from newsarchive.export import xlsx
from newsarchive.export.text import xml_text
from newsarchive.fields import FLAT
from newsarchive.rules import default
from tests.support.storage import START, make_article, open_archive

#: Headlines that other writers of workbooks lose, run, or break the file with.
HOSTILE = [
    "=HYPERLINK(\"http://evil.example\",\"click\")", "+1", "-1", "@sum", "'=1", "\t=1", "https://blog.example/", "mailto:a@b.example",
    "internal:Sheet1!A1", "external:c:\\x.xlsx", "{=1}", "<r><t>bold</t></r>", "<r></x></r>", "a\x0bb\x00c", "]]> <b> & \" \u2028", "🙂 台灣", "123", "1e5",
    "TRUE", "2025-01-01", " padded ", "a\nb", "",
]  # fmt: skip
LONG = "word " * 20_000


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("xlsx")
    with open_archive("sqlite", folder) as engine:
        early = datetime(1890, 1, 1, tzinfo=UTC)
        for number, headline in enumerate(HOSTILE, 1):
            article = make_article(
                number,
                headline=headline,
                body=LONG if number == 1 else f"Text {number}.",
                date_published=early if number == 2 else START if number != 3 else None,
            )
            Store(engine).ingest([rendered(fingerprint_step(article, default()))])
        target = folder / "articles.xlsx"
        words = ["export", str(target), "--db", str(engine.url), "--title", "=A & B", "--language", "en"]
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == 0, done.output
    return target


def cells(book: Path, sheet: str) -> list[list[Any]]:
    opened = openpyxl.load_workbook(book, read_only=True)
    return [list(row) for row in opened[sheet].iter_rows(values_only=True)]


@pytest.mark.slow
def test_every_text_comes_back_as_it_was(book: Path) -> None:
    names, *rows = cells(book, "articles")
    assert names == [field.name for field in FLAT]
    headlines = {row[names.index("id")]: row[names.index("headline")] or "" for row in rows}
    assert headlines == {number: xml_text(text) for number, text in enumerate(HOSTILE, 1)}


def test_what_looks_like_excels_own_escape_is_escaped(tmp_path: Path) -> None:
    """Excel reads `_x0041_` as "A"; openpyxl reads it as it stands, in cells of this kind."""
    xlsx.write_xlsx([], tmp_path / "a.xlsx", "_x0041_")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as opened:
        assert b"_x005F_x0041_" in opened.read("xl/worksheets/sheet2.xml")


def test_nothing_in_it_runs(book: Path) -> None:
    with zipfile.ZipFile(book) as opened:
        sheets = [opened.read(name).decode() for name in opened.namelist() if "worksheets" in name]
        assert not any(
            "hyperlink" in name.lower() or ("rels" in name and "sheet" in name) for name in opened.namelist()
        )
    assert not any("<f>" in sheet or "<hyperlink" in sheet for sheet in sheets)
    opened_book = openpyxl.load_workbook(book)
    for row in opened_book["articles"].iter_rows(min_row=2):
        for cell in row:
            assert cell.data_type != "f"
            if isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@")):
                assert cell.quotePrefix, cell.value


def test_values_have_their_types(book: Path) -> None:
    names, *rows = cells(book, "articles")
    column = names.index("date_published")
    assert rows[0][column] == START.replace(tzinfo=None)
    assert rows[1][column] == "1890-01-01T00:00:00+00:00"  # before Excel's calendar
    assert rows[2][column] is None
    assert isinstance(rows[0][names.index("word_count")], int)


def test_programs_that_read_the_first_sheet_read_the_articles(book: Path) -> None:
    assert openpyxl.load_workbook(book, read_only=True).sheetnames == ["articles", "README", "columns", "cut"]


def test_what_was_cut_is_named(book: Path) -> None:
    names, *rows = cells(book, "articles")
    text = rows[0][names.index("article_body")]
    assert len(text) == xlsx.MAX_CELL_UNITS
    assert text.endswith(xlsx.CUT)
    _, cut = cells(book, "cut")
    assert cut[2:4] == ["article_body", len(LONG)]
    assert text.removesuffix(xlsx.CUT) == LONG[: cut[4]]
    said = {row[0]: row[1] for row in cells(book, "README")}
    assert said["cells cut"] == 1
    assert said["articles"] == len(HOSTILE)
    assert said["found by"] == "--language en"
    assert next(iter(said)) == "=A & B"
    assert [row[0] for row in cells(book, "columns")[1:]] == names


@pytest.mark.slow
@given(st.text(alphabet=st.sampled_from("a🙂台\u0301"), min_size=1), st.integers(0, 5))
def test_a_cell_never_has_more_than_excel_takes(text: str, more: int) -> None:
    long = (text * 40_000)[: 32_760 + more * 3]
    shown, kept = xlsx.fitting(long)
    assert len(shown.encode("utf-16-le")) <= 2 * xlsx.MAX_CELL_UNITS
    assert shown == long if kept == len(long) else shown == long[:kept] + xlsx.CUT


def test_more_articles_than_a_sheet_has_rows_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "MAX_ROWS", 3)
    with open_archive("sqlite", tmp_path) as engine:
        Store(engine).ingest([rendered(fingerprint_step(make_article(n), default())) for n in range(1, 4)])
        done = CliRunner().invoke(cli, ["export", str(tmp_path / "a.xlsx"), "--db", str(engine.url)])
    assert done.exit_code != 0
    assert "a sheet takes 2 articles: narrow the search" in done.stderr
    assert not (tmp_path / "a.xlsx").exists()


def test_a_workbook_is_no_stream(book: Path) -> None:
    archive = next(book.parent.glob("*.db"))
    done = CliRunner().invoke(cli, ["export", "-", "--format", "xlsx", "--db", str(archive)])
    assert done.exit_code == 2
    assert "needs a file" in done.stderr
