"""What each copy did to the fullest of its cluster, stored as the cluster grows, shrinks and splits; and originals."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, func, select, update

from newsarchive.cli import cli
from newsarchive.core.near_duplicates.clustering import fullest_of, text_of
from newsarchive.db.engine import reading, writing
from newsarchive.db.models import ArticleOrigin, ArticleRow, CopyRow
from newsarchive.db.near_duplicates import copies, rebuild
from newsarchive.db.reading import articles, lineage
from newsarchive.db.writing.store import Store
from newsarchive.items import Article, Origin
from tests.db.test_clusters import post, story
from tests.support.storage import START, url_of

pytestmark = pytest.mark.slow  # stores and compares many articles on two databases


def sentences(seed: int, count: int = 16) -> list[str]:
    return [" ".join(story(seed * 100 + i, 10)).capitalize() + "." for i in range(count)]


def rows(engine: Engine) -> dict[int, dict[str, Any]]:
    """The stored rows by post number, the fullest by its number too."""
    with reading(engine) as connection:
        number = {
            i: int(headline.split()[1])
            for i, headline in connection.execute(select(ArticleRow.id, ArticleRow.headline))
        }
        found = [dict(r._mapping) for r in connection.execute(select(CopyRow.__table__))]
    return {number[r.pop("article_id")]: r | {"fullest_id": number[r["fullest_id"]]} for r in found}


def test_counts_and_kinds_are_stored(engine: Engine) -> None:
    full = sentences(1)
    edited = [*full[:3], full[3].replace(".", " indeed."), *full[4:15], "All of this is ours."]
    Store(engine).ingest([post(1, full), post(2, edited), post(3, full[:6]), post(4, full)])
    found = rows(engine)
    assert {n: (r["kind"], r["kept"], r["added"], r["cut"], r["altered"]) for n, r in found.items()} == {
        1: ("fullest", 16, 0, 0, 0),
        2: ("edited", 14, 1, 1, 1),
        3: ("truncated", 6, 0, 10, 0),
        4: ("exact", 16, 0, 0, 0),
    }
    assert {r["fullest_id"] for r in found.values()} == {1}
    assert found[4]["similarity"] == 1 > found[2]["similarity"] > found[3]["similarity"] > 0


def test_a_fuller_copy_that_comes_later_is_what_all_are_measured_by(engine: Engine) -> None:
    full = sentences(1)
    Store(engine).ingest([post(1, full[:8]), post(2, full[:8])])
    assert rows(engine)[2]["kind"] == "exact"
    Store(engine).ingest([post(3, full)])
    found = rows(engine)
    assert {n: (r["kind"], r["cut"], r["fullest_id"]) for n, r in found.items()} == {
        1: ("truncated", 8, 3),
        2: ("truncated", 8, 3),
        3: ("fullest", 0, 3),
    }
    Store(engine).ingest([post(3, sentences(9), day=1)])  # it becomes another story
    assert {n: r["kind"] for n, r in rows(engine).items()} == {1: "fullest", 2: "exact"}


def test_the_rows_are_what_a_fresh_look_would_say(engine: Engine) -> None:
    """Articles come, change and go in any order; the rows are compared with a description of each cluster."""
    draw = random.Random(11)
    stories = [sentences(n) for n in (1, 2)]
    for day in range(12):
        batch = []
        for number in draw.sample(range(9), 3):
            text = draw.choice(stories)
            cut = text[: draw.choice((9, 13, 16))]
            batch.append(post(number, [draw.choice(cut), *cut][draw.randrange(2) :], day=day))
        Store(engine).ingest(batch)
        _compare_with_a_fresh_look(engine)
    assert len(rows(engine)) > 4


def _compare_with_a_fresh_look(engine: Engine) -> None:
    with reading(engine) as connection:
        columns = (ArticleRow.cluster_id, ArticleRow.id, ArticleRow.content_hash, ArticleRow.date_published)
        clusters: dict[int, list[Any]] = {}
        for cluster_id, i, content_hash, date in connection.execute(select(*columns)):
            body = copies.bodies(connection, [i])[i]
            if cluster_id is not None:
                clusters.setdefault(cluster_id, []).append((text_of(i, body, date, content_hash), body))
        stored = {r.article_id: dict(r._mapping) for r in connection.execute(select(CopyRow.__table__))}
    expected = {}
    for members in clusters.values():
        bodies = {text.id: body for text, body in members}
        full = fullest_of(text for text, _ in members).id
        of = {text.id: text for text, _ in members}
        for i, text in of.items():
            expected[i] = copies.row_of(text, of[full], bodies) | {"article_id": i, "fullest_id": full}
        expected[full]["kind"] = "fullest"
    assert stored == expected


def test_a_huge_cluster_compares_newcomers_alone(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "MAX_FULLEST_CANDIDATES", 10)
    error = sentences(4, 6)
    Store(engine).ingest([post(n, error) for n in range(12)])
    looked: list[int] = []
    made = copies.row_of
    monkeypatch.setattr(copies, "row_of", lambda *args: looked.append(args[0].id) or made(*args))
    Store(engine).ingest([post(20, [*error, error[0].replace(".", " again.")])])
    assert len(looked) == 1
    assert rows(engine)[20]["kind"] == "edited"
    assert len(rows(engine)) == 13


def credited(number: int, url: str, **fields: Any) -> Article:
    origin = Origin("The Paper", "paper.example", url=url, confidence=0.9)
    return post(number, story(number), origin=origin, **fields)


ORIGINAL = "https://paper.example/2025/04/harbour"
SPELT = "http://www.paper.example/2025/04/harbour/?utm_source=feed"


@pytest.mark.parametrize("first", ["original", "copy"])
def test_an_original_in_the_archive_is_linked_whichever_came_first(engine: Engine, first: str) -> None:
    original = post(1, story(1), url=ORIGINAL, day=0)
    copy = credited(2, SPELT)
    batches = [[original], [copy]] if first == "original" else [[copy], [original]]
    for batch in batches:
        Store(engine).ingest(batch)
    stored = articles.get(engine, copy.url)
    assert (stored.original_url, stored.original_id) == (ORIGINAL, articles.get(engine, ORIGINAL).id)
    url = url_of(engine)
    for command in ("show", "trace"):
        out = CliRunner().invoke(cli, [command, copy.url, "--db", url], env={"COLUMNS": "200"}).stdout
        assert f"The original is in the archive: {ORIGINAL}" in out


def test_a_credit_that_names_one_publisher_and_links_to_another_has_no_original(engine: Engine) -> None:
    other = post(1, story(1), url="https://victim.example/harbour", day=0)
    Store(engine).ingest([other, credited(2, other.url)])
    for command in ("show", "trace"):
        out = CliRunner().invoke(cli, [command, "2", "--db", url_of(engine)], env={"COLUMNS": "200"}).stdout
        assert "The original is in the archive" not in out
        assert f"links to a page of another site, which is in the archive: {other.url}" in out


def test_the_delay_of_a_republisher_is_counted_from_the_linked_original(engine: Engine) -> None:
    """Texts that differ, so that no cluster knows; and a credit that prints a day alone."""
    late = credited(2, ORIGINAL, date_published=START + timedelta(hours=7))
    undated = replace(late, origin=replace(late.origin, date=START - timedelta(days=2)))
    Store(engine).ingest([post(1, story(1), url=ORIGINAL), undated])
    [row] = lineage.origins(engine)
    assert (row.site, row.origin, row.delay_hours) == ("blog2.example", "The Paper", 7.0)


def test_the_delay_is_counted_from_a_copy_under_the_name_that_is_credited(engine: Engine) -> None:
    """The credit gives no link, and no list knows the domain of the paper."""
    paper = post(1, story(1), url=ORIGINAL, publisher="Harbour Gazette", date_published=START)
    later = {"origin": Origin("The Harbour Gazette", confidence=0.9), "publisher": "Harbour Gazette"}
    copy = post(2, story(1), date_published=START + timedelta(hours=5), **later)
    other = post(3, story(3), publisher="Harbour Gazette", date_published=START - timedelta(days=1))
    Store(engine).ingest([paper, copy, other])
    [row] = lineage.origins(engine)
    assert (row.site, row.delay_hours) == ("blog2.example", 5.0)


NAMED = {
    "with and without a domain": ([("Gazette", "gazette.example"), ("The Gazette", ""), ("Gazette", "")], [("Gazette", "gazette.example", 3)]),
    "two papers of one name": (
        [("Tribune", "tribune.example"), ("Tribune", "tribune.test"), ("Tribune", "")],
        [("Tribune", "", 1), ("Tribune", "tribune.example", 1), ("Tribune", "tribune.test", 1)],
    ),
    "no domain is known": ([("Gazette", ""), ("Gazette", "")], [("Gazette", "", 2)]),
}  # fmt: skip


@pytest.mark.parametrize(("credits", "counted"), NAMED.values(), ids=NAMED)
def test_a_publisher_is_counted_once(
    engine: Engine, credits: list[tuple[str, str]], counted: list[tuple[str, str, int]]
) -> None:
    made = [
        post(number, story(number), url=f"https://blog.example/{number}", origin=Origin(name, domain, confidence=0.9))
        for number, (name, domain) in enumerate(credits)
    ]  # fmt: skip
    Store(engine).ingest(made)
    assert [(row.origin, row.origin_domain, row.articles) for row in lineage.origins(engine)] == counted


def test_an_original_is_found_by_its_canonical_address(engine: Engine) -> None:
    Store(engine).ingest([post(1, story(1), url="https://paper.example/?p=7", canonical_url=ORIGINAL)])
    Store(engine).ingest([credited(2, ORIGINAL)])
    assert articles.get(engine, "https://blog2.example/post").original_url == "https://paper.example/?p=7"


@pytest.mark.parametrize("url", ["", "https://", "https://paper.example/other", "https://blog2.example/post"])
def test_what_is_not_there_or_is_the_article_itself_is_no_original(engine: Engine, url: str) -> None:
    Store(engine).ingest([post(1, story(1), url=ORIGINAL), credited(2, url)])
    assert articles.get(engine, "https://blog2.example/post").original_id is None


def test_the_link_stays_when_the_copy_changes_and_recluster_makes_it_for_old_archives(engine: Engine) -> None:
    Store(engine).ingest([post(1, story(1), url=ORIGINAL), credited(2, ORIGINAL)])
    later = credited(2, ORIGINAL, day=1, headline="Post 2 changed", date_modified=START + timedelta(days=1))
    Store(engine).ingest([later])
    assert articles.get(engine, "https://blog2.example/post").original_url == ORIGINAL
    with writing(engine) as connection:
        connection.execute(update(ArticleOrigin).values(original_key="", original_id=None))
    rebuild.recluster(engine)
    assert articles.get(engine, "https://blog2.example/post").original_url == ORIGINAL
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(CopyRow)).scalar() == 0
