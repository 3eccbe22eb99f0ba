"""The register of another archive is taken over: what it keeps from readers is kept from them here too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from newsarchive import Archive, rules
from newsarchive.core.near_duplicates.fingerprint import fingerprint_step
from newsarchive.db import checks
from newsarchive.db.engine import reading
from newsarchive.db.models import ArticleRow, Revision, Url
from newsarchive.db.reading.articles import citation_of
from newsarchive.db.reading.hidden import entries
from newsarchive.db.writing import erase
from newsarchive.db.writing.store import Outcome, Store
from newsarchive.db.writing.take_over import Taken, take_over
from newsarchive.db.writing.withhold import Demand, lift, withhold
from newsarchive.exceptions import NoSuchArticle, Withheld
from newsarchive.items import Article
from newsarchive.times import utc_now
from tests.support.storage import START, make_article, open_archive, run_on, url_of

DEMAND = Demand("the family asks", "A. Editor")
TEXT = "\n\n".join(
    f"On day {day} the ferry sailed with coal and tea to the northern harbour." for day in range(9)
)


def article(number: int, body: str = "", **fields: object) -> Article:
    return fingerprint_step(make_article(number, body=body or f"{TEXT} {number}", **fields), rules.default())  # type: ignore[arg-type]


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Engine]:
    """Another archive: article 1 is withheld, 2 erased, 3 shown."""
    (tmp_path / "other").mkdir()
    with open_archive("sqlite", tmp_path / "other") as engine:
        Store(engine).ingest([article(1), article(2), article(3)])
        Store(engine).ingest([article(1, f"{TEXT} And more.", day=2)])
        withhold(engine, [1], DEMAND)
        done = erase.begin(engine, [2], DEMAND)
        erase.finish(engine, done, [], erase.url_ids(engine, done))
        yield engine


def taken(engine: Engine, other: Engine) -> dict[str, Taken]:
    return {one.url[-1]: one.taken for one in take_over(engine, other)}


@pytest.mark.slow
def test_what_is_not_here_is_kept_out(engine: Engine, other: Engine) -> None:
    assert taken(engine, other) == {"1": Taken.KEPT_OUT, "2": Taken.KEPT_OUT}
    done = Store(engine).ingest([article(1), article(2), article(3), article(1, f"{TEXT} And more.")])
    assert done == [Outcome.WITHHELD, Outcome.WITHHELD, Outcome.NEW, Outcome.WITHHELD]
    with reading(engine) as connection:
        states = connection.execute(select(Url.url, Url.state).order_by(Url.url)).all()
    assert [state for url, state in states if url[-1] in "12"] == ["skipped", "skipped"]
    with Archive(url_of(engine)) as archive:
        assert [hit.url[-1] for hit in archive.search("ferry")] == ["3"]
        with pytest.raises(Withheld, match=r"withheld since .*: the family asks"):
            archive.get("https://blog.example/post-1")
        with pytest.raises(Withheld, match=r"(?i)erased from the archive on .*: the family asks"):
            archive.get("https://blog.example/post-2")


@pytest.mark.slow
def test_its_texts_are_not_carried_and_a_citation_is_answered(engine: Engine, other: Engine) -> None:
    take_over(engine, other)
    with reading(engine) as connection:
        assert (
            connection.execute(select(ArticleRow.headline, ArticleRow.article_body)).all() == [("", "")] * 2
        )
        assert set(connection.execute(select(Revision.headline)).scalars()) == {""}
    here, there = (citation_of(one, "https://blog.example/post-1", 1) for one in (engine, other))
    assert here == there
    assert [(one.state, one.reason, one.versions) for one in entries(engine)] == [
        (one.state, one.reason, one.versions) for one in entries(other)
    ]
    assert [one.since for one in entries(engine)] == [one.since for one in entries(other)]


@pytest.mark.slow
def test_what_is_here_is_withheld_and_comes_back(engine: Engine, other: Engine) -> None:
    Store(engine).ingest([article(1), article(2)])
    assert taken(engine, other) == {"1": Taken.WITHHELD, "2": Taken.TO_ERASE}
    assert {one.state for one in entries(engine)} == {"withheld"}
    lift(engine, ["https://blog.example/post-1"])
    with Archive(url_of(engine)) as archive:
        assert archive.get("https://blog.example/post-1").article_body == article(1).article_body


@pytest.mark.slow
def test_called_again_it_takes_over_what_is_new_and_keeps_what_was_decided_here(
    engine: Engine, other: Engine
) -> None:
    Store(engine).ingest([article(3)])
    take_over(engine, other)
    lift(engine, ["https://blog.example/post-1"])
    withhold(other, [3], DEMAND)
    assert taken(engine, other) == {"1": Taken.LIFTED, "2": Taken.KNOWN, "3": Taken.WITHHELD}


@pytest.mark.slow
def test_an_end_that_has_come_is_not_taken_over(engine: Engine, other: Engine) -> None:
    begun = utc_now() - timedelta(days=9)
    withhold(other, [3], Demand("court", until=begun + timedelta(days=1), at=begun))
    assert taken(engine, other)["3"] is Taken.OVER


@pytest.mark.slow
def test_lifting_what_is_not_here_lets_it_in(engine: Engine, other: Engine) -> None:
    take_over(engine, other)
    done = run_on(engine, "withhold", "lift", "https://blog.example/post-1")
    assert done.exit_code == 0
    assert "its text is not in this archive: crawl it, or read in" in done.stderr
    with Archive(url_of(engine)) as archive, pytest.raises(NoSuchArticle, match="no article"):
        archive.get("https://blog.example/post-1")
    assert Store(engine).ingest([article(1)]) == [Outcome.NEW]


@pytest.mark.slow
def test_it_can_be_erased_here_too_and_the_archive_is_sound(engine: Engine, other: Engine) -> None:
    take_over(engine, other)
    assert checks.database(engine) == []
    done = erase.begin(engine, ["https://blog.example/post-1"], DEMAND)
    erase.finish(engine, done, [], erase.url_ids(engine, done), START)
    assert {one.state for one in entries(engine)} == {"erased"}


@pytest.mark.slow
def test_the_command_says_what_it_did(engine: Engine, other: Engine) -> None:
    Store(engine).ingest([article(2)])
    words = ("withhold", "import", url_of(other))
    done = run_on(engine, *words, "--dry-run")
    assert done.exit_code == 0
    assert entries(engine) == []
    done = run_on(engine, *words)
    assert done.exit_code == 0
    assert done.stdout.count("the family asks") == 2
    assert "1 withheld; erased there, 1 kept out" in done.stderr
    assert "withhold erase 1 --reason 'the family asks' --yes" in done.stderr
    done = run_on(engine, *words)
    assert (done.stdout, "2 known" in done.stderr) == ("", True)
    done = run_on(engine, "withhold", "import", url_of(engine))
    assert (done.exit_code, "both are the same archive" in done.stderr) == (2, True)
