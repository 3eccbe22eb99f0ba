"""Raw bytes of a crawl: written as they came, read by standard tools, read again into the same articles."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from scrapy import Request
from scrapy.http import Response
from scrapy.utils.test import get_crawler
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from newsarchive import demo
from newsarchive.crawling import warc_records
from newsarchive.db.engine import open_existing
from newsarchive.db.writing.captures import originals_of
from newsarchive.exceptions import ALL_FAILED, SOME_FAILED
from newsarchive.extensions.warc import WIRE, WarcExtension, Wire
from newsarchive.items import Capture, Place
from newsarchive.spiders import warc as warc_spider
from newsarchive.warc.writer import WarcWriter, payload_digest
from tests.cli.test_cli import run
from tests.crawling.test_crawl import STORY, front, post, rows
from tests.support import warm
from tests.support.serving import HTML, Answer, crawl, served

pytestmark = pytest.mark.slow  # crawls, servers or other processes

WHAT = "SELECT headline, word_count, content_hash FROM articles ORDER BY headline"


def only_warc(db: Path) -> Path:
    (file,) = (db.parent / f"{db.stem}-warc").glob("*.warc.gz")
    return file


def test_the_bytes_are_kept_as_the_server_sent_them(db: Path) -> None:
    body = gzip.compress(post("A").encode(), mtime=0)
    headers = {"Content-Type": HTML, "Content-Encoding": "gzip", "X-Of-Ours": "yes"}
    with served({"/": front("/a-first-story/"), "/a-first-story/": Answer(body, headers=headers)}) as site:
        crawl(f"url={site.home}/", db=db)
    with only_warc(db).open("rb") as stream:
        kept = [
            (
                record.rec_type,
                record.rec_headers.get_header("WARC-Target-URI"),
                record.raw_stream.read(),
                record.http_headers,
            )
            for record in ArchiveIterator(stream)
        ]
    assert [kind for kind, *_ in kept] == ["warcinfo", "response", "request"]
    _, url, payload, http = kept[1]
    assert url == f"{site.home}/a-first-story/"
    assert payload == body
    assert http.get_header("X-Of-Ours") == "yes"
    assert kept[2][3].get_header("User-Agent").startswith("newsarchive/")
    assert rows(db, "SELECT warc_file, warc_offset > 0, warc_length > 0 FROM captures") == [
        (only_warc(db).name, 1, 1)
    ]


def test_a_file_says_what_its_crawl_made_of_robots_txt(db: Path, tmp_path: Path) -> None:
    def told(file: Path) -> list[str]:
        with file.open("rb") as stream:
            text = next(iter(ArchiveIterator(stream))).raw_stream.read().decode()
        return [line for line in text.splitlines() if line.startswith("robots")]

    ignoring, copied = tmp_path / "ignoring.db", tmp_path / "copied.db"
    with served({"/": front("/a-first-story/"), "/a-first-story/": post("A")}) as site:
        crawl(f"url={site.home}/", db=db)
        crawl(f"url={site.home}/", "-s", "ROBOTSTXT_OBEY=0", db=ignoring)
    crawl(f"path={only_warc(db)}", spider="warc", db=copied)
    assert told(only_warc(db)) == ["robots: obey"]
    assert told(only_warc(ignoring)) == ["robots: ignore"]
    assert told(only_warc(copied)) == []  # nothing was fetched


def test_a_withheld_article_does_not_come_back_from_its_warc_file(db: Path) -> None:
    with demo.served() as home:
        crawl(f"url={home}/", db=db)
    assert run("withhold", "add", "2", "--reason", "The family asks.", "--db", str(db)).returncode == 0
    before = rows(db, WHAT)
    assert crawl(f"path={only_warc(db)}", spider="warc", db=db).returncode == 0
    assert rows(db, WHAT) == before
    assert len(run("export", "-", "--format", "jsonl", "--db", str(db)).stdout.splitlines()) == 2


def leave_open(file: Path) -> None:
    """As a crawl that was killed within a record leaves it."""
    file.write_bytes(file.read_bytes() + gzip.compress(b"WARC/1.1\r\n")[:15])
    file.rename(file.with_name(file.name + ".open"))


def test_warcios_own_checker_is_content_and_a_second_crawl_writes_revisits(db: Path) -> None:
    with demo.served() as home:
        crawl(f"url={home}/", db=db)
        first = only_warc(db)
        leave_open(first)
        crawl(f"url={home}/", "recheck=1", db=db)
    files = [*(db.parent / f"{db.stem}-warc").glob("*.warc.gz")]
    done = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")
    [second] = [file for file in files if file != first]  # both names may have the same second in them
    with second.open("rb") as stream:
        kinds = [record.rec_type for record in ArchiveIterator(stream)]
    assert kinds.count("revisit") == 3
    assert kinds.count("response") == 1  # robots.txt


def test_foreign_files_come_in_through_the_same_pipelines(db: Path, tmp_path: Path) -> None:
    with demo.served() as home:
        crawl(f"url={home}/", db=db)
    other = tmp_path / "other.db"
    done = crawl(f"path={only_warc(db)}", spider="warc", db=other)
    assert "3 discovered, 3 new" in done.stderr
    assert rows(other, WHAT) == rows(db, WHAT)
    none = crawl(f"path={only_warc(db)}", "site=elsewhere.example", spider="warc", db=tmp_path / "none.db")
    assert (none.returncode, none.stderr.count("\n")) == (0, 1), none.stderr
    assert "skipped: other site" in none.stderr
    assert rows(tmp_path / "none.db", WHAT) == []
    broken = tmp_path / "broken.warc.gz"
    broken.write_bytes(only_warc(db).read_bytes()[:300])
    done = crawl(f"path={broken}", "site=elsewhere.example", spider="warc", db=tmp_path / "none.db")
    assert (done.returncode, "Traceback" in done.stderr) == (ALL_FAILED, False), done.stderr
    assert rows(tmp_path / "none.db", "SELECT finish_reason FROM crawl_runs") == [("finished",)] * 2


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_crawl_of_a_file_ends_with_its_last_page(workers: str, db: Path) -> None:
    """Scrapy's engine looks by itself once an hour here: a crawl that waited for that would be killed."""
    with demo.served() as home:
        crawl(f"url={home}/", db=db)
    other = db.parent / "other.db"
    environment = warm.own_environment() | {
        "SCRAPY_SETTINGS_MODULE": "newsarchive.settings", "NEWSARCHIVE_DATABASE_URL": f"sqlite:///{other}"
    }  # fmt: skip
    words = ("crawl", "warc", "-a", f"path={only_warc(db)}", "-s", f"NEWSARCHIVE_WORKERS={workers}")
    done = warm.run("tests.support.patched_heartbeat", *words, environment=environment, timeout=300)
    assert done.returncode == 0, done.stderr
    assert rows(other, WHAT) == rows(db, WHAT)


