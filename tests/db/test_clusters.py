"""Clusters of copies in the database: they grow, merge and split from batch to batch, on both databases."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, func, select, update

from newsarchive.core.near_duplicates.fingerprint import fingerprint_step
from newsarchive.db.engine import reading, writing
from newsarchive.db.models import ArticleRow, Cluster, MinhashBand, MinhashPage
from newsarchive.db.near_duplicates import clusters
from newsarchive.db.near_duplicates import index as stored_index
from newsarchive.db.near_duplicates.rebuild import recluster
from newsarchive.db.reading import lineage
from newsarchive.db.writing.store import Store
from newsarchive.items import Article
from newsarchive.rules import default
from tests.support.storage import START, make_article

WORDS = [
    a + b
    for a in ["ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu"]
    for b in ["nar", "ses", "tol", "vip", "rud", "gan", "mek"]
]


def story(seed: int, words: int = 200) -> list[str]:
    return random.Random(seed).choices(WORDS, k=words)


def post(number: int, words: Sequence[str], *, day: int = 0, **fields: Any) -> Article:
    """A post of a site of its own, fingerprinted as the pipeline does."""
    url = fields.pop("url", f"https://blog{number}.example/post")
    article = make_article(number, url=url, body=" ".join(words), day=day, **fields)
    return fingerprint_step(article, default())


def groups(engine: Engine) -> list[list[int]]:
    """The clusters as lists of post numbers; each `clusters.size` is checked on the way."""
    with reading(engine) as connection:
        found: dict[int, list[int]] = {}
        query = select(ArticleRow.cluster_id, ArticleRow.headline).where(ArticleRow.cluster_id.is_not(None))
        for cluster_id, headline in connection.execute(query):
            found.setdefault(cluster_id, []).append(int(headline.split()[1]))
        sizes = {row.id: row.size for row in connection.execute(select(Cluster.id, Cluster.size))}
    assert sizes == {cluster_id: len(posts) for cluster_id, posts in found.items()}
    return sorted(sorted(posts) for posts in found.values())


def altered(words: Sequence[str], every: int) -> list[str]:
    return [f"other{i}" if i % every == 0 else word for i, word in enumerate(words)]


def test_copies_of_other_sites_and_other_runs_are_one_cluster(engine: Engine) -> None:
    a, b = story(1), story(2)
    Store(engine).ingest([post(1, a), post(2, b), post(3, altered(a, 15))])
    assert groups(engine) == [[1, 3]]
    Store(engine).ingest([post(4, a[:120]), post(5, a), post(6, story(3))])
    assert groups(engine) == [[1, 3, 4, 5]]
    Store(engine).ingest([post(7, altered(b, 12))])
    assert groups(engine) == [[1, 3, 4, 5], [2, 7]]


def test_a_damaged_signature_keeps_no_copy_from_being_stored_and_is_made_anew(engine: Engine) -> None:
    words = story(1)
    Store(engine).ingest([post(1, words)])
    with writing(engine) as connection:
        connection.execute(update(ArticleRow).values(minhash=b"cut"))
    Store(engine).ingest([post(2, words), post(3, altered(words, 15))])
    assert recluster(engine, afresh=True) == 3
    assert groups(engine) == [[1, 2, 3]]
    with reading(engine) as connection:
        assert {len(raw) > 3 for raw in connection.execute(select(ArticleRow.minhash)).scalars()} == {True}


def test_a_trace_holds_the_fullest_copy_however_late_it_came(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lineage, "MAX_COPIES", 2)
    words = story(1)
    posts = [post(n, words, date_published=START + timedelta(days=n)) for n in range(1, 5)]
    longer = post(9, words + story(2, 40), date_published=START + timedelta(days=9))
    Store(engine).ingest([*posts, longer])
    found = lineage.trace(engine, posts[0].url)
    assert [copy.kind for copy in found.copies] == ["truncated", "truncated", "fullest"]
    assert (found.size, found.fullest, found.copies[-1].url) == (5, found.copies[-1].id, longer.url)


def test_a_cluster_keeps_its_number_while_it_grows(engine: Engine) -> None:
    def numbers() -> set[int]:
        with reading(engine) as connection:
            return set(connection.execute(select(Cluster.id)).scalars())

    Store(engine).ingest([post(1, story(1)), post(2, story(1))])
    first = numbers()
    Store(engine).ingest([post(3, altered(story(1), 20))])
    assert numbers() == first


def test_a_text_that_changes_leaves_its_cluster_and_a_lone_one_is_none(engine: Engine) -> None:
    a = story(1)
    Store(engine).ingest([post(1, a), post(2, a)])
    assert groups(engine) == [[1, 2]]
    Store(engine).ingest([post(1, story(9), day=1)])
    assert groups(engine) == []
    # The second is now the one that the index knows the text by.
    Store(engine).ingest([post(3, altered(a, 15))])
    assert groups(engine) == [[2, 3]]


def test_a_new_text_joins_two_clusters_and_its_change_parts_them(engine: Engine) -> None:
    a, b = story(1, 400), story(1, 400)[:130] + story(2, 400)[:270]
    bridge = a[:260] + b[130:]  # more than half of it stands in each
    Store(engine).ingest([post(1, a), post(2, altered(a, 40)), post(3, b), post(4, altered(b, 40))])
    assert groups(engine) == [[1, 2], [3, 4]]
    Store(engine).ingest([post(5, bridge)])
    assert groups(engine) == [[1, 2, 3, 4, 5]]
    Store(engine).ingest([post(5, story(7), day=1)])
    assert groups(engine) == [[1, 2], [3, 4]]


def test_a_text_that_becomes_a_copy_joins(engine: Engine) -> None:
    Store(engine).ingest([post(1, story(1)), post(2, story(2))])
    Store(engine).ingest([post(1, story(2), day=1)])
    assert groups(engine) == [[1, 2]]


def test_empty_and_short_texts_are_never_clustered(engine: Engine) -> None:
    Store(engine).ingest([post(n, []) for n in (1, 2)] + [post(n, ["Not", "found."]) for n in (3, 4)])
    assert groups(engine) == []
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(MinhashBand)).scalar() == 0


def test_a_text_cut_to_one_line_leaves(engine: Engine) -> None:
    Store(engine).ingest([post(1, story(1)), post(2, story(1)), post(3, story(1))])
    Store(engine).ingest([post(2, ["Removed."], day=1)])
    assert groups(engine) == [[1, 3]]


@pytest.mark.slow
def test_a_thousand_equal_error_pages_are_one_cluster_and_swallow_nothing(engine: Engine) -> None:
    error, a = story(404, 60), story(1)
    for at in range(0, 1000, 250):
        Store(engine).ingest([post(n, error) for n in range(at, at + 250)])
    assert groups(engine) == [list(range(1000))]
    with reading(engine) as connection:  # the index holds the text once
        assert connection.execute(select(func.count(func.distinct(MinhashBand.article_id)))).scalar() == 1
    # Real stories that carry the notice are neither copies of it nor of each other.
    noticed = [post(2000 + n, story(100 + n, 150) + error) for n in range(5)]
    Store(engine).ingest([*noticed, post(3000, a), post(3001, a), post(3002, error)])
    assert groups(engine) == [[*range(1000), 3002], [3000, 3001]]


def test_boilerplate_joins_nothing_even_when_its_carriers_come_run_after_run(engine: Engine) -> None:
    notice = story(50, 60)
    Store(engine).ingest([post(0, notice)])
    for n in range(1, 6):
        Store(engine).ingest([post(n, story(n, 120) + notice)])
    assert groups(engine) == []


@pytest.mark.slow
def test_a_copy_below_the_boilerplate_of_many_pages_is_found(engine: Engine) -> None:
    """It shares more keys with each of those pages than with its original."""
    notice, original = story(50, 150), story(1, 180)
    for at in range(0, 40, 20):
        Store(engine).ingest([post(n, notice + story(1000 + n, 230)) for n in range(at, at + 20)])
    Store(engine).ingest([post(100, original)])
    Store(engine).ingest([post(101, notice + altered(original, 7))])
    assert [100, 101] in groups(engine)


@pytest.mark.slow
def test_a_batch_larger_than_a_chunk_is_compared_throughout(engine: Engine) -> None:
    size = clusters.MAX_CHUNK_ARTICLES + 10
    Store(engine).ingest([post(n, story(n)) for n in range(size)] + [post(size, story(0))])
    assert groups(engine) == [[0, size]]


@pytest.mark.slow
def test_a_batch_that_fails_leaves_no_cluster(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("killed")

    Store(engine).ingest([post(1, story(1))])
    monkeypatch.setattr("newsarchive.db.frontier.fetches.mark", fail)
    with pytest.raises(RuntimeError, match="killed"):
        Store(engine).ingest([post(2, story(1))])
    assert groups(engine) == []


def test_the_order_of_arrival_does_not_matter(engine: Engine) -> None:
    texts = [story(1), altered(story(1), 12), story(1)[:110], story(2), story(2), story(3)]
    order = list(range(len(texts)))
    random.Random(5).shuffle(order)
    for n in order:
        Store(engine).ingest([post(n, texts[n], date_published=START + timedelta(days=n))])
    assert groups(engine) == [[0, 1, 2], [3, 4]]


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index settles every few articles, into pages of a few entries."""
    small = {
        "MAX_ROWS": 60,
        "MIN_SETTLED_ENTRIES": 200,
        "PAGED_ENTRIES_PER_SETTLED": 1000,
        "MAX_PAGE_ENTRIES": 8,
        "MAX_PAGES_IN_MEMORY": 4,
    }
    for name, value in small.items():
        monkeypatch.setattr(stored_index, name, value)


