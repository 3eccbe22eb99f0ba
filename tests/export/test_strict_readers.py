"""Books and pages hold to their standards: epubcheck and the W3C's checker of HTML (vnu) find no error in them.

The articles are those of `tests/pages`, and one with everything that strict readers have refused in real articles.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from sqlalchemy import make_url

from newsarchive import extract
from newsarchive.cli import cli
from newsarchive.db.writing.store import Store
from newsarchive.items import Article
from tests.support import webpages
from tests.support.checkers import book_faults, html_errors, needs_epubcheck, needs_vnu
from tests.support.storage import make_article, open_archive, url_of

PAGES = Path(__file__).parent.parent / "pages"
PROSE = "The night ferry came back to the old harbour after nine years, and the council had voted for it twice before."
STRICT = f"""<html lang=en><title>Ferry returns</title><body><article><h1>Ferry returns</h1><h4>In short</h4><p>{PROSE}</p>
<ul><li>{PROSE}</li><ul><li>{PROSE} By night.</li></ul></ul><h6>Table</h6><p>{PROSE} <time>01.04.2025, 09:50</time></p>
<table><tr><th>Year<th>Visits<tr><td>1889<td></table><table><tr><td>1<td>2<td>3<td>4</table>
<p>{PROSE} A bell\x1d. <a href="https://[half/a">no address</a>, <a href="/a?b[1]=2&c={{d}}#e#f g">a long one</a>.</p>
<ol><li>{PROSE} First.<ul><li>{PROSE} Within.</li></ul><ol><li>{PROSE} Counted.</li></ol></li></ol></article>"""

pytestmark = pytest.mark.slow  # two programs in Java


def articles() -> Iterator[Article]:
    for folder in sorted(PAGES.iterdir()):
        if (folder / "page.html").exists():
            yield extract((folder / "page.html").read_bytes(), url=f"https://{folder.name}/post")
    yield extract(html=STRICT, url="https://strict.example/post")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with open_archive("sqlite", tmp_path_factory.mktemp("strict")) as engine:
        Store(engine).ingest(list(articles()))
        yield url_of(engine)


def export(archive: str, target: Path) -> None:
    done = CliRunner().invoke(
        cli,
        [
            "export",
            str(target),
            "--hidden",
            "--db",
            archive,
            *(["--format", "html"] * (target.name == "site")),
        ],
    )
    assert done.exit_code == 0, done.output


@needs_epubcheck
def test_epubcheck_finds_no_fault_in_a_book(archive: str, tmp_path: Path) -> None:
    export(archive, tmp_path / "a.epub")
    assert book_faults(tmp_path / "a.epub") == ""


@needs_epubcheck
def test_epubcheck_finds_no_fault_where_languages_are_spelled_in_other_ways(tmp_path: Path) -> None:
    with open_archive("sqlite", tmp_path) as engine:
        for number, language in enumerate(("en_US", "Deutsch (AT)", "123", ""), 1):
            Store(engine).ingest([make_article(number, in_language=language)])
        export(url_of(engine), tmp_path / "a.epub")
    assert book_faults(tmp_path / "a.epub") == ""


@needs_vnu
@pytest.mark.parametrize(
    "target", ["{id}.html", "site"], ids=["a page for each article", "a folder to publish"]
)
def test_vnu_finds_no_error_in_exported_pages(target: str, archive: str, tmp_path: Path) -> None:
    export(archive, tmp_path / target)
    folder = tmp_path / "all"
    folder.mkdir()
    for number, page in enumerate(sorted(tmp_path.rglob("*.html"))):
        (folder / f"{number}.html").write_bytes(page.read_bytes())
    assert len(list(folder.iterdir())) > 10
    assert html_errors(folder) == []


@needs_vnu
def test_vnu_finds_no_error_in_an_article_of_the_web(archive: str, tmp_path: Path) -> None:
    with (
        webpages.serving(Path(make_url(archive).database or "")) as address,
        httpx.Client(base_url=address, timeout=300) as client,
    ):
        for number in range(1, 1 + len(list(articles()))):
            answer = client.get(f"/article/{number}")
            assert answer.status_code == 200
            (tmp_path / f"{number}.html").write_bytes(answer.content)
    assert html_errors(tmp_path) == []
