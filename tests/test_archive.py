"""Use cases over stored bytes: reading captures again, and moving an archive."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, update

from newsarchive import reextract as archive
from newsarchive.core import steps
from newsarchive.core.urls import normalise, url_key
from newsarchive.db.engine import open_engine, writing
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.models import ArticleRow
from newsarchive.db.reading import articles, search, statistics
from newsarchive.db.reading.articles import Selection
from newsarchive.db.reading.search import Filters, Paging
from newsarchive.db.writing import captures
from newsarchive.db.writing.store import Outcome, Store
from newsarchive.db.writing.withhold import Demand, withhold
from newsarchive.exceptions import SOME_FAILED, DatabaseUnavailable, NoSuchArticle, NotAnArticle, UsageError
from newsarchive.items import Article, Author, Block, Capture, Origin
from newsarchive.reextract import Change, ReextractSummary, reextract
from newsarchive.rules import Rules
from newsarchive.version import EXTRACTOR_VERSION
from newsarchive.warc.writer import Original, WarcWriter
from newsarchive.workers.stored_pages import ReadFailure, StoredPages
from newsarchive.workers.worker import MIN_PAGES_FOR_WORKERS
from tests.cli.test_cli import run
from tests.support.archives import crawled
from tests.support.storage import (
    START,
    archive_url,
    delete_post,
    make_article,
    open_archive,
    rich_article,
    url_of,
)

pytestmark = pytest.mark.slow  # crawls, servers or other processes

PAGE = "<html><body><h1>{title}</h1><p>{body}</p><p>Share this</p></body></html>"


def toy(version: int) -> Any:
    """An extractor in small: version 1 keeps every paragraph, later ones leave the share line out."""

    def article_from(capture: Capture, rules: Rules, own: object = None) -> Article:
        text = capture.body.decode()
        if "login" in text:
            raise NotAnArticle("login page")
        label = "body" if version == 1 else "share"
        kept = [
            Block(t, label=label if t == "Share this" else "body") for t in re.findall("<p>(.*?)</p>", text)
        ]
        title = re.findall("<h1>(.*?)</h1>", text)[0]
        return Article(capture.url, headline=title, extractor_version=version, capture=capture).with_blocks(
            kept
        )

    return article_from


class Crawl:
    """A crawl in small: pages go into WARC files and, read by version 1, into the archive."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.store, self.folder = engine, Store(engine), folder
        self.warc = WarcWriter(folder, known=self._known)

    def _known(self, digest: str) -> Original | None:
        found = captures.originals_of(self.engine, [digest]).get(digest)
        return Original(found.url, found.fetched_at) if found else None

    def page(self, number: int, body: str, day: int = 0, site: str = "blog.example") -> None:
        url, at = f"https://{site}/post-{number}", START + timedelta(days=day)
        wire = PAGE.format(title=f"Post {number}", body=body).encode()
        headers = [("Content-Type", "text/html; charset=utf-8")]
        place = self.warc.write_response(url, "HTTP/1.1 200 OK", headers, wire, fetched_at=at)
        capture = Capture(
            url, wire, at, url, headers={"content-type": "text/html; charset=utf-8"}, place=place
        )
        try:
            self.store.ingest([toy(1)(capture, None)])
        except NotAnArticle:
            self.store.ingest([], captures=[capture])


@pytest.fixture
def crawl(engine: Engine, tmp_path: Path) -> Crawl:
    made = Crawl(engine, tmp_path / "warc")
    made.page(1, "The first text. " * 50)
    made.page(2, "The second text. " * 50)
    made.page(3, "Please login to read")
    return made


@pytest.fixture
def version_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "article_from", toy(2))
    monkeypatch.setattr(archive, "EXTRACTOR_VERSION", 2)


def again(crawl: Crawl, **options: Any) -> ReextractSummary:
    return reextract(crawl.engine, crawl.folder, **{"only_older_than": 2, "workers": 0} | options)


