"""One vocabulary: every place where an article is written names and shapes each field as `newsarchive.fields` does."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from itemadapter import ItemAdapter, is_item
from scrapy.exporters import CsvItemExporter, JsonLinesItemExporter

from newsarchive import Archive, fields, settings
from newsarchive.cli import cli
from newsarchive.core.html.render import rendered
from newsarchive.crawling import adapters
from newsarchive.db.engine import reading
from newsarchive.db.writing.store import Store
from newsarchive.export import plain
from newsarchive.export.text import cell, listed
from newsarchive.fields import CRAWLED, FIELDS, FLAT, Field, record, row, value
from newsarchive.items import Article, Author
from newsarchive.times import isoformat
from newsarchive.web.datasette import described
from tests.support.storage import START, make_article, open_archive, rich_article, url_of

COLUMNS = (Path(__file__).parent.parent / "docs" / "reference" / "columns.md").read_text("utf-8")

#: What fields were called before there was one vocabulary.
FORMER = {"identifier", "author", "licence", "cluster", "revision", "revisions", "as_printed", "quality"}

ABROAD = timezone(timedelta(hours=8))
ARTICLES = (
    rendered(rich_article()),
    rendered(make_article(2, date_published=datetime(2025, 4, 2, 7, 30, tzinfo=ABROAD), date_modified=START)),
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def archive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with open_archive(request.param, tmp_path_factory.mktemp("fields")) as engine:
        Store(engine).ingest(list(ARTICLES))
        yield url_of(engine)


def run(*words: str) -> bytes:
    done = CliRunner().invoke(cli, list(words))
    assert done.exit_code == 0, done.output
    return done.stdout_bytes


def lines(text: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.split(b"\n") if line]


def names(of: Iterable[Field]) -> list[str]:
    return [field.name for field in of]


def stored(archive: str) -> dict[int, dict[str, Any]]:
    """The rows as JSON has them, by id: what every other place must give."""
    return {line["id"]: line for line in lines(run("export", "-", "--format", "jsonl", "--db", archive))}


def test_names_are_told_apart_and_none_is_a_former_one() -> None:
    assert len(set(names(FIELDS))) == len(FIELDS)
    assert FORMER & set(names(FIELDS)) == set()


def test_rows_of_exports(archive: str) -> None:
    assert all(list(line) == names(FLAT) for line in stored(archive).values())
    (first, second) = stored(archive).values()
    assert (first["authors"], first["keywords"], first["origin"]) == (
        ["Ann Lee", "AFP"], ["ships", "trade"], "South China Morning Post",
    )  # fmt: skip
    assert (first["license"], first["origin_confidence"], second["origin_confidence"]) == ("", 0.9, None)
    assert second["date_published"] == "2025-04-01T23:30:00+00:00"
    cells = csv.reader(
        io.StringIO(run("export", "-", "--format", "csv", "--db", archive).decode(), newline="")
    )
    assert next(cells) == names(FLAT)
    wanted = [
        [str(cell(v)) if v is not None else "" for v in line.values()] for line in stored(archive).values()
    ]
    assert list(cells) == wanted


@pytest.mark.slow
def test_attributes_of_the_archive(archive: str) -> None:
    """The path that the reference names leads to the value."""
    with Archive(archive) as opened:
        for article in opened.articles():
            assert plain(row(article)) == stored(archive)[article.id]
            for field in FLAT:
                first, *rest = field.path.split(".")
                found = getattr(article, first)
                for name in rest:
                    if isinstance(found, tuple):
                        found = [getattr(one, name) for one in found]
                    elif found is not None:
                        found = getattr(found, name)
                assert plain(found) in (stored(archive)[article.id][field.name], None), field.name


def test_the_json_of_one_article(archive: str, tmp_path: Path) -> None:
    for number, line in stored(archive).items():
        shown = json.loads(run("show", str(number), "--json", "--db", archive))
        assert list(shown) == [field.name for field in FIELDS if field.place != "search"]
        assert {name: shown[name] for name in line} == line
        assert json.loads(run("explain", str(number), "--json", "--db", archive)) == shown
    page = tmp_path / "page.html"
    page.write_text(
        "<article><h1>A ferry</h1>" + "<p>The ferry left the harbour at noon, said Ann Lee.</p>" * 9
    )
    read = json.loads(run("extract", str(page), "--url", "https://blog.example/a", "--json"))
    assert list(read) == [field.name for field in FIELDS if field.place in ("everywhere", "article")]
    assert read["site"] == "blog.example"
    assert json.loads(run("extract", str(page), "--json"))["site"] == ""


def test_results_of_a_search(archive: str) -> None:
    for line in lines(run("search", "first OR here", "--json", "--db", archive)):
        assert set(line) == set(names(field for field in FIELDS if field.is_in_hits))
        ours = stored(archive)[line["id"]]
        assert {name: line[name] for name in line if name in ours} == {n: ours[n] for n in line if n in ours}
    head = run("search", "first", "--csv", "--db", archive).decode().splitlines()[0]
    assert set(head.split(",")) == set(names(field for field in FIELDS if field.is_in_hits))
    with Archive(archive) as opened:
        assert {
            name
            for name in names(field for field in FIELDS if field.is_in_hits)
            if not hasattr(opened.search()[0], name)
        } == set()


def test_the_feeds_of_scrapy(archive: str) -> None:
    assert names(CRAWLED) == settings.FEED_EXPORT_FIELDS
    by_url = {line["url"]: line for line in stored(archive).values()}
    for article in ARTICLES:
        ours = {name: by_url[article.url][name] for name in names(CRAWLED)}
        for chosen in (settings.FEED_EXPORT_FIELDS, None):  # a project of one's own names no fields
            out = io.BytesIO()
            exporter = JsonLinesItemExporter(out, fields_to_export=chosen)
            exporter.export_item(article)
            (line,) = lines(out.getvalue())
            assert list(line) == names(CRAWLED)
            assert line == ours
        out = io.BytesIO()
        table: CsvItemExporter = adapters.ArticleCsvExporter(
            out, fields_to_export=settings.FEED_EXPORT_FIELDS
        )
        table.export_item(article)
        table.finish_exporting()
        (line,) = csv.DictReader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline=""))
        assert line == {name: "" if v is None else str(cell(v)) for name, v in ours.items()}


def test_the_lists_of_scrapys_table_are_those_of_export() -> None:
    names = ["Ann Lee", "Old Port; Harbour"]
    article = replace(ARTICLES[0], authors=tuple(Author(name) for name in names))
    for options, expected in (({}, cell(names)), ({"join_multivalued": "|"}, "|".join(names))):
        out = io.BytesIO()
        table = adapters.ArticleCsvExporter(out, fields_to_export=["authors"], **options)
        table.export_item(article)
        table.export_item({"authors": names})
        table.finish_exporting()
        lines = csv.DictReader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline=""))
        assert [line["authors"] for line in lines] == [expected, expected]
    assert listed(cell(names)) == names


def test_an_article_is_an_item_that_can_only_be_read() -> None:
    item = ItemAdapter(ARTICLES[0])
    assert is_item(ARTICLES[0])
    assert (
        list(item)
        == names(CRAWLED)
        == list(item.field_names())
        == ItemAdapter.get_field_names_from_class(Article)
    )
    assert item["origin_domain"] == "scmp.com"
    assert len(item["edits"]) == 3  # a detail comes where it is asked for
    assert "id" not in item
    with pytest.raises(TypeError, match="frozen"):
        item["headline"] = "Another"
    # Scrapy's FilesPipeline sets this field, and skips items that answer so.
    with pytest.raises(KeyError, match="does not support field: files"):
        item["files"] = []
    out = io.BytesIO()
    JsonLinesItemExporter(out, fields_to_export=["url", "edits"]).export_item(ARTICLES[0])
    assert lines(out.getvalue())[0]["edits"][0]["before"] == "â€™"


def test_views_of_the_database(archive: str) -> None:
    from sqlalchemy import text

    from newsarchive.db.engine import open_engine

    engine = open_engine(archive)
    with reading(engine) as connection:
        found = connection.execute(text("SELECT * FROM current_articles ORDER BY id"))
        assert list(found.keys())[: len(FLAT)] == names(FLAT)
        for line in found.mappings():
            assert {f.name: _of_view(f, line[f.name]) for f in FLAT} == stored(archive)[line["id"]]
        hidden = connection.execute(text("SELECT * FROM hidden_articles"))
        assert list(hidden.keys())[: len(FLAT)] == names(FLAT)
        reposts = connection.execute(text("SELECT * FROM reposts"))
        assert set(reposts.keys()) <= set(names(FIELDS))
        for line in reposts.mappings():
            ours = {name: v for name, v in stored(archive)[line["id"]].items() if name in line}
            assert {f.name: _of_view(f, line[f.name]) for f in FLAT if f.name in line} == ours
        for table in ("articles", "article_origins"):
            columns = connection.execute(text(f"SELECT * FROM {table}")).keys()
            assert set(columns) & (FORMER - {"as_printed", "quality"}) == set()
    engine.dispose()


def test_sqlite_holds_times_as_they_are_written(archive: str) -> None:
    """Whoever opens the file with `sqlite3` reads what an export says, and its date functions read it too."""
    if not archive.startswith("sqlite"):
        return
    with sqlite3.connect(archive.partition("///")[2]) as opened:
        found = opened.execute(
            "SELECT id, date_published, date(date_published), first_seen_at FROM current_articles"
        )
        for number, published, day, seen in found:
            ours = stored(archive)[number]
            assert (published, seen) == (ours["date_published"], ours["first_seen_at"])
            assert published.startswith(day)


def _of_view(field: Field, found: Any) -> Any:
    """A value of a view as JSON has it: SQLite keeps lists, times and flags as text and numbers."""
    if found is None:
        return None
    if field.kind == "texts":
        return json.loads(found) if isinstance(found, str) else found
    if field.kind == "flag":
        return bool(found)
    if field.kind == "moment":
        return isoformat(datetime.fromisoformat(found) if isinstance(found, str) else found)
    return found


def test_the_pages_describe_the_columns_in_the_same_words() -> None:
    said = described("current_articles")
    assert [
        f.name for f in FLAT if f.meaning.replace("`", "")[1:] not in said[f.name] and f.name != "id"
    ] == []


def test_the_table_of_the_reference_is_made_of_the_fields() -> None:
    """Where it stands, the build puts `fields.table()`; `test_docs.py` looks for each field there."""
    assert "\n<!-- generated: columns -->\n" in COLUMNS
    assert fields.table().count("\n") == len(fields.FIELDS) + 1


def test_no_field_is_without_its_meaning() -> None:
    assert [field.name for field in FIELDS if not field.meaning or field.meaning.endswith(".")] == []


def test_what_is_not_stored_lacks_the_fields_of_the_archive() -> None:
    article = Article("https://blog.example/a")
    assert list(row(article)) == names(CRAWLED)
    with pytest.raises(KeyError):
        value(article, next(field for field in FIELDS if field.name == "version"))
    empty = record(article)
    assert (empty["authors"], empty["image"], empty["origin"], empty["origin_confidence"]) == (
        [],
        "",
        "",
        None,
    )
    assert (empty["origin_evidence"], empty["author_details"], empty["date_published"]) == ([], [], None)


def test_times_are_written_in_utc_with_their_offset() -> None:
    assert isoformat(datetime(2025, 4, 30, 10, 15, tzinfo=ABROAD)) == "2025-04-30T02:15:00+00:00"
    assert isoformat(datetime(2025, 4, 30, 10, 15)) == "2025-04-30T10:15:00+00:00"
    assert plain({"at": datetime(2025, 4, 30, tzinfo=UTC)}) == {"at": "2025-04-30T00:00:00+00:00"}