def kinds(file: Path) -> list[str]:
    with file.open("rb") as stream:
        return [record.rec_type for record in ArchiveIterator(stream)]


def test_what_came_out_of_a_foreign_file_can_be_read_again_without_it(db: Path, tmp_path: Path) -> None:
    """Its records are copied into the archive's own folder, which goes where the archive goes."""
    with demo.served() as home:
        crawl(f"url={home}/", db=tmp_path / "first.db")
    foreign = only_warc(tmp_path / "first.db").rename(tmp_path / "CC-NEWS-1.warc.gz")
    assert "3 new" in crawl(f"path={foreign}", spider="warc", db=db).stderr
    copied = only_warc(db)
    assert kinds(copied) == [
        "warcinfo",
        *["metadata"] * 3,
        *["response"] * 4,
    ]  # a request that we did not send is not invented
    with copied.open("rb") as stream:
        sources = {record.rec_headers.get_header("X-Copied-From") for record in ArchiveIterator(stream)}
    assert sources == {None, "CC-NEWS-1.warc.gz"}

    assert "3 skipped: stored before" in crawl(f"path={foreign}", spider="warc", db=db).stderr
    assert rows(db, "SELECT count(*) FROM captures") == [(3,)]

    foreign.unlink()
    moved = tmp_path / "elsewhere" / "mine.db"
    moved.parent.mkdir()
    db.rename(moved)
    copied.parent.rename(moved.with_name("mine-warc"))
    again = run("reextract", "--workers", "0", "--only-older-than", "9999", "--db", str(moved))
    assert "3 read: 0 new, 0 updated, 3 unchanged, 0 failed" in again.stderr
    rows(moved, "DELETE FROM page_sightings")
    learned = run("learn", "--all", "--db", str(moved))
    assert "3 pages known" in learned.stderr
    assert "cannot be read" not in learned.stderr