@pytest.mark.usefixtures("version_2")
def test_a_better_extractor_makes_extractor_revisions(crawl: Crawl, engine: Engine) -> None:
    changes: list[Change] = []
    summary = again(crawl, on_change=changes.append)
    assert (summary.captures, summary.updated, summary.unchanged, summary.new) == (3, 2, 0, 0)
    assert summary.no_article == {"login page": 1}
    assert (summary.failed, summary.lost, summary.gained) == ([], 4, 0)
    assert [sorted(change.lost) for change in changes] == [["Share", "this"]] * 2
    stored = articles.get(engine, "https://blog.example/post-1")
    assert (stored.change_kind, stored.versions, stored.extractor_version) == ("extractor", 2, 2)
    assert [block.label for block in stored.dropped] == ["share"]
    assert stored.last_seen_at == START
    assert statistics.stats(engine).captures == 3


@pytest.mark.usefixtures("version_2")
def test_what_was_read_is_not_read_again(crawl: Crawl) -> None:
    again(crawl)
    assert again(crawl).captures == 0


@pytest.mark.usefixtures("version_2")
def test_a_run_that_was_broken_off_goes_on(crawl: Crawl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "BATCH_CAPTURES", 1)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        again(crawl, progress=stop)
    seen: list[tuple[int, int]] = []
    assert again(crawl, progress=lambda done, total: seen.append((done, total))).captures == 2
    assert seen == [(1, 2), (2, 2)]


@pytest.mark.usefixtures("version_2")
def test_a_dry_run_says_the_same_and_writes_nothing(crawl: Crawl, engine: Engine) -> None:
    dry = again(crawl, dry_run=True)
    assert articles.get(engine, "https://blog.example/post-1").versions == 1
    assert dry == again(crawl)


@pytest.mark.usefixtures("version_2")
def test_one_site_or_the_newest_captures_alone(crawl: Crawl) -> None:
    crawl.page(7, "Elsewhere. " * 60, day=5, site="other.example")
    assert again(crawl, site="other.example", dry_run=True).captures == 1
    assert again(crawl, since=START + timedelta(days=1), dry_run=True).captures == 1
    assert again(crawl, dry_run=True).captures == 4


@pytest.mark.usefixtures("version_2")
def test_the_newest_capture_of_a_page_is_read(crawl: Crawl, engine: Engine) -> None:
    crawl.page(1, "The first text, changed. " * 50, day=1)
    assert again(crawl).captures == 3
    stored = articles.get(engine, "https://blog.example/post-1")
    assert stored.article_body.startswith("The first text, changed.")
    assert [v.change_kind for v in articles.history(engine, stored.id)] == ["new", "publisher", "extractor"]


@pytest.mark.usefixtures("version_2")
def test_a_page_that_did_not_change_is_read_from_its_first_record(crawl: Crawl, engine: Engine) -> None:
    crawl.warc.close()
    later = Crawl(engine, crawl.folder)
    later.page(1, "The first text. " * 50, day=1)
    kept = next(captures.of_article(engine, articles.get(engine, "https://blog.example/post-1").id))
    assert kept.place != kept.payload
    assert again(crawl).updated == 2
    assert "Share" not in articles.get(engine, "https://blog.example/post-1").article_body


@pytest.mark.usefixtures("version_2")
def test_a_lost_file_costs_its_own_captures_alone(crawl: Crawl, engine: Engine) -> None:
    crawl.warc.close()
    (lost,) = crawl.folder.iterdir()
    later = Crawl(engine, crawl.folder)
    later.page(4, "In another file. " * 50)
    lost.unlink()
    summary = again(crawl)
    assert (summary.captures, summary.updated, len(summary.failed)) == (4, 1, 3)
    assert lost.name in summary.failed[0].problem
    assert {page.failure for page in summary.failed} == {ReadFailure.NO_BYTES}
    assert again(crawl).captures == 3  # they are tried again


