"""The `newsarchive` command over a small archive: rows to stdout, messages to stderr, true exit codes."""

from __future__ import annotations

import json
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from newsarchive import demo
from newsarchive.cli.opening import next_steps
from newsarchive.core.urls import url_key
from tests.support import warm
from tests.support.serving import Answer, crawl, served
from tests.support.terminal import needs_ascii_folder

pytestmark = pytest.mark.slow  # crawls, servers or other processes

ROOT = Path(__file__).parents[2]


def run(
    *words: str, stdin: str | bytes = "", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    data = stdin.encode() if isinstance(stdin, str) else stdin
    done = warm.run(
        "newsarchive", *words, environment=warm.own_environment() | (env or {}), given=data, text=False
    )
    text = subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in text.stderr, text.stderr
    return text


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("archive") / "demo.db"
    with demo.served() as home:
        assert crawl(f"url={home}/", db=path).returncode == 0
    return str(path)


def test_search_finds_an_article_and_show_prints_it(archive: str) -> None:
    found = run("search", "ferry", "--db", archive)
    assert found.returncode == 0
    assert "Night ferry returns to the old harbour" in found.stdout
    number = found.stdout.split()[0]
    shown = run("show", number, "--db", archive)
    assert shown.stdout.startswith("Night ferry returns to the old harbour\nBy Ayu Lestari · 2025-03-29")
    assert "“We heard the horn and people came out of their houses,” said" in " ".join(shown.stdout.split())
    assert "Harbour Gazette (harbourgazette.example)" in shown.stdout
    assert "repairs (windows-874" in shown.stderr
    assert "Gazette Insider" not in shown.stdout


def test_show_takes_the_address_as_well_and_gives_json(archive: str) -> None:
    url = json.loads(run("show", "1", "--json", "--db", archive).stdout)["url"]
    record = json.loads(run("show", url, "--json", "--db", archive).stdout)
    assert record["headline"]
    assert record["edits"] is not None
    assert {block["label"] for block in record["blocks"]} >= {"share", "subscribe"}


def test_stats_counts_what_is_there(archive: str) -> None:
    done = run("stats", "--db", archive)
    assert done.returncode == 0
    counted = {tuple(line.split("\t")[:2]): int(line.split("\t")[2]) for line in done.stdout.splitlines()}
    assert counted["archive", "articles"] == 3
    assert counted["articles by language", "en"] == 3
    assert counted["disk, in bytes", "raw captures"] > 5000


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["show", "4711"], 1, "4711"),
        (["show", "https://nowhere.example/"], 1, "https://nowhere.example/"),
        (["search", '"ferry'], 2, 'a " without its partner'),
        (["serch", "ferry"], 2, "No such command 'serch'"),
    ],
)
def test_a_question_that_cannot_be_answered(archive: str, words: list[str], code: int, says: str) -> None:
    done = run(*words, *(["--db", archive] if words[0] in ("show", "search") else []))
    assert done.returncode == code
    assert says in done.stderr
    assert done.stdout == ""


def test_nothing_found_is_said_and_is_no_success(archive: str) -> None:
    done = run("search", "zeppelin", "--db", archive)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "zeppelin" in done.stderr


def test_a_missing_archive_is_named_and_not_created(tmp_path: Path) -> None:
    done = run("stats", "--db", str(tmp_path / "none.db"))
    assert done.returncode == 5
    assert "none.db" in done.stderr
    assert not (tmp_path / "none.db").exists()


def test_a_closed_pipe_is_no_error(archive: str) -> None:
    command = f"{shlex.quote(sys.executable)} -m newsarchive show 1 --json --db {archive} | head -c 10"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=ROOT,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1)


@needs_ascii_folder
def test_a_locale_without_utf8_prints_what_it_can(archive: str) -> None:
    done = run(
        "show", "1", "--db", archive, env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    )
    assert done.returncode == 0


