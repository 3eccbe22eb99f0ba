"""Fields that a person corrected stay so when their pages are read again, and come back as the pages say them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from newsarchive import Archive
from newsarchive.core.html.render import rendered
from newsarchive.db.reading import articles
from newsarchive.db.reading.corrections import corrections
from newsarchive.db.writing.corrected import origin_value
from newsarchive.db.writing.corrections import BY_HAND, correct, undo
from newsarchive.db.writing.store import Outcome, Store
from newsarchive.db.writing.withhold import Demand, lift, withhold
from newsarchive.exceptions import NoSuchArticle, UsageError, Withheld
from newsarchive.items import Article, Author, Origin
from newsarchive.reextract import differs
from tests.db.test_withhold import dump
from tests.support.storage import make_article, rich_article, run_on, url_of

JANE = {"authors": lambda article: [["Jane Doe", "person", ""]]}
EVERYTHING: dict[str, Any] = {
    **JANE,
    "date_published": lambda article: ["2009-04-30T00:00:00+00:00", "", BY_HAND],
    "article_section": lambda article: ["Sea"],
    "keywords": lambda article: ["ferry", "harbour"],
    "in_language": lambda article: ["pt", BY_HAND],
    "origin": lambda article: origin_value(
        Origin("Harbour Gazette", "harbourgazette.example", confidence=1.0)
    ),
}
RICH = rendered(rich_article())


def get(engine: Engine) -> articles.Stored:
    return articles.get(engine, 1)


def edited(article: Article, **fields: Any) -> Article:
    """The page with other bytes."""
    assert article.capture is not None
    capture = replace(article.capture, body=b"<p>edited</p>")
    return replace(article, capture=capture, **fields)


@pytest.mark.parametrize("article", [RICH, rendered(make_article(1))], ids=["rich", "plain"])
def test_after_undo_every_table_is_as_it_was(engine: Engine, article: Article) -> None:
    Store(engine).ingest([article])
    before = dump(engine, ("corrections", "field_changes", "authors", "terms", "origins"))
    correct(engine, 1, EVERYTHING, "the printed edition")
    stored = get(engine)
    assert [one.name for one in stored.authors] == ["Jane Doe"]
    assert (stored.date_published, stored.date_published_source) == (
        datetime(2009, 4, 30, tzinfo=UTC),
        BY_HAND,
    )
    assert (stored.article_section, stored.keywords, stored.in_language) == (
        "Sea",
        ("ferry", "harbour"),
        "pt",
    )
    assert stored.origin is not None
    assert (stored.origin.name, stored.article_body) == ("Harbour Gazette", article.article_body)
    assert stored.corrected == tuple(sorted(EVERYTHING))
    undo(engine, 1)
    assert get(engine).corrected == ()
    assert dump(engine, ("corrections", "field_changes", "authors", "terms", "origins")) == before


@pytest.mark.parametrize("reread", [True, False])
def test_a_correction_stays_when_the_page_is_read_again(engine: Engine, reread: bool) -> None:
    store = Store(engine)
    store.ingest([RICH])
    correct(engine, 1, EVERYTHING, "the printed edition")
    assert not differs(engine, RICH)
    assert store.ingest([RICH], reread=reread) == [Outcome.UNCHANGED]
    again = edited(RICH, authors=(Author("John Roe"),), article_section="Ships")
    assert store.ingest([again], reread=reread) == [Outcome.UNCHANGED]
    stored = get(engine)
    assert [one.name for one in stored.authors] == ["Jane Doe"]
    assert stored.article_section == "Sea"
    assert {one.change_kind for one in articles.history(engine, 1)[0].fields} == {"correction"}
    undo(engine, 1)  # to what the page says now
    stored = get(engine)
    assert ([one.name for one in stored.authors], stored.article_section) == (["John Roe"], "Ships")
    assert store.ingest([again]) == [Outcome.UNCHANGED]


def test_what_the_publisher_changes_besides_is_recorded(engine: Engine) -> None:
    store = Store(engine)
    store.ingest([RICH])
    correct(engine, 1, JANE, "the printed edition")
    done = store.ingest([edited(RICH, headline="Another", authors=(Author("John Roe"),), keywords=("tea",))])
    assert done == [Outcome.UPDATED]
    second = articles.history(engine, 1)[1]
    assert [(one.field, one.change_kind) for one in second.fields] == [("keywords", "publisher")]
    assert [one.name for one in articles.get(engine, 1, 1).authors] == ["Jane Doe"]


def test_a_second_correction_replaces_the_first(engine: Engine) -> None:
    Store(engine).ingest([RICH])
    correct(engine, 1, JANE, "a clipping")
    correct(engine, 1, {"authors": lambda article: []}, "the author\x1b[31m asks\nus", "A. Editor")
    (holds,) = corrections(engine)
    assert (holds.after, holds.reason, holds.decided_by) == ("", "the author [31m asks us", "A. Editor")
    assert holds.before == ", ".join(one.name for one in RICH.authors)
    assert len(corrections(engine, everything=True)) == 2
    undo(engine, 1, ["authors"])
    assert get(engine).authors == RICH.authors


def test_it_goes_and_comes_back_with_a_withheld_article(engine: Engine) -> None:
    Store(engine).ingest([RICH])
    correct(engine, 1, JANE, "a clipping")
    withhold(engine, [1], Demand("the family asks"))
    assert corrections(engine, everything=True) == []
    with pytest.raises(Withheld):
        correct(engine, 1, JANE, "a clipping")
    lift(engine, [1])
    assert get(engine).corrected == ("authors",)


def test_a_dry_run_writes_nothing(engine: Engine) -> None:
    Store(engine).ingest([RICH])
    before = dump(engine)
    assert correct(engine, 1, EVERYTHING, "the printed edition", dry_run=True)
    assert dump(engine) == before


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda engine: correct(engine, 1, JANE, " \n"), UsageError, "--reason is empty"),
        (lambda engine: correct(engine, 7, JANE, "x"), NoSuchArticle, "no article '7'"),
        (lambda engine: undo(engine, 1), NoSuchArticle, "nobody corrected any field of article 1"),
        (lambda engine: undo(engine, 1, ["origin"]), NoSuchArticle, "nobody corrected origin of article 1"),
    ],
)  # fmt: skip
def test_bad_input_names_the_remedy(engine: Engine, call: Any, error: type[Exception], message: str) -> None:
    Store(engine).ingest([RICH])
    with pytest.raises(error, match=message):
        call(engine)


@pytest.mark.slow
def test_the_commands(engine: Engine) -> None:
    Store(engine).ingest([RICH])
    said = ("--reason", "a clipping", "--by", "A. Editor")
    done = run_on(engine, "correct", "1", "--author", "Jane Doe", "--author", "dpa (agency)", "--published", "2009-04-30", *said)  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "authors\t" in done.stdout
    assert "\tJane Doe, dpa (agency)\n" in done.stdout
    with Archive(url_of(engine)) as archive:
        article = archive.get(1)
        assert article.authors == (Author("Jane Doe"), Author("dpa", "agency"))
        assert list(archive.dataframe(engine="arrow")["corrected"][0].as_py()) == [
            "authors",
            "date_published",
        ]
    cited = run_on(engine, "cite", "1").stdout
    assert cited.startswith("Jane Doe and dpa: ")
    assert ". Corrected by hand in the archive: authors, date. Captured " in cited
    listed = run_on(engine, "correct", "list")
    assert listed.stdout.count("\ta clipping\tA. Editor\t") == 2
    assert '"after": "Jane Doe, dpa"' in run_on(engine, "correct", "list", "--json").stdout
    done = run_on(engine, "correct", "undo", "1", "--dry-run")
    assert (done.exit_code, done.stderr) == (0, "nothing was written\n")
    done = run_on(engine, "correct", "undo", "1", "author")
    assert (done.exit_code, done.stdout.startswith("authors\tJane Doe, dpa (agency)\t")) == (0, True)
    assert run_on(engine, "correct", "undo", "1", "author").exit_code == 1


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((), "correct: which field? Give one of --author, --published"),
        (("--language", "English!"), "give a BCP 47 code, as de or pt-BR"),
        (("--origin-url", "https://a.example/"), "--origin-url needs --origin"),
        (("--published", "yesterday"), "'yesterday' is no day"),
    ],
)
def test_wrong_options_are_refused(engine: Engine, words: tuple[str, ...], problem: str) -> None:
    Store(engine).ingest([RICH])
    done = run_on(engine, "correct", "1", "--reason", "x", *words)
    assert done.exit_code == 2
    assert problem in done.stderr


def test_an_origin_of_the_same_name_keeps_its_address(engine: Engine) -> None:
    Store(engine).ingest([RICH])
    assert RICH.origin is not None
    assert run_on(engine, "correct", "1", "--origin", RICH.origin.name, "--reason", "sure").exit_code == 0
    origin = get(engine).origin
    assert origin is not None
    assert (origin.domain, origin.url, origin.confidence) == (RICH.origin.domain, RICH.origin.url, 1.0)
    assert run_on(engine, "correct", "1", "--origin", "", "--reason", "its own").exit_code == 0
    assert get(engine).origin is None
