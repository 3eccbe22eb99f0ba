"""Captures of earlier years that come in after those of later years, out of WARC files."""

from __future__ import annotations

import io
import re
from collections import Counter
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from newsarchive.db.reading.changes import Happening, changes
from newsarchive.db.readonly import File
from tests.cli.test_cli import run
from tests.crawling.test_crawl import post, rows
from tests.crawling.test_warc_rebuilt import story
from tests.support.serving import crawl

pytestmark = pytest.mark.slow  # crawls in processes of their own

POSTS = 24  # with these the template of the site is learned
DAYS = {"2019": "The ferry is late.", "2021": "The ferry was late.", "2024": "The ferry was never late."}


def captured(year: str, folder: Path) -> Path:
    """A WARC file with all posts of a blog as they stood in a year. A box of each year stands in every page."""
    file = folder / f"{year}.warc.gz"
    with file.open("wb") as out:
        writer = WARCWriter(out)
        for number in range(POSTS):
            # Each post has a text of its own: what all of them say would be learned, and no text be left.
            text = story(number).replace("<p>", f"<p>{DAYS[year]} ", 1)
            body = f"{text}<p>Read on in the harbour book of {year}</p>"
            page = post(f"Ferry {number}", body=body).encode()
            http = StatusAndHeaders(
                "200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1"
            )
            headers = {"WARC-Date": f"{year}-05-01T12:00:{number:02}Z"}
            writer.write_record(
                writer.create_warc_record(
                    f"https://blog.example/ferry-{number}/", "response", io.BytesIO(page), http_headers=http,
                    warc_headers_dict=headers,
                )
            )  # fmt: skip
    return file


def told(db: Path) -> list[tuple[object, ...]]:
    """The histories, by the days and the beginnings of the texts: without what one version leaves out and another not."""
    texts = rows(
        db,
        "SELECT a.url, r.version, r.change_kind, substr(r.seen_at, 1, 4), r.id = a.revision_id FROM articles AS a"
        " JOIN article_revisions AS r ON r.article_id = a.id WHERE r.change_kind <> 'site' ORDER BY a.url, r.version",
    )
    seen = "SELECT url, substr(article_body, 1, 24), substr(first_seen_at, 1, 4), substr(last_seen_at, 1, 4) FROM articles ORDER BY url"
    return [*texts, *rows(db, seen)]


def test_files_of_earlier_years_that_come_in_last_give_the_same_archive(db: Path, tmp_path: Path) -> None:
    files = {year: captured(year, tmp_path) for year in DAYS}
    forwards = tmp_path / "forwards.db"
    for year in DAYS:
        assert crawl(f"path={files[year]}", spider="warc", db=forwards).returncode == 0
    summaries = [
        crawl(f"path={files[year]}", spider="warc", db=db).stderr for year in ("2024", "2019", "2021")
    ]
    assert [
        f"{POSTS} {word}" in text for word, text in zip(("new", "earlier", "earlier"), summaries, strict=True)
    ] == [True] * 3
    assert [re.search(r"(\d+) updated", text)[1] for text in summaries] == ["0"] * 3  # type: ignore[index]
    assert told(db) == told(forwards)

    edits = changes(File(db), kinds=[Happening.EDITED], limit=9 * POSTS)
    assert Counter(edit.seen_at.year for edit in edits) == {2021: POSTS, 2024: POSTS}
    before = rows(db, "SELECT article_body FROM articles ORDER BY id")
    assert (
        "0 updated" in run("reextract", "--workers", "0", "--only-older-than", "9999", "--db", str(db)).stderr
    )
    assert run("learn", "--all", "--db", str(db)).returncode == 0
    assert rows(db, "SELECT article_body FROM articles ORDER BY id") == before


#: What a page answered in each year, and the year in which it was gone; `None` for a page that was not.
FATES = [
    ("404 once", {"2019": 200, "2021": 404}, None),
    ("404 twice", {"2019": 200, "2021": 404, "2022": 404, "2023": 404}, "2022"),
    ("404 before it was there", {"2018": 404, "2019": 404, "2021": 200}, None),
    ("404 and there again", {"2019": 200, "2021": 404, "2022": 404, "2023": 200}, None),
    ("410", {"2019": 200, "2021": 410, "2022": 410}, "2021"),
    ("503", {"2019": 200, "2021": 503, "2022": 503}, None),
    ("unknown to a web archive", {"2019": 200, "web 2021": 404, "web 2022": 404}, None),
    ("404 twice in a minute", {"2019": 200, "2021": 404, "2021 later": 404}, None),
    ("never there", {"2021": 404, "2022": 410}, None),
    ("404 under two spellings", {"2019": 200, "2021": 404, "www 2022": 404}, "2022"),
]


def test_a_page_that_later_captures_no_longer_found_is_gone_since_then(db: Path, tmp_path: Path) -> None:
    files: dict[str, list[tuple[str, str, int]]] = {"pages": [], "absences": []}
    for number, (_, answers, _) in enumerate(FATES):
        for when, status in answers.items():
            year = re.sub(r"\D", "", when)
            shown = f"https://web.archive.org/web/{year}0501120000/" if "web" in when else ""
            url = f"{shown}https://{'www.' * ('www' in when)}blog.example/fate-{number}/"
            date = f"{year}-05-01T12:00:{30 * ('later' in when):02}Z"
            files["pages" if status == 200 else "absences"].append((url, date, status))
    files["absences"].append(("https://blog.example:99999/", "2021-05-01T12:00:00Z", 404))  # no address
    for name, records in files.items():
        with (tmp_path / f"{name}.warc.gz").open("wb") as out:
            writer = WARCWriter(out)
            for url, date, status in records:
                http = StatusAndHeaders(f"{status} X", [("Content-Type", "text/html")], protocol="HTTP/1.1")
                page = post(f"Fate {url[-2]}") if status == 200 else "<h1>Nothing here</h1>"
                record = writer.create_warc_record(
                    url, "response", io.BytesIO(page.encode()), http_headers=http, warc_headers_dict={"WARC-Date": date}
                )  # fmt: skip
                writer.write_record(record)
    first = crawl(f"path={tmp_path}/*.warc.gz", "limit=4", spider="warc", db=db)
    assert " gone" not in first.stderr  # the pages that were not read may be of later days
    both = crawl(f"path={tmp_path}/*.warc.gz", spider="warc", db=db)  # the file of absences comes first
    assert (both.returncode, "3 gone" in both.stderr) == (0, True), both.stderr
    gone = dict(rows(db, "SELECT url, substr(gone_at, 1, 4) FROM articles"))
    assert {case: gone.get(f"https://blog.example/fate-{at}/") for at, (case, *_) in enumerate(FATES)} == {
        case: year for case, _, year in FATES
    }
    again = crawl(f"path={tmp_path}/absences.warc.gz", spider="warc", db=db)
    assert " gone" not in again.stderr