def test_of_a_whole_site_only_the_posts_are_taken(db: Path, tmp_path: Path) -> None:
    """As `wget --recursive` keeps a blog of WordPress: lists that print whole texts, and the second page of a split post."""
    mark = '<script src="/wp-content/x.js"></script>'
    pages = {
        "/2025/03/a-first-story/2/": "single single-post postid-7 paged-2 single-paged-2",
        "/2025/03/a-first-story/": "single single-post postid-7",
        "/of-the-north/": "archive category category-north",
        "/our-town/": "page page-id-9",
    }
    with (tmp_path / "blog.warc.gz").open("wb") as out:
        writer = WARCWriter(out)
        for path, classes in pages.items():
            head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
            page = post("A", body=f"<p>{path}</p>{STORY}").replace(
                "<body>", f'<body class="{classes}">{mark}'
            )
            stream = io.BytesIO(page.encode())
            url = f"http://blog.example{path}"
            writer.write_record(writer.create_warc_record(url, "response", stream, http_headers=head))
    said = crawl(f"path={tmp_path / 'blog.warc.gz'}", spider="warc", db=db).stderr
    assert "1 dropped: index page, 1 dropped: part of a post" in said, said
    kept = rows(db, "SELECT url FROM articles ORDER BY url")
    assert kept == [(f"http://blog.example{path}",) for path in ("/2025/03/a-first-story/", "/our-town/")]


def test_saved_pages_that_somebody_put_into_a_warc_file_are_read(db: Path, tmp_path: Path) -> None:
    """Records of the type `resource` have no answer of a server: each becomes one that says what it was."""
    with demo.served() as home:
        crawl(f"url={home}/", db=tmp_path / "first.db")
    saved = tmp_path / "saved.warc.gz"
    with only_warc(tmp_path / "first.db").open("rb") as stream, saved.open("wb") as out:
        writer = WARCWriter(out)
        for record in ArchiveIterator(stream):
            if record.rec_type == "response":
                url, body = record.rec_headers.get_header("WARC-Target-URI"), record.content_stream()
                kind = record.http_headers.get_header("Content-Type")
                writer.write_record(writer.create_warc_record(url, "resource", body, warc_content_type=kind))
    assert "3 new" in crawl(f"path={saved}", spider="warc", db=db).stderr
    assert rows(db, WHAT) == rows(tmp_path / "first.db", WHAT)
    with only_warc(db).open("rb") as stream:
        types = [record.rec_headers.get_header("X-Copied-Type") for record in ArchiveIterator(stream)]
    assert types == [None, *["resource"] * 4]  # robots.txt and three posts
    assert "3 skipped: stored before" in crawl(f"path={saved}", spider="warc", db=db).stderr
    again = run("reextract", "--workers", "0", "--only-older-than", "9999", "--db", str(db))
    assert "3 read: 0 new, 0 updated, 3 unchanged, 0 failed" in again.stderr