def test_repair_mends_and_explains() -> None:
    done = run("repair", "--explain", stdin="Trump’s rival\nand Trumpโ€™s return — naïve café\n")
    assert done.stdout == "Trump’s rival\nand Trump’s return — naïve café\n"
    assert "windows-874" in done.stderr
    assert "1 repair" in done.stderr


def test_repair_says_what_it_left_alone() -> None:
    done = run("repair", "--explain", stdin="caf\ufffd is closed\n")
    assert (done.stdout, done.stderr) == (
        "caf\ufffd is closed\n",
        "left alone: replacement characters\n0 repairs\n",
    )


def test_repair_leaves_clean_text_alone_to_the_byte() -> None:
    clean = "“Curly”, ‘single’, ﬁne ligatures, ＡＢＣ, ไทย, привет\r\nno newline at the end"
    assert run("repair", stdin=clean).stdout == clean


def test_repair_refuses_what_is_not_utf8() -> None:
    done = run("repair", stdin=b"caf\xe9")
    assert done.returncode == 2
    assert "byte 3" in done.stderr


def test_extract_from_a_file_from_standard_input_and_from_the_web(tmp_path: Path) -> None:
    pages = demo.pages("https://blog.example")
    path, (_, body) = next((p, page) for p, page in pages.items() if "ferry" in p)
    file = tmp_path / "post.html"
    file.write_bytes(body)
    from_file = run("extract", str(file), "--url", f"https://blog.example{path}")
    from_stdin = run("extract", "-", "--url", f"https://blog.example{path}", stdin=body)
    with served({path: Answer(body)}) as site:
        from_web = run("extract", site.home + path)
    assert from_file.returncode == from_stdin.returncode == from_web.returncode == 0
    assert from_file.stdout == from_stdin.stdout
    assert from_file.stdout == from_web.stdout.replace(site.home, "https://blog.example")
    assert "“We heard the horn" in from_file.stdout


SAVED = """{head}<title>Ferry returns</title><article><h1>Ferry returns</h1>
<p>The ferry to the island sails again from Monday on, after nine years in which there was none at all, the harbour said.</p>
<p>Its first crossing leaves at seven in the morning, with room for forty cars and two hundred people on two decks.</p></article>"""


@pytest.mark.parametrize(
    ("head", "words", "url"),
    [
        ('<link rel="canonical" href="https://blog.example/ferry/">', [], "https://blog.example/ferry/"),
        ("<meta content='https://blog.example/ferry/' property='og:url'>", [], "https://blog.example/ferry/"),
        ("<!-- saved from url=(0027)https://blog.example/ferry/ -->", [], "https://blog.example/ferry/"),
        (
            "<!--\n Page saved with SingleFile \n url: https://blog.example/ferry/ \n-->",
            [],
            "https://blog.example/ferry/",
        ),
        (
            '<link rel="canonical" href="https://blog.example/ferry/">',
            ["--url", "https://copy.example/"],
            "https://copy.example/",
        ),
        ('<link rel="canonical" href="/ferry/">', [], "about:stdin"),
        ('<link rel="stylesheet" href="https://blog.example/a.css">', [], "about:stdin"),
    ],
)
def test_a_saved_page_is_read_under_the_address_that_it_states(head: str, words: list[str], url: str) -> None:
    done = run("extract", "-", "--json", *words, stdin=SAVED.format(head=head))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["url"] == url


def test_extract_gives_everything_as_json(tmp_path: Path) -> None:
    pages = demo.pages("https://blog.example")
    path, (_, body) = next((p, page) for p, page in pages.items() if "ferry" in p)
    record = json.loads(
        run("extract", "-", "--json", "--url", f"https://blog.example{path}", stdin=body).stdout
    )
    assert record["origin"] == "Harbour Gazette"
    assert record["date_published"] == "2025-03-29T00:15:00+00:00"
    assert [b["text"] for b in record["blocks"] if b["label"] == "promo"]


