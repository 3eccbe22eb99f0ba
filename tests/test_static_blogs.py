"""The static blogs that other tests crawl: they are made, served, and their truth is true."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from lxml import etree, html

from tests.support.static_blogs import StaticBlog, hugo, pelican
from tests.test_wordpress import folded, get
from tests.wordpress.blogs import Line, simple

pytestmark = pytest.mark.slow  # crawls, servers or other processes

MAKERS = [pelican, hugo]
Maker = Callable[..., AbstractContextManager[StaticBlog]]


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)
class TestStaticBlog:
    def test_every_post_stands_under_its_address(self, maker: Maker) -> None:
        with maker(simple(posts=12).posts) as blog:
            for post in blog.posts:
                answer = get(post.url)
                assert answer.status == 200
                assert all(folded(paragraph) in answer.text for paragraph in post.paragraphs)
            front = get(blog.url).body.decode()
            # The other posts are on page 2.
            assert 5 <= len({post.url for post in blog.posts if post.url in front}) < 12

    def test_the_front_page_names_a_feed(self, maker: Maker) -> None:
        with maker(simple(posts=6).posts) as blog:
            document = html.fromstring(get(blog.url).body)
            address, *_ = document.xpath("//link[contains(@type, '+xml')]/@href")
            etree.fromstring(get(address).body)

    def test_pages_answer_304_until_they_change(self, maker: Maker) -> None:
        with maker(simple(posts=3).posts) as blog:
            first, second, third = blog.posts
            # The pages of one build may be written in different seconds.
            since, others = (get(post.url).headers["Last-Modified"] for post in (first, second))
            assert get(first.url, If_Modified_Since=since).status == 304
            blog.edit(first, [*first.lines, Line("A paragraph that came later.")])
            assert "A paragraph that came later." in get(first.url, If_Modified_Since=since).text
            assert get(second.url, If_Modified_Since=others).status == 304
            blog.delete(third)
            assert get(third.url).status == 404
            assert 304 in {status for _, status in blog.requests}
