"""What `newsarchive schedule` prints, and whether a line of cron or a timer of systemd crawls already."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from newsarchive.cli import cli, schedule
from newsarchive.db.frontier.sites import Sites
from tests.support.storage import open_archive


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an archive, on a machine that runs nothing by itself."""
    for name in ("cron.d", "units"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(schedule, "CRON_FOLDER", tmp_path / "cron.d")
    monkeypatch.setattr(schedule, "UNIT_FOLDERS", (tmp_path / "units",))
    monkeypatch.setattr(schedule, "crontab", lambda: "")
    monkeypatch.chdir(tmp_path)
    with open_archive("sqlite", tmp_path) as engine:
        Sites(engine).follow("https://blog.example/", {})
    return tmp_path


def printed(*words: str) -> str:
    done = CliRunner().invoke(cli, ["schedule", *words, "--db", "archive.db"])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.usefixtures("machine")
def test_the_printed_lines_are_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    told = CliRunner().invoke(cli, ["doctor", "--db", "archive.db"]).stdout
    assert "nothing crawls the followed sites by itself" in told
    line = printed("--cron")
    monkeypatch.setattr(schedule, "crontab", lambda: f"# hourly\nMAILTO=me\n{line}")
    assert schedule.is_installed()
    told = CliRunner().invoke(cli, ["doctor", "--db", "archive.db"]).stdout
    assert "nothing crawls the followed sites by itself" not in told
    monkeypatch.setattr(schedule, "crontab", lambda: f"#{line}0 3 * * * newsarchive export articles.csv\n")
    assert not schedule.is_installed()


def test_files_of_cron_and_units_with_a_timer_are_found_too(machine: Path) -> None:
    (machine / "cron.d/news").write_text("@hourly ann cd news && newsarchive crawl --all\n")
    assert schedule.is_installed()
    (machine / "cron.d/news").unlink()
    service, timer = printed("--systemd").split("# ~/.config/systemd/user/newsarchive.timer\n")
    assert "SuccessExitStatus=3 75 143\n" in service  # a crawl that is stopped before it began has not failed
    (machine / "units/news.service").write_text(service)
    assert not schedule.is_installed()  # no timer starts it
    (machine / "units/news.timer").write_text(timer)
    assert schedule.is_installed()
    (machine / "units/news.service").write_text("ExecStart=newsarchive \\\n  crawl --all\n")
    assert schedule.is_installed()


@pytest.mark.parametrize("name", ["news", "news of 100% & 'all'"])
def test_a_line_and_a_unit_for_a_folder_that_is_not_there_are_told(
    machine: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The archive has moved; the line of crontab has not, and its mails may reach nobody."""
    folder = machine / name
    folder.mkdir()
    monkeypatch.chdir(folder)
    for kind, timer in (("--cron", ""), ("--systemd", "news.timer")):
        line = CliRunner().invoke(cli, ["schedule", kind, "--db", str(machine / "archive.db")]).stdout
        if timer:
            (machine / "units" / timer).touch()
            (machine / "units/news.service").write_text(line)
        monkeypatch.setattr(schedule, "crontab", lambda line=line, timer=timer: "" if timer else line)
        assert schedule.lost_folders() == []
        folder.rmdir()
        assert schedule.lost_folders() == [str(folder)]
        monkeypatch.chdir(machine)
        told = CliRunner().invoke(cli, ["doctor", "--db", "archive.db"]).stdout
        assert f"it names a folder that is not there: {folder}" in told
        folder.mkdir()
        monkeypatch.chdir(folder)


@pytest.mark.parametrize(
    "line",
    [
        "cd /gone && newsarchive export articles.csv",
        "# 17 * * * * cd /gone && newsarchive crawl --all",
        '17 * * * * cd "$HOME/gone" && newsarchive crawl --all',
        "17 * * * * cd gone && newsarchive crawl --all",
        "17 * * * * cd 'gone && newsarchive crawl --all",
        "17 * * * * newsarchive crawl --all --db /gone/archive.db",
    ],
)
@pytest.mark.usefixtures("machine")
def test_a_folder_that_is_not_known_is_not_called_lost(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setattr(schedule, "crontab", lambda: line)
    assert schedule.lost_folders() == []


def test_a_timer_with_newsarchive_in_its_name_counts_whatever_it_runs(machine: Path) -> None:
    (machine / "units/newsarchive.timer").touch()
    assert schedule.is_installed()


@pytest.mark.usefixtures("machine")
def test_a_job_goes_by_the_proxy_of_this_shell(monkeypatch: pytest.MonkeyPatch) -> None:
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


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_a_proxy_with_a_password_is_told(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    monkeypatch.setenv("https_proxy", f"{scheme}me:secret@proxy.example:3128")
    told = CliRunner().invoke(cli, ["schedule", "--cron", "--db", "archive.db"]).stderr
    assert told.startswith("these lines hold a secret (https_proxy)")
    assert "secret@" not in told
