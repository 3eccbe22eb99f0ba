"""Writing articles, on every database: what is new, what changed, what is left as it was."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from newsarchive.core.near_duplicates.fingerprint import fingerprint_step
from newsarchive.db import site_templates
from newsarchive.db.engine import reading
from newsarchive.db.reading import articles, search, statistics
from newsarchive.db.reading.articles import ChangedField
from newsarchive.db.reading.changes import changes
from newsarchive.db.writing import captures
from newsarchive.db.writing.store import Outcome, Store
from newsarchive.exceptions import NoSuchArticle, UsageError
from newsarchive.items import Article, Author, Block, Edit, Origin
from newsarchive.rules import default
from tests.support.storage import START, delete_post, make_article, open_archive, rich_article, rows

#: The numbers and texts of two articles.
TWO = ((1, "One."), (2, "Two."))
NEW, UPDATED, UNCHANGED, REREAD = Outcome.NEW, Outcome.UPDATED, Outcome.UNCHANGED, Outcome.REREAD


@pytest.fixture
def store(engine: Engine) -> Store:
    return Store(engine, clock=lambda: START)


def everything(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """The archive but for its log of fetches and the times at which things were last seen."""
    log = {"captures", "crawl_runs", "alembic_version"}
    with reading(engine) as connection:
        from newsarchive.db.models import Base

        dump = {}
        for table in Base.metadata.sorted_tables:
            if table.name not in log:
                columns = [c for c in table.c if not c.name.startswith(("last_", "next_"))]
                dump[table.name] = sorted(
                    map(repr, connection.execute(table.select().with_only_columns(*columns)))
                )
    return dump


def history(engine: Engine) -> list[tuple[Any, ...]]:
    versions = [v for article in articles.Selection(engine) for v in articles.history(engine, article.id)]
    return [(v.version, v.change_kind, v.article_body) for v in versions]


def steps_of(folder: Path, table: str, ask: Callable[[Engine], object]) -> list[str]:
    """How SQLite finds the rows of a table for the first query that `ask` makes of it."""
    asked: list[str] = []
    with open_archive("sqlite", folder) as archive:
        event.listen(archive, "checkout", lambda driver, *_: driver.set_trace_callback(asked.append))
        ask(archive)
        sql = next(one for one in asked if table in one)
        with reading(archive) as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")
            return [row.detail for row in plan if table in row.detail]


def test_bytes_are_looked_up_by_their_digest_and_not_by_their_file(tmp_path: Path) -> None:
    """A file has tens of thousands of records, and a crawl asks for every page."""
    steps = steps_of(tmp_path, "captures", lambda archive: captures.originals_of(archive, ["sha1:A"]))
    places = ("(warc_digest=?)", "(warc_file=? AND warc_offset=?)")
    assert len(steps) == 2
    assert all(step.startswith("SEARCH captures") and step.endswith(places) for step in steps)


def test_learning_looks_up_articles_by_the_keys_of_their_addresses(tmp_path: Path) -> None:
    """It asks for every ten pages that it reads again, and an archive has 100,000 articles with their texts."""
    url = "https://blog.example/post"
    [step] = steps_of(tmp_path, "articles", lambda archive: site_templates.article_ids(archive, [url]))
    assert step.startswith("SEARCH articles")


def test_an_article_comes_back_as_it_went_in(store: Store, engine: Engine) -> None:
    article = replace(rich_article(), post_id="wordpress:12")
    assert store.ingest([article]) == [NEW]
    stored = articles.get(engine, article.url)
    # Blocks and edits are those beside the text, and the bytes and the page's record for learning are not read back.
    other = {"blocks", "edits", "capture", "seen"}
    for name in {field.name for field in dataclasses.fields(Article)} - other:
        assert getattr(stored, name) == getattr(article, name), name
    assert stored.first_seen_at == stored.last_seen_at == START
    assert (stored.versions, stored.version, stored.change_kind, stored.site) == (
        1,
        1,
        "new",
        "blog.example",
    )


def test_dropped_blocks_and_edits_are_kept_beside_the_text(store: Store, engine: Engine) -> None:
    article = rich_article()
    store.ingest([article])
    stored = articles.get(engine, article.url)
    assert stored.dropped == article.dropped
    assert [(e.where, e.before, e.after) for e in stored.edits] == [
        ("article_body", "â€™", "’"),
        ("article_body", "â€œ", "“"),
        ("headline", "Ã©", "é"),
    ]


def test_without_its_explanation_an_article_has_the_same_fields(store: Store, engine: Engine) -> None:
    store.ingest([rich_article()])
    whole = articles.get(engine, "1")
    assert all((whole.dropped, whole.edits, whole.article_html))
    plain = articles.get(engine, "1", explained=False)
    kept = tuple(block for block in whole.blocks if block.label == "body")
    assert plain == replace(whole, blocks=kept, edits=(), article_html="")


def test_crawling_twice_changes_nothing_but_last_seen_at(store: Store, engine: Engine) -> None:
    first = [rich_article(), make_article(1), make_article(2)]
    store.ingest(first)
    before = everything(engine)
    later = [
        replace(a, capture=replace(a.capture, fetched_at=START + timedelta(days=9)))
        for a in first
        if a.capture
    ]
    assert store.ingest(later) == [UNCHANGED] * 3
    assert everything(engine) == before
    assert articles.get(engine, first[0].url).last_seen_at == START + timedelta(days=9)


def test_other_bytes_with_the_same_article_are_unchanged(store: Store, engine: Engine) -> None:
    store.ingest([make_article(1)])
    before = everything(engine)
    again = make_article(1, day=1, page=b"<p>First.</p><p>Second.</p><aside>7 comments</aside>")
    assert store.ingest([again]) == [UNCHANGED]
    assert everything(engine) == before


def test_a_changed_text_is_another_revision_and_the_old_one_stays(store: Store, engine: Engine) -> None:
    store.ingest([make_article(1, body="One.")])
    assert store.ingest([make_article(1, body="One, corrected.", day=1)]) == [UPDATED]
    assert history(engine) == [(1, "new", "One."), (2, "publisher", "One, corrected.")]
    stored = articles.get(engine, "https://blog.example/post-1")
    assert (stored.article_body, stored.versions, stored.version) == ("One, corrected.", 2, 2)
    assert stored.first_seen_at == START
    assert stored.last_seen_at == START + timedelta(days=1)


def test_the_text_can_be_read_from_articles_with_plain_sql(store: Store, engine: Engine) -> None:
    article = rich_article()
    store.ingest([article, make_article(1, body="One.")])
    store.ingest([make_article(1, body="One, corrected.", headline="New head", day=1)])
    store.ingest([make_article(1, body="Late.", headline="Old head", day=-1)])
    columns = "headline, alternative_headline, description, article_body"
    assert rows(engine, f"SELECT {columns} FROM articles ORDER BY id") == [
        (article.headline, article.alternative_headline, article.description, article.article_body),
        ("New head", "", "", "One, corrected."),
    ]


def test_a_body_stands_once_however_many_versions_there_are(store: Store, engine: Engine) -> None:
    for day, body in enumerate(["One.", "Two.", "Three."]):
        store.ingest([make_article(1, body=body, day=day)])
    store.ingest([make_article(1, body="Late.", day=-1)])
    kept = "SELECT version FROM article_revisions WHERE article_body IS NOT NULL ORDER BY version"
    assert rows(engine, kept) == [(1,), (2,), (3,)]
    assert [row[2] for row in history(engine)] == ["Late.", "One.", "Two.", "Three."]


def test_a_failed_change_keeps_the_text_where_it_was(store: Store, engine: Engine) -> None:
    store.ingest([make_article(1, body="One.")])
    before = everything(engine)
    with pytest.raises(Exception, match="naive"):
        store.ingest([make_article(1, body="Two.", day=1, date_modified=datetime(2025, 1, 1))])
    assert everything(engine) == before


@pytest.mark.parametrize(
    ("words", "found"), [("quagga", []), ("zebra", [1]), ("heading", []), ("title", [1])]
)
def test_search_follows_a_changed_text(store: Store, engine: Engine, words: str, found: list[int]) -> None:
    store.ingest([make_article(1, body="A quagga.", headline="A heading")])
    store.ingest([make_article(1, body="A zebra.", headline="A title", day=1)])
    store.ingest([make_article(1, body="An old quagga.", headline="A heading", day=-1)])
    assert [hit.id for hit in search.search(engine, words)] == found


def test_a_text_that_came_back_is_a_third_revision(store: Store, engine: Engine) -> None:
    for day, body in enumerate(["One.", "Two.", "One."]):
        store.ingest([make_article(1, body=body, day=day)])
    assert [row[2] for row in history(engine)] == ["One.", "Two.", "One."]


def test_a_case_or_a_comma_counts_as_a_change(store: Store, engine: Engine) -> None:
    store.ingest([make_article(1, body="Eat, grandma", content_hash="h")])
    assert store.ingest([make_article(1, body="Eat grandma", content_hash="h", day=1)]) == [UPDATED]
    assert len(history(engine)) == 2


def test_the_same_bytes_read_otherwise_are_an_extractor_revision(store: Store, engine: Engine) -> None:
    page = b"<p>One.</p><p>Share this</p>"
    store.ingest([make_article(1, body="One.\n\nShare this", page=page)])
    better = make_article(
        1, blocks=(Block("One."), Block("Share this", label="share")), page=page, extractor_version=2
    )
    assert store.ingest([better]) == [REREAD]
    assert [row[:2] for row in history(engine)] == [(1, "new"), (2, "extractor")]
    assert articles.get(engine, better.url).extractor_version == 2


def test_the_same_bytes_explained_otherwise_refresh_the_explanation(store: Store, engine: Engine) -> None:
    page = b"<p>One.</p><p>Share this</p>"
    one = make_article(1, blocks=(Block("One."), Block("Share this", label="share")), page=page)
    store.ingest([one])
    other = make_article(
        1, blocks=(Block("One."), Block("Share this", label="promo")), page=page, extractor_version=2
    )
    other = replace(other, article_html="<p>One.</p>")
    assert store.ingest([other]) == [UNCHANGED]
    stored = articles.get(engine, one.url)
    assert stored.article_html == "<p>One.</p>"
    assert ([b.label for b in stored.dropped], stored.extractor_version, stored.versions) == (
        ["promo"],
        2,
        1,
    )


@pytest.mark.parametrize(
    "change",
    [
        {"authors": (Author("Bo"),)},
        {"keywords": ("sea",)},
        {"origin": Origin("Reuters", "reuters.com")},
        {"date_modified": START},
        {"article_section": "World"},
        {"is_accessible_for_free": False},
    ],
    ids=lambda change: next(iter(change)),
)
def test_changed_facts_update_the_article_without_a_revision(
    store: Store, engine: Engine, change: dict[str, Any]
) -> None:
    store.ingest([make_article(1)])
    other = {"page": b"<p>other bytes</p>", **change}
    assert store.ingest([make_article(1, day=1, **other)]) == [UPDATED]
    (name, value), stored = next(iter(change.items())), articles.get(engine, "1")
    assert getattr(stored, name) == value
    assert len(history(engine)) == 1
    assert store.ingest([make_article(1, day=2, **other)]) == [UNCHANGED]
    assert [(f.field, f.version, f.change_kind) for f in moved(engine)] == [(name, 1, "publisher")]


def moved(engine: Engine) -> list[ChangedField]:
    return [field for version in articles.history(engine, "1") for field in version.fields]


BO, CY = (Author("Bo"),), (Author("Cy"), Author("dpa", "agency"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "reread", "kind", "outcome"),
    [
        ({"page": b"<p>other bytes</p>"}, False, "publisher", "updated"),
        ({"extractor_version": 2}, False, "extractor", "reread"),
        ({"extractor_version": 2}, True, "extractor", "updated"),
        ({}, False, "site", "reread"),
        ({}, True, "site", "updated"),
    ],
)
@pytest.mark.parametrize("body", ["One.", "One. Two."])
def test_each_change_is_recorded_with_its_kind(
    store: Store, engine: Engine, change: dict[str, Any], reread: bool, kind: str, outcome: str, body: str
) -> None:
    page = {"page": b"<p>the bytes</p>"}
    store.ingest([make_article(1, body="One.", authors=BO, **page)], store.start_run("news", {}))
    other = make_article(1, body=body, authors=CY, day=1, **page | change)
    run = store.start_run("news", {})
    assert [found.value for found in store.ingest([other], run, reread=reread)] == [outcome]
    version = 2 if body != "One." else 1
    assert [row[:2] for row in history(engine)] == [(1, "new"), (2, kind)][:version]
    [field] = moved(engine)
    assert (field.field, field.version, field.change_kind) == ("authors", version, kind)
    assert (field.value_before, field.value_after) == (("Bo",), ("Cy", "dpa (agency)"))
    assert store.ingest([other], run, reread=reread) == [UNCHANGED]
    assert len(moved(engine)) == 1


def test_an_author_that_comes_back_with_the_first_bytes_is_a_change_by_the_publisher(
    store: Store, engine: Engine
) -> None:
    for day, author in enumerate((BO, CY, BO)):
        page = f"<p>One.</p><p>{author[0].name}</p>".encode()
        store.ingest([make_article(1, body="One.", authors=author, day=day, page=page, charset_used="utf-8")])
    assert [(f.change_kind, f.value_after) for f in moved(engine)] == [
        ("publisher", ("Cy", "dpa (agency)")), ("publisher", ("Bo",)),
    ]  # fmt: skip


def test_a_version_that_is_read_from_stored_bytes_names_their_capture(store: Store, engine: Engine) -> None:
    page = {"page": b"<p>the bytes</p>", "charset_declared": "utf-8", "charset_used": "windows-874"}
    store.ingest([make_article(1, body="One.", **page)], store.start_run("news", {}))
    before = articles.get(engine, "1")
    store.ingest([make_article(1, body="Two.", extractor_version=2, **page)], None, reread=True)
    after = articles.get(engine, "1")
    assert (after.version, after.charset_declared, after.charset_used) == (2, "utf-8", "windows-874")
    assert after.fetched_at == before.fetched_at


def test_what_a_crawl_learns_replaces_the_version_that_it_made(store: Store, engine: Engine) -> None:
    first, later = store.start_run("news", {}), store.start_run("news", {})
    page = {"page": b"<p>the bytes</p>"}
    store.ingest([make_article(1, body="One.\n\nShare", authors=BO, **page)], first)
    better = (Block("One."), Block("Share", label="share"))
    assert store.ingest([make_article(1, blocks=better, authors=CY, **page)], first, reread=True) == [UPDATED]
    assert history(engine) == [(1, "new", "One.")]
    assert moved(engine) == []
    stored = articles.get(engine, "1")
    assert (stored.authors, [b.label for b in stored.dropped], stored.versions) == (CY, ["share"], 1)
    assert [hit.id for hit in search.search(engine, "share")] == []
    store.ingest([make_article(1, body="1.", authors=CY, **page)], later, reread=True)
    store.ingest([make_article(1, body="I.", authors=BO, **page)], later, reread=True)
    assert history(engine) == [(1, "new", "One."), (2, "site", "I.")]
    assert [(f.value_before, f.value_after) for f in moved(engine)] == [
        (("Cy", "dpa (agency)"), ("Bo",)),
    ]
    store.ingest([make_article(1, body="I.", authors=CY, **page)], later, reread=True)
    assert moved(engine) == []


def test_what_came_of_the_publisher_is_not_hidden_by_what_is_learned_after_it(
    store: Store, engine: Engine
) -> None:
    first, later = store.start_run("news", {}), store.start_run("news", {})
    store.ingest([make_article(1, body="One.", authors=BO)], first)
    edited = {"page": b"<p>edited</p>", "day": 1}
    store.ingest([make_article(1, body="Two. Share", authors=CY, **edited)], later)
    store.ingest([make_article(1, body="Two.", authors=CY[:1], **edited)], later, reread=True)
    assert history(engine) == [(1, "new", "One."), (2, "publisher", "Two.")]
    assert [(f.change_kind, f.value_before, f.value_after) for f in moved(engine)] == [
        ("publisher", ("Bo",), ("Cy",))
    ]


def test_a_new_line_that_is_learned_to_be_no_part_of_the_article_is_no_edit(
    store: Store, engine: Engine
) -> None:
    """A site puts a box into all of its posts: the crawl that sees it first learns it, too."""
    first, later = store.start_run("news", {}), store.start_run("news", {})
    store.ingest([make_article(1, body="One."), make_article(2, body="Two.")], first)
    boxed = {"page": b"<p>boxed</p>", "day": 1}
    with_box = [make_article(number, body=f"{text}\n\nFollow us", **boxed) for number, text in TWO]
    assert store.ingest(with_box, later) == [UPDATED, UPDATED]
    assert [one.id for one in changes(engine)] == [2, 1]
    store.ingest(
        [make_article(1, body="One.", **boxed), make_article(2, body="2.", **boxed)], later, reread=True
    )
    assert history(engine) == [
        (1, "new", "One."),
        (2, "site", "One."),
        (1, "new", "Two."),
        (2, "publisher", "2."),
    ]
    assert [one.id for one in changes(engine)] == [2]


def test_an_edit_that_its_crawl_took_for_none_for_a_while_is_an_edit(store: Store, engine: Engine) -> None:
    first, later = store.start_run("news", {}), store.start_run("news", {})
    store.ingest([make_article(1, body="One.")], first)
    edited = {"page": b"<p>edited</p>", "day": 1}
    store.ingest([make_article(1, body="One.\n\nMore.", **edited)], later)
    for body, kind in (("One.", "site"), ("One.\n\nMore.", "publisher")):
        store.ingest([make_article(1, body=body, **edited)], later, reread=True)
        assert history(engine) == [(1, "new", "One."), (2, kind, body)]
    last = store.start_run("news", {})
    for body in ("One.", "One. More."):
        store.ingest([make_article(1, body=body, **edited)], last, reread=True)
        assert history(engine)[2:] == [(3, "site", body)]


def test_a_version_that_differs_in_its_summary_alone_says_so(store: Store, engine: Engine) -> None:
    store.ingest([make_article(1, description="A summary.", alternative_headline="Below")])
    other = {"description": "Another.", "page": b"<p>other bytes</p>", "day": 1}
    assert store.ingest([make_article(1, **other)]) == [UPDATED]
    first, second = articles.history(engine, "1")
    assert [(m.field, m.value_before, m.value_after, m.change_kind) for m in second.fields] == [
        ("alternative_headline", ("Below",), (), "publisher"),
        ("description", ("A summary.",), ("Another.",), "publisher"),
    ]
    assert articles.fields_between(first, second, [first, second]) == list(second.fields)
    assert (first.fields, articles.fields_between(first, first, [first, second])) == ((), [])


def test_how_a_value_was_found_is_no_change_of_it(store: Store, engine: Engine) -> None:
    store.ingest([make_article(1, date_published_source="markup time")])
    other = make_article(1, date_published_source="open graph", page=b"<p>other bytes</p>", day=1)
    assert store.ingest([other]) == [UNCHANGED]
    assert (moved(engine), articles.get(engine, "1").date_published_source) == ([], "open graph")


def test_relations_that_went_away_are_taken_out(store: Store, engine: Engine) -> None:
    store.ingest([rich_article()])
    bare = replace(rich_article(), authors=(), keywords=(), image=None, origin=None)
    store.ingest([bare])
    stored = articles.get(engine, bare.url)
    assert (stored.authors, stored.keywords, stored.image, stored.origin) == ((), (), None, None)


def test_two_sites_have_an_author_of_one_name_each_with_a_page_of_its_own(
    store: Store, engine: Engine
) -> None:
    sites = ("heron.example", "crane.example", "stork.example")
    pages = ("https://heron.example/author/newsroom/", "https://crane.example/by/newsroom/", "")
    authors = [(Author("Newsroom", "organisation", page),) for page in pages]
    store.ingest(
        make_article(n, url=f"https://{site}/{n}", authors=named)
        for n, (site, named) in enumerate(zip(sites, authors, strict=True))
    )
    assert [articles.get(engine, f"https://{site}/{n}").authors for n, site in enumerate(sites)] == authors
    assert rows(engine, "SELECT name FROM authors") == [("Newsroom",)]


def test_one_url_in_many_spellings_is_one_article(store: Store, engine: Engine) -> None:
    spellings = [
        "http://www.blog.example/post-1/",
        "https://blog.example/post-1?utm_source=x",
        "https://blog.example/post-1#c",
    ]
    outcomes = [store.ingest([make_article(1, url=url, day=day)])[0] for day, url in enumerate(spellings)]
    assert outcomes == [NEW, UNCHANGED, UNCHANGED]


def test_a_canonical_url_on_the_same_host_finds_the_article(store: Store, engine: Engine) -> None:
    canonical = "https://blog.example/2025/post-1"
    assert store.ingest([make_article(1, canonical_url=canonical)]) == [NEW]
    assert store.ingest(
        [make_article(1, url="https://blog.example/print/1", canonical_url=canonical, day=1)]
    ) == [UNCHANGED]
    assert store.ingest([make_article(1, url=canonical, canonical_url=canonical, day=2)]) == [UNCHANGED]
    assert articles.get(engine, canonical).id == articles.get(engine, "https://blog.example/post-1").id


def seen_at(at: str, body: str, day: int) -> Article:
    """A post as the page under an address shows it; the page names the post's own address."""
    return make_article(1, url=at, canonical_url=OWN, body=body, day=day)


