"""newsarchive as a library: wrong arguments say what to pass, records stay short on a screen, frames have types."""

from __future__ import annotations

import inspect
import json
import pickle
import sqlite3
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path, PurePath
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import newsarchive
from newsarchive import Archive, Article, Block, Capture, Origin, extract, fields, repair, row
from newsarchive.core.html.render import rendered
from newsarchive.db.reading.search import filters
from newsarchive.db.writing.store import Store
from newsarchive.exceptions import DatabaseError, NotAnArticle, UsageError, WrongType
from newsarchive.export import plain
from newsarchive.items import Page, Quality, Repaired
from newsarchive.reprs import MAX_TEXT_CHARACTERS, cut
from tests.support.storage import START, make_article, open_archive, rich_article, url_of

HTML = (
    "<title>A</title><article><h1>Caf\u00e9</h1>"
    + "<p>The ferry left the harbour at noon, said Ann Lee.</p>" * 9
)
URL = "https://blog.example/a"
LONG = "The ferry came back. " * 5000


# -- the core --------------------------------------------------------------------------------------


def test_a_page_may_be_bytes_or_text() -> None:
    for given_ in (HTML.encode(), bytearray(HTML.encode()), memoryview(HTML.encode())):
        assert extract(given_, url=URL).headline == "Caf\u00e9"  # type: ignore[arg-type]
    from_text = extract(html=HTML.replace("<title>", '<meta charset="koi8-r"><title>'), url=URL)
    assert from_text.headline == "Caf\u00e9"  # what a text was encoded in once, does not matter any more
    with pytest.raises(NotAnArticle):
        extract(b"", url=URL)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: extract("some text"), WrongType, r"body is str 'some text'.*response\.content.*html=text"),
        (lambda: extract("some text", url=URL), WrongType, "body is str"),
        (lambda: extract(URL, url=URL), WrongType, "nothing is fetched here"),
        (lambda: extract(LONG), WrongType, "…: give"),
        (lambda: extract(17, url=URL), WrongType, "body is int 17"),
        (lambda: extract(url=URL), UsageError, "no page is given"),
        (lambda: extract(b"x", html="x", url=URL), UsageError, "both given"),
        (lambda: extract(html=b"x", url=URL), WrongType, r"html is bytes b'x'"),
        (lambda: extract(b"x"), UsageError, "url is missing"),
        (lambda: extract(b"x", url=None), WrongType, "url is NoneType"),
        (
            lambda: extract(b"x", url=PurePath("a")),
            WrongType,
            r"url is PurePosixPath.* or str\(response\.url\)",
        ),
        (
            lambda: extract(Mock(__repr__=lambda _: "<p>\n</p>"), url=URL),
            WrongType,
            "body is Mock <p> </p>: give",
        ),
        (lambda: extract(b"x", url=URL, content_type=b"text/html"), WrongType, "content_type is bytes"),
        (lambda: extract(b"x", url=URL, fetched_at="2025-04-01"), WrongType, r"fetched_at is str.*datetime"),
        (lambda: row(None), WrongType, r"article is NoneType None.*extract\(\)"),
        (lambda: newsarchive.record({"url": URL}), WrongType, "article is dict"),
        (lambda: repair(b"x"), WrongType, r"text is bytes b'x': decode it first.*extract"),
        (lambda: repair(None), WrongType, "text is NoneType"),
    ],
)
def test_a_wrong_argument_is_named_with_what_to_pass(
    call: Callable[[], Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says) as raised:
        call()
    assert isinstance(raised.value, TypeError) == (error is WrongType)
    assert len(str(raised.value)) < 220
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)


