"""A crawl learns a site's furniture from its own pages, and takes it out of what it stored."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.blogs import sentence
from newsarchive.cli import cli
from newsarchive.db.engine import open_engine
from newsarchive.db.site_templates import load, save
from newsarchive.warc.files import default_folder
from tests.crawling.test_crawl import rows
from tests.support.serving import Answer, Site, crawl, served

pytestmark = pytest.mark.slow  # crawls, servers or other processes

#: No table of phrases knows these.
CHIPS = ["Brass owl desk", "Wander the shelves", "Pond letters, weekly"]
PROMO = "The Otter Sheet lives on coffee and on what its patrons drop into the brass tin by the door."
QUOTATION = (
    "“We shall mend the weir before the herring come, and nobody shall pay twice for it,” the warden said."
)


def body_of(number: int) -> list[str]:
    dice = random.Random(number)
    return [sentence(dice) for _ in range(5)]


def post(number: int, extra: str = "") -> str:
    texts = body_of(number)
    prose = "".join(f"<p>{text}</p>" for text in texts[:3])
    rest = "".join(f"<p>{text}</p>" for text in texts[3:])
    quotation = f"<p>{QUOTATION}</p>" if number == 4 else ""
    chips = "".join(f"<p>{chip}</p>" for chip in CHIPS)
    date = f'<meta property="article:published_time" content="2025-03-{number:02}T08:00:00+00:00">'
    return (
        f'<html lang="en"><head><title>Story {number} of the weir</title>{date}</head><body><article>'
        f'<h1>Story {number} of the weir</h1><div class="entry-content">{prose}{quotation}{rest}{extra}'
        f"<p>{PROMO}</p>{chips}</div></article></body></html>"
    )


def blog(count: int) -> Mapping[str, str]:
    posts = {f"/story-{n}/": post(n) for n in range(1, count + 1)}
    teasers = "".join(
        f'<article><h2><a href="{p}">A story of some length at {p}</a></h2></article>' for p in posts
    )
    return {"/": f"<html><head><title>Weir</title></head><body><main>{teasers}</main></body></html>", **posts}


def learn(db: Path, site: Site, *options: str) -> str:
    name = site.home.removeprefix("http://")
    done = CliRunner().invoke(cli, ["learn", name, "--db", str(db), *options])
    assert done.exit_code == 0, done.output
    return done.stdout


EVERYTHING = "SELECT a.url, a.article_body, a.last_seen_at, a.record_hash, count(r.id) FROM articles a JOIN article_revisions r ON r.article_id = a.id GROUP BY a.id ORDER BY a.url"
LEARNED = "SELECT fingerprint, role, version, label, reason, first_seen_at FROM site_blocks ORDER BY 1, 2, 3"


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Twelve posts after one crawl, and what the crawl said."""
    db = tmp_path_factory.mktemp("learned") / "archive.db"
    with served(blog(12)) as site:
        done = crawl(f"url={site.home}/", db=db)
    assert done.returncode == 0, done.stderr
    return db, site.home


def test_after_one_crawl_the_furniture_is_gone_and_the_prose_is_there(crawled: tuple[Path, str]) -> None:
    found = dict(rows(crawled[0], "SELECT url, article_body FROM articles"))
    assert len(found) == 12
    for url, body in found.items():
        lines = str(body).split("\n\n")
        number = int(str(url).rstrip("/").rpartition("-")[2])
        assert [line for line in lines if line in (*CHIPS, PROMO)] == [], url
        assert [text for text in body_of(number) if text not in lines] == [], url
    assert sum(QUOTATION in str(body) for body in found.values()) == 1


def test_what_went_is_kept_with_its_reason(crawled: tuple[Path, str]) -> None:
    found = rows(
        crawled[0],
        "SELECT b.text, b.rule FROM blocks b JOIN articles a ON a.revision_id = b.revision_id",
    )
    for text in CHIPS:
        reasons = {str(rule) for line, rule in found if line == text}
        assert reasons
        assert all(rule.startswith("template, ") and ": " in rule for rule in reasons), reasons


def test_after_the_first_crawl_each_post_has_one_version(crawled: tuple[Path, str]) -> None:
    """Whatever was learned while its pages came in: history begins with the text that the crawl left."""
    found = rows(crawled[0], "SELECT article_id, version, change_kind, run_id FROM article_revisions")
    assert sorted(found) == [(number, 1, "new", 1) for number in range(1, 13)]
    assert rows(crawled[0], "SELECT count(*) FROM field_changes") == [(0,)]


