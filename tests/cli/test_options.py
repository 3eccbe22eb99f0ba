"""Options that commands have in common: alike everywhere, and what they promise holds."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from newsarchive import config
from newsarchive.cli import cli, sitelist
from newsarchive.cli.crawl import in_force
from newsarchive.cli.options import OPTIONS
from newsarchive.cli.output import stdout_into
from newsarchive.db.frontier.sites import Sites
from newsarchive.db.writing.store import Store
from newsarchive.exceptions import STOPPED_BY_SIGTERM, UsageError
from newsarchive.spider_processes.site_crawl import CrawlOptions
from tests.support.storage import make_article, open_archive, rich_article


def commands(group: click.Group, before: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*before, name))
        else:
            yield " ".join((*before, name)), command


ALL = dict(commands(cli))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ALL)
def test_an_option_is_spelt_alike_everywhere(name: str) -> None:
    letters = {spelling: key for key, (spellings, _) in OPTIONS.items() for spelling in spellings}
    letters |= {"-O": "overwrite_output", "-a": "arguments", "-s": "settings", "-h": "help"}
    for option in ALL[name].params:
        if not isinstance(option, click.Option):
            continue
        spellings = set(option.opts)
        known = {letters[spelling] for spelling in spellings if spelling in letters}
        assert len(known) <= 1
        for key in known & set(OPTIONS):
            assert spellings == {one for one in OPTIONS[key][0] if one.startswith("-")}
        assert {s for s in spellings if len(s) == 2} <= set(letters), "a letter that the table does not know"
    own = {spelling for option in ALL[name].params for spelling in option.opts}
    assert {"-v", "-q", "--config"} <= own


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    with open_archive("sqlite", tmp_path) as engine:
        store = Store(engine)
        store.ingest([rich_article(), make_article(2, body="The ferry came back."), make_article(3)])
        Sites(engine).follow("https://blog.example", {})
    (tmp_path / "sites.toml").write_text('[[site]]\nurl = "https://other.example"\n')
    return tmp_path


def run(words: str, *more: str) -> Result:
    return CliRunner().invoke(
        cli, [*words.split(), *more, *([] if "db copy" in words else ["--db", "archive.db"])]
    )


def state(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }  # fmt: skip


DRY = {
    "recluster": "would compare 3 articles",
    "recluster --paraphrases 0.7": "would look for paraphrases among 3 articles",
    "quarantine drop 1 --reason x": "nothing was written",
    "withhold add 1 --reason x": "nothing was written",
    "correct add 1 --author A --reason x": "nothing was written",
    "withhold lift --due": "nothing was written",
    "sites pause https://blog.example": "would pause https://blog.example",
    "sites resume https://blog.example": "would go on with https://blog.example",
    "sites remove https://blog.example": "would follow https://blog.example no longer",
    "sites import sites.toml": "would follow 1 site;",
    "sites template blog.example --keep ferry": "would lock 1 line,",
    "db upgrade": "already",
    "db rebuild": "would make the full-text index anew",
    "db vacuum": "bytes back to the disk",
    "db copy archive.db copy.db": "would copy these rows",
    "backup copy.db": "would copy archive.db",
    "export out.csv": "would write 3 articles as csv",
    "learn blog.example": "blog.example:",
    "reextract --workers 0": "read:",
}


@pytest.mark.parametrize("words", DRY)
def test_a_dry_run_says_what_it_would_do_and_writes_nothing(folder: Path, words: str) -> None:
    before = state(folder)
    done = run(words, "--dry-run")
    assert done.exit_code == 0, done.output
    assert DRY[words] in done.stderr
    assert state(folder) == before


def test_every_command_that_writes_has_a_dry_run() -> None:
    writes = {words.split(" --")[0] for words in DRY} | {"crawl", "sites add", "quarantine accept"}
    # On PostgreSQL alone: tests/test_cluster.py.
    writes |= {f"cluster {command}" for command in ("init", "enqueue", "retry", "cancel", "drain")}
    # They need another archive, or a correction: tests/db/test_take_over.py, tests/db/test_corrections.py.
    writes |= {"withhold import", "correct undo"}
    named = {name for name in ALL if any(words == name or words.startswith(f"{name} ") for words in writes)}
    assert named == {
        name for name, command in ALL.items() if any(p.name == "dry_run" for p in command.params)
    }


@pytest.mark.slow
def test_a_dry_run_refuses_what_the_real_one_refuses(folder: Path) -> None:
    assert run("quarantine accept 2", "--dry-run").exit_code == 1
    assert run("quarantine drop 99 --reason x", "--dry-run").exit_code == 1
    assert run("sites pause https://none.example", "--dry-run").exit_code == 2
    assert run("sites template blog.example --keep none-such", "--dry-run").exit_code == 2
    (folder / "there.db").touch()
    assert run("backup there.db", "--dry-run").exit_code != 0
    assert "no folder no; create it first" in run("backup no/such.db", "--dry-run").stderr
    missing = CliRunner().invoke(cli, ["db", "upgrade", "--dry-run", "--db", "new.db"])
    assert "would create the archive new.db" in missing.stderr
    assert not (folder / "new.db").exists()


@pytest.mark.parametrize(
    "words", ["search ferry", "search --site blog.example --csv", "show 1", "stats", "explain 1", "sites list", "trace 1 --json"]
)  # fmt: skip
def test_output_goes_into_a_file(folder: Path, words: str) -> None:
    plain = run(words)
    done = run(words, "-o", "out.txt")
    assert done.exit_code == plain.exit_code == 0
    assert done.stdout == ""
    assert (folder / "out.txt").read_text("utf-8") == plain.stdout
    assert not (folder / "out.txt.part").exists()


def test_output_never_replaces_an_archive_and_an_error_leaves_what_was_there(folder: Path) -> None:
    before = state(folder)
    assert run("show 1", "-o", "archive.db").exit_code != 0
    assert run("show 1", "-o", "no/such/folder.txt").exit_code != 0
    assert run("show 4711", "-o", "sites.toml").exit_code == 1
    assert state(folder) == before


def test_a_half_output_replaces_nothing_and_a_pipe_stays_a_pipe(folder: Path) -> None:
    whole = folder / "whole.csv"
    whole.write_text("whole")
    with pytest.raises(SystemExit), stdout_into(whole):
        sys.exit(print("half") or STOPPED_BY_SIGTERM)  # type: ignore[func-returns-value]  # noqa: T201
    assert whole.read_text() == "whole"
    (folder / "latest.csv").symlink_to(whole)
    assert run("search ferry", "-o", "latest.csv").exit_code == 0
    assert (folder / "latest.csv").is_symlink()
    assert whole.read_text() == run("search ferry").stdout
    os.mkfifo(folder / "pipe")
    reader = os.open(folder / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    assert run("search ferry", "-o", "pipe").exit_code == 0
    assert os.read(reader, 10_000).decode() == run("search ferry").stdout
    os.close(reader)
    assert (folder / "pipe").is_fifo()
    refused = run("export pipe --format csv --overwrite")
    assert (refused.exit_code, (folder / "pipe").is_fifo()) == (1, True)
    assert "- for standard output" in refused.stderr


def test_sites_that_are_exported_can_be_imported(folder: Path) -> None:
    (folder / "sites.toml").write_text(
        '[[site]]\nurl = "https://other.example/"\nuser_agent = "é😀\\u007f\\"\\\\"\nskip = ["/😀/"]\n',
        "utf-8",
    )
    for form, name in (("toml", "out.toml"), ("csv", "out.csv")):
        assert run("sites import sites.toml").exit_code == 0
        assert run("sites export --format", form, "-o", name).exit_code == 0
        assert sitelist.read(folder / name).sites[-1] == sitelist.read(folder / "sites.toml").sites[0]


def test_export_takes_its_file_as_an_option_too(folder: Path) -> None:
    done = run("export -o articles.jsonl ferry")
    assert done.exit_code == 0, done.output
    assert len((folder / "articles.jsonl").read_text().splitlines()) == 1
    assert run("export").exit_code == 2


@pytest.mark.parametrize("words", ["search --site blog.example -n 1", "export - --format jsonl -n 1"])
def test_n_is_at_most_this_many(folder: Path, words: str) -> None:
    assert len(run(words).stdout.splitlines()) == 1


@pytest.mark.parametrize("words", ["-q search zeppelin", "search zeppelin -q"])
def test_quiet_says_nothing_but_errors(folder: Path, words: str) -> None:
    done = run(words)
    assert (done.exit_code, done.output) == (1, "")
    assert run("-q show 4711").stderr.startswith("error: ")


def test_verbose_says_what_is_done_and_twice_everything(folder: Path) -> None:
    assert run("search ferry").stderr == ""
    once, twice = run("-v recluster --dry-run"), run("recluster --dry-run -vv")
    assert "INFO newsarchive" in once.stderr
    assert "SELECT" not in once.stderr
    assert "archive.db" in twice.stderr
    assert run("search ferry").stderr == ""


def test_a_new_setting_of_sites_that_is_a_text_needs_its_reader_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sitelist, "SETTINGS", {**sitelist.SETTINGS, "greeting": config.as_text})
    assert sitelist.checked({"greeting": "hello"}, "a.toml") == {"greeting": "hello"}


def test_a_site_is_given_no_limit_that_its_crawl_would_refuse() -> None:
    with pytest.raises(UsageError, match="limit='0' is no whole number from 1 to 1000000000"):
        sitelist.checked({"limit": "0"}, "sites add")


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ((), "warc", "as before"),
        (("LOG_LEVEL=INFO",), "warc", "as before"),
        (("NEWSARCHIVE_WARC=raw",), "warc", "raw"),
        (("NEWSARCHIVE_WARC=0",), "warc", "off"),
        (("NEWSARCHIVE_DATABASE_URL=other.db",), "database", "sqlite:///other.db"),
    ],
)
def test_a_crawl_has_one_folder_and_one_archive_where_an_option_gives_them(
    given: tuple[str, ...], name: str, value: str
) -> None:
    """Its spider wrote into that archive, and the command looked for the articles in another one."""
    assert in_force(CrawlOptions({}, settings=given), name, "as before") == value


def test_two_archives_in_one_command_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-s` would win over `--db`, and the articles would be where nobody looks for them."""
    monkeypatch.chdir(tmp_path)
    for other, shown in (
        ("two.db", f"sqlite:///{tmp_path}/two.db"),
        ("postgresql://me:secret@localhost:1/news", "postgresql://me:***@localhost:1/news"),
    ):
        words = ["--db", "one.db", "-s", f"NEWSARCHIVE_DATABASE_URL={other}"]
        done = CliRunner().invoke(cli, ["crawl", "https://blog.example", *words])
        assert (done.exit_code, list(tmp_path.iterdir())) == (2, [])
        assert f"--db names the archive sqlite:///{tmp_path}/one.db" in done.output
        assert f"-s NEWSARCHIVE_DATABASE_URL names {shown}: leave one of them out" in done.output
    same = ["--all", "--db", "one.db", "-s", f"NEWSARCHIVE_DATABASE_URL=sqlite:///{tmp_path}/one.db"]
    assert "no archive there" in CliRunner().invoke(cli, ["crawl", *same]).output
