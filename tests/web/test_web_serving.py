"""How `newsarchive web` answers: tags that spare a second answer, JSON beside pages, a proxy in front, a password, a token."""

from __future__ import annotations

import base64
import json
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import html

from newsarchive import Archive
from newsarchive.db.engine import open_engine
from newsarchive.db.reading.search import day
from newsarchive.db.writing.store import Store
from newsarchive.exceptions import UsageError
from newsarchive.times import utc_now
from newsarchive.web import library, security, server
from newsarchive.web.answers import day_of
from newsarchive.web.views import ROUTES
from tests.support import webpages
from tests.support.storage import make_article, open_archive

httpx = pytest.importorskip("httpx")


#: What stands for `library.SETTLING_SECONDS` here. The times of files on the disk of a test differ after some milliseconds.
SETTLING_SECONDS = 0.2


@pytest.fixture(autouse=True)
def _soon_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "SETTLING_SECONDS", SETTLING_SECONDS)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("serving") / "archive.db"
    webpages.build(path).dispose()
    return path


@pytest.fixture(scope="module")
def client(file: Path) -> Iterator[httpx.Client]:
    with webpages.serving(file) as address, httpx.Client(base_url=address, timeout=300) as opened:
        yield opened


#: An address for each route that is read.
EVERY = (
    "/", "/search?q=ferry", "/search.feed.json?q=ferry", "/search.csv?q=ferry", "/article/1", "/article/1/cite.bib",
    "/article/1/download.txt", "/article/1/diff", "/compare/2/3", "/stories", "/story/1", "/sites", "/site/blog.example",
    "/publishers", "/publisher?name=paper.example", "/changes", "/health", "/quarantine", "/withheld",
)  # fmt: skip


def settled(client: httpx.Client, path: str) -> httpx.Response:
    """An answer from an archive that nobody has written for a while; then it says since when."""
    end = time.monotonic() + 300
    while "last-modified" not in (answer := client.get(path)).headers and time.monotonic() < end:
        time.sleep(SETTLING_SECONDS / 4)
    return answer


# -- the second time --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", EVERY)
def test_who_has_an_answer_is_told_that_nothing_changed(client: httpx.Client, path: str) -> None:
    for _ in range(3):  # figures that are counted in the background may come between two answers
        first = client.get(path)
        again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
        if again.status_code == 304:
            break
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert "private" in again.headers["cache-control"]
    assert client.get(path, headers={"If-None-Match": 'W/"other"'}).status_code == 200


def test_a_feed_that_is_asked_for_every_minute_costs_no_search(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "/search.feed.json?q=ferry"
    first = settled(client, path)
    assert "max-age=300" in first.headers["cache-control"]
    monkeypatch.setattr("newsarchive.db.reading.articles.Selection.__init__", None)  # whoever searches fails
    for headers in (
        {"If-None-Match": first.headers["etag"]},
        {"If-Modified-Since": first.headers["last-modified"]},
    ):
        assert client.get(path, headers=headers).status_code == 304
    assert client.get("/search.feed.json?q=harbour").status_code == 500


@pytest.mark.slow
def test_a_commit_changes_the_tag(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    webpages.build(path).dispose()
    with webpages.serving(path) as address, httpx.Client(base_url=address, timeout=300) as client:
        first = settled(client, "/search.feed.json")
        writer = open_engine(f"sqlite:///{path}")
        Store(writer).ingest([make_article(900, headline="A lighthouse", date_published=datetime.now(UTC))])
        asked = {"If-None-Match": first.headers["etag"], "If-Modified-Since": first.headers["last-modified"]}
        answer = client.get("/search.feed.json", headers=asked)
        assert (answer.status_code, "A lighthouse" in answer.text) == (200, True)
        assert answer.headers["etag"] != first.headers["etag"]
        assert settled(client, "/search.feed.json").headers["etag"] != first.headers["etag"]
        with webpages.serving(path) as other:  # whose counts are new
            assert "A year in weeks" in httpx.get(f"{other}/", timeout=300).text
        writer.dispose()


def test_a_style_may_be_kept_for_good_by_its_whole_address_alone(client: httpx.Client) -> None:
    (address,) = html.fromstring(client.get("/").content).xpath("//link[@rel='stylesheet']/@href")
    assert "immutable" in client.get(address).headers["cache-control"]
    assert client.get("/static/site.css").headers["cache-control"] == "no-cache"


# -- for programs -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "has"),
    [
        ("/index.json", "newest"), ("/article/1.json", "article_body"), ("/article/1/diff.json", "difference"),
        ("/compare/2/3.json", "difference"), ("/story/1.json", "copies"), ("/site/blog.example.json", "months"),
        ("/publisher.json?name=paper.example", "republications"),
    ],
)  # fmt: skip
def test_each_page_has_its_record_beside_it(client: httpx.Client, path: str, has: str) -> None:
    answer = client.get(path)
    assert answer.headers["content-type"].startswith("application/json")
    assert has in answer.json()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/search.json?q=(a", 400),
        ("/search.facets.json?order=x", 400),
        ("/article/1/download.json?x=1", 200),
        ("/article/99.json", 404),
    ],
)
def test_what_a_program_cannot_have_is_said_as_json(client: httpx.Client, path: str, status: int) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json; charset=utf-8")
    assert status == 200 or answer.json()["status"] == status


