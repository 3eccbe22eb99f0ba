"""Taking down: what is withheld is nowhere in the tables, nothing brings it back, and it comes back as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Connection, Engine, Integer, LargeBinary, select, type_coerce, update

from newsarchive import Archive, rules
from newsarchive.compression import compress, decompress
from newsarchive.core.near_duplicates.fingerprint import fingerprint_step
from newsarchive.core.urls import url_key
from newsarchive.db import copying
from newsarchive.db.engine import open_engine, reading, writing
from newsarchive.db.frontier import source_texts
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.models import ArticleRow, Base, Revision, SealedText
from newsarchive.db.models.base import Compressed, CompressedJson, UTCDateTime
from newsarchive.db.near_duplicates.rebuild import recluster, recluster_range
from newsarchive.db.reading.hidden import entries
from newsarchive.db.schema import upgrade
from newsarchive.db.writing import erase, sealed
from newsarchive.db.writing.store import Outcome, Store
from newsarchive.db.writing.withhold import Demand, lift, lift_due, withhold
from newsarchive.exceptions import DamagedText, NoSuchArticle, UsageError, Withheld
from newsarchive.items import Article, Author, Block, Link, SourceText
from tests.support.storage import START, make_article, rich_article, url_of

#: A word that stands in the withheld article alone, in its text, its headline, its dropped lines and its feed.
SECRET = "Xanthippe"
STORY = "\n\n".join(
    f"{SECRET} said on day {day} that the ferry from the northern harbour would sail at {day} o'clock with coal and tea."
    for day in range(1, 12)
)
RULES = rules.default()
DEMAND = Demand("the family asks")


def secret_article(day: int = 0, body: str = STORY, **fields: Any) -> Article:
    """An article with something in every table, whose every text has the secret word."""
    rich = rich_article()
    dropped = tuple(
        replace(block, text=f"{SECRET} {block.text}") for block in rich.blocks if block.label != "body"
    )
    plain = make_article(9, body=body, day=day)
    blocks = (*dropped, *plain.blocks)
    made = make_article(
        9, day=day, blocks=blocks, headline=f"{SECRET} and the ferry", description=f"What {SECRET} did",
        authors=(Author(f"{SECRET} Jones"),), keywords=(SECRET,), edits=rich.edits, article_section=f"{SECRET} news",
        origin=replace(rich.origin, as_printed=f"for {SECRET}") if rich.origin else None, image=rich.image,
        article_html=f"<p>{SECRET}</p>", page=f"{body}{day}".encode(), **fields,
    )  # fmt: skip
    return fingerprint_step(made, RULES)


@pytest.fixture
def archive(engine: Engine) -> Engine:
    """An article with two versions, its copy on another blog, and another article of its site; its feed has its text too."""
    store = Store(engine, lambda: START + timedelta(days=9))
    frontier = Frontier(engine, lambda: START)
    site, run = frontier.open_site("https://blog.example/"), store.start_run("news", {})
    text = SourceText("feed", f"<p>{SECRET}</p>", title=SECRET)
    frontier.discover(site, run, [Link("https://blog.example/post-9", "feed", text=text)])
    copy = make_article(3, url="https://copy.example/3", body=STORY, headline="Of a copy")
    store.ingest([secret_article(), fingerprint_step(copy, RULES), make_article(1)], run)
    store.ingest([secret_article(1, STORY + f"\n\nAnd {SECRET} went home.")], run)
    return engine


def dump(engine: Engine, without: tuple[str, ...] = ("withholdings",)) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, as it is stored."""
    found = {}
    with reading(engine) as connection:
        for table in Base.metadata.sorted_tables:
            columns = [
                type_coerce(c, LargeBinary) if isinstance(c.type, Compressed | CompressedJson) else c
                for c in table.c
            ]
            rows = connection.execute(select(*columns).order_by(*table.primary_key.columns))
            if table.name not in without:
                found[table.name] = [tuple(row) for row in rows]
        if engine.dialect.name == "postgresql":
            words = connection.exec_driver_sql(
                "SELECT article_id, document::text FROM article_search ORDER BY 1"
            )
            found["words"] = [tuple(row) for row in words]
    return found


