"""What goes wrong for people, command by command: one clear line, the right exit code, never a traceback."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from newsarchive.cli import COMMANDS, cli
from newsarchive.db.engine import open_engine
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.store import Store
from newsarchive.items import Quality
from tests.support.storage import make_article, rich_article
from tests.support.terminal import needs_ascii_folder, read_to_end

#: Commands that read or change an archive, with arguments that would be right for one with articles 1 and 2.
ON_ARCHIVE = (
    "search ferry", "search --site blog.example", "show 1", "explain 1", "history 1", "diff 1", "stats",
    "export - --format csv", "export - --format jsonl", "quarantine list", "quarantine show 1", "quarantine accept 1",
    "quarantine drop 1 --reason x", "trace 1", "compare 1 2", "origins", "publishers", "recluster",
    "reextract --workers 0", "learn blog.example", "db current", "db check", "db vacuum",
)  # fmt: skip

#: What an archive without articles answers: 0 where an empty answer is one, 1 where nothing was found.
ON_EMPTY = {
    "search ferry": 1, "show 1": 1, "explain 1": 1, "history 1": 1, "diff 1": 1, "stats": 0, "trace 1": 1,
    "search --site blog.example": 1, "export - --format csv": 1, "quarantine list": 0, "quarantine show 1": 1,
    "quarantine accept 1": 1, "quarantine drop 1 --reason x": 1, "compare 1 2": 1, "origins": 1, "publishers": 1, "db check": 0,
    "db current": 0, "recluster": 0, "reextract --workers 0": 0, "explain https://nowhere.example/a": 1,
}  # fmt: skip

UNKNOWN = ("show", "explain", "history", "diff", "trace", "quarantine show", "quarantine accept")
IDS = (
    "4711",
    "99999999999999999999",
    "0",
    "https://nowhere.example/",
    "-",
    "ünïcode",
    "%",
    "../../etc/passwd",
    "''",
)

WRONG = {
    'search "ferry': "without its partner",
    "search (ferry": "without its )",
    "search -- -ferry": "only words to leave out",
    "search OR": "need words",
    "search ferry --since yesterday": "yesterday",
    "search ferry --until 2025-02-30": "2025-02-30",
    "search ferry --since 2025-13": "not a day",
    "origins --since 1.4.2025": "no day: write it as",
    "search ferry --since 0001-01-01T00:00+05:00": "not a day",
    "search ferry --order size": "size",
    "search ferry --limit 0": "--limit",
    "search ferry --limit many": "many",
    "search ferry --limit 99999999999999999999": "--limit",
    "changes --limit 99999999999999999999": "--limit",
    "cite 1 --version 99999999999999999999": "--version",
    "diff 1 99999999999999999999": "VERSION",
    "reextract --only-older-than 99999999999999999999": "--only-older-than",
    "reextract --all --only-older-than 29": "give it without --only-older-than",
    "reextract --captures 1-99999999999999999999": "--captures",
    "reextract --captures 99999999999999999999-1": "--captures",
    "reextract --captures 5-1": "'5-1' is no range of ids",
    "recluster --articles 1-99999999999999999999": "--articles",
    "recluster --articles 0-5": "--articles",
    "cluster enqueue reextract --size 99999999999999999999": "--size",
    "search ferry --page 0": "--page",
    "search ferry --cluster x": "--cluster",
    "show 1 --json --html": "exclude one another",
    "search ferry --csv --json": "exclude one another",
    "diff 1 --html --unified": "exclude one another",
    "trace 1 --json --dot": "exclude one another",
    "explain 1 --live": "--live fetches a page: give its address, not '1'",
    "schedule --cron --systemd": "schedule: --cron and --systemd exclude one another; give one",
    "sites add nowhere": "error: 'nowhere' is no web address: give a web address, for example https://blog.example",
    "crawl no-such.warc.gz": "newsarchive crawl warc -a path=no-such.warc.gz",
    "learn nowhere.example": "nowhere.example: no such site",
    "sites template nowhere.example": "nowhere.example: no such site",
    "show": "Missing argument",
    "show 1 2": "unexpected extra argument",
    "diff 1 7 9": "no version 7",
    "diff 1 x": "'x' is not a valid",
    "export -": "--format",
    "export a.docx": "a.docx: no format",
    "export a.csv --format word": "'word': one of",
    "export - --format epub": "epub needs a file",
    "export a.csv --since x": "since 'x'",
    "quarantine drop 1": "--reason",
    "quarantine lits": "No such command",
    "stats --colour": "No such option",
    "serch ferry": "No such command",
}

#: Answers of an archive that holds articles 1 and 2, and cannot be given.
NOTHING = {
    "search zeppelin": "nothing found for: zeppelin",
    "search zeppelin airship": "all of the words must stand in an article",
    "search zeppelin OR airship": "nothing found for: zeppelin OR airship\n",
    "search “the zeppelin”": "nothing found for: “the zeppelin”\n",
    "search zeppelin airship --language english": "--language takes a code",
    "search https://nowhere.example/": "an address chooses its article behind --article",
    "export a.csv https://nowhere.example/": "an address chooses its article behind --article",
    "search --site nowhere.example": "no site nowhere.example in the archive: there are blog.example",
    "origins --site https://nowhere.example/": "no site nowhere.example in the archive: there are blog.example",
    "publishers --site nowhere.example": "no site nowhere.example in the archive: there are blog.example",
    "search ferry --language xx": "--language xx",
    "search ferry --page 9": "no more: there are",
    "search ferry --page 99999999999999999999": "no more: there are",
    "search --cluster 4711": "--cluster 4711",
    "search ferry --output=": "Is a directory; name another file",
    "export - --format csv --author Nobody": "--author Nobody",
}


def run(words: str, *more: str) -> Result:
    return CliRunner().invoke(cli, [*words.split(), *more])


def assert_one_line(done: Result, code: int, says: str = "") -> None:
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == code, done.output
    assert "Traceback" not in done.output
    assert says in done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith(("error:", "Error:"))]
    assert len(errors) <= 1


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("full") / "archive.db"
    engine = open_engine(str(path))
    upgrade(engine)
    unsure = make_article(2, body="The ferry: “naïve” 台灣 🙂.", quality=Quality(0.9))
    Store(engine).ingest([rich_article(), unsure, make_article(3, quality=Quality(0.4))])
    engine.dispose()
    return str(path)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("empty") / "archive.db"
    upgrade(open_engine(str(path)))
    return str(path)


@pytest.mark.parametrize("words", ON_ARCHIVE)
def test_an_archive_that_is_missing_or_none(words: str, tmp_path: Path) -> None:
    (tmp_path / "page.db").write_text("<html>" * 100)
    (tmp_path / "blank.db").touch()
    for name, says in (
        ("none.db", "no archive there"),
        ("page.db", "not an SQLite database"),
        ("blank.db", "archive"),
    ):
        if name == "blank.db" and words in ("db check", "db vacuum"):
            continue  # an empty file is an empty database: that is what they say
        assert_one_line(run(words, "--db", str(tmp_path / name)), 5, says)
        assert name in run(words, "--db", str(tmp_path / name)).stderr
    assert sorted(f.name for f in tmp_path.iterdir()) == ["blank.db", "page.db"]
    assert_one_line(run(words, "--db", "mysql://localhost/x"), 2, "mysql is not supported")
    assert_one_line(run(words, "--db", "postgresql://127.0.0.1:1/x"), 5, "127.0.0.1")


@pytest.mark.parametrize("words", ON_EMPTY)
def test_an_empty_archive(words: str, empty: str) -> None:
    assert_one_line(run(words, "--db", empty), ON_EMPTY[words])


@pytest.mark.parametrize("words", UNKNOWN)
def test_an_unknown_article_is_named(
    words: str, full: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where none of these is a file: `explain` reads files too
    for name in IDS:
        if (words, name) == ("explain", "-"):
            continue  # standard input
        done = CliRunner().invoke(cli, [*words.split(), "--db", full, "--", name])
        assert_one_line(done, 1, name)
        assert done.stdout == ""


def test_a_file_that_is_not_there_is_told_from_an_article(full: str) -> None:
    assert_one_line(run("explain no-such.html --db", full), 1, "in the archive, and no such file")


@pytest.mark.parametrize("words", WRONG)
def test_what_is_typed_wrong_is_named(words: str, full: str) -> None:
    given, _, after = words.partition(" -- ")
    done = run(
        given, *(() if words.startswith("serch") else ("--db", full)), *(("--", after) if after else ())
    )
    assert_one_line(done, 2, WRONG[words])
    assert done.stdout == ""


@pytest.mark.parametrize("words", NOTHING)
def test_what_is_not_there_is_said(words: str, full: str) -> None:
    done = run(words, "--db", full)
    assert_one_line(done, 1, NOTHING[words])
    assert done.stdout == ""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_refuses_an_option_that_it_has_not(name: str) -> None:
    assert_one_line(run(f"{name} --no-such-option"), 2, "no-such-option")


@pytest.mark.parametrize(
    "words", ["export {}", "export {} --format sqlite", "export {} --format markdown", "backup {}"]
)
def test_a_path_that_cannot_be_written(words: str, full: str, tmp_path: Path) -> None:
    for target in (tmp_path / "no" / "such" / "a.csv", Path("/proc/a.csv"), tmp_path):
        done = run(
            words.format(target),
            "--db",
            full,
            *([] if "--format" in words or "backup" in words else ["--format", "csv"]),
        )
        assert_one_line(done, 1, str(target))
    assert list(tmp_path.iterdir()) == []


#: Runs commands one after another as a person's terminal would see them.
_ALL = """
import sys
from newsarchive.cli import main
for command in {commands!r}:
    try:
        main([*command.split(), "--db", {archive!r}])
    except SystemExit as end:
        assert end.code in (0, None), (command, end.code)