def test_what_a_later_crawl_learns_is_a_version_of_the_kind_site(db: Path) -> None:
    """No lesson is an edit of the publisher's; of several lessons in one crawl one version remains."""
    with served(blog(12)) as site:
        crawl(f"url={site.home}/", "-s", "NEWSARCHIVE_LEARN=0", db=db)
        more = blog(13)
        site.answers |= {path: Answer(more[path]) for path in ("/", "/story-13/")}
        crawl(f"url={site.home}/", db=db)
    histories: dict[object, list[object]] = {}
    for url, kind in rows(
        db,
        "SELECT a.url, r.change_kind FROM article_revisions r JOIN articles a ON a.id = r.article_id"
        " ORDER BY a.url, version",
    ):
        histories.setdefault(url, []).append(kind)
    assert histories.pop(f"{site.home}/story-13/") == ["new"]
    assert len(histories) == 12
    assert all(kinds == ["new", "site"] for kinds in histories.values()), histories


def test_the_template_can_be_read(crawled: tuple[Path, str]) -> None:
    db, home = crawled
    shown = CliRunner().invoke(cli, ["sites", "template", home, "--db", str(db)])
    assert shown.exit_code == 0
    assert all(chip in shown.stdout for chip in CHIPS)
    assert CliRunner().invoke(cli, ["sites", "template", "other.example", "--db", str(db)]).exit_code == 2


def test_a_stored_template_comes_back_as_it_was(crawled: tuple[Path, str]) -> None:
    engine = open_engine(f"sqlite:///{crawled[0]}")
    template = load(engine, crawled[1].removeprefix("http://"))
    assert template.entries
    assert save(engine, template) is False


def test_learning_again_changes_nothing(db: Path) -> None:
    with served(blog(8)) as site:
        crawl(f"url={site.home}/", db=db)
        before = rows(db, EVERYTHING), rows(db, LEARNED)
        assert learn(db, site) == ""
        assert (rows(db, EVERYTHING), rows(db, LEARNED)) == before


def test_a_dry_run_says_what_would_change_and_writes_nothing(db: Path) -> None:
    with served(blog(8)) as site:
        crawl(f"url={site.home}/", "-s", "NEWSARCHIVE_LEARN=0", db=db)
        before = rows(db, EVERYTHING)
        assert any(CHIPS[0] in str(body) for _, body, *_ in before)
        assert len(learn(db, site, "--dry-run").split()) == 8
        assert (rows(db, EVERYTHING), rows(db, LEARNED)) == (before, [])
        learn(db, site)
        assert not any(CHIPS[0] in str(body) for _, body, *_ in rows(db, EVERYTHING))


def test_two_posts_teach_nothing(db: Path) -> None:
    with served(blog(2)) as site:
        crawl(f"url={site.home}/", db=db)
    assert rows(db, LEARNED) == []
    assert rows(db, "SELECT change_kind, count(*) FROM article_revisions GROUP BY 1") == [("new", 2)]


def test_a_second_crawl_changes_nothing_and_an_edit_is_one_publisher_revision(db: Path) -> None:
    versions = "SELECT change_kind, count(*) FROM article_revisions GROUP BY 1 ORDER BY 1"
    with served(blog(8)) as site:
        crawl(f"url={site.home}/", db=db)
        before = rows(db, versions)
        again = crawl(f"url={site.home}/", "recheck=1", db=db)
        assert "0 new, 0 updated, 8 unchanged" in again.stderr
        assert rows(db, versions) == before
        correction = (
            "Correction: the weir was mended in June and not, as this story had it, in the month of May."
        )
        site.answers["/story-3/"] = Answer(post(3, f"<p>{correction}</p>"))
        crawl(f"url={site.home}/", "recheck=1", db=db)
    assert rows(db, versions) == [*before[:2], ("publisher", 1)]
    body = str(rows(db, "SELECT article_body FROM articles WHERE url LIKE '%story-3/'")[0][0])
    assert correction in body
    assert not [chip for chip in CHIPS if chip in body]


def test_without_raw_bytes_nothing_is_learned(db: Path) -> None:
    with served(blog(5)) as site:
        done = crawl(f"url={site.home}/", "-s", "NEWSARCHIVE_WARC=off", db=db)
    assert done.returncode == 0
    assert rows(db, LEARNED) == []
    assert not default_folder(f"sqlite:///{db}").exists()


def test_reading_the_bytes_again_does_not_put_the_furniture_back(db: Path) -> None:
    with served(blog(12)) as site:
        crawl(f"url={site.home}/", db=db)
    before = rows(db, EVERYTHING)
    done = CliRunner().invoke(
        cli, ["reextract", "--only-older-than", "99", "--workers", "0", "--db", str(db)]
    )
    assert done.exit_code == 0, done.output
    assert "12 read: 0 new, 0 updated, 12 unchanged" in done.stderr
    assert rows(db, EVERYTHING) == before