def places_of(engine: Engine, word: str, but: tuple[str, ...] = ("sealed_texts",)) -> set[str]:
    """The tables in which a word stands, in plain or packed, of rows that are not those of the copy."""
    found = set()
    for name, rows in dump(engine, but).items():
        for row in rows:
            if name == "articles" and row[1] == "https://copy.example/3":
                continue
            if any(word.lower() in plain(value).lower() for value in row):
                found.add(name)
    return found


def plain(value: object) -> str:
    if isinstance(value, bytes):
        try:
            return decompress(value).decode("utf-8", "replace")
        except Exception:
            return value.decode("utf-8", "replace")
    return str(value)


@pytest.mark.slow
def test_a_withheld_text_is_in_no_table_and_comes_back_byte_for_byte(archive: Engine) -> None:
    before = dump(archive)
    assert places_of(archive, SECRET) >= {"articles", "article_revisions", "lines", "source_texts", "authors"}
    (entry,) = withhold(archive, [1], DEMAND)
    assert [version.version for version in entry.versions] == [1, 2]
    # The copy has its own row of the index on PostgreSQL.
    assert places_of(archive, SECRET) <= {"words", "copies"}
    lift(archive, [1])
    assert dump(archive) == before


def test_a_column_that_can_hold_a_text_is_emptied_or_holds_no_words_of_the_article() -> None:
    addresses = {"url", "url_key", "canonical_url", "canonical_key", "post_id"}
    sources = {
        "date_published_source",
        "date_modified_source",
        "in_language",
        "in_language_source",
        "publisher",
    }
    stays = (
        addresses
        | sources
        | {"quality", "content_hash", "record_hash", "minhash", "change_kind", "payload_digest"}
    )
    for table, emptied in ((ArticleRow, sealed._EMPTY_ARTICLE), (Revision, sealed._EMPTY_VERSION)):
        texts = {
            column.name
            for column in table.__table__.columns
            if not isinstance(column.type, Boolean | Integer | UTCDateTime)
        }
        assert texts - stays == set(emptied), (
            f"a new column of {table.__tablename__}: give it `info={{WITHHELD: …}}`, or name it here"
        )


@pytest.mark.slow
def test_a_reader_who_names_it_is_told_why(archive: Engine) -> None:
    withhold(
        archive, ["https://blog.example/post-9"], Demand("a court order", until=START + timedelta(days=3650))
    )
    with Archive(url_of(archive)) as open_:
        for which in (1, "https://blog.example/post-9"):
            with pytest.raises(Withheld, match=r"withheld since .* until 2035-03-30: a court order"):
                open_.get(which)
        with pytest.raises(Withheld):
            open_.revisions(1)
        with pytest.raises(Withheld):
            open_.trace(1)
        assert [hit.id for hit in open_.search(SECRET)] == [2]
        assert [hit.id for hit in open_.search(SECRET, hidden=True)] == [2]
        assert [article.id for article in open_.articles(hidden=True)] == [2, 3]
        assert [copy.id for copy in open_.copies(2, hidden=True)] == [2]
        assert (open_.stats().articles, open_.stats().withheld) == (2, 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "again",
    [
        secret_article(2),
        secret_article(3, "A new text of the same page, which nobody has seen before."),
        replace(secret_article(2), url="https://blog.example/another-address"),
        replace(secret_article(2, "Another text."), url="https://blog.example/x", canonical_url="https://blog.example/post-9"),
    ],
    ids=["the same text", "a new text", "another address", "its canonical address"],
)  # fmt: skip
def test_no_crawl_brings_it_back(archive: Engine, again: Article) -> None:
    withhold(archive, [1], DEMAND)
    store = Store(archive, lambda: START + timedelta(days=12))
    assert store.ingest([make_article(8), again]) == [Outcome.NEW, Outcome.WITHHELD]
    assert store.ingest([again], reread=True) == [Outcome.WITHHELD]
    assert [one.outcome for one in store.reread([again], dry_run=True)] == [Outcome.WITHHELD]
    assert places_of(archive, SECRET) <= {"authors", "terms", "words", "copies"}
    known = Frontier(archive).known([again.url])
    assert all(
        one.rests(START + timedelta(days=9999), START + timedelta(days=9000)) for one in known.values()
    )