OWN, VIEW = "https://blog.example/post-1", "https://blog.example/print/1"


@pytest.mark.parametrize(
    "order", [(OWN, VIEW, OWN, VIEW), (VIEW, OWN, VIEW, OWN)], ids=["own first", "view first"]
)
def test_a_view_of_a_post_takes_no_turns_with_the_post_itself(
    store: Store, engine: Engine, order: tuple[str, ...]
) -> None:
    """A page for printing names the post as its own address, and has other words around the text."""
    bodies = {OWN: "The ferry left at noon.", VIEW: "Printed from A Blog. The ferry left at noon."}
    for day, at in enumerate(order):
        store.ingest([seen_at(at, bodies[at], day)])
    assert articles.get(engine, OWN).article_body == bodies[OWN]
    assert [version for version, _, _ in history(engine)] == ([1] if order[0] == OWN else [1, 1])
    assert store.ingest([seen_at(OWN, "The ferry left at one.", 5)]) == [UPDATED]


def test_two_views_of_a_post_that_nobody_read_take_no_turns(store: Store, engine: Engine) -> None:
    other = "https://blog.example/mobile/1"
    for day, at in enumerate((VIEW, other, VIEW, other)):
        store.ingest([seen_at(at, f"Seen at {at}. The ferry left at noon.", day)])
    assert [version for version, _, _ in history(engine)] == [1]