@pytest.mark.parametrize("path", ["/stories", "/sites", "/health", "/changes", "/publishers", "/quarantine"])
def test_lists_are_lists_of_records(client: httpx.Client, path: str) -> None:
    assert isinstance(client.get(f"{path}.json").json(), list)
    assert client.get(f"{path}.json").json() != []


def test_every_page_was_looked_at() -> None:
    pages = {way.path.partition("{")[0] for way in ROUTES if way.has_record}
    assert [page for page in pages if not any(path.startswith(page) for path in EVERY)] == []


def test_an_error_is_json_where_json_was_asked_for(client: httpx.Client) -> None:
    answer = client.get("/article/999.json")
    assert (answer.status_code, answer.json()["status"]) == (404, 404)
    assert "no article" in answer.json()["error"]


# -- behind a proxy ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_below_a_path_of_a_proxy_every_link_stays_below_it(file: Path) -> None:
    base = "https://news.example/archive-of/us/"
    with webpages.serving(file, base_url=base) as address, httpx.Client(base_url=address) as client:
        host = {"Host": "news.example"}
        for path in ("", "/archive-of/us"):  # with the path and where the proxy took it away
            for page in (
                "/",
                "/search?q=ferry",
                "/article/1",
                "/story/1",
                "/changes",
                "/archive",
                "/archive/sites",
                "/archive/newest",
            ):
                answer = client.get(path + page, headers=host, timeout=300)
                assert answer.status_code == 200
                document = html.fromstring(answer.content)
                links = document.xpath("//@href | //@action | //@src")
                assert [a for a in links if a.startswith("/") and not a.startswith("/archive-of/us/")] == []
        moved = client.get("/search", params={"q": webpages.BLOG}, headers=host)
        assert moved.headers["location"] == "/archive-of/us/article/1"
        feed = client.get("/search.feed.json?q=ferry", headers=host).json()
        assert feed["feed_url"] == "https://news.example/archive-of/us/search.feed.json?q=ferry"
        assert client.get("/archive-of/usual", headers=host).status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "news.example",
        "ftp://news.example",
        "https://",
        "https://a.example/?q=1",
        "http://[",
        "https://a.example/archive/",
    ],
)
def test_a_base_url_that_is_none_is_named(url: str) -> None:
    with pytest.raises(UsageError, match="--base-url"):
        _ = server.Start(base_url=url).base


# -- with a password --------------------------------------------------------------------------------


def basic(password: str, scheme: str = "Basic") -> dict[str, str]:
    return {"Authorization": f"{scheme} {base64.b64encode(f'any:{password}'.encode()).decode()}"}