def test_public_names_are_there() -> None:
    for name in newsarchive.__all__:
        assert getattr(newsarchive, name) is not None
    assert dir(newsarchive) == sorted(newsarchive.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        newsarchive.nothing  # noqa: B018


# -- how records look ------------------------------------------------------------------------------

CAPTURE = Capture(URL, LONG.encode(), START)


@pytest.mark.parametrize(
    ("record", "shown"),
    [
        (CAPTURE, f"Capture('{URL}', status=200, bytes=105000, fetched_at=2025-04-01T12:00:00+00:00)"),
        (Page(CAPTURE, LONG), f"Page('{URL}', characters=105000, charset_used='utf-8')"),
        (Block("A line", rule="a rule"), "Block('A line', kind='paragraph', label='body', rule='a rule')"),
        (Article(URL, headline="Ferry", word_count=7, date_published=START, origin=Origin("SCMP", "scmp.com")),
         f"Article('Ferry', '{URL}', date_published=2025-04-01T12:00:00+00:00, word_count=7, origin='SCMP')"),
        (Origin("SCMP", "scmp.com", confidence=0.9, credit_text=LONG), "Origin('SCMP', domain='scmp.com', confidence=0.9)"),
        (Repaired("A\n\ntext", damage=("lost bytes",)), "Repaired('A text', edits=0, damage=('lost bytes',))"),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_a_record_is_one_line(record: Any, shown: str) -> None:
    assert repr(record) == shown


def test_no_record_prints_a_text_whole() -> None:
    long = make_article(body=LONG, headline=LONG, url=URL)
    for record in (long, *long.blocks, Page(CAPTURE, LONG), CAPTURE, Repaired(LONG), Origin(LONG)):
        assert len(repr(record)) < 300
        assert "\n" not in repr(record)


@given(st.text())
@settings(deadline=None)
def test_a_cut_text_is_one_short_line(text: str) -> None:
    shown = cut(text)
    assert len(shown) <= MAX_TEXT_CHARACTERS
    assert len(shown.splitlines()) <= 1
    assert cut(shown) == shown


def test_a_notebook_shows_an_article_with_nothing_of_the_blog_alive() -> None:
    evil = "<script>alert(1)</script>\"'&"
    article = make_article(
        body="\n\n".join([evil] * 9), headline=evil, url="javascript:alert(1)", in_language='"><b>'
    )
    shown = article._repr_html_()
    assert "<script" not in shown
    assert "href" not in shown
    assert "<b>" not in shown
    assert "6 more paragraphs" in shown
    assert f'href="{URL}"' in Article(URL)._repr_html_()


# -- the archive -----------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def archive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with open_archive(request.param, tmp_path_factory.mktemp("library")) as engine:
        doubted = make_article(4, quality=Quality(0.2))
        bare = make_article(2, date_published=None, day=1)
        Store(engine).ingest([rendered(rich_article()), bare, doubted])
        with Archive(url_of(engine)) as opened:
            yield opened


def test_filters_have_names_and_types() -> None:
    wanted = set(inspect.signature(filters).parameters)
    for method in (Archive.search, Archive.count, Archive.articles, Archive.dataframe):
        parameters = inspect.signature(method).parameters
        assert wanted <= set(parameters), method
        assert all(
            one.annotation is not inspect.Parameter.empty
            for name, one in parameters.items()
            if name != "self"
        )
        assert method.__doc__


@pytest.mark.parametrize(
    ("chosen", "error", "says"),
    [
        ({"site": ["blog.example"]}, WrongType, "site is list.*ask once for each"),
        ({"origin": 5}, WrongType, "origin is int 5.*scmp"),
        ({"language": b"en"}, WrongType, "language is bytes"),
        ({"author": 1.5}, WrongType, "author is float"),
        ({"since": 2025}, WrongType, "since is int 2025.*2025-04-01"),
        ({"until": "soon"}, UsageError, "until 'soon'.*2025-04-01"),
        ({"since": "2025-02-01", "until": date(2025, 1, 1)}, UsageError, "no day is between"),
        ({"cluster": "7"}, WrongType, "cluster is str '7'.*cluster_id"),
        ({"cluster": True}, WrongType, "cluster is bool"),
        ({"hidden": "yes"}, WrongType, "hidden is str.*True or False"),
        ({"article": 1.5}, WrongType, "article is float"),
        ({"article": ["1", True]}, WrongType, "article is bool"),
        ({"words": None}, WrongType, "words is NoneType"),
        ({"words": ["ferry"]}, WrongType, "words is list"),
        ({"site": "https://"}, UsageError, "site 'https://'"),
        ({"sight": "x"}, TypeError, "sight"),
    ],
    ids=str,
)
def test_a_filter_that_cannot_be_read_is_named(
    archive: Archive, chosen: dict[str, Any], error: type[Exception], says: str
) -> None:
    for method in (archive.search, archive.count, archive.articles, archive.dataframe):
        with pytest.raises(error, match=says):
            method(**chosen)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda a: a.search(limit="5"), "limit is str '5'"),
        (lambda a: a.search(limit=-1), "limit -1: give 0 or more"),
        (lambda a: a.search(offset=1.5), "offset is float"),
        (lambda a: a.articles(limit=True), "limit is bool"),
        (lambda a: a.articles(order="size"), "one of id, date, site"),
        (lambda a: a.get(None), "give the URL of an article, or its id"),
        (lambda a: a.get(1.0), "url_or_id is float"),
        (lambda a: a.trace(None), "url_or_id is NoneType"),
        (lambda a: a.revisions(b"1"), "url_or_id is bytes"),
        (lambda a: a.cite(True), "url_or_id is bool"),
        (lambda a: a.search(marks=("<b>", "</b>")), r"marks is tuple.*Marks\('<b>', '</b>'\)"),
        (lambda a: a.republications(None), "publisher is NoneType"),
        (lambda a: a.republications(site=b"blog.example"), "site is bytes"),
        (lambda a: Archive(7), "database is int 7"),
        (lambda a: Archive(b"a.db"), "database is bytes"),
        (lambda a: a.dataframe("excel"), "'excel': one of pandas, polars, arrow"),
        (lambda a: a.dataframe(columns=["headline", "autor"]), "no column 'autor': there are id, url"),
        (lambda a: a.dataframe(columns="headline"), r"columns is str.*\['headline'\]"),
    ],
)
def test_other_arguments_are_named_too(archive: Archive, call: Callable[[Archive], Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        call(archive)


def test_a_site_may_be_its_address_and_empty_filters_narrow_nothing(archive: Archive) -> None:
    assert archive.count(site="https://www.blog.example/2025/") == 2
    assert archive.count(site="", origin="", since=None, cluster=None) == 2
    assert archive.count(since=START.date(), until=START.date()) == 1
    assert archive.count(since=START, until=START + timedelta(seconds=1)) == 1


def test_a_number_that_no_database_holds_is_a_large_number(archive: Archive) -> None:
    huge = 10**30
    assert len(archive.search(limit=huge)) == len(list(archive.articles(limit=huge))) == 2
    assert archive.search(offset=huge) == []
    assert archive.count(cluster=huge) == archive.count(cluster=-huge) == 0


def test_what_is_no_archive_leaves_no_connection_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, connect = [], sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *given, **named: opened.append(connect(*given, **named)) or opened[-1]
    )
    (tmp_path / "notes.txt").write_text("no archive " * 100)
    with pytest.raises(DatabaseError, match="not an SQLite database"):
        Archive(tmp_path / "notes.txt").count()
    assert len(opened) == 1
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened[0].execute("SELECT 1")


def test_a_fetch_without_a_zone_is_in_utc() -> None:
    later = START + timedelta(days=9)
    page = HTML.replace("<title>", f'<meta property="article:published_time" content="{later:%F}"><title>')
    naive, aware = (extract(html=page, url=URL, fetched_at=at) for at in (START.replace(tzinfo=None), START))
    assert naive == aware
    assert naive.date_published is None


def test_an_article_may_be_in_a_set(archive: Archive) -> None:
    article = extract(HTML.encode(), url=URL)
    assert {article, extract(HTML.encode(), url=URL)} == {article}
    assert len(set(archive.articles())) == 2


def test_articles_come_in_the_order_that_is_asked_for(archive: Archive) -> None:
    assert [a.headline for a in archive.articles(order="date")] == ["Caf\u00e9", "Post 2"]
    assert [a.headline for a in archive.articles(order="date", limit=1)] == ["Caf\u00e9"]
    assert list(archive.articles(limit=0)) == []


def test_results_are_a_list_that_a_notebook_shows(archive: Archive) -> None:
    hits = archive.search()
    assert hits == list(hits)
    shown = hits._repr_html_()
    assert shown.count("<tr>") == 3
    assert 'href="https://blog.example/post-9"' in shown
    assert "password" not in repr(archive)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["pandas", "polars", "arrow"])