@pytest.mark.parametrize("claim", ["https://blog.example/victim", "https://blog.example/post-9"])
def test_a_page_does_not_take_another_down_with_itself(engine: Engine, claim: str) -> None:
    """A withheld page claimed the address of another post as its own, or the platform's id and the day of that post."""
    store = Store(engine, lambda: START + timedelta(days=9))
    ill = replace(secret_article(), canonical_url=claim, post_id="wordpress:12")
    other = make_article(
        5, url="https://blog.example/victim", body="The council met on Monday. " * 9, headline="The council"
    )
    other = replace(fingerprint_step(other, RULES), post_id="wordpress:12", date_published=ill.date_published)
    assert store.ingest([ill]) == [Outcome.NEW]
    withhold(engine, [1], DEMAND)
    assert store.ingest([other]) == [Outcome.NEW]
    alike = replace(
        secret_article(2, STORY + " It left at noon."),
        url="https://blog.example/moved",
        post_id="wordpress:12",
    )
    assert store.ingest([alike]) == [Outcome.WITHHELD]


@pytest.mark.parametrize("is_erased", [False, True])
def test_a_new_address_does_not_bring_back_what_has_no_text_to_compare(
    engine: Engine, is_erased: bool
) -> None:
    """A site gave its posts other addresses and changed a word; the withheld text is erased, or too short."""
    store = Store(engine, lambda: START + timedelta(days=9))
    body = STORY if is_erased else "The ferry left at noon."
    old = replace(secret_article(1, body), post_id="wordpress:12")
    assert store.ingest([old]) == [Outcome.NEW]
    withhold(engine, [1], DEMAND)
    if is_erased:
        erase.begin(engine, [1], DEMAND)
    moved = replace(
        secret_article(2, body + " It came back at one."),
        url="https://blog.example/moved",
        post_id="wordpress:12",
    )
    assert store.ingest([moved]) == [Outcome.WITHHELD]


@pytest.mark.slow
def test_a_feed_does_not_bring_its_text_back(archive: Engine) -> None:
    withhold(archive, [1], DEMAND)
    frontier, text = (
        Frontier(archive, lambda: START + timedelta(days=12)),
        SourceText("feed", f"<p>{SECRET}</p>", is_full=True),
    )
    run = Store(archive).start_run("news", {})
    frontier.discover(1, run, [Link("https://blog.example/post-9", "feed", text=text)])
    with reading(archive) as connection:
        assert source_texts.of(connection, "https://blog.example/post-9") is None


@pytest.mark.slow
@pytest.mark.parametrize("take_down", [withhold, erase.begin])
def test_a_line_of_several_articles_goes_with_the_last_of_them(
    archive: Engine, take_down: Callable[..., Any]
) -> None:
    """All rows of left-out lines are read once, after the last article: three seconds where there are 300,000 articles."""
    shared = Block("A line of two articles alone", label="promo", rule="phrase")
    two = [replace(make_article(number, body=f"Story {number}."), blocks=(shared,)) for number in (50, 51)]
    Store(archive).ingest(two)
    ids = [one.url for one in two]
    take_down(archive, ids[:1], Demand("why"))
    assert "lines" in places_of(archive, "two articles alone")
    take_down(archive, ids, Demand("why"))
    assert "lines" not in places_of(archive, "two articles alone")
    if take_down is withhold:
        lift(archive, ids[1:])
        assert "lines" in places_of(archive, "two articles alone")


