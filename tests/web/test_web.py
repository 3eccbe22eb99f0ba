"""`newsarchive web` without a browser: what it answers, what it refuses, and its pure parts."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from lxml import html

from newsarchive import Archive
from newsarchive.cli import cli, main
from newsarchive.core.encoding.changes import paragraphs, pieces
from newsarchive.core.text.diff import Change
from newsarchive.db.engine import connect_readonly, open_engine, open_readonly
from newsarchive.db.models import Base
from newsarchive.db.reading import lineage
from newsarchive.db.reading.coverage import Seen, Span
from newsarchive.db.readonly import Source
from newsarchive.db.schema import upgrade
from newsarchive.db.writing.store import Store
from newsarchive.exceptions import DatabaseError
from newsarchive.items import Block, Edit, Rights
from newsarchive.web import chart, datasette, server
from newsarchive.web.library import MIN_AGE_SECONDS, BackgroundCache
from newsarchive.web.render import STATIC, runs, values
from tests.support import webpages
from tests.support.checkers import html_errors, needs_vnu
from tests.support.storage import START, make_article, open_archive

pytest.importorskip("datasette", reason="the extra web is not installed")
httpx = pytest.importorskip("httpx")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # A name that means something in a URI must not lead anywhere else.
    path = tmp_path_factory.mktemp("web") / "my archive #1.db"
    webpages.build(path).dispose()
    return path


@pytest.fixture(scope="module")
def home(file: Path) -> Iterator[str]:
    with webpages.serving(file, sql=True) as address:
        yield address


@pytest.fixture(scope="module")
def client(home: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=home, timeout=300) as opened:
        yield opened


# -- pages -----------------------------------------------------------------------------------------

PAGES = {
    "/": ("The archive", "Newest articles", "Stories that grew last", "Altered or vanished this week"),
    "/search?q=ferry": ("<mark>ferry</mark>", "mirror.example"),
    "/search?q=zeppelin": ("Nothing found for <bdi>zeppelin</bdi>",),
    "/search?site=thai.example": ("thai.example", "เรือเฟอร์รี่"),
    "/search?q=渡轮": ("<mark>渡轮</mark>", "zh · not free</p>"),
    "/search?author=Author Number 300": ("Three hundred authors",),
    "/search?origin=paper.example": ("The islands’ last ferry",),
    "/search?order=date&page=3": ("41 to", "page=2"),
    "/search?q=ferry&page=9": ("There is no page 9 of this search", 'href="/search?q=ferry"'),
    "/article/1": ("The islands", "â€œ", "18.2", "The Island Paper", "Subscribe to our newsletter!", "Version 2"),
    "/article/1/diff": ("<ins>-one</ins>", "The page changed", "1 paragraph altered, 1 paragraph gone, 0 paragraphs new", "4 paragraphs are the same"),
    "/article/1/diff?from=2&to=1": ("<del>-one</del>",),
    "/article/6": ('<p class="notice">The site gives this article in full only to readers who pay: the text here may be its beginning alone.</p>', "(the page tells only the month)"),
    "/article/8": ('no headline</span> <bdi>', "found deleted"),
    "/article/9": ("and 288 more", "Author Number 300"),
    "/story/1": ("3 copies", "the fullest", "We say: a loss for all of us.", "Perhaps the same in other words", "harbour, 1911"),
    "/article/11": ("hidden from searches: confidence 0.41 (thin margin)", "completeness 0.50; it was close", "newsarchive quarantine accept 11"),
    "/search?q=badly": ("Nothing found",),
    "/compare/2/3": ('<del>1911</del><ins class="instead">1912</ins>',),
    "/sites": ("blog.example", "47", "not followed", "wordpress"),
    "/health": ("blog.example", "last crawled well", "not followed", "crawled since"),
    "/stories": ("3 copies on 3 sites", 'href="/story/1"'),
    "/stories?order=new": ("Stories that grew last", 'href="/story/1"'),
    "/publishers": ("The Island Paper", "paper.example", "after 7 h"),
    "/publisher?name=paper.example": ("The Island Paper", "Who takes its articles", "What became of its headlines", "has left"),
    "/changes": ("edited", "vanished", "/article/1/diff?from=1&amp;to=2", "1 altered"),
    "/changes?kind=vanished&site=blog.example": ("no headline",),
    "/withheld": ("Withheld", "Nothing is withheld."),
    "/quarantine": ("A page that was read badly.", "newsarchive web --judge"),
    "/site/blog.example": ("Articles by month", "http 500", "Share this:", "47 new"),
    "/archive": ("Articles by site", "current_articles", "that only the program needs"),
    "/archive/current_articles": ('<a href="/article/1">1</a>', "with its site, origin and text"),
    "/archive/articles": ("2025-04-0",),
    "/archive/article_revisions": ("Binary",),
    "/archive/captures": ("Length of the record in the file, in bytes.", "4.321&nbsp;kB", "1.234567&nbsp;MB"),
    "/archive/sites": ("wordpress",),
    "/archive/site-from-publisher?site=blog.example&origin_domain=paper.example": ("The islands’ last ferry",),
    "/archive?sql=select+count(*)+from+articles": ("<textarea",),
    "/archive/articles/1": ("Read this article",),
    "/archive/newest.json": ('"headline"',),
}  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_a_page_shows_what_it_is_for(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    for wanted in PAGES[path]:
        assert wanted in answer.text


@pytest.mark.parametrize(
    ("form", "begins"), [("txt", "The islands’ last ferry has left\n"), ("md", "---\ntitle: "), ("json", "{")]
)
def test_an_article_is_downloaded(client: httpx.Client, form: str, begins: str) -> None:
    answer = client.get(f"/article/1/download.{form}")
    assert answer.headers["content-disposition"] == f'attachment; filename="article-1.{form}"'
    assert answer.text.startswith(begins)


@pytest.mark.slow  # a program in Java
@needs_vnu
def test_vnu_finds_no_error_in_any_page(client: httpx.Client, tmp_path: Path) -> None:
    """The tables are Datasette's pages, and held to its own standard."""
    for number, path in enumerate(path for path in PAGES if not path.startswith("/archive")):
        (tmp_path / f"{number}.html").write_bytes(client.get(path).content)
    assert html_errors(tmp_path) == []


