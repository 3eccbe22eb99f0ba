"""Bags (RFC 8493) are valid for the library that the Library of Congress made, and a changed one is named."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bagit
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from newsarchive.cli import cli
from newsarchive.db.writing.store import Store
from newsarchive.export import checking
from newsarchive.fields import FLAT
from tests.export.test_wacz import Made, check, export, made
from tests.support.storage import make_article, url_of

__all__ = ["made"]

pytestmark = pytest.mark.filterwarnings("ignore:'count' is passed as positional:DeprecationWarning")


@pytest.fixture
def bag(made: Made, tmp_path: Path) -> Path:
    done = export(made, tmp_path / "a bag", "--format", "bagit", "--title", "Ferries", "--info", "Source-Organization=Häfen")  # fmt: skip
    assert done.exit_code == 0, done.output
    return tmp_path / "a bag"


@pytest.mark.slow
def test_a_bag_is_valid_and_describes_itself(bag: Path) -> None:
    opened = bagit.Bag(str(bag))
    assert opened.validate()
    assert opened.info["Source-Organization"] == "Häfen"
    assert opened.info["External-Description"].startswith("Ferries: 3 articles that blogs")
    payload = [path for path in (bag / "data").iterdir() if path.is_file()]
    size = sum(path.stat().st_size for path in payload)
    assert opened.info["Payload-Oxum"] == f"{size}.{len(payload)}"


def test_texts_columns_and_pages_are_in_it(bag: Path) -> None:
    lines = (bag / "data" / "articles.jsonl").read_bytes().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [1, 2, 3]
    columns = (bag / "data" / "columns.csv").read_text(encoding="utf-8")
    assert columns.count("\n") == 1 + len(FLAT)
    with zipfile.ZipFile(bag / "data" / "pages.wacz") as package:
        assert (
            package.read("pages/pages.jsonl").count(b"\n") == 3
        )  # its head, and two articles whose bytes are kept


def test_without_kept_bytes_a_bag_has_the_texts_alone(sqlite: Engine, tmp_path: Path) -> None:
    Store(sqlite).ingest([make_article(1)])
    words = ["export", str(tmp_path / "bag"), "--format", "bagit", "--db", url_of(sqlite)]
    done = CliRunner().invoke(cli, words)
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (
        0,
        "without 1 article whose bytes are not kept: other formats have the text",
    )
    assert bagit.Bag(str(tmp_path / "bag")).validate()
    assert {path.name for path in (tmp_path / "bag" / "data").iterdir()} == {"articles.jsonl", "columns.csv"}
    assert check(tmp_path / "bag").exit_code == 0


def _append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


#: What was done to a bag → what is said of it.
CHANGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a text": (lambda bag: _append(bag / "data/articles.jsonl"), "data/articles.jsonl has another digest than manifest-sha512.txt says"),
    "a file more": (lambda bag: (bag / "data/more").touch(), "data/more is not listed in manifest-sha512.txt: it was added later"),
    "a file less": (lambda bag: (bag / "data/columns.csv").unlink(), "data/columns.csv is missing"),
    "what it says": (lambda bag: _append(bag / "bag-info.txt"), "bag-info.txt has another digest than tagmanifest-sha512.txt says"),
    "no manifest": (lambda bag: (bag / "manifest-sha512.txt").unlink(), "it has no manifest, so nothing vouches for its files"),
    "no list": (lambda bag: (bag / "manifest-sha512.txt").write_text("x y z\n"), "manifest-sha512.txt: a line is no digest with a path"),
    "a way out": (lambda bag: (bag / "manifest-sha512.txt").write_text("ab  ../../etc/passwd\n"), "../../etc/passwd is missing"),
    "no such digest": (lambda bag: (bag / "manifest-sha9.txt").write_text("ab  data/articles.jsonl\n"), "its digest is of an unknown kind: sha9"),
}  # fmt: skip


def said(done: Result) -> str:
    return done.stdout


def test_an_unchanged_bag_is_whole(bag: Path) -> None:
    done = check(bag)
    assert (done.exit_code, said(done)) == (0, "")
    assert "nothing wrong with 6 files and" in done.stderr


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_changed_is_named(bag: Path, name: str) -> None:
    change, words = CHANGES[name]
    change(bag)
    done = check(bag)
    assert done.exit_code == 1
    assert words in said(done)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--format", "bagit", "--info", "Place"], "--info 'Place': give NAME=VALUE, as 'Source-Organization=State Library'"),
        (["--format", "bagit", "--info", "payload-oxum=1"], "--info payload-oxum: the bag says this itself"),
        (["--format", "jsonl", "--info", "A=b"], "--info is for bagit; jsonl has no bag-info.txt"),
    ],
)  # fmt: skip
def test_wrong_lines_for_the_bag_are_refused(
    made: Made, tmp_path: Path, words: list[str], problem: str
) -> None:
    done = CliRunner().invoke(cli, ["export", str(tmp_path / "bag"), *words, "--db", made.url])
    assert done.exit_code == 2
    assert problem in done.stderr
    assert not (tmp_path / "bag").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_is_listed_again_and_again_is_read_once(
    bag: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list of a megabyte that names one file of 10 MB in each line would be read for minutes."""
    read: list[str] = []
    compare = checking._check_resource

    def counting(files: Any, path: str, *rest: Any, **named: Any) -> None:
        read.append(path)
        compare(files, path, *rest, **named)

    monkeypatch.setattr(checking, "_check_resource", counting)
    manifest = bag / "manifest-sha512.txt"
    manifest.write_text(manifest.read_text(encoding="utf-8") * 5, encoding="utf-8")
    with zipfile.ZipFile(bag / "data" / "pages.wacz") as package:
        described = json.loads(package.read("datapackage.json"))
    described["resources"] *= 5
    described["resources"][0]["hash"] = "\0sha256:ab"
    with zipfile.ZipFile(bag / "data" / "pages.wacz", "a") as package:
        package.writestr("datapackage.json", json.dumps(described))
    problems = checking.check(bag).problems
    assert {"columns.csv", "pages.wacz"} <= {path.rpartition("/")[2] for path in read}
    assert len(read) == len(set(read))
    assert "data/columns.csv is listed more than once in manifest-sha512.txt" in problems
    assert any("is listed more than once in datapackage.json" in problem for problem in problems)
    assert any("its digest is of an unknown kind" in problem for problem in problems)
