"""The wheel as a stranger has it: built, installed in an environment of its own, used in an empty folder."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from newsarchive import demo
from newsarchive.version import VERSION
from tests.crawling.test_crawl import rows
from tests.support.installed import run_installed
from tests.support.serving import FAST

pytestmark = pytest.mark.slow


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        said = Parser().parsestr(archive.read(name).decode())
    assert (said["Name"], said["Version"], said["License-Expression"]) == (
        "newsarchive",
        VERSION,
        "Apache-2.0",
    )
    assert said["Author"]
    assert "warc" in said["Keywords"].split(",")
    assert said["Requires-Python"] == ">=3.11"
    assert "Framework :: Scrapy" in said.get_all("Classifier", [])


def test_the_wheel_crawls_a_blog_in_an_empty_folder(bin_folder: Path, tmp_path: Path) -> None:
    newsarchive = bin_folder / "newsarchive"
    [package] = bin_folder.parent.glob("lib/python*/site-packages/newsarchive")
    assert (package / "db/migrations/current.sqlite.sql").is_file()
    before = {path for path in package.parent.rglob("*") if "__pycache__" not in path.parts}
    assert run_installed(newsarchive, "--version", folder=tmp_path).stdout.startswith(
        f"newsarchive {VERSION} "
    )
    with demo.served() as home:
        options = ("--limit", "20", "--since", "2025-01-31", *FAST)
        words = ("-m", "newsarchive", "crawl", home, *options, "--dry-run", "-o", "named.jsonl")
        dry = run_installed(bin_folder / "python", *words, folder=tmp_path)
        assert dry.returncode == 0, dry.stderr
        assert len(dry.stdout.splitlines()) == 3
        named = [json.loads(line) for line in (tmp_path / "named.jsonl").read_text("utf-8").splitlines()]
        assert [row["url"] for row in named] == [line.split("\t")[0] for line in dry.stdout.splitlines()]
        assert [path.name for path in tmp_path.iterdir()] == ["named.jsonl"]
        done = run_installed(newsarchive, "crawl", home, *options, "-O", "articles.jsonl", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "3 discovered, 3 new" in done.stderr
    written = [json.loads(line) for line in (tmp_path / "articles.jsonl").read_text("utf-8").splitlines()]
    assert {row["headline"] for row in written} == {
        h for (h,) in rows(tmp_path / "newsarchive.db", "SELECT headline FROM articles")
    }
    assert list((tmp_path / "newsarchive-warc").glob("*.warc.gz"))
    exported = run_installed(newsarchive, "export", "articles.csv", folder=tmp_path)
    assert exported.returncode == 0, exported.stderr
    with (tmp_path / "articles.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == 3
    # What is the user's lies where the user is, and nothing else came to lie beside the program.
    assert before == {path for path in package.parent.rglob("*") if "__pycache__" not in path.parts}


def test_scrapys_spelling_crawls_from_the_wheel(bin_folder: Path, tmp_path: Path) -> None:
    with demo.served() as home:
        words = ("crawl", "news", "-a", f"url={home}", "-a", "limit=1", *FAST)
        done = run_installed(bin_folder / "python", "-m", "newsarchive", *words, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "3 discovered, 1 new" in done.stderr


def test_the_bundled_blog_is_in_the_wheel(bin_folder: Path, tmp_path: Path) -> None:
    done = run_installed(bin_folder / "python", "-m", "newsarchive", "crawl", "demo", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "The articles are in newsarchive.db." in done.stderr


def test_from_an_egg_it_says_how_to_install_it(wheel: Path, tmp_path: Path) -> None:
    """Scrapyd runs eggs, files of the form of a wheel, without unpacking them: all tables would look empty."""
    egg = tmp_path / "newsarchive.egg"
    egg.write_bytes(wheel.read_bytes())
    script = f"import sys; sys.path.insert(0, {str(egg)!r}); from newsarchive import rules; rules.default()"

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 1
    assert done.stderr.strip().endswith(
        "in an egg or a zip file there are none: install the package with pip"
    )
