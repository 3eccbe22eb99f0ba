"""Which software made a site, and where its posts are looked for first."""

import json
from pathlib import Path

import pytest

from newsarchive import rules
from newsarchive.core.discovery import platforms

RULES = rules.default()
CASES = json.loads((Path(__file__).parents[2] / "cases/discovery/platforms.json").read_text(encoding="utf-8"))
HOME = "https://blog.example/"


@pytest.mark.parametrize("case", [pytest.param(c, id=c["label"]) for c in CASES])
def test_platform(case):
    found = platforms.detect_platform(case["html"], case.get("headers", {}), case.get("url", HOME), RULES)
    assert found == case["platform"]


def ways(page, headers=None, url=HOME):
    return [
        (s.kind, s.url.removeprefix("https://blog.example"))
        for s in platforms.sources(page, headers or {}, url, RULES)
    ]


def test_wordpress_is_asked_for_its_api_first_then_its_feed_then_its_sitemap():
    page = """<meta name="generator" content="WordPress 6.1"><link rel='https://api.w.org/' href='/wp-json/'>
    <link rel=alternate type=application/rss+xml title="Blog - Comments" href="/comments/feed/">
    <link rel=alternate type=application/rss+xml title="Blog" href="/feed/">"""
    found = ways(page)
    assert found[:3] == [("wp-json", "/wp-json/"), ("feed", "/feed/"), ("feed", "/?feed=rss2")]
    assert ("sitemap", "/wp-sitemap.xml") in found
    assert not any("comments" in url for _, url in found)
    assert [s.announced for s in platforms.sources(page, {}, HOME, RULES)][:3] == [True, True, False]


def test_wordpress_that_does_not_announce_its_api_is_asked_all_the_same():
    page = "<meta name='generator' content='WordPress 6.1'>"
    assert ways(page, url=HOME + "blog/")[0] == ("wp-json", "/blog/wp-json/")
    assert ways(page, url=HOME + "blog/index.php")[0] == ("wp-json", "/blog/wp-json/")


def test_blogger_is_asked_for_its_whole_feed():
    assert ways("<meta content='blogger' name='generator'/>")[0] == (
        "feed",
        "/feeds/posts/default?redirect=false&max-results=150",
    )


def test_medium_keeps_the_feed_of_a_name_elsewhere():
    found = platforms.sources("", {}, "https://medium.com/@name", RULES)
    assert found[0].url == "https://medium.com/feed/@name"


def test_a_site_of_unknown_make_is_tried_at_the_usual_places():
    found = ways("<p>Hello</p>")
    assert ("sitemap", "/sitemap.xml") in found
    assert ("feed", "/index.xml") in found
    assert not any(kind == "wp-json" for kind, _ in found)
    assert len(found) == len(set(found))


def test_usual_feeds_are_tried_before_usual_sitemaps():
    """What a feed says of a post counts only where it is known before the post is read."""
    kinds = [kind for kind, _ in ways("<p>Hello</p>")]
    assert kinds == sorted(kinds)
    assert set(kinds) == {"feed", "sitemap"}


def test_usual_feeds_are_not_tried_where_one_is_announced():
    page = "<link rel=alternate type=application/atom+xml href=/my.atom>"
    assert [url for kind, url in ways(page) if kind == "feed"] == ["/my.atom"]


def test_a_feed_of_comments_alone_does_not_stand_for_the_posts():
    page = "<link rel=alternate type=application/rss+xml title='Kommentare' href=/k.xml>"
    assert ("feed", "/k.xml") not in ways(page)
    assert ("feed", "/feed/") in ways(page)


def test_the_front_pages_of_other_languages():
    page = """<link rel="alternate" hreflang="en" href="https://blog.example/">
    <link rel="alternate" hreflang="x-default" href="https://blog.example"><link rel="alternate" hreflang="fr" href="/fr/">
    <link rel="alternate" hreflang="fr-CA" href="/fr"><link rel="alternate" hreflang="de" href="?lang=de">
    <link rel="alternate" hreflang="es" href="https://es.blog.example/"><link rel="canonical" hreflang="it" href="/it/">
    <link rel="alternate" type="application/rss+xml" href="/feed/">
    <link rel="alternate" type="application/rss+xml" hreflang="pt" href="/pt/feed/"><a rel="alternate" hreflang="nl" href="/nl/">"""
    assert platforms.languages(page, HOME) == [HOME + "fr/", HOME + "?lang=de"]
    many = "".join(f'<link rel="alternate" hreflang="l{n}" href="/l{n}/">' for n in range(150))
    assert len(platforms.languages(many, HOME)) == platforms.MAX_LANGUAGES