@pytest.mark.parametrize("error", [RecursionError("too deep"), KeyError("too deep")])
def test_an_extractor_that_breaks_down_costs_one_page(
    crawl: Crawl, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(capture: Capture, rules: Rules, own: object = None) -> Article:
        if "post-1" in capture.url:
            raise error
        result: Article = toy(2)(capture, rules)
        return result

    monkeypatch.setattr(steps, "article_from", broken)
    summary = again(crawl)
    assert summary.updated == 1
    (failed,) = summary.failed
    assert failed.failure == ReadFailure.ERROR
    assert failed.problem == f"https://blog.example/post-1: {type(error).__name__}: {error}"


@pytest.fixture
def series(tmp_path: Path) -> Iterator[Crawl]:
    """As many pages as processes are started for."""
    with open_archive("sqlite", tmp_path) as engine:
        made = Crawl(engine, tmp_path / "warc")
        body = "The ministry said on Monday that the harbour would open again in the spring. " * 8
        for number in range(MIN_PAGES_FOR_WORKERS):
            made.page(number, f"{body} Number {number} of the series.")
        made.warc.close()
        yield made


def test_processes_read_in_order_what_this_process_reads(series: Crawl) -> None:
    alone, changes = list[Change](), list[Change]()
    dry = again(series, only_older_than=99, dry_run=True, on_change=alone.append)
    done = again(series, only_older_than=99, workers=2, on_change=changes.append)
    assert done == dry
    assert (done.captures, done.failed) == (MIN_PAGES_FOR_WORKERS, [])
    assert changes == alone
    assert [change.url for change in changes] == [
        f"https://blog.example/post-{number}" for number in range(MIN_PAGES_FOR_WORKERS)
    ]
    assert (
        "Number 2 of the series." in articles.get(series.engine, "https://blog.example/post-2").article_body
    )


def test_where_no_process_can_be_started_this_process_reads_all_pages(series: Crawl) -> None:
    with StoredPages(series.folder, workers=2) as pages:
        assert pages.pool is not None
        pages.pool.factory = "tests.support.pool_jobs:Absent"
        read = list(pages.read(captures.kept(series.engine)))
    assert [page.kept.url for page in read if page.article] == [
        f"https://blog.example/post-{number}" for number in range(MIN_PAGES_FOR_WORKERS)
    ]


def test_pages_that_hang_or_kill_their_process_are_named_and_all_others_are_read(
    series: Crawl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command says how many pages failed and why, and never ends with 0."""
    series.page(1, "It stays as it was. " * 50, site="blog.example/spin")
    series.page(2, "It stays as it was. " * 50, site="blog.example/die")
    series.warc.close()
    steps = "tests.support.pool_jobs:spinning after decode", "tests.support.pool_jobs:dying after decode"
    monkeypatch.setenv("NEWSARCHIVE_STEPS", ",".join(steps))
    monkeypatch.setenv("NEWSARCHIVE_PAGE_SECONDS", "2")
    command = ["reextract", "--only-older-than", "99", "--workers", "2", "--warc", str(series.folder)]
    done = run(*command, "--db", str(series.engine.url.database))
    assert done.returncode == SOME_FAILED, done.stderr
    assert f"{MIN_PAGES_FOR_WORKERS + 2} read" in done.stderr
    assert (
        "2 of 22 pages could not be read, and their articles are as they were: 1 too slow, 1 crashed"
        in done.stderr
    )
    assert "blog.example/spin/post-1: more than " in done.stderr
    assert "blog.example/die/post-2: the process that read it died 2 times" in done.stderr
    # The next run tries both again.
    assert captures.count_kept(series.engine, captures.Chosen(older_than=EXTRACTOR_VERSION)) == 2


@pytest.mark.usefixtures("version_2")
def test_an_article_that_is_read_as_before_is_not_written_again(crawl: Crawl, engine: Engine) -> None:
    """The explanation of a text that stays is compared, and written where it differs alone."""
    again(crawl)
    written: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: object) -> None:
        if cursor.rowcount:
            written.append(statement.split(" SET ")[0])

    event.listen(engine, "after_cursor_execute", note)
    assert again(crawl, only_older_than=99).unchanged == 2
    changed = {one for one in written if one.startswith(("INSERT", "DELETE", "UPDATE"))}
    assert changed == {"UPDATE captures"}  # it was read
    with writing(engine) as connection:
        connection.execute(update(ArticleRow).values(quality={"confidence": 0.5}))
    written.clear()
    assert again(crawl, only_older_than=99).unchanged == 2
    assert "UPDATE articles" in written
    assert articles.get(engine, "https://blog.example/post-1").quality.confidence == 1


TEXT = "".join(
    f"<p>The council has voted on the bridge of ward {n}, and the ferry stays for a year.</p>"
    for n in range(30)
)
IMPRINT = "<html><body class='page-template-default page page-id-9'><script src='/wp-content/x.js'></script>{}</body></html>"
POST = "<html><body><article><h1>The bridge</h1>{}</article></body></html>"


@pytest.mark.parametrize(
    ("html", "reason", "new", "no_article"),
    [
        (IMPRINT, "static page", 0, {"static page": 1}),
        (POST, "too short", 1, {}),  # by an extractor that lost its text: the page itself looks like a post
    ],
    ids=["a page by its look", "a post"],
)
def test_a_page_that_the_crawl_refused_stays_so_by_its_look_alone(
    crawl: Crawl, html: str, reason: str, new: int, no_article: dict[str, int]
) -> None:
    """Step by step the core would read an imprint as a text: the spider looks at a page before."""
    url = "https://other.example/our-town/"
    wire = html.format(TEXT).encode()
    headers = [("Content-Type", "text/html; charset=utf-8")]
    place = crawl.warc.write_response(url, "HTTP/1.1 200 OK", headers, wire, fetched_at=START)
    capture = Capture(url, wire, START, url, headers={"content-type": headers[0][1]}, place=place)
    crawl.store.ingest([], captures=[capture])
    Frontier(crawl.engine).settle(url, "skipped", reason)
    summary = again(crawl, only_older_than=99, site="other.example")
    assert (summary.new, dict(summary.no_article)) == (new, no_article)


def test_one_article_can_be_read_again_without_writing(crawl: Crawl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "article_from", toy(2))
    assert (
        "Share"
        not in archive.read_again(crawl.engine, crawl.folder, "https://blog.example/post-1").article_body
    )
    assert articles.get(crawl.engine, "https://blog.example/post-1").versions == 1
    Store(crawl.engine).ingest([make_article(77)])
    with pytest.raises(NoSuchArticle, match="NEWSARCHIVE_WARC"):
        archive.read_again(crawl.engine, crawl.folder, "https://blog.example/post-77")


@pytest.mark.parametrize("is_late", [False, True], ids=["crawled", "out of an older file"])
@pytest.mark.parametrize(
    "change", [("at noon", "at one"), ("Ann Lee", "Bob Ray")], ids=["the text", "the author"]
)
def test_an_address_that_a_post_had_once_does_not_bring_its_old_text_back(
    tmp_path: Path, change: tuple[str, str], is_late: bool
) -> None:
    """The site changed its permalinks. The newest bytes of each address are read, and those of the old one are old."""
    new = f"""<html lang="en"><head><title>The ferry</title><meta name="author" content="Ann Lee"></head>
        <body class="single postid-12"><article><h1>The ferry</h1><time datetime="2025-03-01T10:00:00Z">1 March 2025</time>
        {"".join(f"<p>The ferry number {n} left the old harbour at noon, and the people of the island came to see it.</p>" for n in range(8))}
        </article></body></html>"""
    pages = {"https://blog.example/2025/ferry": new, "https://blog.example/ferry": new.replace(*change)}
    with open_archive("sqlite", tmp_path) as engine:
        for url in sorted(pages, reverse=is_late):
            crawled(engine, tmp_path / "warc", {url: pages[url]}, day=100 if pages[url] != new else 0)
        before, (stored,) = dump(engine), Selection(engine, "", Filters()).ids
        shown = articles.get(engine, stored)
        for dry_run in (True, False):
            summary = reextract(engine, tmp_path / "warc", only_older_than=999, dry_run=dry_run)
            assert (summary.captures, summary.unchanged, summary.lost) == (2, 2, 0)
        after = dump(engine)
        assert all(after[table] == before[table] for table in ("article_revisions", "field_changes"))
        now = articles.get(engine, stored)
        assert (now.article_body, now.authors) == (shown.article_body, shown.authors)
        assert change[1] in f"{now.article_body} {now.authors}"


def test_a_longer_address_of_an_old_archive_is_read_again(tmp_path: Path) -> None:
    """Addresses had 4,096 characters once; new ones of this length are refused, as PostgreSQL could not hold them."""
    url, longer = "https://blog.example/ferry", f"https://blog.example/{'a' * 3000}"
    page = f"<title>The ferry</title><article><h1>The ferry</h1>{'<p>The ferry left the old harbour at noon, and people came to see it.</p>' * 8}</article>"
    with open_archive("sqlite", tmp_path) as engine:
        crawled(engine, tmp_path / "warc", {url: page})
        with writing(engine) as connection:
            for table in ("urls", "articles"):
                change = f"UPDATE {table} SET url = '{longer}', url_key = '{url_key(longer)}'"
                connection.exec_driver_sql(change)
            connection.exec_driver_sql(f"UPDATE captures SET final_url = '{longer}'")
        summary = reextract(engine, tmp_path / "warc", only_older_than=999)
        assert (summary.captures, summary.unchanged, summary.failed) == (1, 1, [])
        assert articles.get(engine, longer).url == longer
        with pytest.raises(ValueError, match="longer than 2600"):
            normalise(longer)


# -- copies --------------------------------------------------------------------------------------


def fill(engine: Engine) -> None:
    store = Store(engine)
    run = store.start_run("news", {"site": "blog.example"})
    store.ingest(
        [rich_article(), *(make_article(n, body=f"Text {n} about ships.") for n in range(20) if n != 9)], run
    )
    store.ingest([make_article(3, body="Text 3, corrected. 總統今天在台北", day=1)], run)
    store.ingest([make_article(4, day=2, origin=Origin("Reuters"))], run)
    delete_post(engine, "https://blog.example/post-5")
    store.finish_run(run, "finished", {"new": 21})


def dump(engine: Engine) -> dict[str, list[str]]:
    from newsarchive.db.engine import reading
    from newsarchive.db.models import Base

    with reading(engine) as connection:
        return {
            t.name: sorted(map(repr, connection.execute(t.select()))) for t in Base.metadata.sorted_tables
        }


@pytest.fixture(params=["sqlite → postgresql", "postgresql → sqlite", "sqlite → sqlite"])
def pair(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Engine, str]]:
    source, target = request.param.split(" → ")
    monkeypatch.chdir(tmp_path)  # a checkout may have raw bytes of a crawl, which a copy would remember
    (tmp_path / "from").mkdir()
    (tmp_path / "to").mkdir()
    with open_archive(source, tmp_path / "from") as engine, archive_url(target, tmp_path / "to") as url:
        fill(engine)
        yield engine, url


def test_a_copy_has_every_row_and_can_be_searched(pair: tuple[Engine, str]) -> None:
    engine, url = pair
    counts = archive.copy(url_of(engine), url)
    copied = open_engine(url)
    assert dump(copied) == dump(engine)
    assert (counts["articles"], counts["article_revisions"]) == (20, 22)
    for words in ("ships", "corrected", "今天在", "Café"):
        found = [hit.url for hit in search.search(engine, words, paging=Paging("date", 50))]
        assert [hit.url for hit in search.search(copied, words, paging=Paging("date", 50))] == found != []
    assert Store(copied).ingest([make_article(99)]) == [Outcome.NEW]  # ids go on where the copy ends
    copied.dispose()


def test_a_copy_that_was_broken_off_goes_on(
    pair: tuple[Engine, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, url = pair
    for stop_at in ("articles", "article_revisions", "edits"):

        def stop(table: str, done: int, total: int, at: str = stop_at) -> None:
            if table == at:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            archive.copy(url_of(engine), url, stop)
    archive.copy(url_of(engine), url)
    copied = open_engine(url)
    assert dump(copied) == dump(engine)
    assert len(search.search(copied, "ships", paging=Paging(limit=50))) == len(
        search.search(engine, "ships", paging=Paging(limit=50))
    )
    assert sum(archive.copy(url_of(engine), url).values()) == 0
    copied.dispose()


@pytest.mark.parametrize("stop_at", ["articles", "article_revisions"])
def test_a_copy_of_an_archive_that_is_written_to_meanwhile_is_brought_up_to_date(
    pair: tuple[Engine, str], monkeypatch: pytest.MonkeyPatch, stop_at: str
) -> None:
    engine, url = pair
    url_3 = make_article(3).url

    def write(table: str, done: int, total: int) -> None:
        if table == stop_at:
            for day in (8, 9):
                Store(engine).ingest([make_article(3, body=f"Text 3 of a quagga, day {day}.", day=day)])

    archive.copy(url_of(engine), url, write)
    Store(engine).ingest([make_article(4, day=20, origin=None), make_article(6, day=20, authors=())])
    archive.copy(url_of(engine), url)
    copied = open_engine(url)
    assert dump(copied) == dump(engine)
    assert articles.history(copied, url_3) == articles.history(engine, url_3)
    assert articles.get(copied, url_3).article_body == "Text 3 of a quagga, day 9."
    assert [hit.id for hit in search.search(copied, "quagga")] == [articles.get(copied, url_3).id]
    copied.dispose()


def renumbered(engine: Engine) -> None:
    """A capture comes in late: what was the first version is the second now, under its old id."""
    Store(engine).ingest([make_article(3, body="Text 3, before all.", day=-9)])


def named_anew(engine: Engine) -> None:
    """A name loses its row with the only article that had it, and gets another."""
    withhold(engine, [make_article(7).url], Demand("why"))
    Store(engine).ingest([make_article(30, authors=(Author("Ann"),), keywords=("tea",))])


@pytest.mark.parametrize("change", [renumbered, named_anew])
def test_a_copy_is_brought_up_to_date_where_rows_gave_up_what_is_unique(
    pair: tuple[Engine, str], change: Callable[[Engine], None]
) -> None:
    engine, url = pair
    for number, name, word in ((7, "Ann", "tea"), (8, "Bob", "coal")):
        Store(engine).ingest([make_article(number, day=3, authors=(Author(name),), keywords=(word,))])
    archive.copy(url_of(engine), url)
    change(engine)
    archive.copy(url_of(engine), url)
    copied = open_engine(url)
    assert dump(copied) == dump(engine)
    copied.dispose()


def test_a_copy_into_another_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with open_archive("sqlite", tmp_path) as one, open_archive("sqlite", tmp_path / "a") as two:
        fill(one)
        Store(two).ingest([make_article(1, url="https://else.example/x")])
        before = dump(two)
        with pytest.raises(UsageError, match="holds another archive: name an empty database"):
            archive.copy(url_of(one), url_of(two))
        assert dump(two) == before
        with pytest.raises(UsageError, match="the same database"):
            archive.copy(url_of(one), url_of(one))


def test_an_archive_that_is_not_there_is_not_copied(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"none\.db: no archive there"):
        archive.copy(str(tmp_path / "none.db"), str(tmp_path / "to.db"))
