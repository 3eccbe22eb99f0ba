"""The search: one language, the same rows on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from newsarchive.db import fulltext
from newsarchive.db.dialects import MAX_TRIGRAM_TEXT_CHARACTERS, dialect_of
from newsarchive.db.query_language import (
    Marks,
    Node,
    fold,
    fts5,
    has_run,
    is_unspaced,
    parse,
    positive,
    snippet,
    tokenise,
    tsquery,
    words_of,
)
from newsarchive.db.reading import hidden, lineage, statistics
from newsarchive.db.reading import search as searching
from newsarchive.db.reading.search import Filters, Paging, count, search
from newsarchive.db.reading.statistics import facets
from newsarchive.db.writing.store import Store
from newsarchive.exceptions import UsageError
from newsarchive.items import Article, Author, Origin
from tests.support.storage import START, make_article, open_archive

CASES = json.loads(
    (Path(__file__).parents[1] / "cases" / "search" / "archive.json").read_text(encoding="utf-8")
)


def articles() -> list[Article]:
    """The archive that the cases search, each with what its JSON says."""
    made = []
    for number, given_ in enumerate(CASES["articles"]):
        fields: dict[str, Any] = dict(given_)
        fields.pop("id")
        origin = fields.pop("origin", None)
        fields["origin"] = Origin(*origin) if origin else None
        fields["authors"] = tuple(Author(name) for name in fields.pop("authors", ()))
        fields["date_published"] = START + timedelta(days=fields.pop("published", number))
        made.append(make_article(number, **fields))
    return made


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_archive(request.param, tmp_path_factory.mktemp("search")) as opened:
        Store(opened).ingest(articles())
        yield opened


def names(engine: Engine, query: str, paging: Paging | None = None, **chosen: Any) -> list[str]:
    ids = [article["id"] for article in CASES["articles"]]
    return [ids[hit.id - 1] for hit in search(engine, query, Filters(**chosen), paging)]


@pytest.mark.parametrize("case", CASES["queries"], ids=lambda case: case["label"])
def test_a_query_finds(engine: Engine, case: dict[str, Any]) -> None:
    filters = {
        k: date.fromisoformat(v) if k in ("since", "until") else v for k, v in case.get("filters", {}).items()
    }
    assert sorted(names(engine, case["query"], **filters)) == sorted(case["found"]), case.get("comment", "")


@pytest.mark.parametrize("case", CASES["errors"], ids=lambda case: case["query"] or "empty")
def test_a_query_that_cannot_be_read_says_why(engine: Engine, case: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=case["says"]):
        search(engine, case["query"])


def test_a_word_in_the_headline_comes_first(engine: Engine) -> None:
    assert names(engine, "fox")[0] == "fox-headline"


def test_by_date_is_newest_first_and_pages_on(engine: Engine) -> None:
    whole = names(engine, "the OR fox", Paging("date"))
    assert whole == sorted(whole, key=lambda name: -[a["id"] for a in CASES["articles"]].index(name))
    assert names(engine, "the OR fox", Paging("date", 2)) == whole[:2]
    assert names(engine, "the OR fox", Paging("date", 2, 2)) == whole[2:4]


def test_hits_say_what_and_where(engine: Engine) -> None:
    (hit,) = search(engine, '"container ships"', paging=Paging(marks=Marks("[", "]")))
    assert (hit.url, hit.headline, hit.site) == ("https://blog.example/post-2", "Trade war", "blog.example")
    assert (hit.origin, hit.in_language) == ("South China Morning Post", "en-GB")
    assert hit.date_published == START + timedelta(days=2)
    assert "[container ships]" in hit.snippet


def test_an_updated_text_is_found_by_its_new_words_alone(engine: Engine, tmp_path: Path) -> None:
    url = "https://changing.example/a"
    store = Store(engine)
    store.ingest([make_article(url=url, body="It was zebrafish.", day=0)])
    store.ingest([make_article(url=url, body="It was quokkas. 鯨魚報告", day=1)])
    try:
        assert search(engine, "zebrafish") == []
        assert [hit.url for hit in search(engine, "quokkas")] == [url]
        assert [hit.url for hit in search(engine, "鯨魚報")] == [url]
    finally:
        store.ingest([make_article(url=url, body="Nothing to see.", day=2)])
    assert search(engine, "quokkas") == []
    assert search(engine, "鯨魚報") == []


@pytest.mark.slow
def test_a_text_too_long_for_the_index_of_trigrams_is_found_all_the_same(engine: Engine) -> None:
    url, store = "https://long.example/a", Store(engine)
    many = "".join(chr(0x4E00 + number % 20_000) for number in range(MAX_TRIGRAM_TEXT_CHARACTERS))
    ends = ("白鷺飛走", "Reuters報導", "白鷺歸來")
    try:
        for day, (body, found) in enumerate([(ends[0], 0), (many + ends[1], 1), (many[:500] + ends[2], 2)]):
            store.ingest([make_article(url=url, body=body, day=day)])
            hits = [[hit.url for hit in search(engine, query)] for query in ("白鷺飛", "reuters報", "白鷺歸")]
            assert hits == [[url] if number == found else [] for number in range(3)]
        store.ingest([make_article(url=url, body=many + ends[1], day=3)])
        with engine.connect() as connection:
            dialect = dialect_of(connection)
            assert not dialect.searches_differ(connection)
            if dialect.name == "sqlite":
                trigrams = "SELECT count(*) FROM article_trigrams WHERE article_trigrams MATCH '\"一丁丂\"'"
                assert connection.exec_driver_sql(trigrams).scalar() == 0
                asked = dialect.contains("白鷺飛", lambda value: f"'{value}'")
                plan = connection.exec_driver_sql(
                    f"EXPLAIN QUERY PLAN SELECT id FROM articles AS a WHERE {asked}"
                )
                assert "ix_articles_long_unspaced" in str(plan.all())
    finally:
        store.ingest([make_article(url=url, body="Nothing to see.", day=4)])


def test_postgresql_looks_for_strings_in_its_index_of_trigrams(tmp_path: Path) -> None:
    with open_archive("postgresql", tmp_path) as engine, engine.connect() as connection:
        connection.exec_driver_sql("SET enable_seqscan = off")
        there = "SELECT count(*) FROM pg_indexes WHERE indexname = 'ix_articles_trigrams'"
        if not connection.exec_driver_sql(there).scalar():
            pytest.skip("this server has no pg_trgm")
        asked = dialect_of(connection).contains("白鷺飛", lambda value: f"'{value}'").replace("%", "%%")
        plan = connection.exec_driver_sql(f"EXPLAIN SELECT id FROM articles AS a WHERE {asked}", ())
        assert "Index Cond: (article_body ~~*" in str(plan.all())


def test_words_that_are_too_long_for_an_index_break_no_search(engine: Engine) -> None:
    """A pasted passage in Thai or Chinese has no spaces, and a pasted address may have thousands of letters."""
    url, passage = "https://passage.example/a", "鯨魚報告" * 400
    Store(engine).ingest([make_article(url=url, body=f"今天{passage}。", in_language="zh")])
    try:
        assert [hit.url for hit in search(engine, passage)] == [url]
        assert [search(engine, word) for word in ("x" * 3_000, "x" * 3_000 + "*", "é" * 3_000)] == [
            [],
            [],
            [],
        ]
    finally:
        Store(engine).ingest([make_article(url=url, body="Nothing to see.", day=2)])


@pytest.mark.parametrize("bad", ["\0", "caf\udce9"])
@pytest.mark.parametrize("name", ["site", "language", "origin", "author"])
def test_what_no_database_can_hold_finds_nothing(engine: Engine, name: str, bad: str) -> None:
    """A command line in another encoding gives lone surrogates, an address in a browser NUL."""
    assert search(engine, "", searching.filters(**{name: bad})) == []  # type: ignore[arg-type]
    if name == "site":
        assert lineage.origins(engine, site=bad) == []
        assert hidden.entries(engine, states=()) == []  # nor does an empty list


def test_an_order_that_does_not_exist_is_named(engine: Engine) -> None:
    with pytest.raises(UsageError, match="rank or date"):
        search(engine, "fox", paging=Paging("size"))


words = st.sampled_from(
    ["fox", "Café", "台灣", '"red fox"', "hen*", "e-mail", "OR", "AND", "NOT", "-", "(", ")", '"', "*"]
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.one_of(st.lists(words, max_size=9).map(" ".join), st.text(max_size=30)))
@example("0\x00\u0e00")  # an unspaced script with a NUL: FTS5 takes that for the end of its query
def test_any_query_is_answered_or_refused_with_a_word(engine: Engine, query: str) -> None:
    message = "search: "
    try:
        search(engine, query)
    except UsageError as error:
        message = str(error)
    assert message.startswith("search: ")


def test_deep_and_long_queries_are_refused() -> None:
    for query in ("(" * 5000, "a " * 5000, "-" * 3000 + "a"):
        with pytest.raises(UsageError):
            parse(query)


@pytest.mark.parametrize(
    ("query", "sqlite", "postgresql"),
    [
        ("fox", '"fox"', "'fox'"),
        ("Don't", '"don t"', "'don' <-> 't'"),
        ("red fox", '("red") AND ("fox")', "('red') & ('fox')"),
        ("a OR b c", '("a") OR (("b") AND ("c"))', "('a') | (('b') & ('c'))"),
        ("(a OR b) -c*", '(("a") OR ("b")) NOT ("c" *)', "(('a') | ('b')) & !('c':*)"),
        ('"red fox*"', '"red fox"', "'red' <-> 'fox'"),
        ('"red fox"*', '"red fox" *', "'red' <-> 'fox':*"),
    ],
)
def test_a_tree_is_spelled_for_each_database(query: str, sqlite: str, postgresql: str) -> None:
    tree = parse(query)
    assert (fts5(tree), tsquery(tree)) == (sqlite, postgresql)


def test_runs_of_a_script_without_spaces_are_strings() -> None:
    tree: Node = parse("台灣 fox")
    assert has_run(tree)
    assert [type(leaf).__name__ for leaf in positive(tree)] == ["Run", "Words"]
    assert is_unspaced("ประเทศไทย")
    assert not is_unspaced("Ελλάδα")


def test_a_snippet_of_a_long_text_with_the_word_on_each_line_is_cut_at_once() -> None:
    """Each place was compared with each other: 16,000 took 20 s."""
    shown = snippet(
        "war and peace\n" * 20_000 + "war, war, war", positive(parse("war")), Marks("<", ">"), width=40
    )
    assert shown.endswith("<war>, <war>, <war>")


def test_a_snippet_shows_the_place_with_most_of_the_query() -> None:
    text = "Nothing here about it. " * 30 + "A red fox met a red hen. " + "More of the rest follows. " * 30
    shown = snippet(text, positive(parse("red fox")), Marks("<", ">"), width=80)
    assert "<red> <fox>" in shown.replace(">  <", "> <")
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert snippet("Short text.\n\nTwo lines.", [], width=80) == "Short text. Two lines."


@given(st.text(max_size=300), st.sampled_from(["fox", "a", '"a b"', "a*", "台"]))
def test_a_snippet_is_a_piece_of_the_text(text: str, query: str) -> None:
    shown = snippet(text, positive(parse(query)), Marks("", ""), width=50)
    assert " ".join(shown.strip("…").split()) in " ".join(text.split()) or "…" in text


@given(st.text(max_size=100))
def test_tokens_stand_in_the_text(text: str) -> None:
    for token in tokenise(text):
        assert fold(text[token.start : token.end]) == token.text
    assert words_of(text) == [token.text for token in tokenise(text)]


@pytest.mark.parametrize(
    ("headline", "body", "document"),
    [
        ("On ships", "Ships sink", "'on':1A 'ships':2A,4 'sink':5"),
        ("", "Café café", "'cafe':1,2"),
        ("", f"{'x' * 256} y", "'y':2"),
        ("", "a " * 20_000, f"'a':{','.join(map(str, range(1, 256)))}"),
        ("", "a " * 16_382 + "b b", f"'a':{','.join(map(str, range(1, 256)))} 'b':16383,16383"),
        ("a " * 20_000, "b", f"'a':{','.join(f'{at}A' for at in range(1, 256))} 'b':16383"),
    ],
    ids=["weights", "folded", "a long word", "positions of a word", "positions beyond the last", "a long headline"],
)  # fmt: skip
def test_the_index_of_postgresql_is_given_words_with_their_positions(
    headline: str, body: str, document: str
) -> None:
    assert fulltext.document(headline, body) == document


def test_words_beyond_the_bytes_of_a_document_are_left_out() -> None:
    words = [f"w{number}" for number in range(60_000)]
    document = fulltext.document("", " ".join(words))
    last = len(document.split()) - 1
    assert document.endswith(f"'w{last}':16383")
    assert 900_000 <= sum(10 + 4 * len(word) for word in words[: last + 1]) < 900_000 + 50


def test_of_very_many_matches_the_newest_are_ranked(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    every = names(engine, "the")
    monkeypatch.setattr(searching, "MAX_RANKED", 2)
    ids = [article["id"] for article in CASES["articles"]]
    assert set(names(engine, "the", Paging(limit=2))) == set(sorted(every, key=ids.index)[-2:])
    paged = [
        name for page in range(len(every)) for name in names(engine, "the", Paging(limit=1, offset=page))
    ]
    assert sorted(paged) == sorted(every)  # who pages on sees each of them once
    assert paged == names(engine, "the", Paging(limit=len(ids)))
    assert names(engine, "the", Paging(limit=2), site="other.example") == ["xi-in-english"]


@pytest.mark.parametrize("case", CASES["queries"], ids=lambda case: case["label"])
def test_the_matches_of_a_query_are_spread_as_they_are(engine: Engine, case: dict[str, Any]) -> None:
    wanted = searching.filters(**case.get("filters", {}))
    found = search(engine, case["query"], wanted, Paging(limit=1000))
    spread = facets(engine, case["query"], wanted)
    assert (spread.total, spread.are_whole) == (len(found), True)
    assert spread.sites == dict(Counter(hit.site for hit in found).most_common())
    for counts, values in (
        (spread.origins, [hit.origin for hit in found if hit.origin]),
        (spread.languages, [hit.in_language for hit in found if hit.in_language]),
        (spread.months, [f"{hit.date_published:%Y-%m}" for hit in found if hit.date_published]),
    ):
        assert counts == Counter(values)
    assert list(spread.months) == sorted(spread.months)
    for copies, number in spread.copies.items():
        assert number == count(engine, case["query"], searching.filters(**wanted_as(case), copies=copies))


def wanted_as(case: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in case.get("filters", {}).items() if name != "copies"}


@pytest.mark.parametrize("case", CASES["queries"], ids=lambda case: case["label"])
def test_few_and_many_matches_come_in_the_same_order_of_dates(
    engine: Engine, case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = searching.filters(**case.get("filters", {}))
    few = search(engine, case["query"], wanted, Paging("date", 1000))
    monkeypatch.setattr(searching, "MAX_SORTED", 1)
    assert search(engine, case["query"], wanted, Paging("date", 1000)) == few


def test_what_a_phrase_matches_is_not_counted_beyond_the_bound(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = facets(engine, '"the ferry" OR fox')
    assert exact.is_exact
    assert exact.total > 1
    monkeypatch.setattr(statistics, "MAX_COUNTED", 1)
    bound = facets(engine, '"the ferry" OR fox')
    assert (bound.total, bound.is_exact, bound.are_whole) == (1, False, False)
    assert facets(engine, "ferry OR fox").is_exact


@pytest.mark.parametrize("query", ["", "fox"])
def test_of_many_matches_the_newest_are_spread(
    engine: Engine, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "MAX_COUNTED", 1)
    spread = facets(engine, query)
    assert spread.total > 1
    assert sum(spread.sites.values()) == 1
    assert not spread.are_whole