@pytest.mark.parametrize("query", datasette.queries(), ids=lambda query: query["name"])
def test_every_useful_query_is_a_page(client: httpx.Client, query: dict[str, object]) -> None:
    answer = client.get(f"/archive/{query['name']}")
    assert answer.status_code == 200
    assert 'class="problem"' not in answer.text


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/article/999", 404, "no article &#39;999&#39;"),
        ("/article/99999999999999999999", 404, "no article"),
        ("/story/999", 404, "no story 999"),
        ("/story/99999999999999999999", 404, "no story"),
        ("/site/nowhere.example", 404, "newsarchive sites list"),
        ("/nothing", 404, "no page /nothing"),
        ("/static/../app.py", 404, "Not found"),
        ("/static/..%2fapp.py", 404, "Not found"),
        ("/archive/no_such_table", 404, "Table not found"),
        ('/search?q="open', 400, "without its partner"),
        ("/search?q=-only", 400, "name one to look for"),
        ("/search?since=someday", 400, "not a day; write it as 2025-04-01"),
        ("/search?since=2025-13-01", 400, "not a day; write it as 2025-04-01"),
        ("/search?q=a&order=size", 400, "rank or date"),
        ("/search?q=a&page=0", 400, "narrow the search"),
        ("/search.xml?q=a", 404, "csv, json, feed.json or facets.json"),
        ("/stories?order=size", 400, "copies or new"),
        ("/changes?kind=moved", 400, "edited, vanished, details"),
        ("/changes?since=someday", 400, "not a day; write it as 2025-04-01"),
        ("/changes?since=2025-13-01", 400, "not a day; write it as 2025-04-01"),
        ("/changes?since=2025-05-07&until=2025-05-01", 400, "no day is between them"),
        ("/publisher?name=Nobody", 404, "no publisher"),
        ("/article/1/download.doc", 404, "txt, md or json"),
        ("/quarantine?token=guess", 403, "not the token"),
        ("/search?q=a&page=x", 400, "narrow the search"),
        ("/search?q=a&page=00000000199999999999999999999", 400, "narrow the search"),
        ("/article/1/diff?from=9", 400, "no version 9"),
        ("/article/1/diff?from=x", 400, "no number of a version"),
        ("/archive?sql=delete+from+articles", 400, "must be a SELECT"),
    ],
)
def test_a_wrong_address_says_what_is_wrong(client: httpx.Client, path: str, status: int, says: str) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert says in answer.text
    assert "Traceback" not in answer.text


