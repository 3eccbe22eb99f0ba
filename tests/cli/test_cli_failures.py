"""Every command on what is damaged, foreign, gone, read-only or full: no success, no traceback, one line that says what to do."""

from __future__ import annotations

import os
import random
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from string import ascii_letters

import click
import pytest
from click.testing import CliRunner

from newsarchive.cli import cli
from newsarchive.db.engine import close_all, open_engine
from newsarchive.db.frontier.sites import Sites
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.store import Store
from tests.support.storage import make_article
from tests.test_doctor import fill

COMMANDS = (
    "search council", "show 1", "explain 1", "history 1", "diff 1", "stats", "export - --format csv", "export {out}/a.csv",
    "export {out}/a.sqlite", "quarantine list", "quarantine accept 1", "quarantine drop 1 --reason x", "trace 1", "compare 1 2",
    "origins", "publishers", "recluster", "reextract --workers 0", "learn blog.example", "db check", "db vacuum", "db rebuild", "db upgrade",
    "doctor", "doctor --fix", "backup {out}/b.db", "sites list", "sites show https://blog.example", "sites export",
    "sites pause https://blog.example", "sites template blog.example", "schedule --cron", "crawl --all",
)  # fmt: skip
#: Commands whose rows are what is wrong: 1 is their answer.
CHECKS = ("db check", "doctor", "doctor --fix")


def garbage(db: Path, start: float, end: float) -> None:
    size = db.stat().st_size
    with db.open("r+b") as file:
        file.seek(int(size * start))
        file.write(random.Random(5).randbytes(int(size * (end - start))))


def foreign(db: Path) -> None:
    db.unlink()
    with sqlite3.connect(db) as connection:
        connection.execute("CREATE TABLE customers (name TEXT)")


def become_a_folder(db: Path) -> None:
    db.unlink()
    db.mkdir()