@pytest.mark.slow
def test_copies_stay_unless_they_are_asked_for(archive: Engine) -> None:
    assert [one.url for one in withhold(archive, [1], DEMAND)] == ["https://blog.example/post-9"]
    assert [one.article_id for one in withhold(archive, [1], Demand("the family asks", copies=True))] == [
        1,
        2,
    ]
    assert {entry.article_id for entry in entries(archive, ("withheld",))} == {1, 2}
    assert len(entries(archive)) == 2  # the first keeps its entry


@pytest.mark.slow
def test_an_author_of_other_articles_stays_while_one_is_withheld(archive: Engine) -> None:
    other = make_article(77, authors=(Author(f"{SECRET} Jones"),))
    Store(archive, lambda: START + timedelta(days=12)).ingest([fingerprint_step(other, RULES)])
    withhold(archive, [1], DEMAND)
    with Archive(url_of(archive)) as open_:
        assert open_.get(other.url).authors == other.authors


@pytest.mark.slow
def test_an_id_of_an_author_that_was_given_again_comes_back_with_another(archive: Engine) -> None:
    withhold(archive, [1], DEMAND)
    others = [make_article(77 + n, authors=(Author(f"New {n}"),)) for n in range(3)]
    Store(archive, lambda: START + timedelta(days=12)).ingest(
        [fingerprint_step(one, RULES) for one in others]
    )
    lift(archive, [1])
    with Archive(url_of(archive)) as open_:
        assert open_.get(1).authors == (Author(f"{SECRET} Jones"),)
        assert [open_.get(one.url).authors for one in others] == [one.authors for one in others]


def test_an_article_that_is_named_twice_is_shown_again_once(archive: Engine) -> None:
    withhold(archive, [1, 1], DEMAND)
    assert len(lift(archive, [1, "https://blog.example/post-9"])) == 1


@pytest.mark.slow
def test_a_reason_is_one_line_of_the_register(archive: Engine) -> None:
    """The register is printed as a line an entry, with tabs between its columns."""
    (entry,) = withhold(archive, [1], Demand(" two\nlines\ta\x1b[31m\ud800tab\0 ", "\r\nthe\u2028court"))
    assert (entry.reason, entry.decided_by) == ("two lines a [31m\ufffdtab", "the court")
    with pytest.raises(UsageError, match="--reason is empty"):
        Demand("\n\t\x00")


@pytest.mark.slow
def test_it_is_shown_again_when_its_day_has_come(archive: Engine) -> None:
    until = START + timedelta(days=20)
    withhold(archive, [1], Demand("until the trial", until=until, at=START + timedelta(days=10)))
    assert lift_due(archive, until - timedelta(seconds=1)) == []
    Store(archive, lambda: until).start_run("news", {})  # a crawl begins
    (entry,) = entries(archive)
    assert (entry.state, entry.ended_at) == ("lifted", until)
    with Archive(url_of(archive)) as open_:
        assert SECRET in open_.get(1).article_body


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer",
    [
        lambda frontier, url: frontier.failed(url, "timeout"),
        lambda frontier, url: frontier.missing(url, "http 410", final=True),
        lambda frontier, url: frontier.settle(url, "skipped", "index page"),
        lambda frontier, url: frontier.unchanged(url),
        lambda frontier, url: frontier.vanished({url_key(url): [(START + timedelta(days=900), 410)]}),
    ],
    ids=["failed", "gone", "refused", "unchanged", "gone by a file"],
)
def test_an_answer_to_what_a_crawl_asked_before_does_not_let_the_next_one_ask_again(
    archive: Engine, answer: Callable[[Frontier, str], Any]
) -> None:
    url, frontier = "https://blog.example/post-9", Frontier(archive, lambda: START + timedelta(days=12))
    withhold(archive, [1], DEMAND)
    answer(frontier, url)
    assert frontier.withheld([url]) == {url_key(url)}