def test_pages_that_an_earlier_file_holds_are_told_of(db: Path, tmp_path: Path) -> None:
    """As wget writes them with `--warc-dedup`: a second crawl's file names the pages that have not changed."""
    with demo.served() as home:
        crawl(f"url={home}/", db=tmp_path / "first.db")
    first, second = tmp_path / "2.warc.gz", tmp_path / "1.warc.gz"
    with only_warc(tmp_path / "first.db").rename(first).open("rb") as stream, second.open("wb") as out:
        writer = WARCWriter(out)
        for record in ArchiveIterator(stream):
            if record.rec_type == "response":
                header = record.rec_headers.get_header
                url, digest, date = (
                    header(f"WARC-{name}") for name in ("Target-URI", "Payload-Digest", "Date")
                )
                again = writer.create_revisit_record(url, digest, url, date, http_headers=record.http_headers)
                writer.write_record(again)

    alone = crawl(f"path={second}", spider="warc", db=db)
    assert "3 failed: revisit without its page" in alone.stderr
    assert "these files only name 3 pages, in records that say a page was as before" in alone.stderr
    assert alone.returncode == ALL_FAILED

    both = crawl(f"path={tmp_path}/?.warc.gz", spider="warc", db=db)
    assert "6 discovered, 3 new, 0 updated" in both.stderr
    # A capture is as the later one, or older than it, by which of the two is stored first.
    same = re.findall(r"(\d+) (?:unchanged|earlier)", both.stderr)
    assert sum(map(int, same)) == 3
    assert both.returncode == 0

    later = crawl(f"path={second}", spider="warc", db=db)
    assert "3 skipped: stored before" in later.stderr
    assert later.returncode == 0


SEEN = "https://blog.example/2025/05/01/a-first-story/"
DAYS = [f"2025-05-0{day}T10:00:00Z" for day in range(1, 6)]
LINES = ("The council paid for the ferry", "The council did not pay for the ferry")


def edited_and_set_back(path: Path, how: str) -> None:
    """A page of five days: written, edited, unchanged, set back, unchanged. What an earlier record has is a revisit of it."""
    head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
    not_modified = StatusAndHeaders("304 Not Modified", [], protocol="HTTP/1.1")
    with path.open("wb") as out:
        writer = WARCWriter(out, gzip=how != "plain")
        for day, line, of in zip(DAYS, (0, 1, 1, 0, 0), (None, None, 1, 0, 0), strict=True):
            body = post(LINES[line]).encode()
            digest = payload_digest(body)
            if how == "hexadecimal":
                digest = "sha1:" + hashlib.sha1(body).hexdigest()
            fields = {"WARC-Date": day, "WARC-Payload-Digest": digest}
            if of is None:
                record = writer.create_warc_record(
                    SEEN, "response", io.BytesIO(body), http_headers=head, warc_headers_dict=fields
                )
            else:
                told = {"not modified": not_modified, "no head": None}.get(how, head)
                record = writer.create_revisit_record(
                    SEEN, digest, SEEN, DAYS[of], http_headers=told, warc_headers_dict=fields
                )
                if how == "no digest":
                    record.rec_headers.remove_header("WARC-Payload-Digest")
            writer.write_record(record)


@pytest.mark.parametrize("how", ["digest", "plain", "hexadecimal", "no digest", "not modified", "no head"])
def test_a_page_that_was_set_back_reads_as_on_its_last_day(db: Path, tmp_path: Path, how: str) -> None:
    edited_and_set_back(tmp_path / "x.warc.gz", how)
    done = crawl(f"path={tmp_path}/x.warc.gz", spider="warc", db=db)
    assert done.returncode == 0, done.stderr
    days = rows(db, "SELECT fetched_at FROM captures ORDER BY fetched_at")
    assert [str(day)[:10] for (day,) in days] == [day[:10] for day in DAYS]
    [(headline,)] = rows(db, "SELECT headline FROM articles")
    assert headline == LINES[0]
    seen = rows(db, "SELECT min(fetched_at), count(*) FROM captures")
    again = crawl(f"path={tmp_path}/x.warc.gz", spider="warc", db=db)
    assert "5 skipped: stored before" in again.stderr
    assert rows(db, "SELECT min(fetched_at), count(*) FROM captures") == seen
    checked = run("db", "check", "--db", str(db))
    assert checked.returncode == 0, checked.stderr