FAULTS: dict[str, Callable[[Path], object]] = {
    "cut": lambda db: os.truncate(db, db.stat().st_size // 2),
    "garbage at the start": lambda db: garbage(db, 0, 0.01),
    "garbage in the middle": lambda db: garbage(db, 0.05, 0.9),
    "of another program": foreign,
    "a folder": become_a_folder,
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    engine = open_engine(str(folder / "news.db"))
    upgrade(engine)
    fill(engine, folder / "news-warc")
    Sites(engine).follow("https://blog.example/", {})
    engine.dispose()
    return folder


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_no_command_takes_a_broken_archive_for_a_good_one(
    fault: Callable[[Path], object], whole: Path, tmp_path: Path
) -> None:
    db = Path(shutil.copytree(whole, tmp_path / "copy")) / "news.db"
    fault(db)
    for words in COMMANDS:
        done = CliRunner().invoke(cli, [*words.format(out=tmp_path).split(), "--db", str(db)])
        close_all()
        assert isinstance(done.exception, SystemExit), (words, done.exception)
        assert done.exit_code in ((1, 5) if words in CHECKS else (5,)), (words, done.output)
        said = (done.stdout if words in CHECKS else "") or done.stderr
        assert said.startswith("error: "), (words, said)
        assert words in CHECKS or said.count("\n") == 1, (words, said)
    assert not [path for path in tmp_path.iterdir() if path.name != "copy"]


#: A value that the program never writes, by hand or by damage that SQLite does not notice → the commands that read it.
VALUES = {
    "articles SET date_published = 'yesterday'": ("show 1", "show 1 --json", "search --order date", "export {out}/a.jsonl"),
    "articles SET date_published = 'now'": ("show 1",),
    "articles SET date_published = '2025-02-30'": ("show 1",),
    "articles SET quality = 'null'": ("show 1",),
    "articles SET quality = '{\"mood\": 1}'": ("show 1",),
    "articles SET quality = '{'": ("show 1", "export {out}/a.jsonl", "export {out}/a.csv"),
    "articles SET candidates = x'00'": ("show 1 --json", "explain 1", "export {out}/a.jsonl"),
    "articles SET minhash = x'00'": ("show 1", "export {out}/a.jsonl"),
    "article_revisions SET seen_at = x'00'": ("history 1", "diff 1"),
    "article_revisions SET markup = x'00'": ("show 1 --html", "explain 1"),
    "sites SET config = '{'": ("sites list",),
}  # fmt: skip


@pytest.mark.parametrize("change", VALUES)
def test_a_value_that_cannot_be_read_is_told_in_one_line(change: str, whole: Path, tmp_path: Path) -> None:
    db = Path(shutil.copytree(whole, tmp_path / "copy")) / "news.db"
    with closing(sqlite3.connect(db)) as connection, connection:
        assert connection.execute(f"UPDATE {change}").rowcount
    for words in VALUES[change]:
        done = CliRunner().invoke(cli, [*words.format(out=tmp_path).split(), "--db", str(db)])
        close_all()
        assert (type(done.exception), done.exit_code) == (SystemExit, 5), (words, done.exception, done.output)
        assert done.stderr.startswith("error: "), (words, done.stderr)
        assert ("damaged" in done.stderr, done.stderr.count("\n")) == (True, 1), (words, done.stderr)
    assert not [path for path in tmp_path.iterdir() if path.name != "copy"]
    column = change.replace(" SET ", ".").split(" = ")[0]
    for words in ("db check", "doctor"):
        done = CliRunner().invoke(cli, [*words.split(), "--db", str(db)])
        close_all()
        assert (type(done.exception), done.exit_code) == (SystemExit, 1), (words, done.exception, done.output)
        assert f" of {column} cannot be read (id: 1" in done.stdout, (words, done.stdout)
        assert ".recover" not in done.stdout, (words, done.stdout)


@pytest.mark.slow
def test_a_capture_that_names_the_place_of_another_changes_no_article(whole: Path, tmp_path: Path) -> None:
    """Its article would get the text of another page, told as another reading of its own."""
    db = Path(shutil.copytree(whole, tmp_path / "copy")) / "news.db"
    again = ["reextract", "--all", "--workers", "0", "--db", str(db)]
    assert CliRunner().invoke(cli, again).exit_code == 0
    with closing(sqlite3.connect(db)) as connection, connection:
        texts = connection.execute("SELECT id, headline, article_body FROM articles ORDER BY id").fetchall()
        other = "SELECT warc_offset FROM captures WHERE warc_digest <> c.warc_digest AND warc_file = c.warc_file ORDER BY id LIMIT 1"
        assert connection.execute(f"UPDATE captures AS c SET warc_offset = ({other})").rowcount
    done = CliRunner().invoke(cli, again)
    close_all()
    assert done.exit_code == 3, done.output
    assert "and the archive looks for" in done.output
    with closing(sqlite3.connect(db)) as connection:
        assert (
            texts
            == connection.execute("SELECT id, headline, article_body FROM articles ORDER BY id").fetchall()
        )


@pytest.mark.slow
@pytest.mark.parametrize("words", ["reextract --workers 0", "learn blog.example", "db check", "doctor"])
def test_what_needs_the_raw_bytes_fails_without_them(words: str, whole: Path, tmp_path: Path) -> None:
    db = Path(shutil.copytree(whole, tmp_path / "copy")) / "news.db"
    shutil.rmtree(tmp_path / "copy" / "news-warc")
    done = CliRunner().invoke(cli, [*words.split(), "--db", str(db)])
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code != 0


@pytest.mark.slow
@pytest.mark.parametrize("words", ["stats", "--help"])
def test_standard_output_that_is_full(words: str, whole: Path) -> None:
    command = [sys.executable, "-m", "newsarchive", words]
    command += [] if words == "--help" else ["--db", str(whole / "news.db")]
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=300, check=False
        )
    assert (done.returncode, done.stderr) == (1, "error: standard output: No space left on device\n")


@pytest.mark.slow
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_standard_streams_that_are_closed(closed: str, whole: Path) -> None:
    command = [
        "sh",
        "-c",
        f'"$@" {closed}',
        "sh",
        sys.executable,
        "-m",
        "newsarchive",
        "stats",
        "--db",
        "news.db",
    ]
    done = subprocess.run(command, cwd=whole, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert ("articles" in done.stdout) == (closed in ("<&-", "2>&-"))


def run_on_a_disk(mounted: str, words: str) -> subprocess.CompletedProcess[str]:
    """A command on the archive of the folder into which these commands of a shell change, on a disk that they mount."""
    alone = ["unshare", "--map-root-user", "--mount", "sh", "-c", f'{mounted} && exec "$@"', "sh"]
    try:
        subprocess.run([*alone, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no mount namespaces here: {error}")
    command = [*alone, sys.executable, "-m", "newsarchive", *words.split(), "--db", "news.db"]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.epub", "a.xlsx", "a.csv", "a.sqlite", "a.atom"])
def test_an_export_that_the_disk_has_no_room_for(name: str, whole: Path, tmp_path: Path) -> None:
    filled = f"mount -t tmpfs -o size=64k tmpfs {tmp_path} && {{ cat /dev/zero > {tmp_path}/rest 2> /dev/null; cd {whole}; }}"
    done = run_on_a_disk(filled, f"export {tmp_path / name}")
    says = f"error: {tmp_path / name} cannot be written: the disk is full; free some space and run again\n"
    assert (done.returncode, done.stderr) == (1, says)


@pytest.mark.slow
@pytest.mark.parametrize("words", ["search council", "export a.csv", "doctor"])
def test_a_disk_that_something_else_has_filled(words: str, whole: Path, tmp_path: Path) -> None:
    """SQLite reports an error of the disk where it cannot make the `-shm` without which it does not read."""
    filled = f"cd {tmp_path} && cp {whole}/news.db . && cat /dev/zero > rest 2> /dev/null; true"
    done = run_on_a_disk(f"mount -t tmpfs -o size=4m tmpfs {tmp_path} && {filled}", words)
    assert done.returncode == 5
    assert (
        "news.db cannot be read: the disk is full; free some space and run again\n"
        in done.stdout + done.stderr
    )
    assert ".recover" not in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "code", "says", "prints"),
    [
        ("stats", 0, "", "articles"),
        ("recluster", 5, "error: ", ""),
        ("export a.csv", 1, "error: a.csv cannot be written", ""),
        ("db check", 0, "nothing wrong", ""),
        ("doctor", 1, "", "warning: news.db cannot be written, so no crawl can store anything"),
    ],
)
def test_a_read_only_disk(words: str, code: int, says: str, prints: str, whole: Path) -> None:
    done = run_on_a_disk(f"mount --bind -o ro {whole} {whole} && cd {whole}", words)
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith(says)
    assert prints in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words", ["crawl --all", "schedule --cron", "sites list", "stats", "doctor", "backup {out}/b.db"]
)
@pytest.mark.parametrize("state", ["missing", "damaged"])
def test_a_command_in_a_message_can_be_pasted_where_a_folder_has_a_space(
    words: str, state: str, tmp_path: Path
) -> None:
    db = tmp_path / "my blogs" / "news of 2026.db"
    db.parent.mkdir()
    if state == "damaged":
        engine = open_engine(f"sqlite:///{db}")
        upgrade(engine)
        fill(engine, tmp_path / "warc")
        close_all()
        garbage(db, 0.3, 0.9)
    done = CliRunner().invoke(cli, [*words.format(out=tmp_path).split(), "--db", str(db)])
    close_all()
    named = [
        part for line in done.stderr.splitlines() for part in line.split("newsarchive ")[1:] if "--db" in part
    ]
    assert done.exit_code != 0
    assert named or state == "damaged" or "newsarchive " not in done.stderr
    for part in named:
        found = shlex.split(part.split("; ")[0].split(" says ")[0])
        assert found[found.index("--db") + 1].rstrip(".,:") == str(db), part


#: A command in a Python that lacks what Windows lacks: the locks of POSIX, and most signals and timers.
ON_WINDOWS = """
import signal, sys
sys.modules["fcntl"] = None
for name in ("SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGPROF", "SIGUSR1", "SIGVTALRM"):
    delattr(signal, name)
for name in ("ITIMER_PROF", "ITIMER_REAL", "ITIMER_VIRTUAL", "alarm", "setitimer", "pthread_sigmask", "siginterrupt"):
    delattr(signal, name)
from newsarchive import cli
cli.main(sys.argv[1:])
"""


@pytest.mark.slow
@pytest.mark.parametrize("args", [("crawl", "https://blog.example"), ("crawl", "demo"), ("demo",)])
def test_on_windows_a_crawl_says_which_systems_have_what_it_needs(
    tmp_path: Path, args: tuple[str, ...]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ON_WINDOWS, *args], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stderr == (
        "error: a crawl needs Linux or macOS: on Windows, work inside WSL (Windows Subsystem for Linux)\n"
    )
    assert (done.stdout, done.returncode) == ("", 2)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["doctor", "search", "reextract --workers 0"])
