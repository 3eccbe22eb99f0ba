"""When two lines count as one: keys, forms and signatures."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.core.text.lines import form_key, form_of, line_key, signature


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Share This:", "» share this"),
        ("3 Comments", "17 comments"),
        ("Don’t miss", "Don't miss"),
        ("Ｆｕｌｌ width", "Full width"),
    ],
)
def test_same_key(one: str, other: str) -> None:
    assert line_key(one) == line_key(other) != 0


@pytest.mark.parametrize(("one", "other"), [("Share this", "Share that"), ("今日は雨", "今日は雪")])
def test_other_key(one: str, other: str) -> None:
    assert line_key(one) != line_key(other)


def test_the_form_of_a_line_that_is_one_word_takes_time_by_its_length() -> None:
    began = process_time()
    assert form_of("0a" * 50_000 + " of the dump of www.heron.example") == f"{'0a' * 50_000} of the dump of ◆"
    assert process_time() - began < 3  # a minute where the domain is looked for at each letter


def test_a_line_without_letters_has_no_key() -> None:
    assert line_key("* * *") == line_key("2025") == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "This story was first published by The Heron.",
            "This story was first published by Mare News of Porto.",
        ),
        ("Read the whole of it at www.heron.example", "Read the whole of it at https://mare.example/news"),
        ("Der Text erschien zuerst bei Mare.", "Der Text erschien zuerst bei Granit Post."),
        ("Cet article a été publié par le Héron.", "Cet article a été publié par le Monde du Sud."),
        ("Эта статья впервые вышла на сайте Цапля.", "Эта статья впервые вышла на сайте Новое Море."),
        ("Το άρθρο δημοσιεύτηκε πρώτα στον Ερωδιό.", "Το άρθρο δημοσιεύτηκε πρώτα στον Νέο Ερωδιό."),
    ],
)
def test_same_form(one: str, other: str) -> None:
    assert form_key(one) == form_key(other) != 0


@pytest.mark.parametrize(
    "text", ["The Old Man and the Sea", "More from Mare", "it rained all day in the valley", "今日は雨"]
)
def test_no_form(text: str) -> None:
    assert form_of(text) == ""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("html/body.postid-7.single/div#page/p", "html/body/div#page/p"),
        (
            "html/body/article#post-12.post-12.post.tag-x.category-y.hentry/p",
            "html/body/article.post.hentry/p",
        ),
        ("html/body/div.elementor-element.elementor-element-5f3a/p", "html/body/div.elementor-element/p"),
        ("html/body/div.css-1x2y3/p", "html/body/div/p"),
    ],
)
def test_a_signature_drops_what_is_of_one_post(path: str, expected: str) -> None:
    assert signature(path) == expected


@given(st.text(max_size=200))
def test_any_text_has_its_keys(text: str) -> None:
    assert -(2**63) <= line_key(text) < 2**63
    assert line_key(text) == line_key(f"  {text} ")
    assert -(2**63) <= form_key(text) < 2**63
