"""Exports, read again by the programs that people use: every format gives back what was stored."""

from __future__ import annotations

import csv
import gc
import hashlib
import io
import json
import random
import re
import sqlite3
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import ebooklib
import feedparser
import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner, Result
from ebooklib import epub
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from newsarchive import Archive
from newsarchive import export as formats
from newsarchive.cli import cli
from newsarchive.core.html.render import rendered
from newsarchive.core.near_duplicates.fingerprint import fingerprint_step
from newsarchive.db import schema
from newsarchive.db.copying import write_subset
from newsarchive.db.engine import close_all, open_engine
from newsarchive.db.models import Base
from newsarchive.db.writing.store import Store
from newsarchive.exceptions import OutputError
from newsarchive.export import frames, markdown
from newsarchive.export.text import BOM, cell, joined, listed, restored
from newsarchive.fields import FLAT, row
from newsarchive.items import Article, Author
from newsarchive.rules import default
from tests.support.checkers import book_faults, needs_epubcheck
from tests.support.storage import START, make_article, open_archive, rich_article, url_of

EARLY = START - timedelta(days=40)

#: What breaks writers: quotes, markup, line breaks, separators, an emoji, control characters, no date.
HOSTILE = make_article(
    3,
    url="https://other.example/?a=1&b=<2>",
    headline='=1+1; "quoted", <b>bold</b> & ]]> \x0b\x85 🙂 台灣',
    body='A line\nbroken, "said" <script>alert(1)</script>.\n\n--- \u2028 ; , \t tab & ]]> &amp;\n\n\x0c\x1b[31mred',
    date_published=None,
    in_language="",
    authors=(Author('A; "B"'), Author("C\nD")),
    keywords=("a;b", "---"),
)
TEXTS = [
    *(rendered(fingerprint_step(article, default())) for article in (
        rich_article(),
        make_article(1, body="The ferry left.\n\nIt came back at night.", date_published=EARLY),
        HOSTILE,
    )),
]  # fmt: skip


def fill(store: Store, articles: list[Article] = TEXTS) -> None:
    store.ingest(articles)
    changed = make_article(1, body="The ferry left again.\n\nIt came back.", day=3, date_published=EARLY)
    store.ingest([rendered(fingerprint_step(changed, default()))])


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def archive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with open_archive(request.param, tmp_path_factory.mktemp("export")) as engine:
        fill(Store(engine))
        yield url_of(engine)


@contextmanager
def open_archive_at(path: Path) -> Iterator[Engine]:
    engine = open_engine(str(path))
    yield engine
    engine.dispose()


def export(archive: str, target: Path | str, *words: str) -> Result:
    return CliRunner().invoke(cli, ["export", str(target), "--db", archive, *words])


def expected(archive: str) -> dict[int, dict[str, Any]]:
    with Archive(archive) as opened:
        return {article.id: row(article) for article in opened.articles()}


@pytest.mark.slow
def test_json_lines_hold_every_field(archive: str, tmp_path: Path) -> None:
    assert export(archive, tmp_path / "a.jsonl").exit_code == 0
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_bytes().split(b"\n")[:-1]]
    moments = {field.name for field in FLAT if field.kind == "moment"}
    for line in lines:
        for name, value in expected(archive)[line["id"]].items():
            given = datetime.fromisoformat(line[name]) if name in moments and line[name] else line[name]
            assert given == value, name
    import pandas

    assert list(pandas.read_json(tmp_path / "a.jsonl", lines=True)["headline"]) == [
        line["headline"] for line in lines
    ]


def test_csv_holds_every_field(archive: str, tmp_path: Path) -> None:
    assert export(archive, tmp_path / "a.csv").exit_code == 0
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert list(lines[0]) == [field.name for field in FLAT]
    texts = [field.name for field in FLAT if field.kind == "text"]
    for line in lines:
        want = expected(archive)[int(line["id"])]
        assert {name: restored(line[name]) for name in texts} == {name: want[name] for name in texts}
        assert listed(restored(line["authors"])) == list(want["authors"])
    import pandas

    frame = pandas.read_csv(tmp_path / "a.csv", parse_dates=["date_published"])
    assert len(frame) == 3
    assert frame["date_published"].min() == EARLY
    assert frame["copyright_year"].dropna().tolist() == [2025]


