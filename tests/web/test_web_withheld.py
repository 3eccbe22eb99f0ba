"""What the web pages answer for an article that is withheld: 451 and why, and the register."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest

from newsarchive.db.reading.hidden import entries
from newsarchive.db.writing.withhold import Demand, lift, withhold
from tests.support import webpages

httpx = pytest.importorskip("httpx")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    path = tmp_path_factory.mktemp("withheld") / "archive.db"
    engine = webpages.build(path)
    withhold(engine, [1], Demand("<b>a court</b> order"))
    with webpages.serving(path) as address, httpx.Client(base_url=address, timeout=300) as opened:
        opened.engine = engine
        yield opened
    engine.dispose()


@pytest.mark.parametrize(
    "path",
    [
        "/article/1", "/article/1.json", "/article/1/diff", "/article/1/download.txt", "/compare/1/2", "/compare/2/1",
        f"/search?q={webpages.BLOG}",
    ],
)  # fmt: skip
def test_a_withheld_article_answers_451_with_the_reason(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 451
    assert answer.headers["link"] == '</withheld>; rel="blocked-by"'
    assert "withheld since" in answer.text
    assert "order" in answer.text
    assert "<b>a court</b>" not in answer.text or path.endswith((".json", ".txt"))
    assert "The islands" not in answer.text


def test_its_citation_stays(client: httpx.Client) -> None:
    (entry,) = entries(client.engine)
    answer = client.get("/article/1/cite.csl.json")
    assert (answer.status_code, answer.json()[0]["title"]) == (200, "Withheld from the archive")
    assert entry.versions[-1].identifier in answer.text
    asked = client.get("/search", params={"q": f"{entry.versions[0].identifier};url={entry.url}"})
    assert asked.status_code == 451


def test_the_register_is_a_page_json_and_csv(client: httpx.Client) -> None:
    (entry,) = entries(client.engine)
    page = client.get("/withheld").text
    for shown in (
        entry.url,
        "&lt;b&gt;a court&lt;/b&gt; order",
        entry.versions[0].identifier,
        "/withheld.csv",
    ):
        assert shown in page
    (one,) = client.get("/withheld.json").json()
    assert (one["state"], one["url"]) == ("withheld", entry.url)
    (row,) = csv.DictReader(io.StringIO(client.get("/withheld.csv").text))
    assert (row["state"], row["reason"]) == ("withheld", "<b>a court</b> order")


def test_no_page_has_its_words(client: httpx.Client) -> None:
    for path in (
        "/",
        "/search?order=date",
        "/search.json",
        "/search.feed.json",
        "/stories",
        "/changes",
        "/publishers",
    ):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "The islands’ last ferry has left" not in answer.text, path


def test_a_browser_that_kept_the_page_is_told(client: httpx.Client) -> None:
    lift(client.engine, [1])
    shown = client.get("/article/1")
    assert shown.status_code == 200
    withhold(client.engine, [1], Demand("again"))
    again = client.get("/article/1", headers={"if-none-match": shown.headers["etag"]})
    assert again.status_code == 451