def test_an_end_that_is_put_off_while_a_crawl_begins_counts(
    archive: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    until, later = START + timedelta(days=20), START + timedelta(days=40)
    withhold(archive, [1], Demand("until the trial", until=until, at=START))

    @contextmanager
    def put_off_before(engine: Engine) -> Iterator[Connection]:
        """The transaction of the crawl waits for that of a person."""
        monkeypatch.undo()
        withhold(engine, [1], Demand("the trial is put off", until=later, at=START))
        with writing(engine) as connection:
            yield connection

    monkeypatch.setattr("newsarchive.db.writing.withhold.writing", put_off_before)
    assert lift_due(archive, until) == []
    assert [entry.until for entry in entries(archive, ("withheld",))] == [later]


@pytest.mark.slow
@pytest.mark.parametrize("payload", [b"", b"\x28\xb5\x2f\xfdcut", compress(b"[]"), compress(b"{}")])
def test_a_sealed_text_that_cannot_be_unpacked_stops_no_crawl_and_no_other_article(
    archive: Engine, payload: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    until = START + timedelta(days=20)
    taken = withhold(archive, [1, 2], Demand("until the trial", until=until, at=START + timedelta(days=10)))
    with writing(archive) as connection:
        bad = SealedText.withholding_id == taken[0].id
        connection.execute(update(SealedText).where(bad).values(payload=payload))
    for _ in range(2):  # each crawl tries again
        assert Store(archive, lambda: until).start_run("news", {}) > 0
    assert sorted(entry.state for entry in entries(archive)) == ["lifted", "withheld"]
    assert "article 1 stays withheld although its day has come: " in caplog.text
    with pytest.raises(DamagedText, match="restore the database from a backup"):
        lift(archive, [1])


@pytest.mark.slow
def test_copies_that_came_meanwhile_are_found_when_it_is_shown_again(archive: Engine) -> None:
    withhold(archive, [1, 2], DEMAND)
    late = fingerprint_step(make_article(5, url="https://late.example/5", body=STORY, headline="Late"), RULES)
    Store(archive, lambda: START + timedelta(days=12)).ingest([late])
    lift(archive, [1, 2])
    with Archive(url_of(archive)) as open_:
        assert {copy.id for copy in open_.copies(1)} == {1, 2, 4}


@pytest.mark.slow
@pytest.mark.parametrize("take_down", [withhold, erase.begin])
def test_a_damaged_change_of_a_field_keeps_no_article_from_being_taken_down(
    archive: Engine, take_down: Callable[..., Any]
) -> None:
    with writing(archive) as connection:
        connection.exec_driver_sql("INSERT INTO field_changes (article_id, version, change_kind, extractor_version, seen_at, field, value_before, value_after) VALUES (1, 2, 'publisher', 1, '2025-04-02 00:00:00+00:00', 'keywords', 'null', '[\"b\"]')")  # fmt: skip
    take_down(archive, [1], DEMAND)
    with Archive(url_of(archive)) as open_, pytest.raises(Withheld):
        open_.get(1)


@pytest.mark.slow
@pytest.mark.parametrize("then", [erase.begin, lambda archive, which, demand: lift(archive, which)])
def test_a_damaged_signature_keeps_no_article_from_being_erased_or_shown_again(
    archive: Engine, then: Callable[..., object]
) -> None:
    withhold(archive, [1], DEMAND)
    with writing(archive) as connection:
        connection.execute(update(ArticleRow).where(ArticleRow.id == 1).values(minhash=b"cut"))
    assert then(archive, [1], DEMAND)


@pytest.mark.slow
@pytest.mark.parametrize(
    "again", [lambda archive: recluster(archive, afresh=True), lambda archive: recluster_range(archive, 1, 9)],
    ids=["all", "a range"],
)  # fmt: skip
def test_finding_copies_anew_leaves_what_is_withheld_as_it_is(
    archive: Engine, again: Callable[[Engine], int]
) -> None:
    def known_by() -> tuple[Any, ...]:
        with reading(archive) as connection:
            row = connection.execute(
                select(ArticleRow.content_hash, ArticleRow.minhash).where(ArticleRow.id == 1)
            )
            return tuple(row.one())

    before = known_by()
    withhold(archive, [1], DEMAND)
    again(archive)
    assert known_by() == before
    lift(archive, [1])
    assert known_by() == before
    with Archive(url_of(archive)) as shown:
        assert {copy.id for copy in shown.copies(1)} == {1, 2}


@pytest.mark.slow
def test_what_else_used_an_id_meanwhile_keeps_it(archive: Engine) -> None:
    """Ids of repairs and changes are given again where the last rows are gone."""
    with writing(archive) as connection:
        connection.exec_driver_sql("INSERT INTO field_changes (article_id, version, change_kind, extractor_version, seen_at, field, value_before, value_after) VALUES (1, 2, 'publisher', 1, '2025-04-02 00:00:00+00:00', 'keywords', '[\"a\"]', '[\"b\"]')")  # fmt: skip
    withhold(archive, [1], DEMAND)
    rich = replace(rich_article(), url="https://blog.example/post-77")
    Store(archive, lambda: START + timedelta(days=12)).ingest([rich])
    lift(archive, [1])
    with Archive(url_of(archive)) as open_:
        assert len(open_.get(1).edits) == len(open_.get("https://blog.example/post-77").edits) > 0
        assert open_.get(1).authors == (Author(f"{SECRET} Jones"),)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e: withhold(e, [1], Demand("  ")), "--reason is empty"),
        (lambda e: withhold(e, [1], Demand("x", until=START)), "2025-04-01 is past"),
        (lambda e: withhold(e, [77], DEMAND), "no article '77'"),
        (lambda e: lift(e, [1]), "article 1 is not withheld"),
    ],
)
def test_bad_input_names_the_remedy(archive: Engine, call: Any, message: str) -> None:
    with pytest.raises((UsageError, NoSuchArticle), match=message):
        call(archive)
    assert entries(archive) == []


