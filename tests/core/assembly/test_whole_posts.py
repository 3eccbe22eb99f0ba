"""Posts that stand on several pages, and posts of which the page shows less than the site's own feed or API."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsarchive import rules
from newsarchive.core.assembly.selectors import selected
from newsarchive.core.discovery.wordpress import wp_posts_url
from newsarchive.core.extraction.agreement import weighed
from newsarchive.core.html.blocks import read_blocks
from newsarchive.core.html.parsing import parse
from newsarchive.core.steps import article_from
from newsarchive.db.engine import open_existing
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Article, Block, Capture, Link, Quality, Selectors, SourceText
from newsarchive.reextract import reextract
from newsarchive.warc.files import default_folder
from tests.crawling.test_crawl import front, post, rows
from tests.crawling.test_recrawl import due_now
from tests.support.serving import HTML, Answer, crawl, served

pytestmark = pytest.mark.slow  # crawls, servers or other processes

URL = "https://blog.example/the-long-story/"
RULES = rules.default()


def paragraph(subject: str) -> str:
    return (
        f"The {subject} of the old town were counted on Tuesday by two clerks and a surveyor, who found more of them "
        f"than the council had thought, and fewer than the {subject} of the new town across the river."
    )


def paragraphs(*subjects: str) -> str:
    return "".join(f"<p>{paragraph(subject)}</p>" for subject in subjects)


def pages(number: int, *subjects: str, total: int = 2, path: str = "/the-long-story/") -> str:
    """One page of a split post, with the links to its pages as WordPress prints them."""
    links = " ".join(f'<a href="{path}{n}/">{n}</a>' for n in range(1, total + 1) if n != number)
    share = "<p>Share this story with your friends and family, wherever they are today.</p>"
    body = paragraphs(*subjects) + f'<div class="page-links">Pages: {links}</div>' + share
    return post("A long story", body=body)


def read(*bodies: str, text: SourceText | None = None, status: int = 200) -> Article:
    first, *rest = [
        Capture(
            URL + (f"{n}/" if n > 1 else ""), body.encode(), status=status, headers={"content-type": HTML}
        )
        for n, body in enumerate(bodies, 1)
    ]
    return article_from(replace(first, parts=tuple(rest), source_text=text), RULES)


def told(*subjects: str, source: str = "wp-json", is_full: bool = True) -> SourceText:
    return SourceText(source, paragraphs(*subjects), is_full, "What the API calls it", "Ann Lee")


FIRST, SECOND = pages(1, "bridges", "houses", "wells"), pages(2, "gardens", "fences")


class TestParts:
    def test_are_one_article_in_order_without_what_every_page_says(self) -> None:
        article = read(FIRST, SECOND)
        assert article.article_body.split("\n\n") == [
            paragraph(s) for s in ("bridges", "houses", "wells", "gardens", "fences")
        ]
        assert "parts missing" not in article.quality.flags
        assert article.url == URL

    @pytest.mark.parametrize(
        "bodies", [(FIRST,), (FIRST, ""), (pages(1, "wells", "houses", total=3), SECOND)]
    )
    def test_that_are_missing_are_flagged(self, bodies: tuple[str, ...]) -> None:
        article = read(*bodies)
        assert "parts missing" in article.quality.flags
        assert paragraph("wells") in article.article_body

    def test_that_are_the_same_page_again_add_nothing(self) -> None:
        assert read(FIRST, FIRST).article_body == read(FIRST).article_body

    def test_a_short_last_page_counts(self) -> None:
        article = read(
            FIRST,
            pages(2).replace(
                '<div class="page-links">', '<p>And that was all of it.</p><div class="page-links">'
            ),
        )
        assert article.article_body.endswith("And that was all of it.")


TEASER = post("A long story", body=paragraphs("bridges") + "<p>Subscribe to read on.</p>")
WHOLE = post("A long story", body=paragraphs("bridges", "houses", "wells", "gardens"))
SCRIPT = '<html><head><title>App</title></head><body><div id="root"></div><script src="a.js"></script></body></html>'
CONSENT = (
    "<html><head><title>Before you continue</title></head><body><p>We value your privacy.</p></body></html>"
)
FOUR = ("bridges", "houses", "wells", "gardens")


class TestFilling:
    @pytest.mark.parametrize(
        ("page", "status"),
        [(TEASER, 200), (SCRIPT, 200), (CONSENT, 200), ("<html><h1>Forbidden</h1></html>", 403), ("", 200)],
    )
    def test_takes_the_sources_text_where_the_page_has_less(self, page: str, status: int) -> None:
        article = read(page, text=told(*FOUR), status=status)
        assert article.article_body == "\n\n".join(map(paragraph, FOUR))
        assert article.filled_from == "wp-json"
        [why] = [c.reason for c in article.candidates if c.field == "article_body"]
        assert "page" in why
        if page != TEASER:
            assert (article.headline, article.authors[0].name) == ("What the API calls it", "Ann Lee")

    @pytest.mark.parametrize(
        ("page", "text"),
        [
            (WHOLE, told(*FOUR)),
            (WHOLE, told("bridges", "houses")),  # the feed has less
            (WHOLE, told("bridges", "houses", "wells", is_full=False)),
            (TEASER, None),
            (TEASER, told(*FOUR, is_full=False)),
            (TEASER, replace(told(*FOUR), html=paragraphs(*FOUR) + "<p>Continue reading A long story</p>")),
            (TEASER, replace(told(), html="<p>A caption.</p>")),
        ],
    )
    def test_never_where_the_page_has_all_or_the_source_no_more(
        self, page: str, text: SourceText | None
    ) -> None:
        article = read(page, text=text)
        assert article.filled_from == ""
        assert article.article_body == read(page).article_body

    def test_never_where_the_address_leads_to_another_site(self) -> None:
        """A feed may name any address of its site, and that may lead anywhere; but a wall there says nothing."""
        there = "https://victim.example/the-story/"
        ours = replace(told(*FOUR), published=datetime(2018, 1, 1, tzinfo=UTC), post_id="wordpress:12")
        link = Link(URL, "feed", post_id="wordpress:12")
        for body, url, text in ((TEASER, there, ""), (CONSENT, URL, "wp-json")):
            capture = Capture(URL, body.encode(), final_url=there, headers={"content-type": HTML})
            article = article_from(replace(capture, source_text=ours, discovered=link), RULES)
            assert (article.url, article.filled_from) == (url, text)
            assert (article.post_id == "", article.date_published == ours.published) == (not text, bool(text))

    @pytest.mark.parametrize(
        ("named", "shown", "known"),
        [
            ("wordpress:12", "", "wordpress:12"),
            ("", "", "wordpress:7"),  # by a list that did not change, which names the address alone
            ("", "13", "wordpress:13"),  # the page itself knows best whose it is
        ],
    )
    def test_the_id_of_a_post_is_known_whoever_names_its_address(
        self, named: str, shown: str, known: str
    ) -> None:
        page = (
            WHOLE.replace("<body", f'<body class="single single-post postid-{shown}"', 1) if shown else WHOLE
        )
        capture = Capture(URL, page.encode(), headers={"content-type": HTML})
        text = replace(told(*FOUR), post_id="wordpress:7")
        link = Link(URL, "feed", post_id=named)
        assert article_from(replace(capture, source_text=text, discovered=link), RULES).post_id == known

    @pytest.mark.parametrize(
        ("page", "text"), [(SCRIPT, None), (SCRIPT, told(*FOUR, is_full=False)), (CONSENT, told())]
    )
    def test_a_wall_stays_a_wall_without_a_text(self, page: str, text: SourceText | None) -> None:
        with pytest.raises(NotAnArticle):
            read(page, text=text)


@pytest.mark.parametrize(
    ("selectors", "kept"),
    [
        (Selectors(drop=("div.page-links", "article")), []),
        (Selectors(body=(".entry-content",)), ["bridges", "houses", "wells", "share"]),
        (Selectors(body=("#no-such-element",)), ["bridges", "houses", "wells", "share"]),
        (Selectors(body=("aside",), drop=(".share",)), ["aside"]),
    ],
)
def test_a_sites_selectors_have_the_last_word(selectors: Selectors, kept: list[str]) -> None:
    article = Article(URL).with_blocks(
        [
            *(Block(s, path="html/body/article/div.entry-content/p") for s in ("bridges", "houses", "wells")),
            Block("share", path="html/body/article/div.entry-content/p.share"),
            Block("aside", label="other", path="html/body/aside#a/p"),
        ]
    )
    assert [b.text for b in selected(article, selectors).blocks if b.label == "body"] == kept


def test_a_selector_meets_an_element_whose_classes_have_strokes() -> None:
    page = "<div class='w-full lg:w-2/3 post'><p>The ferry runs.</p></div><p>An advert</p>"
    found = [Block(raw.text, path=raw.path) for raw in read_blocks(parse(page), URL).blocks]
    article = selected(Article(URL).with_blocks(found), Selectors(body=("div.post",)))
    assert article.article_body == "The ferry runs."


def feed(home: str, path: str, *subjects: str) -> Answer:
    text = paragraphs(*subjects).replace("<", "&lt;").replace(">", "&gt;")
    item = f"<item><title>A story</title><link>{home}{path}</link><content:encoded>{text}</content:encoded></item>"
    space = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    rss = f'<rss version="2.0" {space}><channel><title>Blog</title>{item}</channel></rss>'
    return Answer(rss, headers={"Content-Type": "application/rss+xml"})


def state(db: Path) -> list[tuple[object, ...]]:
    return rows(db, "SELECT url, headline, article_body, content_hash, quality FROM articles ORDER BY url")


def test_a_split_post_and_walls_in_a_crawl_a_recrawl_and_a_re_extraction(db: Path) -> None:
    """One blog, followed: parts that fail and come back, walls that the feed and the API see through."""

    def table(home: str) -> dict[str, Answer | str]:
        text = {"rendered": paragraphs(*FOUR)}
        one = {"id": 7, "link": f"{home}/behind-a-script/", "type": "post", "status": "publish"}
        api = json.dumps([one | {"title": {"rendered": "Behind a script"}, "content": text}])
        query = wp_posts_url("http://x/wp-json/").removeprefix("http://x")
        home_page = front("/the-long-story/", "/blocked-story/", feed="/feed/")
        return {
            "/": home_page.replace("<head>", '<head><link rel="https://api.w.org/" href="/wp-json/">'),
            query: Answer(api, headers={"Content-Type": "application/json"}),
            "/feed/": feed(home, "/blocked-story/", *FOUR),
            "/the-long-story/": FIRST,
            "/the-long-story/2/": Answer("not now", 500),
            "/blocked-story/": Answer("<html><title>Forbidden</title></html>", 403),
            "/behind-a-script/": SCRIPT,
        }

    def bodies() -> dict[str, str]:
        return {str(url).rpartition("/")[0].rpartition("/")[2]: str(body) for url, _, body, *_ in state(db)}

    with served(table) as site:
        done = crawl(f"url={site.home}/", db=db)
        assert "failed: part of a post: http 500" in done.stderr, done.stderr
        assert "1 blocked" in done.stderr
        assert "filled: feed" in done.stderr
        assert "filled: wp-json" in done.stderr
        whole = "\n\n".join(map(paragraph, FOUR))
        assert {name: body for name, body in bodies().items() if name != "the-long-story"} == {
            "blocked-story": whole,
            "behind-a-script": whole,
        }
        assert rows(db, "SELECT quality FROM articles WHERE quality LIKE '%parts missing%'")
        site.answers["/the-long-story/2/"] = Answer(SECOND, headers={"Content-Type": HTML, "ETag": '"two"'})
        site.answers["/the-long-story/"] = Answer(FIRST, headers={"Content-Type": HTML, "ETag": '"one"'})
        crawl(spider="recrawl", db=db)  # what lacks a part is due at once
        assert paragraph("fences") in bodies()["the-long-story"]
        assert not rows(db, "SELECT quality FROM articles WHERE quality LIKE '%parts missing%'")
        assert rows(db, "SELECT part, parent_id IS NULL FROM captures WHERE part > 1") == [(2, 0)]
        stored = state(db)
        site.answers["/the-long-story/2/"] = Answer("not now", 500)
        due_now(db)
        crawl(spider="recrawl", db=db)
        assert state(db) == stored  # half a text does not take the place of a whole one
    kinds = "SELECT change_kind, count(*) FROM article_revisions GROUP BY change_kind ORDER BY 1"
    assert rows(db, kinds) == [("new", 3), ("publisher", 1)]
    engine = open_existing(f"sqlite:///{db}")
    summary = reextract(engine, default_folder(f"sqlite:///{db}"), only_older_than=10**9, workers=0)
    assert (summary.unchanged, summary.updated, summary.failed) == (3, 0, [])
    assert state(db) == stored
    assert rows(db, kinds) == [("new", 3), ("publisher", 1)]


def test_a_source_that_agrees_takes_doubts_away_and_one_that_differs_makes_them() -> None:
    two = post("A long story", body=paragraphs("bridges", "gardens"))
    doubted = replace(read(two), quality=Quality(0.6, 0.5, ("thin margin", "page too long")))
    agreed = weighed(doubted, told("bridges", "gardens")).quality
    assert agreed.flags == ("page too long",)
    assert agreed.confidence > 0.9
    assert weighed(doubted, told("bridges", "gardens", is_full=False)) == doubted
    longer = post("A long story", body=paragraphs("bridges", "gardens", *"abcdefgh"))
    partly = read(longer, text=told("bridges", "gardens")).quality
    assert "differs from the wp-json" in partly.flags
    assert partly.confidence < 0.7


def test_a_feed_that_holds_the_first_page_of_a_split_post_does_not_differ() -> None:
    first, second = paragraphs("bridges", "gardens"), paragraphs(*"abcdefgh")
    page = Capture(URL, post("A long story", body=first).encode())
    rest = Capture(f"{URL}2/", post("A long story", body=second).encode())
    whole = replace(read(post("A long story", body=first + second)), capture=replace(page, parts=(rest,)))
    heard = weighed(whole, told("bridges", "gardens")).quality
    assert heard.flags == whole.quality.flags
    assert heard.confidence == whole.quality.confidence
    alone = weighed(replace(whole, capture=page), told("bridges", "gardens")).quality
    assert "differs from the wp-json" in alone.flags


RELATED = "".join(
    f"<li><a href='/{n}/'>Post {n} of the {name}</a> <span>{paragraph(name)} {paragraph(name)}</span></li>"
    for n, name in enumerate(("bridges", "mills", "ferries", "gates", "wells"), 3)
)


@pytest.mark.parametrize(("name", "is_text"), [("crp_related", False), ("of-the-text", True)])
def test_what_the_boilerplate_step_takes_out_makes_no_difference_to_the_source(
    name: str, is_text: bool
) -> None:
    """Contextual Related Posts prints excerpts of other posts below the text of a page, and not in the API."""
    own = paragraphs("gardens", "roofs", "lamps")
    whole = f"{own}<div class='{name}'><h3>Of the old town</h3><ul>{RELATED}</ul></div>"
    done = read(post("A long story", body=whole), text=told("gardens", "roofs", "lamps"))
    assert (done.article_body.count("surveyor") > 3) is is_text
    assert ("differs from the wp-json" in done.quality.flags) is is_text
    assert (done.quality.confidence >= 0.9) is not is_text
