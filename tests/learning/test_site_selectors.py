"""`newsarchive sites selectors` on a crawled blog."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from newsarchive import demo
from tests.cli.test_cli import run
from tests.support.serving import crawl

pytestmark = pytest.mark.slow  # crawls


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    db = tmp_path_factory.mktemp("selectors") / "blog.db"
    with demo.served() as home:
        crawl(f"url={home}/", db=db)
    return str(db), home


def test_a_reader_gets_its_two_fields_and_the_figure(archive: tuple[str, str]) -> None:
    db, home = archive
    done = run("sites", "selectors", home, "--db", db)
    assert done.returncode == 0, done.stderr
    content, removed = done.stdout.splitlines()
    assert content == "Article CSS selector on original website: div.entry-content"
    assert removed.startswith("CSS selector of the elements to remove: div.")
    assert re.search(r"on 3 stored pages these selectors keep 9\d % of the text", done.stderr)
    assert "too few pages to measure it on others" in done.stderr


def test_the_other_formats_are_read_by_their_readers(archive: tuple[str, str], tmp_path: Path) -> None:
    db, home = archive
    assert (
        run(
            "sites", "selectors", home, "--format", "opml", "-o", str(tmp_path / "a.opml"), "--db", db
        ).returncode
        == 0
    )
    outline = ElementTree.parse(tmp_path / "a.opml").find("body/outline")
    assert outline is not None
    assert outline.get("{https://freshrss.org/opml}cssFullContent") == "div.entry-content"
    assert outline.get("xmlUrl", "").startswith(home)
    config = run("sites", "selectors", home, "--format", "fivefilters", "--db", db).stdout
    assert config.startswith("# ")
    assert "\nbody: //div[" in config


def test_what_cannot_be_learned_is_said(archive: tuple[str, str], tmp_path: Path) -> None:
    db, home = archive
    none = run("sites", "selectors", "nowhere.example", "--db", db)
    assert (none.returncode, "no such site" in none.stderr) == (2, True)
    lost = run("sites", "selectors", home, "--warc", str(tmp_path), "--db", db)
    assert lost.returncode in (0, 2)  # the archive remembers its own folder
    few = run("sites", "selectors", home, "--pages", "2", "--db", db)
    assert few.returncode == 2