@pytest.mark.slow
def test_a_dry_run_writes_nothing(archive: Engine) -> None:
    before = dump(archive, ())
    assert len(withhold(archive, [1], Demand("the family asks", copies=True), dry_run=True)) == 2
    assert dump(archive, ()) == before


@pytest.mark.slow
def test_an_older_copy_of_the_archive_does_not_bring_it_back(archive: Engine, tmp_path: Path) -> None:
    older = open_engine(f"sqlite:///{tmp_path / 'older.db'}")
    upgrade(older)
    copying.copy(archive, older)
    withhold(archive, [1], DEMAND)
    with pytest.raises(UsageError, match=r"1 article that .*older.db still has \(1\)"):
        copying.copy(older, archive)
    newer = open_engine(f"sqlite:///{tmp_path / 'newer.db'}")
    upgrade(newer)
    copying.copy(archive, newer)
    with pytest.raises(NoSuchArticle):
        Archive(tmp_path / "newer.db").get(1)
    lift(newer, [1])  # on the other kind of database
    with Archive(tmp_path / "newer.db") as open_:
        assert SECRET in open_.get(1).article_body
    # Of two archives that withheld it together, the one where it was lifted is the later.
    copying.copy(newer, archive)
    with Archive(url_of(archive)) as open_:
        assert SECRET in open_.get(1).article_body


@pytest.mark.slow
def test_a_copy_that_still_seals_a_text_does_not_bring_back_what_was_erased(
    archive: Engine, tmp_path: Path
) -> None:
    withhold(archive, [1], DEMAND)
    older = open_engine(f"sqlite:///{tmp_path / 'older.db'}")
    upgrade(older)
    copying.copy(archive, older)
    erase.begin(archive, [1], DEMAND)
    with pytest.raises(UsageError, match=r"has erased 1 article that .*older.db still has \(1\)"):
        copying.copy(older, archive)
    copying.copy(archive, older)
    assert [entry.state for entry in entries(older)] == ["erasing"]
