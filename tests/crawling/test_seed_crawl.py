"""The starting post crawled over loopback into the database: what a reader finds in the rows."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.crawling.test_crawl import front, rows
from tests.support import seedpages
from tests.support.serving import Answer, crawl, served

pytestmark = pytest.mark.slow  # crawls, servers or other processes

TRUTH = seedpages.TRUTH
PATH = "/2025/04/china-japan-and-south-korea-move-closer/"


@pytest.mark.parametrize("charset", ["utf-8", "windows-874"])
def test_the_starting_post_in_the_database(db: Path, charset: str) -> None:
    page = seedpages.wordpress().replace("UTF-8", charset).encode()
    answer = Answer(page, headers={"Content-Type": f"text/html; charset={charset}"})
    with served({"/": front(PATH), PATH: answer}) as site:
        done = crawl(f"url={site.home}/", db=db)
    assert done.returncode == 0, done.stderr
    assert rows(db, "SELECT article_body FROM articles") == [("\n\n".join(TRUTH["paragraphs"]),)]

    lines = Counter(rows(db, "SELECT text, kind FROM blocks"))
    assert Counter((d["text"], d["kind"]) for d in TRUTH["dropped"]) - lines == Counter()
    assert rows(db, "SELECT count(*) FROM blocks WHERE rule = ''") == [(0,)]

    assert rows(db, "SELECT count(*) FROM edits WHERE step = 'repair'") == [(TRUTH["repairs"],)]
    assert rows(db, "SELECT DISTINCT rule FROM edits WHERE rule NOT LIKE 'windows-874%'") == []

    truth = TRUTH["origin"]
    sql = (
        "SELECT name, domain, as_printed, copyright_notice, copyright_holder, copyright_year"
        " FROM article_origins JOIN origins ON origins.id = origin_id"
    )
    wanted = ("name", "domain", "as_printed", "copyright_notice", "copyright_holder", "copyright_year")
    assert rows(db, sql) == [tuple(truth[key] for key in wanted)]


def test_the_feed_export_of_the_starting_post(db: Path, tmp_path: Path) -> None:
    with served({"/": front(PATH), PATH: seedpages.wordpress()}) as site:
        crawl(f"url={site.home}/", "-O", str(tmp_path / "out.jsonl"), db=db)
    record = json.loads((tmp_path / "out.jsonl").read_text("utf-8"))
    assert record["article_body"].split("\n\n") == TRUTH["paragraphs"]
    assert record["origin_domain"] == "scmp.com"
    assert record["repairs"] == TRUTH["repairs"]
