"""The WordPress that other tests crawl: it installs, serves what was asked for, and its truth is true."""

from __future__ import annotations

import random
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from lxml import etree, html

from benchmarks import wordpress
from benchmarks.blog_scores import score
from tests.wordpress import server
from tests.wordpress.blogs import Blog, Line, Settings, opened, plan, simple
from tests.wordpress.damage import damage
from tests.wordpress.fixtures import POSTS, four_blogs, fresh_blog, require
from tests.wordpress.prose import LANGUAGES, story

pytestmark = pytest.mark.slow  # crawls, servers or other processes

__all__ = ["four_blogs", "fresh_blog"]  # fixtures

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def text(self) -> str:
        """What a reader sees, white space folded."""
        document = html.fromstring(self.body.decode())
        for hidden in document.xpath("//script|//style|//head"):
            hidden.drop_tree()
        return folded(" ".join(document.itertext()))


def folded(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def get(url: str, **headers: str) -> Answer:
    request = urllib.request.Request(url, headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return Answer(response.status, response.headers, response.read(), response.url)
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read(), url)


#: For the four blogs, which no test changes: each page is fetched once.
once = cache(get)


def sitemap_urls(blog: Blog) -> set[str]:
    index = etree.fromstring(get(blog.url + "wp-sitemap.xml").body)
    maps = [loc.text for loc in index.iter(f"{SITEMAP}loc")]
    return {loc.text for one in maps for loc in etree.fromstring(get(one).body).iter(f"{SITEMAP}loc")}


# --- what is read of it --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["page alone", "learned"])
def test_no_chrome_is_left_and_no_paragraph_of_the_page_is_lost(four_blogs: list[Blog], how: str) -> None:
    """Usual wordings, the pages alone and with what they teach together. Benchmarks have the other sets: `benchmarks.wordpress`."""
    if how == "learned":
        answers = wordpress.learned(four_blogs)
    else:
        answers = {blog.url: list(wordpress.pages_alone(blog)) for blog in four_blogs}
    for blog in four_blogs:
        whole = [post for post in blog.posts if post.pages == 1]
        read = score(whole, answers[blog.url], wordpress.furniture(blog))
        assert (read.found, dict(read.leaks), read.lost) == (len(whole), {}, 0), read.misses


# --- what is served ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(4))
class TestEachBlog:
    def test_lists_its_public_posts_and_nothing_else(self, four_blogs: list[Blog], number: int) -> None:
        blog = four_blogs[number]
        assert len(blog.posts) == POSTS
        assert set(blog.wordpress.published()) == {post.url for post in blog.posts}

    def test_permalinks_answer_as_themselves(self, four_blogs: list[Blog], number: int) -> None:
        for post in four_blogs[number].posts:
            answer = once(post.url)
            assert (answer.status, answer.url) == (200, post.url)

    def test_every_line_of_the_truth_stands_on_the_page(self, four_blogs: list[Blog], number: int) -> None:
        for post in four_blogs[number].posts:
            text = once(post.url).text
            for page in range(2, post.pages + 1):
                joint = "&" if "?" in post.url else "/"
                key = f"page={page}" if joint == "&" else str(page)
                text += " " + get(post.url.rstrip("/") + joint + key).text
            for line in post.lines:
                assert folded(line.printed) in text
            assert folded(post.title.printed) in text

    def test_the_furniture_stands_round_each_post(self, four_blogs: list[Blog], number: int) -> None:
        blog = four_blogs[number]
        texts = [once(post.url).text for post in blog.posts]
        for piece in blog.plan.settings.furniture:
            words = [w for w in re.findall(r">([^<>{}]+)<", piece["html"]) if not w.isspace()]
            assert all(folded(word).replace("...", "…") in text for word in words for text in texts)
        quotes = {quote for text in texts for quote, _ in blog.plan.settings.quotes if quote[:20] in text}
        assert len(quotes) == len(blog.plan.settings.quotes)  # a new one with each post

    def test_what_must_not_be_archived_is_there_too(self, four_blogs: list[Blog], number: int) -> None:
        blog = four_blogs[number]
        status = {
            get(post.url).status for post in blog.others if post.status in ("draft", "private", "pending")
        }
        assert status == {404}
        [locked] = [post for post in blog.others if post.password]
        assert not set(locked.paragraphs) & set(get(locked.url).text.split("\n"))
        assert re.search("password.protected", get(locked.url).text)  # WordPress 7.1 writes it with a hyphen
        assert all(get(post.url).status == 200 for post in blog.others if post.kind == "page")

    def test_rest_api_and_sitemap_are_on_or_off_as_asked(self, four_blogs: list[Blog], number: int) -> None:
        blog = four_blogs[number]
        settings = blog.plan.settings
        assert get(blog.url + "?rest_route=/wp/v2/posts").status == (200 if settings.rest else 401)
        # Where it is off, a blog with plain permalinks answers 200 with its front page: a trap for crawlers.
        assert (b"<sitemapindex" in get(blog.url + "wp-sitemap.xml").body) is settings.sitemaps
        if settings.sitemaps:
            assert sitemap_urls(blog) >= {post.url for post in blog.posts}

    def test_the_feed_holds_the_newest_posts(self, four_blogs: list[Blog], number: int) -> None:
        blog = four_blogs[number]
        feed = etree.fromstring(get(blog.url + "?feed=rss2").body)
        newest = sorted(blog.posts, key=lambda post: post.date, reverse=True)[:9]
        links = [item.findtext("link") for item in feed.iter("item")]
        assert {post.url for post in newest} <= set(links)
        full = "{http://purl.org/rss/1.0/modules/content/}encoded"
        has_text = feed.find(f".//{full}") is not None
        assert has_text is not blog.plan.settings.excerpt_feeds

    def test_feeds_answer_304_to_who_has_them(self, four_blogs: list[Blog], number: int) -> None:
        first = get(four_blogs[number].url + "?feed=rss2")
        known = {"If_None_Match": first.headers["ETag"], "If_Modified_Since": first.headers["Last-Modified"]}
        again = get(first.url, **known)
        assert (again.status, again.body) == (304, b"")


def test_blogs_differ_in_theme_permalinks_and_sources(four_blogs: list[Blog]) -> None:
    settings = [blog.plan.settings for blog in four_blogs]
    assert len({one.theme for one in settings}) == 4
    assert len({one.permalinks for one in settings}) == 4
    assert {one.rest for one in settings} == {one.sitemaps for one in settings} == {True, False}
    assert len({urlsplit(blog.url).hostname for blog in four_blogs}) == 4


def test_the_same_story_stands_on_several_blogs(four_blogs: list[Blog]) -> None:
    where: dict[str, set[str]] = {}
    for blog in four_blogs:
        for post in blog.posts:
            if post.cluster:
                where.setdefault(post.cluster, set()).add(blog.url)
    assert any(len(blogs) > 1 for blogs in where.values())


# --- what changes between crawls -----------------------------------------------------------------------------------


def test_a_page_cache_answers_304_until_the_post_changes(fresh_blog: Blog) -> None:
    post = fresh_blog.posts[0]
    tag = get(post.url).headers["ETag"]
    assert get(post.url, If_None_Match=tag).status == 304
    assert get(post.url).text == get(post.url).text
    assert "A title that came later" not in get(fresh_blog.url).text
    fresh_blog.edit(post, [*post.lines, Line("A paragraph that came later.")], "A title that came later")
    changed = get(post.url, If_None_Match=tag)
    assert changed.status == 200
    assert "A paragraph that came later." in changed.text
    assert "A title that came later" in get(fresh_blog.url).text


def test_posts_are_trashed_restored_deleted_and_moved(fresh_blog: Blog) -> None:
    first, second, third, *rest = fresh_blog.posts
    fresh_blog.trash(first, second)
    fresh_blog.delete(third)
    assert get(first.url).status == get(third.url).status == 404
    assert set(fresh_blog.wordpress.published()) == {post.url for post in rest}
    fresh_blog.restore(first)
    assert get(first.url).status == 200
    moved = fresh_blog.move(first, "elsewhere")
    assert get(first.url).url == moved.url != first.url


def test_the_access_log_says_who_asked_for_what(fresh_blog: Blog) -> None:
    fresh_blog.wordpress.forget_requests()
    tag = get(fresh_blog.url + "robots.txt", User_Agent="archiver/1").headers.get("ETag", "")
    get(fresh_blog.url + "robots.txt", If_None_Match=tag)
    get(fresh_blog.url + "nothing-here/")
    log = fresh_blog.wordpress.requests()
    assert [(one.uri, one.status) for one in log] == [
        ("/robots.txt", 200),
        ("/robots.txt", 304),
        ("/nothing-here/", 404),
    ]
    assert log[0].user_agent == "archiver/1"
    assert log[1].if_none_match == tag
    assert log[0].time <= log[1].time <= log[2].time


def test_settings_change_while_the_blog_is_up(fresh_blog: Blog) -> None:
    fresh_blog.wordpress.change(robots="User-agent: *\nCrawl-delay: 2\n", rest=False, feeds=False)
    assert get(fresh_blog.url + "robots.txt").body == b"User-agent: *\nCrawl-delay: 2\n"
    assert get(fresh_blog.url + "wp-json/wp/v2/posts").status == 401
    assert get(fresh_blog.url + "feed/").status == 404


def test_a_blog_leaves_nothing_behind() -> None:
    require()
    with opened(simple(posts=1, settings=Settings(theme="broadsheet")), extras=False) as blog:
        docroot, url = blog.wordpress.docroot, blog.url
        assert get(url).status == 200
    assert not docroot.exists()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url, timeout=2)