def test_a_revisit_of_a_page_that_an_earlier_run_stored_is_a_capture_of_its_day(
    db: Path, tmp_path: Path
) -> None:
    whole = tmp_path / "whole.warc.gz"
    edited_and_set_back(whole, "hexadecimal")
    with whole.open("rb") as stream:
        iterator = ArchiveIterator(stream)
        ends = [iterator.get_record_offset() + iterator.get_record_length() for _ in iterator][1]
    data = whole.read_bytes()
    (tmp_path / "first.warc.gz").write_bytes(data[:ends])
    (tmp_path / "second.warc.gz").write_bytes(data[ends:])
    crawl(f"path={tmp_path}/first.warc.gz", spider="warc", db=db)
    [(headline,)] = rows(db, "SELECT headline FROM articles")
    assert headline == LINES[1]
    crawl(f"path={tmp_path}/second.warc.gz", spider="warc", db=db)
    [(headline,)] = rows(db, "SELECT headline FROM articles")
    assert headline == LINES[0]
    assert rows(db, "SELECT count(*) FROM captures") == [(5,)]


@pytest.mark.parametrize(
    ("shown", "says", "at"),
    [
        ("https://web.archive.org/web/20150102030405/", ("Server", "nginx"), "2015-01-02T03:04:05"),
        ("", ("Memento-Datetime", "Fri, 02 Jan 2015 03:04:05 GMT"), "2015-01-02T03:04:05"),
        ("", ("Server", "nginx"), DAYS[2][:19]),
    ],
    ids=["the address", "the head", "no web archive"],
)
def test_a_revisit_of_a_page_in_a_web_archive_has_the_day_that_this_archive_names(
    shown: str, says: tuple[str, str], at: str, db: Path, tmp_path: Path
) -> None:
    head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
    told = StatusAndHeaders("200 OK", [("Content-Type", "text/html"), says], protocol="HTTP/1.1")
    body = post(LINES[0]).encode()
    first = SEEN if not shown else "https://web.archive.org/web/20160102030405/" + SEEN
    with (tmp_path / "x.warc.gz").open("wb") as out:
        writer = WARCWriter(out)
        writer.write_record(
            writer.create_warc_record(
                first,
                "response",
                io.BytesIO(body),
                http_headers=head,
                warc_headers_dict={"WARC-Date": DAYS[0]},
            )
        )
        for day in (DAYS[2], "no day"):  # the second tells nothing
            writer.write_record(
                writer.create_revisit_record(
                    shown + SEEN,
                    payload_digest(body),
                    first,
                    DAYS[0],
                    http_headers=told,
                    warc_headers_dict={"WARC-Date": day},
                )
            )
    done = crawl(f"path={tmp_path}/x.warc.gz", spider="warc", db=db)
    assert done.returncode == 0, done.stderr
    assert "1 skipped: revisit record" in done.stderr
    found = rows(db, "SELECT final_url, fetched_at FROM captures")
    assert {url for url, _ in found} == {SEEN}
    assert len(found) == 2
    assert at in {str(moment)[:19] for _, moment in found}


def test_a_file_of_revisits_alone_does_not_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Once enough of them wait, the batch ends, and those that wait are read."""
    path = tmp_path / "x.warc.gz"
    with path.open("wb") as out:
        writer = WARCWriter(out)
        for number in range(20):
            url = f"{SEEN}{number}/"
            fields = {"WARC-Date": DAYS[1]}
            record = writer.create_revisit_record(url, "sha1:A", url, DAYS[0], warc_headers_dict=fields)
            writer.write_record(record)
    monkeypatch.setattr(warc_records, "MAX_WAITING_REVISITS", 3)
    monkeypatch.setattr(warc_spider, "CAPTURES_AT_A_TIME", 2)
    spider = warc_spider.WarcSpider.from_crawler(get_crawler(), path=str(path))
    waiting = [len(spider.revisits.waiting) for _ in spider.batches()]
    assert max(waiting) == 3
    assert len(spider.absent) == 20


def test_files_are_read_when_the_posts_that_are_split_over_pages_are_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What a crawl that is stopped before has not read may hold a page that was gone for a while."""
    (tmp_path / "x.warc.gz").write_bytes(b"")
    monkeypatch.setattr(warc_records.SplitPosts, "whole", lambda split: iter([Capture(SEEN, b"")]))
    spider = warc_spider.WarcSpider.from_crawler(get_crawler(), path=str(tmp_path / "x.warc.gz"))
    assert [spider.files_read for batch in spider.batches() if batch] == [False]
    assert spider.files_read


