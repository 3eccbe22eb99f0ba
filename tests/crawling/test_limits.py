"""`limit` counts what a crawl fetches, and `since` holds whoever names a post: by real crawls over loopback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.crawling.test_crawl import front, post, rows
from tests.crawling.test_recrawl import due_now
from tests.crawling.test_second_crawl import QUERY
from tests.support.serving import Answer, Site, crawl, served

pytestmark = pytest.mark.slow  # crawls, servers or other processes

XML = {"Content-Type": "application/xml"}
STORIES = [f"/story-number-{number}-of-many/" for number in range(1, 13)]


def stories() -> dict[str, Answer | str]:
    return {path: post(f"Story {path}") for path in STORIES}


def fetched(site: Site) -> list[str]:
    """The posts that were asked for since the last look, in order."""
    found = [path for path in site.paths() if path in STORIES]
    site.seen.clear()
    return found


def by_front_page(home: str) -> dict[str, Answer | str]:
    return {"/": front(*STORIES)}


def by_pages(home: str) -> dict[str, Answer | str]:
    older = "</main><a rel='next' href='/page/2/'>Older posts</a>"
    return {"/": front(*STORIES[:4]).replace("</main>", older), "/page/2/": front(*STORIES[4:])}


def by_sitemap(home: str) -> dict[str, Answer | str]:
    urls = "".join(f"<url><loc>{home}{path}</loc></url>" for path in STORIES)
    robots = Answer(f"Sitemap: {home}/map.xml", headers={"Content-Type": "text/plain"})
    return {
        "/": front(STORIES[0]),
        "/robots.txt": robots,
        "/map.xml": Answer(f"<urlset>{urls}</urlset>", headers={**XML, "ETag": '"1"'}),
    }


def by_api(home: str, *dates: str) -> dict[str, Answer | str]:
    found = [
        {"id": n, "link": home + path, "type": "post", "status": "publish", "title": {"rendered": path},
         "content": {"rendered": "<p>A teaser.</p>" if dates else ""}, **({"date_gmt": dates[n - 1]} if dates else {})}
        for n, path in enumerate(STORIES, 1)
    ]  # fmt: skip
    headers = {"Content-Type": "application/json", "X-WP-TotalPages": "2"}
    pages: dict[str, Answer | str] = {
        QUERY.format(n): Answer(json.dumps(found[at : at + 6]), headers=headers) for n, at in ((1, 0), (2, 6))
    }
    head = '<head><link rel="https://api.w.org/" href="/wp-json/">'
    return {"/": front(*STORIES[:3]).replace("<head>", head), **pages}


@pytest.mark.parametrize("blog", [by_front_page, by_pages, by_sitemap, by_api])
def test_batches_reach_the_oldest_post(db: Path, blog: object) -> None:
    with served(lambda home: {**stories(), **blog(home)}) as site:  # type: ignore[operator]
        for batch in (5, 5, 2, 0):
            done = crawl(f"url={site.home}/", "limit=5", db=db)
            assert done.returncode == 0, done.stderr
            assert f"{batch} new" in done.stderr
            assert len(fetched(site)) == batch
    assert rows(db, "SELECT count(*) FROM articles") == [(12,)]


def test_what_is_missing_or_fails_takes_no_place_and_what_is_refused_does(db: Path) -> None:
    wall = Answer("<html><head><title>Just a moment...</title></head><body>captcha</body></html>", 403)
    bad = dict(zip(STORIES, (Answer("no", 404), Answer("no", 410), Answer("no", 500), wall), strict=False))
    with served({**stories(), **bad, STORIES[4]: "<html></html>", "/": front(*STORIES)}) as site:
        done = crawl(f"url={site.home}/", "limit=3", db=db)
        # Which of the posts under way is answered first depends on the network.
        assert sorted(fetched(site)) == sorted(STORIES[:7])
        assert "2 new" in done.stderr
        assert "1 dropped" in done.stderr
        for batch in (3, 2, 0):
            assert f"{batch} new" in crawl(f"url={site.home}/", "limit=3", db=db).stderr
    assert rows(db, "SELECT count(*) FROM articles") == [(7,)]


def test_a_dry_run_lists_what_the_next_batch_would_be(db: Path) -> None:
    with served({**stories(), "/": front(*STORIES)}) as site:
        crawl(f"url={site.home}/", "limit=5", db=db)
        dry = crawl(f"url={site.home}/", "limit=3", "dry_run=1", db=db)
    listed = [line.split("\t")[0].removeprefix(site.home) for line in dry.stdout.splitlines()]
    assert listed == STORIES[5:8]


def test_the_limit_of_a_recrawl_is_not_used_up_by_posts_that_fail(db: Path) -> None:
    with served({**stories(), "/": front(*STORIES)}) as site:
        crawl(f"url={site.home}/", db=db)
        due_now(db)
        site.answers |= {path: Answer("no", 500) for path in STORIES[:4]}
        site.seen.clear()
        for batch in (3, 3, 2):
            done = crawl("limit=3", spider="recrawl", db=db)
            assert f"{batch} unchanged" in done.stderr
    assert sum(request.status == 200 for request in site.seen if request.path in STORIES) == 8


#: Half of the posts are from 2024 by the API, the others from 2025; the pages themselves print no day.
DATES = [f"2025-{13 - n:02}-01T00:00:00" for n in range(1, 7)] + [
    f"2024-{13 - n:02}-01T00:00:00" for n in range(1, 7)
]


def undated() -> dict[str, Answer | str]:
    return {path: post(f"Story {path}", date="") for path in STORIES}


def test_since_holds_for_what_the_front_page_an_archive_page_and_a_sitemap_name_without_a_date(
    db: Path,
) -> None:
    def table(home: str) -> dict[str, Answer | str]:
        return {**undated(), **by_sitemap(home), **by_api(home, *DATES), "/": by_api(home)["/"]}

    with served(table) as site:
        site.answers["/"] = Answer(
            front(*STORIES).replace("<head>", '<head><link rel="https://api.w.org/" href="/wp-json/">')
        )
        done = crawl(f"url={site.home}/", "since=2025-01-31", db=db)
        assert sorted(fetched(site)) == sorted(STORIES[:6])
        assert "6 new" in done.stderr
        assert "6 skipped: before since" in done.stderr
        crawl(f"url={site.home}/", "since=2024-07-15", db=db)
        assert sorted(fetched(site)) == sorted(STORIES[6:11])


def test_what_an_earlier_crawl_heard_of_a_day_counts_where_the_source_is_not_read_again(db: Path) -> None:
    """The API answers 304 to the second crawl, and names its posts without their days."""

    def table(home: str) -> dict[str, Answer | str]:
        pages = by_api(home, *DATES)
        for n, answer in enumerate(pages.values()):
            if isinstance(answer, Answer):
                answer.headers = {**answer.headers, "ETag": f'"{n}"'}
        return {**undated(), **pages, **{path: Answer("no", 500) for path in STORIES[4:8]}}

    with served(table) as site:
        crawl(f"url={site.home}/", db=db)
        fetched(site)
        site.answers |= {path: Answer(post(path, date="")) for path in STORIES}
        done = crawl(f"url={site.home}/", "since=2025-01-01", db=db)
        assert {r.status for r in site.seen if "wp-json" in r.path} == {304}
        assert sorted(fetched(site)) == STORIES[4:6], done.stderr


def test_a_post_that_was_found_too_old_is_not_fetched_again_until_older_ones_are_wanted(db: Path) -> None:
    dated = {path: post(path, date=f"{day}Z") for path, day in zip(STORIES, DATES, strict=True)}
    with served({**dated, "/": front(*reversed(STORIES))}) as site:
        for batch in (5, 5, 2, 0):
            crawl(f"url={site.home}/", "limit=5", "since=2025-01-01", db=db)
            assert len(fetched(site)) == batch
        assert rows(db, "SELECT count(*) FROM articles") == [(6,)]
        crawl(f"url={site.home}/", "since=2024-11-15", db=db)
        assert fetched(site) == [STORIES[6]]
        crawl(f"url={site.home}/", db=db)
        assert len(fetched(site)) == 5
    assert rows(db, "SELECT count(*) FROM articles") == [(12,)]
