"""What the documents promise: every command has a help with an example and stands in the README."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from newsarchive import core
from newsarchive.cli import COMMANDS, cli
from newsarchive.db.engine import open_engine
from newsarchive.db.schema import upgrade
from newsarchive.db.store import Store
from newsarchive.fields import FIELDS
from newsarchive.formats import FORMATS
from newsarchive.web.metadata import queries, readable
from tests.storage import make_article, rich_article

#: What the README's example calls `body`.
PAGE = (
    b"<title>A ferry</title><article><h1>A ferry</h1>"
    + b"<p>It left the harbour at noon, said Ann Lee.</p>" * 9
)

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0
    assert re.search(rf"Examples?:\s+(.*\n)*?.*newsarchive {name}", result.output)
    assert "--db" in result.output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_stands_in_the_readme(name: str) -> None:
    assert f"`newsarchive {name}" in README


def test_the_one_line_help_is_the_commands_own() -> None:
    context = click.Context(cli)
    for name, (_, short) in COMMANDS.items():
        command = cli.get_command(context, name)
        assert command is not None
        assert short.endswith(".")


def test_every_setting_of_ours_stands_in_the_readme() -> None:
    settings = (ROOT / "newsarchive" / "settings.py").read_text("utf-8")
    for name in re.findall(r"^(NEWSARCHIVE_\w+) =", settings, re.M):
        assert f"`{name}`" in README, name


def test_every_query_that_a_test_runs_stands_in_the_readme() -> None:
    assert len(queries()) >= 10
    assert [
        query["label"] for query in queries() if f"-- {query['label']}\n{readable(query)};" not in README
    ] == []


def test_the_map_of_the_core_names_every_module_and_package() -> None:
    here = (ROOT / "newsarchive" / "core").iterdir()
    modules = {path.stem for path in here if not path.stem.startswith("__")}
    assert modules - set(re.findall(r"\w+", core.__doc__ or "")) == set()


def test_files_that_the_readme_names_exist() -> None:
    package = ROOT / "newsarchive"
    for name in re.findall(r"`((?:core|data|db|cli|spiders)/[\w/.]*)`", README):
        assert (package / name).exists(), name


def test_requirements_are_the_one_list_of_runtime_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["tool"]["setuptools"]["dynamic"]["dependencies"] == {"file": ["requirements.txt"]}
    assert "dependencies" in project["project"]["dynamic"]


def test_every_field_and_format_of_an_export_stands_in_the_readme() -> None:
    section = README[README.index("### Export") : README.index("## Use it as a library")]
    assert [
        name for name in [*(field.name for field in FIELDS), *FORMATS] if f"`{name}`" not in section
    ] == []
    assert [end for form in FORMATS.values() for end in form.suffixes if f"`{end}`" not in section] == [".md"]


@pytest.mark.slow
def test_the_readme_starts_with_a_crawl_that_works_as_it_stands_there(tmp_path: Path) -> None:
    """The last link of its first command, in a folder that is a checkout as far as Scrapy knows; what comes before it
    makes the environment that runs this test. Then the commands that it names next, but the one that needs a blog."""
    first, then, _ = re.findall(
        r"```sh\n(.*?)```", README[README.index("## Start") : README.index("## Crawl")], re.S
    )
    *setup, crawl = first.strip().split(" && ")
    assert setup == ["python3 -m venv .venv", ". .venv/bin/activate", "pip install -e ."]
    shutil.copy(ROOT / "scrapy.cfg", tmp_path)
    ours = ("NEWSARCHIVE_", "SCRAPY_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    for line in [crawl, *then.splitlines()[:-1]]:
        program, *words = line.split()
        done = subprocess.run(
            [sys.executable, "-m", program, *words], cwd=tmp_path, timeout=120, check=False, text=True,
            env=environment | {"PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(tmp_path)}, capture_output=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert {"newsarchive.db", "articles.csv"} <= {path.name for path in tmp_path.iterdir()}
    assert "Night ferry" in (tmp_path / "articles.csv").read_text("utf-8-sig")


@pytest.mark.parametrize(
    "library", ["pandas", "duckdb", "from newsarchive import Archive", "from newsarchive import extract"]
)
def test_examples_of_the_readme_run(library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = [b for b in re.findall(r"```python\n(.*?)```", README, re.S) if library in b]
    assert blocks
    monkeypatch.chdir(tmp_path)
    engine = open_engine("sqlite:///newsarchive.db")
    upgrade(engine)
    Store(engine).ingest([rich_article(), make_article(2, body="The ferry came back.")])
    engine.dispose()
    assert CliRunner().invoke(cli, ["export", "articles.parquet"]).exit_code == 0
    for block in blocks:
        if "polars" in block:
            pytest.importorskip("polars")
        exec(compile(block, "README.md", "exec"), {"body": PAGE})