def test_a_url_in_the_search_box_opens_its_article(client: httpx.Client) -> None:
    answer = client.get("/search", params={"q": webpages.BLOG + "?utm_source=x"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/article/1")
    assert client.get("/search", params={"q": "https://unknown.example/"}).status_code == 200


def test_the_address_of_a_search_has_only_what_was_asked_for(client: httpx.Client) -> None:
    answer = client.get("/search?q=ferry&site=&origin=&language=en&since=&page=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/search?q=ferry&language=en&page=2")
    assert client.get("/search?q=").headers["location"] == "/search"


def test_an_article_page_cites_the_article_and_describes_it_for_reference_managers(
    client: httpx.Client,
) -> None:
    page = client.get("/article/1").text
    described = json.loads(html.fromstring(page).xpath("string(//script[@type='application/ld+json'])"))
    assert described["@type"] == "NewsArticle"
    assert described["headline"].startswith("The islands")
    assert described["url"] == webpages.BLOG
    assert described["author"]
    assert described["datePublished"].endswith("+00:00")
    identifier = described["identifier"]
    assert f"in the archive: {identifier}" in page
    # It is an English sentence, also where it begins with a name in Arabic: else its address is in disorder.
    assert html.fromstring(page).xpath("string(//section[@id='cite']/p[1]/@dir)") == "ltr"
    answer = client.get("/search", params={"q": identifier})
    assert (answer.status_code, answer.headers["location"]) == (303, "/article/1")
    cut = client.get("/search", params={"q": identifier.partition(";")[0][:-1]})
    assert (cut.status_code, "give it whole" in cut.text) == (400, True)
    other = client.get("/search", params={"q": identifier.replace(identifier[10:20], "0" * 10)})
    assert (other.status_code, "not in the archive any more; of " in other.text) == (404, True)


@pytest.mark.parametrize(
    ("ending", "kind", "begins"),
    [
        ("bib", "application/x-bibtex", "@misc{nwa2025-"),
        ("ris", "application/x-research-info-systems", "TY  - BLOG\r\n"),
        ("csl.json", "application/vnd.citationstyles.csl+json", "["),
    ],
)
def test_an_article_is_cited_in_the_formats_of_reference_managers(
    client: httpx.Client, ending: str, kind: str, begins: str
) -> None:
    answer = client.get(f"/article/1/cite.{ending}")
    assert answer.headers["content-type"].startswith(kind)
    assert answer.text.startswith(begins)
    assert client.get(f"/article/999/cite.{ending}").status_code == 404
    assert client.get("/article/1/cite.mla").status_code == 404


def test_an_older_version_that_is_cited_leads_to_what_changed_since(client: httpx.Client, file: Path) -> None:
    with Archive(file) as archive:
        identifier = archive.cite(1, version=1).rpartition("archive: ")[2]
    answer = client.get("/search", params={"q": identifier})
    assert (answer.status_code, answer.headers["location"]) == (303, "/article/1/diff?from=1")


def test_an_edit_of_the_headline_alone_is_counted(tmp_path: Path) -> None:
    with open_archive("sqlite", tmp_path) as engine:
        for day, headline in enumerate(("The ferry is late", "The ferry was late again")):
            Store(engine).ingest([make_article(1, headline=headline, page=headline.encode(), day=day)])
    with (
        webpages.serving(tmp_path / "archive.db") as address,
        httpx.Client(base_url=address, timeout=300) as opened,
    ):
        page = opened.get("/article/1/diff").text
        said = opened.get("/article/1/diff.json").json()["difference"]
    assert ("headline altered, 0 paragraphs altered" in page, "1 word gone, 2 new" in page) == (True, True)
    assert (said["words_gone"], said["words_new"], said["counts"]["changed"]) == (1, 2, 0)


def test_an_edit_of_the_summary_alone_is_shown(tmp_path: Path) -> None:
    with open_archive("sqlite", tmp_path) as engine:
        for day, summary in enumerate(("A summary.", "Another.")):
            Store(engine).ingest([make_article(1, description=summary, page=summary.encode(), day=day)])
    with (
        webpages.serving(tmp_path / "archive.db") as address,
        httpx.Client(base_url=address, timeout=300) as opened,
    ):
        assert "description alone" in opened.get("/changes").text
        assert "description: <del>A summary.</del> <ins>Another.</ins>" in opened.get("/article/1/diff").text


def test_a_story_tells_which_copy_was_edited_and_whose_date_may_be_false(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts are compared as they are today, so an edit of the original looks like one of the copy."""
    real = lineage.story

    def story(source: Source, cluster_id: int) -> lineage.Trace:
        trace = real(source, cluster_id)
        first, second, *rest = trace.copies
        marked = (
            replace(first, edits=2),
            replace(second, edits=0, absent_at=datetime(2025, 4, 1, 8, tzinfo=UTC)),
        )
        return replace(trace, copies=(*marked, *(replace(one, edits=0) for one in rest)))

    monkeypatch.setattr(lineage, "story", story)
    page = html.fromstring(client.get("/story/1").content)
    said = [
        " ".join(line.text_content().split())
        for line in page.xpath("//ol[@class='timeline']//p[@class='meta']")
    ]
    edited = [line for line in said if "edited" in line]
    assert edited == ["edited 2 times by its site since the first crawl; here it is as it is today"]
    assert "not in its feed on 2025-04-01 08:00 UTC: its date may be false" in said


def test_a_story_of_more_copies_than_are_shown_says_which(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lineage, "MAX_COPIES", 1)
    page = html.fromstring(client.get("/story/1").content)
    assert len(page.xpath("//ol[@class='timeline']/li")) == 2
    assert "2 of 3 copies: the earliest, and the fullest." in page.text_content()


def test_copies_can_be_left_out_of_a_search(client: httpx.Client) -> None:
    found = {
        copies: len(
            html.fromstring(
                client.get(f"/search?q=ferry&copies={copies}", follow_redirects=True).content
            ).xpath("//mark/ancestor::li")
        )
        for copies in ("", "first", "none")
    }
    assert found[""] > found["first"] >= found["none"]
    assert client.get("/search?q=ferry&copies=some").status_code == 400


def test_a_search_says_how_many_there_are_and_how_they_are_spread(client: httpx.Client) -> None:
    page = html.fromstring(client.get("/search?order=date").content)
    said = page.xpath("string(//p[@class='meta'][contains(., ' to ')])")
    total = int(re.search(r"1 to 20 of (\d+)", said)[1])  # type: ignore[index]
    assert total > 40
    facets = {
        section.xpath("string(h3)"): {
            row.xpath("string(a)"): int(row.xpath("string(span)")) for row in section.xpath(".//li[a]")
        }
        for section in page.xpath("//aside[@id='spread']//section")
    }
    assert set(facets) | {"First published by"} == {
        "Site", "First published by", "Language", "Month", "Copied stories",
    }  # fmt: skip
    numbers = client.get("/search.facets.json?order=date").json()
    assert (numbers["total"], numbers["is_exact"], numbers["are_whole"]) == (total, True, True)
    assert facets["Site"].items() <= numbers["sites"].items()
    assert set(facets["Copied stories"].values()) == set(numbers["copies"].values())
    for title in ("Site", "Month", "Copied stories"):
        value, number = next(iter(facets[title].items()))
        (address,) = page.xpath(f"//section[h3='{title}']//a[.='{value}']/@href")
        narrowed = html.fromstring(client.get(address).content)
        assert re.search(rf"(of {number}\b|^1 result)", narrowed.xpath("string(//p[@class='meta'][1])"))
        (chip, *_) = narrowed.xpath("//p[@class='chips']/a/@href")
        assert f" of {total}" in client.get(chip).text or title == "Month"


@pytest.mark.slow
def test_what_is_reserved_from_mining_can_be_left_out_of_a_search(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    engine = webpages.build(path)
    reserved = Rights(tdm=("header: 1",), reservations=("TDMRep header",))
    made = make_article(700, body="A ferry that is reserved.", page=b"<p>x")
    assert made.capture
    Store(engine).ingest([replace(made, capture=replace(made.capture, rights=reserved))])
    engine.dispose()
    with webpages.serving(path) as base, httpx.Client(base_url=base) as client:
        for ending in ("", ".json", ".csv"):
            assert "reserved" in client.get(f"/search{ending}?q=ferry&site=blog.example").text
            assert "is reserved" not in client.get(f"/search{ending}?q=ferry&rights=tdm").text
        page = html.fromstring(client.get("/search?q=ferry&rights=tdm").content)
        assert page.xpath("//select[@name='rights']/option[@selected]/@value") == ["tdm"]
        assert "not reserved from text and data mining" in page.xpath("string(//p[@class='chips'])")
        whole, left = (
            client.get(f"/search.facets.json?q=ferry{more}").json()["total"] for more in ("", "&rights=tdm")
        )
        assert whole == left + 1
        assert client.get("/search?q=ferry&rights=none").status_code == 400


@pytest.mark.parametrize(
    "query", ["q=ferry", "q=ferry&site=blog.example", "q=zeppelin", "q=渡轮", "order=date"]
)
def test_a_search_is_had_as_csv_json_and_feed(client: httpx.Client, query: str) -> None:
    import csv
    import io

    wanted = html.fromstring(client.get(f"/search?{query}").content).xpath("//ol[@class='hits']//h3/a/@href")
    records = client.get(f"/search.json?{query}").json()
    assert [f"/article/{record['id']}" for record in records][: len(wanted)] == wanted
    assert not any("<mark>" in record["snippet"] or "**" in record["snippet"] for record in records)
    answer = client.get(f"/search.csv?{query}")
    assert answer.headers["content-type"].startswith("text/csv")
    assert [row["id"] for row in csv.DictReader(io.StringIO(answer.text))] == [
        str(record["id"]) for record in records
    ]
    feed = client.get(f"/search.feed.json?{query}")
    assert feed.headers["content-type"].startswith("application/feed+json")
    made = feed.json()
    assert made["version"] == "https://jsonfeed.org/version/1.1"
    assert {item["url"] for item in made["items"]} <= {record["url"] for record in records}
    assert len(made["items"]) == min(50, len(records))
    assert all(item["id"] and ("content_html" in item or "content_text" in item) for item in made["items"])


@pytest.mark.parametrize("ending", ["csv", "json", "feed.json"])
def test_a_search_that_is_not_understood_is_told_to_a_program_too(client: httpx.Client, ending: str) -> None:
    for words, says in (("q=%22open", "without its partner"), ("since=someday", "not a day")):
        answer = client.get(f"/search.{ending}?{words}")
        assert answer.status_code == 400
        if ending == "csv":
            assert answer.headers["content-type"] == "text/plain; charset=utf-8"
            assert says in answer.text
        else:
            assert says in answer.json()["error"]


def test_a_name_of_a_site_is_no_ending_of_a_file(client: httpx.Client) -> None:
    answer = client.get("/site/unknown.csv")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_the_times_of_an_article_say_that_they_are_utc(client: httpx.Client) -> None:
    times = re.findall(r"<time[^>]*>[^<]*\d\d:\d\d([^<]*)</time>", client.get("/article/1").text)
    assert len(times) >= 2
    assert set(times) == {" UTC"}


@pytest.mark.parametrize("path", [*PAGES, "/nothing", "/static/site.css", "/-/settings", "/archive.json"])
def test_no_page_allows_a_script(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert not {"script-src", "script-src-elem", "object-src", "frame-src"} & set(policy)
    assert "unsafe" not in headers["content-security-policy"]
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")


@pytest.mark.parametrize("path", [path for path in PAGES if not path.endswith(".json")])
def test_no_page_has_a_script_a_style_or_anything_from_elsewhere(client: httpx.Client, path: str) -> None:
    page = html.fromstring(client.get(path).content)
    assert (
        page.xpath(
            "//script[not(@type='application/ld+json')] | //style | //iframe | //object | //img | //@style | //@*[starts-with(name(), 'on')]"
        )
        == []
    )
    assert [
        url
        for url in page.xpath("//link[not(@rel='alternate')]/@href | //@src")
        if not url.startswith("/static/")
    ] == []
    outward = [
        a
        for a in page.xpath("//a[@href]")
        if "://" in a.get("href") and "noopener" not in (a.get("rel") or "")
    ]
    assert path.startswith("/archive") or outward == []
    assert [
        a for a in page.xpath("//a/@href") if a.strip().lower().startswith(("javascript:", "data:"))
    ] == []


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/", "/article/10", "/article/10/diff", "/search?q=hacked", "/site/evil.example", "/site/blog.example", "/archive/articles", "/archive/articles/10", "/archive/dropped_text"])  # fmt: skip
def test_hostile_text_is_shown_as_text(client: httpx.Client, path: str) -> None:
    # This script is data, which no browser runs.
    body = client.get(path).text.replace('<script type="application/ld+json">', "")
    assert "&lt;script&gt;" in body
    assert "<script" not in body
    assert "49" not in body.partition("7*7")[2][:5]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_pages_can_only_be_read(client: httpx.Client, method: str) -> None:
    assert client.request(method, "/archive/articles").status_code == 405


HUGE = (
    "select zeroblob(900000000)",
    "select hex(zeroblob(30000000))",
    "select " + ", ".join(["zeroblob(30000000)"] * 40),
    "with recursive n(i) as (select 1 union all select i + 1 from n limit 2000) select zeroblob(30000000) from n",
    "with recursive n(i) as (select 1 union all select i + 1 from n limit 300000) select group_concat(hex(zeroblob(500))) from n",
)


@pytest.mark.slow
@pytest.mark.parametrize("sql", HUGE)
def test_a_query_that_asks_for_gigabytes_fails_and_takes_none(sql: str, file: Path) -> None:
    """In a process of its own, whose memory is measured; `resource` counts what it took at its most."""
    code = (
        "import resource, sqlite3, sys\nfrom pathlib import Path\nfrom newsarchive.db.engine import connect_readonly\n"
        "connection = connect_readonly(Path(sys.argv[1]), limited=True)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    connection.execute(sys.argv[2]).fetchmany(2001)\n"
        "except sqlite3.Error as error:\n    print(type(error).__name__, error)\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(file), sql], capture_output=True, text=True, timeout=300
    )
    problem, megabytes = done.stdout.splitlines()
    assert problem.startswith(("DataError", "OperationalError"))
    assert int(megabytes) < 600


def test_a_query_that_asks_for_gigabytes_is_refused_by_a_page(client: httpx.Client) -> None:
    answer = client.get("/archive.json", params={"sql": HUGE[0]})
    assert answer.status_code == 400
    assert "too big" in answer.json()["error"]


@pytest.mark.slow
def test_requests_bring_no_sql_of_their_own_unless_the_server_was_told_so(file: Path) -> None:
    with webpages.serving(file) as address, httpx.Client(base_url=address, timeout=300) as client:
        for path in ("/archive?sql=select+1", "/archive.json?sql=select+1", "/archive/articles?_where=1=1"):
            assert client.get(path).status_code == 403
        assert "newsarchive web --sql" in client.get("/archive?sql=select+1").text
        assert "<textarea" not in client.get("/archive").text
        assert client.get("/archive/newest.json").status_code == 200
        assert client.get("/archive/current_articles?site=blog.example").status_code == 200


@pytest.mark.parametrize(
    ("site", "mode", "dest", "path", "status"),
    [
        ("none", "navigate", "document", "/archive", 200), ("same-origin", "navigate", "document", "/archive", 200),
        ("same-origin", "no-cors", "style", "/static/site.css", 200), ("cross-site", "navigate", "document", "/article/1", 200),
        ("cross-site", "navigate", "document", "/archive/newest.json", 403), ("cross-site", "no-cors", "image", "/", 403),
        ("same-site", "cors", "empty", "/search?q=ferry", 403), ("cross-site", "navigate", "iframe", "/", 403),
        ("cross-site", "no-cors", "script", "/archive.json", 403),
    ],
)  # fmt: skip
def test_what_a_page_of_another_site_asks_for_is_refused(
    site: str, mode: str, dest: str, path: str, status: int, client: httpx.Client
) -> None:
    headers = {
        "Sec-Fetch-Site": site,
        "Sec-Fetch-Mode": mode,
        "Sec-Fetch-Dest": dest,
        "Origin": "https://evil.example",
    }
    answer = client.get(path, headers=headers)
    assert answer.status_code == status
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    ("host", "public"), [("127.0.0.1", False), ("::1", False), ("0.0.0.0", True), ("10.0.0.7", True)]
)
def test_a_server_that_others_reach_is_warned_of(host: str, public: bool) -> None:
    assert server.is_public(host) is public


@pytest.mark.parametrize(("host", "status"), [("localhost:1", 200), ("127.0.0.1", 200), ("[::1]:80", 200), ("evil.example", 421), ("", 421)])  # fmt: skip
def test_another_sites_name_for_this_machine_is_refused(client: httpx.Client, host: str, status: int) -> None:
    assert client.get("/", headers={"Host": host}).status_code == status


# -- beside a crawl --------------------------------------------------------------------------------


@pytest.mark.slow
def test_what_a_crawl_commits_shows_at_once_and_nothing_is_locked(file: Path, client: httpx.Client) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as crawl:
        crawl.execute("BEGIN IMMEDIATE")
        crawl.execute("UPDATE articles SET headline = 'not yet committed'")
        assert "not yet" not in client.get("/search?q=ferry").text
        assert client.get("/archive/articles").status_code == 200
        crawl.execute("ROLLBACK")
    writer = open_engine(f"sqlite:///{file}")
    Store(writer).ingest([make_article(500, body="A lighthouse.", headline="Lighthouse")])
    assert "Lighthouse" in client.get("/search?q=lighthouse").text
    writer.dispose()


def test_an_archive_is_opened_so_that_it_cannot_be_written(file: Path) -> None:
    with (
        closing(connect_readonly(file)) as connection,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        connection.execute("DELETE FROM articles")
    engine = open_readonly(f"sqlite:///{file}")
    with engine.connect() as connection, pytest.raises(Exception, match="readonly"):
        connection.exec_driver_sql("DELETE FROM articles")
    engine.dispose()


def test_an_archive_on_a_read_only_disk_is_read_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "archive.db"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    Store(engine).ingest([make_article(1)])
    engine.dispose()
    (tmp_path / "archive.db-shm").mkdir()  # SQLite cannot make its file there
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with closing(connect_readonly(path)) as connection:
        assert connection.execute("SELECT headline FROM articles").fetchall() == [("Post 1",)]


# -- the command -----------------------------------------------------------------------------------


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["web", *arguments])
    return int(stopped.value.code or 0), capsys.readouterr().err


def test_what_cannot_be_served_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.db").touch()
    (tmp_path / "page.db").write_text("<html>" * 500)
    upgrade(open_engine(f"sqlite:///{tmp_path / 'new.db'}"))
    cases = {
        str(tmp_path / "none.db"): (5, "a crawl creates it"),
        str(tmp_path / "empty.db"): (5, "holds no archive"),
        str(tmp_path / "page.db"): (5, "is not an SQLite database"),
        str(tmp_path / "new.db"): (
            5,
            f"holds no article yet; first: newsarchive crawl https://blog.example --db {tmp_path / 'new.db'}",
        ),
        str(tmp_path): (5, "no archive there"),
        "postgresql://you:secret@127.0.0.1:1/news": (5, "postgresql://you:***@127.0.0.1:1/news"),
    }
    for db, (code, says) in cases.items():
        got, message = run("--db", db, capsys=capsys)
        assert (got, message.count("\n")) == (code, 1), message
        assert says in message
        assert "secret" not in message


def test_a_port_that_is_taken_is_named(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        code, message = run("--db", str(file), "--port", port, capsys=capsys)
    assert (code, message.count("\n")) == (2, 1)
    assert f"--port {port} on 127.0.0.1 is taken" in message
    assert run("--db", str(file), "--host", "no.such.host.invalid", capsys=capsys)[0] == 2
    assert run("--db", str(file), "--host", "203.0.113.7", capsys=capsys)[0] == 2


@pytest.mark.parametrize("module", ["starlette", "yaml"])  # yaml: every article can be had as Markdown
def test_without_a_module_of_the_pages_the_extra_is_named(module: str, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == module else SimpleNamespace()
    )
    code, message = run("--db", str(file), capsys=capsys)
    assert (code, "pip install 'newsarchive[web]'" in message) == (2, True)


def test_without_datasette_all_but_the_tables_are_there(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "datasette" else found(name))
    with webpages.serving(file) as address, httpx.Client(base_url=address, timeout=300) as client:
        assert client.get("/article/1").status_code == 200
        assert "Tables" not in client.get("/").text
        answer = client.get("/archive")
        assert (answer.status_code, "newsarchive[datasette]" in answer.text) == (404, True)


def test_an_old_archive_is_named(file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.setattr("newsarchive.db.migrations.head", lambda: "9999")
    code, message = run("--db", str(file), capsys=capsys)
    assert (code, "newsarchive db upgrade" in message) == (5, True)


@pytest.mark.slow
def test_the_command_says_where_it_is_and_stops_on_ctrl_c(file: Path) -> None:
    command = [sys.executable, "-m", "newsarchive", "web", "--db", str(file), "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    timer = threading.Timer(150, process.kill)
    timer.start()
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        address = line.split()[2]
        assert httpx.get(address, timeout=60).status_code == 200
        # Datasette prints what was wrong with a request.
        assert httpx.get(f"{address}archive/articles?_facet=%1B%5B2J%C2%9B", timeout=60).status_code == 400
        process.send_signal(2)
        assert process.wait(60) == 0
        *errors, last = process.stderr.read().splitlines()
        assert last == "stopped"
        assert "␛[2J" in "".join(errors)
        assert not set("\x1b\x9b") & set("".join(errors))
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        process.stderr.close()


def test_the_help_shows_an_example() -> None:
    shown = CliRunner().invoke(cli, ["web", "--help"]).output
    assert "newsarchive web --db newsarchive.db --port 8080 --open" in shown
    assert "127.0.0.1" in shown


# -- what Datasette says of the tables --------------------------------------------------------------


def test_every_table_view_and_column_is_described(file: Path) -> None:
    from newsarchive.db.reading import browse

    engine = open_readonly(f"sqlite:///{file}")
    columns = browse.columns(engine)
    engine.dispose()
    ours = {
        name for name in columns if not name.startswith(("article_search", "article_trigrams", "sqlite_"))
    }
    said = datasette.tables()["tables"]
    assert ours == set(said)
    assert {table.name for table in Base.metadata.tables.values()} <= ours
    for table in ours:
        assert [c for c in columns[table] if c not in datasette.described(table)] == [], table
        assert [c for c in said[table].get("columns", {}) if c not in columns[table]] == [], table
        for named in (
            said[table].get("sort", "").lstrip("-"),
            said[table].get("label"),
            *said[table].get("facets", ()),
        ):
            assert not named or named in columns[table]
    used = {column for table in ours for column in columns[table]}
    assert set(datasette.tables()["columns"]) - used == set()


# -- pure parts ------------------------------------------------------------------------------------


def test_edits_in_place_give_the_text_and_what_it_was() -> None:
    edits = [
        Edit("r", "a", "xx", "é", start=0),
        Edit("r", "b", "y", "", start=5),
        Edit("r", "c", "", "!", start=7),
    ]
    found = pieces("éabc\n!d", edits)
    assert "".join(piece.text for piece in found) == "éabc\n!d"
    assert "".join(piece.edit.before if piece.edit else piece.text for piece in found) == "xxabcy\nd"
    with pytest.raises(ValueError, match="does not fit"):
        pieces("other", edits)


def test_paragraphs_part_between_edits() -> None:
    edit = Edit("r", "a", "x\n\nx", "y\n\ny", start=3)
    parted = paragraphs(pieces("a\n\ny\n\ny\n\n\n\nb", [edit]))
    assert [["".join(piece.text) for piece in line] for line in parted] == [["a"], ["y\n\ny"], ["b"]]


def test_dropped_text_stands_where_it_stood() -> None:
    from newsarchive.web.render import lines

    dropped = [Block("nav", label="nav"), Block("ad", label="advert"), Block("foot", label="footer")]
    page = lines("One.\n\nTwo.\n\nThree.", [], dropped, [0, 2, 5])
    shown = [[block.text for block in line.dropped] or line.pieces[0].text for line in page]
    assert shown == [["nav"], "One.", ["ad"], "Two.", "Three.", ["foot"]]


def test_neighbours_that_were_dropped_are_one_run_by_kind() -> None:
    from newsarchive.web.render import lines

    dropped = [
        Block("a", label="nav"),
        Block("b", label="share"),
        Block("c", label="nav"),
        Block("d", label="footer"),
    ]
    page = lines("One.\n\nTwo.", [], dropped, [0, 1, 2, 5])
    assert [len(line.dropped) for line in page] == [3, 0, 0, 1]
    assert page[0].kinds == [("nav", 2), ("share", 1)]
    assert [len(line.dropped) for line in lines("", [], dropped, [0, 1, 2, 3])] == [4]
    assert [len(line.dropped) for line in lines("Only.", [], dropped, [7, 8, 9, 12])] == [0, 4]


def test_edits_that_do_not_fit_leave_the_text_bare_and_are_listed() -> None:
    from newsarchive.web.render import marked, repairs

    edit = Edit("repair", "cp1252", "x", "not there", "headline", 3)
    assert [piece.edit for piece in marked("Headline", [edit], "headline")] == [None]
    assert [repair.edit for repair in repairs({"headline": "Headline"}, [edit])] == [edit]


def test_a_chart_has_empty_months_and_turns_to_years() -> None:
    assert list(chart.periods({"2023-12": 1, "2024-03": 2})) == ["2023-12", "2024-01", "2024-02", "2024-03"]
    assert chart.periods({"1990-01": 4, "2025-01": 1, "": 7, "garbage": 1})["1990"] == 4
    assert chart.periods({}) == {}
    assert chart.chart([]).bars == ()
    high = chart.chart([span("a", 1), span("b", 4), span("c", 0)])
    assert [bar.height for bar in high.bars] == [chart.HEIGHT / 4, chart.HEIGHT, 0]
    assert chart.chart([span("a", 0)]).bars[0].height == 0


def span(label: str, articles: int, seen: Seen = Seen.CRAWLED) -> Span:
    return Span(label, date(2025, 1, 1), date(2025, 1, 31), articles, seen)


def test_a_chart_tells_no_news_from_no_crawl() -> None:
    found = chart.chart([span("a", 3, Seen.BEFORE), span("b", 0), span("c", 0, Seen.NO_CRAWL)])
    assert [bar.seen for bar in found.bars] == ["before the first crawl", "crawled", "no crawl"]
    assert (found.has_gaps, found.unseen) == (True, chart.WIDTH / 3)


@pytest.mark.slow
def test_the_page_of_a_damaged_article_says_so_and_the_others_are_shown(tmp_path: Path) -> None:
    file = tmp_path / "news.db"
    webpages.build(file).dispose()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE articles SET quality = 'null' WHERE id = 1")
    with webpages.serving(file) as address:
        found = [httpx.get(f"{address}/article/{number}", timeout=300) for number in (1, 2)]
    assert [one.status_code for one in found] == [503, 200]
    assert "the value of quality is damaged" in found[0].text


class Counter:
    """Makes values, and counts how often it was asked to."""

    def __init__(self) -> None:
        self.made, self.now, self.fails = 0, 1000.0, False

    def __call__(self, key: object) -> int:
        self.made += 1
        if self.fails:
            raise DatabaseError("locked")
        return self.made


def test_counts_are_made_now_and_then() -> None:
    counter = Counter()
    kept = BackgroundCache(counter, clock=lambda: counter.now)
    assert [kept.get("a", 5), kept.get("a", 5), kept.get("b", 5)] == [1, 1, 2]
    counter.now += MIN_AGE_SECONDS + 1
    assert kept.get("a") in (1, 3)  # the old one at once, the new one when it is made
    assert counter.made == 3 or kept.get("a", 5)


def test_a_count_that_fails_gives_what_was_known_and_is_tried_again() -> None:
    counter = Counter()
    counter.fails = True
    kept = BackgroundCache(counter, clock=lambda: counter.now)
    assert kept.get("a", 5) is None
    counter.fails = False
    assert kept.get("a", 5) == 2


def test_the_delay_of_a_copy_is_readable() -> None:
    from newsarchive.web.render import later, web_url

    assert later(timedelta(minutes=75)) == "1 h 15 min"
    assert [web_url(u) for u in ("JavaScript:x()", "data:text/html,x", " https://a.example/ ", "http://[", None)] == [
        "", "", "https://a.example/", "", "",
    ]  # fmt: skip


def test_a_day_without_zone_is_utc() -> None:
    from newsarchive.web.render import minute

    assert (
        str(minute(START.replace(tzinfo=None)))
        == '<time datetime="2025-04-01T12:00:00+00:00">2025-04-01 12:00 UTC</time>'
    )


def test_a_date_that_changed_is_written_as_dates_everywhere() -> None:
    assert ">2025-04-01 12:00 UTC</time>" in str(values(["2025-04-01T12:00:00+00:00"], "date_modified"))
    assert values(["<b>Ada", "Bo"], "authors") == "&lt;b&gt;Ada; Bo"
    assert values([], "date_modified") == "none"


def test_what_is_new_stands_apart_from_what_it_replaces() -> None:
    changed = [
        Change("equal", "The "),
        Change("delete", "old"),
        Change("insert", "new"),
        Change("equal", " end"),
    ]
    assert runs(changed) == 'The <del>old</del><ins class="instead">new</ins> end'
    rules = re.findall(r"[^,{}\s]*\.instead\b", (STATIC / "site.css").read_text())
    assert rules == ["ins.instead"]  # a column of a page had the same name, and its borders
    assert runs(changed, "insert") == "The <ins>new</ins> end"
    apart = [Change("delete", "old"), Change("equal", " and "), Change("insert", "new")]
    assert runs(apart) == "<del>old</del> and <ins>new</ins>"