def test_a_page_that_came_first_and_names_a_post_is_no_version_of_it(store: Store, engine: Engine) -> None:
    """The page of a stranger may have the very text of the post, under another name."""
    stranger = make_article(1, url=VIEW, canonical_url=OWN, authors=(Author("Mallory Moon"),))
    assert store.ingest([stranger, make_article(1, url=OWN, day=1)]) == [NEW, NEW]
    assert articles.get(engine, OWN).url == OWN
    assert articles.get(engine, VIEW).authors == (Author("Mallory Moon"),)


def test_a_page_whose_address_leads_to_the_post_now_is_a_version_of_it(store: Store, engine: Engine) -> None:
    store.ingest([seen_at(VIEW, "The ferry left at noon.", 0)])
    moved = seen_at(OWN, "The ferry left at one.", 1)
    assert moved.capture is not None
    assert store.ingest([replace(moved, capture=replace(moved.capture, url=VIEW, final_url=OWN))]) == [
        UPDATED
    ]


def test_a_view_stands_for_a_post_that_is_gone_from_its_own_address(store: Store, engine: Engine) -> None:
    store.ingest([seen_at(OWN, "The ferry left at noon.", 0)])
    delete_post(engine, OWN, START + timedelta(days=1))
    assert store.ingest([seen_at(VIEW, "The ferry left at one.", 2)]) == [UPDATED]
    assert articles.get(engine, OWN).article_body == "The ferry left at one."