def test_a_frame_has_the_rows_and_types_of_the_fields(archive: Archive, engine: Any) -> None:
    if engine == "polars":
        pytest.importorskip("polars")
    frame = archive.dataframe(engine)
    wanted = [row(article) for article in archive.articles()]
    table = archive.dataframe("arrow") if engine == "pandas" else frame
    rows = table.to_dicts() if engine == "polars" else table.to_pylist()
    assert [plain(one) for one in rows] == [plain(one) for one in wanted]
    names = list(frame.column_names if engine == "arrow" else frame.columns)
    assert names == [field.name for field in fields.FLAT]
    assert len(archive.dataframe(engine, hidden=True)) == 3
    empty = archive.dataframe(engine, words="quagga", columns=["headline", "date_published", "headline"])
    assert (len(empty), list(empty.column_names if engine == "arrow" else empty.columns)) == (
        0, ["headline", "date_published"],
    )  # fmt: skip


def test_pandas_gets_types_that_know_a_missing_value(archive: Archive) -> None:
    frame = archive.dataframe(columns=[f.name for f in fields.FLAT])
    kinds = {"text": "string", "integer": "Int64", "number": "float64", "flag": "boolean", "texts": "object"}
    for field in fields.FLAT:
        kind = str(frame.dtypes[field.name])
        assert kind == kinds.get(field.kind, "datetime64[us, UTC]"), field.name
    assert frame["copyright_year"].tolist()[0] == 2025
    assert frame["copyright_year"].isna().tolist() == [False, True]
    import pandas

    assert frame["date_published"].tolist() == [pandas.Timestamp(START), pandas.NaT]
    assert list(frame["authors"][0]) == ["Ann Lee", "AFP"]


