"""Counting with and without copies: every article, of each story the first, or what is the blog's own alone."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, update

from newsarchive import Archive
from newsarchive.cli import cli
from newsarchive.db import bulk
from newsarchive.db.conditions import Copies
from newsarchive.db.engine import reading, writing
from newsarchive.db.models import ArticleRow, Cluster, Quarantined
from newsarchive.db.reading.statistics import stats
from newsarchive.db.writing.store import Store
from newsarchive.exceptions import UsageError
from newsarchive.items import Origin
from tests.support.storage import START, make_article, open_archive, url_of

PAPER = Origin("The Paper", "paper.example", confidence=0.9)
#: Articles by number: the blog, the story (`None` for none), days from the first crawl to its date (`None` for no date),
#: whether it names another publisher, and whether it waits in quarantine.
ARTICLES: dict[int, tuple[str, int | None, int | None, bool, bool]] = {
    1: ("one.example", None, 0, False, False),  # a post without copies
    2: ("one.example", None, 1, True, False),  # republished, and the only copy here
    3: ("one.example", 7, 3, False, False),  # a later copy that names nobody
    4: ("two.example", 7, 2, False, False),  # the first copy, and its blog's own
    5: ("two.example", 8, 5, True, False),  # the first copy, republished
    6: ("one.example", 8, None, True, False),  # without a date: first crawled on day 6
    7: ("two.example", 9, 1, False, True),  # the first one waits in quarantine
    8: ("one.example", 9, 2, False, False),  # so that this is the first that readers see
    9: ("one.example", 10, 4, False, False),  # two at the same moment: the one stored first
    10: ("two.example", 10, 4, False, False),
}
WANTED = {"all": [1, 2, 3, 4, 5, 6, 8, 9, 10], "first": [1, 2, 4, 5, 8, 9], "none": [1, 4, 8, 9]}


@pytest.fixture
def engine(engine: Engine) -> Engine:
    Store(engine).ingest(
        make_article(
            number,
            url=f"https://{site}/post-{number}",
            body=f"Text of article {number}.\n\nAnd more.",
            date_published=None if day is None else START + timedelta(days=day),
            origin=PAPER if credited else None,
            day=6,
        )
        for number, (site, _, day, credited, _) in ARTICLES.items()
    )
    with writing(engine) as connection:
        stories = {story for _, story, *_ in ARTICLES.values() if story}
        bulk.insert_rows(connection, Cluster, [{"id": i, "created_at": START, "size": 2} for i in stories])
        for number, (_, story, *_, waits) in ARTICLES.items():
            connection.execute(update(ArticleRow).where(ArticleRow.id == number).values(cluster_id=story))
            if waits:
                row = {"article_id": number, "state": "waiting", "reason": "", "since": START}
                bulk.insert_rows(connection, Quarantined, [row])
    return engine


@pytest.mark.parametrize("copies", WANTED)
def test_search_count_articles_views_and_figures_agree(engine: Engine, copies: str) -> None:
    wanted = WANTED[copies]
    with Archive(url_of(engine)) as archive:
        assert [article.id for article in archive.articles(copies=copies)] == wanted
        assert sorted(hit.id for hit in archive.search(copies=copies)) == wanted
        assert sorted(hit.id for hit in archive.search("text", copies=copies)) == wanted
        assert archive.count(copies=copies) == archive.count("text", copies=copies) == len(wanted)
        figures = archive.stats(copies=copies)  # type: ignore[arg-type]
    assert figures.articles == len(wanted) == sum(figures.sites.values()) == sum(figures.languages.values())
    dated = [i for i in wanted if ARTICLES[i][2] is not None]
    assert sum(sum(months.values()) for months in figures.months.values()) == len(dated)
    assert figures.origins.get("The Paper", 0) == sum(ARTICLES[i][3] for i in wanted)
    assert figures.copies == copies
    view = {"all": "current_articles", "first": "first_copies", "none": "own_articles"}[copies]
    with reading(engine) as connection:
        assert [row[0] for row in connection.exec_driver_sql(f"SELECT id FROM {view} ORDER BY id")] == wanted


@pytest.mark.parametrize("copies", WANTED)
def test_every_command_that_narrows_counts_alike(engine: Engine, copies: str, tmp_path: Path) -> None:
    def run(*words: str) -> str:
        done = CliRunner().invoke(cli, [*words, "--copies", copies, "--db", url_of(engine)])
        assert done.exit_code == 0, done.output
        return done.stdout

    assert len(run("search", "--order", "date", "text", "--json").splitlines()) == len(WANTED[copies])
    run("export", str(tmp_path / "articles.csv"))
    exported = list(csv.DictReader(io.StringIO((tmp_path / "articles.csv").read_text("utf-8"))))
    assert sorted(int(row["url"].rpartition("-")[2]) for row in exported) == WANTED[copies]
    figures = json.loads(run("stats", "--json"))
    assert (figures["articles"], figures["copies"]) == (len(WANTED[copies]), copies)
    said = {
        "all": "archive\t",
        "first": "archive (first copies alone)\t",
        "none": "archive (the blogs' own alone)\t",
    }
    assert run("stats").startswith(f"{said[copies]}articles\t{len(WANTED[copies])}\n")


def test_own_and_republished_stand_in_the_place_of_a_publisher(engine: Engine) -> None:
    with Archive(url_of(engine)) as archive:
        assert [one.id for one in archive.articles(origin="republished")] == [2, 5, 6]
        assert [one.id for one in archive.articles(origin="Own")] == [1, 3, 4, 8, 9, 10]
        assert [one.id for one in archive.articles(origin="republished", copies="first")] == [2, 5]


def test_the_first_copy_is_the_same_whatever_else_narrows(engine: Engine) -> None:
    """So counts of sites add up; a story that another blog had first is not counted at this one."""
    with Archive(url_of(engine)) as archive:
        by_site = [archive.count(copies="first", site=site) for site in ("one.example", "two.example")]
        assert by_site == [4, 2]
        assert sum(by_site) == archive.count(copies="first")
        # With `hidden`, the article that waits is seen, and so is the one that comes after it in its story.
        assert archive.count(copies="first", hidden=True) == 7


@pytest.mark.parametrize("wrong", ["last", "FIRST ", 1, True])
def test_another_word_is_refused_with_those_that_there_are(engine: Engine, wrong: object) -> None:
    with Archive(url_of(engine)) as archive, pytest.raises(UsageError, match="all, first, none"):
        archive.count(copies=wrong)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite"])
@given(st.data())
@settings(deadline=None, max_examples=25)
def test_each_story_has_one_first_article(
    kind: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Whatever the dates: all copies have one first, and what is no copy counts by itself."""
    dates = st.one_of(st.none(), st.integers(0, 3).map(lambda day: START + timedelta(days=day)))
    drawn = data.draw(st.lists(st.tuples(st.sampled_from([None, 1, 2, 3]), dates), min_size=1, max_size=12))
    with open_archive(kind, tmp_path_factory.mktemp("stories")) as engine:
        Store(engine).ingest(
            make_article(number, body=f"Text {number}.", date_published=date)
            for number, (_, date) in enumerate(drawn)
        )
        with writing(engine) as connection:
            bulk.insert_rows(connection, Cluster, [{"id": i, "created_at": START} for i in (1, 2, 3)])
            for number, (story, _) in enumerate(drawn, 1):
                connection.execute(update(ArticleRow).where(ArticleRow.id == number).values(cluster_id=story))
        stories = [story for story, _ in drawn]
        alone = stories.count(None)
        assert stats(engine, copies=Copies.FIRST).articles == alone + len({*stories} - {None})