FERRY = "\n\n".join(f"The ferry left the harbour at noon on day {n} with {n} cars." for n in range(9))
CASINO = "\n\n".join(f"Casino number {n} pays best of all the casinos of the year {n}." for n in range(9))


def test_two_blogs_of_a_network_have_a_first_post_each(store: Store, engine: Engine) -> None:
    """WordPress begins each blog of a network in folders with a post 1, "Hello world!", which most bloggers write anew."""
    urls = ("https://blogs.example/heron/hello-world/", "https://blogs.example/crane/hello-world/")
    posts = [
        fingerprint_step(
            make_article(
                1,
                url=url,
                canonical_url=url,
                post_id="1",
                headline="Hello world!",
                body=body,
                date_published=START - timedelta(days=age),
            ),
            default(),
        )
        for url, body, age in zip(urls, (FERRY, CASINO), (0, 300), strict=True)
    ]
    assert [store.ingest([post])[0] for post in posts * 2] == [NEW, NEW, UNCHANGED, UNCHANGED]
    assert [articles.get(engine, url).article_body for url in urls] == [FERRY, CASINO]


def test_another_text_with_the_headline_of_a_deleted_post_that_names_it_does_not_replace_it(
    store: Store, engine: Engine
) -> None:
    """On a host with many authors anybody may name the deleted post of another one as their own page's address."""
    other = "https://blog.example/@mallory/1"
    store.ingest([fingerprint_step(make_article(1, url=OWN, body=FERRY), default())])
    delete_post(engine, OWN, START + timedelta(days=1))
    page = make_article(1, url=other, canonical_url=OWN, body=CASINO, day=2)
    assert store.ingest([fingerprint_step(page, default())]) == [NEW]
    assert articles.get(engine, OWN).article_body == FERRY
    assert articles.get(engine, other).article_body == CASINO


