"""What a feed's or an API's full text teaches about a site's pages."""

from __future__ import annotations

from newsarchive.core.site_template.learner import learn, lessons
from newsarchive.core.site_template.learner import taught as taught_by
from newsarchive.core.site_template.observations import Observation, Window, observation
from newsarchive.core.text.lines import line_key
from newsarchive.items import Article, Block
from tests.support.sites import CONTENT, RULES, line, page, prose, shown

BOX = "Swept nightly by the twins from the house next door."
ELEMENT = CONTENT.removesuffix("/p")


def posts(count: int) -> list[Article]:
    """Pages with one line in the article's element that is in no feed."""
    return [page(n, [*prose(n)[:2], line(BOX), *prose(n)[2:]]) for n in range(count)]


def seen(article: Article) -> Observation:
    return observation(article, RULES, site="heron")


def fed(article: Article, texts: list[str]) -> Observation:
    return taught_by(seen(article), texts)


def fed_window(pages: list[Article], count: int) -> Window:
    """A window of which the feed lists the first pages."""
    return Window(fed(p, full(n)) if n < count else seen(p) for n, p in enumerate(pages))


def full(n: int) -> list[str]:
    return [b.text for b in prose(n)]


def test_two_full_texts_show_the_container_and_prove_the_rest_chrome() -> None:
    taught = lessons(fed(p, full(n)) for n, p in enumerate(posts(2)))
    assert dict(taught.containers) == {ELEMENT: 2}
    assert taught.boilerplate == {line_key(BOX)}


def test_what_was_proved_is_used_on_posts_that_the_feed_lacks() -> None:
    pages = posts(6)
    template = learn(fed_window(pages, 2))
    assert shown(pages[5], template) == full(5)
    assert template.layouts[0].taught
    assert (
        template.entries[line_key(BOX)].finding.reason
        == "in the page's article but not in the feed's full text"
    )


def test_a_line_of_some_full_text_is_no_chrome() -> None:
    """A promo stands in the feed as well: it is not proved, and the evidence rules decide."""
    texts = [full(0), full(1), [*full(2), BOX]]
    assert lessons(fed(p, t) for p, t in zip(posts(3), texts, strict=True)).boilerplate == frozenset()


def test_one_page_proves_nothing() -> None:
    assert lessons([fed(posts(1)[0], full(0))]).boilerplate == frozenset()


def test_an_excerpt_teaches_nothing() -> None:
    excerpts = [fed(p, full(n)[:1]) for n, p in enumerate(posts(4))]
    assert lessons(excerpts).containers == {}


def test_a_feed_that_joins_paragraphs_still_matches() -> None:
    taught = lessons(fed(p, [" ".join(full(n))]) for n, p in enumerate(posts(2)))
    assert dict(taught.containers) == {ELEMENT: 2}


def test_two_taught_pages_are_enough_for_a_layout() -> None:
    """Votes need five pages; here an index of latest posts holds more prose than the post."""
    latest = [Block(b.text, path="html/body/div.latest/p") for b in prose(99, 12)]
    pages = [page(n, [*prose(n), *latest]) for n in range(2)]
    template = learn(fed_window(pages, 2))
    assert [x.container for x in template.layouts] == [ELEMENT]