"""
SHOWN = ("search ferry", "search here", "show 1", "explain 1", "diff 1", "stats", "quarantine list", "quarantine show 3",
         "history 1", "trace 1", "origins", "search --site blog.example --limit 1", "export - --format csv")  # fmt: skip


def environment(**more: str) -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k not in ("LANG", "NO_COLOR", "COLUMNS")} | more


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "codes"),
    [
        ({"COLUMNS": "40", "TERM": "xterm-256color", "LANG": "C.UTF-8"}, True),
        pytest.param(
            {"COLUMNS": "40", "TERM": "xterm", "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
            True,
            marks=needs_ascii_folder,
        ),
        ({"COLUMNS": "8", "NO_COLOR": "1", "TERM": "xterm"}, False),
        ({"TERM": "dumb"}, False),
    ],
    ids=["narrow", "ascii", "very narrow, no colour", "dumb"],
)
def test_a_terminal_of_any_kind(full: str, more: dict[str, str], codes: bool) -> None:
    ours, theirs = pty.openpty()
    script = _ALL.format(commands=SHOWN, archive=full)
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=theirs, stderr=subprocess.PIPE, env=environment(**more)
    ) as process:
        os.close(theirs)
        shown = read_to_end(ours).decode()
        said = (process.stderr.read() if process.stderr else b"").decode()
    os.close(ours)
    assert process.returncode == 0, said
    assert "Traceback" not in said
    assert ("\x1b[" in shown) == codes
    if more.get("COLUMNS") == "40":
        assert "Café" in shown or "Caf?" in shown


@pytest.mark.slow
@needs_ascii_folder
def test_no_terminal_and_no_utf8(full: str) -> None:
    more = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "COLUMNS": "20"}
    done = subprocess.run(
        [sys.executable, "-c", _ALL.format(commands=SHOWN, archive=full)],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False, env=environment(**more),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"\x1b[" not in done.stdout
    assert b"Caf? " in done.stdout or b"Caf?" in done.stdout
    assert "台灣".encode() in done.stdout  # a file format has its own encoding, whatever the terminal's


@pytest.mark.slow
@pytest.mark.parametrize("words", ["export - --format csv", "search ferry --json", "explain 1", "stats"])
def test_a_reader_that_goes_away(words: str, full: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "newsarchive", *words.split(), "--db", full],
            stdout=writer, stderr=subprocess.PIPE, timeout=300, check=False,
        )  # fmt: skip
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")