@pytest.mark.parametrize(
    "canonical",
    [
        "https://blog.example%2F2025%2Fpost",
        "https://blog.example/",
        "https://other.example/post",
        "https://blog.example/post-1",
        "not a url",
    ],
)
def test_a_wrong_canonical_url_folds_no_posts_together(store: Store, engine: Engine, canonical: str) -> None:
    posts = [
        make_article(n, body=f"Text {n}.", canonical_url=canonical, content_hash=str(n)) for n in (1, 2, 3)
    ]
    assert [store.ingest([post])[0] for post in posts] == [NEW] * 3
    assert [articles.get(engine, post.url).article_body for post in posts] == [
        "Text 1.",
        "Text 2.",
        "Text 3.",
    ]


def test_the_platforms_id_finds_a_post_under_another_address(store: Store, engine: Engine) -> None:
    post = make_article(1, post_id="wordpress:12")
    moved = [
        make_article(1, url="https://blog.example/?p=12", post_id="wordpress:12", day=1),
        make_article(1, url="https://blog.example/moved", post_id="wordpress:12", body="Edited.", day=2),
    ]
    assert store.ingest([post]) == [NEW]
    assert store.ingest(moved) == [UNCHANGED, UPDATED]
    assert statistics.stats(engine).articles == 1


def test_two_living_posts_with_one_id_of_the_platform_take_turns_once(store: Store, engine: Engine) -> None:
    """What seems to have moved stays a version; that its first address answers again shows that it has not."""
    post, other = "https://blog.example/post-1", "https://blog.example/another"
    for day, at in enumerate((post, other, post, other, post, other)):
        store.ingest([make_article(1, url=at, post_id="wordpress:12", body=f"Read at {at}.", day=day)])
    assert [articles.get(engine, at).article_body for at in (post, other)] == [
        f"Read at {at}." for at in (post, other)
    ]
    assert [version for version, _, _ in history(engine)] == [1, 2, 3, 1]


