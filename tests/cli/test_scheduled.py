"""Lines of crontab and units of systemd that name folders which are not there."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from newsarchive.cli import cli, scheduled
from newsarchive.db.frontier.sites import Sites
from tests.support.storage import open_archive


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an archive, on a machine that runs nothing by itself."""
    for name in ("cron.d", "units", "news"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(scheduled, "CRON_FOLDER", tmp_path / "cron.d")
    monkeypatch.setattr(scheduled, "UNIT_FOLDERS", (tmp_path / "units",))
    monkeypatch.setattr(scheduled, "crontab", lambda: "")
    monkeypatch.chdir(tmp_path / "news")
    with open_archive("sqlite", tmp_path / "news") as engine:
        Sites(engine).follow("https://blog.example/", {})
    return tmp_path / "news"


def printed(*words: str) -> str:
    done = CliRunner().invoke(cli, ["schedule", *words, "--db", "archive.db"])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_line_that_names_an_old_folder_is_told(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = printed("--cron")
    monkeypatch.setattr(scheduled, "crontab", lambda: f"# hourly\nMAILTO=me\n{line}")
    [job] = scheduled.jobs()
    assert (job.folder, job.missing) == (str(here), [])
    moved = here.rename(here.with_name("moved"))
    monkeypatch.chdir(moved)
    assert job.missing == [str(here), str(here / "archive.db")]
    told = CliRunner().invoke(cli, ["doctor", "--db", "archive.db"]).stdout
    assert f"a line of crontab crawls nothing: it names what is not there: {here}, {here}/archive.db" in told
    assert "nothing crawls the followed sites by itself" not in told


def test_a_job_goes_by_the_proxy_of_this_shell(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/ssl/house.pem")
    for name in (
        "HTTPS_PROXY=http://proxy.example:3128",
        "no_proxy=localhost",
        "SSL_CERT_FILE=/etc/ssl/house.pem",
    ):
        assert name in printed("--cron")
        assert f'Environment="{name}"' in printed("--systemd")


def test_a_proxy_with_a_password_is_told(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://me:secret@proxy.example:3128")
    told = CliRunner().invoke(cli, ["schedule", "--cron", "--db", "archive.db"]).stderr
    assert told.startswith("these lines hold a secret (https_proxy)")
    assert "secret@" not in told


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        (
            "cd {here} && .venv/bin/newsarchive crawl https://blog.example --quiet",
            ["{here}/.venv/bin/newsarchive"],
        ),
        ("cd {here} && newsarchive crawl --all --db=gone.db", ["{here}/gone.db"]),
        ("cd {here} && newsarchive --config /gone/a.toml crawl --all 2>> /gone/log", ["/gone/a.toml"]),
        ("cd {here} && env NEWSARCHIVE_CONFIG=/gone/a\\%b.toml newsarchive crawl --all", ["/gone/a%b.toml"]),
        ("cd {here} && newsarchive crawl --all --db postgresql://localhost/news", []),
        ("newsarchive crawl --all --db archive.db", []),  # in whatever folder cron runs it
        ('cd "$HOME/gone" && newsarchive crawl --all', []),
        ("cd {here}; newsarchive crawl --all --db archive.db", []),
        ("cd {here}&&newsarchive crawl --all --db archive.db>/dev/null;echo", []),
        ("(cd /gone || exit 1; newsarchive crawl --all)", ["/gone"]),
        ("cd {here}/.. && cd news && newsarchive crawl --all --db archive.db", []),
        ("cd ~/news && newsarchive crawl --all --db archive.db", []),
        ("cd news && newsarchive crawl --all --db archive.db", []),  # from whatever folder
        ("cd {here} && newsarchive crawl --all >> /gone/newsarchive 2>&1", []),  # the program makes that file
        ("cd {here} && newsarchive crawl https://blog.example --db new.db", []),  # and that archive
        ("cd {here} && newsarchive crawl https://blog.example --db /gone/new.db", ["/gone"]),
        ("newsarchive crawl 'unclosed", None),
        ("cd /gone && newsarchive export articles.csv", None),
    ],
)
def test_what_a_line_names(
    here: Path, monkeypatch: pytest.MonkeyPatch, command: str, missing: list[str] | None
) -> None:
    monkeypatch.setenv("HOME", str(here.parent))
    command = command.format(here=shlex.quote(str(here)))
    monkeypatch.setattr(scheduled, "crontab", lambda: f"17 * * * * {command}\n")
    found = [job.missing for job in scheduled.jobs()]
    assert found == ([] if missing is None else [[path.format(here=here) for path in missing]])


def test_files_of_cron_and_units_are_read_too(here: Path) -> None:
    (scheduled.CRON_FOLDER / "news").write_text("@hourly ann cd /gone && newsarchive crawl --all\n")
    service, timer = printed("--systemd").split("# ~/.config/systemd/user/newsarchive.timer\n")
    [units] = scheduled.UNIT_FOLDERS
    (units / "news.service").write_text(service.replace(str(here), "/gone/news"))
    assert [job.missing for job in scheduled.jobs()] == [["/gone"]]  # no timer starts it
    (units / "news.timer").write_text(timer)
    of_cron, of_unit = scheduled.jobs()
    assert (of_cron.place, of_cron.missing) == (str(scheduled.CRON_FOLDER / "news"), ["/gone"])
    assert of_unit.missing == ["/gone/news", "/gone/news/archive.db"]


@pytest.mark.parametrize(
    ("lines", "missing"),
    [
        (("WorkingDirectory=%h/news", "ExecStart=newsarchive crawl --all --db archive.db"), []),
        (("WorkingDirectory=~", "ExecStart=newsarchive crawl --all --db news/archive.db"), []),
        (
            ("WorkingDirectory = {here}", "ExecStart = -%h/bin/newsarchive crawl --all"),
            ["{home}/bin/newsarchive"],
        ),
        (("WorkingDirectory=-/gone", "ExecStart=newsarchive \\", "  crawl --all --db archive.db"), []),
        (("WorkingDirectory=/srv/%i", "ExecStart=newsarchive crawl --all --db archive.db"), []),
        (("WorkingDirectory=/gone/50%%", "ExecStart=newsarchive crawl --all"), ["/gone/50%"]),
        (("# newsarchive crawl --all",), []),
    ],
)
def test_what_a_unit_names(
    here: Path, monkeypatch: pytest.MonkeyPatch, lines: tuple[str, ...], missing: list[str]
) -> None:
    home = here.parent
    monkeypatch.setenv("HOME", str(home))
    (home / "units/news.timer").touch()
    (home / "units/news.service").write_text("\n".join(lines).format(here=here))
    assert [job.missing for job in scheduled.jobs()] == [[path.format(home=home) for path in missing]]


def test_what_this_user_may_not_see_is_not_called_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of cron may run as another user, whose home is another one, in a folder that is closed."""

    def closed(path: Path, **_: object) -> None:
        raise PermissionError

    folder = f"{tmp_path}/gone"
    job = scheduled.Job("/etc/cron.d/news", folder, ("~/newsarchive", "crawl"), is_own=False)
    assert job.missing == [folder]
    with monkeypatch.context() as patched:
        patched.setattr(Path, "stat", closed)
        assert job.missing == []