def index(engine: Engine) -> tuple[int, list[int], list[tuple[int, int]]]:
    """How many rows and what runs the index has, and what its pages hold, as pairs of key and article."""
    with reading(engine) as connection:
        rows = connection.execute(select(func.count()).select_from(MinhashBand)).scalar_one()
        pages = connection.execute(select(MinhashPage.page, MinhashPage.entries).order_by(MinhashPage.page))
        stored = [(page, np.frombuffer(entries, dtype="<u8").tolist()) for page, entries in pages]
    runs, found = [p for p in stored if p[0] < 0], [p for p in stored if p[0] > 0]
    assert [page for page, _ in runs] == list(range(-len(runs), 0))
    assert all(run == sorted(run) for _, run in runs)
    depth = max((page for page, _ in found), default=1).bit_length() - 1
    assert [page for page, _ in found] == list(range(1 << depth, 2 << depth) if found else [])
    entries = [(entry >> 32, entry & 0xFFFFFFFF) for _, entries in found for entry in entries]
    assert entries == sorted(entries)
    assert all(entry >> (64 - depth) == page - (1 << depth) for page, held in found for entry in held)
    return rows, [len(run) for _, run in runs], entries


@pytest.mark.slow
@pytest.mark.usefixtures("small_pages")
def test_copies_are_found_in_the_settled_part_of_the_index(engine: Engine) -> None:
    for at in range(0, 60, 6):
        Store(engine).ingest([post(n, story(n)) for n in range(at, at + 6)])
    rows, runs, entries = index(engine)
    assert rows < 60
    assert 0 < sum(runs) < 200
    assert {article for _, article in entries} > set(range(1, 31))
    assert 60 * 12 <= rows + sum(runs) + len(entries) <= 60 * 16
    Store(engine).ingest([post(100, altered(story(3), 15)), post(101, story(4)[:90]), post(102, story(59))])
    assert groups(engine) == [[3, 100], [4, 101], [59, 102]]


