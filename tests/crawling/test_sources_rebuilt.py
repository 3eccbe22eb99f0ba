"""What feeds, APIs and sitemaps said of posts is kept beside the pages: an archive that is made of another's WARC files knows it."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from warcio.archiveiterator import ArchiveIterator

from newsarchive import Archive
from newsarchive.cli import cli
from newsarchive.core.discovery.wordpress import wp_posts_url, wp_root_url
from tests.crawling.test_crawl import rows
from tests.crawling.test_warc_rebuilt import differences, said, story
from tests.support.serving import Answer, crawl, crawl_killed_at, served
from tests.support.storage import open_archive, url_of
from tests.support.waiting import wait_for

pytestmark = pytest.mark.slow  # crawls, servers or other processes

#: Posts of a blog: path, headline, number of its text. Their pages have neither day nor author, and the last one only a teaser.
POSTS = [(f"/2025/story-{n}/", f"Story number {n} of the quiet mill", n) for n in range(6)]
NUMBER_OF_TEASER = 5
PHRASES = ("Ayu Lestari", "Jonas Weber", "Rosa Díaz")

Blog = Callable[[str], dict[str, str | Answer]]


def pages(head: str) -> dict[str, str | Answer]:
    def page(headline: str, number: int) -> str:
        text = "<p>Read on in the feed.</p>" if number == NUMBER_OF_TEASER else story(number)
        return (
            f'<html lang="en"><head><title>{headline}</title></head><body><article><h1>{headline}</h1>'
            f'<div class="entry-content">{text}</div></article></body></html>'
        )

    links = "".join(f'<article><h2><a href="{path}">{name}</a></h2></article>' for path, name, _ in POSTS)
    front = f"<html><head><title>Blog</title>{head}</head><body><main>{links}</main></body></html>"
    return {"/": front, **{path: page(name, n) for path, name, n in POSTS}}


def rss(home: str, more: str = "") -> Answer:
    items = "".join(
        f"<item><title>{name}</title><link>{home}{path}</link><guid>{home}/?p={40 + n}</guid>"
        f"<dc:creator>{PHRASES[n % 3]}</dc:creator><pubDate>Mon, {n + 3:02} Mar 2025 08:15:00 +0700</pubDate>"
        f"<category>Harbour</category><category><![CDATA[<item> & ferries {n}]]></category>"
        f"<content:encoded><![CDATA[{story(n, more)}]]></content:encoded></item>\n"
        for path, name, n in POSTS
    )
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>The Mill</title>'
        f"<link>{home}/</link><language>en-GB</language>{items}</channel></rss>"
    )
    return Answer(body, headers={"Content-Type": "application/rss+xml; charset=UTF-8"})


def by_rss(home: str) -> dict[str, str | Answer]:
    head = '<link rel="alternate" type="application/rss+xml" href="/feed/">'
    return {**pages(head), "/feed/": rss(home)}


def by_atom(home: str) -> dict[str, str | Answer]:
    entries = "".join(
        f'<entry><title>{name}</title><link href="{home}{path}"/><id>{home}{path}</id>'
        f"<published>2025-03-{n + 3:02}T08:15:00+07:00</published><updated>2025-03-{n + 4:02}T09:00:00+07:00</updated>"
        f'<content type="html"><![CDATA[{story(n)}]]></content></entry>'
        for path, name, n in POSTS
    )
    feed = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>The Mill</title>'
        f"<author><name>Ayu Lestari</name></author>{entries}</feed>"
    )
    head = '<link rel="alternate" type="application/atom+xml" href="/atom.xml">'
    return {**pages(head), "/atom.xml": Answer(feed, headers={"Content-Type": "application/atom+xml"})}


def by_json_feed(home: str) -> dict[str, str | Answer]:
    items = [
        {"id": path, "url": home + path, "title": name, "content_html": story(n), "authors": [{"name": PHRASES[n % 3]}],
         "date_published": f"2025-03-{n + 3:02}T08:15:00+07:00", "tags": ["harbour", f"ferries {n}"]}
        for path, name, n in POSTS
    ]  # fmt: skip
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "The Mill",
        "items": items,
        "language": "en",
    }
    head = '<link rel="alternate" type="application/feed+json" href="/feed.json">'
    return {
        **pages(head),
        "/feed.json": Answer(json.dumps(feed, indent=1), headers={"Content-Type": "application/feed+json"}),
    }


def by_api(home: str) -> dict[str, str | Answer]:
    found = [
        {"id": 40 + n, "link": home + path, "type": "post", "status": "publish", "title": {"rendered": name},
         "date": f"2025-03-{n + 3:02}T08:15:00", "date_gmt": f"2025-03-{n + 3:02}T01:15:00",
         "content": {"rendered": story(n)}, "_embedded": {
             "author": [{"name": PHRASES[n % 3]}],
             "wp:term": [[{"taxonomy": "category", "name": "Harbour"}], [{"taxonomy": "post_tag", "name": f"ferries {n}"}]]}}
        for path, name, n in POSTS
    ]  # fmt: skip
    api = {"Content-Type": "application/json", "X-WP-TotalPages": "1"}
    head = '<link rel="https://api.w.org/" href="/wp-json/">'
    return {
        **pages(head),
        wp_posts_url("/wp-json/"): Answer(json.dumps(found), headers=api),
        wp_root_url("/wp-json/"): Answer('{"name": "The Mill"}', headers=api),
    }


def by_news_sitemap(home: str) -> dict[str, str | Answer]:
    rows = "".join(
        f"<url><loc>{home}{path}</loc><news:news><news:publication><news:name>The Mill</news:name>"
        f"<news:language>en</news:language></news:publication><news:title>{name}</news:title>"
        f"<news:publication_date>2025-03-{n + 3:02}T08:15:00+07:00</news:publication_date></news:news></url>"
        for path, name, n in POSTS
    )
    sitemap = (
        '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        f' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{rows}</urlset>'
    )
    return {**pages(""), "/sitemap.xml": Answer(sitemap, headers={"Content-Type": "application/xml"})}


def records(folder: Path) -> list[tuple[str, str, bytes]]:
    """Kind of the source, path of the post and bytes of each record of what a source said, in the order of the files."""
    found = []
    for path in sorted(folder.glob("*.warc.gz"), key=lambda path: path.stat().st_mtime_ns):
        with path.open("rb") as stream:
            for record in ArchiveIterator(stream):
                if kind := record.rec_headers.get_header("X-Source-Type"):
                    url = record.rec_headers.get_header("WARC-Target-URI")
                    found.append((kind, url.partition("/2025")[2], record.raw_stream.read()))
    return found


def named(db: Path) -> dict[str, list[tuple[object, ...]]]:
    """What an archive knows of posts and sites by their sources, apart from where the bytes lie."""
    return {
        "source_texts": sorted(said(db, "source_texts"), key=repr),
        "discoveries": rows(db, "SELECT u.url, d.kind, s.kind, s.url FROM discoveries d JOIN urls u ON u.id = d.url_id "
                                "JOIN sources s ON s.id = source_id WHERE d.kind <> 'link' ORDER BY 1, 2, 3"),
        "sites": rows(db, "SELECT domain, name, in_language FROM sites"),
        "lastmod": rows(db, "SELECT url, lastmod FROM urls WHERE lastmod IS NOT NULL ORDER BY 1"),
    }  # fmt: skip


@pytest.mark.parametrize("blog", [by_rss, by_atom, by_json_feed, by_api, by_news_sitemap])
def test_an_archive_that_is_rebuilt_knows_in_every_column_what_a_source_said(
    blog: Blog, db: Path, tmp_path: Path
) -> None:
    rebuilt, again, own = tmp_path / "rebuilt.db", tmp_path / "again.db", tmp_path / f"{db.stem}-warc"
    with served(blog) as site:
        assert crawl(f"url={site.home}/", db=db).returncode == 0
    assert rows(
        db, "SELECT count(DISTINCT date_published) FROM articles WHERE date_published IS NOT NULL"
    ) == [
        (6 - (blog is by_news_sitemap),)  # no sitemap gives a text
    ]
    assert len(records(own)) == len(POSTS) + (blog is by_api)
    shutil.move(own, tmp_path / "kept")  # nothing is left but the files
    assert crawl(f"path={tmp_path}/kept/*.warc.gz", spider="warc", db=rebuilt).returncode == 0
    assert differences(db, rebuilt) == {}
    assert named(db) == named(rebuilt)
    # So can be rebuilt what was rebuilt, and nothing is read a second time.
    files = f"path={tmp_path}/rebuilt-warc/*.warc.gz"
    assert crawl(files, spider="warc", db=again).returncode == 0
    assert differences(db, again) == {}
    assert named(db) == named(again)
    number = len(records(tmp_path / "again-warc"))
    assert number == len(records(own.with_name("kept")))
    assert "0 new, 0 updated" in crawl(files, spider="warc", db=again).stderr
    assert len(records(tmp_path / "again-warc")) == number + (blog is by_api)


def test_postgresql_is_rebuilt_too(tmp_path: Path) -> None:
    with open_archive("postgresql", tmp_path) as first, open_archive("postgresql", tmp_path) as second:
        with served(by_rss) as site:
            crawl(f"url={site.home}/", "-s", f"NEWSARCHIVE_WARC={tmp_path}/one", db=url_of(first))
        files = f"path={tmp_path}/one/*.warc.gz"
        crawl(files, "-s", f"NEWSARCHIVE_WARC={tmp_path}/two", spider="warc", db=url_of(second))
        here, there = (
            [Archive(url_of(engine)).get(f"{site.home}{path}") for path, _, _ in POSTS]
            for engine in (first, second)
        )
    assert [one.date_published for one in here] == [one.date_published for one in there]
    assert [one.authors for one in here] == [one.authors for one in there]
    assert {one.said_by for one in there} == {"feed"}
    assert all(one.said_in for one in there)


def test_what_a_source_says_again_is_not_written_again(db: Path, tmp_path: Path) -> None:
    """A feed changes whenever it names another post. What it says of the others is the same."""
    own = tmp_path / f"{db.stem}-warc"
    with served(by_rss) as site:
        for _ in range(2):
            crawl(f"url={site.home}/", db=db)
        assert len(records(own)) == len(POSTS)
        feed = site.answers["/feed/"]
        assert isinstance(feed.body, str)
        feed.body = feed.body.replace("Story number 2 of", "Story number two of")
        crawl(f"url={site.home}/", db=db)
    kind, path, body = records(own)[-1]
    assert (len(records(own)), kind, path) == (len(POSTS) + 1, "feed", POSTS[2][0].removeprefix("/2025"))
    assert b"<title>Story number two of" in body
    assert b"Story number 3" not in body


@pytest.mark.parametrize("at", ["at once", "when the feed is read"])
def test_a_crawl_that_is_killed_has_kept_what_it_heard(db: Path, tmp_path: Path, at: str) -> None:
    """The next crawl does not ask for a feed again that was read to its end a moment ago, and knows the posts by their
    addresses."""
    rebuilt = tmp_path / "rebuilt.db"

    def is_time(path: str) -> bool:
        if "/2025/" not in path:
            return False
        if at != "at once":
            read = "SELECT 1 FROM sources WHERE kind = 'feed' AND last_checked_at IS NOT NULL"
            wait_for(lambda: rows(db, read))
        return True

    with served(by_rss) as site:
        crawl_killed_at(site, is_time, 1, f"url={site.home}/", db=db)
        before = len(site.paths())
        assert crawl(f"url={site.home}/", db=db).returncode == 0
        assert at == "at once" or "/feed/" not in site.paths()[before:]
    assert rows(db, "SELECT post_id FROM articles ORDER BY 1") == [
        (f"wordpress:{40 + number}",) for _, _, number in POSTS
    ]
    crawl(f"path={tmp_path}/{db.stem}-warc/*.warc.gz", spider="warc", db=rebuilt)
    assert differences(db, rebuilt) == {}
    assert len(records(tmp_path / f"{db.stem}-warc")) == len(POSTS)


def test_a_page_that_was_refused_is_rebuilt_from_the_words_of_its_feed(db: Path, tmp_path: Path) -> None:
    wall = Answer("<html><head><title>Just a moment...</title></head><body>captcha</body></html>", 403)
    with served(lambda home: {**by_rss(home), POSTS[0][0]: wall}) as site:
        crawl(f"url={site.home}/", db=db)
    rebuilt = tmp_path / "rebuilt.db"
    told = crawl(f"path={tmp_path}/{db.stem}-warc/*.warc.gz", spider="warc", db=rebuilt).stderr
    assert rows(db, "SELECT count(*) FROM articles") == [(len(POSTS),)]
    assert rows(rebuilt, "SELECT count(*) FROM articles") == [(len(POSTS),)], told
    assert differences(db, rebuilt) == {}


ROBOTS = "User-agent: GPTBot\nDisallow: /\n\nUser-agent: *\nContent-Usage: train-ai=n\nAllow: /\n"
TDMREP = '[{"location": "/2025/", "tdm-reservation": 1, "tdm-policy": "https://blog.example/policy"}]'


def test_what_the_files_of_a_site_said_of_the_use_of_its_pages_is_known_again(
    db: Path, tmp_path: Path
) -> None:
    """They are kept once in a crawl, and only where it keeps a page."""
    rebuilt, again, own = tmp_path / "rebuilt.db", tmp_path / "again.db", tmp_path / f"{db.stem}-warc"
    files = {"/robots.txt": ROBOTS, "/.well-known/tdmrep.json": TDMREP}
    with served(lambda home: {**by_rss(home), **files}) as site:
        for _ in range(2):
            crawl(f"url={site.home}/", "-s", "NEWSARCHIVE_TDMREP=1", db=db)
    said = rows(db, "SELECT statement FROM rights")
    assert "GPTBot" in str(said)
    assert "https://blog.example/policy" in str(said)
    assert "train-ai=n" in str(said)
    for path, made in ((f"{own}", rebuilt), (f"{tmp_path}/rebuilt-warc", again)):
        crawl(f"path={path}/*.warc.gz", spider="warc", db=made)
        assert differences(db, made) == {}
        assert rows(made, "SELECT statement FROM rights") == said
    names = [record.rec_headers.get_header("WARC-Target-URI") for file in own.iterdir()
             for record in ArchiveIterator(file.open("rb")) if record.rec_type == "response"]  # fmt: skip
    assert sorted(name.removeprefix(site.home) for name in names if "2025" not in name) == sorted(files)


def newsarchive(*words: str, db: Path) -> Result:
    return CliRunner().invoke(cli, [*words, "--db", str(db)])


def test_an_erased_post_leaves_no_word_in_what_its_feed_said(db: Path, tmp_path: Path) -> None:
    """Its page is a teaser: the text stands in the feed alone, there in two versions."""
    own, secret = tmp_path / f"{db.stem}-warc", b"whistleblower"
    with served(
        lambda home: {**by_rss(home), "/feed/": rss(home, "<p>The whistleblower was named.</p>")}
    ) as site:
        crawl(f"url={site.home}/", db=db)
        site.answers["/feed/"] = rss(site.home, "<p>The whistleblower was named, and left.</p>")
        crawl(f"url={site.home}/", db=db)
        url = site.home + POSTS[NUMBER_OF_TEASER][0]
        before = [path for _, path, body in records(own) if secret in body]
        assert sorted(before) == sorted(2 * [path.removeprefix("/2025") for path, _, _ in POSTS])
        done = newsarchive("withhold", "erase", url, "--reason", "a court order", "--yes", db=db)
        assert done.exit_code == 0, done.output
        crawl(f"url={site.home}/", db=db)  # the feed says it still
    left = [path for _, path, body in records(own) if secret in body]
    assert sorted(left) == sorted(
        path for path in before if path != POSTS[NUMBER_OF_TEASER][0].removeprefix("/2025")
    )
    assert newsarchive("doctor", db=db).exit_code == 0
    rebuilt = tmp_path / "rebuilt.db"
    crawl(f"path={own}/*.warc.gz", spider="warc", db=rebuilt)
    assert rows(rebuilt, f"SELECT count(*) FROM urls WHERE url = '{url}'") == [(0,)]


def test_records_of_sources_are_checked_explained_and_packed(db: Path, tmp_path: Path) -> None:
    with served(by_rss) as site:
        crawl(f"url={site.home}/", db=db)
    url = site.home + POSTS[1][0]
    (file,) = (tmp_path / f"{db.stem}-warc").glob("*.warc.gz")
    place = rows(
        db, f"SELECT warc_offset, warc_length FROM source_texts JOIN urls ON id = url_id WHERE url = '{url}'"
    )
    assert (
        f"what the site's feed said last is kept in {file.name}, at byte {place[0][0]}"
        in newsarchive("explain", url, db=db).output
    )
    package = tmp_path / "post.wacz"
    assert newsarchive("export", str(package), "--limit", "1", db=db).exit_code == 0
    assert CliRunner().invoke(cli, ["check", str(package)]).exit_code == 0
    with zipfile.ZipFile(package) as inside:
        inside.extract("archive/data.warc.gz", tmp_path / "inside")
    assert [kind for kind, _, _ in records(tmp_path / "inside" / "archive")] == ["feed"]
    unpacked = tmp_path / "unpacked.db"
    assert crawl(f"path={package}", spider="warc", db=unpacked).returncode == 0
    (days,) = rows(unpacked, "SELECT url, date_published FROM articles")
    assert days in rows(db, "SELECT url, date_published FROM articles")

    assert newsarchive("doctor", "--all", db=db).exit_code == 0
    data = bytearray(file.read_bytes())
    data[place[0][0] + place[0][1] // 2] ^= 0xFF
    file.write_bytes(data)
    told = newsarchive("doctor", "--all", db=db)
    assert f"{file.name}: record at {place[0][0]}" in " ".join(told.output.split()).replace("- ", "-"), (
        told.output
    )
    file.unlink()
    told = newsarchive("db", "check", db=db)
    assert "the words of a feed or an API on 6 posts" in " ".join(told.output.split()), told.output


def test_each_page_counts_with_the_robots_txt_of_its_own_crawl(db: Path, tmp_path: Path) -> None:
    """Both crawls are read together: the pages of the first one were fetched before the second robots.txt."""
    rebuilt, again = tmp_path / "rebuilt.db", tmp_path / "again.db"
    with served(lambda home: {**by_rss(home), "/robots.txt": ROBOTS}) as site:
        crawl(f"url={site.home}/", db=db)
        site.answers["/robots.txt"] = Answer(ROBOTS.replace("GPTBot", "CCBot"))
        path, name, _ = POSTS[0]
        site.answers[path] = Answer(str(site.answers[path].body).replace(name, f"{name}, told again"))
        crawl(f"url={site.home}/", "recheck=1", db=db)
    query = (
        "SELECT u.url, c.fetched_at, r.statement FROM captures c JOIN urls u ON u.id = c.url_id"
        " JOIN capture_rights t ON t.capture_id = c.id JOIN rights r ON r.id = t.rights_id ORDER BY 1, 2"
    )
    said = rows(db, query)
    assert len({statement for *_, statement in said}) == 2
    for folder, made in (("archive", rebuilt), ("rebuilt", again)):
        crawl(f"path={tmp_path}/{folder}-warc/*.warc.gz", spider="warc", db=made)
        assert rows(made, query) == said


def test_each_page_is_read_with_what_the_feed_said_until_then(db: Path, tmp_path: Path) -> None:
    """Also out of the copies of copies: the feed said another text before the second crawl, and the page is a teaser."""
    rebuilt, again = tmp_path / "rebuilt.db", tmp_path / "again.db"
    with served(by_rss) as site:
        crawl(f"url={site.home}/", db=db)
        site.answers["/feed/"] = rss(
            site.home, "<p>The old mill was sold to its neighbours in the spring.</p>"
        )
        crawl(f"url={site.home}/", "recheck=1", db=db)
    for folder, made in (("archive", rebuilt), ("rebuilt", again)):
        crawl(f"path={tmp_path}/{folder}-warc/*.warc.gz", spider="warc", db=made)
        assert (folder, differences(db, made)) == (folder, {})
