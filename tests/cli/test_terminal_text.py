"""What strangers wrote reaches no terminal as a command: escape sequences, control characters and bidi overrides are shown."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import click.testing
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from newsarchive.cli import cli, doctor
from newsarchive.cli.output import _console
from newsarchive.core.html.render import rendered
from newsarchive.db.engine import open_engine
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.store import Store
from newsarchive.export.text import cell
from newsarchive.findings import Check, warning
from newsarchive.items import Article, Author, Block, Candidate, Edit, Origin
from newsarchive.plainwords import PrintableRecord, printable
from newsarchive.web.datasette import SafeCsv
from tests.support.storage import make_article

#: A title, a link that shows another address, a cleared screen, a colour of ours that we never use, the C1 forms, an override.
HOSTILE = "\x1b]0;own\x07\x1b]8;;https://evil.example\x1b\\x\x1b]8;;\x1b\\\x1b[2J\x1b[38;5;213m\x9b2J\x9d0;t\x9c\x08\x7f\u202edcba\u202d\r"
#: What Rich writes itself: colours and styles.
STYLES = re.compile(r"\x1b\[[0-9;]*m")
FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e]")
COMMANDS = (
    ("show", "1"), ("show", "1", "--text"), ("explain", "1"), ("explain", "1", "--debug"), ("search", "ferry"), ("diff", "1"),
    ("diff", "1", "--unified"), ("history", "1"), ("trace", "1"), ("trace", "1", "--dot"), ("compare", "1", "2"), ("stats",),
    ("origins",), ("quarantine", "list"), ("sites", "list"), ("sites", "show", "blog.example"), ("show", HOSTILE),
    ("show", "1", "--json"), ("search", "ferry", "--json"), ("trace", "1", "--json"), ("origins", "--json"),
    ("correct", "list"), ("correct", "list", "--json"), ("withhold", "list"), ("withhold", "register"), ("show", "3"), ("show", "2"),
    ("correct", "undo", "2", "--dry-run"), ("withhold", "lift", "3", "--dry-run"), ("publishers",), ("changes",), ("doctor",), ("db", "check"),
    ("quarantine", "show", "1"), ("sites", "template", "blog.example"), ("correct", "add", HOSTILE, "--author", "x", "--reason", "y"),
    ("cite", "1", "--format", "bibtex"), ("cite", "1", "--format", "ris"), ("cite", "1", "--format", "csl"),
)  # fmt: skip
#: What other programs read as it is: only a terminal gets no control characters of it.
DOCUMENTS = (
    ("show", "1", "--html"), ("diff", "1", "--html"), ("search", "ferry", "--csv"), ("export", "-", "--format", "csv"),
    ("export", "-", "--format", "jsonfeed"), ("export", "-", "--format", "tei"),
)  # fmt: skip


def hostile(number: int, **fields: object) -> Article:
    text = f"The ferry {number} {HOSTILE} leaves. " + " ".join(f"word{i}" for i in range(60))
    blocks = (Block(text), Block(f"Share {HOSTILE}", label="share", rule=f"phrase: {HOSTILE}"))
    made = make_article(
        number, blocks=blocks, headline=f"Ferry {HOSTILE} {number}", description=HOSTILE, authors=(Author(f"Eve {HOSTILE}"),),
        publisher=HOSTILE, origin=Origin(f"Paper {HOSTILE}", "paper.example"),
        candidates=(Candidate("headline", HOSTILE, "html title", True, HOSTILE),),
        edits=(Edit("repair", HOSTILE, "a" + HOSTILE, "b" + HOSTILE, "article_body"),), **fields,
    )  # fmt: skip
    return rendered(made)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("terminal") / "archive.db"
    engine = open_engine(str(path))
    upgrade(engine)
    store = Store(engine)
    store.ingest([hostile(1), hostile(2), hostile(3)])
    changed = hostile(1, day=2)
    store.ingest([replace(changed, headline=changed.headline + " again")])
    engine.dispose()
    for words in (("correct", "add", "2", "--author", f"Ann {HOSTILE}"), ("withhold", "add", "3")):
        done = CliRunner().invoke(cli, [*words, "--reason", HOSTILE, "--by", HOSTILE, "--db", str(path)])
        assert done.exit_code == 0, done.output
    return str(path)


@pytest.mark.parametrize("is_terminal", [True, False], ids=["terminal", "pipe"])
@pytest.mark.parametrize(
    "words", COMMANDS, ids=lambda words: " ".join(words[:2]).encode("ascii", "ignore").hex()[:20]
)
def test_no_command_prints_a_control_character_of_a_text(
    words: tuple[str, ...], is_terminal: bool, archive: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(click.testing._NamedTextIOWrapper, "isatty", lambda self: is_terminal, raising=False)
    screen = {"TERM": "xterm-256color", "LINES": "999"}  # a pager would write past the runner
    done = CliRunner(env=screen).invoke(cli, [*words, "--db", archive])
    assert not isinstance(done.exception, (ValueError, TypeError, AttributeError)), done.exception
    shown = done.stdout + done.stderr
    assert shown
    assert "\x1b[38;5;213m" not in shown
    assert not FORBIDDEN.search(STYLES.sub("", shown))


@pytest.mark.parametrize("words", DOCUMENTS, ids=" ".join)
def test_a_document_is_exact_but_on_a_terminal(
    words: tuple[str, ...], archive: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = CliRunner().invoke(cli, [*words, "--db", archive]).stdout
    monkeypatch.setattr(click.testing._NamedTextIOWrapper, "isatty", lambda self: True, raising=False)
    shown = CliRunner().invoke(cli, [*words, "--db", archive]).stdout
    assert "\x9b2J" in exact
    assert not FORBIDDEN.search(shown)
    assert len(shown.split("\n")) == len(exact.split("\n"))


def test_a_repaired_text_moves_no_cursor_either(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = CliRunner().invoke(cli, ["repair"], input=HOSTILE).stdout_bytes
    monkeypatch.setattr(click.testing._NamedTextIOWrapper, "isatty", lambda self: True, raising=False)
    shown = CliRunner().invoke(cli, ["repair"], input=HOSTILE).stdout
    assert exact.startswith(b"\x1b]0;own\x07")
    assert shown.startswith("␛]0;own␇")
    assert not FORBIDDEN.search(shown)


def test_json_is_exact(archive: str) -> None:
    done = CliRunner().invoke(cli, ["show", "1", "--json", "--db", archive])
    assert HOSTILE.strip() in json.loads(done.stdout)["headline"]


def test_a_message_in_json_is_exact_and_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    doctor.show([warning(Check.ROWS, HOSTILE)], as_json=True)
    shown = capsys.readouterr().out
    assert not FORBIDDEN.search(shown)
    assert json.loads(shown)["message"] == HOSTILE


def test_right_to_left_marks_lines_and_tabs_stay() -> None:
    text = "שלום\u200f (ltr\u200e) \u2067עברית\u2069 \u202bابجد\u202c\tx\n"
    assert printable(text) == text
    assert printable("\x1b[0m\x85\u202e") == "␛[0m\ufffd\ufffd"


#: Words of a text whose encoding was broken, as a terminal gets them: with C1 controls, Thai letters and signs.
DAMAGED = st.text(st.sampled_from("ab, โ€œâ™é\x80\x94\x9d\u202e\x1b漢"), max_size=120)


@given(DAMAGED, st.integers(10, 100), st.booleans())
def test_no_letter_is_lost_where_a_line_is_broken(text: str, width: int, is_styled: bool) -> None:
    """Signs in the place of control characters are as wide as letters: "Oyelaran," lost its comma in the 80th column."""
    written = io.StringIO()
    to_print: Text | str = Text(text, "bold") if is_styled else text
    _console(file=written, width=width).print(to_print, markup=False)
    assert "".join(written.getvalue().split()) == "".join(printable(text).split())


def test_the_log_of_a_crawl_prints_none_either() -> None:
    record = PrintableRecord("news", logging.WARNING, "", 0, "%s: moved", (HOSTILE,), None)
    assert not FORBIDDEN.search(record.getMessage())


@pytest.mark.slow
def test_nor_does_what_a_library_logs_in_a_command() -> None:
    code = (
        "import logging, sys; from newsarchive import cli\n"
        "try: cli.main(['--version'])\n"
        "except SystemExit: logging.getLogger('warcio').warning('%s', sys.argv[1])"
    )
    done = subprocess.run([sys.executable, "-c", code, HOSTILE], capture_output=True, text=True, check=True)
    assert "own" in done.stderr
    assert not FORBIDDEN.search(done.stderr)


FORMULAS = [
    before + sign + "cmd|' /C calc'!A0"
    for sign in "=+-@＝＋－＠"
    for before in ("", " ", "\t", "\r", "\n", "\u00a0", "\u200b", "\ufeff", "'", "\x00")
]


@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_no_cell_of_a_csv_begins_a_formula(text: str) -> None:
    out = io.StringIO()
    SafeCsv.writer(out).writerow(["a", text, 3])
    (row,) = csv.reader(io.StringIO(out.getvalue(), newline=""))
    assert row == ["a", "'" + text, "3"]
    assert cell([text, "b"]).startswith("'")


def test_the_csv_of_searches_and_exports_has_such_cells(archive: str, tmp_path: Path) -> None:
    engine = open_engine(archive)
    Store(engine).ingest([rendered(make_article(9, headline="=1+1 ferry", authors=(Author("@SUM(A1)"),)))])
    engine.dispose()
    found = CliRunner().invoke(cli, ["search", "ferry", "--csv", "--db", archive]).stdout
    assert "'=1+1 ferry" in found
    CliRunner().invoke(cli, ["export", str(tmp_path / "a.csv"), "--db", archive])
    exported = (tmp_path / "a.csv").read_text("utf-8-sig")
    assert "'=1+1 ferry" in exported
    assert "'@SUM(A1)" in exported