@pytest.mark.parametrize(
    ("source", "code", "says"),
    [
        ("no-such-file.html", 2, "no-such-file.html: no such file"),
        ("http://127.0.0.1:9/", 1, "http://127.0.0.1:9/: cannot be fetched"),
        ("http://[1::/", 1, "http://[1::/: cannot be fetched: Invalid IPv6 URL: check the address"),
        (
            "http://127.0.0.1:99999/",
            1,
            "http://127.0.0.1:99999/: cannot be fetched: Port out of range 0-65535: check the address",
        ),
        (".", 1, ".: cannot be read"),
    ],
)
def test_extract_names_what_it_cannot_read(source: str, code: int, says: str) -> None:
    done = run("extract", source)
    assert done.returncode == code
    assert says in done.stderr


def test_extract_says_why_a_page_is_no_article() -> None:
    done = run("extract", "-", stdin="<html><body></body></html>")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")


def test_demo_shows_clean_articles_offline() -> None:
    done = run("demo")
    assert done.returncode == 0, done.stderr
    assert "Night ferry returns to the old harbour" in done.stdout
    assert "โ€" not in done.stdout
    assert "First published by Harbour Gazette (harbourgazette.example)" in done.stdout
    assert "Discover more from" not in done.stdout
    quiet = run("demo", "-q")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, done.stdout, "")


@pytest.mark.parametrize("warc", ["off", "on", "s3://bucket/news"])
def test_a_crawl_names_a_folder_of_pages_only_where_one_was_made(tmp_path: Path, warc: str) -> None:
    """None is made of pages that come out of Scrapy's own cache."""
    url = f"sqlite:///{tmp_path}/news.db"
    told = f"The pages as they were received are in {warc if '://' in warc else tmp_path / 'news-warc'}."
    assert (told in next_steps(url, warc)) is ("://" in warc)
    (tmp_path / "news-warc").mkdir()
    assert (told in next_steps(url, warc)) is (warc != "off")


def test_demo_ends_with_the_exit_code_of_its_crawl(tmp_path: Path) -> None:
    done = run("demo", "--db", str(tmp_path / "nowhere" / "demo.db"))
    assert (done.returncode, "there is no folder" in done.stderr) == (5, True)


def test_demo_says_where_its_pages_are_whatever_the_settings_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSARCHIVE_WARC", str(tmp_path / "own"))
    done = run("demo", "--db", str(tmp_path / "demo.db"))
    assert f"The pages as they were received are in {tmp_path / 'demo-warc'}." in done.stderr
    assert (tmp_path / "demo-warc").is_dir()


def test_explain_accounts_for_every_block_and_repair(archive: str, tmp_path: Path) -> None:
    stored = run("explain", "1", "--db", archive)
    assert "where each field comes from:" in stored.stdout
    assert "left out:" in stored.stdout
    pages = demo.pages("https://blog.example")
    path, (_, body) = next((p, page) for p, page in pages.items() if "ferry" in p)
    (tmp_path / "post.html").write_bytes(body)
    read = run("explain", str(tmp_path / "post.html"), "--debug", "--url", f"https://blog.example{path}")
    assert "→ headline = Night ferry returns to the old harbour" in read.stdout
    assert "'โ€œ' → '“' (windows-874" in read.stdout
    assert "Harbour Gazette (harbourgazette.example)" in read.stdout
    assert "[promo: " in read.stdout
    assert "“We heard the horn" in read.stdout


def test_explain_says_which_name_is_stored_of_a_byline_that_holds_more(tmp_path: Path) -> None:
    body = (
        "<p>The ferry sails again, the council said on Tuesday, and tickets will cost less than before.</p>"
        * 3
    )
    page = f"<article><h1>Ferry</h1><p class=byline>Written by Jane Doe</p>{body}</article>"
    (tmp_path / "post.html").write_text(page)
    read = run("explain", str(tmp_path / "post.html"), "--url", "https://blog.example/ferry")
    assert "→ author = Written by Jane Doe (a line marked as the byline; stored as Jane Doe)" in read.stdout


