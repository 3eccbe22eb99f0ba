"""One file of settings for both shells: what holds, what stands over what, and what is said of a mistake."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsarchive import config, demo, rules
from newsarchive import settings as scrapy_settings
from newsarchive.db.engine import open_engine, reading
from newsarchive.db.frontier import known_sites
from newsarchive.db.frontier.sites import Sites
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.store import Store
from newsarchive.exceptions import BadRules, UsageError
from tests.crawling.test_crawl import front, post, rows
from tests.support import warm
from tests.support.serving import ROOT, served
from tests.support.storage import make_article

MISTAKES = tomllib.loads((ROOT / "tests" / "cases" / "config" / "mistakes.toml").read_text("utf-8"))["case"]


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """That of a user who set nothing but these variables."""
    bare = {
        name: value for name, value in os.environ.items() if not name.startswith(("NEWSARCHIVE_", "SCRAPY_"))
    }
    ours = {
        "NO_PROXY": "127.0.0.1",
        "PYTHONPATH": str(ROOT),
        "XDG_CONFIG_HOME": str(folder / "settings"),
        "COLUMNS": "200",
    }
    return bare | ours | variables


def run(*words: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return warm.run("newsarchive", *words, environment=environment(folder, **variables), cwd=str(folder))


def scrapy(*words: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    module = {"SCRAPY_SETTINGS_MODULE": "newsarchive.settings"} | variables
    return warm.run("scrapy", "crawl", *words, environment=environment(folder, **module), cwd=str(folder))


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder as the current one, without variables of ours or settings of the user's."""
    for name in [name for name in os.environ if name.startswith("NEWSARCHIVE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def test_the_environment_stands_over_the_file_and_options_over_both(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (config.load()["crawl.limit"], config.load().source("crawl.limit")) == (None, "default")
    (alone / "newsarchive.toml").write_text(
        'contact = "file@example.org"\n[crawl]\nlimit = 5\nsince = 2025-01-31\n'
    )
    monkeypatch.setenv("NEWSARCHIVE_LIMIT", "7")
    held = config.load()
    assert held.values["contact"] == ("contact", "file@example.org", "newsarchive.toml")
    assert held.values["crawl.limit"] == ("crawl.limit", 7, "environment NEWSARCHIVE_LIMIT")
    assert held["crawl.since"] == "2025-01-31"
    monkeypatch.setenv("NEWSARCHIVE_LIMIT", "")  # a variable that is empty says nothing
    assert config.load()["crawl.limit"] == 5
    chosen = held.with_option("database", "other.db", "--db")
    assert chosen.values["database"] == ("database", "sqlite:///other.db", "option --db")


def test_the_named_file_comes_before_the_folders_and_that_before_the_users(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = config.user_folder() / config.FILE_NAME
    users.parent.mkdir(parents=True)
    users.write_text('contact = "user"')
    assert config.load()["contact"] == "user"
    (alone / config.FILE_NAME).write_text('contact = "folder"')
    assert config.load()["contact"] == "folder"
    (alone / "named.toml").write_text('contact = "named"')
    monkeypatch.setenv(config.FILE_VARIABLE, "named.toml")
    assert config.load()["contact"] == "named"
    monkeypatch.setenv(config.FILE_VARIABLE, "missing.toml")
    with pytest.raises(UsageError, match=r"missing\.toml: no such file"):
        config.load()


def test_a_file_in_another_encoding_is_named_with_its_line(alone: Path) -> None:
    file = alone / "a.toml"
    file.write_bytes('contact = "me@example.org"\n# Müllers Blogs\n'.encode("cp1252"))
    with pytest.raises(UsageError, match=r"a\.toml: line 2 is not in UTF-8: save the file again"):
        config.load(file)


def test_paths_of_a_file_start_from_its_folder(alone: Path) -> None:
    other = alone / "other"
    other.mkdir()
    file = other / "a.toml"
    file.write_text('database = "news.db"\nwarc = "raw"\nrules = "/rules"\n')
    held = config.load(file)
    assert held["database"] == f"sqlite:///{other / 'news.db'}"
    assert (held["warc"], held["rules"]) == (str(other / "raw"), "/rules")
    file.write_text('database = "postgresql://me@host/news"\nwarc = false\n')
    assert (config.load(file)["database"], config.load(file)["warc"]) == ("postgresql://me@host/news", "off")


def test_a_home_that_the_system_does_not_know_is_a_mistake_of_the_settings(alone: Path) -> None:
    with pytest.raises(UsageError, match=r"~nobody-here/a\.toml: no such file"):
        config.load("~nobody-here/a.toml")
    file = alone / "a.toml"
    for name in ("database", "warc", "rules"):
        file.write_text(f'{name} = "~nobody-here/news"')
        with pytest.raises(UsageError, match=f"{name} = '~nobody-here/news' names a home that this system"):
            config.load(file)


def test_a_user_without_a_home_has_the_defaults(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container a number may stand for a user of whom the system knows nothing."""
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # as it is where nobody knows the home
    assert config.load()["contact"] == ""


@pytest.mark.slow
@pytest.mark.parametrize("case", MISTAKES, ids=[case["file"] for case in MISTAKES])
def test_a_mistake_is_named_with_file_and_key(case: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "newsarchive.toml").write_text(case["file"])
    done = run("config", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: newsarchive.toml: ")
    assert case["says"] in done.stderr


@pytest.mark.slow
def test_a_wrong_rule_is_wrong_usage_of_every_command(tmp_path: Path) -> None:
    (tmp_path / "rules" / "phrases").mkdir(parents=True)
    (tmp_path / "rules" / "phrases" / "en.toml").write_text("[line\n")
    (tmp_path / "newsarchive.toml").write_text('rules = "rules"\n')
    (tmp_path / "page.html").write_text("<title>A page</title><p>Text")
    done = run("extract", "page.html", folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "phrases/en.toml" in done.stderr


@pytest.mark.parametrize("value", ["[" * 5000, "9" * 5000], ids=["lists in lists", "a long number"])
def test_a_value_that_python_cannot_hold_is_no_toml(value: str, tmp_path: Path) -> None:
    file = tmp_path / "newsarchive.toml"
    file.write_text(f"[crawl]\ndelay = {value}\n")
    with pytest.raises(UsageError, match="not valid TOML"):
        config.read_file(file)
    with pytest.raises(BadRules, match="not valid TOML"):
        rules.read(file)


@pytest.mark.slow
def test_every_command_and_scrapy_say_a_mistake_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "newsarchive.toml").write_text('databse = "news.db"\n')
    for done in (
        run("search", "ferry", folder=tmp_path),
        run("crawl", "https://blog.example", folder=tmp_path),
        run("stats", folder=tmp_path),
        scrapy("news", "-a", "url=https://blog.example", folder=tmp_path),
    ):
        assert done.returncode == 2, done.stderr
        assert "newsarchive.toml: databse: no such key; did you mean database?" in done.stderr
        assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["newsarchive.toml"]


@pytest.mark.slow
def test_a_program_that_runs_our_spiders_is_told_of_a_mistake_too(tmp_path: Path) -> None:
    (tmp_path / "newsarchive.toml").write_text('databse = "news.db"\n')
    code = (
        "from scrapy.crawler import AsyncCrawlerProcess\nfrom scrapy.utils.project import get_project_settings\n"
        "process = AsyncCrawlerProcess(get_project_settings())\n"
        "process.crawl('news', url='http://127.0.0.1:9')\nprocess.start()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
        env=environment(tmp_path, SCRAPY_SETTINGS_MODULE="newsarchive.settings"),
    )  # fmt: skip
    assert "newsarchive.toml: databse: no such key" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["newsarchive.toml"]


@pytest.mark.slow
def test_a_variable_with_a_mistake_is_named(tmp_path: Path) -> None:
    done = run("config", folder=tmp_path, NEWSARCHIVE_WORKERS="many")
    assert (done.returncode, done.stdout) == (2, "")
    assert "environment NEWSARCHIVE_WORKERS: 'many' is no whole number" in done.stderr


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("NEWSARCHIVE_DATABASE", "did you mean NEWSARCHIVE_DATABASE_URL?"),
        ("NEWSARCHIVE_DB", "newsarchive config lists those there are"),
        ("NEWSARCHIVE_WORKER", "did you mean NEWSARCHIVE_WORKERS?"),
        ("NEWSARCHIVE_TEST_ANYTHING", None),
        ("NEWSARCHIVE_WEB_PASSWORD", None),
        ("NEWSARCHIVE", None),
        ("MY_NEWSARCHIVE_DB", None),
    ],
)
def test_a_variable_that_looks_like_ours_and_is_none_is_told(name: str, says: str | None) -> None:
    assert config.unknown([name, "NEWSARCHIVE_WARC", "HOME"]) == (
        {name: f"no such setting; {says}" if says.startswith("did") else f"no such setting: {says}"} if says else {}
    )  # fmt: skip


def test_every_name_of_ours_is_known() -> None:
    """Also those that one process of ours sets for another; `_NEWSARCHIVE_COMPLETE` is click's."""
    package = Path(config.__file__).parent
    names = {
        name
        for path in package.rglob("*.py")
        for name in re.findall(r"(?<!_)NEWSARCHIVE_[A-Z_]*[A-Z]", path.read_text("utf-8"))
    }
    assert config.unknown(names) == {
        "NEWSARCHIVE_DATABASE": "no such setting; did you mean NEWSARCHIVE_DATABASE_URL?"
    }  # a docstring


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shell", "words"),
    [(run, ["config"]), (run, ["crawl", "demo"]), (scrapy, ["news", "-a", "url=demo"])],
    ids=["a command", "a command that starts scrapy", "scrapy"],
)
def test_both_shells_tell_a_variable_that_is_no_setting(shell: Any, words: list[str], tmp_path: Path) -> None:
    """A crawl that the variable should have sent to another archive would end well, in the wrong file."""
    done = shell(*words, folder=tmp_path, NEWSARCHIVE_DB="other.db")
    assert done.returncode == 0
    assert done.stderr.count("environment NEWSARCHIVE_DB: no such setting") == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "given", ["WORKERS=many", "IN_FLIGHT=0", "PAGE_SECONDS=x", "MAX_CRAWL_DELAY=x", "LEARN=maybe"]
)
def test_a_setting_of_the_command_line_is_read_like_one_of_the_file(given: str, tmp_path: Path) -> None:
    done = scrapy("news", "-a", "url=demo", "-s", f"NEWSARCHIVE_{given}", folder=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert done.stderr.startswith(f"error: -s NEWSARCHIVE_{given.partition('=')[0]}: ")


_TOML = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda x: st.lists(x, max_size=3),
)


@settings(deadline=None)
@given(st.sampled_from(sorted(config.KEYS)), _TOML)
def test_any_value_is_read_or_refused_with_its_key(name: str, value: Any) -> None:
    said = ""
    try:
        config.read_value(config.KEYS[name], value, Path(), "a.toml")
    except UsageError as error:
        said = str(error)
    assert not said or said.startswith(f"a.toml: {name} = ")


@pytest.mark.slow
def test_config_shows_what_holds_and_where_it_was_said(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'database = "postgresql://me:secret@host/news"\nalarm_webhook = "https://hooks.example:99/T/secret"\n'
        '[[site]]\nurl = "one.example"\n'
    )
    done = run("config", "--config", "mine.toml", folder=tmp_path, NEWSARCHIVE_CONTACT="me@example.org")
    assert done.returncode == 0, done.stderr
    shown = [line.split("\t") for line in done.stdout.splitlines()]
    file = str(tmp_path / "mine.toml")
    assert [row[0] for row in shown] == list(config.KEYS)
    assert ["database", "postgresql://me:***@host/news", file] in shown
    assert ["alarm_webhook", "https://hooks.example:99/***", file] in shown
    assert ["contact", "me@example.org", "environment NEWSARCHIVE_CONTACT"] in shown
    assert ["crawl.delay", "1.0", "default"] in shown
    assert "lists 1 site:" in done.stderr
    done = run("--config", "mine.toml", "config", "--json", "--db", "x.db", folder=tmp_path)
    said = {row["name"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert said["database"] == {"name": "database", "value": "sqlite:///x.db", "source": "option --db"}
    assert said["crawl.learn"]["value"] is True
    assert "secret" not in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("option", "suggested"),
    [
        ("", "sites add https://blog.example"),
        ("--config mine.toml", "sites add https://blog.example --config {}/mine.toml"),
        ("--db other.db", "sites add https://blog.example --db other.db"),
        ("--config mine.toml --db other.db", "sites add https://blog.example --db other.db"),
        ("-s NEWSARCHIVE_DATABASE_URL=other.db", "sites add https://blog.example --db other.db"),
    ],
)
def test_a_suggested_command_opens_the_same_archive(tmp_path: Path, option: str, suggested: str) -> None:
    (tmp_path / "mine.toml").write_text('database = "mine.db"\n')
    done = run("crawl", "--all", *option.split(), folder=tmp_path)
    assert done.returncode == 5
    assert done.stderr.rstrip().endswith(f"newsarchive {suggested.format(tmp_path)}"), done.stderr


def test_every_setting_that_a_key_gives_is_one_of_the_project() -> None:
    for key in config.KEYS.values():
        for name in key.settings:
            if key.default not in (None, ""):
                assert getattr(scrapy_settings, name) == key.default, name


@pytest.mark.slow
def test_commands_read_the_archive_that_the_file_names(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    engine = open_engine(f"sqlite:///{tmp_path / 'data' / 'news.db'}")
    upgrade(engine)
    Store(engine).ingest([make_article(1)])
    engine.dispose()
    (tmp_path / "newsarchive.toml").write_text('database = "data/news.db"\n')
    assert run("show", "1", folder=tmp_path).returncode == 0
    assert json.loads(run("stats", "--json", folder=tmp_path).stdout)["articles"] == 1
    code = "from newsarchive import Archive\nwith Archive() as archive: print(archive.count())"
    counted = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert counted.stdout.strip() == "1"


FILE = """
database = "data/news.db"
contact = "me@example.org"
warc = "raw"
[crawl]
limit = 1
delay = 0.0
"""


@pytest.mark.slow
@pytest.mark.parametrize("how", ["newsarchive", "scrapy", "scrapy -s"])
def test_a_crawl_goes_by_the_file(how: str, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    file = tmp_path / ("other.toml" if how == "scrapy -s" else "newsarchive.toml")
    file.write_text(FILE)
    posts = {f"/a-story-{i}/": post(f"Story {i}") for i in range(3)}
    with served({"/": front(*posts), **posts}) as site:
        if how == "newsarchive":
            done = run("crawl", site.home, folder=tmp_path)
        elif how == "scrapy":
            done = scrapy("news", "-a", f"url={site.home}", folder=tmp_path)
        else:
            done = scrapy(
                "news", "-a", f"url={site.home}", "-s", "NEWSARCHIVE_CONFIG=other.toml", folder=tmp_path
            )
        assert done.returncode == 0, done.stderr
        assert {"me@example.org" in request.headers["User-Agent"] for request in site.seen} == {True}
        assert sum(path in posts for path in site.paths()) == 1  # the file's limit
    assert rows(tmp_path / "data" / "news.db", "SELECT count(*) FROM articles") == [(1,)]
    assert list((tmp_path / "raw").glob("*.warc.gz"))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["data", "raw", file.name])


@pytest.mark.slow
def test_an_option_stands_over_the_file_in_a_crawl(tmp_path: Path) -> None:
    (tmp_path / "newsarchive.toml").write_text("[crawl]\nlimit = 1\ndelay = 0.0\n")
    with demo.served() as home:
        done = run("crawl", home, "--limit", "2", "-s", "NEWSARCHIVE_WARC=off", folder=tmp_path)
    assert "3 discovered, 2 new" in done.stderr
    assert not (tmp_path / "newsarchive-warc").exists()


LISTED = """
database = "news.db"
[global]
delay = 0.01
[[site]]
url = "{one}"
limit = 1
[[site]]
url = "{two}"
"""


@pytest.mark.slow
def test_the_sites_of_the_file_are_followed_as_long_as_it_lists_them(tmp_path: Path) -> None:
    posts = {f"/a-story-{i}/": post(f"Story {i}") for i in range(2)}
    file = tmp_path / "newsarchive.toml"
    with served({"/": front(*posts), **posts}) as one, served({"/": front(*posts), **posts}) as two:
        file.write_text(LISTED.format(one=one.home, two=two.home))
        done = run("crawl", "--all", "--json", folder=tmp_path)  # the file names the archive: it is made
        assert done.returncode == 0, done.stderr
        assert {r["site"]: r["new"] for r in map(json.loads, done.stdout.splitlines())} == {
            f"{one.home}/": 1, f"{two.home}/": 2,
        }  # fmt: skip
    archive = Sites(open_engine(f"sqlite:///{tmp_path / 'news.db'}"))
    assert {site.home_url: site.settings["delay"] for site in archive.all()} == {
        f"{one.home}/": 0.01,
        f"{two.home}/": 0.01,
    }
    assert "in newsarchive.toml" not in run("sites", "list", folder=tmp_path).stderr
    removed = run("sites", "remove", one.home, folder=tmp_path)
    assert (removed.returncode, "newsarchive.toml, and the next crawl" in removed.stderr) == (2, True)
    assert run("sites", "pause", one.home, folder=tmp_path).returncode == 0
    run("crawl", "--all", folder=tmp_path)
    assert {site.home_url: site.followed for site in archive.all()} == {
        f"{one.home}/": False,
        f"{two.home}/": True,
    }
    file.write_text(f'database = "news.db"\n[[site]]\nurl = "{one.home}"\n')
    run("crawl", "--all", folder=tmp_path)
    states = {site.home_url: site.config.get("follow") for site in archive.all()}
    assert states == {f"{one.home}/": False, f"{two.home}/": None}
    assert defaults_of(archive) == {}
    assert rows(tmp_path / "news.db", "SELECT count(*) FROM articles") == [(3,)]


def defaults_of(archive: Sites) -> dict[str, dict[str, Any]]:
    with reading(archive.engine) as connection:
        return known_sites.defaults(connection)


@pytest.mark.slow
def test_sites_that_were_added_by_hand_stay(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'news.db'}")
    upgrade(engine)
    (tmp_path / "newsarchive.toml").write_text('database = "news.db"\n[[site]]\nurl = "new.example"\n')
    assert (
        "1 more in newsarchive.toml: the next crawl follows them"
        in run("sites", "list", folder=tmp_path).stderr
    )
    archive = Sites(engine)
    archive.follow("https://hand.example/", {"limit": 3})
    archive.follow("https://both.example/", {"limit": 3, "delay": 2.0})
    archive.set_defaults({"wordpress": {"limit": 9}})
    archive.keep_listed("/a.toml", [("https://both.example/", {"limit": 5})], {})
    archive.keep_listed("/a.toml", [("https://both.example/", {"limit": 5})], {})
    configs = {site.domain: dict(site.config) for site in archive.all()}
    assert configs["hand.example"] == {"follow": True, "limit": 3}
    assert configs["both.example"] == {
        "follow": True, "limit": 5, "delay": 2.0, "listed": "/a.toml", "before": {"follow": True, "limit": 3, "delay": 2.0},
    }  # fmt: skip
    archive.keep_listed("/a.toml", [], {})
    configs = {site.domain: dict(site.config) for site in archive.all()}
    assert configs == {
        "hand.example": {"follow": True, "limit": 3},
        "both.example": {"follow": True, "limit": 3, "delay": 2.0},
    }
    assert defaults_of(archive) == {"wordpress": {"limit": 9}}