@pytest.mark.slow
@pytest.mark.usefixtures("small_pages")
def test_a_text_that_changes_leaves_the_settled_part(engine: Engine) -> None:
    for at in range(0, 60, 6):
        Store(engine).ingest([post(n, story(n)) for n in range(at, at + 6)])
    Store(engine).ingest([post(3, story(203), day=1)])
    assert not any(article == 4 for _, article in index(engine)[2])  # articles count from 1
    Store(engine).ingest([post(100, altered(story(3), 15)), post(101, altered(story(203), 15))])
    assert groups(engine) == [[3, 101]]


def test_rows_of_an_older_archive_become_a_run(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(engine).ingest([post(n, story(n)) for n in range(40)])
    assert index(engine)[0] > 40 * 12
    monkeypatch.setattr(stored_index, "MAX_ROWS", 60)
    Store(engine).ingest([post(100, altered(story(3), 15)), post(101, story(4)[:90])])
    rows, runs, pages = index(engine)
    assert (rows, len(runs), pages) == (0, 1, [])
    Store(engine).ingest([post(102, altered(story(3), 12)), post(4, story(204), day=1)])
    assert groups(engine) == [[3, 100, 102]]


@pytest.mark.usefixtures("small_pages")
def test_a_run_takes_in_those_that_are_not_much_longer(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_index, "MIN_SETTLED_ENTRIES", 100_000)
    lengths = []
    for first, last in pairwise((0, 30, 36, 42, 60)):
        Store(engine).ingest([post(n, story(n)) for n in range(first, last)])
        lengths.append(len(index(engine)[1]))
        assert all(older > stored_index.MAX_RUN_RATIO * newer for newer, older in pairwise(index(engine)[1]))
    assert lengths == [1, 2, 2, 1]