def test_bytes_are_found_whatever_the_order_in_which_pages_were_stored(db: Path, tmp_path: Path) -> None:
    """A page waits for the template of its site, and one with the same bytes that was written later is stored before it."""
    edited_and_set_back(tmp_path / "x.warc.gz", "digest")
    crawl(f"path={tmp_path}/x.warc.gz", spider="warc", db=db)
    of_bytes: dict[object, list[tuple[object, ...]]] = {}
    for row in rows(db, "SELECT id, warc_offset, warc_length, warc_digest FROM captures ORDER BY id"):
        of_bytes.setdefault(row[3], []).append(row)
    for captures in of_bytes.values():
        for (number, *_), (_, offset, length, _) in zip(captures, captures[-1:] + captures[:-1], strict=True):
            rows(
                db, f"UPDATE captures SET warc_offset = {offset}, warc_length = {length} WHERE id = {number}"
            )
    assert sorted(map(len, of_bytes.values())) == [2, 3]
    again = run("reextract", "--workers", "0", "--only-older-than", "9999", "--db", str(db))
    assert "0 failed" in again.stderr, again.stderr
    assert again.returncode == 0

    url = f"sqlite:///{db}"
    held = {
        row[0]: row[1]
        for row in rows(db, "SELECT warc_digest, fetched_at FROM captures ORDER BY warc_offset DESC")
    }
    assert {digest: first.fetched_at for digest, first in originals_of(open_existing(url), held).items()} == {
        digest: datetime.fromisoformat(str(at)) for digest, at in held.items()
    }


def test_the_pages_of_a_mirror_are_counted_once(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.html" for number in range(3)]
    for file in files:
        file.write_bytes(b"x" * warc_spider.BYTES_OF_A_PAGE)
    spider = warc_spider.WarcSpider(path=f"{tmp_path}/*.html")
    assert spider.asked == 3
    for file in files:
        file.unlink()
    assert spider.asked == 3  # it is asked for at each page, and was not looked for again


def test_a_folder_is_no_file(db: Path, tmp_path: Path) -> None:
    done = crawl(f"path={tmp_path}", spider="warc", db=db)
    assert done.returncode == 2
    assert "is a folder: name the files in it" in done.stderr


def test_a_folder_of_saved_pages_is_read_with_all_folders_below_it(db: Path, tmp_path: Path) -> None:
    comment = "<!-- Mirrored from blog.example/{0}/ by HTTrack Website Copier/3.x [XR&CO'2014], Fri, 02 May 2025 08:00:00 GMT -->"
    for name in ("a-first-story", "a-second-story"):
        folder = tmp_path / "mirror/2025/05" / name
        folder.mkdir(parents=True)
        page = post(name)
        (folder / "index.html").write_text(f"<!DOCTYPE html><html>{comment.format('2025/05/' + name)}{page}")
    (tmp_path / "mirror/index.html").write_text("<!DOCTYPE html><html><p>The pages of this mirror")
    done = crawl(f"path={tmp_path}/mirror/**/*.html", spider="warc", db=db)
    assert done.returncode == SOME_FAILED
    assert "2 new" in done.stderr
    assert "mirror/index.html: record at 0: a page that does not state its address" in done.stderr
    with only_warc(db).open("rb") as stream:
        sources = [record.rec_headers.get_header("X-Copied-From") for record in ArchiveIterator(stream)]
    assert sources[1:] == [
        f"mirror/2025/05/{name}/index.html" for name in ("a-first-story", "a-second-story")
    ]
    assert sorted(rows(db, "SELECT final_url, fetched_at FROM captures")) == [
        (f"http://blog.example/2025/05/{name}/", "2025-05-02T08:00:00+00:00")
        for name in ("a-first-story", "a-second-story")
    ]


def test_a_file_whose_name_is_a_pattern_too_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "A post [1].html").write_text("<!DOCTYPE html><html><p>Ferry")
    (tmp_path / "A post 1.html").write_text("<!DOCTYPE html><html><p>Another")
    for name in ("A post [1].html", "A post 1.html", "A post ?.html"):
        [file] = warc_spider.WarcSpider.check({"path": str(tmp_path / name)})["path"]
        assert Path(file).name == name.replace("?", "1")