def test_on_windows_an_archive_can_be_used(command: str, tmp_path: Path) -> None:
    engine = open_engine(str(tmp_path / "newsarchive.db"))
    upgrade(engine)
    Store(engine).ingest([make_article(1)])
    engine.dispose()
    done = subprocess.run(
        [sys.executable, "-c", ON_WINDOWS, *command.split()], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


#: The endings of files that an export makes beside its target, or with a library of its own.
ENDINGS = ("csv", "xlsx", "parquet", "sqlite", "epub", "tei", "atom")
#: Bytes that a file may have in the test below: room for the index of SQLite's log, and for none of the results.
MAX_BYTES = 2**16


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive whose texts cannot be packed: each result of it has more than `MAX_BYTES`."""
    db = tmp_path_factory.mktemp("large") / "news.db"
    engine, words = open_engine(str(db)), random.Random(5)
    upgrade(engine)
    bodies = ["".join(words.choices(ascii_letters, k=9_000)) for _ in range(20)]
    Store(engine).ingest([make_article(number, body=body) for number, body in enumerate(bodies, 1)])
    engine.dispose()
    return db


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", [*(f"export {{out}}/a.{ending}" for ending in ENDINGS), "backup {out}/b.db"]
)
def test_a_disk_that_takes_no_more_is_told_in_one_line_and_the_next_run_succeeds(
    words: str, large: Path, tmp_path: Path
) -> None:
    """The limit of a file's size stands for the full disk: each write beyond it fails."""
    command = [*words.format(out=tmp_path).split(), "--db", str(large)]
    limited = f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({MAX_BYTES}, {MAX_BYTES}))\n"
    run = "from newsarchive.cli import main; main(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", limited + run, *command], capture_output=True, text=True, check=False
    )
    target = command[1]
    assert done.returncode in (1, 5)
    assert done.stderr.startswith(f"error: {target} cannot be written"), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert list(tmp_path.iterdir()) == []
    assert CliRunner().invoke(cli, command).exit_code == 0
    close_all()
    assert [path.name for path in tmp_path.iterdir()] == [Path(target).name]


def ctrl_c(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def ctrl_c_at_a_question(*_: object) -> None:
    try:
        ctrl_c()
    except KeyboardInterrupt:
        raise click.Abort from None  # as `click.confirm` does


def end_of_input(*_: object) -> None:
    try:
        raise EOFError
    except EOFError:
        raise click.Abort from None


@pytest.mark.parametrize(
    ("place", "happens", "code", "said"),
    [
        ("make_context", ctrl_c, 130, "stopped"),  # while the command line is read
        ("invoke", ctrl_c, 130, "stopped"),
        ("invoke", ctrl_c_at_a_question, 130, "\nstopped"),
        (
            "invoke",
            end_of_input,
            1,
            "\nerror: nobody answered the question; --yes answers one of yes or no beforehand",
        ),
    ],
)
def test_ctrl_c_ends_with_130_wherever_it_comes_and_a_question_without_an_answer_with_1(
    monkeypatch: pytest.MonkeyPatch, place: str, happens: Callable[..., None], code: int, said: str
) -> None:
    monkeypatch.setattr(click.Group, place, happens)
    done = CliRunner().invoke(cli, ["stats"])
    assert (done.exit_code, done.output) == (code, f"{said}\n")