@pytest.mark.slow
def test_with_a_password_nothing_is_read_without_it(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "WRONG_PASSWORD_SECONDS", 0.01)
    with webpages.serving(file, password="påss:wörd") as address, httpx.Client(base_url=address) as client:
        for path in (*EVERY, "/static/site.css", "/archive", "/metrics", "/nothing", "/article/1.json"):
            answer = client.get(path)
            assert (answer.status_code, "ferry" in answer.text) == (401, False)
            assert answer.headers["www-authenticate"].startswith("Basic")
        for wrong in (
            basic("other"),
            basic("påss:wörd", "Bearer"),
            {"Authorization": "Basic %%%"},
            basic(""),
        ):
            assert client.get("/", headers=wrong).status_code == 401
        assert client.get("/", headers=basic("påss:wörd"), timeout=300).status_code == 200
        assert client.get("/archive", headers=basic("påss:wörd"), timeout=300).status_code == 200


# -- judging the quarantine -------------------------------------------------------------------------


@pytest.fixture
def judged(tmp_path: Path) -> Iterator[tuple[Path, httpx.Client]]:
    path = tmp_path / "archive.db"
    webpages.build(path).dispose()
    with (
        webpages.serving(path, token="secret") as address,
        httpx.Client(base_url=address, timeout=300) as client,
    ):
        yield path, client


@pytest.mark.slow
def test_whoever_has_the_token_accepts_and_drops(judged: tuple[Path, httpx.Client]) -> None:
    path, client = judged
    assert client.get("/quarantine").text.count("<form") == 0
    moved = client.get("/quarantine?token=secret")
    assert (moved.status_code, moved.headers["location"]) == (303, "/quarantine")
    assert re.search(r"HttpOnly.*SameSite=strict", moved.headers["set-cookie"])
    assert "secret" not in moved.headers["set-cookie"]
    page = html.fromstring(client.get("/quarantine").content)
    (form,) = page.xpath("//form[@method='post']")
    (key,) = form.xpath("input[@name='key']/@value")
    origin = {"Origin": str(client.base_url)}
    data = {"key": key, "decision": "accept", "reason": "it reads well"}
    assert (
        client.post(
            form.get("action"), data={**data, "decision": "drop", "reason": ""}, headers=origin
        ).status_code
        == 400
    )
    done = client.post(form.get("action"), data=data, headers=origin)
    assert (done.status_code, done.headers["location"]) == (303, "/quarantine")
    with Archive(path) as archive:
        assert archive.count("badly") == 1
    assert "Nothing waits" in client.get("/quarantine").text


@pytest.mark.slow
@pytest.mark.parametrize("lacks", ["cookie", "key", "origin", "token"])
def test_nobody_else_decides(judged: tuple[Path, httpx.Client], lacks: str) -> None:
    path, client = judged
    client.get("/quarantine?token=secret")
    (key,) = html.fromstring(client.get("/quarantine").content).xpath("//input[@name='key']/@value")
    headers = {"Origin": str(client.base_url)} if lacks != "origin" else {"Origin": "https://evil.example"}
    if lacks == "cookie":
        client.cookies.clear()
    data = {"key": key if lacks != "key" else "x" * len(key), "decision": "accept"}
    if lacks == "token":
        with webpages.serving(path) as address:
            assert (
                httpx.post(f"{address}/quarantine/11", data=data, headers={"Origin": address}).status_code
                == 405
            )
        return
    assert client.post("/quarantine/11", data=data, headers=headers).status_code == 403
    for site in ("cross-site", "same-site"):
        crossed = {"Origin": str(client.base_url), "Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}  # fmt: skip
        assert client.post("/quarantine/11", data={**data, "key": key}, headers=crossed).status_code == 403
    with Archive(path) as archive:
        assert archive.count("badly") == 0


@pytest.mark.slow
def test_a_form_of_megabytes_is_refused(judged: tuple[Path, httpx.Client]) -> None:
    _, client = judged
    answer = client.post(
        "/quarantine/11", data={"key": "x" * 200_000}, headers={"Origin": str(client.base_url)}
    )
    assert answer.status_code == 413


# -- days, and keys ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "since", "until"),
    [
        ("2025-04-30", "2025-04-30", "2025-04-30"), ("2025", "2025-01-01", "2025-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"), ("April 2025", "2025-04-01", "2025-04-30"),
        ("3 May 2025", "2025-05-03", "2025-05-03"), ("3 mai 2025", "2025-05-03", "2025-05-03"),
        ("30.4.2025", "2025-04-30", "2025-04-30"), ("", "None", "None"),
        ("2025-4-3", "2025-04-03", "2025-04-03"), ("2025/04/03", "2025-04-03", "2025-04-03"),
        ("20250403", "2025-04-03", "2025-04-03"), ("2025 April", "2025-04-01", "2025-04-30"),
    ],
)  # fmt: skip
def test_days_are_written_as_people_write_them(given: str, since: str, until: str) -> None:
    found = [str(day_of({name: given}, name)) for name in ("since", "until")]
    assert found == [since, until]