def test_what_wordpress_says_went_wrong_is_raised(fresh_blog: Blog) -> None:
    with pytest.raises(server.WordPressError, match="do_nonsense"):
        fresh_blog.wordpress.run([{"do": "nonsense"}])


@pytest.mark.parametrize("part", ["php", "wordpress", "mariadb"])
def test_without_a_part_the_reason_names_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, part: str
) -> None:
    if part != "php":
        require()
    if part == "php":
        monkeypatch.setenv("PATH", str(tmp_path))
    elif part == "wordpress":
        monkeypatch.setattr(server, "PACKAGE", tmp_path)
    else:
        monkeypatch.setenv("NEWSARCHIVE_TEST_MARIADB", "mysql://nobody:wrong@127.0.0.1:1")
    why = server.missing.__wrapped__()
    assert part in why.lower()
    assert "bash .ci/services" in why


# --- the truth itself ----------------------------------------------------------------------------------------------


def test_plans_are_the_same_for_the_same_seed() -> None:
    assert plan("dev", posts=5, seed=3) == plan("dev", posts=5, seed=3)
    assert plan("dev", posts=5, seed=3) != plan("dev", posts=5, seed=4)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_stories_share_a_paragraph(language: str) -> None:
    rng = random.Random(language)
    paragraphs = [paragraph for _ in range(100) for paragraph in story(language, rng).paragraphs]
    assert len(paragraphs) >= 500
    assert len(set(paragraphs)) == len(paragraphs)
    assert not any("{" in paragraph for paragraph in paragraphs)


def test_repairs_count_the_damaged_runs() -> None:
    text = "“Asia’s neighbours” — naïve"
    assert damage(text, "cp874", 1, random.Random(1)) == ("โ€œAsiaโ€™s neighboursโ€\x9d โ€” naรฏve", 5)
    assert damage(text, "cp874", 0, random.Random(1)) == (text, 0)
    for one in plan("dev", posts=10):
        for post in one.posts:
            for line in post.lines:
                assert (line.printed == line.text) == (line.repairs == 0)