@pytest.mark.parametrize(
    ("engine", "module", "extra"),
    [
        ("pandas", "pandas", "pandas"),
        ("polars", "polars", "polars"),
        ("arrow", "pyarrow", "parquet"),
        ("pandas", "pyarrow", "pandas"),
    ],
)
def test_a_missing_library_names_the_extra(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, engine: Any, module: str, extra: str
) -> None:
    monkeypatch.delitem(sys.modules, "newsarchive.export.frames", raising=False)
    monkeypatch.delattr("newsarchive.export.frames", raising=False)
    monkeypatch.setitem(sys.modules, module, None)
    if module != "polars":
        pytest.importorskip("polars")
    with pytest.raises(UsageError, match=rf"needs {module}: pip install 'newsarchive\[{extra}\]'"):
        archive.dataframe(engine)


def test_an_article_as_a_dictionary_goes_to_json(archive: Archive) -> None:
    article = archive.get("https://blog.example/post-9")
    assert row(article)["authors"] == ["Ann Lee", "AFP"]
    assert json.loads(json.dumps(plain(newsarchive.record(article))))["origin"] == "South China Morning Post"


@pytest.mark.parametrize(
    ("url", "body", "says"),
    [
        (URL, "text", "Capture: body is str 'text': give it as bytes"),
        (None, b"", "Capture: url is NoneType None: give it as str"),
    ],
)
def test_a_capture_of_wrong_types_says_what_to_give(url: Any, body: Any, says: str) -> None:
    with pytest.raises(WrongType) as error:
        Capture(url, body)
    assert str(error.value) == says