def test_yesterday_is_the_day_before() -> None:
    days = {str(datetime.now(UTC).date() - timedelta(days=n)) for n in (1, 2)}  # midnight may pass meanwhile
    assert str(day_of({"since": "yesterday"}, "since")) in days


@pytest.mark.parametrize(
    "given",
    ["someday", "2025-13", "2025-13-01", "2025/13/01", "2025-02-30", "0000", "1" * 300, "ferry", "99999-01"],
)
def test_what_is_no_day_is_said_in_the_words_of_the_commands(given: str) -> None:
    with pytest.raises(UsageError, match="not a day") as said:
        day_of({"since": given}, "since")
    with pytest.raises(UsageError) as of_command:
        day(given, "since")
    assert str(said.value) == str(of_command.value)


@pytest.mark.slow
def test_the_one_script_is_allowed_by_its_whole_address_and_only_where_it_was_asked_for(file: Path) -> None:
    with webpages.serving(file, keys=True) as address, httpx.Client(base_url=address, timeout=300) as client:
        host = address.removeprefix("http://")
        page = client.get("/article/1")
        assert page.headers["content-security-policy"].endswith(f"; script-src {host}/static/keys.js")
        scripts = html.fromstring(page.content).xpath("//script[not(@type)]")
        assert [script.get("src").partition("?")[0] for script in scripts] == ["/static/keys.js"]
        assert all(not script.text for script in scripts)
        tables = client.get("/archive/articles")
        assert "script-src" not in tables.headers["content-security-policy"]
        assert "keys.js" not in tables.text
        odd = client.get("/article/1", headers={"Host": "[::1]"})
        assert "script-src" not in odd.headers["content-security-policy"]


# -- both databases ---------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_every_page_is_read_from_both_databases(database: str, tmp_path: Path) -> None:
    with open_archive(database, tmp_path) as engine:
        webpages.fill(engine)
        with (
            webpages.serving_engine(engine) as address,
            httpx.Client(base_url=address, timeout=300) as client,
        ):
            for path in EVERY:
                answer = client.get(path)
                assert (path, answer.status_code) == (path, 200)
            assert "<mark>ferry</mark>" in client.get("/search?q=ferry").text
            for _ in range(3):  # a busy server may tell late of what was written before
                known = {"If-None-Match": settled(client, "/article/1").headers["etag"]}
                again = client.get("/article/1", headers=known)
                if again.status_code == 304:
                    break
            assert again.status_code == 304
            Store(engine).ingest([make_article(901, headline="A lighthouse")])
            assert client.get("/article/1", headers=known).status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("stat", ["site_error", "site_left/blog.example"])
def test_what_failed_has_a_row_as_wide_as_the_table(tmp_path: Path, stat: str) -> None:
    """In the column of the site a sentence of twenty words took nine lines, and the rest of the page was empty."""
    file = tmp_path / "archive.db"
    webpages.build(file).dispose()
    with closing(sqlite3.connect(file)) as archive, archive:
        failed = json.dumps({stat: "the server answered 410"}), utc_now().isoformat()
        archive.execute("UPDATE crawl_runs SET stats = ?, started_at = ?", failed)
    with webpages.serving(file) as address:
        page = httpx.get(f"{address}/health").text
        assert "the server answered 410" in httpx.get(f"{address}/site/blog.example").text
    row = re.search(r'<tr><td colspan="8">(.*?)</td></tr>', page, re.DOTALL)
    assert row
    assert "the server answered 410" in row[1]