def test_a_post_that_is_not_translated_is_no_edit_below_the_address_of_another_language(
    engine: Engine,
) -> None:
    """A plug-in shows it there under a headline and with tags of that language, while it is still at its own address."""
    own = {"post_id": "wordpress:12", "content_hash": "a"}
    post, at = make_article(1, **own), own | {"url": "https://blog.example/fr/post-1"}
    first, again = (Store(engine, clock=lambda day=day: START + timedelta(days=day)) for day in (0, 9))
    run = first.start_run("news", {})
    assert first.ingest([post], run) == [NEW]
    assert first.ingest([make_article(1, headline="Article 1", **at)], run) == [UNCHANGED]
    run = again.start_run("news", {})
    assert again.ingest([make_article(1, headline="Article un", day=9, **at)], run) == [UNCHANGED]
    assert articles.get(engine, post.url).headline == "Post 1"


def test_an_address_that_led_to_a_post_and_has_the_post_itself_now_is_no_view_of_it(engine: Engine) -> None:
    """A blog drops the folder of its language."""
    own = {"post_id": "wordpress:12", "content_hash": "a"}
    post = make_article(1, url="https://blog.example/en/post-1", **own)
    assert post.capture is not None
    asked = replace(post.capture, url="https://blog.example/post-1")
    edited = make_article(1, body="Edited.", day=9, **own)
    first, again = (Store(engine, clock=lambda day=day: START + timedelta(days=day)) for day in (0, 9))
    assert first.ingest([replace(post, capture=asked)], first.start_run("news", {})) == [NEW]
    assert again.ingest([edited], again.start_run("news", {})) == [UPDATED]