@pytest.mark.parametrize("url", ["http://[::1/post", "https:///post", "http://blog.example:99999/post"])
def test_a_record_of_no_address_costs_no_other_page(db: Path, tmp_path: Path, url: str) -> None:
    with demo.served() as home:
        crawl(f"url={home}/", db=tmp_path / "first.db")
    foreign = tmp_path / "foreign.warc.gz"
    head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
    with foreign.open("wb") as out:
        writer = WARCWriter(out)
        body = io.BytesIO(b"<p>A text.")
        writer.write_record(writer.create_warc_record(url, "response", body, http_headers=head))
        writer.write_record(
            writer.create_revisit_record(url, "sha1:A", url, "2025-01-01T00:00:00Z", http_headers=head)
        )
        out.write(only_warc(tmp_path / "first.db").read_bytes())

    done = crawl(f"path={foreign}", spider="warc", db=db)

    assert "3 new" in done.stderr
    assert "2 failed: bad address" in done.stderr
    assert done.returncode == SOME_FAILED


def test_a_file_that_has_no_page_is_no_success(db: Path, tmp_path: Path) -> None:
    """As the files of metadata that lie beside those of Common Crawl."""
    path = tmp_path / "meta.warc.gz"
    with path.open("wb") as out:
        writer = WARCWriter(out)
        url = "https://blog.example/1"
        writer.write_record(writer.create_warc_record(url, "metadata", io.BytesIO(b"fetchTimeMs: 3\r\n")))
    left_open = db.parent / f"{db.stem}-warc" / "x.warc.gz.open"
    left_open.parent.mkdir()
    left_open.write_bytes(path.read_bytes())
    done = crawl(f"path={path}", spider="warc", db=db)
    assert left_open.exists(), "what a killed crawl left open waits for one that has pages to write"
    assert "meta.warc.gz: holds no answer of a website, only records of other types or none" in done.stderr
    assert "failed: no page in these files" in done.stderr
    assert done.returncode == ALL_FAILED


def test_bytes_that_went_missing_are_copied_whole_once_more(db: Path, tmp_path: Path) -> None:
    """Archives of older versions name the foreign file itself, which nobody finds."""
    with demo.served() as home:
        crawl(f"url={home}/", db=tmp_path / "first.db")
    foreign = only_warc(tmp_path / "first.db")
    crawl(f"path={foreign}", spider="warc", db=db)
    only_warc(db).unlink()
    rows(db, "UPDATE captures SET warc_file = 'CC-NEWS-1.warc.gz'")
    lost = run("reextract", "--workers", "0", "--only-older-than", "9999", "--db", str(db))
    assert "3 failed" in lost.stderr
    assert "CC-NEWS-1.warc.gz is not there: name the folder that holds it with --warc" in lost.stderr
    assert "3 of 3 pages could not be read" in lost.stderr
    assert "3 raw bytes missing or damaged" in lost.stderr
    assert lost.returncode == ALL_FAILED
    rows(db, "DELETE FROM page_sightings")
    unlearned = run("learn", "--all", "--db", str(db))
    assert "3 pages could not be read" in unlearned.stderr
    assert unlearned.returncode == SOME_FAILED
    crawl(f"path={foreign}", spider="warc", db=db)
    again = run("reextract", "--workers", "0", "--only-older-than", "9999", "--db", str(db))
    assert "3 unchanged, 0 failed" in again.stderr