def test_csv_opens_right_in_a_spreadsheet(archive: str, tmp_path: Path) -> None:
    """A mark that says UTF-8 in a file, none on standard output, and the other way where it is asked for."""
    export(archive, tmp_path / "a.csv")
    export(archive, tmp_path / "b.csv", "--no-bom")
    mark = BOM.encode()
    assert (tmp_path / "a.csv").read_bytes() == mark + (tmp_path / "b.csv").read_bytes()
    assert export(archive, "-", "--format", "csv").stdout_bytes == (tmp_path / "b.csv").read_bytes()
    assert export(archive, "-", "--format", "csv", "--bom").stdout_bytes == (tmp_path / "a.csv").read_bytes()
    refused = export(archive, tmp_path / "c.jsonl", "--bom")
    assert (refused.exit_code, "--bom" in refused.stderr) == (2, True)
    found = CliRunner().invoke(cli, ["search", "broken", "--csv", "--bom", "--db", archive]).stdout_bytes
    assert found.startswith(mark + b"id,url,headline,snippet,site,")
    assert b"'=1+1" in found
    assert CliRunner().invoke(cli, ["search", "broken", "--bom", "--db", archive]).exit_code == 2


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@sum",
        "\t=1",
        "\r",
        "\n-",
        "\uff1d1",
        "'=1",
        "''@",
        "'tis",
        "",
        "a=1",
        "台灣",
        " =1",
        '"=1',
    ],
)
def test_no_cell_is_a_formula_and_each_can_be_read_back(text: str) -> None:
    written = cell(text)
    assert not written.startswith(tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"))
    assert restored(written) == text


@given(st.text(alphabet=st.one_of(st.sampled_from("'=+-@\t\r\n\uff1d"), st.characters(codec="utf-8"))))
@settings(deadline=None)
def test_what_is_put_in_front_can_always_be_taken_back(text: str) -> None:
    written = cell(text)
    assert restored(written) == text
    assert not written.startswith(tuple("=+-@\t\r\n\uff1d"))


@pytest.mark.slow
@given(st.lists(st.text(alphabet=st.sampled_from("a;\\ \n=é"), min_size=1)))
def test_the_values_of_a_list_in_one_cell_can_be_told_apart(values: list[str]) -> None:
    assert listed(joined(values)) == values
    assert listed(restored(cell(values))) == values


def test_a_list_without_semicolons_stays_as_it_is_read() -> None:
    assert cell(["Ann Lee", "R&D; Ltd", "x;y", "C:\\"]) == "Ann Lee; R&D\\; Ltd; x;y; C:\\\\"
    assert cell(["https://blog.example/a;b=1", "c"]) == "https://blog.example/a;b=1; c"


def test_only_texts_are_made_harmless() -> None:
    assert [cell(value) for value in (-1, -0.5, None, True, START, ["=a", "b"], [])] == [
        -1, -0.5, None, "true", "2025-04-01T12:00:00+00:00", "'=a; b", "",
    ]  # fmt: skip


def test_parquet_has_types(archive: str, tmp_path: Path) -> None:
    assert export(archive, tmp_path / "a.parquet").exit_code == 0
    table = pq.read_table(tmp_path / "a.parquet")
    assert {line["id"]: line for line in table.to_pylist()} == expected(archive)
    import pandas

    frame = pandas.read_parquet(tmp_path / "a.parquet")
    assert str(frame["date_published"].dt.tz) == "UTC"
    assert [list(names) for names in frame["authors"]] == [
        want["authors"] for want in expected(archive).values()
    ]


def test_atom_is_read_by_feedparser(archive: str, tmp_path: Path) -> None:
    assert export(archive, tmp_path / "a.atom", "--title", "News & more").exit_code == 0
    feed = feedparser.parse((tmp_path / "a.atom").read_bytes())
    assert not feed.bozo
    assert (feed.version, feed.feed.title) == ("atom10", "News & more")
    assert {entry.id for entry in feed.entries} == {want["url"] for want in expected(archive).values()}
    newest = feed.entries[0]
    assert newest.published_parsed[:3] == START.timetuple()[:3]
    authors = {want["url"]: want["authors"] for want in expected(archive).values()}
    assert max(map(len, authors.values())) > 1
    for entry in feed.entries:
        assert [one["name"] for one in entry.authors] == authors[entry.id] or not authors[entry.id]
        assert entry.updated
        assert "<script" not in entry.content[0].value
    assert next(e for e in feed.entries if "other" in e.id).title.count("🙂") == 1
    assert feed.feed.updated_parsed


@pytest.mark.parametrize("html", ["", "<p>1 &lt; 2</p><script>alert(1)</script>"])
def test_what_another_program_wrote_into_an_archive_is_no_mark_up_in_a_feed(
    sqlite: Engine, tmp_path: Path, html: str
) -> None:
    stored = make_article(1, article_html=html, body="1 < 2", description="<script>alert(1)</script> 1 < 2")
    Store(sqlite).ingest([stored])
    archive = str(sqlite.url)
    assert export(archive, tmp_path / "a.atom").exit_code == 0
    (entry,) = feedparser.parse((tmp_path / "a.atom").read_bytes(), sanitize_html=False).entries
    assert entry.content[0].value == "<p>1 &lt; 2</p>"
    assert entry.summary == "&lt;script&gt;alert(1)&lt;/script&gt; 1 &lt; 2"
    assert export(archive, tmp_path / "a.feed.json").exit_code == 0
    (item,) = json.loads((tmp_path / "a.feed.json").read_text("utf-8"))["items"]
    assert item.get("content_html", "<p>1 &lt; 2</p>") == "<p>1 &lt; 2</p>"


def test_a_json_feed_is_what_its_specification_asks(archive: str, tmp_path: Path) -> None:
    assert export(archive, tmp_path / "a.feed.json", "--title", "News & more").exit_code == 0
    feed = json.loads((tmp_path / "a.feed.json").read_text("utf-8"))
    assert (feed["version"], feed["title"]) == ("https://jsonfeed.org/version/1.1", "News & more")
    assert {item["id"] for item in feed["items"]} == {want["url"] for want in expected(archive).values()}
    assert feed["items"][0]["date_published"].startswith(START.date().isoformat())  # newest first
    for item in feed["items"]:
        assert ("content_html" in item) != ("content_text" in item)
        assert "<script" not in item.get("content_html", "")
        assert all(author["name"] for author in item.get("authors", ()))
        assert item["_newsarchive"]["site"]


def test_a_dataset_is_described_checked_and_made_alike_each_time(archive: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        done = export(
            archive, tmp_path / name, "--format", "dataset", "--title", "News & more", "--language", "en"
        )
        assert done.exit_code == 0, done.output
    made = {file.name: file.read_bytes() for file in (tmp_path / "a").iterdir()}
    assert made == {file.name: file.read_bytes() for file in (tmp_path / "b").iterdir()}
    assert set(made) == {"articles.parquet", "datapackage.json", "croissant.json", "README.md"}
    digest = hashlib.sha256(made["articles.parquet"]).hexdigest()
    (resource,) = json.loads(made["datapackage.json"])["resources"]
    table = pq.read_table(tmp_path / "a" / resource["path"])
    assert resource["hash"] == f"sha256:{digest}"
    assert (resource["bytes"], resource["rowcount"]) == (len(made["articles.parquet"]), table.num_rows)
    assert [column["name"] for column in resource["schema"]["fields"]] == table.column_names
    assert all(column["description"] for column in resource["schema"]["fields"])
    described = json.loads(made["croissant.json"])
    assert described["distribution"][0]["sha256"] == digest
    assert [
        column["source"]["extract"]["column"] for column in described["recordSet"][0]["field"]
    ] == table.column_names
    readme = made["README.md"].decode()
    _, card, readme = readme.split("---\n", 2)
    assert (
        yaml.safe_load(card)["configs"][0]["data_files"] == "articles.parquet"
    )  # for Hugging Face's library
    assert readme.startswith("# News & more\n")
    assert f"- {table.num_rows:,} articles of " in readme
    assert "--format dataset --language en`" in readme
    assert digest in readme
    for field in FLAT:  # the codebook, for who opens nothing but the README
        assert re.search(rf"^\| `{field.name}` \| [a-z].* \| {re.escape(field.meaning)} \|$", readme, re.M)


def test_a_dataset_is_no_stream(archive: str) -> None:
    done = CliRunner().invoke(cli, ["export", "-", "--format", "dataset", "--db", archive])
    assert done.exit_code == 2
    assert "needs a folder" in done.stderr


def test_a_book_has_contents_by_site_and_month(archive: str, tmp_path: Path) -> None:
    assert export(archive, tmp_path / "a.epub", "--title", "A year").exit_code == 0
    book = epub.read_epub(str(tmp_path / "a.epub"))
    assert book.get_metadata("DC", "title")[0][0] == "A year"
    contents = [(site.title, [(month.title, len(own)) for month, own in months]) for site, months in book.toc]
    assert contents == [
        ("blog.example", [("2025-02", 1), ("2025-04", 1)]),
        ("other.example", [("undated", 1)]),
    ]
    chapters = [
        item for item in book.get_items_of_type(ebooklib.ITEM_DOCUMENT) if "article" in item.file_name
    ]
    assert len(chapters) == 3
    for chapter in chapters:
        ElementTree.fromstring(chapter.content)
        assert b"<script" not in chapter.content
    assert any("It came back." in chapter.content.decode() for chapter in chapters)


def test_a_chapter_runs_as_its_language_does(tmp_path: Path) -> None:
    with open_archive("sqlite", tmp_path) as engine:
        store = Store(engine)
        for number, language in enumerate(("ar", "fa-IR", "ja"), 1):
            store.ingest([make_article(number, headline="خبر", in_language=language)])
        export(str(engine.url), tmp_path / "a.epub")
    with zipfile.ZipFile(tmp_path / "a.epub") as book:
        chapters = [book.read(name).decode() for name in sorted(book.namelist()) if "article-" in name]
    assert [chapter.count('dir="rtl"') for chapter in chapters] == [2, 2, 0]  # of the page and of its body


def test_a_language_that_is_spelled_in_another_way_is_a_tag_in_every_document(tmp_path: Path) -> None:
    with open_archive("sqlite", tmp_path) as engine:
        Store(engine).ingest([make_article(1, in_language="Deutsch (AT)")])
        Store(engine).ingest([make_article(2, in_language="pt_BR")])
        for name in ("a.epub", "a.tei", "a.feed.json", "a.csl.json"):
            assert export(str(engine.url), tmp_path / name).exit_code == 0
    with zipfile.ZipFile(tmp_path / "a.epub") as book:
        chapters = [book.read(f"EPUB/article-{number}.xhtml").decode() for number in (1, 2)]
    assert 'lang="und"' in chapters[0]
    assert 'lang="pt-BR"' in chapters[1]
    corpus = (tmp_path / "a.tei").read_text(encoding="utf-8")
    assert 'xml:lang="und"' in corpus
    assert 'xml:lang="pt-BR"' in corpus
    items = json.loads((tmp_path / "a.feed.json").read_text(encoding="utf-8"))["items"]
    assert sorted(item["language"] for item in items) == ["pt-BR", "und"]
    cited = json.loads((tmp_path / "a.csl.json").read_text(encoding="utf-8"))
    assert sorted(item["language"] for item in cited) == ["pt-BR", "und"]


@pytest.mark.slow
@needs_epubcheck
def test_epubcheck_finds_no_fault(archive: str, tmp_path: Path) -> None:
    if not archive.startswith("sqlite"):
        pytest.skip("the same book")
    export(archive, tmp_path / "a.epub")
    assert book_faults(tmp_path / "a.epub") == ""


def test_html_that_nobody_cleaned_is_cleaned_on_its_way_into_a_book(sqlite: Engine, tmp_path: Path) -> None:
    html = '<p>Text</p><img src="x" onerror="y()"/><script>y()</script><p><a href="javascript:y()">b</a></p>'
    Store(sqlite).ingest([make_article(1, article_html=html)])
    export(url_of(sqlite), tmp_path / "a.epub")
    with zipfile.ZipFile(tmp_path / "a.epub") as book:
        chapter = book.read("EPUB/article-1.xhtml").decode()
    assert "<p>Text</p>" in chapter
    assert "y()" not in chapter
    assert "<img" not in chapter


@pytest.mark.slow
def test_markdown_files_have_front_matter(archive: str, tmp_path: Path) -> None:
    assert export(archive, tmp_path / "posts", "--format", "markdown").exit_code == 0
    files = sorted((tmp_path / "posts").rglob("*.md"))
    assert [str(f.relative_to(tmp_path / "posts")) for f in files] == [
        "blog.example/2025-02-20-post-1-2.md",
        "blog.example/2025-04-01-cafe-1.md",
        "other.example/1-1-quoted-b-bold-b-台灣-3.md",
    ]
    for file in files:
        empty, front, text = file.read_text("utf-8").split("---\n", 2)
        given = yaml.safe_load(front)
        want = expected(archive)[given["id"]]
        assert empty == ""
        assert given["headline"] == given["title"] == want["headline"]
        assert given.get("authors", []) == want["authors"]
        assert given.get("date_published") == want["date_published"]
        assert "\nfirst_seen_at: 2025-04-01T12:00:00+00:00\n" in front
        assert text.strip()


def test_front_matter_quotes_a_text_that_yaml_1_2_takes_for_a_number() -> None:
    """Hugo and js-yaml read YAML 1.2, PyYAML reads 1.1."""
    tags = ("1e5", "08", "0o17", "-1.5e3", ".5", "007", "2025", "3/4")
    front = markdown.document(Article("https://blog.example/1", keywords=tags, word_count=40))
    assert [line for line in front.splitlines() if line.startswith("- ")] == [
        *(f"- '{tag}'" for tag in tags[:-1]), "- 3/4",
    ]  # fmt: skip
    assert "word_count: 40\n" in front


def test_tei_is_one_corpus(archive: str, tmp_path: Path) -> None:
    assert export(archive, tmp_path / "a.tei").exit_code == 0
    root = ElementTree.parse(tmp_path / "a.tei").getroot()
    tei = "{http://www.tei-c.org/ns/1.0}"
    assert root.tag == f"{tei}teiCorpus"
    bodies = {
        text.get("{http://www.w3.org/XML/1998/namespace}id"): [
            p.text for p in text.iterfind(f"{tei}text/{tei}body/{tei}p")
        ]
        for text in root.iterfind(f"{tei}TEI")
    }
    for number, want in expected(archive).items():
        assert bodies[f"article-{number}"] == [
            p.replace("\x0c", "\ufffd").replace("\x1b", "\ufffd") for p in want["article_body"].split("\n\n")
        ]


def test_tei_gives_the_month_alone_where_the_page_tells_no_day(tmp_path: Path) -> None:
    with open_archive_at(tmp_path / "a.db") as engine:
        schema.upgrade(engine)
        Store(engine).ingest([make_article(1, date_published=START, date_published_source="url (month)")])
    assert export(str(tmp_path / "a.db"), tmp_path / "a.tei").exit_code == 0
    root = ElementTree.parse(tmp_path / "a.tei").getroot()
    [date] = root.iterfind("{*}TEI//{*}publicationStmt/{*}date")
    assert (date.text, date.get("when")) == ("2025-04", "2025-04")


def counts(archive: str) -> dict[str, int]:
    from sqlalchemy import func, select

    from newsarchive.db.engine import reading

    with reading(open_engine(archive)) as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in Base.metadata.sorted_tables
        }


@pytest.mark.slow
def test_an_sqlite_export_is_an_archive(archive: str, tmp_path: Path) -> None:
    target = tmp_path / "whole.db"
    assert export(archive, target).exit_code == 0
    assert [f.name for f in tmp_path.iterdir()] == ["whole.db"]
    assert counts(str(target)) == counts(archive)
    with Archive(archive) as ours, Archive(target) as theirs:
        assert list(theirs.articles()) == list(ours.articles())
        for article in ours.articles():
            assert theirs.revisions(article.id) == ours.revisions(article.id)


@pytest.mark.slow
def test_a_part_of_an_archive_opens_by_itself(archive: str, tmp_path: Path) -> None:
    target = tmp_path / "part.db"
    assert export(archive, target, "--site", "blog.example", "ferry").exit_code == 0
    with sqlite3.connect(target) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("SELECT domain FROM sites").fetchall() == [("blog.example",)]
    for words in (["search", "ferry"], ["show", "2"], ["history", "2"], ["diff", "2"], ["stats"], ["explain", "2"],
                  ["trace", "2"], ["db", "check"], ["export", str(tmp_path / "again.csv")]):  # fmt: skip
        done = CliRunner().invoke(cli, [*words, "--db", str(target)])
        assert done.exit_code == 0, (words, done.output)
    assert CliRunner().invoke(cli, ["search", "it", "--db", str(target)]).stdout.count("\n") == 1


PROSE = [f"Sentence {n} of the story tells how the ferry met the {word} in the strait." for n, word in enumerate(
    ["storm", "whale", "barge", "lighthouse", "pilot", "trawler", "buoy", "fog", "gale", "swell", "reef", "tug", "crane", "harbour"]
)]  # fmt: skip


@pytest.mark.slow
def test_copies_come_along_or_are_counted_anew(tmp_path: Path) -> None:
    full, cut = "\n\n".join(PROSE), "\n\n".join(PROSE[:9])
    told = [
        fingerprint_step(make_article(n, url=f"https://blog{n}.example/a", body=body), default())
        for n, body in enumerate((full, cut, full, "Nothing like it."))
    ]
    with open_archive("sqlite", tmp_path) as engine:
        Store(engine).ingest(told)
        source = str(tmp_path / "archive.db")
        assert counts(source)["minhash_bands"] > 0
        assert counts(source)["copies"] == 3
    assert export(source, tmp_path / "whole.db").exit_code == 0
    assert counts(str(tmp_path / "whole.db")) == counts(source)
    assert export(source, tmp_path / "part.db", "--site", "blog1.example").exit_code == 0
    with sqlite3.connect(tmp_path / "part.db") as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("SELECT size FROM clusters").fetchall() == [(1,)]
    with Archive(tmp_path / "part.db") as part:
        assert [copy.site for copy in part.copies(2)] == ["blog1.example"]
    with open_archive_at(tmp_path / "part.db") as engine:  # a later crawl finds the copies of what is there
        Store(engine).ingest(told[:1])
    with Archive(tmp_path / "part.db") as part:
        assert {copy.site for copy in part.copies(2)} == {"blog0.example", "blog1.example"}


def test_every_format_has_its_endings_and_goes_to_standard_output_where_it_can(archive: str) -> None:
    for name, form in formats.FORMATS.items():
        done = export(archive, "-", "--format", name)
        assert done.exit_code == (0 if form.kind == "stream" else 2), name
        assert bool(done.stdout_bytes) == (form.kind == "stream")
        assert [formats.format_of(f"x{suffix}") for suffix in form.suffixes] == [name] * len(form.suffixes)
    rows = csv.reader(io.StringIO(export(archive, "-", "--format", "csv").stdout_bytes.decode(), newline=""))
    assert len(list(rows)) == 4


@pytest.mark.parametrize(
    ("target", "format_name", "file", "day"),
    [
        ("page", "html", "page/sites/blog.example/0900-05.html", "0900-05-06"),
        ("{date}-{year}.txt", "", "0900-05-06-0900.txt", ""),
        ("notes", "markdown", "notes/blog.example/0900-05-06-a-chronicle-1.md", "0900-05-06"),
        ("a.bib", "", "a.bib", "date = {0900-05-06}"),
        ("a.ris", "", "a.ris", "PY  - 0900\nDA  - 0900/05/06"),
    ],
)
def test_a_year_before_1000_has_four_digits(
    tmp_path: Path, target: str, format_name: str, file: str, day: str
) -> None:
    article = make_article(1, headline="A chronicle", date_published=datetime(900, 5, 6, tzinfo=UTC))
    with open_archive("sqlite", tmp_path) as engine:
        Store(engine).ingest([rendered(fingerprint_step(article, default()))])
        words = ["--format", format_name] if format_name else []
        done = CliRunner().invoke(cli, ["export", str(tmp_path / target), *words, "--db", str(engine.url)])
    assert done.exit_code == 0, done.output
    assert day in (tmp_path / file).read_text()


def test_a_filter_and_a_limit_choose_what_is_written(archive: str, tmp_path: Path) -> None:
    assert export(archive, tmp_path / "a.csv", "--author", "Ann Lee").stderr.endswith("1 article\n")
    assert export(archive, tmp_path / "b.jsonl", "--limit", "2").stderr.endswith("2 articles\n")
    nothing = export(archive, tmp_path / "c.csv", "--site", "nowhere.example")
    assert (nothing.exit_code, "no site nowhere.example" in nothing.stderr) == (1, True)
    assert not (tmp_path / "c.csv").exists()


def test_what_stood_there_stands_until_the_new_is_whole(archive: str, tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_text("mine")
    refused = export(archive, target)
    assert (refused.exit_code, target.read_text()) == (1, "mine")
    assert "--overwrite" in refused.stderr

    def broken(part: Path) -> int:
        part.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match=r"a\.csv cannot be written: the disk is full; free some space"):
        formats.write_whole(target, broken)
    assert target.read_text() == "mine"
    assert export(archive, target, "--overwrite").exit_code == 0
    assert target.read_text("utf-8-sig").startswith("id,url")
    assert [f.name for f in tmp_path.iterdir()] == ["a.csv"]
    for _ in range(2):
        assert export(archive, tmp_path / "md", "--format", "markdown", "--overwrite").exit_code == 0
    assert sorted(f.name for f in tmp_path.iterdir()) == ["a.csv", "md"]
    held = sorted(f.name for f in (tmp_path / "md").rglob("*"))
    with pytest.raises(OutputError, match=r"md cannot be written: No such file"):
        formats.write_whole(tmp_path / "md", lambda part: 0)  # a format that forgets to write
    assert sorted(f.name for f in (tmp_path / "md").rglob("*")) == held


def test_a_missing_library_names_the_extra(
    archive: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    for name, module in (
        ("a.parquet", "pyarrow"),
        ("a.atom", "feedgenerator"),
        ("a.epub", "ebooklib"),
        ("md/", "yaml"),
    ):
        monkeypatch.setitem(sys.modules, module, None)
        done = export(archive, tmp_path / name if not name.endswith("/") else f"{tmp_path}/{name}")
        assert done.exit_code == 2
        assert f"pip install 'newsarchive[{formats.FORMATS[formats.format_of(name)].extra}]'" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["jsonl", "csv", "parquet", "atom", "tei"])
def test_memory_does_not_grow_with_the_archive(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four times the articles take hardly more memory at the peak; benchmarks/export.py has the real size."""
    monkeypatch.setattr(frames, "MAX_ROW_GROUP_ARTICLES", 50)
    gc.set_threshold(700, 10, 10)  # Python's own: a command that another test ran here lets garbage wait
    article = next(iter(_stored(tmp_path)))
    write = formats.writer(name)
    peaks = []
    for number in (150, 600):
        tracemalloc.start()
        try:
            write(_repeated(article, number), tmp_path / f"{name}-{number}", "Many")
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0] + 50_000


def _stored(folder: Path) -> list[Any]:
    with open_archive("sqlite", folder) as engine:
        Store(engine).ingest([rendered(rich_article())])
        with Archive(engine.url.render_as_string()) as opened:
            return list(opened.articles())


def _repeated(article: Any, number: int) -> Iterator[Any]:
    from dataclasses import replace

    for at in range(number):
        yield replace(article, id=at, headline=f"{article.headline} {at}")


def test_a_book_is_a_zip_that_starts_with_its_type(archive: str, tmp_path: Path) -> None:
    export(archive, tmp_path / "a.epub", "--limit", "1")
    with zipfile.ZipFile(tmp_path / "a.epub") as book:
        assert book.namelist()[0] == "mimetype"
        assert book.testzip() is None


@pytest.mark.slow
def test_an_exported_archive_is_no_larger_than_the_one_it_comes_from(tmp_path: Path) -> None:
    """The index of a full text that grew batch by batch and trees filled in no order made it larger by a tenth."""
    chosen = random.Random(7)
    words = [f"{chosen.randbytes(4).hex()}" for _ in range(3000)]
    with open_archive("sqlite", tmp_path) as engine:
        articles = [
            make_article(n, body="\n\n".join(" ".join(chosen.choices(words, k=60)) for _ in range(6)))
            for n in range(600)
        ]
        for at in range(0, 600, 50):
            Store(engine).ingest(articles[at : at + 50])
        schema.vacuum(engine)
        ids = list(range(1, 601))
        chosen.shuffle(ids)
        assert write_subset(engine, ids, tmp_path / "part.db") == 600
    close_all()
    assert (tmp_path / "part.db").stat().st_size <= (tmp_path / "archive.db").stat().st_size