def test_a_post_that_moved_is_edited_at_its_new_address_before_the_old_one_is_asked_again(
    engine: Engine,
) -> None:
    """As after a change of permalinks: the old address, which redirects now, may be asked months later."""
    moved = {"url": "https://blog.example/2025/post-1"}
    for day, fields in enumerate(({}, moved, moved | {"headline": "Edited"})):
        store = Store(engine, clock=lambda day=day: START + timedelta(days=day))
        post = make_article(1, day=day, post_id="wordpress:12", content_hash="a", **fields)
        store.ingest([post], store.start_run("news", {}))
    assert articles.get(engine, "https://blog.example/post-1").headline == "Edited"


def test_old_captures_of_the_address_that_a_post_had_before_it_moved_are_no_post_of_their_own(
    store: Store, engine: Engine
) -> None:
    """They come from the files of a web archive, after a crawl that knows the new address alone."""
    for day, at in ((20, "moved"), (1, "post-1"), (2, "post-1"), (3, "post-1")):
        url, body = f"https://blog.example/{at}", f"Read on day {day}."
        store.ingest([make_article(1, url=url, post_id="wordpress:12", body=body, day=day)])
    assert len(history(engine)) == 4
    assert {version for version, _, _ in history(engine)} == {1, 2, 3, 4}
    assert articles.get(engine, "https://blog.example/moved").article_body == "Read on day 20."


@pytest.mark.parametrize(
    "another",
    [
        {"url": "https://other.example/post-2"},
        {"date_published": START + timedelta(days=1)},  # another blog on the same host
        {
            "url": "https://blog.example/de/post-1"
        },  # a translation, by a plugin that shows a post in two languages
        # whose headline needs no translation
        {"url": "https://blog.example/de/post-1", "headline": "Post 1", "in_language": "de"},
        {"post_id": "wordpress:13"},
        {"post_id": ""},
    ],
)
def test_the_platforms_id_folds_no_posts_together(
    store: Store, engine: Engine, another: dict[str, object]
) -> None:
    own = {"post_id": "wordpress:12", "content_hash": "a", "in_language": "en"}
    assert store.ingest([make_article(1, **own)]) == [NEW]
    assert store.ingest([make_article(2, **(own | {"body": "Another.", "content_hash": "b"} | another))]) == [
        NEW
    ]


def test_a_page_twice_in_one_batch_is_stored_once(store: Store, engine: Engine) -> None:
    twice = [
        make_article(1, body="One."),
        make_article(2),
        make_article(1, body="Two.", day=1),
        make_article(2, day=1),
    ]
    assert store.ingest(twice) == [NEW, NEW, UPDATED, UNCHANGED]
    assert len(history(engine)) == 3


@pytest.mark.parametrize("reread", [False, True], ids=["fetched", "read again"])
def test_two_addresses_of_one_post_in_one_batch(store: Store, engine: Engine, reread: bool) -> None:
    """Each of them finds the stored article by another of its addresses, and neither names the other."""
    canonical = "https://blog.example/2025/post-1"
    store.ingest([make_article(1, canonical_url=canonical)])
    batch = [
        make_article(1, url=VIEW, canonical_url=canonical, day=1),
        make_article(1, body="Edited.", day=1),
        make_article(2, day=1),
    ]
    assert store.ingest(batch, reread=reread) == [UNCHANGED, UPDATED, NEW]
    assert articles.get(engine, OWN).article_body == "Edited."
    assert statistics.stats(engine).articles == 2


def test_a_deleted_page_keeps_its_text_and_can_come_back(store: Store, engine: Engine) -> None:
    store.ingest([make_article(1)])
    for day in (3, 4):
        delete_post(engine, "https://blog.example/post-1", START + timedelta(days=day))
    gone = articles.get(engine, "1")
    assert (gone.gone_at, gone.article_body) == (START + timedelta(days=3), "First.\n\nSecond.")
    store.ingest([make_article(1, day=5)])
    assert articles.get(engine, "1").gone_at is None


def test_a_failed_batch_leaves_nothing(store: Store, engine: Engine) -> None:
    bad = make_article(2, date_published=datetime(2025, 1, 1))  # naive on purpose
    with pytest.raises(Exception, match="naive"):
        store.ingest([make_article(1), bad])
    assert statistics.stats(engine).articles == 0