def test_a_disk_that_takes_no_copy_ends_the_reading(db: Path, tmp_path: Path) -> None:
    with demo.served() as home:
        crawl(f"url={home}/", db=tmp_path / "first.db")
    (db.parent / f"{db.stem}-warc").write_text("a file is in the way")
    done = crawl(f"path={only_warc(tmp_path / 'first.db')}", spider="warc", db=db)
    assert done.returncode == 5
    assert "no WARC file can be written there" in done.stderr
    assert "Traceback" not in done.stderr
    off = crawl(
        f"path={only_warc(tmp_path / 'first.db')}", "-s", "NEWSARCHIVE_WARC=off", spider="warc", db=db
    )
    assert "3 new" in off.stderr
    assert rows(db, "SELECT DISTINCT warc_file FROM captures") == [("",)]


def test_a_damaged_file_gives_what_can_be_read(db: Path, tmp_path: Path) -> None:
    with demo.served() as home:
        crawl(f"url={home}/", db=db)
    ((last,),) = rows(db, "SELECT max(warc_offset) FROM captures")
    cut = tmp_path / "cut.warc.gz"
    cut.write_bytes(only_warc(db).read_bytes()[: int(str(last)) + 300])
    done = crawl(f"path={cut}", spider="warc", db=tmp_path / "cut.db")
    assert "failed: damaged record" in done.stderr
    assert "cut.warc.gz: record at" in done.stderr
    assert len(rows(tmp_path / "cut.db", WHAT)) == len(rows(db, WHAT)) - 1 == 2, done.stderr
    done = crawl("path=none.warc.gz", spider="warc", db=db)
    assert (done.returncode, done.stderr) == (2, "error: path='none.warc.gz': no such file\n")


def test_off_keeps_no_bytes(db: Path) -> None:
    with demo.served() as home:
        crawl(f"url={home}/", "-s", "NEWSARCHIVE_WARC=off", db=db)
    assert not (db.parent / f"{db.stem}-warc").exists()
    assert rows(db, "SELECT DISTINCT warc_file FROM captures") == [("",)]


def test_a_warc_folder_that_cannot_be_written_stops_the_crawl_and_says_so(db: Path) -> None:
    (db.parent / f"{db.stem}-warc").write_text("a file is in the way")
    with demo.served() as home:
        done = crawl(f"url={home}/", db=db)
    assert done.returncode == 5
    assert f"{db.stem}-warc" in done.stderr


def test_reextract_mends_what_an_older_extractor_missed(db: Path) -> None:
    with demo.served() as home:
        crawl(f"url={home}/", db=db)
    rows(db, "UPDATE captures SET extractor_version = 0")
    dry = run("reextract", "--workers", "0", "--dry-run", "--db", str(db))
    assert "3 read: 0 new, 0 updated, 3 unchanged" in dry.stderr
    rows(db, "UPDATE captures SET extractor_version = 0")
    assert "3 unchanged" in run("reextract", "--workers", "1", "--db", str(db)).stderr
    assert "0 read" in run("reextract", "--workers", "0", "--db", str(db)).stderr


def test_two_answers_at_once_go_into_one_file(tmp_path: Path) -> None:
    class Slow(WarcExtension):
        def _open(self) -> WarcWriter:
            time.sleep(0.05)  # long enough for the other thread
            return super()._open()

    extension = Slow(SimpleNamespace(spider=None), tmp_path)  # type: ignore[arg-type]

    def keep(number: int) -> Place | None:
        request = Request(f"http://blog.example/{number}", meta={WIRE: Wire("HTTP/1.1 200 OK", (), b"<p>x")})
        return extension.keep(Response(request.url, request=request), None)

    with ThreadPoolExecutor(4) as pool:
        places = list(pool.map(keep, range(4)))
    asyncio.run(extension.close())
    assert {place.file for place in places if place} == {path.name for path in tmp_path.iterdir()}
    assert len(list(tmp_path.iterdir())) == 1