def test_explain_reads_the_stored_bytes_again_and_knows_what_became_no_article(archive: str) -> None:
    stored = run("explain", "1", "--debug", "--db", archive).stdout
    assert "bytes: declared utf-8, read as utf-8" in stored
    assert "version 1 of 1 (new)" in stored
    assert "\nkept:\n" in stored
    assert "[the classifier" not in stored
    assert "\nkept:\n  [the classifier" in run("explain", "1", "--again", "--debug", "--db", archive).stdout
    with closing(sqlite3.connect(archive)) as connection:
        connection.execute(
            "INSERT INTO urls (url, url_key, first_seen_at, etag, last_modified, state, reason, fail_count)"
            " SELECT 'https://x.example/p', ?, first_seen_at, '', '', 'skipped', 'index page', 0 FROM urls LIMIT 1",
            (url_key("https://x.example/p"),),
        )
        connection.commit()
    known = run("explain", "https://x.example/p/", "--db", archive)
    assert (known.returncode, "no article: index page" in known.stdout) == (1, True)
    unknown = run("explain", "https://y.example/", "--db", archive)
    assert (unknown.returncode, "--live" in unknown.stderr) == (1, True)


def test_history_and_diff_of_a_post_that_changed(db: Path) -> None:
    from tests.crawling.test_crawl import STORY, front, post

    with served({"/": front("/a-first-story/"), "/a-first-story/": post("A")}) as site:
        crawl(f"url={site.home}/", db=db)
        site.answers["/a-first-story/"] = Answer(post("A", body=STORY.replace("Tuesday", "Wednesday", 1)))
        crawl(f"url={site.home}/", "recheck=1", db=db)
    versions = [line.split("\t") for line in run("history", "1", "--db", str(db)).stdout.splitlines()]
    assert [(v[0], v[2]) for v in versions] == [("1", "new"), ("2*", "publisher")]
    assert "[-Tuesday-]{+Wednesday+}" in run("diff", "1", "--db", str(db)).stdout
    assert "<del>Tuesday</del><ins>Wednesday</ins>" in run("diff", "1", "--html", "--db", str(db)).stdout
    assert "\n-The town council met on Tuesday" in run("diff", "1", "--unified", "--db", str(db)).stdout
    found = json.loads(run("diff", "1", "--json", "--db", str(db)).stdout)
    assert (found["before"]["version"], found["after"]["version"], found["after"]["change_kind"]) == (
        1,
        2,
        "publisher",
    )
    changes = [one for one in found["article_body"] if one["kind"] != "equal"]
    assert changes == [{"kind": "delete", "text": "Tuesday"}, {"kind": "insert", "text": "Wednesday"}]
    assert run("diff", "1", "--json", "--html", "--db", str(db)).returncode == 2
    assert run("diff", "1", "1", "7", "--db", str(db)).returncode == 2


def test_looking_after_the_database(archive: str, tmp_path: Path) -> None:
    assert "nothing wrong" in run("db", "check", "--db", archive).stderr
    assert len(set(run("db", "current", "--db", archive).stdout.split())) == 1
    assert run("backup", str(tmp_path / "copy.db"), "--db", archive).returncode == 0
    assert "Night ferry" in run("search", "ferry", "--db", str(tmp_path / "copy.db")).stdout
    copied = run("db", "copy", archive, str(tmp_path / "other.db"))
    assert (
        copied.returncode,
        "3 articles copied; what is missing there: newsarchive doctor --db " in copied.stderr,
    ) == (0, True)
    again = run("db", "copy", archive, str(tmp_path / "other.db"))
    assert (again.returncode, "0 articles copied; " in again.stderr) == (0, True)
    assert "Night ferry" in run("search", "ferry", "--db", str(tmp_path / "other.db")).stdout
    assert run("db", "copy", str(tmp_path / "none.db"), str(tmp_path / "x.db")).returncode == 5