def test_text_that_no_database_takes_is_stored_with_replacement_characters(
    store: Store, engine: Engine
) -> None:
    odd = make_article(1, body="nul \x00 and \ud800 half", headline="a\x00b", keywords=("k\x00", "k\ufffd"))
    assert store.ingest([odd]) == [NEW]
    assert store.ingest([replace(odd, capture=None)]) == [UNCHANGED]
    assert articles.get(engine, odd.url).article_body == "nul \ufffd and \ufffd half"


def test_runs_are_recorded(store: Store, engine: Engine) -> None:
    run = store.start_run("news", {"url": "https://blog.example/", "limit": 5, "since": START})
    store.ingest([make_article(1)], run)
    store.finish_run(run, "finished", {"new": 1})
    assert rows(engine, "SELECT spider, finish_reason, version FROM crawl_runs") == [
        ("news", "finished", "0.1.0")
    ]
    assert rows(engine, "SELECT run_id, status, content_type FROM captures") == [(run, 200, "text/html")]


def test_what_is_not_there_is_named(store: Store, engine: Engine) -> None:
    for name in ("7", "blog.example/none", "", "::", "9" * 15, "9" * 40):
        with pytest.raises(NoSuchArticle, match="no article"):
            articles.get(engine, name)


def test_articles_reads_all_of_them_in_chunks(store: Store, engine: Engine) -> None:
    store.ingest([make_article(n) for n in range(7)])
    store.ingest([make_article(99, url="https://other.example/a")])
    assert [a.url for a in articles.Selection(engine, chunk=3)] == [
        *(f"https://blog.example/post-{n}" for n in range(7)),
        "https://other.example/a",
    ]
    assert [a.site for a in articles.Selection(engine, "", search.Filters(site="other.example"))] == [
        "other.example"
    ]


def test_stats_count_what_is_there(store: Store, engine: Engine) -> None:
    store.ingest([rich_article(), make_article(1), make_article(2, in_language="de")])
    store.ingest([make_article(1, body="Changed.", day=1)])
    stats = statistics.stats(engine)
    assert (stats.articles, stats.revisions, stats.captures, stats.gone) == (3, 4, 4, 0)
    assert stats.sites == {"blog.example": 3}
    assert stats.languages == {"en": 2, "de": 1}
    assert stats.origins == {"South China Morning Post": 1}
    assert stats.repairs == {"windows-1252": 3}
    assert stats.dropped == {"nav": 1, "subscribe": 1}
    assert stats.disk > 0


texts = st.text(st.characters(exclude_categories=()), max_size=40)


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(headline=texts, body=texts, keyword=texts, author=texts, before=texts)
def test_any_text_can_be_stored(
    store: Store, headline: str, body: str, keyword: str, author: str, before: str
) -> None:
    article = make_article(
        url=f"https://blog.example/{abs(hash((headline, body, keyword, author, before)))}",
        blocks=(Block(body), Block(before, label="share")),
        headline=headline,
        keywords=(keyword,),
        authors=(Author(author),),
        edits=(Edit("repair", "r", before, body, "blocks/0", 0),),
        page=body.encode("utf-8", "surrogatepass"),
    )
    assert store.ingest([article])[0] in (NEW, UNCHANGED)
    assert store.ingest([article]) == [UNCHANGED]


def test_the_history_says_who_changed_what_and_when(store: Store, engine: Engine) -> None:
    page = b"<p>Two.</p>"
    store.ingest([make_article(1, body="One.")])
    store.ingest([make_article(1, body="Two. Share", day=1, page=page)])
    store.ingest([make_article(1, body="Two.", day=1, page=page, extractor_version=2)])
    versions = articles.history(engine, "blog.example/post-1")
    assert [(v.version, v.change_kind, v.extractor_version, v.article_body, v.current) for v in versions] == [
        (1, "new", 1, "One.", False),
        (2, "publisher", 1, "Two. Share", False),
        (3, "extractor", 2, "Two.", True),
    ]
    assert [v.seen_at for v in versions] == [START + timedelta(days=d) for d in (0, 1, 1)]


def test_two_versions_are_picked_to_compare(store: Store, engine: Engine) -> None:
    for day in range(3):
        store.ingest([make_article(1, body=f"Text {day}.", day=day)])
    store.ingest([make_article(2)])

    def picked(which: str, *numbers: int) -> tuple[int, int]:
        first, second = articles.two_of(articles.history(engine, which), which, *numbers)
        return first.version, second.version

    assert picked("1") == (2, 3)
    assert picked("1", 1) == (1, 3)
    assert picked("1", 3, 1) == (3, 1)
    assert picked("2") == (1, 1)
    with pytest.raises(UsageError, match="no version 9 of 1: `newsarchive history 1`"):
        picked("1", 9)
    with pytest.raises(NoSuchArticle):
        picked("7")
